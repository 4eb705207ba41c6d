//! Who sends what when: generated traffic, or a trace.

use std::collections::VecDeque;
use std::sync::Arc;

use rand::RngExt;

use super::streams::{Part, stream};
use super::trace::Trace;
use crate::algorithms::hash::key_hash;
use crate::algorithms::queueing::{ArrivalProcess, Arrivals, Bursts, Service};
use crate::sim::{Duration, Random, Time, Zipf};

/// How long a request is on its way from client to balancer.
pub const WIRE: Duration = Duration::from_millis(20);
/// Lowest rate but none at all, in requests a second.
pub const MIN_RATE: f64 = 0.001;
/// Highest rate, in requests a second.
pub const MAX_RATE: f64 = 100_000.0;
/// Requests that would leave their clients later than this never do, in microseconds: 285 years, the last moment that
/// is exact to the microsecond.
const HORIZON_US: f64 = 9_007_199_254_740_992.0;
/// Paths of generated traffic, each with its share in percent.
const PATHS: [(&str, u32); 6] =
    [("/", 30), ("/search", 20), ("/api/cart", 15), ("/api/login", 5), ("/img/logo.png", 20), ("/video/intro", 10)];

/// A request, as it reaches the balancer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// When, in system time.
    pub at: Time,
    /// Index of its client.
    pub client: u32,
    /// Index of its path.
    pub path: u32,
    /// How long a normal server works on it.
    pub work: Duration,
}

/// The clients, and how often each sends.
#[derive(Clone, Debug)]
pub struct Clients {
    hashes: Vec<u64>,
    /// How often each sends; none when all are alike.
    popularity: Option<Zipf>,
    /// Zipf's exponent of their shares.
    pub skew: f64,
}

impl Clients {
    /// So many clients; client i sends in proportion to 1/(i+1)^skew.
    pub fn new(count: usize, skew: f64, seed: u64) -> Self {
        let hashes = (0..count).map(|i| key_hash(seed, client_name(i).as_bytes())).collect();
        // A skew that makes no sense is none.
        let popularity = if skew == 0.0 { None } else { Zipf::new(count, skew).ok() };
        Self { hashes, popularity, skew }
    }

    /// The clients of a trace.
    pub fn of_trace(trace: &Trace, seed: u64) -> Self {
        let hashes = trace.clients.iter().map(|name| key_hash(seed, name.as_bytes())).collect();
        Self { hashes, popularity: None, skew: 0.0 }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Hash of a client.
    pub fn hash(&self, client: u32) -> u64 {
        self.hashes.get(client as usize).copied().unwrap_or(0)
    }

    /// Share of all requests that a client sends.
    pub fn share(&self, client: usize) -> f64 {
        let alike = 1.0 / self.hashes.len().max(1) as f64;
        self.popularity.as_ref().map_or(alike, |popularity| popularity.share(client))
    }

    fn draw(&self, random: &mut Random) -> u32 {
        match &self.popularity {
            None => random.random_range(0..self.hashes.len().max(1) as u32),
            Some(popularity) => popularity.sample(random) as u32,
        }
    }
}

/// Name of a generated client.
pub fn client_name(index: usize) -> String {
    format!("client-{}", index + 1)
}

/// The stream of requests.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// How they arrive.
    pub process: ArrivalProcess,
    /// Mean rate, in requests a second.
    pub rate: f64,
    /// Shape of service times.
    pub service: Service,
    /// Mean service time in milliseconds.
    pub service_ms: f64,
    /// Who sends.
    pub clients: Arc<Clients>,
    /// The trace, if one was given.
    pub trace: Option<Arc<Trace>>,
    /// (factor, until when) of a burst.
    pub burst: Option<(f64, Time)>,
    arrivals: Arrivals,
    random: Random,
    /// When the last request that was drawn leaves its client, in microseconds.
    at: f64,
    /// Drawn, not there yet: those on the wire, and the next one to be sent.
    ahead: VecDeque<Arrival>,
    /// Next line of the trace.
    line: usize,
}

impl Traffic {
    /// Poisson traffic of a few clients, or the trace.
    pub fn new(seed: u64, rate: f64, service_ms: f64, clients: usize, trace: Option<Arc<Trace>>) -> Self {
        let people = match &trace {
            Some(trace) => Clients::of_trace(trace, seed),
            None => Clients::new(clients, 0.0, seed),
        };
        let mut traffic = Self {
            process: if trace.is_some() { ArrivalProcess::Trace } else { ArrivalProcess::Poisson },
            rate,
            service: Service::Exponential,
            service_ms,
            clients: Arc::new(people),
            trace,
            burst: None,
            arrivals: Arrivals::Poisson,
            random: stream(seed, Part::Traffic),
            at: 0.0,
            ahead: VecDeque::new(),
            line: 0,
        };
        traffic.fill(Time::ZERO);
        traffic
    }

    /// Something about it changed at `now`: what has not left its client yet is drawn anew from there.
    pub fn changed(&mut self, now: Time) {
        let sent = self.ahead.partition_point(|a| a.at <= now + WIRE);
        if self.process == ArrivalProcess::Trace {
            // The lines that were drawn and not sent come again.
            self.line = self.line.saturating_sub(self.ahead.len() - sent);
        }
        self.ahead.truncate(sent);
        self.at = now.as_micros() as f64;
        self.fill(now);
    }

