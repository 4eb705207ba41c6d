//! View 5: how many schedules lead to each outcome, and what real threads did.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::ThreadsScene;
use crate::algorithms::explore::Count;
use crate::algorithms::threads::{BAD, Explored};
use crate::engine::numbers::{percent, plural, thousands};
use crate::labs::threads::model::{ForReal, ThreadsModel};
use crate::labs::threads::panel::{outcome_name, outcome_share, short};
use crate::labs::threads::verdict::schedules;
use crate::picture::{caption, fit, width, write};

/// Draws the outcomes, and under them the measured histogram.
pub(super) fn draw(scene: &ThreadsScene<'_>, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let explored = model.explored.as_deref().filter(|e| e.graph.finished());
    let below = measured_rows(model, area.height);
    let top = Rect { height: area.height.saturating_sub(below), ..area };
    match explored {
        Some(explored) => draw_outcomes(scene, explored, top, buf),
        None => {
            write(buf, top, (1, 1), "press e: explore first", theme.accent(), theme);
            write(buf, top, (1, 2), "then you see where all schedules lead", theme.dim(), theme);
        }
    }
    if let Some(real) = &model.for_real {
        let bottom = Rect { y: area.y + top.height, height: below, ..area };
        draw_measured(scene, real, bottom, buf);
    }
}

/// Rows of the measured histogram: none if nothing was measured.
fn measured_rows(model: &ThreadsModel, height: u16) -> u16 {
    let Some(real) = &model.for_real else { return 0 };
    (real.measured.most().min(40) as u16 + 3).min(height * 3 / 5)
}

/// A bar of this many columns, and its length in cells.
fn bar(share: f64, columns: u16, full: char) -> String {
    let cells = (share.clamp(0.0, 1.0) * f64::from(columns)).round() as usize;
    let cells = if share > 0.0 { cells.max(1) } else { cells };
    std::iter::repeat_n(full, cells).collect()
}

fn draw_outcomes(scene: &ThreadsScene<'_>, explored: &Explored, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let mut parts = vec![schedules(&explored.counts.schedules)];
    if explored.counts.schedules == Count::Infinite {
        parts = vec!["infinitely many schedules: no shares".to_owned()];
    }
    parts.push("click one to play it".to_owned());
    let area = caption(buf, area, &parts, theme);
    let rows = explored.counts.outcomes.len();
    // Two rows an outcome while there is room: its name, then its bar.
    let tall = rows * 2 <= usize::from(area.height);
    let each = if tall { 2 } else { 1 };
    for (i, found) in explored.counts.outcomes.iter().enumerate().take(usize::from(area.height) / each) {
        let y = (i * each) as u16;
        let bad = found.problems & BAD != 0;
        let (sign, style): (&str, Style) = if bad {
            (theme.glyphs.pick("✗", "X"), theme.error())
        } else {
            (theme.glyphs.pick("✓", "+"), theme.good())
        };
        let share = outcome_share(explored, found);
        let shown = match explored.counts.schedules {
            Count::Finite(_) => format!("{}  {}", short(&found.schedules), percent(share)),
            Count::Infinite => short(&found.schedules),
        };
        let end = width(&shown) as u16;
        write(buf, area, (0, y), sign, style, theme);
        let room = usize::from(area.width.saturating_sub(end + 4));
        write(buf, area, (2, y), &fit(&outcome_name(model, found), room), style, theme);
        write(buf, area, (area.width.saturating_sub(end), y), &shown, theme.text(), theme);
        if tall && explored.counts.schedules != Count::Infinite {
            let line = bar(share, area.width.saturating_sub(2), theme.glyphs.pick('█', '#'));
            write(buf, area, (2, y + 1), &line, style, theme);
        }
    }
}

/// Measured shares beside those of the model, value by value.
fn draw_measured(scene: &ThreadsScene<'_>, real: &ForReal, area: Rect, buf: &mut Buffer) {
    let (theme, measured) = (scene.theme, &real.measured);
    let head = format!(
        "the counter for real: {} thread{}, {} add{} each, {} round{}",
        measured.threads,
        plural(u64::from(measured.threads)),
        measured.adds,
        plural(u64::from(measured.adds)),
        thousands(measured.rounds),
        plural(measured.rounds)
    );
    write(buf, area, (0, 0), &head, theme.title(), theme);
    let most = measured.most();
    let column = area.width.saturating_sub(6) / 2;
    write(buf, area, (0, 1), "end", theme.faint_text(), theme);
    write(buf, area, (6, 1), &fit("measured", usize::from(column)), theme.faint_text(), theme);
    let model = "model, if reads and writes are the steps";
    write(buf, area, (6 + column, 1), model, theme.faint_text(), theme);
    for (row, value) in (1..=most).rev().take(usize::from(area.height.saturating_sub(2))).enumerate() {
        let y = row as u16 + 2;
        let style = if value < most { theme.error() } else { theme.good() };
        write(buf, area, (0, y), &value.to_string(), style, theme);
        for (x, share, full) in [
            (6, measured.share(value), theme.glyphs.pick('█', '#')),
            (6 + column, real.expected.get(&value).copied().unwrap_or(0.0), theme.glyphs.pick('▒', ':')),
        ] {
            let text = percent(share);
            let room = column.saturating_sub(9);
            write(buf, area, (x, y), &format!("{text:>8}"), theme.text(), theme);
            write(buf, area, (x + 9, y), &bar(share, room.saturating_sub(1), full), style, theme);
        }
    }
}

/// A click on an outcome plays it.
pub(super) fn click(scene: &ThreadsScene<'_>, area: Rect, _x: u16, y: u16) -> Option<String> {
    let model = scene.model;
    let explored = model.explored.as_deref().filter(|e| e.graph.finished())?;
    let below = measured_rows(model, area.height);
    let height = area.height.saturating_sub(below).saturating_sub(1);
    let rows = explored.counts.outcomes.len();
    let each = if rows * 2 <= usize::from(height) { 2 } else { 1 };
    let row = usize::from(y - area.y) / each;
    (row < rows && y < area.y + height).then(|| format!("play outcome-{}", row + 1))
}
