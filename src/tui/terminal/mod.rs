//! The terminal: taken, given back, and the loop between.

mod decode;
mod device;
mod screen;
mod sequences;
mod stop;
mod wakeups;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGCONT, SIGHUP, SIGTSTP, SIGWINCH};

use super::ScreenError;
use super::app::{App, Wish};
use super::watch::{self, Watch};
use device::Device;
use screen::Screen;
use stop::Stop;
pub(super) use wakeups::spawn;
use wakeups::{Wakeup, Wakeups};

/// Time between two frames of an animation.
const FRAME: Duration = Duration::from_millis(33);
/// Most events handled before the screen is drawn again.
const MOST_EVENTS: usize = 256;
/// How long the terminal may take to say what its background is; later answers count too, when they come.
const ANSWER: Duration = Duration::from_millis(250);
/// The background's colour, please; and what the terminal is, which every terminal answers.
const QUERY: &[u8] = b"\x1b]11;?\x1b\\\x1b[c";

/// The terminal while it is ours; dropping it gives it back.
struct Taken {
    device: Arc<Device>,
    stop: Arc<Stop>,
    wakeups: Wakeups,
    screen: Screen,
    /// The terminal was asked and has not answered yet.
    asked: bool,
    /// Woken up before the first picture.
    early: Vec<Wakeup>,
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.settle_answer();
        self.device.leave();
    }
}

/// Runs the app until it wants to quit.
pub(super) fn run(app: &mut App, watch: Option<Watch>) -> Result<(), ScreenError> {
    let device = Arc::new(Device::open()?);
    restore_on_panic(&device);
    let stop = Arc::new(Stop::of_this_thread(Arc::clone(&device)));
    device.enter()?;
    let screen = Screen::new(Arc::clone(&device));
    let started = wakeups::start(&device, &stop).inspect_err(|_| device.leave());
    let (wakeups, sender) = started?;
    let mut taken = Taken { device, stop, wakeups, screen, asked: false, early: Vec::new() };
    let tell = move |news| {
        // Nothing is read again before the last news is taken: they cannot pile up.
        let (handled, wait) = channel();
        let told = sender.send(Wakeup::News(news, handled)).is_ok();
        told && wait.recv().is_err()
    };
    let watched = watch.map(|watch| watch::start(watch, tell)).transpose()?;
    if app.settings().asks_background() {
        taken.device.write(QUERY);
        taken.asked = true;
        taken.await_answer(Some(app));
    }
    let ended = taken.turn(app);
    drop(watched);
    ended
}

/// The terminal is given back before the panic is told of; a panic of any thread ends the program.
fn restore_on_panic(device: &Arc<Device>) {
    let (before, device) = (std::panic::take_hook(), Arc::clone(device));
    let main = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        device.close();
        device.leave();
        before(info);
        if std::thread::current().id() != main {
            signal_hook::low_level::exit(101);
        }
    }));
}

impl Taken {
    /// Waits a moment for the answer to the query; what else comes is kept for later.
    fn await_answer(&mut self, mut app: Option<&mut App>) {
        let end = now() + ANSWER;
        while self.asked && self.stop.signal().is_none() {
            let Ok(wakeup) = self.wakeups.receiver.recv_timeout(end.saturating_duration_since(now())) else { return };
            match wakeup {
                Wakeup::Answered => self.asked = false,
                Wakeup::Background(colour) => {
                    if let Some(app) = &mut app {
                        app.background(colour);
                    }
                }
                other => self.early.push(other),
            }
        }
    }

    /// Before the terminal is somebody else's: an answer that is on its way is not for them.
    fn settle_answer(&mut self) {
        if self.asked {
            self.await_answer(None);
            self.device.drop_input();
        }
    }

