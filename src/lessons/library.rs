//! The lessons: those that come with the program, and those in somebody's folder.

use std::path::Path;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

use super::folder::{CURRICULUM, Folder};
use super::format::{Lesson, Question, Step, Unit};
use super::limits;
use super::parse::{self, Trust};
use super::source::{LessonError, LessonErrors, Source};
use crate::engine::{Setup, numbers};
use crate::labs::{OpenLab, find};

/// File that describes a unit.
const UNIT_FILE: &str = "unit.toml";
/// How much processor time a set-up may take; a command that runs is not interrupted.
const SETUP: Duration = Duration::from_secs(20);

/// Units and their lessons, in the order of their folders and files.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// The units.
    pub units: Vec<UnitEntry>,
}

/// A unit and its lessons.
#[derive(Clone, Debug)]
pub struct UnitEntry {
    /// The unit.
    pub unit: Unit,
    /// Its lessons.
    pub lessons: Vec<LessonEntry>,
}

/// A lesson, and where it came from.
#[derive(Clone, Debug)]
pub struct LessonEntry {
    /// The lesson.
    pub lesson: Lesson,
    pub(super) source: Source,
    folder: Folder,
}

/// What could be loaded, and what was wrong with the rest.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) library: Library,
    pub(super) errors: Vec<LessonError>,
    /// Lesson files that were read.
    read: usize,
}

impl Library {
    /// The lessons that come with the program.
    ///
    /// ```
    /// let library = scalelab::lessons::Library::built_in();
    /// assert!(library.find("the-ring").is_some());
    /// ```
    pub fn built_in() -> Self {
        // A test proves that nothing is wrong with them; so that is not looked at again each time.
        load(&Folder::BuiltIn(&CURRICULUM), "lessons", Trust::Proven).library
    }

    /// The lessons of a folder: of units, of one unit, or one lesson file.
    ///
    /// # Errors
    /// Everything that is wrong with any of its files.
    pub fn from_folder(folder: &Path) -> Result<Self, LessonErrors> {
        let loaded = load_path(folder);
        LessonErrors::of(loaded.errors).map_or(Ok(loaded.library), Err)
    }

    /// The lesson with this id.
    pub fn find(&self, id: &str) -> Option<&LessonEntry> {
        self.lessons().find(|entry| entry.lesson.id == id)
    }

    /// Ids that are nearly this one, the nearest first.
    ///
    /// ```
    /// let library = scalelab::lessons::Library::built_in();
    /// assert_eq!(library.suggest("the-rnig")[0], "the-ring");
    /// ```
    pub fn suggest(&self, id: &str) -> Vec<String> {
        suggest(id, self.lessons().map(|entry| entry.lesson.id.as_str()))
    }

    /// Every lesson in order.
    pub fn lessons(&self) -> impl Iterator<Item = &LessonEntry> {
        self.units.iter().flat_map(|unit| &unit.lessons)
    }

    /// The question of a step of a lesson, if it has one.
    pub fn question(&self, lesson: &str, step: &str) -> Option<&Question> {
        self.find(lesson)?.lesson.steps.iter().find_map(|s| match s {
            Step::Explain(question) | Step::Recall(question) if question.id == step => Some(question),
            _ => None,
        })
    }
}

/// Names that are nearly a wanted one, at most three, the nearest first.
pub(super) fn suggest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let wanted: String = wanted.chars().take(100).collect();
    let mut near: Vec<(f64, &str)> = names
        .map(|name| {
            let inside = !wanted.is_empty() && name.contains(&wanted);
            (if inside { 1.0 } else { strsim::jaro_winkler(&wanted, name) }, name)
        })
        .filter(|(likeness, _)| *likeness > 0.75)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    near.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

impl LessonEntry {
    /// Name of its file, as it was reached.
    pub fn file(&self) -> &str {
        self.source.name()
    }

    /// Opens the lesson's lab with its inputs, and runs its set-up.
    ///
    /// # Errors
    /// An input that cannot be read, or a command of the set-up that the lab refuses.
    pub fn open_lab(&self, seed: u64) -> Result<Box<dyn OpenLab>, String> {
        self.open_lab_at(seed).map_err(|(_, why)| why)
    }

