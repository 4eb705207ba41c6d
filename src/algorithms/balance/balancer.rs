//! One balancer over a list of servers, whatever its algorithm.

use std::sync::Arc;

use clap::ValueEnum;
use rand::Rng;

use super::hashed::{source_with_shares, thresholds, walk};
use super::slow::Pace;
use super::{LeastConnections, LeastRequest, PeakEwma, Ready, RoundRobin, SmoothWeighted, bounded_cap};
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
///
/// ```
/// use scalelab::algorithms::balance::Algorithm;
/// use strum::VariantArray;
/// assert_eq!((Algorithm::VARIANTS.len(), Algorithm::TwoChoices.name()), (10, "two-choices"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Algorithm {
    /// One after the other
    RoundRobin,
    /// In turn, heavy servers more often (nginx)
    SmoothWeighted,
    /// By chance
    Random,
    /// The fewest active requests for its weight (HAProxy)
    LeastConnections,
    /// Of two by chance, the one with fewer active requests (Envoy)
    TwoChoices,
    /// Of two by chance, the one with the lower recent latency times load (Finagle)
    PeakEwma,
    /// Hash of the client, modulo total weight
    SourceHash,
    /// Hash of the client on a ring
    ConsistentHash,
    /// The ring, but past servers above 125 % of the mean
    BoundedLoad,
    /// Requests wait at the balancer until a server is free
    //
    // Whoever holds the queue knows who is free; a [`Balancer`] keeps count, and takes turns where it is asked.
    OneQueue,
}

impl Algorithm {
    /// Its name, as one types it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether a client always gets the same server while nothing changes.
    #[must_use]
    pub fn hashes(self) -> bool {
        matches!(self, Self::SourceHash | Self::ConsistentHash)
    }

    /// Whether heavier servers get more.
    #[must_use]
    pub fn honours_weights(self) -> bool {
        !matches!(self, Self::RoundRobin | Self::OneQueue)
    }

    /// What a choice costs, in O notation, for n servers.
    #[must_use]
    pub fn cost(self) -> &'static str {
        match self {
            Self::RoundRobin | Self::Random | Self::TwoChoices | Self::PeakEwma => "O(1)",
            Self::SmoothWeighted => "O(different weights)",
            Self::LeastConnections | Self::SourceHash | Self::ConsistentHash | Self::OneQueue => "O(log n)",
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
        /// Servers in slow start that come before it and are not due yet.
        spared: u32,
    },
    /// Of two, it had fewer.
    FewerOfTwo {
        /// How many it had.
        active: u32,
        /// The other one and how many that had.
        other: Option<(usize, u32)>,
    },
    /// It was due first, by its weight over its active requests: two choices with unequal weights.
    Due {
        /// How many it had.
        active: u32,
    },
    /// Of two, it had the lower load, or the other one was spared.
    CheaperOfTwo {
        /// Its load, in microseconds times requests.
        load: f64,
        /// The other one and its load.
        other: Option<(usize, f64)>,
        /// Whether the other one starts slowly and was not due.
        spared: bool,
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
/// assert_eq!((choice.server, choice.why), (1, Why::Fewest { active: 0, spared: 0 }));
/// # Ok::<(), scalelab::algorithms::balance::BalanceError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Balancer {
    algorithm: Algorithm,
    weights: Vec<u32>,
    /// Percent of its weight that each server gets.
    shares: Vec<u32>,
    /// The highest of them.
    fullest: u32,
    ready: Ready,
    pace: Pace,
    active: Vec<u32>,
    /// Active requests of those that take new ones.
    active_total: u64,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    RoundRobin(RoundRobin),
    Smooth(SmoothWeighted),
    Random,
    /// Servers that take requests, with their full weights.
    Source(Ready),
    Least(LeastConnections),
    Two(LeastRequest),
    Ewma(PeakEwma),
    /// The ring, and from the first slow start on the part of its server's weight from which on each point is there.
    Ring(Arc<Ring>, Arc<Vec<u16>>),
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
            Algorithm::RoundRobin | Algorithm::OneQueue => State::RoundRobin(RoundRobin::default()),
            Algorithm::SmoothWeighted => State::Smooth(SmoothWeighted::new(&full)),
            Algorithm::Random => State::Random,
            Algorithm::SourceHash => State::Source(Ready::new(&full)),
            Algorithm::LeastConnections => State::Least(LeastConnections::new(&full)),
            Algorithm::TwoChoices => State::Two(LeastRequest::default()),
            Algorithm::PeakEwma => State::Ewma(PeakEwma::new(weights.len(), PeakEwma::TAU_US)),
            Algorithm::ConsistentHash | Algorithm::BoundedLoad => {
                // One without weight has its place on the ring, and is passed by.
                let member = |(i, w): (usize, &u32)| Member::new(format!("server-{i}"), (*w).max(1));
                let members: Vec<Member> = weights.iter().enumerate().map(member).collect();
                State::Ring(Arc::new(Ring::new(&members, VIRTUAL_NODES, seed)?), Arc::default())
            }
        };
        let mut balancer = Self {
            algorithm,
            weights: weights.to_vec(),
            shares: vec![FULL; weights.len()],
            fullest: FULL,
            ready: Ready::new(&full),
            pace: Pace::new(weights.len()),
            active: vec![0; weights.len()],
            active_total: 0,
            state,
        };
        (0..weights.len()).for_each(|server| balancer.set_pace(server));
        Ok(balancer)
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
    /// start. Every algorithm keeps to the share, also one that does not look at weights.
    pub fn set_share(&mut self, server: usize, percent: u32) {
        let Some(weight) = self.weights.get(server).copied() else { return };
        let percent = percent.min(FULL);
        if self.shares[server] == percent {
            return;
        }
        self.shares[server] = percent;
        let effective = weight * percent;
        let before = self.ready.weight(server);
        self.ready.set(server, effective);
        self.fullest = self.ready.list().iter().map(|s| self.shares[*s as usize]).max().unwrap_or(FULL);
        self.set_pace(server);
        let held = u64::from(self.active[server]);
        let (joins, leaves) = (before == 0 && effective > 0, before > 0 && effective == 0);
        if joins {
            self.active_total += held;
        } else if leaves {
            self.active_total -= held;
        }
        match &mut self.state {
            State::Least(least) => least.set_weight(server, effective),
            State::Two(two) if joins || leaves => two.changed(),
            State::Smooth(smooth) => {
                if joins {
                    smooth.forget(server);
                }
                smooth.set_weight(server, effective);
            }
            State::Source(full) => full.set(server, if percent == 0 { 0 } else { weight * FULL }),
            State::Ewma(ewma) if joins => ewma.forget(server),
            State::Ring(ring, from) if percent > 0 && percent < FULL && from.is_empty() => {
                *from = Arc::new(thresholds(ring));
            }
            _ => {}
        }
    }

