//! The load balancer lab: its simulation against theory, its commands, its inputs, its pictures.
#![expect(clippy::panic, reason = "a test says why it fails")]

use std::io::Write as _;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use scalelab::engine::{Blank, Expectation, Input, Setup};
use scalelab::labs::{OpenLab, View, find};
use scalelab::picture::{Glyphs, Palette, Theme, to_text};

fn open(seed: u64) -> Box<dyn OpenLab> {
    let lab = find("balancer").map(|r| (r.open)(Setup::seeded(seed)));
    let Some(Ok(lab)) = lab else { panic!("the lab does not open") };
    lab
}

fn give(lab: &mut dyn OpenLab, line: &str) {
    lab.command(line).unwrap_or_else(|e| panic!("`{line}`: {e}"));
    lab.advance_to(lab.settled_at());
    assert_eq!(lab.broken(), Vec::<&str>::new(), "after `{line}`");
}

fn after(seed: u64, lines: &[&str]) -> Box<dyn OpenLab> {
    let mut lab = open(seed);
    lines.iter().for_each(|line| give(lab.as_mut(), line));
    lab
}

fn number(lab: &dyn OpenLab, name: &str) -> f64 {
    let facts = lab.facts();
    let value = name.split('.').try_fold(&facts, |v, key| v.get(key));
    value.and_then(serde_json::Value::as_f64).unwrap_or_else(|| panic!("{name} is no number in {facts}"))
}

fn holds(lab: &dyn OpenLab, expression: &str) {
    let verdict = Expectation::compile(expression).and_then(|e| e.judge(&lab.facts()));
    let verdict = verdict.unwrap_or_else(|e| panic!("{e}"));
    assert!(verdict.holds, "false: {expression}; saw {:?}", verdict.seen);
}

fn sentences(lab: &dyn OpenLab) -> String {
    lab.story().0.iter().map(|e| e.text.clone() + "\n").collect()
}

/// Means of independent runs hold what is expected in their 99.9 % confidence interval, which is narrow enough.
fn expect_mean(lines: &[&str], fact: &str, expected: &str, narrow: f64) {
    let runs: Vec<Box<dyn OpenLab>> = (1..=10).map(|seed| after(seed * 101, lines)).collect();
    let means: Vec<f64> = runs.iter().map(|lab| number(lab.as_ref(), fact)).collect();
    let theory = number(runs[0].as_ref(), expected);
    let mean = means.iter().sum::<f64>() / means.len() as f64;
    let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (means.len() - 1) as f64;
    // Student's t with 9 degrees of freedom.
    let half = 4.781 * (variance / means.len() as f64).sqrt();
    assert!((mean - theory).abs() < half, "{lines:?}: {fact} {mean} ± {half} does not hold {theory}");
    assert!(half < narrow * theory, "{lines:?}: ± {half} around {mean} says little");
}

#[test]
fn simulated_means_agree_with_theory() {
    let run = ["run 30", "measure", "run 150"];
    let with = |first: &'static str| -> Vec<&'static str> { [first].into_iter().chain(run).collect() };
    // M/M/1 at each server; E(4)/M/1; one queue, M/M/4; and the two that have no closed formula lie between.
    expect_mean(&with("algorithm random"), "mean_ms", "theory_mean_ms", 0.15);
    expect_mean(&with("algorithm round-robin"), "mean_ms", "theory_mean_ms", 0.15);
    expect_mean(&with("algorithm one-queue"), "mean_ms", "theory_mean_ms", 0.10);
    expect_mean(&with("algorithm one-queue"), "utilization", "theory_utilization", 0.05);
    let constant = ["algorithm random", "service constant", "run 30", "measure", "run 150"];
    expect_mean(&constant, "mean_ms", "theory_mean_ms", 0.10);
}

#[test]
fn two_choices_are_the_supermarket_model() {
    // 100 servers at 90 %: 2.614 service times, against 10 for one random choice.
    let lines = ["queue-limit 500", "servers 100", "rate 1800", "algorithm two-choices", "run 10", "measure", "run 25"];
    let runs: Vec<Box<dyn OpenLab>> = (1..=3).map(|seed| after(seed, &lines)).collect();
    for lab in &runs {
        holds(lab.as_ref(), "theory == 'supermarket' && failed == 0");
        let theory = number(lab.as_ref(), "theory_mean_ms");
        assert!((theory / 50.0 - 2.614).abs() < 0.001, "{theory}");
        let mean = number(lab.as_ref(), "mean_ms");
        assert!((mean / theory - 1.0).abs() < 0.06, "{mean} against {theory}");
    }
}

