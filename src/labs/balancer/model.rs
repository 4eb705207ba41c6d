//! The load balancer lab's state machine.

mod change;
mod net;

use std::sync::Arc;

use strum::EnumCount as _;

use super::clock::Clock;
use super::command::BalancerCommand;
use super::facts::BalancerFacts;
use super::log;
use super::names::{REGIONS, full_name, server_index, server_name};
use super::narrate;
use super::words;
use crate::algorithms::balance::Algorithm;
use crate::algorithms::queueing::{ArrivalProcess, Service};
use crate::engine::interrupt;
use crate::engine::numbers::duration;
use crate::engine::{Clocked, Event, Micros, ModelError, Property, Setup};
use crate::sim::{Duration, Time};
use crate::systems::balancing::{Cluster, Failure, Server, ServerConfig, Settings, System, Traffic};

/// Requests a second at the start.
const RATE: f64 = 60.0;
/// Mean service time at the start, in milliseconds.
const SERVICE_MS: f64 = 50.0;
/// Servers at the start: at 60 requests of 50 ms they are busy three quarters of the time.
const SERVERS: usize = 4;
/// Clients at the start.
const CLIENTS: usize = 12;
/// Furthest that `step` goes to the next request: an hour.
const MAX_STEP: Duration = Duration::from_secs(3_600);
/// System time that passes after a command, at first.
const UNFOLD_SYSTEM: Duration = Duration::from_secs(20);
/// Requests that come in that time, at most.
const UNFOLD_REQUESTS: f64 = 20_000.0;
/// Lab time of that: first in slow motion, then in time lapse.
const SLOW_LAB_US: Micros = 800_000;
const SLOW_SYSTEM: Duration = Duration::from_millis(80);
const LAPSE_LAB_US: Micros = 2_400_000;
/// Lab time of one followed request.
const STEP_LAB_US: Micros = 1_400_000;
/// System time in which a followed request settles in its queue after it arrived.
const SETTLE: Duration = Duration::from_millis(25);
/// Most requests of one `run`, over all algorithms.
const MAX_RUN_REQUESTS: f64 = 2_000_000.0;
/// Most requests that arrive between two looks whether to stop.
const ARRIVALS_AT_ONCE: usize = 20_000;

/// What was told of failures.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// How many, by [`Failure`].
    pub(super) failed: [u64; Failure::COUNT],
    /// When, in system time.
    pub(super) at: Option<Time>,
}

/// The state of the load balancer lab.
#[derive(Clone, Debug)]
pub struct BalancerModel {
    pub(super) seed: u64,
    pub(super) clock: Clock,
    pub(super) settings: Arc<Settings>,
    pub(super) configs: Arc<Vec<ServerConfig>>,
    pub(super) traffic: Traffic,
    /// The algorithm in the first picture, then those that it is compared with.
    pub(super) systems: Vec<System>,
    /// System time up to which everything has happened.
    pub(super) now: Time,
    /// Number of the next request.
    pub(super) next_id: u64,
    /// The request that is followed until it is told.
    pub(super) followed: Option<u64>,
    /// The region in the first picture.
    pub(super) shown: usize,
    /// The server there that the last command was about.
    pub(super) touched: Option<usize>,
    /// When the last command was given, in lab time.
    pub(super) changed_lab_us: Micros,
    /// Failures of the first algorithm that were told.
    pub(super) told: Told,
    /// Whether an end of the trace was told.
    trace_told: bool,
    /// Whether what was found in the trace is still to be told.
    greet: bool,
    /// System time that passes after a command, at most.
    pub(super) unfold: Duration,
    settled_us: Micros,
    summary_us: Option<Micros>,
}

impl BalancerModel {
    /// The algorithm in the first picture.
    pub(super) fn main(&self) -> &System {
        &self.systems[0]
    }

    /// The cluster in the first picture.
    pub(super) fn shown_cluster(&self) -> &Cluster {
        let system = self.main();
        system.regions.get(self.shown).map_or_else(|| system.home(), |r| &r.cluster)
    }

    /// Whether a burst belongs to what is counted.
    pub(super) fn bursting(&self) -> bool {
        self.traffic.burst.is_some_and(|(_, until)| until > self.main().stats.since)
    }

    /// Region and index of a server by its name: `c` is at home, `us/c` in another region.
    fn server(&self, name: &str) -> Result<(usize, usize), ModelError> {
        let (count, regions) = (self.configs.len(), self.main().regions.len());
        let (region, server) = name.split_once('/').map_or((Some(0), name), |(region, server)| {
            (REGIONS[..regions].iter().position(|r| *r == region).filter(|_| regions > 1), server)
        });
        region.zip(server_index(server).filter(|i| *i < count)).ok_or_else(|| {
            let last = server_name(count.saturating_sub(1));
            let far = if regions > 1 { format!(", or with its region, e.g. {}/a", REGIONS[1]) } else { String::new() };
            ModelError::new(format!("there is no server '{name}'"), format!("name one of: a to {last}{far}"))
        })
    }

