//! The classic Bloom filter: one row of bits.

use std::ops::Range;

use super::{Bits, BloomError, Digest, Filter, Probe, Probing, Rehashing, check, check_alike, theory};

/// A Bloom filter: an item sets k of m bits, and may be in the filter while all of its k bits are set.
///
/// Takes m/8 bytes. Two filters of one size and number of hashes unite into the filter of the union.
///
/// Source: Bloom, 1970; hashing by [`Probing`].
///
/// ```
/// use scalelab::algorithms::bloom::{Classic, Digest, Filter};
/// let item = |text: &str| Digest::xxh3(0, text.as_bytes());
/// let mut filter = Classic::for_items(1_000, 0.01)?;
/// filter.insert(item("ada"));
/// assert!(filter.contains(item("ada")));
/// assert!(!filter.contains(item("grace")));
/// assert_eq!((filter.cells(), filter.hashes()), (9_595, 7));
/// # Ok::<(), scalelab::algorithms::bloom::BloomError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classic<P = Rehashing> {
    bits: Bits,
    hashes: u32,
    probing: P,
}

impl Classic {
    /// A filter of so many bits, with so many hashes for each item.
    ///
    /// # Errors
    /// [`BloomError::NoBits`], [`BloomError::BadHashes`], [`BloomError::TooLarge`].
    pub fn new(bits: u64, hashes: u32) -> Result<Self, BloomError> {
        Self::with_probing(bits, hashes, Rehashing)
    }

    /// The smallest filter that holds so many items at this false-positive rate.
    ///
    /// # Errors
    /// As [`theory::design`].
    pub fn for_items(items: u64, rate: f64) -> Result<Self, BloomError> {
        let size = theory::design(items, rate)?;
        Self::new(size.cells, size.hashes)
    }
}

impl<P: Probing> Classic<P> {
    /// As [`Classic::new`], with a way of one's own to find the bits.
    ///
    /// ```
    /// use scalelab::algorithms::bloom::{Classic, Digest, Filter, Mitz64};
    /// let mut filter = Classic::with_probing(7_298_496, 5, Mitz64)?;
    /// filter.insert(Digest::murmur3(b"0"));
    /// assert!(filter.contains(Digest::murmur3(b"0")));
    /// # Ok::<(), scalelab::algorithms::bloom::BloomError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Classic::new`].
    pub fn with_probing(bits: u64, hashes: u32, probing: P) -> Result<Self, BloomError> {
        check(bits, hashes)?;
        Ok(Self { bits: Bits::new(bits), hashes, probing })
    }

    /// Makes this the filter of all items of both. Linear in the bits.
    ///
    /// # Errors
    /// [`BloomError::Unlike`] when size or hashes differ.
    pub fn unite(&mut self, other: &Self) -> Result<(), BloomError> {
        check_alike((self.bits.len(), self.hashes), (other.bits.len(), other.hashes))?;
        self.bits.unite(&other.bits);
        Ok(())
    }

    #[inline]
    fn places(&self, item: Digest) -> impl Iterator<Item = u64> + use<P> {
        self.probing.cells(item, self.bits.len()).take(self.hashes as usize)
    }
}

impl<P: Probing> Filter for Classic<P> {
    #[inline]
    fn insert(&mut self, item: Digest) -> bool {
        let places = self.places(item);
        self.bits.set_all(places)
    }

    #[inline]
    fn contains(&self, item: Digest) -> bool {
        self.places(item).all(|bit| self.bits.get(bit))
    }

    fn remove(&mut self, _item: Digest) -> Result<(), BloomError> {
        Err(BloomError::CannotRemove { filter: "classic" })
    }

    fn probes(&self, item: Digest, out: &mut Vec<Probe>) {
        out.clear();
        out.extend(self.places(item).map(|cell| Probe { cell, group: 0 }));
    }

    fn cells(&self) -> u64 {
        self.bits.len()
    }

    fn cell_bits(&self) -> u32 {
        1
    }

    fn value(&self, cell: u64) -> u8 {
        u8::from(self.bits.get(cell))
    }

    fn set_cells(&self) -> u64 {
        self.bits.ones()
    }

    fn set_cells_in(&self, cells: Range<u64>) -> u64 {
        self.bits.ones_in(cells)
    }

    fn hashes(&self) -> u32 {
        self.hashes
    }

    fn memory_bytes(&self) -> usize {
        self.bits.memory_bytes()
    }

    fn theory_rate(&self, items: u64) -> f64 {
        theory::rate(self.bits.len(), self.hashes, items)
    }

    fn exact_rate(&self, items: u64) -> f64 {
        theory::exact_rate(self.bits.len(), self.hashes, items)
    }

    fn clear(&mut self) {
        self.bits.clear();
    }
}
