//! The command palette: one line, completions under it, errors in place.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use tui_input::backend::crossterm::EventHandler;
use tui_input::{Input, InputRequest};

use super::popup::popup;
use crate::engine::command_line::MAX_LINE;
use crate::labs::OpenLab;
use crate::picture::{Theme, pad, put, visible, width, wrap};

/// Most completions shown.
const SHOWN: usize = 6;

/// What the palette wants after a key.
pub(super) enum PaletteAction {
    Stay,
    Close,
    Run(String),
}

/// A line being typed.
pub(super) struct Palette {
    input: Input,
    found: Vec<String>,
    chosen: Option<usize>,
    error: Option<String>,
    history: Vec<String>,
    recalled: Option<usize>,
}

impl Palette {
    /// Opens with the start of a line; `history` is what was typed before, oldest first.
    pub(super) fn new(start: &str, history: Vec<String>, lab: &dyn OpenLab) -> Self {
        let input = Input::new(start.to_owned());
        let mut palette = Self { input, found: Vec::new(), chosen: None, error: None, history, recalled: None };
        palette.search(lab);
        palette
    }

    /// Shows why the line was refused.
    pub(super) fn refuse(&mut self, error: String) {
        self.error = Some(error);
    }

    pub(super) fn paste(&mut self, text: &str, lab: &dyn OpenLab) {
        let line = text.lines().next().unwrap_or_default();
        for c in line.chars().take(MAX_LINE.saturating_sub(self.input.value().len())) {
            self.input.handle(InputRequest::InsertChar(c));
        }
        self.search(lab);
    }

    pub(super) fn key(&mut self, key: KeyEvent, lab: &dyn OpenLab) -> PaletteAction {
        match key.code {
            KeyCode::Esc => return PaletteAction::Close,
            KeyCode::Enter => return self.submit(lab),
            KeyCode::Tab => {
                self.take(self.chosen.unwrap_or(0));
                self.search(lab);
            }
            KeyCode::Down if !self.found.is_empty() => {
                self.chosen = Some(self.chosen.map_or(0, |i| (i + 1) % self.found.len()));
            }
            KeyCode::Up if self.chosen.is_some_and(|i| i > 0) => self.chosen = self.chosen.map(|i| i - 1),
            KeyCode::Up => self.recall(lab),
            _ => {
                if self.input.value().len() < MAX_LINE || !matches!(key.code, KeyCode::Char(_)) {
                    self.input.handle_event(&Event::Key(key));
                }
                self.search(lab);
            }
        }
        PaletteAction::Stay
    }

    fn submit(&mut self, lab: &dyn OpenLab) -> PaletteAction {
        let unfinished = self.input.value().is_empty() || self.input.value().ends_with(' ');
        if let Some(chosen) = self.chosen.filter(|_| unfinished || self.recalled.is_none()) {
            self.take(chosen);
            let line = self.input.value().trim().to_owned();
            self.search(lab);
            // A command that needs a value still: go on typing.
            let needs = lab.definition().find_subcommand(&line).is_some_and(|c| c.get_positionals().next().is_some());
            if needs {
                return PaletteAction::Stay;
            }
        }
        let line = self.input.value().trim().to_owned();
        if line.is_empty() { PaletteAction::Close } else { PaletteAction::Run(line) }
    }

    /// Puts a completion in place of the last word.
    fn take(&mut self, index: usize) {
        let Some(found) = self.found.get(index) else { return };
        let line = self.input.value();
        let start = if line.ends_with(char::is_whitespace) {
            line.len()
        } else {
            line.rfind(char::is_whitespace).map_or(0, |i| i + 1)
        };
        self.input = Input::new(format!("{}{found} ", &line[..start]));
    }

    fn recall(&mut self, lab: &dyn OpenLab) {
        let next = self.recalled.map_or(self.history.len(), |i| i).checked_sub(1);
        if let Some(line) = next.and_then(|i| self.history.get(i)) {
            self.input = Input::new(line.clone());
            self.recalled = next;
            self.search(lab);
        }
    }

