//! The screen: terminal set-up and restore, event loop, home, lab screen, palette, help.
//!
//! [`App`] is the whole of it without a terminal: events in, a buffer out. Tests drive it so.

mod app;
mod choices;
mod help;
mod home;
mod lab_screen;
mod learning;
mod lesson;
mod palette;
mod popup;
mod review;
mod terminal;
mod wakeups;

use std::io::IsTerminal;
use std::path::Path;

pub use app::{App, Opening};
pub use learning::Learning;

/// Why there is no screen.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    /// Standard output is a file or a pipe.
    #[error(
        "the output is no terminal, so there is no screen to draw on.\n\
         Without a screen: `scalelab run {lab} -c help` runs the lab, `scalelab snapshot {lab} -o {lab}.svg` draws it."
    )]
    NoTerminal {
        /// The lab that was asked for, or one that there is.
        lab: String,
    },
    /// The system refused.
    #[error("the terminal failed: {0}")]
    Io(#[from] std::io::Error),
    /// A signal asked us to end.
    #[error("ended by signal {0}")]
    Signal(i32),
}

/// Refuses to go on without a terminal, before anything slow is done.
///
/// # Errors
/// [`ScreenError::NoTerminal`].
pub fn require_terminal(lab: &str) -> Result<(), ScreenError> {
    if std::io::stdout().is_terminal() { Ok(()) } else { Err(ScreenError::NoTerminal { lab: lab.to_owned() }) }
}

/// Runs the app on the terminal until the user quits; a folder to watch is read anew when a file in it changes.
///
/// # Errors
/// Every [`ScreenError`]; the terminal is as before in any case.
pub fn run(app: &mut App, watch: Option<&Path>) -> Result<(), ScreenError> {
    require_terminal("ring")?;
    terminal::run(app, watch)
}
