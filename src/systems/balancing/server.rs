//! One server: what it works on, and who waits there.

use std::collections::VecDeque;
use std::sync::Arc;

use super::settings::ServerConfig;
use super::stats::Mark;
use crate::algorithms::balance::{Health, slow_start};
use crate::sim::statistics::Quantiles;
use crate::sim::{Duration, EventId, Time};

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
    pub arrived: Time,
    /// When it was sent to the server where it is.
    pub sent: Time,
    /// Index of its client.
    pub client: u32,
    /// Index of its path.
    pub path: u32,
    /// How long a normal server works on it.
    pub work: Duration,
    /// What the network adds to its latency.
    pub network: Duration,
    /// Second tries so far.
    pub tries: u8,
}

/// What a server works on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Running {
    /// The request.
    pub job: Job,
    /// When work began.
    pub from: Time,
    /// When it ends.
    pub until: Time,
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
    pub busy: Duration,
    /// Longest queue.
    pub queue_max: usize,
    /// Times of the requests that it answered.
    pub times: Quantiles,
}

impl ServerStats {
    fn new(digits: u8) -> Self {
        Self {
            sent: 0,
            served: 0,
            failed: 0,
            busy: Duration::ZERO,
            queue_max: 0,
            times: Quantiles::with_digits(digits),
        }
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
    pub back: Option<Time>,
    /// Who waits, the next one first.
    pub queue: VecDeque<Job>,
    /// What it works on.
    pub running: Option<Running>,
    /// Whether a timer watches the head of the queue.
    pub timer: bool,
    /// What is counted.
    pub stats: ServerStats,
    /// Since when its work counts.
    counted_from: Time,
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
            back: None,
            queue: VecDeque::new(),
            running: None,
            timer: false,
            stats: ServerStats::new(digits),
            counted_from: Time::ZERO,
        }
    }

    /// Requests that it holds.
    pub fn active(&self) -> usize {
        self.queue.len() + usize::from(self.running.is_some())
    }

    /// The share of its weight that it gets, in percent.
    pub fn share(&self, now: Time, ejected: bool, window: Duration) -> u32 {
        if !self.health.up() || self.draining || ejected {
            return 0;
        }
        self.back.map_or(100, |back| slow_start((now - back).as_micros(), window.as_micros(), SLOW_START_LEAST))
    }

    /// Time that it worked since counting began, up to now.
    pub fn busy(&self, now: Time) -> Duration {
        let running = self.running.map_or(Duration::ZERO, |r| now - r.from.max(self.counted_from));
        self.stats.busy + running
    }

    /// What it worked on until now is added up.
    pub fn worked(&mut self, running: &Running, now: Time) {
        self.stats.busy += now - running.from.max(self.counted_from);
    }

    /// Counts anew from now on.
    pub fn restart(&mut self, now: Time, digits: u8) {
        self.stats = ServerStats::new(digits);
        self.counted_from = now;
    }
}
