//! Figures: what was observed, with what theory says beside it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{put, put_right};
use super::text::{width, wrap};
use super::theme::Theme;

/// One figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What it counts.
    pub name: String,
    /// What was observed.
    pub value: String,
    /// What theory says, without the word.
    pub theory: Option<String>,
    /// Where theory has it from, or what the figure means; shown where there is room.
    pub note: Option<String>,
    /// Whether it just changed.
    pub changed: bool,
}

impl Figure {
    /// The figure as a line of text: `moved 24.9 % (theory 25.0 %)`.
    pub(super) fn line(&self) -> String {
        let theory = self.theory.as_ref().map_or(String::new(), |t| format!(" (theory {t})"));
        format!("{} {}{theory}", self.name, self.value)
    }
}

/// How the figures stand: name, value and theory in columns, so that the digits compare.
struct Form {
    notes: bool,
    value_end: u16,
    theory: u16,
}

impl Form {
    fn of(figures: &[Figure], columns: u16, notes: bool) -> Self {
        let widest = |f: fn(&Figure) -> &str, most: u16| {
            let fitting = figures.iter().map(|x| width(f(x))).filter(|w| *w <= usize::from(most));
            fitting.max().unwrap_or(0) as u16
        };
        let has_theory = figures.iter().any(|f| f.theory.is_some());
        let theory = widest(|f| f.theory.as_deref().unwrap_or_default(), columns / 3);
        let theory = if has_theory { theory.max(6) + 2 } else { 0 };
        let value_end = columns.saturating_sub(theory);
        Self { notes, value_end, theory }
    }

    /// Whether name and value share a line, and whether theory stands in its column.
    fn fits(&self, figure: &Figure) -> (bool, bool) {
        let name = 1 + width(&figure.name) + 1 + width(&figure.value) <= usize::from(self.value_end);
        let theory = figure.theory.as_ref().is_none_or(|t| width(t) + 2 <= usize::from(self.theory));
        (name, theory)
    }

    fn height(&self, figure: &Figure, columns: u16) -> usize {
        let (name, theory) = self.fits(figure);
        let notes = if self.notes { note_lines(figure, columns).len() } else { 0 };
        1 + usize::from(!name) + usize::from(!theory) + notes
    }
}

fn note_lines(figure: &Figure, columns: u16) -> Vec<String> {
    figure.note.as_ref().map_or_else(Vec::new, |n| wrap(n, usize::from(columns.saturating_sub(3))))
}

/// How many rows the figures take at this width, with or without their notes.
pub fn figures_height(figures: &[Figure], columns: u16, notes: bool) -> u16 {
    let form = Form::of(figures, columns, notes);
    let heading = usize::from(form.theory > 0);
    let rows = heading + figures.iter().map(|f| form.height(f, columns)).sum::<usize>();
    rows.min(usize::from(u16::MAX)) as u16
}

/// Draws the figures from the top of the area, with their notes if all of them fit. What does not
/// fit is left out, the last first.
///
/// ```
/// use ratatui::{buffer::Buffer, layout::Rect};
/// use scalelab::picture::{Figure, Glyphs, Palette, Theme, draw_figures, to_text};
/// let area = Rect::new(0, 0, 30, 2);
/// let mut buf = Buffer::empty(area);
/// let moved = Figure { name: "moved".into(), value: "24.9 %".into(), theory: Some("25.0 %".into()), note: None,
///     changed: true };
/// draw_figures(&[moved], area, &mut buf, &Theme { palette: Palette::Dark, glyphs: Glyphs::Unicode });
/// assert!(to_text(&buf).contains("24.9 %  25.0 %"));
/// ```
pub fn draw_figures(figures: &[Figure], area: Rect, buf: &mut Buffer, theme: &Theme) {
    if area.is_empty() || figures.is_empty() {
        return;
    }
    let notes = figures_height(figures, area.width, true) <= area.height;
    let form = Form::of(figures, area.width, notes);
    let mut y = area.y;
    if form.theory > 0 {
        let value = Rect { width: form.value_end, ..area };
        put_right(buf, value, y, "now", theme.faint_text(), theme.glyphs);
        let both = Rect { width: (form.value_end + form.theory).min(area.width), ..area };
        put_right(buf, both, y, "theory", theme.faint_text(), theme.glyphs);
        y += 1;
    }
    for figure in figures {
        let left = Rect { y, height: area.bottom().saturating_sub(y), ..area };
        if left.is_empty() {
            break;
        }
        y = y.saturating_add(draw_figure(figure, &form, left, buf, theme));
    }
}

/// Draws one figure at the top of the area and returns how many rows it took.
fn draw_figure(figure: &Figure, form: &Form, area: Rect, buf: &mut Buffer, theme: &Theme) -> u16 {
    let (name_fits, theory_fits) = form.fits(figure);
    let (name_style, value_style) =
        if figure.changed { (theme.strong(), theme.strong()) } else { (theme.dim(), theme.text()) };
    let mut y = area.y;
    if figure.changed {
        put(buf, area.x, y, 1, theme.glyphs.pick("▸", ">"), theme.strong(), theme.glyphs);
    }
    let indent = |by: u16| (area.x.saturating_add(by.min(area.width)), area.width.saturating_sub(by));
    let (x, room) = indent(1);
    put(buf, x, y, room, &figure.name, name_style, theme.glyphs);
    y += u16::from(!name_fits);
    if y >= area.bottom() {
        return y - area.y;
    }
    let value = Rect { width: form.value_end.min(area.width), ..area };
    put_right(buf, value, y, &figure.value, value_style, theme.glyphs);
    y += u16::from(!theory_fits);
    if let Some(text) = figure.theory.as_ref().filter(|_| y < area.bottom()) {
        let both = Rect { width: (form.value_end + form.theory).min(area.width), ..area };
        let text = if theory_fits { text.clone() } else { format!("theory {text}") };
        put_right(buf, both, y, &text, theme.dim(), theme.glyphs);
    }
    y += 1;
    if form.notes {
        let (x, room) = indent(3);
        for line in note_lines(figure, area.width) {
            if y >= area.bottom() {
                break;
            }
            put(buf, x, y, room, &line, theme.faint_text(), theme.glyphs);
            y += 1;
        }
    }
    y - area.y
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Glyphs, Palette, to_text};

    fn figures() -> Vec<Figure> {
        let figure = |name: &str, value: &str, theory: Option<&str>, changed| Figure {
            name: name.into(),
            value: value.into(),
            theory: theory.map(Into::into),
            note: Some("1 / (N + 1), for any hash that spreads keys evenly".into()),
            changed,
        };
        vec![
            figure("moved", "24.9 %", Some("25.0 %"), true),
            figure("largest share over the mean", "1.17", Some("1.18"), false),
            figure("keys", "10,000", None, false),
            figure("bound", "1.25", Some("at most 1.25 by construction"), false),
        ]
    }

    #[test]
    fn height_is_what_is_drawn() {
        let theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Ascii };
        for w in 0..60 {
            for notes in [false, true] {
                let h = figures_height(&figures(), w, notes);
                let area = Rect::new(0, 0, w, h);
                let mut buf = Buffer::empty(area);
                draw_figures(&figures(), area, &mut buf, &theme);
                let text = to_text(&buf);
                assert!(text.is_ascii());
                assert!(w < 28 || text.lines().last().is_some_and(|l| !l.is_empty()), "{w} {notes}\n{text}");
                assert!(w < 28 || text.contains("24.9 %  25.0 %"), "{text}");
            }
        }
    }
}
