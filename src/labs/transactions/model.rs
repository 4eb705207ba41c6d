//! The transactions lab's state machine.

use std::collections::VecDeque;
use std::sync::Arc;

use super::command::{Anomaly, Fix, ProtocolName, TransactionsCommand};
use super::contest::Contest;
use super::facts::TransactionsFacts;
use super::names::{self, MAX_TX, ROWS, name, refused};
use super::narrate;
use super::script::{self, Explored, Script};
use super::verdict::Findings;
use crate::algorithms::transactions::{
    AnomalyTable, Case, Engine, EngineError, Notice, Op, Phenomenon, Policy, Protocol, Reason, Row, Status, Told, TxId,
    judge,
};
use crate::engine::{Clocked, Event, Micros, ModelError, Property, Setup, interrupt};

/// Time between two operations that play by themselves.
pub const MOVE_US: Micros = 700_000;
/// Time in which what an operation changed comes to rest.
pub const UNFOLD_US: Micros = 500_000;
/// How far one step of the clock goes.
const STEP_US: Micros = 250_000;
/// Most operations of a run.
pub const MAX_OPS: usize = 120;

/// Something that was told, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub at_us: Micros,
    /// To which transaction.
    pub tx: TxId,
    /// What.
    pub told: Told,
}

/// The state of the transactions lab.
#[derive(Clone, Debug)]
pub struct TransactionsModel {
    pub(super) engine: Engine,
    pub(super) initial: Vec<Option<i64>>,
    /// All that was told, in order.
    pub(super) trace: Vec<Step>,
    /// Operations that were submitted, in order.
    pub(super) submitted: Vec<(TxId, Op)>,
    /// The loaded transactions.
    pub(super) script: Option<Script>,
    pub(super) case: Option<Phenomenon>,
    agenda: VecDeque<TxId>,
    next_move_us: Micros,
    pub(super) deadlocks: u64,
    /// The cycle that was broken last, and when.
    pub(super) last_cycle: Option<(Micros, Vec<TxId>)>,
    pub(super) findings: Arc<Findings>,
    pub(super) explored: Option<Arc<Explored>>,
    pub(super) table: Option<Arc<AnomalyTable>>,
    pub(super) contest: Option<Arc<Contest>>,
    seed: u64,
    settled_us: Micros,
}

impl TransactionsModel {
    /// Everything from the start, but for the protocol, the policy and the rows' first values.
    fn afresh(&mut self, protocol: Protocol, policy: Policy) {
        let cells = self.cells();
        self.engine = Engine::new(protocol, policy, cells);
        self.trace.clear();
        self.submitted.clear();
        (self.script, self.case, self.last_cycle, self.explored) = (None, None, None, None);
        self.agenda.clear();
        self.deadlocks = 0;
        self.findings = Arc::default();
    }

    pub(super) fn cells(&self) -> Vec<(Row, Option<i64>)> {
        (0..).zip(&self.initial).map(|(row, value)| (Row::new(0, row), *value)).collect()
    }

    /// An operation that somebody gave by hand: what plays by itself stops.
    fn by_hand(&mut self, now: Micros, tx: &str, op: Op, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let tx = names::tx(tx)?;
        self.agenda.clear();
        self.script = None;
        self.submit(now, tx, op, log)
    }

    pub(super) fn submit(&mut self, now: Micros, tx: TxId, op: Op, log: &mut Vec<Event>) -> Result<(), ModelError> {
        if self.submitted.len() >= MAX_OPS {
            let problem = format!("this run has {MAX_OPS} operations, the most that are drawn");
            return Err(ModelError::new(problem, "start afresh with `reset`"));
        }
        let earlier = self.engine.advance(now);
        self.hear(now, earlier, log);
        let notices = self.engine.submit(tx, op).map_err(|e| self.refusal(&e))?;
        self.submitted.push((tx, op));
        self.explored = None;
        self.hear(now, notices, log);
        self.settled_us = now + UNFOLD_US;
        Ok(())
    }

    /// A refusal; who waits for others that wait, too, is told what helps.
    fn refusal(&self, error: &EngineError) -> ModelError {
        match error {
            EngineError::Waits { tx, blockers }
                if blockers.iter().all(|b| self.engine.status(*b) == Some(Status::Waiting)) =>
            {
                let who: Vec<String> = blockers.iter().map(|b| name(*b)).collect();
                let problem = format!("{} waits for {}, and so on in turn", name(*tx), who.join(", "));
                ModelError::new(problem, format!("they wait, too: `abort {}`, or choose a `policy`", name(*tx)))
            }
            other => refused(other),
        }
    }

