//! Real input: read once, through this one door, whatever it is for.
//!
//! [`Input::read`] reads lines (keys, items, logs, programs, topologies), [`read_text`] small texts (run files, scripts,
//! lessons, settings). Both open only what [`open`] opens, take off a byte-order mark, stop at a bound of what was
//! *read* (blank lines and what gzip unpacks to included), and stop when [`interrupt`] asks for it.

mod error;
mod source;

use std::any::Any;
use std::io::{BufRead, Read};
use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

pub use error::{Bounds, InputError, InputProblem};
pub use source::{bounded, is_packed, not_regular, open, open_regular, read_bytes, read_text, text};

use super::interrupt;
use source::{BYTE_ORDER_MARK, not_utf8, unpacked};

/// Most lines that are kept.
pub const MAX_LINES: usize = 10_000_000;
/// Longest line that is kept, in bytes.
pub const MAX_LINE_BYTES: usize = 65_536;

/// What becomes of lines, and of blank ones.
#[derive(Clone, Copy, Debug)]
pub enum Blank {
    /// Blank lines are left out and counted: the input is a list of items.
    Skip,
    /// They stay: the input is one text, and messages about it name its lines.
    Keep,
    /// No text is kept: a fresh [`LineReader`] gets each line as it comes. Input of any length can be read.
    Stream(fn() -> Box<dyn LineReader>),
}

/// Makes something of lines as they come, in place of keeping their text. It should need little memory however many
/// there are.
///
/// ```
/// use std::{any::Any, sync::Arc};
/// use scalelab::engine::{Blank, Input, LineReader};
/// struct Count(usize);
/// impl LineReader for Count {
///     fn line(&mut self, _: usize, _: Option<&str>) { self.0 += 1; }
///     fn end(self: Box<Self>) -> Arc<dyn Any + Send + Sync> { Arc::new(self.0) }
/// }
/// let input = Input::read("-", &b"a\n\nb\n"[..], Blank::Stream(|| Box::new(Count(0))), |_, _| ())?;
/// assert_eq!(input.made.and_then(|made| made.get::<usize>()).as_deref(), Some(&2));
/// # Ok::<(), scalelab::engine::InputError>(())
/// ```
pub trait LineReader {
    /// The next line that is not blank, with its number from 1; `None` if it is too long or not UTF-8.
    fn line(&mut self, number: usize, text: Option<&str>);

    /// All lines were read.
    fn end(self: Box<Self>) -> Arc<dyn Any + Send + Sync>;
}

/// What a [`LineReader`] made of a stream. Two are equal if they come from the same reading.
#[derive(Clone, Debug)]
pub struct Made(Arc<dyn Any + Send + Sync>);

impl Made {
    /// It as a value of this type, if it is one.
    pub fn get<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        Arc::clone(&self.0).downcast().ok()
    }
}

impl PartialEq for Made {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Made {}

/// Lines of text in one block of memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    text: String,
    ends: Vec<u64>,
}

impl Lines {
    /// Lines from an iterator, e.g. a built-in set.
    ///
    /// ```
    /// let lines = scalelab::engine::Lines::collect(["a", "b"].iter());
    /// assert_eq!((lines.len(), lines.get(1)), (2, Some("b")));
    /// ```
    pub fn collect<S: AsRef<str>>(items: impl Iterator<Item = S>) -> Self {
        let mut lines = Self::default();
        items.for_each(|item| lines.push(item.as_ref()));
        lines
    }

    /// Adds one line at the end.
    pub fn push(&mut self, line: &str) {
        self.text.push_str(line);
        self.ends.push(self.text.len() as u64);
    }

    /// Number of lines.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The line at an index.
    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).and_then(|i| self.ends.get(i)).map_or(0, |e| *e as usize);
        self.text.get(start..end)
    }

    /// All lines in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|i| self.get(i))
    }

    /// Bytes in memory.
    pub fn memory_bytes(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * 8
    }
}

/// Input as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Path as given, or `-` for standard input.
    pub name: String,
    /// XXH3-128 of all bytes, in hex.
    pub hash: String,
    /// The lines, without their ends; none of a stream.
    pub lines: Lines,
    /// What was made of a stream.
    pub made: Option<Made>,
    /// How many blank lines there were.
    pub blank: usize,
}

