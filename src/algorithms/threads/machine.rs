//! The machine: a program as a system of threads that take atomic steps.

use super::ast::Kind;
use super::part::{After, Code, Fault, Op, Part};
use super::program::{Grain, Program};
use crate::algorithms::explore::{Access, System};

/// A thread's assertion failed.
pub const ASSERTION: u32 = 1;
/// A thread did what must not be done: see [`Fault`].
pub const FAULT: u32 = 1 << 1;
/// Two threads were in the same critical section.
pub const OVERLAP: u32 = 1 << 2;
/// An `always` was false.
pub const INVARIANT: u32 = 1 << 3;
/// No thread can proceed, and some thread waits for ever, not only for one that has stopped at a fault.
pub const DEADLOCK: u32 = 1 << 4;
/// All are done and a `finally` is false.
pub const FINALLY: u32 = 1 << 5;
/// A write threw away what another thread had written since the value was read.
pub const LOST_UPDATE: u32 = 1 << 6;
/// The problems that break a program. A lost update breaks it only by what follows from it.
pub const BAD: u32 = ASSERTION | FAULT | OVERLAP | INVARIANT | DEADLOCK | FINALLY;

/// Local parts that a thread may take in one go before it counts as endless.
const MOST_LOCAL: usize = 10_000;

/// A program that runs: [`System`] over rows of words.
///
/// A state holds, one after the other: each thread's place; each thread's [`Fault`] or 0; the problems so far;
/// which threads hold an outdated read (bits); the variable that each thread is updating, plus one; the shared
/// variables; the words of locks and so on; each thread's registers. A thread that fails an assertion stops there
/// and keeps its locks; the others go on, so that every schedule has all its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    program: Program,
    variables: usize,
    objects: usize,
    registers: usize,
    /// Registers a thread.
    each: usize,
    width: usize,
}

impl Machine {
    /// A machine for a program.
    #[must_use]
    pub fn new(program: Program) -> Self {
        let threads = program.threads.len();
        let variables = 3 * threads + 2;
        let objects = variables + program.variables.len();
        let words: usize = program.objects.iter().map(|o| super::names::Object::words(o.kind)).sum();
        let registers = objects + words;
        let each = program.threads.iter().map(|t| t.registers).max().unwrap_or(0);
        Self { variables, objects, registers, each, width: registers + each * threads, program }
    }

    /// What it runs.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The number of a thread's next part; the number of its parts when it is done.
    pub fn place(&self, state: &[i32], thread: usize) -> usize {
        state[thread] as usize
    }

    /// A thread's next part, unless it is done or has failed.
    pub fn next_part(&self, state: &[i32], thread: usize) -> Option<&Part> {
        if self.fault(state, thread).is_some() {
            return None;
        }
        self.program.threads.get(thread)?.parts.get(state[thread] as usize)
    }

    /// Why a thread has stopped for good.
    pub fn fault(&self, state: &[i32], thread: usize) -> Option<Fault> {
        Fault::of(state[self.program.threads.len() + thread])
    }

    /// Whether a thread is past its last part.
    pub fn done(&self, state: &[i32], thread: usize) -> bool {
        state[thread] as usize >= self.program.threads[thread].parts.len()
    }

