//! A brute force over random programs of the threads language, for the differential test and the fuzz target. It shares
//! no code with the lab: bytes become a program of its own shape, which is printed as text for the lab and run here by
//! walking its statements. An expression is evaluated again from its start at each step, with what was read so far.

use std::collections::{BTreeMap, BTreeSet};

/// Problems, in the order of their bits here.
pub const PROBLEMS: [&str; 6] = ["assertion", "fault", "overlap", "invariant", "deadlock", "finally"];
const ASSERTION: u8 = 1;
const FAULT: u8 = 2;
const OVERLAP: u8 = 4;
const INVARIANT: u8 = 8;
const DEADLOCK: u8 = 16;
const FINALLY: u8 = 32;
/// States after which the brute force gives up.
const MOST_STATES: usize = 6_000;
const VARIABLES: usize = 2;
const LOCALS: usize = 2;

#[derive(Clone, Debug)]
enum Expr {
    Int(i32),
    Me,
    Var(usize),
    Local(usize),
    Not(Box<Expr>),
    Op(&'static str, Box<Expr>, Box<Expr>),
    FetchAdd(usize, i32),
    Cas(usize, i32, i32),
    TryLock,
    TryAcquire,
}

#[derive(Clone, Debug)]
enum Stmt {
    Skip,
    Assign(usize, Expr),
    Local(usize, Expr),
    Evaluate(Expr),
    Assert(Expr),
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    While(Expr, Vec<Stmt>),
    Enter,
    Leave,
    Do(&'static str),
}

/// What is done to the one object of each kind.
const DEEDS: [&str; 20] = [
    "lock m",
    "unlock m",
    "acquire s",
    "release s",
    "set e",
    "reset e",
    "await e",
    "await b",
    "await d",
    "signal d",
    "notify c",
    "notify_all c",
    "wait c m",
    "read_lock l",
    "read_unlock l",
    "write_lock l",
    "write_unlock l",
    "lock r",
    "unlock r",
    "acquire s",
];
const DECLARED: &str = "shared x, y\nmutex m\nreentrant mutex r\nsemaphore s = 1\nevent e\nrwlock l\ncondition c\n\
                        barrier b = 2\ncountdown d = 1\n";

/// A program as text, and as the brute force runs it.
#[derive(Debug)]
pub struct Program {
    /// For the lab.
    pub text: String,
    threads: Vec<Vec<Stmt>>,
    always: Option<Expr>,
    finally: Option<Expr>,
}

/// What all schedules lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// Ends: problems (bits of [`PROBLEMS`]) and variables.
    pub ends: BTreeSet<(u8, Vec<i32>)>,
    /// Problems of any state.
    pub problems: u8,
    /// Number of schedules; `None` if a state can come again.
    pub schedules: Option<u128>,
}

/// Choices from bytes; the first choice when there are none left.
struct Bytes<'a>(std::slice::Iter<'a, u8>);

