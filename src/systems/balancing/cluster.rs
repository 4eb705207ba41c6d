//! One balancer with its servers: a discrete-event simulation.
//!
//! ```text
//! offer → (TLS) → route → pick → [queue → server] → answered
//!                   ↑ retry within the budget ←── refused, full, lost
//! ```

mod parts;
mod upkeep;
mod work;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::error::BalancingError;
use super::server::{Job, Server};
use super::settings::{MAX_CLIENTS, ServerConfig, Settings};
use super::stats::Failure;
use super::streams::{Part, stream};
use crate::algorithms::balance::{
    Algorithm, Balancer, Health, HealthChange, Layer, Outliers, RetryBudget, Sessions, Vrrp,
};
use crate::sim::{Duration, EventQueue, Random, Time};
use parts::{Connection, Due};
pub use parts::{Context, Decision, Incident, Pool, Reason, Seen};

/// Time between steps of a slow start.
const RAMP: Duration = Duration::from_millis(250);
/// How long a finished request stays to be seen.
pub const SEEN_FOR: Duration = Duration::from_millis(30);
/// Most finished requests that stay to be seen.
const SEEN: usize = 48;
/// Time for which an outlier is ejected at first.
const EJECTION: Duration = Duration::from_secs(10);
/// Most of all servers that may be ejected, in percent.
const EJECTED_PERCENT: u32 = 34;
/// Number of the queue at the balancer, where a server's number is wanted.
const CENTRAL: u32 = u32::MAX;
/// How often another server is looked for when a request is tried again.
const OTHER_PICKS: usize = 4;

/// A balancer and its servers.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// How servers are chosen.
    pub algorithm: Algorithm,
    /// The servers.
    pub servers: Vec<Server>,
    /// The pools, the default one first.
    pub pools: Vec<Pool>,
    /// Who holds the address.
    pub vip: Vrrp,
    /// Who sticks where.
    pub sessions: Sessions,
    /// Sticky clients that lost their server.
    pub sessions_lost: u64,
    /// Requests that wait at the balancer.
    pub central: VecDeque<Job>,
    /// The last decision.
    pub last: Option<Decision>,
    /// Requests that left a moment ago.
    pub seen: VecDeque<Seen>,
    outliers: Outliers,
    budget: RetryBudget,
    connections: BTreeMap<u32, Connection>,
    idle: BTreeSet<u32>,
    central_timer: bool,
    events: EventQueue<Due>,
    random: Random,
    seed: u64,
}

impl Cluster {
    /// A cluster of idle servers at time `now`; `seed` is that of its hashes and its luck.
    ///
    /// # Errors
    /// What the algorithm refuses.
    pub fn new(
        algorithm: Algorithm,
        configs: &[ServerConfig],
        settings: &Settings,
        seed: u64,
        now: Time,
    ) -> Result<Self, BalancingError> {
        let health = Health::new(settings.rise, settings.fall);
        let digits = digits(configs.len());
        let servers = configs.iter().map(|c| Server::new(c.clone(), health.clone(), digits)).collect();
        let mut cluster = Self {
            algorithm,
            servers,
            pools: Vec::new(),
            vip: Vrrp::new(&[200, 100][..settings.balancers.clamp(1, 2)], 1_000_000),
            sessions: Sessions::new(MAX_CLIENTS, settings.session.as_micros()),
            sessions_lost: 0,
            central: VecDeque::new(),
            last: None,
            seen: VecDeque::new(),
            outliers: outliers(configs.len()),
            budget: RetryBudget::new(20, 10),
            connections: BTreeMap::new(),
            idle: BTreeSet::new(),
            central_timer: false,
            events: EventQueue::default(),
            random: stream(seed, Part::Cluster),
            seed,
        };
        cluster.rebuild(algorithm, now, settings)?;
        // Checks come at whole intervals, so that they do not depend on when the cluster was made.
        cluster.events.push(next_check(now), Due::Checks);
        Ok(cluster)
    }

