//! What happened, in sentences. Each is true by computation.

use super::command::{ScenarioKind, Variant};
use super::config::Config;
use super::deeds::items_words;
use super::facts::{rate_words, theory_fill};
use super::model::BloomModel;
use super::record::{Look, Sample};
use crate::algorithms::bloom::MAX_COUNT;
use crate::engine::numbers::{bytes, percent, plural, thousands};
use crate::engine::{Event, EventKind, Micros};

/// What a bulk insertion did.
#[derive(Clone, Copy, Debug)]
pub struct Putting {
    /// Items that went in.
    pub count: u64,
    /// Of those, how many were in already.
    pub repeats: u64,
    /// Counters that filled up by it.
    pub newly_saturated: u64,
}

/// What many questions came to.
#[derive(Clone, Debug, Default)]
pub struct Asking {
    /// Questions.
    pub count: u64,
    /// Answers 'maybe'.
    pub maybe: u64,
    /// Those about items that are not in.
    pub sample: Sample,
    /// The first false positive.
    pub first_lie: Option<String>,
}

/// What became of a request of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// The filter spared it.
    Spared,
    /// A false positive: it cost something.
    Wasted,
    /// A new page was fetched and remembered.
    Fetched,
    /// It had to be done, and found something.
    Needed,
}

type Log = Vec<Event>;

fn tell(log: &mut Log, now: Micros, kind: EventKind, text: impl Into<String>) {
    log.push(Event::new(now, kind, text));
}

fn cells(model: &BloomModel) -> String {
    format!("{}s", model.config.variant.cell())
}

/// One item went in.
pub fn put_one(model: &BloomModel, now: Micros, log: &mut Log) {
    let Some(look) = model.look.as_deref() else { return };
    let (text, kind) = (&look.text, model.config.variant.cell());
    let all = look.steps.len() as u64;
    let new = look.steps.iter().filter(|s| s.before == 0).count() as u64;
    let headline = match (look.present, new) {
        (true, _) if model.config.variant == Variant::Counting => {
            format!("'{text}' was in already: its counters went up by one more.")
        }
        (true, _) => format!("'{text}' was in already: nothing changed."),
        (false, 0) => format!("'{text}' went in and set no new {kind}: the filter would have said 'maybe' before."),
        (false, new) if new == all => format!("'{text}' went in: it set {all} {kind}{}.", plural(all)),
        (false, new) => {
            let old = all - new;
            format!("'{text}' went in: it set {new} new {kind}{}; {old} of its {all} were set already.", plural(new))
        }
    };
    tell(log, now, EventKind::Change, headline);
    tell(log, now, EventKind::Detail, filled(model));
    let stuck = look.steps.iter().filter(|s| s.after == MAX_COUNT && s.before < MAX_COUNT).count() as u64;
    saturated(stuck, now, log);
    overfull(model, now, log);
}

/// Many items went in.
pub fn put_many(model: &BloomModel, putting: &Putting, now: Micros, log: &mut Log) {
    let repeats = match putting.repeats {
        0 => String::new(),
        n => format!(" ({} of them were in already)", thousands(n)),
    };
    tell(log, now, EventKind::Change, format!("{} went in{repeats}.", items_words(putting.count)));
    tell(log, now, EventKind::Detail, filled(model));
    saturated(putting.newly_saturated, now, log);
    overfull(model, now, log);
}

/// How full the filter is, beside theory.
fn filled(model: &BloomModel) -> String {
    let filter = model.filter.get();
    let (set, all) = (thousands(filter.set_cells()), thousands(filter.cells()));
    let theory = theory_fill(model).map_or_else(String::new, |t| format!("; theory {}", percent(t)));
    let rate = rate_words(model.theory_rate());
    format!(
        "{set} of {all} {} are set ({}{theory}). Expect a false 'maybe' in {rate} of questions about other items.",
        cells(model),
        percent(model.fill())
    )
}