    /// As [`LessonEntry::open_lab`]; an error comes with the path of the value that it is about.
    pub(super) fn open_lab_at(&self, seed: u64) -> Result<Box<dyn OpenLab>, (String, String)> {
        let name = &self.lesson.lab;
        let lab = find(name).ok_or_else(|| ("lab".to_owned(), format!("there is no lab '{name}'")))?;
        let mut setup = Setup::seeded(seed);
        for (role, file) in &self.lesson.input {
            let at = |why: String| (format!("input.{role}"), why);
            let spec = lab.info.inputs.iter().find(|spec| spec.name == role);
            let spec = spec.ok_or_else(|| at(format!("the lab {name} takes no input '{role}'")))?;
            let input = self.folder.input(file, spec.blank);
            let input = input.map_err(|why| at(format!("the input {file} cannot be used: {why}")))?;
            setup.inputs.insert(role.clone(), input.into());
        }
        let mut open = (lab.open)(setup).map_err(|e| ("lab".to_owned(), format!("the lab does not open: {e}")))?;
        let begun = spent();
        for (i, line) in self.lesson.setup.iter().enumerate() {
            let at = |why: String| (format!("setup[{i}]"), why);
            give(open.as_mut(), line).map_err(at)?;
            if spent().saturating_sub(begun) > SETUP {
                return Err(at(format!("the set-up is not through after {} seconds of computing", SETUP.as_secs())));
            }
        }
        Ok(open)
    }
}

/// Processor time of this thread: unlike a clock on the wall, it does not run while others compute.
pub(super) fn spent() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

/// Gives a lab one command, and lets it settle.
///
/// # Errors
/// Why the lab refuses it.
pub(super) fn give(lab: &mut dyn OpenLab, line: &str) -> Result<(), String> {
    lab.command(line).map_err(|error| format!("`{line}` is refused: {error}"))?;
    lab.settle();
    Ok(())
}

/// Loads what a path names: a folder of units, a unit, or a lesson.
pub(super) fn load_path(path: &Path) -> Loaded {
    let shown = path.display().to_string();
    let fail = |why: String| Loaded {
        errors: vec![LessonError::of_file(&shown, why, "Name a folder of units, a unit's folder, or a lesson's file.")],
        ..Loaded::default()
    };
    let file = path.extension().is_some_and(|e| e == "toml").then(|| path.file_name()).flatten();
    let Some(file) = file.filter(|_| !path.is_dir()) else {
        return match Folder::open(path) {
            Ok(folder) => load(&folder, &shown, Trust::Unknown),
            Err(why) => fail(why),
        };
    };
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match Folder::open(parent) {
        Ok(folder) if file == UNIT_FILE => load(&folder, &shown, Trust::Unknown),
        Ok(folder) => {
            let mut loaded = Loaded::default();
            let alone = [file.to_string_lossy().into_owned()];
            let unit = folder.list().is_ok_and(|(_, files)| files.iter().any(|f| f == UNIT_FILE));
            load_unit(&folder, &alone, (unit, Trust::Unknown), &mut loaded);
            loaded
        }
        Err(why) => fail(why),
    }
}

/// Loads the whole unit of a lesson's file.
pub(super) fn load_unit_of(file: &Path) -> Option<Loaded> {
    let parent = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = Folder::open(parent).ok()?;
    Some(load(&folder, &parent.display().to_string(), Trust::Unknown))
}

/// Loads the lessons that come with the program.
pub(super) fn load_built_in() -> Loaded {
    load(&Folder::BuiltIn(&CURRICULUM), "lessons", Trust::Unknown)
}

fn load(folder: &Folder, shown: &str, trust: Trust) -> Loaded {
    let mut loaded = Loaded::default();
    let (folders, files) = match folder.list() {
        Ok(listed) => listed,
        Err(why) => {
            loaded.errors.push(LessonError::of_file(shown, why, "Check the path and its permissions."));
            return loaded;
        }
    };
    if files.iter().any(|f| is_toml(f)) {
        load_unit(folder, &files, (true, trust), &mut loaded);
    } else {
        for name in folders {
            match folder.enter(&name).and_then(|unit| unit.list().map(|(_, files)| (unit, files))) {
                Ok((unit, files)) if files.iter().any(|f| is_toml(f)) => {
                    load_unit(&unit, &files, (true, trust), &mut loaded);
                }
                // A folder of pictures or data is none of our business.
                Ok(_) => {}
                Err(why) => loaded.errors.push(LessonError::of_file(&folder.name_of(&name), why, "")),
            }
        }
    }
    if loaded.library.units.is_empty() && loaded.errors.is_empty() {
        let help = "A unit is a folder with a `unit.toml` and lessons; `scalelab lessons new NAME` writes the first.";
        loaded.errors.push(LessonError::of_file(shown, "there is no lesson in this folder", help));
    }
    twins(&mut loaded);
    loaded
}

