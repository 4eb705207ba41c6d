//! Threads: the counts of the books, every built-in program, the reduction against the plain search, real threads.

use std::collections::{BTreeMap, BTreeSet};

use num_bigint::BigUint;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use scalelab::algorithms::explore::{Access, Count, Counts, Graph, Schedules, System, reduced};
use scalelab::algorithms::threads::{
    ASSERTION, BAD, DEADLOCK, Explored, FAULT, FINALLY, Grain, INVARIANT, LIBRARY, LOST_UPDATE, Machine, OVERLAP,
    Program, built_in,
};

fn machine(text: &str, grain: Grain) -> Machine {
    match Program::read(text, grain) {
        Ok(program) => Machine::new(program),
        Err(error) => unreachable!("{error}\n{text}"),
    }
}

fn explored(text: &str, grain: Grain) -> Explored {
    Explored::of(machine(text, grain), 200_000)
}

fn count(n: u32) -> Count {
    Count::Finite(BigUint::from(n))
}

/// Ends by their last variables, with their schedules.
fn ends(explored: &Explored) -> BTreeMap<Vec<i32>, String> {
    explored.counts.outcomes.iter().map(|o| (o.key.clone(), o.schedules.to_string())).collect()
}

#[test]
fn two_increments_interleave_in_six_ways_and_four_lose_one() {
    // The reference counts reads and writes only: C(4,2) = 6.
    let coarse = explored("shared x\nthread A, B { x += 1 }\nfinally x == 2", Grain::Shared);
    assert_eq!((&coarse.counts.schedules, &coarse.counts.bad), (&count(6), &count(4)));
    assert_eq!(ends(&coarse), BTreeMap::from([(vec![1], "4".into()), (vec![2], "2".into())]));
    // With the addition as a step of its own: C(6,3) = 20.
    let fine = explored("shared x\nthread A, B { x += 1 }\nfinally x == 2", Grain::Parts);
    assert_eq!((&fine.counts.schedules, &fine.counts.bad), (&count(20), &count(18)));
    assert!(fine.counts.outcomes.iter().all(|o| (o.problems & LOST_UPDATE != 0) == (o.key == [1])));
    // Schedules that really differ: the orders of the conflicting pairs that can be.
    assert_eq!(coarse.reduced.classes, Some(BigUint::from(4_u8)));
    assert_eq!(fine.reduced.classes, Some(BigUint::from(4_u8)));
}

#[test]
fn schedules_are_multinomial() {
    let skips = |n: usize| "skip\n".repeat(n);
    for (steps, expected) in
        [(vec![3, 3], "20"), (vec![3, 3, 3], "1,680"), (vec![2, 2], "6"), (vec![1, 1, 1, 1, 1], "120")]
    {
        let threads: String = (0..).zip(&steps).map(|(i, n)| format!("thread T{i} {{\n{}}}\n", skips(*n))).collect();
        let machine = machine(&threads, Grain::Parts);
        let states: usize = steps.iter().map(|n| n + 1).product();
        let graph = Graph::explore(&machine, 200_000);
        assert_eq!(graph.len(), states);
        assert_eq!(Counts::of(&graph, BAD).schedules.to_string(), expected);
        let classes = reduced(&machine, 1_000).classes;
        assert_eq!(classes, Some(BigUint::from(1_u8)), "independent steps make one class");
    }
}

#[test]
fn numbers_beyond_128_bits_are_exact() {
    // C(140, 70) has 41 digits; a third thread with 30 steps takes it beyond u128.
    let text =
        format!("thread A {{ {0} }}\nthread B {{ {0} }}\nthread C {{ {1} }}", "skip;".repeat(35), "skip;".repeat(35));
    let counts = Counts::of(&Graph::explore(&machine(&text, Grain::Parts), 200_000), BAD);
    let factorial = |n: u32| (1..=n).fold(BigUint::from(1_u8), |product, k| product * k);
    let expected = factorial(105) / (factorial(35) * factorial(35) * factorial(35));
    assert!(expected.bits() > 128);
    assert_eq!(counts.schedules, Count::Finite(expected));
}

