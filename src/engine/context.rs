//! What a model works with while it applies a command or lets a timer fire.

use super::event::{Event, EventKind, Micros};
use crate::sim::{Duration, EventId, EventQueue, Random, Streams, Time};

/// What is to come in a lab, and how its time goes: it belongs to the state, and is cloned with it.
#[derive(Clone)]
pub(super) struct Agenda<T> {
    pub(super) timers: EventQueue<T>,
    wake: Option<EventId>,
    /// Until when the last command unfolds.
    pub(super) settled: Time,
    /// How far one step goes.
    pub(super) step: Duration,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        let (timers, step) = (EventQueue::default(), Duration::from_millis(200));
        Self { timers, wake: None, settled: Time::ZERO, step }
    }
}

/// Time, timers, random streams and the ear of whoever watches: what a [`Model`](super::Model) gets with every command and timer.
pub struct Context<'a, T, E> {
    now: Time,
    streams: Streams,
    agenda: &'a mut Agenda<T>,
    events: &'a mut Vec<E>,
}

impl<'a, T, E> Context<'a, T, E> {
    pub(super) fn new(now: Time, seed: u64, agenda: &'a mut Agenda<T>, events: &'a mut Vec<E>) -> Self {
        Self { now, streams: Streams::new(seed), agenda, events }
    }

    /// Simulated time of the lab.
    pub fn now(&self) -> Time {
        self.now
    }

    /// The random streams of the run. A model keeps the generators that it draws from: they are part of its state.
    pub fn stream(&self, name: &str) -> Random {
        self.streams.named(name)
    }

    /// Something happened. It is told when the command or the timer is done: see [`Model::tell`](super::Model::tell).
    pub fn tell(&mut self, event: E) {
        self.events.push(event);
    }

    /// Sets a timer: it fires after this long.
    pub fn after(&mut self, span: Duration, timer: T) -> EventId {
        self.at(self.now + span, timer)
    }

    /// Sets a timer: it fires at this time, or next if that is past.
    pub fn at(&mut self, at: Time, timer: T) -> EventId {
        self.agenda.timers.push(at.max(self.now), timer)
    }

    /// Takes back a timer that has not fired.
    pub fn cancel(&mut self, timer: EventId) -> Option<T> {
        self.agenda.timers.cancel(timer)
    }

    /// Takes back a timer, if it has not fired, and sets it again: it fires after this long.
    pub fn reset(&mut self, id: &mut EventId, span: Duration, timer: T) {
        self.cancel(*id);
        *id = self.after(span, timer);
    }

    /// Sets the one timer that wakes a system with a queue of its own, instead of the one that was set this way before;
    /// none if nothing is to come there.
    pub fn wake_at(&mut self, at: Option<Time>, timer: T) {
        if let Some(before) = self.agenda.wake.take() {
            self.agenda.timers.cancel(before);
        }
        self.agenda.wake = at.map(|at| self.agenda.timers.push(at.max(self.now), timer));
    }

    /// The command unfolds for so long: a screen plays up to there by itself, even while it is paused.
    pub fn unfold(&mut self, span: Duration) {
        self.agenda.settled = self.now + span;
    }

    /// As [`Context::unfold`], until a time.
    pub fn unfold_until(&mut self, at: Time) {
        self.agenda.settled = at;
    }

    /// One step goes so far from now on.
    pub fn step(&mut self, span: Duration) {
        self.agenda.step = span;
    }
}

/// Takes the sentences that a model makes of an event: see [`Model::tell`](super::Model::tell).
#[derive(Debug)]
pub struct Say {
    now: Micros,
    story: Vec<Event>,
}

impl Say {
    pub(super) fn new(now: Time) -> Self {
        Self { now: now.as_micros(), story: Vec::new() }
    }

    /// The headline: what a command or the system changed.
    pub fn change(&mut self, text: impl Into<String>) {
        self.say(EventKind::Change, text);
    }

    /// Something that belongs to a change, or a routine step such as one request.
    pub fn detail(&mut self, text: impl Into<String>) {
        self.say(EventKind::Detail, text);
    }

    /// Something that a person should worry about.
    pub fn warning(&mut self, text: impl Into<String>) {
        self.say(EventKind::Warning, text);
    }

    /// A sentence that matters so much.
    pub fn say(&mut self, kind: EventKind, text: impl Into<String>) {
        self.story.push(Event::new(self.now, kind, text));
    }

    /// A sentence that was made when it happened.
    pub fn pass_on(&mut self, event: Event) {
        self.story.push(event);
    }

    pub(super) fn done(self) -> Vec<Event> {
        self.story
    }
}
