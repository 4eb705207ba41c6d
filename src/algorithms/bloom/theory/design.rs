//! The smallest filter that keeps a promised rate.

use super::{Size, best_hashes, best_hashes_blocked, exact_blocked_rate, exact_rate, least_cells};
use crate::algorithms::bloom::{BLOCK_BITS, BloomError, MAX_CELLS};

/// The smallest filter of one row whose [`exact_rate`] with `items` in it, at [`best_hashes`], is at most `rate`: a mean over
/// all hash functions, from which chance makes each filter differ a little. Smallest to one cell in a million.
///
/// A few per mille larger than [`size`](super::size), a tiny one by more. O(k³·log²(n)).
///
/// ```
/// use scalelab::algorithms::bloom::theory::{Size, design, exact_rate};
/// let Size { cells, hashes } = design(1_000, 0.01)?;
/// assert_eq!((cells, hashes), (9_595, 7));
/// assert!(exact_rate(cells, hashes, 1_000) <= 0.01 && exact_rate(cells - 1, hashes, 1_000) > 0.01);
/// # Ok::<(), scalelab::algorithms::bloom::BloomError>(())
/// ```
///
/// # Errors
/// [`BloomError::NoItems`], [`BloomError::BadRate`], [`BloomError::TooLarge`].
pub fn design(items: u64, rate: f64) -> Result<Size, BloomError> {
    let kept = |cells| exact_rate(cells, best_hashes(cells, items), items) <= rate;
    let cells = smallest(least_cells(items, rate)?, MAX_CELLS, kept)
        .ok_or(BloomError::TooLarge { cells: MAX_CELLS + 1, most: MAX_CELLS })?;
    Ok(Size { cells, hashes: best_hashes(cells, items) })
}

/// As [`design`], for whole blocks: by [`exact_blocked_rate`], at [`best_hashes_blocked`].
///
/// ```
/// use scalelab::algorithms::bloom::theory::{design, design_blocked, exact_blocked_rate};
/// let (plain, blocked) = (design(10_000, 1e-4)?, design_blocked(10_000, 1e-4)?);
/// assert!(blocked.cells.is_multiple_of(512) && blocked.cells > plain.cells && blocked.hashes < plain.hashes);
/// assert!(exact_blocked_rate(blocked.cells / 512, blocked.hashes, 10_000) <= 1e-4);
/// # Ok::<(), scalelab::algorithms::bloom::BloomError>(())
/// ```
///
/// # Errors
/// As [`design`].
pub fn design_blocked(items: u64, rate: f64) -> Result<Size, BloomError> {
    let most = MAX_CELLS / BLOCK_BITS;
    let kept = |blocks| exact_blocked_rate(blocks, best_hashes_blocked(blocks, items), items) <= rate;
    let blocks = smallest(least_cells(items, rate)?.div_ceil(BLOCK_BITS), most, kept)
        .ok_or(BloomError::TooLarge { cells: MAX_CELLS + 1, most: MAX_CELLS })?;
    Ok(Size { cells: blocks * BLOCK_BITS, hashes: best_hashes_blocked(blocks, items) })
}

/// The smallest number from `least` to `most` for which it holds, to one in a million: by larger and larger steps, then by
/// halving. None when it does not hold for the most.
fn smallest(least: u64, most: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    let (mut below, mut above) = (least.saturating_sub(1), least.min(most));
    let mut step = (least / 1_000).max(1);
    while !holds(above) {
        if above == most {
            return None;
        }
        (below, above) = (above, above.saturating_add(step).min(most));
        step = step.saturating_mul(2);
    }
    while above - below > 1 + least / 1_000_000 {
        let middle = u64::midpoint(below, above);
        if holds(middle) { above = middle } else { below = middle }
    }
    Some(above)
}
