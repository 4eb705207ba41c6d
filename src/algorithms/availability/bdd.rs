//! Any structure of components, exactly, by a binary decision diagram.

use std::collections::BTreeMap;

use super::{AvailabilityError, check};

/// What a system needs in order to work: components in series, in parallel, k of n, nested as one likes. A
/// component may stand in several places: it is still one component.
///
/// ```
/// use scalelab::algorithms::availability::{Bdd, Block};
/// // A bridge: 0 and 1 lead in, 3 and 4 lead out, 2 crosses. It cannot be reduced to series and parallel.
/// let way = |parts: &[usize]| Block::All(parts.iter().map(|i| Block::Part(*i)).collect());
/// let bridge = Block::Any(vec![way(&[0, 3]), way(&[1, 4]), way(&[0, 2, 4]), way(&[1, 2, 3])]);
/// let exact = Bdd::new(&bridge, 5)?.availability(&[0.9; 5])?;
/// assert!((exact - 0.978_48).abs() < 1e-12);
/// # Ok::<(), scalelab::algorithms::availability::AvailabilityError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// One component, by its number.
    Part(usize),
    /// All are needed; with none, it always works.
    All(Vec<Block>),
    /// One suffices; with none, it never works.
    Any(Vec<Block>),
    /// So many of them are needed.
    AtLeast(usize, Vec<Block>),
}

impl Block {
    /// Whether the system works when these components do. Cost: linear in the size of the structure.
    ///
    /// ```
    /// use scalelab::algorithms::availability::Block;
    /// let two_of_three = Block::AtLeast(2, (0..3).map(Block::Part).collect());
    /// assert!(two_of_three.works(&|part| part != 1) && !two_of_three.works(&|part| part == 1));
    /// ```
    pub fn works(&self, up: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Self::Part(i) => up(*i),
            Self::All(parts) => parts.iter().all(|p| p.works(up)),
            Self::Any(parts) => parts.iter().any(|p| p.works(up)),
            Self::AtLeast(k, parts) => parts.iter().filter(|p| p.works(up)).count() >= *k,
        }
    }

    /// Components whose loss alone stops the system: the single points of failure, in order. All of them when
    /// the system does not work at all.
    ///
    /// ```
    /// use scalelab::algorithms::availability::Block;
    /// let system = Block::All(vec![Block::Part(0), Block::Any(vec![Block::Part(1), Block::Part(2)])]);
    /// assert_eq!(system.single_points(3), [0]);
    /// ```
    pub fn single_points(&self, components: usize) -> Vec<usize> {
        (0..components).filter(|i| !self.works(&|part| part != *i)).collect()
    }
}

/// Most nodes of a diagram.
const MAX_NODES: usize = 400_000;
const ZERO: u32 = 0;
const ONE: u32 = 1;

/// A node: if the component works, `high`, else `low`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Node {
    level: u32,
    low: u32,
    high: u32,
}

/// A structure as a reduced ordered binary decision diagram: every question about it is then a walk over its nodes.
///
/// Source: Bryant, "Graph-Based Algorithms for Boolean Function Manipulation", 1986; Rauzy, "New algorithms for
/// fault trees analysis", 1993. The order of the components is that of their first mention.
#[derive(Clone, Debug)]
pub struct Bdd {
    nodes: Vec<Node>,
    root: u32,
    /// The component of each level.
    order: Vec<usize>,
    components: usize,
}

/// What is needed only while the diagram is built.
struct Builder {
    nodes: Vec<Node>,
    unique: BTreeMap<Node, u32>,
    done: BTreeMap<(bool, u32, u32), u32>,
    level_of: BTreeMap<usize, u32>,
}

