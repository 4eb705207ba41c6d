//! Expectations: CEL expressions over a lab's facts.

use cel::{Context, DeclarationError, ExecutionError, Program, ResolveResult, Value};
use serde::{Serialize, Serializer};

use super::cost::{MAX_COST, cost};
use super::numbers;

/// Longest accepted expression, in bytes.
pub const MAX_EXPRESSION: usize = 4096;

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
        let program = Program::compile(expression).map_err(|e| syntax(plainly(&first_line(&e.to_string()))))?;
        if program.references().has_function("matches") {
            let instead = "compare texts with ==, startsWith, endsWith or contains";
            return Err(syntax(format!("scalelab's CEL has no regular expressions: {instead}")));
        }
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
        add_words(&mut context).map_err(|e| run(e.to_string()))?;
        for (name, value) in facts.as_object().into_iter().flatten() {
            context.add_variable(name.as_str(), Signed(value)).map_err(|e| run(e.to_string()))?;
        }
        self.program.execute(&context).map_err(|e| match e {
            ExecutionError::UndeclaredReference(name) if *name == "matches" => {
                run("there are no regular expressions: use contains, startsWith or endsWith".to_owned())
            }
            other => run(first_line(&other.to_string())),
        })
    }

    /// Judges the expectation over facts.
    ///
    /// # Errors
    /// As [`Expectation::value`], and [`CheckError::NotBool`].
    pub fn judge(&self, facts: &serde_json::Value) -> Result<Verdict, CheckError> {
        match self.value(facts)? {
            Value::Bool(holds) => Ok(Verdict { holds, seen: self.seen(facts) }),
            other => Err(CheckError::NotBool { expression: shorten(&self.source), value: described(&other) }),
        }
    }

    fn seen(&self, facts: &serde_json::Value) -> Vec<(String, String)> {
        self.names.iter().filter_map(|n| facts.get(n).map(|v| (n.clone(), v.to_string()))).collect()
    }
}

/// A fact whose whole numbers are signed: in CEL, `nodes - 2` takes no unsigned one.
struct Signed<'a>(&'a serde_json::Value);

impl Serialize for Signed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(whole) => serializer.serialize_i64(whole),
                None => number.serialize(serializer),
            },
            serde_json::Value::Array(list) => serializer.collect_seq(list.iter().map(Signed)),
            serde_json::Value::Object(map) => {
                serializer.collect_map(map.iter().map(|(key, value)| (key, Signed(value))))
            }
            plain => plain.serialize(serializer),
        }
    }
}

/// Functions that make texts for people: `percent(0.2489)` is `24.9 %`, `thousands(2489)` is `2,489`,
/// `round(0.4567, 2)` is `0.46`.
fn add_words(context: &mut Context<'_, '_>) -> Result<(), DeclarationError> {
    context.add_function("percent", |share: Value| -> ResolveResult {
        Ok(numbers::percent(number("percent", &share)?).into())
    })?;
    context.add_function("thousands", |count: Value| -> ResolveResult {
        let count = number("thousands", &count)?;
        if !(0.0..1e15).contains(&count) {
            return Err(ExecutionError::function_error("thousands", "it takes a number from 0 up"));
        }
        Ok(numbers::thousands(count.round() as u64).into())
    })?;
    context.add_function("round", |x: Value, digits: Value| -> ResolveResult {
        let digits = number("round", &digits)?.clamp(0.0, 9.0) as usize;
        Ok(format!("{:.digits$}", number("round", &x)?).into())
    })
}

fn number(function: &str, value: &Value) -> Result<f64, ExecutionError> {
    match value {
        Value::Int(n) => Ok(*n as f64),
        Value::UInt(n) => Ok(*n as f64),
        Value::Float(x) if x.is_finite() => Ok(*x),
        _ => Err(ExecutionError::function_error(function, "it takes a number")),
    }
}

/// A value for a message. What holds other values is only named: maps have no order that would be the same every time.
fn described(value: &Value) -> String {
    match value {
        Value::Int(n) => n.to_string(),
        Value::UInt(n) => n.to_string(),
        Value::Float(x) => x.to_string(),
        Value::String(text) => format!("the text '{}'", shorten(text)),
        Value::List(list) => format!("a list of {}", list.len()),
        Value::Map(map) => format!("a map of {}", map.map.len()),
        Value::Null => "null".to_owned(),
        other => format!("a value of type {}", other.type_of()),
    }
}

fn first_line(text: &str) -> String {
    text.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or("no reason given").to_owned()
}

/// The parser's words without what only its author knows.
fn plainly(reason: &str) -> String {
    if reason.contains("Recursion limit") {
        return "brackets and conditions are nested too deep".to_owned();
    }
    let reason = reason.split(" expecting {").next().unwrap_or(reason);
    match reason.strip_prefix("ERROR: <input>:").and_then(|rest| rest.split_once(": Syntax error: ")) {
        Some((place, what)) => match place.split_once(':') {
            Some(("1", column)) => format!("{what} (at character {column})"),
            _ => format!("{what} (at {place})"),
        },
        None => reason.to_owned(),
    }
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 120 { text.to_owned() } else { text.chars().take(119).chain(['…']).collect() }
}
