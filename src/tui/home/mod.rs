//! Home: where to go on, what is due, the map of units, and the labs.

mod details;
mod draw;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::learning::Learning;
use crate::labs::REGISTRY;
use crate::lessons::Step;
use crate::lessons::library::{LessonEntry, UnitEntry};
use crate::lessons::progress::Progress;
use crate::picture::{TextLine, Theme};

/// What home wants after an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HomeAction {
    Stay,
    Quit,
    Help,
    /// The lab with this index.
    Lab(usize),
    /// The lesson with this id, where it was left.
    Lesson(String),
    /// The challenge of the lesson with this id.
    TestOut(String),
    Review,
}

/// A line that can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Continue,
    Review,
    Unit(usize),
    Lab(usize),
}

/// What is chosen, and what there is to say.
#[derive(Default)]
pub(super) struct Home {
    chosen: usize,
    /// The lesson that is chosen, while one looks into a unit.
    lesson: Option<usize>,
    message: Option<String>,
    /// Screen rows of the items, and of the lessons, as drawn last.
    rows: Vec<(Rect, usize)>,
    lesson_rows: Vec<(Rect, usize)>,
}

/// How sure the learner said to be, against how often it came true; nothing while nothing was predicted.
pub(super) fn calibration_lines(progress: &Progress, columns: usize) -> Vec<TextLine> {
    details::calibration(progress, columns)
}

impl Home {
    /// Says something under the list.
    pub(super) fn say(&mut self, message: String) {
        self.message = Some(message);
    }

    fn items(learning: &Learning) -> Vec<Item> {
        let mut items = Vec::new();
        if learning.next().is_some() {
            items.push(Item::Continue);
        }
        items.push(Item::Review);
        items.extend((0..learning.library.units.len()).map(Item::Unit));
        items.extend((0..REGISTRY.len()).map(Item::Lab));
        items
    }

    fn item(&self, learning: &Learning) -> Option<Item> {
        let items = Self::items(learning);
        items.get(self.chosen.min(items.len().saturating_sub(1))).copied()
    }

