//! PostgreSQL's eight table locks.
//!
//! Source: PostgreSQL documentation, chapter 13.3.1, table 13.2.

/// A table lock of PostgreSQL, from the weakest to the strongest; SQL spells them with spaces.
///
/// ```
/// use scalelab::algorithms::locks::postgres::TableLock;
/// // Two transactions may change rows of a table, but no index is built meanwhile.
/// assert!(!TableLock::RowExclusive.conflicts(TableLock::RowExclusive));
/// assert!(TableLock::RowExclusive.conflicts(TableLock::Share));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableLock {
    /// `SELECT`.
    AccessShare,
    /// `SELECT … FOR UPDATE`.
    RowShare,
    /// `UPDATE`, `DELETE`, `INSERT`.
    RowExclusive,
    /// `VACUUM`, `CREATE INDEX CONCURRENTLY`.
    ShareUpdateExclusive,
    /// `CREATE INDEX`.
    Share,
    /// `CREATE TRIGGER`.
    ShareRowExclusive,
    /// `REFRESH MATERIALIZED VIEW CONCURRENTLY`.
    Exclusive,
    /// `DROP TABLE`, `VACUUM FULL`, `LOCK TABLE` by default.
    AccessExclusive,
}

impl TableLock {
    /// All of them: the first is number 1 of the documentation's table.
    pub const ALL: [Self; 8] = [
        Self::AccessShare,
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    /// Whether two transactions may not hold these at the same time. O(1).
    ///
    /// The first three only fight with the strong ones, the stronger the fewer; from the fourth on, each fights with
    /// all that change rows or structure, and `Share` alone goes with itself.
    ///
    /// ```
    /// use scalelab::algorithms::locks::postgres::TableLock::{AccessExclusive, AccessShare, Exclusive, Share};
    /// assert!(!AccessShare.conflicts(Exclusive) && AccessShare.conflicts(AccessExclusive));
    /// assert!(!Share.conflicts(Share));
    /// ```
    pub fn conflicts(self, other: Self) -> bool {
        let (weak, strong) = (self.min(other), self.max(other));
        match weak {
            Self::AccessShare => strong >= Self::AccessExclusive,
            Self::RowShare => strong >= Self::Exclusive,
            Self::RowExclusive => strong >= Self::Share,
            Self::Share => strong > Self::Share,
            _ => true,
        }
    }
}
