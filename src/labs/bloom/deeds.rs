//! What commands do to the filter: items in, questions, items out, a new filter.

use std::sync::Arc;

use super::config::Config;
use super::contest::Contest;
use super::model::{BloomModel, LIES_KEPT, PROBE_US, STEP_US, UNFOLD_US, can_remove};
use super::narrate::{self, Asking, Putting};
use super::record::{Change, Deed, Look, Sample, Step};
use super::stock::Stock;
use super::stuck::Stuck;
use crate::algorithms::bloom::Digest;
use crate::engine::numbers::{count, thousands};
use crate::engine::{Event, Micros, ModelError, interrupt};

/// Items of a bulk insertion that are seen to travel.
const TRAVELLERS: u64 = 12;
/// Most items for which a refusal to remove looks for one that shares a bit.
const SEARCHED: u64 = 200_000;

impl BloomModel {
    /// Puts in the next items of the set.
    pub(super) fn insert_next(&mut self, now: Micros, count: u64, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let left = (self.items.len() - self.history.next()) as u64;
        if count > left {
            return Err(too_many(count, "item", left, &self.items));
        }
        self.filter.check_growth(self.distinct.saturating_add(count))?;
        self.put_by_hand();
        let start = self.history.next();
        if count == 1 {
            let text = self.items.text(start).into_owned();
            let look = self.put_one(now, &text, true);
            self.finish_insert(now, look, log);
            return Ok(());
        }
        let before = Arc::clone(&self.filter);
        let saturated = before.saturated();
        let repeats = self.put_run(count)?;
        self.content_changed();
        let step = count.div_ceil(TRAVELLERS);
        let sample = (0..count).step_by(step as usize).map(|i| self.cells_of(&self.items.text(start + i as usize)));
        let sample = sample.collect();
        let change = Change { before: Arc::clone(&before), sample, count, at_us: now, lasts_us: UNFOLD_US };
        (self.change, self.look) = (Some(Arc::new(change)), None);
        self.settle(now, UNFOLD_US);
        let newly_saturated = self.filter.saturated().saturating_sub(saturated);
        narrate::put_many(self, &Putting { count, repeats, newly_saturated }, now, log);
        Ok(())
    }

    /// Puts in an item of any name.
    pub(super) fn insert_named(&mut self, now: Micros, text: &str, log: &mut Vec<Event>) -> Result<(), ModelError> {
        self.filter.check_growth(self.distinct.saturating_add(1))?;
        self.put_by_hand();
        let look = self.put_one(now, text, false);
        self.finish_insert(now, look, log);
        Ok(())
    }

    /// Items go in that nobody asked for before.
    fn put_by_hand(&mut self) {
        self.observe(false);
        self.denied_only = false;
    }

    fn finish_insert(&mut self, now: Micros, look: Look, log: &mut Vec<Event>) {
        (self.look, self.change) = (Some(Arc::new(look)), None);
        self.settle(now, UNFOLD_US);
        narrate::put_one(self, now, log);
    }

    /// Puts one item in, and keeps what it did to its cells.
    pub(super) fn put_one(&mut self, now: Micros, text: &str, from_stock: bool) -> Look {
        let item = self.digest(text);
        let present = self.is_in(text);
        let maybe = self.filter.get().contains(item);
        let before = self.values(item);
        Arc::make_mut(&mut self.filter).get_mut().insert(item);
        Arc::make_mut(&mut self.contest).insert(item, !present);
        let history = Arc::make_mut(&mut self.history);
        if from_stock {
            history.put_next();
        } else {
            history.put_named(text);
        }
        self.distinct += u64::from(!present);
        self.content_changed();
        let steps = self.steps(item, &before);
        Look { text: Arc::from(text), deed: Deed::Insert, steps, maybe, present, at_us: now, lasts_us: UNFOLD_US }
    }

    /// What the cells of an item hold now.
    fn values(&self, item: Digest) -> Vec<(u64, u8)> {
        let mut probes = Vec::new();
        self.filter.get().probes(item, &mut probes);
        probes.iter().map(|p| (p.cell, self.filter.get().value(p.cell))).collect()
    }

