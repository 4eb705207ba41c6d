//! Load balancing and queueing against what programs and papers say, row by row of the project's references.

#![expect(clippy::unwrap_used, reason = "a test says why it fails")]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use scalelab::algorithms::balance::{
    Algorithm, BalanceError, Balancer, Health, HealthChange, LeastConnections, LeastRequest, Outliers, PeakEwma, Ready,
    RetryBudget, SmoothWeighted, Why, bounded_cap, envoy_weight, source_index,
};
use scalelab::algorithms::queueing::{Arrivals, Bursts, Service, theory};
use strum::VariantArray as _;

fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn close(value: f64, expected: f64, within: f64) {
    assert!((value - expected).abs() <= within, "{value} is not {expected} ± {within}");
}

#[test]
fn smooth_weighted_round_robin_agrees_with_nginx() {
    let mut smooth = SmoothWeighted::new(&[5, 1, 1]);
    let states = [[-2, 1, 1], [-4, 2, 2], [1, -4, 3], [-1, -3, 4], [4, -2, -2], [2, -1, -1], [0, 0, 0]];
    let picks: Vec<(usize, Vec<i64>)> = (0..7).map(|_| (smooth.pick().unwrap(), smooth.state())).collect();
    assert_eq!(picks.iter().map(|p| p.0).collect::<Vec<_>>(), [0, 0, 1, 0, 2, 0, 0]);
    for ((_, state), expected) in picks.iter().zip(states) {
        assert_eq!(state, &expected);
    }
    // The first of equals wins.
    assert_eq!(SmoothWeighted::new(&[1, 1, 1]).pick(), Some(0));
}

/// Picks of each of four servers, in percent of all: the last one has so many percent of its weight.
fn shares_of_four(algorithm: Algorithm, shares: [u32; 4], picks: u64) -> [f64; 4] {
    let mut balancer = Balancer::new(algorithm, &[1; 4], 7).unwrap();
    (0..).zip(shares).for_each(|(server, share)| balancer.set_share(server, share));
    let (mut random, mut counts) = (rng(3), [0.0; 4]);
    for request in 0..picks {
        let choice = balancer.pick(random.random(), request * 25_000, &mut random).unwrap();
        balancer.sent(choice.server);
        balancer.done(choice.server, request * 25_000 + 9_000, Some(9_000));
        counts[choice.server] += 100.0 / picks as f64;
    }
    counts
}

#[test]
fn slow_start_acts_under_every_algorithm() {
    // HAProxy gives a server that came back 5 of 200 requests by round robin and 3 of 200 by consistent hash while it
    // has a sixteenth of its weight, beside three that have all of it; a fair share would be 50.
    for algorithm in Algorithm::VARIANTS.iter().copied() {
        let of_200 = 2.0 * shares_of_four(algorithm, [100, 100, 100, 6], 20_000)[3];
        assert!((1.5..6.5).contains(&of_200), "{algorithm:?}: {of_200} of 200");
    }
    // In percent of all picks: what is due by weight; a ring keeps to it as well as a few points can.
    for (shares, due) in [
        ([100, 100, 100, 10], 10.0 / 3.1),
        ([100, 100, 100, 50], 50.0 / 3.5),
        ([100, 100, 100, 90], 90.0 / 3.9),
        ([10, 10, 10, 10], 25.0),
        ([0, 0, 100, 25], 20.0),
    ] {
        for algorithm in Algorithm::VARIANTS.iter().copied() {
            let got = shares_of_four(algorithm, shares, 20_000)[3];
            let within = match algorithm {
                Algorithm::ConsistentHash | Algorithm::BoundedLoad => 0.45,
                Algorithm::TwoChoices | Algorithm::PeakEwma => 0.2,
                // Four standard deviations of so many draws.
                Algorithm::Random | Algorithm::SourceHash => 0.16,
                _ => 0.06,
            };
            assert!((got / due - 1.0).abs() < within, "{algorithm:?} with {shares:?}: {got} instead of {due}");
        }
    }
}

