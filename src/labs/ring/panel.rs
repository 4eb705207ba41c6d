//! The figures and load bars beside the picture.

use super::command::Strategy;
use super::facts::RingFacts;
use super::model::{Focus, RingModel};
use super::world::Cause;
use crate::engine::numbers::{count, percent, thousands};
use crate::picture::{BarState, Figure, LoadBar, letter};

/// A few words for the title.
pub(super) fn state(model: &RingModel) -> String {
    let config = model.config();
    let mut parts = vec![config.strategy.name().to_owned()];
    if config.strategy.has_ring() {
        let nodes = u64::from(config.tuning.vnodes);
        parts.push(count(nodes, "vnode"));
    }
    if config.replicas > 1 {
        parts.push(format!("{} replicas", config.replicas));
    }
    if model.zipf > 0.0 {
        parts.push(format!("zipf {}", model.zipf));
    }
    parts.join(", ")
}

/// Observed beside theory.
pub(super) fn figures(model: &RingModel, facts: &RingFacts) -> Vec<Figure> {
    let changed = model.change.is_some();
    let churn = model.change.as_ref().is_some_and(|c| matches!(c.cause, Cause::Joined(_) | Cause::Left(..)));
    let no_theory = model.change.as_ref().and_then(|c| c.theory.err()).unwrap_or_default();
    let mut figures = vec![Figure {
        name: "moved".to_owned(),
        value: percent(facts.moved_share),
        theory: changed.then(|| facts.theory_moved_share.map_or_else(|| "none".to_owned(), percent)),
        note: match (changed, no_theory) {
            (false, _) => None,
            (true, "") => Some(format!("{} of {}", thousands(facts.moved), count(facts.keys as u64, "key"))),
            (true, reason) => Some(reason.to_owned()),
        },
        changed,
    }];
    if churn && model.config().strategy != Strategy::Modulo {
        figures.push(Figure {
            name: "hash % N".to_owned(),
            value: percent(facts.modulo_moved_share),
            theory: None,
            note: Some("would have moved".to_owned()),
            changed,
        });
    }
    figures.push(Figure {
        name: "spread".to_owned(),
        value: percent(facts.load_spread),
        theory: facts.theory_load_spread.map(percent),
        note: Some("standard deviation of load".to_owned()),
        changed: false,
    });
    figures.push(Figure {
        name: "max/mean".to_owned(),
        value: format!("{:.2}", facts.load_max_over_mean),
        theory: (model.config().strategy == Strategy::Bounded).then(|| format!("≤ {}", facts.bound)),
        note: Some("busiest node".to_owned()),
        changed: false,
    });
    figures.extend(counts(model, facts));
    figures
}

fn counts(model: &RingModel, facts: &RingFacts) -> Vec<Figure> {
    let plain = |name: &str, value: String, note: Option<String>| Figure {
        name: name.to_owned(),
        value,
        theory: None,
        note,
        changed: false,
    };
    let mut figures = Vec::new();
    if facts.unavailable_keys > 0 {
        let mut lost =
            plain("unavailable", thousands(facts.unavailable_keys), Some("keys that no node serves".to_owned()));
        lost.changed = true;
        figures.push(lost);
    }
    let duplicates = (facts.duplicate_keys > 0).then(|| format!("{} repeated", thousands(facts.duplicate_keys as u64)));
    figures.push(plain("keys", thousands(facts.keys as u64), duplicates));
    figures.push(plain("moved in all", thousands(facts.moved_total), None));
    if facts.requests > 0 {
        let failed = (facts.failed_requests > 0).then(|| format!("{} failed", thousands(facts.failed_requests)));
        figures.push(plain("requests", thousands(facts.requests), failed));
    }
    if model.config().strategy == Strategy::Bounded {
        figures.push(plain("spilled", thousands(facts.spilled), Some("past a full node".to_owned())));
    }
    figures
}

/// One bar a node, its fair share marked.
pub(super) fn bars(model: &RingModel) -> (String, Vec<LoadBar>) {
    let (config, served) = (model.config(), &model.world.served);
    // What nobody serves counts too: the load of the others does not grow when a node fails without copies.
    let lost = if model.traffic.is_none() { served.unavailable } else { 0 };
    let total: u64 = served.loads.iter().sum::<u64>() + lost;
    let weight: f64 = config.nodes.iter().filter(|n| n.up).map(|n| f64::from(n.weight)).sum();
    let changed = |id: u32| match (&model.focus, &model.change) {
        (Some(Focus::Node(focus)), _) if *focus == id => true,
        (_, Some(change)) => match change.cause {
            Cause::Joined(new) | Cause::Recovered(new) => new == id,
            _ => false,
        },
        _ => false,
    };
    let bars = config.nodes.iter().enumerate().map(|(i, node)| {
        let value = served.loads[i] as f64 / total.max(1) as f64;
        let ideal = if node.up { f64::from(node.weight) / weight } else { 0.0 };
        let full = served.capacity.get(i).is_some_and(|most| served.loads[i] >= *most);
        LoadBar {
            label: node.name.clone(),
            letter: letter(node.id as usize),
            series: node.id as usize,
            value,
            ideal,
            text: if node.up { percent(value) } else { "down".to_owned() },
            state: match node.up {
                false => BarState::Failed,
                true if full => BarState::Over,
                true if changed(node.id) => BarState::Changed,
                true => BarState::Normal,
            },
        }
    });
    let title = if model.traffic.is_some() { "requests per node" } else { "keys per node" };
    (title.to_owned(), bars.collect())
}
