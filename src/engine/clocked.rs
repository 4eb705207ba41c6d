//! Models that keep their own clock and find their own words: the first storey. A lab that is rebuilt implements
//! [`Model`] itself; when the last one is, this file goes.

use serde::Serialize;

use super::context::Say;
use super::error::ModelError;
use super::event::{Event, Micros};
use super::model::{ContextOf, Model, Property, Setup};
use crate::sim::{Duration, Time};

/// A [`Model`] that says itself when it is to be woken next, and tells in sentences while it works.
pub trait Clocked: Clone + 'static {
    /// The lab's commands: a clap subcommand enum.
    type Command: clap::Subcommand + Clone + std::fmt::Debug;
    /// The lab's named figures.
    type Facts: Serialize;

    /// The state before any command.
    ///
    /// # Errors
    /// When the set-up makes no sense for this lab (say, an empty input).
    fn open(setup: &Setup) -> Result<Self, ModelError>;

    /// What there is to say before any command, say about real input.
    fn opening(&self) -> Vec<Event> {
        Vec::new()
    }

    /// Applies one command at simulated time `now`, and says what it did.
    ///
    /// # Errors
    /// When the command cannot be done. The caller drops the state it was tried on.
    fn apply(&mut self, now: Micros, command: &Self::Command, log: &mut Vec<Event>) -> Result<(), ModelError>;

    /// When the next internal event is due, if any.
    fn next_tick(&self) -> Option<Micros>;

    /// Performs the internal event due at `now`. Afterwards `next_tick` lies later, but
    /// for work that is done in pieces: between two of them it can be stopped.
    fn tick(&mut self, now: Micros, log: &mut Vec<Event>);

    /// Until when the last command is still unfolding.
    fn settled_at(&self) -> Micros;

    /// How far one step goes, in simulated microseconds.
    fn step_us(&self) -> Micros;

    /// The named figures.
    fn facts(&self) -> Self::Facts;

    /// Truths that hold in every state.
    fn properties() -> &'static [Property<Self>];

    /// Bytes that a clone keeps alive on its own, roughly.
    fn footprint(&self) -> usize;

    /// Values that complete an argument, by its value name.
    fn candidates(&self, value_name: &str) -> Vec<String> {
        let _ = value_name;
        Vec::new()
    }
}

/// Hands over what was told, and when the model is to be woken next.
fn hand_over<M: Clocked>(model: &M, log: Vec<Event>, cx: &mut ContextOf<'_, M>) {
    log.into_iter().for_each(|event| cx.tell(event));
    cx.unfold_until(Time::from_micros(model.settled_at()));
    cx.step(Duration::from_micros(model.step_us()));
    cx.wake_at(model.next_tick().map(Time::from_micros), ());
}

impl<M: Clocked> Model for M {
    type Command = <M as Clocked>::Command;
    type Timer = ();
    type Event = Event;
    type Facts = <M as Clocked>::Facts;

    fn open(setup: &Setup, cx: &mut ContextOf<'_, Self>) -> Result<Self, ModelError> {
        let model = <M as Clocked>::open(setup)?;
        hand_over(&model, model.opening(), cx);
        Ok(model)
    }

    fn apply(&mut self, command: &Self::Command, cx: &mut ContextOf<'_, Self>) -> Result<(), ModelError> {
        let mut log = Vec::new();
        Clocked::apply(self, cx.now().as_micros(), command, &mut log)?;
        hand_over(self, log, cx);
        Ok(())
    }

    fn fire(&mut self, (): (), cx: &mut ContextOf<'_, Self>) {
        let mut log = Vec::new();
        self.tick(cx.now().as_micros(), &mut log);
        hand_over(self, log, cx);
    }

    fn facts(&self) -> Self::Facts {
        Clocked::facts(self)
    }

    fn tell(&self, event: &Event, say: &mut Say) {
        say.pass_on(event.clone());
    }

    fn properties() -> &'static [Property<Self>] {
        <M as Clocked>::properties()
    }

    fn memory_bytes(&self) -> usize {
        self.footprint()
    }

    fn candidates(&self, value_name: &str) -> Vec<String> {
        Clocked::candidates(self, value_name)
    }
}
