//! How the system is run: detector, leases, standby, replication; and what theory says a failover then takes.

use super::command::{ModeName, Standby};
use crate::algorithms::detector::{Phi, PhiKind, expected_first_detection};
use crate::algorithms::replication::Mode;

/// Time between two heartbeats, in microseconds.
pub const HEARTBEAT_US: u64 = 1_000_000;
/// How long a lease lasts after it was renewed, in microseconds.
pub const LEASE_US: u64 = 4_000_000;
/// Time that a vote or a failover script takes, in microseconds.
pub const ELECTION_US: u64 = 500_000;
/// Time until a client that lost its primary asks again, in microseconds.
pub const RECONNECT_US: u64 = 500_000;
/// Least time that a heartbeat is under way, in microseconds.
pub const DELAY_US: u64 = 10_000;
/// What chance adds to that on average, in microseconds.
pub const JITTER_US: u64 = 30_000;

/// How a machine is judged to be dead.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Detector {
    /// After so many microseconds of silence.
    Fixed(u64),
    /// Akka's phi, at a threshold.
    Phi(f64),
    /// Cassandra's phi, at a threshold.
    Cassandra(f64),
    /// SWIM, with so many periods of grace.
    Swim(u32),
}

impl Detector {
    /// As one types it.
    pub fn name(self) -> String {
        match self {
            Self::Fixed(us) => format!("fixed {}", us as f64 / 1e6),
            Self::Phi(threshold) => format!("phi {threshold}"),
            Self::Cassandra(threshold) => format!("cassandra {threshold}"),
            Self::Swim(periods) => format!("swim {periods}"),
        }
    }

    /// Silence until suspicion when heartbeats come every second, in microseconds; for SWIM with so many members,
    /// the time from a failure to its being declared, half a period more.
    fn silence_us(self, members: usize) -> u64 {
        let phi = |kind, threshold| {
            let mut phi = Phi::new(kind, threshold, HEARTBEAT_US);
            (0..=100).for_each(|beat| phi.heartbeat(beat * HEARTBEAT_US));
            phi.suspects_at().map_or(u64::MAX, |at| at - 100 * HEARTBEAT_US)
        };
        match self {
            Self::Fixed(us) => us,
            Self::Phi(threshold) => phi(PhiKind::Akka, threshold),
            Self::Cassandra(threshold) => phi(PhiKind::Cassandra, threshold),
            Self::Swim(grace) => {
                let first = expected_first_detection(members.saturating_sub(1).max(1) as u32);
                ((first + f64::from(grace)) * HEARTBEAT_US as f64) as u64
            }
        }
    }
}

/// How the system is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuning {
    /// How machines are judged to be dead.
    pub detector: Detector,
    /// Whether a primary needs a lease, and old ones are fenced off.
    pub fencing: bool,
    /// How ready the machines are that stand by.
    pub standby: Standby,
    /// When a write counts as done.
    pub mode: ModeName,
    /// Quorums, if they were given.
    pub quorum: (Option<usize>, Option<usize>),
}

impl Tuning {
    /// How it is run at first.
    pub fn usual() -> Self {
        Self {
            detector: Detector::Fixed(5_000_000),
            fencing: true,
            standby: Standby::Hot,
            mode: ModeName::Async,
            quorum: (None, None),
        }
    }

    /// The mode of a group of so many members.
    pub fn mode(&self, members: usize) -> Mode {
        let majority = members / 2 + 1;
        let fit = |given: Option<usize>| given.unwrap_or(majority).clamp(1, members.max(1));
        match self.mode {
            ModeName::Sync => Mode::Sync,
            ModeName::Async => Mode::Async,
            ModeName::Semi => Mode::Semi,
            ModeName::Quorum => Mode::Quorum { write: fit(self.quorum.0), read: fit(self.quorum.1) },
        }
    }

    /// What theory says the phases of a failover take on average: detection, decision, promotion, reconnect. Where
    /// all machines serve there is only detection. `machines` is how many there are in all: with SWIM they all watch.
    pub fn phases(&self, machines: usize, passive: bool) -> [u64; 4] {
        let silence = self.detector.silence_us(machines);
        // It fails half way between two heartbeats on average, and the last one was under way for a while.
        let detection = silence.saturating_sub(HEARTBEAT_US / 2).saturating_add(DELAY_US + JITTER_US);
        if !passive {
            return [detection, 0, 0, 0];
        }
        // The lease was renewed with the last heartbeat: what is left of it must run out.
        let lease = if self.fencing { LEASE_US.saturating_sub(silence) } else { 0 };
        [detection, lease.max(ELECTION_US), self.standby.promotion_us(), RECONNECT_US]
    }
}

impl ModeName {
    /// The name as one types it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Async => "async",
            Self::Semi => "semi",
            Self::Quorum => "quorum",
        }
    }
}