impl Input {
    /// The lines as one text, each ended by `\n`.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.lines.memory_bytes());
        for line in self.lines.iter() {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// Reads lines until the end, unpacked if they are gzip; `progress` is told lines and bytes so far, now and then.
    /// Memory: the text once, and 8 bytes a line; of a stream, one line.
    ///
    /// ```
    /// use scalelab::engine::{Input, input::Blank};
    /// let input = Input::read("-", &b"\xef\xbb\xbfa\n\nb\r\n"[..], Blank::Skip, |_, _| ())?;
    /// assert_eq!((input.lines.get(0), input.lines.len(), input.blank), (Some("a"), 2, 1));
    /// let text = Input::read("-", &b"a\n\nb\r\n"[..], Blank::Keep, |_, _| ())?;
    /// assert_eq!(text.text(), "a\n\nb\n");
    /// # Ok::<(), scalelab::engine::InputError>(())
    /// ```
    ///
    /// # Errors
    /// What is not UTF-8, has a line that is too long, or nothing in it, and what is beyond [`Bounds::KEPT`] or, of
    /// one text, [`Bounds::TEXT`]. Of a stream, lines that cannot be used are its reader's business; it has
    /// [`Bounds::STREAMED`].
    pub fn read(
        name: &str,
        source: impl BufRead,
        blanks: Blank,
        progress: impl FnMut(usize, u64),
    ) -> Result<Self, InputError> {
        let bounds = match blanks {
            Blank::Skip => Bounds::KEPT,
            Blank::Keep => Bounds::TEXT,
            Blank::Stream(_) => Bounds::STREAMED,
        };
        Self::read_within(&bounds, name, source, blanks, progress)
    }

    /// As [`Input::read`], within other bounds.
    ///
    /// # Errors
    /// As [`Input::read`].
    pub fn read_within(
        bounds: &Bounds,
        name: &str,
        source: impl BufRead,
        blanks: Blank,
        mut progress: impl FnMut(usize, u64),
    ) -> Result<Self, InputError> {
        let system = |error: std::io::Error| InputProblem::from_system(&error).of(name);
        let mut walk = Walk::new(name, unpacked(source, bounds.unpacked).map_err(system)?, bounds);
        let mut reader = if let Blank::Stream(new) = blanks { Some(new()) } else { None };
        let (mut lines, mut blank) = (Lines::default(), 0_usize);
        while walk.step()? {
            let number = walk.lines;
            let line = walk.line();
            if line.is_some_and(<[u8]>::is_empty) {
                blank += 1;
                if blank > bounds.blank {
                    return Err(InputProblem::TooManyBlank(bounds.blank).of(name));
                }
                if matches!(blanks, Blank::Keep) {
                    lines.push("");
                }
            } else if let Some(reader) = &mut reader {
                reader.line(number, line.and_then(|line| std::str::from_utf8(line).ok()));
            } else {
                let line = line.ok_or_else(|| InputProblem::LineTooLong(bounds.kept).at(name, number))?;
                lines.push(std::str::from_utf8(line).map_err(|_| not_utf8(line).at(name, number))?);
            }
            if number.is_multiple_of(65_536) {
                progress(number, walk.bytes);
            }
        }
        progress(walk.lines, walk.bytes);
        if walk.lines == blank && !(matches!(blanks, Blank::Keep) && blank > 0) {
            return Err(
                if matches!(blanks, Blank::Keep) { InputProblem::Empty } else { InputProblem::NoLines }.of(name)
            );
        }
        let hash = format!("{:032x}", walk.hasher.digest128());
        Ok(Self { name: name.to_owned(), hash, lines, made: reader.map(|reader| Made(reader.end())), blank })
    }
}

/// Goes through a source line by line. Of a line that is too long to be kept, only its beginning is ever held.
struct Walk<'a, S> {
    name: &'a str,
    source: S,
    bounds: &'a Bounds,
    hasher: Xxh3,
    buffer: Vec<u8>,
    /// Bytes of the line at hand, its end included.
    length: usize,
    lines: usize,
    bytes: u64,
}

impl<'a, S: BufRead> Walk<'a, S> {
    fn new(name: &'a str, source: S, bounds: &'a Bounds) -> Self {
        Self { name, source, bounds, hasher: Xxh3::new(), buffer: Vec::new(), length: 0, lines: 0, bytes: 0 }
    }

    /// Reads the next line; false at the end.
    fn step(&mut self) -> Result<bool, InputError> {
        self.buffer.clear();
        self.length = 0;
        // Two more for the end of the line.
        let piece = self.bounds.kept + 2;
        loop {
            if (self.length > 0 || self.lines.is_multiple_of(1024)) && interrupt::requested() {
                return Err(InputProblem::Stopped.of(self.name));
            }
            let start = self.buffer.len().min(piece);
            self.buffer.truncate(start);
            let read = (&mut self.source)
                .take(piece as u64)
                .read_until(b'\n', &mut self.buffer)
                .map_err(|error| InputProblem::from_system(&error).of(self.name))?;
            self.hasher.update(&self.buffer[start..]);
            self.length += read;
            self.bytes += read as u64;
            if self.length > 0 && self.bytes > self.bounds.bytes {
                return Err(InputProblem::TooLarge(self.bounds.bytes).of(self.name));
            }
            if read < piece || self.buffer.ends_with(b"\n") {
                break;
            }
            if self.length > self.bounds.line_bytes + 2 {
                return Err(InputProblem::LineTooLong(self.bounds.line_bytes).at(self.name, self.lines + 1));
            }
        }
        if self.length == 0 {
            return Ok(false);
        }
        self.lines += 1;
        if self.lines > self.bounds.lines {
            return Err(InputProblem::TooManyLines(self.bounds.lines).of(self.name));
        }
        Ok(true)
    }

    /// The line at hand without its end; none if it is too long to be kept.
    fn line(&self) -> Option<&[u8]> {
        if self.length > self.buffer.len() {
            return None;
        }
        let line = self.buffer.as_slice();
        let line = if self.lines == 1 { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line };
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Some(line).filter(|line| line.len() <= self.bounds.kept)
    }
}

#[cfg(test)]
mod tests;