impl Bytes<'_> {
    fn below(&mut self, n: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % n
    }

    fn arithmetic(&mut self, depth: usize, atomics: bool) -> (String, Expr) {
        let var = |i: usize| (["x", "y"][i].to_owned(), Expr::Var(i));
        match self.below(if depth == 0 { 6 } else { 11 }) {
            0 | 1 => var(0),
            2 => var(1),
            3 => {
                let n = self.below(3) as i32;
                (n.to_string(), Expr::Int(n))
            }
            4 if atomics => {
                let i = self.below(LOCALS);
                (format!("t{i}"), Expr::Local(i))
            }
            5 if atomics => ("me".to_owned(), Expr::Me),
            6 if atomics => ("fetch_add(x, 1)".to_owned(), Expr::FetchAdd(0, 1)),
            7 if atomics => ("cas(y, 0, 1)".to_owned(), Expr::Cas(1, 0, 1)),
            8 => self.binary("/", depth, atomics),
            9 => self.binary("-", depth, atomics),
            10 => self.binary("*", depth, atomics),
            _ => self.binary("+", depth.max(1), atomics),
        }
    }

    fn binary(&mut self, op: &'static str, depth: usize, atomics: bool) -> (String, Expr) {
        let (a, left) = self.arithmetic(depth - 1, atomics);
        let (b, right) = self.arithmetic(depth - 1, atomics);
        (format!("({a} {op} {b})"), Expr::Op(op, Box::new(left), Box::new(right)))
    }

    fn truth(&mut self, depth: usize, atomics: bool) -> (String, Expr) {
        let kind = self.below(if depth == 0 { 4 } else { 9 });
        match kind {
            0 | 1 => self.binary(["==", "<"][kind], 2, atomics),
            2 if atomics => ("try_lock(m)".to_owned(), Expr::TryLock),
            3 if atomics => ("try_acquire(s)".to_owned(), Expr::TryAcquire),
            4 => {
                let (a, inner) = self.truth(depth - 1, atomics);
                (format!("not {a}"), Expr::Not(Box::new(inner)))
            }
            5..=8 => {
                let op = ["and", "or"][kind % 2];
                let (a, left) = self.truth(depth - 1, atomics);
                let (b, right) = self.truth(depth - 1, atomics);
                (format!("({a} {op} {b})"), Expr::Op(op, Box::new(left), Box::new(right)))
            }
            _ => self.binary("!=", 1, atomics),
        }
    }

    fn value(&mut self) -> (String, Expr) {
        if self.below(3) == 0 { self.truth(2, true) } else { self.arithmetic(2, true) }
    }

    fn block(&mut self, depth: usize, most: usize) -> (String, Vec<Stmt>) {
        let (mut text, mut block) = (String::new(), Vec::new());
        for _ in 0..=self.below(most) {
            let (line, statements) = self.statement(depth);
            text.push_str(&line);
            text.push('\n');
            block.extend(statements);
        }
        (text, block)
    }

    fn statement(&mut self, depth: usize) -> (String, Vec<Stmt>) {
        let one = |text: String, stmt: Stmt| (text, vec![stmt]);
        match self.below(if depth == 0 { 9 } else { 15 }) {
            0 => one("skip".to_owned(), Stmt::Skip),
            1 | 2 => {
                let (i, (e, expr)) = (self.below(VARIABLES), self.value());
                one(format!("{} = {e}", ["x", "y"][i]), Stmt::Assign(i, expr))
            }
            3 => {
                let (e, expr) = self.arithmetic(1, true);
                let whole = Expr::Op("+", Box::new(Expr::Var(0)), Box::new(expr));
                one(format!("x += {e}"), Stmt::Assign(0, whole))
            }
            4 => {
                let (i, (e, expr)) = (self.below(LOCALS), self.value());
                one(format!("local t{i} = {e}"), Stmt::Local(i, expr))
            }
            5 => {
                let (e, expr) = self.truth(2, true);
                one(format!("assert {e}"), Stmt::Assert(expr))
            }
            6 => one("fetch_add(y, -1)".to_owned(), Stmt::Evaluate(Expr::FetchAdd(1, -1))),
            7 | 8 => {
                let deed = DEEDS[self.below(DEEDS.len())];
                one(deed.to_owned(), Stmt::Do(deed))
            }
            9 | 10 => {
                let ((e, expr), (a, yes)) = (self.truth(2, true), self.block(depth - 1, 2));
                let (b, no) = if self.below(2) == 0 { (String::new(), Vec::new()) } else { self.block(depth - 1, 1) };
                one(format!("if {e} {{\n{a}}} else {{\n{b}}}"), Stmt::If(expr, yes, no))
            }
            11 => {
                let ((e, expr), (a, body)) = (self.truth(1, true), self.block(depth - 1, 1));
                one(format!("while {e} {{\n{a}}}"), Stmt::While(expr, body))
            }
            12 | 13 => {
                let (a, body) = self.block(depth - 1, 2);
                let all = [vec![Stmt::Do("lock m")], body, vec![Stmt::Do("unlock m")]].concat();
                (format!("with m {{\n{a}}}"), all)
            }
            _ => {
                let (a, body) = self.block(depth - 1, 2);
                (format!("critical {{\n{a}}}"), [vec![Stmt::Enter], body, vec![Stmt::Leave]].concat())
            }
        }
    }
}

