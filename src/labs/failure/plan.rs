//! A plan: which machines stand where, and who needs whom.

use crate::algorithms::availability::Block;
use crate::algorithms::availability::YEAR_S;
use crate::algorithms::graph::Graph;
use crate::engine::ModelError;

/// Most machines.
pub const MAX_MACHINES: usize = 60;
/// Most tiers, zones and regions, each.
pub const MAX_PLACES: usize = 24;
/// Largest structure that is spelt out, in blocks.
const MAX_BLOCKS: usize = 20_000;

/// What a component does. It decides the defaults, and databases keep logs.
#[derive(clap::ValueEnum, serde::Deserialize, serde::Serialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Answers names: what it answered stays with users for a while
    Dns,
    /// Spreads requests
    Balancer,
    /// Does the work, keeps nothing
    App,
    /// Keeps copies that may be lost
    Cache,
    /// Keeps jobs
    Queue,
    /// Keeps the truth: one primary, the others follow
    Database,
    /// Everything on one machine
    Server,
}

impl Kind {
    /// The name as one types it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Balancer => "balancer",
            Self::App => "app",
            Self::Cache => "cache",
            Self::Queue => "queue",
            Self::Database => "database",
            Self::Server => "server",
        }
    }

    /// Cost of one machine, relative to an application server's 1.
    pub fn cost(self) -> f64 {
        match self {
            Self::Dns | Self::Cache | Self::App | Self::Queue => 1.0,
            Self::Balancer => 2.0,
            Self::Database => 4.0,
            Self::Server => 3.0,
        }
    }

    /// Mean time between failures and to repair, in hours, when a file gives none.
    pub fn hours(self) -> (f64, f64) {
        match self {
            Self::Dns => (8_000.0, 0.5),
            Self::Balancer => (4_000.0, 1.0),
            Self::App | Self::Cache | Self::Queue | Self::Server => (1_000.0, 1.0),
            Self::Database => (2_000.0, 4.0),
        }
    }

    /// Time that it takes for one request, in microseconds.
    pub fn work_us(self) -> u64 {
        match self {
            Self::Dns | Self::Balancer | Self::Cache => 1_000,
            Self::Queue => 2_000,
            Self::App | Self::Server => 10_000,
            Self::Database => 5_000,
        }
    }
}

/// How long something works, and how long it then lies broken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Life {
    /// Mean time from a repair to the next failure, in seconds; infinite for what never fails.
    pub mtbf_s: f64,
    /// Mean time to repair, in seconds.
    pub mttr_s: f64,
}

impl Life {
    /// A zone, when a file says nothing else.
    pub const ZONE: Self = Self { mtbf_s: 2.0 * YEAR_S, mttr_s: 4.0 * 3_600.0 };
    /// A region, when a file says nothing else: rarer, but longer.
    pub const REGION: Self = Self { mtbf_s: 10.0 * YEAR_S, mttr_s: 6.0 * 3_600.0 };

    /// The share of time in which it works.
    pub fn availability(self) -> f64 {
        if self.mtbf_s.is_finite() { self.mtbf_s / (self.mtbf_s + self.mttr_s) } else { 1.0 }
    }

    /// How often it fails, in times a second.
    pub fn failures_per_s(self) -> f64 {
        1.0 / (self.mtbf_s + self.mttr_s)
    }
}

/// A region.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// How often all of it fails at once.
    pub life: Life,
}

/// A zone: one building, one power supply.
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// Index of its region.
    pub region: usize,
    /// How often all of it fails at once.
    pub life: Life,
}

/// Who of a tier serves.
#[derive(serde::Deserialize, clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// All machines serve
    Active,
    /// One serves, the others stand by
    Passive,
}

/// A tier: machines that do the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Tier {
    /// Its name.
    pub name: String,
    /// What it does.
    pub kind: Kind,
    /// How often one of its machines fails.
    pub life: Life,
    /// How many of its machines are needed.
    pub needs: usize,
    /// Who serves.
    pub style: Style,
    /// What it depends on: all of these, and of each group any one.
    pub deps: Vec<Vec<usize>>,
    /// Cost of a machine.
    pub cost: f64,
}

/// A machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// Index of its tier.
    pub tier: usize,
    /// Index of its zone.
    pub zone: usize,
}

/// What a name names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One machine.
    Machine(usize),
    /// All machines of a tier.
    Tier(usize),
    /// A zone and all in it.
    Zone(usize),
    /// A region and all in it.
    Region(usize),
}

