//! Is a history as good as one transaction after the other? By conflict graph, and by brute force.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{History, What};
use super::types::{Row, Seen, TxId, VersionId};
use crate::algorithms::locks::WaitsFor;

/// Most transactions for which brute force is tried: 8! orders are 40,320.
pub const MOST: usize = 8;

/// Why one transaction must come before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Both wrote a row, the first before the second.
    WriteWrite,
    /// The second read what the first wrote.
    WriteRead,
    /// The first read what the second then overwrote.
    ReadWrite,
}

/// An edge of the conflict graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// Who comes first.
    pub from: TxId,
    /// Who comes second.
    pub to: TxId,
    /// Why.
    pub kind: Kind,
    /// Because of which row.
    pub row: Row,
    /// Whether the read did not read the row itself: a scan that did not find it, or an update that missed it.
    pub predicate: bool,
}

/// An edge, and when its read was: the place of the event, 0 for two writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Dependency {
    pub(super) edge: Edge,
    pub(super) at: usize,
}

/// The conflict graph of the committed transactions, over the order of versions: Adya's direct serialization graph
/// (Adya, Liskov and O'Neil, "Generalized Isolation Level Definitions", 2000). O(events · versions).
///
/// ```
/// use scalelab::algorithms::transactions::{Engine, Expr, Op, Policy, Protocol, Row, serial};
/// let (x, y) = (Row::new(0, 0), Row::new(0, 1));
/// let mut engine = Engine::new(Protocol::Snapshot, Policy::default(), [(x, Some(1)), (y, Some(1))]);
/// for (tx, op) in [(1, Op::Read(x)), (2, Op::Read(y)), (1, Op::Write(y, Expr::Set(0))), (2, Op::Write(x, Expr::Set(0))),
///     (1, Op::Commit), (2, Op::Commit)] {
///     engine.submit(tx, op).unwrap();
/// }
/// // Write skew: each read what the other overwrote.
/// assert_eq!(serial::cycle(&engine.history()), Some(vec![1, 2]));
/// assert_eq!(serial::order(&engine.history()), serial::Order::None);
/// ```
pub fn conflicts(history: &History) -> Vec<Edge> {
    let edges: BTreeSet<Edge> = dependencies(history).into_iter().map(|d| d.edge).collect();
    edges.into_iter().collect()
}

pub(super) fn dependencies(history: &History) -> Vec<Dependency> {
    let committed: BTreeSet<TxId> = history.committed().into_iter().collect();
    let mut found = BTreeSet::new();
    let mut add = |from, to, kind, (row, predicate, at)| {
        found.insert(Dependency { edge: Edge { from, to, kind, row, predicate }, at });
    };
    for row in history.versions.keys() {
        for pair in history.writers(*row).windows(2) {
            add(pair[0], pair[1], Kind::WriteWrite, (*row, false, 0));
        }
    }
    for read in history.reads() {
        let Seen { row, version, .. } = read.seen;
        let Some(place) = history.place(row, version.writer) else { continue };
        let writers = history.writers(row);
        let predicate = read.predicate();
        let about = (row, predicate.is_some(), read.at);
        // Before a row is read, the last change to what was asked; after it, the next one, unless it is the reader's own.
        let matches = |place: usize| {
            let value = writers.get(place).and_then(|w| value_of(history, row, *w));
            predicate.is_none_or(|p| p.matches(value))
        };
        let last = (1..=place).rev().find(|p| matches(*p) || matches(p - 1)).unwrap_or(0);
        let last = if predicate.is_none() { place } else { last };
        if let Some(writer) = writers.get(last) {
            add(*writer, read.tx, Kind::WriteRead, about);
        }
        if wrote_before(history, read.tx, row, read.at) {
            // Its own write was overwritten before it read.
            add(read.tx, version.writer, Kind::WriteWrite, (row, false, 0));
        }
        let next = (place + 1..writers.len()).find(|p| matches(*p) || writers[*p] == read.tx);
        if let Some(writer) = next.map(|p| writers[p]) {
            add(read.tx, writer, Kind::ReadWrite, about);
        }
    }
    found.retain(|Dependency { edge: e, .. }| {
        e.from != e.to && committed.contains(&e.from) && committed.contains(&e.to)
    });
    found.into_iter().collect()
}

