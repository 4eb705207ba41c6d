//! Times as one types them: a number and a unit.

use std::ffi::OsStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;

use crate::algorithms::availability::YEAR_S;
use crate::engine::ranges::Range;
use crate::engine::{Micros, ModelError};

/// Longest time that can be given anywhere, in seconds.
pub const LONGEST_S: f64 = 30_000.0 * YEAR_S;
/// Shortest, in seconds.
pub const SHORTEST_S: f64 = 0.001;

/// Times of an argument: what it is, and its shortest and longest value in microseconds.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// What a refusal begins with.
    pub what: &'static str,
    /// The shortest and the longest.
    pub range: (Micros, Micros),
}

impl Times {
    fn words(&self) -> String {
        format!("{} to {}", typed(self.range.0), typed(self.range.1))
    }

    /// Reads a time.
    ///
    /// # Errors
    /// What is no time, and what is out of range: the sentence says what is accepted.
    pub fn read(&self, text: &str) -> Result<Micros, String> {
        let read = duration_s(text).ok().map(|seconds| (seconds * 1e6).round() as Micros);
        read.filter(|us| (self.range.0..=self.range.1).contains(us)).ok_or_else(|| {
            let shown: String = text.chars().take(30).collect();
            format!("{} must be a number and a unit from {}, not '{shown}'", self.what, self.words())
        })
    }
}

/// As one would type it, in the largest unit that leaves a whole number.
fn typed(us: Micros) -> String {
    let units = [(3_600_000_000, "h"), (60_000_000, "min"), (1_000_000, "s"), (1_000, "ms")];
    let unit = units.into_iter().find(|(unit, _)| us >= *unit && us.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{us} µs"), |(unit, name)| format!("{}{name}", us / unit))
}

impl Range for Times {
    fn help(&self) -> String {
        format!("[range: {}]", self.words())
    }
}

impl TypedValueParser for Times {
    type Value = Micros;

    fn parse_ref(&self, _: &clap::Command, _: Option<&clap::Arg>, value: &OsStr) -> Result<Micros, clap::Error> {
        let read = self.read(&value.to_string_lossy());
        read.map_err(|message| clap::Error::raw(ErrorKind::ValueValidation, message))
    }
}

/// A time as one writes it, in seconds: `1000h`, `30 d`, `90s`, `5y`. Without a unit it is in seconds.
///
/// # Errors
/// What is no number with a unit, and what is shorter than [`SHORTEST_S`] or longer than [`LONGEST_S`].
pub fn duration_s(text: &str) -> Result<f64, ModelError> {
    let trimmed = text.trim();
    let split = trimmed.find(|c: char| c.is_alphabetic()).unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(split);
    let per = match unit.trim() {
        "ms" => 0.001,
        "s" | "" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        "w" => 7.0 * 86_400.0,
        "y" => YEAR_S,
        _ => f64::NAN,
    };
    let value = number.trim().parse::<f64>().map_or(f64::NAN, |n| n * per);
    let shown: String = text.chars().take(30).collect();
    match value {
        _ if (SHORTEST_S..=LONGEST_S).contains(&value) => Ok(value),
        _ if value > LONGEST_S => {
            let most = (LONGEST_S / YEAR_S).round();
            Err(ModelError::new(format!("'{shown}' is too long"), format!("{most}y is the most")))
        }
        _ if value > 0.0 => Err(ModelError::new(format!("'{shown}' is too short"), "1ms is the least")),
        _ => Err(ModelError::new(
            format!("'{shown}' is no time above 0"),
            "give a number and a unit of ms, s, m, h, d, w or y, e.g. 1000h",
        )),
    }
}
