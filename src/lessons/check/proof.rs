//! The proof by running: every command of a lesson, at every seed that it is shipped with.

use std::collections::BTreeMap;
use std::time::Duration;

use cel::Value;

use super::style::code_spans;
use crate::labs::{OpenLab, find};
use crate::lessons::answer;
use crate::lessons::commands::Commands;
use crate::lessons::format::{Cel, Predict, Step, Work};
use crate::lessons::library::{LessonEntry, give, spent};
use crate::lessons::rules::Findings;
use crate::lessons::source::LessonError;

/// How much processor time the proof of one lesson may take; a command that runs is not interrupted.
pub const PATIENCE: Duration = Duration::from_secs(60);
/// Most names that one may pick from.
const NAMES: usize = 12;

/// What was found at one seed.
struct Finding {
    path: String,
    problem: String,
    help: String,
}

/// One lesson at one seed.
struct Proof<'a> {
    lab: Box<dyn OpenLab>,
    commands: &'a Commands,
    ran: usize,
    begun: Duration,
    found: Vec<Finding>,
}

/// Nothing more can be proven of the lesson at this seed.
struct Stopped;

/// Runs a lesson at all its seeds; gives how many commands ran, and what is wrong.
pub(super) fn prove(entry: &LessonEntry) -> (usize, Vec<LessonError>) {
    let seeds = entry.lesson.proven_seeds();
    // Where, what, and at which seeds; in the order in which it came up.
    let mut wrong: Vec<(Finding, Vec<u64>)> = Vec::new();
    let mut index: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut ran = 0;
    let begun = spent();
    for seed in &seeds {
        let (count, found) = prove_at(entry, *seed, begun);
        ran += count;
        for finding in found {
            let key = (finding.path.clone(), finding.problem.clone());
            match index.get(&key).and_then(|i| wrong.get_mut(*i)) {
                Some((_, at)) if at.last() == Some(seed) => {}
                Some((_, at)) => at.push(*seed),
                None => {
                    index.insert(key, wrong.len());
                    wrong.push((finding, vec![*seed]));
                }
            }
        }
        if spent().saturating_sub(begun) > PATIENCE {
            break;
        }
    }
    let mut findings = Findings::new(&entry.source);
    for (finding, at) in wrong {
        let list: Vec<String> = at.iter().map(u64::to_string).collect();
        let seeds = if at.len() == 1 { "seed" } else { "seeds" };
        let problem = format!("{} (at {seeds} {})", finding.problem, list.join(", "));
        findings.say(&finding.path, problem, finding.help);
    }
    (ran, findings.into_errors())
}

fn prove_at(entry: &LessonEntry, seed: u64, begun: Duration) -> (usize, Vec<Finding>) {
    let Some(lab) = find(&entry.lesson.lab) else { return (0, Vec::new()) };
    let commands = Commands::of((lab.definition)());
    match entry.open_lab_at(seed) {
        Err((path, problem)) => {
            let help = "Try it: `scalelab run LAB --seed N -c 'COMMAND'`.".to_owned();
            (0, vec![Finding { path, problem, help }])
        }
        Ok(lab) => {
            let ran = entry.lesson.setup.len();
            let mut proof = Proof { lab, commands: &commands, ran, begun, found: Vec::new() };
            for (i, step) in entry.lesson.steps.iter().enumerate() {
                if proof.step(&format!("step[{i}]"), step).is_err() {
                    break;
                }
            }
            (proof.ran, proof.found)
        }
    }
}