impl Bdd {
    /// The diagram of a structure over the components with numbers below `components`.
    ///
    /// # Errors
    /// [`AvailabilityError::TooComplex`] when it would get too large: it can be exponential in the components.
    pub fn new(block: &Block, components: usize) -> Result<Self, AvailabilityError> {
        let mut order = Vec::new();
        mentioned(block, &mut order);
        let mut level_of = BTreeMap::new();
        let mut kept = Vec::new();
        for part in order {
            if let std::collections::btree_map::Entry::Vacant(entry) = level_of.entry(part) {
                entry.insert(kept.len() as u32);
                kept.push(part);
            }
        }
        let leaf = Node { level: u32::MAX, low: ZERO, high: ZERO };
        let mut builder = Builder { nodes: vec![leaf, leaf], unique: BTreeMap::new(), done: BTreeMap::new(), level_of };
        let root = builder.build(block)?;
        let components = components.max(kept.iter().map(|p| p + 1).max().unwrap_or(0));
        Ok(Self { nodes: builder.nodes, root, order: kept, components })
    }

    /// Number of nodes.
    ///
    /// ```
    /// use scalelab::algorithms::availability::{Bdd, Block};
    /// assert_eq!(Bdd::new(&Block::Part(0), 1)?.len(), 3); // one question, two answers
    /// # Ok::<(), scalelab::algorithms::availability::AvailabilityError>(())
    /// ```
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether it asks nothing: the system always works, or never.
    ///
    /// ```
    /// use scalelab::algorithms::availability::{Bdd, Block};
    /// assert!(Bdd::new(&Block::All(vec![]), 0)?.is_empty());
    /// # Ok::<(), scalelab::algorithms::availability::AvailabilityError>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.root <= ONE
    }

    /// The system's availability, given each component's. Exact; linear in the nodes.
    ///
    /// # Errors
    /// [`AvailabilityError::BadProbability`].
    ///
    /// ```
    /// use scalelab::algorithms::availability::{Bdd, Block};
    /// let pair = Bdd::new(&Block::Any(vec![Block::Part(0), Block::Part(1)]), 2)?;
    /// assert!((pair.availability(&[0.99, 0.99])? - 0.9999).abs() < 1e-12);
    /// # Ok::<(), scalelab::algorithms::availability::AvailabilityError>(())
    /// ```
    pub fn availability(&self, probabilities: &[f64]) -> Result<f64, AvailabilityError> {
        check(probabilities, self.components)?;
        Ok(self.values(probabilities)[self.root as usize])
    }

    /// How much each component matters (Birnbaum's importance): the system's availability with the component
    /// always up, less that with it always down. 1 for a single point of failure whose all else works, 0 for a
    /// component that changes nothing. Linear in the nodes for all components together.
    ///
    /// # Errors
    /// [`AvailabilityError::BadProbability`].
    ///
    /// ```
    /// use scalelab::algorithms::availability::{Bdd, Block};
    /// let line = Bdd::new(&Block::All(vec![Block::Part(0), Block::Part(1)]), 2)?;
    /// assert_eq!(line.importance(&[0.5, 0.9])?, [0.9, 0.5]);
    /// # Ok::<(), scalelab::algorithms::availability::AvailabilityError>(())
    /// ```
    pub fn importance(&self, probabilities: &[f64]) -> Result<Vec<f64>, AvailabilityError> {
        check(probabilities, self.components)?;
        let values = self.values(probabilities);
        let mut reached = vec![0.0; self.nodes.len()];
        reached[self.root as usize] = 1.0;
        let mut importance = vec![0.0; self.components];
        // A node is made after those below it, so from the end on every node comes before those below.
        for (i, node) in self.nodes.iter().enumerate().skip(2).rev() {
            let part = self.order[node.level as usize];
            let p = probabilities[part];
            importance[part] += reached[i] * (values[node.high as usize] - values[node.low as usize]);
            reached[node.high as usize] += reached[i] * p;
            reached[node.low as usize] += reached[i] * (1.0 - p);
        }
        Ok(importance)
    }

    /// The chance to work from each node on.
    fn values(&self, probabilities: &[f64]) -> Vec<f64> {
        let mut values = vec![0.0; self.nodes.len()];
        values[ONE as usize] = 1.0;
        for (i, node) in self.nodes.iter().enumerate().skip(2) {
            let p = probabilities[self.order[node.level as usize]];
            values[i] = p * values[node.high as usize] + (1.0 - p) * values[node.low as usize];
        }
        values
    }
}

