//! Consistent hashing: who owns a key, and what moves when the nodes change.

mod command;
mod contest;
mod facts;
mod keys;
mod model;
mod narrate;
mod panel;
mod placer;
mod serving;
mod view;
mod world;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{InputSpec, Lab, LabInfo, Scene, ViewInfo};
use crate::engine::Blank;
use crate::picture::{Figure, LoadBar};
pub use command::{RingCommand, Strategy};
pub use facts::RingFacts;
pub use model::RingModel;

/// The lab.
#[derive(Debug)]
pub struct RingLab;

impl Lab for RingLab {
    type Model = RingModel;
    const INFO: LabInfo = LabInfo {
        name: "ring",
        title: "hash ring",
        summary: "Add and remove nodes: which keys move, who has too many?",
        first_words: "Three nodes share the keys. Press `a` and Enter to add a fourth, and watch which keys move.",
        inputs: &[InputSpec {
            name: "keys",
            help: "Place the keys of FILE, one a line (- for standard input)",
            blank: Blank::Skip,
        }],
        views: &[
            ViewInfo { name: "ring", help: "the hash space as a circle; moved keys travel to their new node" },
            ViewInfo { name: "unrolled", help: "the hash space line by line: virtual nodes, owners, keys" },
            ViewInfo { name: "comparison", help: "two strategies side by side, and a table of all" },
            ViewInfo { name: "one key", help: "hash, position, walk, owner, replicas of the inspected key" },
        ],
        keys: command::KEYS,
    };

    fn state(model: &RingModel) -> String {
        panel::state(model)
    }

    fn figures(model: &RingModel, facts: &RingFacts) -> Vec<Figure> {
        panel::figures(model, facts)
    }

    fn bars(model: &RingModel) -> (String, Vec<LoadBar>) {
        panel::bars(model)
    }

    fn draw(scene: &Scene<'_, RingModel>, area: Rect, buf: &mut Buffer) {
        view::draw(scene, area, buf);
    }

    fn click(scene: &Scene<'_, RingModel>, area: Rect, x: u16, y: u16) -> Option<String> {
        view::click(scene, area, x, y)
    }

    fn click_bar(model: &RingModel, bar: usize) -> Option<String> {
        model.config().nodes.get(bar).map(|n| view::inspect(&n.name))
    }
}
