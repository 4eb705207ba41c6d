//! What happened, in sentences.

mod incidents;
mod reasons;
mod traces;

use super::command::{Action, BalancerCommand, Switch};
use super::facts::AlgorithmFacts;
use super::model::BalancerModel;
use super::names::{REGIONS, full_name};
use super::words::{self, list};
use crate::algorithms::balance::{DnsPolicy, Layer};
use crate::algorithms::queueing::ArrivalProcess;
use crate::engine::numbers::{duration, percent, plural, thousands};
use crate::engine::{Event, EventKind, Micros};
use crate::systems::balancing::{Pool, SLOW_START_LEAST, TLS_HANDSHAKE, TLS_REQUEST};

pub use incidents::{failures, incidents};
pub use reasons::{decision, reason};
pub use traces::{trace_end, trace_found};

fn tell(log: &mut Vec<Event>, lab: Micros, kind: EventKind, text: impl Into<String>) {
    log.push(Event::new(lab, kind, text));
}

/// Milliseconds in three digits.
pub fn ms(value: f64) -> String {
    match value {
        v if v >= 10_000.0 => format!("{:.1} s", v / 1_000.0),
        v if v >= 100.0 => format!("{v:.0} ms"),
        v if v >= 10.0 => format!("{v:.1} ms"),
        v => format!("{v:.2} ms"),
    }
}

/// Milliseconds, or a dash.
pub fn ms_or(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), ms)
}

/// What a command changed.
pub fn change(model: &BalancerModel, lab: Micros, command: &BalancerCommand, log: &mut Vec<Event>) {
    let text = headline(model, command);
    tell(log, lab, EventKind::Change, text);
    let cluster = model.shown_cluster();
    if let Some(text) = nobody(model) {
        tell(log, lab, EventKind::Warning, text);
    }
    let heavy = matches!(command, BalancerCommand::Weight { weight: 1.., .. });
    if heavy && !cluster.algorithm.honours_weights() {
        let text = format!("But {} does not look at weights.", words::algorithm(cluster.algorithm));
        tell(log, lab, EventKind::Detail, text);
    }
    let rules = matches!(command, BalancerCommand::Route { .. } | BalancerCommand::Header { .. });
    if rules && model.settings.layer == Layer::Four {
        let text = "At layer 4 the balancer sees addresses only: rules count after `layer 7`.";
        tell(log, lab, EventKind::Warning, text);
    }
    for pool in missing_pools(model) {
        let text = format!("No server is in the pool {pool}: what is sent there fails. Try `pool {pool} a`.");
        tell(log, lab, EventKind::Warning, text);
    }
}

/// Where no server takes requests, in words.
fn nobody(model: &BalancerModel) -> Option<String> {
    let cluster = model.shown_cluster();
    let several = model.main().regions.len() > 1;
    let place = if several { format!(" in {}", REGIONS[model.shown]) } else { String::new() };
    let taken = |pool: &Pool| !pool.balancer.ready().list().is_empty();
    if !cluster.pools.iter().any(taken) {
        return Some(format!("No server{place} takes requests now: every new one fails there."));
    }
    let default = cluster.pools.first().filter(|pool| !taken(pool))?;
    Some(format!("No server{place} of the pool {} takes requests: what no rule sends elsewhere fails.", default.name))
}

/// Pools that rules name and no server is in.
fn missing_pools(model: &BalancerModel) -> Vec<String> {
    if model.settings.layer == Layer::Four {
        return Vec::new();
    }
    let known = |name: &str| model.main().home().pools.iter().any(|p| p.name == name);
    let routes = model.settings.routes.iter().map(|(_, pool)| pool).filter(|p| !p.starts_with('/'));
    let all = routes.chain(model.settings.headers.values().map(String::as_str));
    let mut missing: Vec<String> = all.filter(|p| !known(p)).map(str::to_owned).collect();
    missing.dedup();
    missing.truncate(3);
    missing
}

