//! Every lab through time: forward, back, round and branched off, always to the same bytes.
//!
//! The command lines come from each lab's own definition and completions, so a new lab is
//! covered as soon as it is registered.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use scalelab::engine::{Model, Recording, Setup, Timeline};
use scalelab::headless::snapshot::draw;
use scalelab::labs::ring::RingModel;
use scalelab::labs::{OpenLab, REGISTRY, View};
use scalelab::picture::{Glyphs, Palette, Theme, to_ansi};

use crate::lines::{Picks, line};
use crate::opening::open;

const THEME: Theme = Theme { palette: Palette::Dark, glyphs: Glyphs::Unicode };

/// The same cases on every machine.
fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { cases: count, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() }
}

/// One thing that a person, a lesson or a screen does to a lab.
#[derive(Clone, Copy, Debug)]
enum Deed {
    /// A line made from these picks; then time until it has unfolded, or none.
    Command {
        picks: u64,
        settle: bool,
    },
    Step,
    Back,
    Advance(u64),
    /// A share of the time seen so far, and a little beyond.
    Seek(u64),
    Branch(usize),
}

fn command() -> impl Strategy<Value = Deed> {
    (any::<u64>(), prop::bool::weighted(0.7)).prop_map(|(picks, settle)| Deed::Command { picks, settle })
}

fn deeds(most: usize) -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        6 => command(),
        3 => Just(Deed::Step),
        3 => Just(Deed::Back),
        2 => (0_u64..3_000_000).prop_map(Deed::Advance),
        2 => (0_u64..1_100).prop_map(Deed::Seek),
        1 => (0_usize..4).prop_map(Deed::Branch),
    ];
    prop::collection::vec(deed, 1..most)
}

/// Deeds that only go forward and leave the lab where a step would.
fn strides(most: usize) -> impl Strategy<Value = Vec<Deed>> {
    let settled = any::<u64>().prop_map(|picks| Deed::Command { picks, settle: true });
    prop::collection::vec(prop_oneof![3 => settled, 2 => Just(Deed::Step)], 1..most)
}

fn perform(lab: &mut dyn OpenLab, deed: Deed) {
    match deed {
        Deed::Command { picks, settle } => {
            let line = line(lab, &mut Picks::new(picks));
            // Many lines are refused, and should be.
            let before = state(lab);
            if lab.command(&line).is_err() {
                assert_eq!(state(lab), before, "`{line}` was refused and changed the lab all the same");
            }
            if settle {
                lab.advance_to(lab.settled_at());
            }
        }
        Deed::Step => lab.step(),
        Deed::Back => lab.back(),
        Deed::Advance(by_us) => lab.advance_to(lab.now() + by_us),
        Deed::Seek(permille) => lab.seek_time(lab.end_us() * permille / 1_000),
        Deed::Branch(index) => lab.select_branch(index % lab.branch().1),
    }
    assert_eq!(lab.broken(), Vec::<&str>::new(), "after {deed:?}");
}

/// What the lab is and tells, without where its future lies.
fn state(lab: &dyn OpenLab) -> String {
    let (story, told) = lab.story();
    format!("{} {:?} {told}\n{}\n{story:?}", lab.now(), lab.commands().0, lab.facts())
}

/// State and picture, to the byte.
fn everything(lab: &dyn OpenLab, view: usize) -> String {
    let view = View { index: view % lab.info().views.len().max(1), ..View::new(THEME) };
    state(lab) + &to_ansi(&draw(lab, &view, (96, 30)))
}

/// Whether two states are the same; if not, the first line that differs.
fn same(left: &str, right: &str) -> Result<(), TestCaseError> {
    let differ = left.lines().zip(right.lines()).find(|(l, r)| l != r);
    let Some((l, r)) = differ else {
        return if left == right { Ok(()) } else { Err(TestCaseError::fail("one has more lines")) };
    };
    Err(TestCaseError::fail(format!("differs:\n  {l:?}\n  {r:?}")))
}

fn at_end(lab: &dyn OpenLab) -> bool {
    let (applied, recorded) = lab.commands();
    applied == recorded && lab.now() >= lab.end_us()
}