/// A program of two or three threads from any bytes.
pub fn program(data: &[u8]) -> Program {
    let mut bytes = Bytes(data.iter());
    let count = 2 + usize::from(bytes.below(3) == 0);
    let mut rule = |word: &str| {
        let (text, expr) = bytes.truth(2, false);
        let wanted = bytes.below(2) == 1;
        (if wanted { format!("{word} {text}\n") } else { String::new() }, wanted.then_some(expr))
    };
    let ((always_text, always), (finally_text, finally)) = (rule("always"), rule("finally"));
    let mut text = format!("{DECLARED}{always_text}{finally_text}");
    let mut threads = Vec::new();
    for i in 0..count {
        let (body, statements) = bytes.block(2, 3);
        text.push_str(&format!("thread T{i} {{\nlocal t0\nlocal t1\n{body}}}\n"));
        let zero = |i: usize| Stmt::Local(i, Expr::Int(0));
        threads.push([vec![zero(0), zero(1)], statements].concat());
    }
    Program { text, threads, always, finally }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Thread {
    /// What is left to do: paths of statement numbers, the innermost block last.
    path: Vec<(usize, u8)>,
    /// What was read in the expression so far.
    read: Vec<i32>,
    computed: Option<i32>,
    locals: [i32; LOCALS],
    stopped: bool,
    inside: u8,
    /// Within a statement of two steps: 1 between them.
    half: u8,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    vars: [i32; VARIABLES],
    threads: Vec<Thread>,
    owner: Option<usize>,
    reentrant: (Option<usize>, i32),
    permits: i32,
    set: bool,
    writer: Option<usize>,
    readers: BTreeSet<usize>,
    sleepers: Vec<usize>,
    arrived: BTreeSet<usize>,
    to_come: i32,
    problems: u8,
}

/// Why an expression has no value yet.
enum Stop {
    /// The next thing to read, or a step that only looks.
    Step(Option<Expr>),
    Fault,
}

/// A value; a fault that nobody has noticed yet.
type Lazy = Result<i32, ()>;

fn steps(e: &Expr) -> bool {
    match e {
        Expr::Int(_) | Expr::Me | Expr::Local(_) => false,
        Expr::Not(a) => steps(a),
        Expr::Op(_, a, b) => steps(a) || steps(b),
        _ => true,
    }
}

fn logical(op: &str) -> bool {
    op == "and" || op == "or"
}

/// Whether the last thing that an expression looks at can be left out.
fn joined(e: &Expr) -> bool {
    match e {
        Expr::Not(a) => joined(a),
        Expr::Op(op, _, b) if logical(op) && steps(b) => true,
        Expr::Op(_, a, b) => joined(if steps(b) { b } else { a }),
        _ => false,
    }
}

struct Eval<'a> {
    me: usize,
    locals: &'a [i32],
    read: std::slice::Iter<'a, i32>,
}

impl Eval<'_> {
    fn take(&mut self, wanted: Option<&Expr>) -> Result<i32, Stop> {
        self.read.next().copied().ok_or_else(|| Stop::Step(wanted.cloned()))
    }

    fn value(&mut self, e: &Expr) -> Result<Lazy, Stop> {
        Ok(match e {
            Expr::Int(n) => Ok(*n),
            Expr::Me => Ok(self.me as i32),
            Expr::Local(i) => Ok(self.locals[*i]),
            Expr::Not(a) => self.value(a)?.map(|v| i32::from(v == 0)),
            Expr::Op(op, a, b) if logical(op) => {
                let left = if steps(b) { Ok(self.decide(a, false)?) } else { self.value(a)?.map(|v| v != 0) };
                match left {
                    Err(()) => Err(()),
                    Ok(left) if left == (*op == "or") => Ok(i32::from(left)),
                    Ok(_) => self.value(b)?.map(|v| i32::from(v != 0)),
                }
            }
            Expr::Op(op, a, b) => {
                let (a, b) = (self.value(a)?, self.value(b)?);
                a.and_then(|a| b.and_then(|b| apply(op, a, b)))
            }
            leaf => Ok(self.take(Some(leaf))?),
        })
    }

    /// The truth of an expression by which the thread goes one way or another; `all`: at every `and` and `or`.
    fn decide(&mut self, e: &Expr, all: bool) -> Result<bool, Stop> {
        match e {
            Expr::Not(a) => Ok(!self.decide(a, all)?),
            Expr::Op(op, a, b) if logical(op) && (all || steps(b)) => {
                let left = self.decide(a, all)?;
                if left == (*op == "or") { Ok(left) } else { self.decide(b, all) }
            }
            e => {
                let value = self.value(e)?;
                if !steps(e) || joined(e) {
                    self.take(None)?;
                }
                value.map(|v| v != 0).map_err(|()| Stop::Fault)
            }
        }
    }
}

