//! Scripts: transactions with all their operations, and what running them in every order shows.

use super::command::Fix;
use super::model::TransactionsModel;
use super::names::name;
use crate::algorithms::transactions::{
    Case, Exploration, Expr, Op, Protocol, Row, TxId, explore_while as run_all, interleavings, serial,
};
use crate::engine::{ModelError, interrupt};

/// Transactions with their operations, and how far each has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// Number and operations.
    pub programs: Vec<(TxId, Vec<Op>)>,
    taken: Vec<usize>,
}

impl Script {
    fn new(programs: Vec<(TxId, Vec<Op>)>) -> Self {
        Self { taken: vec![0; programs.len()], programs }
    }

    /// The same transactions, before their first operation.
    #[must_use]
    pub fn restarted(self) -> Self {
        Self::new(self.programs)
    }

    /// The transactions of a case.
    pub fn of(case: &Case) -> Self {
        Self::new(case.numbered().map(|(tx, ops)| (tx, ops.to_vec())).collect())
    }

    /// What was submitted by hand, each ended by a commit if it did not end itself; none if it is nothing.
    pub fn from_history(submitted: &[(TxId, Op)]) -> Option<Self> {
        let mut programs: Vec<(TxId, Vec<Op>)> = Vec::new();
        for (tx, op) in submitted {
            match programs.iter_mut().find(|(t, _)| t == tx) {
                Some((_, ops)) => ops.push(*op),
                None => programs.push((*tx, vec![*op])),
            }
        }
        programs.sort_by_key(|(tx, _)| *tx);
        for (_, ops) in &mut programs {
            if !ops.iter().any(|op| matches!(op, Op::Commit | Op::Abort)) {
                ops.push(Op::Commit);
            }
        }
        (!programs.is_empty()).then(|| Self::new(programs))
    }

    /// Names of the transactions.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.programs.iter().map(|(tx, _)| name(*tx))
    }

    fn place(&self, tx: TxId) -> Option<usize> {
        self.programs.iter().position(|(t, _)| *t == tx)
    }

    /// How many operations a transaction has taken.
    pub fn taken(&self, tx: TxId) -> usize {
        self.place(tx).map_or(0, |i| self.taken[i])
    }

    /// The next operation of a transaction.
    pub fn next_of(&self, tx: TxId) -> Option<Op> {
        let place = self.place(tx)?;
        self.programs[place].1.get(self.taken[place]).copied()
    }

    /// Takes the next operation.
    pub fn advance(&mut self, tx: TxId) {
        if let Some(place) = self.place(tx) {
            self.taken[place] += 1;
        }
    }

    /// Why a transaction has no next operation.
    pub fn nothing_left(&self, tx: TxId) -> ModelError {
        match self.place(tx) {
            Some(_) => ModelError::new(format!("{} has come to its end", name(tx)), "step another, or `load` anew"),
            None => {
                let names: Vec<String> = self.names().collect();
                ModelError::new(format!("{} is not loaded", name(tx)), format!("loaded are {}", names.join(", ")))
            }
        }
    }

    /// The same transactions with something made better.
    pub fn fixed(self, way: Fix) -> Self {
        let programs = self.programs.into_iter().map(|(tx, ops)| (tx, fixed(&ops, way))).collect();
        Self::new(programs)
    }

    /// In how many orders the operations can be run if nobody waits.
    pub fn orders(&self) -> Option<u128> {
        let lengths: Vec<usize> = self.programs.iter().map(|(_, ops)| ops.len()).collect();
        interleavings(&lengths)
    }
}

fn fixed(ops: &[Op], way: Fix) -> Vec<Op> {
    let written = |row: Row| ops.iter().any(|op| matches!(op, Op::Write(r, _) if *r == row));
    match way {
        Fix::ForUpdate | Fix::Promote => {
            let lock = |row: Row| way == Fix::Promote || written(row);
            ops.iter()
                .map(|op| match op {
                    Op::Read(row) if lock(*row) => Op::ReadForUpdate(*row),
                    op => *op,
                })
                .collect()
        }
        Fix::InPlace => {
            let added = |row: Row| ops.iter().any(|op| matches!(op, Op::Write(r, Expr::Plus(..)) if *r == row));
            let one_statement = |op: &Op| match op {
                Op::Read(row) if added(*row) => None,
                Op::Write(row, Expr::Plus(_, by)) => Some(Op::Write(*row, Expr::Add(*by))),
                op => Some(*op),
            };
            ops.iter().filter_map(one_statement).collect()
        }
        Fix::Order => {
            let (ends, mut parts): (Vec<Op>, Vec<Op>) = ops.iter().partition(|op| matches!(op, Op::Commit | Op::Abort));
            // What begins, and scans and locks by hand, which touch the table, come first. The sort is stable.
            parts.sort_by_key(|op| op.row().map_or(0, |row| usize::from(row.row) + 1));
            parts.into_iter().chain(ends).collect()
        }
        Fix::TwoPhase | Fix::Serializable => ops.to_vec(),
    }
}

/// What running a script in every order showed.
#[derive(Clone, Debug)]
pub struct Explored {
    /// The script.
    pub script: Script,
    /// Under which protocol.
    pub protocol: Protocol,
    /// What was found; it shows where the history is not serializable.
    pub found: Exploration,
    /// How many orders there are if nobody waits.
    pub theory: Option<u128>,
}

/// Runs a script in every order, up to a bound.
///
/// # Errors
/// When somebody stops it.
pub fn explore(model: &TransactionsModel, script: Script, bound: u64) -> Result<Explored, ModelError> {
    let (protocol, policy) = (model.engine.protocol(), model.engine.policy());
    let broken = |history: &_| !serial::serializable(history);
    let goes_on = || !interrupt::requested();
    let found = run_all(protocol, policy, &model.cells(), &script.programs, bound, &broken, &goes_on);
    interrupt::check()?;
    Ok(Explored { theory: script.orders(), script, protocol, found })
}
