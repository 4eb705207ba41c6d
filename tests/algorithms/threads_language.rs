//! The language of threads: what programs mean, by a table and by a brute force that shares no code with the explorer;
//! what the lab says of them.
#![expect(clippy::panic, reason = "a test says why it fails")]

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use scalelab::algorithms::threads::{
    ASSERTION, BAD, DEADLOCK, Explored, FAULT, FINALLY, Grain, INVARIANT, Machine, OVERLAP, Program,
};
use scalelab::engine::interrupt::Interrupt;
use scalelab::engine::{Blank, Input, Setup};
use scalelab::labs::{OpenLab, find};
use serde_json::{Value, json};

use crate::threads_differential as differential;

fn machine(text: &str, grain: Grain) -> Machine {
    Machine::new(Program::read(text, grain).unwrap_or_else(|e| panic!("{e}\n{text}")))
}

/// Programs and all their problems; 0 is proven.
const MEANINGS: &[(&str, u32)] = &[
    // The right side of `and` and `or` is looked at only if it matters: everywhere.
    ("shared y\nthread A { local t = y != 0 and 10 / y > 1 }\nfinally y == 0", 0),
    ("shared y\nthread A { local z = 0\nlocal t = z == 0 or 10 / z > 1\nassert t }", 0),
    ("shared y\nthread A { skip }\nfinally y == 0 or 10 / y > 1", 0),
    ("shared y\nthread A { skip }\nalways not (y != 0 and 10 / y > 1)", 0),
    ("shared y\nthread A { skip }\nfinally 10 / y > 1", FINALLY),
    ("shared y\nthread A { skip }\nalways 10 / y > 1", INVARIANT),
    ("shared y\nthread A { assert y == 0 or 10 / y > 1\nassert not (y != 0 and 10 / y > 1) }", 0),
    ("shared y\nthread A { assert y != 0 and 10 / y > 1 }", ASSERTION),
    ("shared x, y\nthread A { x = y and fetch_add(y, 1) }\nfinally x == 0 and y == 0", 0),
    ("shared x, y\nthread A { x = not (y or fetch_add(y, 1)) }\nfinally x == 1 and y == 1", 0),
    ("shared x, y\nthread A { x = y == 0 or cas(y, 0, 1) }\nfinally x == 1 and y == 0", 0),
    ("shared x, y = 1\nthread A { x += 2 * (y and fetch_add(y, 1)) }\nfinally x == 2 and y == 2", 0),
    ("shared x\nmutex m\nthread A { x = try_lock(m) or try_lock(m)\nunlock m }\nfinally x == 1", 0),
    ("shared x\nmutex m\nthread A { assert x or try_lock(m)\nunlock m }", 0),
    ("shared x\nmutex m\nthread A { local t = x and try_lock(m)\nunlock m }", FAULT),
    ("shared x\nthread A { cas(x, 1, 2) and fetch_add(x, 5)\nfetch_add(x, 0) or fetch_add(x, 1) }\nfinally x == 1", 0),
    ("shared x\nthread A { if (x and 1 / x) == 0 { x = 7 } }\nfinally x == 7", 0),
    ("shared x, n\nthread A { while n < 3 and (x == 0 or 9 / x) { n += 1 } }\nfinally n == 3", 0),
    ("shared x\nthread A { local i = 2\nx = i and (i == 0 or x) and 5 }\nfinally x == 0", 0),
    // One thread in two nested sections is one thread.
    ("thread A, B { critical { critical { skip } } }", OVERLAP),
    ("thread A { critical { critical { skip } } }\nthread B { skip }", 0),
    ("mutex m\nthread A, B { with m { critical { critical { skip }\nskip } } }", 0),
    ("mutex m\nthread A, B { with m { critical a { critical b { critical a { skip } } } } }", 0),
    ("shared x\nthread A { critical { critical { skip }\nx = 1 } }\nthread B { if x { critical { skip } } }", OVERLAP),
    ("thread A { loop { critical { critical { break } } } }\nthread B { skip }", 0),
    // Who waits only for a thread that has stopped is no deadlock of its own.
    ("mutex m\nthread A { lock m\nassert false }\nthread B { with m { skip } }", ASSERTION),
    ("mutex m\nthread A { lock m\nlocal t = 1 / 0 }\nthread B, C { with m { skip } }", FAULT),
    (
        "mutex m, n\nthread A { lock m\nassert false }\nthread B { lock n\nlock m }\nthread C { skip\nlock n }",
        DEADLOCK | ASSERTION,
    ),
    ("mutex m, n\nthread A { lock m\nassert false }\nthread B { with n { with m { skip } } }", ASSERTION),
    ("mutex m\nthread A { assert false }\nthread B { lock m\nlock m }", ASSERTION | DEADLOCK),
    ("semaphore s = 0\nthread A { assert false\nrelease s }\nthread B { acquire s }", ASSERTION),
    ("semaphore s = 0\nthread A { assert false }\nthread B { acquire s }", ASSERTION | DEADLOCK),
    ("event e\nthread A { assert false\nset e }\nthread B { await e }", ASSERTION),
    ("event e\nthread A { set e\nassert false }\nthread B { reset e\nawait e }", ASSERTION | DEADLOCK),
    ("barrier b = 2\nthread A { assert false\nawait b }\nthread B { await b }", ASSERTION),
    ("countdown d = 1\nthread A { assert false\nsignal d }\nthread B { await d }", ASSERTION),
    ("rwlock l\nthread A { read_lock l\nassert false }\nthread B { write_lock l\nwrite_unlock l }", ASSERTION),
    (
        "monitor m\nthread A { lock m\nwait m\nunlock m }\nthread B { assert false\nlock m\npulse m\nunlock m }",
        ASSERTION,
    ),
];