#[test]
fn littles_law_holds_exactly_in_a_run_that_ends_empty() {
    // The property says so whenever all have left; here they do leave, and it is checked.
    let lab = after(7, &["rate 70", "run 60", "rate 0", "run 60"]);
    holds(lab.as_ref(), "inside == 0 && total_served > 4000");
    assert_eq!(lab.broken(), Vec::<&str>::new());
    // While it runs, both sides of the figures panel agree, too: with a backlog, failures, retries, regions.
    let cases: [&[&str]; 6] = [
        &["run 300"],
        &["slow c 4"],
        &["rate 100", "run 20"],
        &["layer 7", "rate 100", "fail a"],
        &["servers 1", "rate 15", "servers 2", "measure", "run 5"],
        &["regions 3", "rate 90", "region fail us"],
    ];
    for lines in cases {
        let lab = after(7, lines);
        let (observed, theory) = (number(lab.as_ref(), "mean_inside"), number(lab.as_ref(), "theory_mean_inside"));
        assert!((observed - theory).abs() < 1e-6 * observed, "{lines:?}: {observed} {theory}");
    }
}

#[test]
fn the_same_commands_lead_to_the_same_state_however_fast_they_come() {
    let lines =
        ["rate 40", "slow a 3", "algorithm least-connections", "measure", "run 30", "step", "fail b", "sticky on"];
    let slow = after(7, &lines);
    let mut fast = open(7);
    for (i, line) in lines.iter().enumerate() {
        fast.command(line).unwrap_or_else(|e| panic!("`{line}`: {e}"));
        // A part of what was planned has passed when the next one comes, or nothing.
        fast.advance_to(fast.now() + 40_000 * i as u64);
    }
    fast.advance_to(fast.settled_at());
    assert_eq!(fast.facts(), slow.facts());
    assert_eq!(sentences(fast.as_ref()), sentences(slow.as_ref()));
}

#[test]
fn capacity_is_that_of_the_servers_that_take_requests() {
    let told = |lines: &[&str]| sentences(after(7, lines).as_ref());
    assert!(told(&["rate 100"]).contains("125.0 % of what the servers can do: queues grow"), "{}", told(&["rate 100"]));
    let out = told(&["drain b", "rate 40"]);
    assert!(out.contains("66.7 % of what the servers that take requests can do."), "{out}");
    let cases: [(&[&str], &str); 7] = [
        (&["run 20"], "theory_utilization == 0.75"),
        (&["rate 100"], "theory_utilization == 1.0 && load == 1.25"),
        // a, b and d at 75 %, c with more than it can do.
        (&["slow c 4", "patience 600000", "queue-limit 10000"], "theory_utilization == 0.8125"),
        (
            &["algorithm least-connections", "slow c 4"],
            "theory_utilization == null && theory_utilization_missing != ''",
        ),
        (
            &["rate 40", "drain b", "run 60"],
            "theory_utilization > 0.66 && theory_utilization < 0.67 && utilization < 0.75",
        ),
        (&["fail a", "fail b", "fail c", "fail d", "run 20"], "theory_utilization == null && load == null"),
        (&["drain a", "drain b", "drain c", "drain d"], "theory_utilization_missing == 'no server takes requests'"),
    ];
    for (lines, expression) in cases {
        holds(after(7, lines).as_ref(), expression);
    }
}

