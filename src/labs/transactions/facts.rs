//! The transactions lab's figures.

use std::collections::BTreeMap;

use serde::Serialize;

use super::command::{Anomaly, PolicyName, ProtocolName};
use super::contest::Contest;
use super::model::TransactionsModel;
use super::names::{ROWS, anomaly, name, resource_name};
use crate::algorithms::transactions::{Op, Outcome, Phenomenon, Protocol, Reason, Row, Status, Told, TxId};

/// What `run --json` prints and checks read.
#[derive(Clone, Debug, Serialize)]
pub struct TransactionsFacts {
    /// The protocol.
    pub protocol: &'static str,
    /// What is done about deadlocks.
    pub policy: &'static str,
    /// The loaded anomaly's name.
    pub case: Option<&'static str>,
    /// Operations submitted, beginnings not counted.
    pub operations: usize,
    /// Of those, reads for update.
    pub locking_reads: usize,
    /// Transactions begun.
    pub transactions: usize,
    /// Of those, that may go on.
    pub active: usize,
    /// That wait now.
    pub waiting: usize,
    /// That committed.
    pub committed: usize,
    /// That were aborted without asking for it.
    pub aborts: usize,
    /// That asked to be aborted.
    pub aborts_asked: usize,
    /// Times that somebody had to wait.
    pub waits: u64,
    /// Locks held now.
    pub locks: usize,
    /// Who waits in a circle now.
    pub deadlocked: Vec<String>,
    /// Deadlocks that were found and broken.
    pub deadlocks: u64,
    /// Writes that Thomas's rule skipped.
    pub skipped: usize,
    /// Whether the committed transactions are as good as one after the other.
    pub serializable: bool,
    /// An order that gives the same.
    pub serial_order: Option<Vec<String>>,
    /// A cycle of the conflict graph.
    pub cycle: Vec<String>,
    /// Names of the anomalies that show.
    pub anomalies: Vec<&'static str>,
    /// Committed values by row; null where there is none.
    pub row: BTreeMap<&'static str, Option<i64>>,
    /// Their sum.
    pub sum: i64,
    /// Transactions by name.
    pub tx: BTreeMap<String, TxFacts>,
    /// Orders that `explore` ran; null before.
    pub schedules: Option<u64>,
    /// Orders that there are if nobody waits.
    pub theory_schedules: Option<f64>,
    /// Whether that were all.
    pub explored_all: Option<bool>,
    /// Of those, not serializable.
    pub bad_schedules: Option<u64>,
    /// Of those, where somebody was aborted without asking.
    pub aborting_schedules: Option<u64>,
    /// Of those, where somebody waited.
    pub waiting_schedules: Option<u64>,
    /// Of those, that end in a deadlock.
    pub stuck_schedules: Option<u64>,
    /// Anomalies that the protocol lets happen; null before `table`.
    pub possible: Option<Vec<&'static str>>,
    /// Anomaly to the protocols that let it happen; null before `table`.
    pub table: Option<BTreeMap<&'static str, Vec<&'static str>>>,
    /// Pessimistic against optimistic; null before `contention`.
    pub contention: Option<ContentionFacts>,
}

/// One transaction.
#[derive(Clone, Debug, Serialize)]
pub struct TxFacts {
    /// `active`, `waiting`, `committed` or `aborted`.
    pub status: &'static str,
    /// Why it was aborted, in a word.
    pub reason: Option<&'static str>,
    /// Whom it waits for.
    pub waits_for: Vec<String>,
    /// What it holds: `X x`.
    pub locks: Vec<String>,
    /// What it last saw or wrote in each row.
    pub saw: BTreeMap<&'static str, Option<i64>>,
    /// Rows that its last scan found.
    pub found: Option<usize>,
    /// When it first began: the smaller, the older.
    pub age: u64,
}

