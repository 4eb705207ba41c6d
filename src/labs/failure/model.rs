//! The failure lab's state machine.

use std::cell::OnceCell;
use std::collections::VecDeque;
use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::analysis::Analysis;
use super::builtin;
use super::command::{Architecture, FailureCommand};
use super::facts::FailureFacts;
use super::failover::Failover;
use super::forecast::WhatIf;
use super::group::Group;
use super::narrate;
use super::outage::{CALM_US, Outage};
use super::plan::Plan;
use super::present::Insight;
use super::request::{TIMEOUT_US, Trace};
use super::soak::Soak;
use super::topology;
use super::tuning::{HEARTBEAT_US, LEASE_US, Tuning};
use super::watch::Watch;
use super::world::World;
use crate::algorithms::detector::Swim;
use crate::engine::event_queue::EventId;
use crate::engine::{Clocked, Event, EventQueue, Micros, ModelError, Property, Setup};

/// Time between two requests of all users together, in microseconds.
pub const REQUEST_US: Micros = 50_000;
/// Followers catch up this often, in microseconds.
pub const SHIP_US: Micros = 500_000;
/// Requests that the picture remembers.
pub const TRACES: usize = 24;

/// What is due at some time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Due {
    /// A user asks for something.
    Request,
    /// A machine sends its heartbeat, and looks round.
    Beat(usize),
    /// A heartbeat is heard.
    Heard(usize),
    /// A machine has been silent for too long.
    Suspect(usize),
    /// A period of SWIM.
    Period,
    /// Followers catch up.
    Ship,
    /// Who takes over in a tier?
    Decide(usize),
    /// The successor of a tier is ready.
    Promote(usize),
    /// A paused machine goes on.
    Wake(usize),
    /// Chaos breaks a part, in a run of chaos.
    Break(usize, u64),
    /// Chaos mends it.
    Mend(usize, u64),
}

/// Counts since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that were served.
    pub ok: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Times in which requests failed.
    pub outages: u64,
    /// Reads served.
    pub reads: u64,
    /// Reads that lacked a write that was acknowledged.
    pub stale: u64,
    /// Writes acknowledged.
    pub writes: u64,
    /// Acknowledged writes that were lost in components that are no longer there.
    pub lost_before: u64,
    /// Writes of primaries of the past that were refused.
    pub fenced_writes: u64,
    /// Times that a machine was taken for dead.
    pub suspicions: u64,
    /// Of those, how often it was alive.
    pub false_alarms: u64,
    /// Times that another machine took over.
    pub failovers: u64,
    /// Sum of the latencies of what was served, in microseconds.
    pub latency_us: u64,
    /// The same for writes.
    pub write_latency_us: u64,
}

/// Chaos, while it reigns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chaos {
    /// How many times faster than in life.
    pub rate: f64,
    /// Which run of chaos this is.
    pub run: u64,
    /// Counts when it began: served, failed, outages.
    pub before: (u64, u64, u64),
    /// Availability that theory expects.
    pub theory: f64,
}

/// The state of the failure lab.
#[derive(Clone, Debug)]
pub struct FailureModel {
    pub(super) plan: Arc<Plan>,
    pub(super) tuning: Tuning,
    pub(super) analysis: Arc<Analysis>,
    pub(super) world: World,
    pub(super) groups: Vec<Option<Group>>,
    pub(super) watch: Vec<Watch>,
    pub(super) swim: Option<Swim>,
    pub(super) queue: EventQueue<Due>,
    pub(super) suspicion: Vec<Option<EventId>>,
    pub(super) failovers: VecDeque<Failover>,
    pub(super) counts: Counts,
    pub(super) traces: VecDeque<Arc<Trace>>,
    pub(super) outage: Option<Outage>,
    pub(super) chaos: Option<Chaos>,
    pub(super) chaos_runs: u64,
    pub(super) soak: Option<Soak>,
    pub(super) what_if: Option<WhatIf>,
    /// Cost and availability of the designs so far.
    pub(super) trail: Vec<(f64, f64)>,
    pub(super) rpo_writes: u64,
    /// Internal events so far.
    pub(super) happened: u64,
    pub(super) split_seen: bool,
    /// Whether the present split brain was told.
    pub(super) split_told: bool,
    /// What is so now, once it was asked for.
    pub(super) insight: OnceCell<Arc<Insight>>,
    pub(super) settled: Micros,
    /// When something happened last.
    pub(super) clock: Micros,
    pub(super) rng: ChaCha8Rng,
    /// Losses and delays on the network.
    pub(super) net: ChaCha8Rng,
}