#[test]
fn meanings_are_those_of_the_page() {
    for (text, problems) in MEANINGS {
        for grain in [Grain::Parts, Grain::Shared] {
            let explored = Explored::of(machine(text, grain), 50_000);
            assert_eq!(explored.problems() & BAD, *problems, "{grain:?}\n{text}");
            assert_eq!(explored.reduced.problems & BAD, *problems, "reduced, {grain:?}\n{text}");
            assert_eq!(explored.proven(), *problems == 0, "{grain:?}\n{text}");
        }
    }
}

#[test]
fn spinning_is_not_proven() {
    for (text, spins) in [
        ("shared n\nthread A, B { fetch_add(n, 1)\nwhile n != 2 { }\nfetch_add(n, -2) }", true),
        ("shared go\nthread A { while not go { } }\nthread B { skip }", true),
        ("shared go\nthread A { loop { while not go { } } }", true),
        ("mutex m\nevent e\nthread A { lock m\nset e }\nthread B { await e\nwhile not try_lock(m) { } }", true),
        // A fair scheduler lets the one that the others spin for go on.
        ("shared go\nthread A { while not go { } }\nthread B { go = 1 }", false),
        ("shared busy\nthread A, B { while not cas(busy, 0, 1) { }\nbusy = 0 }", false),
        // A program that is meant to run for ever, and changes something each time.
        ("shared x\nthread A, B { loop { fetch_add(x, 1)\nfetch_add(x, -1) } }\nalways x < 3", false),
    ] {
        let explored = Explored::of(machine(text, Grain::Parts), 50_000);
        assert!(explored.finished() && !explored.broken(), "{text}");
        assert_eq!((explored.spins.is_some(), explored.proven()), (spins, !spins), "{text}");
    }
    // The reduced search does not know loops: what it has seen is no proof that nothing spins.
    let wide = "shared a, b, c, d\nthread A { repeat 9 { while not cas(a, 0, 1) { }\na = 0 } }\n\
                thread B { repeat 9 { while not cas(b, 0, 1) { }\nb = 0 } }\n\
                thread C { repeat 9 { while not cas(c, 0, 1) { }\nc = 0 } }\nthread D { repeat 9 { d += 1 } }";
    let cut = Explored::of(machine(wide, Grain::Parts), 2_000);
    assert!(!cut.graph.finished() && cut.reduced.finished && !cut.proven());
}

#[test]
fn repeated_nothing_takes_no_time() {
    let text = format!("thread A {{ {} skip {} }}", "repeat 1000 { ".repeat(20), "} ".repeat(20));
    assert!(Program::read(&text, Grain::Parts).is_err(), "too many parts");
    let text = format!("thread A {{ {} {} }}", "repeat 1000 { ".repeat(20), "} ".repeat(20));
    assert!(Program::read(&text, Grain::Parts).is_ok());
}

#[test]
fn differential_corpus_reaches_every_problem() {
    let (mut problems, mut endless, mut compared) = (0, 0, 0);
    for seed in 0..400 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut data = vec![0; rng.random_range(8..120)];
        rng.fill_bytes(&mut data);
        let truth = differential::compare(&data).unwrap_or_else(|difference| panic!("seed {seed}: {difference}"));
        let Some(truth) = truth else { continue };
        (problems, compared) = (problems | truth.problems, compared + 1);
        endless += u32::from(truth.schedules.is_none());
    }
    assert_eq!(problems, 0b11_1111);
    assert!(compared > 350 && endless > 5, "{compared} compared, {endless} endless");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150, rng_seed: RngSeed::Fixed(15), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn differential_programs_mean_what_the_brute_force_says(data in prop::collection::vec(any::<u8>(), 0..160)) {
        if let Err(difference) = differential::compare(&data) {
            prop_assert!(false, "{}", difference);
        }
    }
}

