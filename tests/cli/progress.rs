//! What is remembered about the learner: that it is right, that it merges, and that it survives everything.

#![expect(clippy::panic, reason = "a test says why it fails")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use proptest::prelude::*;
use scalelab::engine::Setup;
use scalelab::labs::{OpenLab, find};
use scalelab::lessons::progress::{
    CardId, FormatError, LAST_SECOND, Leaning, MOST_BYTES, MOST_ID_BYTES, Progress, Recalled, Seconds, Status, Store,
    StoreError, calibration_sentence, leaning,
};
use scalelab::lessons::{Lesson, Library, Note, Phase, SURENESS, Session};
use serde_json::{Value, json};
use tempfile::TempDir;

const HOUR: Seconds = 3_600;
const DAY: Seconds = 24 * HOUR;
/// Some evening in 2026.
const T: Seconds = 1_795_000_000;
/// The lesson that ends the first unit.
const CHALLENGE: &str = "hashing-challenge";

fn must<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|e| panic!("{e}"))
}

fn folder() -> TempDir {
    must(tempfile::tempdir())
}

fn card(lesson: &str, step: &str) -> CardId {
    CardId { lesson: lesson.to_owned(), step: step.to_owned() }
}

fn answered(step: &str, right: bool, hinted: bool) -> Note {
    Note::Answered { step: step.to_owned(), right, hinted }
}

fn predicted(step: &str, sure: u8, right: bool) -> Note {
    Note::Predicted { step: step.to_owned(), sure, right }
}

fn at(step: &str) -> Note {
    Note::At(step.to_owned())
}

fn challenge(step: &str, commands: usize) -> Note {
    Note::Challenge { step: step.to_owned(), commands }
}

/// A learner who has done a little of everything.
fn sample() -> Progress {
    let mut progress = Progress::default();
    progress.note("a", &[at("one"), answered("one", true, false), predicted("two", 80, true), at("three")], T);
    progress.note("a", &[Note::Hint("three".into()), challenge("three", 4), Note::Finished], T + 60);
    progress.note("b", &[at("x"), Note::Shown("x".into()), answered("q", false, true)], T + 120);
    progress
}

fn bytes(progress: &Progress) -> Vec<u8> {
    must(progress.to_json()).into_bytes()
}

// ── What is remembered ──────────────────────────────────────────────────────────────────────────

#[test]
fn where_they_are_and_how_far() {
    let mut progress = Progress::default();
    assert_eq!((progress.status("a", T), progress.place("a"), progress.last_lesson()), (Status::Open, None, None));
    progress.note("a", &[at("one"), at("two")], T);
    assert_eq!((progress.status("a", T), progress.place("a")), (Status::Started, Some("two")));
    progress.note("b", &[at("first")], T);
    assert_eq!(progress.last_lesson(), Some("b"), "also when both are of one second");
    progress.note("a", &[at("three")], T - DAY);
    assert_eq!(
        (progress.last_lesson(), progress.place("a")),
        (Some("a"), Some("three")),
        "also when the clock goes back"
    );
    progress.note("a", &[Note::Finished], T);
    assert_eq!((progress.status("a", T), progress.place("a")), (Status::Done, None));
    assert_eq!(progress.finished("a"), Some(T));
    progress.note("a", &[at("one")], T + 5);
    assert_eq!((progress.status("a", T + 5), progress.place("a")), (Status::Done, Some("one")), "done stays done");
}

#[test]
fn a_lesson_is_due_when_a_question_of_it_is() {
    let mut progress = Progress::default();
    progress.note("a", &[answered("q", true, false)], T);
    assert_eq!(progress.status("a", T + 30 * DAY), Status::Started, "not before it is done");
    progress.note("a", &[Note::Finished], T);
    assert_eq!(progress.status("a", T + DAY), Status::Done);
    assert_eq!(progress.status("a", T + 30 * DAY), Status::Due);
    progress.review(&card("a", "q"), Recalled::Yes, T + 30 * DAY);
    assert_eq!(progress.status("a", T + 30 * DAY), Status::Done);
}

#[test]
fn the_fewest_commands_and_all_help_are_kept() {
    let mut progress = Progress::default();
    assert_eq!(progress.best("a", "c"), None);
    for commands in [6, 4, 9] {
        progress.note("a", &[challenge("c", commands)], T);
    }
    assert_eq!((progress.best("a", "c"), progress.bests("a")), (Some(4), vec![("c", 4)]));
    let hint = || Note::Hint("c".into());
    progress.note("a", &[hint(), hint(), hint(), Note::Shown("c".into())], T);
    assert_eq!(progress.help("a"), (3, 1), "three in one second are three");
}

/// A lesson with a question and a challenge.
const LESSON: &str = r#"
id = "small"
title = "Small"
minutes = 1
objectives = []
lab = "ring"
seed = 7

[[step]]
kind = "read"
id = "story"
text = "Once."

[[step]]
kind = "recall"
id = "question"
text = "One question."
question = "Which?"
choices = [{ text = "That", right = false, reply = "No." }, { text = "This", right = true, reply = "Yes." }]
hints = ["Not that.", "The other.", "This."]

[[step]]
kind = "challenge"
id = "grow"
text = "Now you."
goal = "Have five nodes"
check = "nodes == 5"
solution = ["add x", "add y"]
par = 2

[[step]]
kind = "read"
id = "end"
text = "The end."
"#;

fn open_lesson() -> (Session, Box<dyn OpenLab>) {
    let lesson: Lesson = must(toml::from_str(LESSON));
    let ring = find(&lesson.lab).unwrap_or_else(|| panic!("no lab"));
    let mut lab = must((ring.open)(Setup::seeded(lesson.seed)));
    (Session::new(lesson, lab.as_mut()), lab)
}

fn give(session: &mut Session, lab: &mut dyn OpenLab, line: &str) {
    must(lab.command(line));
    lab.advance_to(lab.settled_at());
    session.look(lab);
}

