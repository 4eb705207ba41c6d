//! `scalelab run`: commands in, sentences and facts out.

use std::io::Write;
use std::path::Path;

use super::inputs::working;
use super::{Fault, Printer, inputs, write_file};
use crate::engine::input::read_text;
use crate::engine::numbers::duration;
use crate::engine::{Event, EventKind, Expectation, TimelineError};
use crate::labs::{OpenLab, Registration};
use crate::picture::visible;

/// Longest script, in bytes.
const MAX_SCRIPT: u64 = 4 << 20;

/// What to open and what to do in it.
#[derive(Clone, Debug, Default)]
pub struct Deeds {
    /// Seed of the lab.
    pub seed: u64,
    /// Real input: (role, path).
    pub inputs: Vec<(String, String)>,
    /// Commands of `-c`, in order.
    pub commands: Vec<String>,
    /// A file of commands, one a line, done after those; `-` is standard input.
    pub script: Option<String>,
    /// Let simulated time pass up to here at the end.
    pub until_us: Option<u64>,
}

/// How to report.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// One JSON object in place of sentences.
    pub json: bool,
    /// CEL expressions over the facts.
    pub expect: Vec<String>,
    /// Where to keep the run.
    pub save: Option<String>,
}

/// Hears the events of each command, and the help that it asked for.
pub type Teller<'a> = dyn FnMut(&[Event], Option<&str>) -> Result<(), Fault> + 'a;

/// Opens the lab and does what was asked, telling each command's events as they come.
///
/// # Errors
/// Input that cannot be read; a command that is refused, with its place.
pub fn perform(lab: &Registration, deeds: &Deeds, tell: &mut Teller<'_>) -> Result<Box<dyn OpenLab>, Fault> {
    let setup = inputs::open(lab.info, deeds.seed, &deeds.inputs)?;
    let mut open = working("opening the lab", || (lab.open)(setup))?;
    tell(&news(open.as_ref(), 0), None)?;
    let named = |i: usize| format!("command {}", i + 1);
    let mut lines: Vec<(String, String)> =
        deeds.commands.iter().enumerate().map(|(i, c)| (named(i), c.clone())).collect();
    if let Some(path) = &deeds.script {
        let text = read_script(path)?;
        lines.extend(text.lines().enumerate().map(|(i, l)| (format!("{path}, line {}", i + 1), l.to_owned())));
    }
    for (place, line) in lines {
        obey(open.as_mut(), &place, &line, tell)?;
    }
    if let Some(until) = deeds.until_us {
        let before = open.story().1;
        open.pass_until(until);
        tell(&news(open.as_ref(), before), None)?;
    }
    Ok(open)
}

/// One command line, and the time until it has unfolded.
fn obey(lab: &mut dyn OpenLab, place: &str, line: &str, tell: &mut Teller<'_>) -> Result<(), Fault> {
    let before = lab.story().1;
    let help = working(&format!("`{}`", visible(line.trim())), || lab.command(line)).map_err(|error| {
        let message = visible(&error.to_string()).into_owned();
        let hint = match error {
            TimelineError::Usage(_) => "\n`-c help` lists the commands.",
            _ => "",
        };
        Fault::Usage(format!("{place}, `{}`: {message}{hint}", visible(line.trim())))
    })?;
    inputs::settle(lab, &visible(line.trim()));
    tell(&news(lab, before), help.as_deref())
}

/// The events since `before` were told, as far as they are kept.
fn news(lab: &dyn OpenLab, before: u64) -> Vec<Event> {
    let (story, told) = lab.story();
    let fresh = usize::try_from(told.saturating_sub(before)).unwrap_or(usize::MAX).min(story.len());
    story.iter().skip(story.len() - fresh).cloned().collect()
}

fn read_script(path: &str) -> Result<String, Fault> {
    read_text(Path::new(path), MAX_SCRIPT).map_err(|e| Fault::Usage(format!("the script {e}")))
}

