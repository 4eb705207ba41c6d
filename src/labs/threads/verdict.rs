//! What the explorer found, in sentences that do not contradict each other.

use super::model::{MAX_BOUND, ThreadsModel};
use super::narrate::{changed_too_much, tell, turns};
use super::results::{found_names, names};
use super::search::Search;
use crate::algorithms::explore::Count;
use crate::algorithms::threads::{BAD, Explored, LOST_UPDATE};
use crate::engine::numbers::{percent, plural, thousands};
use crate::engine::{Event, EventKind, Micros};

/// `1 schedule`, `20 schedules`, `infinitely many schedules`.
pub(super) fn schedules(count: &Count) -> String {
    let one = count.to_u64() == Some(1);
    format!("{count} schedule{}", if one { "" } else { "s" })
}

/// When `explore` goes on while time passes.
pub(super) fn tell_exploring(search: &Search, now: Micros, log: &mut Vec<Event>) {
    let (known, bound) = search.progress();
    let (known, bound) = (thousands(known as u64), thousands(bound as u64));
    let text = format!("Exploring: {known} states so far, and on to {bound} while time passes.");
    tell(log, now, EventKind::Change, text);
}

/// After `explore`.
pub(super) fn tell_explored(model: &ThreadsModel, now: Micros, log: &mut Vec<Event>) {
    let Some(explored) = &model.explored else { return };
    let (kind, text) = headline(model, explored);
    tell(log, now, kind, text);
    if explored.proven() {
        changed_too_much(model, now, log);
    }
    if explored.graph.finished() {
        tell(log, now, EventKind::Detail, counted(explored));
    }
    lost_updates(explored, now, log);
    reduction(explored, now, log);
    if let Some(way) = explored.breaking() {
        let best = if explored.graph.nearest(BAD).is_some() {
            "The shortest way to break it has"
        } else {
            "One way to break it has"
        };
        let steps = way.len() as u64;
        let text = format!("{best} {steps} step{}: {}. `play break` shows it.", plural(steps), turns(model, &way));
        tell(log, now, EventKind::Detail, text);
    }
    loops(model, explored, now, log);
}

fn headline(model: &ThreadsModel, explored: &Explored) -> (EventKind, String) {
    let states = explored.states() as u64;
    let states = format!("{} state{}", thousands(states), plural(states));
    match (explored.finished(), explored.broken()) {
        (true, false) if !model.program().has_claims() => {
            let text = format!(
                "Nothing to prove: this program claims nothing with `finally`, `always`, `assert`, `critical` or `live`. \
                 No schedule ends in a deadlock or misuses a lock; {states} {} visited.",
                was(explored)
            );
            (EventKind::Change, text)
        }
        (true, false) if explored.spins.is_some() => {
            let text = format!(
                "Not proven: no schedule that ends breaks this program, but threads can spin for ever. {states} {} \
                 visited. `play spin` shows it.",
                was(explored)
            );
            (EventKind::Warning, text)
        }
        (true, false) if !explored.loops_known() => {
            let text = format!(
                "Not proven: no schedule breaks this program, but whether its threads can spin for ever is not known. \
                 {states} {} visited, and there are more. {}",
                was(explored),
                more(explored)
            );
            (EventKind::Warning, text)
        }
        (true, false) => {
            let text = format!(
                "Proven: no schedule breaks this program, if every read sees the last write (sequential consistency). \
                 {states} {} visited.",
                was(explored)
            );
            (EventKind::Change, text)
        }
        (true, true) => {
            let mut found = found_names(explored);
            found.retain(|name| *name != "lost update");
            (EventKind::Warning, format!("This program can break: {}.", found.join(", ")))
        }
        (false, broken) => {
            let so_far = if broken { "it is broken already" } else { "nothing has broken so far" };
            let (was, more) = (was(explored), more(explored));
            let text = format!("Not finished: {states} {was} visited, and there are more; {so_far}. {more}");
            (EventKind::Warning, text)
        }
    }
}

fn was(explored: &Explored) -> &'static str {
    if explored.states() == 1 { "was" } else { "were" }
}