fn walk_to_the_end(session: &mut Session, lab: &mut dyn OpenLab) {
    for _ in 0..20 {
        session.enter_key(lab);
    }
    assert_eq!(*session.phase(), Phase::Finished);
}

#[test]
fn a_session_tells_what_is_needed() {
    for (first, hinted, days) in [(1, false, 3), (1, true, 2), (0, false, 1), (0, true, 1)] {
        let (mut session, mut lab) = open_lesson();
        session.enter_key(lab.as_mut());
        assert!(!hinted || session.hint());
        let mut progress = Progress::default();
        session.cursor = Some(first);
        session.enter_key(lab.as_mut());
        progress.note("small", &session.take_notes(), T);
        assert_eq!(progress.place("small"), Some("question"));
        assert_eq!(progress.interval_days(&card("small", "question")), Some(days), "{first} {hinted}");
        assert_eq!((progress.help("small").0, progress.status("small", T)), (usize::from(hinted), Status::Started));
    }
}

#[test]
fn testing_out_is_kept_apart_from_doing_the_lesson() {
    let mut progress = Progress::default();
    progress.note("small", &[at("question")], T);
    let (mut session, mut lab) = open_lesson();
    assert!(session.test_out(lab.as_mut()));
    ["add x", "add z", "remove z", "add y"].iter().for_each(|line| give(&mut session, lab.as_mut(), line));
    walk_to_the_end(&mut session, lab.as_mut());
    progress.note("small", &session.take_notes(), T + 1);
    assert_eq!(progress.status("small", T + 1), Status::TestedOut);
    assert_eq!(progress.place("small"), Some("question"), "where they were in the lesson stays");
    // The second of them made five nodes, and passed.
    assert_eq!(progress.best("small", "grow"), Some(2));

    let (mut session, mut lab) = open_lesson();
    assert!(session.test_out(lab.as_mut()));
    session.show_me(lab.as_mut());
    while let Some(line) = session.next_command() {
        give(&mut session, lab.as_mut(), &line);
    }
    walk_to_the_end(&mut session, lab.as_mut());
    let mut shown = Progress::default();
    shown.note("small", &session.take_notes(), T);
    assert_eq!((shown.status("small", T), shown.best("small", "grow")), (Status::Started, None), "shown is not passed");
    assert_eq!(shown.help("small"), (0, 1));

    let (mut session, mut lab) = open_lesson();
    session.enter_key(lab.as_mut());
    session.cursor = Some(1);
    (0..2).for_each(|_| session.enter_key(lab.as_mut()));
    ["add x", "add y"].iter().for_each(|line| give(&mut session, lab.as_mut(), line));
    walk_to_the_end(&mut session, lab.as_mut());
    progress.note("small", &session.take_notes(), T + 2);
    assert_eq!((progress.status("small", T + 2), progress.place("small")), (Status::Done, None));
}

#[test]
fn what_cannot_be_kept_is_not_kept() {
    let long = "x".repeat(MOST_ID_BYTES + 1);
    let mut progress = Progress::default();
    progress.note(&long, &[at("one"), Note::Finished], T);
    progress.note("", &[at("one")], T);
    assert!(progress.is_empty());
    progress.note("a", &[at(&long), answered(&long, true, true), predicted("p", 73, true), at("")], T);
    progress.review(&card("a", &long), Recalled::Yes, T);
    progress.note("a", &[at("one"), answered("one", true, false)], Seconds::MAX);
    progress.note("b", &[at("one"), answered("one", true, false), Note::Hint("one".into())], Seconds::MIN);
    assert_eq!(must(Progress::from_bytes(&bytes(&progress))), progress, "what is kept can be read again");
}

// ── Review ──────────────────────────────────────────────────────────────────────────────────────

fn days(answers: &[(Seconds, Recalled)]) -> i64 {
    let mut progress = Progress::default();
    for (at, recalled) in answers {
        progress.review(&card("a", "q"), *recalled, *at);
    }
    progress.interval_days(&card("a", "q")).unwrap_or_else(|| panic!("no card"))
}

#[test]
fn first_answers_come_again_after_one_two_or_three_days() {
    assert_eq!([Recalled::No, Recalled::WithHint, Recalled::Yes].map(|r| days(&[(T, r)])), [1, 2, 3]);
    let mut progress = Progress::default();
    progress.note("a", &[answered("no", false, false), answered("hint", true, true), answered("yes", true, false)], T);
    let interval = |step| progress.interval_days(&card("a", step));
    assert_eq!((interval("no"), interval("hint"), interval("yes")), (Some(1), Some(2), Some(3)));
    assert_eq!(progress.card_count(), 3);
}

/// FSRS-5 without the short-term steps, written down once more from its paper's formulas, for right answers only.
fn intervals_by_the_formulas(reviews: usize) -> Vec<i64> {
    let (w3, w4, w5, w6, w7) = (3.1262, 7.2102, 0.5316, 1.0651, 0.0234);
    let (w8, w9, w10, w1): (f64, f64, f64, f64) = (1.616, 0.1544, 1.0824, 1.1829);
    let (mut s, mut d): (f64, f64) = (w3, w4 - f64::exp(w5 * 2.0) + 1.0);
    let (again, hard) = (1.0_f64, f64::max(w1.round(), 2.0));
    let mut intervals = vec![s.round().max(hard.max(again + 1.0) + 1.0) as i64];
    while intervals.len() < reviews {
        let elapsed = intervals[intervals.len() - 1] as f64;
        let r = (1.0 + 19.0 / 81.0 * elapsed / s).powf(-0.5);
        s *= 1.0 + w8.exp() * (11.0 - d) * s.powf(-w9) * (f64::exp(w10 * (1.0 - r)) - 1.0);
        let easy: f64 = w4 - f64::exp(w5 * 3.0) + 1.0;
        d = (w7 * easy.clamp(1.0, 10.0) + (1.0 - w7) * (d - w6 * 0.0)).clamp(1.0, 10.0);
        intervals.push(s.round() as i64);
    }
    intervals
}

