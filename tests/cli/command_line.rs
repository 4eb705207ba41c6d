//! The built binary without a screen: what it prints, its exit codes, and what it says to bad input.
#![expect(clippy::panic, reason = "a test says why it fails")]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Runs scalelab in an empty home, with text for its standard input.
fn scalelab_in(home: &TempDir, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_scalelab"))
        .args(args)
        .current_dir(home.path())
        .env_clear()
        .env("HOME", home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{e}"));
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not read may have ended already.
        let _ = stdin.write_all(input.as_bytes());
    }
    child.wait_with_output().unwrap_or_else(|e| panic!("{e}"))
}

fn home() -> TempDir {
    TempDir::new().unwrap_or_else(|e| panic!("{e}"))
}

fn scalelab(args: &[&str]) -> Output {
    scalelab_in(&home(), args, "")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(args: &[&str]) -> Value {
    let output = scalelab(args);
    assert!(output.status.success(), "{args:?}: {}", err(&output));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{args:?}: {e}"))
}

fn write(home: &TempDir, name: &str, content: impl AsRef<[u8]>) {
    std::fs::write(home.path().join(name), content).unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn json_has_the_promised_shape() {
    let run = json(&["run", "ring", "-c", "add node-d", "--json"]);
    assert_eq!((&run["lab"], &run["seed"]), (&Value::from("ring"), &Value::from(7)));
    let event = &run["events"][0];
    assert!(event["at_us"].is_u64() && event["text"].as_str().is_some_and(|t| t.contains("node-d")), "{event}");
    let facts = run["facts"].as_object().unwrap_or_else(|| panic!("{run}"));
    for name in [
        "nodes",
        "keys",
        "strategy",
        "vnodes",
        "replicas",
        "moved",
        "moved_share",
        "theory_moved_share",
        "modulo_moved_share",
        "moved_total",
        "load_max_over_mean",
        "load_spread",
        "theory_load_spread",
        "unavailable_keys",
    ] {
        assert!(facts.contains_key(name), "no fact {name}");
    }
    assert_eq!(facts["nodes"], 4);
    let moved = facts["moved_share"].as_f64().unwrap_or(0.0);
    assert!((0.15..0.35).contains(&moved), "{moved}");
}

#[test]
fn same_seed_same_bytes_and_another_seed_differs() {
    let run = |seed| out(&scalelab(&["run", "ring", "--seed", seed, "-c", "add x", "-c", "fail x", "--json"]));
    assert_eq!(run("5"), run("5"));
    assert_ne!(run("5"), run("6"));
}

#[test]
fn expectations_decide_the_exit_code() {
    let expect = |cel: &str| scalelab(&["run", "ring", "-c", "add node-d", "--expect", cel]);
    assert_eq!(expect("nodes == 4 && moved_share < 0.5").status.code(), Some(0));
    let wrong = expect("nodes == 5");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(err(&wrong).contains("nodes == 5") && err(&wrong).contains("nodes = 4"), "{}", err(&wrong));
    for bad in ["nodes ==", "no_such_fact > 1", "nodes"] {
        assert_eq!(expect(bad).status.code(), Some(2), "{bad}");
    }
}

#[test]
fn failed_nodes_come_back_and_removed_ones_do_not() {
    let fail = json(&["run", "ring", "-c", "replicas 2", "-c", "fail node-b", "--json"]);
    assert_eq!(fail["facts"]["unavailable_keys"], 0);
    assert_eq!(fail["facts"]["nodes"], 3);
    let alone = json(&["run", "ring", "-c", "fail node-b", "--json"]);
    assert!(alone["facts"]["unavailable_keys"].as_u64() > Some(0));
    let back = json(&["run", "ring", "-c", "fail node-b", "-c", "recover node-b", "--json"]);
    assert_eq!(back["facts"]["unavailable_keys"], 0);
    let gone = json(&["run", "ring", "-c", "remove node-a", "-c", "remove node-b", "-c", "remove node-c", "--json"]);
    assert_eq!((&gone["facts"]["nodes"], &gone["facts"]["unavailable_keys"]), (&0.into(), &gone["facts"]["keys"]));
}

#[test]
fn keys_and_commands_come_from_files_and_standard_input() {
    let home = home();
    write(&home, "keys.txt", "apple\npear\nplum\napple\n");
    write(&home, "script", "# grow\nadd node-d\n\nadd node-e\n");
    let run = scalelab_in(&home, &["run", "ring", "--keys", "keys.txt", "script", "--json"], "");
    let facts: Value = serde_json::from_slice(&run.stdout).unwrap_or_else(|e| panic!("{e}: {}", err(&run)));
    assert_eq!((&facts["facts"]["nodes"], &facts["facts"]["keys"]), (&5.into(), &4.into()));
    let run = scalelab_in(&home, &["run", "ring", "--keys", "-", "--expect", "keys == 2"], "a\nb\n");
    assert_eq!(run.status.code(), Some(0), "{}", err(&run));
    let run = scalelab_in(&home, &["run", "ring", "-", "--expect", "nodes == 4"], "add q\n");
    assert_eq!(run.status.code(), Some(0), "{}", err(&run));
}

#[test]
fn bad_input_gets_a_sentence_and_exit_code_2() {
    let home = home();
    write(&home, "empty", "");
    write(&home, "latin1", b"caf\xe9\n");
    write(&home, "long", "x".repeat(200_000));
    let keys = ["missing", "empty", "latin1", "long", "."].map(|file| vec!["run", "ring", "--keys", file]);
    let commands = [
        "add node-a",
        "remove nobody",
        "fail nobody",
        "recover node-a",
        "add x --weight 0",
        "add x --weight 1e300",
        "vnodes 0",
        "vnodes 1000000000",
        "keys 99999999999",
        "replicas 0",
        "bound 0.5",
        "zipf NaN",
        "inspect",
        "strategy roulette",
        "'",
        "dance",
    ]
    .map(|command| vec!["run", "ring", "-c", command]);
    let usage = [vec!["run", "nolab"], vec!["replay", "missing"], vec!["snapshot", "ring", "--size", "0x0"]];
    for args in keys.into_iter().chain(commands).chain(usage) {
        let run = scalelab_in(&home, &args, "");
        let said = err(&run);
        assert_eq!(run.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.trim().len() > 20 && !said.contains("panicked"), "{args:?}: {said}");
    }
}

#[test]
fn names_never_reach_the_terminal_raw() {
    let home = home();
    write(&home, "keys", "evil\u{1b}[31m\u{7}\u{202e}\nfine\n");
    let add = "add \"n\u{1b}]0;t\u{7}\"";
    let run = scalelab_in(
        &home,
        &["run", "ring", "--keys", "keys", "-c", add, "-c", "inspect \"evil\u{1b}[31m\u{7}\u{202e}\""],
        "",
    );
    let text = out(&run) + &err(&run);
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    let args = ["snapshot", "ring", "--keys", "keys", "--format", "text", "--view", "4"];
    let shot = scalelab_in(&home, &args, "");
    assert!(shot.status.success() && !out(&shot).contains(['\u{1b}', '\u{7}', '\u{202e}']));
}

#[test]
fn a_saved_run_replays_to_the_same_facts_and_a_damaged_one_is_refused() {
    let home = home();
    write(&home, "keys", "a\nb\nc\n");
    let args = ["run", "ring", "--keys", "keys", "-c", "add node-d", "--save", "it.run", "--json"];
    let run = scalelab_in(&home, &args, "");
    let replay = |file: &str| scalelab_in(&home, &["replay", file, "--json"], "");
    let facts =
        |o: &Output| serde_json::from_slice::<Value>(&o.stdout).unwrap_or_else(|e| panic!("{e}"))["facts"].clone();
    assert_eq!(facts(&run), facts(&replay("it.run")));
    let saved = std::fs::read_to_string(home.path().join("it.run")).unwrap_or_else(|e| panic!("{e}"));
    write(&home, "format", saved.replacen("format = 1", "format = 99", 1));
    write(&home, "lab", saved.replace("\"ring\"", "\"rung\""));
    write(&home, "half", &saved[..saved.len() / 2]);
    write(&home, "command", saved.replace("add node-d", "add node-a"));
    write(&home, "facts", saved.replace("add node-d", "add node-z"));
    for file in ["format", "lab", "half", "command", "facts"] {
        let refused = replay(file);
        assert_eq!(refused.status.code(), Some(2), "{file}: {}", out(&refused));
        assert!(err(&refused).len() > 30, "{file}: {}", err(&refused));
    }
    write(&home, "keys", "a\nb\nc\nd\n");
    assert_eq!(replay("it.run").status.code(), Some(2), "the keys have changed since");
}

#[test]
fn snapshots_come_in_every_format() {
    let home = home();
    let shot = |more: &[&str]| {
        let mut args = vec!["snapshot", "ring", "-c", "add node-d", "--size", "80x24"];
        args.extend(more);
        let run = scalelab_in(&home, &args, "");
        assert!(run.status.success(), "{more:?}: {}", err(&run));
        out(&run)
    };
    let text = shot(&["--format", "text"]);
    assert_eq!(text.lines().count(), 24);
    assert!(text.contains("node-d") && !text.contains('\u{1b}'));
    assert!(shot(&["--format", "ansi"]).contains("\u{1b}["));
    assert!(shot(&["--format", "svg"]).starts_with("<svg"));
    assert!(shot(&["--format", "text", "--ascii"]).is_ascii());
    shot(&["--format", "text", "--frames", "3", "-o", "f.txt"]);
    let frames =
        std::fs::read_dir(home.path()).map_or(0, |d| d.flatten().filter(|f| f.file_name() != ".cache").count());
    assert_eq!(frames, 3);
    shot(&["--cast", "run.cast"]);
    let cast = std::fs::read_to_string(home.path().join("run.cast")).unwrap_or_default();
    assert!(cast.lines().count() > 3);
    let header: Value = cast.lines().next().and_then(|l| serde_json::from_str(l).ok()).unwrap_or_default();
    assert_eq!(header["version"], 2);
    assert!(cast.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
}

#[test]
fn lists_help_and_completions() {
    assert!(out(&scalelab(&["labs"])).contains("ring"));
    assert_eq!(json(&["labs", "--json"])[0]["name"], "ring");
    assert!(out(&scalelab(&["run", "ring", "--help"])).contains("add"));
    assert!(out(&scalelab(&["run", "ring", "-c", "help"])).contains("inspect"));
    assert!(out(&scalelab(&["man"])).contains(".TH"));
    for shell in ["bash", "zsh", "fish"] {
        assert!(out(&scalelab(&["completions", shell])).contains("snapshot"), "{shell}");
    }
}

#[test]
fn without_a_terminal_it_names_what_works() {
    for args in [&[][..], &["lab", "ring"]] {
        let run = scalelab(args);
        assert_eq!(run.status.code(), Some(2));
        assert!(err(&run).contains("scalelab run") && err(&run).contains("scalelab snapshot"), "{}", err(&run));
    }
}
