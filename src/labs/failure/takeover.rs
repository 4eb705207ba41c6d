//! Who comes to serve as primary, who gives it up, and which acknowledged writes that leaves in nobody's log.

use super::group::{Group, Phase};
use super::model::{Due, FailureModel};
use super::narrate;
use super::plan::Kind;
use super::tuning::{ELECTION_US, RECONNECT_US};
use crate::engine::{Event, Micros};

/// What a takeover does to acknowledged writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// They stood in the log of somebody who believed to be primary, and the new primary does not have them.
    pub missing: u64,
    /// They were lost before, and stand in the new primary's log.
    pub found: u64,
}

impl FailureModel {
    /// What a machine does once a second that believes it is primary, or stands by.
    pub(super) fn lead(&mut self, now: Micros, machine: usize, log: &mut Vec<Event>) {
        let tier = self.plan.machines[machine].tier;
        let Some(mut group) = self.groups[tier].take() else { return };
        let member = group.member(machine).unwrap_or(0);
        if self.tuning.fencing && self.has_majority(&group, member, now) {
            self.renew(now, &mut group, member, log);
        }
        // Its failure may have been no news when it took over: cut off from its peer, it was suspected already.
        let alone = group.phase == Phase::Calm && group.members.len() > 1 && self.leaderless(&group, now);
        let primary = group.primary().map(|p| group.members[p]);
        self.groups[tier] = Some(group);
        if alone && let Some(primary) = primary.filter(|p| self.world.nodes[*p].suspected.is_some()) {
            if let Some(failover) = self.open_failover(primary) {
                failover.suspected.get_or_insert(now);
            }
            self.start_deciding(now, tier, log);
        }
    }

    /// A member that hears a majority renews its lease, or learns that somebody else leads.
    fn renew(&mut self, now: Micros, group: &mut Group, member: usize, log: &mut Vec<Event>) {
        if group.superseded(member) {
            // Only a new epoch could make it primary again. It follows as soon as it hears whom.
            return self.follow_newest(now, group, member, log);
        }
        if !group.claims[member] && group.phase != Phase::Promoting(member) {
            return;
        }
        if let Ok(lease) = group.grantor.ask(member as u32, now) {
            let ended = group.lease_ends[member];
            group.lease_ends[member] = lease.ends_us;
            if group.claims[member] && group.members.len() > 1 && ended > 0 && ended <= now {
                self.forget_insight();
                narrate::resumed(self, now, group, member, log);
            }
        }
    }

    /// A primary of the past steps down if it and the newest one hear each other.
    fn follow_newest(&mut self, now: Micros, group: &mut Group, member: usize, log: &mut Vec<Event>) {
        if group.primary().is_some_and(|newest| newest != member && self.talk(group, member, newest, now)) {
            self.step_down(now, group, member, log);
        }
    }

    /// Of these machines, those that still believe they are primary although there is a newer one follow it, if they
    /// hear it.
    pub(super) fn reconcile(&mut self, now: Micros, machines: &[usize], log: &mut Vec<Event>) {
        for tier in 0..self.groups.len() {
            let Some(mut group) = self.groups[tier].take() else { continue };
            for m in group.claimers() {
                if group.superseded(m) && machines.contains(&group.members[m]) {
                    self.follow_newest(now, &mut group, m, log);
                }
            }
            self.groups[tier] = Some(group);
        }
    }

    /// Whether the newest primary cannot serve: it does not run, or has lost its lease.
    fn leaderless(&self, group: &Group, now: Micros) -> bool {
        let serves = |p: usize| self.world.runs(&self.plan, group.members[p], now) && self.may_serve(group, p, now);
        !group.primary().is_some_and(serves)
    }

    /// The newest of those that serve as primary now; if none does, the newest.
    pub(super) fn serving_primary(&self, group: &Group) -> Option<usize> {
        let serves = |m: &usize| {
            self.world.runs(&self.plan, group.members[*m], self.clock) && self.may_serve(group, *m, self.clock)
        };
        let serving = group.claimers().into_iter().filter(serves).max_by_key(|m| group.log_of(*m).epoch());
        serving.or_else(|| group.primary())
    }

