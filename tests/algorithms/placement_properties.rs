//! What must hold for every group of members and every key.

use proptest::prelude::*;
use scalelab::algorithms::hash::key_hash;
use scalelab::algorithms::placement::{BoundedRing, Jump, Maglev, Member, Modulo, Placement, Rendezvous, Ring, theory};

/// A few members with weights; names differ.
fn members(most: usize) -> impl Strategy<Value = Vec<Member>> {
    prop::collection::vec(1_u32..4, 1..most)
        .prop_map(|weights| (0..).zip(weights).map(|(i, weight)| Member::new(format!("node-{i}"), weight)).collect())
}

fn keys(count: u64) -> impl Iterator<Item = u64> {
    (0..count).map(|i| key_hash(99, &i.to_le_bytes()))
}

fn without(members: &[Member], index: usize) -> Vec<Member> {
    let mut rest = members.to_vec();
    rest.remove(index);
    rest
}

fn name(placement: &dyn Placement, key: u64) -> Option<String> {
    placement.owner(key).map(|index| placement.members()[index as usize].name.clone())
}

/// Going from `less` to `more`, which has `joining` on top, keys only move to `joining`.
fn assert_only_due_keys_move(less: &dyn Placement, more: &dyn Placement, joining: &str) {
    for key in keys(300) {
        let (before, after) = (name(less, key), name(more, key));
        assert!(after == before || after.as_deref() == Some(joining), "key {key}: {before:?} to {after:?}");
    }
}