fn saturated(count: u64, now: Micros, log: &mut Log) {
    if count > 0 {
        let verb = if count == 1 { "is" } else { "are" };
        let text = format!(
            "{} counter{} {verb} full at {MAX_COUNT} and will not be counted down again: what {} lost can never be known.",
            thousands(count),
            plural(count),
            if count == 1 { "it" } else { "they" }
        );
        tell(log, now, EventKind::Warning, text);
    }
}

fn overfull(model: &BloomModel, now: Micros, log: &mut Log) {
    if model.distinct <= model.config.items {
        return;
    }
    let (holds, meant) = (items_words(model.distinct), thousands(model.config.items));
    if model.config.variant == Variant::Scalable {
        let layers = model.filter.parts().len();
        let text = format!("It holds {holds}, more than {meant}: it has grown to {layers} layers, {}.", size(model));
        tell(log, now, EventKind::Detail, text);
        return;
    }
    let (rate, wanted) = (rate_words(model.theory_rate()), rate_words(model.config.rate));
    let text = format!("It holds {holds} and was designed for {meant}: the rate is {rate} in place of {wanted}.");
    tell(log, now, EventKind::Warning, text);
}

fn size(model: &BloomModel) -> String {
    bytes(model.filter.get().memory_bytes())
}

/// The answer about one item.
pub fn asked_one(model: &BloomModel, now: Micros, log: &mut Log) {
    let Some(look) = model.look.as_deref() else { return };
    let (kind, text) = answer(model, look);
    tell(log, now, kind, text);
    if look.maybe && !look.present {
        tell(log, now, EventKind::Detail, "`why` shows who set its bits.");
    }
}

/// A question while the clock runs.
pub fn request(model: &BloomModel, now: Micros, log: &mut Log) {
    let Some(look) = model.look.as_deref() else { return };
    let (kind, text) = answer(model, look);
    let kind = if kind == EventKind::Warning { kind } else { EventKind::Detail };
    tell(log, now, kind, text);
}

fn answer(model: &BloomModel, look: &Look) -> (EventKind, String) {
    let (text, kind) = (&look.text, model.config.variant.cell());
    if !look.maybe {
        let miss = look.steps.last().map_or(0, |s| s.probe.cell);
        let looked = look.steps.len() as u64;
        let cells = format!("{looked} {kind}{} looked at", plural(looked));
        let text = format!("'{text}': definitely not in. Its {kind} {miss} is not set ({cells}).");
        return (EventKind::Change, text);
    }
    let hits = look.steps.iter().rev().take_while(|s| s.before > 0).count();
    match look.present {
        true => (EventKind::Change, format!("'{text}': maybe. All {hits} {kind}s are set, and it is in.")),
        false => {
            let text =
                format!("'{text}': maybe, for all {hits} {kind}s are set. But it was never put in: a false positive.");
            (EventKind::Warning, text)
        }
    }
}

/// The answers to many questions.
pub fn asked_many(model: &BloomModel, asking: &Asking, now: Micros, log: &mut Log) {
    let Asking { count, maybe, sample, .. } = asking;
    let (no, real) = (count - maybe, count - sample.absent);
    let present =
        if real > 0 { format!(", {} of them about items that are in", thousands(real)) } else { String::new() };
    let text = format!(
        "{} questions{present}: {} 'definitely not', {} 'maybe'.",
        thousands(*count),
        thousands(no),
        thousands(*maybe)
    );
    tell(log, now, EventKind::Change, text);
    if let Some(rate) = sample.rate() {
        let (low, high) = sample.interval();
        let (theory, lies) = (rate_words(model.theory_rate()), thousands(sample.lies));
        let verb = if sample.lies == 1 { "was a false positive" } else { "were false positives" };
        let text = format!(
            "{lies} {verb}: {} of what is not in (95 % sure: {} to {}; theory {theory}).",
            percent(rate),
            percent(low),
            percent(high)
        );
        tell(log, now, EventKind::Detail, text);
    }
    if let Some(lie) = &asking.first_lie {
        tell(
            log,
            now,
            EventKind::Detail,
            format!("The first false positive was '{lie}'; `why` explains the last one."),
        );
    }
}

