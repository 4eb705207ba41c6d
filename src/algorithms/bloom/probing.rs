//! From an item to its cells: one 128-bit hash, and k places made of it.

use fastmurmur3::murmur3_x64_128;
use xxhash_rust::xxh3::xxh3_128_with_seed;

/// The 128-bit hash of an item, as two hashes of 64 bits.
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
    /// XXH3-128 with a seed. About 5 ns for 16 bytes, then O(length).
    #[must_use]
    #[inline]
    pub fn xxh3(seed: u64, bytes: &[u8]) -> Self {
        Self::of(xxh3_128_with_seed(bytes, seed))
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
        Self::of(murmur3_x64_128(bytes, 0))
    }

    #[inline]
    fn of(hash: u128) -> Self {
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
/// In a small filter (a few hundred cells) the steps of one item sometimes fall into each other, and false
/// positives are somewhat more frequent than with k independent hashes; see [`EnhancedDoubleHashing`].
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

/// Enhanced double hashing: cell i is h1 + i·h2 + c·(i³−i)/6. The cubic term keeps the steps of one item apart
/// when h2 is small or divides the filter, so that small filters, too, behave as with k independent hashes.
///
/// Source: Dillinger and Manolios, "Bloom filters in probabilistic verification", 2004. There c is 1 cell; here it is
/// the golden section of the whole filter, as cells are a share of 2⁶⁴.
///
/// ```
/// use scalelab::algorithms::bloom::{Digest, EnhancedDoubleHashing, Probing};
/// let stuck = Digest { low: 0, high: 0 };
/// let cells: Vec<u64> = EnhancedDoubleHashing.cells(stuck, 100).take(5).collect();
/// assert_eq!(cells, [0, 0, 61, 47, 18]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EnhancedDoubleHashing;

impl Probing for EnhancedDoubleHashing {
    #[inline]
    fn cells(self, item: Digest, cells: u64) -> impl Iterator<Item = u64> {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        let (mut hash, mut stride, mut turn) = (item.low, item.high, 0_u64);
        std::iter::repeat_with(move || {
            let cell = reduce(hash, cells);
            hash = hash.wrapping_add(stride);
            turn = turn.wrapping_add(GOLDEN);
            stride = stride.wrapping_add(turn);
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
