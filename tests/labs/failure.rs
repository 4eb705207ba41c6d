//! The failure lab from outside: what each command does to its facts, bad input, and its pictures.

#![expect(clippy::panic, reason = "a test says why it fails")]

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use scalelab::engine::{Blank, Expectation, Input, Setup};
use scalelab::labs::{Click, OpenLab, View, find};
use scalelab::picture::{Glyphs, Palette, Theme, to_text};

const MONO: Theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Unicode };

fn lab(seed: u64) -> Box<dyn OpenLab> {
    match find("failure").map(|r| (r.open)(Setup::seeded(seed))) {
        Some(Ok(lab)) => lab,
        _ => panic!("the failure lab does not open"),
    }
}

fn with_topology(text: &str) -> Result<Box<dyn OpenLab>, String> {
    let input = Input::read("shop.toml", text.as_bytes(), Blank::Keep, |_, _| ()).map_err(|e| e.to_string())?;
    let inputs = [("topology".to_owned(), Arc::new(input))].into();
    let registration = find("failure").unwrap_or_else(|| panic!("no failure lab"));
    (registration.open)(Setup { seed: 7, inputs }).map_err(|e| e.to_string())
}

fn run(lab: &mut dyn OpenLab, commands: &[&str]) {
    for command in commands {
        lab.command(command).unwrap_or_else(|e| panic!("`{command}`: {e}"));
        lab.advance_to(lab.settled_at());
        assert_eq!(lab.broken(), [""; 0], "after `{command}`");
    }
}

fn expect(lab: &dyn OpenLab, expression: &str) {
    let verdict = Expectation::compile(expression).and_then(|e| e.judge(&lab.facts()));
    let verdict = verdict.unwrap_or_else(|e| panic!("{e}"));
    assert!(verdict.holds, "`{expression}`: {:?}\n{}", verdict.seen, told(lab));
}

fn told(lab: &dyn OpenLab) -> String {
    lab.story().0.iter().map(|e| format!("{:>10} {}\n", e.at_us, e.text)).collect()
}

fn fact(lab: &dyn OpenLab, name: &str) -> u64 {
    lab.facts()[name].as_u64().unwrap_or_else(|| panic!("no number {name}"))
}

#[test]
fn writes_that_users_saw_fail_are_not_lost() {
    // All followers hold what is acknowledged, until one dies; then writes fail until it is taken for dead, and after
    // that the primary acknowledges alone. With the primary, exactly those are lost.
    for mode in ["mode sync", "mode semi"] {
        let mut lab = lab(7);
        run(lab.as_mut(), &["build tiers", "fencing off", mode, "wait 2s"]);
        let held_by_both = fact(lab.as_ref(), "writes");
        run(lab.as_mut(), &["kill db-2", "wait 4s"]);
        assert!(fact(lab.as_ref(), "requests_failed") > 20, "writes fail for a while");
        let alone = fact(lab.as_ref(), "writes") - held_by_both;
        run(lab.as_mut(), &["kill db-1", "repair db-2", "wait 20s"]);
        assert_eq!((fact(lab.as_ref(), "lost_writes"), fact(lab.as_ref(), "rpo_writes")), (alone, alone), "{mode}");
        assert!(alone == 107 || mode != "mode sync", "{alone}");
    }
}

#[test]
fn an_outage_has_one_length() {
    // What the sentence says is what the figure of the failover says.
    for commands in [
        &["wait 4s", "kill db-1", "wait 3s"][..],
        &["wait 4s", "kill lb-1", "wait 3s"],
        &["wait 4s", "kill app-1", "wait 3s"],
        &["wait 4s", "zone down zone-a", "wait 3s"],
        &["build three-zones", "isolate db-1", "wait 10s"],
        &["standby warm", "wait 4s", "kill db-1", "wait 3s"],
        &["wait 4s", "pause db-1 20s", "wait 3s"],
    ] {
        let mut lab = lab(7);
        run(lab.as_mut(), commands);
        let told = told(lab.as_ref());
        let said = told.lines().filter_map(|line| line.split_once("failed within ")).next_back();
        let said = said.unwrap_or_else(|| panic!("{told}")).1.trim_end_matches('.');
        let rto = lab.facts()["rto_ms"].as_f64().unwrap_or_else(|| panic!("{told}"));
        assert_eq!(said, scalelab::engine::numbers::duration((rto * 1_000.0).round() as u64), "{commands:?}\n{told}");
    }
}

