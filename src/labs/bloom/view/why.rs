//! Why a filter lied: the item's bits, and the earlier items that set each of them, side by side.
//!
//! ```text
//!  https://news.example/ada/3       is not in
//!                     12   57  118  140
//!  …ple/chopin/2       ●    ·    ·    ●     ● set it first  ○ set it again
//!  …mple/ella/2        ·    ●    ●    ○
//!  items               1    2    1    3
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{BloomScene, LOW, note};
use crate::engine::numbers::{count, thousands};
use crate::labs::bloom::why::Why;
use crate::picture::{fit, pad_left, visible, width, write};

/// Narrowest place for an item's text.
const LABEL: u16 = 14;

/// How the table stands.
struct Columns {
    label: u16,
    each: u16,
    shown: usize,
    numbers: bool,
}

impl Columns {
    fn of(why: &Why, area: Rect) -> Self {
        let digits = why.cells.iter().map(|c| width(&c.cell.to_string()) as u16).max().unwrap_or(1);
        let room = area.width.saturating_sub(LABEL.min(area.width / 2));
        let cells = why.cells.len().max(1);
        let wide = (digits + 1).max(3);
        let fits = |each: u16| usize::from(room / each.max(1));
        let (each, shown, numbers) = match () {
            // On a large screen the columns move apart.
            () if fits(wide) >= cells => (((room - room / 4) / cells as u16).clamp(wide, 12), cells, true),
            () if fits(2) >= cells => (2, cells, false),
            () => (2, fits(2), false),
        };
        Self { label: area.width.saturating_sub(each * shown as u16).min(44), each, shown, numbers }
    }

    fn x(&self, column: usize) -> u16 {
        self.label + column as u16 * self.each
    }
}

/// Draws who set which bit, or says how to find out.
pub(super) fn draw(scene: &BloomScene<'_>, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let Some(why) = &model.why else {
        let lines = match model.lies.last() {
            Some(lie) => [format!("The last false positive was '{lie}'."), "`w` shows who set its bits.".to_owned()],
            None => [
                "There was no false positive yet.".to_owned(),
                "Put items in (`n`), ask about others (`m`), then `w`.".to_owned(),
            ],
        };
        for (row, line) in (1..).zip(&lines) {
            let style = if row == 1 { theme.text() } else { theme.dim() };
            for (extra, part) in (0..).zip(crate::picture::wrap(line, usize::from(area.width))) {
                write(buf, area, (0, row * 2 - 1 + extra), &part, style, theme);
            }
        }
        return;
    };
    let (first, again) = (theme.glyphs.pick("●", "O"), theme.glyphs.pick("○", "o"));
    let parts = [format!("{first} set it first  {again} set it again"), "click a bit".to_owned()];
    let area = note(buf, area, &parts, theme);
    headline(scene, why, area, buf);
    let head = if area.height < LOW - 1 { 1 } else { 2 };
    let table = Rect { y: area.y + head.min(area.height), height: area.height.saturating_sub(head), ..area };
    matrix(scene, why, table, buf);
}

fn headline(scene: &BloomScene<'_>, why: &Why, area: Rect, buf: &mut Buffer) {
    let (theme, kind) = (scene.theme, scene.model.config.variant.cell());
    let items = if why.setters_total == 0 { "no item".to_owned() } else { count(why.setters_total, "item") };
    let Some(text) = &why.text else {
        let cell = why.cells.first().map_or(0, |c| c.cell);
        write(buf, area, (0, 0), &format!("{kind} {cell}: set by {items}"), theme.strong(), theme);
        return;
    };
    let low = area.height < LOW - 1;
    if !low {
        write(buf, area, (0, 0), text, theme.strong(), theme);
    }
    let set = why.cells.iter().filter(|c| c.set).count();
    let (line, style) = match (why.maybe, why.present) {
        (true, false) => {
            let full = why.stuck().full;
            let stuck = if kind == "counter" && full > 0 { format!(", {full} full") } else { String::new() };
            (format!("not in: {} set by {items}{stuck}", count(set as u64, kind)), theme.error())
        }
        (true, true) => (format!("is in; shares its {kind}s with {items}"), theme.text()),
        (false, _) => (format!("definitely not in: {set} of {} set", why.cells.len()), theme.good()),
    };
    write(buf, area, (0, u16::from(!low)), &line, style, theme);
}

