//! One key: hash, position, walk, owner, replicas.
//!
//! ```text
//!  key       user/ada
//!  hash      3f2a99…  24.7 % of the way round
//!  walk      ──A─────●→→→→C──B───A──
//!  owner     C node-c
//!  replicas  B node-b, A node-a
//! ```

use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{RingScene, caption, tag, write};
use crate::algorithms::placement::{DEFAULT_TABLE, Ring, Strategy};
use crate::engine::numbers::percent;
use crate::labs::ring::state::Focus;
use crate::picture::{Paint, Widget, visible};
use crate::systems::placing::Node;
use crate::systems::placing::space::turn;

const LABEL: u16 = 11;
const TABLE: u64 = DEFAULT_TABLE as u64;

/// The way of the inspected key, or of the one that was asked for last, or of the first.
pub(super) struct OneKey<'a>(pub &'a RingScene<'a>);

/// A row of the page.
enum Line<'a> {
    Text(String, String, Style),
    /// The neighbourhood of a hash on a ring.
    Walk(&'a Ring, u64),
    Gap,
}

/// The key that the page is about.
struct Subject {
    text: String,
    hash: u64,
    index: Option<usize>,
    chosen: &'static str,
}

impl Widget for OneKey<'_> {
    fn draw(&self, area: Rect, paint: &mut Paint<'_>) {
        if area.is_empty() {
            return;
        }
        let subject = self.subject();
        let parts = [subject.chosen.to_owned(), "`i` inspects another".to_owned()];
        let area = caption(paint.buf, area, &parts, paint.theme);
        let gap = u16::from(area.height > 12);
        let mut row = gap;
        for line in self.lines(&subject) {
            match line {
                Line::Text(label, text, style) => {
                    write(paint.buf, area, (0, row), &label, paint.theme.dim(), paint.theme);
                    write(paint.buf, area, (LABEL, row), &text, style, paint.theme);
                    row += 1;
                }
                Line::Walk(ring, hash) => {
                    self.walk(ring, hash, (area, row), paint);
                    row += 1;
                }
                Line::Gap => row += gap,
            }
        }
    }

    fn describe(&self) -> String {
        let subject = self.subject();
        let words = self.lines(&subject).into_iter().filter_map(|line| match line {
            Line::Text(label, text, _) => Some(format!("{label} {text}").trim().to_owned()),
            Line::Walk(..) | Line::Gap => None,
        });
        format!("{}: {}.", subject.chosen, words.collect::<Vec<_>>().join("; "))
    }

    fn least(&self) -> (u16, u16) {
        (LABEL + 16, 6)
    }
}

