//! What happened, in sentences.

use super::command::{Fix, PolicyName, ProtocolName};
use super::model::TransactionsModel;
use super::names::{ROWS, anomaly, name, resource_name, row_name};
use super::verdict::Findings;
use crate::algorithms::locks::{Prevention, Victim};
use crate::algorithms::transactions::{
    Case, Expr, Op, Phenomenon, Policy, Protocol, Reason, Reply, Seen, Status, Told, TxId, Verdict,
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
        Op::Begin => "begin".to_owned(),
        Op::Read(row) => format!("read {}", row_name(row)),
        Op::ReadForUpdate(row) => format!("read {} for update", row_name(row)),
        Op::Write(row, Expr::Insert(_)) => format!("insert {}", row_name(row)),
        Op::Write(row, Expr::Delete) => format!("delete {}", row_name(row)),
        Op::Write(row, Expr::Set(_) | Expr::Plus(..) | Expr::Add(_)) => format!("write {}", row_name(row)),
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
        Told::Waits(op, blockers, _) => {
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
            let text = match (op, seen.value) {
                (Op::Write(row, Expr::Insert(value)), _) => format!("{who} inserts {} = {value}.", row_name(row)),
                (_, Some(value)) => format!("{who} writes {} = {value}.", row_name(seen.row)),
                (_, None) => format!("{who} deletes {}.", row_name(seen.row)),
            };
            tell(log, now, EventKind::Change, text);
        }
        Reply::Missed(seen) => {
            let done = if matches!(op, Op::Write(_, Expr::Delete)) { "deleted" } else { "written" };
            let text = format!("{who} finds no row {}: nothing is {done}.", row_name(seen.row));
            tell(log, now, EventKind::Change, text);
        }
        Reply::Wrote { seen, skipped: true } => {
            let row = row_name(seen.row);
            let text =
                format!("{who} writes {row} too late, and it is skipped: a younger one has written {row} already.");
            tell(log, now, EventKind::Change, text);
        }
        Reply::Began => begun(model, tx, None, now, log),
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
        Reason::Duplicate { row, by: 0 } => format!("{} exists already, so it cannot be inserted", row_name(row)),
        Reason::Duplicate { row, by } => format!("{} has inserted {} already", name(by), row_name(row)),
        Reason::Dangerous { pivot } => {
            format!("two read-write conflicts meet in {}, which is dangerous", name(pivot))
        }
    }
}