    /// Seeks a successor for a tier whose primary is declared dead.
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
        // A primary of the past is one machine like any other; the newest is who must be replaced.
        let newest = group.primary();
        let fit = |m: &usize| {
            newest != Some(*m)
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
        // A primary of the past runs the service already.
        let former = group.claims[member];
        let ready = now + if former { 0 } else { self.tuning.standby.promotion_us() };
        let name = self.plan.machines[group.members[member]].name.clone();
        if let Some(failover) = old.and_then(|old| self.open_failover(old)) {
            (failover.decided, failover.to) = (Some(now), Some(name));
        }
        narrate::decided(self, now, group.members[member], (ready, former), log);
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
                let lost = group.log.lost(&group.claimers());
                self.crown(now, member, &mut group, lost, log);
            } else {
                // The successor died or was cut off on the way: seek another.
                (group.phase, group.told) = (Phase::Deciding, false);
                self.queue.push(now + ELECTION_US, Due::Decide(tier));
            }
        }
        self.groups[tier] = Some(group);
    }

    /// A member is primary from now on, in a new epoch; `lost` acknowledged writes were lost before.
    pub(super) fn crown(&mut self, now: Micros, member: usize, group: &mut Group, lost: u64, log: &mut Vec<Event>) {
        let (machine, old) = (group.members[member], group.primary());
        // Primaries that are off know nothing of this until they come back, and then they ask first.
        let before = group.claimers();
        for m in (0..group.members.len()).filter(|m| *m != member) {
            group.claims[m] &= self.world.powered(&self.plan, group.members[m]);
        }
        let with_it: Vec<usize> = before.iter().copied().chain([member]).collect();
        let losses = match self.plan.tier_of(machine).kind {
            Kind::Database => Losses {
                found: lost.saturating_sub(group.log.lost(&with_it)),
                missing: group.log.lost(&[member]).saturating_sub(lost.min(group.log.lost(&with_it))),
            },
            _ => Losses::default(),
        };
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
        self.rpo_writes = losses.missing;
        let old = old.map(|old| group.members[old]);
        if let Some(failover) = old.and_then(|old| self.open_failover(old)) {
            (failover.promoted, failover.lost_writes) = (Some(now), losses.missing);
        }
        self.forget_insight();
        (self.split_seen, self.split_told) =
            (self.split_seen | self.is_split(group), self.split_told | self.is_split(group));
        narrate::promoted(self, now, group, member, losses, log);
    }

    /// A member that believes it is primary learns of a newer one, and follows it. What it wrote since is lost.
    pub(super) fn step_down(&mut self, now: Micros, group: &mut Group, member: usize, log: &mut Vec<Event>) {
        let Some(newer) = group.primary().filter(|p| *p != member) else { return };
        // What the takeover counted was the beginning: both may have gone on writing.
        let missing = self.missing_of(group);
        let before = group.log.lost(&group.claimers());
        group.claims[member] = false;
        let lost = group.log.lost(&group.claimers()).saturating_sub(before);
        self.rpo_writes = self.rpo_writes.max(missing);
        let cut = group.log.copy(newer, member, u64::MAX);
        self.forget_insight();
        narrate::stepped_down(self, now, group, member, newer, (cut, lost), log);
    }

    /// Acknowledged writes that stand in the log of somebody who believes it is primary, but not in the newest one's.
    fn missing_of(&self, group: &Group) -> u64 {
        let claimers = group.claimers();
        let newest = group.primary().filter(|p| self.plan.tier_of(group.members[*p]).kind == Kind::Database);
        newest.map_or(0, |newest| group.log.lost(&[newest]).saturating_sub(group.log.lost(&claimers)))
    }

    /// Acknowledged writes that only an older primary has, which still believes it is one.
    pub(super) fn pending_writes(&self) -> u64 {
        self.groups.iter().flatten().map(|g| self.missing_of(g)).sum()
    }

    /// Acknowledged writes that the newest primaries do not have: while two write, they grow.
    pub(super) fn missing_writes(&self) -> u64 {
        match self.pending_writes() {
            0 => self.rpo_writes,
            pending => pending,
        }
    }

    /// Acknowledged writes that are in the log of nobody who believes it is primary: nobody will have them, unless
    /// a machine that still holds them becomes primary.
    pub(super) fn lost_writes(&self) -> u64 {
        let database = |g: &&Group| g.members.first().is_some_and(|m| self.plan.tier_of(*m).kind == Kind::Database);
        let lost = self.groups.iter().flatten().filter(database).map(|g| g.log.lost(&g.claimers())).sum::<u64>();
        self.counts.lost_before + lost
    }
}
