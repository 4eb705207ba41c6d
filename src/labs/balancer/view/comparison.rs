//! The same requests through two to four algorithms, side by side, and a table.
//!
//! ```text
//! round-robin             least-connections
//! mean 184 ms             mean 79.2 ms        what each did, its servers' queues
//! ······■●▲[◆] a          ········●[▲] a
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::lanes::{Lanes, fullest};
use super::{BalancerScene, pace_words, system_now};
use crate::engine::numbers::thousands;
use crate::labs::balancer::facts::AlgorithmFacts;
use crate::labs::balancer::narrate::ms_or;
use crate::picture::{caption, pad, pad_left, write};
use crate::systems::balancing::System;

/// A column of the table: title, width, and the text for an algorithm.
type Column = (&'static str, usize, fn(&AlgorithmFacts) -> String);

const COLUMNS: [Column; 8] = [
    ("mean", 9, |f| ms_or(f.mean_ms)),
    ("p99", 9, |f| ms_or(f.p99_ms)),
    ("failed", 8, |f| thousands(f.failed)),
    ("theory", 9, |f| f.theory_mean_ms.map_or_else(|| "none".to_owned(), |m| ms_or(Some(m)))),
    ("imbalance", 11, |f| format!("{:.2}", f.imbalance)),
    ("queue max", 11, |f| thousands(f.queue_max as u64)),
    ("served", 9, |f| thousands(f.served)),
    ("a choice costs", 20, |f| f.cost.to_owned()),
];

/// Draws a panel for each algorithm and the table.
pub(super) fn draw(scene: &BalancerScene<'_>, area: Rect, buf: &mut Buffer) {
    let systems = &scene.model.systems;
    let alone = systems.len() == 1;
    let mut parts = if alone {
        vec!["`m` puts others beside it".to_owned(), "compare round-robin least-connections".to_owned()]
    } else {
        vec!["same requests, own servers".to_owned(), pace_words(scene)]
    };
    if scene.model.configs.len() > usize::from(area.height) / 2 {
        parts.insert(0, "a column is a server; all on one scale".to_owned());
    }
    let area = caption(buf, area, &parts, scene.theme);
    // The table needs a line for each, and its heading; it goes first when there is little room.
    let table = systems.len() as u16 + 1;
    let table = if area.height >= table + 4 * panel_rows(systems.len(), area.width) { table } else { 0 };
    let above = area.height.saturating_sub(table + u16::from(table > 0));
    for (index, system) in systems.iter().enumerate() {
        panel(scene, system, place(index, systems.len(), Rect { height: above, ..area }), table > 0, buf);
    }
    if table > 0 {
        draw_table(scene, Rect { y: area.bottom() - table, height: table, ..area }, buf);
    }
}

/// Rows of panels.
fn panel_rows(count: usize, width: u16) -> u16 {
    let columns = if width < 30 { 1 } else { 2 };
    count.div_ceil(columns) as u16
}

/// Where the panel with this index stands: two in a row, if there is room.
fn place(index: usize, count: usize, area: Rect) -> Rect {
    if count == 1 {
        return area;
    }
    let rows = panel_rows(count, area.width);
    let columns = (count as u16).div_ceil(rows).max(1);
    let (column, row) = (index as u16 % columns, index as u16 / columns);
    let width = area.width.saturating_sub((columns - 1) * 2) / columns;
    let height = area.height / rows.max(1);
    Rect { x: area.x + column * (width + 2), y: area.y + row * height, width, height }
}

/// One algorithm: its name, its figures, its servers.
fn panel(scene: &BalancerScene<'_>, system: &System, area: Rect, in_table: bool, buf: &mut Buffer) {
    let theme = scene.theme;
    let facts = AlgorithmFacts::of(scene.model, system);
    write(buf, area, (0, 0), system.algorithm().name(), theme.title(), theme);
    let best = best_p99(scene);
    let style = if scene.model.systems.len() > 1 && facts.p99_ms == best { theme.strong() } else { theme.text() };
    let figures = format!("mean {}  p99 {}", ms_or(facts.mean_ms), ms_or(facts.p99_ms));
    // Where they do not fit, they stand in the table.
    let fits = area.width >= 26 || !in_table;
    if fits {
        write(buf, area, (0, 1), &figures, style, theme);
    }
    let most = fullest(scene.model.systems.iter(), scene.model.shown);
    let lanes = Lanes { scene, system, now: system_now(scene), words: area.width >= 36, most };
    let top = (1 + u16::from(fits)).min(area.height);
    let below = Rect { y: area.y + top, height: area.height - top, ..area };
    lanes.draw(below, buf);
}

/// The lowest 99th percentile.
fn best_p99(scene: &BalancerScene<'_>) -> Option<f64> {
    let all = scene.model.systems.iter().filter_map(|s| s.stats.times.quantile_ms(0.99));
    all.min_by(f64::total_cmp)
}

fn draw_table(scene: &BalancerScene<'_>, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let name_width = 18;
    let room = usize::from(area.width).saturating_sub(name_width);
    let mut used = 0;
    let columns: Vec<&Column> = COLUMNS
        .iter()
        .take_while(|(_, width, _)| {
            used += width;
            used <= room
        })
        .collect();
    let heading: String = columns.iter().map(|(title, width, _)| pad_left(title, *width)).collect();
    write(buf, area, (0, 0), &format!("{}{heading}", pad("", name_width)), theme.faint_text(), theme);
    let best = best_p99(scene);
    for (row, system) in (1..).zip(&scene.model.systems) {
        let facts = AlgorithmFacts::of(scene.model, system);
        let cells: String = columns.iter().map(|(_, width, cell)| pad_left(&cell(&facts), *width)).collect();
        let style = if facts.p99_ms == best && scene.model.systems.len() > 1 { theme.strong() } else { theme.text() };
        write(buf, area, (0, row), &format!("{}{cells}", pad(system.algorithm().name(), name_width)), style, theme);
    }
}
