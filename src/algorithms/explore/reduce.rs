//! Partial-order reduction: schedules that differ only in the order of independent steps are the same.

use std::collections::BTreeSet;

use num_bigint::BigUint;

use super::table::Table;
use super::{System, bits};

/// What the reduced search found.
#[derive(Clone, Debug)]
pub struct Reduced {
    /// Whether it saw everything that it had to.
    pub finished: bool,
    /// Different states that it visited.
    pub states: usize,
    /// Steps that it took.
    pub transitions: usize,
    /// Every way to end: problems and outcome, the same as those of all schedules.
    pub ends: BTreeSet<(u32, Vec<i32>)>,
    /// Every problem of every state, the same as those of all schedules.
    pub problems: u32,
    /// Schedules that really differ: the others are one of these with independent steps in another order
    /// (Mazurkiewicz traces). `None` when a loop makes them endless, or when not finished.
    pub classes: Option<BigUint>,
    /// A schedule that breaks the program, not always a shortest one.
    pub breaking: Option<Vec<usize>>,
}

/// A state on the way that the depth-first search stands on.
struct Frame {
    node: usize,
    state: Vec<i32>,
    /// Threads that must not be tried first: all that they lead to was seen.
    sleep: u32,
    /// Threads still to be tried.
    todo: u32,
    done: u32,
    /// The thread that led here.
    by: usize,
    classes: BigUint,
}

/// Searches with persistent sets, and with sleep sets when no state can come again, until `bound` nodes are known.
///
/// From a state only the threads of a persistent set are followed: nothing that the others may ever do touches
/// what these do next, so all ends are still found. Where a followed step closes a loop, all threads are
/// followed, so that none is put off for ever (the ignoring problem). A sleep set holds threads whose next step
/// was tried before and has only been joined by independent steps since.
///
/// Cost: O(threads³) a state beside the steps; memory: one row of words a node.
pub fn reduced<S: System>(system: &S, bound: usize) -> Reduced {
    let mut search = Search {
        system,
        use_sleep: !system.may_loop(),
        nodes: Table::new(system.width() + 1),
        states: Table::new(system.width()),
        classes: Vec::new(),
        on_way: Vec::new(),
        stack: Vec::new(),
        found: Reduced {
            finished: true,
            states: 0,
            transitions: 0,
            ends: BTreeSet::new(),
            problems: 0,
            classes: None,
            breaking: None,
        },
    };
    search.run(bound.max(1));
    let Search { states, classes, use_sleep, mut found, .. } = search;
    found.states = states.len();
    found.classes = classes.into_iter().next().filter(|_| found.finished && use_sleep);
    found
}

struct Search<'a, S> {
    system: &'a S,
    use_sleep: bool,
    /// States with their sleep sets.
    nodes: Table,
    states: Table,
    /// Schedules that really differ, from each node on.
    classes: Vec<BigUint>,
    /// Nodes of the stack.
    on_way: Vec<bool>,
    stack: Vec<Frame>,
    found: Reduced,
}

impl<S: System> Search<'_, S> {
    fn run(&mut self, bound: usize) {
        self.enter(self.system.initial(), 0, 0);
        while let Some(frame) = self.stack.last_mut() {
            if frame.todo == 0 {
                self.leave();
                continue;
            }
            if self.nodes.len() >= bound {
                self.found.finished = false;
                return;
            }
            let thread = frame.todo.trailing_zeros() as usize;
            frame.todo &= !(1 << thread);
            let mut state = frame.state.clone();
            let step = self.system.next_access(&frame.state, thread);
            let asleep = bits(frame.sleep | frame.done).filter(|u| {
                let other = self.system.next_access(&frame.state, *u);
                self.use_sleep && !other.conflicts(step)
            });
            let sleep = asleep.fold(0, |mask, u| mask | 1 << u);
            frame.done |= 1 << thread;
            self.system.step(&mut state, thread);
            self.found.transitions += 1;
            self.enter(state, sleep, thread);
        }
    }

    /// Comes to a state by a step; goes on from it unless it was seen before.
    fn enter(&mut self, state: Vec<i32>, sleep: u32, by: usize) {
        let mut key = state.clone();
        key.push(sleep as i32);
        let (node, new) = self.nodes.insert(&key);
        if !new {
            if let Some(frame) = self.stack.last_mut() {
                frame.classes += &self.classes[node];
                if self.on_way[node] {
                    // A loop is closed: nobody may be put off here.
                    frame.todo = self.system.enabled(&frame.state) & !frame.done;
                }
            }
            return;
        }
        self.states.insert(&state);
        self.classes.push(BigUint::ZERO);
        self.on_way.push(true);
        let enabled = self.system.enabled(&state);
        let problems = self.system.problems(&state, enabled == 0);
        self.found.problems |= problems;
        let mut classes = BigUint::ZERO;
        if enabled == 0 {
            self.found.ends.insert((problems, self.system.outcome(&state)));
            classes = BigUint::from(1_u8);
        }
        if problems & self.system.bad() != 0 && self.found.breaking.is_none() {
            let way = self.stack.iter().skip(1).map(|f| f.by);
            self.found.breaking = Some(way.chain((!self.stack.is_empty()).then_some(by)).collect());
        }
        let todo = self.persistent(&state, enabled) & !sleep;
        self.stack.push(Frame { node, state, sleep, todo, done: 0, by, classes });
    }

    fn leave(&mut self) {
        let Some(frame) = self.stack.pop() else { return };
        self.on_way[frame.node] = false;
        if let Some(parent) = self.stack.last_mut() {
            parent.classes += &frame.classes;
        }
        self.classes[frame.node] = frame.classes;
    }

    /// The enabled threads of the smallest persistent set.
    fn persistent(&self, state: &[i32], enabled: u32) -> u32 {
        let sets = bits(enabled).map(|start| self.closure(state, start) & enabled);
        sets.min_by_key(|set| set.count_ones()).unwrap_or(0)
    }

    /// The threads that a set needs if it has `start`: all that may ever touch what its members do next.
    fn closure(&self, state: &[i32], start: usize) -> u32 {
        let (mut set, mut checked) = (1_u32 << start, 0_u32);
        while let Some(thread) = bits(set & !checked).next() {
            checked |= 1 << thread;
            let step = self.system.next_access(state, thread);
            for other in (0..self.system.threads()).filter(|u| set >> u & 1 == 0).collect::<Vec<_>>() {
                if self.system.future_access(state, other).conflicts(step) {
                    set |= 1 << other;
                }
            }
        }
        set
    }
}
