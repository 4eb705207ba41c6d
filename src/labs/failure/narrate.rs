//! What happened, in sentences.

mod design;

pub use design::{built, edited, spofs, what_if};

use super::group::Group;
use super::model::{FailureModel, Outage};
use super::plan::Kind;
use super::request::{Trace, Why};
use super::soak::Soak;
use crate::algorithms::availability::{downtime_per_year_s, nines};
use crate::algorithms::lease::Lease;
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

/// Somebody pulled the plug, or chaos did.
pub fn killed(model: &FailureModel, now: Micros, target: &str, machines: &[usize], log: &mut Vec<Event>) {
    let kind = headline(model);
    match machines {
        [_] => tell(log, now, kind, format!("{target} is down.")),
        [] => {
            let zone = model.plan.zones.iter().position(|z| z.name == target);
            let voters = (0..model.plan.tiers.len()).filter(|t| zone.is_some() && model.plan.witness(*t) == zone);
            let names: Vec<&str> = voters.map(|t| model.plan.tiers[t].name.as_str()).collect();
            let vote = if names.is_empty() {
                String::new()
            } else {
                format!(", but a witness votes there for {}", list(&names))
            };
            tell(log, now, kind, format!("{target} is down. No machine stands in it{vote}."));
        }
        many => tell(log, now, kind, format!("{target} is down, and with it {} machines.", many.len())),
    }
    if model.chaos.is_some() {
        return;
    }
    if !model.serving() {
        let none = (0..model.plan.machines.len()).all(|m| !model.world.powered(&model.plan, m));
        let text = if none {
            "Everything is down: no request can be served until something is repaired."
        } else {
            "Users cannot be served: too few machines are left. Only a repair helps."
        };
        tell(log, now, EventKind::Warning, text);
    }
}

/// What was broken is whole.
pub fn repaired(
    model: &FailureModel,
    now: Micros,
    target: &str,
    (machines, broken): (&[usize], bool),
    log: &mut Vec<Event>,
) {
    let down: Vec<&str> =
        machines.iter().filter(|m| !model.world.powered(&model.plan, **m)).map(|m| name(model, *m)).collect();
    let rest = if down.is_empty() { String::new() } else { format!(" Still without power: {}.", list(&down)) };
    let what = if target == "all" { "Everything" } else { target };
    if !broken {
        return tell(log, now, EventKind::Change, format!("{what} was whole already.{rest}"));
    }
    tell(log, now, EventKind::Change, format!("{what} is repaired.{rest}"));
}

/// Chaos mended something.
pub fn mended(_: &FailureModel, now: Micros, name: &str, log: &mut Vec<Event>) {
    tell(log, now, EventKind::Detail, format!("{name} is repaired."));
}

/// A link was cut.
pub fn cut(model: &FailureModel, now: Micros, (a, b): (&str, Option<&str>), one_way: bool, log: &mut Vec<Event>) {
    let text = match (b, one_way) {
        (None, _) => format!("{a} is cut off from everything but itself and its users. It runs on."),
        (Some(b), false) => format!("The link between {a} and {b} is cut. Both run on, and neither hears the other."),
        (Some(b), true) => format!("What {a} sends to {b} is lost; the other way works."),
    };
    tell(log, now, EventKind::Change, text);
    if !model.tuning.fencing {
        tell(log, now, EventKind::Detail, "No lease guards the primary: whoever does not hear it may take over.");
    }
    if !model.serving() {
        let text = "No way is left from users through every tier: nobody can be served while it is cut.";
        tell(log, now, EventKind::Warning, text);
    }
}

/// Links were joined.
pub fn healed(model: &FailureModel, now: Micros, log: &mut Vec<Event>) {
    tell(log, now, EventKind::Change, "All links are whole again.");
    if model.split_brain() && !model.tuning.fencing {
        let text = "Two machines still believe to be primary. Without leases nobody steps down: repair the old one.";
        tell(log, now, EventKind::Warning, text);
    }
}

/// A machine became slow, lossy, or well again.
pub fn gray(model: &FailureModel, now: Micros, m: usize, log: &mut Vec<Event>) {
    let node = &model.world.nodes[m];
    let mut parts = Vec::new();
    if node.slow > 1.0 {
        parts.push(format!("is {} times as slow", node.slow));
    }
    if node.loss > 0.0 {
        parts.push(format!("loses {} of its messages", percent(node.loss)));
    }
    let what = if parts.is_empty() { "is well again".to_owned() } else { parts.join(" and ") };
    tell(log, now, EventKind::Change, format!("{} {what}.", name(model, m)));
}

