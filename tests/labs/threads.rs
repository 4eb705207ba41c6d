//! The threads lab: commands and their refusals, facts, and its pictures.
#![expect(clippy::panic, reason = "a test says why it fails")]

use std::collections::BTreeMap;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use scalelab::engine::{Blank, Input, Setup};
use scalelab::labs::{Click, OpenLab, View, find};
use scalelab::picture::{Glyphs, Palette, Theme, to_text};
use serde_json::{Value, json};

fn open_with(inputs: &[(&str, &str)]) -> Result<Box<dyn OpenLab>, String> {
    let read = |text: &str| Input::read("given.txt", text.as_bytes(), Blank::Keep, |_, _| ()).map(Arc::new);
    let inputs: BTreeMap<String, Arc<Input>> =
        inputs.iter().map(|(name, text)| ((*name).to_owned(), read(text).unwrap_or_else(|e| panic!("{e}")))).collect();
    let Some(lab) = find("threads") else { panic!("no threads lab") };
    (lab.open)(Setup { seed: 7, inputs }).map_err(|e| e.to_string())
}

/// The lab after these commands, each settled.
fn lab(commands: &[&str]) -> Box<dyn OpenLab> {
    let mut lab = open_with(&[]).unwrap_or_else(|e| panic!("{e}"));
    give(lab.as_mut(), commands);
    lab
}

fn give(lab: &mut dyn OpenLab, commands: &[&str]) {
    for command in commands {
        lab.command(command).unwrap_or_else(|e| panic!("`{command}`: {e}"));
        lab.advance_to(lab.settled_at());
        assert_eq!(lab.broken(), Vec::<&str>::new(), "after `{command}`");
    }
}

fn fact(lab: &dyn OpenLab, name: &str) -> Value {
    lab.facts().get(name).cloned().unwrap_or_else(|| panic!("no fact {name}"))
}

