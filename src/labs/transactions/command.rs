//! The transactions lab's commands and keys.

use clap::{Subcommand, ValueEnum};

use crate::algorithms::locks::{Mode, Prevention, Victim};
use crate::algorithms::transactions::{Phenomenon, Policy, Protocol};
use crate::engine::ranges::{self, Integers, Within};
use crate::labs::KeyBinding;

/// Largest value of a row, and of what is added at once: sums of a whole run do not overflow.
pub const MAX_VALUE: i64 = 1_000_000_000_000;

/// Most orders that an exploration runs.
pub const MOST_ORDERS: u64 = 200_000;

/// What a row, or a part of a sum, may be.
fn values(what: &'static str) -> Integers<i64> {
    ranges::integers(what, -MAX_VALUE..=MAX_VALUE)
}

/// What one can do to transactions, rows and the rules between them.
#[derive(Subcommand, Clone, Debug, PartialEq)]
pub enum TransactionsCommand {
    /// Run transactions by another protocol: starts afresh
    Protocol {
        /// The protocol
        #[arg(value_enum, value_name = "PROTOCOL")]
        protocol: ProtocolName,
    },
    /// What is done about deadlocks: starts afresh
    Policy {
        /// The policy
        #[arg(value_enum, value_name = "POLICY")]
        policy: PolicyName,
        /// For postgres and timeout: how long one waits first, in seconds
        #[arg(long, value_name = "S", within = ranges::decimals("the time that one waits first", 0.001..=3_600.0))]
        after: Option<f64>,
    },
    /// Start afresh with these values in the rows x, y, z, w, u, v
    Rows {
        /// Up to six values; rows without one do not exist yet
        #[arg(value_name = "VALUE", required = true, num_args = 1..=6, within = values("a row's value"))]
        values: Vec<i64>,
    },
    /// Start afresh with the same protocol and rows
    Reset,
    /// Begin a transaction: its snapshot and timestamp are taken now
    Begin {
        /// Its name: T1 to T40
        #[arg(value_name = "NEW_T")]
        tx: String,
        /// An aborted one whose age it takes over
        #[arg(long, value_name = "ABORTED_T")]
        again: Option<String>,
    },
    /// Read a row
    Read {
        /// The transaction; it begins if it is new
        #[arg(value_name = "T")]
        tx: String,
        /// The row
        #[arg(value_name = "ROW")]
        row: String,
        /// Lock the row as a write would
        #[arg(long)]
        for_update: bool,
    },
    /// Update a row to a value, as `UPDATE … SET v = 5`; nothing happens if the row is not there
    #[command(visible_alias = "update")]
    Write {
        /// The transaction; it begins if it is new
        #[arg(value_name = "T")]
        tx: String,
        /// The row
        #[arg(value_name = "ROW")]
        row: String,
        /// The value
        #[arg(value_name = "VALUE", within = values("the value"))]
        value: i64,
    },
    /// Update a row to what the transaction last saw there, plus N; if it has not seen it, as with `--in-place`
    Add {
        /// The transaction; it begins if it is new
        #[arg(value_name = "T")]
        tx: String,
        /// The row
        #[arg(value_name = "ROW")]
        row: String,
        /// What is added
        #[arg(value_name = "N", within = values("what is added"))]
        by: i64,
        /// In one statement, as `UPDATE … SET v = v + N`: to the row's newest value, whatever the transaction saw
        #[arg(long)]
        in_place: bool,
    },
    /// Insert a row, as `INSERT`; the transaction is aborted if the row exists
    Insert {
        /// The transaction; it begins if it is new
        #[arg(value_name = "T")]
        tx: String,
        /// The row
        #[arg(value_name = "ROW")]
        row: String,
        /// Its value
        #[arg(value_name = "VALUE", within = values("the value"))]
        value: i64,
    },
    /// Delete a row, as `DELETE`; nothing happens if the row is not there
    Delete {
        /// The transaction; it begins if it is new
        #[arg(value_name = "T")]
        tx: String,
        /// The row
        #[arg(value_name = "ROW")]
        row: String,
    },
    /// Read all rows, or those that match
    Scan {
        /// The transaction; it begins if it is new
        #[arg(value_name = "T")]
        tx: String,
        /// Only rows of at least this value
        #[arg(long, value_name = "N", conflicts_with = "multiple_of", within = values("the least value"))]
        at_least: Option<i64>,
        /// Only rows whose value is a multiple of this
        #[arg(long, value_name = "N", within = ranges::integers("the divisor", 1..=MAX_VALUE))]
        multiple_of: Option<i64>,
    },
    /// Lock a row by hand; under `2pl` the table or the database, too
    Lock {
        /// The transaction; it begins if it is new
        #[arg(value_name = "T")]
        tx: String,
        /// `database`, `table` or a row
        #[arg(value_name = "RESOURCE")]
        resource: String,
        /// The mode
        #[arg(value_enum, value_name = "MODE")]
        mode: ModeName,
    },
    /// Make all writes of a transaction last
    Commit {
        /// The transaction
        #[arg(value_name = "T")]
        tx: String,
    },
    /// Undo all writes of a transaction
    Abort {
        /// The transaction
        #[arg(value_name = "T")]
        tx: String,
    },
    /// Load the transactions that can show an anomaly; you are the scheduler: `step T1`, `step T2` …
    Load {
        /// The anomaly
        #[arg(value_enum, value_name = "ANOMALY")]
        anomaly: Anomaly,
    },
    /// Load them, and run them in the order that shows the anomaly where nothing prevents it
    Play {
        /// The anomaly; without, the order that `explore` found
        #[arg(value_enum, value_name = "ANOMALY")]
        anomaly: Option<Anomaly>,
    },
    /// The next operation of the loaded transactions
    Step {
        /// Whose; if nobody is named, whoever is next
        #[arg(value_name = "T")]
        tx: Option<String>,
    },
    /// Run what was run so far once more in the same order, with something made better
    Fix {
        /// What is made better
        #[arg(value_enum, value_name = "WAY")]
        way: Fix,
    },
    /// Run these transactions in every order there is
    Explore {
        /// Stop after N orders
        #[arg(long, value_name = "N", default_value_t = 4_000, within = ranges::integers("the bound", 1..=MOST_ORDERS))]
        bound: u64,
    },
    /// The anomaly table: every case in every order under every protocol
    Table,
    /// Run the same job pessimistically and optimistically while contention grows
    Contention {
        /// Clients that run jobs at the same time
        #[arg(long, value_name = "N", default_value_t = 16, within = ranges::integers("clients", 1..=200_u64))]
        clients: u64,
        /// Operations that run at the same time
        #[arg(long, value_name = "N", default_value_t = 4, within = ranges::integers("cores", 1..=64_u64))]
        cores: u64,
        /// Rows that a job touches; it writes half of them, rounded up
        #[arg(long, value_name = "N", default_value_t = 4, within = ranges::integers("rows per job", 1..=4_u64))]
        touch: u64,
        /// Simulated milliseconds at each level of contention
        #[arg(long, value_name = "MS", default_value_t = 100, within = ranges::integers("milliseconds", 1..=2_000_u64))]
        ms: u64,
        /// Jobs touch their rows in any order, so that locks deadlock; otherwise all in the same order
        #[arg(long)]
        unordered: bool,
    },
    /// Let time pass
    Wait {
        /// Seconds
        #[arg(value_name = "S", within = ranges::decimals("the time to wait", 0.0..=3_600.0))]
        seconds: f64,
    },
}

