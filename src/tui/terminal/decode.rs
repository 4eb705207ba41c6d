//! From the bytes of a terminal to keys, mouse, pasted text, and answers to what it was asked.
//!
//! Sequences as of ECMA-48 and xterm's "Control Sequences". What is not known is swallowed whole, what is
//! never finished is given up: nothing that comes in keeps later keys from being read.

use std::time::Duration;

use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

use super::sequences;

/// Most bytes kept of one paste: no line of the program is longer.
pub(super) const MOST_PASTED: usize = 64 << 10;
/// Most bytes of a sequence that is looked at; longer ones are swallowed.
const LONGEST: usize = 512;
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// Something that came in.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Incoming {
    Event(Event),
    /// The colour of the background.
    Background([u8; 3]),
    /// What the terminal can do: it has answered all that was asked before.
    Attributes,
}

/// What the bytes begin with.
enum Start {
    /// So many bytes, and what they mean.
    Whole(usize, Option<Incoming>),
    /// More may come.
    Part,
    PasteBegins(usize),
}

/// Takes bytes as they come.
#[derive(Default)]
pub(super) struct Decoder {
    held: Vec<u8>,
    /// Text that is being pasted.
    paste: Option<Vec<u8>>,
}

impl Decoder {
    /// How long to wait for the rest of what was begun, before [`Decoder::give_up`].
    pub(super) fn patience(&self) -> Option<Duration> {
        let millis = match (&self.paste, self.held.as_slice()) {
            (Some(_), _) => 1_000,
            (None, []) => return None,
            // The Escape key, or what a slow line cut in two.
            (None, [0x1b]) => 30,
            (None, _) => 150,
        };
        Some(Duration::from_millis(millis))
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// Takes bytes; gives what they mean.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Incoming> {
        let mut out = Vec::new();
        if self.paste.is_some() && matches!(bytes, [0x03] | [0x1b]) {
            // No terminal pastes these alone: somebody wants to be heard in a paste that does not end.
            self.end_paste(&mut out);
        }
        self.held.extend_from_slice(bytes);
        let held = std::mem::take(&mut self.held);
        let mut at = 0;
        while let Some(rest) = held.get(at..).filter(|rest| !rest.is_empty()) {
            if self.paste.is_some() {
                match self.pasted(rest, &mut out) {
                    0 => break,
                    used => at += used,
                }
                continue;
            }
            match start(rest) {
                Start::Whole(used, meaning) => {
                    out.extend(meaning);
                    at += used;
                }
                Start::PasteBegins(used) => {
                    self.paste = Some(Vec::new());
                    at += used;
                }
                Start::Part => break,
            }
        }
        self.held = held.get(at..).unwrap_or_default().to_vec();
        if self.held.len() > LONGEST {
            // Its end will be swallowed like its beginning.
            self.held.truncate(LONGEST);
        }
        out
    }

    /// Nothing more came for a while: what was begun is what it is.
    pub(super) fn give_up(&mut self) -> Vec<Incoming> {
        let mut out = Vec::new();
        if self.paste.is_some() {
            self.end_paste(&mut out);
        }
        match std::mem::take(&mut self.held).as_slice() {
            [0x1b] => out.push(key(KeyCode::Esc, KeyModifiers::NONE)),
            // Alt with a key that begins sequences.
            [0x1b, c @ 0x20..0x7f] => out.push(key(KeyCode::Char(char::from(*c)), KeyModifiers::ALT)),
            _ => {}
        }
        out
    }

    /// Takes pasted text, up to where it ends; gives how many bytes it took.
    fn pasted(&mut self, rest: &[u8], out: &mut Vec<Incoming>) -> usize {
        let end = rest.windows(PASTE_ENDS.len()).position(|w| w == PASTE_ENDS);
        // The last bytes may be the first of its end.
        let begun = (1..PASTE_ENDS.len()).rev().find(|n| rest.ends_with(&PASTE_ENDS[..*n])).unwrap_or(0);
        let text = &rest[..end.unwrap_or(rest.len() - begun)];
        if let Some(paste) = &mut self.paste {
            let room = MOST_PASTED.saturating_sub(paste.len());
            paste.extend_from_slice(&text[..text.len().min(room)]);
        }
        if end.is_some() {
            self.end_paste(out);
            return text.len() + PASTE_ENDS.len();
        }
        text.len()
    }

    fn end_paste(&mut self, out: &mut Vec<Incoming>) {
        let pasted = self.paste.take().unwrap_or_default();
        self.held.clear();
        if !pasted.is_empty() {
            out.push(Incoming::Event(Event::Paste(String::from_utf8_lossy(&pasted).into_owned())));
        }
    }
}

pub(super) fn key(code: KeyCode, modifiers: KeyModifiers) -> Incoming {
    Incoming::Event(Event::Key(KeyEvent::new(code, modifiers)))
}

