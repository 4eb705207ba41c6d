//! Least connections, weighted.

use std::collections::BTreeSet;

/// Fixed point of load per weight.
const SCALE: u64 = 1 << 24;

/// Least connections: the server with the fewest active requests for its weight, in turn among equals.
///
/// The key of a server is 0 when it is idle, else (active + 1)/weight; a server whose key changes goes behind
/// the others of the same key, so that equals take turns. O(log servers) a pick and a change.
/// Source: HAProxy, `lb_fwlc.c` (balance leastconn).
///
/// ```
/// use scalelab::algorithms::balance::LeastConnections;
/// let mut least = LeastConnections::new(&[1, 1, 2]);
/// for expected in [0, 1, 2, 2, 2, 0] {
///     let server = least.pick().unwrap();
///     assert_eq!(server, expected);
///     least.set_active(server, least.active(server) + 1);
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeastConnections {
    servers: Vec<Entry>,
    order: BTreeSet<(u64, u64, u32)>,
    turn: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    weight: u32,
    active: u32,
    key: u64,
    turn: u64,
}

impl LeastConnections {
    /// Servers with these weights, all idle; one of weight 0 is never picked.
    #[must_use]
    pub fn new(weights: &[u32]) -> Self {
        let mut least = Self::default();
        for weight in weights {
            least.servers.push(Entry { weight: 0, active: 0, key: 0, turn: 0 });
            least.set_weight(least.servers.len() - 1, *weight);
        }
        least
    }

    /// The server to use next. It is not counted as used: see [`LeastConnections::set_active`].
    #[must_use]
    pub fn pick(&self) -> Option<usize> {
        self.pick_where(|_| true).map(|(server, _)| server)
    }

    /// The first one that may be picked, and how many were passed over; if none may, the first one.
    /// O(servers passed over) more.
    pub(super) fn pick_where(&self, may: impl Fn(usize) -> bool) -> Option<(usize, u32)> {
        let servers = self.order.iter().map(|(_, _, server)| *server as usize);
        let found = (0..).zip(servers).find(|(_, server)| may(*server)).map(|(passed, server)| (server, passed));
        found.or_else(|| self.order.first().map(|(_, _, server)| (*server as usize, 0)))
    }

    /// Active requests of a server.
    #[must_use]
    pub fn active(&self, server: usize) -> u32 {
        self.servers.get(server).map_or(0, |s| s.active)
    }

    /// A server has so many active requests now.
    pub fn set_active(&mut self, server: usize, active: u32) {
        self.change(server, |entry| entry.active = active);
    }

    /// A server has another weight now; 0 takes it out.
    pub fn set_weight(&mut self, server: usize, weight: u32) {
        self.change(server, |entry| entry.weight = weight);
    }

    fn change(&mut self, server: usize, change: impl FnOnce(&mut Entry)) {
        let Some(entry) = self.servers.get_mut(server) else { return };
        if entry.weight > 0 {
            self.order.remove(&(entry.key, entry.turn, server as u32));
        }
        change(entry);
        if entry.weight > 0 {
            let inflight = u64::from(entry.active);
            entry.key = if inflight == 0 { 0 } else { (inflight + 1) * SCALE / u64::from(entry.weight) };
            entry.turn = self.turn;
            self.turn += 1;
            self.order.insert((entry.key, entry.turn, server as u32));
        }
    }
}
