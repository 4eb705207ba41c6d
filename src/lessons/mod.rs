//! The tutor: lesson files, their proof, and a learner's way through one.

pub mod answer;
pub mod format;
pub mod progress;
pub mod session;

pub use answer::{Guess, Note, SURENESS, Verdict};
pub use format::{Lesson, Step, Unit};
pub use session::{Phase, Session};
