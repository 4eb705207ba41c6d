//! What happened: who read which version, who wrote, who committed.

use std::collections::{BTreeMap, BTreeSet};

use super::types::{Predicate, Reason, Row, Seen, TxId, VersionId};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Who did it.
    pub tx: TxId,
    /// What.
    pub what: What,
}

/// What happened in an [`Event`].
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// A row was written.
    Write {
        /// The row in its new version.
        seen: Seen,
        /// Whether Thomas's rule skipped it.
        skipped: bool,
    },
    /// A lock was taken by hand.
    Lock,
    /// It committed.
    Commit,
    /// It was aborted.
    Abort(Reason),
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
    /// Which scan it belongs to: its predicate.
    pub scan: Option<Predicate>,
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
            let mut push = |seen: Seen, scan| {
                if seen.version.writer != event.tx {
                    reads.push(Read { at, tx: event.tx, seen, scan });
                }
            };
            match &event.what {
                What::Read(seen) => push(*seen, None),
                What::Scan { predicate, seen, .. } => seen.iter().for_each(|s| push(*s, Some(*predicate))),
                _ => {}
            }
        }
        reads
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
