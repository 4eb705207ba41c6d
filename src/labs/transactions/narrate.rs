//! What happened, in sentences.

use super::command::{Anomaly, Fix, PolicyName, ProtocolName};
use super::model::TransactionsModel;
use super::names::{ROWS, name, resource_name, row_name};
use super::verdict::Findings;
use crate::algorithms::locks::{Prevention, Victim};
use crate::algorithms::transactions::{
    Case, Op, Phenomenon, Policy, Protocol, Reason, Reply, Seen, Status, Told, TxId, Verdict,
};
use crate::engine::numbers::{duration, percent, plural, thousands};
use crate::engine::{Event, EventKind, Micros};

fn tell(log: &mut Vec<Event>, now: Micros, kind: EventKind, text: impl Into<String>) {
    log.push(Event::new(now, kind, text));
}

fn list(all: &[TxId]) -> String {
    let names: Vec<String> = all.iter().map(|t| name(*t)).collect();
    match names.as_slice() {
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
        [] => "nobody".to_owned(),
    }
}

/// `x = 10`, or that it does not exist.
pub fn cell(seen: &Seen) -> String {
    match seen.value {
        Some(value) => format!("{} = {value}", row_name(seen.row)),
        None => format!("{} does not exist", row_name(seen.row)),
    }
}

/// An operation in few words: `read x`.
pub fn words(op: Op) -> String {
    match op {
        Op::Read(row) => format!("read {}", row_name(row)),
        Op::ReadForUpdate(row) => format!("read {} for update", row_name(row)),
        Op::Write(row, _) => format!("write {}", row_name(row)),
        Op::Scan(..) => "scan the table".to_owned(),
        Op::Lock(resource, mode) => format!("lock {} {}", resource_name(resource), mode.name()),
        Op::Commit => "commit".to_owned(),
        Op::Abort => "abort".to_owned(),
    }
}

/// What was told to a transaction.
pub fn told(model: &TransactionsModel, now: Micros, tx: TxId, told: &Told, log: &mut Vec<Event>) {
    let who = name(tx);
    match told {
        Told::Did(op, reply) => did(model, now, tx, *op, reply, log),
        Told::Waits(op, blockers) => {
            let text = format!("{who} waits for {}: it wants to {}.", list(blockers), words(*op));
            tell(log, now, EventKind::Change, text);
            // A policy that acts at once has broken the cycle by now.
            if let Some(cycle) = model.engine.graph().cycle().filter(|cycle| cycle.contains(&tx)) {
                let next = match model.engine.policy() {
                    Policy::DetectAfter(_) => "It stands until one of them has waited long enough to look.",
                    Policy::Timeout(_) => "It stands until one of them has waited too long.",
                    _ => "Nothing is done about it: it stands until one of them is aborted.",
                };
                let text = format!("Deadlock: {}, each waits for the next. {next}", ring(&cycle));
                tell(log, now, EventKind::Warning, text);
            }
        }
        Told::Deadlock(cycle) => {
            let text = format!("Deadlock: {}, each waits for the next. {who} must go.", ring(cycle));
            tell(log, now, EventKind::Warning, text);
        }
        Told::Aborted(reason) => {
            let kind = if *reason == Reason::Asked { EventKind::Change } else { EventKind::Warning };
            tell(log, now, kind, format!("{who} is aborted: {}.", why(*reason)));
        }
    }
}

/// A cycle that comes back to its first: `T1 → T2 → T1`.
fn ring(cycle: &[TxId]) -> String {
    cycle.iter().chain(cycle.first()).map(|t| name(*t)).collect::<Vec<_>>().join(" → ")
}

