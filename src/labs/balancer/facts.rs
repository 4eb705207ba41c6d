//! The load balancer lab's figures, observed beside theory.

use std::collections::BTreeMap;

use serde::Serialize;
use strum::VariantArray as _;

use super::model::BalancerModel;
use super::names::{REGIONS, server_name};
use super::theory::{self, Expected};
use super::words;
use crate::algorithms::balance::Layer;
use crate::sim::Time;
use crate::sim::statistics::Quantiles;
use crate::systems::balancing::{Failure, Mark, Stats, System};

/// Most servers that have facts of their own.
const MOST_SERVERS: usize = 100;

/// What `run --json` prints, checks read and the figures panel shows. Counted since the last change, unless the
/// name says `total`.
#[derive(Clone, Debug, Serialize)]
pub struct BalancerFacts {
    /// How servers are chosen.
    pub algorithm: &'static str,
    /// Requests a second that should arrive on average.
    pub rate: f64,
    /// Requests a second that did.
    pub observed_rate: f64,
    /// Simulated seconds since counting began.
    pub since_s: f64,
    /// Requests that reached a balancer.
    pub requests: u64,
    /// Requests answered.
    pub served: u64,
    /// Requests failed.
    pub failed: u64,
    /// Failed over all that were answered or failed.
    pub failed_share: f64,
    /// Failed, by what they failed of.
    pub failed_of: BTreeMap<&'static str, u64>,
    /// Second tries.
    pub retried: u64,
    /// Second tries that the budget forbade.
    pub retries_denied: u64,
    /// Mean share of time that a server worked, of those that get requests.
    pub utilization: f64,
    /// What is expected of the servers that get requests, at their present speed; null when no formula says it.
    pub theory_utilization: Option<f64>,
    /// Why there is none; empty when there is one.
    pub theory_utilization_missing: &'static str,
    /// Work that arrives over what the servers that get requests can do; null when none does.
    pub load: Option<f64>,
    /// Mean time of a request at the balancer, or at its client when there are several regions; null when none
    /// was answered.
    pub mean_ms: Option<f64>,
    /// What the formula expects; null when there is none.
    pub theory_mean_ms: Option<f64>,
    /// Name of the formula, or why there is none.
    pub theory: &'static str,
    /// How far off the mean may well be in so short a time (one standard deviation, about), as a share of it.
    pub theory_spread: Option<f64>,
    /// What one queue for all servers would make of it, by Erlang C: the best there is. Null when Erlang's
    /// conditions do not hold.
    pub theory_one_queue_ms: Option<f64>,
    /// The probability of waiting then.
    pub theory_wait_probability: Option<f64>,
    /// Half of the answered requests took no longer.
    pub p50_ms: Option<f64>,
    /// 95 % of the answered took no longer.
    pub p95_ms: Option<f64>,
    /// 99 % of the answered took no longer. Requests that failed are not among them.
    pub p99_ms: Option<f64>,
    /// Busiest server over the mean, by time worked, of those that get requests.
    pub imbalance: f64,
    /// Longest queue at one server.
    pub queue_max: usize,
    /// Requests inside now.
    pub inside: u64,
    /// Mean number of requests inside.
    pub mean_inside: f64,
    /// Little's law: the rate at which requests came times the mean time that they were inside, of all that were
    /// there since counting began, failed ones and those of before included.
    pub theory_mean_inside: Option<f64>,
    /// Servers in each region.
    pub servers: usize,
    /// Servers at home that answer.
    pub servers_up: usize,
    /// Servers at home that get new requests.
    pub servers_taking: usize,
    /// Clients that there are.
    pub clients: usize,
    /// 4 or 7.
    pub layer: u8,
    /// Whether clients stick to their servers.
    pub sticky: bool,
    /// Clients that stick to a server at home.
    pub sessions: usize,
    /// Seconds after which a session ends.
    pub session_life_s: f64,
    /// Sticky clients that lost their server.
    pub sessions_lost: u64,
    /// Requests on each connection.
    pub keepalive: u32,
    /// Most second tries of a request.
    pub retries: u32,
    /// Whether outliers are ejected.
    pub outliers: bool,
    /// Seconds of slow start.
    pub slow_start_s: f64,
    /// Seconds that pass after a command that changes something.
    pub unfold_s: f64,
    /// Rules of layer 7.
    pub rules: BTreeMap<String, String>,
    /// Balancers at home.
    pub balancers: usize,
    /// Which of them holds the address; null while none does.
    pub balancer_active: Option<usize>,
    /// Regions.
    pub regions: usize,
    /// How DNS chooses.
    pub dns: &'static str,
    /// Seconds that clients keep an answer.
    pub ttl_s: f64,
    /// Requests that went to a dead region although DNS knew better.
    pub stale_dns: u64,
    /// Requests of the trace that were sent; null without one.
    pub trace_sent: Option<usize>,
    /// Requests of the trace.
    pub trace_requests: Option<usize>,
    /// How the trace's entries are written, the commonest way; null without one.
    pub trace_format: Option<String>,
    /// Lines of the trace that are no log entries.
    pub trace_malformed: Option<usize>,
    /// Entries of the trace that were out of order.
    pub trace_out_of_order: Option<usize>,
    /// Requests answered since the start.
    pub total_served: u64,
    /// Requests failed since the start.
    pub total_failed: u64,
    /// 99 % of all since the start took no longer.
    pub total_p99_ms: Option<f64>,
    /// Client that the followed request came from.
    pub last_client: Option<String>,
    /// Server that it went to.
    pub last_server: Option<String>,
    /// Every server at home by name (the first 100).
    pub server: BTreeMap<String, ServerFacts>,
    /// Every region by name.
    pub region: BTreeMap<&'static str, RegionFacts>,
    /// Every algorithm that sees these requests.
    pub algorithms: BTreeMap<&'static str, AlgorithmFacts>,
}

