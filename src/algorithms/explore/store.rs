//! Where states are kept.

use std::hash::Hash;

use foldhash::fast::FixedState;
use indexmap::IndexSet;

use super::table::Table;

/// States, each once, numbered in the order in which they came.
pub trait Store {
    /// A state as it is looked at.
    type State: ?Sized;

    /// How many there are.
    fn count(&self) -> usize;

    /// A state by its number.
    fn get(&self, number: usize) -> Option<&Self::State>;
}

impl Store for Table {
    type State = [i32];

    fn count(&self) -> usize {
        self.len()
    }

    fn get(&self, number: usize) -> Option<&[i32]> {
        (number < self.len()).then(|| self.row(number))
    }
}

/// A [`Store`] of values of any kind. Looking up or adding one costs a hash and a comparison.
#[derive(Clone, Debug)]
pub struct Values<T>(IndexSet<T, FixedState>);

impl<T> Default for Values<T> {
    fn default() -> Self {
        Self(IndexSet::with_hasher(FixedState::default()))
    }
}

impl<T: Eq + Hash> Values<T> {
    /// The number of a value, and the value again if it was there already.
    pub fn insert(&mut self, value: T) -> (usize, Option<T>) {
        match self.0.get_index_of(&value) {
            Some(number) => (number, Some(value)),
            None => (self.0.insert_full(value).0, None),
        }
    }

    /// The number of a value, if it is there.
    pub fn find(&self, value: &T) -> Option<usize> {
        self.0.get_index_of(value)
    }
}

impl<T> Store for Values<T> {
    type State = T;

    fn count(&self) -> usize {
        self.0.len()
    }

    fn get(&self, number: usize) -> Option<&T> {
        self.0.get_index(number)
    }
}
