//! The proof of lessons: by their rules, and by running every command at every shipped seed.

mod curriculum;
mod fit;
mod proof;
mod style;

use std::path::Path;

use super::library::{self, LessonEntry, Library};
use super::limits;
use super::source::LessonError;
pub use fit::{COLUMNS, ROWS};

/// What came out for one lesson.
#[derive(Clone, Debug)]
pub struct LessonReport {
    /// Id of its unit.
    pub unit: String,
    /// Its id.
    pub id: String,
    /// Its file.
    pub file: String,
    /// How many steps it has.
    pub steps: usize,
    /// The seeds that it was run at.
    pub seeds: Vec<u64>,
    /// How many commands ran.
    pub commands: usize,
    /// What is wrong with it.
    pub errors: Vec<LessonError>,
}

/// What came out of a folder.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The lessons, in order.
    pub lessons: Vec<LessonReport>,
    /// Files that could not be loaded, and why.
    pub unloaded: Vec<LessonError>,
}

impl Report {
    /// Everything that is wrong.
    pub fn errors(&self) -> impl Iterator<Item = &LessonError> {
        self.unloaded.iter().chain(self.lessons.iter().flat_map(|lesson| &lesson.errors))
    }

    /// Whether nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.errors().next().is_none()
    }
}

/// Proves the lessons of a folder, of a unit, or of one file; `tell` hears each as it is done.
///
/// A lesson may build on those that come with the program. Cost: every command of every lesson once
/// for each seed; a lesson that takes longer than [`proof::PATIENCE`] is stopped and is wrong.
pub fn check_path(path: &Path, tell: &mut dyn FnMut(&LessonReport)) -> Report {
    let loaded = library::load_path(path);
    let mut report = check(&loaded.library, &Library::built_in(), tell);
    report.unloaded = loaded.errors;
    report
}

/// Proves the lessons that come with the program.
pub fn check_built_in(tell: &mut dyn FnMut(&LessonReport)) -> Report {
    let loaded = library::load_built_in();
    let mut report = check(&loaded.library, &Library::default(), tell);
    report.unloaded = loaded.errors;
    report
}

/// Proves lessons, which may build on others that come before them.
fn check(lessons: &Library, before: &Library, tell: &mut dyn FnMut(&LessonReport)) -> Report {
    let mut report = Report::default();
    for unit in &lessons.units {
        for entry in &unit.lessons {
            let (commands, errors) = check_lesson(entry, lessons, before);
            let lesson = LessonReport {
                unit: unit.unit.id.clone(),
                id: entry.lesson.id.clone(),
                file: entry.file().to_owned(),
                steps: entry.lesson.steps.len(),
                seeds: entry.lesson.proven_seeds(),
                commands,
                errors,
            };
            tell(&lesson);
            report.lessons.push(lesson);
        }
    }
    report
}

fn check_lesson(entry: &LessonEntry, lessons: &Library, before: &Library) -> (usize, Vec<LessonError>) {
    let first = before.units.is_empty() && lessons.lessons().next().is_some_and(|l| l.lesson.id == entry.lesson.id);
    let mut errors = curriculum::check(entry, lessons, before);
    errors.extend(style::check(entry, first));
    errors.extend(fit::check(entry));
    let (commands, found) = proof::prove(entry);
    errors.extend(found);
    errors.truncate(limits::ERRORS);
    (commands, errors)
}
