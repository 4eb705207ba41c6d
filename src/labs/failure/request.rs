//! One request on its way through the tiers.

use super::analysis::DNS_TTL_US;
use super::group::Refusal;
use super::model::FailureModel;
use super::plan::{Kind, Plan};
use super::tuning::RECONNECT_US;
use crate::engine::Micros;
use rand::RngExt;

/// Users give up after this time, in microseconds.
pub const TIMEOUT_US: Micros = 1_000_000;

/// Why a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A machine does not answer.
    Silent(usize),
    /// The link from one machine to another is cut.
    Cut(usize, usize),
    /// A message to or from it was lost.
    Lost(usize),
    /// It answers too late.
    Slow(usize),
    /// A tier has nobody who serves.
    Nobody(usize),
    /// A tier has no primary that the client knows.
    NoPrimary(usize),
    /// Its lease is over or its epoch is past.
    Fenced(usize),
    /// Too few members hold the write, or answer the read.
    TooFew(usize),
    /// Fewer machines of a tier run than it needs: they cannot carry the load.
    Overloaded(usize),
    /// Two machines hold the virtual address of a tier: what began at one went on at the other.
    Doubled(usize, usize),
}

/// A request, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// When.
    pub at: Micros,
    /// Whether it writes.
    pub write: bool,
    /// The machines that it came to, in order.
    pub path: Vec<usize>,
    /// How long it took, in microseconds.
    pub latency: Micros,
    /// Why it failed, if it did.
    pub why: Option<Why>,
    /// Whether it read what was out of date.
    pub stale: bool,
    /// What it wrote: tier, member and entry.
    pub wrote: Vec<(usize, usize, u64)>,
}

/// Who calls: users of a region, or a machine.
#[derive(Clone, Copy)]
enum Caller {
    Users(usize),
    Machine(usize),
}

impl FailureModel {
    /// Sends one request.
    pub(super) fn send(&mut self, now: Micros) -> Trace {
        let number = self.counts.ok + self.counts.failed;
        let write = number % 2 == 1;
        // Users are spread over the regions that have machines.
        let regions: Vec<usize> = (0..self.plan.regions.len())
            .filter(|r| (0..self.plan.machines.len()).any(|m| self.plan.region_of(m) == *r))
            .collect();
        let home = regions.get((number / 2) as usize % regions.len().max(1)).copied().unwrap_or(0);
        let mut trace =
            Trace { at: now, write, path: Vec::new(), latency: 0, why: None, stale: false, wrote: Vec::new() };
        let plan = self.plan.clone();
        trace.why = self.call_all(&plan, &plan.users, Caller::Users(home), number, &mut trace).err();
        match trace.why {
            Some(_) => trace.latency = trace.latency.min(TIMEOUT_US),
            // Acknowledged is what a user was told, and nothing else.
            None => {
                for &(tier, member, entry) in &trace.wrote {
                    if let Some(group) = &mut self.groups[tier] {
                        group.log.acknowledge(member, entry..entry + 1, 1);
                    }
                }
            }
        }
        trace
    }

    /// Calls everything that is needed, one after the other.
    fn call_all(
        &mut self,
        plan: &Plan,
        groups: &[Vec<usize>],
        caller: Caller,
        number: u64,
        trace: &mut Trace,
    ) -> Result<(), Why> {
        for group in groups {
            let region = self.region(caller);
            let far = |t: &usize| !plan.members(*t).iter().any(|m| plan.region_of(*m) == region);
            let dead = |t: &usize| !plan.members(*t).iter().any(|m| self.trusts(caller, *m, trace.at));
            let well = |m: &usize| self.trusts(caller, *m, trace.at) && self.world.nodes[*m].healthy;
            let ill = |t: &usize| !plan.members(*t).iter().any(well);
            let tier = group.iter().copied().min_by_key(|t| (dead(t), ill(t), far(t))).unwrap_or(0);
            self.call(plan, tier, caller, number, trace)?;
        }
        Ok(())
    }

    fn region(&self, caller: Caller) -> usize {
        match caller {
            Caller::Users(region) => region,
            Caller::Machine(m) => self.plan.region_of(m),
        }
    }

    /// Whether a caller would send something to a machine: what DNS answered stays with users for a while.
    fn trusts(&self, caller: Caller, machine: usize, now: Micros) -> bool {
        let node = &self.world.nodes[machine];
        let by_dns = matches!(caller, Caller::Machine(m) if self.plan.tier_of(m).kind == Kind::Dns);
        let ttl = if by_dns { DNS_TTL_US } else { 0 };
        node.suspected.is_none_or(|since| since + ttl > now)
    }