#[test]
fn the_witness_stands_where_the_page_says() {
    let component =
        |zones: &str| format!("[[component]]\nname = \"db\"\nkind = \"database\"\nreplicas = 2\nzone = [{zones}]\n");
    let zone = |name: &str, region: &str| format!("[[zone]]\nname = \"{name}\"\nregion = \"{region}\"\n");
    let regions = "[[region]]\nname = \"eu\"\n[[region]]\nname = \"us\"\n[[region]]\nname = \"asia\"\n";
    let (eu_a, eu_b, eu_c) = (zone("eu-a", "eu"), zone("eu-b", "eu"), zone("eu-c", "eu"));
    let (us_a, us_b, asia) = (zone("us-a", "us"), zone("us-b", "us"), zone("asia-a", "asia"));
    let two = "\"eu-a\", \"eu-b\"";
    let spread = "\"eu-a\", \"us-a\"";
    for (zones, members, seat) in [
        // The first zone where none stands, whichever region it is in.
        (vec![&eu_a, &eu_b, &eu_c], two, "eu-c"),
        (vec![&us_a, &eu_a, &eu_b, &eu_c], two, "us-a"),
        (vec![&eu_a, &eu_b, &eu_c, &us_a], two, "eu-c"),
        // Spread over regions: in another one, if there is one; else where none stands.
        (vec![&eu_a, &eu_b, &us_a, &us_b, &asia], spread, "asia-a"),
        (vec![&eu_a, &us_a, &us_b, &eu_b], spread, "us-b"),
        // No zone is free: beside one of them.
        (vec![&eu_a, &eu_b], two, "eu-a"),
        (vec![&eu_a], "\"eu-a\"", "eu-a"),
    ] {
        let text: String = zones.into_iter().cloned().collect();
        let lab = with_topology(&format!("{regions}{text}{}", component(members))).unwrap_or_else(|e| panic!("{e}"));
        expect(lab.as_ref(), &format!("witness['db'] == '{seat}'"));
    }
}

#[test]
fn a_component_needs_as_many_machines_as_it_says() {
    let text = "[[component]]\nname = \"web\"\nkind = \"app\"\nreplicas = 3\nneeds = 2\n";
    let mut lab = with_topology(text).unwrap_or_else(|e| panic!("{e}"));
    run(lab.as_mut(), &["kill web-1", "wait 2s"]);
    expect(lab.as_ref(), "serving && 'web-2' in spofs");
    run(lab.as_mut(), &["kill web-2"]);
    let served = fact(lab.as_ref(), "requests_ok");
    run(lab.as_mut(), &["wait 10s"]);
    assert_eq!(fact(lab.as_ref(), "requests_ok"), served, "{}", told(lab.as_ref()));
    expect(lab.as_ref(), "!serving");
}

