//! By hash: the same client, the same server.

use super::Ready;
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

/// Walks clockwise from a key to the first server that `takes` it; with it, how many servers were passed.
/// O(1) on average where most take it, at worst all points.
pub(super) fn walk(ring: &Ring, key: u64, takes: impl Fn(usize) -> bool) -> Option<(usize, u32)> {
    let start = ring.point_at_or_after(key)?;
    let mut passed: Vec<u32> = Vec::new();
    for step in 0..ring.points() {
        let (_, server) = ring.point((start + step) % ring.points());
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
