//! The ring lab's figures, observed beside theory.

use std::collections::BTreeMap;

use serde::Serialize;

use super::state::{Focus, RingModel};
use crate::algorithms::placement::{Balance, Strategy, theory};
use crate::engine::{Observed, Theory};
use crate::systems::placing::balance;

/// What `run --json` prints, checks read and the figures panel shows.
#[derive(Clone, Debug, Serialize)]
pub struct RingFacts {
    /// Nodes that have joined and not been removed.
    pub nodes: usize,
    /// Of those, how many serve.
    pub nodes_up: usize,
    /// Keys placed.
    pub keys: usize,
    /// Keys that stand in the input more than once.
    pub duplicate_keys: usize,
    /// How keys are placed.
    pub strategy: Strategy,
    /// Virtual nodes per unit of weight.
    pub vnodes: u32,
    /// Copies of each key.
    pub replicas: u32,
    /// What the last change was: join, leave, fail, recover, vnodes, strategy or setting; null before the first.
    pub last_change: Option<&'static str>,
    /// Keys that the last change moved to another node.
    pub moved: u64,
    /// The same as a share of all keys.
    pub moved_share: Observed<f64>,
    /// What `hash % N` would have moved.
    pub modulo_moved_share: f64,
    /// Keys moved by all events so far.
    pub moved_total: u64,
    /// Load of the busiest node over its fair share.
    pub load_max_over_mean: f64,
    /// Relative standard deviation of load, and what placement alone makes of it.
    pub load_spread: Observed<f64>,
    /// What the number of keys (and hot ones) adds by chance: √((N−1)·Σp²).
    pub theory_sampling_spread: Option<f64>,
    /// Keys that no node serves.
    pub unavailable_keys: u64,
    /// Zipf's exponent of the traffic.
    pub zipf: f64,
    /// Bound of `bounded`, over the mean.
    pub bound: f64,
    /// Requests that `bounded` sent past a full node.
    pub spilled: u64,
    /// Requests served or failed so far.
    pub requests: u64,
    /// Of those, how many failed.
    pub failed_requests: u64,
    /// The inspected key.
    pub key: Option<String>,
    /// Who serves it.
    pub key_owner: Option<String>,
    /// All nodes that hold it, in order.
    pub key_replicas: Vec<String>,
    /// The second strategy of `compare`.
    pub compare: Option<Strategy>,
    /// Every node by name.
    pub node: BTreeMap<String, NodeFacts>,
    /// Every strategy, taken through the same events.
    pub strategies: BTreeMap<&'static str, StrategyFacts>,
}

/// One node.
#[derive(Clone, Debug, Serialize)]
pub struct NodeFacts {
    /// Its weight.
    pub weight: u32,
    /// Whether it serves.
    pub up: bool,
    /// Keys that it serves.
    pub keys: u64,
    /// Requests that it gets: as many as keys, unless traffic is skewed.
    pub load: u64,
    /// Its share of all load.
    pub share: f64,
}

/// One strategy in comparison.
#[derive(Clone, Debug, Serialize)]
pub struct StrategyFacts {
    /// Share of the keys that the last event moved.
    pub moved_share: f64,
    /// Sum of the shares of all events.
    pub moved_shares_total: f64,
    /// Relative standard deviation of load.
    pub load_spread: f64,
    /// Busiest node over its fair share.
    pub load_max_over_mean: f64,
    /// Bytes of its own structure.
    pub memory_bytes: usize,
    /// Elementary steps of a lookup, on average.
    pub lookup_steps: f64,
}