    /// Slow start counts in turns where weights do not count, in weight elsewhere.
    fn set_pace(&mut self, server: usize) {
        let (weight, share) = (self.weights[server], self.shares[server]);
        let weight = if self.algorithm.honours_weights() { weight } else { weight.min(1) };
        self.pace.set(server, weight * share, share < FULL);
    }

    /// The share of a server over that of the fullest one, in percent: when all start slowly, none is held back.
    fn relative(&self, server: usize) -> u32 {
        (self.shares[server] * FULL).div_ceil(self.fullest.max(1))
    }

    /// Chooses a server for a request, which carries the hash of its client. `None` when none takes requests.
    /// The request is not counted as sent: see [`Balancer::sent`].
    pub fn pick<R: Rng + ?Sized>(&mut self, client: u64, now_us: u64, rng: &mut R) -> Option<Choice> {
        let choice = match &self.state {
            State::Source(full) => {
                let server = source_with_shares(full, client, |i| self.relative(i))?;
                Choice { server, why: Why::Remainder { remainder: client % full.total().max(1) } }
            }
            State::Ring(ring, from) => self.pick_on_ring(ring, from, client)?,
            _ => self.pick_by_state(now_us, rng)?,
        };
        self.pace.picked(choice.server);
        Some(choice)
    }

    fn pick_on_ring(&self, ring: &Ring, from: &[u16], client: u64) -> Option<Choice> {
        let (ready, active) = (&self.ready, &self.active);
        if ready.list().is_empty() {
            return None;
        }
        let awake = |point: usize, server: usize| {
            // One that is down is passed as a whole, and told so.
            let part = self.relative(server) * FULL;
            self.shares[server] == 0 || from.get(point).is_none_or(|least| u32::from(*least) < part)
        };
        if self.algorithm == Algorithm::ConsistentHash {
            let (server, passed) = walk(ring, client, awake, |i| ready.takes(i))?;
            return Some(Choice { server, why: Why::Clockwise { passed } });
        }
        let (most, total) = (self.active_total + 1, ready.total());
        let cap = |i: usize| bounded_cap(BOUND_PERCENT, most, ready.weight(i), total);
        let room = |i: usize| ready.takes(i) && u64::from(active[i]) < cap(i);
        let (server, passed) = walk(ring, client, awake, room)?;
        Some(Choice { server, why: Why::Room { passed, cap: cap(server) } })
    }

    fn pick_by_state<R: Rng + ?Sized>(&mut self, now_us: u64, rng: &mut R) -> Option<Choice> {
        let (ready, active, pace) = (&self.ready, &self.active, &self.pace);
        let (server, why) = match &mut self.state {
            State::RoundRobin(robin) => (robin.pick_where(ready, |i| pace.admits(i))?, Why::Turn),
            State::Smooth(smooth) => {
                let server = smooth.pick()?;
                let saved = smooth.saved(server) + ready.total() as i64;
                (server, Why::Credit { saved: saved / i64::from(FULL) })
            }
            State::Least(least) => {
                let (server, spared) = least.pick_where(|i| pace.admits(i))?;
                (server, Why::Fewest { active: least.active(server), spared })
            }
            State::Two(two) => {
                let equal = ready.equal();
                let (server, other) = two.pick(ready, |i| active[i], rng)?;
                let (held, other) = (active[server], other.map(|o| (o, active[o])));
                (server, if equal { Why::FewerOfTwo { active: held, other } } else { Why::Due { active: held } })
            }
            State::Ewma(ewma) => {
                let (server, other) = ewma.pick_where(ready, now_us, rng, |i| pace.admits(i))?;
                let spared = pace.admits(server) && other.is_some_and(|o| !pace.admits(o));
                let other = other.map(|o| (o, ewma.load(o, now_us)));
                (server, Why::CheaperOfTwo { load: ewma.load(server, now_us), other, spared })
            }
            _ => (ready.draw(rng)?, Why::Chance),
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
        let ring = match &self.state {
            State::Ring(ring, from) => ring.memory_bytes() + from.len() * 2,
            _ => 0,
        };
        self.weights.len() * 96 + ring
    }
}
