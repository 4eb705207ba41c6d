//! Text as a screen sees it: safe, measured in columns, cut, padded and wrapped; numbers for people.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

pub use crate::engine::visible;

/// How many columns the text takes, as [`visible()`] shows it.
///
/// ```
/// assert_eq!(scalelab::picture::width("節 a"), 4);
/// ```
pub fn width(text: &str) -> usize {
    columns(&visible(text))
}

/// Columns of text that is visible already: the sum over its graphemes, as a terminal cell grid counts them.
fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(str::width).sum() }
}

/// The longest beginning of whole graphemes that fits, and its width.
fn prefix(text: &str, limit: usize) -> (&str, usize) {
    let (mut end, mut used) = (0, 0);
    for g in text.graphemes(true) {
        let w = g.width();
        if used + w > limit {
            break;
        }
        used += w;
        end += g.len();
    }
    (&text[..end], used)
}

/// The text in at most `width` columns, cut with `…` if it is longer.
///
/// ```
/// assert_eq!(scalelab::picture::fit("consistent hashing", 11), "consistent…");
/// ```
pub fn fit(text: &str, width: usize) -> String {
    let text = visible(text);
    if columns(&text) <= width {
        return text.into_owned();
    }
    if width == 0 {
        return String::new();
    }
    format!("{}…", prefix(&text, width - 1).0)
}

/// [`fit`], filled with spaces on the right to exactly `width` columns.
pub fn pad(text: &str, width: usize) -> String {
    let mut text = fit(text, width);
    let missing = width.saturating_sub(columns(&text));
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

/// [`fit`], filled with spaces on the left to exactly `width` columns.
pub fn pad_left(text: &str, width: usize) -> String {
    let text = fit(text, width);
    let mut out = " ".repeat(width.saturating_sub(columns(&text)));
    out.push_str(&text);
    out
}

/// The text in lines of at most `width` columns, broken between words, and within a word only if
/// it is wider than a line. No lines if `width` is zero.
///
/// ```
/// assert_eq!(scalelab::picture::wrap("every moved key", 11), ["every moved", "key"]);
/// ```
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    if width == 0 {
        return lines;
    }
    for paragraph in text.split('\n') {
        wrap_paragraph(&visible(paragraph.trim_end_matches('\r')), width, &mut lines);
    }
    lines
}

fn wrap_paragraph(text: &str, width: usize, lines: &mut Vec<String>) {
    let (mut line, mut used) = (String::new(), 0);
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        let word_width = columns(word);
        let gap = usize::from(used > 0);
        if used + gap + word_width <= width {
            line.extend(std::iter::repeat_n(' ', gap));
            line.push_str(word);
            used += gap + word_width;
            continue;
        }
        if used > 0 {
            lines.push(std::mem::take(&mut line));
        }
        (line, used) = break_word(word, width, lines);
    }
    lines.push(line);
}

/// Pushes full lines of a word, and returns what is left of it.
fn break_word(word: &str, width: usize, lines: &mut Vec<String>) -> (String, usize) {
    let mut rest = word;
    loop {
        let (head, used) = prefix(rest, width);
        if head.len() == rest.len() {
            return (head.to_owned(), used);
        }
        if head.is_empty() {
            // A character wider than the line.
            lines.push("…".to_owned());
            rest = rest.graphemes(true).next().map_or("", |g| &rest[g.len()..]);
            continue;
        }
        lines.push(head.to_owned());
        rest = &rest[head.len()..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::visible::is_unsafe;

    const NASTY: [&str; 8] = [
        "",
        "plain words and some more of them",
        "\x1b]0;title\x07\x00\x7f\u{85}\u{9b}31m",
        "\u{202e}gnp.exe\u{2066}\u{200b}\u{feff}",
        "節点はハッシュ環の上にある",
        "👩‍👩‍👧‍👦 family 🇩🇪 flag ⚠️ e\u{301}e\u{301}",
        "a\tb\nc\r\nd",
        "averyveryveryverylongwordwithoutanyspace x",
    ];

    #[test]
    fn nothing_raw_gets_through() {
        for text in NASTY {
            assert!(!visible(text).chars().any(is_unsafe), "{text:?}");
            for w in 0..40 {
                assert!(width(&fit(text, w)) <= w, "{text:?} {w}");
                assert_eq!(width(&pad(text, w)), w, "{text:?} {w}");
                assert_eq!(width(&pad_left(text, w)), w, "{text:?} {w}");
                for line in wrap(text, w) {
                    assert!(width(&line) <= w, "{text:?} {w} {line:?}");
                    assert!(!line.chars().any(is_unsafe));
                }
            }
        }
    }

    #[test]
    fn wrapping_keeps_every_word() {
        let text = NASTY[1];
        for w in 5..40 {
            assert_eq!(wrap(text, w).join(" "), text);
        }
        assert_eq!(wrap("aaaaaa bb", 4), ["aaaa", "aa", "bb"]);
        assert_eq!(wrap("one\ntwo", 20), ["one", "two"]);
    }
}
