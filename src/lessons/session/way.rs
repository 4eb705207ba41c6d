//! A learner's way from step to step: on, back, anew, and to where they left off.

use super::super::answer::{Note, names};
use super::super::format::Step;
use super::{Phase, Session};
use crate::engine::interrupt;
use crate::engine::timeline::Bookmark;
use crate::labs::OpenLab;

impl Session {
    /// Back to how the lab was when this step began.
    pub fn return_to_step(&mut self, lab: &mut dyn OpenLab) {
        self.pending.clear();
        if let Some(mark) = self.marks.get(&self.step) {
            return_to(mark, lab);
        }
    }

    /// After work was stopped: what plays ends, and the step begins again if it was not the learner's command.
    pub fn stopped(&mut self, lab: &mut dyn OpenLab) {
        let own = matches!(self.phase, Phase::Doing) && self.pending.is_empty() && !self.shown;
        if own || self.phase == Phase::Finished {
            return;
        }
        self.restart_step(lab);
        self.message = Some("Stopped: the step begins again.".to_owned());
    }

    /// The step again from its start, with the lab as it was then.
    pub fn restart_step(&mut self, lab: &mut dyn OpenLab) {
        self.return_to_step(lab);
        self.enter(self.step, lab);
    }

    /// The step again from its start; from its start, the step before.
    pub fn back(&mut self, lab: &mut dyn OpenLab) {
        let untouched = matches!(self.phase, Phase::Reading | Phase::Asking | Phase::Doing | Phase::Watching(0))
            && self.marks.get(&self.step).is_some_and(|mark| *mark == lab.bookmark());
        let step = if untouched { self.step.saturating_sub(1) } else { self.step };
        if let Some(mark) = self.marks.get(&step) {
            return_to(mark, lab);
        }
        self.enter(step, lab);
    }

    /// Straight to the step with this id, as if all before it had been done; for a learner who returns.
    pub fn resume(&mut self, id: &str, lab: &mut dyn OpenLab) {
        let Some(target) = self.lesson.steps.iter().position(|s| s.id() == id) else { return };
        for index in 0..target {
            for line in self.lesson.steps[index].script() {
                // A lesson that was checked does not refuse; one that does still opens, where it got to.
                let _ = lab.command(line);
                lab.settle();
            }
            self.marks.insert(index + 1, lab.bookmark());
        }
        self.enter(target, lab);
        self.notes.clear();
    }

    /// Straight to the challenge, to test out of the lesson; `false` if it has none.
    pub fn test_out(&mut self, lab: &mut dyn OpenLab) -> bool {
        let challenge = self.lesson.steps.iter().find(|s| matches!(s, Step::Challenge(_))).map(|s| s.id().to_owned());
        challenge.is_some_and(|id| {
            self.resume(&id, lab);
            self.testing_out = true;
            true
        })
    }

    pub(super) fn forward(&mut self, lab: &mut dyn OpenLab) {
        if self.step + 1 >= self.lesson.steps.len() {
            if self.phase != Phase::Finished && !self.testing_out {
                self.notes.push(Note::Finished);
            }
            self.phase = Phase::Finished;
            return;
        }
        let strayed = self.keep_to_the_way(lab);
        if interrupt::requested() {
            // The lab may be anywhere on the way: the step begins again.
            return;
        }
        self.enter(self.step + 1, lab);
        if strayed {
            let text = "The lab goes on from the lesson's own way. Yours is kept: [ and ] change between them.";
            self.message = Some(text.to_owned());
        }
    }

    /// Takes the lab to where the lesson's own way leads from this step, if the learner's led elsewhere: there
    /// holds what the next steps say. Gives whether it did.
    fn keep_to_the_way(&mut self, lab: &mut dyn OpenLab) -> bool {
        let Some(mark) = self.marks.get(&self.step).cloned() else { return false };
        let script: Vec<String> = self.step().map(Step::script).into_iter().flatten().map(str::to_owned).collect();
        let now = lab.bookmark();
        let (before, since) = now.commands.split_at(mark.commands.len().min(now.commands.len()));
        let kept = now.seed == mark.seed && before == mark.commands && since.len() == script.len();
        if kept && since.iter().zip(&script).all(|((_, given), wanted)| shlex::split(given) == shlex::split(wanted)) {
            // Time that passed by itself is taken back.
            let rest = if script.is_empty() { mark.at_us } else { lab.settled_at() };
            if now.at_us > rest {
                lab.seek_time(rest);
            }
            return false;
        }
        return_to(&mark, lab);
        for line in &script {
            // A lesson that was checked does not refuse; one that does still goes on, from where it got to.
            let _ = lab.command(line);
            lab.settle();
        }
        true
    }

    pub(super) fn enter(&mut self, step: usize, lab: &mut dyn OpenLab) {
        self.step = step;
        (self.cursor, self.hints, self.tries, self.shown) = (None, 0, 0, false);
        self.typed.clear();
        self.names.clear();
        self.message = None;
        self.pending.clear();
        self.marks.insert(step, lab.bookmark());
        let Some(current) = self.lesson.steps.get(step).cloned() else { return };
        if !self.testing_out {
            self.notes.push(Note::At(current.id().to_owned()));
        }
        self.phase = match &current {
            Step::Read(_) => Phase::Reading,
            Step::Watch(_) => Phase::Watching(0),
            Step::Predict(predict) => {
                if let Some(pick) = &predict.pick {
                    self.names = names(&pick.among, lab);
                }
                Phase::Asking
            }
            Step::Explain(_) | Step::Recall(_) => Phase::Asking,
            Step::Do(_) | Step::Challenge(_) => Phase::Doing,
            Step::Fix(work) => {
                self.pending = work.given.iter().cloned().collect();
                Phase::Doing
            }
        };
    }
}

/// Goes back to a bookmark; where the lab was restarted meanwhile, its commands are given again.
fn return_to(mark: &Bookmark, lab: &mut dyn OpenLab) {
    if lab.go_to(mark) {
        return;
    }
    lab.rewind();
    for (at_us, line) in &mark.commands {
        lab.pass_until(*at_us);
        // They were accepted in this very order before.
        let _ = lab.command(line);
    }
    lab.pass_until(mark.at_us);
}
