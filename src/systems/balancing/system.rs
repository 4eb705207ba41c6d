//! One algorithm with everything around it: regions found by DNS, each with a cluster, and what is counted.

use std::sync::Arc;

use super::cluster::{Cluster, Context, Incident, next_check};
use super::error::BalancingError;
use super::server::{Job, Server};
use super::settings::{ServerConfig, Settings, round_trip};
use super::stats::{Failure, Stats};
use super::streams::{Part, region_seed, stream};
use super::traffic::{Arrival, Clients, Traffic};
use crate::algorithms::balance::{Algorithm, Dns, DnsCache, DnsPolicy, Health, HealthChange, Site};
use crate::algorithms::queueing::theory::little;
use crate::sim::{Duration, Random, Time};

/// A region: a cluster somewhere.
#[derive(Clone, Debug)]
pub struct Region {
    /// Its balancers and servers.
    pub cluster: Cluster,
    /// Whether it is there.
    pub alive: bool,
    /// What DNS believes.
    pub known: Health,
    /// Requests that failed since it is down.
    pub failed: u64,
}

/// An algorithm at work.
#[derive(Clone, Debug)]
pub struct System {
    /// The regions, home first.
    pub regions: Vec<Region>,
    /// What is counted.
    pub stats: Stats,
    /// What happened by itself and was not taken yet: when, in which region, what.
    pub incidents: Vec<(Time, usize, Incident)>,
    /// What each client remembers of DNS; empty with one region.
    caches: Arc<Vec<DnsCache>>,
    next_check: Time,
    random: Random,
    seed: u64,
}

impl System {
    /// Idle regions with these servers each.
    ///
    /// # Errors
    /// What the algorithm refuses.
    pub fn new(
        algorithm: Algorithm,
        regions: usize,
        configs: &[ServerConfig],
        settings: &Settings,
        seed: u64,
        now: Time,
    ) -> Result<Self, BalancingError> {
        let mut system = Self {
            regions: Vec::new(),
            stats: Stats::new(),
            incidents: Vec::new(),
            caches: Arc::new(Vec::new()),
            next_check: next_check(now),
            random: stream(seed, Part::Dns),
            seed,
        };
        system.set_regions(algorithm, regions, configs, settings, now)?;
        system.stats.restart(now);
        Ok(system)
    }

    /// Another number of regions; those that go away must be empty or lost first.
    ///
    /// # Errors
    /// What the algorithm refuses.
    pub fn set_regions(
        &mut self,
        algorithm: Algorithm,
        regions: usize,
        configs: &[ServerConfig],
        settings: &Settings,
        now: Time,
    ) -> Result<(), BalancingError> {
        self.regions.truncate(regions);
        while self.regions.len() < regions {
            // Each region has luck of its own.
            let seed = region_seed(self.seed, self.regions.len());
            let cluster = Cluster::new(algorithm, configs, settings, seed, now)?;
            self.regions.push(Region { cluster, alive: true, known: Health::default(), failed: 0 });
        }
        self.caches = Arc::new(Vec::new());
        Ok(())
    }

    /// Its algorithm.
    pub fn algorithm(&self) -> Algorithm {
        self.home().algorithm
    }

    /// The cluster at home, which the pictures show.
    pub fn home(&self) -> &Cluster {
        &self.regions[0].cluster
    }

    /// When something happens next, arrivals aside.
    pub fn next_at(&self) -> Time {
        let clusters = self.regions.iter().filter_map(|r| r.cluster.next_at()).min().unwrap_or(Time::MAX);
        clusters.min(self.next_check)
    }