fn headline(model: &BalancerModel, command: &BalancerCommand) -> String {
    match command {
        BalancerCommand::Algorithm { algorithm } => {
            format!("Servers are now chosen by {}.", words::algorithm(*algorithm))
        }
        BalancerCommand::Compare { algorithms } => {
            let names: Vec<&str> = algorithms.iter().map(|a| words::algorithm(*a)).collect();
            format!("The same requests now go through {}, each with its own idle servers.", list(&names))
        }
        BalancerCommand::Rate { rate } => rate_words(model, *rate),
        BalancerCommand::Burst { factor, seconds: length } => {
            let rate = model.traffic.rate * factor;
            format!("For {length} s, {} instead of {}.", requests_arrive(rate), number(model.traffic.rate))
        }
        BalancerCommand::Service { shape, .. } => {
            format!("Requests take {} on average now ({}).", ms(model.traffic.service_ms), shape.name())
        }
        BalancerCommand::Arrivals { process } => format!("Requests arrive {} now.", arrival_words(*process)),
        BalancerCommand::Clients { count: 1, .. } => "There is one client now.".to_owned(),
        BalancerCommand::Clients { count, skew } if *skew > 0.0 => {
            let share = percent(model.traffic.clients.share(0));
            format!("There are {} clients now, and client-1 alone sends {share} of the requests.", thousands(*count))
        }
        BalancerCommand::Clients { count, .. } => {
            format!("There are {} clients now, all sending alike.", thousands(*count))
        }
        other => server_words(model, other),
    }
}

fn server_words(model: &BalancerModel, command: &BalancerCommand) -> String {
    match command {
        BalancerCommand::Servers { count: 1 } => "There is one server now.".to_owned(),
        BalancerCommand::Servers { count } => format!("There are {} server{} now.", thousands(*count), plural(*count)),
        BalancerCommand::Weight { server, weight: 0 } => format!("{server} has weight 0 and gets nothing new."),
        BalancerCommand::Weight { server, weight } => format!("{server} has weight {weight} now."),
        BalancerCommand::Slow { server, factor } => slow_words(model, server, *factor),
        BalancerCommand::Pool { name, servers } => {
            let names: Vec<&str> = servers.iter().map(String::as_str).collect();
            let (is, these) = if names.len() == 1 { ("is", "It gets") } else { ("are", "They get") };
            format!("{} {is} in the pool {name} now. {these} what rules send there.", list(&names))
        }
        BalancerCommand::Fail { server } => fail_words(model, server),
        BalancerCommand::Recover { server } => recover_words(model, server),
        BalancerCommand::Drain { server } if model.settings.sticky => {
            format!("{server} drains: no new client gets there; those that stick to it stay until their sessions end.")
        }
        BalancerCommand::Drain { server } => {
            format!("{server} drains: it gets nothing new and finishes what it holds.")
        }
        other => layer_words(model, other),
    }
}

