//! Failure: what dies with what, how long until users are served again, and what is lost.

mod analysis;
mod builtin;
mod command;
mod deeds;
mod edits;
mod facts;
mod failover;
mod forecast;
mod group;
mod model;
mod names;
mod narrate;
mod outage;
mod panel;
mod plan;
mod present;
mod request;
mod soak;
mod switches;
mod takeover;
mod times;
mod topology;
#[cfg(test)]
mod truth;
mod tuning;
mod view;
mod watch;
mod world;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{InputSpec, Lab, LabInfo, Scene, ViewInfo};
use crate::engine::Blank;
use crate::picture::{Figure, LoadBar};
pub use command::{Architecture, DetectorName, FailureCommand, ModeName, Power, Standby, Switch};
pub use facts::{FailureFacts, MachineFacts};
pub use model::FailureModel;
pub use plan::Kind;

/// What `--help` says of the file: the installed program has no other documentation at hand.
const TOPOLOGY: &str = r#"Build the architecture of FILE, in TOML (- for standard input). A whole file:
  [[zone]]
  name = "zone-a"            # also: region, mtbf = "2y", mttr = "4h"
  [[zone]]
  name = "zone-b"
  [[component]]
  name = "web"
  kind = "app"               # one of those below
  replicas = 2               # machines; also: needs = 1 of them
  zone = ["zone-a", "zone-b"]
  depends_on = ["db"]        # all of these; "a | b" means one of the two
  mtbf = "1000h"             # ms, s, m, h, d, w, y; or "never"
  mttr = "1h"
  [[component]]
  name = "db"
  kind = "database"          # also: cost = 4.0, style = "passive"
Kinds: dns, balancer, app, cache, queue, database, server. At the top: name = "shop", users = ["web"]. Regions are
[[region]] tables. All of it: docs/topologies.md"#;

/// The lab.
#[derive(Debug)]
pub struct FailureLab;

impl Lab for FailureLab {
    type Model = FailureModel;
    const INFO: LabInfo = LabInfo {
        name: "failure",
        title: "failure",
        summary: "Pull the plug on anything: who still serves, what is lost, what would help?",
        first_words: "Three tiers in two zones serve users. Press `x`, type db-1 and Enter to pull a plug, and watch who takes over.",
        inputs: &[InputSpec { name: "topology", help: TOPOLOGY, blank: Blank::Keep }],
        views: &[
            ViewInfo {
                name: "architecture",
                help: "tiers and zones; single points of failure marked; requests on their way",
            },
            ViewInfo { name: "failover", help: "from the last heartbeat to clients that are back, beside theory" },
            ViewInfo { name: "logs", help: "what primary and followers hold, what is acknowledged, what is lost" },
            ViewInfo { name: "budget", help: "nines against cost, and where the next machine buys most" },
        ],
        keys: command::KEYS,
    };

    fn state(model: &FailureModel) -> String {
        panel::state(model)
    }

    fn figures(model: &FailureModel, _: &FailureFacts) -> Vec<Figure> {
        panel::figures(model)
    }

    fn bars(model: &FailureModel) -> (String, Vec<LoadBar>) {
        panel::bars(model)
    }

    fn draw(scene: &Scene<'_, FailureModel>, area: Rect, buf: &mut Buffer) {
        view::draw(scene, area, buf);
    }

    fn click(scene: &Scene<'_, FailureModel>, area: Rect, x: u16, y: u16) -> Option<String> {
        view::click(scene, area, x, y)
    }

    fn click_bar(model: &FailureModel, bar: usize) -> Option<String> {
        panel::click_bar(model, bar)
    }
}
