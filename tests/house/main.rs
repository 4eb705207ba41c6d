//! The house stays as drawn: who imports whom, checked over the source text of all files.
//!
//! Every rule is a function from a file's path and code to what is wrong with it, and every rule is shown a bad sample,
//! so that none of these tests passes by looking away. What is not yet as drawn stands in a list of debts: whoever pays one
//! takes it off the list, and nobody adds to it.

#![expect(clippy::expect_used, reason = "a source folder that cannot be read fails the test")]

mod circles;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use circles::circles;
use source::{code, ours, paths, sources, without_tests};

/// Most lines of a source file.
const MOST_LINES: usize = 500;
/// Most lines of a lab's folder.
const LAB_LINES: usize = 2_500;
/// Files that every lab has.
const LAB_FILES: [&str; 5] = ["mod.rs", "command.rs", "model.rs", "facts.rs", "view.rs"];

/// Whom each room may know, besides itself. `labs` means the trait and the registry for all who stand right of the labs.
const ROOMS: [(&str, &[&str]); 10] = [
    ("sim", &[]),
    ("algorithms", &["sim"]),
    ("systems", &["sim", "algorithms"]),
    ("engine", &["sim"]),
    ("picture", &["sim", "engine"]),
    ("labs", &["sim", "algorithms", "systems", "engine", "picture"]),
    ("lessons", &["engine", "labs"]),
    ("headless", &["engine", "picture", "labs", "lessons", "settings"]),
    ("tui", &["engine", "picture", "labs", "lessons", "settings"]),
    ("classroom", &["engine", "picture", "labs", "lessons", "settings"]),
];

/// Rooms that a file still knows against the drawing.
const IMPORT_DEBTS: [(&str, &str); 5] = [
    ("headless/measure.rs", "algorithms"),
    ("lessons/check/fit.rs", "picture"),
    ("lessons/check/proof.rs", "picture"),
    ("lessons/rules.rs", "picture"),
    ("lessons/source.rs", "picture"),
];
/// Files of a room that still know each other in a circle.
const CIRCLE_DEBTS: [&[&str]; 10] = [
    &[
        "labs/balancer/facts.rs",
        "labs/balancer/model.rs",
        "labs/balancer/narrate.rs",
        "labs/balancer/panel.rs",
        "labs/balancer/theory.rs",
    ],
    &["labs/bloom/command.rs", "labs/bloom/config.rs"],
    &[
        "labs/bloom/deeds.rs",
        "labs/bloom/facts.rs",
        "labs/bloom/model.rs",
        "labs/bloom/narrate.rs",
        "labs/bloom/properties.rs",
        "labs/bloom/scenario.rs",
    ],
    &[
        "labs/failure/analysis.rs",
        "labs/failure/builtin.rs",
        "labs/failure/command.rs",
        "labs/failure/facts.rs",
        "labs/failure/failover.rs",
        "labs/failure/forecast.rs",
        "labs/failure/group.rs",
        "labs/failure/model.rs",
        "labs/failure/narrate.rs",
        "labs/failure/outage.rs",
        "labs/failure/present.rs",
        "labs/failure/request.rs",
        "labs/failure/soak.rs",
        "labs/failure/tuning.rs",
        "labs/failure/watch.rs",
    ],
    &[
        "labs/threads/command.rs",
        "labs/threads/facts.rs",
        "labs/threads/model.rs",
        "labs/threads/narrate.rs",
        "labs/threads/results.rs",
        "labs/threads/search.rs",
        "labs/threads/verdict.rs",
    ],
    &[
        "labs/transactions/facts.rs",
        "labs/transactions/model.rs",
        "labs/transactions/narrate.rs",
        "labs/transactions/script.rs",
        "labs/transactions/verdict.rs",
    ],
    &["tui/home/details.rs", "tui/home/draw.rs"],
    &["tui/lesson/panel.rs", "tui/lesson/verdict.rs"],
    &["tui/terminal/decode.rs", "tui/terminal/sequences.rs"],
    &["tui/terminal/wakeups.rs", "tui/watch.rs"],
];
/// Labs whose folder is still over the budget, with its lines rounded up to hundreds: the figure may only fall.
const BUDGET_DEBTS: [(&str, usize); 6] =
    [("balancer", 4500), ("bloom", 4700), ("failure", 7800), ("ring", 2700), ("threads", 3400), ("transactions", 3200)];

