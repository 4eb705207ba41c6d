//! The screen without a terminal: events in, a buffer out.

mod lessons;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEvent};
use ratatui::layout::{Position, Rect};

use super::help::{self, Help};
use super::home::{Home, HomeAction};
use super::lab_screen::{LabAction, LabScreen, open_gate};
use super::learning::Learning;
use super::lesson::{LessonAction, LessonScreen};
use super::review::{Review, ReviewAction};
use crate::engine::Setup;
use crate::labs::{OpenLab, REGISTRY};
use crate::lessons::{Library, Session};
use crate::picture::{put, width};
use crate::settings::Settings;

/// What the app wants of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// End the program.
    Quit,
    /// Stop until `fg`.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Take the mouse, or leave it to the terminal, which selects text with it.
    Mouse(bool),
}

/// How a lesson is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Where it was left.
    Resume,
    /// At its challenge, to test out of it.
    TestOut,
}

/// What is on the screen.
enum Shown {
    Home,
    /// The lab with this index among the open ones.
    Lab(usize),
    Lesson(Box<LessonScreen>),
    Review(Review),
}

/// Lessons and progress, read when they are first needed: a lab alone does without.
struct School {
    learning: Option<Learning>,
    open: Box<dyn Fn() -> Learning>,
}

impl School {
    fn get(&mut self) -> &mut Learning {
        self.learning.get_or_insert_with(|| (self.open)())
    }
}

/// Home, labs, lessons, review, and the help over them.
pub struct App {
    settings: Settings,
    home: Home,
    /// Labs stay open when one goes home, so that nothing is lost.
    labs: Vec<LabScreen>,
    school: School,
    shown: Shown,
    help: Option<Help>,
    area: Rect,
    dirty: bool,
    wish: Option<Wish>,
    /// The terminal has the mouse, to select text with.
    mouse_free: bool,
}

impl App {
    /// At home, or in a lab that is already open. Nothing is kept of what is learnt.
    pub fn new(lab: Option<Box<dyn OpenLab>>, settings: Settings) -> Self {
        let labs: Vec<LabScreen> = lab.into_iter().map(|lab| LabScreen::new(lab, &settings)).collect();
        let shown = labs.len().checked_sub(1).map_or(Shown::Home, Shown::Lab);
        let school = School { learning: None, open: Box::new(|| Learning::new(Library::built_in(), None)) };
        let (home, area) = (Home::default(), Rect::ZERO);
        Self { settings, home, labs, school, shown, help: None, area, dirty: true, wish: None, mouse_free: false }
    }

    /// With other lessons, and a place to keep progress; they are read when they are first needed.
    #[must_use]
    pub fn with_learning(mut self, open: impl Fn() -> Learning + 'static) -> Self {
        self.school = School { learning: None, open: Box::new(open) };
        self
    }

    /// Whether time must pass on the screen: otherwise nobody need wake up.
    pub fn animating(&self) -> bool {
        match &self.shown {
            Shown::Lab(index) => self.labs.get(*index).is_some_and(LabScreen::animating),
            Shown::Lesson(lesson) => lesson.animating(),
            Shown::Home | Shown::Review(_) => false,
        }
    }

    /// Lets `real_us` microseconds pass on the screen.
    pub fn frame(&mut self, real_us: u64) {
        match &mut self.shown {
            Shown::Lab(index) => {
                if let Some(lab) = self.labs.get_mut(*index) {
                    lab.frame(real_us);
                }
            }
            Shown::Lesson(lesson) => lesson.frame(real_us),
            Shown::Home | Shown::Review(_) => return,
        }
        self.dirty = true;
        self.keep();
    }

    /// Whether something changed since the last call.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    /// What the app wants of the terminal, once.
    pub fn take_wish(&mut self) -> Option<Wish> {
        self.wish.take()
    }

    /// How it looks and moves.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The terminal's background has this colour: colours that read on it are taken.
    pub fn background(&mut self, colour: [u8; 3]) {
        if !self.settings.on_background(colour) {
            return;
        }
        self.labs.iter_mut().for_each(|lab| lab.set_theme(self.settings.theme));
        if let Shown::Lesson(lesson) = &mut self.shown {
            lesson.set_theme(self.settings.theme);
        }
        self.dirty = true;
    }

