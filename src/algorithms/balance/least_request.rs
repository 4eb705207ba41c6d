//! The power of two choices, and what Envoy makes of it with unequal weights.

use std::collections::BTreeSet;

use rand::Rng;

use super::Ready;

/// Envoy's weight of a server under load: weight/(active + 1)^bias. With bias 0 the load does not count.
///
/// Source: Envoy, `LeastRequestLoadBalancer::hostWeight`.
///
/// ```
/// use scalelab::algorithms::balance::envoy_weight;
/// assert_eq!(envoy_weight(6, 2, 1.0), 2.0);
/// assert_eq!(envoy_weight(6, 2, 0.0), 6.0);
/// ```
#[must_use]
pub fn envoy_weight(weight: u32, active: u32, bias: f64) -> f64 {
    if bias == 1.0 {
        f64::from(weight) / (f64::from(active) + 1.0)
    } else {
        f64::from(weight) / (f64::from(active) + 1.0).powf(bias)
    }
}

/// Least request as Envoy does it: of two servers picked at random, the one with fewer active requests. With
/// unequal weights instead an earliest-deadline schedule, in which a server of [`envoy_weight`] w comes back
/// after 1/w.
///
/// O(1) a pick with equal weights, O(log servers) without. Sources: Mitzenmacher, "The Power of Two Choices in
/// Randomized Load Balancing", 1996; Envoy, `least_request_lb.cc`.
///
/// ```
/// use rand::SeedableRng;
/// use scalelab::algorithms::balance::{LeastRequest, Ready};
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
/// let (ready, mut choices) = (Ready::new(&[1, 1]), LeastRequest::default());
/// let busy = [3, 1];
/// let (picked, other) = choices.pick(&ready, |server| busy[server], &mut rng).unwrap();
/// assert_eq!((picked, other), (1, Some(0)));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LeastRequest {
    /// (deadline, order, server); empty while all weights are equal.
    schedule: BTreeSet<(u64, u64, u32)>,
    now: u64,
    next: u64,
}

/// Fixed point of deadlines.
const SCALE: f64 = 1_099_511_627_776.0;
/// Bias of active requests, Envoy's default.
const BIAS: f64 = 1.0;

impl LeastRequest {
    /// The picked server, and the other one that was looked at if there were two.
    pub fn pick<R: Rng + ?Sized>(
        &mut self,
        ready: &Ready,
        active: impl Fn(usize) -> u32,
        rng: &mut R,
    ) -> Option<(usize, Option<usize>)> {
        if ready.equal() {
            self.schedule.clear();
            let (a, b) = ready.draw_two(rng)?;
            return Some(match (a, b) {
                _ if a == b => (a, None),
                _ if active(b) < active(a) => (b, Some(a)),
                _ => (a, Some(b)),
            });
        }
        let delay = |server: usize| (SCALE / envoy_weight(ready.weight(server), active(server), BIAS)) as u64;
        if self.schedule.len() != ready.list().len() {
            self.schedule.clear();
            for server in ready.list() {
                self.next += 1;
                self.schedule.insert((self.now.saturating_add(delay(*server as usize)), self.next, *server));
            }
        }
        let (deadline, _, server) = self.schedule.pop_first()?;
        self.now = deadline;
        self.next += 1;
        self.schedule.insert((self.now.saturating_add(delay(server as usize)), self.next, server));
        Some((server as usize, None))
    }

    /// The set of servers changed: the schedule starts again. Another weight counts from a server's next turn on.
    pub fn changed(&mut self) {
        self.schedule.clear();
    }
}