    /// Builds the balancers anew, for other weights, pools or another algorithm; requests stay where they are.
    ///
    /// # Errors
    /// What the algorithm refuses.
    pub fn rebuild(&mut self, algorithm: Algorithm, now: Time, settings: &Settings) -> Result<(), BalancingError> {
        let mut names: Vec<String> = vec![super::settings::DEFAULT_POOL.to_owned()];
        for server in &mut self.servers {
            let known = names.iter().position(|n| *n == server.config.pool);
            server.pool = known.unwrap_or_else(|| {
                names.push(server.config.pool.clone());
                names.len() - 1
            });
        }
        let mut pools = Vec::with_capacity(names.len());
        for (pool, name) in names.into_iter().enumerate() {
            let weights: Vec<u32> =
                self.servers.iter().map(|s| if s.pool == pool { s.config.weight } else { 0 }).collect();
            let mut balancer = Balancer::new(algorithm, &weights, self.seed)
                .map_err(|reason| BalancingError::Refused { algorithm, reason })?;
            for (i, server) in self.servers.iter().enumerate().filter(|(_, s)| s.pool == pool) {
                (0..server.active()).for_each(|_| balancer.sent(i));
            }
            pools.push(Pool { name, balancer });
        }
        (self.pools, self.algorithm) = (pools, algorithm);
        self.idle = (0..).zip(&self.servers).filter(|(_, s)| s.running.is_none() && s.alive).map(|(i, _)| i).collect();
        (0..self.servers.len()).for_each(|server| self.refresh(server, now, settings));
        Ok(())
    }

    /// When something happens next.
    pub fn next_at(&self) -> Option<Time> {
        self.events.next_at()
    }

    /// Lets one event happen that is due by `until`; `false` if there is none.
    pub fn step(&mut self, until: Time, context: &mut Context<'_>) -> bool {
        let Some((now, due)) = self.events.pop_due(until) else { return false };
        match due {
            Due::Done(server) => self.done(server as usize, now, context),
            Due::Expire(CENTRAL) => self.expire_central(now, context),
            Due::Expire(server) => self.expire(server as usize, now, context),
            Due::Admit(job) => self.route(*job, now, context),
            Due::Checks => self.check(now, context),
            Due::Return => self.take_back(now, context),
            Due::Takeover => self.take_over(now, context),
            Due::Ramp => self.ramp(now, context.settings),
        }
        true
    }

    /// Lets everything happen that is due by `until`.
    pub fn advance(&mut self, until: Time, context: &mut Context<'_>) {
        while self.step(until, context) {}
    }

    /// A request reaches the balancer.
    pub fn offer(&mut self, job: Job, now: Time, context: &mut Context<'_>) {
        context.stats.arrive(now);
        if self.vip.master().is_none() {
            self.give_up(&job, None, Failure::BalancerDown, now, context);
            return;
        }
        let first = context.settings.keepalive == 1 || !self.connections.contains_key(&job.client);
        match context.settings.tls(first) {
            Duration::ZERO => self.route(job, now, context),
            tls => {
                if first && context.settings.keepalive > 1 {
                    // At layer 7 the connection ends at the balancer and leads to no server in particular.
                    let left = context.settings.keepalive;
                    self.connections.insert(job.client, Connection { server: CENTRAL, left });
                }
                self.events.push(now + tls, Due::Admit(Box::new(job)));
            }
        }
        if context.settings.layer == Layer::Seven {
            self.use_connection(job.client);
        }
    }

    fn use_connection(&mut self, client: u32) {
        if let Some(connection) = self.connections.get_mut(&client) {
            connection.left = connection.left.saturating_sub(1);
            if connection.left == 0 {
                self.connections.remove(&client);
            }
        }
    }

    /// The request is read: find its pool and a server there.
    fn route(&mut self, job: Job, now: Time, context: &mut Context<'_>) {
        self.budget.deposit();
        match self.pool_of(&job, context) {
            Some(pool) => self.send(job, pool, None, now, context),
            None => self.give_up(&job, None, Failure::NoServer, now, context),
        }
    }

    fn pool_of(&self, job: &Job, context: &Context<'_>) -> Option<usize> {
        let settings = context.settings;
        if settings.layer == Layer::Four || !settings.has_rules() {
            return Some(0);
        }
        let by_header = settings.headers.get(device_of(job.client));
        let name = by_header.map(String::as_str).or_else(|| settings.routes.pool(context.traffic.path(job.path)));
        name.map_or(Some(0), |name| self.pools.iter().position(|p| p.name == name))
    }

    /// Finds a server in a pool; not the one to avoid, if another can be found.
    fn send(&mut self, job: Job, pool: usize, avoid: Option<usize>, now: Time, context: &mut Context<'_>) {
        match self.target(&job, pool, avoid, now, context.settings) {
            Some((server, reason)) => self.hand_over(job, server, reason, now, context),
            None if self.algorithm == Algorithm::OneQueue && !self.pools[pool].balancer.ready().list().is_empty() => {
                self.wait_at_balancer(job, now, context);
            }
            None => self.give_up(&job, None, Failure::NoServer, now, context),
        }
    }

