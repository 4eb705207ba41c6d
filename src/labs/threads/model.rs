//! The threads lab's state machine.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::command::ThreadsCommand;
use super::facts::ThreadsFacts;
use super::search::{Sample, Search};
use super::{narrate, results};
use crate::algorithms::explore::{System, bits};
use crate::algorithms::threads::{
    BAD, Deed, Explored, Grain, LIBRARY, Machine, Measured, Program, ProgramError, built_in, expected_finals,
};
use crate::engine::{Clocked, Event, Input, Micros, ModelError, Property, Setup};

/// Simulated time that a step takes to unfold, and between two steps of the random scheduler.
pub const STEP_US: Micros = 600_000;
/// A played schedule takes about this long at most.
const PLAY_US: Micros = 15_000_000;
/// Most steps of a run.
pub const MAX_STEPS: usize = 2_000;
/// Most states that the explorer may visit.
pub const MAX_BOUND: u64 = 3_000_000;
/// What was measured on real threads, and what the model expects.
#[derive(Clone, Debug)]
pub struct ForReal {
    /// The input.
    pub measured: Measured,
    /// Share of all schedules that end with each value; empty when there are too many to count.
    pub expected: BTreeMap<u32, f64>,
}

impl ForReal {
    fn read(input: &Input) -> Result<Self, ModelError> {
        let measured = Measured::from_toml(&input.text()).map_err(|problem| {
            ModelError::new(format!("{}: {problem}", input.name), "write it with `scalelab measure -o FILE`")
        })?;
        let expected = expected_finals(measured.threads, measured.adds).unwrap_or_default();
        Ok(Self { measured, expected })
    }
}

/// What is left of the loaded program after changes by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// All its claims.
    pub claims: bool,
    /// What its threads do one after the other.
    pub work: bool,
}

impl Kept {
    /// Everything: nothing was changed.
    pub const ALL: Self = Self { claims: true, work: true };
}

/// The state of the threads lab. Cloning shares program and exploration.
#[derive(Clone, Debug)]
pub struct ThreadsModel {
    pub(super) name: String,
    pub(super) source: Arc<str>,
    /// The text as it was loaded, before changes by hand.
    pub(super) loaded: Arc<str>,
    pub(super) edits: u64,
    pub(super) kept: Kept,
    pub(super) machine: Arc<Machine>,
    pub(super) state: Vec<i32>,
    pub(super) deeds: Vec<Deed>,
    pub(super) explored: Option<Arc<Explored>>,
    /// What goes on while time passes.
    pub(super) search: Option<Search>,
    pub(super) sample: Option<Sample>,
    pub(super) for_real: Option<Arc<ForReal>>,
    /// When the last step began to unfold.
    pub(super) stepped_us: Option<Micros>,
    pub(super) playing: Option<String>,
    pub(super) own: Option<(String, Arc<str>)>,
    to_play: VecDeque<usize>,
    pace_us: Micros,
    settled_us: Micros,
    next_us: Micros,
    pub(super) rng: ChaCha8Rng,
}

/// A program text as a machine.
pub(super) fn compile(name: &str, text: &str, grain: Grain) -> Result<Machine, ModelError> {
    let told = |e: ProgramError| {
        let place = format!("{name}, line {}, column {}", e.at.line, e.at.column);
        ModelError::new(format!("{place}: {}", e.problem), e.remedy)
    };
    Program::read(text, grain).map(Machine::new).map_err(told)
}

impl ThreadsModel {
    pub(super) fn program(&self) -> &Program {
        self.machine.program()
    }

    /// The number of a thread that a command names.
    pub(super) fn thread(&self, name: &str) -> Result<usize, ModelError> {
        let threads = &self.program().threads;
        let number = name.parse::<usize>().ok().and_then(|n| n.checked_sub(1)).filter(|n| *n < threads.len());
        self.program().thread(name).or(number).ok_or_else(|| {
            let names: Vec<&str> = threads.iter().map(|t| t.name.as_str()).collect();
            ModelError::new(format!("there is no thread '{name}'"), format!("the threads are {}", names.join(", ")))
        })
    }

