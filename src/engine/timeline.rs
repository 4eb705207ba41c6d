//! The time line: run, step, step back, seek and fork, over any [`Model`].
//!
//! What happened is a list of commands with their times (a branch). Any moment is reached by
//! replaying from the nearest checkpoint; nothing is ever undone.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::command_line::{CommandLine, ParseOutcome};
use super::error::ModelError;
use super::event::{Event, Micros};
use super::model::{Model, Setup};
use super::scene::{Moment, Scene, Stopped};

/// Most internal events in one stretch of time: there a model that runs away stops, and so does its time.
pub const MAX_TICKS: u32 = if cfg!(test) { 50_000 } else { 5_000_000 };
/// Most commands on a branch.
pub const MAX_COMMANDS: usize = 100_000;
/// Most branches kept; the oldest that is not in use goes first.
const MAX_BRANCHES: usize = 64;

/// Why a line did nothing. The time line is as before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimelineError {
    /// The line is no command of this lab.
    #[error("{0}")]
    Usage(String),
    /// The command cannot be done in this state.
    #[error(transparent)]
    Refused(#[from] ModelError),
    /// The run has become too long to keep.
    #[error("this run has {MAX_COMMANDS} commands, which is the most that is kept: restart with `r`")]
    TooLong,
}

/// One command on a branch.
#[derive(Clone, Debug)]
pub struct Entry<C> {
    /// When it was given, in simulated microseconds.
    pub at_us: Micros,
    /// Its text, in normal quoting.
    pub text: Arc<str>,
    /// When its unfolding ended.
    pub settled_us: Micros,
    command: C,
}

/// A place to come back to: the commands that led to it, and the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bookmark {
    /// Seed of the run.
    pub seed: u64,
    /// Commands with their times.
    pub commands: Vec<(Micros, Arc<str>)>,
    /// Simulated microseconds.
    pub at_us: Micros,
}

/// Commands are shared between branches, so that a fork copies none of them.
struct Branch<C> {
    entries: Vec<Arc<Entry<C>>>,
    /// When each of them was given: what a screen looks at in every frame.
    times: Vec<Micros>,
    end_us: Micros,
}

impl<C> Branch<C> {
    fn push(&mut self, entry: Entry<C>) {
        self.end_us = self.end_us.max(entry.at_us);
        self.times.push(entry.at_us);
        self.entries.push(Arc::new(entry));
    }

    /// The first commands of this branch, as one of its own.
    fn up_to(&self, at: Moment) -> Self {
        let (entries, times) = (self.entries[..at.applied].to_vec(), self.times[..at.applied].to_vec());
        Self { entries, times, end_us: at.at_us }
    }
}

/// A lab's run through time.
///
/// Stepping back replays from a checkpoint, so it costs at most the distance to one; the
/// checkpoints hold about `memory_bound` bytes.
pub struct Timeline<M: Model> {
    parser: CommandLine<M::Command>,
    setup: Setup,
    branches: Vec<Branch<M::Command>>,
    current: usize,
    scene: Scene<M>,
    checkpoints: BTreeMap<Moment, Scene<M>>,
    memory_bound: usize,
}

/// Default bound on checkpoint memory, in bytes.
pub const MEMORY_BOUND: usize = 256 << 20;

impl<M: Model> Timeline<M> {
    /// Opens a lab at time zero.
    ///
    /// # Errors
    /// What [`Model::open`] refuses.
    pub fn open(lab: &'static str, setup: Setup) -> Result<Self, ModelError> {
        Self::with_memory_bound(lab, setup, MEMORY_BOUND)
    }

    /// As [`Timeline::open`], with a bound in bytes on the memory of checkpoints.
    ///
    /// # Errors
    /// What [`Model::open`] refuses.
    pub fn with_memory_bound(lab: &'static str, setup: Setup, memory_bound: usize) -> Result<Self, ModelError> {
        let scene = Scene::open(&setup)?;
        let checkpoints = BTreeMap::from([(scene.at, scene.clone())]);
        let branches = vec![Branch { entries: Vec::new(), times: Vec::new(), end_us: 0 }];
        Ok(Self { parser: CommandLine::new(lab), setup, branches, current: 0, scene, checkpoints, memory_bound })
    }

    /// What the lab was opened with.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// The parser of the lab's commands.
    pub fn parser(&self) -> &CommandLine<M::Command> {
        &self.parser
    }

    /// The state now.
    pub fn model(&self) -> &M {
        &self.scene.model
    }