    /// The shared variables.
    pub fn variables<'s>(&self, state: &'s [i32]) -> &'s [i32] {
        &state[self.variables..self.objects]
    }

    /// All that threads share: variables and the words of locks and so on.
    pub fn shared<'s>(&self, state: &'s [i32]) -> &'s [i32] {
        &state[self.variables..self.registers]
    }

    /// A thread's registers: its locals first.
    pub fn registers<'s>(&self, state: &'s [i32], thread: usize) -> &'s [i32] {
        let first = self.registers + thread * self.each;
        &state[first..first + self.each]
    }

    /// The words of an object.
    pub fn object<'s>(&self, state: &'s [i32], object: usize) -> &'s [i32] {
        let Some(found) = self.program.objects.get(object) else { return &[] };
        let first = self.objects + found.word;
        &state[first..first + super::names::Object::words(found.kind)]
    }

    /// Problems that have happened so far.
    pub fn problems_so_far(&self, state: &[i32]) -> u32 {
        state[2 * self.program.threads.len()] as u32
    }

    /// Whether a thread holds a value that was read before another thread wrote.
    pub fn is_outdated(&self, state: &[i32], thread: usize) -> bool {
        state[2 * self.program.threads.len() + 1] >> thread & 1 == 1
    }

    pub(super) fn word(&self, object: usize) -> usize {
        self.objects + self.program.objects[object].word
    }

    /// The word that holds who waits on a condition or in a monitor.
    fn queue(&self, object: usize) -> usize {
        self.word(object) + if self.program.objects[object].kind == Some(Kind::Monitor) { 2 } else { 0 }
    }

    /// The threads that wait on a condition or in a monitor, the longest-waiting first.
    pub fn waiting(&self, state: &[i32], object: usize) -> Vec<usize> {
        let queue = state[self.queue(object)] as u32;
        (0..8).map(|i| queue >> (4 * i) & 15).take_while(|t| *t > 0).map(|t| t as usize - 1).collect()
    }

    /// Whether a thread's next part can be taken now.
    pub fn ready(&self, state: &[i32], thread: usize) -> bool {
        let Some(part) = self.next_part(state, thread) else { return false };
        let me = thread as i32 + 1;
        match &part.op {
            Op::Lock(o) => {
                let owner = state[self.word(*o)];
                owner == 0 || owner == me && self.reentrant(*o)
            }
            Op::ReadLock(o) => state[self.word(*o)] == 0,
            Op::WriteLock(o) => state[self.word(*o)] == 0 && state[self.word(*o) + 1] == 0,
            Op::Acquire(o) => state[self.word(*o)] > 0,
            Op::Reacquire(queue, mutex, _) => {
                state[self.word(*mutex)] == 0 && !self.waiting(state, *queue).contains(&thread)
            }
            Op::Pass(o) => state[self.word(*o)] >> thread & 1 == 0,
            Op::AwaitZero(o) => state[self.word(*o)] == 0,
            Op::AwaitSet(o) => state[self.word(*o)] == 1,
            _ => true,
        }
    }

    fn reentrant(&self, object: usize) -> bool {
        matches!(self.program.objects[object].kind, Some(Kind::Mutex { reentrant: true } | Kind::Monitor))
    }

    /// Takes one part of a thread.
    fn take(&self, state: &mut [i32], thread: usize, part: &Part) {
        let first = self.registers + thread * self.each;
        if let Err(fault) = self.act(state, thread, part, first) {
            self.fail(state, thread, fault);
            return;
        }
        let registers = &state[first..first + self.each];
        let next = match &part.after {
            After::Go(to) => Ok(*to),
            After::Branch(code, yes, no) => code.value(registers).map(|v| if v == 0 { *no } else { *yes }),
            After::Check(code, to) => match code.value(registers) {
                Ok(0) => Err(Fault::Assertion),
                Ok(_) => Ok(*to),
                Err(fault) => Err(fault),
            },
        };
        state[first + part.clear.0..first + part.clear.1].fill(0);
        match next {
            Ok(next) => state[thread] = next as i32,
            Err(fault) => self.fail(state, thread, fault),
        }
    }

    fn fail(&self, state: &mut [i32], thread: usize, fault: Fault) {
        let threads = self.program.threads.len();
        state[threads + thread] = fault.number();
        state[2 * threads] |= if fault == Fault::Assertion { ASSERTION } else { FAULT } as i32;
    }

    fn act(&self, state: &mut [i32], thread: usize, part: &Part, first: usize) -> Result<(), Fault> {
        let value = |state: &[i32], code: &Code| code.value(&state[first..first + self.each]);
        let threads = self.program.threads.len();
        match &part.op {
            Op::Nop => {}
            Op::Read(variable, register) => {
                state[first + register] = state[self.variables + variable];
                if part.begins_update && state[2 * threads + 2 + thread] != *variable as i32 + 1 {
                    state[2 * threads + 2 + thread] = *variable as i32 + 1;
                    state[2 * threads + 1] &= !(1 << thread);
                }
            }
            Op::Write(variable, code) => {
                let new = value(state, code)?;
                if part.ends_update {
                    if state[2 * threads + 1] >> thread & 1 == 1 {
                        state[2 * threads] |= LOST_UPDATE as i32;
                    }
                    state[2 * threads + 1] &= !(1 << thread);
                    state[2 * threads + 2 + thread] = 0;
                }
                self.write(state, thread, *variable, new);
            }
            Op::Compute(register, code) => state[first + register] = value(state, code)?,
            Op::Cas(variable, old, new, register) => {
                let (old, new) = (value(state, old)?, value(state, new)?);
                let fits = state[self.variables + variable] == old;
                if fits {
                    self.write(state, thread, *variable, new);
                }
                state[first + register] = i32::from(fits);
            }
            Op::FetchAdd(variable, add, register) => {
                let old = state[self.variables + variable];
                let new = old.checked_add(value(state, add)?).ok_or(Fault::Overflow)?;
                self.write(state, thread, *variable, new);
                state[first + register] = old;
            }
            op => self.synchronize(state, thread, op, first)?,
        }
        Ok(())
    }

    /// Writes a variable; reads of it that others have not finished with are outdated now.
    fn write(&self, state: &mut [i32], thread: usize, variable: usize, new: i32) {
        let threads = self.program.threads.len();
        state[self.variables + variable] = new;
        for other in (0..threads).filter(|other| *other != thread) {
            if state[2 * threads + 2 + other] == variable as i32 + 1 {
                state[2 * threads + 1] |= 1 << other;
            }
        }
        self.judge(state, Some(variable));
    }

    /// Checks the invariants that a variable is in, or all.
    fn judge(&self, state: &mut [i32], variable: Option<usize>) {
        for rule in &self.program.always {
            if variable.is_none_or(|v| rule.variables.contains(&v)) && !rule.holds(self.variables(state)) {
                state[2 * self.program.threads.len()] |= INVARIANT as i32;
            }
        }
    }

    fn synchronize(&self, state: &mut [i32], thread: usize, op: &Op, first: usize) -> Result<(), Fault> {
        let (me, bit) = (thread as i32 + 1, 1 << thread);
        let at = |object: &usize| self.word(*object);
        match op {
            Op::Lock(o) => (state[at(o)], state[at(o) + 1]) = (me, state[at(o) + 1] + 1),
            Op::TryLock(o, register) => {
                let owner = state[at(o)];
                let free = owner == 0 || owner == me && self.reentrant(*o);
                if free {
                    (state[at(o)], state[at(o) + 1]) = (me, state[at(o) + 1] + 1);
                }
                state[first + register] = i32::from(free);
            }
            Op::Unlock(o) if state[at(o)] != me => return Err(Fault::NotOwner),
            Op::Unlock(o) => {
                state[at(o) + 1] -= 1;
                if state[at(o) + 1] == 0 {
                    state[at(o)] = 0;
                }
            }
            Op::ReadLock(o) if state[at(o) + 1] & bit != 0 => return Err(Fault::ReadTwice),
            Op::ReadLock(o) => state[at(o) + 1] |= bit,
            Op::ReadUnlock(o) if state[at(o) + 1] & bit == 0 => return Err(Fault::NotOwner),
            Op::ReadUnlock(o) => state[at(o) + 1] &= !bit,
            Op::WriteLock(o) => state[at(o)] = me,
            Op::WriteUnlock(o) if state[at(o)] != me => return Err(Fault::NotOwner),
            Op::WriteUnlock(o) => state[at(o)] = 0,
            Op::Acquire(o) => state[at(o)] -= 1,
            Op::TryAcquire(o, register) => {
                state[first + register] = i32::from(state[at(o)] > 0);
                state[at(o)] -= state[first + register];
            }
            Op::Release(o, amount) => state[at(o)] = state[at(o)].checked_add(*amount).ok_or(Fault::Overflow)?,
            Op::WaitOn(_, mutex, _) if state[at(mutex)] != me => return Err(Fault::NotHeld),
            Op::WaitOn(queue, mutex, depth) => {
                state[first + depth] = state[at(mutex) + 1];
                (state[at(mutex)], state[at(mutex) + 1]) = (0, 0);
                let place = self.waiting(state, *queue).len();
                let word = self.queue(*queue);
                state[word] = (state[word] as u32 | (me as u32) << (4 * place)) as i32;
            }
            Op::Reacquire(_, mutex, depth) => {
                (state[at(mutex)], state[at(mutex) + 1]) = (me, state[first + depth]);
            }
            Op::Notify(o, all) => {
                if self.program.objects[*o].kind == Some(Kind::Monitor) && state[at(o)] != me {
                    return Err(Fault::NotHeld);
                }
                let word = self.queue(*o);
                state[word] = if *all { 0 } else { (state[word] as u32 >> 4) as i32 };
            }
            Op::Arrive(o) => {
                state[at(o)] |= bit;
                let Some(Kind::Barrier(size)) = self.program.objects[*o].kind else { return Ok(()) };
                if state[at(o)].count_ones() as i32 >= size {
                    state[at(o)] = 0;
                }
            }
            Op::Signal(o, amount) if state[at(o)] < *amount => return Err(Fault::BelowZero),
            Op::Signal(o, amount) => state[at(o)] -= amount,
            Op::SetEvent(o, set) => state[at(o)] = i32::from(*set),
            Op::Enter(o) => {
                if state[at(o)] != 0 {
                    state[2 * self.program.threads.len()] |= OVERLAP as i32;
                }
                state[at(o)] |= bit;
            }
            Op::Leave(o) => state[at(o)] &= !bit,
            _ => {}
        }
        Ok(())
    }

    /// Goes on while only this thread can notice: a coarse grain takes such parts together with the one before.
    fn go_on(&self, state: &mut [i32], thread: usize) {
        for _ in 0..MOST_LOCAL {
            match self.next_part(state, thread) {
                Some(part) if part.is_local() => self.take(state, thread, part),
                _ => return,
            }
        }
        self.fail(state, thread, Fault::Endless);
    }
}

