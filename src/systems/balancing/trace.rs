//! Access logs in common or combined format and their relatives: times, clients and paths of real requests.
//!
//! ```text
//! 203.0.113.9 - ada [10/Oct/2000:13:55:36 -0700] "GET /index.html HTTP/1.0" 200 2326 "-" "curl/8"
//! ```

mod date;
mod line;
mod origin;

use std::collections::BTreeMap;

use super::settings::MAX_CLIENTS;
use crate::algorithms::hash::key_hash;
use crate::sim::{Duration, Time};
pub use line::{Format, NO_PATH};
pub use origin::Carrier;

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
    pub at: Time,
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
    /// Beginning of the first of them; none if it is too long or not UTF-8.
    pub malformed_text: Option<String>,
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
///
/// ```
/// use scalelab::systems::balancing::TraceReader;
/// let mut reader = TraceReader::default();
/// reader.line(1, Some("203.0.113.9 - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.0\" 200 5"));
/// reader.line(2, Some("nonsense"));
/// let trace = reader.finish();
/// assert_eq!((trace.entries.len(), trace.path(0), trace.malformed), (1, "/a", 1));
/// ```
#[derive(Debug, Default)]
pub struct TraceReader {
    trace: Trace,
    clients: BTreeMap<Box<str>, u32>,
    paths: BTreeMap<Box<str>, u32>,
    /// Time of the line above, in seconds since 1970.
    before: Option<i64>,
}

impl TraceReader {
    /// The next line with its number from 1; `None` if it is too long or not UTF-8.
    pub fn line(&mut self, number: usize, text: Option<&str>) {
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
        let at = Time::from_micros(seconds.saturating_add(DAY_S).unsigned_abs());
        self.trace.entries.push(Entry { at, client, path: path.unwrap_or(0) });
    }

    /// All lines were read: sorts by time, entries of one second staying in the order of their lines, and spreads each
    /// second's.
    pub fn finish(mut self) -> Trace {
        if self.trace.out_of_order > 0 {
            self.trace.entries.sort_by_key(|entry| entry.at);
        }
        self.trace.spread();
        self.trace
    }
}

/// Seconds of a day.
const DAY_S: i64 = 86_400;

/// The beginning of a name, as much of it as is told apart.
fn cut(name: &str) -> &str {
    let end = (0..=MAX_NAME.min(name.len())).rev().find(|end| name.is_char_boundary(*end));
    &name[..end.unwrap_or(0)]
}

impl Trace {
    fn malformed(&mut self, number: usize, text: Option<&str>) {
        if self.malformed == 0 {
            self.malformed_text = text.map(|text| {
                let more = if text.chars().nth(SHOWN).is_some() { "…" } else { "" };
                text.chars().take(SHOWN).collect::<String>() + more
            });
        }
        self.malformed += 1;
        if self.malformed_lines.len() < NAMED_LINES {
            self.malformed_lines.push(number);
        }
    }

    /// Logs have whole seconds: the requests of one second are spread evenly over it, and time begins at 0.
    fn spread(&mut self) {
        let start = self.entries.first().map_or(Time::ZERO, |e| e.at);
        for second in self.entries.chunk_by_mut(|a, b| a.at == b.at) {
            let gap = 1_000_000.0 / second.len() as f64;
            for (i, entry) in second.iter_mut().enumerate() {
                let base = Time::ZERO + (entry.at - start) * 1_000_000;
                entry.at = base + Duration::from_micros((i as f64 * gap) as u64);
            }
        }
    }

    /// Requests a second, over the whole trace.
    pub fn mean_rate(&self) -> f64 {
        let length = self.length().as_secs_f64();
        self.entries.len() as f64 / length.max(1.0)
    }

    /// How long it lasted.
    pub fn length(&self) -> Duration {
        self.entries.last().map_or(Time::ZERO, |e| e.at) - Time::ZERO
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
