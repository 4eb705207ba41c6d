//! A lab on the screen: its frame, its keys, its clock.

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::palette::{Palette, PaletteAction};
use crate::engine::Setup;
use crate::labs::{self, Click, OpenLab, View};
use crate::picture::{Frame, Theme, pad, put, visible, wrap};
use crate::settings::{SPEEDS, Settings};

/// Most lines that the palette remembers.
const HISTORY: usize = 500;
/// Most rows that a message takes.
const MESSAGE_ROWS: usize = 6;

/// Why a command may not be given now, if it may not: a lesson's step can limit them.
pub(super) type Gate<'a> = &'a dyn Fn(&str) -> Result<(), String>;

/// Lets every command through.
pub(super) fn open_gate(_: &str) -> Result<(), String> {
    Ok(())
}

/// What a lab's screen wants after an event.
pub(super) enum LabAction {
    Stay,
    Home,
    Quit,
    Help,
    /// A text to show, such as help on one command.
    Text(String),
}

/// An open lab and how it is looked at.
pub(super) struct LabScreen {
    lab: Box<dyn OpenLab>,
    view: View,
    palette: Option<Palette>,
    history: Vec<String>,
    message: Option<String>,
    /// The last command is still unfolding on the screen, clock running or not.
    unfolding: bool,
}

impl LabScreen {
    pub(super) fn new(lab: Box<dyn OpenLab>, settings: &Settings) -> Self {
        let view = View { motion: settings.motion, speed: settings.speed, ..View::new(settings.theme) };
        Self { lab, view, palette: None, history: Vec::new(), message: None, unfolding: false }
    }

    pub(super) fn lab(&self) -> &dyn OpenLab {
        self.lab.as_ref()
    }

    /// The lab, to take it elsewhere in time: the clock stops.
    pub(super) fn travel(&mut self, go: impl FnOnce(&mut dyn OpenLab)) {
        self.view.running = false;
        self.unfolding = false;
        self.view.scroll = 0;
        go(self.lab.as_mut());
    }

    /// How it is drawn.
    pub(super) fn theme(&self) -> Theme {
        self.view.theme
    }

    /// Draws it another way from now on.
    pub(super) fn set_theme(&mut self, theme: Theme) {
        self.view.theme = theme;
    }

    /// A key has stopped what was at work.
    pub(super) fn stopped(&mut self) {
        (self.view.running, self.unfolding) = (false, false);
        // A command that was stopped has its refusal.
        if self.message.is_none() && self.palette.is_none() {
            self.message = Some("Stopped: time stands where it got to. → goes on.".to_owned());
        }
    }

    /// Opens the lab again on inputs that were read again, with the same seed, and gives its commands again as
    /// far as it takes them. What is wrong with the inputs leaves it as it was.
    pub(super) fn reload(&mut self, setup: Result<Setup, String>) {
        let opened = setup.and_then(|setup| {
            let seed = self.lab.setup().seed;
            let lab = labs::find(self.lab.info().name).ok_or_else(|| "there is no such lab".to_owned())?;
            (lab.open)(Setup { seed, ..setup }).map_err(|error| error.to_string())
        });
        let mut lab = match opened {
            Ok(lab) => lab,
            Err(error) => {
                self.message = Some(format!("Saved, but not usable: {error}"));
                return;
            }
        };
        let (before, mut given) = (self.lab.bookmark(), 0_u64);
        let mut message = String::new();
        for (at_us, line) in &before.commands {
            lab.pass_until(*at_us);
            if let Err(error) = lab.command(line) {
                message = format!(" `{line}` is refused now, so it and what followed are left out: {error}");
                break;
            }
            given += 1;
        }
        lab.settle();
        lab.pass_until(before.at_us);
        let again = match given {
            0 => "the lab is at its start".to_owned(),
            1 => "1 command was given again".to_owned(),
            n => format!("{n} commands were given again"),
        };
        self.travel(|_| ());
        self.lab = lab;
        self.message = Some(format!("The input was read again: {again}.{message}"));
    }

    /// What a click would mean to the lab itself.
    pub(super) fn click(&self, area: Rect, at: Position) -> Click {
        self.lab.click(&self.view, &[], area, at.x, at.y)
    }

    /// Whether a command is being typed.
    pub(super) fn typing(&self) -> bool {
        self.palette.is_some()
    }

    /// Shows the view with this index, if there is one.
    pub(super) fn show_view(&mut self, index: usize) {
        if index < self.lab.info().views.len() {
            self.view.index = index;
        }
    }

    /// Gives the lab a command of the program's own; it unfolds like any other.
    pub(super) fn play(&mut self, line: &str) {
        self.view.running = false;
        self.run(line, &open_gate);
    }

    /// Lets the last command unfold to its end at once.
    pub(super) fn settle(&mut self) {
        self.lab.settle();
        self.unfolding = false;
    }

