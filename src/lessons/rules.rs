//! What must hold of a lesson before anything of it is shown or run: sizes, names, plain text,
//! CEL that compiles, commands that the lab knows. What only running proves is in [`super::check`].

use std::collections::BTreeSet;

use pulldown_cmark::{Event, Parser};

use super::commands::Commands;
use super::format::{Cel, Lesson, Predict, Question, Step, Unit, Work};
use super::limits;
use super::source::{LessonError, Source};
use crate::labs::{LabInfo, REGISTRY, find};
use crate::picture::visible;

/// Gathers what is wrong with one file.
pub(super) struct Findings<'a> {
    source: &'a Source,
    errors: Vec<LessonError>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(source: &'a Source) -> Self {
        Self { source, errors: Vec::new() }
    }

    /// Something is wrong with the value at a path.
    pub(super) fn say(&mut self, path: &str, problem: impl Into<String>, help: impl Into<String>) {
        if self.errors.len() < limits::ERRORS {
            self.errors.push(self.source.error(path, problem, help));
        }
    }

    pub(super) fn into_errors(self) -> Vec<LessonError> {
        self.errors
    }

    fn count(&mut self, path: &str, count: usize, most: usize, what: &str) {
        if count > most {
            self.say(path, format!("{count} {what}; {most} is the most"), "Shorten it, or make two of it.");
        }
    }

    fn name(&mut self, path: &str, name: &str) {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let ends = name.starts_with('-') || name.ends_with('-');
        if name.is_empty() || name.chars().count() > limits::NAME || ends || !name.chars().all(good) {
            let help = format!("Use lower-case letters, digits and hyphens, at most {} of them.", limits::NAME);
            self.say(path, format!("'{name}' cannot be an id"), help);
        }
    }

    /// A text in one line.
    fn line(&mut self, path: &str, text: &str) {
        self.characters(path, text, limits::LINE);
        if text.contains('\n') {
            self.say(path, "this text has more than one line", "Put it in one line; longer texts belong into `text`.");
        }
    }

    /// A text in Markdown.
    fn text(&mut self, path: &str, text: &str) {
        self.characters(path, text, limits::TEXT);
        if text.len() <= limits::TEXT * 4 && markdown_depth(text) > limits::MARKDOWN_DEPTH {
            let problem = format!("the Markdown is nested deeper than {} levels", limits::MARKDOWN_DEPTH);
            self.say(path, problem, "Make it flatter: a lesson's column is narrow.");
        }
    }

    fn characters(&mut self, path: &str, text: &str, most: usize) {
        if text.trim().is_empty() {
            self.say(path, "this text is empty", "Write it, or leave the field out if it may be left out.");
        }
        let count = text.chars().count();
        self.count(path, count, most, "characters");
        let hidden = text.chars().find(|c| *c != '\n' && visible(&c.to_string()) != c.to_string());
        if let Some(c) = hidden {
            let problem =
                format!("the text holds the character U+{:04X}, which has no place on a screen", u32::from(c));
            self.say(path, problem, "Take it out. Control, direction and invisible characters are not shown.");
        }
    }

    fn cel(&mut self, path: &str, expression: &Cel) {
        if let Err(error) = expression.expectation() {
            self.say(path, error.to_string(), "CEL over the facts, e.g. `nodes == 4 && moved_share < 0.5`.");
        }
    }

    fn command(&mut self, path: &str, line: &str, commands: Option<&Commands>) {
        self.line(path, line);
        if let Some(Err(problem)) = commands.map(|c| c.parse(line)) {
            self.say(path, problem, "`scalelab run LAB --help` lists the commands of a lab.");
        }
    }

    fn commands(&mut self, path: &str, lines: &[String], commands: Option<&Commands>) {
        self.count(path, lines.len(), limits::COMMANDS, "commands");
        for (i, line) in lines.iter().enumerate().take(limits::COMMANDS) {
            self.command(&format!("{path}[{i}]"), line, commands);
        }
    }
}

/// What is wrong with a unit.
pub(super) fn unit(unit: &Unit, source: &Source) -> Vec<LessonError> {
    let mut findings = Findings::new(source);
    findings.name("id", &unit.id);
    findings.line("title", &unit.title);
    findings.line("summary", &unit.summary);
    findings.into_errors()
}

