//! How many schedules there are, and to what they lead.

use std::collections::BTreeMap;

use super::graph::Graph;
use super::walk::Components;
use super::ways::Count;

/// One way in which the program can end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What its end states have in common.
    pub key: Vec<i32>,
    /// Its problems, one bit each.
    pub problems: u32,
    /// The end state that is nearest to the start.
    pub nearest: usize,
    /// How many schedules lead to it.
    pub schedules: Count,
}

/// Schedules of a whole graph, counted.
#[derive(Clone, Debug)]
pub struct Counts {
    /// All schedules that come to an end; infinite if there is a loop on the way to an end.
    pub schedules: Count,
    /// Of those, how many end with a bad problem.
    pub bad: Count,
    /// Where they end, in the order in which the ends were found.
    pub outcomes: Vec<Outcome>,
    /// Whether some schedule need never end.
    pub endless: bool,
    /// For each state, schedules from there to an end, and those of them that break.
    onward: Vec<(f64, f64)>,
    /// For each state, whether it is on a loop.
    looping: Vec<bool>,
}

impl Counts {
    /// Counts all schedules; problems in `bad` break the program. Only a finished graph gives the whole truth.
    ///
    /// Cost: O(states + transitions) additions, of 128-bit numbers while those are enough.
    pub fn of(graph: &Graph, bad: u32) -> Self {
        let components = graph.components(|_| true);
        let outcomes = forward(graph, &components);
        let onward = backward(graph, &components, bad);
        let sum = |wanted: &dyn Fn(&Outcome) -> bool| {
            let mut sum = Count::zero();
            outcomes.iter().filter(|o| wanted(o)).for_each(|o| sum.add(&o.schedules));
            sum
        };
        let (schedules, bad) = (sum(&|_| true), sum(&|o| o.problems & bad != 0));
        let endless = components.circular.iter().any(|l| *l);
        Self { schedules, bad, outcomes, endless, onward, looping: components.circular }
    }

    /// Schedules from a state to an end, and how many of them break: exact up to 2⁵³, infinite through loops.
    pub fn onward(&self, state: usize) -> (f64, f64) {
        self.onward.get(state).copied().unwrap_or((0.0, 0.0))
    }

    /// Whether a state is on a loop.
    pub fn is_looping(&self, state: usize) -> bool {
        self.looping.get(state).copied().unwrap_or(false)
    }
}

/// Schedules from the start to each end.
fn forward(graph: &Graph, components: &Components) -> Vec<Outcome> {
    let counts = graph.ways_along(components);
    let mut places: BTreeMap<(u32, &[i32]), usize> = BTreeMap::new();
    let mut outcomes: Vec<Outcome> = Vec::new();
    for ((state, key), count) in graph.ends().iter().zip(counts) {
        let problems = graph.problems(*state as usize);
        let place = *places.entry((problems, key)).or_insert_with(|| {
            let key = key.clone();
            outcomes.push(Outcome { key, problems, nearest: *state as usize, schedules: Count::zero() });
            outcomes.len() - 1
        });
        outcomes[place].schedules.add(&count);
    }
    outcomes
}

/// Schedules from each state to an end, and those that break.
fn backward(graph: &Graph, components: &Components, bad: u32) -> Vec<(f64, f64)> {
    let mut onward = vec![(0.0, 0.0); graph.expanded()];
    for component in &components.all {
        let loops = components.circular[component[0] as usize];
        let (mut all, mut broken) = (0.0, 0.0);
        for state in component.iter().map(|s| *s as usize) {
            if graph.enabled(state) == 0 {
                all += 1.0;
                broken += f64::from(u8::from(graph.problems(state) & bad != 0));
            }
            for to in graph.targets(state).iter().filter_map(|t| onward.get(*t as usize)) {
                let to: &(f64, f64) = to;
                (all, broken) = (all + to.0, broken + to.1);
            }
        }
        if loops {
            let endless = |n: f64| if n > 0.0 { f64::INFINITY } else { 0.0 };
            (all, broken) = (endless(all), endless(broken));
        }
        component.iter().for_each(|s| onward[*s as usize] = (all, broken));
    }
    onward
}
