//! The algorithms of the failure lab against figures that others published, and what must hold for all input.

#![expect(clippy::unwrap_used, reason = "a test says why it fails")]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use scalelab::algorithms::availability::{
    Bdd, Block, Estimate, Network, downtime_per_year_s, k_of_n, monte_carlo, nines, outage_interval, parallel, series,
};
use scalelab::algorithms::detector::{
    Fixed, Phi, PhiKind, Swim, SwimEvent, SwimTuning, expected_first_detection, phi_akka, phi_cassandra,
};
use scalelab::algorithms::graph::Graph;
use scalelab::algorithms::lease::{Fence, Grantor};
use scalelab::algorithms::replication::{Group, Mode, quorum_miss};

fn near(a: f64, b: f64, within: f64) {
    assert!((a - b).abs() <= within, "{a} is not within {within} of {b}");
}

// ── figures from elsewhere ──

#[test]
fn phi_of_akka() {
    // references.md: mean 1000, standard deviation 100; Akka's own test allows 0.1.
    for (elapsed, phi) in [(1000.0, 0.3), (1200.0, 1.6), (1400.0, 4.7), (1600.0, 10.8), (1700.0, 15.3)] {
        near(phi_akka(elapsed, 1000.0, 100.0), phi, 0.1);
    }
    // At the mean a normal interval is late every second time.
    near(phi_akka(1000.0, 1000.0, 100.0), 2.0_f64.log10(), 1e-12);
}

#[test]
fn phi_of_cassandra() {
    near(phi_cassandra(18.42, 1.0), 8.0, 0.001);
    near(phi_cassandra(8.0 * std::f64::consts::LN_10, 1.0), 8.0, 1e-12);
    let mut detector = Phi::new(PhiKind::Cassandra, 8.0, 1_000_000);
    (0..300).for_each(|beat| detector.heartbeat(beat * 500_000));
    near(detector.rhythm().0, 500_000.0, 0.5);
    let silence = detector.suspects_at().unwrap() - 299 * 500_000;
    near(silence as f64 / 500_000.0, 18.42, 0.01);
}

#[test]
fn swim_detects_in_e_over_e_minus_one_periods() {
    let e = std::f64::consts::E;
    near(expected_first_detection(1_000_000), e / (e - 1.0), 1e-5);
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let tuning = SwimTuning { helpers: 3, suspicion_periods: 1_000, round_robin: false };
    let (groups, members) = (600_u32, 30_usize);
    let mut periods = 0_u32;
    for _ in 0..groups {
        let mut swim = Swim::new(members, tuning);
        loop {
            periods += 1;
            let heard = swim.period(&mut rng, |from, to| from != 0 && to != 0);
            // Those alive ping one of the other 29 each.
            if heard.iter().any(|e| matches!(e, SwimEvent::Suspected { member: 0, .. })) {
                break;
            }
        }
    }
    near(f64::from(periods) / f64::from(groups), expected_first_detection(members as u32 - 1), 0.1);
}

#[test]
fn round_robin_bounds_the_time_to_detection() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let tuning = SwimTuning { helpers: 2, suspicion_periods: 3, round_robin: true };
    for _ in 0..50 {
        let mut swim = Swim::new(12, tuning);
        let first = (1..).find(|_| {
            swim.period(&mut rng, |from, to| from != 5 && to != 5);
            swim.suspects(5)
        });
        assert!(first.unwrap() < 2 * 12, "{first:?} periods");
    }
}

#[test]
fn availability_of_the_textbook() {
    near(series(&[0.999; 3]), 0.997_003, 5e-7);
    near(parallel(&[0.99; 2]), 0.9999, 1e-12);
    near(nines(0.9999), 4.0, 1e-9);
    near(downtime_per_year_s(0.999) / 3600.0, 8.766, 1e-9);
    // Two of three at 0.9, and the 2-of-3 of unlike parts by hand.
    near(k_of_n(2, &[0.9; 3]), 0.972, 1e-12);
    near(k_of_n(2, &[0.9, 0.8, 0.7]), 0.9 * 0.8 + 0.9 * 0.2 * 0.7 + 0.1 * 0.8 * 0.7, 1e-12);
    // Wilson: 10 of 10 is not certainty; 95 % interval from 0.7225.
    near(Estimate::of(10, 10).low, 0.7225, 1e-4);
    assert_eq!(Estimate::of(10, 10).high, 1.0);
}

