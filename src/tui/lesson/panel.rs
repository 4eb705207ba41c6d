//! The lesson's own part of the screen.
//!
//! ```text
//!  The ring: only the due keys move        title
//!  ●●●◉○○○○○                  step 4 of 9  where one is
//!  ? Predict                               kind of step
//!
//!  Three nodes share 10,000 keys. …        text, question, choices or outcome: scrolls
//!  ▶ 1  About a quarter, all to node-d
//!    2  About three quarters
//!
//!  ◎ Goal: …                               always visible, if there is one
//!  Enter choose   H hint   T lab           keys
//! ```

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::KeyCode;
use ratatui::layout::{Position, Rect};

use super::Tally;
use super::verdict::{answered, finished, reached};
use crate::labs::OpenLab;
use crate::lessons::{Guess, Phase, Session, Step};
use crate::picture::{
    Glyphs, TextLine, Theme, Tone, draw_lines, markdown, pad, paragraph, put, unmarked, visible, width,
};
use crate::tui::choices::choice_lines;

/// Fewest columns that text and lab need side by side.
const SIDE_BY_SIDE: u16 = 76;

/// Where text and lab stand.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Page {
    /// The text; empty while the lab has the whole screen.
    pub(super) panel: Rect,
    /// One row for the goal, while it has.
    pub(super) strip: Rect,
    pub(super) lab: Rect,
}

impl Page {
    pub(super) fn of(area: Rect, wide: bool) -> Self {
        let none = Rect { width: 0, height: 0, ..area };
        if wide {
            let strip = Rect { height: area.height.min(1), ..area };
            let lab = Rect { y: area.y + strip.height, height: area.height - strip.height, ..area };
            return Self { panel: none, strip, lab };
        }
        if area.width < SIDE_BY_SIDE || area.height < 18 {
            return Self { panel: area, strip: none, lab: none };
        }
        let columns = match area.width {
            ..110 => 40,
            110..160 => 46,
            _ => 46 + ((area.width - 160) / 3).min(24),
        };
        let panel = Rect { width: columns, ..area };
        Self { panel, strip: none, lab: Rect { x: area.x + columns, width: area.width - columns, ..area } }
    }
}

/// What is drawn.
pub(super) struct Content<'a> {
    pub(super) session: &'a Session,
    pub(super) lab: &'a dyn OpenLab,
    pub(super) tally: Tally,
    pub(super) best: Option<usize>,
    pub(super) next: Option<&'a str>,
    pub(super) news: Option<&'a str>,
    pub(super) busy: bool,
}

/// The panel as it was drawn last: what the mouse meets, and how far it scrolls.
#[derive(Default)]
pub(super) struct Panel {
    area: Rect,
    head: Vec<TextLine>,
    body: Vec<TextLine>,
    foot: Vec<TextLine>,
    keys: Vec<(KeyCode, String, String)>,
    /// Rows of the body that each choice takes.
    choices: Vec<std::ops::Range<usize>>,
    /// Row and column in the body where a number is typed.
    typed: Option<(usize, usize)>,
    top: usize,
}

impl Panel {
    pub(super) fn lay_out(content: &Content<'_>, area: Rect, theme: Theme) -> Self {
        let columns = usize::from(area.width.saturating_sub(2)).max(8);
        let mut panel = Self { area, head: head(content.session, columns, theme.glyphs), ..Self::default() };
        panel.fill_body(content, columns);
        panel.foot = foot(content, columns);
        panel.keys = keys(content);
        panel
    }

