//! Processes in every order: a protocol of [`sim`](crate::sim) as a state graph.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;

use super::model::{Model, Property};
use crate::sim::{Effect, HostId, Out, Process};

/// What the network may do with messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// Each arrives once, in any order.
    #[default]
    AnyOrder,
    /// Each may arrive any number of times, in any order: a message that was sent once can always come again.
    Repeated,
    /// Each arrives once; messages from one host to another in the order of sending.
    InOrder,
}

/// How much may go wrong along one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Budget {
    /// Hosts that fail, whenever they like.
    pub crashes: u8,
    /// Hosts that failed and start again.
    pub restarts: u8,
    /// Messages that are lost.
    pub losses: u8,
    /// Messages that arrive once more.
    pub duplications: u8,
}

/// A message under way.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Envelope<M> {
    /// Who sent it.
    pub from: HostId,
    /// For whom.
    pub to: HostId,
    /// What it says.
    pub message: M,
}

/// Something that can happen to a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step<M, T> {
    /// A message arrives.
    Deliver(Envelope<M>),
    /// A message is lost.
    Lose(Envelope<M>),
    /// A message will arrive once more.
    Duplicate(Envelope<M>),
    /// A timer fires: it may at any time, since nothing is known of how fast a host is.
    Fire(HostId, T),
    /// A host fails.
    Fail(HostId),
    /// A host that failed starts again.
    Restart(HostId),
}

/// All hosts of a protocol at one moment, and all that is under way: the state that [`Interleavings`] explores.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Cluster<S, M, T> {
    /// What each host knows.
    pub hosts: Vec<S>,
    /// Which hosts are down.
    pub down: BTreeSet<HostId>,
    /// Messages under way.
    pub messages: Vec<Envelope<M>>,
    /// Timers that are set, in order.
    pub timers: Vec<(HostId, T)>,
    /// What may still go wrong.
    pub left: Budget,
}

impl<S: Clone, M: Clone, T: Clone> Clone for Cluster<S, M, T> {
    fn clone(&self) -> Self {
        Self {
            hosts: self.hosts.clone(),
            down: self.down.clone(),
            messages: self.messages.clone(),
            timers: self.timers.clone(),
            left: self.left,
        }
    }

    /// Into the memory that is there.
    fn clone_from(&mut self, source: &Self) {
        self.hosts.clone_from(&source.hosts);
        self.down.clone_from(&source.down);
        self.messages.clone_from(&source.messages);
        self.timers.clone_from(&source.timers);
        self.left = source.left;
    }
}

/// A [`Cluster`] of a protocol.
pub type ClusterOf<P> = Cluster<<P as Process>::State, <P as Process>::Message, <P as Process>::Timer>;
/// A [`Step`] of a protocol.
pub type StepOf<P> = Step<<P as Process>::Message, <P as Process>::Timer>;

/// A protocol on so many hosts as a [`Model`]: every order of messages and timers, with losses, duplicates and crashes
/// within a [`Budget`]. Times play no part: a timer that is set may fire whenever.
///
/// ```
/// use scalelab::algorithms::explore::{Interleavings, Search, Verdict};
/// use scalelab::sim::{HostId, Out, Process};
///
/// /// Everybody greets everybody; each counts the greetings.
/// #[derive(Clone)]
/// struct Greeting(u16);
/// impl Process for Greeting {
///     type State = u8;
///     type Message = ();
///     type Timer = ();
///     type Event = ();
///     fn start(&self, me: HostId, out: &mut Out<Self>) -> u8 {
///         out.send_all((0..self.0).map(HostId).filter(|other| *other != me), &());
///         0
///     }
///     fn on_message(&self, _: HostId, heard: &mut u8, _: HostId, (): (), _: &mut Out<Self>) { *heard += 1; }
///     fn on_timer(&self, _: HostId, _: &mut u8, (): (), _: &mut Out<Self>) {}
/// }
/// let all = Interleavings::of(Greeting(3), 3)
///     .eventually("each has heard all", |_, cluster| cluster.hosts.iter().all(|heard| *heard == 2));
/// let search = Search::run(&all, 1_000);
/// assert_eq!((search.len(), search.verdict(&all, 0)), (64, Verdict::Proven)); // 6 messages, each here or there
/// ```
#[derive(Clone)]
pub struct Interleavings<P: Process> {
    process: P,
    hosts: u16,
    delivery: Delivery,
    budget: Budget,
    properties: Vec<Property<Self>>,
}

