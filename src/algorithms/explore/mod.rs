//! All interleavings of a few threads: the state graph, exact counts of schedules, shortest ways to a
//! problem, starvation, and a search that skips what only differs in the order of independent steps.
//!
//! A [`System`] is threads that take atomic steps on one shared state, a row of 32-bit words. It is
//! deterministic but for the choice of the thread: a *schedule* is the list of threads that took the steps.
//!
//! | what | how | source |
//! |---|---|---|
//! | [`States`] | breadth first, each state kept once, found by hash | explicit-state model checking |
//! | [`Graph`] | those states of a [`System`], as rows of words | |
//! | [`Search`] | those of any [`Model`]: its properties are proven, or broken by a shortest way | |
//! | [`Counts`] | one pass over the graph in topological order | number of paths of a DAG |
//! | [`reduced`] | persistent sets; sleep sets where no loop is | Godefroid, *Partial-Order Methods*, LNCS 1032 (1996) |
//! | [`starving`] | strongly connected components under weak fairness | Lichtenstein & Pnueli (1985) |
//! | [`Schedules`] | one by one, depth first, no memory of states | stateless search |
//! | [`Ways`] | the same of any [`Model`] | |
//! | [`Interleavings`] | a [`Process`](crate::sim::Process) as such a model: every order of messages and timers, with faults | |
//!
//! ```
//! use num_bigint::BigUint;
//! use scalelab::algorithms::explore::{Access, Count, Counts, Graph, System};
//!
//! /// Threads that each take so many steps on their own.
//! struct Walkers(Vec<i32>);
//! impl System for Walkers {
//!     fn width(&self) -> usize { self.0.len() }
//!     fn threads(&self) -> usize { self.0.len() }
//!     fn initial(&self) -> Vec<i32> { self.0.clone() }
//!     fn enabled(&self, state: &[i32]) -> u32 {
//!         (0..).zip(state).filter(|(_, left)| **left > 0).map(|(t, _)| 1 << t).sum()
//!     }
//!     fn step(&self, state: &mut [i32], thread: usize) { state[thread] -= 1; }
//!     fn problems(&self, _: &[i32], _: bool) -> u32 { 0 }
//!     fn bad(&self) -> u32 { 0 }
//!     fn outcome(&self, _: &[i32]) -> Vec<i32> { Vec::new() }
//!     fn next_access(&self, _: &[i32], _: usize) -> Access { Access::default() }
//!     fn future_access(&self, _: &[i32], _: usize) -> Access { Access::default() }
//!     fn over(&self, state: &[i32], thread: usize) -> bool { state[thread] == 0 }
//!     fn may_loop(&self) -> bool { false }
//! }
//! // 3+3+3 steps interleave in 9!/(3!)³ ways.
//! let graph = Graph::explore(&Walkers(vec![3, 3, 3]), 1_000);
//! assert_eq!(Counts::of(&graph, 0).schedules, Count::Finite(BigUint::from(1_680_u32)));
//! assert_eq!(graph.len(), 64);
//! ```

mod count;
mod graph;
mod interleavings;
mod model;
mod reduce;
mod schedules;
mod search;
mod starve;
mod states;
mod store;
mod table;
mod walk;
mod ways;

pub use count::{Counts, Outcome};
pub use graph::Graph;
pub use interleavings::{Budget, Cluster, ClusterOf, Delivery, Envelope, Interleavings, Step, StepOf};
pub use model::{Expectation, Model, Property};
pub use reduce::{Reduced, Reduction, reduced};
pub use schedules::{Schedules, Ways, random_schedule};
pub use search::{Search, Verdict};
pub use starve::{Starving, livelock, livelock_where, starving};
pub use states::States;
pub use store::{Store, Values};
pub use table::Table;
pub use walk::{Edge, Lasso};
pub use ways::Count;

/// Most threads of a system.
pub const MAX_THREADS: usize = 8;

/// Which objects (up to 64, one bit each) a step reads and writes. Two steps are independent, and may
/// change places, unless one writes what the other reads or writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Objects that it only looks at.
    pub reads: u64,
    /// Objects that it changes.
    pub writes: u64,
}

impl Access {
    /// Whether the order of the two matters.
    ///
    /// ```
    /// use scalelab::algorithms::explore::Access;
    /// let read = Access { reads: 1, writes: 0 };
    /// let write = Access { reads: 0, writes: 1 };
    /// assert!(read.conflicts(write) && write.conflicts(write) && !read.conflicts(read));
    /// ```
    #[must_use]
    pub fn conflicts(self, other: Self) -> bool {
        self.writes & (other.reads | other.writes) != 0 || other.writes & self.reads != 0
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { reads: self.reads | other.reads, writes: self.writes | other.writes }
    }
}

/// Threads that take atomic steps on one state.
pub trait System {
    /// Words of a state.
    fn width(&self) -> usize;
    /// Number of threads, at most [`MAX_THREADS`].
    fn threads(&self) -> usize;
    /// The state in which everything begins.
    fn initial(&self) -> Vec<i32>;
    /// The threads that can take a step, one bit each.
    fn enabled(&self, state: &[i32]) -> u32;
    /// Takes the next step of an enabled thread.
    fn step(&self, state: &mut [i32], thread: usize);
    /// What is wrong in a state, one bit each; `stuck` when no thread can take a step. A bit that is set
    /// while threads run stays set: it is found at the end too.
    fn problems(&self, state: &[i32], stuck: bool) -> u32;
    /// The problems that break the program, as a mask.
    fn bad(&self) -> u32;
    /// What an end state is remembered by: ends with the same words are the same outcome.
    fn outcome(&self, state: &[i32]) -> Vec<i32>;
    /// What the next step of a thread touches, enabled or not; nothing if it has none.
    fn next_access(&self, state: &[i32], thread: usize) -> Access;
    /// What all steps that a thread may ever take from here touch; too much is allowed, too little is not.
    fn future_access(&self, state: &[i32], thread: usize) -> Access;
    /// Whether a thread will never take a step again, whatever the others do.
    fn over(&self, state: &[i32], thread: usize) -> bool;
    /// Whether a state may come again.
    fn may_loop(&self) -> bool;
}

/// The numbers of the bits that are set, from the lowest.
pub fn bits(mask: u32) -> impl Iterator<Item = usize> {
    (0..32).filter(move |bit| mask >> bit & 1 == 1)
}
