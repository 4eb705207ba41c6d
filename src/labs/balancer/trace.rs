//! Access logs in common or combined format: times, clients and paths of real requests.
//!
//! ```text
//! 203.0.113.9 - ada [10/Oct/2000:13:55:36 -0700] "GET /index.html HTTP/1.0" 200 2326 "-" "curl/8"
//! ```

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::traffic::MAX_CLIENTS;
use crate::algorithms::hash::key_hash;
use crate::engine::{Input, LineReader, Micros, ModelError};

/// Most requests of a trace that are used.
pub const MAX_ENTRIES: usize = 5_000_000;
/// Most paths that are told apart.
const MAX_PATHS: usize = 100_000;
/// Longest name of a client and of a path that is told apart, in bytes.
const MAX_NAME: usize = 256;
/// Lines that are named when they are malformed.
const NAMED_LINES: usize = 3;

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
    /// Entries whose time was before that of the line above.
    pub out_of_order: usize,
    /// Entries beyond the most that are used.
    pub left_out: usize,
    /// Requests of clients beyond the most that are told apart.
    pub folded_clients: usize,
    /// Beginning of the first line.
    first_line: String,
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
        if self.trace.first_line.is_empty() {
            self.trace.first_line = text.unwrap_or("(unreadable)").chars().take(60).collect();
        }
        let Some((client, seconds, path)) = text.and_then(parse) else {
            self.trace.malformed += 1;
            if self.trace.malformed_lines.len() < NAMED_LINES {
                self.trace.malformed_lines.push(number);
            }
            return;
        };
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
        let path = index_of(path, &mut self.paths, &mut self.trace.paths, MAX_PATHS).unwrap_or(0);
        // Dates from 1970 to 9999: no offset makes them less than a day before 1970.
        let at_us = seconds.saturating_add(DAY_S).unsigned_abs();
        self.trace.entries.push(Entry { at_us, client, path });
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
            let first = &trace.first_line;
            return Err(ModelError::new(
                format!("{} has no line in common or combined log format (its first line is '{first}')", input.name),
                "give an access log with lines such as: 203.0.113.9 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 2326",
            ));
        }
        Ok(trace)
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

/// Client, seconds since 1970, and path of a log line.
fn parse(line: &str) -> Option<(&str, i64, &str)> {
    let (client, rest) = line.trim_start().split_once(' ')?;
    let (_, rest) = rest.split_once('[')?;
    let (time, rest) = rest.split_once(']')?;
    let (_, rest) = rest.split_once('"')?;
    let (request, rest) = rest.split_once('"')?;
    // The status follows, or it is no log line.
    let status = rest.split_ascii_whitespace().next()?;
    if client.is_empty() || status.len() != 3 || !status.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let target = request.split_ascii_whitespace().nth(1)?;
    let path = target.split(['?', '#']).next().filter(|p| !p.is_empty())?;
    Some((client, seconds(time)?, path))
}

/// `10/Oct/2000:13:55:36 -0700` in seconds since 1970.
fn seconds(time: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (stamp, zone) = time.split_once(' ')?;
    let mut date = stamp.splitn(4, ['/', ':']);
    let day: i64 = number(date.next()?, 1, 31)?;
    let name = date.next()?;
    let month = MONTHS.iter().position(|m| m.eq_ignore_ascii_case(name))? as i64 + 1;
    let year: i64 = number(date.next()?, 1970, 9_999)?;
    let mut clock = date.next()?.split(':');
    let hour: i64 = number(clock.next()?, 0, 23)?;
    let minute: i64 = number(clock.next()?, 0, 59)?;
    let second: i64 = number(clock.next()?, 0, 60)?;
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..).filter(|z| z.len() == 4 && z.is_ascii())?.split_at(2);
    let offset = sign * (number(hours, 0, 23)? * 3_600 + number(minutes, 0, 59)? * 60);
    Some(days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset)
}

fn number(text: &str, least: i64, most: i64) -> Option<i64> {
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|n| digits && (least..=most).contains(n))
}

/// Days since 1970 of a date in the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is the last one (Hinnant, "chrono-compatible date algorithms").
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Blank;

    fn input(text: &str) -> Input {
        Input::read("access.log", text.as_bytes(), Blank::Stream(reader), |_, _| ()).unwrap()
    }

    #[test]
    fn dates() {
        assert_eq!(seconds("01/Jan/1970:00:00:00 +0000"), Some(0));
        assert_eq!(seconds("10/Oct/2000:13:55:36 -0700"), Some(971_211_336));
        assert_eq!(seconds("29/Feb/2024:23:59:59 +0530"), Some(1_709_231_399));
        for bad in [
            "",
            "10/Oct/2000:13:55:36",
            "10/Okt/2000:13:55:36 +0000",
            "10/Oct/2000:25:00:00 +0000",
            "1/Jan/1970:0:0:0 é",
        ] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn common_and_combined_lines() {
        let common = "203.0.113.9 - ada [10/Oct/2000:13:55:36 -0700] \"GET /a/b?x=1 HTTP/1.0\" 200 2326";
        assert_eq!(parse(common), Some(("203.0.113.9", 971_211_336, "/a/b")));
        let combined = format!("{common} \"http://example.org/\" \"Mozilla/5.0 (X11)\"");
        assert_eq!(parse(&combined), parse(common));
        for bad in
            ["", "hello", "- - [] \"\" 1", "1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] \"GET\" 200 1", "\u{1b}[31m"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
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
        assert!(error.to_string().contains("access.log") && error.to_string().contains("'one'"), "{error}");
    }
}