fn did(model: &TransactionsModel, now: Micros, tx: TxId, op: Op, reply: &Reply, log: &mut Vec<Event>) {
    let who = name(tx);
    match reply {
        Reply::Read(seen) => {
            let how = if matches!(op, Op::ReadForUpdate(_)) { " for update" } else { "" };
            tell(log, now, EventKind::Change, format!("{who} reads{how}: {}.", cell(seen)));
            dirty(model, now, tx, seen, log);
        }
        Reply::Scanned(found) => {
            let cells: Vec<String> = found.iter().map(cell).collect();
            let text = match found.len() {
                0 => format!("{who} scans and finds no row."),
                n => format!("{who} scans and finds {n} row{}: {}.", plural(n as u64), cells.join(", ")),
            };
            tell(log, now, EventKind::Change, text);
            found.iter().for_each(|seen| dirty(model, now, tx, seen, log));
        }
        Reply::Wrote { seen, skipped: false } => {
            let text = match seen.value {
                Some(value) => format!("{who} writes {} = {value}.", row_name(seen.row)),
                None => format!("{who} deletes {}.", row_name(seen.row)),
            };
            tell(log, now, EventKind::Change, text);
        }
        Reply::Wrote { seen, skipped: true } => {
            let row = row_name(seen.row);
            let text =
                format!("{who} writes {row} too late, and it is skipped: a younger one has written {row} already.");
            tell(log, now, EventKind::Change, text);
        }
        Reply::Locked => tell(log, now, EventKind::Change, format!("{who} has it: {}.", words(op))),
        Reply::Committed => tell(log, now, EventKind::Change, format!("{who} commits.")),
    }
}

/// A read of what is not committed.
fn dirty(model: &TransactionsModel, now: Micros, tx: TxId, seen: &Seen, log: &mut Vec<Event>) {
    let writer = seen.version.writer;
    let open = writer != tx && model.engine.status(writer).is_some_and(|s| !s.ended());
    if open {
        let text = format!("{} has not committed that {} yet.", name(writer), row_name(seen.row));
        tell(log, now, EventKind::Warning, text);
    }
}

/// Why a transaction was aborted.
pub fn why(reason: Reason) -> String {
    match reason {
        Reason::Asked => "it asked for it".to_owned(),
        Reason::Deadlock => "it is the deadlock's victim".to_owned(),
        Reason::Timeout => "it has waited too long".to_owned(),
        Reason::Died { holder } => format!("it may not wait for {}", name(holder)),
        Reason::Wounded { by } => format!("{} is older and wants its lock", name(by)),
        Reason::LateRead { row } => format!("it reads {} too late, a younger one has written it", row_name(row)),
        Reason::LateWrite { row } => {
            format!("it writes {} too late, a younger one has read or written it", row_name(row))
        }
        Reason::Validation { by } => format!("{} has changed what it read", name(by)),
        Reason::SnapshotTooOld { row, by } => {
            format!("{} has changed {} since its snapshot, and the first updater wins", name(by), row_name(row))
        }
        Reason::Dangerous { pivot } => {
            format!("two read-write conflicts meet in {}, which is dangerous", name(pivot))
        }
    }
}

/// What is new about the committed transactions.
pub fn findings(model: &TransactionsModel, before: &Findings, now: Micros, log: &mut Vec<Event>) {
    let after = &model.findings;
    for phenomenon in after.phenomena.iter().filter(|p| !before.phenomena.contains(p)) {
        let text = format!("That is {}: {}.", article(*phenomenon), meaning(*phenomenon));
        tell(log, now, EventKind::Warning, text);
    }
    if before.serializable && !after.serializable {
        let chain = after.cycle.as_ref().map(|cycle| {
            let ring = cycle.iter().chain(cycle.first()).map(|t| name(*t)).collect::<Vec<_>>();
            format!(": {} must each come before the next", ring.join(" → "))
        });
        let text = format!("No order one after the other gives the same{}.", chain.unwrap_or_default());
        tell(log, now, EventKind::Warning, text);
    }
    let ended = model.engine.transactions().all(|t| t.status.ended());
    if let (true, Some(order)) = (ended && **after != *before, after.order.as_ref().filter(|o| o.len() > 1)) {
        let chain: Vec<String> = order.iter().map(|t| name(*t)).collect();
        let text = format!("It is as if they ran one after the other: {}.", chain.join(", then "));
        tell(log, now, EventKind::Detail, text);
    }
}

