//! How the system is run from now on.

use super::tell;
use crate::engine::numbers::{duration, percent};
use crate::engine::{Event, EventKind, Micros};
use crate::labs::failure::model::FailureModel;
use crate::labs::failure::plan::Kind;

/// When a write counts.
pub fn mode(model: &FailureModel, now: Micros, log: &mut Vec<Event>) {
    use crate::algorithms::replication::{Mode, quorum_miss};
    use crate::labs::failure::command::ModeName;
    let text = match model.tuning.mode {
        ModeName::Sync => "A write counts when every follower that is not declared dead holds it.".to_owned(),
        ModeName::Async => "A write counts as soon as the primary holds it; followers catch up later.".to_owned(),
        ModeName::Semi => "A write counts when the primary and one follower hold it.".to_owned(),
        ModeName::Quorum => "A write counts when W members hold it; a read asks R.".to_owned(),
    };
    tell(log, now, EventKind::Change, text);
    for group in model.groups.iter().flatten() {
        let tier = model.plan.tier_of(group.members[0]);
        if let (Mode::Quorum { write, read }, Kind::Database) = (group.log.mode(), tier.kind) {
            let miss = quorum_miss(group.members.len(), write, read);
            let text = format!(
                "{}: N={}, W={write}, R={read}. A read misses a fresh write with a chance of {}{}.",
                tier.name,
                group.members.len(),
                percent(miss),
                if miss == 0.0 { ": R + W > N" } else { "" }
            );
            tell(log, now, EventKind::Detail, text);
        }
    }
}

/// How machines are judged.
pub fn detector(model: &FailureModel, now: Micros, log: &mut Vec<Event>) {
    let [detection, ..] = model.tuning.phases(model.plan.machines.len(), true);
    let text = format!(
        "Detector: {}. A dead machine should be noticed after {} on average.",
        model.tuning.detector.name(),
        duration(detection)
    );
    tell(log, now, EventKind::Change, text);
}

/// Leases on or off.
pub fn fencing(model: &FailureModel, now: Micros, log: &mut Vec<Event>) {
    let text = if model.tuning.fencing {
        "Leases and fencing are on: only who holds the lease writes, and old tokens are refused."
    } else {
        "Leases and fencing are off: whoever believes it is primary writes."
    };
    tell(log, now, EventKind::Change, text);
}

/// How ready standbys are.
pub fn standby(model: &FailureModel, now: Micros, log: &mut Vec<Event>) {
    let standby = model.tuning.standby;
    let text = format!(
        "Standby {}: it takes over in {} and costs {} of a machine that serves. Cost is now {:.1}.",
        standby.name(),
        duration(standby.promotion_us()),
        percent(standby.cost()),
        model.analysis.cost
    );
    tell(log, now, EventKind::Change, text);
}
