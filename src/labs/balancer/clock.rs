//! Two times: the lab's (what the time line counts) and the simulated system's.
//!
//! The lab shows requests in slow motion, and long runs in time lapse. Both are stretches of lab time in which
//! the system's time passes at some pace; after the last stretch it passes at [`PACE`].

use std::collections::VecDeque;

use crate::engine::Micros;
use crate::sim::{Duration, Time};

/// System time over lab time while nothing else is asked: slow motion, ten times slower.
pub const PACE: (u64, u64) = (1, 10);
/// In time lapse, the model is looked at this often in lab time.
const LAPSE_TICK: Micros = 2_000;

/// A stretch of lab time with one pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    lab_from: Micros,
    lab_until: Micros,
    system_from: Time,
    /// System time of the whole stretch over its lab time.
    pace: (u64, u64),
}

impl Stretch {
    fn system_at(&self, lab: Micros) -> Time {
        let passed = u128::from(lab.saturating_sub(self.lab_from)) * u128::from(self.pace.0) / u128::from(self.pace.1);
        self.system_from + Duration::from_micros(u64::try_from(passed).unwrap_or(u64::MAX))
    }

    /// The earliest lab time at which `system_at` is not before `system`.
    fn lab_at(&self, system: Time) -> Micros {
        let ahead = u128::from((system - self.system_from).as_micros()) * u128::from(self.pace.1);
        let lab = u64::try_from(ahead.div_ceil(u128::from(self.pace.0.max(1)))).unwrap_or(u64::MAX);
        self.lab_from.saturating_add(lab)
    }
}

/// Maps lab time to system time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clock {
    stretches: VecDeque<Stretch>,
}

impl Default for Clock {
    fn default() -> Self {
        let first = Stretch { lab_from: 0, lab_until: Micros::MAX, system_from: Time::ZERO, pace: PACE };
        Self { stretches: VecDeque::from([first]) }
    }
}

impl Clock {
    /// From `lab` on, where the system's time is `system`: the given (system time, lab time) stretches one after the
    /// other, then the usual pace.
    pub fn plan(&mut self, lab: Micros, system: Time, stretches: &[(Duration, Micros)]) {
        let mut system_from = system;
        let mut lab_from = lab;
        self.stretches.clear();
        for (system, length) in stretches.iter().filter(|(_, length)| *length > 0) {
            let lab_until = lab_from.saturating_add(*length);
            self.stretches.push_back(Stretch { lab_from, lab_until, system_from, pace: (system.as_micros(), *length) });
            system_from += *system;
            lab_from = lab_until;
        }
        self.stretches.push_back(Stretch { lab_from, lab_until: Micros::MAX, system_from, pace: PACE });
    }

    fn stretch(&self, lab: Micros) -> Option<&Stretch> {
        self.stretches.iter().find(|s| lab < s.lab_until).or_else(|| self.stretches.back())
    }

    /// System time at a lab time.
    pub fn system_at(&self, lab: Micros) -> Time {
        self.stretch(lab).map_or(Time::ZERO, |s| s.system_at(lab))
    }

    /// The lab time at which something due at a system time is looked at; later than `now` if it is not due yet.
    pub fn lab_at(&self, system: Time) -> Micros {
        for stretch in &self.stretches {
            let lab = stretch.lab_at(system);
            if lab < stretch.lab_until {
                let lapse = stretch.pace.0 > stretch.pace.1;
                return if lapse { (lab.div_ceil(LAPSE_TICK) * LAPSE_TICK).min(stretch.lab_until) } else { lab };
            }
        }
        Micros::MAX
    }

    /// System time over lab time at a lab time.
    pub fn pace(&self, lab: Micros) -> f64 {
        self.stretch(lab).map_or(0.1, |s| s.pace.0 as f64 / s.pace.1 as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_is_due_and_no_earlier() {
        let mut clock = Clock::default();
        let (at, long) = (Time::from_micros, Duration::from_micros);
        clock.plan(1_000_003, at(100_000), &[(long(50_000), 500_000), (long(19_950_000), 2_500_000)]);
        assert_eq!(clock.system_at(1_000_003), at(100_000));
        assert_eq!(clock.system_at(4_000_003), at(20_100_000));
        for system in (100_001..20_300_000).step_by(77_777).map(at) {
            let lab = clock.lab_at(system);
            assert!(clock.system_at(lab) >= system, "{system} at {lab}");
            if clock.pace(lab - 1) < 1.0 {
                assert!(clock.system_at(lab - 1) < system);
            }
        }
        let times: Vec<Time> = (0..6_000_000).step_by(9_999).map(|lab| clock.system_at(lab)).collect();
        assert!(times.windows(2).skip(101).all(|w| w[0] <= w[1]));
    }
}
