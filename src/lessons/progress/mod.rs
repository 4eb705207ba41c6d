//! What is remembered about the learner: where they are, what is done, what comes again when, and
//! how well they judge themselves.
//!
//! [`Progress`] is plain data that knows no file and no clock; [`Store`] keeps it in a file.

mod calibration;
mod cards;
mod record;
mod store;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use calibration::{Calibration, Leaning, calibration_sentence, leaning};
pub use cards::CardId;
pub use record::{LAST_SECOND, MOST_ID_BYTES, Recalled, Seconds};
pub use store::{Loaded, MOST_BYTES, Store, StoreError};

use super::answer::{Note, SURENESS};
use crate::engine::visible;
use cards::{Schedule, schedule};
use record::{LessonRecord, Place, Prediction, Review, StepRecord, flawed_id, insert_dated, is_id, least};

/// The version of the format that is written, and the newest that is read.
pub const FORMAT: u32 = 1;

/// How far a learner is with a lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Not begun.
    Open,
    /// Begun.
    Started,
    /// Done, and nothing of it is due.
    Done,
    /// Done, and a question of it is due for review.
    Due,
    /// Its challenge was passed instead; nothing of it is due.
    TestedOut,
}

/// What is remembered about a learner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    format: u32,
    lessons: BTreeMap<String, LessonRecord>,
}

/// What a progress file cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// It is of a later scalelab.
    #[error("it has format {found}, and this scalelab knows formats up to {FORMAT}: use a newer scalelab")]
    Newer {
        /// The format that it says.
        found: u64,
    },
    /// It is no progress file, or a damaged one.
    #[error("{0}")]
    Damaged(String),
}

/// The time. The tutor reads the clock here and nowhere else.
#[expect(clippy::disallowed_methods, reason = "learners live in real time; labs do not")]
pub fn now() -> Seconds {
    let since = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| Seconds::try_from(since.as_secs()).unwrap_or(LAST_SECOND)).min(LAST_SECOND)
}

impl Default for Progress {
    fn default() -> Self {
        Self { format: FORMAT, lessons: BTreeMap::new() }
    }
}

