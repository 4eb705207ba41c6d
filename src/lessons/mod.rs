//! The tutor: lesson files, their proof, and a learner's way through one.

pub mod format;

pub use format::{Lesson, Step, Unit};
