//! Atomic parts: what the machine does in one step that nobody can come between.

use super::ast::BinOp;
use crate::algorithms::explore::Access;

/// Why a thread stopped for good before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// An `assert` was false.
    Assertion,
    /// It unlocked what it had not locked.
    NotOwner,
    /// It waited or pulsed in a monitor, or waited with a mutex, that it did not hold.
    NotHeld,
    /// It signalled a countdown that was at zero.
    BelowZero,
    /// A number became too large.
    Overflow,
    /// It divided by zero.
    DivisionByZero,
    /// It locked a lock for reading twice.
    ReadTwice,
    /// It went round and round without touching anything that others see.
    Endless,
}

impl Fault {
    /// All of them; the place in this list plus one is the fault's number in a state.
    pub const ALL: [Self; 8] = [
        Self::Assertion,
        Self::NotOwner,
        Self::NotHeld,
        Self::BelowZero,
        Self::Overflow,
        Self::DivisionByZero,
        Self::ReadTwice,
        Self::Endless,
    ];

    /// Its number in a state, from 1.
    pub fn number(self) -> i32 {
        (1..).zip(Self::ALL).find(|(_, f)| *f == self).map_or(0, |(n, _)| n)
    }

    /// The fault with a number.
    pub fn of(number: i32) -> Option<Self> {
        usize::try_from(number - 1).ok().and_then(|i| Self::ALL.get(i).copied())
    }

    /// What happened, after "thread A".
    pub fn text(self) -> &'static str {
        match self {
            Self::Assertion => "failed its assertion",
            Self::NotOwner => "unlocked what it does not hold",
            Self::NotHeld => "waits or pulses without holding the lock",
            Self::BelowZero => "signalled a countdown that is at zero",
            Self::Overflow => "counted beyond 32 bits",
            Self::DivisionByZero => "divided by zero",
            Self::ReadTwice => "locked for reading twice",
            Self::Endless => "loops for ever without touching anything shared",
        }
    }
}

/// An expression over a thread's registers; all shared reads are done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// A number.
    Int(i32),
    /// A register.
    Reg(usize),
    /// Not.
    Not(Box<Code>),
    /// Minus.
    Neg(Box<Code>),
    /// Two operands.
    Binary(BinOp, Box<Code>, Box<Code>),
}

impl Code {
    /// Its value; the right side of `and` and `or` is looked at only if it matters.
    ///
    /// # Errors
    /// Overflow, and division by zero.
    pub fn value(&self, registers: &[i32]) -> Result<i32, Fault> {
        Ok(match self {
            Self::Int(n) => *n,
            Self::Reg(r) => registers.get(*r).copied().unwrap_or(0),
            Self::Not(inner) => i32::from(inner.value(registers)? == 0),
            Self::Neg(inner) => inner.value(registers)?.checked_neg().ok_or(Fault::Overflow)?,
            Self::Binary(op, left, right) => match (op, left.value(registers)?) {
                (BinOp::And, 0) => 0,
                (BinOp::Or, left) if left != 0 => 1,
                (op, left) => apply(*op, left, right.value(registers)?)?,
            },
        })
    }
}

fn apply(op: BinOp, a: i32, b: i32) -> Result<i32, Fault> {
    Ok(match op {
        BinOp::Add => a.checked_add(b).ok_or(Fault::Overflow)?,
        BinOp::Sub => a.checked_sub(b).ok_or(Fault::Overflow)?,
        BinOp::Mul => a.checked_mul(b).ok_or(Fault::Overflow)?,
        BinOp::Div | BinOp::Rem if b == 0 => return Err(Fault::DivisionByZero),
        BinOp::Div => a.checked_div(b).ok_or(Fault::Overflow)?,
        BinOp::Rem => a.checked_rem(b).ok_or(Fault::Overflow)?,
        BinOp::Eq => i32::from(a == b),
        BinOp::Ne => i32::from(a != b),
        BinOp::Lt => i32::from(a < b),
        BinOp::Le => i32::from(a <= b),
        BinOp::Gt => i32::from(a > b),
        BinOp::Ge => i32::from(a >= b),
        BinOp::And => i32::from(a != 0 && b != 0),
        BinOp::Or => i32::from(a != 0 || b != 0),
    })
}