fn room_of(file: &str) -> &str {
    file.split_once('/').map_or(file.trim_end_matches(".rs"), |(room, _)| room)
}

/// The rooms that a file knows though it must not.
fn wrong_rooms(file: &str, source: &str) -> BTreeSet<String> {
    let own = room_of(file);
    let Some((_, allowed)) = ROOMS.iter().find(|(room, _)| *room == own) else { return BTreeSet::new() };
    let led = paths(without_tests(source)).into_iter().filter_map(|path| ours(file, &path));
    let rooms = led
        .map(|path| path[0].clone())
        .filter(|room| ROOMS.iter().any(|(r, _)| r == room) || room == "cli" || room == "settings");
    rooms.filter(|room| room != own && !allowed.contains(&room.as_str())).collect()
}

/// Whether a file of a lab may know the screen: its views may.
fn is_view(file: &str) -> bool {
    let within = file.strip_prefix("labs/").and_then(|f| f.split_once('/')).map(|(_, within)| within);
    within.is_some_and(|within| within == "view.rs" || within.starts_with("view/") || within == "mod.rs")
}

/// Screens that a file knows though it must not: only views, and the rooms that draw, may.
fn knows_a_screen(file: &str, source: &str) -> Vec<String> {
    let draws = ["picture", "headless", "tui", "classroom"].contains(&room_of(file));
    let of_a_lab = file.strip_prefix("labs/").is_some_and(|f| f.contains('/'));
    if draws
        || !["sim", "algorithms", "systems", "engine", "labs"].contains(&room_of(file))
        || (room_of(file) == "labs" && (!of_a_lab || is_view(file)))
    {
        return Vec::new();
    }
    let screens = ["ratatui", "crossterm"];
    let named = paths(source).into_iter().filter(|p| p.iter().any(|word| screens.contains(&word.as_str())));
    named.map(|p| format!("{file} knows {}", p.join("::"))).collect()
}

/// Every lab by its folder.
fn labs(files: &BTreeMap<String, String>) -> BTreeSet<String> {
    files.keys().filter_map(|f| f.strip_prefix("labs/")?.split_once('/')).map(|(lab, _)| lab.to_owned()).collect()
}