fn layer_words(model: &BalancerModel, command: &BalancerCommand) -> String {
    let settings = &model.settings;
    match command {
        BalancerCommand::Layer { layer: Layer::Four } => {
            "The balancer works at layer 4: it sees addresses, and balances connections.".to_owned()
        }
        BalancerCommand::Layer { layer: Layer::Seven } => format!(
            "The balancer works at layer 7: it ends TLS ({} for a handshake, {} for each more request), reads every \
             request, and may try it again.",
            duration(TLS_HANDSHAKE.as_micros()),
            duration(TLS_REQUEST.as_micros())
        ),
        BalancerCommand::Route { prefix, pool } => format!("Paths below {prefix} go to {pool} now."),
        BalancerCommand::Header { device, pool } => {
            format!("Requests with X-Device: {} go to {pool} now.", device.name())
        }
        BalancerCommand::Unroute { prefix: Some(prefix) } => format!("The rule for {prefix} is gone."),
        BalancerCommand::Unroute { prefix: None } => "All rules are gone.".to_owned(),
        BalancerCommand::Sticky { switch: Switch::On } => {
            let by = if settings.layer == Layer::Four { "its address" } else { "a cookie" };
            let life = duration(settings.session.as_micros());
            format!("Each client now sticks to a server, by {by}, for {life} from its first request on.")
        }
        BalancerCommand::SessionLife { .. } => {
            format!(
                "A session ends {} after it began; then its client gets a new one.",
                duration(settings.session.as_micros())
            )
        }
        BalancerCommand::Sticky { switch: Switch::Off } => "Clients do not stick to servers any more.".to_owned(),
        BalancerCommand::Keepalive { requests: 1 } => "Each request opens a connection of its own.".to_owned(),
        BalancerCommand::Keepalive { requests } => match settings.layer {
            Layer::Four => format!("Each connection carries {requests} requests, and all of them go to one server."),
            Layer::Seven => {
                format!("Each connection carries {requests} requests; the balancer still sends each where it likes.")
            }
        },
        BalancerCommand::Retries { count: 0 } => "A failed request is not tried again.".to_owned(),
        BalancerCommand::Retries { count } => {
            format!(
                "At layer 7, a failed request is tried again up to {count} time{}; in all, retries may be a fifth of \
                 all requests, and ten a second more.",
                plural(*count)
            )
        }
        BalancerCommand::Checks { fall, rise } => {
            let out = match fall {
                1 => "One failed check takes a server out".to_owned(),
                n => format!("{n} failed checks in a row take a server out"),
            };
            let back = match rise {
                1 => "one passed check brings it back".to_owned(),
                n => format!("{n} passed checks bring it back"),
            };
            format!("{out}, {back}.")
        }
        BalancerCommand::Outliers { switch: Switch::On } => {
            "A server that fails five requests in a row is ejected at once.".to_owned()
        }
        BalancerCommand::Outliers { switch: Switch::Off } => "Only health checks take servers out now.".to_owned(),
        BalancerCommand::SlowStart { seconds } if *seconds == 0.0 => {
            "Servers that come back or are new get their whole share at once.".to_owned()
        }
        BalancerCommand::SlowStart { seconds } => {
            format!(
                "For {seconds} s, a server that comes back or is new gets a growing share of what is due to it, from {SLOW_START_LEAST} % on."
            )
        }
        BalancerCommand::QueueLimit { length: 0 } => {
            "No request may wait: one that finds its server at work fails.".to_owned()
        }
        BalancerCommand::QueueLimit { length } => {
            format!("At most {length} request{} may wait at each server.", plural(*length))
        }
        BalancerCommand::Patience { ms } => format!("Clients give up after waiting {ms} ms in a queue."),
        other => network_words(model, other),
    }
}

fn network_words(model: &BalancerModel, command: &BalancerCommand) -> String {
    match command {
        BalancerCommand::Regions { count: 1 } => "There is one region now.".to_owned(),
        BalancerCommand::Regions { count } => {
            let names = &REGIONS[..(*count as usize).min(REGIONS.len())];
            format!("There are {count} regions now: {}. DNS tells each client where to go.", list(names))
        }
        BalancerCommand::Region { action: Action::Fail, region } => {
            let ttl = duration(model.settings.ttl.as_micros());
            format!("The region {region} is gone. Clients that believe in it go there for up to {ttl} more.")
        }
        BalancerCommand::Region { action: Action::Recover, region } => {
            format!("The region {region} is back; DNS will name it again after two passed checks.")
        }
        BalancerCommand::Dns { policy } => {
            let how = match policy {
                DnsPolicy::Nearest => "the nearest region that is up",
                DnsPolicy::Weighted => "a region by chance, eu twice as often as each other",
                DnsPolicy::Failover => "the first region that is up",
            };
            format!("DNS names {how}. Old answers hold until their time is over.")
        }
        BalancerCommand::Ttl { seconds } => format!("New answers of DNS may be kept for {seconds} s."),
        BalancerCommand::Balancers { count: 1 } => "There is one balancer.".to_owned(),
        BalancerCommand::Balancers { .. } if !model.main().home().vip.up(0) => {
            let due = model.main().home().vip.due().map(|at| at.saturating_sub(model.now.as_micros()));
            let when = due.map_or_else(String::new, |us| format!(": 2 takes the address in {}", duration(us)));
            format!("There are two balancers, and 1 is still down{when}.")
        }
        BalancerCommand::Balancers { .. } => {
            "There are two balancers: 1 holds the address, 2 stands by and listens for its heartbeat.".to_owned()
        }
        BalancerCommand::Balancer { action: Action::Fail, number } => balancer_words(model, *number),
        BalancerCommand::Balancer { action: Action::Recover, number } => {
            let due = model.main().home().vip.due().map(|at| at.saturating_sub(model.now.as_micros()));
            let when = due.map_or_else(String::new, |us| format!(" It takes the address in {}.", duration(us)));
            format!("Balancer {number} is back.{when}")
        }
        _ => String::new(),
    }
}