macro_rules! named {
    ($name:ident, $what:literal, $of:ty; $($(#[$doc:meta])* $variant:ident = $text:literal => $value:expr,)*) => {
        #[doc = $what]
        #[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$doc])* #[value(name = $text)] $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name as one types it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// What it stands for.
            pub fn value(self) -> $of {
                match self { $(Self::$variant => $value,)* }
            }
        }
    };
}

named! { ProtocolName, "A protocol, as one types it.", Protocol;
    /// No control at all
    Nothing = "none" => Protocol::Nothing,
    /// Reads see what is committed; writes lock their row
    ReadCommitted = "read-committed" => Protocol::ReadCommitted,
    /// Strict two-phase locking of rows only
    RowLocks = "row-locks" => Protocol::RowLocks,
    /// Strict two-phase locking; scans lock the table
    TwoPhase = "2pl" => Protocol::TwoPhase,
    /// Strict timestamp ordering
    Timestamps = "timestamps" => Protocol::Timestamps,
    /// Timestamp ordering with Thomas's write rule
    Thomas = "thomas" => Protocol::Thomas,
    /// Optimistic: validates at commit
    Optimistic = "optimistic" => Protocol::Optimistic,
    /// Snapshot isolation
    Snapshot = "snapshot" => Protocol::Snapshot,
    /// Serializable snapshot isolation
    Serializable = "serializable" => Protocol::Serializable,
}

impl ProtocolName {
    /// The name of a protocol.
    pub fn of(protocol: Protocol) -> &'static str {
        Self::ALL.iter().find(|p| p.value() == protocol).map_or("", |p| p.name())
    }
}

/// How long PostgreSQL waits before it looks for a deadlock, in microseconds.
pub const PATIENCE_US: u64 = 1_000_000;

