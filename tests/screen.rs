//! The built binary on a real pseudo-terminal: it opens, obeys, resizes, quits, and leaves the terminal as it was.
#![expect(clippy::panic, reason = "a test says why it fails")]
#![expect(clippy::disallowed_methods, reason = "a real program runs in real time; its output is read beside")]

use std::io::{Read as _, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

struct Screen {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    output: Arc<Mutex<Vec<u8>>>,
    size: (u16, u16),
    /// The terminal's modes before the program began.
    modes: String,
    _home: tempfile::TempDir,
}

fn must<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
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
    fn open(args: &[&str]) -> Self {
        let home = must(tempfile::tempdir());
        let size = (100, 30);
        let pair = must(native_pty_system().openpty(pty_size(size)));
        let modes = modes(pair.master.as_ref());
        assert!(modes.contains("ICANON") && modes.contains("ECHO"), "{modes}");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_scalelab"));
        command.args(args);
        command.env_clear();
        command.env("HOME", home.path());
        command.env("TERM", "xterm-256color");
        command.cwd(home.path());
        let child = must(pair.slave.spawn_command(command));
        let mut reader = must(pair.master.try_clone_reader());
        let output = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&output);
        std::thread::spawn(move || {
            let mut chunk = [0; 8192];
            while let Ok(n @ 1..) = reader.read(&mut chunk) {
                if let Ok(mut sink) = sink.lock() {
                    sink.extend_from_slice(&chunk[..n]);
                }
            }
        });
        let keys = must(pair.master.take_writer());
        Self { master: pair.master, child, keys, output, size, modes, _home: home }
    }

    fn bytes(&self) -> Vec<u8> {
        self.output.lock().map(|o| o.clone()).unwrap_or_default()
    }

    fn text(&self) -> String {
        let mut parser = parser(self.size);
        parser.process(&self.bytes());
        parser.screen().contents()
    }

    /// Waits until the screen says so; the deadline only ends a test that has failed anyway.
    fn until(&mut self, what: &str, says: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !says(&self.text()) {
            assert!(Instant::now() < deadline, "never {what}:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn shows(&mut self, needle: &str) {
        self.until(&format!("'{needle}'"), |text| text.contains(needle));
    }

    fn press(&mut self, keys: &str) {
        must(self.keys.write_all(keys.as_bytes()));
        must(self.keys.flush());
    }

    fn resize(&mut self, size: (u16, u16)) {
        self.size = size;
        must(self.master.resize(pty_size(size)));
    }

    /// Waits for its end; gives the exit code and checks that the terminal is as before.
    fn end(mut self) -> u32 {
        let deadline = Instant::now() + Duration::from_secs(30);
        let status = loop {
            if let Some(status) = must(self.child.try_wait()) {
                break status;
            }
            assert!(Instant::now() < deadline, "it does not end:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        };
        // What it wrote last may still be on its way through the pseudo-terminal.
        while !self.bytes().windows(8).any(|w| w == b"\x1b[?1049l") && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        let mut parser = parser(self.size);
        parser.process(&self.bytes());
        let screen = parser.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor(), "the screen or the cursor is not as before");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert!(!screen.bracketed_paste());
        assert_eq!(modes(self.master.as_ref()), self.modes, "the terminal's modes are not as before");
        status.exit_code()
    }
}

#[test]
fn add_a_node_step_back_resize_and_quit() {
    let mut screen = Screen::open(&["--no-motion", "lab", "ring"]);
    screen.shows("seed 7");
    screen.press(":add node-d\r");
    screen.shows("node-d joined");
    screen.press("\x1b[D");
    screen.until("back", |text| !text.contains("node-d joined"));
    screen.press("\x1b[C");
    screen.shows("node-d joined");
    for size in [(1, 1), (40, 10), (200, 60), (80, 24)] {
        screen.resize(size);
        if size.0 >= 80 {
            screen.shows("node-d joined");
        }
    }
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

#[test]
fn home_opens_a_lab_and_escape_comes_back() {
    let mut screen = Screen::open(&[]);
    screen.shows("Enter open");
    screen.press("\r");
    screen.shows("seed 7");
    screen.press("\x1b");
    screen.shows("Enter open");
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

#[test]
fn the_palette_says_what_is_wrong_where_it_was_typed() {
    let mut screen = Screen::open(&["lab", "ring"]);
    screen.shows("seed 7");
    screen.press(":remove nobody\r");
    screen.shows("nobody");
    screen.until("an error beside the line", |text| text.matches("nobody").count() >= 2);
    screen.press("\x1b");
    screen.until("closed", |text| !text.contains("─ command ─"));
    screen.press("?");
    screen.shows("Esc closes");
    screen.press("\x03");
    assert_eq!(screen.end(), 0);
}

/// A small lesson of one unit, in a folder of its own.
fn lesson_folder(question: &str) -> tempfile::TempDir {
    let dir = must(tempfile::tempdir());
    write_lesson(&dir, question);
    dir
}

fn write_lesson(dir: &tempfile::TempDir, question: &str) {
    let lesson = format!(
        "id = \"small\"\ntitle = \"A small lesson\"\nminutes = 1\nobjectives = [\"See it\"]\nlab = \"ring\"\nseed = 7\n\
         [[step]]\nkind = \"read\"\nid = \"one\"\ntext = \"The first page.\"\n\
         [[step]]\nkind = \"explain\"\nid = \"two\"\ntext = \"Now.\"\nquestion = \"{question}\"\n\
         choices = [{{ text = \"Yes\", right = true, reply = \"So it is.\" }}, {{ text = \"No\", right = false, reply = \"It is.\" }}]\n"
    );
    must(std::fs::write(dir.path().join("unit.toml"), "id = \"u\"\ntitle = \"U\"\nsummary = \"S\"\n"));
    must(std::fs::write(dir.path().join("01-small.toml"), lesson));
}

#[test]
fn a_lesson_is_read_again_when_its_author_saves_and_the_place_is_kept() {
    let dir = lesson_folder("Is it so?");
    let path = dir.path().to_string_lossy().into_owned();
    let mut screen = Screen::open(&["--no-motion", "learn", "--dir", &path, "--watch"]);
    screen.shows("The first page.");
    screen.press("\r");
    screen.shows("Is it so?");
    write_lesson(&dir, "Is it really so?");
    screen.shows("Is it really so?");
    must(std::fs::write(dir.path().join("01-small.toml"), "id = \"small\"\ntitle = 3\n"));
    screen.until("what is wrong with it", |text| text.contains("01-small.toml"));
    screen.shows("Is it really so?");
    write_lesson(&dir, "Is it mended?");
    screen.shows("Is it mended?");
    screen.press("\r");
    screen.shows("So it is.");
    screen.press("\r");
    screen.shows("The lesson is done");
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

#[test]
fn learn_begins_with_the_first_lesson_and_review_says_that_nothing_is_due() {
    let mut screen = Screen::open(&["learn"]);
    screen.shows("1 of");
    screen.press("\x1b");
    screen.shows("Continue");
    screen.press("q");
    assert_eq!(screen.end(), 0);
    let mut screen = Screen::open(&["review"]);
    screen.shows("Nothing is due");
    screen.press("\r");
    screen.shows("Begin");
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

#[test]
fn signals_leave_the_terminal_as_it_was() {
    use nix::sys::signal::{Signal, kill};
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        let mut screen = Screen::open(&["lab", "ring"]);
        screen.shows("seed 7");
        let id = screen.child.process_id().unwrap_or_default() as i32;
        must(kill(nix::unistd::Pid::from_raw(id), signal));
        screen.end();
    }
}

#[test]
fn an_idle_screen_is_silent() {
    let mut screen = Screen::open(&["--no-motion", "lab", "ring"]);
    screen.shows("seed 7");
    std::thread::sleep(Duration::from_millis(300));
    let before = screen.bytes().len();
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(screen.bytes().len(), before, "it writes though nothing happened");
    screen.press("q");
    screen.end();
}
