//! What happened, in one plain sentence, and when.

use serde::Serialize;

/// Simulated time, in whole microseconds since the lab was opened.
pub type Micros = u64;

/// How much an event matters to someone who reads along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// The headline: what a command or the system changed.
    Change,
    /// Something that belongs to a change, or a routine step such as one request.
    Detail,
    /// Something that a person should worry about: lost keys, a broken bound.
    Warning,
}

/// What a command or a tick did, in one plain sentence.
///
/// ```
/// use scalelab::engine::{Event, EventKind};
/// let event = Event::new(5, EventKind::Change, "node-d joined.");
/// assert_eq!(event.text, "node-d joined.");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// When it happened, in simulated microseconds.
    pub at_us: Micros,
    /// One sentence for people.
    pub text: String,
    /// How much it matters.
    pub kind: EventKind,
}

impl Event {
    /// An event at a time, with its sentence.
    pub fn new(at_us: Micros, kind: EventKind, text: impl Into<String>) -> Self {
        Self { at_us, text: text.into(), kind }
    }
}