impl RingFacts {
    /// The figures of a state.
    pub fn of(model: &RingModel) -> Self {
        let (config, served) = (model.config(), &model.cluster.served);
        let keys = model.keys.len();
        let change = model.change.as_ref();
        let moved = change.map_or(0, |c| c.moves.moved);
        let Balance { max_over_mean, spread } = balance(&config.nodes, &served.loads);
        let (key, key_owner, key_replicas) = focused_key(model);
        Self {
            nodes: config.nodes.len(),
            nodes_up: config.nodes.iter().filter(|n| n.up).count(),
            keys,
            duplicate_keys: model.keys.duplicates,
            strategy: config.strategy,
            vnodes: config.tuning.vnodes,
            replicas: config.replicas,
            last_change: change.map(|c| c.trigger.name()),
            moved,
            moved_share: Observed::of(
                moved as f64 / keys.max(1) as f64,
                change.map_or(Theory::is(0.0, "nothing has changed yet"), |c| c.theory),
            ),
            modulo_moved_share: change.map_or(0.0, |c| c.modulo_share),
            moved_total: model.moved_total,
            load_max_over_mean: max_over_mean,
            load_spread: Observed::of(spread, expected_spread(model)),
            theory_sampling_spread: sampling_spread(model).value().copied(),
            unavailable_keys: served.unavailable,
            zipf: model.zipf,
            bound: f64::from(config.tuning.bound_percent) / 100.0,
            spilled: served.spilled,
            requests: model.requests,
            failed_requests: model.failed_requests,
            key,
            key_owner,
            key_replicas,
            compare: model.compare,
            node: node_facts(model),
            strategies: strategy_facts(model),
        }
    }
}

fn node_facts(model: &RingModel) -> BTreeMap<String, NodeFacts> {
    let served = &model.cluster.served;
    let total: u64 = served.loads.iter().sum();
    let facts = model.config().nodes.iter().zip(&served.keys).zip(&served.loads).map(|((node, keys), load)| {
        let share = *load as f64 / total.max(1) as f64;
        (node.name.clone(), NodeFacts { weight: node.weight, up: node.up, keys: *keys, load: *load, share })
    });
    facts.collect()
}

fn strategy_facts(model: &RingModel) -> BTreeMap<&'static str, StrategyFacts> {
    let facts = model.comparison.candidates.iter().map(|c| {
        (
            c.strategy.name(),
            StrategyFacts {
                moved_share: c.moved_share,
                moved_shares_total: c.moved_shares_total,
                load_spread: c.balance.spread,
                load_max_over_mean: c.balance.max_over_mean,
                memory_bytes: c.memory_bytes,
                lookup_steps: c.lookup_steps,
            },
        )
    });
    facts.collect()
}

fn weights(model: &RingModel) -> Vec<u32> {
    model.config().nodes.iter().map(|n| n.weight).collect()
}

/// What placement alone makes of the spread: the arcs of a ring are uneven, the others cut evenly.
fn expected_spread(model: &RingModel) -> Theory<f64> {
    let config = model.config();
    match config.strategy {
        _ if config.nodes.is_empty() => Theory::unknown("there is no node"),
        _ if config.nodes.iter().any(|n| !n.up) => Theory::unknown("no formula while a node is down"),
        Strategy::Bounded => Theory::unknown("depends on the load"),
        Strategy::Ring => {
            let formula = if weights(model).windows(2).all(|w| w[0] == w[1]) {
                "√((N−1)/(N·V+1))"
            } else {
                "√(mean of (P−nᵢ)/(nᵢ·(P+1)))"
            };
            Theory::is(theory::weighted_spread(&weights(model), config.tuning.vnodes), formula)
        }
        Strategy::Modulo | Strategy::Jump | Strategy::Rendezvous | Strategy::Maglev => sampling_spread(model),
    }
}

/// What chance adds because the keys are finitely many and some are hot.
fn sampling_spread(model: &RingModel) -> Theory<f64> {
    let (config, weights) = (model.config(), weights(model));
    let uneven = weights.windows(2).any(|w| w[0] != w[1]);
    if config.nodes.is_empty() {
        return Theory::unknown("there is no node");
    }
    if uneven && !config.strategy.honours_weights() {
        return Theory::unknown("the strategy knows no weights");
    }
    if config.strategy == Strategy::Bounded {
        return Theory::unknown("depends on the load");
    }
    if config.nodes.iter().any(|n| !n.up) {
        return Theory::unknown("no formula while a node is down");
    }
    Theory::is(theory::sampling_spread(&weights, model.concentration()), "√((N−1)·Σp²)")
}

fn focused_key(model: &RingModel) -> (Option<String>, Option<String>, Vec<String>) {
    let Some(Focus::Key { text, hash, index }) = &model.focus else { return (None, None, Vec::new()) };
    let owner = model.serving(*hash, *index).map(|n| n.name.clone());
    (Some(text.clone()), owner, model.holders(*hash).into_iter().map(|n| n.name.clone()).collect())
}
