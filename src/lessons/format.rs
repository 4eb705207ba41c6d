//! What a lesson file holds: one TOML file a lesson, `lessons/NN-unit/NN-name.toml`.
//!
//! The types are the format: an unknown field is an error, and the reference for authors is made from them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::cel::Cel;

/// A unit: one folder of lessons, described by its `unit.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Name in progress files and in `needs`: lower case, digits and hyphens.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// One line: what one can do after it.
    pub summary: String,
}

impl Unit {
    /// What lessons belong to that lie in no unit.
    pub(super) fn nameless() -> Self {
        let text = str::to_owned;
        Self { id: text("lessons"), title: text("Lessons"), summary: text("Lessons without a unit.") }
    }
}

/// A lesson.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// Name in progress files and in `needs`: lower case, digits and hyphens.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// How long it takes, about.
    pub minutes: u32,
    /// Ids of the lessons that come before it.
    #[serde(default)]
    pub needs: Vec<String>,
    /// What the learner can do afterwards.
    pub objectives: Vec<String>,
    /// The lab that it happens in: see `scalelab labs`.
    pub lab: String,
    /// The seed that the learner gets.
    pub seed: u64,
    /// All seeds at which `scalelab lessons check` proves the lesson; with none, only `seed`.
    #[serde(default)]
    pub seeds: Vec<u64>,
    /// Real input: role to the name of a file beside the lesson.
    #[serde(default)]
    pub input: std::collections::BTreeMap<String, String>,
    /// Commands that are run before the first step.
    #[serde(default)]
    pub setup: Vec<String>,
    /// The steps, in order.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

/// A step of a lesson; `kind` says which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Step {
    /// A text.
    Read(Read),
    /// Commands that play, each with a sentence.
    Watch(Watch),
    /// A guess that is locked in before the event runs.
    Predict(Predict),
    /// A goal to reach.
    Do(Work),
    /// A goal to reach, where part of the work is given.
    Fix(Work),
    /// A goal to reach alone, in few commands.
    Challenge(Work),
    /// A question about what was seen.
    Explain(Question),
    /// A question from an earlier lesson.
    Recall(Question),
}

/// A text in Markdown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Read {
    /// Name of the step, unique in the lesson.
    pub id: String,
    /// Markdown.
    pub text: String,
    /// Which of the lab's views to show, from 1.
    pub view: Option<usize>,
}

/// Commands that play, pausing after each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// Name of the step, unique in the lesson.
    pub id: String,
    /// Markdown, shown before.
    pub text: String,
    /// Which of the lab's views to show, from 1.
    pub view: Option<usize>,
    /// What plays.
    pub play: Vec<Scene>,
}

/// One command of a `watch`, and what deserves a look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// A command of the lab.
    pub run: String,
    /// What to look at, one or two sentences.
    pub say: String,
}

/// A guess: exactly one of `choices`, `number` and `pick`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Predict {
    /// Name of the step, unique in the lesson.
    pub id: String,
    /// Markdown.
    pub text: String,
    /// Which of the lab's views to show, from 1.
    pub view: Option<usize>,
    /// What will happen?
    pub question: String,
    /// The commands whose outcome is guessed; they run after the guess.
    pub run: Vec<String>,
    /// Guess by choosing.
    #[serde(default)]
    pub choices: Vec<Outcome>,
    /// Guess a number.
    pub number: Option<Number>,
    /// Guess by picking a thing by its name on the picture.
    pub pick: Option<Pick>,
    /// CEL over the facts after the event: what happened, as a text or a number.
    pub outcome: Cel,
    /// Said after a number or a pick: why it came out so.
    pub reply: Option<String>,
    /// Nudge, rule, next command.
    #[serde(default)]
    pub hints: Vec<String>,
}

/// A choice of a prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// What will happen, in a few words.
    pub text: String,
    /// CEL over the facts after the event: whether it happened so.
    pub when: Cel,
    /// Said to who chose it.
    pub reply: String,
}

/// A number to guess.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// CEL over the facts after the event: the number.
    pub value: Cel,
    /// How far off still counts as right.
    pub tolerance: f64,
    /// What it counts: `%`, `keys`.
    pub unit: String,
}

/// A thing to pick.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pick {
    /// CEL over the facts before the event: the names to choose from.
    pub among: Cel,
    /// CEL over the facts after the event: the name that is right.
    pub value: Cel,
}

