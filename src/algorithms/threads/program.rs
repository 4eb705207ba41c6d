//! A program made ready: threads as atomic parts, and what they share.

use super::ast::{Condition, ProgramError};
use super::compile::{Compiler, constant_code};
use super::grammar::parse;
use super::names::{Names, Object, Variable};
use super::part::{Code, Part, ThreadCode};

/// How finely statements are cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grain {
    /// Every part is a step: `x += 1` is read, add, write.
    #[default]
    Parts,
    /// A step goes up to the next part that touches something shared: `x += 1` is read, write.
    Shared,
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
