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
use crate::engine::numbers::{percent, thousands};
use crate::labs::bloom::command::Variant;
use crate::labs::bloom::contest::{Contender, Contest};
use crate::labs::bloom::facts::{observed, size_words};
use crate::picture::{BarState, LoadBar, Theme, draw_bars, letter, pad, pad_left, write};

/// Columns of the name.
const NAME: usize = 11;

/// A column: title, width, and the text for a kind.
type Column = (&'static str, usize, fn(&Contest, &Contender) -> String);

const COLUMNS: [Column; 7] = [
    ("memory", 9, |all, c| size_words(all.memory_bytes_of(c))),
    ("seen", 9, |_, c| observed(c).rate().map_or_else(|| "–".to_owned(), percent)),
    ("theory", 10, |all, c| percent(all.theory_rate(c))),
    ("lines", 7, |_, c| lines(c)),
    ("removes", 9, |_, c| if c.variant == Variant::Counting { "yes" } else { "no" }.to_owned()),
    ("grows", 7, |_, c| if c.variant == Variant::Scalable { "yes" } else { "no" }.to_owned()),
    ("95 % sure", 20, |_, c| {
        let (low, high) = observed(c).interval();
        observed(c).rate().map_or_else(|| "–".to_owned(), |_| format!("{} – {}", percent(low), percent(high)))
    }),
];

fn lines(contender: &Contender) -> String {
    contender.lines_per_query().map_or_else(|| "–".to_owned(), |lines| format!("{lines:.2}"))
}

/// What bars compare: a title, and length and text for a kind.
type Compared = (&'static str, fn(&Contest, &Contender) -> (f64, String));

const COMPARED: [Compared; 3] = [
    ("false maybe: the seen rate, before a question the expected one", |all, c| {
        let rate = observed(c).rate();
        let text = rate.map_or_else(|| percent(all.theory_rate(c)), percent);
        (rate.unwrap_or_else(|| all.theory_rate(c)), text)
    }),
    ("memory", |all, c| (all.memory_bytes_of(c) as f64, size_words(all.memory_bytes_of(c)))),
    ("time: cache lines that a question reads", |_, c| (c.lines_per_query().unwrap_or(0.0), lines(c))),
];

/// Draws the table and what fits of bars below it.
pub(super) fn draw(scene: &BloomScene<'_>, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let contest = &model.contest;
    let mut parts = vec!["lines: cache lines a question reads".to_owned()];
    if contest.computed() {
        parts = vec!["too many items to fill all kinds: computed".to_owned()];
    }
    if contest.cells() != model.config.cells {
        parts.insert(0, format!("A–C in whole blocks: {} cells", thousands(contest.cells())));
    }
    if contest.scale > 1 {
        parts.push(format!("1 of {} items, filters smaller alike", thousands(contest.scale)));
    }
    parts.push("click one to use it".to_owned());
    let area = note(buf, area, &parts, theme);
    table(scene, area, buf);
    let rows = contest.contenders.len() as u16;
    // A large screen has room between the bars.
    let spread = if area.height >= rows + 2 + 3 * (rows * 2 + 2) { 2 } else { 1 };
    let mut top = rows + 2;
    for (title, value) in COMPARED {
        if top + rows * spread + 1 > area.height {
            break;
        }
        write(buf, area, (0, top), title, theme.faint_text(), theme);
        let bars: Vec<LoadBar> = contest.contenders.iter().enumerate().map(|(i, c)| bar(scene, i, c, value)).collect();
        for (i, y) in (0..bars.len()).zip((top + 1..).step_by(usize::from(spread))) {
            // Each alone in its row, all on one scale: the longest is drawn with all, and covered again.
            let place = Rect { y: area.y + y, height: 1, width: area.width.min(120), ..area };
            draw_one(&bars, i, place, buf, theme);
        }
        top += rows * spread + 2;
    }
}

/// Draws one of several bars, all to one scale.
fn draw_one(bars: &[LoadBar], index: usize, place: Rect, buf: &mut Buffer, theme: Theme) {
    let height = bars.len() as u16;
    let mut all = Buffer::empty(Rect { x: 0, y: 0, width: place.width, height });
    draw_bars(bars, all.area, &mut all, &theme);
    for x in 0..place.width {
        if let (Some(from), Some(to)) = (all.cell((x, index as u16)), buf.cell_mut((place.x + x, place.y))) {
            *to = from.clone();
        }
    }
}

fn bar(
    scene: &BloomScene<'_>,
    index: usize,
    contender: &Contender,
    value: fn(&Contest, &Contender) -> (f64, String),
) -> LoadBar {
    let (length, text) = value(&scene.model.contest, contender);
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
        let cells: String = columns.iter().map(|(_, w, cell)| pad_left(&cell(&model.contest, contender), *w)).collect();
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