#[test]
fn what_is_refused_changes_nothing() {
    let cases = [
        ("kill nobody", "nothing called 'nobody'"),
        ("repair nobody", "nothing called"),
        ("cut db-1 db-1", "no link to itself"),
        ("heal", "no link is cut"),
        ("slow db-1 0.5", "the factor must be a number from 1 to 1,000, not '0.5'"),
        ("slow db-1 NaN", "from 1 to 1,000, not 'NaN'"),
        ("slow db 3", "not one machine"),
        ("lossy db-1 1.5", "the share must be a number from 0 to 1"),
        ("lossy db-1 -inf", "from 0 to 1, not '-inf'"),
        ("pause db-1 2d", "a pause must be a number and a unit from 1ms to 2min, not '2d'"),
        ("pause db-1 soon", "from 1ms to 2min, not 'soon'"),
        ("pause db-1 -8s", "not '-8s'"),
        ("zone down db-1", "not a zone"),
        ("region down zone-a", "not a region"),
        ("chaos -1", "the rate must be 0 or a number from 0.001 to 10,000,000"),
        ("chaos 5e-324", "not '5e-324'"),
        ("soak 1", "years must be a whole number from 2 to 10,000"),
        ("soak 99999", "from 2 to 10,000"),
        ("soak 9223372036854775808", "from 2 to 10,000"),
        ("mode quorum --write 9", "does not fit 2 members"),
        ("mode sync --write 2", "belong to quorums"),
        ("detector fixed 0", "from 0.1 to 60, not '0'"),
        ("detector fixed 0.1", "0.2 to 60"),
        ("detector swim 1.5", "whole periods"),
        ("mode quorum --write 0", "members of a quorum must be a whole number from 1 to 60"),
        ("mode quorum --read -1", "not '-1'"),
        ("detector fixed inf", "from 0.1 to 60, not 'inf'"),
        ("chaos 1e300", "not '1e300'"),
        ("wait 2h", "a wait must be a number and a unit from 1ms to 1h, not '2h'"),
        ("wait 1e308s", "not '1e308s'"),
        ("wait NaN", "not 'NaN'"),
        ("wait 0s", "not '0s'"),
        ("add db database", "stands for two things"),
        ("add 'x y' app", "is not a valid name"),
        ("connect db lb", "run in a circle"),
        ("connect app db", "depends on db already"),
        ("disconnect app db", "no request ever reaches 'db'"),
        ("disconnect lb db", "does not depend on"),
        ("replicate nobody", "no component"),
        ("replicate db app", "'app' is not a zone"),
        ("place db-1 zone-a", "in zone-a already"),
        ("place db-1 app", "'app' is not a zone"),
        ("what-if app", "'app' is 2 machines"),
    ];
    let mut lab = lab(7);
    run(lab.as_mut(), &["wait 1s"]);
    let before = lab.facts();
    for (line, message) in cases {
        match lab.command(line) {
            Err(error) => assert!(error.to_string().contains(message), "`{line}`: {error}"),
            Ok(_) => panic!("`{line}` was accepted"),
        }
        assert_eq!(lab.facts(), before, "`{line}`");
    }
    run(lab.as_mut(), &["standby cold"]);
    assert!(lab.command("mode sync").is_err_and(|e| e.to_string().contains("cold standby")));
    run(lab.as_mut(), &["standby warm", "mode sync"]);
    assert!(lab.command("standby cold").is_err_and(|e| e.to_string().contains("mode async")));
    run(lab.as_mut(), &["kill app-1"]);
    assert!(lab.command("kill app-1").is_err_and(|e| e.to_string().contains("down already")));
}

