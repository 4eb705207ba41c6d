//! What is counted: since the last change, and second by second.

use std::collections::VecDeque;

use strum::EnumCount as _;

use crate::sim::statistics::Quantiles;
use crate::sim::{Duration, Time};

/// Why a request came to nothing.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::EnumCount, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Failure {
    /// No server takes requests.
    NoServer,
    /// It was sent to a server that is down, or that failed under it.
    ServerDown,
    /// The queue was full.
    QueueFull,
    /// Its client gave up waiting.
    Timeout,
    /// No balancer answered.
    BalancerDown,
    /// The region is down.
    RegionDown,
}

/// One second, as the latency picture shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Second {
    /// Which second of the system's time.
    pub second: u64,
    /// Requests answered.
    pub served: u32,
    /// Requests failed.
    pub failed: u32,
    /// Percentiles in milliseconds.
    pub p50_ms: f64,
    /// Percentiles in milliseconds.
    pub p99_ms: f64,
    /// The longest queue.
    pub queue_max: u32,
}

/// Seconds that are kept.
const SECONDS: usize = 240;

/// What is counted from the start of a run.
#[derive(Clone, Debug)]
pub struct Whole {
    /// Requests that reached a balancer.
    pub arrived: u64,
    /// Requests answered.
    pub served: u64,
    /// Requests failed.
    pub failed: u64,
    /// Second tries.
    pub retried: u64,
    /// Times of those answered.
    pub times: Quantiles,
    /// ∫ inside dt, in request microseconds.
    pub area: u128,
    /// Σ time inside, of all that have left.
    pub stayed: u128,
}

/// What had been counted from the start of a run at some time: to tell what came after it, whatever is counted anew.
#[derive(Clone, Debug)]
pub struct Mark {
    /// When.
    pub at: Time,
    /// Requests that had reached a balancer.
    pub arrived: u64,
    /// Requests failed.
    pub failed: u64,
    /// Times of those answered.
    pub times: Quantiles,
}

impl Mark {
    /// As it is now.
    pub fn of(stats: &Stats, now: Time) -> Self {
        let whole = &stats.whole;
        Self { at: now, arrived: whole.arrived, failed: whole.failed, times: whole.times.clone() }
    }
}

/// What is counted of one algorithm.
#[derive(Clone, Debug)]
pub struct Stats {
    /// Since when.
    pub since: Time,
    /// Requests that reached a balancer.
    pub arrived: u64,
    /// Requests answered.
    pub served: u64,
    /// Requests failed, by [`Failure`].
    pub failed: [u64; Failure::COUNT],
    /// Second tries.
    pub retried: u64,
    /// Second tries that the budget forbade.
    pub retries_denied: u64,
    /// Requests that went to a dead region since DNS was believed.
    pub stale_dns: u64,
    /// Times of those answered.
    pub times: Quantiles,
    /// Longest queue at one server.
    pub queue_max: usize,
    /// From the start, whatever was counted anew in between.
    pub whole: Whole,
    /// Requests in the system.
    inside: u64,
    /// Requests that were in the system when counting began.
    backlog: u64,
    /// Σ time inside since counting began, of all that have left since.
    stayed: u128,
    /// ∫ inside dt since counting began, in request microseconds.
    area: u128,
    /// Up to when `area` goes.
    area_at: Time,
    seconds: VecDeque<Second>,
    current: (Second, Quantiles),
}

impl Default for Stats {
    fn default() -> Self {
        Self::new()
    }
}

impl Stats {
    /// Nothing counted.
    pub fn new() -> Self {
        Self {
            since: Time::ZERO,
            arrived: 0,
            served: 0,
            failed: [0; Failure::COUNT],
            retried: 0,
            retries_denied: 0,
            stale_dns: 0,
            times: Quantiles::default(),
            queue_max: 0,
            whole: Whole {
                arrived: 0,
                served: 0,
                failed: 0,
                retried: 0,
                times: Quantiles::default(),
                area: 0,
                stayed: 0,
            },
            inside: 0,
            backlog: 0,
            stayed: 0,
            area: 0,
            area_at: Time::ZERO,
            seconds: VecDeque::new(),
            current: (
                Second { second: 0, served: 0, failed: 0, p50_ms: 0.0, p99_ms: 0.0, queue_max: 0 },
                Quantiles::default(),
            ),
        }
    }

