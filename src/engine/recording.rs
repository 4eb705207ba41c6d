//! Run files: a run as a small TOML text that can be replayed byte for byte.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::event::Micros;

/// Version of the format written now, and the only one read.
pub const FORMAT: u32 = 1;

/// Why a run file was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// It is not the TOML of a run.
    #[error("{name} is damaged or no run file: {reason}. Record it again with `scalelab run … --save {name}`.")]
    Damaged {
        /// Path.
        name: String,
        /// What is wrong, with line and column where known.
        reason: String,
    },
    /// It was written in another format.
    #[error(
        "{name} has format {found}; this scalelab reads format {FORMAT}. Record it again, or use the scalelab that wrote it."
    )]
    Format {
        /// Path.
        name: String,
        /// The format found.
        found: u32,
    },
    /// It names a lab that there is not.
    #[error("{name} is a run of the lab '{lab}', which this scalelab does not have. The labs are: {labs}.")]
    UnknownLab {
        /// Path.
        name: String,
        /// The lab that it names.
        lab: String,
        /// The labs that there are.
        labs: String,
    },
    /// Its input changed or is gone.
    #[error(
        "{name} is stale: its input '{input}' {reason}. Give the same input as when it was recorded, or record it again."
    )]
    Input {
        /// Path.
        name: String,
        /// Path of the input.
        input: String,
        /// What changed.
        reason: String,
    },
    /// Replaying it ends elsewhere.
    #[error(
        "{name} is stale: replaying it ends in other facts than were recorded (this scalelab's lab differs). Record it again."
    )]
    Outcome {
        /// Path.
        name: String,
    },
}

/// A run: what it was opened with and what was done when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// Version of the format.
    pub format: u32,
    /// Version of scalelab that wrote it.
    pub scalelab: String,
    /// Name of the lab.
    pub lab: String,
    /// Its seed.
    pub seed: u64,
    /// Simulated time at the end, in microseconds.
    pub end_us: Micros,
    /// XXH3-64 of the facts at the end, as JSON, in hex.
    pub facts_hash: String,
    /// Real input, by content.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input: Vec<RecordedInput>,
    /// The commands in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<RecordedCommand>,
}

/// One input of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedInput {
    /// Its role in the lab, e.g. `keys`.
    pub role: String,
    /// Where it was read from.
    pub path: String,
    /// XXH3-128 of its bytes, in hex.
    pub hash: String,
}

/// One command of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedCommand {
    /// Simulated time, in microseconds.
    pub at_us: Micros,
    /// The command line.
    pub run: String,
}

/// Hash of facts as a run file keeps it.
///
/// ```
/// let facts = serde_json::json!({"nodes": 3});
/// assert_eq!(scalelab::engine::recording::facts_hash(&facts).len(), 16);
/// ```
pub fn facts_hash(facts: &serde_json::Value) -> String {
    format!("{:016x}", xxh3_64(facts.to_string().as_bytes()))
}

impl Recording {
    /// The run as TOML.
    ///
    /// # Errors
    /// When a number is beyond what TOML can hold (times and seeds beyond 2⁶³−1).
    pub fn to_toml(&self) -> Result<String, String> {
        toml::to_string(self).map_err(|e| e.to_string())
    }

    /// Reads a run from TOML; `name` is the file's, for messages.
    ///
    /// # Errors
    /// [`RecordingError::Damaged`] and [`RecordingError::Format`].
    pub fn from_toml(name: &str, text: &str) -> Result<Self, RecordingError> {
        let damaged = |reason: String| RecordingError::Damaged { name: name.to_owned(), reason };
        let tables: toml::Table = text.parse().map_err(|e: toml::de::Error| damaged(one_line(&e.to_string())))?;
        let found = tables.get("format").and_then(toml::Value::as_integer).unwrap_or(0);
        if found != i64::from(FORMAT) {
            let found = u32::try_from(found).unwrap_or(u32::MAX);
            if found == 0 {
                return Err(damaged("it has no `format`".to_owned()));
            }
            return Err(RecordingError::Format { name: name.to_owned(), found });
        }
        let run: Self = toml::from_str(text).map_err(|e| damaged(one_line(&e.to_string())))?;
        let times: Vec<Micros> = run.command.iter().map(|c| c.at_us).chain([run.end_us]).collect();
        if let Some(i) = times.windows(2).position(|w| w[0] > w[1]) {
            return Err(damaged(format!("time runs backwards after command {}", i + 1)));
        }
        Ok(run)
    }
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Recording {
        Recording {
            format: FORMAT,
            scalelab: "0.1.0".into(),
            lab: "ring".into(),
            seed: 7,
            end_us: 10,
            facts_hash: "0".repeat(16),
            input: vec![],
            command: vec![RecordedCommand { at_us: 3, run: "add 'node d'".into() }],
        }
    }

    #[test]
    fn a_run_survives_toml() {
        let text = sample().to_toml().unwrap();
        assert_eq!(Recording::from_toml("run.toml", &text).unwrap(), sample());
    }

    #[test]
    fn damage_is_named() {
        let text = sample().to_toml().unwrap();
        let cases = [
            (text.replace("format = 1", "format = 9"), "format 9"),
            (text.replace("format = 1", ""), "no `format`"),
            (text.replace("end_us = 10", "end_us = 1"), "backwards"),
            (text.replace("seed = 7", "seed = 7\nextra = 1"), "unknown field"),
            (text.replace("seed = 7", "seed = "), "damaged"),
        ];
        for (damaged, reason) in cases {
            let error = Recording::from_toml("run.toml", &damaged).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
