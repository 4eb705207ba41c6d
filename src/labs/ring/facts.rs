//! The ring lab's figures, observed beside theory.

use std::collections::BTreeMap;

use serde::Serialize;

use super::command::Strategy;
use super::model::{Focus, RingModel};
use super::serving::{Balance, NOBODY, balance};

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
    pub strategy: &'static str,
    /// Points per unit of weight.
    pub vnodes: u32,
    /// Copies of each key.
    pub replicas: u32,
    /// Keys that the last event moved to another node.
    pub moved: u64,
    /// The same as a share of all keys.
    pub moved_share: f64,
    /// What the formula expects; null when there is none.
    pub theory_moved_share: Option<f64>,
    /// What `hash % N` would have moved.
    pub modulo_moved_share: f64,
    /// Keys moved by all events so far.
    pub moved_total: u64,
    /// Load of the busiest node over its fair share.
    pub load_max_over_mean: f64,
    /// Relative standard deviation of load.
    pub load_spread: f64,
    /// What placement alone makes of it: √((N−1)/(N·V+1)) on a ring.
    pub theory_load_spread: Option<f64>,
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
    pub compare: Option<&'static str>,
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
        let (config, served) = (model.config(), &model.world.served);
        let keys = model.keys.len();
        let moved = model.change.as_ref().map_or(0, |c| c.moves.moved);
        let Balance { max_over_mean, spread } = balance(&config.nodes, &served.loads);
        let (key, key_owner, key_replicas) = focused_key(model);
        Self {
            nodes: config.nodes.len(),
            nodes_up: config.nodes.iter().filter(|n| n.up).count(),
            keys,
            duplicate_keys: model.keys.duplicates,
            strategy: config.strategy.name(),
            vnodes: config.tuning.vnodes,
            replicas: config.replicas,
            moved,
            moved_share: moved as f64 / keys.max(1) as f64,
            theory_moved_share: model.change.as_ref().map_or(Some(0.0), |c| c.theory.ok()),
            modulo_moved_share: model.change.as_ref().map_or(0.0, |c| c.modulo_share),
            moved_total: model.moved_total,
            load_max_over_mean: max_over_mean,
            load_spread: spread,
            theory_load_spread: theory_spread(model),
            theory_sampling_spread: sampling_spread(model),
            unavailable_keys: served.unavailable,
            zipf: model.zipf,
            bound: f64::from(config.tuning.bound_percent) / 100.0,
            spilled: served.spilled,
            requests: model.requests,
            failed_requests: model.failed_requests,
            key,
            key_owner,
            key_replicas,
            compare: model.compare.map(Strategy::name),
            node: node_facts(model),
            strategies: strategy_facts(model),
        }
    }
}

fn node_facts(model: &RingModel) -> BTreeMap<String, NodeFacts> {
    let served = &model.world.served;
    let total: u64 = served.loads.iter().sum();
    let facts = model.config().nodes.iter().zip(&served.keys).zip(&served.loads).map(|((node, keys), load)| {
        let share = *load as f64 / total.max(1) as f64;
        (node.name.clone(), NodeFacts { weight: node.weight, up: node.up, keys: *keys, load: *load, share })
    });
    facts.collect()
}

fn strategy_facts(model: &RingModel) -> BTreeMap<&'static str, StrategyFacts> {
    let facts = model.contest.contenders.iter().map(|c| {
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

/// What placement alone makes of the spread: the arcs of a ring are uneven, the others cut evenly.
fn theory_spread(model: &RingModel) -> Option<f64> {
    let config = model.config();
    let all_up = config.nodes.iter().all(|n| n.up);
    match config.strategy {
        _ if config.nodes.is_empty() || !all_up => None,
        Strategy::Bounded => None,
        Strategy::Ring => {
            // Node i has nᵢ of P points: its share is Beta(nᵢ, P−nᵢ), whose variance over the squared
            // mean is (P−nᵢ)/(nᵢ(P+1)). With equal weights that is (N−1)/(NV+1).
            let points = |weight: f64| weight * f64::from(config.tuning.vnodes);
            let all = points(config.weight() as f64);
            let each = config.nodes.iter().map(|n| points(f64::from(n.weight)));
            Some((each.map(|n| (all - n) / (n * (all + 1.0))).sum::<f64>() / config.nodes.len() as f64).sqrt())
        }
        _ => sampling_spread(model),
    }
}

/// What chance adds because the keys are finitely many and some are hot: node i with the share sᵢ has
/// the variance (1−sᵢ)/sᵢ · Σp² over its squared mean, with p the popularity of each key.
fn sampling_spread(model: &RingModel) -> Option<f64> {
    let config = model.config();
    let uneven = config.nodes.windows(2).any(|w| w[0].weight != w[1].weight);
    let unfair = uneven && !config.strategy.honours_weights();
    let blocked = config.strategy == Strategy::Bounded || config.nodes.iter().any(|n| !n.up);
    if config.nodes.is_empty() || unfair || blocked {
        return None;
    }
    let shares = config.nodes.iter().map(|n| f64::from(n.weight) / config.weight() as f64);
    let mean = shares.map(|s| (1.0 - s) / s).sum::<f64>() / config.nodes.len() as f64;
    Some((mean * model.concentration()).sqrt())
}

fn focused_key(model: &RingModel) -> (Option<String>, Option<String>, Vec<String>) {
    let Some(Focus::Key { text, hash, index }) = &model.focus else { return (None, None, Vec::new()) };
    let name = |id: u32| model.config().node(id).map(|n| n.name.clone());
    let replicas = model.preferred(*hash);
    let nodes = &model.config().nodes;
    let owner = match index {
        Some(index) => Some(model.world.served.owner[*index]).filter(|id| *id != NOBODY).and_then(name),
        None => replicas.iter().filter_map(|i| nodes.get(*i)).find(|n| n.up).map(|n| n.name.clone()),
    };
    let replicas = replicas.iter().filter_map(|i| nodes.get(*i)).map(|n| n.name.clone()).collect();
    (Some(text.clone()), owner, replicas)
}
