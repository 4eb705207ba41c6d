//! What came of it: the prediction beside the outcome, the goal against par, the lesson as a whole.

use super::panel::Content;
use crate::engine::numbers::plural;
use crate::lessons::{Session, Step, Verdict};
use crate::picture::{TextLine, Tone, markdown, pad, paragraph, unmarked, wrap};

/// An answer beside what happened, and why.
pub(super) fn answered(session: &Session, verdict: &Verdict, columns: usize) -> Vec<TextLine> {
    let mut lines = Vec::new();
    if let Some(Step::Predict(predict)) = session.step() {
        lines.extend(paragraph(&unmarked(&predict.question), columns, Tone::Quiet));
    } else if let Some(Step::Explain(step) | Step::Recall(step)) = session.step() {
        lines.extend(paragraph(&unmarked(&step.question), columns, Tone::Quiet));
    }
    lines.push(TextLine::default());
    let (sign, word, tone) = match verdict.right {
        true => ("✓", "It came true", Tone::Good),
        false => ("✗", "It came out otherwise", Tone::Bad),
    };
    if verdict.happened.is_empty() {
        lines.extend(paragraph(&format!("{sign} {}", unmarked(&verdict.said)), columns, tone));
    } else {
        let sure = session.sure();
        let said = format!("{} ({sure} % sure)", unmarked(&verdict.said));
        lines.extend(beside(("You said", &said), ("It was", &unmarked(&verdict.happened)), columns, tone));
        lines.push(TextLine::default());
        lines.push(TextLine::of(format!("{sign} {word}"), tone));
    }
    if !verdict.reply.is_empty() {
        lines.push(TextLine::default());
        lines.extend(markdown(&verdict.reply, columns));
    }
    lines
}

/// Two columns, each with a heading.
fn beside(left: (&str, &str), right: (&str, &str), columns: usize, tone: Tone) -> Vec<TextLine> {
    let half = (columns.saturating_sub(3) / 2).max(4);
    let (a, b) = (wrap(left.1, half), wrap(right.1, half));
    let mut lines = vec![TextLine(vec![
        (pad(left.0, half), Tone::Quiet),
        (" │ ".to_owned(), Tone::Quiet),
        (right.0.to_owned(), Tone::Quiet),
    ])];
    for row in 0..a.len().max(b.len()) {
        let cell = |cells: &[String]| cells.get(row).cloned().unwrap_or_default();
        lines.push(TextLine(vec![
            (pad(&cell(&a), half), tone),
            (" │ ".to_owned(), Tone::Quiet),
            (cell(&b), Tone::Strong),
        ]));
    }
    lines
}

/// The goal is reached: how, and against what.
pub(super) fn reached(content: &Content<'_>, commands: usize, shown: bool, columns: usize) -> Vec<TextLine> {
    let mut lines = Vec::new();
    let count = format!("{commands} command{}", plural(commands as u64));
    if shown {
        lines.extend(paragraph("✓ This is one way to the goal.", columns, Tone::Good));
        lines.push(TextLine::default());
        let text = "Step back with ← and on with → to see each command again. B begins the step anew: try it yourself.";
        lines.extend(paragraph(text, columns, Tone::Plain));
    } else {
        lines.extend(paragraph(&format!("✓ Reached with {count}."), columns, Tone::Good));
    }
    if let Some(Step::Challenge(work)) = content.session.step() {
        lines.push(TextLine::default());
        if let Some(par) = work.par.filter(|_| !shown) {
            let word = match commands.cmp(&par) {
                std::cmp::Ordering::Less => "under par",
                std::cmp::Ordering::Equal => "on par",
                std::cmp::Ordering::Greater => "over par",
            };
            let best = content.best.map_or(commands, |best| best.min(commands));
            let text = format!("You {commands} · par {par} · your best {best}: {word}.");
            lines.extend(paragraph(&text, columns, Tone::Strong));
            lines.push(TextLine::default());
        }
        lines.extend(paragraph("Walk your time line with ← and →.", columns, Tone::Plain));
        if let Some(expert) = &work.expert {
            lines.push(TextLine::default());
            lines.push(TextLine::of("What an expert would note", Tone::Heading));
            lines.extend(markdown(expert, columns));
        }
    }
    lines
}

/// The lesson is over: what one can do now, and how it went.
pub(super) fn finished(content: &Content<'_>, columns: usize) -> Vec<TextLine> {
    let mut lines = paragraph("✓ The lesson is done. You can now:", columns, Tone::Good);
    lines.push(TextLine::default());
    for objective in &content.session.lesson().objectives {
        let wrapped = wrap(&unmarked(objective), columns.saturating_sub(2).max(8));
        for (row, text) in wrapped.into_iter().enumerate() {
            lines.push(TextLine::of(format!("{}{text}", if row == 0 { "• " } else { "  " }), Tone::Plain));
        }
    }
    let tally = content.tally;
    if tally.predictions > 0 {
        lines.push(TextLine::default());
        let text = format!(
            "In this sitting {} of your {} prediction{} came true.",
            tally.came_true,
            tally.predictions,
            plural(tally.predictions as u64)
        );
        lines.extend(paragraph(&text, columns, Tone::Plain));
    }
    if tally.hints > 0 {
        let text = format!("You looked at {} hint{}.", tally.hints, plural(tally.hints as u64));
        lines.extend(paragraph(&text, columns, Tone::Plain));
    }
    lines.push(TextLine::default());
    let text = "Its questions come back for review, one by one, when you are about to forget them.";
    lines.extend(paragraph(text, columns, Tone::Quiet));
    if let Some(next) = content.next {
        lines.push(TextLine::default());
        lines.extend(paragraph(&format!("Next: {}", unmarked(next)), columns, Tone::Strong));
    }
    lines
}