#[test]
fn every_program_breaks_and_its_twin_is_proven() {
    assert!(LIBRARY.len() >= 16, "{} programs", LIBRARY.len());
    for pair in LIBRARY {
        let broken = explored(pair.broken, Grain::Parts);
        assert!(broken.finished() && broken.broken(), "{} does not break", pair.name);
        let fixed = explored(pair.fixed, Grain::Parts);
        assert!(fixed.graph.finished(), "{} is not finished", pair.name);
        assert!(fixed.proven(), "{}-fixed breaks: {:b}, starves {}", pair.name, fixed.problems(), fixed.starves());
        for (name, found) in [(pair.name, &broken), (pair.name, &fixed)] {
            let coarse = explored(if std::ptr::eq(found, &fixed) { pair.fixed } else { pair.broken }, Grain::Shared);
            assert_eq!(coarse.broken(), found.broken(), "{name}: the grain changes the verdict");
            assert!(coarse.graph.len() <= found.graph.len());
            agrees(found);
        }
    }
}

/// The reduced search finds the same ends and problems, with no more states.
fn agrees(explored: &Explored) {
    let graph = &explored.graph;
    let ends: BTreeSet<(u32, Vec<i32>)> =
        graph.ends().iter().map(|(s, key)| (graph.problems(*s as usize), key.clone())).collect();
    assert_eq!(explored.reduced.ends, ends);
    let problems = (0..graph.len()).fold(0, |mask, s| mask | graph.problems(s));
    assert_eq!(explored.reduced.problems, problems);
    assert!(explored.reduced.states <= graph.len());
    assert_eq!(explored.reduced.breaking.is_some(), problems & BAD != 0);
    if let Some(way) = &explored.reduced.breaking {
        assert_ne!(after(&explored.machine, way).1 & BAD, 0, "the schedule breaks nothing");
    }
}

/// The state and the problems after a schedule.
fn after(machine: &Machine, way: &[usize]) -> (Vec<i32>, u32) {
    let mut state = machine.initial();
    for thread in way {
        assert_ne!(machine.enabled(&state) >> thread & 1, 0, "a blocked thread is scheduled");
        machine.step(&mut state, *thread);
    }
    let problems = machine.problems(&state, machine.enabled(&state) == 0);
    (state, problems)
}

#[test]
fn every_kind_of_problem_is_found_in_the_library() {
    let kinds = [
        ("lost-update", FINALLY | LOST_UPDATE),
        ("flag", OVERLAP),
        ("insufficient-lock", ASSERTION),
        ("check-then-act", INVARIANT),
        ("nested-locks", DEADLOCK),
        ("lost-wakeup", DEADLOCK),
        ("self-lock", DEADLOCK),
    ];
    for (name, problems) in kinds {
        let found = explored(built_in(name).unwrap_or_default(), Grain::Parts);
        assert_eq!(found.problems() & problems, problems, "{name}");
    }
    let polite = explored(built_in("polite").unwrap_or_default(), Grain::Parts);
    assert!(polite.livelock.is_some() && polite.problems() & BAD == 0, "it only never ends");
    assert_eq!(polite.counts.schedules, Count::Infinite);
}

#[test]
fn misuse_is_a_fault_of_the_thread() {
    for (body, declared) in [
        ("unlock m", "mutex m"),
        ("read_unlock l", "rwlock l"),
        ("write_unlock l", "rwlock l"),
        ("read_lock l\nread_lock l", "rwlock l"),
        ("pulse m", "monitor m"),
        ("wait m", "monitor m"),
        ("wait c m", "mutex m\ncondition c"),
        ("signal d", "countdown d = 0"),
        ("x = 1 / x", "shared x"),
        ("x = 2147483647\nx += 1", "shared x"),
    ] {
        let found = explored(&format!("{declared}\nthread A {{\n{body}\n}}"), Grain::Parts);
        assert_eq!(found.problems(), FAULT, "{body}");
    }
    let endless = explored("thread A { loop { skip } }", Grain::Shared);
    assert_eq!(endless.problems(), FAULT, "a loop that touches nothing ends the run, not the lab");
}

