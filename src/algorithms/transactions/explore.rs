//! Every order in which transactions can be run.

use super::cases::Case;
use super::engine::{Engine, Status};
use super::history::History;
use super::policy::Policy;
use super::serial;
use super::types::{Op, Protocol, Row, TxId};
use crate::algorithms::explore::{Model, Ways};

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

/// Programs of transactions over the same rows, as a [`Model`]: at each step one of them goes on. Who waits is passed over
/// until it may go on; who is aborted does nothing more.
///
/// A state holds all that happened, so it hardly ever comes again in another order: [`explore`] goes through the ways one
/// by one ([`Ways`]). Cost of a step: one clone of the engine.
///
/// ```
/// use scalelab::algorithms::explore::{Model, Search};
/// use scalelab::algorithms::transactions::{Case, Engine, Orders, Phenomenon, Policy, Protocol, case};
/// let programs: Vec<_> = case(Phenomenon::LostUpdate).numbered().map(|(tx, ops)| (tx, ops.to_vec())).collect();
/// let orders = Orders::new(Engine::new(Protocol::Nothing, Policy::default(), Case::rows()), &programs);
/// // Of all states, those at the end of the 20 orders lead nowhere.
/// assert_eq!(Search::run(&orders, 1_000).ways().len(), 20);
/// ```
#[derive(Clone, Debug)]
pub struct Orders<'a> {
    engine: Engine,
    programs: &'a [(TxId, Vec<Op>)],
}

impl<'a> Orders<'a> {
    /// Programs that begin where an engine stands.
    pub fn new(engine: Engine, programs: &'a [(TxId, Vec<Op>)]) -> Self {
        Self { engine, programs }
    }
}

/// How far an order has come.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Progress {
    /// What the transactions did.
    pub engine: Engine,
    /// How many operations of each program are done.
    pub done: Vec<usize>,
}

impl Model for Orders<'_> {
    type State = Progress;
    type Action = TxId;

    fn initial(&self) -> Vec<Progress> {
        vec![Progress { engine: self.engine.clone(), done: vec![0; self.programs.len()] }]
    }

    fn actions(&self, Progress { engine, done }: &Progress, actions: &mut Vec<TxId>) {
        let left = self.programs.iter().zip(done).filter(|((_, ops), done)| **done < ops.len());
        let ready = |tx: &TxId| engine.status(*tx).is_none_or(|s| s == Status::Active);
        actions.extend(left.map(|((tx, _), _)| *tx).filter(ready));
    }

    fn next(&self, state: &Progress, tx: &TxId) -> Option<Progress> {
        let program = self.programs.iter().position(|(other, _)| other == tx)?;
        let op = self.programs[program].1.get(state.done[program])?;
        let mut next = state.clone();
        // Who is active may do anything: nothing is refused.
        next.engine.submit(*tx, *op).ok()?;
        next.done[program] += 1;
        Some(next)
    }
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
    let orders = Orders::new(Engine::new(protocol, policy, rows.iter().copied()), programs);
    let (mut ways, mut found, mut on) = (Ways::new(&orders), Exploration::default(), true);
    while on
        && found.schedules < most
        && let Some((way, end)) = ways.advance()
    {
        on = goes_on();
        found.add(&end.engine, programs, way, shows);
    }
    found.finished = ways.finished();
    found
}

impl Exploration {
    /// Judges one more order by where it ends.
    fn add(&mut self, engine: &Engine, programs: &[(TxId, Vec<Op>)], way: &[TxId], shows: &dyn Fn(&History) -> bool) {
        let history = engine.history();
        self.schedules += 1;
        self.serializable += u64::from(serial::serializable(&history));
        self.waiting += u64::from(engine.waits() > 0);
        self.stuck += u64::from(programs.iter().any(|(tx, _)| engine.status(*tx) == Some(Status::Waiting)));
        let unasked = history.aborted().iter().any(|(_, reason)| *reason != super::types::Reason::Asked);
        self.aborting += u64::from(unasked);
        if shows(&history) {
            self.showing += 1;
            let switches = way.windows(2).filter(|w| w[0] != w[1]).count();
            if self.example.is_none() || switches < self.switches {
                (self.example, self.switches) = (Some(way.to_vec()), switches);
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