/// A phenomenon with its article and code.
pub fn article(phenomenon: Phenomenon) -> String {
    let words = Anomaly::of(phenomenon).replace('-', " ");
    let article = if words.starts_with('i') { "an" } else { "a" };
    let words = match phenomenon {
        Phenomenon::Vanishing => "vanishing transaction".to_owned(),
        Phenomenon::ReadOnly => "read-only anomaly".to_owned(),
        _ => words,
    };
    format!("{article} {words} ({})", phenomenon.code())
}

/// What a phenomenon means.
pub fn meaning(phenomenon: Phenomenon) -> &'static str {
    match phenomenon {
        Phenomenon::DirtyWrite => "each of two wins one of the rows that both wrote",
        Phenomenon::DirtyRead => "one read what was undone",
        Phenomenon::IntermediateRead => "one read what its writer overwrote before it committed",
        Phenomenon::CircularFlow => "each read what the other wrote",
        Phenomenon::Vanishing => "one saw a transaction, and then a row as it was before that transaction",
        Phenomenon::FuzzyRead => "one read a row twice, and it had changed",
        Phenomenon::Phantom => "one scanned twice, and the rows had changed",
        Phenomenon::LostUpdate => "one overwrote what it had not seen",
        Phenomenon::ReadSkew => "one saw one row before, and another after, somebody's change of both",
        Phenomenon::WriteSkew => "each read what the other changed",
        Phenomenon::PhantomSkew => "each changed what the other's scan should have found",
        Phenomenon::ReadOnly => "one that only read saw what can never have been",
    }
}

/// A new protocol.
pub fn protocol(model: &TransactionsModel, now: Micros, log: &mut Vec<Event>) {
    let protocol = model.engine.protocol();
    let text = format!("The protocol is {}: {}.", ProtocolName::of(protocol), rule(protocol));
    tell(log, now, EventKind::Change, text);
}

/// A protocol's rule in one sentence.
pub fn rule(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Nothing => "everybody reads and writes as they like",
        Protocol::ReadCommitted => "reads see what is committed by then, writes lock their row to the end",
        Protocol::RowLocks => "reads lock the row S, writes X, all to the end",
        Protocol::TwoPhase => "reads lock S, writes X, scans the table, all to the end",
        Protocol::Timestamps => "who began first comes first; who is too late is aborted",
        Protocol::Thomas => "who began first comes first; a write that is too late is skipped",
        Protocol::Optimistic => "nobody waits; who read what has changed is aborted at commit",
        Protocol::Snapshot => "reads see the moment of beginning; of two that write a row the first wins",
        Protocol::Serializable => "as snapshot, and no dangerous pair of conflicts commits",
    }
}

/// A new policy.
pub fn policy(model: &TransactionsModel, now: Micros, log: &mut Vec<Event>) {
    let policy = model.engine.policy();
    let what = match policy {
        Policy::Ignore => "deadlocks stand".to_owned(),
        Policy::Detect(Victim::Requester) => "the one that closes a cycle is aborted".to_owned(),
        Policy::Detect(Victim::Youngest) => "of a cycle the youngest is aborted".to_owned(),
        Policy::Detect(Victim::Oldest) => "of a cycle the oldest is aborted".to_owned(),
        Policy::Detect(Victim::Smallest) => "of a cycle the one that wrote least is aborted, as in InnoDB".to_owned(),
        Policy::Detect(Victim::FewestLocks) => "of a cycle the one with the fewest locks is aborted".to_owned(),
        Policy::DetectAfter(us) => {
            format!("who has waited {} looks for a cycle, and goes if there is one", duration(us))
        }
        Policy::Timeout(us) => format!("who has waited {} gives up", duration(us)),
        Policy::Prevent(Prevention::WaitDie) => "an older one waits for a younger one, a younger one dies".to_owned(),
        Policy::Prevent(Prevention::WoundWait) => "an older one wounds a younger one, a younger one waits".to_owned(),
        Policy::Prevent(Prevention::NoWait) => "nobody waits, all die".to_owned(),
    };
    let mut text = format!("The policy is {}: {what}.", PolicyName::of(policy));
    if !model.engine.protocol().locks() {
        text.push_str(" This protocol has no locks, so it never counts.");
    }
    tell(log, now, EventKind::Change, text);
}