/// Labs that a file knows by name though it must know them by their trait only: another lab, or what stands right of them.
fn names_a_lab(file: &str, source: &str, labs: &BTreeSet<String>) -> Vec<String> {
    let own = file.strip_prefix("labs/").and_then(|f| f.split_once('/')).map(|(lab, _)| lab);
    if own.is_none() && !["tui", "headless", "lessons", "classroom"].contains(&room_of(file)) {
        return Vec::new();
    }
    let led = paths(without_tests(source)).into_iter().filter_map(|path| ours(file, &path));
    led.filter(|p| p[0] == "labs" && p.get(1).is_some_and(|lab| labs.contains(lab) && own != Some(lab)))
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

/// What is wrong must be what is known to be wrong: no more, and no less.
fn assert_debts(kind: &str, found: &BTreeSet<String>, known: &BTreeSet<String>) {
    let new: Vec<&str> = found.difference(known).map(String::as_str).collect();
    let paid: Vec<&str> = known.difference(found).map(String::as_str).collect();
    assert!(new.is_empty(), "new {kind}:\n{}", new.join("\n"));
    assert!(paid.is_empty(), "{kind} that are paid: take them off the list:\n{}", paid.join("\n"));
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
        ("sim/queue.rs", "use crate::algorithms::hash;"),
        ("algorithms/hash.rs", "use crate::engine::Micros;"),
        ("algorithms/placement/ring.rs", "use super::super::super::labs::find;"),
        ("systems/quorum.rs", "use crate::labs::Lab;"),
        ("engine/model.rs", "use crate::{labs::{find}, engine::Input};"),
        ("engine/model.rs", "fn f() { crate::picture::to_text(b) }"),
        ("engine/mod.rs", "use super::headless::run;"),
        ("engine/mod.rs", "use crate::algorithms::hash::key_hash;"),
        ("picture/frame.rs", "use crate::labs::View;"),
        ("picture/frame/tests.rs", "use crate::settings::Settings;"),
        ("lessons/rules.rs", "use crate::picture::width;"),
        ("headless/measure.rs", "use crate::algorithms::threads::Program;"),
        ("tui/app.rs", "use crate::cli::Cli;"),
    ];
    for (file, source) in bad {
        assert_eq!(wrong_rooms(file, source).len(), 1, "{file}: {source}");
    }
    let good = [
        ("labs/mod.rs", "use crate::engine::Model; use crate::picture::Theme;"),
        ("algorithms/a.rs", "use crate::algorithms::hash::key_hash; use super::hash; use crate::sim::Time;"),
        ("engine/model.rs", "fn f() {}\n#[cfg(test)]\nmod tests { use crate::labs::find; }"),
    ];
    for (file, source) in good {
        assert!(wrong_rooms(file, source).is_empty(), "{file}: {source}");
    }
    let found = sources().into_iter().flat_map(|(file, source)| {
        wrong_rooms(&file, &source).into_iter().map(move |room| format!("{file} knows {room}"))
    });
    let known = IMPORT_DEBTS.iter().map(|(file, room)| format!("{file} knows {room}"));
    assert_debts("imports against the drawing", &found.collect(), &known.collect());
}

#[test]
fn models_know_no_screen() {
    let bad = [
        ("sim/network.rs", "use ratatui::layout::Rect;"),
        ("algorithms/hash.rs", "use ratatui::style::Color;"),
        ("engine/model.rs", "fn f(e: crossterm::event::Event) {}"),
        ("labs/ring/model.rs", "use ratatui::crossterm::event;"),
        ("labs/ring/panel.rs", "use ratatui::layout::Rect;"),
        ("labs/other/model/parts.rs", "use {ratatui::buffer::Buffer};"),
    ];
    for (file, source) in bad {
        assert_eq!(knows_a_screen(file, source).len(), 1, "{file}: {source}");
    }
    assert_none(&knows_a_screen("labs/ring/view.rs", "use ratatui::buffer::Buffer;"));
    assert_none(&knows_a_screen("labs/ring/view/circle.rs", "use ratatui::buffer::Buffer;"));
    assert_none(&knows_a_screen("labs/ring/model.rs", "// ratatui\nconst A: &str = \"crossterm\";"));
    check_all(knows_a_screen);
}

#[test]
fn labs_are_known_by_their_trait_only() {
    let two = BTreeSet::from(["ring".to_owned(), "bloom".to_owned()]);
    let bad = [
        ("tui/app.rs", "use crate::labs::ring::RingLab;"),
        ("headless/run.rs", "use crate::{labs::{self, ring}, engine};"),
        ("lessons/check.rs", "fn f() { crate::labs::ring::MAX }"),
        ("labs/ring/model.rs", "use crate::labs::bloom::BloomModel;"),
        ("labs/ring/model.rs", "use super::super::bloom::BloomModel;"),
    ];
    for (file, source) in bad {
        assert_eq!(names_a_lab(file, source, &two).len(), 1, "{file}: {source}");
    }
    assert_none(&names_a_lab("tui/app.rs", "use crate::labs::{OpenLab, REGISTRY};", &two));
    assert_none(&names_a_lab("labs/ring/view.rs", "use crate::labs::ring::model::RingModel; use super::model;", &two));
    assert_none(&names_a_lab("labs/mod.rs", "pub use ring::RingLab;", &two));
    let labs = labs(&sources());
    assert!(labs.contains("ring"), "{labs:?}");
    check_all(|file, source| names_a_lab(file, source, &labs));
}

