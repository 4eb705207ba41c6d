//! How balancers and clients behave, and what servers are.

use std::collections::BTreeMap;

use crate::algorithms::balance::{DnsPolicy, Layer, Routes};
use crate::sim::Duration;

/// How balancers and clients behave. Shared by all clusters of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where the balancer looks.
    pub layer: Layer,
    /// Requests that a client sends over one connection; at layer 4 they all go to one server.
    pub keepalive: u32,
    /// Whether a client sticks to its server.
    pub sticky: bool,
    /// How long it does at most.
    pub session: Duration,
    /// Most second tries of a request; only at layer 7.
    pub retries: u32,
    /// How long a request waits in a queue before its client gives up.
    pub patience: Duration,
    /// Most requests that wait at one server.
    pub queue_limit: usize,
    /// Passed checks in a row that bring a server back.
    pub rise: u32,
    /// Failed checks in a row that take it out.
    pub fall: u32,
    /// Whether servers that fail five requests in a row are ejected.
    pub outliers: bool,
    /// How long a server that came back is spared.
    pub slow_start: Duration,
    /// Path rules of layer 7.
    pub routes: Routes,
    /// Header rules of layer 7: value of `X-Device` to pool.
    pub headers: BTreeMap<&'static str, String>,
    /// Balancers that share the address.
    pub balancers: usize,
    /// How names are answered when there are several regions.
    pub dns: DnsPolicy,
    /// How long clients keep an answer.
    pub ttl: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            layer: Layer::Four,
            keepalive: 1,
            sticky: false,
            session: Duration::from_secs(60),
            retries: 1,
            patience: Duration::from_secs(5),
            queue_limit: 100,
            rise: 2,
            fall: 3,
            outliers: false,
            slow_start: Duration::ZERO,
            routes: Routes::default(),
            headers: BTreeMap::new(),
            balancers: 1,
            dns: DnsPolicy::Nearest,
            ttl: Duration::from_secs(30),
        }
    }
}

impl Settings {
    /// Whether any rule looks into requests.
    pub fn has_rules(&self) -> bool {
        !self.routes.is_empty() || !self.headers.is_empty()
    }

    /// Time that ending TLS costs at the balancer, for the first request of a connection and for another one.
    pub fn tls(&self, first: bool) -> Duration {
        match (self.layer, first) {
            (Layer::Four, _) => Duration::ZERO,
            (Layer::Seven, true) => TLS_HANDSHAKE,
            (Layer::Seven, false) => TLS_REQUEST,
        }
    }
}

/// What a TLS handshake costs at the balancer.
pub const TLS_HANDSHAKE: Duration = Duration::from_millis(4);
/// What reading one more request costs there.
pub const TLS_REQUEST: Duration = Duration::from_micros(400);

/// A server as it is set up.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerConfig {
    /// Its share under weighted algorithms.
    pub weight: u32,
    /// Takes so many times as long as a normal one.
    pub slowness: f64,
    /// The pool that it is in.
    pub pool: String,
}

/// Pool of a server that nobody put elsewhere.
pub const DEFAULT_POOL: &str = "web";

impl Default for ServerConfig {
    fn default() -> Self {
        Self { weight: 1, slowness: 1.0, pool: DEFAULT_POOL.to_owned() }
    }
}

/// Most clients that are told apart.
pub const MAX_CLIENTS: usize = 100_000;
/// Most regions there can be.
pub const MOST_REGIONS: usize = 4;

/// Time there and back between two regions.
pub fn round_trip(a: usize, b: usize) -> Duration {
    const MS: [[u64; MOST_REGIONS]; MOST_REGIONS] =
        [[12, 90, 160, 190], [90, 12, 140, 120], [160, 140, 12, 280], [190, 120, 280, 12]];
    Duration::from_millis(MS.get(a).and_then(|row| row.get(b)).copied().unwrap_or(300))
}
