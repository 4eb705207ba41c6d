//! Changes to the program's text, line by line.

use super::model::ThreadsModel;
use super::narrate;
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
            return Err(ModelError::new("this is no line of a program", format!("use {MAX_TEXT} characters at most")));
        }
        match text {
            Some(text) if insert => lines.insert(at, text),
            Some(text) => lines[at] = text,
            None => {
                lines.remove(at);
            }
        }
        let (source, name, edits) = (lines.join("\n") + "\n", self.name.clone(), self.edits);
        self.put_in(&name, &source, self.program().grain)?;
        self.edits = edits + 1;
        narrate::edited(self, now, number, text.map(String::as_str), log);
        Ok(())
    }
}
