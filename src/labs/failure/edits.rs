//! Live edits of the design: what runs goes on running.

use std::sync::Arc;

use super::analysis::{Analysis, best_zone, replicated};
use super::command::FailureCommand;
use super::group::{Group, Phase};
use super::model::{Chaos, FailureModel};
use super::narrate;
use super::plan::{Kind, Life, MAX_PLACES, Machine, Plan, Scope, Style, Tier, Zone};
use super::topology;
use super::tuning::LEASE_US;
use super::watch::Watch;
use super::world::{Cut, Node, World};
use crate::algorithms::detector::Swim;
use crate::algorithms::lease::Grantor;
use crate::engine::{Event, Micros, ModelError};

/// Does one edit.
///
/// # Errors
/// Names that are unknown or taken, and every design that [`topology::check`] refuses.
pub fn edit(
    model: &mut FailureModel,
    now: Micros,
    command: &FailureCommand,
    log: &mut Vec<Event>,
) -> Result<(), ModelError> {
    let mut plan = (*model.plan).clone();
    let what = match command {
        FailureCommand::Add { name, kind, before } => {
            let before = before.as_ref().map(|b| model.find_tier(b)).transpose()?;
            add(&mut plan, name, *kind, before);
            let who = before.map_or("users reach everything through it", |_| "what depends on it needs it from now on");
            format!("{name} joins, of the kind {}, with one machine: {who}", kind.name())
        }
        FailureCommand::Connect { from, to, instead_of } => {
            let (a, b) = (model.find_tier(from)?, model.find_tier(to)?);
            let instead_of = instead_of.as_ref().map(|i| model.find_tier(i)).transpose()?;
            connect(&mut plan, (a, b), instead_of)?
        }
        FailureCommand::Disconnect { from, to } => {
            let (a, b) = (model.find_tier(from)?, model.find_tier(to)?);
            let deps = &mut plan.tiers[a].deps;
            if !deps.iter().flatten().any(|d| *d == b) {
                return Err(ModelError::new(format!("{from} does not depend on {to}"), "see the lines of the picture"));
            }
            deps.iter_mut().for_each(|group| group.retain(|d| *d != b));
            deps.retain(|group| !group.is_empty());
            format!("{} no longer depends on {}", plan.tiers[a].name, plan.tiers[b].name)
        }
        FailureCommand::Replicate { tier, zone } => {
            let tier = model.find_tier(tier)?;
            let at = plan.members(tier).first().map_or(0, |m| plan.machines[*m].zone);
            let zone = zone.as_ref().map(|z| zone_of(&mut plan, z, at)).transpose()?;
            let zone = zone.unwrap_or_else(|| best_zone(&plan, &model.tuning, tier));
            plan = replicated(&plan, tier, zone);
            let newest = plan.members(tier).last().map_or("", |m| plan.machines[*m].name.as_str());
            format!("{newest} joins {} in {}", plan.tiers[tier].name, plan.zones[zone].name)
        }
        FailureCommand::Place { machine, zone } => {
            let machine = model.find_machine(machine)?;
            place(&mut plan, machine, zone)?
        }
        FailureCommand::Remove { machine } => {
            let machine = model.find_machine(machine)?;
            remove(&mut plan, machine)
        }
        _ => return Ok(()),
    };
    topology::check(&plan)?;
    let (old, before, lost) = (Arc::clone(&model.plan), Arc::clone(&model.analysis), model.lost_writes());
    let mut taken_over = Vec::new();
    model.rebuild(now, plan, &mut taken_over)?;
    narrate::edited(model, now, &what, (&old, &before), log);
    if taken_over.is_empty() {
        narrate::gone_with(now, model.lost_writes().saturating_sub(lost), log);
    }
    log.append(&mut taken_over);
    Ok(())
}

