//! The hash ring: consistent hashing with virtual nodes and weights.

use std::cmp::Ordering;

use super::{MAX_MEMBERS, MAX_POINTS, Member, Placement, PlacementError, check_members, distinct};
use crate::algorithms::hash::key_hash;

/// A consistent-hash ring. A member of weight w has V·w points; a key belongs to the member of the
/// first point at or after it, around the end to the first one.
///
/// A member's points depend on its name, the seed and V only, so a change moves no key between the
/// members that stay. Points are kept as one sorted array, with an index by their leading bits, so
/// that a lookup takes O(1) on average and O(log NV) at worst. 16 to 20 bytes a point.
///
/// Sources: Karger et al., "Consistent Hashing and Random Trees", 1997; virtual nodes as in Dynamo, 2007.
///
/// ```
/// use scalelab::algorithms::hash::key_hash;
/// use scalelab::algorithms::placement::{Member, Placement, Ring};
/// let mut ring = Ring::new(&[Member::new("a", 1), Member::new("b", 1)], 100, 42)?;
/// let key = key_hash(42, b"user:1");
/// let before = ring.owner(key);
/// ring.add(Member::new("c", 1))?;
/// let after = ring.owner(key);
/// assert!(after == before || after == Some(2), "a key stays, or moves to the newcomer");
/// # Ok::<(), scalelab::algorithms::placement::PlacementError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ring {
    members: Vec<Member>,
    virtual_nodes: u32,
    seed: u64,
    /// Where the points are, sorted; those at one position by the name of their member.
    positions: Vec<u64>,
    /// Whose point each is.
    owners: Vec<u32>,
    /// For each value of the leading bits, the first point at or after it, and in the end the number of points.
    starts: Vec<u32>,
    /// How far to shift a position right to get its leading bits.
    shift: u32,
}

/// Points in a range of the index up to which stepping through beats halving.
const STEP_THROUGH: usize = 16;

impl Ring {
    /// A ring of these members; none is fine, then no key has an owner. O(NV log NV).
    ///
    /// # Errors
    /// When there are no virtual nodes, too many members or points (see [`MAX_POINTS`]), a weight of 0,
    /// or two members of one name.
    pub fn new(members: &[Member], virtual_nodes: u32, seed: u64) -> Result<Self, PlacementError> {
        check_members(members)?;
        let total = check_points(members, virtual_nodes)?;
        let mut points = Vec::with_capacity(total);
        for (owner, member) in (0..).zip(members) {
            push_points(member, owner, virtual_nodes, seed, &mut points);
        }
        Ok(Self::from_points(members, virtual_nodes, seed, points))
    }

    /// The ring with these points, in any order.
    fn from_points(members: &[Member], virtual_nodes: u32, seed: u64, mut points: Vec<(u64, u32)>) -> Self {
        points.sort_unstable_by(|left, right| order(members, *left, *right));
        let (positions, owners) = points.into_iter().unzip();
        let mut ring =
            Self { members: members.to_vec(), virtual_nodes, seed, positions, owners, starts: Vec::new(), shift: 63 };
        ring.reindex();
        ring
    }

    /// How many points a member of weight 1 has.
    #[must_use]
    pub fn virtual_nodes(&self) -> u32 {
        self.virtual_nodes
    }

    /// How many points the ring has.
    #[must_use]
    pub fn points(&self) -> usize {
        self.positions.len()
    }

    /// The position of point `i`, clockwise from 0, and the index of its member. Points past the last
    /// one count on from the first. Without points: `(0, u32::MAX)`.
    #[must_use]
    pub fn point(&self, i: usize) -> (u64, u32) {
        match i.checked_rem(self.positions.len()) {
            Some(i) => (self.positions[i], self.owners[i]),
            None => (0, u32::MAX),
        }
    }

    /// Index of the first point at or after a key, around the end to point 0. `None` without points.
    ///
    /// ```
    /// use scalelab::algorithms::placement::{Member, Ring};
    /// let ring = Ring::new(&[Member::new("a", 1)], 3, 0)?;
    /// let (last, _) = ring.point(2);
    /// assert_eq!(ring.point_at_or_after(last), Some(2));
    /// assert_eq!(ring.point_at_or_after(last + 1), Some(0));
    /// # Ok::<(), scalelab::algorithms::placement::PlacementError>(())
    /// ```
    #[must_use]
    pub fn point_at_or_after(&self, key: u64) -> Option<usize> {
        self.locate(key).map(|(point, _)| point)
    }