    fn target(
        &mut self,
        job: &Job,
        pool: usize,
        avoid: Option<usize>,
        now: Time,
        settings: &Settings,
    ) -> Option<(usize, Reason)> {
        let kept = settings.layer == Layer::Four && settings.keepalive > 1;
        if kept && let Some(connection) = self.connections.get(&job.client).copied() {
            self.use_connection(job.client);
            return Some((connection.server as usize, Reason::Connection));
        }
        if settings.sticky
            && let Some(server) = self.session(job.client, pool, now)
            && avoid != Some(server)
        {
            return Some((server, Reason::Sticky));
        }
        let balancer = &mut self.pools.get_mut(pool)?.balancer;
        let (server, reason) = if self.algorithm == Algorithm::OneQueue {
            let free = self.idle.iter().map(|i| *i as usize).find(|i| balancer.takes(*i) && avoid != Some(*i))?;
            (free, Reason::Free)
        } else {
            let mut choice = balancer.pick(job.hash, now.as_micros(), &mut self.random)?;
            for _ in 0..OTHER_PICKS {
                if avoid != Some(choice.server) {
                    break;
                }
                choice = balancer.pick(job.hash, now.as_micros(), &mut self.random)?;
            }
            (choice.server, Reason::Rule(choice.why))
        };
        if settings.sticky {
            self.sessions.stick(job.client, server as u32, now.as_micros());
        }
        if kept {
            let connection = Connection { server: server as u32, left: settings.keepalive - 1 };
            self.connections.insert(job.client, connection);
        }
        Some((server, reason))
    }

    /// The server that a client sticks to. One that drains or has no weight keeps its clients to the end of their
    /// sessions, and one that is out loses them: so do HAProxy (`drain`) and NGINX Plus.
    fn session(&mut self, client: u32, pool: usize, now: Time) -> Option<usize> {
        self.sessions.end(now.as_micros());
        let server = self.sessions.server(client)? as usize;
        let fits = |s: &Server| s.pool == pool && s.health.up();
        (self.servers.get(server).is_some_and(fits) && !self.outliers.ejected(server)).then_some(server)
    }

    fn hand_over(&mut self, mut job: Job, index: usize, reason: Reason, now: Time, context: &mut Context<'_>) {
        job.sent = now;
        self.last = Some(Decision {
            at: now,
            id: job.id,
            client: job.client,
            path: job.path,
            server: Some(index),
            reason: Some(reason),
            failure: None,
            tries: job.tries,
        });
        let server = &mut self.servers[index];
        self.pools[server.pool].balancer.sent(index);
        server.stats.sent += 1;
        if !server.alive {
            self.refused(job, index, Failure::ServerDown, now, context);
        } else if server.running.is_none() {
            self.start(job, index, now);
        } else if server.queue.len() >= context.settings.queue_limit {
            self.refused(job, index, Failure::QueueFull, now, context);
        } else {
            server.queue.push_back(job);
            let length = server.queue.len();
            server.stats.queue_max = server.stats.queue_max.max(length);
            context.stats.queue(now, length);
            if !server.timer {
                server.timer = true;
                self.events.push(now + context.settings.patience, Due::Expire(index as u32));
            }
        }
    }

    /// A request that a server held is there no more, unanswered.
    fn release(&mut self, index: usize, now: Time) {
        let pool = self.servers[index].pool;
        self.pools[pool].balancer.done(index, now.as_micros(), None);
    }

    /// A server did not take a request, or lost it: try another one, or give up.
    fn refused(&mut self, mut job: Job, index: usize, failure: Failure, now: Time, context: &mut Context<'_>) {
        self.release(index, now);
        if failure == Failure::ServerDown {
            self.blame(index, now, context);
        }
        let may = context.settings.layer == Layer::Seven && u32::from(job.tries) < context.settings.retries;
        if may && self.vip.master().is_some() {
            if self.budget.withdraw(now.as_micros()) {
                context.stats.retry();
                job.tries += 1;
                let pool = self.servers[index].pool;
                self.send(job, pool, Some(index), now, context);
                return;
            }
            context.stats.retries_denied += 1;
        }
        self.give_up(&job, Some(index), failure, now, context);
    }

