//! How long things take, and who is popular.

use rand::{Rng, RngExt};
use rand_distr::{Distribution as Draw, Exp1, StandardNormal};

use super::time::Duration;

/// A distribution of durations: of a link's delay, a service, a repair.
///
/// ```
/// use scalelab::sim::{Distribution, Duration, Streams};
/// let mut random = Streams::new(7).named("link");
/// let link = Distribution::at_least(Duration::from_millis(1), Distribution::Exponential(Duration::from_millis(2)));
/// assert_eq!(link.mean(), Some(Duration::from_millis(3)));
/// assert!(link.sample(&mut random) >= Duration::from_millis(1));
/// assert_eq!(Distribution::Constant(Duration::ZERO).sample(&mut random), Duration::ZERO);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Always the same.
    Constant(Duration),
    /// Anything from the first to the second, equally likely.
    Uniform(Duration, Duration),
    /// Without memory, with this mean: the time between independent arrivals.
    Exponential(Duration),
    /// Lognormal: the mean, and the standard deviation of the logarithm.
    LogNormal(Duration, f64),
    /// Pareto: the least, and the shape α. Heavy-tailed: without a mean up to α = 1.
    Pareto(Duration, f64),
    /// The first, and then the second on top.
    Sum(Box<Self>, Box<Self>),
    /// One of these, as likely as its weight says. Weights are relative.
    Mixture(Vec<(f64, Self)>),
}

/// Parameters that make no distribution.
#[derive(thiserror::Error, Clone, Debug, PartialEq)]
pub enum DistributionError {
    /// A weight, shape or deviation that is negative, infinite or no number.
    #[error("{name} is {value}: it must be a finite number above 0")]
    Parameter {
        /// Which parameter.
        name: &'static str,
        /// What was given.
        value: f64,
    },
    /// Nothing to choose from.
    #[error("there is nothing to choose from: give at least one")]
    Empty,
}

impl Distribution {
    /// Never less than `least`: that, and `rest` on top.
    #[must_use]
    pub fn at_least(least: Duration, rest: Self) -> Self {
        Self::Sum(Box::new(Self::Constant(least)), Box::new(rest))
    }

    /// Checks the parameters: [`Distribution::sample`] makes sense of whatever it is given, but what it makes of a
    /// negative shape is nothing that anybody means.
    ///
    /// # Errors
    /// The first parameter that is out of its range.
    ///
    /// ```
    /// use scalelab::sim::{Distribution, Duration};
    /// assert!(Distribution::Pareto(Duration::from_millis(1), 1.5).check().is_ok());
    /// assert!(Distribution::Pareto(Duration::from_millis(1), f64::NAN).check().is_err());
    /// assert!(Distribution::Mixture(Vec::new()).check().is_err());
    /// ```
    pub fn check(&self) -> Result<(), DistributionError> {
        let positive = |name, value: f64| {
            if value > 0.0 && value.is_finite() { Ok(()) } else { Err(DistributionError::Parameter { name, value }) }
        };
        match self {
            Self::Constant(_) | Self::Uniform(..) | Self::Exponential(_) => Ok(()),
            Self::LogNormal(_, deviation) => positive("the deviation of the logarithm", *deviation),
            Self::Pareto(_, shape) => positive("the shape", *shape),
            Self::Sum(first, second) => first.check().and_then(|()| second.check()),
            Self::Mixture(parts) if parts.is_empty() => Err(DistributionError::Empty),
            Self::Mixture(parts) => {
                parts.iter().try_for_each(|(weight, part)| positive("a weight", *weight).and_then(|()| part.check()))
            }
        }
    }

    /// Draws one duration. O(1), or O(parts) for a mixture.
    pub fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> Duration {
        match self {
            Self::Constant(span) => *span,
            Self::Uniform(low, high) => {
                let (low, high) = (low.as_micros(), high.as_micros().max(low.as_micros()));
                Duration::from_micros(random.random_range(low..=high))
            }
            Self::Exponential(mean) => mean.stretched(exponential(random)),
            Self::LogNormal(mean, deviation) => {
                let normal: f64 = StandardNormal.sample(random);
                // The mean of a lognormal is e^(μ + σ²/2).
                mean.stretched((deviation * normal - deviation * deviation / 2.0).exp())
            }
            // By inversion: the chance to be above x is (least / x)^α.
            Self::Pareto(least, shape) => least.stretched((1.0 - random.random::<f64>()).powf(-1.0 / shape)),
            Self::Sum(first, second) => first.sample(random) + second.sample(random),
            Self::Mixture(parts) => {
                let all: f64 = parts.iter().map(|(weight, _)| weight).sum();
                let mut left = random.random::<f64>() * all;
                let chosen = parts.iter().find(|(weight, _)| {
                    left -= weight;
                    left < 0.0
                });
                chosen.or(parts.last()).map_or(Duration::ZERO, |(_, part)| part.sample(random))
            }
        }
    }

