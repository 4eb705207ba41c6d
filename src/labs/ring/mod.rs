//! Consistent hashing: who owns a key, and what moves when the nodes change.

mod change;
mod command;
mod event;
mod facts;
mod keys;
mod model;
mod panel;
mod state;
mod tell;
mod view;

use super::{InputSpec, Lab, LabInfo, Row, Scene, ViewInfo};
use crate::engine::Blank;
use crate::picture::{LoadBar, Widget};
pub use command::RingCommand;
pub use facts::RingFacts;
pub use model::Timer;
pub use state::RingModel;

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

    const FIGURES: &'static [Row<RingFacts>] = panel::FIGURES;

    fn state(model: &RingModel) -> String {
        panel::state(model)
    }

    fn bars(model: &RingModel) -> (String, Vec<LoadBar>) {
        panel::bars(model)
    }

    fn picture<'a>(scene: &'a Scene<'a, RingModel>) -> Option<Box<dyn Widget + 'a>> {
        Some(view::picture(scene))
    }

    fn click_bar(model: &RingModel, bar: usize) -> Option<String> {
        model.config().nodes.get(bar).map(|n| view::inspect(&n.name))
    }
}
