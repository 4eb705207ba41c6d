//! The plain timeout.

/// Suspects a machine when its last heartbeat is longer ago than a timeout.
///
/// ```
/// use scalelab::algorithms::detector::Fixed;
/// let mut detector = Fixed::new(3_000_000);
/// detector.heartbeat(1_000_000);
/// assert!(!detector.suspects(4_000_000));
/// assert!(detector.suspects(4_000_001));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fixed {
    timeout_us: u64,
    last_us: Option<u64>,
}

impl Fixed {
    /// A detector with this timeout, in microseconds. It suspects nobody before the first heartbeat.
    #[must_use]
    pub fn new(timeout_us: u64) -> Self {
        Self { timeout_us, last_us: None }
    }

    /// A heartbeat came.
    ///
    /// ```
    /// let mut detector = scalelab::algorithms::detector::Fixed::new(5);
    /// detector.heartbeat(10);
    /// assert_eq!(detector.suspects_at(), Some(16));
    /// ```
    pub fn heartbeat(&mut self, now_us: u64) {
        self.last_us = Some(now_us);
    }

    /// Whether the machine is suspected now.
    ///
    /// ```
    /// assert!(!scalelab::algorithms::detector::Fixed::new(5).suspects(1_000));
    /// ```
    pub fn suspects(&self, now_us: u64) -> bool {
        self.suspects_at().is_some_and(|at| now_us >= at)
    }

    /// The first moment at which it will be suspected if no heartbeat comes.
    ///
    /// ```
    /// assert_eq!(scalelab::algorithms::detector::Fixed::new(5).suspects_at(), None);
    /// ```
    pub fn suspects_at(&self) -> Option<u64> {
        Some(self.last_us?.saturating_add(self.timeout_us).saturating_add(1))
    }

    /// The chance that a heartbeat interval ends in a false alarm when each heartbeat is lost with the chance
    /// `loss` and they are sent every `interval_us`: so many in a row must be lost that the timeout runs out.
    ///
    /// ```
    /// use scalelab::algorithms::detector::Fixed;
    /// // 3.5 s hold three heartbeats of 1 s: all three must be lost.
    /// assert!((Fixed::new(3_500_000).false_alarm(0.1, 1_000_000) - 0.001).abs() < 1e-12);
    /// ```
    pub fn false_alarm(&self, loss: f64, interval_us: u64) -> f64 {
        let held = self.timeout_us / interval_us.max(1);
        loss.clamp(0.0, 1.0).powi(i32::try_from(held).unwrap_or(i32::MAX))
    }
}
