use std::cell::Cell;

use super::super::context::Say;
use super::super::event::EventKind;
use super::super::interrupt::{self, Interrupt};
use super::super::model::{ContextOf, Property};
use super::*;
use crate::sim::{Duration, Time};

thread_local! {
    /// Work done by all clocks of this thread: commands applied, ticks, facts computed.
    static WORK: Cell<[u64; 3]> = const { Cell::new([0; 3]) };
    /// After so much more work, somebody asks to stop.
    static FUSE: Cell<u64> = const { Cell::new(u64::MAX) };
    static STOP: Interrupt = Interrupt::default();
}

fn work(kind: usize) {
    let mut done = WORK.get();
    done[kind] += 1;
    WORK.set(done);
    FUSE.set(FUSE.get().saturating_sub(1));
    if FUSE.get() == 0 {
        STOP.with(Interrupt::request);
    }
}

/// Does something that is to be stopped after so much work; whether it was.
fn stopped_after<T>(fuse: u64, deed: impl FnOnce() -> T) -> T {
    STOP.with(|stop| (stop.clear(), stop.install()));
    FUSE.set(fuse + 1);
    let done = deed();
    FUSE.set(u64::MAX);
    STOP.with(Interrupt::clear);
    done
}

/// A clock that ticks every `pace` microseconds, and counts.
#[derive(Clone)]
struct Clock {
    pace: Micros,
    ticks: u64,
    sum: u64,
    now: Micros,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum Wind {
    /// Adds in two halves, which are never seen apart
    Add { number: u64 },
    /// Ticks so often
    Pace { pace: Micros },
}

impl Clock {
    /// The next tick is at the next multiple of the pace.
    fn wind(&self, cx: &mut ContextOf<'_, Self>) {
        cx.step(Duration::from_micros(25));
        cx.unfold_until(Time::from_micros(self.now));
        cx.wake_at(Some(Time::from_micros((self.now / self.pace + 1) * self.pace)), ());
    }
}

impl Model for Clock {
    type Command = Wind;
    type Timer = ();
    type Event = (EventKind, String);
    type Facts = BTreeMap<&'static str, u64>;

    fn open(_: &Setup, cx: &mut ContextOf<'_, Self>) -> Result<Self, ModelError> {
        let clock = Self { pace: 10, ticks: 0, sum: 0, now: 0 };
        clock.wind(cx);
        Ok(clock)
    }

    fn apply(&mut self, command: &Wind, cx: &mut ContextOf<'_, Self>) -> Result<(), ModelError> {
        match command {
            Wind::Add { number } => {
                self.sum += number;
                work(0);
                interrupt::check()?;
                self.sum += number;
            }
            Wind::Pace { pace } => self.pace = *pace,
        }
        cx.tell((EventKind::Change, format!("{command:?}")));
        self.wind(cx);
        Ok(())
    }

    fn fire(&mut self, (): (), cx: &mut ContextOf<'_, Self>) {
        work(1);
        // A tick that asks is told to go on: it would leave half of its work.
        assert!(!interrupt::requested());
        (self.now, self.ticks) = (cx.now().as_micros(), self.ticks + 1);
        if self.ticks.is_multiple_of(7) {
            cx.tell((EventKind::Detail, format!("tick {}", self.ticks)));
        }
        self.wind(cx);
    }

    fn facts(&self) -> Self::Facts {
        work(2);
        BTreeMap::from([("ticks", self.ticks), ("sum", self.sum), ("now", self.now)])
    }

    fn tell(&self, (kind, text): &(EventKind, String), say: &mut Say) {
        say.say(*kind, text);
    }

    fn properties() -> &'static [Property<Self>] {
        &[]
    }

    fn memory_bytes(&self) -> usize {
        1_000
    }
}

/// A run of some commands with time between, on two branches, with so much memory for checkpoints.
fn run(memory_bound: usize) -> Timeline<Clock> {
    let Ok(mut run) = Timeline::with_memory_bound("clock", Setup::seeded(7), memory_bound) else { unreachable!() };
    let mut give = |line: &str, until: Micros| {
        assert_eq!(run.command(line), Ok(None));
        assert_eq!(run.advance_to(until), Ok(()));
    };
    give("add 1", 95);
    give("pace 4", 140);
    give("add 2", 140);
    give("add 3", 260);
    assert_eq!(run.seek_time(120), Ok(()));
    for (line, until) in [("add 4", 180), ("pace 9", 300), ("add 5", 333)] {
        assert_eq!(run.command(line), Ok(None));
        assert_eq!(run.advance_to(until), Ok(()));
    }
    run
}

fn state(run: &Timeline<Clock>) -> String {
    let facts = run.model().facts();
    format!("{:?} {facts:?} {:?} {} {:?}", run.moment(), run.branch(), run.end_us(), run.story())
}

type Journey = fn(&mut Timeline<Clock>) -> bool;

const JOURNEYS: [(&str, Journey); 9] = [
    ("step", |run| run.step().is_ok()),
    ("back", |run| run.back().is_ok()),
    ("seek", |run| run.seek(Moment { applied: 3, at_us: 170 }).is_ok()),
    ("seek on", |run| run.seek(Moment { applied: usize::MAX, at_us: 700 }).is_ok()),
    ("seek_time", |run| run.seek_time(10).is_ok()),
    ("seek_time on", |run| run.seek_time(500).is_ok()),
    ("other branch", |run| run.select_branch(0).is_ok()),
    ("command", |run| run.command("add 9").is_ok()),
    ("bookmark of the other branch", |run| {
        let commands = [(0, "add 1"), (95, "pace 4"), (140, "add 2"), (140, "add 3")];
        let commands = commands.map(|(at_us, text)| (at_us, Arc::from(text))).to_vec();
        run.go_to(&Bookmark { seed: 7, commands, at_us: 200 })
    }),
];