/// The zone of a name; a new name makes a new zone in the region of the zone `beside`.
fn zone_of(plan: &mut Plan, name: &str, beside: usize) -> Result<usize, ModelError> {
    if let Some(found) = plan.zones.iter().position(|z| z.name == name) {
        return Ok(found);
    }
    if plan.find(name).is_some() {
        return Err(ModelError::new(format!("'{name}' is not a zone"), "name a zone, or a new name for a new one"));
    }
    if plan.zones.len() >= MAX_PLACES {
        return Err(ModelError::new(format!("there are {MAX_PLACES} zones already"), "use one of them"));
    }
    let region = plan.zones[beside].region;
    plan.zones.push(Zone { name: name.to_owned(), region, life: Life::ZONE });
    Ok(plan.zones.len() - 1)
}

fn add(plan: &mut Plan, name: &str, kind: Kind, before: Option<usize>) {
    let new = plan.tiers.len();
    let (mtbf, mttr) = kind.hours();
    let neighbour = before.or(plan.users.iter().flatten().next().copied());
    let zone = neighbour.and_then(|t| plan.members(t).first().map(|m| plan.machines[*m].zone)).unwrap_or(0);
    let passive = kind == Kind::Database;
    plan.tiers.push(Tier {
        name: name.to_owned(),
        kind,
        life: Life { mtbf_s: mtbf * 3_600.0, mttr_s: mttr * 3_600.0 },
        needs: 1,
        style: if passive { Style::Passive } else { Style::Active },
        deps: Vec::new(),
        cost: kind.cost(),
    });
    plan.machines.push(Machine { name: format!("{name}-1"), tier: new, zone });
    match before {
        Some(tier) => plan.tiers[tier].deps.push(vec![new]),
        None => plan.tiers[new].deps = std::mem::replace(&mut plan.users, vec![vec![new]]),
    }
}

fn connect(plan: &mut Plan, (from, to): (usize, usize), instead_of: Option<usize>) -> Result<String, ModelError> {
    let (a, b) = (plan.tiers[from].name.clone(), plan.tiers[to].name.clone());
    if plan.tiers[from].deps.iter().flatten().any(|d| *d == to) {
        return Err(ModelError::new(format!("{a} depends on {b} already"), format!("`disconnect {a} {b}` undoes it")));
    }
    let Some(other) = instead_of else {
        plan.tiers[from].deps.push(vec![to]);
        return Ok(format!("{a} now depends on {b} too"));
    };
    let name = plan.tiers[other].name.clone();
    let Some(group) = plan.tiers[from].deps.iter_mut().find(|g| g.contains(&other)) else {
        return Err(ModelError::new(format!("{a} does not depend on {name}"), "name one that it depends on"));
    };
    group.push(to);
    Ok(format!("{a} now needs {name} or {b}, one of them is enough"))
}

fn place(plan: &mut Plan, machine: usize, zone: &str) -> Result<String, ModelError> {
    let old = plan.machines[machine].zone;
    let new = zone_of(plan, zone, old)?;
    if new == old {
        let problem = format!("{} stands in {zone} already", plan.machines[machine].name);
        return Err(ModelError::new(problem, "name another zone, or a new one"));
    }
    plan.machines[machine].zone = new;
    let machine = &plan.machines[machine].name;
    Ok(format!("{machine} moves from {} to {}", plan.zones[old].name, plan.zones[new].name))
}

fn remove(plan: &mut Plan, machine: usize) -> String {
    let gone = plan.machines.remove(machine);
    let left = plan.members(gone.tier).len();
    if left > 0 {
        let tier = &mut plan.tiers[gone.tier];
        tier.needs = tier.needs.min(left);
        return format!("{} is taken out", gone.name);
    }
    let tier = plan.tiers.remove(gone.tier);
    let renumber = |groups: &mut Vec<Vec<usize>>| {
        for group in groups.iter_mut() {
            group.retain(|t| *t != gone.tier);
            group.iter_mut().filter(|t| **t > gone.tier).for_each(|t| *t -= 1);
        }
        groups.retain(|group| !group.is_empty());
    };
    let mut orphans = tier.deps.clone();
    renumber(&mut orphans);
    renumber(&mut plan.users);
    plan.tiers.iter_mut().for_each(|t| renumber(&mut t.deps));
    plan.machines.iter_mut().filter(|m| m.tier > gone.tier).for_each(|m| m.tier -= 1);
    if plan.users.is_empty() {
        plan.users = orphans;
    }
    format!("{} is taken out, and with it the component {}", gone.name, tier.name)
}

