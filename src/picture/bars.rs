//! Load bars: one row each, the ideal marked, and what matters kept when there are too many.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::paint::{put, put_char, put_right};
use super::text::width;
use super::theme::{Palette, Theme};

/// One bar of the load panel.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadBar {
    /// Whole name; shown where there is room.
    pub label: String,
    /// Short name, as the picture shows it.
    pub letter: String,
    /// Colour, as the picture shows it.
    pub series: usize,
    /// Share of the load, from 0.
    pub value: f64,
    /// Share that it should have.
    pub ideal: f64,
    /// The value for people.
    pub text: String,
    /// What is special about it.
    pub state: BarState,
}

/// What is special about a bar. Each has a sign of its own, so that colour does not say it alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarState {
    /// Nothing.
    Normal,
    /// It just changed.
    Changed,
    /// It failed.
    Failed,
    /// It carries more than it may.
    Over,
}

/// What a row of the load panel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarRow {
    /// The bar with this index.
    Bar(usize),
    /// So many bars are left out here.
    More(usize),
}

/// Which bars to show in so many rows.
///
/// All of them in their own order, if they fit. If not: the changed ones, then the failed and
/// overloaded, then two of the most loaded for each of the least loaded, all from the most to the
/// least loaded, with one row that says how many are left out.
///
/// ```
/// use scalelab::picture::{BarRow, BarState, LoadBar, bar_rows};
/// let bar = |value| LoadBar { label: String::new(), letter: String::new(), series: 0, value, ideal: 0.25,
///     text: String::new(), state: BarState::Normal };
/// let bars: Vec<LoadBar> = [0.1, 0.4, 0.2, 0.3].map(bar).into();
/// assert_eq!(bar_rows(&bars, 3), [BarRow::Bar(1), BarRow::More(2), BarRow::Bar(0)]);
/// ```
pub fn bar_rows(bars: &[LoadBar], height: usize) -> Vec<BarRow> {
    if bars.len() <= height {
        return (0..bars.len()).map(BarRow::Bar).collect();
    }
    let Some(slots) = height.checked_sub(1) else { return Vec::new() };
    let mut order: Vec<usize> = (0..bars.len()).collect();
    order.sort_by(|&a, &b| by_load(bars, b, a).then(a.cmp(&b)));
    let shown = chosen(bars, &order, slots);
    with_gap(&order, &shown)
}

fn by_load(bars: &[LoadBar], a: usize, b: usize) -> Ordering {
    let value = |i: usize| bars.get(i).map_or(0.0, |bar| bar.value);
    value(a).total_cmp(&value(b))
}

/// The bars to show, given all from the most to the least loaded.
fn chosen(bars: &[LoadBar], order: &[usize], slots: usize) -> BTreeSet<usize> {
    let in_state = |states: &'static [BarState]| {
        order.iter().copied().filter(move |&i| bars.get(i).is_some_and(|b| states.contains(&b.state)))
    };
    let mut shown: BTreeSet<usize> = in_state(&[BarState::Changed]).take(slots).collect();
    let normal: Vec<usize> = in_state(&[BarState::Normal, BarState::Over]).collect();
    let keep_for_extremes = slots.div_ceil(2);
    for i in in_state(&[BarState::Failed, BarState::Over]) {
        if shown.len() + keep_for_extremes < slots {
            shown.insert(i);
        }
    }
    let (mut most, mut least) = (normal.iter(), normal.iter().rev());
    for turn in 0.. {
        if shown.len() >= slots {
            break;
        }
        match if turn % 3 == 1 { least.next() } else { most.next() } {
            Some(&i) => shown.insert(i),
            None => break,
        };
    }
    for &i in order {
        if shown.len() < slots {
            shown.insert(i);
        }
    }
    shown
}