/// A fresh start.
pub fn rows(model: &TransactionsModel, now: Micros, log: &mut Vec<Event>) {
    let there = ROWS.iter().zip(&model.initial).filter_map(|(row, value)| Some(format!("{row} = {}", (*value)?)));
    let there: Vec<String> = there.collect();
    tell(log, now, EventKind::Change, format!("A fresh start: {}.", there.join(", ")));
}

/// A transaction began.
pub fn begun(model: &TransactionsModel, tx: TxId, again: Option<TxId>, now: Micros, log: &mut Vec<Event>) {
    let snapshot = if model.engine.protocol().snapshots() { ", and its snapshot is taken" } else { "" };
    let age = again.map_or(String::new(), |old| format!(" again with the age of {}", name(old)));
    tell(log, now, EventKind::Change, format!("{} begins{age}{snapshot}.", name(tx)));
}

/// A case was loaded.
pub fn loaded(model: &TransactionsModel, case: &Case, now: Micros, log: &mut Vec<Event>) {
    let names: Vec<TxId> = case.numbered().map(|(tx, _)| tx).collect();
    let text = format!(
        "{} are loaded: they can show {}. You are the scheduler: `step T1`, `step T2` …",
        list(&names),
        article(case.phenomenon)
    );
    tell(log, now, EventKind::Change, text);
    protocol_stays(model, now, log);
}

fn protocol_stays(model: &TransactionsModel, now: Micros, log: &mut Vec<Event>) {
    let protocol = model.engine.protocol();
    tell(log, now, EventKind::Detail, format!("Protocol {}: {}.", ProtocolName::of(protocol), rule(protocol)));
}

/// A case plays.
pub fn case(model: &TransactionsModel, case: &Case, verdict: &Verdict, now: Micros, log: &mut Vec<Event>) {
    let protocol = ProtocolName::of(model.engine.protocol());
    let what = article(case.phenomenon);
    let orders = thousands(verdict.exploration.schedules);
    let text = match verdict.possible {
        true => {
            let showing = thousands(verdict.exploration.showing);
            format!("{protocol} lets {what} happen, in {showing} of {orders} orders. Here is one.")
        }
        false => format!("{protocol} prevents {what}: none of {orders} orders shows it. Here is how."),
    };
    tell(log, now, EventKind::Change, text);
}

/// What was found plays.
pub fn playing(now: Micros, order: &[TxId], log: &mut Vec<Event>) {
    let text = format!("The order that was found, {} steps, plays.", order.len());
    tell(log, now, EventKind::Change, text);
}

/// The run is repeated with something made better.
pub fn fixing(way: Fix, before: &[Phenomenon], now: Micros, log: &mut Vec<Event>) {
    let what = match way {
        Fix::ForUpdate => "Reads of rows that are written later now lock them at once",
        Fix::Promote => "All reads now lock their row as a write would",
        Fix::Order => "All now touch their rows in the same order",
        Fix::TwoPhase => "The protocol is now two-phase locking",
        Fix::Serializable => "The protocol is now serializable snapshot isolation",
    };
    let was: Vec<String> = before.iter().map(|p| article(*p)).collect();
    let was = if was.is_empty() { String::new() } else { format!(" It had shown {}.", was.join(", ")) };
    tell(log, now, EventKind::Change, format!("{what}. The same run once more.{was}"));
}

