//! What is true of the run so far: findings, and properties that always hold.

use super::model::TransactionsModel;
use crate::algorithms::transactions::serial::{self, Order};
use crate::algorithms::transactions::{Engine, Finding, Phenomenon, Policy, TxId};
use crate::engine::Property;

/// What is true of the committed transactions.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// Whether they are as good as one after the other.
    pub serializable: bool,
    /// An order one after the other that gives the same, if there is one and there are few.
    pub order: Option<Vec<TxId>>,
    /// A cycle of the conflict graph.
    pub cycle: Option<Vec<TxId>>,
    /// Who must come before whom, and why.
    pub conflicts: Vec<serial::Edge>,
    /// What shows, each with a cycle.
    pub found: Vec<Finding>,
}

impl Default for Findings {
    fn default() -> Self {
        Self { serializable: true, order: None, cycle: None, conflicts: Vec::new(), found: Vec::new() }
    }
}

impl Findings {
    /// Looks at a run.
    pub fn of(engine: &Engine) -> Self {
        let history = engine.history();
        let committed = history.committed();
        if committed.is_empty() {
            return Self::default();
        }
        let serializable = serial::serializable(&history);
        // Brute force only where it is quick: a cycle needs all orders to fail.
        let few = committed.len() <= if serializable { serial::MOST } else { 0 };
        let order = match few.then(|| serial::order(&history)) {
            Some(Order::Serial(order)) => Some(order),
            _ => None,
        };
        let found = if serializable { Vec::new() } else { Phenomenon::found(&history) };
        // The cycle that is shown is one that has a name, the coarsest.
        let cycle = found.iter().find(|f| !f.cycle.is_empty()).map(|f| ring(&f.cycle));
        Self { serializable, order, cycle, conflicts: serial::conflicts(&history), found }
    }

    /// What shows, from the coarsest.
    pub fn phenomena(&self) -> impl Iterator<Item = Phenomenon> + '_ {
        self.found.iter().map(|f| f.phenomenon)
    }
}

/// The members of a cycle, from its smallest on.
fn ring(cycle: &[serial::Edge]) -> Vec<TxId> {
    let mut members: Vec<TxId> = cycle.iter().map(|e| e.from).collect();
    let smallest = (0..members.len()).min_by_key(|i| members[*i]).unwrap_or(0);
    members.rotate_left(smallest);
    members
}

/// Truths of every state.
pub const PROPERTIES: &[Property<TransactionsModel>] = &[
    Property {
        name: "locks that are held together are compatible",
        holds: |m| {
            m.engine.locks().resources().all(|(_, granted, _)| {
                let apart = |(i, (_, mode)): (usize, &(TxId, crate::algorithms::locks::Mode))| {
                    granted[..i].iter().all(|(_, other)| mode.compatible(*other))
                };
                granted.iter().enumerate().all(apart)
            })
        },
    },
    Property {
        name: "a serializable protocol commits only what is serializable",
        holds: |m| !m.engine.protocol().serializable() || m.findings.serializable,
    },
    Property {
        name: "who waits, waits for somebody who runs",
        holds: |m| {
            let runs = |tx: &TxId| m.engine.status(*tx).is_some_and(|s| !s.ended());
            let waiting = m.engine.transactions().filter(|t| t.waits_since.is_some());
            waiting.into_iter().all(|t| m.engine.blockers(t.id).iter().any(runs))
        },
    },
    Property {
        name: "no deadlock stands where deadlocks are broken or prevented",
        holds: |m| match m.engine.policy() {
            Policy::Detect(_) | Policy::Prevent(_) => m.engine.graph().cycle().is_none(),
            Policy::Ignore | Policy::DetectAfter(_) | Policy::Timeout(_) => true,
        },
    },
];
