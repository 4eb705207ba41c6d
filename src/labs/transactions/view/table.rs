//! The anomaly table: which protocol lets which anomaly happen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{TxScene, nothing_yet};
use crate::algorithms::transactions::{AnomalyTable, Phenomenon, Protocol};
use crate::labs::transactions::command::{Anomaly, ProtocolName};
use crate::picture::{caption, fit, pad, pad_left, wrap, write};

/// Two letters for each protocol, in the order of [`Protocol::ALL`].
const SHORT: [&str; 9] = ["no", "rc", "rl", "2p", "ts", "th", "op", "si", "ss"];
/// Two letters for each phenomenon, in the order of [`Phenomenon::ALL`].
const SHORT_NAMES: [&str; 12] = ["dw", "dr", "ir", "cf", "va", "fr", "ph", "lu", "rs", "ws", "ps", "ro"];

/// How the table stands: which way round, and how wide its columns are.
struct Form {
    /// Whether the protocols are rows, because there are fewer of them.
    turned: bool,
    names: u16,
    column: u16,
    /// Rows of the headings: two where the names have room.
    head: u16,
}

impl Form {
    fn of(area: Rect) -> Self {
        // Two rows less than it takes would leave no room for the key.
        let turned = area.height < Phenomenon::ALL.len() as u16 + 2;
        let columns = if turned { Phenomenon::ALL.len() } else { Protocol::ALL.len() } as u16;
        let names = if turned { 14 } else { 18 }.min(area.width / 2);
        let column = ((area.width - names) / columns).clamp(2, 15);
        let head = if column >= 13 { 2 } else { 1 };
        Self { turned, names, column, head }
    }

    /// Phenomenon and protocol of a row and a column.
    fn cell(&self, row: usize, column: usize) -> Option<(Phenomenon, Protocol)> {
        let (phenomenon, protocol) = if self.turned { (column, row) } else { (row, column) };
        Some((*Phenomenon::ALL.get(phenomenon)?, *Protocol::ALL.get(protocol)?))
    }
}

pub(super) fn draw(scene: &TxScene<'_>, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let (yes, no) = theme.glyphs.pick(("●", "·"), ("@", "."));
    let parts =
        [format!("{yes} can happen  {no} cannot"), "click: play it".to_owned(), "every order was run".to_owned()];
    let area = caption(buf, area, &parts, theme);
    let Some(table) = &scene.model.table else {
        nothing_yet(
            scene,
            area,
            buf,
            &["The table is not computed yet.", "`table` (or t) runs every case", "in every order."],
        );
        return;
    };
    let form = Form::of(area);
    header(scene, &form, area, buf);
    let rows = if form.turned { Protocol::ALL.len() } else { Phenomenon::ALL.len() };
    for row in 0..rows.min(usize::from(area.height.saturating_sub(form.head))) {
        let line = Rect { y: area.y + form.head + row as u16, height: 1, ..area };
        draw_row(scene, table, &form, row, line, buf);
    }
    // A row stands empty before the key, where there is one to spare.
    let table = form.head + rows as u16;
    let below = (table + u16::from(area.height >= table + 4)).min(area.height);
    draw_key(scene, &form, Rect { y: area.y + below, height: area.height - below, ..area }, buf);
}

/// The protocol that is on, and the case that is loaded, stand out.
fn chosen(scene: &TxScene<'_>, phenomenon: Option<Phenomenon>, protocol: Option<Protocol>) -> bool {
    protocol == Some(scene.model.engine.protocol()) || phenomenon.is_some() && phenomenon == scene.model.case
}

