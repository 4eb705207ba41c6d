//! What theory expects of a configuration, or why no formula applies.

use super::model::BalancerModel;
use crate::algorithms::balance::{Algorithm, Layer};
use crate::algorithms::queueing::ArrivalProcess;
use crate::algorithms::queueing::theory;
use crate::systems::balancing::{Server, System, TLS_HANDSHAKE};

/// A mean time in milliseconds, with the name of its formula.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// Mean time from the balancer and back.
    pub mean_ms: f64,
    /// Offered load over capacity.
    pub utilization: f64,
    /// The formula's name.
    pub formula: &'static str,
    /// Share of requests that find every server busy and wait, where Erlang C says it.
    pub waits: Option<f64>,
    /// How far off a mean over the time so far may well be, as a share of it: see [`theory::spread`].
    pub spread: Option<f64>,
}

/// The expected mean time of a system as it is configured now; `Err` says why there is no formula.
pub fn expected(model: &BalancerModel, system: &System) -> Result<Expected, &'static str> {
    simple(model, system)?;
    let cluster = system.home();
    let traffic = &model.traffic;
    let n = cluster.servers.len() as u32;
    let seconds = traffic.service_ms / 1_000.0;
    let utilization = traffic.rate * seconds / f64::from(n);
    let variability = traffic.service.variability();
    if utilization >= 1.0 {
        return Err("more work arrives than can be done");
    }
    // A queue forgets that it was empty in about S/(1−ρ)².
    let settled_us = 2.0e6 * seconds / (1.0 - utilization).powi(2);
    if ((model.now - system.stats.since).as_micros() as f64) < settled_us {
        return Err("too early: the formulas are for the long run");
    }
    let exponential = variability == 1.0;
    let (mean, formula, waits) = match system.algorithm() {
        Algorithm::Random => (theory::mg1_time(utilization, seconds, variability), mg1_name(variability), None),
        Algorithm::RoundRobin | Algorithm::SmoothWeighted if exponential => {
            (theory::erlang_arrivals_time(n, utilization, seconds), if n == 1 { "M/M/1" } else { "E(n)/M/1" }, None)
        }
        Algorithm::TwoChoices if exponential && n == 1 => (theory::mm1_time(utilization, seconds), "M/M/1", None),
        Algorithm::TwoChoices if exponential && n >= SUPERMARKET_SERVERS => {
            (theory::supermarket_time(2, utilization, seconds), "supermarket", None)
        }
        Algorithm::TwoChoices if exponential => return Err("the supermarket formula is for many servers, 50 or more"),
        Algorithm::OneQueue if exponential => {
            let load = traffic.rate * seconds;
            (theory::mmc_wait(n, load, seconds).map(|w| w + seconds), "M/M/c", Some(theory::erlang_c(n, load)))
        }
        Algorithm::SourceHash | Algorithm::ConsistentHash => {
            (Some(by_client(model, system, seconds, variability)?), mg1_name(variability), None)
        }
        Algorithm::LeastConnections | Algorithm::PeakEwma | Algorithm::BoundedLoad => {
            return Err("no closed formula is known for this algorithm");
        }
        _ => return Err("this formula needs exponential service times"),
    };
    let mean = mean.ok_or("more work arrives than can be done")?;
    let tls = if model.settings.layer == Layer::Seven { TLS_HANDSHAKE.as_millis_f64() } else { 0.0 };
    let passed = (model.now - system.stats.since).as_secs_f64();
    let spread = exponential.then(|| theory::spread(utilization, passed * f64::from(n) / seconds));
    Ok(Expected { mean_ms: mean * 1_000.0 + tls, utilization, formula, waits, spread })
}

/// The share of time that the servers which get requests should work, at their present speed.
///
/// # Errors
/// Why no formula says it.
pub fn utilization(model: &BalancerModel, system: &System) -> Result<f64, &'static str> {
    let (settings, cluster, traffic) = (&model.settings, system.home(), &model.traffic);
    let taking: Vec<&Server> = system.at_work().collect();
    let dead_weight = |(i, s): (usize, &Server)| !s.alive && cluster.takes(i);
    if system.regions.len() > 1 {
        return Err("no formula for several regions");
    } else if cluster.vip.master().is_none() {
        return Err("no balancer answers");
    } else if cluster.servers.iter().enumerate().any(dead_weight) {
        return Err("a dead server still gets requests");
    } else if taking.is_empty() {
        return Err("no server takes requests");
    } else if traffic.process == ArrivalProcess::Trace {
        return Err("a trace has no steady rate");
    } else if model.bursting() {
        return Err("a burst is no steady state");
    } else if settings.layer == Layer::Seven && settings.has_rules() {
        return Err("no formula with rules");
    }
    let load = traffic.rate * traffic.service_ms / 1_000.0;
    let slowness = |s: &&Server| s.config.slowness;
    let first = taking.first().map_or(1.0, slowness);
    if taking.iter().all(|s| slowness(s) == first) {
        let share = load * first / taking.len() as f64;
        // Who fails does no work; but where too much arrives, there is always some left.
        return if share < 1.0 && system.stats.failed_total() > 0 {
            Err("requests failed, so there is less work")
        } else {
            Ok(share.min(1.0))
        };
    }
    if taking.iter().any(|s| s.back.is_some()) {
        return Err("no formula while a server starts slowly");
    }
    let weighty = match system.algorithm() {
        Algorithm::RoundRobin if !settings.sticky && settings.keepalive == 1 => false,
        Algorithm::SmoothWeighted | Algorithm::Random if !settings.sticky && settings.keepalive == 1 => true,
        _ => return Err("it depends on how the servers, which differ, share the work"),
    };
    let weight = |s: &Server| if weighty { f64::from(s.config.weight) } else { 1.0 };
    let total: f64 = taking.iter().map(|s| weight(s)).sum();
    let shares = taking.iter().map(|s| (load * weight(s) / total * s.config.slowness).min(1.0));
    Ok(shares.sum::<f64>() / taking.len() as f64)
}