    /// A server of the main system.
    fn server_state(&self, (region, index): (usize, usize)) -> &Server {
        &self.main().regions[region].cluster.servers[index]
    }

    /// The picture shows this server's region, and marks it.
    fn touch(&mut self, (region, index): (usize, usize)) {
        (self.shown, self.touched) = (region, Some(index));
    }

    /// Lets system time pass; `false` if more requests arrive by then than are taken at once, so that a trace whose
    /// requests all come in one second can be stopped. The rest is still due.
    fn simulate(&mut self, until: Time) -> bool {
        let (settings, clients) = (Arc::clone(&self.settings), Arc::clone(&self.traffic.clients));
        for _ in 0..ARRIVALS_AT_ONCE {
            let Some(arrival) = self.traffic.pop(until) else {
                for system in &mut self.systems {
                    system.advance(until, &settings, &self.traffic);
                }
                self.now = self.now.max(until);
                return true;
            };
            self.now = self.now.max(arrival.at);
            let id = self.next_id;
            self.next_id += 1;
            for system in &mut self.systems {
                system.advance(arrival.at, &settings, &self.traffic);
                system.offer(id, &arrival, &clients, &settings, &self.traffic);
            }
        }
        false
    }

    /// Lets everything happen that was planned before a command that comes at `lab`. What is still going on then
    /// happens at once, in the same steps: so the same commands lead to the same state, however fast they come.
    fn catch_up(&mut self, lab: Micros, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let until = self.settled_us.max(lab);
        while let Some(at) = self.next_tick().filter(|at| *at <= until) {
            interrupt::check()?;
            self.pass_to(at, lab, log);
        }
        while !self.pass_to(until, lab, log) {
            interrupt::check()?;
        }
        if until > lab {
            self.plan(lab, &[]);
            self.settled_us = lab;
        }
        Ok(())
    }

    /// Counting begins anew.
    fn restart(&mut self) {
        self.systems.iter_mut().for_each(|s| s.restart(self.now));
        self.told.failed = Default::default();
    }

    /// System time passes as planned up to a lab time, or on the way there, as [`Self::simulate`] says; what is told is
    /// stamped with another one.
    fn pass_to(&mut self, until: Micros, stamp: Micros, log: &mut Vec<Event>) -> bool {
        let there = self.simulate(self.clock.system_at(until));
        self.tell(stamp, log);
        if !there {
            return false;
        }
        if self.summary_us.is_some_and(|at| at <= until) {
            self.summary_us = None;
            narrate::summary(self, stamp, log);
        }
        true
    }

    fn plan(&mut self, lab: Micros, stretches: &[(Duration, Micros)]) {
        self.clock.plan(lab, self.now, stretches);
    }

    /// After a change: the next seconds pass in time lapse.
    fn unfold(&mut self, lab: Micros) {
        let rate = self.traffic.rate * self.traffic.burst.map_or(1.0, |(factor, _)| factor.max(1.0));
        let most = self.unfold.as_secs_f64();
        let seconds = if rate > 0.0 { (UNFOLD_REQUESTS / rate).min(most) } else { most };
        if seconds == 0.0 {
            // Several changes can be made at one moment; the next one finds all as it is.
            self.plan(lab, &[]);
            (self.settled_us, self.summary_us, self.changed_lab_us) = (lab, None, lab);
            return;
        }
        let lapse = Duration::from_micros((seconds * 1e6) as u64).max(SLOW_SYSTEM * 2) - SLOW_SYSTEM;
        self.pass(lab, &[(SLOW_SYSTEM, SLOW_LAB_US), (lapse, LAPSE_LAB_US)]);
    }

    /// System time passes in these stretches of lab time; then there is a summary.
    fn pass(&mut self, lab: Micros, stretches: &[(Duration, Micros)]) {
        self.plan(lab, stretches);
        self.settled_us = lab + stretches.iter().map(|s| s.1).sum::<Micros>();
        self.summary_us = Some(self.settled_us);
        self.changed_lab_us = lab;
    }

    fn run(&mut self, lab: Micros, seconds: f64, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let requests = seconds * self.traffic.rate * self.systems.len() as f64;
        if requests > MAX_RUN_REQUESTS {
            let most = MAX_RUN_REQUESTS / (self.traffic.rate * self.systems.len() as f64);
            return Err(ModelError::new(
                format!("in {seconds} s about {requests:.0} requests would come; {MAX_RUN_REQUESTS:.0} are the most"),
                format!("run {most:.0} seconds or less"),
            ));
        }
        self.pass(lab, &[(Duration::from_secs_f64(seconds).max(Duration::from_micros(1)), LAPSE_LAB_US)]);
        self.followed = None;
        narrate::run(lab, seconds, log);
        Ok(())
    }

