//! Load balancing, simulated: clients, balancers, queues, servers, regions found by DNS, and what goes wrong.
//!
//! [`Traffic`] says who sends what when; a [`System`] is one algorithm with everything around it: regions, each with a
//! [`Cluster`] of balancers and servers. Whoever drives it offers it the requests in their order and lets time pass up to
//! each; several systems can be offered the same ones. What happens by itself comes out as [`Incident`]s, why a request
//! went where it went as a [`Decision`], and what is counted stands in [`Stats`]: there are no words here.
//!
//! ```
//! use scalelab::algorithms::balance::Algorithm;
//! use scalelab::sim::Time;
//! use scalelab::systems::balancing::{ServerConfig, Settings, System, Traffic};
//! let settings = Settings::default();
//! let mut traffic = Traffic::new(7, 60.0, 50.0, 12, None);
//! let servers = vec![ServerConfig::default(); 4];
//! let mut system = System::new(Algorithm::RoundRobin, 1, &servers, &settings, 7, Time::ZERO)?;
//! let end = Time::from_micros(10_000_000);
//! let mut id = 0;
//! while let Some(arrival) = traffic.pop(end) {
//!     system.advance(arrival.at, &settings, &traffic);
//!     system.offer(id, &arrival, &traffic.clients, &settings, &traffic);
//!     id += 1;
//! }
//! system.advance(end, &settings, &traffic);
//! assert!(id > 500 && system.stats.served + system.stats.inside() == id);
//! # Ok::<(), scalelab::systems::balancing::BalancingError>(())
//! ```

mod cluster;
mod error;
mod server;
mod settings;
mod stats;
mod streams;
mod system;
mod trace;
mod traffic;

pub use cluster::{Cluster, Context, Decision, Incident, Pool, Reason, SEEN_FOR, Seen, device_of};
pub use error::BalancingError;
pub use server::{Job, Running, SLOW_START_LEAST, Server, ServerStats};
pub use settings::{
    DEFAULT_POOL, MAX_CLIENTS, MOST_REGIONS, ServerConfig, Settings, TLS_HANDSHAKE, TLS_REQUEST, round_trip,
};
pub use stats::{Failure, Mark, Second, Stats, Whole};
pub use system::{Region, System, home_of, site_weight};
pub use trace::{Carrier, Entry, Format, MAX_ENTRIES, MAX_PATHS, NO_PATH, Trace, TraceReader};
pub use traffic::{Arrival, Clients, MAX_RATE, MIN_RATE, Traffic, WIRE, client_name};
