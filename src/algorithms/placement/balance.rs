//! How evenly loads are spread.

/// How evenly loads are spread, each relative to its member's fair share.
///
/// ```
/// use scalelab::algorithms::placement::Balance;
/// let balance = Balance::of(&[(1, 30), (1, 10), (2, 40)]);
/// assert_eq!(balance.max_over_mean, 1.5); // 30 instead of 20
/// assert!((balance.spread - 0.408).abs() < 0.001); // 1.5, 0.5 and 1 times the fair share
/// assert_eq!(Balance::of(&[]), Balance::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Balance {
    /// The most loaded member over its fair share.
    pub max_over_mean: f64,
    /// Standard deviation of load over fair share.
    pub spread: f64,
}

impl Balance {
    /// The balance of members with their weights and loads; zeros without any load. Cost: linear.
    #[must_use]
    pub fn of(members: &[(u32, u64)]) -> Self {
        let weights: f64 = members.iter().map(|(weight, _)| f64::from(*weight)).sum();
        let total: f64 = members.iter().map(|(_, load)| *load as f64).sum();
        if total == 0.0 || weights == 0.0 {
            return Self::default();
        }
        let ratio = |(weight, load): &(u32, u64)| *load as f64 / (total * f64::from(*weight) / weights);
        let ratios: Vec<f64> = members.iter().map(ratio).collect();
        let variance = ratios.iter().map(|r| (r - 1.0).powi(2)).sum::<f64>() / ratios.len() as f64;
        Self { max_over_mean: ratios.iter().copied().fold(0.0, f64::max), spread: variance.sqrt() }
    }
}
