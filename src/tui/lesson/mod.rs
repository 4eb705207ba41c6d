//! A lesson on the screen: its text, question or goal beside the lab, which stays whole and alive.

mod panel;
mod verdict;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::lab_screen::{LabAction, LabScreen};
use crate::engine::interrupt;
use crate::labs::{Click, OpenLab};
use crate::lessons::{Note, Phase, Session, Step};
use crate::picture::Theme;
use panel::{Page, Panel};

/// Longest number that can be typed.
const MAX_NUMBER: usize = 16;
/// Real time between two looks at a goal while the clock runs, in microseconds.
const LOOK_US: u64 = 250_000;

/// What a lesson's screen wants after an event.
pub(super) enum LessonAction {
    Stay,
    /// Back to the map.
    Leave,
    /// On to the next lesson.
    Next,
    Quit,
    Help,
    /// A text to show, such as help on one command.
    Text(String),
}

/// How the learner did in this lesson, as far as this sitting saw it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) predictions: usize,
    pub(super) came_true: usize,
    pub(super) hints: usize,
}

/// A learner, a lesson, and its lab.
pub(super) struct LessonScreen {
    session: Session,
    lab: LabScreen,
    tally: Tally,
    /// The fewest commands of earlier tries at the challenge.
    best: Option<usize>,
    /// What comes after this lesson.
    next: Option<String>,
    /// Something that happened to the lesson itself, such as a file that cannot be read any more.
    news: Option<String>,
    /// Whether the lab has the whole screen.
    wide: bool,
    /// First row of the text that is shown.
    top: usize,
    /// A hint was just asked for: it is to be seen.
    reveal: bool,
    /// Real time since the goal was last looked at, in microseconds.
    unseen_us: u64,
    /// Step and phase that `top` belongs to.
    place: (usize, u8),
    panel: Panel,
}

impl LessonScreen {
    pub(super) fn new(session: Session, lab: LabScreen, next: Option<String>) -> Self {
        let mut screen = Self {
            session,
            lab,
            tally: Tally::default(),
            best: None,
            next,
            news: None,
            wide: false,
            top: 0,
            reveal: false,
            unseen_us: 0,
            place: (usize::MAX, 0),
            panel: Panel::default(),
        };
        screen.turn_page();
        screen
    }

