//! How many schedules there are, and to what they lead.

use std::collections::BTreeMap;
use std::fmt;

use num_bigint::BigUint;

use super::graph::Graph;

/// A number of schedules.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Count {
    /// Exactly so many.
    Finite(BigUint),
    /// No end: there is a loop on the way.
    Infinite,
}

impl Count {
    /// None.
    #[must_use]
    pub fn zero() -> Self {
        Self::Finite(BigUint::ZERO)
    }

    /// Whether it is none.
    pub fn is_zero(&self) -> bool {
        *self == Self::zero()
    }

    /// As a plain number, if it is one and not too large.
    pub fn to_u64(&self) -> Option<u64> {
        match self {
            Self::Finite(n) => u64::try_from(n).ok(),
            Self::Infinite => None,
        }
    }

    /// Roughly; infinite if it is.
    pub fn to_f64(&self) -> f64 {
        match self {
            Self::Finite(n) => {
                n.iter_u64_digits().rev().fold(0.0, |sum, d| sum * 18_446_744_073_709_551_616.0 + d as f64)
            }
            Self::Infinite => f64::INFINITY,
        }
    }

    fn add(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Finite(sum), Self::Finite(n)) => *sum += n,
            _ => *self = Self::Infinite,
        }
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finite(n) => {
                let digits = n.to_string();
                let head = digits.len() % 3;
                let (first, rest) = digits.split_at(head);
                let mut groups: Vec<&str> = if first.is_empty() { Vec::new() } else { vec![first] };
                groups.extend(rest.as_bytes().chunks(3).filter_map(|c| std::str::from_utf8(c).ok()));
                write!(f, "{}", groups.join(","))
            }
            Self::Infinite => write!(f, "infinitely many"),
        }
    }
}

/// One way in which the program can end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What its end states have in common.
    pub key: Vec<i32>,
    /// Its problems, one bit each.
    pub problems: u32,
    /// The end state that is nearest to the start.
    pub nearest: usize,
    /// How many schedules lead to it.
    pub schedules: Count,
}

/// Schedules of a whole graph, counted.
#[derive(Clone, Debug)]
pub struct Counts {
    /// All schedules that come to an end; infinite if there is a loop on the way to an end.
    pub schedules: Count,
    /// Of those, how many end with a bad problem.
    pub bad: Count,
    /// Where they end, in the order in which the ends were found.
    pub outcomes: Vec<Outcome>,
    /// Whether some schedule need never end.
    pub endless: bool,
    /// For each state, schedules from there to an end, and those of them that break.
    onward: Vec<(f64, f64)>,
    /// For each state, whether it is on a loop.
    pub(super) looping: Vec<bool>,
}

impl Counts {
    /// Counts all schedules; problems in `bad` break the program. Only a finished graph gives the whole truth.
    ///
    /// Cost: O(states + transitions) additions, of 128-bit numbers while those are enough.
    pub fn of(graph: &Graph, bad: u32) -> Self {
        let order = components(graph);
        let looping = looping(graph, &order);
        let outcomes = forward(graph, &order, &looping);
        let onward = backward(graph, &order, &looping, bad);
        let sum = |wanted: &dyn Fn(&Outcome) -> bool| {
            let mut sum = Count::zero();
            outcomes.iter().filter(|o| wanted(o)).for_each(|o| sum.add(&o.schedules));
            sum
        };
        let (schedules, bad) = (sum(&|_| true), sum(&|o| o.problems & bad != 0));
        let endless = looping.iter().any(|l| *l);
        Self { schedules, bad, outcomes, endless, onward, looping }
    }

    /// Schedules from a state to an end, and how many of them break: exact up to 2⁵³, infinite through loops.
    pub fn onward(&self, state: usize) -> (f64, f64) {
        self.onward.get(state).copied().unwrap_or((0.0, 0.0))
    }

    /// Whether a state is on a loop.
    pub fn is_looping(&self, state: usize) -> bool {
        self.looping.get(state).copied().unwrap_or(false)
    }
}

/// Strongly connected components, the last ones (in the direction of the steps) first.
pub(super) fn components(graph: &Graph) -> Vec<Vec<u32>> {
    components_of(graph.expanded(), &|state, i| graph.targets(state).get(i).copied())
}

/// Tarjan's algorithm (1972), without recursion. `target` gives the `i`-th target of a state, and `None` after the last.
pub(super) fn components_of(count: usize, target: &dyn Fn(usize, usize) -> Option<u32>) -> Vec<Vec<u32>> {
    const NEW: u32 = u32::MAX;
    let (mut index, mut low) = (vec![NEW; count], vec![0_u32; count]);
    let mut on_stack = vec![false; count];
    let (mut stack, mut found, mut next) = (Vec::<u32>::new(), Vec::new(), 0_u32);
    for root in 0..count {
        if index[root] != NEW {
            continue;
        }
        let mut work: Vec<(u32, usize)> = vec![(root as u32, 0)];
        index[root] = next;
        low[root] = next;
        next += 1;
        stack.push(root as u32);
        on_stack[root] = true;
        while let Some((at, tried)) = work.last_mut() {
            let at = *at as usize;
            if let Some(to) = target(at, *tried) {
                *tried += 1;
                let to = to as usize;
                if to >= count {
                    continue;
                }
                if index[to] == NEW {
                    index[to] = next;
                    low[to] = next;
                    next += 1;
                    stack.push(to as u32);
                    on_stack[to] = true;
                    work.push((to as u32, 0));
                } else if on_stack[to] {
                    low[at] = low[at].min(index[to]);
                }
                continue;
            }
            work.pop();
            if let Some((parent, _)) = work.last() {
                let parent = *parent as usize;
                low[parent] = low[parent].min(low[at]);
            }
            if low[at] == index[at] {
                let start = stack.iter().rposition(|s| *s as usize == at).unwrap_or(0);
                let component = stack.split_off(start);
                component.iter().for_each(|s| on_stack[*s as usize] = false);
                found.push(component);
            }
        }
    }
    found
}

