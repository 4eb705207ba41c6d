//! What happens in the lab, as values: each carries what a sentence about it needs.

use super::change::{Change, Trigger};
use super::state::{Focus, Request, RingModel};
use crate::algorithms::placement::Strategy;
use crate::systems::placing::{Node, balance};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum RingEvent {
    /// The nodes changed, or the way keys are placed.
    Changed(Headline, Moved),
    /// Where the moved keys went.
    Went(Destination),
    /// What `hash % N` would have moved.
    ModuloMoves {
        keys: u64,
        /// Their share of all.
        share: f64,
    },
    /// Keys that no node served have one again.
    Regained {
        keys: u64,
        /// Whether a node with a copy came back; otherwise the data has to come from elsewhere.
        recovered: bool,
    },
    /// Requests, or keys when all are alike, went past a full node.
    Spilled { count: u64, requests: bool },
    /// Keys that no node serves.
    Unavailable {
        keys: u64,
        replicas: u32,
        /// Some of the nodes that are down; none if there is no node at all.
        down: Option<Vec<String>>,
    },
    /// The strategy cannot give a node its weight.
    WeightIgnored(Strategy),
    /// Other keys, or other traffic.
    KeysPlaced {
        keys: u64,
        origin: String,
        /// Zipf's exponent, the hottest key and its share of the traffic.
        hottest: Option<(f64, String, f64)>,
        /// Load of the busiest node over its fair share; none if no node serves any.
        max_over_mean: Option<f64>,
        /// Lines that repeat an earlier key.
        duplicates: u64,
    },
    /// A node was looked at.
    NodeInspected {
        node: Node,
        keys: u64,
        /// Their share of all.
        share: f64,
        /// The share that its weight gives it.
        fair: f64,
    },
    /// A key was looked at.
    KeyInspected {
        key: String,
        hash: u64,
        /// Who owns it; none without nodes.
        owner: Option<Ownership>,
        /// Whether it is one of the lab's keys.
        known: bool,
    },
    /// A second strategy runs through the same events.
    ComparisonStarted {
        with: Strategy,
        own: Strategy,
        /// How many keys it counts, if not all.
        counted: Option<u64>,
    },
    /// A request was served.
    Served {
        key: String,
        node: String,
        /// The key's owner, if that is another, and whether it is up.
        instead_of: Option<(String, bool)>,
    },
    /// A request found no node.
    Failed {
        key: String,
        /// Whether there is any node.
        nodes: bool,
    },
}

/// What a change was.
#[derive(Clone, Debug, PartialEq)]
pub enum Headline {
    /// A node joined; how many keys it took, if no other key moved.
    Joined(String, Option<u64>),
    /// A node left, and whether it was the last.
    Left(String, bool),
    /// A node failed.
    NodeFailed(String),
    /// A node came back.
    Recovered(String),
    /// Virtual nodes per unit of weight, under this strategy.
    Vnodes(u32, Strategy),
    /// Another strategy; whether it is the one that was in use.
    Strategy(Strategy, bool),
    /// Copies of each key, and how many nodes there are.
    Replicas(u32, u64),
    /// The bound over the mean load, and whether it is in force.
    Bound(f64, bool),
}

/// How many keys a change moved.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moved {
    pub moved: u64,
    pub keys: u64,
    /// The share that theory expects.
    pub theory: Option<f64>,
}

/// Where moved keys went.
#[derive(Clone, Debug, PartialEq)]
pub enum Destination {
    /// All to the node that joined, with its virtual nodes if it has some.
    Newcomer(String, Option<u64>),
    /// So many, which is this share of the moved ones, between old nodes.
    BetweenOld(u64, f64),
    /// Only keys of the node that is gone, to so many others.
    FromGone(String, u64),
    /// So many, which is this share of the moved ones, had not been on the node that is gone.
    NotFromGone(String, u64, f64),
    /// All back to the node that recovered.
    CameBack(String),
}

