//! What a run says about its system: means and shares with their intervals, and quantiles of durations.

use hdrhistogram::Histogram;

use super::time::Duration;

/// Standard deviations of the normal distribution that hold 95 % of it.
pub const Z_95: f64 = 1.959_963_984_540_054;

/// A range that a true value lies in, at the confidence it was made for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lowest value in it.
    pub low: f64,
    /// The highest value in it.
    pub high: f64,
}

impl Interval {
    /// Whether a value lies in it, its ends included.
    ///
    /// ```
    /// use scalelab::sim::statistics::Interval;
    /// assert!(Interval { low: 1.0, high: 2.0 }.contains(2.0));
    /// ```
    #[must_use]
    pub fn contains(self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// The confidence interval of a share, after `hits` in `trials`, at `z` standard deviations ([`Z_95`] for 95 %). Holds
/// for few hits too, even for none. From 0 to 1 when there were no trials.
///
/// Source: Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
///
/// ```
/// use scalelab::sim::statistics::wilson;
/// let share = wilson(10, 1_000, 1.96);
/// assert!((share.low - 0.00544).abs() < 1e-5 && (share.high - 0.01831).abs() < 1e-5);
/// assert!(wilson(0, 0, 1.96).contains(0.5));
/// ```
#[must_use]
pub fn wilson(hits: u64, trials: u64, z: f64) -> Interval {
    if trials == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let n = trials as f64;
    let share = hits as f64 / n;
    let centre = share + z * z / (2.0 * n);
    let reach = z * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    // Rounding must not put a bound beyond what was seen.
    Interval { low: ((centre - reach) / scale).clamp(0.0, share), high: ((centre + reach) / scale).clamp(share, 1.0) }
}

/// A running mean and variance. O(1) a value, and exact to rounding however many there are.
///
/// Source: Welford, "Note on a method for calculating corrected sums of squares and products", 1962; merging:
/// Chan, Golub and LeVeque, 1979.
///
/// ```
/// use scalelab::sim::statistics::{Mean, Z_95};
/// let heights: Mean = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].into_iter().collect();
/// assert_eq!((heights.mean(), heights.count()), (Some(5.0), 8));
/// assert!((heights.variance().unwrap() - 32.0 / 7.0).abs() < 1e-12);
/// assert!(heights.interval(Z_95).unwrap().contains(5.0));
/// assert_eq!(Mean::default().mean(), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Mean {
    count: u64,
    mean: f64,
    /// Sum of squared deviations from the mean.
    squares: f64,
}

impl Mean {
    /// Adds a value.
    pub fn push(&mut self, value: f64) {
        self.count += 1;
        let before = value - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (value - self.mean);
    }

    /// Adds all values of another.
    pub fn merge(&mut self, other: &Self) {
        let (n, m) = (self.count as f64, other.count as f64);
        if other.count == 0 {
            return;
        }
        let apart = other.mean - self.mean;
        self.mean += apart * m / (n + m);
        self.squares += other.squares + apart * apart * n * m / (n + m);
        self.count += other.count;
    }

    /// Number of values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The mean; none of no values.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then_some(self.mean)
    }

    /// The variance of the population that the values are a sample of; none of fewer than two values.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        (self.count > 1).then(|| self.squares / (self.count - 1) as f64)
    }

    /// The confidence interval of the mean at `z` standard deviations, for independent values. Values of a queue are
    /// not independent: give it the means of long stretches instead of single values (batch means).
    #[must_use]
    pub fn interval(&self, z: f64) -> Option<Interval> {
        let reach = z * (self.variance()? / self.count as f64).sqrt();
        Some(Interval { low: self.mean - reach, high: self.mean + reach })
    }
}

impl FromIterator<f64> for Mean {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut mean = Self::default();
        values.into_iter().for_each(|value| mean.push(value));
        mean
    }
}

/// Quantiles of durations, to two significant digits, in a few kilobytes however many there are.
///
/// Longer than an hour counts as an hour. Source: Tene, HdrHistogram.
///
/// ```
/// use scalelab::sim::{Duration, statistics::Quantiles};
/// let mut times = Quantiles::default();
/// assert_eq!(times.quantile(0.5), None);
/// (1..=100).for_each(|ms| times.record(Duration::from_millis(ms)));
/// let median = times.quantile(0.5).unwrap().as_millis_f64();
/// assert!((median - 50.0).abs() < 0.5, "{median}");
/// assert_eq!(times.mean(), Some(Duration::from_micros(50_500)));
/// ```
#[derive(Clone, Debug)]
pub struct Quantiles {
    histogram: Histogram<u32>,
    sum: u128,
}

/// The longest that is told apart.
const LONGEST: Duration = Duration::from_secs(3_600);

impl Default for Quantiles {
    fn default() -> Self {
        Self::with_digits(2)
    }
}

impl Quantiles {
    /// None yet, kept with 1 or 2 significant digits: the coarser ones need an eighth of the memory.
    #[must_use]
    pub fn with_digits(digits: u8) -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST.as_micros(), digits.clamp(1, 2));
        Self { histogram: histogram.unwrap_or_else(|_| unreachable!("these bounds are valid")), sum: 0 }
    }

    /// Those that came after an earlier state of the same durations.
    ///
    /// ```
    /// use scalelab::sim::{Duration, statistics::Quantiles};
    /// let mut times = Quantiles::default();
    /// times.record(Duration::from_millis(1));
    /// let before = times.clone();
    /// times.record(Duration::from_millis(3));
    /// assert_eq!((times.since(&before).count(), times.since(&before).mean()), (1, Some(Duration::from_millis(3))));
    /// ```
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut rest = self.clone();
        // It holds all that the earlier state held, so nothing is missing.
        let _ = rest.histogram.subtract(&earlier.histogram);
        rest.sum = self.sum.saturating_sub(earlier.sum);
        rest
    }

    /// How many lie between two durations, both included.
    #[must_use]
    pub fn between(&self, from: Duration, to: Duration) -> u64 {
        self.histogram.count_between(from.as_micros().max(1), to.as_micros().max(1))
    }

    /// The mean in milliseconds, with its fractions of a microsecond; none of none.
    #[must_use]
    pub fn mean_ms(&self) -> Option<f64> {
        (self.count() > 0).then(|| self.sum as f64 / self.count() as f64 / 1_000.0)
    }

    /// Bytes that it takes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.histogram.distinct_values() * 4 + 160
    }

    /// Adds one.
    pub fn record(&mut self, span: Duration) {
        self.sum += u128::from(span.as_micros());
        self.histogram.saturating_record(span.as_micros());
    }

    /// Number of durations.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The mean, exact; none of none.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        let mean = self.sum.checked_div(u128::from(self.count()))?;
        Some(Duration::from_micros(u64::try_from(mean).unwrap_or(u64::MAX)))
    }

    /// The least duration that this share of all does not exceed, from 0 to 1; none of none.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        (self.count() > 0).then(|| Duration::from_micros(self.histogram.value_at_quantile(share)))
    }

    /// The same in milliseconds.
    #[must_use]
    pub fn quantile_ms(&self, share: f64) -> Option<f64> {
        self.quantile(share).map(Duration::as_millis_f64)
    }

    /// Share of all that took longer than this; none of none.
    #[must_use]
    pub fn share_above(&self, span: Duration) -> Option<f64> {
        (self.count() > 0).then(|| {
            let within = self.histogram.count_between(0, span.as_micros());
            (self.count() - within) as f64 / self.count() as f64
        })
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.histogram.reset();
        self.sum = 0;
    }
}
