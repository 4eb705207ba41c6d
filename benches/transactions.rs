//! How fast the engine runs histories, by protocol.
//!
//! `cargo bench --bench transactions` prints divan's figures; then, measured in turn in the same run, orders explored a
//! second and operations simulated a second under each protocol, and their ratio to running without any control.

#![expect(clippy::expect_used, reason = "a benchmark may panic; its operations are always taken")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use scalelab::algorithms::locks::{LockManager, Mode, Resource, plan};
use scalelab::algorithms::transactions::{
    CASES, Engine, Expr, Job, Op, Phenomenon, Policy, Protocol, Row, case, judge, simulate,
};

const ROWS: u16 = 64;
const TRANSACTIONS: u32 = 200;

/// Transactions one after the other, each reads three rows and writes one: what control costs when nothing conflicts.
fn serial(protocol: Protocol) -> u64 {
    let cells = (0..ROWS).map(|row| (Row::new(0, row), Some(1)));
    let mut engine = Engine::new(protocol, Policy::default(), cells).without_history();
    for tx in 1..=TRANSACTIONS {
        let row = |i: u32| Row::new(0, ((tx * 7 + i * 13) % u32::from(ROWS)) as u16);
        for op in [Op::Read(row(0)), Op::Read(row(1)), Op::Read(row(2)), Op::Write(row(2), Expr::Plus(row(2), 1))] {
            engine.submit(tx, op).expect("nobody is in the way");
        }
        engine.submit(tx, Op::Commit).expect("nobody is in the way");
        if tx % 16 == 0 {
            engine.vacuum();
        }
    }
    engine.clock()
}

/// All cases in every order; how many orders.
fn all_orders(protocol: Protocol) -> u64 {
    CASES.iter().map(|case| judge(case, protocol).exploration.schedules).sum()
}

fn contended(protocol: Protocol) -> u64 {
    let job = Job { rows: 16, until: 200_000, ..Job::default() };
    simulate(protocol, Policy::default(), job, &mut ChaCha8Rng::seed_from_u64(7)).committed
}

mod locks {
    use super::*;
    use divan::{Bencher, counter::ItemsCount};

    /// Three locks down to a row, then all let go.
    #[divan::bench]
    fn lock_and_release(bencher: Bencher<'_, '_>) {
        bencher.counter(ItemsCount::new(3_u64)).bench_local(|| {
            let mut locks = LockManager::default();
            for (resource, mode) in plan(Resource::Row(0, 7), Mode::X) {
                let _ = black_box(locks.request(1, resource, mode));
            }
            locks.release_all(1)
        });
    }
}

mod protocols {
    use super::*;
    use divan::{Bencher, counter::ItemsCount};

    const NAMES: [usize; 9] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

    #[divan::bench(args = NAMES, sample_count = 20)]
    fn serial_transactions(bencher: Bencher<'_, '_>, protocol: usize) {
        bencher.counter(ItemsCount::new(u64::from(TRANSACTIONS))).bench(|| serial(Protocol::ALL[protocol]));
    }

    #[divan::bench(args = NAMES, sample_count = 10)]
    fn orders_of_write_skew(bencher: Bencher<'_, '_>, protocol: usize) {
        bencher.bench(|| judge(case(Phenomenon::WriteSkew), Protocol::ALL[protocol]));
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn time(work: &dyn Fn() -> u64) -> (Duration, u64) {
    let start = Instant::now();
    let count = black_box(work());
    (start.elapsed(), count)
}

/// Items a second of each protocol, the best of some rounds taken in turn, and the ratio to the first.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn compare(what: &str, rounds: u32, items: Option<u64>, run: fn(Protocol) -> u64) {
    let mut best = [0.0_f64; Protocol::ALL.len()];
    for _ in 0..rounds {
        for (best, protocol) in best.iter_mut().zip(Protocol::ALL) {
            let (took, count) = time(&|| run(protocol));
            *best = best.max(items.unwrap_or(count) as f64 / took.as_secs_f64());
        }
    }
    for (rate, protocol) in best.iter().zip(Protocol::ALL) {
        println!("{what}, {protocol:?}: {rate:.0} a second, {:.2} of no control", rate / best[0]);
    }
}

fn main() {
    divan::main();
    compare("serial transactions", 20, Some(u64::from(TRANSACTIONS)), serial);
    compare("orders explored", 3, None, all_orders);
    compare("contended jobs simulated", 5, None, contended);
}
