//! A log as runs of epochs.

/// Entries of one epoch, in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Who wrote them: the primary of this epoch.
    pub epoch: u64,
    /// Number of the first.
    pub start: u64,
    /// One past the last.
    pub end: u64,
}

impl Run {
    /// How many.
    ///
    /// ```
    /// assert_eq!(scalelab::algorithms::replication::Run { epoch: 1, start: 2, end: 5 }.len(), 3);
    /// ```
    pub fn len(&self) -> u64 {
        self.end.saturating_sub(self.start)
    }

    /// Whether there is none.
    ///
    /// ```
    /// assert!(scalelab::algorithms::replication::Run { epoch: 1, start: 2, end: 2 }.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A log: what was written under which epoch.
///
/// ```
/// use scalelab::algorithms::replication::Log;
/// let mut log = Log::default();
/// assert_eq!((log.append(), log.append(), log.len()), (0, 1, 2));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    runs: Vec<Run>,
    /// Under which epoch its owner writes, and from which entry on.
    epoch: u64,
    start: u64,
}

impl Default for Log {
    fn default() -> Self {
        Self { runs: Vec::new(), epoch: 1, start: 0 }
    }
}

impl Log {
    /// Number of entries.
    pub fn len(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.end)
    }

    /// Whether there is none.
    ///
    /// ```
    /// assert!(scalelab::algorithms::replication::Log::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The runs, oldest first.
    ///
    /// ```
    /// assert!(scalelab::algorithms::replication::Log::default().runs().is_empty());
    /// ```
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The epoch under which its owner writes.
    ///
    /// ```
    /// assert_eq!(scalelab::algorithms::replication::Log::default().epoch(), 1);
    /// ```
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The first entry that its owner may have written under that epoch.
    ///
    /// ```
    /// assert_eq!(scalelab::algorithms::replication::Log::default().start(), 0);
    /// ```
    pub fn start(&self) -> u64 {
        self.start
    }

    /// The epoch of the last entry; 0 for an empty log.
    ///
    /// ```
    /// assert_eq!(scalelab::algorithms::replication::Log::default().last_epoch(), 0);
    /// ```
    pub fn last_epoch(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.epoch)
    }

    /// The epoch of an entry.
    ///
    /// ```
    /// let mut log = scalelab::algorithms::replication::Log::default();
    /// log.append();
    /// assert_eq!((log.epoch_of(0), log.epoch_of(1)), (Some(1), None));
    /// ```
    pub fn epoch_of(&self, entry: u64) -> Option<u64> {
        self.runs.iter().find(|run| (run.start..run.end).contains(&entry)).map(|run| run.epoch)
    }

    /// Its owner writes under this epoch from now on.
    pub(super) fn write_as(&mut self, epoch: u64) {
        (self.epoch, self.start) = (epoch, self.len());
    }

    /// One entry more, under the owner's epoch; gives its number.
    pub fn append(&mut self) -> u64 {
        let entry = self.len();
        match self.runs.last_mut() {
            Some(run) if run.epoch == self.epoch => run.end += 1,
            _ => self.runs.push(Run { epoch: self.epoch, start: entry, end: entry + 1 }),
        }
        entry
    }

    /// How many entries from the beginning are the same in both.
    ///
    /// ```
    /// use scalelab::algorithms::replication::Log;
    /// let (mut a, b) = (Log::default(), Log::default());
    /// a.append();
    /// assert_eq!((a.common(&a), a.common(&b)), (1, 0));
    /// ```
    pub fn common(&self, other: &Self) -> u64 {
        let mut same = 0;
        for (a, b) in self.runs.iter().zip(&other.runs) {
            if a.epoch != b.epoch || a.start != b.start {
                break;
            }
            same = a.end.min(b.end);
            if a.end != b.end {
                break;
            }
        }
        same
    }

    /// How many entries of a run it holds: an entry is known by its number and epoch.
    pub(super) fn holds(&self, run: Run) -> u64 {
        let own = self.runs.iter().filter(|r| r.epoch == run.epoch);
        own.map(|r| r.end.min(run.end).saturating_sub(r.start.max(run.start))).sum()
    }

    /// Becomes a copy of the source up to `end`, and gives how many of its own entries were cut off. A log that is
    /// ahead of `end` but agrees so far is left alone.
    pub(super) fn follow(&mut self, source: &Self, end: u64) -> u64 {
        let same = self.common(source);
        let before = self.len();
        if before > same {
            self.truncate(same);
        }
        let cut = before - self.len();
        let end = end.min(source.len());
        for run in &source.runs {
            if run.end <= self.len() {
                continue;
            }
            let (start, stop) = (run.start.max(self.len()), run.end.min(end));
            if start >= stop {
                break;
            }
            match self.runs.last_mut() {
                Some(last) if last.epoch == run.epoch => last.end = stop,
                _ => self.runs.push(Run { epoch: run.epoch, start, end: stop }),
            }
            if stop == end {
                break;
            }
        }
        (self.epoch, self.start) = (source.epoch, source.start);
        cut
    }

    fn truncate(&mut self, len: u64) {
        self.runs.retain(|run| run.start < len);
        if let Some(last) = self.runs.last_mut() {
            last.end = last.end.min(len);
        }
    }
}