/// A machine stopped for a while.
pub fn paused(model: &FailureModel, now: Micros, m: usize, us: Micros, log: &mut Vec<Event>) {
    tell(log, now, EventKind::Change, format!("{} stops for {}. It will not notice.", name(model, m), duration(us)));
}

/// A paused machine goes on, and nothing came of it.
pub fn woke(model: &FailureModel, now: Micros, m: usize, log: &mut Vec<Event>) {
    tell(log, now, headline(model), format!("{} goes on.", name(model, m)));
}

/// A primary of the past woke up, and the fence stands before it.
pub fn fenced(
    model: &FailureModel,
    now: Micros,
    group: &Group,
    old: usize,
    newer: usize,
    writes: u64,
    log: &mut Vec<Event>,
) {
    let (old_name, new_name) = (name(model, group.members[old]), name(model, group.members[newer]));
    let (token, highest) = (group.log_of(old).epoch(), group.fence.highest());
    let text = format!(
        "{old_name} wakes up and still believes to be primary. It writes with token {token}; the fence has seen {highest}: \
         {writes} write{} refused. {new_name} stays primary.",
        plural(writes)
    );
    tell(log, now, EventKind::Change, text);
}

/// A primary of the past woke up, and nothing stops it.
pub fn two_primaries(model: &FailureModel, now: Micros, group: &Group, old: usize, writes: u64, log: &mut Vec<Event>) {
    let text = format!(
        "Split brain: {} wakes up, still believes to be primary and takes {writes} write{} that lay in its queue. Two logs \
         grow from now on.",
        name(model, group.members[old]),
        plural(writes)
    );
    tell(log, now, EventKind::Warning, text);
}

