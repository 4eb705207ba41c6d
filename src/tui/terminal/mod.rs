//! The terminal: taken, given back, and the loop between.

use std::io::{Stdout, stdout};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use signal_hook::consts::{SIGHUP, SIGTSTP};

use super::ScreenError;
use super::app::{App, Wish};
use super::wakeups::{self, Wakeup};

/// Time between two frames of an animation.
const FRAME: Duration = Duration::from_millis(33);
/// Most events handled before the screen is drawn again.
const MOST_EVENTS: usize = 256;

type Screen = Terminal<CrosstermBackend<Stdout>>;

/// The terminal while it is ours; dropping it gives it back.
struct Taken {
    screen: Screen,
}

impl Taken {
    fn take() -> Result<Self, ScreenError> {
        enter()?;
        match Terminal::new(CrosstermBackend::new(stdout())) {
            Ok(screen) => Ok(Self { screen }),
            Err(error) => {
                leave();
                Err(error.into())
            }
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        leave();
    }
}

fn enter() -> std::io::Result<()> {
    enable_raw_mode()?;
    let entered = execute!(stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste, Hide);
    if entered.is_err() {
        leave();
    }
    entered
}

/// Gives the terminal back. Errors are of no use here: there is nothing left to tell them on.
fn leave() {
    let _ = execute!(stdout(), DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}

/// Runs the app until it wants to quit.
pub(super) fn run(app: &mut App, watch: Option<&Path>) -> Result<(), ScreenError> {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        leave();
        before(info);
    }));
    let mut taken = Taken::take()?;
    let (wakeups, _watcher) = wakeups::start(watch)?;
    turn(app, &mut taken, &wakeups)
}

fn turn(app: &mut App, taken: &mut Taken, wakeups: &Receiver<Wakeup>) -> Result<(), ScreenError> {
    let mut due = now() + FRAME;
    loop {
        if app.take_dirty() {
            draw(app, &mut taken.screen)?;
        }
        let first = if app.animating() {
            match wakeups.recv_timeout(due.saturating_duration_since(now())) {
                Ok(wakeup) => Some(wakeup),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        } else {
            let Ok(wakeup) = wakeups.recv() else { return Ok(()) };
            due = now() + FRAME;
            Some(wakeup)
        };
        for wakeup in first.into_iter().chain(wakeups.try_iter().take(MOST_EVENTS)) {
            match wakeup {
                Wakeup::Input(event) => app.handle(&event),
                Wakeup::FilesChanged => app.reload(),
                Wakeup::InputEnded => return Ok(()),
                Wakeup::Signal(SIGTSTP) => suspend(&mut taken.screen, app)?,
                // The terminal is gone: nothing to restore, nothing to say.
                Wakeup::Signal(SIGHUP) => return Err(ScreenError::Signal(SIGHUP)),
                Wakeup::Signal(signal) => return Err(ScreenError::Signal(signal)),
            }
            match app.take_wish() {
                Some(Wish::Quit) => return Ok(()),
                Some(Wish::Suspend) => suspend(&mut taken.screen, app)?,
                Some(Wish::Redraw) => taken.screen.clear()?,
                None => {}
            }
        }
        if app.animating() && now() >= due {
            app.frame(FRAME.as_micros() as u64);
            due = now() + FRAME;
        }
    }
}

fn draw(app: &mut App, screen: &mut Screen) -> Result<(), ScreenError> {
    screen.draw(|frame| {
        let area = frame.area();
        if let Some(cursor) = app.draw(area, frame.buffer_mut()) {
            frame.set_cursor_position(cursor);
        }
    })?;
    Ok(())
}

/// Stops like any program on Ctrl-Z, and takes the terminal again on `fg`.
fn suspend(screen: &mut Screen, app: &mut App) -> Result<(), ScreenError> {
    let leader = nix::unistd::getsid(None).is_ok_and(|session| session == nix::unistd::getpid());
    if leader {
        // Nobody could wake us up.
        return Ok(());
    }
    leave();
    signal_hook::low_level::emulate_default_handler(SIGTSTP)?;
    enter()?;
    screen.clear()?;
    app.redraw();
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the pace of frames is the one place that looks at a clock")]
fn now() -> Instant {
    Instant::now()
}