proptest! {
    #![proptest_config(cases(4))]

    #[test]
    fn same_seed_and_deeds_give_the_same_bytes(deeds in deeds(24), seed in 0_u64..1_000) {
        for registration in REGISTRY {
            let run = || {
                let mut lab = open(registration, seed);
                deeds.iter().for_each(|deed| perform(lab.as_mut(), *deed));
                (0..lab.info().views.len()).map(|view| everything(lab.as_ref(), view)).collect::<Vec<_>>()
            };
            prop_assert_eq!(run(), run());
        }
    }

    #[test]
    fn back_and_forward_again_changes_nothing(strides in strides(14), view in 0_usize..4) {
        for registration in REGISTRY {
            let mut lab = open(registration, 7);
            let mut passed = Vec::new();
            for deed in &strides {
                passed.push(state(lab.as_ref()));
                let before = lab.commands().0;
                perform(lab.as_mut(), *deed);
                // A refused or empty line is no stride.
                if lab.commands().0 == before && !matches!(deed, Deed::Step) {
                    passed.pop();
                }
            }
            let mut seen = Vec::new();
            for before in passed.iter().rev() {
                seen.push(everything(lab.as_ref(), view));
                lab.back();
                same(&state(lab.as_ref()), before)?;
            }
            for picture in seen.iter().rev() {
                lab.step();
                same(&everything(lab.as_ref(), view), picture)?;
            }
        }
    }

    #[test]
    fn from_anywhere_steps_lead_back_to_the_end(deeds in deeds(20), back in 1_usize..12, view in 0_usize..4) {
        for registration in REGISTRY {
            let mut lab = open(registration, 7);
            deeds.iter().for_each(|deed| perform(lab.as_mut(), *deed));
            lab.advance_to(lab.settled_at());
            lab.seek_time(lab.end_us());
            let end = everything(lab.as_ref(), view);
            (0..back).for_each(|_| lab.back());
            let mut steps = 0;
            while !at_end(lab.as_ref()) {
                lab.step();
                steps += 1;
                prop_assert!(steps <= 1_000, "steps do not reach the end");
            }
            same(&everything(lab.as_ref(), view), &end)?;
        }
    }

    #[test]
    fn any_time_is_as_if_one_had_stopped_there(deeds in deeds(16), times in prop::collection::vec(0_u64..=1_000, 1..5)) {
        for registration in REGISTRY {
            let mut lab = open(registration, 3);
            deeds.iter().for_each(|deed| perform(lab.as_mut(), *deed));
            lab.seek_time(lab.end_us());
            let (end, run) = (everything(lab.as_ref(), 0), lab.recording());
            for permille in &times {
                let at_us = lab.end_us() * permille / 1_000;
                lab.seek_time(at_us);
                let mut fresh = open(registration, 3);
                for command in run.command.iter().filter(|c| c.at_us <= at_us) {
                    fresh.advance_to(command.at_us);
                    prop_assert!(fresh.command(&command.run).is_ok(), "`{}` is refused", command.run);
                }
                // In many small strides, where the lab took few.
                while fresh.now() < at_us {
                    fresh.advance_to((fresh.now() + 77_777).min(at_us));
                }
                same(&state(lab.as_ref()), &state(fresh.as_ref()))?;
            }
            lab.seek_time(lab.end_us());
            same(&everything(lab.as_ref(), 0), &end)?;
        }
    }

    #[test]
    fn a_fork_keeps_the_old_future(deeds in deeds(14), back in 1_usize..6, picks in any::<u64>()) {
        for registration in REGISTRY {
            let mut lab = open(registration, 7);
            deeds.iter().for_each(|deed| perform(lab.as_mut(), *deed));
            lab.seek_time(lab.end_us());
            let (old, old_state, branches) = (lab.branch().0, state(lab.as_ref()), lab.branch().1);
            (0..back).for_each(|_| lab.back());
            let in_the_past = !at_end(lab.as_ref());
            let before = lab.commands().0;
            perform(lab.as_mut(), Deed::Command { picks, settle: false });
            if !in_the_past || lab.commands().0 == before {
                continue;
            }
            lab.advance_to(lab.settled_at());
            prop_assert_eq!(lab.branch(), (branches, branches + 1));
            let new_state = state(lab.as_ref());
            lab.select_branch(old);
            same(&state(lab.as_ref()), &old_state)?;
            lab.select_branch(branches);
            same(&state(lab.as_ref()), &new_state)?;
        }
    }

    #[test]
    fn a_recording_replays_to_the_same_facts(deeds in deeds(20), seed in 0_u64..1_000) {
        for registration in REGISTRY {
            let mut lab = open(registration, seed);
            deeds.iter().for_each(|deed| perform(lab.as_mut(), *deed));
            let text = lab.recording().to_toml();
            let run = text.map_err(TestCaseError::fail)?;
            let run = Recording::from_toml("run.toml", &run).map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(&run, &lab.recording());
            let mut again = open(registration, run.seed);
            for command in &run.command {
                again.advance_to(command.at_us);
                prop_assert!(again.command(&command.run).is_ok(), "`{}` is refused", command.run);
            }
            again.advance_to(run.end_us);
            same(&state(lab.as_ref()), &state(again.as_ref()))?;
            prop_assert_eq!(scalelab::engine::recording::facts_hash(&again.facts()), run.facts_hash);
        }
    }
}