#[test]
fn a_drained_server_keeps_its_sessions_and_a_failed_one_loses_them() {
    let sticky = ["clients 3000", "algorithm least-connections", "sticky on"];
    let and = |more: &[&'static str]| -> Vec<&'static str> { sticky.iter().chain(more).copied().collect() };
    let lab = after(7, &and(&["drain b"]));
    holds(lab.as_ref(), "server['b'].sent > 10 && sessions_lost == 0 && failed == 0 && !server['b'].drained");
    assert!(sentences(lab.as_ref()).contains("those that stick to it stay until their sessions end"));
    // No new client gets there, and after the life of a session none is left.
    let later = after(7, &and(&["drain b", "run 70"]));
    holds(later.as_ref(), "server['b'].drained && server['b'].sessions == 0 && sessions_lost == 0 && failed == 0");
    assert!(sentences(later.as_ref()).contains("b is drained"));
    holds(after(7, &and(&["fail b"])).as_ref(), "sessions_lost > 100 && failed > 0");
    // What a change costs at once is counted.
    holds(after(7, &and(&["servers 3"])).as_ref(), "sessions_lost > 100");
    holds(after(7, &and(&["session-life 1", "run 20"])).as_ref(), "sessions < 100 && sessions_lost == 0");
}

#[test]
fn failures_since_a_server_failed_are_not_forgotten() {
    let lab = after(7, &["rate 40", "algorithm least-connections", "fail b", "measure", "run 20", "rate 40"]);
    holds(lab.as_ref(), "failed == 0 && server['b'].since_failure.failed > 40 && server['b'].since_failure.s > 55.0");
    holds(lab.as_ref(), "server['b'].since_failure.requests > 2000 && server['b'].since_failure.p99_ms > 50.0");
    holds(after(7, &["fail b", "recover b"]).as_ref(), "server['b'].since_failure == null");
}

#[test]
fn servers_of_other_regions_have_names_too() {
    let lab = after(7, &["regions 3", "rate 90", "fail us/c"]);
    holds(lab.as_ref(), "region['us'].servers_taking == 3 && servers_taking == 4 && server['c'].up");
    let text = picture(lab.as_ref(), 0, (120, 36), MONO);
    assert!(text.contains("4 servers in us"), "{text}");
    let lab = after(7, &["regions 3", "rate 90", "slow us/a 4", "weight us/b 2", "drain asia/d", "show eu"]);
    holds(lab.as_ref(), "region['asia'].servers_taking == 3 && server['a'].slowness == 1.0 && server['b'].weight == 1");
    assert!(picture(lab.as_ref(), 0, (120, 36), MONO).contains("4 servers in eu"));
}

#[test]
fn two_balancers_do_not_raise_the_dead() {
    let lab = after(7, &["balancer fail", "balancers 2"]);
    holds(lab.as_ref(), "balancer_active == 2 && failed > 150");
}

#[test]
fn pools_and_rules_are_drawn() {
    let lines = ["layer 7", "pool static a b", "route /static static", "fail c", "drain d"];
    let lab = after(7, &lines);
    assert!(
        sentences(lab.as_ref()).contains("No server of the pool web takes requests"),
        "{}",
        sentences(lab.as_ref())
    );
    let text = picture(lab.as_ref(), 0, (120, 36), MONO);
    for part in ["static ", "/static → static", "no server of its pool takes requests"] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
}

#[test]
fn a_server_that_fails_is_noticed_by_checks_ejection_or_retries() {
    let lab = after(7, &["fail a"]);
    // Every 2 s, three in a row: for some 4 to 6 s a quarter of 60 a second goes nowhere.
    holds(lab.as_ref(), "failed_of['server_down'] > 40 && failed_of['server_down'] < 140 && servers_taking == 3");
    let told = sentences(lab.as_ref());
    assert!(told.contains("a is out: 3 checks in a row failed"), "{told}");
    // Least connections takes the one that fails fastest for the idlest.
    let hole = after(7, &["algorithm least-connections", "fail a"]);
    assert!(number(hole.as_ref(), "failed") > 1.3 * number(lab.as_ref(), "failed"));
    // Ejection notices after five; retries at layer 7 hide nearly all.
    holds(after(7, &["outliers on", "fail a"]).as_ref(), "failed < 20");
    holds(after(7, &["layer 7", "fail a"]).as_ref(), "retried > 20 && failed < 30");
    // It is back after two passed checks, and with a slow start not at once with its whole share.
    let lab = after(7, &["fail a", "recover a"]);
    holds(lab.as_ref(), "server['a'].sent > 150 && servers_taking == 4");
    let slow = after(7, &["algorithm smooth-weighted", "slow-start 15", "fail a", "recover a"]);
    assert!(number(slow.as_ref(), "server.a.sent") < 0.8 * number(lab.as_ref(), "server.a.sent"));
    // None left: all fail, counted and said.
    let lab = after(7, &["fail a", "fail b", "fail c", "fail d", "run 20"]);
    holds(lab.as_ref(), "served == 0 && failed_of['no_server'] > 900");
}

#[test]
fn layer_4_balances_connections_and_layer_7_requests() {
    let four = after(7, &["clients 12 --skew 1", "keepalive 2000", "layer 4", "run 20"]);
    let seven = after(7, &["clients 12 --skew 1", "keepalive 2000", "layer 7", "run 20"]);
    assert!(number(four.as_ref(), "imbalance") > number(seven.as_ref(), "imbalance") + 0.1);
    // TLS ends at the balancer: every request costs time there.
    let plain = number(after(7, &["run 60"]).as_ref(), "mean_ms");
    let tls = number(after(7, &["layer 7", "run 60"]).as_ref(), "mean_ms");
    assert!(tls - plain > 2.0 && tls - plain < 10.0, "{plain} {tls}");
    // Rules: a path, a header, a rule that points to another one.
    let lab = after(7, &["layer 7", "pool app c d", "route /api app"]);
    holds(lab.as_ref(), "server['c'].share + server['d'].share > 0.12 && server['c'].share + server['d'].share < 0.28");
    let lab = after(7, &["layer 7", "pool app c d", "header mobile app"]);
    holds(lab.as_ref(), "server['c'].share + server['d'].share > 0.25 && server['c'].share + server['d'].share < 0.42");
    let lab = after(7, &["layer 7", "route /img nowhere"]);
    holds(lab.as_ref(), "failed_of['no_server'] > 100");
    let mut lab = after(7, &["route /a web", "route /b /a"]);
    let error = lab.command("route /a /b").err().map(|e| e.to_string()).unwrap_or_default();
    assert!(error.contains("/a → /b → /a"), "{error}");
    // Draining lets open connections go on.
    let lab = after(7, &["keepalive 1000", "drain a"]);
    holds(lab.as_ref(), "server['a'].sent > 0 && failed == 0");
}

#[test]
fn dns_is_believed_until_its_time_is_over() {
    let lab = after(7, &["rate 150", "regions 3", "region fail us"]);
    holds(lab.as_ref(), "stale_dns > 50 && region['us'].up == false && region['us'].in_dns == false");
    let short = after(7, &["rate 150", "ttl 1", "regions 3", "region fail us"]);
    assert!(number(short.as_ref(), "failed") < 0.8 * number(lab.as_ref(), "failed"));
    let later = after(7, &["rate 90", "regions 3", "region fail us", "run 40", "measure", "run 5"]);
    holds(later.as_ref(), "failed == 0 && region['us'].believers == 0");
    holds(after(7, &["regions 3", "dns failover", "run 60"]).as_ref(), "region['eu'].believers == clients");
}

#[test]
fn a_second_balancer_takes_the_address_after_its_wait() {
    let alone = after(7, &["balancer fail"]);
    holds(alone.as_ref(), "balancer_active == null && served == 0 && failed_of['balancer_down'] > 900");
    let pair = after(7, &["balancers 2", "balancer fail"]);
    // 3 advertisements and a skew of 156/256 s: 3.6 s of 60 a second.
    holds(pair.as_ref(), "balancer_active == 2 && failed > 150 && failed < 300");
    assert!(sentences(pair.as_ref()).contains("takes the address in 3.60 s"), "{}", sentences(pair.as_ref()));
    holds(
        after(7, &["balancers 2", "balancer fail", "balancer recover"]).as_ref(),
        "balancer_active == 1 && failed == 0",
    );
}

#[test]
fn slow_start_acts_or_is_refused_under_every_algorithm() {
    let algorithms = ["round-robin", "smooth-weighted", "random", "least-connections", "two-choices", "peak-ewma"];
    let hashed = ["source-hash", "consistent-hash", "bounded-load"];
    for algorithm in algorithms.iter().chain(&hashed) {
        let choose = format!("algorithm {algorithm}");
        let start = ["slow-start 300", &choose, "rate 40", "clients 1000"];
        // One that failed and came back; d has a tenth of its weight or a little more all the time.
        let back = ["fail d", "run 20", "recover d", "run 5", "measure", "run 20"];
        let lab = after(7, &[&start[..], &back].concat());
        let share = number(lab.as_ref(), "server.d.share");
        assert!((0.015..0.055).contains(&share), "{algorithm}: {share}");
        holds(
            lab.as_ref(),
            "server['d'].slow_start >= 0.1 && server['d'].slow_start < 0.15 && server['a'].slow_start == null",
        );
        holds(lab.as_ref(), "theory_mean_ms == null && theory.contains('slow')");
        // One that drained, and new ones.
        for come in [
            &["drain d", "run 5", "recover d", "run 5", "measure", "run 20"][..],
            &["servers 3", "servers 4", "measure", "run 20"],
        ] {
            let lab = after(7, &[&start[..], come].concat());
            let share = number(lab.as_ref(), "server.d.share");
            assert!((0.015..0.055).contains(&share), "{algorithm} after {come:?}: {share}");
        }
        // In the end it has its whole share again.
        let lab = after(
            7,
            &[
                &["slow-start 5", &choose, "rate 40", "clients 1000", "servers 3", "servers 4"][..],
                &["run 10", "measure", "run 60"],
            ]
            .concat(),
        );
        let share = number(lab.as_ref(), "server.d.share");
        assert!((0.19..0.31).contains(&share), "{algorithm} in the end: {share}");
        holds(lab.as_ref(), "server['d'].slow_start == null");
    }
    for lines in [
        &["slow-start 10", "algorithm one-queue"],
        &["algorithm one-queue", "slow-start 10"],
        &["slow-start 10", "compare random one-queue"],
        &["compare one-queue random", "slow-start 10"],
    ] {
        let mut lab = after(7, &lines[..1]);
        let before = lab.facts();
        let error = lab.command(lines[1]).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains("slow start cannot act with one queue"), "{lines:?}: {error}");
        assert_eq!(lab.facts(), before);
    }
    let _ = after(7, &["slow-start 10", "slow-start 0", "algorithm one-queue", "slow-start 0"]);
}

