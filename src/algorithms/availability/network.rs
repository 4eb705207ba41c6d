//! A network whose nodes fail: can the source still reach the sink? Exactly, by factoring.

use std::collections::BTreeMap;

use super::{AvailabilityError, check};
use crate::algorithms::graph::Graph;

/// Most nodes of a network that is computed exactly.
const MAX_NODES: usize = 64;
/// Most different situations that are kept.
const MAX_STATES: usize = 2_000_000;

/// A directed network of at most 64 nodes that fail, of any shape, to be asked for its two-terminal availability.
///
/// It is factored: of the nodes that stand next to what is reached, one is decided, up or down, and both outcomes
/// are followed (Moskowitz, "The Analysis of Redundancy Networks", 1958). What matters for the rest is only which
/// nodes are undecided and which of them are next to what is reached; situations that agree in both are one and
/// are computed once, and nodes that no longer matter are dropped. Links that fail are nodes in the middle of a link.
///
/// ```
/// use scalelab::algorithms::availability::Network;
/// // The bridge of five: 0 → {1, 2} → {4, 5} → 6, and 3 crosses both ways; the ends never fail.
/// let edges = [(0, 1), (0, 2), (1, 4), (2, 5), (1, 3), (3, 5), (2, 3), (3, 4), (4, 6), (5, 6)];
/// let bridge = Network::new(7, &edges)?;
/// let exact = bridge.availability(&[1.0, 0.9, 0.9, 0.9, 0.9, 0.9, 1.0], 0, 6)?;
/// assert!((exact - 0.978_48).abs() < 1e-12);
/// # Ok::<(), scalelab::algorithms::availability::AvailabilityError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Network {
    nodes: usize,
    next: Vec<u64>,
    before: Vec<u64>,
}

impl Network {
    /// A network with its directed links; for a link that carries both ways give both directions.
    ///
    /// # Errors
    /// [`AvailabilityError::TooManyNodes`] beyond 64.
    pub fn new(nodes: usize, edges: &[(usize, usize)]) -> Result<Self, AvailabilityError> {
        if nodes > MAX_NODES {
            return Err(AvailabilityError::TooManyNodes { nodes, most: MAX_NODES });
        }
        let (mut next, mut before) = (vec![0; nodes], vec![0; nodes]);
        for &(a, b) in Graph::new(nodes, edges).edges() {
            next[a] |= 1 << b;
            before[b] |= 1 << a;
        }
        Ok(Self { nodes, next, before })
    }

    /// The chance that a way of working nodes leads from `source` to `sink`, both of which must work too.
    ///
    /// Cost: exponential in the width of the network at worst, not in its length.
    ///
    /// # Errors
    /// [`AvailabilityError::BadProbability`], and [`AvailabilityError::TooComplex`] after 2,000,000 situations.
    pub fn availability(&self, probabilities: &[f64], source: usize, sink: usize) -> Result<f64, AvailabilityError> {
        check(probabilities, self.nodes)?;
        if source >= self.nodes || sink >= self.nodes {
            return Ok(0.0);
        }
        if source == sink {
            return Ok(probabilities[source]);
        }
        let mut factoring = Factoring { network: self, p: probabilities, sink, known: BTreeMap::new() };
        let all = if self.nodes == 64 { u64::MAX } else { (1 << self.nodes) - 1 };
        let open = all & !(1 << source);
        let rest = factoring.rest(open, self.next[source] & open)?;
        Ok(probabilities[source] * rest)
    }

    /// Everything in `within` that the nodes in `from` lead to along `edges`, they included.
    fn spread(edges: &[u64], from: u64, within: u64) -> u64 {
        let (mut seen, mut fresh) = (from & within, from & within);
        while fresh != 0 {
            let node = fresh.trailing_zeros() as usize;
            fresh &= fresh - 1;
            let more = edges[node] & within & !seen;
            seen |= more;
            fresh |= more;
        }
        seen
    }
}

struct Factoring<'a> {
    network: &'a Network,
    p: &'a [f64],
    sink: usize,
    known: BTreeMap<(u64, u64), f64>,
}

impl Factoring<'_> {
    /// The chance to reach the sink when the nodes in `open` are undecided and those in `edge` of them are next
    /// to what is reached.
    fn rest(&mut self, open: u64, edge: u64) -> Result<f64, AvailabilityError> {
        // Only what the edge leads to and what leads on to the sink matters.
        let ahead = Network::spread(&self.network.next, edge, open);
        if ahead >> self.sink & 1 == 0 {
            return Ok(0.0);
        }
        let open = Network::spread(&self.network.before, 1 << self.sink, ahead);
        let edge = edge & open;
        // The sink is next: whatever else works, it decides alone.
        if edge >> self.sink & 1 == 1 {
            return Ok(self.p[self.sink]);
        }
        if let Some(known) = self.known.get(&(open, edge)) {
            return Ok(*known);
        }
        let node = edge.trailing_zeros() as usize;
        let (left, p) = (open & !(1 << node), self.p[node]);
        let edge_left = edge & left;
        let up = if p > 0.0 { self.rest(left, edge_left | (self.network.next[node] & left))? } else { 0.0 };
        let down = if p < 1.0 { self.rest(left, edge_left)? } else { 0.0 };
        let value = p * up + (1.0 - p) * down;
        if self.known.len() >= MAX_STATES {
            return Err(AvailabilityError::TooComplex { most: MAX_STATES, unit: "situations" });
        }
        self.known.insert((open, edge), value);
        Ok(value)
    }
}
