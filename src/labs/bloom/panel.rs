//! The figures and bars beside the picture.

use super::command::Variant;
use super::facts::rate_words;
use super::model::BloomModel;
use super::record::Deed;
use crate::engine::Model;
use crate::engine::numbers::{bytes, percent, thousands};
use crate::picture::{BarState, Figure, LoadBar, letter};

/// A few words for the title.
pub(super) fn state(model: &BloomModel) -> String {
    let (config, filter) = (&model.config, model.filter.get());
    let size = format!("{}, {} {}s", config.variant.name(), thousands(filter.cells()), config.variant.cell());
    let kind = match config.variant {
        Variant::Scalable => format!("{size}, {} layers", model.filter.parts().len()),
        _ => format!("{size}, k = {}", filter.hashes()),
    };
    model.scenario.map_or(kind.clone(), |s| format!("{}: {kind}", s.kind.name()))
}

fn plain(name: &str, value: String) -> Figure {
    Figure { name: name.to_owned(), value, theory: None, note: None, changed: false }
}

/// Observed beside theory.
pub(super) fn figures(model: &BloomModel) -> Vec<Figure> {
    let facts = model.facts();
    let just_lied = model.look.as_ref().is_some_and(|l| l.deed == Deed::Query && l.maybe && !l.present);
    let asked = thousands(facts.probed);
    let (low, high) = (percent(facts.fpr_low).replace(" %", ""), percent(facts.fpr_high));
    let wrong = thousands(model.window.lies);
    let mut figures = vec![
        Figure {
            name: "false maybe".to_owned(),
            value: facts.observed_fpr.map_or_else(|| "–".to_owned(), percent),
            theory: Some(rate_words(facts.theory_fpr)),
            note: facts.observed_fpr.map(|_| format!("{wrong} of {asked}; 95 %: {low} to {high}")),
            changed: just_lied,
        },
        Figure {
            name: "fill^k".to_owned(),
            value: facts.fill_fpr.map_or_else(|| "–".to_owned(), rate_words),
            theory: Some(rate_words(facts.exact_fpr)),
            note: Some("this filter's own rate; exact formula".to_owned()),
            changed: false,
        },
        Figure {
            name: "fill".to_owned(),
            value: percent(facts.fill),
            theory: facts.theory_fill.map(percent),
            note: Some(format!("{} of {} set", thousands(model.filter.get().set_cells()), thousands(facts.bits))),
            changed: model.change.is_some() || model.look.as_ref().is_some_and(|l| l.deed != Deed::Query),
        },
        plain("items", format!("{} / {}", thousands(facts.items), thousands(facts.design_items))),
        plain("memory", bytes(facts.memory_bytes)),
    ];
    figures[3].note = Some("in / designed for".to_owned());
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

/// What the answers saved and cost.
fn work(model: &BloomModel) -> Vec<Figure> {
    if model.tally.queries == 0 {
        return Vec::new();
    }
    let (mut saved, mut wasted) =
        (plain("saved", thousands(model.tally.saved)), plain("wasted", thousands(model.tally.wasted)));
    let words = model.scenario.map(|s| BloomModel::work_words(s.kind));
    saved.note = Some(words.map_or("look-ups not needed", |w| w.1).to_owned());
    wasted.note = Some(words.map_or("look-ups for nothing", |w| w.2).to_owned());
    vec![saved, wasted]
}

/// The expected rate of each kind of filter with these items, the designed rate marked.
pub(super) fn bars(model: &BloomModel) -> (String, Vec<LoadBar>) {
    let bars = model.contest.contenders.iter().enumerate().map(|(i, contender)| {
        let rate = contender.filter.get().theory_rate(contender.items);
        LoadBar {
            label: contender.variant.name().to_owned(),
            letter: letter(i),
            series: i,
            value: rate,
            ideal: model.config.rate,
            text: rate_words(rate),
            state: match contender.variant == model.config.variant {
                true => BarState::Changed,
                false if rate > model.config.rate * 1.5 => BarState::Over,
                false => BarState::Normal,
            },
        }
    });
    ("expected rate by kind".to_owned(), bars.collect())
}
