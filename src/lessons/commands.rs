//! A lab's commands, known by their definition: whether a line is one, without running it.

use crate::engine::ParseOutcome;
use crate::engine::command_line::read_line;

/// The commands of a lab.
pub(super) struct Commands(clap::Command);

impl Commands {
    /// From clap's definition.
    pub(super) fn of(definition: clap::Command) -> Self {
        Self(definition)
    }

    /// Whether there is a command of this name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.0.find_subcommand(name).is_some()
    }

    /// Whether the line is one command that does something.
    ///
    /// # Errors
    /// A sentence that says why not.
    pub(super) fn parse(&self, line: &str) -> Result<(), String> {
        match read_line(&self.0, line) {
            ParseOutcome::Command(..) => Ok(()),
            ParseOutcome::Help(_) => Err(format!("`{line}` only asks for help")),
            ParseOutcome::Empty => Err("this line does nothing".to_owned()),
            ParseOutcome::Error(message) => Err(format!("`{line}`: {message}")),
        }
    }
}
