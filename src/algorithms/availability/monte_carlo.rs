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

/// Two-sided 97.5 % points of Student's t, for 1 to 30 degrees of freedom.
const T: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// Mean of independent measurements with its 95 % interval (Student's t); with fewer than two, the interval is
/// all from −∞ to ∞.
///
/// ```
/// use scalelab::algorithms::availability::mean_interval;
/// let (mean, low, high) = mean_interval(&[1.0, 2.0, 3.0]);
/// assert!(mean == 2.0 && (low + 0.484).abs() < 1e-3 && (high - 4.484).abs() < 1e-3);
/// ```
#[must_use]
pub fn mean_interval(values: &[f64]) -> (f64, f64, f64) {
    let n = values.len();
    let mean = values.iter().sum::<f64>() / n as f64;
    if n < 2 {
        return (mean, f64::NEG_INFINITY, f64::INFINITY);
    }
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
    let half = T.get(n - 2).copied().unwrap_or(1.96) * (variance / n as f64).sqrt();
    (mean, mean - half, mean + half)
}
