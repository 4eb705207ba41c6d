//! What happened, in sentences.

use super::event::{Destination, Headline, Lookup, Moved, Ownership, RingEvent};
use crate::engine::Say;
use crate::engine::numbers::{count, percent, plural, thousands};
use crate::systems::placing::space::turn;

/// The sentences of an event.
pub fn tell(event: &RingEvent, say: &mut Say) {
    match event {
        RingEvent::Changed(what, moved) => say.change(headline(what, *moved)),
        RingEvent::Went(where_to) => say.detail(destination(where_to)),
        RingEvent::ModuloMoves { keys: 0, .. } => say.detail("hash % N would have moved no key."),
        RingEvent::ModuloMoves { keys, share } => {
            say.detail(format!("hash % N would have moved {} ({}).", count(*keys, "key"), percent(*share)));
        }
        RingEvent::Regained { keys, recovered } => say.detail(regained(*keys, *recovered)),
        RingEvent::Spilled { count: spilled, requests } => {
            let what = if *requests { "request" } else { "key" };
            say.detail(format!("{} met a full node and walked on to the next.", count(*spilled, what)));
        }
        RingEvent::Unavailable { keys, replicas, down } => say.warning(unavailable(*keys, *replicas, down.as_deref())),
        RingEvent::WeightIgnored(strategy) => {
            say.warning(format!("{} knows no weights: the node counts like any other.", strategy.name()));
        }
        RingEvent::KeysPlaced { keys, origin, hottest, max_over_mean, duplicates } => {
            say.change(placed(*keys, origin, hottest.as_ref()));
            say.detail(max_over_mean.map_or_else(
                || "No node serves any key now.".to_owned(),
                |times| format!("The busiest node now has {times:.2} times the mean load."),
            ));
            match duplicates {
                0 => {}
                1 => say.detail("1 line repeats an earlier key; it is kept and counted."),
                lines => {
                    say.detail(format!(
                        "{} lines repeat an earlier key; they are kept and counted.",
                        thousands(*lines)
                    ));
                }
            }
        }
        RingEvent::NodeInspected { node, keys, share, fair } => {
            let state = if node.up { "" } else { " It is down." };
            let keys = match keys {
                0 => "no key".to_owned(),
                keys => format!("{} ({})", count(*keys, "key"), percent(*share)),
            };
            let (weight, fair) = (node.weight, percent(*fair));
            say.change(format!(
                "{} has weight {weight} and serves {keys}; its fair share is {fair}.{state}",
                node.name
            ));
        }
        RingEvent::KeyInspected { key, hash, owner, known } => {
            let around = percent(turn(*hash));
            say.change(format!("{key} hashes to {hash:016x}, {around} of the way round the hash space."));
            say.detail(owner.as_ref().map_or_else(|| "There is no node to own it.".to_owned(), ownership));
            if !known {
                say.detail("It is not one of the lab's keys, but it has its place all the same.");
            }
        }
        RingEvent::ComparisonStarted { with, own, counted } => {
            let (with, own) = (with.name(), own.name());
            say.change(format!("{with} runs beside {own} through the same events: view 3 shows both."));
            match counted {
                None => {}
                Some(1) => say.detail("The comparison counts the first key."),
                Some(keys) => say.detail(format!("The comparison counts the first {} keys.", thousands(*keys))),
            }
        }
        RingEvent::Served { key, node, instead_of } => {
            let detour = match instead_of {
                None => String::new(),
                Some((owner, false)) => format!(", for {owner} is down"),
                Some((owner, true)) => format!(", for {owner} is full"),
            };
            say.detail(format!("GET {key} → {node}{detour}."));
        }
        RingEvent::Failed { key, nodes } => {
            let why = if *nodes { "no copy of it is on a node that is up" } else { "there is no node" };
            say.warning(format!("GET {key} failed: {why}."));
        }
    }
}

fn headline(what: &Headline, moved: Moved) -> String {
    let rest = moved_words(moved);
    let (all, theory) = (of_all_keys(moved), theory_words(moved));
    match what {
        Headline::Joined(node, None) => format!("{node} joined: {rest}"),
        Headline::Joined(node, Some(0)) => format!("{node} joined and took no key{theory}."),
        Headline::Joined(node, Some(took)) => {
            let share = percent(*took as f64 / moved.keys.max(1) as f64);
            format!("{node} joined and took {} {all} ({share}){theory}.", thousands(*took))
        }
        Headline::Left(node, true) => format!("{node} left. It was the last node."),
        Headline::Left(node, false) => format!("{node} left: {rest}"),
        Headline::NodeFailed(node) => format!("{node} failed: {rest}"),
        Headline::Recovered(node) => format!("{node} is back: {rest}"),
        Headline::Vnodes(vnodes, strategy) if !strategy.has_ring() => format!(
            "Set to {} per unit of weight, but {} has no ring: it shows with `strategy ring`.",
            count(u64::from(*vnodes), "virtual node"),
            strategy.name()
        ),
        Headline::Vnodes(vnodes, _) => {
            let vnodes = count(u64::from(*vnodes), "virtual node");
            format!("Each node has {vnodes} on the ring per unit of weight: {rest}")
        }
        Headline::Strategy(strategy, true) => format!("The keys are placed by {} already.", strategy.name()),
        Headline::Strategy(strategy, false) => format!("Keys are now placed by {}: {rest}", strategy.name()),
        Headline::Replicas(copies, nodes) => replicas(u64::from(*copies), *nodes),
        Headline::Bound(bound, true) => format!("No node takes more than {bound} times the mean load: {rest}"),
        Headline::Bound(bound, false) => {
            format!("The bound is {bound} times the mean load; it counts with `strategy bounded`.")
        }
    }
}

