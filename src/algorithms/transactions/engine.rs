//! The engine: takes operations one at a time and runs them by a protocol.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::Cells;
use super::history::{Event, What};
use super::policy::Policy;
use super::types::{EngineError, Op, Protocol, Reason, Row, Seen, TxId, VersionId};
use crate::algorithms::locks::{LockManager, Mode, Resource};

/// How a transaction is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It may go on.
    Active,
    /// It waits for others.
    Waiting,
    /// Its writes last.
    Committed,
    /// Its writes are undone.
    Aborted(Reason),
}

impl Status {
    /// Whether it is over.
    pub fn ended(self) -> bool {
        matches!(self, Self::Committed | Self::Aborted(_))
    }
}

/// What an operation gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A row was read.
    Read(Seen),
    /// The rows that matched.
    Scanned(Vec<Seen>),
    /// A row was written; `skipped` by Thomas's rule.
    Wrote {
        /// The row in its new version.
        seen: Seen,
        /// Whether it came too late to be seen by anybody.
        skipped: bool,
    },
    /// There was no row to update or delete: nothing was written.
    Missed(Seen),
    /// It has begun.
    Began,
    /// The lock is held.
    Locked,
    /// All writes last.
    Committed,
}

/// Something that happened because of a submitted operation, or because time passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// To whom.
    pub tx: TxId,
    /// What.
    pub told: Told,
}

/// What a [`Notice`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// The operation is done.
    Did(Op, Reply),
    /// The operation has to wait for these, and for which lock, if it is one.
    Waits(Op, Vec<TxId>, Option<(Resource, Mode)>),
    /// Each of these waits for the next, and the last for the first; the one told is the victim.
    Deadlock(Vec<TxId>),
    /// It is aborted.
    Aborted(Reason),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tx {
    pub(super) status: Status,
    pub(super) began: u64,
    pub(super) age: u64,
    pub(super) ended: u64,
    pub(super) pending: Option<Op>,
    pub(super) since: u64,
    /// The logical clock when it began to wait.
    pub(super) since_clock: u64,
    /// Which wait it was: the larger, the later.
    pub(super) wait_number: u64,
    /// Whom it waits for other than through a lock.
    pub(super) blocked_by: Option<TxId>,
    pub(super) writes: Vec<Seen>,
    pub(super) saw: BTreeMap<Row, Option<i64>>,
    pub(super) read_rows: BTreeSet<Row>,
    /// Rows of which it saw only whether they exist.
    pub(super) probed: BTreeSet<Row>,
    pub(super) scans: BTreeSet<u16>,
    /// When the latest of the versions was committed that it wrote over, but does not see in its snapshot.
    pub(super) over_unseen: u64,
}

/// What a commit wrote, and when.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Validated {
    pub(super) tx: TxId,
    pub(super) stamp: u64,
    pub(super) rows: BTreeSet<Row>,
    /// Of these, those that it inserted or deleted.
    pub(super) came_or_went: BTreeSet<Row>,
}

/// How an attempt at an operation went.
pub(super) enum Attempt {
    Done(Reply),
    Blocked,
    Aborts(Reason),
}

