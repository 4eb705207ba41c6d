//! Two strategies through the same events, side by side, and a table of all of them.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Modifier;

use super::{RingScene, caption, hash_at, write};
use crate::algorithms::placement::{AnyPlacement, Strategy};
use crate::engine::numbers::{bytes, count, percent};
use crate::picture::{BarState, LoadBar, Paint, Table, Tone, Widget, draw_bars, letter};
use crate::systems::placing::Candidate;
use crate::systems::placing::Node;

/// Both panels and the table.
pub(super) struct SideBySide<'a>(pub &'a RingScene<'a>);

impl SideBySide<'_> {
    /// The strategy in use, and the one beside it.
    fn shown(&self) -> (Strategy, Strategy) {
        let model = self.0.model;
        let own = model.config().strategy;
        let usual = if own == Strategy::Modulo { Strategy::Ring } else { Strategy::Modulo };
        (own, model.compare.filter(|s| *s != own).unwrap_or(usual))
    }

    /// Every strategy in a row.
    fn table(&self) -> Table {
        let (own, other) = self.shown();
        let figures = COLUMNS.iter().fold(Table::new("", 11), |table, (title, least, _)| table.column(title, *least));
        let empty = figures.fixed("lookup", 18);
        self.0.model.comparison.candidates.iter().fold(empty, |table, candidate| {
            let tone = match candidate.strategy {
                s if s == own => Tone::Heading,
                s if s == other => Tone::Plain,
                _ => Tone::Quiet,
            };
            let figures = COLUMNS.iter().map(|(_, _, cell)| cell(candidate));
            let cells = figures.chain([candidate.placement.cost().to_owned()]);
            table.row(candidate.strategy.name(), cells, tone)
        })
    }
}

impl Widget for SideBySide<'_> {
    fn draw(&self, area: Rect, paint: &mut Paint<'_>) {
        if area.is_empty() {
            return;
        }
        let (model, (own, other), table) = (self.0.model, self.shown(), self.table());
        let counted = count(model.comparison.keys as u64, "key");
        let parts =
            [format!("exact over {counted}"), "bright moved".to_owned(), "`compare` picks the right one".to_owned()];
        let area = caption(paint.buf, area, &parts, paint.theme);
        let height = table.height().min(area.height);
        let [panels, _, below] =
            Layout::vertical([Constraint::Min(0), Constraint::Length(1), Constraint::Length(height)]).areas(area);
        let halves = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).spacing(2).split(panels);
        for (strategy, half) in [own, other].into_iter().zip(halves.iter()) {
            if let Some(candidate) = model.comparison.of(strategy) {
                panel(self.0, candidate, *half, paint.buf);
            }
        }
        table.draw(below, paint);
    }

    fn describe(&self) -> String {
        let (own, other) = self.shown();
        format!("{} beside {}. {}", own.name(), other.name(), self.table().describe())
    }

    fn least(&self) -> (u16, u16) {
        (24, 6)
    }
}

/// One strategy: its name, what moved, the hash space, the load of each node.
fn panel(scene: &RingScene<'_>, candidate: &Candidate, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let name = candidate.strategy.name();
    write(buf, area, (0, 0), name, theme.title(), theme);
    let moved = format!("moved {}", percent(candidate.moved_share));
    let style = if candidate.moved_share > 0.0 { theme.strong() } else { theme.dim() };
    write(buf, area, (name.len() as u16 + 2, 0), &moved, style, theme);
    let lines = (area.height / 3).clamp(1, 6);
    strip(scene, candidate, Rect { y: area.y + 1, height: lines.min(area.height.saturating_sub(1)), ..area }, buf);
    let top = lines + 2;
    let bars_area = Rect { y: area.y + top.min(area.height), height: area.height.saturating_sub(top), ..area };
    draw_bars(&bars(&scene.model.config().nodes, &candidate.loads), bars_area, buf, &theme);
}

/// The owners along the hash space; what the last change moved is bright.
fn strip(scene: &RingScene<'_>, candidate: &Candidate, area: Rect, buf: &mut Buffer) {
    let (theme, nodes) = (scene.theme, &scene.model.config().nodes);
    let before_nodes = scene.model.change.as_ref().map_or(nodes, |c| &c.before.config.nodes);
    let cells = usize::from(area.width) * usize::from(area.height);
    let owner = |placement: &AnyPlacement, nodes: &[Node], hash: u64| {
        placement.owner(hash).and_then(|i| nodes.get(i as usize)).map(|n| n.id)
    };
    for cell in 0..cells {
        let hash = hash_at((cell as f64 + 0.5) / cells as f64, 0);
        let (x, y) = ((cell % usize::from(area.width)) as u16, (cell / usize::from(area.width)) as u16);
        let now = owner(&candidate.placement, nodes, hash);
        let was = owner(&candidate.before, before_nodes, hash);
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
type Column = (&'static str, usize, fn(&Candidate) -> String);

const COLUMNS: [Column; 6] = [
    ("moved", 8, |c| percent(c.moved_share)),
    ("spread", 7, |c| percent(c.balance.spread)),
    ("memory", 9, |c| bytes(c.memory_bytes)),
    ("steps", 6, |c| format!("{:.1}", c.lookup_steps)),
    ("in all", 9, |c| percent(c.moved_shares_total)),
    ("max/mean", 9, |c| format!("{:.2}", c.balance.max_over_mean)),
];