/// Both sides as contention grows.
#[derive(Clone, Debug, Serialize)]
pub struct ContentionFacts {
    /// Rows at each level.
    pub rows: Vec<usize>,
    /// Two-phase locking.
    pub pessimistic: Vec<SideFacts>,
    /// Optimistic.
    pub optimistic: Vec<SideFacts>,
    /// The faster side with the most rows.
    pub best_calm: &'static str,
    /// The faster side with the fewest rows.
    pub best_hot: &'static str,
    /// The fewest rows at which the optimistic side is still at least as fast.
    pub turning_point: Option<usize>,
    /// Waits a job by Gray's formula, at each level.
    pub theory_waits: Vec<f64>,
}

/// One side at one level.
#[derive(Clone, Debug, Serialize)]
pub struct SideFacts {
    /// Jobs a second.
    pub throughput: f64,
    /// Jobs committed.
    pub committed: u64,
    /// Attempts aborted.
    pub aborts: u64,
    /// Waits.
    pub waits: u64,
    /// Of the aborts, deadlocks.
    pub deadlocks: u64,
    /// Share of the work that was thrown away.
    pub wasted: f64,
    /// Lost updates.
    pub lost: i64,
}

/// Why, in a word.
pub fn reason_word(reason: Reason) -> &'static str {
    match reason {
        Reason::Asked => "asked",
        Reason::Deadlock => "deadlock",
        Reason::Timeout => "timeout",
        Reason::Died { .. } => "died",
        Reason::Wounded { .. } => "wounded",
        Reason::LateRead { .. } => "late read",
        Reason::LateWrite { .. } => "late write",
        Reason::Validation { .. } => "validation",
        Reason::SnapshotTooOld { .. } => "first updater won",
        Reason::Duplicate { .. } => "duplicate key",
        Reason::Dangerous { .. } => "dangerous structure",
    }
}

impl TransactionsFacts {
    /// The figures of a state.
    pub fn of(model: &TransactionsModel) -> Self {
        let engine = &model.engine;
        let statuses: Vec<Status> = engine.transactions().map(|t| t.status).collect();
        let count = |which: fn(&Status) -> bool| statuses.iter().filter(|s| which(s)).count();
        let names = |list: &[TxId]| list.iter().map(|t| name(*t)).collect::<Vec<_>>();
        let found = model.explored.as_ref();
        let row: BTreeMap<&str, Option<i64>> =
            (0..).zip(ROWS).map(|(i, row)| (row, engine.value(Row::new(0, i)))).collect();
        let asked = |s: &Status| *s == Status::Aborted(Reason::Asked);
        Self {
            protocol: ProtocolName::of(engine.protocol()),
            policy: PolicyName::of(engine.policy()),
            case: model.case.map(Anomaly::of),
            operations: model.submitted.iter().filter(|(_, op)| *op != Op::Begin).count(),
            locking_reads: model.submitted.iter().filter(|(_, op)| matches!(op, Op::ReadForUpdate(_))).count(),
            transactions: statuses.len(),
            active: count(|s| *s == Status::Active),
            waiting: count(|s| *s == Status::Waiting),
            committed: count(|s| *s == Status::Committed),
            aborts: count(|s| matches!(s, Status::Aborted(_))) - statuses.iter().filter(|s| asked(s)).count(),
            aborts_asked: statuses.iter().filter(|s| asked(s)).count(),
            waits: engine.waits(),
            locks: engine.locks().resources().map(|(_, granted, _)| granted.len()).sum(),
            deadlocked: names(&engine.graph().cycle().unwrap_or_default()),
            deadlocks: model.deadlocks,
            skipped: model.trace.iter().filter(|s| skipped(&s.told)).count(),
            serializable: model.findings.serializable,
            serial_order: model.findings.order.as_deref().map(names),
            cycle: names(model.findings.cycle.as_deref().unwrap_or_default()),
            anomalies: model.findings.phenomena().map(anomaly).collect(),
            sum: row.values().flatten().fold(0, |sum, v| v.saturating_add(sum)),
            row,
            tx: transactions(model),
            schedules: found.map(|e| e.found.schedules),
            theory_schedules: found.and_then(|e| e.theory).map(|t| t as f64),
            explored_all: found.map(|e| e.found.finished),
            bad_schedules: found.map(|e| e.found.showing),
            aborting_schedules: found.map(|e| e.found.aborting),
            waiting_schedules: found.map(|e| e.found.waiting),
            stuck_schedules: found.map(|e| e.found.stuck),
            possible: model.table.as_ref().map(|t| {
                let lets = |p: &&Phenomenon| t.possible(**p, engine.protocol());
                Phenomenon::ALL.iter().filter(lets).map(|p| Anomaly::of(*p)).collect()
            }),
            table: model.table.as_ref().map(|t| {
                let who = |phenomenon: Phenomenon| {
                    let lets = Protocol::ALL.into_iter().filter(|p| t.possible(phenomenon, *p));
                    lets.map(ProtocolName::of).collect()
                };
                Phenomenon::ALL.into_iter().map(|p| (Anomaly::of(p), who(p))).collect()
            }),
            contention: model.contest.as_deref().map(contention),
        }
    }
}

