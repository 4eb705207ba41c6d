//! What wakes the screen up: input and signals, each from its own thread, in one channel.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use ratatui::crossterm::event::Event;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::iterator::Signals;

use super::decode::{Decoder, Incoming};
use super::device::{Device, Read};
use super::stop::{self, Stop};
use crate::tui::watch::News;

/// Most events that wait; what comes while so many do is typed at nobody.
const MOST_WAITING: usize = 1 << 14;

/// A reason to wake up.
pub(super) enum Wakeup {
    /// A key, the mouse, pasted text.
    Input(Event),
    /// The terminal's background has this colour.
    Background([u8; 3]),
    /// The terminal has answered whatever it was asked before.
    Answered,
    /// There will be no more input: the terminal is gone.
    InputEnded,
    /// What is watched was written, and has been read again; the channel is dropped when that is taken.
    News(News, Sender<()>),
    /// Another size, stopped, continued.
    Signal(i32),
    /// The program is to end: [`Stop::signal`] says why.
    End,
}

/// The channel, and how many events wait in it.
pub(super) struct Wakeups {
    pub(super) receiver: Receiver<Wakeup>,
    waiting: Arc<AtomicUsize>,
}

impl Wakeups {
    /// An event was taken out.
    pub(super) fn taken(&self, wakeup: &Wakeup) {
        if matches!(wakeup, Wakeup::Input(_)) {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// Starts the threads; they end with the program.
pub(super) fn start(device: &Arc<Device>, stop: &Arc<Stop>) -> std::io::Result<(Wakeups, Sender<Wakeup>)> {
    let (sender, receiver) = channel();
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT, SIGWINCH])?;
    let (to, ending) = (sender.clone(), Arc::clone(stop));
    spawn(move || {
        for signal in signals.forever() {
            if matches!(signal, SIGTERM | SIGHUP | SIGINT) {
                ending.by_signal(signal, || {
                    let _ = to.send(Wakeup::End);
                });
            }
            if to.send(Wakeup::Signal(signal)).is_err() {
                return;
            }
        }
    });
    let waiting = Arc::new(AtomicUsize::new(0));
    let input = Input { to: sender.clone(), stop: Arc::clone(stop), waiting: Arc::clone(&waiting) };
    let device = Arc::clone(device);
    spawn(move || input.forward(&device));
    Ok((Wakeups { receiver, waiting }, sender))
}

/// The thread that reads.
struct Input {
    to: Sender<Wakeup>,
    stop: Arc<Stop>,
    waiting: Arc<AtomicUsize>,
}

impl Input {
    fn forward(&self, device: &Device) {
        let (mut decoder, mut chunk) = (Decoder::default(), [0; 4096]);
        loop {
            let unfinished = decoder.patience();
            let heard = self.stop.look();
            let patience = [unfinished, heard].into_iter().flatten().min();
            let incoming = match device.read(&mut chunk, patience) {
                Read::Bytes(n) => decoder.feed(&chunk[..n]),
                Read::Nothing if patience == unfinished => decoder.give_up(),
                Read::Nothing => continue,
                Read::Ended => break,
            };
            if incoming.into_iter().any(|incoming| !self.send(incoming)) {
                return;
            }
        }
        let _ = self.to.send(Wakeup::InputEnded);
    }

    /// Hands on what came in; `false` when nobody takes it any more.
    fn send(&self, incoming: Incoming) -> bool {
        let wakeup = match incoming {
            Incoming::Background(colour) => Wakeup::Background(colour),
            Incoming::Attributes => Wakeup::Answered,
            Incoming::Event(event) => {
                let asks = stop::asks(&event);
                if let Some(ends) = asks {
                    self.stop.pressed(ends);
                } else if self.waiting.load(Ordering::Relaxed) >= MOST_WAITING {
                    return true;
                }
                self.waiting.fetch_add(1, Ordering::Relaxed);
                Wakeup::Input(event)
            }
        };
        self.to.send(wakeup).is_ok()
    }
}

#[expect(clippy::disallowed_methods, reason = "reading input, signals and files must not block the screen")]
pub(in crate::tui) fn spawn(work: impl FnOnce() + Send + 'static) {
    std::thread::spawn(work);
}