fn start(bytes: &[u8]) -> Start {
    match bytes {
        [0x1b] => Start::Part,
        [0x1b, b'[', ..] => control(bytes),
        [0x1b, b'O'] => Start::Part,
        [0x1b, b'O', c @ 0x20..0x7f, ..] => Start::Whole(3, sequences::keypad(*c)),
        [0x1b, b']' | b'P' | b'X' | b'^' | b'_', ..] => string(bytes),
        // A second Escape begins something of its own.
        [0x1b, 0x1b, ..] => Start::Whole(1, Some(key(KeyCode::Esc, KeyModifiers::NONE))),
        [0x1b, rest @ ..] => match character(rest) {
            Start::Whole(used, meaning) => Start::Whole(used + 1, meaning.map(with_alt)),
            other => other,
        },
        _ => character(bytes),
    }
}

fn with_alt(meaning: Incoming) -> Incoming {
    match meaning {
        Incoming::Event(Event::Key(key)) => {
            Incoming::Event(Event::Key(KeyEvent::new(key.code, key.modifiers | KeyModifiers::ALT)))
        }
        other => other,
    }
}

/// One character, or a key that sends a control character.
fn character(bytes: &[u8]) -> Start {
    let Some(first) = bytes.first().copied() else { return Start::Part };
    let code = match first {
        b'\r' | b'\n' => KeyCode::Enter,
        b'\t' => KeyCode::Tab,
        0x7f => KeyCode::Backspace,
        0 => return Start::Whole(1, Some(key(KeyCode::Char(' '), KeyModifiers::CONTROL))),
        c @ 0x01..=0x1a => {
            return Start::Whole(1, Some(key(KeyCode::Char(char::from(c - 1 + b'a')), KeyModifiers::CONTROL)));
        }
        c @ 0x1c..=0x1f => {
            return Start::Whole(1, Some(key(KeyCode::Char(char::from(c - 0x1c + b'4')), KeyModifiers::CONTROL)));
        }
        _ => {
            let length = match first {
                ..0x80 => 1,
                0xc2..0xe0 => 2,
                0xe0..0xf0 => 3,
                0xf0..0xf5 => 4,
                _ => return Start::Whole(1, None),
            };
            let Some(whole) = bytes.get(..length) else {
                // A character that cannot be finished any more is dropped.
                let broken = bytes.iter().skip(1).position(|b| !(0x80..0xc0).contains(b));
                return broken.map_or(Start::Part, |at| Start::Whole(at + 1, None));
            };
            let Some(c) = std::str::from_utf8(whole).ok().and_then(|s| s.chars().next()) else {
                return Start::Whole(1, None);
            };
            let shift = if c.is_uppercase() { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
            return Start::Whole(length, (!c.is_control()).then(|| key(KeyCode::Char(c), shift)));
        }
    };
    Start::Whole(1, Some(key(code, KeyModifiers::NONE)))
}

/// A control sequence: `ESC [`, parameters, intermediates, one final byte.
fn control(bytes: &[u8]) -> Start {
    match bytes {
        // The old form of the mouse: three bytes after it.
        [0x1b, b'[', b'M', rest @ ..] if rest.iter().take(3).any(|b| *b < b' ') => {
            // Broken off before its end.
            let at = rest.iter().position(|b| *b < b' ').unwrap_or(0);
            return Start::Whole(3 + at, None);
        }
        [0x1b, b'[', b'M', b, x, y, ..] => return Start::Whole(6, sequences::old_mouse([*b, *x, *y])),
        [0x1b, b'[', b'M', ..] => return Start::Part,
        // Function keys of the Linux console.
        [0x1b, b'[', b'[', c @ b'A'..=b'E', ..] => {
            return Start::Whole(4, Some(key(KeyCode::F(c - b'A' + 1), KeyModifiers::NONE)));
        }
        [0x1b, b'[', b'['] => return Start::Part,
        _ => {}
    }
    let Some(end) = bytes.iter().skip(2).position(|b| !(0x20..0x40).contains(b)).map(|at| at + 2) else {
        return Start::Part;
    };
    match bytes[end] {
        0x40..0x7f => match (&bytes[2..end], bytes[end]) {
            (b"200", b'~') => Start::PasteBegins(end + 1),
            (parameters, last) => Start::Whole(end + 1, sequences::control(parameters, last)),
        },
        0x18 => Start::Whole(end + 1, None),
        // Broken off: what comes is something else.
        _ => Start::Whole(end, None),
    }
}

/// A string, such as the answer to a query: up to BEL, or ESC and a backslash.
fn string(bytes: &[u8]) -> Start {
    let end = bytes.iter().skip(2).position(|b| matches!(b, 0x03 | 0x07 | 0x1b | 0x18)).map(|at| at + 2);
    let Some(end) = end else { return Start::Part };
    let meaning = || if bytes[1] == b']' { sequences::answer(&bytes[2..end]) } else { None };
    match bytes[end..] {
        [0x1b] => Start::Part,
        [0x1b, b'\\', ..] => Start::Whole(end + 2, meaning()),
        [0x07, ..] => Start::Whole(end + 1, meaning()),
        // Broken off.
        [0x1b | 0x03, ..] => Start::Whole(end, None),
        _ => Start::Whole(end + 1, None),
    }
}
