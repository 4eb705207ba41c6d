//! In turn: round robin, plain and smoothly weighted.

use std::collections::VecDeque;

use super::Ready;

/// Round robin: one after the other, whatever they weigh. O(log servers) a pick.
///
/// ```
/// use scalelab::algorithms::balance::{Ready, RoundRobin};
/// let mut robin = RoundRobin::default();
/// let mut ready = Ready::new(&[1, 1, 1]);
/// assert_eq!([0; 4].map(|_| robin.pick(&ready)), [Some(0), Some(1), Some(2), Some(0)]);
/// ready.set(1, 0);
/// assert_eq!([0; 2].map(|_| robin.pick(&ready)), [Some(2), Some(0)]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoundRobin {
    /// The lowest number that may be next.
    next: u32,
}

impl RoundRobin {
    /// The next one in turn.
    pub fn pick(&mut self, ready: &Ready) -> Option<usize> {
        self.pick_where(ready, |_| true)
    }

    /// The next one in turn that may have it; whoever may not is passed over. If none may, the next one in turn.
    /// O(servers passed over) more.
    pub(super) fn pick_where(&mut self, ready: &Ready, may: impl Fn(usize) -> bool) -> Option<usize> {
        let first = self.turn(ready)?;
        let mut server = first;
        for _ in 0..ready.list().len() {
            if may(server) {
                return Some(server);
            }
            server = self.turn(ready)?;
        }
        self.next = first as u32 + 1;
        Some(first)
    }

    fn turn(&mut self, ready: &Ready) -> Option<usize> {
        let list = ready.list();
        // Mostly all are ready, and the number is the place.
        let guess = self.next as usize;
        let place = match list.get(guess) {
            Some(server) if *server == self.next => guess,
            _ => list.partition_point(|s| *s < self.next),
        };
        let server = *list.get(place).or_else(|| list.first())?;
        self.next = server + 1;
        Some(server as usize)
    }
}

/// Smooth weighted round robin: heavy servers get more turns, spread out instead of in a row.
///
/// At each pick, every server gains its weight; the one with the most wins (the first one of equals) and pays the sum
/// of all weights. nginx does just that, in O(servers) a pick. Here the order is exactly the same, but servers of one
/// weight gain alike, so their order among themselves changes only when one of them pays: a pick compares the first
/// server of each weight. O(different weights) a pick, and O(servers) to change a weight. With all weights different
/// it remains O(servers): who has the most then depends on every one of them.
/// Source: nginx, `ngx_http_upstream_get_peer`, 2012.
///
/// ```
/// use scalelab::algorithms::balance::SmoothWeighted;
/// let mut smooth = SmoothWeighted::new(&[5, 1, 1]);
/// let picks: Vec<usize> = (0..7).filter_map(|_| smooth.pick()).collect();
/// assert_eq!(picks, [0, 0, 1, 0, 2, 0, 0]);
/// assert_eq!(smooth.state(), [0, 0, 0]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SmoothWeighted {
    weights: Vec<u32>,
    /// What each server has saved up, without what it gained by its weight in all picks so far.
    bases: Vec<i64>,
    picks: i64,
    /// Sum of all weights.
    total: i64,
    classes: Vec<Class>,
}

/// The servers of one weight that is not 0.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Class {
    weight: u32,
    /// Base and server: whoever saved up the most first, of equals the first server.
    order: VecDeque<(i64, u32)>,
}

impl Class {
    /// Where a server is, or belongs.
    fn place(&self, base: i64, server: u32) -> usize {
        let before = |other: &(i64, u32)| other.0 > base || (other.0 == base && other.1 < server);
        match self.order.back() {
            // Who just paid is mostly the last one then.
            Some(last) if before(last) => self.order.len(),
            _ => self.order.partition_point(before),
        }
    }
}

impl SmoothWeighted {
    /// A rotation over servers with these weights; one of weight 0 is never picked.
    #[must_use]
    pub fn new(weights: &[u32]) -> Self {
        let mut smooth = Self { weights: vec![0; weights.len()], bases: vec![0; weights.len()], ..Self::default() };
        weights.iter().enumerate().for_each(|(server, weight)| smooth.set_weight(server, *weight));
        smooth
    }

    /// The next one.
    pub fn pick(&mut self) -> Option<usize> {
        let picks = self.picks + 1;
        let mut best: Option<(i64, u32, usize)> = None;
        for (class, servers) in self.classes.iter().enumerate() {
            let Some((base, server)) = servers.order.front() else { continue };
            let saved = base + picks * i64::from(servers.weight);
            if best.is_none_or(|(most, first, _)| saved > most || (saved == most && *server < first)) {
                best = Some((saved, *server, class));
            }
        }
        let (_, server, class) = best?;
        let class = &mut self.classes[class];
        class.order.pop_front();
        let base = self.bases[server as usize] - self.total;
        let place = class.place(base, server);
        class.order.insert(place, (base, server));
        self.bases[server as usize] = base;
        self.picks = picks;
        Some(server as usize)
    }

    /// What a server has saved up, as nginx's `current_weight`; 0 if there is no such server.
    #[must_use]
    pub fn saved(&self, server: usize) -> i64 {
        let base_and_weight = self.bases.get(server).zip(self.weights.get(server));
        base_and_weight.map_or(0, |(base, weight)| base + self.picks * i64::from(*weight))
    }

    /// What each server has saved up.
    #[must_use]
    pub fn state(&self) -> Vec<i64> {
        (0..self.weights.len()).map(|server| self.saved(server)).collect()
    }

    /// A server has another weight now; 0 takes it out. It keeps what it saved up.
    pub fn set_weight(&mut self, server: usize, weight: u32) {
        let saved = self.saved(server);
        self.put(server, weight, saved);
    }

    /// A server that comes back starts from nothing.
    pub fn forget(&mut self, server: usize) {
        if let Some(weight) = self.weights.get(server) {
            self.put(server, *weight, 0);
        }
    }

    fn put(&mut self, server: usize, weight: u32, saved: i64) {
        let Some(old) = self.weights.get(server).copied() else { return };
        let number = server as u32;
        if let Some(at) = self.classes.iter().position(|class| class.weight == old) {
            let place = self.classes[at].place(self.bases[server], number);
            self.classes[at].order.remove(place);
            if self.classes[at].order.is_empty() {
                self.classes.swap_remove(at);
            }
        }
        self.total += i64::from(weight) - i64::from(old);
        self.weights[server] = weight;
        let base = saved - self.picks * i64::from(weight);
        self.bases[server] = base;
        if weight == 0 {
            return;
        }
        let at = self.classes.iter().position(|class| class.weight == weight).unwrap_or_else(|| {
            self.classes.push(Class { weight, order: VecDeque::new() });
            self.classes.len() - 1
        });
        let place = self.classes[at].place(base, number);
        self.classes[at].order.insert(place, (base, number));
    }
}
