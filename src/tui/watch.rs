//! Files that somebody edits beside the program: read again when they are saved, by a thread of their own, so
//! that keys stay alive meanwhile.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::engine::Setup;
use crate::lessons::Library;

/// How long changes are collected: editors save in several steps, and some files change all the time.
const COLLECT: Duration = Duration::from_millis(200);

/// What is watched.
pub enum Watch {
    /// A folder of lessons, a unit, or a lesson's file.
    Lessons(PathBuf),
    /// The input files of the lab that is open, and how they are read.
    Inputs {
        /// The files.
        files: Vec<PathBuf>,
        /// Reads them, or says why not.
        read: Box<dyn Fn() -> Result<Setup, String> + Send>,
    },
}

/// What was read again, or why it cannot be.
pub enum News {
    /// Lessons.
    Lessons(Result<Library, String>),
    /// The inputs of the lab that the program was started with.
    Inputs(Result<Setup, String>),
}

impl Watch {
    fn read(&self) -> News {
        match self {
            Self::Lessons(path) => News::Lessons(Library::from_folder(path).map_err(|errors| errors.to_string())),
            Self::Inputs { read, .. } => News::Inputs(read()),
        }
    }

    /// The folders to watch: a file is watched by its folder, since editors save by renaming.
    fn folders(&self) -> BTreeSet<PathBuf> {
        let folder = |file: &Path| match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        match self {
            Self::Lessons(path) if path.is_dir() => BTreeSet::from([path.clone()]),
            Self::Lessons(path) => BTreeSet::from([folder(path)]),
            Self::Inputs { files, .. } => files.iter().map(|file| folder(file)).collect(),
        }
    }

    /// Names of files that matter, lessons apart.
    fn names(&self, library: Option<&Library>) -> BTreeSet<OsString> {
        match self {
            Self::Lessons(_) => {
                let lessons = library.into_iter().flat_map(Library::lessons);
                lessons.flat_map(|entry| entry.lesson.input.values().map(OsString::from)).collect()
            }
            Self::Inputs { files, .. } => files.iter().filter_map(|f| f.file_name()).map(OsString::from).collect(),
        }
    }
}

/// Whether a file that changed matters: a lesson, or one of these.
fn matters(path: &Path, lessons: bool, names: &BTreeSet<OsString>) -> bool {
    let Some(name) = path.file_name() else { return false };
    let hidden = name.to_string_lossy().starts_with('.');
    names.contains(name) || (lessons && !hidden && path.extension().is_some_and(|e| e == "toml"))
}

/// Watches until what it gives is dropped. `tell` gets what was read, at most once in a while; it says whether
/// anybody still listens.
///
/// # Errors
/// When the system cannot watch the files.
pub(super) fn start(watch: Watch, tell: impl Fn(News) -> bool + Send + 'static) -> io::Result<RecommendedWatcher> {
    let lessons = matches!(watch, Watch::Lessons(_));
    let names = Arc::new(Mutex::new(watch.names(None)));
    let (changed, changes) = sync_channel::<()>(1);
    let known = Arc::clone(&names);
    let heard = move |event: notify::Result<notify::Event>| {
        // Reading the files again is no change.
        let Ok(event) = event else { return };
        let names = known.lock().unwrap_or_else(PoisonError::into_inner);
        if !event.kind.is_access() && event.paths.iter().any(|path| matters(path, lessons, &names)) {
            // One that waits already stands for all.
            let _ = changed.try_send(());
        }
    };
    let mut watcher = notify::recommended_watcher(heard).map_err(io::Error::other)?;
    let how = if lessons { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
    for folder in watch.folders() {
        watcher.watch(&folder, how).map_err(io::Error::other)?;
    }
    super::terminal::spawn(move || {
        let learn_names = |library: Option<&Library>| {
            *names.lock().unwrap_or_else(PoisonError::into_inner) = watch.names(library);
        };
        if let News::Lessons(Ok(library)) = &watch.read() {
            learn_names(Some(library));
        }
        while changes.recv().is_ok() {
            std::thread::sleep(COLLECT);
            while changes.try_recv().is_ok() {}
            let news = watch.read();
            if let News::Lessons(Ok(library)) = &news {
                learn_names(Some(library));
            }
            if !tell(news) {
                return;
            }
        }
    });
    Ok(watcher)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watched_are_lessons_and_their_inputs_only() {
        let names = BTreeSet::from([OsString::from("keys.txt")]);
        let table = [
            ("unit/01-a.toml", true, true),
            ("unit/keys.txt", true, true),
            ("unit/notes.log", true, false),
            ("unit/.01-a.toml.swp", true, false),
            ("unit/.#01-a.toml", true, false),
            ("unit/01-a.toml~", true, false),
            ("unit/4913", true, false),
            ("..", true, false),
            ("unit/01-a.toml", false, false),
            ("unit/keys.txt", false, true),
        ];
        for (path, lessons, wanted) in table {
            assert_eq!(matters(Path::new(path), lessons, &names), wanted, "{path}");
        }
    }
}