fn apply(op: &str, a: i32, b: i32) -> Lazy {
    match op {
        "+" => a.checked_add(b),
        "-" => a.checked_sub(b),
        "*" => a.checked_mul(b),
        "/" => a.checked_div(b),
        "==" => Some(i32::from(a == b)),
        "!=" => Some(i32::from(a != b)),
        _ => Some(i32::from(a < b)),
    }
    .ok_or(())
}

impl Program {
    fn block(&self, thread: usize, path: &[(usize, u8)]) -> &[Stmt] {
        let mut block = self.threads[thread].as_slice();
        for (at, arm) in path {
            block = match &block[*at] {
                Stmt::If(_, yes, no) => [yes, no][usize::from(*arm)],
                Stmt::While(_, body) => body,
                _ => block,
            };
        }
        block
    }

    fn now(&self, state: &State, thread: usize) -> Option<&Stmt> {
        let (last, outer) = state.threads[thread].path.split_last()?;
        self.block(thread, outer).get(last.0)
    }

    /// Leaves blocks that are over; a loop's condition comes again.
    fn settle(&self, state: &mut State, thread: usize) {
        loop {
            let path = &state.threads[thread].path;
            let Some((last, outer)) = path.split_last() else { return };
            if last.0 < self.block(thread, outer).len() {
                return;
            }
            let path = &mut state.threads[thread].path;
            path.pop();
            let Some(last) = path.last_mut() else { return };
            last.1 = 0;
            let last = *last;
            let outer = &state.threads[thread].path[..state.threads[thread].path.len() - 1];
            if !matches!(self.block(thread, outer)[last.0], Stmt::While(..)) {
                let depth = state.threads[thread].path.len() - 1;
                state.threads[thread].path[depth].0 += 1;
            }
        }
    }

    fn done(&self, state: &State, thread: usize) -> bool {
        state.threads[thread].path.is_empty()
    }

    fn ready(&self, state: &State, thread: usize) -> bool {
        let own = &state.threads[thread];
        if own.stopped {
            return false;
        }
        let Some(stmt) = self.now(state, thread) else { return false };
        let Stmt::Do(deed) = stmt else { return true };
        match (*deed, own.half) {
            ("lock m", _) => state.owner.is_none(),
            ("wait c m", 1) => state.owner.is_none() && !state.sleepers.contains(&thread),
            ("lock r", _) => state.reentrant.0.is_none_or(|owner| owner == thread),
            ("acquire s", _) => state.permits > 0,
            ("await e", _) => state.set,
            ("await d", _) => state.to_come == 0,
            ("await b", 1) => !state.arrived.contains(&thread),
            ("read_lock l", _) => state.writer.is_none(),
            ("write_lock l", _) => state.writer.is_none() && state.readers.is_empty(),
            _ => true,
        }
    }

