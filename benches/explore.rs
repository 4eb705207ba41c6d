//! How fast interleavings are explored, next to the crates `loom` (schedules) and `stateright` (states).
//!
//! `cargo bench --bench explore` prints states and schedules a second, then our rate over theirs, in CPU time and measured
//! in turn in the same run, so that a busy machine slows both down.

#![expect(clippy::expect_used, reason = "a benchmark may panic; its programs always compile")]

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use divan::{Bencher, counter::ItemsCount};
use nix::time::{ClockId, clock_gettime};
use scalelab::algorithms::explore::{self, Counts, Graph, Schedules, Search, System, bits, reduced};
use scalelab::algorithms::threads::{BAD, Grain, Machine, Program, built_in};
use stateright::{Checker, Model, Property};
use two_phase_commit::{Commit, two_phase_commit};

#[path = "../tests/algorithms/two_phase_commit.rs"]
mod two_phase_commit;

/// Most states of a graph: the larger counters have more.
const MOST_STATES: usize = 400_000;
/// Most executions of loom: it needs hours for some programs, and its rate is steady.
const MOST_EXECUTIONS: usize = 20_000;

/// Two threads that each add one so many times.
fn counter(threads: usize, adds: u32) -> Machine {
    let names: Vec<String> = (0..threads).map(|t| format!("T{t}")).collect();
    let text = format!("shared x\nthread {} {{ repeat {adds} {{ x += 1 }} }}", names.join(", "));
    Machine::new(Program::read(&text, Grain::Shared).expect("the counter compiles"))
}

/// Threads and additions of the counters whose states are counted.
const COUNTERS: [(usize, u32); 3] = [(2, 200), (3, 20), (4, 6)];
/// Built-in programs whose states are counted.
const PROGRAMS: [&str; 3] = ["two-flags-fixed", "wrong-waiter-fixed", "philosophers-fixed"];

fn program(name: &str) -> Machine {
    let text = built_in(name).expect("there is such a program");
    Machine::new(Program::read(text, Grain::Parts).expect("it compiles"))
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
    builder.max_permutations = Some(MOST_EXECUTIONS);
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

#[divan::bench(args = COUNTERS, sample_count = 10)]
fn states(bencher: Bencher<'_, '_>, (threads, adds): (usize, u32)) {
    let machine = counter(threads, adds);
    let states = Graph::explore(&machine, MOST_STATES).len();
    bencher.counter(ItemsCount::new(states)).bench(|| Graph::explore(black_box(&machine), MOST_STATES));
}

#[divan::bench(args = PROGRAMS)]
fn states_of_programs(bencher: Bencher<'_, '_>, name: &str) {
    let machine = program(name);
    let states = Graph::explore(&machine, MOST_STATES).len();
    bencher.counter(ItemsCount::new(states)).bench(|| Graph::explore(black_box(&machine), MOST_STATES));
}

/// The same machine in stateright.
struct Wrapped(&'static Machine);

impl Model for Wrapped {
    type State = Vec<i32>;
    type Action = usize;

    fn init_states(&self) -> Vec<Vec<i32>> {
        vec![self.0.initial()]
    }

    fn actions(&self, state: &Vec<i32>, actions: &mut Vec<usize>) {
        actions.extend(bits(self.0.enabled(state)));
    }

    fn next_state(&self, state: &Vec<i32>, thread: usize) -> Option<Vec<i32>> {
        let mut next = state.clone();
        self.0.step(&mut next, thread);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        // Without a property it does not search at all.
        vec![Property::<Self>::always("true", |_, _| true)]
    }
}

fn with_stateright(machine: &'static Machine) -> usize {
    let checker = Wrapped(machine).checker().threads(1).target_state_count(2 * MOST_STATES);
    checker.spawn_bfs().join().unique_state_count()
}

/// Any model of ours in stateright.
struct Lent<M>(M);

impl<M> Model for Lent<M>
where
    M: explore::Model,
    M::State: std::fmt::Debug,
    M::Action: std::fmt::Debug + PartialEq,
{
    type State = M::State;
    type Action = M::Action;

    fn init_states(&self) -> Vec<M::State> {
        self.0.initial()
    }

    fn actions(&self, state: &M::State, actions: &mut Vec<M::Action>) {
        self.0.actions(state, actions);
    }

    fn next_state(&self, state: &M::State, action: M::Action) -> Option<M::State> {
        self.0.next(state, &action)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::<Self>::always("true", |_, _| true)]
    }
}

fn processes_with_stateright(model: Commit) -> usize {
    Lent(model).checker().threads(1).spawn_bfs().join().unique_state_count()
}

/// Seconds of CPU time that this process has had.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).expect("there is a CPU clock");
    time.tv_sec() as f64 + time.tv_nsec() as f64 / 1e9
}

