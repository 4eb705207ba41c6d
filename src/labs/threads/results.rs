//! Schedules that can be played, by name.

use super::model::ThreadsModel;
use crate::algorithms::explore::Lasso;
use crate::algorithms::threads::{ASSERTION, BAD, DEADLOCK, Explored, FAULT, FINALLY, INVARIANT, LOST_UPDATE, OVERLAP};
use crate::engine::ModelError;

/// Names of problems, as `play` takes them and sentences say them.
pub(super) const PROBLEMS: [(&str, u32, &str); 7] = [
    ("deadlock", DEADLOCK, "deadlock"),
    ("assertion", ASSERTION, "failed assertion"),
    ("overlap", OVERLAP, "two threads in a critical section"),
    ("invariant", INVARIANT, "broken `always`"),
    ("final", FINALLY, "broken `finally`"),
    ("fault", FAULT, "misused lock or number"),
    ("lost-update", LOST_UPDATE, "lost update"),
];

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
    names.extend((1..=explored.counts.outcomes.len().min(MAX_OUTCOMES)).map(|n| format!("outcome-{n}")));
    names
}

/// A shortest schedule to an end without a bad problem.
fn good(explored: &Explored) -> Option<Vec<usize>> {
    let good = explored.counts.outcomes.iter().filter(|o| o.problems & BAD == 0).map(|o| o.nearest);
    good.min().map(|state| explored.graph.way_to(state))
}

fn round(lasso: &Lasso) -> Vec<usize> {
    // Twice round, so that one sees that it comes again.
    lasso.stem.iter().chain(&lasso.cycle).chain(&lasso.cycle).copied().collect()
}

fn starving(explored: &Explored) -> Option<Vec<usize>> {
    explored.starves().then(|| explored.livelock.iter().chain(&explored.starving).next().map(round)).flatten()
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
        "starve" => explored.starving.first().map(round),
        "livelock" => explored.livelock.as_ref().map(round),
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
