//! What happened, in sentences. Each is true by computation.

use super::command::{ScenarioKind, Variant};
use super::config::{AnyFilter, Config};
use super::deeds::items_words;
use super::facts::{size_words, theory_fill};
use super::model::BloomModel;
use super::record::{Look, Sample};
use super::stuck::Stuck;
use crate::algorithms::bloom::{BLOCK_BITS, MAX_COUNT, theory};
use crate::engine::numbers::{count, percent, plural, thousands};
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
        true => format!("{text} Expect {} false 'maybe'.", percent(model.theory_rate())),
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
    let (rate, wanted) = (percent(rate), percent(model.config.rate));
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
        let why = Stuck::of(look.steps.iter().map(|s| (s.probe.cell, s.after))).sentence(model.config.variant);
        let why = why.map_or_else(String::new, |text| format!("{text} "));
        tell(log, now, EventKind::Detail, format!("{why}`why` shows who set its {}.", cells(model)));
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
        let cells = format!("{} looked at", count(looked, kind));
        let text = format!("'{text}': definitely not in. Its {kind} {miss} is not set ({cells}).");
        return (EventKind::Change, text);
    }
    let hits = look.steps.iter().rev().take_while(|s| s.before > 0).count();
    match look.present {
        true => (EventKind::Change, format!("'{text}': maybe. {}, and it is in.", all_set(hits, kind))),
        false => {
            let set = all_set(hits, kind);
            (EventKind::Warning, format!("'{text}': maybe. {set}, but it is not in: a false positive."))
        }
    }
}

/// `All 6 of its bits are set`.
fn all_set(hits: usize, kind: &str) -> String {
    if hits == 1 { format!("Its {kind} is set") } else { format!("All {hits} of its {kind}s are set") }
}

/// The answers to many questions.
pub fn asked_many(model: &BloomModel, asking: &Asking, now: Micros, log: &mut Log) {
    let Asking { count: asked, maybe, sample, .. } = asking;
    let (no, real) = (asked - maybe, asked - sample.absent);
    let present = match real {
        0 => String::new(),
        1 => ", 1 of them about an item that is in".to_owned(),
        _ => format!(", {} of them about items that are in", thousands(real)),
    };
    let text = format!(
        "{}{present}: {} 'definitely not', {} 'maybe'.",
        count(*asked, "question"),
        thousands(no),
        thousands(*maybe)
    );
    tell(log, now, EventKind::Change, text);
    if let Some(rate) = sample.rate() {
        let (low, high) = sample.interval();
        let (theory, lies) = (percent(model.theory_rate()), count(sample.lies, "false positive"));
        let (low, high) = (percent(low).replace(" %", ""), percent(high));
        let text = format!("{lies}: {} (95 % sure: {low} to {high}; theory {theory}).", percent(rate));
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
    let stuck = Stuck::of(look.steps.iter().map(|s| (s.probe.cell, s.after)));
    let headline = match copies {
        1 => match look.steps.len() {
            1 if zero == 1 => format!("'{text}' is out: its counter went back to zero."),
            1 => format!("'{text}' is out: its counter did not go back to zero."),
            all => format!("'{text}' is out: {zero} of its {all} counters went back to zero."),
        },
        _ => format!("One copy of '{text}' is out; {} still in.", thousands(copies - 1)),
    };
    tell(log, now, EventKind::Change, headline);
    if copies == 1 && look.maybe {
        let text = format!("The filter still says 'maybe' about '{text}': {}.", stuck.reason());
        tell(log, now, if stuck.full > 0 { EventKind::Warning } else { EventKind::Detail }, text);
    } else if let Some(text) = stuck.sentence(model.config.variant) {
        tell(log, now, EventKind::Warning, text);
    }
}

/// The filter was built anew.
pub fn rebuilt(model: &BloomModel, was: &Config, was_cells: u64, now: Micros, log: &mut Log) {
    let (config, filter) = (&model.config, model.filter.get());
    let hashes = u64::from(filter.hashes());
    let what = format!(
        "{}, {hashes} hash{} for each item, {}",
        count(filter.cells(), config.variant.cell()),
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
            percent(model.theory_rate())
        );
        tell(log, now, EventKind::Detail, text);
    } else if config.rate < 1.0 {
        tell(log, now, EventKind::Detail, expected(model, was));
    }
    if config.variant == Variant::Blocked && filter.cells() != config.cells {
        let verb = if config.cells == 1 { "was" } else { "were" };
        let (cells, blocks) = (count(config.cells, "bit"), count(filter.cells() / BLOCK_BITS, "whole block"));
        let text = format!("{cells} {verb} rounded up to {blocks} of {BLOCK_BITS} bits.");
        tell(log, now, EventKind::Detail, text);
    }
    if model.history.copies() > 0 {
        saturated(model.filter.saturated(), now, log);
        overfull(model, now, log);
    }
}