    fn hear(&mut self, now: Micros, notices: Vec<Notice>, log: &mut Vec<Event>) {
        if notices.is_empty() {
            return;
        }
        let died =
            |tx: TxId| notices.iter().any(|n| n.tx == tx && matches!(n.told, Told::Aborted(Reason::Died { .. })));
        let at_once: Vec<TxId> = notices.iter().map(|n| n.tx).filter(|tx| died(*tx)).collect();
        for Notice { tx, told } in notices {
            if let Told::Deadlock(cycle) = &told {
                self.deadlocks += 1;
                self.last_cycle = Some((now, cycle.clone()));
            }
            // Who dies instead of waiting is not said to wait.
            if !(at_once.contains(&tx) && matches!(told, Told::Waits(..))) {
                narrate::told(self, now, tx, &told, log);
            }
            self.trace.push(Step { at_us: now, tx, told });
        }
        let before = Arc::clone(&self.findings);
        self.findings = Arc::new(Findings::of(&self.engine));
        narrate::findings(self, &before, now, log);
    }

    /// Loads transactions, and plays them in an order, if there is one.
    fn load(&mut self, now: Micros, script: Script, order: Option<Vec<TxId>>) {
        self.settled_us = now + UNFOLD_US;
        if let Some(order) = order {
            self.settled_us = now + MOVE_US * (order.len() as Micros + 1);
            self.next_move_us = now + MOVE_US;
            self.agenda = order.into();
        }
        self.script = Some(script.restarted());
    }

