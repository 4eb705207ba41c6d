//! The built binary and its terminal at the edges: suspended, redrawn, signalled, gone, silent, huge, light, old.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::pty::{Screen, must};

/// Where one may be: how the program is started, what is pressed then, and what the screen shows when all of that was
/// heard. Nothing moves there by itself: what stands there is to stand there again.
const PLACES: [(&[&str], &str, &str); 6] = [
    (&["--no-motion"], "", "Enter open"),
    (&["--no-motion", "lab", "ring"], "", "seed 7"),
    (&["--no-motion", "lab", "ring"], ":add zz", "add zz"),
    (&["--no-motion", "lab", "ring"], "?", "Esc closes"),
    (&["--no-motion", "learn", "the-ring"], "", "1 of"),
    (&["--no-motion", "review"], "", "Nothing is due"),
];

fn go_to(screen: &mut Screen, (_, keys, shown): (&[&str], &str, &str)) {
    screen.wait("a first picture", |screen| screen.wrote(0, "\x1b[2J"));
    screen.press(keys);
    screen.shows(shown);
}

/// It hears keys, draws, and ends as it should.
fn lives_and_ends(mut screen: Screen) {
    let since = screen.bytes().len();
    screen.resize((110, 33));
    screen.drawn_again(since);
    screen.press("\x03");
    assert_eq!(screen.end(), 0);
}

#[test]
fn suspended_and_resumed_it_is_drawn_as_before_everywhere() {
    for place in PLACES {
        let mut screen = Screen::under_a_shell(place.0);
        go_to(&mut screen, place);
        let before = screen.rests();
        for round in 1..=2 {
            screen.press("\x1a");
            screen.wait("suspended", |screen| {
                String::from_utf8_lossy(&screen.bytes()).matches("suspended").count() == round
            });
            screen.wait("given back", Screen::given_back);
            screen.as_before();
            let since = screen.bytes().len();
            screen.press("\n");
            screen.drawn_again(since);
            screen.until("as before", |text| text == before);
        }
        lives_and_ends(screen);
    }
}

#[test]
fn ctrl_l_draws_everything_again_and_asks_the_terminal_nothing() {
    for place in PLACES {
        let mut screen = Screen::open(place.0);
        go_to(&mut screen, place);
        let (before, since) = (screen.rests(), screen.bytes().len());
        screen.press("\x0c");
        screen.drawn_again(since);
        screen.until("as before", |text| text == before);
        assert!(!screen.wrote(0, "\x1b[6n"), "it asks for the cursor");
        lives_and_ends(screen);
    }
}

#[test]
fn input_that_means_nothing_keeps_no_resize_from_being_seen() {
    let table: [&[u8]; 14] = [
        b"\x1b[<128;10;10M",
        b"\x1b[<129;10;10m",
        b"\x1b[<0;0;0M",
        b"\xc3",
        b"\xe7\xaf",
        b"\xff",
        b"\x1b[I",
        b"\x1b[99999~",
        b"\x1b[<12",
        b"\x1b[1;",
        b"\x1b]11;rgb:",
        b"\x1b]2;a title\x07",
        b"\x1bPdata",
        b"\x1b[M \xff",
    ];
    let mut screen = Screen::open(&["--no-motion", "lab", "ring"]);
    screen.shows("seed 7");
    for (bytes, columns) in table.into_iter().zip(90..) {
        screen.send(bytes);
        std::thread::sleep(Duration::from_millis(30));
        let since = screen.bytes().len();
        screen.resize((columns, 28));
        screen.drawn_again(since);
    }
    lives_and_ends(screen);
}

/// F11 begins work that looks whether to stop, F12 work that does not: only in debug builds, and only where asked for.
fn at_work(key: &str) -> Screen {
    let mut screen = Screen::with(&["lab", "ring"], &[("TERM", "xterm-256color"), ("SCALELAB_TEST_WORK", "1")]);
    screen.shows("seed 7");
    begin_work(&mut screen, key);
    screen
}