#[test]
fn primitives_do_what_they_are_for() {
    let holds = |text: &str| {
        let found = explored(text, Grain::Parts);
        assert!(found.proven(), "{text}: {:b}", found.problems());
        found
    };
    holds("monitor m\nthread A, B { lock m\nlock m\ncritical { skip }\nunlock m\nunlock m }");
    // A monitor's wait gives the lock back however often it was locked, and takes it as often again.
    holds(
        "shared go\nmonitor m\nthread A { lock m\nlock m\nwhile not go { wait m }\nunlock m\nunlock m }\n\
           thread B { lock m\ngo = 1\npulse_all m\nunlock m }",
    );
    holds("barrier b = 3\nshared n\nthread A, B, C { fetch_add(n, 1)\nawait b\nassert n == 3 }");
    holds(
        "semaphore s = 2\nshared n\nthread A, B, C { acquire s\nfetch_add(n, 1)\nassert n <= 2\nfetch_add(n, -1)\nrelease s }",
    );
    let seen = holds(
        "rwlock l\nshared n\nthread A, B { read_lock l\nfetch_add(n, 1)\nfetch_add(n, -1)\nread_unlock l }\n\
           thread W { write_lock l\nassert n == 0\nwrite_unlock l }\n",
    );
    let both = (0..seen.graph.len()).any(|s| seen.machine.variables(seen.graph.state(s)) == [2]);
    assert!(both, "two readers are never in together");
    // try_lock and try_acquire never wait.
    holds("mutex m\nsemaphore s = 0\nthread A, B { if try_lock(m) { unlock m }\nif try_acquire(s) { assert 0 } }");
    // Whoever waits longest is woken first.
    holds(
        "shared order\nmutex m\ncondition c\nthread A { lock m\norder = 1\nwait c m\norder = 3\nunlock m }\n\
           thread B { lock m\nwhile order == 0 { unlock m\nlock m }\nif order == 1 { wait c m\nassert order == 3 }\nunlock m }\n\
           thread N { loop { lock m\nif order == 1 { break }\nunlock m }\nunlock m\nlock m\nnotify c\nunlock m\n\
           loop { lock m\nif order == 3 { break }\nunlock m }\nnotify_all c\nunlock m }",
    );
}

#[test]
fn starvation_is_found_where_it_is() {
    // An unfair lock: A may take it again and again while B waits.
    let unfair =
        explored("mutex m\nthread A { loop { lock m\nunlock m } }\nthread B { lock m\nunlock m }\nlive", Grain::Parts);
    assert!(unfair.starves() && unfair.starving.iter().any(|l| l.thread == 1));
    let starving = unfair.starving.iter().map(|s| (Some(s.thread), &s.lasso));
    for (thread, lasso) in starving.chain(unfair.livelock.iter().map(|lasso| (None, lasso))) {
        let way: Vec<usize> = lasso.stem.iter().chain(&lasso.cycle).copied().collect();
        assert_eq!(after(&unfair.machine, &lasso.stem).0, after(&unfair.machine, &way).0, "the loop is closed");
        assert!(thread.is_none_or(|t| !lasso.cycle.contains(&t)));
    }
    // A fair scheduler lets a spinning thread's partner go on.
    let spin = explored("shared go\nthread A { while not go { } }\nthread B { go = 1 }\nlive", Grain::Parts);
    assert!(spin.proven());
    let never = explored("shared go\nthread A { while not go { } }\nthread B { skip }\nlive", Grain::Parts);
    assert!(never.livelock.is_some());
}

#[test]
fn a_bound_ends_the_search_and_says_so() {
    let text = "shared x\nthread A, B, C { repeat 20 { x += 1 } }";
    let small = Explored::of(machine(text, Grain::Parts), 500);
    assert!(!small.finished() && !small.proven() && small.graph.len() <= 500);
    // Independent threads: the plain search is cut, the reduced one is not.
    let apart = "shared a, b, c, d\nthread A { repeat 20 { a += 1 } }\nthread B { repeat 20 { b += 1 } }\n\
                 thread C { repeat 20 { c += 1 } }\nthread D { repeat 20 { d += 1 } }";
    let found = Explored::of(machine(apart, Grain::Parts), 5_000);
    assert!(!found.graph.finished() && found.reduced.finished && found.proven());
    assert_eq!(found.reduced.classes, Some(BigUint::from(1_u8)));
    // A program that counts for ever has no end of states.
    let endless = Explored::of(machine("shared x\nthread A { loop { x += 1 } }", Grain::Parts), 1_000);
    assert!(!endless.finished());
}

