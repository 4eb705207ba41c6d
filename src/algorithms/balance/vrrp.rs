//! Redundant balancers: who holds the virtual address.

/// A group of balancers of which one, the master, holds a virtual address. When its advertisements stay away, the
/// backup of the highest priority takes over.
///
/// A backup waits three advertisement intervals and a skew that is shorter the higher its priority is:
/// 3·t + t·(256 − priority)/256. O(balancers). Source: RFC 9568 (VRRP version 3, 2024;
/// it replaces RFC 5798), section 6.1.
///
/// ```
/// use scalelab::algorithms::balance::Vrrp;
/// let mut pair = Vrrp::new(&[200, 100], 1_000_000);
/// assert_eq!(pair.master(), Some(0));
/// pair.set_up(0, false, 5_000_000);
/// assert_eq!(pair.master(), None); // nobody answers at the address until the backup is sure
/// assert_eq!(pair.due(), Some(5_000_000 + 3_000_000 + 609_375));
/// assert_eq!(pair.advance(8_609_375), Some(1));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vrrp {
    balancers: Vec<Member>,
    interval_us: u64,
    master: Option<usize>,
    takeover: Option<(u64, usize)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Member {
    priority: u8,
    up: bool,
}

impl Vrrp {
    /// Balancers with their priorities (1 to 254), and the time between advertisements in microseconds. The
    /// highest priority is master at once.
    #[must_use]
    pub fn new(priorities: &[u8], interval_us: u64) -> Self {
        let balancers: Vec<Member> = priorities.iter().map(|p| Member { priority: *p, up: true }).collect();
        let mut group = Self { balancers, interval_us, master: None, takeover: None };
        group.master = group.best();
        group
    }

    /// Who holds the address.
    #[must_use]
    pub fn master(&self) -> Option<usize> {
        self.master
    }

    /// Whether a balancer is up.
    #[must_use]
    pub fn up(&self, balancer: usize) -> bool {
        self.balancers.get(balancer).is_some_and(|b| b.up)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.balancers.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.balancers.is_empty()
    }

    /// When the next one takes over, if that is pending.
    #[must_use]
    pub fn due(&self) -> Option<u64> {
        self.takeover.map(|(at, _)| at)
    }

    /// A balancer fails or comes back. One that comes back with a higher priority than the master's takes the
    /// address from it after the same wait (preemption, the default of the RFC).
    pub fn set_up(&mut self, balancer: usize, up: bool, now_us: u64) {
        let Some(member) = self.balancers.get_mut(balancer) else { return };
        member.up = up;
        if self.master.is_some_and(|master| !self.up(master)) {
            self.master = None;
        }
        self.takeover = match self.best() {
            None => None,
            Some(best) if self.master == Some(best) => None,
            Some(best) => {
                let skew = self.interval_us * (256 - u64::from(self.balancers[best].priority)) / 256;
                let at = now_us.saturating_add(3 * self.interval_us + skew);
                // One that was waiting already goes on waiting.
                Some(self.takeover.filter(|(_, who)| *who == best).unwrap_or((at, best)))
            }
        };
    }

    /// Lets time pass: whoever takes over by then.
    pub fn advance(&mut self, now_us: u64) -> Option<usize> {
        let (_, balancer) = self.takeover.filter(|(at, _)| *at <= now_us)?;
        self.takeover = None;
        self.master = Some(balancer);
        Some(balancer)
    }

    fn best(&self) -> Option<usize> {
        let up = self.balancers.iter().enumerate().filter(|(_, b)| b.up);
        // The first of equals: `max_by_key` would give the last.
        up.rev().max_by_key(|(_, b)| b.priority).map(|(i, _)| i)
    }
}