    fn fill_body(&mut self, content: &Content<'_>, columns: usize) {
        let session = content.session;
        match session.phase() {
            Phase::Finished => self.body = finished(content, columns),
            Phase::Answered(verdict) => self.body = answered(session, verdict, columns),
            Phase::Reached { commands, shown } => self.body = reached(content, *commands, *shown, columns),
            Phase::Weighing(guess) => {
                self.guess(session, guess, columns);
                self.question("How sure are you? Then it is locked in.", columns);
                self.offer(session, columns);
            }
            Phase::Running(guess) => {
                self.guess(session, guess, columns);
                self.gap();
                self.body.extend(paragraph("Locked in. Watch what happens …", columns, Tone::Strong));
            }
            Phase::Watching(played) => self.watching(session, *played, columns),
            Phase::Reading | Phase::Asking | Phase::Doing => {
                self.body = markdown(session.step().map_or("", Step::text), columns);
                if let Some(question) = question(session) {
                    self.question(question, columns);
                }
                self.offer(session, columns);
            }
        }
        if matches!(session.phase(), Phase::Asking | Phase::Weighing(_) | Phase::Doing) {
            self.hints(session, columns);
        }
    }

    fn question(&mut self, text: &str, columns: usize) {
        self.gap();
        self.body.extend(paragraph(&unmarked(text), columns, Tone::Strong));
    }

    /// What was asked, and what one said to it.
    fn guess(&mut self, session: &Session, guess: &Guess, columns: usize) {
        self.body = paragraph(&unmarked(question(session).unwrap_or_default()), columns, Tone::Quiet);
        self.gap();
        let said = match (guess, session.step()) {
            (Guess::Number(_), Some(Step::Predict(p))) => {
                format!("{} {}", session.typed, p.number.as_ref().map_or("", |n| n.unit.as_str()))
            }
            (Guess::Choice(i), Some(Step::Predict(p))) => {
                p.choices.get(*i).map_or_else(String::new, |c| c.text.clone())
            }
            (Guess::Pick(name), _) => name.clone(),
            _ => String::new(),
        };
        self.body.push(TextLine::of("You say", Tone::Quiet));
        self.body.extend(paragraph(&unmarked(&said), columns, Tone::Strong));
    }

    fn gap(&mut self) {
        if self.body.last().is_some_and(|line| !line.0.is_empty()) {
            self.body.push(TextLine::default());
        }
    }

    /// What one may choose, or where one types.
    fn offer(&mut self, session: &Session, columns: usize) {
        let choices = session.choices();
        if !choices.is_empty() {
            self.gap();
        }
        let (lines, rows) = choice_lines(&choices, session.cursor, columns);
        let first = self.body.len();
        self.choices = rows.into_iter().map(|r| r.start + first..r.end + first).collect();
        self.body.extend(lines);
        if session.picking() {
            self.body.extend(paragraph("or click it on the picture", columns, Tone::Quiet));
        }
        if let Some(unit) = session.wants_number() {
            self.gap();
            let before = "Your number: ";
            self.typed = Some((self.body.len(), width(before) + width(&session.typed)));
            self.body.push(TextLine(vec![
                (before.to_owned(), Tone::Plain),
                (format!("{}_ ", session.typed), Tone::Chosen),
                (format!(" {}", visible(unit)), Tone::Plain),
            ]));
            if let Some(Step::Predict(predict)) = session.step()
                && let Some(number) = &predict.number
            {
                let text = format!("Right within {} {}.", number.tolerance, visible(unit));
                self.body.extend(paragraph(&text, columns, Tone::Quiet));
            }
        }
    }

    fn watching(&mut self, session: &Session, played: usize, columns: usize) {
        let Some(Step::Watch(watch)) = session.step() else { return };
        if played == 0 {
            self.body = markdown(&watch.text, columns);
        }
        for (i, scene) in watch.play.iter().enumerate().take(played) {
            self.gap();
            let now = i + 1 == played;
            let (command, say) = if now { (Tone::Code, Tone::Strong) } else { (Tone::Quiet, Tone::Quiet) };
            self.body.extend(paragraph(&format!("▷ {}", visible(&scene.run)), columns, command));
            self.body.extend(paragraph(&visible(&scene.say), columns, say));
        }
        if played < watch.play.len() {
            self.gap();
            let left = watch.play.len() - played;
            let text = if left == 1 { "1 scene to come.".to_owned() } else { format!("{left} scenes to come.") };
            self.body.extend(paragraph(&text, columns, Tone::Quiet));
        }
    }

