//! A row of bits that knows how many of them are set.

use std::ops::Range;

/// Bits in words of 64, with a count of the ones.
///
/// ```
/// use scalelab::algorithms::bloom::Bits;
/// let mut bits = Bits::new(100);
/// assert!(bits.set(7) && !bits.set(7));
/// assert_eq!((bits.ones(), bits.get(7), bits.get(8)), (1, true, false));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bits {
    words: Vec<u64>,
    len: u64,
    ones: u64,
}

impl Bits {
    /// So many bits, none set. Takes len/8 bytes, rounded up to 8.
    #[must_use]
    pub fn new(len: u64) -> Self {
        Self { words: vec![0; len.div_ceil(64) as usize], len, ones: 0 }
    }

    /// Number of bits.
    #[must_use]
    #[inline]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is no bit at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many are set. O(1).
    #[must_use]
    pub fn ones(&self) -> u64 {
        self.ones
    }

    /// Sets a bit, and says whether it was clear before. Beyond the end nothing happens.
    #[inline]
    pub fn set(&mut self, bit: u64) -> bool {
        let mask = 1_u64 << (bit % 64);
        let Some(word) = self.words.get_mut((bit / 64) as usize) else { return false };
        let new = *word & mask == 0;
        *word |= mask;
        self.ones += u64::from(new);
        new
    }

    /// Sets so many bits, and says whether one of them was clear before. As [`set`](Self::set) for each, but faster: the
    /// count of the ones waits in a register, where each bit would have to wait for the one before to be stored.
    #[inline]
    pub(super) fn set_all(&mut self, bits: impl Iterator<Item = u64>) -> bool {
        let (words, mut added) = (self.words.as_mut_slice(), 0);
        for bit in bits {
            if let Some(word) = words.get_mut((bit / 64) as usize) {
                added += !*word >> (bit % 64) & 1;
                *word |= 1 << (bit % 64);
            }
        }
        self.ones += added;
        added > 0
    }

    /// Whether a bit is set. `false` beyond the end.
    #[must_use]
    #[inline]
    pub fn get(&self, bit: u64) -> bool {
        self.words.get((bit / 64) as usize).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    /// How many bits of a range are set. Linear in its words.
    #[must_use]
    pub fn ones_in(&self, range: Range<u64>) -> u64 {
        let (start, end) = (range.start.min(self.len), range.end.min(self.len));
        if start >= end {
            return 0;
        }
        let (first, last) = ((start / 64) as usize, ((end - 1) / 64) as usize);
        let mut ones = 0;
        for (index, word) in self.words.iter().enumerate().take(last + 1).skip(first) {
            let mut word = *word;
            if index == first {
                word &= u64::MAX << (start % 64);
            }
            if index == last && !end.is_multiple_of(64) {
                word &= (1 << (end % 64)) - 1;
            }
            ones += u64::from(word.count_ones());
        }
        ones
    }

    /// Sets every bit that is set in `other`, which has the same length. Linear in the length.
    pub fn unite(&mut self, other: &Self) {
        self.ones = 0;
        for (word, with) in self.words.iter_mut().zip(&other.words) {
            *word |= with;
            self.ones += u64::from(word.count_ones());
        }
    }

    /// Clears all bits.
    pub fn clear(&mut self) {
        self.words.fill(0);
        self.ones = 0;
    }

    /// Bytes of the words.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.words.len() * 8
    }
}
