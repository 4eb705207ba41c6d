//! View 2: who waits for whom, and the cycle as it closes.

use std::f64::consts::TAU;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{ThreadsScene, name, progress, step};
use crate::algorithms::threads::{Block, Kind};
use crate::labs::threads::model::ThreadsModel;
use crate::picture::{Canvas, caption, width};

/// A thread that waits: for whom, or for what if nobody holds it.
struct Edge {
    from: usize,
    to: Option<usize>,
    block: Block,
    in_cycle: bool,
}

fn edges(model: &ThreadsModel) -> Vec<Edge> {
    let mut edges = Vec::new();
    for from in 0..model.program().threads.len() {
        let Some(block) = model.machine.block(&model.state, from) else { continue };
        let holders: Vec<Option<usize>> = match block.holders.as_slice() {
            [] => vec![None],
            holders => holders.iter().copied().map(Some).collect(),
        };
        edges.extend(holders.into_iter().map(|to| Edge { from, to, block: block.clone(), in_cycle: false }));
    }
    let cycle = cycle(&edges);
    let closes = |e: &Edge| (0..cycle.len()).any(|i| cycle[i] == e.from && Some(cycle[(i + 1) % cycle.len()]) == e.to);
    let marks: Vec<bool> = edges.iter().map(closes).collect();
    edges.iter_mut().zip(marks).for_each(|(edge, mark)| edge.in_cycle = mark);
    edges
}

/// Threads that wait for each other in a ring, from the one with the lowest number; none if there is no ring.
fn cycle(edges: &[Edge]) -> Vec<usize> {
    let starts = edges.iter().map(|e| e.from);
    for start in starts {
        let (mut way, mut at) = (vec![start], start);
        while let Some(next) = edges.iter().find(|e| e.from == at && e.to.is_some()).and_then(|e| e.to) {
            if next == start {
                return way;
            }
            if way.contains(&next) {
                break;
            }
            way.push(next);
            at = next;
        }
    }
    Vec::new()
}

/// Where a thread stands, in dots.
fn place(canvas: &Canvas, thread: usize, count: usize) -> (f64, f64) {
    let (w, h) = canvas.size();
    let start = if count == 2 { 0.75 } else { 0.0 };
    let turn = start + thread as f64 / count.max(1) as f64;
    let (rx, ry) =
        if count == 1 { (0.0, 0.0) } else { ((w / 2.0 - 16.0).max(2.0).min(h * 1.1), (h / 2.0 - 8.0).max(2.0)) };
    let (sin, cos) = (turn * TAU).sin_cos();
    (w / 2.0 + rx * sin, (h / 2.0 - ry * cos - if count == 1 { h / 6.0 } else { 0.0 }).max(2.0))
}

/// Draws threads, and an arrow for everyone who waits.
pub(super) fn draw(scene: &ThreadsScene<'_>, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let edges = edges(model);
    let area = caption(buf, area, &caption_parts(model, &edges), theme);
    let count = model.program().threads.len();
    let mut canvas = Canvas::new(area, theme.glyphs);
    let t = progress(scene);
    let last = model.deeds.last().map(|d| d.thread);
    let mut things: Vec<usize> = edges.iter().filter(|e| e.to.is_none()).map(|e| e.block.object).collect();
    things.dedup();
    let (w, h) = canvas.size();
    let thing_at = |object: usize| {
        let i = things.iter().position(|o| *o == object).unwrap_or(0) as f64;
        (w / 2.0, h / 2.0 + (i - (things.len() as f64 - 1.0) / 2.0) * 8.0 + if count == 1 { h / 5.0 } else { 0.0 })
    };
    for edge in &edges {
        let from = place(&canvas, edge.from, count);
        let to = edge.to.map_or_else(|| thing_at(edge.block.object), |to| place(&canvas, to, count));
        let style = if edge.in_cycle { theme.error() } else { theme.warning() };
        let share = if last == Some(edge.from) { t } else { 1.0 };
        let called = model.program().objects[edge.block.object].name.clone();
        let label = edge.to.map(|_| called.as_str());
        arrow(&mut canvas, (from, to), share, (style, edge.in_cycle), label);
    }
    for object in &things {
        let (x, y) = thing_at(*object);
        let found = &model.program().objects[*object];
        let kind = found.kind.map_or("section", Kind::name);
        canvas.text_centered(x, y, &format!("[{kind} {}: {}]", found.name, state_of(model, *object)), theme.text());
    }
    for thread in 0..count {
        let (x, y) = place(&canvas, thread, count);
        let waits = edges.iter().any(|e| e.from == thread);
        let in_cycle = edges.iter().any(|e| e.from == thread && e.in_cycle);
        let mut style = theme.series(thread).add_modifier(Modifier::BOLD);
        if in_cycle {
            style = style.add_modifier(Modifier::REVERSED);
        }
        let mark = if waits { theme.glyphs.pick("‖", "=") } else { theme.glyphs.pick("●", "*") };
        canvas.text_centered(x, y, &format!(" {mark} {} ", name(model, thread, 12)), style);
        let held = held_by(model, thread);
        let below = match (held.is_empty(), model.machine.done(&model.state, thread)) {
            (_, true) => "done".to_owned(),
            (true, _) => String::new(),
            (false, _) => format!("holds {}", held.join(", ")),
        };
        canvas.text_centered(x, y + 4.0, &below, theme.dim());
    }
    canvas.draw(buf);
}