#[test]
fn quorums_that_miss_each_other() {
    near(quorum_miss(3, 1, 1), 2.0 / 3.0, 1e-12);
    let binomial = |n: u64, k: u64| (0..k).map(|i| (n - i) as f64 / (i + 1) as f64).product::<f64>();
    for n in 1..9_usize {
        for w in 1..=n {
            for r in 1..=n {
                let chance = quorum_miss(n, w, r);
                assert_eq!(chance == 0.0, r + w > n, "N={n} W={w} R={r}");
                let exact =
                    if n - w < r { 0.0 } else { binomial((n - w) as u64, r as u64) / binomial(n as u64, r as u64) };
                near(chance, exact, 1e-12);
            }
        }
    }
}

#[test]
fn thirty_components_without_series_parallel_structure() {
    // A grid of 5 × 6 whose links carry both ways: exact, and Monte Carlo agrees.
    let (rows, columns) = (5, 6);
    let mut edges = Vec::new();
    for y in 0..rows {
        for x in 0..columns {
            let here = y * columns + x;
            for there in [(x + 1 < columns).then_some(here + 1), (y + 1 < rows).then_some(here + columns)] {
                edges.extend(there.into_iter().flat_map(|there| [(here, there), (there, here)]));
            }
        }
    }
    let network = Network::new(30, &edges).unwrap();
    let p = vec![0.9; 30];
    let exact = network.availability(&p, 0, 29).unwrap();
    let graph = |up: &[bool]| {
        let kept: Vec<(usize, usize)> = edges.iter().copied().filter(|(a, b)| up[*a] && up[*b]).collect();
        up[0] && Graph::new(30, &kept).reachable(0, None)[29]
    };
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let estimate = monte_carlo(&p, 20_000, &mut rng, graph);
    assert!(estimate.holds(exact), "{exact} is outside {estimate:?}");
    assert!((0.75..0.81).contains(&exact), "{exact}");
}

#[test]
fn an_outage_interval_holds_the_truth_nineteen_times_of_twenty() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut exponential = |mean: f64| -(1.0 - rng.random::<f64>()).ln() * mean;
    for expected in [3.0, 20.0, 200.0] {
        let (mut held, runs) = (0_u32, 2_000_u32);
        for _ in 0..runs {
            let (mut at, mut count, mut total) = (exponential(1.0), 0, 0.0);
            while at < expected {
                (count, total) = (count + 1, total + exponential(2.0));
                at += exponential(1.0);
            }
            let (low, high) = outage_interval(total, count, 2.0);
            held += u32::from((low..=high).contains(&(expected * 2.0)));
        }
        let share = f64::from(held) / f64::from(runs);
        assert!((0.90..0.999).contains(&share), "{expected} outages expected: {share} of the intervals hold it");
    }
}

#[test]
fn a_paused_leader_is_fenced() {
    // Kleppmann's picture: client 1 stops for a while, client 2 gets the lease, client 1 writes with 33.
    let (mut grantor, mut fence) = (Grantor::new(10_000_000), Fence::default());
    let first = grantor.ask(1, 0).unwrap();
    assert!(fence.admit(first.epoch));
    let second = grantor.ask(2, 12_000_000).unwrap();
    assert!(fence.admit(second.epoch) && !fence.admit(first.epoch));
}

#[test]
fn a_false_alarm_needs_all_heartbeats_of_the_timeout_lost() {
    let (interval, loss, timeout) = (1_000_000_u64, 0.3, 2_500_000);
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let (mut alarms, mut last) = (0_u64, 0_u64);
    let beats = 200_000_u64;
    for beat in 1..=beats {
        let mut detector = Fixed::new(timeout);
        detector.heartbeat(last * interval);
        // Judged just before each beat is due to be heard.
        if rng.random::<f64>() >= loss {
            last = beat;
        }
        alarms += u64::from(beat - last == 2 && detector.suspects((beat + 1) * interval));
    }
    // Two in a row lost, the one before heard.
    let theory = Fixed::new(timeout).false_alarm(loss, interval) * (1.0 - loss);
    near(alarms as f64 / beats as f64, theory, 0.003);
}

// ── what must hold for all input ──

fn cases(count: u32) -> ProptestConfig {
    ProptestConfig { cases: count, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() }
}

fn graphs(most: usize) -> impl Strategy<Value = Graph> {
    (2..most)
        .prop_flat_map(|n| prop::collection::vec((0..n, 0..n), 0..3 * n).prop_map(move |edges| Graph::new(n, &edges)))
}

