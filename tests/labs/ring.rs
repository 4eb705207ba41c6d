//! The ring lab: what it refuses, and that its sentences count as people do.
#![expect(clippy::panic, reason = "a test says why it fails")]

use std::collections::BTreeSet;
use std::sync::Arc;

use ratatui::layout::Rect;
use scalelab::engine::interrupt::Interrupt;
use scalelab::engine::{Blank, Input, Setup};
use scalelab::labs::{Click, OpenLab, View, find};
use scalelab::picture::{Glyphs, Palette, Theme};

fn open(lab: &str, keys: Option<&str>) -> Box<dyn OpenLab> {
    let input = keys.map(|text| {
        let input = Input::read("keys.txt", text.as_bytes(), Blank::Skip, |_, _| ());
        ("keys".to_owned(), Arc::new(input.unwrap_or_else(|e| panic!("{e}"))))
    });
    let setup = Setup { seed: 7, inputs: input.into_iter().collect() };
    let Some(lab) = find(lab) else { panic!("no such lab") };
    (lab.open)(setup).unwrap_or_else(|e| panic!("{e}"))
}

fn run(lab: &mut dyn OpenLab, lines: &[&str]) -> String {
    for line in lines {
        lab.command(line).unwrap_or_else(|e| panic!("`{line}`: {e}"));
    }
    lab.story().0.iter().map(|e| e.text.clone()).collect::<Vec<_>>().join("\n")
}

#[test]
fn arguments_are_refused_outside_of_their_range() {
    let weight = "the weight must be a whole number from 1 to 1,000, not ";
    let vnodes = "virtual nodes must be a whole number from 1 to 10,000, not ";
    let copies = "copies of each key must be a whole number from 1 to 1,000, not ";
    let keys = "the number of keys must be a whole number from 1 to 10,000,000, not ";
    let zipf = "the exponent of Zipf's law must be a number from 0 to 4, not ";
    let bound = "the bound must be a number from 1.01 to 100, not ";
    let wholes =
        ["0", "-1", "1.5", "NaN", "inf", "1e308", "5e-324", "9223372036854775808", "18446744073709551616", "x"];
    let numbers = ["-1", "NaN", "inf", "-inf", "1e308", "9223372036854775808", "x", "1,2"];
    let refused = |lab: &mut dyn OpenLab, line: String, words: String| {
        let error = lab.command(&line).err().map(|e| e.to_string()).unwrap_or_default();
        assert_eq!(error, words, "{line}");
    };
    let mut lab = open("ring", None);
    let before = lab.facts();
    for text in wholes {
        for (line, words) in [("add x --weight", weight), ("vnodes", vnodes), ("replicas", copies), ("keys", keys)] {
            refused(lab.as_mut(), format!("{line} {text}"), format!("{words}'{text}'"));
        }
    }
    for text in numbers {
        for (line, words) in [("zipf", zipf), ("bound", bound)] {
            refused(lab.as_mut(), format!("{line} {text}"), format!("{words}'{text}'"));
        }
    }
    refused(lab.as_mut(), "zipf 50%".into(), format!("{zipf}'50%': write 0.5"));
    refused(lab.as_mut(), "bound 125%".into(), format!("{bound}'125%': write 1.25"));
    assert_eq!(lab.facts(), before);
    for line in [
        "add a --weight 1000",
        "vnodes 1",
        "vnodes 2",
        "replicas 1000",
        "keys 1",
        "zipf 0",
        "zipf 4",
        "bound 1.01",
        "bound 100",
    ] {
        run(lab.as_mut(), &[line]);
    }
    // Each in its range, and too much together.
    let error = lab.command("vnodes 10000").err().map(|e| e.to_string()).unwrap_or_default();
    assert!(error.starts_with("the ring would have 10,030,000 virtual nodes; at most 2,000,000 fit"), "{error}");
}

#[test]
fn lines_that_are_no_commands_are_refused_in_plain_words() {
    let cases = [
        ("ad node-d", "there is no command 'ad': did you mean"),
        ("add", "`add` needs NEW_NODE: its form is `add NEW_NODE`, with the option `--weight W`"),
        ("add x --wieght 2", "`add` has no option '--wieght': did you mean '--weight'?"),
        ("add x y", "`add` does not take 'y'"),
        ("strategy rings", "'rings' is not a strategy: did you mean 'ring'? choose ring, modulo, jump"),
        ("vnodes", "`vnodes` needs N: its form is `vnodes N`"),
        ("compare", "`compare` needs STRATEGY"),
    ];
    let mut lab = open("ring", None);
    for (line, words) in cases {
        let error = lab.command(line).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains(words), "`{line}`: {error}");
    }
}

