//! Sticky sessions.

use std::collections::{BTreeMap, VecDeque};

/// Which server each client sticks to: at layer 4 a table in the balancer, at layer 7 the cookies that it has
/// given out. A session ends `life_us` after it began, whatever its client does. It remembers at most so many
/// clients; the one that came first is forgotten first.
/// O(log clients), amortized. Source: HAProxy, `stick-table` and `cookie ... maxlife`.
///
/// ```
/// use scalelab::algorithms::balance::Sessions;
/// let mut sessions = Sessions::new(2, 1_000);
/// (0..3).for_each(|client| sessions.stick(client, 1, 0));
/// assert_eq!((sessions.server(0), sessions.server(2)), (None, Some(1)));
/// assert_eq!(sessions.per_server().get(&1), Some(&2));
/// assert_eq!((sessions.of_server(1), sessions.forget_server(1)), (2, 2));
/// sessions.stick(7, 0, 500);
/// sessions.end(1_499);
/// assert_eq!(sessions.server(7), Some(0));
/// sessions.end(1_500);
/// assert_eq!(sessions.server(7), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sessions {
    /// Server, and when the session began.
    table: BTreeMap<u32, (u32, u64)>,
    /// Clients in the order in which their sessions began.
    order: VecDeque<u32>,
    most: usize,
    life_us: u64,
}

impl Sessions {
    /// An empty table for at most so many clients, whose sessions last so long.
    #[must_use]
    pub fn new(most: usize, life_us: u64) -> Self {
        Self { most, life_us, ..Self::default() }
    }

    /// Sessions last so long from now on, also those that have begun.
    pub fn set_life(&mut self, life_us: u64) {
        self.life_us = life_us;
    }

    /// Ends the sessions whose time is over.
    pub fn end(&mut self, now_us: u64) {
        while let Some(client) = self.order.front() {
            let since = self.table.get(client).map_or(0, |(_, since)| *since);
            if now_us < since.saturating_add(self.life_us) {
                return;
            }
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some(client) = self.order.pop_front() {
            self.table.remove(&client);
        }
    }

    /// The server that a client sticks to.
    #[must_use]
    pub fn server(&self, client: u32) -> Option<u32> {
        self.table.get(&client).map(|(server, _)| *server)
    }

    /// From now on, a client sticks to a server. One that stuck elsewhere goes on with its session there.
    pub fn stick(&mut self, client: u32, server: u32, now_us: u64) {
        if self.most == 0 {
            return;
        }
        if let Some((at, _)) = self.table.get_mut(&client) {
            *at = server;
            return;
        }
        if self.table.len() >= self.most {
            self.forget_first();
        }
        self.table.insert(client, (server, now_us));
        self.order.push_back(client);
    }

    /// All clients of a server are free again, say because it is gone; how many they were.
    pub fn forget_server(&mut self, server: u32) -> usize {
        let before = self.table.len();
        self.table.retain(|_, (s, _)| *s != server);
        self.order.retain(|client| self.table.contains_key(client));
        before - self.table.len()
    }

    /// How many clients stick to a server. O(clients).
    #[must_use]
    pub fn of_server(&self, server: u32) -> usize {
        self.table.values().filter(|(s, _)| *s == server).count()
    }

    /// How many clients stick to each server that any sticks to. O(clients · log servers).
    #[must_use]
    pub fn per_server(&self) -> BTreeMap<u32, usize> {
        let mut counts = BTreeMap::new();
        for (server, _) in self.table.values() {
            *counts.entry(*server).or_insert(0) += 1;
        }
        counts
    }

    /// How many clients are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }
}
