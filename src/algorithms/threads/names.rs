//! What threads share, and its names.

use std::collections::BTreeMap;

use super::ast::{Kind, Name, ProgramError, Source};

/// Most variables, locks and so on of a program: each has a bit of [`Access`](crate::algorithms::explore::Access).
pub const MAX_OBJECTS: usize = 48;

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
    /// The names that a program declares.
    pub fn of(source: &Source) -> Result<Self, ProgramError> {
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
