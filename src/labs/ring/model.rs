//! The ring lab's state machine.

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::command::{RingCommand, Strategy};
use super::contest::Contest;
use super::facts::RingFacts;
use super::keys::KeySet;
use super::narrate;
use super::placer::Tuning;
use super::serving::{NOBODY, Node, Traffic, Workload};
use super::world::{Cause, Change, Config, World};
use crate::algorithms::hash::key_hash;
use crate::engine::{Clocked, Event, Micros, ModelError, Property, Setup};

/// Simulated time in which a change unfolds: moved keys light up, travel, and settle.
pub const UNFOLD_US: Micros = 1_600_000;
/// Time between two requests while the clock runs.
pub const REQUEST_US: Micros = 250_000;
/// Most nodes.
pub const MAX_NODES: usize = 1_000;
/// Heaviest node.
pub const MAX_WEIGHT: u32 = 1_000;
/// Most virtual nodes per unit of weight.
pub const MAX_VNODES: u32 = 10_000;
/// Longest node name, in characters.
const MAX_NAME: usize = 64;

/// What the learner looks at.
#[derive(Clone, Debug, PartialEq)]
pub enum Focus {
    /// A key, of the set or not.
    Key {
        /// Its text.
        text: String,
        /// Its hash.
        hash: u64,
        /// Its index in the set, if it is there.
        index: Option<usize>,
    },
    /// A node, by id.
    Node(u32),
}

/// The last request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// When.
    pub at_us: Micros,
    /// Index of the key.
    pub key: usize,
    /// Id of the node that served it, or [`NOBODY`].
    pub served_by: u32,
}

/// The state of the ring lab. Cloning shares all that is large.
#[derive(Clone, Debug)]
pub struct RingModel {
    pub(super) keys: Arc<KeySet>,
    pub(super) zipf: f64,
    pub(super) traffic: Option<Arc<Traffic>>,
    pub(super) world: World,
    pub(super) change: Option<Change>,
    pub(super) moved_total: u64,
    pub(super) contest: Arc<Contest>,
    pub(super) compare: Option<Strategy>,
    pub(super) focus: Option<Focus>,
    pub(super) requests: u64,
    pub(super) failed_requests: u64,
    pub(super) last_request: Option<Request>,
    next_id: u32,
    settled_us: Micros,
    next_request_us: Micros,
    rng: ChaCha8Rng,
}

impl RingModel {
    pub(super) fn config(&self) -> &Config {
        &self.world.config
    }

