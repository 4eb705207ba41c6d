//! The counting Bloom filter: small counters in place of bits, so that items can be taken out again.

use std::ops::Range;

use super::{BloomError, Digest, Filter, Probe, Probing, Rehashing, check, check_alike, theory};

/// The highest count of a counter. One that gets there stays there: how far it should have gone is lost, so it is
/// never counted down again, and the filter still denies nothing that is in it.
///
/// ```
/// assert_eq!(scalelab::algorithms::bloom::MAX_COUNT, 15);
/// ```
pub const MAX_COUNT: u8 = 15;

/// Counters in a word.
const PER_WORD: u64 = 16;

/// A Bloom filter with counters of 4 bits: an item counts k of them up, and down when it is taken out.
///
/// Takes m/2 bytes, four times a classic filter. Counters saturate at [`MAX_COUNT`].
///
/// Source: Fan, Cao, Almeida, Broder, "Summary cache", 1998 and 2000, where 4 bits are shown to be enough when
/// items are inserted once.
///
/// ```
/// use scalelab::algorithms::bloom::{Counting, Digest, Filter};
/// let item = |text: &str| Digest::xxh3(0, text.as_bytes());
/// let mut filter = Counting::new(1_000, 5)?;
/// filter.insert(item("ada"));
/// filter.insert(item("grace"));
/// filter.remove(item("ada"))?;
/// assert!(!filter.contains(item("ada")) && filter.contains(item("grace")));
/// # Ok::<(), scalelab::algorithms::bloom::BloomError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counting {
    words: Vec<u64>,
    cells: u64,
    hashes: u32,
    set: u64,
    saturated: u64,
}

impl Counting {
    /// A filter of so many counters, with so many hashes for each item.
    ///
    /// # Errors
    /// [`BloomError::NoBits`], [`BloomError::BadHashes`], [`BloomError::TooLarge`].
    pub fn new(cells: u64, hashes: u32) -> Result<Self, BloomError> {
        check(cells, hashes)?;
        Ok(Self { words: vec![0; cells.div_ceil(PER_WORD) as usize], cells, hashes, set: 0, saturated: 0 })
    }

    /// The smallest filter that holds so many items at this false-positive rate.
    ///
    /// # Errors
    /// As [`theory::design`].
    pub fn for_items(items: u64, rate: f64) -> Result<Self, BloomError> {
        let size = theory::design(items, rate)?;
        Self::new(size.cells, size.hashes)
    }

    /// How many counters are at [`MAX_COUNT`] and can no longer be counted down. O(1).
    #[must_use]
    pub fn saturated(&self) -> u64 {
        self.saturated
    }

    /// Makes this the filter of all items of both: counts add up, as far as they go. Linear in the counters.
    ///
    /// # Errors
    /// [`BloomError::Unlike`] when size or hashes differ.
    pub fn unite(&mut self, other: &Self) -> Result<(), BloomError> {
        check_alike((self.cells, self.hashes), (other.cells, other.hashes))?;
        for cell in 0..self.cells {
            let sum = self.count(cell) + other.count(cell);
            self.put(cell, sum.min(MAX_COUNT));
        }
        Ok(())
    }

    #[inline]
    fn places(&self, item: Digest) -> impl Iterator<Item = u64> + use<> {
        Rehashing.cells(item, self.cells).take(self.hashes as usize)
    }

    #[inline]
    fn count(&self, cell: u64) -> u8 {
        let word = self.words.get((cell / PER_WORD) as usize).copied().unwrap_or(0);
        (word >> (cell % PER_WORD * 4) & 0xf) as u8
    }

    #[inline]
    fn put(&mut self, cell: u64, count: u8) {
        let (before, shift) = (self.count(cell), cell % PER_WORD * 4);
        let Some(word) = self.words.get_mut((cell / PER_WORD) as usize) else { return };
        *word = *word & !(0xf << shift) | u64::from(count) << shift;
        self.set = self.set + u64::from(count > 0) - u64::from(before > 0);
        self.saturated = self.saturated + u64::from(count == MAX_COUNT) - u64::from(before == MAX_COUNT);
    }
}

impl Filter for Counting {
    #[inline]
    fn insert(&mut self, item: Digest) -> bool {
        let mut new = false;
        for cell in self.places(item) {
            let count = self.count(cell);
            new |= count == 0;
            if count < MAX_COUNT {
                self.put(cell, count + 1);
            }
        }
        new
    }

    #[inline]
    fn contains(&self, item: Digest) -> bool {
        self.places(item).all(|cell| self.count(cell) > 0)
    }

    fn remove(&mut self, item: Digest) -> Result<(), BloomError> {
        if !self.contains(item) {
            return Err(BloomError::NotThere);
        }
        for cell in self.places(item) {
            let count = self.count(cell);
            // An item that was never in may meet one of its counters twice and find it empty the second time.
            if count > 0 && count < MAX_COUNT {
                self.put(cell, count - 1);
            }
        }
        Ok(())
    }

    fn probes(&self, item: Digest, out: &mut Vec<Probe>) {
        out.clear();
        out.extend(self.places(item).map(|cell| Probe { cell, group: 0 }));
    }

    fn cells(&self) -> u64 {
        self.cells
    }

    fn cell_bits(&self) -> u32 {
        4
    }

    fn value(&self, cell: u64) -> u8 {
        self.count(cell)
    }

    fn set_cells(&self) -> u64 {
        self.set
    }

    fn set_cells_in(&self, cells: Range<u64>) -> u64 {
        let (start, end) = (cells.start.min(self.cells), cells.end.min(self.cells));
        (start..end).filter(|cell| self.count(*cell) > 0).count() as u64
    }

    fn hashes(&self) -> u32 {
        self.hashes
    }

    fn memory_bytes(&self) -> usize {
        self.words.len() * 8
    }

    fn theory_rate(&self, items: u64) -> f64 {
        theory::rate(self.cells, self.hashes, items)
    }

    fn exact_rate(&self, items: u64) -> f64 {
        theory::exact_rate(self.cells, self.hashes, items)
    }

    fn clear(&mut self) {
        self.words.fill(0);
        (self.set, self.saturated) = (0, 0);
    }
}
