//! The hash space line by line, like text: for narrow screens and for many virtual nodes.
//!
//! ```text
//!  0 % ───A──B─────C─A───  a letter is a virtual node: it owns the stretch before it
//!      ▁▂▁▃▂▁▁▂▃▂▁▁▂▁▁▂▃▂  keys; those that moved are bright
//! ```

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{RingScene, caption, hash_at, in_words, inspect_nearest, progress, write};
use crate::engine::numbers::{count, thousands};
use crate::labs::ring::state::Focus;
use crate::picture::{Paint, Widget, letter};
use crate::systems::placing::ClusterState;
use crate::systems::placing::space::{BUCKETS, turn};

const MARGIN: u16 = 6;

/// How the hash space is cut into lines.
struct Cut {
    lines: u16,
    columns: u16,
    pitch: u16,
    area: Rect,
}

impl Cut {
    fn new(area: Rect) -> Self {
        let pitch = if area.height >= 12 { 3 } else { 2 };
        let lines = ((area.height + pitch - 2) / pitch).max(1);
        Self { lines, columns: area.width.saturating_sub(MARGIN).max(1), pitch, area }
    }

    fn cells(&self) -> usize {
        usize::from(self.lines) * usize::from(self.columns)
    }

    /// Column and row of a cell, from the corner of the area.
    fn place(&self, cell: usize) -> (u16, u16) {
        let columns = usize::from(self.columns);
        (MARGIN + (cell % columns) as u16, (cell / columns) as u16 * self.pitch)
    }

    /// How far along the hash space a cell of the screen is, from 0 to 1.
    fn share_at(&self, x: u16, y: u16) -> Option<f64> {
        let (column, line) = (x.checked_sub(self.area.x + MARGIN)?, y.checked_sub(self.area.y)? / self.pitch);
        let cell = usize::from(line) * usize::from(self.columns) + usize::from(column);
        (line < self.lines && column < self.columns).then(|| (cell as f64 + 0.5) / self.cells() as f64)
    }
}

/// Owners, virtual nodes and keys along the hash space.
pub(super) struct Unrolled<'a>(pub &'a RingScene<'a>);

impl Widget for Unrolled<'_> {
    fn draw(&self, area: Rect, paint: &mut Paint<'_>) {
        if !area.is_empty() {
            draw(self.0, area, paint);
        }
    }

    fn describe(&self) -> String {
        let model = self.0.model;
        let what = match model.cluster.placement.ring() {
            Some(ring) => format!("The hash space, cut by {}", count(ring.points() as u64, "virtual node")),
            None => {
                format!("The hash space under {}: neighbours go to unrelated nodes", model.config().strategy.name())
            }
        };
        format!("{what}. {}", in_words(model))
    }

    fn least(&self) -> (u16, u16) {
        (MARGIN + 10, 3)
    }
}

fn draw(scene: &RingScene<'_>, area: Rect, paint: &mut Paint<'_>) {
    let (model, buf) = (scene.model, &mut *paint.buf);
    let points = model.cluster.placement.ring().map_or(0, |r| r.points());
    let cut = Cut::new(Rect { height: area.height.saturating_sub(1).max(1), ..area });
    let text = match points {
        0 => format!("{}: neighbours go to unrelated nodes", model.config().strategy.name()),
        points if points > cut.cells() => {
            format!("{} virtual nodes: a letter is a cell's owner", thousands(points as u64))
        }
        _ => "a letter is a virtual node: it owns what is before".to_owned(),
    };
    caption(buf, area, &[text, "bright keys moved".to_owned()], scene.theme);
    for line in 0..cut.lines {
        let share = f64::from(line) / f64::from(cut.lines) * 100.0;
        let label = format!("{share:>3.0} %");
        write(buf, cut.area, (0, line * cut.pitch), &label, scene.theme.faint_text(), scene.theme);
    }
    let early = progress(scene) < 0.3;
    let cluster = match &model.change {
        Some(change) if early => &change.before,
        _ => &model.cluster,
    };
    owners(scene, cluster, &cut, buf);
    keys(scene, &cut, buf);
    focus(scene, &cut, buf);
    let keys = Arc::clone(&model.keys);
    paint.hits.surface(cut.area, move |x, y| inspect_nearest(&keys, cut.share_at(x, y)?));
}

fn owners(scene: &RingScene<'_>, cluster: &ClusterState, cut: &Cut, buf: &mut Buffer) {
    let points = points_by_cell(cluster, cut);
    let every = points.is_empty();
    let line = scene.theme.glyphs.pick("─", "-");
    for cell in 0..cut.cells() {
        let (x, y) = cut.place(cell);
        let middle = hash_at((cell as f64 + 0.5) / cut.cells() as f64, 0);
        let owner = points.get(cell).copied().flatten().or_else(|| cluster.placement.owner(middle));
        let Some(node) = owner.and_then(|i| cluster.config.nodes.get(i as usize)) else {
            write(buf, cut.area, (x, y), line, scene.theme.faint(), scene.theme);
            continue;
        };
        let is_point = every || points.get(cell).copied().flatten().is_some();
        let style = if node.up { scene.theme.series(node.id as usize) } else { scene.theme.error() };
        let text = letter(node.id as usize);
        let shown = if !node.up && !is_point {
            scene.theme.glyphs.pick("×", "x")
        } else if is_point {
            &text
        } else {
            line
        };
        let cell = Rect { width: (x + 1).min(cut.area.width), ..cut.area };
        write(buf, cell, (x, y), shown, style, scene.theme);
    }
}

/// The virtual node in each cell; empty when there are more of them than cells, or no ring.
fn points_by_cell(cluster: &ClusterState, cut: &Cut) -> Vec<Option<u32>> {
    let Some(ring) = cluster.placement.ring().filter(|r| r.points() <= cut.cells()) else { return Vec::new() };
    let mut cells = vec![None; cut.cells()];
    for (at, owner) in (0..ring.points()).map(|i| ring.point(i)) {
        let cell = ((turn(at) * cut.cells() as f64) as usize).min(cut.cells() - 1);
        cells[cell] = Some(owner);
    }
    cells
}

fn keys(scene: &RingScene<'_>, cut: &Cut, buf: &mut Buffer) {
    let model = scene.model;
    let highest = model.keys.density.iter().copied().max().unwrap_or(1).max(1);
    for cell in 0..cut.cells() {
        let (x, y) = cut.place(cell);
        let bucket = (((cell as f64 + 0.5) / cut.cells() as f64 * BUCKETS as f64) as usize).min(BUCKETS - 1);
        let count = model.keys.density[bucket];
        if count == 0 {
            continue;
        }
        let moved = model.change.as_ref().map_or(0, |c| c.moves.density.get(bucket).copied().unwrap_or(0));
        let level = (count * 7 / highest).min(7) as usize;
        let unicode = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"][level];
        let ascii = [".", ".", ":", ":", "|", "|", "#", "#"][level];
        let style = if moved * 2 > count { scene.theme.strong() } else { scene.theme.faint() };
        write(buf, cut.area, (x, y + 1), scene.theme.glyphs.pick(unicode, ascii), style, scene.theme);
    }
}

fn focus(scene: &RingScene<'_>, cut: &Cut, buf: &mut Buffer) {
    let Some(Focus::Key { hash, .. }) = &scene.model.focus else { return };
    let (x, y) = cut.place(((turn(*hash) * cut.cells() as f64) as usize).min(cut.cells() - 1));
    write(buf, cut.area, (x, y + 1), scene.theme.glyphs.pick("●", "@"), scene.theme.accent(), scene.theme);
}
