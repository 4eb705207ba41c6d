//! What can be seen of an engine from outside, and what it forgets.

use std::collections::BTreeSet;

use super::cells::Chain;
use super::engine::{Engine, Status};
use super::history::History;
use super::policy::Policy;
use super::types::{Op, Protocol, Row, Seen, TxId};
use crate::algorithms::locks::{LockManager, WaitsFor};

/// A transaction as seen from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TxView {
    /// Its number.
    pub id: TxId,
    /// How it is doing.
    pub status: Status,
    /// When it began, on the engine's logical clock: its snapshot, and its timestamp.
    pub began: u64,
    /// When it first began, before any restart.
    pub age: u64,
    /// When it ended, if it has.
    pub ended: Option<u64>,
    /// The operation that waits.
    pub pending: Option<Op>,
    /// Since when it waits.
    pub waits_since: Option<u64>,
    /// What it wrote, in order.
    pub writes: Vec<Seen>,
}

impl Engine {
    /// The protocol.
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// What is done about deadlocks.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// The locks.
    pub fn locks(&self) -> &LockManager {
        &self.locks
    }

    /// How many waits there were so far.
    pub fn waits(&self) -> u64 {
        self.waits
    }

    /// The logical clock: counts beginnings and ends.
    pub fn clock(&self) -> u64 {
        self.clock
    }

    /// Rows with all their versions, in order.
    pub fn rows(&self) -> impl Iterator<Item = (Row, &Chain)> + '_ {
        self.cells.rows.iter().map(|(row, chain)| (*row, chain))
    }

    /// What is committed in a row.
    pub fn value(&self, row: Row) -> Option<i64> {
        self.cells.committed(row).value
    }

    /// How a transaction is doing; `None` if it never began.
    pub fn status(&self, tx: TxId) -> Option<Status> {
        self.txs.get(&tx).map(|t| t.status)
    }

    /// All transactions, in order of number.
    pub fn transactions(&self) -> impl Iterator<Item = TxView> + '_ {
        self.txs.iter().map(|(id, t)| TxView {
            id: *id,
            status: t.status,
            began: t.began,
            age: t.age,
            ended: t.status.ended().then_some(t.ended),
            pending: t.pending,
            waits_since: (t.status == Status::Waiting).then_some(t.since),
            writes: t.writes.clone(),
        })
    }

    /// Whom a transaction waits for, in order; nobody if it does not wait.
    pub fn blockers(&self, tx: TxId) -> Vec<TxId> {
        let mut blockers = self.locks.blockers(tx);
        blockers.extend(self.txs.get(&tx).and_then(|t| t.blocked_by));
        blockers.into_iter().collect()
    }

    /// Who waits for whom.
    pub fn graph(&self) -> WaitsFor {
        self.waiting.iter().flat_map(|tx| self.blockers(*tx).into_iter().map(|b| (*tx, b))).collect()
    }

    /// Read-write conflicts between transactions that ran at once: reader and writer (only
    /// [`Protocol::Serializable`] keeps them).
    pub fn conflicts(&self) -> impl Iterator<Item = (TxId, TxId)> + '_ {
        self.conflicts.iter().copied()
    }

    /// What happened so far.
    pub fn history(&self) -> History {
        let committed = self.cells.rows.iter().map(|(row, chain)| {
            let versions = chain.versions.iter().filter(|v| v.committed);
            (*row, versions.map(|v| (v.id, v.value)).collect())
        });
        History { events: self.events.clone(), versions: committed.collect() }
    }

    /// Forgets what no running transaction can need: old versions, and those who ended before all that run began.
    pub fn vacuum(&mut self) {
        let running = self.txs.values().filter(|t| !t.status.ended());
        let horizon = running.map(|t| t.began).min().unwrap_or(self.clock + 1);
        self.cells.vacuum(horizon.saturating_sub(1));
        self.validated.retain(|v| v.stamp > horizon);
        let near: BTreeSet<TxId> =
            self.txs.iter().filter(|(_, t)| !t.status.ended() || t.ended > horizon).map(|(tx, _)| *tx).collect();
        // Whom a near one has a conflict out to may be the far end of a dangerous structure.
        let far: BTreeSet<TxId> = self.conflicts.iter().filter(|(r, _)| near.contains(r)).map(|(_, w)| *w).collect();
        self.txs.retain(|tx, _| near.contains(tx) || far.contains(tx));
        self.conflicts.retain(|(r, w)| near.contains(r) && (near.contains(w) || far.contains(w)));
    }
}
