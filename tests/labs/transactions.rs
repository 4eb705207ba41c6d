//! The transactions lab: commands and what they make true, errors that help, and the pictures as they are.
#![expect(clippy::panic, reason = "a test says why it fails")]

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use scalelab::engine::{Expectation, Setup};
use scalelab::labs::{OpenLab, View, find};
use scalelab::picture::{Glyphs, Palette, Theme, to_text};

fn open() -> Box<dyn OpenLab> {
    match find("transactions").map(|r| (r.open)(Setup::seeded(7))) {
        Some(Ok(lab)) => lab,
        _ => panic!("no transactions lab"),
    }
}

fn run(lines: &[&str]) -> Box<dyn OpenLab> {
    let mut lab = open();
    for line in lines {
        lab.command(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        lab.advance_to(lab.settled_at());
        assert_eq!(lab.broken(), [""; 0], "after {line}");
    }
    lab
}

fn holds(lab: &dyn OpenLab, check: &str) {
    let expectation = Expectation::compile(check).unwrap_or_else(|e| panic!("{check}: {e}"));
    let verdict = expectation.judge(&lab.facts()).unwrap_or_else(|e| panic!("{check}: {e}"));
    assert!(verdict.holds, "{check}\n{:#}", lab.facts());
}

/// Protocol, commands, and the names of what shows then.
const NAMES: &[(&str, &[&str], &[&str])] = &[
    // Rows that a scan found were read: what another changes then is no phantom.
    (
        "snapshot",
        &["rows 0 1", "scan T1", "scan T2", "write T1 x 1", "write T2 y 0", "commit T1", "commit T2"],
        &["write-skew"],
    ),
    // Three in a circle.
    (
        "snapshot",
        &[
            "rows 1 1 1",
            "read T1 x",
            "read T2 y",
            "read T3 z",
            "write T1 y 0",
            "write T2 z 0",
            "write T3 x 0",
            "commit T1",
            "commit T2",
            "commit T3",
        ],
        &["write-skew"],
    ),
    (
        "snapshot",
        &[
            "scan T1 --at-least 30",
            "scan T2 --at-least 30",
            "insert T1 z 30",
            "insert T2 w 30",
            "commit T1",
            "commit T2",
        ],
        &["phantom-skew"],
    ),
    // A phantom is no read-only anomaly.
    (
        "read-committed",
        &["scan T1 --at-least 30", "insert T2 z 30", "commit T2", "scan T1 --at-least 30", "commit T1"],
        &["phantom"],
    ),
    ("read-committed", &["scan T1", "write T2 x 11", "commit T2", "scan T1", "commit T1"], &["fuzzy-read"]),
    ("read-committed", &["scan T1", "write T2 x 11", "commit T2", "write T1 x 12", "commit T1"], &["lost-update"]),
    (
        "read-committed",
        &[
            "read T1 x",
            "write T2 x 11",
            "write T3 y 21",
            "commit T2",
            "read T3 x",
            "commit T3",
            "read T1 y",
            "commit T1",
        ],
        &["read-skew"],
    ),
    (
        "read-committed",
        &["read T1 x", "write T2 x 11", "write T2 y 21", "commit T2", "write T1 y 22", "commit T1"],
        &["other (G-single)"],
    ),
    // As the read-only anomaly, but T3 writes, too.
    (
        "snapshot",
        &[
            "read T1 y",
            "write T1 x 0",
            "write T2 y 25",
            "commit T2",
            "read T3 x",
            "read T3 y",
            "insert T3 w 1",
            "commit T3",
            "commit T1",
        ],
        &["other (G2-item)"],
    ),
    (
        "snapshot",
        &[
            "scan T1 --at-least 30",
            "write T1 x 0",
            "insert T2 z 30",
            "commit T2",
            "read T3 x",
            "read T3 z",
            "insert T3 w 1",
            "commit T3",
            "commit T1",
        ],
        &["other (G2)"],
    ),
    // It does not read what it wrote itself.
    (
        "none",
        &["write T1 x 102", "write T2 x 106", "read T1 x", "commit T2", "write T1 x 104", "commit T1"],
        &["dirty-write", "circular-flow"],
    ),
    // What was written over was never there.
    ("none", &["insert T1 z 1", "write T2 z 2", "commit T2", "abort T1"], &["dirty-read"]),
    // Nobody looks between the two writes: that is as good as T2, then T1.
    ("none", &["write T1 x 1", "write T2 x 2", "write T1 x 3", "commit T1", "commit T2"], &[]),
];

#[test]
fn names_of_what_shows() {
    for (protocol, commands, names) in NAMES {
        let protocol = format!("protocol {protocol}");
        let lab = run(&[[protocol.as_str()].as_slice(), commands].concat());
        let facts = lab.facts();
        let found: Vec<&str> = facts["anomalies"].as_array().into_iter().flatten().filter_map(|a| a.as_str()).collect();
        assert_eq!(found, *names, "{protocol}: {commands:?}");
        assert_eq!(facts["serializable"].as_bool(), Some(names.is_empty()), "{protocol}: {commands:?}");
    }
}

/// Commands, and a lock that stands on an arrow of the waits-for graph.
const ARROWS: &[(&[&str], &[&str])] = &[
    (&["write T1 x 1", "read T2 x"], &["S x"]),
    (&["write T1 x 1", "scan T2"], &["S table"]),
    (&["lock T1 database X", "read T2 x"], &["IS database"]),
    (&["policy ignore", "write T1 x 1", "write T2 y 2", "write T1 y 1", "write T2 x 2"], &["X x", "X y"]),
    // The cycle was broken at once, and is seen a moment longer.
    (&["write T1 x 1", "write T2 y 2", "write T1 y 1", "write T2 x 2"], &["X x", "X y"]),
    (&["protocol timestamps", "write T1 x 1", "read T2 x"], &[" x "]),
];

#[test]
fn waits_for_arrows_name_the_lock() {
    for (lines, locks) in ARROWS {
        let text = to_text(&picture(run(lines).as_ref(), 1, (120, 36), Glyphs::Unicode));
        let graph: Vec<String> = text.lines().map(|l| l.chars().take(78).collect()).collect();
        for lock in *locks {
            // In the picture itself, below its caption.
            assert!(graph.iter().skip(3).take(24).any(|l| l.contains(lock)), "{lines:?}: no '{lock}' in\n{text}");
        }
    }
}

#[test]
fn a_run_has_an_end() {
    let mut lab = open();
    for _ in 0..120 {
        lab.command("read T1 x").unwrap_or_else(|e| panic!("{e}"));
    }
    assert!(lab.command("read T1 x").is_err_and(|e| e.to_string().contains("`reset`")));
}

fn picture(lab: &dyn OpenLab, view: usize, (width, height): (u16, u16), glyphs: Glyphs) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    let view = View { index: view, ..View::new(Theme { palette: Palette::Mono, glyphs }) };
    lab.render(&view, &[(":".to_owned(), "command".to_owned())], area, &mut buf);
    buf
}