#[test]
fn a_topology_file_is_read_or_refused_plainly() {
    let component = |extra: &str| format!("[[component]]\nname = \"web\"\nkind = \"app\"\n{extra}\n");
    let good = component("mtbf = \"30d\"\nmttr = \"10m\"\nreplicas = 3\nneeds = 2\nzone = [\"a\", \"b\"]");
    let zones = "[[zone]]\nname = \"a\"\n[[zone]]\nname = \"b\"\nmtbf = \"1y\"\nmttr = \"1h\"\n";
    let lab = with_topology(&format!("{zones}{good}")).unwrap_or_else(|e| panic!("{e}"));
    expect(lab.as_ref(), "machines == 3 && machine['web-2'].zone == 'b' && machine['web-3'].zone == 'a'");
    let cases = [
        ("x = ", "shop.toml, line 1"),
        ("[[component]]\nname = \"a\"\nkind = \"app\"\n\nsize = 3\n", "line 5"),
        ("name = \"empty\"", "there is no component"),
        (&component("mtbf = \"0h\""), "the MTBF of 'web' is not a time: '0h' is no time above 0"),
        (&component("mttr = \"1e-300ms\""), "'1e-300ms' is no time above 0"),
        (&component("mttr = \"0.0001ms\""), "'0.0001ms' is too short; 1ms is the least"),
        (&component("mtbf = \"NaNh\""), "is no time above 0"),
        (&component("mtbf = [1]"), "the MTBF of 'web' is [1], without a unit"),
        (&component("replicas = -1"), "component 'web' has replicas = -1: use a whole number from 1 to 60"),
        (&component("replicas = 2.5"), "has replicas = 2.5"),
        (&component("replicas = \"2\""), "has replicas = \"2\""),
        (&component("replicas = 9223372036854775807"), "has replicas = 9223372036854775807"),
        (&component("replicas = 99999999999999999999"), "a number is too large"),
        (&component("needs = 0"), "has needs = 0: use a whole number from 1 to 60"),
        (&component("cost = -1"), "has a cost of -1: use 0 to 1,000,000"),
        (&component("cost = nan"), "has a cost of nan"),
        (&component("cost = 1e308"), "use 0 to 1,000,000"),
        ("[[component]]\nname = 3\nkind = \"app\"", "line 2: 3 stands where a text in quotes must stand"),
        ("[[component]]\nname = \"a\"", "the key 'kind' is missing"),
        ("[[component]]\nname = \"a\"\nkind = \"disk\"", "'disk' is not one of dns, balancer"),
        (&component("depends_on = \"db\""), "stands where a list must stand"),
        (&component("zone = 3"), "neither a text in quotes nor a list"),
        (&component("kind = \"app\""), "the same key stands here twice"),
        (&component("mtbf = \"-5h\""), "is no time above 0"),
        (&component("mttr = \"soon\""), "MTTR of 'web'"),
        (&component("mtbf = 0"), "the MTBF of 'web' is 0, without a unit: write"),
        (&component("mtbf = \"1000\""), "mtbf = \"1000h\""),
        (&component("mtbf = \"99999999999y\""), "too long"),
        (&component("colour = 3"), "[[component]]"),
        (&component("depends_on = [\"web\", \"web\"]"), "names 'web' twice"),
        (&format!("{}{}", component(""), component("")), "the name 'web' stands for two things"),
        (&component("replicas = 0"), "replicas = 0"),
        (&component("replicas = 1000"), "replicas = 1000"),
        (&component("needs = 2"), "needs 2 of its 1 machines"),
        (&component("depends_on = [\"db\"]"), "depends on 'db', which is not there"),
        (&component("zone = \"moon\""), "the zone 'moon', which is not there"),
        (&format!("users = [\"web\"]\n{}{}", component(""), component("")), "stands for two things"),
        (&format!("{}[[component]]\nname = \"db\"\nkind = \"database\"\n", component("")), "where do users begin"),
        (
            &format!("users = [\"web\"]\n{}[[component]]\nname = \"db\"\nkind = \"database\"\n", component("")),
            "no request ever reaches 'db'",
        ),
        (
            &format!(
                "{}[[component]]\nname = \"db\"\nkind = \"database\"\ndepends_on = [\"web\"]\n",
                component("depends_on = [\"db\"]")
            ),
            "run in a circle",
        ),
        (
            &format!(
                "users = [\"web\"]\n{}[[component]]\nname = \"db\"\nkind = \"database\"\ndepends_on = [\"web\"]\n",
                component("depends_on = [\"db\"]")
            ),
            "circle: web → db → web",
        ),
        (&component("name2 = 1\u{1b}[31m"), "line"),
    ];
    for (text, message) in cases {
        match with_topology(text) {
            Err(error) => assert!(error.contains(message), "{text}\n{error}"),
            Ok(_) => panic!("accepted: {text}"),
        }
    }
}

#[test]
fn too_many_ways_are_refused_and_not_counted_for_ever() {
    // 20 layers of pairs, each depending on both of the next: 2^20 ways.
    let mut text = "users = [\"a0 | b0\"]\n".to_owned();
    for i in 0..12 {
        let next = if i < 11 { format!("depends_on = [\"a{0} | b{0}\"]\n", i + 1) } else { String::new() };
        for side in ["a", "b"] {
            text += &format!("[[component]]\nname = \"{side}{i}\"\nkind = \"app\"\n{next}");
        }
    }
    match with_topology(&text) {
        Ok(lab) => expect(lab.as_ref(), "!('a0' in spofs)"),
        Err(error) => assert!(error.contains("ways"), "{error}"),
    }
}

#[test]
fn computed_availability_is_what_a_thousand_years_bring() {
    for (commands, seed) in
        [(&["build single"][..], 1), (&["build balancer"], 2), (&["build tiers", "standby warm"], 3)]
    {
        let mut lab = lab(seed);
        run(lab.as_mut(), commands);
        run(lab.as_mut(), &["soak 300"]);
        // A 95 % interval misses once in twenty; half again as wide it should not.
        let wide = "soak_low - (soak_high - soak_low) / 2.0 <= availability && availability <= soak_high + (soak_high - soak_low) / 2.0";
        expect(lab.as_ref(), wide);
    }
}

