//! How many copies a write needs, and what a read then misses.

/// When a write counts as acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// When all replicas that are not known to be dead hold it.
    Sync,
    /// When the primary holds it; replicas follow later.
    Async,
    /// When the primary and one replica hold it (MySQL's semi-synchronous replication).
    Semi,
    /// When `write` members hold it; a read asks `read` members (Gifford's weighted voting, 1979).
    Quorum {
        /// Members that must hold a write, the primary included.
        write: usize,
        /// Members that a read asks.
        read: usize,
    },
}

/// Why a quorum cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a quorum of {write} writers and {read} readers does not fit {members} members: use 1 to {members} for both")]
pub struct ModeError {
    /// Members that must hold a write.
    pub write: usize,
    /// Members that a read asks.
    pub read: usize,
    /// Members that there are.
    pub members: usize,
}

impl Mode {
    /// How many members must hold a write before it is acknowledged, when `live` of them are not known to be dead.
    ///
    /// ```
    /// use scalelab::algorithms::replication::Mode;
    /// let needed = [Mode::Sync, Mode::Async, Mode::Semi, Mode::Quorum { write: 2, read: 2 }].map(|m| m.needed(3));
    /// assert_eq!(needed, [3, 1, 2, 2]);
    /// ```
    #[must_use]
    pub fn needed(self, live: usize) -> usize {
        match self {
            Self::Sync => live.max(1),
            Self::Async => 1,
            // Without any replica left, MySQL goes on alone after a timeout; so does this.
            Self::Semi => live.clamp(1, 2),
            Self::Quorum { write, .. } => write,
        }
    }

    /// Checks a quorum against the number of members.
    ///
    /// # Errors
    /// [`ModeError`].
    ///
    /// ```
    /// use scalelab::algorithms::replication::Mode;
    /// assert!(Mode::Quorum { write: 4, read: 1 }.check(3).is_err());
    /// ```
    pub fn check(self, members: usize) -> Result<(), ModeError> {
        match self {
            Self::Quorum { write, read } if !(1..=members).contains(&write) || !(1..=members).contains(&read) => {
                Err(ModeError { write, read, members })
            }
            _ => Ok(()),
        }
    }
}

/// The chance that a read of `read` random members misses a write that `write` random members of `members` hold:
/// C(N−W, R) / C(N, R). Zero exactly when R + W > N.
///
/// Source: Bailis et al., "Probabilistically Bounded Staleness", 2012, equation 1. Cost: O(read).
///
/// ```
/// use scalelab::algorithms::replication::quorum_miss;
/// assert!((quorum_miss(3, 1, 1) - 2.0 / 3.0).abs() < 1e-12);
/// assert_eq!(quorum_miss(3, 2, 2), 0.0);
/// ```
#[must_use]
pub fn quorum_miss(members: usize, write: usize, read: usize) -> f64 {
    if read + write > members {
        return 0.0;
    }
    (0..read).map(|i| (members - write - i) as f64 / (members - i) as f64).product()
}
