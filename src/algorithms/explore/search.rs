//! The state graph of any [`Model`], breadth first, and what it says of the model's properties.

use std::ops::Deref;

use super::model::{Expectation, Model};
use super::states::States;
use super::store::{Store, Values};
use super::walk::Edge;

/// What an exploration says of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<A> {
    /// It holds, in every state and on every way: proven.
    Proven,
    /// It fails.
    Broken {
        /// A shortest way, as actions from an initial state, to where it fails. For something that should hold
        /// eventually: the way to an end, or to the circle on which it can be avoided for ever.
        way: Vec<A>,
        /// Actions that can be repeated for ever after it; none where it fails at the way's end.
        circle: Vec<A>,
    },
    /// A shortest way to a state that shows what should be possible.
    Shown(Vec<A>),
    /// No state shows what should be possible.
    Impossible,
    /// Not decided: the bound came first.
    Open,
}

/// Every state of a [`Model`] that can be reached, up to a bound: [`States`] of any kind, and what they say of the model's
/// properties.
///
/// Cost: one step, one hash and one comparison a transition. Memory: each state once, an action and 12 bytes for each
/// state, 4 bytes for each transition.
///
/// See [`Model`] for an example.
pub struct Search<M: Model> {
    states: States<Values<M::State>, M::Action>,
    /// For each property the first state that decides it: breaks `always`, shows `sometimes`.
    decisive: Vec<Option<u32>>,
}

impl<M: Model> Deref for Search<M> {
    type Target = States<Values<M::State>, M::Action>;

    fn deref(&self) -> &Self::Target {
        &self.states
    }
}

impl<M: Model> Search<M> {
    /// Explores until everything is known or `bound` states are.
    pub fn run(model: &M, bound: usize) -> Self {
        let mut search = Self::new(model);
        search.go_on(model, bound);
        search
    }

    /// A search of which only the initial states are known.
    pub fn new(model: &M) -> Self {
        let mut values = Values::default();
        model.initial().into_iter().for_each(|state| _ = values.insert(state));
        Self { states: States::starting_with(values), decisive: vec![None; model.properties().len()] }
    }

    /// Goes on where it stopped, with the same model, until everything is known or at least `bound` states are.
    pub fn go_on(&mut self, model: &M, bound: usize) {
        let properties = model.properties();
        let Self { states, decisive } = self;
        let (mut actions, mut spare) = (Vec::new(), None);
        let room = |known: usize| known < bound.max(1);
        states.grow(room, |number, successors| {
            // A clone, since the set grows while the state's successors are put in.
            let Some(state) = successors.kept.get(number).cloned() else { return };
            for (property, decisive) in properties.iter().zip(decisive.iter_mut()) {
                let wanted = match property.expectation {
                    Expectation::Always => false,
                    Expectation::Sometimes => true,
                    Expectation::Eventually => continue,
                };
                if decisive.is_none() && (property.holds)(model, &state) == wanted {
                    *decisive = Some(number as u32);
                }
            }
            actions.clear();
            model.actions(&state, &mut actions);
            for action in actions.drain(..) {
                if let Some(next) = model.next_in(spare.take(), &state, &action) {
                    let (to, known) = successors.kept.insert(next);
                    successors.add((to, known.is_none()), action);
                    spare = known;
                }
            }
        });
    }

    /// A state by its number.
    pub fn state(&self, number: usize) -> Option<&M::State> {
        self.kept().get(number)
    }

    /// What is known of the model's property with this number.
    pub fn verdict(&self, model: &M, property: usize) -> Verdict<M::Action> {
        let Some(property_of) = model.properties().into_iter().nth(property) else { return Verdict::Open };
        let decisive = self.decisive.get(property).copied().flatten().map(|number| self.way_to(number as usize));
        match (property_of.expectation, decisive) {
            (Expectation::Always, Some(way)) => Verdict::Broken { way, circle: Vec::new() },
            (Expectation::Sometimes, Some(way)) => Verdict::Shown(way),
            _ if !self.finished() => Verdict::Open,
            (Expectation::Always, None) => Verdict::Proven,
            (Expectation::Sometimes, None) => Verdict::Impossible,
            (Expectation::Eventually, _) => match self.avoiding(|state| (property_of.holds)(model, state)) {
                Some(lasso) => {
                    let along = |edges: &[Edge]| edges.iter().filter_map(|edge| self.action(model, *edge)).collect();
                    Verdict::Broken { way: along(&lasso.stem), circle: along(&lasso.cycle) }
                }
                None => Verdict::Proven,
            },
        }
    }

    /// The action that a step is.
    fn action(&self, model: &M, edge: Edge) -> Option<M::Action> {
        let from = self.state(edge.from)?;
        let mut possible = Vec::new();
        model.actions(from, &mut possible);
        possible.into_iter().filter(|action| model.next(from, action).is_some()).nth(edge.nth)
    }
}
