//! Properties of load balancing, by proptest.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use scalelab::algorithms::balance::{
    Algorithm, Balancer, Health, Outliers, Ready, RetryBudget, RoundRobin, RouteError, Routes, Sessions,
    SmoothWeighted, Vrrp, Why, bounded_cap, slow_start,
};
use scalelab::algorithms::queueing::theory;
use strum::VariantArray as _;

fn weights() -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(prop_oneof![1 => Just(0_u32), 4 => 1_u32..6], 1..12)
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Pick(u64),
    Done(usize),
    Share(usize, u32),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        5 => any::<u64>().prop_map(Act::Pick),
        3 => (0_usize..12).prop_map(Act::Done),
        1 => (0_usize..12, prop_oneof![Just(0_u32), Just(10), Just(100)]).prop_map(|(s, p)| Act::Share(s, p)),
    ];
    prop::collection::vec(act, 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_algorithm_picks_who_is_ready_and_keeps_its_word(weights in weights(), acts in acts(), seed in any::<u64>()) {
        for algorithm in Algorithm::VARIANTS.iter().copied() {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let mut balancer = Balancer::new(algorithm, &weights, seed).unwrap();
            let mut shares = vec![100_u32; weights.len()];
            let mut active = vec![0_u32; weights.len()];
            for (now, act) in (0_u64..).zip(&acts) {
                let effective = |i: usize, shares: &[u32]| weights[i] * shares[i];
                match *act {
                    Act::Share(server, percent) if server < weights.len() => {
                        shares[server] = percent;
                        balancer.set_share(server, percent);
                    }
                    Act::Done(server) if server < weights.len() && active[server] > 0 => {
                        active[server] -= 1;
                        balancer.done(server, now, (server % 2 == 0).then_some(50));
                    }
                    Act::Pick(client) => {
                        let ready: Vec<usize> = (0..weights.len()).filter(|i| effective(*i, &shares) > 0).collect();
                        let Some(choice) = balancer.pick(client, now, &mut random) else {
                            prop_assert!(ready.is_empty(), "{algorithm:?} finds nobody");
                            continue;
                        };
                        prop_assert!(ready.contains(&choice.server));
                        let key = |i: usize| match active[i] {
                            0 => 0.0,
                            n => f64::from(n + 1) / f64::from(effective(i, &shares)),
                        };
                        match choice.why {
                            Why::Fewest { active: n, spared } => {
                                prop_assert_eq!(n, active[choice.server]);
                                let less = ready.iter().filter(|i| key(**i) + 1e-6 < key(choice.server));
                                prop_assert!(less.clone().all(|i| shares[*i] < 100) && less.count() <= spared as usize);
                            }
                            Why::FewerOfTwo { active: n, other: Some((other, m)) } => {
                                prop_assert!(other != choice.server && n <= m && m == active[other]);
                            }
                            Why::CheaperOfTwo { load, other: Some((other, more)), spared } => {
                                prop_assert!((spared && shares[other] < 100) || load <= more);
                            }
                            Why::Room { cap, .. } => {
                                let all: u64 = ready.iter().map(|i| u64::from(active[*i])).sum::<u64>() + 1;
                                let total: u64 = ready.iter().map(|i| u64::from(effective(*i, &shares))).sum();
                                prop_assert_eq!(cap, bounded_cap(125, all, effective(choice.server, &shares), total));
                                prop_assert!(u64::from(active[choice.server]) < cap, "cap exceeded");
                            }
                            _ => {}
                        }
                        balancer.sent(choice.server);
                        active[choice.server] += 1;
                    }
                    _ => {}
                }
                for (i, n) in active.iter().enumerate() {
                    prop_assert_eq!(balancer.active(i), *n);
                }
            }
        }
    }

    #[test]
    fn rotations_are_exact(weights in weights(), rounds in 1_usize..5) {
        let ready = Ready::new(&weights);
        let total: u32 = weights.iter().sum();
        let (mut robin, mut smooth) = (RoundRobin::default(), SmoothWeighted::new(&weights));
        let mut turns = vec![0_usize; weights.len()];
        (0..rounds * ready.list().len()).filter_map(|_| robin.pick(&ready)).for_each(|i| turns[i] += 1);
        for (turns, weight) in turns.iter().zip(&weights) {
            prop_assert_eq!(*turns, if *weight > 0 { rounds } else { 0 });
        }
        let mut turns = vec![0_u32; weights.len()];
        (0..rounds as u32 * total).filter_map(|_| smooth.pick()).for_each(|i| turns[i] += 1);
        for (turns, weight) in turns.iter().zip(&weights) {
            prop_assert_eq!(*turns, *weight * rounds as u32);
        }
        prop_assert!(smooth.state().iter().all(|s| *s == 0));
    }

    #[test]
    fn smooth_rotation_has_the_order_of_nginx(
        weights in prop::collection::vec(prop_oneof![1 => Just(0_u32), 4 => 1_u32..4, 1 => 1_u32..100_000], 1..30),
        acts in prop::collection::vec((0_usize..30, prop_oneof![Just(0_u32), 1_u32..4, 1_u32..100_000], 0_u8..12), 0..200),
    ) {
        // nginx as it is written: every server gains its weight, the first of the most pays the sum.
        let (mut weights, mut current) = (weights.clone(), vec![0_i64; weights.len()]);
        let mut smooth = SmoothWeighted::new(&weights);
        for (server, weight, act) in acts {
            match act {
                0 if server < weights.len() => {
                    weights[server] = weight;
                    smooth.set_weight(server, weight);
                }
                1 if server < weights.len() => {
                    current[server] = 0;
                    smooth.forget(server);
                }
                _ => {
                    let mut best: Option<usize> = None;
                    for i in (0..weights.len()).filter(|i| weights[*i] > 0) {
                        current[i] += i64::from(weights[i]);
                        if best.is_none_or(|b| current[i] > current[b]) {
                            best = Some(i);
                        }
                    }
                    if let Some(i) = best {
                        current[i] -= weights.iter().map(|w| i64::from(*w)).sum::<i64>();
                    }
                    prop_assert_eq!(smooth.pick(), best);
                }
            }
            prop_assert_eq!(&smooth.state(), &current);
        }
    }

    #[test]
    fn a_hash_keeps_its_server_and_a_ring_moves_only_what_it_must(clients in prop::collection::vec(any::<u64>(), 1..60), gone in 0_usize..6) {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        for algorithm in [Algorithm::SourceHash, Algorithm::ConsistentHash] {
            let mut balancer = Balancer::new(algorithm, &[1; 6], 3).unwrap();
            let mut all = |balancer: &mut Balancer| -> Vec<usize> {
                clients.iter().map(|c| balancer.pick(*c, 0, &mut random).unwrap().server).collect()
            };
            let before = all(&mut balancer);
            prop_assert_eq!(&before, &all(&mut balancer));
            balancer.set_share(gone, 0);
            let without = all(&mut balancer);
            prop_assert!(without.iter().all(|s| *s != gone));
            if algorithm == Algorithm::ConsistentHash {
                prop_assert!(before.iter().zip(&without).all(|(b, w)| b == w || *b == gone));
            }
            balancer.set_share(gone, 100);
            prop_assert_eq!(&before, &all(&mut balancer));
        }
    }

    #[test]
    fn draws_follow_the_weights(weights in weights(), seed in any::<u64>()) {
        let ready = Ready::new(&weights);
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        for _ in 0..50 {
            let Some((a, b)) = ready.draw_two(&mut random) else {
                prop_assert!(ready.list().is_empty());
                break;
            };
            prop_assert!(ready.takes(a) && ready.takes(b));
            prop_assert_eq!(a == b, ready.list().len() == 1);
        }
        let tickets: Vec<usize> = (0..ready.total()).map(|t| ready.at_ticket(t)).collect();
        for (server, weight) in weights.iter().enumerate() {
            prop_assert_eq!(tickets.iter().filter(|s| **s == server).count(), *weight as usize);
        }
    }

    #[test]
    fn health_needs_its_checks_in_a_row(results in prop::collection::vec(any::<bool>(), 0..60), rise in 0_u32..5, fall in 0_u32..5) {
        let mut health = Health::new(rise, fall);
        let mut run = (true, 0_u32);
        for passed in results {
            run = if passed == run.0 { (passed, run.1 + 1) } else { (passed, 1) };
            let before = health.up();
            let changed = health.check(passed);
            prop_assert_eq!(changed.is_some(), before != health.up());
            if changed.is_some() {
                let needed = if passed { rise } else { fall };
                prop_assert!(health.up() == passed && run.1 >= needed.max(1));
            }
        }
    }

    #[test]
    fn outliers_never_empty_the_house(results in prop::collection::vec((0_usize..10, any::<bool>(), 0_u64..50), 0..200), percent in 0_u32..=100) {
        let mut outliers = Outliers::new(10, 3, 100, percent);
        let mut now = 0;
        for (server, passed, gap) in results {
            now += gap;
            if let Some(until) = outliers.result(server, passed, now) {
                prop_assert!(!passed && until > now && outliers.ejected(server));
            }
            let out = (0..10).filter(|s| outliers.ejected(*s)).count();
            prop_assert!(out <= (percent as usize / 10).max(1));
            while outliers.returning(now).is_some() {}
        }
    }

    #[test]
    fn retries_stay_within_the_budget(gaps in prop::collection::vec(0_u64..2_000_000, 1..300), percent in 0_u32..50, reserve in 0_u32..20) {
        let mut budget = RetryBudget::new(percent, reserve);
        let (mut now, mut granted) = (0_u64, 0_u64);
        for (requests, gap) in (1_u64..).zip(gaps) {
            now += gap;
            budget.deposit();
            granted += u64::from(budget.withdraw(now)) + u64::from(budget.withdraw(now));
            let allowed = requests as f64 * f64::from(percent) / 100.0
                + f64::from(reserve) * (1.0 + now as f64 / 1e6) + 1e-9;
            prop_assert!(granted as f64 <= allowed, "{granted} of {allowed}");
        }
    }

    #[test]
    fn sessions_are_bounded_and_true(sticks in prop::collection::vec((0_u32..40, 0_u32..5), 0..120), most in 0_usize..20) {
        let mut sessions = Sessions::new(most, 1_000);
        let mut told = BTreeMap::new();
        for (client, server) in sticks {
            sessions.stick(client, server, 0);
            told.insert(client, server);
            prop_assert!(sessions.len() <= most);
            prop_assert!(most == 0 || sessions.server(client) == Some(server));
        }
        prop_assert!((0..40).all(|c| sessions.server(c).is_none_or(|s| told.get(&c) == Some(&s))));
        sessions.forget_server(2);
        prop_assert!((0..40).all(|c| sessions.server(c) != Some(2)));
        sessions.end(999);
        let sum: usize = (0..5).map(|s| sessions.of_server(s)).sum();
        prop_assert_eq!(sum, sessions.len());
        sessions.end(1_000);
        prop_assert!(sessions.is_empty());
    }

    #[test]
    fn routes_never_run_in_a_circle(rules in prop::collection::vec((0_usize..6, 0_usize..9), 0..40), paths in prop::collection::vec("/[a-c/]{0,6}", 1..8)) {
        let prefixes = ["/", "/a", "/b", "/a/b", "/c", "/b/c"];
        let targets = ["web", "app", "img", "/", "/a", "/b", "/a/b", "/c", "/b/c"];
        let mut routes = Routes::default();
        for (prefix, target) in rules {
            let before = routes.clone();
            match routes.set(prefixes[prefix], targets[target]) {
                Ok(()) => {}
                Err(error) => {
                    prop_assert_eq!(&before, &routes);
                    prop_assert!(matches!(error, RouteError::Cycle(_) | RouteError::Dangling(_)));
                }
            }
        }
        for path in &paths {
            // It ends, and it ends at a pool.
            prop_assert!(routes.pool(path).is_none_or(|pool| !pool.starts_with('/')));
        }
    }

    #[test]
    fn one_master_at_most_and_one_in_the_end(events in prop::collection::vec((0_usize..3, any::<bool>(), 0_u64..3_000_000), 0..30)) {
        let mut group = Vrrp::new(&[200, 150, 100], 1_000_000);
        let mut now = 0;
        for (balancer, up, gap) in events {
            now += gap;
            group.advance(now);
            group.set_up(balancer, up, now);
            prop_assert!(group.master().is_none_or(|m| group.up(m)));
        }
        // Within two waits, the best one that is up holds the address.
        for _ in 0..2 {
            now += 4_000_000;
            group.advance(now);
        }
        prop_assert_eq!(group.master(), (0..3).find(|i| group.up(*i)));
    }

    #[test]
    fn slow_start_grows(window in 0_u64..60_000_000, least in 0_u32..=100) {
        let shares: Vec<u32> = (0..=20).map(|i| slow_start(window * i / 20, window, least)).collect();
        prop_assert!(shares.windows(2).all(|w| w[0] <= w[1]) && shares[20] == 100 && shares[0] >= least);
    }

    #[test]
    fn formulas_agree_where_they_meet(load in 0.01_f64..0.98, servers in 1_u32..60) {
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-6 * b.abs().max(1.0);
        // One server: Erlang C is ρ, and M/M/c is M/M/1.
        prop_assert!(close(theory::erlang_c(1, load), load));
        prop_assert!(close(1.0 + theory::mmc_wait(1, load, 1.0).unwrap(), theory::mm1_time(load, 1.0).unwrap()));
        // One stage of arrivals: E_1/M/1 is M/M/1. More stages wait less, one queue waits least.
        let time = |k: u32| theory::erlang_arrivals_time(k, load, 1.0).unwrap();
        prop_assert!(close(time(1), theory::mm1_time(load, 1.0).unwrap()));
        prop_assert!(time(servers + 1) <= time(servers) + 1e-9);
        let one_queue = 1.0 + theory::mmc_wait(servers, load * f64::from(servers), 1.0).unwrap();
        prop_assert!(one_queue <= time(servers) + 1e-9, "{} {}", one_queue, time(servers));
        // More choices, shorter waits.
        let of = |d: u32| theory::supermarket_time(d, load, 1.0).unwrap();
        prop_assert!(of(2) <= of(1) && of(3) <= of(2) && of(3) >= 1.0);
        // The share that waits grows with the load.
        let a = load * f64::from(servers);
        prop_assert!(theory::erlang_b(servers, a) <= theory::erlang_c(servers, a) + 1e-12);
    }
}
