//! A queue of future events for discrete-event simulation.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::event::Micros;

/// Events to come, the earliest first; events of the same time come in the order in which they were put in.
///
/// A binary heap. Cost: O(1) on average to put in, O(log n) to take out. A clone copies all events: keep them small.
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
    events: BinaryHeap<Planned<E>>,
    /// Number of the next event: it orders events of the same time.
    next: u64,
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        Self { events: BinaryHeap::new(), next: 0 }
    }
}

/// An event with its time. The earliest is the greatest, as a heap gives the greatest first.
#[derive(Clone, Debug)]
struct Planned<E> {
    id: EventId,
    event: E,
}

impl<E> Ord for Planned<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.id.cmp(&self.id)
    }
}

impl<E> PartialOrd for Planned<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> PartialEq for Planned<E> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<E> Eq for Planned<E> {}

/// What [`EventQueue::push`] gives, to take the event back with [`EventQueue::cancel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventId(Micros, u64);

impl<E> EventQueue<E> {
    /// Puts in an event that happens at `at_us`, in simulated microseconds.
    pub fn push(&mut self, at_us: Micros, event: E) -> EventId {
        let id = EventId(at_us, self.next);
        self.events.push(Planned { id, event });
        self.next += 1;
        id
    }

    /// Takes back an event that has not happened yet, e.g. a timeout that is no longer wanted. O(n).
    ///
    /// ```
    /// use scalelab::engine::EventQueue;
    /// let mut queue = EventQueue::default();
    /// let timeout = queue.push(500, "timeout");
    /// assert_eq!(queue.cancel(timeout), Some("timeout"));
    /// assert_eq!((queue.cancel(timeout), queue.is_empty()), (None, true));
    /// ```
    pub fn cancel(&mut self, id: EventId) -> Option<E> {
        let place = self.events.iter().position(|planned| planned.id == id)?;
        let mut events = std::mem::take(&mut self.events).into_vec();
        let taken = events.swap_remove(place);
        self.events = events.into();
        Some(taken.event)
    }

    /// When the earliest event happens.
    pub fn next_at(&self) -> Option<Micros> {
        self.events.peek().map(|first| first.id.0)
    }

    /// Takes out the earliest event if it is due at `now`.
    pub fn pop_due(&mut self, now: Micros) -> Option<(Micros, E)> {
        if self.next_at()? > now {
            return None;
        }
        self.events.pop().map(|first| (first.id.0, first.event))
    }

    /// Takes out all events of a kind, the earliest first; the others stay as they are. O(n log n).
    ///
    /// ```
    /// use scalelab::engine::EventQueue;
    /// let mut queue = EventQueue::default();
    /// for (at_us, event) in [(30, "leave"), (10, "arrive"), (20, "leave")] {
    ///     queue.push(at_us, event);
    /// }
    /// assert_eq!(queue.take_all(|event| *event == "leave"), [(20, "leave"), (30, "leave")]);
    /// assert_eq!(queue.pop_due(30), Some((10, "arrive")));
    /// ```
    pub fn take_all(&mut self, wanted: impl Fn(&E) -> bool) -> Vec<(Micros, E)> {
        let all = std::mem::take(&mut self.events).into_vec();
        let (mut taken, kept): (Vec<_>, Vec<_>) = all.into_iter().partition(|planned| wanted(&planned.event));
        self.events = kept.into();
        taken.sort_unstable_by_key(|planned| planned.id);
        taken.into_iter().map(|planned| (planned.id.0, planned.event)).collect()
    }

    /// All events to come, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (Micros, &E)> {
        self.events.iter().map(|planned| (planned.id.0, &planned.event))
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
