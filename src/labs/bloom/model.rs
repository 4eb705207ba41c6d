//! The bloom lab's state machine.

use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::command::{BloomCommand, Variant};
use super::config::{AnyFilter, Config};
use super::contest::Contest;
use super::facts::BloomFacts;
use super::history::History;
use super::record::{Change, Look, Points, Sample, Tally};
use super::scenario::Scenario;
use super::stock::{Half, Stock, Theme};
use super::why::{self, Why};
use super::{narrate, properties};
use crate::algorithms::bloom::{Digest, theory};
use crate::engine::{Clocked, Event, Micros, ModelError, Property, Setup};

/// Simulated time in which an insertion or a new filter unfolds.
pub const UNFOLD_US: Micros = 1_600_000;
/// Simulated time of one probe of a question.
pub const PROBE_US: Micros = 260_000;
/// Time between two requests while the clock runs.
pub const STEP_US: Micros = 800_000;
/// Items that the latest false positives are kept of.
pub const LIES_KEPT: usize = 8;
/// The design of a filter for items from a file.
const FILE_RATE: f64 = 0.01;

/// The state of the bloom lab. Cloning shares all that is large.
#[derive(Clone, Debug)]
pub struct BloomModel {
    pub(super) seed: u64,
    /// Items and probes that were given as files, if any.
    pub(super) given: (Option<Arc<Stock>>, Option<Arc<Stock>>),
    pub(super) items: Arc<Stock>,
    pub(super) probes: Arc<Stock>,
    pub(super) config: Config,
    pub(super) filter: Arc<AnyFilter>,
    pub(super) history: Arc<History>,
    /// Different items that are in.
    pub(super) distinct: u64,
    pub(super) contest: Arc<Contest>,
    pub(super) tally: Tally,
    /// Questions since what is in last changed; while a crawler is at work, the new pages that it met.
    pub(super) window: Sample,
    /// Whether the window is that of a crawler; and how many false positives its filter's own rate has let expect.
    pub(super) crawl: Option<f64>,
    /// Everything that is in was denied before it went in, as a crawler does it: then it sets more bits.
    pub(super) denied_only: bool,
    /// Whether another kind than the first has been used: from then on the kinds are compared beside the picture.
    pub(super) kinds_met: bool,
    pub(super) points: Arc<Points>,
    pub(super) next_probe: usize,
    pub(super) look: Option<Arc<Look>>,
    pub(super) change: Option<Arc<Change>>,
    pub(super) why: Option<Arc<Why>>,
    /// The latest false positives, the newest last.
    pub(super) lies: Vec<Arc<str>>,
    pub(super) scenario: Option<Scenario>,
    pub(super) settled_us: Micros,
    pub(super) next_tick_us: Micros,
    pub(super) rng: ChaCha8Rng,
}

impl BloomModel {
    /// The hash of an item.
    pub(super) fn digest(&self, text: &str) -> Digest {
        Digest::xxh3(self.seed, text.as_bytes())
    }

