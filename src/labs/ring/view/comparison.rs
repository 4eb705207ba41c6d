//! Two strategies through the same events, side by side, and a table of all of them.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Modifier;

use super::{RingScene, caption, hash_at, write};
use crate::engine::numbers::{bytes, count, percent};
use crate::labs::ring::command::Strategy;
use crate::labs::ring::contest::Contender;
use crate::labs::ring::serving::Node;
use crate::picture::{BarState, LoadBar, draw_bars, letter, pad, pad_left};

/// Draws both panels and the table.
pub(super) fn draw(scene: &RingScene<'_>, area: Rect, buf: &mut Buffer) {
    let model = scene.model;
    let own = model.config().strategy;
    let other = model.compare.filter(|s| *s != own).unwrap_or(match own {
        Strategy::Modulo => Strategy::Ring,
        _ => Strategy::Modulo,
    });
    let counted = count(model.contest.keys as u64, "key");
    let parts =
        [format!("exact over {counted}"), "bright moved".to_owned(), "`compare` picks the right one".to_owned()];
    let area = caption(buf, area, &parts, scene.theme);
    let table_height = (Strategy::ALL.len() as u16 + 1).min(area.height);
    let [panels, _, table] =
        Layout::vertical([Constraint::Min(0), Constraint::Length(1), Constraint::Length(table_height)]).areas(area);
    let halves = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).spacing(2).split(panels);
    for (strategy, half) in [own, other].into_iter().zip(halves.iter()) {
        if let Some(contender) = model.contest.of(strategy) {
            panel(scene, contender, *half, buf);
        }
    }
    draw_table(scene, (own, other), table, buf);
}

/// One strategy: its name, what moved, the hash space, the load of each node.
fn panel(scene: &RingScene<'_>, contender: &Contender, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let name = contender.strategy.name();
    write(buf, area, (0, 0), name, theme.title(), theme);
    let moved = format!("moved {}", percent(contender.moved_share));
    let style = if contender.moved_share > 0.0 { theme.strong() } else { theme.dim() };
    write(buf, area, (name.len() as u16 + 2, 0), &moved, style, theme);
    let lines = (area.height / 3).clamp(1, 6);
    strip(scene, contender, Rect { y: area.y + 1, height: lines.min(area.height.saturating_sub(1)), ..area }, buf);
    let top = lines + 2;
    let bars_area = Rect { y: area.y + top.min(area.height), height: area.height.saturating_sub(top), ..area };
    draw_bars(&bars(&scene.model.config().nodes, &contender.loads), bars_area, buf, &theme);
}

/// The owners along the hash space; what the last change moved is bright.
fn strip(scene: &RingScene<'_>, contender: &Contender, area: Rect, buf: &mut Buffer) {
    let (theme, nodes) = (scene.theme, &scene.model.config().nodes);
    let before_nodes = scene.model.change.as_ref().map_or(nodes, |c| &c.before.config.nodes);
    let cells = usize::from(area.width) * usize::from(area.height);
    let owner = |placer: &crate::labs::ring::placer::Placer, nodes: &[Node], hash: u64| {
        placer.placement().owner(hash).and_then(|i| nodes.get(i as usize)).map(|n| n.id)
    };
    for cell in 0..cells {
        let hash = hash_at((cell as f64 + 0.5) / cells as f64, 0);
        let (x, y) = ((cell % usize::from(area.width)) as u16, (cell / usize::from(area.width)) as u16);
        let now = owner(&contender.placer, nodes, hash);
        let was = owner(&contender.before, before_nodes, hash);
        let Some(id) = now else { continue };
        let moved = was.is_some() && was != now;
        let style = if moved {
            theme.series(id as usize).add_modifier(Modifier::REVERSED)
        } else {
            theme.series_dim(id as usize)
        };
        let text = letter(id as usize);
        let text = if moved { text } else { text.to_lowercase() };
        write(buf, Rect { width: (x + 1).min(area.width), ..area }, (x, y), &text, style, theme);
    }
}

fn bars(nodes: &[Node], loads: &[u64]) -> Vec<LoadBar> {
    let total = loads.iter().sum::<u64>().max(1) as f64;
    let weight: f64 = nodes.iter().filter(|n| n.up).map(|n| f64::from(n.weight)).sum();
    let bar = |(node, load): (&Node, &u64)| LoadBar {
        label: node.name.clone(),
        letter: letter(node.id as usize),
        series: node.id as usize,
        value: *load as f64 / total,
        ideal: if node.up { f64::from(node.weight) / weight } else { 0.0 },
        text: percent(*load as f64 / total),
        state: if node.up { BarState::Normal } else { BarState::Failed },
    };
    nodes.iter().zip(loads).map(bar).collect()
}

/// A column of the table: title, width, and the text for a strategy.
type Column = (&'static str, usize, fn(&Contender) -> String);

const COLUMNS: [Column; 7] = [
    ("moved", 8, |c| percent(c.moved_share)),
    ("spread", 7, |c| percent(c.balance.spread)),
    ("memory", 9, |c| bytes(c.memory_bytes)),
    ("steps", 6, |c| format!("{:.1}", c.lookup_steps)),
    ("in all", 9, |c| percent(c.moved_shares_total)),
    ("max/mean", 9, |c| format!("{:.2}", c.balance.max_over_mean)),
    ("lookup", 18, |c| c.placer.placement().cost().to_owned()),
];

fn draw_table(scene: &RingScene<'_>, shown: (Strategy, Strategy), area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let room = usize::from(area.width).saturating_sub(11);
    let mut used = 0;
    let columns: Vec<&Column> = COLUMNS
        .iter()
        .take_while(|(_, width, _)| {
            used += width;
            used <= room
        })
        .collect();
    let heading: String = columns.iter().map(|(title, width, _)| pad_left(title, *width)).collect();
    write(buf, area, (0, 0), &format!("{}{heading}", pad("", 11)), theme.faint_text(), theme);
    for (row, contender) in (1..).zip(&scene.model.contest.contenders) {
        let cells: String = columns.iter().map(|(_, width, cell)| pad_left(&cell(contender), *width)).collect();
        let name = contender.strategy.name();
        let style = match contender.strategy {
            s if s == shown.0 => theme.title(),
            s if s == shown.1 => theme.text(),
            _ => theme.dim(),
        };
        write(buf, area, (0, row), &format!("{}{cells}", pad(name, 11)), style, theme);
    }
}
