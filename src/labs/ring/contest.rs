//! All strategies through the same events: what the comparison shows.

use std::sync::Arc;

use super::command::Strategy;
use super::placer::Placer;
use super::serving::{Balance, Node, Served, Workload, balance, count_moved, serve};
use super::world::Config;
use crate::engine::ModelError;

/// Keys that are compared while nobody asked for a comparison.
const CASUAL_KEYS: usize = 100_000;
/// Keys that are compared once somebody asked.
pub const COMPARED_KEYS: usize = 1_000_000;
/// Most (key, node) pairs: rendezvous looks at every node for every key.
const MOST_PAIRS: usize = 50_000_000;
/// Keys whose lookups are counted step by step.
const COUNTED_LOOKUPS: usize = 512;

/// One strategy, as it stands after the last event.
#[derive(Clone, Debug)]
pub struct Contender {
    /// Which.
    pub strategy: Strategy,
    /// Built for the nodes now.
    pub placer: Arc<Placer>,
    /// As it was before the last event.
    pub before: Arc<Placer>,
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
pub struct Contest {
    /// In the order of [`Strategy::ALL`].
    pub contenders: Vec<Contender>,
    /// How many keys (the first ones) were compared at the last event.
    pub keys: usize,
    /// Whether somebody asked for it.
    pub wanted: bool,
}

impl Contest {
    /// Every strategy for these nodes, nothing moved yet.
    pub fn open(config: &Config, work: Workload<'_>, wanted: bool) -> Result<Self, ModelError> {
        let mut contest = Self { contenders: Vec::new(), keys: 0, wanted };
        let work = work.first(contest.limit(config.nodes.len(), work.hashes.len()));
        contest.keys = work.hashes.len();
        for strategy in Strategy::ALL {
            let placer = Arc::new(config.placer(strategy)?);
            let served = serve(&placer, &config.nodes, work, config.replicas as usize)?;
            contest.contenders.push(Contender::new(strategy, placer, &config.nodes, served, work));
        }
        Ok(contest)
    }

    /// Takes every strategy through one event.
    pub fn advance(&self, before: &Config, after: &Config, work: Workload<'_>) -> Result<Self, ModelError> {
        let limit = self.limit(before.nodes.len().max(after.nodes.len()), work.hashes.len());
        let work = work.first(limit);
        let mut next = Self { contenders: Vec::new(), keys: work.hashes.len(), wanted: self.wanted };
        for old in &self.contenders {
            let old_served = serve(&old.placer, &before.nodes, work, before.replicas as usize)?;
            let placer = Arc::new(after.placer(old.strategy)?);
            let served = serve(&placer, &after.nodes, work, after.replicas as usize)?;
            let moved = count_moved(&old_served.owner, &served.owner) as f64 / work.hashes.len().max(1) as f64;
            let mut contender = Contender::new(old.strategy, placer, &after.nodes, served, work);
            contender.before = Arc::clone(&old.placer);
            contender.moved_share = moved;
            contender.moved_shares_total = old.moved_shares_total + moved;
            next.contenders.push(contender);
        }
        Ok(next)
    }

    /// The contender with this strategy.
    pub fn of(&self, strategy: Strategy) -> Option<&Contender> {
        self.contenders.iter().find(|c| c.strategy == strategy)
    }

    fn limit(&self, nodes: usize, keys: usize) -> usize {
        let asked = if self.wanted { COMPARED_KEYS } else { CASUAL_KEYS };
        keys.min(asked).min((MOST_PAIRS / nodes.max(1)).max(1))
    }
}

impl Contender {
    fn new(strategy: Strategy, placer: Arc<Placer>, nodes: &[Node], served: Served, work: Workload<'_>) -> Self {
        let counted = &work.hashes[..work.hashes.len().min(COUNTED_LOOKUPS)];
        let steps: u64 = counted.iter().map(|h| u64::from(placer.placement().lookup_steps(*h))).sum();
        Self {
            strategy,
            before: Arc::clone(&placer),
            moved_share: 0.0,
            moved_shares_total: 0.0,
            balance: balance(nodes, &served.loads),
            loads: served.loads,
            memory_bytes: placer.placement().memory_bytes(),
            lookup_steps: steps as f64 / counted.len().max(1) as f64,
            placer,
        }
    }
}
