//! The screen without a terminal: events in, a buffer out.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseEvent};
use ratatui::layout::{Position, Rect};

use super::help::{self, Help};
use super::home::{Home, HomeAction};
use super::lab_screen::{LabAction, LabScreen};
use crate::engine::Setup;
use crate::labs::{OpenLab, REGISTRY};
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
}

/// Home, the labs that are open, and the help over them.
pub struct App {
    settings: Settings,
    home: Home,
    /// Labs stay open when one goes home, so that nothing is lost.
    labs: Vec<LabScreen>,
    /// Index of the lab that is shown; none is home.
    shown: Option<usize>,
    help: Option<Help>,
    area: Rect,
    dirty: bool,
    wish: Option<Wish>,
}

impl App {
    /// At home, or in a lab that is already open.
    pub fn new(lab: Option<Box<dyn OpenLab>>, settings: Settings) -> Self {
        let labs: Vec<LabScreen> = lab.into_iter().map(|lab| LabScreen::new(lab, &settings)).collect();
        let shown = labs.len().checked_sub(1);
        let home = Home::default();
        Self { settings, home, labs, shown, help: None, area: Rect::ZERO, dirty: true, wish: None }
    }

    /// Whether time must pass on the screen: otherwise nobody need wake up.
    pub fn animating(&self) -> bool {
        self.current().is_some_and(LabScreen::animating)
    }

    /// Lets `real_us` microseconds pass on the screen.
    pub fn frame(&mut self, real_us: u64) {
        if let Some(lab) = self.shown.and_then(|i| self.labs.get_mut(i)) {
            lab.frame(real_us);
            self.dirty = true;
        }
    }

    /// Whether something changed since the last call.
    pub fn take_dirty(&mut self) -> bool {
        std::mem::take(&mut self.dirty)
    }

    /// What the app wants of the terminal, once.
    pub fn take_wish(&mut self) -> Option<Wish> {
        self.wish.take()
    }

    /// Everything must be drawn again.
    pub fn redraw(&mut self) {
        self.dirty = true;
    }

    /// The lab on the screen.
    pub fn lab(&self) -> Option<&dyn OpenLab> {
        self.current().map(LabScreen::lab)
    }

    fn current(&self) -> Option<&LabScreen> {
        self.labs.get(self.shown?)
    }

    /// Takes one event.
    pub fn handle(&mut self, event: &Event) {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.key(*key),
            Event::Mouse(mouse) => self.mouse(*mouse),
            Event::Paste(text) => {
                if let Some(lab) = self.shown.and_then(|i| self.labs.get_mut(i)) {
                    lab.paste(text);
                    self.dirty = true;
                }
            }
            Event::Resize(..) => self.dirty = true,
            _ => {}
        }
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
        if let Some(help) = &mut self.help {
            if help.key(key) {
                self.help = None;
            }
            return;
        }
        self.screen_key(key);
    }

    fn screen_key(&mut self, key: KeyEvent) {
        match self.shown.and_then(|i| self.labs.get_mut(i)) {
            Some(lab) => {
                let action = lab.key(key);
                self.lab_action(action);
            }
            None => {
                let action = self.home.key(key);
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
        match self.shown.and_then(|i| self.labs.get_mut(i)) {
            Some(lab) => {
                let Some(action) = lab.mouse(mouse, area) else { return };
                self.lab_action(action);
            }
            None => {
                let Some(action) = self.home.mouse(mouse, area) else { return };
                self.home_action(action);
            }
        }
        self.dirty = true;
    }

    fn lab_action(&mut self, action: LabAction) {
        match action {
            LabAction::Stay => {}
            LabAction::Home => self.shown = None,
            LabAction::Quit => self.wish = Some(Wish::Quit),
            LabAction::Help => self.help = Some(Help::new(help::lab_page(self.current().map(LabScreen::lab)))),
            LabAction::Text(text) => self.help = Some(Help::new(help::text_page(&text))),
        }
    }

    fn home_action(&mut self, action: HomeAction) {
        match action {
            HomeAction::Stay => {}
            HomeAction::Quit => self.wish = Some(Wish::Quit),
            HomeAction::Help => self.help = Some(Help::new(help::lab_page(None))),
            HomeAction::Open(index) => self.open(index),
        }
    }

    fn open(&mut self, index: usize) {
        let Some(registration) = REGISTRY.get(index) else { return };
        let name = registration.info.name;
        if let Some(open) = self.labs.iter().position(|lab| lab.lab().info().name == name) {
            self.shown = Some(open);
            return;
        }
        match (registration.open)(Setup::seeded(crate::labs::DEFAULT_SEED)) {
            Ok(lab) => {
                self.labs.push(LabScreen::new(lab, &self.settings));
                self.shown = Some(self.labs.len() - 1);
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
        let cursor = match self.shown.and_then(|i| self.labs.get_mut(i)) {
            Some(lab) => lab.draw(area, buf),
            None => {
                self.home.draw(area, buf, theme);
                None
            }
        };
        match &mut self.help {
            Some(help) => {
                help.draw(area, buf, theme);
                None
            }
            None => cursor,
        }
    }
}
