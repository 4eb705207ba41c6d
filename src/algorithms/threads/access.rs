//! What parts touch: variables, objects and rules, one bit each.

use super::part::{After, Op, Part};
use crate::algorithms::explore::Access;

/// What a part touches, given how many variables there are: objects come after them.
pub(super) fn of(op: &Op, variables: usize) -> Access {
    let read = |bit: usize| Access { reads: 1 << bit.min(63), writes: 0 };
    let write = |bit: usize| Access { reads: 0, writes: 1 << bit.min(63) };
    let object = |index: usize| write(variables + index);
    match op {
        Op::Read(variable, _) => read(*variable),
        Op::Write(variable, _) | Op::Cas(variable, ..) | Op::FetchAdd(variable, ..) => write(*variable),
        Op::WaitOn(queue, mutex, _) | Op::Reacquire(queue, mutex, _) => object(*queue).and(object(*mutex)),
        Op::AwaitZero(o) | Op::AwaitSet(o) => read(variables + o),
        other => other.object().map_or_else(Access::default, object),
    }
}

/// The variable that a part writes.
pub(super) fn written(op: &Op) -> Option<usize> {
    match op {
        Op::Write(variable, _) | Op::Cas(variable, ..) | Op::FetchAdd(variable, ..) => Some(*variable),
        _ => None,
    }
}

/// What may be touched from each part on, and nothing at the end.
pub(super) fn future(parts: &[Part]) -> Vec<Access> {
    from_each(parts, |part| part.access, Access::and)
}

/// The objects that may be given a sign from each part on: permits, wake-ups, arrivals.
pub(super) fn signs(parts: &[Part]) -> Vec<u64> {
    let sign = |part: &Part| match part.op {
        Op::Release(o, _) | Op::Notify(o, _) | Op::Arrive(o) | Op::Signal(o, _) | Op::SetEvent(o, true) => {
            1 << o.min(63)
        }
        _ => 0,
    };
    from_each(parts, sign, |a, b| a | b)
}

/// What all parts that may come from each part on do together, up to the fixed point; the default at the end.
fn from_each<T: Copy + Default + PartialEq>(
    parts: &[Part],
    of: impl Fn(&Part) -> T,
    and: impl Fn(T, T) -> T,
) -> Vec<T> {
    let mut all = vec![T::default(); parts.len() + 1];
    loop {
        let before = all.clone();
        for (at, part) in parts.iter().enumerate().rev() {
            let next = match part.after {
                After::Go(to) | After::Check(_, to) => all[to],
                After::Branch(_, yes, no) => and(all[yes], all[no]),
            };
            all[at] = and(of(part), next);
        }
        if all == before {
            return all;
        }
    }
}
