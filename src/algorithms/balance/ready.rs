//! The servers that take new requests, with their weights.

use rand::{Rng, RngExt};

/// Which servers take new requests, and with what weight: what every algorithm chooses from.
///
/// A server of weight 0 takes none. O(servers) to change, O(1) or O(log servers) to draw from.
///
/// ```
/// use scalelab::algorithms::balance::Ready;
/// let mut ready = Ready::new(&[2, 0, 1]);
/// assert_eq!((ready.list(), ready.total()), (&[0, 2][..], 3));
/// assert_eq!([0, 1, 2].map(|ticket| ready.at_ticket(ticket)), [0, 0, 2]);
/// ready.set(0, 0);
/// assert_eq!(ready.list(), [2]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ready {
    weights: Vec<u32>,
    list: Vec<u32>,
    /// Sums of the weights up to each entry of the list.
    sums: Vec<u64>,
    equal: bool,
}

impl Ready {
    /// Servers with these weights.
    #[must_use]
    pub fn new(weights: &[u32]) -> Self {
        let mut ready = Self { weights: weights.to_vec(), ..Self::default() };
        ready.rebuild();
        ready
    }

    /// Gives a server another weight; 0 takes it out.
    pub fn set(&mut self, server: usize, weight: u32) {
        if let Some(old) = self.weights.get_mut(server).filter(|old| **old != weight) {
            *old = weight;
            self.rebuild();
        }
    }

    fn rebuild(&mut self) {
        self.list.clear();
        self.sums.clear();
        let mut sum = 0;
        for (server, weight) in (0_u32..).zip(&self.weights).filter(|(_, weight)| **weight > 0) {
            sum += u64::from(*weight);
            self.list.push(server);
            self.sums.push(sum);
        }
        let first = self.list.first().map_or(0, |s| self.weights[*s as usize]);
        self.equal = self.list.iter().all(|s| self.weights[*s as usize] == first);
    }

    /// Those that take requests, in order.
    #[must_use]
    pub fn list(&self) -> &[u32] {
        &self.list
    }

    /// Weight of a server; 0 if there is no such server.
    #[must_use]
    pub fn weight(&self, server: usize) -> u32 {
        self.weights.get(server).copied().unwrap_or(0)
    }

    /// Whether a server takes requests.
    #[must_use]
    pub fn takes(&self, server: usize) -> bool {
        self.weight(server) > 0
    }

    /// Whether all that take requests weigh the same.
    #[must_use]
    pub fn equal(&self) -> bool {
        self.equal
    }

    /// Sum of all weights.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.sums.last().copied().unwrap_or(0)
    }

    /// The server that holds a ticket: tickets 0 to `total` − 1 are dealt out in order, one a unit of weight.
    /// A ticket beyond goes to the last; with nobody there it is 0.
    #[must_use]
    pub fn at_ticket(&self, ticket: u64) -> usize {
        let place = self.sums.partition_point(|sum| *sum <= ticket).min(self.list.len().saturating_sub(1));
        self.list.get(place).map_or(0, |server| *server as usize)
    }

    /// One at random, in proportion to weight.
    pub fn draw<R: Rng + ?Sized>(&self, rng: &mut R) -> Option<usize> {
        let total = self.total();
        match self.list.len() {
            0 => None,
            1 => Some(self.list[0] as usize),
            n if self.equal => Some(self.list[rng.random_range(0..n as u32) as usize] as usize),
            _ => Some(self.at_ticket(rng.random_range(0..total))),
        }
    }

    /// Two different ones at random, in proportion to weight; the same one twice if there is only one.
    pub fn draw_two<R: Rng + ?Sized>(&self, rng: &mut R) -> Option<(usize, usize)> {
        let n = self.list.len() as u32;
        let first = self.draw(rng)?;
        if n == 1 {
            return Some((first, first));
        }
        if self.equal {
            // Among the others: the one before the first keeps its number, the ones after move up.
            let place = self.list.partition_point(|s| (*s as usize) < first) as u32;
            let other = rng.random_range(0..n - 1);
            let other = if other >= place { other + 1 } else { other };
            return Some((first, self.list[other as usize] as usize));
        }
        let mine = u64::from(self.weight(first));
        let before = self.sums[self.list.partition_point(|s| (*s as usize) < first)] - mine;
        let ticket = rng.random_range(0..self.total() - mine);
        Some((first, self.at_ticket(if ticket >= before { ticket + mine } else { ticket })))
    }
}