#[test]
fn slow_start_moves_no_client_between_the_others() {
    for algorithm in [Algorithm::SourceHash, Algorithm::ConsistentHash] {
        let mut balancer = Balancer::new(algorithm, &[1, 2, 1, 1], 7).unwrap();
        let mut random = rng(5);
        let mut homes = |balancer: &mut Balancer| -> Vec<usize> {
            (0..2_000_u64)
                .map(|i| balancer.pick(i.wrapping_mul(0x9e37_79b9_7f4a_7c15), 0, &mut random).unwrap().server)
                .collect()
        };
        balancer.set_share(3, 10);
        let mut before = homes(&mut balancer);
        for share in [20, 40, 70, 100] {
            balancer.set_share(3, share);
            let after = homes(&mut balancer);
            // As its share grows, clients move to the server that came back, and nowhere else.
            assert!(before.iter().zip(&after).all(|(from, to)| from == to || *to == 3), "{algorithm:?} at {share} %");
            assert!(after.iter().filter(|s| **s == 3).count() > before.iter().filter(|s| **s == 3).count());
            before = after;
        }
    }
}

#[test]
fn leastconn_takes_turns_among_equals_as_haproxy_does() {
    let mut least = LeastConnections::new(&[1; 4]);
    let mut picks = Vec::new();
    for _ in 0..8 {
        // Each request is done before the next one comes.
        let server = least.pick().unwrap();
        least.set_active(server, 1);
        least.set_active(server, 0);
        picks.push(server);
    }
    assert_eq!(picks, [0, 1, 2, 3, 0, 1, 2, 3]);
    // Weighted: (active + 1)/weight. With 5 active each, weight 3 is the least loaded until it has 17 of them.
    let mut least = LeastConnections::new(&[1, 3]);
    least.set_active(0, 5);
    least.set_active(1, 16);
    assert_eq!(least.pick(), Some(1));
    least.set_active(1, 18);
    assert_eq!(least.pick(), Some(0));
}

#[test]
fn source_is_hash_mod_total_weight_as_haproxy_does() {
    let ready = Ready::new(&[1, 3, 2]);
    let by_rule = |hash: u64| [0, 1, 1, 1, 2, 2][(hash % 6) as usize];
    for hash in (0..1_000).chain([u64::MAX, u64::MAX - 1]) {
        assert_eq!(source_index(&ready, hash), Some(by_rule(hash)));
    }
    assert_eq!(source_index(&Ready::new(&[0, 0]), 7), None);
}

#[test]
fn health_checks_count_in_a_row() {
    assert_eq!(Health::INTERVAL_US, 2_000_000);
    let mut health = Health::default();
    assert_eq!(health.progress(), (0, 3));
    let results = [false, false, true, false, false, false, true, false, true, true, true];
    let changes: Vec<Option<HealthChange>> = results.iter().map(|ok| health.check(*ok)).collect();
    let changed: Vec<(usize, HealthChange)> =
        changes.iter().enumerate().filter_map(|(i, c)| c.map(|c| (i, c))).collect();
    assert_eq!(changed, [(5, HealthChange::Down), (9, HealthChange::Up)]);
}

#[test]
fn least_request_agrees_with_envoy() {
    // Equal weights: the best of two random choices, so the most loaded of three is never picked.
    let (ready, busy, mut choices, mut random) = (Ready::new(&[1; 3]), [9, 1, 4], LeastRequest::default(), rng(1));
    let mut picks = [0_u32; 3];
    for _ in 0..3_000 {
        picks[choices.pick(&ready, |i| busy[i], &mut random).unwrap().0] += 1;
    }
    assert_eq!(picks[0], 0);
    // Two of the three pairs hold server 1.
    close(f64::from(picks[1]) / 3_000.0, 2.0 / 3.0, 0.03);
    // Unequal weights: in proportion to w/(active + 1)^bias.
    assert_eq!(envoy_weight(6, 2, 1.0), 2.0);
    close(envoy_weight(6, 3, 2.0), 6.0 / 16.0, 1e-12);
    let (ready, active, mut choices) = (Ready::new(&[4, 2, 1]), [3, 0, 0], LeastRequest::default());
    let mut picks = [0_u32; 3];
    for _ in 0..4_000 {
        picks[choices.pick(&ready, |i| active[i], &mut random).unwrap().0] += 1;
    }
    // Weights 4/4, 2/1, 1/1.
    for (picked, share) in picks.iter().zip([0.25, 0.5, 0.25]) {
        close(f64::from(*picked) / 4_000.0, share, 0.01);
    }
}