/// The shown bars in order, with the count of the rest where most of them are left out.
fn with_gap(order: &[usize], shown: &BTreeSet<usize>) -> Vec<BarRow> {
    let (mut rows, mut best, mut gap) = (Vec::new(), (0, 0), 0);
    for &i in order {
        if !shown.contains(&i) {
            gap += 1;
            continue;
        }
        if gap > best.1 {
            best = (rows.len(), gap);
        }
        gap = 0;
        rows.push(BarRow::Bar(i));
    }
    if gap > best.1 {
        best = (rows.len(), gap);
    }
    rows.insert(best.0, BarRow::More(order.len() - shown.len()));
    rows
}

/// Where the parts of a row stand.
struct Columns {
    letter: u16,
    label: u16,
    text: u16,
    bar: u16,
    scale: f64,
}

impl Columns {
    fn of(bars: &[LoadBar], area: Rect) -> Self {
        let widest = |f: fn(&LoadBar) -> &str, most: u16| {
            bars.iter().map(|b| width(f(b))).max().unwrap_or(0).min(usize::from(most)) as u16
        };
        let letter = widest(|b| &b.letter, 4);
        let text = widest(|b| &b.text, area.width / 2);
        let label = if area.width >= 34 { widest(|b| &b.label, (area.width - 20) / 2) } else { 0 };
        // A name that says no more than the letter is left out.
        let label = if label > letter { label + 1 } else { 0 };
        let bar = area.width.saturating_sub(1 + letter + 1 + label + 1 + text);
        let most = bars.iter().flat_map(|b| [b.value, b.ideal]).filter(|v| v.is_finite()).fold(0.0, f64::max);
        let scale = if most > 0.0 { f64::from(bar) / most } else { 0.0 };
        Self { letter, label, text, bar, scale }
    }
}

/// Draws the bars from the top of the area, one row each, scaled to the largest. Bars with nothing
/// special about them rest, so that the eye finds the others.
pub fn draw_bars(bars: &[LoadBar], area: Rect, buf: &mut Buffer, theme: &Theme) {
    let columns = Columns::of(bars, area);
    for (row, y) in bar_rows(bars, usize::from(area.height)).iter().zip(area.top()..area.bottom()) {
        let line = Rect { y, height: 1, ..area };
        match *row {
            BarRow::Bar(i) => {
                if let Some(bar) = bars.get(i) {
                    draw_bar(bar, &columns, line, buf, theme);
                }
            }
            BarRow::More(n) => {
                let indent = (2 + columns.letter).min(area.width);
                let text = format!("… {n} more");
                put(buf, area.x + indent, y, area.width - indent, &text, theme.dim(), theme.glyphs);
            }
        }
    }
}

fn draw_bar(bar: &LoadBar, columns: &Columns, line: Rect, buf: &mut Buffer, theme: &Theme) {
    let (sign, sign_style, text_style) = match bar.state {
        BarState::Normal => (' ', theme.text(), theme.text()),
        BarState::Changed => (theme.glyphs.pick('▸', '>'), theme.strong(), theme.strong()),
        BarState::Failed => (theme.glyphs.pick('✗', 'x'), theme.error(), theme.error()),
        BarState::Over => ('!', theme.warning(), theme.warning()),
    };
    let failed = bar.state == BarState::Failed;
    let series = if failed { theme.dim() } else { theme.series(bar.series) };
    let mut x = line.x;
    let mut column = |width: u16, text: &str, style: Style, buf: &mut Buffer| {
        let room = line.right().saturating_sub(x).min(width);
        put(buf, x, line.y, room, text, style, theme.glyphs);
        x = x.saturating_add(width).min(line.right());
        x
    };
    column(1, sign.encode_utf8(&mut [0; 4]), sign_style, buf);
    column(columns.letter + 1, &bar.letter, series.add_modifier(Modifier::BOLD), buf);
    let label_style = if bar.state == BarState::Normal { theme.dim() } else { text_style };
    let start = if columns.label > 0 {
        column(columns.label - 1, &bar.label, label_style, buf);
        column(1, "", label_style, buf)
    } else {
        column(0, "", label_style, buf)
    };
    let place = Rect { x: start, width: columns.bar.min(line.right().saturating_sub(start)), ..line };
    draw_length(bar, columns.scale, place, buf, theme);
    let text = Rect { x: line.right().saturating_sub(columns.text), width: columns.text.min(line.width), ..line };
    put_right(buf, text, line.y, &bar.text, text_style, theme.glyphs);
}

