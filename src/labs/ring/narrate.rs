//! What happened, in sentences.

use super::command::Strategy;
use super::facts::RingFacts;
use super::keys::turn;
use super::model::{Focus, RingModel};
use super::serving::NOBODY;
use super::world::{Cause, Change};
use crate::engine::numbers::{count, percent, plural, thousands};
use crate::engine::{Event, EventKind, Micros, Model};

fn tell(log: &mut Vec<Event>, now: Micros, kind: EventKind, text: impl Into<String>) {
    log.push(Event::new(now, kind, text));
}

/// A change of the nodes or of the way keys are placed.
pub fn change(model: &RingModel, now: Micros, log: &mut Vec<Event>) {
    let Some(change) = &model.change else { return };
    tell(log, now, EventKind::Change, headline(model, change));
    if let Some(text) = where_they_went(model, change) {
        tell(log, now, EventKind::Detail, text);
    }
    let churn = matches!(change.cause, Cause::Joined(_) | Cause::Left(..));
    if churn && model.config().strategy != Strategy::Modulo && !change.before.config.nodes.is_empty() {
        let moved = (change.modulo_share * model.keys.len() as f64).round() as u64;
        let (keys, share) = (count(moved, "key"), percent(change.modulo_share));
        let text = match moved {
            0 => "hash % N would have moved no key.".to_owned(),
            _ => format!("hash % N would have moved {keys} ({share})."),
        };
        tell(log, now, EventKind::Detail, text);
    }
    if change.moves.regained > 0 {
        let keys = count(change.moves.regained, "key");
        let text = match (change.cause, change.moves.regained) {
            (Cause::Recovered(_), 1) => format!("{keys} is served again."),
            (Cause::Recovered(_), _) => format!("{keys} are served again."),
            // A copy that died with its node cannot be read: the data has to come from elsewhere.
            (_, 1) => format!("{keys} has a node again, which must load it from elsewhere: its only copy is down."),
            _ => format!("{keys} have a node again, which must load them from elsewhere: their only copy is down."),
        };
        tell(log, now, EventKind::Detail, text);
    }
    let served = &model.world.served;
    if served.spilled > 0 {
        let what = if model.traffic.is_some() { "request" } else { "key" };
        let text = format!("{} met a full node and walked on to the next.", count(served.spilled, what));
        tell(log, now, EventKind::Detail, text);
    }
    if served.unavailable > 0 {
        tell(log, now, EventKind::Warning, unavailable(model));
    }
    ignored_weights(model, change, now, log);
}

fn headline(model: &RingModel, change: &Change) -> String {
    let (config, before) = (model.config(), &change.before.config);
    let moved = moved_words(model, change);
    let name = |id: u32| {
        let node = config.node(id).or_else(|| before.node(id));
        node.map_or_else(String::new, |n| n.name.clone())
    };
    match change.cause {
        Cause::Joined(id) => {
            let arrived = change.moves.arrived(id) + change.moves.regained;
            if arrived == change.moves.moved + change.moves.regained {
                let share = percent(arrived as f64 / model.keys.len().max(1) as f64);
                let (all, theory) = (of_all_keys(model), theory_words(change));
                match arrived {
                    0 => format!("{} joined and took no key{theory}.", name(id)),
                    _ => format!("{} joined and took {} {all} ({share}){theory}.", name(id), thousands(arrived)),
                }
            } else {
                format!("{} joined: {moved}", name(id))
            }
        }
        Cause::Left(id, _) if config.nodes.is_empty() => format!("{} left. It was the last node.", name(id)),
        Cause::Left(id, _) => format!("{} left: {moved}", name(id)),
        Cause::Failed(id) => format!("{} failed: {moved}", name(id)),
        Cause::Recovered(id) => format!("{} is back: {moved}", name(id)),
        Cause::Vnodes if !config.strategy.has_ring() => format!(
            "Set to {} per unit of weight, but {} has no ring: it shows with `strategy ring`.",
            count(u64::from(config.tuning.vnodes), "virtual node"),
            config.strategy.name()
        ),
        Cause::Vnodes => {
            let nodes = count(u64::from(config.tuning.vnodes), "virtual node");
            format!("Each node has {nodes} on the ring per unit of weight: {moved}")
        }
        Cause::Strategy if before.strategy == config.strategy => {
            format!("The keys are placed by {} already.", config.strategy.name())
        }
        Cause::Strategy => format!("Keys are now placed by {}: {moved}", config.strategy.name()),
        Cause::Other => setting(model, change, &moved),
    }
}