fn open(text: &str) -> Box<dyn OpenLab> {
    let input = Input::read("given.txt", text.as_bytes(), Blank::Keep, |_, _| ()).unwrap_or_else(|e| panic!("{e}"));
    let inputs = BTreeMap::from([("program".to_owned(), Arc::new(input))]);
    let Some(lab) = find("threads") else { panic!("no threads lab") };
    (lab.open)(Setup { seed: 7, inputs }).unwrap_or_else(|e| panic!("{e}"))
}

fn give(lab: &mut dyn OpenLab, line: &str) {
    lab.command(line).unwrap_or_else(|e| panic!("`{line}`: {e}"));
}

fn settle(lab: &mut dyn OpenLab) {
    lab.advance_to(lab.settled_at());
}

fn fact(lab: &dyn OpenLab, name: &str) -> Value {
    lab.facts().get(name).cloned().unwrap_or_else(|| panic!("no fact {name}"))
}

fn told(lab: &dyn OpenLab) -> String {
    lab.story().0.iter().map(|e| e.text.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn verdicts_say_what_they_assume() {
    for (program, words, not) in [
        ("shared x\nthread A { x = 1 }\nfinally x", "Proven: no schedule breaks this program, if every read sees", ""),
        (
            "shared n\nthread A, B { fetch_add(n, 1)\nwhile n != 2 { }\nfetch_add(n, -2) }\nfinally n != 1",
            "spin for ever",
            "Proven",
        ),
        (
            "mutex m\nthread A { lock m\nassert false }\nthread B { with m { skip } }",
            "can break: failed assertion.",
            "deadlock",
        ),
    ] {
        let mut lab = open(program);
        give(lab.as_mut(), "explore");
        settle(lab.as_mut());
        let told = told(lab.as_ref());
        assert!(told.contains(words) && (not.is_empty() || !told.contains(not)), "{program}\n{told}");
    }
    let mut lab = open("mutex m\nthread A { lock m\nassert false }\nthread B { with m { skip } }");
    for line in ["run A", "run B", "explore", "play break"] {
        let _ = lab.command(line);
        settle(lab.as_mut());
        assert!(!told(lab.as_ref()).contains("Nothing broke"), "{}", told(lab.as_ref()));
    }
    let mut lab = open("shared x\nthread A { assert x }\nthread B { x = 2 }");
    for line in ["run A", "run B"] {
        give(lab.as_mut(), line);
    }
    let told = told(lab.as_ref());
    assert!(told.contains("All threads are done or have stopped: x = 2") && !told.contains("Nothing broke"), "{told}");
}

/// Has more than 250,000 states.
const LARGE: &str = "shared x\nthread A, B, C { repeat 14 { x += 1 } }\nfinally x <= 42\n";

#[test]
fn exploring_goes_on_to_its_bound_in_slices() {
    let mut lab = open(LARGE);
    give(lab.as_mut(), "explore --bound 300000");
    assert_eq!((fact(lab.as_ref(), "exploring"), fact(lab.as_ref(), "explored")), (json!(true), json!(false)));
    let refusal = lab.command("explore").err().map(|e| e.to_string()).unwrap_or_default();
    assert!(refusal.contains("still exploring") && refusal.contains("of 300000"), "{refusal}");
    // A step on the way does not stop it, and a moment is the same however often it is come to.
    give(lab.as_mut(), "step A");
    let on_the_way = lab.now() + 100_000;
    lab.advance_to(on_the_way);
    let facts = lab.facts();
    settle(lab.as_mut());
    assert_eq!((fact(lab.as_ref(), "exploring"), fact(lab.as_ref(), "steps")), (json!(false), json!(1)));
    let states = fact(lab.as_ref(), "states_visited").as_u64().unwrap_or_default();
    assert!((299_000..=300_000).contains(&states), "{states}");
    let end = (lab.facts(), lab.now());
    lab.seek_time(on_the_way);
    assert_eq!(lab.facts(), facts);
    lab.advance_to(end.1);
    assert_eq!(lab.facts(), end.0);
    // Another program gives it up.
    let mut lab = open(LARGE);
    give(lab.as_mut(), "explore --bound 300000");
    give(lab.as_mut(), "load lost-update");
    settle(lab.as_mut());
    assert_eq!((fact(lab.as_ref(), "exploring"), fact(lab.as_ref(), "explored")), (json!(false), json!(false)));
}

#[test]
fn exploring_and_sampling_stop_when_asked() {
    let stop = Interrupt::default();
    stop.install();
    for line in ["explore", "explore --bound 300000", "sample 100000"] {
        let mut lab = open(LARGE);
        let before = lab.facts();
        stop.request();
        let refusal = lab.command(line).err().map(|e| e.to_string()).unwrap_or_default();
        stop.clear();
        assert!(refusal.contains("stopped before it was done"), "{line}: {refusal}");
        assert_eq!(lab.facts(), before);
    }
}
