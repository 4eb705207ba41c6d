//! A tier where one machine serves and the others stand by: who believes it is primary, leases, logs.

use super::model::FailureModel;
use super::tuning::LEASE_US;
use crate::algorithms::lease::{Fence, Grantor};
use crate::algorithms::replication::{self, Log, Mode};
use crate::engine::Micros;

/// A backup for cold standbys is written this often, in microseconds.
pub const BACKUP_US: Micros = 60_000_000;

/// Where a failover stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing is to be done.
    Calm,
    /// The primary is taken for dead; a successor is sought.
    Deciding,
    /// This member is being made primary.
    Promoting(usize),
}

/// Such a tier. Members are numbered as the tier's machines are.
#[derive(Clone, Debug)]
pub struct Group {
    /// Machines of the members.
    pub members: Vec<usize>,
    /// Who believes it is primary.
    pub claims: Vec<bool>,
    /// Until when each member believes to hold the lease.
    pub lease_ends: Vec<Micros>,
    /// Logs.
    pub log: replication::Group,
    /// Grants leases.
    pub grantor: Grantor,
    /// Stands before the members' stores.
    pub fence: Fence,
    /// Where a failover stands.
    pub phase: Phase,
    /// The member that each client uses; the last client is the users.
    pub target: Vec<Option<usize>>,
    /// When each client that has none may look for one again.
    pub retry: Vec<Micros>,
    /// When the last backup was written.
    pub backup: Micros,
    /// Whether the lack of a majority was told.
    pub told: bool,
}

impl Group {
    /// A group whose first member is primary.
    pub fn new(members: Vec<usize>, clients: usize, mode: Mode, now: Micros) -> Self {
        let count = members.len();
        let mut grantor = Grantor::new(LEASE_US);
        let ends = grantor.ask(0, now).map_or(now, |lease| lease.ends_us);
        Self {
            claims: (0..count).map(|m| m == 0).collect(),
            lease_ends: (0..count).map(|m| if m == 0 { ends } else { 0 }).collect(),
            log: replication::Group::new(count, mode),
            grantor,
            fence: Fence::default(),
            phase: Phase::Calm,
            target: vec![Some(0); clients],
            retry: vec![0; clients],
            backup: now,
            told: false,
            members,
        }
    }

    /// The member that is a machine.
    pub fn member(&self, machine: usize) -> Option<usize> {
        self.members.iter().position(|m| *m == machine)
    }

    /// The log of a member.
    pub fn log_of(&self, member: usize) -> &Log {
        &self.log.logs()[member]
    }

    /// The primary of the highest epoch; it may be down, or without a lease.
    pub fn primary(&self) -> Option<usize> {
        self.claimers().into_iter().max_by_key(|m| self.log_of(*m).epoch())
    }

    /// Who believes it is primary: what stands in none of their logs is lost.
    pub fn claimers(&self) -> Vec<usize> {
        (0..self.members.len()).filter(|m| self.claims[*m]).collect()
    }

    /// Whether a member believes it is primary although another one has begun an epoch since.
    pub fn superseded(&self, member: usize) -> bool {
        self.claims[member] && self.log_of(member).epoch() < self.log.epoch()
    }
}

/// What a write or a read came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Its lease is over, or a newer primary's epoch was seen.
    Fenced,
    /// Too few members hold it.
    NotReplicated,
}

impl FailureModel {
    /// Whether two members hear each other and both run.
    pub(super) fn talk(&self, group: &Group, a: usize, b: usize, now: Micros) -> bool {
        let (a, b) = (group.members[a], group.members[b]);
        self.world.runs(&self.plan, a, now) && self.world.runs(&self.plan, b, now) && self.world.both_ways(a, b)
    }

    /// Whether a member hears a majority of the voters: the members, and a witness if they are even in number.
    pub(super) fn has_majority(&self, group: &Group, member: usize, now: Micros) -> bool {
        let count = group.members.len();
        let machine = group.members[member];
        if !self.world.runs(&self.plan, machine, now) {
            return false;
        }
        let others = (0..count).filter(|m| *m != member && self.talk(group, member, *m, now)).count();
        let witness = self.plan.witness(self.plan.machines[machine].tier);
        let heard = witness.is_some_and(|zone| self.world.heard_by_witness(&self.plan, machine, zone));
        (1 + others + usize::from(heard)) * 2 > count + usize::from(witness.is_some())
    }

    /// Whether a primary may serve: with leases, only while it holds one.
    pub(super) fn may_serve(&self, group: &Group, member: usize, now: Micros) -> bool {
        !self.tuning.fencing || group.members.len() < 2 || group.lease_ends[member] > now
    }

    /// A write at a member that believes it is primary; gives the time that its copies take, and the entry. It is
    /// not acknowledged yet: on its way back the request can still fail.
    ///
    /// # Errors
    /// Why it was refused; it may stand in the primary's log all the same.
    pub(super) fn write(&mut self, now: Micros, tier: usize, primary: usize) -> Result<(Micros, u64), Refusal> {
        let Some(mut group) = self.groups[tier].take() else { return Ok((0, 0)) };
        let written = self.write_in(now, &mut group, primary);
        self.groups[tier] = Some(group);
        written
    }

