//! What happened, in sentences. Each is true by computation.

use super::command::{ScenarioKind, Variant};
use super::config::Config;
use super::deeds::items_words;
use super::facts::{rate_words, size_words, theory_fill};
use super::model::BloomModel;
use super::record::{Look, Sample};
use crate::algorithms::bloom::{BLOCK_BITS, MAX_COUNT};
use crate::engine::numbers::{percent, plural, thousands};
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
        1 => " (1 of them was in already)".to_owned(),
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
    let theory = theory_fill(model).map_or_else(String::new, |t| format!(" (theory {})", percent(t)));
    let verb = if filter.set_cells() == 1 { "is" } else { "are" };
    let text = format!("{set} of {all} {} {verb} set: {}{theory}.", cells(model), percent(model.fill()));
    match model.asked() {
        true => format!("{text} Expect {} false 'maybe'.", rate_words(model.theory_rate())),
        false => text,
    }
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
        let layers = model.filter.layers();
        let more = plural(layers as u64);
        let text =
            format!("It holds {holds}, more than {meant}: it has grown to {layers} layer{more}, {}.", size(model));
        tell(log, now, EventKind::Detail, text);
        return;
    }
    if !model.asked() {
        tell(log, now, EventKind::Warning, format!("It holds {holds} and was designed for {meant}."));
        return;
    }
    // Items that were all denied before they went in have set more bits than the usual formula has it.
    let rate = if model.denied_only { model.filter.get().own_rate() } else { model.theory_rate() };
    let (rate, wanted) = (rate_words(rate), rate_words(model.config.rate));
    tell(log, now, EventKind::Warning, format!("It holds {holds}, not {meant}: its rate is {rate}, not {wanted}."));
}

fn size(model: &BloomModel) -> String {
    size_words(model.filter.get().memory_bytes())
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
        true => (EventKind::Change, format!("'{text}': maybe. {}, and it is in.", all_set(hits, kind))),
        false => {
            let set = all_set(hits, kind);
            (EventKind::Warning, format!("'{text}': maybe. {set}, but it was never put in: a false positive."))
        }
    }
}

/// `All 6 of its bits are set`.
fn all_set(hits: usize, kind: &str) -> String {
    if hits == 1 { format!("Its {kind} is set") } else { format!("All {hits} of its {kind}s are set") }
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
        let (low, high) = (percent(low).replace(" %", ""), percent(high));
        let more = plural(sample.lies);
        let text =
            format!("{lies} false positive{more}: {} (95 % sure: {low} to {high}; theory {theory}).", percent(rate));
        tell(log, now, EventKind::Detail, text);
    }
    if let Some(lie) = &asking.first_lie {
        tell(log, now, EventKind::Detail, format!("The first was '{lie}'. `why` explains the last."));
    }
}