/// What is new about the committed transactions.
pub fn findings(model: &TransactionsModel, before: &Findings, now: Micros, log: &mut Vec<Event>) {
    let after = &model.findings;
    for phenomenon in after.phenomena().filter(|p| !before.phenomena().any(|b| b == *p)) {
        let text = format!("That is {}: {}.", article(phenomenon), meaning(phenomenon));
        tell(log, now, EventKind::Warning, text);
    }
    if before.serializable && !after.serializable {
        let chain = after.cycle.as_ref().map(|cycle| format!(": {} must each come before the next", ring(cycle)));
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
    let words = match phenomenon {
        Phenomenon::Vanishing => "vanishing transaction".to_owned(),
        Phenomenon::ReadOnly => "read-only anomaly".to_owned(),
        Phenomenon::OtherSingle => "cycle with one read-write conflict".to_owned(),
        Phenomenon::OtherItem => "cycle with several read-write conflicts".to_owned(),
        Phenomenon::OtherPredicate => "cycle with several read-write conflicts, some with a scan".to_owned(),
        _ => anomaly(phenomenon).replace('-', " "),
    };
    let article = if words.starts_with('i') { "an" } else { "a" };
    format!("{article} {words} ({})", phenomenon.code())
}

/// What a phenomenon means.
pub fn meaning(phenomenon: Phenomenon) -> &'static str {
    match phenomenon {
        Phenomenon::DirtyWrite => "each wrote over what the next had written",
        Phenomenon::DirtyRead => "one read what was undone, or is not committed yet",
        Phenomenon::IntermediateRead => "one read what its writer overwrote before it committed",
        Phenomenon::CircularFlow => "each read what the next wrote, or wrote over it",
        Phenomenon::Vanishing => "one saw a transaction, and then a row as it was before that transaction",
        Phenomenon::FuzzyRead => "one read a row twice, and it had changed",
        Phenomenon::Phantom => "one looked for rows twice, and some had come or gone",
        Phenomenon::LostUpdate => "one overwrote what it had not seen",
        Phenomenon::ReadSkew => "one saw one row before, and another after, a change of both",
        Phenomenon::WriteSkew => "each read what the next then changed",
        Phenomenon::PhantomSkew => "each changed what the next one looked for and did not find",
        Phenomenon::ReadOnly => "one that only read saw what can never have been",
        Phenomenon::OtherSingle => "one read a row too early for what it wrote later",
        Phenomenon::OtherItem => "some read what others then changed, and built on each other's work",
        Phenomenon::OtherPredicate => "some missed what others then wrote, and built on each other's work",
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
    let there = if there.is_empty() { "no rows".to_owned() } else { there.join(", ") };
    tell(log, now, EventKind::Change, format!("A fresh start: {there}."));
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
    let all = orders(verdict.exploration.schedules);
    let text = match verdict.possible {
        true => {
            let showing = thousands(verdict.exploration.showing);
            format!("{protocol} lets {what} happen, in {showing} of {all}. Here is one.")
        }
        false => format!("{protocol} prevents {what}: none of {all} shows it. Here is how."),
    };
    tell(log, now, EventKind::Change, text);
}

/// What was found plays.
pub fn playing(now: Micros, order: &[TxId], log: &mut Vec<Event>) {
    let text = format!("The order that was found, {} step{}, plays.", order.len(), plural(order.len() as u64));
    tell(log, now, EventKind::Change, text);
}

/// The run is repeated with something made better.
pub fn fixing(way: Fix, before: &Findings, now: Micros, log: &mut Vec<Event>) {
    let what = match way {
        Fix::ForUpdate => "Reads of rows that are written later now lock them at once",
        Fix::Promote => "All reads now lock their row as a write would",
        Fix::InPlace => "Every addition is now one statement, without a read before it",
        Fix::Order => "All now touch their rows in the same order",
        Fix::TwoPhase => "The protocol is now two-phase locking",
        Fix::Serializable => "The protocol is now serializable snapshot isolation",
    };
    let was: Vec<String> = before.phenomena().map(article).collect();
    let was = if was.is_empty() { String::new() } else { format!(" It had shown {}.", was.join(", ")) };
    tell(log, now, EventKind::Change, format!("{what}. The same run once more.{was}"));
}

/// What exploring found.
pub fn explored(model: &TransactionsModel, now: Micros, log: &mut Vec<Event>) {
    let Some(explored) = &model.explored else { return };
    let found = &explored.found;
    let protocol = ProtocolName::of(explored.protocol);
    let all = orders(found.schedules);
    let text = match (found.schedules, found.showing) {
        (1, 0) => format!("Under {protocol} there is one order, and it is serializable."),
        (1, _) => format!("Under {protocol} there is one order, and it is not serializable. `play` shows it."),
        (_, 0) => format!("Under {protocol}, each of {all} is as good as one transaction after the other."),
        (_, bad) => {
            let share = percent(bad as f64 / found.schedules.max(1) as f64);
            let are = if bad == 1 { "is" } else { "are" };
            format!("Under {protocol}, {} of {all} ({share}) {are} not serializable. `play` shows one.", thousands(bad))
        }
    };
    tell(log, now, if found.showing > 0 { EventKind::Warning } else { EventKind::Change }, text);
    let inside = |count: u64, what: &str| match count {
        0 => format!("in none of them {what}"),
        count if count == found.schedules => format!("in {} {what}", if count == 1 { "it" } else { "all of them" }),
        count => format!("in {} of them {what}", thousands(count)),
    };
    let text = format!(
        "{}, {}.",
        inside(found.waiting, "a transaction waits").replacen('i', "I", 1),
        inside(found.aborting, "one is aborted")
    );
    tell(log, now, EventKind::Detail, text);
    if found.stuck > 0 {
        let ends = if found.stuck == 1 { "ends" } else { "end" };
        let text = format!("{} of them {ends} in a deadlock that stands.", thousands(found.stuck));
        tell(log, now, EventKind::Warning, text);
    }
    let theory = |theory: u128| u64::try_from(theory).map_or("very many orders".to_owned(), orders);
    if !found.finished {
        let all = explored.theory.map_or("very many orders".to_owned(), theory);
        let text = format!("Not finished: there may be up to {all}. `explore --bound N` goes further.");
        tell(log, now, EventKind::Warning, text);
    } else if let Some(all) = explored.theory.filter(|t| *t != u128::from(found.schedules)) {
        let text = format!("If no transaction waited or was aborted there would be {}.", theory(all));
        tell(log, now, EventKind::Detail, text);
    }
}

fn orders(count: u64) -> String {
    format!("{} order{}", thousands(count), plural(count))
}

/// The table was computed.
pub fn table(model: &TransactionsModel, now: Micros, log: &mut Vec<Event>) {
    let Some(table) = &model.table else { return };
    let own = model.engine.protocol();
    let possible = Phenomenon::ALL.iter().filter(|p| table.possible(**p, own)).count();
    let all = Phenomenon::ALL.len();
    let text = format!(
        "{} were run: {} lets {possible} of {all} anomalies happen. View 5 shows the table.",
        orders(table.schedules()),
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
        format!(
            "with {rows} row{} pessimistic does {:.0} jobs a second, optimistic {:.0}",
            plural(*rows as u64),
            p.throughput,
            o.throughput
        )
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