/// Parts of the graph, links both ways, one node taken out if wanted.
fn parts(graph: &Graph, without: Option<usize>) -> usize {
    let both: Vec<(usize, usize)> = graph.edges().iter().flat_map(|(a, b)| [(*a, *b), (*b, *a)]).collect();
    let both = Graph::new(graph.nodes(), &both);
    let (mut seen, mut count) = (vec![false; graph.nodes()], 0);
    for node in (0..graph.nodes()).filter(|n| Some(*n) != without) {
        if !seen[node] {
            count += 1;
            both.reachable(node, without).iter().zip(&mut seen).for_each(|(now, seen)| *seen |= now);
        }
    }
    count
}

fn blocks(components: usize) -> impl Strategy<Value = Block> {
    let leaf = (0..components).prop_map(Block::Part);
    leaf.prop_recursive(4, 24, 4, |inner| {
        let some = prop::collection::vec(inner, 0..4);
        prop_oneof![
            some.clone().prop_map(Block::All),
            some.clone().prop_map(Block::Any),
            (0_usize..4, some).prop_map(|(k, parts)| Block::AtLeast(k, parts)),
        ]
    })
}

/// Sum over all combinations of up and down.
fn brute_force(p: &[f64], works: impl Fn(&dyn Fn(usize) -> bool) -> bool) -> f64 {
    (0_u32..1 << p.len())
        .filter(|mask| works(&|i| mask >> i & 1 == 1))
        .map(|mask| p.iter().enumerate().map(|(i, p)| if mask >> i & 1 == 1 { *p } else { 1.0 - p }).product::<f64>())
        .sum()
}

fn shares(count: usize) -> impl Strategy<Value = Vec<f64>> {
    let p = prop_oneof![8 => 0.0..=1.0_f64, 1 => Just(0.0), 1 => Just(1.0)];
    prop::collection::vec(p, count..=count)
}

/// What happens to a replicated log.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Write,
    Copy(usize, u64),
    /// The primary dies; the best of the others takes over.
    FailOver,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        6 => Just(Deed::Write),
        5 => (0_usize..5, 0_u64..4).prop_map(|(to, lag)| Deed::Copy(to, lag)),
        1 => Just(Deed::FailOver),
    ];
    prop::collection::vec(deed, 1..60)
}

/// Lets it happen; `held` members must hold a write. Gives what each failover lost.
fn live(deeds: &[Deed], members: usize, held: usize) -> Vec<u64> {
    let mut group = Group::new(members, Mode::Quorum { write: held, read: 1 });
    let (mut primary, mut losses) = (0, Vec::new());
    for deed in deeds {
        match *deed {
            Deed::Write => _ = group.append(primary),
            Deed::Copy(to, lag) => {
                let end = group.logs()[primary].len().saturating_sub(lag);
                group.copy(primary, to % members, end);
            }
            Deed::FailOver => {
                let others: Vec<usize> = (0..members).filter(|m| *m != primary).collect();
                primary = group.most_up_to_date(&others).unwrap();
                losses.push(group.lost(&[primary]) - losses.iter().sum::<u64>());
                group.promote(primary);
                // Who was ahead of the new primary is cut back to it.
                (0..members).for_each(|m| _ = group.copy(primary, m, 0));
            }
        }
        let (end, needed) = (group.logs()[primary].len(), group.mode().needed(members));
        group.acknowledge(primary, 0..end, needed);
        assert!(group.logs().iter().all(|log| log.runs().windows(2).all(|w| w[0].end == w[1].start)));
        assert_eq!(group.lost(&[primary]), losses.iter().sum::<u64>(), "the primary holds what it acknowledged");
    }
    losses
}

