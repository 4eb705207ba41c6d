//! A run as an asciicast, version 2 (<https://docs.asciinema.org/manual/asciicast/v2/>).

use std::fmt::Write as _;

use ratatui::buffer::Buffer;
use serde_json::json;

use super::export::{SgrState, row_cells};
use super::text::visible;

/// Collects screens and writes what changed between them.
///
/// ```
/// use ratatui::{buffer::Buffer, layout::Rect};
/// let mut cast = scalelab::picture::Cast::new(80, 24, "hash ring");
/// cast.frame(0.0, &Buffer::empty(Rect::new(0, 0, 80, 24)));
/// let file = cast.finish();
/// assert!(file.starts_with(r#"{"version":2,"width":80,"height":24,"title":"hash ring""#));
/// assert_eq!(file.lines().count(), 2);
/// ```
pub struct Cast {
    out: String,
    last: Option<Buffer>,
    told_at: f64,
    now: f64,
}

impl Cast {
    /// An empty recording of a screen of this size.
    pub fn new(width: u16, height: u16, title: &str) -> Self {
        let env = json!({ "TERM": "xterm-256color" });
        let header = json!({ "version": 2, "width": width, "height": height, "title": visible(title), "env": env });
        Self { out: format!("{header}\n"), last: None, told_at: 0.0, now: 0.0 }
    }

    /// The screen at a time in seconds. Times never go back; a screen that is as before costs nothing.
    pub fn frame(&mut self, at_s: f64, buf: &Buffer) {
        if at_s.is_finite() {
            self.now = self.now.max((at_s * 1e6).round() / 1e6);
        }
        let before = self.last.take().filter(|last| last.area == buf.area);
        let mut text = String::new();
        if before.is_none() {
            if self.told_at > 0.0 || self.now > 0.0 {
                self.event("r", &format!("{}x{}", buf.area.width, buf.area.height));
            }
            text.push_str("\x1b[?25l\x1b[0m\x1b[2J");
        }
        push_changes(before.as_ref(), buf, &mut text);
        if !text.is_empty() {
            self.event("o", &text);
        }
        self.last = Some(buf.clone());
    }

    /// The file. The last screen stays as long as it was shown.
    pub fn finish(mut self) -> String {
        if self.now > self.told_at {
            self.event("o", "");
        }
        self.out
    }

    fn event(&mut self, code: &str, data: &str) {
        self.told_at = self.now;
        // Writing to a String cannot fail.
        let _ = writeln!(self.out, "{}", json!([self.now, code, data]));
    }
}

/// Moves to every cell that differs and writes it; cells side by side go together.
fn push_changes(before: Option<&Buffer>, buf: &Buffer, out: &mut String) {
    let mut style = SgrState::default();
    for y in buf.area.top()..buf.area.bottom() {
        let mut cursor = None;
        for (x, cell) in row_cells(buf, y) {
            let same = match before {
                Some(last) => last.cell((x, y)) == Some(cell) && !was_covered(last, x, y),
                None => cell == &ratatui::buffer::Cell::EMPTY,
            };
            if same {
                continue;
            }
            if cursor != Some(x) {
                let _ = write!(out, "\x1b[{};{}H", y - buf.area.y + 1, x - buf.area.x + 1);
            }
            style.switch(cell, out);
            out.push_str(&visible(cell.symbol()));
            cursor = Some(x.saturating_add(super::export::columns(cell)));
        }
    }
    style.reset(out);
}

/// Whether a wide character stood over this cell: then the cell is to be drawn though it is the same.
fn was_covered(last: &Buffer, x: u16, y: u16) -> bool {
    let left = x.checked_sub(1).and_then(|left| last.cell((left, y)));
    left.is_some_and(|cell| super::export::columns(cell) == 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Style};

    /// What a terminal shows after every event.
    fn played(file: &str) -> Vec<String> {
        let size = |n: u16| std::num::NonZeroU16::new(n).unwrap();
        let mut terminal = vt100::Parser::new(size(4), size(20), 0);
        let events = file.lines().skip(1).map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        events
            .filter(|e| e[1] == "o")
            .map(|e| {
                terminal.process(e[2].as_str().unwrap().as_bytes());
                terminal.screen().contents()
            })
            .collect()
    }

    #[test]
    fn a_terminal_shows_every_screen() {
        let area = Rect::new(0, 0, 20, 4);
        let mut cast = Cast::new(20, 4, "t\x1b");
        let texts = ["a節b", "axxb", "節節", "", "end"];
        for (i, text) in texts.iter().enumerate() {
            let mut buf = Buffer::empty(area);
            buf.set_string(1, 1, text, Style::new().fg(Color::Rgb(9, 9, 9)));
            cast.frame(i as f64, &buf);
            cast.frame(i as f64 + 0.5, &buf);
        }
        let screens = played(&cast.finish());
        assert_eq!(screens.len(), texts.len() + 1);
        for (screen, text) in screens.iter().zip(texts) {
            assert_eq!(screen.trim(), text);
        }
    }
}
