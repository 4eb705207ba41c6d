//! What the explorer explores: any system of states and actions, with named properties.

use std::hash::Hash;

/// A system as a state graph: where it begins, what can happen in a state, and what comes of it.
///
/// ```
/// use scalelab::algorithms::explore::{Expectation, Model, Property, Search, Verdict};
///
/// /// Water jugs of three and five litres: can one measure four?
/// struct Jugs;
/// impl Model for Jugs {
///     type State = [u32; 2];
///     type Action = &'static str;
///     fn initial(&self) -> Vec<[u32; 2]> { vec![[0, 0]] }
///     fn actions(&self, _: &[u32; 2], actions: &mut Vec<&'static str>) {
///         actions.extend(["fill 3", "fill 5", "empty 3", "empty 5", "3 into 5", "5 into 3"]);
///     }
///     fn next(&self, [a, b]: &[u32; 2], action: &&'static str) -> Option<[u32; 2]> {
///         let (into_b, into_a) = ((*a).min(5 - b), (*b).min(3 - a));
///         Some(match *action {
///             "fill 3" => [3, *b],
///             "fill 5" => [*a, 5],
///             "empty 3" => [0, *b],
///             "empty 5" => [*a, 0],
///             "3 into 5" => [a - into_b, b + into_b],
///             _ => [a + into_a, b - into_a],
///         })
///     }
///     fn properties(&self) -> Vec<Property<Self>> {
///         vec![Property::sometimes("four litres", |_, state: &[u32; 2]| state[1] == 4)]
///     }
/// }
/// let search = Search::run(&Jugs, 1_000);
/// assert_eq!(search.len(), 16);
/// let Verdict::Shown(actions) = search.verdict(&Jugs, 0) else { panic!() };
/// assert_eq!(actions, ["fill 5", "5 into 3", "empty 3", "5 into 3", "fill 5", "5 into 3"]);
/// ```
pub trait Model: Sized {
    /// Everything that what comes depends on.
    type State: Clone + Eq + Hash;
    /// Something that can happen.
    type Action: Clone;

    /// The states in which it may begin.
    fn initial(&self) -> Vec<Self::State>;

    /// Adds what can happen in a state, in a fixed order.
    fn actions(&self, state: &Self::State, actions: &mut Vec<Self::Action>);

    /// What comes of an action; `None` if nothing changes and the action is no step.
    fn next(&self, state: &Self::State, action: &Self::Action) -> Option<Self::State>;

    /// The same as [`Model::next`], built in what a state holds that is not needed any more: most steps of a search lead to
    /// states that are known, and a model whose states hold much memory saves asking for it again.
    fn next_in(&self, spare: Option<Self::State>, state: &Self::State, action: &Self::Action) -> Option<Self::State> {
        drop(spare);
        self.next(state, action)
    }

    /// What should hold.
    fn properties(&self) -> Vec<Property<Self>> {
        Vec::new()
    }
}

/// When a property should hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// In every state: safety.
    Always,
    /// In some state: it can be reached.
    Sometimes,
    /// At some time on every way, whatever happens: liveness. A way that goes round in circles for ever without it
    /// breaks it: nothing is assumed to be fair.
    Eventually,
}

/// A named truth about a system.
pub struct Property<M: Model> {
    /// Its name, as a lesson quotes it.
    pub name: &'static str,
    /// When it should hold.
    pub expectation: Expectation,
    /// Whether it holds in a state.
    pub holds: fn(&M, &M::State) -> bool,
}

impl<M: Model> Property<M> {
    /// It holds in every state.
    pub const fn always(name: &'static str, holds: fn(&M, &M::State) -> bool) -> Self {
        Self { name, expectation: Expectation::Always, holds }
    }

    /// It holds in some state that can be reached.
    pub const fn sometimes(name: &'static str, holds: fn(&M, &M::State) -> bool) -> Self {
        Self { name, expectation: Expectation::Sometimes, holds }
    }

    /// On every way it holds at some time.
    pub const fn eventually(name: &'static str, holds: fn(&M, &M::State) -> bool) -> Self {
        Self { name, expectation: Expectation::Eventually, holds }
    }
}

impl<M: Model> Clone for Property<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Model> Copy for Property<M> {}
