//! Help: the keys and the commands, all from their definitions.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use super::popup::{centred, popup};
use crate::labs::OpenLab;
use crate::picture::{Theme, pad, put, visible, width, wrap};

/// Keys that mean the same in every lab.
pub(super) const COMMON_KEYS: &[(&str, &str)] = &[
    ("space", "run or pause the clock"),
    ("→ l", "one step on"),
    ("← h", "one step back"),
    ("Home End", "to the start, to now"),
    ("+ -", "faster, slower"),
    ("1 … 9, Tab", "the lab's views"),
    (":", "command palette: completes, explains, shows errors"),
    ("[ ]", "other futures: what you did before you stepped back and chose anew"),
    ("PgUp PgDn", "older and newer sentences"),
    ("r, R", "restart with the same seed, with the next seed"),
    ("Esc", "back; while something works: stops it"),
    ("q, Ctrl-C", "quits; while something works, Ctrl-C stops it first"),
    ("Ctrl-Z, Ctrl-L", "suspends, draws everything again"),
    ("mouse", "click nodes, keys, bars, hints; click or wheel on the time line"),
    ("M", "frees the mouse, so that the terminal selects text; again: takes it back"),
];

/// One line of help.
pub(super) enum HelpLine {
    Heading(String),
    Pair(String, String),
    Plain(String),
}

/// A page of help that scrolls.
pub(super) struct Help {
    lines: Vec<HelpLine>,
    top: usize,
    /// Lines that do not fit, as of the last drawing.
    hidden: usize,
}

impl Help {
    pub(super) fn new(lines: Vec<HelpLine>) -> Self {
        Self { lines, top: 0, hidden: usize::MAX }
    }

    /// Takes a key; `true` closes the help.
    pub(super) fn key(&mut self, key: KeyEvent) -> bool {
        match key.code {
            KeyCode::Down | KeyCode::Char('j') => self.scroll(1),
            KeyCode::Up | KeyCode::Char('k') => self.scroll(-1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.scroll(10),
            KeyCode::PageUp => self.scroll(-10),
            KeyCode::Home => self.top = 0,
            KeyCode::End => self.top = self.hidden,
            _ => return true,
        }
        false
    }

    /// Takes a mouse event; `true` closes the help.
    pub(super) fn mouse(&mut self, mouse: MouseEvent) -> bool {
        match mouse.kind {
            MouseEventKind::ScrollDown => self.scroll(3),
            MouseEventKind::ScrollUp => self.scroll(-3),
            MouseEventKind::Down(_) => return true,
            _ => {}
        }
        false
    }

    fn scroll(&mut self, by: isize) {
        self.top = self.top.saturating_add_signed(by).min(self.hidden);
    }

    pub(super) fn draw(&mut self, area: Rect, buf: &mut Buffer, theme: Theme) {
        let boxed = centred(area, 92, area.height.saturating_sub(2).max(area.height.min(6)));
        let inner = popup(boxed, "help", buf, theme);
        let rows = self.rows(usize::from(inner.width), theme);
        self.hidden = rows.len().saturating_sub(usize::from(inner.height.saturating_sub(1)));
        self.top = self.top.min(self.hidden);
        for (y, (text, style)) in (inner.top()..inner.bottom().saturating_sub(1)).zip(rows.iter().skip(self.top)) {
            put(buf, inner.x, y, inner.width, text, *style, theme.glyphs);
        }
        let more = self.hidden - self.top;
        let hint = if more > 0 { format!("↓ {more} more lines   Esc closes") } else { "Esc closes".to_owned() };
        put(buf, inner.x, inner.bottom().saturating_sub(1), inner.width, &hint, theme.key_hint(), theme.glyphs);
    }

    fn rows(&self, columns: usize, theme: Theme) -> Vec<(String, ratatui::style::Style)> {
        let mut rows = Vec::new();
        for line in &self.lines {
            match line {
                HelpLine::Heading(text) => {
                    if !rows.is_empty() {
                        rows.push((String::new(), theme.text()));
                    }
                    rows.push((text.clone(), theme.accent()));
                }
                HelpLine::Plain(text) => rows.push((text.clone(), theme.text())),
                HelpLine::Pair(left, right) => {
                    let margin = 32.min(columns / 2);
                    let wide = width(left) >= margin;
                    let mut wrapped = wrap(right, columns.saturating_sub(margin).max(8)).into_iter();
                    if wide {
                        rows.push((left.clone(), theme.text()));
                    } else {
                        let first = wrapped.next().unwrap_or_default();
                        rows.push((format!("{}{first}", pad(left, margin)), theme.text()));
                    }
                    rows.extend(wrapped.map(|text| (format!("{}{text}", pad("", margin)), theme.text())));
                }
            }
        }
        rows
    }
}

/// Keys of a lesson, beside those of its lab.
const LESSON_KEYS: &[(&str, &str)] = &[
    ("Enter", "answer, or go on"),
    ("↑ ↓, 1 … 9", "choose an answer; in a step that asks, views are on Tab"),
    ("H", "a hint: a nudge, then the rule, then the next command"),
    ("S", "show me: plays a way to the goal; ← and → walk through it"),
    ("B", "back: this step from its start, then the step before"),
    ("r", "this step from its start, with the lab as it was"),
    ("T", "the lab alone on the screen, and the text again"),
    ("PgUp PgDn", "scroll the text"),
    ("Esc", "to the map: your place is kept"),
];

/// Help for a lesson: its own keys, then the lab's.
pub(super) fn lesson_page(lab: &dyn OpenLab) -> Vec<HelpLine> {
    let mut lines = vec![HelpLine::Heading("Keys in every lesson".to_owned())];
    lines.extend(LESSON_KEYS.iter().map(|(key, what)| HelpLine::Pair((*key).to_owned(), (*what).to_owned())));
    lines.extend(lab_page(Some(lab)));
    lines
}

/// Help for a lab, or for home.
pub(super) fn lab_page(lab: Option<&dyn OpenLab>) -> Vec<HelpLine> {
    let mut lines = Vec::new();
    let pair = |left: &str, right: &str| HelpLine::Pair(left.to_owned(), right.to_owned());
    if let Some(lab) = lab {
        lines.push(HelpLine::Heading(format!("{}: {}", lab.info().title, lab.info().summary)));
        for key in lab.info().keys {
            lines.push(pair(&format!("{}  {}", key.key, key.label), &format!("types `{}`", key.command.trim_end())));
        }
        lines.push(HelpLine::Heading("Views".to_owned()));
        lines.extend((1..).zip(lab.info().views).map(|(i, v)| pair(&format!("{i}  {}", v.name), v.help)));
        lines.push(HelpLine::Heading("Commands, after `:`".to_owned()));
        for command in lab.definition().clone().get_subcommands_mut() {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let usage = command.render_usage().to_string();
            lines.push(pair(usage.trim_start_matches("Usage:").trim(), &about));
        }
    } else {
        lines.push(HelpLine::Plain(
            "Choose with the arrow keys and Enter, or click. In a unit, `t` tests out of a lesson by its challenge."
                .to_owned(),
        ));
    }
    lines.push(HelpLine::Heading("Keys in every lab".to_owned()));
    lines.extend(COMMON_KEYS.iter().map(|(key, what)| pair(key, what)));
    lines
}

/// A text, such as clap's help on one command.
pub(super) fn text_page(text: &str) -> Vec<HelpLine> {
    text.lines().map(|line| HelpLine::Plain(visible(line).into_owned())).collect()
}
