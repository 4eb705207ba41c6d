//! Who set the bits: looks through all items that are in.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::config::{AnyFilter, Config};
use super::history::History;
use super::stock::Stock;
use super::stuck::Stuck;
use crate::algorithms::bloom::{Digest, Probe};
use crate::engine::ModelError;

/// Most items that are named as setters.
const NAMED: usize = 64;
/// Up to so many setters, the second copy of one is known.
const KNOWN: usize = 100_000;

/// The cells of an item (or one cell), and who set them.
#[derive(Clone, Debug)]
pub struct Why {
    /// The item; none when only one cell was asked for.
    pub text: Option<Arc<str>>,
    /// What the filter says about it.
    pub maybe: bool,
    /// Whether it is in.
    pub present: bool,
    /// Its cells in the order of asking, each once.
    pub cells: Vec<Cell>,
    /// The first items that set any of the cells, in their order.
    pub setters: Vec<Setter>,
    /// How many different items set any of them.
    pub setters_total: u64,
}

/// A cell and how many items set it.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Index.
    pub cell: u64,
    /// Whether it is set.
    pub set: bool,
    /// How many items set it, the item itself left out.
    pub setters: u64,
    /// What it holds.
    pub value: u8,
}

/// An item that set at least one of the cells.
#[derive(Clone, Debug)]
pub struct Setter {
    /// The item.
    pub text: Arc<str>,
    /// Its place among all that are in, from 1.
    pub order: u64,
    /// For each of the cells, whether it set it.
    pub hits: Vec<bool>,
    /// Whether one of its hits was the first on its cell.
    pub first: bool,
}

/// The state that is looked through.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// How the filter is built.
    pub config: &'a Config,
    /// The filter.
    pub filter: &'a AnyFilter,
    /// What is in.
    pub history: &'a History,
    /// The items.
    pub items: &'a Stock,
    /// Seed of the hash.
    pub seed: u64,
}

impl Scene<'_> {
    fn digest(&self, text: &str) -> Digest {
        Digest::xxh3(self.seed, text.as_bytes())
    }

    /// Who set the cells of an item. O(items · k).
    pub fn of_item(&self, text: &str) -> Result<Why, ModelError> {
        let (digest, filter) = (self.digest(text), self.filter.get());
        let asked = filter.ask(digest);
        let mut probes = Vec::new();
        filter.probes(digest, &mut probes);
        // Of a scalable filter: the layer that said 'maybe', or the newest one.
        let group = asked.steps.last().filter(|_| asked.maybe).map_or(0, |(p, _)| p.group);
        let mut cells: Vec<u64> = Vec::new();
        for probe in probes.iter().filter(|p| p.group == group) {
            if !cells.contains(&probe.cell) {
                cells.push(probe.cell);
            }
        }
        let present = self.history.copies_of(self.items, text) > 0;
        let found = self.setters(&cells, Some(text))?;
        Ok(Why { text: Some(Arc::from(text)), maybe: asked.maybe, present, ..found })
    }

    /// Who set one cell.
    pub fn of_cell(&self, cell: u64) -> Result<Why, ModelError> {
        self.setters(&[cell], None)
    }

    fn cell(&self, cell: u64) -> Cell {
        let value = self.filter.get().value(cell);
        Cell { cell, set: value > 0, setters: 0, value }
    }

    fn setters(&self, cells: &[u64], but: Option<&str>) -> Result<Why, ModelError> {
        let mut found = Why {
            text: None,
            maybe: false,
            present: false,
            cells: cells.iter().map(|c| self.cell(*c)).collect(),
            setters: Vec::new(),
            setters_total: 0,
        };
        let (mut order, mut probes, mut known) = (0, Vec::new(), BTreeSet::new());
        let copies = self.items.repeats() > 0 || !self.history.only_runs();
        // Where an item lies in a scalable filter depends on those before it, so that one is filled again.
        let mut again = match self.filter {
            AnyFilter::Scalable(_) => Some(self.config.build()?),
            _ => None,
        };
        self.history.each(self.items, |text| {
            order += 1;
            let digest = self.digest(text);
            match &mut again {
                Some(filter) => {
                    if !filter.get_mut().insert(digest) {
                        return;
                    }
                    filter.get().probes(digest, &mut probes);
                }
                None => self.filter.get().probes(digest, &mut probes),
            }
            let met = probes.iter().any(|p| p.group == 0 && cells.contains(&p.cell));
            if !met || but == Some(text) {
                return;
            }
            // A second copy of an item says nothing new.
            if copies && known.len() < KNOWN && !known.insert(digest) {
                return;
            }
            found.note(text, order, &probes);
        })?;
        Ok(found)
    }
}

impl Why {
    /// Notes which of the cells an item set: at least one.
    fn note(&mut self, text: &str, order: u64, probes: &[Probe]) {
        let met = |cell: &Cell| probes.iter().any(|p| p.group == 0 && p.cell == cell.cell);
        let hits: Vec<bool> = self.cells.iter().map(met).collect();
        let first = self.cells.iter().zip(&hits).any(|(cell, hit)| *hit && cell.setters == 0);
        for (cell, hit) in self.cells.iter_mut().zip(&hits) {
            cell.setters += u64::from(*hit);
        }
        self.setters_total += 1;
        if self.setters.len() < NAMED || first {
            self.setters.push(Setter { text: Arc::from(text), order, hits, first });
        }
    }

    /// What keeps its cells above zero, if they are counters.
    pub fn stuck(&self) -> Stuck {
        Stuck::of(self.cells.iter().map(|c| (c.cell, c.value)))
    }

    /// Those who set a cell first, then the others: whom a picture shows when it cannot show all.
    pub fn by_weight(&self) -> Vec<&Setter> {
        let (first, rest): (Vec<&Setter>, Vec<&Setter>) = self.setters.iter().partition(|s| s.first);
        first.into_iter().chain(rest).collect()
    }
}