#[test]
fn numbers_are_refused_out_of_range_and_end_within_it() {
    let odd = ["-1", "-0.5", "NaN", "inf", "-inf", "1e308", "-1e308", "1e309", "9223372036854775808", "1e19", "", "x"];
    let tiny = ["5e-324", "1e-308", "1e-300", "1e-14", "1e-12", "1e-9"];
    // Each command with its smallest and its largest number; # stands for it.
    for (command, least, most, zero) in [
        ("rate #", "0.001", "100000", true),
        ("slow a #", "0.1", "1000", false),
        ("burst # 1", "1", "100", false),
        ("burst 1 #", "0.1", "60", false),
        ("session-life #", "0.1", "86400", false),
        ("slow-start #", "0.1", "86400", true),
        ("service exponential #", "0.01", "60000", false),
        ("service bimodal #", "0.01", "60000", false),
        ("clients 10 --skew=#", "0", "4", true),
        ("ttl #", "0.001", "86400", false),
        ("run #", "0.001", "300", false),
        ("servers #", "1", "1000", false),
        ("weight a #", "0", "1000", true),
        ("keepalive #", "1", "1000000", false),
        ("retries #", "0", "5", true),
        ("checks # 2", "1", "20", false),
        ("checks 3 #", "1", "20", false),
        ("queue-limit #", "0", "25000", true),
        ("patience #", "1", "600000", false),
        ("clients #", "1", "100000", false),
        ("regions #", "1", "4", false),
        ("balancers #", "1", "2", false),
        ("balancer fail #", "1", "1", false),
        ("unfold #", "0.1", "60", true),
    ] {
        let mut lab = open(7);
        let before = lab.facts();
        let refused = odd.iter().chain(&tiny).filter(|text| !(text.is_empty() && command.ends_with('=')));
        for text in refused.chain(if zero { &[][..] } else { &["0"] }) {
            let is_skew = command.contains("skew") && tiny.contains(text);
            let line = command.replace('#', text);
            if !(is_skew || text.is_empty()) {
                let error = lab.command(&line).err().map(|e| e.to_string()).unwrap_or_default();
                assert!(error.contains("must be"), "`{line}`: {error:?}");
            }
        }
        assert_eq!(lab.facts(), before, "{command}");
        for text in [least, most] {
            let mut lab = open(7);
            give(lab.as_mut(), &command.replace('#', text));
            if (!command.starts_with("rate") || *text != *most) && lab.command("step").is_ok() {
                lab.advance_to(lab.settled_at());
            }
        }
    }
    // Few requests: whatever the process, time passes, and a step goes to the next one or says that it is far.
    for process in ["poisson", "even", "bursty"] {
        let arrivals = format!("arrivals {process}");
        let mut lab = after(7, &["rate 0.001", &arrivals, "run 86400", "burst 100 60"]);
        holds(lab.as_ref(), "rate == 0.001");
        give(lab.as_mut(), "rate 0.0011");
        let step = lab.command("step").err().map(|e| e.to_string());
        assert!(step.as_ref().is_none_or(|e| e.contains("too far to step to")), "{step:?}");
    }
    // A log over many years, played slowly: its next request may be years away.
    let line = |year: u32| format!("10.0.0.1 - - [10/Oct/{year}:13:00:00 +0000] \"GET / HTTP/1.1\" 200 5\n");
    let text = [1970, 1971, 9999].map(line).concat();
    let mut lab = open_with(Input::read("access.log", text.as_bytes(), Blank::Skip, |_, _| ()).unwrap());
    give(lab.as_mut(), "rate 0.001");
    give(lab.as_mut(), "run 60");
    let _ = lab.command("step");
    give(lab.as_mut(), "rate 60");
}

