//! The failure lab's commands and keys.

use clap::{Subcommand, ValueEnum};

use super::plan::{Kind, MAX_MACHINES};
use super::soak::MAX_YEARS;
use super::times::Times;
use crate::engine::Micros;
use crate::engine::ranges::{self, Within as _};
use crate::labs::KeyBinding;

/// How long a machine can be paused, and how long one can wait.
const PAUSES: Times = Times { what: "a pause", range: (1_000, 120_000_000) };
const WAITS: Times = Times { what: "a wait", range: (1_000, 3_600_000_000) };

/// What one can do to the machines, to the links between them, and to the design.
#[derive(Subcommand, Clone, Debug, PartialEq)]
pub enum FailureCommand {
    /// Pull the plug: the machine stops at once and stays off until it is repaired
    Kill {
        /// A machine, a zone or a region
        #[arg(value_name = "PART")]
        target: String,
    },
    /// Bring back what is down, slow, lossy or cut; a primary of the past becomes a follower
    Repair {
        /// A machine, a zone, a region, or `all`
        #[arg(value_name = "BROKEN")]
        target: String,
    },
    /// Cut the link between two machines, tiers, zones or regions; both go on running
    Cut {
        /// One side
        #[arg(value_name = "PLACE")]
        a: String,
        /// The other side
        #[arg(value_name = "PLACE")]
        b: String,
        /// Only what goes from the first to the second is lost
        #[arg(long)]
        one_way: bool,
    },
    /// Cut a machine, a zone or a region off from all others, the lease's witness included; users still reach it
    Isolate {
        /// What is cut off
        #[arg(value_name = "PLACE")]
        target: String,
    },
    /// Join all links that were cut
    Heal,
    /// Gray failure: a machine answers, but F times slower
    Slow {
        /// The machine
        #[arg(value_name = "MACHINE")]
        machine: String,
        /// How many times slower; 1 is normal
        #[arg(value_name = "F", within = ranges::decimals("the factor", 1.0..=1_000.0))]
        factor: f64,
    },
    /// Gray failure: a machine loses a share of all that is sent to it and by it
    Lossy {
        /// The machine
        #[arg(value_name = "MACHINE")]
        machine: String,
        /// Share of the messages; 0 is none
        #[arg(value_name = "P", within = ranges::decimals("the share", 0.0..=1.0))]
        share: f64,
    },
    /// A machine stops for a while, as in a long garbage collection, and wakes up as if nothing had happened
    Pause {
        /// The machine
        #[arg(value_name = "MACHINE")]
        machine: String,
        /// For how long, e.g. 8s
        #[arg(value_name = "TIME", default_value = "8s", within = PAUSES)]
        time: Micros,
    },
    /// All of a zone goes down, or comes up again
    Zone {
        /// Down or up
        #[arg(value_enum, value_name = "STATE")]
        state: Power,
        /// The zone
        #[arg(value_name = "ZONE")]
        zone: String,
    },
    /// All of a region goes down, or comes up again
    Region {
        /// Down or up
        #[arg(value_enum, value_name = "STATE")]
        state: Power,
        /// The region
        #[arg(value_name = "REGION")]
        region: String,
    },
    /// Let everything fail at random, RATE times as fast as in life; 0 stops it
    Chaos {
        /// How many times faster than in life; 20000 turns a thousand hours into three minutes
        #[arg(value_name = "RATE", within = ranges::decimals("the rate", 0.001..=1e7).or(0.0))]
        rate: f64,
    },
    /// Live through so many years at once, failure by failure, and count the time down
    Soak {
        /// Years
        #[arg(value_name = "YEARS", within = ranges::integers("years", 2..=MAX_YEARS))]
        years: u64,
    },
    /// When a write counts as done
    Mode {
        /// How many copies must hold it
        #[arg(value_enum, value_name = "MODE")]
        mode: ModeName,
        /// `quorum`: members that must hold a write; a majority if not given
        #[arg(long, value_name = "W", within = ranges::integers("members of a quorum", 1..=MAX_MACHINES))]
        write: Option<usize>,
        /// `quorum`: members that a read asks; a majority if not given
        #[arg(long, value_name = "R", within = ranges::integers("members of a quorum", 1..=MAX_MACHINES))]
        read: Option<usize>,
    },
    /// How a machine is judged to be dead
    Detector {
        /// The way
        #[arg(value_enum, value_name = "DETECTOR")]
        detector: DetectorName,
        /// Seconds of silence for `fixed` (0.2 to 60), threshold for `phi` (0.5 to 16) and `cassandra` (0.1 to 16),
        /// whole periods of grace for `swim` (1 to 60)
        #[arg(value_name = "VALUE", within = ranges::decimals("the value", 0.1..=60.0))]
        value: Option<f64>,
    },
    /// Leases and fencing tokens: a primary that lost its lease cannot write
    Fencing {
        /// On or off
        #[arg(value_enum, value_name = "SWITCH")]
        switch: Switch,
    },
    /// How ready the machines are that stand by
    Standby {
        /// How ready
        #[arg(value_enum, value_name = "STANDBY")]
        standby: Standby,
    },
    /// Name the single points of failure
    Spofs,
    /// What would happen if this died? Nothing is changed
    WhatIf {
        /// A machine, a zone or a region
        #[arg(value_name = "PART")]
        target: String,
    },
    /// Send one request and follow it
    Step,
    /// Let time pass
    Wait {
        /// How long, e.g. 30s
        #[arg(value_name = "TIME", within = WAITS)]
        time: Micros,
    },
    /// Build another architecture; everything starts anew
    Build {
        /// Which one
        #[arg(value_enum, value_name = "ARCHITECTURE")]
        architecture: Architecture,
    },
    /// Add a component with one machine, between others
    Add {
        /// Its name
        #[arg(value_name = "NEW")]
        name: String,
        /// What it does
        #[arg(value_enum, value_name = "KIND")]
        kind: Kind,
        /// Who depends on it; with none, users begin at it
        #[arg(value_name = "TIER")]
        before: Option<String>,
    },
    /// Let one component depend on another
    Connect {
        /// Who depends
        #[arg(value_name = "TIER")]
        from: String,
        /// On whom
        #[arg(value_name = "TIER")]
        to: String,
        /// It is enough to have this one instead of that one
        #[arg(long, value_name = "TIER")]
        instead_of: Option<String>,
    },
    /// Let one component no longer depend on another
    Disconnect {
        /// Who depends
        #[arg(value_name = "TIER")]
        from: String,
        /// On whom
        #[arg(value_name = "TIER")]
        to: String,
    },
    /// Give a component one machine more
    Replicate {
        /// The component
        #[arg(value_name = "TIER")]
        tier: String,
        /// The zone of the new machine, or a new name for a new zone; if not given, where it brings most
        #[arg(value_name = "ZONE")]
        zone: Option<String>,
    },
    /// Move a machine to another zone
    Place {
        /// The machine
        #[arg(value_name = "MACHINE")]
        machine: String,
        /// The zone; a new name makes a new zone in the same region
        #[arg(value_name = "ZONE")]
        zone: String,
    },
    /// Take a machine out, with its component if it is the last
    Remove {
        /// The machine
        #[arg(value_name = "MACHINE")]
        machine: String,
    },
}

