//! A lesson to begin with: small, proven, and the author's to change.
//!
//! It works for every lab: a command is looked for that makes a figure grow at every seed, and the
//! prediction and the goal are made of it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use serde_json::Value;

use super::folder::{Folder, reason};
use super::format::{Question, Step};
use super::library::{LessonEntry, Library, give, load_path, suggest};
use crate::engine::Setup;
use crate::labs::{OpenLab, REGISTRY, Registration, find};

/// Seeds that the new lesson is shipped with.
const SEEDS: [u64; 3] = [7, 11, 23];

/// What was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// The lesson's file.
    pub file: String,
    /// Its folder.
    pub folder: String,
    /// All files that were written.
    pub all: Vec<String>,
}

/// A command that makes a figure grow.
struct Growth {
    command: String,
    fact: String,
    /// The figure before, and the largest after, over all seeds.
    before: u64,
    after: u64,
}

/// Writes a lesson into a unit's folder, and a `unit.toml` where there is none. No file is ever overwritten.
///
/// # Errors
/// A name that cannot be an id or is taken, a lab that does not exist, a folder that cannot be written.
pub fn write(name: &str, folder: &Path, lab: &str) -> Result<Written, String> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty()
        || name.len() > super::limits::NAME
        || name.starts_with('-')
        || name.ends_with('-')
        || !name.chars().all(good)
    {
        return Err(format!(
            "'{name}' cannot be the id of a lesson: use lower-case letters, digits and hyphens, e.g. my-first-lesson"
        ));
    }
    let registration = find(lab).ok_or_else(|| {
        let names = REGISTRY.iter().map(|r| r.info.name);
        let near = suggest(lab, names.clone());
        let list = if near.is_empty() { names.collect::<Vec<_>>().join(", ") } else { near.join(" or ") };
        format!("there is no lab '{lab}': did you mean {list}?")
    })?;
    let built_in = Library::built_in();
    if folder.exists() && !folder.is_dir() {
        return Err(format!("{} is not a folder: name the folder of the unit with --unit", folder.display()));
    }
    let files = if folder.is_dir() { names(folder)? } else { Vec::new() };
    let lessons: Vec<&String> = files.iter().filter(|f| f.ends_with(".toml") && *f != "unit.toml").collect();
    let unit = load_path(folder).library;
    if let Some(other) = unit.find(name).or_else(|| built_in.find(name)) {
        return Err(format!("the id '{name}' is taken by {}: choose another", other.file()));
    }
    let number = lessons.iter().filter_map(|f| f.split('-').next()?.parse::<u32>().ok()).max().unwrap_or(0) + 1;
    let earlier = unit.lessons().last().filter(|l| question_of(l).is_some());
    let earlier = earlier.or_else(|| built_in.lessons().find(|l| question_of(l).is_some()));
    let growth = growth(registration).ok_or_else(|| {
        format!("no command of the lab {lab} could be tried without knowing it: begin with a lesson of it as a model")
    })?;
    let text = lesson(name, lab, &growth, earlier);
    fs::create_dir_all(folder).map_err(|e| format!("cannot make the folder {}: {}", folder.display(), reason(&e)))?;
    let mut all = Vec::new();
    if !files.iter().any(|f| f == "unit.toml") {
        all.push(create(&folder.join("unit.toml"), &unit_text(folder))?);
    }
    let file = create(&folder.join(format!("{number:02}-{name}.toml")), &text)?;
    all.push(file.clone());
    Ok(Written { file, folder: folder.display().to_string(), all })
}

fn names(folder: &Path) -> Result<Vec<String>, String> {
    let fail = |why: String| format!("cannot read {}: {why}", folder.display());
    let (_, files) = Folder::open(folder).and_then(|folder| folder.list()).map_err(fail)?;
    Ok(files)
}

/// Writes a file that is not there yet; a link in its place is refused, too.
fn create(path: &Path, text: &str) -> Result<String, String> {
    let fail = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => format!("{} is there already: it was left as it is", path.display()),
        _ => format!("cannot write {}: {}", path.display(), reason(&error)),
    };
    let mut file = File::create_new(path).map_err(fail)?;
    file.write_all(text.as_bytes()).map_err(fail)?;
    Ok(path.display().to_string())
}

fn unit_text(folder: &Path) -> String {
    let name = fs::canonicalize(folder).ok().and_then(|p| p.file_name().map(|n| n.to_string_lossy().into_owned()));
    let name = name.unwrap_or_default().to_lowercase();
    let id: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(30).collect();
    let id = id.trim_matches(|c: char| c == '-' || c.is_ascii_digit());
    let id = if id.is_empty() { "my-unit" } else { id };
    format!("id = \"{id}\"\ntitle = \"A unit of my own\"\nsummary = \"Say in one line what one can do after it.\"\n")
}