impl System for Machine {
    fn width(&self) -> usize {
        self.width
    }

    fn threads(&self) -> usize {
        self.program.threads.len()
    }

    fn initial(&self) -> Vec<i32> {
        let mut state = vec![0; self.width];
        for (word, variable) in state[self.variables..].iter_mut().zip(&self.program.variables) {
            *word = variable.first;
        }
        for object in &self.program.objects {
            state[self.objects + object.word] = match object.kind {
                Some(Kind::Semaphore(n) | Kind::Countdown(n)) => n,
                Some(Kind::Event(set)) => i32::from(set),
                _ => 0,
            };
        }
        self.judge(&mut state, None);
        if self.program.grain == Grain::Shared {
            (0..self.threads()).for_each(|thread| self.go_on(&mut state, thread));
        }
        state
    }

    fn enabled(&self, state: &[i32]) -> u32 {
        (0..self.threads()).filter(|t| self.ready(state, *t)).fold(0, |mask, t| mask | 1 << t)
    }

    fn step(&self, state: &mut [i32], thread: usize) {
        if let Some(part) = self.next_part(state, thread) {
            self.take(state, thread, part);
        }
        if self.program.grain == Grain::Shared {
            self.go_on(state, thread);
        }
    }

    fn problems(&self, state: &[i32], stuck: bool) -> u32 {
        let so_far = self.problems_so_far(state);
        if !stuck {
            return so_far;
        }
        let done = (0..self.threads()).all(|t| self.done(state, t));
        let deadlock = if self.deadlocked(state) { DEADLOCK } else { 0 };
        let broken = |rule: &super::program::Rule| !rule.holds(self.variables(state));
        let end = if done && self.program.finally.iter().any(broken) { FINALLY } else { 0 };
        so_far | deadlock | end
    }

    fn bad(&self) -> u32 {
        BAD
    }

    fn outcome(&self, state: &[i32]) -> Vec<i32> {
        self.variables(state).to_vec()
    }

    fn next_access(&self, state: &[i32], thread: usize) -> Access {
        self.next_part(state, thread).map_or_else(Access::default, |part| part.access)
    }

    fn future_access(&self, state: &[i32], thread: usize) -> Access {
        let future = self.program.threads.get(thread).and_then(|t| t.future.get(state[thread] as usize));
        match self.fault(state, thread) {
            None => future.copied().unwrap_or_default(),
            Some(_) => Access::default(),
        }
    }

    fn over(&self, state: &[i32], thread: usize) -> bool {
        self.done(state, thread) || self.fault(state, thread).is_some()
    }

    fn may_loop(&self) -> bool {
        self.program.has_loops()
    }
}
