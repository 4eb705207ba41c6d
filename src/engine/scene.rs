//! A state with its story, and what commands and time make of it.

use std::collections::VecDeque;

use super::context::{Agenda, Context, Say};
use super::error::ModelError;
use super::event::{Event, Micros};
use super::interrupt;
use super::live::Live;
use super::model::Model;
use crate::sim::Time;

/// Most events kept with a state; older ones are dropped from its story.
pub const STORY: usize = 400;

/// Time did not get to where it was sent: somebody stopped it, or more happened on the way than
/// [`MAX_TICKS`](super::timeline::MAX_TICKS).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stopped on the way, which takes long: give it less time at once")]
pub struct Stopped;

/// A moment: how many commands were applied, and the time. Ordered along a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Commands applied so far.
    pub applied: usize,
    /// Simulated microseconds.
    pub at_us: Micros,
}

/// A state with its story.
#[derive(Clone)]
pub(super) struct Scene<M: Model> {
    pub(super) model: Live<M>,
    agenda: Agenda<M::Timer>,
    pub(super) at: Moment,
    pub(super) story: VecDeque<Event>,
    pub(super) told: u64,
    seed: u64,
}

/// What a command makes of a state.
pub(super) struct Outcome<M: Model> {
    model: Live<M>,
    agenda: Agenda<M::Timer>,
    story: Vec<Event>,
}

impl<M: Model> Outcome<M> {
    /// Until when the command unfolds.
    pub(super) fn settled_us(&self) -> Micros {
        self.agenda.settled.as_micros()
    }
}

/// The sentences of what happened.
fn sentences<M: Model>(model: &M, events: &[M::Event], now: Time) -> Vec<Event> {
    let mut say = Say::new(now);
    events.iter().for_each(|event| model.tell(event, &mut say));
    say.done()
}

impl<M: Model> Scene<M> {
    /// The state that a lab is opened with.
    pub(super) fn open(setup: &super::model::Setup) -> Result<Self, ModelError> {
        let (mut agenda, mut events) = (Agenda::default(), Vec::new());
        let model = M::open(setup, &mut Context::new(Time::ZERO, setup.seed, &mut agenda, &mut events))?;
        let story = sentences(&model, &events, Time::ZERO);
        let at = Moment { applied: 0, at_us: 0 };
        let mut scene = Self { model: Live::new(model), agenda, at, story: VecDeque::new(), told: 0, seed: setup.seed };
        scene.tell(story);
        Ok(scene)
    }

    /// What a command makes of the state. It runs on a clone, so one that fails or is stopped changes nothing.
    pub(super) fn with(&self, command: &M::Command) -> Result<Outcome<M>, ModelError> {
        let now = Time::from_micros(self.at.at_us);
        let (mut model, mut agenda, mut events) = (self.model.clone(), self.agenda.clone(), Vec::new());
        model.apply(command, &mut Context::new(now, self.seed, &mut agenda, &mut events))?;
        interrupt::check()?;
        agenda.settled = agenda.settled.max(now);
        let story = sentences(&*model, &events, now);
        Ok(Outcome { model, agenda, story })
    }

    /// The state after one more command.
    pub(super) fn take(&mut self, outcome: Outcome<M>) {
        (self.model, self.agenda) = (outcome.model, outcome.agenda);
        self.at.applied += 1;
        self.tell(outcome.story);
    }

    /// Until when the last command unfolds.
    pub(super) fn settled_us(&self) -> Micros {
        self.agenda.settled.as_micros()
    }

    /// How far one step goes.
    pub(super) fn step_us(&self) -> Micros {
        self.agenda.step.as_micros().max(1)
    }

    /// Bytes that a clone keeps alive on its own, roughly.
    pub(super) fn memory_bytes(&self) -> usize {
        self.model.memory_bytes() + self.agenda.timers.len() * 64 + STORY * 64
    }

    /// Fires what is due up to a time, if that is still to come: at most so many events. Stopped, time stands at
    /// the last event that happened: the state is that of this time.
    pub(super) fn advance(&mut self, to: Micros, most: u32) -> Result<(), Stopped> {
        let (mut log, mut events) = (Vec::new(), Vec::new());
        let mut fired = 0_u32;
        let mut outcome = Ok(());
        while self.agenda.timers.next_at().is_some_and(|due| due.as_micros() <= to) {
            if interrupt::requested() || fired >= most {
                outcome = Err(Stopped);
                break;
            }
            let Some((due, timer)) = self.agenda.timers.pop() else { break };
            let now = due.max(Time::from_micros(self.at.at_us));
            interrupt::whole(|| {
                self.model.fire(timer, &mut Context::new(now, self.seed, &mut self.agenda, &mut events));
            });
            log.extend(sentences(&*self.model, &events, now));
            events.clear();
            self.at.at_us = now.as_micros();
            fired = fired.saturating_add(1);
            if log.len() > STORY {
                self.tell(std::mem::take(&mut log));
            }
        }
        if outcome.is_ok() {
            self.at.at_us = self.at.at_us.max(to);
        }
        self.tell(log);
        outcome
    }

    fn tell(&mut self, log: Vec<Event>) {
        self.told += log.len() as u64;
        self.story.extend(log);
        while self.story.len() > STORY {
            self.story.pop_front();
        }
    }
}
