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
