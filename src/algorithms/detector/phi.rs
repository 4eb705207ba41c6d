//! The phi accrual detector: how surprising is the silence?

use std::collections::VecDeque;

/// φ as Akka computes it: −log₁₀ of the chance that a heartbeat is still to come after `elapsed`, when intervals
/// are normally distributed. All three in the same unit.
///
/// Source: Hayashibara et al., "The φ Accrual Failure Detector", 2004; Akka's `PhiAccrualFailureDetector`, which
/// approximates the normal distribution by a logistic one. φ = 1 is wrong once in 10, φ = 8 once in 10⁸.
///
/// ```
/// use scalelab::algorithms::detector::phi_akka;
/// assert!((phi_akka(1_200.0, 1_000.0, 100.0) - 1.64).abs() < 0.01);
/// ```
#[must_use]
pub fn phi_akka(elapsed: f64, mean: f64, deviation: f64) -> f64 {
    let y = (elapsed - mean) / deviation;
    let e = (-y * (1.597_6 + 0.070_566 * y * y)).exp();
    if elapsed > mean { -(e / (1.0 + e)).log10() } else { -(1.0 - 1.0 / (1.0 + e)).log10() }
}

/// φ as Cassandra computes it: intervals are exponentially distributed, so it grows evenly: elapsed / (mean · ln 10).
///
/// Source: Cassandra's `FailureDetector`, whose threshold of 8 is reached after 18.42 mean intervals.
///
/// ```
/// use scalelab::algorithms::detector::phi_cassandra;
/// assert!((phi_cassandra(18.42, 1.0) - 8.0).abs() < 0.001);
/// ```
#[must_use]
pub fn phi_cassandra(elapsed: f64, mean: f64) -> f64 {
    elapsed / (mean * std::f64::consts::LN_10)
}

/// Which distribution the intervals are taken to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhiKind {
    /// Normal: [`phi_akka`].
    Akka,
    /// Exponential: [`phi_cassandra`].
    Cassandra,
}

/// Suspects a machine when φ passes a threshold; it learns the intervals between heartbeats as they come.
///
/// ```
/// use scalelab::algorithms::detector::{Phi, PhiKind};
/// let mut detector = Phi::new(PhiKind::Akka, 8.0, 1_000_000);
/// for second in 0..20 {
///     detector.heartbeat(second * 1_000_000);
/// }
/// assert!(!detector.suspects(20_000_000) && detector.suspects(22_000_000));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Phi {
    kind: PhiKind,
    threshold: f64,
    intervals: VecDeque<u32>,
    sum: f64,
    squares: f64,
    last_us: Option<u64>,
}

/// Intervals that are remembered; Akka and Cassandra remember 1,000.
const WINDOW: usize = 100;
/// Least standard deviation, in microseconds: Akka's `min-std-deviation` of 100 ms.
const LEAST_DEVIATION_US: f64 = 100_000.0;

impl Phi {
    /// A detector that suspects from `threshold` on and expects heartbeats every `expected_us` microseconds until
    /// it has seen some. As in Akka it begins with two made-up intervals, a quarter of that below and above.
    #[must_use]
    pub fn new(kind: PhiKind, threshold: f64, expected_us: u64) -> Self {
        let mut detector = Self { kind, threshold, intervals: VecDeque::new(), sum: 0.0, squares: 0.0, last_us: None };
        let quarter = expected_us / 4;
        detector.learn(expected_us.saturating_sub(quarter));
        detector.learn(expected_us.saturating_add(quarter));
        detector
    }

    /// A heartbeat came. An interval that ended a suspicion is not learnt: silence is no rhythm.
    ///
    /// ```
    /// use scalelab::algorithms::detector::{Phi, PhiKind};
    /// let mut detector = Phi::new(PhiKind::Cassandra, 8.0, 1_000_000);
    /// detector.heartbeat(5);
    /// assert_eq!(detector.phi(5), 0.0);
    /// ```
    pub fn heartbeat(&mut self, now_us: u64) {
        if let Some(last) = self.last_us
            && !self.suspects(now_us)
        {
            self.learn(now_us.saturating_sub(last));
        }
        self.last_us = Some(now_us);
    }

    /// φ now; 0 before the first heartbeat.
    ///
    /// ```
    /// use scalelab::algorithms::detector::{Phi, PhiKind};
    /// assert_eq!(Phi::new(PhiKind::Akka, 8.0, 1_000_000).phi(9), 0.0);
    /// ```
    pub fn phi(&self, now_us: u64) -> f64 {
        self.last_us.map_or(0.0, |last| self.after(now_us.saturating_sub(last) as f64))
    }

    /// Whether the machine is suspected now.
    ///
    /// ```
    /// use scalelab::algorithms::detector::{Phi, PhiKind};
    /// assert!(!Phi::new(PhiKind::Akka, 8.0, 1_000_000).suspects(u64::MAX));
    /// ```
    pub fn suspects(&self, now_us: u64) -> bool {
        self.phi(now_us) >= self.threshold
    }

    /// The first moment at which it will be suspected if no heartbeat comes. Cost: some 60 evaluations of φ.
    ///
    /// ```
    /// use scalelab::algorithms::detector::{Phi, PhiKind};
    /// let mut detector = Phi::new(PhiKind::Cassandra, 8.0, 1_000_000);
    /// detector.heartbeat(0);
    /// assert_eq!(detector.suspects_at().map(|at| at / 1_000), Some(18_420));
    /// ```
    pub fn suspects_at(&self) -> Option<u64> {
        let last = self.last_us?;
        let (mut low, mut high) = (0_u64, 1_u64);
        while self.after(high as f64) < self.threshold {
            if high >= 1 << 50 {
                return None;
            }
            (low, high) = (high, high * 2);
        }
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if self.after(middle as f64) < self.threshold { low = middle } else { high = middle }
        }
        Some(last.saturating_add(high))
    }

    /// Mean and standard deviation of the intervals, in microseconds.
    ///
    /// ```
    /// use scalelab::algorithms::detector::{Phi, PhiKind};
    /// assert_eq!(Phi::new(PhiKind::Akka, 8.0, 1_000_000).rhythm(), (1_000_000.0, 250_000.0));
    /// ```
    pub fn rhythm(&self) -> (f64, f64) {
        let n = self.intervals.len().max(1) as f64;
        let mean = self.sum / n;
        (mean, (self.squares / n - mean * mean).max(0.0).sqrt())
    }

    fn after(&self, elapsed: f64) -> f64 {
        if elapsed <= 0.0 {
            return 0.0;
        }
        let (mean, deviation) = self.rhythm();
        match self.kind {
            PhiKind::Akka => phi_akka(elapsed, mean, deviation.max(LEAST_DEVIATION_US)),
            PhiKind::Cassandra => phi_cassandra(elapsed, mean.max(1.0)),
        }
    }

    fn learn(&mut self, interval_us: u64) {
        // Whole microseconds below 2³²: sums stay exact, whatever comes and goes.
        let interval = u32::try_from(interval_us).unwrap_or(u32::MAX);
        if self.intervals.len() >= WINDOW
            && let Some(old) = self.intervals.pop_front()
        {
            self.sum -= f64::from(old);
            self.squares -= f64::from(old) * f64::from(old);
        }
        self.intervals.push_back(interval);
        self.sum += f64::from(interval);
        self.squares += f64::from(interval) * f64::from(interval);
    }
}
