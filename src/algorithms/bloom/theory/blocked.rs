//! Rates of blocked filters: chance gives some blocks more items than others.

use super::{best_hashes, exact_rates, fill_rate};
use crate::algorithms::bloom::BLOCK_BITS;

/// The false-positive rate of a blocked filter by the usual formula: blocks get more items or fewer, by the binomial
/// distribution, and each has the [`fill_rate`] of a filter of [`BLOCK_BITS`] bits. O(√(items/blocks)).
///
/// Source: Putze, Sanders, Singler, 2007, who take the Poisson distribution for the binomial one.
///
/// ```
/// use scalelab::algorithms::bloom::theory::{blocked_rate, rate};
/// let (blocks, items) = (20_000, 1_024_000); // 10 bits an item
/// assert!((blocked_rate(blocks, 6, items) - 0.00958).abs() < 5e-6);
/// assert!((rate(blocks * 512, 6, items) - 0.00844).abs() < 5e-6);
/// ```
#[must_use]
pub fn blocked_rate(blocks: u64, hashes: u32, items: u64) -> f64 {
    let (first, weights) = shares(blocks, items);
    (first..).zip(&weights).map(|(count, weight)| weight * fill_rate(BLOCK_BITS, hashes, count)).sum()
}

/// As [`blocked_rate`], with the exact rate of each block: what a filter has in the mean over all hash functions.
/// O(k³ + k²·√(items/blocks)).
///
/// ```
/// use scalelab::algorithms::bloom::theory::{blocked_rate, exact_blocked_rate, exact_rate};
/// assert!(exact_blocked_rate(2_000, 9, 64_000) > blocked_rate(2_000, 9, 64_000));
/// assert!((exact_blocked_rate(1, 6, 40) - exact_rate(512, 6, 40)).abs() < 1e-12);
/// ```
#[must_use]
pub fn exact_blocked_rate(blocks: u64, hashes: u32, items: u64) -> f64 {
    let (first, weights) = shares(blocks, items);
    exact_rates(BLOCK_BITS, hashes, first).zip(&weights).map(|(rate, weight)| weight * rate).sum()
}

/// The number of hashes with the lowest [`blocked_rate`]: the optimum of one row, [`best_hashes`], or fewer, as more bits of
/// an item hurt most where a block is crowded. Found by going down from there.
///
/// ```
/// use scalelab::algorithms::bloom::theory::{best_hashes, best_hashes_blocked};
/// let (blocks, items) = (2_000, 64_000); // 16 bits an item
/// assert_eq!((best_hashes(blocks * 512, items), best_hashes_blocked(blocks, items)), (11, 10));
/// ```
#[must_use]
pub fn best_hashes_blocked(blocks: u64, items: u64) -> u32 {
    let mut best = best_hashes(blocks.saturating_mul(BLOCK_BITS), items);
    let mut lowest = blocked_rate(blocks, best, items);
    while best > 1 {
        let fewer = blocked_rate(blocks, best - 1, items);
        if fewer >= lowest {
            break;
        }
        (best, lowest) = (best - 1, fewer);
    }
    best
}

/// The share of the blocks that get so many items: the first number of items, and the shares from there on.
fn shares(blocks: u64, items: u64) -> (u64, Vec<f64>) {
    /// Where the distribution ends, relative to its top: what lies beyond counts in no rate that can be seen.
    const END: f64 = 1e-22;
    /// With so many items a block is full, whatever chance adds or takes.
    const FULL: u64 = 100 * BLOCK_BITS;
    if blocks <= 1 || items / blocks > FULL {
        return (items.checked_div(blocks).unwrap_or(items), vec![1.0]);
    }
    let chance = 1.0 / blocks as f64;
    let odds = chance / (1.0 - chance);
    let mode = ((items as f64 * chance) as u64).min(items);
    // Relative to the most probable number of items: down, then up.
    let (mut weights, mut weight, mut count) = (vec![1.0], 1.0, mode);
    while count > 0 && weight > END {
        weight *= count as f64 / ((items - count + 1) as f64 * odds);
        count -= 1;
        weights.push(weight);
    }
    weights.reverse();
    let first = count;
    (weight, count) = (1.0, mode);
    while count < items && weight > END {
        weight *= (items - count) as f64 / (count + 1) as f64 * odds;
        count += 1;
        weights.push(weight);
    }
    let total: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= total);
    (first, weights)
}
