//! Processes over a network, in time or one message at a time.

use std::collections::{BTreeMap, VecDeque};

use rand::RngExt;

use super::fault::{Fault, FaultError};
use super::network::{Condition, HostId, Loss, Network, Transit};
use super::process::{Effect, Out, Process};
use super::queue::{EventId, EventQueue};
use super::streams::{Random, Streams};
use super::time::{Duration, Time};

/// A message on its way, by the order of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u64);

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is under way, and arrives at this time if nothing happens.
    UnderWay(Time),
    /// Somebody holds it back: it waits for `deliver`.
    Held,
    /// It reached its host.
    Arrived(Time),
    /// It never will.
    Lost(Time, Loss),
}

/// A message's way: what a space-time diagram draws.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage<M> {
    /// Its number.
    pub id: MessageId,
    /// Who sent it.
    pub from: HostId,
    /// For whom.
    pub to: HostId,
    /// When it was sent.
    pub sent: Time,
    /// What it says.
    pub message: M,
    /// What became of it.
    pub fate: Fate,
}

/// What the queue holds.
#[derive(Clone)]
enum Due<P: Process> {
    Arrival(MessageId),
    Timer(HostId, P::Timer),
}

/// Most passages that are kept; the oldest go first, those under way stay.
const KEPT: usize = 4_096;

/// A protocol that runs on the hosts of a network. One seed and the same calls give the same run.
///
/// Three ways to go on: [`Simulation::run_until`] lets time pass; [`Simulation::step`] takes the next event; and with
/// [`Simulation::hold_all`] messages wait until somebody calls [`Simulation::deliver`], in any order.
///
/// A message over a way that is cut is lost, also when the cut comes while it is under way. A paused host takes what
/// waited when it goes on, in the order of arrival. See [`Process`] for an example.
#[derive(Clone)]
pub struct Simulation<P: Process> {
    process: P,
    network: Network,
    states: Vec<P::State>,
    now: Time,
    queue: EventQueue<Due<P>>,
    timers: BTreeMap<(HostId, P::Timer), EventId>,
    /// Messages that have not arrived, with their place in the queue unless they are held.
    under_way: BTreeMap<MessageId, (Passage<P::Message>, Option<EventId>)>,
    passages: VecDeque<Passage<P::Message>>,
    /// What waits for each paused host.
    waiting: Vec<Vec<Due<P>>>,
    events: Vec<(Time, HostId, P::Event)>,
    next_message: u64,
    holding: bool,
    links: Random,
    timing: Random,
}

impl<P: Process> Simulation<P> {
    /// Starts the protocol on every host of the network, in their order.
    pub fn new(process: P, network: Network, seed: u64) -> Self {
        let streams = Streams::new(seed);
        let hosts: Vec<HostId> = network.ids().collect();
        let mut simulation = Self {
            process,
            network,
            states: Vec::new(),
            now: Time::ZERO,
            queue: EventQueue::default(),
            timers: BTreeMap::new(),
            under_way: BTreeMap::new(),
            passages: VecDeque::new(),
            waiting: hosts.iter().map(|_| Vec::new()).collect(),
            events: Vec::new(),
            next_message: 0,
            holding: false,
            links: streams.named("links"),
            timing: streams.named("timers"),
        };
        for host in hosts {
            let mut out = Out::default();
            let state = simulation.process.start(host, &mut out);
            simulation.states.push(state);
            simulation.carry_out(host, &mut out);
        }
        simulation
    }

    /// The protocol.
    pub fn process(&self) -> &P {
        &self.process
    }