/// Runs a lab and reports.
///
/// # Errors
/// As [`perform`]; and [`Fault::Expectation`] when one is false.
pub fn run(lab: &Registration, deeds: &Deeds, report: &Report, out: &mut Printer<'_>) -> Result<(), Fault> {
    let expectations: Vec<Expectation> =
        report.expect.iter().map(|e| Expectation::compile(e)).collect::<Result<_, _>>()?;
    let mut events = Vec::new();
    let open = perform(lab, deeds, &mut |fresh, help| {
        if report.json {
            events.extend_from_slice(fresh);
            return Ok(());
        }
        if let Some(help) = help {
            writeln!(out, "{help}")?;
        }
        fresh.iter().try_for_each(|event| sentence(event, out))
    })?;
    if let Some(path) = &report.save {
        write_file(path, &open.recording().to_toml().map_err(Fault::Usage)?)?;
    }
    finish(open.as_ref(), &events, report.json, out)?;
    judge(open.as_ref(), &expectations)
}

/// Facts at the end, as text or as the one JSON object.
///
/// # Errors
/// When the output cannot be written.
pub fn finish(lab: &dyn OpenLab, events: &[Event], json: bool, out: &mut Printer<'_>) -> Result<(), Fault> {
    let facts = lab.facts();
    if json {
        let (name, seed) = (lab.info().name, lab.setup().seed);
        out.json(&serde_json::json!({ "lab": name, "seed": seed, "events": events, "facts": facts }))?;
        return Ok(());
    }
    writeln!(out, "\nfacts")?;
    for (name, value) in facts.as_object().into_iter().flatten() {
        write_fact(1, name, value, out)?;
    }
    Ok(())
}

fn write_fact(depth: usize, name: &str, value: &serde_json::Value, out: &mut Printer<'_>) -> Result<(), Fault> {
    let indent = "  ".repeat(depth);
    let label = format!("{indent}{}", visible(name));
    match value {
        serde_json::Value::Object(map) if map.values().all(|v| !v.is_object()) => {
            let parts: Vec<String> = map.iter().map(|(k, v)| format!("{} {}", visible(k), plain(v))).collect();
            writeln!(out, "{label:<26} {}", parts.join("  "))?;
        }
        serde_json::Value::Object(map) => {
            writeln!(out, "{label}")?;
            for (name, value) in map {
                write_fact(depth + 1, name, value, out)?;
            }
        }
        other => writeln!(out, "{label:<26} {}", plain(other))?,
    }
    Ok(())
}

fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "none".to_owned(),
        serde_json::Value::Number(n) if n.is_f64() => {
            let value = n.as_f64().unwrap_or_default();
            // Just below one, nines count: as many digits as it takes to see where they end.
            let missing = 1.0 - value;
            let digits = if missing > 0.0 && missing < 1e-3 { 2 - missing.log10().floor() as i32 } else { 4 };
            let text = format!("{value:.0$}", digits.clamp(4, 16) as usize);
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        serde_json::Value::String(text) => visible(text).into_owned(),
        serde_json::Value::Array(items) if items.is_empty() => "none".to_owned(),
        serde_json::Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// One event as a line: time, mark of its kind, sentence.
///
/// # Errors
/// When the output cannot be written.
pub fn sentence(event: &Event, out: &mut Printer<'_>) -> Result<(), Fault> {
    let mark = match event.kind {
        EventKind::Change => ">",
        EventKind::Detail => " ",
        EventKind::Warning => "!",
    };
    writeln!(out, "{:>8} {mark} {}", duration(event.at_us), visible(&event.text))?;
    Ok(())
}

fn judge(lab: &dyn OpenLab, expectations: &[Expectation]) -> Result<(), Fault> {
    let facts = lab.facts();
    let mut wrong = Vec::new();
    for expectation in expectations {
        let verdict = expectation.judge(&facts)?;
        if !verdict.holds {
            let seen: Vec<String> = verdict.seen.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            wrong.push(format!("expectation is false: {}\n  saw {}", expectation.source(), seen.join(", ")));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Fault::Expectation(wrong.join("\n"))) }
}
