//! The ring lab's state machine.

use std::sync::Arc;

use rand::{RngExt, SeedableRng};

use super::change::{Change, Trigger};
use super::command::{MAX_NODES, RingCommand};
use super::event::{self, RingEvent};
use super::facts::RingFacts;
use super::keys::KeySet;
use super::state::{Focus, REQUEST, Request, RingModel, UNFOLD, workload};
use super::tell;
use crate::algorithms::hash::key_hash;
use crate::algorithms::placement::{Strategy, Tuning};
use crate::engine::numbers::{count, thousands};
use crate::engine::{ContextOf, Model, ModelError, Property, Say, Setup, interrupt};
use crate::sim::Random;
use crate::systems::placing::{ClusterState, Comparison, Config, NO_NODE, Node, PlacingError, Traffic};

/// Longest node name, in characters.
const MAX_NAME: usize = 64;

/// What the lab waits for.
#[derive(Clone, Copy, Debug)]
pub enum Timer {
    /// The next request.
    Request,
}

impl From<PlacingError> for ModelError {
    fn from(error: PlacingError) -> Self {
        match error {
            PlacingError::Stopped => interrupt::stopped(),
            PlacingError::TooManyPoints { points, most } => Self::new(
                format!("the ring would have {}; at most {} fit", count(points, "virtual node"), thousands(most)),
                "use fewer virtual nodes per unit of weight, fewer nodes or less weight",
            ),
            PlacingError::Refused { strategy, error } => {
                Self::new(format!("{} cannot place keys here", strategy.name()), error.to_string())
            }
        }
    }
}

type Cx<'a> = ContextOf<'a, RingModel>;

impl RingModel {
    /// Puts a new configuration in force, and says which keys it moved.
    fn reconfigure(&mut self, trigger: Trigger, config: Config, cx: &mut Cx<'_>) -> Result<(), ModelError> {
        let work = workload(&self.keys, self.traffic.as_deref());
        let cluster = ClusterState::build(config, work)?;
        let (before, after) = (&self.cluster.config, &cluster.config);
        if (&before.nodes, before.replicas, before.tuning) != (&after.nodes, after.replicas, after.tuning) {
            self.comparison = Arc::new(self.comparison.advance(before, after, work)?);
        }
        let change = Change::new(cx.now(), trigger, self.cluster.clone(), &cluster, work)?;
        self.cluster = cluster;
        self.moved_total += change.moves.moved;
        self.change = Some(change);
        cx.unfold(UNFOLD);
        cx.reset(&mut self.next_request, UNFOLD + REQUEST, Timer::Request);
        event::changed(self).into_iter().for_each(|event| cx.tell(event));
        Ok(())
    }

