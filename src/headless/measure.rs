//! `measure`: the counter program on real threads of the operating system.
//!
//! This is the one place where the lab's question meets a real machine, and it is outside every model: what it
//! sees differs from run to run. It prints a histogram beside the model's, and with `-o` writes a file that the lab
//! takes as input (`scalelab lab threads --measured FILE`), so that the lab itself stays deterministic.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{Fault, Printer};
use crate::algorithms::threads::{Measured, expected_finals};
use crate::engine::numbers::{percent, thousands};
use crate::engine::ranges::{self, Within as _};

/// What to measure.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Threads that count.
    pub threads: u32,
    /// How often each adds one.
    pub adds: u32,
    /// How often the program runs.
    pub rounds: u64,
}

/// clap's definition of `scalelab measure`.
pub fn definition() -> Command {
    let number = |name: &'static str, default: &'static str, most: u64, help: &'static str| {
        let range = ranges::integers(name, 1..=most);
        Arg::new(name).long(name).value_name("N").default_value(default).help(help).within(range)
    };
    Command::new("measure").about("Run the counter program of the lab `threads` on real threads").args([
        number("threads", "2", 8, "Threads that count"),
        number("adds", "1", 20, "How often each adds one"),
        number("rounds", "100000", 10_000_000, "How often the program runs"),
        Arg::new("output")
            .short('o')
            .long("output")
            .value_name("FILE")
            .help("Keep the histogram for `scalelab lab threads --measured FILE`"),
        Arg::new("json").long("json").action(ArgAction::SetTrue).help("As JSON"),
    ])
}

/// Does what `scalelab measure` asks for.
///
/// # Errors
/// What cannot be written.
pub fn dispatch(matches: &ArgMatches, out: &mut Printer<'_>) -> Result<(), Fault> {
    let number = |name: &str| matches.get_one::<u64>(name).copied().unwrap_or(1);
    let wanted = Wanted { threads: number("threads") as u32, adds: number("adds") as u32, rounds: number("rounds") };
    report(wanted, matches.get_flag("json"), matches.get_one::<String>("output").map(String::as_str), out)
}

/// Runs the counter program on real threads. Each addition is a load and a separate store of one atomic number, so
/// that nothing but the interleaving decides; the threads of a round start together, at a spinning gate.
pub fn measure(wanted: Wanted) -> Measured {
    let Wanted { threads, adds, rounds } = wanted;
    let counter = AtomicU32::new(0);
    // The round that may run, and how many threads are through with it.
    let (gate, through, stop) = (AtomicU64::new(0), AtomicU32::new(0), AtomicBool::new(false));
    let mut finals: BTreeMap<u32, u64> = BTreeMap::new();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                for round in 1..=rounds {
                    wait_until(|| gate.load(Ordering::Acquire) >= round || stop.load(Ordering::Relaxed));
                    for _ in 0..adds {
                        let seen = counter.load(Ordering::Relaxed);
                        counter.store(seen + 1, Ordering::Relaxed);
                    }
                    through.fetch_add(1, Ordering::AcqRel);
                }
            });
        }
        let bar = super::inputs::bar(Some(rounds), "running {wide_bar} {pos} of {len} rounds");
        for round in 1..=rounds {
            if round.is_multiple_of(512) {
                bar.set_position(round);
            }
            counter.store(0, Ordering::Relaxed);
            through.store(0, Ordering::Relaxed);
            gate.store(round, Ordering::Release);
            wait_until(|| through.load(Ordering::Acquire) == threads);
            *finals.entry(counter.load(Ordering::Relaxed)).or_default() += 1;
        }
        bar.finish_and_clear();
        stop.store(true, Ordering::Relaxed);
    });
    let processors = std::thread::available_parallelism().map_or(1, |n| n.get() as u32);
    Measured { threads, adds, rounds, processors, finals: finals.into_iter().collect() }
}

/// Spins, and gives way now and then, since there may be more threads than processors.
fn wait_until(ready: impl Fn() -> bool) {
    let mut spins = 0_u32;
    while !ready() {
        spins += 1;
        if spins.is_multiple_of(64) { std::thread::yield_now() } else { std::hint::spin_loop() }
    }
}

/// Measures, and prints the histogram beside the model's, or JSON; `file` keeps it for the lab.
///
/// # Errors
/// What cannot be written.
pub fn report(wanted: Wanted, json: bool, file: Option<&str>, out: &mut Printer<'_>) -> Result<(), Fault> {
    let measured = measure(wanted);
    let expected = expected_finals(wanted.threads, wanted.adds);
    if let Some(path) = file {
        super::write_file(path, &measured.to_toml())?;
    }
    if json {
        out.json(&serde_json::json!({
            "measured": measured,
            "lost_share": measured.lost_share(),
            "model": expected,
        }))?;
        return Ok(());
    }
    let most = wanted.threads * wanted.adds;
    writeln!(
        out,
        "{} threads add one {} time(s) each, without a lock; {} rounds on {} processor(s).",
        wanted.threads,
        wanted.adds,
        thousands(wanted.rounds),
        measured.processors
    )?;
    writeln!(out, "{:>8}  {:>10}  {:<24}  {:>8}", "counter", "rounds", "measured", "model")?;
    for value in (1..=most).rev() {
        let (share, seen) =
            (measured.share(value), measured.finals.iter().find(|(v, _)| *v == value).map_or(0, |f| f.1));
        let model = expected.as_ref().map(|e| e.get(&value).copied().unwrap_or(0.0));
        let bar = "#".repeat((share * 14.0).round() as usize);
        let model = model.map_or_else(|| "–".to_owned(), percent);
        writeln!(out, "{value:>8}  {:>10}  {:>8} {bar:<15}  {model:>8}", thousands(seen), percent(share))?;
    }
    writeln!(out, "{} of the rounds lost an update.", percent(measured.lost_share()))?;
    writeln!(out, "The model counts every order of loads and stores alike; a real machine does not.")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_round_is_counted_and_no_value_is_impossible() {
        for (threads, adds) in [(1, 3), (2, 2), (3, 1)] {
            let measured = measure(Wanted { threads, adds, rounds: 300 });
            assert_eq!(measured.finals.iter().map(|(_, n)| n).sum::<u64>(), 300);
            assert!(measured.finals.iter().all(|(value, _)| (1..=threads * adds).contains(value)));
            assert_eq!(Measured::from_toml(&measured.to_toml()), Ok(measured.clone()));
            assert!(threads > 1 || measured.lost_share() == 0.0, "one thread alone loses nothing");
        }
    }
}