    fn search(&mut self, lab: &dyn OpenLab) {
        self.error = None;
        self.found = lab.complete(self.input.value());
        let line = self.input.value();
        self.found.retain(|f| !line.ends_with(f.as_str()) || line.is_empty());
        // Offered ready to take when the line waits for a value.
        self.chosen = (line.ends_with(' ') && !self.found.is_empty()).then_some(0);
    }

    /// Draws the palette at the bottom of an area; gives the place of the cursor.
    pub(super) fn draw(&self, area: Rect, buf: &mut Buffer, theme: Theme, lab: &dyn OpenLab) -> Option<Position> {
        let inner_width = usize::from(area.width.saturating_sub(6)).clamp(1, 90);
        let errors = self.error.as_ref().map_or_else(Vec::new, |e| wrap(&visible(e), inner_width));
        let rows = if errors.is_empty() { self.found.len().clamp(1, SHOWN) } else { errors.len().min(SHOWN) };
        let height = (rows as u16 + 3).min(area.height);
        let boxed = Rect {
            x: area.x + u16::from(area.width > 60),
            y: area.bottom().saturating_sub(height + u16::from(area.height > height)),
            width: (inner_width as u16 + 4).min(area.width),
            height,
        };
        let inner = popup(boxed, "command", buf, theme);
        let room = usize::from(inner.width.saturating_sub(3)).max(1);
        let scroll = self.input.visual_scroll(room);
        let line: String = visible(self.input.value()).chars().skip(scroll).collect();
        put(buf, inner.x, inner.y, inner.width, &format!(": {line}"), theme.strong(), theme.glyphs);
        let mut y = inner.y + 1;
        for text in errors.iter().take(SHOWN) {
            if y < inner.bottom() {
                put(buf, inner.x, y, inner.width, text, theme.error(), theme.glyphs);
            }
            y += 1;
        }
        if errors.is_empty() {
            self.draw_found(Rect { y, height: inner.bottom().saturating_sub(y), ..inner }, buf, theme, lab);
        }
        let cursor = self.input.visual_cursor().saturating_sub(scroll).min(room);
        Some(Position { x: inner.x + 2 + cursor as u16, y: inner.y })
    }

    fn draw_found(&self, area: Rect, buf: &mut Buffer, theme: Theme, lab: &dyn OpenLab) {
        if self.found.is_empty() && area.height > 0 {
            let text = self.about(lab).unwrap_or_else(|| "Enter runs it, Esc closes".to_owned());
            put(buf, area.x, area.y, area.width, &text, theme.dim(), theme.glyphs);
            return;
        }
        let first = self.chosen.map_or(0, |i| (i + 1).saturating_sub(SHOWN));
        let widest = self.found.iter().map(|f| width(f)).max().unwrap_or(0).clamp(8, 24);
        for (y, (i, found)) in (area.top()..area.bottom()).zip(self.found.iter().enumerate().skip(first)) {
            let command = lab.definition().find_subcommand(found).filter(|_| !self.input.value().trim().contains(' '));
            let about = command.and_then(|c| c.get_about()).map(ToString::to_string).unwrap_or_default();
            let text = format!("{}  {about}", pad(found, widest));
            let style = if self.chosen == Some(i) { theme.selected() } else { theme.dim() };
            put(buf, area.x + 2, y, area.width.saturating_sub(2), &text, style, theme.glyphs);
        }
    }

    /// What the command that is typed does and takes.
    fn about(&self, lab: &dyn OpenLab) -> Option<String> {
        let name = self.input.value().split_whitespace().next()?;
        let mut command = lab.definition().find_subcommand(name)?.clone();
        let usage = command.render_usage().to_string();
        Some(format!("{}: {}", usage.trim_start_matches("Usage:").trim(), command.get_about()?))
    }
}
