//! One key: hash, position, walk, owner, replicas.
//!
//! ```text
//!  key       user/ada
//!  hash      3f2a99…  24.7 % of the way round
//!  walk      ──A─────●→→→→C──B───A──
//!  owner     C node-c
//!  replicas  B node-b, A node-a
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{RingScene, caption, tag, write};
use crate::algorithms::placement::Ring;
use crate::engine::numbers::percent;
use crate::labs::ring::command::Strategy;
use crate::labs::ring::keys::turn;
use crate::labs::ring::model::Focus;
use crate::labs::ring::serving::Node;
use crate::picture::visible;

const LABEL: u16 = 11;

struct Page<'a> {
    scene: &'a RingScene<'a>,
    area: Rect,
    row: u16,
}

/// Draws the way of the inspected key, or says how to inspect one.
pub(super) fn draw(scene: &RingScene<'_>, area: Rect, buf: &mut Buffer) {
    let model = scene.model;
    let inspected = match &model.focus {
        Some(Focus::Key { text, hash, index }) => Some((text.clone(), *hash, *index)),
        _ => None,
    };
    let request =
        model.last_request.map(|r| (model.keys.text(r.key).into_owned(), model.keys.hashes()[r.key], Some(r.key)));
    let first = || (model.keys.text(0).into_owned(), model.keys.hashes()[0], Some(0));
    let caption_text = match (&inspected, &request) {
        (Some(_), _) => "the inspected key",
        (None, Some(_)) => "the key of the last request",
        (None, None) => "the first key",
    };
    let parts = [caption_text.to_owned(), "`i` inspects another".to_owned()];
    let area = caption(buf, area, &parts, scene.theme);
    let (text, hash, index) = inspected.or(request).unwrap_or_else(first);
    let mut page = Page { scene, area, row: u16::from(area.height > 12) };
    page.line(buf, "key", &visible(&text), scene.theme.strong());
    let around = percent(turn(hash));
    page.line(buf, "hash", &format!("{hash:016x} (xxh3, seed {})", model.config().tuning.seed), scene.theme.text());
    page.line(buf, "position", &format!("{around} of the way round"), scene.theme.text());
    page.gap();
    page.way(hash, buf);
    page.gap();
    page.holders(hash, index, buf);
}

impl Page<'_> {
    fn line(&mut self, buf: &mut Buffer, label: &str, text: &str, style: Style) {
        write(buf, self.area, (0, self.row), label, self.scene.theme.dim(), self.scene.theme);
        write(buf, self.area, (LABEL, self.row), text, style, self.scene.theme);
        self.row += 1;
    }

    fn gap(&mut self) {
        self.row += u16::from(self.area.height > 12);
    }

    /// How the strategy comes from the hash to a node.
    fn way(&mut self, hash: u64, buf: &mut Buffer) {
        let model = self.scene.model;
        let count = model.config().nodes.len() as u64;
        if count == 0 {
            self.line(buf, "walk", "there is no node to walk to", self.scene.theme.error());
            return;
        }
        let steps = model.world.placer.placement().lookup_steps(hash);
        let text = match model.config().strategy {
            Strategy::Ring | Strategy::Bounded => {
                if let Some(ring) = model.world.placer.ring() {
                    self.walk(ring, hash, buf);
                }
                return;
            }
            Strategy::Modulo => format!("{} = {hash} % {count}", hash % count),
            Strategy::Jump => format!("{steps} jumps over the bucket numbers 0 to {}", count - 1),
            Strategy::Rendezvous => format!("{steps} scores, one a node; the highest wins"),
            Strategy::Maglev => format!("slot {} of {} in the table", hash % TABLE, TABLE),
        };
        self.line(buf, model.config().strategy.name(), &text, self.scene.theme.text());
    }

    /// The neighbourhood of the key on the ring, stretched so that the next few virtual nodes fit.
    fn walk(&mut self, ring: &Ring, hash: u64, buf: &mut Buffer) {
        let theme = self.scene.theme;
        let Some(first) = ring.point_at_or_after(hash) else { return };
        let columns = self.area.width.saturating_sub(LABEL + 1);
        let shown = ring.points().min(8);
        let from = ring.point((first + ring.points() - 1) % ring.points()).0;
        let reach = ring.point((first + shown - 1) % ring.points()).0.wrapping_sub(from).max(1);
        let column_of = |at: u64| {
            let share = at.wrapping_sub(from) as f64 / reach as f64;
            LABEL + (share.clamp(0.0, 1.0) * f64::from(columns.saturating_sub(1))) as u16
        };
        write(buf, self.area, (0, self.row), "walk", theme.dim(), theme);
        let line = theme.glyphs.pick("─", "-").repeat(usize::from(columns));
        write(buf, self.area, (LABEL, self.row), &line, theme.faint(), theme);
        let (start, end) = (column_of(hash), column_of(ring.point(first).0));
        let arrows = theme.glyphs.pick("→", ">").repeat(usize::from(end.saturating_sub(start)));
        write(buf, self.area, (start, self.row), &arrows, theme.strong(), theme);
        for step in 0..shown {
            let (at, owner) = ring.point((first + step) % ring.points());
            let Some(node) = self.scene.model.config().nodes.get(owner as usize) else { continue };
            let style = if node.up { theme.series(node.id as usize) } else { theme.error() };
            write(buf, self.area, (column_of(at), self.row), &tag(node), style, theme);
        }
        // The key stands before its node, also where both have the same column.
        let (key, dot) = (start.min(end.saturating_sub(1)), theme.glyphs.pick("●", "@"));
        write(buf, self.area, (key.max(LABEL), self.row), dot, theme.strong(), theme);
        if let Some(owner) = self.scene.model.config().nodes.get(ring.point(first).1 as usize) {
            let style = if owner.up { theme.series(owner.id as usize) } else { theme.error() };
            write(buf, self.area, (end.max(key.max(LABEL) + 1), self.row), &tag(owner), style, theme);
        }
        self.row += 1;
        let (at, _) = ring.point(first);
        let next = percent(turn(at));
        self.line(buf, "", &format!("clockwise: the next virtual node is at {next},"), theme.text());
        self.line(buf, "", &format!("{} further on", percent(turn(at.wrapping_sub(hash)))), theme.text());
    }

    fn holders(&mut self, hash: u64, index: Option<usize>, buf: &mut Buffer) {
        let (model, theme) = (self.scene.model, self.scene.theme);
        let nodes = &model.config().nodes;
        let words = |node: &Node| format!("{}  {}{}", tag(node), node.name, if node.up { "" } else { "  (down)" });
        for (place, node) in model.preferred(hash).into_iter().filter_map(|i| nodes.get(i)).enumerate() {
            let style = if node.up { theme.series(node.id as usize) } else { theme.error() };
            let label = if place == 0 { "owner".to_owned() } else { format!("copy {}", place + 1) };
            self.line(buf, &label, &words(node), style);
        }
        let Some(index) = index else {
            self.line(buf, "", "not one of the lab's keys, but it has its place all the same", theme.dim());
            return;
        };
        match model.config().node(model.world.served.owner[index]) {
            Some(node) => self.line(buf, "served by", &words(node), theme.series(node.id as usize)),
            None => self.line(buf, "served by", "no node: the key is unavailable", theme.error()),
        }
    }
}

const TABLE: u64 = crate::algorithms::placement::DEFAULT_TABLE as u64;
