//! Replication: a primary's log, its replicas' copies, and when a write counts as acknowledged.
//!
//! A log is a sequence of entries numbered from 0. What an entry holds does not matter here, only who wrote it: the
//! epoch of the primary. Runs of one epoch are kept as one, so that a log of a million entries takes a few bytes.
//!
//! That an entry stands in a log does not mean that it was acknowledged: a client may have given up on it before.
//! An acknowledged entry is lost when no log that counts holds it, and it is found again when such a log becomes the
//! truth after all: what is lost follows from the logs, and is not a sum of the past.

mod log;
mod quorum;

pub use log::{Log, Run};
pub use quorum::{Mode, ModeError, quorum_miss};

/// A primary and its replicas.
///
/// ```
/// use scalelab::algorithms::replication::{Group, Mode};
/// let mut group = Group::new(3, Mode::Async);
/// group.append(0);
/// group.append(0);
/// group.copy(0, 1, 1); // one entry has reached replica 1
/// assert_eq!(group.acknowledge(0, 0..2, 1), 2); // asynchronous: both count
/// assert_eq!(group.lost(&[1]), 1); // and one would be lost with the primary
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    mode: Mode,
    epoch: u64,
    logs: Vec<Log>,
    /// The entries that were acknowledged. An entry that a client gave up on stands between two runs.
    acknowledged: Vec<Run>,
    /// Acknowledged entries that are no longer kept one by one: all members hold these,
    held: u64,
    /// and none holds those.
    gone: u64,
}

/// With more runs than this, those that nothing can change any more are only counted.
const MOST_RUNS: usize = 256;

impl Group {
    /// `members` empty logs in epoch 1.
    #[must_use]
    pub fn new(members: usize, mode: Mode) -> Self {
        Self { mode, epoch: 1, logs: vec![Log::default(); members], acknowledged: Vec::new(), held: 0, gone: 0 }
    }

    /// How a write is acknowledged.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// assert_eq!(Group::new(2, Mode::Sync).mode(), Mode::Sync);
    /// ```
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Changes how writes are acknowledged from now on.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// let mut group = Group::new(2, Mode::Sync);
    /// group.set_mode(Mode::Async);
    /// assert_eq!(group.mode(), Mode::Async);
    /// ```
    pub fn set_mode(&mut self, mode: Mode) {
        self.mode = mode;
    }

