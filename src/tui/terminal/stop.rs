//! How work is stopped: by Esc or Ctrl-C, and by signals, which end the program whatever it does.
//!
//! The thread that works does not see its keys until it is done. So whoever reads them raises its
//! [`Interrupt`] when one that means "stop" has waited for a moment; when Ctrl-C waits too long,
//! or a signal has come, the program is ended from beside.

use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ratatui::crossterm::event::{Event, KeyCode, KeyModifiers};
use signal_hook::consts::SIGINT;

use super::device::Device;
use crate::engine::interrupt::Interrupt;

/// A key that waits longer than this was pressed because something works.
const HEARD_AFTER: Duration = Duration::from_millis(250);
/// How long work may take to stop, before the program ends without it.
const ENDED_AFTER: Duration = Duration::from_millis(1_500);

/// Shared by all threads of the screen.
pub(super) struct Stop {
    device: Arc<Device>,
    interrupt: Interrupt,
    waiting: Mutex<Waiting>,
    /// The signal that ends the program, or zero.
    signal: AtomicI32,
}

/// Keys that mean "stop" and have not been handled yet.
#[derive(Default)]
struct Waiting {
    keys: u32,
    since: Option<Instant>,
    ends: bool,
}

/// Whether a key asks to stop; Ctrl-C does so with more force.
pub(super) fn asks(event: &Event) -> Option<bool> {
    let Event::Key(key) = event else { return None };
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char('c') if control => Some(true),
        KeyCode::Esc => Some(false),
        _ => None,
    }
}

impl Stop {
    /// For the work of the calling thread.
    pub(super) fn of_this_thread(device: Arc<Device>) -> Self {
        let interrupt = Interrupt::default();
        interrupt.install();
        Self { device, interrupt, waiting: Mutex::default(), signal: AtomicI32::new(0) }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Such a key came in.
    pub(super) fn pressed(&self, ends: bool) {
        let mut waiting = self.waiting();
        waiting.keys += 1;
        waiting.since.get_or_insert_with(now);
        waiting.ends |= ends;
    }

    /// Such a key is about to be handled; `true` if it has stopped some work, and so has done what it was for.
    pub(super) fn handled(&self) -> bool {
        let mut waiting = self.waiting();
        waiting.keys = waiting.keys.saturating_sub(1);
        if waiting.keys == 0 {
            *waiting = Waiting::default();
        } else {
            waiting.since = Some(now());
        }
        self.interrupt.clear()
    }

    /// Looks whether such a key waits for long; gives when to look again.
    pub(super) fn look(&self) -> Option<Duration> {
        let waiting = self.waiting();
        let waited = now().saturating_duration_since(waiting.since?);
        if waited < HEARD_AFTER {
            return Some(HEARD_AFTER - waited);
        }
        self.interrupt.request();
        if !waiting.ends {
            return None;
        }
        if waited < ENDED_AFTER {
            return Some(ENDED_AFTER - waited);
        }
        self.end(SIGINT)
    }

    /// A signal asks the program to end. It is given a moment to do so by itself; this does not return.
    pub(super) fn by_signal(&self, signal: i32, tell: impl FnOnce()) -> ! {
        self.signal.store(signal, Ordering::Relaxed);
        self.interrupt.request();
        // A terminal that reads nothing holds nobody up.
        self.device.close();
        tell();
        std::thread::sleep(ENDED_AFTER);
        self.end(signal)
    }

    /// The signal that asked the program to end.
    pub(super) fn signal(&self) -> Option<i32> {
        Some(self.signal.load(Ordering::Relaxed)).filter(|signal| *signal != 0)
    }

    /// Ends the program from beside, while other threads may still work. What was learnt is on disk since it was.
    fn end(&self, signal: i32) -> ! {
        self.device.close();
        self.device.leave();
        if signal == SIGINT {
            self.device.mention(b"scalelab: ended in the middle of its work\r\n");
        }
        signal_hook::low_level::exit(128 + signal)
    }
}

#[expect(clippy::disallowed_methods, reason = "how long somebody waits is a matter of real time")]
fn now() -> Instant {
    Instant::now()
}
