//! What is done with the bytes of each fuzz target, once: `targets/` hands them over from libFuzzer, and
//! `tests/app/fuzzing.rs` from the seeds and their mutations at every test run.
//!
//! Each body ends, does not panic, and checks what must hold of anything that is read: what is refused is refused in
//! words that may be printed, what is accepted comes out as it went in.

use std::sync::Arc;

use scalelab::engine::visible::is_unsafe;
use scalelab::engine::{Expectation, Input, Recording, Setup};
use scalelab::labs::{OpenLab, REGISTRY, View, find};
use scalelab::lessons::progress::Progress;
use scalelab::picture::{Glyphs, Palette, Theme};

/// A target: its name, and what is done with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 8] = [
    ("lesson", lesson),
    ("program", program),
    ("topology", topology),
    ("access_log", access_log),
    ("run_file", run_file),
    ("progress", progress),
    ("cel", cel),
    ("palette", palette),
];

/// What is said can be printed: nothing in it is raw.
fn printable(said: &str) {
    if let Some(c) = said.chars().find(|c| is_unsafe(*c) && *c != '\n') {
        panic!("U+{:04X} is said raw: {said:?}", u32::from(c));
    }
}

/// A lesson file.
pub fn lesson(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match scalelab::lessons::read("fuzz.toml", text) {
        Ok(lesson) => assert!(!lesson.id.is_empty() && !lesson.steps.is_empty()),
        Err(errors) => {
            printable(&errors.report(80, false));
            let lines = text.matches('\n').count() + 1;
            for (line, column) in errors.errors().iter().filter_map(|error| error.place()) {
                assert!((1..=lines).contains(&line) && column >= 1, "{line}:{column} is not in {text:?}");
            }
        }
    }
}

/// Opens a lab with bytes as one of its inputs, if it can be opened.
fn opened(lab: &str, role: &str, bytes: &[u8]) -> Option<Box<dyn OpenLab>> {
    let lab = find(lab)?;
    let spec = lab.info.inputs.iter().find(|spec| spec.name == role)?;
    let input = match Input::read("fuzz", bytes, spec.blank, |_, _| ()) {
        Ok(input) => input,
        Err(error) => {
            printable(&error.to_string());
            return None;
        }
    };
    let mut setup = Setup::seeded(7);
    setup.inputs.insert(role.to_owned(), Arc::new(input));
    (lab.open)(setup).ok()
}

/// Everything that a lab shows of its state; its properties hold.
fn shown(lab: &dyn OpenLab) {
    assert!(lab.broken().is_empty(), "{:?}", lab.broken());
    assert!(lab.facts().is_object());
    let theme = Theme { palette: Palette::Dark, glyphs: Glyphs::Unicode };
    for index in 0..lab.info().views.len() {
        let view = View { index, ..View::new(theme) };
        let picture = scalelab::headless::snapshot::draw(lab, &view, (80, 24));
        printable(&scalelab::picture::to_svg(&picture, theme));
    }
}

/// A program of the lab of threads.
pub fn program(bytes: &[u8]) {
    if let Some(lab) = opened("threads", "program", bytes) {
        shown(lab.as_ref());
    }
}

/// A topology of the lab of failures.
pub fn topology(bytes: &[u8]) {
    if let Some(mut lab) = opened("failure", "topology", bytes) {
        shown(lab.as_ref());
        lab.advance_to(1_000_000);
        shown(lab.as_ref());
    }
}

/// An access log for the load balancer; packed, perhaps.
pub fn access_log(bytes: &[u8]) {
    if let Some(lab) = opened("balancer", "trace", bytes) {
        shown(lab.as_ref());
    }
}

/// A run file.
pub fn run_file(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Recording::from_toml("fuzz", text) {
        Err(error) => printable(&error.to_string()),
        Ok(run) => {
            let Ok(written) = run.to_toml() else { return };
            printable(&written);
            assert_eq!(Recording::from_toml("fuzz", &written).ok(), Some(run));
        }
    }
}

/// A progress file.
pub fn progress(bytes: &[u8]) {
    let Ok(progress) = Progress::from_bytes(bytes) else { return };
    let Ok(text) = progress.to_json() else { panic!("{progress:?} cannot be written") };
    printable(&text);
    assert_eq!(Progress::from_bytes(text.as_bytes()).ok().as_ref(), Some(&progress));
    let mut twice = progress.clone();
    twice.merge(&progress);
    assert_eq!(twice, progress, "merging what is there already changes nothing");
    let _ = (progress.due(i64::MAX), progress.calibration(), progress.next_due());
}

/// An expression over facts.
pub fn cel(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(expectation) = Expectation::compile(text) else { return };
    let facts = serde_json::json!({
        "nodes": 4, "moved_share": 0.25, "name": "node-a", "list": [1, 2, 3],
        // Maps of one: those of CEL have no order, so that what is said about the first of several may differ.
        "node": { "node-a": { "keys": 10 } },
    });
    let first = expectation.judge(&facts);
    assert_eq!(first, expectation.judge(&facts), "the same facts, the same verdict");
}

/// A line of the palette, completed and given; which lab, the first byte says.
pub fn palette(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let Ok(line) = std::str::from_utf8(rest) else { return };
    let lab = &REGISTRY[usize::from(*first) % REGISTRY.len()];
    let Ok(mut open) = (lab.open)(Setup::seeded(7)) else { panic!("{} does not open", lab.info.name) };
    for candidate in open.complete(line) {
        assert!(!candidate.is_empty());
    }
    let before = open.facts();
    // How long a command with large numbers may take is another test's business.
    let odd =
        |word: &str| word.contains(['e', 'E', '.', 'N', 'i']) || word.bytes().filter(u8::is_ascii_digit).count() > 3;
    let large = line.split_whitespace().any(|word| word.contains(|c: char| c.is_ascii_digit()) && odd(word));
    if !large && open.command(line).is_err() {
        assert_eq!(open.facts(), before, "`{line}` is refused and changes something");
    }
}
