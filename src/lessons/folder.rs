//! Files of lessons: embedded in the program, or in a folder of somebody's, which is not trusted.
//!
//! Only regular files below the folder are read, never through a link that leads out of it, and
//! never more of one than its limit.

use std::fs;
use std::path::{Path, PathBuf};

use include_dir::{Dir, DirEntry, include_dir};

use super::limits;
use crate::engine::{Blank, Input, InputError, input};

/// The curriculum that comes with the program.
pub(super) static CURRICULUM: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/lessons");

/// A folder with lesson files in it.
#[derive(Clone, Debug)]
pub(super) enum Folder {
    /// One that comes with the program.
    BuiltIn(&'static Dir<'static>),
    /// One on disk: where it is, and the folder (without links) that no file may leave.
    Disk { path: PathBuf, root: PathBuf },
}

impl Folder {
    /// A folder on disk.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let root = fs::canonicalize(path).map_err(|e| reason(&e))?;
        Ok(Self::Disk { path: path.to_owned(), root })
    }

    /// How people name a file of it.
    pub(super) fn name_of(&self, file: &str) -> String {
        match self {
            Self::BuiltIn(dir) => Path::new("lessons").join(dir.path()).join(file).display().to_string(),
            Self::Disk { path, .. } => path.join(file).display().to_string(),
        }
    }

    /// Names of its folders and of its files, each in order.
    ///
    /// # Errors
    /// Why it cannot be listed.
    pub(super) fn list(&self) -> Result<(Vec<String>, Vec<String>), String> {
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        match self {
            Self::BuiltIn(dir) => {
                for entry in dir.entries() {
                    let name = entry.path().file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                    match entry {
                        DirEntry::Dir(_) => folders.push(name),
                        DirEntry::File(_) => files.push(name),
                    }
                }
            }
            Self::Disk { path, .. } => {
                for (count, entry) in fs::read_dir(path).map_err(|e| reason(&e))?.enumerate() {
                    if count >= limits::FOLDER_ENTRIES {
                        return Err(format!("it has more than {} entries", limits::FOLDER_ENTRIES));
                    }
                    let entry = entry.map_err(|e| reason(&e))?;
                    let name = entry.file_name().to_string_lossy().into_owned();
                    if name.starts_with('.') {
                        continue;
                    }
                    // Only a link has to be followed to know what it is.
                    let kind = entry.file_type().map_err(|e| reason(&e))?;
                    let folder = kind.is_dir() || (kind.is_symlink() && entry.path().is_dir());
                    if folder { folders.push(name) } else { files.push(name) }
                }
            }
        }
        folders.sort();
        files.sort();
        Ok((folders, files))
    }

    /// A folder in it.
    ///
    /// # Errors
    /// Why it cannot be entered.
    pub(super) fn enter(&self, name: &str) -> Result<Self, String> {
        match self {
            Self::BuiltIn(dir) => dir
                .get_dir(dir.path().join(name))
                .map(Self::BuiltIn)
                .ok_or_else(|| "there is no such folder".to_owned()),
            Self::Disk { path, root } => {
                let path = path.join(name);
                let inner = fs::canonicalize(&path).map_err(|e| reason(&e))?;
                if !inner.starts_with(root) {
                    return Err("it is a link that leads out of the folder".to_owned());
                }
                Ok(Self::Disk { path, root: inner })
            }
        }
    }

    /// The text of a lesson file.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(super) fn text(&self, file: &str) -> Result<String, String> {
        let bytes = self.bytes(file, limits::FILE_BYTES as u64)?;
        input::text(file, bytes).map_err(|e| match e.line {
            Some(line) => format!("line {line} is not UTF-8 text: {}", e.problem),
            None => e.problem.to_string(),
        })
    }

    /// An input file of a lesson.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(super) fn input(&self, file: &str, blank: Blank) -> Result<Input, String> {
        let bytes = self.bytes(file, limits::INPUT_BYTES)?;
        Input::read_within(&limits::INPUT, file, bytes.as_slice(), blank, |_, _| ()).map_err(|e| e.to_string())
    }

    fn bytes(&self, file: &str, most: u64) -> Result<Vec<u8>, String> {
        if file.contains(['/', '\\', '\0']) || file.starts_with('.') || file.is_empty() {
            return Err("only a file in the same folder can be read".to_owned());
        }
        match self {
            Self::BuiltIn(dir) => {
                let found = dir.get_file(dir.path().join(file)).ok_or_else(|| "there is no such file".to_owned())?;
                Ok(found.contents().to_vec())
            }
            Self::Disk { path, root } => read_within(&path.join(file), root, most),
        }
    }
}

/// Reads a regular file that lies below a folder.
fn read_within(path: &Path, root: &Path, most: u64) -> Result<Vec<u8>, String> {
    let real = fs::canonicalize(path).map_err(|e| reason(&e))?;
    if !real.starts_with(root) {
        return Err("it is a link that leads out of the folder".to_owned());
    }
    let problem = |e: InputError| e.problem.to_string();
    input::bounded("", input::open(&real).map_err(problem)?.0, most).map_err(problem)
}

/// What the system said, in words.
pub(super) fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::NotADirectory => "it is not a folder".to_owned(),
        _ => error.to_string(),
    }
}
