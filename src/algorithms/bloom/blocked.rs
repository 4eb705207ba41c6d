//! The blocked Bloom filter: all bits of an item in one cache line.

use std::ops::Range;

use super::{BLOCK_BITS, BloomError, Digest, Filter, MAX_CELLS, Probe, check, check_alike, probing, theory};

/// One block, where a cache line begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(align(64))]
struct Block([u64; 8]);

/// A Bloom filter of blocks: one hash chooses the block, and all k bits of the item lie in it. A question reads one
/// cache line in place of up to k. The price is a higher false-positive rate, as some blocks get more items than others.
///
/// The number of bits is rounded up to whole blocks. Bits within a block are 9 bits of the second hash each, mixed
/// again after seven, so they are as good as independent.
///
/// Source: Putze, Sanders, Singler, "Cache-, hash- and space-efficient Bloom filters", 2007.
///
/// ```
/// use scalelab::algorithms::bloom::{Blocked, Digest, Filter};
/// let mut filter = Blocked::new(10_000, 6)?;
/// assert_eq!(filter.cells(), 10_240);
/// filter.insert(Digest::xxh3(0, b"ada"));
/// let asked = filter.ask(Digest::xxh3(0, b"ada"));
/// assert!(asked.maybe);
/// assert_eq!(filter.cache_lines(&asked.steps), 1);
/// # Ok::<(), scalelab::algorithms::bloom::BloomError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    blocks: Vec<Block>,
    hashes: u32,
}

/// Bits of the second hash that choose a bit in a block.
const SLICE: u32 = 9;
/// How often it has so many bits.
const SLICES: u32 = 7;
/// All bits of one word of a block, for each of its words.
const LANES: [[u64; 8]; 8] = {
    let (mut lanes, mut word) = ([[0; 8]; 8], 0);
    while word < 8 {
        lanes[word][word] = u64::MAX;
        word += 1;
    }
    lanes
};

impl Blocked {
    /// A filter of at least so many bits, with so many hashes for each item.
    ///
    /// # Errors
    /// [`BloomError::NoBits`], [`BloomError::BadHashes`], [`BloomError::TooLarge`].
    pub fn new(bits: u64, hashes: u32) -> Result<Self, BloomError> {
        check(bits, hashes)?;
        let blocks = bits.min(MAX_CELLS).div_ceil(BLOCK_BITS) as usize;
        Ok(Self { blocks: vec![Block::default(); blocks], hashes })
    }

    /// The smallest filter that holds so many items at this false-positive rate.
    ///
    /// # Errors
    /// As [`theory::design_blocked`].
    pub fn for_items(items: u64, rate: f64) -> Result<Self, BloomError> {
        let size = theory::design_blocked(items, rate)?;
        Self::new(size.cells, size.hashes)
    }

    /// Makes this the filter of all items of both. Linear in the bits.
    ///
    /// # Errors
    /// [`BloomError::Unlike`] when size or hashes differ.
    pub fn unite(&mut self, other: &Self) -> Result<(), BloomError> {
        check_alike((self.cells(), self.hashes), (other.cells(), other.hashes))?;
        for (block, with) in self.blocks.iter_mut().zip(&other.blocks) {
            for (word, with) in block.0.iter_mut().zip(with.0) {
                *word |= with;
            }
        }
        Ok(())
    }

    #[inline]
    fn block(&self, item: Digest) -> usize {
        probing::reduce(item.low, self.blocks.len() as u64) as usize
    }

    /// Gives as many bits as one hash has.
    #[inline(always)]
    fn some(count: u32, hash: u64, mut see: impl FnMut(usize, u32)) {
        for i in 1..=count {
            let bits = hash.rotate_left(i * SLICE);
            see((bits >> 6 & 7) as usize, (bits & 63) as u32);
        }
    }

