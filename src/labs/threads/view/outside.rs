//! The lines of a program outside its threads: what it claims, and what it declares. They are always in sight.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::ThreadsScene;
use crate::algorithms::explore::System;
use crate::algorithms::threads::{FINALLY, INVARIANT};
use crate::labs::threads::model::ThreadsModel;
use crate::picture::{fit, width, write};

/// A line outside the threads.
struct Item {
    text: String,
    /// Whether it claims something.
    claim: bool,
    /// Whether that is false now.
    broken: bool,
}

/// Claims first, then declarations; each with the number of its line.
fn items(model: &ThreadsModel) -> Vec<Item> {
    let program = model.program();
    let inside = |n: u32| program.threads.iter().any(|t| (t.lines.0..=t.lines.1).contains(&n));
    let problems = model.machine.problems(&model.state, model.enabled() == 0);
    let mut items = Vec::new();
    for (number, line) in (1..).zip(&program.lines).filter(|(n, _)| !inside(*n)) {
        let text = line.split('#').next().unwrap_or_default().trim();
        let word = text.split_whitespace().next().unwrap_or_default();
        if text.is_empty() || matches!(word, "program" | "note") || text == "}" {
            continue;
        }
        let claim = matches!(word, "always" | "finally" | "live");
        let problem = match word {
            "always" => INVARIANT,
            "finally" => FINALLY,
            _ => 0,
        };
        items.push(Item { text: format!("{number} {text}"), claim, broken: problems & problem != 0 });
    }
    items.sort_by_key(|item| !item.claim);
    items
}

/// The items in rows of this width: column and item.
fn lines(model: &ThreadsModel, columns: u16) -> Vec<Vec<(u16, Item)>> {
    let mut lines: Vec<Vec<(u16, Item)>> = Vec::new();
    let (mut x, mut last_claim) = (columns, true);
    for item in items(model) {
        let taken = width(&item.text) as u16 + 2;
        // What is declared begins a row of its own.
        if x + taken > columns || last_claim != item.claim || lines.is_empty() {
            lines.push(Vec::new());
            x = 0;
        }
        last_claim = item.claim;
        if let Some(line) = lines.last_mut() {
            line.push((x, item));
        }
        x += taken + 1;
    }
    lines
}

/// Rows that they need, at most so many.
pub(super) fn rows(model: &ThreadsModel, columns: u16, most: u16) -> u16 {
    (lines(model, columns).len() as u16).min(most)
}

/// Draws them.
pub(super) fn draw(scene: &ThreadsScene<'_>, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    for (y, line) in lines(scene.model, area.width).iter().take(usize::from(area.height)).enumerate() {
        for (x, item) in line {
            let (sign, style) = match (item.broken, item.claim) {
                (true, _) => (theme.glyphs.pick("✗ ", "X "), theme.error()),
                (false, true) => ("", theme.accent()),
                (false, false) => ("", theme.dim()),
            };
            let room = usize::from(area.width.saturating_sub(*x));
            write(buf, area, (*x, y as u16), &fit(&format!("{sign}{}", item.text), room), style, theme);
        }
    }
}
