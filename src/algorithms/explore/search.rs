//! The state graph of any [`Model`], breadth first, and what it says of the model's properties.

use foldhash::fast::FixedState;
use indexmap::IndexSet;

use super::model::{Expectation, Model};

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

/// Every state that can be reached, up to a bound, numbered by its distance from the initial ones.
///
/// Cost: one step, one hash and one comparison a transition. Memory: each state once, an action and 12 bytes for each
/// state, 4 bytes for each transition.
///
/// See [`Model`] for an example.
pub struct Search<M: Model> {
    states: IndexSet<M::State, FixedState>,
    /// The state and the action that led to each state first; none for an initial one.
    parents: Vec<Option<(u32, M::Action)>>,
    /// Where the targets of each expanded state begin.
    first: Vec<u32>,
    targets: Vec<u32>,
    /// For each property the first state that decides it: breaks `always`, shows `sometimes`.
    decisive: Vec<Option<u32>>,
}

/// A way, and what can be repeated for ever after it.
struct Lasso<A> {
    way: Vec<A>,
    circle: Vec<A>,
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
        let mut search = Self {
            states: IndexSet::with_hasher(FixedState::default()),
            parents: Vec::new(),
            first: vec![0],
            targets: Vec::new(),
            decisive: model.properties().iter().map(|_| None).collect(),
        };
        for state in model.initial() {
            if search.states.insert(state) {
                search.parents.push(None);
            }
        }
        search
    }

    /// Goes on where it stopped, with the same model, until everything is known or at least `bound` states are.
    pub fn go_on(&mut self, model: &M, bound: usize) {
        let properties = model.properties();
        let mut actions = Vec::new();
        while self.expanded() < self.len() && self.len() < bound.max(1) {
            let number = self.expanded();
            // A clone, since the set grows while the state's successors are put in.
            let Some(state) = self.states.get_index(number).cloned() else { return };
            for (property, decisive) in properties.iter().zip(&mut self.decisive) {
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
                let Some(next) = model.next(&state, &action) else { continue };
                let (to, new) = self.states.insert_full(next);
                self.targets.push(to as u32);
                if new {
                    self.parents.push(Some((number as u32, action)));
                }
            }
            self.first.push(self.targets.len() as u32);
        }
    }

    /// States found.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Whether there is none: a model without an initial state.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// States whose actions are all known.
    pub fn expanded(&self) -> usize {
        self.first.len() - 1
    }

    /// Whether everything is known.
    pub fn finished(&self) -> bool {
        self.expanded() == self.len()
    }

    /// Actions that led somewhere.
    pub fn transitions(&self) -> usize {
        self.targets.len()
    }

    /// A state by its number.
    pub fn state(&self, number: usize) -> Option<&M::State> {
        self.states.get_index(number)
    }

    /// The states that an expanded state leads to, in the order of its actions.
    pub fn targets(&self, number: usize) -> &[u32] {
        let place = |n: usize| self.first.get(n).copied().unwrap_or(0) as usize;
        if number < self.expanded() { &self.targets[place(number)..place(number + 1)] } else { &[] }
    }

    /// A shortest way to a state, as actions from an initial one.
    pub fn way_to(&self, number: usize) -> Vec<M::Action> {
        let (mut at, mut way) = (number, Vec::new());
        while let Some(Some((from, action))) = self.parents.get(at) {
            way.push(action.clone());
            at = *from as usize;
        }
        way.reverse();
        way
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
            (Expectation::Eventually, _) => match self.avoided(model, |state| (property_of.holds)(model, state)) {
                Some(Lasso { way, circle }) => Verdict::Broken { way, circle },
                None => Verdict::Proven,
            },
        }
    }

    /// How `holds` can be avoided for ever: the way, through states where it does not hold, to the nearest end, or to
    /// the nearest circle and once around it.
    fn avoided(&self, model: &M, holds: impl Fn(&M::State) -> bool) -> Option<Lasso<M::Action>> {
        let lacks: Vec<bool> = self.states.iter().map(|state| !holds(state)).collect();
        let starts = (0..self.len()).filter(|n| lacks[*n] && self.parents[*n].is_none());
        let (order, from) = self.breadth_first(starts, &lacks);
        let ends = order.iter().find(|n| self.targets(**n).is_empty());
        let circular = self.circular(&order, &lacks);
        let circle = order.iter().find(|n| circular[**n]);
        let distance = |n: &usize| order.iter().position(|m| m == n);
        let nearest = [ends, circle].into_iter().flatten().min_by_key(|n| distance(n))?;
        let way = self.actions_along(model, &trace(&from, *nearest));
        if !circular[*nearest] {
            return Some(Lasso { way, circle: Vec::new() });
        }
        // Once around: from what follows the state back to it.
        let follows = self.targets(*nearest).iter().map(|t| *t as usize).filter(|t| lacks[*t]);
        let (_, back) = self.breadth_first(follows, &lacks);
        let mut round = vec![*nearest];
        round.extend(trace(&back, *nearest));
        Some(Lasso { way, circle: self.actions_along(model, &round) })
    }

    /// States that can be reached from these through states where `open` holds, nearest first, and whence each was.
    fn breadth_first(&self, starts: impl Iterator<Item = usize>, open: &[bool]) -> (Vec<usize>, Vec<Option<usize>>) {
        let mut from = vec![None; self.len()];
        let mut seen = vec![false; self.len()];
        let mut order: Vec<usize> = starts.collect();
        order.iter().for_each(|n| seen[*n] = true);
        let mut next = 0;
        while let Some(at) = order.get(next).copied() {
            next += 1;
            for target in self.targets(at) {
                let target = *target as usize;
                if open[target] && !seen[target] {
                    seen[target] = true;
                    from[target] = Some(at);
                    order.push(target);
                }
            }
        }
        (order, from)
    }

    /// Which of these states lie on a circle of such states.
    fn circular(&self, order: &[usize], open: &[bool]) -> Vec<bool> {
        let near = |n: usize| self.targets(n).iter().filter(|t| open[**t as usize]).map(move |t| (n as u32, *t));
        let graph = petgraph::graph::DiGraph::<(), ()>::from_edges(order.iter().copied().flat_map(near));
        let mut circular = vec![false; self.len()];
        for component in petgraph::algo::tarjan_scc(&graph) {
            let alone = component.len() == 1 && !graph.contains_edge(component[0], component[0]);
            component.iter().for_each(|node| circular[node.index()] = !alone);
        }
        circular
    }

    /// The actions along a way of states.
    fn actions_along(&self, model: &M, states: &[usize]) -> Vec<M::Action> {
        let mut actions = Vec::new();
        let between = |pair: &[usize]| {
            let [from, to] = pair else { return None };
            let (from, to) = (self.state(*from)?, self.state(*to)?);
            let mut possible = Vec::new();
            model.actions(from, &mut possible);
            possible.into_iter().find(|action| model.next(from, action).as_ref() == Some(to))
        };
        actions.extend(states.windows(2).filter_map(between));
        actions
    }
}

/// The states from a start to this one.
fn trace(from: &[Option<usize>], to: usize) -> Vec<usize> {
    let mut states: Vec<usize> = std::iter::successors(Some(to), |at| from[*at]).collect();
    states.reverse();
    states
}
