//! Snapshots, and what makes them serializable.
//!
//! Snapshot isolation: Berenson et al., "A Critique of ANSI SQL Isolation Levels" (1995). Serializable: Cahill, Röhm and
//! Fekete (2008), with the refinements of Ports and Grittner, "Serializable Snapshot Isolation in PostgreSQL" (2012): in
//! every cycle there are T1 → T2 → T3, two read-write conflicts in a row, of which T3 commits first. It is enough to
//! let no such structure commit; some that are not part of a cycle go too.

use super::cells::seen;
use super::engine::{Attempt, Engine, Status, Tx};
use super::types::{Protocol, Row, Seen, TxId};

impl Engine {
    pub(super) fn visible_in_snapshot(&self, tx: TxId, row: Row) -> Seen {
        let began = self.txs.get(&tx).map_or(0, |t| t.began);
        self.own(tx, row).unwrap_or_else(|| seen(row, self.cells.as_of(row, began)))
    }

    pub(super) fn read_snapshot(&mut self, tx: TxId, row: Row) -> Attempt {
        let seen = self.visible_in_snapshot(tx, row);
        self.note_found(tx, row);
        self.saw(tx, seen)
    }

    /// Notes that a row was looked up by its key, there or not: whoever writes it at the same time comes after.
    pub(super) fn note_found(&mut self, tx: TxId, row: Row) {
        if self.protocol == Protocol::Serializable {
            self.note_read(tx, row);
            self.conflict_with_writers(tx, |w| w == row);
        }
    }

    pub(super) fn scan_snapshot(&mut self, tx: TxId, table: u16, rows: &[Row]) -> Vec<Seen> {
        let found = rows.iter().map(|row| self.visible_in_snapshot(tx, *row)).collect();
        if self.protocol == Protocol::Serializable {
            self.note_scan(tx, table);
            self.conflict_with_writers(tx, |w| w.table == table);
        }
        found
    }

    /// Those that ran, or run, at the same time and are not undone.
    fn at_once(&self, tx: TxId) -> impl Iterator<Item = (TxId, &Tx)> + '_ {
        let began = self.txs.get(&tx).map_or(0, |t| t.began);
        let others = self.txs.iter().map(|(other, t)| (*other, t)).filter(move |(other, _)| *other != tx);
        others.filter(move |(_, t)| match t.status {
            Status::Active | Status::Waiting => true,
            Status::Committed => t.ended > began,
            Status::Aborted(_) => false,
        })
    }

    fn conflict_with_writers(&mut self, tx: TxId, read: impl Fn(Row) -> bool) {
        let writers = self.at_once(tx).filter(|(_, t)| t.writes.iter().any(|w| read(w.row)));
        let found: Vec<(TxId, TxId)> = writers.map(|(writer, _)| (tx, writer)).collect();
        self.suspicious |= !found.is_empty();
        self.conflicts.extend(found);
    }

    /// Notes a write: whoever has read the row at the same time comes before the writer.
    pub(super) fn note_write(&mut self, tx: TxId, row: Row) {
        if self.protocol != Protocol::Serializable {
            return;
        }
        let read = |t: &Tx| t.read_rows.contains(&row) || t.scans.contains(&row.table);
        let found: Vec<(TxId, TxId)> =
            self.at_once(tx).filter(|(_, t)| read(t)).map(|(reader, _)| (reader, tx)).collect();
        self.suspicious |= !found.is_empty();
        self.conflicts.extend(found);
    }

    /// A dangerous structure: who must go because of it, and the one in its middle.
    pub(super) fn dangerous(&self) -> Option<(TxId, TxId)> {
        let commit = |tx: TxId| self.txs.get(&tx).filter(|t| t.status == Status::Committed).map(|t| t.ended);
        for (pivot, out) in &self.conflicts {
            let Some(first) = commit(*out) else { continue };
            // It read before one that committed, and wrote after it: it inserted what was deleted meanwhile.
            if self.txs.get(pivot).is_some_and(|t| !t.status.ended() && t.over_unseen >= first) {
                return Some((*pivot, *pivot));
            }
            if commit(*pivot).is_some_and(|at| at < first) {
                continue;
            }
            for (into, reader) in self.txs.iter().filter(|(into, _)| self.conflicts.contains(&(**into, *pivot))) {
                let reads_only = reader.status == Status::Committed && reader.writes.is_empty();
                let harmless = match commit(*into) {
                    // A reader that saw all of T3 can be put after it.
                    Some(_) if reads_only && into != out => first >= reader.began,
                    Some(at) => into != out && at < first,
                    None => false,
                };
                if harmless {
                    continue;
                }
                if commit(*pivot).is_none() {
                    return Some((*pivot, *pivot));
                }
                if commit(*into).is_none() {
                    return Some((*into, *pivot));
                }
            }
        }
        None
    }
}
