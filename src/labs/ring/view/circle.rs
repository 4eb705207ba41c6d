//! The ring as a true circle.

use std::sync::Arc;

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{RingScene, caption, hash_at, in_words, inspect, inspect_nearest, progress, tag};
use crate::engine::numbers::{count, percent, thousands};
use crate::labs::ring::state::{Focus, REQUEST};
use crate::picture::{Canvas, Circle, Paint, Widget, letter};
use crate::systems::placing::space::{BUCKETS, turn};
use crate::systems::placing::{NO_NODE, Node};

/// Where things are, from the centre (0) to the ring (1).
const TICK: f64 = 1.07;
const KEYS_DEEP: f64 = 0.17;
/// Nodes stand here; further out when there are many.
const HUBS: f64 = 0.46;
const MANY_HUBS: f64 = 0.62;

/// A ring picture in the making.
struct Drawing<'a> {
    scene: &'a RingScene<'a>,
    area: Rect,
    canvas: Canvas,
    circle: Circle,
    /// Dots along the ring.
    steps: usize,
    /// How far the change has unfolded.
    t: f64,
    /// The nodes that have a place inside the circle.
    hubs: Vec<Node>,
}

/// Ring, keys, nodes, and what moves.
pub(super) struct RingCircle<'a>(pub &'a RingScene<'a>);

impl Widget for RingCircle<'_> {
    fn draw(&self, area: Rect, paint: &mut Paint<'_>) {
        if area.is_empty() {
            return;
        }
        let area = caption(paint.buf, area, &caption_parts(self.0, area), paint.theme);
        let mut drawing = Drawing::new(self.0, area);
        drawing.ring();
        drawing.letters();
        drawing.keys();
        drawing.hubs();
        drawing.travellers();
        drawing.request();
        drawing.focus();
        drawing.canvas.draw(paint.buf);
        paint.hits.surface(area, drawing.meaning());
    }

    fn describe(&self) -> String {
        let model = self.0.model;
        let what = match model.cluster.placement.ring() {
            Some(ring) => format!("A ring of {}", count(ring.points() as u64, "virtual node")),
            None => format!("{} has no ring, only a hash space", model.config().strategy.name()),
        };
        format!("{what}. {}", in_words(model))
    }

    fn least(&self) -> (u16, u16) {
        (20, 9)
    }
}

fn caption_parts(scene: &RingScene<'_>, area: Rect) -> Vec<String> {
    let model = scene.model;
    let mut parts = Vec::new();
    match model.cluster.placement.ring() {
        Some(ring) => parts.push(format!("{} virtual nodes", thousands(ring.points() as u64))),
        None => parts.push(format!("{} has no ring, only a hash space", model.config().strategy.name())),
    }
    parts.push(if few_keys(scene, area) { "a dot is a key" } else { "keys as density" }.to_owned());
    if let Some(moves) = model.change.as_ref().map(|c| &c.moves).filter(|m| m.sample.len() as u64 != m.moved) {
        parts.push(format!("{} of {} moves fly", moves.sample.len(), thousands(moves.moved)));
    }
    parts.push("click a node or a key".to_owned());
    parts
}

fn few_keys(scene: &RingScene<'_>, area: Rect) -> bool {
    scene.model.keys.len() <= usize::from(area.width.min(area.height * 2)) * 16
}

impl<'a> Drawing<'a> {
    fn new(scene: &'a RingScene<'a>, area: Rect) -> Self {
        let canvas = Canvas::new(area, scene.theme.glyphs);
        let circle = canvas.fit_circle(1);
        let t = progress(scene);
        let mut hubs = scene.model.config().nodes.clone();
        if let Some(change) = scene.model.change.as_ref().filter(|_| t < 1.0) {
            let gone = change.before.config.nodes.iter().filter(|n| scene.model.config().node(n.id).is_none());
            hubs.extend(gone.cloned());
            hubs.sort_by_key(|n| n.id);
        }
        let steps = (circle.r * std::f64::consts::TAU * 1.1).max(8.0) as usize;
        Self { scene, area, canvas, circle, steps, t, hubs }
    }

