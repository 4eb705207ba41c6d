//! What is so now: who serves with what is up and linked, and what must not die next.

use std::cell::OnceCell;
use std::sync::Arc;

use super::model::FailureModel;
use super::plan::Scope;

/// What the present state means. It is worked out when somebody asks, and again only after something has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Insight {
    /// Whether users can be served, once what has failed was noticed.
    pub serving: bool,
    /// Parts whose loss alone stops users; while nobody is served, those of the whole design.
    pub spofs: Vec<usize>,
}

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

    /// The state is about to change, or has changed.
    pub(super) fn forget_insight(&mut self) {
        self.insight = OnceCell::new();
    }

    fn insight(&self) -> &Insight {
        self.insight.get_or_init(|| Arc::new(self.look()))
    }

    /// Looks at the present state, whatever is known of it.
    pub(super) fn look(&self) -> Insight {
        let serving = self.serves_with(&|part| self.part_up(part));
        if !serving {
            return Insight { serving, spofs: self.analysis.spofs.clone() };
        }
        let may_die = |part: &usize| self.part_up(*part) && self.plan.life(*part).mtbf_s.is_finite();
        let stops = |dead: &usize| !self.serves_with(&|part| part != *dead && self.part_up(part));
        Insight { serving, spofs: (0..self.plan.parts()).filter(may_die).filter(stops).collect() }
    }

    /// Whether users can be served now, once what has failed was noticed.
    pub(super) fn serving(&self) -> bool {
        self.insight().serving
    }

    /// Parts whose loss alone stops users now; while nobody is served, those of the whole design.
    pub(super) fn spofs(&self) -> &[usize] {
        &self.insight().spofs
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

    /// Whether a machine of this tier is left that serves, or may take over.
    pub(super) fn tier_serves(&self, tier: usize) -> bool {
        let up = |part: usize| self.part_up(part);
        let alive: Vec<bool> = (0..self.plan.machines.len()).map(|m| self.world.powered(&self.plan, m)).collect();
        !self.able(tier, &self.plan.members(tier), &alive, &up).is_empty()
    }

    /// Machines of a tier that serve, or may take over, if these are alive.
    fn able(&self, tier: usize, members: &[usize], alive: &[bool], up: &dyn Fn(usize) -> bool) -> Vec<usize> {
        let plan = &self.plan;
        let live: Vec<usize> = members.iter().copied().filter(|m| alive[*m]).collect();
        if live.len() < plan.tiers[tier].needs {
            return Vec::new();
        }
        let Some(group) = self.groups[tier].as_ref().filter(|g| g.members.len() > 1) else { return live };
        let primary = group.primary().map(|p| group.members[p]).filter(|p| live.contains(p));
        let doubted = |p: usize| self.world.nodes[p].suspected.is_some() || !self.is_linked_to_watchers(tier, p, alive);
        if !plan.voted(tier, self.tuning.fencing) {
            // Without leases it goes on, and somebody else takes over if it is not heard.
            return match primary {
                Some(p) if !doubted(p) => {
                    let claims = |m: &usize| group.member(*m).is_some_and(|i| group.claims[i]);
                    live.into_iter().filter(claims).collect()
                }
                _ => live,
            };
        }
        let witness = plan.witness(tier);
        let zone_up = |z: usize| {
            let (zone, region) = (plan.part(Scope::Zone(z)), plan.part(Scope::Region(plan.zones[z].region)));
            zone.is_none_or(up) && region.is_none_or(up)
        };
        let majority = |m: &usize| {
            let others = live.iter().filter(|o| *o != m && self.world.both_ways(*m, **o)).count();
            let vote = witness.is_some_and(|z| zone_up(z) && self.world.linked_to_witness(plan, *m, z));
            (1 + others + usize::from(vote)) * 2 > members.len() + usize::from(witness.is_some())
        };
        let fit: Vec<usize> = live.iter().copied().filter(majority).collect();
        match primary {
            // As long as it renews its lease, nobody takes over; nor if it cannot, and is not doubted.
            Some(p) if fit.contains(&p) => vec![p],
            Some(p) if !doubted(p) => Vec::new(),
            _ => fit,
        }
    }
}
