//! Access logs in common or combined format and their relatives: times, clients and paths of real requests.
//!
//! ```text
//! 203.0.113.9 - ada [10/Oct/2000:13:55:36 -0700] "GET /index.html HTTP/1.0" 200 2326 "-" "curl/8"
//! ```

mod date;
mod line;
mod origin;

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::traffic::MAX_CLIENTS;
use crate::algorithms::hash::key_hash;
use crate::engine::{Input, LineReader, Micros, ModelError};
pub use line::{Format, NO_PATH};

/// Most requests of a trace that are used.
pub const MAX_ENTRIES: usize = 5_000_000;
/// Most paths that are told apart.
pub const MAX_PATHS: usize = 100_000;
/// Longest name of a client and of a path that is told apart, in bytes.
const MAX_NAME: usize = 256;
/// Lines that are named when they are malformed.
const NAMED_LINES: usize = 3;
/// Characters of a malformed line that are shown.
const SHOWN: usize = 60;

/// One request of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Time since the first one.
    pub at_us: Micros,
    /// Index of its client.
    pub client: u32,
    /// Index of its path.
    pub path: u32,
}

/// A trace, and what was found while reading it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The requests, in the order of their times.
    pub entries: Vec<Entry>,
    /// Names of the clients.
    pub clients: Vec<Box<str>>,
    paths: Vec<Box<str>>,
    /// Lines that are no log entries.
    pub malformed: usize,
    /// Numbers of the first such lines, from 1.
    pub malformed_lines: Vec<usize>,
    /// Beginning of the first of them.
    pub malformed_text: String,
    /// How many entries were written in which way.
    pub formats: BTreeMap<Format, usize>,
    /// Entries whose time was before that of the line above.
    pub out_of_order: usize,
    /// Entries beyond the most that are used.
    pub left_out: usize,
    /// Requests of clients beyond the most that are told apart.
    pub folded_clients: usize,
    /// Requests for paths beyond the most that are told apart; they count as requests for the first one.
    pub folded_paths: usize,
}

/// Reads a log line by line. Memory: 16 bytes a request up to [`MAX_ENTRIES`], and each client and path once, up to
/// [`MAX_CLIENTS`] and [`MAX_PATHS`]; so it is bounded, however long the log is.
#[derive(Debug, Default)]
struct Reading {
    trace: Trace,
    clients: BTreeMap<Box<str>, u32>,
    paths: BTreeMap<Box<str>, u32>,
    /// Time of the line above, in seconds since 1970.
    before: Option<i64>,
}

/// A fresh reader of an access log.
pub fn reader() -> Box<dyn LineReader> {
    Box::new(Reading::default())
}

impl LineReader for Reading {
    fn line(&mut self, number: usize, text: Option<&str>) {
        let Some(line::Request { client, seconds, path, format }) = text.and_then(line::parse) else {
            self.trace.malformed(number, text);
            return;
        };
        *self.trace.formats.entry(format).or_default() += 1;
        self.trace.out_of_order += usize::from(self.before.is_some_and(|before| seconds < before));
        self.before = Some(seconds);
        if self.trace.entries.len() >= MAX_ENTRIES {
            self.trace.left_out += 1;
            return;
        }
        let (client, path) = (cut(client), cut(path));
        let known = index_of(client, &mut self.clients, &mut self.trace.clients, MAX_CLIENTS);
        let client = known.unwrap_or_else(|| {
            self.trace.folded_clients += 1;
            (key_hash(0, client.as_bytes()) % MAX_CLIENTS as u64) as u32
        });
        let path = index_of(path, &mut self.paths, &mut self.trace.paths, MAX_PATHS);
        self.trace.folded_paths += usize::from(path.is_none());
        // Dates from 1970 to 9999: no offset makes them less than a day before 1970.
        let at_us = seconds.saturating_add(DAY_S).unsigned_abs();
        self.trace.entries.push(Entry { at_us, client, path: path.unwrap_or(0) });
    }

    fn end(self: Box<Self>) -> Arc<dyn Any + Send + Sync> {
        Arc::new(self.done())
    }
}

/// Seconds of a day.
const DAY_S: i64 = 86_400;

impl Reading {
    /// Sorts by time, entries of one second staying in the order of their lines, and spreads each second's.
    fn done(mut self) -> Trace {
        if self.trace.out_of_order > 0 {
            self.trace.entries.sort_by_key(|entry| entry.at_us);
        }
        self.trace.spread();
        self.trace
    }
}

/// The beginning of a name, as much of it as is told apart.
fn cut(name: &str) -> &str {
    let end = (0..=MAX_NAME.min(name.len())).rev().find(|end| name.is_char_boundary(*end));
    &name[..end.unwrap_or(0)]
}

impl Trace {
    /// The log of an input: as it was made of a stream, or read from lines.
    ///
    /// # Errors
    /// When no line of it is a log entry.
    pub fn read(input: &Input) -> Result<Arc<Self>, ModelError> {
        let made = input.made.as_ref().and_then(crate::engine::input::Made::get::<Self>);
        let trace = made.unwrap_or_else(|| {
            let mut reading = Reading::default();
            (1..).zip(input.lines.iter()).for_each(|(number, line)| reading.line(number, Some(line)));
            Arc::new(reading.done())
        });
        if trace.entries.is_empty() {
            let (first, line) = (&trace.malformed_text, trace.malformed_lines.first().unwrap_or(&1));
            let remedy = if first.trim_start().starts_with(['{', '\u{feff}']) && first.contains('{') {
                "JSON logs cannot be read: write each entry as CLIENT - - [TIME] \"REQUEST\" STATUS SIZE, e.g. with `jq -r`"
            } else {
                "give an access log with lines such as: 203.0.113.9 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 2326"
            };
            let problem =
                format!("{} has no line in common or combined log format (line {line} is '{first}')", input.name);
            return Err(ModelError::new(problem, remedy));
        }
        Ok(trace)
    }