#[test]
fn intervals_are_those_of_the_formulas() {
    let (mut now, mut answers, mut seen) = (T, Vec::new(), Vec::new());
    for _ in 0..8 {
        answers.push((now, Recalled::Yes));
        seen.push(days(&answers));
        now += seen[seen.len() - 1] * DAY;
    }
    assert_eq!(seen, intervals_by_the_formulas(8));
    assert!(seen.windows(2).all(|w| w[0] < w[1]), "right answers make them grow: {seen:?}");
}

#[test]
fn a_wrong_answer_shrinks_the_interval_and_a_hint_slows_it() {
    let (mut now, mut answers) = (T, Vec::new());
    for _ in 0..5 {
        answers.push((now, Recalled::Yes));
        now += days(&answers) * DAY;
    }
    let before = days(&answers);
    let after = |recalled| days(&[&answers[..], &[(now, recalled)]].concat());
    let [no, hint, yes] = [Recalled::No, Recalled::WithHint, Recalled::Yes].map(after);
    assert!(no < before / 4 && no < hint && hint < yes && yes > before, "{before}: {no} {hint} {yes}");
    let late = days(&[&answers[..], &[(now + before * DAY, Recalled::Yes)]].concat());
    assert!(late > yes, "what was remembered for longer holds longer: {late} {yes}");
}

#[test]
fn of_one_sitting_the_first_answer_counts() {
    use Recalled::{No, Yes};
    assert_eq!(days(&[(T, No), (T + 300, Yes), (T + 4 * HOUR, Yes)]), days(&[(T, No)]));
    assert_ne!(days(&[(T, No), (T + DAY, Yes)]), days(&[(T, No)]));
    // The order in which the answers come in does not matter: their dates do.
    assert_eq!(days(&[(T + 300, Yes), (T, No)]), 1);
}

#[test]
fn who_learns_in_the_evening_may_review_at_noon() {
    let mut progress = Progress::default();
    progress.review(&card("a", "q"), Recalled::No, T);
    assert!(progress.due(T + 15 * HOUR).is_empty());
    assert_eq!(progress.due(T + 16 * HOUR), [card("a", "q")]);
    assert_eq!(progress.next_due(), Some(T + 16 * HOUR));
    progress.review(&card("a", "q"), Recalled::Yes, T + 16 * HOUR);
    assert!(progress.due(T + 2 * DAY).is_empty(), "and it counts as a day");
    assert!(progress.interval_days(&card("a", "q")) > Some(1));
}

#[test]
fn the_most_overdue_comes_first_and_a_clock_that_was_wrong_holds_nothing_back() {
    let mut progress = Progress::default();
    progress.review(&card("a", "yes"), Recalled::Yes, T);
    progress.review(&card("z", "no"), Recalled::No, T);
    progress.review(&card("a", "hint"), Recalled::WithHint, T);
    let due: Vec<String> = progress.due(T + 10 * DAY).into_iter().map(|c| c.step).collect();
    assert_eq!(due, ["no", "hint", "yes"]);
    assert!(progress.due(T).is_empty());
    progress.review(&card("z", "no"), Recalled::Yes, T + 70_000 * DAY);
    assert_eq!(progress.due(T + 10 * DAY).len(), 3, "an answer of a far future waits for it");
}

#[test]
fn wrong_a_thousand_times_still_has_a_schedule() {
    for apart in [1, DAY, 400 * DAY] {
        let answers: Vec<(Seconds, Recalled)> = (0..1_500).map(|n| (n * apart, Recalled::No)).collect();
        assert_eq!(days(&answers), 1, "{apart}");
    }
    let mut progress = Progress::default();
    (0..20_000).for_each(|n| progress.note("a", &[answered("q", true, false), predicted("p", 70, true)], n));
    assert!(bytes(&progress).len() < 20_000, "what is kept of one step is bounded");
    assert_eq!(progress.counts(), (1, 200, 100));
}

// ── Calibration ─────────────────────────────────────────────────────────────────────────────────

#[test]
fn calibration_counts_first_predictions_by_sureness() {
    let mut progress = Progress::default();
    progress.note("a", &[predicted("1", 50, true), predicted("2", 90, true), predicted("3", 90, false)], T);
    progress.note("b", &[predicted("1", 100, true)], T);
    // They have seen the outcome: these are no predictions any more.
    progress.note("a", &[predicted("1", 100, true), predicted("3", 100, true)], T + 60);
    let counts: Vec<(u8, usize, usize)> =
        progress.calibration().iter().map(|c| (c.sure, c.predictions, c.right)).collect();
    assert_eq!(counts, [(50, 1, 1), (60, 0, 0), (70, 0, 0), (80, 0, 0), (90, 2, 1), (100, 1, 1)]);
    assert_eq!(leaning(&progress.calibration()), Leaning::TooFew);
}

#[test]
fn the_sentence_says_which_way_they_lean() {
    let judged = |sure, all: usize, right: usize| {
        let mut progress = Progress::default();
        (0..all).for_each(|n| progress.note("a", &[predicted(&n.to_string(), sure, n < right)], T));
        let calibration = progress.calibration();
        (leaning(&calibration), calibration_sentence(&calibration))
    };
    assert!(judged(50, 0, 0).1.contains("No predictions yet"));
    let (few, said) = judged(100, 1, 1);
    assert!(few == Leaning::TooFew && said.starts_with("Of 1 prediction 1 came true, 100 %."), "{said}");
    let (sure, said) = judged(90, 10, 4);
    assert!(sure == Leaning::TooSure && said.contains("40 %") && said.contains("less often than you think"), "{said}");
    let (unsure, said) = judged(50, 12, 12);
    assert!(unsure == Leaning::TooUnsure && said.contains("you may be surer"), "{said}");
    assert_eq!(judged(70, 10, 6).0, Leaning::Fits);
    assert_eq!((judged(100, 9, 9).0, judged(100, 9, 8).0), (Leaning::Fits, Leaning::TooSure), "certain allows no miss");
}

