//! Five minutes a day: questions from lessons that are done, when they are about to be forgotten.
//!
//! ```text
//!  Review                                   question 2 of 5
//!  The ring: only the due keys move
//!
//!  Why did no key move between the old nodes?
//!  ▶ 1  Because the old nodes kept their places …
//!    2  …
//!
//!  Enter answer   H hint   Esc map
//! ```

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use super::choices::choice_lines;
use super::home::calibration_lines;
use super::learning::{DueCard, Learning, MOST_CARDS, in_words};
use crate::engine::numbers::plural;
use crate::lessons::moved;
use crate::lessons::progress::Recalled;
use crate::picture::{TextLine, Theme, Tone, draw_lines, markdown, paragraph, put, unmarked};

/// What a review wants after an event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ReviewAction {
    Stay,
    Leave,
    Quit,
    Help,
}

/// A round of questions.
pub(super) struct Review {
    cards: Vec<DueCard>,
    at: usize,
    /// The choice that the cursor is on: none, until the learner moves it.
    cursor: Option<usize>,
    hints: usize,
    /// The choice that was made for this question.
    answer: Option<usize>,
    right: usize,
    top: usize,
    rows: Vec<Range<usize>>,
    hidden: usize,
}

impl Review {
    pub(super) fn new(learning: &Learning) -> Self {
        let mut cards = learning.due();
        cards.truncate(MOST_CARDS);
        let (rows, hidden) = (Vec::new(), 0);
        Self { cards, at: 0, cursor: None, hints: 0, answer: None, right: 0, top: 0, rows, hidden }
    }

    pub(super) fn key(&mut self, key: KeyEvent, learning: &mut Learning) -> ReviewAction {
        let choices = self.cards.get(self.at).map_or(0, |card| card.question.choices.len());
        match key.code {
            KeyCode::Char('q') => return ReviewAction::Quit,
            KeyCode::Esc => return ReviewAction::Leave,
            KeyCode::Char('?') => return ReviewAction::Help,
            KeyCode::Enter if self.at >= self.cards.len() => return ReviewAction::Leave,
            KeyCode::Enter if self.answer.is_some() => self.next(),
            KeyCode::Enter => self.submit(learning),
            KeyCode::PageDown => self.top = (self.top + 5).min(self.hidden),
            KeyCode::PageUp => self.top = self.top.saturating_sub(5),
            _ if choices == 0 || self.answer.is_some() => {}
            KeyCode::Down | KeyCode::Char('j') => self.cursor = Some(moved(self.cursor, 1, choices)),
            KeyCode::Up | KeyCode::Char('k') => self.cursor = Some(moved(self.cursor, -1, choices)),
            KeyCode::Char(digit @ '1'..='9') => {
                let index = digit as usize - '1' as usize;
                self.cursor = Some(index).filter(|i| *i < choices).or(self.cursor);
            }
            KeyCode::Char('H') => {
                let most = self.cards.get(self.at).map_or(0, |card| card.question.hints.len());
                self.hints = (self.hints + 1).min(most);
            }
            _ => {}
        }
        ReviewAction::Stay
    }

    fn submit(&mut self, learning: &mut Learning) {
        let (Some(card), Some(cursor)) = (self.cards.get(self.at), self.cursor) else { return };
        let right = card.question.choices.get(cursor).is_some_and(|choice| choice.right);
        let recalled = match (right, self.hints) {
            (false, _) => Recalled::No,
            (true, 0) => Recalled::Yes,
            (true, _) => Recalled::WithHint,
        };
        learning.review(&card.id, recalled);
        self.right += usize::from(right);
        self.answer = Some(cursor);
    }

    fn next(&mut self) {
        self.at += 1;
        (self.cursor, self.hints, self.answer, self.top) = (None, 0, None, 0);
    }

    pub(super) fn mouse(&mut self, mouse: MouseEvent, area: Rect, learning: &mut Learning) -> Option<ReviewAction> {
        let page = page(area);
        match mouse.kind {
            MouseEventKind::ScrollDown => Some(self.key(KeyEvent::from(KeyCode::PageDown), learning)),
            MouseEventKind::ScrollUp => Some(self.key(KeyEvent::from(KeyCode::PageUp), learning)),
            MouseEventKind::Down(MouseButton::Left) => {
                let row = usize::from(mouse.row.checked_sub(page.y)?) + self.top;
                let choice = self.rows.iter().position(|rows| rows.contains(&row));
                match choice {
                    Some(choice) if self.answer.is_none() && self.cursor != Some(choice) => {
                        self.cursor = Some(choice);
                        Some(ReviewAction::Stay)
                    }
                    _ => Some(self.key(KeyEvent::from(KeyCode::Enter), learning)),
                }
            }
            _ => None,
        }
    }

