//! Run files: a run as a small TOML text that can be replayed byte for byte.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use toml::de::{DeTable, DeValue, Deserializer};
use xxhash_rust::xxh3::xxh3_64;

use super::event::Micros;
use super::numbers::thousands;
use super::timeline::MAX_COMMANDS;
use super::visible::{is_unsafe, visible};

/// Version of the format written now, and the only one read.
pub const FORMAT: u32 = 1;

/// Most signs that begin a value: a command has four, and its text may have some.
const MAX_VALUES: usize = 8 * MAX_COMMANDS;
/// Most inputs that a run has.
const MAX_INPUTS: usize = 16;

/// Why a run file was refused. As a text it is one line without anything raw, whatever stands in the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// It is not the TOML of a run.
    #[error(
        "{0} is damaged or no run file: {1}. Record it again with `scalelab run … --save {0}`.",
        visible(name),
        visible(reason)
    )]
    Damaged {
        /// Path.
        name: String,
        /// What is wrong, with line and column where known.
        reason: String,
    },
    /// It was written in another format.
    #[error(
        "{} has format {found}; this scalelab reads format {FORMAT}. Record it again, or use the scalelab that wrote it.",
        visible(name)
    )]
    Format {
        /// Path.
        name: String,
        /// The format found.
        found: u32,
    },
    /// It names a lab that there is not.
    #[error(
        "{} is a run of the lab '{}', which this scalelab does not have. The labs are: {labs}.",
        visible(name),
        visible(lab)
    )]
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
        "{} is stale: its input '{}' {}. Give the same input as when it was recorded, or record it again.",
        visible(name),
        visible(input),
        visible(reason)
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
        "{} is stale: replaying it ends in other facts than were recorded (this scalelab's lab differs). Record it again.",
        visible(name)
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
        let whole = |number: u64| match i64::try_from(number) {
            Ok(number) => Ok(number),
            Err(_) => Err(format!("a run file holds numbers up to {}, not {number}", i64::MAX)),
        };
        let mut text = format!(
            "format = {}\nscalelab = {}\nlab = {}\nseed = {}\nend_us = {}\nfacts_hash = {}\n",
            self.format,
            quoted(&self.scalelab),
            quoted(&self.lab),
            whole(self.seed)?,
            whole(self.end_us)?,
            quoted(&self.facts_hash)
        );
        for RecordedInput { role, path, hash } in &self.input {
            let (role, path, hash) = (quoted(role), quoted(path), quoted(hash));
            text.push_str(&format!("\n[[input]]\nrole = {role}\npath = {path}\nhash = {hash}\n"));
        }
        for RecordedCommand { at_us, run } in &self.command {
            text.push_str(&format!("\n[[command]]\nat_us = {}\nrun = {}\n", whole(*at_us)?, quoted(run)));
        }
        Ok(text)
    }

    /// Reads a run from TOML; `name` is the file's, for messages.
    ///
    /// # Errors
    /// [`RecordingError::Damaged`] and [`RecordingError::Format`].
    pub fn from_toml(name: &str, text: &str) -> Result<Self, RecordingError> {
        let damaged = |reason: String| RecordingError::Damaged { name: name.to_owned(), reason };
        let wrong = |error: toml::de::Error| damaged(placed(text, error.span(), error.message()));
        let many = || damaged(format!("it has more than {} commands", thousands(MAX_COMMANDS as u64)));
        // Each command has a header, and each value something before it: what is far too much is refused before it is
        // made into values, which take some hundred times its room.
        let headers = text.lines().filter(|line| line.trim_start().starts_with("[[")).count();
        let values = text.bytes().filter(|byte| matches!(byte, b'=' | b',' | b'[' | b'{')).count();
        if headers > MAX_COMMANDS + MAX_INPUTS || values > MAX_VALUES {
            return Err(many());
        }
        let table = DeTable::parse(text).map_err(wrong)?;
        let found = match table.get_ref().get("format").map(|value| value.get_ref()) {
            Some(DeValue::Integer(number)) => number.to_string().parse::<i64>().ok(),
            _ => None,
        };
        match found {
            Some(found) if found == i64::from(FORMAT) => {}
            None | Some(0) => return Err(damaged("it has no `format`".to_owned())),
            Some(found) => {
                let found = u32::try_from(found).unwrap_or(u32::MAX);
                return Err(RecordingError::Format { name: name.to_owned(), found });
            }
        }
        let run = Self::deserialize(Deserializer::from(table)).map_err(wrong)?;
        if run.command.len() > MAX_COMMANDS {
            return Err(many());
        }
        let times: Vec<Micros> = run.command.iter().map(|c| c.at_us).chain([run.end_us]).collect();
        if let Some(i) = times.windows(2).position(|w| w[0] > w[1]) {
            return Err(damaged(format!("time runs backwards after command {}", i + 1)));
        }
        Ok(run)
    }
}

/// What is wrong with a text, and where.
fn placed(text: &str, at: Option<std::ops::Range<usize>>, what: &str) -> String {
    let what = what.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ");
    let Some(before) = at.and_then(|at| text.get(..at.start)) else { return what };
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |start| start.chars().count()) + 1;
    format!("line {line}, column {column}: {what}")
}

/// A text as TOML has it between double quotes, with nothing raw in it, so that a run file can be looked at anywhere.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if is_unsafe(c) => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\U{:08X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
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
        let odd = (0..=0x0010_ffff).filter_map(char::from_u32).filter(|c| is_unsafe(*c)).collect::<String>();
        for text in ["add 'node d'", "add \"n\\\" \"\"\" '''x", odd.as_str()] {
            let input = vec![RecordedInput { role: "keys".into(), path: text.into(), hash: "1".into() }];
            let command = vec![RecordedCommand { at_us: 3, run: text.into() }; 2];
            let run = Recording { input, command, lab: text.into(), ..sample() };
            let written = run.to_toml().unwrap();
            assert!(!written.chars().any(|c| is_unsafe(c) && c != '\n'), "{written}");
            assert_eq!(Recording::from_toml("run.toml", &written).unwrap(), run);
        }
        assert!(Recording { seed: u64::MAX, ..sample() }.to_toml().is_err());
    }

    #[test]
    fn a_run_has_a_most_of_commands() {
        let one = "[[command]]\nat_us = 3\nrun = 'x'\n";
        let read = |count: usize| Recording::from_toml("run", &(sample().to_toml().unwrap() + &one.repeat(count)));
        // The sample has one, too.
        for count in [MAX_COMMANDS, MAX_COMMANDS + MAX_INPUTS] {
            let refused = read(count).unwrap_err().to_string();
            assert!(refused.contains("more than 100,000 commands"), "{refused}");
        }
        assert!(read(MAX_COMMANDS - 1).is_ok());
        for many in ["[],", "1,", "{},"] {
            let text = format!("{}a = [{}]\n", sample().to_toml().unwrap(), many.repeat(MAX_VALUES));
            let refused = Recording::from_toml("run", &text).unwrap_err().to_string();
            assert!(refused.contains("more than 100,000 commands"), "{many}: {refused}");
        }
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
