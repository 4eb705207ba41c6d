//! A learner's way through one lesson: what is asked, answered, hinted and reached. It knows no screen.
//!
//! The lab is handed in with each call and stays the learner's own: they may wander off at any
//! time, and every step keeps a [`Bookmark`] to come back to.

use std::collections::{BTreeMap, VecDeque};

mod way;

use super::answer::{self, Guess, Note, SURENESS, Verdict, sure_words};
use super::format::{Lesson, Step, Work};
use crate::engine::timeline::Bookmark;
use crate::labs::OpenLab;

/// Where the learner is in a step.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// There is a text to read, or commands have played.
    Reading,
    /// Commands play; the number that has.
    Watching(usize),
    /// A question waits for an answer.
    Asking,
    /// The guess is made; how sure?
    Weighing(Guess),
    /// The guess is locked in and the event runs.
    Running(Guess),
    /// The answer stands beside what happened.
    Answered(Verdict),
    /// A goal waits to be reached.
    Doing,
    /// The goal is reached.
    Reached {
        /// Commands of the learner's that led there.
        commands: usize,
        /// Whether the solution was played.
        shown: bool,
    },
    /// The lesson is over.
    Finished,
}

/// A learner in a lesson.
#[derive(Clone, Debug)]
pub struct Session {
    lesson: Lesson,
    step: usize,
    phase: Phase,
    /// Which choice the cursor is on: none, until the learner moves it.
    pub cursor: Option<usize>,
    /// What is typed as a number.
    pub typed: String,
    hints: usize,
    tries: usize,
    shown: bool,
    /// Whether they went straight to the challenge: the rest of the lesson is not theirs then.
    testing_out: bool,
    names: Vec<String>,
    marks: BTreeMap<usize, Bookmark>,
    pending: VecDeque<String>,
    sure: u8,
    notes: Vec<Note>,
    message: Option<String>,
}

/// The next choice in a direction: from nowhere, the first or the last.
pub(crate) fn moved(cursor: Option<usize>, by: isize, count: usize) -> usize {
    let from = cursor.map_or(if by > 0 { -1 } else { 0 }, |at| at as isize);
    (from + by).rem_euclid(count.max(1) as isize) as usize
}

impl Session {
    /// Begins a lesson in a lab where its set-up has been run.
    pub fn new(lesson: Lesson, lab: &mut dyn OpenLab) -> Self {
        let mut session = Self {
            lesson,
            step: 0,
            phase: Phase::Reading,
            cursor: None,
            typed: String::new(),
            hints: 0,
            tries: 0,
            shown: false,
            testing_out: false,
            names: Vec::new(),
            marks: BTreeMap::new(),
            pending: VecDeque::new(),
            sure: 70,
            notes: Vec::new(),
            message: None,
        };
        session.enter(0, lab);
        session
    }

    /// The lesson.
    pub fn lesson(&self) -> &Lesson {
        &self.lesson
    }

    /// The step that the learner is at; none in a lesson without steps.
    pub fn step(&self) -> Option<&Step> {
        self.lesson.steps.get(self.step)
    }

    /// (index of the step, number of steps).
    pub fn place(&self) -> (usize, usize) {
        (self.step, self.lesson.steps.len())
    }

    /// Where the learner is in the step.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// Hints shown so far in this step.
    pub fn hints(&self) -> &[String] {
        let hints = self.step().map_or(&[][..], Step::hints);
        &hints[..self.hints.min(hints.len())]
    }

    /// How sure the learner last said to be, in percent.
    pub fn sure(&self) -> u8 {
        self.sure
    }

    /// Whether a wrong answer may be tried again: to a question, but not to a prediction, which is locked in.
    pub fn retries(&self) -> bool {
        matches!(self.step(), Some(Step::Explain(_) | Step::Recall(_)))
    }