    fn hints(&mut self, session: &Session, columns: usize) {
        let all = session.step().map_or(0, |step| step.hints().len());
        for (i, hint) in session.hints().iter().enumerate() {
            self.gap();
            let mut lines = markdown(hint, columns.saturating_sub(2).max(8));
            if hint.contains('`') && *session.phase() == Phase::Doing {
                lines.push(TextLine::of("Press : first, then type it.", Tone::Quiet));
            }
            for (row, line) in lines.iter_mut().enumerate() {
                line.0.insert(0, (if row == 0 { "☞ " } else { "  " }.to_owned(), Tone::Heading));
            }
            self.body.push(TextLine::of(format!("Hint {} of {all}", i + 1), Tone::Quiet));
            self.body.extend(lines);
        }
    }

    /// Rows between head and foot.
    fn rows(&self) -> usize {
        let fixed = self.head.len() + self.foot.len() + 1;
        usize::from(self.area.height).saturating_sub(fixed)
    }

    pub(super) fn last_top(&self) -> usize {
        if self.body.len() <= self.rows() { 0 } else { self.body.len() - (self.rows().saturating_sub(1)).max(1) }
    }

    pub(super) fn hidden_below(&self, top: usize) -> bool {
        top < self.last_top()
    }

    /// The first row after scrolling by most of a page.
    pub(super) fn scrolled(&self, top: usize, down: bool) -> usize {
        let page = self.rows().saturating_sub(3).max(1);
        if down { (top + page).min(self.last_top()) } else { top.saturating_sub(page) }
    }

    /// The first row at which a choice can be seen.
    pub(super) fn show_choice(&self, top: usize, choice: usize) -> usize {
        let Some(rows) = self.choices.get(choice) else { return top };
        let shown = self.rows().saturating_sub(1).max(1);
        if rows.start < top {
            rows.start
        } else if rows.end > top + shown {
            (rows.end - shown).min(self.last_top())
        } else {
            top
        }
    }

    /// The choice under a row of the screen.
    pub(super) fn choice_at(&self, row: u16) -> Option<usize> {
        let first = usize::from(self.area.y) + self.head.len();
        let row = usize::from(row).checked_sub(first).filter(|r| *r < self.rows())? + self.top;
        self.choices.iter().position(|rows| rows.contains(&row))
    }

    /// The key whose hint is under a cell.
    pub(super) fn key_at(&self, x: u16, y: u16) -> Option<KeyCode> {
        let (mut at, row) = (self.area.x + 1, self.area.bottom().checked_sub(1)?);
        for (code, key, label) in &self.keys {
            let columns = (width(key) + 1 + width(label)) as u16;
            if y == row && (at..at + columns).contains(&x) {
                return Some(*code);
            }
            at += columns + 2;
        }
        None
    }

    /// Draws the panel from a row of its body on; gives the place of the text cursor, if something is typed.
    pub(super) fn draw(&mut self, top: usize, buf: &mut Buffer, theme: Theme) -> Option<Position> {
        self.top = top;
        let area = self.area;
        let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
        let row = |y: usize, height: usize| {
            let y = (y as u16).min(inner.height);
            Rect { y: inner.y + y, height: (height as u16).min(inner.height - y), ..inner }
        };
        draw_lines(&self.head, row(0, self.head.len()), buf, &theme);
        let rows = self.rows();
        let more = self.hidden_below(top);
        let shown = if more || top > 0 { rows.saturating_sub(1) } else { rows };
        let body = row(self.head.len(), shown);
        draw_lines(self.body.get(top..).unwrap_or_default(), body, buf, &theme);
        if more || top > 0 {
            let text = if more { "▼ more: Enter or PgDn" } else { "▲ PgUp: up again" };
            put(buf, inner.x, body.bottom(), inner.width, text, theme.accent(), theme.glyphs);
        }
        draw_lines(&self.foot, row(self.head.len() + rows, self.foot.len()), buf, &theme);
        self.draw_keys(inner, buf, theme);
        let line = theme.glyphs.pick("│", "|");
        for y in area.top()..area.bottom() {
            put(buf, area.right().saturating_sub(1), y, 1, line, theme.faint(), theme.glyphs);
        }
        let (line, column) = self.typed?;
        let y = line.checked_sub(top).filter(|y| *y < shown)? as u16;
        Some(Position { x: inner.x + column as u16, y: body.y + y })
    }