    /// Whether an item is really in.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.history.copies_of(&self.items, text) > 0
    }

    /// The false-positive rate that the formula expects now.
    pub(super) fn theory_rate(&self) -> f64 {
        let filter = self.filter.get();
        match self.denied_fill(self.distinct) {
            Some(fill) => fill.powf(f64::from(filter.hashes())),
            None => filter.theory_rate(self.distinct),
        }
    }

    /// The expected fill with so many items, if all of them were denied before they went in, and lie in one row.
    pub(super) fn denied_fill(&self, items: u64) -> Option<f64> {
        let filter = self.filter.get();
        (self.denied_only && self.one_row()).then(|| theory::fill_of_denied(filter.cells(), filter.hashes(), items))
    }

    /// Whether every item has k cells of one row, so that the fill speaks for all.
    pub(super) fn one_row(&self) -> bool {
        matches!(&*self.filter, AnyFilter::Classic(_) | AnyFilter::Counting(_))
    }

    /// Whether anything was asked about an item that is not in. Before, no rate is shown: a learner may want to guess.
    pub(super) fn asked(&self) -> bool {
        self.tally.absent > 0
    }

    /// The share of the cells that are set.
    pub(super) fn fill(&self) -> f64 {
        self.filter.get().set_cells() as f64 / self.filter.get().cells() as f64
    }

    /// What a search for the setters of a cell looks through.
    pub(super) fn why_scene(&self) -> why::Scene<'_> {
        why::Scene {
            config: &self.config,
            filter: &self.filter,
            history: &self.history,
            items: &self.items,
            seed: self.seed,
        }
    }

    /// Time goes on after a command has unfolded.
    pub(super) fn settle(&mut self, now: Micros, lasts_us: Micros) {
        self.settled_us = now + lasts_us;
        self.next_tick_us = self.settled_us + STEP_US;
    }

    /// What is in has changed: what was observed before counts no more, but for a crawler, whose filter always changes.
    pub(super) fn content_changed(&mut self) {
        if self.crawl.is_none() {
            self.window = Sample::default();
            Arc::make_mut(&mut self.contest).changed();
        }
        if !self.points.by_hashes.is_empty() {
            Arc::make_mut(&mut self.points).by_hashes.clear();
        }
        self.why = None;
    }

    /// Observation begins anew: for a crawler, or for questions to a filter that stays as it is.
    pub(super) fn observe(&mut self, crawl: bool) {
        if crawl != self.crawl.is_some() {
            self.crawl = crawl.then_some(0.0);
            self.window = Sample::default();
            Arc::make_mut(&mut self.contest).changed();
        }
    }

    /// Empties the filter and all counts, and begins with these items.
    pub(super) fn restart(&mut self, items: Arc<Stock>, probes: Arc<Stock>) -> Result<(), ModelError> {
        self.filter = Arc::new(self.config.build()?);
        self.contest = Arc::new(Contest::open(&self.config)?);
        self.history = Arc::default();
        self.points = Arc::default();
        (self.distinct, self.next_probe) = (0, 0);
        (self.tally, self.window) = (Tally::default(), Sample::default());
        (self.crawl, self.denied_only) = (None, false);
        (self.look, self.change, self.why, self.scenario) = (None, None, None, None);
        self.lies.clear();
        (self.items, self.probes) = (items, probes);
        Ok(())
    }

    /// The items and probes of a built-in set, unless files were given.
    pub(super) fn stocks(&self, theme: Theme) -> (Arc<Stock>, Arc<Stock>) {
        let built_in = |half| Arc::new(Stock::built_in(theme, half));
        let (items, probes) = &self.given;
        (
            items.clone().unwrap_or_else(|| built_in(Half::Items)),
            probes.clone().unwrap_or_else(|| built_in(Half::Probes)),
        )
    }

    fn clear(&mut self, now: Micros, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let had = self.history.copies();
        self.restart(Arc::clone(&self.items), Arc::clone(&self.probes))?;
        self.settle(now, 0);
        narrate::cleared(self, had, now, log);
        Ok(())
    }

    fn explain(&mut self, now: Micros, item: Option<&str>, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let text = match (item, self.lies.last()) {
            (Some(text), _) => text.to_owned(),
            (None, Some(lie)) => lie.to_string(),
            (None, None) => {
                return Err(ModelError::new(
                    "there was no false positive yet",
                    "name an item, or look for one: `insert --next 32`, then `query --next 1000`",
                ));
            }
        };
        let why = self.why_scene().of_item(&text)?;
        self.show_question(now, &text, UNFOLD_US);
        self.why = Some(Arc::new(why));
        self.settle(now, UNFOLD_US);
        narrate::why(self, now, log);
        Ok(())
    }

    fn explain_cell(&mut self, now: Micros, cell: u64, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let cells = self.filter.get().cells();
        if cell >= cells {
            let kind = self.config.variant.cell();
            return Err(ModelError::new(
                format!("there is no {kind} {cell}"),
                format!("the {kind}s are numbered from 0 to {}", cells - 1),
            ));
        }
        self.why = Some(Arc::new(self.why_scene().of_cell(cell)?));
        self.settle(now, 0);
        narrate::who(self, now, log);
        Ok(())
    }

    /// A file's items want a filter of their own size.
    fn design_for_file(items: Option<&Arc<Stock>>) -> Result<Config, ModelError> {
        match items {
            None => Ok(Config::first()),
            Some(stock) => Config::first().design((stock.len() - stock.repeats()).max(1) as u64, FILE_RATE),
        }
    }
}

impl Clocked for BloomModel {
    type Command = BloomCommand;
    type Facts = BloomFacts;

    fn open(setup: &Setup) -> Result<Self, ModelError> {
        let file = |role: &str| setup.inputs.get(role).map(|input| Arc::new(Stock::from_input(Arc::clone(input))));
        let given = (file("items"), file("probe"));
        let config = Self::design_for_file(given.0.as_ref())?;
        let built_in = |half| Arc::new(Stock::built_in(Theme::Urls, half));
        Ok(Self {
            seed: setup.seed,
            items: given.0.clone().unwrap_or_else(|| built_in(Half::Items)),
            probes: given.1.clone().unwrap_or_else(|| built_in(Half::Probes)),
            given,
            config,
            filter: Arc::new(config.build()?),
            history: Arc::default(),
            distinct: 0,
            contest: Arc::new(Contest::open(&config)?),
            tally: Tally::default(),
            window: Sample::default(),
            crawl: None,
            denied_only: false,
            kinds_met: false,
            points: Arc::default(),
            next_probe: 0,
            look: None,
            change: None,
            why: None,
            lies: Vec::new(),
            scenario: None,
            settled_us: 0,
            next_tick_us: STEP_US,
            rng: ChaCha8Rng::seed_from_u64(setup.seed),
        })
    }

