//! The waits-for graph. While nobody waits: the conflict graph of those that committed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{TxScene, nothing_yet, progress, sign, style_of};
use crate::algorithms::transactions::serial::Kind;
use crate::algorithms::transactions::{Status, Told, TxId};
use crate::labs::transactions::model::{TransactionsModel, UNFOLD_US};
use crate::labs::transactions::names::{name, resource_name, row_name};
use crate::labs::transactions::panel::everybody;
use crate::picture::{Canvas, Circle, caption};

/// An edge with its label; whether it is part of the cycle.
struct Arrow {
    from: TxId,
    to: TxId,
    label: String,
    glows: bool,
}

pub(super) fn draw(scene: &TxScene<'_>, area: Rect, buf: &mut Buffer) {
    let (waits, arrows) = arrows(scene);
    let shows = match waits {
        true => "waits-for graph: who waits for whom, and for which lock",
        false => "conflict graph: who must come before whom (ww, wr, rw)",
    };
    let area = caption(buf, area, &[shows.to_owned(), "heavy: the cycle".to_owned()], scene.theme);
    let mut nodes = everybody(scene.model);
    if nodes.len() > 12 {
        nodes.retain(|tx| arrows.iter().any(|a| a.from == *tx || a.to == *tx));
        nodes.truncate(16);
    }
    if nodes.is_empty() {
        nothing_yet(scene, area, buf, &["Nobody waits for anybody.", "`play lost-update` closes a cycle."]);
        return;
    }
    let mut canvas = Canvas::new(area, scene.theme.glyphs);
    let circle = ellipse(&canvas);
    let place = |tx: TxId| {
        let index = nodes.iter().position(|n| *n == tx)? as f64;
        // Two stand beside each other, more around.
        let turn = if nodes.len() <= 2 { 0.75 + 0.5 * index } else { index / nodes.len() as f64 };
        Some(point(&circle, &canvas, turn))
    };
    let placed: Vec<(TxId, (f64, f64))> = nodes.iter().filter_map(|tx| Some((*tx, place(*tx)?))).collect();
    for arrow in &arrows {
        let find = |tx: TxId| placed.iter().find(|(t, _)| *t == tx).map(|(_, p)| *p);
        if let (Some(from), Some(to)) = (find(arrow.from), find(arrow.to)) {
            let both = arrows.iter().any(|a| a.from == arrow.to && a.to == arrow.from);
            draw_arrow(scene, &mut canvas, (from, to), arrow, both);
        }
    }
    for (tx, (x, y)) in placed {
        let status = scene.model.engine.status(tx);
        let waits = status == Some(Status::Waiting);
        let style = style_of(scene, tx).add_modifier(if waits { Modifier::REVERSED } else { Modifier::BOLD });
        canvas.text_centered(x, y, &format!(" {} {} ", sign(status, scene.theme), name(tx)), style);
    }
    canvas.draw(buf);
}

/// What is drawn: waits if there are any, or just were; else the conflicts of those that committed.
fn arrows(scene: &TxScene<'_>) -> (bool, Vec<Arrow>) {
    let model = scene.model;
    let cycle_of = |cycle: &[TxId]| -> Vec<(TxId, TxId)> {
        cycle.iter().copied().zip(cycle.iter().copied().cycle().skip(1)).collect()
    };
    let graph = model.engine.graph();
    let cycle = cycle_of(&graph.cycle().unwrap_or_default());
    let waits: Vec<Arrow> = graph
        .edges()
        .map(|(from, to)| Arrow { from, to, label: wanted(model, from), glows: cycle.contains(&(from, to)) })
        .collect();
    if !waits.is_empty() {
        return (true, waits);
    }
    // The cycle that was just broken is seen a moment longer.
    if let Some((at, cycle)) = &model.last_cycle
        && scene.now.saturating_sub(*at) <= UNFOLD_US
    {
        let edge = |(from, to)| Arrow { from, to, label: wanted(model, from), glows: true };
        return (true, cycle_of(cycle).into_iter().map(edge).collect());
    }
    let cycle = cycle_of(model.findings.cycle.as_deref().unwrap_or_default());
    let mut found: Vec<Arrow> = Vec::new();
    for edge in &model.findings.conflicts {
        let kind = match edge.kind {
            Kind::WriteWrite => "ww",
            Kind::WriteRead => "wr",
            Kind::ReadWrite => "rw",
        };
        let label = format!("{kind} {}", row_name(edge.row));
        match found.iter_mut().find(|a| a.from == edge.from && a.to == edge.to) {
            Some(arrow) => arrow.label = format!("{}, {label}", arrow.label),
            None => {
                let glows = cycle.contains(&(edge.from, edge.to));
                found.push(Arrow { from: edge.from, to: edge.to, label, glows });
            }
        }
    }
    (found.is_empty(), found)
}

