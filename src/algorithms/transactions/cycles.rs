//! Cycles of the conflict graph, and what they are called.
//!
//! Classes by Adya, "Weak Consistency: A Generalized Theory" (1999): only writes over writes (G0), reads of writes too
//! (G1c), one read-write conflict (G-single), more of them (G2-item, G2). Within a class, the shape gives the name.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::history::{History, Unfounded};
use super::phenomena::{Finding, Phenomenon};
use super::serial::{Dependency, Edge, Kind, dependencies};
use super::types::TxId;

impl Phenomenon {
    /// All that the committed part of a history shows, each once, from the coarsest; none exactly if it is serializable.
    /// O(conflicts³).
    ///
    /// ```
    /// use scalelab::algorithms::transactions::{Engine, Expr, Op, Phenomenon, Policy, Protocol, Row};
    /// let (x, y) = (Row::new(0, 0), Row::new(0, 1));
    /// let mut engine = Engine::new(Protocol::Snapshot, Policy::default(), [(x, Some(1)), (y, Some(1))]);
    /// for (tx, op) in [(1, Op::Read(x)), (2, Op::Read(y)), (1, Op::Write(y, Expr::Set(0))),
    ///     (2, Op::Write(x, Expr::Set(0))), (1, Op::Commit), (2, Op::Commit)] {
    ///     engine.submit(tx, op).unwrap();
    /// }
    /// let found = Phenomenon::found(&engine.history());
    /// assert_eq!((found.len(), found[0].phenomenon, found[0].cycle.len()), (1, Phenomenon::WriteSkew, 2));
    /// ```
    pub fn found(history: &History) -> Vec<Finding> {
        found(history)
    }

    /// Whether the committed part of a history shows it. The same cost as [`Phenomenon::found`].
    pub fn shows(self, history: &History) -> bool {
        Self::found(history).iter().any(|f| f.phenomenon == self)
    }
}

struct Graph {
    dependencies: Vec<Dependency>,
}

fn writes(d: &Dependency) -> bool {
    d.edge.kind == Kind::WriteWrite
}

fn reads(d: &Dependency) -> bool {
    d.edge.kind == Kind::WriteRead
}

fn anti(d: &Dependency) -> bool {
    d.edge.kind == Kind::ReadWrite
}

fn flows(d: &Dependency) -> bool {
    !anti(d)
}

fn anti_of_items(d: &Dependency) -> bool {
    anti(d) && !d.edge.predicate
}

fn of_items(d: &Dependency) -> bool {
    !(anti(d) && d.edge.predicate)
}

fn found(history: &History) -> Vec<Finding> {
    let graph = Graph { dependencies: dependencies(history) };
    let mut found: BTreeMap<Phenomenon, Vec<Edge>> = BTreeMap::new();
    for why in history.unfounded() {
        let phenomenon = match why {
            Unfounded::Uncommitted => Phenomenon::DirtyRead,
            Unfounded::Intermediate => Phenomenon::IntermediateRead,
        };
        found.entry(phenomenon).or_default();
    }
    let mut named = graph.flows_in_circles();
    named.extend(graph.single());
    named.extend(graph.skews());
    named.extend(graph.read_only(history));
    let unnamed = |phenomenon: &Phenomenon| *phenomenon == Phenomenon::OtherSingle;
    let mut met: BTreeSet<TxId> = BTreeSet::new();
    for (phenomenon, cycle) in named.iter().filter(|(p, _)| !unnamed(p)) {
        met.extend(cycle.iter().map(|e| e.from));
        found.entry(*phenomenon).or_insert_with(|| cycle.clone());
    }
    for circle in graph.circles().into_iter().filter(|c| c.is_disjoint(&met)) {
        let single = named.iter().find(|(p, cycle)| unnamed(p) && cycle.iter().any(|e| circle.contains(&e.from)));
        let (phenomenon, cycle) = single.cloned().unwrap_or_else(|| graph.other(&circle));
        found.entry(phenomenon).or_insert(cycle);
    }
    found.into_iter().map(|(phenomenon, cycle)| Finding { phenomenon, cycle }).collect()
}

type Named = (Phenomenon, Vec<Edge>);

impl Graph {
    /// A shortest way along edges of a kind; empty from one to itself.
    fn way(&self, from: TxId, to: TxId, along: impl Fn(&Dependency) -> bool) -> Option<Vec<Edge>> {
        let mut came: BTreeMap<TxId, Edge> = BTreeMap::new();
        let mut next = VecDeque::from([from]);
        while let Some(at) = next.pop_front() {
            if at == to {
                let mut way = Vec::new();
                let mut back = to;
                while back != from {
                    let edge = came[&back];
                    way.insert(0, edge);
                    back = edge.from;
                }
                return Some(way);
            }
            for d in self.dependencies.iter().filter(|d| d.edge.from == at && d.edge.to != from && along(d)) {
                if let std::collections::btree_map::Entry::Vacant(place) = came.entry(d.edge.to) {
                    place.insert(d.edge);
                    next.push_back(d.edge.to);
                }
            }
        }
        None
    }

    /// A shortest cycle that begins with one kind of edge and goes on along another.
    fn cycle(&self, first: fn(&Dependency) -> bool, along: fn(&Dependency) -> bool) -> Option<Vec<Edge>> {
        let cycles = self.dependencies.iter().filter(|d| first(d)).filter_map(|d| {
            let way = self.way(d.edge.to, d.edge.from, along)?;
            Some([d.edge].into_iter().chain(way).collect::<Vec<Edge>>())
        });
        cycles.min_by_key(Vec::len)
    }

