//! Who serves which key: exact, over all keys.

use std::collections::BTreeMap;

use super::keys::{BUCKETS, KeySet, bucket};
use super::placer::Placer;
use crate::algorithms::placement::Placement;
use crate::engine::{ModelError, interrupt};

/// "No node": the key is unavailable.
pub const NOBODY: u32 = u32::MAX;
/// Most moved keys that are remembered one by one, for the picture.
const SAMPLE: u64 = 240;

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

/// Requests per key; without one, every key is asked for once.
#[derive(Clone, Debug)]
pub struct Traffic {
    cumulative: Vec<u64>,
    /// Sum of the squared shares of the keys.
    pub concentration: f64,
}

impl Traffic {
    /// Ten requests a key on average, key number `i` as often as `1 / i^exponent` says (Zipf).
    pub fn zipf(keys: usize, exponent: f64) -> Result<Self, ModelError> {
        let weight = |rank: usize| {
            interrupt::check_at(rank as u64)?;
            Ok((rank as f64).powf(-exponent))
        };
        let weights = (1..=keys).map(weight).collect::<Result<Vec<f64>, ModelError>>()?;
        let sum: f64 = weights.iter().sum();
        let total = keys as f64 * 10.0;
        let mut running = 0.0;
        let mut cumulative: Vec<u64> = Vec::with_capacity(keys);
        for weight in weights {
            running += weight;
            cumulative.push((total * (running / sum)).round() as u64);
        }
        let mut traffic = Self { cumulative, concentration: 0.0 };
        let share = |key: usize| traffic.of(key) as f64 / traffic.total().max(1) as f64;
        traffic.concentration = (0..keys).map(|key| share(key).powi(2)).sum();
        Ok(traffic)
    }

    /// Requests for one key.
    pub fn of(&self, key: usize) -> u64 {
        let before = key.checked_sub(1).map_or(0, |i| self.cumulative[i]);
        self.cumulative[key] - before
    }

    /// Requests in all.
    pub fn total(&self) -> u64 {
        self.cumulative.last().copied().unwrap_or(0)
    }

    /// The key that request number `request` (of the total) asks for.
    pub fn key_of(&self, request: u64) -> usize {
        self.cumulative.partition_point(|c| *c <= request).min(self.cumulative.len().saturating_sub(1))
    }
}

/// The keys that are placed and how often each is asked for.
#[derive(Clone, Copy)]
pub struct Workload<'a> {
    /// Hashes of the keys.
    pub hashes: &'a [u64],
    /// Requests per key, if not all alike.
    pub traffic: Option<&'a Traffic>,
}

impl<'a> Workload<'a> {
    /// All keys of a set.
    pub fn new(keys: &'a KeySet, traffic: Option<&'a Traffic>) -> Self {
        Self { hashes: keys.hashes(), traffic }
    }

    /// The first `count` keys.
    pub fn first(self, count: usize) -> Self {
        Self { hashes: &self.hashes[..count.min(self.hashes.len())], ..self }
    }

    fn requests(&self, key: usize) -> u64 {
        self.traffic.map_or(1, |t| t.of(key))
    }
}

