//! Hash modulo N: the simplest placement, and the one that moves nearly every key on a change.

use super::{Member, Placement, member_count, next_in_turn};

/// Owner = key modulo the number of members. Weights are ignored.
///
/// When N members become N+1, N/(N+1) of all keys move, see
/// [`modulo_moved`](super::theory::modulo_moved). Successors are the next indices, in turn.
/// Lookup O(1), no memory of its own.
///
/// ```
/// use scalelab::algorithms::placement::{Member, Modulo, Placement};
/// let nodes = Modulo::new(&[Member::new("a", 1), Member::new("b", 1), Member::new("c", 1)]);
/// assert_eq!(nodes.owner(14), Some(2));
/// let mut order = Vec::new();
/// nodes.successors(14, 2, &mut order);
/// assert_eq!(order, [2, 0]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Modulo {
    members: Vec<Member>,
}

impl Modulo {
    /// Places keys on these members; none is fine, then no key has an owner.
    #[must_use]
    pub fn new(members: &[Member]) -> Self {
        Self { members: members.to_vec() }
    }
}

impl Placement for Modulo {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn owner(&self, key: u64) -> Option<u32> {
        key.checked_rem(u64::from(member_count(&self.members))).map(|index| index as u32)
    }

    fn successors(&self, key: u64, n: usize, out: &mut Vec<u32>) {
        next_in_turn(self.owner(key), n, member_count(&self.members), out);
    }

    fn memory_bytes(&self) -> usize {
        0
    }

    fn lookup_steps(&self, key: u64) -> u32 {
        u32::from(self.owner(key).is_some())
    }

    fn cost(&self) -> &'static str {
        "O(1)"
    }
}