named! { PolicyName, "A policy, as one types it.", Policy;
    /// Let deadlocks stand
    Ignore = "ignore" => Policy::Ignore,
    /// Abort the one that closes the cycle
    Requester = "requester" => Policy::Detect(Victim::Requester),
    /// Abort the youngest of the cycle
    Youngest = "youngest" => Policy::Detect(Victim::Youngest),
    /// Abort the oldest of the cycle
    Oldest = "oldest" => Policy::Detect(Victim::Oldest),
    /// Abort the one that has written least, as InnoDB does
    Smallest = "smallest" => Policy::Detect(Victim::Smallest),
    /// Abort the one with the fewest locks
    FewestLocks = "fewest-locks" => Policy::Detect(Victim::FewestLocks),
    /// Who has waited one second looks for a cycle, and goes
    Postgres = "postgres" => Policy::DetectAfter(PATIENCE_US),
    /// Who has waited one second gives up, cycle or not
    Timeout = "timeout" => Policy::Timeout(PATIENCE_US),
    /// Old waits for young; young dies
    WaitDie = "wait-die" => Policy::Prevent(Prevention::WaitDie),
    /// Old wounds young; young waits
    WoundWait = "wound-wait" => Policy::Prevent(Prevention::WoundWait),
    /// Nobody waits
    NoWait = "no-wait" => Policy::Prevent(Prevention::NoWait),
}

impl PolicyName {
    /// The name of a policy, whatever its patience.
    pub fn of(policy: Policy) -> &'static str {
        let same = |p: &&Self| match (p.value(), policy) {
            (Policy::DetectAfter(_), Policy::DetectAfter(_)) | (Policy::Timeout(_), Policy::Timeout(_)) => true,
            (a, b) => a == b,
        };
        Self::ALL.iter().find(same).map_or("", |p| p.name())
    }
}

named! { ModeName, "A lock mode, as one types it.", Mode;
    /// Intention shared
    IS = "IS" => Mode::IS,
    /// Intention exclusive
    IX = "IX" => Mode::IX,
    /// Shared
    S = "S" => Mode::S,
    /// Shared with intention exclusive
    Six = "SIX" => Mode::SIX,
    /// Exclusive
    X = "X" => Mode::X,
}

named! { Anomaly, "An anomaly, as one types it.", Phenomenon;
    /// Each writes over what the other has written (G0)
    DirtyWrite = "dirty-write" => Phenomenon::DirtyWrite,
    /// Reads what is undone later (G1a)
    DirtyRead = "dirty-read" => Phenomenon::DirtyRead,
    /// Reads what its writer overwrites later (G1b)
    IntermediateRead = "intermediate-read" => Phenomenon::IntermediateRead,
    /// Each reads what the other wrote (G1c)
    CircularFlow = "circular-flow" => Phenomenon::CircularFlow,
    /// Sees a transaction, and then does not (OTV)
    Vanishing = "vanishing" => Phenomenon::Vanishing,
    /// Reads a row twice, and it has changed (P2)
    FuzzyRead = "fuzzy-read" => Phenomenon::FuzzyRead,
    /// Looks for rows twice, and one has come (PMP)
    Phantom = "phantom" => Phenomenon::Phantom,
    /// Overwrites what it has not seen (P4)
    LostUpdate = "lost-update" => Phenomenon::LostUpdate,
    /// Sees one row before and one after a change of both (G-single)
    ReadSkew = "read-skew" => Phenomenon::ReadSkew,
    /// Each reads what the other changes (G2-item)
    WriteSkew = "write-skew" => Phenomenon::WriteSkew,
    /// The same with rows that a scan did not find (G2)
    PhantomSkew = "phantom-skew" => Phenomenon::PhantomSkew,
    /// All is well, but for one that only reads
    ReadOnly = "read-only" => Phenomenon::ReadOnly,
}

impl Anomaly {
    /// The name of a phenomenon, as one types it.
    pub fn of(phenomenon: Phenomenon) -> &'static str {
        Self::ALL.iter().find(|a| a.value() == phenomenon).map_or("", |a| a.name())
    }
}

/// What `fix` makes better.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Reads of rows that the transaction writes later lock them at once (`SELECT … FOR UPDATE`)
    ForUpdate,
    /// All reads lock their row as a write would
    Promote,
    /// Every addition becomes one statement, `UPDATE … SET v = v + N`, and the read before it goes
    InPlace,
    /// Every transaction touches its rows in the order x, y, z, w, u, v
    Order,
    /// The protocol becomes two-phase locking
    #[value(name = "2pl")]
    TwoPhase,
    /// The protocol becomes serializable snapshot isolation
    Serializable,
}

/// The lab's own keys.
pub const KEYS: &[KeyBinding] = &[
    KeyBinding { key: 's', command: "step", label: "next operation" },
    KeyBinding { key: 'a', command: "step T1", label: "T1 goes on" },
    KeyBinding { key: 'b', command: "step T2", label: "T2 goes on" },
    KeyBinding { key: 'p', command: "play ", label: "play anomaly" },
    KeyBinding { key: 'o', command: "protocol ", label: "protocol" },
    KeyBinding { key: 'd', command: "policy ", label: "deadlocks" },
    KeyBinding { key: 'f', command: "fix ", label: "fix" },
    KeyBinding { key: 'e', command: "explore", label: "every order" },
    KeyBinding { key: 't', command: "table", label: "anomaly table" },
    KeyBinding { key: 'c', command: "contention", label: "contention" },
];
