//! From the last heartbeat to clients that are back: suspicion, decision, promotion, reconnect.

use super::group::Phase;
use super::model::{Due, FailureModel};
use super::narrate;
use super::plan::Kind;
use super::tuning::RECONNECT_US;
use crate::engine::{Event, Micros};

/// Most failovers that are remembered.
const REMEMBERED: usize = 8;
/// Requests are counted for each stretch of so many microseconds.
pub const BIN_US: Micros = 250_000;
/// Most such stretches of a failover.
const MAX_BINS: usize = 600;

/// What the trouble is that a failover is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// No power: its own, its zone's or its region's.
    Power,
    /// It does nothing for a while.
    Pause,
    /// A link is cut.
    Cut,
    /// It is slow or loses messages; or the network was late.
    Gray,
}

/// One failover, timed.
#[derive(Clone, Debug, PartialEq)]
pub struct Failover {
    /// The tier.
    pub tier: String,
    /// Whose failure it is about.
    pub from: String,
    /// What is the matter with it.
    pub cause: Cause,
    /// Whether it was alive when it was taken for dead.
    pub alive: bool,
    /// Who took over.
    pub to: Option<String>,
    /// Whether one machine serves and the others stand by.
    pub passive: bool,
    /// Whether there is another machine at all.
    pub redundant: bool,
    /// When the trouble began.
    pub failed: Micros,
    /// The last heartbeat that was heard.
    pub heard: Micros,
    /// When it was taken for dead.
    pub suspected: Option<Micros>,
    /// When it was decided who takes over.
    pub decided: Option<Micros>,
    /// When that one was ready.
    pub promoted: Option<Micros>,
    /// Where all serve: from when on no request comes to it any more.
    pub replaced: Option<Micros>,
    /// When clients were served again.
    pub back: Option<Micros>,
    /// Requests that failed on the way.
    pub failed_requests: u64,
    /// Requests served and failed in each stretch of time since the failure.
    pub bins: Vec<(u16, u16)>,
    /// Acknowledged writes that the new primary does not have.
    pub lost_writes: u64,
    /// Whether the machine came back by itself or by repair, before anyone took over.
    pub repaired: bool,
    /// What theory says the phases take.
    pub theory: [Micros; 4],
}

impl Failover {
    /// Detection, decision, promotion, reconnect, as far as they are over.
    pub fn phases(&self) -> [Option<Micros>; 4] {
        let span = |from: Option<Micros>, to: Option<Micros>| Some(to?.saturating_sub(from?));
        let detection = span(Some(self.failed), self.suspected);
        if !self.passive {
            let reconnect = span(self.suspected, self.back);
            return [detection, None, None, reconnect];
        }
        [
            detection,
            span(self.suspected, self.decided),
            span(self.decided, self.promoted),
            span(self.promoted, self.back),
        ]
    }

    /// Whether requests that were served after the takeover may still be followed by some that fail: clients come
    /// back one after the other.
    pub fn coming_back(&self, now: Micros) -> bool {
        self.passive && !self.repaired && self.promoted.is_some_and(|at| now <= at + 2 * RECONNECT_US)
    }

    /// Counts a request, until a little after clients are back.
    pub fn count(&mut self, now: Micros, served: bool) {
        if !served && self.coming_back(now) {
            self.back = None;
        }
        let open = self.back.is_none_or(|back| back > now);
        let bin = (now.saturating_sub(self.failed) / BIN_US) as usize;
        if bin >= MAX_BINS || self.back.is_some_and(|back| now > back + 8 * BIN_US) {
            return;
        }
        if self.bins.len() <= bin {
            self.bins.resize(bin + 1, (0, 0));
        }
        match served {
            true => self.bins[bin].0 += 1,
            false => self.bins[bin].1 += 1,
        }
        self.failed_requests += u64::from(open && !served);
    }

    /// Whether the machine lives and nobody took over: a suspicion, and nothing came of it.
    pub fn unfounded(&self) -> bool {
        self.alive && self.promoted.is_none()
    }

    /// From the failure to clients being served again.
    pub fn rto(&self) -> Option<Micros> {
        Some(self.back?.saturating_sub(self.failed))
    }
}

impl FailureModel {
    /// A machine is in trouble: from now on its failover is timed.
    pub(super) fn trouble(&mut self, now: Micros, machine: usize) {
        self.world.nodes[machine].trouble.get_or_insert(now);
        let tier = self.plan.machines[machine].tier;
        if self.leads(tier, machine) && self.open_failover(machine).is_none() {
            let failover = self.begin(now, machine);
            self.remember(failover);
        }
    }

    /// Whether a machine is the newest primary of its tier, or serves as all there do. A primary of the past is
    /// replaced already.
    fn leads(&self, tier: usize, machine: usize) -> bool {
        self.groups[tier].as_ref().is_none_or(|g| g.member(machine).is_some_and(|m| g.primary() == Some(m)))
    }

    fn begin(&self, failed: Micros, machine: usize) -> Failover {
        let tier = self.plan.machines[machine].tier;
        let members = self.plan.members(tier).len();
        let passive = self.plan.passive(tier) && members > 1;
        let mut theory = self.tuning.phases(self.plan.machines.len(), passive);
        if !passive && self.by_dns(tier) {
            theory[3] = super::analysis::DNS_TTL_US;
        }
        let groups = || self.plan.users.iter().chain(self.plan.tiers.iter().flat_map(|t| &t.deps));
        Failover {
            tier: self.plan.tiers[tier].name.clone(),
            from: self.plan.machines[machine].name.clone(),
            cause: self.cause(machine),
            alive: false,
            to: None,
            passive,
            redundant: members > 1 || groups().any(|g| g.len() > 1 && g.contains(&tier)),
            failed,
            heard: self.world.nodes[machine].heard,
            suspected: None,
            decided: None,
            promoted: None,
            replaced: None,
            back: None,
            failed_requests: 0,
            bins: Vec::new(),
            lost_writes: 0,
            repaired: false,
            theory,
        }
    }