impl FailureModel {
    /// A system that runs a plan from `now` on.
    pub(super) fn start(plan: Plan, tuning: Tuning, seed: u64, now: Micros) -> Result<Self, ModelError> {
        let analysis = Analysis::of(&plan, &tuning)?;
        let mut model = Self {
            world: World::new(&plan),
            groups: Vec::new(),
            watch: Vec::new(),
            swim: None,
            queue: EventQueue::default(),
            suspicion: Vec::new(),
            failovers: VecDeque::new(),
            counts: Counts::default(),
            traces: VecDeque::new(),
            outage: None,
            chaos: None,
            chaos_runs: 0,
            soak: None,
            what_if: None,
            trail: vec![(analysis.cost, analysis.availability)],
            rpo_writes: 0,
            happened: 0,
            split_seen: false,
            split_told: false,
            insight: OnceCell::new(),
            settled: now,
            clock: now,
            rng: ChaCha8Rng::seed_from_u64(seed),
            net: ChaCha8Rng::seed_from_u64(seed ^ 0x6e65_7477_6f72_6b21),
            plan: Arc::new(plan),
            tuning,
            analysis,
        };
        model.groups = (0..model.plan.tiers.len()).map(|t| model.new_group(t, now)).collect();
        model.watch_anew(now);
        model.schedule(now);
        Ok(model)
    }

    pub(super) fn new_group(&self, tier: usize, now: Micros) -> Option<Group> {
        let members = self.plan.members(tier);
        let mode = self.tuning.mode(members.len());
        self.plan.passive(tier).then(|| Group::new(members, self.plan.machines.len() + 1, mode, now))
    }

    /// New detectors for all machines; each is taken to have been heard of now.
    pub(super) fn watch_anew(&mut self, now: Micros) {
        let machines = self.plan.machines.len();
        self.watch = (0..machines).map(|_| Watch::new(self.tuning.detector, now)).collect();
        self.swim = Watch::swim(self.tuning.detector, machines);
        for node in &mut self.world.nodes {
            node.heard = now;
        }
    }

    /// Puts everything that recurs into an empty queue.
    pub(super) fn schedule(&mut self, now: Micros) {
        self.queue = EventQueue::default();
        let machines = self.plan.machines.len();
        self.suspicion = vec![None; machines];
        self.queue.push(now + REQUEST_US, Due::Request);
        self.queue.push(now + SHIP_US, Due::Ship);
        for m in 0..machines {
            let offset = HEARTBEAT_US * (m as Micros + 1) / (machines as Micros + 1);
            self.queue.push(now + offset, Due::Beat(m));
            if let Some(at) = self.watch[m].expects().filter(|_| self.world.nodes[m].suspected.is_none()) {
                self.suspicion[m] = Some(self.queue.push(at.max(now + 1), Due::Suspect(m)));
            }
            let wakes = self.world.nodes[m].paused_until;
            if wakes > now {
                self.queue.push(wakes, Due::Wake(m));
            }
        }
        if self.swim.is_some() {
            self.queue.push(now + HEARTBEAT_US, Due::Period);
        }
    }