/// One server at home.
#[derive(Clone, Debug, Serialize)]
pub struct ServerFacts {
    /// Its weight.
    pub weight: u32,
    /// Quantiles as slow as a normal one.
    pub slowness: f64,
    /// Whether it answers.
    pub up: bool,
    /// Whether the balancer sends it new requests.
    pub takes: bool,
    /// The part of its weight that it gets while it starts slowly, 0 to 1; null when it does not.
    pub slow_start: Option<f64>,
    /// Whether it drains.
    pub draining: bool,
    /// Whether it has drained: nothing is left there.
    pub drained: bool,
    /// Clients that stick to it.
    pub sessions: usize,
    /// What happened since it failed, whatever was counted anew; null while it is up.
    pub since_failure: Option<SinceFailure>,
    /// Whether it is ejected.
    pub ejected: bool,
    /// Requests that it holds.
    pub active: usize,
    /// Requests that wait there.
    pub queue: usize,
    /// Longest queue.
    pub queue_max: usize,
    /// Requests sent to it.
    pub sent: u64,
    /// Its share of all that were sent.
    pub share: f64,
    /// Requests that it answered.
    pub served: u64,
    /// Requests that failed there.
    pub failed: u64,
    /// Share of time that it worked.
    pub utilization: f64,
    /// Mean time of its requests.
    pub mean_ms: Option<f64>,
    /// Median.
    pub p50_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
}

/// What happened to all requests since a server failed.
#[derive(Clone, Debug, Serialize)]
pub struct SinceFailure {
    /// Simulated seconds.
    pub s: f64,
    /// Requests that reached a balancer.
    pub requests: u64,
    /// Requests failed.
    pub failed: u64,
    /// 99 % of the answered took no longer.
    pub p99_ms: Option<f64>,
}

impl SinceFailure {
    fn of(stats: &Stats, mark: &Mark, now: Time) -> Self {
        let whole = &stats.whole;
        Self {
            s: (now - mark.at).as_secs_f64(),
            requests: whole.arrived - mark.arrived,
            failed: whole.failed - mark.failed,
            p99_ms: whole.times.since(&mark.times).quantile_ms(0.99),
        }
    }
}

/// One region.
#[derive(Clone, Debug, Serialize)]
pub struct RegionFacts {
    /// Whether it is there.
    pub up: bool,
    /// Whether DNS names it.
    pub in_dns: bool,
    /// Requests sent to its servers.
    pub sent: u64,
    /// Requests that failed since it was down.
    pub failed: u64,
    /// Servers there that get new requests.
    pub servers_taking: usize,
    /// Clients that believe in it.
    pub believers: usize,
}

