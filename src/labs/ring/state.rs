//! The state of the lab.

use std::sync::Arc;

use super::change::Change;
use super::keys::KeySet;
use crate::algorithms::placement::Strategy;
use crate::engine::interrupt;
use crate::sim::{Duration, EventId, Random, Time};
use crate::systems::placing::{ClusterState, Comparison, Config, NO_NODE, Node, Traffic, Workload};

/// Simulated time in which a change unfolds: moved keys light up, travel, and settle.
pub const UNFOLD: Duration = Duration::from_millis(1_600);
/// Time between two requests while the clock runs.
pub const REQUEST: Duration = Duration::from_millis(250);

/// The keys as work for the cluster, which an interrupt stops.
pub fn workload<'a>(keys: &'a KeySet, traffic: Option<&'a Traffic>) -> Workload<'a> {
    Workload { hashes: keys.hashes(), traffic, go_on: || !interrupt::requested() }
}

/// What the learner looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum Focus {
    /// A key, of the set or not.
    Key {
        /// Its text.
        text: String,
        /// Its hash.
        hash: u64,
        /// Its index in the set, if it is there.
        index: Option<usize>,
    },
    /// A node, by id.
    Node(u32),
}

/// The last request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// When.
    pub at: Time,
    /// Index of the key.
    pub key: usize,
    /// Id of the node that served it, or [`NO_NODE`].
    pub served_by: u32,
}

/// The state of the ring lab. Cloning shares all that is large.
#[derive(Clone, Debug)]
pub struct RingModel {
    pub(super) keys: Arc<KeySet>,
    pub(super) zipf: f64,
    pub(super) traffic: Option<Arc<Traffic>>,
    pub(super) cluster: ClusterState,
    pub(super) change: Option<Change>,
    pub(super) moved_total: u64,
    pub(super) comparison: Arc<Comparison>,
    pub(super) compare: Option<Strategy>,
    pub(super) focus: Option<Focus>,
    pub(super) requests: u64,
    pub(super) failed_requests: u64,
    pub(super) last_request: Option<Request>,
    pub(super) next_id: u32,
    /// The timer of the next request.
    pub(super) next_request: EventId,
    pub(super) rng: Random,
}

impl RingModel {
    pub(super) fn config(&self) -> &Config {
        &self.cluster.config
    }

    pub(super) fn workload(&self) -> Workload<'_> {
        workload(&self.keys, self.traffic.as_deref())
    }

    /// Sum of the squared popularities of the keys: 1/K when all are alike.
    pub(super) fn concentration(&self) -> f64 {
        self.traffic.as_ref().map_or(1.0 / self.keys.len().max(1) as f64, |t| t.concentration)
    }

    /// The nodes that hold a key, in order.
    pub(super) fn holders(&self, hash: u64) -> Vec<&Node> {
        let mut found = Vec::new();
        self.cluster.placement.successors(hash, self.config().replicas as usize, &mut found);
        found.into_iter().filter_map(|i| self.config().nodes.get(i as usize)).collect()
    }

    /// The node that serves a key, which need not be one of the set.
    pub(super) fn serving(&self, hash: u64, index: Option<usize>) -> Option<&Node> {
        match index.and_then(|i| self.cluster.served.owner.get(i)) {
            Some(&id) => Some(id).filter(|id| *id != NO_NODE).and_then(|id| self.config().node(id)),
            None => self.holders(hash).into_iter().find(|n| n.up),
        }
    }

    /// The name of a node that is there, or was before the last change.
    pub(super) fn name_of(&self, id: u32) -> String {
        let before = || self.change.as_ref().and_then(|c| c.before.config.node(id));
        self.config().node(id).or_else(before).map_or_else(String::new, |n| n.name.clone())
    }
}
