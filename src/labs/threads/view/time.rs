//! View 3: the schedule along time, one lane a thread; reads are joined to the writes that they saw.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::{ThreadsScene, name, progress, step};
use crate::algorithms::explore::System;
use crate::algorithms::threads::{BAD, Deed};
use crate::labs::threads::model::ThreadsModel;
use crate::picture::{Canvas, Glyphs, caption, fit, put, width, write};

/// Where lanes and steps stand.
struct Lanes {
    area: Rect,
    /// Columns of the names.
    head: u16,
    /// Columns of a step.
    each: u16,
    /// The first step that is shown.
    first: usize,
    /// Rows from lane to lane.
    gap: u16,
}

impl Lanes {
    fn of(model: &ThreadsModel, area: Rect) -> Self {
        let count = model.program().threads.len() as u16;
        let longest = (0..usize::from(count)).map(|t| width(model.thread_name(t))).max().unwrap_or(1);
        let head = (longest as u16 + 1).min(area.width / 5).max(2);
        let room = area.width.saturating_sub(head);
        let steps = model.deeds.len().max(1) as u16;
        // As wide as the words need while there is room.
        let widest = model.deeds.iter().map(|d| width(&label(model, d, 10)) as u16 + 1).max().unwrap_or(4).clamp(3, 12);
        // No step is cut: the short form of each has room.
        let least = model.deeds.iter().map(|d| width(&short_form(model, d)) as u16 + 1).max().unwrap_or(3).clamp(3, 12);
        let each = (room / steps.max(1)).clamp(least, widest.max(least));
        let shown = usize::from((room / each).max(1));
        let first = model.deeds.len().saturating_sub(shown);
        let gap = (area.height.saturating_sub(2) / count.max(1)).clamp(1, 5);
        Self { area, head, each, first, gap }
    }

    fn x(&self, at: usize) -> u16 {
        self.head + (at - self.first.min(at)) as u16 * self.each
    }

    fn y(&self, thread: usize) -> u16 {
        thread as u16 * self.gap
    }
}

/// A step in its shortest form: `r0`, `w1`, `Lm`.
fn short_form(model: &ThreadsModel, deed: &Deed) -> String {
    forms(model, deed).pop().unwrap_or_default()
}

/// A step in a few letters: `r x=0`, `w x=1`, `lock m`.
fn label(model: &ThreadsModel, deed: &Deed, columns: usize) -> String {
    let text = forms(model, deed);
    text.iter().find(|t| width(t) <= columns).cloned().unwrap_or_else(|| fit(text.last().map_or("", |t| t), columns))
}

/// The long form of a step, and the short one.
fn forms(model: &ThreadsModel, deed: &Deed) -> Vec<String> {
    match (deed.read, deed.wrote) {
        (Some((v, old)), Some((_, new))) => vec![format!("{} {old}→{new}", variable(model, v)), format!("{old}→{new}")],
        (Some((v, value)), None) => vec![format!("r {}={value}", variable(model, v)), format!("r{value}")],
        (None, Some((v, value))) => vec![format!("w {}={value}", variable(model, v)), format!("w{value}")],
        (None, None) => vec![deed.text.clone(), short_words(&deed.text)],
    }
}

fn variable(model: &ThreadsModel, variable: usize) -> &str {
    &model.program().variables[variable].name
}

/// `lock m` as `Lm`: capitals are for what is done to locks and their kin, `·` is what nobody else sees.
fn short_words(text: &str) -> String {
    let (verb, thing) = text.split_once(' ').unwrap_or((text, ""));
    match verb {
        "skip" | "test" | "computes" | "sets" => "·".to_owned(),
        _ => {
            let letters = verb.split('_').filter_map(|word| word.chars().next());
            let verb: String = letters.flat_map(char::to_uppercase).collect();
            let thing: String = thing.chars().take_while(|c| *c != ' ').take(2).collect();
            verb + &thing
        }
    }
}