    pub(super) fn workload(&self) -> Workload<'_> {
        Workload::new(&self.keys, self.traffic.as_deref())
    }

    /// Sum of the squared popularities of the keys: 1/K when all are alike.
    pub(super) fn concentration(&self) -> f64 {
        self.traffic.as_ref().map_or(1.0 / self.keys.len().max(1) as f64, |t| t.concentration)
    }

    /// Indices of the nodes that hold a key, in order.
    pub(super) fn preferred(&self, hash: u64) -> Vec<usize> {
        let mut found = Vec::new();
        self.world.placer.placement().successors(hash, self.config().replicas as usize, &mut found);
        found.into_iter().map(|i| i as usize).collect()
    }

    /// Puts a new configuration in force, and says which keys it moved.
    fn reconfigure(
        &mut self,
        now: Micros,
        cause: Cause,
        config: Config,
        log: &mut Vec<Event>,
    ) -> Result<(), ModelError> {
        let work = Workload::new(&self.keys, self.traffic.as_deref());
        let world = World::build(config, work)?;
        let same_nodes = world.config.nodes == self.world.config.nodes
            && world.config.replicas == self.world.config.replicas
            && world.config.tuning == self.world.config.tuning;
        if !same_nodes {
            self.contest = Arc::new(self.contest.advance(&self.world.config, &world.config, work)?);
        }
        let change = Change::new(now, cause, self.world.clone(), &world, work)?;
        self.world = world;
        self.moved_total += change.moves.moved;
        self.change = Some(change);
        self.settled_us = now + UNFOLD_US;
        self.next_request_us = self.settled_us + REQUEST_US;
        narrate::change(self, now, log);
        Ok(())
    }

    /// Other keys or other traffic: everything is placed again, nothing has moved yet.
    fn restock(&mut self, keys: Arc<KeySet>, zipf: f64, now: Micros, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let traffic = if zipf > 0.0 { Some(Arc::new(Traffic::zipf(keys.len(), zipf)?)) } else { None };
        let work = Workload::new(&keys, traffic.as_deref());
        let world = World::build(self.config().clone(), work)?;
        let contest = Contest::open(&world.config, work, self.contest.wanted)?;
        (self.contest, self.world, self.change) = (Arc::new(contest), world, None);
        (self.keys, self.traffic, self.zipf) = (keys, traffic, zipf);
        self.last_request = None;
        if let Some(Focus::Key { hash, index, .. }) = &mut self.focus {
            *index = self.keys.find(*hash);
        }
        narrate::stock(self, now, log);
        Ok(())
    }

    fn find_node(&self, name: &str) -> Result<usize, ModelError> {
        self.config().index_of(name).ok_or_else(|| {
            let names: Vec<&str> = self.config().nodes.iter().take(12).map(|n| n.name.as_str()).collect();
            let remedy = match names.as_slice() {
                [] => "there are none; add one with `add node-a`".to_owned(),
                names => format!("the nodes are {}", names.join(", ")),
            };
            ModelError::new(format!("there is no node '{name}'"), remedy)
        })
    }

    fn add(&mut self, now: Micros, name: &str, weight: u32, log: &mut Vec<Event>) -> Result<(), ModelError> {
        if name.trim().is_empty() || name.chars().count() > MAX_NAME {
            let problem = format!("'{name}' is not a valid node name");
            return Err(ModelError::new(problem, format!("use 1 to {MAX_NAME} characters, e.g. node-d")));
        }
        if self.config().index_of(name).is_some() {
            return Err(ModelError::new(
                format!("there is already a node '{name}'"),
                "choose another name, or remove it first",
            ));
        }
        if self.config().nodes.len() >= MAX_NODES {
            return Err(ModelError::new(format!("there are {MAX_NODES} nodes, the most"), "remove one first"));
        }
        let mut config = self.config().clone();
        let id = self.next_id;
        config.nodes.push(Node { id, name: name.to_owned(), weight, up: true });
        self.reconfigure(now, Cause::Joined(id), config, log)?;
        self.next_id += 1;
        Ok(())
    }

    fn remove(&mut self, now: Micros, name: &str, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let index = self.find_node(name)?;
        let mut config = self.config().clone();
        let node = config.nodes.remove(index);
        if self.focus == Some(Focus::Node(node.id)) {
            self.focus = None;
        }
        self.reconfigure(now, Cause::Left(node.id, index), config, log)
    }

    fn set_up(&mut self, now: Micros, name: &str, up: bool, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let index = self.find_node(name)?;
        let mut config = self.config().clone();
        let node = &mut config.nodes[index];
        if node.up == up {
            let (state, remedy) =
                if up { ("up", "only a failed node can recover") } else { ("down", "`recover` it first") };
            return Err(ModelError::new(format!("{name} is already {state}"), remedy));
        }
        node.up = up;
        let cause = if up { Cause::Recovered(node.id) } else { Cause::Failed(node.id) };
        self.reconfigure(now, cause, config, log)
    }

    /// Another number of virtual nodes, copies, or another bound.
    fn tune(
        &mut self,
        now: Micros,
        cause: Cause,
        change: impl FnOnce(&mut Config),
        log: &mut Vec<Event>,
    ) -> Result<(), ModelError> {
        let mut config = self.config().clone();
        change(&mut config);
        self.reconfigure(now, cause, config, log)
    }

    fn inspect(&mut self, now: Micros, text: &str, log: &mut Vec<Event>) {
        self.focus = Some(match self.config().index_of(text) {
            Some(index) => Focus::Node(self.config().nodes[index].id),
            None => {
                let hash = key_hash(self.config().tuning.seed, text.as_bytes());
                Focus::Key { text: text.to_owned(), hash, index: self.keys.find(hash) }
            }
        });
        narrate::focus(self, now, log);
    }

    fn start_comparison(&mut self, now: Micros, with: Strategy, log: &mut Vec<Event>) -> Result<(), ModelError> {
        if !self.contest.wanted && self.keys.len() > self.contest.keys {
            self.contest = Arc::new(Contest::open(&self.world.config, self.workload(), true)?);
        } else {
            self.contest = Arc::new(Contest { wanted: true, ..(*self.contest).clone() });
        }
        self.compare = Some(with);
        narrate::comparison(self, now, log);
        Ok(())
    }

    fn serve_request(&mut self, now: Micros, log: &mut Vec<Event>) {
        let key = match &self.traffic {
            Some(traffic) => traffic.key_of(self.rng.random_range(0..traffic.total().max(1))),
            None => self.rng.random_range(0..self.keys.len()),
        };
        let served_by = self.world.served.owner.get(key).copied().unwrap_or(NOBODY);
        self.requests += 1;
        self.failed_requests += u64::from(served_by == NOBODY);
        self.last_request = Some(Request { at_us: now, key, served_by });
        narrate::request(self, now, log);
    }
}

impl Clocked for RingModel {
    type Command = RingCommand;
    type Facts = RingFacts;

