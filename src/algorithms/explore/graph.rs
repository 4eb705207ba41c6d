//! The state graph of a system of threads: rows of words, with what is wrong in each.

use std::ops::Deref;

use super::states::States;
use super::table::Table;
use super::walk::Edge;
use super::{System, bits};

/// Every state that can be reached, with the steps between them, up to a bound: [`States`] in rows of words, and what the
/// [`System`] says of each.
///
/// State 0 is the initial one, and states are numbered by their distance from it: the way from it along
/// [`Graph::way_to`] is a shortest one. Cost: one step and one hash a transition; memory: the words of each
/// state, 33 to 50 bytes a state and 4 bytes a transition.
#[derive(Clone, Debug)]
pub struct Graph {
    states: States<Table, u8>,
    /// Threads that can take a step, for each state that was expanded.
    enabled: Vec<u8>,
    problems: Vec<u32>,
    outcomes: Vec<(u32, Vec<i32>)>,
    bad: u32,
}

impl Deref for Graph {
    type Target = States<Table, u8>;

    fn deref(&self) -> &Self::Target {
        &self.states
    }
}

impl Graph {
    /// Explores until everything is known or `bound` states are.
    pub fn explore(system: &impl System, bound: usize) -> Self {
        let mut graph = Self::new(system);
        graph.go_on(system, bound);
        graph
    }

    /// A graph of which only the initial state is known.
    pub fn new(system: &impl System) -> Self {
        let mut table = Table::new(system.width());
        table.insert(&system.initial());
        let states = States::starting_with(table);
        Self { states, enabled: Vec::new(), problems: Vec::new(), outcomes: Vec::new(), bad: system.bad() }
    }

    /// Goes on where it stopped, with the same system, until everything is known or `bound` states are: the graph is
    /// the one that a single search with that bound gives.
    ///
    /// ```
    /// use scalelab::algorithms::explore::Graph;
    /// use scalelab::algorithms::threads::{Grain, Machine, Program};
    /// let machine = Machine::new(Program::read("shared x\nthread A, B { repeat 9 { x += 1 } }", Grain::Parts)?);
    /// let mut graph = Graph::new(&machine);
    /// for bound in [50, 100] {
    ///     graph.go_on(&machine, bound);
    /// }
    /// assert_eq!(graph.expanded(), Graph::explore(&machine, 100).expanded());
    /// # Ok::<(), scalelab::algorithms::threads::ProgramError>(())
    /// ```
    pub fn go_on(&mut self, system: &impl System, bound: usize) {
        let mut state = vec![0; system.width()];
        let Self { states, enabled: all_enabled, problems, outcomes, .. } = self;
        // A state is expanded only while there is room for all that it may lead to.
        let room = |known: usize| known + system.threads() <= bound.max(1);
        states.grow(room, |from, successors| {
            let row = successors.kept.row(from);
            let enabled = system.enabled(row);
            all_enabled.push(enabled as u8);
            problems.push(system.problems(row, enabled == 0));
            if enabled == 0 {
                outcomes.push((from as u32, system.outcome(row)));
            }
            for thread in bits(enabled) {
                state.copy_from_slice(successors.kept.row(from));
                system.step(&mut state, thread);
                let to = successors.kept.insert(&state);
                successors.add(to, thread as u8);
            }
        });
    }

    /// The words of a state.
    pub fn state(&self, number: usize) -> &[i32] {
        self.states.kept().row(number)
    }

    /// The number of a state.
    pub fn find(&self, state: &[i32]) -> Option<usize> {
        self.states.kept().find(state)
    }

    /// The steps of a state: thread and target.
    pub fn steps(&self, number: usize) -> impl DoubleEndedIterator<Item = (usize, usize)> {
        let enabled = self.enabled(number);
        let threads: Vec<usize> = bits(enabled).collect();
        threads.into_iter().zip(self.targets(number).iter().map(|t| *t as usize))
    }

    /// The thread that takes a step.
    pub(super) fn thread_of(&self, edge: Edge) -> usize {
        bits(self.enabled(edge.from)).nth(edge.nth).unwrap_or_default()
    }

    /// The threads that can take a step in an expanded state, one bit each.
    pub fn enabled(&self, number: usize) -> u32 {
        u32::from(self.enabled.get(number).copied().unwrap_or(0))
    }

    /// What is wrong in an expanded state.
    pub fn problems(&self, number: usize) -> u32 {
        self.problems.get(number).copied().unwrap_or(0)
    }

    /// The problems that break the program.
    pub fn bad(&self) -> u32 {
        self.bad
    }

    /// Expanded states where no thread can take a step, with what they are remembered by.
    pub fn ends(&self) -> &[(u32, Vec<i32>)] {
        &self.outcomes
    }

    /// A shortest schedule that leads to a state.
    pub fn way_to(&self, number: usize) -> Vec<usize> {
        self.states.way_to(number).into_iter().map(usize::from).collect()
    }

    /// The nearest expanded state with one of these problems.
    pub fn nearest(&self, problems: u32) -> Option<usize> {
        self.problems.iter().position(|p| p & problems != 0)
    }

    /// Bytes in memory.
    pub fn memory_bytes(&self) -> usize {
        let outcomes: usize = self.outcomes.iter().map(|(_, words)| 32 + words.len() * 4).sum();
        let kept = self.kept().memory_bytes() + self.enabled.len() * 13;
        kept + self.transitions() * 4 + self.len() * 8 + outcomes
    }
}