/// A rate, or another number that is mostly whole.
pub fn number(value: f64) -> String {
    match value {
        v if v.fract() == 0.0 && v < 1e9 => thousands(v as u64),
        v if v >= 10.0 => format!("{v:.1}"),
        // Down to the smallest rate, without zeros at the end.
        v => format!("{v:.4}").trim_end_matches('0').to_owned(),
    }
}

/// At this rate, requests arrive.
fn requests_arrive(rate: f64) -> String {
    let text = number(rate);
    let (s, arrive) = if text == "1" { ("", "arrives") } else { ("s", "arrive") };
    format!("{text} request{s} a second {arrive}")
}

fn rate_words(model: &BalancerModel, rate: f64) -> String {
    if rate == 0.0 {
        return "No more requests arrive.".to_owned();
    }
    let (capacity, arrive) = (model.main().capacity(), requests_arrive(rate));
    if capacity == 0.0 {
        return format!("{arrive} now, and no server takes any.");
    }
    let load = rate * model.traffic.service_ms / 1_000.0 / capacity;
    let all = model.main().at_work().count() == model.configs.len() * model.main().regions.len();
    let who = if all { "the servers" } else { "the servers that take requests" };
    let end = if load >= 1.0 { ": queues grow" } else { "" };
    format!("{arrive} now: {} of what {who} can do{end}.", percent(load))
}

fn arrival_words(process: ArrivalProcess) -> &'static str {
    match process {
        ArrivalProcess::Poisson => "independently of each other (Poisson)",
        ArrivalProcess::Bursty => "in bursts, with the same mean rate",
        ArrivalProcess::Even => "evenly, one after the same time as the other",
        ArrivalProcess::Trace => "as in the trace",
    }
}

fn slow_words(model: &BalancerModel, server: &str, factor: f64) -> String {
    let mean = ms(model.traffic.service_ms * factor);
    match factor {
        1.0 => format!("{server} is as fast as normal again: {mean} a request."),
        f if f > 1.0 => format!("{server} takes {factor} times as long now: {mean} a request."),
        _ => format!("{server} is faster than normal now: {mean} a request."),
    }
}

fn fail_words(model: &BalancerModel, server: &str) -> String {
    let takes = match model.settings.fall {
        1 => "it takes a failed check, and there is one every 2 s".to_owned(),
        fall => format!("it takes {fall} failed checks, one every 2 s"),
    };
    format!("{server} failed; what it held is lost. The balancer does not know yet: {takes}.")
}

fn recover_words(model: &BalancerModel, server: &str) -> String {
    let index = model.touched.unwrap_or(0);
    if model.shown_cluster().takes(index) {
        return format!("{server} takes requests again.");
    }
    let rise = u64::from(model.settings.rise);
    format!("{server} answers again. The balancer waits for {rise} passed check{}.", plural(rise))
}

fn balancer_words(model: &BalancerModel, failed: u64) -> String {
    let vip = &model.main().home().vip;
    match (vip.master(), vip.due()) {
        (Some(master), _) => format!("Balancer {failed} failed; {} holds the address, so nobody notices.", master + 1),
        (None, Some(at)) => {
            let wait = duration(at.saturating_sub(model.now.as_micros()));
            format!(
                "Balancer {failed} failed, and all that went through it is lost. The other one takes the address in {wait}."
            )
        }
        (None, None) => format!("Balancer {failed} failed, and there is no other: every request fails."),
    }
}

