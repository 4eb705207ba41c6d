//! From statements to atomic parts.

use super::ast::{At, BinOp, Expr, Kind, Name, ProgramError, Stmt, StmtKind, Thread, Verb};
use super::emit::{Emitter, Label};
use super::names::{Names, Thing};
use super::part::{Code, Op, ThreadCode};

/// Most parts of a thread.
pub const MAX_PARTS: usize = 2_000;

pub(super) type Compiled<T> = Result<T, ProgramError>;

/// Makes the parts of one thread.
pub(super) struct Compiler<'a> {
    names: &'a mut Names,
    thread: &'a Thread,
    pub(super) number: usize,
    pub(super) locals: Vec<String>,
    /// The next free register of this statement.
    pub(super) next: usize,
    most: usize,
    pub(super) out: Emitter,
    /// Ends of the loops around, and how many sections were open there.
    loops: Vec<(Label, usize)>,
    /// Parts that close the sections around: critical sections and `with` blocks.
    open: Vec<(Op, String)>,
}

/// An expression over the shared variables alone.
pub(super) fn constant_code(expr: &Expr, at: At, names: &Names, used: &mut Vec<usize>) -> Compiled<Code> {
    Ok(match expr {
        Expr::Int(n) => Code::Int(*n),
        Expr::Name(name) => match names.find(&name.text) {
            Some(Thing::Variable(variable)) => {
                used.push(variable);
                Code::Reg(variable)
            }
            _ => {
                let problem = format!("'{}' is no shared variable", name.text);
                return Err(ProgramError::new(name.at, problem, "rules speak of shared variables only"));
            }
        },
        Expr::Not(inner) => Code::Not(Box::new(constant_code(inner, at, names, used)?)),
        Expr::Neg(inner) => Code::Neg(Box::new(constant_code(inner, at, names, used)?)),
        Expr::Binary(op, left, right) => {
            let left = constant_code(left, at, names, used)?;
            Code::Binary(*op, Box::new(left), Box::new(constant_code(right, at, names, used)?))
        }
        Expr::Me | Expr::Atomic(..) => {
            return Err(ProgramError::new(at, "a rule belongs to no thread", "use shared variables and numbers"));
        }
    })
}

/// Whether a variable is read in an expression.
fn mentions(expr: &Expr, variable: &str) -> bool {
    match expr {
        Expr::Int(_) | Expr::Me => false,
        Expr::Name(name) => name.text == variable,
        Expr::Not(inner) | Expr::Neg(inner) => mentions(inner, variable),
        Expr::Binary(_, left, right) => mentions(left, variable) || mentions(right, variable),
        Expr::Atomic(_, _, arguments) => arguments.iter().any(|a| mentions(a, variable)),
    }
}

fn collect_locals(body: &[Stmt], names: &Names, locals: &mut Vec<String>) -> Compiled<()> {
    for stmt in body {
        match &stmt.kind {
            StmtKind::Local(name, _) => {
                if names.find(&name.text).is_some() {
                    let problem = format!("'{}' is shared already", name.text);
                    return Err(ProgramError::new(name.at, problem, "give the local another name"));
                }
                if !locals.contains(&name.text) {
                    locals.push(name.text.clone());
                }
            }
            StmtKind::If(_, yes, no) => {
                collect_locals(yes, names, locals)?;
                collect_locals(no, names, locals)?;
            }
            StmtKind::While(_, body)
            | StmtKind::Repeat(_, body)
            | StmtKind::Critical(_, body)
            | StmtKind::With(_, body) => collect_locals(body, names, locals)?,
            _ => {}
        }
    }
    Ok(())
}

impl<'a> Compiler<'a> {
    pub fn new(names: &'a mut Names, thread: &'a Thread, number: usize) -> Self {
        let (locals, out) = (Vec::new(), Emitter::default());
        Self { names, thread, number, locals, next: 0, most: 0, out, loops: Vec::new(), open: Vec::new() }
    }