/// What the short forms in sight stand for: `Lm lock m`.
fn key_parts(model: &ThreadsModel, lanes: &Lanes) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for deed in model.deeds.iter().skip(lanes.first).filter(|d| d.read.is_none() && d.wrote.is_none()) {
        let (shown, short) = (label(model, deed, usize::from(lanes.each) - 1), short_form(model, deed));
        let part = match short.as_str() {
            "·" => continue,
            _ => format!("{short} {}", deed.text.split(' ').take(2).collect::<Vec<_>>().join(" ")),
        };
        if shown == short && shown != deed.text && !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts
}

/// For each thread, whether it waited before each step and now.
fn waits(model: &ThreadsModel) -> Vec<Vec<bool>> {
    let (machine, mut state) = (&model.machine, model.machine.initial());
    let mut waits = vec![Vec::new(); model.program().threads.len()];
    let mut note = |state: &[i32]| {
        for (thread, waits) in waits.iter_mut().enumerate() {
            waits.push(machine.next_part(state, thread).is_some() && !machine.ready(state, thread));
        }
    };
    note(&state);
    for deed in &model.deeds {
        machine.step(&mut state, deed.thread);
        note(&state);
    }
    waits
}

/// Index of the write that a read saw; `None` for the first value.
fn saw(deeds: &[Deed], at: usize) -> Option<usize> {
    let (variable, _) = deeds.get(at)?.read?;
    deeds.get(..at)?.iter().rposition(|d| d.wrote.is_some_and(|(v, _)| v == variable))
}

/// Draws the lanes.
pub(super) fn draw(scene: &ThreadsScene<'_>, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let area = caption(buf, area, &caption_parts(model, area), theme);
    let lanes = Lanes::of(model, area);
    let end = lanes.x(model.deeds.len()).min(area.width);
    let waits = waits(model);
    for (thread, waits) in waits.iter().enumerate() {
        let y = lanes.y(thread);
        let head = name(model, thread, usize::from(lanes.head) - 1);
        write(buf, area, (0, y), &head, theme.series(thread).add_modifier(Modifier::BOLD), theme);
        let line = theme.glyphs.pick("─", "-").repeat(usize::from(end.saturating_sub(lanes.head)));
        write(buf, area, (lanes.head, y), &line, theme.series_dim(thread), theme);
        draw_waits(scene, &lanes, thread, waits, buf);
    }
    joins(scene, &lanes, buf);
    let last = model.deeds.len().saturating_sub(1);
    for (at, deed) in model.deeds.iter().enumerate().skip(lanes.first) {
        let text = label(model, deed, usize::from(lanes.each) - 1);
        let mut style = theme.series(deed.thread);
        if at == last {
            style = theme.strong();
        }
        if deed.lost || deed.problems & BAD != 0 {
            style = theme.error();
        }
        write(buf, area, (lanes.x(at), lanes.y(deed.thread)), &text, style, theme);
        if deed.lost && lanes.gap > 1 {
            write(
                buf,
                area,
                (lanes.x(at), lanes.y(deed.thread) + 1),
                theme.glyphs.pick("✗ lost", "X lost"),
                theme.error(),
                theme,
            );
        }
    }
    scale(scene, &lanes, buf);
    if model.deeds.is_empty() {
        let row = lanes.y(model.program().threads.len()).min(area.height.saturating_sub(1));
        write(buf, area, (0, row), "no step yet: press a or s, or play a result", theme.dim(), theme);
    }
}

