//! Refusals: what is wrong, where, and what to do.

/// Why a command, or the opening of a lab, was refused. The state is as before.
///
/// ```
/// use scalelab::engine::ModelError;
/// let error = ModelError::new("there is no node 'x'", "name one of: node-a, node-b");
/// assert_eq!(error.to_string(), "there is no node 'x': name one of: node-a, node-b");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}: {remedy}")]
pub struct ModelError {
    /// What is wrong, and where.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl ModelError {
    /// An error with what is wrong and what to do.
    pub fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { problem: problem.into(), remedy: remedy.into() }
    }
}
