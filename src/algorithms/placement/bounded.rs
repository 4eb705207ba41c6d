//! Consistent hashing with bounded loads.

use super::{Member, Placement, PlacementError, Ring};

/// A [`Ring`] whose members refuse requests above a bound, so that these move on clockwise.
///
/// The bound of a member is ⌈c·m·w/W⌉ requests, where c is `percent`/100, m the number of all requests,
/// w its weight and W the weight of all that are alive. As a [`Placement`] it is the plain ring: a bound
/// only has meaning where there is load, see [`BoundedRing::assign`].
///
/// Sources: Mirrokni, Thorup and Zadimoghaddam, "Consistent Hashing with Bounded Loads", 2016;
/// HAProxy's `hash-balance-factor`, whose percentages these are.
///
/// ```
/// use scalelab::algorithms::placement::{BoundedRing, Member};
/// let ring = BoundedRing::new(&[Member::new("a", 1), Member::new("b", 1)], 100, 0, 150)?;
/// let hot_key = [(7, 1000)];
/// let result = ring.assign(&hot_key, &[true, true]);
/// assert_eq!(result.capacity, [750, 750]);
/// assert_eq!(result.spilled, 250);
/// # Ok::<(), scalelab::algorithms::placement::PlacementError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundedRing {
    ring: Ring,
    percent: u32,
}

/// What [`BoundedRing::assign`] did.
///
/// ```
/// use scalelab::algorithms::placement::{BoundedRing, Member};
/// let ring = BoundedRing::new(&[Member::new("a", 1), Member::new("b", 1)], 10, 0, 125)?;
/// let nobody = ring.assign(&[(7, 3)], &[false, false]);
/// assert_eq!((nobody.owner, nobody.loads), (vec![None], vec![0, 0]));
/// # Ok::<(), scalelab::algorithms::placement::PlacementError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment {
    /// For each demand, the member that its first request went to. `None` when no member is alive.
    pub owner: Vec<Option<u32>>,
    /// For each member, the requests that it got.
    pub loads: Vec<u64>,
    /// For each member, the most requests that it takes; 0 when it is not alive.
    pub capacity: Vec<u64>,
    /// Requests that are not at the first member alive on their way, since it was full.
    pub spilled: u64,
}

impl BoundedRing {
    /// A ring with a bound in percent of the mean load, such as 125.
    ///
    /// # Errors
    /// When the bound is not above 100, and those of [`Ring::new`].
    pub fn new(members: &[Member], virtual_nodes: u32, seed: u64, percent: u32) -> Result<Self, PlacementError> {
        if percent <= 100 {
            return Err(PlacementError::BadBound { percent });
        }
        Ok(Self { ring: Ring::new(members, virtual_nodes, seed)?, percent })
    }

    /// The ring without its bound.
    #[must_use]
    pub fn ring(&self) -> &Ring {
        &self.ring
    }

    /// The bound, in percent of the mean load.
    #[must_use]
    pub fn percent(&self) -> u32 {
        self.percent
    }

    /// Places requests one at a time, in the order of `demands`: each goes clockwise from its key to the
    /// first member that is alive and has room. A demand is (hash of the key, number of requests), so a
    /// key with many requests may be split over several members.
    ///
    /// `alive` has an entry for each member; one that is missing means not alive. The bounds add up to
    /// more than all requests, so all are placed when anyone is alive. O(1) a demand on average,
    /// amortised O(log NV) at worst. 4 bytes a point for the time of the call, 8 when someone is not alive.
    #[must_use]
    pub fn assign(&self, demands: &[(u64, u64)], alive: &[bool]) -> Assignment {
        self.assign_while(demands, alive, || true).unwrap_or_default()
    }

