//! Failure detectors: who is dead, judged by silence alone.
//!
//! No detector can tell a dead machine from a slow one over a network without time bounds (Fischer, Lynch and
//! Paterson, 1985; Chandra and Toueg, 1996); each trades time to detect against false alarms. All times are whole
//! microseconds of whatever clock the caller keeps; `now` must not run backwards.

mod fixed;
mod phi;
mod swim;

pub use fixed::Fixed;
pub use phi::{Phi, PhiKind, phi_akka, phi_cassandra};
pub use swim::{Swim, SwimEvent, SwimTuning, expected_first_detection};
