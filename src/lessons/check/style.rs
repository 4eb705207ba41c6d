//! What a lesson owes its learner: questions, goals, hints that lead on, and replies.

use pulldown_cmark::{Event, Parser};

use crate::labs::find;
use crate::lessons::commands::Commands;
use crate::lessons::format::{Question, Step, Work};
use crate::lessons::library::LessonEntry;
use crate::lessons::rules::Findings;
use crate::lessons::source::LessonError;

/// What one lesson lacks; the very first of a curriculum has nothing to recall.
pub(super) fn check(entry: &LessonEntry, first: bool) -> Vec<LessonError> {
    let mut findings = Findings::new(&entry.source);
    let lesson = &entry.lesson;
    let has = |kinds: &[&str]| lesson.steps.iter().any(|s| kinds.contains(&s.kind()));
    if !has(&["predict"]) {
        findings.say("id", "the lesson asks for no prediction", "Add a step of kind `predict`.");
    }
    if !has(&["do", "fix", "challenge"]) {
        findings.say("id", "the lesson has no goal", "Add a step of kind `do`, `fix` or `challenge`.");
    }
    if !first && !has(&["recall"]) {
        findings.say(
            "id",
            "the lesson recalls nothing",
            "Add a step of kind `recall`: a question from an earlier lesson.",
        );
    }
    let commands = find(&lesson.lab).map(|lab| Commands::of((lab.definition)()));
    for (i, step) in lesson.steps.iter().enumerate() {
        let path = format!("step[{i}]");
        match step {
            Step::Do(work) | Step::Fix(work) | Step::Challenge(work) => {
                goal(&path, step.kind(), work, commands.as_ref(), &mut findings);
            }
            Step::Recall(question) => from(&path, question, true, &mut findings),
            Step::Explain(question) => from(&path, question, false, &mut findings),
            _ => {}
        }
        for (h, hint) in step.hints().iter().enumerate() {
            for code in code_spans(hint) {
                if let Some(Err(problem)) = commands.as_ref().and_then(|c| whole_command(c, &code)) {
                    findings.say(&format!("{path}.hints[{h}]"), problem, "A command in a hint must be one that works.");
                }
            }
        }
    }
    findings.into_errors()
}

fn from(path: &str, question: &Question, recall: bool, findings: &mut Findings<'_>) {
    match (&question.from, recall) {
        (None, true) => findings.say(path, "a recall comes from an earlier lesson", "Add `from` with its id."),
        (Some(_), false) => findings.say(&format!("{path}.from"), "only a recall has `from`", "Leave it out."),
        _ => {}
    }
}

fn goal(path: &str, kind: &str, work: &Work, commands: Option<&Commands>, findings: &mut Findings<'_>) {
    if work.hints.len() != 3 {
        let problem = format!("a {kind} has three hints, not {}", work.hints.len());
        findings.say(&format!("{path}.hints"), problem, "A nudge, the rule, and the next command in backticks.");
    }
    let last = work.hints.last().map_or("", String::as_str);
    let leads_on = |line: &String| commands.is_none_or(|c| c.parse(line).is_ok());
    if !work.hints.is_empty() && !code_spans(last).iter().any(leads_on) {
        let at = format!("{path}.hints[{}]", work.hints.len() - 1);
        findings.say(&at, "the last hint holds no command", "Put the next command in backticks: Type `add node-d`.");
    }
    let challenge = kind == "challenge";
    for (name, given) in [("par", work.par.is_some()), ("expert", work.expert.is_some())] {
        match (challenge, given) {
            (true, false) => {
                findings.say(path, format!("the challenge has no `{name}`"), "A challenge has `par` and `expert`.");
            }
            (false, true) => {
                findings.say(&format!("{path}.{name}"), format!("only a challenge has `{name}`"), "Leave it out.");
            }
            _ => {}
        }
    }
    match (kind == "fix", work.given.is_empty()) {
        (true, true) => {
            findings.say(path, "nothing is given", "A `fix` has `given`: the part of the work that is done.");
        }
        (false, false) => findings.say(&format!("{path}.given"), "only a `fix` has `given`", "Leave it out."),
        _ => {}
    }
    let used = work.solution.len();
    for (name, most) in [("par", work.par), ("most", work.most)] {
        if let Some(most) = most.filter(|most| used > *most) {
            let problem = format!("the solution has {used} commands, but `{name}` is {most}");
            findings.say(&format!("{path}.{name}"), problem, "Shorten the solution, or allow more.");
        }
    }
    let name_of = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    for (i, line) in work.solution.iter().enumerate() {
        if !work.allow.is_empty() && !work.allow.contains(&name_of(line)) {
            let problem = format!("the solution uses `{}`, which is not allowed here", name_of(line));
            findings.say(&format!("{path}.solution[{i}]"), problem, "Add it to `allow`, or find another way.");
        }
    }
}

/// What stands in backticks.
pub(super) fn code_spans(text: &str) -> Vec<String> {
    let code = Parser::new(text).filter_map(|event| match event {
        Event::Code(code) => Some(code.into_string()),
        _ => None,
    });
    code.collect()
}

/// Whether it is a command that works; none where it is only a name, a figure or a key.
fn whole_command(commands: &Commands, code: &str) -> Option<Result<(), String>> {
    let mut words = code.split_whitespace();
    let known = words.next().is_some_and(|name| commands.knows(name));
    (known && words.next().is_some()).then(|| commands.parse(code))
}
