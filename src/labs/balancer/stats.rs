//! What is counted: since the last change, and second by second.

use std::collections::VecDeque;

use hdrhistogram::Histogram;

use crate::engine::Micros;

/// Why a request came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

impl Failure {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::NoServer, Self::ServerDown, Self::QueueFull, Self::Timeout, Self::BalancerDown, Self::RegionDown];

    /// Its name among the facts.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoServer => "no_server",
            Self::ServerDown => "server_down",
            Self::QueueFull => "queue_full",
            Self::Timeout => "timeout",
            Self::BalancerDown => "balancer_down",
            Self::RegionDown => "region_down",
        }
    }

    /// Why, in words that follow "requests failed:".
    pub fn words(self) -> &'static str {
        match self {
            Self::NoServer => "no server takes requests",
            Self::ServerDown => "their server was down",
            Self::QueueFull => "the queue was full",
            Self::Timeout => "their clients gave up waiting",
            Self::BalancerDown => "no balancer answered",
            Self::RegionDown => "their region was down",
        }
    }
}

/// Times as a histogram, with two significant digits.
#[derive(Clone, Debug)]
pub struct Times {
    histogram: Histogram<u32>,
    sum_us: u128,
}

/// Longest time that is told apart from longer ones: an hour.
const LONGEST_US: u64 = 3_600_000_000;

impl Times {
    /// None yet; `digits` significant digits, 1 or 2.
    pub fn new(digits: u8) -> Self {
        let fine = Histogram::new_with_bounds(1, LONGEST_US, digits.clamp(1, 2));
        // These bounds are valid, so the fallback is never needed; an auto-resizing one would do too.
        let histogram = fine.unwrap_or_else(|_| Histogram::new_from(&Self::smallest()));
        Self { histogram, sum_us: 0 }
    }

    fn smallest() -> Histogram<u32> {
        Histogram::new(1).unwrap_or_else(|_| unreachable!("one significant digit is valid"))
    }

    /// Adds one.
    pub fn record(&mut self, us: Micros) {
        self.histogram.saturating_record(us.max(1));
        self.sum_us += u128::from(us);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.histogram.reset();
        self.sum_us = 0;
    }

    /// Those that came after an earlier state of the same times.
    pub fn since(&self, earlier: &Self) -> Self {
        let mut rest = self.clone();
        // It holds all that the earlier state held, so nothing is missing.
        let _ = rest.histogram.subtract(&earlier.histogram);
        rest.sum_us = self.sum_us.saturating_sub(earlier.sum_us);
        rest
    }

    /// How many.
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// Their mean in milliseconds.
    pub fn mean_ms(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.sum_us as f64 / self.count() as f64 / 1_000.0)
    }

    /// The time that this share of them do not exceed, in milliseconds.
    pub fn quantile_ms(&self, share: f64) -> Option<f64> {
        (self.count() > 0).then(|| self.histogram.value_at_quantile(share) as f64 / 1_000.0)
    }

    /// How many lie between two times in microseconds, both included.
    pub fn between(&self, from_us: u64, to_us: u64) -> u64 {
        self.histogram.count_between(from_us.max(1), to_us.max(1))
    }

    /// Bytes that it takes.
    pub fn memory_bytes(&self) -> usize {
        self.histogram.distinct_values() * 4 + 160
    }
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
    pub times: Times,
    /// ∫ inside dt, in request microseconds.
    pub area: u128,
    /// Σ time inside, of all that have left.
    pub stayed_us: u128,
}

/// What had been counted from the start of a run at some time: to tell what came after it, whatever is counted anew.
#[derive(Clone, Debug)]
pub struct Mark {
    /// When.
    pub at_us: Micros,
    /// Requests that had reached a balancer.
    pub arrived: u64,
    /// Requests failed.
    pub failed: u64,
    /// Times of those answered.
    pub times: Times,
}

impl Mark {
    /// As it is now.
    pub fn of(stats: &Stats, now_us: Micros) -> Self {
        let whole = &stats.whole;
        Self { at_us: now_us, arrived: whole.arrived, failed: whole.failed, times: whole.times.clone() }
    }
}

