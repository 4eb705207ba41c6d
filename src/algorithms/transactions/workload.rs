//! The same job under any protocol, as contention grows: a discrete-event simulation.
//!
//! Clients run one job after the other on a few cores. A job reads some rows and raises some of them by one. Where the
//! protocol locks, the rows to be written are locked when they are read (the pessimistic version of the job); where it
//! does not, they are just read (the optimistic version). Whoever is aborted starts over after a random pause.

use std::collections::{BTreeMap, VecDeque};

use rand::{Rng, RngExt};

use super::engine::{Engine, Notice, Told};
use super::policy::Policy;
use super::types::{Expr, Op, Protocol, Reason, Row, TxId};

/// What things cost, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Costs {
    /// A core's time for one read, write or commit.
    pub op: u64,
    /// A core's time to take one lock, on top.
    pub lock: u64,
    /// A core's time to validate one row at commit, on top.
    pub check: u64,
    /// Mean pause before an aborted job starts over: it is drawn evenly from zero to twice this.
    pub pause: u64,
}

impl Default for Costs {
    fn default() -> Self {
        Self { op: 100, lock: 20, check: 5, pause: 1_000 }
    }
}

/// What is run.
///
/// ```
/// use scalelab::algorithms::transactions::Job;
/// assert_eq!(Job::default().touched(), 4);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// Clients that run jobs, one at a time each.
    pub clients: usize,
    /// Operations that run at the same time.
    pub cores: usize,
    /// Rows that jobs choose from, all alike: the fewer, the more contention.
    pub rows: usize,
    /// Rows that a job only reads.
    pub reads: usize,
    /// Rows that a job reads and then writes.
    pub writes: usize,
    /// Whether jobs touch their rows in order: then locks cannot deadlock.
    pub ordered: bool,
    /// When the simulation ends, in microseconds.
    pub until: u64,
    /// What things cost.
    pub costs: Costs,
}

impl Default for Job {
    fn default() -> Self {
        let costs = Costs::default();
        Self { clients: 16, cores: 4, rows: 64, reads: 2, writes: 2, ordered: false, until: 2_000_000, costs }
    }
}

impl Job {
    /// Rows that a job touches.
    pub fn touched(&self) -> usize {
        self.reads + self.writes
    }
}

/// How a simulation went.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Jobs that committed.
    pub committed: u64,
    /// Attempts that were aborted.
    pub aborts: u64,
    /// Of those, victims of deadlocks.
    pub deadlocks: u64,
    /// Times that somebody had to wait.
    pub waits: u64,
    /// Jobs a second of simulated time.
    pub throughput: f64,
    /// Share of the cores' work that was thrown away by aborts.
    pub wasted: f64,
    /// Increments that were committed, but are not in the rows: lost updates.
    pub lost: i64,
}

/// How often a job has to wait, by theory: clients · touched² / (2 · rows). Holds while that is well below one, for rows
/// that are all locked exclusively: each of the others holds half of its rows on average.
///
/// Source: Gray, Helland, O'Neil and Shasha, "The Dangers of Replication and a Solution" (1996), equation 2.
///
/// ```
/// assert_eq!(scalelab::algorithms::transactions::gray_waits(11, 4, 1_000), 0.08);
/// ```
pub fn gray_waits(clients: usize, touched: usize, rows: usize) -> f64 {
    let others = clients.saturating_sub(1) as f64;
    others * (touched * touched) as f64 / (2.0 * rows.max(1) as f64)
}

struct Client {
    tx: TxId,
    ops: Vec<Op>,
    at: usize,
    /// Work of this attempt so far.
    spent: u64,
    age: Option<u64>,
    /// Whether it waits for a core, or has one: an abort that comes then is seen when the core is done.
    on_core: bool,
    aborted: bool,
}

#[derive(Clone, Copy)]
enum Happens {
    /// A client asks for a core.
    Ready(usize),
    /// A core is done with a client's operation.
    Done(usize),
}

struct Simulation<'a, R> {
    job: Job,
    engine: Engine,
    clients: Vec<Client>,
    owner: BTreeMap<TxId, usize>,
    agenda: BTreeMap<(u64, u64), Happens>,
    queue: VecDeque<usize>,
    free: usize,
    next_tx: TxId,
    next_event: u64,
    worked: u64,
    wasted: u64,
    outcome: Outcome,
    rng: &'a mut R,
}