fn header(scene: &TxScene<'_>, form: &Form, area: Rect, buf: &mut Buffer) {
    let columns = if form.turned { Phenomenon::ALL.len() } else { Protocol::ALL.len() };
    for column in 0..columns {
        let (on, short, long) = if form.turned {
            let phenomenon = Phenomenon::ALL[column];
            (chosen(scene, Some(phenomenon), None), SHORT_NAMES[column], Anomaly::of(phenomenon))
        } else {
            let protocol = Protocol::ALL[column];
            (chosen(scene, None, Some(protocol)), SHORT[column], ProtocolName::of(protocol))
        };
        let style = if on { scene.theme.strong().add_modifier(Modifier::UNDERLINED) } else { scene.theme.dim() };
        let x = form.names + column as u16 * form.column;
        if form.head == 1 {
            write(buf, area, (x, 0), short, style, scene.theme);
            continue;
        }
        // A name of two words takes two rows.
        let (first, second) = long.split_once('-').map_or(("", long), |(a, b)| (a, b));
        let first = if first.is_empty() { String::new() } else { format!("{first}-") };
        for (y, text) in [(0, first.as_str()), (1, second)] {
            write(buf, area, (x, y), &fit(text, usize::from(form.column) - 1), style, scene.theme);
        }
    }
}

/// What the letters of the headings mean: as many rows as there are.
fn draw_key(scene: &TxScene<'_>, form: &Form, area: Rect, buf: &mut Buffer) {
    if form.head > 1 {
        return;
    }
    let names: Vec<String> = if form.turned {
        Phenomenon::ALL.iter().zip(SHORT_NAMES).map(|(p, short)| format!("{short}={}", Anomaly::of(*p))).collect()
    } else {
        Protocol::ALL.iter().zip(SHORT).map(|(p, short)| format!("{short}={}", ProtocolName::of(*p))).collect()
    };
    for (y, line) in wrap(&names.join("  "), usize::from(area.width)).iter().take(usize::from(area.height)).enumerate()
    {
        write(buf, area, (0, y as u16), line, scene.theme.faint_text(), scene.theme);
    }
}

fn draw_row(scene: &TxScene<'_>, table: &AnomalyTable, form: &Form, row: usize, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let (on, label) = if form.turned {
        let protocol = Protocol::ALL[row];
        (chosen(scene, None, Some(protocol)), ProtocolName::of(protocol).to_owned())
    } else {
        (chosen(scene, Some(Phenomenon::ALL[row]), None), Anomaly::of(Phenomenon::ALL[row]).to_owned())
    };
    let style = if on { theme.strong().add_modifier(Modifier::UNDERLINED) } else { theme.text() };
    write(buf, area, (0, 0), &fit(&label, usize::from(form.names.saturating_sub(1))), style, theme);
    for column in 0.. {
        let Some((phenomenon, protocol)) = form.cell(row, column) else { break };
        let x = form.names + column as u16 * form.column;
        if x >= area.width {
            break;
        }
        let Some(verdict) = table.verdict(phenomenon, protocol) else { continue };
        let found = &verdict.exploration;
        let lit = chosen(scene, Some(phenomenon), Some(protocol));
        let share = format!("{}/{}", found.showing, found.schedules);
        let wide = form.column >= 11;
        let (mark, style): (&str, Style) = match (verdict.possible, lit) {
            (true, true) => (theme.glyphs.pick("●", "@"), theme.error()),
            (true, false) => (theme.glyphs.pick("●", "@"), theme.warning()),
            (false, true) => (theme.glyphs.pick("·", "."), theme.strong()),
            (false, false) => (theme.glyphs.pick("·", "."), theme.faint_text()),
        };
        let text = if wide { format!("{mark} {}", pad_left(&share, 9)) } else { pad(mark, 2) };
        write(buf, area, (x, 0), text.trim_end(), style, theme);
    }
}

/// A click on a cell plays its anomaly.
pub(super) fn click(scene: &TxScene<'_>, area: Rect, x: u16, y: u16) -> Option<String> {
    scene.model.table.as_ref()?;
    let area = Rect { height: area.height.saturating_sub(u16::from(area.height >= 3)), ..area };
    let form = Form::of(area);
    let row = usize::from(y.checked_sub(area.y + form.head)?);
    let column = usize::from(x.checked_sub(area.x + form.names)? / form.column);
    let (phenomenon, protocol) = form.cell(row, column)?;
    if protocol == scene.model.engine.protocol() {
        return Some(format!("play {}", Anomaly::of(phenomenon)));
    }
    Some(format!("protocol {}", ProtocolName::of(protocol)))
}