fn mentioned(block: &Block, order: &mut Vec<usize>) {
    match block {
        Block::Part(i) => order.push(*i),
        Block::All(parts) | Block::Any(parts) | Block::AtLeast(_, parts) => {
            parts.iter().for_each(|p| mentioned(p, order));
        }
    }
}

impl Builder {
    fn build(&mut self, block: &Block) -> Result<u32, AvailabilityError> {
        match block {
            Block::Part(i) => {
                let level = self.level_of.get(i).copied().unwrap_or(0);
                self.node(Node { level, low: ZERO, high: ONE })
            }
            Block::All(parts) => self.fold(parts, true),
            Block::Any(parts) => self.fold(parts, false),
            Block::AtLeast(k, parts) => self.at_least(*k, parts),
        }
    }

    fn fold(&mut self, parts: &[Block], all: bool) -> Result<u32, AvailabilityError> {
        let mut result = if all { ONE } else { ZERO };
        for part in parts {
            let next = self.build(part)?;
            result = self.join(all, result, next)?;
        }
        Ok(result)
    }

    /// `at_least[j]` after each part: j of the parts seen work, or more.
    fn at_least(&mut self, k: usize, parts: &[Block]) -> Result<u32, AvailabilityError> {
        if k > parts.len() {
            return Ok(ZERO);
        }
        let mut at_least = vec![ZERO; k + 1];
        at_least[0] = ONE;
        for part in parts {
            let part = self.build(part)?;
            for j in (1..=k).rev() {
                let with = self.join(true, part, at_least[j - 1])?;
                at_least[j] = self.join(false, at_least[j], with)?;
            }
        }
        Ok(at_least[k])
    }

    /// `a and b`, or `a or b`.
    fn join(&mut self, and: bool, a: u32, b: u32) -> Result<u32, AvailabilityError> {
        let (neutral, final_) = if and { (ONE, ZERO) } else { (ZERO, ONE) };
        match (a, b) {
            _ if a == final_ || b == final_ => return Ok(final_),
            _ if a == neutral || a == b => return Ok(b),
            _ if b == neutral => return Ok(a),
            _ => {}
        }
        let key = (and, a.min(b), a.max(b));
        if let Some(done) = self.done.get(&key) {
            return Ok(*done);
        }
        let (x, y) = (self.nodes[a as usize], self.nodes[b as usize]);
        let level = x.level.min(y.level);
        let below = |n: Node, i: u32| if n.level == level { (n.low, n.high) } else { (i, i) };
        let ((low_a, high_a), (low_b, high_b)) = (below(x, a), below(y, b));
        let low = self.join(and, low_a, low_b)?;
        let high = self.join(and, high_a, high_b)?;
        let result = self.node(Node { level, low, high })?;
        if self.done.len() >= 8 * MAX_NODES {
            return Err(too_complex());
        }
        self.done.insert(key, result);
        Ok(result)
    }

    fn node(&mut self, node: Node) -> Result<u32, AvailabilityError> {
        if node.low == node.high {
            return Ok(node.low);
        }
        if let Some(known) = self.unique.get(&node) {
            return Ok(*known);
        }
        if self.nodes.len() >= MAX_NODES {
            return Err(too_complex());
        }
        let index = self.nodes.len() as u32;
        self.nodes.push(node);
        self.unique.insert(node, index);
        Ok(index)
    }
}

fn too_complex() -> AvailabilityError {
    AvailabilityError::TooComplex { most: MAX_NODES, unit: "nodes of a decision diagram" }
}