/// One copy of an item went out.
pub fn taken_out(model: &BloomModel, copies: u64, now: Micros, log: &mut Log) {
    let Some(look) = model.look.as_deref() else { return };
    let text = &look.text;
    let zero = look.steps.iter().filter(|s| s.after == 0).count() as u64;
    let stuck = look.steps.iter().filter(|s| s.before == MAX_COUNT).count() as u64;
    let headline = match copies {
        1 => format!("'{text}' is out: {zero} of its counters went back to zero."),
        _ => format!("One copy of '{text}' is out; {} still in.", thousands(copies - 1)),
    };
    tell(log, now, EventKind::Change, headline);
    if stuck > 0 {
        let text = format!(
            "{stuck} of its counters {} full at {MAX_COUNT} and stayed: how far down they should go is not known.",
            if stuck == 1 { "was" } else { "were" }
        );
        tell(log, now, EventKind::Warning, text);
    }
    if copies == 1 && look.maybe {
        let text = format!("The filter still says 'maybe' about '{text}': others hold its counters above zero.");
        tell(log, now, EventKind::Detail, text);
    }
}

/// The filter was built anew.
pub fn rebuilt(model: &BloomModel, was: &Config, now: Micros, log: &mut Log) {
    let (config, filter) = (&model.config, model.filter.get());
    let hashes = u64::from(filter.hashes());
    let what = format!(
        "{} {}s, {hashes} hash{} for each item, {}",
        thousands(filter.cells()),
        config.variant.cell(),
        if hashes == 1 { "" } else { "es" },
        size(model)
    );
    let headline = match was.variant == config.variant {
        true => format!("The filter now has {what}."),
        false => format!("The filter is now {}: {what}.", config.variant.name()),
    };
    tell(log, now, EventKind::Change, headline);
    if model.history.copies() > 0 {
        let text = format!(
            "A filter cannot be resized in place: {} went in again. Fill {}, rate {}.",
            items_words(model.history.copies()),
            percent(model.fill()),
            rate_words(model.theory_rate())
        );
        tell(log, now, EventKind::Detail, text);
    } else if config.rate < 1.0 {
        let (cells, hashes) = (filter.cells(), filter.hashes());
        let expected = match config.variant {
            Variant::Scalable => config.rate,
            _ => crate::algorithms::bloom::theory::rate(cells, hashes, config.items),
        };
        let items = items_words(config.items);
        tell(log, now, EventKind::Detail, format!("With {items} in it, expect a rate of {}.", rate_words(expected)));
    }
    if model.history.copies() > 0 {
        saturated(model.filter.saturated(), now, log);
        overfull(model, now, log);
    }
}

/// Everything was forgotten.
pub fn cleared(model: &BloomModel, had: u64, now: Micros, log: &mut Log) {
    let all = thousands(model.filter.get().cells());
    let text = format!("All {all} {} are clear: {} forgotten.", cells(model), items_words(had));
    tell(log, now, EventKind::Change, text);
}

/// Who set the bits of an item.
pub fn why(model: &BloomModel, now: Micros, log: &mut Log) {
    let Some(why) = model.why.as_deref() else { return };
    let (text, kind) = (why.text.as_deref().unwrap_or_default(), model.config.variant.cell());
    let all = why.cells.len() as u64;
    let set = why.cells.iter().filter(|c| c.set).count();
    let headline = match (why.maybe, why.present) {
        (true, true) => format!("'{text}' is in: its {all} {kind}{} are set.", plural(all)),
        (true, false) => {
            let by = items_words(why.setters_total);
            format!("'{text}' was never put in, but all its {all} {kind}{} are set, by {by}.", plural(all))
        }
        (false, _) => format!("'{text}' is definitely not in: {set} of its {all} {kind}{} are set.", plural(all)),
    };
    tell(log, now, EventKind::Change, headline);
    let few: Vec<String> = why.by_weight().iter().take(3).map(|s| format!("'{}'", s.text)).collect();
    if !few.is_empty() {
        let more = why.setters_total.saturating_sub(few.len() as u64);
        let more = if more > 0 { format!(" and {} more", thousands(more)) } else { String::new() };
        let share = if why.present { "Others that share its bits" } else { "They belong to" };
        tell(log, now, EventKind::Detail, format!("{share}: {}{more}. See view 2.", few.join(", ")));
    }
}

