//! What the design is worth: availability, single points of failure, cost, and where the next machine buys most.

use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::plan::{Kind, MAX_MACHINES, Machine, Plan};
use super::tuning::Tuning;
use crate::algorithms::availability::{Bdd, Block, YEAR_S, downtime_per_year_s, monte_carlo};
use crate::engine::ModelError;

/// How long users go on asking a place that DNS no longer names, in microseconds.
pub const DNS_TTL_US: u64 = 10_000_000;
/// Trials when a structure is too large to be exact.
const TRIALS: u64 = 20_000;

/// One machine more, and what it brings.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The command that does it.
    pub command: String,
    /// Availability then.
    pub availability: f64,
    /// Cost then.
    pub cost: f64,
    /// Seconds of downtime a year that each unit of cost saves.
    pub saved_s_per_cost: f64,
}

/// What the design is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Analysis {
    /// What users need.
    pub block: Block,
    /// Share of time in which the machines that are needed are up.
    pub structure: f64,
    /// The same, less the time that failovers take: what users see.
    pub availability: f64,
    /// Whether that is exact; else it is Monte Carlo.
    pub exact: bool,
    /// Seconds a year that failovers take.
    pub failover_s: f64,
    /// Parts whose loss alone stops everything.
    pub spofs: Vec<usize>,
    /// Birnbaum's importance of every part.
    pub importance: Vec<f64>,
    /// What it costs.
    pub cost: f64,
    /// One machine more, the best first.
    pub candidates: Vec<Candidate>,
}

/// Availability of a structure, exactly or estimated, and how much every part matters.
fn evaluate(block: &Block, plan: &Plan, without: Option<usize>) -> (f64, bool, Vec<f64>) {
    let mut p: Vec<f64> = (0..plan.parts()).map(|part| plan.life(part).availability()).collect();
    if let Some(part) = without.and_then(|part| p.get_mut(part)) {
        *part = 0.0;
    }
    let exact = Bdd::new(block, p.len()).and_then(|bdd| Ok((bdd.availability(&p)?, bdd.importance(&p)?)));
    match exact {
        Ok((availability, importance)) => (availability, true, importance),
        Err(_) => {
            let mut rng = ChaCha8Rng::seed_from_u64(7);
            let estimate = monte_carlo(&p, TRIALS, &mut rng, |up| block.works(&|part| up[part]));
            (estimate.value, false, vec![0.0; p.len()])
        }
    }
}

/// How often the serving machine of a tier fails, in times a second: itself, its zone or its region.
fn failures_per_s(plan: &Plan, machine: usize) -> f64 {
    plan.parts_of(machine).iter().map(|part| 1.0 / plan.life(*part).mtbf_s).sum()
}

/// The share of time that detection and failover take, although what is needed is up.
fn failover_share(plan: &Plan, tuning: &Tuning) -> f64 {
    let groups = || plan.users.iter().chain(plan.tiers.iter().flat_map(|t| &t.deps));
    let mut share = 0.0;
    for t in 0..plan.tiers.len() {
        let members = plan.members(t);
        let alternatives = groups().filter(|g| g.contains(&t)).map(Vec::len).max().unwrap_or(1);
        if members.len() < 2 && alternatives < 2 {
            continue;
        }
        let by_dns = plan.tiers.iter().any(|c| c.kind == Kind::Dns && c.deps.iter().flatten().any(|d| *d == t));
        let phases = tuning.phases(members.len(), plan.passive(t) && members.len() > 1);
        let ttl = if by_dns { DNS_TTL_US } else { 0 };
        let seconds = (phases.iter().sum::<u64>() + ttl) as f64 / 1e6;
        // A machine that stands by may fail unnoticed. Of n that serve, each fails as often and takes an n-th of the
        // requests with it: for both, once in a machine's life all requests' worth is lost until that is known.
        let rate = members.iter().map(|m| failures_per_s(plan, *m)).sum::<f64>() / members.len().max(1) as f64;
        share += rate * seconds / alternatives as f64;
    }
    share.min(1.0)
}

/// Availability as users see it, of the structure and after failovers.
fn worth(plan: &Plan, tuning: &Tuning, block: &Block) -> (f64, f64, bool, Vec<f64>) {
    let (structure, exact, importance) = evaluate(block, plan, None);
    (structure, structure * (1.0 - failover_share(plan, tuning)), exact, importance)
}

impl Analysis {
    /// Looks at a plan.
    ///
    /// # Errors
    /// When the structure is too large to be spelt out.
    pub fn of(plan: &Plan, tuning: &Tuning) -> Result<Arc<Self>, ModelError> {
        let block = plan.structure(tuning.fencing)?;
        let (structure, availability, exact, importance) = worth(plan, tuning, &block);
        let failover_s = structure * failover_share(plan, tuning) * YEAR_S;
        let cost = plan.cost(tuning.standby.cost());
        let spofs = block.single_points(plan.parts());
        let spofs = spofs.into_iter().filter(|part| plan.life(*part).mtbf_s.is_finite()).collect();
        let mut candidates = Vec::new();
        for tier in 0..plan.tiers.len() {
            candidates.extend(candidate(plan, tuning, tier, (availability, cost)));
        }
        candidates.sort_by(|a, b| b.saved_s_per_cost.total_cmp(&a.saved_s_per_cost));
        Ok(Arc::new(Self { block, structure, availability, exact, failover_s, spofs, importance, cost, candidates }))
    }

    /// Availability for as long as a part is dead.
    pub fn without(&self, plan: &Plan, part: usize) -> f64 {
        evaluate(&self.block, plan, Some(part)).0
    }
}

/// The zone with the fewest machines of a tier; of those, one of a region that the tier is in, the first.
pub fn emptiest_zone(plan: &Plan, tier: usize) -> usize {
    let members = plan.members(tier);
    let count = |zone: usize| members.iter().filter(|m| plan.machines[**m].zone == zone).count();
    let abroad = |zone: usize| !members.iter().any(|m| plan.region_of(*m) == plan.zones[zone].region);
    (0..plan.zones.len()).min_by_key(|z| (abroad(*z), count(*z))).unwrap_or(0)
}

/// The plan with one machine more; the machines stay in the order of their tiers.
pub fn replicated(plan: &Plan, tier: usize, zone: usize) -> Plan {
    let mut plan = plan.clone();
    let name = plan.tiers[tier].name.clone();
    let free = (1..).map(|i| format!("{name}-{i}")).find(|n| plan.find(n).is_none()).unwrap_or_default();
    let at = plan.members(tier).last().map_or(plan.machines.len(), |m| m + 1);
    plan.machines.insert(at, Machine { name: free, tier, zone });
    plan
}

fn candidate(plan: &Plan, tuning: &Tuning, tier: usize, now: (f64, f64)) -> Option<Candidate> {
    if plan.machines.len() >= MAX_MACHINES {
        return None;
    }
    let zone = emptiest_zone(plan, tier);
    let more = replicated(plan, tier, zone);
    let block = more.structure(tuning.fencing).ok()?;
    let (_, availability, ..) = worth(&more, tuning, &block);
    let cost = more.cost(tuning.standby.cost());
    let saved = downtime_per_year_s(now.0) - downtime_per_year_s(availability);
    Some(Candidate {
        command: format!("replicate {} {}", plan.tiers[tier].name, plan.zones[zone].name),
        availability,
        cost,
        saved_s_per_cost: saved / (cost - now.1).max(1e-9),
    })
}