impl<P: Process> Interleavings<P> {
    /// A protocol on hosts 0 to `hosts` − 1: messages arrive once in any order, and nothing goes wrong.
    pub fn of(process: P, hosts: u16) -> Self {
        Self { process, hosts, delivery: Delivery::default(), budget: Budget::default(), properties: Vec::new() }
    }

    /// Over a network that may do this with messages.
    #[must_use]
    pub fn over(self, delivery: Delivery) -> Self {
        Self { delivery, ..self }
    }

    /// With so many faults along each way.
    #[must_use]
    pub fn within(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }

    /// With one more property, which should hold in every state.
    #[must_use]
    pub fn always(self, name: &'static str, holds: fn(&Self, &ClusterOf<P>) -> bool) -> Self {
        self.with(Property::always(name, holds))
    }

    /// With one more property, which should hold in some state.
    #[must_use]
    pub fn sometimes(self, name: &'static str, holds: fn(&Self, &ClusterOf<P>) -> bool) -> Self {
        self.with(Property::sometimes(name, holds))
    }

    /// With one more property, which should hold at some time on every way.
    #[must_use]
    pub fn eventually(self, name: &'static str, holds: fn(&Self, &ClusterOf<P>) -> bool) -> Self {
        self.with(Property::eventually(name, holds))
    }

    fn with(mut self, property: Property<Self>) -> Self {
        self.properties.push(property);
        self
    }

    /// The protocol.
    pub fn process(&self) -> &P {
        &self.process
    }

    /// Carries out what a host asked for.
    fn carry_out(&self, cluster: &mut ClusterOf<P>, me: HostId, out: &mut Out<P>) {
        for effect in out.take() {
            match effect {
                Effect::Send(to, message) => self.send(cluster, Envelope { from: me, to, message }),
                Effect::SetTimer(timer, ..) => {
                    let timer = (me, timer);
                    if let Err(place) = cluster.timers.binary_search(&timer) {
                        cluster.timers.insert(place, timer);
                    }
                }
                Effect::CancelTimer(timer) => cluster.timers.retain(|(owner, set)| (*owner, set) != (me, &timer)),
                Effect::Emit(_) => {}
            }
        }
    }

    /// Puts a message where it belongs: equal states have their messages in the same order.
    fn send(&self, cluster: &mut ClusterOf<P>, envelope: Envelope<P::Message>) {
        let messages = &mut cluster.messages;
        let place = match self.delivery {
            Delivery::InOrder => {
                messages.partition_point(|other| (other.from, other.to) <= (envelope.from, envelope.to))
            }
            Delivery::AnyOrder => messages.partition_point(|other| *other < envelope),
            Delivery::Repeated => match messages.binary_search(&envelope) {
                Ok(_) => return,
                Err(place) => place,
            },
        };
        messages.insert(place, envelope);
    }

    fn take(&self, cluster: &mut ClusterOf<P>, envelope: &Envelope<P::Message>) {
        if let Some(place) = cluster.messages.iter().position(|other| other == envelope) {
            cluster.messages.remove(place);
        }
    }

