//! A protocol as a pure step.

use std::fmt::Debug;
use std::hash::Hash;

use super::network::HostId;
use super::time::Duration;

/// A protocol: what every host does when it starts, when a message reaches it and when a timer of its own fires.
///
/// It is pure: `(state, message | timer) → state, effects`. It knows no time, no network and no randomness, so the same
/// protocol can be run in time over a [`Network`](super::Network), stepped message by message, and explored in every
/// order. The value itself holds what all hosts know: who takes part, and the protocol's options.
///
/// ```
/// use scalelab::sim::{Distances, Duration, HostId, Network, Out, Process, Simulation, Time};
///
/// /// Host 0 sends a ball to host 1, which sends it back.
/// #[derive(Clone)]
/// struct PingPong;
/// impl Process for PingPong {
///     type State = u32; // balls caught
///     type Message = &'static str;
///     type Timer = ();
///     type Event = u32;
///     fn start(&self, me: HostId, out: &mut Out<Self>) -> u32 {
///         if me.0 == 0 { out.send(HostId(1), "ball") }
///         0
///     }
///     fn on_message(&self, _: HostId, caught: &mut u32, from: HostId, ball: &'static str, out: &mut Out<Self>) {
///         *caught += 1;
///         out.emit(*caught);
///         out.send(from, ball);
///     }
///     fn on_timer(&self, _: HostId, _: &mut u32, (): (), _: &mut Out<Self>) {}
/// }
///
/// let mut network = Network::new(Distances::default());
/// let [a, b] = ["a", "b"].map(|name| network.add(name, "zone-1", "eu"));
/// let mut game = Simulation::new(PingPong, network, 7);
/// game.run_until(Time::ZERO + Duration::from_millis(10));
/// assert!(*game.state(a) > 10 && game.state(b).abs_diff(*game.state(a)) <= 1);
/// ```
pub trait Process: Clone {
    /// What one host knows.
    type State: Clone + Eq + Ord + Hash + Debug;
    /// What hosts tell each other.
    type Message: Clone + Eq + Ord + Hash + Debug;
    /// What a host may wait for. There is at most one timer of each value at a host.
    type Timer: Clone + Eq + Ord + Hash + Debug;
    /// What happened, for whoever watches: typed, without words.
    type Event: Clone + Debug;

    /// A host starts for the first time.
    fn start(&self, me: HostId, out: &mut Out<Self>) -> Self::State;

    /// A message reaches a host.
    fn on_message(
        &self,
        me: HostId,
        state: &mut Self::State,
        from: HostId,
        message: Self::Message,
        out: &mut Out<Self>,
    );

    /// A timer of a host fires. It is not set any more.
    fn on_timer(&self, me: HostId, state: &mut Self::State, timer: Self::Timer, out: &mut Out<Self>);

    /// A host that failed starts again, with what it held when it failed. What is kept on disk is carried over; what was
    /// in memory must not be. Timers and messages are gone. Without a disk: as at the first start.
    fn restart(&self, me: HostId, before: &Self::State, out: &mut Out<Self>) -> Self::State {
        let _ = before;
        self.start(me, out)
    }
}

/// What a step of a [`Process`] asks for.
#[derive(Clone)]
pub enum Effect<P: Process> {
    /// Send a message.
    Send(HostId, P::Message),
    /// Set a timer to a time drawn evenly from this range, instead of one of the same value that may be set.
    SetTimer(P::Timer, Duration, Duration),
    /// Take a timer back, if it is set.
    CancelTimer(P::Timer),
    /// Tell whoever watches.
    Emit(P::Event),
}

/// Gathers what a step asks for, in its order.
pub struct Out<P: Process> {
    effects: Vec<Effect<P>>,
}

impl<P: Process> Default for Out<P> {
    fn default() -> Self {
        Self { effects: Vec::new() }
    }
}

impl<P: Process> Out<P> {
    /// Sends a message.
    pub fn send(&mut self, to: HostId, message: P::Message) {
        self.effects.push(Effect::Send(to, message));
    }

    /// Sends the same message to each of these.
    pub fn send_all(&mut self, to: impl IntoIterator<Item = HostId>, message: &P::Message) {
        to.into_iter().for_each(|host| self.send(host, message.clone()));
    }

    /// Sets a timer, instead of one of the same value that may be set.
    pub fn set_timer(&mut self, timer: P::Timer, after: Duration) {
        self.effects.push(Effect::SetTimer(timer, after, after));
    }

    /// Sets a timer to a random time in this range: whoever runs the process draws it.
    pub fn set_timer_between(&mut self, timer: P::Timer, least: Duration, most: Duration) {
        self.effects.push(Effect::SetTimer(timer, least, most));
    }

    /// Takes a timer back, if it is set.
    pub fn cancel_timer(&mut self, timer: P::Timer) {
        self.effects.push(Effect::CancelTimer(timer));
    }

    /// Tells whoever watches.
    pub fn emit(&mut self, event: P::Event) {
        self.effects.push(Effect::Emit(event));
    }

    /// Takes all effects, in their order.
    pub fn take(&mut self) -> Vec<Effect<P>> {
        std::mem::take(&mut self.effects)
    }
}
