//! What was built, what it is worth, and what would happen if.

use super::{counted, fares, list, name, per_year, share, tell};
use crate::algorithms::availability::YEAR_S;
use crate::engine::numbers::{duration, plural};
use crate::engine::{Event, EventKind, Micros};
use crate::labs::failure::analysis::Analysis;
use crate::labs::failure::forecast::{Fare, Service};
use crate::labs::failure::model::FailureModel;
use crate::labs::failure::plan::{Plan, Scope};

/// Another architecture.
pub fn built(model: &FailureModel, now: Micros, future: (Service, bool), log: &mut Vec<Event>) {
    let machines = model.plan.machines.len();
    let text = format!(
        "Built: {}, {machines} machine{}. It should be up {} of the time, which is down {} a year, at a cost of {:.1}.",
        model.plan.name,
        plural(machines as u64),
        share(model.analysis.availability),
        per_year(model.analysis.availability),
        model.analysis.cost
    );
    tell(log, now, EventKind::Change, text);
    spofs(model, now, future, log);
}

/// The single points of failure, as things stand now; `future` is how users fare once all has played out, and whether
/// each of the points would leave them nothing.
pub fn spofs(model: &FailureModel, now: Micros, (future, nothing): (Service, bool), log: &mut Vec<Event>) {
    let spofs = model.spofs();
    let called = |part: &usize| match model.plan.scope_of(*part) {
        Scope::Region(_) => format!("the region {}", model.plan.part_name(*part)),
        _ => model.plan.part_name(*part).to_owned(),
    };
    let called: Vec<String> = spofs.iter().map(called).collect();
    let names: Vec<&str> = called.iter().map(String::as_str).collect();
    let down: Vec<&str> =
        (0..model.plan.parts()).filter(|p| !model.part_up(*p)).map(|p| model.plan.part_name(p)).collect();
    if !model.serving() {
        let fare = match future.fare() {
            Fare::Nothing => "No request is served now.".to_owned(),
            Fare::All => "Not enough is up and linked now.".to_owned(),
            _ => format!("As it is, {}.", fares(future)),
        };
        let text = match &names[..] {
            [] => format!("{fare} In the whole design no single failure would stop users."),
            [one] => format!("{fare} In the whole design, {one} alone stops users."),
            _ => format!("{fare} In the whole design, each of these alone stops users: {}.", list(&names)),
        };
        return tell(log, now, EventKind::Warning, text);
    }
    let stops = if nothing { "stops everything" } else { "stops writes, if not everything" };
    let now_that = if down.is_empty() { "All is up: ".to_owned() } else { format!("With {} down: ", list(&down)) };
    let text = match names.len() {
        0 => format!("{now_that}no single failure stops users: there is no single point of failure."),
        1 => format!("{now_that}one failure alone {stops}: {}.", names[0]),
        n => format!("{now_that}each of these {n} alone {stops}: {}.", list(&names)),
    };
    tell(log, now, if names.is_empty() { EventKind::Change } else { EventKind::Warning }, text);
}

/// `every 5 years`, `every 42 days`.
fn every(seconds: f64) -> String {
    match seconds / YEAR_S {
        years if years >= 1.95 => format!("every {years:.0} years"),
        _ if seconds >= 1.95 * 86_400.0 => format!("every {:.0} days", seconds / 86_400.0),
        _ => format!("every {}", duration((seconds * 1e6) as u64)),
    }
}