    pub(super) fn fire(&mut self, now: Micros, due: Due, log: &mut Vec<Event>) {
        match due {
            Due::Request => {
                self.serve(now, log);
                self.queue.push(now + REQUEST_US, Due::Request);
            }
            Due::Beat(m) => {
                self.beat(now, m, log);
                self.queue.push(now + HEARTBEAT_US, Due::Beat(m));
            }
            Due::Heard(m) => self.heard(now, m, log),
            Due::Suspect(m) => self.suspect(now, m, log),
            Due::Period => {
                self.period(now, log);
                self.queue.push(now + HEARTBEAT_US, Due::Period);
            }
            Due::Ship => {
                self.ship(now);
                self.queue.push(now + SHIP_US, Due::Ship);
            }
            Due::Decide(tier) => self.decide(now, tier, log),
            Due::Promote(tier) => self.promote(now, tier, log),
            Due::Wake(m) => self.wake(now, m, log),
            Due::Break(part, run) => self.chaos_breaks(now, part, run, log),
            Due::Mend(part, run) => self.chaos_mends(now, part, run, log),
        }
        if !matches!(due, Due::Request | Due::Beat(_) | Due::Heard(_) | Due::Ship) {
            self.forget_insight();
        }
    }

    /// How many internal events there were: requests, heartbeats, failures.
    pub fn happened(&self) -> u64 {
        self.happened
    }

    /// How long it takes until a failure of now has played out, at most two minutes.
    pub(super) fn plays_out(&self, now: Micros, machines: &[usize]) -> Micros {
        let of = |m: &usize| {
            let tier = self.plan.machines[*m].tier;
            let passive = self.plan.passive(tier) && self.plan.members(tier).len() > 1;
            let phases = self.tuning.phases(self.plan.machines.len(), passive);
            let ttl = if self.by_dns(tier) { super::analysis::DNS_TTL_US } else { 0 };
            phases.iter().fold(ttl, |sum, phase| sum.saturating_add(*phase))
        };
        let longest = machines.iter().map(of).max().unwrap_or(0);
        now + longest.saturating_add(HEARTBEAT_US + TIMEOUT_US + 2 * CALM_US).min(120_000_000)
    }

    /// Says it when two begin to serve, however that came.
    pub(super) fn watch_split(&mut self, now: Micros, log: &mut Vec<Event>) {
        let split = self.groups.iter().flatten().find(|g| self.is_split(g));
        if let Some(group) = split.filter(|_| !self.split_told) {
            narrate::split_brain(self, now, group, log);
        }
        self.split_told = split.is_some();
        self.split_seen |= self.split_told;
    }

    /// Whether two machines of a tier believe they are primary now, and nothing stops them from serving.
    pub(super) fn split_brain(&self) -> bool {
        self.groups.iter().flatten().any(|g| self.is_split(g))
    }

    /// Whether two members of a group believe they are primary, and nothing stops them from serving.
    pub(super) fn is_split(&self, group: &Group) -> bool {
        let serves = |m: &usize| {
            let machine = group.members[*m];
            group.claims[*m]
                && self.world.runs(&self.plan, machine, self.clock)
                && self.may_serve(group, *m, self.clock)
        };
        (0..group.members.len()).filter(serves).count() > 1
    }
}

impl Clocked for FailureModel {
    type Command = FailureCommand;
    type Facts = FailureFacts;

    fn open(setup: &Setup) -> Result<Self, ModelError> {
        let plan = match setup.inputs.get("topology") {
            Some(input) => topology::read(&input.name, &input.text())?,
            None => builtin::plan(Architecture::Tiers)?,
        };
        Self::start(plan, Tuning::usual(), setup.seed, 0)
    }

    fn apply(&mut self, now: Micros, command: &FailureCommand, log: &mut Vec<Event>) -> Result<(), ModelError> {
        (self.settled, self.clock) = (now, now);
        self.forget_insight();
        self.obey(now, command, log)?;
        self.forget_insight();
        self.watch_split(now, log);
        Ok(())
    }

    fn next_tick(&self) -> Option<Micros> {
        self.queue.next_at()
    }

    fn tick(&mut self, now: Micros, log: &mut Vec<Event>) {
        self.clock = now;
        while let Some((_, due)) = self.queue.pop_due(now) {
            self.happened += 1;
            self.fire(now, due, log);
        }
        self.watch_split(now, log);
    }

    fn settled_at(&self) -> Micros {
        self.settled
    }

    fn step_us(&self) -> Micros {
        500_000
    }

    fn facts(&self) -> FailureFacts {
        FailureFacts::of(self)
    }