impl OneKey<'_> {
    fn subject(&self) -> Subject {
        let model = self.0.model;
        let known = |key: usize, chosen| {
            let (text, hash) = (model.keys.text(key).into_owned(), model.keys.hashes()[key]);
            Subject { text, hash, index: Some(key), chosen }
        };
        match (&model.focus, &model.last_request) {
            (Some(Focus::Key { text, hash, index }), _) => {
                Subject { text: text.clone(), hash: *hash, index: *index, chosen: "the inspected key" }
            }
            (_, Some(request)) => known(request.key, "the key of the last request"),
            (_, None) => known(0, "the first key"),
        }
    }

    fn lines(&self, key: &Subject) -> Vec<Line<'_>> {
        let (model, theme) = (self.0.model, self.0.theme);
        let line = |label: &str, text: String, style| Line::Text(label.to_owned(), text, style);
        let seed = model.config().tuning.seed;
        let mut lines = vec![
            line("key", visible(&key.text).into_owned(), theme.strong()),
            line("hash", format!("{:016x} (xxh3, seed {seed})", key.hash), theme.text()),
            line("position", format!("{} of the way round", percent(turn(key.hash))), theme.text()),
            Line::Gap,
        ];
        lines.extend(self.way(key.hash));
        lines.push(Line::Gap);
        let words = |node: &Node| format!("{}  {}{}", tag(node), node.name, if node.up { "" } else { "  (down)" });
        for (place, node) in model.holders(key.hash).into_iter().enumerate() {
            let style = if node.up { theme.series(node.id as usize) } else { theme.error() };
            let label = if place == 0 { "owner".to_owned() } else { format!("copy {}", place + 1) };
            lines.push(Line::Text(label, words(node), style));
        }
        lines.push(match (key.index, model.serving(key.hash, key.index)) {
            (None, _) => {
                line("", "not one of the lab's keys, but it has its place all the same".to_owned(), theme.dim())
            }
            (Some(_), Some(node)) => line("served by", words(node), theme.series(node.id as usize)),
            (Some(_), None) => line("served by", "no node: the key is unavailable".to_owned(), theme.error()),
        });
        lines
    }

    /// How the strategy comes from the hash to a node.
    fn way(&self, hash: u64) -> Vec<Line<'_>> {
        let (model, theme) = (self.0.model, self.0.theme);
        let count = model.config().nodes.len() as u64;
        let line = |label: &str, text: String, style| Line::Text(label.to_owned(), text, style);
        if count == 0 {
            return vec![line("walk", "there is no node to walk to".to_owned(), theme.error())];
        }
        let steps = model.cluster.placement.lookup_steps(hash);
        let text = match model.config().strategy {
            Strategy::Ring | Strategy::Bounded => {
                let Some(ring) = model.cluster.placement.ring() else { return Vec::new() };
                let Some(first) = ring.point_at_or_after(hash) else { return Vec::new() };
                let (at, _) = ring.point(first);
                let next = format!("clockwise: the next virtual node is at {},", percent(turn(at)));
                let further = format!("{} further on", percent(turn(at.wrapping_sub(hash))));
                return vec![Line::Walk(ring, hash), line("", next, theme.text()), line("", further, theme.text())];
            }
            Strategy::Modulo => format!("{} = {hash} % {count}", hash % count),
            Strategy::Jump => format!("{steps} jumps over the bucket numbers 0 to {}", count - 1),
            Strategy::Rendezvous => format!("{steps} scores, one a node; the highest wins"),
            Strategy::Maglev => format!("slot {} of {} in the table", hash % TABLE, TABLE),
        };
        vec![line(model.config().strategy.name(), text, theme.text())]
    }

    /// The neighbourhood of the key on the ring, stretched so that the next few virtual nodes fit.
    fn walk(&self, ring: &Ring, hash: u64, (area, row): (Rect, u16), paint: &mut Paint<'_>) {
        let (theme, nodes) = (paint.theme, &self.0.model.config().nodes);
        let Some(first) = ring.point_at_or_after(hash) else { return };
        let columns = area.width.saturating_sub(LABEL + 1);
        let shown = ring.points().min(8);
        let from = ring.point((first + ring.points() - 1) % ring.points()).0;
        let reach = ring.point((first + shown - 1) % ring.points()).0.wrapping_sub(from).max(1);
        let column_of = |at: u64| {
            let share = at.wrapping_sub(from) as f64 / reach as f64;
            LABEL + (share.clamp(0.0, 1.0) * f64::from(columns.saturating_sub(1))) as u16
        };
        let mut put = |column: u16, text: &str, style: Style| {
            write(paint.buf, area, (column, row), text, style, theme);
        };
        let style_of = |node: &Node| if node.up { theme.series(node.id as usize) } else { theme.error() };
        put(0, "walk", theme.dim());
        put(LABEL, &theme.glyphs.pick("─", "-").repeat(usize::from(columns)), theme.faint());
        let (start, end) = (column_of(hash), column_of(ring.point(first).0));
        let arrows = theme.glyphs.pick("→", ">").repeat(usize::from(end.saturating_sub(start)));
        put(start, &arrows, theme.strong());
        for step in 0..shown {
            let (at, owner) = ring.point((first + step) % ring.points());
            if let Some(node) = nodes.get(owner as usize) {
                put(column_of(at), &tag(node), style_of(node));
            }
        }
        // The key stands before its node, also where both have the same column.
        let key = start.min(end.saturating_sub(1)).max(LABEL);
        put(key, theme.glyphs.pick("●", "@"), theme.strong());
        if let Some(owner) = nodes.get(ring.point(first).1 as usize) {
            put(end.max(key + 1), &tag(owner), style_of(owner));
        }
    }
}
