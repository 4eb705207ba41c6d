//! The built binary on a real pseudo-terminal: it opens, obeys, resizes, quits, and leaves the terminal as it was.
#![expect(clippy::panic, reason = "a test says why it fails")]
#![expect(clippy::disallowed_methods, reason = "a real program runs in real time; its output is read beside")]

use std::time::Duration;

#[path = "screen/edges.rs"]
mod edges;
#[path = "screen/pty.rs"]
mod pty;

use pty::{Screen, must};

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
    screen.press("1\r");
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
