//! How many ways lead to each end of a state graph.

use std::fmt;

use num_bigint::BigUint;

use super::states::States;
use super::store::Store;
use super::walk::Components;

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

    pub(super) fn add(&mut self, other: &Self) {
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

impl<K: Store, A: Clone> States<K, A> {
    /// For each dead end, in their order, how many ways lead to it from an initial state. Only a finished graph gives the
    /// whole truth.
    ///
    /// Cost: O(states + transitions) additions, of 128-bit numbers while those are enough.
    pub fn ways(&self) -> Vec<(usize, Count)> {
        let components = self.components(|_| true);
        self.dead_ends().zip(self.ways_along(&components)).collect()
    }

    /// The counts of [`States::ways`], with components that are known.
    pub(super) fn ways_along(&self, components: &Components) -> Vec<Count> {
        let count = |ways: Vec<Option<BigUint>>| ways.into_iter().map(|w| w.map_or(Count::Infinite, Count::Finite));
        match tallies::<u128, _, _>(self, components) {
            Some(ways) => count(ways.into_iter().map(|w| w.map(BigUint::from)).collect()).collect(),
            None => count(tallies(self, components).unwrap_or_default()).collect(),
        }
    }
}

/// Numbers that can be added until they overflow.
trait Tally: Clone {
    fn of(n: u8) -> Self;
    /// Adds, unless the sum is too large.
    fn plus(&mut self, other: &Self) -> bool;
}

impl Tally for u128 {
    fn of(n: u8) -> Self {
        n.into()
    }

    fn plus(&mut self, other: &Self) -> bool {
        let sum = self.checked_add(*other);
        *self = sum.unwrap_or(Self::MAX);
        sum.is_some()
    }
}

impl Tally for BigUint {
    fn of(n: u8) -> Self {
        n.into()
    }

    fn plus(&mut self, other: &Self) -> bool {
        *self += other;
        true
    }
}

/// For each dead end, the number of ways to it, `None` for infinitely many. `None` in all if numbers are too large.
fn tallies<T: Tally, K: Store, A: Clone>(states: &States<K, A>, components: &Components) -> Option<Vec<Option<T>>> {
    let mut ways: Vec<Option<T>> = vec![Some(T::of(0)); states.expanded()];
    for root in states.initial().filter(|root| *root < states.expanded()) {
        ways[root] = Some(T::of(1));
    }
    for component in components.all.iter().rev() {
        // Every state was reached, so a state on a loop is reached in infinitely many ways.
        for state in component.iter().map(|s| *s as usize).filter(|s| components.circular[*s]) {
            ways[state] = None;
        }
        for state in component.iter().map(|s| *s as usize) {
            let here = ways[state].clone();
            for to in states.targets(state).iter().map(|t| *t as usize).filter(|t| *t < states.expanded()) {
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
            if !states.targets(state).is_empty() {
                ways[state] = Some(T::of(0));
            }
        }
    }
    Some(states.dead_ends().map(|state| ways[state].clone()).collect())
}