/// Runs transactions by a protocol, one operation at a time.
///
/// Cost: O(log n) for reads and writes, plus what the protocol itself costs: locks a queue, validation the commits since
/// the transaction began. [`Engine::vacuum`] bounds memory in long runs.
///
/// ```
/// use scalelab::algorithms::transactions::{Engine, Expr, Op, Policy, Protocol, Reason, Row, Told};
/// let x = Row::new(0, 0);
/// let mut engine = Engine::new(Protocol::Snapshot, Policy::default(), [(x, Some(10))]);
/// engine.submit(1, Op::Read(x)).unwrap();
/// engine.submit(2, Op::Read(x)).unwrap();
/// engine.submit(1, Op::Write(x, Expr::Plus(x, 1))).unwrap();
/// engine.submit(1, Op::Commit).unwrap();
/// // The first updater has won: the second would lose its update.
/// let notices = engine.submit(2, Op::Write(x, Expr::Plus(x, 1))).unwrap();
/// assert_eq!(notices[0].told, Told::Aborted(Reason::SnapshotTooOld { row: x, by: 1 }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Engine {
    pub(super) protocol: Protocol,
    pub(super) policy: Policy,
    pub(super) cells: Cells,
    pub(super) txs: BTreeMap<TxId, Tx>,
    pub(super) locks: LockManager,
    pub(super) events: Vec<Event>,
    pub(super) record: bool,
    /// The logical clock: counts beginnings and commits.
    pub(super) clock: u64,
    pub(super) now: u64,
    pub(super) waits: u64,
    /// Largest timestamp that scanned each table.
    pub(super) table_reads: BTreeMap<u16, u64>,
    /// What recent commits wrote, for validation.
    pub(super) validated: Vec<Validated>,
    /// Reader and writer of each read-write conflict between transactions that ran at once.
    pub(super) conflicts: BTreeSet<(TxId, TxId)>,
    /// Whether a dangerous structure may have come about since it was last looked for.
    pub(super) suspicious: bool,
    /// Those that wait.
    pub(super) waiting: BTreeSet<TxId>,
    /// Of those, who has begun to wait since a cycle was last looked for: a new cycle goes through one of them.
    pub(super) suspects: BTreeSet<TxId>,
}

impl Engine {
    /// An engine over these rows; a row without value does not exist yet.
    pub fn new(protocol: Protocol, policy: Policy, rows: impl IntoIterator<Item = (Row, Option<i64>)>) -> Self {
        Self {
            protocol,
            policy,
            cells: Cells::new(rows),
            txs: BTreeMap::new(),
            locks: LockManager::default(),
            events: Vec::new(),
            record: true,
            clock: 0,
            now: 0,
            waits: 0,
            table_reads: BTreeMap::new(),
            validated: Vec::new(),
            conflicts: BTreeSet::new(),
            suspicious: false,
            waiting: BTreeSet::new(),
            suspects: BTreeSet::new(),
        }
    }

    /// The same without a history: for long runs.
    #[must_use]
    pub fn without_history(mut self) -> Self {
        self.record = false;
        self
    }

    /// Begins a transaction. Its snapshot and timestamp are taken now.
    ///
    /// # Errors
    /// The number must be new, and above 0.
    pub fn begin(&mut self, tx: TxId) -> Result<(), EngineError> {
        self.begin_again(tx, None)
    }

    /// Begins a transaction that takes over the age of one that was aborted.
    ///
    /// # Errors
    /// The number must be new, and above 0.
    pub fn begin_again(&mut self, tx: TxId, age: Option<u64>) -> Result<(), EngineError> {
        if tx == 0 || self.txs.contains_key(&tx) {
            return Err(EngineError::Taken { tx });
        }
        self.clock += 1;
        let new = Tx {
            status: Status::Active,
            began: self.clock,
            age: age.unwrap_or(self.clock),
            ended: 0,
            pending: None,
            since: 0,
            since_clock: 0,
            wait_number: 0,
            blocked_by: None,
            writes: Vec::new(),
            saw: BTreeMap::new(),
            read_rows: BTreeSet::new(),
            probed: BTreeSet::new(),
            scans: BTreeSet::new(),
            over_unseen: 0,
        };
        self.txs.insert(tx, new);
        Ok(())
    }

    /// Whether an operation would be taken: for whom it is refused, and why.
    ///
    /// # Errors
    /// As [`Engine::submit`].
    pub fn check(&self, tx: TxId, op: Op) -> Result<(), EngineError> {
        if tx == 0 {
            return Err(EngineError::Taken { tx });
        }
        if matches!(op, Op::Lock(..)) && !self.protocol.locks() {
            return Err(EngineError::NoLocks);
        }
        let above_rows = |op: Op| matches!(op, Op::Lock(Resource::Database | Resource::Table(_), _));
        if above_rows(op) && self.protocol != Protocol::TwoPhase {
            return Err(EngineError::RowsOnly);
        }
        match self.txs.get(&tx).map(|t| t.status) {
            None if matches!(op, Op::Commit | Op::Abort) => Err(EngineError::NotBegun { tx }),
            Some(_) if op == Op::Begin => Err(EngineError::Taken { tx }),
            None | Some(Status::Active) => Ok(()),
            // Who waits can still give up.
            Some(Status::Waiting) if op == Op::Abort => Ok(()),
            Some(Status::Waiting) => Err(EngineError::Waits { tx, blockers: self.blockers(tx) }),
            Some(_) => Err(EngineError::Ended { tx }),
        }
    }