    /// The figures of the state now. They are computed when somebody asks, once for each state.
    pub fn facts(&self) -> &M::Facts {
        self.scene.model.facts()
    }

    /// As [`Timeline::facts`], as a JSON object, once for each state.
    pub fn facts_json(&self) -> &serde_json::Value {
        self.scene.model.json()
    }

    /// Until when the last command is still unfolding.
    pub fn settled_us(&self) -> Micros {
        self.scene.settled_us()
    }

    /// The moment now.
    pub fn moment(&self) -> Moment {
        self.scene.at
    }

    /// What happened up to now, oldest first; at most [`STORY`](super::scene::STORY) events.
    pub fn story(&self) -> &VecDeque<Event> {
        &self.scene.story
    }

    /// How many events there were in all, dropped ones included.
    pub fn told(&self) -> u64 {
        self.scene.told
    }

    /// The commands of the current branch, those in the future included.
    pub fn entries(&self) -> &[Arc<Entry<M::Command>>] {
        &self.branches[self.current].entries
    }

    /// When each of them was given, in order.
    pub fn command_times(&self) -> &[Micros] {
        &self.branches[self.current].times
    }

    /// The latest time that this branch has seen.
    pub fn end_us(&self) -> Micros {
        self.branches[self.current].end_us
    }

    /// (current branch, number of branches), counted from zero.
    pub fn branch(&self) -> (usize, usize) {
        (self.current, self.branches.len())
    }

    /// Whether the present is also the end of the branch.
    pub fn at_end(&self) -> bool {
        self.scene.at.applied == self.entries().len() && self.scene.at.at_us >= self.end_us()
    }

    /// Gives one line to the lab: `Ok(Some(text))` when it asked for help. In the past, this
    /// forks: the old future stays, on its own branch.
    ///
    /// # Errors
    /// A line that is no command, or a command that the lab refuses. Nothing has changed then.
    pub fn command(&mut self, line: &str) -> Result<Option<String>, TimelineError> {
        match self.parser.parse(line) {
            ParseOutcome::Empty => Ok(None),
            ParseOutcome::Help(text) => Ok(Some(text)),
            ParseOutcome::Error(message) => Err(TimelineError::Usage(message)),
            ParseOutcome::Command(command, text) => self.apply(command, text).map(|()| None),
        }
    }

    fn apply(&mut self, command: M::Command, text: String) -> Result<(), TimelineError> {
        let at = self.scene.at;
        if at.applied >= MAX_COMMANDS {
            return Err(TimelineError::TooLong);
        }
        let outcome = self.scene.with(&command)?;
        let settled_us = outcome.settled_us();
        if !self.at_end() {
            self.fork();
        }
        self.checkpoints.insert(at, self.scene.clone());
        let entry = Entry { at_us: at.at_us, text: text.into(), settled_us, command };
        self.branches[self.current].push(entry);
        self.scene.take(outcome);
        self.thin();
        Ok(())
    }

    /// Leaves the future of this branch where it is and continues on a new one.
    fn fork(&mut self) {
        let at = self.scene.at;
        if self.branches.len() >= MAX_BRANCHES {
            let oldest = usize::from(self.current == 0);
            self.branches.remove(oldest);
            self.current = self.current.saturating_sub(usize::from(oldest < self.current));
        }
        let branch = self.branches[self.current].up_to(at);
        self.branches.push(branch);
        self.current = self.branches.len() - 1;
        self.checkpoints.retain(|moment, _| *moment <= at);
    }

    /// Goes to another branch, at its end.
    ///
    /// # Errors
    /// As [`Timeline::seek`].
    pub fn select_branch(&mut self, index: usize) -> Result<(), Stopped> {
        match self.branches.get(index) {
            Some(branch) if index != self.current => {
                let end = Moment { applied: branch.entries.len(), at_us: branch.end_us };
                self.travel(|timeline| timeline.switch(index, end))
            }
            _ => Ok(()),
        }
    }

    /// Another branch, at one of its moments.
    fn switch(&mut self, index: usize, target: Moment) -> Result<(), Stopped> {
        let old = &self.branches[self.current].entries;
        let new = &self.branches[index].entries;
        let same = old.iter().zip(new).take_while(|(a, b)| Arc::ptr_eq(a, b)).count();
        // A checkpoint is shared when all that led to it is: it lies before the first difference.
        let until = new.get(same).or(old.get(same)).map_or(Micros::MAX, |e| e.at_us);
        let until = until.min(old.get(same).map_or(Micros::MAX, |e| e.at_us));
        self.checkpoints.retain(|m, _| m.applied <= same && m.at_us <= until);
        self.current = index;
        self.rewind_to_checkpoint(target);
        self.replay(target)
    }

