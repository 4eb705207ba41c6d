//! What a step does and why a thread cannot take one, for people.

use super::ast::Kind;
use super::machine::Machine;
use super::part::{Fault, Op, Part};
use crate::algorithms::explore::System;

/// What a step did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// The thread.
    pub thread: usize,
    /// Line of the statement.
    pub line: u32,
    /// What it did, with values: `read counter: 0`.
    pub text: String,
    /// The variable that it read, and the value.
    pub read: Option<(usize, i32)>,
    /// The variable that it wrote, and the value.
    pub wrote: Option<(usize, i32)>,
    /// The object that it touched.
    pub object: Option<usize>,
    /// Whether it threw away what another thread wrote.
    pub lost: bool,
    /// Problems that this step brought.
    pub problems: u32,
}

/// Why a thread cannot take a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What it waits for.
    pub object: usize,
    /// Who holds it; nobody when somebody must give a sign.
    pub holders: Vec<usize>,
    /// In words: `m is held by B`.
    pub why: String,
}

impl Machine {
    /// Takes a step and says what it did. Cost: that of the step, and a copy of the state.
    pub fn step_told(&self, state: &mut [i32], thread: usize) -> Option<Deed> {
        let before = state.to_vec();
        let part = self.next_part(&before, thread)?.clone();
        self.step(state, thread);
        Some(self.deed(&part, &before, state, thread))
    }

    fn deed(&self, part: &Part, before: &[i32], after: &[i32], thread: usize) -> Deed {
        let program = self.program();
        let name = |v: usize| program.variables[v].name.as_str();
        let stuck = |state: &[i32]| self.problems(state, self.enabled(state) == 0);
        let (mut read, mut wrote, mut object) = (None, None, None);
        let value = |state: &[i32], v: usize| self.variables(state)[v];
        let text = match &part.op {
            Op::Read(v, _) => {
                read = Some((*v, value(before, *v)));
                format!("reads {} = {}", name(*v), value(before, *v))
            }
            Op::Write(v, _) => {
                wrote = Some((*v, value(after, *v)));
                format!("writes {} = {}", name(*v), value(after, *v))
            }
            Op::FetchAdd(v, ..) => {
                (read, wrote) = (Some((*v, value(before, *v))), Some((*v, value(after, *v))));
                format!("adds to {} at once: {} → {}", name(*v), value(before, *v), value(after, *v))
            }
            Op::Cas(v, ..) => {
                read = Some((*v, value(before, *v)));
                let (old, new) = (value(before, *v), value(after, *v));
                if old == new {
                    format!("compares {} = {old}: no swap", name(*v))
                } else {
                    wrote = Some((*v, new));
                    format!("swaps {}: {old} → {new}", name(*v))
                }
            }
            Op::Compute(r, _) => match program.threads[thread].locals.get(*r) {
                Some(local) => format!("sets {local} = {}", self.registers(after, thread)[*r]),
                None => format!("computes {}", self.registers(after, thread)[*r]),
            },
            op => {
                object = op.object();
                part.label.clone()
            }
        };
        let lost = part.ends_update && self.is_outdated(before, thread);
        let problems = stuck(after) & !stuck(before);
        Deed { thread, line: part.line, text, read, wrote, object, lost, problems }
    }