    fn call(&mut self, plan: &Plan, tier: usize, caller: Caller, number: u64, trace: &mut Trace) -> Result<(), Why> {
        let running = plan.members(tier).into_iter().filter(|m| self.world.runs(plan, *m, trace.at)).count();
        if plan.tiers[tier].needs > running.max(1) {
            return Err(Why::Overloaded(tier));
        }
        let machine = match self.groups[tier].is_some() {
            true => self.primary_for(plan, tier, caller, trace)?,
            false => self.pick(plan, tier, caller, number, trace.at).ok_or(Why::Nobody(tier))?,
        };
        let Some(machine) = machine_or_follower(self, plan, tier, machine, caller, trace)? else { return Ok(()) };
        self.reach(plan, caller, machine, trace)?;
        if plan.tiers[tier].kind == Kind::Database && trace.write {
            self.write_at(tier, machine, trace)?;
        }
        self.call_all(plan, &plan.tiers[tier].deps, Caller::Machine(machine), number, trace)
    }

    fn write_at(&mut self, tier: usize, machine: usize, trace: &mut Trace) -> Result<(), Why> {
        let member = self.groups[tier].as_ref().and_then(|g| g.member(machine)).unwrap_or(0);
        match self.write(trace.at, tier, member) {
            Ok((latency, entry)) => {
                trace.latency += latency;
                trace.wrote.push((tier, member, entry));
                if trace.latency > TIMEOUT_US { Err(Why::Slow(machine)) } else { Ok(()) }
            }
            Err(Refusal::Fenced) => {
                self.lose_target(tier, machine, trace.at);
                Err(Why::Fenced(machine))
            }
            Err(Refusal::NotReplicated) => Err(Why::TooFew(tier)),
        }
    }

    /// One of the machines that serve: of those taken for alive and well, those near, in turn. If none is well, any.
    fn pick(&self, plan: &Plan, tier: usize, caller: Caller, number: u64, now: Micros) -> Option<usize> {
        let trusted: Vec<usize> = plan.members(tier).into_iter().filter(|m| self.trusts(caller, *m, now)).collect();
        let well: Vec<usize> = trusted.iter().copied().filter(|m| self.world.nodes[*m].healthy).collect();
        let some = if well.is_empty() { trusted } else { well };
        let region = self.region(caller);
        let near: Vec<usize> = some.iter().copied().filter(|m| plan.region_of(*m) == region).collect();
        let some = if near.is_empty() { some } else { near };
        some.get((number / 2) as usize % some.len().max(1)).copied()
    }

    /// The primary that a caller uses; if it does not answer, the caller looks for another one after a while.
    fn primary_for(&mut self, plan: &Plan, tier: usize, caller: Caller, trace: &mut Trace) -> Result<usize, Why> {
        let client = match caller {
            Caller::Users(_) => plan.machines.len(),
            Caller::Machine(m) => m,
        };
        if let Some((first, second)) = self.doubled(plan, tier, caller, trace.at) {
            trace.path.push(first);
            return Err(Why::Doubled(first, second));
        }
        let Some(group) = &self.groups[tier] else { return Err(Why::Nobody(tier)) };
        // A database answers reads without a lease, too; its writes are checked where they are written.
        let database = plan.tiers[tier].kind == Kind::Database;
        let answers = |m: usize| {
            let machine = group.members[m];
            let linked = match caller {
                Caller::Users(_) => true,
                Caller::Machine(c) => self.world.both_ways(c, machine),
            };
            let leads = group.claims[m] && (database || self.may_serve(group, m, trace.at));
            leads && linked && self.world.runs(plan, machine, trace.at)
        };
        let target = group.target[client];
        if let Some(m) = target.filter(|m| answers(*m)) {
            return Ok(group.members[m]);
        }
        let region = self.region(caller);
        let zone = if let Caller::Machine(c) = caller { Some(plan.machines[c].zone) } else { None };
        let far = |m: &usize| {
            let machine = group.members[*m];
            (Some(plan.machines[machine].zone) != zone, plan.region_of(machine) != region)
        };
        let serves = |m: &usize| answers(*m) && self.may_serve(group, *m, trace.at);
        let found = (0..group.members.len()).filter(serves).min_by_key(far);
        let waiting = group.retry[client] > trace.at;
        let old = target.map(|m| group.members[m]);
        let why = match old {
            Some(m) if !self.world.runs(plan, m, trace.at) => Why::Silent(m),
            _ => self.no_primary(tier, caller, trace.at),
        };
        let Some(group) = &mut self.groups[tier] else { return Err(why) };
        match found {
            Some(m) if !waiting => {
                group.target[client] = Some(m);
                Ok(group.members[m])
            }
            // A follower may still answer a read.
            _ => {
                if !waiting {
                    group.retry[client] = trace.at + RECONNECT_US;
                }
                if let Why::Silent(m) = why
                    && trace.write
                    && self.world.powered(plan, m)
                {
                    self.world.nodes[m].pending = (self.world.nodes[m].pending + 1).min(20);
                }
                if !trace.write && database {
                    return Ok(usize::MAX);
                }
                Err(why)
            }
        }
    }