    /// Whether all that was done has unfolded; the clock may run.
    pub(super) fn at_rest(&self) -> bool {
        !self.unfolding || self.lab.now() >= self.lab.settled_at()
    }

    /// Whether time must pass on the screen.
    pub(super) fn animating(&self) -> bool {
        self.view.running || !self.at_rest()
    }

    /// Lets real time pass.
    pub(super) fn frame(&mut self, real_us: u64) {
        let speed = if self.view.running { self.view.speed } else { self.view.speed.max(1.0) };
        let target = self.lab.now() + (real_us as f64 * speed) as u64;
        let target = if self.view.running { target } else { target.min(self.lab.settled_at()) };
        self.lab.advance_to(target);
        self.unfolding = !self.at_rest();
    }

    pub(super) fn paste(&mut self, text: &str) {
        let palette = self.palette.get_or_insert_with(|| Palette::new("", self.history.clone(), self.lab.as_ref()));
        palette.paste(text, self.lab.as_ref());
    }

    pub(super) fn key(&mut self, key: KeyEvent, gate: Gate<'_>) -> LabAction {
        self.message = None;
        if let Some(palette) = &mut self.palette {
            match palette.key(key, self.lab.as_ref()) {
                PaletteAction::Stay => {}
                PaletteAction::Close => self.palette = None,
                PaletteAction::Run(line) => return self.run(&line, gate),
            }
            return LabAction::Stay;
        }
        self.press(key.code, gate)
    }

    /// A key outside the palette.
    fn press(&mut self, code: KeyCode, gate: Gate<'_>) -> LabAction {
        match code {
            KeyCode::Char('q') => return LabAction::Quit,
            KeyCode::Esc => return LabAction::Home,
            KeyCode::Char('?') => return LabAction::Help,
            KeyCode::Char(':') => self.open_palette(""),
            KeyCode::Char(' ') => self.view.running = !self.view.running,
            KeyCode::Right | KeyCode::Char('l') => self.travel(|lab| lab.step()),
            KeyCode::Left | KeyCode::Char('h') => self.travel(|lab| lab.back()),
            KeyCode::Home => self.travel(|lab| lab.seek_time(0)),
            KeyCode::End => self.travel(|lab| lab.seek_time(lab.end_us())),
            KeyCode::Char('+' | '=') => self.set_speed(self.view.speed * 2.0),
            KeyCode::Char('-') => self.set_speed(self.view.speed / 2.0),
            KeyCode::Char('r') => self.restart(self.lab.setup().seed),
            KeyCode::Char('R') => self.restart(self.lab.setup().seed.wrapping_add(1) & i64::MAX as u64),
            KeyCode::Char('[') => self.branch(-1),
            KeyCode::Char(']') => self.branch(1),
            KeyCode::PageUp => {
                self.view.scroll = (self.view.scroll + 3).min(self.lab.story().0.len().saturating_sub(1));
            }
            KeyCode::PageDown => self.view.scroll = self.view.scroll.saturating_sub(3),
            KeyCode::Tab => self.turn_view(1),
            KeyCode::BackTab => self.turn_view(-1),
            KeyCode::Char(digit @ '1'..='9') => {
                self.show_view(digit as usize - '1' as usize);
            }
            KeyCode::Char(c) => return self.lab_key(c, gate),
            _ => {}
        }
        LabAction::Stay
    }

    /// A key of the lab's own: a command, or the start of one.
    fn lab_key(&mut self, c: char, gate: Gate<'_>) -> LabAction {
        let Some(binding) = self.lab.info().keys.iter().find(|k| k.key == c) else { return LabAction::Stay };
        if binding.command.ends_with(' ') {
            self.open_palette(binding.command);
            return LabAction::Stay;
        }
        self.run(binding.command, gate)
    }

    fn open_palette(&mut self, start: &str) {
        self.palette = Some(Palette::new(start, self.history.clone(), self.lab.as_ref()));
    }

    /// Gives the lab a command; what is wrong with it is shown where it was typed.
    fn run(&mut self, line: &str, gate: Gate<'_>) -> LabAction {
        let done = gate(line).and_then(|()| self.lab.command(line).map_err(|error| error.to_string()));
        match done {
            Ok(help) => {
                self.palette = None;
                if self.history.len() == HISTORY {
                    self.history.remove(0);
                }
                self.history.push(line.to_owned());
                if let Some(text) = help {
                    return LabAction::Text(text);
                }
                self.view.scroll = 0;
                self.unfolding = self.view.motion;
                if !self.view.motion {
                    self.lab.settle();
                }
            }
            Err(error) => match &mut self.palette {
                Some(palette) => palette.refuse(error),
                None => self.message = Some(error),
            },
        }
        LabAction::Stay
    }

    fn set_speed(&mut self, speed: f64) {
        self.view.speed = speed.clamp(*SPEEDS.start(), *SPEEDS.end());
    }