    pub(super) fn lab(&self) -> &dyn OpenLab {
        self.lab.lab()
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// What was noted since the last call, for the learner's progress.
    pub(super) fn take_notes(&mut self) -> Vec<Note> {
        let notes = self.session.take_notes();
        for note in &notes {
            match note {
                Note::Predicted { right, .. } => {
                    self.tally.predictions += 1;
                    self.tally.came_true += usize::from(*right);
                }
                Note::Hint(_) => self.tally.hints += 1,
                _ => {}
            }
        }
        notes
    }

    /// Says what the best try at this step's challenge was.
    pub(super) fn set_best(&mut self, best: Option<usize>) {
        self.best = best;
    }

    /// Says something about the lesson itself, until the next key.
    pub(super) fn say(&mut self, news: String) {
        self.news = Some(news);
    }

    /// Whether letters are typed rather than pressed.
    pub(super) fn typing(&self) -> bool {
        self.lab.typing()
    }

    /// Draws it another way from now on.
    pub(super) fn set_theme(&mut self, theme: Theme) {
        self.lab.set_theme(theme);
    }

    /// A key has stopped what was at work.
    pub(super) fn stopped(&mut self) {
        self.lab.stopped();
        let session = &mut self.session;
        self.lab.travel(|lab| session.stopped(lab));
    }

    /// Whether time must pass on the screen.
    pub(super) fn animating(&self) -> bool {
        self.lab.animating() || self.session.playing()
    }

    /// Lets real time pass.
    pub(super) fn frame(&mut self, real_us: u64) {
        self.lab.frame(real_us);
        self.unseen_us += real_us;
        self.play_on(!self.lab.animating() || self.unseen_us >= LOOK_US);
    }

    /// Gives the lab what the lesson gives, one command after the other has unfolded; then, when all has come to
    /// rest, looks what came of it, if it is time to.
    fn play_on(&mut self, look: bool) {
        while !self.lab.animating() {
            if interrupt::requested() {
                // What is half done is not judged.
                return;
            }
            let Some(line) = self.session.next_command() else { break };
            self.lab.play(&line);
        }
        if look && self.lab.at_rest() {
            self.unseen_us = 0;
            self.session.look(self.lab.lab());
        }
        self.turn_page();
    }

    /// A new step or phase begins at the top of its text, and a step shows the view that it wants.
    fn turn_page(&mut self) {
        let step = self.session.place().0;
        if step != self.place.0
            && let Some(view) = self.session.step().and_then(Step::view)
        {
            self.lab.show_view(view.saturating_sub(1));
        }
        let place = (step, phase_number(self.session.phase()));
        if place != self.place {
            (self.top, self.place) = (0, place);
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        self.lab.paste(text);
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> LessonAction {
        self.news = None;
        let action = if self.lab.typing() { self.lab_key(key) } else { self.press(key) };
        self.play_on(true);
        action
    }

    fn press(&mut self, key: KeyEvent) -> LessonAction {
        match key.code {
            KeyCode::Char('q') => return LessonAction::Quit,
            KeyCode::Esc if self.wide => self.wide = false,
            KeyCode::Esc => return LessonAction::Leave,
            KeyCode::Char('?') => return LessonAction::Help,
            KeyCode::Char('T') => self.wide = !self.wide,
            KeyCode::PageDown if self.scroll(true) => {}
            KeyCode::PageUp if self.scroll(false) => {}
            _ if self.busy() => return self.hurry(key),
            KeyCode::Enter => return self.enter(),
            KeyCode::Char('H') => {
                self.reveal = self.session.hint();
                self.wide = false;
            }
            KeyCode::Char('S') => {
                let session = &mut self.session;
                self.lab.travel(|lab| session.show_me(lab));
            }
            KeyCode::Char('B') => self.back(),
            KeyCode::Char('r') => self.again(),
            KeyCode::Char('R') => {
                let action = self.lab_key(key);
                self.again();
                return action;
            }
            code if self.question_key(code) => {}
            _ => return self.lab_key(key),
        }
        LessonAction::Stay
    }

    /// Whether the program itself is at work in the lab.
    fn busy(&self) -> bool {
        self.session.playing()
    }

    /// While something plays, keys look at it or hurry it on; they do not disturb it.
    fn hurry(&mut self, key: KeyEvent) -> LessonAction {
        match key.code {
            KeyCode::Enter | KeyCode::Char(' ' | 'l') | KeyCode::Right => self.lab.settle(),
            KeyCode::Char('1'..='9') if self.session.asks() => {}
            KeyCode::Tab | KeyCode::BackTab | KeyCode::Char('1'..='9' | '+' | '=' | '-') => return self.lab_key(key),
            _ => {}
        }
        LessonAction::Stay
    }

    fn enter(&mut self) -> LessonAction {
        if self.wide {
            self.wide = false;
            return LessonAction::Stay;
        }
        // What could not be seen yet is shown before it is answered or left behind.
        if self.panel.hidden_below(self.top) && self.scroll(true) {
            return LessonAction::Stay;
        }
        if *self.session.phase() == Phase::Finished {
            return LessonAction::Next;
        }
        self.lab.settle();
        let session = &mut self.session;
        self.lab.travel(|lab| session.enter_key(lab));
        LessonAction::Stay
    }

    fn back(&mut self) {
        let session = &mut self.session;
        self.lab.travel(|lab| session.back(lab));
    }

    /// The lab as it was when the step began; the answer or goal is open again.
    fn again(&mut self) {
        let session = &mut self.session;
        self.lab.travel(|lab| session.restart_step(lab));
    }

    /// Scrolls the text by most of a page; `false` if there is nothing to scroll.
    fn scroll(&mut self, down: bool) -> bool {
        let to = self.panel.scrolled(self.top, down);
        let moved = to != self.top && !self.wide;
        if moved {
            self.top = to;
        }
        moved
    }

    /// A key for the question that waits, if one does: `false` leaves it to the lab.
    fn question_key(&mut self, code: KeyCode) -> bool {
        let choices = self.session.choices().len();
        match code {
            KeyCode::Up | KeyCode::Down if choices > 0 => {
                self.session.choose(if code == KeyCode::Up { -1 } else { 1 });
                self.show_cursor();
            }
            KeyCode::Up => return self.scroll(false),
            KeyCode::Down => return self.scroll(true),
            KeyCode::Char(c @ ('0'..='9' | '.' | ',' | '-')) if self.session.wants_number().is_some() => {
                if self.session.typed.len() < MAX_NUMBER {
                    self.session.typed.push(c);
                }
            }
            KeyCode::Char(digit @ '1'..='9') if self.session.asks() => {
                self.session.choose_at(digit as usize - '1' as usize);
                self.show_cursor();
            }
            KeyCode::Backspace if self.session.wants_number().is_some() => {
                self.session.typed.pop();
            }
            _ => return false,
        }
        true
    }

    fn show_cursor(&mut self) {
        if let Some(choice) = self.session.cursor {
            self.top = self.panel.show_choice(self.top, choice);
        }
    }

    /// Hands a key to the lab, within what the step allows.
    fn lab_key(&mut self, key: KeyEvent) -> LessonAction {
        let session = &self.session;
        let action = self.lab.key(key, &|line| session.permits(line));
        lesson_action(action)
    }

    /// Takes a mouse event; `None` when it means nothing here.
    pub(super) fn mouse(&mut self, mouse: MouseEvent, area: Rect) -> Option<LessonAction> {
        let page = Page::of(area, self.wide);
        let at = Position { x: mouse.column, y: mouse.row };
        if page.panel.contains(at) {
            return self.panel_mouse(mouse);
        }
        if self.busy() {
            return None;
        }
        let pressed = matches!(mouse.kind, MouseEventKind::Down(MouseButton::Left));
        if pressed && self.picked(page.lab, at) {
            return Some(LessonAction::Stay);
        }
        let session = &self.session;
        let action = self.lab.mouse(mouse, page.lab, &|line| session.permits(line))?;
        self.play_on(true);
        Some(lesson_action(action))
    }

    /// A click on the thing that a prediction asks for picks it.
    fn picked(&mut self, area: Rect, at: Position) -> bool {
        let Click::Command(line) = self.lab.click(area, at) else { return false };
        shlex::split(&line).unwrap_or_default().iter().any(|word| self.session.pick(word))
    }

    fn panel_mouse(&mut self, mouse: MouseEvent) -> Option<LessonAction> {
        match mouse.kind {
            MouseEventKind::ScrollDown => self.scroll(true).then_some(LessonAction::Stay),
            MouseEventKind::ScrollUp => self.scroll(false).then_some(LessonAction::Stay),
            MouseEventKind::Down(MouseButton::Left) => {
                if let Some(choice) = self.panel.choice_at(mouse.row) {
                    if self.session.cursor == Some(choice) {
                        return Some(self.click_enter());
                    }
                    self.session.choose_at(choice);
                    return Some(LessonAction::Stay);
                }
                let code = self.panel.key_at(mouse.column, mouse.row)?;
                Some(self.key(KeyEvent::from(code)))
            }
            _ => None,
        }
    }

    fn click_enter(&mut self) -> LessonAction {
        self.key(KeyEvent::from(KeyCode::Enter))
    }

    /// Draws text and lab; gives the place of the text cursor, if there is one.
    pub(super) fn draw(&mut self, area: Rect, buf: &mut Buffer) -> Option<Position> {
        let page = Page::of(area, self.wide);
        let theme = self.lab.theme();
        let cursor = if page.lab.is_empty() { None } else { self.lab.draw(page.lab, buf) };
        if page.panel.is_empty() {
            panel::draw_strip(&self.session, self.lab.lab(), page.strip, buf, theme);
            return cursor;
        }
        let content = panel::Content {
            session: &self.session,
            lab: self.lab.lab(),
            tally: self.tally,
            best: self.best,
            next: self.next.as_deref(),
            news: self.news.as_deref(),
            busy: self.busy(),
        };
        self.panel = Panel::lay_out(&content, page.panel, theme);
        if std::mem::take(&mut self.reveal) {
            self.top = self.panel.last_top();
        }
        self.top = self.top.min(self.panel.last_top());
        let typed = self.panel.draw(self.top, buf, theme);
        cursor.or(typed)
    }
}

fn lesson_action(action: LabAction) -> LessonAction {
    match action {
        LabAction::Stay => LessonAction::Stay,
        LabAction::Home => LessonAction::Leave,
        LabAction::Quit => LessonAction::Quit,
        LabAction::Help => LessonAction::Help,
        LabAction::Text(text) => LessonAction::Text(text),
    }
}

/// Which phase it is, without what it holds.
fn phase_number(phase: &Phase) -> u8 {
    match phase {
        Phase::Reading => 0,
        Phase::Watching(n) => 20 + u8::try_from(*n).unwrap_or(200),
        Phase::Asking => 1,
        Phase::Weighing(_) => 2,
        Phase::Running(_) => 3,
        Phase::Answered(_) => 4,
        Phase::Doing => 5,
        Phase::Reached { .. } => 6,
        Phase::Finished => 7,
    }
}
