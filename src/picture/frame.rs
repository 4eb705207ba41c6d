//! The frame around every lab: title, picture, figures, sentences, time line, keys. The same place
//! means the same thing in every lab.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::bars::{BarRow, LoadBar, bar_rows, draw_bars};
use super::figures::{Figure, draw_figures, figures_height};
use super::layout::{FrameLayout, LEAST};
use super::paint::{put, put_char, put_right, spell};
use super::sentences::{Sentence, draw_sentences};
use super::text::{width, wrap};
use super::theme::Theme;
use super::timeline::TimelineBar;

/// Everything that the frame shows, but for the picture itself.
///
/// ```
/// use ratatui::{buffer::Buffer, layout::Rect};
/// use scalelab::picture::{Frame, Glyphs, Palette, Theme, TimelineBar, to_text};
/// let timeline = TimelineBar { marks: &[], now_us: 0, end_us: 0, running: false, speed: 1.0, branches: 1, branch: 0 };
/// let frame = Frame { title: "hash ring", state: "ring, 100 vnodes", seed: 7, view: (1, 4), view_name: "ring",
///     figures: &[], bars: &[], bars_title: "", sentences: &[], timeline, keys: &[] };
/// let area = Rect::new(0, 0, 80, 24);
/// let mut buf = Buffer::empty(area);
/// let theme = Theme { palette: Palette::Dark, glyphs: Glyphs::Unicode };
/// frame.render(area, &mut buf, &theme, &mut |area, buf| {
///     buf.set_string(area.x, area.y, "the picture", theme.text());
/// });
/// assert!(to_text(&buf).starts_with(" hash ring — ring, 100 vnodes "));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Name of the lab.
    pub title: &'a str,
    /// Its state in a few words.
    pub state: &'a str,
    /// Seed of the run.
    pub seed: u64,
    /// Which view, from one, and of how many.
    pub view: (usize, usize),
    /// Name of the view.
    pub view_name: &'a str,
    /// Observed beside theory.
    pub figures: &'a [Figure],
    /// Load per node, or what a lab has instead.
    pub bars: &'a [LoadBar],
    /// What the bars show.
    pub bars_title: &'a str,
    /// What happened, oldest first.
    pub sentences: &'a [Sentence],
    /// Time.
    pub timeline: TimelineBar<'a>,
    /// The next useful keys and what they do; `?` stays when room is short.
    pub keys: &'a [(String, String)],
}

/// A key hint in the last row.
struct KeyHint {
    index: usize,
    x: u16,
    columns: u16,
}

