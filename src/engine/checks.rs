//! Expectations: CEL expressions over a lab's facts.

use cel::{Context, Program, Value};

use super::cost::{MAX_COST, cost};

/// Longest accepted expression, in bytes.
pub const MAX_EXPRESSION: usize = 4096;
/// Deepest accepted nesting of brackets.
const MAX_NESTING: usize = 64;

/// Why an expression could not be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// The expression is not CEL.
    #[error("'{expression}' is not a CEL expression: {reason}")]
    Syntax {
        /// As given.
        expression: String,
        /// What the parser said.
        reason: String,
    },
    /// The expression failed while running, say for want of a fact.
    #[error("'{expression}' cannot be judged: {reason}; the facts are: {facts}")]
    Run {
        /// As given.
        expression: String,
        /// What went wrong.
        reason: String,
        /// The names of the facts that there are.
        facts: String,
    },
    /// The expression could take too long.
    #[error(
        "'{expression}' could take too long to judge: loops within loops, or too deep. Ask for less, or in several parts."
    )]
    Costly {
        /// As given.
        expression: String,
    },
    /// The expression gives no true or false.
    #[error("'{expression}' gives {value}, not true or false: compare it with something")]
    NotBool {
        /// As given.
        expression: String,
        /// What it gave.
        value: String,
    },
}

/// What an expectation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it held.
    pub holds: bool,
    /// The facts that it names, with their values: `moved_share = 0.2489`.
    pub seen: Vec<(String, String)>,
}

/// A compiled expectation.
///
/// ```
/// use scalelab::engine::Expectation;
/// let facts = serde_json::json!({"moved_share": 0.25, "nodes": 4});
/// let verdict = Expectation::compile("moved_share < 0.2 && nodes == 4")?.judge(&facts)?;
/// assert!(!verdict.holds);
/// assert_eq!(verdict.seen[0], ("moved_share".to_string(), "0.25".to_string()));
/// # Ok::<(), scalelab::engine::CheckError>(())
/// ```
pub struct Expectation {
    source: String,
    program: Program,
    names: Vec<String>,
}

impl Expectation {
    /// Compiles an expression. Cost: linear in its length.
    ///
    /// # Errors
    /// [`CheckError::Syntax`] when it is no CEL, too long, or nested too deep.
    pub fn compile(expression: &str) -> Result<Self, CheckError> {
        let syntax = |reason: String| CheckError::Syntax { expression: shorten(expression), reason };
        if expression.len() > MAX_EXPRESSION {
            return Err(syntax(format!("it has {} bytes; {MAX_EXPRESSION} is the most", expression.len())));
        }
        if nesting(expression) > MAX_NESTING {
            return Err(syntax(format!("brackets are nested deeper than {MAX_NESTING}")));
        }
        let program = Program::compile(expression).map_err(|e| syntax(first_line(&e.to_string())))?;
        let mut names: Vec<String> = program.references().variables().into_iter().map(str::to_owned).collect();
        names.sort();
        Ok(Self { source: expression.to_owned(), program, names })
    }

    /// The expression as given.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Evaluates the expression over facts (a JSON object), to any value.
    ///
    /// # Errors
    /// [`CheckError::Run`] when it fails, e.g. names a fact that is not there; [`CheckError::Costly`]
    /// when it could take more than some tenths of a second.
    pub fn value(&self, facts: &serde_json::Value) -> Result<Value, CheckError> {
        if cost(self.program.expression(), facts) > MAX_COST {
            return Err(CheckError::Costly { expression: shorten(&self.source) });
        }
        let run = |reason: String| CheckError::Run {
            expression: shorten(&self.source),
            reason,
            facts: facts.as_object().map_or_else(String::new, |o| o.keys().cloned().collect::<Vec<_>>().join(", ")),
        };
        let mut context = Context::default();
        for (name, value) in facts.as_object().into_iter().flatten() {
            context.add_variable(name.as_str(), value).map_err(|e| run(e.to_string()))?;
        }
        self.program.execute(&context).map_err(|e| run(first_line(&e.to_string())))
    }

    /// Judges the expectation over facts.
    ///
    /// # Errors
    /// As [`Expectation::value`], and [`CheckError::NotBool`].
    pub fn judge(&self, facts: &serde_json::Value) -> Result<Verdict, CheckError> {
        match self.value(facts)? {
            Value::Bool(holds) => Ok(Verdict { holds, seen: self.seen(facts) }),
            other => Err(CheckError::NotBool { expression: shorten(&self.source), value: format!("{other:?}") }),
        }
    }

    fn seen(&self, facts: &serde_json::Value) -> Vec<(String, String)> {
        self.names.iter().filter_map(|n| facts.get(n).map(|v| (n.clone(), v.to_string()))).collect()
    }
}

fn first_line(text: &str) -> String {
    text.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or("no reason given").to_owned()
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 120 { text.to_owned() } else { text.chars().take(119).chain(['…']).collect() }
}

fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for c in text.chars() {
        match c {
            '(' | '[' | '{' | '!' | '-' | '?' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