    /// Takes one operation of a transaction, which begins if it has not. What follows from it is told too: others that
    /// get on, and who is aborted. The first notice is about the operation itself.
    ///
    /// # Errors
    /// Who has ended can do nothing more, who waits nothing but abort, and who never began cannot end.
    pub fn submit(&mut self, tx: TxId, op: Op) -> Result<Vec<Notice>, EngineError> {
        self.check(tx, op)?;
        if !self.txs.contains_key(&tx) {
            self.begin(tx)?;
        }
        let mut notices = Vec::new();
        self.perform(tx, op, &mut notices);
        self.settle(&mut notices);
        Ok(notices)
    }

    /// Attempts an operation and tells how it went.
    pub(super) fn perform(&mut self, tx: TxId, op: Op, notices: &mut Vec<Notice>) {
        let told = match self.attempt(tx, op) {
            Attempt::Done(reply) => {
                self.unblock(tx);
                Told::Did(op, reply)
            }
            Attempt::Blocked => {
                self.block(tx, op);
                Told::Waits(op, self.blockers(tx), self.locks.request_of(tx))
            }
            Attempt::Aborts(reason) => return self.abort(tx, reason, notices),
        };
        notices.push(Notice { tx, told });
    }

    fn attempt(&mut self, tx: TxId, op: Op) -> Attempt {
        match op {
            Op::Begin => Attempt::Done(Reply::Began),
            Op::Read(row) => self.read(tx, row),
            Op::ReadForUpdate(row) => self.read_for_update(tx, row),
            Op::Write(row, expr) => self.write(tx, row, expr),
            Op::Scan(table, predicate) => self.scan(tx, table, predicate),
            Op::Lock(resource, mode) => match self.acquire(tx, resource, mode) {
                true => {
                    self.log(tx, What::Lock);
                    Attempt::Done(Reply::Locked)
                }
                false => Attempt::Blocked,
            },
            Op::Commit => self.commit(tx),
            Op::Abort => Attempt::Aborts(Reason::Asked),
        }
    }

    fn commit(&mut self, tx: TxId) -> Attempt {
        if let Some(reason) = self.validate(tx) {
            return Attempt::Aborts(reason);
        }
        self.clock += 1;
        let stamp = self.clock;
        let Some(record) = self.txs.get_mut(&tx) else { return Attempt::Blocked };
        (record.status, record.ended) = (Status::Committed, stamp);
        let writes: BTreeMap<Row, Seen> = record.writes.iter().map(|w| (w.row, *w)).collect();
        let deleted = record.writes.iter().filter(|w| w.value.is_none()).map(|w| w.row);
        for row in deleted.filter(|row| writes.get(row).is_some_and(|w| w.value.is_some())).collect::<Vec<_>>() {
            self.cells.chain(row).reborn = stamp;
        }
        let came_or_went = writes.values().filter(|w| w.value.is_some() != self.cells.committed(w.row).value.is_some());
        let came_or_went = came_or_went.map(|w| w.row).collect();
        if self.protocol.in_place() {
            self.cells.commit(tx, writes.keys().copied());
        } else {
            for (row, seen) in &writes {
                let version = super::cells::Version { id: seen.version, value: seen.value, stamp, committed: true };
                self.cells.insert(*row, version);
            }
        }
        if self.protocol == Protocol::Optimistic && !writes.is_empty() {
            self.validated.push(Validated { tx, stamp, rows: writes.into_keys().collect(), came_or_went });
        }
        self.locks.release_all(tx);
        self.suspicious = true;
        self.log(tx, What::Commit);
        Attempt::Done(Reply::Committed)
    }