// ── Merging ─────────────────────────────────────────────────────────────────────────────────────

fn notes() -> impl Strategy<Value = Note> {
    let step = || (0..4_u8).prop_map(|n| format!("s{n}"));
    prop_oneof![
        step().prop_map(Note::At),
        (step(), 0..SURENESS.len(), any::<bool>()).prop_map(|(s, sure, right)| predicted(&s, SURENESS[sure], right)),
        (step(), any::<bool>(), any::<bool>()).prop_map(|(s, right, hinted)| answered(&s, right, hinted)),
        step().prop_map(Note::Hint),
        step().prop_map(Note::Shown),
        (step(), 1..9_usize).prop_map(|(s, commands)| challenge(&s, commands)),
        Just(Note::TestedOut),
        Just(Note::Finished),
    ]
}

type Deed = (u8, Note, Seconds);

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    // Few dates, so that some are the same on both machines.
    prop::collection::vec((0..3_u8, notes(), (0..400_i64).prop_map(|n| T + n * 10 * HOUR)), 0..40)
}

fn learner(deeds: &[Deed]) -> Progress {
    let mut progress = Progress::default();
    for (lesson, note, now) in deeds {
        progress.note(&format!("l{lesson}"), std::slice::from_ref(note), *now);
    }
    progress
}

fn merged(a: &Progress, b: &Progress) -> Progress {
    let mut merged = a.clone();
    merged.merge(b);
    merged
}