fn state_of(model: &ThreadsModel, object: usize) -> String {
    model.machine.object_text(&model.state, object)
}

/// Locks that a thread holds.
fn held_by(model: &ThreadsModel, thread: usize) -> Vec<String> {
    let objects = model.program().objects.iter().enumerate();
    let held = objects.filter(|(i, o)| {
        let words = model.machine.object(&model.state, *i);
        match o.kind {
            Some(Kind::Mutex { .. } | Kind::Monitor) => words[0] == thread as i32 + 1,
            Some(Kind::RwLock) => words[0] == thread as i32 + 1 || words[1] >> thread & 1 == 1,
            _ => false,
        }
    });
    held.map(|(_, o)| o.name.clone()).collect()
}

fn caption_parts(model: &ThreadsModel, edges: &[Edge]) -> Vec<String> {
    let cycle = cycle(edges);
    if let [only] = cycle.as_slice() {
        return vec![format!("{} waits for itself", model.thread_name(*only)), "it can never go on".to_owned()];
    }
    if let Some(first) = cycle.first() {
        let names: Vec<&str> = cycle.iter().chain([first]).map(|t| model.thread_name(*t)).collect();
        return vec![format!("a cycle: {}", names.join(" → ")), "none of them can ever go on".to_owned()];
    }
    let waits = edges.iter().map(|e| format!("{} waits: {}", model.thread_name(e.from), e.block.why));
    let mut parts: Vec<String> = waits.collect();
    parts.dedup();
    if parts.is_empty() {
        parts.push("nobody waits".to_owned());
    }
    parts.push("an arrow leads to who holds it".to_owned());
    parts
}

/// A bent arrow, so that two opposite ones lie apart; drawn up to a share of its length.
fn arrow(
    canvas: &mut Canvas,
    (from, to): ((f64, f64), (f64, f64)),
    share: f64,
    (style, thick): (Style, bool),
    label: Option<&str>,
) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let far = dx.hypot(dy).max(1.0);
    let bend = if far < 4.0 { 24.0 } else { far * 0.22 };
    let middle = ((from.0 + to.0) / 2.0 - dy / far * bend, (from.1 + to.1) / 2.0 + dx / far * bend);
    let middle = if far < 4.0 { (from.0 + 20.0, from.1 + 14.0) } else { middle };
    let point = |s: f64| {
        let mix = |a: f64, b: f64, c: f64| (1.0 - s).powi(2) * a + 2.0 * s * (1.0 - s) * b + s * s * c;
        (mix(from.0, middle.0, to.0), mix(from.1, middle.1, to.1))
    };
    // The arrow begins and ends outside the names.
    let (begin, end) = (0.16, 0.16 + 0.66 * share.clamp(0.0, 1.0));
    let steps = 60;
    let mut before = point(begin);
    for i in 1..=steps {
        let next = point(begin + (end - begin) * f64::from(i) / f64::from(steps));
        canvas.line(before, next, style, 3);
        if thick {
            canvas.line((before.0, before.1 + 1.0), (next.0, next.1 + 1.0), style, 3);
        }
        before = next;
    }
    let tail = point((end - 0.08).max(begin));
    let (hx, hy) = (before.0 - tail.0, before.1 - tail.1);
    let long = hx.hypot(hy).max(1e-6);
    for side in [0.55_f64, -0.55] {
        let (sin, cos) = side.sin_cos();
        let (ux, uy) = (-hx / long * 6.0, -hy / long * 6.0);
        canvas.line(before, (before.0 + ux * cos - uy * sin, before.1 + ux * sin + uy * cos), style, 4);
    }
    if let Some(label) = label.filter(|l| width(l) > 0) {
        let (x, y) = point(begin + (end - begin) * 0.5);
        canvas.text_centered(x, y, &format!(" {label} "), style);
    }
}

/// A click near a thread lets it take a step.
pub(super) fn click(scene: &ThreadsScene<'_>, area: Rect, x: u16, y: u16) -> Option<String> {
    let area = Rect { height: area.height.saturating_sub(1), ..area };
    let canvas = Canvas::new(area, scene.theme.glyphs);
    let at = canvas.at_cell(x, y);
    let count = scene.model.program().threads.len();
    let far = |t: usize| {
        let (px, py) = place(&canvas, t, count);
        (px - at.0).hypot(py - at.1)
    };
    let near = (0..count).min_by(|a, b| far(*a).total_cmp(&far(*b)))?;
    if far(near) < 14.0 { step(scene.model, near) } else { None }
}
