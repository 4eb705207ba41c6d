//! What happened in order, one lane a transaction, time downwards; reads are joined to the writes that they saw.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::{TxScene, fresh, nothing_yet, progress, sign, style_of};
use crate::algorithms::transactions::{Expr, Op, Reply, Row, Seen, Told, TxId, VersionId};
use crate::labs::transactions::facts::reason_word;
use crate::labs::transactions::model::Step;
use crate::labs::transactions::names::{name, resource_name, row_name};
use crate::labs::transactions::panel::everybody;
use crate::picture::{Canvas, caption, fit, width, write};

pub(super) fn draw(scene: &TxScene<'_>, area: Rect, buf: &mut Buffer) {
    let model = scene.model;
    let rows = usize::from(area.height.saturating_sub(2));
    let steps: Vec<(usize, &Step)> =
        model.trace.iter().enumerate().filter(|(_, s)| !matches!(s.told, Told::Deadlock(_))).collect();
    let hidden = steps.len().saturating_sub(rows);
    let mut parts = vec!["time runs down".to_owned(), "a line: the write that a read saw".to_owned()];
    if hidden > 0 {
        parts.insert(0, format!("{hidden} earlier above"));
    }
    let area = caption(buf, area, &parts, scene.theme);
    let lanes = lanes_of(scene, &steps[hidden..], usize::from(area.width / 9).max(1));
    if lanes.is_empty() {
        nothing_yet(scene, area, buf, &["Nothing has happened yet.", "`play write-skew` runs a schedule."]);
        return;
    }
    let lane_width = (area.width / lanes.len() as u16).min(30);
    let column = |tx: TxId| lanes.iter().position(|t| *t == tx).map(|i| i as u16 * lane_width);
    for tx in &lanes {
        let head = format!("{} {}", sign(model.engine.status(*tx), scene.theme), name(*tx));
        let style = style_of(scene, *tx).add_modifier(Modifier::BOLD);
        write(buf, area, (column(*tx).unwrap_or(0), 0), &head, style, scene.theme);
    }
    joins(scene, area, buf, &steps, hidden, &column, lane_width);
    for (line, (index, step)) in (1..area.height).zip(&steps[hidden..]) {
        let Some(x) = column(step.tx) else { continue };
        let text = fit(&text(step), usize::from(lane_width.saturating_sub(1)));
        let style = match (&step.told, fresh(scene, *index)) {
            (Told::Aborted(_), _) => scene.theme.error(),
            (Told::Waits(..), _) => scene.theme.warning(),
            (_, true) => scene.theme.strong(),
            _ => style_of(scene, step.tx).remove_modifier(Modifier::CROSSED_OUT),
        };
        write(buf, area, (x, line), &text, style, scene.theme);
    }
}

/// The lanes: those that did something in what is shown, as many as fit.
fn lanes_of(scene: &TxScene<'_>, steps: &[(usize, &Step)], most: usize) -> Vec<TxId> {
    let mut lanes = everybody(scene.model);
    if lanes.len() > most {
        lanes.retain(|tx| steps.iter().any(|(_, s)| s.tx == *tx));
    }
    let skip = lanes.len().saturating_sub(most);
    lanes.drain(..skip);
    lanes
}

/// A step in few characters: `r x=10`.
fn text(step: &Step) -> String {
    let value = |seen: &Seen| seen.value.map_or("–".to_owned(), |v| v.to_string());
    match &step.told {
        Told::Did(Op::ReadForUpdate(_), Reply::Read(seen)) => format!("R {}={}", row_name(seen.row), value(seen)),
        Told::Did(_, Reply::Read(seen)) => format!("r {}={}", row_name(seen.row), value(seen)),
        Told::Did(op, Reply::Wrote { seen, skipped }) => {
            let mark = if *skipped { " skip" } else { "" };
            match op {
                Op::Write(row, Expr::Delete) => format!("d {}{mark}", row_name(*row)),
                Op::Write(row, Expr::Insert(value)) => format!("i {}={value}{mark}", row_name(*row)),
                _ => format!("w {}={}{mark}", row_name(seen.row), value(seen)),
            }
        }
        Told::Did(_, Reply::Missed(seen)) => format!("no row {}", row_name(seen.row)),
        Told::Did(Op::Begin, _) => "begin".to_owned(),
        Told::Did(_, Reply::Scanned(found)) => {
            let cells: Vec<String> = found.iter().map(|s| format!("{}={}", row_name(s.row), value(s))).collect();
            format!("scan {}", if cells.is_empty() { "–".to_owned() } else { cells.join(" ") })
        }
        Told::Did(Op::Lock(resource, mode), _) => format!("{} {}", mode.name(), resource_name(*resource)),
        Told::Did(..) => "commit".to_owned(),
        Told::Waits(op, blockers, _) => {
            let who: Vec<String> = blockers.iter().map(|t| name(*t)).collect();
            let what = op.row().map_or(String::new(), |row| format!("{} ", row_name(row)));
            format!("… {what}{}", who.join(" "))
        }
        Told::Aborted(reason) => format!("✗ {}", reason_word(*reason)),
        Told::Deadlock(_) => String::new(),
    }
}

/// Lines from each write to the reads that saw it.
fn joins(
    scene: &TxScene<'_>,
    area: Rect,
    buf: &mut Buffer,
    steps: &[(usize, &Step)],
    hidden: usize,
    column: &dyn Fn(TxId) -> Option<u16>,
    lane_width: u16,
) {
    let mut canvas = Canvas::new(area, scene.theme.glyphs);
    let mut written: BTreeMap<(Row, VersionId), (usize, TxId)> = BTreeMap::new();
    for (line, (index, step)) in steps.iter().enumerate() {
        let reads: Vec<Seen> = match &step.told {
            Told::Did(_, Reply::Wrote { seen, .. }) => {
                written.insert((seen.row, seen.version), (line, step.tx));
                continue;
            }
            Told::Did(_, Reply::Read(seen)) => vec![*seen],
            Told::Did(_, Reply::Scanned(found)) => found.clone(),
            _ => continue,
        };
        for seen in reads {
            let Some((from, writer)) = written.get(&(seen.row, seen.version)).filter(|(_, w)| *w != step.tx) else {
                continue;
            };
            let (Some(a), Some(b), Some(to)) = (column(*writer), column(step.tx), line.checked_sub(hidden)) else {
                continue;
            };
            let wrote = steps.get(*from).map_or(0, |(_, s)| width(&text(s)) as u16);
            let y = |line: usize| (line + 1) as f64 * 4.0 + 1.5;
            // From the side of the write's text that looks at the reader, to that of the read's that looks back.
            let start_x =
                if a < b { f64::from(a + wrote.min(lane_width)) * 2.0 + 1.0 } else { f64::from(a) * 2.0 - 2.0 };
            let end_x =
                if a < b { f64::from(b) * 2.0 - 2.0 } else { f64::from(b + width(&text(step)) as u16) * 2.0 + 1.0 };
            let start = (start_x, from.checked_sub(hidden).map_or(0.0, y));
            let grown = if fresh(scene, *index) { progress(scene) } else { 1.0 };
            let end = (start.0 + (end_x - start.0) * grown, start.1 + (y(to) - start.1) * grown);
            let style = if fresh(scene, *index) { scene.theme.strong() } else { scene.theme.accent() };
            canvas.line(start, end, style, 2);
        }
    }
    canvas.draw(buf);
}