fn begin_work(screen: &mut Screen, key: &str) {
    screen.press(key);
    // A key that nothing answers: it works.
    std::thread::sleep(Duration::from_millis(300));
}

const ATTENTIVE: &str = "\x1b[23~";
const DEAF: &str = "\x1b[24~";

#[test]
fn a_signal_ends_it_whatever_it_does() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        for work in ["", ATTENTIVE, DEAF] {
            let screen = at_work(work);
            screen.signal(signal);
            assert_eq!(screen.end(), 128 + signal as u32, "{signal} at work {work:?}");
        }
    }
}

#[test]
fn ctrl_c_ends_work_that_does_not_listen() {
    let mut screen = at_work(DEAF);
    screen.press("abc\x03");
    assert_eq!(screen.end(), 130);
}

#[test]
fn escape_and_ctrl_c_stop_work_and_the_screen_stays() {
    for key in ["\x1b", "\x03"] {
        let mut screen = at_work(ATTENTIVE);
        screen.press(key);
        screen.shows("Stopped");
        screen.press("?");
        screen.shows("Esc closes");
        lives_and_ends(screen);
    }
}

/// The builds that ship end at once where this one unwinds: what is given back must be so before the panic is told of.
#[test]
fn a_panic_gives_the_terminal_back_before_it_is_told_of() {
    let mut screen = at_work("");
    screen.press("\x1b[21~");
    screen.until("told", |text| text.contains("a panic for a test"));
    let written = String::from_utf8_lossy(&screen.bytes()).into_owned();
    let (left, told) = (written.find("\x1b[?1049l"), written.find("panicked"));
    assert!(left.is_some() && left < told, "left at {left:?}, told at {told:?}");
    assert_eq!(screen.end_of_panic(), 101);
}

#[test]
fn a_closed_window_ends_it() {
    for work in ["", ATTENTIVE, DEAF] {
        let mut screen = at_work("");
        screen.falls_silent();
        begin_work(&mut screen, work);
        assert_eq!(screen.close(), 129, "at work {work:?}");
    }
}

#[test]
fn a_terminal_that_reads_nothing_holds_nothing_up() {
    type Act = fn(&mut Screen);
    let table: [(Act, u32); 2] = [(|screen| screen.signal(Signal::SIGTERM), 143), (|screen| screen.press("\x03"), 130)];
    for (act, code) in table {
        let mut screen = Screen::open(&["lab", "ring"]);
        screen.shows("seed 7");
        screen.read_on(false);
        // Enough to fill what the system keeps for it.
        for columns in 100..160 {
            screen.resize((columns, 40));
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(500));
        act(&mut screen);
        assert_eq!(screen.end(), code);
    }
}

#[test]
fn any_size_is_drawn() {
    let mut screen = Screen::open(&["--no-motion", "lab", "ring"]);
    screen.shows("seed 7");
    for size in [(65_535, 65_535), (65_535, 1), (1, 65_535), (0, 0), (1, 1)] {
        let since = screen.bytes().len();
        screen.resize_unseen(size);
        screen.drawn_again(since);
    }
    lives_and_ends(screen);
}

#[test]
fn a_paste_that_does_not_end_swallows_no_keys() {
    type Act = fn(&mut Screen);
    let table: [(Act, u32); 3] = [
        (|screen| screen.press("\x03"), 0),
        (|screen| screen.signal(Signal::SIGTERM), 143),
        (
            |screen| {
                // It ends when nothing comes for a while: what is typed then are keys.
                screen.shows("─ command ─");
                screen.press("\x1b");
                screen.until("closed", |text| !text.contains("─ command ─"));
                screen.press("q");
            },
            0,
        ),
    ];
    for (act, code) in table {
        let mut screen = Screen::open(&["lab", "ring"]);
        screen.shows("seed 7");
        screen.press("\x1b[200~");
        for _ in 0..50 {
            screen.press(&"x".repeat(2_000));
        }
        std::thread::sleep(Duration::from_millis(100));
        act(&mut screen);
        assert_eq!(screen.end(), code);
    }
}

