//! The cluster as configured, and where every key is because of it.

use std::sync::Arc;

use super::{Node, PlacingError, Served, Workload, serve};
use crate::algorithms::placement::{AnyPlacement, Member, Strategy, Tuning};

/// Most virtual nodes on a ring: the comparison keeps several rings, before and after each change, at up to 20 bytes each.
const MAX_POINTS: u64 = 2_000_000;

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
    ///
    /// # Errors
    /// Too large a ring, whichever strategy is in use: the comparison has a ring too.
    pub fn placement(&self, strategy: Strategy) -> Result<AnyPlacement, PlacingError> {
        let points = self.weight() * u64::from(self.tuning.vnodes);
        if points > MAX_POINTS {
            return Err(PlacingError::TooManyPoints { points, most: MAX_POINTS });
        }
        let members: Vec<Member> = self.nodes.iter().map(|n| Member::new(n.name.clone(), n.weight)).collect();
        let built = AnyPlacement::build(strategy, &members, self.tuning);
        built.map_err(|error| PlacingError::Refused { strategy, error })
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
    pub fn coincidence(&self, other: &Self) -> f64 {
        self.shares().iter().zip(other.shares()).map(|(a, b)| a * b).sum()
    }
}

/// A configuration and where every key is. Cloning shares all of it.
#[derive(Clone, Debug)]
pub struct ClusterState {
    /// What the user set.
    pub config: Arc<Config>,
    /// The strategy, built.
    pub placement: Arc<AnyPlacement>,
    /// Who serves which key.
    pub served: Arc<Served>,
}

impl ClusterState {
    /// Places all keys. Cost: one lookup a key.
    ///
    /// # Errors
    /// As [`Config::placement`], or when it is stopped.
    pub fn build(config: Config, work: Workload<'_>) -> Result<Self, PlacingError> {
        let placement = config.placement(config.strategy)?;
        let served = serve(&placement, &config.nodes, work, config.replicas as usize)?;
        Ok(Self { config: Arc::new(config), placement: Arc::new(placement), served: Arc::new(served) })
    }
}
