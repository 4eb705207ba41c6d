//! How fast the failure lab's algorithms and its simulation are.
//!
//! `cargo bench --bench failure` prints the simulated events a second, and how long 30 components without
//! series-parallel structure take exactly, beside Monte Carlo in the same run.

#![expect(clippy::expect_used, reason = "a benchmark may panic; its networks always work")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use scalelab::algorithms::availability::{Bdd, Block, Network, monte_carlo};
use scalelab::algorithms::detector::{Phi, PhiKind};
use scalelab::algorithms::graph::Graph;
use scalelab::engine::{Setup, Timeline};
use scalelab::labs::failure::FailureModel;

const NODES: usize = 30;
const TRIALS: u64 = 200_000;

/// A grid of 5 × 6 machines whose links carry both ways.
fn grid() -> Vec<(usize, usize)> {
    let (rows, columns) = (5, 6);
    let mut edges = Vec::new();
    for here in 0..rows * columns {
        let right = (here % columns + 1 < columns).then_some(here + 1);
        let below = (here / columns + 1 < rows).then_some(here + columns);
        edges.extend([right, below].into_iter().flatten().flat_map(|there| [(here, there), (there, here)]));
    }
    edges
}

/// A random network: each machine with links to four others.
fn random(seed: u64) -> Vec<(usize, usize)> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let pairs = (0..NODES).flat_map(|here| std::iter::repeat_n(here, 4)).map(|here| (here, rng.random_range(0..NODES)));
    pairs.flat_map(|(a, b)| [(a, b), (b, a)]).collect()
}

fn exact(edges: &[(usize, usize)]) -> f64 {
    let network = Network::new(NODES, edges).expect("30 nodes fit");
    network.availability(&[0.9; NODES], 0, NODES - 1).expect("small enough")
}

/// Everything in groups of two of three, over shared zones: no series-parallel structure.
fn structure() -> Block {
    let tier = |t: usize| {
        let machine = |i: usize| Block::All(vec![Block::Part(3 + t * 3 + i), Block::Part(i)]);
        Block::AtLeast(2, (0..3).map(machine).collect())
    };
    Block::All((0..9).map(tier).collect())
}

#[divan::bench]
fn exact_grid_of_30() -> f64 {
    exact(black_box(&grid()))
}

#[divan::bench]
fn exact_random_30() -> f64 {
    exact(black_box(&random(7)))
}

#[divan::bench]
fn diagram_of_30_parts() -> f64 {
    let bdd = Bdd::new(black_box(&structure()), NODES).expect("small enough");
    bdd.availability(&[0.99; NODES]).expect("all are shares")
}

#[divan::bench]
fn single_points_of_30() -> Vec<usize> {
    Graph::new(NODES, black_box(&grid())).single_points(0, NODES - 1)
}

#[divan::bench]
fn phi_heartbeat_and_suspicion() -> Option<u64> {
    let mut phi = Phi::new(PhiKind::Akka, 8.0, 1_000_000);
    (0..100).for_each(|beat| phi.heartbeat(black_box(beat) * 1_000_000));
    phi.suspects_at()
}

/// An hour of the running lab, with chaos: heartbeats, requests, failures, failovers.
fn hour() -> f64 {
    let mut lab = Timeline::<FailureModel>::open("failure", Setup::seeded(7)).expect("the lab opens");
    lab.command("chaos 20000").expect("chaos begins");
    let start = lab.moment().at_us;
    let _ = lab.advance_to(start + 3_600_000_000);
    lab.model().happened() as f64
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = black_box(work());
    (start.elapsed(), result)
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn main() {
    divan::main();
    for (name, edges) in [("grid of 5 × 6", grid()), ("random, four links each", random(7))] {
        let (took, value) = time(|| exact(&edges));
        let up = |up: &[bool]| {
            let kept: Vec<(usize, usize)> = edges.iter().copied().filter(|(a, b)| up[*a] && up[*b]).collect();
            up[0] && Graph::new(NODES, &kept).reachable(0, None)[NODES - 1]
        };
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let (sampled, estimate) = time(|| monte_carlo(&[0.9; NODES], TRIALS, &mut rng, up));
        assert!(estimate.holds(value), "{name}: {value} is outside {estimate:?}");
        assert!(took < Duration::from_secs(1), "{name}: {took:?} is too long");
        println!(
            "{name}: exact {value:.6} in {took:.1?}; Monte Carlo {:.6} ({:.6} to {:.6}, {TRIALS} trials) in {sampled:.1?}",
            estimate.value, estimate.low, estimate.high
        );
    }
    let (took, events) = time(hour);
    println!(
        "simulation: {events:.0} events of an hour of chaos in {took:.1?}, {:.0} a second",
        events / took.as_secs_f64()
    );
}