#[test]
fn every_lab_has_the_same_files() {
    let files = sources();
    let partial = BTreeMap::from([("labs/odd/mod.rs".to_owned(), String::new())]);
    assert_eq!(labs(&partial), BTreeSet::from(["odd".to_owned()]));
    assert_eq!(missing_files("odd", &partial).len(), LAB_FILES.len() - 1);
    let found = labs(&files);
    assert_none(&found.iter().flat_map(|lab| missing_files(lab, &files)).collect::<Vec<_>>());
    let registered = code(&files["labs/mod.rs"]);
    for lab in &found {
        assert!(registered.contains(&format!("Registration::of::<{lab}::")), "labs/{lab} is not in the registry");
    }
}

#[test]
fn labs_keep_to_their_budget() {
    let files = sources();
    let lines = |lab: &str| {
        let own = files.iter().filter(|(file, _)| file.starts_with(&format!("labs/{lab}/")));
        own.map(|(_, source)| source.lines().count()).sum::<usize>()
    };
    assert!(lines("ring") > 500, "the test looks in the wrong place");
    for lab in labs(&files) {
        let debt = BUDGET_DEBTS.iter().find(|(name, _)| *name == lab).map(|(_, most)| *most);
        let (lines, most) = (lines(&lab), debt.unwrap_or(LAB_LINES));
        assert!(
            lines <= most,
            "labs/{lab} has {lines} lines, {most} at most: it holds a system, an algorithm or a widget"
        );
        assert!(debt.is_none() || lines + 100 > most, "labs/{lab} has only {lines} lines: lower its debt of {most}");
        assert!(debt.is_none() || lines > LAB_LINES, "labs/{lab} is within the budget: take it off the list");
    }
}

#[test]
fn files_know_each_other_in_one_direction() {
    let sample = |files: &[(&str, &str)]| {
        circles(&files.iter().map(|(file, source)| ((*file).to_owned(), (*source).to_owned())).collect())
    };
    let two = [
        ("labs/ring/mod.rs", "mod a; mod b;"),
        ("labs/ring/a.rs", "use super::b::B;"),
        ("labs/ring/b.rs", "fn f() { super::a::g() }"),
    ];
    assert_eq!(sample(&two), [BTreeSet::from(["labs/ring/a.rs".to_owned(), "labs/ring/b.rs".to_owned()])]);
    let exported = [
        ("labs/ring/mod.rs", "mod a; mod b; pub use b::B;"),
        ("labs/ring/a.rs", "use super::B;"),
        ("labs/ring/b.rs", "use crate::labs::ring::a::A;"),
    ];
    assert_eq!(sample(&exported).len(), 1, "what a folder hands on is still its child's");
    let one_way =
        [("labs/ring/mod.rs", "mod a; mod b;"), ("labs/ring/a.rs", "use super::b::B;"), ("labs/ring/b.rs", "")];
    assert_eq!(sample(&one_way).len(), 0);
    // A file and the files of its folder are one family.
    let family = [
        ("labs/ring/view.rs", "mod circle; fn f() { circle::draw() }"),
        ("labs/ring/view/circle.rs", "use super::Scene;"),
    ];
    assert_eq!(sample(&family).len(), 0);
    let names = |files: &BTreeSet<String>| files.iter().cloned().collect::<Vec<_>>().join(" ");
    let known = CIRCLE_DEBTS.iter().map(|files| names(&files.iter().map(|file| (*file).to_owned()).collect()));
    assert_debts("circles", &circles(&sources()).iter().map(names).collect(), &known.collect());
}

#[test]
fn no_file_holds_two_ideas() {
    assert!(too_long("a.rs", &"x\n".repeat(MOST_LINES)).is_none());
    assert!(too_long("a.rs", &"x\n".repeat(MOST_LINES + 1)).is_some());
    check_all(|file, source| too_long(file, source).into_iter().collect());
}
