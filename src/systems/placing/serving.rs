//! Who serves which key: exact, over all keys.

use super::{PlacingError, Workload};
use crate::algorithms::placement::{AnyPlacement, Balance, Placement};

/// "No node": the key is unavailable.
pub const NO_NODE: u32 = u32::MAX;

/// A node of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Never used twice, so that colours and moves stay true when others leave.
    pub id: u32,
    /// As the user named it.
    pub name: String,
    /// Its share of the keys, relative to the others.
    pub weight: u32,
    /// Whether it serves.
    pub up: bool,
}

/// The outcome of placing every key.
#[derive(Clone, Debug, Default)]
pub struct Served {
    /// Id of the node that serves each key, or [`NO_NODE`].
    pub owner: Vec<u32>,
    /// Requests per node, in the order of the nodes.
    pub loads: Vec<u64>,
    /// Keys per node, in the order of the nodes.
    pub keys: Vec<u64>,
    /// Keys that no node serves.
    pub unavailable: u64,
    /// Most requests that each node may take; empty without a bound.
    pub capacity: Vec<u64>,
    /// Requests that went past a full node.
    pub spilled: u64,
}

/// Places every key. With failed nodes, a key is served by the first of its `replicas` nodes that is up.
/// Cost: one lookup a key.
///
/// # Errors
/// When it is stopped.
pub fn serve(
    placement: &AnyPlacement,
    nodes: &[Node],
    work: Workload<'_>,
    replicas: usize,
) -> Result<Served, PlacingError> {
    let mut seats = seat_keys(&**placement, nodes, work, replicas)?;
    let mut served = Served { loads: vec![0; nodes.len()], keys: vec![0; nodes.len()], ..Served::default() };
    if let AnyPlacement::Bounded(bounded) = placement {
        let alive: Vec<bool> = nodes.iter().map(|n| n.up).collect();
        let reachable = |key: usize| if seats[key] == NO_NODE { 0 } else { work.requests(key) };
        let demands: Vec<(u64, u64)> = work.hashes.iter().enumerate().map(|(i, h)| (*h, reachable(i))).collect();
        let assignment = bounded.assign_while(&demands, &alive, work.go_on);
        let assignment = assignment.ok_or(PlacingError::Stopped)?;
        for (seat, owner) in seats.iter_mut().zip(&assignment.owner) {
            if let Some(owner) = owner.filter(|_| *seat != NO_NODE) {
                *seat = owner;
            }
        }
        served.loads = assignment.loads;
        served.capacity = assignment.capacity;
        served.spilled = assignment.spilled;
    } else {
        for (key, seat) in seats.iter().enumerate().filter(|(_, seat)| **seat != NO_NODE) {
            served.loads[*seat as usize] += work.requests(key);
        }
    }
    for seat in &mut seats {
        match nodes.get(*seat as usize) {
            Some(node) => {
                served.keys[*seat as usize] += 1;
                *seat = node.id;
            }
            None => served.unavailable += 1,
        }
    }
    served.owner = seats;
    Ok(served)
}

/// The index of the node that serves each key, or [`NO_NODE`].
fn seat_keys(
    placement: &dyn Placement,
    nodes: &[Node],
    Workload { hashes, go_on, .. }: Workload<'_>,
    replicas: usize,
) -> Result<Vec<u32>, PlacingError> {
    let up = |index: u32| nodes.get(index as usize).is_some_and(|n| n.up);
    let all_up = nodes.iter().all(|n| n.up);
    let mut successors = Vec::new();
    let mut seat = |hash: &u64| match placement.owner(*hash) {
        Some(owner) if all_up || up(owner) => owner,
        Some(_) if replicas > 1 => {
            placement.successors(*hash, replicas, &mut successors);
            successors.iter().copied().find(|i| up(*i)).unwrap_or(NO_NODE)
        }
        _ => NO_NODE,
    };
    let mut seats = Vec::with_capacity(hashes.len());
    // So few that a look at all nodes for each, as rendezvous does, takes no longer than a blink.
    for some in hashes.chunks(256) {
        if !go_on() {
            return Err(PlacingError::Stopped);
        }
        seats.extend(some.iter().map(&mut seat));
    }
    Ok(seats)
}

/// Balance of the nodes that are up; zeros when none is.
pub fn balance(nodes: &[Node], loads: &[u64]) -> Balance {
    let up = nodes.iter().zip(loads).filter(|(node, _)| node.up);
    Balance::of(&up.map(|(node, load)| (node.weight, *load)).collect::<Vec<_>>())
}
