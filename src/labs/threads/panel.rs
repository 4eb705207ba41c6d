//! The figures and bars beside the picture.

use super::facts::{ThreadsFacts, outcome};
use super::model::ThreadsModel;
use super::results::misuse;
use super::search::Search;
use crate::algorithms::explore::{Count, Outcome};
use crate::algorithms::threads::{BAD, Explored, FAULT, Grain, LOST_UPDATE};
use crate::engine::numbers::{percent, plural, thousands};
use crate::picture::{BarState, Figure, LoadBar, letter, width};

/// A thread in at most two columns: its name if all are that short, its first letter where those differ, first and
/// last letter where those do; `A`, `B`, `C` at last.
pub(super) fn short_name(model: &ThreadsModel, thread: usize) -> String {
    let names: Vec<&str> = model.program().threads.iter().map(|t| t.name.as_str()).collect();
    let first = |name: &str| name.chars().take(1).collect::<String>();
    let ends = |name: &str| name.chars().take(1).chain(name.chars().skip(1).last()).collect::<String>();
    let ways: [Vec<String>; 3] = [
        names.iter().map(|n| (*n).to_owned()).collect(),
        names.iter().map(|n| first(n)).collect(),
        names.iter().map(|n| ends(n)).collect(),
    ];
    let fits = |way: &&Vec<String>| {
        let mut sorted = (*way).clone();
        sorted.sort();
        sorted.dedup();
        sorted.len() == way.len() && way.iter().all(|n| width(n) <= 2)
    };
    let found = ways.iter().find(fits).and_then(|way| way.get(thread)).cloned();
    found.unwrap_or_else(|| letter(thread))
}

/// A few words for the title.
pub(super) fn state(model: &ThreadsModel) -> String {
    let mut parts = vec![model.name.clone()];
    if model.edits > 0 {
        parts.push(format!("{} edit{}", model.edits, plural(model.edits)));
    }
    if model.program().grain == Grain::Shared {
        parts.push("coarse steps".to_owned());
    }
    parts.join(", ")
}

fn figure(name: &str, value: impl Into<String>) -> Figure {
    Figure { name: name.to_owned(), value: value.into(), theory: None, note: None, changed: false }
}

/// A count in at most this many columns: large ones roughly.
pub(super) fn short(count: &Count) -> String {
    match count {
        Count::Infinite => "∞".to_owned(),
        Count::Finite(_) if count.to_f64() < 1e9 => count.to_string(),
        Count::Finite(_) => rough(count.to_f64()),
    }
}

/// A large number as a power of ten.
pub(super) fn rough(n: f64) -> String {
    if n < 1e9 {
        thousands(n as u64)
    } else {
        format!("{:.1}·10^{}", n / 10_f64.powf(n.log10().floor()), n.log10().floor())
    }
}

/// Observed beside theory.
pub(super) fn figures(model: &ThreadsModel, facts: &ThreadsFacts) -> Vec<Figure> {
    let mut figures = vec![Figure {
        note: Some(format!("after {} step{}", facts.steps, plural(facts.steps as u64))),
        changed: facts.broken,
        ..figure("outcome", outcome(model))
    }];
    if facts.waits > 0 {
        figures.push(Figure { changed: true, ..figure("waiting", format!("{} of {}", facts.waits, facts.threads)) });
    }
    if let Some((known, bound)) = model.search.as_ref().map(Search::progress) {
        let note = Some(format!("of {} states", thousands(bound as u64)));
        figures.push(Figure { note, changed: true, ..figure("exploring", thousands(known as u64)) });
    }
    match &model.explored {
        Some(explored) => exploration(explored, facts, &mut figures),
        None => {
            let theory = facts.theory_schedules.map(rough);
            let note = theory.is_some().then(|| "orders, if nobody waits: (Σn)!/Πn!".to_owned());
            figures.push(Figure { theory, note, ..figure("schedules", "explore") });
        }
    }
    if facts.runs > 0 {
        let share = percent(facts.runs_broken as f64 / facts.runs as f64);
        let note = format!(
            "{} of {} random run{} broke; each step is a draw, so schedules are not equally likely",
            thousands(facts.runs_broken),
            thousands(facts.runs),
            plural(facts.runs)
        );
        figures.push(Figure { note: Some(note), ..figure("sampled", share) });
    }
    if let Some(measured) = model.for_real.as_ref().map(|r| &r.measured) {
        let (threads, rounds) = (plural(u64::from(measured.threads)), plural(measured.rounds));
        let counted = thousands(measured.rounds);
        let note = format!("lost updates, {} thread{threads}, {counted} round{rounds}", measured.threads);
        let theory = facts.model_lost.map(percent);
        figures.push(Figure { theory, note: Some(note), ..figure("for real", percent(measured.lost_share())) });
    }
    figures
}

