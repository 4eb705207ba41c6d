//! What is done about deadlocks.

use crate::algorithms::locks::{Prevention, Victim};

/// What happens when transactions wait, or would wait, for each other. Times are in the engine's own units.
///
/// ```
/// use scalelab::algorithms::{locks::Victim, transactions::Policy};
/// assert_eq!(Policy::default(), Policy::Detect(Victim::Youngest));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Policy {
    /// Nothing: a deadlock stands.
    Ignore,
    /// A cycle is looked for whenever one begins to wait, and a victim goes at once. With
    /// [`Victim::Smallest`] this is what InnoDB does.
    Detect(Victim),
    /// Who has waited this long looks for a cycle through itself, and is the victim if there is one. PostgreSQL does
    /// this after one second (`deadlock_timeout`).
    DetectAfter(u64),
    /// Who has waited this long gives up, deadlock or not.
    Timeout(u64),
    /// Waits go only one way along age.
    Prevent(Prevention),
}

impl Default for Policy {
    fn default() -> Self {
        Self::Detect(Victim::Youngest)
    }
}

impl Policy {
    /// How long one may wait before something is done.
    pub(super) fn patience(self) -> Option<u64> {
        match self {
            Self::DetectAfter(after) | Self::Timeout(after) => Some(after),
            _ => None,
        }
    }
}
