//! The failure lab's pictures.
//!
//! ```text
//!                users                    layer by layer, zone by zone; a double frame is a
//!   ── zone-a ─────   ── zone-b ─────     single point of failure, requests travel down,
//!   ╔════════════╗                        and what dies or is out of reach rests
//!   ║ lb-1 single║
//!   ╚══════╤═════╝
//!   ┌──────┴─────┐    ┌────────────┐
//!   │ app-1      │    │ app-2      │
//! ```

mod architecture;
mod budget;
mod failover;
mod logs;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::model::FailureModel;
use crate::labs::Scene;

type FailureScene<'a> = Scene<'a, FailureModel>;

/// Draws the view of the scene.
pub(super) fn draw(scene: &FailureScene<'_>, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    match scene.view {
        0 => architecture::draw(scene, area, buf),
        1 => failover::draw(scene, area, buf),
        2 => logs::draw(scene, area, buf),
        _ => budget::draw(scene, area, buf),
    }
}

/// What a click in the picture means.
pub(super) fn click(scene: &FailureScene<'_>, area: Rect, x: u16, y: u16) -> Option<String> {
    match scene.view {
        0 => architecture::click(scene, area, x, y),
        3 => budget::click(scene, area, y),
        _ => None,
    }
}
