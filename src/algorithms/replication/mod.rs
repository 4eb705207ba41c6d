//! Replication: a primary's log, its replicas' copies, and when a write counts as acknowledged.
//!
//! A log is a sequence of entries numbered from 0. What an entry holds does not matter here, only who wrote it: the
//! epoch of the primary. Runs of one epoch are kept as one, so that a log of a million entries takes a few bytes.

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
/// assert_eq!(group.acknowledge(0, 1), 2); // asynchronous: both count
/// assert_eq!(group.lost(1), 1); // and one would be lost with the primary
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    mode: Mode,
    epoch: u64,
    logs: Vec<Log>,
    /// How far each epoch's entries are acknowledged: `(epoch, first entry, end)`.
    acknowledged: Vec<Run>,
}

impl Group {
    /// `members` empty logs in epoch 1.
    #[must_use]
    pub fn new(members: usize, mode: Mode) -> Self {
        Self { mode, epoch: 1, logs: vec![Log::default(); members], acknowledged: Vec::new() }
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

    /// A member that believes to be primary writes one entry under its epoch; gives the entry's number.
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

    /// Acknowledges what of a primary's own entries is now copied often enough, where `needed` members in all must
    /// hold it; gives the end of what is acknowledged.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// let mut group = Group::new(2, Mode::Sync);
    /// group.append(0);
    /// assert_eq!(group.acknowledge(0, 2), 0); // the replica has nothing yet
    /// group.copy(0, 1, 1);
    /// assert_eq!(group.acknowledge(0, 2), 1);
    /// ```
    pub fn acknowledge(&mut self, primary: usize, needed: usize) -> u64 {
        let Some(own) = self.logs.get(primary) else { return 0 };
        let mut held: Vec<u64> = self.logs.iter().map(|log| log.common(own)).collect();
        held.sort_unstable_by(|a, b| b.cmp(a));
        let end = held.get(needed.max(1) - 1).copied().unwrap_or(0);
        let (epoch, start) = (own.epoch(), own.start());
        match self.acknowledged.iter_mut().find(|run| run.epoch == epoch) {
            Some(run) => run.end = run.end.max(end),
            None if end > start => self.acknowledged.push(Run { epoch, start, end }),
            None => {}
        }
        end
    }

    /// Entries that were acknowledged, under all epochs.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// assert_eq!(Group::new(1, Mode::Async).acknowledged(), 0);
    /// ```
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.iter().map(Run::len).sum()
    }

    /// How far the entries of an epoch are acknowledged.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// assert_eq!(Group::new(1, Mode::Async).acknowledged_of(1), None);
    /// ```
    pub fn acknowledged_of(&self, epoch: u64) -> Option<Run> {
        self.acknowledged.iter().find(|run| run.epoch == epoch).copied()
    }

    /// Acknowledged entries that the log of `member` does not hold: lost, if it becomes the truth.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// assert_eq!(Group::new(2, Mode::Async).lost(1), 0);
    /// ```
    pub fn lost(&self, member: usize) -> u64 {
        let Some(log) = self.logs.get(member) else { return 0 };
        self.acknowledged.iter().map(|run| run.len() - log.holds(*run)).sum()
    }

    /// Which entries of a run the log of `member` does not hold; they stand at its end.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode, Run};
    /// let group = Group::new(2, Mode::Async);
    /// let run = Run { epoch: 1, start: 0, end: 3 };
    /// assert_eq!(group.missing(1, run), Some(run));
    /// ```
    pub fn missing(&self, member: usize, run: Run) -> Option<Run> {
        let missing = Run { start: run.start + self.logs.get(member)?.holds(run), ..run };
        (!missing.is_empty()).then_some(missing)
    }

    /// Forgets what of the acknowledged entries is not in this log, having counted it: gives the count.
    ///
    /// ```
    /// use scalelab::algorithms::replication::{Group, Mode};
    /// let mut group = Group::new(2, Mode::Async);
    /// group.append(0);
    /// group.acknowledge(0, 1);
    /// assert_eq!((group.write_off(1), group.lost(1), group.acknowledged()), (1, 0, 0));
    /// ```
    pub fn write_off(&mut self, member: usize) -> u64 {
        let lost = self.lost(member);
        if let Some(log) = self.logs.get(member) {
            self.acknowledged.iter_mut().for_each(|run| run.end = run.start + log.holds(*run));
            self.acknowledged.retain(|run| !run.is_empty());
        }
        lost
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