/// What one queue for all servers that get requests would make of the traffic, by Erlang C.
pub fn one_queue(model: &BalancerModel, system: &System) -> Option<Expected> {
    let traffic = &model.traffic;
    let taking: Vec<&Server> = system.at_work().collect();
    let slowness = taking.first()?.config.slowness;
    let alike = taking.iter().all(|s| s.config.slowness == slowness);
    let fits = traffic.process == ArrivalProcess::Poisson && traffic.service.variability() == 1.0;
    if !alike || !fits || system.regions.len() > 1 {
        return None;
    }
    let (n, service_ms) = (taking.len() as u32, traffic.service_ms * slowness);
    let load = traffic.rate * service_ms / 1_000.0;
    let mean_ms = theory::mmc_wait(n, load, service_ms)? + service_ms;
    let waits = Some(theory::erlang_c(n, load));
    Some(Expected { mean_ms, utilization: load / f64::from(n), formula: "M/M/c", waits, spread: None })
}

/// From so many servers on, the supermarket model is within a few percent.
const SUPERMARKET_SERVERS: u32 = 50;

/// Up to so many clients, the shares of servers are added up client by client.
const MOST_CLIENTS: usize = 5_000;

fn mg1_name(variability: f64) -> &'static str {
    match variability {
        1.0 => "M/M/1",
        0.0 => "M/D/1",
        _ => "M/G/1",
    }
}

/// The conditions that all formulas share.
fn simple(model: &BalancerModel, system: &System) -> Result<(), &'static str> {
    let (settings, cluster, traffic) = (&model.settings, system.home(), &model.traffic);
    let first = cluster.servers.first();
    let alike = cluster.servers.iter().all(|s| Some(&s.config) == first.map(|f| &f.config));
    let all_take = (0..cluster.servers.len()).all(|i| cluster.takes(i));
    if system.regions.len() > 1 {
        Err("no formula for several regions")
    } else if cluster.servers.iter().any(|s| !s.alive) || !all_take {
        Err("no formula while a server is out")
    } else if cluster.servers.iter().any(|s| s.back.is_some()) {
        Err("no formula while a server starts slowly")
    } else if cluster.vip.master().is_none() {
        Err("no balancer answers")
    } else if !alike || first.is_some_and(|f| f.config.slowness != 1.0) {
        Err("no formula for servers that differ")
    } else if traffic.process != ArrivalProcess::Poisson {
        Err("the formulas need Poisson arrivals")
    } else if model.bursting() {
        Err("a burst is no steady state")
    } else if settings.sticky || settings.keepalive > 1 {
        Err("clients stick to servers: requests are not independent")
    } else if settings.layer == Layer::Seven && settings.has_rules() {
        Err("no formula with rules")
    } else if system.stats.failed_total() > 0 {
        Err("requests failed: the formulas know no impatience")
    } else {
        Ok(())
    }
}

/// Each client always goes to one server, so each server is a queue with its own share of the traffic.
fn by_client(model: &BalancerModel, system: &System, seconds: f64, variability: f64) -> Result<f64, &'static str> {
    let clients = &model.traffic.clients;
    if clients.len() > MOST_CLIENTS {
        return Err("too many clients to add up one by one");
    }
    let mut shares = vec![0.0; system.home().servers.len()];
    let mut balancer = system.home().pools[0].balancer.clone();
    // Hashes need no luck.
    let mut none = crate::sim::Streams::new(0).named("none");
    for client in 0..clients.len() {
        if let Some(choice) = balancer.pick(clients.hash(client as u32), 0, &mut none) {
            shares[choice.server] += clients.share(client);
        }
    }
    let mut mean = 0.0;
    for share in shares {
        let utilization = model.traffic.rate * share * seconds;
        let time = theory::mg1_time(utilization, seconds, variability);
        mean += share * time.ok_or("the clients of one server send more than it can do")?;
    }
    Ok(mean)
}