    /// The cells of an item in order, with what they held before; of a scalable filter, those of the newest layer.
    fn steps(&self, item: Digest, before: &[(u64, u8)]) -> Vec<Step> {
        let mut probes = Vec::new();
        self.filter.get().probes(item, &mut probes);
        let value = |cell| self.filter.get().value(cell);
        // A cell of a layer that is new held nothing.
        let held = |cell| before.iter().find(|(c, _)| *c == cell).map_or(0, |(_, value)| *value);
        let newest = probes.into_iter().filter(|p| p.group == 0);
        newest.map(|probe| Step { probe, before: held(probe.cell), after: value(probe.cell) }).collect()
    }

    fn cells_of(&self, text: &str) -> Vec<u64> {
        let mut probes = Vec::new();
        self.filter.get().probes(self.digest(text), &mut probes);
        probes.iter().filter(|p| p.group == 0).map(|p| p.cell).collect()
    }

    /// Puts the next items in; how many of them were in already.
    pub(super) fn put_run(&mut self, count: u64) -> Result<u64, ModelError> {
        let items = Arc::clone(&self.items);
        let filter = Arc::make_mut(&mut self.filter).get_mut();
        let contest = Arc::make_mut(&mut self.contest);
        let history = Arc::make_mut(&mut self.history);
        let look_up = items.repeats() > 0 || !history.only_runs();
        let mut repeats = 0;
        for done in 0..count {
            interrupt::check_at(done)?;
            let text = items.text(history.next());
            let item = Digest::xxh3(self.seed, text.as_bytes());
            let new = !look_up || history.copies_of(&items, &text) == 0;
            filter.insert(item);
            contest.insert(item, new);
            history.put_next();
            repeats += u64::from(!new);
        }
        self.distinct += count - repeats;
        Ok(repeats)
    }

    /// Asks for the next probes.
    pub(super) fn query_next(&mut self, now: Micros, count: u64, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let left = (self.probes.len() - self.next_probe) as u64;
        if count > left {
            return Err(too_many(count, "question", left, &self.probes));
        }
        self.observe(false);
        if count == 1 {
            let text = self.probes.text(self.next_probe).into_owned();
            self.next_probe += 1;
            let (maybe, present) = self.ask(&text, true);
            self.spare(maybe, present);
            self.finish_query(now, &text, log);
            return Ok(());
        }
        let asking = self.ask_run(count)?;
        let shown = asking.first_lie.clone().unwrap_or_else(|| self.probes.text(self.next_probe - 1).into_owned());
        self.show_question(now, &shown, Micros::MAX);
        self.change = None;
        self.settle(now, self.look.as_ref().map_or(0, |l| l.lasts_us));
        narrate::asked_many(self, &asking, now, log);
        Ok(())
    }

    /// Asks for an item of any name.
    pub(super) fn query_named(&mut self, now: Micros, text: &str, log: &mut Vec<Event>) {
        self.observe(false);
        let (maybe, present) = self.ask(text, true);
        self.spare(maybe, present);
        self.finish_query(now, text, log);
    }

    /// Without a scenario: a 'definitely not' spares a look-up, a false positive costs one.
    fn spare(&mut self, maybe: bool, present: bool) {
        self.tally.saved += u64::from(!maybe);
        self.tally.wasted += u64::from(maybe && !present);
    }

    fn finish_query(&mut self, now: Micros, text: &str, log: &mut Vec<Event>) {
        self.show_question(now, text, Micros::MAX);
        self.change = None;
        self.settle(now, self.look.as_ref().map_or(0, |l| l.lasts_us));
        narrate::asked_one(self, now, log);
    }

    /// A question while the clock runs.
    pub(super) fn one_query(&mut self, now: Micros, log: &mut Vec<Event>) {
        let text = self.probes.text(self.next_probe).into_owned();
        self.next_probe += 1;
        let (maybe, present) = self.ask(&text, true);
        self.spare(maybe, present);
        self.show_question(now, &text, STEP_US * 7 / 8);
        self.change = None;
        narrate::request(self, now, log);
    }

