//! The queue of what is to come.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::time::Time;

/// Events to come, the earliest first; events of the same time come in the order in which they were put in.
///
/// A binary heap of places in a slab. Cost: O(1) on average to put in, O(log n) to take out, O(1) to cancel
/// (a cancelled event leaves its place in the heap, which is swept when half of the heap is such places).
/// A clone copies all events: keep them small.
///
/// ```
/// use scalelab::sim::{EventQueue, Time};
/// let at = Time::from_micros;
/// let mut queue = EventQueue::default();
/// queue.push(at(20), "leave");
/// let timeout = queue.push(at(10), "timeout");
/// queue.push(at(20), "count");
/// assert_eq!(queue.cancel(timeout), Some("timeout"));
/// assert_eq!((queue.next_at(), queue.len()), (Some(at(20)), 2));
/// assert_eq!(queue.pop_due(at(19)), None);
/// assert_eq!(queue.pop_due(at(20)), Some((at(20), "leave")));
/// // The earliest makes place for another: one sift through the heap, where a pop and a push take two.
/// assert_eq!(queue.replace_first(at(30), "arrive"), Some((at(20), "count")));
/// assert_eq!(queue.pop_due(at(30)), Some((at(30), "arrive")));
/// assert!(queue.is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct EventQueue<E> {
    heap: BinaryHeap<Reverse<Place>>,
    slots: Vec<Slot<E>>,
    free: Vec<u32>,
    /// Number of the next event: it orders events of the same time.
    next: u64,
}

/// Where an event waits. Ordered by time, then by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    at: Time,
    number: u64,
    slot: u32,
}

#[derive(Clone, Debug)]
struct Slot<E> {
    /// Number of the event that is, or was last, here.
    number: u64,
    event: Option<E>,
}

/// What [`EventQueue::push`] gives, to take the event back with [`EventQueue::cancel`]. It names this one event
/// for ever: an id of an event that has happened names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    number: u64,
    slot: u32,
}

impl<E> Default for EventQueue<E> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), slots: Vec::new(), free: Vec::new(), next: 0 }
    }
}

impl<E> EventQueue<E> {
    /// Puts in an event.
    pub fn push(&mut self, at: Time, event: E) -> EventId {
        let place = self.seat(at, event);
        self.heap.push(Reverse(place));
        EventId { number: place.number, slot: place.slot }
    }

    /// Takes back an event that has not happened yet, e.g. a timeout that is no longer wanted.
    pub fn cancel(&mut self, id: EventId) -> Option<E> {
        let slot = self.slots.get_mut(id.slot as usize).filter(|slot| slot.number == id.number)?;
        let event = slot.event.take()?;
        self.free.push(id.slot);
        self.sweep();
        Some(event)
    }

    /// When the earliest event happens.
    pub fn next_at(&self) -> Option<Time> {
        // The first place is never that of a cancelled event: see `sweep`.
        self.heap.peek().map(|Reverse(first)| first.at)
    }

    /// Takes out the earliest event.
    pub fn pop(&mut self) -> Option<(Time, E)> {
        let Reverse(first) = self.heap.pop()?;
        let event = self.vacate(first)?;
        self.sweep();
        Some((first.at, event))
    }

    /// Takes out the earliest event if it is due at `now`.
    pub fn pop_due(&mut self, now: Time) -> Option<(Time, E)> {
        if self.next_at()? > now { None } else { self.pop() }
    }

    /// Takes out the earliest event and puts another in. `None`, and the new one is in, when there was none.
    pub fn replace_first(&mut self, at: Time, event: E) -> Option<(Time, E)> {
        let Some(Reverse(first)) = self.heap.peek().copied() else {
            self.push(at, event);
            return None;
        };
        let earliest = self.vacate(first);
        let place = self.seat(at, event);
        if let Some(mut top) = self.heap.peek_mut() {
            *top = Reverse(place);
            drop(top);
        }
        self.sweep();
        earliest.map(|event| (first.at, event))
    }

    /// Takes out all events of a kind, the earliest first; the others stay as they are. O(n log n).
    ///
    /// ```
    /// use scalelab::sim::{EventQueue, Time};
    /// let at = Time::from_micros;
    /// let mut queue = EventQueue::default();
    /// for (time, event) in [(30, "leave"), (10, "arrive"), (20, "leave")] {
    ///     queue.push(at(time), event);
    /// }
    /// assert_eq!(queue.take_all(|event| *event == "leave"), [(at(20), "leave"), (at(30), "leave")]);
    /// assert_eq!(queue.pop(), Some((at(10), "arrive")));
    /// ```
    pub fn take_all(&mut self, wanted: impl Fn(&E) -> bool) -> Vec<(Time, E)> {
        let mut taken: Vec<Place> = self.places().filter(|(_, event)| wanted(event)).map(|(place, _)| place).collect();
        taken.sort_unstable();
        let events = taken.into_iter().filter_map(|place| Some((place.at, self.vacate(place)?))).collect();
        self.compact();
        events
    }

    /// All events to come, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (Time, &E)> {
        self.places().map(|(place, event)| (place.at, event))
    }

    /// Number of events to come.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn places(&self) -> impl Iterator<Item = (Place, &E)> {
        self.heap.iter().filter_map(|Reverse(place)| {
            let slot = &self.slots[place.slot as usize];
            slot.event.as_ref().filter(|_| slot.number == place.number).map(|event| (*place, event))
        })
    }

    fn seat(&mut self, at: Time, event: E) -> Place {
        let number = self.next;
        self.next += 1;
        let filled = Slot { number, event: Some(event) };
        let slot = if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = filled;
            slot
        } else {
            self.slots.push(filled);
            (self.slots.len() - 1) as u32
        };
        Place { at, number, slot }
    }

    fn vacate(&mut self, place: Place) -> Option<E> {
        let slot = self.slots.get_mut(place.slot as usize).filter(|slot| slot.number == place.number)?;
        let event = slot.event.take()?;
        self.free.push(place.slot);
        Some(event)
    }

    fn waits(slots: &[Slot<E>], place: Place) -> bool {
        let slot = &slots[place.slot as usize];
        slot.number == place.number && slot.event.is_some()
    }

    /// Clears away places of cancelled events: from the top at once, so that `next_at` can just look; below, when they
    /// are more than half.
    fn sweep(&mut self) {
        while let Some(top) = self.heap.peek_mut() {
            if Self::waits(&self.slots, top.0) {
                break;
            }
            PeekMut::pop(top);
        }
        if self.heap.len() > 64 && self.heap.len() > 2 * self.len() {
            self.compact();
        }
    }

    fn compact(&mut self) {
        let slots = &self.slots;
        self.heap.retain(|Reverse(place)| Self::waits(slots, *place));
    }
}
