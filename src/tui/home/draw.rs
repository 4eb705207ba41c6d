//! How home is drawn.
//!
//! ```text
//!  scalelab
//!  Learn how large systems scale, break and heal by doing it. …
//!
//!  ▶ Continue   The ring, step 4 of 9         │ what is chosen, in detail: the lessons of
//!    Review     2 questions                   │ a unit with what is done, open and due,
//!                                             │ the views of a lab, the calibration
//!  Lessons                                    │
//!    Hashing            ✓✓✓◐○○○   3 of 7      │
//!  Labs                                       │
//!    ring      hash ring                      │
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Home, Item, details, has_challenge};
use crate::engine::numbers::plural;
use crate::labs::REGISTRY;
use crate::lessons::progress::Status;
use crate::picture::{Theme, draw_lines, pad, put, visible, width, wrap};
use crate::tui::learning::Learning;

const INTRO: &str = "Learn how large systems scale, break and heal by doing it. Every picture is drawn from the real \
                     algorithm, and every figure stands beside what theory says.";
/// Columns of the list, where details stand beside it.
const LIST: u16 = 40;

/// Sign of what a lesson's status is: a shape of its own for each.
pub(super) fn sign(status: Status, theme: Theme) -> &'static str {
    match status {
        Status::Open => theme.glyphs.pick("○", "."),
        Status::Started => theme.glyphs.pick("◐", "o"),
        Status::Done => theme.glyphs.pick("✓", "x"),
        Status::TestedOut => theme.glyphs.pick("★", "*"),
        Status::Due => theme.glyphs.pick("↻", "!"),
    }
}

struct Row {
    text: String,
    /// Index of the item, if it is one.
    item: Option<usize>,
}

pub(super) fn draw(home: &mut Home, area: Rect, buf: &mut Buffer, theme: Theme, learning: &Learning) {
    let page = page(area);
    (home.rows, home.lesson_rows) = (Vec::new(), Vec::new());
    let mut y = page.y;
    let mut line = |buf: &mut Buffer, text: &str, style| {
        if y < page.bottom() {
            put(buf, page.x, y, page.width, text, style, theme.glyphs);
        }
        y += 1;
    };
    line(buf, "scalelab", theme.title());
    if page.height >= 14 {
        for text in wrap(INTRO, usize::from(page.width)) {
            line(buf, &text, theme.dim());
        }
        line(buf, "", theme.text());
    }
    let foot = page.bottom().saturating_sub(2);
    let body = Rect { y, height: foot.saturating_sub(y), ..page };
    let beside = page.width >= LIST + 34;
    let list = Rect { width: if beside { LIST } else { body.width }, ..body };
    let detail = if beside { Rect { x: body.x + LIST + 2, width: body.width - LIST - 2, ..body } } else { body };
    if beside || home.lesson.is_none() {
        draw_list(home, list, buf, theme, learning);
    }
    if beside || home.lesson.is_some() {
        draw_details(home, detail, beside, buf, theme, learning);
    }
    if let Some(message) = &home.message {
        put(buf, page.x, foot, page.width, &visible(message), theme.error(), theme.glyphs);
    }
    let hints = match home.lesson {
        Some(_) if home.chosen_lesson(learning).is_some_and(has_challenge) => {
            "↑↓ choose   Enter open   t test out   ← back   ? help   q quit"
        }
        Some(_) => "↑↓ choose   Enter open   ← back   ? help   q quit",
        None => "↑↓ choose   Enter open   ? help   q quit",
    };
    put(buf, page.x, page.bottom().saturating_sub(1), page.width, hints, theme.key_hint(), theme.glyphs);
}

/// The page within the screen: a margin where there is room.
fn page(area: Rect) -> Rect {
    let dx = if area.width >= 90 { 4 } else { u16::from(area.width >= 40) };
    let dy = if area.height >= 30 { 2 } else { 0 };
    let width = (area.width - 2 * dx).min(130);
    Rect { x: area.x + dx, y: area.y + dy, width, height: area.height - dy - dy.min(1) }
}

