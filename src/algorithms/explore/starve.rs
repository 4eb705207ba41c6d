//! Threads that wait for ever although the scheduler is fair.

use std::collections::BTreeSet;

use super::graph::Graph;
use super::walk::{Components, Edge, Lasso};
use super::{System, bits};

/// A thread that waits for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Starving {
    /// Which.
    pub thread: usize,
    /// The loop, as threads that take steps.
    pub lasso: Lasso<usize>,
}

/// Threads that can starve under weak fairness: there is a loop in which the thread takes no step and is blocked
/// now and then, while each other thread moves, is blocked now and then, or is over. One loop a thread.
///
/// Cost: O(threads · (states + transitions)).
pub fn starving(system: &impl System, graph: &Graph) -> Vec<Starving> {
    let of = |thread| Some(Starving { thread, lasso: fair_loop(system, graph, Some(thread), &|_, _| true)? });
    (0..system.threads()).filter_map(of).collect()
}

/// A loop that a fair scheduler need never leave, though every thread that is not over moves or is blocked now and then.
pub fn livelock(system: &impl System, graph: &Graph) -> Option<Lasso<usize>> {
    livelock_where(system, graph, &|_, _| true)
}

/// As [`livelock`], of those loops that are wanted, by their states and the threads that move in them.
pub fn livelock_where(
    system: &impl System,
    graph: &Graph,
    wanted: &dyn Fn(&[u32], u32) -> bool,
) -> Option<Lasso<usize>> {
    fair_loop(system, graph, None, wanted)
}

fn fair_loop(
    system: &impl System,
    graph: &Graph,
    starved: Option<usize>,
    wanted: &dyn Fn(&[u32], u32) -> bool,
) -> Option<Lasso<usize>> {
    let over = |state: usize, thread: usize| system.over(graph.state(state), thread);
    let open = |edge: Edge| starved.is_none_or(|t| !over(edge.from, t) && graph.thread_of(edge) != t);
    let Components { all, circular } = graph.components(open);
    for component in all.iter().filter(|component| circular[component[0] as usize]) {
        let inside: BTreeSet<usize> = component.iter().map(|s| *s as usize).collect();
        let first = component[0] as usize;
        let within = |edge: Edge| inside.contains(&edge.to) && open(edge);
        let (mut moves, mut blocked) = (0_u32, 0_u32);
        for state in &inside {
            let edges = graph.edges(*state).filter(|edge| within(*edge));
            moves |= edges.fold(0, |mask, edge| mask | 1 << graph.thread_of(edge));
            blocked |= !graph.enabled(*state);
        }
        let fair = (0..system.threads()).all(|u| over(first, u) || moves >> u & 1 == 1 || blocked >> u & 1 == 1);
        let somebody = (0..system.threads()).any(|u| !over(first, u));
        if moves == 0 || !fair || !somebody || !wanted(component, moves) {
            continue;
        }
        let entry = inside.iter().copied().min()?;
        let cycle = round(graph, entry, moves, &within);
        return Some(Lasso { stem: graph.way_to(entry), cycle });
    }
    None
}

/// A closed way along steps that are within, in which each of these threads moves.
fn round(graph: &Graph, entry: usize, moves: u32, within: &dyn Fn(Edge) -> bool) -> Vec<usize> {
    let (mut at, mut way) = (entry, Vec::new());
    let go = |at: usize, way: &mut Vec<usize>, wanted: &dyn Fn(Edge) -> bool| {
        let edges = graph.walk([at], within, wanted).unwrap_or_default();
        way.extend(edges.iter().map(|edge| graph.thread_of(*edge)));
        edges.last().map_or(at, |edge| edge.to)
    };
    for thread in bits(moves) {
        if !way.contains(&thread) {
            at = go(at, &mut way, &|edge| graph.thread_of(edge) == thread);
        }
    }
    if at != entry {
        go(at, &mut way, &|edge| edge.to == entry);
    }
    way
}
