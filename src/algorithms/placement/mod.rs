//! Placement: which member of a group owns a key.
//!
//! All placements answer the same questions through [`Placement`], so that a lab can swap one for
//! another. A key is its 64-bit hash, see [`key_hash`](crate::algorithms::hash::key_hash).

mod any;
mod balance;
mod bounded;
mod envoy;
mod jump;
mod ketama;
mod maglev;
mod modulo;
mod rendezvous;
mod ring;
pub mod theory;

use std::collections::BTreeSet;

pub use any::{AnyPlacement, Strategy, Tuning};
pub use balance::Balance;
pub use bounded::{Assignment, BoundedRing};
pub use envoy::EnvoyRing;
pub use jump::{Jump, jump_hash};
pub use ketama::{Ketama, hashi};
pub use maglev::{DEFAULT_TABLE, MAX_TABLE, Maglev, maglev_table};
pub use modulo::Modulo;
pub use rendezvous::Rendezvous;
pub use ring::Ring;

/// The most points that a ring may have. A ring of that size takes up to 260 MB.
///
/// ```
/// use scalelab::algorithms::placement::{Member, PlacementError, Ring, MAX_POINTS};
/// let too_heavy = Member::new("a", 1_000_000);
/// let error = Ring::new(&[too_heavy], 17, 0).unwrap_err();
/// assert_eq!(error, PlacementError::TooManyPoints { points: 17_000_000, most: MAX_POINTS });
/// ```
pub const MAX_POINTS: usize = 16_000_000;

/// The most members that a ring or a Maglev table may have.
///
/// ```
/// assert_eq!(scalelab::algorithms::placement::MAX_MEMBERS, 1_000_000);
/// ```
pub const MAX_MEMBERS: usize = 1_000_000;

/// A member of a group that keys are placed on: a node, a server, a shard.
///
/// ```
/// use scalelab::algorithms::placement::Member;
/// let big = Member::new("node-a", 2);
/// assert_eq!((big.name.as_str(), big.weight), ("node-a", 2));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// What the member is called. A placement hashes it, so it decides where the member lands.
    pub name: String,
    /// Its share of the keys relative to the others: weight 2 should get twice what weight 1 gets.
    pub weight: u32,
}

impl Member {
    /// A member with its name and weight.
    pub fn new(name: impl Into<String>, weight: u32) -> Self {
        Self { name: name.into(), weight }
    }
}

/// Why a placement cannot be built or changed. Nothing has been allocated or changed by then.
///
/// ```
/// use scalelab::algorithms::placement::{Member, Ring};
/// let error = Ring::new(&[Member::new("a", 0)], 100, 0).unwrap_err();
/// assert_eq!(error.to_string(), "member 'a' has weight 0: give it a weight of at least 1, or leave it out");
/// ```
#[derive(thiserror::Error, Clone, Debug, PartialEq, Eq)]
pub enum PlacementError {
    /// The ring would be larger than it may be.
    #[error("the ring would have {points} points, at most {most} fit: use fewer virtual nodes, members or weight")]
    TooManyPoints {
        /// How many points it would have.
        points: u64,
        /// How many it may have.
        most: usize,
    },
    /// A ring without virtual nodes has no points.
    #[error("0 virtual nodes leave the ring without points: use at least 1, 100 or more to spread keys evenly")]
    NoVirtualNodes,
    /// A member that would own nothing.
    #[error("member '{name}' has weight 0: give it a weight of at least 1, or leave it out")]
    ZeroWeight {
        /// The member's name.
        name: String,
    },
    /// More members than the placement can hold.
    #[error("there are {members} members, at most {most} fit: use fewer")]
    TooManyMembers {
        /// How many members were given.
        members: usize,
        /// How many there may be.
        most: usize,
    },
    /// Two members of one name would land on the same places.
    #[error("two members are called '{name}': give each member its own name")]
    Duplicate {
        /// The name that appears twice.
        name: String,
    },
    /// A load bound that leaves no room.
    #[error("a bound of {percent} % of the mean load leaves no room to spare: use more than 100, such as 125")]
    BadBound {
        /// The bound that was given, in percent of the mean load.
        percent: u32,
    },
    /// A Maglev table of a size that does not work.
    #[error(
        "a table of {size} entries does not work for {members} members: \
         use a prime number, at least as many as there are members and at most {most}, such as 65537"
    )]
    BadTable {
        /// The size that was given, in entries.
        size: usize,
        /// How many members the table is for.
        members: usize,
        /// The largest size allowed.
        most: usize,
    },
    /// The least and most size of an Envoy ring contradict each other.
    #[error(
        "a ring of {minimum} to {maximum} points does not work: \
         use a minimum of at least 1, not above the maximum, and a maximum of at most {most}"
    )]
    BadRingSize {
        /// The fewest points asked for.
        minimum: u64,
        /// The most points asked for.
        maximum: u64,
        /// The largest maximum allowed.
        most: u64,
    },
}

