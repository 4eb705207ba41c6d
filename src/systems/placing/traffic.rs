//! How often each key is asked for.

use super::{GoOn, PlacingError, check_at};

/// Requests per key; without one, every key is asked for once.
#[derive(Clone, Debug)]
pub struct Traffic {
    cumulative: Vec<u64>,
    /// Sum of the squared shares of the keys.
    pub concentration: f64,
}

impl Traffic {
    /// Ten requests a key on average, key number `i` as often as `1 / i^exponent` says (Zipf).
    ///
    /// # Errors
    /// When it is stopped.
    pub fn zipf(keys: usize, exponent: f64, go_on: GoOn) -> Result<Self, PlacingError> {
        let weight = |rank: usize| {
            check_at(rank as u64, go_on)?;
            Ok((rank as f64).powf(-exponent))
        };
        let weights = (1..=keys).map(weight).collect::<Result<Vec<f64>, PlacingError>>()?;
        let sum: f64 = weights.iter().sum();
        let total = keys as f64 * 10.0;
        let mut running = 0.0;
        let mut cumulative: Vec<u64> = Vec::with_capacity(keys);
        for weight in weights {
            running += weight;
            cumulative.push((total * (running / sum)).round() as u64);
        }
        let mut traffic = Self { cumulative, concentration: 0.0 };
        let share = |key: usize| traffic.of(key) as f64 / traffic.total().max(1) as f64;
        traffic.concentration = (0..keys).map(|key| share(key).powi(2)).sum();
        Ok(traffic)
    }

    /// Requests for one key.
    pub fn of(&self, key: usize) -> u64 {
        let before = key.checked_sub(1).map_or(0, |i| self.cumulative[i]);
        self.cumulative[key] - before
    }

    /// Requests in all.
    pub fn total(&self) -> u64 {
        self.cumulative.last().copied().unwrap_or(0)
    }

    /// The key that request number `request` (of the total) asks for.
    pub fn key_of(&self, request: u64) -> usize {
        self.cumulative.partition_point(|c| *c <= request).min(self.cumulative.len().saturating_sub(1))
    }
}

/// The keys that are placed and how often each is asked for.
#[derive(Clone, Copy)]
pub struct Workload<'a> {
    /// Hashes of the keys.
    pub hashes: &'a [u64],
    /// Requests per key, if not all alike.
    pub traffic: Option<&'a Traffic>,
    /// Asked now and then whether work goes on.
    pub go_on: GoOn,
}

impl<'a> Workload<'a> {
    /// The first `count` keys.
    pub fn first(self, count: usize) -> Self {
        Self { hashes: &self.hashes[..count.min(self.hashes.len())], ..self }
    }

    /// Requests for one key.
    pub fn requests(&self, key: usize) -> u64 {
        self.traffic.map_or(1, |t| t.of(key))
    }
}
