//! Writing text into a buffer, cut to its place.

use std::borrow::Cow;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::text::{fit, width};
use super::theme::{Glyphs, Theme};

/// Writes text in at most `columns` columns from (x, y), made [`visible`](super::visible()), cut with
/// an ellipsis, and spelt in ASCII if the glyphs are. Returns how many columns it took.
///
/// ```
/// use ratatui::{buffer::Buffer, layout::Rect, style::Style};
/// use scalelab::picture::{Glyphs, put, to_text};
/// let mut buf = Buffer::empty(Rect::new(0, 0, 8, 1));
/// assert_eq!(put(&mut buf, 2, 0, 99, "µ → node-a", Style::new(), Glyphs::Ascii), 6);
/// assert_eq!(to_text(&buf), "  u -> ~\n");
/// ```
pub fn put(buf: &mut Buffer, x: u16, y: u16, columns: u16, text: &str, style: Style, glyphs: Glyphs) -> u16 {
    let room = buf.area.right().saturating_sub(x).min(columns);
    if room == 0 || !buf.area.contains(Position { x, y }) {
        return 0;
    }
    let text = spell(text, glyphs);
    let text = fit(&text, usize::from(room));
    let text = spell_cut(&text, glyphs);
    let (end, _) = buf.set_stringn(x, y, &text, usize::from(room), style);
    end.saturating_sub(x)
}

/// Writes text at a place counted from the corner of an area, cut to the area. Returns how many columns it took.
///
/// ```
/// use ratatui::{buffer::Buffer, layout::Rect};
/// use scalelab::picture::{Glyphs, Palette, Theme, to_text, write};
/// let theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Unicode };
/// let mut buf = Buffer::empty(Rect::new(0, 0, 6, 1));
/// assert_eq!(write(&mut buf, Rect::new(1, 0, 4, 1), (1, 0), "node-a", theme.text(), theme), 3);
/// assert_eq!(to_text(&buf), "  no…\n");
/// ```
pub fn write(buf: &mut Buffer, area: Rect, (dx, dy): (u16, u16), text: &str, style: Style, theme: Theme) -> u16 {
    if dx < area.width && dy < area.height {
        put(buf, area.x + dx, area.y + dy, area.width - dx, text, style, theme.glyphs)
    } else {
        0
    }
}

/// One line at the bottom of a picture, saying what is drawn and what is not: as many parts as fit. Gives what is
/// left of the area.
///
/// ```
/// use ratatui::{buffer::Buffer, layout::Rect};
/// use scalelab::picture::{Glyphs, Palette, Theme, caption, to_text};
/// let theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Unicode };
/// let area = Rect::new(0, 0, 12, 3);
/// let mut buf = Buffer::empty(area);
/// let rest = caption(&mut buf, area, &["bright moved".into(), "or not".into()], theme);
/// assert_eq!((rest.height, to_text(&buf)), (2, "\n\nbright moved\n".to_string()));
/// ```
pub fn caption(buf: &mut Buffer, area: Rect, parts: &[String], theme: Theme) -> Rect {
    if area.height < 3 {
        return area;
    }
    let mut text = String::new();
    for part in parts {
        let longer = if text.is_empty() { part.clone() } else { format!("{text} · {part}") };
        if text.is_empty() || width(&longer) <= usize::from(area.width) {
            text = longer;
        }
    }
    write(buf, area, (0, area.height - 1), &text, theme.faint_text(), theme);
    Rect { height: area.height - 1, ..area }
}

/// Writes text so that it ends before column `right`.
pub(super) fn put_right(buf: &mut Buffer, area: Rect, y: u16, text: &str, style: Style, glyphs: Glyphs) {
    let taken = (width(&spell(text, glyphs)).min(usize::from(area.width))) as u16;
    put(buf, area.right().saturating_sub(taken), y, taken, text, style, glyphs);
}

/// The text in ASCII where we know how to say the same.
pub(super) fn spell(text: &str, glyphs: Glyphs) -> Cow<'_, str> {
    if glyphs == Glyphs::Unicode || text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match ascii(c) {
            Some(spelt) => out.push_str(spelt),
            None => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The ellipsis is one column wide in both spellings when it stands for a cut.
fn spell_cut(text: &str, glyphs: Glyphs) -> Cow<'_, str> {
    if glyphs == Glyphs::Ascii && text.contains('…') {
        return Cow::Owned(text.replace('…', "~"));
    }
    Cow::Borrowed(text)
}

fn ascii(c: char) -> Option<&'static str> {
    Some(match c {
        '…' => "...",
        '–' | '—' | '−' | '─' | '┄' => "-",
        '·' | '•' => "-",
        '×' => "x",
        '→' | '⇒' => "->",
        '←' => "<-",
        '↑' => "^",
        '↓' => "v",
        '↔' => "<->",
        '≤' => "<=",
        '≥' => ">=",
        '≠' => "!=",
        '≈' => "~",
        '±' => "+-",
        'µ' | 'μ' => "u",
        '√' => "sqrt ",
        'σ' => "sigma",
        '∞' => "inf",
        'Σ' => "sum ",
        'Π' => "prod ",
        '²' => "^2",
        '“' | '”' | '„' => "\"",
        '‘' | '’' => "'",
        '●' | '◆' | '★' => "*",
        '○' => ".",
        '◉' => "@",
        '◎' => "o",
        '≡' => "=",
        '▶' | '▷' | '▸' | '☞' => ">",
        '◀' | '↺' => "<",
        '▼' => "v",
        '▲' => "^",
        '✎' => "#",
        '∵' => ":",
        '✓' => "ok",
        '✗' => "x",
        '│' | '┊' => "|",
        '\u{a0}' | '\u{202f}' | '\u{2009}' => " ",
        _ => return None,
    })
}

/// Draws one character, if the place is on the buffer.
pub(super) fn put_char(buf: &mut Buffer, x: u16, y: u16, c: char, style: Style) {
    if let Some(cell) = buf.cell_mut(Position { x, y }) {
        cell.set_char(c).set_style(style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_inside() {
        let mut buf = Buffer::empty(Rect::new(3, 2, 5, 2));
        for (x, y) in [(0, 0), (3, 2), (7, 3), (8, 3), (7, 4), (u16::MAX, u16::MAX)] {
            put(&mut buf, x, y, u16::MAX, "節点 → node", Style::new(), Glyphs::Unicode);
            put_char(&mut buf, x, y, 'x', Style::new());
            put_right(&mut buf, Rect::new(x, y, 9, 1), y, "節点 → node", Style::new(), Glyphs::Ascii);
        }
    }

    #[test]
    fn ascii_is_ascii() {
        let mut buf = Buffer::empty(Rect::new(0, 0, 9, 1));
        put(&mut buf, 0, 0, 9, "a × b … … long", Style::new(), Glyphs::Ascii);
        assert!(super::super::to_text(&buf).is_ascii());
    }
}