#[test]
fn unfold_says_how_much_time_passes_after_a_command() {
    holds(open(7).as_ref(), "unfold_s == 20.0");
    holds(after(7, &["fail a"]).as_ref(), "since_s > 19.9 && since_s < 20.1");
    holds(after(7, &["unfold 5", "fail a"]).as_ref(), "since_s > 4.9 && since_s < 5.1");
    let lab = after(7, &["unfold 0", "servers 6", "weight a 3", "fail b", "sticky on"]);
    holds(lab.as_ref(), "since_s == 0.0 && total_served == 0 && servers == 6 && !server['b'].up");
    let mut lab = after(7, &["unfold 0", "servers 6", "run 10"]);
    holds(lab.as_ref(), "since_s == 10.0 && served > 500 && servers == 6");
    give(lab.as_mut(), "unfold 20");
    give(lab.as_mut(), "rate 80");
    holds(lab.as_ref(), "since_s > 19.9 && since_s < 20.1");
}

#[test]
fn sentences_have_their_plurals_and_zeros() {
    for (lines, expected) in [
        (&["rate 1"][..], "1 request a second arrives now:"),
        (&["rate 0.001"], "0.001 requests a second arrive now:"),
        (&["burst 1 1", "rate 30", "burst 2 3"], "For 3 s, 60 requests a second arrive instead of 30."),
        (&["rate 1", "burst 1 1"], "For 1 s, 1 request a second arrives instead of 1."),
        (&["clients 1"], "There is one client now."),
        (&["clients 2"], "There are 2 clients now, all sending alike."),
        (&["checks 1 1"], "One failed check takes a server out, one passed check brings it back."),
        (&["checks 1 1", "fail a"], "it takes a failed check, and there is one every 2 s."),
        (&["checks 1 1", "fail a", "recover a"], "a is back in: its check passed."),
        (&["checks 1 1", "fail a"], "a is out: a check failed."),
        (&["checks 3 2"], "3 failed checks in a row take a server out, 2 passed checks bring it back."),
        (&["queue-limit 0"], "No request may wait:"),
        (&["queue-limit 1"], "At most 1 request may wait at each server."),
        (&["rate 0", "drain a"], "a holds no request."),
        (&["run 1"], "1 s passes in time lapse."),
        (&["run 2"], "2 s pass in time lapse."),
        (&["servers 1"], "There is one server now."),
        (&["retries 1"], "up to 1 time;"),
    ] {
        let told = sentences(after(7, lines).as_ref());
        assert!(told.contains(expected), "{lines:?}: {told}");
    }
    let read = |text: &str| Input::read("access.log", text.as_bytes(), Blank::Skip, |_, _| ()).unwrap();
    let line =
        "www.example.com:80 203.0.113.1 - - [31/Jan/2017:09:44:00 +0100] \"GET /a HTTP/1.1\" 301 738 \"-\" \"x\"\n";
    let mut lab = open_with(read(line));
    give(lab.as_mut(), "run 20");
    let told = sentences(lab.as_ref());
    for part in ["1 request from 1 client in 0 s", "Its format is combined with virtual host.", "its request was sent"]
    {
        assert!(told.contains(part), "{part} is missing in {told}");
    }
    for part in ["were left out", "was left out", "beyond the first", "earlier than"] {
        assert!(!told.contains(part), "{part} is in {told}");
    }
    holds(lab.as_ref(), "trace_format == 'combined with virtual host' && trace_malformed == 0");
    // Two ways of writing, and lines that are no entries.
    let text = format!("{{\n{line}{line}10.0.0.1 - - [31/Jan/2017:09:43:59 +0100] \"\" 400 0\n?\n?\n?\n");
    let mut lab = open_with(read(&text));
    give(lab.as_mut(), "run 20");
    let told = sentences(lab.as_ref());
    for part in [
        "3 requests from 2 clients in",
        "Its format is combined with virtual host (2 entries) and common (1 entry).",
        "4 lines are no log entries and were left out: the first is line 1, '{'. The others are lines 5, 6 and more.",
        "1 entry was earlier than the line above",
        "1 request asks for no path",
    ] {
        assert!(told.contains(part), "{part} is missing in {told}");
    }
}