    fn step(&mut self, lab: Micros) -> Result<(), ModelError> {
        let Some(next) = self.traffic.next_at() else {
            let remedy = if self.traffic.process == ArrivalProcess::Trace && self.traffic.rate > 0.0 {
                "the trace is at its end; `arrivals poisson` goes on with generated traffic"
            } else {
                "the rate is 0; set one, e.g. `rate 60`"
            };
            return Err(ModelError::new("no request comes", remedy));
        };
        let wait = next - self.now;
        if wait > MAX_STEP {
            let problem = format!("the next request comes in {}, too far to step to", duration(wait.as_micros()));
            return Err(ModelError::new(problem, "set a higher rate, e.g. `rate 60`, or let time pass with `run`"));
        }
        self.followed = Some(self.next_id);
        // The one after it is another step.
        let gap = self.traffic.second_at().map_or(Duration::MAX, |second| second - next - Duration::from_micros(1));
        let ahead = wait + SETTLE.min(gap);
        self.plan(lab, &[(ahead, STEP_LAB_US)]);
        (self.settled_us, self.summary_us, self.changed_lab_us) = (lab + STEP_LAB_US, None, lab);
        Ok(())
    }

    /// Tells what happened up to now.
    fn tell(&mut self, lab: Micros, log: &mut Vec<Event>) {
        if std::mem::take(&mut self.greet) {
            narrate::trace_found(self, lab, log);
        }
        narrate::incidents(self, lab, log);
        if let Some(id) = self.followed {
            let regions = self.main().regions.iter().enumerate();
            let last = regions.filter_map(|(i, r)| Some((i, r.cluster.last?))).filter(|(_, last)| last.id >= id);
            if let Some((region, last)) = last.min_by_key(|(_, last)| last.id) {
                if last.id == id {
                    narrate::decision(self, region, &last, lab, log);
                }
                self.followed = None;
            }
        }
        narrate::failures(self, lab, log);
        let ended = self.traffic.process == ArrivalProcess::Trace
            && self.traffic.next_at().is_none()
            && self.traffic.rate > 0.0;
        if ended && !self.trace_told {
            narrate::trace_end(self, lab, log);
        }
        self.trace_told = ended;
    }

    fn compare(&mut self, algorithms: &[Algorithm]) -> Result<(), ModelError> {
        let mut chosen: Vec<Algorithm> = Vec::new();
        for algorithm in algorithms {
            if chosen.contains(algorithm) {
                let problem = format!("{} stands there twice", algorithm.name());
                return Err(ModelError::new(problem, "name two to four different algorithms"));
            }
            chosen.push(*algorithm);
        }
        let regions = self.main().regions.len();
        self.slow_start_fits(&chosen, self.settings.slow_start)?;
        let mut systems = Vec::with_capacity(chosen.len());
        for algorithm in chosen {
            let system = System::new(algorithm, regions, &self.configs, &self.settings, self.seed, self.now)
                .map_err(|e| words::refusal(&e))?;
            systems.push(system);
        }
        (self.systems, self.told) = (systems, Told::default());
        Ok(())
    }
}

impl Clocked for BalancerModel {
    type Command = BalancerCommand;
    type Facts = BalancerFacts;

    fn open(setup: &Setup) -> Result<Self, ModelError> {
        let trace = setup.inputs.get("trace").map(|input| log::read(input)).transpose()?;
        let settings = Settings::default();
        let configs = vec![ServerConfig::default(); SERVERS];
        // A built-in mean is valid.
        let mean = Service::check_mean(SERVICE_MS / 1_000.0).map_or(SERVICE_MS, |s| s * 1_000.0);
        let system = System::new(Algorithm::RoundRobin, 1, &configs, &settings, setup.seed, Time::ZERO)
            .map_err(|e| words::refusal(&e))?;
        Ok(Self {
            seed: setup.seed,
            clock: Clock::default(),
            traffic: Traffic::new(setup.seed, RATE, mean, CLIENTS, trace),
            settings: Arc::new(settings),
            configs: Arc::new(configs),
            systems: vec![system],
            now: Time::ZERO,
            next_id: 0,
            followed: None,
            shown: 0,
            touched: None,
            changed_lab_us: 0,
            trace_told: false,
            unfold: UNFOLD_SYSTEM,
            settled_us: 0,
            told: Told::default(),
            greet: setup.inputs.contains_key("trace"),
            summary_us: None,
        })
    }

