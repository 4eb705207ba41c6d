//! Names of anomalies: every history that is not serializable has one, and each is what its definition says, checked by
//! a classifier that shares no code with the library's.
#![expect(clippy::expect_used, reason = "a test says why it fails")]

use std::collections::{BTreeMap, BTreeSet};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use scalelab::algorithms::transactions::serial::{self, Edge, Kind, Order};
use scalelab::algorithms::transactions::{
    Engine, Expr, Finding, History, Op, Phenomenon as P, Policy, Predicate, Protocol, Row, Status, TxId, What,
};

type Value = Option<i64>;

fn row(number: u16) -> Row {
    Row::new(0, number)
}

/// A random operation on three rows; the third does not exist at first.
fn operation(rng: &mut ChaCha8Rng) -> Op {
    let (at, value) = (row(rng.random_range(0..3)), rng.random_range(1..40));
    match rng.random_range(0..16) {
        0..=4 => Op::Read(at),
        5..=7 => Op::Write(at, Expr::Set(value)),
        8 => Op::Write(at, Expr::Plus(at, value)),
        9 => Op::Write(at, Expr::Add(value)),
        10 => Op::Write(at, Expr::Insert(value)),
        11 => Op::Write(at, Expr::Delete),
        12 => Op::ReadForUpdate(at),
        13 => Op::Scan(0, Predicate::All),
        _ => Op::Scan(0, Predicate::MultipleOf(2)),
    }
}

/// A random history of two to four transactions, each committed or aborted.
fn history(protocol: Protocol, rng: &mut ChaCha8Rng) -> History {
    let rows = [(row(0), Some(10)), (row(1), Some(20)), (row(2), None)];
    let mut engine = Engine::new(protocol, Policy::default(), rows);
    let many = rng.random_range(2..=4_u32);
    let mut left: Vec<(TxId, usize)> = (1..=many).map(|tx| (tx, rng.random_range(2..=5))).collect();
    while left.iter().any(|(tx, _)| engine.status(*tx).is_none_or(|s| s == Status::Active)) {
        let at = rng.random_range(0..left.len());
        let (tx, ops) = left[at];
        if engine.status(tx).is_some_and(|s| s != Status::Active) {
            continue;
        }
        let op = match ops {
            0 if rng.random_ratio(1, 8) => Op::Abort,
            0 => Op::Commit,
            _ => operation(rng),
        };
        left[at].1 = ops.saturating_sub(1);
        engine.submit(tx, op).expect("it is active");
    }
    engine.history()
}

/// What a read by `tx` of a writer's version depends on, and what depends on it: the version itself and the next one, or
/// of a read that asked for rows and did not find this one, the last change to what matches and the next one.
fn around(tx: TxId, writer: TxId, list: &[(TxId, Value)], asks: Option<Predicate>) -> Vec<(TxId, TxId, Kind)> {
    let Some(place) = list.iter().position(|(w, _)| *w == writer) else { return Vec::new() };
    let matches = |value: Value| asks.is_none_or(|p| p.matches(value));
    let mut made = place;
    while asks.is_some() && made > 0 && !matches(list[made].1) && !matches(list[made - 1].1) {
        made -= 1;
    }
    let later = list[place + 1..].iter().take_while(|(w, _)| *w != tx);
    let next = later.into_iter().find(|(_, value)| matches(*value));
    let before = (list[made].0, tx, Kind::WriteRead);
    [before].into_iter().chain(next.map(|(w, _)| (tx, *w, Kind::ReadWrite))).collect()
}

/// The classifier: dependencies by definition, reachability by repeated squaring of a relation.
struct Classifier {
    edges: BTreeSet<(TxId, TxId, Kind, Row, bool)>,
    dirty: bool,
    intermediate: bool,
}

