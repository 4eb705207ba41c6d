//! The explorer against the brute force of `threads_oracle.rs`: the body of the property test and of the fuzz target.

use std::collections::BTreeSet;

use scalelab::algorithms::threads::{
    ASSERTION, DEADLOCK, Explored, FAULT, FINALLY, Grain, INVARIANT, Machine, OVERLAP, Program,
};

use crate::threads_oracle as oracle;

pub use oracle::Truth;

/// The explorer's problems in the bits of [`oracle::PROBLEMS`].
fn bits(problems: u32) -> u8 {
    let all = [ASSERTION, FAULT, OVERLAP, INVARIANT, DEADLOCK, FINALLY];
    (0..).zip(all).filter(|(_, bit)| problems & bit != 0).fold(0, |mask, (i, _)| mask | 1 << i)
}

/// Makes a program of any bytes and compares ends, problems and the number of schedules; what the brute force found, or
/// `None` if the program is too large for it.
///
/// # Errors
/// The program, with what either found.
pub fn compare(data: &[u8]) -> Result<Option<Truth>, String> {
    let program = oracle::program(data);
    let Some(truth) = program.truth() else { return Ok(None) };
    let fail = |what: &str| format!("{what}\n{}\nproblems are named {:?}", program.text, oracle::PROBLEMS);
    let read = Program::read(&program.text, Grain::Parts).map_err(|error| fail(&error.to_string()))?;
    let explored = Explored::of(Machine::new(read), 50_000);
    let graph = &explored.graph;
    let ends: BTreeSet<(u8, Vec<i32>)> =
        graph.ends().iter().map(|(state, key)| (bits(graph.problems(*state as usize)), key.clone())).collect();
    let schedules = if explored.counts.endless { None } else { explored.counts.schedules.to_u64().map(u128::from) };
    let found = Truth { ends, problems: bits(explored.problems()), schedules };
    let too_many = truth.schedules.is_some_and(|n| n > u128::from(u64::MAX));
    if !graph.finished() || found != (Truth { schedules: truth.schedules.filter(|_| !too_many), ..truth.clone() }) {
        return Err(fail(&format!("explorer: {found:?}\nbrute force: {truth:?}")));
    }
    let reduced: BTreeSet<(u8, Vec<i32>)> =
        explored.reduced.ends.iter().map(|(problems, key)| (bits(*problems), key.clone())).collect();
    if explored.reduced.finished && reduced != truth.ends {
        return Err(fail(&format!("reduced search: {reduced:?}\nbrute force: {truth:?}")));
    }
    Ok(Some(truth))
}
