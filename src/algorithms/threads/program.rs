//! A program made ready: threads as atomic parts, and what they share.

use std::collections::BTreeMap;

use super::ast::{Condition, Kind, Name, ProgramError, Source};
use super::compile::{Compiler, constant_code};
use super::grammar::parse;
use super::part::{Code, Part};
use crate::algorithms::explore::Access;

/// Most variables, locks and so on of a program: each has a bit of [`Access`].
pub const MAX_OBJECTS: usize = 48;

/// How finely statements are cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grain {
    /// Every part is a step: `x += 1` is read, add, write.
    #[default]
    Parts,
    /// A step goes up to the next part that touches something shared: `x += 1` is read, write.
    Shared,
}

/// A variable that all threads see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its first value.
    pub first: i32,
}

/// A lock, a semaphore and so on, or a critical section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its name.
    pub name: String,
    /// What it is; `None` for a critical section.
    pub kind: Option<Kind>,
    /// Where its words begin, counted from the first word of the first object.
    pub word: usize,
}

impl Object {
    /// Words that it needs: mutex (owner, depth), monitor (and its queue), rwlock (writer, readers), others one.
    pub fn words(kind: Option<Kind>) -> usize {
        match kind {
            Some(Kind::Mutex { .. } | Kind::RwLock) => 2,
            Some(Kind::Monitor) => 3,
            _ => 1,
        }
    }
}

/// A thread as parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadCode {
    /// Its name.
    pub name: String,
    /// Its parts; it is over when its place is past the last.
    pub parts: Vec<Part>,
    /// Names of its locals, by register.
    pub locals: Vec<String>,
    /// Registers that it needs.
    pub registers: usize,
    /// What it may still touch from each part on.
    pub future: Vec<Access>,
    /// What it may still give a sign to from each part on: one bit for each object that others can wait for.
    pub signs: Vec<u64>,
    /// First and last line of its text.
    pub lines: (u32, u32),
}

/// A condition over the shared variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its text, as written.
    pub text: String,
    /// The expression; registers are variables.
    pub code: Code,
    /// The variables in it.
    pub variables: Vec<usize>,
}

impl Rule {
    /// Whether it holds; a rule that cannot be computed (a division by zero) does not.
    pub fn holds(&self, variables: &[i32]) -> bool {
        self.code.value(variables).is_ok_and(|value| value != 0)
    }
}

/// A program that can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// What it is called, for people; may be empty.
    pub title: String,
    /// What it is about.
    pub notes: Vec<String>,
    /// Its text, line by line.
    pub lines: Vec<String>,
    /// What all threads see and can assign.
    pub variables: Vec<Variable>,
    /// What all threads see and can wait for.
    pub objects: Vec<Object>,
    /// The threads.
    pub threads: Vec<ThreadCode>,
    /// What must hold in every state.
    pub always: Vec<Rule>,
    /// What must hold at the end.
    pub finally: Vec<Rule>,
    /// Whether a thread that starves breaks the program.
    pub live: bool,
    /// How finely it is cut.
    pub grain: Grain,
}

impl Program {
    /// Reads and checks a program. Cost: linear in its text; `repeat` is written out.
    ///
    /// ```
    /// use scalelab::algorithms::threads::{Grain, Program};
    /// let program = Program::read("shared x\nthread A { x += 1 }", Grain::Parts)?;
    /// let labels: Vec<&str> = program.threads[0].parts.iter().map(|p| p.label.as_str()).collect();
    /// assert_eq!(labels, ["read x", "add 1", "write x"]);
    /// # Ok::<(), scalelab::algorithms::threads::ProgramError>(())
    /// ```
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn read(text: &str, grain: Grain) -> Result<Self, ProgramError> {
        let source = parse(text)?;
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut names = Names::of(&source)?;
        let rule = |condition: &Condition, names: &Names, word: &str| {
            let line = lines.get(condition.at.line as usize - 1).map_or("", |l| l.as_str());
            let text: String = line.chars().skip(condition.at.column as usize - 1 + word.len()).collect();
            let text = text.split(['#', ';']).next().unwrap_or_default().trim().to_owned();
            let mut variables = Vec::new();
            let code = constant_code(&condition.expr, condition.at, names, &mut variables)?;
            Ok::<Rule, ProgramError>(Rule { text, code, variables })
        };
        let always = source.always.iter().map(|c| rule(c, &names, "always")).collect::<Result<Vec<_>, _>>()?;
        let finally = source.finally.iter().map(|c| rule(c, &names, "finally")).collect::<Result<Vec<_>, _>>()?;
        let mut threads = Vec::new();
        for (number, thread) in source.threads.iter().enumerate() {
            threads.push(Compiler::new(&mut names, thread, number).compile()?);
        }
        let (variables, objects) = (names.variables, names.objects);
        let mut program = Self {
            title: source.title,
            notes: source.notes,
            variables,
            objects,
            threads,
            always,
            finally,
            live: source.live,
            grain,
            lines,
        };
        program.find_accesses();
        Ok(program)
    }

