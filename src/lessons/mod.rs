//! The tutor: lesson files, their proof, and a learner's way through one.

pub mod format;
pub mod session;

pub use format::{Lesson, Step, Unit};
pub use session::{Guess, Note, Phase, Session, Verdict};