#[test]
fn a_stopped_journey_ends_where_it_began_and_can_be_made_again() {
    // With few checkpoints a journey is long; with many, it begins at one.
    for memory_bound in [1, 64 << 20] {
        for (name, journey) in JOURNEYS {
            let mut there = run(memory_bound);
            assert!(journey(&mut there), "{name}");
            let mut stops = 0;
            for fuse in 0.. {
                assert!(fuse < 1_000, "{name} never gets there");
                let mut run = run(memory_bound);
                let before = state(&run);
                if stopped_after(fuse, || journey(&mut run)) {
                    assert_eq!(state(&run), state(&there), "{name} after {fuse}");
                    break;
                }
                stops += 1;
                assert_eq!(state(&run), before, "{name} stopped after {fuse}");
                assert!(journey(&mut run), "{name}");
                assert_eq!(state(&run), state(&there), "{name} again after {fuse}");
                assert_eq!(run.seek_time(150), Ok(()));
                assert_eq!(there.seek_time(150), Ok(()));
                assert_eq!(state(&run), state(&there), "elsewhere after {name} was stopped after {fuse}");
                assert!(journey(&mut there) && journey(&mut run), "{name}");
                // A command forks, and is done then: begin again.
                there = self::run(memory_bound);
                assert!(journey(&mut there), "{name}");
            }
            assert!(stops > 0 || name == "back" || name == "step", "{name} was never stopped");
        }
    }
}

#[test]
fn time_that_is_stopped_says_where_it_stands() {
    let mut whole = run(64 << 20);
    assert_eq!(whole.advance_to(2_000), Ok(()));
    for fuse in 1..150 {
        let mut run = run(64 << 20);
        let stopped = stopped_after(fuse, || run.advance_to(2_000));
        assert_eq!(stopped, Err(Stopped), "{fuse}");
        assert_eq!(run.moment().at_us, run.model().now, "the last tick that happened");
        assert_eq!(run.end_us(), run.moment().at_us);
        assert_eq!(run.advance_to(2_000), Ok(()));
        assert_eq!(state(&run), state(&whole));
    }
}

#[test]
fn time_stands_where_too_much_happens() {
    let mut run = run(64 << 20);
    assert_eq!(run.command("pace 1"), Ok(None));
    let begun = run.moment().at_us;
    let far = begun + 2 * Micros::from(MAX_TICKS);
    assert_eq!(run.advance_to(far), Err(Stopped));
    assert_eq!((run.moment().at_us, run.model().now), (begun + Micros::from(MAX_TICKS), run.end_us()));
    assert_eq!(run.advance_to(far), Ok(()), "it goes on from there");
    // What was seen can be gone through again at once, however much happens there.
    run.checkpoints.retain(|moment, _| moment.at_us <= begun);
    assert_eq!(run.seek_time(begun), Ok(()));
    assert_eq!(run.seek_time(far), Ok(()));
    assert_eq!(run.model().now, far);
}

/// A run of so many commands.
fn long(commands: u64) -> Timeline<Clock> {
    let Ok(mut run) = Timeline::open("clock", Setup::seeded(7)) else { unreachable!() };
    for i in 0..commands {
        assert_eq!(run.command("add 1"), Ok(None));
        assert_eq!(run.advance_to(i * 100), Ok(()));
    }
    run
}

fn work_of<T>(deed: impl FnOnce() -> T) -> [u64; 3] {
    WORK.set([0; 3]);
    deed();
    WORK.get()
}

#[test]
fn a_step_costs_the_same_after_any_number_of_commands() {
    let costs = [20, 4_000].map(|commands| {
        let mut run = long(commands);
        let mut steps = Vec::new();
        for _ in 0..12 {
            steps.push(work_of(|| run.back()));
        }
        for _ in 0..12 {
            steps.push(work_of(|| run.step()));
        }
        steps.push(work_of(|| run.command("add 1")));
        steps.push(work_of(|| run.advance_to(run.moment().at_us + 33_000)));
        steps
    });
    assert_eq!(costs[0], costs[1]);
}

#[test]
fn facts_are_computed_once_for_each_state() {
    let mut run = long(3);
    let look = |run: &Timeline<Clock>| (run.facts().len(), run.facts_json().as_object().map(|o| o.len()));
    let deeds: [(&str, Journey, u64); 8] = [
        ("looking", |_| true, 1),
        ("looking again", |_| true, 0),
        ("a refused command", |run| run.command("nonsense").is_err(), 0),
        ("a command", |run| run.command("add 5").is_ok(), 1),
        ("time without events", |run| run.advance_to(run.moment().at_us + 3).is_ok(), 0),
        ("time with events", |run| run.advance_to(run.moment().at_us + 497).is_ok(), 1),
        ("back", |run| run.back().is_ok(), 1),
        ("on", |run| run.step().is_ok(), 1),
    ];
    for (name, deed, states) in deeds {
        let done = work_of(|| {
            assert!(deed(&mut run));
            (0..5).for_each(|_| assert_eq!(look(&run), (3, Some(3))));
        });
        assert_eq!(done[2], states, "{name}");
    }
}