impl FailureModel {
    /// Goes over to another plan: machines, links and logs are carried over by name.
    pub(super) fn rebuild(&mut self, now: Micros, plan: Plan, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let analysis = Analysis::of(&plan, &self.tuning)?;
        let old = Arc::clone(&self.plan);
        let was = |name: &str| old.machines.iter().position(|m| m.name == name);
        let from: Vec<Option<usize>> = plan.machines.iter().map(|m| was(&m.name)).collect();
        let mut world = World::new(&plan);
        for (m, from) in from.iter().enumerate() {
            world.nodes[m] = from.map_or(Node { heard: now, ..Node::WELL }, |o| self.world.nodes[o]);
        }
        for (z, zone) in plan.zones.iter().enumerate() {
            let was = old.zones.iter().position(|o| o.name == zone.name);
            world.zones_down[z] = was.is_some_and(|o| self.world.zones_down[o]);
        }
        world.regions_down.clone_from(&self.world.regions_down);
        let scope = |s: Scope| plan.find(name_of(&old, s));
        let cuts = self.world.cuts.iter().filter_map(|cut| {
            let b = cut.b.map(scope);
            (b != Some(None)).then_some(Cut { a: scope(cut.a)?, b: b.flatten(), one_way: cut.one_way })
        });
        world.cuts = cuts.collect();
        world.relink(&plan);
        let watch =
            |o: &Option<usize>| o.map_or_else(|| Watch::new(self.tuning.detector, now), |o| self.watch[o].clone());
        self.watch = from.iter().map(watch).collect();
        let swim: Option<Swim> = Watch::swim(self.tuning.detector, plan.machines.len());
        let gone = |tier: &usize| !plan.tiers.iter().any(|t| t.name == old.tiers[*tier].name);
        let lost = (0..old.tiers.len()).filter(gone).filter_map(|t| self.groups[t].as_ref());
        self.counts.lost_before += lost.map(|g| g.log.lost(&g.claimers())).sum::<u64>();
        let groups = std::mem::take(&mut self.groups);
        (self.plan, self.analysis, self.world, self.swim) = (Arc::new(plan), analysis, world, swim);
        self.groups = (0..self.plan.tiers.len())
            .map(|t| {
                let was = old.tiers.iter().position(|o| o.name == self.plan.tiers[t].name);
                match was.and_then(|o| groups[o].as_ref()) {
                    Some(group) => self.carry(t, group, &old, &from, now),
                    None => self.new_group(t, now),
                }
            })
            .collect();
        self.forget_insight();
        self.traces.clear();
        self.schedule(now);
        for (tier, group) in groups.iter().enumerate() {
            let now_at = self.plan.tiers.iter().position(|t| t.name == old.tiers[tier].name);
            if let (Some(group), Some(tier)) = (group, now_at) {
                self.replace_primary(now, tier, group.log.lost(&group.claimers()), log);
            }
        }
        for tier in 0..self.groups.len() {
            let suspected = |g: &Group| g.primary().is_some_and(|p| self.world.nodes[g.members[p]].suspected.is_some());
            if self.groups[tier].as_ref().is_some_and(suspected) {
                self.start_deciding(now, tier, &mut Vec::new());
            }
        }
        if let Some(chaos) = self.chaos {
            self.chaos_runs += 1;
            let theory = self.chaos_theory(chaos.rate)?;
            self.chaos = Some(Chaos { run: self.chaos_runs, theory, ..chaos });
            (0..self.plan.parts()).for_each(|part| self.next_break(now, part));
        }
        self.soak = None;
        self.leave_trail();
        Ok(())
    }