    pub(super) fn thread_name(&self, thread: usize) -> &str {
        self.program().threads.get(thread).map_or("", |t| t.name.as_str())
    }

    /// The threads that can take a step, one bit each.
    pub(super) fn enabled(&self) -> u32 {
        self.machine.enabled(&self.state)
    }

    /// What is wrong now.
    pub(super) fn problems(&self) -> u32 {
        self.machine.problems(&self.state, self.enabled() == 0)
    }

    /// Puts another program in.
    pub(super) fn put_in(&mut self, name: &str, text: &str, grain: Grain) -> Result<(), ModelError> {
        let machine = compile(name, text, grain)?;
        self.state = machine.initial();
        self.machine = Arc::new(machine);
        (self.name, self.source) = (name.to_owned(), Arc::from(text));
        self.loaded = Arc::clone(&self.source);
        (self.explored, self.search, self.sample) = (None, None, None);
        (self.edits, self.kept) = (0, Kept::ALL);
        self.rewind();
        Ok(())
    }

    fn rewind(&mut self) {
        self.state = self.machine.initial();
        self.deeds.clear();
        self.to_play.clear();
        (self.playing, self.stepped_us) = (None, None);
    }

    fn load(&mut self, program: &str) -> Result<(), ModelError> {
        if let Some((name, text)) = self.own.clone().filter(|(name, _)| program == "own" || *name == program) {
            return self.put_in(&name, &text, self.program().grain);
        }
        if program == "own" {
            let remedy = "name the file when you start: `scalelab lab threads --program FILE`";
            return Err(ModelError::new("no program of your own was given", remedy));
        }
        let Some(text) = built_in(program) else {
            let near: Vec<&str> = LIBRARY.iter().map(|p| p.name).filter(|n| n.contains(program)).collect();
            let names = if near.is_empty() { LIBRARY.iter().map(|p| p.name).collect() } else { near };
            let remedy = format!("choose {}; each also with -fixed", names.join(", "));
            return Err(ModelError::new(format!("there is no program '{program}'"), remedy));
        };
        self.put_in(program, text, self.program().grain)
    }

    /// One step of a thread that can take one.
    fn advance(&mut self, now: Micros, thread: usize, log: &mut Vec<Event>) {
        let mut state = self.state.clone();
        if let Some(deed) = self.machine.step_told(&mut state, thread) {
            self.state = state;
            self.stepped_us = Some(now);
            self.deeds.push(deed);
            narrate::step(self, now, log);
        }
    }

    fn step(&mut self, now: Micros, name: &str, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let thread = self.thread(name)?;
        self.check_room()?;
        if self.enabled() >> thread & 1 == 0 {
            return Err(narrate::refusal(self, thread));
        }
        self.advance(now, thread, log);
        Ok(())
    }

    fn run(&mut self, now: Micros, name: &str, steps: u64, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let thread = self.thread(name)?;
        if self.enabled() >> thread & 1 == 0 {
            return Err(narrate::refusal(self, thread));
        }
        let mut taken = 0;
        while taken < steps && self.enabled() >> thread & 1 == 1 {
            self.check_room()?;
            self.advance(now, thread, log);
            taken += 1;
        }
        narrate::ran(self, now, thread, (taken, steps), log);
        Ok(())
    }

    fn check_room(&self) -> Result<(), ModelError> {
        if self.deeds.len() < MAX_STEPS {
            return Ok(());
        }
        let problem = format!("this run has {MAX_STEPS} steps, the most that is kept");
        Err(ModelError::new(problem, "`restart` the program, or take steps `back`"))
    }

    fn back(&mut self) -> Result<(), ModelError> {
        if self.deeds.is_empty() {
            return Err(ModelError::new("no step was taken yet", "let a thread take one: `step 1`"));
        }
        let way: Vec<usize> = self.deeds.iter().map(|d| d.thread).take(self.deeds.len() - 1).collect();
        self.rewind();
        for thread in way {
            self.deeds.extend(self.machine.step_told(&mut self.state, thread));
        }
        Ok(())
    }

