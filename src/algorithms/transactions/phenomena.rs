//! What can be wrong with a history, by the names of the field.
//!
//! Definitions follow Adya (2000) and Berenson et al. (1995); names and codes are those of Hermitage
//! (github.com/ept/hermitage), which tests databases for them. A cycle without a name there has the name of its class:
//! every history that is not serializable shows something.

use super::serial::Edge;

/// Something that cannot happen when transactions run one after the other.
///
/// ```
/// use scalelab::algorithms::transactions::{History, Phenomenon};
/// assert!(!Phenomenon::ALL.iter().any(|p| p.shows(&History::default())));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phenomenon {
    /// Each of some wrote over what the next had written.
    DirtyWrite,
    /// One read what was undone later.
    DirtyRead,
    /// One read a value that its writer overwrote before it committed.
    IntermediateRead,
    /// Each of some read what the next wrote, or wrote over it.
    CircularFlow,
    /// One saw another's write, and then a row as it was before that other.
    Vanishing,
    /// One read a row twice, and saw two versions.
    FuzzyRead,
    /// One looked for rows twice, and some had come or gone.
    Phantom,
    /// One wrote a row over a change of it that it had not seen.
    LostUpdate,
    /// One read one row before, and another row after, a change of both.
    ReadSkew,
    /// Each of two, or more, read a row that the next then wrote.
    WriteSkew,
    /// The same, where one looked for rows and did not find what the next then wrote.
    PhantomSkew,
    /// All are fine with each other, but for one that only reads and saw what cannot be.
    ReadOnly,
    /// Any other cycle with one read-write conflict.
    OtherSingle,
    /// Any other cycle with more of them, all of rows that were read.
    OtherItem,
    /// Any other cycle with more of them, some of rows that a scan or an update did not find.
    OtherPredicate,
}

/// Something that a history shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub phenomenon: Phenomenon,
    /// The cycle that shows it; empty for a read of what was not committed.
    pub cycle: Vec<Edge>,
}

impl Phenomenon {
    /// Those with a name of their own, from the coarsest: each has a [`super::Case`].
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
            Self::OtherSingle => "G-single",
            Self::OtherItem => "G2-item",
            Self::OtherPredicate => "G2",
        }
    }
}
