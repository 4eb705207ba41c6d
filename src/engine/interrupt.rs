//! Stopping work that takes long: whoever watches the keyboard raises a flag, long loops look at it.
//!
//! The flag belongs to the thread that works, so that tests and parallel runs do not disturb each
//! other. Stopped work is dropped with the state that it was tried on, so a run stays what its seed
//! and commands say.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::error::ModelError;

thread_local! {
    static CURRENT: RefCell<Option<Interrupt>> = const { RefCell::new(None) };
    static WHOLE: Cell<bool> = const { Cell::new(false) };
}

/// A flag that asks one thread to stop what it is doing. Clones are the same flag.
///
/// ```
/// use scalelab::engine::interrupt::{self, Interrupt};
/// let stop = Interrupt::default();
/// stop.install();
/// assert!(!interrupt::requested());
/// stop.request(); // from any thread
/// assert!(interrupt::requested() && interrupt::check().is_err());
/// assert!(stop.clear(), "somebody looked");
/// assert!(interrupt::check().is_ok());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    state: Arc<AtomicU8>,
}

/// Nobody asks to stop.
const CALM: u8 = 0;
/// Somebody asked.
const ASKED: u8 = 1;
/// Some work has seen it, and stopped.
const SEEN: u8 = 2;

impl Interrupt {
    /// Makes this the flag that [`requested`] reads on the calling thread.
    pub fn install(&self) {
        CURRENT.with_borrow_mut(|current| *current = Some(self.clone()));
    }

    /// Asks the thread to stop. Costs one atomic write.
    pub fn request(&self) {
        let _ = self.state.compare_exchange(CALM, ASKED, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Takes the request back, before the next piece of work; gives whether any work saw it.
    pub fn clear(&self) -> bool {
        self.state.swap(CALM, Ordering::Relaxed) == SEEN
    }

    /// Whether somebody asked.
    pub fn is_requested(&self) -> bool {
        self.state.load(Ordering::Relaxed) != CALM
    }

    fn notice(&self) -> bool {
        let asked = self.is_requested();
        if asked {
            self.state.store(SEEN, Ordering::Relaxed);
        }
        asked
    }
}

/// Whether the work of this thread should stop. Never, where no flag is installed. A few
/// nanoseconds: look every thousand turns of a tight loop.
pub fn requested() -> bool {
    !WHOLE.get() && CURRENT.with_borrow(|current| current.as_ref().is_some_and(Interrupt::notice))
}

/// Does something that must not be left half done: within, nobody asks to stop.
///
/// ```
/// use scalelab::engine::interrupt::{self, Interrupt};
/// let stop = Interrupt::default();
/// stop.install();
/// stop.request();
/// assert!(!interrupt::whole(interrupt::requested));
/// assert!(interrupt::requested());
/// ```
pub fn whole<T>(work: impl FnOnce() -> T) -> T {
    let outer = WHOLE.replace(true);
    let done = work();
    WHOLE.set(outer);
    done
}

/// As [`requested`], as the refusal of a command: `interrupt::check()?` in its loop.
///
/// # Errors
/// When the work should stop.
pub fn check() -> Result<(), ModelError> {
    if requested() { Err(stopped()) } else { Ok(()) }
}

/// The refusal of a command that was stopped.
pub fn stopped() -> ModelError {
    ModelError::new("stopped before it was done", "nothing has changed; give the command again to run it")
}

/// As [`check`], for every turn of a loop: looks at the flag in one of 1,024 turns.
///
/// # Errors
/// When the work should stop.
pub fn check_at(turn: u64) -> Result<(), ModelError> {
    if turn.is_multiple_of(1_024) { check() } else { Ok(()) }
}