fn facts(timeline: &Timeline<RingModel>) -> String {
    serde_json::to_string(&timeline.model().facts()).unwrap_or_default()
}

/// A ring of few keys, with this much memory for checkpoints.
fn ring(memory_bound: usize) -> Timeline<RingModel> {
    let Ok(mut timeline) = Timeline::with_memory_bound("ring", Setup::seeded(7), memory_bound) else {
        unreachable!("the built-in keys open");
    };
    assert_eq!(timeline.command("keys 200"), Ok(None));
    timeline
}

/// Some commands with quiet time between.
fn live(timeline: &mut Timeline<RingModel>) {
    for i in 0..24_u64 {
        let line = match i % 4 {
            0 => format!("add extra-{i}"),
            1 => "zipf 1".to_owned(),
            2 => "step".to_owned(),
            _ => format!("remove extra-{}", i - 3),
        };
        assert_eq!(timeline.command(&line), Ok(None), "{line}");
        assert_eq!(timeline.advance_to(timeline.moment().at_us + 700_000 * (i % 3)), Ok(()));
    }
}

#[test]
fn little_memory_keeps_few_checkpoints_and_is_exact() {
    let (mut tight, mut roomy) = (ring(1), ring(usize::MAX));
    live(&mut tight);
    live(&mut roomy);
    assert!(tight.checkpoints() <= 2, "{} checkpoints", tight.checkpoints());
    assert!(roomy.checkpoints() > 20, "{} checkpoints", roomy.checkpoints());
    let mut places = 0;
    loop {
        assert_eq!(tight.moment(), roomy.moment());
        assert_eq!(facts(&tight), facts(&roomy));
        assert_eq!(tight.story(), roomy.story());
        assert!(tight.checkpoints() <= 2, "{} checkpoints", tight.checkpoints());
        if tight.moment().applied == 0 && tight.moment().at_us == 0 {
            break;
        }
        assert_eq!((tight.back(), roomy.back()), (Ok(()), Ok(())));
        places += 1;
    }
    assert!(places > 24, "only {places} places on the way back");
}

#[test]
fn checkpoints_stay_within_the_memory_bound() {
    let bound = 16 << 20;
    let mut timeline = ring(bound);
    for _ in 0..8 {
        live(&mut timeline);
        let most = bound / timeline.model().memory_bytes();
        assert!(timeline.checkpoints() <= most.max(2), "{} checkpoints of {most}", timeline.checkpoints());
    }
    assert_eq!(timeline.advance_to(timeline.moment().at_us + 600_000_000), Ok(()));
    assert!(timeline.checkpoints() <= (bound / timeline.model().memory_bytes()).max(2));
}

#[test]
fn the_oldest_unused_future_goes_first() {
    let mut timeline = ring(usize::MAX);
    for i in 0..80 {
        assert_eq!(timeline.seek_time(0).and_then(|()| timeline.back()), Ok(()));
        assert_eq!(timeline.command(&format!("inspect key-{i}")), Ok(None));
    }
    let (current, count) = timeline.branch();
    assert_eq!((current, count), (63, 64));
    let newest = facts(&timeline);
    assert_eq!(timeline.select_branch(0), Ok(()));
    assert_ne!(facts(&timeline), newest);
    assert_eq!(timeline.select_branch(63), Ok(()));
    assert_eq!(facts(&timeline), newest);
    assert_eq!(timeline.select_branch(64), Ok(()));
    assert_eq!(timeline.branch().0, 63, "there is no branch 64 to go to");
}
