//! The counter program on real threads: what was measured, beside what the model expects.
//!
//! Nothing here starts a thread or reads a file: `scalelab measure` does, and the lab takes its result as input.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::machine::{BAD, Machine};
use super::program::{Grain, Program};
use crate::algorithms::explore::{Counts, Graph};

/// How often each final value of the counter was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// Threads that counted.
    pub threads: u32,
    /// How often each added one: a load, then a store.
    pub adds: u32,
    /// Times that the program ran.
    pub rounds: u64,
    /// Processors that were there.
    pub processors: u32,
    /// Final value and how often.
    pub finals: Vec<(u32, u64)>,
}

impl Measured {
    /// Reads what [`Measured::to_toml`] wrote.
    ///
    /// ```
    /// use scalelab::algorithms::threads::Measured;
    /// let measured = Measured { threads: 2, adds: 1, rounds: 10, processors: 2, finals: vec![(1, 3), (2, 7)] };
    /// assert_eq!(Measured::from_toml(&measured.to_toml()), Ok(measured.clone()));
    /// assert!((measured.lost_share() - 0.3).abs() < 1e-12);
    /// assert!(Measured::from_toml("threads = 2").is_err());
    /// ```
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn from_toml(text: &str) -> Result<Self, String> {
        let read: Self = toml::from_str(text).map_err(|e| e.message().trim().to_owned())?;
        let most = read.most();
        if read.finals.iter().map(|(_, n)| n).try_fold(0_u64, |sum, n| sum.checked_add(*n)) != Some(read.rounds) {
            return Err("the finals do not add up to the rounds".to_owned());
        }
        if read.rounds == 0 || read.threads == 0 || read.finals.iter().any(|(value, _)| *value > most) {
            return Err("a counter cannot end like that".to_owned());
        }
        Ok(read)
    }

    /// As TOML, with a line that says what it is.
    pub fn to_toml(&self) -> String {
        let body = toml::to_string(self).unwrap_or_default();
        format!("# Written by `scalelab measure`: final values of a counter without a lock, on real threads.\n{body}")
    }

    /// What the counter ends with if no update is lost.
    pub fn most(&self) -> u32 {
        self.threads.saturating_mul(self.adds)
    }

    /// Share of the rounds that lost at least one update.
    pub fn lost_share(&self) -> f64 {
        let most = self.most();
        let lost: u64 = self.finals.iter().filter(|(value, _)| *value < most).map(|(_, n)| n).sum();
        lost as f64 / self.rounds.max(1) as f64
    }

    /// Share of the rounds that ended with a value.
    pub fn share(&self, value: u32) -> f64 {
        let seen: u64 = self.finals.iter().filter(|(v, _)| *v == value).map(|(_, n)| n).sum();
        seen as f64 / self.rounds.max(1) as f64
    }
}

/// The share of all schedules that end with each value, if every schedule were as likely as any other, and steps
/// are loads and stores. `None` beyond 500,000 states.
///
/// ```
/// use scalelab::algorithms::threads::expected_finals;
/// let shares = expected_finals(2, 1).unwrap();
/// assert!((shares[&1] - 4.0 / 6.0).abs() < 1e-12); // 4 of 6 schedules lose an update
/// ```
#[must_use]
pub fn expected_finals(threads: u32, adds: u32) -> Option<BTreeMap<u32, f64>> {
    let names: Vec<String> = (0..threads.min(9)).map(|t| format!("T{t}")).collect();
    let text = format!("shared x\nthread {} {{ repeat {adds} {{ x += 1 }} }}", names.join(", "));
    let program = Program::read(&text, Grain::Shared).ok()?;
    let graph = Graph::explore(&Machine::new(program), 500_000);
    if !graph.finished() {
        return None;
    }
    let counts = Counts::of(&graph, BAD);
    let all = counts.schedules.to_f64();
    let mut shares = BTreeMap::new();
    for outcome in &counts.outcomes {
        let value = outcome.key.first().copied().unwrap_or(0).max(0) as u32;
        *shares.entry(value).or_insert(0.0) += outcome.schedules.to_f64() / all;
    }
    Some(shares)
}
