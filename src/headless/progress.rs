//! `scalelab progress`: what is remembered about the learner, shown, taken along, merged and forgotten.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{IsTerminal, Read, Write};
use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{Fault, Printer, write_file};
use crate::engine::input::read_bytes;
use crate::engine::numbers::{duration, plural};
use crate::lessons::progress::{
    Calibration, CardId, FormatError, MOST_BYTES, Progress, Seconds, Status, Store, StoreError, calibration_sentence,
    leaning, now,
};
use crate::lessons::{Library, UnitEntry};
use crate::picture::{pad, pad_left, visible, width, wrap};

/// Widest column of ids.
const MOST_COLUMNS: usize = 40;
/// Widest line of a sentence.
const MOST_LINE: usize = 76;

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Usage(visible(&error.to_string()).into_owned())
    }
}

/// clap's definition of `scalelab progress`.
pub fn definition() -> Command {
    let file = |help: &'static str| Arg::new("file").value_name("FILE").help(help);
    let switch =
        |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    Command::new("progress")
        .about("Show what you have learned: what is done, open and due, and how well you judge yourself")
        .arg(switch("json", "As one JSON object"))
        .subcommand(
            Command::new("export")
                .about("Write all that is remembered to a file, to take it along")
                .arg(file("Write here, not to standard output")),
        )
        .subcommand(
            Command::new("import")
                .about("Merge exported files into what is remembered; nothing is lost")
                .arg(file("Files that `progress export` wrote (- for standard input)").required(true).num_args(1..)),
        )
        .subcommand(
            Command::new("reset")
                .about("Forget everything; asks first, and keeps the old file under another name")
                .arg(switch("yes", "Do not ask")),
        )
}

/// Does what `scalelab progress …` asks for.
///
/// # Errors
/// Progress that is not for us or cannot be kept, an import that cannot be used, output that cannot be written.
pub fn dispatch(matches: &ArgMatches, out: &mut Printer<'_>) -> Result<(), Fault> {
    let store = store()?;
    match matches.subcommand() {
        Some((name, _)) if matches.get_flag("json") => {
            Err(Fault::Usage(format!("--json is of `scalelab progress` alone: leave it out before {name}")))
        }
        Some(("export", sub)) => export(&store, sub.get_one::<String>("file").map(String::as_str), out),
        Some(("import", sub)) => {
            let paths: Vec<String> = sub.get_many::<String>("file").into_iter().flatten().cloned().collect();
            import(&store, &paths, out)
        }
        Some(("reset", sub)) => reset(&store, sub.get_flag("yes"), out),
        _ => show(&store, &Library::built_in(), matches.get_flag("json"), out),
    }
}

fn store() -> Result<Store, Fault> {
    let none = || Fault::Usage("there is no home folder to keep progress in: set HOME or XDG_STATE_HOME".to_owned());
    Store::in_state_folder().ok_or_else(none)
}

/// Reads progress; what there is to say about it goes to standard error.
fn read(store: &Store) -> Result<(Progress, Vec<String>), Fault> {
    let loaded = store.read()?;
    warn(&loaded.warnings);
    Ok((loaded.progress, loaded.warnings))
}

fn warn(warnings: &[String]) {
    for warning in warnings {
        // Where nobody hears warnings, there is nobody to tell.
        let _ = writeln!(Printer::new(&mut std::io::stderr()), "scalelab: {}", visible(warning));
    }
}

/// Shows what is done, open and due, and how well the learner judges themselves.
fn show(store: &Store, library: &Library, json: bool, out: &mut Printer<'_>) -> Result<(), Fault> {
    let (progress, warnings) = read(store)?;
    let now = now();
    if json {
        out.json(&as_json(&progress, library, &warnings, now))?;
        return Ok(());
    }
    write_lessons(&progress, library, now, out)?;
    if progress.is_empty() {
        writeln!(out, "Nothing is remembered yet: `scalelab learn` opens the first lesson.")?;
        return Ok(());
    }
    write_questions(&progress, now, out)?;
    write_calibration(&progress.calibration(), out)
}

/// Lessons that are remembered but do not come with the program: somebody's own, or of another version.
fn others<'a>(progress: &'a Progress, library: &Library) -> Vec<&'a str> {
    let known: BTreeSet<&str> = library.lessons().map(|entry| entry.lesson.id.as_str()).collect();
    progress.lessons().filter(|id| !known.contains(id)).collect()
}