/// What is wrong with a lesson.
pub(super) fn lesson(lesson: &Lesson, source: &Source) -> Vec<LessonError> {
    let mut findings = Findings::new(source);
    let lab = find(&lesson.lab);
    if lab.is_none() {
        let labs: Vec<&str> = REGISTRY.iter().map(|r| r.info.name).collect();
        findings.say("lab", format!("there is no lab '{}'", lesson.lab), format!("Labs are: {}.", labs.join(", ")));
    }
    let info = lab.map(|lab| lab.info);
    let commands = lab.map(|lab| Commands::of((lab.definition)()));
    head(lesson, info, commands.as_ref(), &mut findings);
    let mut seen = BTreeSet::new();
    for (i, step) in lesson.steps.iter().enumerate() {
        let path = format!("step[{i}]");
        let id = format!("{path}.id");
        findings.name(&id, step.id());
        if !seen.insert(step.id()) {
            findings.say(
                &id,
                format!("another step has the id '{}'", step.id()),
                "Give each step of a lesson its own.",
            );
        }
        findings.text(&format!("{path}.text"), step.text());
        view(&path, step, info, &mut findings);
        hints(&path, step.hints(), &mut findings);
        match step {
            Step::Read(_) => {}
            Step::Watch(watch) => {
                let path = format!("{path}.play");
                if watch.play.is_empty() {
                    findings.say(&path, "nothing plays", "Give `play` at least one command and its sentence.");
                }
                findings.count(&path, watch.play.len(), limits::COMMANDS, "commands");
                for (i, scene) in watch.play.iter().enumerate().take(limits::COMMANDS) {
                    findings.command(&format!("{path}[{i}].run"), &scene.run, commands.as_ref());
                    findings.line(&format!("{path}[{i}].say"), &scene.say);
                }
            }
            Step::Predict(step) => predict(&path, step, commands.as_ref(), &mut findings),
            Step::Do(step) | Step::Fix(step) | Step::Challenge(step) => {
                work(&path, step, commands.as_ref(), &mut findings);
            }
            Step::Explain(step) | Step::Recall(step) => question(&path, step, &mut findings),
        }
    }
    findings.into_errors()
}

fn head(lesson: &Lesson, lab: Option<&LabInfo>, commands: Option<&Commands>, findings: &mut Findings<'_>) {
    findings.name("id", &lesson.id);
    findings.line("title", &lesson.title);
    if !(1..=limits::MINUTES).contains(&lesson.minutes) {
        let problem = format!("a lesson of {} minutes", lesson.minutes);
        findings.say("minutes", problem, format!("A lesson takes 1 to {} minutes.", limits::MINUTES));
    }
    findings.count("needs", lesson.needs.len(), limits::LIST, "lessons");
    for (i, name) in lesson.needs.iter().enumerate().take(limits::LIST) {
        findings.name(&format!("needs[{i}]"), name);
    }
    if lesson.objectives.is_empty() {
        findings.say("objectives", "there is no objective", "Say what the learner can do afterwards.");
    }
    findings.count("objectives", lesson.objectives.len(), limits::LIST, "objectives");
    for (i, text) in lesson.objectives.iter().enumerate().take(limits::LIST) {
        findings.line(&format!("objectives[{i}]"), text);
    }
    findings.count("seeds", lesson.seeds.len(), limits::SEEDS, "seeds");
    for (i, seed) in lesson.seeds.iter().enumerate() {
        if lesson.seeds[..i].contains(seed) {
            findings.say(&format!("seeds[{i}]"), format!("the seed {seed} is there twice"), "Name it once.");
        }
    }
    for (role, file) in &lesson.input {
        let path = format!("input.{role}");
        let roles: Vec<&str> = lab.map_or(Vec::new(), |lab| lab.inputs.iter().map(|i| i.name).collect());
        if lab.is_some() && !roles.contains(&role.as_str()) {
            let help =
                if roles.is_empty() { "It takes none.".to_owned() } else { format!("It takes: {}.", roles.join(", ")) };
            findings.say(&path, format!("the lab {} takes no input '{role}'", lesson.lab), help);
        }
        findings.line(&path, file);
        if file.contains(['/', '\\']) || file.starts_with('.') {
            let problem = format!("'{file}' is not the name of a file beside the lesson");
            findings.say(&path, problem, "An input lies in the lesson's own folder: give its name only.");
        }
    }
    findings.commands("setup", &lesson.setup, commands);
    if lesson.steps.is_empty() {
        findings.say("", "the lesson has no step", "Begin each step with a line `[[step]]`.");
    }
    let all = lesson.setup.len() + lesson.steps.iter().map(|s| s.script().len()).sum::<usize>();
    findings.count("step", all, limits::ALL_COMMANDS, "commands in all");
}

fn view(path: &str, step: &Step, lab: Option<&LabInfo>, findings: &mut Findings<'_>) {
    let (Some(view), Some(lab)) = (step.view(), lab) else { return };
    if view == 0 || view > lab.views.len() {
        let views: Vec<String> = (1..).zip(lab.views).map(|(i, v)| format!("{i} {}", v.name)).collect();
        let problem = format!("the lab {} has no view {view}", lab.name);
        findings.say(&format!("{path}.view"), problem, format!("Views are: {}.", views.join(", ")));
    }
}

fn hints(path: &str, hints: &[String], findings: &mut Findings<'_>) {
    findings.count(&format!("{path}.hints"), hints.len(), limits::HINTS, "hints");
    for (i, hint) in hints.iter().enumerate().take(limits::HINTS) {
        findings.line(&format!("{path}.hints[{i}]"), hint);
    }
}

