//! What happened by itself, in words: checks, ejections, takeovers, failed requests.

use strum::VariantArray as _;

use super::tell;
use crate::engine::numbers::{plural, thousands};
use crate::engine::{Event, EventKind, Micros};
use crate::labs::balancer::model::{BalancerModel, Told};
use crate::labs::balancer::names::{REGIONS, server_name};
use crate::labs::balancer::words;
use crate::sim::Duration;
use crate::systems::balancing::{Failure, Incident};

/// Time between two reports of failures, in system time.
const REPORT: Duration = Duration::from_secs(5);

/// What happened by itself.
pub fn incidents(model: &mut BalancerModel, lab: Micros, log: &mut Vec<Event>) {
    let several = model.main().regions.len() > 1;
    for (_, region, incident) in std::mem::take(&mut model.systems[0].incidents) {
        let named = matches!(incident, Incident::RegionDown(_) | Incident::RegionUp(_));
        let place =
            if several && !named { format!("{}: ", REGIONS[region.min(REGIONS.len() - 1)]) } else { String::new() };
        let (kind, text) = match incident {
            Incident::Down(i) => {
                let failed = match model.settings.fall {
                    1 => "a check failed".to_owned(),
                    fall => format!("{fall} checks in a row failed"),
                };
                (EventKind::Change, format!("{} is out: {failed}. It gets nothing more.", server_name(i)))
            }
            Incident::Up(i) => {
                let passed = if model.settings.rise == 1 { "check passed" } else { "checks passed" };
                let slowly = if model.settings.slow_start > Duration::ZERO { " It starts slowly." } else { "" };
                (EventKind::Change, format!("{} is back in: its {passed}.{slowly}", server_name(i)))
            }
            Incident::Ejected(i, _) => {
                (EventKind::Change, format!("{} is ejected: five requests in a row failed there.", server_name(i)))
            }
            Incident::Returned(i) => (EventKind::Detail, format!("{}'s ejection is over.", server_name(i))),
            Incident::Drained(i) => {
                (EventKind::Change, format!("{} is drained: nothing is left there, and it can go.", server_name(i)))
            }
            Incident::Takeover(b) => (EventKind::Change, format!("Balancer {} holds the address now.", b + 1)),
            Incident::RegionDown(r) => (EventKind::Change, format!("DNS does not name {} any more.", REGIONS[r])),
            Incident::RegionUp(r) => (EventKind::Change, format!("DNS names {} again.", REGIONS[r])),
        };
        tell(log, lab, kind, format!("{place}{text}"));
    }
    // Those of the others are the same or much alike: they are not told twice.
    model.systems.iter_mut().skip(1).for_each(|s| s.incidents.clear());
}

/// Failures since they were told last, now and then.
pub fn failures(model: &mut BalancerModel, lab: Micros, log: &mut Vec<Event>) {
    let (now, failed) = (model.now, model.systems[0].stats.failed);
    let told = &model.told;
    let mut fresh = failed;
    fresh.iter_mut().zip(told.failed).for_each(|(failed, told)| *failed = failed.saturating_sub(told));
    let (count, before) = (fresh.iter().sum::<u64>(), told.failed.iter().sum::<u64>());
    if count == 0 || told.at.is_some_and(|at| now < at + REPORT && before > 0) {
        return;
    }
    let most = Failure::VARIANTS.iter().max_by_key(|f| fresh[**f as usize]).map_or("", |f| words::failure(*f));
    let text = if before == 0 && count == 1 {
        "A request failed: ".to_owned() + &most.replace("their", "its").replace("clients", "client")
    } else {
        let more = if before > 0 { "more " } else { "" };
        let mostly = if fresh.iter().filter(|n| **n > 0).count() > 1 { "mostly since" } else { "since" };
        format!("{} {more}request{} failed, {mostly} {most}", thousands(count), plural(count))
    };
    tell(log, lab, EventKind::Warning, format!("{text}."));
    model.told = Told { failed, at: Some(now) };
}