impl Frame<'_> {
    /// Where the parts stand: a function of the size alone.
    pub fn layout(area: Rect) -> FrameLayout {
        FrameLayout::of(area)
    }

    /// Draws the frame, and gives the picture its place. A screen below 36×18 gets no picture, but a
    /// plain word about it, the latest sentence and the figures.
    pub fn render(&self, area: Rect, buf: &mut Buffer, theme: &Theme, picture: &mut dyn FnMut(Rect, &mut Buffer)) {
        let area = area.intersection(buf.area);
        let layout = Self::layout(area);
        if layout.cramped {
            self.render_cramped(area, buf, theme);
            return;
        }
        self.render_lines(&layout, buf, theme);
        self.render_title(layout.title, buf, theme);
        self.render_side(layout.side, buf, theme);
        draw_sentences(self.sentences, layout.sentences, buf, theme);
        self.timeline.render(layout.timeline, buf, theme);
        self.render_keys(layout.keys, buf, theme);
        picture(layout.picture, buf);
    }

    /// The key hint under a cell.
    pub fn key_at(&self, area: Rect, x: u16, y: u16) -> Option<usize> {
        let row = Self::layout(area).keys;
        let hints = if row.contains(Position { x, y }) { self.key_hints(row) } else { Vec::new() };
        hints.iter().find(|k| x >= k.x && x < k.x + k.columns).map(|k| k.index)
    }

    /// The bar under a cell.
    pub fn bar_at(&self, area: Rect, x: u16, y: u16) -> Option<usize> {
        let (_, _, place) = self.split_side(Self::layout(area).side);
        if !place.contains(Position { x, y }) {
            return None;
        }
        match bar_rows(self.bars, usize::from(place.height)).get(usize::from(y - place.y)) {
            Some(BarRow::Bar(index)) => Some(*index),
            _ => None,
        }
    }

    fn render_lines(&self, layout: &FrameLayout, buf: &mut Buffer, theme: &Theme) {
        let (column, row) = layout.lines();
        let (line, rule, join) = theme.glyphs.pick(('│', '─', '┴'), ('|', '-', '+'));
        if layout.portrait {
            for x in layout.title.left()..layout.title.right() {
                put_char(buf, x, row, rule, theme.faint());
            }
            return;
        }
        for y in layout.picture.top()..layout.picture.bottom() {
            put_char(buf, column, y, line, theme.faint());
        }
        for x in layout.title.left()..layout.title.right() {
            put_char(buf, x, row, if x == column { join } else { rule }, theme.faint());
        }
    }

    fn render_title(&self, row: Rect, buf: &mut Buffer, theme: &Theme) {
        let (number, views) = self.view;
        let seed = format!("seed {}", self.seed);
        let right = match views {
            0 | 1 => seed,
            _ => format!("{seed} · {number}/{views} {}", self.view_name),
        };
        let right_columns = (width(&spell(&right, theme.glyphs)) as u16).min(row.width / 2);
        let right_area = Rect { x: row.right() - right_columns, width: right_columns, ..row };
        put_right(buf, right_area, row.y, &right, theme.dim(), theme.glyphs);
        let left = row.width.saturating_sub(right_columns + 2);
        let used = put(buf, row.x, row.y, left, self.title, theme.title(), theme.glyphs);
        if !self.state.is_empty() {
            let used = used + put(buf, row.x + used, row.y, left - used, " — ", theme.faint_text(), theme.glyphs);
            put(buf, row.x + used, row.y, left - used, self.state, theme.text(), theme.glyphs);
        }
    }

    /// Places of the figures, of the title of the bars, and of the bars.
    fn split_side(&self, side: Rect) -> (Rect, Rect, Rect) {
        let below = |y: u16, height: u16| {
            let y = y.min(side.height);
            Rect { y: side.y + y, height: height.min(side.height - y), ..side }
        };
        let heading = u16::from(!self.bars_title.is_empty());
        let all = self.bars.len().min(usize::from(u16::MAX / 2)) as u16;
        if all == 0 {
            return (side, below(side.height, 0), below(side.height, 0));
        }
        let wanted = 1 + heading + all;
        let full = figures_height(self.figures, side.width, true);
        let short = figures_height(self.figures, side.width, false);
        // Bars before notes, figures before bars; but some bars are always there.
        let least = wanted.min(side.height * 2 / 5).min(1 + heading + 4);
        let figures = match full.saturating_add(wanted.min(side.height / 2)) <= side.height {
            true => full,
            false => short.min(side.height - least),
        };
        let gap = u16::from(figures > 0);
        let top = figures + gap;
        // One bar alone compares with nothing: then the figures have it all.
        if (top + heading + all.min(2)) > side.height {
            return (side, below(side.height, 0), below(side.height, 0));
        }
        (below(0, figures), below(top, heading), below(top + heading, side.height))
    }

    fn render_side(&self, side: Rect, buf: &mut Buffer, theme: &Theme) {
        let (figures, heading, bars) = self.split_side(side);
        draw_figures(self.figures, figures, buf, theme);
        if !heading.is_empty() {
            put(buf, heading.x + 1, heading.y, heading.width - 1, self.bars_title, theme.faint_text(), theme.glyphs);
        }
        draw_bars(self.bars, bars, buf, theme);
    }

    /// As many hints as fit, in order; a place for `?` is kept.
    fn key_hints(&self, row: Rect) -> Vec<KeyHint> {
        const GAP: u16 = 3;
        let columns =
            |(key, label): &(String, String)| (width(key) + 1 + width(label)).min(usize::from(row.width)) as u16;
        let help = self.keys.iter().position(|(key, _)| key == "?");
        let mut kept = help.and_then(|i| self.keys.get(i)).map_or(0, |k| columns(k) + GAP);
        let (mut hints, mut x, mut full) = (Vec::new(), row.x, false);
        for (index, key) in self.keys.iter().enumerate() {
            let taken = columns(key);
            if Some(index) == help {
                kept = 0;
            } else if full {
                continue;
            }
            if u32::from(x) + u32::from(taken) + u32::from(kept) > u32::from(row.right()) {
                full = true;
                continue;
            }
            hints.push(KeyHint { index, x, columns: taken });
            x += taken + GAP;
        }
        hints
    }

    fn render_keys(&self, row: Rect, buf: &mut Buffer, theme: &Theme) {
        for KeyHint { index, x, columns } in self.key_hints(row) {
            let Some((key, label)) = self.keys.get(index) else { continue };
            let used = put(buf, x, row.y, columns, key, theme.key_hint(), theme.glyphs) + 1;
            put(buf, x + used, row.y, columns.saturating_sub(used), label, theme.dim(), theme.glyphs);
        }
    }

    fn render_cramped(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        let (w, h) = LEAST;
        let word = format!("scalelab needs at least {w}×{h}; this terminal is {}×{}.", area.width, area.height);
        let newest = self.sentences.last().map(|s| (s.text.clone(), theme.strong()));
        let mut parts = vec![(word, theme.warning())];
        parts.extend(newest);
        parts.extend(self.figures.iter().map(|f| (f.line(), theme.text())));
        let mut rows = area.top()..area.bottom();
        for (text, style) in parts {
            for line in wrap(&spell(&text, theme.glyphs), usize::from(area.width)) {
                let Some(y) = rows.next() else { return };
                put(buf, area.x, y, area.width, &line, style, theme.glyphs);
            }
        }
    }
}

#[cfg(test)]
mod tests;
