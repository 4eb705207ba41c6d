//! Each lab's `scenarios.toml`: commands and what is true after them, lines that are refused, pictures to keep.
//!
//! Every command settles before the next, as in `scalelab run`. A refused line changes nothing.
#![expect(clippy::panic, reason = "a test says why it fails")]

use std::path::Path;

use scalelab::engine::{Expectation, Setup};
use scalelab::headless::snapshot::draw;
use scalelab::labs::{DEFAULT_SEED, OpenLab, View, find};
use scalelab::picture::{Glyphs, Palette, Theme, to_text};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenarios {
    #[serde(default)]
    scenario: Vec<Scenario>,
    #[serde(default)]
    refusal: Vec<Refusal>,
    #[serde(default)]
    picture: Vec<Picture>,
}

/// Commands, and what is true and told after them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    seed: Option<u64>,
    run: Vec<String>,
    /// Expressions (CEL) over the facts.
    #[serde(default)]
    expect: Vec<String>,
    /// Parts of sentences.
    #[serde(default)]
    says: Vec<String>,
    #[serde(default)]
    never_says: Vec<String>,
}

/// A line that is refused after these commands, and a part of why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    #[serde(default)]
    run: Vec<String>,
    line: String,
    says: String,
}

/// A picture to keep: of each of these views, at each of these sizes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Picture {
    name: String,
    run: Vec<String>,
    views: Vec<usize>,
    sizes: Vec<String>,
}

/// The lab after these commands.
fn after(lab: &str, seed: Option<u64>, commands: &[String]) -> Box<dyn OpenLab> {
    let Some(registration) = find(lab) else { panic!("there is no lab {lab}") };
    let setup = Setup::seeded(seed.unwrap_or(DEFAULT_SEED));
    let mut open = (registration.open)(setup).unwrap_or_else(|e| panic!("{lab}: {e}"));
    for command in commands {
        open.command(command).unwrap_or_else(|e| panic!("{lab}: `{command}`: {e}"));
        open.settle();
        assert_eq!(open.broken(), [""; 0], "{lab}: after `{command}`");
    }
    open
}

fn told(lab: &dyn OpenLab) -> String {
    lab.story().0.iter().map(|event| format!("{}\n", event.text)).collect()
}

fn play(lab: &str, scenario: &Scenario) {
    let open = after(lab, scenario.seed, &scenario.run);
    let (facts, told) = (open.facts(), told(open.as_ref()));
    assert!(!scenario.expect.is_empty() || !scenario.says.is_empty(), "{lab}: {:?} expects nothing", scenario.run);
    for expression in &scenario.expect {
        let verdict = Expectation::compile(expression).and_then(|expectation| expectation.judge(&facts));
        let verdict = verdict.unwrap_or_else(|e| panic!("{lab}: {:?}: {e}", scenario.run));
        assert!(verdict.holds, "{lab}: {:?}: `{expression}`: {:?}\n{told}", scenario.run, verdict.seen);
    }
    for part in &scenario.says {
        assert!(told.contains(part), "{lab}: {:?}: no '{part}' in\n{told}", scenario.run);
    }
    for part in &scenario.never_says {
        assert!(!told.contains(part), "{lab}: {:?}: '{part}' in\n{told}", scenario.run);
    }
}

fn refuse(lab: &str, refusal: &Refusal) {
    let mut open = after(lab, None, &refusal.run);
    let before = (open.facts(), told(open.as_ref()), open.commands());
    match open.command(&refusal.line) {
        Ok(_) => panic!("{lab}: `{}` is taken", refusal.line),
        Err(error) => {
            assert!(error.to_string().contains(&refusal.says), "{lab}: `{}` says: {error}", refusal.line);
        }
    }
    assert_eq!((open.facts(), told(open.as_ref()), open.commands()), before, "{lab}: `{}`", refusal.line);
}

fn keep(lab: &str, picture: &Picture) {
    let open = after(lab, None, &picture.run);
    for size in &picture.sizes {
        let sides = size.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
        let Some(sides) = sides else { panic!("{lab}: {}: '{size}' is not a size such as 80x24", picture.name) };
        for view in &picture.views {
            let theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Unicode };
            let looks = View { index: view - 1, ..View::new(theme) };
            let text = to_text(&draw(open.as_ref(), &looks, sides));
            insta::assert_snapshot!(format!("{lab}_{}_{size}_view_{view}", picture.name), text);
        }
    }
}

fn scenarios(lab: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/labs").join(lab).join("scenarios.toml");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let all: Scenarios = toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    assert!(!all.scenario.is_empty() && !all.refusal.is_empty(), "{lab}: scenarios and refusals are due");
    all.scenario.iter().for_each(|scenario| play(lab, scenario));
    all.refusal.iter().for_each(|refusal| refuse(lab, refusal));
    all.picture.iter().for_each(|picture| keep(lab, picture));
}

per_lab!(scenarios);