    fn unit<'a>(&self, learning: &'a Learning) -> Option<&'a UnitEntry> {
        match self.item(learning)? {
            Item::Unit(index) => learning.library.units.get(index),
            _ => None,
        }
    }

    fn chosen_lesson<'a>(&self, learning: &'a Learning) -> Option<&'a LessonEntry> {
        self.unit(learning)?.lessons.get(self.lesson?)
    }

    pub(super) fn key(&mut self, key: KeyEvent, learning: &Learning) -> HomeAction {
        self.message = None;
        match key.code {
            KeyCode::Char('?') => return HomeAction::Help,
            KeyCode::Char('q') => return HomeAction::Quit,
            _ => {}
        }
        if self.lesson.is_some() { self.lesson_key(key.code, learning) } else { self.list_key(key.code, learning) }
    }

    fn list_key(&mut self, code: KeyCode, learning: &Learning) -> HomeAction {
        let count = Self::items(learning).len();
        self.chosen = self.chosen.min(count.saturating_sub(1));
        match code {
            KeyCode::Down | KeyCode::Char('j') | KeyCode::Tab => self.chosen = (self.chosen + 1) % count,
            KeyCode::Up | KeyCode::Char('k') | KeyCode::BackTab => self.chosen = (self.chosen + count - 1) % count,
            KeyCode::Home => self.chosen = 0,
            KeyCode::End => self.chosen = count - 1,
            KeyCode::Enter | KeyCode::Right | KeyCode::Char('l' | ' ') => return self.open(learning),
            KeyCode::Char(digit @ '1'..='9') => {
                let index = digit as usize - '1' as usize;
                return if index < REGISTRY.len() { HomeAction::Lab(index) } else { HomeAction::Stay };
            }
            KeyCode::Esc => return HomeAction::Quit,
            _ => {}
        }
        HomeAction::Stay
    }

    /// Opens what is chosen; a unit is looked into, at its first lesson that is not done.
    fn open(&mut self, learning: &Learning) -> HomeAction {
        match self.item(learning) {
            Some(Item::Continue) => {
                learning.next().map_or(HomeAction::Stay, |entry| HomeAction::Lesson(entry.lesson.id.clone()))
            }
            Some(Item::Review) => HomeAction::Review,
            Some(Item::Unit(index)) => {
                let lessons = learning.library.units.get(index).map_or(&[][..], |unit| &unit.lessons);
                let next = learning.next().map(|entry| entry.lesson.id.as_str());
                let at = lessons.iter().position(|entry| Some(entry.lesson.id.as_str()) == next).unwrap_or(0);
                self.lesson = (!lessons.is_empty()).then_some(at);
                HomeAction::Stay
            }
            Some(Item::Lab(index)) => HomeAction::Lab(index),
            None => HomeAction::Stay,
        }
    }

    fn lesson_key(&mut self, code: KeyCode, learning: &Learning) -> HomeAction {
        let count = self.unit(learning).map_or(0, |unit| unit.lessons.len());
        let at = self.lesson.unwrap_or(0).min(count.saturating_sub(1));
        if count == 0 {
            self.lesson = None;
            return HomeAction::Stay;
        }
        match code {
            KeyCode::Down | KeyCode::Char('j') | KeyCode::Tab => self.lesson = Some((at + 1) % count),
            KeyCode::Up | KeyCode::Char('k') | KeyCode::BackTab => self.lesson = Some((at + count - 1) % count),
            KeyCode::Home => self.lesson = Some(0),
            KeyCode::End => self.lesson = Some(count - 1),
            KeyCode::Esc | KeyCode::Left | KeyCode::Char('h') => self.lesson = None,
            KeyCode::Enter | KeyCode::Right | KeyCode::Char('l' | ' ') => {
                if let Some(entry) = self.chosen_lesson(learning) {
                    return HomeAction::Lesson(entry.lesson.id.clone());
                }
            }
            KeyCode::Char('t') => return self.test_out(learning),
            _ => {}
        }
        HomeAction::Stay
    }

    fn test_out(&mut self, learning: &Learning) -> HomeAction {
        match self.chosen_lesson(learning) {
            Some(entry) if has_challenge(entry) => HomeAction::TestOut(entry.lesson.id.clone()),
            Some(_) => {
                self.message = Some("This lesson has no challenge to test out by.".to_owned());
                HomeAction::Stay
            }
            None => HomeAction::Stay,
        }
    }

    pub(super) fn mouse(&mut self, mouse: MouseEvent, learning: &Learning) -> Option<HomeAction> {
        let at = Position { x: mouse.column, y: mouse.row };
        let under = |rows: &[(Rect, usize)]| rows.iter().find(|(row, _)| row.contains(at)).map(|(_, i)| *i);
        let pressed = match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => true,
            MouseEventKind::Moved => false,
            MouseEventKind::ScrollDown => return Some(self.key(KeyEvent::from(KeyCode::Down), learning)),
            MouseEventKind::ScrollUp => return Some(self.key(KeyEvent::from(KeyCode::Up), learning)),
            _ => return None,
        };
        if let Some(index) = under(&self.lesson_rows) {
            if !pressed && self.lesson.is_none_or(|lesson| lesson == index) {
                return None;
            }
            self.lesson = Some(index);
            return Some(if pressed { self.lesson_key(KeyCode::Enter, learning) } else { HomeAction::Stay });
        }
        let index = under(&self.rows)?;
        if !pressed && (self.chosen == index || self.lesson.is_some()) {
            return None;
        }
        (self.chosen, self.lesson) = (index, None);
        Some(if pressed { self.open(learning) } else { HomeAction::Stay })
    }

    pub(super) fn draw(&mut self, area: Rect, buf: &mut Buffer, theme: Theme, learning: &Learning) {
        draw::draw(self, area, buf, theme, learning);
    }
}

fn has_challenge(entry: &LessonEntry) -> bool {
    entry.lesson.steps.iter().any(|step| matches!(step, Step::Challenge(_)))
}