/// One copy of an item went out.
pub fn taken_out(model: &BloomModel, copies: u64, now: Micros, log: &mut Log) {
    let Some(look) = model.look.as_deref() else { return };
    let text = &look.text;
    let zero = look.steps.iter().filter(|s| s.after == 0).count() as u64;
    let stuck = look.steps.iter().filter(|s| s.before == MAX_COUNT).count() as u64;
    let headline = match copies {
        1 => format!("'{text}' is out: {zero} of its {} counters went back to zero.", look.steps.len()),
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
pub fn rebuilt(model: &BloomModel, was: &Config, was_cells: u64, now: Micros, log: &mut Log) {
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
            "{}{} went in again: fill {}, expected rate {}.",
            if filter.cells() == was_cells { "" } else { "No filter can be resized in place. " },
            items_words(model.history.copies()),
            percent(model.fill()),
            rate_words(model.theory_rate())
        );
        tell(log, now, EventKind::Detail, text);
    } else if config.rate < 1.0 {
        let (cells, hashes) = (filter.cells(), filter.hashes());
        let expected = match config.variant {
            Variant::Scalable => config.rate,
            Variant::Blocked => filter.theory_rate(config.items),
            _ => crate::algorithms::bloom::theory::rate(cells, hashes, config.items),
        };
        let items = items_words(config.items);
        tell(log, now, EventKind::Detail, format!("With {items} in it, expect a rate of {}.", rate_words(expected)));
    }
    if config.variant == Variant::Blocked && filter.cells() != config.cells {
        let (cells, blocks) = (thousands(config.cells), filter.cells() / BLOCK_BITS);
        let text =
            format!("{cells} bits were rounded up to {} of {BLOCK_BITS} bits.", count_words(blocks, "whole block"));
        tell(log, now, EventKind::Detail, text);
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
        (true, true) => format!("'{text}' is in: its {} set.", are(all, kind)),
        (true, false) => {
            let by = items_words(why.setters_total);
            let all = if all == 1 { format!("its {kind} is") } else { format!("all {all} of its {kind}s are") };
            format!("'{text}' was never put in, but {all} set, by {by}.")
        }
        (false, _) => format!("'{text}' is definitely not in: {set} of its {} set.", are(all, kind)),
    };
    tell(log, now, EventKind::Change, headline);
    if let Some(one) = why.by_weight().first() {
        let what = if why.present { "shares a bit with it" } else { "is one of them" };
        tell(log, now, EventKind::Detail, format!("'{}' {what}. View 2 shows all.", one.text));
    }
}

/// `6 bits are`, `1 bit is`.
fn are(count: u64, kind: &str) -> String {
    format!("{count} {kind}{}", if count == 1 { " is" } else { "s are" })
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
                n => format!(", and {} since", count_words(n, "more item")),
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
    let events = count_words(scenario.events, things.trim_end_matches('s'));
    let (done, spared) = (thousands(scenario.done), thousands(model.tally.saved));
    let headline = match scenario.kind {
        ScenarioKind::Crawler => {
            format!("The crawler followed {events}: {} fetched, {spared} {saved}.", pages(scenario.done))
        }
        ScenarioKind::Database => {
            let keys = model.stored_words();
            format!("A table holds {keys}. Of {events}, {done} found their key; {spared} {saved}.")
        }
        ScenarioKind::Cache => {
            let names = names(model.history.next() as u64);
            format!("{names} exist. Of {events}, {done} were for one of them; {spared} {saved}.")
        }
    };
    tell(log, now, EventKind::Change, headline);
    let kind = if model.tally.wasted > 0 { EventKind::Warning } else { EventKind::Detail };
    let cost = match scenario.kind {
        ScenarioKind::Crawler => {
            let links = count_words(model.tally.wasted, "link");
            format!("{} will never be fetched; {links} to such pages passed by.", pages(scenario.lost))
        }
        _ => format!("What false positives cost: {} {wasted}.", thousands(model.tally.wasted)),
    };
    tell(log, now, kind, cost);
    overfull(model, now, log);
}

/// `1 page`, `2 pages`.
fn count_words(count: u64, what: &str) -> String {
    format!("{} {what}{}", thousands(count), plural(count))
}

/// The items of a file, before any of them went in.
pub fn opened(model: &BloomModel) -> Vec<Event> {
    let mut log = Log::new();
    for (stock, role) in [(&model.given.0, "items"), (&model.given.1, "probes")] {
        let Some((stock, input)) = stock.as_ref().and_then(|s| Some((s, s.input()?))) else { continue };
        let (all, repeats) = (stock.len() as u64, stock.repeats() as u64);
        let different = match repeats {
            0 => "all different".to_owned(),
            n => format!("{} different, {}", thousands(all - n), count_words(n, "repeat")),
        };
        let command = if role == "items" { "insert" } else { "query" };
        let lines = count_words(all, "line");
        let text = format!("{}: {lines} of {role}, {different}. `{command} --next N` takes the next N.", input.name);
        tell(&mut log, 0, EventKind::Detail, text);
    }
    log
}

fn pages(count: u64) -> String {
    count_words(count, "page")
}

fn names(count: u64) -> String {
    count_words(count, "user name")
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
