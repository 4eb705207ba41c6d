//! Who waits for whom: cycles, victims, and the two preventions.

use std::collections::{BTreeMap, BTreeSet};

use super::Holder;

/// The waits-for graph: an edge from each that waits to each that it waits for.
///
/// ```
/// use scalelab::algorithms::locks::WaitsFor;
/// let graph = WaitsFor::from([(1, 2), (2, 3), (3, 1), (4, 1)]);
/// assert_eq!(graph.cycle(), Some(vec![1, 2, 3]));
/// assert_eq!(graph.cycle_through(4), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WaitsFor {
    edges: BTreeMap<Holder, BTreeSet<Holder>>,
}

impl<const N: usize> From<[(Holder, Holder); N]> for WaitsFor {
    fn from(edges: [(Holder, Holder); N]) -> Self {
        edges.into_iter().collect()
    }
}

impl FromIterator<(Holder, Holder)> for WaitsFor {
    fn from_iter<I: IntoIterator<Item = (Holder, Holder)>>(edges: I) -> Self {
        let mut graph = Self::default();
        for (from, to) in edges {
            graph.edges.entry(from).or_default().insert(to);
        }
        graph
    }
}

impl WaitsFor {
    /// All edges, in order.
    ///
    /// ```
    /// let graph = scalelab::algorithms::locks::WaitsFor::from([(2, 1), (1, 3)]);
    /// assert_eq!(graph.edges().collect::<Vec<_>>(), [(1, 3), (2, 1)]);
    /// ```
    pub fn edges(&self) -> impl Iterator<Item = (Holder, Holder)> + '_ {
        self.edges.iter().flat_map(|(from, to)| to.iter().map(move |to| (*from, *to)))
    }

    /// A cycle, from its smallest member on; `None` if there is no deadlock. O(V + E) where there is none.
    pub fn cycle(&self) -> Option<Vec<Holder>> {
        let cycle = self.endless().into_iter().find_map(|from| self.cycle_through(from))?;
        let least = cycle.iter().enumerate().min_by_key(|(_, h)| **h).map_or(0, |(i, _)| i);
        Some(cycle.iter().cycle().skip(least).take(cycle.len()).copied().collect())
    }

    /// Those from whom one can go on for ever, in order: who waits for nobody is struck off until everybody that is left
    /// waits for another that is left.
    fn endless(&self) -> BTreeSet<Holder> {
        let mut left: BTreeMap<Holder, usize> = self.edges.iter().map(|(from, to)| (*from, to.len())).collect();
        let mut into: BTreeMap<Holder, Vec<Holder>> = BTreeMap::new();
        for (from, to) in self.edges() {
            into.entry(to).or_default().push(from);
        }
        let mut free: Vec<Holder> = into.keys().filter(|to| !left.contains_key(to)).copied().collect();
        while let Some(holder) = free.pop() {
            for from in into.get(&holder).into_iter().flatten() {
                if let Some(count) = left.get_mut(from) {
                    *count -= 1;
                    if *count == 0 {
                        left.remove(from);
                        free.push(*from);
                    }
                }
            }
        }
        left.into_keys().collect()
    }

    /// A shortest cycle that goes through this one, which comes first. O(V + E).
    ///
    /// ```
    /// let graph = scalelab::algorithms::locks::WaitsFor::from([(1, 2), (2, 1)]);
    /// assert_eq!(graph.cycle_through(2), Some(vec![2, 1]));
    /// ```
    pub fn cycle_through(&self, start: Holder) -> Option<Vec<Holder>> {
        let mut came_from: BTreeMap<Holder, Holder> = BTreeMap::new();
        let mut queue = std::collections::VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            for next in self.edges.get(&at).into_iter().flatten() {
                if *next == start {
                    let mut cycle = vec![at];
                    let mut last = at;
                    while last != start {
                        last = *came_from.get(&last)?;
                        cycle.push(last);
                    }
                    cycle.reverse();
                    return Some(cycle);
                }
                if !came_from.contains_key(next) {
                    came_from.insert(*next, at);
                    queue.push_back(*next);
                }
            }
        }
        None
    }
}

