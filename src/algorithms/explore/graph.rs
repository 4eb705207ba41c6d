//! The state graph, breadth first.

use super::table::Table;
use super::{System, bits};

/// Every state that can be reached, with the steps between them, up to a bound.
///
/// State 0 is the initial one, and states are numbered by their distance from it: the way from it along
/// [`Graph::way_to`] is a shortest one. Cost: one step and one hash a transition; memory: the words of each
/// state, 33 to 50 bytes a state and 4 bytes a transition.
#[derive(Clone, Debug)]
pub struct Graph {
    table: Table,
    /// Threads that can take a step, for each state that was expanded.
    enabled: Vec<u8>,
    /// Where the targets of each expanded state begin.
    first: Vec<u32>,
    /// Target of each step, by state and thread.
    targets: Vec<u32>,
    /// The state and the thread that led to each state first.
    parents: Vec<(u32, u8)>,
    problems: Vec<u32>,
    outcomes: Vec<(u32, Vec<i32>)>,
    bad: u32,
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
        let mut graph = Self {
            table: Table::new(system.width()),
            enabled: Vec::new(),
            first: vec![0],
            targets: Vec::new(),
            parents: vec![(0, 0)],
            problems: Vec::new(),
            outcomes: Vec::new(),
            bad: system.bad(),
        };
        graph.table.insert(&system.initial());
        graph
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
        // A state is expanded only while there is room for all that it may lead to.
        while self.expanded() < self.len() && self.len() + system.threads() <= bound.max(1) {
            let from = self.expanded();
            let enabled = system.enabled(self.table.row(from));
            self.enabled.push(enabled as u8);
            self.problems.push(system.problems(self.table.row(from), enabled == 0));
            if enabled == 0 {
                self.outcomes.push((from as u32, system.outcome(self.table.row(from))));
            }
            for thread in bits(enabled) {
                state.copy_from_slice(self.table.row(from));
                system.step(&mut state, thread);
                let (to, new) = self.table.insert(&state);
                self.targets.push(to as u32);
                if new {
                    self.parents.push((from as u32, thread as u8));
                }
            }
            self.first.push(self.targets.len() as u32);
        }
    }

    /// States found.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there is none: never.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// States whose steps are all known.
    pub fn expanded(&self) -> usize {
        self.enabled.len()
    }

    /// Whether everything is known.
    pub fn finished(&self) -> bool {
        self.expanded() == self.len()
    }

    /// Steps found.
    pub fn transitions(&self) -> usize {
        self.targets.len()
    }

    /// The words of a state.
    pub fn state(&self, number: usize) -> &[i32] {
        self.table.row(number)
    }

    /// The number of a state.
    pub fn find(&self, state: &[i32]) -> Option<usize> {
        self.table.find(state)
    }

    /// The steps of a state: thread and target.
    pub fn steps(&self, number: usize) -> impl DoubleEndedIterator<Item = (usize, usize)> {
        let enabled = self.enabled.get(number).copied().unwrap_or(0);
        let first = self.first.get(number).copied().unwrap_or(0) as usize;
        let targets = &self.targets[first..first + enabled.count_ones() as usize];
        let threads = [0, 1, 2, 3, 4, 5, 6, 7].into_iter().filter(move |t| enabled >> t & 1 == 1);
        let threads: Vec<usize> = threads.collect();
        threads.into_iter().zip(targets.iter().map(|t| *t as usize))
    }

    /// The targets of a state's steps, in the order of their threads.
    pub fn targets(&self, number: usize) -> &[u32] {
        let range = |i: usize| self.first.get(i).copied().unwrap_or(0) as usize;
        if number < self.expanded() { &self.targets[range(number)..range(number + 1)] } else { &[] }
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
        let (mut at, mut way) = (number, Vec::new());
        while at != 0 {
            let Some((from, thread)) = self.parents.get(at) else { break };
            way.push(usize::from(*thread));
            at = *from as usize;
        }
        way.reverse();
        way
    }

    /// The nearest expanded state with one of these problems.
    pub fn nearest(&self, problems: u32) -> Option<usize> {
        self.problems.iter().position(|p| p & problems != 0)
    }

    /// Bytes in memory.
    pub fn memory_bytes(&self) -> usize {
        let outcomes: usize = self.outcomes.iter().map(|(_, words)| 32 + words.len() * 4).sum();
        self.table.memory_bytes() + self.enabled.len() * 13 + self.targets.len() * 4 + self.parents.len() * 8 + outcomes
    }
}
