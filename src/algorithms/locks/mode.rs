//! The five lock modes and their algebra.

/// How a resource is locked. The order of the variants is no order of strength: S and IX are not comparable.
///
/// ```
/// use scalelab::algorithms::locks::Mode;
/// assert!(Mode::IX.compatible(Mode::IS) && !Mode::IX.compatible(Mode::S));
/// assert_eq!(Mode::S.join(Mode::IX), Mode::SIX);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Intention shared: something below is, or will be, locked S.
    IS,
    /// Intention exclusive: something below is, or will be, locked X.
    IX,
    /// Shared: may read all that is below.
    S,
    /// Shared with intention exclusive: reads all that is below, changes some of it.
    SIX,
    /// Exclusive: may change all that is below.
    X,
}

impl Mode {
    /// All of them, as the columns of Gray's matrix.
    pub const ALL: [Self; 5] = [Self::IS, Self::IX, Self::S, Self::SIX, Self::X];

    /// Whether two transactions may hold these modes on one resource at the same time. O(1).
    ///
    /// Source: Gray et al. 1976, table 1.
    ///
    /// ```
    /// use scalelab::algorithms::locks::Mode;
    /// assert!(Mode::SIX.compatible(Mode::IS) && !Mode::SIX.compatible(Mode::SIX));
    /// ```
    pub fn compatible(self, other: Self) -> bool {
        match self {
            Self::IS => other != Self::X,
            Self::IX => matches!(other, Self::IS | Self::IX),
            Self::S => matches!(other, Self::IS | Self::S),
            Self::SIX => other == Self::IS,
            Self::X => false,
        }
    }

    /// The weakest mode that allows all that either allows.
    ///
    /// ```
    /// use scalelab::algorithms::locks::Mode;
    /// assert_eq!(Mode::IS.join(Mode::X), Mode::X);
    /// ```
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::X, _) | (_, Self::X) => Self::X,
            (Self::IS, mode) | (mode, Self::IS) => mode,
            _ => Self::SIX,
        }
    }

    /// Whether who holds this mode needs nothing more to do what the other allows.
    ///
    /// ```
    /// use scalelab::algorithms::locks::Mode;
    /// assert!(Mode::SIX.covers(Mode::S) && !Mode::S.covers(Mode::IX));
    /// ```
    pub fn covers(self, other: Self) -> bool {
        self.join(other) == self
    }

    /// What one must hold above a resource that one wants to lock in this mode.
    ///
    /// ```
    /// use scalelab::algorithms::locks::Mode;
    /// assert_eq!((Mode::S.intention(), Mode::X.intention()), (Mode::IS, Mode::IX));
    /// ```
    #[must_use]
    pub fn intention(self) -> Self {
        if matches!(self, Self::IS | Self::S) { Self::IS } else { Self::IX }
    }

    /// Its name in the literature: `SIX`.
    ///
    /// ```
    /// assert_eq!(scalelab::algorithms::locks::Mode::SIX.name(), "SIX");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::IS => "IS",
            Self::IX => "IX",
            Self::S => "S",
            Self::SIX => "SIX",
            Self::X => "X",
        }
    }
}
