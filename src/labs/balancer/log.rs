//! The access log that the lab is opened with: read line by line, or refused in words.

use std::any::Any;
use std::sync::Arc;

use crate::engine::input::Made;
use crate::engine::{Input, LineReader, ModelError};
use crate::systems::balancing::{Trace, TraceReader};

/// What is shown of a line that is no text.
pub const UNREADABLE: &str = "(not UTF-8, or too long)";

/// Hands the lines of an input to the reader of logs.
#[derive(Debug, Default)]
struct Lines(TraceReader);

/// A fresh reader of an access log.
pub fn reader() -> Box<dyn LineReader> {
    Box::new(Lines::default())
}

impl LineReader for Lines {
    fn line(&mut self, number: usize, text: Option<&str>) {
        self.0.line(number, text);
    }

    fn end(self: Box<Self>) -> Arc<dyn Any + Send + Sync> {
        Arc::new(self.0.finish())
    }
}

/// The log of an input: as it was made of a stream, or read from lines.
///
/// # Errors
/// When no line of it is a log entry.
pub fn read(input: &Input) -> Result<Arc<Trace>, ModelError> {
    let made = input.made.as_ref().and_then(Made::get::<Trace>);
    let trace = made.unwrap_or_else(|| {
        let mut reader = TraceReader::default();
        (1..).zip(input.lines.iter()).for_each(|(number, line)| reader.line(number, Some(line)));
        Arc::new(reader.finish())
    });
    if trace.entries.is_empty() {
        let line = trace.malformed_lines.first().unwrap_or(&1);
        let first = if trace.malformed == 0 { "" } else { trace.malformed_text.as_deref().unwrap_or(UNREADABLE) };
        let remedy = if first.trim_start().starts_with(['{', '\u{feff}']) && first.contains('{') {
            "JSON logs cannot be read: write each entry as CLIENT - - [TIME] \"REQUEST\" STATUS SIZE, e.g. with `jq -r`"
        } else {
            "give an access log with lines such as: 203.0.113.9 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 2326"
        };
        let problem = format!("{} has no line in common or combined log format (line {line} is '{first}')", input.name);
        return Err(ModelError::new(problem, remedy));
    }
    Ok(trace)
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
        let trace = read(&input(&text)).unwrap();
        assert_eq!((trace.malformed, trace.malformed_lines.as_slice(), trace.out_of_order), (1, &[2][..], 1));
        let seen: Vec<(u64, &str, &str)> = trace
            .entries
            .iter()
            .map(|e| (e.at.as_micros(), &*trace.clients[e.client as usize], trace.path(e.path)))
            .collect();
        assert_eq!(seen, [(0, "a", "/x"), (500_000, "a", "/"), (1_000_000, "c", "/y"), (6_000_000, "b", "/")]);
        // The same, bytes that are no text and a line without end among them, from lines that were kept.
        let mut bytes = text.clone().into_bytes();
        bytes.extend_from_slice(&[0xff, b'x', b'\n']);
        bytes.extend(std::iter::repeat_n(b'y', 200_000));
        let odd = Input::read("access.log", bytes.as_slice(), Blank::Stream(reader), |_, _| ()).unwrap();
        let odd = read(&odd).unwrap();
        assert_eq!((odd.malformed, odd.malformed_lines.as_slice()), (3, &[2, 6, 7][..]));
        assert_eq!(odd.entries, trace.entries);
        let kept = Input::read("access.log", text.as_bytes(), Blank::Skip, |_, _| ()).unwrap();
        assert_eq!(read(&kept).unwrap(), trace);
        let error = read(&input("one\ntwo\n")).unwrap_err();
        assert!(error.to_string().contains("access.log") && error.to_string().contains("line 1 is 'one'"), "{error}");
    }
}