#[test]
fn bad_programs_are_refused_with_their_place() {
    for (text, line, column, words) in [
        ("", 1, 1, "no thread"),
        ("thread A { x = 1 }", 1, 12, "no variable 'x'"),
        ("thread A { lock m }", 1, 17, "there is no 'm'"),
        ("shared m\nthread A { lock m }", 2, 17, "shared variable"),
        ("mutex m\nthread A { m = 1 }", 2, 12, "not a variable"),
        ("shared x, x\nthread A { skip }", 1, 11, "declared twice"),
        ("thread A { skip }\nthread A { skip }", 2, 8, "two threads 'A'"),
        ("thread A {\n  if 1 {\n  skip\n}", 1, 10, "no end"),
        ("thread A { break }", 1, 12, "no loop"),
        ("thread A { skip skip }", 1, 17, "not expected"),
        ("thread while { skip }", 1, 8, "word of the language"),
        ("barrier b\nthread A { skip }", 1, 10, "needs a number"),
        ("barrier b = 99\nthread A { skip }", 1, 11, "99 is out of range"),
        ("condition c\nthread A { wait c }", 2, 17, "needs a mutex"),
        ("shared x\nthread A { x = (1 }", 2, 19, "not expected"),
        ("always y > 0\nthread A { skip }", 1, 8, "no shared variable"),
        ("shared x\nthread A { local x = 1 }", 2, 18, "shared already"),
        ("frobnicate z\nthread A { skip }", 1, 1, "begins no line"),
        ("thread A { repeat 0 { skip } }", 1, 19, "0 times"),
        ("thread A { x @ 1 }", 1, 14, "'@'"),
        ("thread A, B, C, D, E, F, G, H, I { skip }", 1, 32, "more than 8 threads"),
        ("thread A { repeat 1000 { repeat 1000 { skip } } }", 1, 40, "more than 2000 parts"),
    ] {
        let Err(error) = Program::read(text, Grain::Parts) else { unreachable!("accepted: {text}") };
        assert!(error.to_string().contains(words), "{text}: {error}");
        assert_eq!((error.at.line, error.at.column), (line, column), "{text}: {error}");
        assert!(!error.remedy.is_empty());
    }
    // Deep or long text neither crashes nor hangs.
    for text in [
        format!("thread A {{ x = {}1 }}", "(".repeat(5_000)),
        format!("thread A {{ x = {}1 }}", "-".repeat(5_000)),
        format!("thread A {{ x = {}1 }}", "!".repeat(5_000)),
        format!("shared x\nthread A {{ x = 1{} }}", " + 1".repeat(3_000)),
        format!("thread A {}", "{ if 1 ".repeat(2_000)),
        format!("thread A {{ if 1 {{ }} {} }}", "else if 1 { } ".repeat(1_000)),
        "x".repeat(100_000),
    ] {
        assert!(Program::read(&text, Grain::Parts).is_err());
    }
}

/// A small random program over `x`, `y`, a mutex, a semaphore, an event, a condition.
fn program(with_loops: bool) -> impl Strategy<Value = String> {
    let mut simple = vec![
        "x += 1",
        "y += 1",
        "x = y",
        "y = 2",
        "local t = x",
        "x = me",
        "lock m",
        "unlock m",
        "acquire s",
        "release s",
        "set e",
        "reset e",
        "await e",
        "fetch_add(x, 1)",
        "cas(y, 0, 1)",
        "skip",
        "assert x <= y",
        "with m { x += 1 }",
        "critical { skip }",
        "if x == 1 { y = 1 }",
        "if try_lock(m) { unlock m } else { y += 1 }",
        "read_lock l",
        "read_unlock l",
        "write_lock l",
        "write_unlock l",
        "with m { wait c m }",
        "notify c",
        "await b",
        "signal d",
        "await d",
    ];
    if with_loops {
        simple.extend(["while x == 0 { }", "while y == 0 { skip }", "loop { if x == 1 { break }\nx = 1 }"]);
        simple.push("while not try_lock(m) { }");
    }
    let body = prop::collection::vec(prop::sample::select(simple), 1..4);
    let rules =
        prop::sample::select(vec!["", "always x + y < 3\n", "finally x == 2\n", "always x < 2\nalways y < 2\n"]);
    (prop::collection::vec(body, 2..4), rules).prop_map(|(threads, rules)| {
        let shared =
            "shared x, y\nmutex m\nsemaphore s = 1\nevent e\nrwlock l\ncondition c\nbarrier b = 2\ncountdown d = 1\n";
        let threads: String =
            (0..).zip(threads).map(|(i, body)| format!("thread T{i} {{\n{}\n}}\n", body.join("\n"))).collect();
        format!("{shared}{rules}{threads}")
    })
}

