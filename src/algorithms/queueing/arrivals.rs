//! When requests arrive.

use clap::ValueEnum;
use rand::Rng;

use crate::sim::exponential;

/// How requests arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum ArrivalProcess {
    /// Independent of each other
    Poisson,
    /// Calm and bursts in turn, with the same mean
    Bursty,
    /// All gaps alike
    Even,
    /// As in the access log given with --trace
    Trace,
}

impl ArrivalProcess {
    /// Its name, as one types it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A process of arrivals. It holds no clock: one asks for the gap to the next arrival.
///
/// ```
/// use rand::SeedableRng;
/// use scalelab::algorithms::queueing::Arrivals;
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
/// let mut even = Arrivals::Even;
/// assert_eq!(even.gap(20.0, &mut rng), Some(0.05)); // 20 a second
/// assert_eq!(even.gap(0.0, &mut rng), None); // nobody comes
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Arrivals {
    /// Poisson: independent clients, exponential gaps. The first M of M/M/1.
    Poisson,
    /// Calm and bursts in turn, with the same mean rate.
    Bursty(Bursts),
    /// All gaps alike. The D of D/M/1.
    Even,
}

/// Calm and burst in turn: a Markov-modulated Poisson process of two states. In a burst, arrivals come at
/// [`Bursts::FACTOR`] times the mean rate; bursts last [`Bursts::BURST`] seconds on average and fill a tenth of
/// the time, and what is left of the mean rate comes in the calm.
///
/// Source: Fischer and Meier-Hellstern, "The Markov-modulated Poisson process (MMPP) cookbook", 1993.
///
/// ```
/// use scalelab::algorithms::queueing::Bursts;
/// assert!(!Bursts::default().in_burst());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bursts {
    burst: bool,
    /// Seconds until the state changes; 0: to be drawn.
    left: f64,
}

impl Bursts {
    /// Rate in a burst over the mean rate.
    pub const FACTOR: f64 = 4.0;
    /// Mean length of a burst, in seconds.
    pub const BURST: f64 = 1.0;
    /// Mean length of the calm between two, in seconds.
    pub const CALM: f64 = 9.0;

    /// Whether it is in a burst.
    #[must_use]
    pub fn in_burst(&self) -> bool {
        self.burst
    }

    /// Rate over the mean rate, in the state that it is in.
    #[must_use]
    pub fn factor(&self) -> f64 {
        let whole = Self::BURST + Self::CALM;
        if self.burst { Self::FACTOR } else { (whole - Self::FACTOR * Self::BURST) / Self::CALM }
    }
}

impl Arrivals {
    /// Seconds to the next arrival at a mean rate a second; `None` when the rate is 0 or no number.
    /// O(1); with bursts, O(changes of state), which for rates far below one a second may be many.
    pub fn gap<R: Rng + ?Sized>(&mut self, rate: f64, rng: &mut R) -> Option<f64> {
        let positive = rate > 0.0 && rate.is_finite();
        if !positive {
            return None;
        }
        Some(match self {
            Self::Poisson => exponential(rng) / rate,
            Self::Even => 1.0 / rate,
            Self::Bursty(bursts) => {
                // Work until the next arrival, in mean gaps; a state does factor·rate of it a second.
                let (mut work, mut passed) = (exponential(rng), 0.0);
                for _ in 0..100_000 {
                    if bursts.left <= 0.0 {
                        bursts.left = exponential(rng) * if bursts.burst { Bursts::BURST } else { Bursts::CALM };
                    }
                    let here = rate * bursts.factor();
                    if work <= here * bursts.left {
                        let gap = work / here;
                        bursts.left -= gap;
                        return Some(passed + gap);
                    }
                    work -= here * bursts.left;
                    passed += bursts.left;
                    bursts.left = 0.0;
                    bursts.burst = !bursts.burst;
                }
                passed
            }
        })
    }
}
