//! How fast interleavings are explored, next to the `loom` crate: the counter program, load and store apart.
//!
//! `cargo bench --bench explore` prints states and schedules a second, then our rate over loom's, measured in turn in the
//! same run so that a busy machine slows both down.

#![expect(clippy::expect_used, reason = "a benchmark may panic; its programs always compile")]

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use divan::{Bencher, counter::ItemsCount};
use scalelab::algorithms::explore::{Counts, Graph, Schedules, reduced};
use scalelab::algorithms::threads::{BAD, Grain, Machine, Program, built_in};

/// Two threads that each add one so many times.
fn counter(threads: usize, adds: u32) -> Machine {
    let names: Vec<String> = (0..threads).map(|t| format!("T{t}")).collect();
    let text = format!("shared x\nthread {} {{ repeat {adds} {{ x += 1 }} }}", names.join(", "));
    Machine::new(Program::read(&text, Grain::Shared).expect("the counter compiles"))
}

/// Runs every schedule, one by one.
fn one_by_one(machine: &Machine) -> u64 {
    let mut schedules = Schedules::new(machine, 1_000);
    let mut count = 0;
    while let Some((way, end)) = schedules.advance() {
        black_box((way, end));
        count += 1;
    }
    count
}

/// The same program in loom; how many executions it tries.
fn with_loom(threads: usize, adds: u32) -> u64 {
    let executions = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&executions);
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 100_000;
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        let x = loom::sync::Arc::new(loom::sync::atomic::AtomicUsize::new(0));
        let work = move |x: loom::sync::Arc<loom::sync::atomic::AtomicUsize>| {
            for _ in 0..adds {
                let seen = x.load(loom::sync::atomic::Ordering::SeqCst);
                x.store(seen + 1, loom::sync::atomic::Ordering::SeqCst);
            }
        };
        let handles: Vec<_> = (1..threads)
            .map(|_| {
                let x = x.clone();
                loom::thread::spawn(move || work(x))
            })
            .collect();
        // The main thread is one of them.
        work(x);
        handles.into_iter().for_each(|h| h.join().expect("no thread panics"));
    });
    executions.load(Ordering::Relaxed)
}

#[divan::bench(args = [(2, 4), (2, 6), (3, 2)])]
fn schedules_one_by_one(bencher: Bencher<'_, '_>, (threads, adds): (usize, u32)) {
    let machine = counter(threads, adds);
    bencher.counter(ItemsCount::new(one_by_one(&machine))).bench(|| one_by_one(black_box(&machine)));
}

#[divan::bench(args = [(2, 3), (2, 4)], sample_count = 5)]
fn loom_executions(bencher: Bencher<'_, '_>, (threads, adds): (usize, u32)) {
    bencher.counter(ItemsCount::new(with_loom(threads, adds))).bench(|| with_loom(threads, adds));
}

#[divan::bench(args = [(2, 200), (3, 20), (4, 6)], sample_count = 10)]
fn states(bencher: Bencher<'_, '_>, (threads, adds): (usize, u32)) {
    let machine = counter(threads, adds);
    let states = Graph::explore(&machine, 400_000).len();
    bencher.counter(ItemsCount::new(states)).bench(|| Graph::explore(black_box(&machine), 400_000));
}

#[divan::bench(args = ["two-flags-fixed", "wrong-waiter-fixed", "philosophers-fixed"])]
fn states_of_programs(bencher: Bencher<'_, '_>, name: &str) {
    let text = built_in(name).expect("there is such a program");
    let machine = Machine::new(Program::read(text, Grain::Parts).expect("it compiles"));
    let states = Graph::explore(&machine, 400_000).len();
    bencher.counter(ItemsCount::new(states)).bench(|| Graph::explore(black_box(&machine), 400_000));
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn rate(work: impl Fn() -> f64) -> f64 {
    let start = Instant::now();
    let (mut items, mut rounds) = (0.0, 0);
    while rounds == 0 || start.elapsed() < Duration::from_millis(500) {
        items += black_box(work());
        rounds += 1;
    }
    items / start.elapsed().as_secs_f64()
}

/// Measures all in turn, keeps the best of each, and prints rates and ratios.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn against_loom(threads: usize, adds: u32) {
    let machine = counter(threads, adds);
    let mut best = [0.0_f64; 5];
    for _ in 0..3 {
        let rates = [
            rate(|| with_loom(threads, adds) as f64),
            rate(|| one_by_one(&machine) as f64),
            rate(|| reduced(&machine, 400_000).classes.and_then(|c| u64::try_from(c).ok()).unwrap_or(0) as f64),
            rate(|| Counts::of(&Graph::explore(&machine, 400_000), BAD).schedules.to_f64()),
            rate(|| Graph::explore(&machine, 400_000).len() as f64),
        ];
        best.iter_mut().zip(rates).for_each(|(best, rate)| *best = best.max(rate));
    }
    let [loom, plain, classes, counted, states] = best;
    println!("counter, {threads} threads, {adds} additions each:");
    println!("  loom              {loom:>16.0} executions/s  ({} in all)", with_loom(threads, adds));
    let all = one_by_one(&machine);
    println!("  one by one        {plain:>16.0} schedules/s   ({all} in all)  {:.0} × loom", plain / loom);
    println!("  really different  {classes:>16.0} classes/s     {:.0} × loom", classes / loom);
    println!("  counted           {counted:>16.0} schedules/s   {:.0} × loom", counted / loom);
    println!("  states            {states:>16.0} states/s");
}

fn main() {
    divan::main();
    against_loom(2, 4);
    against_loom(3, 2);
}
