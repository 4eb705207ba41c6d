//! Threads that wait for ever although the scheduler is fair.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::count::components_of;
use super::graph::Graph;
use super::{System, bits};

/// A way to a loop, and the loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lasso {
    /// The thread that starves; `None` when all move and yet none comes to an end.
    pub thread: Option<usize>,
    /// From the start to the loop.
    pub stem: Vec<usize>,
    /// Once round.
    pub cycle: Vec<usize>,
}

/// Threads that can starve under weak fairness: there is a loop in which the thread takes no step and is blocked
/// now and then, while each other thread moves, is blocked now and then, or is over. One loop a thread.
///
/// Cost: O(threads · (states + transitions)).
pub fn starving(system: &impl System, graph: &Graph) -> Vec<Lasso> {
    (0..system.threads()).filter_map(|thread| fair_loop(system, graph, Some(thread), &|_, _| true)).collect()
}

/// A loop that a fair scheduler need never leave, though every thread that is not over moves or is blocked now and then.
pub fn livelock(system: &impl System, graph: &Graph) -> Option<Lasso> {
    livelock_where(system, graph, &|_, _| true)
}

/// As [`livelock`], of those loops that are wanted, by their states and the threads that move in them.
pub fn livelock_where(system: &impl System, graph: &Graph, wanted: &dyn Fn(&[u32], u32) -> bool) -> Option<Lasso> {
    fair_loop(system, graph, None, wanted)
}

fn fair_loop(
    system: &impl System,
    graph: &Graph,
    starved: Option<usize>,
    wanted: &dyn Fn(&[u32], u32) -> bool,
) -> Option<Lasso> {
    let over = |state: usize, thread: usize| system.over(graph.state(state), thread);
    let allowed = |state: usize| starved.is_none_or(|t| !over(state, t));
    let steps = |state: usize| graph.steps(state).filter(move |(thread, _)| allowed(state) && Some(*thread) != starved);
    // A step that is not followed leads nowhere: back to its state.
    let target = |state: usize, i: usize| {
        let to = *graph.targets(state).get(i)?;
        let by = bits(graph.enabled(state)).nth(i);
        Some(if allowed(state) && by != starved { to } else { state as u32 })
    };
    for component in components_of(graph.expanded(), &target) {
        if let [only] = component[..]
            && !steps(only as usize).any(|(_, to)| to == only as usize)
        {
            continue;
        }
        let inside: BTreeSet<usize> = component.iter().map(|s| *s as usize).collect();
        let first = component[0] as usize;
        let (mut moves, mut blocked) = (0_u32, 0_u32);
        for state in &inside {
            for (thread, _) in steps(*state).filter(|(_, to)| inside.contains(to)) {
                moves |= 1 << thread;
            }
            blocked |= !graph.enabled(*state);
        }
        let fair = (0..system.threads()).all(|u| over(first, u) || moves >> u & 1 == 1 || blocked >> u & 1 == 1);
        let somebody = (0..system.threads()).any(|u| !over(first, u));
        if moves == 0 || !fair || !somebody || !wanted(&component, moves) {
            continue;
        }
        let entry = inside.iter().copied().min()?;
        let cycle = round(&inside, entry, moves, &|state| steps(state).collect());
        return Some(Lasso { thread: starved, stem: graph.way_to(entry), cycle });
    }
    None
}

/// A closed way within the component in which each of these threads moves.
fn round(
    inside: &BTreeSet<usize>,
    entry: usize,
    moves: u32,
    steps: &dyn Fn(usize) -> Vec<(usize, usize)>,
) -> Vec<usize> {
    let (mut at, mut way) = (entry, Vec::new());
    for thread in bits(moves) {
        if way.contains(&thread) {
            continue;
        }
        let found = walk(inside, at, steps, &|by, _| by == thread);
        at = found.1;
        way.extend(found.0);
    }
    if at != entry {
        way.extend(walk(inside, at, steps, &|_, to| to == entry).0);
    }
    way
}

/// A shortest way from a state whose last step is wanted, and where it ends.
fn walk(
    inside: &BTreeSet<usize>,
    from: usize,
    steps: &dyn Fn(usize) -> Vec<(usize, usize)>,
    wanted: &dyn Fn(usize, usize) -> bool,
) -> (Vec<usize>, usize) {
    let mut came: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    let mut queue = VecDeque::from([from]);
    while let Some(at) = queue.pop_front() {
        for (thread, to) in steps(at).into_iter().filter(|(_, to)| inside.contains(to)) {
            if wanted(thread, to) {
                let (mut way, mut back) = (vec![thread], at);
                while let Some((before, by)) = came.get(&back).filter(|_| back != from) {
                    way.push(*by);
                    back = *before;
                }
                way.reverse();
                return (way, to);
            }
            if to != from && !came.contains_key(&to) {
                came.insert(to, (at, thread));
                queue.push_back(to);
            }
        }
    }
    (Vec::new(), from)
}
