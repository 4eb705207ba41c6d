//! The bloom lab's figures, observed beside theory.

use std::collections::BTreeMap;

use serde::Serialize;

use super::command::Variant;
use super::config::AnyFilter;
use super::contest::Contender;
use super::model::BloomModel;
use super::record::{Deed, Sample};
use crate::algorithms::bloom::theory;
use crate::engine::numbers::percent;

/// What `run --json` prints, checks read and the figures panel shows.
#[derive(Clone, Debug, Serialize)]
pub struct BloomFacts {
    /// Kind of filter.
    pub variant: &'static str,
    /// m: bits, or counters.
    pub bits: u64,
    /// k: hashes for each item; those of the newest layer of a scalable filter.
    pub hashes: u32,
    /// The k with the lowest rate for the items that are in; for those of the design while it is empty.
    pub best_hashes: u32,
    /// Items that the filter is designed for.
    pub design_items: u64,
    /// Rate that it is designed for.
    pub design_fpr: f64,
    /// Copies that were put in and not taken out.
    pub inserted: u64,
    /// Different items that are in.
    pub items: u64,
    /// Share of the cells that are set.
    pub fill: f64,
    /// What theory expects; null for a scalable filter.
    pub theory_fill: Option<f64>,
    /// How many items the fill speaks for; null for a scalable or full filter.
    pub items_by_fill: Option<f64>,
    /// Questions so far.
    pub queries: u64,
    /// 'Maybe' about an item that is not in.
    pub false_positives: u64,
    /// 'Definitely not' about an item that is in: 0, always.
    pub false_negatives: u64,
    /// Questions about absent items since what is in last changed.
    pub probed: u64,
    /// Of those, the share answered with 'maybe'; null before the first.
    pub observed_fpr: Option<f64>,
    /// Lower end of its 95 % interval (Wilson).
    pub fpr_low: f64,
    /// Upper end.
    pub fpr_high: f64,
    /// What the usual formula expects.
    pub theory_fpr: f64,
    /// What the exact formula expects.
    pub exact_fpr: f64,
    /// What the cells that are really set make of it: fill^k; null unless the filter is one row of cells.
    pub fill_fpr: Option<f64>,
    /// Bytes of the cells.
    pub memory_bytes: usize,
    /// Bits of memory for each different item; null while it is empty.
    pub bits_per_item: Option<f64>,
    /// Work spared: look-ups, or what the scenario counts.
    pub saved: u64,
    /// What false positives cost.
    pub wasted: u64,
    /// Counters that are full and can no longer be counted down.
    pub saturated: u64,
    /// Layers of a scalable filter; 1 otherwise.
    pub layers: usize,
    /// The scenario that runs.
    pub scenario: Option<&'static str>,
    /// Its requests.
    pub events: u64,
    /// The item that was last put in, asked for or taken out.
    pub last_item: Option<String>,
    /// What the filter said about it: `maybe` or `definitely not`; null if it was not a question.
    pub last_answer: Option<&'static str>,
    /// Whether it is really in.
    pub last_is_in: Option<bool>,
    /// Cells that its last question looked at.
    pub last_probes: usize,
    /// The last false positive.
    pub last_false_positive: Option<String>,
    /// For each bit that `why` or `who` showed: how many items set it.
    pub why: Vec<u64>,
    /// Different items that set any of them.
    pub why_items: u64,
    /// Every kind of filter on the same items and questions.
    pub variants: BTreeMap<&'static str, VariantFacts>,
}

/// One kind of filter.
#[derive(Clone, Debug, Serialize)]
pub struct VariantFacts {
    /// Bytes of the cells.
    pub memory_bytes: usize,
    /// Observed rate since what is in last changed; null before the first question.
    pub observed_fpr: Option<f64>,
    /// What its formula expects.
    pub theory_fpr: f64,
    /// Cache lines that a question reads on average; null before the first.
    pub lines_per_query: Option<f64>,
}

