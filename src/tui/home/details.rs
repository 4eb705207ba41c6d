//! What stands beside the list: the chosen unit, lesson, lab or review in more words.

use super::draw::sign;
use super::{Item, has_challenge};
use crate::engine::numbers::{percent, plural};
use crate::labs::REGISTRY;
use crate::lessons::Step;
use crate::lessons::library::{LessonEntry, UnitEntry};
use crate::lessons::progress::{Progress, Status, calibration_sentence};
use crate::picture::{TextLine, Theme, Tone, pad, paragraph, unmarked, visible, width};
use crate::tui::learning::{Learning, in_words};

/// Lines, and which of them is which lesson.
pub(super) type Details = (Vec<TextLine>, Vec<(usize, usize)>);

/// The details of what is chosen, at this width.
pub(super) fn lines(item: Item, lesson: Option<usize>, columns: usize, learning: &Learning, theme: Theme) -> Details {
    match item {
        Item::Continue => (learning.next().map_or_else(Vec::new, |entry| about(entry, columns, learning)), Vec::new()),
        Item::Review => (review(columns, learning), Vec::new()),
        Item::Unit(index) => match learning.library.units.get(index) {
            Some(entry) => unit(entry, lesson, columns, learning, theme),
            None => Details::default(),
        },
        Item::Lab(index) => (lab(index, columns), Vec::new()),
    }
}

fn unit(unit: &UnitEntry, chosen: Option<usize>, columns: usize, learning: &Learning, theme: Theme) -> Details {
    let mut lines = vec![TextLine::of(visible(&unit.unit.title), Tone::Heading)];
    lines.extend(paragraph(&visible(&unit.unit.summary), columns, Tone::Quiet));
    lines.push(TextLine::default());
    let mut rows = Vec::new();
    for (i, entry) in unit.lessons.iter().enumerate() {
        let status = learning.status(&entry.lesson.id);
        let minutes = format!("{} min", entry.lesson.minutes);
        let room = columns.saturating_sub(width(&minutes) + 1);
        let mark = if chosen == Some(i) { "▶" } else { " " };
        let title = format!("{mark}{} {}", sign(status, theme), visible(&entry.lesson.title));
        let text = format!("{} {minutes}", pad(&title, room));
        rows.push((lines.len(), i));
        let tone = match (chosen == Some(i), status) {
            (true, _) => Tone::Chosen,
            (false, Status::Due | Status::Started) => Tone::Strong,
            (false, Status::Done | Status::TestedOut) => Tone::Quiet,
            (false, Status::Open) => Tone::Plain,
        };
        lines.push(TextLine::of(pad(&text, columns), tone));
    }
    lines.push(TextLine::default());
    match chosen.and_then(|i| unit.lessons.get(i)) {
        Some(entry) => lines.extend(state(entry, columns, learning)),
        None => {
            let legend: Vec<String> = [
                (Status::Done, "done"),
                (Status::Started, "begun"),
                (Status::Open, "open"),
                (Status::Due, "due for review"),
                (Status::TestedOut, "tested out"),
            ]
            .map(|(status, word)| format!("{} {word}", sign(status, theme)))
            .to_vec();
            lines.extend(paragraph(&legend.join("   "), columns, Tone::Quiet));
        }
    }
    (lines, rows)
}

/// Where the learner is in a lesson, what it wants first, and what it teaches.
fn state(entry: &LessonEntry, columns: usize, learning: &Learning) -> Vec<TextLine> {
    let lesson = &entry.lesson;
    let place = learning.progress.place(&lesson.id);
    let step = place.and_then(|id| lesson.steps.iter().position(|step| step.id() == id)).map_or(0, |i| i + 1);
    let text = match learning.status(&lesson.id) {
        Status::Open => "Open: not begun yet.".to_owned(),
        Status::Started => format!("Begun: you are at step {step} of {}.", lesson.steps.len()),
        Status::Done => "Done.".to_owned(),
        Status::TestedOut => "Tested out: you passed its challenge.".to_owned(),
        Status::Due => "Done; a question of it is due for review.".to_owned(),
    };
    let mut lines = paragraph(&text, columns, Tone::Strong);
    let open = |need: &&String| matches!(learning.status(need), Status::Open | Status::Started);
    for need in lesson.needs.iter().filter(open) {
        let title = learning.library.find(need).map_or(need.as_str(), |entry| entry.lesson.title.as_str());
        lines.extend(paragraph(&format!("Comes after: {}", visible(title)), columns, Tone::Bad));
    }
    if let Some(Step::Challenge(work)) = lesson.steps.iter().find(|step| matches!(step, Step::Challenge(_))) {
        let best = learning.progress.best(&lesson.id, &work.id);
        let par = work.par.map_or(String::new(), |par| format!(" par {par}"));
        let best = best.map_or(String::new(), |best| format!(", your best {best}"));
        lines.extend(paragraph(&format!("★ Challenge:{par}{best}. `t` goes straight to it."), columns, Tone::Plain));
    }
    lines.push(TextLine::default());
    lines.extend(objectives(entry, columns));
    lines
}

