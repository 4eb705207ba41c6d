//! What can be wrong with a history, by the names of the field.
//!
//! Definitions follow Adya (2000) and Berenson et al. (1995); names and codes are those of Hermitage
//! (github.com/ept/hermitage), which tests databases for them.

use std::collections::BTreeSet;

use super::history::{History, Read, What};
use super::serial::{self, Edge, Kind};
use super::types::{Row, TxId};

/// Something that cannot happen when transactions run one after the other.
///
/// ```
/// use scalelab::algorithms::transactions::{History, Phenomenon};
/// assert!(!Phenomenon::ALL.iter().any(|p| p.shows(&History::default())));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phenomenon {
    /// Two write the same rows, and each wins one of them.
    DirtyWrite,
    /// One read what was undone later.
    DirtyRead,
    /// One read a value that its writer overwrote before it committed.
    IntermediateRead,
    /// Each of two read what the other wrote.
    CircularFlow,
    /// One saw another's write, and then a row as it was before that other.
    Vanishing,
    /// One read a row twice, and saw two versions.
    FuzzyRead,
    /// One scanned twice, and rows had come, gone or changed.
    Phantom,
    /// Two read a row and then wrote it: the first write might as well not have been.
    LostUpdate,
    /// One read one row before, and another row after, a third's change of both.
    ReadSkew,
    /// Each of two read what the other then wrote; the rows differ.
    WriteSkew,
    /// The same, where what one read is a scan and what the other wrote came into it.
    PhantomSkew,
    /// Two are fine with each other, until a third that only reads sees what cannot be.
    ReadOnly,
}

impl Phenomenon {
    /// All of them, from the coarsest.
    pub const ALL: [Self; 12] = [
        Self::DirtyWrite,
        Self::DirtyRead,
        Self::IntermediateRead,
        Self::CircularFlow,
        Self::Vanishing,
        Self::FuzzyRead,
        Self::Phantom,
        Self::LostUpdate,
        Self::ReadSkew,
        Self::WriteSkew,
        Self::PhantomSkew,
        Self::ReadOnly,
    ];

    /// Its code in the literature: `G0`, `P4`.
    ///
    /// ```
    /// assert_eq!(scalelab::algorithms::transactions::Phenomenon::LostUpdate.code(), "P4");
    /// ```
    pub fn code(self) -> &'static str {
        match self {
            Self::DirtyWrite => "G0",
            Self::DirtyRead => "G1a",
            Self::IntermediateRead => "G1b",
            Self::CircularFlow => "G1c",
            Self::Vanishing => "OTV",
            Self::FuzzyRead => "P2",
            Self::Phantom => "PMP",
            Self::LostUpdate => "P4",
            Self::ReadSkew => "G-single",
            Self::WriteSkew => "G2-item",
            Self::PhantomSkew => "G2",
            Self::ReadOnly => "G2-two-edges",
        }
    }

    /// Whether the committed part of a history shows it. O(reads² · versions).
    pub fn shows(self, history: &History) -> bool {
        let edges = || serial::conflicts(history);
        match self {
            Self::DirtyWrite => {
                let writes: Vec<Edge> = edges().into_iter().filter(|e| e.kind == Kind::WriteWrite).collect();
                writes.iter().any(|e| leads(&writes, e.to, e.from))
            }
            Self::DirtyRead => {
                let aborted: BTreeSet<TxId> = history.aborted().into_iter().map(|(tx, _)| tx).collect();
                history.reads().iter().any(|r| aborted.contains(&r.seen.version.writer) && found(r))
            }
            Self::IntermediateRead => history.reads().iter().any(|r| {
                let last = history.final_writes(r.seen.version.writer).get(&r.seen.row).copied();
                let committed = history.place(r.seen.row, r.seen.version.writer).is_some();
                found(r) && committed && last.is_some_and(|l| l.version != r.seen.version)
            }),
            Self::CircularFlow => {
                let flow: Vec<Edge> = edges().into_iter().filter(|e| e.kind != Kind::ReadWrite).collect();
                flow.iter().any(|e| e.kind == Kind::WriteRead && leads(&flow, e.to, e.from))
            }
            Self::Vanishing => vanishing(history),
            Self::FuzzyRead => twice(history, |a, b| a.scan.is_none() && b.scan.is_none()),
            Self::Phantom => twice(history, |a, b| {
                let concerns = |r: &Read| r.scan.is_some_and(|p| p.matches(r.seen.value));
                a.scan.is_some() && b.scan.is_some() && (concerns(a) || concerns(b))
            }),
            Self::LostUpdate => lost_update(history),
            Self::ReadSkew => {
                let reads = item_reads(history);
                reads.iter().any(|a| reads.iter().any(|b| skewed(history, a, b).is_some()))
            }
            Self::WriteSkew => skew(&edges(), false),
            Self::PhantomSkew => skew(&edges(), true),
            Self::ReadOnly => read_only(history),
        }
    }
}

