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

/// Commands, and what is true after them.
const DEEDS: &[(&[&str], &str)] = &[
    (&["read T1 x", "add T1 x 1", "commit T1"], "row.x == 11 && committed == 1 && serializable"),
    (
        &["write T1 x 5", "read T2 x"],
        "tx.T2.waits_for == ['T1'] && waits == 1 && tx.T1.locks == ['IX database', 'IX table', 'X x']",
    ),
    (&["write T1 x 5", "read T2 x", "abort T1"], "tx.T2.status == 'active' && tx.T2.saw.x == 10 && aborts == 0"),
    (
        &["policy ignore", "write T1 x 1", "write T2 y 2", "write T1 y 1", "write T2 x 2"],
        "deadlocked == ['T1', 'T2'] && waiting == 2",
    ),
    (
        &["write T1 x 1", "write T2 y 2", "write T1 y 1", "write T2 x 2"],
        "size(deadlocked) == 0 && deadlocks == 1 && tx.T2.reason == 'deadlock'",
    ),
    (
        &["policy postgres", "write T1 x 1", "write T2 y 2", "write T1 y 1", "write T2 x 2", "wait 1"],
        "tx.T1.reason == 'deadlock' && tx.T2.status == 'active'",
    ),
    (&["policy timeout --after 2", "write T1 x 1", "read T2 x", "wait 1"], "tx.T2.status == 'waiting'"),
    (&["policy timeout --after 2", "write T1 x 1", "read T2 x", "wait 2"], "tx.T2.reason == 'timeout'"),
    (&["policy wait-die", "begin T1", "begin T2", "write T1 x 1", "write T2 x 2"], "tx.T2.reason == 'died'"),
    (
        &["policy wait-die", "begin T1", "write T1 x 1", "write T2 x 2", "commit T1", "begin T3 --again T2"],
        "tx.T3.age == tx.T2.age",
    ),
    (&["policy wound-wait", "begin T1", "write T2 x 2", "write T1 x 1"], "tx.T2.reason == 'wounded'"),
    (&["protocol none", "play lost-update"], "row.x == 11 && 'lost-update' in anomalies && !serializable"),
    (&["protocol none", "play dirty-write"], "'dirty-write' in anomalies"),
    (&["protocol read-committed", "play lost-update", "fix for-update"], "row.x == 12 && serializable"),
    (&["protocol snapshot", "play write-skew"], "'write-skew' in anomalies && committed == 2"),
    (&["protocol snapshot", "play write-skew", "fix serializable"], "committed == 1 && serializable"),
    (&["protocol snapshot", "play write-skew", "fix promote"], "serializable && committed >= 1"),
    (&["protocol snapshot", "play write-skew", "fix 2pl"], "protocol == '2pl' && serializable"),
    (&["protocol row-locks", "play phantom"], "'phantom' in anomalies"),
    (&["protocol 2pl", "play phantom"], "size(anomalies) == 0 && waits > 0"),
    (
        &["protocol thomas", "begin T1", "write T2 x 2", "commit T2", "write T1 x 1", "commit T1"],
        "skipped == 1 && row.x == 2 && serial_order == ['T1', 'T2']",
    ),
    (&["protocol timestamps", "begin T1", "read T2 x", "write T1 x 1"], "tx.T1.reason == 'late write'"),
    (&["protocol optimistic", "read T1 x", "write T2 x 1", "commit T2", "commit T1"], "tx.T1.reason == 'validation'"),
    (&["scan T1", "delete T1 x", "scan T1 --at-least 15"], "tx.T1.found == 1"),
    (&["lock T1 table SIX", "read T2 x"], "tx.T2.status == 'active'"),
    (&["lock T1 table SIX", "write T2 x 1"], "tx.T2.status == 'waiting'"),
    (&["protocol none", "load lost-update", "step T1", "step T2", "step", "step"], "operations == 4"),
    (
        &["protocol none", "load lost-update", "explore"],
        "schedules == 20 && theory_schedules == 20.0 && bad_schedules > 0",
    ),
    (&["protocol serializable", "load write-skew", "explore"], "bad_schedules == 0 && aborting_schedules > 0"),
    (&["protocol none", "load write-skew", "explore --bound 5"], "schedules == 5 && explored_all == false"),
    (&["protocol none", "load lost-update", "explore", "play"], "!serializable"),
    (
        &["policy ignore", "write T1 x 1", "write T2 y 2", "write T1 y 1", "write T2 x 2", "explore"],
        "stuck_schedules > 0",
    ),
    (
        &["policy ignore", "write T1 x 1", "write T2 y 2", "write T1 y 1", "write T2 x 2", "fix order", "explore"],
        "stuck_schedules == 0 && committed == 2",
    ),
    (
        &["contention --ms 20 --unordered"],
        "contention.pessimistic[6].deadlocks > 0 && contention.optimistic[6].aborts > 0",
    ),
    (&["contention --ms 20"], "contention.pessimistic[6].deadlocks == 0"),
    (&["protocol read-committed", "play lost-update", "fix in-place"], "row.x == 12 && committed == 2 && serializable"),
    // What begins by hand begins again at its place when the run is repeated, and in every order that is explored.
    (
        &["protocol snapshot", "begin T1", "write T2 x 7", "commit T2", "read T1 x", "commit T1", "fix promote"],
        "tx.T1.reason == 'first updater won' && operations == 3",
    ),
    (&["protocol snapshot", "begin T1", "commit T1", "explore"], "schedules == 1 && theory_schedules == 1.0"),
    (&["protocol snapshot", "begin T1", "begin T2", "read T1 x", "read T2 x", "explore"], "schedules == 20"),
    // An update or a delete finds a row or does not, and an insert fails if there is one: under every protocol.
    (&["protocol none", "write T1 z 5", "delete T1 z", "commit T1"], "row.z == null && committed == 1"),
    (&["protocol 2pl", "write T1 z 5", "insert T1 z 6", "write T1 z 7", "commit T1"], "row.z == 7"),
    (&["protocol timestamps", "insert T1 x 6"], "tx.T1.reason == 'duplicate key' && aborts == 1"),
    (&["protocol optimistic", "write T1 x 5", "delete T2 x", "commit T2", "commit T1"], "tx.T1.reason == 'validation'"),
    (&["protocol optimistic", "write T1 x 5", "write T2 x 6", "commit T2", "commit T1"], "row.x == 5 && aborts == 0"),
    (
        &["protocol thomas", "begin T1", "insert T2 z 2", "commit T2", "delete T1 z", "commit T1"],
        "row.z == 2 && committed == 2 && serializable",
    ),
    (&["protocol thomas", "begin T1", "write T2 x 2", "commit T2", "delete T1 x"], "tx.T1.reason == 'late write'"),
    (&["rows 1 1", "write T1 x 0", "reset"], "row.x == 1 && operations == 0"),
    (&["table", "protocol snapshot"], "possible == ['write-skew', 'phantom-skew', 'read-only']"),
];

