//! States by number: equal rows of words are kept once.

/// Rows of equal width, numbered in the order in which they came. Looking up or adding a row costs O(width).
///
/// ```
/// let mut table = scalelab::algorithms::explore::Table::new(2);
/// assert_eq!(table.insert(&[1, 2]), (0, true));
/// assert_eq!(table.insert(&[1, 3]), (1, true));
/// assert_eq!(table.insert(&[1, 2]), (0, false));
/// assert_eq!((table.find(&[1, 3]), table.find(&[9, 9]), table.row(1)), (Some(1), None, &[1, 3][..]));
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    width: usize,
    rows: Vec<i32>,
    count: usize,
    /// Open addressing: 32 bits of a row's hash, and its number plus one; zero is free.
    slots: Vec<u64>,
}

impl Table {
    /// An empty table for rows of so many words.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self { width, rows: Vec::new(), count: 0, slots: vec![0; 64] }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The row with this number; empty if there is none.
    pub fn row(&self, number: usize) -> &[i32] {
        self.rows.get(number * self.width..(number + 1) * self.width).unwrap_or_default()
    }

    /// The number of a row, and whether it is new.
    pub fn insert(&mut self, row: &[i32]) -> (usize, bool) {
        if (self.count + 1) * 2 > self.slots.len() {
            self.grow();
        }
        let tag = tag(row);
        let slot = self.slot_of(tag, row);
        if self.slots[slot] != 0 {
            return (number(self.slots[slot]), false);
        }
        self.rows.extend_from_slice(row);
        self.count += 1;
        self.slots[slot] = u64::from(tag) << 32 | self.count as u64;
        (self.count - 1, true)
    }

    /// The number of a row, if it is there.
    pub fn find(&self, row: &[i32]) -> Option<usize> {
        let slot = self.slots[self.slot_of(tag(row), row)];
        (slot != 0).then(|| number(slot))
    }

    /// Bytes in memory.
    pub fn memory_bytes(&self) -> usize {
        self.rows.capacity() * 4 + self.slots.capacity() * 8
    }

    /// The slot of a row, or the free one where it belongs. Rows are read only where the tags are equal.
    fn slot_of(&self, tag: u32, row: &[i32]) -> usize {
        let mask = self.slots.len() - 1;
        let mut at = tag as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 || (slot >> 32) as u32 == tag && self.row(number(slot)) == row {
                return at;
            }
            at = (at + 1) & mask;
        }
    }

    /// Twice as many slots. The tags say where they belong, so that no row is read.
    fn grow(&mut self) {
        let mut slots = vec![0; self.slots.len() * 2];
        let mask = slots.len() - 1;
        for slot in self.slots.iter().filter(|slot| **slot != 0) {
            let mut at = (slot >> 32) as usize & mask;
            while slots[at] != 0 {
                at = (at + 1) & mask;
            }
            slots[at] = *slot;
        }
        self.slots = slots;
    }
}

fn number(slot: u64) -> usize {
    slot as u32 as usize - 1
}

/// 32 bits that tell rows apart: folded multiplication, as in wyhash, over four words at a time.
fn tag(row: &[i32]) -> u32 {
    const SEEDS: [u64; 3] = [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3];
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        product as u64 ^ (product >> 64) as u64
    };
    let two = |low: i32, high: i32| u64::from(low as u32) | u64::from(high as u32) << 32;
    let (fours, rest) = row.as_chunks::<4>();
    let mut hash = SEEDS[0];
    for [a, b, c, d] in fours {
        hash = fold(hash ^ two(*a, *b), SEEDS[1] ^ two(*c, *d));
    }
    let word = |i: usize| rest.get(i).copied().unwrap_or(0);
    hash = fold(hash ^ two(word(0), word(1)), SEEDS[2] ^ two(word(2), rest.len() as i32));
    (hash >> 32) as u32 ^ hash as u32
}