/// A command that the lab accepts as it opens, and then once more, and a whole figure that grows each time.
fn growth(lab: &Registration) -> Option<Growth> {
    let open = (lab.open)(Setup::seeded(SEEDS[0])).ok()?;
    lines(open.as_ref()).into_iter().find_map(|command| try_command(lab, &command))
}

fn try_command(lab: &Registration, command: &str) -> Option<Growth> {
    let mut runs = Vec::new();
    for seed in SEEDS {
        let mut open = (lab.open)(Setup::seeded(seed)).ok()?;
        let mut facts = vec![open.facts()];
        for _ in 0..2 {
            give(open.as_mut(), command).ok()?;
            facts.push(open.facts());
        }
        runs.push(facts);
    }
    let names: Vec<String> = runs.first()?.first()?.as_object()?.keys().cloned().collect();
    names.into_iter().find_map(|fact| {
        let of = |facts: &Value| facts.get(&fact).and_then(Value::as_u64);
        let before = of(runs.first()?.first()?)?;
        let mut after = before;
        for run in &runs {
            after = after.max(of(run.get(1)?)?);
        }
        let grows = runs.iter().all(|run| {
            let values: Vec<Option<u64>> = run.iter().map(of).collect();
            values[0] == Some(before) && values[1] > Some(before) && values[2] > Some(after)
        });
        grows.then(|| Growth { command: command.to_owned(), fact, before, after })
    })
}

/// Lines to try: each command alone, or with the first values that complete it.
fn lines(lab: &dyn OpenLab) -> Vec<String> {
    let mut lines = Vec::new();
    for command in lab.definition().get_subcommands() {
        let name = command.get_name();
        let needed = command.get_positionals().filter(|a| a.is_required_set()).count();
        match needed {
            0 => {
                lines.push(name.to_owned());
                let options = command.get_opts().filter_map(clap::Arg::get_long);
                lines.extend(options.map(|option| format!("{name} --{option} 5")));
            }
            1 => {
                let known = lab.complete(&format!("{name} ")).into_iter().take(2);
                let guesses = ["1", "2", "5", "100"].into_iter().map(str::to_owned);
                lines.extend(known.chain(guesses).map(|value| format!("{name} {value}")));
            }
            _ => {}
        }
    }
    // The plainest first.
    lines.sort_by_key(|line| line.contains(' '));
    lines
}

fn question_of(entry: &LessonEntry) -> Option<&Question> {
    entry.lesson.steps.iter().find_map(|step| match step {
        Step::Explain(question) => Some(question),
        _ => None,
    })
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn recall(entry: &LessonEntry) -> Option<String> {
    let question = question_of(entry)?;
    let mut text = format!(
        "[[step]]\nkind = \"recall\"\nid = \"recall\"\ntext = \"One question first.\"\nfrom = {}\nquestion = {}\nchoices = [\n",
        quoted(&entry.lesson.id),
        quoted(&question.question),
    );
    for choice in &question.choices {
        let (said, reply) = (quoted(&choice.text), quoted(&choice.reply));
        text.push_str(&format!("  {{ text = {said}, right = {}, reply = {reply} }},\n", choice.right));
    }
    text.push_str("]\n\n");
    Some(text)
}

fn lesson(name: &str, lab: &str, growth: &Growth, earlier: Option<&LessonEntry>) -> String {
    let Growth { command, fact, before, after } = growth;
    let command = quoted(command);
    let code = quoted(&format!("Type `{}`", growth.command));
    let needs = earlier.map_or(String::new(), |l| quoted(&l.lesson.id));
    let recall = earlier.and_then(recall).unwrap_or_default();
    format!(
        r##"# A lesson to begin with: change one step at a time, and run `scalelab lessons check` on it.
id = "{name}"
title = "A lesson of my own"
minutes = 3
needs = [{needs}]
objectives = ["Say here what the learner can do afterwards"]
lab = "{lab}"
seed = {}
seeds = {SEEDS:?}
setup = []

{recall}[[step]]
kind = "read"
id = "idea"
text = """
# One idea

Say one idea here, in **short** sentences and with a concrete number.
"""

[[step]]
kind = "predict"
id = "guess"
text = "Say here what is about to happen. The figure `{fact}` is {before} now."
question = "What happens to `{fact}`?"
run = [{command}]
choices = [
  {{ text = "It grows", when = "{fact} > {before}", reply = "Right. Say here why." }},
  {{ text = "It stays as it is", when = "{fact} == {before}", reply = "Say here what they have overlooked." }},
  {{ text = "It shrinks", when = "{fact} < {before}", reply = "Say here what they have overlooked." }},
]
outcome = "'{fact} is ' + string({fact})"

[[step]]
kind = "do"
id = "try"
text = "Now the learner does it."
goal = "Bring the figure {fact} above {after}"
check = "{fact} > {after}"
solution = [{command}]
hints = [
  "A nudge: what to look at.",
  "The rule: what would help.",
  {code},
]

[[step]]
kind = "read"
id = "end"
text = """
# What you saw

- Say here what is worth keeping.
"""
"##,
        SEEDS[0]
    )
}
