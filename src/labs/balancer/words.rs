//! What the simulated system's own kinds are called in sentences.

use crate::algorithms::balance::Algorithm;
use crate::engine::ModelError;
use crate::systems::balancing::{BalancingError, Carrier, Failure, Format};

/// An algorithm's name in a sentence.
pub fn algorithm(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::RoundRobin => "round robin",
        Algorithm::SmoothWeighted => "smooth weighted round robin",
        Algorithm::Random => "random choice",
        Algorithm::LeastConnections => "least connections",
        Algorithm::TwoChoices => "the better of two random choices",
        Algorithm::PeakEwma => "peak EWMA",
        Algorithm::SourceHash => "hash of the client mod weight",
        Algorithm::ConsistentHash => "consistent hashing",
        Algorithm::BoundedLoad => "consistent hashing with bounded load",
        Algorithm::OneQueue => "one queue at the balancer",
    }
}

/// Why requests failed, in words that follow "requests failed, since".
pub fn failure(failure: Failure) -> &'static str {
    match failure {
        Failure::NoServer => "no server takes requests",
        Failure::ServerDown => "their server was down",
        Failure::QueueFull => "the queue was full",
        Failure::Timeout => "their clients gave up waiting",
        Failure::BalancerDown => "no balancer answered",
        Failure::RegionDown => "their region was down",
    }
}

/// The name of a way to write log entries, as `combined with virtual host`.
pub fn format(format: Format) -> String {
    let base = if format.combined { "combined" } else { "common" };
    let parts = [
        (format.virtual_host, "virtual host"),
        (format.forwarded, "forwarded-for list"),
        (format.forwarded_last, "forwarded-for list at the end"),
        (format.more, "more fields"),
    ];
    let parts: Vec<&str> = parts.iter().filter(|(is, _)| *is).map(|(_, words)| *words).collect();
    let with = if parts.is_empty() { "" } else { " with " };
    let carrier = match format.carrier {
        Carrier::None => "",
        Carrier::Syslog => " behind a syslog prefix",
        Carrier::Container => " behind a container's prefix",
    };
    format!("{base}{with}{}{carrier}", list(&parts))
}

/// Words in a row: a, b and c.
pub fn list<S: AsRef<str>>(words: &[S]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The refusal of a system, for people.
pub fn refusal(error: &BalancingError) -> ModelError {
    let BalancingError::Refused { algorithm, reason } = error;
    ModelError::new(format!("{} cannot serve here", algorithm.name()), reason.to_string())
}