/// What a victim is chosen by.
///
/// ```
/// use scalelab::algorithms::locks::Candidate;
/// let one = Candidate { holder: 3, age: 3, locks: 2, writes: 1 };
/// assert_eq!(one.holder, 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who it is.
    pub holder: Holder,
    /// When it first began: the smaller, the older.
    pub age: u64,
    /// How many locks it holds.
    pub locks: usize,
    /// How many rows it has changed.
    pub writes: usize,
}

/// Who of a deadlock's cycle must go.
///
/// ```
/// use scalelab::algorithms::locks::{Candidate, Victim};
/// let cycle = [
///     Candidate { holder: 1, age: 1, locks: 9, writes: 4 },
///     Candidate { holder: 2, age: 2, locks: 3, writes: 1 },
/// ];
/// assert_eq!(Victim::Smallest.choose(&cycle, 1), Some(2));
/// assert_eq!(Victim::Requester.choose(&cycle, 1), Some(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Victim {
    /// The one whose request closed the cycle.
    Requester,
    /// The one that began last: it has the least to lose.
    Youngest,
    /// The one that began first.
    Oldest,
    /// The one that changed the fewest rows, as InnoDB does; of equals, the youngest.
    Smallest,
    /// The one with the fewest locks; of equals, the youngest.
    FewestLocks,
}

impl Victim {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Requester, Self::Youngest, Self::Oldest, Self::Smallest, Self::FewestLocks];

    /// The victim among a cycle's members; `None` if there are none. O(n).
    pub fn choose(self, cycle: &[Candidate], requester: Holder) -> Option<Holder> {
        let young = |c: &Candidate| std::cmp::Reverse((c.age, c.holder));
        let chosen = match self {
            Self::Requester => cycle.iter().find(|c| c.holder == requester).or_else(|| cycle.first()),
            Self::Youngest => cycle.iter().min_by_key(|c| young(c)),
            Self::Oldest => cycle.iter().min_by_key(|c| (c.age, c.holder)),
            Self::Smallest => cycle.iter().min_by_key(|c| (c.writes, young(c))),
            Self::FewestLocks => cycle.iter().min_by_key(|c| (c.locks, young(c))),
        };
        chosen.map(|c| c.holder)
    }
}

/// A rule that lets waits go only one way along age, so that no cycle can close.
///
/// The ages survive a restart: who is aborted again and again becomes the oldest in the end, and gets through.
///
/// ```
/// use scalelab::algorithms::locks::{Prevention, Waits};
/// let (old, young) = (1, 2);
/// assert_eq!(Prevention::WaitDie.decide(old, young), Waits::Waits);
/// assert_eq!(Prevention::WaitDie.decide(young, old), Waits::Dies);
/// assert_eq!(Prevention::WoundWait.decide(old, young), Waits::Wounds);
/// assert_eq!(Prevention::WoundWait.decide(young, old), Waits::Waits);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Prevention {
    /// An older one waits for a younger one; a younger one dies rather than wait.
    WaitDie,
    /// An older one wounds (aborts) a younger one; a younger one waits.
    WoundWait,
    /// Nobody waits.
    NoWait,
}

/// What becomes of one that would have to wait for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// It waits.
    Waits,
    /// It is aborted.
    Dies,
    /// The other one is aborted.
    Wounds,
}

impl Prevention {
    /// What becomes of one of age `asks` that would wait for one of age `holds`; the smaller number is the older. O(1).
    pub fn decide(self, asks: u64, holds: u64) -> Waits {
        match self {
            Self::WaitDie if asks < holds => Waits::Waits,
            Self::WaitDie | Self::NoWait => Waits::Dies,
            Self::WoundWait if asks < holds => Waits::Wounds,
            Self::WoundWait => Waits::Waits,
        }
    }
}
