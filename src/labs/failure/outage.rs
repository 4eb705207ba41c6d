//! Requests as users see them: served, or an outage that begins, lasts and ends.

use std::sync::Arc;

use super::failover::Failover;
use super::model::{FailureModel, REQUEST_US, TRACES};
use super::narrate;
use super::plan::Kind;
use super::request::Trace;
use crate::engine::{Event, Micros};

/// An outage is over when no request failed for so long, in microseconds.
pub const CALM_US: Micros = 1_500_000;

/// A time in which requests fail: from the failure that is behind it to the request with which service was back.
/// A failover lasts from and to the same two moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// When it began.
    pub since: Micros,
    /// Its last failed request so far.
    pub last: Micros,
    /// The first request that was served after that one.
    pub back: Option<Micros>,
    /// How many failed.
    pub failed: u64,
}

impl Outage {
    /// How long it was, or has been so far.
    pub fn length(&self) -> Micros {
        self.back.unwrap_or(self.last) - self.since
    }
}

impl FailureModel {
    /// One request, and what it tells about outages and failovers.
    pub(super) fn serve(&mut self, now: Micros, log: &mut Vec<Event>) -> Arc<Trace> {
        let trace = Arc::new(self.send(now));
        self.failovers.iter_mut().for_each(|f| f.count(now, trace.why.is_none()));
        let counts = &mut self.counts;
        match trace.why {
            None => {
                counts.ok += 1;
                counts.latency_us += trace.latency;
                if trace.write {
                    counts.writes += 1;
                    counts.write_latency_us += trace.latency;
                } else {
                    counts.reads += 1;
                    counts.stale += u64::from(trace.stale);
                }
                if let Some(outage) = &mut self.outage {
                    outage.back.get_or_insert(now);
                }
                self.served(now, &trace);
            }
            Some(why) => {
                counts.failed += 1;
                let since = began(&self.world.nodes, now);
                let outage = self.outage.get_or_insert(Outage { since, last: now, back: None, failed: 0 });
                (outage.last, outage.back, outage.failed) = (now, None, outage.failed + 1);
                if outage.failed == 1 {
                    counts.outages += 1;
                    narrate::errors(self, now, why, log);
                }
            }
        }
        if let Some(outage) = self.outage.take_if(|o| now >= o.last + CALM_US) {
            // It was not over before the machine was replaced, though by chance no request came to it any more.
            let replaced = self.failovers.iter().filter(|f| f.failed <= outage.last).filter_map(|f| f.back);
            let replaced = replaced.filter(|back| (outage.since..=now).contains(back)).max();
            narrate::served_again(self, now, Outage { back: outage.back.max(replaced), ..outage }, log);
        }
        self.traces.push_back(Arc::clone(&trace));
        if self.traces.len() > TRACES {
            self.traces.pop_front();
        }
        trace
    }

    /// A request through a new primary brings its clients back; after failed ones, so does the first that is served.
    fn served(&mut self, now: Micros, trace: &Trace) {
        let failing = self.outage.is_some();
        let replaced = |f: &Failover| f.replaced.is_some_and(|at| at <= now);
        let over = |f: &&mut Failover| f.back.is_none() && (f.repaired || f.promoted.is_some() || replaced(f));
        for failover in self.failovers.iter_mut().filter(over) {
            let through = trace.path.iter().find(|m| Some(&self.plan.machines[**m].name) == failover.to.as_ref());
            let database = through.is_some_and(|m| self.plan.tier_of(*m).kind == Kind::Database);
            if failing || failover.repaired || replaced(failover) || through.is_some() && (trace.write || !database) {
                failover.back = Some(now);
            }
        }
    }
}

/// When the trouble began that a failed request shows: of a failure just now, no request could tell before.
fn began(nodes: &[super::world::Node], now: Micros) -> Micros {
    let fresh = |since: &Micros| (now.saturating_sub(2 * REQUEST_US)..=now).contains(since);
    nodes.iter().filter_map(|node| node.trouble).filter(fresh).min().unwrap_or(now)
}
