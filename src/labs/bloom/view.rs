//! The bloom lab's pictures.
//!
//! ```text
//!  ask  https://news.example/ada/3          the item; its probes travel down to their bits
//!  maybe: all 6 bits are set                the answer, as far as it is known
//!  · ■ · · ■ ◆ · · ■ · · ■ · · · ◆         the bits: · clear  ■ set  ◆ met set  ✗ met clear
//! ```

mod curves;
mod field;
mod kinds;
mod layout;
mod why;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::model::BloomModel;
use crate::labs::Scene;
use crate::picture::{Theme, caption};

type BloomScene<'a> = Scene<'a, BloomModel>;

/// Below so many rows, a picture does without its caption: beside a lesson there are only six.
const LOW: u16 = 9;

/// What is left of an area above its caption.
fn above_caption(area: Rect) -> Rect {
    if area.height < LOW { area } else { Rect { height: area.height - 1, ..area } }
}

/// The caption, where there is room for one, and what is left.
fn note(buf: &mut Buffer, area: Rect, parts: &[String], theme: Theme) -> Rect {
    if area.height >= LOW {
        caption(buf, area, parts, theme);
    }
    above_caption(area)
}

/// Draws the view of the scene.
pub(super) fn draw(scene: &BloomScene<'_>, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    match scene.view {
        0 => field::draw(scene, area, buf),
        1 => why::draw(scene, area, buf),
        2 => curves::draw(scene, area, buf),
        _ => kinds::draw(scene, area, buf),
    }
}

/// What a click in the picture means.
pub(super) fn click(scene: &BloomScene<'_>, area: Rect, x: u16, y: u16) -> Option<String> {
    match scene.view {
        0 => field::click(scene, area, x, y),
        1 => why::click(scene, area, x, y),
        2 => curves::click(scene, area, x, y),
        _ => kinds::click(scene, area, x, y),
    }
}