    /// Lets simulated time pass, to `at_us` at most; recorded commands that come due are applied.
    ///
    /// # Errors
    /// When it was stopped, or more than [`MAX_TICKS`] events would have happened. [`Timeline::moment`] is
    /// where time stands then; from there it can go on.
    pub fn advance_to(&mut self, at_us: Micros) -> Result<(), Stopped> {
        self.replay(Moment { applied: usize::MAX, at_us })
    }

    /// The next place where something is worth a look: one step on, or where a recorded command
    /// is due; from there, what it did. The places are those of [`Timeline::back`]. In the past,
    /// never beyond what was seen.
    ///
    /// # Errors
    /// As [`Timeline::seek`].
    pub fn step(&mut self) -> Result<(), Stopped> {
        let at = self.scene.at;
        let base = self.base(at.applied);
        let seen = if self.at_end() { Micros::MAX } else { self.end_us().max(at.at_us) };
        let quiet = if at.at_us < base {
            base
        } else {
            let step = self.scene.step_us();
            base.saturating_add(((at.at_us - base) / step + 1).saturating_mul(step))
        };
        let next = self.entries().get(at.applied).map(|e| (e.at_us, e.settled_us));
        self.travel(|timeline| match next {
            Some((due, _)) if due > at.at_us => timeline.replay(Moment { applied: at.applied, at_us: quiet.min(due) }),
            Some((due, settled)) => {
                timeline.replay(Moment { applied: at.applied + 1, at_us: due })?;
                timeline.replay(Moment { applied: at.applied + 1, at_us: settled.min(seen) })
            }
            None => timeline.replay(Moment { applied: at.applied, at_us: quiet.min(seen) }),
        })
    }

    /// The place before: back over one step, or to just before the last command.
    ///
    /// # Errors
    /// As [`Timeline::seek`].
    pub fn back(&mut self) -> Result<(), Stopped> {
        let at = self.scene.at;
        let base = self.base(at.applied);
        let target = if at.at_us > base {
            let step = self.scene.step_us();
            Moment { applied: at.applied, at_us: base + ((at.at_us - base).div_ceil(step) - 1) * step }
        } else if at.applied > 0 {
            Moment { applied: at.applied - 1, at_us: self.entries()[at.applied - 1].at_us }
        } else {
            Moment { applied: 0, at_us: 0 }
        };
        self.seek(target)
    }

    /// Goes to a moment of this branch; beyond its end, time passes as it would have.
    ///
    /// # Errors
    /// When it was stopped, or more than [`MAX_TICKS`] events would have happened; all is as before then.
    pub fn seek(&mut self, target: Moment) -> Result<(), Stopped> {
        self.travel(|timeline| {
            if target < timeline.scene.at || target.at_us < timeline.scene.at.at_us {
                timeline.rewind_to_checkpoint(target);
            }
            timeline.replay(target)
        })
    }

    /// Goes to the state that this branch had at a time, with all commands up to then.
    ///
    /// # Errors
    /// As [`Timeline::seek`].
    pub fn seek_time(&mut self, at_us: Micros) -> Result<(), Stopped> {
        let applied = self.command_times().partition_point(|given| *given <= at_us);
        self.travel(|timeline| {
            timeline.rewind_to_checkpoint(Moment { applied, at_us });
            timeline.replay(Moment { applied, at_us })
        })
    }

    /// The present, to come back to. Costs a pointer for each command.
    pub fn bookmark(&self) -> Bookmark {
        let applied = self.entries().iter().take(self.scene.at.applied);
        let commands = applied.map(|e| (e.at_us, Arc::clone(&e.text))).collect();
        Bookmark { seed: self.setup.seed, commands, at_us: self.scene.at.at_us }
    }

