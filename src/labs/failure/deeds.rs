//! What each command does.

use super::command::{FailureCommand, Power, Switch};
use super::edits;
use super::model::{Chaos, Due, FailureModel};
use super::plan::{Kind, Scope};
use super::world::Cut;
use super::{builtin, narrate};
use crate::engine::{Event, Micros, ModelError};

/// Shortest repair in chaos, in seconds.
const LEAST_REPAIR_S: f64 = 10.0;
/// A failure of links shows within this time, in microseconds.
const SHORT_US: Micros = 3_000_000;

impl FailureModel {
    /// Does one command.
    ///
    /// # Errors
    /// When it cannot be done.
    pub(super) fn obey(
        &mut self,
        now: Micros,
        command: &FailureCommand,
        log: &mut Vec<Event>,
    ) -> Result<(), ModelError> {
        if !matches!(command, FailureCommand::WhatIf { .. }) {
            self.what_if = None;
        }
        match command {
            FailureCommand::Kill { target } => self.kill(now, target, log),
            FailureCommand::Repair { target } => self.repair(now, target, log),
            FailureCommand::Cut { a, b, one_way } => self.cut(now, a, Some(b), *one_way, log),
            FailureCommand::Isolate { target } => self.cut(now, target, None, false, log),
            FailureCommand::Heal => self.heal(now, log),
            FailureCommand::Slow { machine, factor } => self.slow(now, machine, *factor, log),
            FailureCommand::Lossy { machine, share } => self.lossy(now, machine, *share, log),
            FailureCommand::Pause { machine, time } => self.pause(now, machine, *time, log),
            FailureCommand::Zone { state, zone } => self.place_power(now, zone, *state, true, log),
            FailureCommand::Region { state, region } => self.place_power(now, region, *state, false, log),
            FailureCommand::Chaos { rate } => self.start_chaos(now, *rate, log),
            FailureCommand::Soak { years } => {
                let seed = rand::RngExt::random(&mut self.rng);
                let soak = self.live_years(*years, seed)?;
                self.soak = Some(soak);
                narrate::soaked(self, now, &soak, log);
                Ok(())
            }
            FailureCommand::Mode { mode, write, read } => self.set_mode(now, *mode, (*write, *read), log),
            FailureCommand::Detector { detector, value } => self.set_detector(now, *detector, *value, log),
            FailureCommand::Fencing { switch } => self.set_fencing(now, *switch == Switch::On, log),
            FailureCommand::Standby { standby } => self.set_standby(now, *standby, log),
            FailureCommand::Spofs => {
                narrate::spofs(self, now, self.foresee_points(now)?, log);
                Ok(())
            }
            FailureCommand::WhatIf { target } => self.ask_what_if(now, target, log),
            FailureCommand::Step => {
                let trace = self.serve(now, log);
                narrate::step(self, now, &trace, log);
                Ok(())
            }
            FailureCommand::Wait { time } => {
                self.settled = now + time;
                narrate::waits(now, *time, log);
                Ok(())
            }
            FailureCommand::Build { architecture } => {
                let seed = rand::RngExt::random(&mut self.rng);
                let trail = std::mem::take(&mut self.trail);
                *self = Self::start(builtin::plan(*architecture)?, self.tuning, seed, now)?;
                self.trail = trail;
                self.leave_trail();
                narrate::built(self, now, self.foresee_points(now)?, log);
                Ok(())
            }
            FailureCommand::Add { .. }
            | FailureCommand::Connect { .. }
            | FailureCommand::Disconnect { .. }
            | FailureCommand::Replicate { .. }
            | FailureCommand::Place { .. }
            | FailureCommand::Remove { .. } => edits::edit(self, now, command, log),
        }
    }