#[test]
fn peak_ewma_agrees_with_finagle() {
    let tau = 10_000_000;
    let mut ewma = PeakEwma::new(2, tau);
    assert_eq!(ewma.load(0, 0), 0.0);
    ewma.start(0);
    // No history but pending: penalty + pending.
    assert!(ewma.load(0, 0) > 1e11);
    ewma.end(0, 1_000, 500.0);
    assert_eq!(ewma.cost(0, 1_000), 500.0);
    // A slower answer is believed at once.
    ewma.start(0);
    ewma.end(0, 2_000, 9_000.0);
    assert_eq!(ewma.cost(0, 2_000), 9_000.0);
    // A faster one only bit by bit: cost·w + rtt·(1−w), w = e^(−Δt/τ).
    ewma.start(0);
    ewma.end(0, 2_000 + tau / 2, 1_000.0);
    let w = (-0.5_f64).exp();
    close(ewma.cost(0, 2_000 + tau / 2), 9_000.0 * w + 1_000.0 * (1.0 - w), 1e-9);
    // load = cost·(pending + 1).
    let cost = ewma.cost(0, 2_000 + tau / 2);
    ewma.start(0);
    ewma.start(0);
    close(ewma.load(0, 2_000 + tau / 2), cost * 3.0, 1e-9);
}

#[test]
fn two_choices_flatten_the_largest_load() {
    // As many requests as servers, none of which ends.
    let n = 10_000_usize;
    let largest = |algorithm: Algorithm, seed: u64| {
        let mut random = rng(seed);
        let mut balancer = Balancer::new(algorithm, &vec![1; n], seed).unwrap();
        for i in 0..n as u64 {
            let server = balancer.pick(i, 0, &mut random).unwrap().server;
            balancer.sent(server);
        }
        (0..n).map(|i| balancer.active(i)).max().unwrap()
    };
    let (one_theory, two_theory) =
        (theory::largest_load(n as u64, 1).unwrap(), theory::largest_load(n as u64, 2).unwrap());
    close(one_theory, 4.148, 0.001);
    close(two_theory, 3.203, 0.001);
    for seed in 1..=5 {
        let (one, two) = (f64::from(largest(Algorithm::Random, seed)), f64::from(largest(Algorithm::TwoChoices, seed)));
        assert!(two <= two_theory + 1.0, "two choices: {two}");
        assert!(one > one_theory && one >= two + 2.0, "one choice: {one}, two: {two}");
    }
}

#[test]
fn erlang_figures() {
    close(theory::erlang_c(1, 0.8), 0.8, 1e-12);
    close(theory::erlang_c(2, 1.6), 0.711_111, 5e-7);
    close(theory::erlang_c(10, 8.0), 0.409_180, 5e-7);
    close(theory::erlang_c(100, 90.0), 0.216_940, 5e-7);
    close(theory::erlang_b(10, 8.0), 0.121_661, 5e-7);
    close(theory::mmc_wait(10, 8.0, 1.0).unwrap(), 0.409_180 / 2.0, 5e-7);
    assert_eq!((theory::erlang_b(0, 3.0), theory::erlang_b(5, 0.0), theory::erlang_c(3, 3.0)), (1.0, 0.0, 1.0));
    // A thousand servers do not overflow.
    assert!(theory::erlang_c(1_000, 999.0) < 1.0 && theory::erlang_c(1_000, 500.0) < 1e-9);
}