/// What would happen if something died.
pub fn what_if(model: &FailureModel, now: Micros, log: &mut Vec<Event>) {
    let Some(what) = &model.what_if else { return };
    let part = model.plan.part_name(what.part);
    let users = match (what.before.fare(), what.service.fare()) {
        (Fare::Nothing, Fare::Nothing) => "nothing changes for users: no request is served now".to_owned(),
        (_, Fare::All) => "users are still served".to_owned(),
        (_, Fare::Nothing) => "no user is served any more".to_owned(),
        _ => fares(what.service),
    };
    let text = match model.part_up(what.part) {
        false => format!("{part} is down already. As it is, {}.", fares(what.service)),
        true => {
            let life = model.plan.life(what.part);
            let often = if life.mtbf_s.is_finite() {
                format!(" It dies about {}, for {}.", every(life.mtbf_s), duration((life.mttr_s * 1e6) as u64))
            } else {
                String::new()
            };
            format!("If {part} dies, {users}.{often}")
        }
    };
    tell(log, now, EventKind::Change, text);
    let others: Vec<&str> = what
        .dead
        .iter()
        .filter(|m| model.plan.part(Scope::Machine(**m)) != Some(what.part) && model.world.powered(&model.plan, **m))
        .map(|m| name(model, *m))
        .collect();
    if !others.is_empty() {
        let text = format!("With it, these are down or out of reach: {}.", list(&others));
        tell(log, now, EventKind::Detail, text);
    }
    if what.service.serves() {
        let text = format!("Until it is repaired the rest is up {} of the time.", share(what.availability));
        tell(log, now, EventKind::Detail, text);
    }
}

/// The design was edited; `old` and `before` are the plan and its worth before.
pub fn edited(model: &FailureModel, now: Micros, what: &str, (old, before): (&Plan, &Analysis), log: &mut Vec<Event>) {
    tell(log, now, EventKind::Change, format!("{what}."));
    let (a, b) = (&model.analysis, before);
    let text = format!(
        "Availability {} (was {}): {} down a year instead of {}. Cost {:.1} (was {:.1}).",
        share(a.availability),
        share(b.availability),
        per_year(a.availability),
        per_year(b.availability),
        a.cost,
        b.cost
    );
    tell(log, now, EventKind::Detail, text);
    // One machine more is not always better: it votes in the place of the witness.
    let seats = |plan: &Plan, name: &str| {
        let tier = plan.tiers.iter().position(|t| t.name == name)?;
        plan.voted(tier, model.tuning.fencing).then(|| (plan.members(tier).len(), plan.witness(tier)))
    };
    for tier in model.plan.tiers.iter().filter(|_| a.availability < b.availability) {
        if let (Some((_, Some(_))), Some((votes, None))) = (seats(old, &tier.name), seats(&model.plan, &tier.name)) {
            let text = format!(
                "{} has {votes} votes now, all of machines. The witness, which fails less, has none any more.",
                tier.name
            );
            tell(log, now, EventKind::Detail, text);
        }
    }
    let was = |part: &usize| {
        let name = model.plan.part_name(*part);
        !(0..old.parts()).any(|p| old.part_name(p) == name) || before.spofs.iter().any(|p| old.part_name(*p) == name)
    };
    for part in a.spofs.iter().filter(|part| !was(part)) {
        let why = votes(model, *part).unwrap_or_default();
        let text = format!("{} is now a single point of failure{why}.", model.plan.part_name(*part));
        tell(log, now, EventKind::Warning, text);
    }
}

/// Acknowledged writes were on a machine that was taken out, and nowhere else.
pub fn gone_with(now: Micros, lost: u64, log: &mut Vec<Event>) {
    let text = match lost {
        0 => return,
        1 => "One acknowledged write was there alone: it is lost.".to_owned(),
        n => format!("{} were there alone: they are lost.", counted(n, "acknowledged write")),
    };
    tell(log, now, EventKind::Warning, text);
}

/// `: 2 of the 3 votes of db stand there`, where that is why a place is a single point.
fn votes(model: &FailureModel, part: usize) -> Option<String> {
    let plan = &model.plan;
    let inside = plan.inside(plan.scope_of(part));
    (0..plan.tiers.len()).filter(|t| plan.voted(*t, model.tuning.fencing)).find_map(|t| {
        let (members, witness) = (plan.members(t), plan.witness(t));
        let seat = witness.is_some_and(|z| match plan.scope_of(part) {
            Scope::Zone(zone) => zone == z,
            Scope::Region(region) => plan.zones[z].region == region,
            _ => false,
        });
        let all = members.len() + usize::from(witness.is_some());
        let here = members.iter().filter(|m| inside.contains(m)).count() + usize::from(seat);
        let witness = if seat { ", the witness's among them" } else { "" };
        (here * 2 >= all && here < all).then(|| {
            let are = if here == 1 { "is" } else { "are" };
            format!(": {here} of the {all} votes of {} {are} there{witness}", plan.tiers[t].name)
        })
    })
}
