//! What a change of the cluster moved, and what it should have moved.

use std::sync::Arc;

use crate::algorithms::placement::{Strategy, theory};
use crate::engine::Theory;
use crate::sim::Time;
use crate::systems::placing::{ClusterState, Config, Moves, PlacingError, Workload, count_moved, serve};

/// What changed the cluster: theory depends on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trigger {
    /// The node with this id joined.
    Joined(u32),
    /// The node with this id left from this place in the list.
    Left(u32, usize),
    /// The node with this id failed.
    Failed(u32),
    /// The node with this id recovered.
    Recovered(u32),
    /// Another number of virtual nodes.
    Vnodes,
    /// Another strategy.
    Strategy,
    /// Something that need not move a key.
    Other,
}

impl Trigger {
    /// The id of the node that changed.
    pub fn node(self) -> Option<u32> {
        match self {
            Self::Joined(id) | Self::Left(id, _) | Self::Failed(id) | Self::Recovered(id) => Some(id),
            Self::Vnodes | Self::Strategy | Self::Other => None,
        }
    }

    /// In a word, for the facts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Joined(_) => "join",
            Self::Left(..) => "leave",
            Self::Failed(_) => "fail",
            Self::Recovered(_) => "recover",
            Self::Vnodes => "vnodes",
            Self::Strategy => "strategy",
            Self::Other => "setting",
        }
    }
}

/// The last event, as picture and figures tell it.
#[derive(Clone, Debug)]
pub struct Change {
    /// When it happened.
    pub at: Time,
    /// What it was.
    pub trigger: Trigger,
    /// Which keys moved.
    pub moves: Arc<Moves>,
    /// Expected share of moved keys.
    pub theory: Theory<f64>,
    /// Share of the keys that `hash % N` would have moved.
    pub modulo_share: f64,
    /// The cluster before.
    pub before: ClusterState,
}

impl Change {
    /// Compares the cluster before with the cluster after.
    pub fn new(
        at: Time,
        trigger: Trigger,
        before: ClusterState,
        after: &ClusterState,
        work: Workload<'_>,
    ) -> Result<Self, PlacingError> {
        let moves = Moves::between(&before.served.owner, &after.served.owner, work)?;
        let modulo = |config: &Config| {
            let placement = config.placement(Strategy::Modulo)?;
            Ok::<_, PlacingError>(serve(&placement, &config.nodes, work, config.replicas as usize)?.owner)
        };
        let modulo_moved = match after.config.strategy {
            Strategy::Modulo if before.config.strategy == Strategy::Modulo => moves.moved,
            _ if before.config.nodes == after.config.nodes && before.config.replicas == after.config.replicas => 0,
            _ => count_moved(&modulo(&before.config)?, &modulo(&after.config)?),
        };
        let theory = expected_share(trigger, &before.config, &after.config);
        let modulo_share = modulo_moved as f64 / work.hashes.len().max(1) as f64;
        Ok(Self { at, trigger, moves: Arc::new(moves), theory, modulo_share, before })
    }
}

/// The share of the keys that should move, from the formulas of the field.
fn expected_share(trigger: Trigger, before: &Config, after: &Config) -> Theory<f64> {
    const DEPENDS: Theory<f64> = Theory::unknown("depends on the load");
    const NO_KEY: Theory<f64> = Theory::is(0.0, "no key need move");
    const DOWN: Theory<f64> = Theory::unknown("no formula while a node is down");
    let all_up = |config: &Config| config.nodes.iter().all(|n| n.up);
    let weight_of = |config: &Config, id: u32| config.node(id).map_or(0, |n| u64::from(n.weight));
    let (from, to) = (before.nodes.len() as u32, after.nodes.len() as u32);
    match trigger {
        Trigger::Other if after.strategy == Strategy::Bounded => DEPENDS,
        Trigger::Other => NO_KEY,
        Trigger::Strategy | Trigger::Vnodes if after.nodes.is_empty() => NO_KEY,
        Trigger::Strategy | Trigger::Vnodes if !all_up(before) => DOWN,
        Trigger::Strategy if before.strategy.has_ring() && after.strategy.has_ring() => DEPENDS,
        Trigger::Strategy if before.strategy == after.strategy => NO_KEY,
        Trigger::Strategy => Theory::is(1.0 - before.coincidence(after), "1 − Σ sᵢ·tᵢ"),
        Trigger::Vnodes if after.strategy == Strategy::Ring => {
            let (a, b) = (f64::from(before.tuning.vnodes), f64::from(after.tuning.vnodes));
            Theory::is((b - a).abs() / a.max(b) * (1.0 - before.coincidence(after)), "|V−V′|/max(V, V′) · (1 − Σ sᵢ²)")
        }
        Trigger::Vnodes if after.strategy == Strategy::Bounded => DEPENDS,
        Trigger::Vnodes => NO_KEY,
        Trigger::Joined(_) if from == 0 => NO_KEY,
        Trigger::Left(..) if to == 0 => NO_KEY,
        _ if after.strategy == Strategy::Bounded => Theory::unknown("bounded loads move a few more than their share"),
        Trigger::Joined(_) | Trigger::Left(..) if !all_up(before) => DOWN,
        Trigger::Joined(_) | Trigger::Left(..) if after.strategy == Strategy::Modulo => {
            Theory::is(theory::modulo_moved(from, to), "1 − min(N, N′)/lcm(N, N′)")
        }
        Trigger::Joined(_) if after.strategy == Strategy::Jump => Theory::is(1.0 / f64::from(to), "1/N"),
        Trigger::Left(_, index) if after.strategy == Strategy::Jump => {
            Theory::is(theory::jump_moved_on_leave(from, index), "(later + 1)/N − 1/(N·(N−1)), or 1/N for the last")
        }
        Trigger::Joined(id) => Theory::is(theory::moved_on_join(before.weight(), weight_of(after, id)), "w/(W+w)"),
        Trigger::Left(id, _) => Theory::is(theory::moved_on_leave(before.weight(), weight_of(before, id)), "w/W"),
        Trigger::Failed(id) | Trigger::Recovered(id) => expected_failover(id, before, after),
    }
}

/// A node that fails hands over what it served, if there is a second copy.
fn expected_failover(id: u32, before: &Config, after: &Config) -> Theory<f64> {
    if before.nodes.iter().any(|n| !n.up && n.id != id) {
        return Theory::unknown("no formula while another node is down");
    }
    if after.nodes.len() < 2 || after.replicas < 2 {
        return Theory::is(0.0, "there is no second copy");
    }
    if !after.strategy.honours_weights() {
        return Theory::is(1.0 / after.nodes.len() as f64, "1/N");
    }
    let weight = after.node(id).map_or(0.0, |n| f64::from(n.weight));
    Theory::is(weight / after.weight() as f64, "w/W")
}
