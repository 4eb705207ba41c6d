//! The ground of all simulation: time, the queue of what is to come, randomness, statistics, a network
//! with faults, and processes that talk over it.
//!
//! | what | where |
//! |---|---|
//! | [`Time`], [`Duration`] | whole microseconds |
//! | [`EventQueue`] | stable order, O(1) cancel, replacement of the earliest |
//! | [`Streams`] | named random streams: one rule for every sub-seed of a run |
//! | [`Distribution`], [`Zipf`] | how long things take, and who is popular |
//! | [`statistics`] | Wilson's interval, a mean with its interval, a histogram of durations |
//! | [`Network`], [`Fault`] | hosts in zones and regions, links that delay, lose, duplicate and are cut |
//! | [`Process`] | a protocol as a pure step: state and message, or timer, to state and messages |
//! | [`Simulation`] | processes over a network, in time or one message at a time |
//!
//! Nothing here reads a clock, starts a thread or knows a word that people read: the same seed and calls
//! give the same bytes on every machine.

mod distribution;
mod fault;
mod network;
mod process;
mod queue;
mod simulation;
pub mod statistics;
mod streams;
mod time;

pub use distribution::{Distribution, DistributionError, Zipf, exponential};
pub use fault::{Fault, FaultError};
pub use network::{Condition, Distances, Host, HostId, Link, Loss, Network, Transit};
pub use process::{Effect, Out, Process};
pub use queue::{EventId, EventQueue};
pub use simulation::{Fate, MessageId, Passage, Simulation};
pub use streams::{Random, Streams};
pub use time::{Duration, Time};
