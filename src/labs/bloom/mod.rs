//! Bloom filters: sets that say 'definitely not' or 'maybe', and why they sometimes lie.

mod command;
mod config;
mod contest;
mod deeds;
mod facts;
mod history;
mod model;
mod narrate;
mod panel;
mod properties;
mod record;
mod scenario;
mod stock;
mod stuck;
mod view;
mod why;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{InputSpec, Lab, LabInfo, Scene, ViewInfo};
use crate::engine::Blank;
use crate::picture::{Figure, LoadBar};
pub use command::{BloomCommand, ScenarioKind, Variant};
pub use facts::BloomFacts;
pub use model::BloomModel;

/// The lab.
#[derive(Debug)]
pub struct BloomLab;

impl Lab for BloomLab {
    type Model = BloomModel;
    const INFO: LabInfo = LabInfo {
        name: "bloom",
        title: "bloom filter",
        summary: "Fill a filter until it lies, see why it lied, and size it so that it does not.",
        first_words: "An empty filter. Press `i` a few times to put items in, then `a` to ask about items that are not.",
        inputs: &[
            InputSpec {
                name: "items",
                help: "Take the items for `insert --next N` from FILE, one a line (- for standard input)",
                blank: Blank::Skip,
            },
            InputSpec {
                name: "probe",
                help: "Take the questions for `query --next N` from FILE, one a line (- for standard input)",
                blank: Blank::Skip,
            },
        ],
        views: &[
            ViewInfo { name: "bits", help: "the bits as a field; an item's probes travel to their bits" },
            ViewInfo { name: "why", help: "which items set each bit of a false positive, side by side" },
            ViewInfo { name: "curves", help: "the rate against items and against hashes, observed over theory" },
            ViewInfo { name: "kinds", help: "classic, counting, blocked, scalable on the same items" },
        ],
        keys: command::KEYS,
    };

    fn state(model: &BloomModel) -> String {
        panel::state(model)
    }

    fn figures(model: &BloomModel, facts: &BloomFacts) -> Vec<Figure> {
        panel::figures(model, facts)
    }

    fn bars(model: &BloomModel) -> (String, Vec<LoadBar>) {
        panel::bars(model)
    }

    fn draw(scene: &Scene<'_, BloomModel>, area: Rect, buf: &mut Buffer) {
        view::draw(scene, area, buf);
    }

    fn click(scene: &Scene<'_, BloomModel>, area: Rect, x: u16, y: u16) -> Option<String> {
        view::click(scene, area, x, y)
    }

    fn click_bar(model: &BloomModel, bar: usize) -> Option<String> {
        model.contest.contenders.get(bar).map(|c| format!("variant {}", c.variant.name()))
    }
}