/// What can be done where a search ended at its bound.
fn more(explored: &Explored) -> String {
    if explored.bound as u64 >= MAX_BOUND {
        return "That is the most that is kept: make the program smaller.".to_owned();
    }
    let most = thousands(MAX_BOUND);
    format!("`explore` again goes on from there; `explore --bound N` goes up to N states, {most} at most.")
}

/// How many schedules there are, and how many of them break the program.
fn counted(explored: &Explored) -> String {
    let counts = &explored.counts;
    let (all, bad) = (&counts.schedules, &counts.bad);
    if counts.outcomes.is_empty() {
        return "No schedule comes to an end: the program goes round for ever.".to_owned();
    }
    match (counts.endless, bad.is_zero()) {
        (true, true) if explored.starves() => {
            "No schedule that comes to an end breaks it, but some need never end, and `live` forbids that.".to_owned()
        }
        (true, true) => format!("There are loops, so there are {}; none that ends breaks the program.", schedules(all)),
        (true, false) => {
            let (come, verb) = (if all.to_u64() == Some(1) { "comes" } else { "come" }, breaks(bad));
            format!("There are loops: {} {come} to an end, {bad} of them {verb}.", schedules(all))
        }
        (false, _) => {
            let share = match (all, bad) {
                (Count::Finite(_), bad) if !all.is_zero() => format!(" ({})", percent(bad.to_f64() / all.to_f64())),
                _ => String::new(),
            };
            let verb = breaks(bad);
            format!("{} in all; {bad} of them{share} {verb} the program.", schedules(all))
        }
    }
}

fn breaks(bad: &Count) -> &'static str {
    if bad.to_u64() == Some(1) { "breaks" } else { "break" }
}

/// Lost updates are named also where no claim forbids them.
fn lost_updates(explored: &Explored, now: Micros, log: &mut Vec<Event>) {
    if explored.problems() & LOST_UPDATE == 0 || explored.broken() {
        return;
    }
    let share = explored.share_of(LOST_UPDATE).filter(|_| explored.graph.finished());
    let how_many = share.map_or_else(|| "Some schedules".to_owned(), |s| format!("{} of the schedules", percent(s)));
    let text = format!("{how_many} lose an update, which no claim forbids here. `play lost-update` shows it.");
    tell(log, now, EventKind::Warning, text);
}

fn reduction(explored: &Explored, now: Micros, log: &mut Vec<Event>) {
    let reduced = &explored.reduced;
    if !reduced.finished {
        return;
    }
    let classes = reduced.classes.as_ref().map_or_else(String::new, |c| {
        let count = Count::Finite(c.clone());
        let verb = if count.to_u64() == Some(1) { "is different" } else { "really differ" };
        format!(", and only {} {verb}", schedules(&count))
    });
    let states = reduced.states as u64;
    let text = format!(
        "Without the order of independent steps, {} state{} {} enough{classes}.",
        thousands(states),
        plural(states),
        if states == 1 { "is" } else { "are" }
    );
    tell(log, now, EventKind::Detail, text);
}

/// Loops: who starves, and whether all can go round without an end. Only `live` forbids it.
fn loops(model: &ThreadsModel, explored: &Explored, now: Micros, log: &mut Vec<Event>) {
    let live = model.program().live;
    let (kind, allowed) =
        if live { (EventKind::Warning, "") } else { (EventKind::Detail, " Only `live` would forbid that.") };
    let starving = explored.starving.iter().map(|starving| model.thread_name(starving.thread));
    for name in starving {
        let text = format!("Starvation: the others can go round and {name} never gets its turn.{allowed}");
        tell(log, now, kind, text);
    }
    let ends = !explored.counts.outcomes.is_empty();
    if explored.livelock.is_some() && ends {
        let play = if names(model).iter().any(|n| n == "livelock") { " `play livelock` shows it." } else { "" };
        let text = format!("Livelock: all can move for ever without coming to an end.{allowed}{play}");
        tell(log, now, kind, text);
    }
}
