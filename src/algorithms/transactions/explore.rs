//! Every order in which transactions can be run.

use super::cases::Case;
use super::engine::{Engine, Status};
use super::history::History;
use super::policy::Policy;
use super::serial;
use super::types::{Op, Protocol, Row, TxId};

/// In how many orders programs of these lengths can be interleaved, if nobody ever waits: (Σn)! / Πn!. `None` when that
/// is more than a `u128` holds.
///
/// ```
/// use scalelab::algorithms::transactions::interleavings;
/// assert_eq!((interleavings(&[3, 3]), interleavings(&[3, 3, 3])), (Some(20), Some(1680)));
/// ```
pub fn interleavings(lengths: &[usize]) -> Option<u128> {
    let (mut all, mut ways) = (0_u128, 1_u128);
    for length in lengths {
        for i in 1..=*length as u128 {
            all += 1;
            // Always whole: a product of binomial coefficients.
            ways = ways.checked_mul(all)? / i;
        }
    }
    Some(ways)
}

/// What an exploration found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exploration {
    /// Orders that were run to their end.
    pub schedules: u64,
    /// Whether these are all.
    pub finished: bool,
    /// Orders in which what one looked for shows.
    pub showing: u64,
    /// Orders whose committed transactions are serializable.
    pub serializable: u64,
    /// Orders in which somebody was aborted without asking for it.
    pub aborting: u64,
    /// Orders in which somebody waited.
    pub waiting: u64,
    /// Orders in which some wait for each other for good.
    pub stuck: u64,
    /// A showing order with the fewest switches between transactions: who goes on at each step.
    pub example: Option<Vec<TxId>>,
    switches: usize,
}

struct Walk<'a> {
    programs: &'a [(TxId, Vec<Op>)],
    most: u64,
    shows: &'a dyn Fn(&History) -> bool,
    goes_on: &'a dyn Fn() -> bool,
    stopped: bool,
    found: Exploration,
}

/// Runs the programs in every order, up to `most` orders, and counts those whose history `shows` something. Who waits is
/// passed over until it may go on; who is aborted does nothing more.
///
/// Cost: one clone of the engine a step.
///
/// ```
/// use scalelab::algorithms::transactions::{Case, Phenomenon, Policy, Protocol, case, explore};
/// let programs: Vec<_> = case(Phenomenon::LostUpdate).numbered().map(|(tx, ops)| (tx, ops.to_vec())).collect();
/// let lost = |h: &_| Phenomenon::LostUpdate.shows(h);
/// let free = explore(Protocol::Nothing, Policy::default(), &Case::rows(), &programs, 1_000, &lost);
/// // Of 20 orders, the 2 serial ones and those that only commit late lose nothing.
/// assert_eq!((free.schedules, free.finished), (20, true));
/// assert!(free.showing > 0);
/// let locked = explore(Protocol::TwoPhase, Policy::default(), &Case::rows(), &programs, 1_000, &lost);
/// assert_eq!(locked.showing, 0);
/// ```
pub fn explore(
    protocol: Protocol,
    policy: Policy,
    rows: &[(Row, Option<i64>)],
    programs: &[(TxId, Vec<Op>)],
    most: u64,
    shows: &dyn Fn(&History) -> bool,
) -> Exploration {
    explore_while(protocol, policy, rows, programs, most, shows, &|| true)
}

/// The same as long as `goes_on` says so, which is called after each order: what was found until then is not finished.
pub fn explore_while(
    protocol: Protocol,
    policy: Policy,
    rows: &[(Row, Option<i64>)],
    programs: &[(TxId, Vec<Op>)],
    most: u64,
    shows: &dyn Fn(&History) -> bool,
    goes_on: &dyn Fn() -> bool,
) -> Exploration {
    let found = Exploration { finished: true, ..Exploration::default() };
    let mut walk = Walk { programs, most, shows, goes_on, stopped: false, found };
    let engine = Engine::new(protocol, policy, rows.iter().copied());
    walk.go(&engine, &vec![0; programs.len()], &mut Vec::new());
    walk.found
}

impl Walk<'_> {
    fn go(&mut self, engine: &Engine, done: &[usize], path: &mut Vec<TxId>) {
        let mut ended = true;
        for (i, (tx, ops)) in self.programs.iter().enumerate() {
            let ready = engine.status(*tx).is_none_or(|s| s == Status::Active);
            let Some(op) = ops.get(done[i]).filter(|_| ready) else { continue };
            ended = false;
            if self.stopped || self.found.schedules >= self.most {
                self.found.finished = false;
                return;
            }
            let (mut next, mut further) = (engine.clone(), done.to_vec());
            // Who is active may do anything: nothing is refused.
            if next.submit(*tx, *op).is_err() {
                continue;
            }
            further[i] += 1;
            path.push(*tx);
            self.go(&next, &further, path);
            path.pop();
        }
        if ended {
            self.judge(engine, path);
        }
    }

    fn judge(&mut self, engine: &Engine, path: &[TxId]) {
        let history = engine.history();
        let found = &mut self.found;
        found.schedules += 1;
        self.stopped = !(self.goes_on)();
        found.serializable += u64::from(serial::serializable(&history));
        found.waiting += u64::from(engine.waits() > 0);
        found.stuck += u64::from(self.programs.iter().any(|(tx, _)| engine.status(*tx) == Some(Status::Waiting)));
        let unasked = history.aborted().iter().any(|(_, reason)| *reason != super::types::Reason::Asked);
        found.aborting += u64::from(unasked);
        if (self.shows)(&history) {
            found.showing += 1;
            let switches = path.windows(2).filter(|w| w[0] != w[1]).count();
            if found.example.is_none() || switches < found.switches {
                (found.example, found.switches) = (Some(path.to_vec()), switches);
            }
        }
    }
}

/// Whether a protocol lets a phenomenon happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether some order shows it.
    pub possible: bool,
    /// All that was found.
    pub exploration: Exploration,
}

/// Runs a case in every order under a protocol.
///
/// ```
/// use scalelab::algorithms::transactions::{Phenomenon, Protocol, case, judge};
/// assert!(judge(case(Phenomenon::WriteSkew), Protocol::Snapshot).possible);
/// assert!(!judge(case(Phenomenon::WriteSkew), Protocol::Serializable).possible);
/// ```
pub fn judge(case: &Case, protocol: Protocol) -> Verdict {
    let programs: Vec<(TxId, Vec<Op>)> = case.numbered().map(|(tx, ops)| (tx, ops.to_vec())).collect();
    let shows = |history: &History| case.phenomenon.shows(history);
    let exploration = explore(protocol, Policy::default(), &Case::rows(), &programs, 100_000, &shows);
    Verdict { possible: exploration.showing > 0, exploration }
}
