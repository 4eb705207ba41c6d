//! From the last heartbeat to clients that are back: suspicion, decision, promotion, reconnect.

use super::group::{Group, Phase};
use super::model::{Due, FailureModel};
use super::narrate;
use super::plan::Kind;
use super::tuning::{ELECTION_US, RECONNECT_US};
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

    /// Counts a request, until a little after clients are back.
    pub fn count(&mut self, now: Micros, served: bool) {
        // Clients come back one after the other: until the last one has, it is not over.
        let coming_back = self.promoted.is_some_and(|at| now <= at + 2 * RECONNECT_US);
        if !served && self.passive && coming_back && !self.repaired {
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
        let serves = match &self.groups[tier] {
            Some(group) => group.member(machine).is_some_and(|m| group.claims[m]),
            None => true,
        };
        if serves && self.open_failover(machine).is_none() {
            let failover = self.begin(now, machine);
            self.remember(failover);
        }
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
        self.failovers.iter_mut().rev().find(|f| f.back.is_none() && f.from == *name)
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
        narrate::trusted(self, now, machine, since, log);
        let tier = self.plan.machines[machine].tier;
        if let Some(group) = &mut self.groups[tier]
            && group.phase == Phase::Deciding
            && group.member(machine).is_some_and(|m| group.claims[m])
        {
            group.phase = Phase::Calm;
        }
        self.close_repaired(now, machine);
    }

    /// A failover of a machine that is back before anyone took over is over.
    pub(super) fn close_repaired(&mut self, now: Micros, machine: usize) {
        if let Some(failover) = self.open_failover(machine)
            && failover.promoted.is_none()
        {
            (failover.back, failover.repaired) = (Some(now), true);
        }
    }

    /// Silence has lasted too long: the machine is taken for dead.
    pub(super) fn suspect(&mut self, now: Micros, machine: usize, log: &mut Vec<Event>) {
        self.suspicion[machine] = None;
        if self.world.nodes[machine].suspected.is_some() {
            return;
        }
        self.world.nodes[machine].suspected = Some(now);
        self.counts.suspicions += 1;
        let alive = self.world.runs(&self.plan, machine, now);
        if alive {
            self.counts.false_alarms += 1;
            self.world.nodes[machine].false_alarms += 1;
        }
        narrate::suspected(self, now, machine, log);
        let tier = self.plan.machines[machine].tier;
        let serves = match &self.groups[tier] {
            Some(group) => group.member(machine).is_some_and(|m| group.claims[m]),
            None => true,
        };
        if !serves {
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
                failover.back = Some(now + wait);
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

    /// Seeks a successor for a tier whose primary is taken for dead.
    pub(super) fn start_deciding(&mut self, now: Micros, tier: usize, log: &mut Vec<Event>) {
        let Some(group) = &mut self.groups[tier] else { return };
        if group.members.len() < 2 || group.phase != Phase::Calm {
            if group.members.len() < 2 {
                narrate::nobody(self, now, tier, log);
            }
            return;
        }
        (group.phase, group.told) = (Phase::Deciding, false);
        self.queue.push(now + ELECTION_US, Due::Decide(tier));
    }

    /// The member that should take over: it runs, and its log is the most up to date. Whether others suspect it does
    /// not count: it knows best that it lives.
    fn successor(&self, group: &Group, now: Micros) -> Option<usize> {
        let fit = |m: &usize| {
            !group.claims[*m]
                && self.world.runs(&self.plan, group.members[*m], now)
                && (!self.tuning.fencing || self.has_majority(group, *m, now))
        };
        let fit: Vec<usize> = (0..group.members.len()).filter(fit).collect();
        group.log.most_up_to_date(&fit)
    }

    /// Decides who takes over, or waits: for a lease to run out, for a majority, for anyone at all.
    pub(super) fn decide(&mut self, now: Micros, tier: usize, log: &mut Vec<Event>) {
        let Some(mut group) = self.groups[tier].take() else { return };
        if group.phase == Phase::Deciding {
            match self.successor(&group, now) {
                None => {
                    if !group.told {
                        narrate::no_successor(self, now, &group, tier, log);
                    }
                    group.told = true;
                    self.queue.push(now + 1_000_000, Due::Decide(tier));
                }
                Some(member) => self.grant(now, tier, member, &mut group, log),
            }
        }
        self.groups[tier] = Some(group);
    }

    fn grant(&mut self, now: Micros, tier: usize, member: usize, group: &mut Group, log: &mut Vec<Event>) {
        if self.tuning.fencing {
            match group.grantor.ask(member as u32, now) {
                Ok(lease) => group.lease_ends[member] = lease.ends_us,
                Err(lease) => {
                    if !group.told {
                        narrate::lease_held(self, now, group, &lease, log);
                    }
                    group.told = true;
                    self.queue.push(lease.ends_us.max(now + 1), Due::Decide(tier));
                    return;
                }
            }
        }
        group.phase = Phase::Promoting(member);
        let old = group.primary().map(|p| group.members[p]);
        let ready = now + self.tuning.standby.promotion_us();
        let name = self.plan.machines[group.members[member]].name.clone();
        if let Some(failover) = old.and_then(|old| self.open_failover(old)) {
            (failover.decided, failover.to) = (Some(now), Some(name));
        }
        narrate::decided(self, now, group.members[member], ready, log);
        self.queue.push(ready, Due::Promote(tier));
    }

    /// The successor is ready: it serves from now on.
    pub(super) fn promote(&mut self, now: Micros, tier: usize, log: &mut Vec<Event>) {
        let Some(mut group) = self.groups[tier].take() else { return };
        if let Phase::Promoting(member) = group.phase {
            let machine = group.members[member];
            let runs = self.world.runs(&self.plan, machine, now);
            let leads = !self.tuning.fencing
                || self.has_majority(&group, member, now) && group.grantor.ask(member as u32, now).is_ok();
            if runs && leads {
                self.crown(now, member, &mut group, log);
            } else {
                // The successor died or was cut off on the way: seek another.
                (group.phase, group.told) = (Phase::Deciding, false);
                self.queue.push(now + ELECTION_US, Due::Decide(tier));
            }
        }
        self.groups[tier] = Some(group);
    }

    fn crown(&mut self, now: Micros, member: usize, group: &mut Group, log: &mut Vec<Event>) {
        let (machine, old) = (group.members[member], group.primary());
        let lost = if self.plan.tier_of(machine).kind == Kind::Database { group.log.lost(member) } else { 0 };
        // Primaries that are off know nothing of this until they come back, and then they ask first.
        for m in (0..group.members.len()).filter(|m| *m != member) {
            group.claims[m] &= self.world.powered(&self.plan, group.members[m]);
        }
        let epoch = old.map_or(0, |old| group.log_of(old).epoch());
        group.lost = group.log.acknowledged_of(epoch).and_then(|run| group.log.missing(member, run));
        if !group.claims.contains(&true) {
            group.log.write_off(member);
            self.counts.lost_writes += lost;
        }
        group.claims[member] = true;
        let epoch = group.log.promote(member);
        group.phase = Phase::Calm;
        if self.tuning.fencing {
            group.fence.admit(epoch);
            if let Ok(lease) = group.grantor.ask(member as u32, now) {
                group.lease_ends[member] = lease.ends_us;
            }
        }
        // Clients in its zone hear of it at once; the others when their primary no longer answers.
        let zone = self.plan.machines[machine].zone;
        for client in 0..group.target.len() {
            if self.plan.machines.get(client).is_some_and(|c| c.zone == zone) {
                group.target[client] = Some(member);
            }
            group.retry[client] = group.retry[client].max(now + RECONNECT_US);
        }
        self.counts.failovers += 1;
        self.rpo_writes = lost;
        let old = old.map(|old| group.members[old]);
        if let Some(failover) = old.and_then(|old| self.open_failover(old)) {
            (failover.promoted, failover.lost_writes) = (Some(now), lost);
        }
        self.split_seen |= self.is_split(group);
        narrate::promoted(self, now, group, member, lost, log);
    }

    /// A member that believes to be primary learns of a newer one, and follows it. What it wrote since is lost.
    pub(super) fn step_down(&mut self, now: Micros, group: &mut Group, member: usize, log: &mut Vec<Event>) {
        let Some(newer) = group.primary().filter(|p| *p != member) else { return };
        group.claims[member] = false;
        let epoch = group.log_of(member).epoch();
        let left = group.claims.iter().filter(|c| **c).count() == 1;
        let lost = if left { group.log.lost(newer) } else { 0 };
        self.counts.lost_writes += lost;
        // What the takeover counted was the beginning: both went on writing.
        self.rpo_writes = self.rpo_writes.max(lost);
        group.lost = group.log.acknowledged_of(epoch).and_then(|run| group.log.missing(newer, run)).or(group.lost);
        if left {
            group.log.write_off(newer);
        }
        let cut = group.log.copy(newer, member, u64::MAX);
        narrate::stepped_down(self, now, group, member, newer, (cut, lost), log);
    }
}
