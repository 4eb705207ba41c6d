//! Spaced review: when a question is asked again, by the scheduler FSRS.
//!
//! A card's state is never stored. It is computed from the dated answers, so that the answers of
//! two machines, merged, give one schedule.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use rs_fsrs::{Card, FSRS, Parameters, Rating, State};
use serde::Serialize;

use super::record::{Recalled, Review, Seconds};

/// A day, in seconds.
const DAY: Seconds = 86_400;
/// A card is due this long before its full number of days: who learned in the evening may review at noon.
const EARLY: Seconds = 8 * 3_600;
/// FSRS's own limits of stability, in days.
const STABILITY: (f64, f64) = (0.01, 36_500.0);

/// A question that comes again: a step of a lesson.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CardId {
    /// Id of the lesson.
    pub lesson: String,
    /// Id of the step.
    pub step: String,
}

/// When a card is due, and after how many days since its last answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Schedule {
    pub due: Seconds,
    pub days: i64,
}

/// The schedule that follows from these answers, up to a date; none without an answer.
///
/// FSRS thinks in days: times between answers are rounded to days. Of the answers of one sitting (that is,
/// rounded, no day apart) the first counts: who has just been told does not remember.
/// Answers after `until` are from a clock that was wrong, and wait for their date.
/// Deterministic: FSRS runs without fuzz. Cost: one step of FSRS an answer, of which a card keeps 200 at most.
pub(super) fn schedule(answers: &BTreeSet<Review>, until: Seconds) -> Option<Schedule> {
    // Without the short-term steps of minutes, the least interval is a day: one review a day is enough.
    let fsrs = FSRS::new(Parameters { enable_short_term: false, enable_fuzz: false, ..Parameters::default() });
    let mut card = Card::default();
    let (mut last, mut days) = (None::<Seconds>, 0_u64);
    for answer in answers.range(..=Review { at: until, recalled: Recalled::Yes }) {
        if let Some(last) = last {
            let apart: Seconds = (answer.at - last + DAY / 2) / DAY;
            if apart == 0 {
                continue;
            }
            days += apart.unsigned_abs();
        }
        last = Some(answer.at);
        let rating = match answer.recalled {
            Recalled::No => Rating::Again,
            Recalled::WithHint => Rating::Hard,
            Recalled::Yes => Rating::Good,
        };
        let day = SystemTime::UNIX_EPOCH + Duration::from_secs(days * DAY.unsigned_abs());
        let before = card.clone();
        card = fsrs.next(card, day.into(), rating).card;
        if rating == Rating::Again && before.state != State::New {
            // After a long absence the formula alone would let a wrong answer lengthen the interval.
            card.stability = card.stability.min(before.stability);
            card.scheduled_days = card.scheduled_days.min(before.scheduled_days);
        }
        card.stability = card.stability.clamp(STABILITY.0, STABILITY.1);
        debug_assert!(card.state == State::Review, "the long-term scheduler has no other state");
    }
    let days = card.scheduled_days.max(1);
    last.map(|last| Schedule { due: last.saturating_add(days * DAY - EARLY), days })
}