fn looping(graph: &Graph, order: &[Vec<u32>]) -> Vec<bool> {
    let mut looping = vec![false; graph.expanded()];
    for component in order {
        let first = component[0];
        let loops = component.len() > 1 || graph.targets(first as usize).contains(&first);
        component.iter().for_each(|s| looping[*s as usize] = loops);
    }
    looping
}

/// Schedules from the start to each end.
fn forward(graph: &Graph, order: &[Vec<u32>], looping: &[bool]) -> Vec<Outcome> {
    let exact = ways::<u128>(graph, order, looping);
    let counts: Vec<Count> = match exact {
        Some(counts) => counts.into_iter().map(|c| c.map_or(Count::Infinite, |n| Count::Finite(n.into()))).collect(),
        None => {
            let counts = ways::<BigUint>(graph, order, looping).unwrap_or_default();
            counts.into_iter().map(|c| c.map_or(Count::Infinite, Count::Finite)).collect()
        }
    };
    let mut places: BTreeMap<(u32, &[i32]), usize> = BTreeMap::new();
    let mut outcomes: Vec<Outcome> = Vec::new();
    for ((state, key), count) in graph.ends().iter().zip(counts) {
        let problems = graph.problems(*state as usize);
        let place = *places.entry((problems, key)).or_insert_with(|| {
            let key = key.clone();
            outcomes.push(Outcome { key, problems, nearest: *state as usize, schedules: Count::zero() });
            outcomes.len() - 1
        });
        outcomes[place].schedules.add(&count);
    }
    outcomes
}

/// Numbers that can be added until they overflow.
trait Tally: Clone {
    fn from(n: u8) -> Self;
    /// Adds, unless the sum is too large.
    fn plus(&mut self, other: &Self) -> bool;
}

impl Tally for u128 {
    fn from(n: u8) -> Self {
        n.into()
    }

    fn plus(&mut self, other: &Self) -> bool {
        let sum = self.checked_add(*other);
        *self = sum.unwrap_or(Self::MAX);
        sum.is_some()
    }
}

impl Tally for BigUint {
    fn from(n: u8) -> Self {
        n.into()
    }

    fn plus(&mut self, other: &Self) -> bool {
        *self += other;
        true
    }
}

/// For each end, the number of ways to it, `None` for infinitely many. `None` in all if numbers are too large.
fn ways<T: Tally>(graph: &Graph, order: &[Vec<u32>], looping: &[bool]) -> Option<Vec<Option<T>>> {
    let mut ways: Vec<Option<T>> = vec![Some(T::from(0)); graph.expanded()];
    *ways.first_mut()? = Some(T::from(1));
    for component in order.iter().rev() {
        // Every state was reached, so a state on a loop is reached in infinitely many ways.
        for state in component.iter().map(|s| *s as usize).filter(|s| looping[*s]) {
            ways[state] = None;
        }
        for state in component.iter().map(|s| *s as usize) {
            let here = ways[state].clone();
            for to in graph.targets(state).iter().map(|t| *t as usize).filter(|t| *t < graph.expanded()) {
                match (&mut ways[to], &here) {
                    (Some(sum), Some(n)) => {
                        if !sum.plus(n) {
                            return None;
                        }
                    }
                    (there, _) => *there = None,
                }
            }
            // Nobody asks again: large numbers need not stay in memory.
            if !graph.targets(state).is_empty() {
                ways[state] = Some(T::from(0));
            }
        }
    }
    Some(graph.ends().iter().map(|(state, _)| ways[*state as usize].clone()).collect())
}

/// Schedules from each state to an end, and those that break.
fn backward(graph: &Graph, order: &[Vec<u32>], looping: &[bool], bad: u32) -> Vec<(f64, f64)> {
    let mut onward = vec![(0.0, 0.0); graph.expanded()];
    for component in order {
        let loops = looping[component[0] as usize];
        let (mut all, mut broken) = (0.0, 0.0);
        for state in component.iter().map(|s| *s as usize) {
            if graph.enabled(state) == 0 {
                all += 1.0;
                broken += f64::from(u8::from(graph.problems(state) & bad != 0));
            }
            for to in graph.targets(state).iter().filter_map(|t| onward.get(*t as usize)) {
                let to: &(f64, f64) = to;
                (all, broken) = (all + to.0, broken + to.1);
            }
        }
        if loops {
            let endless = |n: f64| if n > 0.0 { f64::INFINITY } else { 0.0 };
            (all, broken) = (endless(all), endless(broken));
        }
        component.iter().for_each(|s| onward[*s as usize] = (all, broken));
    }
    onward
}
