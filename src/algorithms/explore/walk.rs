//! Walks in a state graph that is known: the nearest of something, and what goes round in circles.

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use super::states::States;
use super::store::Store;

/// A way to a circle, and the circle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lasso<A> {
    /// From the start to the circle.
    pub stem: Vec<A>,
    /// Once round; nothing where the way ends instead.
    pub cycle: Vec<A>,
}

/// A step of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Where it begins.
    pub from: usize,
    /// Its place among the steps of that state, from 0.
    pub nth: usize,
    /// Where it leads.
    pub to: usize,
}

/// Strongly connected components: which states can be reached from each other.
#[derive(Clone, Debug)]
pub(super) struct Components {
    /// The last ones (in the direction of the steps) first.
    pub(super) all: Vec<Vec<u32>>,
    /// For each state, whether it is on a circle.
    pub(super) circular: Vec<bool>,
}

impl<K: Store, A: Clone> States<K, A> {
    /// The steps of an expanded state.
    pub fn edges(&self, from: usize) -> impl DoubleEndedIterator<Item = Edge> + ExactSizeIterator {
        self.targets(from).iter().enumerate().map(move |(nth, to)| Edge { from, nth, to: *to as usize })
    }

    /// A shortest walk from one of these states that takes only steps that are `open`, and whose last step is the first
    /// `wanted` one.
    ///
    /// Cost: O(states + transitions) that it comes by.
    pub fn walk(
        &self,
        starts: impl IntoIterator<Item = usize>,
        open: impl Fn(Edge) -> bool,
        wanted: impl Fn(Edge) -> bool,
    ) -> Option<Vec<Edge>> {
        // States in the order in which they were come to, and the step that led to each.
        let mut came: IndexMap<usize, Option<Edge>, FixedState> = starts.into_iter().map(|at| (at, None)).collect();
        let mut next = 0;
        while let Some(at) = came.get_index(next).map(|(at, _)| *at) {
            next += 1;
            for edge in self.edges(at).filter(|edge| open(*edge)) {
                if wanted(edge) {
                    let back = std::iter::successors(Some(edge), |edge| came.get(&edge.from).copied().flatten());
                    let mut way: Vec<Edge> = back.collect();
                    way.reverse();
                    return Some(way);
                }
                came.entry(edge.to).or_insert(Some(edge));
            }
        }
        None
    }

    /// What can be reached from each other along steps that are `open`: Tarjan's algorithm (1972), without recursion.
    ///
    /// Cost: O(states + transitions).
    pub(super) fn components(&self, open: impl Fn(Edge) -> bool) -> Components {
        const NEW: u32 = u32::MAX;
        let count = self.expanded();
        let (mut index, mut low) = (vec![NEW; count], vec![0_u32; count]);
        let (mut on_stack, mut circular) = (vec![false; count], vec![false; count]);
        let (mut stack, mut all, mut next) = (Vec::<u32>::new(), Vec::new(), 0_u32);
        let mut work: Vec<(usize, usize)> = Vec::new();
        for root in 0..count {
            if index[root] != NEW {
                continue;
            }
            work.push((root, 0));
            while let Some((at, tried)) = work.last_mut() {
                let at = *at;
                if *tried == 0 && index[at] == NEW {
                    (index[at], low[at]) = (next, next);
                    next += 1;
                    stack.push(at as u32);
                    on_stack[at] = true;
                }
                if let Some(to) = self.targets(at).get(*tried).map(|to| *to as usize) {
                    let edge = Edge { from: at, nth: *tried, to };
                    *tried += 1;
                    if to >= count || !open(edge) {
                        continue;
                    }
                    circular[at] |= to == at;
                    if index[to] == NEW {
                        work.push((to, 0));
                    } else if on_stack[to] {
                        low[at] = low[at].min(index[to]);
                    }
                    continue;
                }
                work.pop();
                if let Some((parent, _)) = work.last() {
                    low[*parent] = low[*parent].min(low[at]);
                }
                if low[at] == index[at] {
                    let start = stack.iter().rposition(|s| *s as usize == at).unwrap_or(0);
                    let component = stack.split_off(start);
                    for state in component.iter().map(|s| *s as usize) {
                        on_stack[state] = false;
                        circular[state] |= component.len() > 1;
                    }
                    all.push(component);
                }
            }
        }
        Components { all, circular }
    }

    /// How a state that has not `holds` can be kept for ever: the way, through states where it does not hold, to the nearest
    /// dead end, or to the nearest circle and once around it. `None` if it cannot.
    ///
    /// Cost: O(states + transitions). Only a finished graph gives the whole truth.
    pub fn avoiding(&self, holds: impl Fn(&K::State) -> bool) -> Option<Lasso<Edge>> {
        let lacks: Vec<bool> = (0..self.len()).map(|n| self.kept().get(n).is_some_and(|s| !holds(s))).collect();
        let open = |edge: Edge| lacks[edge.from] && lacks[edge.to];
        let Components { circular, .. } = self.components(open);
        let last = |state: usize| circular[state] || self.targets(state).is_empty();
        let mut starts = self.initial().filter(|n| lacks[*n]);
        let (stem, end) = match starts.clone().find(|n| last(*n)) {
            Some(start) => (Vec::new(), start),
            None => {
                let stem = self.walk(starts.by_ref(), open, |edge| last(edge.to))?;
                let end = stem.last()?.to;
                (stem, end)
            }
        };
        let cycle = if circular[end] { self.walk([end], open, |edge| edge.to == end) } else { None };
        Some(Lasso { stem, cycle: cycle.unwrap_or_default() })
    }
}
