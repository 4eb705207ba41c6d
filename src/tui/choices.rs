//! Answers to choose from: the same look in a lesson and in a review.

use std::ops::Range;

use crate::picture::{TextLine, Tone, pad, unmarked, wrap};

/// The choices as lines, numbered, the one under the cursor marked, if there is one; and the rows that each takes.
pub(super) fn choice_lines(
    choices: &[String],
    cursor: Option<usize>,
    columns: usize,
) -> (Vec<TextLine>, Vec<Range<usize>>) {
    let (mut lines, mut rows) = (Vec::new(), Vec::new());
    for (i, choice) in choices.iter().enumerate() {
        let (chosen, start) = (Some(i) == cursor, lines.len());
        for (row, text) in wrap(&unmarked(choice), columns.saturating_sub(5).max(4)).into_iter().enumerate() {
            let sign = if chosen && row == 0 { "▶" } else { " " };
            let number = if row == 0 { (i + 1).to_string() } else { String::new() };
            let line = format!("{sign} {number:<2} {text}");
            lines.push(match chosen {
                true => TextLine::of(pad(&line, columns), Tone::Chosen),
                false => TextLine::of(line, Tone::Plain),
            });
        }
        rows.push(start..lines.len());
    }
    (lines, rows)
}