    pub fn compile(mut self) -> Compiled<ThreadCode> {
        collect_locals(&self.thread.body, self.names, &mut self.locals)?;
        (self.next, self.most) = (self.locals.len(), self.locals.len());
        let thread = self.thread;
        self.block(&thread.body)?;
        let parts = self.out.finish();
        let lines = (thread.name.at.line, thread.last_line);
        let name = thread.name.text.clone();
        let (future, signs) = (Vec::new(), Vec::new());
        Ok(ThreadCode { name, parts, locals: self.locals, registers: self.most, future, signs, lines })
    }

    fn block(&mut self, body: &[Stmt]) -> Compiled<()> {
        for stmt in body {
            if self.out.len() > MAX_PARTS {
                let problem = format!("thread {} has more than {MAX_PARTS} parts", self.thread.name.text);
                return Err(ProgramError::new(stmt.at, problem, "repeat fewer times"));
            }
            self.out.line(stmt.at.line);
            self.next = self.locals.len();
            self.stmt(stmt)?;
        }
        Ok(())
    }

    fn stmt(&mut self, stmt: &Stmt) -> Compiled<()> {
        match &stmt.kind {
            StmtKind::Skip => self.out.emit(Op::Nop, "skip"),
            StmtKind::Local(name, value) => return self.assign_local(name, value),
            StmtKind::Assign(name, op, value) => return self.assign(name, *op, value),
            StmtKind::Evaluate(expr) => {
                let end = self.out.label();
                self.condition(expr, end, end)?;
                self.out.place(end);
            }
            StmtKind::If(condition, yes, no) => {
                let (then, otherwise, end) = (self.out.label(), self.out.label(), self.out.label());
                self.condition(condition, then, otherwise)?;
                self.out.place(then);
                self.block(yes)?;
                if !no.is_empty() {
                    self.out.jump(end);
                }
                self.out.place(otherwise);
                self.block(no)?;
                self.out.place(end);
            }
            StmtKind::While(condition, body) => {
                let (top, inside, end) = (self.out.label(), self.out.label(), self.out.label());
                self.out.place(top);
                match condition {
                    Some(condition) => self.condition(condition, inside, end)?,
                    // A loop without a step would go round in no time at all.
                    None if body.is_empty() => self.out.emit(Op::Nop, "go round"),
                    None => {}
                }
                self.out.place(inside);
                self.loops.push((end, self.open.len()));
                self.block(body)?;
                self.loops.pop();
                self.out.jump(top);
                self.out.place(end);
            }
            StmtKind::Repeat(times, body) => {
                let end = self.out.label();
                self.loops.push((end, self.open.len()));
                for _ in 0..*times {
                    let before = self.out.len();
                    self.block(body)?;
                    if self.out.len() == before {
                        break;
                    }
                }
                self.loops.pop();
                self.out.place(end);
            }
            StmtKind::Break => return self.leave_loop(stmt.at),
            StmtKind::Critical(name, body) => {
                let name = name.clone().unwrap_or(Name { at: stmt.at, text: "critical".to_owned() });
                let section = self.names.critical(&name)?;
                // Whoever is inside already stays so until the outermost block ends.
                let again = self.open.iter().any(|(close, _)| *close == Op::Leave(section));
                let (enter, leave, word) = match again {
                    true => (Op::Nop, Op::Nop, " again"),
                    false => (Op::Enter(section), Op::Leave(section), ""),
                };
                self.out.emit(enter, format!("enter {}{word}", name.text));
                return self.section(leave, format!("leave {}{word}", name.text), body);
            }
            StmtKind::With(name, body) => {
                let lock = self.object(name, Verb::Lock.word(), |k| matches!(k, Kind::Mutex { .. } | Kind::Monitor))?;
                self.out.emit(Op::Lock(lock), format!("lock {}", name.text));
                return self.section(Op::Unlock(lock), format!("unlock {}", name.text), body);
            }
            StmtKind::Assert(condition) => self.require(condition, true)?,
            StmtKind::Do(verb, name, second, amount) => return self.action(*verb, name, second.as_ref(), *amount),
        }
        Ok(())
    }

