//! Global balancing by DNS: which region a name leads to, and how long clients believe it.

use clap::ValueEnum;
use rand::Rng;

use super::Ready;

/// How an authoritative server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum DnsPolicy {
    /// The nearest that is up
    Nearest,
    /// By chance, the first region twice as often as each other
    Weighted,
    /// The first in the list that is up
    Failover,
}

impl DnsPolicy {
    /// Its name, as one types it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// A region, as the name server knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    /// Whether the name server believes that it is up.
    pub up: bool,
    /// Its share under [`DnsPolicy::Weighted`].
    pub weight: u32,
}

/// A name server with health checks. O(regions) an answer. Source: the routing policies of Amazon Route 53.
///
/// ```
/// use rand::SeedableRng;
/// use scalelab::algorithms::balance::{Dns, DnsPolicy, Site};
/// let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(7);
/// let dns = Dns { policy: DnsPolicy::Nearest, ttl_us: 30_000_000 };
/// let mut sites = [Site { up: true, weight: 1 }; 2];
/// let distance = [80, 10]; // of this client, in milliseconds
/// assert_eq!(dns.resolve(&sites, |region| distance[region], &mut rng), Some(1));
/// sites[1].up = false;
/// assert_eq!(dns.resolve(&sites, |region| distance[region], &mut rng), Some(0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dns {
    /// How it answers.
    pub policy: DnsPolicy,
    /// How long an answer may be kept, in microseconds.
    pub ttl_us: u64,
}

impl Dns {
    /// The region for a client, given how far each is from it. `None` when none is up.
    pub fn resolve<R: Rng + ?Sized>(
        &self,
        sites: &[Site],
        distance: impl Fn(usize) -> u64,
        rng: &mut R,
    ) -> Option<usize> {
        let up = || (0..sites.len()).filter(|i| sites[*i].up);
        match self.policy {
            DnsPolicy::Nearest => up().min_by_key(|region| distance(*region)),
            DnsPolicy::Failover => up().next(),
            DnsPolicy::Weighted => {
                let weights: Vec<u32> = sites.iter().map(|s| if s.up { s.weight } else { 0 }).collect();
                Ready::new(&weights).draw(rng)
            }
        }
    }
}

/// What one client remembers of the last answer.
///
/// ```
/// use scalelab::algorithms::balance::DnsCache;
/// let mut cache = DnsCache::default();
/// cache.keep(2, 100, 30);
/// assert_eq!((cache.region(129), cache.region(130)), (Some(2), None));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DnsCache {
    region: u32,
    until_us: u64,
}

impl DnsCache {
    /// The region, while the answer may be believed.
    #[must_use]
    pub fn region(&self, now_us: u64) -> Option<usize> {
        (now_us < self.until_us).then_some(self.region as usize)
    }

    /// Keeps an answer for its time to live, in microseconds.
    pub fn keep(&mut self, region: usize, now_us: u64, ttl_us: u64) {
        *self = Self { region: region as u32, until_us: now_us.saturating_add(ttl_us) };
    }
}