/// What is counted of one algorithm.
#[derive(Clone, Debug)]
pub struct Stats {
    /// Since when.
    pub since_us: Micros,
    /// Requests that reached a balancer.
    pub arrived: u64,
    /// Requests answered.
    pub served: u64,
    /// Requests failed, by [`Failure`].
    pub failed: [u64; Failure::ALL.len()],
    /// Second tries.
    pub retried: u64,
    /// Second tries that the budget forbade.
    pub retries_denied: u64,
    /// Requests that went to a dead region since DNS was believed.
    pub stale_dns: u64,
    /// Times of those answered.
    pub times: Times,
    /// Longest queue at one server.
    pub queue_max: usize,
    /// From the start, whatever was counted anew in between.
    pub whole: Whole,
    /// Requests in the system.
    inside: u64,
    /// Requests that were in the system when counting began.
    backlog: u64,
    /// Σ time inside since counting began, of all that have left since.
    stayed_us: u128,
    /// ∫ inside dt since counting began, in request microseconds.
    area: u128,
    /// Up to when `area` goes.
    area_at_us: Micros,
    seconds: VecDeque<Second>,
    current: (Second, Times),
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
            since_us: 0,
            arrived: 0,
            served: 0,
            failed: [0; 6],
            retried: 0,
            retries_denied: 0,
            stale_dns: 0,
            times: Times::new(2),
            queue_max: 0,
            whole: Whole { arrived: 0, served: 0, failed: 0, retried: 0, times: Times::new(2), area: 0, stayed_us: 0 },
            inside: 0,
            backlog: 0,
            stayed_us: 0,
            area: 0,
            area_at_us: 0,
            seconds: VecDeque::new(),
            current: (
                Second { second: 0, served: 0, failed: 0, p50_ms: 0.0, p99_ms: 0.0, queue_max: 0 },
                Times::new(2),
            ),
        }
    }

    /// Counts anew from now on; who is inside stays, and so do the seconds.
    pub fn restart(&mut self, now_us: Micros) {
        self.to(now_us);
        self.since_us = now_us;
        (self.arrived, self.served, self.retried, self.retries_denied, self.stale_dns) = (0, 0, 0, 0, 0);
        (self.failed, self.queue_max, self.area) = ([0; Failure::ALL.len()], 0, 0);
        (self.backlog, self.stayed_us) = (self.inside, 0);
        self.times.clear();
    }

    fn to(&mut self, now_us: Micros) {
        let area = u128::from(self.inside) * u128::from(now_us.saturating_sub(self.area_at_us));
        self.area += area;
        self.whole.area += area;
        self.area_at_us = self.area_at_us.max(now_us);
    }

    /// The second that `now_us` lies in; earlier ones are closed.
    fn second(&mut self, now_us: Micros) -> &mut (Second, Times) {
        let second = now_us / 1_000_000;
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
    pub fn arrive(&mut self, now_us: Micros) {
        self.to(now_us);
        self.arrived += 1;
        self.whole.arrived += 1;
        self.inside += 1;
    }

    /// A request left, answered: it stayed so long, and its client waited so long with the network.
    pub fn answer(&mut self, now_us: Micros, stayed_us: Micros, latency_us: Micros) {
        self.leave(now_us, stayed_us);
        self.served += 1;
        self.whole.served += 1;
        self.times.record(latency_us);
        self.whole.times.record(latency_us);
        let (second, times) = self.second(now_us);
        second.served += 1;
        times.record(latency_us);
    }

    /// A request left with nothing.
    pub fn fail(&mut self, now_us: Micros, stayed_us: Micros, failure: Failure) {
        self.leave(now_us, stayed_us);
        self.failed[failure as usize] += 1;
        self.whole.failed += 1;
        self.second(now_us).0.failed += 1;
    }

    fn leave(&mut self, now_us: Micros, stayed_us: Micros) {
        self.to(now_us);
        self.inside = self.inside.saturating_sub(1);
        self.whole.stayed_us += u128::from(stayed_us);
        self.stayed_us += u128::from(stayed_us.min(now_us.saturating_sub(self.since_us)));
    }

    /// A request is tried again.
    pub fn retry(&mut self) {
        self.retried += 1;
        self.whole.retried += 1;
    }

    /// A queue has this length now.
    pub fn queue(&mut self, now_us: Micros, length: usize) {
        self.queue_max = self.queue_max.max(length);
        let second = &mut self.second(now_us).0;
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
    pub fn mean_inside(&self, now_us: Micros) -> f64 {
        let passed = now_us.saturating_sub(self.since_us);
        let more = u128::from(self.inside) * u128::from(now_us.saturating_sub(self.area_at_us));
        if passed == 0 { self.inside as f64 } else { (self.area + more) as f64 / passed as f64 }
    }

    /// Of Little's law: requests that were inside at some time since counting began, and the sum of the times that
    /// they were, `ages_us` being that of those who are inside now.
    pub fn stays(&self, ages_us: u128) -> (u64, u128) {
        (self.backlog + self.arrived, self.stayed_us + ages_us)
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
