//! Slow start: how much of its weight a server gets, and how algorithms that do not draw by weight keep to it.

/// The share of its weight, in percent, that a server has so long after it came back: it grows evenly over the
/// window, and is never below `least`. 100 without a window.
///
/// Sources: nginx `slow_start`, HAProxy `slowstart`, Envoy's slow start mode with aggression 1 and its
/// `min_weight_percent` of 10.
///
/// ```
/// use scalelab::algorithms::balance::slow_start;
/// assert_eq!([0, 2_500_000, 5_000_000, 12_000_000].map(|us| slow_start(us, 10_000_000, 10)), [10, 25, 50, 100]);
/// assert_eq!(slow_start(0, 0, 10), 100);
/// ```
#[must_use]
pub fn slow_start(since_us: u64, window_us: u64, least: u32) -> u32 {
    if since_us >= window_us {
        return 100;
    }
    let share = u128::from(since_us) * 100 / u128::from(window_us);
    (share as u32).clamp(least.min(100), 100)
}

/// Holds servers in slow start to their share of the picks, whatever an algorithm would choose.
///
/// Time is counted in picks: each moves it by 1/(sum of all weights), so a server of weight w is due once every 1/w. It
/// may be picked when it is due, and not before; one turn may be made up for. O(1) a pick. It is start-time fair
/// queueing with one request a turn (Goyal, Vin and Cheng, 1996).
#[derive(Clone, Debug, Default)]
pub(super) struct Pace {
    weights: Vec<u32>,
    /// When each server in slow start may be picked; `None` for all others.
    due: Vec<Option<f64>>,
    total: u64,
    slow: usize,
    now: f64,
}

/// Servers that start slowly together are due one after the other: the fraction of the golden ratio spreads them.
const SPREAD: f64 = 0.618_033_988_749_894_9;

impl Pace {
    /// So many servers without weight.
    pub fn new(servers: usize) -> Self {
        Self { weights: vec![0; servers], due: vec![None; servers], ..Self::default() }
    }

    /// Gives a server a weight, and says whether it is in slow start.
    pub fn set(&mut self, server: usize, weight: u32, slow: bool) {
        let (Some(old), Some(due)) = (self.weights.get_mut(server), self.due.get_mut(server)) else { return };
        self.total = self.total - u64::from(*old) + u64::from(weight);
        self.slow = self.slow + usize::from(slow && weight > 0) - usize::from(due.is_some());
        *due = (slow && weight > 0).then(|| match *due {
            // What is left of its wait shrinks as its weight grows.
            Some(at) => self.now + (at - self.now).max(0.0) * f64::from(*old) / f64::from(weight),
            None => self.now + (server as f64 * SPREAD).fract() / f64::from(weight),
        });
        *old = weight;
    }

    /// Whether a server may be picked now.
    pub fn admits(&self, server: usize) -> bool {
        self.slow == 0 || self.due.get(server).copied().flatten().is_none_or(|due| due <= self.now)
    }

    /// A server was picked.
    pub fn picked(&mut self, server: usize) {
        if self.slow == 0 {
            return;
        }
        self.now += 1.0 / self.total.max(1) as f64;
        if let (Some(Some(due)), Some(weight)) = (self.due.get_mut(server), self.weights.get(server)) {
            let turn = 1.0 / f64::from((*weight).max(1));
            *due = due.max(self.now - turn) + turn;
        }
    }
}