    fn write_in(&mut self, now: Micros, group: &mut Group, primary: usize) -> Result<(Micros, u64), Refusal> {
        let epoch = group.log_of(primary).epoch();
        let knows = |m: usize| m == primary || self.talk(group, primary, m, now);
        let newer = (0..group.members.len()).any(|m| knows(m) && group.log_of(m).epoch() > epoch);
        if self.tuning.fencing && (!self.may_serve(group, primary, now) || newer && !group.fence.admit(epoch)) {
            self.counts.fenced_writes += 1;
            return Err(Refusal::Fenced);
        }
        let entry = group.log.append(primary);
        let mut followers: Vec<usize> = self.followers(group, primary, now);
        let alive = |m: &usize| *m == primary || self.world.nodes[group.members[*m]].suspected.is_none();
        let live = (0..group.members.len()).filter(|m| !group.claims[*m] || *m == primary).filter(alive).count();
        let needed = group.log.mode().needed(live);
        let way = |m: &usize| {
            let (from, to) = (group.members[primary], group.members[*m]);
            2.0 * self.world.hop_us(&self.plan, from, to) as f64 * self.world.nodes[to].slow
        };
        match group.log.mode() {
            // Any members may form a quorum; otherwise the nearest answer first.
            Mode::Quorum { .. } => shuffle(&mut followers, &mut self.rng),
            _ => followers.sort_by(|a, b| way(a).total_cmp(&way(b))),
        }
        let chosen = &followers[..followers.len().min(needed - 1)];
        let latency = chosen.iter().map(&way).fold(0.0, f64::max) as Micros;
        for &m in chosen {
            group.log.copy(primary, m, entry + 1);
        }
        if chosen.len() + 1 < needed {
            return Err(Refusal::NotReplicated);
        }
        Ok((latency, entry))
    }

    /// Members that follow a primary and hear it now.
    fn followers(&self, group: &Group, primary: usize, now: Micros) -> Vec<usize> {
        let cold = self.tuning.standby == super::command::Standby::Cold;
        let follows = |m: usize| m != primary && !group.claims[m] && !cold && self.talk(group, primary, m, now);
        (0..group.members.len()).filter(|m| follows(*m)).collect()
    }

    /// A read by a client machine: from a follower in its zone, else from its primary; in quorums from R members.
    /// Gives the member that answers, and whether it lacks a write that was acknowledged.
    ///
    /// # Errors
    /// [`Refusal::NotReplicated`] when too few members of a quorum answer, [`Refusal::Fenced`] when nobody does.
    pub(super) fn read(
        &mut self,
        now: Micros,
        tier: usize,
        client: Option<usize>,
        primary: Option<usize>,
    ) -> Result<(usize, bool), Refusal> {
        let Some(group) = self.groups[tier].take() else { return Ok((0, false)) };
        let answer = self.read_in(now, &group, client, primary);
        self.groups[tier] = Some(group);
        answer
    }

    fn read_in(
        &mut self,
        now: Micros,
        group: &Group,
        client: Option<usize>,
        primary: Option<usize>,
    ) -> Result<(usize, bool), Refusal> {
        let reach = |m: usize| {
            let machine = group.members[m];
            self.world.runs(&self.plan, machine, now) && client.is_none_or(|c| self.world.both_ways(c, machine))
        };
        let newest = group.primary().and_then(|p| group.log.newest_acknowledged(p));
        let stale = |m: usize| newest.is_some_and(|run| !group.log.holds(m, run.epoch, run.end - 1));
        if let Mode::Quorum { read, .. } = group.log.mode() {
            let mut asked: Vec<usize> = (0..group.members.len()).filter(|m| reach(*m)).collect();
            shuffle(&mut asked, &mut self.rng);
            asked.truncate(read);
            let first = asked.first().copied().filter(|_| asked.len() == read).ok_or(Refusal::NotReplicated)?;
            return Ok((first, asked.into_iter().all(stale)));
        }
        let hot = self.tuning.standby == super::command::Standby::Hot;
        let near =
            |m: usize| client.is_some_and(|c| self.plan.machines[c].zone == self.plan.machines[group.members[m]].zone);
        let follower = (0..group.members.len())
            .find(|m| hot && !group.claims[*m] && near(*m) && reach(*m) && group.phase != Phase::Promoting(*m));
        // Without a primary any follower will do, be it far away.
        let any = || (0..group.members.len()).find(|m| hot && !group.claims[*m] && reach(*m));
        let member = follower.or(primary).or_else(any).ok_or(Refusal::Fenced)?;
        Ok((member, stale(member)))
    }

    /// Followers catch up with the primary that they hear.
    pub(super) fn ship(&mut self, now: Micros) {
        let cold = self.tuning.standby == super::command::Standby::Cold;
        for tier in 0..self.groups.len() {
            let Some(mut group) = self.groups[tier].take() else { continue };
            let due = !cold || now >= group.backup + BACKUP_US;
            if due {
                group.backup = now;
            }
            for m in (0..group.members.len()).filter(|m| due && !group.claims[*m]) {
                let claiming = (0..group.members.len()).filter(|p| group.claims[*p]);
                let heard = claiming.filter(|p| self.talk(&group, *p, if cold { *p } else { m }, now));
                if let Some(p) = heard.max_by_key(|p| group.log_of(*p).epoch())
                    && group.log_of(p).epoch() >= group.log_of(m).epoch()
                {
                    group.log.copy(p, m, u64::MAX);
                }
            }
            self.groups[tier] = Some(group);
        }
    }
}

/// Any order, each as likely.
fn shuffle(items: &mut [usize], rng: &mut rand_chacha::ChaCha8Rng) {
    use rand::seq::SliceRandom;
    items.shuffle(rng);
}
