//! Rendezvous (highest random weight) hashing, with weights.

use std::cmp::Ordering;

use super::{Member, Placement, member_count};
use crate::algorithms::hash::key_hash;

/// Owner = the member with the highest score for the key, score = −weight / ln(u), where u in (0, 1)
/// is drawn by hashing member and key. Equal scores go to the lesser name.
///
/// A change moves only the keys of the member that joins or leaves, and the others' weights are
/// honoured exactly. Successors are the members by falling score. A member of weight 0 scores 0: it
/// owns nothing while another has weight. Lookup O(N), successors O(N + n log n), 8 bytes a member.
/// Sources: Thaler and Ravishankar, 1998; weights as in Schindelhauer and Schomaker, 2005, and Mosberg.
///
/// ```
/// use scalelab::algorithms::placement::{Member, Placement, Rendezvous};
/// let abc = Rendezvous::new(&[Member::new("a", 1), Member::new("b", 1), Member::new("c", 1)], 0);
/// let ab = Rendezvous::new(&[Member::new("a", 1), Member::new("b", 1)], 0);
/// for key in 0..100 {
///     let owner = abc.owner(key);
///     assert!(owner == Some(2) || owner == ab.owner(key));
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendezvous {
    members: Vec<Member>,
    /// One hash a member: the seed of its draws.
    draws: Vec<u64>,
    /// Whether all weights are equal, and above 0: then the highest draw has the highest score.
    uniform: bool,
}

impl Rendezvous {
    /// Places keys on these members; none is fine, then no key has an owner.
    #[must_use]
    pub fn new(members: &[Member], seed: u64) -> Self {
        let draws = members.iter().map(|member| key_hash(seed, member.name.as_bytes())).collect();
        let uniform = members.iter().all(|member| member.weight > 0 && member.weight == members[0].weight);
        Self { members: members.to_vec(), draws, uniform }
    }

    /// The draw of a member for a key: 52 random bits.
    fn draw(&self, member: u32, key: u64) -> u64 {
        key_hash(self.draws[member as usize], &key.to_le_bytes()) >> 12
    }

    /// The score of a member for a key; never negative, and finite.
    fn score(&self, member: u32, key: u64) -> f64 {
        // Half a step keeps u away from both 0 and 1, and 52 bits keep the half exact.
        let u = (self.draw(member, key) as f64 + 0.5) / (1_u64 << 52) as f64;
        -f64::from(self.members[member as usize].weight) / u.ln()
    }

    /// Equal scores: the lesser name first, then the lesser index.
    fn by_name(&self, left: u32, right: u32) -> Ordering {
        self.members[left as usize].name.cmp(&self.members[right as usize].name).then(left.cmp(&right))
    }

    /// The member with the highest score, ties by name.
    fn best<S: PartialOrd>(&self, score: impl Fn(u32) -> S) -> Option<u32> {
        let mut best: Option<(S, u32)> = None;
        for member in 0..member_count(&self.members) {
            let new = score(member);
            let wins = match &best {
                None => true,
                Some((old, holder)) => new > *old || (new == *old && self.by_name(member, *holder).is_lt()),
            };
            if wins {
                best = Some((new, member));
            }
        }
        best.map(|(_, member)| member)
    }
}

impl Placement for Rendezvous {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn owner(&self, key: u64) -> Option<u32> {
        if self.uniform {
            // −w/ln(u) rises with u, so equal weights need no logarithm.
            self.best(|member| self.draw(member, key))
        } else {
            self.best(|member| self.score(member, key))
        }
    }

    fn successors(&self, key: u64, n: usize, out: &mut Vec<u32>) {
        out.clear();
        let wanted = n.min(self.members.len());
        if wanted == 0 {
            return;
        }
        let rank = |member| if self.uniform { self.draw(member, key) as f64 } else { self.score(member, key) };
        let mut scores: Vec<(f64, u32)> =
            (0..member_count(&self.members)).map(|member| (rank(member), member)).collect();
        let order = |left: &(f64, u32), right: &(f64, u32)| {
            right.0.total_cmp(&left.0).then_with(|| self.by_name(left.1, right.1))
        };
        if wanted < scores.len() {
            scores.select_nth_unstable_by(wanted - 1, order);
            scores.truncate(wanted);
        }
        scores.sort_unstable_by(order);
        out.extend(scores.iter().map(|&(_, member)| member));
    }

    fn memory_bytes(&self) -> usize {
        size_of_val(self.draws.as_slice())
    }

    fn lookup_steps(&self, _key: u64) -> u32 {
        member_count(&self.members)
    }

    fn cost(&self) -> &'static str {
        "O(N)"
    }
}
