//! The ring of Envoy's `ring_hash` load balancer.

use xxhash_rust::xxh64::xxh64;

use super::{MAX_MEMBERS, PlacementError};

/// A ring that agrees with Envoy's `ring_hash` point by point.
///
/// The ring grows until the lightest host has a whole number of points and there are at least
/// `minimum`, but not above `maximum`; hosts share the points by weight. Point i of a host is XXH64
/// with seed 0 of `"address_i"`. A key belongs to the first point at or after it, around the end to the
/// first one. Lookup O(log points), 16 bytes a point. Source: Envoy, `ring_hash_lb.cc`.
///
/// ```
/// use scalelab::algorithms::placement::EnvoyRing;
/// let hosts = ["127.0.0.1:90", "127.0.0.1:91", "127.0.0.1:92"];
/// let ring = EnvoyRing::new(&hosts, 6, 6)?;
/// assert_eq!(ring.points().len(), 6);
/// let (position, host) = ring.points()[0];
/// assert_eq!(ring.host(position), Some(host));
/// # Ok::<(), scalelab::algorithms::placement::PlacementError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvoyRing {
    points: Vec<(u64, u32)>,
}

impl EnvoyRing {
    /// Envoy's own `minimum_ring_size`, in points.
    pub const DEFAULT_MINIMUM: u64 = 1024;
    /// Envoy's own `maximum_ring_size`, and the most it accepts, in points.
    pub const DEFAULT_MAXIMUM: u64 = 8 * 1024 * 1024;

    /// A ring of hosts of equal weight.
    ///
    /// # Errors
    /// When the sizes contradict each other or are too large, or there are too many hosts.
    pub fn new(hosts: &[&str], minimum: u64, maximum: u64) -> Result<Self, PlacementError> {
        let hosts: Vec<(&str, u32)> = hosts.iter().map(|host| (*host, 1)).collect();
        Self::weighted(&hosts, minimum, maximum)
    }

    /// A ring of hosts as (address, weight).
    ///
    /// # Errors
    /// Those of [`EnvoyRing::new`], and when a weight is 0.
    pub fn weighted(hosts: &[(&str, u32)], minimum: u64, maximum: u64) -> Result<Self, PlacementError> {
        let most = Self::DEFAULT_MAXIMUM;
        if minimum == 0 || minimum > maximum || maximum > most {
            return Err(PlacementError::BadRingSize { minimum, maximum, most });
        }
        if hosts.len() > MAX_MEMBERS {
            return Err(PlacementError::TooManyMembers { members: hosts.len(), most: MAX_MEMBERS });
        }
        if let Some((name, _)) = hosts.iter().find(|host| host.1 == 0) {
            return Err(PlacementError::ZeroWeight { name: (*name).to_owned() });
        }
        let total: u64 = hosts.iter().map(|host| u64::from(host.1)).sum();
        let share = |weight: u32| f64::from(weight) / total as f64;
        let lightest = hosts.iter().map(|host| share(host.1)).fold(1.0, f64::min);
        let scale = ((lightest * minimum as f64).ceil() / lightest).min(maximum as f64);
        let mut points = Vec::new();
        let (mut made, mut target) = (0.0, 0.0);
        for (index, &(address, weight)) in (0..).zip(hosts) {
            target += scale * share(weight);
            let mut replica = 0_u64;
            while made < target {
                points.push((xxh64(format!("{address}_{replica}").as_bytes(), 0), index));
                replica += 1;
                made += 1.0;
            }
        }
        points.sort_unstable();
        Ok(Self { points })
    }

    /// All points as (position, host), sorted.
    #[must_use]
    pub fn points(&self) -> &[(u64, u32)] {
        &self.points
    }

    /// The host of a key with this hash. `None` when there is no host.
    #[must_use]
    pub fn host(&self, hash: u64) -> Option<u32> {
        let index = self.points.partition_point(|point| point.0 < hash);
        self.points.get(index).or(self.points.first()).map(|point| point.1)
    }
}
