//! The load balancer lab's commands and keys.

use clap::{Subcommand, ValueEnum};

use crate::algorithms::balance::{Algorithm, DnsPolicy, Layer, MAX_WEIGHT};
use crate::algorithms::queueing::{ArrivalProcess, Service};
use crate::engine::ranges::{self, Within};
use crate::labs::KeyBinding;
use crate::sim::Duration;
use crate::systems::balancing::{MAX_CLIENTS, MAX_RATE, MIN_RATE, MOST_REGIONS};

/// Most servers in a region.
pub const MAX_SERVERS: usize = 1_000;
/// Most requests that may wait in all queues of a region.
pub const MAX_WAITING: usize = 100_000;
/// Most requests that may wait in one queue.
pub const MAX_QUEUE: usize = MAX_WAITING;
/// Longest that a setting may last.
pub const LONGEST: Duration = Duration::from_secs(86_400);
/// Longest `run`, in seconds.
pub const MAX_RUN_S: f64 = 86_400.0;
/// Seconds that settings may last at most.
const LONGEST_S: f64 = LONGEST.as_micros() as f64 / 1e6;

/// What one can do to traffic, servers, balancers and regions.
#[derive(Subcommand, Clone, Debug, PartialEq)]
pub enum BalancerCommand {
    /// Choose servers in another way
    Algorithm {
        /// The way
        #[arg(value_enum, value_name = "ALGORITHM")]
        algorithm: Algorithm,
    },
    /// Let R requests a second arrive, on average
    Rate {
        /// Requests a second; 0 stops the traffic
        #[arg(value_name = "R", within = ranges::decimals("the rate", MIN_RATE..=MAX_RATE).or(0.0))]
        rate: f64,
    },
    /// Have N servers (in each region)
    Servers {
        /// Number of servers
        #[arg(value_name = "N", within = ranges::integers("servers", 1..=MAX_SERVERS as u64))]
        count: u64,
    },
    /// Give a server a weight: twice the weight, twice the requests; 0 takes it out
    Weight {
        /// Name of the server; with its region before it if it is not at home, e.g. us/c
        #[arg(value_name = "SERVER")]
        server: String,
        /// Its weight
        #[arg(value_name = "W", within = ranges::integers("the weight", 0..=u64::from(MAX_WEIGHT)))]
        weight: u64,
    },
    /// Make a server FACTOR times as slow; 1 is normal, below 1 is faster
    Slow {
        /// Name of the server; with its region before it if it is not at home, e.g. us/c
        #[arg(value_name = "SERVER")]
        server: String,
        /// How many times as long each request takes there
        #[arg(value_name = "FACTOR", within = ranges::decimals("the factor", 0.1..=1_000.0))]
        factor: f64,
    },
    /// Make a server fail: what it holds is lost, and health checks need a while to notice
    Fail {
        /// Name of the server; with its region before it if it is not at home, e.g. us/c
        #[arg(value_name = "SERVER")]
        server: String,
    },
    /// Bring a failed server back, or end its draining
    Recover {
        /// Name of a server that is down or drains, e.g. c or us/c
        #[arg(value_name = "DOWN")]
        server: String,
    },
    /// Send a server nothing new; what it holds is still answered, and clients that stick to it stay to their end
    Drain {
        /// Name of the server; with its region before it if it is not at home, e.g. us/c
        #[arg(value_name = "SERVER")]
        server: String,
    },
    /// Let FACTOR times the traffic arrive for SECONDS
    Burst {
        /// How many times the normal rate
        #[arg(value_name = "FACTOR", default_value = "4", within = ranges::decimals("the factor of a burst", 1.0..=100.0))]
        factor: f64,
        /// How long
        #[arg(value_name = "SECONDS", default_value = "2", within = ranges::decimals("the seconds of a burst", 0.1..=60.0))]
        seconds: f64,
    },
    /// Balance connections by address (4), or requests by what is in them (7)
    Layer {
        /// Layer of the OSI model
        #[arg(value_enum, value_name = "LAYER")]
        layer: Layer,
    },
    /// Send the paths below PREFIX to a pool of servers (layer 7)
    Route {
        /// Beginning of the path, e.g. /api
        #[arg(value_name = "PREFIX")]
        prefix: String,
        /// Name of a pool, or the prefix of another rule
        #[arg(value_name = "POOL")]
        pool: String,
    },
    /// Send requests with this X-Device header to a pool of servers (layer 7)
    Header {
        /// Value of the header
        #[arg(value_enum, value_name = "DEVICE")]
        device: Device,
        /// Name of a pool
        #[arg(value_name = "POOL")]
        pool: String,
    },
    /// Take the rule for a path prefix away, or all rules
    Unroute {
        /// The prefix; all rules if none is named
        #[arg(value_name = "RULE")]
        prefix: Option<String>,
    },
    /// Put servers into a pool of their own
    Pool {
        /// Name of the pool
        #[arg(value_name = "POOL")]
        name: String,
        /// Names of the servers
        #[arg(value_name = "SERVER", required = true, num_args = 1..)]
        servers: Vec<String>,
    },
    /// Keep each client at its server: by address at layer 4, by cookie at layer 7
    Sticky {
        /// Whether
        #[arg(value_enum, value_name = "SWITCH")]
        switch: Switch,
    },
    /// Let sessions of sticky clients end SECONDS after they began
    SessionLife {
        /// How long a client sticks to a server at most
        #[arg(value_name = "LIFE", within = ranges::decimals("the seconds of a session", 0.1..=LONGEST_S))]
        seconds: f64,
    },
    /// Send N requests over each connection
    Keepalive {
        /// Requests per connection; 1 opens one for each request
        #[arg(value_name = "N", within = ranges::integers("requests per connection", 1..=1_000_000_u64))]
        requests: u64,
    },
    /// Try a failed request again, up to N times (layer 7; the budget is a fifth of all requests, and 10 a second)
    Retries {
        /// Most second tries
        #[arg(value_name = "N", within = ranges::integers("retries", 0..=5_u64))]
        count: u64,
    },
    /// Health checks every 2 s: FALL failed ones in a row take a server out, RISE passed ones bring it back
    Checks {
        /// Failed checks in a row
        #[arg(value_name = "FALL", within = ranges::integers("failed checks", 1..=20_u64))]
        fall: u64,
        /// Passed checks in a row
        #[arg(value_name = "RISE", default_value = "2", within = ranges::integers("passed checks", 1..=20_u64))]
        rise: u64,
    },
    /// Eject servers that fail five requests in a row, without waiting for a check
    Outliers {
        /// Whether
        #[arg(value_enum, value_name = "SWITCH")]
        switch: Switch,
    },
    /// Spare a server that came back or is new: its share of the requests grows for SECONDS
    SlowStart {
        /// How long; 0 for not at all
        #[arg(value_name = "SECONDS", within = ranges::decimals("the seconds of a slow start", 0.1..=LONGEST_S).or(0.0))]
        seconds: f64,
    },
    /// Let at most N requests wait at each server
    QueueLimit {
        /// Length of a queue; 0 lets nobody wait
        #[arg(value_name = "N", within = ranges::integers("places in a queue", 0..=MAX_QUEUE as u64))]
        length: u64,
    },
    /// Let clients give up after waiting so long
    Patience {
        /// Milliseconds in a queue
        #[arg(value_name = "MS", within = ranges::integers("milliseconds of patience", 1..=600_000_u64))]
        ms: u64,
    },
    /// How long requests take at a normal server
    Service {
        /// How they are spread
        #[arg(value_enum, value_name = "SHAPE")]
        shape: Service,
        /// Mean in milliseconds
        #[arg(value_name = "MS", within = ranges::decimals("the mean service time in milliseconds", 0.01..=60_000.0))]
        ms: Option<f64>,
    },
    /// How requests arrive
    Arrivals {
        /// The process; `trace` is the log given with --trace
        #[arg(value_enum, value_name = "PROCESS")]
        process: ArrivalProcess,
    },
    /// Have N clients; with a skew, a few of them send most of the requests
    Clients {
        /// Number of clients
        #[arg(value_name = "N", within = ranges::integers("clients", 1..=MAX_CLIENTS as u64))]
        count: u64,
        /// Zipf's exponent: 0 makes all alike, 1 gives a few heavy ones
        #[arg(long, value_name = "S", default_value = "0", within = ranges::decimals("the skew", 0.0..=4.0))]
        skew: f64,
    },
    /// Spread servers over N regions, found by DNS
    Regions {
        /// Number of regions
        #[arg(value_name = "N", within = ranges::integers("regions", 1..=MOST_REGIONS as u64))]
        count: u64,
    },
    /// Make a whole region fail, or bring it back
    Region {
        /// What happens
        #[arg(value_enum, value_name = "ACTION")]
        action: Action,
        /// Name of the region
        #[arg(value_name = "REGION")]
        region: String,
    },
    /// Show the servers of a region in the first picture
    Show {
        /// Name of the region
        #[arg(value_name = "REGION")]
        region: String,
    },
    /// How DNS chooses a region
    Dns {
        /// The policy
        #[arg(value_enum, value_name = "POLICY")]
        policy: DnsPolicy,
    },
    /// Let clients keep a DNS answer for SECONDS
    Ttl {
        /// Time to live
        #[arg(value_name = "SECONDS", within = ranges::decimals("the time to live in seconds", 0.001..=LONGEST_S))]
        seconds: f64,
    },
    /// Have one balancer, or two that share a virtual address
    Balancers {
        /// How many
        #[arg(value_name = "N", within = ranges::integers("balancers", 1..=2_u64))]
        count: u64,
    },
    /// Make a balancer fail, or bring it back
    Balancer {
        /// What happens
        #[arg(value_enum, value_name = "ACTION")]
        action: Action,
        /// Which one: 1 is active at first, 2 stands by
        #[arg(value_name = "BALANCER", default_value = "1", within = ranges::integers("the balancer", 1..=2_u64))]
        number: u64,
    },
    /// Send the same requests through two to four algorithms side by side
    Compare {
        /// The algorithms
        #[arg(value_enum, value_name = "ALGORITHM", required = true, num_args = 2..=4)]
        algorithms: Vec<Algorithm>,
    },
    /// Count anew from here: forget the warm-up
    Measure,
    /// Let SECONDS pass in time lapse
    Run {
        /// Simulated seconds
        #[arg(value_name = "SECONDS", within = ranges::decimals("the seconds of a run", 0.001..=MAX_RUN_S))]
        seconds: f64,
    },
    /// Follow the next request, in slow motion
    Step,
    /// Let SECONDS pass after each command that changes something: 20 at first, 0 for none at all
    Unfold {
        /// Simulated seconds; fewer where more than 20,000 requests would come
        #[arg(value_name = "SECONDS", within = ranges::decimals("the seconds after a command", 0.1..=60.0).or(0.0))]
        seconds: f64,
    },
}

