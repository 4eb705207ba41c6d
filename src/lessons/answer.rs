//! Answers: what was guessed, how it came out, and what is worth keeping of it.

use cel::Value;

use super::format::{Cel, Predict};
use crate::engine::numbers;
use crate::labs::OpenLab;

/// How sure one may say to be, in percent: from tossing a coin to certain.
pub const SURENESS: [u8; 6] = [50, 60, 70, 80, 90, 100];

/// What the learner expects.
#[derive(Clone, Debug, PartialEq)]
pub enum Guess {
    /// The choice with this index.
    Choice(usize),
    /// A number.
    Number(f64),
    /// A name.
    Pick(String),
}

/// How an answer came out.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What was said.
    pub said: String,
    /// What happened; empty where nothing ran.
    pub happened: String,
    /// Whether they agree.
    pub right: bool,
    /// Why.
    pub reply: String,
}

/// What is worth keeping about the learner.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// They stand at this step.
    At(String),
    /// A prediction: how sure, and whether it came true.
    Predicted {
        /// Step.
        step: String,
        /// Percent.
        sure: u8,
        /// Whether it came true.
        right: bool,
    },
    /// A question was answered, at the first try or not.
    Answered {
        /// Step.
        step: String,
        /// Whether the first answer was right.
        right: bool,
        /// Whether a hint was looked at before.
        hinted: bool,
    },
    /// A hint was looked at in this step.
    Hint(String),
    /// The solution of this step was played.
    Shown(String),
    /// A challenge was passed alone.
    Challenge {
        /// Step.
        step: String,
        /// Commands that it took.
        commands: usize,
    },
    /// The challenge was passed by one who had gone straight to it.
    TestedOut,
    /// The last step is done.
    Finished,
}

/// How a prediction came out, over the facts after its event; none if the guess does not fit the question.
pub(super) fn judge(predict: &Predict, guess: &Guess, facts: &serde_json::Value) -> Option<Verdict> {
    let value = |cel: &Cel| cel.value(facts);
    let mut happened = value(&predict.outcome).map_or_else(|e| e.to_string(), |v| spell(&v));
    let (said, right, reply) = match guess {
        Guess::Choice(index) => {
            let choice = predict.choices.get(*index)?;
            let right = value(&choice.when).is_ok_and(|v| v == Value::Bool(true));
            (choice.text.clone(), right, choice.reply.clone())
        }
        Guess::Number(guess) => {
            let number = predict.number.as_ref()?;
            let truth = value(&number.value).ok().and_then(|v| as_f64(&v)).unwrap_or(f64::NAN);
            happened = format!("{} {} ({happened})", round(truth), number.unit);
            let right = (truth - guess).abs() <= number.tolerance;
            (format!("{} {}", round(*guess), number.unit), right, predict.reply.clone().unwrap_or_default())
        }
        Guess::Pick(name) => {
            let pick = predict.pick.as_ref()?;
            let truth = value(&pick.value).map_or_else(|e| e.to_string(), |v| spell(&v));
            (name.clone(), truth == *name, predict.reply.clone().unwrap_or_default())
        }
    };
    Some(Verdict { said, happened, right, reply })
}

/// A word for how sure one is, to stand behind the figure.
pub(super) fn sure_words(sure: u8) -> &'static str {
    match sure {
        50 => "  a coin toss",
        100 => "  certain",
        _ => "",
    }
}

/// The names to pick from: a list of texts, or the keys of a map.
pub(super) fn names(among: &Cel, lab: &dyn OpenLab) -> Vec<String> {
    match among.value(&lab.facts()) {
        Ok(Value::List(list)) => list.iter().map(spell).collect(),
        Ok(Value::Map(map)) => {
            let mut names: Vec<String> = map.map.keys().map(ToString::to_string).collect();
            names.sort();
            names
        }
        _ => Vec::new(),
    }
}

pub(super) fn as_f64(value: &Value) -> Option<f64> {
    match value {
        Value::Int(n) => Some(*n as f64),
        Value::UInt(n) => Some(*n as f64),
        Value::Float(x) => Some(*x),
        _ => None,
    }
}

fn round(x: f64) -> String {
    if x.fract().abs() < 1e-9 && (0.0..1e15).contains(&x) { numbers::thousands(x as u64) } else { format!("{x:.2}") }
}

/// A value of CEL as people write it.
pub(super) fn spell(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Bool(yes) => yes.to_string(),
        other => as_f64(other).map_or_else(|| format!("{other:?}"), round),
    }
}
