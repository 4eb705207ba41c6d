//! What was found in a trace, and its end, in words.

use super::{list, number, tell};
use crate::engine::numbers::{duration, plural, thousands};
use crate::engine::{Event, EventKind, Micros};
use crate::labs::balancer::log::UNREADABLE;
use crate::labs::balancer::model::BalancerModel;
use crate::labs::balancer::words;
use crate::systems::balancing::{Format, MAX_CLIENTS, MAX_ENTRIES, MAX_PATHS, NO_PATH, Trace};

/// Ways in which entries are written that are named, the commonest first.
const NAMED_FORMATS: usize = 3;

/// The trace has no more lines.
pub fn trace_end(model: &BalancerModel, lab: Micros, log: &mut Vec<Event>) {
    let sent = match model.traffic.trace_progress(model.now).map_or(0, |p| p.1) {
        1 => "its request was sent".to_owned(),
        n => format!("all {} requests were sent", thousands(n as u64)),
    };
    tell(log, lab, EventKind::Change, format!("The trace is at its end: {sent}."));
}

/// What is in the trace.
pub fn trace_found(model: &BalancerModel, lab: Micros, log: &mut Vec<Event>) {
    let Some(trace) = &model.traffic.trace else { return };
    let [requests, clients] = [trace.entries.len(), trace.clients.len()].map(|n| n as u64);
    let text = format!(
        "The trace has {} request{} from {} client{} in {}; it is played so that {} a second come on average.",
        thousands(requests),
        plural(requests),
        thousands(clients),
        plural(clients),
        duration(trace.length().as_micros()),
        number(model.traffic.rate)
    );
    tell(log, lab, EventKind::Change, text);
    tell(log, lab, EventKind::Detail, format!("Its format is {}.", formats(trace)));
    for text in faults(trace) {
        tell(log, lab, EventKind::Warning, text);
    }
    let without = trace.without_path() as u64;
    if without > 0 {
        let ask = if without == 1 { "asks" } else { "ask" };
        let text = format!(
            "{} request{} {ask} for no path, as \"-\" does: shown as {NO_PATH}.",
            thousands(without),
            plural(without)
        );
        tell(log, lab, EventKind::Detail, text);
    }
}

/// How the entries are written, the commonest way first.
fn formats(trace: &Trace) -> String {
    let mut formats: Vec<(Format, usize)> = trace.formats.iter().map(|(format, count)| (*format, *count)).collect();
    formats.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    if let [(format, _)] = formats.as_slice() {
        return words::format(*format);
    }
    let entries =
        |count: usize| if count == 1 { "1 entry".to_owned() } else { format!("{} entries", thousands(count as u64)) };
    let mut named: Vec<String> = formats
        .iter()
        .take(NAMED_FORMATS)
        .map(|(format, count)| format!("{} ({})", words::format(*format), entries(*count)))
        .collect();
    let others: usize = formats.iter().skip(NAMED_FORMATS).map(|(_, count)| count).sum();
    if others > 0 {
        named.push(format!("others ({})", entries(others)));
    }
    list(&named)
}

/// What could not be used, and what was changed.
fn faults(trace: &Trace) -> Vec<String> {
    let mut faults = Vec::new();
    let count = |n: usize| (thousands(n as u64), plural(n as u64), if n == 1 { "was" } else { "were" });
    if trace.malformed > 0 {
        let (n, s, were) = count(trace.malformed);
        let are = if trace.malformed == 1 { "is no log entry" } else { "are no log entries" };
        let first = trace.malformed_lines.first().copied().unwrap_or(0);
        let others: Vec<String> = trace.malformed_lines.iter().skip(1).map(|n| thousands(*n as u64)).collect();
        let more = if trace.malformed > trace.malformed_lines.len() { " and more" } else { "" };
        let others = match others.len() {
            0 => String::new(),
            1 if more.is_empty() => format!(" The other is line {}.", others[0]),
            _ => format!(" The others are lines {}{more}.", others.join(", ")),
        };
        let which = if trace.malformed == 1 { "it is" } else { "the first is" };
        let line = thousands(first as u64);
        faults.push(format!(
            "{n} line{s} {are} and {were} left out: {which} line {line}, '{}'.{others}",
            trace.malformed_text.as_deref().unwrap_or(UNREADABLE)
        ));
    }
    if trace.out_of_order > 0 {
        let (n, _, were) = count(trace.out_of_order);
        let entry = if trace.out_of_order == 1 { "entry" } else { "entries" };
        faults.push(format!("{n} {entry} {were} earlier than the line above: the trace was sorted by time."));
    }
    if trace.left_out > 0 {
        let (n, s, were) = count(trace.left_out);
        faults.push(format!("{n} request{s} beyond the first {} {were} left out.", thousands(MAX_ENTRIES as u64)));
    }
    if trace.folded_clients > 0 {
        let (n, s, _) = count(trace.folded_clients);
        let come = if trace.folded_clients == 1 { "comes from a client" } else { "come from clients" };
        let most = thousands(MAX_CLIENTS as u64);
        faults.push(format!(
            "{n} request{s} {come} beyond the first {most}, and count{} as one of these.",
            if trace.folded_clients == 1 { "s" } else { "" }
        ));
    }
    if trace.folded_paths > 0 {
        let (n, s, _) = count(trace.folded_paths);
        let ask = if trace.folded_paths == 1 { "asks for a path" } else { "ask for paths" };
        let most = thousands(MAX_PATHS as u64);
        faults.push(format!("{n} request{s} {ask} beyond the first {most}: the lab takes {} for it.", trace.path(0)));
    }
    faults
}
