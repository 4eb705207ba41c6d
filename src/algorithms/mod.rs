//! Algorithms: the real thing, without screen, clock or I/O.
//!
//! Every function here is pure: the same arguments give the same result on every machine. Nothing
//! in this module knows about labs, terminals or lessons, so it can be used as a library by itself.

pub mod availability;
pub mod balance;
pub mod bloom;
pub mod detector;
pub mod explore;
pub mod graph;
pub mod hash;
pub mod lease;
pub mod locks;
pub mod placement;
pub mod queueing;
pub mod replication;
pub mod threads;
pub mod transactions;