fn objectives(entry: &LessonEntry, columns: usize) -> Vec<TextLine> {
    let mut lines = vec![TextLine::of("You will be able to", Tone::Quiet)];
    for objective in &entry.lesson.objectives {
        for (row, line) in
            paragraph(&unmarked(objective), columns.saturating_sub(2), Tone::Plain).into_iter().enumerate()
        {
            let mut line = line;
            line.0.insert(0, (if row == 0 { "• " } else { "  " }.to_owned(), Tone::Plain));
            lines.push(line);
        }
    }
    lines
}

fn about(entry: &LessonEntry, columns: usize, learning: &Learning) -> Vec<TextLine> {
    let mut lines = paragraph(&visible(&entry.lesson.title), columns, Tone::Heading);
    let unit = learning.library.units.iter().find(|u| u.lessons.iter().any(|e| e.lesson.id == entry.lesson.id));
    let unit = unit.map_or(String::new(), |unit| format!("{}, ", visible(&unit.unit.title)));
    lines.push(TextLine::of(format!("{unit}about {} minutes", entry.lesson.minutes), Tone::Quiet));
    lines.push(TextLine::default());
    lines.extend(state(entry, columns, learning));
    if has_challenge(entry) && learning.status(&entry.lesson.id) == Status::Open {
        lines.push(TextLine::default());
    }
    lines
}

fn lab(index: usize, columns: usize) -> Vec<TextLine> {
    let Some(lab) = REGISTRY.get(index) else { return Vec::new() };
    let mut lines = vec![TextLine::of(lab.info.title, Tone::Heading)];
    lines.extend(paragraph(lab.info.summary, columns, Tone::Plain));
    lines.push(TextLine::default());
    lines.push(TextLine::of("Views", Tone::Quiet));
    for (i, view) in lab.info.views.iter().enumerate() {
        lines.extend(paragraph(&format!("{}  {}: {}", i + 1, view.name, view.help), columns, Tone::Plain));
    }
    lines.push(TextLine::default());
    lines.extend(paragraph(&format!("Enter or {} opens it.", index + 1), columns, Tone::Quiet));
    lines
}

fn review(columns: usize, learning: &Learning) -> Vec<TextLine> {
    let mut lines = vec![TextLine::of("Review", Tone::Heading)];
    let text =
        "Questions of lessons that you finished come back just before you would forget them. Five minutes a day.";
    lines.extend(paragraph(text, columns, Tone::Quiet));
    lines.push(TextLine::default());
    let due = learning.due().len();
    let next = learning.next_due_in();
    let text = match (due, next) {
        (0, None) => "Finish a lesson first: its questions come here.".to_owned(),
        (0, Some(seconds)) => format!("Nothing is due. The next question comes {}.", in_words(seconds)),
        _ => format!("{due} question{} due now: Enter begins.", plural(due as u64)),
    };
    lines.extend(paragraph(&text, columns, Tone::Strong));
    lines.extend(calibration(&learning.progress, columns));
    lines
}

/// A bar for each sureness that was used: what was said beside what came true.
pub(super) fn calibration(progress: &Progress, columns: usize) -> Vec<TextLine> {
    let rows: Vec<_> = progress.calibration().into_iter().filter(|row| row.predictions > 0).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![TextLine::default(), TextLine::of("How sure you said, how often it came true", Tone::Heading)];
    let bar = columns.saturating_sub(34).clamp(6, 30);
    for row in &rows {
        let share = row.right as f64 / row.predictions as f64;
        let filled = (share * bar as f64).round() as usize;
        let said = (f64::from(row.sure) / 100.0 * bar as f64).round() as usize;
        let cells: String = (0..bar)
            .map(|i| match i {
                i if i + 1 == said => '│',
                i if i < filled => '█',
                _ => '·',
            })
            .collect();
        let text = format!("{:>4} % {cells} {:>7} of {:>3}", row.sure, percent(share), row.predictions);
        lines.push(TextLine::of(text, Tone::Plain));
    }
    lines.extend(paragraph("│ marks what you said.", columns, Tone::Quiet));
    lines.extend(paragraph(&calibration_sentence(&rows), columns, Tone::Plain));
    lines
}