    fn properties() -> &'static [Property<Self>] {
        PROPERTIES
    }

    fn footprint(&self) -> usize {
        let machines = self.plan.machines.len();
        let groups: usize = self.groups.iter().flatten().map(|g| g.members.len() * 160 + machines * 24).sum();
        machines * 700 + groups + self.queue.len() * 64 + 8_192
    }

    fn candidates(&self, value_name: &str) -> Vec<String> {
        let plan = &self.plan;
        let machines = || plan.machines.iter().map(|m| m.name.clone());
        let zones = || plan.zones.iter().map(|z| z.name.clone());
        let regions = || plan.regions.iter().map(|r| r.name.clone());
        let tiers = || plan.tiers.iter().map(|t| t.name.clone());
        match value_name {
            "MACHINE" => machines().collect(),
            "ZONE" => zones().collect(),
            "REGION" => regions().collect(),
            "TIER" => tiers().collect(),
            "PART" | "PLACE" => machines().chain(zones()).chain(regions()).collect(),
            "BROKEN" => std::iter::once("all".to_owned()).chain(machines()).chain(zones()).chain(regions()).collect(),
            "NEW" => vec![self.fresh_name()],
            "TIME" => ["8s", "30s"].map(str::to_owned).into(),
            "F" => ["1", "20", "100"].map(str::to_owned).into(),
            "P" => ["0", "0.3"].map(str::to_owned).into(),
            "RATE" => ["0", "20000"].map(str::to_owned).into(),
            "YEARS" => ["20", "200"].map(str::to_owned).into(),
            "VALUE" => ["2", "5", "8"].map(str::to_owned).into(),
            "W" | "R" => ["1", "2"].map(str::to_owned).into(),
            _ => Vec::new(),
        }
    }
}

impl FailureModel {
    /// A time drawn from an exponential distribution with this mean.
    pub(super) fn exponential(&mut self, mean_us: f64) -> Micros {
        let u: f64 = self.net.random();
        (-(1.0 - u).ln() * mean_us).min(1e15) as Micros
    }
}

const PROPERTIES: &[Property<FailureModel>] = &[
    Property {
        name: "with leases, two machines of a tier never hold one at the same time",
        holds: |m| {
            let ends = |g: &Group| -> Vec<Micros> {
                let mut ends: Vec<Micros> =
                    (0..g.members.len()).filter(|i| g.claims[*i]).map(|i| g.lease_ends[i]).collect();
                ends.sort_unstable();
                ends
            };
            // The later one was granted when the earlier one had run out.
            let one = |g: &Group| ends(g).windows(2).all(|w| w[0] == 0 || w[1].saturating_sub(LEASE_US) >= w[0]);
            !m.tuning.fencing || m.groups.iter().flatten().all(one)
        },
    },
    Property {
        name: "no write is lost that all followers held",
        holds: |m| {
            m.groups.iter().flatten().all(|g| {
                let all: Vec<usize> = (0..g.members.len()).collect();
                g.log.lost(&all) <= g.log.lost(&g.claimers()) && g.log.lost(&g.claimers()) <= g.log.acknowledged()
            })
        },
    },
    Property {
        name: "each request is served or fails",
        holds: |m| m.counts.reads + m.counts.writes == m.counts.ok && m.counts.stale <= m.counts.reads,
    },
    Property {
        name: "a single point of failure stops everything when it dies, and nothing else does",
        holds: |m| {
            let stops = |part: usize| !m.analysis.block.works(&|p| p != part);
            let fails = |part: &usize| m.plan.life(*part).mtbf_s.is_finite();
            (0..m.plan.parts()).filter(fails).all(|part| stops(part) == m.analysis.spofs.contains(&part))
        },
    },
    Property {
        name: "a log is a row of runs without gaps, and no follower is ahead of every primary",
        holds: |m| {
            m.groups.iter().flatten().all(|g| {
                g.log
                    .logs()
                    .iter()
                    .all(|log| log.runs().windows(2).all(|w| w[0].end == w[1].start && w[0].epoch < w[1].epoch))
            })
        },
    },
];
