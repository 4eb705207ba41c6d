//! The house stays as drawn: who imports whom, checked over the source text.
//!
//! Every rule is a function from a file's path and code to what is wrong with it, and every
//! rule is shown a bad sample, so that none of these tests passes by looking away.

#![expect(clippy::expect_used, reason = "a source folder that cannot be read fails the test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Most lines of a source file.
const MOST_LINES: usize = 500;
/// Files that every lab has.
const LAB_FILES: [&str; 5] = ["mod.rs", "command.rs", "model.rs", "facts.rs", "view.rs"];

/// Path below `src` (with `/`) and content of every source file.
fn sources() -> BTreeMap<String, String> {
    fn walk(dir: &Path, root: &Path, found: &mut BTreeMap<String, String>) {
        let entries = fs::read_dir(dir).expect("the source folder is there");
        for path in entries.map(|entry| entry.expect("an entry can be read").path()) {
            if path.is_dir() {
                walk(&path, root, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
                found.insert(name, fs::read_to_string(&path).expect("sources are UTF-8"));
            }
        }
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    walk(&root, &root, &mut found);
    assert!(found.len() > 40, "only {} files found: the test looks in the wrong place", found.len());
    found
}

/// The code without comments and without what stands in string and character literals.
fn code(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let (mut out, mut i) = (String::with_capacity(source.len()), 0);
    while i < chars.len() {
        let rest = &chars[i..];
        i += match rest {
            ['/', '/', ..] => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment(rest),
            ['r', '"', ..] | ['r', '#', '"' | '#', ..] if !word_before(&chars, i) => raw_string(rest),
            ['"', ..] => string(rest),
            ['\'', '\\', ..] => 2 + rest.iter().skip(3).position(|c| *c == '\'').map_or(rest.len() - 2, |n| n + 2),
            ['\'', _, '\'', ..] => 3,
            [c, ..] => {
                out.push(*c);
                1
            }
            [] => 1,
        };
    }
    out
}

fn word_before(chars: &[char], i: usize) -> bool {
    i > 0 && (chars[i - 1].is_alphanumeric() || chars[i - 1] == '_')
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut i) = (0_usize, 0);
    while i < rest.len() {
        match &rest[i..] {
            ['/', '*', ..] => (depth, i) = (depth + 1, i + 2),
            ['*', '/', ..] => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i
}

fn string(rest: &[char]) -> usize {
    let mut i = 1;
    while i < rest.len() && rest[i] != '"' {
        i += if rest[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(rest.len())
}

fn raw_string(rest: &[char]) -> usize {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return 1;
    }
    let end: String = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let body: String = rest[hashes + 2..].iter().collect();
    hashes + 2 + body.find(&end).map_or(body.chars().count(), |at| body[..at].chars().count() + end.len())
}

/// Every path of the code as its words: `use crate::{a::B, c}` gives `crate::a::B` and `crate::c`.
fn paths(source: &str) -> Vec<Vec<String>> {
    let code = code(source);
    let mut tokens: Vec<String> = Vec::new();
    for c in code.chars() {
        let word = c.is_alphanumeric() || c == '_';
        match tokens.last_mut() {
            Some(last) if word && last.chars().all(|l| l.is_alphanumeric() || l == '_') => last.push(c),
            Some(last) if c == ':' && last == ":" => last.push(c),
            _ if c.is_whitespace() => tokens.push(" ".to_owned()),
            _ => tokens.push(c.to_string()),
        }
    }
    tokens.retain(|t| t != " ");
    let (mut found, mut i) = (Vec::new(), 0);
    while i < tokens.len() {
        if is_word(&tokens[i]) { i = path_at(&tokens, i, &[], &mut found) } else { i += 1 }
    }
    found
}

fn is_word(token: &str) -> bool {
    token.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Reads the path or the group of paths that starts at `i`; gives where it ends.
fn path_at(tokens: &[String], mut i: usize, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = before.to_vec();
    loop {
        path.push(tokens[i].clone());
        i += 1;
        if tokens.get(i).is_none_or(|t| t != "::") {
            break;
        }
        i += 1;
        match tokens.get(i).map(String::as_str) {
            Some("{") => return group_at(tokens, i + 1, &path, found),
            Some(token) if is_word(token) => {}
            _ => break,
        }
    }
    found.push(path);
    i
}

fn group_at(tokens: &[String], mut i: usize, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    while let Some(token) = tokens.get(i) {
        match token.as_str() {
            "}" => return i + 1,
            token if is_word(token) => i = path_at(tokens, i, before, found),
            _ => i += 1,
        }
    }
    i
}

/// The room of ours that a path of a file leads to, as `labs::ring::model`; `super` and `self` are followed.
fn ours(file: &str, path: &[String]) -> Option<Vec<String>> {
    let mut module: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod" || last == "lib") {
        module.pop();
    }
    let (first, mut rest) = path.split_first()?;
    match first.as_str() {
        "crate" | "scalelab" if !rest.is_empty() => return Some(rest.to_vec()),
        "self" => {}
        "super" => {
            module.pop();
        }
        _ => return None,
    }
    while let Some((next, more)) = rest.split_first()
        && next == "super"
    {
        module.pop();
        rest = more;
    }
    (!rest.is_empty()).then(|| module.into_iter().chain(rest.iter().cloned()).collect())
}

/// Paths of a file that lead to one of these rooms.
fn leads_to(file: &str, source: &str, rooms: &[&str]) -> Vec<String> {
    let led = paths(source).into_iter().filter_map(|path| ours(file, &path));
    led.filter(|p| rooms.contains(&p[0].as_str())).map(|p| format!("{file} knows {}", p.join("::"))).collect()
}

/// Rooms that a room must not know.
const DIRECTIONS: [(&str, &[&str]); 3] = [
    ("algorithms/", &["engine", "labs", "tui", "lessons", "headless", "picture", "cli", "settings"]),
    ("engine/", &["labs", "tui", "lessons", "headless", "picture", "cli", "settings"]),
    ("picture/", &["labs", "tui", "lessons", "headless", "cli", "settings"]),
];

fn wrong_direction(file: &str, source: &str) -> Vec<String> {
    let rules = DIRECTIONS.iter().filter(|(room, _)| file.starts_with(room) || file == room.replace('/', ".rs"));
    rules.flat_map(|(_, rooms)| leads_to(file, source, rooms)).collect()
}

fn knows_a_screen(file: &str, source: &str) -> Vec<String> {
    let model_or_facts = file.strip_prefix("labs/").and_then(|f| f.split_once('/')).is_some_and(|(_, f)| {
        ["model.rs", "facts.rs", "command.rs"].contains(&f) || f.starts_with("model/") || f.starts_with("facts/")
    });
    if !(file.starts_with("algorithms/") || file.starts_with("engine/") || model_or_facts) {
        return Vec::new();
    }
    let screens = ["ratatui", "crossterm"];
    let named = paths(source).into_iter().filter(|p| p.iter().any(|word| screens.contains(&word.as_str())));
    let mut wrong: Vec<String> = named.map(|p| format!("{file} knows {}", p.join("::"))).collect();
    if model_or_facts {
        wrong.extend(leads_to(file, source, &["picture", "tui"]));
    }
    wrong
}

/// Every lab by its folder.
fn labs(files: &BTreeMap<String, String>) -> Vec<String> {
    let folders = files.keys().filter_map(|f| f.strip_prefix("labs/")?.split_once('/'));
    let mut labs: Vec<String> = folders.map(|(lab, _)| lab.to_owned()).collect();
    labs.dedup();
    labs
}

fn names_a_lab(file: &str, source: &str, labs: &[String]) -> Vec<String> {
    if !["tui/", "headless/", "lessons/"].iter().any(|room| file.starts_with(room)) {
        return Vec::new();
    }
    let led = paths(source).into_iter().filter_map(|path| ours(file, &path));
    led.filter(|p| p[0] == "labs" && p.get(1).is_some_and(|lab| labs.contains(lab)))
        .map(|p| format!("{file} knows {}", p.join("::")))
        .collect()
}

fn missing_files(lab: &str, files: &BTreeMap<String, String>) -> Vec<String> {
    let missing = LAB_FILES.iter().filter(|f| !files.contains_key(&format!("labs/{lab}/{f}")));
    missing.map(|f| format!("labs/{lab} has no {f}")).collect()
}

fn too_long(file: &str, source: &str) -> Option<String> {
    let lines = source.lines().count();
    (lines > MOST_LINES).then(|| format!("{file} has {lines} lines: past {MOST_LINES} it holds two ideas"))
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check_all(rule: impl Fn(&str, &str) -> Vec<String>) {
    assert_none(&sources().iter().flat_map(|(file, source)| rule(file, source)).collect::<Vec<_>>());
}

#[test]
fn comments_and_strings_are_no_code() {
    let sample = r##"
        // use crate::tui::App;
        /* outer /* inner */ crate::tui */
        /// [`crate::tui`]
        fn f<'a>(c: char) -> &'a str { let _ = ('"', '\'', b'\\', "\" crate::tui \\"); r#"crate::" tui"# }
        use crate::kept;
    "##;
    let code = code(sample);
    assert!(!code.contains("tui"), "{code}");
    assert!(code.contains("crate::kept") && code.contains("fn f<'a>") && code.contains("&'a str {"), "{code}");
}

#[test]
fn groups_and_relative_paths_are_followed() {
    let read = |file: &str, source: &str| -> Vec<String> {
        paths(source).iter().filter_map(|p| ours(file, p)).map(|p| p.join("::")).collect()
    };
    let grouped = read("engine/timeline.rs", "use crate::{tui::{self, App}, labs::*};");
    assert_eq!(grouped, ["tui::self", "tui::App", "labs"]);
    assert_eq!(read("engine/timeline.rs", "use super::super::labs::find;"), ["labs::find"]);
    assert_eq!(read("engine/mod.rs", "use super::labs::find;"), ["labs::find"]);
    assert_eq!(read("engine/mod.rs", "use self::model::Model;"), ["engine::model::Model"]);
    assert_eq!(read("engine/timeline.rs", "let x = crate :: labs :: find(1);"), ["labs::find"]);
}

#[test]
fn rooms_know_only_whom_they_may() {
    let bad = [
        ("algorithms/hash.rs", "use crate::engine::Micros;"),
        ("algorithms/placement/ring.rs", "use super::super::super::labs::find;"),
        ("engine/model.rs", "use crate::{labs::{find}, engine::Input};"),
        ("engine/model.rs", "fn f() { crate::picture::to_text(b) }"),
        ("engine/mod.rs", "use super::headless::run;"),
        ("picture/frame.rs", "use crate::labs::View;"),
        ("picture/frame/tests.rs", "use crate::settings::Settings;"),
    ];
    for (file, source) in bad {
        assert_eq!(wrong_direction(file, source).len(), 1, "{file}: {source}");
    }
    assert_none(&wrong_direction("labs/mod.rs", "use crate::engine::Model; use crate::picture::Theme;"));
    assert_none(&wrong_direction("algorithms/a.rs", "use crate::algorithms::hash::key_hash; use super::hash;"));
    check_all(wrong_direction);
}

#[test]
fn models_know_no_screen() {
    let bad = [
        ("algorithms/hash.rs", "use ratatui::style::Color;"),
        ("engine/model.rs", "fn f(e: crossterm::event::Event) {}"),
        ("labs/ring/model.rs", "use ratatui::crossterm::event;"),
        ("labs/ring/facts.rs", "use crate::picture::Figure;"),
        ("labs/other/model/parts.rs", "use {ratatui::buffer::Buffer};"),
    ];
    for (file, source) in bad {
        assert_eq!(knows_a_screen(file, source).len(), 1, "{file}: {source}");
    }
    assert_none(&knows_a_screen("labs/ring/view.rs", "use ratatui::buffer::Buffer;"));
    assert_none(&knows_a_screen("labs/ring/model.rs", "// ratatui\nconst A: &str = \"crossterm\";"));
    check_all(knows_a_screen);
}

#[test]
fn labs_are_known_by_their_trait_only() {
    let ring = ["ring".to_owned()];
    let bad = [
        ("tui/app.rs", "use crate::labs::ring::RingLab;"),
        ("headless/run.rs", "use crate::{labs::{self, ring}, engine};"),
        ("lessons/check.rs", "fn f() { crate::labs::ring::MAX }"),
    ];
    for (file, source) in bad {
        assert_eq!(names_a_lab(file, source, &ring).len(), 1, "{file}: {source}");
    }
    assert_none(&names_a_lab("tui/app.rs", "use crate::labs::{OpenLab, REGISTRY};", &ring));
    let labs = labs(&sources());
    assert!(labs.contains(&"ring".to_owned()), "{labs:?}");
    check_all(|file, source| names_a_lab(file, source, &labs));
}

#[test]
fn every_lab_has_the_same_files() {
    let files = sources();
    let partial = BTreeMap::from([("labs/odd/mod.rs".to_owned(), String::new())]);
    assert_eq!(labs(&partial), ["odd"]);
    assert_eq!(missing_files("odd", &partial).len(), LAB_FILES.len() - 1);
    let found = labs(&files);
    assert_none(&found.iter().flat_map(|lab| missing_files(lab, &files)).collect::<Vec<_>>());
    assert_eq!(found.len(), scalelab::labs::REGISTRY.len(), "folders {found:?} and registry differ");
    for lab in scalelab::labs::REGISTRY {
        let folder = lab.info.name.replace('-', "_");
        assert!(found.contains(&folder), "{} has no folder of its name", lab.info.name);
    }
}

#[test]
fn no_file_holds_two_ideas() {
    assert!(too_long("a.rs", &"x\n".repeat(MOST_LINES)).is_none());
    assert!(too_long("a.rs", &"x\n".repeat(MOST_LINES + 1)).is_some());
    check_all(|file, source| too_long(file, source).into_iter().collect());
}