    /// Two machines that both answer at the virtual address of a balancer, if a request that begins at the first goes
    /// on at the second: each of its two packets, to connect and to ask, comes to whom of them answered last.
    fn doubled(&mut self, plan: &Plan, tier: usize, caller: Caller, now: Micros) -> Option<(usize, usize)> {
        let group = self.groups[tier].as_ref().filter(|_| plan.tiers[tier].kind == Kind::Balancer)?;
        let answers = |m: &usize| {
            let machine = group.members[*m];
            let linked = match caller {
                Caller::Users(_) => true,
                Caller::Machine(c) => self.world.both_ways(c, machine),
            };
            linked && self.world.runs(plan, machine, now) && self.may_serve(group, *m, now)
        };
        let holders: Vec<usize> = group.claimers().into_iter().filter(answers).map(|m| group.members[m]).collect();
        if holders.len() < 2 {
            return None;
        }
        let mut any = || holders[self.rng.random_range(0..holders.len())];
        let (first, second) = (any(), any());
        (first != second).then_some((first, second))
    }

    /// Why a caller finds no primary: there is none, or no link leads to it.
    fn no_primary(&self, tier: usize, caller: Caller, now: Micros) -> Why {
        let (Some(group), Caller::Machine(from)) = (&self.groups[tier], caller) else { return Why::NoPrimary(tier) };
        let primary = group.primary().map(|p| group.members[p]).filter(|m| self.world.runs(&self.plan, *m, now));
        match primary {
            Some(to) if !self.world.both_ways(from, to) => Why::Cut(from, to),
            _ => Why::NoPrimary(tier),
        }
    }

    fn lose_target(&mut self, tier: usize, machine: usize, now: Micros) {
        if let Some(group) = &mut self.groups[tier] {
            let member = group.member(machine);
            for client in 0..group.target.len() {
                if group.target[client] == member {
                    (group.target[client], group.retry[client]) = (None, now + RECONNECT_US);
                }
            }
        }
    }

    /// The way to a machine, its work, and the way back.
    fn reach(&mut self, plan: &Plan, caller: Caller, machine: usize, trace: &mut Trace) -> Result<(), Why> {
        trace.path.push(machine);
        let mut hop = 2_000;
        if let Caller::Users(home) = caller {
            hop += if plan.region_of(machine) == home { 0 } else { 40_000 };
        }
        let mut loss = self.world.nodes[machine].loss;
        if let Caller::Machine(c) = caller {
            hop = self.world.hop_us(plan, c, machine);
            loss = self.world.loss(c, machine);
        }
        if !self.world.runs(plan, machine, trace.at) {
            return Err(Why::Silent(machine));
        }
        if let Caller::Machine(from) = caller
            && !self.world.both_ways(from, machine)
        {
            return Err(Why::Cut(from, machine));
        }
        // There and back.
        if loss > 0.0 && self.rng.random::<f64>() > (1.0 - loss) * (1.0 - loss) {
            return Err(Why::Lost(machine));
        }
        let work = plan.tier_of(machine).kind.work_us() as f64 * self.world.nodes[machine].slow;
        trace.latency = trace.latency.saturating_add(2 * hop + work as Micros);
        if trace.latency > TIMEOUT_US { Err(Why::Slow(machine)) } else { Ok(()) }
    }
}

/// Reads of a database may go to a follower; everything else goes to the primary.
fn machine_or_follower(
    model: &mut FailureModel,
    plan: &Plan,
    tier: usize,
    machine: usize,
    caller: Caller,
    trace: &mut Trace,
) -> Result<Option<usize>, Why> {
    if plan.tiers[tier].kind != Kind::Database || trace.write {
        return Ok(Some(machine));
    }
    let primary = model.groups[tier].as_ref().and_then(|g| g.member(machine));
    let client = if let Caller::Machine(c) = caller { Some(c) } else { None };
    let (member, stale) = model.read(trace.at, tier, client, primary).map_err(|why| match why {
        Refusal::NotReplicated => Why::TooFew(tier),
        Refusal::Fenced => model.no_primary(tier, caller, trace.at),
    })?;
    trace.stale |= stale;
    Ok(model.groups[tier].as_ref().and_then(|g| g.members.get(member).copied()))
}
