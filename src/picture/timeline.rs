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
    /// When commands were given, in order.
    pub marks: &'a [u64],
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

/// Where the row's parts stand.
struct Parts {
    /// The track, one row high.
    track: Rect,
    text: String,
}

impl TimelineBar<'_> {
    fn end(&self) -> u64 {
        self.end_us.max(self.now_us).max(self.marks.last().copied().unwrap_or(0))
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
        #[cfg(test)]
        tests::LOOKS.set(tests::LOOKS.get() + 1);
        let (last, end) = (u128::from(track.saturating_sub(1)), u128::from(self.end().max(1)));
        ((u128::from(at_us) * last + end / 2) / end).min(last) as u16
    }

    /// The latest mark in a column of a track of this width. Looks at few of the marks, however many there are.
    fn mark_in(&self, column: u16, track: u16) -> Option<u64> {
        let until = self.marks.partition_point(|at_us| self.column(*at_us, track) <= column);
        let last = self.marks[..until].last().copied();
        last.filter(|at_us| self.column(*at_us, track) == column)
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
        let last = u128::from(track.width.max(2) - 1);
        let time = (u128::from(column) * u128::from(self.end()) / last) as u64;
        Some(self.mark_in(column, track.width).unwrap_or(time))
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
            match self.mark_in(column, track.width) {
                Some(at_us) if at_us <= self.now_us => draw(column, theme.glyphs.pick('●', 'o'), theme.text()),
                Some(_) => draw(column, theme.glyphs.pick('○', '0'), theme.dim()),
                None if column < now => draw(column, theme.glyphs.pick('─', '-'), theme.dim()),
                None => draw(column, theme.glyphs.pick('┄', '.'), theme.faint()),
            }
        }
        draw(now, theme.glyphs.pick('◆', '*'), theme.accent());
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::picture::{Glyphs, Palette, to_text};

    thread_local! {
        /// How many times were looked at.
        pub(super) static LOOKS: Cell<u32> = const { Cell::new(0) };
    }

    #[test]
    fn marks_are_looked_at_by_halving_however_many_there_are() {
        let area = Rect::new(0, 0, 200, 1);
        let marks: Vec<u64> = (0..1_000_000).map(|i| i * 7_919).collect();
        let looks = [10, 1_000, 1_000_000].map(|count: usize| {
            let bar = TimelineBar {
                marks: &marks[..count],
                now_us: marks[count / 2],
                end_us: marks[count - 1] + 1,
                running: false,
                speed: 1.0,
                branches: 1,
                branch: 0,
            };
            LOOKS.set(0);
            let theme = Theme { palette: Palette::Dark, glyphs: Glyphs::Ascii };
            bar.render(area, &mut Buffer::empty(area), &theme);
            assert!(bar.time_at(area, 50).is_some());
            LOOKS.get()
        });
        let halvings = |count: f64| count.log2().ceil() as u32 + 3;
        assert!(looks[0] <= 201 * halvings(10.0), "{looks:?}");
        assert!(looks[2] <= 201 * halvings(1e6), "{looks:?}");
    }

    #[test]
    fn a_click_on_a_mark_is_its_time() {
        let marks: Vec<u64> = (0..9).map(|i| i * 1_234_567).collect();
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
            assert!(w < 90 || marks.iter().all(|m| times.contains(m)));
            assert!(w < 60 || to_text(&buf).contains("5.00 s / 20.0 s"));
        }
        let never = TimelineBar { marks: &[], now_us: u64::MAX, end_us: 0, speed: f64::NAN, ..bar };
        assert!(never.time_at(Rect::new(0, 0, 90, 1), 5).is_some());
    }
}
