//! How long requests take.

use clap::ValueEnum;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

use crate::sim::exponential;

/// Shape of the bimodal distribution: this share of the requests is long.
const LONG_SHARE: f64 = 0.05;
/// A long request takes so many times what a short one takes.
const LONG_FACTOR: f64 = 20.0;
/// Standard deviation of the logarithm of lognormal service times.
const LOG_DEVIATION: f64 = 1.0;

/// A distribution of service times, each with the mean that one asks for.
///
/// ```
/// use rand::SeedableRng;
/// use scalelab::algorithms::queueing::Service;
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
/// assert_eq!(Service::Constant.sample(0.05, &mut rng), 0.05);
/// assert_eq!(Service::Exponential.variability(), 1.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Service {
    /// Many short ones, some long ones; no memory
    //
    // The M of M/M/1.
    Exponential,
    /// All alike
    //
    // The D of M/D/1.
    Constant,
    /// A heavy tail
    //
    // Lognormal with σ = 1 of the logarithm, as web pages have.
    Lognormal,
    /// 95 % short, 5 % twenty times as long
    Bimodal,
}

/// A service time that makes no sense.
#[derive(thiserror::Error, Clone, Debug, PartialEq)]
#[error("a mean service time of {seconds} s makes no sense: use more than 0 and at most 3600")]
pub struct ServiceError {
    /// The mean that was given.
    pub seconds: f64,
}

impl Service {
    /// Its name, as one types it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Checks a mean service time in seconds.
    ///
    /// # Errors
    /// When it is not above 0, above an hour, or no number.
    ///
    /// ```
    /// use scalelab::algorithms::queueing::Service;
    /// assert!(Service::check_mean(0.05).is_ok());
    /// assert!(Service::check_mean(f64::NAN).is_err());
    /// ```
    pub fn check_mean(seconds: f64) -> Result<f64, ServiceError> {
        if seconds > 0.0 && seconds <= 3_600.0 { Ok(seconds) } else { Err(ServiceError { seconds }) }
    }

    /// Draws one service time, in the unit of `mean`. O(1).
    pub fn sample<R: Rng + ?Sized>(self, mean: f64, rng: &mut R) -> f64 {
        match self {
            Self::Exponential => mean * exponential(rng),
            Self::Constant => mean,
            Self::Lognormal => {
                let normal: f64 = StandardNormal.sample(rng);
                // The mean of a lognormal is e^(μ+σ²/2).
                mean * (LOG_DEVIATION * normal - LOG_DEVIATION * LOG_DEVIATION / 2.0).exp()
            }
            Self::Bimodal => {
                let short = mean / (1.0 - LONG_SHARE + LONG_SHARE * LONG_FACTOR);
                if rng.random_bool(LONG_SHARE) { short * LONG_FACTOR } else { short }
            }
        }
    }

    /// C², the squared coefficient of variation: variance over squared mean, as Pollaczek and Khinchine want it.
    ///
    /// ```
    /// use scalelab::algorithms::queueing::Service;
    /// assert_eq!(Service::Constant.variability(), 0.0);
    /// assert!((Service::Lognormal.variability() - (1.0_f64.exp() - 1.0)).abs() < 1e-12);
    /// ```
    #[must_use]
    pub fn variability(self) -> f64 {
        match self {
            Self::Exponential => 1.0,
            Self::Constant => 0.0,
            Self::Lognormal => (LOG_DEVIATION * LOG_DEVIATION).exp() - 1.0,
            Self::Bimodal => {
                let mean = 1.0 - LONG_SHARE + LONG_SHARE * LONG_FACTOR;
                (1.0 - LONG_SHARE + LONG_SHARE * LONG_FACTOR * LONG_FACTOR) / (mean * mean) - 1.0
            }
        }
    }
}
