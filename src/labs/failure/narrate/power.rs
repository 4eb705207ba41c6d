//! What broke and was repaired, and who serves as primary because of that.

use super::{counted, fares, headline, list, name, tell};
use crate::algorithms::lease::Lease;
use crate::engine::numbers::{duration, percent};
use crate::engine::{Event, EventKind, Micros};
use crate::labs::failure::forecast::{Fare, Service};
use crate::labs::failure::group::Group;
use crate::labs::failure::model::FailureModel;
use crate::labs::failure::plan::Kind;
use crate::labs::failure::takeover::Losses;

/// Somebody pulled the plug, or chaos did.
pub fn killed(
    model: &FailureModel,
    now: Micros,
    target: &str,
    machines: &[usize],
    future: Option<Service>,
    log: &mut Vec<Event>,
) {
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
    let Some(future) = future else { return };
    let none = (0..model.plan.machines.len()).all(|m| !model.world.powered(&model.plan, m));
    let text = match future.fare() {
        Fare::All => return,
        Fare::Nothing if none => "Everything is down: no request is served until something is repaired.".to_owned(),
        Fare::Nothing => match model.world.cuts.is_empty() {
            true => "Users cannot be served: too few machines are left. Only a repair helps.".to_owned(),
            false => "Users cannot be served with what is down and cut. Only `repair` or `heal` helps.".to_owned(),
        },
        _ => format!("Until something is repaired, {}.", fares(future)),
    };
    tell(log, now, EventKind::Warning, text);
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
pub fn cut(
    model: &FailureModel,
    now: Micros,
    (a, b): (&str, Option<&str>),
    one_way: bool,
    future: Service,
    log: &mut Vec<Event>,
) {
    let text = match (b, one_way) {
        (None, _) => format!("{a} is cut off from everything but itself and its users. It runs on."),
        (Some(b), false) => format!("The link between {a} and {b} is cut. Both run on, and neither hears the other."),
        (Some(b), true) => format!("What {a} sends to {b} is lost; the other way works."),
    };
    tell(log, now, EventKind::Change, text);
    if !model.tuning.fencing {
        tell(log, now, EventKind::Detail, "No lease guards the primary: whoever does not hear it may take over.");
    }
    let text = match future.fare() {
        Fare::All => return,
        Fare::Nothing => {
            "No way is left from users through every tier: no request is served while it is cut.".to_owned()
        }
        _ => format!("While it is cut, {}.", fares(future)),
    };
    tell(log, now, EventKind::Warning, text);
}

/// Links were joined.
pub fn healed(model: &FailureModel, now: Micros, log: &mut Vec<Event>) {
    tell(log, now, EventKind::Change, "All links are whole again.");
    if model.split_brain() && !model.tuning.fencing {
        let text = "Two machines still believe they are primary. Without leases nobody steps down: repair the old one.";
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
    let refused = match writes {
        0 => "it may not write".to_owned(),
        n => format!("{} {} refused", counted(n, "write"), if n == 1 { "is" } else { "are" }),
    };
    let leads = match model.world.runs(&model.plan, group.members[newer], now) {
        true => format!("{new_name} stays primary"),
        false => format!("{new_name} took over, and does not run either"),
    };
    let text = format!(
        "{old_name} wakes up and still believes it is primary. Its token is {token}; the fence has seen {highest}: \
         {refused}. {leads}."
    );
    tell(log, now, EventKind::Change, text);
}

/// A primary that had lost its lease has it again, and nobody took over meanwhile.
pub fn resumed(model: &FailureModel, now: Micros, group: &Group, member: usize, log: &mut Vec<Event>) {
    let (machine, epoch) = (group.members[member], group.log_of(member).epoch());
    let text =
        format!("{} has a lease again and stays primary, in epoch {epoch}: no other took over.", name(model, machine));
    tell(log, now, headline(model), text);
}

/// Two serve as primary, and nobody has said so yet.
pub fn split_brain(model: &FailureModel, now: Micros, group: &Group, log: &mut Vec<Event>) {
    let names: Vec<&str> = group.claimers().iter().map(|m| name(model, group.members[*m])).collect();
    let text = format!("Split brain: {} believe they are primary, and nothing stops them from serving.", list(&names));
    tell(log, now, EventKind::Warning, text);
}

/// A primary of the past woke up, and nothing stops it.
pub fn two_primaries(model: &FailureModel, now: Micros, group: &Group, old: usize, writes: u64, log: &mut Vec<Event>) {
    let queue = match writes {
        0 => String::new(),
        1 => " It takes a write that lay in its queue, though its user has given up on it.".to_owned(),
        n => format!(" It takes {n} writes that lay in its queue, though their users have given up on them."),
    };
    let logs = match model.plan.tier_of(group.members[old]).kind {
        Kind::Database => " Two logs grow from now on.",
        _ => "",
    };
    let old = name(model, group.members[old]);
    let text = format!("Split brain: {old} wakes up and still believes it is primary.{queue}{logs}");
    tell(log, now, EventKind::Warning, text);
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
pub fn decided(model: &FailureModel, now: Micros, m: usize, (ready, former): (Micros, bool), log: &mut Vec<Event>) {
    if former {
        let text = format!("{} is chosen: it was primary before, and still runs as one.", name(model, m));
        return tell(log, now, headline(model), text);
    }
    let text = format!(
        "{} is chosen; as a {} standby it needs {} to take over.",
        name(model, m),
        model.tuning.standby.name(),
        duration(ready - now)
    );
    tell(log, now, headline(model), text);
}

/// The successor serves.
pub fn promoted(
    model: &FailureModel,
    now: Micros,
    group: &Group,
    member: usize,
    Losses { missing, found }: Losses,
    log: &mut Vec<Event>,
) {
    let machine = group.members[member];
    let epoch = group.log_of(member).epoch();
    let database = model.plan.tier_of(machine).kind == Kind::Database;
    // While another one writes, too, nobody knows yet what will be lost.
    let so_far = if model.is_split(group) { " so far" } else { "" };
    let lost = match (database, missing) {
        (false, _) => String::new(),
        (true, 0) => format!(" No acknowledged write is lost{so_far}."),
        (true, n) => format!(" {} did not reach it{so_far}.", counted(n, "acknowledged write")),
    };
    let again = match found {
        0 => String::new(),
        n => format!(" {} that counted as lost {} in its log.", counted(n, "write"), if n == 1 { "is" } else { "are" }),
    };
    tell(log, now, headline(model), format!("{} is primary, in epoch {epoch}.{lost}{again}", name(model, machine)));
    let others: Vec<&str> = (0..group.members.len())
        .filter(|m| *m != member && group.claims[*m])
        .map(|m| name(model, group.members[m]))
        .collect();
    let [old, ..] = others[..] else { return };
    let (kind, text) = match (model.is_split(group), model.tuning.fencing) {
        (true, _) if database => (
            EventKind::Warning,
            format!("Split brain: {old} is alive and still believes it is primary. Both take writes."),
        ),
        (true, _) => {
            (EventKind::Warning, format!("Split brain: {old} is alive and still believes it is primary. Both serve."))
        }
        (false, true) => {
            (EventKind::Detail, format!("{old} still believes it is primary, but its lease is over: it may not serve."))
        }
        (false, false) => {
            (EventKind::Detail, format!("{old} stands still, and will believe it is primary when it wakes."))
        }
    };
    tell(log, now, kind, text);
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
            let acknowledged = match lost {
                1 => "One of them was acknowledged: it is lost.".to_owned(),
                n => format!("{n} of them were acknowledged: they are lost."),
            };
            format!("{} of its own are dropped. {acknowledged}", counted(cut, "write"))
        }
    };
    let (old, newer) = (name(model, group.members[old]), name(model, group.members[newer]));
    tell(log, now, EventKind::Change, format!("{old} steps down and follows {newer}. {what}"));
}
