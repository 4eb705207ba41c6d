//! What wakes the screen up: input and signals, each from its own thread, in one channel.

use std::sync::mpsc::{Receiver, Sender, channel};

use ratatui::crossterm::event::{Event, read};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;

/// A reason to wake up.
pub(super) enum Wakeup {
    /// A key, the mouse, a new size, pasted text.
    Input(Event),
    /// There will be no more input.
    InputEnded,
    /// A signal to act on.
    Signal(i32),
}

/// Starts both threads; they end with the program.
pub(super) fn start() -> std::io::Result<Receiver<Wakeup>> {
    let (sender, receiver) = channel();
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGTSTP])?;
    let to_signals = sender.clone();
    spawn(move || {
        for signal in signals.forever() {
            if to_signals.send(Wakeup::Signal(signal)).is_err() {
                return;
            }
        }
    });
    spawn(move || forward_input(&sender));
    Ok(receiver)
}

fn forward_input(sender: &Sender<Wakeup>) {
    while let Ok(event) = read() {
        if sender.send(Wakeup::Input(event)).is_err() {
            return;
        }
    }
    let _ = sender.send(Wakeup::InputEnded);
}

#[expect(clippy::disallowed_methods, reason = "reading input and signals must not block the screen")]
fn spawn(work: impl FnOnce() + Send + 'static) {
    std::thread::spawn(work);
}