/// What each view is seen with.
const SCENES: [(&str, &[&str]); 6] = [
    ("locks", &["write T1 x 11", "write T2 y 21", "read T3 x", "write T4 x 5", "read T5 y"]),
    (
        "waits_for",
        &[
            "policy ignore",
            "write T1 x 1",
            "write T2 y 2",
            "write T3 z 3",
            "write T1 y 1",
            "write T2 z 2",
            "write T3 x 3",
        ],
    ),
    ("schedule", &["protocol none", "play circular-flow"]),
    ("versions", &["protocol snapshot", "read T1 x", "write T2 x 12", "commit T2", "write T3 y 23", "read T4 x"]),
    ("anomalies", &["protocol snapshot", "table", "load write-skew"]),
    ("contention", &["contention --ms 20"]),
];

#[test]
fn pictures() {
    for (view, (name, lines)) in SCENES.iter().enumerate() {
        let lab = run(lines);
        for (width, height) in [(80, 24), (120, 36)] {
            let buf = picture(lab.as_ref(), view, (width, height), Glyphs::Unicode);
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), to_text(&buf));
        }
        assert!(to_text(&picture(lab.as_ref(), view, (80, 24), Glyphs::Ascii)).is_ascii(), "{name}");
        for size in [(0, 0), (60, 18), (61, 19), (300, 5), (250, 90)] {
            picture(lab.as_ref(), view, size, Glyphs::Unicode);
        }
    }
}