    fn apply(&mut self, now: Micros, command: &BalancerCommand, log: &mut Vec<Event>) -> Result<(), ModelError> {
        self.catch_up(now, log)?;
        match command {
            BalancerCommand::Run { seconds } => return self.run(now, *seconds, log),
            BalancerCommand::Step => return self.step(now),
            BalancerCommand::Unfold { seconds } => {
                self.unfold = Duration::from_secs_f64(*seconds);
                narrate::unfold(now, *seconds, log);
                return Ok(());
            }
            BalancerCommand::Measure => {
                self.restart();
                narrate::measure(now, log);
                return Ok(());
            }
            BalancerCommand::Show { region } => return self.show_region(now, region, log),
            _ => {}
        }
        self.touched = None;
        self.followed = None;
        // Counting begins anew before the change, so that what it costs at once is counted.
        self.restart();
        self.change(now, command, log)?;
        self.unfold(now);
        Ok(())
    }

    fn next_tick(&self) -> Option<Micros> {
        let systems = self.systems.iter().map(System::next_at).min().unwrap_or(Time::MAX);
        let due = self.traffic.next_at().unwrap_or(Time::MAX).min(systems);
        let words = if self.greet { 1 } else { self.summary_us.unwrap_or(Micros::MAX) };
        Some(self.clock.lab_at(due).min(words))
    }

    fn tick(&mut self, now: Micros, log: &mut Vec<Event>) {
        self.pass_to(now, now, log);
    }

    fn settled_at(&self) -> Micros {
        self.settled_us
    }

    fn step_us(&self) -> Micros {
        200_000
    }

    fn facts(&self) -> BalancerFacts {
        BalancerFacts::of(self)
    }

    fn properties() -> &'static [Property<Self>] {
        PROPERTIES
    }

    fn footprint(&self) -> usize {
        self.systems.iter().map(System::memory_bytes).sum::<usize>() + self.configs.len() * 64 + 8_192
    }

    fn candidates(&self, value_name: &str) -> Vec<String> {
        let cluster = self.main().home();
        let regions = self.main().regions.len();
        let servers = |fits: &dyn Fn(&Server) -> bool| -> Vec<String> {
            let all = self.main().regions.iter().zip(0..);
            let all = all.flat_map(|(r, region)| r.cluster.servers.iter().enumerate().map(move |s| (region, s)));
            let named = all.filter(|(_, (_, s))| fits(s));
            named.map(|(region, (i, _))| full_name(region, i)).take(100).collect()
        };
        let of = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        match value_name {
            "SERVER" => servers(&|_| true),
            "DOWN" => servers(&|s| !s.alive || s.draining),
            "REGION" => of(&REGIONS[..regions]),
            "BALANCER" => (1..=cluster.vip.len()).map(|n| n.to_string()).collect(),
            "POOL" => cluster.pools.iter().map(|p| p.name.clone()).chain(["app".to_owned()]).collect(),
            "PREFIX" => of(&["/", "/api", "/img", "/video", "/search"]),
            "RULE" => self.settings.routes.iter().map(|(prefix, _)| prefix.to_owned()).collect(),
            "R" => of(&["30", "60", "70", "100"]),
            "FACTOR" => of(&["1", "2", "4"]),
            "MS" => of(&["50", "100", "1000"]),
            "LIFE" => of(&["10", "60", "300"]),
            "SECONDS" => of(&["5", "30", "60"]),
            _ => Vec::new(),
        }
    }
}

/// Equal but for rounding.
fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1e-3)
}

const PROPERTIES: &[Property<BalancerModel>] = &[
    Property {
        name: "every request is answered, failed, or still there",
        holds: |m| {
            m.systems.iter().all(|s| {
                let (whole, inside) = (&s.stats.whole, s.stats.inside());
                whole.arrived == whole.served + whole.failed + inside && inside == s.inside() as u64
            })
        },
    },
    Property {
        name: "the balancer knows how many requests each server holds",
        holds: |m| m.systems.iter().flat_map(|s| &s.regions).all(|r| r.cluster.consistent()),
    },
    Property {
        name: "no queue is longer than its limit",
        holds: |m| {
            let limit = m.settings.queue_limit;
            let servers = m.systems.iter().flat_map(|s| &s.regions).flat_map(|r| &r.cluster.servers);
            servers.map(|s| s.queue.len()).all(|length| length <= limit)
        },
    },
    Property {
        name: "retries stay within their budget",
        holds: |m| {
            m.systems.iter().all(|s| {
                // A fifth of all requests, and 10 a second in each region.
                let seconds = m.now.as_micros() / 1_000_000 + 2;
                s.stats.whole.retried <= s.stats.whole.arrived / 5 + 1 + 10 * seconds * REGIONS.len() as u64
            })
        },
    },
    Property {
        name: "Little's law: number inside = rate times time, of all that came in",
        holds: |m| m.systems.iter().all(|s| s.little(m.now).is_none_or(|(inside, product)| close(inside, product))),
    },
];