impl Classifier {
    fn of(history: &History) -> Self {
        let committed: BTreeSet<TxId> = history.committed().into_iter().collect();
        // Of each writer the last version counts; the order is that of the versions.
        let mut order: BTreeMap<Row, Vec<(TxId, Value)>> = BTreeMap::new();
        for (row, versions) in &history.versions {
            let list = order.entry(*row).or_default();
            for (version, value) in versions {
                list.retain(|(writer, _)| *writer != version.writer);
                list.push((version.writer, *value));
            }
        }
        let mut this = Self { edges: BTreeSet::new(), dirty: false, intermediate: false };
        let mut link = |from: TxId, to: TxId, kind, row, predicate| {
            if from != to && committed.contains(&from) && committed.contains(&to) {
                this.edges.insert((from, to, kind, row, predicate));
            }
        };
        for (row, list) in &order {
            list.windows(2).for_each(|pair| link(pair[0].0, pair[1].0, Kind::WriteWrite, *row, false));
        }
        let mut last: BTreeMap<(TxId, Row), (u32, Value)> = BTreeMap::new();
        for event in &history.events {
            if let What::Write { seen, .. } = event.what {
                last.insert((event.tx, seen.row), (seen.version.nth, seen.value));
            }
        }
        let (mut dirty, mut intermediate) = (false, false);
        let mut wrote: BTreeSet<(TxId, Row)> = BTreeSet::new();
        for event in history.events.iter().filter(|e| committed.contains(&e.tx)) {
            let (reads, asks): (Vec<_>, Option<Predicate>) = match &event.what {
                What::Read(seen) => (vec![*seen], None),
                What::Missed(seen) => (vec![*seen], Some(Predicate::All)),
                What::Scan { predicate, seen, .. } => (seen.clone(), Some(*predicate)),
                What::Write { seen, over, .. } => {
                    wrote.insert((event.tx, seen.row));
                    let (writer, there) = (over.version.writer, over.value.is_some());
                    if writer != 0 && writer != event.tx {
                        dirty |= !committed.contains(&writer);
                        let left = last.get(&(writer, over.row)).map(|(_, value)| value.is_some());
                        intermediate |= committed.contains(&writer) && left != Some(there);
                    }
                    continue;
                }
                _ => continue,
            };
            let missed = matches!(event.what, What::Missed(_));
            for seen in reads.into_iter().filter(|s| s.version.writer != event.tx) {
                let (writer, at) = (seen.version.writer, seen.row);
                dirty |= writer != 0 && !committed.contains(&writer);
                if let Some((nth, value)) = last.get(&(writer, at)).filter(|_| committed.contains(&writer)) {
                    let same = if missed { value.is_none() == seen.value.is_none() } else { *nth == seen.version.nth };
                    intermediate |= !same;
                }
                if wrote.contains(&(event.tx, at)) {
                    link(event.tx, writer, Kind::WriteWrite, at, false);
                }
                let asks = asks.filter(|p| !p.matches(seen.value));
                for (from, to, kind) in around(event.tx, writer, &order[&at], asks) {
                    link(from, to, kind, at, asks.is_some());
                }
            }
        }
        (this.dirty, this.intermediate) = (dirty, intermediate);
        this
    }

    /// Who leads to whom along edges of some kinds.
    fn closure(&self, along: impl Fn(Kind, bool) -> bool) -> BTreeSet<(TxId, TxId)> {
        let mut pairs: BTreeSet<(TxId, TxId)> =
            self.edges.iter().filter(|e| along(e.2, e.4)).map(|e| (e.0, e.1)).collect();
        loop {
            let further: Vec<(TxId, TxId)> =
                pairs.iter().flat_map(|a| pairs.iter().filter(|b| a.1 == b.0).map(|b| (a.0, b.1))).collect();
            let before = pairs.len();
            pairs.extend(further);
            if pairs.len() == before {
                return pairs;
            }
        }
    }

    fn circles(&self, along: impl Fn(Kind, bool) -> bool) -> BTreeSet<TxId> {
        self.closure(along).into_iter().filter(|(a, b)| a == b).map(|(a, _)| a).collect()
    }
}

fn count(cycle: &[Edge], kind: Kind) -> usize {
    cycle.iter().filter(|e| e.kind == kind).count()
}

/// Whether a cycle is what its name says.
fn fits(finding: &Finding, history: &History, classifier: &Classifier) -> bool {
    let cycle = &finding.cycle;
    if matches!(finding.phenomenon, P::DirtyRead | P::IntermediateRead) {
        return cycle.is_empty();
    }
    let closed = cycle.iter().zip(cycle.iter().cycle().skip(1)).all(|(a, b)| a.to == b.from);
    let there = cycle.iter().all(|e| classifier.edges.contains(&(e.from, e.to, e.kind, e.row, e.predicate)));
    let members: BTreeSet<TxId> = cycle.iter().map(|e| e.from).collect();
    if !closed || !there || cycle.len() < 2 || members.len() != cycle.len() {
        return false;
    }
    let anti = count(cycle, Kind::ReadWrite);
    let misses = cycle.iter().any(|e| e.predicate && e.kind == Kind::ReadWrite);
    // Of a cycle with one read-write conflict: the edge out of the reader, and the one back to it.
    let (out, back) = (cycle[0], cycle[cycle.len() - 1]);
    let single = anti == 1 && out.kind == Kind::ReadWrite;
    let (read_back, same_row) = (back.kind == Kind::WriteRead, out.row == back.row);
    let predicate = out.predicate || back.predicate;
    match finding.phenomenon {
        P::DirtyWrite => count(cycle, Kind::WriteWrite) == cycle.len(),
        P::CircularFlow => anti == 0 && count(cycle, Kind::WriteRead) > 0,
        P::FuzzyRead => single && read_back && same_row && !predicate,
        P::Phantom => single && read_back && predicate,
        P::ReadSkew | P::Vanishing => single && read_back && !same_row && !predicate,
        P::LostUpdate => single && back.kind == Kind::WriteWrite && same_row && !predicate,
        P::OtherSingle => single && back.kind == Kind::WriteWrite,
        P::WriteSkew => anti == cycle.len() && !misses,
        P::PhantomSkew => anti == cycle.len() && misses,
        P::ReadOnly => anti >= 2 && members.iter().any(|tx| history.final_writes(*tx).is_empty()),
        P::OtherItem => anti >= 2 && !misses,
        P::OtherPredicate => anti >= 2 && misses,
        P::DirtyRead | P::IntermediateRead => false,
    }
}

