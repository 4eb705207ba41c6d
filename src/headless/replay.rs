//! `scalelab replay`: a run file, proven to end where it ended when it was recorded.

use std::path::Path;

use super::{Fault, Printer, inputs, run};
use crate::engine::recording::facts_hash;
use crate::engine::{Recording, RecordingError, input};
use crate::labs::{OpenLab, REGISTRY, find};

/// Largest run file, in bytes: room for the most commands that a run may have, at some 80 bytes each.
const MAX_FILE: u64 = 8 << 20;

/// Opens a run file and replays it to its end.
///
/// # Errors
/// Every [`RecordingError`]: damaged, of another format, of an unknown lab, or stale.
pub fn open(path: &str) -> Result<Box<dyn OpenLab>, Fault> {
    let text = input::read_text(Path::new(path), MAX_FILE).map_err(|e| Fault::Usage(format!("the run file {e}")))?;
    let recording = Recording::from_toml(path, &text)?;
    let mut lab = open_lab(path, &recording)?;
    for (i, command) in recording.command.iter().enumerate() {
        lab.pass_until(command.at_us);
        lab.command(&command.run).map_err(|error| RecordingError::Damaged {
            name: path.to_owned(),
            reason: format!("command {} (`{}`) is refused: {error}", i + 1, command.run),
        })?;
    }
    lab.pass_until(recording.end_us);
    if facts_hash(&lab.facts()) != recording.facts_hash {
        return Err(RecordingError::Outcome { name: path.to_owned() }.into());
    }
    Ok(lab)
}

fn open_lab(path: &str, recording: &Recording) -> Result<Box<dyn OpenLab>, Fault> {
    let Some(lab) = find(&recording.lab) else {
        let labs: Vec<&str> = REGISTRY.iter().map(|r| r.info.name).collect();
        let (name, lab) = (path.to_owned(), recording.lab.clone());
        return Err(RecordingError::UnknownLab { name, lab, labs: labs.join(", ") }.into());
    };
    let paths: Vec<(String, String)> = recording.input.iter().map(|i| (i.role.clone(), i.path.clone())).collect();
    let setup = inputs::open(lab.info, recording.seed, &paths).map_err(|fault| RecordingError::Input {
        name: path.to_owned(),
        input: paths.iter().map(|(_, p)| p.as_str()).collect::<Vec<_>>().join(", "),
        reason: format!("cannot be used ({fault})"),
    })?;
    for input in &recording.input {
        if setup.inputs.get(&input.role).is_some_and(|read| read.hash != input.hash) {
            return Err(RecordingError::Input {
                name: path.to_owned(),
                input: input.path.clone(),
                reason: "has other content than when it was recorded".to_owned(),
            }
            .into());
        }
    }
    Ok((lab.open)(setup)?)
}

/// Replays without a screen, and reports like `run`.
///
/// # Errors
/// As [`open`].
pub fn report(path: &str, json: bool, out: &mut Printer<'_>) -> Result<(), Fault> {
    let lab = open(path)?;
    let events: Vec<_> = lab.story().0.iter().cloned().collect();
    if !json {
        events.iter().try_for_each(|event| run::sentence(event, out))?;
    }
    run::finish(lab.as_ref(), &events, json, out)
}
