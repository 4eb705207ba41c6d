//! Where the luck of each part comes from: the one place that makes sub-seeds of a run's seed.
//!
//! These are the numbers of before [`crate::sim::Streams`]; that lessons and pictures stay as they are, they stay too.

use rand::SeedableRng;

use crate::sim::Random;

/// A part of the system that draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// When requests come, from whom, for what, and how long they take.
    Traffic,
    /// The choices of a name server.
    Dns,
    /// The choices of a region's balancers: their seed is [`region_seed`].
    Cluster,
}

/// The random stream of a part.
pub fn stream(seed: u64, part: Part) -> Random {
    let salt = match part {
        Part::Traffic => 0x7ea1_f00d,
        Part::Dns => 0xd15,
        Part::Cluster => 0,
    };
    Random::seed_from_u64(seed ^ salt)
}

/// The seed of a region: each has luck and hashes of its own.
pub fn region_seed(seed: u64, region: usize) -> u64 {
    seed.wrapping_add(region as u64 * 0x9e37_79b9)
}