    fn kill(&mut self, now: Micros, target: &str, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let scope = self.find(target)?;
        let live: Vec<usize> =
            self.plan.inside(scope).into_iter().filter(|m| self.world.powered(&self.plan, *m)).collect();
        let dark = self.plan.part(scope).is_none_or(|part| !self.part_up(part));
        if live.is_empty() && (dark || matches!(scope, Scope::Machine(_) | Scope::Tier(_))) {
            return Err(ModelError::new(
                format!("{target} is down already"),
                format!("`repair {target}` brings it back"),
            ));
        }
        self.power_off(now, scope);
        let future = if self.chaos.is_none() { Some(self.foresee(now)?) } else { None };
        narrate::killed(self, now, target, &live, future, log);
        self.settled = self.plays_out(now, &live);
        Ok(())
    }

    /// Everything in a scope loses its power.
    pub(super) fn power_off(&mut self, now: Micros, scope: Scope) {
        let live: Vec<usize> =
            self.plan.inside(scope).into_iter().filter(|m| self.world.powered(&self.plan, *m)).collect();
        match scope {
            Scope::Zone(z) => self.world.zones_down[z] = true,
            Scope::Region(r) => self.world.regions_down[r] = true,
            Scope::Machine(_) | Scope::Tier(_) => live.iter().for_each(|m| self.world.nodes[*m].up = false),
        }
        live.iter().for_each(|m| self.trouble(now, *m));
        self.forget_insight();
    }

    fn place_power(
        &mut self,
        now: Micros,
        name: &str,
        state: Power,
        zone: bool,
        log: &mut Vec<Event>,
    ) -> Result<(), ModelError> {
        let scope = self.find(name)?;
        if !matches!((scope, zone), (Scope::Zone(_), true) | (Scope::Region(_), false)) {
            let (what, names): (_, Vec<&str>) = match zone {
                true => ("zone", self.plan.zones.iter().map(|z| z.name.as_str()).collect()),
                false => ("region", self.plan.regions.iter().map(|r| r.name.as_str()).collect()),
            };
            return Err(ModelError::new(
                format!("'{name}' is not a {what}"),
                format!("name one of: {}", names.join(", ")),
            ));
        }
        match state {
            Power::Down => self.kill(now, name, log),
            Power::Up => self.repair(now, name, log),
        }
    }

    fn repair(&mut self, now: Micros, target: &str, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let all = target == "all";
        let scope = if all { None } else { Some(self.find(target)?) };
        let machines = scope.map_or_else(|| (0..self.plan.machines.len()).collect(), |s| self.plan.inside(s));
        let well = |m: &usize| {
            self.world.runs(&self.plan, *m, now)
                && !self.world.nodes[*m].gray()
                && self.world.nodes[*m].trouble.is_none()
        };
        let dark = scope.and_then(|s| self.plan.part(s)).is_some_and(|part| !self.part_up(part));
        let cut = self.world.cuts.iter().any(|c| scope.is_none_or(|s| c.a == s || c.b == Some(s)));
        let broken = dark || cut || self.split_brain() || !machines.iter().all(well);
        match scope {
            Some(Scope::Zone(z)) => self.world.zones_down[z] = false,
            Some(Scope::Region(r)) => self.world.regions_down[r] = false,
            Some(_) => {}
            None => {
                self.world.zones_down.fill(false);
                self.world.regions_down.fill(false);
                self.world.cuts.clear();
            }
        }
        if let Some(scope) = scope {
            self.world.cuts.retain(|cut| cut.a != scope && cut.b != Some(scope));
        }
        self.world.relink(&self.plan.clone());
        for m in machines.iter().copied() {
            let node = &mut self.world.nodes[m];
            (node.up, node.slow, node.loss, node.paused_until, node.trouble, node.pending) =
                (true, 1.0, 0.0, 0, None, 0);
            if node.suspected.is_none() {
                self.close_repaired(m);
            }
        }
        self.forget_insight();
        narrate::repaired(self, now, target, (&machines, broken), log);
        self.reconcile(now, &machines, log);
        self.settled = now + SHORT_US;
        Ok(())
    }

