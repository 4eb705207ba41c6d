//! The ring lab's commands and keys.

use clap::Subcommand;

use crate::algorithms::placement::Strategy;
use crate::engine::input::MAX_LINES;
use crate::engine::ranges::{self, Within};
use crate::labs::KeyBinding;

/// Most nodes.
pub const MAX_NODES: usize = 1_000;
/// Heaviest node.
const MAX_WEIGHT: u32 = 1_000;
/// Most virtual nodes per unit of weight.
const MAX_VNODES: u32 = 10_000;

/// What one can do to the nodes, the keys and the way keys are placed.
#[derive(Subcommand, Clone, Debug, PartialEq)]
pub enum RingCommand {
    /// Add a node: it takes its share of the keys
    Add {
        /// Name of the new node
        #[arg(value_name = "NEW_NODE")]
        node: String,
        /// Its weight: twice the weight, twice the keys
        #[arg(long, short, default_value_t = 1, value_name = "W", within = ranges::integers("the weight", 1..=MAX_WEIGHT))]
        weight: u32,
    },
    /// Take a node out for good: its keys move to the others
    Remove {
        /// Name of the node
        #[arg(value_name = "NODE")]
        node: String,
    },
    /// Make a node fail: it stays on the ring, but serves nothing until it recovers
    Fail {
        /// Name of the node
        #[arg(value_name = "NODE")]
        node: String,
    },
    /// Bring a failed node back: its keys come back to it
    Recover {
        /// Name of the node
        #[arg(value_name = "NODE")]
        node: String,
    },
    /// Give each node N virtual nodes (points on the ring) per unit of weight
    Vnodes {
        /// Points per unit of weight; 100 to 200 are common
        #[arg(value_name = "N", within = ranges::integers("virtual nodes", 1..=MAX_VNODES))]
        count: u32,
    },
    /// Place the keys in another way
    Strategy {
        /// The way
        #[arg(value_enum, value_name = "STRATEGY")]
        strategy: Strategy,
    },
    /// Keep each key on N different nodes
    Replicas {
        /// Copies of each key; 3 are common
        #[arg(value_name = "N", within = ranges::integers("copies of each key", 1..=MAX_NODES as u32))]
        count: u32,
    },
    /// Use the first N keys
    Keys {
        /// Number of keys
        #[arg(value_name = "N", within = ranges::integers("the number of keys", 1..=MAX_LINES as u64))]
        count: u64,
    },
    /// Skew the traffic: 0 asks for all keys alike, 1 makes a few keys hot (Zipf's law)
    Zipf {
        /// Zipf's exponent; real traffic is often near 1
        #[arg(value_name = "S", within = ranges::decimals("the exponent of Zipf's law", 0.0..=4.0))]
        exponent: f64,
    },
    /// Bounded loads: no node may take more than C times the mean (`strategy bounded`)
    Bound {
        /// Load limit over mean load, e.g. 1.25
        #[arg(value_name = "C", within = ranges::decimals("the bound", 1.01..=100.0))]
        limit: f64,
    },
    /// Follow one key to its owner, or look at one node
    Inspect {
        /// A key, any text, or the name of a node
        #[arg(value_name = "KEY")]
        key: String,
    },
    /// Run a second strategy beside the first, through the same events
    Compare {
        /// The second strategy
        #[arg(value_enum, value_name = "STRATEGY")]
        strategy: Strategy,
    },
    /// Serve one request: pick a key by its popularity and look up its node
    Step,
}

/// The lab's own keys.
pub const KEYS: &[KeyBinding] = &[
    KeyBinding { key: 'a', command: "add ", label: "add node" },
    KeyBinding { key: 'd', command: "remove ", label: "remove node" },
    KeyBinding { key: 'f', command: "fail ", label: "fail node" },
    KeyBinding { key: 'c', command: "recover ", label: "recover node" },
    KeyBinding { key: 's', command: "strategy ", label: "strategy" },
    KeyBinding { key: 'v', command: "vnodes ", label: "virtual nodes" },
    KeyBinding { key: 'i', command: "inspect ", label: "inspect key" },
    KeyBinding { key: 'z', command: "zipf ", label: "hot keys" },
    KeyBinding { key: 'm', command: "compare modulo", label: "compare with modulo" },
];