    fn turn(&mut self, app: &mut App) -> Result<(), ScreenError> {
        let mut due = now() + FRAME;
        loop {
            if app.take_dirty() {
                self.screen.draw(app)?;
            }
            let mut batch = std::mem::take(&mut self.early);
            if batch.is_empty() {
                let wakeups = &self.wakeups.receiver;
                if app.animating() {
                    match wakeups.recv_timeout(due.saturating_duration_since(now())) {
                        Ok(wakeup) => batch.push(wakeup),
                        Err(RecvTimeoutError::Timeout) => {}
                        Err(RecvTimeoutError::Disconnected) => return Ok(()),
                    }
                } else {
                    let Ok(wakeup) = wakeups.recv() else { return Ok(()) };
                    due = now() + FRAME;
                    batch.push(wakeup);
                }
                batch.extend(wakeups.try_iter().take(MOST_EVENTS));
            }
            for wakeup in batch {
                self.wakeups.taken(&wakeup);
                // Whatever waits before it in the queue: a signal does not.
                if let Some(signal) = self.stop.signal() {
                    return Err(ScreenError::Signal(signal));
                }
                if !self.heed(wakeup, app)? {
                    return Ok(());
                }
            }
            if app.animating() && now() >= due {
                app.frame(FRAME.as_micros() as u64);
                due = now() + FRAME;
            }
        }
    }

    /// Acts on one reason to wake up; `false` ends the program.
    fn heed(&mut self, wakeup: Wakeup, app: &mut App) -> Result<bool, ScreenError> {
        match wakeup {
            Wakeup::Input(event) => {
                if stop::asks(&event).is_some() && self.stop.handled() {
                    app.stopped();
                } else {
                    #[cfg(debug_assertions)]
                    test_work(&event);
                    app.handle(&event);
                }
            }
            Wakeup::Background(colour) => app.background(colour),
            Wakeup::Answered => self.asked = false,
            Wakeup::News(news, _handled) => app.reload(news),
            Wakeup::Signal(SIGWINCH) => {
                self.screen.resize();
                app.redraw();
            }
            Wakeup::Signal(SIGTSTP) => self.suspend(app)?,
            Wakeup::Signal(SIGCONT) => self.resume(app)?,
            Wakeup::Signal(_) => {}
            // As if the signal had come that ends programs whose terminal is gone.
            Wakeup::InputEnded => return Err(ScreenError::Signal(SIGHUP)),
            Wakeup::End => return Err(ScreenError::Signal(self.stop.signal().unwrap_or(SIGHUP))),
        }
        match app.take_wish() {
            Some(Wish::Quit) => return Ok(false),
            Some(Wish::Suspend) => self.suspend(app)?,
            Some(Wish::Redraw) => {
                self.screen.resize();
                app.redraw();
            }
            Some(Wish::Mouse(ours)) => self.device.take_mouse(ours),
            None => {}
        }
        Ok(true)
    }

    /// Stops like any program on Ctrl-Z, and takes the terminal again on `fg`.
    fn suspend(&mut self, app: &mut App) -> Result<(), ScreenError> {
        let leader = nix::unistd::getsid(None).is_ok_and(|session| session == nix::unistd::getpid());
        if leader {
            // Nobody could wake us up.
            return Ok(());
        }
        self.settle_answer();
        self.device.leave();
        signal_hook::low_level::emulate_default_handler(SIGTSTP)?;
        self.resume(app)
    }

    /// Takes the terminal, whatever was done to it meanwhile.
    fn resume(&mut self, app: &mut App) -> Result<(), ScreenError> {
        self.device.enter()?;
        self.screen.resize();
        app.redraw();
        Ok(())
    }
}

/// Work that takes long, for tests of how it is stopped: F11 looks at the flag, F12 does not; F10 panics. No build that
/// ships has it.
#[cfg(debug_assertions)]
#[expect(clippy::panic, reason = "a test wants to see what a panic does to the terminal")]
fn test_work(event: &ratatui::crossterm::event::Event) {
    use ratatui::crossterm::event::{Event, KeyCode};
    let listens = match event {
        Event::Key(key) if key.code == KeyCode::F(11) => true,
        Event::Key(key) if matches!(key.code, KeyCode::F(10 | 12)) => false,
        _ => return,
    };
    if std::env::var_os("SCALELAB_TEST_WORK").is_some() {
        if matches!(event, Event::Key(key) if key.code == KeyCode::F(10)) {
            panic!("a panic for a test");
        }
        while !(listens && crate::engine::interrupt::requested()) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the pace of frames is a matter of real time")]
fn now() -> Instant {
    Instant::now()
}
