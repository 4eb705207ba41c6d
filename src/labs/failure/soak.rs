//! Many years at once, failure by failure: what theory computes, lived through.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::analysis::DNS_TTL_US;
use super::model::FailureModel;
use super::plan::Plan;
use crate::algorithms::availability::{YEAR_S, outage_interval};
use crate::engine::numbers::thousands;
use crate::engine::{ModelError, interrupt};

/// Most years.
pub const MAX_YEARS: u64 = 10_000;
/// Most failures that are lived through at once.
const MAX_FAILURES: f64 = 400_000.0;

/// What so many years brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Soak {
    /// How many.
    pub years: u64,
    /// Share of time in which users were served.
    pub availability: f64,
    /// Lower end of the 95 % interval: how many outages there were, and how long, is left to chance.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Failures of machines, zones and regions.
    pub failures: u64,
    /// Times that users were not served at all.
    pub outages: u64,
}

/// Time down, in seconds, and how often.
#[derive(Clone, Copy, Default)]
struct Down {
    /// While too few machines were up.
    dead: f64,
    outages: u64,
    /// While others took over.
    failover: f64,
    failovers: u64,
}

impl FailureModel {
    /// Lives through so many years of the plan, from all well, with failures and repairs of exponential length. A
    /// failover of a tier counts as down for as long as theory says that it takes; a machine of n that all serve
    /// takes its share of the requests with it until that is known.
    ///
    /// # Errors
    /// When too much would fail in them, and when somebody stops it.
    pub(super) fn live_years(&self, years: u64, seed: u64) -> Result<Soak, ModelError> {
        let plan = &self.plan;
        let lives: Vec<_> = (0..plan.parts()).map(|p| plan.life(p)).collect();
        let expected = lives.iter().map(|l| years as f64 * YEAR_S / (l.mtbf_s + l.mttr_s)).sum::<f64>();
        if expected > MAX_FAILURES {
            let most = (years as f64 * MAX_FAILURES / expected) as u64;
            let limit = thousands(MAX_FAILURES as u64);
            let problem = format!("{} years would bring more than {limit} failures", thousands(years));
            let remedy = match most {
                0..2 => "what fails so often is better lived through with `chaos 1`".to_owned(),
                most => format!("use at most {} years", thousands(most)),
            };
            return Err(ModelError::new(problem, remedy));
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let end = years as f64 * YEAR_S;
        let mut draw =
            |mean: f64| if mean.is_finite() { -(1.0 - rng.random::<f64>()).ln() * mean } else { f64::INFINITY };
        let mut next: Vec<f64> = lives.iter().map(|l| draw(l.mtbf_s)).collect();
        let mut up = vec![true; lives.len()];
        let mut down = Down::default();
        let mut serving: Vec<Option<usize>> = (0..plan.tiers.len()).map(|t| plan.members(t).first().copied()).collect();
        // Until when a failover is on its way; the rest of it is down time only while the structure is up.
        let mut busy_until = 0.0_f64;
        let (mut now, mut works, mut failures, mut turns) = (0.0_f64, true, 0_u64, 0_u64);
        while let Some((part, at)) = next.iter().copied().enumerate().min_by(|a, b| a.1.total_cmp(&b.1)) {
            let until = at.min(end);
            match works {
                false => down.dead += until - now,
                true => down.failover += (until.min(busy_until) - now).max(0.0),
            }
            now = until;
            if at >= end {
                break;
            }
            turns += 1;
            if turns.is_multiple_of(256) {
                interrupt::check()?;
            }
            up[part] = !up[part];
            next[part] = at + draw(if up[part] { lives[part].mtbf_s } else { lives[part].mttr_s });
            failures += u64::from(!up[part]);
            let before = works;
            works = self.analysis.block.works(&|p| up[p]);
            down.outages += u64::from(before && !works);
            if !up[part] {
                self.hand_over(plan, (part, now), &up, &mut serving, &mut down, &mut busy_until);
            }
        }
        let repair = lives.iter().map(|l| l.mttr_s).fold(0.0, f64::max);
        let dead = outage_interval(down.dead, down.outages, repair);
        let failover = outage_interval(down.failover, down.failovers, down.failover / down.failovers.max(1) as f64);
        let up = |down: f64| (1.0 - down / end).max(0.0);
        Ok(Soak {
            years,
            availability: up(down.dead + down.failover),
            low: up(dead.1 + failover.1),
            high: up(dead.0 + failover.0),
            failures,
            outages: down.outages,
        })
    }

    /// What the failure of a part costs although another machine is there.
    fn hand_over(
        &self,
        plan: &Plan,
        (part, now): (usize, f64),
        up: &[bool],
        serving: &mut [Option<usize>],
        down: &mut Down,
        busy_until: &mut f64,
    ) {
        let alive = |m: usize| plan.parts_of(m).iter().all(|p| up[*p]);
        let groups = || plan.users.iter().chain(plan.tiers.iter().flat_map(|t| &t.deps));
        for (tier, serving) in serving.iter_mut().enumerate() {
            let members = plan.members(tier);
            let hit: Vec<usize> = members.iter().copied().filter(|m| plan.parts_of(*m).contains(&part)).collect();
            let alternatives = groups().filter(|g| g.contains(&tier)).map(Vec::len).max().unwrap_or(1);
            if hit.is_empty() || members.len() < 2 && alternatives < 2 {
                continue;
            }
            let passive = plan.passive(tier) && members.len() > 1;
            let ttl = if self.by_dns(tier) { DNS_TTL_US } else { 0 };
            let takes = (self.tuning.phases(plan.machines.len(), passive).iter().sum::<u64>() + ttl) as f64 / 1e6;
            if plan.passive(tier) {
                if serving.is_some_and(|m| hit.contains(&m)) {
                    *serving = members.iter().copied().find(|m| alive(*m)).or(*serving);
                    down.failovers += 1;
                    if alternatives > 1 {
                        down.failover += takes / alternatives as f64;
                    } else {
                        *busy_until = busy_until.max(now + takes);
                    }
                }
            } else {
                let share = hit.len() as f64 / members.len() as f64 / alternatives as f64;
                down.failovers += 1;
                down.failover += takes * share;
            }
        }
    }
}
