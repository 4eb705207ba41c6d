//! What was asked, what came out, and what just happened: the lab's book-keeping.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::config::AnyFilter;
use crate::algorithms::bloom::Probe;
use crate::engine::Micros;

/// Most points of a curve that are kept; beyond, neighbours are put together.
const MAX_POINTS: usize = 2_048;

/// Answers, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Questions.
    pub queries: u64,
    /// Of those, about items that were not in.
    pub absent: u64,
    /// 'Maybe' about an item that was not in.
    pub lies: u64,
    /// 'Definitely not' about an item that was in. Never.
    pub denials: u64,
    /// Work that an answer spared.
    pub saved: u64,
    /// What false positives cost.
    pub wasted: u64,
}

impl Tally {
    /// Counts one answer; what it saved or wasted is counted where the work is known.
    pub fn count(&mut self, maybe: bool, present: bool) {
        self.queries += 1;
        self.absent += u64::from(!present);
        self.lies += u64::from(maybe && !present);
        self.denials += u64::from(!maybe && present);
    }
}

/// Questions about absent items, and how many were answered with 'maybe'.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Questions about items that were not in.
    pub absent: u64,
    /// False positives.
    pub lies: u64,
}

impl Sample {
    /// More of the same.
    pub fn add(&mut self, other: Self) {
        self.absent += other.absent;
        self.lies += other.lies;
    }

    /// The share of false positives, if anything was asked.
    pub fn rate(self) -> Option<f64> {
        (self.absent > 0).then(|| self.lies as f64 / self.absent as f64)
    }

    /// Its 95 % confidence interval.
    pub fn interval(self) -> (f64, f64) {
        let share = crate::sim::statistics::wilson(self.lies, self.absent, 1.96);
        (share.low, share.high)
    }
}

/// What was observed along the curves.
#[derive(Clone, Debug, Default)]
pub struct Points {
    /// By the number of different items, for this filter.
    pub by_items: BTreeMap<u64, Sample>,
    /// By the number of hashes, for this size and these items.
    pub by_hashes: BTreeMap<u32, Sample>,
}

impl Points {
    /// Adds what was observed with so many items and hashes.
    pub fn add(&mut self, items: u64, hashes: u32, sample: Sample) {
        if sample.absent == 0 {
            return;
        }
        self.by_items.entry(items).or_default().add(sample);
        self.by_hashes.entry(hashes).or_default().add(sample);
        if self.by_items.len() > MAX_POINTS {
            let old: Vec<(u64, Sample)> = std::mem::take(&mut self.by_items).into_iter().collect();
            for pair in old.chunks(2) {
                let (at, mut sum) = pair[0];
                pair.iter().skip(1).for_each(|(_, more)| sum.add(*more));
                self.by_items.insert(at, sum);
            }
        }
    }
}

/// What was done with one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It was put in.
    Insert,
    /// It was asked for.
    Query,
    /// It was taken out.
    Remove,
}

/// One item on its way through its cells.
#[derive(Clone, Debug)]
pub struct Look {
    /// The item.
    pub text: Arc<str>,
    /// What was done.
    pub deed: Deed,
    /// The cells in order. For a question, those that were looked at; a set one is a hit.
    pub steps: Vec<Step>,
    /// What the filter says about it; for an insertion, what it would have said before.
    pub maybe: bool,
    /// Whether it was in before.
    pub present: bool,
    /// When.
    pub at_us: Micros,
    /// How long it unfolds.
    pub lasts_us: Micros,
}

/// A cell on the way of an item.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Which.
    pub probe: Probe,
    /// What the cell held before.
    pub before: u8,
    /// What it holds afterwards.
    pub after: u8,
}

/// Many items went in at once, or the filter was built anew.
#[derive(Clone, Debug)]
pub struct Change {
    /// The filter before.
    pub before: Arc<AnyFilter>,
    /// Some of the items, with the cells that they set.
    pub sample: Vec<Vec<u64>>,
    /// How many items it were.
    pub count: u64,
    /// When.
    pub at_us: Micros,
    /// How long it unfolds.
    pub lasts_us: Micros,
}