/// One algorithm.
#[derive(Clone, Debug, Serialize)]
pub struct AlgorithmFacts {
    /// Requests answered.
    pub served: u64,
    /// Requests failed.
    pub failed: u64,
    /// Second tries.
    pub retried: u64,
    /// Mean share of time that a server worked.
    pub utilization: f64,
    /// Mean time.
    pub mean_ms: Option<f64>,
    /// What the formula expects.
    pub theory_mean_ms: Option<f64>,
    /// Name of the formula, or why there is none.
    pub theory: &'static str,
    /// How far off the mean may well be in so short a time, as a share of it.
    pub theory_spread: Option<f64>,
    /// Median.
    pub p50_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// Busiest server over the mean.
    pub imbalance: f64,
    /// Longest queue.
    pub queue_max: usize,
    /// What a choice costs.
    pub cost: &'static str,
}

/// Formula and figure, or the reason for none.
pub fn told(expected: Result<Expected, &'static str>) -> (Option<f64>, &'static str) {
    expected.map_or_else(|reason| (None, reason), |e| (Some(e.mean_ms), e.formula))
}

impl AlgorithmFacts {
    /// The figures of one algorithm.
    pub fn of(model: &BalancerModel, system: &System) -> Self {
        let (stats, times) = (&system.stats, &system.stats.times);
        let expected = theory::expected(model, system);
        let theory_spread = expected.ok().and_then(|e| e.spread);
        let (theory_mean_ms, theory) = told(expected);
        let (utilization, imbalance) = system.utilization(model.now);
        Self {
            served: stats.served,
            failed: stats.failed_total(),
            retried: stats.retried,
            utilization,
            mean_ms: times.mean_ms(),
            theory_mean_ms,
            theory,
            theory_spread,
            p50_ms: times.quantile_ms(0.5),
            p95_ms: times.quantile_ms(0.95),
            p99_ms: times.quantile_ms(0.99),
            imbalance,
            queue_max: stats.queue_max,
            cost: system.algorithm().cost(),
        }
    }
}

impl BalancerFacts {
    /// The figures of a state.
    pub fn of(model: &BalancerModel) -> Self {
        let (system, settings, traffic) = (model.main(), &model.settings, &model.traffic);
        let (stats, cluster, now) = (&system.stats, system.home(), model.now);
        let main = AlgorithmFacts::of(model, system);
        let since_s = (now - stats.since).as_secs_f64();
        let (busy, busy_missing) = match theory::utilization(model, system) {
            Ok(share) => (Some(share), ""),
            Err(reason) => (None, reason),
        };
        let one_queue = theory::one_queue(model, system);
        let capacity = system.capacity();
        let ended = (stats.served + main.failed).max(1) as f64;
        let progress = traffic.trace_progress(now);
        let trace = traffic.trace.as_ref();
        let followed = cluster.last;
        Self {
            algorithm: system.algorithm().name(),
            rate: traffic.rate,
            observed_rate: if since_s > 0.0 { stats.arrived as f64 / since_s } else { 0.0 },
            since_s,
            requests: stats.arrived,
            served: stats.served,
            failed: main.failed,
            failed_share: main.failed as f64 / ended,
            failed_of: Failure::VARIANTS.iter().map(|f| (f.into(), stats.failed[*f as usize])).collect(),
            retried: stats.retried,
            retries_denied: stats.retries_denied,
            utilization: main.utilization,
            theory_utilization: busy,
            theory_utilization_missing: busy_missing,
            load: (capacity > 0.0).then(|| traffic.rate * traffic.service_ms / 1_000.0 / capacity),
            mean_ms: main.mean_ms,
            theory_mean_ms: main.theory_mean_ms,
            theory: main.theory,
            theory_spread: main.theory_spread,
            theory_one_queue_ms: one_queue.map(|e| e.mean_ms),
            theory_wait_probability: one_queue.and_then(|e| e.waits),
            p50_ms: main.p50_ms,
            p95_ms: main.p95_ms,
            p99_ms: main.p99_ms,
            imbalance: main.imbalance,
            queue_max: stats.queue_max,
            inside: stats.inside(),
            mean_inside: stats.mean_inside(now),
            theory_mean_inside: system.little(now).map(|(_, product)| product),
            servers: cluster.servers.len(),
            servers_up: cluster.servers.iter().filter(|s| s.alive).count(),
            servers_taking: (0..cluster.servers.len()).filter(|i| cluster.takes(*i)).count(),
            clients: traffic.clients.len(),
            layer: if settings.layer == Layer::Four { 4 } else { 7 },
            sticky: settings.sticky,
            sessions: cluster.sessions.len(),
            session_life_s: settings.session.as_secs_f64(),
            sessions_lost: cluster.sessions_lost,
            keepalive: settings.keepalive,
            retries: settings.retries,
            outliers: settings.outliers,
            slow_start_s: settings.slow_start.as_secs_f64(),
            unfold_s: model.unfold.as_secs_f64(),
            rules: rules(model),
            balancers: cluster.vip.len(),
            balancer_active: cluster.vip.master().map(|b| b + 1),
            regions: system.regions.len(),
            dns: settings.dns.name(),
            ttl_s: settings.ttl.as_secs_f64(),
            stale_dns: stats.stale_dns,
            trace_sent: progress.map(|p| p.0),
            trace_requests: progress.map(|p| p.1),
            trace_format: trace.and_then(|t| t.format()).map(words::format),
            trace_malformed: trace.map(|t| t.malformed),
            trace_out_of_order: trace.map(|t| t.out_of_order),
            total_served: stats.whole.served,
            total_failed: stats.whole.failed,
            total_p99_ms: stats.whole.times.quantile_ms(0.99),
            last_client: followed.map(|last| traffic.client(last.client)),
            last_server: followed.and_then(|last| last.server).map(server_name),
            server: server_facts(model),
            region: region_facts(model),
            algorithms: model.systems.iter().map(|s| (s.algorithm().name(), AlgorithmFacts::of(model, s))).collect(),
        }
    }
}