#[test]
fn commands_make_true_what_they_promise() {
    for (lines, check) in DEEDS {
        holds(run(lines).as_ref(), check);
    }
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

/// Commands, and a sentence that they give: one of a thing, none, and many.
const SENTENCES: &[(&[&str], &str)] = &[
    (&["read T1 x", "explore"], "Under 2pl there is one order, and it is serializable."),
    (&["read T1 x", "explore"], "In none of them a transaction waits, in none of them one is aborted."),
    (
        &["policy ignore", "write T1 x 1", "write T2 x 2", "explore --bound 1"],
        "Not finished: there may be up to 6 orders. `explore --bound N` goes further.",
    ),
    (&["rows 10", "scan T1"], "T1 scans and finds 1 row: x = 10."),
    (&["rows 10 20", "scan T1"], "T1 scans and finds 2 rows: x = 10, y = 20."),
    (&["write T1 z 5"], "T1 finds no row z: nothing is written."),
    (&["delete T1 z"], "T1 finds no row z: nothing is deleted."),
    (&["insert T1 z 5"], "T1 inserts z = 5."),
    (&["insert T1 x 5"], "T1 is aborted: x exists already, so it cannot be inserted."),
    (&["insert T1 z 5", "commit T1", "insert T2 z 6"], "T2 is aborted: T1 has inserted z already."),
    (&["protocol snapshot", "begin T1"], "T1 begins, and its snapshot is taken."),
];

#[test]
fn sentences_count_right() {
    for (lines, sentence) in SENTENCES {
        let lab = run(lines);
        let told: Vec<&str> = lab.story().0.iter().map(|e| e.text.as_str()).collect();
        assert!(told.contains(sentence), "{lines:?} tells {told:#?}");
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

/// Commands, then one that is refused, with a part of what it says.
const REFUSED: &[(&[&str], &str, &str)] = &[
    (&["write T1 x 5", "read T2 x"], "read T2 y", "T2 waits for T1 and can do nothing: let T1 commit or abort"),
    (&["read T1 x", "commit T1"], "read T1 x", "T1 has ended"),
    (&[], "commit T1", "T1 has not begun: `begin T1` first"),
    (&["read T1 x"], "abort T2", "T2 has not begun: `begin T2` first"),
    (&[], "read T99 x", "use T1 to T40"),
    (&[], "read T1 q", "the rows are x, y, z, w, u, v"),
    (&["protocol optimistic"], "lock T1 x X", "choose one that does, e.g. `protocol 2pl`"),
    (&["begin T1"], "begin T1", "choose a new name"),
    (&["begin T1"], "begin T2 --again T1", "T1 was not aborted"),
    (&[], "step", "no transactions are loaded"),
    (&["load lost-update"], "step T9", "T9 is not loaded"),
    (&[], "explore", "there is nothing to explore"),
    (
        &["load lost-update"],
        "explore --bound 99999999999",
        "the bound must be a whole number from 1 to 200,000, not '99999999999'",
    ),
    (&[], "play", "name an anomaly"),
    (&[], "fix order", "nothing was run yet"),
    (&["protocol optimistic", "read T1 x"], "fix promote", "does not lock"),
    (&[], "policy youngest --after 1", "decides at once"),
    (&[], "policy timeout --after -1", "the time that one waits first must be a number from 0.001 to 3,600, not '-1'"),
    (&[], "policy timeout --after 5e-324", "from 0.001 to 3,600"),
    (&[], "scan T1 --multiple-of 0", "the divisor must be a whole number from 1 to 1,000,000,000,000, not '0'"),
    (
        &[],
        "scan T1 --at-least 9223372036854775808",
        "the least value must be a whole number from -1,000,000,000,000 to",
    ),
    (&[], "contention --clients 0", "clients must be a whole number from 1 to 200, not '0'"),
    (&[], "contention --cores -3", "cores must be a whole number from 1 to 64, not '-3'"),
    (&[], "contention --touch 5", "rows per job must be a whole number from 1 to 4, not '5'"),
    (&[], "contention --ms 1e308", "milliseconds must be a whole number from 1 to 2,000, not '1e308'"),
    (&[], "rows 1 NaN", "a row's value must be a whole number from -1,000,000,000,000 to 1,000,000,000,000, not 'NaN'"),
    (&[], "write T1 x 1000000000001", "the value must be a whole number from -1,000,000,000,000 to 1,000,000,000,000"),
    (&[], "insert T1 z -inf", "the value must be a whole number from"),
    (&[], "add T1 x 0.5", "what is added must be a whole number from"),
    (&[], "contention --cores 64 --ms 2000", "too much work"),
    (&[], "wait NaN", "the time to wait must be a number from 0 to 3,600, not 'NaN'"),
    (&[], "wait 1e308", "from 0 to 3,600, not '1e308'"),
    (&[], "protocol 3pl", "2pl"),
];

#[test]
fn refusals_say_what_to_do_and_change_nothing() {
    for (lines, refused, says) in REFUSED {
        let mut lab = run(lines);
        let before = lab.facts();
        match lab.command(refused) {
            Ok(_) => panic!("`{refused}` was taken"),
            Err(error) => assert!(error.to_string().contains(says), "`{refused}` says: {error}"),
        }
        assert_eq!(lab.facts(), before, "`{refused}`");
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
    let page = include_str!("../docs/transactions.md");
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
