//! The labs: the trait that joins a model with its view, and the registry.
//!
//! `tui`, `lessons` and `headless` see only [`OpenLab`] and [`REGISTRY`]. To add a lab: one
//! folder here, one line in the registry.

pub mod balancer;
pub mod bloom;
pub mod failure;
mod open;
pub mod ring;
mod rows;
pub mod threads;
pub mod transactions;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::engine::{Blank, Micros, Model, ModelError, Setup};
use crate::picture::{Figure, LoadBar, Theme, Widget};
use crate::sim::{Duration, Time};
pub use open::{Click, OpenLab, View};
pub use rows::{Row, Shown};

/// Seed of a lab when nobody chose one.
pub const DEFAULT_SEED: u64 = 7;

/// Every lab, in the order in which home lists them.
pub const REGISTRY: &[Registration] = &[
    Registration::of::<ring::RingLab>(),
    Registration::of::<bloom::BloomLab>(),
    Registration::of::<balancer::BalancerLab>(),
    Registration::of::<threads::ThreadsLab>(),
    Registration::of::<transactions::TransactionsLab>(),
    Registration::of::<failure::FailureLab>(),
];

/// The lab with this name.
///
/// ```
/// assert!(scalelab::labs::find("ring").is_some());
/// ```
pub fn find(name: &str) -> Option<&'static Registration> {
    REGISTRY.iter().find(|r| r.info.name == name)
}

/// What a lab is.
#[derive(Debug)]
pub struct LabInfo {
    /// Name on the command line.
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// One line: what one learns here.
    pub summary: &'static str,
    /// What to try first: shown while nothing has happened yet.
    pub first_words: &'static str,
    /// Real input that it takes.
    pub inputs: &'static [InputSpec],
    /// Its pictures; keys `1`…`9` show them.
    pub views: &'static [ViewInfo],
    /// Its own keys.
    pub keys: &'static [KeyBinding],
}

/// A kind of real input, given as `--NAME FILE`.
#[derive(Debug)]
pub struct InputSpec {
    /// Role, and name of the option.
    pub name: &'static str,
    /// What it holds.
    pub help: &'static str,
    /// Whether it is a list of items or one text.
    pub blank: Blank,
}

/// One picture of a lab.
#[derive(Debug)]
pub struct ViewInfo {
    /// Short name.
    pub name: &'static str,
    /// What it shows.
    pub help: &'static str,
}

/// A key of the lab's own. A command that ends in a space opens the palette with it, to be completed.
#[derive(Debug)]
pub struct KeyBinding {
    /// The key.
    pub key: char,
    /// The command line.
    pub command: &'static str,
    /// Two or three words for the status line.
    pub label: &'static str,
}

/// What a view draws: the state at a moment. It never changes it.
#[derive(Debug)]
pub struct Scene<'a, M> {
    /// The state.
    pub model: &'a M,
    /// Simulated time.
    pub now: Micros,
    /// Which of the lab's views, from zero.
    pub view: usize,
    /// Whether things may travel; without, they are drawn where they end.
    pub motion: bool,
    /// How to draw.
    pub theme: Theme,
}

impl<M> Scene<'_, M> {
    /// How far something that began at a time and unfolds for so long has come, from 0 to 1; without motion it is done.
    pub fn progress(&self, since: Time, span: Duration) -> f64 {
        let gone = self.now.saturating_sub(since.as_micros());
        if self.motion { (gone as f64 / span.as_micros().max(1) as f64).clamp(0.0, 1.0) } else { 1.0 }
    }
}

/// A lab: a model and how to see it.
pub trait Lab: 'static {
    /// The state machine.
    type Model: Model;
    /// What the lab is.
    const INFO: LabInfo;

    /// What to try first; a lab that opened something of the learner's own says so.
    fn first_words(_model: &Self::Model) -> String {
        Self::INFO.first_words.to_owned()
    }
    /// A few words for the title: `ring, 100 vnodes`.
    fn state(model: &Self::Model) -> String;
    /// The rows of the figures panel.
    const FIGURES: &'static [Row<<Self::Model as Model>::Facts>] = &[];

    /// The figures, observed next to theory: those of the declared rows that say something now.
    fn figures(_model: &Self::Model, facts: &<Self::Model as Model>::Facts) -> Vec<Figure> {
        Self::FIGURES.iter().filter_map(|row| row.figure(facts)).collect()
    }
    /// Title and bars of the load panel.
    fn bars(model: &Self::Model) -> (String, Vec<LoadBar>);
    /// The picture of a view, as a value: it draws itself, knows what a click on it means, and can be read aloud.
    fn picture<'a>(_scene: &'a Scene<'a, Self::Model>) -> Option<Box<dyn Widget + 'a>> {
        None
    }
    /// Draws the picture, where it is not yet a value.
    fn draw(_scene: &Scene<'_, Self::Model>, _area: Rect, _buf: &mut Buffer) {}
    /// The command that a click on a cell of such a picture means.
    fn click(_scene: &Scene<'_, Self::Model>, _area: Rect, _x: u16, _y: u16) -> Option<String> {
        None
    }
    /// The command that a click on a load bar means.
    fn click_bar(model: &Self::Model, bar: usize) -> Option<String>;
}

/// A line of the registry.
pub struct Registration {
    /// What the lab is.
    pub info: &'static LabInfo,
    /// Opens it.
    pub open: fn(Setup) -> Result<Box<dyn OpenLab>, ModelError>,
    /// clap's definition of its commands.
    pub definition: fn() -> clap::Command,
}

impl Registration {
    const fn of<L: Lab>() -> Self {
        Self { info: &L::INFO, open: open::open::<L>, definition: open::definition::<L> }
    }
}
