//! Health checks with rise and fall.

/// The health of one server as a balancer sees it: down after `fall` failed checks in a row, up again after
/// `rise` passed ones. O(1). Source: HAProxy, `check.c`; its defaults are every 2 s, fall 3, rise 2.
///
/// ```
/// use scalelab::algorithms::balance::{Health, HealthChange};
/// let mut health = Health::default();
/// assert_eq!([false, false, true, false, false].map(|ok| health.check(ok)), [None; 5]);
/// assert_eq!(health.check(false), Some(HealthChange::Down)); // the third in a row
/// assert_eq!([true, true].map(|ok| health.check(ok)), [None, Some(HealthChange::Up)]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    rise: u32,
    fall: u32,
    up: bool,
    /// Checks in a row that speak against the present state.
    against: u32,
}

/// What a check changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HealthChange {
    /// The server counts as down from now on.
    Down,
    /// It counts as up again.
    Up,
}

impl Health {
    /// Time between checks, in microseconds: HAProxy's default.
    pub const INTERVAL_US: u64 = 2_000_000;

    /// Up, with these thresholds; 0 counts as 1.
    #[must_use]
    pub fn new(rise: u32, fall: u32) -> Self {
        Self { rise: rise.max(1), fall: fall.max(1), up: true, against: 0 }
    }

    /// Whether the server counts as up.
    #[must_use]
    pub fn up(&self) -> bool {
        self.up
    }

    /// (checks in a row that speak against the present state, how many it takes).
    #[must_use]
    pub fn progress(&self) -> (u32, u32) {
        (self.against, if self.up { self.fall } else { self.rise })
    }

    /// Takes the result of one check.
    pub fn check(&mut self, passed: bool) -> Option<HealthChange> {
        if passed == self.up {
            self.against = 0;
            return None;
        }
        self.against += 1;
        let (against, needed) = self.progress();
        if against < needed {
            return None;
        }
        self.against = 0;
        self.up = !self.up;
        Some(if self.up { HealthChange::Up } else { HealthChange::Down })
    }
}

impl Default for Health {
    fn default() -> Self {
        Self::new(2, 3)
    }
}
