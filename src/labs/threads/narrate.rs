//! What happened, in sentences that the state makes true.

use super::model::ThreadsModel;
use crate::algorithms::explore::{Count, bits};
use crate::algorithms::threads::{ASSERTION, BAD, DEADLOCK, FAULT, FINALLY, Grain, INVARIANT, OVERLAP};
use crate::engine::numbers::{percent, plural, thousands};
use crate::engine::{Event, EventKind, Micros, ModelError};

pub(super) fn tell(log: &mut Vec<Event>, now: Micros, kind: EventKind, text: impl Into<String>) {
    log.push(Event::new(now, kind, text));
}

/// Names in a row: `A, B and C`.
fn list(names: &[&str]) -> String {
    match names {
        [] => "nobody".to_owned(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

fn ready(model: &ThreadsModel) -> String {
    let names: Vec<&str> = bits(model.enabled()).map(|t| model.thread_name(t)).collect();
    list(&names)
}

/// Variables with their values: `counter = 1`.
fn values(model: &ThreadsModel) -> String {
    let values = model.machine.variables(&model.state);
    let shown = model.program().variables.iter().zip(values).map(|(v, n)| format!("{} = {n}", v.name));
    shown.collect::<Vec<_>>().join(", ")
}

/// Why a thread cannot be scheduled.
pub(super) fn refusal(model: &ThreadsModel, thread: usize) -> ModelError {
    let name = model.thread_name(thread);
    let problem = match (model.machine.fault(&model.state, thread), model.machine.block(&model.state, thread)) {
        (Some(_), _) => {
            let fault = model.machine.fault_text(&model.state, thread).unwrap_or_default();
            format!("{name} has stopped: it {fault}")
        }
        (None, Some(block)) => format!("{name} cannot go on: {}", block.why),
        (None, None) => format!("{name} is done"),
    };
    let remedy = match model.enabled() {
        0 => "no thread can: take steps `back`, or `restart`".to_owned(),
        _ => format!("choose one that can: {}", ready(model)),
    };
    ModelError::new(problem, remedy)
}

/// The last step.
pub(super) fn step(model: &ThreadsModel, now: Micros, log: &mut Vec<Event>) {
    let Some(deed) = model.deeds.last() else { return };
    let name = model.thread_name(deed.thread);
    // `A reads x = 0`, but `A: lock m`: the label of a part is no sentence.
    let says =
        deed.read.is_some() || deed.wrote.is_some() || deed.object.is_none() && deed.text.ends_with(char::is_numeric);
    let mut text = if says { format!("{name} {}", deed.text) } else { format!("{name}: {}", deed.text) };
    let mut kind = EventKind::Detail;
    if deed.lost {
        text.push_str(", made from an outdated read: what another thread wrote is lost");
        kind = EventKind::Warning;
    }
    if let Some(block) = model.machine.block(&model.state, deed.thread) {
        text.push_str(&format!(", and now waits: {}", block.why));
    }
    tell(log, now, kind, format!("{text}. (line {})", deed.line));
    problems(model, now, deed.problems, log);
    if deed.problems & BAD == 0 && model.enabled() == 0 {
        tell(log, now, EventKind::Change, ended(model));
    }
}

/// What holds when no thread can take a step and the last one broke nothing.
fn ended(model: &ThreadsModel) -> String {
    let waits = waits(model);
    if !waits.is_empty() {
        return format!("No other thread can proceed: {waits}.");
    }
    let values = values(model);
    let values = if values.is_empty() { values } else { format!(": {values}") };
    match model.problems() & BAD {
        0 => format!("All threads are done{values}. Nothing broke on this schedule."),
        problems if problems & (ASSERTION | FAULT) != 0 => format!("All threads are done or have stopped{values}."),
        _ => format!("All threads are done{values}."),
    }
}

/// Who waits, and why: `A waits, m is held by B`.
fn waits(model: &ThreadsModel) -> String {
    let stopped = |t: &usize| model.machine.fault(&model.state, *t).is_some();
    let waits = (0..model.program().threads.len()).filter_map(|t| {
        let block = model.machine.block(&model.state, t)?;
        let by = if block.holders.iter().any(stopped) { ", which has stopped" } else { "" };
        Some(format!("{} waits, {}{by}", model.thread_name(t), block.why))
    });
    waits.collect::<Vec<_>>().join("; ")
}

/// Problems that the last step brought.
fn problems(model: &ThreadsModel, now: Micros, problems: u32, log: &mut Vec<Event>) {
    let threads = 0..model.program().threads.len();
    let mut warn = |text: String| tell(log, now, EventKind::Warning, text);
    if problems & (ASSERTION | FAULT) != 0 {
        let last = model.deeds.last().map_or(0, |d| d.thread);
        let fault = model.machine.fault_text(&model.state, last).unwrap_or_else(|| "stopped".to_owned());
        warn(format!("{} {fault}: it stops here and keeps what it holds.", model.thread_name(last)));
    }
    if problems & OVERLAP != 0 {
        let crowded = |o: &usize| {
            let words = model.machine.object(&model.state, *o);
            model.program().objects[*o].kind.is_none() && words.first().is_some_and(|w| w.count_ones() > 1)
        };
        if let Some(section) = (0..model.program().objects.len()).find(crowded) {
            let inside = model.machine.object(&model.state, section)[0];
            let names: Vec<&str> = threads.filter(|t| inside >> t & 1 == 1).map(|t| model.thread_name(t)).collect();
            warn(format!("{} are in the critical section at the same time.", list(&names)));
        }
    }
    if problems & INVARIANT != 0 {
        let values_now = model.machine.variables(&model.state);
        let broken = model.program().always.iter().filter(|r| !r.holds(values_now));
        let rules: Vec<&str> = broken.map(|r| r.text.as_str()).collect();
        warn(format!("`always {}` is false: {}.", rules.join("`, `"), values(model)));
    }
    if problems & DEADLOCK != 0 {
        warn(format!("No thread can proceed: {}.", waits(model)));
    }
    if problems & FINALLY != 0 {
        let values_now = model.machine.variables(&model.state);
        let broken = model.program().finally.iter().filter(|r| !r.holds(values_now));
        let rules: Vec<&str> = broken.map(|r| r.text.as_str()).collect();
        warn(format!("All are done, and `{}` is false: {}.", rules.join("`, `"), values(model)));
    }
}

/// After `run`.
pub(super) fn ran(model: &ThreadsModel, now: Micros, thread: usize, (taken, most): (u64, u64), log: &mut Vec<Event>) {
    let name = model.thread_name(thread);
    let steps = format!("{taken} step{}", plural(taken));
    let text = match model.machine.block(&model.state, thread) {
        Some(block) => format!("{name} took {steps} and waits: {}.", block.why),
        None if model.machine.done(&model.state, thread) => format!("{name} took {steps} and is done."),
        None if taken > 0 && taken == most => {
            format!("{name} took {steps}, the most that `run` takes at once, and can go on: `run {name}` again.")
        }
        None => format!("{name} took {steps}."),
    };
    tell(log, now, EventKind::Change, text);
}

/// After `back`.
pub(super) fn back(model: &ThreadsModel, now: Micros, log: &mut Vec<Event>) {
    let steps = model.deeds.len() as u64;
    tell(log, now, EventKind::Change, format!("One step taken back: {steps} step{} left.", plural(steps)));
}

/// After `restart`.
pub(super) fn restarted(model: &ThreadsModel, now: Micros, log: &mut Vec<Event>) {
    let text = format!("Every thread stands at its first line again. {} can begin.", ready(model));
    tell(log, now, EventKind::Change, text);
}

/// What to try first with a program of one's own.
pub(super) fn first_words(model: &ThreadsModel) -> Option<String> {
    let (name, _) = model.own.as_ref()?;
    let program = model.program();
    let title = if program.title.is_empty() { name.as_str() } else { program.title.as_str() };
    let threads = program.threads.iter().zip(["a", "s", "d"]);
    let keys: Vec<String> = threads.map(|(t, key)| format!("`{key}` for a step of {}", t.name)).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let rest = if program.threads.len() > 3 { ", `step NAME` for the others" } else { "" };
    Some(format!("{title}. Press {}{rest}. `e` explores all schedules.", list(&keys)))
}

/// After `load` and `fix`.
pub(super) fn loaded(model: &ThreadsModel, now: Micros, log: &mut Vec<Event>) {
    let program = model.program();
    let title = if program.title.is_empty() { model.name.as_str() } else { program.title.as_str() };
    let names: Vec<&str> = program.threads.iter().map(|t| t.name.as_str()).collect();
    let text = format!("{title}. {} thread{}: {}.", names.len(), plural(names.len() as u64), list(&names));
    tell(log, now, EventKind::Change, text);
    for note in &program.notes {
        tell(log, now, EventKind::Detail, note.clone());
    }
}

/// After a change to the text.
pub(super) fn edited(model: &ThreadsModel, now: Micros, line: u64, text: Option<&str>, log: &mut Vec<Event>) {
    let what = match text {
        Some(text) => format!("Line {line} is now `{}`.", text.trim()),
        None => format!("Line {line} is gone."),
    };
    let parts: usize = model.program().threads.iter().map(|t| t.parts.len()).sum();
    let text =
        format!("{what} The program has {parts} part{}, starts again and is not explored yet.", plural(parts as u64));
    tell(log, now, EventKind::Change, text);
    changed_too_much(model, now, log);
}

/// Whoever takes a claim or a job out has mended nothing.
pub(super) fn changed_too_much(model: &ThreadsModel, now: Micros, log: &mut Vec<Event>) {
    if !model.kept.claims {
        let text = "Not all claims of the loaded program are there as they were: without them a proof says less.";
        tell(log, now, EventKind::Warning, text);
    }
    if !model.kept.work {
        let text = "Run one after the other, the threads no longer do what those of the loaded program do.";
        tell(log, now, EventKind::Warning, text);
    }
}

/// After `grain`.
pub(super) fn grain(model: &ThreadsModel, now: Micros, log: &mut Vec<Event>) {
    let text = match model.program().grain {
        Grain::Parts => "Every part is a step of its own now: `x += 1` is read, add, write.",
        Grain::Shared => "A step is now what others can see: `x += 1` is read, write.",
    };
    tell(log, now, EventKind::Change, text);
}

/// After `sample`.
pub(super) fn sampled(model: &ThreadsModel, now: Micros, log: &mut Vec<Event>) {
    let Some(sample) = model.sample else { return };
    let share = percent(sample.broke as f64 / sample.runs.max(1) as f64);
    let (kind, end) = if sample.broke == 0 {
        (EventKind::Change, "A test that passes proves nothing about the schedules that did not run.".to_owned())
    } else if sample.broke == sample.runs {
        (EventKind::Warning, "None of them would have passed a test.".to_owned())
    } else {
        (EventKind::Warning, "The others would have passed a test.".to_owned())
    };
    let (broke, runs, many) = (thousands(sample.broke), thousands(sample.runs), plural(sample.runs));
    tell(log, now, kind, format!("{broke} of {runs} random schedule{many} broke the program ({share}). {end}"));
    if sample.runs < sample.wanted {
        let text = format!("It stopped after {runs} of {}: the runs are long.", thousands(sample.wanted));
        tell(log, now, EventKind::Warning, text);
    }
    let counts = model.explored.as_ref().filter(|e| e.graph.finished()).map(|e| &e.counts);
    if let Some(counts) = counts.filter(|c| matches!(c.schedules, Count::Finite(_)) && !c.schedules.is_zero()) {
        let exact = percent(counts.bad.to_f64() / counts.schedules.to_f64());
        let text = format!(
            "Of all schedules {exact} break it. A random run chooses among the threads that can go on, step by step: \
             schedules with few choices on the way come up more often."
        );
        tell(log, now, EventKind::Detail, text);
    }
    if sample.cut > 0 {
        tell(
            log,
            now,
            EventKind::Detail,
            match sample.cut {
                1 => "1 of them had not ended when it was cut.".to_owned(),
                cut => format!("{} of them had not ended when they were cut.", thousands(cut)),
            },
        );
    }
}

/// Before a schedule is played.
pub(super) fn play(model: &ThreadsModel, now: Micros, result: &str, way: &[usize], log: &mut Vec<Event>) {
    let steps = way.len() as u64;
    let text = format!("Playing {result}: {steps} step{}, {}.", plural(steps), turns(model, way));
    tell(log, now, EventKind::Change, text);
}

/// A schedule as turns: `A×3 B×2 A`.
pub(super) fn turns(model: &ThreadsModel, way: &[usize]) -> String {
    let mut turns: Vec<(usize, usize)> = Vec::new();
    for thread in way {
        match turns.last_mut() {
            Some((last, times)) if last == thread => *times += 1,
            _ => turns.push((*thread, 1)),
        }
    }
    let shown = turns.iter().take(14).map(|(thread, times)| match times {
        1 => model.thread_name(*thread).to_owned(),
        n => format!("{}×{n}", model.thread_name(*thread)),
    });
    let rest = if turns.len() > 14 { " …" } else { "" };
    shown.collect::<Vec<_>>().join(" ") + rest
}