/// Items a second of CPU time.
fn rate(work: impl Fn() -> f64) -> f64 {
    let start = cpu();
    let (mut items, mut rounds) = (0.0, 0);
    while rounds == 0 || cpu() - start < 0.4 {
        items += black_box(work());
        rounds += 1;
    }
    items / (cpu() - start)
}

/// States a second, ours and stateright's, the best of three each.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn compare(name: &str, ours: impl Fn() -> usize, theirs: impl Fn() -> usize) {
    let states = ours();
    let mut best = [0.0_f64; 2];
    for _ in 0..3 {
        let rates = [rate(|| ours() as f64), rate(|| theirs() as f64)];
        best.iter_mut().zip(rates).for_each(|(best, rate)| *best = best.max(rate));
    }
    let [ours, theirs] = best;
    println!("  {name:<20} {states:>8} states  {ours:>12.0}/s  stateright {theirs:>12.0}/s  {:.2} ×", ours / theirs);
}

fn against_stateright(name: &str, machine: Machine) {
    // stateright wants a model that lives as long as the program.
    let machine: &'static Machine = Box::leak(Box::new(machine));
    compare(name, || Graph::explore(machine, MOST_STATES).len(), || with_stateright(machine));
}

/// Two-phase commit as processes, in every order.
fn processes_against_stateright(resource_managers: u16) {
    let model = two_phase_commit(resource_managers);
    let name = format!("2pc, {resource_managers} members");
    let theirs = || processes_with_stateright(two_phase_commit(resource_managers));
    compare(&name, || Search::run(&model, MOST_STATES).len(), theirs);
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
            rate(|| reduced(&machine, MOST_STATES).classes.and_then(|c| u64::try_from(c).ok()).unwrap_or(0) as f64),
            rate(|| Counts::of(&Graph::explore(&machine, MOST_STATES), BAD).schedules.to_f64()),
            rate(|| Graph::explore(&machine, MOST_STATES).len() as f64),
        ];
        best.iter_mut().zip(rates).for_each(|(best, rate)| *best = best.max(rate));
    }
    let [loom, plain, classes, counted, states] = best;
    println!("counter, {threads} threads, {adds} additions each:");
    let tried = with_loom(threads, adds);
    let more = if tried >= MOST_EXECUTIONS as u64 { ", and more that it did not come to" } else { "" };
    println!("  loom              {loom:>16.0} executions/s  ({tried} tried{more})");
    let all = one_by_one(&machine);
    println!("  one by one        {plain:>16.0} schedules/s   ({all} in all)  {:.0} × loom", plain / loom);
    println!("  really different  {classes:>16.0} classes/s     {:.0} × loom", classes / loom);
    println!("  counted           {counted:>16.0} schedules/s   {:.0} × loom", counted / loom);
    println!("  states            {states:>16.0} states/s");
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn main() {
    divan::main();
    against_loom(2, 4);
    against_loom(3, 2);
    println!("states, next to stateright with the same machine and one thread:");
    for (threads, adds) in COUNTERS {
        against_stateright(&format!("counter {threads} × {adds}"), counter(threads, adds));
    }
    for name in PROGRAMS {
        against_stateright(name, program(name));
    }
    println!("states of processes, next to stateright with the same model and one thread:");
    for resource_managers in [3, 5, 7] {
        processes_against_stateright(resource_managers);
    }
}