    fn load_case(&mut self, anomaly: Anomaly) -> &'static Case {
        let (protocol, policy) = (self.engine.protocol(), self.engine.policy());
        self.initial = Case::rows().iter().map(|(_, value)| *value).chain([None, None]).collect();
        self.afresh(protocol, policy);
        self.case = Some(anomaly.value());
        crate::algorithms::transactions::case(anomaly.value())
    }

    fn play(&mut self, now: Micros, anomaly: Option<Anomaly>, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let Some(anomaly) = anomaly else {
            let found = self.explored.as_ref().and_then(|e| e.found.example.clone().map(|o| (e.script.clone(), o)));
            let Some((script, order)) = found else {
                return Err(ModelError::new(
                    "no order that breaks something was found yet",
                    "name an anomaly, e.g. `play lost-update`, or `explore` first",
                ));
            };
            let explored = self.explored.take();
            self.afresh(self.engine.protocol(), self.engine.policy());
            self.explored = explored;
            narrate::playing(now, &order, log);
            self.load(now, script, Some(order));
            return Ok(());
        };
        let protocol = self.engine.protocol();
        let case = self.load_case(anomaly);
        let own = judge(case, protocol);
        let example = match &own.exploration.example {
            Some(order) => Some(order.clone()),
            None => judge(case, Protocol::Nothing).exploration.example,
        };
        let order = example.unwrap_or_default();
        narrate::case(self, case, &own, now, log);
        self.load(now, Script::of(case), Some(order));
        Ok(())
    }

    /// The next operation of the loaded transactions.
    fn step(&mut self, now: Micros, tx: Option<&str>, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let tx = tx.map(names::tx).transpose()?;
        let Some(script) = self.script.clone() else {
            return Err(ModelError::new(
                "no transactions are loaded",
                "`load lost-update` loads some, or give operations by hand: `read T1 x`",
            ));
        };
        let next = match tx {
            Some(tx) => script.next_of(tx).map(|op| (tx, op)).ok_or_else(|| script.nothing_left(tx))?,
            None => self.next_turn(&script).ok_or_else(|| self.nobody_can(&script))?,
        };
        self.agenda.clear();
        self.take_turn(now, next, log)
    }

    fn take_turn(&mut self, now: Micros, (tx, op): (TxId, Op), log: &mut Vec<Event>) -> Result<(), ModelError> {
        self.submit(now, tx, op, log)?;
        if let Some(script) = &mut self.script {
            script.advance(tx);
        }
        Ok(())
    }

    fn can_go_on(&self, tx: TxId) -> bool {
        self.engine.status(tx).is_none_or(|s| s == Status::Active)
    }

    fn next_turn(&self, script: &Script) -> Option<(TxId, Op)> {
        let left = script.programs.iter().filter_map(|(tx, _)| Some((*tx, script.next_of(*tx)?)));
        left.filter(|(tx, _)| self.can_go_on(*tx)).min_by_key(|(tx, _)| script.taken(*tx))
    }

    fn nobody_can(&self, script: &Script) -> ModelError {
        let left = script.programs.iter().filter(|(tx, _)| script.next_of(*tx).is_some());
        if left.clone().any(|(tx, _)| self.engine.status(*tx) == Some(Status::Waiting)) {
            return ModelError::new("all that have something left wait", "`abort` one of them, or choose a `policy`");
        }
        ModelError::new("the transactions have come to their end", "`reset`, `load` others, or `explore`")
    }

    /// The next move of what plays by itself: whose turn it is, unless it waits; then the next one's.
    fn move_on(&mut self, now: Micros, log: &mut Vec<Event>) {
        let Some(script) = self.script.clone() else { return self.agenda.clear() };
        let has_turn = |tx: &TxId| self.can_go_on(*tx) && script.next_of(*tx).is_some();
        let Some(place) = self.agenda.iter().position(has_turn) else { return self.agenda.clear() };
        let Some(tx) = self.agenda.remove(place) else { return };
        if let Some(op) = script.next_of(tx)
            && self.take_turn(now, (tx, op), log).is_err()
        {
            self.agenda.clear();
        }
        self.next_move_us = now + MOVE_US;
        let rest = if self.agenda.is_empty() { UNFOLD_US } else { MOVE_US * (self.agenda.len() as Micros + 1) };
        self.settled_us = now + rest;
    }

    fn fix(&mut self, now: Micros, way: Fix, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let Some(script) = self.script_so_far().filter(|_| !self.submitted.is_empty()) else {
            return Err(ModelError::new("nothing was run yet", "`play lost-update`, or give operations by hand first"));
        };
        let (mut protocol, case) = (self.engine.protocol(), self.case);
        let mut order: Vec<TxId> = self.submitted.iter().map(|(tx, _)| *tx).collect();
        // What an abort cut off comes back.
        for (tx, ops) in &script.programs {
            let had = order.iter().filter(|t| *t == tx).count();
            order.extend(std::iter::repeat_n(*tx, ops.len().saturating_sub(had)));
        }
        let fixed = match way {
            Fix::TwoPhase => {
                protocol = Protocol::TwoPhase;
                script
            }
            Fix::Serializable => {
                protocol = Protocol::Serializable;
                script
            }
            _ => script.fixed(way),
        };
        if matches!(way, Fix::ForUpdate | Fix::Promote) && !protocol.locks() {
            let problem = format!("{} does not lock, so a locking read is only a read", ProtocolName::of(protocol));
            return Err(ModelError::new(problem, "`fix 2pl`, or choose a protocol that locks first"));
        }
        let before = Arc::clone(&self.findings);
        self.afresh(protocol, self.engine.policy());
        self.case = case;
        narrate::fixing(way, &before, now, log);
        self.load(now, fixed, Some(order));
        Ok(())
    }

    /// The loaded transactions, or what was given by hand.
    pub(super) fn script_so_far(&self) -> Option<Script> {
        self.script.clone().or_else(|| Script::from_history(&self.submitted))
    }

    fn explore(&mut self, now: Micros, bound: u64, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let Some(script) = self.script_so_far() else {
            return Err(ModelError::new(
                "there is nothing to explore",
                "`load write-skew`, or give operations by hand",
            ));
        };
        self.explored = Some(Arc::new(script::explore(self, script, bound)?));
        self.settled_us = now + UNFOLD_US;
        narrate::explored(self, now, log);
        Ok(())
    }

    fn begin(&mut self, now: Micros, tx: &str, again: Option<&str>, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let (tx, again) = (names::tx(tx)?, again.map(names::tx).transpose()?);
        let age = match again {
            None => None,
            Some(old) => {
                let aborted = self.engine.transactions().find(|t| t.id == old);
                let aborted = aborted.filter(|t| matches!(t.status, Status::Aborted(_)));
                let Some(aborted) = aborted else {
                    return Err(ModelError::new(
                        format!("{} was not aborted", name(old)),
                        "`--again` takes over the age of one that was aborted",
                    ));
                };
                Some(aborted.age)
            }
        };
        self.agenda.clear();
        if age.is_none() {
            return self.submit(now, tx, Op::Begin, log);
        }
        self.engine.begin_again(tx, age).map_err(|e| refused(&e))?;
        self.submitted.push((tx, Op::Begin));
        narrate::begun(self, tx, again, now, log);
        Ok(())
    }
}

impl Clocked for TransactionsModel {
    type Command = TransactionsCommand;
    type Facts = TransactionsFacts;

    fn open(setup: &Setup) -> Result<Self, ModelError> {
        let initial = vec![Some(10), Some(20), None, None, None, None];
        Ok(Self {
            engine: Engine::new(
                Protocol::TwoPhase,
                Policy::default(),
                (0..).map(|r| Row::new(0, r)).zip(initial.clone()),
            ),
            initial,
            trace: Vec::new(),
            submitted: Vec::new(),
            script: None,
            case: None,
            agenda: VecDeque::new(),
            next_move_us: 0,
            deadlocks: 0,
            last_cycle: None,
            findings: Arc::default(),
            explored: None,
            table: None,
            contest: None,
            seed: setup.seed,
            settled_us: 0,
        })
    }

