//! What happened, in sentences: the newest at the bottom, and the brightest.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paint::{put, spell};
use super::text::{fit, wrap};
use super::theme::Theme;

/// One sentence about what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    /// The sentence.
    pub text: String,
    /// What kind of thing it tells.
    pub kind: SentenceKind,
    /// Whether it belongs to what was done last.
    pub fresh: bool,
}

/// What kind of thing a sentence tells; each has a sign of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentenceKind {
    /// Something changed.
    Change,
    /// More about it.
    Detail,
    /// Something to look at.
    Warning,
    /// Something that was refused or failed.
    Error,
}

impl Sentence {
    fn sign(&self, theme: &Theme) -> (&'static str, Style) {
        let (sign, style) = match self.kind {
            SentenceKind::Change => (theme.glyphs.pick("●", "*"), theme.accent()),
            SentenceKind::Detail => (theme.glyphs.pick("·", "-"), theme.text()),
            SentenceKind::Warning => ("!", theme.warning()),
            SentenceKind::Error => (theme.glyphs.pick("✗", "x"), theme.error()),
        };
        let rests = !self.fresh && matches!(self.kind, SentenceKind::Change | SentenceKind::Detail);
        (sign, if rests { theme.faint_text() } else { style })
    }

    fn style(&self, theme: &Theme) -> Style {
        match self.kind {
            _ if !self.fresh => theme.dim(),
            SentenceKind::Change => theme.strong(),
            SentenceKind::Detail => theme.text(),
            SentenceKind::Warning => theme.warning(),
            SentenceKind::Error => theme.error(),
        }
    }
}

/// Draws as many of the latest sentences as fit, wrapped, the newest last. One that does
/// not fit whole ends in an ellipsis.
pub fn draw_sentences(sentences: &[Sentence], area: Rect, buf: &mut Buffer, theme: &Theme) {
    let columns = usize::from(area.width.saturating_sub(2));
    let wanted = sentences.iter().map(|s| wrap(&spell(&s.text, theme.glyphs), columns.max(1)).len());
    let wanted = wanted.rev().take(usize::from(area.height)).sum::<usize>();
    let mut bottom = area.y + area.height.min(u16::try_from(wanted).unwrap_or(u16::MAX));
    for sentence in sentences.iter().rev() {
        let room = usize::from(bottom.saturating_sub(area.y));
        if room == 0 || columns == 0 {
            break;
        }
        let mut lines = wrap(&spell(&sentence.text, theme.glyphs), columns);
        if lines.len() > room {
            lines.truncate(room);
            if let Some(last) = lines.last_mut() {
                *last = fit(&format!("{}…", fit(last, columns.saturating_sub(1))), columns).replace("……", "…");
            }
        }
        bottom -= lines.len() as u16;
        let (sign, sign_style) = sentence.sign(theme);
        put(buf, area.x, bottom, 1, sign, sign_style, theme.glyphs);
        for (line, y) in lines.iter().zip(bottom..) {
            put(buf, area.x + 2, y, area.width - 2, line, sentence.style(theme), theme.glyphs);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Glyphs, Palette, to_text};

    #[test]
    fn the_newest_is_at_the_bottom_and_the_oldest_is_cut() {
        let sentence = |text: &str, fresh| Sentence { text: text.into(), kind: SentenceKind::Change, fresh };
        let all = [sentence("old and rather long, too long for it", false), sentence("new one here", true)];
        let area = Rect::new(0, 0, 20, 2);
        let mut buf = Buffer::empty(area);
        draw_sentences(&all, area, &mut buf, &Theme { palette: Palette::Dark, glyphs: Glyphs::Unicode });
        assert_eq!(to_text(&buf), "● old and rather…\n● new one here\n");
    }
}