#[test]
fn supermarket_figures() {
    close(theory::supermarket_time(2, 0.9, 1.0).unwrap(), 2.614, 5e-4);
    // The same sum by its definition: Σ λ^(2^i − 2).
    let sum: f64 = (1..20).map(|i| 0.9_f64.powf(2.0_f64.powi(i) - 2.0)).sum();
    close(theory::supermarket_time(2, 0.9, 1.0).unwrap(), sum, 1e-12);
    close(theory::mm1_time(0.9, 1.0).unwrap(), 10.0, 1e-9);
    assert_eq!(theory::supermarket_time(2, 1.0, 1.0), None);
    assert_eq!(theory::supermarket_time(0, 0.5, 1.0), None);
}

/// Mean of batch means, and the half-width of its 99.9 % confidence interval.
fn confidence(samples: &[f64]) -> (f64, f64) {
    const BATCHES: usize = 40;
    let size = samples.len() / BATCHES;
    let means: Vec<f64> = samples.chunks_exact(size).map(|b| b.iter().sum::<f64>() / size as f64).collect();
    let mean = means.iter().sum::<f64>() / means.len() as f64;
    let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (means.len() - 1) as f64;
    // Student's t with 39 degrees of freedom.
    (mean, 3.558 * (variance / means.len() as f64).sqrt())
}

/// Times in system with `servers` and one queue, where every `every`-th arrival is taken (Kiefer and Wolfowitz).
fn times(arrivals: &mut Arrivals, every: usize, service: Service, servers: usize, load: f64, count: usize) -> Vec<f64> {
    let mut random = rng(11);
    let mut free = vec![0.0_f64; servers];
    let (mut now, mut times) = (0.0, Vec::with_capacity(count));
    let warm_up = count / 10;
    for i in 0..count + warm_up {
        now += (0..every).map(|_| arrivals.gap(load * every as f64, &mut random).unwrap()).sum::<f64>();
        let first = (0..servers).min_by(|a, b| free[*a].total_cmp(&free[*b])).unwrap();
        let done = free[first].max(now) + service.sample(1.0, &mut random);
        free[first] = done;
        if i >= warm_up {
            times.push(done - now);
        }
    }
    times
}

fn within_confidence(samples: &[f64], expected: f64) {
    let (mean, half) = confidence(samples);
    assert!((mean - expected).abs() < half, "{mean} ± {half} does not hold {expected}");
    assert!(half < expected * 0.12, "an interval of ± {half} around {mean} says little");
}

#[test]
fn simulated_queues_hold_the_formulas_in_their_confidence_interval() {
    let n = 400_000;
    for service in Service::VARIANTS.iter().copied() {
        let observed = times(&mut Arrivals::Poisson, 1, service, 1, 0.7, n);
        within_confidence(&observed, theory::mg1_time(0.7, 1.0, service.variability()).unwrap());
    }
    let observed = times(&mut Arrivals::Poisson, 1, Service::Exponential, 10, 8.0, n);
    within_confidence(&observed, 1.0 + theory::mmc_wait(10, 8.0, 1.0).unwrap());
    let observed = times(&mut Arrivals::Poisson, 4, Service::Exponential, 1, 0.8, n);
    within_confidence(&observed, theory::erlang_arrivals_time(4, 0.8, 1.0).unwrap());
    // The share of those that take longer than three service times.
    let observed = times(&mut Arrivals::Poisson, 1, Service::Exponential, 1, 0.5, n);
    let late: Vec<f64> = observed.iter().map(|t| f64::from(u8::from(*t > 3.0))).collect();
    within_confidence(&late, theory::mm1_tail(0.5, 1.0, 3.0).unwrap());
    // Even arrivals wait less than Poisson ones, bursts more, at the same mean rate.
    let mean = |arrivals: &mut Arrivals| confidence(&times(arrivals, 1, Service::Exponential, 1, 0.7, n)).0;
    let poisson = theory::mm1_time(0.7, 1.0).unwrap();
    assert!(mean(&mut Arrivals::Even) < 0.8 * poisson);
    assert!(mean(&mut Arrivals::Bursty(Bursts::default())) > 1.1 * poisson);
}

