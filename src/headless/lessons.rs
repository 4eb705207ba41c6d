//! `scalelab lessons`: prove lessons, begin one, list them, and describe their format.

use std::io::Write;
use std::path::Path;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::printer::coloured;
use super::{Fault, Printer};
use crate::engine::numbers::plural;
use crate::lessons::check::{self, LessonReport, Report};
use crate::lessons::{Lesson, Library, library, limits, reference, source, template};
use crate::picture::{pad, visible, width};

/// clap's definition of `scalelab lessons`.
pub fn definition() -> Command {
    let json = || Arg::new("json").long("json").action(ArgAction::SetTrue).help("As JSON");
    let dir = |help: &'static str| Arg::new("dir").value_name("DIR").help(help);
    Command::new("lessons")
        .about("Write lessons: prove them, begin one, list them")
        .subcommand_required(true)
        .subcommand(
            Command::new("check")
                .about("Prove lessons by running them at every seed; exit code 1 if one is wrong")
                .args([
                    dir("A folder of units, one unit, or one lesson file; without, the lessons of the program"),
                    json(),
                ]),
        )
        .subcommand(
            Command::new("new").about("Write a small lesson that passes the check, to be made your own").args([
                Arg::new("name")
                    .value_name("NAME")
                    .required(true)
                    .help("Its id: lower-case letters, digits and hyphens"),
                Arg::new("unit").long("unit").value_name("DIR").default_value(".").help("The folder of its unit"),
                Arg::new("lab").long("lab").value_name("LAB").default_value("ring").help("The lab that it happens in"),
            ]),
        )
        .subcommand(
            Command::new("list")
                .about("List units and lessons")
                .args([dir("A folder of units; without, the lessons of the program"), json()]),
        )
        .subcommand(Command::new("schema").about("Print the JSON schema of a lesson file: editors complete with it"))
        .subcommand(Command::new("reference").about("Print the reference of a lesson file, in Markdown"))
}

/// Does what `scalelab lessons …` asks for.
///
/// # Errors
/// [`Fault::Expectation`] when a lesson is wrong; [`Fault::Usage`] when nothing could be done.
pub fn dispatch(matches: &ArgMatches, out: &mut Printer<'_>) -> Result<(), Fault> {
    let text = |sub: &ArgMatches, name: &str| sub.get_one::<String>(name).cloned();
    match matches.subcommand() {
        Some(("check", sub)) => check(text(sub, "dir").as_deref(), sub.get_flag("json"), out),
        Some(("new", sub)) => {
            let (name, unit, lab) = (text(sub, "name"), text(sub, "unit"), text(sub, "lab"));
            new(&name.unwrap_or_default(), Path::new(&unit.unwrap_or_default()), &lab.unwrap_or_default(), out)
        }
        Some(("list", sub)) => list(text(sub, "dir").as_deref(), sub.get_flag("json"), out),
        Some(("schema", _)) => Ok(writeln!(out, "{}", reference::schema())?),
        Some(("reference", _)) => Ok(write!(out, "{}", reference::markdown())?),
        _ => Err(Fault::Usage("see scalelab lessons --help".to_owned())),
    }
}

/// The lessons of a folder.
///
/// # Errors
/// What is wrong with its files, each with its place.
pub fn load(dir: &Path) -> Result<Library, Fault> {
    Library::from_folder(dir).map_err(Fault::Lessons)
}

/// Proves lessons, and says what came out.
fn check(dir: Option<&str>, json: bool, out: &mut Printer<'_>) -> Result<(), Fault> {
    let mut written = Ok(());
    let mut tell = |lesson: &LessonReport| {
        if !json && written.is_ok() {
            written = writeln!(out, "{}", line(lesson)).and_then(|()| out.flush());
        }
    };
    let report = match dir {
        Some(dir) if !Path::new(dir).exists() => {
            return Err(Fault::Usage(format!("there is no file or folder {}", visible(dir))));
        }
        Some(dir) => check::check_path(Path::new(dir), &mut tell),
        None => check::check_built_in(&mut tell),
    };
    written?;
    let wrong = report.errors().count() as u64;
    if json {
        out.json(&as_json(&report))?;
    } else {
        let errors: Vec<_> = report.errors().cloned().collect();
        if !errors.is_empty() {
            writeln!(out)?;
            out.styled(&source::report(&errors, 100, coloured(&std::io::stdout())))?;
        }
        writeln!(out, "\n{}", summary(&report))?;
    }
    match wrong {
        0 => Ok(()),
        n => Err(Fault::Expectation(format!("{n} thing{} wrong", if n == 1 { " is" } else { "s are" }))),
    }
}