/// Who set one cell.
pub fn who(model: &BloomModel, now: Micros, log: &mut Log) {
    let Some((why, cell)) = model.why.as_deref().and_then(|w| Some((w, w.cells.first()?))) else { return };
    let kind = model.config.variant.cell();
    let count = model.filter.get().value(cell.cell);
    let text = match why.setters.first() {
        None => format!("No item that is in has {kind} {}; it holds {count}.", cell.cell),
        Some(first) => {
            let more = cell.setters.saturating_sub(1);
            let more = match more {
                0 => String::new(),
                n => format!(", and {} more since", items_words(n)),
            };
            format!("The first to set {kind} {} was '{}'{more}.", cell.cell, first.text)
        }
    };
    tell(log, now, EventKind::Change, text);
}

/// A scenario has run.
pub fn scenario(model: &BloomModel, now: Micros, log: &mut Log) {
    let Some(scenario) = model.scenario else { return };
    let (things, saved, wasted) = BloomModel::work_words(scenario.kind);
    let events = thousands(scenario.events);
    let headline = match scenario.kind {
        ScenarioKind::Crawler => format!(
            "The crawler followed {events} {things}: {} fetched, {} {saved}.",
            pages(scenario.done),
            thousands(model.tally.saved)
        ),
        ScenarioKind::Database => format!(
            "A table holds {}. Of {events} {things}, {} found their key; {} {saved}.",
            model.stored_words(),
            thousands(scenario.done),
            thousands(model.tally.saved)
        ),
        ScenarioKind::Cache => format!(
            "{} exist. Of {events} {things}, {} were for one of them; {} {saved}.",
            names(model.history.next() as u64),
            thousands(scenario.done),
            thousands(model.tally.saved)
        ),
    };
    tell(log, now, EventKind::Change, headline);
    let kind = if model.tally.wasted > 0 { EventKind::Warning } else { EventKind::Detail };
    let text = format!("What false positives cost: {} {wasted}.", thousands(model.tally.wasted));
    tell(log, now, kind, text);
    overfull(model, now, log);
}

fn pages(count: u64) -> String {
    format!("{} page{}", thousands(count), plural(count))
}

fn names(count: u64) -> String {
    format!("{} user name{}", thousands(count), plural(count))
}

/// One request of a scenario, while the clock runs.
pub fn event(model: &BloomModel, text: &str, work: Work, now: Micros, log: &mut Log) {
    let Some(scenario) = model.scenario else { return };
    let what = match (scenario.kind, work) {
        (ScenarioKind::Crawler, Work::Spared) => "maybe fetched before, and so it was: not fetched twice",
        (ScenarioKind::Crawler, Work::Wasted) => "'maybe fetched', but it was not: this page is never fetched",
        (ScenarioKind::Crawler, _) => "definitely new: fetched and remembered",
        (ScenarioKind::Database, Work::Spared) => "definitely not in the table: no disk read",
        (ScenarioKind::Database, Work::Wasted) => "'maybe', but it is not in the table: a disk read for nothing",
        (ScenarioKind::Database, _) => "maybe, and it is in the table: read from disk",
        (ScenarioKind::Cache, Work::Spared) => "no such name, definitely: no call made",
        (ScenarioKind::Cache, Work::Wasted) => "'maybe', but there is no such name: a call for nothing",
        (ScenarioKind::Cache, _) => "maybe, and the name exists: the call is made",
    };
    let kind = if work == Work::Wasted { EventKind::Warning } else { EventKind::Detail };
    tell(log, now, kind, format!("'{text}': {what}."));
}