proptest! {
    #![proptest_config(cases(120))]

    #[test]
    fn articulation_points_are_what_deleting_each_node_shows(graph in graphs(14)) {
        // A node alone leaves one part less when it goes, any other node at least as many.
        let alone = |n: usize| !graph.edges().iter().any(|(a, b)| a != b && (*a == n || *b == n));
        let whole = parts(&graph, None);
        let expected: Vec<usize> =
            (0..graph.nodes()).filter(|n| !alone(*n) && parts(&graph, Some(*n)) > whole).collect();
        prop_assert_eq!(graph.articulation_points(), expected);
    }

    #[test]
    fn dominators_are_what_deleting_each_node_shows(graph in graphs(14)) {
        let reached = graph.reachable(0, None);
        for (sink, there) in reached.iter().copied().enumerate().skip(1) {
            let mut points = graph.single_points(0, sink);
            points.sort_unstable();
            let needed = |n: usize| n != sink && there && !graph.reachable(0, Some(n))[sink];
            let expected: Vec<usize> = (1..graph.nodes()).filter(|n| needed(*n)).collect();
            prop_assert_eq!(points, expected, "sink {}", sink);
            let idom = graph.immediate_dominators(0)[sink];
            prop_assert_eq!(idom.is_some(), there);
        }
        for node in 1..graph.nodes() {
            let cut = graph.cut_off(0, node);
            let dominated: Vec<usize> = (1..graph.nodes()).filter(|n| graph.single_points(0, *n).contains(&node)).collect();
            prop_assert_eq!(cut, dominated, "what dies with {}", node);
        }
    }

    #[test]
    fn a_cycle_is_one(graph in graphs(10)) {
        match graph.cycle() {
            Some(way) => for (i, node) in way.iter().enumerate() {
                prop_assert!(graph.edges().contains(&(*node, way[(i + 1) % way.len()])));
            },
            None => for (a, b) in graph.edges() {
                prop_assert!(!graph.reachable(*b, None)[*a], "{} leads back to {}", b, a);
            },
        }
    }

    #[test]
    fn any_structure_is_exact(block in blocks(7), p in shares(7)) {
        let bdd = Bdd::new(&block, 7).unwrap();
        let exact = brute_force(&p, |up| block.works(up));
        prop_assert!((bdd.availability(&p).unwrap() - exact).abs() < 1e-9);
        for (i, importance) in bdd.importance(&p).unwrap().into_iter().enumerate() {
            let with = |value: f64| {
                let mut p = p.clone();
                p[i] = value;
                bdd.availability(&p).unwrap()
            };
            prop_assert!((importance - (with(1.0) - with(0.0))).abs() < 1e-9, "component {}", i);
        }
        let lost = |i: usize| !block.works(&|part| part != i);
        prop_assert_eq!(block.single_points(7), (0..7).filter(|i| lost(*i)).collect::<Vec<_>>());
    }

    #[test]
    fn any_network_is_exact(graph in graphs(9), p in shares(9)) {
        let n = graph.nodes();
        let network = Network::new(n, graph.edges()).unwrap();
        let exact = brute_force(&p[..n], |up| {
            let kept: Vec<(usize, usize)> = graph.edges().iter().copied().filter(|(a, b)| up(*a) && up(*b)).collect();
            up(0) && Graph::new(n, &kept).reachable(0, None)[n - 1]
        });
        prop_assert!((network.availability(&p[..n], 0, n - 1).unwrap() - exact).abs() < 1e-9);
    }

    #[test]
    fn the_formulas_are_the_structures(p in shares(6), k in 0_usize..8) {
        let parts = || (0..6).map(Block::Part).collect::<Vec<_>>();
        for (block, formula) in [
            (Block::All(parts()), series(&p)),
            (Block::Any(parts()), parallel(&p)),
            (Block::AtLeast(k, parts()), k_of_n(k, &p)),
        ] {
            prop_assert!((Bdd::new(&block, 6).unwrap().availability(&p).unwrap() - formula).abs() < 1e-9);
        }
    }

    #[test]
    fn phi_grows_with_silence_and_says_when(beats in prop::collection::vec(200_000_u64..3_000_000, 0..150), threshold in 1.0..12.0_f64) {
        for kind in [PhiKind::Akka, PhiKind::Cassandra] {
            let mut detector = Phi::new(kind, threshold, 1_000_000);
            let mut now = 0;
            for beat in &beats {
                detector.heartbeat(now);
                now += beat;
            }
            detector.heartbeat(now);
            let at = detector.suspects_at().unwrap();
            prop_assert!(detector.suspects(at) && !detector.suspects(at - 1));
            let mut last = 0.0;
            for step in 0..40 {
                let phi = detector.phi(now + step * 500_000);
                prop_assert!(phi >= last);
                last = phi;
            }
        }
    }

    #[test]
    fn swim_accuses_nobody_while_all_is_well(members in 0_usize..12, seed: u64, round_robin: bool) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut swim = Swim::new(members, SwimTuning { helpers: 3, suspicion_periods: 2, round_robin });
        for _ in 0..20 {
            prop_assert_eq!(swim.period(&mut rng, |_, _| true), []);
        }
    }

    #[test]
    fn leases_never_overlap_and_epochs_only_grow(asks in prop::collection::vec((0_u32..4, 0_u64..30), 1..80)) {
        let (mut grantor, mut now, mut epoch) = (Grantor::new(20), 0, 0);
        let mut held: Option<(u32, u64)> = None;
        for (who, later) in asks {
            now += later;
            match grantor.ask(who, now) {
                Ok(lease) => {
                    prop_assert!(held.is_none_or(|(other, ends)| other == who || ends <= now), "two leaders");
                    prop_assert!(lease.epoch == epoch || lease.epoch == epoch + 1);
                    // The same holder renews; one that let it run out begins anew.
                    let renewed = held.is_some_and(|(other, ends)| other == who && now < ends);
                    prop_assert_eq!(lease.epoch == epoch, renewed);
                    (held, epoch) = (Some((who, lease.ends_us)), lease.epoch);
                }
                Err(lease) => prop_assert!(lease.holder != who && now < lease.ends_us),
            }
        }
    }

    #[test]
    fn a_fence_admits_tokens_that_never_fall(tokens in prop::collection::vec(0_u64..50, 1..60)) {
        let mut fence = Fence::default();
        let admitted: Vec<u64> = tokens.into_iter().filter(|token| fence.admit(*token)).collect();
        prop_assert!(admitted.is_sorted());
    }

    #[test]
    fn what_all_hold_is_never_lost(deeds in deeds(), members in 2_usize..6) {
        prop_assert!(live(&deeds, members, members).iter().all(|lost| *lost == 0));
        // Two holders suffice against the loss of one: the best of the others is the second.
        prop_assert!(live(&deeds, members, 2).iter().all(|lost| *lost == 0));
    }
}

