//! Everything that there is to know about a program's schedules.

use super::machine::{BAD, Machine};
use crate::algorithms::explore::{
    Counts, Graph, Lasso, Reduced, Reduction, Starving, System, livelock, livelock_where, starving,
};

/// Up to so many states the reduced search is run for its figures although the graph knows everything.
const SMALL: usize = 50_000;

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
    pub starving: Vec<Starving>,
    /// A loop that a fair scheduler need never leave.
    pub livelock: Option<Lasso<usize>>,
    /// A loop in which threads can spin for ever: in a program that is meant to end, one that leads to no end or in which
    /// all that are not over move; in any other, one that changes nothing that they share.
    pub spins: Option<Lasso<usize>>,
    /// What the search with partial-order reduction found: it only runs where the graph is small or does not fit.
    pub reduced: Reduced,
    /// Most states that it was allowed.
    pub bound: usize,
    /// All problems that were found.
    found: u32,
    /// The reduced search, as long as it may go on.
    search: Option<Reduction>,
}

impl Explored {
    /// Explores a program, with at most `bound` states for either search. Memory: about 100 to 250 bytes a state.
    #[must_use]
    pub fn of(machine: Machine, bound: usize) -> Self {
        let mut all = Self::start(machine);
        all.go_on(bound);
        all
    }

    /// A program of which only the initial state is known.
    #[must_use]
    pub fn start(machine: Machine) -> Self {
        let graph = Graph::new(&machine);
        let search = Reduction::new(&machine);
        let (counts, reduced) = (Counts::of(&graph, BAD), search.found());
        let (starving, livelock, spins) = (Vec::new(), None, None);
        let search = Some(search);
        Self { machine, graph, counts, starving, livelock, spins, reduced, bound: 1, found: 0, search }
    }

    /// Goes on where it stopped, until everything is known or either search knows `bound` states: the graph is that
    /// of one exploration with that bound.
    ///
    /// ```
    /// use scalelab::algorithms::threads::{Explored, Grain, Machine, Program};
    /// let machine = Machine::new(Program::read("shared x\nthread A, B { repeat 4 { x += 1 } }", Grain::Parts)?);
    /// let mut explored = Explored::of(machine, 20);
    /// assert!(!explored.finished());
    /// explored.go_on(10_000);
    /// assert!(explored.finished());
    /// # Ok::<(), scalelab::algorithms::threads::ProgramError>(())
    /// ```
    pub fn go_on(&mut self, bound: usize) {
        self.work(bound, bound.saturating_mul(2));
        self.conclude();
    }

    /// Does the part of [`Explored::go_on`] that is in proportion to `granted`, and says whether nothing is left to
    /// do: the graph takes the first `bound` states, the reduced search as many after that if the graph does not fit.
    /// Nothing is counted before [`Explored::conclude`].
    pub fn work(&mut self, bound: usize, granted: usize) -> bool {
        self.bound = bound;
        self.graph.go_on(&self.machine, granted.min(bound));
        if self.graph.finished() {
            return true;
        }
        let Some(search) = self.search.as_mut() else { return granted >= bound };
        if granted > bound {
            search.go_on(&self.machine, (granted - bound).min(bound));
        }
        granted >= bound.saturating_mul(2) || search.finished()
    }

    /// Counts and judges what is known. Cost: O(threads · (states + transitions)).
    pub fn conclude(&mut self) {
        self.counts = Counts::of(&self.graph, BAD);
        if self.counts.endless && self.graph.finished() {
            self.starving = starving(&self.machine, &self.graph);
            self.livelock = livelock(&self.machine, &self.graph);
            self.spins = self.livelock.as_ref().and_then(|_| self.spinning());
        }
        if let Some(search) = &mut self.search {
            if self.graph.finished() && self.graph.len() <= SMALL {
                search.go_on(&self.machine, self.bound);
            }
            self.reduced = search.found();
        }
        self.search.take_if(|_| self.reduced.finished || self.graph.finished());
        let seen = (0..self.graph.expanded()).map(|state| self.graph.problems(state));
        self.found = seen.fold(self.reduced.problems, |mask, problems| mask | problems);
    }

    /// A loop that is no work. Where some schedule ends: one that no way out leads to an end, or in which every thread
    /// that is not over moves. Where none does: one that changes nothing that threads share.
    fn spinning(&self) -> Option<Lasso<usize>> {
        let threads = self.machine.program().threads.len();
        let wanted = |states: &[u32], moves: u32| {
            let state = |number: u32| self.graph.state(number as usize);
            let [first, ..] = states else { return false };
            if self.counts.outcomes.is_empty() {
                return states.iter().all(|s| self.machine.shared(state(*s)) == self.machine.shared(state(*first)));
            }
            let trapped = self.counts.onward(*first as usize).0 == 0.0;
            trapped || (0..threads).all(|t| moves >> t & 1 == 1 || self.machine.over(state(*first), t))
        };
        livelock_where(&self.machine, &self.graph, &wanted)
    }

    /// States that were visited, by the search that visited more.
    pub fn states(&self) -> usize {
        self.graph.len().max(self.reduced.states)
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

    /// Whether it is certain that none does, and that not all threads can spin for ever.
    ///
    /// ```
    /// use scalelab::algorithms::threads::{Explored, Grain, Machine, Program};
    /// let text = "shared n\nthread A, B { fetch_add(n, 1)\nwhile n != 2 { }\nfetch_add(n, -2) }";
    /// let explored = Explored::of(Machine::new(Program::read(text, Grain::Parts)?), 10_000);
    /// assert!(!explored.broken() && explored.spins.is_some() && !explored.proven());
    /// # Ok::<(), scalelab::algorithms::threads::ProgramError>(())
    /// ```
    pub fn proven(&self) -> bool {
        self.finished() && !self.broken() && self.spins.is_none() && self.loops_known()
    }

    /// Whether all loops were looked at: the reduced search alone knows none.
    pub fn loops_known(&self) -> bool {
        self.graph.finished() || !self.machine.program().has_loops()
    }

    /// All problems that were found.
    pub fn problems(&self) -> u32 {
        self.found
    }

    /// Share of the schedules that have one of these problems; `None` when there are infinitely many, or none.
    pub fn share_of(&self, problems: u32) -> Option<f64> {
        let all = self.counts.schedules.to_f64();
        let with = self.counts.outcomes.iter().filter(|o| o.problems & problems != 0).map(|o| o.schedules.to_f64());
        (all > 0.0 && all.is_finite()).then(|| with.sum::<f64>() / all)
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
        let lassos = self
            .starving
            .iter()
            .map(|starving| &starving.lasso)
            .chain(&self.livelock)
            .chain(&self.spins)
            .map(|l| (l.stem.len() + l.cycle.len()) * 8 + 64);
        let search = self.search.as_ref().map_or(0, Reduction::memory_bytes);
        self.graph.memory_bytes() + search + self.graph.expanded() * 20 + lassos.sum::<usize>() + 4_096
    }
}