    /// Other keys or other traffic: everything is placed again, nothing has moved yet.
    fn replace_keys(&mut self, keys: Arc<KeySet>, zipf: f64, cx: &mut Cx<'_>) -> Result<(), ModelError> {
        let traffic = if zipf > 0.0 {
            Some(Arc::new(Traffic::zipf(keys.len(), zipf, || !interrupt::requested())?))
        } else {
            None
        };
        let work = workload(&keys, traffic.as_deref());
        let cluster = ClusterState::build(self.config().clone(), work)?;
        let comparison = Comparison::open(&cluster.config, work, self.comparison.wanted)?;
        (self.comparison, self.cluster, self.change) = (Arc::new(comparison), cluster, None);
        (self.keys, self.traffic, self.zipf) = (keys, traffic, zipf);
        self.last_request = None;
        if let Some(Focus::Key { hash, index, .. }) = &mut self.focus {
            *index = self.keys.find(*hash);
        }
        cx.tell(event::placed(self));
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

    fn add(&mut self, name: &str, weight: u32, cx: &mut Cx<'_>) -> Result<(), ModelError> {
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
        self.reconfigure(Trigger::Joined(id), config, cx)?;
        self.next_id += 1;
        Ok(())
    }

    fn remove(&mut self, name: &str, cx: &mut Cx<'_>) -> Result<(), ModelError> {
        let index = self.find_node(name)?;
        let mut config = self.config().clone();
        let node = config.nodes.remove(index);
        if self.focus == Some(Focus::Node(node.id)) {
            self.focus = None;
        }
        self.reconfigure(Trigger::Left(node.id, index), config, cx)
    }

    fn set_up(&mut self, name: &str, up: bool, cx: &mut Cx<'_>) -> Result<(), ModelError> {
        let index = self.find_node(name)?;
        let mut config = self.config().clone();
        let node = &mut config.nodes[index];
        if node.up == up {
            let (state, remedy) =
                if up { ("up", "only a failed node can recover") } else { ("down", "`recover` it first") };
            return Err(ModelError::new(format!("{name} is already {state}"), remedy));
        }
        node.up = up;
        let trigger = if up { Trigger::Recovered(node.id) } else { Trigger::Failed(node.id) };
        self.reconfigure(trigger, config, cx)
    }

    /// Another number of virtual nodes or copies, another strategy or bound.
    fn tune(&mut self, trigger: Trigger, change: impl FnOnce(&mut Config), cx: &mut Cx<'_>) -> Result<(), ModelError> {
        let mut config = self.config().clone();
        change(&mut config);
        self.reconfigure(trigger, config, cx)
    }

    fn inspect(&mut self, text: &str, cx: &mut Cx<'_>) {
        self.focus = Some(match self.config().index_of(text) {
            Some(index) => Focus::Node(self.config().nodes[index].id),
            None => {
                let hash = key_hash(self.config().tuning.seed, text.as_bytes());
                Focus::Key { text: text.to_owned(), hash, index: self.keys.find(hash) }
            }
        });
        event::inspected(self).into_iter().for_each(|event| cx.tell(event));
    }

    fn start_comparison(&mut self, with: Strategy, cx: &mut Cx<'_>) -> Result<(), ModelError> {
        if !self.comparison.wanted && self.keys.len() > self.comparison.keys {
            self.comparison = Arc::new(Comparison::open(self.config(), self.workload(), true)?);
        } else {
            self.comparison = Arc::new(Comparison { wanted: true, ..(*self.comparison).clone() });
        }
        self.compare = Some(with);
        let counted = self.comparison.keys as u64;
        let counted = Some(counted).filter(|_| self.comparison.keys < self.keys.len());
        cx.tell(RingEvent::ComparisonStarted { with, own: self.config().strategy, counted });
        Ok(())
    }

    fn serve_request(&mut self, cx: &mut Cx<'_>) {
        let key = match &self.traffic {
            Some(traffic) => traffic.key_of(self.rng.random_range(0..traffic.total().max(1))),
            None => self.rng.random_range(0..self.keys.len()),
        };
        let served_by = self.cluster.served.owner.get(key).copied().unwrap_or(NO_NODE);
        self.requests += 1;
        self.failed_requests += u64::from(served_by == NO_NODE);
        let request = Request { at: cx.now(), key, served_by };
        self.last_request = Some(request);
        cx.tell(event::requested(self, request));
    }

    /// A name for the next node: `node-d` after `node-c`.
    fn fresh_name(&self) -> String {
        let letters = ('a'..='z').map(|c| format!("node-{c}"));
        let numbers = (1..).map(|n| format!("node-{n}"));
        letters.chain(numbers).find(|n| self.config().index_of(n).is_none()).unwrap_or_default()
    }
}

impl Model for RingModel {
    type Command = RingCommand;
    type Timer = Timer;
    type Event = RingEvent;
    type Facts = RingFacts;

    fn open(setup: &Setup, cx: &mut Cx<'_>) -> Result<Self, ModelError> {
        let keys = Arc::new(KeySet::new(setup.inputs.get("keys").cloned(), None, setup.seed)?);
        let node = |(id, name): (u32, &str)| Node { id, name: name.to_owned(), weight: 1, up: true };
        let nodes: Vec<Node> = (0..).zip(["node-a", "node-b", "node-c"]).map(node).collect();
        let tuning = Tuning { vnodes: 100, seed: setup.seed, bound_percent: 125 };
        let next_id = nodes.len() as u32;
        let config = Config { nodes, strategy: Strategy::Ring, replicas: 1, tuning };
        let work = workload(&keys, None);
        let comparison = Comparison::open(&config, work, false)?;
        cx.step(REQUEST);
        Ok(Self {
            cluster: ClusterState::build(config, work)?,
            zipf: 0.0,
            traffic: None,
            change: None,
            moved_total: 0,
            comparison: Arc::new(comparison),
            compare: None,
            focus: None,
            requests: 0,
            failed_requests: 0,
            last_request: None,
            next_id,
            next_request: cx.after(REQUEST, Timer::Request),
            // The requests draw from the run's own generator, not from a named stream: recorded runs and lessons
            // keep the keys that were asked for.
            rng: Random::seed_from_u64(setup.seed),
            keys,
        })
    }