fn skipped(told: &Told) -> bool {
    use crate::algorithms::transactions::Reply;
    matches!(told, Told::Did(_, Reply::Wrote { skipped: true, .. }))
}

fn transactions(model: &TransactionsModel) -> BTreeMap<String, TxFacts> {
    let engine = &model.engine;
    let facts = engine.transactions().map(|t| {
        let (status, reason) = match t.status {
            Status::Active => ("active", None),
            Status::Waiting => ("waiting", None),
            Status::Committed => ("committed", None),
            Status::Aborted(reason) => ("aborted", Some(reason_word(reason))),
        };
        let locks = engine.locks().held_by(t.id).into_iter();
        let (saw, found) = saw(model, t.id);
        let facts = TxFacts {
            status,
            reason,
            waits_for: engine.blockers(t.id).into_iter().map(name).collect(),
            locks: locks.map(|(r, mode)| format!("{} {}", mode.name(), resource_name(r))).collect(),
            saw,
            found,
            age: t.age,
        };
        (name(t.id), facts)
    });
    facts.collect()
}

/// What a transaction last saw or wrote in each row, and how many rows its last scan found.
pub fn saw(model: &TransactionsModel, tx: TxId) -> (BTreeMap<&'static str, Option<i64>>, Option<usize>) {
    use crate::algorithms::transactions::Reply;
    let (mut rows, mut found) = (BTreeMap::new(), None);
    for step in model.trace.iter().filter(|s| s.tx == tx) {
        let Told::Did(_, reply) = &step.told else { continue };
        match reply {
            Reply::Read(seen) | Reply::Wrote { seen, .. } => {
                rows.insert(super::names::row_name(seen.row), seen.value);
            }
            Reply::Scanned(all) => {
                found = Some(all.len());
                rows.extend(all.iter().map(|s| (super::names::row_name(s.row), s.value)));
            }
            Reply::Missed(seen) => {
                rows.insert(super::names::row_name(seen.row), None);
            }
            Reply::Began | Reply::Locked | Reply::Committed => {}
        }
    }
    (rows, found)
}

fn contention(contest: &Contest) -> ContentionFacts {
    let side = |o: &Outcome| SideFacts {
        throughput: o.throughput,
        committed: o.committed,
        aborts: o.aborts,
        waits: o.waits,
        deadlocks: o.deadlocks,
        wasted: o.wasted,
        lost: o.lost,
    };
    let best = |level: Option<&(usize, Outcome, Outcome)>| match level {
        Some((_, p, o)) if o.throughput >= p.throughput => "optimistic",
        _ => "pessimistic",
    };
    ContentionFacts {
        rows: contest.levels.iter().map(|(rows, ..)| *rows).collect(),
        pessimistic: contest.levels.iter().map(|(_, p, _)| side(p)).collect(),
        optimistic: contest.levels.iter().map(|(_, _, o)| side(o)).collect(),
        best_calm: best(contest.levels.first()),
        best_hot: best(contest.levels.last()),
        turning_point: contest.turning_point(),
        theory_waits: contest.levels.iter().map(|(rows, ..)| contest.theory_waits(*rows)).collect(),
    }
}