fn wrote_before(history: &History, tx: TxId, row: Row, at: usize) -> bool {
    let earlier = history.events.iter().take(at).filter(|e| e.tx == tx);
    earlier.into_iter().any(|e| matches!(e.what, What::Write { seen, .. } if seen.row == row))
}

fn value_of(history: &History, row: Row, writer: TxId) -> Option<i64> {
    let versions = history.versions.get(&row)?;
    versions.iter().rev().find(|(v, _)| v.writer == writer).and_then(|(_, value)| *value)
}

/// A cycle of the conflict graph, from its smallest member on; none if the history is conflict serializable.
pub fn cycle(history: &History) -> Option<Vec<TxId>> {
    let graph: WaitsFor = conflicts(history).into_iter().map(|e| (e.from, e.to)).collect();
    graph.cycle()
}

/// Whether no committed transaction saw what was undone, or what its writer itself overwrote later.
pub fn recoverable(history: &History) -> bool {
    history.unfounded().is_empty()
}

/// Whether the committed transactions are as good as one after the other: no cycle, and no read of what never was.
pub fn serializable(history: &History) -> bool {
    recoverable(history) && cycle(history).is_none()
}

/// What brute force found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// One after the other in this order, all read and leave the same.
    Serial(Vec<TxId>),
    /// No order does that.
    None,
    /// More than [`MOST`] transactions committed: not tried.
    TooMany,
}

type State = BTreeMap<Row, (VersionId, Option<i64>)>;

/// Tries every order of the committed transactions: in which do all read the same versions, and leave the same ones?
/// This is view serializability; it knows nothing of graphs. O(n! · events), so for at most [`MOST`] transactions.
pub fn order(history: &History) -> Order {
    let committed = history.committed();
    if committed.len() > MOST {
        return Order::TooMany;
    }
    let first = |versions: &[(VersionId, Option<i64>)]| versions.first().copied().filter(|(v, _)| v.writer == 0);
    let state: State = history.versions.iter().filter_map(|(row, v)| Some((*row, first(v)?))).collect();
    let mut order = Vec::new();
    match extend(history, &committed, &state, &mut order) {
        true => Order::Serial(order),
        false => Order::None,
    }
}

fn extend(history: &History, committed: &[TxId], state: &State, order: &mut Vec<TxId>) -> bool {
    if order.len() == committed.len() {
        let last = |(row, versions): (&Row, &Vec<(VersionId, Option<i64>)>)| {
            versions.last().is_none_or(|v| state.get(row).is_none_or(|s| s == v))
        };
        return history.versions.iter().all(last);
    }
    for tx in committed {
        if order.contains(tx) {
            continue;
        }
        let Some(next) = replay(history, *tx, state) else { continue };
        order.push(*tx);
        if extend(history, committed, &next, order) {
            return true;
        }
        order.pop();
    }
    false
}

/// Runs one transaction alone on a state; `None` if it would read something else than it did.
fn replay(history: &History, tx: TxId, state: &State) -> Option<State> {
    let mut state = state.clone();
    let unborn = (VersionId { writer: 0, nth: 0 }, None);
    for event in history.events.iter().filter(|e| e.tx == tx) {
        match &event.what {
            What::Read(seen) => {
                let there = state.get(&seen.row).copied().unwrap_or(unborn);
                if there != (seen.version, seen.value) {
                    return None;
                }
            }
            What::Scan { table, predicate, seen } => {
                let found = seen.iter().filter(|s| predicate.matches(s.value));
                let found: Vec<_> = found.map(|s| (s.row, (s.version, s.value))).collect();
                let there = state.iter().filter(|(row, (_, v))| row.table == *table && predicate.matches(*v));
                if !there.map(|(row, v)| (*row, *v)).eq(found) {
                    return None;
                }
            }
            What::Write { seen, over, .. } => {
                let there = state.get(&seen.row).is_some_and(|(_, value)| value.is_some());
                if there != over.value.is_some() {
                    return None;
                }
                state.insert(seen.row, (seen.version, seen.value));
            }
            What::Missed(seen) => {
                if state.get(&seen.row).is_some_and(|(_, value)| value.is_some()) {
                    return None;
                }
            }
            What::Lock | What::Commit | What::Abort(_) => {}
        }
    }
    Some(state)
}
