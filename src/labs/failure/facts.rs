//! The failure lab's figures, observed beside theory.

use std::collections::BTreeMap;

use serde::Serialize;

use super::failover::Failover;
use super::model::FailureModel;
use super::plan::{Kind, Scope};
use crate::algorithms::availability::{Estimate, downtime_per_year_s, nines, outage_interval};
use crate::algorithms::replication::{Mode, quorum_miss};
use crate::engine::Micros;

/// What `run --json` prints, checks read and the figures panel shows. Times are in milliseconds, shares from 0 to 1.
#[derive(Clone, Debug, Serialize)]
pub struct FailureFacts {
    /// Name of the architecture.
    pub architecture: String,
    /// Components (tiers).
    pub components: usize,
    /// Machines.
    pub machines: usize,
    /// Machines that have power now.
    pub machines_up: usize,
    /// Zones with machines in them.
    pub zones: usize,
    /// Regions with machines in them.
    pub regions: usize,
    /// Machines, zones and regions whose loss alone stops users, as things stand now; while nobody is served, those
    /// of the whole design.
    pub spofs: Vec<String>,
    /// How many.
    pub spof_count: usize,
    /// Machines whose loss splits the graph of calls, links taken both ways.
    pub articulation_points: Vec<String>,
    /// Share of time that users are served, computed: structure and failovers.
    pub availability: f64,
    /// Share of time that enough machines are up, computed.
    pub availability_structure: f64,
    /// Whether those are exact; else they are Monte Carlo.
    pub availability_exact: bool,
    /// Number of nines of `availability`.
    pub nines: f64,
    /// Time down in a year by `availability`, in minutes.
    pub downtime_per_year: f64,
    /// Of that, what detection and failovers take, in minutes.
    pub failover_downtime_per_year: f64,
    /// Share of the requests so far that were served; in chaos, since it began.
    pub observed_availability: Option<f64>,
    /// Lower end of its 95 % interval.
    pub observed_low: f64,
    /// Upper end.
    pub observed_high: f64,
    /// What theory expects in chaos.
    pub chaos_availability: Option<f64>,
    /// How many times faster than in life things fail; 0 without chaos.
    pub chaos: f64,
    /// Years of the last soak.
    pub soak_years: u64,
    /// Share of time up in them.
    pub soak_availability: Option<f64>,
    /// Lower end of its 95 % interval.
    pub soak_low: Option<f64>,
    /// Upper end.
    pub soak_high: Option<f64>,
    /// Requests served.
    pub requests_ok: u64,
    /// Requests that failed.
    pub requests_failed: u64,
    /// Mean time of a served request.
    pub latency_ms: f64,
    /// Mean time of a served write.
    pub write_latency_ms: f64,
    /// Time from the last failure that was failed over to clients being served again.
    pub rto_ms: Option<f64>,
    /// Its phases: until suspicion,
    pub detection_ms: Option<f64>,
    /// until a successor was chosen,
    pub decision_ms: Option<f64>,
    /// until it was ready,
    pub promotion_ms: Option<f64>,
    /// until clients were served.
    pub reconnect_ms: Option<f64>,
    /// What theory says the whole takes.
    pub theory_rto_ms: Option<f64>,
    /// What theory says the detection takes.
    pub theory_detection_ms: Option<f64>,
    /// Time in which a dead machine should be noticed with the present detector, on average.
    pub expected_detection_ms: f64,
    /// Requests that failed during it.
    pub failover_failed: u64,
    /// Failovers so far.
    pub failovers: u64,
    /// Acknowledged writes that the last new primary does not have; they grow for as long as two machines write.
    pub rpo_writes: u64,
    /// Acknowledged writes, in all, that are in the log of no machine that believes it is primary. A write that its
    /// user saw fail was not acknowledged, wherever it stands.
    pub lost_writes: u64,
    /// Writes acknowledged, in all.
    pub writes: u64,
    /// Reads served.
    pub reads: u64,
    /// Reads that lacked an acknowledged write.
    pub stale_reads: u64,
    /// In quorums: the chance that a read misses a fresh write.
    pub theory_stale_share: Option<f64>,
    /// Whether two machines of a tier believe they are primary now.
    pub split_brain: bool,
    /// Whether that ever was so.
    pub split_brain_ever: bool,
    /// Writes of primaries of the past that were refused.
    pub fenced_writes: u64,
    /// Times that a machine was taken for dead.
    pub suspicions: u64,
    /// Of those, how often it was alive.
    pub false_alarms: u64,
    /// Machines that are taken for dead now.
    pub suspected: Vec<String>,
    /// Whether users can be served now: enough machines are up, and links lead to them.
    pub serving: bool,
    /// Zone of the witness of each tier that has one: it votes where the members are even in number.
    pub witness: BTreeMap<String, String>,
    /// The newest of the machines of each tier that serve as primary now; if none does, the last that did.
    pub primary: BTreeMap<String, String>,
    /// Its epoch.
    pub epoch: BTreeMap<String, u64>,
    /// When a write counts.
    pub mode: &'static str,
    /// How machines are judged.
    pub detector: String,
    /// Whether leases and fencing are on.
    pub fencing: bool,
    /// How ready standbys are.
    pub standby: &'static str,
    /// What it all costs; an application server is 1.
    pub cost: f64,
    /// The same by component; a region after the first stands for its network and its people. The sum is `cost`.
    pub cost_by: BTreeMap<String, f64>,
    /// The command that buys the most availability for its cost.
    pub best_next: Option<String>,
    /// Availability after it.
    pub best_next_availability: Option<f64>,
    /// Cost after it.
    pub best_next_cost: Option<f64>,
    /// The part of the last `what-if`.
    pub what_if: Option<String>,
    /// Whether users would still be served once all has played out: most reads and most writes.
    pub what_if_serves: Option<bool>,
    /// Machines that would be down or out of reach.
    pub what_if_dead: Vec<String>,
    /// Every machine by name.
    pub machine: BTreeMap<String, MachineFacts>,
}