/// The rate to expect of a new, empty filter with the items of its design.
fn expected(model: &BloomModel, was: &Config) -> String {
    let (config, filter) = (&model.config, model.filter.get());
    let items = items_words(config.items);
    if let AnyFilter::Scalable(scalable) = &*model.filter {
        let (rate, most) = (percent(scalable.growth().rate(config.items)), percent(config.rate));
        return format!("With {items} in it, expect a rate of {rate}; however many come, at most {most}.");
    }
    let rate = match config.variant {
        Variant::Blocked => filter.theory_rate(config.items),
        _ => theory::rate(filter.cells(), filter.hashes(), config.items),
    };
    let text = format!("With {items} in it, expect a rate of {}", percent(rate));
    // Another kind takes over the bits, not the promise.
    match was.variant != config.variant && percent(rate) != percent(config.rate) && rate > config.rate {
        true => format!("{text}, not {}: `design N P` sizes it as {}.", percent(config.rate), config.variant.name()),
        false => format!("{text}."),
    }
}

/// Everything was forgotten.
pub fn cleared(model: &BloomModel, had: u64, now: Micros, log: &mut Log) {
    let kind = model.config.variant.cell();
    let clear = match model.filter.get().cells() {
        1 => format!("The only {kind} is clear"),
        all => format!("All {} {kind}s are clear", thousands(all)),
    };
    let text = match had {
        0 => format!("{clear}: nothing was in."),
        _ => format!("{clear}: {} forgotten.", items_words(had)),
    };
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
            let all = if all == 1 { format!("its {kind} is") } else { format!("all {all} of its {kind}s are") };
            match why.setters_total {
                0 => format!("'{text}' is not in, and nothing that is in has set its {kind}s, but {all} set."),
                by => format!("'{text}' is not in, but {all} set, by {}.", items_words(by)),
            }
        }
        (false, _) => format!("'{text}' is definitely not in: {set} of its {} set.", are(all, kind)),
    };
    tell(log, now, EventKind::Change, headline);
    if let Some(text) = why.stuck().sentence(model.config.variant).filter(|_| why.maybe && !why.present) {
        tell(log, now, EventKind::Detail, text);
    }
    if let Some(one) = why.by_weight().first() {
        let what = match (why.present, why.setters_total) {
            (true, _) => format!("shares a {kind} with it"),
            (false, 1) => "is the one".to_owned(),
            (false, _) => "is one of them".to_owned(),
        };
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
    let held = model.filter.get().value(cell.cell);
    let text = match why.setters.first() {
        None if held == MAX_COUNT => {
            format!("No item that is in has {kind} {}: it is full at {held} and is never counted down.", cell.cell)
        }
        None => format!("No item that is in has {kind} {}; it holds {held}.", cell.cell),
        Some(first) => {
            let more = cell.setters.saturating_sub(1);
            let more = match more {
                0 => String::new(),
                n => format!(", and {} since", count(n, "more item")),
            };
            format!("The first to set {kind} {} was '{}'{more}.", cell.cell, first.text)
        }
    };
    tell(log, now, EventKind::Change, text);
}

