//! Schedules one by one.

use rand::{Rng, RngExt};

use super::{System, bits};

/// Every schedule to an end, depth first, without memory of states: the plain way, and what the others are
/// checked against. A schedule that takes more than `most_steps` steps is cut there.
///
/// Cost: amortised about one step a schedule of a bushy tree, at most its length; memory: one state a step.
#[derive(Debug)]
pub struct Schedules<'a, S> {
    system: &'a S,
    most_steps: usize,
    /// States along the way, one after the other.
    states: Vec<i32>,
    /// Threads still to be tried at each.
    todo: Vec<u32>,
    way: Vec<usize>,
    started: bool,
}

impl<'a, S: System> Schedules<'a, S> {
    /// All schedules of a system.
    pub fn new(system: &'a S, most_steps: usize) -> Self {
        Self { system, most_steps, states: Vec::new(), todo: Vec::new(), way: Vec::new(), started: false }
    }

    /// Goes on to the next one: the threads in their order, and the state at the end.
    pub fn advance(&mut self) -> Option<(&[usize], &[i32])> {
        let width = self.system.width();
        if !self.started {
            self.started = true;
            self.states = self.system.initial();
            self.todo.push(self.system.enabled(&self.states));
            if self.todo[0] == 0 {
                return Some((&self.way, &self.states));
            }
        }
        loop {
            let depth = self.todo.len().checked_sub(1)?;
            let todo = self.todo[depth];
            if todo == 0 || depth >= self.most_steps {
                self.todo.pop();
                self.way.pop();
                self.states.truncate(depth * width);
                continue;
            }
            self.todo[depth] = todo & (todo - 1);
            let thread = todo.trailing_zeros() as usize;
            self.states.extend_from_within(depth * width..);
            self.system.step(&mut self.states[(depth + 1) * width..], thread);
            self.way.push(thread);
            let enabled = self.system.enabled(&self.states[(depth + 1) * width..]);
            self.todo.push(enabled);
            if enabled == 0 || depth + 1 >= self.most_steps {
                return Some((&self.way, &self.states[(depth + 1) * width..]));
            }
        }
    }
}

/// One schedule from a state on, each thread that can take a step as likely as the others; at most `most_steps` long.
pub fn random_schedule(system: &impl System, state: &[i32], rng: &mut impl Rng, most_steps: usize) -> Vec<usize> {
    let (mut state, mut way) = (state.to_vec(), Vec::new());
    while way.len() < most_steps {
        let enabled = system.enabled(&state);
        let Some(choice) = enabled.count_ones().checked_sub(1) else { break };
        let Some(thread) = bits(enabled).nth(rng.random_range(0..=choice as usize)) else { break };
        system.step(&mut state, thread);
        way.push(thread);
    }
    way
}