fn line(lesson: &LessonReport) -> String {
    let (steps, seeds) = (lesson.steps as u64, lesson.seeds.len() as u64);
    let verdict = match lesson.errors.len() as u64 {
        0 => "ok".to_owned(),
        n => format!("{n} error{}", plural(n)),
    };
    format!(
        "{} {} {steps} step{}, {seeds} seed{}, {} command{} run",
        pad(&lesson.id, limits::NAME.min(width(&lesson.id).max(26))),
        pad(&verdict, 10),
        plural(steps),
        plural(seeds),
        lesson.commands,
        plural(lesson.commands as u64),
    )
}

fn summary(report: &Report) -> String {
    let all = report.lessons.len() as u64;
    let good = report.lessons.iter().filter(|l| l.errors.is_empty()).count() as u64;
    let mut text = format!("{good} of {all} lesson{} proven", plural(all));
    let unloaded = report.unloaded.len() as u64;
    if unloaded > 0 {
        text.push_str(&format!("; {unloaded} error{} in files that could not be loaded", plural(unloaded)));
    }
    text
}

fn as_json(report: &Report) -> serde_json::Value {
    let error = |e: &crate::lessons::LessonError| {
        let place = e.place();
        serde_json::json!({
            "file": e.file(), "line": place.map(|p| p.0), "column": place.map(|p| p.1),
            "problem": e.problem(), "help": e.help(),
        })
    };
    let lessons: Vec<serde_json::Value> = report
        .lessons
        .iter()
        .map(|l| {
            let errors: Vec<serde_json::Value> = l.errors.iter().map(error).collect();
            serde_json::json!({
                "unit": l.unit, "id": l.id, "file": l.file, "steps": l.steps, "seeds": l.seeds,
                "commands": l.commands, "errors": errors,
            })
        })
        .collect();
    let unloaded: Vec<serde_json::Value> = report.unloaded.iter().map(error).collect();
    serde_json::json!({ "good": report.is_good(), "lessons": lessons, "unloaded": unloaded })
}

/// Lists units and lessons.
fn list(dir: Option<&str>, json: bool, out: &mut Printer<'_>) -> Result<(), Fault> {
    let library = match dir {
        None => Library::built_in(),
        Some(dir) => load(Path::new(dir))?,
    };
    if json {
        let units: Vec<serde_json::Value> = library
            .units
            .iter()
            .map(|unit| {
                let lessons: Vec<serde_json::Value> = unit
                    .lessons
                    .iter()
                    .map(|entry| {
                        let l = &entry.lesson;
                        serde_json::json!({
                            "id": l.id, "title": l.title, "minutes": l.minutes, "lab": l.lab, "needs": l.needs,
                            "objectives": l.objectives, "steps": l.steps.len(), "file": entry.file(),
                        })
                    })
                    .collect();
                let u = &unit.unit;
                serde_json::json!({ "id": u.id, "title": u.title, "summary": u.summary, "lessons": lessons })
            })
            .collect();
        out.json(&units)?;
        return Ok(());
    }
    let widest = |text: fn(&Lesson) -> &str| library.lessons().map(|l| width(text(&l.lesson))).max().unwrap_or(0);
    let (ids, titles) = (widest(|l| &l.id), widest(|l| &l.title));
    for unit in &library.units {
        writeln!(out, "{}  ({})", visible(&unit.unit.title), library::extent(unit))?;
        for entry in &unit.lessons {
            let Lesson { id, title, minutes, .. } = &entry.lesson;
            writeln!(out, "  {}  {}  {minutes:>3} min", pad(id, ids), pad(title, titles))?;
        }
    }
    Ok(())
}

/// Writes a lesson to begin with.
fn new(name: &str, unit: &Path, lab: &str, out: &mut Printer<'_>) -> Result<(), Fault> {
    let written = template::write(name, unit, lab).map_err(|why| Fault::Usage(visible(&why).into_owned()))?;
    let (file, folder) = (visible(&written.file).into_owned(), visible(&written.folder).into_owned());
    for file in &written.all {
        writeln!(out, "wrote {}", visible(file))?;
    }
    writeln!(out, "\nWhat next:")?;
    writeln!(out, "  scalelab learn --dir {folder} --watch   walk through it; it reloads as you save")?;
    writeln!(out, "  scalelab lessons check {file}   prove it")?;
    writeln!(out, "docs/writing-lessons.md tells the rest; `scalelab lessons reference` lists every field.")?;
    Ok(())
}