    /// The logs, by member.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// assert_eq!(Group::new(2, Mode::Sync).logs().len(), 2);
    /// ```
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }

    /// A new member that copies `from`, e.g. the primary.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// let mut group = Group::new(1, Mode::Async);
    /// group.append(0);
    /// assert_eq!((group.join(0), group.logs()[1].len()), (1, 1));
    /// ```
    pub fn join(&mut self, from: usize) -> usize {
        self.logs.push(self.logs.get(from).cloned().unwrap_or_default());
        self.logs.len() - 1
    }

    /// A member leaves with its log; those after it move up.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// let mut group = Group::new(2, Mode::Async);
    /// group.leave(0);
    /// assert_eq!(group.logs().len(), 1);
    /// ```
    pub fn leave(&mut self, member: usize) {
        if member < self.logs.len() {
            self.logs.remove(member);
        }
    }

    /// Begins a new epoch: `member` writes under it from now on, others that still write keep their own.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// let mut group = Group::new(2, Mode::Async);
    /// assert_eq!(group.promote(1), 2);
    /// ```
    pub fn promote(&mut self, member: usize) -> u64 {
        self.epoch += 1;
        if let Some(log) = self.logs.get_mut(member) {
            log.write_as(self.epoch);
        }
        self.epoch
    }

    /// A member that believes it is primary writes one entry under its epoch; gives the entry's number.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// let mut group = Group::new(2, Mode::Async);
    /// assert_eq!((group.append(0), group.append(0)), (0, 1));
    /// ```
    pub fn append(&mut self, member: usize) -> u64 {
        self.logs.get_mut(member).map_or(0, |log| log.append())
    }

    /// Copies entries from one member to another, up to `end` at most. What stands otherwise in the copy is cut off
    /// there: the copy follows. Gives how many entries were cut off.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// let mut group = Group::new(2, Mode::Async);
    /// group.append(0);
    /// assert_eq!((group.copy(0, 1, u64::MAX), group.logs()[1].len()), (0, 1));
    /// ```
    pub fn copy(&mut self, from: usize, to: usize, end: u64) -> u64 {
        if from == to {
            return 0;
        }
        let Some(source) = self.logs.get(from).cloned() else { return 0 };
        self.logs.get_mut(to).map_or(0, |log| log.follow(&source, end))
    }

    /// The newest epoch so far.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// assert_eq!(Group::new(2, Mode::Async).epoch(), 1);
    /// ```
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Acknowledges those of a primary's own entries that a client waits for and that `needed` members hold, the
    /// primary included; gives the end of what can be acknowledged.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// let mut group = Group::new(2, Mode::Sync);
    /// group.append(0);
    /// assert_eq!(group.acknowledge(0, 0..1, 2), 0); // the replica has nothing yet
    /// group.append(0);
    /// group.copy(0, 1, 2);
    /// assert_eq!(group.acknowledge(0, 1..2, 2), 2);
    /// assert_eq!(group.acknowledged(), 1); // nobody waited for entry 0 any more
    /// ```
    pub fn acknowledge(&mut self, primary: usize, waiting: std::ops::Range<u64>, needed: usize) -> u64 {
        let Some(own) = self.logs.get(primary) else { return 0 };
        let mut held: Vec<u64> = self.logs.iter().map(|log| log.common(own)).collect();
        held.sort_unstable_by(|a, b| b.cmp(a));
        let held = held.get(needed.max(1) - 1).copied().unwrap_or(0);
        let (epoch, start) = (own.epoch(), waiting.start.max(own.start()));
        let mut run = Run { epoch, start, end: held.min(waiting.end) };
        if run.is_empty() {
            return held;
        }
        // Almost always it continues the last run of its epoch.
        let last = self.acknowledged.iter_mut().rev().find(|known| known.epoch == epoch);
        match last {
            Some(last) if last.start <= run.start && run.start <= last.end => last.end = last.end.max(run.end),
            _ => {
                let touches = |known: &Run| known.epoch == epoch && known.start <= run.end && run.start <= known.end;
                let (joined, rest): (Vec<Run>, Vec<Run>) = self.acknowledged.iter().partition(|known| touches(known));
                run.start = joined.iter().map(|known| known.start).fold(run.start, u64::min);
                run.end = joined.iter().map(|known| known.end).fold(run.end, u64::max);
                self.acknowledged = rest;
                self.acknowledged.push(run);
            }
        }
        if self.acknowledged.len() > MOST_RUNS && self.acknowledged.len().is_multiple_of(MOST_RUNS / 4) {
            self.fold();
        }
        held
    }

    /// Runs that all members hold stay so, and what none holds is gone for good: both are only counted from now on.
    fn fold(&mut self) {
        let newest = self.acknowledged.len().saturating_sub(MOST_RUNS / 4);
        let (mut held, mut gone, mut at) = (0, 0, 0);
        let logs = &self.logs;
        self.acknowledged.retain(|run| {
            at += 1;
            let holders = || logs.iter().map(|log| log.holds(*run));
            if at > newest {
                return true;
            }
            if holders().all(|n| n == run.len()) {
                held += run.len();
                return false;
            }
            let none = holders().all(|n| n == 0);
            gone += if none { run.len() } else { 0 };
            !none
        });
        (self.held, self.gone) = (self.held + held, self.gone + gone);
    }

    /// Entries that were acknowledged, under all epochs.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// assert_eq!(Group::new(1, Mode::Async).acknowledged(), 0);
    /// ```
    pub fn acknowledged(&self) -> u64 {
        self.held + self.gone + self.acknowledged.iter().map(Run::len).sum::<u64>()
    }

    /// Whether an entry was acknowledged. Of those that are only counted any more nothing else is known than that
    /// they were.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// let mut group = Group::new(1, Mode::Async);
    /// group.append(0);
    /// assert!(!group.is_acknowledged(1, 0));
    /// group.acknowledge(0, 0..1, 1);
    /// assert!(group.is_acknowledged(1, 0));
    /// ```
    pub fn is_acknowledged(&self, epoch: u64, entry: u64) -> bool {
        let counted = self.held + self.gone > 0 && self.acknowledged.first().is_some_and(|run| entry < run.start);
        counted || self.acknowledged.iter().any(|run| run.epoch == epoch && (run.start..run.end).contains(&entry))
    }

    /// The newest acknowledged entry that the log of `member` holds, as the run that ends with it.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// assert_eq!(Group::new(1, Mode::Async).newest_acknowledged(0), None);
    /// ```
    pub fn newest_acknowledged(&self, member: usize) -> Option<Run> {
        let log = self.logs.get(member)?;
        let held = |run: &Run| {
            let end = run.start + log.holds(*run);
            (end > run.start).then_some(Run { end, ..*run })
        };
        self.acknowledged.iter().rev().find_map(held)
    }

    /// Whether the log of `member` holds an entry of an epoch.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// let mut group = Group::new(2, Mode::Async);
    /// group.append(0);
    /// assert!(group.holds(0, 1, 0) && !group.holds(1, 1, 0));
    /// ```
    pub fn holds(&self, member: usize, epoch: u64, entry: u64) -> bool {
        let run = Run { epoch, start: entry, end: entry + 1 };
        self.logs.get(member).is_some_and(|log| log.holds(run) == 1)
    }

    /// Acknowledged entries that none of these members' logs holds: lost, if only these logs count. What an epoch
    /// wrote begins at the same place in every log, so that the longest copy of a run is all of it that there is.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// let mut group = Group::new(2, Mode::Async);
    /// group.append(0);
    /// group.acknowledge(0, 0..1, 1);
    /// assert_eq!((group.lost(&[0]), group.lost(&[1]), group.lost(&[0, 1])), (0, 1, 0));
    /// ```
    pub fn lost(&self, members: &[usize]) -> u64 {
        let logs = || members.iter().filter_map(|m| self.logs.get(*m));
        let missing = |run: &Run| run.len() - logs().map(|log| log.holds(*run)).max().unwrap_or(0);
        self.gone + self.acknowledged.iter().map(missing).sum::<u64>()
    }

    /// Of these members, the one whose log is the most up to date: the highest epoch, then the longest, then the
    /// first. This is Raft's rule; a majority to choose from then never loses what a majority holds.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// let mut group = Group::new(3, Mode::Async);
    /// group.append(0);
    /// group.copy(0, 2, 1);
    /// assert_eq!(group.most_up_to_date(&[1, 2]), Some(2));
    /// ```
    pub fn most_up_to_date(&self, members: &[usize]) -> Option<usize> {
        let rank = |m: usize| self.logs.get(m).map(|log| (log.last_epoch(), log.len()));
        let mut best = None;
        for &member in members {
            let better = best.is_none_or(|b| rank(member) > rank(b));
            if better && rank(member).is_some() {
                best = Some(member);
            }
        }
        best
    }
}
