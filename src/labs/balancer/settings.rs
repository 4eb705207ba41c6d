//! What the user set, beyond the servers themselves.

use std::collections::BTreeMap;

use super::command::{DnsChoice, Layer};
use crate::algorithms::balance::Routes;
use crate::engine::Micros;

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
    pub session_us: Micros,
    /// Most second tries of a request; only at layer 7.
    pub retries: u32,
    /// How long a request waits in a queue before its client gives up.
    pub patience_us: Micros,
    /// Most requests that wait at one server.
    pub queue_limit: usize,
    /// Passed checks in a row that bring a server back.
    pub rise: u32,
    /// Failed checks in a row that take it out.
    pub fall: u32,
    /// Whether servers that fail five requests in a row are ejected.
    pub outliers: bool,
    /// How long a server that came back is spared.
    pub slow_start_us: Micros,
    /// Path rules of layer 7.
    pub routes: Routes,
    /// Header rules of layer 7: value of `X-Device` to pool.
    pub headers: BTreeMap<&'static str, String>,
    /// Balancers that share the address.
    pub balancers: usize,
    /// How names are answered when there are several regions.
    pub dns: DnsChoice,
    /// How long clients keep an answer.
    pub ttl_us: Micros,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            layer: Layer::Four,
            keepalive: 1,
            sticky: false,
            session_us: 60_000_000,
            retries: 1,
            patience_us: 5_000_000,
            queue_limit: 100,
            rise: 2,
            fall: 3,
            outliers: false,
            slow_start_us: 0,
            routes: Routes::default(),
            headers: BTreeMap::new(),
            balancers: 1,
            dns: DnsChoice::Nearest,
            ttl_us: 30_000_000,
        }
    }
}

impl Settings {
    /// Whether any rule looks into requests.
    pub fn has_rules(&self) -> bool {
        !self.routes.is_empty() || !self.headers.is_empty()
    }

    /// Time that ending TLS costs at the balancer, for the first request of a connection and for another one.
    pub fn tls_us(&self, first: bool) -> Micros {
        match (self.layer, first) {
            (Layer::Four, _) => 0,
            (Layer::Seven, true) => TLS_HANDSHAKE_US,
            (Layer::Seven, false) => TLS_REQUEST_US,
        }
    }
}

/// What a TLS handshake costs at the balancer.
pub const TLS_HANDSHAKE_US: Micros = 4_000;
/// What reading one more request costs there.
pub const TLS_REQUEST_US: Micros = 400;

/// A server as the user configured it.
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

/// Name of the server with this index: a to z, then s27 and on.
pub fn server_name(index: usize) -> String {
    match index {
        0..26 => char::from(b'a' + index as u8).to_string(),
        _ => format!("s{}", index + 1),
    }
}

/// Name of a server anywhere: at home its own, elsewhere with its region before it.
pub fn full_name(region: usize, index: usize) -> String {
    match (region, REGIONS.get(region)) {
        (1.., Some(place)) => format!("{place}/{}", server_name(index)),
        _ => server_name(index),
    }
}

/// Index of a server by its name; it need not be there.
pub fn server_index(name: &str) -> Option<usize> {
    match name.as_bytes() {
        [letter @ b'a'..=b'z'] => Some(usize::from(letter - b'a')),
        [b's', rest @ ..] if !rest.is_empty() && rest[0] != b'0' => {
            let number: usize = name.get(1..)?.parse().ok()?;
            (number > 26).then(|| number - 1)
        }
        _ => None,
    }
}

/// Names of the regions there can be.
pub const REGIONS: [&str; 4] = ["eu", "us", "asia", "brazil"];

/// Time there and back between two regions.
pub fn round_trip_us(a: usize, b: usize) -> Micros {
    const MS: [[Micros; 4]; 4] = [[12, 90, 160, 190], [90, 12, 140, 120], [160, 140, 12, 280], [190, 120, 280, 12]];
    MS.get(a).and_then(|row| row.get(b)).copied().unwrap_or(300) * 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_indices_agree() {
        for index in (0..60).chain([999]) {
            assert_eq!(server_index(&server_name(index)), Some(index));
        }
        for odd in ["", "A", "s26", "s027", "s1", "node-a", "é"] {
            assert_eq!(server_index(odd), None, "{odd}");
        }
    }
}
