//! Partial-order reduction: schedules that differ only in the order of independent steps are the same.

use std::collections::BTreeSet;

use num_bigint::BigUint;

use super::table::Table;
use super::{System, bits};

/// What the reduced search found.
#[derive(Clone, Debug)]
pub struct Reduced {
    /// Whether it has seen everything that it has to.
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
#[derive(Clone, Debug)]
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
pub fn reduced(system: &impl System, bound: usize) -> Reduced {
    let mut search = Reduction::new(system);
    search.go_on(system, bound);
    search.found()
}

/// The search of [`reduced`], which can go on later.
///
/// ```
/// use scalelab::algorithms::explore::{Reduction, reduced};
/// use scalelab::algorithms::threads::{Grain, Machine, Program};
/// let machine = Machine::new(Program::read("shared x\nthread A, B { repeat 3 { x += 1 } }", Grain::Parts)?);
/// let mut search = Reduction::new(&machine);
/// search.go_on(&machine, 10);
/// assert!(!search.found().finished);
/// search.go_on(&machine, 10_000);
/// assert_eq!(search.found().classes, reduced(&machine, 10_000).classes);
/// # Ok::<(), scalelab::algorithms::threads::ProgramError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reduction {
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

impl Reduction {
    /// A search that stands at the beginning.
    pub fn new<S: System>(system: &S) -> Self {
        let mut search = Self {
            use_sleep: !system.may_loop(),
            nodes: Table::new(system.width() + 1),
            states: Table::new(system.width()),
            classes: Vec::new(),
            on_way: Vec::new(),
            stack: Vec::new(),
            found: Reduced {
                finished: false,
                states: 0,
                transitions: 0,
                ends: BTreeSet::new(),
                problems: 0,
                classes: None,
                breaking: None,
            },
        };
        search.enter(system, system.initial(), 0, 0);
        search
    }

    /// Whether all is seen.
    pub fn finished(&self) -> bool {
        self.found.finished
    }

    /// What was found so far.
    pub fn found(&self) -> Reduced {
        let whole = self.found.finished && self.use_sleep;
        let classes = self.classes.first().filter(|_| whole).cloned();
        Reduced { states: self.states.len(), classes, ..self.found.clone() }
    }

    /// Bytes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        let each = self.states.len().max(self.nodes.len());
        self.nodes.memory_bytes() + self.states.memory_bytes() + each * 40 + self.stack.len() * 128
    }

    /// Goes on, with the same system, until all is seen or `bound` nodes are known.
    pub fn go_on<S: System>(&mut self, system: &S, bound: usize) {
        while let Some(frame) = self.stack.last_mut() {
            if frame.todo == 0 {
                self.leave();
                continue;
            }
            if self.nodes.len() >= bound.max(1) {
                return;
            }
            let thread = frame.todo.trailing_zeros() as usize;
            frame.todo &= !(1 << thread);
            let mut state = frame.state.clone();
            let step = system.next_access(&frame.state, thread);
            let asleep = bits(frame.sleep | frame.done).filter(|u| {
                let other = system.next_access(&frame.state, *u);
                self.use_sleep && !other.conflicts(step)
            });
            let sleep = asleep.fold(0, |mask, u| mask | 1 << u);
            frame.done |= 1 << thread;
            system.step(&mut state, thread);
            self.found.transitions += 1;
            self.enter(system, state, sleep, thread);
        }
        self.found.finished = true;
    }

    /// Comes to a state by a step; goes on from it unless it was seen before.
    fn enter<S: System>(&mut self, system: &S, state: Vec<i32>, sleep: u32, by: usize) {
        let mut key = state.clone();
        key.push(sleep as i32);
        let (node, new) = self.nodes.insert(&key);
        if !new {
            if let Some(frame) = self.stack.last_mut() {
                frame.classes += &self.classes[node];
                if self.on_way[node] {
                    // A loop is closed: nobody may be put off here.
                    frame.todo = system.enabled(&frame.state) & !frame.done;
                }
            }
            return;
        }
        self.states.insert(&state);
        self.classes.push(BigUint::ZERO);
        self.on_way.push(true);
        let enabled = system.enabled(&state);
        let problems = system.problems(&state, enabled == 0);
        self.found.problems |= problems;
        let mut classes = BigUint::ZERO;
        if enabled == 0 {
            self.found.ends.insert((problems, system.outcome(&state)));
            classes = BigUint::from(1_u8);
        }
        if problems & system.bad() != 0 && self.found.breaking.is_none() {
            let way = self.stack.iter().skip(1).map(|f| f.by);
            self.found.breaking = Some(way.chain((!self.stack.is_empty()).then_some(by)).collect());
        }
        let todo = persistent(system, &state, enabled) & !sleep;
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
}

/// The enabled threads of the smallest persistent set.
fn persistent(system: &impl System, state: &[i32], enabled: u32) -> u32 {
    let sets = bits(enabled).map(|start| closure(system, state, start) & enabled);
    sets.min_by_key(|set| set.count_ones()).unwrap_or(0)
}

/// The threads that a set needs if it has `start`: all that may ever touch what its members do next.
fn closure(system: &impl System, state: &[i32], start: usize) -> u32 {
    let (mut set, mut checked) = (1_u32 << start, 0_u32);
    while let Some(thread) = bits(set & !checked).next() {
        checked |= 1 << thread;
        let step = system.next_access(state, thread);
        for other in (0..system.threads()).filter(|u| set >> u & 1 == 0).collect::<Vec<_>>() {
            if system.future_access(state, other).conflicts(step) {
                set |= 1 << other;
            }
        }
    }
    set
}
