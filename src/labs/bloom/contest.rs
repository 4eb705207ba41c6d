//! All kinds of filter on the same items and the same questions.

use super::command::Variant;
use super::config::{AnyFilter, Config, refusal};
use crate::algorithms::bloom::{BLOCK_BITS, Digest, Growth};
use crate::engine::ModelError;

/// Most cells of a compared filter: beyond, all are scaled down alike.
pub const COMPARED_CELLS: u64 = 1 << 21;
/// Beyond so many items, or four times those of the design, the kinds are no longer filled but only computed: a filter
/// made for 32 items says nothing new with a million.
const COMPARED_ITEMS: u64 = 1 << 16;
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
    /// Cache lines that a question reads on average; none before the first question.
    pub fn lines_per_query(&self) -> Option<f64> {
        (self.counted > 0).then(|| self.lines as f64 / self.counted as f64)
    }
}

/// All kinds side by side, all but the scalable one with the same whole number of blocks: else the blocked filter alone
/// would be rounded up, and win.
#[derive(Clone, Debug)]
pub struct Contest {
    /// One item in so many takes part, and the filters are smaller by this factor: the rates stay what they are.
    pub scale: u64,
    /// In the order of [`Variant::ALL`].
    pub contenders: Vec<Contender>,
    /// What each is built from.
    design: Config,
    /// How the scalable kind grows: what it would be like, once the kinds are only computed.
    growth: Growth,
    /// Items that took part, copies included.
    taken: u64,
}

impl Contest {
    /// Every kind with this design, empty.
    pub fn open(config: &Config) -> Result<Self, ModelError> {
        let scale = config.cells.div_ceil(COMPARED_CELLS).max(1);
        let cells = (config.cells / scale).max(1).next_multiple_of(BLOCK_BITS);
        let design = Config { cells, items: (config.items / scale).max(1), ..*config };
        let contender = |variant| {
            let filter = Config { variant, ..design }.build()?;
            Ok(Contender { variant, filter, items: 0, absent: 0, lies: 0, counted: 0, lines: 0 })
        };
        let contenders = Variant::ALL.into_iter().map(contender).collect::<Result<_, ModelError>>()?;
        let growth = Growth::new(design.items, design.rate).map_err(|e| refusal(&e))?;
        Ok(Self { scale, contenders, design, growth, taken: 0 })
    }

    /// Cells that each kind has in full size, but for the scalable one.
    pub fn cells(&self) -> u64 {
        self.design.cells * self.scale
    }

    /// Whether so many items went in that the kinds are only computed.
    pub fn computed(&self) -> bool {
        self.taken > COMPARED_ITEMS.max(4 * self.design.items)
    }

    /// The rate that a kind's formula expects.
    pub fn theory_rate(&self, contender: &Contender) -> f64 {
        match contender.variant {
            Variant::Scalable if self.computed() => self.growth.rate(contender.items),
            _ => contender.filter.get().theory_rate(contender.items),
        }
    }

    /// Bytes that a kind would take in full size.
    pub fn memory_bytes_of(&self, contender: &Contender) -> usize {
        let bytes = match contender.variant {
            Variant::Scalable if self.computed() => self.growth.bits(contender.items).div_ceil(8) as usize,
            _ => contender.filter.get().memory_bytes(),
        };
        bytes.saturating_mul(self.scale as usize)
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
        self.taken += 1;
        let computed = self.computed();
        for contender in &mut self.contenders {
            contender.items += u64::from(new);
            if computed && contender.variant == Variant::Scalable {
                // One that cannot grow any more fills its last layer.
                let _ = self.growth.reach(contender.items);
            }
            if !computed {
                contender.filter.get_mut().insert(item);
            }
        }
    }

    /// Takes an item out of the one kind that can; `last` when no copy is left.
    pub fn remove(&mut self, item: Digest, last: bool) {
        if !self.takes_part(item) {
            return;
        }
        let computed = self.computed();
        for contender in self.contenders.iter_mut().filter(|c| c.variant == Variant::Counting) {
            // It is in, so it is not refused.
            let taken = computed || contender.filter.get_mut().remove(item).is_ok();
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
        if !self.takes_part(item) || self.computed() {
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
