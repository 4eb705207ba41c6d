//! Why input could not be used.

use super::{MAX_LINE_BYTES, MAX_LINES};
use crate::engine::numbers::thousands;
use crate::engine::visible;

/// Why input could not be used: what was read, the line if one is to blame, and what is wrong with it. As a text
/// it is one line without anything raw, whatever the file is called.
#[derive(Debug, thiserror::Error)]
#[error("{}{}: {problem}", visible(name), line.map(|n| format!(", line {}", thousands(n as u64))).unwrap_or_default())]
pub struct InputError {
    /// Path as given, or `-` for standard input.
    pub name: String,
    /// Counted from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub problem: InputProblem,
}

/// What is wrong with input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputProblem {
    /// There is none of this name.
    #[error("there is no such file")]
    Missing,
    /// The system refused, or the content is not what it claims to be.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// A directory, device, socket or named pipe: it could have no end, or nobody could ever write to it.
    #[error("it is {0}. Name a regular file")]
    NotRegular(&'static str),
    /// Nothing in it.
    #[error("it has no lines. Leave the option out to use what is built in")]
    NoLines,
    /// A text with nothing in it.
    #[error("it is empty. Write a text in it, or leave the option out to use what is built in")]
    Empty,
    /// Bytes that are no UTF-8.
    #[error("the bytes are not UTF-8. Convert the file, e.g. `iconv -f {from} -t UTF-8`")]
    NotUtf8 {
        /// What they could be.
        from: &'static str,
    },
    /// A line beyond the limit.
    #[error("it is longer than {} bytes. An item is one short line: check that the file has line ends", thousands(*.0 as u64))]
    LineTooLong(usize),
    /// More lines than are read, blank ones included.
    #[error("it has more than {} lines. Take a sample, e.g. `shuf -n 1000000`", thousands(*.0 as u64))]
    TooManyLines(usize),
    /// More blank lines than are read.
    #[error("it has more than {} blank lines: it is no list of items and no log", thousands(*.0 as u64))]
    TooManyBlank(usize),
    /// More bytes than are read.
    #[error("it has more than {} bytes, the most that is read", thousands(*.0))]
    TooLarge(u64),
    /// Somebody asked to stop.
    #[error("reading was stopped before its end")]
    Stopped,
}

impl InputProblem {
    /// The error about a whole input of this name.
    pub fn of(self, name: &str) -> InputError {
        InputError { name: name.to_owned(), line: None, problem: self }
    }

    /// The error about a line, counted from 1.
    pub fn at(self, name: &str, line: usize) -> InputError {
        InputError { name: name.to_owned(), line: Some(line), problem: self }
    }

    /// What the system said, in words.
    pub fn from_system(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Missing,
            std::io::ErrorKind::PermissionDenied => Self::Unreadable("permission denied".to_owned()),
            std::io::ErrorKind::UnexpectedEof => Self::Unreadable("it ends in the middle".to_owned()),
            _ => Self::Unreadable(error.to_string()),
        }
    }
}

/// Bounds on lines that are read; every line counts, blank ones included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Most lines.
    pub lines: usize,
    /// Most blank lines.
    pub blank: usize,
    /// Longest line that is kept, in bytes.
    pub kept: usize,
    /// Longest line that is read, in bytes.
    pub line_bytes: usize,
    /// Most bytes; of what is packed, those that come out.
    pub bytes: u64,
    /// From so many bytes on, what is packed must not unpack to far more than itself.
    pub unpacked: u64,
}

impl Bounds {
    /// Of input whose text is kept in memory.
    pub const KEPT: Self = Self {
        lines: MAX_LINES,
        blank: MAX_LINES,
        kept: MAX_LINE_BYTES,
        line_bytes: MAX_LINE_BYTES,
        bytes: 4 << 30,
        unpacked: 64 << 20,
    };
    /// Of one text, such as a program: far more than any lab takes.
    pub const TEXT: Self = Self { bytes: 8 << 20, unpacked: 8 << 20, ..Self::KEPT };
    /// Of input that is handed on line by line. A log of a billion requests is some 200 GB.
    pub const STREAMED: Self = Self {
        lines: 1_000_000_000,
        blank: MAX_LINES,
        kept: MAX_LINE_BYTES,
        line_bytes: 16 << 20,
        bytes: 256 << 30,
        unpacked: 64 << 20,
    };
}