fn setting(model: &RingModel, change: &Change, moved: &str) -> String {
    let config = model.config();
    if config.replicas != change.before.config.replicas {
        let copies = u64::from(config.replicas);
        let nodes = config.nodes.len() as u64;
        return match nodes {
            0 => format!("Each key should be on {}; there is none.", count(copies, "node")),
            1 if copies > 1 => {
                format!("Each key should be on {}; there is only one, so it is on that one.", count(copies, "node"))
            }
            _ if copies > nodes => {
                format!("Each key should be on {copies} nodes; there are only {nodes}, so it is on all of them.")
            }
            _ => format!("Each key is now on {}.", count(copies, "node")),
        };
    }
    let bound = f64::from(config.tuning.bound_percent) / 100.0;
    if config.strategy == Strategy::Bounded {
        format!("No node takes more than {bound} times the mean load: {moved}")
    } else {
        format!("The bound is {bound} times the mean load; it counts with `strategy bounded`.")
    }
}

fn moved_words(model: &RingModel, change: &Change) -> String {
    let moved = change.moves.moved;
    if moved == 0 {
        return "no key moved.".to_owned();
    }
    let (all, share) = (of_all_keys(model), moved as f64 / model.keys.len().max(1) as f64);
    format!("{} {all} moved ({}){}.", thousands(moved), percent(share), theory_words(change))
}

/// `of 10,000 keys`.
fn of_all_keys(model: &RingModel) -> String {
    format!("of {}", count(model.keys.len() as u64, "key"))
}

fn theory_words(change: &Change) -> String {
    change.theory.map_or_else(|_| String::new(), |share| format!("; theory says {}", percent(share)))
}

/// Who the moved keys moved to and from, as it was counted.
fn where_they_went(model: &RingModel, change: &Change) -> Option<String> {
    let moves = &change.moves;
    if moves.moved == 0 {
        return None;
    }
    let name = |id: u32| {
        let node = model.config().node(id).or_else(|| change.before.config.node(id));
        node.map_or_else(String::new, |n| n.name.clone())
    };
    match change.cause {
        Cause::Joined(id) => Some(match moves.moved - moves.arrived(id) {
            0 if model.config().strategy.has_ring() => {
                let weight = model.config().node(id).map_or(1, |n| u64::from(n.weight));
                let points = weight * u64::from(model.config().tuning.vnodes);
                let nodes = count(points, "virtual node");
                format!("All went to {}'s {nodes}; none moved between old nodes.", name(id))
            }
            0 => format!("All went to {}; none moved between old nodes.", name(id)),
            strays => {
                let share = percent(strays as f64 / moves.moved as f64);
                format!("{} of them ({share}) moved between old nodes, needlessly.", thousands(strays))
            }
        }),
        Cause::Left(id, _) | Cause::Failed(id) => {
            let from_it: u64 = moves.flows.iter().filter(|((from, _), _)| *from == id).map(|(_, n)| n).sum();
            let heirs = moves.flows.keys().filter(|(from, _)| *from == id).count() as u64;
            Some(match moves.moved - from_it {
                0 => format!(
                    "Only keys of {} moved, to {heirs} other node{}; all others stayed.",
                    name(id),
                    plural(heirs)
                ),
                strays => {
                    let share = percent(strays as f64 / moves.moved as f64);
                    let was = if strays == 1 { "was" } else { "were" };
                    format!(
                        "{} of them ({share}) {was} not on {} at all and moved needlessly.",
                        thousands(strays),
                        name(id)
                    )
                }
            })
        }
        Cause::Recovered(id) if moves.arrived(id) == moves.moved => {
            Some(format!("Its keys came back to {}; no other key moved.", name(id)))
        }
        _ => None,
    }
}