fn exploration(explored: &Explored, facts: &ThreadsFacts, figures: &mut Vec<Figure>) {
    let done = explored.graph.finished();
    let verdict = match (explored.finished(), explored.broken()) {
        (_, true) => "can break",
        (true, false) if !facts.claims => "no claims",
        (true, false) if explored.proven() => "proven",
        (true, false) => "not proven",
        (false, false) => "not finished",
    };
    figures.push(Figure { changed: true, ..figure("explorer", verdict) });
    let count = |c: &Count| if done { short(c) } else { "?".to_owned() };
    figures.push(Figure {
        theory: facts.theory_schedules.map(rough),
        note: facts.theory_schedules.map(|_| "orders, if nobody waits: (Σn)!/Πn!".to_owned()),
        ..figure("schedules", count(&explored.counts.schedules))
    });
    let share = facts.bad_share.map(percent);
    figures.push(Figure {
        note: share.map(|s| format!("{s} of all schedules")),
        ..figure("that break", if explored.starves() { "endless ones".to_owned() } else { count(&explored.counts.bad) })
    });
    if let Some(steps) = facts.shortest_break {
        figures.push(figure("shortest break", format!("{steps} step{}", plural(steps as u64))));
    }
    figures.push(Figure {
        note: Some("different states of the program".to_owned()),
        ..figure("states", thousands(facts.states_visited as u64))
    });
    let reduced = if explored.reduced.finished { thousands(facts.states_reduced as u64) } else { "?".to_owned() };
    figures
        .push(Figure { note: Some("without the order of independent steps".to_owned()), ..figure("reduced", reduced) });
    if let Some(classes) = facts.classes {
        figures.push(figure("really differ", thousands(classes)));
    }
}

/// What an outcome is called: its variables, and what is wrong.
pub(super) fn outcome_name(model: &ThreadsModel, found: &Outcome) -> String {
    let all: Vec<&Outcome> = model.explored.iter().flat_map(|e| &e.counts.outcomes).collect();
    let variables = model.program().variables.iter().zip(&found.key).enumerate();
    // Only what tells outcomes apart.
    let differs = |i: usize| all.iter().any(|o| o.key.get(i) != found.key.get(i));
    let values = variables.filter(|(i, _)| differs(*i)).map(|(_, (v, n))| format!("{} = {n}", v.name));
    let mut parts: Vec<String> = values.collect();
    let hidden = FAULT | if parts.is_empty() { 0 } else { LOST_UPDATE };
    let wrong = super::results::problem_names(found.problems & !hidden);
    parts.extend(wrong.iter().take(2).map(|w| (*w).to_owned()));
    let end = model.explored.as_ref().map(|e| e.graph.state(found.nearest));
    parts.extend(end.filter(|_| found.problems & FAULT != 0).and_then(|state| misuse(model, state)));
    if parts.is_empty() { "all done".to_owned() } else { parts.join(", ") }
}