/// What exploring found.
pub fn explored(model: &TransactionsModel, now: Micros, log: &mut Vec<Event>) {
    let Some(explored) = &model.explored else { return };
    let found = &explored.found;
    let protocol = ProtocolName::of(explored.protocol);
    let share = percent(found.showing as f64 / found.schedules.max(1) as f64);
    let all = thousands(found.schedules);
    let text = match found.showing {
        0 => format!("Under {protocol}, all of {all} orders are as good as one after the other."),
        bad => format!(
            "Under {protocol}, {} of {all} orders ({share}) are not serializable. `play` shows one.",
            thousands(bad)
        ),
    };
    tell(log, now, if found.showing > 0 { EventKind::Warning } else { EventKind::Change }, text);
    let (waiting, aborting) = (thousands(found.waiting), thousands(found.aborting));
    tell(
        log,
        now,
        EventKind::Detail,
        format!("In {waiting} of them somebody waits, in {aborting} somebody is aborted."),
    );
    if found.stuck > 0 {
        let text = format!("{} of them end in a deadlock that stands.", thousands(found.stuck));
        tell(log, now, EventKind::Warning, text);
    }
    if !found.finished {
        let theory = explored
            .theory
            .map_or("very many".to_owned(), |t| u64::try_from(t).map_or("very many".to_owned(), thousands));
        let text = format!("Not finished: there may be up to {theory} orders. `explore --bound N` goes further.");
        tell(log, now, EventKind::Warning, text);
    } else if let Some(theory) = explored.theory.filter(|t| *t != u128::from(found.schedules)) {
        let theory = u64::try_from(theory).map_or("very many".to_owned(), thousands);
        let text = format!("If nobody waited or was aborted there would be {theory} orders.");
        tell(log, now, EventKind::Detail, text);
    }
}

/// The table was computed.
pub fn table(model: &TransactionsModel, now: Micros, log: &mut Vec<Event>) {
    let Some(table) = &model.table else { return };
    let own = model.engine.protocol();
    let possible = Phenomenon::ALL.iter().filter(|p| table.possible(**p, own)).count();
    let all = Phenomenon::ALL.len();
    let schedules = thousands(table.schedules());
    let text = format!(
        "{schedules} orders were run: {} lets {possible} of {all} anomalies happen. View 5 shows the table.",
        ProtocolName::of(own)
    );
    tell(log, now, EventKind::Change, text);
}

/// Both sides were run.
pub fn contention(model: &TransactionsModel, now: Micros, log: &mut Vec<Event>) {
    let Some(contest) = &model.contest else { return };
    let (Some(calm), Some(hot)) = (contest.levels.first(), contest.levels.last()) else { return };
    let side = |(rows, p, o): &(usize, _, _)| {
        let (p, o): (&crate::algorithms::transactions::Outcome, &crate::algorithms::transactions::Outcome) = (p, o);
        format!("with {rows} rows pessimistic does {:.0} jobs a second, optimistic {:.0}", p.throughput, o.throughput)
    };
    tell(log, now, EventKind::Change, format!("Little contention: {}.", side(calm)));
    tell(log, now, EventKind::Change, format!("Much contention: {}. View 6 shows the curves.", side(hot)));
    let text = format!(
        "With {} rows, optimistic throws away {} of its work, pessimistic {}.",
        hot.0,
        percent(hot.2.wasted),
        percent(hot.1.wasted)
    );
    tell(log, now, EventKind::Detail, text);
}

/// How a transaction is doing, in few words.
pub fn standing(model: &TransactionsModel, tx: TxId) -> String {
    match model.engine.status(tx) {
        None => "not begun".to_owned(),
        Some(Status::Active) => "active".to_owned(),
        Some(Status::Waiting) => format!("waits for {}", list(&model.engine.blockers(tx))),
        Some(Status::Committed) => "committed".to_owned(),
        Some(Status::Aborted(reason)) => format!("aborted: {}", super::facts::reason_word(reason)),
    }
}