/// Runs the job under a protocol until its time is up.
///
/// Cost: about one step of the engine for each operation: time · cores / cost of an operation of them.
///
/// ```
/// use rand::SeedableRng;
/// use rand_chacha::ChaCha8Rng;
/// use scalelab::algorithms::transactions::{Job, Policy, Protocol, simulate};
/// let job = Job { until: 100_000, rows: 8, ..Job::default() };
/// let run = |protocol| simulate(protocol, Policy::default(), job, &mut ChaCha8Rng::seed_from_u64(7));
/// assert_eq!(run(Protocol::TwoPhase).lost, 0);
/// assert!(run(Protocol::Optimistic).aborts > 0);
/// ```
pub fn simulate(protocol: Protocol, policy: Policy, job: Job, rng: &mut impl Rng) -> Outcome {
    simulate_while(protocol, policy, job, rng, &|| true)
}

/// The same as long as `goes_on` says so, which is called every hundred events or so: then the outcome is that of a
/// shorter time, with the throughput of the whole.
pub fn simulate_while(
    protocol: Protocol,
    policy: Policy,
    job: Job,
    rng: &mut impl Rng,
    goes_on: &dyn Fn() -> bool,
) -> Outcome {
    let rows = job.rows.clamp(1, usize::from(u16::MAX));
    let job = Job { rows, clients: job.clients.max(1), cores: job.cores.max(1), ..job };
    let cells = (0..rows).map(|row| (Row::new(0, row as u16), Some(0)));
    let engine = Engine::new(protocol, policy, cells).without_history();
    let mut simulation = Simulation {
        engine,
        clients: Vec::new(),
        owner: BTreeMap::new(),
        agenda: BTreeMap::new(),
        queue: VecDeque::new(),
        free: job.cores,
        next_tx: 1,
        next_event: 0,
        worked: 0,
        wasted: 0,
        outcome: Outcome::default(),
        job,
        rng,
    };
    simulation.run(goes_on);
    simulation.finish()
}

