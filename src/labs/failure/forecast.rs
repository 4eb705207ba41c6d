//! What will come of it: a copy of the state lives on, and says how users fare once all has played out.

use super::model::{FailureModel, REQUEST_US};
use super::narrate;
use super::request::Trace;
use crate::algorithms::graph::Graph;
use crate::engine::{Clocked, Event, Micros, ModelError, interrupt};

/// For so long users are watched at the end, in microseconds.
const WATCHED_US: Micros = 80 * REQUEST_US;
/// Longest look ahead, in microseconds.
const LONGEST_US: Micros = 300_000_000;

/// How users fare: requests served and sent, of either kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// Reads served, and sent.
    pub reads: (u64, u64),
    /// Writes served, and sent.
    pub writes: (u64, u64),
}

/// The same in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fare {
    /// All requests are served.
    All,
    /// All reads and no write.
    ReadsOnly,
    /// No request.
    Nothing,
    /// Anything else.
    Some,
}

impl Service {
    fn count(&mut self, trace: &Trace) {
        let kind = if trace.write { &mut self.writes } else { &mut self.reads };
        *kind = (kind.0 + u64::from(trace.why.is_none()), kind.1 + 1);
    }

    /// In one word.
    pub fn fare(self) -> Fare {
        let all = |(served, sent): (u64, u64)| served == sent;
        match (self.reads.0, self.writes.0) {
            (0, 0) => Fare::Nothing,
            _ if all(self.reads) && all(self.writes) => Fare::All,
            (_, 0) if all(self.reads) => Fare::ReadsOnly,
            _ => Fare::Some,
        }
    }

    /// Whether most reads and most writes are served.
    pub fn serves(self) -> bool {
        [self.reads, self.writes].iter().all(|(served, sent)| served * 2 > *sent)
    }

    /// The share of requests that fail.
    pub fn failing(self) -> f64 {
        let (served, sent) = (self.reads.0 + self.writes.0, self.reads.1 + self.writes.1);
        1.0 - served as f64 / sent.max(1) as f64
    }
}

/// What would happen if a part died.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIf {
    /// The part.
    pub part: usize,
    /// Machines that die with it or that no request reaches any more.
    pub dead: Vec<usize>,
    /// How users would fare.
    pub service: Service,
    /// How users fare without it, once all has played out.
    pub before: Service,
    /// Availability for as long as it is dead.
    pub availability: f64,
}

impl FailureModel {
    /// How users fare once everything that is on its way has played out, if nothing else happens: lived through by a
    /// copy, without chaos. Costs some milliseconds for each minute that it takes.
    ///
    /// # Errors
    /// When somebody stops it.
    pub(super) fn foresee(&self, now: Micros) -> Result<Service, ModelError> {
        let mut copy = self.clone();
        (copy.chaos, copy.what_if) = (None, None);
        let all: Vec<usize> = (0..self.plan.machines.len()).collect();
        let wakes = self.world.nodes.iter().map(|node| node.paused_until).max().unwrap_or(0).max(now);
        // Twice: what ends a first failover may begin a second.
        let takes = 2 * (self.plays_out(now, &all) - now);
        let end = (wakes + takes).min(now + LONGEST_US);
        let (mut service, mut log, mut sent, mut turns) = (Service::default(), Vec::new(), copy.requests(), 0_u32);
        while let Some(at) = copy.next_tick().filter(|at| *at <= end + WATCHED_US) {
            turns += 1;
            if turns.is_multiple_of(512) {
                interrupt::check()?;
            }
            copy.tick(at, &mut log);
            log.clear();
            if at > end
                && copy.requests() > sent
                && let Some(trace) = copy.traces.back()
            {
                service.count(trace);
            }
            sent = copy.requests();
        }
        Ok(service)
    }

    /// The same, and whether each single point of failure would leave users nothing at all: where followers answer
    /// reads, it is writes that it stops.
    ///
    /// # Errors
    /// When somebody stops it.
    pub(super) fn foresee_points(&self, now: Micros) -> Result<(Service, bool), ModelError> {
        let service = self.foresee(now)?;
        for part in self.spofs().iter().filter(|_| self.serving()) {
            let mut copy = self.clone();
            copy.power_off(now, self.plan.scope_of(*part));
            if copy.foresee(now)?.fare() != Fare::Nothing {
                return Ok((service, false));
            }
        }
        Ok((service, true))
    }

    fn requests(&self) -> u64 {
        self.counts.ok + self.counts.failed
    }

    /// What would happen if a part died: a copy lives through it.
    ///
    /// # Errors
    /// Names that name no single part.
    pub(super) fn ask_what_if(&mut self, now: Micros, target: &str, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let scope = self.find(target)?;
        let Some(part) = self.plan.part(scope) else {
            let names: Vec<&str> =
                self.plan.inside(scope).into_iter().map(|m| self.plan.machines[m].name.as_str()).collect();
            let problem = format!("'{target}' is {} machines", names.len());
            return Err(ModelError::new(problem, format!("ask for one of them: {}", names.join(", "))));
        };
        let before = self.foresee(now)?;
        let mut copy = self.clone();
        copy.power_off(now, scope);
        let service = copy.foresee(now)?;
        let dead = self.out_of_reach(&self.plan.inside(scope));
        let availability = self.analysis.without(&self.plan, &|p| p == part || !self.part_up(p));
        self.what_if = Some(WhatIf { part, dead, service, before, availability });
        narrate::what_if(self, now, log);
        Ok(())
    }

    /// Machines that are down, or that no request reaches, if these die too. With one machine gone, what it dominates
    /// is out of reach; with several, and with cut links, what only they lead to.
    pub(super) fn out_of_reach(&self, dying: &[usize]) -> Vec<usize> {
        let users = self.plan.machines.len();
        let calls = self.plan.calls();
        let gone = |m: usize| m < users && (dying.contains(&m) || !self.world.powered(&self.plan, m));
        let kept = |(a, b): &(usize, usize)| {
            !gone(*a) && !gone(*b) && (*a == users || *b == users || self.world.both_ways(*a, *b))
        };
        let kept: Vec<(usize, usize)> = calls.edges().iter().copied().filter(kept).collect();
        let reached = Graph::new(users + 1, &kept).reachable(users, None);
        (0..users).filter(|m| !reached[*m]).collect()
    }
}
