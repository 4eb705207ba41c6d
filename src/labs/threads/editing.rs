//! Changes to the program's text, line by line.

use std::sync::Arc;

use super::model::{Kept, ThreadsModel, compile};
use super::narrate;
use crate::algorithms::threads::{Grain, claims_kept, parse, work_kept};
use crate::engine::{Event, Micros, ModelError};

/// Longest line that can be put in, in characters.
const MAX_TEXT: usize = 200;

impl ThreadsModel {
    /// Puts a line in before line `number`, writes it anew, or takes it out; the program must still be one.
    pub(super) fn edit(
        &mut self,
        now: Micros,
        number: u64,
        text: Option<&String>,
        insert: bool,
        log: &mut Vec<Event>,
    ) -> Result<(), ModelError> {
        let mut lines: Vec<&str> = self.source.lines().collect();
        let most = lines.len() + usize::from(insert);
        let Some(at) = usize::try_from(number).ok().and_then(|n| n.checked_sub(1)).filter(|at| *at < most) else {
            return Err(ModelError::new(format!("there is no line {number}"), format!("the lines are 1 to {most}")));
        };
        if text.is_some_and(|t| t.chars().count() > MAX_TEXT || t.contains('\n')) {
            return Err(ModelError::new(
                "this is not one line of a program",
                format!("use at most {MAX_TEXT} characters and no line break"),
            ));
        }
        match text {
            Some(text) if insert => lines.insert(at, text),
            Some(text) => lines[at] = text,
            None => {
                lines.remove(at);
            }
        }
        let (source, name, edits) = (lines.join("\n") + "\n", self.name.clone(), self.edits);
        let loaded = Arc::clone(&self.loaded);
        self.put_in(&name, &source, self.program().grain)?;
        (self.edits, self.loaded) = (edits + 1, loaded);
        self.kept = self.kept()?;
        narrate::edited(self, now, number, text.map(String::as_str), log);
        Ok(())
    }

    /// What is left of the loaded program.
    fn kept(&self) -> Result<Kept, ModelError> {
        // Fine steps: so many of them are little work, however long loops are that touch nothing shared.
        let before = compile(&self.name, &self.loaded, Grain::Parts)?;
        let after = compile(&self.name, &self.source, Grain::Parts)?;
        let claims = match (parse(&self.loaded), parse(&self.source)) {
            (Ok(before), Ok(now)) => claims_kept(&before, &now),
            _ => false,
        };
        Ok(Kept { claims, work: work_kept(&before, &after) })
    }

    /// Cuts the statements in another way; changes by hand stay.
    pub(super) fn cut_anew(&mut self, grain: Grain) -> Result<(), ModelError> {
        let (name, source, loaded) = (self.name.clone(), Arc::clone(&self.source), Arc::clone(&self.loaded));
        let (edits, kept) = (self.edits, self.kept);
        self.put_in(&name, &source, grain)?;
        (self.edits, self.kept, self.loaded) = (edits, kept, loaded);
        Ok(())
    }
}
