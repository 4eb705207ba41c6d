//! One test case for each phenomenon, after Hermitage.

use super::phenomena::Phenomenon;
use super::types::{Expr, Op, Predicate, Row, TxId};

/// A test case: some transactions that can show a phenomenon, if the protocol lets them.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// What it is meant to show.
    pub phenomenon: Phenomenon,
    /// The operations of transactions 1, 2, …
    pub programs: &'static [&'static [Op]],
}

const X: Row = Row::new(0, 0);
const Y: Row = Row::new(0, 1);
const Z: Row = Row::new(0, 2);
const W: Row = Row::new(0, 3);

const fn set(row: Row, value: i64) -> Op {
    Op::Write(row, Expr::Set(value))
}

const INSERT_Z: Op = Op::Write(Z, Expr::Insert(30));
const INSERT_W: Op = Op::Write(W, Expr::Insert(42));
const THREES: Op = Op::Scan(0, Predicate::MultipleOf(3));

/// All cases, in the order of [`Phenomenon::ALL`].
pub const CASES: [Case; 12] = [
    Case {
        phenomenon: Phenomenon::DirtyWrite,
        programs: &[&[set(X, 11), set(Y, 21), Op::Commit], &[set(X, 12), set(Y, 22), Op::Commit]],
    },
    Case { phenomenon: Phenomenon::DirtyRead, programs: &[&[set(X, 101), Op::Abort], &[Op::Read(X), Op::Commit]] },
    Case {
        phenomenon: Phenomenon::IntermediateRead,
        programs: &[&[set(X, 101), set(X, 11), Op::Commit], &[Op::Read(X), Op::Commit]],
    },
    Case {
        phenomenon: Phenomenon::CircularFlow,
        programs: &[&[set(X, 11), Op::Read(Y), Op::Commit], &[set(Y, 22), Op::Read(X), Op::Commit]],
    },
    Case {
        phenomenon: Phenomenon::Vanishing,
        programs: &[
            &[set(X, 11), set(Y, 19), Op::Commit],
            &[set(X, 12), set(Y, 18), Op::Commit],
            &[Op::Read(X), Op::Read(Y), Op::Commit],
        ],
    },
    Case {
        phenomenon: Phenomenon::FuzzyRead,
        programs: &[&[Op::Read(X), Op::Read(X), Op::Commit], &[set(X, 11), Op::Commit]],
    },
    Case { phenomenon: Phenomenon::Phantom, programs: &[&[THREES, THREES, Op::Commit], &[INSERT_Z, Op::Commit]] },
    Case {
        phenomenon: Phenomenon::LostUpdate,
        programs: &[
            &[Op::Read(X), Op::Write(X, Expr::Plus(X, 1)), Op::Commit],
            &[Op::Read(X), Op::Write(X, Expr::Plus(X, 1)), Op::Commit],
        ],
    },
    Case {
        phenomenon: Phenomenon::ReadSkew,
        programs: &[&[Op::Read(X), Op::Read(Y), Op::Commit], &[set(X, 12), set(Y, 18), Op::Commit]],
    },
    Case {
        phenomenon: Phenomenon::WriteSkew,
        programs: &[
            &[Op::Read(X), Op::Read(Y), set(X, 11), Op::Commit],
            &[Op::Read(X), Op::Read(Y), set(Y, 21), Op::Commit],
        ],
    },
    Case {
        phenomenon: Phenomenon::PhantomSkew,
        programs: &[&[THREES, INSERT_Z, Op::Commit], &[THREES, INSERT_W, Op::Commit]],
    },
    Case {
        phenomenon: Phenomenon::ReadOnly,
        programs: &[
            &[Op::Read(Y), set(X, 0), Op::Commit],
            &[set(Y, 25), Op::Commit],
            &[Op::Read(X), Op::Read(Y), Op::Commit],
        ],
    },
];

/// The case of a phenomenon.
///
/// ```
/// use scalelab::algorithms::transactions::{Phenomenon, case};
/// assert_eq!(case(Phenomenon::LostUpdate).programs.len(), 2);
/// ```
pub fn case(phenomenon: Phenomenon) -> &'static Case {
    let found = CASES.iter().find(|c| c.phenomenon == phenomenon);
    // Every phenomenon has one: a test asks for all.
    found.unwrap_or(&CASES[0])
}

impl Case {
    /// The rows with their initial values, as Hermitage sets them up: two there, two that can be inserted.
    pub fn rows() -> [(Row, Option<i64>); 4] {
        [(X, Some(10)), (Y, Some(20)), (Z, None), (W, None)]
    }

    /// The programs with the numbers of their transactions.
    pub fn numbered(&self) -> impl Iterator<Item = (TxId, &'static [Op])> {
        (1..).zip(self.programs.iter().copied())
    }
}