    fn cause(&self, machine: usize) -> Cause {
        let node = &self.world.nodes[machine];
        let touches = |scope| self.plan.inside(scope).contains(&machine);
        if !self.world.powered(&self.plan, machine) {
            Cause::Power
        } else if node.paused_until > self.clock {
            Cause::Pause
        } else if self.world.cuts.iter().any(|cut| touches(cut.a) || cut.b.is_some_and(touches)) {
            Cause::Cut
        } else {
            Cause::Gray
        }
    }

    fn remember(&mut self, failover: Failover) {
        self.failovers.push_back(failover);
        if self.failovers.len() > REMEMBERED {
            self.failovers.pop_front();
        }
    }

    /// Whether DNS sends users to a tier.
    pub(super) fn by_dns(&self, tier: usize) -> bool {
        let dns = |t: &super::plan::Tier| t.kind == Kind::Dns && t.deps.iter().flatten().any(|d| *d == tier);
        self.plan.tiers.iter().any(dns)
    }

    /// The failover of a machine that is not over.
    pub(super) fn open_failover(&mut self, machine: usize) -> Option<&mut Failover> {
        let name = &self.plan.machines[machine].name;
        self.failovers.iter_mut().rev().find(|f| f.back.is_none() && !f.repaired && f.from == *name)
    }

    /// A heartbeat of a machine was heard.
    pub(super) fn heard(&mut self, now: Micros, machine: usize, log: &mut Vec<Event>) {
        self.world.nodes[machine].heard = now;
        if let Some(at) = self.watch[machine].heartbeat(now) {
            self.expect(machine, at.max(now + 1));
        }
        self.trust(now, machine, log);
    }

    /// The machine will be suspected at this time unless something is heard before.
    fn expect(&mut self, machine: usize, at: Micros) {
        if let Some(old) = self.suspicion[machine].take() {
            self.queue.cancel(old);
        }
        self.suspicion[machine] = Some(self.queue.push(at, Due::Suspect(machine)));
    }

    /// The machine is taken for alive again.
    pub(super) fn trust(&mut self, now: Micros, machine: usize, log: &mut Vec<Event>) {
        let Some(since) = self.world.nodes[machine].suspected.take() else { return };
        self.forget_insight();
        narrate::trusted(self, now, machine, since, log);
        let tier = self.plan.machines[machine].tier;
        if let Some(group) = &mut self.groups[tier]
            && group.phase == Phase::Deciding
            && group.member(machine) == group.primary()
        {
            group.phase = Phase::Calm;
        }
        self.close_repaired(machine);
    }

    /// A failover of a machine that is back before anyone took over is over with the next request that is served.
    pub(super) fn close_repaired(&mut self, machine: usize) {
        if let Some(failover) = self.open_failover(machine).filter(|f| f.promoted.is_none()) {
            failover.repaired = true;
        }
    }

    /// Silence has lasted too long: the machine is declared dead.
    pub(super) fn suspect(&mut self, now: Micros, machine: usize, log: &mut Vec<Event>) {
        self.suspicion[machine] = None;
        if self.world.nodes[machine].suspected.is_some() {
            return;
        }
        self.world.nodes[machine].suspected = Some(now);
        self.forget_insight();
        self.counts.suspicions += 1;
        let alive = self.world.runs(&self.plan, machine, now);
        if alive {
            self.counts.false_alarms += 1;
            self.world.nodes[machine].false_alarms += 1;
        }
        narrate::suspected(self, now, machine, log);
        let tier = self.plan.machines[machine].tier;
        if !self.leads(tier, machine) {
            return;
        }
        if self.open_failover(machine).is_none() {
            let node = &self.world.nodes[machine];
            // A machine that loses messages now and then has no moment of failure: the silence began with the last
            // heartbeat.
            let failed = if node.gray() { node.heard } else { node.trouble.unwrap_or(node.heard) };
            let failover = self.begin(failed, machine);
            self.remember(failover);
        }
        let (passive, ttl) = (self.groups[tier].is_some(), self.by_dns(tier));
        let others = self.someone_else(machine);
        if let Some(failover) = self.open_failover(machine) {
            (failover.suspected, failover.alive) = (Some(now), alive);
            if !passive && failover.redundant && others {
                let wait = if ttl { super::analysis::DNS_TTL_US } else { 0 };
                failover.replaced = Some(now + wait);
            }
        }
        if passive {
            self.start_deciding(now, tier, log);
        }
    }

    /// Whether another machine with power could do what this one does.
    fn someone_else(&self, machine: usize) -> bool {
        let tier = self.plan.machines[machine].tier;
        let mut groups = self.plan.users.iter().chain(self.plan.tiers.iter().flat_map(|t| &t.deps));
        let powered = |m: &usize| *m != machine && self.world.powered(&self.plan, *m);
        let alternatives = groups.find(|g| g.contains(&tier)).cloned().unwrap_or_else(|| vec![tier]);
        alternatives.into_iter().flat_map(|t| self.plan.members(t)).any(|m| powered(&m))
    }
}
