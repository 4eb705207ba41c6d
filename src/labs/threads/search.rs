//! Trying schedules: all of them, so many states at once, or a number of random ones.

use std::sync::{Arc, Mutex, PoisonError};

use super::model::{MAX_BOUND, MAX_STEPS, ThreadsModel};
use super::{narrate, verdict};
use crate::algorithms::explore::{System, random_schedule};
use crate::algorithms::threads::{BAD, Explored};
use crate::engine::{Event, Micros, ModelError, interrupt};

/// States that `explore` adds when no bound is named, and that are visited between two pictures: a screen is never
/// without an answer for long.
pub const EXPLORE_AT_ONCE: u64 = 50_000;
/// Simulated time from one such slice to the next.
const SLICE_US: Micros = 50_000;
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

/// An exploration that goes on in slices while time passes. Clones share the work, not how much of it is granted: what
/// a clone shows depends on its own time only.
#[derive(Clone, Debug)]
pub struct Search {
    work: Arc<Mutex<Work>>,
    bound: usize,
    granted: usize,
    /// When the next slice is due.
    pub(super) due_us: Micros,
}

#[derive(Debug)]
struct Work {
    running: Option<Box<Explored>>,
    /// The result, and how much was granted when it was there.
    done: Option<(Arc<Explored>, usize)>,
}

impl Search {
    /// Goes on where `known` stopped; the graph of it counts as granted.
    fn new(known: Explored, bound: usize, now: Micros) -> Self {
        let granted = (known.graph.len() - 1).min(bound);
        let work = Work { running: Some(Box::new(known)), done: None };
        Self { work: Arc::new(Mutex::new(work)), bound, granted, due_us: now }
    }

    /// States that the graph may have by now, and at last.
    pub(super) fn progress(&self) -> (usize, usize) {
        (self.granted.min(self.bound), self.bound)
    }

    /// When it is over at the latest.
    pub(super) fn ends_us(&self) -> Micros {
        let left = (2 * self.bound).saturating_sub(self.granted) as u64;
        self.due_us + left.div_ceil(EXPLORE_AT_ONCE) * SLICE_US
    }

    /// Does one slice: what was found if nothing is left to do.
    fn advance(&mut self) -> Option<Arc<Explored>> {
        self.granted = (self.granted + EXPLORE_AT_ONCE as usize).min(2 * self.bound);
        self.due_us += SLICE_US;
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut explored) = work.running.take_if(|explored| explored.work(self.bound, self.granted)) {
            explored.conclude();
            work.done = Some((Arc::new(*explored), self.granted));
        }
        // A clone that went back in time shows nothing before its own time has come.
        work.done.as_ref().filter(|(_, granted)| *granted <= self.granted).map(|(explored, _)| Arc::clone(explored))
    }
}

impl ThreadsModel {
    /// Explores, or goes on where the last exploration stopped. What is more than a moment's work goes on while time
    /// passes.
    pub(super) fn explore(&mut self, now: Micros, bound: Option<u64>, log: &mut Vec<Event>) -> Result<(), ModelError> {
        if let Some(search) = &self.search {
            let (known, bound) = search.progress();
            let problem = format!("still exploring: up to {known} of {bound} states so far");
            return Err(ModelError::new(problem, "let time pass until it is done, or `load` a program to give it up"));
        }
        let known = self.explored.as_ref().filter(|e| !e.finished());
        let most = known.map_or(0, |e| e.states() as u64) + EXPLORE_AT_ONCE;
        let wanted = bound.unwrap_or(most).min(MAX_BOUND) as usize;
        let start = match known.filter(|e| e.bound < wanted) {
            Some(explored) => (**explored).clone(),
            None => Explored::start((*self.machine).clone()),
        };
        let mut search = Search::new(start, wanted, now);
        loop {
            interrupt::check()?;
            if let Some(explored) = search.advance() {
                self.explored = Some(explored);
                verdict::tell_explored(self, now, log);
                return Ok(());
            }
            if wanted as u64 > most {
                break;
            }
        }
        search.due_us = now + SLICE_US;
        verdict::tell_exploring(&search, now, log);
        self.search = Some(search);
        Ok(())
    }

    /// One slice of the exploration that is going on.
    pub(super) fn explore_on(&mut self, now: Micros, log: &mut Vec<Event>) {
        if let Some(explored) = self.search.as_mut().and_then(Search::advance) {
            (self.explored, self.search) = (Some(explored), None);
            verdict::tell_explored(self, now, log);
        }
    }

    /// Runs random schedules, as many as were asked for and as the steps allow.
    pub(super) fn take_sample(&mut self, now: Micros, runs: u64, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let mut sample = Sample { wanted: runs, runs: 0, broke: 0, cut: 0 };
        let mut steps = 0;
        while sample.runs < runs && steps < SAMPLE_STEPS {
            interrupt::check()?;
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
