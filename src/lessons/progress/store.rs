//! The file that progress is kept in: locked while it changes, written as a whole or not at all.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use etcetera::BaseStrategy;
use nix::fcntl::OFlag;

use super::{FormatError, Progress, Seconds, now};
use crate::engine::{InputProblem, input};

/// Largest progress file, in bytes: room for some thousand lessons, reviewed for years.
pub const MOST_BYTES: usize = 4 << 20;

const FILE: &str = "progress.json";
const BEFORE: &str = "progress.before.json";
const NEW: &str = "progress.new";
const LOCK: &str = "progress.lock";
/// How long another scalelab's change is waited for: this many times this long.
const LOCK_TRIES: u32 = 1_000;
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// Where progress is kept.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// What was read, and what there is to say about it.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// What is remembered.
    pub progress: Progress,
    /// Sentences for the learner: what was damaged and where it is now.
    pub warnings: Vec<String>,
}

/// Why progress cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be made or written to.
    #[error(
        "progress cannot be kept in {folder}: {reason}. Make the folder writable, or set XDG_STATE_HOME to one that is"
    )]
    Folder {
        /// The folder.
        folder: String,
        /// What the system says.
        reason: io::Error,
    },
    /// Another scalelab has held the lock for long.
    #[error("another scalelab has been writing progress for {seconds} s ({lock} is locked): end it, then try again")]
    Busy {
        /// The lock file.
        lock: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The file is of a later scalelab; it is left as it is.
    #[error("the progress file {file} is left as it is: {reason}")]
    Newer {
        /// The file.
        file: String,
        /// Its format and ours.
        reason: FormatError,
    },
    /// The file is there but cannot be read; it is left as it is.
    #[error(
        "the progress file {file} cannot be read: {reason}. It is left as it is; make it readable, or move it away"
    )]
    Unreadable {
        /// The file.
        file: String,
        /// What the system says.
        reason: io::Error,
    },
    /// It would be larger than is read back.
    #[error("progress would take {bytes} bytes, more than the {MOST_BYTES} that are kept: nothing was changed")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
}

/// What a look at the file found.
enum Found {
    Nothing,
    Whole(Progress),
    Damaged(String),
}

impl Store {
    /// In this folder, which need not exist yet.
    pub fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// In scalelab's own folder for state: `$XDG_STATE_HOME/scalelab`, usually `~/.local/state/scalelab`.
    pub fn in_state_folder() -> Option<Self> {
        let strategy = etcetera::choose_base_strategy().ok()?;
        strategy.state_dir().map(|dir| Self::at(dir.join("scalelab")))
    }

    /// The progress file.
    pub fn file(&self) -> PathBuf {
        self.folder.join(FILE)
    }

    /// What is remembered. Never fails: what cannot be read is said in a warning, and a damaged file is
    /// set aside under another name.
    pub fn load(&self) -> Loaded {
        self.read().unwrap_or_else(|error| Loaded { progress: Progress::default(), warnings: vec![error.to_string()] })
    }

    /// What is remembered; a damaged file is set aside, and said in a warning.
    ///
    /// # Errors
    /// [`StoreError::Newer`] and [`StoreError::Unreadable`]: there is progress, but not for us.
    pub fn read(&self) -> Result<Loaded, StoreError> {
        match self.look()? {
            Found::Nothing => Ok(Loaded::default()),
            Found::Whole(progress) => Ok(Loaded { progress, warnings: Vec::new() }),
            Found::Damaged(flaw) => match self.lock() {
                // Another scalelab may have repaired it meanwhile: look again.
                Ok(_lock) => self.read_or_repair(),
                Err(error) => {
                    let progress = read_whole(&self.folder.join(BEFORE)).unwrap_or_default();
                    let warning = format!("the progress file {} is damaged: {flaw}. {error}.", self.name());
                    Ok(Loaded { progress, warnings: vec![warning] })
                }
            },
        }
    }