    /// The mean. `None` where there is none: a Pareto distribution of shape 1 or less.
    pub fn mean(&self) -> Option<Duration> {
        match self {
            Self::Constant(mean) | Self::Exponential(mean) | Self::LogNormal(mean, _) => Some(*mean),
            Self::Uniform(low, high) => Some((*low + *high) / 2),
            Self::Pareto(least, shape) => (*shape > 1.0).then(|| least.stretched(shape / (shape - 1.0))),
            Self::Sum(first, second) => Some(first.mean()? + second.mean()?),
            Self::Mixture(parts) => {
                let all: f64 = parts.iter().map(|(weight, _)| weight).sum();
                let means = parts.iter().map(|(weight, part)| Some(weight / all * part.mean()?.as_secs_f64()));
                Some(Duration::from_secs_f64(means.sum::<Option<f64>>()?))
            }
        }
    }
}

/// A number from the exponential distribution with mean 1: the one place where it is drawn. O(1), by the ziggurat.
///
/// Source: Marsaglia and Tsang, "The ziggurat method for generating random variables", 2000.
///
/// ```
/// use scalelab::sim::{Streams, exponential};
/// assert!(exponential(&mut Streams::new(7).named("gaps")) > 0.0);
/// ```
pub fn exponential<R: Rng + ?Sized>(random: &mut R) -> f64 {
    Draw::<f64>::sample(&Exp1, random)
}

/// Popularity after Zipf: item `i`, from zero, has a share in proportion to 1 / (i + 1)^exponent. An exponent of 0 makes
/// all alike, 1 is what words and web pages are near.
///
/// Memory: 8 bytes per item. Source: Zipf, "Human Behavior and the Principle of Least Effort", 1949.
///
/// ```
/// use scalelab::sim::{Streams, Zipf};
/// let pages = Zipf::new(3, 1.0)?;
/// // 1 : 1/2 : 1/3, of 11/6 in all.
/// assert!((pages.share(0) - 6.0 / 11.0).abs() < 1e-12);
/// assert!(pages.sample(&mut Streams::new(7).named("pages")) < 3);
/// assert!(Zipf::new(0, 1.0).is_err() && Zipf::new(3, f64::NAN).is_err());
/// # Ok::<(), scalelab::sim::DistributionError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Zipf {
    /// Running sums of the shares; the last is 1.
    cumulative: Vec<f64>,
}

impl Zipf {
    /// So many items.
    ///
    /// # Errors
    /// No item, or an exponent that is negative, infinite or no number.
    pub fn new(items: usize, exponent: f64) -> Result<Self, DistributionError> {
        if items == 0 {
            return Err(DistributionError::Empty);
        }
        if !(exponent >= 0.0 && exponent.is_finite()) {
            return Err(DistributionError::Parameter { name: "the exponent", value: exponent });
        }
        let mut sum = 0.0;
        let weigh = |rank: usize| {
            sum += (rank as f64).powf(-exponent);
            sum
        };
        let mut cumulative: Vec<f64> = (1..=items).map(weigh).collect();
        for running in &mut cumulative {
            *running /= sum;
        }
        Ok(Self { cumulative })
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        self.cumulative.len()
    }

    /// Whether there is none: never.
    pub fn is_empty(&self) -> bool {
        self.cumulative.is_empty()
    }

    /// The share of an item, from zero; 0 for one that is not there.
    pub fn share(&self, item: usize) -> f64 {
        let before = item.checked_sub(1).map_or(Some(&0.0), |i| self.cumulative.get(i));
        self.cumulative.get(item).zip(before).map_or(0.0, |(upto, before)| upto - before)
    }

    /// The share of the first `items` together.
    pub fn share_of_first(&self, items: usize) -> f64 {
        items.checked_sub(1).map_or(0.0, |i| self.cumulative.get(i).copied().unwrap_or(1.0))
    }

    /// Draws an item. O(log n).
    pub fn sample<R: Rng + ?Sized>(&self, random: &mut R) -> usize {
        let at = random.random::<f64>();
        self.cumulative.partition_point(|upto| *upto <= at).min(self.cumulative.len() - 1)
    }
}
