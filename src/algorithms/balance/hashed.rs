//! By hash: the same client, the same server.

use super::Ready;
use crate::algorithms::hash::key_hash;
use crate::algorithms::placement::{Placement, Ring};

/// The server of a source by HAProxy's rule: hash mod total weight, each server owning as many numbers as it
/// weighs. When the servers change, most sources move. O(log servers). Source: HAProxy, `lb_map.c`.
///
/// ```
/// use scalelab::algorithms::balance::{Ready, source_index};
/// let ready = Ready::new(&[2, 1]);
/// assert_eq!([3, 4, 5].map(|hash| source_index(&ready, hash)), [Some(0), Some(0), Some(1)]);
/// ```
#[must_use]
pub fn source_index(ready: &Ready, hash: u64) -> Option<usize> {
    (ready.total() > 0).then(|| ready.at_ticket(hash % ready.total()))
}

/// The most active requests that a server may have under bounded load: ⌈c·m·w/W⌉, where c is `percent`/100, m the
/// active requests with the new one, w its weight and W that of all.
///
/// Sources: Mirrokni, Thorup and Zadimoghaddam, 2016; HAProxy's `hash-balance-factor`.
///
/// ```
/// use scalelab::algorithms::balance::bounded_cap;
/// assert_eq!(bounded_cap(125, 10, 1, 4), 4); // 1.25 · 10/4 = 3.125
/// ```
#[must_use]
pub fn bounded_cap(percent: u32, active: u64, weight: u32, total: u64) -> u64 {
    if total == 0 {
        return 0;
    }
    let most = u128::from(active) * u128::from(percent) * u128::from(weight);
    u64::try_from(most.div_ceil(100 * u128::from(total))).unwrap_or(u64::MAX)
}

/// The server of a source while some are in slow start. Sources are dealt out by the full weights, so that a share that
/// grows moves nobody between the others; a server with `share(server)` of 1 percent keeps that part of its sources, and
/// each other one is hashed again. O(log servers), at most [`TRIES`] times.
pub(super) fn source_with_shares(full: &Ready, hash: u64, share: impl Fn(usize) -> u32) -> Option<usize> {
    let mut server = source_index(full, hash)?;
    for round in 0..TRIES {
        let percent = share(server);
        if percent >= 100 || key_hash(2 * round, &hash.to_le_bytes()) % 100 < u64::from(percent) {
            break;
        }
        server = source_index(full, key_hash(2 * round + 1, &hash.to_le_bytes()))?;
    }
    Some(server)
}

/// How often a source is hashed again.
const TRIES: u64 = 32;

/// From which part of its server's weight on each point of a ring is there, in hundredths of a percent. A server's points
/// come one by one, in an order that has nothing to do with where they are, so that few of them are spread over the
/// ring; and each comes when their arcs add up to that part of all its arcs. The first one is always there.
/// O(points · log points).
pub(super) fn thresholds(ring: &Ring) -> Vec<u16> {
    let arc = |i: usize| ring.point(i).0.wrapping_sub(ring.point(i + ring.points() - 1).0);
    let mut points: Vec<(u32, u64, usize)> =
        ring.iter().enumerate().map(|(i, (position, owner))| (owner, position.reverse_bits(), i)).collect();
    points.sort_unstable();
    let mut thresholds = vec![0; points.len()];
    for of_server in points.chunk_by(|a, b| a.0 == b.0) {
        let total: u128 = of_server.iter().map(|(_, _, i)| u128::from(arc(*i))).sum();
        let mut sum = 0;
        for (rank, (_, _, i)) in of_server.iter().enumerate() {
            let middle = sum + u128::from(arc(*i)) / 2;
            sum += u128::from(arc(*i));
            thresholds[*i] = if rank == 0 { 0 } else { (middle * 10_000 / total.max(1)) as u16 };
        }
    }
    thresholds
}

/// Walks clockwise from a key to the first server that `takes` it; with it, how many servers were passed. Points that
/// are not `awake` are not there. O(1) on average where most take it, at worst all points.
pub(super) fn walk(
    ring: &Ring,
    key: u64,
    awake: impl Fn(usize, usize) -> bool,
    takes: impl Fn(usize) -> bool,
) -> Option<(usize, u32)> {
    let start = ring.point_at_or_after(key)?;
    let mut passed: Vec<u32> = Vec::new();
    for step in 0..ring.points() {
        let at = (start + step) % ring.points();
        let (_, server) = ring.point(at);
        if !awake(at, server as usize) {
            continue;
        }
        // Looking at a server twice is harmless; `passed` is for telling, so it stays short.
        if takes(server as usize) {
            return Some((server as usize, passed.len() as u32));
        }
        if passed.len() < 16 && !passed.contains(&server) {
            passed.push(server);
        }
        if step > 64 && ring.members().len() == passed.len() {
            return None;
        }
    }
    None
}