    /// The protocol, to change an option of it: it holds from the next step on.
    pub fn process_mut(&mut self) -> &mut P {
        &mut self.process
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The network, to change its links. Faults go through [`Simulation::apply`].
    pub fn network_mut(&mut self) -> &mut Network {
        &mut self.network
    }

    /// What a host of the network knows.
    ///
    /// # Panics
    /// When the host is not of this network.
    pub fn state(&self, host: HostId) -> &P::State {
        &self.states[host.index()]
    }

    /// What all hosts know, in their order.
    pub fn states(&self) -> &[P::State] {
        &self.states
    }

    /// Simulated time.
    pub fn now(&self) -> Time {
        self.now
    }

    /// When the next message arrives or the next timer fires.
    pub fn next_at(&self) -> Option<Time> {
        self.queue.next_at()
    }

    /// Messages that have not arrived, oldest first.
    pub fn under_way(&self) -> impl DoubleEndedIterator<Item = &Passage<P::Message>> {
        self.under_way.values().map(|(passage, _)| passage)
    }

    /// Messages that arrived or were lost, in the order in which that happened; the latest few thousand.
    pub fn passages(&self) -> impl DoubleEndedIterator<Item = &Passage<P::Message>> {
        self.passages.iter()
    }

    /// Timers that are set, with the times at which they fire.
    pub fn timers(&self) -> impl Iterator<Item = (HostId, &P::Timer, Time)> {
        self.queue.iter().filter_map(|(at, due)| match due {
            Due::Timer(host, timer) => Some((*host, timer, at)),
            Due::Arrival(_) => None,
        })
    }

    /// Takes what the protocol told since the last call.
    pub fn take_events(&mut self) -> Vec<(Time, HostId, P::Event)> {
        std::mem::take(&mut self.events)
    }

    /// Lets time pass until `at`, and all that is due by then happen. Never goes back.
    pub fn run_until(&mut self, at: Time) {
        while let Some((due, what)) = self.queue.pop_due(at) {
            self.now = due;
            self.happen(what);
        }
        self.now = self.now.max(at);
    }

    /// Goes on to the next event and lets it happen; `false` when nothing is to come.
    pub fn step(&mut self) -> bool {
        let Some((due, what)) = self.queue.pop() else { return false };
        self.now = due;
        self.happen(what);
        true
    }

    /// Gives a host a message from outside, at once: a client's request, say. It seems to come from the host itself. A
    /// host that does not run hears nothing, and the answer is `false`.
    pub fn tell(&mut self, host: HostId, message: P::Message) -> bool {
        let up = self.network.is_up(host);
        if up {
            self.receive(host, host, message);
        }
        up
    }

    /// From now on messages wait until [`Simulation::deliver`]; those under way, too.
    pub fn hold_all(&mut self) {
        self.holding = true;
        let ids: Vec<MessageId> = self.under_way.keys().copied().collect();
        for id in ids {
            self.hold(id);
        }
    }

    /// Lets messages travel again; those that were held set out now.
    pub fn release_all(&mut self) {
        self.holding = false;
        let ids: Vec<MessageId> = self.under_way.keys().copied().collect();
        for id in ids {
            self.release(id);
        }
    }

    /// Holds one message back; `false` if it does not travel.
    pub fn hold(&mut self, id: MessageId) -> bool {
        match self.under_way.get_mut(&id) {
            Some((passage, event @ Some(_))) => {
                event.take().map(|event| self.queue.cancel(event));
                passage.fate = Fate::Held;
                true
            }
            // It is held already, or waits at a paused host, which has it.
            _ => false,
        }
    }

    /// Lets one held message travel; `false` if it is not held. What the link does with it is drawn again.
    pub fn release(&mut self, id: MessageId) -> bool {
        match self.under_way.get(&id) {
            Some((passage, None)) if passage.fate == Fate::Held => {
                let (from, to) = (passage.from, passage.to);
                let transit = self.network.transit(from, to, &mut self.links);
                self.set_out(id, transit);
                true
            }
            _ => false,
        }
    }

    /// Delivers a message that is under way or held, now, whatever its link says; `false` if there is none, or its host
    /// does not run.
    pub fn deliver(&mut self, id: MessageId) -> bool {
        let runs = self.under_way.get(&id).is_some_and(|(passage, _)| self.network.is_up(passage.to));
        if runs && let Some(passage) = self.take(id) {
            self.arrive(passage);
        }
        runs
    }

    /// Takes a message out of the network; `false` if there is none.
    pub fn drop_message(&mut self, id: MessageId) -> bool {
        let taken = self.take(id);
        let found = taken.is_some();
        if let Some(passage) = taken {
            self.lose(passage, Loss::Dropped);
        }
        found
    }

    /// Sends a message that is under way or held once more, from where it came.
    pub fn duplicate(&mut self, id: MessageId) -> Option<MessageId> {
        let (passage, _) = self.under_way.get(&id)?;
        let (from, to, message) = (passage.from, passage.to, passage.message.clone());
        Some(self.send(from, to, message))
    }

    /// Carries out a fault, with what it does to the protocol: a host that fails forgets its timers and what waits for
    /// it; one that recovers restarts; one that resumes takes what waited; what is under way over a cut is lost.
    ///
    /// # Errors
    /// What [`Network::apply`] refuses. Nothing has changed then.
    pub fn apply(&mut self, fault: &Fault) -> Result<(), FaultError> {
        self.network.apply(fault)?;
        match fault {
            Fault::Fail(host) => self.forget(*host),
            Fault::Recover(host) => {
                let mut out = Out::default();
                self.states[host.index()] = self.process.restart(*host, &self.states[host.index()], &mut out);
                self.carry_out(*host, &mut out);
            }
            Fault::Resume(host) => {
                // What waits may take back a timer that waits behind it: one at a time.
                while self.network.is_up(*host) && !self.waiting[host.index()].is_empty() {
                    let due = self.waiting[host.index()].remove(0);
                    self.happen(due);
                }
            }
            Fault::CutOneWay(..) | Fault::Partition(_) => {
                // What waits at a paused host has crossed already.
                let travels =
                    |passage: &Passage<_>, event: &Option<EventId>| event.is_some() || passage.fate == Fate::Held;
                let cut = |passage: &Passage<_>| self.network.is_cut(passage.from, passage.to);
                let lost = self.under_way.iter().filter(|(_, (p, event))| travels(p, event) && cut(p));
                let lost: Vec<MessageId> = lost.map(|(id, _)| *id).collect();
                for id in lost {
                    if let Some(passage) = self.take(id) {
                        self.lose(passage, Loss::Cut);
                    }
                }
            }
            Fault::Pause(_) | Fault::Slow(..) | Fault::Heal | Fault::Lossy(_) | Fault::Duplicating(_) => {}
        }
        Ok(())
    }

    fn happen(&mut self, due: Due<P>) {
        let host = match &due {
            Due::Timer(host, _) => *host,
            Due::Arrival(id) => match self.under_way.get(id) {
                Some((passage, _)) => passage.to,
                None => return,
            },
        };
        match (self.network.host(host).map_or(Condition::Down, |h| h.condition), due) {
            (Condition::Paused, due) => {
                if let Due::Arrival(id) = due
                    && let Some((_, event)) = self.under_way.get_mut(&id)
                {
                    *event = None;
                }
                self.waiting[host.index()].push(due);
            }
            (Condition::Up, Due::Timer(host, timer)) => {
                // A paused host's timer may have been taken back or set again by what waited before it.
                self.timers.remove(&(host, timer.clone()));
                let mut out = Out::default();
                self.process.on_timer(host, &mut self.states[host.index()], timer, &mut out);
                self.carry_out(host, &mut out);
            }
            (Condition::Up, Due::Arrival(id)) => {
                if let Some(passage) = self.take(id) {
                    self.arrive(passage);
                }
            }
            (Condition::Down, Due::Arrival(id)) => {
                if let Some(passage) = self.take(id) {
                    self.lose(passage, Loss::HostDown);
                }
            }
            (Condition::Down, Due::Timer(..)) => {}
        }
    }

    fn receive(&mut self, host: HostId, from: HostId, message: P::Message) {
        let mut out = Out::default();
        self.process.on_message(host, &mut self.states[host.index()], from, message, &mut out);
        self.carry_out(host, &mut out);
    }

    fn carry_out(&mut self, me: HostId, out: &mut Out<P>) {
        for effect in out.take() {
            match effect {
                Effect::Send(to, message) => _ = self.send(me, to, message),
                Effect::SetTimer(timer, least, most) => self.set_timer(me, timer, least, most),
                Effect::CancelTimer(timer) => self.cancel_timer(me, timer),
                Effect::Emit(event) => self.events.push((self.now, me, event)),
            }
        }
    }

    fn set_timer(&mut self, host: HostId, timer: P::Timer, least: Duration, most: Duration) {
        let range = least.as_micros()..=most.as_micros().max(least.as_micros());
        let drawn = if least < most { self.timing.random_range(range) } else { least.as_micros() };
        let slowness = self.network.host(host).map_or(1.0, |h| h.slowness);
        let at = self.now + Duration::from_micros(drawn).stretched(slowness);
        self.cancel_timer(host, timer.clone());
        let event = self.queue.push(at, Due::Timer(host, timer.clone()));
        self.timers.insert((host, timer), event);
    }

    fn cancel_timer(&mut self, host: HostId, timer: P::Timer) {
        let key = (host, timer);
        if let Some(event) = self.timers.remove(&key) {
            self.queue.cancel(event);
            let waits = |due: &Due<P>| matches!(due, Due::Timer(_, timer) if *timer == key.1);
            self.waiting[host.index()].retain(|due| !waits(due));
        }
    }

    fn send(&mut self, from: HostId, to: HostId, message: P::Message) -> MessageId {
        let id = MessageId(self.next_message);
        self.next_message += 1;
        let passage = Passage { id, from, to, sent: self.now, message, fate: Fate::Held };
        if self.holding && from != to && !self.network.is_cut(from, to) {
            self.under_way.insert(id, (passage, None));
            return id;
        }
        let transit = self.network.transit(from, to, &mut self.links);
        self.under_way.insert(id, (passage, None));
        self.set_out(id, transit);
        id
    }

    fn set_out(&mut self, id: MessageId, transit: Transit) {
        let Some((passage, event)) = self.under_way.get_mut(&id) else { return };
        match transit {
            Transit::Arrives(delay, again) => {
                let at = self.now + delay;
                passage.fate = Fate::UnderWay(at);
                *event = Some(self.queue.push(at, Due::Arrival(id)));
                if let Some(later) = again {
                    let twin = MessageId(self.next_message);
                    self.next_message += 1;
                    let at = self.now + later;
                    let passage = Passage { id: twin, fate: Fate::UnderWay(at), ..passage.clone() };
                    self.under_way.insert(twin, (passage, Some(self.queue.push(at, Due::Arrival(twin)))));
                }
            }
            Transit::Lost(loss) => {
                if let Some(passage) = self.take(id) {
                    self.lose(passage, loss);
                }
            }
        }
    }

    fn take(&mut self, id: MessageId) -> Option<Passage<P::Message>> {
        let (passage, event) = self.under_way.remove(&id)?;
        if let Some(event) = event {
            self.queue.cancel(event);
        }
        Some(passage)
    }

    fn arrive(&mut self, mut passage: Passage<P::Message>) {
        passage.fate = Fate::Arrived(self.now);
        let (to, from, message) = (passage.to, passage.from, passage.message.clone());
        self.keep(passage);
        self.receive(to, from, message);
    }

    fn lose(&mut self, mut passage: Passage<P::Message>, loss: Loss) {
        passage.fate = Fate::Lost(self.now, loss);
        self.keep(passage);
    }

    fn keep(&mut self, passage: Passage<P::Message>) {
        if self.passages.len() == KEPT {
            self.passages.pop_front();
        }
        self.passages.push_back(passage);
    }

    /// A host failed: its timers, and what waited for it while it was paused, are gone.
    fn forget(&mut self, host: HostId) {
        let timers: Vec<P::Timer> = self.timers.keys().filter(|(h, _)| *h == host).map(|(_, t)| t.clone()).collect();
        for timer in timers {
            self.cancel_timer(host, timer);
        }
        for due in std::mem::take(&mut self.waiting[host.index()]) {
            if let Due::Arrival(id) = due
                && let Some(passage) = self.take(id)
            {
                self.lose(passage, Loss::HostDown);
            }
        }
    }
}
