//! Jump consistent hash: no memory, but members can only join and leave at the end of the list.

use super::{Member, Placement, member_count, next_in_turn};

/// The bucket in `0..buckets` of a key, by jump consistent hash. 0 buckets give bucket 0.
///
/// When a bucket is appended, about 1 key in `buckets` moves, and only to the new one.
/// Cost: O(ln buckets) rounds on average. Source: Lamping and Veach, "A Fast, Minimal Memory,
/// Consistent Hash Algorithm", 2014.
///
/// ```
/// use scalelab::algorithms::placement::jump_hash;
/// assert_eq!(jump_hash(1, 100), 55);
/// assert_eq!(jump_hash(2201, 100_001), 22152);
/// ```
#[must_use]
pub fn jump_hash(key: u64, buckets: u32) -> u32 {
    jump(key, buckets).0
}

/// The bucket of a key, and how many rounds it took to find it.
fn jump(mut key: u64, buckets: u32) -> (u32, u32) {
    let mut bucket = 0;
    let mut next = 0;
    let mut rounds = 0;
    while next < u64::from(buckets) {
        bucket = next;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        let draw = (1_u64 << 31) as f64 / ((key >> 33) + 1) as f64;
        next = ((bucket + 1) as f64 * draw) as u64;
        rounds += 1;
    }
    (bucket as u32, rounds)
}

/// Placement by [`jump_hash`]. Names and weights are ignored: a member is its index.
///
/// So only the last member can leave without moving keys between the others; removing any other
/// shifts the members after it. Successors are the next indices, in turn. Lookup O(ln N), no
/// memory of its own.
///
/// ```
/// use scalelab::algorithms::placement::{Jump, Member, Placement};
/// let members: Vec<Member> = (0..100).map(|i| Member::new(format!("node-{i}"), 1)).collect();
/// let nodes = Jump::new(&members);
/// assert_eq!(nodes.owner(2), Some(62));
/// assert!(nodes.lookup_steps(2) < 20);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jump {
    members: Vec<Member>,
}

impl Jump {
    /// Places keys on these members; none is fine, then no key has an owner.
    #[must_use]
    pub fn new(members: &[Member]) -> Self {
        Self { members: members.to_vec() }
    }
}

impl Placement for Jump {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn owner(&self, key: u64) -> Option<u32> {
        let members = member_count(&self.members);
        (members > 0).then(|| jump_hash(key, members))
    }

    fn successors(&self, key: u64, n: usize, out: &mut Vec<u32>) {
        next_in_turn(self.owner(key), n, member_count(&self.members), out);
    }

    fn memory_bytes(&self) -> usize {
        0
    }

    fn lookup_steps(&self, key: u64) -> u32 {
        jump(key, member_count(&self.members)).1
    }

    fn cost(&self) -> &'static str {
        "O(ln N)"
    }
}
