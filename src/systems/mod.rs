//! Simulated systems: what the algorithms are parts of, with processes, queues, networks and faults around them.
//!
//! A system lives in simulated time, counts, and emits typed events. It knows no words that people read, no lab and no
//! screen: labs put sentences and pictures to it, benchmarks time it directly.

pub mod balancing;
pub mod placing;
