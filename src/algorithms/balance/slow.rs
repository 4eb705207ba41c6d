//! Slow start.

/// The share of its weight, in percent, that a server has so long after it came back: it grows evenly over the
/// window, and is never below `least`. 100 without a window.
///
/// Sources: nginx `slow_start`, HAProxy `slowstart`, Envoy's slow start mode with aggression 1 and its
/// `min_weight_percent` of 10.
///
/// ```
/// use scalelab::algorithms::balance::slow_start;
/// assert_eq!([0, 2_500_000, 5_000_000, 12_000_000].map(|us| slow_start(us, 10_000_000, 10)), [10, 25, 50, 100]);
/// assert_eq!(slow_start(0, 0, 10), 100);
/// ```
#[must_use]
pub fn slow_start(since_us: u64, window_us: u64, least: u32) -> u32 {
    if since_us >= window_us {
        return 100;
    }
    let share = u128::from(since_us) * 100 / u128::from(window_us);
    (share as u32).clamp(least.min(100), 100)
}
