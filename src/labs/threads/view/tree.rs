//! View 4: the tree of schedules. Which beginnings are lost, which are safe, and which can go either way?

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{ThreadsScene, prospect};
use crate::algorithms::explore::System;
use crate::algorithms::threads::Explored;
use crate::labs::threads::model::ThreadsModel;
use crate::labs::threads::panel::{rough, short_name};
use crate::picture::{caption, pad, width, write};

/// Columns of a step: sign, line, the thread's short name, line.
fn each(model: &ThreadsModel) -> u16 {
    let names = (0..model.program().threads.len()).map(|t| width(&short_name(model, t)) as u16);
    3 + names.max().unwrap_or(1)
}

/// A beginning of a schedule.
struct Node {
    /// Its state in the graph.
    state: usize,
    depth: usize,
    /// The thread that took the last step.
    by: usize,
    /// Whether the present run goes through here.
    on_way: bool,
    /// Whether the present run is here.
    here: bool,
    children: Vec<usize>,
}

struct Tree<'a> {
    explored: &'a Explored,
    nodes: Vec<Node>,
    /// Steps of the run before the root.
    skipped: usize,
}

/// States of the run from the start, as numbers of the graph.
fn way(model: &ThreadsModel, explored: &Explored) -> Option<Vec<usize>> {
    let mut state = explored.machine.initial();
    let mut way = vec![explored.graph.find(&state)?];
    for deed in &model.deeds {
        explored.machine.step(&mut state, deed.thread);
        way.push(explored.graph.find(&state)?);
    }
    Some(way)
}

impl<'a> Tree<'a> {
    /// A tree that fits into so many rows and so many steps.
    fn grow(model: &ThreadsModel, explored: &'a Explored, rows: usize, most_depth: usize) -> Option<Self> {
        let way = way(model, explored)?;
        let skipped = (way.len() - 1).saturating_sub(most_depth / 2);
        let way = way.get(skipped..)?;
        let root = Node { state: way[0], depth: 0, by: 0, on_way: true, here: way.len() == 1, children: Vec::new() };
        let mut tree = Self { explored, nodes: vec![root], skipped };
        let mut leaves = 1;
        // All of it, where there are no more schedules than rows.
        let whole = tree.prospects(&tree.nodes[0]).0 <= rows as f64;
        // First along the run, then where it is still open, the nearest first.
        while let Some(at) = tree.next_open(most_depth, whole) {
            let node = &tree.nodes[at];
            let (state, depth, on_way) = (node.state, node.depth, node.on_way && !node.here);
            let steps: Vec<(usize, usize)> = explored.graph.steps(state).collect();
            if leaves + steps.len() > rows.max(1) + 1 || steps.is_empty() {
                break;
            }
            leaves += steps.len() - 1;
            let taken = model.deeds.get(skipped + depth).map(|d| d.thread);
            for (by, to) in steps {
                let follows = on_way && taken == Some(by);
                let here = follows && skipped + depth + 1 == model.deeds.len();
                tree.nodes.push(Node { state: to, depth: depth + 1, by, on_way: follows, here, children: Vec::new() });
                let child = tree.nodes.len() - 1;
                tree.nodes[at].children.push(child);
            }
        }
        Some(tree)
    }

    fn prospects(&self, node: &Node) -> (f64, f64) {
        self.explored.counts.onward(node.state)
    }

    /// The next beginning that is worth going on with; with `decided` also one that is lost or safe.
    fn next_open(&self, most_depth: usize, decided: bool) -> Option<usize> {
        let open = |n: &&(usize, &Node)| {
            let (all, broken) = self.prospects(n.1);
            let mixed = broken > 0.0 && (broken < all || all.is_infinite());
            let goes_on = self.explored.graph.enabled(n.1.state) != 0;
            let wanted = mixed || n.1.on_way && !n.1.here || decided;
            n.1.children.is_empty() && n.1.depth < most_depth && goes_on && wanted
        };
        let nodes: Vec<(usize, &Node)> = self.nodes.iter().enumerate().collect();
        nodes.iter().filter(open).min_by_key(|(_, n)| (!n.on_way || n.here, n.depth)).map(|(i, _)| *i)
    }

    /// Row of each node, from the top; children of a node in a block, the first in its row.
    fn rows(&self) -> Vec<u16> {
        let mut rows = vec![0; self.nodes.len()];
        let (mut next, mut todo) = (0, vec![0]);
        while let Some(at) = todo.pop() {
            rows[at] = next;
            let children = &self.nodes[at].children;
            if children.is_empty() {
                next += 1;
            }
            todo.extend(children.iter().rev());
        }
        rows
    }
}

fn explored(model: &ThreadsModel) -> Option<&Explored> {
    model.explored.as_deref().filter(|e| e.graph.finished())
}

fn tree_of<'a>(model: &'a ThreadsModel, area: Rect) -> Option<Tree<'a>> {
    let most_depth = usize::from((area.width.saturating_sub(10) / each(model)).max(2));
    Tree::grow(model, explored(model)?, usize::from(area.height), most_depth)
}