    /// Reads anew, changes and writes, with other scalelabs locked out; gives what is remembered now.
    ///
    /// When it returns, the change is on the disk. When it fails, or the process dies, the file is as before.
    ///
    /// # Errors
    /// Every [`StoreError`].
    pub fn update(&self, change: impl FnOnce(&mut Progress)) -> Result<Progress, StoreError> {
        self.update_and_tell(change).map(|loaded| loaded.progress)
    }

    /// As [`Store::update`], with the warnings of [`Store::load`].
    ///
    /// # Errors
    /// Every [`StoreError`].
    pub fn update_and_tell(&self, change: impl FnOnce(&mut Progress)) -> Result<Loaded, StoreError> {
        let _lock = self.lock()?;
        let mut loaded = self.read_or_repair()?;
        let before = loaded.progress.clone();
        change(&mut loaded.progress);
        if loaded.progress != before {
            self.write(&loaded.progress)?;
        }
        Ok(loaded)
    }

    /// Forgets everything, but keeps the file under another name; gives that name, or none if there was nothing.
    ///
    /// # Errors
    /// [`StoreError::Busy`] and [`StoreError::Folder`].
    pub fn reset(&self) -> Result<Option<PathBuf>, StoreError> {
        if fs::symlink_metadata(self.file()).is_err() {
            return Ok(None);
        }
        let _lock = self.lock()?;
        let kept = self.set_aside("before-reset").map_err(|reason| self.folder_error(reason))?;
        // What is forgotten must not come back when the next file is damaged.
        match fs::remove_file(self.folder.join(BEFORE)) {
            Err(reason) if reason.kind() != ErrorKind::NotFound => Err(self.folder_error(reason)),
            _ => Ok(Some(kept)),
        }
    }

    fn name(&self) -> String {
        self.file().display().to_string()
    }

    fn folder_error(&self, reason: io::Error) -> StoreError {
        StoreError::Folder { folder: self.folder.display().to_string(), reason }
    }

    fn look(&self) -> Result<Found, StoreError> {
        let unreadable = |reason| StoreError::Unreadable { file: self.name(), reason };
        match read_bounded(&self.file()) {
            Err(reason) if reason.kind() == ErrorKind::NotFound => Ok(Found::Nothing),
            // Where the folder should be, there is something else.
            Err(reason) if reason.kind() == ErrorKind::NotADirectory => Err(self.folder_error(reason)),
            Err(reason) if reason.kind() == ErrorKind::InvalidData => Ok(Found::Damaged(reason.to_string())),
            Err(reason) => Err(unreadable(reason)),
            Ok(bytes) => match Progress::from_bytes(&bytes) {
                Ok(progress) => Ok(Found::Whole(progress)),
                Err(FormatError::Damaged(flaw)) => Ok(Found::Damaged(flaw)),
                Err(reason @ FormatError::Newer { .. }) => Err(StoreError::Newer { file: self.name(), reason }),
            },
        }
    }

    /// Under the lock: what is remembered. A damaged file goes aside, and the one before it takes its place.
    fn read_or_repair(&self) -> Result<Loaded, StoreError> {
        let flaw = match self.look()? {
            Found::Nothing => return Ok(Loaded::default()),
            Found::Whole(progress) => return Ok(Loaded { progress, warnings: Vec::new() }),
            Found::Damaged(flaw) => flaw,
        };
        let aside = self.set_aside("damaged").map_err(|reason| self.folder_error(reason))?;
        let before = read_whole(&self.folder.join(BEFORE));
        let now = match &before {
            Some(progress) => {
                self.write(progress)?;
                "Your progress is as it was before the last change"
            }
            None => "Your progress begins anew; `scalelab progress import FILE` brings back what you exported",
        };
        let warning = format!("the progress file was damaged: {flaw}. It is set aside as {}. {now}.", aside.display());
        Ok(Loaded { progress: before.unwrap_or_default(), warnings: vec![warning] })
    }