/// Where a thread waited: a broken line from where it began, with its sign.
fn draw_waits(scene: &ThreadsScene<'_>, lanes: &Lanes, thread: usize, waits: &[bool], buf: &mut Buffer) {
    let (theme, area) = (scene.theme, lanes.area);
    let steps = waits.len() - 1;
    let waited = |at: usize| waits.get(at).copied().unwrap_or(false);
    for at in (lanes.first..=steps).filter(|at| waited(*at) && (*at == lanes.first || !waited(at - 1))) {
        let until = (at..=steps).find(|to| !waited(*to));
        let begin = lanes.x(at).min(area.width);
        let end = until.map_or(lanes.x(steps), |to| lanes.x(to)).min(area.width);
        let line = theme.glyphs.pick("┄", ".").repeat(usize::from(end.saturating_sub(begin)));
        let y = lanes.y(thread);
        write(buf, area, (begin, y), &line, theme.warning(), theme);
        let sign = theme.glyphs.pick("‖", "=");
        let text = if until.is_none() { format!("{sign} waits ") } else { sign.to_owned() };
        write(buf, area, (begin, y), &text, theme.warning(), theme);
    }
}

/// Lines from each read back to the write that it saw, if that is on another lane.
fn joins(scene: &ThreadsScene<'_>, lanes: &Lanes, buf: &mut Buffer) {
    let (model, theme, area) = (scene.model, scene.theme, lanes.area);
    if lanes.gap < 2 {
        return;
    }
    let mut canvas = Canvas::new(area, theme.glyphs);
    let last = model.deeds.len().saturating_sub(1);
    for at in lanes.first..model.deeds.len() {
        let Some(from) = saw(&model.deeds, at).filter(|from| *from >= lanes.first) else { continue };
        let (writer, reader) = (model.deeds[from].thread, model.deeds[at].thread);
        if writer == reader {
            continue;
        }
        let down = reader > writer;
        // From below the write to above the read, or the other way round.
        let edge = |thread: usize, low: bool| f64::from(lanes.y(thread)) * 4.0 + if low { 5.0 } else { -2.0 };
        let begin = (f64::from(lanes.x(from)) * 2.0 + 2.0, edge(writer, down));
        let end = (f64::from(lanes.x(at)) * 2.0 + 2.0, edge(reader, !down));
        let share = if at == last { progress(scene) } else { 1.0 };
        let to = (begin.0 + (end.0 - begin.0) * share, begin.1 + (end.1 - begin.1) * share);
        let style = if at == last { theme.strong() } else { theme.series_dim(writer) };
        canvas.line(begin, to, style, u8::from(at == last));
    }
    canvas.draw(buf);
}

/// Numbers of the steps along the bottom.
fn scale(scene: &ThreadsScene<'_>, lanes: &Lanes, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let row = lanes.y(model.program().threads.len());
    if row >= lanes.area.height {
        return;
    }
    let every = usize::from(12 / lanes.each.max(1)).max(1);
    for at in (lanes.first..model.deeds.len()).filter(|at| at % every == 0) {
        write(buf, lanes.area, (lanes.x(at), row), &(at + 1).to_string(), theme.faint_text(), theme);
    }
    if lanes.first > 0 {
        let mark = if theme.glyphs == Glyphs::Unicode { "…" } else { "~" };
        put(buf, lanes.area.x + lanes.head.saturating_sub(1), lanes.area.y + row, 1, mark, theme.dim(), theme.glyphs);
    }
}

fn caption_parts(model: &ThreadsModel, area: Rect) -> Vec<String> {
    let lanes = Lanes::of(model, area);
    let mut parts = vec!["r read, w write".to_owned()];
    parts.extend(key_parts(model, &lanes));
    parts.push("a dot: what nobody else sees".to_owned());
    let joined = (lanes.first..model.deeds.len()).any(|at| saw(&model.deeds, at).is_some());
    if joined {
        parts.push("a line joins a read to the write it saw".to_owned());
    }
    if lanes.first > 0 {
        parts.push(format!("steps {} to {}", lanes.first + 1, model.deeds.len()));
    }
    parts
}

/// A click on a lane lets its thread take a step.
pub(super) fn click(scene: &ThreadsScene<'_>, area: Rect, _x: u16, y: u16) -> Option<String> {
    let lanes = Lanes::of(scene.model, Rect { height: area.height.saturating_sub(1), ..area });
    step(scene.model, usize::from((y - area.y) / lanes.gap))
}