fn rows(learning: &Learning, theme: Theme) -> Vec<Row> {
    let heading = |text: &str| Row { text: text.to_owned(), item: None };
    let mut rows = Vec::new();
    let mut section = None;
    for (index, item) in Home::items(learning).into_iter().enumerate() {
        let (name, text) = match item {
            Item::Continue => (None, continue_text(learning)),
            Item::Review => (None, review_text(learning)),
            Item::Unit(unit) => (Some("Lessons"), unit_text(learning, unit, theme)),
            Item::Lab(lab) => {
                (Some("Labs"), format!("{}{}", pad(REGISTRY[lab].info.name, 14), REGISTRY[lab].info.title))
            }
        };
        if name != section {
            rows.push(heading(""));
            rows.push(heading(name.unwrap_or_default()));
            section = name;
        }
        rows.push(Row { text, item: Some(index) });
    }
    rows
}

fn continue_text(learning: &Learning) -> String {
    let Some(entry) = learning.next() else { return String::new() };
    let word = if learning.progress.last_lesson().is_some() { "Continue" } else { "Begin" };
    format!("{}{}", pad(word, 10), visible(&entry.lesson.title))
}

fn review_text(learning: &Learning) -> String {
    let due = learning.due().len();
    let text = match due {
        0 => "nothing is due".to_owned(),
        _ => format!("{due} question{}", plural(due as u64)),
    };
    format!("{}{text}", pad("Review", 10))
}

fn unit_text(learning: &Learning, unit: usize, theme: Theme) -> String {
    let Some(unit) = learning.library.units.get(unit) else { return String::new() };
    let signs: String = unit.lessons.iter().map(|e| sign(learning.status(&e.lesson.id), theme)).collect();
    format!("{} {signs}", pad(&visible(&unit.unit.title), 22))
}

fn draw_list(home: &mut Home, area: Rect, buf: &mut Buffer, theme: Theme, learning: &Learning) {
    let rows = rows(learning, theme);
    let count = Home::items(learning).len();
    home.chosen = home.chosen.min(count.saturating_sub(1));
    let at = rows.iter().position(|row| row.item == Some(home.chosen)).unwrap_or(0);
    let height = usize::from(area.height);
    // The chosen line stays in sight.
    let top =
        if rows.len() <= height { 0 } else { (at + height / 3 + 1).saturating_sub(height).min(rows.len() - height) };
    for (y, row) in (area.top()..area.bottom()).zip(rows.iter().skip(top)) {
        let place = Rect { y, height: 1, ..area };
        let Some(item) = row.item else {
            put(buf, place.x, y, place.width, &row.text, theme.faint_text(), theme.glyphs);
            continue;
        };
        let chosen = item == home.chosen;
        let mark = if chosen { theme.glyphs.pick("▶ ", "> ") } else { "  " };
        let text = format!("{mark}{}", row.text);
        let style = match (chosen, home.lesson) {
            (true, None) => theme.selected(),
            (true, Some(_)) => theme.strong(),
            (false, _) => theme.text(),
        };
        let text = if chosen { pad(&text, usize::from(place.width)) } else { text };
        put(buf, place.x, y, place.width, &text, style, theme.glyphs);
        home.rows.push((place, item));
    }
}

fn draw_details(home: &mut Home, area: Rect, beside: bool, buf: &mut Buffer, theme: Theme, learning: &Learning) {
    let line = theme.glyphs.pick("│", "|");
    if beside {
        for y in area.top()..area.bottom() {
            put(buf, area.x.saturating_sub(2), y, 1, line, theme.faint(), theme.glyphs);
        }
    }
    let columns = usize::from(area.width);
    let Some(item) = home.item(learning) else { return };
    let (lines, lessons) = details::lines(item, home.lesson, columns, learning, theme);
    draw_lines(&lines, area, buf, &theme);
    for (row, index) in lessons {
        if row < usize::from(area.height) {
            home.lesson_rows.push((Rect { y: area.y + row as u16, height: 1, ..area }, index));
        }
    }
    // Where hardly a word fits, lines are cut at the edge.
    debug_assert!(columns < 24 || lines.iter().all(|line| width(&line.plain()) <= columns + 4), "details are wrapped");
}
