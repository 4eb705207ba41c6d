//! Graphs: things with names, and arrows between them.

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::canvas::Canvas;
use super::markdown::Tone;
use super::paint::write;
use super::text::{fit, width};
use super::widget::{Paint, Widget};

/// A thing in a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name, and what is on it: one line each.
    pub lines: Vec<String>,
    /// Where its middle stands: from (0, 0) at the top left to (1, 1) at the bottom right.
    pub place: (f64, f64),
    /// How it looks.
    pub tone: Tone,
    /// What a click on it means.
    pub on_click: Option<String>,
}

/// An arrow from one node to another, by their numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// Where it begins.
    pub from: usize,
    /// Where it points.
    pub to: usize,
    /// What stands on it.
    pub label: String,
    /// How it looks.
    pub tone: Tone,
}

/// Nodes at their places, and arrows between them. Nodes lie above arrows.
///
/// ```
/// use ratatui::{buffer::Buffer, layout::Rect};
/// use scalelab::picture::{Edge, Glyphs, Graph, Hits, Paint, Palette, Theme, Tone, Widget, to_text};
/// let graph = Graph::circle([("T1", Tone::Plain), ("T2", Tone::Plain)])
///     .edge(Edge { from: 0, to: 1, label: "waits for x".into(), tone: Tone::Bad });
/// let (mut buf, mut hits) = (Buffer::empty(Rect::new(0, 0, 30, 9)), Hits::default());
/// let theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Unicode };
/// graph.draw(buf.area, &mut Paint { buf: &mut buf, theme, hits: &mut hits });
/// assert!(to_text(&buf).contains("T1") && to_text(&buf).contains("waits for x"));
/// assert_eq!(graph.describe(), "T1 → T2 (waits for x).");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Graph {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

impl Graph {
    /// Nodes at given places.
    #[must_use]
    pub fn of(nodes: Vec<Node>) -> Self {
        Self { nodes, edges: Vec::new() }
    }

    /// Nodes around a circle, clockwise from twelve o'clock.
    pub fn circle<N: Into<String>>(nodes: impl IntoIterator<Item = (N, Tone), IntoIter: ExactSizeIterator>) -> Self {
        let nodes = nodes.into_iter();
        let count = nodes.len().max(1) as f64;
        let node = |(i, (name, tone)): (usize, (N, Tone))| {
            let (sin, cos) = (i as f64 / count * std::f64::consts::TAU).sin_cos();
            let place = (0.5 + 0.4 * sin, 0.5 - 0.4 * cos);
            Node { lines: vec![name.into()], place, tone, on_click: None }
        };
        Self::of(nodes.enumerate().map(node).collect())
    }

    /// With one more arrow.
    #[must_use]
    pub fn edge(mut self, edge: Edge) -> Self {
        self.edges.push(edge);
        self
    }

    /// The box of a node within an area.
    fn place(&self, node: &Node, area: Rect) -> Rect {
        let wide = node.lines.iter().map(|line| width(line)).max().unwrap_or(0) as u16 + 2;
        let (wide, high) = (wide.min(area.width), (node.lines.len() as u16).min(area.height));
        let at = |share: f64, taken: u16, room: u16| {
            let middle = share.clamp(0.0, 1.0) * f64::from(room);
            (middle - f64::from(taken) / 2.0).round().clamp(0.0, f64::from(room - taken)) as u16
        };
        Rect {
            x: area.x + at(node.place.0, wide, area.width),
            y: area.y + at(node.place.1, high, area.height),
            width: wide,
            height: high,
        }
    }
}

impl Widget for Graph {
    fn draw(&self, area: Rect, paint: &mut Paint<'_>) {
        if area.is_empty() {
            return;
        }
        let theme = paint.theme;
        let places: Vec<Rect> = self.nodes.iter().map(|node| self.place(node, area)).collect();
        let mut canvas = Canvas::new(area, theme.glyphs);
        for edge in &self.edges {
            let (Some(from), Some(to)) = (places.get(edge.from), places.get(edge.to)) else { continue };
            let style = edge.tone.style(theme);
            let middle = |place: &Rect| canvas.at_cell(place.x + place.width / 2, place.y + place.height / 2);
            let (start, end) = (middle(from), middle(to));
            let tip = border(&canvas, *to, start, end);
            canvas.line(start, tip, style, 2);
            canvas.text(
                tip.0,
                tip.1,
                arrowhead(start, tip, theme.glyphs.pick(true, false)),
                style.add_modifier(Modifier::BOLD),
            );
            if !edge.label.is_empty() {
                let label = fit(&edge.label, usize::from(area.width));
                canvas.text_centered(f64::midpoint(start.0, tip.0), f64::midpoint(start.1, tip.1), &label, style);
            }
        }
        canvas.draw(paint.buf);
        for (node, place) in self.nodes.iter().zip(&places) {
            for (y, line) in (0..).zip(&node.lines) {
                let style =
                    if y == 0 { node.tone.style(theme).add_modifier(Modifier::BOLD) } else { node.tone.style(theme) };
                write(paint.buf, *place, (0, y), &format!(" {line} "), style, theme);
            }
            if let Some(command) = &node.on_click {
                paint.hits.record(*place, command);
            }
        }
    }

    fn describe(&self) -> String {
        let name = |i: usize| self.nodes.get(i).and_then(|node| node.lines.first()).map_or("", String::as_str);
        let joined: Vec<usize> = self.edges.iter().flat_map(|edge| [edge.from, edge.to]).collect();
        let alone = (0..self.nodes.len()).filter(|i| !joined.contains(i)).map(|i| format!("{} stands alone.", name(i)));
        let edges = self.edges.iter().map(|edge| {
            let label = if edge.label.is_empty() { String::new() } else { format!(" ({})", edge.label) };
            format!("{} → {}{label}.", name(edge.from), name(edge.to))
        });
        edges.chain(alone).collect::<Vec<_>>().join(" ")
    }

    fn least(&self) -> (u16, u16) {
        (20, 5)
    }
}

/// Where a line from `start` to the middle of a box meets the box.
fn border(canvas: &Canvas, place: Rect, start: (f64, f64), end: (f64, f64)) -> (f64, f64) {
    let steps = 64;
    let at = |i: i32| {
        let share = f64::from(i) / f64::from(steps);
        (start.0 + (end.0 - start.0) * share, start.1 + (end.1 - start.1) * share)
    };
    let inside = |(x, y): (f64, f64)| place.contains(canvas.cell_of(x, y).into());
    let last_outside = (0..=steps).map(at).take_while(|point| !inside(*point)).last();
    last_outside.unwrap_or(end)
}

fn arrowhead(from: (f64, f64), to: (f64, f64), unicode: bool) -> &'static str {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    match (dx.abs() > dy.abs(), dx > 0.0, dy > 0.0) {
        (true, true, _) => {
            if unicode {
                "▶"
            } else {
                ">"
            }
        }
        (true, false, _) => {
            if unicode {
                "◀"
            } else {
                "<"
            }
        }
        (false, _, true) => {
            if unicode {
                "▼"
            } else {
                "v"
            }
        }
        (false, _, false) => {
            if unicode {
                "▲"
            } else {
                "^"
            }
        }
    }
}
