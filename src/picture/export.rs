//! A screen as text: plain, or with the terminal's own colour sequences.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::text::visible;

/// The cells of a row with the column of each, without those that a wide character covers.
pub(super) fn row_cells(buf: &Buffer, y: u16) -> impl Iterator<Item = (u16, &Cell)> {
    let mut free = buf.area.left();
    (buf.area.left()..buf.area.right()).filter_map(move |x| {
        let cell = buf.cell((x, y)).filter(|_| x >= free)?;
        free = x.saturating_add(columns(cell));
        Some((x, cell))
    })
}

/// How many columns a cell's character takes.
pub(super) fn columns(cell: &Cell) -> u16 {
    unicode_width::UnicodeWidthStr::width(cell.symbol()).clamp(1, 2) as u16
}

/// The screen as plain text, without spaces at line ends.
///
/// ```
/// use ratatui::{buffer::Buffer, layout::Rect};
/// let mut buf = Buffer::empty(Rect::new(0, 0, 9, 2));
/// buf.set_string(1, 0, "節 a", ratatui::style::Style::new());
/// assert_eq!(scalelab::picture::to_text(&buf), " 節 a\n\n");
/// ```
pub fn to_text(buf: &Buffer) -> String {
    let mut out = String::new();
    for y in buf.area.top()..buf.area.bottom() {
        let line: String = row_cells(buf, y).map(|(_, cell)| visible(cell.symbol())).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The screen with SGR sequences, for `cat` on a terminal. Every line ends reset.
///
/// ```
/// use ratatui::{buffer::Buffer, layout::Rect, style::{Color, Style}};
/// let mut buf = Buffer::empty(Rect::new(0, 0, 3, 1));
/// buf.set_string(0, 0, "a", Style::new().fg(Color::Rgb(1, 2, 3)));
/// assert_eq!(scalelab::picture::to_ansi(&buf), "\x1b[0;38;2;1;2;3ma\x1b[0m\n");
/// ```
pub fn to_ansi(buf: &Buffer) -> String {
    let mut out = String::new();
    for y in buf.area.top()..buf.area.bottom() {
        let cells: Vec<&Cell> = row_cells(buf, y).map(|(_, cell)| cell).collect();
        let used = cells.iter().rposition(|c| !is_blank(c)).map_or(0, |last| last + 1);
        let mut style = SgrState::default();
        for cell in cells.iter().take(used) {
            style.switch(cell, &mut out);
            out.push_str(&visible(cell.symbol()));
        }
        style.reset(&mut out);
        out.push('\n');
    }
    out
}

fn is_blank(cell: &Cell) -> bool {
    let visible_on_space = Modifier::REVERSED | Modifier::UNDERLINED | Modifier::CROSSED_OUT;
    cell.symbol() == " " && cell.bg == Color::Reset && !cell.modifier.intersects(visible_on_space)
}

/// What the terminal was last told.
#[derive(Default)]
pub(super) struct SgrState(Option<(Color, Color, Modifier)>);

impl SgrState {
    /// Tells the terminal the style of a cell, if it differs.
    pub(super) fn switch(&mut self, cell: &Cell, out: &mut String) {
        let style = (cell.fg, cell.bg, cell.modifier);
        if self.0.unwrap_or_default() == style {
            return;
        }
        self.0 = Some(style);
        out.push_str("\x1b[0");
        const CODES: [(Modifier, u8); 8] = [
            (Modifier::BOLD, 1),
            (Modifier::DIM, 2),
            (Modifier::ITALIC, 3),
            (Modifier::UNDERLINED, 4),
            (Modifier::SLOW_BLINK, 5),
            (Modifier::REVERSED, 7),
            (Modifier::HIDDEN, 8),
            (Modifier::CROSSED_OUT, 9),
        ];
        for (_, code) in CODES.iter().filter(|(m, _)| cell.modifier.contains(*m)) {
            // Writing to a String cannot fail.
            let _ = write!(out, ";{code}");
        }
        push_color(out, cell.fg, 30);
        push_color(out, cell.bg, 40);
        out.push('m');
    }

    /// Back to the terminal's own style, if it is not.
    pub(super) fn reset(&mut self, out: &mut String) {
        if self.0.take().is_some_and(|style| style != Default::default()) {
            out.push_str("\x1b[0m");
        }
    }
}

/// The 16 colours count from 30 and 90, backgrounds ten higher.
fn push_color(out: &mut String, color: Color, base: u8) {
    let _ = match color {
        Color::Reset => Ok(()),
        Color::Rgb(r, g, b) => write!(out, ";{};2;{r};{g};{b}", base + 8),
        Color::Indexed(i) => write!(out, ";{};5;{i}", base + 8),
        named => match ansi_index(named) {
            i @ 0..8 => write!(out, ";{}", base + i),
            i => write!(out, ";{}", base + 52 + i),
        },
    };
}

/// Number of a named colour among the sixteen.
pub(super) fn ansi_index(color: Color) -> u8 {
    match color {
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        _ => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn wide_characters_take_two_columns_once() {
        let mut buf = Buffer::empty(Rect::new(2, 1, 8, 1));
        buf.set_string(2, 1, "a節b", Style::new().fg(Color::LightRed).bg(Color::Blue).add_modifier(Modifier::BOLD));
        assert_eq!(to_text(&buf), "a節b\n");
        assert_eq!(to_ansi(&buf), "\x1b[0;1;91;44ma節b\x1b[0m\n");
        assert_eq!(to_text(&Buffer::empty(Rect::default())), "");
    }
}
