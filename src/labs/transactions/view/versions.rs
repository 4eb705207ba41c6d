//! The versions of each row along the logical clock, and when each transaction ran: its snapshot is its left end.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{TxScene, sign, style_of};
use crate::algorithms::transactions::{Row, TxId, TxView, Version};
use crate::labs::transactions::model::TransactionsModel;
use crate::labs::transactions::names::{name, row_name};
use crate::picture::{caption, fit, width, write};

/// Columns of the names at the left.
const NAMES: u16 = 5;

pub(super) fn draw(scene: &TxScene<'_>, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let snapshots = model.engine.protocol().snapshots();
    let ends = if snapshots { "a bar's left end: its snapshot" } else { "a bar: from begin to end" };
    let parts = ["begins and commits count as time".to_owned(), ends.to_owned(), "dashed: not committed".to_owned()];
    let area = caption(buf, area, &parts, theme);
    if area.width <= NAMES + 4 || area.height < 2 {
        return;
    }
    let axis = Axis { left: NAMES, width: area.width - NAMES, last: model.engine.clock() + 1 };
    let rows: Vec<(Row, Vec<Version>)> = rows(model);
    let mut txs: Vec<TxView> = model.engine.transactions().collect();
    let room = usize::from(area.height).saturating_sub(rows.len() + 1);
    let skip = txs.len().saturating_sub(room);
    txs.drain(..skip);
    let tall = usize::from(area.height) > rows.len() * 2 + txs.len();
    let mut y = 0;
    for (row, versions) in &rows {
        write(buf, area, (0, y), row_name(*row), theme.text().add_modifier(Modifier::BOLD), theme);
        band(scene, versions, &axis, Rect { y: area.y + y, height: 1, ..area }, buf);
        y += if tall { 2 } else { 1 };
    }
    y += u16::from(!tall);
    let top = y;
    for tx in &txs {
        life(scene, tx, &axis, Rect { y: area.y + y, height: 1, ..area }, buf);
        y += 1;
    }
    if snapshots {
        for (i, tx) in (0..).zip(&txs) {
            sight(scene, tx, &axis, (top, i), area, buf);
        }
    }
}

/// Logical time to columns.
struct Axis {
    left: u16,
    width: u16,
    last: u64,
}

impl Axis {
    fn column(&self, stamp: u64) -> u16 {
        let share = stamp.min(self.last) as f64 / self.last.max(1) as f64;
        self.left + (share * f64::from(self.width.saturating_sub(1))).round() as u16
    }
}

/// Rows that exist or did, with all versions; what is kept aside stands at the end.
fn rows(model: &TransactionsModel) -> Vec<(Row, Vec<Version>)> {
    let mut rows: Vec<(Row, Vec<Version>)> =
        model.engine.rows().map(|(row, chain)| (row, chain.versions.clone())).collect();
    if !model.engine.protocol().in_place() {
        for tx in model.engine.transactions().filter(|t| !t.status.ended()) {
            for w in &tx.writes {
                let now = model.engine.clock();
                let version = Version { id: w.version, value: w.value, stamp: now, committed: false };
                if let Some((_, versions)) = rows.iter_mut().find(|(row, _)| *row == w.row) {
                    versions.push(version);
                }
            }
        }
    }
    rows.retain(|(_, versions)| versions.len() > 1 || versions.iter().any(|v| v.value.is_some()));
    rows
}

/// A row's versions: each from its moment to the next one's.
fn band(scene: &TxScene<'_>, versions: &[Version], axis: &Axis, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    for (i, version) in versions.iter().enumerate() {
        let from = axis.column(version.stamp);
        let until = versions.get(i + 1).map_or(axis.left + axis.width, |next| axis.column(next.stamp));
        let style = match version.id.writer {
            0 => theme.dim(),
            writer => style_of_version(scene, writer, version.committed),
        };
        let line = if version.committed { theme.glyphs.pick("━", "=") } else { theme.glyphs.pick("╌", "-") };
        for x in from..until.max(from + 1) {
            write(buf, area, (x, 0), line, style, theme);
        }
        let value = version.value.map_or("–".to_owned(), |v| v.to_string());
        let mark = theme.glyphs.pick("┃", "|");
        let label = match version.id.writer {
            0 => value,
            writer => format!("{mark}{value} {}", name(writer)),
        };
        let room = usize::from(until.saturating_sub(from));
        let label = if width(&label) > room { label.split(' ').next().unwrap_or("").to_owned() } else { label };
        write(buf, area, (from, 0), &fit(&label, room.max(1)), style.add_modifier(Modifier::BOLD), theme);
    }
}

fn style_of_version(scene: &TxScene<'_>, writer: TxId, committed: bool) -> Style {
    let series = writer.saturating_sub(1) as usize;
    if committed { scene.theme.series(series) } else { scene.theme.series_dim(series) }
}

/// A transaction from its beginning to its end, or until now.
fn life(scene: &TxScene<'_>, tx: &TxView, axis: &Axis, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let style = style_of(scene, tx.id).remove_modifier(Modifier::CROSSED_OUT);
    write(buf, area, (0, 0), &name(tx.id), style, theme);
    let (from, until) = (axis.column(tx.began), axis.column(tx.ended.unwrap_or(axis.last)));
    for x in from..=until {
        write(buf, area, (x, 0), theme.glyphs.pick("─", "-"), style, theme);
    }
    let start = if scene.model.engine.protocol().snapshots() {
        theme.glyphs.pick("◆", "#")
    } else {
        theme.glyphs.pick("├", "+")
    };
    write(buf, area, (from, 0), start, style.add_modifier(Modifier::BOLD), theme);
    if tx.ended.is_some() || tx.waits_since.is_some() {
        write(buf, area, (until, 0), sign(Some(tx.status), theme), style, theme);
    }
}

/// The line of sight of a snapshot: from the transaction up through the rows.
fn sight(scene: &TxScene<'_>, tx: &TxView, axis: &Axis, (top, lane): (u16, u16), area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    if tx.status.ended() {
        return;
    }
    let x = axis.column(tx.began);
    for y in 0..top + lane {
        let at = (area.x + x, area.y + y);
        let free = buf.cell(at).is_some_and(|cell| [" ", "━", "=", "╌", "-"].contains(&cell.symbol()));
        if free {
            write(buf, area, (x, y), theme.glyphs.pick("┊", ":"), style_of(scene, tx.id), theme);
        }
    }
}
