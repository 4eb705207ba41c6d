//! Whether a step fits the lesson's column on a screen of 80×24: at most two pages of it.

use crate::lessons::format::Step;
use crate::lessons::library::LessonEntry;
use crate::lessons::limits;
use crate::lessons::rules::Findings;
use crate::lessons::source::LessonError;
use crate::picture::{markdown, wrap};

/// Columns that a lesson has at 80×24.
pub const COLUMNS: usize = 38;
/// Rows that it has there; a step may take twice as many.
pub const ROWS: usize = 18;
/// Columns that stand before a choice: the cursor and its number.
const BEFORE_CHOICE: usize = 5;
/// Columns that stand before a line of a hint.
const BEFORE_HINT: usize = 2;

/// Steps that do not fit.
pub(super) fn check(entry: &LessonEntry) -> Vec<LessonError> {
    let mut findings = Findings::new(&entry.source);
    for (i, step) in entry.lesson.steps.iter().enumerate() {
        let rows = rows(step);
        if rows > 2 * ROWS {
            let problem = format!("the step takes {rows} rows at 80×24; {} is the most", 2 * ROWS);
            findings.say(&format!("step[{i}].text"), problem, "Shorten it, or make two steps of it.");
        }
        for (what, text) in [("text", step.text())].into_iter().chain(expert(step)) {
            let wide = longest_code(text);
            if wide > COLUMNS {
                let problem = format!("a line of code has {wide} columns; {COLUMNS} fit at 80×24");
                findings.say(&format!("step[{i}].{what}"), problem, "Break the line.");
            }
        }
    }
    findings.into_errors()
}

fn expert(step: &Step) -> Option<(&'static str, &str)> {
    match step {
        Step::Challenge(work) => work.expert.as_deref().map(|text| ("expert", text)),
        _ => None,
    }
}

/// Rows that a step takes at its longest.
fn rows(step: &Step) -> usize {
    let text = markdown(step.text(), COLUMNS).len();
    let line = |text: &str| wrap(text, COLUMNS).len();
    let choice = |text: &str| wrap(text, COLUMNS - BEFORE_CHOICE).len();
    let hint = |text: &str| markdown(text, COLUMNS - BEFORE_HINT).len();
    // One empty row before each part.
    match step {
        Step::Read(_) => text,
        Step::Watch(watch) => {
            let played: usize =
                watch.play.iter().map(|scene| 1 + line(&format!("▷ {}", scene.run)) + line(&scene.say)).sum();
            (text + 2).max(played)
        }
        Step::Predict(predict) => {
            let choices: usize = predict.choices.iter().map(|c| choice(&c.text)).sum();
            let answers = if choices > 0 { choices } else { 2 };
            let said = predict.choices.iter().map(|c| choice(&c.text) + line(&c.reply)).max();
            let said = said.unwrap_or_else(|| predict.reply.as_deref().map_or(0, line));
            (text + 1 + line(&predict.question) + 1 + answers).max(4 + said)
        }
        Step::Explain(question) | Step::Recall(question) => {
            let choices: usize = question.choices.iter().map(|c| choice(&c.text)).sum();
            let said = question.choices.iter().map(|c| choice(&c.text) + line(&c.reply)).max().unwrap_or(0);
            (text + 1 + line(&question.question) + 1 + choices).max(2 + said)
        }
        Step::Do(work) | Step::Fix(work) | Step::Challenge(work) => {
            let hints: usize = work.hints.iter().take(limits::HINTS).map(|h| 2 + hint(h)).sum();
            let expert = work.expert.as_deref().map_or(0, |text| markdown(text, COLUMNS).len());
            (text + 1 + line(&work.goal) + hints).max(3 + expert)
        }
    }
}

/// Columns of the longest line in a block of code: it is cut, not wrapped.
fn longest_code(text: &str) -> usize {
    use pulldown_cmark::{Event, Parser, Tag, TagEnd};
    let (mut code, mut longest) = (false, 0);
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => code = true,
            Event::End(TagEnd::CodeBlock) => code = false,
            Event::Text(text) if code => {
                longest = text.lines().map(|l| crate::picture::width(l) + 2).max().unwrap_or(0).max(longest);
            }
            _ => {}
        }
    }
    longest
}