/// The one variable that tells all outcomes apart, if there is just one: then its values are names enough.
fn telling_variable(model: &ThreadsModel, outcomes: &[Outcome]) -> Option<usize> {
    let differs = |i: &usize| outcomes.iter().any(|o| o.key.get(*i) != outcomes[0].key.get(*i));
    let mut found = (0..model.program().variables.len()).filter(differs);
    let only = found.next().filter(|_| found.next().is_none())?;
    let mut values: Vec<Option<&i32>> = outcomes.iter().map(|o| o.key.get(only)).collect();
    values.sort();
    values.dedup();
    (values.len() == outcomes.len()).then_some(only)
}

/// Share of the schedules of an outcome; equal ones when there are infinitely many.
pub(super) fn outcome_share(explored: &Explored, found: &Outcome) -> f64 {
    match (&explored.counts.schedules, &found.schedules) {
        (Count::Finite(_), Count::Finite(_)) => found.schedules.to_f64() / explored.counts.schedules.to_f64().max(1.0),
        (_, Count::Finite(_)) => 0.0,
        _ => {
            let infinite = explored.counts.outcomes.iter().filter(|o| o.schedules == Count::Infinite).count();
            1.0 / infinite.max(1) as f64
        }
    }
}

/// Once explored, how many schedules lead to each outcome; before, how far each thread is.
pub(super) fn bars(model: &ThreadsModel) -> (String, Vec<LoadBar>) {
    let explored = model.explored.as_ref().filter(|e| e.graph.finished() && !e.counts.outcomes.is_empty());
    let Some(explored) = explored else { return ("steps taken".to_owned(), thread_bars(model)) };
    let here = explored.graph.find(&model.state).and_then(|s| {
        explored.counts.outcomes.iter().position(|o| {
            model.enabled() == 0
                && o.key == explored.machine.variables(&model.state)
                && o.problems == explored.graph.problems(s)
        })
    });
    let telling = telling_variable(model, &explored.counts.outcomes);
    let bars = explored.counts.outcomes.iter().enumerate().map(|(i, found)| LoadBar {
        label: match telling.and_then(|v| found.key.get(v)) {
            Some(value) => format!("= {value}"),
            None => outcome_name(model, found),
        },
        letter: (i + 1).to_string(),
        series: i,
        value: outcome_share(explored, found),
        ideal: 0.0,
        text: short(&found.schedules),
        state: match found.problems & BAD {
            0 if here == Some(i) => BarState::Changed,
            0 => BarState::Normal,
            _ => BarState::Failed,
        },
    });
    let title = match telling.and_then(|v| model.program().variables.get(v)) {
        Some(variable) => format!("schedules by last {}", variable.name),
        None => "schedules per outcome".to_owned(),
    };
    (title, bars.collect())
}

fn thread_bars(model: &ThreadsModel) -> Vec<LoadBar> {
    let all = model.deeds.len().max(1) as f64;
    let last = model.deeds.last().map(|d| d.thread);
    let threads = model.program().threads.iter().enumerate();
    let bars = threads.map(|(i, thread)| {
        let steps = model.deeds.iter().filter(|d| d.thread == i).count();
        let failed = model.machine.fault(&model.state, i).is_some();
        let blocked = model.machine.block(&model.state, i).is_some();
        LoadBar {
            label: thread.name.clone(),
            letter: short_name(model, i),
            series: i,
            value: steps as f64 / all,
            ideal: 0.0,
            text: match () {
                () if failed => "failed".to_owned(),
                () if model.machine.done(&model.state, i) => "done".to_owned(),
                () if blocked => "waits".to_owned(),
                () => steps.to_string(),
            },
            state: match () {
                () if failed => BarState::Failed,
                () if blocked => BarState::Over,
                () if last == Some(i) => BarState::Changed,
                () => BarState::Normal,
            },
        }
    });
    bars.collect()
}

/// What a click on a bar means.
pub(super) fn click_bar(model: &ThreadsModel, bar: usize) -> Option<String> {
    let outcomes = model.explored.as_ref().filter(|e| e.graph.finished()).map_or(0, |e| e.counts.outcomes.len());
    if outcomes > 0 {
        return (bar < outcomes).then(|| format!("play outcome-{}", bar + 1));
    }
    (bar < model.program().threads.len()).then(|| format!("step {}", bar + 1))
}