    fn draw_keys(&self, inner: Rect, buf: &mut Buffer, theme: Theme) {
        let y = inner.bottom().saturating_sub(1);
        let mut x = inner.x;
        for (_, key, label) in &self.keys {
            let columns = (width(key) + 1 + width(label)) as u16;
            if x + columns > inner.right() {
                return;
            }
            let used = put(buf, x, y, columns, key, theme.key_hint(), theme.glyphs) + 1;
            put(buf, x + used, y, columns.saturating_sub(used), label, theme.dim(), theme.glyphs);
            x += columns + 2;
        }
    }
}

fn question(session: &Session) -> Option<&str> {
    match session.step()? {
        Step::Predict(step) => Some(&step.question),
        Step::Explain(step) | Step::Recall(step) => Some(&step.question),
        _ => None,
    }
}

/// Sign and word of a kind of step; each kind has its own colour too.
fn badge(step: &Step) -> (&'static str, &'static str, usize) {
    match step {
        Step::Read(_) => ("≡", "Read", 7),
        Step::Watch(_) => ("▷", "Watch", 0),
        Step::Predict(_) => ("?", "Predict", 1),
        Step::Do(_) => ("◎", "Do", 2),
        Step::Fix(_) => ("✎", "Fix", 4),
        Step::Challenge(_) => ("★", "Challenge", 5),
        Step::Explain(_) => ("∵", "Explain", 3),
        Step::Recall(_) => ("↺", "Recall", 6),
    }
}

/// Title, where one is, and what kind of step it is.
fn head(session: &Session, columns: usize, glyphs: Glyphs) -> Vec<TextLine> {
    let (step, steps) = session.place();
    let finished = *session.phase() == Phase::Finished;
    let place = if finished { "finished".to_owned() } else { format!("{} of {steps}", step + 1) };
    let dot = |i: usize| match i {
        i if i < step || finished => glyphs.pick('●', '*'),
        i if i == step => glyphs.pick('◉', '@'),
        _ => glyphs.pick('○', '.'),
    };
    let room = columns.saturating_sub(width(&place) + 1);
    let dots: String = (0..steps).map(dot).take(room).collect();
    let title = pad(&visible(&session.lesson().title), columns);
    let mut lines = vec![
        TextLine::of(title, Tone::Heading),
        TextLine(vec![(pad(&dots, room + 1), Tone::Heading), (place, Tone::Quiet)]),
    ];
    if let Some(step) = session.step().filter(|_| !finished) {
        let (sign, word, series) = badge(step);
        lines.push(TextLine::of(format!("{sign} {word}"), Tone::Series(series)));
    }
    lines.push(TextLine::default());
    lines
}

/// The goal, and what there is to say: always visible, above the keys.
fn foot(content: &Content<'_>, columns: usize) -> Vec<TextLine> {
    let session = content.session;
    let mut lines = Vec::new();
    if let Some((goal, reached)) = session.goal() {
        let (sign, tone) = if reached { ("✓", Tone::Good) } else { ("◎", Tone::Strong) };
        lines.push(TextLine::default());
        lines.extend(paragraph(&format!("{sign} Goal: {}", unmarked(goal)), columns, tone));
        if let Some(text) = limits(content) {
            lines.extend(paragraph(&text, columns, Tone::Quiet));
        }
    }
    if let Some(message) = content.news.or(session.message()) {
        lines.extend(paragraph(&visible(message), columns, Tone::Bad));
    }
    lines
}