    /// All points as (position, member), clockwise from 0.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u32)> {
        self.positions.iter().copied().zip(self.owners.iter().copied())
    }

    /// The share of the hash space (0 to 1) that each member owns. They add up to 1. O(NV).
    ///
    /// ```
    /// use scalelab::algorithms::placement::{Member, Ring};
    /// let ring = Ring::new(&[Member::new("a", 1), Member::new("b", 3)], 1000, 0)?;
    /// let shares = ring.arc_shares();
    /// assert!((shares[1] - 0.75).abs() < 0.05);
    /// # Ok::<(), scalelab::algorithms::placement::PlacementError>(())
    /// ```
    #[must_use]
    pub fn arc_shares(&self) -> Vec<f64> {
        let mut arcs = vec![0_u128; self.members.len()];
        if let (Some(first), Some(last)) = (self.positions.first(), self.positions.last()) {
            // Counted from the last point, the first one's arc goes around the end.
            let around = (1_u128 << 64) - u128::from(last - first);
            arcs[self.owners[0] as usize] += around;
            for (pair, owner) in self.positions.windows(2).zip(&self.owners[1..]) {
                arcs[*owner as usize] += u128::from(pair[1] - pair[0]);
            }
        }
        arcs.into_iter().map(|arc| arc as f64 / (1_u128 << 64) as f64).collect()
    }

    /// Lets a member join, as the last in the list. The ring is then the one that [`Ring::new`] would
    /// build with it. O(NV + V log V).
    ///
    /// # Errors
    /// Those of [`Ring::new`]; the ring is then as before.
    pub fn add(&mut self, member: Member) -> Result<(), PlacementError> {
        if member.weight == 0 {
            return Err(PlacementError::ZeroWeight { name: member.name });
        }
        if self.members.iter().any(|other| other.name == member.name) {
            return Err(PlacementError::Duplicate { name: member.name });
        }
        if self.members.len() >= MAX_MEMBERS {
            return Err(PlacementError::TooManyMembers { members: self.members.len() + 1, most: MAX_MEMBERS });
        }
        self.members.push(member);
        if let Err(error) = check_points(&self.members, self.virtual_nodes) {
            self.members.pop();
            return Err(error);
        }
        self.merge_last();
        self.reindex();
        Ok(())
    }

    /// Lets the member with this index leave; the indices of later ones shift down by one. An index
    /// that no member has changes nothing. O(NV).
    pub fn remove(&mut self, index: u32) {
        if index as usize >= self.members.len() {
            return;
        }
        self.members.remove(index as usize);
        let (positions, owners) = self
            .iter()
            .filter(|&(_, owner)| owner != index)
            .map(|(position, owner)| (position, owner - u32::from(owner > index)))
            .unzip();
        self.positions = positions;
        self.owners = owners;
        self.reindex();
    }

    /// Merges the points of the last member into those of the others.
    fn merge_last(&mut self) {
        let Some(member) = self.members.last() else { return };
        let owner = self.members.len() as u32 - 1;
        let mut fresh = Vec::new();
        push_points(member, owner, self.virtual_nodes, self.seed, &mut fresh);
        fresh.sort_unstable();
        let total = self.positions.len() + fresh.len();
        let mut positions = Vec::with_capacity(total);
        let mut owners = Vec::with_capacity(total);
        let mut from = 0;
        for point in fresh {
            let mut to = from;
            while to < self.positions.len()
                && order(&self.members, (self.positions[to], self.owners[to]), point).is_lt()
            {
                to += 1;
            }
            positions.extend_from_slice(&self.positions[from..to]);
            owners.extend_from_slice(&self.owners[from..to]);
            positions.push(point.0);
            owners.push(point.1);
            from = to;
        }
        positions.extend_from_slice(&self.positions[from..]);
        owners.extend_from_slice(&self.owners[from..]);
        self.positions = positions;
        self.owners = owners;
    }

    /// Builds the index by leading bits: as many ranges as points, or up to twice as many.
    fn reindex(&mut self) {
        let ranges = self.positions.len().next_power_of_two().max(2);
        self.shift = u64::BITS - ranges.trailing_zeros();
        self.starts.clear();
        self.starts.reserve_exact(ranges + 1);
        for (point, position) in (0_u32..).zip(&self.positions) {
            let range = (position >> self.shift) as usize;
            // The ranges up to this one that no point has opened yet start here.
            if self.starts.len() <= range {
                self.starts.resize(range + 1, point);
            }
        }
        self.starts.resize(ranges + 1, self.positions.len() as u32);
    }

    /// Index of the first point at or after a key, and how many steps it took to find it: one for the
    /// index by leading bits, and one for each point of the range compared.
    #[inline]
    fn locate(&self, key: u64) -> Option<(usize, u32)> {
        let range = (key >> self.shift) as usize;
        let (from, to) = (self.starts[range] as usize, self.starts[range + 1] as usize);
        let (skipped, probes) = if to - from <= STEP_THROUGH {
            let skipped = self.step_through(from, to, key);
            (skipped, (skipped + 1).min(to - from) as u32)
        } else {
            (self.positions[from..to].partition_point(|&position| position < key), (to - from).ilog2() + 1)
        };
        let point = from + skipped;
        if point < self.positions.len() {
            Some((point, probes + 1))
        } else {
            (!self.positions.is_empty()).then_some((0, probes + 1))
        }
    }

    /// How many points from `from` on are before the key, of the range up to `to`.
    #[inline]
    fn step_through(&self, from: usize, to: usize, key: u64) -> usize {
        let before = |points: &[u64]| points.iter().map(|&position| usize::from(position < key)).sum();
        // Most ranges hold fewer points than this. Always comparing as many needs no branch that the
        // processor could guess wrong, and points after the range are never before the key.
        const TOGETHER: usize = 4;
        match self.positions.get(from..from + TOGETHER) {
            Some(points) if to - from <= TOGETHER => before(points),
            _ => before(&self.positions[from..to]),
        }
    }
}

