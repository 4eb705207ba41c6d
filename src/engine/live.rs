//! A model and its facts, which are computed once for each of its states.

use std::cell::OnceCell;
use std::ops::{Deref, DerefMut};

use super::model::Model;
use super::observed::facts_of;

/// A model with its facts, once somebody has asked for them. Whoever may change the model makes them be computed
/// again; a clone computes its own.
pub(super) struct Live<M: Model> {
    model: M,
    facts: OnceCell<M::Facts>,
    json: OnceCell<serde_json::Value>,
}

impl<M: Model> Live<M> {
    pub(super) fn new(model: M) -> Self {
        Self { model, facts: OnceCell::new(), json: OnceCell::new() }
    }

    pub(super) fn facts(&self) -> &M::Facts {
        self.facts.get_or_init(|| self.model.facts())
    }

    pub(super) fn json(&self) -> &serde_json::Value {
        self.json.get_or_init(|| facts_of(self.facts()))
    }
}

impl<M: Model> Clone for Live<M> {
    fn clone(&self) -> Self {
        Self::new(self.model.clone())
    }
}

impl<M: Model> Deref for Live<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.model
    }
}

impl<M: Model> DerefMut for Live<M> {
    fn deref_mut(&mut self) -> &mut M {
        (self.facts, self.json) = (OnceCell::new(), OnceCell::new());
        &mut self.model
    }
}
