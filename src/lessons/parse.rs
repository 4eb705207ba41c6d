//! Text to a lesson, with every error at its place.
//!
//! Each step is read as its own kind, so that an error inside it points to the field and not to
//! the step. The depth of a document is bounded by the TOML parser (80 levels).

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

use super::format::{Lesson, Step, Unit};
use super::source::{LessonError, LessonErrors, Source};
use super::{limits, rules};

type Spanned<T> = toml::Spanned<T>;

const SEE: &str = "`scalelab lessons reference` lists every field.";
const WHOLE: &str = "a whole number from 0 up";
const KINDS: [&str; 8] = ["read", "watch", "predict", "do", "fix", "challenge", "explain", "recall"];

/// What is known of a file before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// A test has proven it: it comes with the program.
    Proven,
    /// Anybody wrote it.
    Unknown,
}

/// Reads a `unit.toml`.
///
/// # Errors
/// Bad TOML, fields that are missing, unknown or of another type, and what [`rules`] refuses.
pub(super) fn unit(name: &str, text: &str, trust: Trust) -> Result<(Unit, Source), LessonErrors> {
    let mut source = Source::new(name, text);
    let document = document(&mut source, text)?;
    let unit: Unit = typed(&source, document).map_err(one)?;
    let errors = if trust == Trust::Proven { Vec::new() } else { rules::unit(&unit, &source) };
    LessonErrors::of(errors).map_or(Ok((unit, source)), Err)
}

/// Reads a lesson.
///
/// # Errors
/// Bad TOML, fields that are missing, unknown or of another type, and what [`rules`] refuses.
pub(super) fn lesson(name: &str, text: &str, trust: Trust) -> Result<(Lesson, Source), LessonErrors> {
    let mut source = Source::new(name, text);
    let document = document(&mut source, text)?;
    let (at, mut table) = (document.span(), document.into_inner());
    let mut errors = Vec::new();
    let mut steps = Vec::new();
    if let Some((key, value)) = table.remove_entry("step") {
        let at = value.span();
        let rest = match value.into_inner() {
            DeValue::Array(array) if array.len() > limits::STEPS => {
                let problem = format!("the lesson has {} steps; {} is the most", array.len(), limits::STEPS);
                return Err(one(source.error("step", problem, "Make two lessons of it.")));
            }
            DeValue::Array(array) => {
                for (i, value) in array.into_iter().enumerate() {
                    match step_of(&source, i, value) {
                        Ok(step) => steps.push(step),
                        Err(error) => errors.push(error),
                    }
                }
                DeValue::Array(DeArray::default())
            }
            other => other,
        };
        table.insert(key, Spanned::new(at, rest));
    }
    match typed::<Lesson>(&source, Spanned::new(at, table)) {
        Ok(lesson) if errors.is_empty() => {
            let lesson = Lesson { steps, ..lesson };
            let errors = if trust == Trust::Proven { Vec::new() } else { rules::lesson(&lesson, &source) };
            LessonErrors::of(errors).map_or(Ok((lesson, source)), Err)
        }
        Ok(_) => Err(LessonErrors::of(errors).unwrap_or_else(|| one(source.error("step", "no step was read", SEE)))),
        Err(error) => {
            errors.insert(0, error);
            Err(LessonErrors::of(errors).unwrap_or_else(|| one(source.error("", "nothing was read", SEE))))
        }
    }
}

fn one(error: LessonError) -> LessonErrors {
    LessonErrors::from(error)
}

/// The document, whose places the source then knows.
fn document<'a>(source: &mut Source, text: &'a str) -> Result<Spanned<DeTable<'a>>, LessonErrors> {
    if text.len() > limits::FILE_BYTES {
        let problem = format!("the file has {} bytes; {} is the most", text.len(), limits::FILE_BYTES);
        return Err(one(LessonError::of_file(source.name(), problem, "Make several lessons of it.")));
    }
    let (document, errors) = DeTable::parse_recoverable(text);
    let errors = errors.iter().take(limits::ERRORS).map(|error| {
        let at = error.span().unwrap_or(0..0);
        source.error_at(at, format!("this is not TOML: {}", error.message()), toml_help(error.message()))
    });
    match LessonErrors::of(errors.collect()) {
        Some(errors) => Err(errors),
        None => {
            source.learn(document.get_ref());
            Ok(document)
        }
    }
}

fn toml_help(message: &str) -> &'static str {
    if message.contains("recursion") || message.contains("recurse") {
        "Values in a lesson are at most three levels deep."
    } else {
        "https://toml.io tells how TOML is written. A text of several lines stands between \"\"\" and \"\"\"."
    }
}

fn typed<T: DeserializeOwned>(source: &Source, table: Spanned<DeTable<'_>>) -> Result<T, LessonError> {
    let whole = table.span();
    T::deserialize(Deserializer::from(table)).map_err(|error| {
        let at = error.span().unwrap_or(whole);
        source.error_at(at, sentence(error.message()), SEE)
    })
}

/// The words of serde, without what only programmers know.
fn sentence(message: &str) -> String {
    let message = message.replace("invalid type: ", "wrong type: ").replace("invalid value: ", "wrong value: ");
    let message = message.replace('\n', " ").replace(" as i128", "").replace(" as u128", "");
    for (type_name, words) in [("u32", WHOLE), ("u64", WHOLE), ("usize", WHOLE), ("f64", "a number")] {
        if let Some(start) = message.strip_suffix(&format!("expected {type_name}")) {
            return format!("{start}expected {words}");
        }
    }
    message
}

fn step_of(source: &Source, index: usize, value: Spanned<DeValue<'_>>) -> Result<Step, LessonError> {
    let at = value.span();
    match value.into_inner() {
        DeValue::Table(table) => step(source, index, at, table),
        other => {
            let problem = format!("a step is a table, but this is of type {}", other.type_str());
            Err(source.error_at(at, problem, "Begin each step with a line `[[step]]`."))
        }
    }
}

fn step(source: &Source, index: usize, at: Range<usize>, mut table: DeTable<'_>) -> Result<Step, LessonError> {
    // The header line `[[step]]` is what a missing field is missing from.
    let kinds = format!("Kinds are: {}.", KINDS.join(", "));
    let Some(kind) = table.remove("kind") else {
        return Err(source.error_at(
            at,
            "the step has no kind",
            format!("Add a line such as `kind = \"read\"`. {kinds}"),
        ));
    };
    let DeValue::String(name) = kind.get_ref() else {
        return Err(source.error(&format!("step[{index}].kind"), "a kind is a text in quotes", kinds));
    };
    let name = name.to_string();
    let table = Spanned::new(at, table);
    match name.as_str() {
        "read" => typed(source, table).map(Step::Read),
        "watch" => typed(source, table).map(Step::Watch),
        "predict" => typed(source, table).map(Step::Predict),
        "do" => typed(source, table).map(Step::Do),
        "fix" => typed(source, table).map(Step::Fix),
        "challenge" => typed(source, table).map(Step::Challenge),
        "explain" => typed(source, table).map(Step::Explain),
        "recall" => typed(source, table).map(Step::Recall),
        _ => Err(source.error(&format!("step[{index}].kind"), format!("there is no kind of step '{name}'"), kinds)),
    }
}
