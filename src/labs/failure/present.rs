//! What is so now: who serves with what is up and linked, and what must not die next.

use super::group::Group;
use super::model::FailureModel;
use super::plan::Scope;
use crate::algorithms::replication::Run;

impl FailureModel {
    /// Whether a part has power of its own now.
    pub(super) fn part_up(&self, part: usize) -> bool {
        match self.plan.scope_of(part) {
            Scope::Machine(m) => self.world.nodes[m].up,
            Scope::Zone(z) => !self.world.zones_down[z],
            Scope::Region(r) => !self.world.regions_down[r],
            Scope::Tier(_) => true,
        }
    }

    /// Machines that are taken for dead.
    pub(super) fn suspected(&self) -> Vec<usize> {
        (0..self.world.nodes.len()).filter(|m| self.world.nodes[*m].suspected.is_some()).collect()
    }

    /// Whether users can be served now, once what has failed was noticed.
    pub(super) fn serving(&self) -> bool {
        self.serves_with(&|part| self.part_up(part))
    }

    /// The same, if one part died now.
    pub(super) fn serves_without(&self, dead: usize) -> bool {
        self.serves_with(&|part| part != dead && self.part_up(part))
    }

    /// Parts whose loss alone stops users now; while nobody is served, those of the whole design.
    pub(super) fn spofs(&self) -> Vec<usize> {
        if !self.serving() {
            return self.analysis.spofs.clone();
        }
        let may_die = |part: &usize| self.part_up(*part) && self.plan.life(*part).mtbf_s.is_finite();
        (0..self.plan.parts()).filter(may_die).filter(|part| !self.serves_without(*part)).collect()
    }

    /// Whether users can be served with these parts and the links as they are.
    fn serves_with(&self, up: &dyn Fn(usize) -> bool) -> bool {
        let plan = &self.plan;
        let alive: Vec<bool> = (0..plan.machines.len()).map(|m| plan.parts_of(m).into_iter().all(up)).collect();
        let members: Vec<Vec<usize>> = (0..plan.tiers.len()).map(|t| plan.members(t)).collect();
        let layers = plan.layers();
        let mut order: Vec<usize> = (0..plan.tiers.len()).collect();
        order.sort_by_key(|t| std::cmp::Reverse(layers[*t]));
        let mut fit = vec![false; plan.machines.len()];
        for t in order {
            for m in self.able(t, &members[t], &alive, up) {
                let reaches = |d: &usize| members[*d].iter().any(|x| fit[*x] && self.world.both_ways(m, *x));
                fit[m] = plan.tiers[t].deps.iter().all(|group| group.iter().any(reaches));
            }
        }
        plan.users.iter().all(|group| group.iter().any(|t| members[*t].iter().any(|m| fit[*m])))
    }

    /// Machines of a tier that serve, or may take over, if these are alive.
    fn able(&self, tier: usize, members: &[usize], alive: &[bool], up: &dyn Fn(usize) -> bool) -> Vec<usize> {
        let plan = &self.plan;
        let live: Vec<usize> = members.iter().copied().filter(|m| alive[*m]).collect();
        let zone_up = |z: &usize| {
            let (zone, region) = (plan.part(Scope::Zone(*z)), plan.part(Scope::Region(plan.zones[*z].region)));
            zone.is_none_or(up) && region.is_none_or(up)
        };
        let witness = plan.witness(tier);
        let voters = members.len() + usize::from(witness.is_some());
        let votes = live.len() + usize::from(witness.as_ref().is_some_and(zone_up));
        if live.len() < plan.tiers[tier].needs || plan.voted(tier, self.tuning.fencing) && votes * 2 <= voters {
            return Vec::new();
        }
        // As long as a primary lives and nobody doubts it, nobody takes over.
        let leads = |g: &Group, m: &usize| {
            g.member(*m).is_some_and(|i| g.claims[i]) && self.world.nodes[*m].suspected.is_none()
        };
        let leaders: Vec<usize> = match &self.groups[tier] {
            Some(group) => live.iter().copied().filter(|m| leads(group, m)).collect(),
            None => Vec::new(),
        };
        if leaders.is_empty() { live } else { leaders }
    }

    /// Acknowledged writes that the newest primaries do not have: while two write, they grow.
    pub(super) fn missing_writes(&self) -> u64 {
        let split = self.groups.iter().flatten().filter(|g| g.claims.iter().filter(|c| **c).count() > 1);
        let missing = split.filter_map(|g| Some(g.log.lost(g.primary()?))).sum::<u64>();
        if missing > 0 { missing } else { self.rpo_writes }
    }

    /// The acknowledged entries that the newest primary of a group does not have.
    pub(super) fn lost_run(&self, group: &Group) -> Option<Run> {
        let newest = group.primary()?;
        let old = (0..group.members.len()).find(|m| *m != newest && group.claims[*m]);
        match old.and_then(|old| group.log.acknowledged_of(group.log_of(old).epoch())) {
            Some(run) => group.log.missing(newest, run),
            None => group.lost,
        }
    }
}
