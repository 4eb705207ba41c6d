//! A queue of future events for discrete-event simulation.

use std::collections::BTreeMap;

use super::model::Micros;

/// Events to come, the earliest first; events of the same time come in the order in which they were put in.
///
/// Cost: O(log n) to put in and to take out. A clone copies all events: keep them small.
///
/// ```
/// use scalelab::engine::EventQueue;
/// let mut queue = EventQueue::default();
/// queue.push(20, "leave");
/// queue.push(10, "arrive");
/// queue.push(20, "count");
/// assert_eq!(queue.next_at(), Some(10));
/// assert_eq!(queue.pop_due(20), Some((10, "arrive")));
/// assert_eq!(queue.pop_due(20), Some((20, "leave")));
/// assert_eq!(queue.pop_due(19), None);
/// assert_eq!(queue.len(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    events: BTreeMap<(Micros, u64), E>,
    /// Number of the next event: it orders events of the same time.
    next: u64,
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        Self { events: BTreeMap::new(), next: 0 }
    }
}

/// What [`EventQueue::push`] gives, to take the event back with [`EventQueue::cancel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId(Micros, u64);

impl<E> EventQueue<E> {
    /// Puts in an event that happens at `at_us`, in simulated microseconds.
    pub fn push(&mut self, at_us: Micros, event: E) -> EventId {
        let id = EventId(at_us, self.next);
        self.events.insert((at_us, self.next), event);
        self.next += 1;
        id
    }

    /// Takes back an event that has not happened yet, e.g. a timeout that is no longer wanted.
    ///
    /// ```
    /// use scalelab::engine::EventQueue;
    /// let mut queue = EventQueue::default();
    /// let timeout = queue.push(500, "timeout");
    /// assert_eq!(queue.cancel(timeout), Some("timeout"));
    /// assert_eq!((queue.cancel(timeout), queue.is_empty()), (None, true));
    /// ```
    pub fn cancel(&mut self, id: EventId) -> Option<E> {
        self.events.remove(&(id.0, id.1))
    }

    /// When the earliest event happens.
    pub fn next_at(&self) -> Option<Micros> {
        self.events.first_key_value().map(|((at_us, _), _)| *at_us)
    }

    /// Takes out the earliest event if it is due at `now`.
    pub fn pop_due(&mut self, now: Micros) -> Option<(Micros, E)> {
        let first = self.events.first_entry().filter(|entry| entry.key().0 <= now)?;
        let ((at_us, _), event) = first.remove_entry();
        Some((at_us, event))
    }

    /// All events to come, the earliest first.
    pub fn iter(&self) -> impl Iterator<Item = (Micros, &E)> {
        self.events.iter().map(|((at_us, _), event)| (*at_us, event))
    }

    /// Number of events to come.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}
