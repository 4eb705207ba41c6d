//! An expression of a lesson over the facts, compiled once.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use cel::Value;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};

use crate::engine::{CheckError, Expectation, Verdict};

/// An expression of a lesson. It is compiled when somebody first looks, which the check of an unknown file does at
/// once; its clones share what was compiled.
///
/// ```
/// use scalelab::lessons::format::Cel;
/// let goal = Cel::from("nodes == 4".to_owned());
/// let facts = serde_json::json!({"nodes": 4});
/// assert!(goal.judge(&facts)?.holds);
/// assert!(std::ptr::eq(goal.expectation()?, goal.clone().expectation()?));
/// # Ok::<(), scalelab::engine::CheckError>(())
/// ```
#[derive(Clone, Deserialize, Serialize)]
#[serde(from = "String", into = "String")]
pub struct Cel {
    source: Arc<str>,
    compiled: Arc<OnceLock<Result<Expectation, CheckError>>>,
}

impl Cel {
    /// As it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Compiled.
    ///
    /// # Errors
    /// [`CheckError::Syntax`] when it is no CEL.
    pub fn expectation(&self) -> Result<&Expectation, CheckError> {
        self.compiled.get_or_init(|| Expectation::compile(&self.source)).as_ref().map_err(Clone::clone)
    }

    /// Its value over facts.
    ///
    /// # Errors
    /// As [`Cel::expectation`] and [`Expectation::value`].
    pub fn value(&self, facts: &serde_json::Value) -> Result<Value, CheckError> {
        self.expectation()?.value(facts)
    }

    /// Whether it holds.
    ///
    /// # Errors
    /// As [`Cel::expectation`] and [`Expectation::judge`].
    pub fn judge(&self, facts: &serde_json::Value) -> Result<Verdict, CheckError> {
        self.expectation()?.judge(facts)
    }
}

impl From<String> for Cel {
    fn from(source: String) -> Self {
        Self { source: source.into(), compiled: Arc::default() }
    }
}

impl From<Cel> for String {
    fn from(cel: Cel) -> Self {
        cel.source.as_ref().to_owned()
    }
}

impl PartialEq for Cel {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl fmt::Debug for Cel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

/// To an author it is a text.
impl JsonSchema for Cel {
    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}