impl BloomFacts {
    /// The figures of a state.
    pub fn of(model: &BloomModel) -> Self {
        let (filter, config, tally) = (model.filter.get(), &model.config, &model.tally);
        let (fpr_low, fpr_high) = model.window.interval();
        let look = model.look.as_deref();
        let question = look.filter(|l| l.deed == Deed::Query);
        let memory_bytes = filter.memory_bytes();
        let counted = if model.distinct > 0 { model.distinct } else { config.items };
        Self {
            variant: config.variant.name(),
            bits: filter.cells(),
            hashes: filter.hashes(),
            best_hashes: theory::best_hashes(filter.cells(), counted),
            design_items: config.items,
            design_fpr: config.rate,
            inserted: model.history.copies(),
            items: model.distinct,
            fill: model.fill(),
            theory_fill: theory_fill(model),
            items_by_fill: items_by_fill(model),
            queries: tally.queries,
            false_positives: tally.lies,
            false_negatives: tally.denials,
            probed: model.window.absent,
            observed_fpr: model.window.rate(),
            fpr_low,
            fpr_high,
            theory_fpr: model.theory_rate(),
            exact_fpr: filter.exact_rate(model.distinct),
            fill_fpr: one_row(model).then(|| model.fill().powi(filter.hashes() as i32)),
            memory_bytes,
            bits_per_item: (model.distinct > 0).then(|| memory_bytes as f64 * 8.0 / model.distinct as f64),
            saved: tally.saved,
            wasted: tally.wasted,
            saturated: model.filter.saturated(),
            layers: model.filter.parts().len(),
            scenario: model.scenario.map(|s| s.kind.name()),
            events: model.scenario.map_or(0, |s| s.events),
            last_item: look.map(|l| l.text.to_string()),
            last_answer: question.map(|l| if l.maybe { "maybe" } else { "definitely not" }),
            last_is_in: look.map(|l| model.is_in(&l.text)),
            last_probes: look.map_or(0, |l| l.steps.len()),
            last_false_positive: model.lies.last().map(|l| l.to_string()),
            why: model.why.iter().flat_map(|w| w.cells.iter().map(|c| c.setters)).collect(),
            why_items: model.why.as_ref().map_or(0, |w| w.setters_total),
            variants: model.contest.contenders.iter().map(|c| (c.variant.name(), variant(model, c))).collect(),
        }
    }
}

fn variant(model: &BloomModel, contender: &Contender) -> VariantFacts {
    VariantFacts {
        memory_bytes: contender.memory_bytes(model.contest.scale),
        observed_fpr: observed(contender).rate(),
        theory_fpr: contender.filter.get().theory_rate(contender.items),
        lines_per_query: contender.lines_per_query(),
    }
}

/// What was observed of a contender since what is in last changed.
pub fn observed(contender: &Contender) -> Sample {
    Sample { absent: contender.absent, lies: contender.lies }
}

/// Whether every item has k cells of one row, so that the fill speaks for all.
fn one_row(model: &BloomModel) -> bool {
    matches!(&*model.filter, AnyFilter::Classic(_) | AnyFilter::Counting(_))
}

/// The expected share of set cells; none where layers differ.
pub fn theory_fill(model: &BloomModel) -> Option<f64> {
    let filter = model.filter.get();
    let plain = model.config.variant != Variant::Scalable;
    plain.then(|| theory::fill(filter.cells(), filter.hashes(), model.distinct))
}

fn items_by_fill(model: &BloomModel) -> Option<f64> {
    let filter = model.filter.get();
    let items = theory::items_from_fill(filter.cells(), filter.hashes(), filter.set_cells());
    (one_row(model) && items.is_finite()).then_some(items + 0.0)
}

/// A rate as people read it: one digit of a tiny one, down to one in a hundred million.
pub fn rate_words(rate: f64) -> String {
    match rate * 100.0 {
        share if share <= 0.0 || share >= 0.01 => percent(rate),
        share if share < 1e-6 => "under 1e-8".to_owned(),
        share => {
            let digits = (-share.log10()).ceil().max(0.0) as usize;
            format!("{share:.digits$} %")
        }
    }
}