    pub(super) fn draw(&mut self, area: Rect, buf: &mut Buffer, theme: Theme, learning: &Learning) {
        let page = page(area);
        let columns = usize::from(page.width);
        self.rows.clear();
        let mut lines = match self.cards.get(self.at) {
            Some(_) => self.question(columns),
            None => self.summary(columns, learning),
        };
        let rows = usize::from(page.height.saturating_sub(1));
        self.hidden = lines.len().saturating_sub(rows);
        self.top = self.top.min(self.hidden);
        lines.drain(..self.top);
        draw_lines(&lines, Rect { height: page.height.saturating_sub(1), ..page }, buf, &theme);
        let keys = match (self.cards.get(self.at), self.answer) {
            (None, _) => "Enter map   q quit",
            (Some(_), None) if self.cursor.is_none() => "↑↓ or a digit chooses   H hint   Esc map",
            (Some(_), None) => "↑↓ choose   Enter answer   H hint   Esc map",
            (Some(_), Some(_)) => "Enter next   Esc map",
        };
        let more = if self.hidden > self.top { "   PgDn more" } else { "" };
        let y = page.bottom().saturating_sub(1);
        put(buf, page.x, y, page.width, &format!("{keys}{more}"), theme.key_hint(), theme.glyphs);
    }

    fn question(&mut self, columns: usize) -> Vec<TextLine> {
        let Some(card) = self.cards.get(self.at) else { return Vec::new() };
        let place = format!("Review: question {} of {}", self.at + 1, self.cards.len());
        let mut lines = vec![TextLine::of(place, Tone::Heading)];
        lines.extend(paragraph(&unmarked(&card.lesson), columns, Tone::Quiet));
        lines.push(TextLine::default());
        lines.extend(markdown(&card.question.text, columns));
        lines.push(TextLine::default());
        lines.extend(paragraph(&unmarked(&card.question.question), columns, Tone::Strong));
        lines.push(TextLine::default());
        let choices: Vec<String> = card.question.choices.iter().map(|c| c.text.clone()).collect();
        match self.answer.and_then(|i| card.question.choices.get(i)) {
            None => {
                let (offered, rows) = choice_lines(&choices, self.cursor, columns);
                let first = lines.len();
                self.rows = rows.into_iter().map(|r| r.start + first..r.end + first).collect();
                lines.extend(offered);
                for hint in card.question.hints.iter().take(self.hints) {
                    lines.push(TextLine::default());
                    lines.extend(markdown(&format!("Hint: {hint}"), columns));
                }
            }
            Some(given) => {
                let (sign, tone) = if given.right { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
                lines.extend(paragraph(&format!("{sign} {}", unmarked(&given.text)), columns, tone));
                lines.push(TextLine::default());
                lines.extend(markdown(&given.reply, columns));
                if let Some(right) = card.question.choices.iter().find(|c| c.right && !given.right) {
                    lines.push(TextLine::default());
                    lines.extend(paragraph(&format!("✓ {}", unmarked(&right.text)), columns, Tone::Good));
                    lines.extend(markdown(&right.reply, columns));
                }
            }
        }
        lines
    }

    fn summary(&self, columns: usize, learning: &Learning) -> Vec<TextLine> {
        let mut lines = vec![TextLine::of("Review", Tone::Heading), TextLine::default()];
        let text = match self.cards.len() {
            0 => "Nothing is due. Questions of lessons that you finish come back here, just before you would forget them."
                .to_owned(),
            all => format!("Done: {} of {all} question{} right.", self.right, plural(all as u64)),
        };
        lines.extend(paragraph(&text, columns, Tone::Strong));
        let left = learning.due().len();
        let next = match learning.next_due_in() {
            _ if left > 0 => Some(format!("{left} more are due; they can wait until tomorrow.")),
            Some(seconds) => Some(format!("The next question is due {}.", in_words(seconds))),
            None => None,
        };
        lines.extend(next.iter().flat_map(|text| paragraph(text, columns, Tone::Plain)));
        lines.extend(calibration_lines(&learning.progress, columns));
        lines
    }
}

/// A column of text in the middle, not too wide to read.
fn page(area: Rect) -> Rect {
    let width = area.width.saturating_sub(4).min(76);
    let top = u16::from(area.height >= 20) + area.height.saturating_sub(24) / 6;
    Rect { x: area.x + (area.width - width) / 2, y: area.y + top, width, height: area.height - top }
}