    /// Something to say that fits no other place, once.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// What was noted since the last call.
    pub fn take_notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    /// The answers to choose from now.
    pub fn choices(&self) -> Vec<String> {
        match (&self.phase, self.step()) {
            (Phase::Weighing(_), _) => SURENESS.iter().map(|s| format!("{s} %{}", sure_words(*s))).collect(),
            (Phase::Asking, Some(Step::Predict(p))) if p.pick.is_some() => self.names.clone(),
            (Phase::Asking, Some(Step::Predict(p))) => p.choices.iter().map(|c| c.text.clone()).collect(),
            (Phase::Asking, Some(Step::Explain(q) | Step::Recall(q))) => {
                q.choices.iter().map(|c| c.text.clone()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether a number is to be typed now, and its unit.
    pub fn wants_number(&self) -> Option<&str> {
        match (&self.phase, self.step()) {
            (Phase::Asking, Some(Step::Predict(p))) => p.number.as_ref().map(|n| n.unit.as_str()),
            _ => None,
        }
    }

    /// The goal of this step, and whether it is reached.
    pub fn goal(&self) -> Option<(&str, bool)> {
        self.work().map(|work| (work.goal.as_str(), matches!(self.phase, Phase::Reached { .. })))
    }

    fn work(&self) -> Option<&Work> {
        match self.step() {
            Some(Step::Do(work) | Step::Fix(work) | Step::Challenge(work)) => Some(work),
            _ => None,
        }
    }

    /// Commands of the learner's since the step began, on the branch where they are.
    pub fn used(&self, lab: &dyn OpenLab) -> usize {
        let given = match self.step() {
            Some(Step::Fix(work)) => work.given.len(),
            _ => 0,
        };
        let before = self.marks.get(&self.step).map_or(0, |mark| mark.commands.len());
        lab.commands().0.saturating_sub(before + given)
    }

    /// The next command that the program itself gives, if one plays.
    pub fn next_command(&mut self) -> Option<String> {
        self.pending.pop_front()
    }

    /// Whether commands of the program's are still to come, or their outcome is to be judged.
    pub fn playing(&self) -> bool {
        !self.pending.is_empty() || matches!(self.phase, Phase::Running(_))
    }

    /// Why a command may not be given in this step.
    ///
    /// # Errors
    /// A sentence that names what is allowed.
    pub fn permits(&self, line: &str) -> Result<(), String> {
        let Some(work) = self.work().filter(|w| !w.allow.is_empty() && self.phase == Phase::Doing) else {
            return Ok(());
        };
        let name = line.split_whitespace().next().unwrap_or_default();
        if work.allow.iter().any(|a| a == name) || name == "help" || name.is_empty() {
            return Ok(());
        }
        Err(format!("In this step only {} may be used.", work.allow.join(", ")))
    }

    /// After a command of anybody's, or when the lab has come to rest.
    pub fn look(&mut self, lab: &dyn OpenLab) {
        if !self.pending.is_empty() {
            return;
        }
        match self.phase.clone() {
            Phase::Running(guess) => self.judge(&guess, lab),
            Phase::Doing => self.check_goal(lab),
            _ => {}
        }
    }

    fn check_goal(&mut self, lab: &dyn OpenLab) {
        let Some(work) = self.work() else { return };
        let holds = work.check.judge(&lab.facts()).is_ok_and(|v| v.holds);
        let (commands, most) = (self.used(lab), work.most);
        if !holds {
            return;
        }
        if let Some(most) = most.filter(|most| commands > *most && !self.shown) {
            self.message = Some(format!(
                "The goal is reached, but with {commands} commands; {most} are allowed. Step back with ← and try again."
            ));
            return;
        }
        if let Some(Step::Challenge(work)) = self.step()
            && !self.shown
        {
            let step = work.id.clone();
            self.notes.push(Note::Challenge { step, commands });
            self.notes.extend(self.testing_out.then_some(Note::TestedOut));
        }
        self.message = None;
        self.phase = Phase::Reached { commands, shown: self.shown };
    }

    fn judge(&mut self, guess: &Guess, lab: &dyn OpenLab) {
        let Some(Step::Predict(predict)) = self.step() else { return };
        let Some(verdict) = answer::judge(predict, guess, &lab.facts()) else { return };
        let step = predict.id.clone();
        self.notes.push(Note::Predicted { step, sure: self.sure, right: verdict.right });
        self.phase = Phase::Answered(verdict);
    }

    /// `Enter`: chooses, or goes on.
    pub fn enter_key(&mut self, lab: &mut dyn OpenLab) {
        self.message = None;
        match self.phase.clone() {
            Phase::Reading | Phase::Reached { .. } => self.forward(lab),
            Phase::Watching(played) => self.watch(played, lab),
            Phase::Asking => self.answer(lab),
            Phase::Weighing(guess) => {
                let Some(sure) = self.chosen().and_then(|i| SURENESS.get(i)) else { return };
                self.sure = *sure;
                self.return_to_step(lab);
                self.pending =
                    self.step().map(Step::script).unwrap_or_default().into_iter().map(str::to_owned).collect();
                self.phase = Phase::Running(guess);
            }
            Phase::Answered(verdict) => {
                if self.retries() && !verdict.right {
                    self.ask_again();
                } else {
                    self.forward(lab);
                }
            }
            Phase::Doing => {
                self.message = Some(format!(
                    "Not yet: {}. H gives a hint, B begins the step anew.",
                    self.goal().map_or("", |g| g.0)
                ));
            }
            Phase::Running(_) | Phase::Finished => {}
        }
    }

    fn watch(&mut self, played: usize, lab: &mut dyn OpenLab) {
        let Some(Step::Watch(watch)) = self.step() else { return };
        match watch.play.get(played) {
            Some(scene) => {
                self.pending.push_back(scene.run.clone());
                self.phase = Phase::Watching(played + 1);
            }
            None => self.forward(lab),
        }
    }

    fn answer(&mut self, _lab: &mut dyn OpenLab) {
        match self.step() {
            Some(Step::Predict(predict)) => {
                let guess = if predict.number.is_some() {
                    match self.typed.trim().replace(',', ".").parse::<f64>() {
                        Ok(number) if number.is_finite() => Guess::Number(number),
                        _ => {
                            self.message = Some("Type a number first, for example 25.".to_owned());
                            return;
                        }
                    }
                } else if predict.pick.is_some() {
                    let Some(index) = self.chosen() else { return };
                    Guess::Pick(self.names.get(index).cloned().unwrap_or_default())
                } else {
                    let Some(index) = self.chosen() else { return };
                    Guess::Choice(index)
                };
                self.phase = Phase::Weighing(guess);
                self.cursor = None;
            }
            Some(Step::Explain(question) | Step::Recall(question)) => {
                let (choices, step) = (question.choices.clone(), question.id.clone());
                let Some(choice) = self.chosen().and_then(|i| choices.get(i).cloned()) else { return };
                if self.tries == 0 {
                    self.notes.push(Note::Answered { step, right: choice.right, hinted: self.hints > 0 });
                }
                self.tries += 1;
                let (said, happened) = (choice.text, String::new());
                self.phase = Phase::Answered(Verdict { said, happened, right: choice.right, reply: choice.reply });
            }
            _ => {}
        }
    }

    /// Moves the cursor among the choices.
    pub fn choose(&mut self, by: isize) {
        let count = self.choices().len();
        if count > 0 {
            self.message = None;
            self.cursor = Some(moved(self.cursor, by, count));
        }
    }

    /// Whether this step asks something: then digits are answers, in all of it.
    pub fn asks(&self) -> bool {
        matches!(self.step(), Some(Step::Predict(_) | Step::Explain(_) | Step::Recall(_)))
    }

    /// Puts the cursor on a choice, if there is one with this index. While the reply to a wrong answer stands that
    /// may be tried again, this asks again.
    pub fn choose_at(&mut self, index: usize) {
        if matches!(&self.phase, Phase::Answered(verdict) if !verdict.right) && self.retries() {
            self.ask_again();
        }
        if index < self.choices().len() {
            (self.cursor, self.message) = (Some(index), None);
        }
    }

    fn ask_again(&mut self) {
        (self.phase, self.cursor) = (Phase::Asking, None);
    }

    /// What the cursor is on; says so if it is on nothing.
    fn chosen(&mut self) -> Option<usize> {
        if self.cursor.is_none() {
            self.message = Some("Choose first: by ↑ and ↓, or by its number.".to_owned());
        }
        self.cursor
    }

    /// Whether a thing on the picture is to be picked now.
    pub fn picking(&self) -> bool {
        matches!((&self.phase, self.step()), (Phase::Asking, Some(Step::Predict(p))) if p.pick.is_some())
    }

    /// Chooses the thing with this name, if one can be picked now.
    pub fn pick(&mut self, name: &str) -> bool {
        match self.names.iter().position(|n| n == name).filter(|_| self.picking()) {
            Some(index) => {
                self.choose_at(index);
                true
            }
            None => false,
        }
    }

    /// Shows the next hint; `false` when there is none.
    pub fn hint(&mut self) -> bool {
        let most = self.step().map_or(0, |s| s.hints().len());
        if self.hints >= most {
            self.message =
                Some(if most == 0 { "There is no hint here." } else { "That was the last hint. S shows me." }.into());
            return false;
        }
        self.hints += 1;
        self.notes.extend(self.step().map(|step| Note::Hint(step.id().to_owned())));
        true
    }

    /// Plays the solution from the start of the step; it can be rewound like anything else.
    pub fn show_me(&mut self, lab: &mut dyn OpenLab) {
        if !matches!(self.phase, Phase::Doing | Phase::Reached { .. }) {
            self.message = Some("Here is nothing to show: only a goal can be shown.".to_owned());
            return;
        }
        self.return_to_step(lab);
        self.shown = true;
        self.notes.extend(self.step().map(|step| Note::Shown(step.id().to_owned())));
        self.phase = Phase::Doing;
        self.pending = self.step().map(Step::script).unwrap_or_default().into_iter().map(str::to_owned).collect();
    }
}
