//! What transactions are made of.

use crate::algorithms::locks::{LockError, Mode, Resource};

/// Number of a transaction; 0 is the one that wrote the initial values.
pub type TxId = u32;

/// A row of a table.
///
/// ```
/// use scalelab::algorithms::{locks::Resource, transactions::Row};
/// assert_eq!(Row::new(0, 2).resource(), Resource::Row(0, 2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    /// Number of the table.
    pub table: u16,
    /// Number within the table.
    pub row: u16,
}

impl Row {
    /// The row with this number.
    pub const fn new(table: u16, row: u16) -> Self {
        Self { table, row }
    }

    /// The same as what can be locked.
    pub fn resource(self) -> Resource {
        Resource::Row(self.table, self.row)
    }
}

/// A version of a row: who wrote it, and whether it was its first, second … write of that row (from 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VersionId {
    /// Who wrote it.
    pub writer: TxId,
    /// Its how manieth write of the row.
    pub nth: u32,
}

/// What a read saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seen {
    /// The row.
    pub row: Row,
    /// The version.
    pub version: VersionId,
    /// Its value; `None` if the row did not exist in it.
    pub value: Option<i64>,
}

/// What a write does to its row: an update, an insert or a delete, as in SQL.
///
/// ```
/// use scalelab::algorithms::transactions::{Effect, Expr, Row};
/// let raise = Expr::Plus(Row::new(0, 0), 5);
/// assert_eq!(raise.effect(Some(10), Some(40)), Effect::Writes(Some(15)));
/// assert_eq!(raise.effect(None, Some(40)), Effect::Writes(Some(45)));
/// // An update or a delete of a row that is not there does nothing; an insert of one that is there fails.
/// assert_eq!((raise.effect(Some(10), None), Expr::Delete.effect(None, None)), (Effect::Misses, Effect::Misses));
/// assert_eq!(Expr::Insert(1).effect(None, Some(40)), Effect::Duplicate);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expr {
    /// Updates the row to this value: `SET v = 5`.
    Set(i64),
    /// Updates it to what the transaction last saw in a row, plus this: a program that read, then writes. If it saw no
    /// value there, the same as [`Expr::Add`].
    Plus(Row, i64),
    /// Updates it to its own newest value plus this, in one statement: `SET v = v + 5`.
    Add(i64),
    /// Inserts the row with this value; it must not exist.
    Insert(i64),
    /// Deletes the row.
    Delete,
}

/// What becomes of a row by an [`Expr`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It has this value then; `None` if it is deleted.
    Writes(Option<i64>),
    /// There is no such row: nothing is written.
    Misses,
    /// There is such a row already: its key would be there twice.
    Duplicate,
}

impl Expr {
    /// What it does, given what the transaction last saw in the row that it computes from, and what the row that it
    /// writes holds now.
    pub fn effect(self, saw: Option<i64>, now: Option<i64>) -> Effect {
        match (self, now) {
            (Self::Insert(_), Some(_)) => Effect::Duplicate,
            (Self::Insert(value), None) => Effect::Writes(Some(value)),
            (_, None) => Effect::Misses,
            (Self::Set(value), Some(_)) => Effect::Writes(Some(value)),
            (Self::Plus(_, by), Some(now)) => Effect::Writes(Some(saw.unwrap_or(now).saturating_add(by))),
            (Self::Add(by), Some(now)) => Effect::Writes(Some(now.saturating_add(by))),
            (Self::Delete, Some(_)) => Effect::Writes(None),
        }
    }

    /// Whether it reads the value of the row that it writes, given what the transaction last saw.
    pub(super) fn reads(self, saw: Option<i64>) -> bool {
        match self {
            Self::Add(_) => true,
            Self::Plus(..) => saw.is_none(),
            Self::Set(_) | Self::Insert(_) | Self::Delete => false,
        }
    }
}

/// Which rows of a table a scan asks for.
///
/// ```
/// use scalelab::algorithms::transactions::Predicate;
/// assert!(Predicate::MultipleOf(3).matches(Some(30)) && !Predicate::MultipleOf(3).matches(None));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Predicate {
    /// All that exist.
    All,
    /// Those of at least this value.
    AtLeast(i64),
    /// Those whose value is a multiple of this.
    MultipleOf(i64),
}

impl Predicate {
    /// Whether a row with this value is asked for.
    pub fn matches(self, value: Option<i64>) -> bool {
        match (self, value) {
            (_, None) => false,
            (Self::All, _) => true,
            (Self::AtLeast(least), Some(value)) => value >= least,
            (Self::MultipleOf(of), Some(value)) => value.checked_rem(of) == Some(0),
        }
    }
}

/// One operation of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// Begins: takes the snapshot and the timestamp. Whatever else comes first begins, too.
    Begin,
    /// Reads a row.
    Read(Row),
    /// Reads a row and locks it as a write would: `SELECT … FOR UPDATE`. Where nothing is locked, it is a read.
    ReadForUpdate(Row),
    /// Updates, inserts or deletes a row.
    Write(Row, Expr),
    /// Reads all rows of a table that match.
    Scan(u16, Predicate),
    /// Locks something by hand. Only where the protocol locks: see [`Protocol::locks`].
    Lock(Resource, Mode),
    /// Makes all writes last.
    Commit,
    /// Undoes all writes.
    Abort,
}

impl Op {
    /// The row that it reads or writes.
    pub fn row(self) -> Option<Row> {
        match self {
            Self::Read(row) | Self::ReadForUpdate(row) | Self::Write(row, _) => Some(row),
            _ => None,
        }
    }
}