fn draw_length(bar: &LoadBar, scale: f64, place: Rect, buf: &mut Buffer, theme: &Theme) {
    const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let style = match bar.state {
        BarState::Failed => theme.faint(),
        BarState::Normal => theme.series_dim(bar.series),
        BarState::Changed | BarState::Over => theme.series(bar.series).remove_modifier(Modifier::UNDERLINED),
    };
    let value = if bar.value.is_finite() { bar.value.max(0.0) } else { 0.0 };
    let eighths = ((value * scale * 8.0).round() as u32).min(u32::from(place.width) * 8);
    for i in 0..place.width {
        let c = match eighths.saturating_sub(u32::from(i) * 8) {
            0 => continue,
            8.. => theme.glyphs.pick('█', '#'),
            // In ASCII a cell is filled when it is half full.
            part => theme.glyphs.pick(EIGHTHS[part as usize % 8], if part >= 4 { '#' } else { ' ' }),
        };
        put_char(buf, place.x + i, place.y, c, style);
    }
    let ideal = bar.ideal * scale;
    if !(ideal > 0.0 && ideal.is_finite()) || place.width == 0 {
        return;
    }
    let at = ((ideal.ceil() as u16).max(1) - 1).min(place.width - 1);
    let mark = theme.glyphs.pick('┊', '|');
    let style = match eighths.saturating_sub(u32::from(at) * 8) {
        0 => theme.dim(),
        // The mark stands on a half-filled cell: the bar ends here, the mark wins.
        1..8 => theme.text(),
        _ if bar.state == BarState::Failed && theme.palette != Palette::Mono => theme.dim(),
        _ => theme.on(style),
    };
    let covered = eighths.saturating_sub(u32::from(at) * 8);
    if covered == 0 || covered >= 8 {
        put_char(buf, place.x + at, place.y, mark, style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Glyphs, to_text};

    fn bars(n: usize) -> Vec<LoadBar> {
        (0..n)
            .map(|i| LoadBar {
                label: format!("node-{i}"),
                letter: crate::picture::letter(i),
                series: i,
                value: (i * 37 % 101) as f64 / 500.0,
                ideal: 0.1,
                text: format!("{} %", i * 37 % 101),
                state: if i == 7 { BarState::Changed } else { BarState::Normal },
            })
            .collect()
    }

    #[test]
    fn the_rule_for_many_bars() {
        let bars = bars(100);
        for height in 0..120 {
            let rows = bar_rows(&bars, height);
            assert_eq!(rows.len(), height.min(100));
            let more: usize = rows.iter().map(|r| if let BarRow::More(n) = r { *n } else { 0 }).sum();
            let shown = rows.iter().filter(|r| matches!(r, BarRow::Bar(_))).count();
            assert!(height == 0 || more + shown == 100);
            assert!(height < 2 || rows.contains(&BarRow::Bar(7)), "the changed one is shown in {height}");
        }
        let value = |r: &BarRow| if let BarRow::Bar(i) = r { bars[*i].value } else { -1.0 };
        let rows = bar_rows(&bars, 8);
        assert_eq!(value(&rows[0]), bars.iter().map(|b| b.value).fold(0.0, f64::max));
        assert_eq!(value(&rows[7]), 0.0);
    }

    #[test]
    fn draws_at_every_size() {
        for (_, palette) in Palette::ALL {
            for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
                for (w, h) in [(0, 0), (1, 1), (5, 2), (28, 6), (44, 30)] {
                    let area = Rect::new(0, 0, w, h);
                    let mut buf = Buffer::empty(area);
                    draw_bars(&bars(12), area, &mut buf, &Theme { palette, glyphs });
                    assert!(glyphs == Glyphs::Unicode || to_text(&buf).is_ascii());
                }
            }
        }
    }
}