/// A question with choices, of which one is right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Name of the step, unique in the lesson.
    pub id: String,
    /// Markdown.
    pub text: String,
    /// Which of the lab's views to show, from 1.
    pub view: Option<usize>,
    /// `recall` only: the lesson that it comes from.
    pub from: Option<String>,
    /// What is asked.
    pub question: String,
    /// What one may answer.
    pub choices: Vec<Answer>,
    /// Nudge, rule, answer.
    #[serde(default)]
    pub hints: Vec<String>,
}

/// An answer to a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The answer.
    pub text: String,
    /// Whether it is the right one.
    pub right: bool,
    /// Said to who chose it.
    pub reply: String,
}

/// A goal in the lab.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Name of the step, unique in the lesson.
    pub id: String,
    /// Markdown.
    pub text: String,
    /// Which of the lab's views to show, from 1.
    pub view: Option<usize>,
    /// The goal in one line; it is always visible.
    pub goal: String,
    /// CEL over the facts: whether the goal is reached.
    pub check: Cel,
    /// One way to the goal.
    pub solution: Vec<String>,
    /// Names of the commands that are allowed; all, if none is named.
    #[serde(default)]
    pub allow: Vec<String>,
    /// Most commands that may be used.
    pub most: Option<usize>,
    /// `fix` only: commands that are already given.
    #[serde(default)]
    pub given: Vec<String>,
    /// `challenge` only: how many commands an expert needs.
    pub par: Option<usize>,
    /// `challenge` only: Markdown, what an expert would note.
    pub expert: Option<String>,
    /// Nudge, rule, next command in backticks.
    #[serde(default)]
    pub hints: Vec<String>,
}

impl Lesson {
    /// All seeds at which the lesson is proven: `seed` first, then `seeds`.
    pub fn proven_seeds(&self) -> Vec<u64> {
        let others = self.seeds.iter().copied().filter(|seed| *seed != self.seed);
        std::iter::once(self.seed).chain(others).collect()
    }
}

impl Step {
    /// Name of the step, unique in its lesson.
    pub fn id(&self) -> &str {
        match self {
            Self::Read(s) => &s.id,
            Self::Watch(s) => &s.id,
            Self::Predict(s) => &s.id,
            Self::Do(s) | Self::Fix(s) | Self::Challenge(s) => &s.id,
            Self::Explain(s) | Self::Recall(s) => &s.id,
        }
    }

    /// Its kind, as in the file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Read(_) => "read",
            Self::Watch(_) => "watch",
            Self::Predict(_) => "predict",
            Self::Do(_) => "do",
            Self::Fix(_) => "fix",
            Self::Challenge(_) => "challenge",
            Self::Explain(_) => "explain",
            Self::Recall(_) => "recall",
        }
    }

    /// Its text, in Markdown.
    pub fn text(&self) -> &str {
        match self {
            Self::Read(s) => &s.text,
            Self::Watch(s) => &s.text,
            Self::Predict(s) => &s.text,
            Self::Do(s) | Self::Fix(s) | Self::Challenge(s) => &s.text,
            Self::Explain(s) | Self::Recall(s) => &s.text,
        }
    }

    /// The view that it wants, from 1.
    pub fn view(&self) -> Option<usize> {
        match self {
            Self::Read(s) => s.view,
            Self::Watch(s) => s.view,
            Self::Predict(s) => s.view,
            Self::Do(s) | Self::Fix(s) | Self::Challenge(s) => s.view,
            Self::Explain(s) | Self::Recall(s) => s.view,
        }
    }

    /// Its hints, the gentlest first.
    pub fn hints(&self) -> &[String] {
        match self {
            Self::Read(_) | Self::Watch(_) => &[],
            Self::Predict(s) => &s.hints,
            Self::Do(s) | Self::Fix(s) | Self::Challenge(s) => &s.hints,
            Self::Explain(s) | Self::Recall(s) => &s.hints,
        }
    }

    /// Commands that the program gives in this step, in order: what plays, what is given, what is proven.
    pub fn script(&self) -> Vec<&str> {
        match self {
            Self::Watch(s) => s.play.iter().map(|p| p.run.as_str()).collect(),
            Self::Predict(s) => s.run.iter().map(String::as_str).collect(),
            Self::Do(s) | Self::Fix(s) | Self::Challenge(s) => {
                s.given.iter().chain(&s.solution).map(String::as_str).collect()
            }
            Self::Read(_) | Self::Explain(_) | Self::Recall(_) => Vec::new(),
        }
    }
}
