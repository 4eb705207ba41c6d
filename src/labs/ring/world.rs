//! The cluster as configured, and where every key is because of it.

use std::sync::Arc;

use super::command::Strategy;
use super::placer::{Placer, Tuning};
use super::serving::{Moves, Node, Served, Workload, count_moved, serve};
use crate::algorithms::placement::{Member, theory};
use crate::engine::{Micros, ModelError};

/// What the user set.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// In the order in which they joined.
    pub nodes: Vec<Node>,
    /// How keys are placed.
    pub strategy: Strategy,
    /// Copies of each key.
    pub replicas: u32,
    /// Virtual nodes, seed and bound.
    pub tuning: Tuning,
}

impl Config {
    /// A strategy built for these nodes.
    pub fn placer(&self, strategy: Strategy) -> Result<Placer, ModelError> {
        let members: Vec<Member> = self.nodes.iter().map(|n| Member::new(n.name.clone(), n.weight)).collect();
        Placer::build(strategy, &members, self.tuning)
    }

    /// Index of the node with this name.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|n| n.name == name)
    }

    /// The node with this id.
    pub fn node(&self, id: u32) -> Option<&Node> {
        self.nodes.iter().find(|n| n.id == id)
    }

    /// Sum of all weights, nodes that are down included.
    pub fn weight(&self) -> u64 {
        self.nodes.iter().map(|n| u64::from(n.weight)).sum()
    }

    /// The share of the keys that each node should get.
    fn shares(&self) -> Vec<f64> {
        let blind = !self.strategy.honours_weights();
        let weight = if blind { self.nodes.len() as f64 } else { self.weight() as f64 };
        self.nodes.iter().map(|n| if blind { 1.0 / weight } else { f64::from(n.weight) / weight }).collect()
    }

    /// Probability that a key, placed by each of two configurations independently, gets the same node.
    fn coincidence(&self, other: &Self) -> f64 {
        self.shares().iter().zip(other.shares()).map(|(a, b)| a * b).sum()
    }
}

/// A configuration and where every key is.
#[derive(Clone, Debug)]
pub struct World {
    /// What the user set.
    pub config: Arc<Config>,
    /// The strategy, built.
    pub placer: Arc<Placer>,
    /// Who serves which key.
    pub served: Arc<Served>,
}

impl World {
    /// Places all keys. Cost: one lookup a key.
    pub fn build(config: Config, work: Workload<'_>) -> Result<Self, ModelError> {
        let placer = config.placer(config.strategy)?;
        let served = serve(&placer, &config.nodes, work, config.replicas as usize)?;
        Ok(Self { config: Arc::new(config), placer: Arc::new(placer), served: Arc::new(served) })
    }
}

/// What kind of event it was: theory depends on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// The node with this id joined.
    Joined(u32),
    /// The node with this id left from this place in the list.
    Left(u32, usize),
    /// It failed.
    Failed(u32),
    /// It came back.
    Recovered(u32),
    /// Another number of virtual nodes.
    Vnodes,
    /// Another strategy.
    Strategy,
    /// Something that need not move a key.
    Other,
}

/// The last event, as picture and figures tell it.
#[derive(Clone, Debug)]
pub struct Change {
    /// When it happened.
    pub at_us: Micros,
    /// What it was.
    pub cause: Cause,
    /// Which keys moved.
    pub moves: Arc<Moves>,
    /// Expected share of moved keys, or why there is no formula.
    pub theory: Result<f64, &'static str>,
    /// Share of the keys that `hash % N` would have moved.
    pub modulo_share: f64,
    /// The cluster before.
    pub before: World,
}

impl Change {
    /// Compares the world before with the world after.
    pub fn new(
        at_us: Micros,
        cause: Cause,
        before: World,
        after: &World,
        work: Workload<'_>,
    ) -> Result<Self, ModelError> {
        let moves = Moves::between(&before.served.owner, &after.served.owner, work.hashes)?;
        let modulo = |config: &Config| {
            let placer = config.placer(Strategy::Modulo)?;
            Ok::<_, ModelError>(serve(&placer, &config.nodes, work, config.replicas as usize)?.owner)
        };
        let modulo_moved = match after.config.strategy {
            Strategy::Modulo if before.config.strategy == Strategy::Modulo => moves.moved,
            _ if before.config.nodes == after.config.nodes && before.config.replicas == after.config.replicas => 0,
            _ => count_moved(&modulo(&before.config)?, &modulo(&after.config)?),
        };
        let theory = expected_share(cause, &before.config, &after.config);
        let modulo_share = modulo_moved as f64 / work.hashes.len().max(1) as f64;
        Ok(Self { at_us, cause, moves: Arc::new(moves), theory, modulo_share, before })
    }
}

