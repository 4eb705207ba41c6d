//! Parts in a row, with jumps to labels until all places are known.

use super::part::{After, Code, Op, Part};
use crate::algorithms::explore::Access;

/// A place that is not known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label(usize);

/// Where a raw part leads.
#[derive(Clone, Debug)]
enum Next {
    On,
    /// No part of its own: whoever comes here goes there.
    Jump(Label),
    Branch(Code, Label, Label),
    Check(Code),
}

#[derive(Clone, Debug)]
struct Raw {
    part: Part,
    next: Next,
}

/// Collects parts.
#[derive(Debug, Default)]
pub(super) struct Emitter {
    raw: Vec<Raw>,
    /// Place of each label.
    labels: Vec<usize>,
    line: u32,
}

impl Emitter {
    /// The line of what comes next.
    pub fn line(&mut self, line: u32) {
        self.line = line;
    }

    pub fn len(&self) -> usize {
        self.raw.len()
    }

    pub fn emit(&mut self, op: Op, label: impl Into<String>) {
        let part = Part {
            line: self.line,
            label: label.into(),
            op,
            after: After::Go(0),
            clear: (0, 0),
            begins_update: false,
            ends_update: false,
            access: Access::default(),
        };
        self.raw.push(Raw { part, next: Next::On });
    }

    pub fn label(&mut self) -> Label {
        self.labels.push(usize::MAX);
        Label(self.labels.len() - 1)
    }

    /// The label is here.
    pub fn place(&mut self, label: Label) {
        let here = self.raw.len();
        if let Some(place) = self.labels.get_mut(label.0) {
            *place = here;
        }
    }

    pub fn jump(&mut self, label: Label) {
        self.emit(Op::Nop, "");
        if let Some(last) = self.raw.last_mut() {
            last.next = Next::Jump(label);
        }
    }

    /// Whether somebody jumps to what comes next, past the last part.
    pub fn joined(&self) -> bool {
        self.labels.contains(&self.raw.len())
    }

    /// The last part since `before` decides; a part of its own if there is none, or if it can be jumped over.
    fn decide(&mut self, before: usize, label: &str, next: Next) {
        if self.raw.len() == before || self.joined() {
            self.emit(Op::Nop, label);
        }
        if let Some(last) = self.raw.last_mut() {
            last.next = next;
        }
    }

    pub fn branch(&mut self, code: Code, before: usize, yes: Label, no: Label) {
        self.decide(before, "test", Next::Branch(code, yes, no));
    }

    pub fn check(&mut self, code: Code, before: usize) {
        self.decide(before, "assert", Next::Check(code));
    }

    /// After the last part, these registers are free.
    pub fn clear(&mut self, from: usize, to: usize) {
        if let Some(last) = self.raw.last_mut().filter(|_| to > from) {
            last.part.clear = (from, to);
        }
    }

    /// Lets the last part give its result to another register, if the code is only that result.
    pub fn retarget(&mut self, code: &Code, to: usize) -> bool {
        let Code::Reg(from) = code else { return false };
        if self.joined() {
            return false;
        }
        let register = match self.raw.last_mut().map(|r| &mut r.part.op) {
            Some(Op::Read(_, r) | Op::Cas(.., r) | Op::FetchAdd(.., r) | Op::TryLock(_, r) | Op::TryAcquire(_, r)) => r,
            _ => return false,
        };
        if register == from {
            *register = to;
        }
        *register == to
    }

    /// The first read of the variable since `before` begins an update of it; which one is first can depend on the way.
    pub fn begins_update(&mut self, before: usize, variable: usize) {
        let read = |raw: &&mut Raw| matches!(raw.part.op, Op::Read(v, _) if v == variable);
        self.raw.iter_mut().skip(before).filter(read).for_each(|raw| raw.part.begins_update = true);
    }

    pub fn ends_update(&mut self, ends: bool) {
        if let Some(last) = self.raw.last_mut() {
            last.part.ends_update = ends;
        }
    }

    /// The parts, with jumps followed and gone.
    pub fn finish(&self) -> Vec<Part> {
        let mut number = Vec::with_capacity(self.raw.len() + 1);
        let mut count = 0;
        for raw in &self.raw {
            number.push(count);
            count += usize::from(!matches!(raw.next, Next::Jump(_)));
        }
        number.push(count);
        let follow = |mut at: usize| {
            // A chain of jumps is no longer than the thread.
            for _ in 0..=self.raw.len() {
                match self.raw.get(at).map(|r| &r.next) {
                    Some(Next::Jump(label)) => at = self.place_of(*label),
                    _ => break,
                }
            }
            number[at.min(self.raw.len())]
        };
        let mut parts = Vec::with_capacity(count);
        for (at, raw) in self.raw.iter().enumerate() {
            let after = match &raw.next {
                Next::Jump(_) => continue,
                Next::On => After::Go(follow(at + 1)),
                Next::Branch(code, yes, no) => {
                    After::Branch(code.clone(), follow(self.place_of(*yes)), follow(self.place_of(*no)))
                }
                Next::Check(code) => After::Check(code.clone(), follow(at + 1)),
            };
            parts.push(Part { after, ..raw.part.clone() });
        }
        parts
    }

    fn place_of(&self, label: Label) -> usize {
        self.labels.get(label.0).copied().unwrap_or(usize::MAX).min(self.raw.len())
    }
}
