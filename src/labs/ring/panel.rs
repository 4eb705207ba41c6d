//! The figures and load bars beside the picture.

use super::change::Trigger;
use super::facts::RingFacts;
use super::state::{Focus, RingModel};
use crate::algorithms::placement::Strategy;
use crate::engine::Theory;
use crate::engine::numbers::{count, percent, thousands};
use crate::labs::{Row, Shown};
use crate::picture::{BarState, LoadBar, letter};

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

fn plain(value: String, note: Option<String>) -> Shown {
    note.into_iter().fold(Shown::plain(value), Shown::note)
}

/// Observed next to theory.
pub(super) const FIGURES: &[Row<RingFacts>] = &[
    Row { name: "moved", meaning: "share of the keys that the last change moved to another node", show: moved },
    Row {
        name: "hash % N",
        meaning: "share of the keys that hash % N would have moved when a node joins or leaves",
        show: |f| {
            let churn = matches!(f.last_change, Some("join" | "leave")) && f.strategy != Strategy::Modulo;
            churn.then(|| Shown::plain(percent(f.modulo_moved_share)).note("would have moved").changed(true))
        },
    },
    Row {
        name: "spread",
        meaning: "standard deviation of the nodes' loads, each relative to its fair share",
        show: |f| Some(Shown::observed(&f.load_spread, |s| percent(*s)).note("standard deviation of load")),
    },
    Row {
        name: "max/mean",
        meaning: "load of the busiest node over its fair share",
        show: |f| {
            let bound = (f.strategy == Strategy::Bounded).then(|| format!("≤ {}", f.bound));
            Some(Shown::plain(format!("{:.2}", f.load_max_over_mean)).theory(bound).note("busiest node"))
        },
    },
    Row {
        name: "unavailable",
        meaning: "keys that no node serves",
        show: |f| {
            let lost = || Shown::plain(thousands(f.unavailable_keys)).note("keys that no node serves").changed(true);
            (f.unavailable_keys > 0).then(lost)
        },
    },
    Row {
        name: "keys",
        meaning: "keys placed",
        show: |f| {
            let repeated = (f.duplicate_keys > 0).then(|| format!("{} repeated", thousands(f.duplicate_keys as u64)));
            Some(plain(thousands(f.keys as u64), repeated))
        },
    },
    Row {
        name: "moved in all",
        meaning: "keys moved by all changes so far",
        show: |f| Some(Shown::plain(thousands(f.moved_total))),
    },
    Row {
        name: "requests",
        meaning: "requests served or failed so far",
        show: |f| {
            let failed = (f.failed_requests > 0).then(|| format!("{} failed", thousands(f.failed_requests)));
            (f.requests > 0).then(|| plain(thousands(f.requests), failed))
        },
    },
    Row {
        name: "spilled",
        meaning: "requests that bounded loads sent past a full node",
        show: |f| {
            let spilled = || Shown::plain(thousands(f.spilled)).note("past a full node");
            (f.strategy == Strategy::Bounded).then(spilled)
        },
    },
];

fn moved(facts: &RingFacts) -> Option<Shown> {
    if facts.last_change.is_none() {
        return facts.moved_share.seen.map(|share| Shown::plain(percent(share)));
    }
    let shown = Shown::observed(&facts.moved_share, |share| percent(*share)).changed(true);
    Some(match facts.moved_share.theory {
        Theory::Is { .. } => shown.note(format!("{} of {}", thousands(facts.moved), count(facts.keys as u64, "key"))),
        Theory::Unknown { .. } => shown.theory(Some("none".to_owned())),
    })
}

/// One bar a node, its fair share marked.
pub(super) fn bars(model: &RingModel) -> (String, Vec<LoadBar>) {
    let (config, served) = (model.config(), &model.cluster.served);
    // What no node serves counts too: the load of the others does not grow when a node fails without copies.
    let lost = if model.traffic.is_none() { served.unavailable } else { 0 };
    let total: u64 = served.loads.iter().sum::<u64>() + lost;
    let weight: f64 = config.nodes.iter().filter(|n| n.up).map(|n| f64::from(n.weight)).sum();
    let changed = |id: u32| match (&model.focus, &model.change) {
        (Some(Focus::Node(focus)), _) if *focus == id => true,
        (_, Some(change)) => match change.trigger {
            Trigger::Joined(new) | Trigger::Recovered(new) => new == id,
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
