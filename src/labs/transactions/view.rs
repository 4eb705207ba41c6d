//! The transactions lab's pictures.
//!
//! ```text
//!  T1  active   X x  IX table        lanes: what each holds, and for whom it waits
//!  T2  waits →T1  S y
//!
//!  x   ▐T1 X▌ ← T2 S ← T3 X          queues: who holds a row, and who stands behind
//! ```

mod curves;
mod graph;
mod lanes;
mod schedule;
mod table;
mod versions;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::model::{TransactionsModel, UNFOLD_US};
use super::names::name;
use super::panel::everybody;
use crate::algorithms::transactions::{Status, TxId};
use crate::labs::Scene;
use crate::picture::{Theme, write};

type TxScene<'a> = Scene<'a, TransactionsModel>;

/// Draws the view of the scene.
pub(super) fn draw(scene: &TxScene<'_>, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    match scene.view {
        0 => lanes::draw(scene, area, buf),
        1 => graph::draw(scene, area, buf),
        2 => schedule::draw(scene, area, buf),
        3 => versions::draw(scene, area, buf),
        4 => table::draw(scene, area, buf),
        _ => curves::draw(scene, area, buf),
    }
}

/// What a click means: a transaction's lane is its next operation, a cell of the table plays its anomaly.
pub(super) fn click(scene: &TxScene<'_>, area: Rect, x: u16, y: u16) -> Option<String> {
    match scene.view {
        0 => {
            let tx = *everybody(scene.model).get(usize::from(y.checked_sub(area.y)?))?;
            scene.model.script.as_ref()?.next_of(tx)?;
            Some(format!("step {}", name(tx)))
        }
        4 => table::click(scene, area, x, y),
        _ => None,
    }
}

/// A transaction's own style; bright when it is the one that did something last.
fn style_of(scene: &TxScene<'_>, tx: TxId) -> Style {
    let series = tx.saturating_sub(1) as usize;
    let theme = scene.theme;
    match scene.model.engine.status(tx) {
        Some(Status::Aborted(_)) => theme.dim().add_modifier(Modifier::CROSSED_OUT),
        Some(Status::Committed) => theme.series_dim(series),
        _ => theme.series(series),
    }
}

/// How far the last change has come to rest, from 0 to 1.
fn progress(scene: &TxScene<'_>) -> f64 {
    let Some(last) = scene.model.trace.last().filter(|_| scene.motion) else { return 1.0 };
    (scene.now.saturating_sub(last.at_us) as f64 / UNFOLD_US as f64).clamp(0.0, 1.0)
}

/// Whether something was told at the very last moment: it is the brightest.
fn fresh(scene: &TxScene<'_>, step: usize) -> bool {
    let trace = &scene.model.trace;
    trace.last().zip(trace.get(step)).is_some_and(|(last, this)| last.at_us == this.at_us)
}

/// A word in the middle of an empty picture.
fn nothing_yet(scene: &TxScene<'_>, area: Rect, buf: &mut Buffer, lines: &[&str]) {
    let top = area.height.saturating_sub(lines.len() as u16) / 2;
    for (i, line) in lines.iter().enumerate() {
        let left = area.width.saturating_sub(crate::picture::width(line) as u16) / 2;
        let style = if i == 0 { scene.theme.text() } else { scene.theme.faint_text() };
        write(buf, area, (left, top + i as u16), line, style, scene.theme);
    }
}

/// A glyph for how a transaction is doing.
fn sign(status: Option<Status>, theme: Theme) -> &'static str {
    match status {
        None => theme.glyphs.pick("○", "o"),
        Some(Status::Active) => theme.glyphs.pick("●", "*"),
        Some(Status::Waiting) => theme.glyphs.pick("◌", "?"),
        Some(Status::Committed) => theme.glyphs.pick("✔", "+"),
        Some(Status::Aborted(_)) => theme.glyphs.pick("✘", "x"),
    }
}
