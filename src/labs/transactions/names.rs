//! Names and arguments: from what one types to what the engine takes.

use super::command::{Anomaly, PolicyName, TransactionsCommand};
use crate::algorithms::locks::Resource;
use crate::algorithms::transactions::{EngineError, Expr, Op, Phenomenon, Policy, Predicate, Row, TxId};
use crate::engine::ModelError;

/// Names of the rows.
pub const ROWS: [&str; 6] = ["x", "y", "z", "w", "u", "v"];
/// Most transactions of a run.
pub const MAX_TX: TxId = 40;
/// A transaction's name.
pub fn name(tx: TxId) -> String {
    format!("T{tx}")
}

/// A row's name.
pub fn row_name(row: Row) -> &'static str {
    ROWS.get(usize::from(row.row)).copied().unwrap_or("?")
}

/// A phenomenon's name, as facts and checks have it.
pub fn anomaly(phenomenon: Phenomenon) -> &'static str {
    match phenomenon {
        Phenomenon::OtherSingle => "other (G-single)",
        Phenomenon::OtherItem => "other (G2-item)",
        Phenomenon::OtherPredicate => "other (G2)",
        named => Anomaly::of(named),
    }
}

/// A resource's name.
pub fn resource_name(resource: Resource) -> &'static str {
    match resource {
        Resource::Database => "database",
        Resource::Table(_) => "table",
        Resource::Row(table, row) => row_name(Row::new(table, row)),
    }
}

/// The engine's refusals, with the lab's names.
pub fn refused(error: &EngineError) -> ModelError {
    let names = |list: &[TxId]| list.iter().map(|t| name(*t)).collect::<Vec<_>>().join(", ");
    match error {
        EngineError::Ended { tx } => {
            ModelError::new(format!("{} has ended", name(*tx)), "go on with another transaction; a new name begins one")
        }
        EngineError::Waits { tx, blockers } => {
            let who = names(blockers);
            ModelError::new(
                format!("{} waits for {who} and can do nothing", name(*tx)),
                format!("let {who} commit or abort, or `abort {}`", name(*tx)),
            )
        }
        EngineError::NotBegun { tx } => ModelError::new(
            format!("{} has not begun", name(*tx)),
            format!("`begin {0}` first, or let it read or write something: `read {0} x`", name(*tx)),
        ),
        EngineError::Taken { tx } => {
            ModelError::new(format!("there is, or was, a transaction {}", name(*tx)), "choose a new name")
        }
        EngineError::NoLocks => {
            ModelError::new("this protocol does not lock", "choose one that does, e.g. `protocol 2pl`")
        }
        EngineError::RowsOnly => ModelError::new("this protocol locks rows only", "lock one, or choose `protocol 2pl`"),
        EngineError::Lock(error) => ModelError::new(error.to_string(), "see the picture of the locks"),
    }
}

/// The transaction of this name.
pub fn tx(text: &str) -> Result<TxId, ModelError> {
    let digits = text.strip_prefix(['T', 't']).unwrap_or(text);
    digits.parse().ok().filter(|tx| (1..=MAX_TX).contains(tx)).ok_or_else(|| {
        let problem = format!("'{text}' is no name of a transaction");
        ModelError::new(problem, format!("use T1 to T{MAX_TX}, e.g. `read T1 x`"))
    })
}

/// The row of this name.
pub fn row_of(text: &str) -> Result<Row, ModelError> {
    let found = ROWS.iter().position(|r| *r == text);
    found.map(|row| Row::new(0, row as u16)).ok_or_else(|| {
        ModelError::new(format!("there is no row '{text}'"), format!("the rows are {}", ROWS.join(", ")))
    })
}

/// The policy of this name, with a patience if it has one.
pub fn policy(policy: PolicyName, after: Option<f64>) -> Result<Policy, ModelError> {
    let Some(seconds) = after else { return Ok(policy.value()) };
    let us = (seconds * 1e6) as u64;
    match policy.value() {
        Policy::DetectAfter(_) => Ok(Policy::DetectAfter(us)),
        Policy::Timeout(_) => Ok(Policy::Timeout(us)),
        _ => Err(ModelError::new(
            format!("{} decides at once", policy.name()),
            "`--after` goes with postgres and timeout only",
        )),
    }
}

/// The operation that a command means, and whose it is; none, if the command is something else.
pub fn operation(command: &TransactionsCommand) -> Result<Option<(String, Op)>, ModelError> {
    use TransactionsCommand as C;
    let (tx, op) = match command {
        C::Read { tx, row, for_update: true } => (tx, Op::ReadForUpdate(row_of(row)?)),
        C::Read { tx, row, .. } => (tx, Op::Read(row_of(row)?)),
        C::Write { tx, row, value } => (tx, Op::Write(row_of(row)?, Expr::Set(*value))),
        C::Add { tx, row, by, in_place } => {
            let row = row_of(row)?;
            (tx, Op::Write(row, if *in_place { Expr::Add(*by) } else { Expr::Plus(row, *by) }))
        }
        C::Insert { tx, row, value } => (tx, Op::Write(row_of(row)?, Expr::Insert(*value))),
        C::Delete { tx, row } => (tx, Op::Write(row_of(row)?, Expr::Delete)),
        C::Scan { tx, at_least, multiple_of } => {
            let predicate = match (at_least, multiple_of) {
                (Some(least), _) => Predicate::AtLeast(*least),
                (_, Some(of)) => Predicate::MultipleOf(*of),
                _ => Predicate::All,
            };
            (tx, Op::Scan(0, predicate))
        }
        C::Lock { tx, resource, mode } => {
            let resource = match resource.as_str() {
                "database" => Resource::Database,
                "table" => Resource::Table(0),
                row => row_of(row)?.resource(),
            };
            (tx, Op::Lock(resource, mode.value()))
        }
        C::Commit { tx } => (tx, Op::Commit),
        C::Abort { tx } => (tx, Op::Abort),
        _ => return Ok(None),
    };
    Ok(Some((tx.clone(), op)))
}
