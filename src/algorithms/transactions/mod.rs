//! Transactions: ways to run many at once as if each ran alone, and what goes wrong without.
//!
//! The same operations go through any [`Protocol`]: [`Engine`] runs them one at a time, in the order in which a
//! scheduler (a person, an exploration, a simulation) submits them. It keeps a [`History`]: what everybody read and
//! wrote. From that alone, [`serial`] says whether it is as good as one after the other, and [`Phenomenon`] names what
//! is wrong with it. [`explore()`] runs a [`Case`] in every order there is.

mod cases;
mod cells;
mod cycles;
mod engine;
mod explore;
mod history;
mod locking;
mod optimistic;
mod outside;
mod phenomena;
mod policy;
pub mod serial;
mod settle;
mod snapshot;
mod stamps;
mod table;
mod types;
mod workload;

pub use cases::{CASES, Case, case};
pub use cells::{Chain, Version};
pub use engine::{Engine, Notice, Reply, Status, Told};
pub use explore::{Exploration, Orders, Progress, Verdict, explore, explore_while, interleavings, judge};
pub use history::{Event, History, How, Read, What};
pub use outside::TxView;
pub use phenomena::{Finding, Phenomenon};
pub use policy::Policy;
pub use table::AnomalyTable;
pub use types::{Effect, EngineError, Expr, Op, Predicate, Protocol, Reason, Row, Seen, TxId, VersionId};
pub use workload::{Costs, Job, Outcome, gray_waits, simulate, simulate_while};