    fn opening(&self) -> Vec<Event> {
        narrate::opened(self)
    }

    fn apply(&mut self, now: Micros, command: &BloomCommand, log: &mut Vec<Event>) -> Result<(), ModelError> {
        match command {
            BloomCommand::Insert { next: Some(count), .. } => self.insert_next(now, *count, log),
            BloomCommand::Insert { item, .. } => self.insert_named(now, named("insert", item.as_deref())?, log),
            BloomCommand::Query { next: Some(count), .. } => self.query_next(now, *count, log),
            BloomCommand::Query { item, .. } => {
                self.query_named(now, named("query", item.as_deref())?, log);
                Ok(())
            }
            BloomCommand::Remove { item } => self.remove(now, item, log),
            BloomCommand::Design { items, rate } => {
                let config = self.config.design(*items, *rate)?;
                self.rebuild(now, config, log)
            }
            BloomCommand::Bits { count } => self.rebuild(now, self.config.with_cells(*count)?, log),
            BloomCommand::Hashes { count } => self.rebuild(now, self.config.with_hashes(*count)?, log),
            BloomCommand::Variant { variant } => self.rebuild(now, self.config.with_variant(*variant)?, log),
            BloomCommand::Clear => self.clear(now, log),
            BloomCommand::Why { item } => self.explain(now, item.as_deref(), log),
            BloomCommand::Who { bit } => self.explain_cell(now, *bit, log),
            BloomCommand::Scenario { scenario, events } => self.start_scenario(now, *scenario, *events, log),
        }
    }

    fn next_tick(&self) -> Option<Micros> {
        (self.scenario.is_some() || self.next_probe < self.probes.len()).then_some(self.next_tick_us)
    }

    fn tick(&mut self, now: Micros, log: &mut Vec<Event>) {
        match self.scenario {
            Some(_) => self.one_event(now, log),
            None => self.one_query(now, log),
        }
        self.next_tick_us = now + STEP_US;
    }

    fn settled_at(&self) -> Micros {
        self.settled_us
    }

    fn step_us(&self) -> Micros {
        STEP_US
    }

    fn facts(&self) -> BloomFacts {
        BloomFacts::of(self)
    }

    fn properties() -> &'static [Property<Self>] {
        properties::ALL
    }

    fn footprint(&self) -> usize {
        let before = self.change.as_ref().map_or(0, |c| c.before.get().memory_bytes());
        let points = (self.points.by_items.len() + self.points.by_hashes.len()) * 64;
        let why = self.why.as_ref().map_or(0, |w| w.setters.len() * (96 + w.cells.len()));
        let filters = self.filter.get().memory_bytes() + before + self.contest.memory_bytes();
        filters + self.history.memory_bytes() + points + why + 8_192
    }

    fn candidates(&self, value_name: &str) -> Vec<String> {
        let some_in = |most: usize| self.history.sample(&self.items, most);
        match value_name {
            "MEMBER" => some_in(12),
            "ITEM" => {
                let mut items: Vec<String> = self.lies.iter().rev().map(|l| l.to_string()).collect();
                items.extend(some_in(6));
                let next = |stock: &Stock, from: usize| -> Vec<String> {
                    (from..stock.len().min(from + 4)).map(|i| stock.text(i).into_owned()).collect()
                };
                items.extend(next(&self.items, self.history.next()));
                items.extend(next(&self.probes, self.next_probe));
                let mut seen = std::collections::BTreeSet::new();
                items.retain(|item| seen.insert(item.clone()));
                items
            }
            "BIT" => {
                let last = self.look.iter().flat_map(|l| l.steps.iter().map(|s| s.probe.cell.to_string()));
                last.chain([(self.filter.get().cells() / 2).to_string()]).collect()
            }
            "M" => [self.config.cells / 2, self.config.cells * 2].map(|m| m.max(1).to_string()).into(),
            "K" => (1..=12).map(|k: u32| k.to_string()).collect(),
            "P" => ["0.1", "0.01", "0.001"].map(str::to_owned).into(),
            "N" => ["1", "10", "32", "100", "1000"].map(str::to_owned).into(),
            _ => Vec::new(),
        }
    }
}

/// The item that a command names: a word, or a text in quotes.
fn named<'a>(verb: &str, item: Option<&'a str>) -> Result<&'a str, ModelError> {
    item.filter(|text| !text.is_empty()).ok_or_else(|| {
        let problem = format!("`{verb}` needs an item");
        ModelError::new(problem, format!("give any text, `{verb} ada`, or how many of the set, `{verb} --next 5`"))
    })
}

/// Whether a state can still take items out: what a sentence and the picture ask.
pub fn can_remove(config: &Config) -> bool {
    config.variant == Variant::Counting
}
