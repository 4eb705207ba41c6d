//! From times to shares and back.

use super::AvailabilityError;

/// Seconds of a year of 365.25 days.
///
/// ```
/// assert_eq!(scalelab::algorithms::availability::YEAR_S, 31_557_600.0);
/// ```
pub const YEAR_S: f64 = 365.25 * 86_400.0;

/// The share of time in which a component works: MTBF / (MTBF + MTTR), both in the same unit.
///
/// MTBF is here the mean time from a repair to the next failure.
///
/// ```
/// use scalelab::algorithms::availability::steady;
/// assert_eq!(steady(999.0, 1.0), Ok(0.999));
/// ```
///
/// # Errors
/// [`AvailabilityError::BadTime`] unless both are above 0 and finite; a repair may take no time.
pub fn steady(mtbf: f64, mttr: f64) -> Result<f64, AvailabilityError> {
    if !(mtbf > 0.0 && mtbf.is_finite()) {
        return Err(AvailabilityError::BadTime { what: "MTBF", value: mtbf });
    }
    if !(mttr >= 0.0 && mttr.is_finite()) {
        return Err(AvailabilityError::BadTime { what: "MTTR", value: mttr });
    }
    Ok(mtbf / (mtbf + mttr))
}

/// How many nines an availability has: 3 for 99.9 %, 3.5 half way (in powers of ten) to 99.99 %. Infinite for 1.
///
/// ```
/// use scalelab::algorithms::availability::nines;
/// assert!((nines(0.999) - 3.0).abs() < 1e-9 && nines(0.0) == 0.0);
/// ```
#[must_use]
pub fn nines(availability: f64) -> f64 {
    // Adding zero turns −0 into 0.
    -(1.0 - availability.clamp(0.0, 1.0)).log10() + 0.0
}

/// Seconds of a year in which an availability leaves the system down.
///
/// ```
/// use scalelab::algorithms::availability::downtime_per_year_s;
/// assert!((downtime_per_year_s(0.9999) / 60.0 - 52.6).abs() < 0.01); // minutes
/// ```
#[must_use]
pub fn downtime_per_year_s(availability: f64) -> f64 {
    (1.0 - availability.clamp(0.0, 1.0)) * YEAR_S
}