/// Draws the tree.
pub(super) fn draw(scene: &ThreadsScene<'_>, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let Some(explored) = explored(model) else {
        let why = if model.explored.is_some() { "too many states for the tree" } else { "press e: explore first" };
        write(buf, area, (1, 1), why, theme.accent(), theme);
        write(buf, area, (1, 2), "then the tree shows what can still be saved", theme.dim(), theme);
        return;
    };
    let body = Rect { height: area.height.saturating_sub(1), ..area };
    let Some(tree) = tree_of(model, body) else { return };
    let mut parts = legend(scene);
    if tree.skipped > 0 {
        parts.insert(0, format!("from step {}", tree.skipped));
    }
    if explored.starves() {
        parts.insert(0, "loops that starve are not marked".to_owned());
    }
    let body = caption(buf, area, &parts, theme);
    let (rows, step) = (tree.rows(), each(model));
    for (at, node) in tree.nodes.iter().enumerate() {
        draw_node(scene, &tree, (node, rows[at]), body, buf);
        let x = node.depth as u16 * step;
        for (i, child) in node.children.iter().enumerate() {
            let (child_node, row) = (&tree.nodes[*child], rows[*child]);
            let style = if child_node.on_way { theme.strong() } else { theme.faint_text() };
            if i > 0 {
                let before = rows[node.children[i - 1]];
                for y in before + 1..row {
                    write(buf, body, (x, y), theme.glyphs.pick("│", "|"), theme.faint_text(), theme);
                }
                let last = i + 1 == node.children.len();
                let corner = if last { theme.glyphs.pick("└", "`") } else { theme.glyphs.pick("├", "+") };
                write(buf, body, (x, row), corner, style, theme);
            }
            write(buf, body, (x + 1, row), theme.glyphs.pick("─", "-"), style, theme);
            write(buf, body, (x + step - 1, row), theme.glyphs.pick("─", "-"), style, theme);
            let mut by = theme.series(child_node.by);
            if child_node.on_way {
                by = by.add_modifier(Modifier::BOLD | Modifier::REVERSED);
            }
            let name = pad(&short_name(model, child_node.by), usize::from(step) - 3);
            write(buf, body, (x + 2, row), &name, by, theme);
        }
    }
}

fn draw_node(scene: &ThreadsScene<'_>, tree: &Tree<'_>, (node, row): (&Node, u16), area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let (all, broken) = tree.prospects(node);
    let (sign, style) = prospect(all, broken, theme);
    let x = node.depth as u16 * each(scene.model);
    let style: Style = if node.here { style.add_modifier(Modifier::REVERSED) } else { style };
    write(buf, area, (x, row), sign, style, theme);
    if !node.children.is_empty() {
        return;
    }
    let ended = tree.explored.graph.enabled(node.state) == 0;
    let text = match (ended, all.is_finite()) {
        (true, _) if node.here => "here, the end".to_owned(),
        (true, _) => "end".to_owned(),
        (false, true) if broken > 0.0 && broken < all => format!("{} of {}", rough(broken), rough(all)),
        (false, true) => rough(all),
        (false, false) => "∞".to_owned(),
    };
    let text = if node.here && !ended { format!("{text}  you are here") } else { text };
    if x + 2 + width(&text) as u16 <= area.width || node.here {
        write(buf, area, (x + 2, row), &text, if node.here { theme.strong() } else { theme.dim() }, theme);
    }
}

fn legend(scene: &ThreadsScene<'_>) -> Vec<String> {
    let glyphs = scene.theme.glyphs;
    let text = format!(
        "{} none breaks {} all break {} some do",
        glyphs.pick("✓", "+"),
        glyphs.pick("✗", "X"),
        glyphs.pick("◐", "?")
    );
    let model = scene.model;
    let threads = 0..model.program().threads.len();
    let differ = threads.filter(|t| short_name(model, *t) != model.thread_name(*t));
    let names: Vec<String> = differ.map(|t| format!("{} = {}", short_name(model, t), model.thread_name(t))).collect();
    let mut parts = vec![text];
    parts.extend((!names.is_empty()).then(|| names.join(", ")));
    parts.extend(["numbers count schedules".to_owned(), "click a next step".to_owned()]);
    parts
}

/// A click on a step that leaves the present state takes it.
pub(super) fn click(scene: &ThreadsScene<'_>, area: Rect, x: u16, y: u16) -> Option<String> {
    let body = Rect { height: area.height.saturating_sub(1), ..area };
    let tree = tree_of(scene.model, body)?;
    let (rows, step) = (tree.rows(), each(scene.model));
    let here = tree.nodes.iter().find(|n| n.here)?;
    let hit = here.children.iter().find(|child| {
        let node = &tree.nodes[**child];
        let right = body.x + node.depth as u16 * step;
        body.y + rows[**child] == y && x <= right && x + step > right
    });
    super::step(scene.model, tree.nodes[*hit?].by)
}