fn told(lab: &dyn OpenLab) -> String {
    lab.story().0.iter().map(|e| e.text.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_scheduler_loses_an_update_and_takes_it_back() {
    let mut lab = lab(&["step A", "run B", "step A", "step A"]);
    assert_eq!(fact(lab.as_ref(), "vars"), json!({"counter": 1}));
    assert_eq!((fact(lab.as_ref(), "broken"), fact(lab.as_ref(), "lost_update")), (json!(true), json!(true)));
    assert!(told(lab.as_ref()).contains("`counter == 2` is false: counter = 1"), "{}", told(lab.as_ref()));
    give(lab.as_mut(), &["back", "back"]);
    assert_eq!((fact(lab.as_ref(), "broken"), fact(lab.as_ref(), "steps")), (json!(false), json!(4)));
    give(lab.as_mut(), &["restart", "run 1", "run 2"]);
    assert_eq!((fact(lab.as_ref(), "done"), fact(lab.as_ref(), "broken")), (json!(true), json!(false)));
}

#[test]
fn the_explorer_counts_and_plays() {
    let mut lab = lab(&["explore"]);
    for (name, value) in [
        ("schedules", json!(20)),
        ("bad_schedules", json!(18)),
        ("bad_share", json!(0.9)),
        ("theory_schedules", json!(20.0)),
        ("classes", json!(4)),
        ("shortest_break", json!(6)),
        ("breakable", json!(true)),
        ("proven", json!(false)),
        ("outcomes", json!(2)),
    ] {
        assert_eq!(fact(lab.as_ref(), name), value, "{name}");
    }
    assert!(fact(lab.as_ref(), "states_reduced").as_u64() <= fact(lab.as_ref(), "states_visited").as_u64());
    give(lab.as_mut(), &["play break"]);
    assert_eq!(fact(lab.as_ref(), "broken"), json!(true));
    give(lab.as_mut(), &["play good"]);
    assert_eq!((fact(lab.as_ref(), "done"), fact(lab.as_ref(), "broken")), (json!(true), json!(false)));
    give(lab.as_mut(), &["grain shared", "explore"]);
    assert_eq!((fact(lab.as_ref(), "schedules"), fact(lab.as_ref(), "bad_schedules")), (json!(6), json!(4)));
    give(lab.as_mut(), &["fix", "explore"]);
    assert_eq!((fact(lab.as_ref(), "proven"), fact(lab.as_ref(), "schedules")), (json!(true), json!(2)));
}

#[test]
fn every_result_that_is_offered_can_be_played() {
    let names: Vec<String> = lab(&[]).complete("load ");
    assert!(names.len() >= 32, "{names:?}");
    for name in names {
        let mut lab = lab(&[&format!("load {name}"), "explore"]);
        let results = lab.complete("play ");
        assert!(!results.is_empty(), "{name}");
        for result in results {
            give(lab.as_mut(), &[&format!("play {result}")]);
            let broken = fact(lab.as_ref(), "broken");
            match result.as_str() {
                "good" => assert_eq!(broken, json!(false), "{name}"),
                "deadlock" => assert_eq!(fact(lab.as_ref(), "deadlocked"), json!(true), "{name}"),
                "assertion" | "overlap" | "invariant" | "final" | "fault" => assert_eq!(broken, json!(true), "{name}"),
                "lost-update" => assert_eq!(fact(lab.as_ref(), "lost_update"), json!(true), "{name}"),
                _ => {}
            }
        }
    }
}

#[test]
fn what_cannot_be_done_is_refused_with_a_reason() {
    for (before, line, words) in [
        (vec!["load nested-locks", "step A", "step B"], "step A", "right is held by B"),
        (vec!["load nested-locks", "step A", "step B"], "run B", "no thread can"),
        (vec!["load self-lock", "step A"], "step A", "m is held by itself"),
        (vec!["load event"], "step Worker", "ready is not set: choose one that can: Boss"),
        (vec!["run A"], "step A", "A is done"),
        (vec!["load semaphore", "step B"], "step C", "no permit left"),
        (vec!["load countdown"], "step Boss", "left is at 2"),
        (vec!["load barrier", "run A"], "step A", "1 of 2 have come to meet"),
        (vec![], "step Z", "there is no thread 'Z': the threads are A, B"),
        (vec![], "back", "no step was taken"),
        (vec![], "play break", "run `explore` first"),
        (vec!["explore"], "play deadlock", "no schedule leads to 'deadlock'"),
        (vec![], "load nonsense", "there is no program 'nonsense'"),
        (vec!["fix"], "fix", "no fixed twin"),
        (vec![], "load own", "--program FILE"),
        (vec![], "insert 6 'finally counter == 3'", "'finally' does not stand inside a thread"),
        (vec![], "explore --bound 0", "the bound must be a whole number from 1 to 3,000,000, not '0'"),
        (vec![], "explore --bound 99999999999", "from 1 to 3,000,000"),
        (vec![], "sample 0", "runs must be a whole number from 1 to 100,000"),
        (vec![], "sample NaN", "not 'NaN'"),
        (vec![], "sample -1", "not '-1'"),
        (vec![], "run A --steps 0", "steps must be a whole number from 1 to 2,000"),
        (vec![], "run A --steps 9223372036854775808", "from 1 to 2,000"),
        (vec![], "insert 99 'skip'", "the lines are 1 to"),
        (vec![], "delete 0", "the line must be a whole number from 1"),
        (vec![], "replace 6 'counter ++'", "line 6, column"),
        (vec![], "delete 3", "'counter' is no shared variable"),
    ] {
        let mut lab = lab(&before);
        let facts = lab.facts();
        let Err(error) = lab.command(line) else { panic!("`{line}` was accepted") };
        assert!(error.to_string().contains(words), "`{line}`: {error}");
        assert_eq!(lab.facts(), facts, "`{line}` changed something");
    }
}

#[test]
fn an_explosion_of_states_ends_at_the_bound() {
    let text = "shared x\nthread A, B, C, D { repeat 100 { x += 1 } }\nfinally x <= 400\n";
    let mut lab = open_with(&[("program", text)]).unwrap_or_else(|e| panic!("{e}"));
    give(lab.as_mut(), &["explore --bound 3000"]);
    assert_eq!((fact(lab.as_ref(), "finished"), fact(lab.as_ref(), "proven")), (json!(false), json!(false)));
    assert_eq!((fact(lab.as_ref(), "schedules"), fact(lab.as_ref(), "safe")), (json!(null), json!(null)));
    assert!(told(lab.as_ref()).contains("Not finished: "), "{}", told(lab.as_ref()));
    // The same command again goes on, and comes to the same as one with a larger bound.
    let first = fact(lab.as_ref(), "states_visited").as_u64();
    give(lab.as_mut(), &["explore --bound 6000"]);
    assert!(fact(lab.as_ref(), "states_visited").as_u64() > first);
    let mut once = open_with(&[("program", text)]).unwrap_or_else(|e| panic!("{e}"));
    give(once.as_mut(), &["explore --bound 6000"]);
    assert_eq!(once.facts(), lab.facts());
    // A program that never ends can be run, sampled and explored all the same.
    let mut endless =
        open_with(&[("program", "shared x\nthread A { loop { x = 1 - x } }")]).unwrap_or_else(|e| panic!("{e}"));
    give(endless.as_mut(), &["run A --steps 50", "sample 3", "explore"]);
    assert_eq!((fact(endless.as_ref(), "finished"), fact(endless.as_ref(), "steps")), (json!(true), json!(50)));
    endless.advance_to(endless.now() + 10_000_000_000);
    assert_eq!(fact(endless.as_ref(), "steps"), json!(2_000));
}

#[test]
fn own_programs_and_measurements_are_inputs() {
    let own = "program \"Mine\"\nshared x\nthread One { x = 1 }\n";
    let mut lab = open_with(&[("program", own)]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(fact(lab.as_ref(), "program"), json!("given.txt"));
    give(lab.as_mut(), &["load peterson", "load own", "run One"]);
    assert_eq!(fact(lab.as_ref(), "vars"), json!({"x": 1}));
    let Err(error) = open_with(&[("program", "thread A {\n  x = 1\n}\n")]) else { panic!("accepted") };
    assert!(error.contains("given.txt, line 2, column 3: there is no variable 'x'"), "{error}");
    let measured = "threads = 2\nadds = 1\nrounds = 10\nprocessors = 2\nfinals = [[1, 3], [2, 7]]\n";
    let lab = open_with(&[("measured", measured)]).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(fact(lab.as_ref(), "measured_lost"), json!(0.3));
    let model = fact(lab.as_ref(), "model_lost").as_f64().unwrap_or_default();
    assert!((model - 4.0 / 6.0).abs() < 1e-9, "{model}");
    for bad in ["threads = 2", "x", &measured.replace("[2, 7]", "[2, 8]"), &measured.replace("[2, 7]", "[9, 7]")] {
        let Err(error) = open_with(&[("measured", bad)]) else { panic!("accepted: {bad}") };
        assert!(error.contains("scalelab measure"), "{error}");
    }
}

#[test]
fn the_clock_is_a_random_scheduler() {
    let run = |seed: u64| {
        let Some(lab) = find("threads") else { panic!("no threads lab") };
        let mut lab = (lab.open)(Setup::seeded(seed)).unwrap_or_else(|e| panic!("{e}"));
        lab.advance_to(60_000_000);
        assert_eq!(fact(lab.as_ref(), "done"), json!(true));
        told(lab.as_ref())
    };
    assert_eq!(run(7), run(7));
    assert!((0..8).any(|seed| run(seed) != run(7)), "the seed decides");
}

fn picture(lab: &dyn OpenLab, view: usize, (width, height): (u16, u16), theme: Theme) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    lab.render(&View { index: view, ..View::new(theme) }, &[(":".to_owned(), "command".to_owned())], area, &mut buf);
    buf
}

const MONO: Theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Unicode };

/// For each view a state in which it has something to show.
const SHOWN: [(&str, &[&str]); 5] = [
    ("code", &["explore", "step A", "step A", "step B"]),
    ("waits", &["load philosophers", "step P0", "step P1", "step P2"]),
    ("time", &["step A", "run B", "step A", "step A"]),
    ("tree", &["explore", "step A"]),
    ("outcomes", &["load three-counters", "explore"]),
];

#[test]
fn every_view_without_colour() {
    for (view, (name, commands)) in SHOWN.iter().enumerate() {
        let lab = lab(commands);
        for (width, height) in [(80, 24), (120, 36)] {
            let text = to_text(&picture(lab.as_ref(), view, (width, height), MONO));
            insta::assert_snapshot!(format!("threads_{name}_{width}x{height}"), text);
        }
    }
}

#[test]
fn any_size_and_any_program_is_drawn() {
    let names: Vec<String> = lab(&[]).complete("load ");
    for name in names {
        let mut lab = lab(&[&format!("load {name}")]);
        // In some programs the first thread has to wait at once.
        let _ = lab.command("run 1 --steps 2");
        give(lab.as_mut(), &["explore --bound 20000"]);
        for size in [(0, 0), (1, 1), (59, 18), (60, 18), (80, 24), (200, 60), (300, 20)] {
            for view in 0..SHOWN.len() {
                for palette in [Palette::Dark, Palette::Mono] {
                    let ascii = Theme { palette, glyphs: Glyphs::Ascii };
                    let text = to_text(&picture(lab.as_ref(), view, size, ascii));
                    assert!(text.is_ascii(), "{name}, view {view}\n{text}");
                }
            }
        }
    }
}

#[test]
fn a_click_is_a_command_that_the_lab_knows() {
    for (view, (name, commands)) in SHOWN.iter().enumerate() {
        let mut clicks = Vec::new();
        let open = lab(commands);
        for y in 0..24 {
            for x in 0..52 {
                let shown = View { index: view, ..View::new(MONO) };
                if let Click::Command(line) = open.click(&shown, &[], Rect::new(0, 0, 80, 24), x, y) {
                    clicks.push(line);
                }
            }
        }
        clicks.sort();
        clicks.dedup();
        assert!(!clicks.is_empty(), "{name}: nothing to click");
        for line in clicks {
            if let Err(error) = lab(commands).command(&line) {
                // A click on a thread that waits, or is done, says so.
                let text = error.to_string();
                assert!(text.contains("cannot go on") || text.contains("is done"), "{name}: `{line}`: {text}");
            }
        }
    }
}

/// A program's claims and its work, as the lessons ask for them.
fn kept(commands: &[&str]) -> (Value, Value) {
    let lab = lab(commands);
    (fact(lab.as_ref(), "claims_kept"), fact(lab.as_ref(), "work_kept"))
}

#[test]
fn whoever_takes_out_a_claim_or_a_job_has_mended_nothing() {
    for cheat in [
        ["load lost-update", "delete 9"],
        ["load lost-update", "replace 9 'finally counter <= 2'"],
        ["load flag", "delete 8"],
        ["load check-then-act", "delete 13"],
        ["load insufficient-lock", "replace 16 'skip'"],
    ] {
        assert_eq!(kept(&cheat).0, json!(false), "{cheat:?}");
    }
    for cheat in [["load lost-update", "replace 6 'counter = 2'"], ["load check-then-act", "replace 10 'skip'"]] {
        assert_eq!(kept(&cheat), (json!(true), json!(false)), "{cheat:?}");
    }
    let both = (json!(true), json!(true));
    assert_eq!(kept(&["load lost-update", "insert 3 'mutex m'", "replace 7 'with m { counter += 1 }'"]), both);
    assert_eq!(
        kept(&["load lost-update", "replace 6 'while not cas(counter, 0, 1) and not cas(counter, 1, 2) { }'"]),
        both
    );
    assert_eq!(kept(&["load flag", "replace 6 'while not cas(busy, 0, 1) { }'", "delete 7"]), both);
    assert_eq!(kept(&["load wrong-waiter", "replace 10 'pulse_all m'"]), both);
    assert_eq!(kept(&["load condition-if", "replace 9 'while items == 0 { wait more m }'"]), both);
    let lab = lab(&["load lost-update", "delete 9", "explore"]);
    assert!(told(lab.as_ref()).contains("Not all claims"), "{}", told(lab.as_ref()));
}

#[test]
fn the_explorer_does_not_contradict_itself() {
    for (program, words, not) in [
        ("shared x\nthread A, B { x += 1 }", "Nothing to prove", "Proven"),
        ("shared x\nthread A, B { x += 1 }", "90.0 % of the schedules lose an update", "Proven"),
        ("shared x\nthread A { loop { x = 1 - x } }\nalways x < 2", "No schedule comes to an end", "there are 0"),
        ("mutex m\nthread A { unlock m }", "A unlocked m without holding it", "misused lock or number:"),
    ] {
        let mut lab = open_with(&[("program", program)]).unwrap_or_else(|e| panic!("{e}"));
        give(lab.as_mut(), &["explore"]);
        if fact(lab.as_ref(), "breakable") == json!(true) {
            give(lab.as_mut(), &["play break"]);
        }
        let told = told(lab.as_ref());
        assert!(told.contains(words) && !told.contains(not), "{program}\n{told}");
    }
    for name in ["two-flags", "polite"] {
        let lab = lab(&[&format!("load {name}"), "explore"]);
        let (told, found) = (told(lab.as_ref()), fact(lab.as_ref(), "found"));
        assert!(!told.contains("none of them breaks"), "{told}");
        assert!(found.as_array().is_some_and(|f| !f.is_empty()), "{name}: {found}");
        assert_eq!(fact(lab.as_ref(), "bad_schedules"), json!(null), "{name}");
    }
}

#[test]
fn what_is_played_has_settled_when_it_is_shown() {
    for name in ["philosophers", "bounded-buffer"] {
        let lab = lab(&[&format!("load {name}"), "explore", "play deadlock"]);
        assert_eq!(fact(lab.as_ref(), "deadlocked"), json!(true));
        let area = Rect::new(0, 0, 100, 30);
        let drawn = |motion: bool| {
            let mut buf = Buffer::empty(area);
            let view = View { index: 1, motion, ..View::new(MONO) };
            lab.render(&view, &[], area, &mut buf);
            to_text(&buf)
        };
        assert_eq!(drawn(true), drawn(false), "{name}");
    }
}

#[test]
fn claims_and_line_numbers_are_in_sight() {
    let text = to_text(&picture(lab(&[]).as_ref(), 0, (80, 24), MONO));
    assert!(text.contains("9 finally counter == 2") && text.contains("3 shared counter = 0"), "{text}");
    assert!(text.contains("6 counter += 1"), "{text}");
    let own = "program \"Mine\"\nshared a\nthread One { repeat 2 {\n  a += 1\n} }\nalways a < 3\n";
    let lab = open_with(&[("program", own)]).unwrap_or_else(|e| panic!("{e}"));
    let text = to_text(&picture(lab.as_ref(), 0, (100, 30), MONO));
    assert!(text.contains("repeat 2 {") && text.contains("6 always a < 3"), "{text}");
    assert!(text.contains("Mine. Press `a` for a step of One") || text.contains("Mine. Press a for a step"), "{text}");
}

#[test]
fn waits_begin_where_they_began_and_nothing_is_cut() {
    let waits = lab(&["load philosophers", "step P0", "step P1", "step P2"]);
    let text = to_text(&picture(waits.as_ref(), 2, (100, 30), MONO));
    let places: Vec<usize> = text.lines().filter_map(|l| l.find("‖ waits")).collect();
    assert!(places.len() == 3 && places[0] < places[2], "{text}");
    let broken = lab(&["load condition-if", "explore", "play break"]);
    let text = to_text(&picture(broken.as_ref(), 2, (80, 24), MONO));
    assert!(text.contains("w-1") && text.contains("Lm lock m"), "{text}");
}

#[test]
fn the_page_about_the_language_is_true() {
    let page = include_str!("../../docs/programs.md");
    let mut seen = 0;
    for block in page.split("```program ").skip(1) {
        let (kind, rest) = block.split_once('\n').unwrap_or_default();
        let program = rest.split("```").next().unwrap_or_default();
        let opened = open_with(&[("program", program)]);
        seen += 1;
        if let Some(place) = kind.strip_prefix("error ") {
            let Err(error) = opened else { panic!("it is read: {program}") };
            assert!(error.contains(place) && error.contains("docs/programs.md"), "{error}");
            continue;
        }
        let mut lab = opened.unwrap_or_else(|e| panic!("{e}\n{program}"));
        give(lab.as_mut(), &["explore"]);
        assert_eq!(fact(lab.as_ref(), "proven"), json!(kind == "proven"), "{program}");
        assert_eq!(fact(lab.as_ref(), "breakable"), json!(kind == "broken"), "{program}");
    }
    assert!(seen >= 7, "{seen}");
    // Every word that an error message offers is on the page.
    let Err(outside) = open_with(&[("program", "x")]) else { panic!("accepted") };
    let Err(inside) = open_with(&[("program", "thread A {\n  == 1\n}")]) else { panic!("accepted") };
    for message in [outside, inside] {
        assert!(!message.contains('…'), "{message}");
        let words = message.rsplit_once("begin").map_or("", |(_, words)| words).split(';').next().unwrap_or_default();
        for word in words.split([',', ' ']).filter(|w| w.len() > 2 && !["with", "variable"].contains(w)) {
            assert!(page.contains(&format!("`{word}")) || page.contains(&format!("`reentrant {word}")), "{word}");
        }
    }
}
