//! Real input: lines of text, read once, shared, and known by their content hash.

use std::any::Any;
use std::io::BufRead;
use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

/// Most lines that are read.
pub const MAX_LINES: usize = 10_000_000;
/// Longest line, in bytes.
pub const MAX_LINE_BYTES: usize = 65_536;
/// Most text that is read, in bytes.
pub const MAX_BYTES: usize = 4 << 30;

/// Why input could not be used.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The system refused.
    #[error("cannot read {name}: {reason}. Check the path and its permissions.")]
    Unreadable {
        /// Path or `-`.
        name: String,
        /// What the system said.
        reason: String,
    },
    /// A directory was named.
    #[error("{name} is a directory. Name a file.")]
    Directory {
        /// Path.
        name: String,
    },
    /// Nothing in it.
    #[error("{name} has no lines. Leave the option out to use what is built in.")]
    Empty {
        /// Path or `-`.
        name: String,
    },
    /// A text with nothing in it.
    #[error("{name} is empty. Write a text in it, or leave the option out to use what is built in.")]
    EmptyText {
        /// Path or `-`.
        name: String,
    },
    /// Bytes that are no UTF-8.
    #[error("{name}, line {line}: the bytes are not UTF-8. Convert the file, e.g. `iconv -t UTF-8`.")]
    NotUtf8 {
        /// Path or `-`.
        name: String,
        /// Counted from 1.
        line: usize,
    },
    /// A line beyond the limit.
    #[error(
        "{name}, line {line}: longer than {MAX_LINE_BYTES} bytes. An item is one short line; check that the file has line ends."
    )]
    LineTooLong {
        /// Path or `-`.
        name: String,
        /// Counted from 1.
        line: usize,
    },
    /// Too many lines, or too much text.
    #[error("{name} has more than {MAX_LINES} lines or {MAX_BYTES} bytes. Take a sample, e.g. `shuf -n 1000000`.")]
    TooMany {
        /// Path or `-`.
        name: String,
    },
}

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

    /// Reads lines until the end; `progress` is told lines and bytes so far, now and then.
    /// Memory: the text once, and 8 bytes a line.
    ///
    /// ```
    /// use scalelab::engine::{Input, input::Blank};
    /// let input = Input::read("-", &b"a\n\nb\r\n"[..], Blank::Skip, |_, _| ())?;
    /// assert_eq!((input.lines.len(), input.blank), (2, 1));
    /// let text = Input::read("-", &b"a\n\nb\r\n"[..], Blank::Keep, |_, _| ())?;
    /// assert_eq!(text.text(), "a\n\nb\n");
    /// # Ok::<(), scalelab::engine::InputError>(())
    /// ```
    ///
    /// # Errors
    /// Every [`InputError`]; a line beyond [`MAX_LINE_BYTES`] is never held whole. For a stream, only
    /// [`InputError::Unreadable`] and [`InputError::Empty`].
    pub fn read(
        name: &str,
        mut source: impl BufRead,
        blanks: Blank,
        mut progress: impl FnMut(usize, u64),
    ) -> Result<Self, InputError> {
        if let Blank::Stream(new) = blanks {
            return Self::stream(name, source, new(), progress);
        }
        let name = name.to_owned();
        let (mut hasher, mut lines, mut buffer) = (Xxh3::new(), Lines::default(), Vec::new());
        let (mut number, mut blank, mut bytes) = (0_usize, 0_usize, 0_u64);
        loop {
            buffer.clear();
            let limit = MAX_LINE_BYTES as u64 + 2;
            let read = std::io::Read::take(&mut source, limit)
                .read_until(b'\n', &mut buffer)
                .map_err(|e| InputError::Unreadable { name: name.clone(), reason: e.to_string() })?;
            if read == 0 {
                break;
            }
            number += 1;
            bytes += read as u64;
            hasher.update(&buffer);
            let line = buffer.strip_suffix(b"\n").unwrap_or(&buffer);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.len() > MAX_LINE_BYTES {
                return Err(InputError::LineTooLong { name, line: number });
            }
            let line =
                std::str::from_utf8(line).map_err(|_| InputError::NotUtf8 { name: name.clone(), line: number })?;
            blank += usize::from(line.is_empty());
            if !line.is_empty() || matches!(blanks, Blank::Keep) {
                lines.push(line);
            }
            if lines.len() > MAX_LINES || bytes > MAX_BYTES as u64 {
                return Err(InputError::TooMany { name });
            }
            if number.is_multiple_of(65_536) {
                progress(number, bytes);
            }
        }
        progress(number, bytes);
        if lines.is_empty() {
            return Err(match blanks {
                Blank::Keep => InputError::EmptyText { name },
                Blank::Skip | Blank::Stream(_) => InputError::Empty { name },
            });
        }
        Ok(Self { name, hash: format!("{:032x}", hasher.digest128()), lines, made: None, blank })
    }

    /// Hands each line to a reader. Memory: one line.
    fn stream(
        name: &str,
        mut source: impl BufRead,
        mut reader: Box<dyn LineReader>,
        mut progress: impl FnMut(usize, u64),
    ) -> Result<Self, InputError> {
        let unreadable = |e: std::io::Error| InputError::Unreadable { name: name.to_owned(), reason: e.to_string() };
        let (mut hasher, mut buffer) = (Xxh3::new(), Vec::new());
        let (mut number, mut blank, mut bytes) = (0_usize, 0_usize, 0_u64);
        loop {
            // A line that is too long comes in pieces, of which only the first stays.
            let (mut pieces, mut whole) = (0_usize, false);
            while !whole {
                let limit = MAX_LINE_BYTES as u64 + 2;
                let start = if pieces == 0 { 0 } else { MAX_LINE_BYTES };
                buffer.truncate(start);
                let read =
                    std::io::Read::take(&mut source, limit).read_until(b'\n', &mut buffer).map_err(unreadable)?;
                hasher.update(&buffer[start..]);
                bytes += read as u64;
                pieces += usize::from(read > 0);
                whole = read == 0 || buffer.ends_with(b"\n") || (read as u64) < limit;
            }
            if pieces == 0 {
                break;
            }
            number += 1;
            let line = buffer.strip_suffix(b"\n").unwrap_or(&buffer);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                blank += 1;
            } else {
                let fits = pieces == 1 && line.len() <= MAX_LINE_BYTES;
                reader.line(number, std::str::from_utf8(line).ok().filter(|_| fits));
            }
            if number.is_multiple_of(65_536) {
                progress(number, bytes);
            }
        }
        progress(number, bytes);
        if number == blank {
            return Err(InputError::Empty { name: name.to_owned() });
        }
        let hash = format!("{:032x}", hasher.digest128());
        Ok(Self { name: name.to_owned(), hash, lines: Lines::default(), made: Some(Made(reader.end())), blank })
    }
}