/// One machine.
#[derive(Clone, Debug, Serialize)]
pub struct MachineFacts {
    /// Its component.
    pub component: String,
    /// What it does.
    pub kind: &'static str,
    /// Its zone.
    pub zone: String,
    /// Its region.
    pub region: String,
    /// Whether it has power: its own, its zone's and its region's.
    pub up: bool,
    /// Whether it is declared dead.
    pub suspected: bool,
    /// Whether it believes it is primary; always true where all serve.
    pub serves: bool,
    /// How much availability hangs on it (Birnbaum's importance).
    pub importance: f64,
    /// Entries in its log, of a database.
    pub log: u64,
}

fn ms(us: Option<Micros>) -> Option<f64> {
    us.map(|us| us as f64 / 1_000.0)
}

impl FailureModel {
    /// The last failover that concerns somebody who could take over, preferring one that is over. A suspicion that
    /// came to nothing is none.
    pub(super) fn last_failover(&self) -> Option<&Failover> {
        let taken = || self.failovers.iter().rev().filter(|f| !f.repaired && !f.unfounded());
        taken().find(|f| f.back.is_some()).or_else(|| taken().find(|f| f.redundant))
    }

    /// Requests served and failed that count for the observed availability. In chaos, requests fail together: how
    /// many outages there were and how long they took is left to chance, not each request.
    pub(super) fn observed(&self) -> Estimate {
        let Some(chaos) = self.chaos else {
            return Estimate::of(self.counts.ok, self.counts.ok + self.counts.failed);
        };
        let (ok, failed) = (self.counts.ok - chaos.before.0, self.counts.failed - chaos.before.1);
        let (outages, trials) = (self.counts.outages - chaos.before.2, ok + failed);
        let (low, high) = outage_interval(failed as f64, outages, failed as f64 / outages.max(1) as f64);
        let up = |down: f64| (1.0 - down / trials.max(1) as f64).clamp(0.0, 1.0);
        Estimate { low: up(high), high: up(low), ..Estimate::of(ok, trials) }
    }
}

