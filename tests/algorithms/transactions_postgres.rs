//! The transactions lab beside PostgreSQL 15: the same schedules give the same aborts and the same rows.
#![expect(clippy::expect_used, reason = "a test says why it fails")]

use scalelab::engine::Setup;
use scalelab::labs::{OpenLab, find};

/// Protocol, rows, commands, who is aborted, rows in the end.
const SCHEDULES: &str = include_str!("../postgres_schedules.txt");

fn open() -> Box<dyn OpenLab> {
    let lab = find("transactions").expect("there is a transactions lab");
    (lab.open)(Setup::seeded(7)).expect("it opens")
}

fn status(lab: &dyn OpenLab, tx: &str) -> Option<String> {
    lab.facts()["tx"][tx]["status"].as_str().map(str::to_owned)
}

#[test]
fn postgres_schedules_give_the_same_aborts_and_rows() {
    let (mut played, mut wrong) = (0, Vec::new());
    for line in SCHEDULES.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [protocol, rows, commands, aborted, end] = parts[..] else { panic!("not five parts: {line}") };
        let mut lab = open();
        // PostgreSQL's victim is the one whose wait closes the cycle, if operations come slower than its patience.
        let setup = [format!("protocol {protocol}"), "policy requester".to_owned(), format!("rows {rows}")];
        setup.iter().for_each(|command| drop(lab.command(command).expect("the set-up is taken")));
        for command in commands.split("; ") {
            let tx = command.split(' ').nth(1).unwrap_or_default();
            // PostgreSQL tells a victim at its next operation; here it has ended by then.
            if status(lab.as_ref(), tx).as_deref() != Some("aborted") {
                lab.command(command).unwrap_or_else(|e| panic!("{line}\n{command}: {e}"));
            }
        }
        let facts = lab.facts();
        let unasked = |tx: &serde_json::Value| tx["status"] == "aborted" && tx["reason"] != "asked";
        let all = facts["tx"].as_object().expect("transactions").iter();
        let gone: Vec<&str> = all.filter(|(_, tx)| unasked(tx)).map(|(name, _)| name.as_str()).collect();
        let gone = if gone.is_empty() { "none".to_owned() } else { gone.join(" ") };
        let left = ["x", "y", "z"].map(|row| facts["row"][row].as_i64().map_or("-".to_owned(), |v| v.to_string()));
        if gone != aborted || left.join(" ") != end {
            wrong.push(format!("{line}\n    here: {gone} | {}", left.join(" ")));
        }
        played += 1;
    }
    assert!(wrong.is_empty(), "{} of {played} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(played >= 100, "only {played} schedules were found");
}