    /// A block that must be closed however it is left.
    fn section(&mut self, close: Op, label: String, body: &[Stmt]) -> Compiled<()> {
        self.open.push((close.clone(), label.clone()));
        self.block(body)?;
        self.open.pop();
        self.out.emit(close, label);
        Ok(())
    }

    fn leave_loop(&mut self, at: At) -> Compiled<()> {
        let Some((end, open)) = self.loops.last().copied() else {
            return Err(ProgramError::new(at, "there is no loop to break out of", "put it into while, loop or repeat"));
        };
        for (close, label) in self.open.get(open..).unwrap_or_default().to_vec().into_iter().rev() {
            self.out.emit(close, label);
        }
        self.out.jump(end);
        Ok(())
    }

    pub(super) fn temporary(&mut self) -> usize {
        self.next += 1;
        self.most = self.most.max(self.next);
        self.next - 1
    }

    /// The last part is the last one that needs this statement's registers.
    pub(super) fn clear(&mut self) {
        if self.out.joined() && self.next > self.locals.len() {
            self.out.emit(Op::Nop, "go on");
        }
        self.out.clear(self.locals.len(), self.next);
    }

    pub(super) fn object(&self, name: &Name, word: &str, fits: impl Fn(Kind) -> bool) -> Compiled<usize> {
        let problem = match self.names.find(&name.text) {
            Some(Thing::Object(object, kind)) if fits(kind) => return Ok(object),
            Some(Thing::Object(_, kind)) => format!("'{}' is {}: `{word}` does not fit", name.text, kind.a_name()),
            Some(Thing::Variable(_)) => format!("'{}' is a shared variable: `{word}` does not fit", name.text),
            None => format!("there is no '{}'", name.text),
        };
        Err(ProgramError::new(name.at, problem, format!("declared are: {}", self.names.known())))
    }

    pub(super) fn variable(&self, name: &Name) -> Compiled<usize> {
        let problem = match self.names.find(&name.text) {
            Some(Thing::Variable(variable)) => return Ok(variable),
            Some(Thing::Object(_, kind)) => format!("'{}' is {}, not a variable", name.text, kind.a_name()),
            None => format!("there is no variable '{}'", name.text),
        };
        let remedy = format!("declare it with `shared {}` or `local {} = 0`", name.text, name.text);
        Err(ProgramError::new(name.at, problem, remedy))
    }

    fn assign_local(&mut self, name: &Name, value: &Expr) -> Compiled<()> {
        let Some(local) = self.locals.iter().position(|l| *l == name.text) else {
            return self.assign(name, None, value);
        };
        let before = self.out.len();
        let code = self.flatten(value)?;
        if !(self.out.len() > before && self.out.retarget(&code, local)) {
            self.out.emit(Op::Compute(local, code), format!("set {}", name.text));
        }
        self.clear();
        Ok(())
    }

    fn assign(&mut self, name: &Name, op: Option<BinOp>, value: &Expr) -> Compiled<()> {
        let whole = match op {
            None => value.clone(),
            Some(op) => Expr::Binary(op, Box::new(Expr::Name(name.clone())), Box::new(value.clone())),
        };
        if self.locals.contains(&name.text) {
            return self.assign_local(name, &whole);
        }
        let variable = self.variable(name)?;
        let updates = mentions(&whole, &name.text);
        let before = self.out.len();
        let mut code = self.flatten(&whole)?;
        if updates {
            self.out.begins_update(before, variable);
        }
        if !matches!(code, Code::Int(_) | Code::Reg(_)) {
            let register = self.temporary();
            let label = match (op, value) {
                (Some(BinOp::Add), Expr::Int(n)) => format!("add {n}"),
                (Some(BinOp::Sub), Expr::Int(n)) => format!("subtract {n}"),
                (Some(BinOp::Add), _) => "add".to_owned(),
                (Some(BinOp::Sub), _) => "subtract".to_owned(),
                _ => "compute".to_owned(),
            };
            self.out.emit(Op::Compute(register, code), label);
            code = Code::Reg(register);
        }
        let label = match &code {
            Code::Int(n) => format!("write {} = {n}", name.text),
            _ => format!("write {}", name.text),
        };
        self.out.emit(Op::Write(variable, code), label);
        self.out.ends_update(updates);
        self.clear();
        Ok(())
    }