    /// If the newest primary was taken out, another member is primary: of those that run, the most up to date. So
    /// many acknowledged writes were lost before.
    fn replace_primary(&mut self, now: Micros, tier: usize, lost: u64, log: &mut Vec<Event>) {
        let Some(mut group) = self.groups[tier].take() else { return };
        if group.primary().is_none_or(|p| group.superseded(p)) {
            let all: Vec<usize> = (0..group.members.len()).collect();
            let running: Vec<usize> =
                all.iter().copied().filter(|m| self.world.runs(&self.plan, group.members[*m], now)).collect();
            let heir = group.log.most_up_to_date(&running).or_else(|| group.log.most_up_to_date(&all));
            if let Some(heir) = heir {
                self.crown(now, heir, &mut group, lost, log);
                group.target.iter_mut().for_each(|target| *target = Some(heir));
            }
        }
        self.groups[tier] = Some(group);
    }

    /// A group of the old plan in the new one: who left takes its log along, who joins copies the primary's.
    fn carry(&self, tier: usize, old: &Group, plan: &Plan, from: &[Option<usize>], now: Micros) -> Option<Group> {
        let mut group = self.new_group(tier, now)?;
        let stays = |o: &usize| group.members.iter().any(|m| from[*m] == Some(old.members[*o]));
        group.log = old.log.clone();
        group.log.set_mode(self.tuning.mode(group.members.len()));
        // Who joins copies a machine that runs: the primary, or else the most up to date.
        let runs = |o: &usize| {
            let machine = from.iter().position(|f| *f == Some(old.members[*o]));
            machine.is_some_and(|m| self.world.runs(&self.plan, m, now))
        };
        let running: Vec<usize> = (0..old.members.len()).filter(runs).collect();
        let source = old.primary().filter(runs).or_else(|| old.log.most_up_to_date(&running)).unwrap_or(usize::MAX);
        let newcomers = group.members.iter().filter(|m| from[**m].is_none_or(|o| old.member(o).is_none())).count();
        (0..newcomers).for_each(|_| _ = group.log.join(source));
        (0..old.members.len()).rev().filter(|o| !stays(o)).for_each(|o| group.log.leave(o));
        let before = |m: usize| from[group.members[m]].and_then(|o| old.member(o));
        let kept: Vec<Option<usize>> = (0..group.members.len()).map(before).collect();
        group.claims = kept.iter().map(|o| o.is_some_and(|o| old.claims[o])).collect();
        group.lease_ends = kept.iter().map(|o| o.map_or(0, |o| old.lease_ends[o])).collect();
        (group.fence, group.backup, group.phase) = (old.fence, old.backup, Phase::Calm);
        // Leases are granted anew: to the newest primary, if it had one.
        group.grantor = Grantor::new(LEASE_US);
        let leader = group.primary().unwrap_or(0);
        let led = group.lease_ends[leader] > now;
        group.lease_ends.fill(0);
        if led && let Ok(lease) = group.grantor.ask(leader as u32, now) {
            group.lease_ends[leader] = lease.ends_us;
        }
        group.target.fill(Some(leader));
        let clients = from.iter().enumerate().filter_map(|(m, o)| Some((m, (*o)?)));
        for (m, o) in clients {
            let target = old.target.get(o).copied().flatten().map(|t| old.members[t]);
            let target =
                target.and_then(|machine| kept.iter().position(|k| k.is_some_and(|k| old.members[k] == machine)));
            group.target[m] = target.or(Some(leader));
        }
        debug_assert_eq!(
            group.log.logs().len(),
            group.members.len(),
            "{} of {}",
            self.plan.tiers[tier].name,
            plan.name
        );
        Some(group)
    }
}

/// The name of a scope.
fn name_of(plan: &Plan, scope: Scope) -> &str {
    match (scope, plan.part(scope)) {
        (_, Some(part)) => plan.part_name(part),
        (Scope::Tier(t), None) => &plan.tiers[t].name,
        _ => "",
    }
}
