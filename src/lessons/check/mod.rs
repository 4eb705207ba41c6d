//! The proof of lessons: by their rules, and by running every command at every shipped seed.

mod curriculum;
mod fit;
mod proof;
mod style;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use super::library::{self, LessonEntry, Library, Loaded};
use super::limits;
use super::source::LessonError;
pub use fit::{COLUMNS, ROWS};
pub use proof::PATIENCE;

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

/// The lessons around one.
struct Around<'a> {
    /// Those that lie with it.
    lessons: &'a Library,
    /// Those that come before all of them.
    before: &'a Library,
    /// Whether all files could be loaded: else a lesson that is not there may be one that was not.
    complete: bool,
}

/// Proves the lessons of a folder, of a unit, or of one file; `tell` hears each as it is done.
///
/// A lesson may build on those that come with the program. Cost: every command of every lesson once
/// for each seed; a lesson that takes more than [`PATIENCE`] of processor time is stopped and is wrong.
pub fn check_path(path: &Path, tell: &mut dyn FnMut(&LessonReport)) -> Report {
    let loaded = library::load_path(path);
    let built_in = Library::built_in();
    let known = |id: &str| loaded.library.find(id).or_else(|| built_in.find(id)).is_some();
    // One file may build on those beside it.
    let alone = loaded.library.lessons().all(|l| curriculum::references(&l.lesson).iter().all(|(_, id)| known(id)));
    let unit = if alone || path.is_dir() { None } else { library::load_unit_of(path) };
    check(&loaded, unit.as_ref().unwrap_or(&loaded), &built_in, tell)
}

/// Proves the lessons that come with the program.
pub fn check_built_in(tell: &mut dyn FnMut(&LessonReport)) -> Report {
    let loaded = library::load_built_in();
    check(&loaded, &loaded, &Library::default(), tell)
}

/// Proves lessons, on all cores; they may build on those that lie with them, and on others that come before all of
/// these. `tell` hears them in their order.
fn check(loaded: &Loaded, with: &Loaded, before: &Library, tell: &mut dyn FnMut(&LessonReport)) -> Report {
    let around = Around { lessons: &with.library, before, complete: loaded.errors.is_empty() };
    let units = loaded.library.units.iter();
    let lessons: Vec<(&str, &LessonEntry)> =
        units.flat_map(|u| u.lessons.iter().map(move |entry| (u.unit.id.as_str(), entry))).collect();
    let next = AtomicUsize::new(0);
    let (done, results) = mpsc::channel();
    let work = |done: &mpsc::Sender<(usize, LessonReport)>| {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((unit, entry)) = lessons.get(index) else { return };
            // Nobody hears it when the one who asked is gone.
            let _ = done.send((index, report_on(unit, entry, &around)));
        }
    };
    let mut report = Report { unloaded: loaded.errors.clone(), ..Report::default() };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from).min(lessons.len()) {
            let done = done.clone();
            let work = &work;
            scope.spawn(move || work(&done));
        }
        drop(done);
        let mut early = BTreeMap::new();
        for (index, lesson) in results {
            early.insert(index, lesson);
            while let Some(lesson) = early.remove(&report.lessons.len()) {
                tell(&lesson);
                report.lessons.push(lesson);
            }
        }
    });
    report
}

fn report_on(unit: &str, entry: &LessonEntry, around: &Around<'_>) -> LessonReport {
    let (commands, errors) = check_lesson(entry, around);
    LessonReport {
        unit: unit.to_owned(),
        id: entry.lesson.id.clone(),
        file: entry.file().to_owned(),
        steps: entry.lesson.steps.len(),
        seeds: entry.lesson.proven_seeds(),
        commands,
        errors,
    }
}

fn check_lesson(entry: &LessonEntry, around: &Around<'_>) -> (usize, Vec<LessonError>) {
    let first = around.lessons.lessons().next().is_some_and(|l| l.lesson.id == entry.lesson.id);
    let mut errors = curriculum::check(entry, around);
    errors.extend(style::check(entry, first && entry.lesson.needs.is_empty()));
    errors.extend(fit::check(entry));
    let (commands, found) = proof::prove(entry);
    errors.extend(found);
    errors.truncate(limits::ERRORS);
    (commands, errors)
}