fn matrix(scene: &BloomScene<'_>, why: &Why, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let columns = Columns::of(why, area);
    for (i, cell) in why.cells.iter().enumerate().take(columns.shown) {
        let style = if cell.set { theme.strong() } else { theme.error() };
        let number = if columns.numbers { cell.cell.to_string() } else { format!("{}", (i + 1) % 10) };
        write(buf, area, (columns.x(i), 0), &pad_left(&number, usize::from(columns.each)), style, theme);
    }
    let head = if columns.numbers { scene.model.config.variant.cell() } else { "hash" };
    write(buf, Rect { width: columns.label, ..area }, (0, 0), head, theme.faint_text(), theme);
    // A row for the sums below, where there is room, one for those that are left out.
    let sums = area.height >= LOW - 2;
    let room = usize::from(area.height.saturating_sub(1 + u16::from(sums)));
    let order = why.by_weight();
    let total = usize::try_from(why.setters_total).unwrap_or(usize::MAX);
    let shown = if total > room { room.saturating_sub(1) } else { room }.min(order.len());
    let mut rows = order[..shown].to_vec();
    rows.sort_by_key(|s| s.order);
    for (row, setter) in (1..).zip(&rows) {
        let label = tail(&setter.text, usize::from(columns.label).saturating_sub(1), theme.glyphs.pick("…", "~"));
        write(buf, Rect { width: columns.label, ..area }, (0, row), &label, theme.text(), theme);
        for (i, hit) in setter.hits.iter().enumerate().take(columns.shown) {
            let first = *hit && order.iter().filter(|s| s.hits[i]).all(|s| s.order >= setter.order);
            let (text, style) = match (hit, first) {
                (false, _) => (theme.glyphs.pick("·", "."), theme.faint()),
                (true, true) => (theme.glyphs.pick("●", "O"), theme.strong()),
                (true, false) => (theme.glyphs.pick("○", "o"), theme.text()),
            };
            write(buf, area, (columns.x(i) + columns.each - 1, row), text, style, theme);
        }
    }
    let mut row = rows.len() as u16 + 1;
    if total > rows.len() {
        let more = format!("… {} more", thousands((total - rows.len()) as u64));
        write(buf, area, (0, row), &more, theme.dim(), theme);
        row += 1;
    }
    if !sums {
        return;
    }
    write(buf, Rect { width: columns.label, ..area }, (0, row), "items", theme.faint_text(), theme);
    for (i, cell) in why.cells.iter().enumerate().take(columns.shown) {
        let place = Rect { width: (columns.x(i) + columns.each).min(area.width), ..area };
        let count = pad_left(&cell.setters.to_string(), usize::from(columns.each));
        write(buf, place, (columns.x(i), row), &count, theme.dim(), theme);
    }
}

/// The end of a text, which tells URLs apart better than their beginning.
fn tail(text: &str, columns: usize, cut: &str) -> String {
    let text = visible(text);
    if width(&text) <= columns {
        return text.into_owned();
    }
    let mut start = 0;
    for (at, _) in text.char_indices() {
        start = at;
        if width(&text[at..]) < columns {
            break;
        }
    }
    fit(&format!("{cut}{}", &text[start..]), columns)
}

/// Asks who set the bit whose column was clicked.
pub(super) fn click(scene: &BloomScene<'_>, area: Rect, x: u16, _y: u16) -> Option<String> {
    let why = scene.model.why.as_ref()?;
    let columns = Columns::of(why, area);
    let column = x.checked_sub(area.x + columns.label)? / columns.each;
    why.cells.get(usize::from(column)).map(|c| format!("who {}", c.cell))
}
