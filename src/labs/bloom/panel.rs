//! The figures and bars beside the picture.

use super::command::{ScenarioKind, Variant};
use super::facts::{BloomFacts, size_words};
use super::model::BloomModel;
use super::record::Deed;
use crate::engine::numbers::{percent, plural, thousands};
use crate::picture::{BarState, Figure, LoadBar, letter};

/// A few words for the title.
pub(super) fn state(model: &BloomModel) -> String {
    let (config, filter) = (&model.config, model.filter.get());
    let size = format!("{}, {} {}s", config.variant.name(), thousands(filter.cells()), config.variant.cell());
    let kind = match config.variant {
        Variant::Scalable => format!("{size}, {} layer{}", model.filter.layers(), plural(model.filter.layers() as u64)),
        _ => format!("{size}, k = {}", filter.hashes()),
    };
    model.scenario.map_or(kind.clone(), |s| format!("{}: {kind}", s.kind.name()))
}

fn plain(name: &str, value: String) -> Figure {
    Figure { name: name.to_owned(), value, theory: None, note: None, changed: false }
}

/// Observed beside theory.
pub(super) fn figures(model: &BloomModel, facts: &BloomFacts) -> Vec<Figure> {
    let mut figures = rates(model, facts);
    figures.push(Figure {
        name: "fill".to_owned(),
        value: percent(facts.fill),
        theory: facts.theory_fill.map(percent),
        note: Some(format!("{} of {} set", thousands(model.filter.get().set_cells()), thousands(facts.bits))),
        changed: model.change.is_some() || model.look.as_ref().is_some_and(|l| l.deed != Deed::Query),
    });
    let mut items = plain("items", format!("{} / {}", thousands(facts.items), thousands(facts.design_items)));
    let designed = match model.config.variant {
        Variant::Scalable => "in / designed for at first",
        _ => "in / designed for",
    };
    items.note = Some(match facts.inserted - facts.items {
        0 => designed.to_owned(),
        more => format!("{designed}; {} more cop{}", thousands(more), if more == 1 { "y" } else { "ies" }),
    });
    figures.push(items);
    figures.push(plain("memory", size_words(facts.memory_bytes)));
    if let Some(bits) = facts.bits_per_item {
        figures.push(plain("bits an item", if bits < 1_000.0 { format!("{bits:.1}") } else { format!("{bits:.0}") }));
    }
    if facts.saturated > 0 {
        let mut full = plain("full counters", thousands(facts.saturated));
        full.note = Some("never counted down again".to_owned());
        full.changed = true;
        figures.push(full);
    }
    figures.extend(work(model));
    figures
}

/// How often it says 'maybe' by mistake; no figures before the first question about an item that is not in.
fn rates(model: &BloomModel, facts: &BloomFacts) -> Vec<Figure> {
    let just_lied = model.look.as_ref().is_some_and(|l| l.deed == Deed::Query && l.maybe && !l.present);
    let asked = thousands(facts.probed);
    let (low, high) = (percent(facts.fpr_low).replace(" %", ""), percent(facts.fpr_high));
    let wrong = thousands(model.window.lies);
    let of = if model.crawl.is_some() { "new pages" } else { "asked" };
    let note = match facts.observed_fpr {
        Some(_) => format!("{wrong} of {asked} {of}; 95 %: {low} to {high}"),
        None if model.asked() => "not asked since the last change".to_owned(),
        None => "nothing asked yet that is not in".to_owned(),
    };
    let mut figures = vec![Figure {
        name: "false maybe".to_owned(),
        value: facts.observed_fpr.map_or_else(|| "–".to_owned(), percent),
        theory: facts.expected_fpr.filter(|_| model.asked()).map(percent),
        note: Some(note),
        changed: just_lied,
    }];
    if model.asked() {
        let now = if model.crawl.is_some() { " by now" } else { "" };
        let one_row = model.one_row();
        figures.push(Figure {
            name: if one_row { "fill^k" } else { "its own rate" }.to_owned(),
            value: percent(facts.fill_fpr),
            theory: Some(percent(facts.exact_fpr)),
            note: Some(match one_row {
                true => format!("this filter's own rate{now}; exact formula"),
                false => format!("by its set bits{now}; exact formula"),
            }),
            changed: false,
        });
    }
    figures
}

/// What the answers saved and cost.
fn work(model: &BloomModel) -> Vec<Figure> {
    if model.tally.queries == 0 {
        return Vec::new();
    }
    let (mut saved, mut wasted) =
        (plain("saved", thousands(model.tally.saved)), plain("wasted", thousands(model.tally.wasted)));
    let words = model.scenario.map(|s| BloomModel::work_words(s.kind));
    saved.note = Some(words.map_or("look-ups not needed", |w| w.1).to_owned());
    wasted.note = Some(words.map_or("needless look-ups", |w| w.2).to_owned());
    let mut figures = vec![saved, wasted];
    if let Some(scenario) = model.scenario.filter(|s| s.kind == ScenarioKind::Crawler) {
        let mut lost = plain("lost", thousands(scenario.lost));
        lost.note = Some("pages never fetched".to_owned());
        figures.push(lost);
    }
    figures
}

/// The expected rate of each kind of filter with these items, the designed rate marked; none before another kind than the
/// first was used.
pub(super) fn bars(model: &BloomModel) -> (String, Vec<LoadBar>) {
    if !model.kinds_met {
        return (String::new(), Vec::new());
    }
    let bars = model.contest.contenders.iter().enumerate().map(|(i, contender)| {
        let rate = model.contest.theory_rate(contender);
        LoadBar {
            label: contender.variant.name().to_owned(),
            letter: letter(i),
            series: i,
            value: rate,
            ideal: model.config.rate,
            text: percent(rate),
            state: match contender.variant == model.config.variant {
                true => BarState::Changed,
                false => BarState::Normal,
            },
        }
    });
    (format!("rate at {} cells", thousands(model.contest.cells())), bars.collect())
}
