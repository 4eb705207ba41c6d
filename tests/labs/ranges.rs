//! Every number that a command of any lab takes, at both ends of its range and far outside of it: done or refused
//! in our own words, within a limit, and what was done can be drawn and stepped on from.

#![expect(clippy::panic, reason = "a test says why it fails")]

use std::any::TypeId;
use std::io::Write as _;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use scalelab::engine::interrupt::Interrupt;
use scalelab::headless::snapshot::draw;
use scalelab::labs::{OpenLab, REGISTRY, Registration, View, find};
use scalelab::picture::{Glyphs, Palette, Theme};

use crate::opening::open;

/// Numbers and what is taken for some.
const ODD: [&str; 23] = [
    "0",
    "-0",
    "-1",
    "NaN",
    "inf",
    "-inf",
    "1e308",
    "-1e308",
    "1e-308",
    "5e-324",
    "1e400",
    "1e-14",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "340282366920938463463374607431768211456",
    "0x10",
    "1,5",
    "5%",
    "''",
    "\u{663}",
];

/// Words of clap's and of the standard library's parsers.
const JARGON: [&str; 11] = [
    "literal",
    "digit",
    "integral type",
    "target type",
    "invalid value",
    "unexpected argument",
    "is not in ",
    "cannot parse",
    "number too",
    "ParseFloat",
    "ParseInt",
];

/// How much computing one command may take; it is stopped then, and the test fails. Generous: it is for what never
/// ends. Counted in processor time of all tests together, so that a busy machine is none the worse.
const LIMIT: Duration = Duration::from_secs(120);

fn computed() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

/// Does something that must end: it is asked to stop after the limit, and the program is ended after twice that.
fn within_limit<T>(what: &str, deed: impl FnOnce() -> T) -> T {
    let stop = Interrupt::default();
    stop.install();
    let (done, wait) = channel::<()>();
    let (flag, name, begun) = (stop.clone(), what.to_owned(), computed());
    let watchdog = std::thread::Builder::new().spawn(move || {
        while wait.recv_timeout(Duration::from_millis(100)) == Err(RecvTimeoutError::Timeout) {
            let taken = computed().saturating_sub(begun);
            if taken > LIMIT {
                flag.request();
            }
            if taken > LIMIT * 2 {
                let _ = writeln!(std::io::stderr(), "{name}: takes for ever, and cannot be stopped");
                std::process::exit(1);
            }
        }
    });
    let result = deed();
    drop(done);
    let ended = watchdog.is_ok_and(|w| w.join().is_ok());
    assert!(ended && !stop.is_requested(), "{what}: took longer than {LIMIT:?} and was stopped");
    result
}

fn numeric(argument: &clap::Arg) -> bool {
    let kinds = [
        TypeId::of::<f64>(),
        TypeId::of::<f32>(),
        TypeId::of::<u8>(),
        TypeId::of::<u16>(),
        TypeId::of::<u32>(),
        TypeId::of::<u64>(),
        TypeId::of::<usize>(),
        TypeId::of::<i32>(),
        TypeId::of::<i64>(),
    ];
    kinds.iter().any(|kind| argument.get_value_parser().type_id() == *kind)
}

/// Both ends of the range that an argument's help states, and what is accepted besides, as one types them.
fn stated(argument: &clap::Arg) -> Option<Vec<String>> {
    let help = argument.get_help()?.to_string();
    let (_, range) = help.split_once("[range: ")?;
    let (range, _) = range.split_once(']')?;
    let (ends, also) = range.split_once(", or ").map_or((range, None), |(ends, also)| (ends, Some(also)));
    let (low, high) = ends.split_once(" to ")?;
    let typed = |text: &str| text.replace([',', ' '], "");
    Some([low, high].into_iter().chain(also).map(typed).collect())
}

/// A line that gives `argument` this value, and every other argument that is needed one that fits.
fn line(lab: &dyn OpenLab, command: &clap::Command, argument: &clap::Arg, value: &str) -> String {
    let mut line = command.get_name().to_owned();
    for other in command.get_positionals() {
        let chosen = if other.get_id() == argument.get_id() {
            value.to_owned()
        } else if !other.is_required_set() && argument.get_index() < other.get_index() {
            break;
        } else {
            let fits = lab.complete(&format!("{line} ")).into_iter().next();
            fits.or_else(|| stated(other).and_then(|range| range.into_iter().next())).unwrap_or_else(|| "x".to_owned())
        };
        let least = other.get_num_args().map_or(1, |range| range.min_values().max(1));
        line = format!("{line} {}", vec![chosen; least].join(" "));
    }
    if let Some(long) = argument.get_long() {
        line = format!("{line} --{long} {value}");
    }
    line
}

/// What a person does after a command: looks at every picture, lets time pass, steps on and back.
fn use_it(lab: &mut dyn OpenLab) {
    let theme = Theme { palette: Palette::Dark, glyphs: Glyphs::Unicode };
    lab.advance_to(lab.settled_at().min(lab.now() + 5_000_000));
    // The lab's own small steps, where it has them.
    for command in ["step", "run 0.5", "wait 1s"] {
        let _ = lab.command(command);
    }
    lab.advance_to(lab.now() + 1_000_000);
    lab.step();
    for index in 0..lab.info().views.len() {
        draw(lab, &View { index, ..View::new(theme) }, (96, 30));
    }
    lab.back();
    assert_eq!(lab.broken(), Vec::<&str>::new());
}

fn each_number(registration: &Registration, mut deed: impl FnMut(&clap::Command, &clap::Arg)) -> usize {
    let definition = (registration.definition)();
    let mut count = 0;
    for command in definition.get_subcommands() {
        for argument in command.get_arguments().filter(|argument| numeric(argument)) {
            count += 1;
            deed(command, argument);
        }
    }
    count
}

#[test]
fn ranges_are_stated_in_the_help_of_every_number() {
    for registration in REGISTRY {
        each_number(registration, |command, argument| {
            let place = format!("{} {} {}", registration.info.name, command.get_name(), argument.get_id());
            assert!(stated(argument).is_some_and(|range| range.len() >= 2), "{place}: {:?}", argument.get_help());
        });
    }
}

/// Numbers of a lab hold at both ends of their range, and what is odd is refused in our words.
fn ranges(lab: &str) {
    let Some(registration) = find(lab) else { panic!("there is no lab {lab}") };
    let mut wrong = Vec::new();
    each_number(registration, |command, argument| {
        let ends = stated(argument).unwrap_or_default();
        for (value, end) in ends.iter().map(|v| (v.as_str(), true)).chain(ODD.map(|v| (v, false))) {
            let mut lab = open(registration, 7);
            let line = line(lab.as_ref(), command, argument, value);
            let place = format!("{}: `{line}`", registration.info.name);
            let before = lab.facts();
            match within_limit(&place, || lab.command(&line)) {
                Ok(_) => within_limit(&place, || use_it(lab.as_mut())),
                Err(error) => {
                    let error = error.to_string();
                    let refused_end = end && error.contains(" must be ") && error.contains(&format!("not '{value}'"));
                    if refused_end || JARGON.iter().any(|word| error.contains(word)) {
                        wrong.push(format!("{place}: {error}"));
                    }
                    assert_eq!(lab.facts(), before, "{place} was refused and changed the lab");
                }
            }
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

per_lab!(ranges);

#[test]
fn ranges_that_the_test_looks_at_are_there() {
    let counts: Vec<usize> = REGISTRY.iter().map(|registration| each_number(registration, |_, _| ())).collect();
    assert!(counts.iter().all(|count| *count > 0), "a lab without any number: {counts:?}");
}