#[test]
fn routine_does_not_flood_the_story() {
    let mut lab = lab(7);
    run(lab.as_mut(), &["wait 60s"]);
    assert!(lab.story().1 < 5, "{}", told(lab.as_ref()));
    run(lab.as_mut(), &["kill db-1"]);
    assert!(lab.story().1 < 15, "{}", told(lab.as_ref()));
}

#[test]
fn chaos_is_up_as_often_as_theory_says() {
    let design = ["build balancer", "replicate lb zone-b", "replicate db zone-b", "place web-2 zone-b"];
    for (seed, more) in [(7, &["standby warm"][..]), (11, &["standby warm"]), (23, &["standby warm"]), (7, &[])] {
        let mut lab = lab(seed);
        run(lab.as_mut(), &design);
        run(lab.as_mut(), more);
        run(lab.as_mut(), &["chaos 20000", "wait 30m"]);
        // A 95 % interval misses once in twenty; half again as wide it should not.
        let half = "(observed_high - observed_low) / 2.0";
        let wide =
            format!("observed_low - {half} <= chaos_availability && chaos_availability <= observed_high + {half}");
        expect(lab.as_ref(), &wide);
        expect(lab.as_ref(), "observed_high - observed_low < 0.1");
    }
}

#[test]
fn a_cut_is_told_as_a_cut() {
    for command in ["cut db app", "cut app db-1"] {
        let mut lab = lab(7);
        run(lab.as_mut(), &["wait 2s", command, "wait 2s", "step"]);
        let told = told(lab.as_ref());
        assert!(told.contains("does not reach db-1: the link is cut"), "{told}");
        assert!(!told.contains("no primary"), "{told}");
    }
}

#[test]
fn edits_say_what_becomes_a_single_point() {
    let mut lab = lab(7);
    run(lab.as_mut(), &["replicate db zone-a"]);
    let told = told(lab.as_ref());
    assert!(told.contains("zone-a is now a single point of failure: 2 of the 3 votes of db are there"), "{told}");
}

