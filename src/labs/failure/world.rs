//! The machines as they are, and which of them hear each other.

use std::sync::Arc;

use super::plan::{Plan, Scope};
use crate::engine::Micros;

/// One way between two machines of a zone, of a region, and of two regions, in microseconds.
const HOP_US: [Micros; 3] = [250, 1_000, 40_000];

/// A machine as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// Whether it has power of its own.
    pub up: bool,
    /// Until when it does nothing.
    pub paused_until: Micros,
    /// How many times slower than normal it is.
    pub slow: f64,
    /// Share of its messages that are lost.
    pub loss: f64,
    /// Since when it is declared dead.
    pub suspected: Option<Micros>,
    /// When its last heartbeat was heard.
    pub heard: Micros,
    /// When its present trouble began.
    pub trouble: Option<Micros>,
    /// Whether it reaches what it needs, as it last saw.
    pub healthy: bool,
    /// Writes that reached it while it was paused.
    pub pending: u64,
    /// How often it was taken for dead and was alive.
    pub false_alarms: u64,
}

impl Node {
    /// A machine without trouble.
    pub const WELL: Self = Self {
        up: true,
        paused_until: 0,
        slow: 1.0,
        loss: 0.0,
        suspected: None,
        heard: 0,
        trouble: None,
        healthy: true,
        pending: 0,
        false_alarms: 0,
    };

    /// Whether it answers, but not as it should.
    pub fn gray(&self) -> bool {
        self.slow > 1.0 || self.loss > 0.0
    }
}

/// A link that was cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// One side.
    pub a: Scope,
    /// The other side; `None` is everything else.
    pub b: Option<Scope>,
    /// Only from the first to the second.
    pub one_way: bool,
}

/// Machines, zones, regions and links as they are.
#[derive(Clone, Debug)]
pub struct World {
    /// Machines.
    pub nodes: Vec<Node>,
    /// Zones without power.
    pub zones_down: Vec<bool>,
    /// Regions without power.
    pub regions_down: Vec<bool>,
    /// Links that were cut.
    pub cuts: Vec<Cut>,
    /// `from * machines + to`: whether that link is cut.
    cut: Arc<Vec<bool>>,
}

impl World {
    /// All well.
    pub fn new(plan: &Plan) -> Self {
        let machines = plan.machines.len();
        Self {
            nodes: vec![Node::WELL; machines],
            zones_down: vec![false; plan.zones.len()],
            regions_down: vec![false; plan.regions.len()],
            cuts: Vec::new(),
            cut: Arc::new(vec![false; machines * machines]),
        }
    }

    /// Works out again which links are cut.
    pub fn relink(&mut self, plan: &Plan) {
        let n = plan.machines.len();
        let mut cut = vec![false; n * n];
        for Cut { a, b, one_way } in &self.cuts {
            let inside = plan.inside(*a);
            let others = match b {
                Some(b) => plan.inside(*b),
                None => (0..n).filter(|m| !inside.contains(m)).collect(),
            };
            for &x in &inside {
                for &y in others.iter().filter(|y| **y != x) {
                    cut[x * n + y] = true;
                    cut[y * n + x] |= !one_way;
                }
            }
        }
        self.cut = Arc::new(cut);
    }

    /// Whether a machine has power: its own, its zone's, its region's.
    pub fn powered(&self, plan: &Plan, machine: usize) -> bool {
        let zone = plan.machines[machine].zone;
        self.nodes[machine].up && !self.zones_down[zone] && !self.regions_down[plan.zones[zone].region]
    }

    /// Whether a machine does anything now.
    pub fn runs(&self, plan: &Plan, machine: usize, now: Micros) -> bool {
        self.powered(plan, machine) && self.nodes[machine].paused_until <= now
    }

    /// Whether what one machine sends can reach the other.
    pub fn linked(&self, from: usize, to: usize) -> bool {
        from == to || !self.cut.get(from * self.nodes.len() + to).copied().unwrap_or(false)
    }

    /// Whether two machines hear each other.
    pub fn both_ways(&self, a: usize, b: usize) -> bool {
        self.linked(a, b) && self.linked(b, a)
    }

    /// Whether a machine and a witness in a zone hear each other, and that zone has power.
    pub fn heard_by_witness(&self, plan: &Plan, machine: usize, zone: usize) -> bool {
        let dark = self.zones_down[zone] || self.regions_down[plan.zones[zone].region];
        !dark && self.linked_to_witness(plan, machine, zone)
    }

    /// Whether no cut parts a machine from a witness in a zone.
    pub fn linked_to_witness(&self, plan: &Plan, machine: usize, zone: usize) -> bool {
        let holds = |scope: Scope| match scope {
            Scope::Zone(z) => z == zone,
            Scope::Region(r) => r == plan.zones[zone].region,
            Scope::Machine(_) | Scope::Tier(_) => false,
        };
        let has = |scope: Scope| plan.inside(scope).contains(&machine);
        let parts = |cut: &Cut| match cut.b {
            None => has(cut.a) != holds(cut.a),
            Some(b) => has(cut.a) && holds(b) || has(b) && holds(cut.a),
        };
        !self.cuts.iter().any(parts)
    }

    /// The chance that a message between two machines is lost.
    pub fn loss(&self, a: usize, b: usize) -> f64 {
        1.0 - (1.0 - self.nodes[a].loss) * (1.0 - self.nodes[b].loss)
    }

    /// Time from one machine to another, one way.
    pub fn hop_us(&self, plan: &Plan, from: usize, to: usize) -> Micros {
        let (a, b) = (plan.machines[from].zone, plan.machines[to].zone);
        let step = if a == b { 0 } else { 1 + usize::from(plan.zones[a].region != plan.zones[b].region) };
        HOP_US[step]
    }
}