fn unavailable(model: &RingModel) -> String {
    let lost = model.world.served.unavailable;
    let (keys, are, their) = match lost {
        1 => (count(lost, "key"), "is", "its"),
        _ => (count(lost, "key"), "are", "their"),
    };
    if model.config().nodes.is_empty() {
        return match lost {
            1 => "The only key is unavailable: there is no node. `add node-a` brings it back.".to_owned(),
            _ => format!("All {keys} are unavailable: there is no node. `add node-a` brings them back."),
        };
    }
    let down: Vec<&str> = model.config().nodes.iter().filter(|n| !n.up).map(|n| n.name.as_str()).take(4).collect();
    let names = down.join(", ");
    if model.config().replicas == 1 {
        format!("{keys} {are} unavailable: {their} only copy is on {names}. `replicas 2` keeps a second.")
    } else {
        format!("{keys} {are} unavailable: all {their} {} copies are on {names}.", model.config().replicas)
    }
}

fn ignored_weights(model: &RingModel, change: &Change, now: Micros, log: &mut Vec<Event>) {
    let Cause::Joined(id) = change.cause else { return };
    let strategy = model.config().strategy;
    if !strategy.honours_weights() && model.config().node(id).is_some_and(|n| n.weight != 1) {
        let text = format!("{} knows no weights: the node counts like any other.", strategy.name());
        tell(log, now, EventKind::Warning, text);
    }
}

/// Other keys, or other traffic.
pub fn stock(model: &RingModel, now: Micros, log: &mut Vec<Event>) {
    let keys = count(model.keys.len() as u64, "key");
    let origin = model.keys.origin();
    let text = match &model.traffic {
        None if model.keys.len() == 1 => format!("1 key of {origin} is placed again."),
        None => format!("{keys} of {origin}, all asked for alike, are placed again."),
        Some(traffic) => {
            let hottest = traffic.of(0) as f64 / traffic.total().max(1) as f64;
            format!(
                "Traffic over {keys} follows Zipf's law with exponent {}: {} alone gets {} of it.",
                model.zipf,
                model.keys.text(0),
                percent(hottest)
            )
        }
    };
    tell(log, now, EventKind::Change, text);
    let RingFacts { load_max_over_mean, .. } = model.facts();
    let text = match model.world.served.loads.iter().any(|load| *load > 0) {
        true => format!("The busiest node now has {load_max_over_mean:.2} times the mean load."),
        false => "No node serves any key now.".to_owned(),
    };
    tell(log, now, EventKind::Detail, text);
    match model.keys.duplicates as u64 {
        0 => {}
        1 => tell(log, now, EventKind::Detail, "1 line repeats an earlier key; it is kept and counted."),
        lines => {
            let text = format!("{} lines repeat an earlier key; they are kept and counted.", thousands(lines));
            tell(log, now, EventKind::Detail, text);
        }
    }
}

/// What the learner looks at.
pub fn focus(model: &RingModel, now: Micros, log: &mut Vec<Event>) {
    match &model.focus {
        None => {}
        Some(Focus::Node(id)) => {
            let Some(index) = model.config().nodes.iter().position(|n| n.id == *id) else { return };
            tell(log, now, EventKind::Change, node_words(model, index));
        }
        Some(Focus::Key { text, hash, index }) => {
            let around = percent(turn(*hash));
            let text = format!("{text} hashes to {hash:016x}, {around} of the way round the hash space.");
            tell(log, now, EventKind::Change, text);
            tell(log, now, EventKind::Detail, owner_words(model, *hash, *index));
            if index.is_none() {
                tell(
                    log,
                    now,
                    EventKind::Detail,
                    "It is not one of the lab's keys, but it has its place all the same.",
                );
            }
        }
    }
}

