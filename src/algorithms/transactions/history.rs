//! What happened: who read which version, who wrote, who committed.

use std::collections::{BTreeMap, BTreeSet};

use super::types::{Predicate, Reason, Row, Seen, TxId, VersionId};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Event {
    /// Who did it.
    pub tx: TxId,
    /// What.
    pub what: What,
}

/// What happened in an [`Event`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// A row was read.
    Read(Seen),
    /// A table was scanned; all its rows are here, those that did not match too.
    Scan {
        /// The table.
        table: u16,
        /// What was asked for.
        predicate: Predicate,
        /// Every row that was known, as it was seen.
        seen: Vec<Seen>,
    },
    /// A row was updated, inserted or deleted.
    Write {
        /// The row in its new version.
        seen: Seen,
        /// The version that made the row exist, or not exist, until then.
        over: Seen,
        /// Whether Thomas's rule skipped it.
        skipped: bool,
    },
    /// A row that was to be updated or deleted was not there; the version since which it does not exist.
    Missed(Seen),
    /// A lock was taken by hand.
    Lock,
    /// It committed.
    Commit,
    /// It was aborted.
    Abort(Reason),
}

/// How a [`Read`] came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The row was read by its key.
    Item,
    /// A scan looked at it.
    Scan(Predicate),
    /// It was to be updated or deleted, and was not there.
    Missed,
}

/// A read of a committed transaction, by itself or in a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// Place of the event.
    pub at: usize,
    /// Who read.
    pub tx: TxId,
    /// What.
    pub seen: Seen,
    /// How.
    pub how: How,
}

impl Read {
    /// What it asked of the row, if the row itself was not read: a scan that did not find it, an update that missed it.
    /// Such a read depends on the rows that could match, not on one of them.
    pub(super) fn predicate(&self) -> Option<Predicate> {
        match self.how {
            How::Scan(predicate) if !predicate.matches(self.seen.value) => Some(predicate),
            How::Missed => Some(Predicate::All),
            How::Item | How::Scan(_) => None,
        }
    }
}

/// Why what a committed transaction saw is not what it will have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfounded {
    /// Its writer was aborted, or has not committed yet.
    Uncommitted,
    /// Its writer changed it once more before it committed.
    Intermediate,
}

/// A run, as far as it went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// All that happened, in order.
    pub events: Vec<Event>,
    /// The committed versions of each row, the oldest first; the initial one, of transaction 0, included.
    pub versions: BTreeMap<Row, Vec<(VersionId, Option<i64>)>>,
}

impl History {
    /// Who committed, in order.
    pub fn committed(&self) -> Vec<TxId> {
        self.events.iter().filter(|e| e.what == What::Commit).map(|e| e.tx).collect()
    }

    /// Who was aborted, with the reason.
    pub fn aborted(&self) -> Vec<(TxId, Reason)> {
        let aborts = self.events.iter().filter_map(|e| match e.what {
            What::Abort(reason) => Some((e.tx, reason)),
            _ => None,
        });
        aborts.collect()
    }

    /// All reads of committed transactions that did not read their own writes, in order.
    pub fn reads(&self) -> Vec<Read> {
        let committed: BTreeSet<TxId> = self.committed().into_iter().collect();
        let mut reads = Vec::new();
        for (at, event) in self.events.iter().enumerate().filter(|(_, e)| committed.contains(&e.tx)) {
            let mut push = |seen: Seen, how| {
                if seen.version.writer != event.tx {
                    reads.push(Read { at, tx: event.tx, seen, how });
                }
            };
            match &event.what {
                What::Read(seen) => push(*seen, How::Item),
                What::Missed(seen) => push(*seen, How::Missed),
                What::Scan { table, predicate, seen } => {
                    seen.iter().for_each(|s| push(*s, How::Scan(*predicate)));
                    // Rows that nobody knew of then were seen, too: as not there.
                    let unborn = |row: Row| Seen { row, version: VersionId { writer: 0, nth: 0 }, value: None };
                    let later = self.versions.keys().filter(|r| r.table == *table && seen.iter().all(|s| s.row != **r));
                    later.for_each(|row| push(unborn(*row), How::Scan(*predicate)));
                }
                _ => {}
            }
        }
        reads
    }

    /// What committed transactions saw, or wrote over, that no committed transaction left so.
    pub(super) fn unfounded(&self) -> Vec<Unfounded> {
        let committed: BTreeSet<TxId> = self.committed().into_iter().collect();
        let finals: BTreeMap<TxId, BTreeMap<Row, Seen>> =
            committed.iter().map(|tx| (*tx, self.final_writes(*tx))).collect();
        // Of a row that was only written over, and of one that was missed, it counts whether it existed.
        let why = |seen: Seen, existence: bool| {
            let left = match seen.version.writer {
                0 => return None,
                writer => finals.get(&writer).and_then(|rows| rows.get(&seen.row)),
            };
            match left {
                None => Some(Unfounded::Uncommitted),
                Some(left) => {
                    let same = match existence {
                        true => left.value.is_some() == seen.value.is_some(),
                        false => left.version == seen.version,
                    };
                    (!same).then_some(Unfounded::Intermediate)
                }
            }
        };
        let reads = self.reads().into_iter().filter_map(|r| why(r.seen, r.how == How::Missed));
        let over = self.events.iter().filter(|e| committed.contains(&e.tx)).filter_map(|e| match e.what {
            What::Write { over, .. } if over.version.writer != e.tx => why(over, true),
            _ => None,
        });
        reads.chain(over).collect()
    }

    /// The last write of each row that a transaction made.
    pub fn final_writes(&self, tx: TxId) -> BTreeMap<Row, Seen> {
        let writes = self.events.iter().filter(|e| e.tx == tx).filter_map(|e| match e.what {
            What::Write { seen, .. } => Some((seen.row, seen)),
            _ => None,
        });
        writes.collect()
    }

    /// Writers of the committed versions of a row, the oldest first, each once, where its last version stands.
    pub fn writers(&self, row: Row) -> Vec<TxId> {
        let versions = self.versions.get(&row).map_or(&[][..], Vec::as_slice);
        let mut writers: Vec<TxId> = Vec::new();
        for (version, _) in versions {
            writers.retain(|w| *w != version.writer);
            writers.push(version.writer);
        }
        writers
    }

    /// Place of a writer's version of a row in the order of versions; what was before all of them is 0.
    pub(super) fn place(&self, row: Row, writer: TxId) -> Option<usize> {
        match self.writers(row).iter().position(|w| *w == writer) {
            None if writer == 0 => Some(0),
            place => place,
        }
    }
}
