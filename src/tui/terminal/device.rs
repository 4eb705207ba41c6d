//! The terminal itself: its modes, its size, what is read from it and written to it.
//!
//! It is opened anew, so that reading and writing never block: not on a terminal that reads nothing, and not
//! for whoever shares our standard output.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, stdin, stdout};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::termios::{FlushArg, SetArg, Termios, cfmakeraw, tcflush, tcgetattr, tcsetattr};
use nix::unistd::ttyname;
use ratatui::crossterm::terminal::window_size;
use ratatui::layout::Rect;

/// The other screen, cursor hidden, pasted text marked as such.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?2004h";
/// Clicks, drags and moves, in the form that has no largest column.
const MOUSE: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1003h\x1b[?1006h";
const NO_MOUSE: &str = "\x1b[?1006l\x1b[?1003l\x1b[?1002l\x1b[?1000l";
/// Everything as it was. A terminal without another screen gets its prompt at the bottom.
const LEAVE: &str = "\x1b[0m\x1b[?2004l\x1b[?1006l\x1b[?1003l\x1b[?1002l\x1b[?1000l\x1b[999;1H\x1b[?1049l\x1b[?25h";
/// The largest picture that is drawn: more than any screen shows, and less than memory holds.
const LARGEST: (u16, u16) = (1_200, 500);
/// How long a terminal that reads nothing is waited for when it is given back.
const PATIENCE: Duration = Duration::from_millis(200);

/// What came of reading.
pub(super) enum Read {
    Bytes(usize),
    /// Nothing, for as long as one waited.
    Nothing,
    /// There is no terminal any more.
    Ended,
}

/// The terminal. Any thread may give it back.
pub(super) struct Device {
    input: File,
    output: File,
    state: Mutex<State>,
    /// Nothing more is written: it went away, or the program ends.
    closed: AtomicBool,
}

struct State {
    /// The modes that it had before.
    before: Option<Termios>,
    mouse: bool,
}

impl Device {
    pub(super) fn open() -> io::Result<Self> {
        let output = again(stdout()).or_else(|_| reopen("/dev/tty".as_ref()))?;
        let input = if stdin().is_terminal() { again(stdin()) } else { reopen("/dev/tty".as_ref()) };
        let input = input.or_else(|_| output.try_clone())?;
        let state = Mutex::new(State { before: None, mouse: true });
        Ok(Self { input, output, state, closed: AtomicBool::new(false) })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // The state is whole between any two of its statements: whoever panicked did no harm.
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Takes the terminal; whatever somebody else did to it meanwhile is done again.
    pub(super) fn enter(&self) -> io::Result<()> {
        let mut state = self.state();
        let before = match &state.before {
            Some(before) => before.clone(),
            None => tcgetattr(&self.input)?,
        };
        let mut raw = before.clone();
        cfmakeraw(&mut raw);
        tcsetattr(&self.input, SetArg::TCSANOW, &raw)?;
        state.before = Some(before);
        self.write(ENTER.as_bytes());
        self.write(if state.mouse { MOUSE } else { NO_MOUSE }.as_bytes());
        Ok(())
    }

    /// Gives the terminal back, once; it waits for nobody longer than a moment.
    pub(super) fn leave(&self) {
        let Some(before) = self.state().before.take() else { return };
        self.write_now(LEAVE.as_bytes());
        let _ = tcsetattr(&self.input, SetArg::TCSANOW, &before);
    }

    /// Whether the mouse is ours; else the terminal selects text with it.
    pub(super) fn take_mouse(&self, ours: bool) {
        self.state().mouse = ours;
        self.write(if ours { MOUSE } else { NO_MOUSE }.as_bytes());
    }

    /// Nothing more is to be written, not even what waits.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// What came in that nobody read is dropped: an answer to a query is not for the shell.
    pub(super) fn drop_input(&self) {
        let _ = tcflush(&self.input, FlushArg::TCIFLUSH);
    }

    /// Its size, as far as anything is drawn; none if it does not say.
    pub(super) fn size() -> Option<Rect> {
        let size = window_size().ok()?;
        // Serial lines and some pseudo-terminals know no size.
        let or = |n: u16, usual: u16| if n == 0 { usual } else { n };
        Some(Rect::new(0, 0, or(size.columns, 80).min(LARGEST.0), or(size.rows, 24).min(LARGEST.1)))
    }

    /// Writes all, and waits for a terminal that reads slowly. One that went away, or that is to be
    /// given back, gets nothing more: there is nobody to tell.
    pub(super) fn write(&self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.closed.load(Ordering::Relaxed) {
            match nix::unistd::write(&self.output, bytes) {
                Ok(n) => bytes = bytes.get(n..).unwrap_or_default(),
                Err(Errno::EAGAIN) => {
                    wait(&self.output, PollFlags::POLLOUT, Some(Duration::from_millis(50)));
                    // Room for a byte counts as room, though what is to be written may need more.
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(Errno::EINTR) => {}
                Err(_) => self.close(),
            }
        }
    }

    /// Writes something that may be lost: a terminal that reads nothing does not get it.
    pub(super) fn mention(&self, bytes: &[u8]) {
        let _ = nix::unistd::write(&self.output, bytes);
    }

    /// Writes something short even to a terminal that reads nothing: what waits for it is dropped then.
    fn write_now(&self, bytes: &[u8]) {
        let mut left = bytes;
        for round in 0..3 {
            while let Ok(n @ 1..) = nix::unistd::write(&self.output, left) {
                left = left.get(n..).unwrap_or_default();
            }
            if left.is_empty() {
                return;
            }
            if round == 0 {
                wait(&self.output, PollFlags::POLLOUT, Some(PATIENCE));
            } else {
                let _ = tcflush(&self.output, FlushArg::TCOFLUSH);
                // What was begun of it is gone, too.
                left = bytes;
            }
        }
    }

    /// Reads what there is, waiting so long for the first byte; for ever without a limit.
    pub(super) fn read(&self, into: &mut [u8], patience: Option<Duration>) -> Read {
        if !wait(&self.input, PollFlags::POLLIN, patience) {
            return Read::Nothing;
        }
        match nix::unistd::read(&self.input, into) {
            Ok(0) => Read::Ended,
            Ok(n) => Read::Bytes(n),
            Err(Errno::EINTR | Errno::EAGAIN) => Read::Nothing,
            Err(_) => Read::Ended,
        }
    }
}

/// Waits until something can be read or written; `false` if it cannot. A terminal that is gone counts as ready:
/// reading tells.
fn wait(file: &File, what: PollFlags, patience: Option<Duration>) -> bool {
    let timeout = patience.map_or(PollTimeout::NONE, |p| PollTimeout::try_from(p).unwrap_or(PollTimeout::MAX));
    let mut fds = [PollFd::new(file.as_fd(), what)];
    loop {
        match poll(&mut fds, timeout) {
            // Signals have a thread of their own.
            Err(Errno::EINTR) => {}
            ready => return ready.is_ok_and(|n| n > 0),
        }
    }
}

/// The same terminal, by a descriptor of our own.
fn again(terminal: impl AsFd) -> io::Result<File> {
    reopen(&ttyname(terminal)?)
}

fn reopen(path: &std::path::Path) -> io::Result<File> {
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    OpenOptions::new().read(true).write(true).custom_flags(flags.bits()).open(path)
}