    /// Why a thread cannot take its next step; `None` if it can, or has none.
    pub fn block(&self, state: &[i32], thread: usize) -> Option<Block> {
        if self.ready(state, thread) {
            return None;
        }
        let part = self.next_part(state, thread)?;
        let program = self.program();
        let names = |threads: &[usize]| {
            let names: Vec<&str> = threads.iter().map(|t| program.threads[*t].name.as_str()).collect();
            names.join(" and ")
        };
        let object = match &part.op {
            Op::Reacquire(queue, _, _) if self.waiting(state, *queue).contains(&thread) => *queue,
            Op::Reacquire(_, mutex, _) => *mutex,
            op => op.object()?,
        };
        let called = &program.objects[object].name;
        let words = self.object(state, object);
        let owner = words.first().copied().unwrap_or(0) - 1;
        let bits = |mask: i32| (0..program.threads.len()).filter(|t| mask >> t & 1 == 1).collect::<Vec<usize>>();
        let held = |holders: Vec<usize>, how: &str| {
            let own = holders == [thread];
            let by = if own { "itself".to_owned() } else { names(&holders) };
            Block { object, why: format!("{called} is {how} by {by}"), holders }
        };
        let nobody = |why: String| Block { object, holders: Vec::new(), why };
        Some(match (&part.op, program.objects[object].kind) {
            (Op::Reacquire(queue, ..), _) if *queue == object && self.waiting(state, object).contains(&thread) => {
                nobody(format!("nobody has woken it on {called}"))
            }
            (_, Some(Kind::Mutex { .. } | Kind::Monitor)) => held(vec![owner.max(0) as usize], "held"),
            (_, Some(Kind::RwLock)) if owner >= 0 => held(vec![owner as usize], "write-locked"),
            (_, Some(Kind::RwLock)) => held(bits(words.get(1).copied().unwrap_or(0)), "read-locked"),
            (_, Some(Kind::Semaphore(_))) => nobody(format!("{called} has no permit left")),
            (_, Some(Kind::Barrier(size))) => {
                let here = bits(words.first().copied().unwrap_or(0)).len();
                nobody(format!("{here} of {size} have come to {called}"))
            }
            (_, Some(Kind::Countdown(_))) => {
                nobody(format!("{called} is at {}, not 0", words.first().copied().unwrap_or(0)))
            }
            _ => nobody(format!("{called} is not set")),
        })
    }

    /// Why a thread has stopped for good, with the name of what it misused: `unlocked m without holding it`.
    pub fn fault_text(&self, state: &[i32], thread: usize) -> Option<String> {
        let fault = self.fault(state, thread)?;
        let part = self.program().threads.get(thread)?.parts.get(self.place(state, thread));
        let called = part.and_then(|p| p.op.object()).and_then(|o| self.program().objects.get(o));
        let Some(object) = called else { return Some(fault.text().to_owned()) };
        let name = &object.name;
        Some(match fault {
            Fault::NotOwner => format!("unlocked {name} without holding it"),
            Fault::NotHeld => format!("waits or pulses without holding {name}"),
            Fault::BelowZero => format!("signalled {name}, which is at zero"),
            Fault::ReadTwice => format!("locked {name} for reading twice"),
            other => other.text().to_owned(),
        })
    }

    /// An object's state in a few words: `held by A, twice`.
    pub fn object_text(&self, state: &[i32], object: usize) -> String {
        let program = self.program();
        let words = self.object(state, object);
        let word = |i: usize| words.get(i).copied().unwrap_or(0);
        let name = |t: usize| program.threads.get(t).map_or("", |t| t.name.as_str()).to_owned();
        let list = |mask: i32| {
            let names: Vec<String> = (0..program.threads.len()).filter(|t| mask >> t & 1 == 1).map(name).collect();
            names.join(" ")
        };
        match program.objects.get(object).and_then(|o| o.kind) {
            Some(Kind::Mutex { .. } | Kind::Monitor) => match (word(0), word(1)) {
                (0, _) => "free".to_owned(),
                (owner, 1) => format!("held by {}", name(owner as usize - 1)),
                (owner, depth) => format!("held by {} ×{depth}", name(owner as usize - 1)),
            },
            Some(Kind::RwLock) => match (word(0), word(1)) {
                (0, 0) => "free".to_owned(),
                (0, readers) => format!("read by {}", list(readers)),
                (writer, _) => format!("written by {}", name(writer as usize - 1)),
            },
            Some(Kind::Semaphore(_)) => format!("{} free", word(0)),
            Some(Kind::Countdown(_)) => format!("{} to come", word(0)),
            Some(Kind::Barrier(size)) => format!("{} of {size} here", word(0).count_ones()),
            Some(Kind::Event(_)) => if word(0) == 1 { "set" } else { "not set" }.to_owned(),
            Some(Kind::Condition) => match self.waiting(state, object).as_slice() {
                [] => "nobody waits".to_owned(),
                waiting => waiting.iter().map(|t| name(*t)).collect::<Vec<_>>().join(" "),
            },
            Some(Kind::Shared(_)) => String::new(),
            None if word(0) == 0 => "empty".to_owned(),
            None => list(word(0)),
        }
    }
}
