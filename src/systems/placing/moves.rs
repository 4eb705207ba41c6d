//! Which keys changed their node.

use std::collections::BTreeMap;

use super::space::{BUCKETS, bucket};
use super::{NO_NODE, PlacingError, Workload, check_at};

/// Most moved keys that are remembered one by one, for the picture.
const SAMPLE: u64 = 240;

/// One key that moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Index of the key.
    pub key: u32,
    /// Its hash.
    pub hash: u64,
    /// Id of the node that served it.
    pub from: u32,
    /// Id of the node that serves it now.
    pub to: u32,
}

/// What changed between two outcomes.
#[derive(Clone, Debug, Default)]
pub struct Moves {
    /// Keys served by another node than before.
    pub moved: u64,
    /// Keys that no node serves any more.
    pub lost: u64,
    /// Keys that no node served and one does now.
    pub regained: u64,
    /// Moved keys by (from, to).
    pub flows: BTreeMap<(u32, u32), u64>,
    /// Moved keys in each of [`BUCKETS`] stretches of the hash space.
    pub density: Vec<u32>,
    /// Some of the moved keys, evenly picked.
    pub sample: Vec<Move>,
}

impl Moves {
    /// Compares two outcomes over the same keys.
    ///
    /// # Errors
    /// When it is stopped.
    pub fn between(before: &[u32], after: &[u32], work: Workload<'_>) -> Result<Self, PlacingError> {
        let hashes = work.hashes;
        let mut moves = Self { density: vec![0; BUCKETS], ..Self::default() };
        let changed = || before.iter().zip(after).zip(hashes).enumerate().filter(|(_, ((from, to), _))| from != to);
        for (turn, (_, ((from, to), hash))) in (0..).zip(changed()) {
            check_at(turn, work.go_on)?;
            match (*from, *to) {
                (NO_NODE, _) => moves.regained += 1,
                (_, NO_NODE) => moves.lost += 1,
                flow => {
                    moves.moved += 1;
                    *moves.flows.entry(flow).or_default() += 1;
                    moves.density[bucket(*hash)] += 1;
                }
            }
        }
        let stride = (moves.moved / SAMPLE).max(1) as usize;
        let sample = changed().filter(|(_, ((from, to), _))| **from != NO_NODE && **to != NO_NODE).step_by(stride);
        moves.sample = sample
            .map(|(key, ((from, to), hash))| Move { key: key as u32, hash: *hash, from: *from, to: *to })
            .collect();
        Ok(moves)
    }

    /// Keys that moved to this node.
    pub fn arrived(&self, id: u32) -> u64 {
        self.flows.iter().filter(|((_, to), _)| *to == id).map(|(_, n)| n).sum()
    }
}

/// Keys that would have moved, without keeping which.
pub fn count_moved(before: &[u32], after: &[u32]) -> u64 {
    before.iter().zip(after).filter(|(a, b)| a != b && **a != NO_NODE && **b != NO_NODE).count() as u64
}