/// The rules of layer 7, by what they look at.
fn rules(model: &BalancerModel) -> BTreeMap<String, String> {
    let headers = model.settings.headers.iter().map(|(value, pool)| (format!("X-Device: {value}"), pool.clone()));
    let paths = model.settings.routes.iter().map(|(prefix, pool)| (prefix.to_owned(), pool.to_owned()));
    headers.chain(paths).collect()
}

fn server_facts(model: &BalancerModel) -> BTreeMap<String, ServerFacts> {
    let (cluster, now) = (model.main().home(), model.now);
    let passed = (now - model.main().stats.since).as_micros().max(1) as f64;
    let sent: u64 = cluster.servers.iter().map(|s| s.stats.sent).sum();
    let sessions = cluster.sessions.per_server();
    let facts = cluster.servers.iter().enumerate().take(MOST_SERVERS).map(|(i, s)| {
        let times: &Quantiles = &s.stats.times;
        let facts = ServerFacts {
            weight: s.config.weight,
            slowness: s.config.slowness,
            up: s.alive,
            takes: cluster.takes(i),
            slow_start: s.back.map(|_| f64::from(cluster.share(i, now, &model.settings)) / 100.0),
            draining: s.draining,
            drained: s.drained,
            sessions: sessions.get(&(i as u32)).copied().unwrap_or(0),
            since_failure: s.failure.as_ref().map(|mark| SinceFailure::of(&model.main().stats, mark, now)),
            ejected: cluster.ejected(i),
            active: s.active(),
            queue: s.queue.len(),
            queue_max: s.stats.queue_max,
            sent: s.stats.sent,
            share: s.stats.sent as f64 / sent.max(1) as f64,
            served: s.stats.served,
            failed: s.stats.failed,
            utilization: s.busy(now).as_micros() as f64 / passed,
            mean_ms: times.mean_ms(),
            p50_ms: times.quantile_ms(0.5),
            p95_ms: times.quantile_ms(0.95),
            p99_ms: times.quantile_ms(0.99),
        };
        (server_name(i), facts)
    });
    facts.collect()
}

fn region_facts(model: &BalancerModel) -> BTreeMap<&'static str, RegionFacts> {
    let system = model.main();
    let believers = system.believers(model.now);
    let regions = system.regions.iter().zip(REGIONS).zip(believers);
    let facts = regions.map(|((region, name), believers)| {
        let sent = region.cluster.servers.iter().map(|s| s.stats.sent).sum();
        let taking = (0..region.cluster.servers.len()).filter(|i| region.cluster.takes(*i)).count();
        let (up, in_dns, failed) = (region.alive, region.known.up(), region.failed);
        (name, RegionFacts { up, in_dns, sent, failed, servers_taking: taking, believers })
    });
    facts.collect()
}
