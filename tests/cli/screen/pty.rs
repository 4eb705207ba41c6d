//! A program on a real pseudo-terminal, and what the terminal shows of it.

use std::io::{Read as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};

/// After this a test has failed.
const DEADLINE: Duration = Duration::from_secs(60);

/// A program and its terminal.
pub struct Screen {
    master: Option<Box<dyn MasterPty + Send>>,
    child: Box<dyn Child + Send + Sync>,
    keys: Option<Box<dyn Write + Send>>,
    output: Arc<Mutex<Vec<u8>>>,
    /// Whether the terminal reads what is written to it.
    reads: Arc<AtomicBool>,
    reader: std::thread::JoinHandle<()>,
    size: (u16, u16),
    /// The terminal's modes before the program began.
    modes: String,
    _home: tempfile::TempDir,
    /// Held, so that nothing that was written is lost when the program has ended.
    _other_end: Box<dyn SlavePty + Send>,
}

pub fn must<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|e| panic!("{e}"))
}

fn pty_size((cols, rows): (u16, u16)) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn parser((cols, rows): (u16, u16)) -> vt100::Parser {
    let cells = |n: u16| std::num::NonZeroU16::new(n).unwrap_or(std::num::NonZeroU16::MIN);
    vt100::Parser::new(cells(rows), cells(cols), 0)
}

/// Line editing, echo and signals, as the terminal has them now.
fn modes(master: &dyn MasterPty) -> String {
    master.get_termios().map_or_else(String::new, |termios| format!("{:?}", termios.local_flags))
}

impl Screen {
    /// The program alone on a terminal, as a terminal emulator starts it.
    pub fn open(args: &[&str]) -> Self {
        Self::with(args, &[("TERM", "xterm-256color")])
    }

    /// With an environment of its own; nothing else is in it but a home.
    pub fn with(args: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_scalelab"));
        command.args(args);
        Self::start(command, environment)
    }

    /// Under a shell with job control: when the program is suspended, the shell says so and waits for a line before
    /// it goes on with it.
    pub fn under_a_shell(args: &[&str]) -> Self {
        let script = "set -m; \"$0\" \"$@\"; s=$?; \
            while [ $s -gt 144 ] && [ $s -lt 149 ]; do echo suspended; read line; fg >/dev/null; s=$?; done; exit $s";
        let mut command = CommandBuilder::new("bash");
        command.args(["-c", script, env!("CARGO_BIN_EXE_scalelab")]);
        command.args(args);
        Self::start(command, &[("TERM", "xterm-256color"), ("PATH", "/usr/bin:/bin")])
    }

    fn start(mut command: CommandBuilder, environment: &[(&str, &str)]) -> Self {
        let home = must(tempfile::tempdir());
        let size = (100, 30);
        let pair = must(native_pty_system().openpty(pty_size(size)));
        let modes = modes(pair.master.as_ref());
        assert!(modes.contains("ICANON") && modes.contains("ECHO"), "{modes}");
        command.env_clear();
        command.env("HOME", home.path());
        environment.iter().for_each(|(name, value)| command.env(name, value));
        command.cwd(home.path());
        let child = must(pair.slave.spawn_command(command));
        let output = Arc::new(Mutex::new(Vec::new()));
        let reads = Arc::new(AtomicBool::new(true));
        let mut reader = must(pair.master.try_clone_reader());
        let (sink, reading) = (Arc::downgrade(&output), Arc::clone(&reads));
        let reader = std::thread::spawn(move || {
            let mut chunk = [0; 8192];
            // Ends, and lets the terminal go, when nobody looks any more.
            while let Ok(n @ 1..) = reader.read(&mut chunk) {
                let Some(sink) = sink.upgrade() else { return };
                if let Ok(mut sink) = sink.lock() {
                    sink.extend_from_slice(&chunk[..n]);
                }
                let looked_at = Arc::downgrade(&sink);
                drop(sink);
                while !reading.load(Ordering::Relaxed) && looked_at.strong_count() > 0 {
                    std::thread::sleep(Duration::from_millis(5));
                }
                if looked_at.strong_count() == 0 {
                    return;
                }
            }
        });
        let keys = Some(must(pair.master.take_writer()));
        Self {
            master: Some(pair.master),
            child,
            keys,
            output,
            reads,
            reader,
            size,
            modes,
            _home: home,
            _other_end: pair.slave,
        }
    }

    /// All that the program has written.
    pub fn bytes(&self) -> Vec<u8> {
        self.output.lock().map(|o| o.clone()).unwrap_or_default()
    }

    /// Whether it has written this since it had written so many bytes.
    pub fn wrote(&self, since: usize, what: &str) -> bool {
        self.bytes().get(since..).is_some_and(|new| new.windows(what.len()).any(|w| w == what.as_bytes()))
    }