/// What a transaction waits for, or waited for last: `X x`, or only the row where nothing locks.
fn wanted(model: &TransactionsModel, tx: TxId) -> String {
    let last = model.trace.iter().rev().find_map(|step| match &step.told {
        Told::Waits(op, _, lock) if step.tx == tx => Some((op, lock)),
        _ => None,
    });
    match last {
        Some((_, Some((resource, mode)))) => format!("{} {}", mode.name(), resource_name(*resource)),
        Some((op, None)) => op.row().map_or(String::new(), |row| row_name(row).to_owned()),
        None => String::new(),
    }
}

fn ellipse(canvas: &Canvas) -> Circle {
    let circle = canvas.fit_circle(1);
    Circle { r: circle.r.max(3.0), ..circle }
}

/// A place on an ellipse that uses the width.
fn point(circle: &Circle, canvas: &Canvas, turn: f64) -> (f64, f64) {
    let (x, y) = circle.point(turn, 1.0);
    let stretch = ((canvas.size().0 / 2.0 - 10.0) / circle.r).clamp(1.0, 2.2);
    (circle.cx + (x - circle.cx) * stretch, y)
}

fn draw_arrow(scene: &TxScene<'_>, canvas: &mut Canvas, ends: ((f64, f64), (f64, f64)), arrow: &Arrow, both: bool) {
    let theme = scene.theme;
    let ((ax, ay), (bx, by)) = ends;
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx.hypot(dy).max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    // There and back stand apart.
    let aside = if both { 4.5 } else { 0.0 };
    // Labels are wide and low, so arrows end further out where they come from the side.
    let gap = 4.0 + 7.0 * ux.abs();
    let start = (ax + ux * gap - uy * aside, ay + uy * gap + ux * aside);
    let reach = (length - 2.0 * gap).max(1.0);
    let grown = if is_new(scene, arrow) { progress(scene) } else { 1.0 };
    let end = (start.0 + ux * reach * grown, start.1 + uy * reach * grown);
    let (style, priority): (Style, u8) = if arrow.glows { (theme.error(), 5) } else { (theme.accent(), 3) };
    canvas.line(start, end, style, priority);
    if arrow.glows {
        canvas.line((start.0 - uy, start.1 + ux), (end.0 - uy, end.1 + ux), style, priority);
    }
    for side in [-1.0, 1.0] {
        let back = (end.0 - ux * 5.0 - side * uy * 3.0, end.1 - uy * 5.0 + side * ux * 3.0);
        canvas.line(end, back, style, priority);
    }
    if !arrow.label.is_empty() {
        let (mx, my) = (start.0 + ux * reach * 0.5, start.1 + uy * reach * 0.5);
        let lift = if ux.abs() > 0.7 { 4.0 * ux.signum() } else { 0.0 };
        canvas.text_centered(mx, my + lift, &arrow.label, if arrow.glows { theme.error() } else { theme.dim() });
    }
}

/// Whether the one that waits began to wait just now.
fn is_new(scene: &TxScene<'_>, arrow: &Arrow) -> bool {
    scene.model.trace.last().is_some_and(|last| last.tx == arrow.from)
}
