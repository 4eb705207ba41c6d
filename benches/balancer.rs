//! How fast load is balanced: choices alone, and whole simulated requests without a picture.
//!
//! `cargo bench --bench balancer` prints the figures of divan, then simulated requests a second for each algorithm at 10
//! and at 1,000 servers. Their ratio says whether the cost per request is flat (near 1). The floor is what no simulation
//! can do without, measured in the same run: two random times a request, and one event in and out of a heap.

#![expect(clippy::expect_used, reason = "a benchmark may panic; its servers and rates always work")]

use std::hint::black_box;
use std::time::Instant;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use scalelab::algorithms::balance::{Algorithm, Balancer};
use scalelab::algorithms::queueing::Service;
use scalelab::sim::{Duration, EventQueue, Time};
use scalelab::systems::balancing::{ServerConfig, Settings, System, Traffic};
use strum::VariantArray as _;

const REQUESTS: u64 = 1_000_000;
const SERVICE_MS: f64 = 50.0;

/// Simulates requests at 75 % load; gives how many were served.
fn simulate(algorithm: Algorithm, servers: usize, requests: u64) -> u64 {
    let settings = Settings::default();
    let rate = servers as f64 * 15.0;
    let mut traffic = Traffic::new(7, rate, SERVICE_MS, 1_000, None);
    let configs = vec![ServerConfig::default(); servers];
    let mut system = System::new(algorithm, 1, &configs, &settings, 7, Time::ZERO).expect("the servers are few enough");
    let clients = std::sync::Arc::clone(&traffic.clients);
    for id in 0..requests {
        let Some(arrival) = traffic.pop(Time::MAX) else { break };
        system.advance(arrival.at, &settings, &traffic);
        system.offer(id, &arrival, &clients, &settings, &traffic);
    }
    system.stats.served
}

mod choice {
    use super::*;
    use divan::{Bencher, counter::ItemsCount};

    const CHOICES: u64 = 100_000;

    /// Choices with half a request in flight per server, so that counts change.
    #[divan::bench(args = [10, 1000], consts = [0, 1, 2, 3, 4, 5, 6, 7, 8])]
    fn pick<const RULE: usize>(bencher: Bencher<'_, '_>, servers: usize) {
        let rule = Algorithm::VARIANTS[RULE];
        bencher.counter(ItemsCount::new(CHOICES)).bench(|| {
            let mut rng = ChaCha8Rng::seed_from_u64(7);
            let mut balancer = Balancer::new(rule, &vec![1; servers], 7).expect("the servers are few enough");
            let mut inside = std::collections::VecDeque::new();
            for i in 0..CHOICES {
                let key = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                let server = balancer.pick(key, i, &mut rng).map_or(0, |c| c.server);
                balancer.sent(server);
                inside.push_back(server);
                if inside.len() > servers / 2 {
                    balancer.done(inside.pop_front().unwrap_or(0), i, Some(100));
                }
            }
            black_box(balancer.active(0))
        });
    }
}

mod simulation {
    use super::*;
    use divan::{Bencher, counter::ItemsCount};

    #[divan::bench(args = [10, 1000], sample_count = 5)]
    fn round_robin(bencher: Bencher<'_, '_>, servers: usize) {
        bencher
            .counter(ItemsCount::new(REQUESTS))
            .bench(|| simulate(Algorithm::RoundRobin, black_box(servers), REQUESTS));
    }
}

/// The floor: requests that arrive and are done, with as many inside as servers are busy; gives how many were done.
fn floor(servers: usize, requests: u64) -> u64 {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut queue = EventQueue::default();
    let (mut at, mut done) = (Time::ZERO, 0);
    let gap = SERVICE_MS * 1_000.0 / (servers as f64 * 0.75);
    for _ in 0..requests {
        at += Duration::from_micros(Service::Exponential.sample(gap, &mut rng) as u64);
        while queue.pop_due(at).is_some() {
            done += 1;
        }
        let work = Service::Exponential.sample(SERVICE_MS * 1_000.0, &mut rng);
        queue.push(at + Duration::from_micros(work as u64), ());
    }
    done
}

/// Requests a second, the best of three.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn speed(work: impl Fn(u64) -> u64) -> f64 {
    let once = |_: i32| {
        let start = Instant::now();
        black_box(work(black_box(REQUESTS)));
        REQUESTS as f64 / start.elapsed().as_secs_f64()
    };
    (0..3).map(once).fold(0.0, f64::max)
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn main() {
    divan::main();
    if std::env::args().any(|arg| arg == "--test" || arg == "--list") {
        return;
    }
    let bottom = speed(|requests| floor(10, requests));
    println!("\nsimulated requests a second      10 servers   1,000 servers   ratio   over the floor   a choice costs");
    println!("{:<28} {:>11.2} M {:>13.2} M", "floor", bottom / 1e6, speed(|requests| floor(1_000, requests)) / 1e6);
    for algorithm in Algorithm::VARIANTS.iter().copied() {
        let [few, many] = [10, 1_000].map(|servers| speed(|requests| simulate(algorithm, servers, requests)));
        let (name, cost) = (algorithm.name(), algorithm.cost());
        let (ratio, over) = (few / many, bottom / few);
        println!("{name:<28} {:>11.2} M {:>13.2} M {ratio:>7.2} {over:>16.1}   {cost}", few / 1e6, many / 1e6);
    }
}
