//! Every placement behind one value, chosen by name.

use super::{BoundedRing, DEFAULT_TABLE, Jump, Maglev, Member, Modulo, Placement, PlacementError, Rendezvous, Ring};

/// A way to place keys on members.
///
/// ```
/// use scalelab::algorithms::placement::Strategy;
/// assert_eq!(Strategy::ALL.len(), 6);
/// assert_eq!((Strategy::Ring.name(), Strategy::Modulo.has_ring()), ("ring", false));
/// ```
#[derive(
    clap::ValueEnum,
    strum::VariantArray,
    strum::IntoStaticStr,
    serde::Serialize,
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Strategy {
    /// Consistent hash ring with virtual nodes
    Ring,
    /// hash % N
    Modulo,
    /// Jump consistent hash
    Jump,
    /// Rendezvous (highest random weight) hashing
    Rendezvous,
    /// Maglev's lookup table
    Maglev,
    /// Ring with bounded loads
    Bounded,
}

impl Strategy {
    /// All of them, the ring first.
    pub const ALL: &'static [Self] = <Self as strum::VariantArray>::VARIANTS;

    /// The name as one types it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Whether members have virtual nodes on a ring.
    #[must_use]
    pub fn has_ring(self) -> bool {
        matches!(self, Self::Ring | Self::Bounded)
    }

    /// Whether it gives heavier members more keys.
    #[must_use]
    pub fn honours_weights(self) -> bool {
        !matches!(self, Self::Modulo | Self::Jump)
    }
}

/// What a strategy needs to know besides the members.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuning {
    /// Virtual nodes per unit of weight.
    pub vnodes: u32,
    /// Seed of every hash.
    pub seed: u64,
    /// Load limit in percent of the mean.
    pub bound_percent: u32,
}

/// A strategy, built for a list of members: it does what every [`Placement`] does.
///
/// ```
/// use scalelab::algorithms::placement::{AnyPlacement, Member, Strategy, Tuning};
/// let members = [Member::new("a", 1), Member::new("b", 1)];
/// let tuning = Tuning { vnodes: 100, seed: 7, bound_percent: 125 };
/// for strategy in Strategy::ALL {
///     let built = AnyPlacement::build(*strategy, &members, tuning)?;
///     assert!(built.owner(42).is_some_and(|owner| owner < 2));
///     assert_eq!(built.ring().is_some(), strategy.has_ring());
/// }
/// # Ok::<(), scalelab::algorithms::placement::PlacementError>(())
/// ```
#[derive(Clone, Debug)]
pub enum AnyPlacement {
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

impl AnyPlacement {
    /// Builds a strategy for members; an empty list has no owner for any key.
    ///
    /// # Errors
    /// What the strategy refuses of members, virtual nodes or bound.
    pub fn build(strategy: Strategy, members: &[Member], tuning: Tuning) -> Result<Self, PlacementError> {
        let Tuning { vnodes, seed, bound_percent } = tuning;
        Ok(match strategy {
            Strategy::Ring => Self::Ring(Ring::new(members, vnodes, seed)?),
            Strategy::Modulo => Self::Modulo(Modulo::new(members)),
            Strategy::Jump => Self::Jump(Jump::new(members)),
            Strategy::Rendezvous => Self::Rendezvous(Rendezvous::new(members, seed)),
            Strategy::Maglev => Self::Maglev(Maglev::new(members, DEFAULT_TABLE, seed)?),
            Strategy::Bounded => Self::Bounded(BoundedRing::new(members, vnodes, seed, bound_percent)?),
        })
    }

    /// The ring, for the strategies that have one.
    #[must_use]
    pub fn ring(&self) -> Option<&Ring> {
        match self {
            Self::Ring(ring) => Some(ring),
            Self::Bounded(bounded) => Some(bounded.ring()),
            Self::Modulo(_) | Self::Jump(_) | Self::Rendezvous(_) | Self::Maglev(_) => None,
        }
    }
}

impl std::ops::Deref for AnyPlacement {
    type Target = dyn Placement;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Ring(p) => p,
            Self::Modulo(p) => p,
            Self::Jump(p) => p,
            Self::Rendezvous(p) => p,
            Self::Maglev(p) => p,
            Self::Bounded(p) => p,
        }
    }
}
