//! Real input: lines of text, read once, shared, and known by their content hash.

use std::io::BufRead;

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
    #[error("{name} has no lines. Put one item on each line, or leave the option out to use the built-in set.")]
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

/// What becomes of blank lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// They are left out and counted: the input is a list of items.
    Skip,
    /// They stay: the input is one text, and messages about it name its lines.
    Keep,
}

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
    /// The lines, without their ends.
    pub lines: Lines,
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
    /// Every [`InputError`]; a line beyond [`MAX_LINE_BYTES`] is never held whole.
    pub fn read(
        name: &str,
        mut source: impl BufRead,
        blanks: Blank,
        mut progress: impl FnMut(usize, u64),
    ) -> Result<Self, InputError> {
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
            if !line.is_empty() || blanks == Blank::Keep {
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
                Blank::Skip => InputError::Empty { name },
                Blank::Keep => InputError::EmptyText { name },
            });
        }
        Ok(Self { name, hash: format!("{:032x}", hasher.digest128()), lines, blank })
    }
}
