//! The threads lab's pictures.
//!
//! ```text
//!  9 finally counter == 2   3 shared counter = 0          what is claimed and declared, with line numbers
//!  A  done 2           B  ready           a column a thread: its code, where it is, and the parts of
//!    lock m              lock m           the statement that it is in
//!  ▶ counter += 1      ▶ counter += 1
//!    ✓ read counter      ▸ read counter
//!    ▸ add 1             · add 1
//!  counter 0    m: A                      what all see
//!  a A  computes 1              2 of 6 break    what each could do next, and what it would cause
//!  s B  waits: m is held by A
//! ```

mod code;
mod outcomes;
mod outside;
mod time;
mod tree;
mod waits;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::model::{STEP_US, ThreadsModel};
use crate::algorithms::threads::{BAD, LOST_UPDATE};
use crate::labs::Scene;
use crate::picture::{Theme, letter};

type ThreadsScene<'a> = Scene<'a, ThreadsModel>;

/// Draws the view of the scene.
pub(super) fn draw(scene: &ThreadsScene<'_>, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    match scene.view {
        0 => code::draw(scene, area, buf),
        1 => waits::draw(scene, area, buf),
        2 => time::draw(scene, area, buf),
        3 => tree::draw(scene, area, buf),
        _ => outcomes::draw(scene, area, buf),
    }
}

/// What a click in the picture means.
pub(super) fn click(scene: &ThreadsScene<'_>, area: Rect, x: u16, y: u16) -> Option<String> {
    match scene.view {
        0 => code::click(scene, area, x, y),
        1 => waits::click(scene, area, x, y),
        2 => time::click(scene, area, x, y),
        3 => tree::click(scene, area, x, y),
        _ => outcomes::click(scene, area, x, y),
    }
}

/// The command that steps a thread of any name.
fn step(model: &ThreadsModel, thread: usize) -> Option<String> {
    (thread < model.program().threads.len()).then(|| format!("step {}", thread + 1))
}

/// How far the last step has unfolded, from 0 to 1; without motion it is always done.
fn progress(scene: &ThreadsScene<'_>) -> f64 {
    match scene.model.stepped_us {
        Some(at) if scene.motion => (scene.now.saturating_sub(at) as f64 / (STEP_US as f64 * 0.8)).clamp(0.0, 1.0),
        _ => 1.0,
    }
}

/// A thread's name; its letter where the name has no room.
fn name(model: &ThreadsModel, thread: usize, columns: usize) -> String {
    let name = model.thread_name(thread);
    if crate::picture::width(name) <= columns { name.to_owned() } else { letter(thread) }
}

/// Sign and style for what a way on leads to: all well, all broken, or both.
fn prospect(all: f64, broken: f64, theme: Theme) -> (&'static str, Style) {
    if broken == 0.0 {
        (theme.glyphs.pick("✓", "+"), theme.good())
    } else if all == broken && all.is_finite() {
        (theme.glyphs.pick("✗", "X"), theme.error())
    } else {
        (theme.glyphs.pick("◐", "?"), theme.warning())
    }
}

/// Whether some problems deserve alarm.
fn alarming(problems: u32) -> bool {
    problems & (BAD | LOST_UPDATE) != 0
}
