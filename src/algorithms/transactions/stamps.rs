//! Strict timestamp ordering: Bernstein, Hadzilacos and Goodman, "Concurrency Control and Recovery in Database Systems"
//! (1987), chapter 4; Thomas's rule: Thomas, "A Majority Consensus Approach" (1979).
//!
//! A read is refused if a younger one has written; a write if a younger one has read, or has written (Thomas: then it is
//! skipped). Who meets an older one's write that is not committed yet waits. So waits go from young to old only, and no
//! cycle can close.

use super::cells::{Version, seen};
use super::engine::{Attempt, Engine};
use super::types::{Effect, Expr, Protocol, Reason, Row, Seen, TxId};

impl Engine {
    fn stamp(&self, tx: TxId) -> u64 {
        self.txs.get(&tx).map_or(0, |t| t.began)
    }

    /// What a read by timestamp would see.
    fn visible_by_stamp(&mut self, tx: TxId, row: Row) -> Result<Seen, Attempt> {
        let newest = self.cells.newest(row);
        if newest.stamp > self.stamp(tx) {
            return Err(Attempt::Aborts(Reason::LateRead { row }));
        }
        if !newest.committed && newest.id.writer != tx {
            return Err(self.wait_for(tx, newest.id.writer));
        }
        Ok(seen(row, newest))
    }

    fn wait_for(&mut self, tx: TxId, writer: TxId) -> Attempt {
        if let Some(record) = self.txs.get_mut(&tx) {
            record.blocked_by = Some(writer);
        }
        Attempt::Blocked
    }

    pub(super) fn read_by_stamp(&mut self, tx: TxId, row: Row) -> Attempt {
        match self.visible_by_stamp(tx, row) {
            Ok(seen) => {
                let stamp = self.stamp(tx);
                let chain = self.cells.chain(row);
                chain.read_stamp = chain.read_stamp.max(stamp);
                self.saw(tx, seen)
            }
            Err(attempt) => attempt,
        }
    }

    pub(super) fn scan_by_stamp(&mut self, tx: TxId, table: u16, rows: &[Row]) -> Result<Vec<Seen>, Attempt> {
        let mut found = Vec::new();
        for row in rows {
            found.push(self.visible_by_stamp(tx, *row)?);
        }
        // The whole table is read, rows that do not exist yet included.
        let (stamp, read) = (self.stamp(tx), self.table_reads.entry(table).or_default());
        *read = stamp.max(*read);
        Ok(found)
    }

    pub(super) fn write_by_stamp(&mut self, tx: TxId, row: Row, expr: Expr) -> Attempt {
        let stamp = self.stamp(tx);
        let late = self.cells.newest(row).stamp > stamp;
        if late && self.protocol == Protocol::Timestamps {
            return Attempt::Aborts(Reason::LateWrite { row });
        }
        // What it builds on: the newest version that is older than itself, or its own.
        let base = self.cells.below(row, stamp);
        if !base.committed && base.id.writer != tx {
            return self.wait_for(tx, base.id.writer);
        }
        let saw = match expr {
            Expr::Plus(row, _) => self.last_saw(tx, row),
            _ => None,
        };
        if late && expr.reads(saw) {
            return Attempt::Aborts(Reason::LateRead { row });
        }
        let table = self.table_reads.get(&row.table).copied().unwrap_or(0);
        let chain = self.cells.chain(row);
        let (read, probed) = (chain.read_stamp.max(table), chain.probe_stamp);
        let effect = expr.effect(saw, base.value);
        let comes_or_goes = matches!(effect, Effect::Writes(value) if value.is_some() != base.value.is_some());
        if matches!(effect, Effect::Writes(_)) && (read > stamp || comes_or_goes && probed > stamp) {
            return Attempt::Aborts(Reason::LateWrite { row });
        }
        chain.probe_stamp = probed.max(stamp);
        if expr.reads(saw) {
            chain.read_stamp = chain.read_stamp.max(stamp);
        }
        // What comes too late is skipped, but kept below the younger one's: if that is undone, it counts after all.
        self.change(tx, seen(row, base), expr, |engine, over, value| {
            engine.write_in_place(tx, over, value, stamp, late)
        })
    }

    pub(super) fn write_in_place(
        &mut self,
        tx: TxId,
        over: Seen,
        value: Option<i64>,
        stamp: u64,
        skipped: bool,
    ) -> Attempt {
        let version = Version { id: self.next_version(tx, over.row), value, stamp, committed: false };
        self.cells.insert(over.row, version);
        self.wrote(tx, over, value, skipped)
    }
}
