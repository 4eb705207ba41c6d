//! The figures and load bars beside the picture.

use super::facts::BalancerFacts;
use super::model::BalancerModel;
use super::names::{REGIONS, server_name};
use super::narrate::{ms, ms_or, number};
use crate::algorithms::balance::Layer;
use crate::engine::numbers::{percent, plural, thousands};
use crate::picture::{BarState, Figure, LoadBar};

/// A few words for the title.
pub(super) fn state(model: &BalancerModel) -> String {
    let (system, settings) = (model.main(), &model.settings);
    let mut parts = vec![system.algorithm().name().to_owned()];
    parts.push(format!("{}/s", number(model.traffic.rate)));
    if settings.layer == Layer::Seven {
        parts.push("layer 7".to_owned());
    }
    if settings.sticky {
        parts.push("sticky".to_owned());
    }
    if settings.keepalive > 1 {
        parts.push(format!("{} a connection", settings.keepalive));
    }
    if system.regions.len() > 1 {
        parts.push(format!("{} regions", system.regions.len()));
    }
    parts.join(", ")
}

fn plain(name: &str, value: String, note: Option<String>) -> Figure {
    Figure { name: name.to_owned(), value, theory: None, note, changed: false }
}

/// A mean that may well be off by so much, as a share of it, is worth a word.
pub(super) const NOTABLE_SPREAD: f64 = 0.1;

/// Observed beside theory.
pub(super) fn figures(facts: &BalancerFacts) -> Vec<Figure> {
    let theory = facts.theory_mean_ms.map_or_else(|| "none".to_owned(), ms);
    let formula = if facts.theory == "E(n)/M/1" { "E(n)/M/1: in turn" } else { facts.theory };
    let note = match facts.theory_spread.filter(|s| *s >= NOTABLE_SPREAD) {
        Some(spread) => format!("{formula}, ± {:.0} % by chance", spread * 100.0),
        None => formula.to_owned(),
    };
    let mut figures = vec![Figure {
        name: "mean".to_owned(),
        value: ms_or(facts.mean_ms),
        theory: Some(theory),
        note: Some(note),
        changed: facts.mean_ms.is_some(),
    }];
    figures.push(plain(
        "p99",
        ms_or(facts.p99_ms),
        Some(format!("p50 {}, p95 {}", ms_or(facts.p50_ms), ms_or(facts.p95_ms))),
    ));
    figures.extend(counts(facts));
    figures.push(Figure {
        name: "busy".to_owned(),
        value: percent(facts.utilization),
        theory: Some(facts.theory_utilization.map_or_else(|| "none".to_owned(), percent)),
        note: Some(match facts.theory_utilization_missing {
            "" => "mean of the servers".to_owned(),
            reason => reason.to_owned(),
        }),
        changed: false,
    });
    figures.push(plain("imbalance", format!("{:.2}", facts.imbalance), Some("busiest over mean".to_owned())));
    figures.push(plain("queue max", thousands(facts.queue_max as u64), Some("longest at one server".to_owned())));
    if facts.theory_mean_inside.is_some() {
        figures.push(Figure {
            name: "inside".to_owned(),
            value: format!("{:.1}", facts.mean_inside),
            theory: facts.theory_mean_inside.map(|n| format!("{n:.1}")),
            note: Some("Little: rate × time inside".to_owned()),
            changed: false,
        });
    }
    figures
}

fn counts(facts: &BalancerFacts) -> Vec<Figure> {
    let since = format!("in {:.1} simulated s", facts.since_s);
    let mut figures = vec![plain("served", thousands(facts.served), Some(since))];
    if facts.failed > 0 {
        let mut failed = plain("failed", thousands(facts.failed), Some(percent(facts.failed_share)));
        failed.changed = true;
        figures.push(failed);
    }
    if facts.retried > 0 {
        let denied =
            (facts.retries_denied > 0).then(|| format!("{} beyond the budget", thousands(facts.retries_denied)));
        figures.push(plain("retried", thousands(facts.retried), denied));
    }
    if facts.sticky {
        let lost = (facts.sessions_lost > 0).then(|| format!("{} lost their server", thousands(facts.sessions_lost)));
        figures.push(plain("sessions", thousands(facts.sessions as u64), lost));
    }
    if facts.regions > 1 && facts.stale_dns > 0 {
        let mut stale = plain("stale DNS", thousands(facts.stale_dns), Some("failed though DNS knew".to_owned()));
        stale.changed = true;
        figures.push(stale);
    }
    if let (Some(sent), Some(all)) = (facts.trace_sent, facts.trace_requests) {
        figures.push(plain(
            "trace",
            percent(sent as f64 / all.max(1) as f64),
            Some(format!("of {} sent", thousands(all as u64))),
        ));
    }
    figures
}

/// One bar a server: the share of time that it worked, what is due marked.
pub(super) fn bars(model: &BalancerModel) -> (String, Vec<LoadBar>) {
    let (cluster, now) = (model.shown_cluster(), model.now);
    let passed = (now - model.main().stats.since).as_micros().max(1) as f64;
    let busy: Vec<f64> = cluster.servers.iter().map(|s| s.busy(now).as_micros() as f64 / passed).collect();
    let taking = (0..cluster.servers.len()).filter(|i| cluster.takes(*i)).count().max(1);
    let ideal = busy.iter().sum::<f64>() / taking as f64;
    let bars = cluster.servers.iter().enumerate().map(|(i, server)| {
        let takes = cluster.takes(i);
        let held = server.active() as u64;
        let text = match (server.alive, takes) {
            (false, true) => "down!".to_owned(),
            (false, false) => "out".to_owned(),
            (true, false) if server.drained => "drained".to_owned(),
            (true, false) if server.draining => "drains".to_owned(),
            (true, false) => "out".to_owned(),
            (true, true) => percent(busy[i]),
        };
        LoadBar {
            label: format!("{held} in"),
            letter: server_name(i),
            series: i,
            value: busy[i],
            ideal: if takes { ideal } else { 0.0 },
            text,
            state: match (server.alive, takes) {
                (false, _) => BarState::Failed,
                (true, true) if server.queue.len() >= model.settings.queue_limit => BarState::Over,
                _ if model.touched == Some(i) => BarState::Changed,
                _ => BarState::Normal,
            },
        }
    });
    let count = cluster.servers.len() as u64;
    let several = model.main().regions.len() > 1;
    let what = if several {
        format!("{}: {count} server{} at work", REGIONS[model.shown], plural(count))
    } else {
        format!("time at work, {count} server{}", plural(count))
    };
    (what, bars.collect())
}