    /// Goes back to a bookmark, on whichever branch still has it; `false` if none has, or it was stopped.
    pub fn go_to(&mut self, mark: &Bookmark) -> bool {
        let has = |branch: &Branch<M::Command>| {
            branch.entries.len() >= mark.commands.len()
                && branch.end_us >= mark.at_us
                && branch.entries.iter().zip(&mark.commands).all(|(e, (at, text))| e.at_us == *at && e.text == *text)
        };
        let found = std::iter::once(self.current)
            .chain(0..self.branches.len())
            .find(|i| self.branches.get(*i).is_some_and(has))
            .filter(|_| mark.seed == self.setup.seed);
        let Some(index) = found else { return false };
        let target = Moment { applied: mark.commands.len(), at_us: mark.at_us };
        if index == self.current {
            return self.seek(target).is_ok();
        }
        self.travel(|timeline| timeline.switch(index, target)).is_ok()
    }

    /// Where the last command has settled: steps count from there.
    fn base(&self, applied: usize) -> Micros {
        applied.checked_sub(1).and_then(|i| self.entries().get(i)).map_or(0, |e| e.settled_us)
    }

    /// Goes somewhere in time; a journey that is stopped ends where it began.
    fn travel(&mut self, journey: impl FnOnce(&mut Self) -> Result<(), Stopped>) -> Result<(), Stopped> {
        let (scene, branch, end_us) = (self.scene.clone(), self.current, self.end_us());
        let outcome = journey(self);
        if outcome.is_err() {
            if branch != self.current {
                // Its checkpoints are those of another branch now; the first is everybody's.
                self.checkpoints.retain(|moment, _| *moment == Moment { applied: 0, at_us: 0 });
            }
            self.current = branch;
            self.branches[branch].end_us = end_us;
            self.checkpoints.retain(|moment, _| moment.at_us <= end_us);
            self.scene = scene;
        }
        outcome
    }

    fn rewind_to_checkpoint(&mut self, target: Moment) {
        // A command that was given later than that time is beyond it; so the last checkpoint in order is the nearest.
        let applied = self.command_times().partition_point(|given| *given <= target.at_us).min(target.applied);
        let nearest = self.checkpoints.range(..=Moment { applied, ..target }).next_back();
        if let Some((_, scene)) = nearest {
            self.scene = scene.clone();
        }
    }

    fn replay(&mut self, target: Moment) -> Result<(), Stopped> {
        // A moment with fewer commands than the branch has ends where the next one was given.
        let end = self.command_times().get(target.applied).map_or(target.at_us, |given| target.at_us.min(*given));
        let seen = self.end_us();
        let outcome = self
            .replay_commands(Moment { at_us: end, ..target })
            .and_then(|()| self.scene.advance(end.min(seen), u32::MAX))
            .and_then(|()| self.scene.advance(end, MAX_TICKS));
        let branch = &mut self.branches[self.current];
        branch.end_us = branch.end_us.max(self.scene.at.at_us);
        self.remember();
        outcome
    }

    /// Time and recorded commands up to a moment; then time alone is left.
    fn replay_commands(&mut self, target: Moment) -> Result<(), Stopped> {
        while self.scene.at.applied < target.applied {
            let Some(entry) = self.entries().get(self.scene.at.applied) else { break };
            if entry.at_us > target.at_us {
                break;
            }
            let entry = Arc::clone(entry);
            self.scene.advance(entry.at_us, u32::MAX)?;
            self.checkpoints.entry(self.scene.at).or_insert_with(|| self.scene.clone());
            self.thin();
            // It was applied before in this very state: only whoever stops it can make it fail.
            let outcome = self.scene.with(&entry.command).map_err(|_| Stopped)?;
            self.scene.take(outcome);
        }
        Ok(())
    }

    /// A checkpoint now and then, so that long quiet runs are as easy to step back in.
    fn remember(&mut self) {
        let at = self.scene.at;
        let gap = self.scene.step_us().saturating_mul(64);
        let last = self.checkpoints.range(..=at).next_back().map(|(m, _)| *m);
        if last.is_none_or(|m| m.applied == at.applied && at.at_us - m.at_us >= gap) {
            self.checkpoints.insert(at, self.scene.clone());
            self.thin();
        }
    }

    /// Drops every second checkpoint (never the first) until the rest fits the memory bound.
    fn thin(&mut self) {
        let each = self.scene.memory_bytes();
        let most = (self.memory_bound / each.max(1)).max(2);
        while self.checkpoints.len() > most {
            let mut index = 0_usize;
            self.checkpoints.retain(|_, _| {
                index += 1;
                index % 2 == 1
            });
        }
    }

    /// How many checkpoints are held now.
    pub fn checkpoints(&self) -> usize {
        self.checkpoints.len()
    }
}

#[cfg(test)]
mod tests;
