//! The load balancer lab's pictures.
//!
//! ```text
//! 12 clients      layer 4              servers
//! ●    ●            ║ ·····■ ●  ▲[●] a  75 %      marks fly from clients to the balancer,
//! ■        ▲        ║            [■] b  71 %      into the queues, and to the servers
//! ▲                 ║ ···········[ ] c  down!
//! ▸ client-3 → b: 1 active, fewest
//! ```

mod comparison;
mod flow;
mod lanes;
mod latency;
mod map;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::model::BalancerModel;
use super::names::full_name;
use crate::labs::Scene;
use crate::picture::Theme;
use crate::sim::Time;

type BalancerScene<'a> = Scene<'a, BalancerModel>;

/// Draws the view of the scene.
pub(super) fn draw(scene: &BalancerScene<'_>, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    match scene.view {
        0 => flow::draw(scene, area, buf),
        1 => comparison::draw(scene, area, buf),
        2 => latency::draw(scene, area, buf),
        _ => map::draw(scene, area, buf),
    }
}

/// What a click in the picture means.
pub(super) fn click(scene: &BalancerScene<'_>, area: Rect, x: u16, y: u16) -> Option<String> {
    match scene.view {
        0 => flow::click(scene, area, x, y),
        3 => map::click(scene, area, x, y),
        _ => None,
    }
}

/// The command that takes a server down, or brings it back.
pub(super) fn toggle(model: &BalancerModel, index: usize) -> Option<String> {
    let server = model.shown_cluster().servers.get(index)?;
    let name = full_name(model.shown, index);
    Some(if server.alive && !server.draining { format!("fail {name}") } else { format!("recover {name}") })
}

/// System time of the picture.
fn system_now(scene: &BalancerScene<'_>) -> Time {
    scene.model.clock.system_at(scene.now).max(scene.model.now)
}

/// How fast time passes, in words.
fn pace_words(scene: &BalancerScene<'_>) -> String {
    let pace = scene.model.clock.pace(scene.now);
    if pace > 1.0 {
        format!("time lapse, {pace:.0} times as fast")
    } else if pace < 1.0 {
        format!("slow motion, {:.0} times slower", 1.0 / pace.max(1e-6))
    } else {
        "real time".to_owned()
    }
}

/// A bar of a height in eighths of a cell, `cell` counted from the bottom.
fn eighths(height: f64, cell: u16, theme: Theme) -> Option<char> {
    const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let left = (height * 8.0).round() as i64 - i64::from(cell) * 8;
    let part = left.clamp(0, 8) as usize;
    (part > 0).then(|| theme.glyphs.pick(BLOCKS[part], if part >= 4 { '#' } else { '.' }))
}