/// What a server holds when it begins to drain.
pub fn drain(model: &BalancerModel, (region, index): (usize, usize), lab: Micros, log: &mut Vec<Event>) {
    let cluster = &model.main().regions[region].cluster;
    let held = cluster.servers[index].active() as u64;
    let open = cluster.connections_to(index) as u64;
    let stuck = cluster.sessions.of_server(index as u32) as u64;
    let requests = match held {
        0 => "no request".to_owned(),
        n => format!("{} request{}", thousands(n), plural(n)),
    };
    let mut text = format!("{} holds {requests}", full_name(region, index));
    if open > 0 {
        text = format!("{text} and {open} open connection{}, which go on to their end", plural(open));
    }
    if stuck > 0 {
        text = format!(
            "{text}, and {} client{} stick{} to it",
            thousands(stuck),
            plural(stuck),
            if stuck == 1 { "s" } else { "" }
        );
    }
    tell(log, lab, EventKind::Detail, format!("{text}."));
}

/// Another region is shown.
pub fn shown(name: &str, lab: Micros, log: &mut Vec<Event>) {
    tell(log, lab, EventKind::Change, format!("The first picture shows the servers of {name}."));
}

/// Counting begins anew.
pub fn measure(lab: Micros, log: &mut Vec<Event>) {
    tell(log, lab, EventKind::Change, "Counting begins anew from here.");
}

/// More or less time passes after commands.
pub fn unfold(lab: Micros, seconds: f64, log: &mut Vec<Event>) {
    let text = if seconds == 0.0 {
        "No time passes after a command now: `run 20` lets 20 s pass.".to_owned()
    } else {
        format!("After a command that changes something, {} now.", seconds_pass(seconds))
    };
    tell(log, lab, EventKind::Change, text);
}

/// So many seconds pass.
fn seconds_pass(seconds: f64) -> String {
    format!("{seconds} s pass{}", if seconds == 1.0 { "es" } else { "" })
}

/// Time passes.
pub fn run(lab: Micros, seconds: f64, log: &mut Vec<Event>) {
    tell(log, lab, EventKind::Change, format!("{} in time lapse.", seconds_pass(seconds)));
}

/// What came of the time since the last change.
pub fn summary(model: &BalancerModel, lab: Micros, log: &mut Vec<Event>) {
    let system = model.main();
    let passed = duration((model.now - system.stats.since).as_micros());
    if system.stats.arrived == 0 {
        tell(log, lab, EventKind::Detail, format!("In {passed} no request came."));
        return;
    }
    for system in &model.systems {
        let facts = AlgorithmFacts::of(model, system);
        let theory =
            facts.theory_mean_ms.map_or_else(String::new, |t| format!(" (theory {}{})", ms(t), spread(&facts)));
        let failed = match facts.failed {
            0 => String::new(),
            n => format!(", {} failed", thousands(n)),
        };
        let name =
            if model.systems.len() > 1 { format!("{}: ", system.algorithm().name()) } else { format!("In {passed}: ") };
        if facts.served == 0 {
            tell(log, lab, EventKind::Detail, format!("{name}none served{failed}."));
            continue;
        }
        let text = format!(
            "{name}{} served{failed}; mean {}{theory}, p99 {}; the busiest server worked {:.2} times the mean.",
            thousands(facts.served),
            ms_or(facts.mean_ms),
            ms_or(facts.p99_ms),
            facts.imbalance
        );
        tell(log, lab, EventKind::Detail, text);
    }
}

/// How far off a mean may be by chance, if it may be far.
fn spread(facts: &AlgorithmFacts) -> String {
    let notable = facts.theory_spread.filter(|s| *s >= super::panel::NOTABLE_SPREAD);
    notable.map_or_else(String::new, |s| format!(" ± {:.0} % by chance in so short a time", s * 100.0))
}