/// The share of the keys that should move, from the formulas of the field.
fn expected_share(cause: Cause, before: &Config, after: &Config) -> Result<f64, &'static str> {
    let all_up = |config: &Config| config.nodes.iter().all(|n| n.up);
    let weight_of = |config: &Config, id: u32| config.node(id).map_or(0, |n| u64::from(n.weight));
    let (from, to) = (before.nodes.len() as u32, after.nodes.len() as u32);
    match cause {
        Cause::Other if after.strategy == Strategy::Bounded => Err("depends on the load"),
        Cause::Other => Ok(0.0),
        Cause::Strategy | Cause::Vnodes if after.nodes.is_empty() => Ok(0.0),
        Cause::Strategy | Cause::Vnodes if !all_up(before) => Err("no formula while a node is down"),
        Cause::Strategy if before.strategy.has_ring() && after.strategy.has_ring() => Err("depends on the load"),
        Cause::Strategy if before.strategy == after.strategy => Ok(0.0),
        Cause::Strategy => Ok(1.0 - before.coincidence(after)),
        Cause::Vnodes if after.strategy == Strategy::Ring => {
            let (a, b) = (f64::from(before.tuning.vnodes), f64::from(after.tuning.vnodes));
            Ok((b - a).abs() / a.max(b) * (1.0 - before.coincidence(after)))
        }
        Cause::Vnodes if after.strategy == Strategy::Bounded => Err("depends on the load"),
        Cause::Vnodes => Ok(0.0),
        Cause::Joined(_) if from == 0 => Ok(0.0),
        Cause::Left(..) if to == 0 => Ok(0.0),
        _ if after.strategy == Strategy::Bounded => Err("bounded loads move a few more than their share"),
        Cause::Joined(_) | Cause::Left(..) if !all_up(before) => Err("no formula while a node is down"),
        Cause::Joined(_) | Cause::Left(..) if after.strategy == Strategy::Modulo => Ok(theory::modulo_moved(from, to)),
        Cause::Joined(_) if after.strategy == Strategy::Jump => Ok(1.0 / f64::from(to)),
        Cause::Left(_, index) if after.strategy == Strategy::Jump => Ok(jump_moved_on_leave(from, index)),
        Cause::Joined(id) => Ok(theory::moved_on_join(before.weight(), weight_of(after, id))),
        Cause::Left(id, _) => Ok(theory::moved_on_leave(before.weight(), weight_of(before, id))),
        Cause::Failed(id) | Cause::Recovered(id) => expected_failover(id, before, after),
    }
}

/// A node that fails hands over what it served, if there is a second copy.
fn expected_failover(id: u32, before: &Config, after: &Config) -> Result<f64, &'static str> {
    let others_up = |config: &Config| config.nodes.iter().all(|n| n.up || n.id == id);
    if after.nodes.len() < 2 || after.replicas < 2 {
        return if others_up(before) { Ok(0.0) } else { Err("no formula while another node is down") };
    }
    if !others_up(before) {
        return Err("no formula while another node is down");
    }
    let node = after.node(id).map_or(0.0, |n| f64::from(n.weight));
    let blind = !after.strategy.honours_weights();
    Ok(if blind { 1.0 / after.nodes.len() as f64 } else { node / after.weight() as f64 })
}

/// Jump can only drop its last bucket: when node `index` of `n` leaves, all later nodes get
/// another number. A key stays if its bucket is before `index`, or if it was in the last one and
/// falls into the one before it, which is now that node's.
fn jump_moved_on_leave(n: u32, index: usize) -> f64 {
    let (nodes, later) = (f64::from(n), f64::from(n.saturating_sub(1)) - index as f64);
    if later <= 0.0 { 1.0 / nodes } else { (later + 1.0) / nodes - 1.0 / (nodes * (nodes - 1.0)) }
}
