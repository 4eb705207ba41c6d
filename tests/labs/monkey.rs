//! A monkey at the keyboard of every lab: no panic, same seed same bytes, back is back, no property broken.
#![expect(clippy::panic, reason = "a test says why it fails")]

use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;
use scalelab::engine::Setup;
use scalelab::labs::{REGISTRY, Registration};
use scalelab::lessons::Library;
use scalelab::settings::{ConfigFile, Looks, Settings};
use scalelab::tui::{App, Learning, Opening};

#[derive(Clone, Debug)]
enum Act {
    Event(Event),
    Frame(u64),
    Draw(u16, u16),
    /// A line given in the palette: a command's name, perhaps, and some words.
    Line(usize, String),
}

fn key() -> impl Strategy<Value = KeyCode> {
    prop_oneof![
        6 => proptest::char::range(' ', '~').prop_map(KeyCode::Char),
        1 => any::<char>().prop_map(KeyCode::Char),
        4 => proptest::sample::select(vec![
            KeyCode::Enter, KeyCode::Esc, KeyCode::Left, KeyCode::Right, KeyCode::Up, KeyCode::Down, KeyCode::Home,
            KeyCode::End, KeyCode::Tab, KeyCode::BackTab, KeyCode::PageUp, KeyCode::PageDown, KeyCode::Backspace,
            KeyCode::Delete, KeyCode::F(1),
        ]),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let mouse = (0_u16..220, 0_u16..70, 0_usize..5).prop_map(|(column, row, kind)| {
        let kinds = [
            MouseEventKind::Down(MouseButton::Left),
            MouseEventKind::Drag(MouseButton::Left),
            MouseEventKind::ScrollUp,
            MouseEventKind::ScrollDown,
            MouseEventKind::Moved,
        ];
        Act::Event(Event::Mouse(MouseEvent { kind: kinds[kind], column, row, modifiers: KeyModifiers::NONE }))
    });
    prop_oneof![
        8 => key().prop_map(|code| Act::Event(Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))),
        3 => mouse,
        1 => ".{0,30}".prop_map(|text| Act::Event(Event::Paste(text))),
        3 => (0_u64..2_000_000).prop_map(Act::Frame),
        3 => (0_u16..210, 0_u16..65).prop_map(|(w, h)| Act::Draw(w, h)),
        4 => (any::<usize>(), proptest::sample::select(vec![
            "", "node-a", "node-z", "1", "2", "0", "-1", "50", "1.2", "ring", "modulo", "99999999999", "'", "--weight 2",
            "node-q --weight 0", "0.001", "1e-14", "5e-324", "1e308", "NaN", "inf", "-inf", "-0", "18446744073709551616",
            "9223372036854775808", "1,000", "5%", "0x10",
        ])).prop_map(|(i, rest)| Act::Line(i, rest.to_owned())),
    ]
}

/// A lesson with every kind of step.
const LESSON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lessons_valid/01-all");

/// The app in a lab; after the last one, in a lesson; after that, at home.
fn open_app(start: usize) -> App {
    let settings = Settings::new(&ConfigFile::default(), &Looks::default(), |_| None).unwrap_or_else(|e| panic!("{e}"));
    if let Some(registration) = REGISTRY.get(start) {
        let open = (registration.open)(Setup::seeded(7)).unwrap_or_else(|e| panic!("{e}"));
        return App::new(Some(open), settings);
    }
    let library = Library::from_folder(Path::new(LESSON)).unwrap_or_else(|e| panic!("{e}"));
    let mut app = App::new(None, settings).with_learning(move || Learning::new(library.clone(), None));
    if start == REGISTRY.len() {
        app.open_lesson("every-kind", Opening::Resume).unwrap_or_else(|e| panic!("{e}"));
    }
    app
}

/// Does it all in a fresh app, and gives every picture.
fn perform(start: usize, acts: &[Act]) -> (Vec<Buffer>, Option<serde_json::Value>) {
    let definition = REGISTRY[start % REGISTRY.len()].definition;
    let names: Vec<String> = definition().get_subcommands().map(|c| c.get_name().to_owned()).collect();
    let mut app = open_app(start);
    let press = |app: &mut App, code| app.handle(&Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    let mut pictures = Vec::new();
    for act in acts {
        match act {
            Act::Event(event) => app.handle(event),
            Act::Frame(us) => app.frame(*us),
            Act::Draw(width, height) => {
                let area = Rect::new(0, 0, *width, *height);
                let mut buf = Buffer::empty(area);
                app.draw(area, &mut buf);
                pictures.push(buf);
            }
            Act::Line(index, rest) => {
                press(&mut app, KeyCode::Char(':'));
                app.handle(&Event::Paste(format!("{} {rest}", names[index % names.len()])));
                press(&mut app, KeyCode::Enter);
                press(&mut app, KeyCode::Esc);
            }
        }
        if let Some(lab) = app.lab() {
            assert_eq!(lab.broken(), [""; 0], "after {act:?}");
        }
    }
    (pictures, app.lab().map(|lab| lab.facts()))
}

/// Where a monkey begins: in a lab, in a lesson with every kind of step, or at home.
fn monkey(start: usize, cases: u32) {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new(config);
    let acts = proptest::collection::vec(act(), 1..40);
    let outcome = runner.run(&acts, |acts| {
        prop_assert!(perform(start, &acts) == perform(start, &acts), "same seed and events, other bytes");
        Ok(())
    });
    outcome.unwrap_or_else(|e| panic!("{e}"));
}

/// A monkey breaks nothing, is repeatable, and back is back.
fn monkeys(lab: &str) {
    let Some(start) = REGISTRY.iter().position(|r| r.info.name == lab) else { panic!("there is no lab {lab}") };
    monkey(start, 12);
    back_is_back(&REGISTRY[start]);
}

per_lab!(monkeys);

#[test]
fn monkeys_in_a_lesson_and_at_home() {
    monkey(REGISTRY.len(), 12);
    monkey(REGISTRY.len() + 1, 12);
}

fn back_is_back(registration: &Registration) {
    let config = ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() };
    let names: Vec<String> = (registration.definition)().get_subcommands().map(|c| c.get_name().to_owned()).collect();
    let picks = proptest::collection::vec(any::<usize>(), 1..8);
    let outcome = TestRunner::new(config).run(&picks, |picks| {
        let mut open = (registration.open)(Setup::seeded(7)).unwrap_or_else(|e| panic!("{e}"));
        let mut seen = vec![open.facts()];
        for pick in picks {
            let before = open.commands().0;
            for rest in ["", " 2", " node-a", " new-node"] {
                let _ = open.command(&format!("{}{rest}", names[pick % names.len()]));
                if open.commands().0 > before {
                    break;
                }
            }
            if open.commands().0 > before {
                seen.push(open.facts());
            }
        }
        while let Some(facts) = seen.pop() {
            prop_assert_eq!(open.facts(), facts);
            open.back();
        }
        Ok(())
    });
    outcome.unwrap_or_else(|e| panic!("{}: {e}", registration.info.name));
}