#[test]
fn sentences_count_as_people_do() {
    let one_key: (Option<&str>, &'static [&'static str]) = (Some("ada\n"), &[]);
    type Case = ((Option<&'static str>, &'static [&'static str]), &'static str);
    let cases: [Case; 12] = [
        ((one_key.0, &["add node-d", "remove node-a", "remove node-b", "remove node-c"]), "of 1 key"),
        (
            (one_key.0, &["remove node-a", "remove node-b", "remove node-c"]),
            "The only key is unavailable: there is no node.",
        ),
        ((one_key.0, &["fail node-a", "fail node-b", "fail node-c"]), "1 key is unavailable: its only copy is on"),
        (
            (
                one_key.0,
                &["fail node-a", "fail node-b", "fail node-c", "recover node-a", "recover node-b", "recover node-c"],
            ),
            "1 key is served again.",
        ),
        ((one_key.0, &["zipf 1"]), "Traffic over 1 key follows Zipf's law"),
        ((None, &["keys 1"]), "1 key of the built-in set is placed again."),
        ((Some("a\nb\na\n"), &["zipf 0"]), "1 line repeats an earlier key; it is kept and counted."),
        ((None, &["vnodes 1"]), "Each node has 1 virtual node on the ring per unit of weight"),
        ((None, &["remove node-a", "remove node-b", "remove node-c", "zipf 1"]), "No node serves any key now."),
        (
            (None, &["remove node-a", "remove node-b", "replicas 3"]),
            "on 3 nodes; there is only one, so it is on that one.",
        ),
        ((None, &["remove node-a", "remove node-b", "remove node-c", "replicas 3"]), "on 3 nodes; there is none."),
        ((None, &["keys 1", "fail node-a", "fail node-b", "inspect node-c"]), "serves "),
    ];
    for ((keys, lines), words) in cases {
        let said = run(open("ring", keys).as_mut(), lines);
        assert!(said.contains(words), "no `{words}` after {lines:?}: {said}");
        assert_plain(&said);
    }
}

/// No `1 keys`, no `0 keys`, no share that reads as nothing.
fn assert_plain(said: &str) {
    let words: Vec<&str> = said.split_whitespace().collect();
    for pair in words.windows(2) {
        let one_of_many = pair[0] == "1" && pair[1].trim_end_matches(['.', ',', ';', ':']).ends_with('s');
        let nothing =
            pair[0] == "0" && ["key", "keys", "node", "nodes"].contains(&pair[1].trim_end_matches(['.', ',', ';']));
        let fine = ["is", "was", "has", "times", "serves"].contains(&pair[1]);
        assert!((!one_of_many && !nothing) || fine, "`{} {}` in: {said}", pair[0], pair[1]);
    }
    assert!(!said.contains("0.00 %"), "{said}");
}

#[test]
fn long_work_stops_when_it_is_asked_to() {
    // The flag is up before the work begins, so that what looks at it stops at once.
    let cases: [(&str, &[&str], &[&str]); 2] = [
        (
            "ring",
            &["strategy rendezvous"],
            &["keys 10000000", "zipf 1", "add node-d", "strategy bounded", "compare jump", "vnodes 500"],
        ),
        (
            "bloom",
            &["insert --next 5000", "query --next 5000"],
            &[
                "insert --next 9000000",
                "query --next 9000000",
                "scenario crawler --events 1000000",
                "bits 100000",
                "variant counting",
                "why https://news.example/ada/2",
                "who 3",
            ],
        ),
    ];
    for (name, before, long) in cases {
        let mut lab = open(name, None);
        run(lab.as_mut(), before);
        let (facts, told) = (lab.facts(), lab.story().1);
        let stop = Interrupt::default();
        stop.install();
        for line in long {
            stop.request();
            let error = lab.command(line).err().map(|e| e.to_string()).unwrap_or_default();
            assert!(error.starts_with("stopped before it was done"), "{name}: `{line}`: {error}");
            assert_eq!((lab.facts(), lab.story().1), (facts.clone(), told), "{name}: `{line}` changed something");
            stop.clear();
        }
        run(lab.as_mut(), &long[long.len() - 1..]);
    }
}

#[test]
fn pictures_say_what_they_show() {
    let mut lab = open("ring", None);
    run(&mut *lab, &["add node-d", "replicas 2", "fail node-b", "inspect user/ada"]);
    let theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Unicode };
    let said = |index: usize| {
        let view = View { index, ..View::new(theme) };
        lab.describe(&view).unwrap_or_else(|| panic!("view {} says nothing", index + 1))
    };
    let owner = lab.facts()["key_owner"].as_str().unwrap_or_else(|| panic!("no owner")).to_owned();
    for index in [0, 1] {
        assert!(said(index).contains("node-b down") && said(index).contains("400 virtual nodes"), "{}", said(index));
    }
    assert!(said(2).contains("ring beside modulo") && said(2).contains("rendezvous: moved"), "{}", said(2));
    assert!(said(3).contains("user/ada") && said(3).contains(&owner), "{}", said(3));
}

#[test]
fn clicks_mean_what_is_drawn_there() {
    let lab = open("ring", None);
    let theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Unicode };
    let area = Rect::new(0, 0, 120, 36);
    for index in [0, 1] {
        let view = View { index, ..View::new(theme) };
        let all = (0..area.height).flat_map(|y| (0..area.width).map(move |x| (x, y)));
        let meant: BTreeSet<String> = all
            .filter(|(x, y)| x % 3 == 0 && y % 2 == 0)
            .filter_map(|(x, y)| match lab.click(&view, &[], area, x, y) {
                Click::Command(line) => Some(line),
                Click::Nothing | Click::Seek(_) | Click::Key(_) => None,
            })
            .collect();
        assert!(meant.len() > 50, "view {}: {meant:?}", index + 1);
        let mut again = open("ring", None);
        for line in meant {
            assert!(again.command(&line).is_ok(), "{line}");
        }
    }
}
