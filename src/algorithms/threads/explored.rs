//! Everything that there is to know about a program's schedules.

use super::machine::{BAD, Machine};
use crate::algorithms::explore::{Counts, Graph, Lasso, Reduced, livelock, reduced, starving};

/// A program with all that was found out about it.
///
/// ```
/// use scalelab::algorithms::threads::{Explored, FINALLY, Grain, Machine, Program};
/// let text = "shared x\nthread A, B { x += 1 }\nfinally x == 2";
/// let explored = Explored::of(Machine::new(Program::read(text, Grain::Parts)?), 10_000);
/// assert_eq!(explored.counts.schedules.to_string(), "20");
/// assert_eq!(explored.counts.bad.to_string(), "18");
/// assert!(explored.broken() && explored.shortest(FINALLY).is_some_and(|way| way.len() == 6));
/// # Ok::<(), scalelab::algorithms::threads::ProgramError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Explored {
    /// What was explored.
    pub machine: Machine,
    /// The states and steps.
    pub graph: Graph,
    /// The schedules, counted.
    pub counts: Counts,
    /// Loops in which a thread starves under weak fairness.
    pub starving: Vec<Lasso>,
    /// A loop that a fair scheduler need never leave.
    pub livelock: Option<Lasso>,
    /// What the search with partial-order reduction found.
    pub reduced: Reduced,
    /// Most states that it was allowed.
    pub bound: usize,
    /// All problems that were found.
    found: u32,
}

impl Explored {
    /// Explores a program, with at most `bound` states for either search. Memory: about 100 to 200 bytes a state.
    #[must_use]
    pub fn of(machine: Machine, bound: usize) -> Self {
        let graph = Graph::explore(&machine, bound);
        let counts = Counts::of(&graph, BAD);
        let loops = counts.endless && graph.finished();
        let starving = if loops { starving(&machine, &graph) } else { Vec::new() };
        let livelock = if loops { livelock(&machine, &graph) } else { None };
        let reduced = reduced(&machine, bound);
        let found = (0..graph.expanded()).fold(reduced.problems, |mask, state| mask | graph.problems(state));
        Self { machine, graph, counts, starving, livelock, reduced, bound, found }
    }

    /// Whether everything is known, by one of the two searches.
    pub fn finished(&self) -> bool {
        self.graph.finished() || self.reduced.finished && !self.machine.program().live
    }

    /// Whether a thread starves in a program in which none may.
    pub fn starves(&self) -> bool {
        self.machine.program().live && (self.livelock.is_some() || !self.starving.is_empty())
    }

    /// Whether some schedule breaks the program.
    pub fn broken(&self) -> bool {
        self.problems() & BAD != 0 || self.starves()
    }

    /// Whether it is certain that none does.
    pub fn proven(&self) -> bool {
        self.finished() && !self.broken()
    }

    /// All problems that were found.
    pub fn problems(&self) -> u32 {
        self.found
    }

    /// A shortest schedule to one of these problems.
    pub fn shortest(&self, problems: u32) -> Option<Vec<usize>> {
        self.graph.nearest(problems).map(|state| self.graph.way_to(state))
    }

    /// A schedule that breaks the program: a shortest one if the plain search found any.
    pub fn breaking(&self) -> Option<Vec<usize>> {
        self.shortest(BAD).or_else(|| self.reduced.breaking.clone())
    }

    /// Bytes in memory, about.
    pub fn memory_bytes(&self) -> usize {
        let lassos = self.starving.iter().chain(&self.livelock).map(|l| (l.stem.len() + l.cycle.len()) * 8 + 64);
        self.graph.memory_bytes() + self.graph.expanded() * 20 + lassos.sum::<usize>() + 4_096
    }
}
