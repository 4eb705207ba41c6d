//! Schedules one by one.

use rand::{Rng, RngExt};

use super::model::Model;
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

/// Every way of a model to an end, depth first, without memory of states: for models whose states hardly ever come again.
/// A way that goes round in circles never ends.
///
/// Cost: amortised about one step a way of a bushy tree, at most its length; memory: one state and its actions a step.
///
/// ```
/// use scalelab::algorithms::explore::{Model, Ways};
/// /// Two that take so many steps each.
/// struct Walkers;
/// impl Model for Walkers {
///     type State = [u32; 2];
///     type Action = usize;
///     fn initial(&self) -> Vec<[u32; 2]> { vec![[3, 3]] }
///     fn actions(&self, left: &[u32; 2], actions: &mut Vec<usize>) { actions.extend((0..2).filter(|i| left[*i] > 0)); }
///     fn next(&self, left: &[u32; 2], walker: &usize) -> Option<[u32; 2]> {
///         let mut next = *left;
///         next[*walker] -= 1;
///         Some(next)
///     }
/// }
/// let (mut ways, mut count) = (Ways::new(&Walkers), 0);
/// while let Some((way, end)) = ways.advance() {
///     assert_eq!((way.len(), end), (6, &[0, 0]));
///     count += 1;
/// }
/// assert_eq!((count, ways.finished()), (20, true));
/// ```
#[derive(Debug)]
pub struct Ways<'a, M: Model> {
    model: &'a M,
    /// Initial states that are still to be tried, the next one last.
    starts: Vec<M::State>,
    stack: Vec<Frame<M>>,
    way: Vec<M::Action>,
}

/// A state along the way.
#[derive(Debug)]
struct Frame<M: Model> {
    state: M::State,
    /// Actions that are still to be tried, the next one last.
    todo: Vec<M::Action>,
    /// Whether it leads somewhere, or was told to be an end.
    done: bool,
}

impl<'a, M: Model> Ways<'a, M> {
    /// All ways from the initial states.
    pub fn new(model: &'a M) -> Self {
        let mut starts = model.initial();
        starts.reverse();
        Self { model, starts, stack: Vec::new(), way: Vec::new() }
    }

    /// Whether nothing is left to be tried.
    pub fn finished(&self) -> bool {
        self.starts.is_empty() && self.stack.iter().all(|frame| frame.todo.is_empty())
    }

    /// Goes on to the next one: its actions, and the state at its end, where nothing can happen any more.
    pub fn advance(&mut self) -> Option<(&[M::Action], &M::State)> {
        loop {
            let next = match self.stack.last_mut() {
                Some(frame) => match frame.todo.pop() {
                    Some(action) => {
                        let Some(next) = self.model.next(&frame.state, &action) else { continue };
                        frame.done = true;
                        self.way.push(action);
                        next
                    }
                    None if frame.done => {
                        self.stack.pop();
                        self.way.pop();
                        continue;
                    }
                    None => {
                        frame.done = true;
                        break;
                    }
                },
                None => self.starts.pop()?,
            };
            let mut todo = Vec::new();
            self.model.actions(&next, &mut todo);
            todo.reverse();
            self.stack.push(Frame { state: next, todo, done: false });
        }
        self.stack.last().map(|frame| (&self.way[..], &frame.state))
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