#[test]
fn bad_commands_are_refused_and_change_nothing() {
    let mut lab = after(7, &["sticky on"]);
    for line in [
        "rate -1",
        "rate NaN",
        "rate 1e9",
        "rate inf",
        "servers 0",
        "servers 1001",
        "servers 99999999999",
        "weight z 1",
        "weight a 1001",
        "slow a 0",
        "slow a -3",
        "slow a NaN",
        "recover a",
        "fail node-a",
        "burst 0",
        "burst 1000 1",
        "burst 4 NaN",
        "keepalive 0",
        "retries 9",
        "checks 0",
        "slow-start -1",
        "queue-limit 99999999",
        "patience 0",
        "service exponential 0",
        "service exponential NaN",
        "arrivals trace",
        "clients 0",
        "clients 5 --skew 9",
        "regions 0",
        "regions 5",
        "region fail us",
        "ttl 0",
        "balancers 3",
        "balancer fail 2",
        "balancer recover 1",
        "compare random random",
        "compare random",
        "run 0",
        "run NaN",
        "run 1e9",
        "fail us/a",
        "show us",
        "session-life 0",
        "route api web",
        "route /a a/b",
        "unroute /nothing",
        "pool a/b a",
        "pool x y",
        "header mobile a/b",
    ] {
        let before = lab.facts();
        let error = lab.command(line).err();
        assert!(error.is_some(), "`{line}` was taken");
        assert_eq!(lab.facts(), before, "`{line}`");
    }
    let error = lab.command("run 80000").err().map(|e| e.to_string()).unwrap_or_default();
    assert!(error.contains("run 33333 seconds or less"), "{error}");
}