impl Placement for Ring {
    fn members(&self) -> &[Member] {
        &self.members
    }

    #[inline]
    fn owner(&self, key: u64) -> Option<u32> {
        self.locate(key).map(|(point, _)| self.owners[point])
    }

    fn successors(&self, key: u64, n: usize, out: &mut Vec<u32>) {
        let (before, after) = self.owners.split_at(self.point_at_or_after(key).unwrap_or(0));
        distinct(after.iter().chain(before).copied(), n, self.members.len(), out);
    }

    fn memory_bytes(&self) -> usize {
        size_of_val(self.positions.as_slice())
            + size_of_val(self.owners.as_slice())
            + size_of_val(self.starts.as_slice())
    }

    fn lookup_steps(&self, key: u64) -> u32 {
        self.locate(key).map_or(0, |(_, steps)| steps)
    }

    fn cost(&self) -> &'static str {
        "O(1) on average, O(log NV) at worst"
    }
}

/// Checks that there are virtual nodes and not too many points; how many points there will be.
fn check_points(members: &[Member], virtual_nodes: u32) -> Result<usize, PlacementError> {
    if virtual_nodes == 0 {
        return Err(PlacementError::NoVirtualNodes);
    }
    let weight: u64 = members.iter().map(|member| u64::from(member.weight)).sum();
    let points = weight.saturating_mul(u64::from(virtual_nodes));
    if points > MAX_POINTS as u64 {
        return Err(PlacementError::TooManyPoints { points, most: MAX_POINTS });
    }
    Ok(points as usize)
}

/// Appends the points of one member. Its weight times the virtual nodes fits, see [`check_points`].
fn push_points(member: &Member, owner: u32, virtual_nodes: u32, seed: u64, points: &mut Vec<(u64, u32)>) {
    let mut label = member.name.as_bytes().to_vec();
    label.push(0);
    let prefix = label.len();
    for replica in 0..member.weight.saturating_mul(virtual_nodes) {
        label.truncate(prefix);
        label.extend_from_slice(&replica.to_le_bytes());
        points.push((key_hash(seed, &label), owner));
    }
}

/// Points by position, those at one position by the name of their member.
fn order(members: &[Member], left: (u64, u32), right: (u64, u32)) -> Ordering {
    left.0.cmp(&right.0).then_with(|| members[left.1 as usize].name.cmp(&members[right.1 as usize].name))
}

#[cfg(test)]
mod tests {
    use super::{Member, Placement, Ring};

    /// A ring with its points at chosen places, the members in turn. 'b' comes before 'a'.
    fn ring_at(positions: impl IntoIterator<Item = u64>) -> Ring {
        let members = [Member::new("b", 1), Member::new("a", 1)];
        Ring::from_points(&members, 1, 0, positions.into_iter().zip([0, 1].into_iter().cycle()).collect())
    }

    #[test]
    fn crowded_ranges_are_searched_by_halving() {
        let ring = ring_at((0..1000).map(|i| 10 * i));
        for key in 0..=9990 {
            assert_eq!(ring.point_at_or_after(key), Some(key.div_ceil(10) as usize), "key {key}");
        }
        for key in [9991, 1 << 60, u64::MAX] {
            assert_eq!(ring.point_at_or_after(key), Some(0), "key {key}");
        }
        assert_eq!(ring.lookup_steps(5000), 11);
        assert_eq!(ring.lookup_steps(u64::MAX), 1, "an empty range needs the index only");
    }

    #[test]
    fn points_at_one_position_are_ordered_by_name() {
        let ring = ring_at([7; 40]);
        assert_eq!(ring.owner(7), Some(1), "'a' comes before 'b'");
        assert_eq!(ring.arc_shares(), [0.0, 1.0]);
        let mut order = Vec::new();
        ring.successors(8, 2, &mut order);
        assert_eq!(order, [1, 0]);
    }

    #[test]
    fn a_merged_point_goes_before_those_of_greater_names() {
        let members = [Member::new("b", 1), Member::new("d", 1), Member::new("c", 1)];
        let fresh = Ring::new(&members[2..], 1, 0).unwrap().point(0).0;
        let mut ring = Ring::from_points(&members[..2], 1, 0, vec![(fresh, 1), (fresh, 0)]);
        ring.add(members[2].clone()).unwrap();
        assert_eq!(ring.iter().map(|point| point.1).collect::<Vec<_>>(), [0, 2, 1]);
    }

    #[test]
    fn arcs_reach_back_to_the_point_before() {
        let quarter = 1 << 62;
        assert_eq!(ring_at([quarter, 2 * quarter]).arc_shares(), [0.75, 0.25]);
        assert_eq!(ring_at([0]).arc_shares(), [1.0, 0.0]);
    }
}
