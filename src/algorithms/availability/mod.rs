//! Availability: the share of time in which a system of components works.
//!
//! All functions assume that components fail and are repaired independently; what fails together (a zone, a
//! region, a shared switch) is a component of its own that the others need. Then every answer here is exact, but
//! for [`monte_carlo`], which says how far off it may be.

mod bdd;
mod monte_carlo;
mod network;
mod time;

pub use bdd::{Bdd, Block};
pub use monte_carlo::{Estimate, monte_carlo, outage_interval};
pub use network::Network;
pub use time::{YEAR_S, downtime_per_year_s, nines, steady};

/// Why an availability cannot be computed.
///
/// ```
/// use scalelab::algorithms::availability::{AvailabilityError, steady};
/// assert_eq!(steady(0.0, 1.0), Err(AvailabilityError::BadTime { what: "MTBF", value: 0.0 }));
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AvailabilityError {
    /// A mean time that is no time.
    #[error("{what} of {value} makes no sense: use a time above 0")]
    BadTime {
        /// Which one.
        what: &'static str,
        /// As given, in whatever unit both have.
        value: f64,
    },
    /// Probabilities that are none, or not as many as components.
    #[error("component {component} has no probability from 0 to 1: give one for each of the {components}")]
    BadProbability {
        /// Number of the component.
        component: usize,
        /// How many there are.
        components: usize,
    },
    /// More than can be computed exactly.
    #[error("exactly, this takes more than {most} {unit}: estimate it with Monte Carlo")]
    TooComplex {
        /// The bound.
        most: usize,
        /// What is bounded.
        unit: &'static str,
    },
    /// A network with more nodes than the exact method takes.
    #[error("the network has {nodes} nodes, at most {most} fit: estimate it with Monte Carlo")]
    TooManyNodes {
        /// How many it has.
        nodes: usize,
        /// How many there may be.
        most: usize,
    },
}

/// Availability when all are needed: the product.
///
/// ```
/// use scalelab::algorithms::availability::series;
/// assert!((series(&[0.999; 3]) - 0.997_002_999).abs() < 1e-12);
/// ```
#[must_use]
pub fn series(parts: &[f64]) -> f64 {
    parts.iter().product()
}

/// Availability when one suffices: one less the product of what is missing.
///
/// ```
/// use scalelab::algorithms::availability::parallel;
/// assert!((parallel(&[0.99; 2]) - 0.9999).abs() < 1e-12);
/// ```
#[must_use]
pub fn parallel(parts: &[f64]) -> f64 {
    1.0 - parts.iter().map(|p| 1.0 - p).product::<f64>()
}

/// Availability when `k` of the parts are needed; the parts may differ.
///
/// Cost: O(k · parts). Source: Barlow and Heidtmann, "Computing k-out-of-n System Reliability", 1984.
///
/// ```
/// use scalelab::algorithms::availability::k_of_n;
/// // Two of three that work 9 hours of 10: 0.9³ + 3 · 0.9² · 0.1.
/// assert!((k_of_n(2, &[0.9; 3]) - 0.972).abs() < 1e-12);
/// assert_eq!((k_of_n(0, &[]), k_of_n(2, &[1.0])), (1.0, 0.0));
/// ```
#[must_use]
pub fn k_of_n(k: usize, parts: &[f64]) -> f64 {
    if k > parts.len() {
        return 0.0;
    }
    // exactly[j]: the chance that j of those seen work; the last holds `k or more`.
    let mut exactly = vec![0.0; k + 1];
    exactly[0] = 1.0;
    for p in parts {
        for j in (0..=k).rev() {
            let stays = if j == k { exactly[j] } else { exactly[j] * (1.0 - p) };
            exactly[j] = stays + if j > 0 { exactly[j - 1] * p } else { 0.0 };
        }
    }
    exactly[k]
}

/// Checks that there is one probability for each component.
fn check(probabilities: &[f64], components: usize) -> Result<(), AvailabilityError> {
    let bad = (0..components).find(|i| !probabilities.get(*i).is_some_and(|p| (0.0..=1.0).contains(p)));
    bad.map_or(Ok(()), |component| Err(AvailabilityError::BadProbability { component, components }))
}