/// What a part does. Objects and variables are named by their index in the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Nothing that others see.
    Nop,
    /// Variable to register.
    Read(usize, usize),
    /// Value to variable.
    Write(usize, Code),
    /// Value to register.
    Compute(usize, Code),
    /// Writes the second value if the variable holds the first; register gets 1 if it did.
    Cas(usize, Code, Code, usize),
    /// Adds to a variable; register gets what was there.
    FetchAdd(usize, Code, usize),
    /// Locks a mutex or a monitor.
    Lock(usize),
    /// Locks it if it can; register gets 1 if it did.
    TryLock(usize, usize),
    /// Unlocks it.
    Unlock(usize),
    /// Locks for reading.
    ReadLock(usize),
    /// Unlocks it.
    ReadUnlock(usize),
    /// Locks for writing.
    WriteLock(usize),
    /// Unlocks it.
    WriteUnlock(usize),
    /// Takes a permit.
    Acquire(usize),
    /// Takes one if there is one; register gets 1 if it did.
    TryAcquire(usize, usize),
    /// Gives permits.
    Release(usize, i32),
    /// Gives the lock back whole and joins the queue: queue, lock, register for the lock's depth.
    WaitOn(usize, usize, usize),
    /// Once woken and the lock is free: takes it again as deep as before.
    Reacquire(usize, usize, usize),
    /// Wakes the one that has waited longest, or all; a monitor must be held.
    Notify(usize, bool),
    /// Comes to a barrier; the last one opens it.
    Arrive(usize),
    /// Leaves an open barrier.
    Pass(usize),
    /// So many less to come.
    Signal(usize, i32),
    /// Waits until none is to come.
    AwaitZero(usize),
    /// Sets or resets an event.
    SetEvent(usize, bool),
    /// Waits until it is set.
    AwaitSet(usize),
    /// Enters a critical section.
    Enter(usize),
    /// Leaves it.
    Leave(usize),
}

impl Op {
    /// The lock, semaphore and so on that it is done to; of a wait, the lock. `None` if it is done to none.
    ///
    /// ```
    /// use scalelab::algorithms::threads::Op;
    /// assert_eq!((Op::Lock(2).object(), Op::Read(2, 0).object()), (Some(2), None));
    /// ```
    pub fn object(&self) -> Option<usize> {
        match self {
            Self::Nop | Self::Read(..) | Self::Write(..) | Self::Compute(..) | Self::Cas(..) | Self::FetchAdd(..) => {
                None
            }
            Self::WaitOn(_, o, _)
            | Self::Reacquire(_, o, _)
            | Self::Lock(o)
            | Self::TryLock(o, _)
            | Self::Unlock(o)
            | Self::ReadLock(o)
            | Self::ReadUnlock(o)
            | Self::WriteLock(o)
            | Self::WriteUnlock(o)
            | Self::Acquire(o)
            | Self::TryAcquire(o, _)
            | Self::Release(o, _)
            | Self::Notify(o, _)
            | Self::Arrive(o)
            | Self::Pass(o)
            | Self::Signal(o, _)
            | Self::AwaitZero(o)
            | Self::SetEvent(o, _)
            | Self::AwaitSet(o)
            | Self::Enter(o)
            | Self::Leave(o) => Some(*o),
        }
    }
}

/// Where a thread goes after a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// To the part with this number; the number of parts is the end.
    Go(usize),
    /// To the first if the expression is not zero, to the second otherwise.
    Branch(Code, usize, usize),
    /// On if it is not zero; the thread fails otherwise.
    Check(Code, usize),
}

/// An atomic part of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Line of the statement.
    pub line: u32,
    /// In a few words: `read counter`.
    pub label: String,
    /// What it does.
    pub op: Op,
    /// Where the thread goes then.
    pub after: After,
    /// Registers that nobody needs any more: first and one past the last.
    pub clear: (usize, usize),
    /// It reads a variable that this statement will write again; the first such read begins the update.
    pub begins_update: bool,
    /// It writes what this statement made of an earlier read.
    pub ends_update: bool,
    /// What it touches.
    pub access: Access,
}

impl Part {
    /// Whether no other thread can notice it.
    pub fn is_local(&self) -> bool {
        self.access == Access::default()
    }
}

/// A thread as parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadCode {
    /// Its name.
    pub name: String,
    /// Its parts; it is over when its place is past the last.
    pub parts: Vec<Part>,
    /// Names of its locals, by register.
    pub locals: Vec<String>,
    /// Registers that it needs.
    pub registers: usize,
    /// What it may still touch from each part on.
    pub future: Vec<Access>,
    /// What it may still give a sign to from each part on: one bit for each object that others can wait for.
    pub signs: Vec<u64>,
    /// First and last line of its text.
    pub lines: (u32, u32),
}