    /// One step of a thread that is ready.
    fn step(&self, state: &mut State, thread: usize) {
        let Some(stmt) = self.now(state, thread).cloned() else { return };
        let done = match &stmt {
            Stmt::Skip => Ok(true),
            Stmt::Enter => {
                if (0..state.threads.len()).any(|t| t != thread && state.threads[t].inside > 0) {
                    state.problems |= OVERLAP;
                }
                state.threads[thread].inside += 1;
                Ok(true)
            }
            Stmt::Leave => {
                state.threads[thread].inside -= 1;
                Ok(true)
            }
            Stmt::Do(deed) => deed_of(state, thread, deed),
            Stmt::Assign(var, expr) => self.assign(state, thread, expr, Some(*var)),
            Stmt::Local(i, expr) => self.assign(state, thread, expr, None).inspect(|done| {
                if *done {
                    state.threads[thread].locals[*i] = state.threads[thread].computed.take().unwrap_or(0);
                }
            }),
            Stmt::Evaluate(expr) | Stmt::Assert(expr) | Stmt::If(expr, ..) | Stmt::While(expr, _) => {
                self.decision(state, thread, expr).map(|truth| match (truth, &stmt) {
                    (None, _) => false,
                    (Some(false), Stmt::Assert(_)) => {
                        stop(state, thread, ASSERTION);
                        false
                    }
                    (Some(truth), Stmt::If(..)) => {
                        self.enter(state, thread, u8::from(!truth));
                        false
                    }
                    (Some(true), Stmt::While(..)) => {
                        self.enter(state, thread, 0);
                        false
                    }
                    _ => true,
                })
            }
        };
        match done {
            Ok(true) => {
                let own = &mut state.threads[thread];
                (own.computed, own.half) = (None, 0);
                own.read.clear();
                if let Some(last) = own.path.last_mut() {
                    last.0 += 1;
                }
                self.settle(state, thread);
            }
            Ok(false) => {}
            Err(()) => stop(state, thread, FAULT),
        }
        if let Some(rule) = &self.always
            && !holds(rule, &state.vars)
        {
            state.problems |= INVARIANT;
        }
    }

    fn enter(&self, state: &mut State, thread: usize, arm: u8) {
        let own = &mut state.threads[thread];
        own.read.clear();
        if let Some(last) = own.path.last_mut() {
            last.1 = arm;
        }
        own.path.push((0, 0));
        self.settle(state, thread);
    }

    /// Looks at one more thing; the truth as soon as it is known.
    fn decision(&self, state: &mut State, thread: usize, expr: &Expr) -> Result<Option<bool>, ()> {
        for looked in [false, true] {
            let own = &state.threads[thread];
            let mut eval = Eval { me: thread, locals: &own.locals, read: own.read.iter() };
            match eval.decide(expr, true) {
                Ok(truth) => return Ok(Some(truth)),
                Err(Stop::Fault) => return Err(()),
                Err(Stop::Step(_)) if looked => return Ok(None),
                Err(Stop::Step(leaf)) => look(state, thread, leaf.as_ref())?,
            }
        }
        Ok(None)
    }

    /// Looks at one more thing, computes, or writes; whether that was all.
    fn assign(&self, state: &mut State, thread: usize, expr: &Expr, var: Option<usize>) -> Result<bool, ()> {
        let own = &state.threads[thread];
        if let (Some(value), Some(var)) = (own.computed, var) {
            state.vars[var] = value;
            return Ok(true);
        }
        let eval = |state: &State| {
            let own = &state.threads[thread];
            Eval { me: thread, locals: &own.locals, read: own.read.iter() }.value(expr)
        };
        let leaf = !matches!(expr, Expr::Not(_) | Expr::Op(..));
        match eval(state) {
            Err(Stop::Fault) => Err(()),
            Err(Stop::Step(wanted)) => {
                look(state, thread, wanted.as_ref())?;
                match eval(state) {
                    Err(Stop::Fault) => Err(()),
                    // A value that was only read needs no step to be computed.
                    Ok(Ok(value)) if leaf => {
                        state.threads[thread].computed = Some(value);
                        Ok(var.is_none())
                    }
                    _ => Ok(false),
                }
            }
            Ok(value) => {
                let value = value?;
                state.threads[thread].computed = Some(value);
                match var {
                    Some(var) if leaf => {
                        state.vars[var] = value;
                        Ok(true)
                    }
                    var => Ok(var.is_none()),
                }
            }
        }
    }

    /// Whether someone waits for ever, not only for a thread that has stopped.
    fn deadlocked(&self, state: &State) -> bool {
        let all = 0..state.threads.len();
        let mut gone: BTreeSet<usize> = all.clone().filter(|t| state.threads[*t].stopped).collect();
        loop {
            let waits = |t: &usize| !gone.contains(t) && !self.done(state, *t);
            let Some(next) = all.clone().filter(waits).find(|t| self.waits_for(state, *t, &gone)) else {
                return { all }.any(|t| waits(&t));
            };
            gone.insert(next);
        }
    }

