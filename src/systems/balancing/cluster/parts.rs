//! What a cluster is made of and what it tells.

use crate::algorithms::balance::{Balancer, Why};
use crate::sim::Time;
use crate::systems::balancing::server::Job;
use crate::systems::balancing::settings::Settings;
use crate::systems::balancing::stats::{Failure, Stats};
use crate::systems::balancing::traffic::Traffic;

/// What happens later.
#[derive(Clone, Debug)]
pub(super) enum Due {
    /// A server is done with what it works on.
    Done(u32),
    /// The head of a queue gives up, perhaps.
    Expire(u32),
    /// A request has been decrypted and read.
    Admit(Box<Job>),
    /// Health checks.
    Checks,
    /// A server's ejection is over.
    Return,
    /// A balancer takes the address.
    Takeover,
    /// Slow starts go on.
    Ramp,
}

/// Something that happened by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incident {
    /// Health checks took a server out.
    Down(usize),
    /// Health checks brought it back.
    Up(usize),
    /// It was ejected until then.
    Ejected(usize, Time),
    /// Its ejection is over.
    Returned(usize),
    /// A server that drained holds nothing any more.
    Drained(usize),
    /// This balancer holds the address now.
    Takeover(usize),
    /// DNS does not name this region any more.
    RegionDown(usize),
    /// DNS names it again.
    RegionUp(usize),
}

/// Why a request went where it went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// By the algorithm.
    Rule(Why),
    /// Its client sticks to the server.
    Sticky,
    /// Its connection leads there.
    Connection,
    /// A server was free.
    Free,
    /// None was free: it waits at the balancer.
    Waits,
}

/// The last decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// When.
    pub at: Time,
    /// Number of the request.
    pub id: u64,
    /// Index of its client.
    pub client: u32,
    /// Index of its path.
    pub path: u32,
    /// The server; none if it waits or failed.
    pub server: Option<usize>,
    /// Why there.
    pub reason: Option<Reason>,
    /// What it failed of.
    pub failure: Option<Failure>,
    /// Second tries so far.
    pub tries: u8,
}

/// A request that left a moment ago.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// When.
    pub at: Time,
    /// Index of its client.
    pub client: u32,
    /// Where from; none if it got to no server.
    pub server: Option<usize>,
    /// Whether it was answered.
    pub answered: bool,
}

/// A connection of a client.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Connection {
    pub(super) server: u32,
    pub(super) left: u32,
}

/// A pool of servers with its own balancer state.
#[derive(Clone, Debug)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// Chooses among its servers.
    pub balancer: Balancer,
}

/// What the parts of a run share while time passes.
pub struct Context<'a> {
    /// Counts.
    pub stats: &'a mut Stats,
    /// How all behave.
    pub settings: &'a Settings,
    /// Who sends.
    pub traffic: &'a Traffic,
    /// What happened by itself: when, in which region, what.
    pub incidents: &'a mut Vec<(Time, usize, Incident)>,
    /// Index of the region.
    pub region: usize,
}
