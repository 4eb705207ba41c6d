//! In turn: round robin, plain and smoothly weighted.

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
/// At each pick, every server gains its weight; the one with the most wins (the first one of equals) and
/// pays the sum of all weights. O(servers) a pick by definition. Source: nginx,
/// `ngx_http_upstream_get_peer`, 2012.
///
/// ```
/// use scalelab::algorithms::balance::{Ready, SmoothWeighted};
/// let (ready, mut smooth) = (Ready::new(&[5, 1, 1]), SmoothWeighted::new(3));
/// let picks: Vec<usize> = (0..7).filter_map(|_| smooth.pick(&ready)).collect();
/// assert_eq!(picks, [0, 0, 1, 0, 2, 0, 0]);
/// assert_eq!(smooth.state(), [0, 0, 0]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmoothWeighted {
    current: Vec<i64>,
}

impl SmoothWeighted {
    /// A rotation over so many servers.
    #[must_use]
    pub fn new(servers: usize) -> Self {
        Self { current: vec![0; servers] }
    }

    /// The next one.
    pub fn pick(&mut self, ready: &Ready) -> Option<usize> {
        let mut best: Option<(i64, usize)> = None;
        for server in ready.list().iter().map(|s| *s as usize) {
            let Some(current) = self.current.get_mut(server) else { continue };
            *current += i64::from(ready.weight(server));
            if best.is_none_or(|(most, _)| *current > most) {
                best = Some((*current, server));
            }
        }
        let (_, server) = best?;
        self.current[server] -= ready.total() as i64;
        Some(server)
    }

    /// What each server has saved up, as nginx's `current_weight`.
    #[must_use]
    pub fn state(&self) -> &[i64] {
        &self.current
    }

    /// A server that comes back starts from nothing.
    pub fn forget(&mut self, server: usize) {
        if let Some(current) = self.current.get_mut(server) {
            *current = 0;
        }
    }
}