    /// Gives the bits of an item within its block, one after the other: the word, and the bit in it.
    #[inline]
    fn each(hashes: u32, item: Digest, mut see: impl FnMut(usize, u32)) {
        if hashes == SLICES {
            // Seven is what 1 % asks for, and a loop of constant length is unrolled.
            return Self::some(SLICES, item.high, see);
        }
        let (mut hash, mut left) = (item.high, hashes);
        loop {
            Self::some(left.min(SLICES), hash, &mut see);
            left = left.saturating_sub(SLICES);
            if left == 0 {
                return;
            }
            // A fresh set of bits: the finalizer of SplitMix64.
            hash = hash.rotate_left(SLICES * SLICE);
            hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            hash ^= hash >> 31;
        }
    }
}

impl Filter for Blocked {
    #[inline]
    fn insert(&mut self, item: Digest) -> bool {
        let index = self.block(item);
        let Some(block) = self.blocks.get_mut(index) else { return false };
        // The bits gather in registers, for the block to be read and written once, whole.
        let mut mask = [0; 8];
        Self::each(self.hashes, item, |word, bit| {
            for (mask, lane) in mask.iter_mut().zip(LANES[word]) {
                *mask |= lane & 1 << bit;
            }
        });
        let mut new = 0;
        for (word, mask) in block.0.iter_mut().zip(mask) {
            new |= mask & !*word;
            *word |= mask;
        }
        new != 0
    }

    /// All k bits are looked at: within one cache line that is faster than to guess where to stop.
    #[inline]
    fn contains(&self, item: Digest) -> bool {
        let Some(block) = self.blocks.get(self.block(item)) else { return false };
        let mut all = 1;
        Self::each(self.hashes, item, |word, bit| all &= block.0[word] >> bit);
        all & 1 == 1
    }

    fn remove(&mut self, _item: Digest) -> Result<(), BloomError> {
        Err(BloomError::CannotRemove { filter: "blocked" })
    }

    fn probes(&self, item: Digest, out: &mut Vec<Probe>) {
        out.clear();
        let start = self.block(item) as u64 * BLOCK_BITS;
        Self::each(self.hashes, item, |word, bit| {
            out.push(Probe { cell: start + word as u64 * 64 + u64::from(bit), group: 0 });
        });
    }

    fn cells(&self) -> u64 {
        self.blocks.len() as u64 * BLOCK_BITS
    }

    fn cell_bits(&self) -> u32 {
        1
    }

    fn value(&self, cell: u64) -> u8 {
        let block = self.blocks.get((cell / BLOCK_BITS) as usize);
        block.map_or(0, |b| (b.0[(cell / 64 % 8) as usize] >> (cell % 64) & 1) as u8)
    }

    /// Counted when asked for, in time linear in the bits: to count at each insertion would take longer than the insertion.
    fn set_cells(&self) -> u64 {
        self.set_cells_in(0..self.cells())
    }

    fn set_cells_in(&self, cells: Range<u64>) -> u64 {
        let end = cells.end.min(self.cells());
        let (mut cell, mut ones) = (cells.start, 0);
        while cell < end {
            let whole_word = cell.is_multiple_of(64) && cell + 64 <= end;
            let block = self.blocks.get((cell / BLOCK_BITS) as usize);
            if whole_word {
                ones += block.map_or(0, |b| u64::from(b.0[(cell / 64 % 8) as usize].count_ones()));
                cell += 64;
            } else {
                ones += u64::from(self.value(cell));
                cell += 1;
            }
        }
        ones
    }

    fn hashes(&self) -> u32 {
        self.hashes
    }

    fn memory_bytes(&self) -> usize {
        self.blocks.len() * 64
    }

    fn theory_rate(&self, items: u64) -> f64 {
        theory::blocked_rate(self.blocks.len() as u64, self.hashes, items)
    }

    fn exact_rate(&self, items: u64) -> f64 {
        theory::exact_blocked_rate(self.blocks.len() as u64, self.hashes, items)
    }

    /// The mean over the blocks of fill^k. Linear in the bits.
    fn own_rate(&self) -> f64 {
        let ones = |block: &Block| block.0.iter().map(|word| word.count_ones()).sum::<u32>();
        let rate = |block| (f64::from(ones(block)) / BLOCK_BITS as f64).powf(f64::from(self.hashes));
        self.blocks.iter().map(rate).sum::<f64>() / self.blocks.len() as f64
    }

    fn clear(&mut self) {
        self.blocks.fill(Block::default());
    }
}