/// A scenario has run.
pub fn scenario(model: &BloomModel, now: Micros, log: &mut Log) {
    let Some(scenario) = model.scenario else { return };
    let stored = model.history.next() as u64;
    let (events, done, spared) = (scenario.events, thousands(scenario.done), model.tally.saved);
    let headline = match scenario.kind {
        ScenarioKind::Crawler => {
            let (links, pages) = (count(events, "link"), count(scenario.done, "page"));
            let fetches = if spared == 1 { "fetch" } else { "fetches" };
            format!("The crawler followed {links}: {pages} fetched, {} {fetches} spared.", thousands(spared))
        }
        ScenarioKind::Database => {
            let key = if scenario.done == 1 { "its key" } else { "their key" };
            let (keys, reads) = (count(stored, "key"), count(events, "read"));
            let avoided = count(spared, "disk read");
            format!("A table holds {keys}. Of {reads}, {done} found {key}; {avoided} avoided.")
        }
        ScenarioKind::Cache => {
            let exist = if stored == 1 { "exists" } else { "exist" };
            let were = if scenario.done == 1 { "was" } else { "were" };
            let (names, requests) = (count(stored, "user name"), count(events, "request"));
            let calls = count(spared, "call");
            format!("{names} {exist}. Of {requests}, {done} {were} for an existing name; {calls} not made.")
        }
    };
    tell(log, now, EventKind::Change, headline);
    let kind = if model.tally.wasted > 0 { EventKind::Warning } else { EventKind::Detail };
    let wasted = model.tally.wasted;
    let cost = match scenario.kind {
        ScenarioKind::Crawler if wasted == 0 => "No page was lost.".to_owned(),
        ScenarioKind::Crawler => {
            let (pages, links) = (count(scenario.lost, "page"), count(wasted, "link"));
            let passed = if wasted == 1 { "was" } else { "were" };
            format!("{pages} will never be fetched; {links} to them {passed} passed by.")
        }
        _ if wasted == 0 => "There was no false positive.".to_owned(),
        ScenarioKind::Database => format!("What false positives cost: {}.", count(wasted, "needless disk read")),
        ScenarioKind::Cache => format!("What false positives cost: {}.", count(wasted, "needless call")),
    };
    tell(log, now, kind, cost);
    overfull(model, now, log);
}

/// The items of a file, before any of them went in.
pub fn opened(model: &BloomModel) -> Vec<Event> {
    let mut log = Log::new();
    for (stock, role) in [(&model.given.0, "items"), (&model.given.1, "probes")] {
        let Some((stock, input)) = stock.as_ref().and_then(|s| Some((s, s.input()?))) else { continue };
        let (all, repeats) = (stock.len() as u64, stock.repeats() as u64);
        let different = match repeats {
            0 if all == 1 => String::new(),
            0 => ", all different".to_owned(),
            n => format!(", {} different, {}", thousands(all - n), count(n, "repeat")),
        };
        let command = if role == "items" { "insert" } else { "query" };
        let lines = count(all, "line");
        let text = format!("{}: {lines} of {role}{different}. `{command} --next N` takes the next N.", input.name);
        tell(&mut log, 0, EventKind::Detail, text);
    }
    log
}

/// One request of a scenario, while the clock runs.
pub fn event(model: &BloomModel, text: &str, work: Work, now: Micros, log: &mut Log) {
    let Some(scenario) = model.scenario else { return };
    let what = match (scenario.kind, work) {
        (ScenarioKind::Crawler, Work::Spared) => "maybe fetched before, and so it was: not fetched twice",
        (ScenarioKind::Crawler, Work::Wasted) => "'maybe fetched', but it was not: this page is never fetched",
        (ScenarioKind::Crawler, _) => "definitely new: fetched and remembered",
        (ScenarioKind::Database, Work::Spared) => "definitely not in the table: no disk read",
        (ScenarioKind::Database, Work::Wasted) => "'maybe', but it is not in the table: a needless disk read",
        (ScenarioKind::Database, _) => "maybe, and it is in the table: read from disk",
        (ScenarioKind::Cache, Work::Spared) => "no such name, definitely: no call made",
        (ScenarioKind::Cache, Work::Wasted) => "'maybe', but there is no such name: a needless call",
        (ScenarioKind::Cache, _) => "maybe, and the name exists: the call is made",
    };
    let kind = if work == Work::Wasted { EventKind::Warning } else { EventKind::Detail };
    tell(log, now, kind, format!("'{text}': {what}."));
}