    /// Asks the filter and counts the answer, in the observed rate too if it is to be `observed`: (maybe, really in).
    pub(super) fn ask(&mut self, text: &str, observed: bool) -> (bool, bool) {
        let item = self.digest(text);
        let (maybe, present) = (self.filter.get().contains(item), self.is_in(text));
        self.tally.count(maybe, present);
        if observed {
            Arc::make_mut(&mut self.contest).query(item, present);
        }
        if observed && !present {
            let one = Sample { absent: 1, lies: u64::from(maybe) };
            self.window.add(one);
            Arc::make_mut(&mut self.points).add(self.distinct, self.config.hashes, one);
        }
        if maybe && !present {
            self.remember_lie(text);
        }
        (maybe, present)
    }

    fn remember_lie(&mut self, text: &str) {
        self.lies.retain(|lie| lie.as_ref() != text);
        if self.lies.len() >= LIES_KEPT {
            self.lies.remove(0);
        }
        self.lies.push(Arc::from(text));
    }

    fn ask_run(&mut self, count: u64) -> Result<Asking, ModelError> {
        let (probes, items) = (Arc::clone(&self.probes), Arc::clone(&self.items));
        let absent_for_sure = items.disjoint(&probes) && self.history.only_runs();
        let contest = Arc::make_mut(&mut self.contest);
        let (mut asking, mut sample) = (Asking { count, ..Asking::default() }, Sample::default());
        let mut lies = Vec::new();
        for index in self.next_probe..self.next_probe + count as usize {
            interrupt::check_at(index as u64)?;
            let text = probes.text(index);
            let item = Digest::xxh3(self.seed, text.as_bytes());
            let maybe = self.filter.get().contains(item);
            let present = !absent_for_sure && self.history.copies_of(&items, &text) > 0;
            contest.query(item, present);
            self.tally.count(maybe, present);
            self.tally.saved += u64::from(!maybe);
            asking.maybe += u64::from(maybe);
            if present {
                continue;
            }
            sample.add(Sample { absent: 1, lies: u64::from(maybe) });
            if maybe {
                asking.first_lie.get_or_insert_with(|| text.to_string());
                if lies.len() >= LIES_KEPT {
                    lies.remove(0);
                }
                lies.push(text.into_owned());
            }
        }
        self.next_probe += count as usize;
        self.tally.wasted += sample.lies;
        asking.sample = sample;
        self.window.add(sample);
        Arc::make_mut(&mut self.points).add(self.distinct, self.config.hashes, sample);
        lies.iter().for_each(|lie| self.remember_lie(lie));
        Ok(asking)
    }

    /// Shows how the filter answers about an item, probe by probe, in at most this time. Nothing is counted.
    pub(super) fn show_question(&mut self, now: Micros, text: &str, most_us: Micros) {
        let asked = self.filter.get().ask(self.digest(text));
        let value = |cell| self.filter.get().value(cell);
        let steps: Vec<Step> = asked
            .steps
            .iter()
            .map(|(probe, _)| Step { probe: *probe, before: value(probe.cell), after: value(probe.cell) })
            .collect();
        let each = PROBE_US.min(4 * UNFOLD_US / 2 / steps.len().max(1) as u64);
        let lasts_us = (each * steps.len() as u64 + PROBE_US).min(most_us);
        let (maybe, present) = (asked.maybe, self.is_in(text));
        let look = Look { text: Arc::from(text), deed: Deed::Query, steps, maybe, present, at_us: now, lasts_us };
        self.look = Some(Arc::new(look));
    }

    /// Takes one copy of an item out.
    pub(super) fn remove(&mut self, now: Micros, text: &str, log: &mut Vec<Event>) -> Result<(), ModelError> {
        if !can_remove(&self.config) {
            return Err(self.cannot_remove(text));
        }
        let item = self.digest(text);
        let copies = self.history.copies_of(&self.items, text);
        if copies == 0 {
            return Err(self.never_in(text));
        }
        self.put_by_hand();
        let before = self.values(item);
        Arc::make_mut(&mut self.filter).get_mut().remove(item).map_err(|e| super::config::refusal(&e))?;
        Arc::make_mut(&mut self.contest).remove(item, copies == 1);
        Arc::make_mut(&mut self.history).take_out(text);
        self.distinct -= u64::from(copies == 1);
        self.content_changed();
        let steps = self.steps(item, &before);
        let maybe = self.filter.get().contains(item);
        let look = Look {
            text: Arc::from(text),
            deed: Deed::Remove,
            steps,
            maybe,
            present: true,
            at_us: now,
            lasts_us: UNFOLD_US,
        };
        (self.look, self.change) = (Some(Arc::new(look)), None);
        self.settle(now, UNFOLD_US);
        narrate::taken_out(self, copies, now, log);
        Ok(())
    }

