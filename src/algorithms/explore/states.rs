//! The one state graph: what is reached from where, and by which shortest way.

use super::store::Store;

/// States that were reached, breadth first, and where each leads: kept in `K`, with steps that are told apart by `A`.
///
/// States are numbered by their distance from the initial ones, so the way along [`States::way_to`] is a shortest one. The
/// two explorers, [`Graph`](super::Graph) for rows of words and [`Search`](super::Search) for any
/// [`Model`](super::Model), are both this.
///
/// Memory beside the states: a step and 8 bytes a state, 4 bytes a transition.
#[derive(Clone, Debug)]
pub struct States<K, A> {
    kept: K,
    /// Initial states: the first ones.
    roots: usize,
    /// The state and the step that led to each other state first.
    parents: Vec<(u32, A)>,
    /// Where the targets of each expanded state begin.
    first: Vec<u32>,
    targets: Vec<u32>,
}

/// The successors of one state, as they are found.
pub(super) struct Successors<'a, K, A> {
    /// All states.
    pub(super) kept: &'a mut K,
    from: u32,
    parents: &'a mut Vec<(u32, A)>,
    targets: &'a mut Vec<u32>,
}

impl<K, A> Successors<'_, K, A> {
    /// Notes that a step leads to a state with this number, and whether it was not known.
    pub(super) fn add(&mut self, (to, new): (usize, bool), step: A) {
        self.targets.push(to as u32);
        if new {
            self.parents.push((self.from, step));
        }
    }
}

impl<K: Store, A: Clone> States<K, A> {
    /// Only the initial states, which are those that were put in already.
    pub(super) fn starting_with(kept: K) -> Self {
        Self { roots: kept.count(), kept, parents: Vec::new(), first: vec![0], targets: Vec::new() }
    }

    /// Goes on breadth first, as long as some state is not expanded and `room` says so of the number of states.
    pub(super) fn grow(
        &mut self,
        room: impl Fn(usize) -> bool,
        mut expand: impl FnMut(usize, &mut Successors<'_, K, A>),
    ) {
        while self.expanded() < self.len() && room(self.len()) {
            let from = self.expanded();
            let Self { kept, parents, targets, .. } = self;
            expand(from, &mut Successors { kept, from: from as u32, parents, targets });
            self.first.push(self.targets.len() as u32);
        }
    }

    /// States found.
    pub fn len(&self) -> usize {
        self.kept.count()
    }

    /// Whether there is none: a system without an initial state.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// States whose steps are all known.
    pub fn expanded(&self) -> usize {
        self.first.len() - 1
    }

    /// Whether everything is known.
    pub fn finished(&self) -> bool {
        self.expanded() == self.len()
    }

    /// Steps found.
    pub fn transitions(&self) -> usize {
        self.targets.len()
    }

    /// Where the states are kept.
    pub fn kept(&self) -> &K {
        &self.kept
    }

    /// The initial states.
    pub fn initial(&self) -> std::ops::Range<usize> {
        0..self.roots
    }

    /// The states that an expanded state leads to, in the order of its steps.
    pub fn targets(&self, number: usize) -> &[u32] {
        let place = |n: usize| self.first.get(n).copied().unwrap_or(0) as usize;
        if number < self.expanded() { &self.targets[place(number)..place(number + 1)] } else { &[] }
    }

    /// Expanded states that lead nowhere.
    pub fn dead_ends(&self) -> impl Iterator<Item = usize> {
        (0..self.expanded()).filter(|state| self.targets(*state).is_empty())
    }

    /// A shortest way to a state, as steps from an initial one.
    pub fn way_to(&self, number: usize) -> Vec<A> {
        let (mut at, mut way) = (number, Vec::new());
        while let Some((from, step)) = at.checked_sub(self.roots).and_then(|n| self.parents.get(n)) {
            way.push(step.clone());
            at = *from as usize;
        }
        way.reverse();
        way
    }
}