impl FailureFacts {
    /// The figures of a state.
    pub fn of(model: &FailureModel) -> Self {
        let (plan, analysis, counts) = (&model.plan, &model.analysis, &model.counts);
        let names = |parts: &[usize]| parts.iter().map(|p| plan.part_name(*p).to_owned()).collect::<Vec<_>>();
        let seen = model.observed();
        let failover = model.last_failover();
        let phases = failover.map_or([None; 4], Failover::phases);
        let best = analysis.candidates.first().filter(|c| c.saved_s_per_cost > 0.0);
        let users = plan.machines.len();
        let points: Vec<usize> = plan.calls().articulation_points().into_iter().filter(|m| *m < users).collect();
        let mean = |sum: u64, count: u64| sum as f64 / count.max(1) as f64 / 1_000.0;
        let spofs = model.spofs();
        Self {
            architecture: plan.name.clone(),
            components: plan.tiers.len(),
            machines: users,
            machines_up: (0..users).filter(|m| model.world.powered(plan, *m)).count(),
            zones: (0..plan.zones.len()).filter(|z| !plan.inside(Scope::Zone(*z)).is_empty()).count(),
            regions: (0..plan.regions.len()).filter(|r| !plan.inside(Scope::Region(*r)).is_empty()).count(),
            spof_count: spofs.len(),
            spofs: names(spofs),
            articulation_points: names(&points),
            availability: analysis.availability,
            availability_structure: analysis.structure,
            availability_exact: analysis.exact,
            nines: nines(analysis.availability),
            downtime_per_year: downtime_per_year_s(analysis.availability) / 60.0,
            failover_downtime_per_year: analysis.failover_s / 60.0,
            observed_availability: (seen.trials > 0).then_some(seen.value),
            observed_low: seen.low,
            observed_high: seen.high,
            chaos_availability: model.chaos.map(|c| c.theory),
            chaos: model.chaos.map_or(0.0, |c| c.rate),
            soak_years: model.soak.map_or(0, |s| s.years),
            soak_availability: model.soak.map(|s| s.availability),
            soak_low: model.soak.map(|s| s.low),
            soak_high: model.soak.map(|s| s.high),
            requests_ok: counts.ok,
            requests_failed: counts.failed,
            latency_ms: mean(counts.latency_us, counts.ok),
            write_latency_ms: mean(counts.write_latency_us, counts.writes),
            rto_ms: ms(failover.and_then(Failover::rto)),
            detection_ms: ms(phases[0]),
            decision_ms: ms(phases[1]),
            promotion_ms: ms(phases[2]),
            reconnect_ms: ms(phases[3]),
            theory_rto_ms: ms(failover.map(|f| f.theory.iter().sum())),
            theory_detection_ms: ms(failover.map(|f| f.theory[0])),
            expected_detection_ms: model.tuning.phases(users, false)[0] as f64 / 1_000.0,
            failover_failed: failover.map_or(0, |f| f.failed_requests),
            failovers: counts.failovers,
            rpo_writes: model.missing_writes(),
            lost_writes: model.lost_writes(),
            writes: counts.writes,
            reads: counts.reads,
            stale_reads: counts.stale,
            theory_stale_share: quorum_theory(model),
            split_brain: model.split_brain(),
            split_brain_ever: model.split_seen,
            fenced_writes: counts.fenced_writes,
            suspicions: counts.suspicions,
            false_alarms: counts.false_alarms,
            suspected: names(&model.suspected()),
            serving: model.serving(),
            witness: witnesses(model),
            primary: primaries(model, |m, group, p| m.plan.machines[group.members[p]].name.clone()),
            epoch: primaries(model, |_, group, p| group.log_of(p).epoch()),
            mode: model.tuning.mode.name(),
            detector: model.tuning.detector.name(),
            fencing: model.tuning.fencing,
            standby: model.tuning.standby.name(),
            cost: analysis.cost,
            cost_by: cost_by(model),
            best_next: best.map(|c| c.command.clone()),
            best_next_availability: best.map(|c| c.availability),
            best_next_cost: best.map(|c| c.cost),
            what_if: model.what_if.as_ref().map(|w| plan.part_name(w.part).to_owned()),
            what_if_serves: model.what_if.as_ref().map(|w| w.service.serves()),
            what_if_dead: model.what_if.as_ref().map_or_else(Vec::new, |w| names(&w.dead)),
            machine: machines(model),
        }
    }
}

fn quorum_theory(model: &FailureModel) -> Option<f64> {
    model.groups.iter().flatten().find_map(|group| {
        let database = model.plan.tier_of(*group.members.first()?).kind == Kind::Database;
        match group.log.mode() {
            Mode::Quorum { write, read } if database => Some(quorum_miss(group.members.len(), write, read)),
            _ => None,
        }
    })
}

fn primaries<T>(
    model: &FailureModel,
    of: impl Fn(&FailureModel, &super::group::Group, usize) -> T,
) -> BTreeMap<String, T> {
    let named = model.groups.iter().enumerate().filter_map(|(tier, group)| {
        let group = group.as_ref()?;
        Some((model.plan.tiers[tier].name.clone(), of(model, group, model.serving_primary(group)?)))
    });
    named.collect()
}

fn witnesses(model: &FailureModel) -> BTreeMap<String, String> {
    let plan = &model.plan;
    let voted = (0..plan.tiers.len()).filter(|t| plan.voted(*t, model.tuning.fencing));
    voted.filter_map(|t| Some((plan.tiers[t].name.clone(), plan.zones[plan.witness(t)?].name.clone()))).collect()
}

fn cost_by(model: &FailureModel) -> BTreeMap<String, f64> {
    let parts = model.plan.cost_by(model.tuning.standby.cost());
    parts.into_iter().map(|(name, cost)| (name.to_owned(), cost)).collect()
}

fn machines(model: &FailureModel) -> BTreeMap<String, MachineFacts> {
    let plan = &model.plan;
    let of = |m: usize| {
        let (machine, tier) = (&plan.machines[m], plan.tier_of(m));
        let group = model.groups[machine.tier].as_ref();
        let member = group.and_then(|g| Some((g, g.member(m)?)));
        let facts = MachineFacts {
            component: tier.name.clone(),
            kind: tier.kind.name(),
            zone: plan.zones[machine.zone].name.clone(),
            region: plan.regions[plan.region_of(m)].name.clone(),
            up: model.world.powered(plan, m),
            suspected: model.world.nodes[m].suspected.is_some(),
            serves: member.is_none_or(|(g, i)| g.claims[i]),
            importance: model.analysis.importance[m],
            log: member.filter(|_| tier.kind == Kind::Database).map_or(0, |(g, i)| g.log_of(i).len()),
        };
        (machine.name.clone(), facts)
    };
    (0..plan.machines.len()).map(of).collect()
}
