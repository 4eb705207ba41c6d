//! Why a system cannot be set up.

use crate::algorithms::balance::{Algorithm, BalanceError};

/// Why a system cannot be as it was asked for.
#[derive(thiserror::Error, Clone, Debug, PartialEq, Eq)]
pub enum BalancingError {
    /// The algorithm refuses these servers.
    #[error("{algorithm:?}: {reason}")]
    Refused {
        /// Which one.
        algorithm: Algorithm,
        /// Why.
        #[source]
        reason: BalanceError,
    },
}