impl<R: Rng> Simulation<'_, R> {
    fn run(&mut self, goes_on: &dyn Fn() -> bool) {
        for client in 0..self.job.clients {
            let blank = Client { tx: 0, ops: Vec::new(), at: 0, spent: 0, age: None, on_core: false, aborted: false };
            self.clients.push(blank);
            self.new_job(client);
            self.schedule(0, Happens::Ready(client));
        }
        for turn in 1_u64.. {
            if turn.is_multiple_of(128) && !goes_on() {
                return;
            }
            let next = self.agenda.first_key_value().map(|((at, _), _)| *at);
            let deadline = self.engine.next_deadline();
            let Some(at) = next.into_iter().chain(deadline).min().filter(|at| *at < self.job.until) else { return };
            let notices = self.engine.advance(at);
            self.hear(at, notices);
            if next != Some(at) {
                continue;
            }
            if let Some((_, happens)) = self.agenda.pop_first() {
                match happens {
                    Happens::Ready(client) => self.queue.push_back(client),
                    Happens::Done(client) => self.done(at, client),
                }
            }
            self.serve(at);
        }
    }

    fn finish(mut self) -> Outcome {
        let written: i64 = self.engine.rows().filter_map(|(_, chain)| chain.committed().value).sum();
        self.outcome.waits = self.engine.waits();
        self.outcome.lost = self.outcome.committed as i64 * self.writes() as i64 - written;
        self.outcome.throughput = self.outcome.committed as f64 * 1e6 / self.job.until.max(1) as f64;
        self.outcome.wasted = self.wasted as f64 / self.worked.max(1) as f64;
        self.outcome
    }

    fn writes(&self) -> usize {
        self.job.writes.min(self.job.rows)
    }

    /// Draws the rows of a new job.
    fn new_job(&mut self, client: usize) {
        let wanted = self.job.touched().min(self.job.rows);
        let mut rows: Vec<u16> = Vec::with_capacity(wanted);
        while rows.len() < wanted {
            let row = self.rng.random_range(0..self.job.rows) as u16;
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        let writes = self.writes();
        let mut parts: Vec<(u16, bool)> = rows.iter().enumerate().map(|(i, row)| (*row, i < writes)).collect();
        if self.job.ordered {
            parts.sort_unstable();
        }
        let locks = self.engine.protocol().locks();
        let mut ops = Vec::new();
        for (row, written) in parts {
            let row = Row::new(0, row);
            ops.push(if written && locks { Op::ReadForUpdate(row) } else { Op::Read(row) });
            if written {
                ops.push(Op::Write(row, Expr::Plus(row, 1)));
            }
        }
        ops.push(Op::Commit);
        let record = &mut self.clients[client];
        (record.ops, record.age) = (ops, None);
        self.start(client);
    }

    /// Begins a job, or begins it again.
    fn start(&mut self, client: usize) {
        let tx = self.next_tx;
        self.next_tx += 1;
        let record = &mut self.clients[client];
        (record.tx, record.at, record.spent, record.aborted) = (tx, 0, 0, false);
        self.owner.insert(tx, client);
    }

    fn schedule(&mut self, at: u64, happens: Happens) {
        self.next_event += 1;
        self.agenda.insert((at, self.next_event), happens);
    }

    /// Gives free cores to those that wait for one.
    fn serve(&mut self, now: u64) {
        while self.free > 0
            && let Some(client) = self.queue.pop_front()
        {
            self.free -= 1;
            let cost = self.cost(client);
            let record = &mut self.clients[client];
            record.on_core = true;
            record.spent += cost;
            self.worked += cost;
            self.schedule(now + cost, Happens::Done(client));
        }
    }

    fn cost(&self, client: usize) -> u64 {
        let (costs, record) = (self.job.costs, &self.clients[client]);
        let protocol = self.engine.protocol();
        let locked = match record.ops.get(record.at) {
            Some(Op::ReadForUpdate(_)) => protocol.locks(),
            Some(Op::Read(_)) => matches!(protocol, Protocol::RowLocks | Protocol::TwoPhase),
            _ => false,
        };
        let checks = protocol == Protocol::Optimistic && record.ops.get(record.at) == Some(&Op::Commit);
        costs.op
            + if locked { costs.lock } else { 0 }
            + if checks { costs.check * self.job.touched() as u64 } else { 0 }
    }

    fn done(&mut self, now: u64, client: usize) {
        self.free += 1;
        self.clients[client].on_core = false;
        if self.clients[client].aborted {
            self.pause(now, client);
            return;
        }
        let (tx, at, age) = (self.clients[client].tx, self.clients[client].at, self.clients[client].age);
        if self.engine.status(tx).is_none() {
            // The number is new: it cannot be refused.
            let _ = self.engine.begin_again(tx, age);
            if age.is_none() {
                self.clients[client].age = Some(self.engine.clock());
            }
        }
        let Some(op) = self.clients[client].ops.get(at).copied() else { return };
        let notices = self.engine.submit(tx, op).unwrap_or_default();
        self.hear(now, notices);
    }

    fn hear(&mut self, now: u64, notices: Vec<Notice>) {
        for Notice { tx, told } in notices {
            let Some(client) = self.owner.get(&tx).copied() else { continue };
            match told {
                Told::Did(Op::Commit, _) => {
                    self.outcome.committed += 1;
                    self.owner.remove(&tx);
                    if self.outcome.committed.is_multiple_of(16) {
                        self.engine.vacuum();
                    }
                    self.new_job(client);
                    self.schedule(now, Happens::Ready(client));
                }
                Told::Did(..) => {
                    self.clients[client].at += 1;
                    self.schedule(now, Happens::Ready(client));
                }
                Told::Aborted(reason) => {
                    self.outcome.aborts += 1;
                    self.outcome.deadlocks += u64::from(reason == Reason::Deadlock);
                    self.owner.remove(&tx);
                    self.clients[client].aborted = true;
                    self.give_up(now, client);
                }
                Told::Waits(..) | Told::Deadlock(_) => {}
            }
        }
    }

    /// An aborted client leaves at once, unless a core is busy with it.
    fn give_up(&mut self, now: u64, client: usize) {
        if self.clients[client].on_core {
            return;
        }
        self.queue.retain(|c| *c != client);
        self.agenda.retain(|_, happens| !matches!(happens, Happens::Ready(c) if *c == client));
        self.pause(now, client);
    }

    fn pause(&mut self, now: u64, client: usize) {
        self.wasted += self.clients[client].spent;
        let pause = self.rng.random_range(0..=self.job.costs.pause * 2);
        self.start(client);
        self.schedule(now + pause, Happens::Ready(client));
    }
}
