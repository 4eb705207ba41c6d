//! One balancer over a list of servers, whatever its algorithm.

use rand::Rng;

use super::hashed::walk;
use super::{LeastConnections, LeastRequest, PeakEwma, Ready, RoundRobin, SmoothWeighted, bounded_cap, source_index};
use crate::algorithms::placement::{Member, PlacementError, Ring};

/// Most servers behind one balancer.
pub const MAX_SERVERS: usize = 10_000;
/// Heaviest server.
pub const MAX_WEIGHT: u32 = 1_000;
/// Virtual nodes of a server on the ring, per unit of weight.
const VIRTUAL_NODES: u32 = 100;
/// Bound of [`Algorithm::BoundedLoad`], in percent of the mean.
const BOUND_PERCENT: u32 = 125;
/// Weights are multiplied by shares in percent.
const FULL: u32 = 100;

/// A way to choose a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// One after the other.
    RoundRobin,
    /// In turn, heavy servers more often: nginx's smooth rotation.
    SmoothWeighted,
    /// At random, in proportion to weight.
    Random,
    /// The fewest active requests for its weight.
    LeastConnections,
    /// Two at random, of these the one with fewer active requests.
    TwoChoices,
    /// Two at random, of these the one with the lower latency times pending requests.
    PeakEwma,
    /// Hash of the client mod total weight.
    SourceHash,
    /// Hash of the client on a consistent hash ring.
    ConsistentHash,
    /// The same, but past servers that have more than 125 % of the mean.
    BoundedLoad,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::RoundRobin,
        Self::SmoothWeighted,
        Self::Random,
        Self::LeastConnections,
        Self::TwoChoices,
        Self::PeakEwma,
        Self::SourceHash,
        Self::ConsistentHash,
        Self::BoundedLoad,
    ];

    /// Whether heavier servers get more.
    #[must_use]
    pub fn honours_weights(self) -> bool {
        self != Self::RoundRobin
    }

    /// What a choice costs, in O notation, for n servers.
    #[must_use]
    pub fn cost(self) -> &'static str {
        match self {
            Self::RoundRobin | Self::Random | Self::TwoChoices | Self::PeakEwma => "O(1)",
            Self::SmoothWeighted => "O(n)",
            Self::LeastConnections | Self::SourceHash | Self::ConsistentHash => "O(log n)",
            Self::BoundedLoad => "O(log n) on average",
        }
    }
}

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// Index of the server.
    pub server: usize,
    /// The reason, in figures as they were at that moment.
    pub why: Why,
}

/// Why a server was chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Why {
    /// It was its turn.
    Turn,
    /// It had saved up the most.
    Credit {
        /// How much, before it paid, in units of weight.
        saved: i64,
    },
    /// By chance.
    Chance,
    /// It had the fewest active requests for its weight.
    Fewest {
        /// How many, before this one.
        active: u32,
    },
    /// Of two, it had fewer.
    FewerOfTwo {
        /// How many it had.
        active: u32,
        /// The other one and how many that had.
        other: Option<(usize, u32)>,
    },
    /// Of two, it had the lower load.
    CheaperOfTwo {
        /// Its load, in microseconds times requests.
        load: f64,
        /// The other one and its load.
        other: Option<(usize, f64)>,
    },
    /// The hash of the client, mod total weight.
    Remainder {
        /// What was left, in hundredths of a unit of weight.
        remainder: u64,
    },
    /// The first on the ring, clockwise from the client.
    Clockwise {
        /// How many servers were passed since they were down.
        passed: u32,
    },
    /// The first on the ring with room.
    Room {
        /// How many servers were passed since they were down or full.
        passed: u32,
        /// The most that it may have.
        cap: u64,
    },
}

