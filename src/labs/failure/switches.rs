//! How the system is run: mode, detector, leases, standby.

use super::command::{DetectorName, ModeName, Standby};
use super::model::{Chaos, Due, FailureModel, SHIP_US};
use super::narrate;
use super::plan::Kind;
use super::tuning::{Detector, HEARTBEAT_US, LEASE_US, Tuning};
use crate::algorithms::lease::Grantor;
use crate::algorithms::replication::Mode;
use crate::engine::{Event, Micros, ModelError};

impl FailureModel {
    /// Puts another tuning in force.
    pub(super) fn retune(&mut self, tuning: Tuning) -> Result<(), ModelError> {
        let analysis = super::analysis::Analysis::of(&self.plan, &tuning)?;
        (self.tuning, self.analysis) = (tuning, analysis);
        for group in self.groups.iter_mut().flatten() {
            group.log.set_mode(tuning.mode(group.members.len()));
        }
        if let Some(rate) = self.chaos.map(|c| c.rate) {
            let theory = self.chaos_theory(rate)?;
            self.chaos = self.chaos.map(|c| Chaos { theory, ..c });
        }
        self.soak = None;
        self.leave_trail();
        Ok(())
    }

    /// Remembers what the design costs and brings.
    pub(super) fn leave_trail(&mut self) {
        let point = (self.analysis.cost, self.analysis.availability);
        if self.trail.last() != Some(&point) {
            self.trail.push(point);
        }
        if self.trail.len() > 12 {
            self.trail.remove(0);
        }
    }

    pub(super) fn set_mode(
        &mut self,
        now: Micros,
        mode: ModeName,
        quorum: (Option<usize>, Option<usize>),
        log: &mut Vec<Event>,
    ) -> Result<(), ModelError> {
        if mode != ModeName::Quorum && (quorum.0.is_some() || quorum.1.is_some()) {
            return Err(ModelError::new(
                "--write and --read belong to quorums",
                "use `mode quorum --write 2 --read 2`",
            ));
        }
        if mode != ModeName::Async && self.tuning.standby == Standby::Cold {
            let problem = format!("a cold standby is off and cannot take part in `mode {}`", mode.name());
            return Err(ModelError::new(problem, "use `standby hot` or `standby warm` first"));
        }
        for group in self.groups.iter().flatten() {
            let count = group.members.len();
            let majority = count / 2 + 1;
            let asked = Mode::Quorum { write: quorum.0.unwrap_or(majority), read: quorum.1.unwrap_or(majority) };
            let database = group.members.first().is_some_and(|m| self.plan.tier_of(*m).kind == Kind::Database);
            if mode == ModeName::Quorum && database {
                asked.check(count).map_err(|e| ModelError::new(format!("{e}"), "or `replicate` the database first"))?;
            }
        }
        self.retune(Tuning { mode, quorum, ..self.tuning })?;
        narrate::mode(self, now, log);
        self.settled = now + 2 * SHIP_US;
        Ok(())
    }

    pub(super) fn set_detector(
        &mut self,
        now: Micros,
        name: DetectorName,
        value: Option<f64>,
        log: &mut Vec<Event>,
    ) -> Result<(), ModelError> {
        let (least, most, usual) = match name {
            DetectorName::Fixed => (0.2, 60.0, 5.0),
            DetectorName::Phi => (0.5, 16.0, 8.0),
            DetectorName::Cassandra => (0.1, 16.0, 8.0),
            DetectorName::Swim => (1.0, 60.0, 3.0),
        };
        let value = value.unwrap_or(usual);
        let whole = name != DetectorName::Swim || value.fract() == 0.0;
        if !(least..=most).contains(&value) || !whole {
            let problem = format!("a value of {value} does not fit this detector");
            let what = if name == DetectorName::Swim { "whole periods, " } else { "" };
            return Err(ModelError::new(problem, format!("choose {what}{least} to {most}; {usual} is usual")));
        }
        let detector = match name {
            DetectorName::Fixed => Detector::Fixed((value * 1e6) as u64),
            DetectorName::Phi => Detector::Phi(value),
            DetectorName::Cassandra => Detector::Cassandra(value),
            DetectorName::Swim => Detector::Swim(value as u32),
        };
        self.retune(Tuning { detector, ..self.tuning })?;
        // What is queued may be due this very moment; new watchers begin after it.
        self.watch_anew(now);
        self.rewatch(now);
        narrate::detector(self, now, log);
        self.settled = now + 2 * HEARTBEAT_US;
        Ok(())
    }

    /// The suspicions of the old watchers go, those of the new ones come.
    fn rewatch(&mut self, now: Micros) {
        if self.swim.is_some() && !self.queue.iter().any(|(_, due)| *due == Due::Period) {
            self.queue.push(now + HEARTBEAT_US, Due::Period);
        }
        for m in 0..self.watch.len() {
            if let Some(old) = self.suspicion[m].take() {
                self.queue.cancel(old);
            }
            if let Some(at) = self.watch[m].expects().filter(|_| self.world.nodes[m].suspected.is_none()) {
                self.suspicion[m] = Some(self.queue.push(at.max(now + 1), Due::Suspect(m)));
            }
        }
    }

    pub(super) fn set_fencing(&mut self, now: Micros, fencing: bool, log: &mut Vec<Event>) -> Result<(), ModelError> {
        self.retune(Tuning { fencing, ..self.tuning })?;
        if fencing {
            self.renew_leases(now);
        }
        narrate::fencing(self, now, log);
        Ok(())
    }

    /// Old leases are void. The newest primary of each tier gets a new one, if it hears a majority; else whom the next
    /// decision chooses.
    fn renew_leases(&mut self, now: Micros) {
        for tier in 0..self.groups.len() {
            let Some(mut group) = self.groups[tier].take() else { continue };
            group.grantor = Grantor::new(LEASE_US);
            group.lease_ends.fill(0);
            if let Some(primary) = group.primary() {
                group.fence.admit(group.log_of(primary).epoch());
                if self.has_majority(&group, primary, now)
                    && let Ok(lease) = group.grantor.ask(primary as u32, now)
                {
                    group.lease_ends[primary] = lease.ends_us;
                }
            }
            self.groups[tier] = Some(group);
        }
    }

    pub(super) fn set_standby(
        &mut self,
        now: Micros,
        standby: Standby,
        log: &mut Vec<Event>,
    ) -> Result<(), ModelError> {
        if standby == Standby::Cold && self.tuning.mode != ModeName::Async {
            let problem = format!("`mode {}` waits for followers, and a cold standby is off", self.tuning.mode.name());
            return Err(ModelError::new(problem, "use `mode async` first"));
        }
        self.retune(Tuning { standby, ..self.tuning })?;
        narrate::standby(self, now, log);
        Ok(())
    }
}
