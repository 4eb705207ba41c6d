//! Named random streams.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The generator of every random number in a run: ChaCha with eight rounds, the same bytes on every machine.
pub type Random = ChaCha8Rng;

/// The random streams of one run. Each has a name; what is drawn from one never moves another, so that a part of a
/// system that is asked once more, or is added later, leaves the luck of all others as it was.
///
/// The one rule for sub-seeds: the run's seed is the key of ChaCha, and the stream's number is XXH3-64 of its name,
/// seeded with its index. Two names meet with a chance of 2⁻⁶⁴; streams of one key never overlap.
///
/// Source: Bernstein, "ChaCha, a variant of Salsa20", 2008 (the stream is the nonce).
///
/// ```
/// use rand::RngExt;
/// use scalelab::sim::Streams;
/// let streams = Streams::new(7);
/// let first: u64 = streams.named("arrivals").random();
/// assert_eq!(first, Streams::new(7).named("arrivals").random::<u64>());
/// assert_ne!(first, streams.named("network").random::<u64>());
/// assert_ne!(streams.nth("server", 1).random::<u64>(), streams.nth("server", 2).random::<u64>());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streams {
    seed: u64,
}

impl Streams {
    /// The streams of a run with this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The seed of the run.
    #[must_use]
    pub const fn seed(self) -> u64 {
        self.seed
    }

    /// The stream of this name, from its beginning.
    #[must_use]
    pub fn named(self, name: &str) -> Random {
        self.nth(name, 0)
    }

    /// Stream number `index` of those that share a name: one for each server, say.
    #[must_use]
    pub fn nth(self, name: &str, index: u64) -> Random {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(xxh3_64_with_seed(name.as_bytes(), index));
        random
    }
}