fn write_lessons(progress: &Progress, library: &Library, now: Seconds, out: &mut Printer<'_>) -> Result<(), Fault> {
    let mut due: BTreeMap<String, u64> = BTreeMap::new();
    progress.due(now).into_iter().for_each(|card| *due.entry(card.lesson).or_default() += 1);
    let others = others(progress, library);
    let ids = |unit: &UnitEntry| unit.lessons.iter().map(|entry| entry.lesson.id.clone()).collect::<Vec<_>>();
    let mut groups: Vec<(String, Vec<String>)> =
        library.units.iter().map(|unit| (unit.unit.title.clone(), ids(unit))).collect();
    groups.push(("Other lessons".to_owned(), others.into_iter().map(str::to_owned).collect()));
    groups.retain(|(_, ids)| !ids.is_empty());
    let widest = groups.iter().flat_map(|(_, ids)| ids).map(|id| width(id)).max().unwrap_or(0).min(MOST_COLUMNS);
    for (title, ids) in groups {
        writeln!(out, "{}", visible(&title))?;
        for id in ids {
            let (word, details) = standing(progress, &id, due.get(&id).copied().unwrap_or(0), now);
            let line = format!("  {}  {}  {}", pad(word, 10), pad(&id, widest), visible(&details));
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// How far a lesson is, in a word, and the details.
fn standing(progress: &Progress, id: &str, due: u64, now: Seconds) -> (&'static str, String) {
    let (word, first) = match progress.status(id, now) {
        Status::Open => ("open", None),
        Status::Started => ("started", progress.place(id).map(|step| format!("at {step}"))),
        Status::Done => ("done", None),
        Status::TestedOut => ("tested out", None),
        Status::Due => ("due", Some(format!("{due} question{} to review", plural(due)))),
    };
    let bests = progress.bests(id).into_iter();
    let bests = bests.map(|(step, best)| format!("{step}: best {best} command{}", plural(best as u64)));
    (word, first.into_iter().chain(bests).collect::<Vec<_>>().join(", "))
}

fn write_questions(progress: &Progress, now: Seconds, out: &mut Printer<'_>) -> Result<(), Fault> {
    let (all, due) = (progress.card_count() as u64, progress.due(now).len() as u64);
    let sentence = match (all, due) {
        (0, _) => "No questions yet: those of lessons come back here.".to_owned(),
        (_, 0) => {
            let seconds = progress.next_due().map_or(0, |at| at - now).max(1);
            let next = duration(seconds.unsigned_abs().saturating_mul(1_000_000));
            format!("{all} question{} in all, none due now. The next is due in {next}.", plural(all))
        }
        _ => format!("{due} of {all} question{} due now: `scalelab review` asks them.", plural(all)),
    };
    writeln!(out, "Review\n  {sentence}")?;
    Ok(())
}

fn write_calibration(calibration: &[Calibration], out: &mut Printer<'_>) -> Result<(), Fault> {
    writeln!(out, "\nHow sure you said you were, and how often you were right")?;
    for row in calibration.iter().filter(|c| c.predictions > 0) {
        let share = (row.right as f64 / row.predictions as f64 * 100.0).round();
        let (sure, share) = (format!("{} %", row.sure), format!("{share} %"));
        let counts = format!("{} of {}", row.right, row.predictions);
        writeln!(out, "  sure {}   right {}   {counts}", pad_left(&sure, 5), pad_left(&share, 5))?;
    }
    for line in wrap(&calibration_sentence(calibration), MOST_LINE) {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

fn as_json(progress: &Progress, library: &Library, warnings: &[String], now: Seconds) -> serde_json::Value {
    let known = library.units.iter().flat_map(|unit| {
        unit.lessons.iter().map(|entry| (entry.lesson.id.as_str(), Some(&entry.lesson.title), Some(&unit.unit.id)))
    });
    let others = others(progress, library).into_iter().map(|id| (id, None, None));
    let lesson = |(id, title, unit): (&str, Option<&String>, Option<&String>)| {
        let (hints, shown) = progress.help(id);
        let best: serde_json::Map<String, serde_json::Value> =
            progress.bests(id).into_iter().map(|(step, best)| (step.to_owned(), best.into())).collect();
        serde_json::json!({
            "id": id, "title": title, "unit": unit, "status": progress.status(id, now),
            "step": progress.place(id), "finished_at": progress.finished(id), "best": best, "hints": hints,
            "solutions_shown": shown,
        })
    };
    let lessons: Vec<serde_json::Value> = known.chain(others).map(lesson).collect();
    let due: Vec<serde_json::Value> = progress.due(now).iter().map(|card| due_json(progress, card)).collect();
    let calibration = progress.calibration();
    serde_json::json!({
        "lessons": lessons,
        "last_lesson": progress.last_lesson(),
        "review": { "questions": progress.card_count(), "due": due, "next_due_at": progress.next_due() },
        "calibration": {
            "by_sureness": calibration, "leaning": leaning(&calibration),
            "sentence": calibration_sentence(&calibration),
        },
        "warnings": warnings,
    })
}

fn due_json(progress: &Progress, card: &CardId) -> serde_json::Value {
    serde_json::json!({ "lesson": card.lesson, "step": card.step, "due_at": progress.due_at(card) })
}

/// Writes all that is remembered to a file, or to standard output for none and for `-`.
fn export(store: &Store, path: Option<&str>, out: &mut Printer<'_>) -> Result<(), Fault> {
    let (progress, _) = read(store)?;
    let text = progress.to_json().map_err(|e| Fault::Usage(format!("cannot export progress: {e}")))?;
    match path.filter(|path| *path != "-") {
        None => out.write_all(text.as_bytes())?,
        Some(path) => {
            write_file(path, &text)?;
            writeln!(out, "Progress is written to {}.", visible(path))?;
        }
    }
    Ok(())
}

/// Merges exported files into what is remembered. All are read before anything changes; of each, once its line is
/// printed, all is on the disk. When one cannot be read or used, nothing has changed.
fn import(store: &Store, paths: &[String], out: &mut Printer<'_>) -> Result<(), Fault> {
    let read: Vec<(&String, Progress)> =
        paths.iter().map(|path| read_export(path).map(|p| (path, p))).collect::<Result<_, _>>()?;
    for (path, other) in read {
        let mut before = Progress::default();
        let loaded = store.update_and_tell(|progress| {
            before = progress.clone();
            progress.merge(&other);
        })?;
        warn(&loaded.warnings);
        writeln!(out, "{} is merged: {}.", visible(path), difference(&before, &loaded.progress))?;
        out.flush()?;
    }
    Ok(())
}

fn read_export(path: &str) -> Result<Progress, Fault> {
    let name = visible(path);
    let fail = |problem: String| Fault::Usage(format!("{problem}\nNothing was changed."));
    let bytes = read_bytes(Path::new(path), MOST_BYTES as u64).map_err(|e| fail(format!("cannot read {e}")))?;
    Progress::from_bytes(&bytes).map_err(|error| {
        fail(match error {
            FormatError::Newer { .. } => format!("{name} cannot be merged: {}", visible(&error.to_string())),
            FormatError::Damaged(flaw) => format!(
                "{name} is no export of progress, or damaged: {}\nExport it again with `scalelab progress export FILE`.",
                visible(&flaw)
            ),
        })
    })
}

fn difference(before: &Progress, after: &Progress) -> String {
    if before == after {
        return "it holds nothing new".to_owned();
    }
    let (a, b) = (before.counts(), after.counts());
    let new = |a: usize, b: usize, noun: &str| {
        let count = b.saturating_sub(a) as u64;
        format!("{count} new {noun}{}", plural(count))
    };
    format!("{}, {}, {}", new(a.0, b.0, "lesson"), new(a.1, b.1, "answer"), new(a.2, b.2, "prediction"))
}

/// Forgets everything, once the learner has said yes; the file is kept under another name.
fn reset(store: &Store, yes: bool, out: &mut Printer<'_>) -> Result<(), Fault> {
    if !yes {
        if !std::io::stdin().is_terminal() {
            let message = "reset forgets all progress, and there is no terminal to ask on: add --yes if you mean it";
            return Err(Fault::Usage(message.to_owned()));
        }
        let path = store.file().display().to_string();
        write!(out, "Forget all progress in {}? The file is kept under another name. [y/N] ", visible(&path))?;
        out.flush()?;
        let mut answer = [0; 64];
        let read = std::io::stdin().read(&mut answer)?;
        let answer = String::from_utf8_lossy(&answer[..read]).trim().to_lowercase();
        if !["y", "yes"].contains(&answer.as_str()) {
            writeln!(out, "Nothing was changed.")?;
            return Ok(());
        }
    }
    match store.reset()? {
        None => writeln!(out, "There was no progress to forget.")?,
        Some(kept) => {
            let kept = kept.display().to_string();
            let kept = visible(&kept);
            writeln!(out, "Progress begins anew. The old file is kept as {kept}")?;
            writeln!(out, "To have it back: scalelab progress import '{kept}'")?;
        }
    }
    Ok(())
}
