//! The bloom lab's figures, observed beside theory.

use std::collections::BTreeMap;

use serde::Serialize;

use super::command::Variant;
use super::contest::Contender;
use super::model::BloomModel;
use super::record::{Deed, Sample};
use crate::algorithms::bloom::theory;
use crate::engine::numbers::{bytes, thousands};

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
    /// Questions about absent items since what is in last changed; of a crawler, the new pages that it met.
    pub probed: u64,
    /// Of those, the share answered with 'maybe'; null before the first.
    pub observed_fpr: Option<f64>,
    /// Lower end of its 95 % interval (Wilson); 0 before the first question.
    pub fpr_low: f64,
    /// Upper end; 1 before the first question.
    pub fpr_high: f64,
    /// What the observed rate should be: `theory_fpr`; of a crawler, whose filter fills up while it is asked, the mean of
    /// its own rate at each new page; null where that is not known.
    pub expected_fpr: Option<f64>,
    /// What the usual formula expects with the items that are in: for blocks, the mean over how many items each gets;
    /// for layers, the chance that any of them says 'maybe'. After a crawl, whose items were all denied before they went
    /// in, the formula for such items.
    pub theory_fpr: f64,
    /// What the exact formula expects, for items that were not chosen; after a crawl the same as `theory_fpr`.
    pub exact_fpr: f64,
    /// The rate that this very filter has, by the cells that are set: fill^k; the mean of it over blocks; for layers, the
    /// chance that any of them says 'maybe'.
    pub fill_fpr: f64,
    /// Bytes of the cells.
    pub memory_bytes: usize,
    /// Bits of memory for each different item; null while it is empty.
    pub bits_per_item: Option<f64>,
    /// Work spared: look-ups, or what the scenario counts.
    pub saved: u64,
    /// What false positives cost; of a crawler, links to lost pages.
    pub wasted: u64,
    /// Pages that a crawler met and will never fetch, each counted once.
    pub lost: u64,
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
    /// Cells of the compared kinds, but for the scalable one: those of the filter, rounded up to whole blocks.
    pub compared_cells: u64,
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
            best_hashes: config.best_hashes(filter.cells(), counted),
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
            expected_fpr: expected_rate(model),
            theory_fpr: model.theory_rate(),
            exact_fpr: if model.denied_only { model.theory_rate() } else { filter.exact_rate(model.distinct) },
            fill_fpr: filter.own_rate(),
            memory_bytes,
            bits_per_item: (model.distinct > 0).then(|| memory_bytes as f64 * 8.0 / model.distinct as f64),
            saved: tally.saved,
            wasted: tally.wasted,
            lost: model.scenario.map_or(0, |s| s.lost),
            saturated: model.filter.saturated(),
            layers: model.filter.layers(),
            scenario: model.scenario.map(|s| s.kind.name()),
            events: model.scenario.map_or(0, |s| s.events),
            last_item: look.map(|l| l.text.to_string()),
            last_answer: question.map(|l| if l.maybe { "maybe" } else { "definitely not" }),
            last_is_in: look.map(|l| model.is_in(&l.text)),
            last_probes: look.map_or(0, |l| l.steps.len()),
            last_false_positive: model.lies.last().map(|l| l.to_string()),
            why: model.why.iter().flat_map(|w| w.cells.iter().map(|c| c.setters)).collect(),
            why_items: model.why.as_ref().map_or(0, |w| w.setters_total),
            compared_cells: model.contest.cells(),
            variants: model.contest.contenders.iter().map(|c| (c.variant.name(), variant(model, c))).collect(),
        }
    }
}

fn variant(model: &BloomModel, contender: &Contender) -> VariantFacts {
    VariantFacts {
        memory_bytes: model.contest.memory_bytes_of(contender),
        observed_fpr: observed(contender).rate(),
        theory_fpr: model.contest.theory_rate(contender),
        lines_per_query: contender.lines_per_query(),
    }
}

/// What was observed of a contender since what is in last changed.
pub fn observed(contender: &Contender) -> Sample {
    Sample { absent: contender.absent, lies: contender.lies }
}

/// What the observed rate should be.
fn expected_rate(model: &BloomModel) -> Option<f64> {
    match model.crawl {
        None => Some(model.theory_rate()),
        Some(sum) => (model.one_row() && model.window.absent > 0).then(|| sum / model.window.absent as f64),
    }
}

/// The expected share of set cells; none where layers differ.
pub fn theory_fill(model: &BloomModel) -> Option<f64> {
    let filter = model.filter.get();
    let plain = model.config.variant != Variant::Scalable;
    let usual = || theory::fill(filter.cells(), filter.hashes(), model.distinct);
    plain.then(|| model.denied_fill(model.distinct).unwrap_or_else(usual))
}

fn items_by_fill(model: &BloomModel) -> Option<f64> {
    let filter = model.filter.get();
    let items = theory::items_from_fill(filter.cells(), filter.hashes(), filter.set_cells());
    (model.one_row() && items.is_finite()).then_some(items + 0.0)
}

/// Memory as people read it, in single bytes below 10,000: budgets are given so.
pub fn size_words(count: usize) -> String {
    if count < 10_000 { format!("{} B", thousands(count as u64)) } else { bytes(count) }
}