    /// As [`assign`](Self::assign), while `goes_on` says so, which is asked before every thousandth demand or so: for a lab
    /// whose user may lose patience. `None` when it said no.
    #[must_use]
    pub fn assign_while(
        &self,
        demands: &[(u64, u64)],
        alive: &[bool],
        mut goes_on: impl FnMut() -> bool,
    ) -> Option<Assignment> {
        let members = self.ring.members();
        let alive: Vec<bool> = (0..members.len()).map(|i| alive.get(i).copied().unwrap_or(false)).collect();
        let capacity = self.capacities(demands, &alive);
        let mut loads = vec![0_u64; members.len()];
        let mut owner = Vec::with_capacity(demands.len());
        let mut spilled = 0_u64;
        if !alive.contains(&true) {
            owner.resize(demands.len(), None);
            return Some(Assignment { owner, loads, capacity, spilled });
        }
        let mut has_room: Vec<bool> = capacity.iter().map(|&most| most > 0).collect();
        let mut open = has_room.iter().filter(|room| **room).count();
        let (mut to_alive, mut to_room) = (Skips::default(), Skips::default());
        for (turn, &(key, requests)) in demands.iter().enumerate() {
            if turn.is_multiple_of(1_024) && !goes_on() {
                return None;
            }
            let start = self.ring.point_at_or_after(key).unwrap_or(0);
            let first = self.ring.point(to_alive.walk(&self.ring, start, &alive)).1;
            let mut left = requests;
            let mut went = first;
            while left > 0 && open > 0 {
                let member = self.ring.point(to_room.walk(&self.ring, start, &has_room)).1;
                let index = member as usize;
                let taken = left.min(capacity[index] - loads[index]);
                if left == requests {
                    went = member;
                }
                loads[index] += taken;
                left -= taken;
                if member != first {
                    spilled = spilled.saturating_add(taken);
                }
                if loads[index] == capacity[index] {
                    has_room[index] = false;
                    open -= 1;
                }
            }
            owner.push(Some(went));
        }
        Some(Assignment { owner, loads, capacity, spilled })
    }

    /// ⌈c·m·w/W⌉ for each member that is alive, 0 for the others.
    fn capacities(&self, demands: &[(u64, u64)], alive: &[bool]) -> Vec<u64> {
        let requests: u128 = demands.iter().map(|demand| u128::from(demand.1)).sum();
        let members = self.ring.members().iter().zip(alive);
        let weight: u128 = members.clone().filter(|(_, alive)| **alive).map(|(m, _)| u128::from(m.weight)).sum();
        members
            .map(|(member, alive)| {
                if !alive {
                    return 0;
                }
                let most = requests.saturating_mul(u128::from(self.percent)).saturating_mul(u128::from(member.weight));
                u64::try_from(most.div_ceil(100 * weight)).unwrap_or(u64::MAX)
            })
            .collect()
    }
}

/// Remembers, for each point whose member is closed, a later point to go on from. As members only ever
/// close, a walk may leave out all that earlier walks have passed.
#[derive(Default)]
struct Skips {
    /// Empty until a walk meets a closed member.
    next: Vec<u32>,
}

impl Skips {
    /// The first point clockwise from `start` whose member is open. At least one must be.
    fn walk(&mut self, ring: &Ring, start: usize, open: &[bool]) -> usize {
        let is_open = |point: usize| open[ring.point(point).1 as usize];
        if is_open(start) {
            return start;
        }
        let points = ring.points();
        if self.next.is_empty() {
            self.next = (1..points as u32).chain([0]).collect();
        }
        let mut end = start;
        while !is_open(end) {
            end = self.next[end] as usize;
        }
        let mut point = start;
        while point != end {
            point = std::mem::replace(&mut self.next[point], end as u32) as usize;
        }
        end
    }
}

impl Placement for BoundedRing {
    fn members(&self) -> &[Member] {
        self.ring.members()
    }

    fn owner(&self, key: u64) -> Option<u32> {
        self.ring.owner(key)
    }

    fn successors(&self, key: u64, n: usize, out: &mut Vec<u32>) {
        self.ring.successors(key, n, out);
    }

    fn memory_bytes(&self) -> usize {
        self.ring.memory_bytes()
    }

    fn lookup_steps(&self, key: u64) -> u32 {
        self.ring.lookup_steps(key)
    }

    fn cost(&self) -> &'static str {
        self.ring.cost()
    }
}
