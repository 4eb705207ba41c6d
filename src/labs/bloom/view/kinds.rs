//! All kinds of filter on the same items and the same questions: memory, rate, time.
//!
//! ```text
//!               memory  false maybe  theory   lines   forgets  grows
//!  ▸ classic      32 B        2.4 %   2.2 %     1.0        no     no
//!    counting    128 B        2.4 %   2.2 %     2.1       yes     no
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{BloomScene, note};
use crate::engine::numbers::{bytes, percent, thousands};
use crate::labs::bloom::command::Variant;
use crate::labs::bloom::contest::Contender;
use crate::labs::bloom::facts::{observed, rate_words};
use crate::picture::{BarState, LoadBar, draw_bars, letter, pad, pad_left, write};

/// Columns of the name.
const NAME: usize = 11;

/// A column: title, width, and the text for a kind, given the scale.
type Column = (&'static str, usize, fn(&Contender, u64) -> String);

const COLUMNS: [Column; 7] = [
    ("memory", 9, |c, scale| bytes(c.memory_bytes(scale))),
    ("seen", 8, |c, _| observed(c).rate().map_or_else(|| "–".to_owned(), percent)),
    ("theory", 8, |c, _| rate_words(c.filter.get().theory_rate(c.items))),
    ("lines", 7, |c, _| c.lines_per_query().map_or_else(|| "–".to_owned(), |l| format!("{l:.2}"))),
    ("removes", 9, |c, _| if c.variant == Variant::Counting { "yes" } else { "no" }.to_owned()),
    ("grows", 7, |c, _| if c.variant == Variant::Scalable { "yes" } else { "no" }.to_owned()),
    ("95 % sure", 18, |c, _| {
        let (low, high) = observed(c).interval();
        format!("{} – {}", percent(low), percent(high))
    }),
];

/// Draws the table and what fits of bars below it.
pub(super) fn draw(scene: &BloomScene<'_>, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let contest = &model.contest;
    let mut parts = vec!["lines: cache lines a question reads".to_owned()];
    if contest.scale > 1 {
        parts.insert(0, format!("1 of {} items, filters smaller alike", thousands(contest.scale)));
    }
    parts.push("click one to use it".to_owned());
    let area = note(buf, area, &parts, theme);
    table(scene, area, buf);
    let mut top = contest.contenders.len() as u16 + 2;
    let memory: fn(&Contender, u64) -> (f64, String) =
        |c, scale| (c.memory_bytes(scale) as f64, bytes(c.memory_bytes(scale)));
    let time: fn(&Contender, u64) -> (f64, String) =
        |c, _| (c.lines_per_query().unwrap_or(0.0), c.lines_per_query().map_or("–".to_owned(), |l| format!("{l:.2}")));
    for (title, value) in [("memory", memory), ("cache lines a question reads", time)] {
        let height = contest.contenders.len() as u16 + 1;
        if top + height > area.height {
            break;
        }
        write(buf, area, (0, top), title, theme.faint_text(), theme);
        let bars: Vec<LoadBar> = contest.contenders.iter().enumerate().map(|(i, c)| bar(scene, i, c, value)).collect();
        let place = Rect { y: area.y + top + 1, height: height - 1, ..area };
        draw_bars(&bars, Rect { width: place.width.min(76), ..place }, buf, &theme);
        top += height + 1;
    }
}

fn bar(
    scene: &BloomScene<'_>,
    index: usize,
    contender: &Contender,
    value: fn(&Contender, u64) -> (f64, String),
) -> LoadBar {
    let (length, text) = value(contender, scene.model.contest.scale);
    let own = contender.variant == scene.model.config.variant;
    LoadBar {
        label: contender.variant.name().to_owned(),
        letter: letter(index),
        series: index,
        value: length,
        ideal: 0.0,
        text,
        state: if own { BarState::Changed } else { BarState::Normal },
    }
}

fn table(scene: &BloomScene<'_>, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let room = usize::from(area.width).saturating_sub(NAME);
    let mut used = 0;
    let columns: Vec<&Column> = COLUMNS
        .iter()
        .take_while(|(_, width, _)| {
            used += width;
            used <= room
        })
        .collect();
    let heading: String = columns.iter().map(|(title, width, _)| pad_left(title, *width)).collect();
    write(buf, area, (0, 0), &format!("{}{heading}", pad("", NAME)), theme.faint_text(), theme);
    for (row, (index, contender)) in (1..).zip(model.contest.contenders.iter().enumerate()) {
        let cells: String =
            columns.iter().map(|(_, w, cell)| pad_left(&cell(contender, model.contest.scale), *w)).collect();
        let own = contender.variant == model.config.variant;
        let sign = if own { theme.glyphs.pick("▸", ">") } else { " " };
        let style = if own { theme.strong() } else { theme.text() };
        let line = format!("{}{cells}", pad(&format!("{sign}{} {}", letter(index), contender.variant.name()), NAME));
        write(buf, area, (0, row), &line, style, theme);
    }
}

/// Takes the kind whose row was clicked.
pub(super) fn click(scene: &BloomScene<'_>, area: Rect, _x: u16, y: u16) -> Option<String> {
    let row = usize::from(y.checked_sub(area.y + 1)?);
    scene.model.contest.contenders.get(row).map(|c| format!("variant {}", c.variant.name()))
}