/// Every dated record and every figure in a progress file, each as one line.
fn records(progress: &Progress) -> BTreeSet<String> {
    fn collect(path: &str, value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(map) if !map.contains_key("at") => {
                map.iter().for_each(|(name, value)| collect(&format!("{path}/{name}"), value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(path, item, found)),
            leaf => drop(found.insert(format!("{path} {leaf}"))),
        }
    }
    let mut found = BTreeSet::new();
    collect("", &must(serde_json::from_slice(&bytes(progress))), &mut found);
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn merging_gives_the_same_in_any_order(a in deeds(), b in deeds(), c in deeds()) {
        let (a, b, c) = (learner(&a), learner(&b), learner(&c));
        prop_assert_eq!(&merged(&a, &a), &a);
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
        prop_assert_eq!(merged(&merged(&a, &b), &b), merged(&a, &b));
        prop_assert_eq!(&merged(&a, &Progress::default()), &a);
    }

    #[test]
    fn merging_loses_nothing(a in deeds(), b in deeds()) {
        let (a, b) = (learner(&a), learner(&b));
        let both = merged(&a, &b);
        let (of_a, of_b, kept) = (records(&a), records(&b), records(&both));
        let dated = |record: &&String| ["/reviews", "/predictions", "/hints", "/shown"].iter().any(|k| record.contains(k));
        for record in of_a.union(&of_b).filter(dated) {
            prop_assert!(kept.contains(record), "lost: {}", record);
        }
        prop_assert!(kept.iter().all(|r| of_a.contains(r) || of_b.contains(r)), "made up");
        for lesson in ["l0", "l1", "l2"] {
            let reached = |p: &Progress| !matches!(p.status(lesson, T), Status::Open | Status::Started);
            prop_assert_eq!(reached(&both), reached(&a) || reached(&b));
            for step in ["s0", "s1", "s2", "s3"] {
                let bests = [a.best(lesson, step), b.best(lesson, step)];
                prop_assert_eq!(both.best(lesson, step), bests.into_iter().flatten().min());
            }
        }
    }

    #[test]
    fn two_machines_have_the_schedule_of_one(all in deeds(), mask in any::<u64>()) {
        let answers: Vec<(CardId, Recalled, Seconds)> = all.iter().filter_map(|(lesson, note, at)| match note {
            Note::Answered { step, right, hinted } => {
                let recalled = if !right { Recalled::No } else if *hinted { Recalled::WithHint } else { Recalled::Yes };
                Some((card(&lesson.to_string(), step), recalled, *at))
            }
            _ => None,
        }).collect();
        let (mut here, mut there, mut one) = (Progress::default(), Progress::default(), Progress::default());
        for (n, (card, recalled, at)) in answers.iter().enumerate() {
            one.review(card, *recalled, *at);
            if mask >> (n % 64) & 1 == 0 { &mut here } else { &mut there }.review(card, *recalled, *at);
        }
        here.merge(&there);
        for now in [T, T + 30 * DAY, T + 200 * DAY] {
            prop_assert_eq!(here.due(now), one.due(now));
        }
        prop_assert_eq!(here.next_due(), one.next_due());
    }

    #[test]
    fn what_is_written_is_read(a in deeds()) {
        let progress = learner(&a);
        prop_assert_eq!(must(Progress::from_bytes(&bytes(&progress))), progress);
    }

    #[test]
    fn damaged_bytes_never_panic(a in deeds(), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = bytes(&learner(&a));
        for (index, byte) in flips {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        if let Ok(progress) = Progress::from_bytes(&bytes) {
            for now in [0, T, LAST_SECOND] {
                let (due, _) = (progress.due(now), progress.calibration());
                prop_assert!(due.len() <= progress.card_count());
            }
        }
    }
}

// ── The file ────────────────────────────────────────────────────────────────────────────────────

#[test]
fn what_one_store_keeps_another_reads() {
    let home = folder();
    let store = Store::at(home.path().join("deep/er"));
    assert!(store.load().progress.is_empty() && store.load().warnings.is_empty());
    assert!(!home.path().join("deep").exists(), "looking makes no folder");
    let kept = must(store.update(|p| p.note("a", &[at("one")], T)));
    let loaded = Store::at(home.path().join("deep/er")).load();
    assert_eq!((loaded.progress, loaded.warnings), (kept, Vec::new()));
    must(store.update(|p| p.note("b", &[at("one")], T)));
    assert_eq!(store.load().progress.lessons().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn where_nothing_can_be_written_it_is_said_and_nothing_breaks() {
    let home = folder();
    must(fs::write(home.path().join("file"), "in the way"));
    for folder in ["file", "file/deeper"] {
        let store = Store::at(home.path().join(folder));
        assert!(store.load().progress.is_empty());
        let error = store.update(|p| p.note("a", &[at("one")], T)).err().unwrap_or_else(|| panic!("{folder}"));
        assert!(matches!(error, StoreError::Folder { .. }), "{error:?}");
        assert!(error.to_string().contains("set XDG_STATE_HOME"), "{error}");
    }
    // The file system says no also to root here: the name of the new file is taken by a folder that is not empty.
    let store = Store::at(home.path().join("state"));
    must(store.update(|p| p.note("a", &[at("one")], T)));
    must(fs::create_dir_all(home.path().join("state/progress.new/x")));
    let before = store.load().progress;
    assert!(store.update(|p| p.note("b", &[at("one")], T)).is_err());
    assert_eq!(store.load().progress, before);
}

#[test]
fn a_newer_file_is_refused_and_left_untouched() {
    let home = folder();
    let store = Store::at(home.path().to_path_buf());
    let newer = br#"{"format":2,"learner":{"name":"x"}}"#;
    must(fs::write(store.file(), newer));
    let loaded = store.load();
    assert!(loaded.progress.is_empty() && loaded.warnings.len() == 1);
    assert!(loaded.warnings[0].contains("use a newer scalelab"), "{:?}", loaded.warnings);
    assert!(matches!(store.update(|p| p.note("a", &[at("one")], T)), Err(StoreError::Newer { .. })));
    assert_eq!(must(fs::read(store.file())), newer);
    assert!(matches!(Progress::from_bytes(newer), Err(FormatError::Newer { found: 2 })));
}

/// Ways in which a file can be no progress file.
fn damage() -> Vec<(&'static str, Vec<u8>)> {
    let whole = bytes(&sample());
    let text = String::from_utf8_lossy(&whole).into_owned();
    let edit = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} is not in {text}");
        text.replacen(from, to, 1).into_bytes()
    };
    let deep = "[".repeat(100_000);
    vec![
        ("half", whole[..whole.len() / 2].to_vec()),
        ("empty", Vec::new()),
        ("blank", b"  \n\n ".to_vec()),
        ("zeros", vec![0; whole.len()]),
        ("garbage", b"PK\x03\x04 not json at all".to_vec()),
        ("not UTF-8", [&whole[..20], b"\xff\xfe", &whole[20..]].concat()),
        ("two files", [&whole[..], &whole[..]].concat()),
        ("a list", b"[1, 2, 3]".to_vec()),
        ("no format", br#"{"lessons":{}}"#.to_vec()),
        ("format of text", br#"{"format":"1","lessons":{}}"#.to_vec()),
        ("format 0", br#"{"format":0,"lessons":{}}"#.to_vec()),
        ("format -1", br#"{"format":-1,"lessons":{}}"#.to_vec()),
        ("wrong type", edit("\"best\":4", "\"best\":\"four\"")),
        ("negative", edit("\"best\":4", "\"best\":-4")),
        ("huge number", edit("\"best\":4", "\"best\":1e999")),
        ("huge date", edit(&format!("\"at\":{T}"), "\"at\":999999999999999")),
        ("date before 1970", edit(&format!("\"at\":{T}"), "\"at\":-1")),
        ("date of text", edit(&format!("\"at\":{T}"), "\"at\":\"today\"")),
        ("odd sureness", edit("\"sure\":80", "\"sure\":81")),
        ("odd recall", edit("\"yes\"", "\"maybe\"")),
        ("unknown field", edit("\"best\":4", "\"best\":4,\"rank\":1")),
        ("empty id", edit("{\"a\":", "{\"\":")),
        ("long id", edit("{\"a\":", &format!("{{\"{}\":", "a".repeat(MOST_ID_BYTES + 1)))),
        ("deep", deep.into_bytes()),
        ("deep field", edit("\"best\":4", &format!("\"best\":{}", "[".repeat(100_000)))),
        ("too large", vec![b' '; MOST_BYTES + 1]),
    ]
}

fn set_aside(folder: &Path, why: &str) -> Vec<PathBuf> {
    let names = must(fs::read_dir(folder)).flatten().map(|e| e.path());
    names.filter(|p| p.to_string_lossy().contains(&format!("progress.{why}"))).collect()
}

#[test]
fn a_damaged_file_is_set_aside_and_said() {
    for (name, damage) in damage() {
        let home = folder();
        let store = Store::at(home.path().to_path_buf());
        must(fs::write(store.file(), &damage));
        let loaded = store.load();
        assert!(loaded.progress.is_empty(), "{name}");
        let aside = set_aside(home.path(), "damaged");
        assert_eq!(aside.len(), 1, "{name}: {:?}", loaded.warnings);
        assert_eq!(must(fs::read(&aside[0])), damage, "{name}: nothing of it is lost");
        let [warning] = &loaded.warnings[..] else { panic!("{name}: {:?}", loaded.warnings) };
        assert!(warning.contains(&aside[0].display().to_string()) && warning.contains("import"), "{name}: {warning}");
        assert!(warning.len() < 1_000, "{name}: {warning}");
        assert!(store.load().warnings.is_empty(), "{name}: said once");
        must(store.update(|p| p.note("a", &[at("one")], T)));
        assert_eq!(store.load().progress.place("a"), Some("one"), "{name}: it goes on");
    }
}

#[test]
fn a_damaged_file_costs_at_most_the_last_change() {
    for (name, damage) in damage() {
        let home = folder();
        let store = Store::at(home.path().to_path_buf());
        must(store.update(|p| p.merge(&sample())));
        must(store.update(|p| p.note("c", &[at("one")], T + DAY)));
        must(fs::write(store.file(), &damage));
        // Found by a change this time.
        let loaded = must(store.update_and_tell(|p| p.note("d", &[at("one")], T + DAY)));
        assert!(loaded.warnings[0].contains("before the last change"), "{name}: {:?}", loaded.warnings);
        let progress = store.load().progress;
        assert_eq!(progress, loaded.progress, "{name}");
        assert!(records(&sample()).is_subset(&records(&progress)), "{name}");
        assert_eq!(progress.place("d"), Some("one"), "{name}");
    }
}

#[test]
fn every_cut_of_a_file_is_found_out() {
    let whole = bytes(&sample());
    for cut in 0..whole.len() - 1 {
        assert!(matches!(Progress::from_bytes(&whole[..cut]), Err(FormatError::Damaged(_))), "{cut}");
    }
}

#[test]
fn a_folder_in_place_of_the_file_is_set_aside_and_a_link_stays() {
    let home = folder();
    let store = Store::at(home.path().to_path_buf());
    must(fs::create_dir_all(store.file().join("inside")));
    assert!(store.load().warnings[0].contains("it is a directory, not a file"));
    assert!(set_aside(home.path(), "damaged")[0].join("inside").is_dir());

    must(fs::create_dir(home.path().join("elsewhere")));
    let real = home.path().join("elsewhere/mine.json");
    must(fs::write(&real, bytes(&sample())));
    must(std::os::unix::fs::symlink(&real, store.file()));
    must(store.update(|p| p.note("c", &[at("one")], T)));
    assert!(must(fs::symlink_metadata(store.file())).is_symlink(), "the link is still one");
    assert_eq!(must(Progress::from_bytes(&must(fs::read(&real)))).place("c"), Some("one"));
}

#[test]
fn reset_keeps_the_old_file_and_what_is_forgotten_stays_so() {
    let home = folder();
    let store = Store::at(home.path().to_path_buf());
    assert!(must(store.reset()).is_none());
    let old = must(store.update(|p| p.merge(&sample())));
    must(store.update(|p| p.note("c", &[at("one")], T)));
    let kept = must(store.reset()).unwrap_or_else(|| panic!("nothing kept"));
    assert!(store.load().progress.is_empty());
    assert!(records(&old).is_subset(&records(&must(Progress::from_bytes(&must(fs::read(kept)))))));
    must(fs::write(store.file(), "damaged"));
    assert!(store.load().progress.is_empty(), "no copy comes back");
}

// ── The program ─────────────────────────────────────────────────────────────────────────────────

fn scalelab(home: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scalelab"));
    command.current_dir(home.path()).env_clear().env("HOME", home.path()).stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn start(home: &TempDir, args: &[String]) -> Child {
    must(scalelab(home).arg("progress").args(args).spawn())
}

fn run(home: &TempDir, args: &[&str], input: &[u8]) -> Output {
    let mut child = must(scalelab(home).arg("progress").args(args).spawn());
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not read may have ended already.
        let _ = stdin.write_all(input);
    }
    must(child.wait_with_output())
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn state(home: &TempDir) -> Store {
    Store::at(home.path().join(".local/state/scalelab"))
}

/// Files to import, of which number `n` brings lesson `n`.
fn parcels(home: &TempDir, count: usize) -> Vec<String> {
    let parcel = |n: usize| {
        let mut progress = Progress::default();
        progress.note(&n.to_string(), &[at("one"), answered("one", true, false)], T);
        let name = format!("parcel-{n}");
        must(fs::write(home.path().join(&name), bytes(&progress)));
        name
    };
    (0..count).map(parcel).collect()
}

#[test]
fn many_processes_at_once_lose_nothing() {
    let home = folder();
    let files = parcels(&home, 80);
    let command = |files: &[String]| [&["import".to_owned()], files].concat();
    let children: Vec<Child> = files.chunks(20).map(|files| start(&home, &command(files))).collect();
    for child in children {
        let output = must(child.wait_with_output());
        assert!(output.status.success(), "{}", err(&output));
        assert_eq!(out(&output).lines().filter(|l| l.contains("1 new lesson, 1 new answer")).count(), 20);
    }
    let loaded = state(&home).load();
    assert_eq!((loaded.progress.lessons().count(), loaded.warnings), (80, Vec::new()));
}

/// Kills a process that writes progress in a loop, at a random moment, a hundred times.
#[test]
fn progress_survives_kill_minus_nine() {
    let home = folder();
    let files = parcels(&home, 400);
    let mut random = must(fs::File::open("/dev/urandom"));
    let mut draw = |below: u32| {
        let mut bytes = [0; 4];
        must(random.read_exact(&mut bytes));
        u32::from_le_bytes(bytes) % below
    };
    let (mut acknowledged, mut midway) = (BTreeSet::new(), 0);
    for round in 0..100 {
        // Each process begins elsewhere, so that old and new things are merged on top of one another.
        let first = draw(files.len() as u32) as usize;
        let args: Vec<String> =
            std::iter::once("import".to_owned()).chain(files[first..].iter().chain(&files[..first]).cloned()).collect();
        if round % 10 == 0 {
            must(
                fs::remove_dir_all(home.path().join(".local"))
                    .or_else(|e| if e.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(e) }),
            );
            acknowledged.clear();
        }
        let mut child = start(&home, &args);
        let mut lines = BufReader::new(child.stdout.take().unwrap_or_else(|| panic!("no output"))).lines();
        let wanted = draw(12);
        let mut hear = |line: String| {
            let number = line.strip_prefix("parcel-").and_then(|l| l.split(' ').next()).map(str::to_owned);
            acknowledged.insert(number.unwrap_or_else(|| panic!("{line}")));
        };
        lines.by_ref().take(wanted as usize).for_each(|line| hear(must(line)));
        std::thread::sleep(std::time::Duration::from_micros(u64::from(draw(3_000))));
        must(child.kill());
        // What it said before it died was already true.
        lines.map_while(Result::ok).for_each(&mut hear);
        let output = must(child.wait_with_output());
        midway += usize::from(!output.status.success());
        let folder = home.path().join(".local/state/scalelab");
        let file = folder.join("progress.json");
        if file.exists() {
            must(Progress::from_bytes(&must(fs::read(&file))));
        }
        let loaded = state(&home).load();
        assert!(loaded.warnings.is_empty(), "round {round}: {:?}", loaded.warnings);
        let kept: BTreeSet<String> = loaded.progress.lessons().map(str::to_owned).collect();
        assert!(acknowledged.is_subset(&kept), "round {round}: lost {:?}", acknowledged.difference(&kept));
        // What was being written when it died belongs to the next, and is no litter.
        assert!(!folder.exists() || must(fs::read_dir(&folder)).count() <= 5, "round {round}");
    }
    assert!(midway >= 80, "only {midway} of 100 were killed before they had ended");
    let output = run(&home, &["import", "parcel-0"], b"");
    assert!(output.status.success(), "{}", err(&output));
}

#[test]
fn it_shows_what_is_done_open_and_due() {
    let home = folder();
    let empty = run(&home, &[], b"");
    assert!(empty.status.success() && out(&empty).contains("`scalelab learn` opens the first"), "{}", out(&empty));
    let lessons: Vec<String> = Library::built_in().lessons().map(|entry| entry.lesson.id.clone()).collect();
    let [first, second, third, ..] = &lessons[..] else { panic!("{lessons:?}") };
    must(state(&home).update(|p| {
        // So long ago that it is due whenever this runs.
        p.note(first, &[answered("q", false, false), answered("r", true, false), Note::Finished], 1_000);
        p.note(second, &[at("here"), predicted("p", 80, true)], 2_000);
        (0..10).for_each(|n| p.note(third, &[predicted(&n.to_string(), 90, n < 4)], T));
        p.note(third, &[challenge("last", 3), Note::TestedOut], T);
        p.note("mine", &[challenge("c", 1), Note::Finished], T);
    }));
    let shown = run(&home, &[], b"");
    let text = out(&shown);
    assert_eq!((shown.status.code(), err(&shown).as_str()), (Some(0), ""));
    let lines: Vec<String> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for line in [
        &format!("due {first} 2 questions to review"),
        &format!("started {second} at here"),
        &format!("tested out {third} last: best 3 commands"),
        &format!("open {CHALLENGE}"),
        "done mine c: best 1 command",
        "2 of 2 questions due now: `scalelab review` asks them.",
        "sure 90 % right 40 % 4 of 10",
        "sure 80 % right 100 % 1 of 1",
    ] {
        assert!(lines.iter().any(|l| l == line), "no `{line}` in\n{text}");
    }
    assert!(lines.join(" ").contains("less often than you think"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn json_says_the_same() {
    let home = folder();
    let mut progress = Progress::default();
    progress.note("a", &[at("one"), answered("one", false, false), challenge("two", 4), Note::Finished], 1_000);
    progress.note(CHALLENGE, &[at("story")], 1_500);
    progress.note("b", &[at("x"), Note::Hint("x".into()), predicted("p", 70, true)], 2_000);
    must(state(&home).update(|p| p.merge(&progress)));
    let shown = run(&home, &["--json"], b"");
    let value: Value = serde_json::from_slice(&shown.stdout).unwrap_or_else(|e| panic!("{e}: {}", err(&shown)));
    let lessons = value["lessons"].as_array().cloned().unwrap_or_default();
    let library = Library::built_in();
    assert_eq!(lessons.len(), library.lessons().count() + 2);
    let find = |id: &str| lessons.iter().find(|l| l["id"] == id).unwrap_or_else(|| panic!("no {id}"));
    assert_eq!(
        *find("a"),
        json!({ "id": "a", "title": null, "unit": null, "status": "due", "step": null, "finished_at": 1_000,
                "best": { "two": 4 }, "hints": 0, "solutions_shown": 0 })
    );
    let b = find("b");
    assert_eq!((&b["status"], &b["step"], &b["hints"]), (&json!("started"), &json!("x"), &json!(1)));
    let known = find(CHALLENGE);
    assert_eq!((&known["unit"], &known["step"]), (&json!("hashing"), &json!("story")));
    assert!(known["title"].is_string());
    assert_eq!(value["last_lesson"], "b");
    assert_eq!(
        value["review"],
        json!({ "questions": 1, "due": [{ "lesson": "a", "step": "one", "due_at": 58_600 }], "next_due_at": 58_600 })
    );
    assert_eq!(value["calibration"]["by_sureness"][2], json!({ "sure": 70, "predictions": 1, "right": 1 }));
    assert_eq!((&value["calibration"]["leaning"], &value["warnings"]), (&json!("too-few"), &json!([])));
}

#[test]
fn exports_travel_and_merge_both_ways() {
    let (here, there) = (folder(), folder());
    must(state(&here).update(|p| p.merge(&sample())));
    must(state(&there).update(|p| p.note("c", &[at("one"), answered("q", true, false)], T)));
    let exported = run(&here, &["export"], b"");
    assert_eq!(exported.stdout, bytes(&sample()));
    let written = run(&here, &["export", "mine.json"], b"");
    assert!(written.status.success() && out(&written).contains("mine.json"), "{}", err(&written));
    assert_eq!(must(fs::read(here.path().join("mine.json"))), exported.stdout);
    let imported = run(&there, &["import", "-"], &exported.stdout);
    assert_eq!(out(&imported), "- is merged: 2 new lessons, 2 new answers, 1 new prediction.\n", "{}", err(&imported));
    let again = run(&there, &["import", "-"], &exported.stdout);
    assert_eq!(out(&again), "- is merged: it holds nothing new.\n");
    let back = run(&here, &["import", "-"], &run(&there, &["export"], b"").stdout);
    assert!(back.status.success(), "{}", err(&back));
    assert_eq!(state(&here).load().progress, state(&there).load().progress);
}

#[test]
fn a_bad_import_says_what_to_do_and_changes_nothing() {
    let home = folder();
    must(state(&home).update(|p| p.merge(&sample())));
    let before = must(fs::read(state(&home).file()));
    must(fs::write(home.path().join("good"), bytes(&learner(&[(1, Note::Finished, T)]))));
    let mut bad = damage();
    bad.push(("newer", br#"{"format":7}"#.to_vec()));
    for (name, damage) in bad {
        must(fs::write(home.path().join("bad"), damage));
        let run = run(&home, &["import", "good", "bad"], b"");
        let said = err(&run);
        assert_eq!((run.status.code(), out(&run).as_str()), (Some(2), ""), "{name}: {said}");
        assert!(said.contains("bad") && said.contains("Nothing was changed."), "{name}: {said}");
        assert!(said.len() < 700 && !said.contains("panicked"), "{name}: {said}");
        assert_eq!(must(fs::read(state(&home).file())), before, "{name}");
    }
    for (args, word) in [(["import", "nowhere"], "cannot read nowhere"), (["import", "."], "cannot read .")] {
        let run = run(&home, &args, b"");
        assert!(run.status.code() == Some(2) && err(&run).contains(word), "{}", err(&run));
    }
    for args in [&["import"][..], &["--json", "export"], &["forget"]] {
        assert_eq!(run(&home, args, b"").status.code(), Some(2), "{args:?}");
    }
    assert!(run(&home, &["--theme", "mono", "export"], b"").status.success());
}

#[test]
fn names_in_a_hostile_file_never_reach_the_terminal_raw() {
    let home = folder();
    let evil = "\u{1b}]0;owned\u{7}\u{202e}";
    let mut progress = Progress::default();
    progress.note(evil, &[at(evil), challenge(evil, 1)], T);
    let damaged = String::from_utf8_lossy(&bytes(&progress)).replace("\"best\":1", &format!("\"{evil}\":1"));
    must(fs::write(home.path().join("evil"), bytes(&progress)));
    must(fs::write(home.path().join(format!("damaged{evil}")), damaged));
    for args in [&["import", &format!("damaged{evil}")][..], &["import", "evil"], &[], &["--json"]] {
        let run = run(&home, args, b"");
        let text = out(&run) + &err(&run);
        // JSON is for programs: control characters are escaped in it, the rest is as it is.
        let raw: &[char] = if args == ["--json"] { &['\u{1b}', '\u{7}'] } else { &['\u{1b}', '\u{7}', '\u{202e}'] };
        assert!(text.len() > 20 && !text.contains(raw), "{args:?}: {text:?}");
    }
}

#[test]
fn a_damaged_or_newer_file_is_said_on_the_command_line() {
    let home = folder();
    must(fs::create_dir_all(home.path().join(".local/state/scalelab")));
    must(fs::write(state(&home).file(), "{"));
    let shown = run(&home, &["--json"], b"");
    assert!(shown.status.success() && err(&shown).contains("set aside as"), "{}", err(&shown));
    let value: Value = must(serde_json::from_slice(&shown.stdout));
    assert_eq!(value["warnings"].as_array().map(Vec::len), Some(1));
    must(fs::write(state(&home).file(), r#"{"format":99}"#));
    for args in [&[][..], &["export"], &["import", "-"]] {
        let run = run(&home, args, &bytes(&sample()));
        assert!(run.status.code() == Some(2) && err(&run).contains("newer scalelab"), "{args:?}: {}", err(&run));
    }
    assert_eq!(must(fs::read_to_string(state(&home).file())), r#"{"format":99}"#);
    must(fs::remove_dir_all(home.path().join(".local")));
    must(fs::write(home.path().join(".local"), "in the way"));
    let refused = run(&home, &["import", "-"], &bytes(&sample()));
    assert!(refused.status.code() == Some(2) && err(&refused).contains("XDG_STATE_HOME"), "{}", err(&refused));
}

#[test]
fn reset_needs_a_yes() {
    let home = folder();
    assert!(out(&run(&home, &["reset", "--yes"], b"")).contains("no progress to forget"));
    must(state(&home).update(|p| p.merge(&sample())));
    let unasked = run(&home, &["reset"], b"yes\n");
    assert!(unasked.status.code() == Some(2) && err(&unasked).contains("--yes"), "{}", err(&unasked));
    assert_eq!(state(&home).load().progress, sample());
    let reset = run(&home, &["reset", "--yes"], b"");
    let said = out(&reset);
    assert!(reset.status.success() && state(&home).load().progress.is_empty(), "{}", err(&reset));
    let kept = said.split('\'').nth(1).unwrap_or_else(|| panic!("{said}"));
    let back = run(&home, &["import", kept], b"");
    assert!(back.status.success(), "{}", err(&back));
    assert_eq!(state(&home).load().progress, sample(), "what it says brings all back");
}

#[test]
fn reset_asks_on_a_terminal() {
    let home = folder();
    must(state(&home).update(|p| p.merge(&sample())));
    for (answer, forgotten) in [("\n", false), ("no\n", false), ("y\n", true)] {
        let pair = must(portable_pty::native_pty_system().openpty(portable_pty::PtySize::default()));
        let mut command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_scalelab"));
        command.args(["progress", "reset"]);
        command.env_clear();
        command.env("HOME", home.path());
        command.cwd(home.path());
        let mut child = must(pair.slave.spawn_command(command));
        drop(pair.slave);
        let mut keys = must(pair.master.take_writer());
        must(keys.write_all(answer.as_bytes()));
        let mut said = Vec::new();
        // Reading from a terminal whose program has ended is an error on Linux.
        let _ = must(pair.master.try_clone_reader()).read_to_end(&mut said);
        assert!(must(child.wait()).success());
        let said = String::from_utf8_lossy(&said).into_owned();
        assert!(said.contains("Forget all progress in") && said.contains("[y/N]"), "{said}");
        assert_eq!(said.contains("Nothing was changed."), !forgotten, "{said}");
        assert_eq!(state(&home).load().progress.is_empty(), forgotten, "{said}");
    }
}
