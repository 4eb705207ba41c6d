//! A small language of threads: shared variables, locks and their kin, cut into atomic steps.
//!
//! ```text
//! program "Lost update"
//! note "Two threads add one each. Is the sum two?"
//! shared counter = 0
//! mutex m
//!
//! thread A, B {          # both do the same
//!   counter += 1         # read, add, write
//! }
//! finally counter == 2
//! ```
//!
//! | item | what it is |
//! |---|---|
//! | `shared x = 0` | a variable; values are whole numbers of 32 bits, `true` is 1 |
//! | `mutex m`, `reentrant mutex m` | `lock m`, `unlock m`, `with m { … }`, `try_lock(m)` |
//! | `rwlock l` | `read_lock l`, `read_unlock l`, `write_lock l`, `write_unlock l` |
//! | `semaphore s = 2` | `acquire s`, `release s`, `release s 2`, `try_acquire(s)` |
//! | `condition c` | `wait c m`, `notify c`, `notify_all c` |
//! | `monitor m` | a reentrant lock with `wait m`, `pulse m`, `pulse_all m` |
//! | `barrier b = 2` | `await b`: all wait until so many have come |
//! | `countdown d = 2` | `signal d`, `await d`: waits until it is zero |
//! | `event e = set` | `set e`, `reset e`, `await e`; stays set until it is reset |
//! | `thread A { … }` | statements, one a line or with `;` between |
//! | `always x < 3`, `finally x == 2` | what must hold in every state, and when all are done |
//! | `live` | no thread may starve |
//!
//! The whole reference with examples is `docs/programs.md`.
//!
//! Statements: `local t = x`, `x = e`, `x += e`, `if e { … } else { … }`, `while e { … }`, `loop { … }`,
//! `repeat 3 { … }`, `break`, `critical { … }` (no two threads at once), `assert e`, `skip`, and what is done to
//! locks. Expressions: `+ - * / %`, `== != < <= > >=`, `and or not`, `me` (the thread's number from 0), and the atomic
//! `cas(x, old, new)`, `fetch_add(x, n)`, `try_lock(m)`, `try_acquire(s)`. The right side of `and` and `or` is looked
//! at only if it matters.
//!
//! Semantics: sequentially consistent memory; any waiting thread may get a lock that becomes free; `notify` and
//! `pulse` wake the one that has waited longest, as .NET's `Monitor.Pulse` does; nobody wakes without a reason.

mod access;
mod ast;
mod claims;
mod compile;
mod deadlock;
mod describe;
mod emit;
mod evaluate;
mod explored;
mod expressions;
mod grammar;
mod lexer;
mod library;
mod machine;
mod measured;
mod names;
mod parsing;
mod part;
mod program;

pub use ast::{
    At, Atomic, BinOp, Condition, Declaration, Expr, Kind, Name, ProgramError, Source, Stmt, StmtKind, Thread, Verb,
};
pub use claims::{claims_kept, work_kept};
pub use compile::MAX_PARTS;
pub use describe::{Block, Deed};
pub use explored::Explored;
pub use grammar::{MAX_THREADS, parse};
pub use lexer::MAX_SOURCE;
pub use library::{LIBRARY, Pair, built_in};
pub use machine::{ASSERTION, BAD, DEADLOCK, FAULT, FINALLY, INVARIANT, LOST_UPDATE, Machine, OVERLAP};
pub use measured::{Measured, expected_finals};
pub use names::{MAX_OBJECTS, Object, Variable};
pub use part::{After, Code, Fault, Op, Part, ThreadCode};
pub use program::{Grain, Program, Rule};