/// The outcome of placing every key.
#[derive(Clone, Debug, Default)]
pub struct Served {
    /// Id of the node that serves each key, or [`NOBODY`].
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
pub fn serve(placer: &Placer, nodes: &[Node], work: Workload<'_>, replicas: usize) -> Result<Served, ModelError> {
    let placement = placer.placement();
    let mut seats = seat_keys(placement, nodes, work.hashes, replicas)?;
    let mut served = Served { loads: vec![0; nodes.len()], keys: vec![0; nodes.len()], ..Served::default() };
    if let Placer::Bounded(bounded) = placer {
        let alive: Vec<bool> = nodes.iter().map(|n| n.up).collect();
        let reachable = |key: usize| if seats[key] == NOBODY { 0 } else { work.requests(key) };
        let demands: Vec<(u64, u64)> = work.hashes.iter().enumerate().map(|(i, h)| (*h, reachable(i))).collect();
        let assignment = bounded.assign_while(&demands, &alive, || !interrupt::requested());
        let assignment = assignment.ok_or_else(interrupt::stopped)?;
        for (seat, owner) in seats.iter_mut().zip(&assignment.owner) {
            if let Some(owner) = owner.filter(|_| *seat != NOBODY) {
                *seat = owner;
            }
        }
        served.loads = assignment.loads;
        served.capacity = assignment.capacity;
        served.spilled = assignment.spilled;
    } else {
        for (key, seat) in seats.iter().enumerate().filter(|(_, seat)| **seat != NOBODY) {
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

/// The index of the node that serves each key, or [`NOBODY`].
fn seat_keys(
    placement: &dyn Placement,
    nodes: &[Node],
    hashes: &[u64],
    replicas: usize,
) -> Result<Vec<u32>, ModelError> {
    let up = |index: u32| nodes.get(index as usize).is_some_and(|n| n.up);
    let all_up = nodes.iter().all(|n| n.up);
    let mut successors = Vec::new();
    let mut seat = |hash: &u64| match placement.owner(*hash) {
        Some(owner) if all_up || up(owner) => owner,
        Some(_) if replicas > 1 => {
            placement.successors(*hash, replicas, &mut successors);
            successors.iter().copied().find(|i| up(*i)).unwrap_or(NOBODY)
        }
        _ => NOBODY,
    };
    let mut seats = Vec::with_capacity(hashes.len());
    // So few that a look at all nodes for each, as rendezvous does, takes no longer than a blink.
    for some in hashes.chunks(256) {
        interrupt::check()?;
        seats.extend(some.iter().map(&mut seat));
    }
    Ok(seats)
}

/// One key that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Index of the key.
    pub key: u32,
    /// Its hash.
    pub hash: u64,
    /// Id of the node that served it.
    pub from: u32,
    /// Id of the node that serves it now.
    pub to: u32,
}

/// What changed between two outcomes.
#[derive(Clone, Debug, Default)]
pub struct Moves {
    /// Keys served by another node than before.
    pub moved: u64,
    /// Keys that nobody serves any more.
    pub lost: u64,
    /// Keys that nobody served and somebody does now.
    pub regained: u64,
    /// Moved keys by (from, to).
    pub flows: BTreeMap<(u32, u32), u64>,
    /// Moved keys in each of [`BUCKETS`] stretches of the hash space.
    pub density: Vec<u32>,
    /// Some of the moved keys, evenly picked.
    pub sample: Vec<Move>,
}

impl Moves {
    /// Compares two outcomes over the same keys.
    pub fn between(before: &[u32], after: &[u32], hashes: &[u64]) -> Result<Self, ModelError> {
        let mut moves = Self { density: vec![0; BUCKETS], ..Self::default() };
        let changed = || before.iter().zip(after).zip(hashes).enumerate().filter(|(_, ((from, to), _))| from != to);
        for (turn, (_, ((from, to), hash))) in (0..).zip(changed()) {
            interrupt::check_at(turn)?;
            match (*from, *to) {
                (NOBODY, _) => moves.regained += 1,
                (_, NOBODY) => moves.lost += 1,
                flow => {
                    moves.moved += 1;
                    *moves.flows.entry(flow).or_default() += 1;
                    moves.density[bucket(*hash)] += 1;
                }
            }
        }
        let stride = (moves.moved / SAMPLE).max(1) as usize;
        let sample = changed().filter(|(_, ((from, to), _))| **from != NOBODY && **to != NOBODY).step_by(stride);
        moves.sample = sample
            .map(|(key, ((from, to), hash))| Move { key: key as u32, hash: *hash, from: *from, to: *to })
            .collect();
        Ok(moves)
    }

    /// Keys that moved to this node.
    pub fn arrived(&self, id: u32) -> u64 {
        self.flows.iter().filter(|((_, to), _)| *to == id).map(|(_, n)| n).sum()
    }
}

/// Keys that would have moved, without keeping which.
pub fn count_moved(before: &[u32], after: &[u32]) -> u64 {
    before.iter().zip(after).filter(|(a, b)| a != b && **a != NOBODY && **b != NOBODY).count() as u64
}

/// How evenly loads are spread, each against its node's fair share.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Balance {
    /// The most loaded node over its fair share.
    pub max_over_mean: f64,
    /// Standard deviation of load over fair share.
    pub spread: f64,
}

/// Balance of the nodes that are up; zeros when none is.
pub fn balance(nodes: &[Node], loads: &[u64]) -> Balance {
    let up: Vec<(f64, f64)> =
        nodes.iter().zip(loads).filter(|(n, _)| n.up).map(|(n, l)| (f64::from(n.weight), *l as f64)).collect();
    let (weights, total) = up.iter().fold((0.0, 0.0), |(w, l), (weight, load)| (w + weight, l + load));
    if total == 0.0 || weights == 0.0 {
        return Balance::default();
    }
    let ratios: Vec<f64> = up.iter().map(|(weight, load)| load / (total * weight / weights)).collect();
    let variance = ratios.iter().map(|r| (r - 1.0).powi(2)).sum::<f64>() / ratios.len() as f64;
    Balance { max_over_mean: ratios.iter().copied().fold(0.0, f64::max), spread: variance.sqrt() }
}