impl Proof<'_> {
    fn say(&mut self, path: &str, problem: impl Into<String>, help: impl Into<String>) {
        self.found.push(Finding { path: path.to_owned(), problem: problem.into(), help: help.into() });
    }

    fn step(&mut self, path: &str, step: &Step) -> Result<(), Stopped> {
        match step {
            Step::Watch(watch) => {
                for (i, scene) in watch.play.iter().enumerate() {
                    self.run(&format!("{path}.play[{i}].run"), &scene.run)?;
                }
            }
            Step::Predict(predict) => self.predict(path, predict)?,
            Step::Do(work) | Step::Fix(work) | Step::Challenge(work) => self.work(path, work)?,
            Step::Read(_) | Step::Explain(_) | Step::Recall(_) => {}
        }
        let broken = self.lab.broken();
        if !broken.is_empty() {
            self.say(path, format!("the lab breaks its own rule: {}", broken.join(", ")), "This is a bug of the lab.");
        }
        Ok(())
    }

    /// One command of the lesson; what follows builds on it.
    fn run(&mut self, path: &str, line: &str) -> Result<(), Stopped> {
        self.ran += 1;
        if let Err(problem) = give(self.lab.as_mut(), line) {
            let help = "The steps before it lead to a state in which the lab refuses it. What follows was not run.";
            self.say(path, problem, help);
            return Err(Stopped);
        }
        if spent().saturating_sub(self.begun) > PATIENCE {
            let problem = format!("the lesson is not through after {} seconds of computing", PATIENCE.as_secs());
            self.say(path, problem, "Use fewer or smaller commands, or fewer seeds. What follows was not run.");
            return Err(Stopped);
        }
        Ok(())
    }

    fn run_all(&mut self, path: &str, lines: &[String]) -> Result<(), Stopped> {
        lines.iter().enumerate().try_for_each(|(i, line)| self.run(&format!("{path}[{i}]"), line))
    }

    /// The value of an expression over the facts now; none if it has none, which is said.
    fn value(&mut self, path: &str, expression: &Cel) -> Option<Value> {
        let value = expression.value(&self.lab.facts());
        value.map_err(|error| self.say(path, error.to_string(), "`scalelab run LAB` prints the facts of a lab.")).ok()
    }

    fn truth(&mut self, path: &str, expression: &Cel) -> Option<bool> {
        match self.value(path, expression)? {
            Value::Bool(holds) => Some(holds),
            other => {
                let problem = format!("this is {}, not true or false", answer::spell(&other));
                self.say(path, problem, "Compare it with something.");
                None
            }
        }
    }

    fn predict(&mut self, path: &str, predict: &Predict) -> Result<(), Stopped> {
        let names = predict.pick.as_ref().map(|pick| {
            let at = format!("{path}.pick.among");
            let _ = self.value(&at, &pick.among);
            let names = answer::names(&pick.among, self.lab.as_ref());
            if names.len() < 2 || names.len() > NAMES {
                let problem = format!("there are {} names to pick from", names.len());
                self.say(&at, problem, format!("Give a list of texts or a map, with 2 to {NAMES} names."));
            }
            names
        });
        self.run_all(&format!("{path}.run"), &predict.run)?;
        let at = format!("{path}.outcome");
        if let Some(value) = self.value(&at, &predict.outcome)
            && !matches!(value, Value::String(_) | Value::Bool(_) | Value::Int(_) | Value::UInt(_) | Value::Float(_))
        {
            self.say(&at, "the outcome is no text and no number", "Use string(…) and + to make a text of it.");
        }
        if !predict.choices.is_empty() {
            self.choices(path, predict);
        }
        if let Some(number) = &predict.number {
            let at = format!("{path}.number.value");
            if let Some(value) = self.value(&at, &number.value)
                && !answer::as_f64(&value).is_some_and(f64::is_finite)
            {
                self.say(&at, format!("this is {}, not a number", answer::spell(&value)), "Name a figure.");
            }
        }
        if let (Some(pick), Some(names)) = (&predict.pick, names) {
            let at = format!("{path}.pick.value");
            if let Some(value) = self.value(&at, &pick.value) {
                let name = answer::spell(&value);
                if !names.contains(&name) {
                    let problem = format!("the right name, {name}, is not among those to pick from");
                    self.say(&at, problem, format!("To pick from are: {}.", names.join(", ")));
                }
            }
        }
        Ok(())
    }

    /// Exactly one choice must be what happened.
    fn choices(&mut self, path: &str, predict: &Predict) {
        let mut right = Vec::new();
        for (i, choice) in predict.choices.iter().enumerate() {
            match self.truth(&format!("{path}.choices[{i}].when"), &choice.when) {
                Some(true) => right.push(i),
                Some(false) => {}
                None => return,
            }
        }
        let happened =
            self.value(&format!("{path}.outcome"), &predict.outcome).map_or(String::new(), |v| answer::spell(&v));
        let help = format!("What happened: {happened}.");
        match right.as_slice() {
            [_] => {}
            [] => self.say(&format!("{path}.choices"), "no choice is right", help),
            [_, second, ..] => {
                let numbers: Vec<String> = right.iter().map(|i| (i + 1).to_string()).collect();
                let problem = format!("choices {} are right at once", numbers.join(" and "));
                self.say(&format!("{path}.choices[{second}].when"), problem, help);
            }
        }
    }

    fn work(&mut self, path: &str, work: &Work) -> Result<(), Stopped> {
        let check = format!("{path}.check");
        self.open_goal(&check, work, "before anything is done");
        if !work.given.is_empty() {
            self.run_all(&format!("{path}.given"), &work.given)?;
            self.open_goal(&check, work, "by what is given");
        }
        self.hint(path, work);
        let last = work.solution.len().saturating_sub(1);
        for (i, line) in work.solution.iter().enumerate() {
            let at = format!("{path}.solution[{i}]");
            self.run(&at, line)?;
            if i < last && self.truth(&check, &work.check) == Some(true) {
                let problem = format!("the goal is reached after command {} of {}", i + 1, last + 1);
                self.say(&at, problem, "Leave the rest out, or make the goal ask for it.");
            }
        }
        if self.truth(&check, &work.check) == Some(false) {
            let seen = work.check.judge(&self.lab.facts());
            let seen = seen.map_or(Vec::new(), |v| v.seen);
            let facts: Vec<String> =
                seen.into_iter().map(|(name, value)| format!("{name} = {}", short(&value))).collect();
            self.say(&check, "the solution does not reach the goal", format!("After it: {}.", facts.join(", ")));
        }
        Ok(())
    }

    /// The goal must not be reached yet.
    fn open_goal(&mut self, at: &str, work: &Work, when: &str) {
        if self.truth(at, &work.check) == Some(true) {
            self.say(at, format!("the goal is reached {when}"), "Ask for something that the learner has to do.");
        }
    }

    /// The command of the last hint must be one that can be given now.
    fn hint(&mut self, path: &str, work: &Work) {
        let Some(hint) = work.hints.last() else { return };
        let Some(line) = code_spans(hint).into_iter().find(|line| self.commands.parse(line).is_ok()) else { return };
        let at = format!("{path}.hints[{}]", work.hints.len() - 1);
        let name = line.split_whitespace().next().unwrap_or_default();
        if !work.allow.is_empty() && !work.allow.iter().any(|a| a == name) {
            self.say(&at, format!("the hint names `{name}`, which is not allowed here"), "Add it to `allow`.");
        }
        let mark = self.lab.bookmark();
        self.ran += 1;
        if let Err(problem) = give(self.lab.as_mut(), &line) {
            self.say(&at, problem, "The last hint names a command that can be given as the step begins.");
        }
        if !self.lab.go_to(&mark) {
            self.say(path, "the lab does not find its way back", "This is a bug of the time line.");
        }
    }
}

/// A value of a fact, cut to a few words.
fn short(value: &str) -> String {
    crate::picture::fit(value, 60)
}