#[test]
fn the_page_about_topologies_is_true() {
    let page = std::fs::read_to_string("docs/topologies.md").unwrap_or_else(|e| panic!("{e}"));
    let after = page.split("```toml shop.toml\n").nth(1).unwrap_or_else(|| panic!("no example"));
    let text = after.split("```").next().unwrap_or_default();
    let dir = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let path = dir.path().join("shop.toml");
    std::fs::write(&path, text).unwrap_or_else(|e| panic!("{e}"));
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_scalelab"))
        .args(["run", "failure", "--topology"])
        .arg(&path)
        .args(["-c", "spofs", "-c", "kill db-1", "--expect", "primary['db'] == 'db-2' && witness['db'] == 'eu-c'"])
        .output()
        .unwrap_or_else(|e| panic!("{e}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("one failure alone stops everything: the region eu."), "{said}");
    // Kinds and what they fail by, as the page has them.
    for kind in ["dns", "balancer", "app", "cache", "queue", "server", "database"] {
        assert!(page.contains(&format!("`{kind}`")), "{kind}");
    }
}

fn picture(lab: &dyn OpenLab, view: usize, (width, height): (u16, u16), theme: Theme) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    let view = View { index: view, motion: false, ..View::new(theme) };
    lab.render(&view, &[(":".to_owned(), "command".to_owned())], area, &mut buf);
    buf
}

#[test]
fn pictures() {
    let mut failed_over = lab(7);
    run(failed_over.as_mut(), &["wait 4s", "kill db-1", "wait 1s"]);
    for (width, height) in [(80, 24), (120, 36)] {
        for view in 0..4 {
            let text = to_text(&picture(failed_over.as_ref(), view, (width, height), MONO));
            insta::assert_snapshot!(format!("failure_failover_{width}x{height}_view_{}", view + 1), text);
        }
    }
    let mut regions = lab(7);
    run(regions.as_mut(), &["build two-regions", "wait 2s"]);
    insta::assert_snapshot!("failure_regions_120x36", to_text(&picture(regions.as_ref(), 0, (120, 36), MONO)));
    let mut split = lab(7);
    run(split.as_mut(), &["fencing off", "wait 3s", "cut db-1 db-2", "wait 2s"]);
    insta::assert_snapshot!("failure_split_80x24", to_text(&picture(split.as_ref(), 2, (80, 24), MONO)));
}

#[test]
fn marks_survive_in_the_smallest_boxes() {
    let mut text = "[[zone]]\nname = \"frankfurt-1\"\n[[zone]]\nname = \"frankfurt-2\"\n".to_owned();
    for i in 0..8 {
        let next = if i < 7 { format!("depends_on = [\"part{}\"]\n", i + 1) } else { String::new() };
        text += &format!("[[component]]\nname = \"part{i}\"\nkind = \"app\"\n{next}replicas = {}\n", 1 + i % 3 * 4);
    }
    let mut lab = with_topology(&text).unwrap_or_else(|e| panic!("{e}"));
    run(lab.as_mut(), &["kill part1-3"]);
    let shown = to_text(&picture(lab.as_ref(), 0, (80, 24), MONO));
    assert!(shown.contains("◆part0") && shown.contains('×'), "{shown}");
}

#[test]
fn a_false_alarm_and_a_cut_are_drawn_as_what_they_are() {
    let mut lossy = lab(7);
    run(lossy.as_mut(), &["detector fixed 1.5", "lossy app-1 0.4", "wait 30s"]);
    let shown = to_text(&picture(lossy.as_ref(), 1, (80, 24), MONO));
    assert!(shown.contains("false alarm") && !shown.contains("app-1 failed"), "{shown}");
    let mut split = lab(7);
    run(split.as_mut(), &["fencing off", "wait 3s", "cut db-1 db-2", "wait 2s"]);
    let shown = to_text(&picture(split.as_ref(), 1, (80, 24), MONO));
    assert!(shown.contains("db-1 was cut off, db-2 took over"), "{shown}");
    let shown = to_text(&picture(split.as_ref(), 0, (80, 24), MONO));
    let row = shown.lines().find(|l| l.contains("db-1") && l.contains("db-2")).unwrap_or_default();
    assert!(row.contains('✗'), "the cut link is drawn: {shown}");
}

#[test]
fn any_size_is_drawn_in_any_state() {
    let states: [&[&str]; 5] = [
        &[],
        &["build single", "kill server-1"],
        &["build two-regions", "region down eu"],
        &["fencing off", "cut db-1 db-2", "what-if zone-a"],
        &["replicate db", "replicate db", "replicate app", "slow app-1 50", "lossy lb-1 0.2", "pause db-2 8s"],
    ];
    for commands in states {
        let mut lab = lab(7);
        run(lab.as_mut(), commands);
        for size in [(0, 0), (1, 1), (60, 18), (61, 19), (80, 24), (200, 60), (300, 20)] {
            for view in 0..4 {
                for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
                    let buf = picture(lab.as_ref(), view, size, Theme { palette: Palette::Dark, glyphs });
                    assert!(glyphs == Glyphs::Unicode || to_text(&buf).is_ascii(), "view {view} at {size:?}");
                }
            }
        }
    }
}

#[test]
fn a_click_on_a_machine_pulls_its_plug() {
    let mut lab = lab(7);
    let size = (120, 36);
    let area = Rect::new(0, 0, size.0, size.1);
    let view = View { motion: false, ..View::new(MONO) };
    let text = to_text(&picture(lab.as_ref(), 0, size, MONO));
    // On the picture; further right stand the bars.
    let lines: Vec<String> = text.lines().map(|line| line.chars().take(78).collect()).collect();
    let (row, line) = lines.iter().enumerate().find(|(_, l)| l.contains("db-1")).unwrap_or_else(|| panic!("{text}"));
    let column = line.find("db-1").map_or(0, |byte| line[..byte].chars().count());
    let click = lab.click(&view, &[], area, column as u16, row as u16);
    assert_eq!(click, Click::Command("kill db-1".to_owned()));
    run(lab.as_mut(), &["kill db-1"]);
    let click = lab.click(&view, &[], area, column as u16, row as u16);
    assert_eq!(click, Click::Command("repair db-1".to_owned()));
}
