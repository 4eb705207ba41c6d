//! Heartbeats, and who watches whom.

use rand::RngExt;

use super::model::{Due, FailureModel};
use super::narrate;
use super::tuning::{DELAY_US, Detector, HEARTBEAT_US, JITTER_US};
use crate::algorithms::detector::{Fixed, Phi, PhiKind, Swim, SwimEvent, SwimTuning};
use crate::engine::{Event, Micros};

/// A ping of SWIM that takes longer than this, one way, is no answer, in microseconds.
const PING_US: f64 = 250_000.0;

/// What watches one machine.
#[derive(Clone, Debug)]
pub enum Watch {
    /// A timeout.
    Fixed(Fixed),
    /// Phi accrual.
    Phi(Phi),
    /// The group watches itself.
    Swim,
}

impl Watch {
    /// A watcher that heard of its machine now.
    pub fn new(detector: Detector, now: Micros) -> Self {
        let mut watch = match detector {
            Detector::Fixed(us) => Self::Fixed(Fixed::new(us)),
            Detector::Phi(threshold) => Self::Phi(Phi::new(PhiKind::Akka, threshold, HEARTBEAT_US)),
            Detector::Cassandra(threshold) => Self::Phi(Phi::new(PhiKind::Cassandra, threshold, HEARTBEAT_US)),
            Detector::Swim(_) => Self::Swim,
        };
        watch.heartbeat(now);
        watch
    }

    /// The group of all machines, if it watches itself.
    pub fn swim(detector: Detector, machines: usize) -> Option<Swim> {
        let Detector::Swim(suspicion_periods) = detector else { return None };
        Some(Swim::new(machines, SwimTuning { helpers: 3, suspicion_periods, round_robin: true }))
    }

    /// A heartbeat came; gives when the machine will be suspected if no other comes.
    pub fn heartbeat(&mut self, now: Micros) -> Option<Micros> {
        match self {
            Self::Fixed(fixed) => fixed.heartbeat(now),
            Self::Phi(phi) => phi.heartbeat(now),
            Self::Swim => {}
        }
        self.expects()
    }

    /// When the machine will be suspected if no heartbeat comes.
    pub fn expects(&self) -> Option<Micros> {
        match self {
            Self::Fixed(fixed) => fixed.suspects_at(),
            Self::Phi(phi) => phi.suspects_at(),
            Self::Swim => None,
        }
    }
}

impl FailureModel {
    /// A machine sends its heartbeat, renews its lease, and looks whether it reaches what it needs.
    pub(super) fn beat(&mut self, now: Micros, machine: usize, log: &mut Vec<Event>) {
        if !self.world.runs(&self.plan, machine, now) {
            return;
        }
        self.lead(now, machine, log);
        self.world.nodes[machine].healthy = self.reaches_needs(machine);
        if self.swim.is_none() && self.is_heard(now, machine) {
            let delay = self.delay_us(machine);
            self.queue.push(now + (delay as Micros).max(1), Due::Heard(machine));
        }
    }

    /// How long a message of a machine is under way now.
    fn delay_us(&mut self, machine: usize) -> f64 {
        let jitter = -(1.0 - self.net.random::<f64>()).ln() * JITTER_US as f64;
        ((DELAY_US as f64 + jitter) * self.world.nodes[machine].slow).min(60e6)
    }

    /// Whether a machine reaches at least one machine of everything that it needs, and that one in turn.
    fn reaches_needs(&self, machine: usize) -> bool {
        let reaches = |tier: &usize| {
            let members = self.plan.members(*tier);
            let claims = |m: &usize| match &self.groups[*tier] {
                Some(group) => group.member(*m).is_some_and(|i| group.claims[i]),
                None => true,
            };
            let well = |m: &usize| self.world.powered(&self.plan, *m) && self.world.nodes[*m].healthy;
            members.iter().any(|m| claims(m) && well(m) && self.world.both_ways(machine, *m))
        };
        self.plan.tier_of(machine).deps.iter().all(|group| group.iter().any(reaches))
    }

    /// Whether a heartbeat of a machine, sent now, comes to those who watch it: the other members of its group, or
    /// those who call it; if none of them runs, a monitor outside.
    fn is_heard(&mut self, now: Micros, machine: usize) -> bool {
        let tier = self.plan.machines[machine].tier;
        let watchers = self.watchers(tier, machine, &|m| self.world.runs(&self.plan, m, now));
        if watchers.is_empty() {
            return self.world.nodes[machine].loss <= 0.0 || self.net.random::<f64>() >= self.world.nodes[machine].loss;
        }
        let linked: Vec<usize> = watchers.into_iter().filter(|w| self.world.linked(machine, *w)).collect();
        let Some(first) = linked.first() else { return false };
        let loss = self.world.loss(machine, *first);
        loss <= 0.0 || self.net.random::<f64>() >= loss
    }

    /// Who watches a machine: those of its group that run, else those that run and call it.
    fn watchers(&self, tier: usize, machine: usize, runs: &dyn Fn(usize) -> bool) -> Vec<usize> {
        let peers = self.groups[tier].iter().flat_map(|g| &g.members).copied();
        let peers: Vec<usize> = peers.filter(|m| *m != machine && runs(*m)).collect();
        if !peers.is_empty() {
            return peers;
        }
        let calls = |m: &usize| self.plan.tier_of(*m).deps.iter().flatten().any(|t| *t == tier);
        (0..self.plan.machines.len()).filter(|m| calls(m) && runs(*m)).collect()
    }

    /// Whether what a machine sends reaches one of those who would watch it if these are alive. In SWIM all watch.
    pub(super) fn is_linked_to_watchers(&self, tier: usize, machine: usize, alive: &[bool]) -> bool {
        let watchers = match self.swim {
            Some(_) => (0..alive.len()).filter(|m| *m != machine && alive[*m]).collect(),
            None => self.watchers(tier, machine, &|m| alive[m]),
        };
        watchers.is_empty() || watchers.iter().any(|w| self.world.linked(machine, *w))
    }

    /// A period of SWIM over all machines.
    pub(super) fn period(&mut self, now: Micros, log: &mut Vec<Event>) {
        let Some(mut swim) = self.swim.take() else { return };
        let (plan, world, mut net) = (self.plan.clone(), self.world.clone(), self.net.clone());
        let events = swim.period(&mut self.rng, |from, to| {
            if !(world.runs(&plan, from, now) && world.runs(&plan, to, now) && world.linked(from, to)) {
                return false;
            }
            let slow = world.nodes[from].slow.max(world.nodes[to].slow);
            let jitter = -(1.0 - net.random::<f64>()).ln() * JITTER_US as f64;
            let late = (DELAY_US as f64 + jitter) * slow > PING_US;
            let loss = world.loss(from, to);
            !late && (loss <= 0.0 || net.random::<f64>() >= loss)
        });
        self.net = net;
        for machine in 0..self.plan.machines.len() {
            if !swim.suspects(machine) && self.world.runs(&self.plan, machine, now) {
                self.world.nodes[machine].heard = now;
            }
        }
        self.swim = Some(swim);
        for event in events {
            match event {
                SwimEvent::Suspected { member, by } => narrate::swim_suspects(self, now, member, by, log),
                SwimEvent::Refuted { member } => self.trust(now, member, log),
                SwimEvent::Dead { member } => self.suspect(now, member, log),
            }
        }
    }
}
