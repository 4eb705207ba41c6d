//! The figures and bars beside the picture.

use super::model::FailureModel;
use super::narrate::{per_year, share};
use super::plan::Plan;
use crate::algorithms::availability::downtime_per_year_s;
use crate::engine::numbers::{duration, plural, thousands};
use crate::picture::{BarState, Figure, LoadBar};

/// A few words for the title.
pub(super) fn state(model: &FailureModel) -> String {
    let tuning = &model.tuning;
    let mut parts = vec![model.plan.name.clone(), tuning.mode.name().to_owned(), tuning.detector.name()];
    if model.groups.iter().flatten().any(|g| g.members.len() > 1) {
        parts.push(tuning.standby.name().to_owned());
    }
    if !tuning.fencing {
        parts.push("no fencing".to_owned());
    }
    if let Some(chaos) = &model.chaos {
        parts.push(format!("chaos {}", chaos.rate));
    }
    parts.join(", ")
}

fn figure(name: &str, value: String, theory: Option<String>, note: Option<String>, changed: bool) -> Figure {
    Figure { name: name.to_owned(), value, theory, note, changed }
}

/// Observed beside theory.
pub(super) fn figures(model: &FailureModel) -> Vec<Figure> {
    let (analysis, counts) = (&model.analysis, &model.counts);
    let seen = model.observed();
    let mut figures = Vec::new();
    let computed = share(analysis.availability);
    figures.push(match (model.soak, model.chaos) {
        (Some(soak), _) => figure(
            "up",
            share(soak.availability),
            Some(computed),
            Some(format!("{} years; {} to {}", thousands(soak.years), share(soak.low), share(soak.high))),
            true,
        ),
        (None, Some(chaos)) => figure(
            "up in chaos",
            share(seen.value),
            Some(share(chaos.theory)),
            Some(format!("{} to {}", share(seen.low), share(seen.high))),
            true,
        ),
        _ => figure("up", "–".to_owned(), Some(computed), Some("`soak 1000` lives it".to_owned()), false),
    });
    figures.push(figure("downtime", per_year(analysis.availability), None, Some("a year".to_owned()), false));
    let points = model.spofs();
    let spofs = points.len();
    let names: Vec<&str> = points.iter().map(|p| model.plan.part_name(*p)).collect();
    figures.push(figure("single points", spofs.to_string(), None, (spofs > 0).then(|| names.join(", ")), spofs > 0));
    let failed = (counts.failed > 0).then(|| format!("{} failed", thousands(counts.failed)));
    figures.push(figure("requests", thousands(counts.ok + counts.failed), None, failed, model.outage.is_some()));
    if let Some(failover) = model.last_failover() {
        let theory = Some(duration(failover.theory.iter().sum()));
        let value = failover.rto().map_or_else(|| "under way".to_owned(), duration);
        figures.push(figure("failover", value, theory, Some(format!("of {}", failover.from)), failover.back.is_none()));
    }
    let lost = model.lost_writes();
    if counts.failovers > 0 || lost > 0 {
        let missing = model.missing_writes();
        let note = match model.pending_writes() > 0 {
            true => "so far, if the older primary gives up".to_owned(),
            false => format!("{} in all", thousands(lost)),
        };
        figures.push(figure("writes lost", thousands(missing), None, Some(note), missing > 0));
    }
    if model.split_brain() {
        figures.push(figure("split brain", "yes".to_owned(), None, Some("two primaries".to_owned()), true));
    }
    if counts.fenced_writes > 0 {
        figures.push(figure("fenced off", thousands(counts.fenced_writes), None, None, false));
    }
    if counts.false_alarms > 0 {
        let of = format!("of {} suspicion{}", counts.suspicions, plural(counts.suspicions));
        figures.push(figure("false alarms", thousands(counts.false_alarms), None, Some(of), true));
    }
    if counts.stale > 0 {
        let of = format!("of {} read{}", thousands(counts.reads), plural(counts.reads));
        figures.push(figure("stale reads", thousands(counts.stale), None, Some(of), false));
    }
    if let Some(mean) = counts.write_latency_us.checked_div(counts.writes) {
        figures.push(figure("a write", duration(mean), None, None, false));
    }
    figures.push(figure("cost", format!("{:.1}", analysis.cost), None, Some("an app server is 1".to_owned()), false));
    figures
}

/// What each machine, zone and region adds to the downtime of a year.
pub(super) fn bars(model: &FailureModel) -> (String, Vec<LoadBar>) {
    let (plan, analysis) = (&model.plan, &model.analysis);
    let minutes = |part: usize| {
        let down = 1.0 - plan.life(part).availability();
        downtime_per_year_s(1.0 - analysis.importance[part] * down) / 60.0
    };
    let spofs = model.spofs();
    let bars = shown(model).into_iter().map(|part| {
        let value = minutes(part);
        let spof = spofs.contains(&part);
        let down = match plan.scope_of(part) {
            super::plan::Scope::Machine(m) => !model.world.powered(plan, m),
            super::plan::Scope::Zone(z) => model.world.zones_down[z],
            super::plan::Scope::Region(r) => model.world.regions_down[r],
            super::plan::Scope::Tier(_) => false,
        };
        let tier = if part < plan.machines.len() { plan.machines[part].tier } else { plan.tiers.len() + part };
        LoadBar {
            label: plan.part_name(part).to_owned(),
            letter: short(plan, part),
            series: tier,
            value,
            ideal: 0.0,
            text: if down { "down".to_owned() } else { duration((value * 60e6) as u64) },
            state: match (down, spof) {
                (true, _) => BarState::Failed,
                (_, true) => BarState::Over,
                _ => BarState::Normal,
            },
        }
    });
    ("users down a year, by part".to_owned(), bars.collect())
}

/// Parts that have a bar: what can fail and matters to users.
fn shown(model: &FailureModel) -> Vec<usize> {
    let (plan, analysis) = (&model.plan, &model.analysis);
    let matters =
        |part: &usize| *part < plan.machines.len() || analysis.importance[*part] > 0.0 || !model.part_up(*part);
    (0..plan.parts()).filter(|p| plan.life(*p).mtbf_s.is_finite()).filter(matters).collect()
}

/// The command that a click on a bar means.
pub(super) fn click_bar(model: &FailureModel, bar: usize) -> Option<String> {
    let plan = &model.plan;
    let part = shown(model).get(bar).copied()?;
    Some(format!("what-if {}", plan.part_name(part)))
}

/// Four columns of a name: its first letter or two, and its number; for names that would then be alike, the first
/// letters of its words.
fn short(plan: &Plan, part: usize) -> String {
    let plain = |name: &str| {
        let head: String = name.chars().take(2).collect();
        match name.rsplit_once('-') {
            Some((_, tail)) if tail.chars().count() <= 2 => format!("{head}{tail}"),
            _ => name.chars().take(4).collect(),
        }
    };
    let name = plan.part_name(part);
    let alike = (0..plan.parts()).filter(|p| plain(plan.part_name(*p)) == plain(name)).count() > 1;
    match alike {
        true => name.split('-').filter_map(|word| word.chars().next()).take(4).collect(),
        false => plain(name),
    }
}
