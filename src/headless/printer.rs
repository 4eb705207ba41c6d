//! The one door through which everything is printed, to standard output and to standard error.
//!
//! Names, texts and messages come from people, from files and from libraries; none of them may reach the terminal as a
//! command. What is written here is made visible, whoever wrote it; only [`Printer::styled`] lets colours through, for
//! text whose parts were made visible before.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::engine::{visible, visible_lines};

/// Writes text to somebody who reads it in a terminal, perhaps.
///
/// ```
/// use std::io::Write;
/// use scalelab::headless::printer::Printer;
/// let mut bytes = Vec::new();
/// let mut out = Printer::new(&mut bytes);
/// writeln!(out, "no such node: \x1b]0;x\x07")?;
/// out.json(&["\u{202e}"])?;
/// out.styled("\x1b[31mred\x1b[0m \x1b[2J\n")?;
/// out.flush()?;
/// let text = String::from_utf8_lossy(&bytes).into_owned();
/// assert_eq!(text, "no such node: ␛]0;x␇\n[\"\\u202e\"]\n\x1b[31mred\x1b[0m ␛[2J\n");
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Printer<'a> {
    to: &'a mut dyn Write,
    /// The beginning of a character whose other bytes are to come.
    begun: Vec<u8>,
}

impl<'a> Printer<'a> {
    /// A door to a writer.
    pub fn new(to: &'a mut dyn Write) -> Self {
        Self { to, begun: Vec::new() }
    }

    /// A value as JSON on a line of its own; what could do harm in a terminal is escaped.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let text = visible::json(value).map_err(io::Error::other)?;
        writeln!(self, "{text}")
    }

    /// Text in which colours and weights (SGR, `\x1b[…m`) stay. Its parts must have been made visible before.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn styled(&mut self, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some((before, length)) = next_style(rest) {
            self.write_all(&rest.as_bytes()[..before])?;
            self.to.write_all(&rest.as_bytes()[before..before + length])?;
            rest = &rest[before + length..];
        }
        self.write_all(rest.as_bytes())
    }
}

/// Where the next SGR sequence of a text begins, and its length.
fn next_style(text: &str) -> Option<(usize, usize)> {
    text.match_indices("\x1b[").find_map(|(at, start)| {
        let parameters = &text[at + start.len()..];
        let end = parameters.find(|c: char| !(c.is_ascii_digit() || c == ';' || c == ':'))?;
        parameters[end..].starts_with('m').then_some((at, start.len() + end + 1))
    })
}

impl Write for Printer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begun.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.begun) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => self.begun.len(),
        };
        let later = self.begun.split_off(whole);
        let text = String::from_utf8_lossy(&self.begun);
        self.to.write_all(visible_lines(&text).as_bytes())?;
        self.begun = later;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let torn = std::mem::take(&mut self.begun);
        self.to.write_all(String::from_utf8_lossy(&torn).as_bytes())?;
        self.to.flush()
    }
}

/// Whether a stream shows colours.
pub fn coloured(stream: &impl IsTerminal) -> bool {
    let dull = |name: &str, is: &dyn Fn(&std::ffi::OsStr) -> bool| std::env::var_os(name).is_some_and(|v| is(&v));
    stream.is_terminal() && !dull("NO_COLOR", &|v| !v.is_empty()) && !dull("TERM", &|v| v == "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_in_pieces_come_out_whole() {
        let mut bytes = Vec::new();
        let mut out = Printer::new(&mut bytes);
        for byte in "節\u{9b}31m\u{202e}é".bytes() {
            out.write_all(&[byte]).unwrap();
        }
        out.write_all(b"\xff\xe7").unwrap();
        out.flush().unwrap();
        assert_eq!(String::from_utf8_lossy(&bytes), "節<U+009B>31m<U+202E>é\u{fffd}\u{fffd}");
    }

    #[test]
    fn only_colours_and_weights_are_let_through() {
        for kept in ["\x1b[m", "\x1b[0;1;38;2;1;2;3ma", "\x1b[4:3m"] {
            let mut bytes = Vec::new();
            Printer::new(&mut bytes).styled(kept).unwrap();
            assert_eq!(String::from_utf8_lossy(&bytes), kept);
        }
        for harmful in ["\x1b[31", "\x1b[?25lm", "\x1b[2J", "\x1b[\x1b", "\x1b]8;;m", "\x1b[31\nm", "\u{9b}31m"] {
            let mut bytes = Vec::new();
            Printer::new(&mut bytes).styled(harmful).unwrap();
            assert!(!String::from_utf8_lossy(&bytes).contains(['\u{1b}', '\u{9b}']), "{harmful:?}");
        }
    }
}
