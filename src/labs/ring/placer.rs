//! One value for "the way keys are placed now", whatever the strategy.

use crate::algorithms::placement::{
    BoundedRing, DEFAULT_TABLE, Jump, Maglev, Member, Modulo, Placement, Rendezvous, Ring,
};
use crate::engine::ModelError;
use crate::engine::numbers::{count, thousands};

use super::command::Strategy;

/// What a strategy needs to know besides the nodes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuning {
    /// Points per unit of weight.
    pub vnodes: u32,
    /// Seed of every hash.
    pub seed: u64,
    /// Load limit in percent of the mean.
    pub bound_percent: u32,
}

/// Most points on a ring: the comparison keeps several rings, before and after each change, at up to 20 bytes a point.
const MAX_POINTS: u64 = 2_000_000;

/// Refuses what would make too large a ring, whichever strategy is in use: the comparison has a ring too.
fn check_points(members: &[Member], vnodes: u32) -> Result<(), ModelError> {
    let weight: u64 = members.iter().map(|member| u64::from(member.weight)).sum();
    let points = weight * u64::from(vnodes);
    if points <= MAX_POINTS {
        return Ok(());
    }
    Err(ModelError::new(
        format!("the ring would have {}; at most {} fit", count(points, "virtual node"), thousands(MAX_POINTS)),
        "use fewer virtual nodes per unit of weight, fewer nodes or less weight",
    ))
}

/// A strategy, built for a list of nodes.
#[derive(Clone, Debug)]
pub enum Placer {
    /// Consistent hash ring.
    Ring(Ring),
    /// hash % N.
    Modulo(Modulo),
    /// Jump consistent hash.
    Jump(Jump),
    /// Highest random weight.
    Rendezvous(Rendezvous),
    /// Maglev's table.
    Maglev(Maglev),
    /// Ring with bounded loads.
    Bounded(BoundedRing),
}

impl Placer {
    /// Builds a strategy for nodes; an empty list has no owner for any key.
    pub fn build(strategy: Strategy, members: &[Member], tuning: Tuning) -> Result<Self, ModelError> {
        let Tuning { vnodes, seed, bound_percent } = tuning;
        check_points(members, vnodes)?;
        let refused = |error: crate::algorithms::placement::PlacementError| {
            ModelError::new(format!("{} cannot place keys here", strategy.name()), error.to_string())
        };
        Ok(match strategy {
            Strategy::Ring => Self::Ring(Ring::new(members, vnodes, seed).map_err(refused)?),
            Strategy::Modulo => Self::Modulo(Modulo::new(members)),
            Strategy::Jump => Self::Jump(Jump::new(members)),
            Strategy::Rendezvous => Self::Rendezvous(Rendezvous::new(members, seed)),
            Strategy::Maglev => Self::Maglev(Maglev::new(members, DEFAULT_TABLE, seed).map_err(refused)?),
            Strategy::Bounded => {
                Self::Bounded(BoundedRing::new(members, vnodes, seed, bound_percent).map_err(refused)?)
            }
        })
    }

    /// As what all strategies can do.
    pub fn placement(&self) -> &dyn Placement {
        match self {
            Self::Ring(p) => p,
            Self::Modulo(p) => p,
            Self::Jump(p) => p,
            Self::Rendezvous(p) => p,
            Self::Maglev(p) => p,
            Self::Bounded(p) => p,
        }
    }

    /// The ring, for the strategies that have one.
    pub fn ring(&self) -> Option<&Ring> {
        match self {
            Self::Ring(ring) => Some(ring),
            Self::Bounded(bounded) => Some(bounded.ring()),
            _ => None,
        }
    }
}