    fn play(&mut self, now: Micros, result: &str, log: &mut Vec<Event>) -> Result<(), ModelError> {
        let schedule = results::schedule(self, result)?;
        if schedule.len() > MAX_STEPS {
            let problem = format!("the schedule has {} steps", schedule.len());
            return Err(ModelError::new(problem, format!("{MAX_STEPS} can be played: choose another result")));
        }
        self.rewind();
        self.pace_us = (PLAY_US / schedule.len().max(1) as Micros).clamp(50_000, STEP_US);
        // The last step unfolds, too; the scheduler goes on only after that.
        self.settled_us = now + self.pace_us * schedule.len() as Micros + STEP_US * 4 / 5;
        self.next_us = now + self.pace_us;
        narrate::play(self, now, result, &schedule, log);
        self.playing = Some(result.to_owned());
        self.to_play = schedule.into();
        Ok(())
    }

    fn obey(&mut self, now: Micros, command: &ThreadsCommand, log: &mut Vec<Event>) -> Result<(), ModelError> {
        match command {
            ThreadsCommand::Load { program } => self.load(program).map(|()| narrate::loaded(self, now, log)),
            ThreadsCommand::Step { thread } => self.step(now, thread, log),
            ThreadsCommand::Run { thread, steps } => self.run(now, thread, *steps, log),
            ThreadsCommand::Back => self.back().map(|()| narrate::back(self, now, log)),
            ThreadsCommand::Restart => {
                self.rewind();
                narrate::restarted(self, now, log);
                Ok(())
            }
            ThreadsCommand::Explore { bound } => self.explore(now, *bound, log),
            ThreadsCommand::Play { result } => self.play(now, result, log),
            ThreadsCommand::Sample { runs } => self.take_sample(now, *runs, log),
            ThreadsCommand::Fix => self.fix().map(|()| narrate::loaded(self, now, log)),
            ThreadsCommand::Insert { line, text } => self.edit(now, *line, Some(text), true, log),
            ThreadsCommand::Replace { line, text } => self.edit(now, *line, Some(text), false, log),
            ThreadsCommand::Delete { line } => self.edit(now, *line, None, false, log),
            ThreadsCommand::Grain { grain } => {
                self.cut_anew(grain.grain())?;
                narrate::grain(self, now, log);
                Ok(())
            }
        }
    }

    fn fix(&mut self) -> Result<(), ModelError> {
        let twin = format!("{}-fixed", self.name);
        match built_in(&twin) {
            Some(text) if !self.name.ends_with("-fixed") => self.put_in(&twin, text, self.program().grain),
            _ => {
                let problem = format!("there is no fixed twin of '{}'", self.name);
                Err(ModelError::new(problem, "mend it by hand with `insert`, `replace` and `delete`"))
            }
        }
    }
}

impl Clocked for ThreadsModel {
    type Command = ThreadsCommand;
    type Facts = ThreadsFacts;

    fn open(setup: &Setup) -> Result<Self, ModelError> {
        let own = setup.inputs.get("program").map(|input| (input.name.clone(), Arc::<str>::from(input.text())));
        let for_real = match setup.inputs.get("measured") {
            Some(input) => Some(Arc::new(ForReal::read(input)?)),
            None => None,
        };
        let (name, source) = own.clone().unwrap_or_else(|| {
            let first = &LIBRARY[0];
            (first.name.to_owned(), Arc::from(first.broken))
        });
        let machine = compile(&name, &source, Grain::Parts)?;
        Ok(Self {
            name,
            loaded: Arc::clone(&source),
            source,
            edits: 0,
            kept: Kept::ALL,
            state: machine.initial(),
            machine: Arc::new(machine),
            deeds: Vec::new(),
            explored: None,
            search: None,
            sample: None,
            for_real,
            stepped_us: None,
            playing: None,
            own,
            to_play: VecDeque::new(),
            pace_us: STEP_US,
            settled_us: 0,
            next_us: STEP_US,
            rng: ChaCha8Rng::seed_from_u64(setup.seed),
        })
    }