/// The whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What it is called.
    pub name: String,
    /// Regions.
    pub regions: Vec<Region>,
    /// Zones.
    pub zones: Vec<Zone>,
    /// Tiers, in the order of the file.
    pub tiers: Vec<Tier>,
    /// Machines, tier by tier.
    pub machines: Vec<Machine>,
    /// Where users begin: all of these, and of each group any one.
    pub users: Vec<Vec<usize>>,
}

impl Plan {
    /// Machines of a tier.
    pub fn members(&self, tier: usize) -> Vec<usize> {
        (0..self.machines.len()).filter(|m| self.machines[*m].tier == tier).collect()
    }

    /// The tier of a machine.
    pub fn tier_of(&self, machine: usize) -> &Tier {
        &self.tiers[self.machines[machine].tier]
    }

    /// The region of a machine.
    pub fn region_of(&self, machine: usize) -> usize {
        self.zones[self.machines[machine].zone].region
    }

    /// Whether one of the machines serves and the others stand by.
    pub fn passive(&self, tier: usize) -> bool {
        self.tiers[tier].style == Style::Passive
    }

    /// Machines, zones and regions: everything that can fail, in this order.
    pub fn parts(&self) -> usize {
        self.machines.len() + self.zones.len() + self.regions.len()
    }

    /// Number of the part that stands for a machine, a zone or a region.
    pub fn part(&self, scope: Scope) -> Option<usize> {
        match scope {
            Scope::Machine(m) => Some(m),
            Scope::Zone(z) => Some(self.machines.len() + z),
            Scope::Region(r) => Some(self.machines.len() + self.zones.len() + r),
            Scope::Tier(_) => None,
        }
    }

    /// What a part is.
    pub fn scope_of(&self, part: usize) -> Scope {
        let (machines, zones) = (self.machines.len(), self.zones.len());
        match part {
            p if p < machines => Scope::Machine(p),
            p if p < machines + zones => Scope::Zone(p - machines),
            p => Scope::Region(p - machines - zones),
        }
    }

    /// Name of a part.
    pub fn part_name(&self, part: usize) -> &str {
        match self.scope_of(part) {
            Scope::Machine(m) => &self.machines[m].name,
            Scope::Zone(z) => &self.zones[z].name,
            Scope::Region(r) => self.regions.get(r).map_or("", |r| &r.name),
            Scope::Tier(t) => &self.tiers[t].name,
        }
    }

    /// How often a part fails.
    pub fn life(&self, part: usize) -> Life {
        match self.scope_of(part) {
            Scope::Machine(m) => self.tier_of(m).life,
            Scope::Zone(z) => self.zones[z].life,
            Scope::Region(r) => self.regions[r].life,
            Scope::Tier(t) => self.tiers[t].life,
        }
    }

    /// What a name names, if anything. A tier of one machine is that machine.
    pub fn find(&self, name: &str) -> Option<Scope> {
        let machine = self.machines.iter().position(|m| m.name == name).map(Scope::Machine);
        let tier = || {
            let tier = self.tiers.iter().position(|t| t.name == name)?;
            match self.members(tier)[..] {
                [only] => Some(Scope::Machine(only)),
                _ => Some(Scope::Tier(tier)),
            }
        };
        let zone = || self.zones.iter().position(|z| z.name == name).map(Scope::Zone);
        let region = || self.regions.iter().position(|r| r.name == name).map(Scope::Region);
        machine.or_else(tier).or_else(zone).or_else(region)
    }

    /// The machines that a name names.
    pub fn inside(&self, scope: Scope) -> Vec<usize> {
        let all = 0..self.machines.len();
        match scope {
            Scope::Machine(m) => vec![m],
            Scope::Tier(t) => self.members(t),
            Scope::Zone(z) => all.filter(|m| self.machines[*m].zone == z).collect(),
            Scope::Region(r) => all.filter(|m| self.region_of(*m) == r).collect(),
        }
    }

    /// Parts that a machine needs to be alive: itself, its zone, its region.
    pub fn parts_of(&self, machine: usize) -> [usize; 3] {
        let zone = self.machines[machine].zone;
        [machine, self.machines.len() + zone, self.machines.len() + self.zones.len() + self.zones[zone].region]
    }

    /// Whether a majority of a tier must agree on who is primary.
    pub fn voted(&self, tier: usize, fencing: bool) -> bool {
        fencing && self.passive(tier) && self.members(tier).len() > 1
    }

