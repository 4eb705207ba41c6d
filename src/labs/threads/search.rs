//! Trying schedules: all of them, so many states at once, or a number of random ones.

use std::sync::Arc;

use super::model::{MAX_BOUND, MAX_STEPS, ThreadsModel};
use super::{narrate, verdict};
use crate::algorithms::explore::{System, random_schedule};
use crate::algorithms::threads::{BAD, Explored};
use crate::engine::{Event, Micros, ModelError};

/// States that `explore` visits at once when no bound is named, and the most for any bound: whoever wants more lets it go
/// on, so that a screen is never without answer for long.
pub const EXPLORE_AT_ONCE: u64 = 50_000;
/// See [`EXPLORE_AT_ONCE`].
pub const MOST_AT_ONCE: u64 = 250_000;
/// Most steps of all runs of one `sample`.
pub const SAMPLE_STEPS: usize = 1_000_000;
/// Most random runs at once.
pub const MAX_RUNS: u64 = 100_000;

/// What random testing saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Schedules that were asked for.
    pub wanted: u64,
    /// Schedules that ran.
    pub runs: u64,
    /// Of those, how many broke the program.
    pub broke: u64,
    /// How many did not come to an end.
    pub cut: u64,
}

impl ThreadsModel {
    /// Explores, or goes on where the last exploration stopped.
    pub(super) fn explore(&mut self, now: Micros, bound: Option<u64>, log: &mut Vec<Event>) -> Result<(), ModelError> {
        if bound.is_some_and(|bound| !(1..=MAX_BOUND).contains(&bound)) {
            let problem = format!("a bound of {} states cannot be", bound.unwrap_or(0));
            return Err(ModelError::new(problem, format!("choose 1 to {MAX_BOUND}; {EXPLORE_AT_ONCE} take a moment")));
        }
        let known = self.explored.as_ref().filter(|e| !e.finished()).map_or(0, |e| e.states() as u64);
        let wanted = bound.unwrap_or(known + EXPLORE_AT_ONCE).min(known + MOST_AT_ONCE).min(MAX_BOUND) as usize;
        match self.explored.as_mut().filter(|e| !e.finished() && e.bound < wanted) {
            Some(explored) => Arc::make_mut(explored).go_on(wanted),
            None => self.explored = Some(Arc::new(Explored::of((*self.machine).clone(), wanted))),
        }
        verdict::tell_explored(self, now, log);
        Ok(())
    }

    /// Runs random schedules, as many as were asked for and as the steps allow.
    pub(super) fn take_sample(&mut self, now: Micros, runs: u64, log: &mut Vec<Event>) -> Result<(), ModelError> {
        if !(1..=MAX_RUNS).contains(&runs) {
            return Err(ModelError::new(format!("{runs} runs cannot be"), format!("choose 1 to {MAX_RUNS}")));
        }
        let mut sample = Sample { wanted: runs, runs: 0, broke: 0, cut: 0 };
        let mut steps = 0;
        while sample.runs < runs && steps < SAMPLE_STEPS {
            let mut state = self.machine.initial();
            let way = random_schedule(&*self.machine, &state, &mut self.rng, MAX_STEPS);
            way.iter().for_each(|thread| self.machine.step(&mut state, *thread));
            sample.runs += 1;
            steps += way.len();
            let stuck = self.machine.enabled(&state) == 0;
            sample.broke += u64::from(self.machine.problems(&state, stuck) & BAD != 0);
            sample.cut += u64::from(!stuck);
        }
        self.sample = Some(sample);
        narrate::sampled(self, now, log);
        Ok(())
    }
}