#[test]
fn samplers_have_their_mean_and_spread() {
    for service in Service::VARIANTS.iter().copied() {
        let mut random = rng(3);
        let samples: Vec<f64> = (0..400_000).map(|_| service.sample(0.05, &mut random)).collect();
        let mean = samples.iter().sum::<f64>() / samples.len() as f64;
        close(mean, 0.05, 0.0005);
        let variance = samples.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / samples.len() as f64;
        close(variance / (mean * mean), service.variability(), 0.05 * service.variability().max(0.01));
    }
    for mut arrivals in [Arrivals::Poisson, Arrivals::Even, Arrivals::Bursty(Bursts::default())] {
        let mut random = rng(5);
        let total: f64 = (0..400_000).map(|_| arrivals.gap(50.0, &mut random).unwrap()).sum();
        close(400_000.0 / total, 50.0, 1.0);
    }
    assert_eq!(Arrivals::Poisson.gap(f64::NAN, &mut rng(0)), None);
    assert!(Service::check_mean(0.0).is_err() && Service::check_mean(1e9).is_err());
}

#[test]
fn bounds_budgets_and_ejections() {
    assert_eq!(bounded_cap(125, 10, 1, 4), 4);
    assert_eq!(bounded_cap(125, 1, 1, 100), 1);
    assert_eq!((bounded_cap(125, 5, 1, 0), bounded_cap(u32::MAX, u64::MAX, u32::MAX, 1)), (0, u64::MAX));
    // Finagle: 20 % of requests and 10 a second.
    let mut budget = RetryBudget::new(20, 10);
    let granted = (0..1_000)
        .filter(|i| {
            budget.deposit();
            budget.withdraw(i * 1_000)
        })
        .count();
    assert!((205..=221).contains(&granted), "{granted}");
    // Envoy: five in a row; at most 10 % but one may always go; the second time for twice as long.
    let mut outliers = Outliers::new(4, 5, 30_000_000, 10);
    let mut fail = |server: usize, now: u64| (0..5).filter_map(|_| outliers.result(server, false, now)).next();
    assert_eq!(fail(0, 0), Some(30_000_000));
    assert_eq!(fail(1, 0), None);
    assert_eq!(outliers.returning(29_999_999), None);
    assert_eq!(outliers.returning(30_000_000), Some(0));
    let mut fail = |server: usize, now: u64| (0..5).filter_map(|_| outliers.result(server, false, now)).next();
    assert_eq!(fail(0, 40_000_000), Some(100_000_000));
}

#[test]
fn a_balancer_says_why() {
    let mut random = rng(9);
    let mut least = Balancer::new(Algorithm::LeastConnections, &[1, 1, 1], 7).unwrap();
    [0, 0, 1, 2, 2, 2].iter().for_each(|server| least.sent(*server));
    let choice = least.pick(1, 0, &mut random).unwrap();
    assert_eq!((choice.server, choice.why), (1, Why::Fewest { active: 1, spared: 0 }));
    let mut smooth = Balancer::new(Algorithm::SmoothWeighted, &[5, 1, 1], 7).unwrap();
    assert_eq!(smooth.pick(1, 0, &mut random).unwrap().why, Why::Credit { saved: 5 });
    let refused = Balancer::new(Algorithm::Random, &[1, 2_000], 7).err();
    assert_eq!(refused, Some(BalanceError::TooHeavy { server: 1, weight: 2_000 }));
    for algorithm in Algorithm::VARIANTS.iter().copied() {
        let mut none = Balancer::new(algorithm, &[0, 0], 7).unwrap();
        assert_eq!(none.pick(random.random(), 0, &mut random), None, "{algorithm:?}");
        assert_eq!(Balancer::new(algorithm, &[], 7).unwrap().pick(0, 0, &mut random), None);
    }
}
