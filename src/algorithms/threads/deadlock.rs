//! Which threads wait for ever by themselves, and which only for one that has stopped at a fault.

use super::machine::Machine;
use super::part::Op;
use crate::algorithms::explore::{System, bits};

impl Machine {
    /// Whether some thread waits for ever in a state in which none can take a step. A thread that waits for what one
    /// that stopped at a fault still holds, or would have given it a sign for, is part of that fault: so is whoever
    /// waits for that thread.
    ///
    /// Cost: O(threads²).
    pub(super) fn deadlocked(&self, state: &[i32]) -> bool {
        let threads = 0..self.threads();
        let mask = |wanted: &dyn Fn(usize) -> bool| threads.clone().filter(|t| wanted(*t)).fold(0, |m, t| m | 1 << t);
        let waiting: u32 = mask(&|t| !self.over(state, t));
        let mut gone: u32 = mask(&|t| self.fault(state, t).is_some());
        if gone == 0 || waiting == 0 {
            return waiting != 0;
        }
        loop {
            let also = bits(waiting & !gone).filter(|t| self.waits_for_any(state, *t, gone));
            match also.fold(0, |mask, t| mask | 1 << t) {
                0 => return waiting & !gone != 0,
                also => gone |= also,
            }
        }
    }

    /// Whether one of these threads holds what a thread waits for, or could give it the sign.
    fn waits_for_any(&self, state: &[i32], thread: usize, others: u32) -> bool {
        let Some(part) = self.next_part(state, thread) else { return false };
        let word = |object: usize, i: usize| state[self.word(object) + i];
        let owner = |object: usize| u32::try_from(word(object, 0) - 1).map_or(0, |t| 1 << t);
        let sign = |object: usize| {
            let signs = |t: &usize| self.program().threads[*t].signs[self.place(state, *t)] >> object & 1 == 1;
            bits(others).filter(signs).fold(0, |mask, t| mask | 1_u32 << t)
        };
        let by = match part.op {
            Op::Lock(o) | Op::ReadLock(o) => owner(o),
            Op::WriteLock(o) => owner(o) | word(o, 1) as u32,
            Op::Reacquire(queue, ..) if self.waiting(state, queue).contains(&thread) => sign(queue),
            Op::Reacquire(_, mutex, _) => owner(mutex),
            Op::Acquire(o) | Op::Pass(o) | Op::AwaitZero(o) | Op::AwaitSet(o) => sign(o),
            _ => 0,
        };
        by & others != 0
    }
}
