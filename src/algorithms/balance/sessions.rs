//! Sticky sessions.

use std::collections::{BTreeMap, VecDeque};

/// Which server each client sticks to: at layer 4 a table in the balancer, at layer 7 the cookies that it has
/// given out. It remembers at most so many clients; the one that came first is forgotten first.
/// O(log clients). Source: HAProxy, `stick-table`.
///
/// ```
/// use scalelab::algorithms::balance::Sessions;
/// let mut sessions = Sessions::new(2);
/// (0..3).for_each(|client| sessions.stick(client, 1));
/// assert_eq!((sessions.server(0), sessions.server(2)), (None, Some(1)));
/// assert_eq!(sessions.forget_server(1), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sessions {
    table: BTreeMap<u32, u32>,
    order: VecDeque<u32>,
    most: usize,
}

impl Sessions {
    /// An empty table for at most so many clients.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// The server that a client sticks to.
    #[must_use]
    pub fn server(&self, client: u32) -> Option<u32> {
        self.table.get(&client).copied()
    }

    /// From now on, a client sticks to a server.
    pub fn stick(&mut self, client: u32, server: u32) {
        if self.most == 0 {
            return;
        }
        if self.table.insert(client, server).is_none() {
            if self.table.len() > self.most
                && let Some(oldest) = self.order.pop_front()
            {
                self.table.remove(&oldest);
            }
            self.order.push_back(client);
        }
    }

    /// All clients of a server are free again, say because it is gone; how many they were.
    pub fn forget_server(&mut self, server: u32) -> usize {
        let before = self.table.len();
        self.table.retain(|_, s| *s != server);
        self.order.retain(|client| self.table.contains_key(client));
        before - self.table.len()
    }

    /// How many clients are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }
}
