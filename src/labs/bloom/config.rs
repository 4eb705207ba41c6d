//! What a filter is built from, and the filter itself, whichever kind it is.

use super::command::Variant;
use crate::algorithms::bloom::theory::{self, Size};
use crate::algorithms::bloom::{BLOCK_BITS, Blocked, BloomError, Classic, Counting, Filter, Scalable};
use crate::engine::ModelError;
use crate::engine::numbers::{bytes, thousands};

/// Up to so many blocks, each is drawn on rows of its own.
const FEW_BLOCKS: u64 = 16;
/// Most memory of a filter, in bytes.
pub const MAX_MEMORY: u64 = 64 << 20;

/// Size and kind of a filter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    /// The kind.
    pub variant: Variant,
    /// m: bits or counters. A scalable filter takes its size from `items` and `rate`.
    pub cells: u64,
    /// k: hashes for each item.
    pub hashes: u32,
    /// How many items it is designed for.
    pub items: u64,
    /// The false-positive rate that it is designed for.
    pub rate: f64,
}

impl Config {
    /// The filter that a lab opens with: 32 items in 256 bits.
    pub fn first() -> Self {
        let (cells, items) = (256, 32);
        let hashes = theory::best_hashes(cells, items);
        Self { variant: Variant::Classic, cells, hashes, items, rate: theory::rate(cells, hashes, items) }
    }

    /// The same kind, sized so that with so many items in it its rate is at most this.
    pub fn design(self, items: u64, rate: f64) -> Result<Self, ModelError> {
        let design = if self.variant == Variant::Blocked { theory::design_blocked } else { theory::design };
        let size = design(items, rate).map_err(|error| match error {
            BloomError::TooLarge { cells, .. } => ModelError::new(
                format!("for that the filter would need {} {}s", thousands(cells), self.variant.cell()),
                format!("the lab allows {}: use fewer items or a higher rate", bytes(MAX_MEMORY as usize)),
            ),
            other => refusal(&other),
        });
        let Size { cells, hashes } = size?;
        let config = Self { cells, hashes, items, rate, ..self };
        config.check_memory()?;
        Ok(config)
    }

    /// The same with another number of bits.
    pub fn with_cells(self, cells: u64) -> Result<Self, ModelError> {
        self.refuse_scalable("bits")?;
        // Blocks are rounded up when the filter is built.
        let config = Self { cells, ..self };
        config.check_memory()?;
        Ok(config)
    }

    /// The same with another number of hashes.
    pub fn with_hashes(self, hashes: u32) -> Result<Self, ModelError> {
        self.refuse_scalable("hashes")?;
        Ok(Self { hashes, ..self })
    }

    /// The same as another kind.
    pub fn with_variant(self, variant: Variant) -> Result<Self, ModelError> {
        let config = Self { variant, ..self };
        config.check_memory()?;
        Ok(config)
    }

    fn refuse_scalable(&self, what: &str) -> Result<(), ModelError> {
        if self.variant != Variant::Scalable {
            return Ok(());
        }
        let problem = format!("a scalable filter chooses the {what} of each layer by itself");
        Err(ModelError::new(problem, "size it with `design N P`, or take `variant classic`"))
    }

    /// Bytes that the empty filter takes.
    fn memory_bytes(&self) -> u64 {
        match self.variant {
            Variant::Counting => self.cells.div_ceil(2),
            Variant::Classic => self.cells.div_ceil(8),
            Variant::Blocked => self.cells.next_multiple_of(BLOCK_BITS) / 8,
            Variant::Scalable => theory::design(self.items, self.rate / 2.0).map_or(u64::MAX, |size| size.cells / 8),
        }
    }

    fn check_memory(&self) -> Result<(), ModelError> {
        let wanted = self.memory_bytes();
        if wanted <= MAX_MEMORY {
            return Ok(());
        }
        let size = usize::try_from(wanted).unwrap_or(usize::MAX);
        Err(ModelError::new(
            format!(
                "a {} filter with {} {}s takes {}",
                self.variant.name(),
                thousands(self.cells),
                self.variant.cell(),
                bytes(size)
            ),
            format!("the lab allows {}: use fewer items, a higher rate or fewer bits", bytes(MAX_MEMORY as usize)),
        ))
    }