/// Whether a place has power.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// Nothing in it works
    Down,
    /// It works again
    Up,
}

/// On or off.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// On
    On,
    /// Off
    Off,
}

/// When a write counts as done.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModeName {
    /// When all followers that are not known to be dead hold it
    Sync,
    /// When the primary holds it
    Async,
    /// When the primary and one follower hold it
    Semi,
    /// When W members hold it; reads ask R
    Quorum,
}

/// How a machine is judged to be dead.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetectorName {
    /// No heartbeat for so many seconds
    Fixed,
    /// Phi accrual, as in Akka: how unlikely is the silence?
    Phi,
    /// Phi accrual, as in Cassandra
    Cassandra,
    /// SWIM: machines ping each other, directly and through others
    Swim,
}

/// How ready the machines are that stand by.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standby {
    /// Off: it must boot and read the last backup
    Cold,
    /// On and receiving the log, but it must start the service
    Warm,
    /// On and up to date
    Hot,
}

impl Standby {
    /// The name as one types it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Warm => "warm",
            Self::Hot => "hot",
        }
    }

    /// Time to take over, in microseconds.
    pub fn promotion_us(self) -> u64 {
        match self {
            Self::Cold => 60_000_000,
            Self::Warm => 10_000_000,
            Self::Hot => 1_000_000,
        }
    }

    /// Cost of a machine that stands by, as a share of one that serves.
    pub fn cost(self) -> f64 {
        match self {
            Self::Cold => 0.2,
            Self::Warm => 0.6,
            Self::Hot => 1.0,
        }
    }
}

/// The built-in architectures.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// Everything on one machine
    Single,
    /// The database on a machine of its own
    Database,
    /// A balancer before two web servers
    Balancer,
    /// Three tiers, each machine twice, in two zones
    Tiers,
    /// Three database machines in three zones
    ThreeZones,
    /// Two regions behind DNS
    TwoRegions,
}

/// The lab's own keys.
pub const KEYS: &[KeyBinding] = &[
    KeyBinding { key: 'x', command: "kill ", label: "kill" },
    KeyBinding { key: 'f', command: "repair all", label: "repair all" },
    KeyBinding { key: 'w', command: "what-if ", label: "what if" },
    KeyBinding { key: 's', command: "spofs", label: "single points" },
    KeyBinding { key: 'a', command: "replicate ", label: "replicate" },
    KeyBinding { key: 'p', command: "place ", label: "place" },
    KeyBinding { key: 'b', command: "build ", label: "build" },
    KeyBinding { key: 'm', command: "mode ", label: "mode" },
    KeyBinding { key: 'd', command: "detector ", label: "detector" },
    KeyBinding { key: 'c', command: "cut ", label: "cut" },
    KeyBinding { key: 'e', command: "heal", label: "heal links" },
    KeyBinding { key: 'n', command: "step", label: "one request" },
    KeyBinding { key: 't', command: "soak 1000", label: "1,000 years" },
];