const TRUE: [(&str, &str); 2] = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor")];
/// Plain text of the two palettes.
const DARK: &str = "38;2;204;209;216";
const LIGHT: &str = "38;2;36;41;47";

#[test]
fn colours_follow_the_background_that_the_terminal_tells_however_late() {
    let table = [("rgb:ffff/ffff/ffff", "\x1b\\", LIGHT), ("rgb:00/2b/36", "\x07", DARK)];
    for (colour, end, wanted) in table {
        for late in [false, true] {
            let mut screen = Screen::with(&["--no-motion", "lab", "ring"], &TRUE);
            screen.wait("the question", |screen| screen.wrote(0, "\x1b]11;?"));
            if late {
                screen.shows("seed 7");
                assert!(screen.wrote(0, DARK), "dark, as long as nothing is known");
            }
            screen.press(&format!("\x1b]11;{colour}{end}\x1b[?62;22c"));
            screen.wait("its colours", |screen| screen.wrote(0, wanted));
            screen.shows("seed 7");
            let text = screen.text();
            assert!(!text.contains("─ command ─") && !text.contains("62;22"), "{text}");
            lives_and_ends(screen);
        }
    }
}

#[test]
fn a_terminal_gets_what_it_can_show() {
    // Environment; whether colours are sent, true colours, and only ASCII.
    type Case = (&'static [(&'static str, &'static str)], bool, bool, bool);
    let table: [Case; 7] = [
        (&TRUE, true, true, false),
        (&[("TERM", "xterm-256color")], true, false, false),
        (&[("TERM", "linux"), ("COLORTERM", "truecolor")], true, false, true),
        (&[("TERM", "vt100")], false, false, true),
        (&[("TERM", "xterm"), ("LC_ALL", "C")], true, false, true),
        (&[("TERM", "xterm"), ("LANG", "C.UTF-8"), ("NO_COLOR", "1")], false, false, false),
        (&[("TERM", "xterm"), ("COLORFGBG", "0;15")], false, false, false),
    ];
    for (environment, colours, any, ascii) in table {
        let screen = Screen::with(&["--no-motion", "lab", "ring"], environment);
        screen.shows("seed 7");
        let bytes = String::from_utf8_lossy(&screen.bytes()).into_owned();
        let sgr: Vec<&str> = bytes.split("\x1b[").filter_map(|s| s.split_once('m').map(|(sgr, _)| sgr)).collect();
        let coloured = sgr.iter().any(|s| {
            s.split(';').any(|n| n.parse::<u8>().is_ok_and(|n| (30..=38).contains(&n) || (90..=97).contains(&n)))
        });
        assert_eq!(coloured, colours, "colours in {environment:?}");
        assert_eq!(bytes.contains("38;2;"), any, "true colours in {environment:?}");
        assert_eq!(screen.text().is_ascii(), ascii, "{environment:?}:\n{}", screen.text());
        lives_and_ends(screen);
    }
}

#[test]
fn a_terminal_that_cannot_draw_is_told_so_in_a_sentence() {
    for (environment, said) in [(&[("TERM", "dumb")][..], "TERM is dumb"), (&[], "TERM is not set")] {
        for args in [&[][..], &["lab", "bloom"], &["learn"], &["review"]] {
            let mut screen = Screen::with(args, environment);
            screen.shows(said);
            screen.wait("its end", |_| true);
            while !screen.ended() {
                std::thread::sleep(Duration::from_millis(10));
            }
            assert!(!screen.wrote(0, "\x1b["), "{:?}", screen.text());
        }
    }
}

#[test]
fn a_key_frees_the_mouse_and_takes_it_back() {
    for place in PLACES.into_iter().filter(|place| !place.1.starts_with(':')) {
        let mut screen = Screen::open(place.0);
        go_to(&mut screen, place);
        let mode = |screen: &Screen| screen.terminal().screen().mouse_protocol_mode();
        assert_eq!(mode(&screen), vt100::MouseProtocolMode::AnyMotion);
        screen.press("M");
        screen.shows("M takes it back");
        screen.wait("free", |screen| mode(screen) == vt100::MouseProtocolMode::None);
        screen.press("M");
        screen.wait("taken", |screen| mode(screen) == vt100::MouseProtocolMode::AnyMotion);
        screen.until("silent", |text| !text.contains("M takes it back"));
        lives_and_ends(screen);
    }
}

#[test]
fn files_are_read_again_when_they_are_saved() {
    let program = |value: u32| format!("shared x\nthread A {{ x = {value} }}\n");
    let dir = must(tempfile::tempdir());
    let path = dir.path().join("mine.scl");
    must(std::fs::write(&path, program(4242)));
    let name = path.to_string_lossy().into_owned();
    let mut screen = Screen::open(&["--no-motion", "lab", "threads", "--program", &name, "--watch"]);
    screen.shows("4242");
    // Beside it, a file that grows all the time is none of our business.
    for _ in 0..200 {
        must(std::fs::write(dir.path().join("other.log"), "x"));
    }
    // Editors save by renaming, too.
    must(std::fs::write(dir.path().join("new"), program(7373)));
    must(std::fs::rename(dir.path().join("new"), &path));
    screen.shows("7373");
    screen.shows("read again");
    must(std::fs::write(&path, "thread A { x = "));
    screen.shows("not usable");
    screen.until("as it was", |text| text.contains("7373"));
    must(std::fs::write(&path, program(5151)));
    screen.shows("5151");
    screen.press("q");
    assert_eq!(screen.end(), 0);
}

/// Keys, mouse, pastes, sizes, signals, and bytes that mean nothing: a run of them, and it lives.
#[test]
fn a_monkey_at_the_terminal_does_no_harm() {
    use rand::{RngExt as _, SeedableRng as _};
    const KEYS: [&str; 24] = [
        "\r", "\x1b", " ", "\t", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F", ":",
        "?", "1", "2", "3", "a", "d", "f", "M", "H", "S", "\x0c",
    ];
    const ODD: [&[u8]; 12] = [
        b"\x1b[<128;10;10M",
        b"\x1b[<0;65535;65535M",
        b"\xc3",
        b"\xff\xfe",
        b"\x1b[200~never ended",
        b"\x1b[200~add node-q\radd node-r\r\x1b[201~",
        b"\x1b]11;rgb:ffff/ffff/ffff\x07",
        b"\x1b]11;",
        b"\x1b[M !!",
        b"\x1b[99999999999u",
        b"\x00\x1c\x1d",
        "🙂\u{202e}\u{200b}".as_bytes(),
    ];
    for seed in 0..4_u64 {
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let places = [PLACES[0], PLACES[1], PLACES[4], PLACES[5]];
        let place = places[seed as usize];
        // Here things move.
        let mut screen = Screen::with(place.0.get(1..).unwrap_or_default(), &TRUE);
        go_to(&mut screen, place);
        for _ in 0..150 {
            match random.random_range(0..12) {
                0 => screen.resize((random.random_range(1..200), random.random_range(1..60))),
                1 => screen.signal([Signal::SIGWINCH, Signal::SIGCONT, Signal::SIGTSTP][random.random_range(0..3)]),
                2 | 3 => screen.send(ODD[random.random_range(0..ODD.len())]),
                4 | 5 => {
                    let (x, y) = (random.random_range(1..120), random.random_range(1..40));
                    screen.press(&format!("\x1b[<{};{x};{y}M", [0, 35, 32, 64, 65][random.random_range(0..5)]));
                }
                _ => screen.press(KEYS[random.random_range(0..KEYS.len())]),
            }
            if screen.ended() {
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        if !screen.ended() {
            let since = screen.bytes().len();
            screen.resize((99, 29));
            screen.drawn_again(since);
            screen.signal(Signal::SIGTERM);
        }
        let code = screen.end();
        assert!([0, 143].contains(&code), "seed {seed} ends with {code}");
    }
}