/// A log of 600 requests, one every half second, gzip or not.
fn log(odd: bool) -> String {
    let mut lines: Vec<String> = (0..600)
        .map(|i| {
            let (second, minute) = (i / 2 % 60, i / 120);
            format!(
                "10.0.0.{} - - [10/Oct/2000:13:{minute:02}:{second:02} +0000] \"GET /p/{} HTTP/1.1\" 200 5",
                i % 9,
                i % 7
            )
        })
        .collect();
    if odd {
        lines.swap(3, 300);
        lines.insert(10, "what is this?".to_owned());
    }
    lines.join("\n") + "\n"
}

fn open_with(input: Input) -> Box<dyn OpenLab> {
    let mut setup = Setup::seeded(7);
    setup.inputs.insert("trace".to_owned(), Arc::new(input));
    let lab = find("balancer").map(|r| (r.open)(setup));
    let Some(Ok(lab)) = lab else { panic!("the lab does not open with a trace") };
    lab
}

#[test]
fn a_trace_is_played_and_its_faults_are_said() {
    let read = |text: &str| Input::read("access.log", text.as_bytes(), Blank::Skip, |_, _| ()).unwrap();
    let mut lab = open_with(read(&log(true)));
    give(lab.as_mut(), "run 20");
    holds(lab.as_ref(), "trace_requests == 600 && trace_sent == 600 && trace_malformed == 1 && trace_out_of_order > 0");
    holds(lab.as_ref(), "served == 600 && clients == 9 && theory_mean_ms == null");
    let told = sentences(lab.as_ref());
    for part in [
        "600 requests from 9 clients",
        "Its format is common.",
        "1 line is no log entry and was left out: it is line 11, 'what is this?'.",
        "sorted by time",
        "all 600 requests were sent",
    ] {
        assert!(told.contains(part), "{part} is missing in {told}");
    }
    // The same from gzip.
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut packed = flate2::write::GzEncoder::new(file.as_file(), flate2::Compression::default());
    packed.write_all(log(true).as_bytes()).unwrap();
    packed.finish().unwrap();
    let path = file.path().to_string_lossy().into_owned();
    let unpacked = scalelab::headless::inputs::read(&path, Blank::Skip).unwrap();
    assert_eq!(unpacked.lines, read(&log(true)).lines);
    // The lab reads it as a stream: no text is kept, and what is no text counts as malformed.
    let mut odd = log(true).into_bytes();
    odd.extend_from_slice(&[0xff, 0xfe, b'\n']);
    odd.extend(std::iter::repeat_n(b'y', 300_000));
    let raw = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(raw.path(), &odd).unwrap();
    let Some(spec) = find("balancer").and_then(|r| r.info.inputs.first()) else { panic!("no input") };
    let streamed = scalelab::headless::inputs::read(&raw.path().to_string_lossy(), spec.blank).unwrap();
    assert!(streamed.lines.is_empty());
    let mut other = open_with(streamed);
    give(other.as_mut(), "run 20");
    holds(other.as_ref(), "trace_requests == 600 && served == 600 && trace_malformed == 3 && trace_out_of_order > 0");
    // Torn gzip is an error, not a short trace.
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(scalelab::headless::inputs::read(&path, Blank::Skip).is_err());
    // No log at all.
    let mut setup = Setup::seeded(7);
    setup.inputs.insert("trace".to_owned(), Arc::new(read("one\ntwo\n")));
    let refused = find("balancer").map(|r| (r.open)(setup));
    assert!(matches!(refused, Some(Err(_))));
}