    fn restart(&mut self, seed: u64) {
        match self.lab.reopen(seed) {
            Ok(lab) => {
                self.lab = lab;
                (self.view.running, self.unfolding, self.view.scroll) = (false, false, 0);
            }
            Err(error) => self.message = Some(error.to_string()),
        }
    }

    fn branch(&mut self, by: isize) {
        let (current, count) = self.lab.branch();
        if count < 2 {
            self.message =
                Some("There is one future so far. Step back with ← and do something else: both are kept.".to_owned());
            return;
        }
        let next = (current as isize + by).rem_euclid(count as isize) as usize;
        self.travel(|lab| lab.select_branch(next));
    }

    fn turn_view(&mut self, by: isize) {
        let count = self.lab.info().views.len().max(1) as isize;
        self.view.index = (self.view.index as isize + by).rem_euclid(count) as usize;
    }

    /// Takes a mouse event; `None` when it means nothing here.
    pub(super) fn mouse(&mut self, mouse: MouseEvent, area: Rect, gate: Gate<'_>) -> Option<LabAction> {
        let layout = Frame::layout(area);
        let at = Position { x: mouse.column, y: mouse.row };
        match mouse.kind {
            MouseEventKind::ScrollUp if layout.sentences.contains(at) => Some(self.press(KeyCode::PageUp, gate)),
            MouseEventKind::ScrollDown if layout.sentences.contains(at) => Some(self.press(KeyCode::PageDown, gate)),
            MouseEventKind::ScrollUp => Some(self.press(KeyCode::Left, gate)),
            MouseEventKind::ScrollDown => Some(self.press(KeyCode::Right, gate)),
            MouseEventKind::Down(MouseButton::Left) | MouseEventKind::Drag(MouseButton::Left)
                if self.palette.is_none() =>
            {
                let dragged = matches!(mouse.kind, MouseEventKind::Drag(_));
                let hints = self.hints();
                let keys: Vec<(String, String)> =
                    hints.iter().map(|(_, key, label)| (key.clone(), label.clone())).collect();
                match self.lab.click(&self.view, &keys, area, mouse.column, mouse.row) {
                    Click::Seek(at_us) => {
                        self.travel(|lab| lab.seek_time(at_us));
                        Some(LabAction::Stay)
                    }
                    Click::Command(line) if !dragged => Some(self.run(&line, gate)),
                    Click::Key(index) if !dragged => hints.get(index).map(|(code, ..)| self.press(*code, gate)),
                    _ => None,
                }
            }
            MouseEventKind::Down(_) => {
                self.palette = None;
                Some(LabAction::Stay)
            }
            _ => None,
        }
    }

    /// The keys worth naming now, the most useful first.
    fn hints(&self) -> Vec<(KeyCode, String, String)> {
        let mut hints = Vec::new();
        let mut hint = |code: KeyCode, key: &str, label: &str| hints.push((code, key.to_owned(), label.to_owned()));
        let (applied, recorded) = self.lab.commands();
        let in_the_past = applied < recorded;
        if in_the_past {
            hint(KeyCode::Right, "→", "step on");
        }
        for binding in self.lab.info().keys.iter().take(2) {
            hint(KeyCode::Char(binding.key), &binding.key.to_string(), binding.label);
        }
        hint(KeyCode::Char(' '), "space", if self.view.running { "pause" } else { "run" });
        if applied > 0 {
            hint(KeyCode::Left, "←", "back");
        }
        if self.lab.branch().1 > 1 {
            hint(KeyCode::Char(']'), "]", "other future");
        }
        hint(KeyCode::Char(':'), ":", "command");
        hint(KeyCode::Tab, "Tab", "view");
        hint(KeyCode::Char('?'), "?", "help");
        hints
    }

    /// Draws the frame, then palette or message over it.
    pub(super) fn draw(&mut self, area: Rect, buf: &mut Buffer) -> Option<Position> {
        let keys: Vec<(String, String)> = self.hints().into_iter().map(|(_, key, label)| (key, label)).collect();
        self.lab.render(&self.view, &keys, area, buf);
        let theme = self.view.theme;
        if let Some(palette) = &self.palette {
            return palette.draw(area, buf, theme, self.lab.as_ref());
        }
        if let Some(message) = &self.message {
            draw_message(message, Frame::layout(area).keys, buf, theme);
        }
        None
    }
}

/// A message over the last row, and as many rows above as it needs.
fn draw_message(message: &str, row: Rect, buf: &mut Buffer, theme: Theme) {
    if row.is_empty() {
        return;
    }
    let columns = usize::from(row.width);
    let lines: Vec<String> = visible_lines(message).flat_map(|line| wrap(&line, columns)).take(MESSAGE_ROWS).collect();
    let last = row.bottom() - 1;
    for (line, y) in lines.iter().rev().zip((0..=last).rev()) {
        put(buf, row.x, y, row.width, &pad(line, columns), theme.error(), theme.glyphs);
    }
}

fn visible_lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(|line| visible(line).into_owned())
}
