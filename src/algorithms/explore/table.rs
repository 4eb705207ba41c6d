//! States by number: equal rows of words are kept once.

use xxhash_rust::xxh3::xxh3_64;

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
    /// Open addressing: number of a row plus one, or zero.
    slots: Vec<u32>,
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
        let slot = self.slot_of(row);
        if let Some(found) = self.slots[slot].checked_sub(1) {
            return (found as usize, false);
        }
        self.rows.extend_from_slice(row);
        self.count += 1;
        self.slots[slot] = self.count as u32;
        (self.count - 1, true)
    }

    /// The number of a row, if it is there.
    pub fn find(&self, row: &[i32]) -> Option<usize> {
        self.slots[self.slot_of(row)].checked_sub(1).map(|n| n as usize)
    }

    /// Bytes in memory.
    pub fn memory_bytes(&self) -> usize {
        (self.rows.capacity() + self.slots.capacity()) * 4
    }

    /// The slot of a row, or the free one where it belongs.
    fn slot_of(&self, row: &[i32]) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(row) as usize & mask;
        loop {
            match self.slots[slot].checked_sub(1) {
                Some(number) if self.row(number as usize) != row => slot = (slot + 1) & mask,
                _ => return slot,
            }
        }
    }

    fn grow(&mut self) {
        self.slots = vec![0; self.slots.len() * 2];
        let mask = self.slots.len() - 1;
        for number in 0..self.count {
            let mut slot = hash(self.row(number)) as usize & mask;
            while self.slots[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = number as u32 + 1;
        }
    }
}

fn hash(row: &[i32]) -> u64 {
    let mut bytes = [0_u8; 512];
    if row.len() * 4 <= bytes.len() {
        for (to, word) in bytes.chunks_exact_mut(4).zip(row) {
            to.copy_from_slice(&word.to_le_bytes());
        }
        return xxh3_64(&bytes[..row.len() * 4]);
    }
    let bytes: Vec<u8> = row.iter().flat_map(|w| w.to_le_bytes()).collect();
    xxh3_64(&bytes)
}
