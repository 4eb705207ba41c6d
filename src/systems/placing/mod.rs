//! Keys on the nodes of a cluster: who serves which, what a change moves, and every strategy through the same changes.

mod cluster;
mod comparison;
mod moves;
mod serving;
pub mod space;
mod traffic;

use crate::algorithms::placement::{PlacementError, Strategy};
pub use cluster::{ClusterState, Config};
pub use comparison::{Candidate, Comparison};
pub use moves::{Move, Moves, count_moved};
pub use serving::{NO_NODE, Node, Served, balance, serve};
pub use traffic::{Traffic, Workload};

/// Why keys could not be placed. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlacingError {
    /// Whoever asked for it stopped it.
    #[error("stopped on the way")]
    Stopped,
    /// The ring would be too large, whichever strategy is in use: the comparison has a ring too.
    #[error("the ring would have {points} virtual nodes; at most {most} fit")]
    TooManyPoints {
        /// How many it would have.
        points: u64,
        /// How many it may have.
        most: u64,
    },
    /// A strategy refuses the nodes.
    #[error("{} cannot place keys here: {error}", strategy.name())]
    Refused {
        /// Which.
        strategy: Strategy,
        /// Why.
        error: PlacementError,
    },
}

/// Whether work goes on: asked now and then while it takes long. Where it says no, [`PlacingError::Stopped`] comes back.
pub type GoOn = fn() -> bool;

/// Asks now and then, on this turn of a loop, whether work goes on.
fn check_at(turn: u64, go_on: GoOn) -> Result<(), PlacingError> {
    if turn.is_multiple_of(1_024) && !go_on() { Err(PlacingError::Stopped) } else { Ok(()) }
}
