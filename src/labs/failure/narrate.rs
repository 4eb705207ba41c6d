//! What happened, in sentences.

mod changes;
mod design;
mod power;

pub use changes::*;
pub use design::{built, edited, gone_with, spofs, what_if};
pub use power::*;

use super::forecast::{Fare, Service};
use super::model::FailureModel;
use super::outage::Outage;
use super::request::{Trace, Why};
use super::soak::Soak;
use crate::algorithms::availability::{downtime_per_year_s, nines};
use crate::engine::numbers::{duration, percent, plural, thousands};
use crate::engine::{Event, EventKind, Micros};

fn tell(log: &mut Vec<Event>, now: Micros, kind: EventKind, text: impl Into<String>) {
    log.push(Event::new(now, kind, text));
}

/// In chaos much happens: what is routine there is a detail.
fn headline(model: &FailureModel) -> EventKind {
    if model.chaos.is_some() { EventKind::Detail } else { EventKind::Change }
}

fn name(model: &FailureModel, machine: usize) -> &str {
    model.plan.machines.get(machine).map_or("", |m| &m.name)
}

/// `a, b and c`.
fn list(names: &[&str]) -> String {
    match names {
        [] => "none".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `1 write`, `no writes`, `1,204 writes`.
fn counted(n: u64, what: &str) -> String {
    match n {
        0 => format!("no {what}s"),
        n => format!("{} {what}{}", thousands(n), plural(n)),
    }
}

/// What users get, as a clause: `no request is served`.
fn fares(service: Service) -> String {
    match service.fare() {
        Fare::All => "all requests are served".to_owned(),
        Fare::ReadsOnly => "reads are served and writes fail".to_owned(),
        Fare::Nothing => "no request is served".to_owned(),
        Fare::Some => format!("{} of the requests fail", percent(service.failing())),
    }
}

/// An availability with as many digits as it takes to see its nines.
pub fn share(availability: f64) -> String {
    if !availability.is_finite() {
        return "–".to_owned();
    }
    let digits = (nines(availability).min(9.0) as usize).saturating_sub(1).max(2);
    format!("{:.digits$} %", availability * 100.0)
}

/// Time down in a year, in two or three digits.
pub fn per_year(availability: f64) -> String {
    let seconds = downtime_per_year_s(availability);
    match seconds {
        _ if !seconds.is_finite() => "–".to_owned(),
        ..100.0 => format!("{seconds:.0} s"),
        ..6_000.0 => format!("{:.1} min", seconds / 60.0),
        ..360_000.0 => format!("{:.1} h", seconds / 3_600.0),
        _ => format!("{:.1} d", seconds / 86_400.0),
    }
}

/// A machine is declared dead.
pub fn suspected(model: &FailureModel, now: Micros, m: usize, log: &mut Vec<Event>) {
    let node = &model.world.nodes[m];
    let silence = duration(now.saturating_sub(node.heard));
    let runs = model.world.runs(&model.plan, m, now);
    let (kind, truth) = if runs { (EventKind::Warning, " It is alive: a false alarm.") } else { (headline(model), "") };
    let kind = if model.chaos.is_some() { EventKind::Detail } else { kind };
    let text = format!("{} has been silent for {silence} and is declared dead.{truth}", name(model, m));
    tell(log, now, kind, text);
}

/// A machine is taken for alive again.
pub fn trusted(model: &FailureModel, now: Micros, m: usize, since: Micros, log: &mut Vec<Event>) {
    let text = format!("{} is heard of again after {}.", name(model, m), duration(now.saturating_sub(since)));
    tell(log, now, EventKind::Detail, text);
}

/// SWIM begins to doubt.
pub fn swim_suspects(model: &FailureModel, now: Micros, m: usize, by: usize, log: &mut Vec<Event>) {
    let text = format!(
        "{} gets no answer from {}, neither directly nor through others. It has some periods to speak up.",
        name(model, by),
        name(model, m)
    );
    tell(log, now, EventKind::Detail, text);
}

fn reason(model: &FailureModel, why: Why) -> String {
    let tier = |t: usize| model.plan.tiers.get(t).map_or("", |t| &t.name);
    match why {
        Why::Silent(m) => format!("{} does not answer", name(model, m)),
        Why::Cut(from, to) => format!("{} does not reach {}: the link is cut", name(model, from), name(model, to)),
        Why::Lost(m) => format!("a message to or from {} was lost", name(model, m)),
        Why::Slow(m) => format!("{} takes too long", name(model, m)),
        Why::Nobody(t) => format!("{} has no machine that is taken for alive", tier(t)),
        Why::NoPrimary(t) => format!("{} has no primary that answers", tier(t)),
        Why::Fenced(m) => format!("{} may not write: its lease is over or its epoch is past", name(model, m)),
        Why::TooFew(t) => format!("too few machines of {} answer for `mode {}`", tier(t), model.tuning.mode.name()),
        Why::Overloaded(t) => {
            format!("{} needs {} machines to carry the load, and fewer run", tier(t), model.plan.tiers[t].needs)
        }
        Why::Doubled(first, second) => format!(
            "{first} and {second} both hold the virtual address of {}, and a connection that begins at one goes on at \
             the other",
            model.plan.machines.get(first).map_or("", |m| tier(m.tier)),
            first = name(model, first),
            second = name(model, second)
        ),
    }
}

/// The first request failed.
pub fn errors(model: &FailureModel, now: Micros, why: Why, log: &mut Vec<Event>) {
    let kind = if model.chaos.is_some() { EventKind::Detail } else { EventKind::Warning };
    tell(log, now, kind, format!("Users see errors: {}.", reason(model, why)));
}

/// No request has failed for a while.
pub fn served_again(model: &FailureModel, now: Micros, outage: Outage, log: &mut Vec<Event>) {
    let text = format!(
        "Users are served again: {} request{} failed within {}.",
        thousands(outage.failed),
        plural(outage.failed),
        duration(outage.length())
    );
    tell(log, now, headline(model), text);
}

/// One request, followed.
pub fn step(model: &FailureModel, now: Micros, trace: &Trace, log: &mut Vec<Event>) {
    let way: Vec<&str> = trace.path.iter().map(|m| name(model, *m)).collect();
    let what = if trace.write { "A write" } else { "A read" };
    let way = if way.is_empty() { "nowhere".to_owned() } else { way.join(" → ") };
    let text = match trace.why {
        Some(why) => format!("{what} fails: users → {way}; {}.", reason(model, why)),
        None => format!("{what} is served in {}: users → {way}.", duration(trace.latency)),
    };
    tell(log, now, if trace.why.is_some() { EventKind::Warning } else { EventKind::Change }, text);
    if trace.stale {
        tell(log, now, EventKind::Detail, "What it read is out of date: an acknowledged write is not there yet.");
    }
}

/// Time passes.
pub fn waits(now: Micros, us: Micros, log: &mut Vec<Event>) {
    tell(log, now, EventKind::Detail, format!("Time passes: {}.", duration(us)));
}

/// Many years were lived through.
pub fn soaked(model: &FailureModel, now: Micros, soak: &Soak, log: &mut Vec<Event>) {
    let text = format!(
        "{} years: {}, and {} in which users were not served at all. Up {} of the time, between {} and {} with 95 % \
         confidence; theory says {}.",
        thousands(soak.years),
        counted(soak.failures, "failure"),
        counted(soak.outages, "outage"),
        share(soak.availability),
        share(soak.low),
        share(soak.high),
        share(model.analysis.availability)
    );
    tell(log, now, EventKind::Change, text);
}

/// Chaos begins.
pub fn chaos(model: &FailureModel, now: Micros, log: &mut Vec<Event>) {
    let Some(chaos) = &model.chaos else { return };
    let text = format!(
        "Chaos: everything fails {} time{} as often as in life, and repairs take 10 s or more on average. Theory \
         expects {} up.",
        chaos.rate,
        if chaos.rate == 1.0 { "" } else { "s" },
        share(chaos.theory)
    );
    tell(log, now, EventKind::Change, text);
}

/// Chaos is over.
pub fn chaos_over(now: Micros, log: &mut Vec<Event>) {
    tell(log, now, EventKind::Change, "Chaos is over. What is broken stays broken until it is repaired.");
}