fn node_words(model: &RingModel, index: usize) -> String {
    let (config, served) = (model.config(), &model.world.served);
    let node = &config.nodes[index];
    let keys = served.keys[index];
    let share = percent(keys as f64 / model.keys.len().max(1) as f64);
    let fair = percent(f64::from(node.weight) / config.weight() as f64);
    let state = if node.up { "" } else { " It is down." };
    let keys = if keys == 0 { "no key".to_owned() } else { format!("{} ({share})", count(keys, "key")) };
    format!("{} has weight {} and serves {keys}; its fair share is {fair}.{state}", node.name, node.weight)
}

fn owner_words(model: &RingModel, hash: u64, index: Option<usize>) -> String {
    let config = model.config();
    let preferred = model.preferred(hash);
    let name = |i: usize| config.nodes.get(i).map_or("", |n| n.name.as_str());
    let Some(first) = preferred.first().copied() else {
        return "There is no node to own it.".to_owned();
    };
    let how = match (config.strategy, model.world.placer.ring()) {
        (_, Some(ring)) => match ring.point_at_or_after(hash) {
            Some(point) => {
                let at = percent(turn(ring.point(point).0));
                format!("Clockwise, the first virtual node is at {at} and belongs to {}", name(first))
            }
            None => String::new(),
        },
        (Strategy::Modulo, _) => {
            let nodes = config.nodes.len() as u64;
            format!("The hash divided by {nodes} leaves {}: node number {} is {}", hash % nodes, first + 1, name(first))
        }
        (strategy, _) => format!("By {}, it belongs to {}", strategy.name(), name(first)),
    };
    let serving = index.map(|i| model.world.served.owner[i]);
    let moved_on = match serving {
        Some(NOBODY) => "; no node serves it now".to_owned(),
        Some(id) if config.nodes[first].id != id => {
            format!("; {} serves it meanwhile", config.node(id).map_or("", |n| n.name.as_str()))
        }
        _ => String::new(),
    };
    let copies: Vec<&str> = preferred.iter().skip(1).map(|i| name(*i)).collect();
    let copies = if copies.is_empty() { String::new() } else { format!("; copies on {}", copies.join(", ")) };
    format!("{how}{moved_on}{copies}.")
}

/// A comparison starts.
pub fn comparison(model: &RingModel, now: Micros, log: &mut Vec<Event>) {
    let Some(with) = model.compare else { return };
    let text = format!(
        "{} runs beside {} through the same events: view 3 shows both.",
        with.name(),
        model.config().strategy.name()
    );
    tell(log, now, EventKind::Change, text);
    if model.contest.keys < model.keys.len() {
        let text = match model.contest.keys as u64 {
            1 => "The comparison counts the first key.".to_owned(),
            keys => format!("The comparison counts the first {} keys.", thousands(keys)),
        };
        tell(log, now, EventKind::Detail, text);
    }
}

/// One request.
pub fn request(model: &RingModel, now: Micros, log: &mut Vec<Event>) {
    let Some(request) = model.last_request else { return };
    let key = model.keys.text(request.key);
    let Some(node) = model.config().node(request.served_by) else {
        let why =
            if model.config().nodes.is_empty() { "there is no node" } else { "no copy of it is on a node that is up" };
        tell(log, now, EventKind::Warning, format!("GET {key} failed: {why}."));
        return;
    };
    let first = model.preferred(model.keys.hashes()[request.key]).first().and_then(|i| model.config().nodes.get(*i));
    let detour = match first {
        Some(owner) if owner.id != node.id && !owner.up => format!(", for {} is down", owner.name),
        Some(owner) if owner.id != node.id => format!(", for {} is full", owner.name),
        _ => String::new(),
    };
    tell(log, now, EventKind::Detail, format!("GET {key} → {}{detour}.", node.name));
}