/// A way to place keys on members.
///
/// ```
/// use scalelab::algorithms::placement::{Jump, Member, Modulo, Placement};
/// let members = [Member::new("a", 1), Member::new("b", 1)];
/// let all: [Box<dyn Placement>; 2] = [Box::new(Modulo::new(&members)), Box::new(Jump::new(&members))];
/// for placement in &all {
///     let mut order = Vec::new();
///     placement.successors(7, 2, &mut order);
///     assert_eq!(placement.owner(7), order.first().copied());
///     assert_eq!(order.len(), 2);
/// }
/// ```
pub trait Placement {
    /// The members, in the order that indices refer to.
    fn members(&self) -> &[Member];

    /// Index of the member that owns the key with this hash; `None` when there is no member.
    fn owner(&self, key: u64) -> Option<u32>;

    /// Clears `out`, then fills it with up to `n` distinct members in order of preference for the
    /// key, its owner first. It gets `n` or all members, whichever is less.
    fn successors(&self, key: u64, n: usize, out: &mut Vec<u32>);

    /// Bytes that the placement's own structure takes, beyond the list of members that all keep.
    fn memory_bytes(&self) -> usize;

    /// Elementary steps (probes, hashes or loop rounds) that looking this key up takes, measured
    /// by doing it. 0 when there is no member.
    fn lookup_steps(&self, key: u64) -> u32;

    /// What a lookup costs, in O notation: N members, V virtual nodes a member.
    fn cost(&self) -> &'static str;
}

/// Checks what rings and tables ask of their members: not too many, none of weight 0, no name twice.
fn check_members(members: &[Member]) -> Result<(), PlacementError> {
    if members.len() > MAX_MEMBERS {
        return Err(PlacementError::TooManyMembers { members: members.len(), most: MAX_MEMBERS });
    }
    let mut names = BTreeSet::new();
    for member in members {
        if member.weight == 0 {
            return Err(PlacementError::ZeroWeight { name: member.name.clone() });
        }
        if !names.insert(member.name.as_str()) {
            return Err(PlacementError::Duplicate { name: member.name.clone() });
        }
    }
    Ok(())
}

/// The number of members as an index type. Members past `u32::MAX` own nothing.
fn member_count(members: &[Member]) -> u32 {
    u32::try_from(members.len()).unwrap_or(u32::MAX)
}

/// Clears `out`, then fills it with the first `n` distinct members of a walk over `members` members.
fn distinct(walk: impl Iterator<Item = u32>, n: usize, members: usize, out: &mut Vec<u32>) {
    /// Up to this many, looking through `out` beats a table of who was seen.
    const FEW: usize = 16;
    out.clear();
    let wanted = n.min(members);
    if wanted == 0 {
        return;
    }
    let mut seen = vec![false; if wanted > FEW { members } else { 0 }];
    for member in walk {
        let known = match seen.get_mut(member as usize) {
            Some(slot) => std::mem::replace(slot, true),
            None => out.contains(&member),
        };
        if !known {
            out.push(member);
            if out.len() == wanted {
                return;
            }
        }
    }
}

/// Clears `out`, then fills it with `n` of `members` indices, counting up from `owner` and around.
fn next_in_turn(owner: Option<u32>, n: usize, members: u32, out: &mut Vec<u32>) {
    out.clear();
    if let Some(owner) = owner {
        out.extend((owner..members).chain(0..owner).take(n));
    }
}