#[test]
fn every_history_that_is_not_serializable_has_a_name_and_each_name_fits() {
    let (mut named, mut broken) = (BTreeSet::new(), BTreeMap::new());
    for protocol in Protocol::ALL {
        let mut rng = ChaCha8Rng::seed_from_u64(15);
        for _ in 0..1_500 {
            let history = history(protocol, &mut rng);
            let (found, classifier) = (P::found(&history), Classifier::of(&history));
            let names: BTreeSet<P> = found.iter().map(|f| f.phenomenon).collect();
            let what = || format!("{protocol:?}: {found:?}\n{:#?}\n{:?}", history.events, history.versions);
            // Nameless or not: the verdict, the classifier's graph, and brute force.
            let all = classifier.circles(|_, _| true);
            let bad = classifier.dirty || classifier.intermediate || !all.is_empty();
            assert_eq!(!found.is_empty(), bad, "{}", what());
            assert_eq!(serial::serializable(&history), !bad, "{}", what());
            assert!(bad || matches!(serial::order(&history), Order::Serial(_)), "{}", what());
            assert!(!bad || !protocol.serializable(), "{}", what());
            // Each name is what it says, and every circle has one.
            assert!(found.iter().all(|f| fits(f, &history, &classifier)), "{}", what());
            let met: BTreeSet<TxId> = found.iter().flat_map(|f| f.cycle.iter().map(|e| e.from)).collect();
            let groups = classifier.closure(|_, _| true);
            let reached =
                |tx: &TxId| met.iter().any(|m| m == tx || groups.contains(&(*tx, *m)) && groups.contains(&(*m, *tx)));
            assert!(all.iter().all(reached), "{}", what());
            // The classes that have exactly one name.
            let is = |kind| move |k: Kind, _: bool| k == kind;
            assert_eq!(names.contains(&P::DirtyRead), classifier.dirty, "{}", what());
            assert_eq!(names.contains(&P::IntermediateRead), classifier.intermediate, "{}", what());
            let writes = !classifier.circles(is(Kind::WriteWrite)).is_empty();
            assert_eq!(names.contains(&P::DirtyWrite), writes, "{}", what());
            let flow = classifier.closure(|k, _| k != Kind::ReadWrite);
            let flows = classifier.edges.iter().any(|e| e.2 == Kind::WriteRead && flow.contains(&(e.1, e.0)));
            assert_eq!(names.contains(&P::CircularFlow), flows, "{}", what());
            let skews = !classifier.circles(|k, predicate| k == Kind::ReadWrite && !predicate).is_empty();
            assert_eq!(names.contains(&P::WriteSkew), skews, "{}", what());
            let anti = classifier.closure(is(Kind::ReadWrite));
            let phantoms = classifier.edges.iter().any(|e| e.2 == Kind::ReadWrite && e.4 && anti.contains(&(e.1, e.0)));
            assert_eq!(names.contains(&P::PhantomSkew), phantoms, "{}", what());
            // A reader that saw two states is not a read-only anomaly's.
            if names.contains(&P::ReadOnly) {
                let sound = |tx: TxId| {
                    let out = classifier.edges.iter().filter(|e| e.0 == tx && e.2 == Kind::ReadWrite);
                    history.final_writes(tx).is_empty() && !out.into_iter().any(|e| flow.contains(&(e.1, tx)))
                };
                assert!(all.iter().any(|tx| sound(*tx)), "{}", what());
            }
            *broken.entry(protocol).or_insert(0) += usize::from(bad);
            named.extend(names);
        }
    }
    for protocol in Protocol::ALL.into_iter().filter(|p| !p.serializable()) {
        assert!(broken[&protocol] >= 5, "{protocol:?} breaks too few to say anything: {broken:?}");
    }
    let others = [P::OtherSingle, P::OtherItem];
    let unmet: Vec<P> = P::ALL.into_iter().chain(others).filter(|p| !named.contains(p)).collect();
    assert_eq!(unmet, [], "no history showed these");
}