    /// Cycles without a read-write conflict: G0 and G1c.
    fn flows_in_circles(&self) -> Vec<Named> {
        let dirty = self.cycle(writes, writes).map(|cycle| (Phenomenon::DirtyWrite, cycle));
        let flow = self.cycle(reads, flows).map(|cycle| (Phenomenon::CircularFlow, cycle));
        dirty.into_iter().chain(flow).collect()
    }

    /// Cycles with exactly one read-write conflict: G-single.
    fn single(&self) -> Vec<Named> {
        let mut found: BTreeMap<Phenomenon, Vec<Edge>> = BTreeMap::new();
        for out in self.dependencies.iter().filter(|d| anti(d)) {
            let reader = out.edge.from;
            for back in self.dependencies.iter().filter(|d| d.edge.to == reader && flows(d)) {
                let aside = |d: &Dependency| flows(d) && d.edge.to != reader;
                if let Some(way) = self.way(out.edge.to, back.edge.from, aside) {
                    let cycle: Vec<Edge> = [out.edge].into_iter().chain(way).chain([back.edge]).collect();
                    let kept = found.entry(single_name(out, back)).or_insert_with(|| cycle.clone());
                    if cycle.len() < kept.len() {
                        *kept = cycle;
                    }
                }
            }
        }
        found.into_iter().collect()
    }

    /// Cycles of nothing but read-write conflicts: of G2-item, and of G2.
    fn skews(&self) -> Vec<Named> {
        let write = self.cycle(anti_of_items, anti_of_items).map(|cycle| (Phenomenon::WriteSkew, cycle));
        let missed = |d: &Dependency| anti(d) && d.edge.predicate;
        let phantom = self.cycle(missed, anti).map(|cycle| (Phenomenon::PhantomSkew, cycle));
        write.into_iter().chain(phantom).collect()
    }

    /// Transactions that only read, saw one state, and without which there is no cycle.
    fn read_only(&self, history: &History) -> Option<Named> {
        let circles = self.circles();
        let readers = history.committed().into_iter().filter(|tx| history.final_writes(*tx).is_empty());
        readers.into_iter().find_map(|reader| {
            let circle = circles.iter().find(|c| c.contains(&reader))?;
            let rest: BTreeSet<TxId> = circle.iter().copied().filter(|tx| *tx != reader).collect();
            let from: Vec<&Dependency> = self.dependencies.iter().filter(|d| d.edge.from == reader).collect();
            let torn = from.iter().any(|d| self.way(d.edge.to, reader, flows).is_some());
            if torn || !self.circles_within(&rest).is_empty() {
                return None;
            }
            let cycles = from.iter().filter_map(|d| {
                let way = self.way(d.edge.to, reader, |_| true)?;
                Some([d.edge].into_iter().chain(way).collect::<Vec<Edge>>())
            });
            cycles.min_by_key(Vec::len).map(|cycle| (Phenomenon::ReadOnly, cycle))
        })
    }

    /// The class of a cycle without a name, of those with more than one read-write conflict.
    fn other(&self, circle: &BTreeSet<TxId>) -> Named {
        let shortest = |along: fn(&Dependency) -> bool| {
            let starts = self.dependencies.iter().filter(|d| circle.contains(&d.edge.from) && along(d));
            let cycles = starts.filter_map(|d| {
                let way = self.way(d.edge.to, d.edge.from, along)?;
                Some([d.edge].into_iter().chain(way).collect::<Vec<Edge>>())
            });
            cycles.min_by_key(Vec::len)
        };
        match shortest(of_items) {
            Some(cycle) => (Phenomenon::OtherItem, cycle),
            None => (Phenomenon::OtherPredicate, shortest(|_| true).unwrap_or_default()),
        }
    }

    /// Transactions that must come before each other, in groups.
    fn circles(&self) -> Vec<BTreeSet<TxId>> {
        let all = self.dependencies.iter().flat_map(|d| [d.edge.from, d.edge.to]).collect();
        self.circles_within(&all)
    }

    fn circles_within(&self, all: &BTreeSet<TxId>) -> Vec<BTreeSet<TxId>> {
        let within = |d: &Dependency| all.contains(&d.edge.from) && all.contains(&d.edge.to);
        let mut circles: Vec<BTreeSet<TxId>> = Vec::new();
        for tx in all {
            if circles.iter().any(|c| c.contains(tx)) {
                continue;
            }
            let both =
                |other: &TxId| self.way(*tx, *other, within).is_some() && self.way(*other, *tx, within).is_some();
            let circle: BTreeSet<TxId> = all.iter().copied().filter(both).collect();
            if circle.len() > 1 {
                circles.push(circle);
            }
        }
        circles
    }
}

/// What a cycle is called in which the reader's only read-write conflict goes out by one edge, and another leads back.
fn single_name(out: &Dependency, back: &Dependency) -> Phenomenon {
    let (same, predicate) = (out.edge.row == back.edge.row, out.edge.predicate || back.edge.predicate);
    match back.edge.kind {
        Kind::WriteRead if predicate => Phenomenon::Phantom,
        Kind::WriteRead if same => Phenomenon::FuzzyRead,
        Kind::WriteRead if back.at < out.at => Phenomenon::Vanishing,
        Kind::WriteRead => Phenomenon::ReadSkew,
        _ if same && !predicate => Phenomenon::LostUpdate,
        _ => Phenomenon::OtherSingle,
    }
}