/// Commands so far, and what bounds them.
fn limits(content: &Content<'_>) -> Option<String> {
    let session = content.session;
    let used = session.used(content.lab);
    let (Some(Step::Do(work) | Step::Fix(work) | Step::Challenge(work)), Phase::Doing) =
        (session.step(), session.phase())
    else {
        return None;
    };
    let mut parts = Vec::new();
    if let Some(par) = work.par {
        parts.push(format!("{used} commands, par {par}"));
    }
    if let Some(best) = content.best {
        parts.push(format!("your best {best}"));
    }
    if let Some(most) = work.most {
        parts.push(format!("{used} of {most} commands"));
    }
    if !work.allow.is_empty() {
        parts.push(format!("allowed: {}", visible(&work.allow.join(", "))));
    }
    (!parts.is_empty()).then(|| parts.join(" · "))
}

/// The keys worth naming now.
fn keys(content: &Content<'_>) -> Vec<(KeyCode, String, String)> {
    let session = content.session;
    let mut keys = Vec::new();
    let mut key = |code, name: &str, label: &str| keys.push((code, name.to_owned(), label.to_owned()));
    let enter = match session.phase() {
        _ if content.busy => "skip",
        Phase::Reading | Phase::Reached { .. } => "go on",
        Phase::Answered(verdict) if !verdict.right && session.retries() => "try again",
        Phase::Answered(_) => "go on",
        Phase::Watching(played) if matches!(session.step(), Some(Step::Watch(w)) if *played >= w.play.len()) => "go on",
        Phase::Watching(_) => "play",
        Phase::Asking | Phase::Weighing(_) if session.cursor.is_none() && !session.choices().is_empty() => "",
        Phase::Asking => "answer",
        Phase::Weighing(_) => "lock in",
        Phase::Running(_) => "skip",
        Phase::Finished if content.next.is_some() => "next lesson",
        Phase::Finished => "to the map",
        Phase::Doing => "",
    };
    if !enter.is_empty() {
        key(KeyCode::Enter, "Enter", enter);
    } else if !session.choices().is_empty() {
        key(KeyCode::Down, "↑↓", "choose");
    }
    let hints = session.step().map_or(0, |step| step.hints().len());
    if matches!(session.phase(), Phase::Asking | Phase::Doing) && session.hints().len() < hints {
        key(KeyCode::Char('H'), "H", "hint");
    }
    if *session.phase() == Phase::Doing {
        key(KeyCode::Char('S'), "S", "show me");
        key(KeyCode::Char(':'), ":", "command");
    }
    key(KeyCode::Char('B'), "B", "back");
    key(KeyCode::Char('T'), "T", "lab only");
    key(KeyCode::Char('?'), "?", "help");
    keys
}

/// The goal in one row, while the lab has the whole screen.
pub(super) fn draw_strip(session: &Session, lab: &dyn OpenLab, area: Rect, buf: &mut Buffer, theme: Theme) {
    if area.is_empty() {
        return;
    }
    let text = match session.goal() {
        Some((goal, true)) => format!("✓ Goal: {}", unmarked(goal)),
        Some((goal, false)) => format!("◎ Goal: {} · {} commands", unmarked(goal), session.used(lab)),
        None => visible(&session.lesson().title).into_owned(),
    };
    let keys = " T text ";
    let room = area.width.saturating_sub(width(keys) as u16);
    put(buf, area.x + 1, area.y, room.saturating_sub(1), &text, theme.selected(), theme.glyphs);
    put(buf, area.x + room, area.y, area.width - room, keys, theme.key_hint(), theme.glyphs);
}
