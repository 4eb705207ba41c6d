//! The threads lab's figures.

use std::collections::BTreeMap;

use serde::Serialize;

use super::model::ThreadsModel;
use super::results::{found_names, misuse, problem_names};
use crate::algorithms::explore::bits;
use crate::algorithms::threads::{BAD, DEADLOCK, FAULT, Grain, Kind, LOST_UPDATE};

/// What `run --json` prints, checks read and the figures panel shows.
#[derive(Clone, Debug, Serialize)]
pub struct ThreadsFacts {
    /// Name of the program.
    pub program: String,
    /// Lines that were changed by hand since it was loaded.
    pub edits: u64,
    /// Whether all claims of the loaded program (`always`, `finally`, `assert`, `critical`, `live`) are still there,
    /// unchanged.
    pub claims_kept: bool,
    /// Whether its threads, run one after the other, still do what those of the loaded program do.
    pub work_kept: bool,
    /// Whether the program claims anything.
    pub claims: bool,
    /// Mutexes, rwlocks, semaphores and monitors that are declared.
    pub locks: usize,
    /// `parts` or `shared`.
    pub grain: &'static str,
    /// Threads of the program.
    pub threads: usize,
    /// Steps taken so far.
    pub steps: usize,
    /// `running`, `finished`, or what is wrong.
    pub outcome: String,
    /// Whether this run has broken the program.
    pub broken: bool,
    /// Whether no thread can proceed and some wait for ever, not only for one that has stopped at a fault.
    pub deadlocked: bool,
    /// Whether every thread is done.
    pub done: bool,
    /// Whether this run has lost an update.
    pub lost_update: bool,
    /// Threads that are blocked now.
    pub waits: usize,
    /// Threads that can take a step now.
    pub ready: Vec<String>,
    /// Whether the explorer has run on this program.
    pub explored: bool,
    /// Whether it has seen everything.
    pub finished: bool,
    /// Whether it still goes on while time passes.
    pub exploring: bool,
    /// Whether it is certain that no schedule breaks the program, and that not all threads can spin for ever; every read
    /// sees the last write.
    pub proven: bool,
    /// Whether some schedule breaks it.
    pub breakable: bool,
    /// Schedules in all; null when there are infinitely many, or more than 2⁶⁴.
    pub schedules: Option<u64>,
    /// The same in full.
    pub schedules_exact: String,
    /// Of those that come to an end, schedules that break the program; null when endless ones break it.
    pub bad_schedules: Option<u64>,
    /// The same in full.
    pub bad_schedules_exact: String,
    /// Share of the schedules that break it; null when there are infinitely many.
    pub bad_share: Option<f64>,
    /// Schedules that really differ: not only by the order of independent steps.
    pub classes: Option<u64>,
    /// How many orders there would be if nobody ever waited: (Σn)! / Πn!; null with branches or loops.
    pub theory_schedules: Option<f64>,
    /// States that the plain search visited.
    pub states_visited: usize,
    /// States that the search with partial-order reduction visited.
    pub states_reduced: usize,
    /// Length of a shortest schedule that breaks the program.
    pub shortest_break: Option<usize>,
    /// Problems that some schedule has, by name; `starvation` and `livelock` where the program is `live`.
    pub found: Vec<&'static str>,
    /// Different ways to end.
    pub outcomes: usize,
    /// Threads that can starve although the scheduler is fair.
    pub starves: Vec<String>,
    /// Whether all can move for ever without an end.
    pub livelock: bool,
    /// Whether threads can spin for ever in a program that is meant to end, or without changing anything.
    pub spins: bool,
    /// Whether every way on from here breaks the program; null before `explore`.
    pub doomed: Option<bool>,
    /// Whether no way on from here breaks it; null before `explore`.
    pub safe: Option<bool>,
    /// Random runs of the last `sample`.
    pub runs: u64,
    /// How many of them broke the program.
    pub runs_broken: u64,
    /// Shared variables.
    pub vars: BTreeMap<String, i32>,
    /// Every thread by name.
    pub thread: BTreeMap<String, ThreadFacts>,
    /// Share of the measured rounds on real threads that lost an update; null without `--measured`.
    pub measured_lost: Option<f64>,
    /// The share that the model expects if all schedules are alike.
    pub model_lost: Option<f64>,
}

/// One thread.
#[derive(Clone, Debug, Serialize)]
pub struct ThreadFacts {
    /// `ready`, `blocked`, `done` or `failed`.
    pub state: &'static str,
    /// Line of its next part; 0 when it has none.
    pub line: u32,
    /// Its next part.
    pub next: String,
    /// Who holds what it waits for.
    pub waits_for: Vec<String>,
    /// Steps that it has taken.
    pub steps: usize,
}