/// Why a balancer cannot be built.
#[derive(thiserror::Error, Clone, Debug, PartialEq, Eq)]
pub enum BalanceError {
    /// More servers than it can hold.
    #[error("there are {servers} servers, at most {MAX_SERVERS} fit: use fewer")]
    TooManyServers {
        /// How many were given.
        servers: usize,
    },
    /// A weight beyond the limit.
    #[error("server {server} has weight {weight}, the most is {MAX_WEIGHT}: use less")]
    TooHeavy {
        /// Index of the server.
        server: usize,
        /// Its weight.
        weight: u32,
    },
    /// The ring refuses.
    #[error(transparent)]
    Ring(#[from] PlacementError),
}

/// Chooses a server for each request.
///
/// ```
/// use rand::SeedableRng;
/// use scalelab::algorithms::balance::{Algorithm, Balancer, Why};
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
/// let mut balancer = Balancer::new(Algorithm::LeastConnections, &[1, 1], 7)?;
/// balancer.sent(0);
/// let choice = balancer.pick(42, 0, &mut rng).unwrap();
/// assert_eq!((choice.server, choice.why), (1, Why::Fewest { active: 0 }));
/// # Ok::<(), scalelab::algorithms::balance::BalanceError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Balancer {
    algorithm: Algorithm,
    weights: Vec<u32>,
    ready: Ready,
    active: Vec<u32>,
    /// Active requests of those that take new ones.
    active_total: u64,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    RoundRobin(RoundRobin),
    Smooth(SmoothWeighted),
    Stateless,
    Least(LeastConnections),
    Two(LeastRequest),
    Ewma(PeakEwma),
    Ring(std::sync::Arc<Ring>),
}

impl Balancer {
    /// A balancer over servers with these weights; 0 takes nothing. `seed` is that of the ring's hashes.
    ///
    /// # Errors
    /// Every [`BalanceError`].
    pub fn new(algorithm: Algorithm, weights: &[u32], seed: u64) -> Result<Self, BalanceError> {
        if weights.len() > MAX_SERVERS {
            return Err(BalanceError::TooManyServers { servers: weights.len() });
        }
        if let Some((server, weight)) = weights.iter().copied().enumerate().find(|(_, w)| *w > MAX_WEIGHT) {
            return Err(BalanceError::TooHeavy { server, weight });
        }
        let full: Vec<u32> = weights.iter().map(|w| w * FULL).collect();
        let state = match algorithm {
            Algorithm::RoundRobin => State::RoundRobin(RoundRobin::default()),
            Algorithm::SmoothWeighted => State::Smooth(SmoothWeighted::new(weights.len())),
            Algorithm::Random | Algorithm::SourceHash => State::Stateless,
            Algorithm::LeastConnections => State::Least(LeastConnections::new(&full)),
            Algorithm::TwoChoices => State::Two(LeastRequest::default()),
            Algorithm::PeakEwma => State::Ewma(PeakEwma::new(weights.len(), PeakEwma::TAU_US)),
            Algorithm::ConsistentHash | Algorithm::BoundedLoad => {
                // One without weight has its place on the ring, and is passed by.
                let member = |(i, w): (usize, &u32)| Member::new(format!("server-{i}"), (*w).max(1));
                let members: Vec<Member> = weights.iter().enumerate().map(member).collect();
                State::Ring(std::sync::Arc::new(Ring::new(&members, VIRTUAL_NODES, seed)?))
            }
        };
        let active = vec![0; weights.len()];
        Ok(Self { algorithm, weights: weights.to_vec(), ready: Ready::new(&full), active, active_total: 0, state })
    }

    /// Its algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Requests of a server that are not done.
    #[must_use]
    pub fn active(&self, server: usize) -> u32 {
        self.active.get(server).copied().unwrap_or(0)
    }

    /// Whether a server takes new requests.
    #[must_use]
    pub fn takes(&self, server: usize) -> bool {
        self.ready.takes(server)
    }

    /// The servers that take new requests, in order.
    #[must_use]
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// Gives a server a share of its weight, in percent: 0 while it is down or draining, less than 100 in slow
    /// start. Algorithms that do not look at weights know only 0 and more.
    pub fn set_share(&mut self, server: usize, percent: u32) {
        let Some(weight) = self.weights.get(server) else { return };
        let effective = weight * percent.min(FULL);
        let before = self.ready.weight(server);
        if before == effective {
            return;
        }
        self.ready.set(server, effective);
        let held = u64::from(self.active[server]);
        match (before, effective) {
            (0, _) => self.active_total += held,
            (_, 0) => self.active_total -= held,
            _ => {}
        }
        match &mut self.state {
            State::Least(least) => least.set_weight(server, effective),
            State::Two(two) => two.changed(),
            State::Smooth(smooth) if before == 0 => smooth.forget(server),
            State::Ewma(ewma) if before == 0 => ewma.forget(server),
            _ => {}
        }
    }

