//! Bloom filters: sets that forget what is in them, and never deny what is.
//!
//! A filter answers 'definitely not' or 'maybe'. All filters answer through one trait, [`Filter`]; an item is
//! its [`Digest`], two hashes of 64 bits. What the mathematics expects of them is in [`theory`].
//!
//! Source: Bloom, "Space/time trade-offs in hash coding with allowable errors", CACM 13(7), 1970.

mod bits;
mod blocked;
mod classic;
mod counting;
mod probing;
mod scalable;
pub mod theory;

use std::ops::Range;

pub use bits::Bits;
pub use blocked::Blocked;
pub use classic::Classic;
pub use counting::{Counting, MAX_COUNT};
pub use probing::{Digest, DoubleHashing, Mitz32, Mitz64, Probing, Rehashing};
pub use scalable::{Growth, Layer, Scalable};

/// The most cells (bits or counters) that a filter may have: 2³², which take 512 MiB as bits.
///
/// ```
/// use scalelab::algorithms::bloom::{BloomError, Classic, MAX_CELLS};
/// let error = Classic::new(MAX_CELLS + 1, 7).unwrap_err();
/// assert!(matches!(error, BloomError::TooLarge { most: MAX_CELLS, .. }));
/// ```
pub const MAX_CELLS: u64 = 1 << 32;

/// The most hashes that an item may have. A rate of one in 10¹⁸ asks for 60.
///
/// ```
/// assert_eq!(scalelab::algorithms::bloom::MAX_HASHES, 64);
/// ```
pub const MAX_HASHES: u32 = 64;

/// Bits of a block of [`Blocked`]: a cache line of 64 bytes.
///
/// ```
/// assert_eq!(scalelab::algorithms::bloom::BLOCK_BITS, 512);
/// ```
pub const BLOCK_BITS: u64 = 512;

/// Why a filter cannot be built or changed. Nothing has been allocated or changed by then.
///
/// ```
/// use scalelab::algorithms::bloom::Classic;
/// let error = Classic::new(0, 7).unwrap_err();
/// assert_eq!(error.to_string(), "a filter of 0 bits can remember nothing: use at least 1, about 10 for each item");
/// ```
#[derive(thiserror::Error, Clone, Debug, PartialEq)]
pub enum BloomError {
    /// A filter without cells.
    #[error("a filter of 0 bits can remember nothing: use at least 1, about 10 for each item")]
    NoBits,
    /// Too few or too many hashes.
    #[error("{hashes} hashes for each item do not work: use 1 to {MAX_HASHES}, such as 7")]
    BadHashes {
        /// How many were given.
        hashes: u32,
    },
    /// A false-positive rate that no filter has.
    #[error("a false-positive rate of {rate} cannot be had: use a number between 0 and 1, such as 0.01")]
    BadRate {
        /// The rate that was given.
        rate: f64,
    },
    /// A filter for nothing.
    #[error("a filter for 0 items needs no memory at all: ask for at least 1 item")]
    NoItems,
    /// The filter would be larger than it may be.
    #[error(
        "the filter would have {cells} bits or counters, at most {most} are allowed: use fewer items or a higher rate"
    )]
    TooLarge {
        /// How many cells it would have.
        cells: u64,
        /// How many it may have.
        most: u64,
    },
    /// A tightening ratio outside (0, 1).
    #[error("a tightening ratio of {ratio} does not work: use a number between 0 and 1, such as 0.5")]
    BadRatio {
        /// The ratio that was given.
        ratio: f64,
    },
    /// A filter whose cells are bits was asked to forget.
    #[error("a {filter} filter cannot forget an item: its bits may belong to others too. Use a counting filter")]
    CannotRemove {
        /// What kind of filter it is.
        filter: &'static str,
    },
    /// An item was to be forgotten that the filter does not even hold for possible.
    #[error("the filter says that the item is definitely not in it: there is nothing to remove")]
    NotThere,
    /// Two filters that differ in size or hashes were to be united.
    #[error("only filters of the same size and number of hashes can be united: {this} and {other} differ")]
    Unlike {
        /// Size and hashes of the one.
        this: String,
        /// Size and hashes of the other.
        other: String,
    },
}

/// A cell that a question about an item looks at.
///
/// ```
/// use scalelab::algorithms::bloom::{Classic, Digest, Filter};
/// let mut filter = Classic::new(1_000, 3)?;
/// let mut probes = Vec::new();
/// filter.probes(Digest::xxh3(0, b"ada"), &mut probes);
/// assert_eq!(probes.len(), 3);
/// assert!(probes.iter().all(|p| p.cell < 1_000 && p.group == 0));
/// # Ok::<(), scalelab::algorithms::bloom::BloomError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Index of the cell, from 0.
    pub cell: u64,
    /// Which part of the filter asks, in the order of asking: an item may be in the filter when every
    /// probe of one group meets a set cell. Only a scalable filter has more than one.
    pub group: u32,
}