    fn cut(
        &mut self,
        now: Micros,
        a: &str,
        b: Option<&str>,
        one_way: bool,
        log: &mut Vec<Event>,
    ) -> Result<(), ModelError> {
        let (from, to) = (self.find(a)?, b.map(|b| self.find(b)).transpose()?);
        if to == Some(from) {
            return Err(ModelError::new(format!("'{a}' has no link to itself"), "name two different places"));
        }
        let cut = Cut { a: from, b: to, one_way };
        if self.world.cuts.contains(&cut) {
            return Err(ModelError::new("that link is cut already", "`heal` joins all links"));
        }
        self.world.cuts.push(cut);
        self.world.relink(&self.plan.clone());
        let mut touched = self.plan.inside(from);
        touched.extend(to.map(|to| self.plan.inside(to)).unwrap_or_default());
        for m in &touched {
            self.world.nodes[*m].trouble.get_or_insert(now);
        }
        self.forget_insight();
        let future = self.foresee(now)?;
        narrate::cut(self, now, (a, b), one_way, future, log);
        self.settled = self.plays_out(now, &touched);
        Ok(())
    }

    fn heal(&mut self, now: Micros, log: &mut Vec<Event>) -> Result<(), ModelError> {
        if self.world.cuts.is_empty() {
            return Err(ModelError::new("no link is cut", "`cut A B` cuts one"));
        }
        self.world.cuts.clear();
        self.world.relink(&self.plan.clone());
        for m in 0..self.world.nodes.len() {
            if self.world.powered(&self.plan, m) && !self.world.nodes[m].gray() {
                self.world.nodes[m].trouble = None;
            }
        }
        self.forget_insight();
        narrate::healed(self, now, log);
        self.settled = now + SHORT_US;
        Ok(())
    }

    fn slow(&mut self, now: Micros, name: &str, factor: f64, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let m = self.find_machine(name)?;
        self.world.nodes[m].slow = factor;
        self.gray(now, m);
        narrate::gray(self, now, m, log);
        Ok(())
    }

    fn lossy(&mut self, now: Micros, name: &str, share: f64, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let m = self.find_machine(name)?;
        self.world.nodes[m].loss = share;
        self.gray(now, m);
        narrate::gray(self, now, m, log);
        Ok(())
    }

    fn gray(&mut self, now: Micros, m: usize) {
        let node = &mut self.world.nodes[m];
        node.trouble = if node.gray() { node.trouble.or(Some(now)) } else { None };
        self.settled = self.plays_out(now, &[m]);
    }

    fn pause(&mut self, now: Micros, name: &str, us: Micros, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let m = self.find_machine(name)?;
        if !self.world.runs(&self.plan, m, now) {
            return Err(ModelError::new(format!("{name} does nothing now anyway"), format!("`repair {name}` first")));
        }
        self.world.nodes[m].paused_until = now + us;
        self.queue.push(now + us, Due::Wake(m));
        self.trouble(now, m);
        narrate::paused(self, now, m, us, log);
        self.settled = self.plays_out(now, &[m]).max(now + us + SHORT_US);
        Ok(())
    }

    /// A paused machine goes on as if nothing had happened.
    pub(super) fn wake(&mut self, now: Micros, m: usize, log: &mut Vec<Event>) {
        if self.world.nodes[m].paused_until != now || !self.world.powered(&self.plan, m) {
            return;
        }
        let pending = std::mem::take(&mut self.world.nodes[m].pending);
        (self.world.nodes[m].paused_until, self.world.nodes[m].trouble) = (0, None);
        self.close_repaired_unless_suspected(m);
        let tier = self.plan.machines[m].tier;
        let Some(mut group) = self.groups[tier].take() else { return narrate::woke(self, now, m, log) };
        let member = group.member(m).unwrap_or(0);
        let newer = group.primary().filter(|p| *p != member && group.claims[member]);
        let writes = if self.plan.tier_of(m).kind == Kind::Database { pending } else { 0 };
        match newer {
            None => narrate::woke(self, now, m, log),
            Some(newer) if self.tuning.fencing => {
                let epoch = group.log_of(member).epoch();
                let admitted = group.fence.admit(epoch);
                self.counts.fenced_writes += if admitted { 0 } else { writes };
                narrate::fenced(self, now, &group, member, newer, writes, log);
            }
            Some(_) => {
                // It goes on where it was: what lay in its queue, though users have given up on that, and then the
                // clients in its own zone.
                (0..writes).for_each(|_| _ = group.log.append(member));
                let zone = self.plan.machines[m].zone;
                for client in 0..group.target.len() {
                    if self.plan.machines.get(client).is_some_and(|c| c.zone == zone) {
                        group.target[client] = Some(member);
                    }
                }
                (self.split_seen, self.split_told) = (true, true);
                narrate::two_primaries(self, now, &group, member, writes, log);
            }
        }
        self.groups[tier] = Some(group);
    }

