//! Rows as chains of versions.

use std::collections::{BTreeMap, BTreeSet};

use super::types::{Row, Seen, TxId, VersionId};

/// A version of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// Who wrote it, and its how manieth write of the row.
    pub id: VersionId,
    /// Its value; `None` where the row does not exist in it.
    pub value: Option<i64>,
    /// What orders versions: the moment of commit, or the writer's timestamp where timestamps rule.
    pub stamp: u64,
    /// Whether its writer has committed.
    pub committed: bool,
}

/// All versions of a row, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chain {
    /// At least one, as long as the row is known.
    pub versions: Vec<Version>,
    /// Largest timestamp that read it.
    pub read_stamp: u64,
    /// When a commit last deleted it and inserted it again: it is another row since then.
    pub reborn: u64,
    /// Largest timestamp that saw whether it exists.
    pub probe_stamp: u64,
}

const UNBORN: Version = Version { id: VersionId { writer: 0, nth: 0 }, value: None, stamp: 0, committed: true };

impl Chain {
    fn new(value: Option<i64>) -> Self {
        Self { versions: vec![Version { value, ..UNBORN }], read_stamp: 0, reborn: 0, probe_stamp: 0 }
    }

    /// The newest version, committed or not.
    pub fn newest(&self) -> Version {
        self.versions.last().copied().unwrap_or(UNBORN)
    }

    /// The newest committed version.
    pub fn committed(&self) -> Version {
        self.versions.iter().rev().find(|v| v.committed).copied().unwrap_or(UNBORN)
    }

    /// The newest version committed by then.
    pub(super) fn as_of(&self, stamp: u64) -> Version {
        self.versions.iter().rev().find(|v| v.committed && v.stamp <= stamp).copied().unwrap_or(UNBORN)
    }
}

/// All rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Cells {
    pub(super) rows: BTreeMap<Row, Chain>,
    /// Rows that may have versions to drop.
    crowded: BTreeSet<Row>,
}

impl Cells {
    pub(super) fn new(rows: impl IntoIterator<Item = (Row, Option<i64>)>) -> Self {
        let rows = rows.into_iter().map(|(row, value)| (row, Chain::new(value))).collect();
        Self { rows, crowded: BTreeSet::new() }
    }

    pub(super) fn chain(&mut self, row: Row) -> &mut Chain {
        self.rows.entry(row).or_insert_with(|| Chain::new(None))
    }

    pub(super) fn newest(&self, row: Row) -> Version {
        self.rows.get(&row).map_or(UNBORN, Chain::newest)
    }

    pub(super) fn committed(&self, row: Row) -> Version {
        self.rows.get(&row).map_or(UNBORN, Chain::committed)
    }

    pub(super) fn as_of(&self, row: Row, stamp: u64) -> Version {
        self.rows.get(&row).map_or(UNBORN, |c| c.as_of(stamp))
    }

    /// The newest version of that stamp or an older one, committed or not.
    pub(super) fn below(&self, row: Row, stamp: u64) -> Version {
        let versions = self.rows.get(&row).map_or(&[][..], |c| c.versions.as_slice());
        versions.iter().rev().find(|v| v.stamp <= stamp).copied().unwrap_or(UNBORN)
    }

    /// Rows of a table, in order.
    pub(super) fn of_table(&self, table: u16) -> Vec<Row> {
        self.rows.range(Row::new(table, 0)..=Row::new(table, u16::MAX)).map(|(row, _)| *row).collect()
    }

    /// Puts a version in its place by stamp, after those of the same stamp.
    pub(super) fn insert(&mut self, row: Row, version: Version) {
        let versions = &mut self.chain(row).versions;
        let place = versions.partition_point(|v| v.stamp <= version.stamp);
        versions.insert(place, version);
        self.crowded.insert(row);
    }

    /// Marks all versions of a writer as committed.
    pub(super) fn commit(&mut self, writer: TxId, rows: impl IntoIterator<Item = Row>) {
        for row in rows {
            let versions = &mut self.chain(row).versions;
            versions.iter_mut().filter(|v| v.id.writer == writer).for_each(|v| v.committed = true);
        }
    }

    /// Removes all versions of a writer.
    pub(super) fn undo(&mut self, writer: TxId, rows: impl IntoIterator<Item = Row>) {
        for row in rows {
            self.chain(row).versions.retain(|v| v.id.writer != writer);
        }
    }

    /// Drops what nobody can read any more: all before the newest version committed by `horizon`.
    pub(super) fn vacuum(&mut self, horizon: u64) {
        let rows = &mut self.rows;
        self.crowded.retain(|row| {
            let Some(chain) = rows.get_mut(row) else { return false };
            let keep = chain.versions.iter().rposition(|v| v.committed && v.stamp <= horizon).unwrap_or(0);
            chain.versions.drain(..keep);
            chain.versions.len() > 1
        });
    }
}

pub(super) fn seen(row: Row, version: Version) -> Seen {
    Seen { row, version: version.id, value: version.value }
}
