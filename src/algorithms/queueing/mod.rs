//! Queues: how requests arrive, how long they take, and what the mathematics says about waiting.
//!
//! Rates are per second, times in seconds where they are `f64` and whole microseconds where they are `u64`.
//! Offered load `a` is in erlangs: arrival rate times mean service time, the number of busy servers that it
//! would take. Utilization is `a` over the number of servers.

mod arrivals;
mod service;
pub mod theory;

pub use arrivals::{ArrivalProcess, Arrivals, Bursts};
pub use service::{Service, ServiceError};
