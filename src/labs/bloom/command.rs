//! The bloom lab's commands and keys.

use clap::{Subcommand, ValueEnum};

use super::config::MAX_MEMORY;
use super::stock::BUILT_IN;
use crate::algorithms::bloom::MAX_HASHES;
use crate::engine::ranges::{self, Within};
use crate::labs::KeyBinding;

/// Most bits that fit into the memory of a filter.
const MOST_BITS: u64 = MAX_MEMORY * 8;
/// Most items that a filter can be designed for.
const MOST_ITEMS: u64 = 1_000_000_000;
/// Most requests of a scenario at once.
pub(super) const MOST_EVENTS: u64 = 1_000_000;

/// What one can do to the filter and the items.
#[derive(Subcommand, Clone, Debug, PartialEq)]
pub enum BloomCommand {
    /// Put an item in, or the next N of the set
    Insert {
        /// Any text; one with spaces in quotes
        #[arg(value_name = "ITEM", conflicts_with = "next", allow_hyphen_values = true)]
        item: Option<String>,
        /// Put in the next N items of the set
        #[arg(long, short, value_name = "N", within = ranges::integers("items to insert", 1..=BUILT_IN as u64))]
        next: Option<u64>,
    },
    /// Ask whether an item is in, or ask for the next N of the probes
    Query {
        /// Any text; one with spaces in quotes
        #[arg(value_name = "ITEM", conflicts_with = "next", allow_hyphen_values = true)]
        item: Option<String>,
        /// Ask for the next N probes, which were never put in
        #[arg(long, short, value_name = "N", within = ranges::integers("questions", 1..=BUILT_IN as u64))]
        next: Option<u64>,
    },
    /// Take one copy of an item out again (only `variant counting` can)
    Remove {
        /// An item that was put in
        #[arg(value_name = "MEMBER", allow_hyphen_values = true)]
        item: String,
    },
    /// Size the filter so that with N items its false-positive rate is at most P
    Design {
        /// Items that it must hold
        #[arg(value_name = "N", within = ranges::integers("the number of items N", 1..=MOST_ITEMS))]
        items: u64,
        /// False-positive rate, e.g. 0.01 for 1 %
        #[arg(value_name = "P", within = ranges::decimals("the false-positive rate P", 1e-12..=0.99))]
        rate: f64,
    },
    /// Give the filter M bits (or counters); all items are put in again
    Bits {
        /// Number of bits
        #[arg(value_name = "M", within = ranges::integers("bits", 1..=MOST_BITS))]
        count: u64,
    },
    /// Give each item K hashes; all items are put in again
    Hashes {
        /// Hashes for each item
        #[arg(value_name = "K", within = ranges::integers("hashes for each item", 1..=MAX_HASHES))]
        count: u32,
    },
    /// Use another kind of filter; all items are put in again
    Variant {
        /// The kind
        #[arg(value_enum, value_name = "VARIANT")]
        variant: Variant,
    },
    /// Forget all items and all counts, and begin with the first item again
    Clear,
    /// Show which items set each bit of an item; without ITEM, of the last false positive
    Why {
        /// Any text
        #[arg(value_name = "ITEM", allow_hyphen_values = true)]
        item: Option<String>,
    },
    /// Show which items set one bit
    Who {
        /// Number of the bit, from 0
        #[arg(value_name = "BIT", within = ranges::integers("the number of a bit", 0..=MOST_BITS - 1))]
        bit: u64,
    },
    /// Put the filter to work from an empty start: what does it save, what does a false positive cost?
    Scenario {
        /// The work
        #[arg(value_enum, value_name = "SCENARIO")]
        scenario: ScenarioKind,
        /// How many requests (or links) come at once [default: 1000, for the crawler enough to fill the filter]
        #[arg(long, short, value_name = "N", within = ranges::integers("requests at once", 1..=MOST_EVENTS))]
        events: Option<u64>,
    },
}

/// A kind of Bloom filter.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Variant {
    /// One row of bits
    Classic,
    /// Counters of 4 bits: items can be removed
    Counting,
    /// All bits of an item in one cache line
    Blocked,
    /// Grows by layers
    Scalable,
}

impl Variant {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 4] = [Self::Classic, Self::Counting, Self::Blocked, Self::Scalable];

    /// The name as one types it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classic => "classic",
            Self::Counting => "counting",
            Self::Blocked => "blocked",
            Self::Scalable => "scalable",
        }
    }

    /// What its cells are called.
    pub fn cell(self) -> &'static str {
        if self == Self::Counting { "counter" } else { "bit" }
    }
}

/// A job for a filter.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ScenarioKind {
    /// A crawler remembers which pages it has fetched
    Crawler,
    /// A table on disk: is the key in it, or can the read be spared?
    Database,
    /// A service behind a cache: does the name exist, or can the call be spared?
    Cache,
}

impl ScenarioKind {
    /// The name as one types it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crawler => "crawler",
            Self::Database => "database",
            Self::Cache => "cache",
        }
    }
}

/// The lab's own keys.
pub const KEYS: &[KeyBinding] = &[
    KeyBinding { key: 'i', command: "insert --next 1", label: "insert next" },
    KeyBinding { key: 'a', command: "query --next 1", label: "ask next" },
    KeyBinding { key: 'n', command: "insert --next ", label: "insert N" },
    KeyBinding { key: 'm', command: "query --next ", label: "ask N" },
    KeyBinding { key: 'w', command: "why", label: "why did it lie" },
    KeyBinding { key: 'd', command: "design ", label: "design" },
    KeyBinding { key: 'v', command: "variant ", label: "variant" },
    KeyBinding { key: 'x', command: "remove ", label: "remove" },
    KeyBinding { key: 's', command: "scenario ", label: "scenario" },
    KeyBinding { key: 'c', command: "clear", label: "clear" },
];