    fn open(setup: &Setup) -> Result<Self, ModelError> {
        let keys = Arc::new(KeySet::new(setup.inputs.get("keys").cloned(), None, setup.seed)?);
        let node = |(id, name): (u32, &str)| Node { id, name: name.to_owned(), weight: 1, up: true };
        let nodes: Vec<Node> = (0..).zip(["node-a", "node-b", "node-c"]).map(node).collect();
        let tuning = Tuning { vnodes: 100, seed: setup.seed, bound_percent: 125 };
        let next_id = nodes.len() as u32;
        let config = Config { nodes, strategy: Strategy::Ring, replicas: 1, tuning };
        let work = Workload::new(&keys, None);
        let contest = Contest::open(&config, work, false)?;
        Ok(Self {
            world: World::build(config, work)?,
            zipf: 0.0,
            traffic: None,
            change: None,
            moved_total: 0,
            contest: Arc::new(contest),
            compare: None,
            focus: None,
            requests: 0,
            failed_requests: 0,
            last_request: None,
            next_id,
            settled_us: 0,
            next_request_us: REQUEST_US,
            rng: ChaCha8Rng::seed_from_u64(setup.seed),
            keys,
        })
    }

    fn apply(&mut self, now: Micros, command: &RingCommand, log: &mut Vec<Event>) -> Result<(), ModelError> {
        match command {
            RingCommand::Add { node, weight } => self.add(now, node, *weight, log),
            RingCommand::Remove { node } => self.remove(now, node, log),
            RingCommand::Fail { node } => self.set_up(now, node, false, log),
            RingCommand::Recover { node } => self.set_up(now, node, true, log),
            RingCommand::Vnodes { count } => self.tune(now, Cause::Vnodes, |c| c.tuning.vnodes = *count, log),
            RingCommand::Strategy { strategy } => self.tune(now, Cause::Strategy, |c| c.strategy = *strategy, log),
            RingCommand::Replicas { count } => self.tune(now, Cause::Other, |c| c.replicas = *count, log),
            RingCommand::Keys { count } => {
                let seed = self.config().tuning.seed;
                let keys = KeySet::new(self.keys.source().cloned(), Some(*count), seed)?;
                self.restock(Arc::new(keys), self.zipf, now, log)
            }
            RingCommand::Zipf { exponent } => self.restock(Arc::clone(&self.keys), *exponent, now, log),
            RingCommand::Bound { limit } => {
                self.tune(now, Cause::Other, |c| c.tuning.bound_percent = (limit * 100.0).round() as u32, log)
            }
            RingCommand::Inspect { key } => {
                self.inspect(now, key, log);
                Ok(())
            }
            RingCommand::Compare { strategy } => self.start_comparison(now, *strategy, log),
            RingCommand::Step => {
                self.serve_request(now, log);
                Ok(())
            }
        }
    }

    fn next_tick(&self) -> Option<Micros> {
        Some(self.next_request_us)
    }

    fn tick(&mut self, now: Micros, log: &mut Vec<Event>) {
        self.serve_request(now, log);
        self.next_request_us = now + REQUEST_US;
    }

    fn settled_at(&self) -> Micros {
        self.settled_us
    }

    fn step_us(&self) -> Micros {
        REQUEST_US
    }

    fn facts(&self) -> RingFacts {
        RingFacts::of(self)
    }

    fn properties() -> &'static [Property<Self>] {
        PROPERTIES
    }

    fn footprint(&self) -> usize {
        let contest: usize = self.contest.contenders.iter().map(|c| c.memory_bytes).sum();
        self.world.served.owner.len() * 4 + self.world.placer.placement().memory_bytes() + contest + 16_384
    }

    fn candidates(&self, value_name: &str) -> Vec<String> {
        let nodes = || self.config().nodes.iter().map(|n| n.name.clone());
        match value_name {
            "NODE" => nodes().collect(),
            "NEW_NODE" => vec![self.fresh_name()],
            "KEY" => nodes().chain((0..self.keys.len().min(50)).map(|i| self.keys.text(i).into_owned())).collect(),
            _ => Vec::new(),
        }
    }
}

impl RingModel {
    /// A name for the next node: `node-d` after `node-c`.
    fn fresh_name(&self) -> String {
        let letters = ('a'..='z').map(|c| format!("node-{c}"));
        let numbers = (1..).map(|n| format!("node-{n}"));
        letters.chain(numbers).find(|n| self.config().index_of(n).is_none()).unwrap_or_default()
    }
}

const PROPERTIES: &[Property<RingModel>] = &[
    Property {
        name: "every key has one owner or is counted as unavailable",
        holds: |m| {
            let kept: u64 = m.world.served.keys.iter().sum();
            kept + m.world.served.unavailable == m.keys.len() as u64
        },
    },
    Property {
        name: "a key is served by a node that is up",
        holds: |m| m.config().nodes.iter().zip(&m.world.served.keys).all(|(n, keys)| n.up || *keys == 0),
    },
    Property {
        name: "no node takes more than its bound",
        holds: |m| m.world.served.capacity.iter().zip(&m.world.served.loads).all(|(most, load)| load <= most),
    },
    Property {
        name: "on the ring, keys move only to the node that joined",
        holds: |m| match &m.change {
            Some(Change { cause: Cause::Joined(id), moves, before, .. })
                if m.config().strategy == Strategy::Ring && before.config.nodes.iter().all(|n| n.up) =>
            {
                moves.flows.keys().all(|(_, to)| to == id)
            }
            _ => true,
        },
    },
];