    fn apply(&mut self, now: Micros, command: &ThreadsCommand, log: &mut Vec<Event>) -> Result<(), ModelError> {
        // Who takes over the scheduler ends what was playing.
        self.to_play.clear();
        self.settled_us = now + STEP_US;
        self.next_us = self.settled_us + STEP_US;
        self.obey(now, command, log)?;
        if let Some(search) = &self.search {
            // The random scheduler waits until it is over.
            let ends = search.ends_us().max(self.settled_us);
            self.next_us += ends - self.settled_us;
            self.settled_us = ends;
        }
        Ok(())
    }

    fn next_tick(&self) -> Option<Micros> {
        let more = !self.to_play.is_empty() || self.enabled() != 0 && self.deeds.len() < MAX_STEPS;
        let search = self.search.as_ref().map(|search| search.due_us);
        more.then_some(self.next_us).into_iter().chain(search).min()
    }

    fn tick(&mut self, now: Micros, log: &mut Vec<Event>) {
        if self.search.as_ref().is_some_and(|search| search.due_us <= now) {
            self.explore_on(now, log);
        }
        if now < self.next_us {
            return;
        }
        let enabled = self.enabled();
        match self.to_play.pop_front() {
            Some(thread) if enabled >> thread & 1 == 1 => self.advance(now, thread, log),
            Some(_) => self.to_play.clear(),
            None => {
                let choice = self.rng.random_range(0..enabled.count_ones().max(1)) as usize;
                if let Some(thread) = bits(enabled).nth(choice) {
                    self.advance(now, thread, log);
                }
            }
        }
        self.next_us = now + if self.to_play.is_empty() { STEP_US } else { self.pace_us };
    }

    fn settled_at(&self) -> Micros {
        self.settled_us
    }

    fn step_us(&self) -> Micros {
        STEP_US
    }

    fn facts(&self) -> ThreadsFacts {
        ThreadsFacts::of(self)
    }

    fn properties() -> &'static [Property<Self>] {
        PROPERTIES
    }

    fn footprint(&self) -> usize {
        let explored = self.explored.as_ref().map_or(0, |e| e.memory_bytes());
        explored + self.source.len() * 12 + self.deeds.len() * 160 + self.state.len() * 4 + 8_192
    }

    fn candidates(&self, value_name: &str) -> Vec<String> {
        match value_name {
            "READY" => bits(self.enabled()).map(|t| self.thread_name(t).to_owned()).collect(),
            "PROGRAM" => {
                let own = self.own.iter().map(|_| "own".to_owned());
                let pairs = LIBRARY.iter().flat_map(|p| [p.name.to_owned(), format!("{}-fixed", p.name)]);
                own.chain(pairs).collect()
            }
            "RESULT" => results::names(self),
            "LINE" => (1..=self.source.lines().count()).map(|n| n.to_string()).collect(),
            _ => Vec::new(),
        }
    }
}

const PROPERTIES: &[Property<ThreadsModel>] = &[
    Property {
        name: "the state is what the schedule leads to",
        holds: |m| {
            let mut state = m.machine.initial();
            m.deeds.iter().for_each(|d| m.machine.step(&mut state, d.thread));
            state == m.state
        },
    },
    Property {
        name: "a program that is proven does not break",
        holds: |m| !m.explored.as_ref().is_some_and(|e| e.proven()) || m.problems() & BAD == 0,
    },
    Property {
        name: "in a proven program no critical section holds two threads",
        holds: |m| {
            let program = m.program();
            let proven = m.explored.as_ref().is_some_and(|e| e.proven());
            let inside = |o: usize| m.machine.object(&m.state, o)[0].count_ones();
            !proven || (0..program.objects.len()).all(|o| program.objects[o].kind.is_some() || inside(o) <= 1)
        },
    },
    Property {
        name: "schedules that break are no more than all schedules",
        holds: |m| m.explored.as_ref().is_none_or(|e| e.counts.bad <= e.counts.schedules),
    },
];
