//! The hash space: all hashes on a circle.

/// Stretches of the hash space in which keys are counted.
pub const BUCKETS: usize = 1024;

/// Which stretch of the hash space a hash lies in.
pub fn bucket(hash: u64) -> usize {
    (hash >> (64 - BUCKETS.trailing_zeros())) as usize
}

/// How far round the hash space a hash lies, from 0 to 1.
pub fn turn(hash: u64) -> f64 {
    hash as f64 / 18_446_744_073_709_551_616.0
}
