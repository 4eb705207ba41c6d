//! Outlier ejection: passive health checking by what requests come to.

/// Ejects servers that fail several requests in a row.
///
/// After `consecutive` failures a server is out for `base_us` times the number of its ejections so far; never
/// more than `most_percent` of all servers are out, but one may always be. O(1) a result, O(servers) a return.
/// Source: Envoy, outlier detection (`consecutive_5xx` 5, `base_ejection_time` 30 s, `max_ejection_percent` 10).
///
/// ```
/// use scalelab::algorithms::balance::Outliers;
/// let mut outliers = Outliers::new(4, 5, 30_000_000, 10);
/// assert_eq!([0; 4].map(|_| outliers.result(2, false, 0)), [None; 4]);
/// assert_eq!(outliers.result(2, false, 0), Some(30_000_000)); // the fifth: out until then
/// assert!(outliers.ejected(2));
/// assert_eq!(outliers.returning(30_000_000), Some(2));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outliers {
    consecutive: u32,
    base_us: u64,
    most_percent: u32,
    servers: Vec<Record>,
    out: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Record {
    failures: u32,
    ejections: u32,
    until_us: Option<u64>,
}

impl Outliers {
    /// Nobody out yet.
    #[must_use]
    pub fn new(servers: usize, consecutive: u32, base_us: u64, most_percent: u32) -> Self {
        let records = vec![Record::default(); servers];
        Self { consecutive: consecutive.max(1), base_us, most_percent, servers: records, out: 0 }
    }

    /// Takes what a request to a server came to. If that ejects it: until when, in microseconds.
    pub fn result(&mut self, server: usize, passed: bool, now_us: u64) -> Option<u64> {
        let most = (self.servers.len() * self.most_percent as usize / 100).max(1);
        let record = self.servers.get_mut(server)?;
        if passed {
            record.failures = 0;
            return None;
        }
        record.failures += 1;
        if record.failures < self.consecutive || record.until_us.is_some() || self.out >= most {
            return None;
        }
        record.failures = 0;
        record.ejections += 1;
        let until = now_us.saturating_add(self.base_us.saturating_mul(u64::from(record.ejections)));
        record.until_us = Some(until);
        self.out += 1;
        Some(until)
    }

    /// Whether a server is out.
    #[must_use]
    pub fn ejected(&self, server: usize) -> bool {
        self.servers.get(server).is_some_and(|r| r.until_us.is_some())
    }

    /// Takes back one server whose time is over, if there is one.
    pub fn returning(&mut self, now_us: u64) -> Option<usize> {
        let due = |record: &Record| record.until_us.is_some_and(|until| until <= now_us);
        let server = self.servers.iter().position(due)?;
        self.servers[server].until_us = None;
        self.out -= 1;
        Some(server)
    }
}