/// A machine is taken for dead.
pub fn suspected(model: &FailureModel, now: Micros, m: usize, log: &mut Vec<Event>) {
    let node = &model.world.nodes[m];
    let silence = duration(now.saturating_sub(node.heard));
    let runs = model.world.runs(&model.plan, m, now);
    let (kind, truth) = if runs { (EventKind::Warning, " It is alive: a false alarm.") } else { (headline(model), "") };
    let kind = if model.chaos.is_some() { EventKind::Detail } else { kind };
    let text = format!("{} has been silent for {silence} and is taken for dead.{truth}", name(model, m));
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

/// A primary is dead, and there is no other machine.
pub fn nobody(model: &FailureModel, now: Micros, tier: usize, log: &mut Vec<Event>) {
    let text = format!("{} has no second machine: nobody can take over.", model.plan.tiers[tier].name);
    tell(log, now, EventKind::Warning, text);
}

/// Nobody may take over now.
pub fn no_successor(model: &FailureModel, now: Micros, group: &Group, tier: usize, log: &mut Vec<Event>) {
    let tier_name = &model.plan.tiers[tier].name;
    let alive =
        (0..group.members.len()).any(|m| !group.claims[m] && model.world.runs(&model.plan, group.members[m], now));
    let why = if alive && model.tuning.fencing {
        "no machine that is left hears a majority"
    } else {
        "no machine is left that could"
    };
    tell(log, now, EventKind::Warning, format!("Nobody takes over in {tier_name}: {why}."));
}

/// The lease of the primary has not run out.
pub fn lease_held(model: &FailureModel, now: Micros, group: &Group, lease: &Lease, log: &mut Vec<Event>) {
    let holder = group.members.get(lease.holder as usize).map_or("", |m| name(model, *m));
    let text = format!(
        "The lease is still {holder}'s for {}: nobody may take over before.",
        duration(lease.ends_us.saturating_sub(now))
    );
    tell(log, now, headline(model), text);
}

/// Who takes over is decided.
pub fn decided(model: &FailureModel, now: Micros, m: usize, ready: Micros, log: &mut Vec<Event>) {
    let text = format!(
        "{} is chosen; as a {} standby it needs {} to take over.",
        name(model, m),
        model.tuning.standby.name(),
        duration(ready - now)
    );
    tell(log, now, headline(model), text);
}

/// The successor serves.
pub fn promoted(model: &FailureModel, now: Micros, group: &Group, member: usize, lost: u64, log: &mut Vec<Event>) {
    let machine = group.members[member];
    let epoch = group.log_of(member).epoch();
    let database = model.plan.tier_of(machine).kind == Kind::Database;
    let lost = match (database, lost) {
        (false, _) => String::new(),
        (true, 0) => " No acknowledged write is lost.".to_owned(),
        (true, n) => format!(" {} acknowledged write{} did not reach it.", thousands(n), plural(n)),
    };
    tell(log, now, headline(model), format!("{} is primary, in epoch {epoch}.{lost}", name(model, machine)));
    let others: Vec<&str> = (0..group.members.len())
        .filter(|m| *m != member && group.claims[*m])
        .map(|m| name(model, group.members[m]))
        .collect();
    if let [old, ..] = others[..] {
        if model.tuning.fencing {
            let text = format!("{old} still believes to be primary, but its lease is over: it may not write.");
            tell(log, now, EventKind::Detail, text);
        } else {
            let text = format!("Split brain: {old} is alive and still believes to be primary. Both take writes.");
            tell(log, now, EventKind::Warning, text);
        }
    }
}

/// A primary of the past follows.
pub fn stepped_down(
    model: &FailureModel,
    now: Micros,
    group: &Group,
    old: usize,
    newer: usize,
    (cut, lost): (u64, u64),
    log: &mut Vec<Event>,
) {
    let what = match (cut, lost) {
        (0, 0) => "Nothing is lost.".to_owned(),
        (1, 0) => "One write of its own is dropped; it was not acknowledged.".to_owned(),
        (cut, 0) => format!("{cut} writes of its own are dropped; none was acknowledged."),
        (1, 1) => "One write of its own is dropped. It was acknowledged: it is lost.".to_owned(),
        (cut, lost) if cut == lost => {
            format!("{cut} writes of its own are dropped. All were acknowledged: they are lost.")
        }
        (cut, lost) => {
            format!("{cut} write{} of its own go, {lost} acknowledged ones among them: lost.", plural(cut))
        }
    };
    let (old, newer) = (name(model, group.members[old]), name(model, group.members[newer]));
    tell(log, now, EventKind::Change, format!("{old} steps down and follows {newer}. {what}"));
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
        duration(outage.last - outage.since + super::model::REQUEST_US)
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
    tell(log, now, EventKind::Detail, format!("{} pass.", duration(us)));
}

/// Many years were lived through.
pub fn soaked(model: &FailureModel, now: Micros, soak: &Soak, log: &mut Vec<Event>) {
    let text = format!(
        "{} years: {} failures, {} times everything stood still. Up {} of the time, between {} and {} with 95 % confidence; \
         theory says {}.",
        thousands(soak.years),
        thousands(soak.failures),
        thousands(soak.outages),
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

/// When a write counts.
pub fn mode(model: &FailureModel, now: Micros, log: &mut Vec<Event>) {
    use super::command::ModeName;
    use crate::algorithms::replication::{Mode, quorum_miss};
    let text = match model.tuning.mode {
        ModeName::Sync => "A write counts when every follower that is not taken for dead holds it.".to_owned(),
        ModeName::Async => "A write counts as soon as the primary holds it; followers catch up later.".to_owned(),
        ModeName::Semi => "A write counts when the primary and one follower hold it.".to_owned(),
        ModeName::Quorum => "A write counts when W members hold it; a read asks R.".to_owned(),
    };
    tell(log, now, EventKind::Change, text);
    for group in model.groups.iter().flatten() {
        let tier = model.plan.tier_of(group.members[0]);
        if let (Mode::Quorum { write, read }, Kind::Database) = (group.log.mode(), tier.kind) {
            let miss = quorum_miss(group.members.len(), write, read);
            let text = format!(
                "{}: N={}, W={write}, R={read}. A read misses a fresh write with a chance of {}{}.",
                tier.name,
                group.members.len(),
                percent(miss),
                if miss == 0.0 { ": R + W > N" } else { "" }
            );
            tell(log, now, EventKind::Detail, text);
        }
    }
}

/// How machines are judged.
pub fn detector(model: &FailureModel, now: Micros, log: &mut Vec<Event>) {
    let [detection, ..] = model.tuning.phases(model.plan.machines.len(), true);
    let text = format!(
        "Detector: {}. A dead machine should be noticed after {} on average.",
        model.tuning.detector.name(),
        duration(detection)
    );
    tell(log, now, EventKind::Change, text);
}

/// Leases on or off.
pub fn fencing(model: &FailureModel, now: Micros, log: &mut Vec<Event>) {
    let text = if model.tuning.fencing {
        "Leases and fencing are on: only who holds the lease writes, and old tokens are refused."
    } else {
        "Leases and fencing are off: whoever believes to be primary writes."
    };
    tell(log, now, EventKind::Change, text);
}

/// How ready standbys are.
pub fn standby(model: &FailureModel, now: Micros, log: &mut Vec<Event>) {
    let standby = model.tuning.standby;
    let text = format!(
        "Standby {}: it takes over in {} and costs {} of a machine that serves. Cost is now {:.1}.",
        standby.name(),
        duration(standby.promotion_us()),
        percent(standby.cost()),
        model.analysis.cost
    );
    tell(log, now, EventKind::Change, text);
}
