//! Reads, scans and writes: who does what by which protocol. Two-phase locking and read committed are here whole.

use std::collections::BTreeSet;

use super::cells::seen;
use super::engine::{Attempt, Engine, Reply};
use super::history::What;
use super::types::{Effect, Expr, Op, Predicate, Protocol, Reason, Row, Seen, TxId};
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
        if !self.protocol.versions_and_locks() {
            return match self.acquire(tx, row.resource(), Mode::X) {
                true => self.read(tx, row),
                false => Attempt::Blocked,
            };
        }
        match self.lock_version(tx, row) {
            Ok(_) => self.read(tx, row),
            Err(attempt) => attempt,
        }
    }

    pub(super) fn write(&mut self, tx: TxId, row: Row, expr: Expr) -> Attempt {
        match self.protocol {
            Protocol::Nothing => {
                let there = seen(row, self.cells.newest(row));
                self.change(tx, there, expr, |engine, over, value| {
                    engine.clock += 1;
                    engine.write_in_place(tx, over, value, engine.clock, false)
                })
            }
            Protocol::Timestamps | Protocol::Thomas => self.write_by_stamp(tx, row, expr),
            Protocol::Optimistic => {
                let there = self.look_at(tx, row);
                self.note_probe(tx, row);
                self.change(tx, there, expr, |engine, over, value| engine.wrote(tx, over, value, false))
            }
            Protocol::RowLocks | Protocol::TwoPhase => {
                if !self.acquire(tx, row.resource(), Mode::X) {
                    return Attempt::Blocked;
                }
                let there = self.look_at(tx, row);
                self.change(tx, there, expr, |engine, over, value| engine.wrote(tx, over, value, false))
            }
            Protocol::ReadCommitted | Protocol::Snapshot | Protocol::Serializable => self.write_version(tx, row, expr),
        }
    }

    /// Does what a write says to the row as it is there: reads it, if the write computes from it, then `put`s the value.
    pub(super) fn change(
        &mut self,
        tx: TxId,
        there: Seen,
        expr: Expr,
        put: impl FnOnce(&mut Self, Seen, Option<i64>) -> Attempt,
    ) -> Attempt {
        let saw = match expr {
            Expr::Plus(row, _) => self.last_saw(tx, row),
            _ => None,
        };
        let over = self.existence(there);
        match expr.effect(saw, there.value) {
            Effect::Duplicate => Attempt::Aborts(Reason::Duplicate { row: there.row, by: over.version.writer }),
            Effect::Misses => self.missed(tx, over),
            Effect::Writes(value) => {
                if expr.reads(saw) {
                    self.note_read(tx, there.row);
                    self.log(tx, What::Read(there));
                }
                put(self, over, value)
            }
        }
    }

    /// A write where readers see versions and writers lock rows, as PostgreSQL does it.
    fn write_version(&mut self, tx: TxId, row: Row, expr: Expr) -> Attempt {
        let there = match expr {
            Expr::Insert(_) => self.lock_key(tx, row),
            _ => self.lock_version(tx, row),
        };
        let there = match there {
            Ok(there) => there,
            Err(attempt) => return attempt,
        };
        if there.value.is_none() && !matches!(expr, Expr::Insert(_)) {
            self.note_found(tx, row);
        }
        self.change(tx, there, expr, |engine, over, value| {
            engine.note_write(tx, row);
            engine.wrote(tx, over, value, false)
        })
    }

    /// Locks the version of a row that a statement sees, and gives the newest: what is not there is not locked.
    fn lock_version(&mut self, tx: TxId, row: Row) -> Result<Seen, Attempt> {
        let mut visible = self.visible(tx, row);
        if self.reborn(tx, row) {
            // The row that it waited for was deleted; the one that is there now has only the same key.
            visible.value = None;
        }
        if visible.value.is_some() {
            // Who is too late need not wait to learn it.
            if let Some(reason) = self.first_updater(tx, row) {
                return Err(Attempt::Aborts(reason));
            }
            // A statement finds its row before it locks it.
            self.note_found(tx, row);
            return match self.acquire(tx, row.resource(), Mode::X) {
                true => Ok(visible),
                false => Err(Attempt::Blocked),
            };
        }
        // It was deleted while this one waited for it: the lock that it got is of no use.
        if self.txs.get(&tx).is_some_and(|t| t.pending.is_some()) {
            let _ = self.locks.release(tx, row.resource());
        }
        Ok(visible)
    }

    /// Locks a key that is to be inserted, and gives what is there. A row that is there for good needs no lock to be
    /// refused; one that another is just inserting, changing or deleting does.
    fn lock_key(&mut self, tx: TxId, row: Row) -> Result<Seen, Attempt> {
        let there = self.look_at(tx, row);
        let open = |(other, t): (&TxId, &super::engine::Tx)| {
            *other != tx && !t.status.ended() && t.writes.iter().any(|w| w.row == row)
        };
        if there.value.is_some() && !self.txs.iter().any(open) {
            return Ok(there);
        }
        if !self.acquire(tx, row.resource(), Mode::X) {
            return Err(Attempt::Blocked);
        }
        let newest = self.cells.committed(row).stamp;
        if let Some(record) = self.txs.get_mut(&tx).filter(|t| newest > t.began) {
            record.over_unseen = record.over_unseen.max(newest);
        }
        Ok(there)
    }

    /// Whether the row that a statement waits for was deleted meanwhile, and another inserted in its place.
    fn reborn(&self, tx: TxId, row: Row) -> bool {
        let since = self.txs.get(&tx).filter(|t| t.pending.is_some()).map(|t| t.since_clock);
        let reborn = self.cells.rows.get(&row).map_or(0, |c| c.reborn);
        self.protocol == Protocol::ReadCommitted && since.is_some_and(|since| reborn > since)
    }

    /// Whether a waiting write is decided without its lock: it is too late, or its row is gone.
    pub(super) fn waits_in_vain(&self, tx: TxId, op: Op) -> bool {
        let row = match op {
            Op::ReadForUpdate(row) => row,
            Op::Write(row, expr) if !matches!(expr, Expr::Insert(_)) => row,
            _ => return false,
        };
        let gone = || self.visible(tx, row).value.is_none() || self.reborn(tx, row);
        self.protocol.versions_and_locks() && (gone() || self.first_updater(tx, row).is_some())
    }

    /// What a statement of the transaction sees of a row: its snapshot's version, or what is committed now.
    fn visible(&self, tx: TxId, row: Row) -> Seen {
        match self.protocol.snapshots() {
            true => self.visible_in_snapshot(tx, row),
            false => self.look_at(tx, row),
        }
    }

    /// Why a write must not go on, with or without its lock: another has changed the row since the snapshot.
    fn first_updater(&self, tx: TxId, row: Row) -> Option<Reason> {
        if !self.protocol.snapshots() {
            return None;
        }
        let (newest, began) = (self.cells.committed(row), self.txs.get(&tx)?.began);
        let too_old = newest.stamp > began && self.cells.as_of(row, began).value.is_some();
        too_old.then_some(Reason::SnapshotTooOld { row, by: newest.id.writer })
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

    fn look(&self, tx: TxId, rows: &[Row]) -> Vec<Seen> {
        rows.iter().map(|row| self.look_at(tx, *row)).collect()
    }

    /// What is committed now, or the transaction's own.
    pub(super) fn look_at(&self, tx: TxId, row: Row) -> Seen {
        self.own(tx, row).unwrap_or_else(|| seen(row, self.cells.committed(row)))
    }

    /// The version since which a row exists, or does not exist, as it does in this one.
    fn existence(&self, there: Seen) -> Seen {
        let versions = self.cells.rows.get(&there.row).map_or(&[][..], |c| c.versions.as_slice());
        let Some(place) = versions.iter().position(|v| v.id == there.version) else { return there };
        let same = versions[..=place].iter().rev().take_while(|v| v.value.is_some() == there.value.is_some());
        same.last().map_or(there, |v| seen(there.row, *v))
    }

    pub(super) fn note_probe(&mut self, tx: TxId, row: Row) {
        if let Some(record) = self.txs.get_mut(&tx) {
            record.probed.insert(row);
        }
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