    fn waits_for(&self, state: &State, thread: usize, gone: &BTreeSet<usize>) -> bool {
        let Some(Stmt::Do(deed)) = self.now(state, thread) else { return false };
        let held = |owner: Option<usize>| owner.is_some_and(|t| gone.contains(&t));
        let sign = |words: &[&str]| gone.iter().any(|t| self.still_does(state, *t, words));
        match *deed {
            "lock m" => held(state.owner),
            "lock r" => held(state.reentrant.0),
            "wait c m" if state.sleepers.contains(&thread) => sign(&["notify c", "notify_all c"]),
            "wait c m" => held(state.owner),
            "read_lock l" => held(state.writer),
            "write_lock l" => held(state.writer) || state.readers.iter().any(|t| gone.contains(t)),
            "acquire s" => sign(&["release s"]),
            "await e" => sign(&["set e"]),
            "await d" => sign(&["signal d"]),
            _ => sign(&["await b"]),
        }
    }

    /// Whether one of these may still come in a thread; the second half of a meeting is no sign.
    fn still_does(&self, state: &State, thread: usize, words: &[&str]) -> bool {
        fn within(block: &[Stmt], words: &[&str]) -> bool {
            block.iter().any(|stmt| match stmt {
                Stmt::Do(deed) => words.contains(deed),
                Stmt::If(_, yes, no) => within(yes, words) || within(no, words),
                Stmt::While(_, body) => within(body, words),
                _ => false,
            })
        }
        let own = &state.threads[thread];
        (0..own.path.len()).any(|depth| {
            let innermost = depth + 1 == own.path.len();
            let block = self.block(thread, &own.path[..depth]);
            let at = own.path[depth].0;
            let again = innermost || matches!(block[at], Stmt::While(..));
            within(&block[(at + usize::from(!again || innermost && own.half == 1)).min(block.len())..], words)
        })
    }

    /// Runs every schedule; `None` if there are too many states.
    pub fn truth(&self) -> Option<Truth> {
        let count = self.threads.len();
        let path = vec![(0, 0)];
        let thread = Thread { path, ..Thread::default() };
        let threads = vec![thread; count];
        let mut first = State { threads, permits: 1, to_come: 1, ..State::default() };
        if self.always.as_ref().is_some_and(|rule| !holds(rule, &first.vars)) {
            first.problems |= INVARIANT;
        }
        let mut truth = Truth { ends: BTreeSet::new(), problems: 0, schedules: Some(0) };
        // Depth first: the number of ways on from each state; `None` while it is on the way.
        let mut known: BTreeMap<State, Option<u128>> = BTreeMap::from([(first.clone(), None)]);
        let mut stack = vec![(first, 0, 0_u128)];
        while let Some((state, tried, ways)) = stack.last_mut() {
            if *tried == 0 && !(0..count).any(|t| self.ready(state, t)) {
                let done = (0..count).all(|t| self.done(state, t));
                let dead = if self.deadlocked(state) { DEADLOCK } else { 0 };
                let end = self.finally.as_ref().is_some_and(|rule| done && !holds(rule, &state.vars));
                let problems = state.problems | dead | if end { FINALLY } else { 0 };
                truth.problems |= problems;
                truth.ends.insert((problems, state.vars.to_vec()));
                *ways = 1;
                *tried = count;
            }
            truth.problems |= state.problems;
            if *tried == count {
                let ways = *ways;
                let Some((state, ..)) = stack.pop() else { break };
                known.insert(state, Some(ways));
                match stack.last_mut() {
                    Some(parent) => parent.2 += ways,
                    None => truth.schedules = truth.schedules.map(|_| ways),
                }
                continue;
            }
            let thread = *tried;
            *tried += 1;
            if !self.ready(state, thread) {
                continue;
            }
            let mut next = state.clone();
            self.step(&mut next, thread);
            match known.get(&next) {
                Some(Some(more)) => *ways += more,
                Some(None) => truth.schedules = None,
                None if known.len() >= MOST_STATES => return None,
                None => {
                    known.insert(next.clone(), None);
                    stack.push((next, 0, 0));
                }
            }
        }
        Some(truth)
    }
}