/// A scan sees all rows; it found those that match.
fn found(read: &Read) -> bool {
    read.scan.is_none_or(|p| p.matches(read.seen.value))
}

fn item_reads(history: &History) -> Vec<Read> {
    history.reads().into_iter().filter(|r| r.scan.is_none()).collect()
}

/// Whether the edges lead from one to another.
fn leads(edges: &[Edge], from: TxId, to: TxId) -> bool {
    let (mut reached, mut next) = (BTreeSet::from([from]), vec![from]);
    while let Some(at) = next.pop() {
        if at == to {
            return true;
        }
        for edge in edges.iter().filter(|e| e.from == at) {
            if reached.insert(edge.to) {
                next.push(edge.to);
            }
        }
    }
    false
}

/// Whether one read the same row twice in two versions, by reads of a certain kind.
fn twice(history: &History, kind: impl Fn(&Read, &Read) -> bool) -> bool {
    let reads = history.reads();
    let differ = |a: &Read, b: &Read| {
        a.tx == b.tx && a.at < b.at && a.seen.row == b.seen.row && a.seen.version != b.seen.version && kind(a, b)
    };
    reads.iter().any(|a| reads.iter().any(|b| differ(a, b)))
}

/// A reader saw a writer's version of one row, and later an older version of another row that this writer wrote too.
fn vanishing(history: &History) -> bool {
    let reads = item_reads(history);
    let vanishes = |saw: &Read, then: &Read| {
        let writer = saw.seen.version.writer;
        let (row, seen) = (then.seen.row, then.seen.version.writer);
        let place = |tx| history.place(row, tx);
        let older = place(seen).zip(place(writer)).is_some_and(|(a, b)| a < b);
        saw.tx == then.tx && saw.at < then.at && writer != 0 && saw.seen.row != row && older
    };
    reads.iter().any(|a| reads.iter().any(|b| vanishes(a, b)))
}

/// A reader that wrote the row too, with another's version between what it read and what it wrote.
fn lost_update(history: &History) -> bool {
    item_reads(history).iter().any(|r| {
        let (row, writers) = (r.seen.row, history.writers(r.seen.row));
        let read = history.place(row, r.seen.version.writer);
        let wrote = writers.iter().position(|w| *w == r.tx);
        read.zip(wrote).is_some_and(|(read, wrote)| read + 1 < wrote)
    })
}

/// Who changed both rows between two reads: the first saw the row before it, the second after.
fn skewed(history: &History, old: &Read, new: &Read) -> Option<TxId> {
    if old.tx != new.tx || old.seen.row == new.seen.row {
        return None;
    }
    let place = |row: Row, tx: TxId| history.place(row, tx);
    let (x, y) = (old.seen.row, new.seen.row);
    let (old, new) = (place(x, old.seen.version.writer)?, place(y, new.seen.version.writer)?);
    let both = |tx: &TxId| place(x, *tx).is_some_and(|p| p > old) && place(y, *tx).is_some_and(|p| p <= new);
    history.committed().into_iter().filter(|tx| history.writers(y).contains(tx)).find(both)
}

/// Two that each read what the other overwrote, in different rows.
fn skew(edges: &[Edge], scan: bool) -> bool {
    let reads: Vec<&Edge> = edges.iter().filter(|e| e.kind == Kind::ReadWrite && e.scan == scan).collect();
    reads.iter().any(|a| reads.iter().any(|b| a.from == b.to && a.to == b.from && a.row != b.row))
}

/// Serializable but for one that only reads, and that by itself saw a state that was.
fn read_only(history: &History) -> bool {
    if serial::serializable(history) {
        return false;
    }
    let reads = item_reads(history);
    let readers = history.committed().into_iter().filter(|tx| history.final_writes(*tx).is_empty());
    readers.into_iter().any(|reader| {
        let own: Vec<&Read> = reads.iter().filter(|r| r.tx == reader).collect();
        let torn = own.iter().any(|a| {
            own.iter().any(|b| skewed(history, a, b).is_some() || a.seen.row == b.seen.row && a.seen != b.seen)
        });
        let mut without = history.clone();
        without.events.retain(|e| e.tx != reader);
        let wrote = without.events.iter().any(|e| matches!(e.what, What::Write { .. }));
        !torn && wrote && serial::serializable(&without)
    })
}
