//! Home: the labs, one line each.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use crate::labs::REGISTRY;
use crate::picture::{Theme, pad, put, wrap};

/// What home wants after an event.
#[derive(Clone, Copy)]
pub(super) enum HomeAction {
    Stay,
    Quit,
    Help,
    Open(usize),
}

/// Which lab is chosen, and what there is to say.
#[derive(Default)]
pub(super) struct Home {
    chosen: usize,
    message: Option<String>,
}

const INTRO: &str = "Learn how large systems scale, break and heal by doing it. Every picture is drawn from the real \
                     algorithm, and every figure stands beside what theory says.";

impl Home {
    /// Says something under the list.
    pub(super) fn say(&mut self, message: String) {
        self.message = Some(message);
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> HomeAction {
        let count = REGISTRY.len();
        match key.code {
            KeyCode::Down | KeyCode::Char('j') | KeyCode::Tab => self.chosen = (self.chosen + 1) % count,
            KeyCode::Up | KeyCode::Char('k') | KeyCode::BackTab => self.chosen = (self.chosen + count - 1) % count,
            KeyCode::Home => self.chosen = 0,
            KeyCode::End => self.chosen = count - 1,
            KeyCode::Enter | KeyCode::Right | KeyCode::Char('l' | ' ') => return HomeAction::Open(self.chosen),
            KeyCode::Char(digit @ '1'..='9') => {
                let index = digit as usize - '1' as usize;
                return if index < count { HomeAction::Open(index) } else { HomeAction::Stay };
            }
            KeyCode::Char('?') => return HomeAction::Help,
            KeyCode::Char('q') | KeyCode::Esc => return HomeAction::Quit,
            _ => {}
        }
        HomeAction::Stay
    }

    pub(super) fn mouse(&mut self, mouse: MouseEvent, area: Rect) -> Option<HomeAction> {
        let at = Position { x: mouse.column, y: mouse.row };
        let index = (0..REGISTRY.len()).find(|i| row(area, *i).contains(at))?;
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => Some(HomeAction::Open(index)),
            MouseEventKind::Moved if self.chosen != index => {
                self.chosen = index;
                Some(HomeAction::Stay)
            }
            _ => None,
        }
    }

    pub(super) fn draw(&self, area: Rect, buf: &mut Buffer, theme: Theme) {
        let page = page(area);
        let line = |buf: &mut Buffer, y: u16, text: &str, style| {
            if y < page.bottom() {
                put(buf, page.x, y, page.width, text, style, theme.glyphs);
            }
        };
        line(buf, page.y, "scalelab", theme.title());
        for (y, text) in (page.y + 1..).zip(intro(page)) {
            line(buf, y, &text, theme.dim());
        }
        for (i, lab) in REGISTRY.iter().enumerate() {
            let row = row(area, i);
            let mark = if i == self.chosen { theme.glyphs.pick("▶ ", "> ") } else { "  " };
            let text = format!("{mark}{}{}", pad(lab.info.name, 10), lab.info.summary);
            let style = if i == self.chosen { theme.selected() } else { theme.text() };
            let text = if i == self.chosen { pad(&text, usize::from(row.width)) } else { text };
            line(buf, row.y, &text, style);
        }
        if let Some(message) = &self.message {
            line(buf, row(area, REGISTRY.len() + 1).y, message, theme.error());
        }
        let hints = "↑↓ choose   Enter open   ? help   q quit";
        line(buf, page.bottom().saturating_sub(1), hints, theme.key_hint());
    }
}

/// The page within the screen: a margin where there is room.
fn page(area: Rect) -> Rect {
    let (dx, dy) = (if area.width >= 40 { 4 } else { 0 }, if area.height >= 12 { 2 } else { 0 });
    let width = (area.width - 2 * dx).min(100);
    Rect { x: area.x + dx, y: area.y + dy, width, height: area.height - 2 * dy.min(1) - dy.saturating_sub(1) }
}

fn intro(page: Rect) -> Vec<String> {
    if page.height < 10 { Vec::new() } else { wrap(INTRO, usize::from(page.width)) }
}

/// The line of a lab.
fn row(area: Rect, index: usize) -> Rect {
    let page = page(area);
    let top = page.y + 1 + intro(page).len() as u16 + u16::from(page.height >= 10);
    Rect { y: top.saturating_add(index as u16), height: 1, ..page }
}
