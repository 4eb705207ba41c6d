//! The filter at work: a crawler, a table on disk, a service behind a cache.

use std::sync::Arc;

use rand::RngExt;

use super::command::{MOST_EVENTS, ScenarioKind};
use super::model::{BloomModel, STEP_US, UNFOLD_US};
use super::narrate::{self, Work};
use super::record::{Change, Look};
use super::stock::Theme;
use crate::engine::{Event, Micros, ModelError, interrupt};

/// Requests that come at once when nobody said how many.
const EVENTS: u64 = 1_000;

/// A job that runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scenario {
    /// Which.
    pub kind: ScenarioKind,
    /// Requests (or links) so far.
    pub events: u64,
    /// Work that had to be done: pages fetched, reads and calls that found something.
    pub done: u64,
    /// Pages that a crawler has met and will never fetch, each counted once.
    pub lost: u64,
}

impl ScenarioKind {
    /// Share of the requests, in percent, for something that is not in: links to pages that are new to the crawler, keys and
    /// names that do not exist.
    fn new_percent(self) -> u32 {
        match self {
            Self::Crawler => 40,
            Self::Database => 80,
            Self::Cache => 50,
        }
    }

    fn theme(self) -> Theme {
        match self {
            Self::Crawler => Theme::Urls,
            Self::Database | Self::Cache => Theme::Names,
        }
    }
}

impl BloomModel {
    /// Empties the filter and puts it to work.
    pub(super) fn start_scenario(
        &mut self,
        now: Micros,
        kind: ScenarioKind,
        events: Option<u64>,
        log: &mut Vec<Event>,
    ) -> Result<(), ModelError> {
        let (items, probes) = self.stocks(kind.theme());
        let stored = if kind == ScenarioKind::Crawler { 0 } else { self.config.items.min(items.len() as u64) };
        let usual = match kind {
            ScenarioKind::Crawler => (self.config.items * 100 / u64::from(kind.new_percent())).max(1),
            _ => EVENTS,
        };
        let events = events.unwrap_or(usual.min(MOST_EVENTS));
        if kind == ScenarioKind::Crawler {
            self.filter.check_growth(events)?;
        }
        self.restart(items, probes)?;
        self.put_stored(stored)?;
        self.scenario = Some(Scenario { kind, events: 0, done: 0, lost: 0 });
        self.denied_only = kind == ScenarioKind::Crawler;
        let before = Arc::clone(&self.filter);
        for event in 0..events {
            interrupt::check_at(event)?;
            self.event(now);
        }
        let change =
            Change { before, sample: Vec::new(), count: self.history.copies(), at_us: now, lasts_us: UNFOLD_US };
        (self.change, self.look) = (Some(Arc::new(change)), None);
        self.settle(now, UNFOLD_US);
        narrate::scenario(self, now, log);
        Ok(())
    }

    fn put_stored(&mut self, count: u64) -> Result<(), ModelError> {
        if count > 0 {
            self.put_run(count)?;
            self.content_changed();
        }
        Ok(())
    }

    /// One request while the clock runs.
    pub(super) fn one_event(&mut self, now: Micros, log: &mut Vec<Event>) {
        let (text, work, look) = self.event(now);
        self.change = None;
        match look {
            Some(look) => self.look = Some(Arc::new(Look { lasts_us: STEP_US * 7 / 8, ..look })),
            None => self.show_question(now, &text, STEP_US * 7 / 8),
        }
        narrate::event(self, &text, work, now, log);
    }

    /// The next request of the scenario, what became of it, and how its item went in if it did.
    fn event(&mut self, now: Micros) -> (String, Work, Option<Look>) {
        let Some(kind) = self.scenario.map(|s| s.kind) else { return (String::new(), Work::Needed, None) };
        let wants_new = self.rng.random_range(0..100_u32) < kind.new_percent();
        let (text, work, look) = match kind {
            ScenarioKind::Crawler => self.link(now, wants_new),
            ScenarioKind::Database | ScenarioKind::Cache => {
                let (text, work) = self.request(wants_new);
                (text, work, None)
            }
        };
        self.tally.saved += u64::from(work == Work::Spared);
        self.tally.wasted += u64::from(work == Work::Wasted);
        if let Some(scenario) = &mut self.scenario {
            scenario.events += 1;
            scenario.done += u64::from(matches!(work, Work::Fetched | Work::Needed));
        }
        (text, work, look)
    }

    /// The crawler finds a link: to a page that is new, or to one that it has met before.
    fn link(&mut self, now: Micros, wants_new: bool) -> (String, Work, Option<Look>) {
        let met = self.history.next();
        let fresh = met == 0 || (wants_new && met < self.items.len());
        let index = if fresh { met } else { self.rng.random_range(0..met) };
        let text = self.items.text(index).into_owned();
        self.observe(true);
        let expected = if fresh && self.one_row() { self.filter.get().own_rate() } else { 0.0 };
        self.crawl = self.crawl.map(|sum| sum + expected);
        // A page that was passed by once is passed by again: it says nothing more about the rate.
        let (maybe, present) = self.ask(&text, fresh);
        let (met, lost) = (u64::from(fresh), u64::from(!present));
        if let Some(scenario) = &mut self.scenario {
            // One that was passed by may be denied later, if the filter was changed in between: it is not lost.
            scenario.lost = if maybe { scenario.lost + lost * met } else { scenario.lost.saturating_sub(1 - met) };
        }
        if !maybe {
            let look = self.put_one(now, &text, fresh);
            return (text, Work::Fetched, Some(look));
        }
        if fresh {
            Arc::make_mut(&mut self.history).skip_next();
        }
        (text, if present { Work::Spared } else { Work::Wasted }, None)
    }

    /// A read or a call: for something that is there, or not.
    fn request(&mut self, wants_absent: bool) -> (String, Work) {
        let stored = self.history.next();
        let text = if wants_absent || stored == 0 {
            let index = self.next_probe % self.probes.len();
            self.next_probe = index + 1;
            self.probes.text(index).into_owned()
        } else {
            self.items.text(self.rng.random_range(0..stored)).into_owned()
        };
        let work = match self.ask(&text, true) {
            (false, _) => Work::Spared,
            (true, true) => Work::Needed,
            (true, false) => Work::Wasted,
        };
        (text, work)
    }

    /// What a scenario does, in a few words: the things asked about, what is spared, what a false positive costs.
    pub(super) fn work_words(kind: ScenarioKind) -> (&'static str, &'static str, &'static str) {
        match kind {
            ScenarioKind::Crawler => ("links", "fetches spared", "links to lost pages"),
            ScenarioKind::Database => ("reads", "disk reads avoided", "needless disk reads"),
            ScenarioKind::Cache => ("requests", "calls not made", "needless calls"),
        }
    }
}
