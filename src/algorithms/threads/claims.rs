//! What a program claims, and what it does: whoever mends a program must change neither.

use std::collections::BTreeMap;

use super::ast::{Atomic, Expr, Source, Stmt, StmtKind};
use super::machine::Machine;
use super::part::{After, Op};
use crate::algorithms::explore::System;

/// Most steps of a thread before the next one has its turn.
const TURN: usize = 500;
/// Most turns of a run.
const TURNS: usize = 64;

/// Whether all claims of a program (`always`, `finally`, `assert`, `critical`, `live`) are still in its changed text, each
/// as it was and in the same thread. More may have come in.
///
/// ```
/// use scalelab::algorithms::threads::{claims_kept, parse};
/// let program = parse("shared x\nthread A, B { x += 1 }\nfinally x == 2")?;
/// let mended = parse("shared x\nthread A, B { fetch_add(x, 1) }\nfinally x==2")?;
/// let cheat = parse("shared x\nthread A, B { x += 1 }\nfinally x >= 0")?;
/// assert!(claims_kept(&program, &mended) && !claims_kept(&program, &cheat));
/// # Ok::<(), scalelab::algorithms::threads::ProgramError>(())
/// ```
pub fn claims_kept(program: &Source, changed: &Source) -> bool {
    let now = claims(changed);
    claims(program).iter().all(|(claim, times)| now.get(claim).is_some_and(|n| n >= times))
}

/// Whether the threads of a changed program, run one after the other, still do what they did: after each thread that
/// ends, the variables hold what they held, and as many claims have been passed. Tried from the first thread to the
/// last and from the last to the first; one of the two must fit, since a change may put the threads in order.
///
/// It finds additions that became assignments; it is no proof that two programs are the same.
///
/// ```
/// use scalelab::algorithms::threads::{Grain, Machine, Program, work_kept};
/// let machine = |line: &str| {
///     let text = format!("shared x\nthread A, B {{ {line} }}\nfinally x == 2");
///     Program::read(&text, Grain::Parts).map(Machine::new)
/// };
/// assert!(work_kept(&machine("x += 1")?, &machine("fetch_add(x, 1)")?));
/// assert!(!work_kept(&machine("x += 1")?, &machine("x = 2")?));
/// # Ok::<(), scalelab::algorithms::threads::ProgramError>(())
/// ```
pub fn work_kept(program: &Machine, changed: &Machine) -> bool {
    [false, true].into_iter().any(|backwards| {
        let (was, is) = (Trace::of(program, program, backwards), Trace::of(changed, program, backwards));
        is.ends.starts_with(&was.ends) && is.passed >= was.passed
    })
}

/// Each claim with how often it stands there.
fn claims(source: &Source) -> BTreeMap<String, usize> {
    let mut found: Vec<String> = Vec::new();
    found.extend(source.always.iter().map(|c| format!("always {}", words(&c.expr))));
    found.extend(source.finally.iter().map(|c| format!("finally {}", words(&c.expr))));
    found.extend(source.live.then(|| "live".to_owned()));
    for thread in &source.threads {
        let mut inside = Vec::new();
        collect(&thread.body, &mut inside);
        found.extend(inside.iter().map(|claim| format!("{}: {claim}", thread.name.text)));
    }
    let mut counted = BTreeMap::new();
    for claim in found {
        *counted.entry(claim).or_insert(0) += 1;
    }
    counted
}

/// The claims among statements. Blocks nest no deeper than the parser allows.
fn collect(body: &[Stmt], into: &mut Vec<String>) {
    for statement in body {
        match &statement.kind {
            StmtKind::Assert(expr) => into.push(format!("assert {}", words(expr))),
            StmtKind::Critical(name, inner) => {
                into.push(format!("critical {}", name.as_ref().map_or("", |n| n.text.as_str())));
                collect(inner, into);
            }
            StmtKind::If(_, yes, no) => {
                collect(yes, into);
                collect(no, into);
            }
            StmtKind::While(_, inner) | StmtKind::Repeat(_, inner) | StmtKind::With(_, inner) => collect(inner, into),
            _ => {}
        }
    }
}

/// An expression as text, always in the same way.
fn words(expr: &Expr) -> String {
    match expr {
        Expr::Int(n) => n.to_string(),
        Expr::Name(name) => name.text.clone(),
        Expr::Me => "me".to_owned(),
        Expr::Not(inner) => format!("not ({})", words(inner)),
        Expr::Neg(inner) => format!("-({})", words(inner)),
        Expr::Binary(op, left, right) => format!("({} {} {})", words(left), op.sign(), words(right)),
        Expr::Atomic(atomic, name, arguments) => {
            let called = Atomic::ALL.iter().find(|(_, a, _)| a == atomic).map_or("", |(word, ..)| *word);
            let arguments: Vec<String> = arguments.iter().map(words).collect();
            format!("{called}({}; {})", name.text, arguments.join(", "))
        }
    }
}

/// A run in which one thread after the other has its turn.
struct Trace {
    /// Threads in the order in which they ended, with the variables then.
    ends: Vec<(String, BTreeMap<String, i32>)>,
    /// Assertions and critical sections that were passed.
    passed: usize,
}

impl Trace {
    /// Runs a machine; of its variables only those of `original` are kept.
    fn of(machine: &Machine, original: &Machine, backwards: bool) -> Self {
        let program = machine.program();
        let wanted = |name: &str| original.program().variables.iter().any(|v| v.name == name);
        let mut trace = Self { ends: Vec::new(), passed: 0 };
        let mut order: Vec<usize> = (0..program.threads.len()).collect();
        if backwards {
            order.reverse();
        }
        let mut state = machine.initial();
        for turn in 0..TURNS {
            let Some(thread) = order.get(turn % order.len().max(1)).copied() else { break };
            if machine.over(&state, thread) {
                continue;
            }
            trace.turn(machine, &mut state, thread);
            if machine.done(&state, thread) {
                let variables = program.variables.iter().zip(machine.variables(&state));
                let kept = variables.filter(|(v, _)| wanted(&v.name)).map(|(v, n)| (v.name.clone(), *n));
                trace.ends.push((program.threads[thread].name.clone(), kept.collect()));
            }
        }
        trace
    }

    fn turn(&mut self, machine: &Machine, state: &mut [i32], thread: usize) {
        for _ in 0..TURN {
            if !machine.ready(state, thread) {
                return;
            }
            let claims = machine
                .next_part(state, thread)
                .is_some_and(|part| matches!(part.op, Op::Enter(_)) || matches!(part.after, After::Check(..)));
            machine.step(state, thread);
            self.passed += usize::from(claims && machine.fault(state, thread).is_none());
        }
    }
}
