//! What a program's text says, before it is checked.

/// A place in the text, both counted from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// Line.
    pub line: u32,
    /// Character in the line.
    pub column: u32,
}

/// What is wrong with a program, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {}, column {}: {problem}: {remedy}", at.line, at.column)]
pub struct ProgramError {
    /// Where.
    pub at: At,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl ProgramError {
    /// An error at a place.
    pub fn new(at: At, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { at, problem: problem.into(), remedy: remedy.into() }
    }
}

/// A name and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Where.
    pub at: At,
    /// The name.
    pub text: String,
}

/// A program as written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// What it is called, for people.
    pub title: String,
    /// What it is about, in sentences.
    pub notes: Vec<String>,
    /// Variables and locks.
    pub declarations: Vec<Declaration>,
    /// Threads.
    pub threads: Vec<Thread>,
    /// What must be true in every state.
    pub always: Vec<Condition>,
    /// What must be true when all threads are done.
    pub finally: Vec<Condition>,
    /// Whether a thread that starves breaks the program.
    pub live: bool,
}

/// Something that all threads see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: Kind,
}

/// Kinds of things that all threads see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A variable with its first value.
    Shared(i32),
    /// A lock for one thread at a time.
    Mutex {
        /// Whether its owner may lock it again.
        reentrant: bool,
    },
    /// Many readers or one writer.
    RwLock,
    /// So many permits.
    Semaphore(i32),
    /// A condition variable.
    Condition,
    /// A reentrant lock with a queue to wait in.
    Monitor,
    /// A place where so many threads meet.
    Barrier(i32),
    /// So many signals to come.
    Countdown(i32),
    /// An event that stays set until it is reset.
    Event(bool),
}

impl Kind {
    /// Whether a thread can keep others out with it.
    ///
    /// ```
    /// use scalelab::algorithms::threads::Kind;
    /// assert!(Kind::RwLock.locks() && !Kind::Shared(0).locks());
    /// ```
    pub fn locks(self) -> bool {
        matches!(self, Self::Mutex { .. } | Self::RwLock | Self::Semaphore(_) | Self::Monitor)
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        self.a_name().split_once(' ').map_or("", |(_, name)| name)
    }

    /// What it is called, with its article.
    pub fn a_name(self) -> &'static str {
        match self {
            Self::Shared(_) => "a shared variable",
            Self::Mutex { reentrant: false } => "a mutex",
            Self::Mutex { reentrant: true } => "a reentrant mutex",
            Self::RwLock => "an rwlock",
            Self::Semaphore(_) => "a semaphore",
            Self::Condition => "a condition",
            Self::Monitor => "a monitor",
            Self::Barrier(_) => "a barrier",
            Self::Countdown(_) => "a countdown",
            Self::Event(_) => "an event",
        }
    }
}

/// A condition with its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Where it stands.
    pub at: At,
    /// What must not be zero.
    pub expr: Expr,
}

/// A thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// Its name.
    pub name: Name,
    /// What it does.
    pub body: Vec<Stmt>,
    /// Line of the closing brace.
    pub last_line: u32,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stmt {
    /// Where it begins.
    pub at: At,
    /// What it does.
    pub kind: StmtKind,
}

/// Kinds of statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StmtKind {
    /// One step that does nothing.
    Skip,
    /// `local x = 1`
    Local(Name, Expr),
    /// `x = 1`, or `x += 1` with its operator.
    Assign(Name, Option<BinOp>, Expr),
    /// An atomic operation whose result nobody wants.
    Evaluate(Expr),
    /// `if c { … } else { … }`
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    /// `while c { … }`, or `loop { … }` without condition.
    While(Option<Expr>, Vec<Stmt>),
    /// `repeat 3 { … }`
    Repeat(u32, Vec<Stmt>),
    /// Out of the innermost loop.
    Break,
    /// `critical { … }`: no two threads at once.
    Critical(Option<Name>, Vec<Stmt>),
    /// `with m { … }`: lock, do, unlock.
    With(Name, Vec<Stmt>),
    /// `assert c`
    Assert(Expr),
    /// Something done to a lock, a semaphore and so on.
    Do(Verb, Name, Option<Name>, i32),
}

/// What can be done to the things that are no variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    /// Lock a mutex or a monitor.
    Lock,
    /// Unlock it.
    Unlock,
    /// Lock for reading.
    ReadLock,
    /// The end of it.
    ReadUnlock,
    /// Lock for writing.
    WriteLock,
    /// The end of it.
    WriteUnlock,
    /// Take a permit.
    Acquire,
    /// Give permits.
    Release,
    /// Wait on a condition with a mutex, or in a monitor.
    Wait,
    /// Wake the one that has waited longest.
    Notify,
    /// Wake all.
    NotifyAll,
    /// The same for a monitor, which must be held.
    Pulse,
    /// Wake all that wait in it.
    PulseAll,
    /// Wait at a barrier, for a countdown, for an event.
    Await,
    /// One less to come.
    Signal,
    /// Set an event.
    Set,
    /// Reset it.
    Reset,
}

impl Verb {
    /// All of them with their words.
    pub const ALL: [(&'static str, Self); 17] = [
        ("lock", Self::Lock),
        ("unlock", Self::Unlock),
        ("read_lock", Self::ReadLock),
        ("read_unlock", Self::ReadUnlock),
        ("write_lock", Self::WriteLock),
        ("write_unlock", Self::WriteUnlock),
        ("acquire", Self::Acquire),
        ("release", Self::Release),
        ("wait", Self::Wait),
        ("notify", Self::Notify),
        ("notify_all", Self::NotifyAll),
        ("pulse", Self::Pulse),
        ("pulse_all", Self::PulseAll),
        ("await", Self::Await),
        ("signal", Self::Signal),
        ("set", Self::Set),
        ("reset", Self::Reset),
    ];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, v)| *v == self).map_or("", |(word, _)| word)
    }
}

/// An expression; true is 1 and false is 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// A number.
    Int(i32),
    /// A variable.
    Name(Name),
    /// The number of this thread, from 0.
    Me,
    /// Not.
    Not(Box<Expr>),
    /// Minus.
    Neg(Box<Expr>),
    /// Two operands.
    Binary(BinOp, Box<Expr>, Box<Expr>),
    /// An atomic operation.
    Atomic(Atomic, Name, Vec<Expr>),
}

/// Operations that nobody can come between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Atomic {
    /// `cas(x, old, new)`: writes `new` if `x` is `old`; 1 if it did.
    Cas,
    /// `fetch_add(x, n)`: adds, and gives what was there before.
    FetchAdd,
    /// `try_lock(m)`: locks if it can; 1 if it did.
    TryLock,
    /// `try_acquire(s)`: takes a permit if there is one; 1 if it did.
    TryAcquire,
}

impl Atomic {
    /// All of them with their words and their number of further arguments.
    pub const ALL: [(&'static str, Self, usize); 4] = [
        ("cas", Self::Cas, 2),
        ("fetch_add", Self::FetchAdd, 1),
        ("try_lock", Self::TryLock, 0),
        ("try_acquire", Self::TryAcquire, 0),
    ];
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinOp {
    /// Plus.
    Add,
    /// Minus.
    Sub,
    /// Times.
    Mul,
    /// Whole part of the quotient.
    Div,
    /// What remains of it.
    Rem,
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Both.
    And,
    /// Either.
    Or,
}

impl BinOp {
    /// Its sign.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Rem => "%",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::And => "and",
            Self::Or => "or",
        }
    }
}