    /// Chooses a server for a request, which carries the hash of its client. `None` when none takes requests.
    /// The request is not counted as sent: see [`Balancer::sent`].
    pub fn pick<R: Rng + ?Sized>(&mut self, client: u64, now_us: u64, rng: &mut R) -> Option<Choice> {
        let ready = &self.ready;
        let active = &self.active;
        let (server, why) = match &mut self.state {
            State::RoundRobin(robin) => (robin.pick(ready)?, Why::Turn),
            State::Smooth(smooth) => {
                let server = smooth.pick(ready)?;
                let saved = smooth.state()[server] + ready.total() as i64;
                (server, Why::Credit { saved: saved / i64::from(FULL) })
            }
            State::Least(least) => {
                let server = least.pick()?;
                (server, Why::Fewest { active: least.active(server) })
            }
            State::Two(two) => {
                let (server, other) = two.pick(ready, |i| active[i], rng)?;
                (server, Why::FewerOfTwo { active: active[server], other: other.map(|o| (o, active[o])) })
            }
            State::Ewma(ewma) => {
                let (server, other) = ewma.pick(ready, now_us, rng)?;
                let other = other.map(|o| (o, ewma.load(o, now_us)));
                (server, Why::CheaperOfTwo { load: ewma.load(server, now_us), other })
            }
            State::Stateless if self.algorithm == Algorithm::SourceHash => {
                let server = source_index(ready, client)?;
                (server, Why::Remainder { remainder: client % ready.total().max(1) })
            }
            State::Stateless => (ready.draw(rng)?, Why::Chance),
            State::Ring(ring) if self.algorithm == Algorithm::ConsistentHash => {
                let (server, passed) =
                    if ready.list().is_empty() { None } else { walk(ring, client, |i| ready.takes(i)) }?;
                (server, Why::Clockwise { passed })
            }
            State::Ring(ring) => {
                let (most, total) = (self.active_total + 1, ready.total());
                let cap = |i: usize| bounded_cap(BOUND_PERCENT, most, ready.weight(i), total);
                let room = |i: usize| ready.takes(i) && u64::from(active[i]) < cap(i);
                let (server, passed) = if ready.list().is_empty() { None } else { walk(ring, client, room) }?;
                (server, Why::Room { passed, cap: cap(server) })
            }
        };
        Some(Choice { server, why })
    }

    /// A request was sent to a server, by choice or because it sticks to it.
    pub fn sent(&mut self, server: usize) {
        let Some(active) = self.active.get_mut(server) else { return };
        *active += 1;
        self.active_total += u64::from(self.ready.takes(server));
        match &mut self.state {
            State::Least(least) => least.set_active(server, *active),
            State::Ewma(ewma) => ewma.start(server),
            _ => {}
        }
    }

    /// A request is done: answered after `rtt_us`, or, with `None`, lost.
    pub fn done(&mut self, server: usize, now_us: u64, rtt_us: Option<u64>) {
        let Some(active) = self.active.get_mut(server).filter(|a| **a > 0) else { return };
        *active -= 1;
        self.active_total -= u64::from(self.ready.takes(server));
        match (&mut self.state, rtt_us) {
            (State::Least(least), _) => least.set_active(server, *active),
            (State::Ewma(ewma), Some(rtt)) => ewma.end(server, now_us, rtt as f64),
            (State::Ewma(ewma), None) => ewma.drop_pending(server),
            _ => {}
        }
    }

    /// Bytes that it takes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        use crate::algorithms::placement::Placement as _;
        let ring = if let State::Ring(ring) = &self.state { ring.memory_bytes() } else { 0 };
        self.weights.len() * 64 + ring
    }
}
