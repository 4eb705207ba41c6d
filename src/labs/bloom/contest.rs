//! All kinds of filter on the same items and the same questions.

use super::command::Variant;
use super::config::{AnyFilter, Config};
use crate::algorithms::bloom::Digest;
use crate::engine::ModelError;

/// Most cells of a compared filter: beyond, all are scaled down alike.
pub const COMPARED_CELLS: u64 = 1 << 21;
/// Questions whose memory accesses are counted, after each change.
const COUNTED: u64 = 256;

/// One kind, as it stands.
#[derive(Clone, Debug)]
pub struct Contender {
    /// Which.
    pub variant: Variant,
    /// The filter, scaled down by [`Contest::scale`].
    pub filter: AnyFilter,
    /// Different items that were put in and not taken out again.
    pub items: u64,
    /// Questions about items that are not in, since the last change of what is in.
    pub absent: u64,
    /// Of those, how many it answered with 'maybe'.
    pub lies: u64,
    counted: u64,
    lines: u64,
}

impl Contender {
    /// Bytes that the filter would take in full size.
    pub fn memory_bytes(&self, scale: u64) -> usize {
        self.filter.get().memory_bytes().saturating_mul(scale as usize)
    }

    /// Cache lines that a question reads on average; none before the first question.
    pub fn lines_per_query(&self) -> Option<f64> {
        (self.counted > 0).then(|| self.lines as f64 / self.counted as f64)
    }
}

/// All kinds side by side.
#[derive(Clone, Debug)]
pub struct Contest {
    /// One item in so many takes part, and the filters are smaller by this factor: the rates stay what they are.
    pub scale: u64,
    /// In the order of [`Variant::ALL`].
    pub contenders: Vec<Contender>,
}

impl Contest {
    /// Every kind with this design, empty.
    pub fn open(config: &Config) -> Result<Self, ModelError> {
        let scale = config.cells.div_ceil(COMPARED_CELLS).max(1);
        let small = Config { cells: (config.cells / scale).max(1), items: (config.items / scale).max(1), ..*config };
        let contender = |variant| {
            let filter = Config { variant, ..small }.build()?;
            Ok(Contender { variant, filter, items: 0, absent: 0, lies: 0, counted: 0, lines: 0 })
        };
        let contenders = Variant::ALL.into_iter().map(contender).collect::<Result<_, ModelError>>()?;
        Ok(Self { scale, contenders })
    }

    /// Whether an item takes part.
    fn takes_part(&self, item: Digest) -> bool {
        self.scale == 1 || item.low.is_multiple_of(self.scale)
    }

    /// Puts an item into all of them; `new` when it was not in.
    pub fn insert(&mut self, item: Digest, new: bool) {
        if !self.takes_part(item) {
            return;
        }
        for contender in &mut self.contenders {
            contender.items += u64::from(new);
            contender.filter.get_mut().insert(item);
        }
    }

    /// Takes an item out of the one kind that can; `last` when no copy is left.
    pub fn remove(&mut self, item: Digest, last: bool) {
        if !self.takes_part(item) {
            return;
        }
        for contender in self.contenders.iter_mut().filter(|c| c.variant == Variant::Counting) {
            // It is in, so it is not refused.
            let taken = contender.filter.get_mut().remove(item).is_ok();
            contender.items = contender.items.saturating_sub(u64::from(taken && last));
        }
    }

    /// What is in has changed: counts of answers begin anew.
    pub fn changed(&mut self) {
        for contender in &mut self.contenders {
            (contender.absent, contender.lies, contender.counted, contender.lines) = (0, 0, 0, 0);
        }
    }

    /// Asks all of them about an item.
    pub fn query(&mut self, item: Digest, present: bool) {
        if !self.takes_part(item) {
            return;
        }
        for contender in &mut self.contenders {
            let filter = contender.filter.get();
            if contender.counted < COUNTED {
                contender.counted += 1;
                contender.lines += u64::from(filter.cache_lines(&filter.ask(item).steps));
            }
            if !present {
                contender.absent += 1;
                contender.lies += u64::from(filter.contains(item));
            }
        }
    }

    /// Bytes in memory.
    pub fn memory_bytes(&self) -> usize {
        self.contenders.iter().map(|c| c.filter.get().memory_bytes()).sum()
    }
}
