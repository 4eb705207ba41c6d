//! Programs of our own, each in a form that breaks and in a form that does not.

/// A program that breaks, and its fixed twin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Name of the broken one; the twin is called `NAME-fixed`.
    pub name: &'static str,
    /// Text of the broken one.
    pub broken: &'static str,
    /// Text of its twin.
    pub fixed: &'static str,
}

macro_rules! pairs {
    ($($name:literal),* $(,)?) => {
        /// Every pair, the simple ones first.
        pub const LIBRARY: &[Pair] = &[$(Pair {
            name: $name,
            broken: include_str!(concat!("../../../assets/threads/", $name, ".txt")),
            fixed: include_str!(concat!("../../../assets/threads/", $name, "-fixed.txt")),
        }),*];
    };
}

pairs![
    "lost-update",
    "three-counters",
    "flag",
    "two-flags",
    "peterson",
    "tickets",
    "insufficient-lock",
    "two-locks-one-counter",
    "check-then-act",
    "nested-locks",
    "transfer",
    "philosophers",
    "self-lock",
    "upgrade",
    "readers",
    "event",
    "countdown",
    "barrier",
    "semaphore",
    "producer-consumer",
    "bounded-buffer",
    "condition-if",
    "lost-wakeup",
    "wrong-waiter",
    "lazy-start",
    "polite",
];

/// The text of a program, by its name.
///
/// ```
/// use scalelab::algorithms::threads::{Grain, Program, built_in};
/// let text = built_in("lost-update").ok_or("none")?;
/// assert_eq!(Program::read(text, Grain::Parts)?.title, "Lost update");
/// assert!(built_in("lost-update-fixed").is_some() && built_in("nonsense").is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn built_in(name: &str) -> Option<&'static str> {
    let fixed = name.strip_suffix("-fixed");
    let pair = LIBRARY.iter().find(|p| p.name == fixed.unwrap_or(name))?;
    Some(if fixed.is_some() { pair.fixed } else { pair.broken })
}