    /// Undoes all that a transaction did.
    pub(super) fn abort(&mut self, tx: TxId, reason: Reason, notices: &mut Vec<Notice>) {
        self.clock += 1;
        let stamp = self.clock;
        let Some(record) = self.txs.get_mut(&tx).filter(|t| !t.status.ended()) else { return };
        (record.status, record.ended) = (Status::Aborted(reason), stamp);
        (record.pending, record.blocked_by) = (None, None);
        self.waiting.remove(&tx);
        let rows: Vec<Row> = record.writes.iter().map(|w| w.row).collect();
        if self.protocol.in_place() {
            self.cells.undo(tx, rows);
        }
        self.locks.release_all(tx);
        self.conflicts.retain(|(a, b)| *a != tx && *b != tx);
        self.log(tx, What::Abort(reason));
        notices.push(Notice { tx, told: Told::Aborted(reason) });
    }

    pub(super) fn log(&mut self, tx: TxId, what: What) {
        if self.record {
            self.events.push(Event { tx, what });
        }
    }

    /// Takes the locks that a mode on a resource needs, from the top down; `false` if it has to wait for one.
    pub(super) fn acquire(&mut self, tx: TxId, resource: Resource, mode: Mode) -> bool {
        use crate::algorithms::locks::{Answer, plan};
        let locks = if self.protocol == Protocol::TwoPhase || !matches!(resource, Resource::Row(..)) {
            plan(resource, mode)
        } else {
            vec![(resource, mode)]
        };
        locks.into_iter().all(|(r, m)| self.locks.request(tx, r, m) == Ok(Answer::Granted))
    }

    /// The transaction's own newest write of a row that is kept aside.
    pub(super) fn own(&self, tx: TxId, row: Row) -> Option<Seen> {
        self.txs.get(&tx)?.writes.iter().rev().find(|w| w.row == row).copied()
    }

    /// Notes that a transaction saw a row, and answers.
    pub(super) fn saw(&mut self, tx: TxId, seen: Seen) -> Attempt {
        if let Some(record) = self.txs.get_mut(&tx) {
            record.saw.insert(seen.row, seen.value);
        }
        self.log(tx, What::Read(seen));
        Attempt::Done(Reply::Read(seen))
    }

    /// Notes a write over what was there, and answers.
    pub(super) fn wrote(&mut self, tx: TxId, over: Seen, value: Option<i64>, skipped: bool) -> Attempt {
        let row = over.row;
        let seen = Seen { row, version: self.next_version(tx, row), value };
        self.cells.chain(row);
        if let Some(record) = self.txs.get_mut(&tx) {
            record.writes.push(seen);
            record.saw.insert(row, value);
        }
        self.log(tx, What::Write { seen, over, skipped });
        Attempt::Done(Reply::Wrote { seen, skipped })
    }

    /// Notes that there was no row to update or delete, and answers.
    pub(super) fn missed(&mut self, tx: TxId, there: Seen) -> Attempt {
        if let Some(record) = self.txs.get_mut(&tx) {
            record.saw.insert(there.row, None);
        }
        self.log(tx, What::Missed(there));
        Attempt::Done(Reply::Missed(there))
    }

    /// The value that the transaction last saw in a row.
    pub(super) fn last_saw(&self, tx: TxId, row: Row) -> Option<i64> {
        self.txs.get(&tx).and_then(|t| t.saw.get(&row).copied().flatten())
    }

    pub(super) fn next_version(&self, tx: TxId, row: Row) -> VersionId {
        let before = self.txs.get(&tx).map_or(0, |t| t.writes.iter().filter(|w| w.row == row).count());
        VersionId { writer: tx, nth: before as u32 }
    }

    pub(super) fn read_committed(&mut self, tx: TxId, row: Row) -> Attempt {
        let seen = self.look_at(tx, row);
        self.saw(tx, seen)
    }
}