    fn malformed(&mut self, number: usize, text: Option<&str>) {
        if self.malformed == 0 {
            let text = text.unwrap_or("(not UTF-8, or too long)");
            self.malformed_text = text.chars().take(SHOWN).collect();
            if text.chars().nth(SHOWN).is_some() {
                self.malformed_text.push('…');
            }
        }
        self.malformed += 1;
        if self.malformed_lines.len() < NAMED_LINES {
            self.malformed_lines.push(number);
        }
    }

    /// Logs have whole seconds: the requests of one second are spread evenly over it, and time begins at 0.
    fn spread(&mut self) {
        let start = self.entries.first().map_or(0, |e| e.at_us);
        for second in self.entries.chunk_by_mut(|a, b| a.at_us == b.at_us) {
            let gap = 1_000_000.0 / second.len() as f64;
            for (i, entry) in second.iter_mut().enumerate() {
                let base = entry.at_us.saturating_sub(start).saturating_mul(1_000_000);
                entry.at_us = base.saturating_add((i as f64 * gap) as Micros);
            }
        }
    }

    /// Requests a second, over the whole trace.
    pub fn mean_rate(&self) -> f64 {
        let length = self.entries.last().map_or(0, |e| e.at_us) as f64 / 1e6;
        self.entries.len() as f64 / length.max(1.0)
    }

    /// How long it lasted.
    pub fn length_us(&self) -> Micros {
        self.entries.last().map_or(0, |e| e.at_us)
    }

    /// How most entries are written.
    pub fn format(&self) -> Option<Format> {
        self.formats.iter().max_by_key(|(_, count)| **count).map(|(format, _)| *format)
    }

    /// Requests that name no path. O(entries).
    pub fn without_path(&self) -> usize {
        let none = self.paths.iter().position(|path| **path == *NO_PATH);
        none.map_or(0, |none| self.entries.iter().filter(|entry| entry.path as usize == none).count())
    }

    /// Text of a path.
    pub fn path(&self, index: u32) -> &str {
        self.paths.get(index as usize).map_or("/", |p| p)
    }

    /// Bytes that it takes.
    pub fn memory_bytes(&self) -> usize {
        self.entries.len() * 16 + (self.clients.len() + self.paths.len()) * 40
    }
}

/// The trace among the inputs of a run.
pub fn from_input(input: Option<&Arc<Input>>) -> Result<Option<Arc<Trace>>, ModelError> {
    input.map(|input| Trace::read(input)).transpose()
}

/// The index of a text that was seen before, or a new one while there is room.
fn index_of(text: &str, known: &mut BTreeMap<Box<str>, u32>, all: &mut Vec<Box<str>>, most: usize) -> Option<u32> {
    if let Some(index) = known.get(text) {
        return Some(*index);
    }
    if all.len() >= most {
        return None;
    }
    let index = all.len() as u32;
    known.insert(text.into(), index);
    all.push(text.into());
    Some(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Blank;

    fn input(text: &str) -> Input {
        Input::read("access.log", text.as_bytes(), Blank::Stream(reader), |_, _| ()).unwrap()
    }

    #[test]
    fn malformed_lines_are_counted_and_disorder_is_sorted() {
        let line = |client: &str, second: u32, path: &str| {
            format!("{client} - - [10/Oct/2000:13:55:{second:02} +0000] \"GET {path} HTTP/1.1\" 200 5\n")
        };
        let text =
            [line("b", 9, "/"), "nonsense\n".to_owned(), line("a", 3, "/x"), line("a", 3, "/"), line("c", 4, "/y")]
                .concat();
        let trace = Trace::read(&input(&text)).unwrap();
        assert_eq!((trace.malformed, trace.malformed_lines.as_slice(), trace.out_of_order), (1, &[2][..], 1));
        let seen: Vec<(Micros, &str, &str)> =
            trace.entries.iter().map(|e| (e.at_us, &*trace.clients[e.client as usize], trace.path(e.path))).collect();
        assert_eq!(seen, [(0, "a", "/x"), (500_000, "a", "/"), (1_000_000, "c", "/y"), (6_000_000, "b", "/")]);
        // The same, bytes that are no text and a line without end among them, from lines that were kept.
        let mut bytes = text.clone().into_bytes();
        bytes.extend_from_slice(&[0xff, b'x', b'\n']);
        bytes.extend(std::iter::repeat_n(b'y', 200_000));
        let odd = Input::read("access.log", bytes.as_slice(), Blank::Stream(reader), |_, _| ()).unwrap();
        let odd = Trace::read(&odd).unwrap();
        assert_eq!((odd.malformed, odd.malformed_lines.as_slice()), (3, &[2, 6, 7][..]));
        assert_eq!(odd.entries, trace.entries);
        let kept = Input::read("access.log", text.as_bytes(), Blank::Skip, |_, _| ()).unwrap();
        assert_eq!(Trace::read(&kept).unwrap(), trace);
        let error = Trace::read(&input("one\ntwo\n")).unwrap_err();
        assert!(error.to_string().contains("access.log") && error.to_string().contains("line 1 is 'one'"), "{error}");
    }
}