impl Progress {
    /// Reads a progress file's bytes.
    ///
    /// # Errors
    /// What is wrong, with line and column where there are any.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FormatError> {
        #[derive(Deserialize)]
        struct Header {
            format: u64,
        }
        let damaged = |error: serde_json::Error| FormatError::Damaged(error.to_string());
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(FormatError::Damaged("it is empty".to_owned()));
        }
        let text = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
            .map_err(|e| FormatError::Damaged(format!("byte {} is not UTF-8 text", e.valid_up_to())))?;
        let header: Header = serde_json::from_str(text).map_err(damaged)?;
        if header.format > u64::from(FORMAT) {
            return Err(FormatError::Newer { found: header.format });
        }
        let progress: Self = serde_json::from_str(text).map_err(damaged)?;
        match progress.flaw() {
            Some(flaw) => Err(FormatError::Damaged(flaw)),
            None => Ok(progress),
        }
    }

    /// As the text of a progress file.
    ///
    /// # Errors
    /// Never in fact: all keys are texts.
    pub fn to_json(&self) -> serde_json::Result<String> {
        visible::json(self).map(|text| text + "\n")
    }

    fn flaw(&self) -> Option<String> {
        if self.format != FORMAT {
            return Some(format!("there is no format {}", self.format));
        }
        self.lessons.iter().find_map(|(id, lesson)| {
            let flaw = if is_id(id) { lesson.flaw() } else { Some(flawed_id(id)) };
            flaw.map(|flaw| format!("lesson '{}': {flaw}", id.chars().take(80).collect::<String>()))
        })
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.lessons.is_empty()
    }

    /// Ids of the lessons that something is remembered of.
    pub fn lessons(&self) -> impl Iterator<Item = &str> {
        self.lessons.keys().map(String::as_str)
    }

    /// Keeps what a [`super::Session`] noted in a lesson.
    pub fn note(&mut self, lesson: &str, notes: &[Note], now: Seconds) {
        let now = now.clamp(0, LAST_SECOND);
        for note in notes {
            self.note_one(lesson, note, now);
        }
    }

    fn note_one(&mut self, lesson: &str, note: &Note, now: Seconds) {
        match note {
            Note::At(step) => self.go_to(lesson, Some(step), now),
            Note::Predicted { step, sure, right } if SURENESS.contains(sure) => {
                let prediction = Prediction { at: now, sure: *sure, right: *right };
                self.on_step(lesson, step, |kept| kept.predictions.insert(prediction));
            }
            Note::Predicted { .. } => {}
            Note::Answered { step, right, hinted } => {
                let recalled = match (right, hinted) {
                    (false, _) => Recalled::No,
                    (true, true) => Recalled::WithHint,
                    (true, false) => Recalled::Yes,
                };
                self.on_step(lesson, step, |kept| kept.reviews.insert(Review { at: now, recalled }));
            }
            Note::Hint(step) => self.on_step(lesson, step, |kept| insert_dated(&mut kept.hints, now)),
            Note::Shown(step) => self.on_step(lesson, step, |kept| insert_dated(&mut kept.shown, now)),
            Note::Challenge { step, commands } => {
                self.on_step(lesson, step, |kept| {
                    kept.best = least(kept.best, Some(*commands));
                    true
                });
            }
            Note::TestedOut => self.on_lesson(lesson, |kept| kept.tested_out = least(kept.tested_out, Some(now))),
            Note::Finished => {
                self.on_lesson(lesson, |kept| kept.finished = least(kept.finished, Some(now)));
                self.go_to(lesson, None, now);
            }
        }
    }

    /// The newest place wins, also where the clock went back or two come in one second: each gets a later date.
    fn go_to(&mut self, lesson: &str, step: Option<&String>, now: Seconds) {
        let newest = self.lessons.values().filter_map(|l| l.place.as_ref()).map(|p| p.at).max();
        let at = newest.map_or(now, |newest| now.max(newest + 1)).min(LAST_SECOND);
        if step.is_none_or(|step| is_id(step)) {
            self.on_lesson(lesson, |kept| kept.place = Some(Place { at, step: step.cloned() }));
        }
    }

    fn on_lesson(&mut self, lesson: &str, change: impl FnOnce(&mut LessonRecord)) {
        if is_id(lesson) {
            change(self.lessons.entry(lesson.to_owned()).or_default());
        }
    }

    fn on_step(&mut self, lesson: &str, step: &str, change: impl FnOnce(&mut StepRecord) -> bool) {
        if is_id(step) {
            self.on_lesson(lesson, |kept| {
                let kept = kept.steps.entry(step.to_owned()).or_default();
                change(kept);
                kept.trim();
            });
        }
    }

    fn step(&self, lesson: &str, step: &str) -> Option<&StepRecord> {
        self.lessons.get(lesson)?.steps.get(step)
    }

    /// The step where they left off; none at the beginning, also after the end.
    pub fn place(&self, lesson: &str) -> Option<&str> {
        self.lessons.get(lesson)?.place.as_ref()?.step.as_deref()
    }

    /// The lesson that they were in last, finished or not.
    pub fn last_lesson(&self) -> Option<&str> {
        let places = self.lessons.iter().filter_map(|(id, l)| l.place.as_ref().map(|p| (p.at, id)));
        places.max().map(|(_, id)| id.as_str())
    }

    /// How far they are with a lesson.
    pub fn status(&self, lesson: &str, now: Seconds) -> Status {
        let Some(kept) = self.lessons.get(lesson) else { return Status::Open };
        let due = || kept.steps.values().filter_map(|s| schedule(&s.reviews, now)).any(|s| s.due <= now);
        match (kept.finished, kept.tested_out) {
            (None, None) => Status::Started,
            _ if due() => Status::Due,
            (Some(_), _) => Status::Done,
            (None, Some(_)) => Status::TestedOut,
        }
    }

    /// When the lesson was first finished.
    pub fn finished(&self, lesson: &str) -> Option<Seconds> {
        self.lessons.get(lesson)?.finished
    }

    /// Fewest commands so far in a challenge.
    pub fn best(&self, lesson: &str, step: &str) -> Option<usize> {
        self.step(lesson, step)?.best
    }

    /// Every challenge that was passed: step and fewest commands.
    pub fn bests(&self, lesson: &str) -> Vec<(&str, usize)> {
        let steps = self.lessons.get(lesson).into_iter().flat_map(|l| &l.steps);
        steps.filter_map(|(id, s)| s.best.map(|best| (id.as_str(), best))).collect()
    }

    /// Hints looked at in a lesson, and solutions shown.
    pub fn help(&self, lesson: &str) -> (usize, usize) {
        let steps = self.lessons.get(lesson).into_iter().flat_map(|l| l.steps.values());
        steps.fold((0, 0), |(hints, shown), s| (hints + s.hints.len(), shown + s.shown.len()))
    }

    fn cards(&self, until: Seconds) -> impl Iterator<Item = (CardId, Schedule)> {
        let steps = self.lessons.iter().flat_map(|(lesson, l)| l.steps.iter().map(move |(step, s)| (lesson, step, s)));
        steps.filter_map(move |(lesson, step, s)| {
            let card = CardId { lesson: lesson.clone(), step: step.clone() };
            schedule(&s.reviews, until).map(|schedule| (card, schedule))
        })
    }

    /// How much is remembered: lessons, answers to questions, predictions.
    pub fn counts(&self) -> (usize, usize, usize) {
        let steps = self.lessons.values().flat_map(|l| l.steps.values());
        steps.fold((self.lessons.len(), 0, 0), |(lessons, answers, predictions), s| {
            (lessons, answers + s.reviews.len(), predictions + s.predictions.len())
        })
    }

    /// How many cards there are: questions that were answered once.
    pub fn card_count(&self) -> usize {
        self.lessons.values().flat_map(|l| l.steps.values()).filter(|s| !s.reviews.is_empty()).count()
    }

    /// The cards that are due, the most overdue first. Cost: linear in the answers that are kept.
    pub fn due(&self, now: Seconds) -> Vec<CardId> {
        let mut due: Vec<(Seconds, CardId)> =
            self.cards(now).filter(|(_, s)| s.due <= now).map(|(card, s)| (s.due, card)).collect();
        due.sort();
        due.into_iter().map(|(_, card)| card).collect()
    }

    /// When the next card is due, or has been; none without cards.
    pub fn next_due(&self) -> Option<Seconds> {
        self.cards(LAST_SECOND).map(|(_, s)| s.due).min()
    }

    /// When a card is due; none if it was never answered.
    pub fn due_at(&self, card: &CardId) -> Option<Seconds> {
        schedule(&self.step(&card.lesson, &card.step)?.reviews, LAST_SECOND).map(|s| s.due)
    }

    /// Days between the last answer to a card that counted and the next; none if it was never answered.
    pub fn interval_days(&self, card: &CardId) -> Option<i64> {
        schedule(&self.step(&card.lesson, &card.step)?.reviews, LAST_SECOND).map(|s| s.days)
    }

    /// Keeps an answer to a card. Of the answers of one sitting the first counts.
    pub fn review(&mut self, card: &CardId, recalled: Recalled, now: Seconds) {
        let at = now.clamp(0, LAST_SECOND);
        self.on_step(&card.lesson, &card.step, |kept| kept.reviews.insert(Review { at, recalled }));
    }

    /// For each sureness that can be chosen: how many predictions, and how many came true.
    ///
    /// The first prediction of each step counts: after it one has seen the outcome.
    pub fn calibration(&self) -> Vec<Calibration> {
        let steps = self.lessons.values().flat_map(|l| l.steps.values());
        let firsts: Vec<Prediction> = steps.filter_map(|s| s.predictions.first().copied()).collect();
        SURENESS
            .iter()
            .map(|sure| {
                let these = firsts.iter().filter(|p| p.sure == *sure);
                let right = these.clone().filter(|p| p.right).count();
                Calibration { sure: *sure, predictions: these.count(), right }
            })
            .collect()
    }

    /// Adds what another file remembers. Nothing is lost, whichever comes first and however often it is done.
    pub fn merge(&mut self, other: &Self) {
        for (id, lesson) in &other.lessons {
            self.lessons.entry(id.clone()).or_default().merge(lesson);
        }
    }
}
