//! Simulated time, in whole microseconds.

use std::fmt;
use std::ops::{Add, AddAssign, Div, Mul, Sub};

use serde::{Deserialize, Serialize};

/// A point in simulated time: whole microseconds since the simulation began. Arithmetic saturates, so
/// that no sum of a time and a duration ever wraps.
///
/// ```
/// use scalelab::sim::{Duration, Time};
/// let noon = Time::ZERO + Duration::from_secs(2);
/// assert_eq!(noon.as_micros(), 2_000_000);
/// assert_eq!(noon - Time::from_micros(1_500_000), Duration::from_millis(500));
/// assert_eq!(Time::ZERO - noon, Duration::ZERO); // never negative
/// assert_eq!(Time::MAX + Duration::from_secs(1), Time::MAX);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(u64);

/// A span of simulated time: whole microseconds, never negative. Arithmetic saturates.
///
/// ```
/// use scalelab::sim::Duration;
/// let hop = Duration::from_secs_f64(0.0015);
/// assert_eq!((hop.as_micros(), hop.as_millis_f64()), (1_500, 1.5));
/// assert_eq!(hop * 3 / 2, Duration::from_micros(2_250));
/// // What is no span of time is none.
/// assert_eq!((Duration::from_secs_f64(-1.0), Duration::from_secs_f64(f64::NAN)), (Duration::ZERO, Duration::ZERO));
/// assert_eq!(Duration::from_secs_f64(f64::INFINITY), Duration::MAX);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Duration(u64);

impl Time {
    /// When the simulation begins.
    pub const ZERO: Self = Self(0);
    /// Later than anything that happens.
    pub const MAX: Self = Self(u64::MAX);

    /// So many microseconds after the beginning.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the beginning.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Seconds since the beginning.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// Longer than any simulation.
    pub const MAX: Self = Self(u64::MAX);

    /// So many microseconds.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// So many milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000))
    }

    /// So many seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// So many seconds, rounded to the nearest microsecond; none for what is negative or no number.
    #[must_use]
    pub fn from_secs_f64(secs: f64) -> Self {
        // A cast saturates, and makes nothing of what is no number.
        Self((secs * 1e6).round() as u64)
    }

    /// Whole microseconds.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Milliseconds.
    #[must_use]
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e3
    }

    /// Seconds.
    #[must_use]
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Stretched by a factor, rounded to the nearest microsecond.
    ///
    /// ```
    /// use scalelab::sim::Duration;
    /// assert_eq!(Duration::from_micros(10).stretched(2.5), Duration::from_micros(25));
    /// ```
    #[must_use]
    pub fn stretched(self, factor: f64) -> Self {
        Self((self.0 as f64 * factor).round() as u64)
    }
}

impl Add<Duration> for Time {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Duration> for Time {
    fn add_assign(&mut self, span: Duration) {
        *self = *self + span;
    }
}

impl Sub for Time {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Sub<Duration> for Time {
    type Output = Self;
    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Duration {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Duration {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Mul<u64> for Duration {
    type Output = Self;
    fn mul(self, times: u64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

impl Div<u64> for Duration {
    type Output = Self;
    /// Whole microseconds; a division by zero is a division by one.
    fn div(self, parts: u64) -> Self {
        Self(self.0 / parts.max(1))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Duration(self.0), f)
    }
}

/// The largest unit in which it is at least one, for logs and failing tests.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            micros @ 0..1_000 => write!(f, "{micros} µs"),
            micros @ 1_000..1_000_000 => write!(f, "{} ms", micros as f64 / 1e3),
            micros => write!(f, "{} s", micros as f64 / 1e6),
        }
    }
}
