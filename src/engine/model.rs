//! The trait that every lab's state machine implements, and what it speaks in.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::context::{Context, Say};
use super::error::ModelError;
use super::input::Input;

/// What a lab is opened with. The same set-up and the same commands give the same bytes.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Seed of everything random in the lab.
    pub seed: u64,
    /// Real input by its role, e.g. `keys`.
    pub inputs: BTreeMap<String, Arc<Input>>,
}

impl Setup {
    /// A set-up with a seed and no input: the lab uses what it has built in.
    ///
    /// ```
    /// assert_eq!(scalelab::engine::Setup::seeded(7).seed, 7);
    /// ```
    pub fn seeded(seed: u64) -> Self {
        Self { seed, inputs: BTreeMap::new() }
    }
}

/// A named truth about a model: tests assert it after every step, lessons quote it.
pub struct Property<M: ?Sized> {
    /// Its name, as a lesson quotes it.
    pub name: &'static str,
    /// Whether it holds in a state.
    pub holds: fn(&M) -> bool,
}

/// The context of a model.
pub type ContextOf<'a, M> = Context<'a, <M as Model>::Timer, <M as Model>::Event>;

/// A deterministic state machine: `(seed, commands so far) → state → facts, events`.
///
/// It knows no screen, and no words but those of [`Model::tell`]. Time passes only through its timers: the
/// [`Timeline`](super::Timeline) fires each at its own time, so that advancing in one stride or in many small ones gives
/// the same state. Cloning should be cheap (share what is large with [`Arc`]), since every command runs on a clone and
/// every checkpoint is one.
pub trait Model: Clone + 'static {
    /// The lab's commands: a clap subcommand enum.
    type Command: clap::Subcommand + Clone + std::fmt::Debug;
    /// What the model waits for.
    type Timer: Clone + 'static;
    /// What happened, as a value: the words come after.
    type Event: Clone + 'static;
    /// The lab's named figures.
    type Facts: Serialize;

    /// The state before any command. What it tells is there from the beginning.
    ///
    /// # Errors
    /// When the set-up makes no sense for this lab (say, an empty input).
    fn open(setup: &Setup, cx: &mut ContextOf<'_, Self>) -> Result<Self, ModelError>;

    /// Applies one command.
    ///
    /// # Errors
    /// When the command cannot be done, or [`interrupt::check`](super::interrupt::check) stops it, which a long
    /// one asks now and then. The caller drops the state it was tried on.
    fn apply(&mut self, command: &Self::Command, cx: &mut ContextOf<'_, Self>) -> Result<(), ModelError>;

    /// A timer fires. Whatever it sets for now fires after it, so that time must go on at some point. It is short and
    /// never stopped half-way: [`interrupt::requested`](super::interrupt::requested) says no while it runs.
    fn fire(&mut self, timer: Self::Timer, cx: &mut ContextOf<'_, Self>);

    /// The named figures. Computed when somebody asks, once for each state.
    fn facts(&self) -> Self::Facts;

    /// The sentences of an event. Called right after the command or timer in which it happened: the state is what came of
    /// that.
    fn tell(&self, event: &Self::Event, say: &mut Say);

    /// Truths that hold in every state.
    fn properties() -> &'static [Property<Self>];

    /// Bytes that a clone keeps alive on its own, roughly: the time line bounds its memory by it.
    fn memory_bytes(&self) -> usize {
        std::mem::size_of::<Self>()
    }

    /// Values that complete an argument, by its value name (`NODE`, `KEY`).
    fn candidates(&self, value_name: &str) -> Vec<String> {
        let _ = value_name;
        Vec::new()
    }
}
