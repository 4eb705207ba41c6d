//! Many years at once, failure by failure: what theory computes, lived through.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::analysis::DNS_TTL_US;
use super::model::FailureModel;
use super::plan::Plan;
use crate::algorithms::availability::{YEAR_S, mean_interval};
use crate::engine::ModelError;

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
    /// Lower end of the 95 % interval, from the years one by one.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Failures of machines, zones and regions.
    pub failures: u64,
    /// Times that users were not served at all.
    pub outages: u64,
}

/// Downtime by year, in seconds.
struct Years(Vec<f64>);

impl Years {
    /// Adds a time of which the share `weight` was down.
    fn add(&mut self, from: f64, to: f64, weight: f64) {
        let mut at = from;
        while at < to {
            let year = ((at / YEAR_S) as usize).min(self.0.len().saturating_sub(1));
            let end = if year + 1 == self.0.len() { to } else { to.min((year + 1) as f64 * YEAR_S) };
            self.0[year] += (end - at) * weight;
            if end <= at {
                break;
            }
            at = end;
        }
    }
}

impl FailureModel {
    /// Lives through so many years of the plan, from all well, with failures and repairs of exponential length. A
    /// failover of a tier counts as down for as long as theory says that it takes; a machine of n that all serve
    /// takes its share of the requests with it until that is known.
    ///
    /// # Errors
    /// Too few or too many years.
    pub(super) fn live_years(&self, years: u64, seed: u64) -> Result<Soak, ModelError> {
        if !(2..=MAX_YEARS).contains(&years) {
            return Err(ModelError::new(format!("{years} years make no sense here"), format!("use 2 to {MAX_YEARS}")));
        }
        let plan = &self.plan;
        let lives: Vec<_> = (0..plan.parts()).map(|p| plan.life(p)).collect();
        let expected = lives.iter().map(|l| years as f64 * YEAR_S / (l.mtbf_s + l.mttr_s)).sum::<f64>();
        if expected > MAX_FAILURES {
            let most = (years as f64 * MAX_FAILURES / expected) as u64;
            let problem = format!("{years} years would bring about {expected:.0} failures");
            return Err(ModelError::new(problem, format!("use at most {} years", most.max(2))));
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let end = years as f64 * YEAR_S;
        let mut draw =
            |mean: f64| if mean.is_finite() { -(1.0 - rng.random::<f64>()).ln() * mean } else { f64::INFINITY };
        let mut next: Vec<f64> = lives.iter().map(|l| draw(l.mtbf_s)).collect();
        let mut up = vec![true; lives.len()];
        let mut down = Years(vec![0.0; years as usize]);
        let mut serving: Vec<Option<usize>> = (0..plan.tiers.len()).map(|t| plan.members(t).first().copied()).collect();
        // Until when a failover is on its way; the rest of it is down time only while the structure is up.
        let mut busy_until = 0.0_f64;
        let (mut now, mut works, mut failures, mut outages) = (0.0_f64, true, 0_u64, 0_u64);
        while let Some((part, at)) = next.iter().copied().enumerate().min_by(|a, b| a.1.total_cmp(&b.1)) {
            let until = at.min(end);
            match works {
                false => down.add(now, until, 1.0),
                true => down.add(now.min(busy_until), until.min(busy_until), f64::from(busy_until > now)),
            }
            now = until;
            if at >= end {
                break;
            }
            up[part] = !up[part];
            next[part] = at + draw(if up[part] { lives[part].mtbf_s } else { lives[part].mttr_s });
            failures += u64::from(!up[part]);
            let before = works;
            works = self.analysis.block.works(&|p| up[p]);
            outages += u64::from(before && !works);
            if !up[part] {
                self.hand_over(plan, (part, now, end), &up, &mut serving, &mut down, &mut busy_until);
            }
        }
        let shares: Vec<f64> = down.0.iter().map(|s| 1.0 - s / YEAR_S).collect();
        let (availability, low, high) = mean_interval(&shares);
        Ok(Soak { years, availability, low: low.max(0.0), high: high.min(1.0), failures, outages })
    }

    /// What the failure of a part costs although another machine is there.
    fn hand_over(
        &self,
        plan: &Plan,
        (part, now, end): (usize, f64, f64),
        up: &[bool],
        serving: &mut [Option<usize>],
        down: &mut Years,
        busy_until: &mut f64,
    ) {
        let alive = |m: usize| plan.parts_of(m).iter().all(|p| up[*p]);
        let groups = || plan.users.iter().chain(plan.tiers.iter().flat_map(|t| &t.deps));
        for tier in 0..plan.tiers.len() {
            let members = plan.members(tier);
            let hit: Vec<usize> = members.iter().copied().filter(|m| plan.parts_of(*m).contains(&part)).collect();
            let alternatives = groups().filter(|g| g.contains(&tier)).map(Vec::len).max().unwrap_or(1);
            if hit.is_empty() || members.len() < 2 && alternatives < 2 {
                continue;
            }
            let passive = plan.passive(tier) && members.len() > 1;
            let ttl = if self.by_dns(tier) { DNS_TTL_US } else { 0 };
            let takes = (self.tuning.phases(members.len(), passive).iter().sum::<u64>() + ttl) as f64 / 1e6;
            if plan.passive(tier) {
                if serving[tier].is_some_and(|m| hit.contains(&m)) {
                    serving[tier] = members.iter().copied().find(|m| alive(*m)).or(serving[tier]);
                    if alternatives > 1 {
                        down.add(now, (now + takes).min(end), 1.0 / alternatives as f64);
                    } else {
                        *busy_until = busy_until.max(now + takes);
                    }
                }
            } else {
                let share = hit.len() as f64 / members.len() as f64 / alternatives as f64;
                down.add(now, (now + takes).min(end), share);
            }
        }
    }
}
