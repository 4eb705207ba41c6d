//! The built-in architectures: they are topology files like any other.

use super::command::Architecture;
use super::plan::Plan;
use super::topology;
use crate::engine::ModelError;

/// The plan of an architecture.
///
/// # Errors
/// None, as a test makes sure of; the files go through the same reader as anybody's.
pub fn plan(architecture: Architecture) -> Result<Plan, ModelError> {
    let text = match architecture {
        Architecture::Single => include_str!("../../../assets/topologies/single.toml"),
        Architecture::Database => include_str!("../../../assets/topologies/database.toml"),
        Architecture::Balancer => include_str!("../../../assets/topologies/balancer.toml"),
        Architecture::Tiers => include_str!("../../../assets/topologies/tiers.toml"),
        Architecture::ThreeZones => include_str!("../../../assets/topologies/three-zones.toml"),
        Architecture::TwoRegions => include_str!("../../../assets/topologies/two-regions.toml"),
    };
    topology::read("built-in", text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn all_of_them_are_sound() {
        for architecture in Architecture::value_variants() {
            plan(*architecture).unwrap();
        }
    }
}