fn grain() -> impl Strategy<Value = Grain> {
    prop_oneof![Just(Grain::Parts), Just(Grain::Shared)]
}

/// Every schedule, one by one: how many lead to each end, the Foata normal forms, the earliest break.
type Plainly = (BTreeMap<(u32, Vec<i32>), u64>, usize, Option<usize>);

fn plainly(machine: &Machine) -> Option<Plainly> {
    let mut all = Schedules::new(machine, 64);
    let (mut ends, mut forms, mut earliest) = (BTreeMap::new(), BTreeSet::new(), None::<usize>);
    let mut schedules = 0;
    while let Some((way, end)) = all.advance() {
        schedules += 1;
        if schedules > 4_000 {
            return None;
        }
        *ends.entry((machine.problems(end, true), machine.outcome(end))).or_insert(0) += 1;
        let mut state = machine.initial();
        let mut placed: Vec<(usize, usize, Access, usize)> = Vec::new();
        for (at, thread) in way.iter().enumerate() {
            let access = machine.next_access(&state, *thread);
            let before = placed.iter().filter(|(_, t, a, _)| t == thread || a.conflicts(access));
            let level = before.map(|(level, ..)| level + 1).max().unwrap_or(0);
            placed.push((level, *thread, access, machine.place(&state, *thread)));
            machine.step(&mut state, *thread);
            if machine.problems(&state, machine.enabled(&state) == 0) & BAD != 0 {
                earliest = Some(earliest.map_or(at + 1, |e| e.min(at + 1)));
            }
        }
        forms.insert(placed.iter().map(|(level, thread, _, place)| (*level, *thread, *place)).collect::<BTreeSet<_>>());
    }
    Some((ends, forms.len(), earliest))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn graph_and_reduction_agree_with_every_schedule_one_by_one(text in program(false), grain in grain()) {
        let machine = machine(&text, grain);
        let explored = Explored::of(machine.clone(), 50_000);
        prop_assert!(explored.graph.finished());
        agrees(&explored);
        let Some((ends, forms, earliest)) = plainly(&machine) else { return Ok(()) };
        let counted: BTreeMap<(u32, Vec<i32>), u64> = explored.counts.outcomes.iter()
            .map(|o| ((o.problems, o.key.clone()), o.schedules.to_u64().unwrap_or(0))).collect();
        prop_assert_eq!(counted, ends, "{}", text);
        prop_assert_eq!(&explored.reduced.classes, &Some(BigUint::from(forms)), "{}", text);
        let initially = machine.problems(&machine.initial(), false) & BAD != 0;
        if !initially {
            prop_assert_eq!(explored.shortest(BAD).map(|way| way.len()), earliest, "{}", text);
        }
        let (all, bad) = explored.counts.onward(0);
        prop_assert_eq!(all, explored.counts.schedules.to_f64());
        prop_assert_eq!(bad, explored.counts.bad.to_f64());
    }

    #[test]
    fn the_reduction_is_sound_with_loops(text in program(true), grain in grain()) {
        let explored = Explored::of(machine(&text, grain), 50_000);
        if explored.graph.finished() {
            agrees(&explored);
        }
        for lasso in explored.starving.iter().map(|s| &s.lasso).chain(&explored.livelock) {
            let way: Vec<usize> = lasso.stem.iter().chain(&lasso.cycle).copied().collect();
            prop_assert!(!lasso.cycle.is_empty());
            prop_assert_eq!(after(&explored.machine, &lasso.stem).0, after(&explored.machine, &way).0);
        }
    }

    #[test]
    fn no_text_crashes_the_parser(text in "[a-c{}()=<>+\\-*!;:#\" \n0-9]{0,80}") {
        let _ = Program::read(&text, Grain::Parts);
    }

    #[test]
    fn shuffled_words_do_not_crash_the_machine(words in prop::collection::vec(prop::sample::select(vec![
        "thread", "A", "{", "}", "\n", "x", "=", "1", "+", "shared", "lock", "m", "mutex", "if", "else", "while", "loop",
        "(", ")", "cas", ",", "wait", "with", "critical", "break", "repeat", "2", "assert", "local", "always",
    ]), 0..40)) {
        let text = format!("shared x\nmutex m\nthread T {{\n{}\n}}", words.join(" "));
        if let Ok(program) = Program::read(&text, Grain::Shared) {
            let _ = Explored::of(Machine::new(program), 2_000);
        }
    }
}