#[test]
fn asynchronous_replication_can_lose_what_it_acknowledged() {
    let deeds = [Deed::Write, Deed::Copy(1, 0), Deed::Write, Deed::Write, Deed::FailOver];
    assert_eq!(live(&deeds, 2, 1), [2]);
    assert_eq!(live(&deeds, 2, 2), [0]);
}

#[test]
fn what_users_saw_fail_is_not_acknowledged_whatever_becomes_of_it() {
    // Entries that clients wait for, of ten; the others they gave up on. More runs than are kept one by one, too.
    for (entries, waits) in [(10_u64, 3_u64), (10, 1), (3_000, 2), (3_000, 7)] {
        let mut group = Group::new(3, Mode::Async);
        let mut acknowledged = std::collections::BTreeSet::new();
        for entry in 0..entries {
            group.append(0);
            if entry % waits == 0 {
                group.acknowledge(0, entry..entry + 1, 1);
                acknowledged.insert(entry);
            }
            let copied = entry / 2;
            group.copy(0, 1, copied);
            let beyond = acknowledged.range(group.logs()[1].len()..).count() as u64;
            let all = acknowledged.len() as u64;
            assert_eq!(
                (group.acknowledged(), group.lost(&[1]), group.lost(&[2]), group.lost(&[0])),
                (all, beyond, all, 0)
            );
        }
        // Member 2 takes over with nothing, and all follow: what was acknowledged is gone; a write comes after it.
        group.promote(2);
        (0..2).for_each(|m| _ = group.copy(2, m, u64::MAX));
        assert_eq!(group.lost(&[0, 1, 2]), acknowledged.len() as u64);
        group.append(2);
        group.acknowledge(2, 0..1, 1);
        assert_eq!(
            (group.lost(&[2]), group.acknowledged()),
            (acknowledged.len() as u64, acknowledged.len() as u64 + 1)
        );
    }
}

#[test]
fn two_primaries_grow_two_logs_and_one_is_cut_off() {
    let mut group = Group::new(2, Mode::Async);
    (0..5).for_each(|_| _ = group.append(0));
    group.copy(0, 1, 3);
    group.acknowledge(0, 0..5, 1);
    group.promote(1);
    (0..4).for_each(|_| _ = group.append(1));
    (0..2).for_each(|_| _ = group.append(0));
    (0..2).for_each(|m| _ = group.acknowledge(m, 0..7, 1));
    assert_eq!((group.logs()[0].len(), group.logs()[1].len(), group.acknowledged()), (7, 7, 7 + 4));
    // Entries 3 to 6 of epoch 1 are lost, whatever has the same numbers now.
    assert_eq!((group.lost(&[1]), group.lost(&[0, 1])), (4, 0));
    assert_eq!(group.copy(1, 0, u64::MAX), 4);
    assert_eq!(group.logs()[0], group.logs()[1]);
}
