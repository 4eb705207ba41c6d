//! scalelab: a laboratory for scalability in your terminal.
pub mod algorithms;
pub mod engine;
pub mod picture;