    /// The number of hashes with the lowest rate for so many items in a filter of this kind with so many cells.
    pub fn best_hashes(&self, cells: u64, items: u64) -> u32 {
        match self.variant {
            Variant::Blocked => theory::best_hashes_blocked(cells / BLOCK_BITS, items),
            _ => theory::best_hashes(cells, items),
        }
    }

    /// The empty filter.
    pub fn build(&self) -> Result<AnyFilter, ModelError> {
        self.try_build().map_err(|e| refusal(&e))
    }

    fn try_build(&self) -> Result<AnyFilter, BloomError> {
        Ok(match self.variant {
            Variant::Classic => AnyFilter::Classic(Classic::new(self.cells, self.hashes)?),
            Variant::Counting => AnyFilter::Counting(Counting::new(self.cells, self.hashes)?),
            Variant::Blocked => AnyFilter::Blocked(Blocked::new(self.cells, self.hashes)?),
            Variant::Scalable => AnyFilter::Scalable(Scalable::new(self.items, self.rate)?),
        })
    }
}

/// A refusal of the algorithm as one of the lab.
pub fn refusal(error: &BloomError) -> ModelError {
    let text = error.to_string();
    match text.split_once(": ") {
        Some((problem, remedy)) => ModelError::new(problem, remedy),
        None => ModelError::new(text, "see `help`"),
    }
}

/// A filter of any kind.
#[derive(Clone, Debug)]
pub enum AnyFilter {
    /// One row of bits.
    Classic(Classic),
    /// Counters.
    Counting(Counting),
    /// Cache lines.
    Blocked(Blocked),
    /// Layers.
    Scalable(Scalable),
}

impl AnyFilter {
    /// To ask it.
    pub fn get(&self) -> &dyn Filter {
        match self {
            Self::Classic(f) => f,
            Self::Counting(f) => f,
            Self::Blocked(f) => f,
            Self::Scalable(f) => f,
        }
    }

    /// To change it.
    pub fn get_mut(&mut self) -> &mut dyn Filter {
        match self {
            Self::Classic(f) => f,
            Self::Counting(f) => f,
            Self::Blocked(f) => f,
            Self::Scalable(f) => f,
        }
    }

    /// Whether a scalable filter may grow to hold so many items.
    pub fn check_growth(&self, items: u64) -> Result<(), ModelError> {
        let Self::Scalable(filter) = self else { return Ok(()) };
        let mut growth = filter.growth();
        if growth.reach(items).is_ok() && growth.bits(items) / 8 <= MAX_MEMORY {
            return Ok(());
        }
        let most = bytes(MAX_MEMORY as usize);
        Err(ModelError::new(
            format!("to hold {} items the filter would grow beyond {most}", thousands(items)),
            "put in fewer items, or design it for a higher rate",
        ))
    }

    /// Counters that can no longer be counted down.
    pub fn saturated(&self) -> u64 {
        if let Self::Counting(f) = self { f.saturated() } else { 0 }
    }

    /// Layers of a scalable filter; 1 otherwise.
    pub fn layers(&self) -> usize {
        if let Self::Scalable(f) = self { f.layers().len() } else { 1 }
    }

    /// First cell and number of cells of each part that stands on its own: layers, blocks if they are few, else all.
    pub fn parts(&self) -> Vec<(u64, u64)> {
        let cells = self.get().cells();
        match self {
            Self::Scalable(filter) => {
                let mut start = 0;
                let parts = filter.layers().iter().map(|layer| {
                    start += layer.bits();
                    (start - layer.bits(), layer.bits())
                });
                parts.collect()
            }
            Self::Blocked(_) if cells <= FEW_BLOCKS * BLOCK_BITS => {
                (0..cells / BLOCK_BITS).map(|block| (block * BLOCK_BITS, BLOCK_BITS)).collect()
            }
            _ => vec![(0, cells)],
        }
    }

    /// The first cell after those of the block that a cell lies in, and the first of it; all of a filter without blocks.
    pub fn block_of(&self, cell: u64) -> Option<(u64, u64)> {
        let start = cell / BLOCK_BITS * BLOCK_BITS;
        matches!(self, Self::Blocked(_)).then(|| (start, start + BLOCK_BITS))
    }
}
