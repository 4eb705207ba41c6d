//! How fast the screen is, next to ratatui itself in the same run.
//!
//! `cargo bench --bench screen` prints: time of the busiest frame at 200×50 against a static page of
//! that size, bytes written for each animated frame, each lab's frame after 4,000 commands against one after 10, and
//! start to first frame against the smallest ratatui program (which is this benchmark, started again with an argument).

#![expect(clippy::expect_used, reason = "a benchmark may panic")]

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::widgets::{Block, Paragraph};
use ratatui::{Terminal, TerminalOptions, Viewport};
use scalelab::engine::Setup;
use scalelab::headless::snapshot::draw;
use scalelab::labs::View;
use scalelab::picture::{Glyphs, Palette, Theme};
use scalelab::settings::{ConfigFile, Looks, Settings};
use scalelab::tui::App;

const SIZE: Rect = Rect { x: 0, y: 0, width: 200, height: 50 };
const FRAME_US: u64 = 33_000;
const MINIMAL: &str = "--minimal-ratatui-program";

/// Counts what is written.
#[derive(Clone, Default)]
struct Counter(Arc<Mutex<usize>>);

impl Counter {
    fn take(&self) -> usize {
        std::mem::take(&mut self.0.lock().expect("nobody panics while counting"))
    }
}

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        *self.0.lock().expect("nobody panics while counting") += bytes.len();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn terminal(counter: &Counter) -> Terminal<CrosstermBackend<Counter>> {
    let options = TerminalOptions { viewport: Viewport::Fixed(SIZE) };
    Terminal::with_options(CrosstermBackend::new(counter.clone()), options).expect("a fixed viewport asks no terminal")
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn press(app: &mut App, code: KeyCode) {
    app.handle(&Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
}

/// The ring lab with `hash % N`, where nearly every key moves, in the middle of it.
fn busiest() -> App {
    let theme = Theme { palette: Palette::Dark, glyphs: Glyphs::Unicode };
    let Ok(mut settings) = Settings::new(&ConfigFile::default(), &Looks::default(), |_| None) else { unreachable!() };
    settings.theme = theme;
    let mut app = App::new(None, settings);
    press(&mut app, KeyCode::Enter);
    for line in ["strategy modulo", "add node-d"] {
        press(&mut app, KeyCode::Char(':'));
        line.chars().for_each(|c| press(&mut app, KeyCode::Char(c)));
        press(&mut app, KeyCode::Enter);
    }
    app
}

fn frames() -> (Duration, usize, usize) {
    let counter = Counter::default();
    let mut terminal = terminal(&counter);
    let mut app = busiest();
    let (mut longest, mut most, mut total, mut count) = (Duration::ZERO, 0, 0, 0);
    let draw = |app: &mut App, terminal: &mut Terminal<CrosstermBackend<Counter>>| {
        terminal
            .draw(|frame| {
                app.draw(frame.area(), frame.buffer_mut());
            })
            .expect("counting cannot fail");
    };
    draw(&mut app, &mut terminal);
    counter.take();
    while app.animating() {
        app.frame(FRAME_US);
        longest = longest.max(time(|| draw(&mut app, &mut terminal)));
        let bytes = counter.take();
        (most, total, count) = (most.max(bytes), total + bytes, count + 1);
    }
    (longest, most, total / count.max(1))
}

/// Each lab with so many commands behind it: ways to give it some that it does not forget.
const COMMANDS: [(&str, &[&str]); 6] = [
    ("ring", &["vnodes 10", "vnodes 20"]),
    ("bloom", &["query --next 1", "insert --next 1"]),
    ("balancer", &["sticky on", "sticky off"]),
    ("threads", &["step 1", "back"]),
    ("transactions", &["rows 1 2", "rows 3 4"]),
    ("failure", &["fencing off", "fencing on"]),
];

/// The fastest of many frames of all views of a lab after so many commands. Between two frames some time passes, so that none is
/// remembered.
fn frame_after(lab: &str, lines: &[&str], commands: usize) -> Duration {
    let registration = scalelab::labs::find(lab).expect("a lab of the registry");
    let mut lab = (registration.open)(Setup::seeded(7)).expect("it opens");
    for i in 0..commands {
        lab.command(lines[i % lines.len()]).expect("it is done");
        lab.settle();
    }
    let theme = Theme { palette: Palette::Dark, glyphs: Glyphs::Unicode };
    let views: Vec<View> = (0..lab.info().views.len()).map(|index| View { index, ..View::new(theme) }).collect();
    let frame = |_| {
        lab.advance_to(lab.now() + FRAME_US);
        time(|| views.iter().for_each(|view| drop(draw(lab.as_ref(), view, (SIZE.width, SIZE.height)))))
    };
    (0..60).map(frame).min().unwrap_or_default()
}

/// What a frame costs after many commands, over what it costs after few.
fn long_histories() {
    const FEW: usize = 10;
    const MANY: usize = 4_000;
    for (lab, lines) in COMMANDS {
        let (few, many) = (frame_after(lab, lines, FEW), frame_after(lab, lines, MANY));
        let ratio = many.as_secs_f64() / few.as_secs_f64();
        report(&format!("views of {lab} after {FEW} commands {few:.1?}, after {MANY} {many:.1?}, ratio {ratio:.2}"));
    }
}

fn static_page() -> Duration {
    let mut terminal = terminal(&Counter::default());
    let text = "The quick brown fox jumps over the lazy dog. ".repeat(5);
    let page = vec![text.as_str(); usize::from(SIZE.height)].join("\n");
    let mut draw = || {
        let widget = Paragraph::new(page.as_str()).block(Block::bordered().title("static"));
        terminal.draw(|frame| frame.render_widget(widget, frame.area())).expect("counting cannot fail");
    };
    draw();
    (0..20).map(|_| time(&mut draw)).min().unwrap_or_default()
}

/// Starts a program on a pseudo-terminal and waits for a word on its screen.
fn start(program: &str, argument: Option<&str>, word: &str) -> Duration {
    let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
    let pty = native_pty_system().openpty(size).expect("a pseudo-terminal");
    let mut command = CommandBuilder::new(program);
    command.args(argument);
    command.env("TERM", "xterm-256color");
    let mut reader = pty.master.try_clone_reader().expect("a reader");
    let mut child = None;
    let taken = time(|| {
        child = Some(pty.slave.spawn_command(command).expect("the program starts"));
        let mut seen = Vec::new();
        let mut buffer = [0_u8; 4096];
        while !String::from_utf8_lossy(&seen).contains(word) {
            let read = reader.read(&mut buffer).expect("the program writes");
            assert!(read > 0, "the program ended without showing '{word}'");
            seen.extend_from_slice(&buffer[..read]);
        }
    });
    if let Some(mut child) = child {
        let _ = child.kill();
        let _ = child.wait();
    }
    taken
}

fn minimal_program() {
    let mut terminal = ratatui::init();
    terminal.draw(|frame| frame.render_widget(Paragraph::new("minimal"), frame.area())).expect("a terminal");
    let _ = ratatui::crossterm::event::read();
    ratatui::restore();
}

fn report(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn main() {
    if std::env::args().any(|a| a == MINIMAL) {
        return minimal_program();
    }
    let (busiest, page) = (0..5).map(|_| (frames().0, static_page())).min().unwrap_or_default();
    let ratio = busiest.as_secs_f64() / page.as_secs_f64();
    report(&format!("busiest frame at 200x50: {busiest:.1?}, static ratatui page: {page:.1?}, ratio {ratio:.2}"));
    let (_, most, mean) = frames();
    report(&format!("bytes per animated frame at 200x50: {mean} on average, {most} at most"));
    long_histories();
    let own = std::env::current_exe().expect("this program has a path").to_string_lossy().into_owned();
    let best = |f: &dyn Fn() -> Duration| (0..20).map(|_| f()).min().unwrap_or_default();
    // With a theme, since this terminal does not answer when it is asked for its background: every real one does.
    let ours = best(&|| start(env!("CARGO_BIN_EXE_scalelab"), Some("--theme=dark"), "scalelab"));
    let minimal = best(&|| start(&own, Some(MINIMAL), "minimal"));
    let ratio = ours.as_secs_f64() / minimal.as_secs_f64();
    report(&format!("start to first frame: {ours:.1?}, minimal ratatui program: {minimal:.1?}, ratio {ratio:.2}"));
}
