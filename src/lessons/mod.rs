//! The tutor: lesson files, their proof, and a learner's way through one.

pub mod answer;
mod cel;
pub mod check;
mod commands;
mod folder;
pub mod format;
pub mod library;
pub mod limits;
mod parse;
pub mod progress;
pub mod reference;
mod rules;
pub mod session;
pub mod source;
pub mod template;

pub use answer::{Guess, Note, SURENESS, Verdict};
pub use format::{Lesson, Question, Step, Unit};
pub use library::{LessonEntry, Library, UnitEntry};
pub(crate) use session::moved;
pub use session::{Phase, Session};
pub use source::{LessonError, LessonErrors};

/// Reads a lesson from its text, as from a file of somebody who is not trusted; `name` is the file's, for messages.
///
/// ```
/// let errors = scalelab::lessons::read("mine.toml", "id = 'x'\ntitle = 3").unwrap_err();
/// assert!(errors.to_string().starts_with("mine.toml:2:9: "), "{errors}");
/// ```
///
/// # Errors
/// Everything that is wrong with it, each with its place.
pub fn read(name: &str, text: &str) -> Result<Lesson, LessonErrors> {
    parse::lesson(name, text, parse::Trust::Unknown).map(|(lesson, _)| lesson)
}
