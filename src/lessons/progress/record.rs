//! What is kept of a learner: per lesson and per step, in a shape that merges.
//!
//! Every field is one of three things: the earliest of two dates, the better of two figures, or a
//! set of dated records. Merging two of them gives the same whichever comes first and however
//! often it is done, so the files of two machines can be joined at any time without loss.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::super::answer::SURENESS;

/// Unix time in seconds, UTC.
pub type Seconds = i64;

/// The last second of the year 9999: no later date is kept.
pub const LAST_SECOND: Seconds = 253_402_300_799;
/// Longest id of a lesson or a step that is kept, in bytes.
pub const MOST_ID_BYTES: usize = 200;
/// Answers kept for each card: the newest.
const MOST_REVIEWS: usize = 200;
/// Predictions, hints and solutions kept for each step: the earliest.
const MOST_OTHERS: usize = 100;

/// How well an answer was remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recalled {
    /// The first answer was wrong.
    No,
    /// Right, after a hint.
    #[serde(rename = "hint")]
    WithHint,
    /// Right, and without help.
    Yes,
}

/// One answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Review {
    pub at: Seconds,
    pub recalled: Recalled,
}

/// One prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prediction {
    pub at: Seconds,
    pub sure: u8,
    pub right: bool,
}

/// Where a learner is in a lesson; with no step, at its beginning again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    pub at: Seconds,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

/// What is kept of a step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct StepRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best: Option<usize>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub predictions: BTreeSet<Prediction>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub reviews: BTreeSet<Review>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub hints: BTreeSet<Seconds>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub shown: BTreeSet<Seconds>,
}

/// What is kept of a lesson.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LessonRecord {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tested_out: Option<Seconds>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub steps: BTreeMap<String, StepRecord>,
}

/// The smaller of two, where one may be missing.
pub(super) fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Adds a date; of two in one second, the second counts as a second later.
pub(super) fn insert_dated(dates: &mut BTreeSet<Seconds>, mut at: Seconds) -> bool {
    while at < LAST_SECOND && dates.contains(&at) {
        at += 1;
    }
    dates.insert(at)
}

impl StepRecord {
    pub fn merge(&mut self, other: &Self) {
        self.best = least(self.best, other.best);
        self.predictions.extend(&other.predictions);
        self.reviews.extend(&other.reviews);
        self.hints.extend(&other.hints);
        self.shown.extend(&other.shown);
        self.trim();
    }

    /// Keeps the record bounded. The least (or the greatest) few of a union do not depend on its order.
    pub fn trim(&mut self) {
        while self.reviews.len() > MOST_REVIEWS {
            self.reviews.pop_first();
        }
        while self.predictions.len() > MOST_OTHERS {
            self.predictions.pop_last();
        }
        for dates in [&mut self.hints, &mut self.shown] {
            while dates.len() > MOST_OTHERS {
                dates.pop_last();
            }
        }
    }

    fn dates(&self) -> impl Iterator<Item = Seconds> {
        let plain = self.hints.iter().chain(&self.shown).copied();
        plain.chain(self.predictions.iter().map(|p| p.at)).chain(self.reviews.iter().map(|r| r.at))
    }
}

impl LessonRecord {
    pub fn merge(&mut self, other: &Self) {
        self.place = self.place.take().max(other.place.clone());
        self.finished = least(self.finished, other.finished);
        self.tested_out = least(self.tested_out, other.tested_out);
        for (id, step) in &other.steps {
            self.steps.entry(id.clone()).or_default().merge(step);
        }
    }

    /// What in it cannot be, if anything.
    pub fn flaw(&self) -> Option<String> {
        let place = self.place.iter().map(|p| p.at);
        let own = place.chain(self.finished).chain(self.tested_out);
        if let Some(at) = own.chain(self.steps.values().flat_map(StepRecord::dates)).find(|at| !is_date(*at)) {
            return Some(format!("the date {at} is none between the years 1970 and 9999"));
        }
        let at = self.place.iter().filter_map(|p| p.step.as_ref());
        if let Some(id) = self.steps.keys().chain(at).find(|id| !is_id(id)) {
            return Some(flawed_id(id));
        }
        let mut predictions = self.steps.values().flat_map(|s| &s.predictions);
        let odd = predictions.find(|p| !SURENESS.contains(&p.sure))?;
        Some(format!("a prediction is {} % sure, which cannot be chosen", odd.sure))
    }
}

pub(super) fn is_date(at: Seconds) -> bool {
    (0..=LAST_SECOND).contains(&at)
}

pub(super) fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= MOST_ID_BYTES
}

pub(super) fn flawed_id(id: &str) -> String {
    if id.is_empty() { "an id is empty".to_owned() } else { format!("an id is longer than {MOST_ID_BYTES} bytes") }
}