    fn action(&mut self, verb: Verb, name: &Name, second: Option<&Name>, amount: i32) -> Compiled<()> {
        let word = verb.word();
        let lock = |k| matches!(k, Kind::Mutex { .. } | Kind::Monitor);
        let find = |fits: fn(Kind) -> bool| self.object(name, word, fits);
        let op = match verb {
            Verb::Lock => Op::Lock(find(lock)?),
            Verb::Unlock => Op::Unlock(find(lock)?),
            Verb::ReadLock => Op::ReadLock(find(|k| k == Kind::RwLock)?),
            Verb::ReadUnlock => Op::ReadUnlock(find(|k| k == Kind::RwLock)?),
            Verb::WriteLock => Op::WriteLock(find(|k| k == Kind::RwLock)?),
            Verb::WriteUnlock => Op::WriteUnlock(find(|k| k == Kind::RwLock)?),
            Verb::Acquire => Op::Acquire(find(|k| matches!(k, Kind::Semaphore(_)))?),
            Verb::Release => Op::Release(find(|k| matches!(k, Kind::Semaphore(_)))?, amount),
            Verb::Signal => Op::Signal(find(|k| matches!(k, Kind::Countdown(_)))?, amount),
            Verb::Set => Op::SetEvent(find(|k| matches!(k, Kind::Event(_)))?, true),
            Verb::Reset => Op::SetEvent(find(|k| matches!(k, Kind::Event(_)))?, false),
            Verb::Notify => Op::Notify(find(|k| k == Kind::Condition)?, false),
            Verb::NotifyAll => Op::Notify(find(|k| k == Kind::Condition)?, true),
            Verb::Pulse => Op::Notify(find(|k| k == Kind::Monitor)?, false),
            Verb::PulseAll => Op::Notify(find(|k| k == Kind::Monitor)?, true),
            Verb::Wait => return self.wait(name, second),
            Verb::Await => return self.await_it(name),
        };
        self.out.emit(op, format!("{word} {}", name.text));
        Ok(())
    }

    fn wait(&mut self, name: &Name, second: Option<&Name>) -> Compiled<()> {
        let queue = self.object(name, "wait", |k| matches!(k, Kind::Condition | Kind::Monitor))?;
        let monitor = self.object(name, "wait", |k| k == Kind::Monitor).is_ok();
        let mutex = match second {
            None if monitor => queue,
            None => {
                let remedy = format!("name the mutex that is given back meanwhile: `wait {} m`", name.text);
                return Err(ProgramError::new(name.at, "a condition needs a mutex to wait with", remedy));
            }
            Some(second) if monitor => {
                let problem = format!("'{}' is a monitor: it is its own lock", name.text);
                return Err(ProgramError::new(second.at, problem, format!("write `wait {}`", name.text)));
            }
            Some(second) => self.object(second, "wait", |k| matches!(k, Kind::Mutex { .. }))?,
        };
        let depth = self.temporary();
        self.out.emit(Op::WaitOn(queue, mutex, depth), format!("wait {}", name.text));
        let lock = second.unwrap_or(name);
        self.out.emit(Op::Reacquire(queue, mutex, depth), format!("lock {} again", lock.text));
        self.clear();
        Ok(())
    }

    fn await_it(&mut self, name: &Name) -> Compiled<()> {
        let fits = |k| matches!(k, Kind::Barrier(_) | Kind::Countdown(_) | Kind::Event(_));
        let object = self.object(name, "await", fits)?;
        match self.names.find(&name.text) {
            Some(Thing::Object(_, Kind::Barrier(_))) => {
                self.out.emit(Op::Arrive(object), format!("arrive at {}", name.text));
                self.out.emit(Op::Pass(object), format!("pass {}", name.text));
            }
            Some(Thing::Object(_, Kind::Countdown(_))) => {
                self.out.emit(Op::AwaitZero(object), format!("await {}", name.text));
            }
            _ => self.out.emit(Op::AwaitSet(object), format!("await {}", name.text)),
        }
        Ok(())
    }
}