    fn close_repaired_unless_suspected(&mut self, m: usize) {
        if self.world.nodes[m].suspected.is_none() {
            self.close_repaired(m);
        }
    }

    fn start_chaos(&mut self, now: Micros, rate: f64, log: &mut Vec<Event>) -> Result<(), ModelError> {
        self.chaos_runs += 1;
        if rate == 0.0 {
            self.chaos = None;
            narrate::chaos_over(now, log);
            return Ok(());
        }
        let theory = self.chaos_theory(rate)?;
        let before = (self.counts.ok, self.counts.failed, self.counts.outages);
        self.chaos = Some(Chaos { rate, run: self.chaos_runs, before, theory });
        for part in 0..self.plan.parts() {
            self.next_break(now, part);
        }
        narrate::chaos(self, now, log);
        Ok(())
    }

    pub(super) fn chaos_theory(&self, rate: f64) -> Result<f64, ModelError> {
        let mut plan = (*self.plan).clone();
        let hurry = |life: &mut super::plan::Life| {
            life.mtbf_s /= rate;
            life.mttr_s = (life.mttr_s / rate).max(LEAST_REPAIR_S);
        };
        plan.tiers.iter_mut().for_each(|t| hurry(&mut t.life));
        plan.zones.iter_mut().for_each(|z| hurry(&mut z.life));
        plan.regions.iter_mut().for_each(|r| hurry(&mut r.life));
        super::analysis::served_share(&plan, &self.tuning)
    }

    pub(super) fn next_break(&mut self, now: Micros, part: usize) {
        let Some(chaos) = self.chaos else { return };
        let life = self.plan.life(part);
        if life.mtbf_s.is_finite() {
            let after = self.exponential(life.mtbf_s / chaos.rate * 1e6);
            self.queue.push(now + after.max(1), Due::Break(part, chaos.run));
        }
    }

    pub(super) fn chaos_breaks(&mut self, now: Micros, part: usize, run: u64, log: &mut Vec<Event>) {
        let Some(chaos) = self.chaos.filter(|c| c.run == run) else { return };
        let name = self.plan.part_name(part).to_owned();
        let settled = self.settled;
        // What is down already, by hand or with its zone, cannot break.
        let _ = self.kill(now, &name, log);
        self.settled = settled;
        let mean = (self.plan.life(part).mttr_s / chaos.rate).max(LEAST_REPAIR_S) * 1e6;
        let after = self.exponential(mean);
        self.queue.push(now + after.max(1), Due::Mend(part, run));
    }

    pub(super) fn chaos_mends(&mut self, now: Micros, part: usize, run: u64, log: &mut Vec<Event>) {
        if self.chaos.is_none_or(|c| c.run != run) {
            return;
        }
        let settled = self.settled;
        match self.plan.scope_of(part) {
            Scope::Machine(m) => {
                self.world.nodes[m].up = true;
                self.world.nodes[m].trouble = None;
                self.close_repaired_unless_suspected(m);
            }
            Scope::Zone(z) => self.world.zones_down[z] = false,
            Scope::Region(r) => self.world.regions_down[r] = false,
            Scope::Tier(_) => {}
        }
        self.forget_insight();
        let name = self.plan.part_name(part).to_owned();
        narrate::mended(self, now, &name, log);
        let machines = self.plan.inside(self.plan.scope_of(part));
        self.reconcile(now, &machines, log);
        self.settled = settled;
        self.next_break(now, part);
    }
}