fn replicas(copies: u64, nodes: u64) -> String {
    let wanted = count(copies, "node");
    match nodes {
        0 => format!("Each key should be on {wanted}; there is none."),
        1 if copies > 1 => format!("Each key should be on {wanted}; there is only one, so it is on that one."),
        _ if copies > nodes => {
            format!("Each key should be on {copies} nodes; there are only {nodes}, so it is on all of them.")
        }
        _ => format!("Each key is now on {wanted}."),
    }
}

fn moved_words(moved: Moved) -> String {
    if moved.moved == 0 {
        return "no key moved.".to_owned();
    }
    let share = percent(moved.moved as f64 / moved.keys.max(1) as f64);
    format!("{} {} moved ({share}){}.", thousands(moved.moved), of_all_keys(moved), theory_words(moved))
}

/// `of 10,000 keys`.
fn of_all_keys(moved: Moved) -> String {
    format!("of {}", count(moved.keys, "key"))
}

fn theory_words(moved: Moved) -> String {
    moved.theory.map_or_else(String::new, |share| format!("; theory says {}", percent(share)))
}

fn destination(destination: &Destination) -> String {
    match destination {
        Destination::Newcomer(node, Some(vnodes)) => {
            let vnodes = count(*vnodes, "virtual node");
            format!("All went to {node}'s {vnodes}; none moved between old nodes.")
        }
        Destination::Newcomer(node, None) => format!("All went to {node}; none moved between old nodes."),
        Destination::BetweenOld(strays, share) => {
            format!("{} of them ({}) moved between old nodes, needlessly.", thousands(*strays), percent(*share))
        }
        Destination::FromGone(node, heirs) => {
            format!("Only keys of {node} moved, to {heirs} other node{}; all others stayed.", plural(*heirs))
        }
        Destination::NotFromGone(node, strays, share) => {
            let was = if *strays == 1 { "was" } else { "were" };
            let (strays, share) = (thousands(*strays), percent(*share));
            format!("{strays} of them ({share}) {was} not on {node} at all and moved needlessly.")
        }
        Destination::CameBack(node) => format!("Its keys came back to {node}; no other key moved."),
    }
}

fn regained(regained: u64, recovered: bool) -> String {
    let keys = count(regained, "key");
    match (recovered, regained) {
        (true, 1) => format!("{keys} is served again."),
        (true, _) => format!("{keys} are served again."),
        // A copy that died with its node cannot be read: the data has to come from elsewhere.
        (false, 1) => format!("{keys} has a node again, which must load it from elsewhere: its only copy is down."),
        (false, _) => {
            format!("{keys} have a node again, which must load them from elsewhere: their only copy is down.")
        }
    }
}

fn unavailable(lost: u64, replicas: u32, down: Option<&[String]>) -> String {
    let keys = count(lost, "key");
    let (are, their) = if lost == 1 { ("is", "its") } else { ("are", "their") };
    match (down.map(|down| down.join(", ")), replicas) {
        (None, _) if lost == 1 => {
            "The only key is unavailable: there is no node. `add node-a` brings it back.".to_owned()
        }
        (None, _) => format!("All {keys} are unavailable: there is no node. `add node-a` brings them back."),
        (Some(names), 1) => {
            format!("{keys} {are} unavailable: {their} only copy is on {names}. `replicas 2` keeps a second.")
        }
        (Some(names), _) => format!("{keys} {are} unavailable: all {their} {replicas} copies are on {names}."),
    }
}

fn placed(all: u64, origin: &str, hottest: Option<&(f64, String, f64)>) -> String {
    let keys = count(all, "key");
    match hottest {
        None if all == 1 => format!("1 key of {origin} is placed again."),
        None => format!("{keys} of {origin}, all asked for alike, are placed again."),
        Some((exponent, key, share)) => {
            let share = percent(*share);
            format!("Traffic over {keys} follows Zipf's law with exponent {exponent}: {key} alone gets {share} of it.")
        }
    }
}

fn ownership(found: &Ownership) -> String {
    let Ownership { lookup, owner, meanwhile, copies } = found;
    let how = match lookup {
        Lookup::Clockwise(at) => {
            format!("Clockwise, the first virtual node is at {} and belongs to {owner}", percent(turn(*at)))
        }
        Lookup::Remainder(nodes, rest, number) => {
            format!("The hash divided by {nodes} leaves {rest}: node number {number} is {owner}")
        }
        Lookup::By(strategy) => format!("By {}, it belongs to {owner}", strategy.name()),
    };
    let meanwhile = match meanwhile {
        None => String::new(),
        Some(None) => "; no node serves it now".to_owned(),
        Some(Some(node)) => format!("; {node} serves it meanwhile"),
    };
    let copies = if copies.is_empty() { String::new() } else { format!("; copies on {}", copies.join(", ")) };
    format!("{how}{meanwhile}{copies}.")
}
