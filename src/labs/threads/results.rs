//! Schedules that can be played, by name.

use super::model::ThreadsModel;
use crate::algorithms::explore::Lasso;
use crate::algorithms::threads::{
    ASSERTION, BAD, DEADLOCK, Explored, FAULT, FINALLY, Fault, INVARIANT, LOST_UPDATE, OVERLAP,
};
use crate::engine::ModelError;

/// Names of problems, as `play` takes them and sentences say them.
pub(super) const PROBLEMS: [(&str, u32, &str); 7] = [
    ("deadlock", DEADLOCK, "deadlock"),
    ("assertion", ASSERTION, "failed assertion"),
    ("overlap", OVERLAP, "two in a critical section"),
    ("invariant", INVARIANT, "broken `always`"),
    ("final", FINALLY, "broken `finally`"),
    ("fault", FAULT, "misused lock or number"),
    ("lost-update", LOST_UPDATE, "lost update"),
];

/// A thread that goes round without ever getting its turn, and all threads that go round without an end.
pub(super) const STARVATION: &str = "starvation";
/// See [`STARVATION`].
pub(super) const LIVELOCK: &str = "livelock";

/// All that the explorer found, in words: problems, and loops that `live` forbids.
pub(super) fn found_names(explored: &Explored) -> Vec<&'static str> {
    let mut names = problem_names(explored.problems());
    if explored.starves() {
        names.extend((!explored.starving.is_empty()).then_some(STARVATION));
        names.extend(explored.livelock.is_some().then_some(LIVELOCK));
    }
    names
}

/// What the threads that misused something did, in a state: `unlocked m without holding it`.
pub(super) fn misuse(model: &ThreadsModel, state: &[i32]) -> Option<String> {
    let machine = &model.machine;
    let texts = (0..model.program().threads.len()).filter_map(|t| {
        let fault = machine.fault_text(state, t).filter(|_| machine.fault(state, t) != Some(Fault::Assertion))?;
        Some(format!("{} {fault}", model.thread_name(t)))
    });
    let texts: Vec<String> = texts.collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// The problems of a mask in words.
pub(super) fn problem_names(problems: u32) -> Vec<&'static str> {
    PROBLEMS.iter().filter(|(_, bit, _)| problems & bit != 0).map(|(_, _, words)| *words).collect()
}

/// Most outcomes that have a name.
const MAX_OUTCOMES: usize = 50;

/// What can be played now.
pub(super) fn names(model: &ThreadsModel) -> Vec<String> {
    let Some(explored) = &model.explored else { return Vec::new() };
    let mut names: Vec<String> = Vec::new();
    names.extend(explored.breaking().or_else(|| starving(explored)).map(|_| "break".to_owned()));
    names.extend(good(explored).map(|_| "good".to_owned()));
    let found = PROBLEMS.iter().filter(|(_, bit, _)| explored.graph.nearest(*bit).is_some());
    names.extend(found.map(|(name, ..)| (*name).to_owned()));
    names.extend(explored.starving.first().map(|_| "starve".to_owned()));
    names.extend(explored.livelock.as_ref().map(|_| "livelock".to_owned()));
    names.extend(explored.spins.as_ref().map(|_| "spin".to_owned()));
    names.extend((1..=explored.counts.outcomes.len().min(MAX_OUTCOMES)).map(|n| format!("outcome-{n}")));
    names
}

/// A shortest schedule to an end without a bad problem.
fn good(explored: &Explored) -> Option<Vec<usize>> {
    let good = explored.counts.outcomes.iter().filter(|o| o.problems & BAD == 0).map(|o| o.nearest);
    good.min().map(|state| explored.graph.way_to(state))
}

fn round(lasso: &Lasso<usize>) -> Vec<usize> {
    // Twice round, so that one sees that it comes again.
    lasso.stem.iter().chain(&lasso.cycle).chain(&lasso.cycle).copied().collect()
}

fn starving(explored: &Explored) -> Option<Vec<usize>> {
    explored
        .starves()
        .then(|| explored.livelock.iter().chain(explored.starving.first().map(|s| &s.lasso)).next().map(round))
        .flatten()
}

/// The schedule that leads to a result.
pub(super) fn schedule(model: &ThreadsModel, result: &str) -> Result<Vec<usize>, ModelError> {
    let Some(explored) = &model.explored else {
        return Err(ModelError::new("nothing has been explored yet", "run `explore` first"));
    };
    let outcome = result.strip_prefix("outcome-").and_then(|n| n.parse::<usize>().ok()?.checked_sub(1));
    let found = match result {
        "break" => explored.breaking().or_else(|| starving(explored)),
        "good" => good(explored),
        "starve" => explored.starving.first().map(|s| round(&s.lasso)),
        "livelock" => explored.livelock.as_ref().map(round),
        "spin" => explored.spins.as_ref().map(round),
        _ => match PROBLEMS.iter().find(|(name, ..)| *name == result) {
            Some((_, bit, _)) => explored.shortest(*bit),
            None => outcome.and_then(|n| explored.counts.outcomes.get(n)).map(|o| explored.graph.way_to(o.nearest)),
        },
    };
    found.ok_or_else(|| {
        let names = names(model);
        let remedy =
            if names.is_empty() { "explore further".to_owned() } else { format!("choose {}", names.join(", ")) };
        ModelError::new(format!("no schedule leads to '{result}'"), remedy)
    })
}