/// On or off.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// On
    On,
    /// Off
    Off,
}

/// What happens to a region or a balancer.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It fails
    Fail,
    /// It comes back
    Recover,
}

/// Value of the X-Device header.
#[derive(ValueEnum, strum::IntoStaticStr, Clone, Copy, Debug, PartialEq, Eq)]
#[strum(serialize_all = "kebab-case")]
pub enum Device {
    /// A telephone: every third client
    Mobile,
    /// A desk
    Desktop,
}

impl Device {
    /// The value itself.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The lab's own keys.
pub const KEYS: &[KeyBinding] = &[
    KeyBinding { key: 's', command: "step", label: "next request" },
    KeyBinding { key: 'a', command: "algorithm ", label: "algorithm" },
    KeyBinding { key: 't', command: "rate ", label: "traffic" },
    KeyBinding { key: 'f', command: "fail ", label: "fail" },
    KeyBinding { key: 'c', command: "recover ", label: "recover" },
    KeyBinding { key: 'o', command: "slow ", label: "slow down" },
    KeyBinding { key: 'd', command: "drain ", label: "drain" },
    KeyBinding { key: 'b', command: "burst", label: "burst" },
    KeyBinding { key: 'm', command: "compare ", label: "compare" },
    KeyBinding { key: 'w', command: "weight ", label: "weight" },
    KeyBinding { key: 'g', command: "region fail ", label: "fail region" },
];