    fn apply(&mut self, now: Micros, command: &TransactionsCommand, log: &mut Vec<Event>) -> Result<(), ModelError> {
        use TransactionsCommand as C;
        self.settled_us = now + UNFOLD_US;
        if let Some((tx, op)) = names::operation(command)? {
            return self.by_hand(now, &tx, op, log);
        }
        match command {
            C::Protocol { protocol } => {
                self.afresh(protocol.value(), self.engine.policy());
                narrate::protocol(self, now, log);
            }
            C::Policy { policy, after } => {
                self.afresh(self.engine.protocol(), names::policy(*policy, *after)?);
                narrate::policy(self, now, log);
            }
            C::Rows { values } => {
                let values = values.iter().copied().map(Some);
                self.initial = values.chain(std::iter::repeat(None)).take(ROWS.len()).collect();
                self.afresh(self.engine.protocol(), self.engine.policy());
                narrate::rows(self, now, log);
            }
            C::Reset => {
                self.afresh(self.engine.protocol(), self.engine.policy());
                narrate::rows(self, now, log);
            }
            C::Begin { tx, again } => self.begin(now, tx, again.as_deref(), log)?,
            C::Load { anomaly } => {
                let case = self.load_case(*anomaly);
                self.load(now, Script::of(case), None);
                narrate::loaded(self, case, now, log);
            }
            C::Play { anomaly } => self.play(now, *anomaly, log)?,
            C::Step { tx } => self.step(now, tx.as_deref(), log)?,
            C::Fix { way } => self.fix(now, *way, log)?,
            C::Explore { bound } => self.explore(now, *bound, log)?,
            C::Table => {
                self.table = AnomalyTable::computed(&|| !interrupt::requested());
                interrupt::check()?;
                narrate::table(self, now, log);
            }
            C::Contention { clients, cores, touch, ms, unordered } => {
                let sizes = [*clients, *cores, *touch, *ms];
                self.contest = Some(Arc::new(Contest::run(sizes, !*unordered, self.seed)?));
                narrate::contention(self, now, log);
            }
            C::Wait { seconds } => self.settled_us = now + (*seconds * 1e6) as Micros,
            // These are operations.
            C::Read { .. } | C::Write { .. } | C::Add { .. } | C::Insert { .. } | C::Delete { .. } => {}
            C::Scan { .. } | C::Lock { .. } | C::Commit { .. } | C::Abort { .. } => {}
        }
        Ok(())
    }

    fn next_tick(&self) -> Option<Micros> {
        let next_move = (!self.agenda.is_empty()).then_some(self.next_move_us);
        next_move.into_iter().chain(self.engine.next_deadline()).min()
    }

    fn tick(&mut self, now: Micros, log: &mut Vec<Event>) {
        let notices = self.engine.advance(now);
        self.hear(now, notices, log);
        if !self.agenda.is_empty() && self.next_move_us <= now {
            self.move_on(now, log);
        }
    }

    fn settled_at(&self) -> Micros {
        self.settled_us
    }

    fn step_us(&self) -> Micros {
        STEP_US
    }

    fn facts(&self) -> TransactionsFacts {
        TransactionsFacts::of(self)
    }

    fn properties() -> &'static [Property<Self>] {
        super::verdict::PROPERTIES
    }

    fn footprint(&self) -> usize {
        4_096 + (self.trace.len() + self.submitted.len()) * 256
    }

    fn candidates(&self, value_name: &str) -> Vec<String> {
        let known: Vec<(TxId, Status)> = self.engine.transactions().map(|t| (t.id, t.status)).collect();
        let fresh = (1..=MAX_TX).find(|tx| known.iter().all(|(k, _)| k != tx)).map(name);
        let running = known.iter().filter(|(_, s)| !s.ended()).map(|(tx, _)| name(*tx));
        match value_name {
            "T" => {
                running.chain(self.script.iter().flat_map(Script::names)).chain(fresh).fold(Vec::new(), |mut all, t| {
                    if !all.contains(&t) {
                        all.push(t);
                    }
                    all
                })
            }
            "NEW_T" => fresh.into_iter().collect(),
            "ABORTED_T" => {
                let aborted = known.iter().filter(|(_, s)| matches!(s, Status::Aborted(_)));
                aborted.map(|(tx, _)| name(*tx)).collect()
            }
            "ROW" => ROWS.map(str::to_owned).into(),
            "RESOURCE" => ["database", "table"].into_iter().chain(ROWS).map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }
}