    /// Counts anew from now on; who is inside stays, and so do the seconds.
    pub fn restart(&mut self, now: Time) {
        self.to(now);
        self.since = now;
        (self.arrived, self.served, self.retried, self.retries_denied, self.stale_dns) = (0, 0, 0, 0, 0);
        (self.failed, self.queue_max, self.area) = ([0; Failure::COUNT], 0, 0);
        (self.backlog, self.stayed) = (self.inside, 0);
        self.times.clear();
    }

    fn to(&mut self, now: Time) {
        let area = u128::from(self.inside) * u128::from((now - self.area_at).as_micros());
        self.area += area;
        self.whole.area += area;
        self.area_at = self.area_at.max(now);
    }

    /// The second that `now` lies in; earlier ones are closed.
    fn second(&mut self, now: Time) -> &mut (Second, Quantiles) {
        let second = now.as_micros() / 1_000_000;
        if second > self.current.0.second {
            self.close(second);
        }
        &mut self.current
    }

    fn close(&mut self, next: u64) {
        let (mut done, times) = (self.current.0, &mut self.current.1);
        if done.served + done.failed > 0 {
            done.p50_ms = times.quantile_ms(0.5).unwrap_or(0.0);
            done.p99_ms = times.quantile_ms(0.99).unwrap_or(0.0);
            self.seconds.push_back(done);
            if self.seconds.len() > SECONDS {
                self.seconds.pop_front();
            }
        }
        times.clear();
        self.current.0 = Second { second: next, served: 0, failed: 0, p50_ms: 0.0, p99_ms: 0.0, queue_max: 0 };
    }

    /// A request came to a balancer.
    pub fn arrive(&mut self, now: Time) {
        self.to(now);
        self.arrived += 1;
        self.whole.arrived += 1;
        self.inside += 1;
    }

    /// A request left, answered: it stayed so long, and its client waited so long with the network.
    pub fn answer(&mut self, now: Time, stayed: Duration, latency: Duration) {
        self.leave(now, stayed);
        self.served += 1;
        self.whole.served += 1;
        self.times.record(latency);
        self.whole.times.record(latency);
        let (second, times) = self.second(now);
        second.served += 1;
        times.record(latency);
    }

    /// A request left with nothing.
    pub fn fail(&mut self, now: Time, stayed: Duration, failure: Failure) {
        self.leave(now, stayed);
        self.failed[failure as usize] += 1;
        self.whole.failed += 1;
        self.second(now).0.failed += 1;
    }

    fn leave(&mut self, now: Time, stayed: Duration) {
        self.to(now);
        self.inside = self.inside.saturating_sub(1);
        self.whole.stayed += u128::from(stayed.as_micros());
        self.stayed += u128::from(stayed.min(now - self.since).as_micros());
    }

    /// A request is tried again.
    pub fn retry(&mut self) {
        self.retried += 1;
        self.whole.retried += 1;
    }

    /// A queue has this length now.
    pub fn queue(&mut self, now: Time, length: usize) {
        self.queue_max = self.queue_max.max(length);
        let second = &mut self.second(now).0;
        second.queue_max = second.queue_max.max(length as u32);
    }

    /// All that failed.
    pub fn failed_total(&self) -> u64 {
        self.failed.iter().sum()
    }

    /// Requests in the system now.
    pub fn inside(&self) -> u64 {
        self.inside
    }

    /// Mean number in the system since counting began.
    pub fn mean_inside(&self, now: Time) -> f64 {
        let passed = (now - self.since).as_micros();
        let more = u128::from(self.inside) * u128::from((now - self.area_at).as_micros());
        if passed == 0 { self.inside as f64 } else { (self.area + more) as f64 / passed as f64 }
    }

    /// Of Little's law: requests that were inside at some time since counting began, and the sum of the times that
    /// they were, `ages` being that, in microseconds, of those who are inside now.
    pub fn stays(&self, ages: u128) -> (u64, u128) {
        (self.backlog + self.arrived, self.stayed + ages)
    }

    /// The seconds so far, the oldest first; the last one may still go on.
    pub fn seconds(&self) -> impl DoubleEndedIterator<Item = Second> {
        let (mut last, times) = (self.current.0, &self.current.1);
        last.p50_ms = times.quantile_ms(0.5).unwrap_or(0.0);
        last.p99_ms = times.quantile_ms(0.99).unwrap_or(0.0);
        let open = (last.served + last.failed > 0).then_some(last);
        self.seconds.iter().copied().chain(open)
    }

    /// Bytes that it takes.
    pub fn memory_bytes(&self) -> usize {
        self.times.memory_bytes() * 3 + self.seconds.len() * 40 + 256
    }
}
