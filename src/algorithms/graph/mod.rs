//! Single points of failure in a graph: articulation points, dominators, and what dies with a node.
//!
//! Articulation points answer it for links that carry both ways; dominators for traffic that flows one way,
//! from a source to a sink. Both are petgraph's, and are tested against deleting each node in turn.

use std::collections::BTreeSet;

use petgraph::algo::dominators::{Dominators, simple_fast};
use petgraph::graph::{DiGraph, NodeIndex, UnGraph};

/// A directed graph whose nodes are the numbers below `nodes`.
///
/// ```
/// use scalelab::algorithms::graph::Graph;
/// // Users reach a database through one of two web servers, and both through one balancer.
/// let graph = Graph::new(5, &[(0, 1), (1, 2), (1, 3), (2, 4), (3, 4)]);
/// assert_eq!(graph.single_points(0, 4), [1]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    nodes: usize,
    edges: Vec<(usize, usize)>,
}

impl Graph {
    /// A graph with its edges; those that name a node that is not there are left out.
    #[must_use]
    pub fn new(nodes: usize, edges: &[(usize, usize)]) -> Self {
        let edges = edges.iter().copied().filter(|(a, b)| *a < nodes && *b < nodes).collect();
        Self { nodes, edges }
    }

    /// Number of nodes.
    ///
    /// ```
    /// assert_eq!(scalelab::algorithms::graph::Graph::new(3, &[]).nodes(), 3);
    /// ```
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// The edges, as given.
    ///
    /// ```
    /// let graph = scalelab::algorithms::graph::Graph::new(2, &[(0, 1), (0, 9)]);
    /// assert_eq!(graph.edges(), [(0, 1)]);
    /// ```
    pub fn edges(&self) -> &[(usize, usize)] {
        &self.edges
    }

    /// Nodes whose loss splits the graph into more parts, edges taken both ways; in order.
    ///
    /// Cost: O(nodes + edges). Source: Hopcroft and Tarjan, "Efficient algorithms for graph manipulation", 1973.
    ///
    /// ```
    /// let line = scalelab::algorithms::graph::Graph::new(3, &[(0, 1), (1, 2)]);
    /// assert_eq!(line.articulation_points(), [1]);
    /// ```
    pub fn articulation_points(&self) -> Vec<usize> {
        let mut graph = UnGraph::<(), (), usize>::with_capacity(self.nodes, self.edges.len());
        (0..self.nodes).for_each(|_| _ = graph.add_node(()));
        // A second edge between two nodes, or one from a node to itself, splits nothing and joins nothing.
        let simple: BTreeSet<(usize, usize)> =
            self.edges.iter().filter(|(a, b)| a != b).map(|(a, b)| (*a.min(b), *a.max(b))).collect();
        for (a, b) in simple {
            graph.add_edge(NodeIndex::new(a), NodeIndex::new(b), ());
        }
        let points: BTreeSet<usize> = petgraph::algo::articulation_points::articulation_points(&graph)
            .into_iter()
            .map(NodeIndex::index)
            .collect();
        points.into_iter().collect()
    }

    /// The nodes that every way from `source` to `sink` passes, in the order in which it passes them, both ends
    /// left out; none when there is no way at all.
    ///
    /// These are the strict dominators of the sink. Cost: about O(nodes + edges). Source: Cooper, Harvey and
    /// Kennedy, "A Simple, Fast Dominance Algorithm", 2001.
    ///
    /// ```
    /// let graph = scalelab::algorithms::graph::Graph::new(4, &[(0, 1), (1, 2), (2, 3)]);
    /// assert_eq!(graph.single_points(0, 3), [1, 2]);
    /// ```
    pub fn single_points(&self, source: usize, sink: usize) -> Vec<usize> {
        let Some(dominators) = self.dominators(source).filter(|_| sink < self.nodes) else { return Vec::new() };
        let strict = dominators.strict_dominators(NodeIndex::new(sink)).into_iter().flatten();
        let mut points: Vec<usize> = strict.map(NodeIndex::index).filter(|n| *n != source).collect();
        points.reverse();
        points
    }