/// What a question about an item comes to, probe by probe.
///
/// ```
/// use scalelab::algorithms::bloom::{Classic, Digest, Filter};
/// let filter = Classic::new(1_000, 3)?;
/// let asked = filter.ask(Digest::xxh3(0, b"ada"));
/// assert!(!asked.maybe);
/// assert_eq!(asked.steps.len(), 1, "an empty filter says no at the first probe");
/// # Ok::<(), scalelab::algorithms::bloom::BloomError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The cells that were looked at, in order, and whether each was set.
    pub steps: Vec<(Probe, bool)>,
    /// Whether the item may be in the filter.
    pub maybe: bool,
}

/// A set that answers 'definitely not' or 'maybe'.
///
/// ```
/// use scalelab::algorithms::bloom::{Blocked, Classic, Counting, Digest, Filter, Scalable};
/// let mut all: [Box<dyn Filter>; 4] = [
///     Box::new(Classic::new(4_096, 5)?),
///     Box::new(Counting::new(4_096, 5)?),
///     Box::new(Blocked::new(4_096, 5)?),
///     Box::new(Scalable::new(100, 0.01)?),
/// ];
/// for filter in &mut all {
///     filter.insert(Digest::xxh3(0, b"ada"));
///     assert!(filter.contains(Digest::xxh3(0, b"ada")), "never a false negative");
/// }
/// # Ok::<(), scalelab::algorithms::bloom::BloomError>(())
/// ```
pub trait Filter {
    /// Puts an item in. Returns whether a cell became set by it: `false` means that the filter would have
    /// said 'maybe' before. O(k).
    fn insert(&mut self, item: Digest) -> bool;

    /// Whether the item may be in the filter; `false` is certain. O(k), and it stops at the first cell
    /// that is not set.
    fn contains(&self, item: Digest) -> bool;

    /// Takes one copy of an item out. O(k).
    ///
    /// Only remove what was put in: a filter cannot tell a false positive from an item, and taking out what
    /// was never in makes it deny others.
    ///
    /// # Errors
    /// [`BloomError::CannotRemove`] for filters of bits, [`BloomError::NotThere`].
    fn remove(&mut self, item: Digest) -> Result<(), BloomError>;

    /// Clears `out`, then fills it with every cell that the item has, in the order of asking.
    fn probes(&self, item: Digest, out: &mut Vec<Probe>);

    /// Number of cells: bits or counters.
    fn cells(&self) -> u64;

    /// Bits that a cell takes.
    fn cell_bits(&self) -> u32;

    /// What a cell holds: 0 or 1, or a count up to [`MAX_COUNT`]. 0 beyond the end.
    fn value(&self, cell: u64) -> u8;

    /// How many cells are not 0. O(1), but linear in the cells of a blocked filter.
    fn set_cells(&self) -> u64;

    /// How many cells of a range are not 0. Linear in the range, in words.
    fn set_cells_in(&self, cells: Range<u64>) -> u64;

    /// Hashes for each item; those of the newest layer where layers differ.
    fn hashes(&self) -> u32;

    /// Bytes that the cells take.
    fn memory_bytes(&self) -> usize;

    /// The false-positive rate that the usual formula expects with this many different items in it.
    fn theory_rate(&self, items: u64) -> f64;

    /// The same by the exact formula of Bose and others.
    fn exact_rate(&self, items: u64) -> f64;

    /// The false-positive rate that this very filter has, judged by the cells that are set: fill^k where all items share
    /// one row. The formulas give the mean over all hash functions, from which chance makes each filter differ a little.
    /// As costly as [`Filter::set_cells`].
    fn own_rate(&self) -> f64 {
        (self.set_cells() as f64 / self.cells() as f64).powf(f64::from(self.hashes()))
    }

    /// Forgets everything.
    fn clear(&mut self);

    /// Asks about an item step by step, as [`Filter::contains`] does.
    fn ask(&self, item: Digest) -> Asked {
        let mut probes = Vec::new();
        self.probes(item, &mut probes);
        let mut asked = Asked::default();
        for group in probes.chunk_by(|a, b| a.group == b.group) {
            let mut all = true;
            for probe in group {
                let set = self.value(probe.cell) > 0;
                asked.steps.push((*probe, set));
                if !set {
                    all = false;
                    break;
                }
            }
            if all {
                asked.maybe = true;
                break;
            }
        }
        asked
    }

    /// How many different 64-byte cache lines these steps read: what a question costs when the filter is
    /// larger than the cache.
    fn cache_lines(&self, steps: &[(Probe, bool)]) -> u32 {
        let mut lines: Vec<u64> = steps.iter().map(|(p, _)| p.cell * u64::from(self.cell_bits()) / 512).collect();
        lines.sort_unstable();
        lines.dedup();
        lines.len() as u32
    }
}

/// Checks what every filter asks of its size.
fn check(cells: u64, hashes: u32) -> Result<(), BloomError> {
    if cells == 0 {
        return Err(BloomError::NoBits);
    }
    if hashes == 0 || hashes > MAX_HASHES {
        return Err(BloomError::BadHashes { hashes });
    }
    if cells > MAX_CELLS {
        return Err(BloomError::TooLarge { cells, most: MAX_CELLS });
    }
    Ok(())
}

fn check_alike(this: (u64, u32), other: (u64, u32)) -> Result<(), BloomError> {
    let words = |(cells, hashes): (u64, u32)| format!("{cells} cells with {hashes} hashes");
    if this == other { Ok(()) } else { Err(BloomError::Unlike { this: words(this), other: words(other) }) }
}
