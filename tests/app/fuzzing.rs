//! The fuzz targets at every test run: each seed of `tests/fuzz/seeds`, and mutations of it, always the same ones.
//! CONTRIBUTING.md says how to run them for hours.
#![expect(clippy::panic, reason = "a test says why it fails")]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

#[path = "../fuzz/bodies.rs"]
mod bodies;

/// What is put into a file: control characters, what turns or hides text, numbers at their ends, half of a bracket.
const JUNK: [&str; 44] = [
    "\u{1b}[31m",
    "\u{1b}]0;x\u{7}",
    "\u{9b}31m",
    "\u{202e}",
    "\u{200b}",
    "\u{feff}",
    "\0",
    "\u{ffff}",
    "é",
    "👩‍👩‍👧‍👦",
    "\"",
    "'",
    "\\",
    "\n",
    "\r",
    "\t",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "=",
    "#",
    ";",
    "|",
    ",",
    "-",
    "!",
    "?",
    "0",
    "-1",
    "65536",
    "4294967296",
    "9223372036854775807",
    "18446744073709551616",
    "1e308",
    "nan",
    "inf",
    "0.5",
    "99999999999999999999999",
    "\"\"\"",
    "not ",
    "1+",
];

/// A change of a file, at a share of its length.
#[derive(Clone, Debug)]
enum Edit {
    Insert(u16, &'static str, usize),
    Remove(u16, usize),
    Flip(u16, u8),
    /// The line there, so many times.
    Repeat(u16, usize),
    /// The number there becomes another.
    Number(u16, &'static str),
    Cut(u16),
}

fn edit() -> impl Strategy<Value = Edit> {
    let junk = || proptest::sample::select(&JUNK[..]);
    let times = || prop_oneof![6 => Just(1_usize), 1 => Just(70)];
    prop_oneof![
        4 => (any::<u16>(), junk(), times()).prop_map(|(at, text, n)| Edit::Insert(at, text, n)),
        3 => (any::<u16>(), 1_usize..50).prop_map(|(at, n)| Edit::Remove(at, n)),
        1 => (any::<u16>(), any::<u8>()).prop_map(|(at, byte)| Edit::Flip(at, byte)),
        2 => (any::<u16>(), prop_oneof![Just(0_usize), Just(2), Just(40)]).prop_map(|(at, n)| Edit::Repeat(at, n)),
        3 => (any::<u16>(), junk()).prop_map(|(at, text)| Edit::Number(at, text)),
        1 => any::<u16>().prop_map(Edit::Cut),
    ]
}

fn apply(bytes: &mut Vec<u8>, edit: &Edit) {
    let place = |at: u16| bytes.len() * usize::from(at) / (usize::from(u16::MAX) + 1);
    match *edit {
        Edit::Insert(at, text, times) => {
            let at = place(at);
            bytes.splice(at..at, text.repeat(times).into_bytes());
        }
        Edit::Remove(at, count) => {
            let at = place(at);
            bytes.drain(at..(at + count).min(bytes.len()));
        }
        Edit::Flip(at, byte) => {
            let at = place(at);
            bytes.iter_mut().skip(at).take(1).for_each(|b| *b = byte);
        }
        Edit::Repeat(at, times) => {
            let at = place(at);
            let start = bytes[..at].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
            let end = bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |i| at + i + 1);
            let line = bytes[start..end].repeat(times);
            bytes.splice(start..end, line);
        }
        Edit::Number(at, text) => {
            let start = bytes.iter().skip(place(at)).position(u8::is_ascii_digit).map(|i| i + place(at));
            let Some(start) = start else { return };
            let end = bytes[start..].iter().position(|b| !b.is_ascii_digit()).map_or(bytes.len(), |i| start + i);
            bytes.splice(start..end, text.bytes());
        }
        Edit::Cut(at) => bytes.truncate(place(at)),
    }
}

fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} is empty", folder.display());
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap_or_else(|e| panic!("{e}")))).collect()
}

fn survives(target: &str, cases: u32) {
    let (_, body) = bodies::TARGETS.iter().find(|(name, _)| *name == target).unwrap_or_else(|| panic!("no {target}"));
    let seeds = seeds(target);
    seeds.iter().for_each(|(_, bytes)| body(bytes));
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let changes = (0..seeds.len(), proptest::collection::vec(edit(), 1..6));
    let done = runner.run(&changes, |(seed, edits)| {
        let mut bytes = seeds[seed].1.clone();
        edits.iter().for_each(|edit| apply(&mut bytes, edit));
        body(&bytes);
        Ok(())
    });
    done.unwrap_or_else(|e| panic!("{target}: {e}"));
}

macro_rules! targets {
    ($($test:ident: $target:literal, $cases:literal;)*) => {
        $(#[test] fn $test() { survives($target, $cases) })*

        #[test]
        fn every_target_is_tested_and_built() {
            let names: Vec<&str> = bodies::TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, [$($target),*]);
            let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/Cargo.toml");
            let manifest = std::fs::read_to_string(manifest).unwrap_or_else(|e| panic!("{e}"));
            for name in names {
                assert!(manifest.contains(&format!("path = \"targets/{name}.rs\"")), "{name} is not in the manifest");
            }
        }
    };
}

targets! {
    fuzz_lesson_files: "lesson", 400;
    fuzz_programs: "program", 150;
    fuzz_topologies: "topology", 150;
    fuzz_access_logs: "access_log", 150;
    fuzz_run_files: "run_file", 600;
    fuzz_progress_files: "progress", 600;
    fuzz_expressions: "cel", 300;
    fuzz_palette_lines: "palette", 300;
}
