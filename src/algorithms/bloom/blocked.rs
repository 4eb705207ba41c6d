//! The blocked Bloom filter: all bits of an item in one cache line.

use std::ops::Range;

use super::{BloomError, Digest, Filter, MAX_CELLS, Probe, check, check_alike, probing, theory};

/// Bits of a block: a cache line of 64 bytes.
///
/// ```
/// assert_eq!(scalelab::algorithms::bloom::BLOCK_BITS, 512);
/// ```
pub const BLOCK_BITS: u64 = 512;

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
    ones: u64,
}

/// Bits of the second hash that choose a bit in a block.
const SLICE: u32 = 9;
/// How often it has so many bits.
const SLICES: u32 = 7;

impl Blocked {
    /// A filter of at least so many bits, with so many hashes for each item.
    ///
    /// # Errors
    /// [`BloomError::NoBits`], [`BloomError::BadHashes`], [`BloomError::TooLarge`].
    pub fn new(bits: u64, hashes: u32) -> Result<Self, BloomError> {
        check(bits, hashes)?;
        let blocks = bits.min(MAX_CELLS).div_ceil(BLOCK_BITS) as usize;
        Ok(Self { blocks: vec![Block::default(); blocks], hashes, ones: 0 })
    }

    /// Makes this the filter of all items of both. Linear in the bits.
    ///
    /// # Errors
    /// [`BloomError::Unlike`] when size or hashes differ.
    pub fn unite(&mut self, other: &Self) -> Result<(), BloomError> {
        check_alike((self.cells(), self.hashes), (other.cells(), other.hashes))?;
        self.ones = 0;
        for (block, with) in self.blocks.iter_mut().zip(&other.blocks) {
            for (word, with) in block.0.iter_mut().zip(with.0) {
                *word |= with;
                self.ones += u64::from(word.count_ones());
            }
        }
        Ok(())
    }

    #[inline]
    fn block(&self, item: Digest) -> usize {
        probing::reduce(item.low, self.blocks.len() as u64) as usize
    }

    /// Gives the bits of an item within its block, one after the other: word and mask.
    #[inline]
    fn each(&self, item: Digest, mut see: impl FnMut(usize, u64)) {
        let (mut hash, mut left) = (item.high, self.hashes);
        loop {
            for _ in 0..left.min(SLICES) {
                hash = hash.rotate_left(SLICE);
                see((hash >> 6 & 7) as usize, 1 << (hash & 63));
            }
            left = left.saturating_sub(SLICES);
            if left == 0 {
                return;
            }
            // A fresh set of bits: the finalizer of SplitMix64.
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
        let Some(mut block) = self.blocks.get(index).copied() else { return false };
        let mut new = 0;
        self.each(item, |word, mask| {
            new += u64::from(block.0[word] & mask == 0);
            block.0[word] |= mask;
        });
        if let Some(place) = self.blocks.get_mut(index).filter(|_| new > 0) {
            *place = block;
        }
        self.ones += new;
        new > 0
    }

    /// All k bits are looked at: within one cache line that is faster than to guess where to stop.
    #[inline]
    fn contains(&self, item: Digest) -> bool {
        let Some(block) = self.blocks.get(self.block(item)) else { return false };
        let mut missing = 0;
        self.each(item, |word, mask| missing |= !block.0[word] & mask);
        missing == 0
    }

    fn remove(&mut self, _item: Digest) -> Result<(), BloomError> {
        Err(BloomError::CannotRemove { filter: "blocked" })
    }

    fn probes(&self, item: Digest, out: &mut Vec<Probe>) {
        out.clear();
        let start = self.block(item) as u64 * BLOCK_BITS;
        self.each(item, |word, mask| {
            let cell = start + word as u64 * 64 + u64::from(mask.trailing_zeros());
            out.push(Probe { cell, group: 0 });
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

    fn set_cells(&self) -> u64 {
        self.ones
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
        theory::blocked_rate(self.blocks.len() as u64, self.hashes, items, theory::fill_rate)
    }

    fn exact_rate(&self, items: u64) -> f64 {
        theory::blocked_rate(self.blocks.len() as u64, self.hashes, items, theory::exact_rate)
    }

    fn clear(&mut self) {
        self.blocks.fill(Block::default());
        self.ones = 0;
    }
}
