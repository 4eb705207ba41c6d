//! Text that was given by people and files, made safe to show: nothing in it can act as a command to a terminal,
//! turn the direction of text, hide, or break a document that it stands in.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;

/// Whether a character could move the cursor, turn the direction of text, or hide; or is no character at all
/// (the noncharacters of Unicode, two of which XML forbids).
pub fn is_unsafe(c: char) -> bool {
    let code = u32::from(c);
    c.is_control()
        || code & 0xfffe == 0xfffe
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// The text with every control character, direction override and invisible character made visible.
///
/// ```
/// use scalelab::engine::visible;
/// assert_eq!(visible("a\x1b[31m\u{202e}b"), "a␛[31m<U+202E>b");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    visible_but(text, |_| false)
}

/// As [`visible`], for a text of several lines: their ends stay.
///
/// ```
/// use scalelab::engine::visible_lines;
/// assert_eq!(visible_lines("a\n\tb\x07\r\n"), "a\n b␇\n");
/// ```
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    if !text.contains(['\t', '\r']) {
        return visible_but(text, |c| c == '\n');
    }
    let plain = text.replace('\t', " ").replace("\r\n", "\n");
    Cow::Owned(visible_but(&plain, |c| c == '\n').into_owned())
}

fn visible_but(text: &str, kept: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(|c| is_unsafe(c) && !kept(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            c if !is_unsafe(c) || kept(c) => out.push(c),
            '\0'..='\x1f' => out.extend(char::from_u32(0x2400 + u32::from(c))),
            '\x7f' => out.push('␡'),
            c => {
                // Writing to a String cannot fail.
                let _ = write!(out, "<U+{:04X}>", u32::from(c));
            }
        }
    }
    Cow::Owned(out)
}

/// A value as JSON on one line in which nothing is raw: what [`visible`] would change is written as `\u…`, which
/// every reader of JSON turns back.
///
/// ```
/// use scalelab::engine::visible::json;
/// assert_eq!(json(&["a\u{9b}\u{7f}\u{202e}\u{e0001}"])?, r#"["a\u009b\u007f\u202e\udb40\udc01"]"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
/// As [`serde_json::to_string`].
pub fn json(value: &impl Serialize) -> Result<String, serde_json::Error> {
    serde_json::to_string(value).map(|text| escaped(&text))
}

/// JSON text with `\u…` for each character that [`visible`] would change. Outside of its strings JSON has none but
/// line ends, which stay.
pub fn escaped(json: &str) -> String {
    if !json.chars().any(is_unsafe) {
        return json.to_owned();
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if !is_unsafe(c) || c == '\n' {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_has_nothing_raw_and_json_loses_nothing() {
        let every: String = (0..=0x0010_ffff).filter_map(char::from_u32).collect();
        assert!(!visible(&every).chars().any(is_unsafe));
        assert!(!visible_lines(&every).chars().any(|c| is_unsafe(c) && c != '\n'));
        let written = json(&every).unwrap();
        assert!(!written.chars().any(is_unsafe));
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), every);
        for c in every.chars().filter(|c| c.is_alphanumeric() || c.is_ascii_graphic() || *c == ' ') {
            let hidden = matches!(u32::from(c), 0x115f | 0x1160 | 0x3164 | 0xffa0);
            assert_eq!(is_unsafe(c), hidden, "{c:?} U+{:04X}", u32::from(c));
        }
    }
}
