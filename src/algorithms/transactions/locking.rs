//! Reads, scans and writes: who does what by which protocol. Two-phase locking and read committed are here whole.

use std::collections::BTreeSet;

use super::cells::seen;
use super::engine::{Attempt, Engine, Reply};
use super::history::What;
use super::types::{Predicate, Protocol, Reason, Row, Seen, TxId};
use crate::algorithms::locks::{Mode, Resource};

impl Engine {
    pub(super) fn read(&mut self, tx: TxId, row: Row) -> Attempt {
        match self.protocol {
            Protocol::Nothing => {
                let seen = seen(row, self.cells.newest(row));
                self.saw(tx, seen)
            }
            Protocol::ReadCommitted => self.read_committed(tx, row),
            Protocol::RowLocks | Protocol::TwoPhase => match self.acquire(tx, row.resource(), Mode::S) {
                true => self.read_committed(tx, row),
                false => Attempt::Blocked,
            },
            Protocol::Timestamps | Protocol::Thomas => self.read_by_stamp(tx, row),
            Protocol::Optimistic => {
                self.note_read(tx, row);
                self.read_committed(tx, row)
            }
            Protocol::Snapshot | Protocol::Serializable => self.read_snapshot(tx, row),
        }
    }

    /// A read that locks as a write would, where the protocol locks.
    pub(super) fn read_for_update(&mut self, tx: TxId, row: Row) -> Attempt {
        if !self.protocol.locks() {
            return self.read(tx, row);
        }
        if !self.acquire(tx, row.resource(), Mode::X) {
            return Attempt::Blocked;
        }
        match self.first_updater(tx, row) {
            Some(reason) => Attempt::Aborts(reason),
            None => self.read(tx, row),
        }
    }

    pub(super) fn write(&mut self, tx: TxId, row: Row, value: Option<i64>) -> Attempt {
        match self.protocol {
            Protocol::Nothing => {
                self.clock += 1;
                let stamp = self.clock;
                self.write_in_place(tx, row, value, stamp, false)
            }
            Protocol::Timestamps | Protocol::Thomas => self.write_by_stamp(tx, row, value),
            Protocol::Optimistic => self.wrote(tx, row, value, false),
            _ => {
                if !self.acquire(tx, row.resource(), Mode::X) {
                    return Attempt::Blocked;
                }
                if let Some(reason) = self.first_updater(tx, row) {
                    return Attempt::Aborts(reason);
                }
                self.note_write(tx, row);
                self.wrote(tx, row, value, false)
            }
        }
    }

    /// Why a write may not go on although it has its lock: another has changed the row since the snapshot.
    fn first_updater(&self, tx: TxId, row: Row) -> Option<Reason> {
        if !self.protocol.snapshots() {
            return None;
        }
        let (newest, began) = (self.cells.committed(row), self.txs.get(&tx)?.began);
        (newest.stamp > began).then_some(Reason::SnapshotTooOld { row, by: newest.id.writer })
    }

    /// The rows of a table, those that the transaction itself inserted too.
    fn known(&self, tx: TxId, table: u16) -> Vec<Row> {
        let mut rows: BTreeSet<Row> = self.cells.of_table(table).into_iter().collect();
        let own = self.txs.get(&tx).into_iter().flat_map(|t| t.writes.iter());
        rows.extend(own.map(|w| w.row).filter(|r| r.table == table));
        rows.into_iter().collect()
    }

    pub(super) fn scan(&mut self, tx: TxId, table: u16, predicate: Predicate) -> Attempt {
        let rows = self.known(tx, table);
        let looked: Result<Vec<Seen>, Attempt> = match self.protocol {
            Protocol::Nothing => Ok(rows.iter().map(|row| seen(*row, self.cells.newest(*row))).collect()),
            Protocol::RowLocks => {
                // What does not exist yet cannot be locked: that is how phantoms get in.
                let there = rows.iter().filter(|row| self.cells.committed(**row).value.is_some());
                let there: Vec<Row> = there.copied().collect();
                match there.iter().all(|row| self.acquire(tx, row.resource(), Mode::S)) {
                    true => Ok(self.look(tx, &rows)),
                    false => Err(Attempt::Blocked),
                }
            }
            Protocol::TwoPhase => match self.acquire(tx, Resource::Table(table), Mode::S) {
                true => Ok(self.look(tx, &rows)),
                false => Err(Attempt::Blocked),
            },
            Protocol::Timestamps | Protocol::Thomas => self.scan_by_stamp(tx, table, &rows),
            Protocol::ReadCommitted => Ok(self.look(tx, &rows)),
            Protocol::Optimistic => {
                self.note_scan(tx, table);
                Ok(self.look(tx, &rows))
            }
            Protocol::Snapshot | Protocol::Serializable => Ok(self.scan_snapshot(tx, table, &rows)),
        };
        let seen = match looked {
            Ok(seen) => seen,
            Err(attempt) => return attempt,
        };
        if let Some(record) = self.txs.get_mut(&tx) {
            record.saw.extend(seen.iter().filter(|s| predicate.matches(s.value)).map(|s| (s.row, s.value)));
        }
        let found = seen.iter().filter(|s| predicate.matches(s.value)).copied().collect();
        self.log(tx, What::Scan { table, predicate, seen });
        Attempt::Done(Reply::Scanned(found))
    }

    /// What is committed now, or the transaction's own.
    fn look(&self, tx: TxId, rows: &[Row]) -> Vec<Seen> {
        rows.iter().map(|row| self.own(tx, *row).unwrap_or_else(|| seen(*row, self.cells.committed(*row)))).collect()
    }

    pub(super) fn note_read(&mut self, tx: TxId, row: Row) {
        if let Some(record) = self.txs.get_mut(&tx) {
            record.read_rows.insert(row);
        }
    }

    pub(super) fn note_scan(&mut self, tx: TxId, table: u16) {
        if let Some(record) = self.txs.get_mut(&tx) {
            record.scans.insert(table);
        }
    }
}