    /// Works on one cluster, with what is shared.
    pub fn with<T>(
        &mut self,
        region: usize,
        settings: &Settings,
        traffic: &Traffic,
        work: impl FnOnce(&mut Cluster, &mut Context<'_>) -> T,
    ) -> Option<T> {
        let Self { regions, stats, incidents, .. } = self;
        let mut context = Context { stats, settings, traffic, incidents, region };
        regions.get_mut(region).map(|r| work(&mut r.cluster, &mut context))
    }

    /// Lets everything happen that is due by `until`.
    pub fn advance(&mut self, until: Time, settings: &Settings, traffic: &Traffic) {
        if self.regions.len() == 1 && self.next_check > until {
            self.with(0, settings, traffic, |cluster, context| cluster.advance(until, context));
            return;
        }
        loop {
            let first =
                (0..self.regions.len()).filter_map(|i| self.regions[i].cluster.next_at().map(|at| (at, i))).min();
            let (at, region) = first.unwrap_or((Time::MAX, 0));
            if self.next_check <= at.min(until) {
                self.check_regions(self.next_check);
            } else if at <= until {
                self.with(region, settings, traffic, |cluster, context| cluster.step(at, context));
            } else {
                return;
            }
        }
    }

    /// The name server looks at the regions.
    fn check_regions(&mut self, now: Time) {
        for (index, region) in self.regions.iter_mut().enumerate() {
            match region.known.check(region.alive) {
                Some(HealthChange::Down) => self.incidents.push((now, index, Incident::RegionDown(index))),
                Some(HealthChange::Up) => self.incidents.push((now, index, Incident::RegionUp(index))),
                None => {}
            }
        }
        self.next_check = next_check(now);
    }

    /// A request leaves for wherever its client believes the service to be, and reaches a balancer there.
    pub fn offer(&mut self, id: u64, arrival: &Arrival, clients: &Clients, settings: &Settings, traffic: &Traffic) {
        let now = arrival.at;
        let (region, network) = if self.regions.len() == 1 {
            (0, Duration::ZERO)
        } else {
            match self.region_for(arrival.client, clients.len(), now, settings) {
                Some(region) => (region, round_trip(home_of(arrival.client, self.regions.len()), region)),
                None => {
                    self.stats.arrive(now);
                    self.stats.fail(now, Duration::ZERO, Failure::RegionDown);
                    return;
                }
            }
        };
        if !self.regions[region].alive {
            self.stats.arrive(now);
            self.stats.fail(now, Duration::ZERO, Failure::RegionDown);
            self.regions[region].failed += 1;
            self.stats.stale_dns += u64::from(!self.regions[region].known.up());
            return;
        }
        let job = Job {
            id,
            hash: clients.hash(arrival.client),
            arrived: now,
            sent: now,
            client: arrival.client,
            path: arrival.path,
            work: arrival.work,
            network,
            tries: 0,
        };
        self.with(region, settings, traffic, |cluster, context| cluster.offer(job, now, context));
    }

    /// The region that a client believes in; DNS is asked when it remembers none.
    fn region_for(&mut self, client: u32, clients: usize, now: Time, settings: &Settings) -> Option<usize> {
        let count = self.regions.len();
        let caches = Arc::make_mut(&mut self.caches);
        if caches.len() != clients {
            caches.clear();
            caches.resize(clients, DnsCache::default());
        }
        let cache = caches.get_mut(client as usize)?;
        if let Some(region) = cache.region(now.as_micros()).filter(|r| *r < count) {
            return Some(region);
        }
        let site = |(i, region): (usize, &Region)| Site { up: region.known.up(), weight: site_weight(settings.dns, i) };
        let sites: Vec<Site> = self.regions.iter().enumerate().map(site).collect();
        let dns = Dns { policy: settings.dns, ttl_us: settings.ttl.as_micros() };
        let home = home_of(client, count);
        let region = dns.resolve(&sites, |region| round_trip(home, region).as_micros(), &mut self.random)?;
        cache.keep(region, now.as_micros(), settings.ttl.as_micros());
        Some(region)
    }

    /// How many clients believe in each region at a time; those that remember none are left out.
    pub fn believers(&self, now: Time) -> Vec<usize> {
        let mut count = vec![0; self.regions.len()];
        for region in self.caches.iter().filter_map(|c| c.region(now.as_micros())) {
            if let Some(n) = count.get_mut(region) {
                *n += 1;
            }
        }
        count
    }

    /// Who goes where: home, region believed in, and how many clients.
    pub fn flows(&self, now: Time) -> Vec<(usize, usize, usize)> {
        let count = self.regions.len();
        let mut table = vec![0; count * count];
        for (client, cache) in (0_u32..).zip(self.caches.iter()) {
            if let Some(region) = cache.region(now.as_micros()).filter(|r| *r < count) {
                table[home_of(client, count) * count + region] += 1;
            }
        }
        let cells = table.into_iter().enumerate().filter(|(_, n)| *n > 0);
        cells.map(|(i, n)| (i / count, i % count, n)).collect()
    }

    /// Clients forget what DNS said: they are others now. A change of policy waits for the TTL like everything else.
    pub fn forget_dns(&mut self) {
        self.caches = Arc::new(Vec::new());
    }

    /// Counts anew from now on.
    pub fn restart(&mut self, now: Time) {
        self.stats.restart(now);
        for region in &mut self.regions {
            region.cluster.restart(now);
            region.failed = 0;
        }
    }

    /// Servers that get new requests and answer them, in regions that are up.
    pub fn at_work(&self) -> impl Iterator<Item = &Server> {
        let up = self.regions.iter().filter(|r| r.alive && r.cluster.vip.master().is_some()).map(|r| &r.cluster);
        up.flat_map(|c| c.servers.iter().enumerate().filter(|(i, s)| s.alive && c.takes(*i)).map(|(_, s)| s))
    }

    /// How many normal servers those at work are worth, at their present speed.
    pub fn capacity(&self) -> f64 {
        self.at_work().map(|s| 1.0 / s.config.slowness).sum()
    }

    /// Mean share of time that the servers that get requests worked (all, if none does), and the busiest over the
    /// mean.
    pub fn utilization(&self, now: Time) -> (f64, f64) {
        let passed = (now - self.stats.since).as_micros();
        let taking = self.regions.iter().filter(|r| r.alive).map(|r| &r.cluster);
        let taking = taking.flat_map(|c| c.servers.iter().enumerate().filter(|(i, _)| c.takes(*i)).map(|(_, s)| s));
        let mut busy: Vec<f64> = taking.map(|s| s.busy(now).as_micros() as f64).collect();
        if busy.is_empty() {
            let all = self.regions.iter().flat_map(|r| &r.cluster.servers);
            busy = all.map(|s| s.busy(now).as_micros() as f64).collect();
        }
        let mean = busy.iter().sum::<f64>() / busy.len().max(1) as f64;
        if passed == 0 || mean == 0.0 {
            return (0.0, 1.0);
        }
        (mean / passed as f64, busy.iter().copied().fold(0.0, f64::max) / mean)
    }

    /// Both sides of Little's law since counting began: the mean number inside; and the rate at which requests came,
    /// those that were there at first included, times the mean time that each was inside. They are equal whatever
    /// happens. `None` while no time has passed.
    pub fn little(&self, now: Time) -> Option<(f64, f64)> {
        let since = self.stats.since;
        let passed = Some((now - since).as_micros()).filter(|passed| *passed > 0)? as f64;
        let ages = self.regions.iter().map(|r| r.cluster.ages(since, now)).sum();
        let (requests, stayed) = self.stats.stays(ages);
        let mean = stayed as f64 / requests.max(1) as f64;
        Some((self.stats.mean_inside(now), little(requests as f64 / passed, mean)))
    }

    /// Requests that are anywhere.
    pub fn inside(&self) -> usize {
        self.regions.iter().map(|r| r.cluster.inside()).sum()
    }

    /// Bytes that a copy takes.
    pub fn memory_bytes(&self) -> usize {
        let clusters: usize = self.regions.iter().map(|r| r.cluster.memory_bytes()).sum();
        clusters + self.stats.memory_bytes() + self.caches.len() * size_of::<DnsCache>()
    }
}

/// The region that a client lives in.
pub fn home_of(client: u32, regions: usize) -> usize {
    client as usize % regions.max(1)
}

/// Weight of a region under weighted DNS: the first has twice that of each other.
pub fn site_weight(dns: DnsPolicy, region: usize) -> u32 {
    if dns == DnsPolicy::Weighted && region == 0 { 2 } else { 1 }
}
