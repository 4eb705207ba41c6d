//! What the mathematics says about Bloom filters: sizes and false-positive rates.
//!
//! n items in m cells with k hashes each.

mod blocked;
mod design;
mod exact;

use std::f64::consts::LN_2;

use super::{BloomError, MAX_CELLS, MAX_HASHES};
pub use blocked::{best_hashes_blocked, blocked_rate, exact_blocked_rate};
pub use design::{design, design_blocked};
pub use exact::{exact_rate, exact_rates};

/// How large a filter should be.
///
/// ```
/// use scalelab::algorithms::bloom::theory::{Size, size};
/// assert_eq!(size(1_000_000, 0.01)?, Size { cells: 9_585_058, hashes: 7 });
/// # Ok::<(), scalelab::algorithms::bloom::BloomError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// m: bits, or counters.
    pub cells: u64,
    /// k: hashes for each item.
    pub hashes: u32,
}

/// The size of the textbooks and of Guava: m = −n·ln p/ln²2, rounded down, but at least 1; k = round(m/n·ln 2), from 1 to
/// [`MAX_HASHES`]. As it rounds both, its rate is above `rate` by a few per mille, for tiny filters by more: [`design`] keeps
/// the rate.
///
/// ```
/// use scalelab::algorithms::bloom::theory::size;
/// assert_eq!(size(1_000_000, 0.03)?.cells, 7_298_440);
/// assert_eq!(size(1_000_000, 0.03)?.hashes, 5);
/// assert!(size(0, 0.03).is_err() && size(100, 1.0).is_err() && size(u64::MAX, 0.01).is_err());
/// # Ok::<(), scalelab::algorithms::bloom::BloomError>(())
/// ```
///
/// # Errors
/// [`BloomError::NoItems`], [`BloomError::BadRate`], [`BloomError::TooLarge`].
pub fn size(items: u64, rate: f64) -> Result<Size, BloomError> {
    let cells = least_cells(items, rate)?;
    Ok(Size { cells, hashes: best_hashes(cells, items) })
}

/// The cells below which no number of hashes, whole or not, comes down to the rate.
fn least_cells(items: u64, rate: f64) -> Result<u64, BloomError> {
    check_rate(rate)?;
    if items == 0 {
        return Err(BloomError::NoItems);
    }
    // The conversion saturates.
    let cells = ((items as f64 * -rate.ln() / (LN_2 * LN_2)) as u64).max(1);
    if cells > MAX_CELLS { Err(BloomError::TooLarge { cells, most: MAX_CELLS }) } else { Ok(cells) }
}

/// Whether a false-positive rate can be asked for.
pub(super) fn check_rate(rate: f64) -> Result<(), BloomError> {
    if rate > 0.0 && rate < 1.0 { Ok(()) } else { Err(BloomError::BadRate { rate }) }
}

/// The number of hashes with the lowest [`rate`] for so many items in so many cells of one row: round(m/n·ln 2), from 1 to
/// [`MAX_HASHES`]. With no items, the most. Blocks want fewer: [`best_hashes_blocked`].
///
/// ```
/// assert_eq!(scalelab::algorithms::bloom::theory::best_hashes(1_000, 100), 7);
/// ```
#[must_use]
pub fn best_hashes(cells: u64, items: u64) -> u32 {
    let best = (cells as f64 / items as f64 * LN_2).round();
    best.clamp(1.0, f64::from(MAX_HASHES)) as u32
}

/// How many items a filter holds before its rate passes `rate`: n = −m/k·ln(1 − p^(1/k)), rounded down.
///
/// ```
/// use scalelab::algorithms::bloom::theory::{capacity, rate};
/// let n = capacity(9_585, 7, 0.01);
/// assert!(rate(9_585, 7, n) <= 0.01 && rate(9_585, 7, n + 1) > 0.01);
/// ```
#[must_use]
pub fn capacity(cells: u64, hashes: u32, rate: f64) -> u64 {
    let k = f64::from(hashes);
    (-(cells as f64) / k * (-rate.powf(1.0 / k)).ln_1p()) as u64
}

