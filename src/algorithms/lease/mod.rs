//! Leader leases with epochs, and the fencing tokens that make them safe.
//!
//! A lease says who leads until when. It is not enough: a leader that slept through the end of its lease still
//! believes. The epoch of its lease, sent along with every write, lets the store refuse it.
//!
//! Sources: Gray and Cheriton, "Leases", 1989; Burrows, "The Chubby lock service", 2006 (sequencers); Kleppmann,
//! "How to do distributed locking", 2016 (fencing tokens).

/// Who leads, in which epoch, until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The leader.
    pub holder: u32,
    /// Grows by one with each new leader: this is the fencing token.
    pub epoch: u64,
    /// When the lease ends unless it is renewed, in microseconds of the grantor's clock.
    pub ends_us: u64,
}

/// Grants one lease at a time.
///
/// ```
/// use scalelab::algorithms::lease::Grantor;
/// let mut grantor = Grantor::new(10);
/// assert_eq!(grantor.ask(0, 100).map(|lease| lease.epoch), Ok(1));
/// assert!(grantor.ask(1, 105).is_err()); // still held
/// assert_eq!(grantor.ask(0, 105).map(|lease| (lease.epoch, lease.ends_us)), Ok((1, 115))); // renewed
/// assert_eq!(grantor.ask(1, 115).map(|lease| lease.epoch), Ok(2)); // ran out: a new epoch
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grantor {
    term_us: u64,
    lease: Option<Lease>,
    epochs: u64,
}

impl Grantor {
    /// Grants leases of this length, in microseconds.
    #[must_use]
    pub fn new(term_us: u64) -> Self {
        Self { term_us, lease: None, epochs: 0 }
    }

    /// Asks for the lease: the holder renews it, another one gets it once it has run out.
    ///
    /// # Errors
    /// The lease that someone else holds still.
    pub fn ask(&mut self, who: u32, now_us: u64) -> Result<Lease, Lease> {
        match self.held(now_us) {
            Some(lease) if lease.holder != who => return Err(lease),
            Some(_) => {}
            None => self.epochs += 1,
        }
        let lease = Lease { holder: who, epoch: self.epochs, ends_us: now_us.saturating_add(self.term_us) };
        self.lease = Some(lease);
        Ok(lease)
    }

    /// The lease that is held now.
    ///
    /// ```
    /// let grantor = scalelab::algorithms::lease::Grantor::new(10);
    /// assert_eq!(grantor.held(0), None);
    /// ```
    pub fn held(&self, now_us: u64) -> Option<Lease> {
        self.lease.filter(|lease| now_us < lease.ends_us)
    }

    /// How many leaders there have been.
    ///
    /// ```
    /// assert_eq!(scalelab::algorithms::lease::Grantor::new(10).epochs(), 0);
    /// ```
    pub fn epochs(&self) -> u64 {
        self.epochs
    }
}

/// What stands before a store: it knows the highest token seen and refuses lower ones.
///
/// ```
/// use scalelab::algorithms::lease::Fence;
/// let mut fence = Fence::default();
/// assert!(fence.admit(33) && fence.admit(34));
/// assert!(!fence.admit(33)); // a leader of the past
/// assert_eq!(fence.highest(), 34);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fence {
    highest: u64,
}

impl Fence {
    /// Whether a write with this token may pass; a higher token shuts out all lower ones from now on.
    pub fn admit(&mut self, token: u64) -> bool {
        let admitted = token >= self.highest;
        self.highest = self.highest.max(token);
        admitted
    }

    /// The highest token seen.
    ///
    /// ```
    /// assert_eq!(scalelab::algorithms::lease::Fence::default().highest(), 0);
    /// ```
    pub fn highest(&self) -> u64 {
        self.highest
    }
}