    /// The terminal, as it is after all that the program has written.
    pub fn terminal(&self) -> vt100::Parser {
        let mut parser = parser(self.size);
        parser.process(&self.bytes());
        parser
    }

    pub fn text(&self) -> String {
        self.terminal().screen().contents()
    }

    /// Waits until it is so; the deadline only ends a test that has failed anyway.
    pub fn wait(&self, what: &str, mut so: impl FnMut(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !so(self) {
            assert!(Instant::now() < deadline, "never {what}:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What the screen shows when nothing changes any more: what was waited for is drawn to its end.
    pub fn rests(&self) -> String {
        let (mut before, mut same) = (self.text(), 0);
        while same < 3 {
            std::thread::sleep(Duration::from_millis(150));
            let now = self.text();
            same = if now == before { same + 1 } else { 0 };
            before = now;
        }
        before
    }

    pub fn until(&self, what: &str, says: impl Fn(&str) -> bool) {
        self.wait(what, |screen| says(&screen.text()));
    }

    pub fn shows(&self, needle: &str) {
        self.until(&format!("'{needle}'"), |text| text.contains(needle));
    }

    pub fn press(&mut self, keys: &str) {
        self.send(keys.as_bytes());
    }

    pub fn send(&mut self, bytes: &[u8]) {
        let keys = self.keys.as_mut().unwrap_or_else(|| panic!("the terminal is gone"));
        must(keys.write_all(bytes));
        must(keys.flush());
    }

    pub fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
        self.resize_unseen(size);
    }

    /// A size that no picture of the terminal is made of here.
    pub fn resize_unseen(&mut self, size: (u16, u16)) {
        must(self.master.as_ref().map_or(Ok(()), |master| master.resize(pty_size(size))));
    }

    /// Everything is drawn again after this.
    pub fn drawn_again(&self, since: usize) {
        self.wait("drawn again", |screen| screen.wrote(since, "\x1b[2J"));
    }

    pub fn signal(&self, signal: Signal) {
        must(kill(Pid::from_raw(self.child.process_id().unwrap_or_default() as i32), signal));
    }

    /// The terminal stops reading, or goes on.
    pub fn read_on(&self, on: bool) {
        self.reads.store(on, Ordering::Relaxed);
    }

    /// The terminal stops reading: at the latest when a new picture has begun.
    pub fn falls_silent(&mut self) {
        let since = self.bytes().len();
        self.read_on(false);
        self.resize((90, 25));
        self.wait("a last picture", |screen| screen.bytes().len() > since);
    }

    /// Whether the program has ended.
    pub fn ended(&mut self) -> bool {
        must(self.child.try_wait()).is_some()
    }

    fn await_end(&mut self) -> u32 {
        let deadline = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = must(self.child.try_wait()) {
                return status.exit_code();
            }
            assert!(Instant::now() < deadline, "it does not end:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Closes the window, of a terminal that reads nothing any more; gives the exit code.
    pub fn close(mut self) -> u32 {
        self.output = Arc::default();
        self.wait("let go", |screen| screen.reader.is_finished());
        (self.master, self.keys) = (None, None);
        self.await_end()
    }

    /// Waits for its end; gives the exit code and checks that the terminal is as before, and that nothing panicked.
    pub fn end(self) -> u32 {
        let output = Arc::clone(&self.output);
        let code = self.end_of_panic();
        let written = output.lock().map(|o| String::from_utf8_lossy(&o).into_owned()).unwrap_or_default();
        assert!(!written.contains("panicked"), "{written}");
        code
    }

    /// As [`end`](Self::end), of a program that panics.
    pub fn end_of_panic(mut self) -> u32 {
        let code = self.await_end();
        self.read_on(true);
        // What it wrote last may still be on its way through the pseudo-terminal, even if it had left it before.
        self.wait("given back", Self::given_back);
        self.as_before();
        code
    }

    /// Whether the program has left the terminal, as far as its output has been read; the cursor comes back last.
    pub fn given_back(&self) -> bool {
        let terminal = self.terminal();
        self.wrote(0, "\x1b[?1049l") && !terminal.screen().alternate_screen() && !terminal.screen().hide_cursor()
    }

    /// The terminal is as it was before the program began.
    pub fn as_before(&self) {
        let terminal = self.terminal();
        let screen = terminal.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor(), "the screen or the cursor is not as before");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert!(!screen.bracketed_paste());
        let now = self.master.as_deref().map(|master| modes(master)).unwrap_or_default();
        assert_eq!(now, self.modes, "the terminal's modes are not as before");
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