fn picture(lab: &dyn OpenLab, view: usize, (width, height): (u16, u16), theme: Theme) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    let view = View { index: view, ..View::new(theme) };
    lab.render(&view, &[(":".to_owned(), "command".to_owned())], area, &mut buf);
    to_text(&buf)
}

const MONO: Theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Unicode };

#[test]
fn pictures() {
    let lab = after(7, &["slow c 3", "compare round-robin least-connections"]);
    let world = after(7, &["rate 150", "regions 3", "region fail us"]);
    for size in [(80, 24), (120, 36)] {
        for view in 0..4 {
            let shown = if view == 3 { &world } else { &lab };
            let text = picture(shown.as_ref(), view, size, MONO);
            insta::assert_snapshot!(format!("balancer_{}x{}_view_{}", size.0, size.1, view + 1), text);
        }
    }
}

#[test]
fn pictures_hold_at_any_size_and_many_servers() {
    let many = after(7, &["queue-limit 50", "servers 1000", "rate 15000"]);
    let world = after(7, &["regions 4", "region fail asia", "balancers 2", "balancer fail"]);
    for lab in [&many, &world, &open(7)] {
        for size in [(0, 0), (1, 1), (40, 10), (60, 18), (80, 24), (200, 60), (300, 12)] {
            for view in 0..4 {
                let ascii = picture(lab.as_ref(), view, size, Theme { palette: Palette::Mono, glyphs: Glyphs::Ascii });
                assert!(ascii.is_ascii(), "view {view} at {size:?}: {ascii}");
                picture(lab.as_ref(), view, size, MONO);
            }
        }
    }
}