    fn blame(&mut self, index: usize, now: Time, context: &mut Context<'_>) {
        if !context.settings.outliers {
            return;
        }
        if let Some(until) = self.outliers.result(index, false, now.as_micros()).map(Time::from_micros) {
            self.events.push(until, Due::Return);
            context.incidents.push((now, context.region, Incident::Ejected(index, until)));
            self.refresh(index, now, context.settings);
        }
    }

    fn give_up(&mut self, job: &Job, at: Option<usize>, failure: Failure, now: Time, context: &mut Context<'_>) {
        context.stats.fail(now, now - job.arrived, failure);
        if let Some(index) = at {
            self.servers[index].stats.failed += 1;
        }
        self.show(Seen { at: now, client: job.client, server: at, answered: false });
        if failure != Failure::Timeout {
            let reason = self.last.filter(|l| l.id == job.id && at.is_some()).and_then(|l| l.reason);
            self.last = Some(Decision {
                at: now,
                id: job.id,
                client: job.client,
                path: job.path,
                server: at,
                reason,
                failure: Some(failure),
                tries: job.tries,
            });
        }
    }

    fn show(&mut self, seen: Seen) {
        while self.seen.front().is_some_and(|s| self.seen.len() >= SEEN || s.at + SEEN_FOR < seen.at) {
            self.seen.pop_front();
        }
        self.seen.push_back(seen);
    }

    /// The balancer learns how much of its weight a server gets now.
    pub fn refresh(&mut self, index: usize, now: Time, settings: &Settings) {
        let share = self.share(index, now, settings);
        self.pools[self.servers[index].pool].balancer.set_share(index, share);
    }

    /// The part of its weight that a server gets, in percent.
    pub fn share(&self, index: usize, now: Time, settings: &Settings) -> u32 {
        self.servers[index].share(now, self.outliers.ejected(index), settings.slow_start)
    }

    /// Whether a server is ejected.
    pub fn ejected(&self, index: usize) -> bool {
        self.outliers.ejected(index)
    }

    /// Whether a server gets new requests.
    pub fn takes(&self, index: usize) -> bool {
        self.servers.get(index).is_some_and(|s| self.pools[s.pool].balancer.takes(index))
    }

    /// Clients that have a connection, with the server that it leads to.
    pub fn connections_to(&self, index: usize) -> usize {
        self.connections.values().filter(|c| c.server as usize == index).count()
    }

    /// Requests that are anywhere in the cluster.
    fn jobs(&self) -> impl Iterator<Item = &Job> {
        let held = self.servers.iter().flat_map(|s| s.running.iter().map(|r| &r.job).chain(&s.queue));
        let read =
            self.events.iter().filter_map(|(_, due)| if let Due::Admit(job) = due { Some(&**job) } else { None });
        held.chain(&self.central).chain(read)
    }

    /// How many they are.
    pub fn inside(&self) -> usize {
        self.jobs().count()
    }

    /// Sum of the times in microseconds, from `since` on, that the requests inside now have been there.
    pub fn ages(&self, since: Time, now: Time) -> u128 {
        self.jobs().map(|job| u128::from((now - job.arrived.max(since)).as_micros())).sum()
    }

    /// Bytes that a copy takes.
    pub fn memory_bytes(&self) -> usize {
        let jobs = self.central.len() + self.servers.iter().map(|s| s.queue.capacity()).sum::<usize>();
        let times: usize = self.servers.iter().map(|s| s.stats.times.memory_bytes() + 256).sum();
        let pools: usize = self.pools.iter().map(|p| p.balancer.ready().list().len() * 96).sum();
        jobs * size_of::<Job>()
            + times
            + pools
            + self.sessions.len() * 48
            + self.connections.len() * 24
            + self.events.len() * 48
    }
}

/// The first moment after `now` at which health checks come.
pub(super) fn next_check(now: Time) -> Time {
    Time::from_micros((now.as_micros() / Health::INTERVAL_US + 1).saturating_mul(Health::INTERVAL_US))
}

/// Whom nobody has blamed yet.
fn outliers(servers: usize) -> Outliers {
    Outliers::new(servers, 5, EJECTION.as_micros(), EJECTED_PERCENT)
}

/// How fine the times of each of so many servers are kept.
pub fn digits(servers: usize) -> u8 {
    if servers <= 32 { 2 } else { 1 }
}

/// What stands in the X-Device header of a client: every third one is a telephone.
pub fn device_of(client: u32) -> &'static str {
    if client.is_multiple_of(3) { "mobile" } else { "desktop" }
}
