//! All strategies through the same events: what the comparison shows.

use std::sync::Arc;

use super::{Config, Node, PlacingError, Served, Workload, balance, count_moved, serve};
use crate::algorithms::placement::{AnyPlacement, Balance, Strategy};

/// Keys that are compared while no comparison was asked for.
const CASUAL_KEYS: usize = 100_000;
/// Keys that are compared once one was asked for.
pub const COMPARED_KEYS: usize = 1_000_000;
/// Most (key, node) pairs: rendezvous looks at every node for every key.
const MOST_PAIRS: usize = 50_000_000;
/// Keys whose lookups are counted step by step.
const COUNTED_LOOKUPS: usize = 512;

/// One strategy, as it stands after the last event.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Which.
    pub strategy: Strategy,
    /// Built for the nodes now.
    pub placement: Arc<AnyPlacement>,
    /// As it was before the last event.
    pub before: Arc<AnyPlacement>,
    /// Share of the keys that the last event moved.
    pub moved_share: f64,
    /// Sum of the moved shares of all events.
    pub moved_shares_total: f64,
    /// How evenly it spreads the load.
    pub balance: Balance,
    /// Requests per node.
    pub loads: Vec<u64>,
    /// Bytes of its own structure.
    pub memory_bytes: usize,
    /// Elementary steps that a lookup takes on average, counted.
    pub lookup_steps: f64,
}

/// All strategies side by side.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// In the order of [`Strategy::ALL`].
    pub candidates: Vec<Candidate>,
    /// How many keys (the first ones) were compared at the last event.
    pub keys: usize,
    /// Whether it was asked for.
    pub wanted: bool,
}

impl Comparison {
    /// Every strategy for these nodes, nothing moved yet.
    ///
    /// # Errors
    /// As [`Config::placement`], or when it is stopped.
    pub fn open(config: &Config, work: Workload<'_>, wanted: bool) -> Result<Self, PlacingError> {
        let mut comparison = Self { candidates: Vec::new(), keys: 0, wanted };
        let work = work.first(comparison.limit(config.nodes.len(), work.hashes.len()));
        comparison.keys = work.hashes.len();
        for &strategy in Strategy::ALL {
            let placement = Arc::new(config.placement(strategy)?);
            let served = serve(&placement, &config.nodes, work, config.replicas as usize)?;
            comparison.candidates.push(Candidate::new(strategy, placement, &config.nodes, served, work));
        }
        Ok(comparison)
    }

    /// Takes every strategy through one event.
    ///
    /// # Errors
    /// As [`Config::placement`], or when it is stopped.
    pub fn advance(&self, before: &Config, after: &Config, work: Workload<'_>) -> Result<Self, PlacingError> {
        let limit = self.limit(before.nodes.len().max(after.nodes.len()), work.hashes.len());
        let work = work.first(limit);
        let mut next = Self { candidates: Vec::new(), keys: work.hashes.len(), wanted: self.wanted };
        for old in &self.candidates {
            let old_served = serve(&old.placement, &before.nodes, work, before.replicas as usize)?;
            let placement = Arc::new(after.placement(old.strategy)?);
            let served = serve(&placement, &after.nodes, work, after.replicas as usize)?;
            let moved = count_moved(&old_served.owner, &served.owner) as f64 / work.hashes.len().max(1) as f64;
            let mut candidate = Candidate::new(old.strategy, placement, &after.nodes, served, work);
            candidate.before = Arc::clone(&old.placement);
            candidate.moved_share = moved;
            candidate.moved_shares_total = old.moved_shares_total + moved;
            next.candidates.push(candidate);
        }
        Ok(next)
    }

    /// The candidate with this strategy.
    pub fn of(&self, strategy: Strategy) -> Option<&Candidate> {
        self.candidates.iter().find(|c| c.strategy == strategy)
    }

    fn limit(&self, nodes: usize, keys: usize) -> usize {
        let asked = if self.wanted { COMPARED_KEYS } else { CASUAL_KEYS };
        keys.min(asked).min((MOST_PAIRS / nodes.max(1)).max(1))
    }
}

impl Candidate {
    fn new(
        strategy: Strategy,
        placement: Arc<AnyPlacement>,
        nodes: &[Node],
        served: Served,
        work: Workload<'_>,
    ) -> Self {
        let counted = &work.hashes[..work.hashes.len().min(COUNTED_LOOKUPS)];
        let steps: u64 = counted.iter().map(|h| u64::from(placement.lookup_steps(*h))).sum();
        Self {
            strategy,
            before: Arc::clone(&placement),
            moved_share: 0.0,
            moved_shares_total: 0.0,
            balance: balance(nodes, &served.loads),
            loads: served.loads,
            memory_bytes: placement.memory_bytes(),
            lookup_steps: steps as f64 / counted.len().max(1) as f64,
            placement,
        }
    }
}
