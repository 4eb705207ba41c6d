//! The learner's side of the screen: which lessons there are, how far they are, and where that is kept.

use crate::lessons::library::LessonEntry;
use crate::lessons::progress::{CardId, Progress, Recalled, Seconds, Status, Store, now};
use crate::lessons::{Library, Note, Question};

/// Most questions of one review: five minutes.
pub(super) const MOST_CARDS: usize = 12;

/// Lessons and progress.
pub struct Learning {
    pub(super) library: Library,
    store: Option<Store>,
    pub(super) progress: Progress,
    warnings: Vec<String>,
}

/// A question that is due.
pub(super) struct DueCard {
    pub(super) id: CardId,
    /// Title of the lesson that it comes from.
    pub(super) lesson: String,
    pub(super) question: Question,
}

impl Learning {
    /// Lessons with a place to keep progress; without one, nothing is kept.
    pub fn new(library: Library, store: Option<Store>) -> Self {
        let mut warnings = Vec::new();
        let progress = store.as_ref().map_or_else(Progress::default, |store| {
            let loaded = store.load();
            warnings = loaded.warnings;
            loaded.progress
        });
        Self { library, store, progress, warnings }
    }

    /// What there is to say about the progress file, once.
    pub(super) fn take_warning(&mut self) -> Option<String> {
        if self.warnings.is_empty() { None } else { Some(std::mem::take(&mut self.warnings).join(" ")) }
    }

    fn update(&mut self, change: impl Fn(&mut Progress)) {
        change(&mut self.progress);
        let Some(store) = &self.store else { return };
        match store.update(change) {
            Ok(progress) => self.progress = progress,
            Err(error) => {
                self.warnings.push(format!("{error} You can go on; it is not kept."));
                // Once is enough.
                self.store = None;
            }
        }
    }

    pub(super) fn note(&mut self, lesson: &str, notes: &[Note]) {
        let at = now();
        if !notes.is_empty() {
            self.update(|progress| progress.note(lesson, notes, at));
        }
    }

    pub(super) fn review(&mut self, card: &CardId, recalled: Recalled) {
        let at = now();
        self.update(|progress| progress.review(card, recalled, at));
    }

    pub(super) fn status(&self, lesson: &str) -> Status {
        self.progress.status(lesson, now())
    }

    fn done(&self, lesson: &str) -> bool {
        !matches!(self.status(lesson), Status::Open | Status::Started)
    }

    /// The lesson to go on with: the last one, if it is not done; else the first open one whose needs are met.
    pub(super) fn next(&self) -> Option<&LessonEntry> {
        let last = self.progress.last_lesson().and_then(|id| self.library.find(id));
        last.filter(|entry| !self.done(&entry.lesson.id)).or_else(|| {
            let open: Vec<&LessonEntry> = self.library.lessons().filter(|e| !self.done(&e.lesson.id)).collect();
            let ready = |entry: &&LessonEntry| entry.lesson.needs.iter().all(|need| self.done(need));
            open.iter().copied().find(ready).or(open.first().copied())
        })
    }

    /// The lesson after this one, if it is not the last.
    pub(super) fn after(&self, lesson: &str) -> Option<&LessonEntry> {
        let mut lessons = self.library.lessons().skip_while(|entry| entry.lesson.id != lesson);
        lessons.nth(1)
    }

    /// Questions that are due, the most overdue first; those whose lesson is gone are left out.
    pub(super) fn due(&self) -> Vec<DueCard> {
        let cards = self.progress.due(now());
        let found = cards.into_iter().filter_map(|id| {
            let question = self.library.question(&id.lesson, &id.step)?.clone();
            let lesson = self.library.find(&id.lesson)?.lesson.title.clone();
            Some(DueCard { id, lesson, question })
        });
        found.collect()
    }

    /// Seconds until the next question is due; none if there is none.
    pub(super) fn next_due_in(&self) -> Option<Seconds> {
        self.progress.next_due().map(|at| (at - now()).max(0))
    }
}

/// How long that is, for people.
pub(super) fn in_words(seconds: Seconds) -> String {
    let (count, unit) = match seconds {
        ..=90 => return "in a minute".to_owned(),
        91..=5_400 => ((seconds + 30) / 60, "minute"),
        5_401..=129_600 => ((seconds + 1_800) / 3_600, "hour"),
        _ => ((seconds + 43_200) / 86_400, "day"),
    };
    format!("in {count} {unit}{}", crate::engine::numbers::plural(count.unsigned_abs()))
}