    /// Why a filter of bits cannot forget: an item that shares a bit, if one is soon found.
    fn cannot_remove(&self, text: &str) -> ModelError {
        let name = self.config.variant.name();
        let searched = self.is_in(text) && self.history.copies() <= SEARCHED;
        let why = searched.then(|| self.why_scene().of_item(text).ok()).flatten();
        let sharer = why.as_ref().and_then(|why| {
            let setter = why.setters.first()?;
            let cell = why.cells.iter().zip(&setter.hits).find(|(_, hit)| **hit)?.0;
            Some(format!(
                "bit {} of '{text}' is also a bit of '{}', which would then be denied",
                cell.cell, setter.text
            ))
        });
        let reason =
            sharer.unwrap_or_else(|| "a bit may belong to several items, and clearing it would deny them".to_owned());
        ModelError::new(
            format!("a {name} filter cannot remove an item: {reason}"),
            "`variant counting` keeps a count instead of each bit",
        )
    }

    fn never_in(&self, text: &str) -> ModelError {
        if self.filter.get().contains(self.digest(text)) {
            let stuck = Stuck::of(self.values(self.digest(text)).into_iter());
            let remedy = match stuck.held {
                0 => "there is nothing to take out; `clear` empties all counters",
                _ => "leave it: counting its cells down would make the filter deny the items that they belong to",
            };
            return ModelError::new(
                format!("'{text}' is not in; the filter says 'maybe', as {}", stuck.reason()),
                remedy,
            );
        }
        ModelError::new(format!("'{text}' is not in, and the filter says so"), "remove an item that was put in")
    }

    /// Builds the filter anew and puts everything in again.
    pub(super) fn rebuild(&mut self, now: Micros, config: Config, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let (mut filter, mut contest) = (config.build()?, Contest::open(&config)?);
        filter.check_growth(self.distinct)?;
        let look_up = self.items.repeats() > 0 || !self.history.only_runs();
        let mut seen = std::collections::BTreeSet::new();
        self.history.each(&self.items, |text| {
            let item = Digest::xxh3(self.seed, text.as_bytes());
            filter.get_mut().insert(item);
            contest.insert(item, !look_up || seen.insert(item));
        })?;
        let points = Arc::make_mut(&mut self.points);
        points.by_items.clear();
        if (config.cells, config.variant) != (self.config.cells, self.config.variant) {
            points.by_hashes.clear();
        }
        let was_cells = self.filter.get().cells();
        let before = std::mem::replace(&mut self.filter, Arc::new(filter));
        let was = std::mem::replace(&mut self.config, config);
        self.contest = Arc::new(contest);
        (self.window, self.why) = (Sample::default(), None);
        (self.crawl, self.denied_only) = (None, false);
        self.kinds_met |= was.variant != config.variant;
        let count = self.history.copies();
        let change = Change { before, sample: Vec::new(), count, at_us: now, lasts_us: UNFOLD_US };
        (self.change, self.look) = (Some(Arc::new(change)), None);
        self.settle(now, UNFOLD_US);
        narrate::rebuilt(self, &was, was_cells, now, log);
        Ok(())
    }
}

/// More was wanted than a set has left.
fn too_many(wanted: u64, what: &str, left: u64, stock: &Stock) -> ModelError {
    let whose = if stock.input().is_some() { "the file" } else { "the built-in set" };
    let problem = match left {
        0 => format!("{whose} is at its end"),
        _ => format!("{} are too many: {whose} has {} left", count(wanted, what), thousands(left)),
    };
    let fewer = if left == 0 { "" } else { "ask for fewer, or " };
    ModelError::new(problem, format!("{fewer}use `clear` to begin again"))
}

/// `1 item`, `2 items`.
pub(super) fn items_words(number: u64) -> String {
    count(number, "item")
}
