//! The figures and bars beside the picture.

use super::command::{Anomaly, PolicyName, ProtocolName};
use super::facts::TransactionsFacts;
use super::model::TransactionsModel;
use super::names::name;
use super::script::Script;
use crate::algorithms::transactions::{Phenomenon, Protocol, Status, Told, TxId};
use crate::engine::numbers::{percent, thousands};
use crate::picture::{BarState, Figure, LoadBar};

/// Protocol, policy and case.
pub fn state(model: &TransactionsModel) -> String {
    let protocol = model.engine.protocol();
    let mut parts = vec![ProtocolName::of(protocol).to_owned()];
    if protocol.locks() {
        parts.push(format!("deadlocks: {}", PolicyName::of(model.engine.policy())));
    }
    parts.extend(model.case.map(|c| Anomaly::of(c).replace('-', " ")));
    parts.join(", ")
}

fn figure(name: &str, value: String, theory: Option<String>, note: Option<&str>) -> Figure {
    Figure { name: name.to_owned(), value, theory, note: note.map(str::to_owned), changed: false }
}

/// The figures, theory beside them.
pub fn figures(model: &TransactionsModel, facts: &TransactionsFacts) -> Vec<Figure> {
    let protocol = model.engine.protocol();
    let good = |yes: bool| if yes { "yes" } else { "NO" }.to_owned();
    let promise = protocol.serializable().then(|| "yes".to_owned());
    let mut figures = vec![
        figure("committed", facts.committed.to_string(), None, None),
        figure("aborts", facts.aborts.to_string(), None, None),
        figure("waits", facts.waits.to_string(), None, None),
        figure("serializable", good(facts.serializable), promise, Some("as good as one after the other")),
    ];
    if !facts.deadlocked.is_empty() {
        figures.push(figure("deadlocked", facts.deadlocked.join(" "), None, None));
    }
    if facts.deadlocks > 0 {
        figures.push(figure("deadlocks broken", facts.deadlocks.to_string(), None, None));
    }
    if !facts.anomalies.is_empty() {
        let codes: Vec<&str> = model.findings.phenomena().map(Phenomenon::code).collect();
        figures.push(figure("anomalies", codes.join(" "), promise_of_none(protocol), None));
    }
    let values = facts.row.iter().filter_map(|(row, value)| Some(format!("{row}={}", (*value)?)));
    figures.push(figure("rows", values.collect::<Vec<_>>().join(" "), None, Some("what is committed")));
    if let (Some(all), Some(bad)) = (facts.schedules, facts.bad_schedules) {
        let theory = facts.theory_schedules.map(|t| if t < 1e9 { thousands(t as u64) } else { format!("{t:.1e}") });
        figures.push(figure("orders run", thousands(all), theory, Some("theory: (Σn)!/Πn!, if nobody waits")));
        let share = percent(bad as f64 / all.max(1) as f64);
        figures.push(figure("not serializable", share, None, None));
    }
    if let Some(contest) = &model.contest
        && let Some((rows, p, o)) = contest.levels.last()
    {
        let per_job = p.waits as f64 / p.committed.max(1) as f64;
        let calm = contest.levels.first();
        if let Some((many, calm, _)) = calm {
            let observed = calm.waits as f64 / calm.committed.max(1) as f64;
            let theory = Some(format!("{:.2}", contest.theory_waits(*many)));
            let note = Some("theory (Gray): (n−1)·k²/2D, if waits are rare");
            figures.push(figure(&format!("waits/job, {many} rows"), format!("{observed:.2}"), theory, note));
        }
        figures.push(figure(&format!("waits/job, {rows} rows"), format!("{per_job:.2}"), None, None));
        figures.push(figure(&format!("wasted work, {rows} rows"), percent(o.wasted), None, Some("optimistic")));
    }
    figures
}

fn promise_of_none(protocol: Protocol) -> Option<String> {
    protocol.serializable().then(|| "none".to_owned())
}

/// Operations that a transaction has done.
fn done(model: &TransactionsModel, tx: TxId) -> usize {
    model.trace.iter().filter(|s| s.tx == tx && matches!(s.told, Told::Did(..))).count()
}

/// Numbers of all transactions, begun or loaded.
pub fn everybody(model: &TransactionsModel) -> Vec<TxId> {
    let mut all: Vec<TxId> = model.engine.transactions().map(|t| t.id).collect();
    all.extend(model.script.iter().flat_map(|s| s.programs.iter().map(|(tx, _)| *tx)));
    all.sort_unstable();
    all.dedup();
    all
}

/// How far each transaction has come.
pub fn bars(model: &TransactionsModel) -> (String, Vec<LoadBar>) {
    let all = everybody(model);
    let last = model.trace.last().map(|s| s.tx);
    let length = |script: &Script, tx: TxId| script.programs.iter().find(|(t, _)| *t == tx).map(|(_, ops)| ops.len());
    let longest = |tx: TxId| model.script.as_ref().and_then(|s| length(s, tx)).unwrap_or_else(|| done(model, tx));
    let most = all.iter().map(|tx| longest(*tx)).max().unwrap_or(1).max(1) as f64;
    let bar = |tx: &TxId| {
        let (did, of) = (done(model, *tx), longest(*tx));
        let status = model.engine.status(*tx);
        LoadBar {
            label: name(*tx),
            letter: name(*tx),
            series: *tx as usize - 1,
            value: did as f64 / most,
            ideal: of as f64 / most,
            text: match status {
                Some(Status::Waiting) => "waits".to_owned(),
                Some(Status::Aborted(_)) => "aborted".to_owned(),
                Some(Status::Committed) => "done".to_owned(),
                _ => format!("{did}/{of}"),
            },
            state: match status {
                Some(Status::Aborted(_)) => BarState::Failed,
                Some(Status::Waiting) => BarState::Over,
                _ if last == Some(*tx) => BarState::Changed,
                _ => BarState::Normal,
            },
        }
    };
    let title = if all.is_empty() { String::new() } else { "operations done".to_owned() };
    (title, all.iter().map(bar).collect())
}

/// A click on a bar: the transaction's next operation.
pub fn click(model: &TransactionsModel, bar: usize) -> Option<String> {
    let tx = *everybody(model).get(bar)?;
    model.script.as_ref()?.next_of(tx)?;
    Some(format!("step {}", name(tx)))
}
