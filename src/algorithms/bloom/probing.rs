//! From an item to its cells: two hashes, and k places made of them.

use fastmurmur3::murmur3_x64_128;

use crate::algorithms::hash::key_hash;

/// The golden section of 2⁶⁴.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The hash of an item, as two hashes of 64 bits.
///
/// ```
/// use scalelab::algorithms::bloom::Digest;
/// assert_eq!(Digest::xxh3(7, b"ada"), Digest::xxh3(7, b"ada"));
/// assert_ne!(Digest::xxh3(7, b"ada"), Digest::xxh3(8, b"ada"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Digest {
    /// The low 64 bits: h1.
    pub low: u64,
    /// The high 64 bits: h2.
    pub high: u64,
}

impl Digest {
    /// XXH3-64 with a seed, and a second hash mixed of the first by the finalizer of SplitMix64. Two items of
    /// one 64-bit hash are one to a filter; among n items that happens to one question in 2⁶⁴/n. O(length).
    #[must_use]
    #[inline]
    pub fn xxh3(seed: u64, bytes: &[u8]) -> Self {
        let low = key_hash(seed, bytes);
        let mut high = low.wrapping_add(GOLDEN);
        high = (high ^ (high >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        high = (high ^ (high >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self { low, high: high ^ (high >> 31) }
    }

    /// `MurmurHash3_x64_128` with seed 0, as Guava's `BloomFilter` uses it. O(length).
    ///
    /// ```
    /// use scalelab::algorithms::bloom::Digest;
    /// assert_eq!(Digest::murmur3(b""), Digest { low: 0, high: 0 });
    /// ```
    #[must_use]
    #[inline]
    pub fn murmur3(bytes: &[u8]) -> Self {
        let hash = murmur3_x64_128(bytes, 0);
        Self { low: hash as u64, high: (hash >> 64) as u64 }
    }
}

/// How the cells of an item come from its digest.
///
/// ```
/// use scalelab::algorithms::bloom::{Digest, DoubleHashing, Probing};
/// let cells: Vec<u64> = DoubleHashing.cells(Digest { low: 0, high: 1 << 62 }, 100).take(5).collect();
/// assert_eq!(cells, [0, 25, 50, 75, 0]);
/// ```
pub trait Probing: Copy + Default {
    /// The cells of an item, without end; a filter takes the first k. Each is below `cells`.
    fn cells(self, item: Digest, cells: u64) -> impl Iterator<Item = u64>;
}

/// A 64-bit hash as a cell: ⌊hash · cells / 2⁶⁴⌋, which is faster than a remainder.
///
/// Source: Lemire, "Fast random integer generation in an interval", 2019.
#[inline]
pub(super) fn reduce(hash: u64, cells: u64) -> u64 {
    ((u128::from(hash) * u128::from(cells)) >> 64) as u64
}

/// Double hashing: cell i is h1 + i·h2. Two hashes do the work of k.
///
/// In a small filter, and with many hashes in one of some thousand cells, the steps of two items often coincide, and false
/// positives are far more frequent than with k independent hashes; see [`Rehashing`].
///
/// Source: Kirsch and Mitzenmacher, "Less hashing, same performance: building a better Bloom filter", 2006.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DoubleHashing;

impl Probing for DoubleHashing {
    #[inline]
    fn cells(self, item: Digest, cells: u64) -> impl Iterator<Item = u64> {
        let mut hash = item.low;
        std::iter::repeat_with(move || {
            let cell = reduce(hash, cells);
            hash = hash.wrapping_add(item.high);
            cell
        })
    }
}

/// Rehashing: each cell comes from a hash of its own, made of the one before by a step of a linear congruential generator
/// (multiply, add) that begins at h1 and whose increment is h2.
///
/// Two items meet in further cells no more often than by chance, so the rate is that of k independent hashes however small
/// the filter and however many the hashes: [`exact_rate`](super::theory::exact_rate) holds. With one item of 30 hashes in 44
/// cells, [`DoubleHashing`] has 470,000 times that rate, and even with a cubic term (Dillinger and Manolios, 2004) it is 170
/// times, as there are only so many ways to step through 44 cells.
///
/// Source of the multiplier: Steele and Vigna, "Computationally easy, spectrally good multipliers for congruential
/// pseudorandom number generators", 2021.
///
/// ```
/// use scalelab::algorithms::bloom::{Digest, Probing, Rehashing};
/// let cells: Vec<u64> = Rehashing.cells(Digest { low: 0, high: 0 }, 100).take(4).collect();
/// assert_eq!(cells, [0, 0, 81, 51]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rehashing;

impl Probing for Rehashing {
    #[inline]
    fn cells(self, item: Digest, cells: u64) -> impl Iterator<Item = u64> {
        let (mut hash, increment) = (item.low, item.high | 1);
        std::iter::repeat_with(move || {
            let cell = reduce(hash, cells);
            hash = hash.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(increment);
            cell
        })
    }
}

/// Guava's `MURMUR128_MITZ_32`: double hashing with the two halves of the low 64 bits, in 32-bit arithmetic;
/// what comes out negative has its bits turned over. Past some 2³⁰ cells it does not reach them all alike.
///
/// Source: Guava, `BloomFilterStrategies.java`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mitz32;

impl Probing for Mitz32 {
    #[inline]
    fn cells(self, item: Digest, cells: u64) -> impl Iterator<Item = u64> {
        let (first, stride) = (item.low as u32 as i32, (item.low >> 32) as u32 as i32);
        let mut combined = first;
        std::iter::repeat_with(move || {
            combined = combined.wrapping_add(stride);
            let positive = if combined < 0 { !combined } else { combined };
            positive as u64 % cells
        })
    }
}

/// Guava's `MURMUR128_MITZ_64`: double hashing with both 64-bit halves; the sign is cut off.
///
/// Source: Guava, `BloomFilterStrategies.java`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mitz64;

impl Probing for Mitz64 {
    #[inline]
    fn cells(self, item: Digest, cells: u64) -> impl Iterator<Item = u64> {
        let mut combined = item.low;
        std::iter::repeat_with(move || {
            let cell = (combined & (u64::MAX >> 1)) % cells;
            combined = combined.wrapping_add(item.high);
            cell
        })
    }
}
