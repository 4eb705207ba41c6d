//! Calibration: how sure one said to be against how often one was right.

use serde::Serialize;

/// Fewest predictions from which anything is said.
const ENOUGH: usize = 5;
/// How many standard deviations off is more than chance.
const MORE_THAN_CHANCE: f64 = 2.0;

/// The predictions of one sureness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Calibration {
    /// How sure, in percent.
    pub sure: u8,
    /// How many predictions.
    pub predictions: usize,
    /// How many came true.
    pub right: usize,
}

/// What the predictions, taken together, say about the learner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leaning {
    /// There are too few to say.
    TooFew,
    /// Right less often than they say, by more than chance.
    TooSure,
    /// As often as they say, as far as can be told.
    Fits,
    /// Right more often than they say, by more than chance.
    TooUnsure,
}

/// Compares how many came true with how many would, were each sureness the true chance.
///
/// The number that comes true then has the mean `Σ p` and the variance `Σ p (1 − p)`; two standard deviations
/// off is called more than chance.
///
/// ```
/// use scalelab::lessons::progress::{Calibration, Leaning, leaning};
/// let sure_90 = |right| [Calibration { sure: 90, predictions: 20, right }];
/// assert_eq!(leaning(&sure_90(18)), Leaning::Fits);
/// assert_eq!(leaning(&sure_90(11)), Leaning::TooSure);
/// assert_eq!(leaning(&[Calibration { sure: 50, predictions: 20, right: 19 }]), Leaning::TooUnsure);
/// ```
pub fn leaning(calibration: &[Calibration]) -> Leaning {
    let (all, right) = totals(calibration);
    let sum = |of: fn(f64) -> f64| -> f64 {
        calibration.iter().map(|c| c.predictions as f64 * of(f64::from(c.sure) / 100.0)).sum()
    };
    let (mean, deviation) = (sum(|p| p), sum(|p| p * (1.0 - p)).sqrt());
    let off = right as f64 - mean;
    match all {
        0..ENOUGH => Leaning::TooFew,
        _ if off.abs() <= MORE_THAN_CHANCE * deviation + 1e-9 => Leaning::Fits,
        _ if off < 0.0 => Leaning::TooSure,
        _ => Leaning::TooUnsure,
    }
}

/// The same as a plain sentence or two.
///
/// ```
/// use scalelab::lessons::progress::{Calibration, calibration_sentence};
/// let said = calibration_sentence(&[Calibration { sure: 90, predictions: 20, right: 11 }]);
/// assert!(said.starts_with("Of 20 predictions 11 came true, 55 %. You were 90 % sure on average."), "{said}");
/// ```
pub fn calibration_sentence(calibration: &[Calibration]) -> String {
    let (all, right) = totals(calibration);
    let share = |part: f64| (part / all as f64 * 100.0).round();
    let sure: f64 = calibration.iter().map(|c| c.predictions as f64 * f64::from(c.sure) / 100.0).sum();
    let figures = || {
        let (came, said) = (share(right as f64), share(sure));
        let predictions = if all == 1 { "prediction" } else { "predictions" };
        format!("Of {all} {predictions} {right} came true, {came} %. You were {said} % sure on average.")
    };
    match leaning(calibration) {
        Leaning::TooFew if all == 0 => "No predictions yet: each lesson asks for at least one.".to_owned(),
        Leaning::TooFew => format!("{} From {ENOUGH} predictions on, the two can be compared.", figures()),
        Leaning::TooSure => format!("{} You are right less often than you think: allow for more doubt.", figures()),
        Leaning::Fits => format!("{} That fits: when you say how sure you are, it can be relied on.", figures()),
        Leaning::TooUnsure => format!("{} You know more than you think: you may be surer.", figures()),
    }
}

fn totals(calibration: &[Calibration]) -> (usize, usize) {
    calibration.iter().fold((0, 0), |(all, right), c| (all + c.predictions, right + c.right))
}
