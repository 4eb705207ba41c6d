//! A state with its story, and what commands and time make of it.

use std::collections::VecDeque;

use super::interrupt;
use super::live::Live;
use super::model::{Event, Micros, Model, ModelError};
use super::timeline::{Moment, STORY, Stopped};

/// A state with its story.
#[derive(Clone)]
pub(super) struct Scene<M: Model> {
    pub(super) model: Live<M>,
    pub(super) at: Moment,
    pub(super) story: VecDeque<Event>,
    pub(super) told: u64,
}

impl<M: Model> Scene<M> {
    /// A state that nothing has happened to yet.
    pub(super) fn new(model: M, at: Moment) -> Self {
        let opening = model.opening();
        let mut scene = Self { model: Live::new(model), at, story: VecDeque::new(), told: 0 };
        scene.tell(opening);
        scene
    }

    /// What a command makes of the state. It runs on a clone, so one that fails or is stopped changes nothing.
    pub(super) fn with(&self, command: &M::Command) -> Result<(Live<M>, Vec<Event>), ModelError> {
        let (mut model, mut log) = (self.model.clone(), Vec::new());
        model.apply(self.at.at_us, command, &mut log)?;
        interrupt::check()?;
        Ok((model, log))
    }

    /// The state after one more command.
    pub(super) fn take(&mut self, model: Live<M>, log: Vec<Event>) {
        self.model = model;
        self.at.applied += 1;
        self.tell(log);
    }

    /// Fires what is due up to a time, if that is still to come: at most so many events. Stopped, time stands at
    /// the last event that happened: the state is that of this time.
    pub(super) fn advance(&mut self, to: Micros, most: u32) -> Result<(), Stopped> {
        let mut log = Vec::new();
        let mut ticks = 0_u32;
        let mut outcome = Ok(());
        while let Some(due) = self.model.next_tick().filter(|due| *due <= to) {
            if interrupt::requested() || ticks >= most {
                outcome = Err(Stopped);
                break;
            }
            interrupt::whole(|| self.model.tick(due, &mut log));
            self.at.at_us = self.at.at_us.max(due);
            ticks = ticks.saturating_add(1);
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