    /// The number of a thread.
    pub fn thread(&self, name: &str) -> Option<usize> {
        self.threads.iter().position(|t| t.name == name)
    }

    /// Whether it claims anything: `always`, `finally`, `assert`, `critical` or `live`.
    ///
    /// ```
    /// use scalelab::algorithms::threads::{Grain, Program};
    /// assert!(!Program::read("shared x\nthread A { x += 1 }", Grain::Parts)?.has_claims());
    /// assert!(Program::read("shared x\nthread A { assert x == 0 }", Grain::Parts)?.has_claims());
    /// # Ok::<(), scalelab::algorithms::threads::ProgramError>(())
    /// ```
    pub fn has_claims(&self) -> bool {
        use super::part::After;
        let mut parts = self.threads.iter().flat_map(|t| &t.parts);
        let sections = self.objects.iter().any(|o| o.kind.is_none());
        let rules = !self.always.is_empty() || !self.finally.is_empty() || self.live;
        rules || sections || parts.any(|p| matches!(p.after, After::Check(..)))
    }

    /// Whether a thread can come to a part again.
    pub fn has_loops(&self) -> bool {
        use super::part::After;
        let back = |(at, part): (usize, &Part)| match part.after {
            After::Go(to) | After::Check(_, to) => to <= at,
            After::Branch(_, yes, no) => yes <= at || no <= at,
        };
        self.threads.iter().any(|t| t.parts.iter().enumerate().any(back))
    }

    /// What each part touches, and what may come after it.
    fn find_accesses(&mut self) {
        let variables = self.variables.len();
        let objects = variables + self.objects.len();
        let mut threads = std::mem::take(&mut self.threads);
        for thread in &mut threads {
            for part in &mut thread.parts {
                part.access = super::access::of(&part.op, variables);
                // Who writes a variable of an invariant may break it: the order of such writes matters.
                if let Some(variable) = super::access::written(&part.op) {
                    let rules = (0..).zip(&self.always).filter(|(_, rule)| rule.variables.contains(&variable));
                    part.access.writes |= rules.fold(0, |mask, (i, _)| mask | 1 << (objects + i).min(63));
                }
            }
            thread.future = super::access::future(&thread.parts);
            thread.signs = super::access::signs(&thread.parts);
        }
        self.threads = threads;
    }
}

/// Names that all threads see.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub variables: Vec<Variable>,
    pub objects: Vec<Object>,
    by_name: BTreeMap<String, Thing>,
    words: usize,
}

/// What a shared name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Variable(usize),
    Object(usize, Kind),
}

impl Names {
    fn of(source: &Source) -> Result<Self, ProgramError> {
        let mut names = Self::default();
        for declaration in &source.declarations {
            let name = &declaration.name;
            let thing = match declaration.kind {
                Kind::Shared(first) => {
                    names.variables.push(Variable { name: name.text.clone(), first });
                    Thing::Variable(names.variables.len() - 1)
                }
                kind => Thing::Object(names.add_object(name, Some(kind))?, kind),
            };
            if names.by_name.insert(name.text.clone(), thing).is_some() {
                let problem = format!("'{}' is declared twice", name.text);
                return Err(ProgramError::new(name.at, problem, "give one of them another name"));
            }
            names.check_size(name, source.always.len())?;
        }
        let mut threads = BTreeMap::new();
        for thread in &source.threads {
            if threads.insert(thread.name.text.clone(), ()).is_some() {
                let problem = format!("there are two threads '{}'", thread.name.text);
                return Err(ProgramError::new(thread.name.at, problem, "give one of them another name"));
            }
        }
        Ok(names)
    }

    fn check_size(&self, name: &Name, rules: usize) -> Result<(), ProgramError> {
        if self.variables.len() + self.objects.len() + rules > MAX_OBJECTS {
            let problem = format!("there are more than {MAX_OBJECTS} variables, locks and rules");
            return Err(ProgramError::new(name.at, problem, "take some out"));
        }
        Ok(())
    }

    fn add_object(&mut self, name: &Name, kind: Option<Kind>) -> Result<usize, ProgramError> {
        self.objects.push(Object { name: name.text.clone(), kind, word: self.words });
        self.words += Object::words(kind);
        self.check_size(name, 0)?;
        Ok(self.objects.len() - 1)
    }

    /// The critical section of this name.
    pub fn critical(&mut self, name: &Name) -> Result<usize, ProgramError> {
        match self.objects.iter().position(|o| o.kind.is_none() && o.name == name.text) {
            Some(found) => Ok(found),
            None => self.add_object(name, None),
        }
    }

    pub fn find(&self, name: &str) -> Option<Thing> {
        self.by_name.get(name).copied()
    }

    /// Names to suggest.
    pub fn known(&self) -> String {
        let names: Vec<&str> = self.by_name.keys().take(10).map(String::as_str).collect();
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    }
}