    /// Sets the process; a trace goes on where it was.
    pub fn set_process(&mut self, process: ArrivalProcess, now: Time) {
        let sent = self.ahead.partition_point(|a| a.at <= now + WIRE);
        if self.process == ArrivalProcess::Trace {
            self.line = self.line.saturating_sub(self.ahead.len() - sent);
        }
        self.ahead.truncate(sent);
        self.process = process;
        self.arrivals = match process {
            ArrivalProcess::Poisson | ArrivalProcess::Trace => Arrivals::Poisson,
            ArrivalProcess::Even => Arrivals::Even,
            ArrivalProcess::Bursty => Arrivals::Bursty(Bursts::default()),
        };
        self.changed(now);
    }

    /// Draws until the last one has not left its client at `now`.
    fn fill(&mut self, now: Time) {
        let until = now + WIRE;
        while self.ahead.back().is_none_or(|a| a.at <= until) {
            let Some(arrival) = self.draw() else { return };
            self.ahead.push_back(arrival);
        }
    }

    /// Rate at a time, bursts included.
    fn rate_at(&self, at: f64) -> (f64, Option<f64>) {
        match self.burst {
            Some((factor, until)) if at < until.as_micros() as f64 => {
                (self.rate * factor, Some(until.as_micros() as f64))
            }
            _ => (self.rate, None),
        }
    }

    /// Draws the next request after `at`; `None` when no more come.
    fn draw(&mut self) -> Option<Arrival> {
        if self.process == ArrivalProcess::Trace {
            return self.draw_line();
        }
        for _ in 0..64 {
            let (rate, until) = self.rate_at(self.at);
            let Some(gap) = self.arrivals.gap(rate, &mut self.random) else {
                // Nobody comes now, but perhaps after the burst.
                self.at = until?;
                continue;
            };
            let at = self.at + gap * 1e6;
            match until {
                // Arrivals have no memory: what would come after the burst is drawn again from its end.
                Some(until) if at > until => self.at = until,
                _ => {
                    self.at = at;
                    break;
                }
            }
        }
        self.in_reach()?;
        let client = self.clients.draw(&mut self.random);
        let (ticket, mut sum) = (self.random.random_range(0..100_u32), 0);
        let mut fits = |share: u32| {
            sum += share;
            ticket < sum
        };
        let path = PATHS.iter().position(|(_, share)| fits(*share)).unwrap_or(0) as u32;
        Some(self.request(client, path))
    }

    /// Whether the request at hand comes at all: beyond the horizon, times would stand still or wrap around.
    fn in_reach(&self) -> Option<()> {
        (self.at < HORIZON_US).then_some(())
    }

    fn request(&mut self, client: u32, path: u32) -> Arrival {
        let work = self.service.sample(self.service_ms * 1_000.0, &mut self.random);
        let work = Duration::from_micros(work.round().clamp(1.0, 4e9) as u64);
        Arrival { at: Time::from_micros(self.at as u64) + WIRE, client, path, work }
    }

    /// The next line of the trace. Its time is stretched so that the mean rate is `rate`.
    fn draw_line(&mut self) -> Option<Arrival> {
        let trace = self.trace.clone()?;
        let (rate, _) = self.rate_at(self.at);
        let entry = *trace.entries.get(self.line).filter(|_| rate > 0.0)?;
        let before = self.line.checked_sub(1).and_then(|i| trace.entries.get(i)).map_or(entry.at, |e| e.at);
        let gap = (entry.at - before).as_micros() as f64;
        self.at += gap * trace.mean_rate() / rate;
        self.in_reach()?;
        self.line += 1;
        Some(self.request(entry.client, entry.path))
    }

    /// When the next request reaches the balancer.
    pub fn next_at(&self) -> Option<Time> {
        self.ahead.front().map(|a| a.at)
    }

    /// When the one after it does.
    pub fn second_at(&mut self) -> Option<Time> {
        self.fill(self.next_at()?);
        self.ahead.get(1).map(|a| a.at)
    }

    /// The next request that reaches the balancer by `until`, if there is one.
    pub fn pop(&mut self, until: Time) -> Option<Arrival> {
        let at = self.ahead.front().filter(|a| a.at <= until)?.at;
        let arrival = self.ahead.pop_front();
        self.fill(at);
        arrival
    }

    /// Requests that have left their clients at `now` and are not there yet.
    pub fn on_the_wire(&self, now: Time) -> impl Iterator<Item = &Arrival> {
        self.ahead.iter().take_while(move |a| a.at <= now + WIRE)
    }

    /// Lines of the trace that were sent by `now`, and how many there are.
    pub fn trace_progress(&self, now: Time) -> Option<(usize, usize)> {
        let waiting = self.ahead.len() - self.on_the_wire(now).count();
        self.trace.as_ref().map(|t| (self.line.saturating_sub(waiting), t.entries.len()))
    }

    /// Text of a path.
    pub fn path(&self, index: u32) -> &str {
        match &self.trace {
            Some(trace) if self.process == ArrivalProcess::Trace => trace.path(index),
            _ => PATHS.get(index as usize).map_or("/", |p| p.0),
        }
    }

    /// Name of a client.
    pub fn client(&self, index: u32) -> String {
        let named = self.trace.as_ref().and_then(|t| t.clients.get(index as usize));
        named.map_or_else(|| client_name(index as usize), |name| name.to_string())
    }
}
