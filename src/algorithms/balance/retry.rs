//! Retries within a budget.

/// A budget for retries, so that they never become a storm: each request puts in a share of a retry, each retry
/// takes out a whole one, and a few a second are always free.
///
/// The balance is kept for at most `ttl_us` worth of deposits at the reserve rate and is bounded by `most`.
/// O(1). Source: Finagle, `RetryBudget` (20 % of requests, and 10 a second; here a token bucket in place of its
/// leaky one).
///
/// ```
/// use scalelab::algorithms::balance::RetryBudget;
/// let mut budget = RetryBudget::new(20, 0);
/// assert!(!budget.withdraw(0));
/// (0..5).for_each(|_| budget.deposit());
/// assert!(budget.withdraw(0)); // five requests paid for one retry
/// assert!(!budget.withdraw(0));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryBudget {
    percent: u32,
    reserve: u32,
    /// Hundredths of a retry.
    tokens: u64,
    /// Hundredths of a retry of the reserve.
    spare: u64,
    last_us: u64,
}

/// Most retries that can be saved up.
const MOST: u64 = 100;

impl RetryBudget {
    /// A budget of `percent` of all requests, and `reserve` free retries a second.
    #[must_use]
    pub fn new(percent: u32, reserve: u32) -> Self {
        Self { percent, reserve, tokens: 0, spare: u64::from(reserve) * 100, last_us: 0 }
    }

    /// A request came in.
    pub fn deposit(&mut self) {
        self.tokens = (self.tokens + u64::from(self.percent)).min(MOST * 100);
    }

    /// Whether a retry may be made now; if so it is paid for.
    pub fn withdraw(&mut self, now_us: u64) -> bool {
        // In whole hundredths; what is left of the time counts next time.
        let per_hundredth = if self.reserve == 0 { u64::MAX } else { 10_000 / u64::from(self.reserve).min(10_000) };
        let earned = now_us.saturating_sub(self.last_us) / per_hundredth;
        if earned > 0 {
            self.last_us = self.last_us.saturating_add(earned.saturating_mul(per_hundredth));
            self.spare = self.spare.saturating_add(earned).min(u64::from(self.reserve) * 100);
        }
        let purse = if self.tokens >= 100 { &mut self.tokens } else { &mut self.spare };
        let enough = *purse >= 100;
        *purse -= if enough { 100 } else { 0 };
        enough
    }
}
