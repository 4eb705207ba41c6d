//! Why a request went where it went, in words.

use super::{ms, tell};
use crate::algorithms::balance::Layer;
use crate::algorithms::balance::Why;
use crate::engine::{Event, EventKind, Micros};
use crate::labs::balancer::model::BalancerModel;
use crate::labs::balancer::names::{REGIONS, server_name};
use crate::systems::balancing::{Decision, Failure, NO_PATH, Reason};

/// Where the followed request went, and why.
pub fn decision(model: &BalancerModel, region: usize, last: &Decision, lab: Micros, log: &mut Vec<Event>) {
    let (client, path) = (model.traffic.client(last.client), model.traffic.path(last.path));
    let seen = match model.settings.layer {
        Layer::Four => client,
        Layer::Seven if path == NO_PATH => format!("{client} asks for no path"),
        Layer::Seven => format!("{client} asks for {path}"),
    };
    let several = model.main().regions.len() > 1;
    let place = if several { format!("{}: ", REGIONS[region]) } else { String::new() };
    tell(log, lab, EventKind::Detail, format!("{place}{seen} → {}.", reason(model, last)));
}

/// The reason for a decision, as `c: 3 active, fewest`.
pub fn reason(model: &BalancerModel, last: &Decision) -> String {
    let server = last.server.map(server_name);
    let tried = if last.tries > 0 { format!(" (try {})", last.tries + 1) } else { String::new() };
    if let Some(failure) = last.failure {
        let short = match failure {
            Failure::NoServer if model.main().home().pools.len() > 1 => "no server of its pool takes requests",
            Failure::NoServer => "no server takes requests",
            Failure::ServerDown => "refused, it is down",
            Failure::QueueFull => "its queue is full",
            Failure::Timeout => "gave up",
            Failure::BalancerDown => "no balancer answers",
            Failure::RegionDown => "the region is down",
        };
        return format!("{}: {short}{tried}", server.unwrap_or_else(|| "nowhere".to_owned()));
    }
    let why = last.reason.map_or_else(String::new, |r| words(model, r));
    format!("{}: {why}{tried}", server.unwrap_or_else(|| "waits".to_owned()))
}

fn words(model: &BalancerModel, reason: Reason) -> String {
    match reason {
        Reason::Sticky => match model.settings.layer {
            Layer::Four => "its address sticks there".to_owned(),
            Layer::Seven => "its cookie says so".to_owned(),
        },
        Reason::Connection => "its connection leads there".to_owned(),
        Reason::Free => "it is free".to_owned(),
        Reason::Waits => "no server is free".to_owned(),
        Reason::Rule(why) => rule_words(why),
    }
}

fn rule_words(why: Why) -> String {
    match why {
        Why::Turn => "its turn".to_owned(),
        Why::Credit { saved } => format!("saved up {saved}, the most"),
        Why::Chance => "by chance".to_owned(),
        Why::Fewest { active, spared: 0 } => format!("{active} active, fewest"),
        Why::Fewest { active, spared } => format!("{active} active, fewest but for {spared} in slow start"),
        Why::Due { active } => format!("{active} active, due first by weight over active + 1"),
        Why::FewerOfTwo { active, other: Some((other, more)) } => {
            format!("{active} active, {} has {more}", server_name(other))
        }
        Why::CheaperOfTwo { load, other: Some((other, more)), spared } => {
            let but = if spared { " but starts slowly" } else { "" };
            format!("cost {}, {} has {}{but}", ms(load / 1_000.0), server_name(other), ms(more / 1_000.0))
        }
        Why::FewerOfTwo { other: None, .. } | Why::CheaperOfTwo { other: None, .. } => "the only one".to_owned(),
        Why::Remainder { .. } => "hash of the client mod weight".to_owned(),
        Why::Clockwise { passed: 0 } => "next on the ring".to_owned(),
        Why::Clockwise { passed } => format!("next on the ring, past {passed} down"),
        Why::Room { passed: 0, .. } => "next on the ring, has room".to_owned(),
        Why::Room { passed, cap } => format!("past {passed} above {cap} active"),
    }
}