    fn apply(&mut self, command: &RingCommand, cx: &mut Cx<'_>) -> Result<(), ModelError> {
        match command {
            RingCommand::Add { node, weight } => self.add(node, *weight, cx)?,
            RingCommand::Remove { node } => self.remove(node, cx)?,
            RingCommand::Fail { node } => self.set_up(node, false, cx)?,
            RingCommand::Recover { node } => self.set_up(node, true, cx)?,
            RingCommand::Vnodes { count } => self.tune(Trigger::Vnodes, |c| c.tuning.vnodes = *count, cx)?,
            RingCommand::Strategy { strategy } => self.tune(Trigger::Strategy, |c| c.strategy = *strategy, cx)?,
            RingCommand::Replicas { count } => self.tune(Trigger::Other, |c| c.replicas = *count, cx)?,
            RingCommand::Bound { limit } => {
                self.tune(Trigger::Other, |c| c.tuning.bound_percent = (limit * 100.0).round() as u32, cx)?;
            }
            RingCommand::Keys { count } => {
                let seed = self.config().tuning.seed;
                let keys = KeySet::new(self.keys.source().cloned(), Some(*count), seed)?;
                self.replace_keys(Arc::new(keys), self.zipf, cx)?;
            }
            RingCommand::Zipf { exponent } => self.replace_keys(Arc::clone(&self.keys), *exponent, cx)?,
            RingCommand::Inspect { key } => self.inspect(key, cx),
            RingCommand::Compare { strategy } => self.start_comparison(*strategy, cx)?,
            RingCommand::Step => self.serve_request(cx),
        }
        Ok(())
    }

    fn fire(&mut self, timer: Timer, cx: &mut Cx<'_>) {
        match timer {
            Timer::Request => {
                self.serve_request(cx);
                self.next_request = cx.after(REQUEST, Timer::Request);
            }
        }
    }

    fn facts(&self) -> RingFacts {
        RingFacts::of(self)
    }

    fn tell(&self, event: &RingEvent, say: &mut Say) {
        tell::tell(event, say);
    }

    fn properties() -> &'static [Property<Self>] {
        PROPERTIES
    }

    fn memory_bytes(&self) -> usize {
        let comparison: usize = self.comparison.candidates.iter().map(|c| c.memory_bytes).sum();
        self.cluster.served.owner.len() * 4 + self.cluster.placement.memory_bytes() + comparison + 16_384
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

const PROPERTIES: &[Property<RingModel>] = &[
    Property {
        name: "every key has one owner or is counted as unavailable",
        holds: |m| {
            let kept: u64 = m.cluster.served.keys.iter().sum();
            kept + m.cluster.served.unavailable == m.keys.len() as u64
        },
    },
    Property {
        name: "a key is served by a node that is up",
        holds: |m| m.config().nodes.iter().zip(&m.cluster.served.keys).all(|(n, keys)| n.up || *keys == 0),
    },
    Property {
        name: "no node takes more than its bound",
        holds: |m| m.cluster.served.capacity.iter().zip(&m.cluster.served.loads).all(|(most, load)| load <= most),
    },
    Property {
        name: "on the ring, keys move only to the node that joined",
        holds: |m| match &m.change {
            Some(Change { trigger: Trigger::Joined(id), moves, before, .. })
                if m.config().strategy == Strategy::Ring && before.config.nodes.iter().all(|n| n.up) =>
            {
                moves.flows.keys().all(|(_, to)| to == id)
            }
            _ => true,
        },
    },
];
