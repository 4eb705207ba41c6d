//! Transactions as lanes; below, what is locked and who stands in the queue.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{TxScene, fresh, nothing_yet, sign, style_of};
use crate::algorithms::transactions::{Status, TxId};
use crate::labs::transactions::command::ProtocolName;
use crate::labs::transactions::facts::saw;
use crate::labs::transactions::names::{name, resource_name, row_name};
use crate::labs::transactions::narrate::{standing, words};
use crate::labs::transactions::panel::everybody;
use crate::picture::{caption, fit, pad, width, write};

/// Columns of a lane's name and state.
const NAME: u16 = 6;

pub(super) fn draw(scene: &TxScene<'_>, area: Rect, buf: &mut Buffer) {
    let model = scene.model;
    let protocol = model.engine.protocol();
    let parts = [ProtocolName::of(protocol).to_owned(), "click a lane: its next operation".to_owned()];
    let area = caption(buf, area, &parts, scene.theme);
    let all = everybody(model);
    if all.is_empty() {
        nothing_yet(
            scene,
            area,
            buf,
            &["No transaction yet.", "`play lost-update` runs two,", "`read T1 x` begins one."],
        );
        return;
    }
    let queues = queues(scene);
    // Lanes first, but the queues keep at least half of the room that they want.
    let below = (queues.len() as u16 + 1).min(area.height / 2);
    let room = usize::from(area.height - if queues.is_empty() { 0 } else { below }).max(1);
    let shown: Vec<TxId> = most_alive(scene, &all, room);
    for (row, tx) in (0..).zip(&shown) {
        lane(scene, *tx, Rect { y: area.y + row, height: 1, ..area }, buf);
    }
    let top = shown.len() as u16 + 1;
    for (row, queue) in (top..area.height).zip(&queues) {
        queue_row(scene, queue, Rect { y: area.y + row, height: 1, ..area }, buf);
    }
}

/// As many as fit; those that run before those that have ended, in order of number.
fn most_alive(scene: &TxScene<'_>, all: &[TxId], room: usize) -> Vec<TxId> {
    let ended = |tx: &TxId| scene.model.engine.status(*tx).is_some_and(Status::ended);
    let mut by_life = all.to_vec();
    by_life.sort_by_key(|tx| (ended(tx), std::cmp::Reverse(*tx)));
    by_life.truncate(room);
    by_life.sort_unstable();
    by_life
}

fn lane(scene: &TxScene<'_>, tx: TxId, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let status = model.engine.status(tx);
    let last = model.trace.iter().rposition(|s| s.tx == tx).is_some_and(|i| fresh(scene, i));
    let own = if last { style_of(scene, tx).add_modifier(Modifier::BOLD) } else { style_of(scene, tx) };
    write(buf, area, (0, 0), &format!("{} {}", sign(status, theme), name(tx)), own, theme);
    let (text, style) = match status {
        Some(Status::Waiting) => (standing(model, tx), theme.warning()),
        Some(Status::Aborted(_)) => (standing(model, tx), theme.error()),
        Some(Status::Committed) => ("committed".to_owned(), theme.good()),
        _ => (doing(scene, tx), if last { theme.strong() } else { theme.text() }),
    };
    let column = NAME.min(area.width);
    let room = area.width - column;
    let text = fit(&text, usize::from(room));
    write(buf, area, (column, 0), &text, style, theme);
    let after = column + width(&text) as u16 + 2;
    let mut rest = Vec::new();
    if status == Some(Status::Waiting) {
        rest.extend(model.engine.transactions().find(|t| t.id == tx).and_then(|t| t.pending).map(words));
    }
    let held = model.engine.locks().held_by(tx);
    rest.extend(held.iter().rev().map(|(r, mode)| format!("{} {}", mode.name(), resource_name(*r))));
    if after < area.width && !rest.is_empty() {
        write(buf, area, (after, 0), &rest.join("  "), theme.dim(), theme);
    }
}

/// What it saw, and what comes next.
fn doing(scene: &TxScene<'_>, tx: TxId) -> String {
    let model = scene.model;
    let value = |v: &Option<i64>| v.map_or("–".to_owned(), |v| v.to_string());
    let seen: Vec<String> = saw(model, tx).0.iter().map(|(row, v)| format!("{row}={}", value(v))).collect();
    let next = model.script.as_ref().and_then(|s| s.next_of(tx)).map(|op| format!("→ {}", words(op)));
    let parts: Vec<String> = seen.into_iter().chain(next).collect();
    if parts.is_empty() { "begun".to_owned() } else { parts.join(" ") }
}

/// A piece of a queue's row.
type Piece = (String, Style);

/// Every locked resource with its holders and its queue; where nothing locks, what each keeps aside.
fn queues(scene: &TxScene<'_>) -> Vec<Vec<Piece>> {
    let (model, theme) = (scene.model, scene.theme);
    if !model.engine.protocol().locks() {
        return aside(scene);
    }
    let arrow = theme.glyphs.pick(" ← ", " < ");
    // What somebody waits for is what matters; then rows, then what holds them.
    let mut all: Vec<_> = model.engine.locks().resources().collect();
    all.sort_by_key(|(r, _, waiting)| (waiting.is_empty(), std::cmp::Reverse(*r)));
    let row = |(resource, granted, waiting): &(_, &[(TxId, crate::algorithms::locks::Mode)], &[_])| {
        let mut pieces: Vec<Piece> = vec![(pad(resource_name(*resource), usize::from(NAME) + 3), theme.text())];
        for (tx, mode) in *granted {
            let style = style_of(scene, *tx).add_modifier(Modifier::REVERSED);
            pieces.push((format!(" {} {} ", name(*tx), mode.name()), style));
            pieces.push((" ".to_owned(), theme.text()));
        }
        for request in *waiting {
            let request: &crate::algorithms::locks::Request = request;
            pieces.push((arrow.to_owned(), theme.warning()));
            let up = if request.upgrade { theme.glyphs.pick("↑", "^") } else { "" };
            let text = format!("{} {up}{}", name(request.holder), request.mode.name());
            pieces.push((text, style_of(scene, request.holder)));
        }
        pieces
    };
    all.iter().map(row).collect()
}

/// What each running transaction has written that is not committed.
fn aside(scene: &TxScene<'_>) -> Vec<Vec<Piece>> {
    let (model, theme) = (scene.model, scene.theme);
    let place = if model.engine.protocol().in_place() { "in place" } else { "aside" };
    let running = model.engine.transactions().filter(|t| !t.status.ended() && !t.writes.is_empty());
    let row = |t: crate::algorithms::transactions::TxView| {
        let value = |v: Option<i64>| v.map_or("–".to_owned(), |v| v.to_string());
        let writes: Vec<String> = t.writes.iter().map(|w| format!("{}={}", row_name(w.row), value(w.value))).collect();
        vec![
            (pad(place, usize::from(NAME) + 3), theme.text()),
            (format!(" {} {} ", name(t.id), writes.join(" ")), style_of(scene, t.id).add_modifier(Modifier::REVERSED)),
        ]
    };
    running.map(row).collect()
}

fn queue_row(scene: &TxScene<'_>, pieces: &[Piece], area: Rect, buf: &mut Buffer) {
    let mut x = 0;
    for (text, style) in pieces {
        write(buf, area, (x, 0), text, *style, scene.theme);
        x += width(text) as u16;
    }
}