/// A way to run transactions at once.
///
/// ```
/// use scalelab::algorithms::transactions::Protocol;
/// assert!(Protocol::Serializable.serializable() && !Protocol::Snapshot.serializable());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// No control at all: everybody reads and writes the newest version, committed or not.
    Nothing,
    /// Every read sees what is committed by then; writes lock their row to the end. As PostgreSQL's read committed.
    ReadCommitted,
    /// Strict two-phase locking of rows only: reads lock S, writes X, to the end. Scans lock what they find.
    RowLocks,
    /// Strict two-phase locking with intentions: a scan locks its table, so no phantom gets in.
    TwoPhase,
    /// Strict timestamp ordering: the order of beginning is the order that counts.
    Timestamps,
    /// The same with Thomas's write rule: a write that comes too late is skipped, not refused.
    Thomas,
    /// Optimistic: works on copies, and validates backward at commit (Kung and Robinson 1981).
    Optimistic,
    /// Snapshot isolation: reads from the moment of its beginning, first updater wins (Berenson et al. 1995).
    Snapshot,
    /// Serializable snapshot isolation: the same, and no dangerous structure commits (Cahill, Röhm, Fekete 2008;
    /// Ports and Grittner 2012).
    Serializable,
}

impl Protocol {
    /// All of them, from the weakest.
    pub const ALL: [Self; 9] = [
        Self::Nothing,
        Self::ReadCommitted,
        Self::RowLocks,
        Self::TwoPhase,
        Self::Timestamps,
        Self::Thomas,
        Self::Optimistic,
        Self::Snapshot,
        Self::Serializable,
    ];

    /// Whether every committed history is serializable.
    pub fn serializable(self) -> bool {
        !matches!(self, Self::Nothing | Self::ReadCommitted | Self::RowLocks | Self::Snapshot)
    }

    /// Whether writes lock rows, so that locks, waits and deadlocks can be.
    pub fn locks(self) -> bool {
        matches!(self, Self::ReadCommitted | Self::RowLocks | Self::TwoPhase | Self::Snapshot | Self::Serializable)
    }

    /// Whether writes go straight to the rows; otherwise they are kept aside until commit.
    pub fn in_place(self) -> bool {
        matches!(self, Self::Nothing | Self::Timestamps | Self::Thomas)
    }

    /// Whether readers see versions and do not wait, while writers lock rows: as PostgreSQL does it.
    pub fn versions_and_locks(self) -> bool {
        matches!(self, Self::ReadCommitted | Self::Snapshot | Self::Serializable)
    }

    /// Whether reads come from the moment of beginning.
    pub fn snapshots(self) -> bool {
        matches!(self, Self::Snapshot | Self::Serializable)
    }
}

/// Why a transaction was aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// It asked for it.
    Asked,
    /// It was chosen as a deadlock's victim.
    Deadlock,
    /// It waited too long.
    Timeout,
    /// It would have waited for this older one (wait-die), or for anyone (no waiting).
    Died {
        /// Whom it would have waited for.
        holder: TxId,
    },
    /// An older one wanted its lock (wound-wait).
    Wounded {
        /// Who wanted it.
        by: TxId,
    },
    /// It read a row that a younger one had written already (timestamp ordering).
    LateRead {
        /// The row.
        row: Row,
    },
    /// It wrote a row that a younger one had read, or written, already (timestamp ordering).
    LateWrite {
        /// The row.
        row: Row,
    },
    /// What it read was changed before it could commit (optimistic).
    Validation {
        /// Who changed it.
        by: TxId,
    },
    /// It wrote a row that another had changed since its snapshot.
    SnapshotTooOld {
        /// The row.
        row: Row,
        /// Who changed it.
        by: TxId,
    },
    /// It inserted a row that exists: a key may be there only once.
    Duplicate {
        /// The row.
        row: Row,
        /// Who inserted it; 0 if it was there from the start.
        by: TxId,
    },
    /// It was the middle, or the beginning, of a dangerous structure: a read-write conflict in and another out.
    Dangerous {
        /// The transaction in the middle.
        pivot: TxId,
    },
}

/// Why an operation was refused. Nothing has changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// It has committed or was aborted.
    #[error("transaction {tx} has ended: begin another")]
    Ended {
        /// Who.
        tx: TxId,
    },
    /// It waits.
    #[error("transaction {tx} waits for {}: let them end first", list(blockers))]
    Waits {
        /// Who.
        tx: TxId,
        /// Whom it waits for.
        blockers: Vec<TxId>,
    },
    /// It would end what never began.
    #[error("transaction {tx} has not begun: begin it, or read or write something first")]
    NotBegun {
        /// Who.
        tx: TxId,
    },
    /// The number is taken, or 0.
    #[error("there is, or was, a transaction {tx}: choose a new number above 0")]
    Taken {
        /// The number.
        tx: TxId,
    },
    /// The protocol has no locks.
    #[error("this protocol does not lock: choose one that does, such as two-phase locking")]
    NoLocks,
    /// The protocol locks rows only: a lock on what holds them would stop nobody.
    #[error("this protocol locks rows only: lock a row, or choose two-phase locking")]
    RowsOnly,
    /// The lock manager refused.
    #[error(transparent)]
    Lock(#[from] LockError),
}

fn list(transactions: &[TxId]) -> String {
    let names: Vec<String> = transactions.iter().map(ToString::to_string).collect();
    names.join(", ")
}