/// Who owns a key, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Ownership {
    pub lookup: Lookup,
    pub owner: String,
    /// The node that serves it meanwhile, or none serves it; empty if the owner does.
    pub meanwhile: Option<Option<String>>,
    /// The other nodes that hold a copy.
    pub copies: Vec<String>,
}

/// How a strategy finds the owner of a key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lookup {
    /// The first virtual node clockwise, at this hash.
    Clockwise(u64),
    /// The rest of dividing by so many nodes, and the owner's number counted from 1.
    Remainder(u64, u64, usize),
    /// By the strategy's own rules.
    By(Strategy),
}

fn share(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// What the last change of nodes or settings brought.
pub fn changed(model: &RingModel) -> Vec<RingEvent> {
    let Some(change) = &model.change else { return Vec::new() };
    let (config, served, moves) = (model.config(), &model.cluster.served, &change.moves);
    let keys = model.keys.len() as u64;
    let moved = Moved { moved: moves.moved, keys, theory: change.theory.value().copied() };
    let mut events = vec![RingEvent::Changed(headline(model, change), moved)];
    events.extend(destination(model, change).map(RingEvent::Went));
    let churn = matches!(change.trigger, Trigger::Joined(_) | Trigger::Left(..));
    if churn && config.strategy != Strategy::Modulo && !change.before.config.nodes.is_empty() {
        let moved = (change.modulo_share * keys as f64).round() as u64;
        events.push(RingEvent::ModuloMoves { keys: moved, share: change.modulo_share });
    }
    if moves.regained > 0 {
        let recovered = matches!(change.trigger, Trigger::Recovered(_));
        events.push(RingEvent::Regained { keys: moves.regained, recovered });
    }
    if served.spilled > 0 {
        events.push(RingEvent::Spilled { count: served.spilled, requests: model.traffic.is_some() });
    }
    if served.unavailable > 0 {
        let down = config.nodes.iter().filter(|n| !n.up).map(|n| n.name.clone()).take(4);
        let down = (!config.nodes.is_empty()).then(|| down.collect());
        events.push(RingEvent::Unavailable { keys: served.unavailable, replicas: config.replicas, down });
    }
    if let Trigger::Joined(id) = change.trigger
        && !config.strategy.honours_weights()
        && config.node(id).is_some_and(|n| n.weight != 1)
    {
        events.push(RingEvent::WeightIgnored(config.strategy));
    }
    events
}

fn headline(model: &RingModel, change: &Change) -> Headline {
    let (config, before, moves) = (model.config(), &change.before.config, &change.moves);
    match change.trigger {
        Trigger::Joined(id) => {
            let took = moves.arrived(id) + moves.regained;
            Headline::Joined(model.name_of(id), Some(took).filter(|took| *took == moves.moved + moves.regained))
        }
        Trigger::Left(id, _) => Headline::Left(model.name_of(id), config.nodes.is_empty()),
        Trigger::Failed(id) => Headline::NodeFailed(model.name_of(id)),
        Trigger::Recovered(id) => Headline::Recovered(model.name_of(id)),
        Trigger::Vnodes => Headline::Vnodes(config.tuning.vnodes, config.strategy),
        Trigger::Strategy => Headline::Strategy(config.strategy, before.strategy == config.strategy),
        Trigger::Other if config.replicas != before.replicas => {
            Headline::Replicas(config.replicas, config.nodes.len() as u64)
        }
        Trigger::Other => {
            let bound = f64::from(config.tuning.bound_percent) / 100.0;
            Headline::Bound(bound, config.strategy == Strategy::Bounded)
        }
    }
}

/// Where the moved keys went and came from, as it was counted.
fn destination(model: &RingModel, change: &Change) -> Option<Destination> {
    let moves = &change.moves;
    if moves.moved == 0 {
        return None;
    }
    match change.trigger {
        Trigger::Joined(id) => Some(match moves.moved - moves.arrived(id) {
            0 => {
                let weight = model.config().node(id).map_or(1, |n| u64::from(n.weight));
                let vnodes = weight * u64::from(model.config().tuning.vnodes);
                Destination::Newcomer(model.name_of(id), model.config().strategy.has_ring().then_some(vnodes))
            }
            strays => Destination::BetweenOld(strays, share(strays, moves.moved)),
        }),
        Trigger::Left(id, _) | Trigger::Failed(id) => {
            let own = || moves.flows.iter().filter(|((from, _), _)| *from == id).map(|(_, keys)| keys);
            Some(match moves.moved - own().sum::<u64>() {
                0 => Destination::FromGone(model.name_of(id), own().count() as u64),
                strays => Destination::NotFromGone(model.name_of(id), strays, share(strays, moves.moved)),
            })
        }
        Trigger::Recovered(id) if moves.arrived(id) == moves.moved => Some(Destination::CameBack(model.name_of(id))),
        Trigger::Recovered(_) | Trigger::Vnodes | Trigger::Strategy | Trigger::Other => None,
    }
}

/// Other keys, or other traffic.
pub fn placed(model: &RingModel) -> RingEvent {
    let served = &model.cluster.served;
    let hottest = model.traffic.as_ref().map(|traffic| {
        let hottest = share(traffic.of(0), traffic.total());
        (model.zipf, model.keys.text(0).into_owned(), hottest)
    });
    let busiest = || balance(&model.config().nodes, &served.loads).max_over_mean;
    RingEvent::KeysPlaced {
        keys: model.keys.len() as u64,
        origin: model.keys.origin(),
        hottest,
        max_over_mean: served.loads.iter().any(|load| *load > 0).then(busiest),
        duplicates: model.keys.duplicates as u64,
    }
}

/// What the learner looks at.
pub fn inspected(model: &RingModel) -> Option<RingEvent> {
    let config = model.config();
    Some(match model.focus.as_ref()? {
        Focus::Node(id) => {
            let index = config.nodes.iter().position(|n| n.id == *id)?;
            let (node, keys) = (config.nodes[index].clone(), model.cluster.served.keys[index]);
            let fair = f64::from(node.weight) / config.weight() as f64;
            RingEvent::NodeInspected { node, keys, share: share(keys, model.keys.len() as u64), fair }
        }
        Focus::Key { text, hash, index } => RingEvent::KeyInspected {
            key: text.clone(),
            hash: *hash,
            owner: ownership(model, *hash, *index),
            known: index.is_some(),
        },
    })
}

fn ownership(model: &RingModel, hash: u64, index: Option<usize>) -> Option<Ownership> {
    let config = model.config();
    let holders = model.holders(hash);
    let owner = *holders.first()?;
    let by_ring = || model.cluster.placement.ring().and_then(|r| Some(r.point(r.point_at_or_after(hash)?).0));
    let lookup = match (config.strategy, by_ring()) {
        (_, Some(at)) => Lookup::Clockwise(at),
        (Strategy::Modulo, None) => {
            let (nodes, number) = (config.nodes.len() as u64, config.index_of(&owner.name).map_or(0, |i| i + 1));
            Lookup::Remainder(nodes, hash % nodes, number)
        }
        (strategy, None) => Lookup::By(strategy),
    };
    let serving = model.serving(hash, index);
    let elsewhere = index.is_some() && serving.is_none_or(|node| node.id != owner.id);
    Some(Ownership {
        lookup,
        owner: owner.name.clone(),
        meanwhile: elsewhere.then(|| serving.map(|node| node.name.clone())),
        copies: holders.iter().skip(1).map(|node| node.name.clone()).collect(),
    })
}

/// One request.
pub fn requested(model: &RingModel, request: Request) -> RingEvent {
    let key = model.keys.text(request.key).into_owned();
    let Some(node) = model.config().node(request.served_by) else {
        return RingEvent::Failed { key, nodes: !model.config().nodes.is_empty() };
    };
    let first = model.holders(model.keys.hashes()[request.key]).first().copied();
    let instead_of = first.filter(|owner| owner.id != node.id).map(|owner| (owner.name.clone(), owner.up));
    RingEvent::Served { key, node: node.name.clone(), instead_of }
}
