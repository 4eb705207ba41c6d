//! Peak EWMA: the cost of a server is its recent latency times what it has pending.

use rand::Rng;

use super::Ready;

/// Load of a server that has requests pending and no history yet: 39 hours in microseconds, so that it loses
/// against any server that has answered. Finagle's value, in our unit.
const PENALTY: f64 = 1.4e11;

/// How often a pair of which neither may be picked is drawn again.
const REDRAWS: u32 = 16;

/// Peak EWMA over a pair of random choices.
///
/// The latency estimate of a server jumps up to a slow answer at once and decays with time constant τ:
/// if rtt > cost then cost = rtt, else cost·w + rtt·(1−w), where w = e^(−Δt/τ). The load is
/// cost·(pending + 1); without history but with requests pending it is a penalty + pending. O(1) a pick.
/// Source: Twitter Finagle, `PeakEwma.scala`.
///
/// ```
/// use scalelab::algorithms::balance::PeakEwma;
/// let mut ewma = PeakEwma::new(2, 10_000_000);
/// ewma.start(0);
/// ewma.end(0, 0, 1_000.0);
/// assert_eq!(ewma.cost(0, 0), 1_000.0);
/// // After τ without an answer, 1/e of it is left.
/// assert!((ewma.cost(0, 10_000_000) - 1_000.0 / std::f64::consts::E).abs() < 1e-9);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PeakEwma {
    tau_us: f64,
    servers: Vec<Estimate>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Estimate {
    cost: f64,
    stamp_us: u64,
    pending: u32,
}

impl Estimate {
    fn observe(&mut self, now_us: u64, rtt_us: f64, tau_us: f64) {
        let passed = now_us.saturating_sub(self.stamp_us) as f64;
        self.cost = if rtt_us > self.cost {
            rtt_us
        } else {
            let w = (-passed / tau_us).exp();
            self.cost * w + rtt_us * (1.0 - w)
        };
        self.stamp_us = self.stamp_us.max(now_us);
    }
}

impl PeakEwma {
    /// Finagle's default decay time, in microseconds.
    pub const TAU_US: u64 = 10_000_000;

    /// So many servers without history, with a decay time constant in microseconds.
    #[must_use]
    pub fn new(servers: usize, tau_us: u64) -> Self {
        Self { tau_us: tau_us.max(1) as f64, servers: vec![Estimate::default(); servers] }
    }

    /// A request was sent to a server.
    pub fn start(&mut self, server: usize) {
        if let Some(estimate) = self.servers.get_mut(server) {
            estimate.pending += 1;
        }
    }

    /// A server answered after `rtt_us`.
    pub fn end(&mut self, server: usize, now_us: u64, rtt_us: f64) {
        if let Some(estimate) = self.servers.get_mut(server) {
            estimate.pending = estimate.pending.saturating_sub(1);
            estimate.observe(now_us, rtt_us, self.tau_us);
        }
    }

    /// A request came to nothing without an answer: it is pending no more.
    pub fn drop_pending(&mut self, server: usize) {
        if let Some(estimate) = self.servers.get_mut(server) {
            estimate.pending = estimate.pending.saturating_sub(1);
        }
    }

    /// A server that comes back starts without history.
    pub fn forget(&mut self, server: usize) {
        if let Some(estimate) = self.servers.get_mut(server) {
            *estimate = Estimate { pending: estimate.pending, ..Estimate::default() };
        }
    }

    /// The latency estimate of a server at a time, in microseconds, decayed since its last answer.
    #[must_use]
    pub fn cost(&self, server: usize, now_us: u64) -> f64 {
        self.servers.get(server).map_or(0.0, |estimate| {
            let mut estimate = *estimate;
            estimate.observe(now_us, 0.0, self.tau_us);
            estimate.cost
        })
    }

    /// The load of a server at a time.
    #[must_use]
    pub fn load(&self, server: usize, now_us: u64) -> f64 {
        let pending = self.servers.get(server).map_or(0, |s| s.pending);
        let cost = self.cost(server, now_us);
        if cost == 0.0 && pending > 0 { PENALTY + f64::from(pending) } else { cost * (f64::from(pending) + 1.0) }
    }

    /// Of two at random the one with the lower load, and the other one if there were two.
    pub fn pick<R: Rng + ?Sized>(&self, ready: &Ready, now_us: u64, rng: &mut R) -> Option<(usize, Option<usize>)> {
        self.pick_where(ready, now_us, rng, |_| true)
    }

    /// The same among those that may be picked. Two that both may not are drawn again, a few times.
    pub(super) fn pick_where<R: Rng + ?Sized>(
        &self,
        ready: &Ready,
        now_us: u64,
        rng: &mut R,
        may: impl Fn(usize) -> bool,
    ) -> Option<(usize, Option<usize>)> {
        let mut pair = ready.draw_two(rng)?;
        for _ in 0..REDRAWS {
            if may(pair.0) || may(pair.1) {
                break;
            }
            pair = ready.draw_two(rng)?;
        }
        let (a, b) = pair;
        Some(match (may(a), may(b)) {
            _ if a == b => (a, None),
            (true, false) => (a, Some(b)),
            (false, true) => (b, Some(a)),
            _ if self.load(b, now_us) < self.load(a, now_us) => (b, Some(a)),
            _ => (a, Some(b)),
        })
    }
}
