//! Everything without a terminal: run, snapshot, replay, lessons, lists.

pub mod inputs;
pub mod lessons;
pub mod measure;
pub mod printer;
pub mod progress;
pub mod replay;
pub mod run;
pub mod snapshot;

use std::io::Write;

use crate::engine::{CheckError, InputError, ModelError, RecordingError};
use crate::labs::REGISTRY;
use crate::lessons::LessonErrors;
use crate::picture::{pad, visible, width};

pub use printer::Printer;

/// Columns of a report about lessons.
pub const REPORT_COLUMNS: usize = 100;

/// Why nothing, or not all, was done.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// An expectation was false: exit code 1.
    #[error("{0}")]
    Expectation(String),
    /// Bad usage or input: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// Lessons that cannot be loaded: exit code 2.
    #[error("\n{}", .0.report(REPORT_COLUMNS, false))]
    Lessons(LessonErrors),
    /// Said already: this exit code.
    #[error("said before")]
    Told(u8),
    /// A signal ended the screen: exit code 128 and its number, as shells expect.
    #[error("ended by signal {0}")]
    Signal(u8),
    /// Whoever reads our output has stopped reading: nothing to report.
    #[error("nobody reads the output")]
    BrokenPipe,
}

impl Fault {
    /// The exit code that goes with it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Expectation(_) => 1,
            Self::Usage(_) | Self::Lessons(_) => 2,
            Self::Signal(signal) => 128 + (*signal).min(127),
            Self::Told(code) => *code,
            Self::BrokenPipe => 0,
        }
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::Usage(format!("cannot write the output: {error}")),
        }
    }
}

macro_rules! usage_from {
    ($($error:ty),*) => { $(impl From<$error> for Fault {
        fn from(error: $error) -> Self { Self::Usage(error.to_string()) }
    })* };
}
usage_from!(CheckError, InputError, ModelError, RecordingError);

/// Lists the labs, for people or as JSON.
///
/// # Errors
/// When the output cannot be written.
pub fn list_labs(json: bool, out: &mut Printer<'_>) -> Result<(), Fault> {
    if json {
        let labs: Vec<serde_json::Value> = REGISTRY
            .iter()
            .map(|lab| {
                let commands: Vec<String> =
                    (lab.definition)().get_subcommands().map(|c| c.get_name().to_owned()).collect();
                let views: Vec<&str> = lab.info.views.iter().map(|v| v.name).collect();
                serde_json::json!({
                    "name": lab.info.name, "title": lab.info.title, "summary": lab.info.summary,
                    "commands": commands, "views": views,
                })
            })
            .collect();
        out.json(&labs)?;
        return Ok(());
    }
    let widest = REGISTRY.iter().map(|lab| width(lab.info.name)).max().unwrap_or(0);
    for lab in REGISTRY {
        writeln!(out, "{}  {}", pad(lab.info.name, widest), lab.info.summary)?;
    }
    writeln!(out, "\nOpen one with `scalelab lab NAME`; `scalelab run NAME --help` lists its commands.")?;
    Ok(())
}

/// Writes a file, or says why not.
fn write_file(path: &str, content: &str) -> Result<(), Fault> {
    std::fs::write(path, content).map_err(|e| Fault::Usage(format!("cannot write {}: {e}", visible(path))))
}
