//! What wakes the screen up: input, signals and changed files, each from its own thread, in one channel.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use ratatui::crossterm::event::{Event, read};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;

/// A reason to wake up.
pub(super) enum Wakeup {
    /// A key, the mouse, a new size, pasted text.
    Input(Event),
    /// There will be no more input.
    InputEnded,
    /// A file in the watched folder was written.
    FilesChanged,
    /// A signal to act on.
    Signal(i32),
}

/// Starts the threads; they end with the program, and the watch of a folder with its watcher.
pub(super) fn start(watch: Option<&Path>) -> std::io::Result<(Receiver<Wakeup>, Option<RecommendedWatcher>)> {
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
    let watcher = watch.map(|folder| watch_files(folder, sender.clone())).transpose()?;
    spawn(move || forward_input(&sender));
    Ok((receiver, watcher))
}

fn watch_files(folder: &Path, sender: Sender<Wakeup>) -> std::io::Result<RecommendedWatcher> {
    let changed = move |event: notify::Result<notify::Event>| {
        // Reading the lessons again is no change.
        if event.is_ok_and(|e| !e.kind.is_access()) {
            let _ = sender.send(Wakeup::FilesChanged);
        }
    };
    let mut watcher = notify::recommended_watcher(changed).map_err(std::io::Error::other)?;
    watcher.watch(folder, RecursiveMode::Recursive).map_err(std::io::Error::other)?;
    Ok(watcher)
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