    /// The node through which all ways from `source` to each node pass last; `None` for the source itself and for
    /// what it does not reach.
    ///
    /// ```
    /// let graph = scalelab::algorithms::graph::Graph::new(4, &[(0, 1), (0, 2), (1, 3), (2, 3)]);
    /// assert_eq!(graph.immediate_dominators(0), [None, Some(0), Some(0), Some(0)]);
    /// ```
    pub fn immediate_dominators(&self, source: usize) -> Vec<Option<usize>> {
        let dominators = self.dominators(source);
        let of = |n: usize| dominators.as_ref()?.immediate_dominator(NodeIndex::new(n)).map(NodeIndex::index);
        (0..self.nodes).map(of).collect()
    }

    /// What `source` no longer reaches when `node` is gone, the node itself left out: what dies with it.
    ///
    /// Cost: O(nodes + edges).
    ///
    /// ```
    /// let graph = scalelab::algorithms::graph::Graph::new(4, &[(0, 1), (1, 2), (0, 3)]);
    /// assert_eq!(graph.cut_off(0, 1), [2]);
    /// ```
    pub fn cut_off(&self, source: usize, node: usize) -> Vec<usize> {
        let (before, after) = (self.reachable(source, None), self.reachable(source, Some(node)));
        (0..self.nodes).filter(|n| *n != node && before[*n] && !after[*n]).collect()
    }

    /// Which nodes `source` reaches, one of them taken out if wanted.
    ///
    /// ```
    /// let graph = scalelab::algorithms::graph::Graph::new(3, &[(0, 1), (1, 2)]);
    /// assert_eq!(graph.reachable(0, Some(1)), [true, false, false]);
    /// ```
    pub fn reachable(&self, source: usize, without: Option<usize>) -> Vec<bool> {
        let mut seen = vec![false; self.nodes];
        if source >= self.nodes || without == Some(source) {
            return seen;
        }
        let next = self.neighbours();
        let mut open = vec![source];
        seen[source] = true;
        while let Some(node) = open.pop() {
            for &to in &next[node] {
                if !seen[to] && without != Some(to) {
                    seen[to] = true;
                    open.push(to);
                }
            }
        }
        seen
    }

    /// One cycle, its nodes in the order of its edges; `None` when there is none.
    ///
    /// ```
    /// use scalelab::algorithms::graph::Graph;
    /// assert_eq!(Graph::new(3, &[(0, 1), (1, 2), (2, 1)]).cycle(), Some(vec![1, 2]));
    /// assert_eq!(Graph::new(3, &[(0, 1), (1, 2)]).cycle(), None);
    /// ```
    pub fn cycle(&self) -> Option<Vec<usize>> {
        let next = self.neighbours();
        let (mut done, mut on_way) = (vec![false; self.nodes], vec![false; self.nodes]);
        for start in 0..self.nodes {
            // A way, each node with the number of its edges that were tried.
            let mut way = if done[start] { Vec::new() } else { vec![(start, 0_usize)] };
            while let Some((node, tried)) = way.last_mut() {
                let node = *node;
                on_way[node] = true;
                match next[node].get(*tried).copied() {
                    Some(to) if on_way[to] => {
                        let from = way.iter().position(|(n, _)| *n == to).unwrap_or(0);
                        return Some(way.iter().skip(from).map(|(n, _)| *n).collect());
                    }
                    Some(to) => {
                        *tried += 1;
                        if !done[to] {
                            way.push((to, 0));
                        }
                    }
                    None => {
                        (on_way[node], done[node]) = (false, true);
                        way.pop();
                    }
                }
            }
        }
        None
    }

    /// The edges by their first node.
    fn neighbours(&self) -> Vec<Vec<usize>> {
        let mut next = vec![Vec::new(); self.nodes];
        self.edges.iter().for_each(|(a, b)| next[*a].push(*b));
        next
    }

    fn dominators(&self, source: usize) -> Option<Dominators<NodeIndex<usize>>> {
        if source >= self.nodes {
            return None;
        }
        let mut graph = DiGraph::<(), (), usize>::with_capacity(self.nodes, self.edges.len());
        (0..self.nodes).for_each(|_| _ = graph.add_node(()));
        self.edges.iter().for_each(|(a, b)| _ = graph.add_edge(NodeIndex::new(*a), NodeIndex::new(*b), ()));
        Some(simple_fast(&graph, NodeIndex::new(source)))
    }
}
