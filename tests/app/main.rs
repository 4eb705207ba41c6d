//! The screen of lessons, and lessons themselves.

mod fuzzing;
mod learn;
mod lessons;
mod session;