impl ThreadsFacts {
    /// The figures of a state.
    pub fn of(model: &ThreadsModel) -> Self {
        let (machine, program, problems) = (&model.machine, model.program(), model.problems());
        let explored = model.explored.as_deref();
        let counts = explored.map(|e| &e.counts);
        let whole = explored.filter(|e| e.graph.finished()).map(|e| &e.counts);
        let schedules = whole.map(|c| &c.schedules);
        // Where endless schedules break the program, counting those that end says nothing.
        let bad = whole.filter(|_| !explored.is_some_and(|e| e.starves())).map(|c| &c.bad);
        let onward = explored.filter(|e| e.graph.finished()).and_then(|e| {
            let state = e.graph.find(&model.state)?;
            (e.problems() & BAD != 0 || !e.starves()).then(|| e.counts.onward(state))
        });
        let share = |(all, broken): (f64, f64)| (all.is_finite() && all > 0.0).then(|| broken / all);
        let threads = 0..program.threads.len();
        let names = |mask: u32| bits(mask).map(|t| model.thread_name(t).to_owned()).collect::<Vec<String>>();
        Self {
            program: model.name.clone(),
            edits: model.edits,
            claims_kept: model.kept.claims,
            work_kept: model.kept.work,
            claims: program.has_claims(),
            locks: program.objects.iter().filter(|o| o.kind.is_some_and(Kind::locks)).count(),
            grain: if program.grain == Grain::Parts { "parts" } else { "shared" },
            threads: program.threads.len(),
            steps: model.deeds.len(),
            outcome: outcome(model),
            broken: problems & BAD != 0,
            deadlocked: problems & DEADLOCK != 0,
            done: threads.clone().all(|t| machine.done(&model.state, t)),
            lost_update: problems & LOST_UPDATE != 0,
            waits: threads.clone().filter(|t| machine.block(&model.state, *t).is_some()).count(),
            ready: names(model.enabled()),
            explored: explored.is_some(),
            finished: explored.is_some_and(|e| e.finished()),
            exploring: model.search.is_some(),
            proven: explored.is_some_and(|e| e.proven()),
            breakable: explored.is_some_and(|e| e.broken()),
            schedules: schedules.and_then(|s| s.to_u64()),
            schedules_exact: schedules.map_or_else(String::new, ToString::to_string),
            bad_schedules: bad.and_then(|s| s.to_u64()),
            bad_schedules_exact: bad.map_or_else(String::new, ToString::to_string),
            bad_share: schedules.zip(bad).and_then(|(all, broken)| share((all.to_f64(), broken.to_f64()))),
            classes: explored.and_then(|e| e.reduced.classes.as_ref()).and_then(|c| u64::try_from(c).ok()),
            theory_schedules: theory_schedules(model),
            states_visited: explored.map_or(0, |e| e.graph.len()),
            states_reduced: explored.map_or(0, |e| e.reduced.states),
            shortest_break: explored.and_then(|e| e.shortest(BAD)).map(|way| way.len()),
            found: explored.map_or_else(Vec::new, found_names),
            outcomes: counts.map_or(0, |c| c.outcomes.len()),
            starves: explored.map_or_else(Vec::new, |e| {
                e.starving.iter().map(|starving| model.thread_name(starving.thread).to_owned()).collect()
            }),
            livelock: explored.is_some_and(|e| e.livelock.is_some()),
            spins: explored.is_some_and(|e| e.spins.is_some()),
            doomed: onward.map(|(all, broken)| all > 0.0 && all == broken && all.is_finite()),
            safe: onward.map(|(_, broken)| broken == 0.0),
            runs: model.sample.map_or(0, |s| s.runs),
            runs_broken: model.sample.map_or(0, |s| s.broke),
            vars: program
                .variables
                .iter()
                .map(|v| v.name.clone())
                .zip(machine.variables(&model.state).to_vec())
                .collect(),
            thread: threads.map(|t| (model.thread_name(t).to_owned(), thread_facts(model, t))).collect(),
            measured_lost: model.for_real.as_ref().map(|r| r.measured.lost_share()),
            model_lost: model
                .for_real
                .as_ref()
                .filter(|r| !r.expected.is_empty())
                .map(|r| 1.0 - r.expected.get(&r.measured.most()).copied().unwrap_or(0.0)),
        }
    }
}

/// What has become of the run, in a word or a few.
pub(super) fn outcome(model: &ThreadsModel) -> String {
    let problems = model.problems();
    if let Some(misuse) = misuse(model, &model.state).filter(|_| problems & FAULT != 0) {
        return misuse;
    }
    match problem_names(problems & BAD).first() {
        Some(problem) => (*problem).to_owned(),
        None if model.enabled() != 0 => "running".to_owned(),
        None => "finished".to_owned(),
    }
}

fn thread_facts(model: &ThreadsModel, thread: usize) -> ThreadFacts {
    let machine = &model.machine;
    let part = machine.next_part(&model.state, thread);
    let block = machine.block(&model.state, thread);
    let state = match (&part, &block) {
        (None, _) if machine.fault(&model.state, thread).is_some() => "failed",
        (None, _) => "done",
        (Some(_), Some(_)) => "blocked",
        (Some(_), None) => "ready",
    };
    ThreadFacts {
        state,
        line: part.map_or(0, |p| p.line),
        next: part.map_or_else(String::new, |p| p.label.clone()),
        waits_for: block.iter().flat_map(|b| &b.holders).map(|t| model.thread_name(*t).to_owned()).collect(),
        steps: model.deeds.iter().filter(|d| d.thread == thread).count(),
    }
}

/// (Σn)! / Πn! for threads whose parts follow each other in a row.
fn theory_schedules(model: &ThreadsModel) -> Option<f64> {
    use crate::algorithms::threads::{After, Op};
    let program = model.program();
    let mut ways = 1.0_f64;
    let mut sum = 0_u32;
    for thread in &program.threads {
        let in_a_row = thread
            .parts
            .iter()
            .enumerate()
            .all(|(at, part)| matches!(&part.after, After::Go(to) | After::Check(_, to) if *to == at + 1));
        if !in_a_row {
            return None;
        }
        let local = |part: &&crate::algorithms::threads::Part| matches!(part.op, Op::Nop | Op::Compute(..));
        let steps = match program.grain {
            Grain::Parts => thread.parts.len(),
            Grain::Shared => thread.parts.iter().filter(|p| !local(p)).count(),
        };
        for n in 1..=steps as u32 {
            sum += 1;
            ways = ways * f64::from(sum) / f64::from(n);
        }
    }
    ways.is_finite().then(|| ways.round())
}