fn predict(path: &str, step: &Predict, commands: Option<&Commands>, findings: &mut Findings<'_>) {
    findings.line(&format!("{path}.question"), &step.question);
    findings.commands(&format!("{path}.run"), &step.run, commands);
    if step.run.is_empty() {
        findings.say(&format!("{path}.run"), "nothing runs", "Give the commands whose outcome is guessed.");
    }
    findings.cel(&format!("{path}.outcome"), &step.outcome);
    let ways =
        usize::from(!step.choices.is_empty()) + usize::from(step.number.is_some()) + usize::from(step.pick.is_some());
    if ways != 1 {
        let help = "Give exactly one of `choices`, `number` and `pick`.";
        findings.say(path, format!("a prediction is made in one way, not in {ways}"), help);
    }
    if let Some(reply) = &step.reply {
        findings.line(&format!("{path}.reply"), reply);
    }
    if (step.number.is_some() || step.pick.is_some()) && step.reply.is_none() {
        findings.say(path, "nothing is said after the guess", "Add `reply`: why it came out so.");
    }
    if !step.choices.is_empty() && step.reply.is_some() {
        findings.say(&format!("{path}.reply"), "each choice has its own reply", "Leave this one out.");
    }
    let texts: Vec<&str> = step.choices.iter().map(|c| c.text.as_str()).collect();
    if !texts.is_empty() {
        choices(path, &texts, findings);
    }
    for (i, choice) in step.choices.iter().enumerate().take(limits::CHOICES) {
        findings.cel(&format!("{path}.choices[{i}].when"), &choice.when);
        findings.line(&format!("{path}.choices[{i}].reply"), &choice.reply);
    }
    if let Some(number) = &step.number {
        findings.cel(&format!("{path}.number.value"), &number.value);
        findings.line(&format!("{path}.number.unit"), &number.unit);
        if !(number.tolerance.is_finite() && number.tolerance >= 0.0) {
            findings.say(&format!("{path}.number.tolerance"), "this is no distance", "Give a number from 0 up.");
        }
    }
    if let Some(pick) = &step.pick {
        findings.cel(&format!("{path}.pick.among"), &pick.among);
        findings.cel(&format!("{path}.pick.value"), &pick.value);
    }
}

fn choices(path: &str, texts: &[&str], findings: &mut Findings<'_>) {
    let path = format!("{path}.choices");
    if texts.len() < 2 {
        findings.say(&path, "there is nothing to choose from", "Give two choices or more.");
    }
    findings.count(&path, texts.len(), limits::CHOICES, "choices");
    for (i, text) in texts.iter().enumerate().take(limits::CHOICES) {
        findings.line(&format!("{path}[{i}].text"), text);
        if texts[..i].contains(text) {
            findings.say(&format!("{path}[{i}].text"), "this choice is there twice", "Say something else.");
        }
    }
}

fn question(path: &str, step: &Question, findings: &mut Findings<'_>) {
    findings.line(&format!("{path}.question"), &step.question);
    if let Some(from) = &step.from {
        findings.name(&format!("{path}.from"), from);
    }
    let texts: Vec<&str> = step.choices.iter().map(|c| c.text.as_str()).collect();
    choices(path, &texts, findings);
    for (i, choice) in step.choices.iter().enumerate().take(limits::CHOICES) {
        findings.line(&format!("{path}.choices[{i}].reply"), &choice.reply);
    }
    let right = step.choices.iter().filter(|c| c.right).count();
    if right != 1 && !step.choices.is_empty() {
        let problem = format!("{right} choices are right");
        findings.say(&format!("{path}.choices"), problem, "Exactly one has `right = true`.");
    }
}

fn work(path: &str, step: &Work, commands: Option<&Commands>, findings: &mut Findings<'_>) {
    findings.line(&format!("{path}.goal"), &step.goal);
    findings.cel(&format!("{path}.check"), &step.check);
    findings.commands(&format!("{path}.solution"), &step.solution, commands);
    findings.commands(&format!("{path}.given"), &step.given, commands);
    if step.solution.is_empty() {
        findings.say(&format!("{path}.solution"), "there is no solution", "Give one way to the goal.");
    }
    for (i, name) in step.allow.iter().enumerate() {
        if commands.is_some_and(|c| !c.knows(name)) {
            let problem = format!("the lab has no command '{name}'");
            findings.say(&format!("{path}.allow[{i}]"), problem, "`allow` holds names of commands, without arguments.");
        }
    }
    findings.count(&format!("{path}.allow"), step.allow.len(), limits::COMMANDS, "commands");
    if let Some(expert) = &step.expert {
        findings.text(&format!("{path}.expert"), expert);
    }
}

/// How many blocks of Markdown lie in each other. Cost: linear in the text.
fn markdown_depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for event in Parser::new(text) {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}
