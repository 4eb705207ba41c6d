//! One server: what it works on, and who waits there.

use std::collections::VecDeque;
use std::sync::Arc;

use super::settings::ServerConfig;
use super::stats::{Mark, Times};
use crate::algorithms::balance::{Health, slow_start};
use crate::engine::{EventId, Micros};

/// The part of its weight that a server gets at the beginning of a slow start, in percent: Envoy's default.
pub const SLOW_START_LEAST: u32 = 10;

/// A request on its way through a cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Job {
    /// Number of the request.
    pub id: u64,
    /// Hash of its client.
    pub hash: u64,
    /// When it reached the balancer.
    pub arrived_us: Micros,
    /// When it was sent to the server where it is.
    pub sent_us: Micros,
    /// Index of its client.
    pub client: u32,
    /// Index of its path.
    pub path: u32,
    /// How long a normal server works on it.
    pub work_us: u32,
    /// What the network adds to its latency.
    pub network_us: u32,
    /// Second tries so far.
    pub tries: u8,
}

/// What a server works on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Running {
    /// The request.
    pub job: Job,
    /// When work began.
    pub from_us: Micros,
    /// When it ends.
    pub until_us: Micros,
    /// The event that ends it.
    pub event: EventId,
}

/// What is counted of one server.
#[derive(Clone, Debug)]
pub struct ServerStats {
    /// Requests sent to it.
    pub sent: u64,
    /// Requests that it answered.
    pub served: u64,
    /// Requests that failed at it.
    pub failed: u64,
    /// Time that it worked, without what it works on now.
    pub busy_us: Micros,
    /// Longest queue.
    pub queue_max: usize,
    /// Times of the requests that it answered.
    pub times: Times,
}

impl ServerStats {
    fn new(digits: u8) -> Self {
        Self { sent: 0, served: 0, failed: 0, busy_us: 0, queue_max: 0, times: Times::new(digits) }
    }
}

/// A server.
#[derive(Clone, Debug)]
pub struct Server {
    /// As configured.
    pub config: ServerConfig,
    /// Index of its pool.
    pub pool: usize,
    /// Whether it answers. Nobody knows but itself and its clients.
    pub alive: bool,
    /// Whether it should get nothing new.
    pub draining: bool,
    /// Whether it drained until nothing was left.
    pub drained: bool,
    /// What had been counted when it failed; none while it is up.
    pub failure: Option<Arc<Mark>>,
    /// What the health checks make of it.
    pub health: Health,
    /// Since when it is back.
    pub back_us: Option<Micros>,
    /// Who waits, the next one first.
    pub queue: VecDeque<Job>,
    /// What it works on.
    pub running: Option<Running>,
    /// Whether a timer watches the head of the queue.
    pub timer: bool,
    /// What is counted.
    pub stats: ServerStats,
    /// Since when its work counts.
    counted_from: Micros,
}

impl Server {
    /// A new one that is up and idle; `digits` is how fine its times are kept.
    pub fn new(config: ServerConfig, health: Health, digits: u8) -> Self {
        Self {
            config,
            pool: 0,
            alive: true,
            draining: false,
            drained: false,
            failure: None,
            health,
            back_us: None,
            queue: VecDeque::new(),
            running: None,
            timer: false,
            stats: ServerStats::new(digits),
            counted_from: 0,
        }
    }

    /// Requests that it holds.
    pub fn active(&self) -> usize {
        self.queue.len() + usize::from(self.running.is_some())
    }

    /// The share of its weight that it gets, in percent.
    pub fn share(&self, now_us: Micros, ejected: bool, window_us: Micros) -> u32 {
        if !self.health.up() || self.draining || ejected {
            return 0;
        }
        self.back_us.map_or(100, |back| slow_start(now_us.saturating_sub(back), window_us, SLOW_START_LEAST))
    }

    /// Time that it worked since counting began, up to now.
    pub fn busy_us(&self, now_us: Micros) -> Micros {
        let running = self.running.map_or(0, |r| now_us.saturating_sub(r.from_us.max(self.counted_from)));
        self.stats.busy_us + running
    }

    /// What it worked on until now is added up.
    pub fn worked(&mut self, running: &Running, now_us: Micros) {
        self.stats.busy_us += now_us.saturating_sub(running.from_us.max(self.counted_from));
    }

    /// Counts anew from now on.
    pub fn restart(&mut self, now_us: Micros, digits: u8) {
        self.stats = ServerStats::new(digits);
        self.counted_from = now_us;
    }
}
