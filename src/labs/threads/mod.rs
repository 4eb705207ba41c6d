//! Threads: you are the scheduler. Break the program, fix it, have it proven.

mod command;
mod editing;
mod facts;
mod model;
mod narrate;
mod panel;
mod results;
mod search;
mod verdict;
mod view;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{InputSpec, Lab, LabInfo, Scene, ViewInfo};
use crate::engine::Blank;
use crate::picture::{Figure, LoadBar};
pub use command::{GrainName, ThreadsCommand};
pub use facts::ThreadsFacts;
pub use model::ThreadsModel;

/// The lab.
#[derive(Debug)]
pub struct ThreadsLab;

impl Lab for ThreadsLab {
    type Model = ThreadsModel;
    const INFO: LabInfo = LabInfo {
        name: "threads",
        title: "threads",
        summary: "You are the scheduler: break the program, fix it, have it proven",
        first_words: "Two threads add one each. Press `a` for a step of A and `s` for a step of B: can you lose an update? \
                      `e` explores all schedules.",
        inputs: &[
            InputSpec {
                name: "program",
                help: "Run the program in FILE (- for standard input); docs/programs.md describes the language",
                blank: Blank::Keep,
            },
            InputSpec {
                name: "measured",
                help: "Show the histogram that `scalelab measure` wrote beside the model's",
                blank: Blank::Keep,
            },
        ],
        views: &[
            ViewInfo {
                name: "code",
                help: "a column a thread: where it is, what it could do next, what that would cause",
            },
            ViewInfo { name: "waits", help: "who waits for whom; a cycle glows" },
            ViewInfo { name: "time", help: "one lane a thread; reads joined to the writes that they saw" },
            ViewInfo { name: "tree", help: "the tree of schedules: which beginnings can still be saved" },
            ViewInfo { name: "outcomes", help: "how many schedules lead where, and what real threads did" },
        ],
        keys: command::KEYS,
    };

    fn first_words(model: &ThreadsModel) -> String {
        narrate::first_words(model).unwrap_or_else(|| Self::INFO.first_words.to_owned())
    }

    fn state(model: &ThreadsModel) -> String {
        panel::state(model)
    }

    fn figures(model: &ThreadsModel, facts: &ThreadsFacts) -> Vec<Figure> {
        panel::figures(model, facts)
    }

    fn bars(model: &ThreadsModel) -> (String, Vec<LoadBar>) {
        panel::bars(model)
    }

    fn draw(scene: &Scene<'_, ThreadsModel>, area: Rect, buf: &mut Buffer) {
        view::draw(scene, area, buf);
    }

    fn click(scene: &Scene<'_, ThreadsModel>, area: Rect, x: u16, y: u16) -> Option<String> {
        view::click(scene, area, x, y)
    }

    fn click_bar(model: &ThreadsModel, bar: usize) -> Option<String> {
        panel::click_bar(model, bar)
    }
}