/// The share of cells that is expected to be set: 1 − (1 − 1/m)^(kn).
///
/// ```
/// let fill = scalelab::algorithms::bloom::theory::fill(1_000, 7, 100);
/// assert!((fill - 0.5036).abs() < 1e-4);
/// ```
#[must_use]
pub fn fill(cells: u64, hashes: u32, items: u64) -> f64 {
    let thrown = f64::from(hashes) * items as f64;
    if thrown == 0.0 { 0.0 } else { -(thrown * (-1.0 / cells as f64).ln_1p()).exp_m1() }
}

/// The share of set cells of a filter that takes only items that it has just denied, as a crawler's does.
///
/// Such an item has a clear cell for certain: it sets k·(1−f)/(1−f^k) new ones on average, more than any item would. So
/// n items fill the filter to the f at which n = m/k · (f + f²/2 + … + f^k/k), and after m/k · (1 + 1/2 + … + 1/k) it is
/// full. Its rate is then f^k; [`rate`] and [`exact_rate`] are too low for it. Found by halving: O(k).
///
/// ```
/// use scalelab::algorithms::bloom::theory::{fill, fill_of_denied};
/// assert!((fill_of_denied(256, 6, 99) - 0.978).abs() < 1e-3 && fill(256, 6, 99) < 0.91);
/// assert_eq!((fill_of_denied(256, 6, 0), fill_of_denied(256, 6, 500)), (0.0, 1.0));
/// ```
#[must_use]
pub fn fill_of_denied(cells: u64, hashes: u32, items: u64) -> f64 {
    let held = |fill: f64| {
        let mut power = 1.0;
        let terms = (1..=hashes).map(|j| {
            power *= fill;
            power / f64::from(j)
        });
        terms.sum::<f64>() * cells as f64 / f64::from(hashes)
    };
    if items == 0 || items as f64 >= held(1.0) {
        return if items == 0 { 0.0 } else { 1.0 };
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..52 {
        let middle = f64::midpoint(low, high);
        if held(middle) < items as f64 { low = middle } else { high = middle }
    }
    high
}

/// The false-positive rate by the usual formula: (1 − e^(−kn/m))^k.
///
/// It takes the cells of the question for independent, which they are nearly; it is a little too low, and for tiny
/// filters much. See [`exact_rate`].
///
/// ```
/// use scalelab::algorithms::bloom::theory::rate;
/// assert!((rate(1_024, 7, 100) - 0.007302).abs() < 5e-7);
/// assert_eq!(rate(1_024, 7, 0), 0.0);
/// ```
#[must_use]
pub fn rate(cells: u64, hashes: u32, items: u64) -> f64 {
    let k = f64::from(hashes);
    (-(-k * items as f64 / cells as f64).exp_m1()).powf(k)
}

/// The false-positive rate from the expected fill: [`fill`]^k, which is (1 − (1 − 1/m)^(kn))^k. Between [`rate`] and
/// [`exact_rate`]; in a block of 512 bits the difference counts.
///
/// ```
/// use scalelab::algorithms::bloom::theory::{exact_rate, fill_rate, rate};
/// let three = [rate(512, 6, 50), fill_rate(512, 6, 50), exact_rate(512, 6, 50)];
/// assert!(three.is_sorted());
/// ```
#[must_use]
pub fn fill_rate(cells: u64, hashes: u32, items: u64) -> f64 {
    fill(cells, hashes, items).powf(f64::from(hashes))
}

/// How many different items are in a filter, judged by its set cells alone: −m/k·ln(1 − X/m). Infinite when all are set.
///
/// Source: Swamidass and Baldi, 2007.
///
/// ```
/// let items = scalelab::algorithms::bloom::theory::items_from_fill(1_000, 7, 504);
/// assert!((items - 100.0).abs() < 0.5);
/// ```
#[must_use]
pub fn items_from_fill(cells: u64, hashes: u32, set_cells: u64) -> f64 {
    let m = cells as f64;
    -m / f64::from(hashes) * (-(set_cells as f64) / m).ln_1p()
}
