//! What the design is worth: availability, single points of failure, cost, and where the next machine buys most.

use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::command::Standby;
use super::plan::{Kind, MAX_MACHINES, Machine, Plan};
use super::tuning::Tuning;
use crate::algorithms::availability::{Bdd, Block, YEAR_S, downtime_per_year_s, monte_carlo};
use crate::engine::{ModelError, interrupt};

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
fn evaluate(block: &Block, plan: &Plan, dead: &dyn Fn(usize) -> bool) -> (f64, bool, Vec<f64>) {
    let up = |part: usize| if dead(part) { 0.0 } else { plan.life(part).availability() };
    let p: Vec<f64> = (0..plan.parts()).map(up).collect();
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

/// What a failure in a tier costs although another machine is there.
struct Handover {
    /// Seconds in which a repair would end the outage, too: until it is known, and decided who takes over.
    until_decided: f64,
    /// Seconds after that, which nobody shortens.
    after: f64,
    /// Share of the tier's requests that wait for it.
    weight: f64,
    /// In how many places of the plan the same can be had, at least one.
    alternatives: usize,
}

impl Handover {
    /// What it costs in a tier; `None` where there is no other machine. With `reads`, it counts that hot followers
    /// of a database go on to answer reads: half of the requests.
    fn of(plan: &Plan, tuning: &Tuning, tier: usize, reads: bool) -> Option<Self> {
        let groups = || plan.users.iter().chain(plan.tiers.iter().flat_map(|t| &t.deps));
        let alternatives = groups().filter(|g| g.contains(&tier)).map(Vec::len).max().unwrap_or(1);
        let members = plan.members(tier).len();
        if members < 2 && alternatives < 2 {
            return None;
        }
        let by_dns = plan.tiers.iter().any(|c| c.kind == Kind::Dns && c.deps.iter().flatten().any(|d| *d == tier));
        let [detection, decision, promotion, reconnect] =
            tuning.phases(plan.machines.len(), plan.passive(tier) && members > 1);
        let ttl = if by_dns { DNS_TTL_US } else { 0 };
        let answers = plan.tiers[tier].kind == Kind::Database && tuning.standby == Standby::Hot && members > 1;
        Some(Self {
            until_decided: (detection + decision + ttl) as f64 / 1e6,
            after: (promotion + reconnect) as f64 / 1e6,
            weight: if reads && answers { 0.5 } else { 1.0 },
            alternatives,
        })
    }

    /// Seconds' worth of all requests that one failure costs, where repairs take `repair_s` on average. Repairs have
    /// exponential lengths: one that is quicker than the decision ends the outage, and nobody takes over.
    fn lost_s(&self, repair_s: f64) -> f64 {
        let late = (-self.until_decided / repair_s).exp();
        let before = -(-self.until_decided / repair_s).exp_m1() * repair_s;
        (before + late * self.after) * self.weight / self.alternatives as f64
    }
}

/// The share of time that detection and failover take, although what is needed is up.
fn failover_share(plan: &Plan, tuning: &Tuning, reads: bool) -> f64 {
    let handovers: Vec<_> = (0..plan.tiers.len()).map(|t| Handover::of(plan, tuning, t, reads)).collect();
    let mut calm = 1.0;
    for (t, handover) in handovers.iter().enumerate() {
        // A machine that stands by may fail unnoticed. Of n that serve, each fails as often and takes an n-th of the
        // requests with it: for both, once in a machine's life all requests' worth is lost until that is known.
        let Some(handover) = handover else { continue };
        let life = plan.tiers[t].life;
        calm *= 1.0 - (life.failures_per_s() * handover.lost_s(life.mttr_s)).min(1.0);
    }
    // A zone or a region takes a part of many tiers at once: their failovers run at the same time.
    for place in plan.machines.len()..plan.parts() {
        let inside = plan.inside(plan.scope_of(place));
        let life = plan.life(place);
        let lost = |t: usize, handover: &Handover| {
            let members = plan.members(t);
            let hit = members.iter().filter(|m| inside.contains(m)).count();
            // Who takes all of a tier leaves nothing to fail over to.
            (hit < members.len() || handover.alternatives > 1)
                .then(|| handover.lost_s(life.mttr_s) * hit as f64 / members.len() as f64)
        };
        let worst = handovers.iter().enumerate().filter_map(|(t, h)| lost(t, h.as_ref()?)).fold(0.0, f64::max);
        calm *= 1.0 - (life.failures_per_s() * worst).min(1.0);
    }
    1.0 - calm
}

/// Availability as users see it, of the structure and after failovers.
fn worth(plan: &Plan, tuning: &Tuning, block: &Block) -> (f64, f64, bool, Vec<f64>) {
    let (structure, exact, importance) = evaluate(block, plan, &|_| false);
    (structure, structure * (1.0 - failover_share(plan, tuning, false)), exact, importance)
}

/// The share of requests that are served, where reads go on while a database is handed over.
///
/// # Errors
/// When the structure is too large to be spelt out.
pub fn served_share(plan: &Plan, tuning: &Tuning) -> Result<f64, ModelError> {
    let block = plan.structure(tuning.fencing)?;
    Ok(evaluate(&block, plan, &|_| false).0 * (1.0 - failover_share(plan, tuning, true)))
}

impl Analysis {
    /// Looks at a plan.
    ///
    /// # Errors
    /// When the structure is too large to be spelt out, and when somebody stops it.
    pub fn of(plan: &Plan, tuning: &Tuning) -> Result<Arc<Self>, ModelError> {
        let block = plan.structure(tuning.fencing)?;
        let (structure, availability, exact, importance) = worth(plan, tuning, &block);
        let failover_s = structure * failover_share(plan, tuning, false) * YEAR_S;
        let cost = plan.cost(tuning.standby.cost());
        let spofs = block.single_points(plan.parts());
        let spofs = spofs.into_iter().filter(|part| plan.life(*part).mtbf_s.is_finite()).collect();
        let mut candidates = Vec::new();
        for tier in 0..plan.tiers.len() {
            interrupt::check()?;
            candidates.extend(candidate(plan, tuning, tier, (availability, cost)));
        }
        candidates.sort_by(|a, b| b.saved_s_per_cost.total_cmp(&a.saved_s_per_cost));
        Ok(Arc::new(Self { block, structure, availability, exact, failover_s, spofs, importance, cost, candidates }))
    }

    /// Availability for as long as some parts are dead.
    pub fn without(&self, plan: &Plan, dead: &dyn Fn(usize) -> bool) -> f64 {
        evaluate(&self.block, plan, dead).0
    }
}

/// The zone where one machine more brings most. Only the emptiest few are tried.
pub fn best_zone(plan: &Plan, tuning: &Tuning, tier: usize) -> usize {
    let members = plan.members(tier);
    let count = |zone: usize| members.iter().filter(|m| plan.machines[**m].zone == zone).count();
    let abroad = |zone: usize| !members.iter().any(|m| plan.region_of(*m) == plan.zones[zone].region);
    let mut zones: Vec<usize> = (0..plan.zones.len()).collect();
    zones.sort_by_key(|z| (abroad(*z), count(*z)));
    let (first, rest) = match zones[..] {
        [only] => return only,
        [first, ref rest @ ..] => (first, rest),
        [] => return 0,
    };
    let up = |zone: usize| {
        let more = replicated(plan, tier, zone);
        more.structure(tuning.fencing).map_or(0.0, |block| worth(&more, tuning, &block).1)
    };
    let mut best = (first, up(first));
    for &zone in rest.iter().take(2) {
        let here = up(zone);
        // Where it makes no difference, the emptiest.
        if here > best.1 + 1e-12 {
            best = (zone, here);
        }
    }
    best.0
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
    let zone = best_zone(plan, tuning, tier);
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