    /// What a click means: the node that stands there, or the nearest key on the ring.
    fn meaning(&self) -> impl Fn(u16, u16) -> Option<String> + 'static {
        let (area, circle, keys) = (self.area, self.circle, Arc::clone(&self.scene.model.keys));
        let hubs: Vec<_> = self.hubs.iter().filter_map(|n| Some((self.hub(n.id)?, inspect(&n.name)))).collect();
        move |x, y| {
            let (px, py) = Canvas::middle_of(area, x, y);
            let far = |(hx, hy): (f64, f64)| (hx - px).hypot(hy - py);
            let nearest = hubs.iter().min_by(|(a, _), (b, _)| far(*a).total_cmp(&far(*b)));
            if let Some((_, command)) = nearest.filter(|(hub, _)| far(*hub) <= (circle.r * 0.18).max(5.0)) {
                return Some(command.clone());
            }
            let (place, radius) = circle.place_of(px, py);
            (0.65..=1.2).contains(&radius).then(|| inspect_nearest(&keys, place)).flatten()
        }
    }

    /// Dots from the outer to the inner edge of the ring.
    fn thickness(&self) -> u32 {
        (self.circle.r / 28.0).round().clamp(2.0, 5.0) as u32
    }

    /// Where the keys begin: a clear gap inside the ring.
    fn keys_out(&self) -> f64 {
        (1.0 - (f64::from(self.thickness()) + 3.0) / self.circle.r.max(1.0)).max(0.5)
    }

    /// Style of a node's things: bright when it is the one that changed, at rest otherwise.
    fn style(&self, id: u32, bright: bool) -> Style {
        let theme = self.scene.theme;
        if bright { theme.series(id as usize) } else { theme.series_dim(id as usize) }
    }

    fn changed(&self) -> Option<u32> {
        match &self.scene.model.focus {
            Some(Focus::Node(id)) => Some(*id),
            _ => self.scene.model.change.as_ref().and_then(|change| change.trigger.node()),
        }
    }

    /// Arcs in the owners' colours; virtual nodes as ticks while there is room for them.
    fn ring(&mut self) {
        let model = self.scene.model;
        let changed = self.changed();
        for step in 0..self.steps {
            let place = step as f64 / self.steps as f64;
            let owner = model.cluster.placement.ring().and_then(|_| model.cluster.placement.owner(hash_at(place, 0)));
            let node = owner.and_then(|i| model.config().nodes.get(i as usize));
            let (style, priority) = match node {
                Some(node) if node.up => {
                    let bright = changed.is_none_or(|id| id == node.id) || self.t >= 1.0;
                    (self.style(node.id, bright), 2 + u8::from(Some(node.id) == changed))
                }
                _ => (self.scene.theme.faint(), 1),
            };
            for dot in 0..self.thickness() {
                let (x, y) = self.circle.point(place, 1.0 - f64::from(dot) / self.circle.r);
                self.canvas.dot(x, y, style, priority);
            }
        }
    }

    /// Virtual nodes as ticks with their node's letter; when there are too many, the owners' letters all round.
    fn letters(&mut self) {
        let model = self.scene.model;
        let Some(ring) = model.cluster.placement.ring() else { return };
        if ring.points() * 8 < self.steps {
            for (at, owner) in (0..ring.points()).map(|i| ring.point(i)) {
                let Some(node) = model.config().nodes.get(owner as usize) else { continue };
                let (from, to) = (self.circle.point(turn(at), 1.0), self.circle.point(turn(at), TICK));
                let style = self.style(node.id, true);
                self.canvas.line(from, to, style, 4);
                let (x, y) = self.circle.point(turn(at), TICK + 0.05);
                self.canvas.text_centered(x, y, &tag(node), style);
            }
            return;
        }
        let changed = self.changed();
        let mut last = None;
        for step in 0..self.steps {
            let place = step as f64 / self.steps as f64;
            let (x, y) = self.circle.point(place, 1.0 + 4.0 / self.circle.r.max(1.0));
            let (column, row) = self.canvas.cell_of(x, y);
            // One letter a row where the circle is steep, one a column where it is flat.
            let steep = (x - self.circle.cx).abs() > (y - self.circle.cy).abs();
            let slot = if steep { (true, row) } else { (false, column) };
            let owner = model.cluster.placement.owner(hash_at(place, 0));
            let Some(node) = owner.and_then(|i| model.config().nodes.get(i as usize)) else { continue };
            if last.replace(slot) != Some(slot) {
                let style = match node.up {
                    true => self.style(node.id, Some(node.id) == changed),
                    false => self.scene.theme.error(),
                };
                let letter = if node.up { letter(node.id as usize) } else { "x".to_owned() };
                self.canvas.text(x, y, &letter, style);
            }
        }
    }

    /// Keys just inside the ring: each a dot, or how many there are by the depth of the band.
    fn keys(&mut self) {
        let model = self.scene.model;
        if few_keys(self.scene, self.area) {
            let moved: std::collections::BTreeSet<u32> =
                model.change.iter().flat_map(|c| c.moves.sample.iter().map(|m| m.key)).collect();
            for (key, hash) in model.keys.hashes().iter().enumerate() {
                let depth = (hash & 0xff) as f64 / 255.0;
                let (x, y) = self.circle.point(turn(*hash), self.keys_out() - depth * KEYS_DEEP);
                let (style, priority) = self.key_style(model.cluster.served.owner[key], moved.contains(&(key as u32)));
                self.canvas.dot(x, y, style, priority);
            }
            return;
        }
        let highest = f64::from(model.keys.density.iter().copied().max().unwrap_or(1).max(1));
        let depth_dots = (self.circle.r * KEYS_DEEP).max(2.0);
        for step in 0..self.steps {
            let place = (step as f64 + 0.5) / self.steps as f64;
            let bucket = ((place * BUCKETS as f64) as usize).min(BUCKETS - 1);
            let count = model.keys.density[bucket];
            let moved = model.change.as_ref().map_or(0, |c| c.moves.density.get(bucket).copied().unwrap_or(0));
            let depth = (f64::from(count) / highest * depth_dots).round().max(f64::from(u8::from(count > 0)));
            for dot in 0..depth as usize {
                let owner = model.cluster.placement.owner(hash_at(place, dot as u64));
                let owner = owner.and_then(|i| model.config().nodes.get(i as usize)).map_or(NO_NODE, |n| n.id);
                let (style, priority) = self.key_style(owner, moved * 2 > count);
                let (x, y) = self.circle.point(place, self.keys_out() - dot as f64 / self.circle.r);
                self.canvas.dot(x, y, style, priority);
            }
        }
    }

    fn key_style(&self, owner: u32, moved: bool) -> (Style, u8) {
        let theme = self.scene.theme;
        let up = self.scene.model.config().node(owner).is_some_and(|n| n.up);
        match (moved, up) {
            (true, _) if self.t < 1.0 => (theme.strong(), 5),
            (true, _) => (self.style(owner, true), 3),
            (_, false) => (theme.error(), 3),
            (false, true) => (self.style(owner, false), 1),
        }
    }

    /// Place of a node inside the circle.
    fn hub(&self, id: u32) -> Option<(f64, f64)> {
        let index = self.hubs.iter().position(|n| n.id == id)?;
        Some(self.circle.point(index as f64 / self.hubs.len() as f64, self.hub_radius()))
    }

    fn hub_radius(&self) -> f64 {
        match self.hubs.len() {
            0 | 1 => 0.0,
            2..=8 => HUBS,
            _ => MANY_HUBS,
        }
    }

    /// Nodes as letters with their share of the load.
    fn hubs(&mut self) {
        let model = self.scene.model;
        let total: u64 = model.cluster.served.loads.iter().sum::<u64>().max(1);
        let room = self.circle.r * self.hub_radius().max(HUBS) * std::f64::consts::TAU / self.hubs.len().max(1) as f64;
        let changed = self.changed();
        for node in self.hubs.clone() {
            let Some((x, y)) = self.hub(node.id) else { continue };
            let index = model.config().nodes.iter().position(|n| n.id == node.id);
            let load = index.map_or(0, |i| model.cluster.served.loads[i]);
            let share = percent(load as f64 / total as f64);
            let text = match index {
                None => format!("{} left", tag(&node)),
                Some(_) if !node.up => format!("{} down", tag(&node)),
                Some(_) if room >= 18.0 => format!("{} {share}", tag(&node)),
                Some(_) => tag(&node),
            };
            let style = match (node.up && index.is_some(), Some(node.id) == changed) {
                (false, _) => self.scene.theme.error(),
                (true, true) => self.style(node.id, true).add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
                (true, false) => self.style(node.id, true),
            };
            if room >= 4.0 {
                self.canvas.text_centered(x, y, &text, style);
            } else {
                self.canvas.dot(x, y, style, 6);
            }
        }
    }

    /// Moved keys on their way from the old node to the new one.
    fn travellers(&mut self) {
        let Some(change) = self.scene.model.change.as_ref().filter(|_| self.t < 1.0) else { return };
        let count = change.moves.sample.len().max(1) as f64;
        for (i, key) in change.moves.sample.iter().enumerate() {
            let (Some(from), Some(to)) = (self.hub(key.from), self.hub(key.to)) else { continue };
            // They start one after the other, between 15 % and 45 % of the time, and take half of it.
            let start = 0.15 + 0.3 * i as f64 / count;
            let way = ((self.t - start) / 0.5).clamp(0.0, 1.0);
            let way = way * way * (3.0 - 2.0 * way);
            let aside = ((key.hash >> 16 & 0xff) as f64 / 255.0 - 0.5) * self.circle.r * 0.22;
            let (dx, dy) = (to.0 - from.0, to.1 - from.1);
            let length = dx.hypot(dy).max(1.0);
            let bow = aside * (way * std::f64::consts::PI).sin();
            let x = from.0 + dx * way - dy / length * bow;
            let y = from.1 + dy * way + dx / length * bow;
            if way > 0.0 && way < 1.0 {
                self.canvas.dot(x, y, self.scene.theme.series(key.to as usize), 7);
            }
        }
    }

    /// The last request, on its way from the key's place to the node that serves it.
    fn request(&mut self) {
        let Some(request) = self.scene.model.last_request else { return };
        let age = self.scene.now.saturating_sub(request.at.as_micros());
        if age > REQUEST.as_micros() {
            return;
        }
        let way = self.scene.progress(request.at, REQUEST);
        let hash = self.scene.model.keys.hashes().get(request.key).copied().unwrap_or(0);
        self.ray(hash, request.served_by, way);
    }

    /// The inspected key: its place on the ring and the way to its node.
    fn focus(&mut self) {
        let Some(Focus::Key { hash, index, .. }) = &self.scene.model.focus else { return };
        let model = self.scene.model;
        let owner = model.serving(*hash, *index).map_or(NO_NODE, |n| n.id);
        self.ray(*hash, owner, 1.0);
    }

    fn ray(&mut self, hash: u64, owner: u32, way: f64) {
        let theme = self.scene.theme;
        let start = self.circle.point(turn(hash), self.keys_out());
        let mark = theme.glyphs.pick("●", "@");
        match self.hub(owner).filter(|_| owner != NO_NODE) {
            Some(hub) => {
                let end = (start.0 + (hub.0 - start.0) * way * 0.88, start.1 + (hub.1 - start.1) * way * 0.88);
                self.canvas.line(start, end, theme.strong(), 8);
                self.canvas.text_centered(start.0, start.1, mark, theme.strong());
            }
            None => self.canvas.text_centered(start.0, start.1, theme.glyphs.pick("✗", "X"), theme.error()),
        }
    }
}