fn is_toml(file: &str) -> bool {
    file.ends_with(".toml")
}

/// Loads some files of a unit; `described` says whether there is to be a `unit.toml`.
fn load_unit(folder: &Folder, files: &[String], (described, trust): (bool, Trust), loaded: &mut Loaded) {
    let unit =
        described.then(|| read(folder, UNIT_FILE, &|name, text| parse::unit(name, text, trust), loaded)).flatten();
    let unit = unit.map_or_else(Unit::nameless, |(unit, _)| unit);
    let mut entry = UnitEntry { unit, lessons: Vec::new() };
    for file in files.iter().filter(|f| is_toml(f) && *f != UNIT_FILE) {
        if loaded.read >= limits::LESSONS {
            if loaded.read == limits::LESSONS {
                let problem = format!("there are more than {} lessons; the others were not read", limits::LESSONS);
                loaded.errors.push(LessonError::of_file(&folder.name_of(file), problem, "Load fewer units at once."));
            }
            loaded.read += 1;
            break;
        }
        loaded.read += 1;
        if let Some((lesson, source)) = read(folder, file, &|name, text| parse::lesson(name, text, trust), loaded) {
            entry.lessons.push(LessonEntry { lesson, source, folder: folder.clone() });
        }
    }
    if !entry.lessons.is_empty() {
        loaded.library.units.push(entry);
    }
}

/// From a file's name and text to what it holds.
type Parse<'a, T> = dyn Fn(&str, &str) -> Result<(T, Source), LessonErrors> + 'a;

/// Reads and parses one file; what is wrong goes to the errors.
fn read<T>(folder: &Folder, file: &str, parse: &Parse<'_, T>, loaded: &mut Loaded) -> Option<(T, Source)> {
    let name = folder.name_of(file);
    let text = match folder.text(file) {
        Ok(text) => text,
        Err(why) => {
            let help = if file == UNIT_FILE {
                "Each folder of lessons has one, with `id`, `title` and `summary` of the unit."
            } else {
                ""
            };
            loaded.errors.push(LessonError::of_file(&name, why, help));
            return None;
        }
    };
    match parse(&name, &text) {
        Ok(read) => Some(read),
        Err(errors) => {
            loaded.errors.extend(errors.errors().iter().cloned());
            None
        }
    }
}

/// Two lessons, or two units, of one id.
fn twins(loaded: &mut Loaded) {
    let mut seen = std::collections::BTreeMap::new();
    for entry in loaded.library.lessons() {
        if let Some(first) = seen.insert(entry.lesson.id.clone(), entry.file().to_owned()) {
            let problem = format!("the id '{}' is taken by {first}", entry.lesson.id);
            loaded.errors.push(entry.source.error("id", problem, "Give each lesson its own."));
        }
    }
    let mut units = std::collections::BTreeSet::new();
    for entry in &loaded.library.units {
        if !units.insert(entry.unit.id.clone()) {
            let file = entry.lessons.first().map_or("", |l| l.file());
            let problem = format!("another unit has the id '{}' too", entry.unit.id);
            loaded.errors.push(LessonError::of_file(file, problem, "Change it in its unit.toml."));
        }
    }
}

/// How long a unit takes, for people: `7 lessons, 52 minutes`.
pub fn extent(unit: &UnitEntry) -> String {
    let minutes: u32 = unit.lessons.iter().map(|l| l.lesson.minutes).sum();
    let count = unit.lessons.len() as u64;
    let (s, t) = (numbers::plural(count), numbers::plural(minutes.into()));
    format!("{count} lesson{s}, {minutes} minute{t}")
}