#[expect(clippy::unwrap_used, reason = "a test helper; these members and sizes always work")]
fn every_placement(members: &[Member], seed: u64) -> Vec<Box<dyn Placement>> {
    vec![
        Box::new(Ring::new(members, 20, seed).unwrap()),
        Box::new(BoundedRing::new(members, 20, seed, 125).unwrap()),
        Box::new(Modulo::new(members)),
        Box::new(Jump::new(members)),
        Box::new(Rendezvous::new(members, seed)),
        Box::new(Maglev::new(members, 251, seed).unwrap()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn only_due_keys_move(group in members(12), which in any::<prop::sample::Index>(), seed: u64) {
        let index = which.index(group.len());
        let (rest, joining) = (without(&group, index), group[index].name.clone());
        let ring = |of: &[Member]| Ring::new(of, 20, seed).unwrap();
        assert_only_due_keys_move(&ring(&rest), &ring(&group), &joining);
        let rendezvous = |of: &[Member]| Rendezvous::new(of, seed);
        assert_only_due_keys_move(&rendezvous(&rest), &rendezvous(&group), &joining);
        // Jump hash only lets the last one join or leave.
        let last = group.len() - 1;
        assert_only_due_keys_move(&Jump::new(&group[..last]), &Jump::new(&group), &group[last].name);
    }

    #[test]
    fn heavier_members_lose_no_keys(group in members(8), which in any::<prop::sample::Index>(), seed: u64) {
        let index = which.index(group.len());
        let mut heavier = group.clone();
        heavier[index].weight += 1;
        let grown = heavier[index].name.clone();
        let ring = |of: &[Member]| Ring::new(of, 20, seed).unwrap();
        assert_only_due_keys_move(&ring(&group), &ring(&heavier), &grown);
        let rendezvous = |of: &[Member]| Rendezvous::new(of, seed);
        assert_only_due_keys_move(&rendezvous(&group), &rendezvous(&heavier), &grown);
    }

    #[test]
    fn add_and_remove_equal_a_new_ring(group in members(12), which in any::<prop::sample::Index>(),
                                       virtual_nodes in 1_u32..40, seed: u64) {
        let mut ring = Ring::new(&[], virtual_nodes, seed).unwrap();
        for member in &group {
            ring.add(member.clone()).unwrap();
        }
        prop_assert_eq!(&ring, &Ring::new(&group, virtual_nodes, seed).unwrap());
        let index = which.index(group.len());
        ring.remove(index as u32);
        prop_assert_eq!(ring, Ring::new(&without(&group, index), virtual_nodes, seed).unwrap());
    }

    #[test]
    fn ring_finds_the_first_point_at_or_after(group in members(6), virtual_nodes in 1_u32..200, seed: u64, any: u64) {
        let ring = Ring::new(&group, virtual_nodes, seed).unwrap();
        let points: Vec<(u64, u32)> = ring.iter().collect();
        prop_assert!(points.is_sorted());
        let near = points.iter().flat_map(|point| [point.0.wrapping_sub(1), point.0, point.0.wrapping_add(1)]);
        for key in near.chain([0, u64::MAX, any]) {
            let expected = points.iter().position(|point| point.0 >= key).unwrap_or(0);
            prop_assert_eq!(ring.point_at_or_after(key), Some(expected));
            prop_assert_eq!(ring.owner(key), Some(points[expected].1));
            prop_assert!(ring.lookup_steps(key) >= 1);
        }
    }

    #[test]
    fn successors_are_distinct_and_start_with_the_owner(group in members(40), seed: u64, key: u64, n in 0_usize..45) {
        for placement in every_placement(&group, seed) {
            let mut order = vec![7; 3];
            placement.successors(key, n, &mut order);
            prop_assert_eq!(order.len(), n.min(group.len()));
            prop_assert!(order.iter().all(|&member| (member as usize) < group.len()));
            if n > 0 {
                prop_assert_eq!(order.first().copied(), placement.owner(key));
            }
            let mut sorted = order.clone();
            sorted.sort_unstable();
            sorted.dedup();
            prop_assert_eq!(sorted.len(), order.len());
            let mut longer = Vec::new();
            placement.successors(key, n + 1, &mut longer);
            prop_assert!(longer.starts_with(&order), "asking for more keeps the order");
        }
    }

    #[test]
    fn without_its_owner_a_key_goes_to_its_next_successor(group in members(10), seed: u64, key: u64) {
        let both = |of: &[Member]| -> [Box<dyn Placement>; 2] {
            [Box::new(Ring::new(of, 20, seed).unwrap()), Box::new(Rendezvous::new(of, seed))]
        };
        for (which, placement) in both(&group).iter().enumerate() {
            let mut order = Vec::new();
            placement.successors(key, 2, &mut order);
            if let [owner, next] = order[..] {
                let rest = without(&group, owner as usize);
                prop_assert_eq!(name(&*both(&rest)[which], key), Some(group[next as usize].name.clone()));
            }
        }
    }

    #[test]
    fn bounds_hold(group in members(12), percent in 101_u32..300, seed: u64,
                   demands in prop::collection::vec((any::<u64>(), 0_u64..50), 0..200),
                   alive in prop::collection::vec(any::<bool>(), 12)) {
        let ring = BoundedRing::new(&group, 10, seed, percent).unwrap();
        let alive = &alive[..group.len()];
        let result = ring.assign(&demands, alive);
        let (owner, loads, spilled) = one_at_a_time(&ring, &demands, alive, &result.capacity);
        prop_assert_eq!(&result.owner, &owner);
        prop_assert_eq!(&result.loads, &loads);
        prop_assert_eq!(result.spilled, spilled);
        let requests: u64 = demands.iter().map(|demand| demand.1).sum();
        let placed = if alive.contains(&true) { requests } else { 0 };
        prop_assert_eq!(result.loads.iter().sum::<u64>(), placed);
        let weight: u64 = group.iter().zip(alive).filter(|(_, alive)| **alive).map(|(m, _)| u64::from(m.weight)).sum();
        for (i, member) in group.iter().enumerate() {
            prop_assert!(result.loads[i] <= result.capacity[i]);
            let bound = u64::from(percent) * requests * u64::from(member.weight);
            prop_assert_eq!(result.capacity[i], if alive[i] { bound.div_ceil(100 * weight) } else { 0 });
        }
    }

    #[test]
    fn maglev_fills_its_table_fairly(group in members(20), seed: u64) {
        let maglev = Maglev::new(&group, 2003, seed).unwrap();
        let weight: u32 = group.iter().map(|member| member.weight).sum();
        for (i, member) in (0..).zip(&group) {
            let owned = maglev.table().iter().filter(|&&owner| owner == i).count() as f64;
            let due = 2003.0 * f64::from(member.weight) / f64::from(weight);
            // All take an entry in the first round, so light ones are up to one ahead, at the cost of the
            // heaviest: less than its weight, 3. The last round may stop anywhere.
            prop_assert!((owned - due).abs() <= 4.0, "{owned} of {due}");
        }
    }
}

type Slow = (Vec<Option<u32>>, Vec<u64>, u64);

/// Bounded loads as plainly as can be: each request walks the list of all successors.
fn one_at_a_time(ring: &BoundedRing, demands: &[(u64, u64)], alive: &[bool], capacity: &[u64]) -> Slow {
    let mut loads = vec![0; alive.len()];
    let (mut owners, mut spilled) = (Vec::new(), 0);
    let mut order = Vec::new();
    for &(key, requests) in demands {
        ring.successors(key, alive.len(), &mut order);
        order.retain(|&member| alive[member as usize]);
        let mut owner = order.first().copied();
        for request in 0..requests {
            let Some(&member) = order.iter().find(|&&m| loads[m as usize] < capacity[m as usize]) else { break };
            loads[member as usize] += 1;
            spilled += u64::from(Some(member) != order.first().copied());
            if request == 0 {
                owner = Some(member);
            }
        }
        owners.push(owner);
    }
    (owners, loads, spilled)
}

#[test]
fn weights_are_honoured() {
    let group: Vec<Member> = (1..=4).map(|weight| Member::new(format!("w{weight}"), weight)).collect();
    let placements: [Box<dyn Placement>; 3] = [
        Box::new(Ring::new(&group, 2000, 3).unwrap()),
        Box::new(Rendezvous::new(&group, 3)),
        Box::new(Maglev::new(&group, 65537, 3).unwrap()),
    ];
    for placement in &placements {
        let mut owned = [0.0; 4];
        keys(40_000).for_each(|key| owned[placement.owner(key).unwrap() as usize] += 1.0 / 40_000.0);
        for (share, weight) in owned.iter().zip(1_u32..) {
            assert!((share - f64::from(weight) / 10.0).abs() < 0.02, "weight {weight} got {share}");
        }
    }
}

#[test]
fn maglev_moves_little_more_than_it_must() {
    let group: Vec<Member> = (0..21).map(|i| Member::new(format!("node-{i}"), 1)).collect();
    let (before, after) = (Maglev::new(&group[..20], 65537, 0).unwrap(), Maglev::new(&group, 65537, 0).unwrap());
    let moved = before.table().iter().zip(after.table()).filter(|(old, new)| old != new).count() as f64 / 65537.0;
    let due = theory::moved_on_join(20, 1);
    assert!(moved >= due - 0.001 && moved < due + 0.1, "moved {moved}, due {due}");
}

#[test]
fn many_demands_for_one_key_are_placed_quickly() {
    // Quadratic walks over the ring would take minutes here.
    let group: Vec<Member> = (0..200).map(|i| Member::new(format!("node-{i}"), 1)).collect();
    let ring = BoundedRing::new(&group, 100, 0, 101).unwrap();
    let result = ring.assign(&vec![(5, 1); 200_000], &[true; 200]);
    assert_eq!(result.loads.iter().sum::<u64>(), 200_000);
    assert_eq!(result.capacity, [1010; 200]);
    assert_eq!(result.spilled, 200_000 - 1010);
}