#[test]
fn a_read_for_update_is_a_lock_and_no_version() {
    // Whoever comes after the commit meets no lock: the skew happens all the same.
    let after = [
        "protocol snapshot",
        "rows 1 1",
        "begin T1",
        "begin T2",
        "read T1 x",
        "read T1 y --for-update",
        "write T1 x 0",
        "commit T1",
        "read T2 x",
        "read T2 y --for-update",
        "write T2 y 0",
        "commit T2",
    ];
    holds(run(&after).as_ref(), "committed == 2 && 'write-skew' in anomalies && locking_reads == 2");
    let died = run(&["policy wait-die", "begin T1", "begin T2", "write T1 x 1", "write T2 x 2"]);
    assert!(!died.story().0.iter().any(|e| e.text.starts_with("T2 waits")), "it dies, and does not wait");
}

#[test]
fn a_deadlock_that_stands_is_named() {
    let run = run(&["policy ignore", "write T1 x 1", "write T2 y 2", "write T1 y 1", "write T2 x 2"]);
    let told: Vec<String> = run.story().0.iter().map(|e| e.text.clone()).collect();
    assert!(told.iter().any(|t| t.starts_with("Deadlock: ") && t.contains("Nothing is done")), "{told:?}");
    let mut lab = run;
    let Err(error) = lab.command("read T1 x") else { panic!("accepted") };
    assert!(error.to_string().contains("they wait, too"), "{error}");
}

#[test]
fn the_headings_of_the_table_are_explained_and_wasted_work_is_seen() {
    let theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Unicode };
    let mut lab = run(&["table"]);
    let shown = |lab: &dyn OpenLab, index: usize, size: (u16, u16)| {
        let area = Rect::new(0, 0, size.0, size.1);
        let mut buf = ratatui::buffer::Buffer::empty(area);
        lab.render(&View { index, ..View::new(theme) }, &[], area, &mut buf);
        to_text(&buf)
    };
    for size in [(80, 24), (120, 36)] {
        let text = shown(lab.as_ref(), 4, size);
        assert!(text.contains("rl=row-locks") || text.contains("dw=dirty-write"), "{text}");
    }
    let text = shown(lab.as_ref(), 4, (200, 60));
    assert!(text.contains("committed") && text.contains("timestamps"), "{text}");
    lab.command("contention").unwrap_or_else(|e| panic!("{e}"));
    let text = shown(lab.as_ref(), 5, (120, 36));
    assert!(text.contains("O wasted"), "{text}");
}

#[test]
fn page_of_the_lab_is_true() {
    let page = include_str!("../../docs/transactions.md");
    let blocks: Vec<&str> = page.split("```").skip(1).step_by(2).collect();
    assert!(blocks.len() >= 3);
    for block in blocks {
        let mut lab = open();
        for line in block.lines().filter(|l| !l.is_empty()) {
            match line.strip_prefix("expect ") {
                Some(check) => holds(lab.as_ref(), check),
                None => {
                    lab.command(line).unwrap_or_else(|e| panic!("{line}: {e}"));
                    lab.advance_to(lab.settled_at());
                }
            }
        }
    }
    // Every name that a history can show is on the page, and every operation.
    use scalelab::algorithms::transactions::Phenomenon;
    for code in Phenomenon::ALL.map(Phenomenon::code) {
        assert!(page.contains(&format!("| {code} |")), "{code}");
    }
    for command in ["read", "write", "add", "insert", "delete", "scan"] {
        assert!(open().definition().get_subcommands().any(|c| c.get_name() == command), "{command}");
        assert!(page.contains(&format!("| `{command} T1")), "{command}");
    }
}

#[test]
fn long_commands_stop_when_they_are_asked_to() {
    use scalelab::engine::interrupt::Interrupt;
    let mut lab = run(&["protocol none", "load vanishing"]);
    let before = lab.facts();
    let stop = Interrupt::default();
    stop.install();
    stop.request();
    for command in ["explore --bound 200000", "contention --ms 2000"] {
        match lab.command(command) {
            Ok(_) => panic!("`{command}` was not stopped"),
            Err(error) => assert!(error.to_string().contains("stopped before it was done"), "{error}"),
        }
    }
    assert_eq!(lab.facts(), before);
    stop.clear();
    lab.command("explore").unwrap_or_else(|e| panic!("{e}"));
    holds(lab.as_ref(), "schedules == 1680 && explored_all == true");
}
