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
mod watch;

use std::io::IsTerminal;

pub use app::{App, Opening};
pub use learning::Learning;
pub use watch::{News, Watch};

use crate::settings::can_draw;

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
    /// The terminal cannot place text.
    #[error(
        "the terminal cannot draw a screen: {term}. Set TERM to what it is, such as xterm-256color.\n\
         Without a screen: `scalelab run {lab} -c help` runs the lab, `scalelab snapshot {lab} -o {lab}.svg` draws it."
    )]
    CannotDraw {
        /// What the environment says of it.
        term: String,
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

/// Refuses to go on without a terminal that can draw, before anything slow is done.
///
/// # Errors
/// [`ScreenError::NoTerminal`], [`ScreenError::CannotDraw`].
pub fn require_terminal(lab: &str) -> Result<(), ScreenError> {
    let lab = lab.to_owned();
    if !std::io::stdout().is_terminal() {
        return Err(ScreenError::NoTerminal { lab });
    }
    let term = std::env::var("TERM").ok();
    if !can_draw(term.as_deref()) {
        let term = term.filter(|t| !t.is_empty()).map_or("TERM is not set".to_owned(), |t| format!("TERM is {t}"));
        return Err(ScreenError::CannotDraw { term, lab });
    }
    Ok(())
}

/// Runs the app on the terminal until the user quits; what is watched is read again when it is saved.
///
/// # Errors
/// Every [`ScreenError`]; the terminal is as before in any case.
pub fn run(app: &mut App, watch: Option<Watch>) -> Result<(), ScreenError> {
    require_terminal("ring")?;
    terminal::run(app, watch)
}