    /// Messages that may arrive next, equal ones once.
    fn deliverable<'a>(&self, cluster: &'a ClusterOf<P>) -> impl Iterator<Item = &'a Envelope<P::Message>> {
        let in_order = self.delivery == Delivery::InOrder;
        cluster.messages.iter().enumerate().filter_map(move |(i, envelope)| {
            let before = i.checked_sub(1).map(|before| &cluster.messages[before]);
            let behind = before.is_some_and(|before| {
                if in_order { (before.from, before.to) == (envelope.from, envelope.to) } else { before == envelope }
            });
            (!behind).then_some(envelope)
        })
    }
}

impl<P: Process> Model for Interleavings<P> {
    type State = ClusterOf<P>;
    type Action = StepOf<P>;

    fn initial(&self) -> Vec<Self::State> {
        let (hosts, down, messages, timers) = (Vec::new(), BTreeSet::new(), Vec::new(), Vec::new());
        let mut cluster = Cluster { hosts, down, messages, timers, left: self.budget };
        for me in (0..self.hosts).map(HostId) {
            let mut out = Out::default();
            cluster.hosts.push(self.process.start(me, &mut out));
            self.carry_out(&mut cluster, me, &mut out);
        }
        vec![cluster]
    }

    fn actions(&self, cluster: &Self::State, actions: &mut Vec<Self::Action>) {
        for envelope in self.deliverable(cluster) {
            actions.push(Step::Deliver(envelope.clone()));
            if cluster.left.losses > 0 {
                actions.push(Step::Lose(envelope.clone()));
            }
            if cluster.left.duplications > 0 {
                actions.push(Step::Duplicate(envelope.clone()));
            }
        }
        actions.extend(cluster.timers.iter().map(|(host, timer)| Step::Fire(*host, timer.clone())));
        let (up, down): (Vec<HostId>, Vec<HostId>) =
            (0..self.hosts).map(HostId).partition(|h| !cluster.down.contains(h));
        if cluster.left.crashes > 0 {
            actions.extend(up.into_iter().map(Step::Fail));
        }
        if cluster.left.restarts > 0 {
            actions.extend(down.into_iter().map(Step::Restart));
        }
    }

    fn next(&self, cluster: &Self::State, step: &Self::Action) -> Option<Self::State> {
        self.next_in(None, cluster, step)
    }

    fn next_in(&self, spare: Option<Self::State>, cluster: &Self::State, step: &Self::Action) -> Option<Self::State> {
        let mut out = Out::default();
        let mut next = match spare {
            Some(mut spare) => {
                spare.clone_from(cluster);
                spare
            }
            None => cluster.clone(),
        };
        match step {
            Step::Deliver(envelope) => {
                let me = envelope.to;
                if self.delivery != Delivery::Repeated {
                    self.take(&mut next, envelope);
                }
                // A host that is down does not hear; the message is gone all the same.
                if !next.down.contains(&me) {
                    let state = next.hosts.get_mut(me.index())?;
                    self.process.on_message(me, state, envelope.from, envelope.message.clone(), &mut out);
                    self.carry_out(&mut next, me, &mut out);
                }
            }
            Step::Lose(envelope) => {
                self.take(&mut next, envelope);
                next.left.losses -= 1;
            }
            Step::Duplicate(envelope) => {
                self.send(&mut next, envelope.clone());
                next.left.duplications -= 1;
            }
            Step::Fire(me, timer) => {
                next.timers.retain(|(owner, set)| (owner, set) != (me, timer));
                self.process.on_timer(*me, next.hosts.get_mut(me.index())?, timer.clone(), &mut out);
                self.carry_out(&mut next, *me, &mut out);
            }
            Step::Fail(host) => {
                next.down.insert(*host);
                next.timers.retain(|(owner, _)| owner != host);
                next.left.crashes -= 1;
            }
            Step::Restart(host) => {
                next.down.remove(host);
                let state = self.process.restart(*host, &cluster.hosts[host.index()], &mut out);
                next.hosts[host.index()] = state;
                self.carry_out(&mut next, *host, &mut out);
                next.left.restarts -= 1;
            }
        }
        (next != *cluster).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        self.properties.clone()
    }
}
