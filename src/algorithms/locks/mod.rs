//! Locks: modes, who may hold what together, fair queues, and deadlocks.
//!
//! The modes and their matrix are those of Gray, Lorie, Putzolu and Traiger, "Granularity of Locks and Degrees of
//! Consistency in a Shared Data Base" (1976); the waits-for graph and the two preventions are in Rosenkrantz, Stearns
//! and Lewis, "System Level Concurrency Control for Distributed Database Systems" (1978).

mod manager;
mod mode;
pub mod postgres;
mod waits;

pub use manager::{Answer, Grant, LockError, LockManager, Request};
pub use mode::Mode;
pub use waits::{Candidate, Prevention, Victim, Waits, WaitsFor};

/// Who asks for a lock: the number of a transaction.
pub type Holder = u32;

/// What can be locked: a database holds tables, a table holds rows.
///
/// ```
/// use scalelab::algorithms::locks::Resource;
/// assert_eq!(Resource::Row(0, 3).parent(), Some(Resource::Table(0)));
/// assert_eq!(Resource::Database.parent(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Everything.
    Database,
    /// The table with this number.
    Table(u16),
    /// A table's row.
    Row(u16, u16),
}

impl Resource {
    /// What holds it.
    pub fn parent(self) -> Option<Self> {
        match self {
            Self::Database => None,
            Self::Table(_) => Some(Self::Database),
            Self::Row(table, _) => Some(Self::Table(table)),
        }
    }
}

/// The locks that one needs to lock a resource in a mode: an intention on everything that holds it, from the top down.
///
/// ```
/// use scalelab::algorithms::locks::{Mode, Resource, plan};
/// let locks = plan(Resource::Row(0, 3), Mode::X);
/// assert_eq!(locks, [(Resource::Database, Mode::IX), (Resource::Table(0), Mode::IX), (Resource::Row(0, 3), Mode::X)]);
/// ```
pub fn plan(resource: Resource, mode: Mode) -> Vec<(Resource, Mode)> {
    let above = std::iter::successors(resource.parent(), |r| r.parent());
    let mut locks: Vec<(Resource, Mode)> = above.map(|r| (r, mode.intention())).collect();
    locks.reverse();
    locks.push((resource, mode));
    locks
}
