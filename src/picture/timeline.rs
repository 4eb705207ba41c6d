//! The time line: when the commands were, where now is, how far the branch goes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paint::{put, put_char, put_right};
use super::text::width;
use super::theme::Theme;
use crate::engine::numbers::duration;

/// One row: `▶ ──●────●───◆┄┄ 12.3 s / 20.0 s  ×1  branch 2/3`.
#[derive(Clone, Copy, Debug)]
pub struct TimelineBar<'a> {
    /// Commands and branches, in order of time.
    pub marks: &'a [Mark],
    /// Now, in simulated microseconds.
    pub now_us: u64,
    /// The end of the branch.
    pub end_us: u64,
    /// Whether the clock runs.
    pub running: bool,
    /// How fast, against real time.
    pub speed: f64,
    /// How many branches there are.
    pub branches: usize,
    /// Which of them this is, from zero.
    pub branch: usize,
}

/// Something on the time line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// When.
    pub at_us: u64,
    /// What.
    pub kind: MarkKind,
    /// In words.
    pub label: String,
}

/// What a mark stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkKind {
    /// A command.
    Command,
    /// Another branch leaves here.
    Branch,
}

/// Where the row's parts stand.
struct Parts {
    /// The track, one row high.
    track: Rect,
    text: String,
}

impl TimelineBar<'_> {
    fn end(&self) -> u64 {
        let last = self.marks.iter().map(|m| m.at_us).max().unwrap_or(0);
        self.end_us.max(self.now_us).max(last)
    }

    fn parts(&self, area: Rect) -> Parts {
        let clock = format!("{} / {}", duration(self.now_us), duration(self.end()));
        // Not the clock's own width: the track must not jump while time runs.
        let mut text_width = width(&clock).max(17);
        let mut text = clock;
        let speed = format!("×{}", (self.speed * 100.0).round() / 100.0);
        let branch = format!("branch {}/{}", self.branch.saturating_add(1), self.branches);
        let extras = [(true, speed), (self.branches > 1, branch)];
        for (_, extra) in extras.iter().filter(|(shown, _)| *shown) {
            let wider = text_width + 2 + width(extra);
            if wider + 22 <= usize::from(area.width) {
                text = format!("{text}  {extra}");
                text_width = wider;
            }
        }
        let taken = (2 + text_width + 2).min(usize::from(area.width)) as u16;
        let track = Rect { x: area.x.saturating_add(2), width: area.width - taken, height: area.height.min(1), ..area };
        Parts { track, text }
    }

    /// Column of a time within a track of this width.
    fn column(&self, at_us: u64, track: u16) -> u16 {
        let (last, end) = (u128::from(track.saturating_sub(1)), u128::from(self.end().max(1)));
        ((u128::from(at_us) * last + end / 2) / end).min(last) as u16
    }

    /// The time under a column of the row, if the track is there: that of the mark, if there is one.
    ///
    /// ```
    /// use ratatui::layout::Rect;
    /// use scalelab::picture::TimelineBar;
    /// let bar = TimelineBar { marks: &[], now_us: 0, end_us: 8_000_000, running: false, speed: 1.0, branches: 1,
    ///     branch: 0 };
    /// let area = Rect::new(0, 0, 80, 1);
    /// assert_eq!(bar.time_at(area, 2), Some(0));
    /// assert_eq!(bar.time_at(area, 79), None); // the clock
    /// ```
    pub fn time_at(&self, area: Rect, x: u16) -> Option<u64> {
        let track = self.parts(area).track;
        if x < track.x || x >= track.right() {
            return None;
        }
        let column = x - track.x;
        let marked = self.marks.iter().rev().find(|m| self.column(m.at_us, track.width) == column);
        let last = u128::from(track.width.max(2) - 1);
        let time = (u128::from(column) * u128::from(self.end()) / last) as u64;
        Some(marked.map_or(time, |m| m.at_us))
    }

    /// Draws the row at the top of the area.
    pub fn render(&self, area: Rect, buf: &mut Buffer, theme: &Theme) {
        if area.is_empty() {
            return;
        }
        let row = Rect { height: 1, ..area };
        let Parts { track, text } = self.parts(row);
        let (icon, style) = if self.running {
            (theme.glyphs.pick("▶", ">"), theme.good())
        } else {
            (theme.glyphs.pick("‖", "="), theme.dim())
        };
        put(buf, row.x, row.y, 1, icon, style, theme.glyphs);
        self.draw_track(track, buf, theme);
        let clock = Rect { x: track.right(), width: row.right().saturating_sub(track.right()), ..row };
        put_right(buf, clock, row.y, &text, theme.dim(), theme.glyphs);
    }

    fn draw_track(&self, track: Rect, buf: &mut Buffer, theme: &Theme) {
        if track.width == 0 {
            return;
        }
        let now = self.column(self.now_us, track.width);
        let mut draw = |column: u16, c: char, style: Style| put_char(buf, track.x + column, track.y, c, style);
        for column in 0..track.width {
            match column < now {
                true => draw(column, theme.glyphs.pick('─', '-'), theme.dim()),
                false => draw(column, theme.glyphs.pick('┄', '.'), theme.faint()),
            }
        }
        for mark in self.marks {
            let past = mark.at_us <= self.now_us;
            let c = match (mark.kind, past) {
                (MarkKind::Command, true) => theme.glyphs.pick('●', 'o'),
                (MarkKind::Command, false) => theme.glyphs.pick('○', '0'),
                (MarkKind::Branch, _) => theme.glyphs.pick('┬', 'Y'),
            };
            draw(self.column(mark.at_us, track.width), c, if past { theme.text() } else { theme.dim() });
        }
        draw(now, theme.glyphs.pick('◆', '*'), theme.accent());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Glyphs, Palette, to_text};

    #[test]
    fn a_click_on_a_mark_is_its_time() {
        let marks: Vec<Mark> =
            (0..9).map(|i| Mark { at_us: i * 1_234_567, kind: MarkKind::Command, label: String::new() }).collect();
        let bar = TimelineBar {
            marks: &marks,
            now_us: 5_000_000,
            end_us: 20_000_000,
            running: true,
            speed: 0.25,
            branches: 3,
            branch: 1,
        };
        for w in 0..120 {
            let area = Rect::new(1, 0, w, 1);
            let mut buf = Buffer::empty(area);
            bar.render(area, &mut buf, &Theme { palette: Palette::Dark, glyphs: Glyphs::Ascii });
            assert!(to_text(&buf).is_ascii());
            let times: Vec<u64> = (0..=w + 1).filter_map(|x| bar.time_at(area, x)).collect();
            assert!(times.is_sorted() && times.iter().all(|t| *t <= 20_000_000));
            assert!(w < 90 || marks.iter().all(|m| times.contains(&m.at_us)));
            assert!(w < 60 || to_text(&buf).contains("5.00 s / 20.0 s"));
        }
        let never = TimelineBar { marks: &[], now_us: u64::MAX, end_us: 0, speed: f64::NAN, ..bar };
        assert!(never.time_at(Rect::new(0, 0, 90, 1), 5).is_some());
    }
}