fn stop(state: &mut State, thread: usize, problem: u8) {
    state.threads[thread].stopped = true;
    state.threads[thread].read.clear();
    state.problems |= problem;
}

fn holds(rule: &Expr, vars: &[i32]) -> bool {
    fn value(e: &Expr, vars: &[i32]) -> Lazy {
        match e {
            Expr::Var(i) => Ok(vars[*i]),
            Expr::Not(a) => value(a, vars).map(|v| i32::from(v == 0)),
            Expr::Op("and", a, b) => Ok(i32::from(value(a, vars)? != 0 && value(b, vars)? != 0)),
            Expr::Op("or", a, b) => Ok(i32::from(value(a, vars)? != 0 || value(b, vars)? != 0)),
            Expr::Op(op, a, b) => apply(op, value(a, vars)?, value(b, vars)?),
            Expr::Int(n) => Ok(*n),
            _ => Err(()),
        }
    }
    value(rule, vars).is_ok_and(|v| v != 0)
}

/// Reads a variable, does an atomic operation, or only looks.
fn look(state: &mut State, thread: usize, leaf: Option<&Expr>) -> Result<(), ()> {
    let seen = match leaf {
        Some(Expr::Var(i)) => state.vars[*i],
        Some(Expr::FetchAdd(i, n)) => {
            let old = state.vars[*i];
            state.vars[*i] = old.checked_add(*n).ok_or(())?;
            old
        }
        Some(Expr::Cas(i, old, new)) => {
            let fits = state.vars[*i] == *old;
            state.vars[*i] = if fits { *new } else { state.vars[*i] };
            i32::from(fits)
        }
        Some(Expr::TryLock) => {
            let free = state.owner.is_none();
            state.owner = state.owner.or(Some(thread));
            i32::from(free)
        }
        Some(Expr::TryAcquire) => {
            let got = i32::from(state.permits > 0);
            state.permits -= got;
            got
        }
        _ => 0,
    };
    state.threads[thread].read.push(seen);
    Ok(())
}

/// What a statement about an object does; whether it is over, or a fault.
fn deed_of(state: &mut State, thread: usize, deed: &str) -> Result<bool, ()> {
    let half = state.threads[thread].half;
    let first_half = |state: &mut State| state.threads[thread].half = 1;
    let need = |fine: bool| if fine { Ok(()) } else { Err(()) };
    match deed {
        "lock m" => state.owner = Some(thread),
        "unlock m" => {
            need(state.owner == Some(thread))?;
            state.owner = None;
        }
        "lock r" => state.reentrant = (Some(thread), state.reentrant.1 + 1),
        "unlock r" => {
            need(state.reentrant.0 == Some(thread))?;
            state.reentrant.1 -= 1;
            if state.reentrant.1 == 0 {
                state.reentrant.0 = None;
            }
        }
        "acquire s" => state.permits -= 1,
        "release s" => state.permits += 1,
        "set e" => state.set = true,
        "reset e" => state.set = false,
        "signal d" => {
            need(state.to_come > 0)?;
            state.to_come -= 1;
        }
        "notify c" if !state.sleepers.is_empty() => _ = state.sleepers.remove(0),
        "notify c" => {}
        "notify_all c" => state.sleepers.clear(),
        "wait c m" if half == 0 => {
            need(state.owner == Some(thread))?;
            state.owner = None;
            state.sleepers.push(thread);
            first_half(state);
            return Ok(false);
        }
        "wait c m" => state.owner = Some(thread),
        "await b" if half == 0 => {
            state.arrived.insert(thread);
            if state.arrived.len() >= 2 {
                state.arrived.clear();
            }
            first_half(state);
            return Ok(false);
        }
        "read_lock l" => need(state.readers.insert(thread))?,
        "read_unlock l" => need(state.readers.remove(&thread))?,
        "write_lock l" => state.writer = Some(thread),
        "write_unlock l" => {
            need(state.writer == Some(thread))?;
            state.writer = None;
        }
        _ => {}
    }
    Ok(true)
}