    /// Gives the file another name, which nothing has yet.
    fn set_aside(&self, why: &str) -> io::Result<PathBuf> {
        let at: Seconds = now();
        let names = (0..).map(|n: u32| match n {
            0 => format!("progress.{why}-{at}.json"),
            n => format!("progress.{why}-{at}-{n}.json"),
        });
        let free = names.map(|name| self.folder.join(name)).find(|path| fs::symlink_metadata(path).is_err());
        let aside = free.unwrap_or_else(|| self.folder.join(format!("progress.{why}.json")));
        fs::rename(self.file(), &aside)?;
        sync_folder(&self.folder)?;
        Ok(aside)
    }

    /// Locks other scalelabs out, until the file that is given is dropped or the process ends.
    fn lock(&self) -> Result<File, StoreError> {
        fs::create_dir_all(&self.folder).map_err(|reason| self.folder_error(reason))?;
        let path = self.folder.join(LOCK);
        if let Some(what) = fs::metadata(&path).ok().and_then(|meta| input::not_regular(meta.file_type())) {
            let reason = format!("{} is {what}, not a file: move it away", path.display());
            return Err(self.folder_error(io::Error::new(ErrorKind::InvalidInput, reason)));
        }
        let mut options = OpenOptions::new();
        // A named pipe that took its place meanwhile would keep us here.
        options.custom_flags(OFlag::O_NONBLOCK.bits());
        let lock = options.create(true).append(true).open(&path).map_err(|reason| self.folder_error(reason))?;
        for _ in 0..LOCK_TRIES {
            match lock.try_lock() {
                Ok(()) => return Ok(lock),
                Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
                Err(TryLockError::Error(reason)) => return Err(self.folder_error(reason)),
            }
        }
        Err(StoreError::Busy { lock: path.display().to_string(), seconds: (LOCK_PAUSE * LOCK_TRIES).as_secs() })
    }

    /// Under the lock: writes a new file beside the old one, and puts it in its place in one step.
    fn write(&self, progress: &Progress) -> Result<(), StoreError> {
        let text = progress.to_json().map_err(|e| self.folder_error(e.into()))?;
        if text.len() > MOST_BYTES {
            return Err(StoreError::TooLarge { bytes: text.len() });
        }
        self.replace(text.as_bytes()).map_err(|reason| self.folder_error(reason))
    }

    fn replace(&self, bytes: &[u8]) -> io::Result<()> {
        // Somebody may keep the file elsewhere and have a link here: the link stays.
        let file = fs::canonicalize(self.file()).unwrap_or_else(|_| self.file());
        let folder = file.parent().unwrap_or(&self.folder);
        // Whoever has the lock is alone, so a fixed name will do: one that was killed leaves no litter behind.
        let new = folder.join(NEW);
        remove_if_there(&new)?;
        let mut out = OpenOptions::new().write(true).create_new(true).open(&new)?;
        out.write_all(bytes)?;
        out.sync_all()?;
        keep_before(&file, &self.folder.join(BEFORE));
        fs::rename(&new, &file)?;
        sync_folder(folder)
    }
}

/// Keeps the file as it is, as a second name of the same bytes. Where the system cannot, we do without.
fn keep_before(file: &Path, before: &Path) {
    let second = before.with_extension("new");
    if remove_if_there(&second).is_ok() && fs::hard_link(file, &second).is_ok() {
        let _ = fs::rename(&second, before);
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(reason) if reason.kind() != ErrorKind::NotFound => Err(reason),
        _ => Ok(()),
    }
}

/// A new name is on the disk only when its folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Reads a regular file up to the limit; [`ErrorKind::InvalidData`] if it is something else or larger.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let invalid = |problem: String| io::Error::new(ErrorKind::InvalidData, problem);
    let (file, _) = input::open_regular(path)?.map_err(|what| invalid(format!("it is {what}, not a file")))?;
    input::bounded("", file, MOST_BYTES as u64).map_err(|error| match error.problem {
        problem @ InputProblem::TooLarge(_) => invalid(problem.to_string()),
        problem => io::Error::other(problem.to_string()),
    })
}

fn read_whole(path: &Path) -> Option<Progress> {
    read_bounded(path).ok().and_then(|bytes| Progress::from_bytes(&bytes).ok())
}
