//! Estimates, with how far off they may be.

use rand::{Rng, RngExt};

/// A share that was estimated from trials, with its 95 % interval.
///
/// ```
/// use scalelab::algorithms::availability::Estimate;
/// let half = Estimate::of(50, 100);
/// assert_eq!(half.value, 0.5);
/// assert!((half.low - 0.4038).abs() < 1e-4 && (half.high - 0.5962).abs() < 1e-4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The share seen.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// How many trials.
    pub trials: u64,
}

impl Estimate {
    /// From counts, with Wilson's score interval: honest near 0 and 1 too, where availability lives.
    ///
    /// Source: Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927. Of no trials
    /// nothing is known: the interval is all from 0 to 1.
    #[must_use]
    pub fn of(successes: u64, trials: u64) -> Self {
        const Z: f64 = 1.959_963_984_540_054;
        if trials == 0 {
            return Self { value: f64::NAN, low: 0.0, high: 1.0, trials };
        }
        let (n, p) = (trials as f64, successes.min(trials) as f64 / trials as f64);
        let middle = (p + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
        let half = Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let (low, high) = ((middle - half).max(0.0), (middle + half).min(1.0));
        Self { value: p, low: low.min(p), high: high.max(p), trials }
    }

    /// Whether a value lies in the interval.
    ///
    /// ```
    /// assert!(scalelab::algorithms::availability::Estimate::of(9_990, 10_000).holds(0.9992));
    /// ```
    pub fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// Estimates an availability: in each trial every component is up with its own chance, and `works` is asked.
///
/// Cost: `trials` calls. Components that are no probability count as down below 0 and as up above 1.
///
/// ```
/// use rand::SeedableRng;
/// use scalelab::algorithms::availability::monte_carlo;
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
/// let pair = monte_carlo(&[0.9, 0.9], 20_000, &mut rng, |up| up[0] || up[1]);
/// assert!(pair.holds(0.99));
/// ```
pub fn monte_carlo<R: Rng>(
    probabilities: &[f64],
    trials: u64,
    rng: &mut R,
    mut works: impl FnMut(&[bool]) -> bool,
) -> Estimate {
    let mut up = vec![false; probabilities.len()];
    let mut successes = 0;
    for _ in 0..trials {
        for (up, p) in up.iter_mut().zip(probabilities) {
            *up = rng.random::<f64>() < *p;
        }
        successes += u64::from(works(&up));
    }
    Estimate::of(successes, trials)
}

/// 95 % interval of a sum of times that came at random, `count` of them with `total` in all: outages within a year,
/// say. Both their number and their length are left to chance: the number is Poisson distributed, each length
/// exponentially. The upper end counts one more of the length `usual`: the long ones are rare, and may not have come yet.
///
/// The variance of such a sum is twice its mean times the mean length, so that its square root has an even spread
/// (Anscombe, "The Transformation of Poisson, Binomial and Negative-Binomial Data", 1948). Good from one upwards.
///
/// ```
/// use scalelab::algorithms::availability::outage_interval;
/// let (low, high) = outage_interval(100.0, 100, 1.0);
/// assert!((low - 74.2).abs() < 0.1 && (high - 130.8).abs() < 0.1);
/// assert_eq!(outage_interval(0.0, 0, 3_600.0).0, 0.0);
/// ```
#[must_use]
pub fn outage_interval(total: f64, count: u64, usual: f64) -> (f64, f64) {
    const HALF: f64 = 1.959_963_984_540_054 / std::f64::consts::SQRT_2;
    let n = count as f64;
    let (low, high) = ((n.sqrt() - HALF).max(0.0), (n + 1.0).sqrt() + HALF);
    let each = if count == 0 { 0.0 } else { total / n };
    (each * low * low, (total + usual) / (n + 1.0) * high * high)
}