    /// A key has stopped what was at work: nothing goes on by itself, and the screen says so.
    pub fn stopped(&mut self) {
        self.dirty = true;
        match &mut self.shown {
            Shown::Lab(index) => {
                if let Some(lab) = self.labs.get_mut(*index) {
                    lab.stopped();
                }
            }
            Shown::Lesson(lesson) => lesson.stopped(),
            Shown::Home | Shown::Review(_) => self.home.say("Stopped.".to_owned()),
        }
    }

    /// Everything must be drawn again.
    pub fn redraw(&mut self) {
        self.dirty = true;
    }

    /// The lab on the screen, alone or in a lesson.
    pub fn lab(&self) -> Option<&dyn OpenLab> {
        match &self.shown {
            Shown::Lab(index) => self.labs.get(*index).map(LabScreen::lab),
            Shown::Lesson(lesson) => Some(lesson.lab()),
            Shown::Home | Shown::Review(_) => None,
        }
    }

    /// The lesson on the screen.
    pub fn session(&self) -> Option<&Session> {
        match &self.shown {
            Shown::Lesson(lesson) => Some(lesson.session()),
            _ => None,
        }
    }

    /// Takes one event.
    pub fn handle(&mut self, event: &Event) {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(*key),
            Event::Mouse(mouse) => self.mouse(*mouse),
            Event::Paste(text) => {
                match &mut self.shown {
                    Shown::Lab(index) => {
                        if let Some(lab) = self.labs.get_mut(*index) {
                            lab.paste(text);
                        }
                    }
                    Shown::Lesson(lesson) => lesson.paste(text),
                    Shown::Home | Shown::Review(_) => return,
                }
                self.dirty = true;
            }
            Event::Resize(..) => self.dirty = true,
            _ => {}
        }
        self.keep();
    }

    fn key(&mut self, key: KeyEvent) {
        self.dirty = true;
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            match key.code {
                KeyCode::Char('c') => self.wish = Some(Wish::Quit),
                KeyCode::Char('z') => self.wish = Some(Wish::Suspend),
                KeyCode::Char('l') => self.wish = Some(Wish::Redraw),
                _ => self.screen_key(key),
            }
            return;
        }
        if key.code == KeyCode::Char('M') && !self.typing() {
            self.mouse_free = !self.mouse_free;
            self.wish = Some(Wish::Mouse(!self.mouse_free));
            return;
        }
        if let Some(help) = &mut self.help {
            if help.key(key) {
                self.help = None;
            }
            return;
        }
        self.screen_key(key);
    }

    /// Whether letters are typed rather than pressed.
    fn typing(&self) -> bool {
        match &self.shown {
            Shown::Lab(index) => self.labs.get(*index).is_some_and(LabScreen::typing),
            Shown::Lesson(lesson) => lesson.typing(),
            Shown::Home | Shown::Review(_) => false,
        }
    }

    fn screen_key(&mut self, key: KeyEvent) {
        match &mut self.shown {
            Shown::Lab(index) => {
                let action = self.labs.get_mut(*index).map_or(LabAction::Home, |lab| lab.key(key, &open_gate));
                self.lab_action(action);
            }
            Shown::Lesson(lesson) => {
                let action = lesson.key(key);
                self.lesson_action(action);
            }
            Shown::Review(review) => {
                let learning = self.school.get();
                let action = review.key(key, learning);
                self.review_action(action);
            }
            Shown::Home => {
                let learning = self.school.get();
                let action = self.home.key(key, learning);
                self.home_action(action);
            }
        }
    }

    fn mouse(&mut self, mouse: MouseEvent) {
        if let Some(help) = &mut self.help {
            self.dirty = true;
            if help.mouse(mouse) {
                self.help = None;
            }
            return;
        }
        let area = self.area;
        match &mut self.shown {
            Shown::Lab(index) => {
                let action = self.labs.get_mut(*index).and_then(|lab| lab.mouse(mouse, area, &open_gate));
                let Some(action) = action else { return };
                self.lab_action(action);
            }
            Shown::Lesson(lesson) => {
                let Some(action) = lesson.mouse(mouse, area) else { return };
                self.lesson_action(action);
            }
            Shown::Review(review) => {
                let Some(action) = review.mouse(mouse, area, self.school.get()) else { return };
                self.review_action(action);
            }
            Shown::Home => {
                let Some(action) = self.home.mouse(mouse, self.school.get()) else { return };
                self.home_action(action);
            }
        }
        self.dirty = true;
    }

    fn lab_action(&mut self, action: LabAction) {
        match action {
            LabAction::Stay => {}
            LabAction::Home => self.shown = Shown::Home,
            LabAction::Quit => self.wish = Some(Wish::Quit),
            LabAction::Help => self.show_help(),
            LabAction::Text(text) => self.help = Some(Help::new(help::text_page(&text))),
        }
    }

    fn lesson_action(&mut self, action: LessonAction) {
        match action {
            LessonAction::Stay => {}
            LessonAction::Leave => {
                self.keep();
                self.shown = Shown::Home;
            }
            LessonAction::Next => self.next_lesson(),
            LessonAction::Quit => self.wish = Some(Wish::Quit),
            LessonAction::Help => self.show_help(),
            LessonAction::Text(text) => self.help = Some(Help::new(help::text_page(&text))),
        }
    }

    fn review_action(&mut self, action: ReviewAction) {
        match action {
            ReviewAction::Stay => {}
            ReviewAction::Leave => self.shown = Shown::Home,
            ReviewAction::Quit => self.wish = Some(Wish::Quit),
            ReviewAction::Help => self.show_help(),
        }
    }

    fn home_action(&mut self, action: HomeAction) {
        match action {
            HomeAction::Stay => {}
            HomeAction::Quit => self.wish = Some(Wish::Quit),
            HomeAction::Help => self.show_help(),
            HomeAction::Lab(index) => self.open(index),
            HomeAction::Lesson(id) => self.try_lesson(&id, Opening::Resume),
            HomeAction::TestOut(id) => self.try_lesson(&id, Opening::TestOut),
            HomeAction::Review => self.open_review(),
        }
    }

    fn show_help(&mut self) {
        let page = match &self.shown {
            Shown::Lesson(lesson) => help::lesson_page(lesson.lab()),
            _ => help::lab_page(self.lab()),
        };
        self.help = Some(Help::new(page));
    }

    fn open(&mut self, index: usize) {
        let Some(registration) = REGISTRY.get(index) else { return };
        let name = registration.info.name;
        if let Some(open) = self.labs.iter().position(|lab| lab.lab().info().name == name) {
            self.shown = Shown::Lab(open);
            return;
        }
        match (registration.open)(Setup::seeded(crate::labs::DEFAULT_SEED)) {
            Ok(lab) => {
                self.labs.push(LabScreen::new(lab, &self.settings));
                self.shown = Shown::Lab(self.labs.len() - 1);
            }
            Err(error) => self.home.say(error.to_string()),
        }
    }

    /// Draws what is shown; gives the place of the text cursor, if there is one.
    pub fn draw(&mut self, area: Rect, buf: &mut Buffer) -> Option<Position> {
        self.area = area;
        if area.is_empty() {
            return None;
        }
        let theme = self.settings.theme;
        let cursor = match &mut self.shown {
            Shown::Lab(index) => self.labs.get_mut(*index).and_then(|lab| lab.draw(area, buf)),
            Shown::Lesson(lesson) => lesson.draw(area, buf),
            Shown::Review(review) => {
                review.draw(area, buf, theme, self.school.get());
                None
            }
            Shown::Home => {
                let learning = self.school.get();
                if let Some(warning) = learning.take_warning() {
                    self.home.say(warning);
                }
                self.home.draw(area, buf, theme, learning);
                None
            }
        };
        let cursor = match &mut self.help {
            Some(help) => {
                help.draw(area, buf, theme);
                None
            }
            None => cursor,
        };
        if self.mouse_free {
            let text = " The mouse selects text: M takes it back ";
            let columns = (width(text) as u16).min(area.width);
            put(buf, area.right() - columns, area.y, columns, text, theme.selected(), theme.glyphs);
        }
        cursor
    }
}
