//! The threads lab's commands and keys.

use clap::{Subcommand, ValueEnum};

use super::model::{MAX_BOUND, MAX_STEPS};
use super::search::MAX_RUNS;
use crate::algorithms::threads::{Grain, MAX_SOURCE};
use crate::engine::ranges::{self, Within};
use crate::labs::KeyBinding;

/// What one can do as the scheduler, and to the program.
#[derive(Subcommand, Clone, Debug, PartialEq)]
pub enum ThreadsCommand {
    /// Load a program: a built-in one, its fixed twin, or `own` for the one given with --program
    Load {
        /// Name of the program
        #[arg(value_name = "PROGRAM")]
        program: String,
    },
    /// Let a thread take one atomic step
    Step {
        /// Name of the thread, or its number from 1
        #[arg(value_name = "READY")]
        thread: String,
    },
    /// Let a thread run until it waits, is done, or has taken N steps
    Run {
        /// Name of the thread, or its number from 1
        #[arg(value_name = "READY")]
        thread: String,
        /// Most steps
        #[arg(long, default_value_t = 100, value_name = "N", within = ranges::integers("steps", 1..=MAX_STEPS as u64))]
        steps: u64,
    },
    /// Take the last step back
    Back,
    /// Go back to where the program begins
    Restart,
    /// Try every schedule: how many are there, and how many break the program? Again goes on, if it is not finished
    Explore {
        /// Most states to visit in all; without, 50,000 more than are known
        #[arg(long, value_name = "N", within = ranges::integers("the bound", 1..=MAX_BOUND))]
        bound: Option<u64>,
    },
    /// Play a schedule that the explorer found, from the start
    Play {
        /// What it leads to: break, good, deadlock, lost-update, spin, outcome-1, …
        #[arg(value_name = "RESULT")]
        result: String,
    },
    /// Run N random schedules, as a test that is repeated would
    Sample {
        /// How many
        #[arg(value_name = "N", within = ranges::integers("runs", 1..=MAX_RUNS))]
        runs: u64,
    },
    /// Load the fixed twin of a built-in program
    Fix,
    /// Put a new line of program text before a line
    Insert {
        /// Number of the line, from 1
        #[arg(value_name = "LINE", within = ranges::integers("the line", 1..=MAX_SOURCE as u64))]
        line: u64,
        /// The new line, in quotes
        #[arg(value_name = "TEXT")]
        text: String,
    },
    /// Replace a line of program text
    Replace {
        /// Number of the line, from 1
        #[arg(value_name = "LINE", within = ranges::integers("the line", 1..=MAX_SOURCE as u64))]
        line: u64,
        /// The new line, in quotes
        #[arg(value_name = "TEXT")]
        text: String,
    },
    /// Take a line of program text out
    Delete {
        /// Number of the line, from 1
        #[arg(value_name = "LINE", within = ranges::integers("the line", 1..=MAX_SOURCE as u64))]
        line: u64,
    },
    /// How finely statements are cut into steps
    Grain {
        /// The grain
        #[arg(value_enum, value_name = "GRAIN")]
        grain: GrainName,
    },
}

/// How finely statements are cut.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrainName {
    /// Every part is a step: read, add, write
    Parts,
    /// Only what others can see is a step: read, write
    Shared,
}

impl GrainName {
    /// The grain that it names.
    pub fn grain(self) -> Grain {
        match self {
            Self::Parts => Grain::Parts,
            Self::Shared => Grain::Shared,
        }
    }
}

/// The lab's own keys: the left hand steps.
pub const KEYS: &[KeyBinding] = &[
    KeyBinding { key: 'a', command: "step 1", label: "step 1st thread" },
    KeyBinding { key: 's', command: "step 2", label: "step 2nd" },
    KeyBinding { key: 'd', command: "step 3", label: "3rd, if any" },
    KeyBinding { key: 'z', command: "back", label: "take back" },
    KeyBinding { key: 'e', command: "explore", label: "explore all" },
    KeyBinding { key: 'p', command: "play ", label: "play a result" },
    KeyBinding { key: 'o', command: "load ", label: "load program" },
    KeyBinding { key: 'f', command: "fix", label: "load the fixed twin" },
    KeyBinding { key: 't', command: "restart", label: "restart program" },
];
