//! Load balancing: requests fly, queues grow, a server slows down, and the algorithm decides who waits.

mod clock;
mod command;
mod facts;
mod log;
mod model;
mod names;
mod narrate;
mod panel;
mod theory;
mod view;
mod words;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{InputSpec, Lab, LabInfo, Scene, ViewInfo};
use crate::engine::Blank;
use crate::picture::{Figure, LoadBar};
pub use command::BalancerCommand;
pub use facts::BalancerFacts;
pub use model::BalancerModel;

/// The lab.
#[derive(Debug)]
pub struct BalancerLab;

impl Lab for BalancerLab {
    type Model = BalancerModel;
    const INFO: LabInfo = LabInfo {
        name: "balancer",
        title: "load balancer",
        summary: "Requests fly, queues grow, a server slows down: who waits?",
        first_words: "Four servers, sixty requests a second. Press `s` to follow one request, or space to let time run.",
        inputs: &[InputSpec {
            name: "trace",
            help: "Play the requests of FILE, an access log in common or combined format, gzip or not (- for standard input); its pace is set by `rate`",
            blank: Blank::Stream(log::reader),
        }],
        views: &[
            ViewInfo { name: "requests", help: "clients, balancer, queues, servers: each mark is a request" },
            ViewInfo { name: "comparison", help: "the same requests through several algorithms" },
            ViewInfo { name: "latency", help: "how long requests took, and second by second" },
            ViewInfo { name: "regions", help: "the world: who goes where, by DNS" },
        ],
        keys: command::KEYS,
    };

    fn state(model: &BalancerModel) -> String {
        panel::state(model)
    }

    fn figures(_: &BalancerModel, facts: &BalancerFacts) -> Vec<Figure> {
        panel::figures(facts)
    }

    fn bars(model: &BalancerModel) -> (String, Vec<LoadBar>) {
        panel::bars(model)
    }

    fn draw(scene: &Scene<'_, BalancerModel>, area: Rect, buf: &mut Buffer) {
        view::draw(scene, area, buf);
    }

    fn click(scene: &Scene<'_, BalancerModel>, area: Rect, x: u16, y: u16) -> Option<String> {
        view::click(scene, area, x, y)
    }

    fn click_bar(model: &BalancerModel, bar: usize) -> Option<String> {
        view::toggle(model, bar)
    }
}