    /// The zone of the witness: it votes where the members are even in number. It stands in the first zone where none
    /// of them stands, and in another region if they are spread over several and there is one; if there is no such
    /// zone, in the first of those where the fewest stand.
    pub fn witness(&self, tier: usize) -> Option<usize> {
        let members = self.members(tier);
        if !self.passive(tier) || members.is_empty() || members.len() % 2 == 1 {
            return None;
        }
        let count = |zone: usize| members.iter().filter(|m| self.machines[**m].zone == zone).count();
        let near = |zone: usize| members.iter().any(|m| self.region_of(*m) == self.zones[zone].region);
        let spread = members.iter().any(|m| self.region_of(*m) != self.region_of(members[0]));
        (0..self.zones.len()).min_by_key(|zone| (spread && near(*zone), count(*zone)))
    }

    /// What users need, in machines, zones and regions.
    ///
    /// # Errors
    /// When it would be too large to spell out.
    pub fn structure(&self, fencing: bool) -> Result<Block, ModelError> {
        let mut left = MAX_BLOCKS;
        let block = self.groups(&self.users, fencing, &mut left);
        block.ok_or_else(|| {
            ModelError::new(
                format!("the dependencies lead to the same components in more than {MAX_BLOCKS} ways"),
                "let components depend only on what they call themselves",
            )
        })
    }

    fn groups(&self, groups: &[Vec<usize>], fencing: bool, left: &mut usize) -> Option<Block> {
        let any = |group: &Vec<usize>, left: &mut usize| {
            let tiers: Option<Vec<Block>> = group.iter().map(|t| self.tier_block(*t, fencing, left)).collect();
            tiers.map(Block::Any)
        };
        let all: Option<Vec<Block>> = groups.iter().map(|group| any(group, left)).collect();
        all.map(Block::All)
    }

    fn tier_block(&self, tier: usize, fencing: bool, left: &mut usize) -> Option<Block> {
        let members = self.members(tier);
        *left = left.checked_sub(1 + members.len())?;
        let alive = |m: &usize| Block::All(self.parts_of(*m).map(Block::Part).into());
        let mut all = vec![Block::AtLeast(self.tiers[tier].needs, members.iter().map(alive).collect())];
        if self.voted(tier, fencing) {
            let place = |zone: usize| {
                [self.machines.len() + zone, self.machines.len() + self.zones.len() + self.zones[zone].region]
            };
            let witness = self.witness(tier).map(|zone| Block::All(place(zone).map(Block::Part).into()));
            let voters: Vec<Block> = members.iter().map(alive).chain(witness).collect();
            all.push(Block::AtLeast(voters.len() / 2 + 1, voters));
        }
        all.push(self.groups(&self.tiers[tier].deps, fencing, left)?);
        Some(Block::All(all))
    }

    /// Who calls whom, machine by machine; the last node stands for the users.
    pub fn calls(&self) -> Graph {
        let users = self.machines.len();
        let mut edges = Vec::new();
        let mut link = |from: usize, groups: &[Vec<usize>]| {
            for tier in groups.iter().flatten() {
                edges.extend(self.members(*tier).into_iter().map(|to| (from, to)));
            }
        };
        link(users, &self.users);
        for m in 0..users {
            link(m, &self.tier_of(m).deps);
        }
        Graph::new(users + 1, &edges)
    }

    /// How far each tier is from the users: the longest way, so that every call goes down.
    pub fn layers(&self) -> Vec<usize> {
        let mut layers = vec![0; self.tiers.len()];
        // No cycle: after as many rounds as there are tiers nothing changes any more.
        for _ in 0..self.tiers.len() {
            for t in 0..self.tiers.len() {
                for &d in self.tiers[t].deps.iter().flatten() {
                    layers[d] = layers[d].max(layers[t] + 1);
                }
            }
        }
        layers
    }

    /// What the machines and their operation cost. A machine that stands by costs the share `standby` of one
    /// that serves; each region after the first costs 4 more for its network and its people.
    pub fn cost(&self, standby: f64) -> f64 {
        self.cost_by(standby).iter().map(|(_, cost)| cost).sum()
    }

    /// The same by component, and by region after the first.
    pub fn cost_by(&self, standby: f64) -> Vec<(&str, f64)> {
        let of = |tier: usize| {
            let members = self.members(tier).len() as f64;
            let full = if self.passive(tier) { 1.0 + (members - 1.0) * standby } else { members };
            (self.tiers[tier].name.as_str(), self.tiers[tier].cost * full)
        };
        let used = (0..self.regions.len()).filter(|r| (0..self.machines.len()).any(|m| self.region_of(m) == *r));
        let operation = used.skip(1).map(|r| (self.regions[r].name.as_str(), 4.0));
        (0..self.tiers.len()).map(of).chain(operation).collect()
    }
}
