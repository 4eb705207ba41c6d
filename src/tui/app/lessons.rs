//! Lessons in the app: opened, gone on with, kept, and read again.

use super::{App, Opening, Shown};
use crate::lessons::{Library, Session, Step};
use crate::tui::lab_screen::LabScreen;
use crate::tui::lesson::LessonScreen;
use crate::tui::review::Review;
use crate::tui::watch::News;

impl App {
    /// Shows the questions that are due.
    pub fn open_review(&mut self) {
        let review = Review::new(self.school.get());
        self.shown = Shown::Review(review);
    }

    /// The lesson that `scalelab learn` opens: the id of the one to go on with.
    pub fn lesson_to_continue(&mut self) -> Option<String> {
        self.school.get().next().map(|entry| entry.lesson.id.clone())
    }

    pub(super) fn try_lesson(&mut self, id: &str, how: Opening) {
        if let Err(error) = self.open_lesson(id, how) {
            self.home.say(error);
            self.shown = Shown::Home;
        }
    }

    /// Opens a lesson.
    ///
    /// # Errors
    /// A sentence: there is no such lesson, or its lab or input cannot be opened.
    pub fn open_lesson(&mut self, id: &str, how: Opening) -> Result<(), String> {
        let learning = self.school.get();
        let entry = learning.library.find(id).ok_or_else(|| no_lesson(&learning.library, id))?;
        let lesson = entry.lesson.clone();
        let mut lab = entry.open_lab(lesson.seed)?;
        let next = learning.after(id).map(|entry| entry.lesson.title.clone());
        let mut session = Session::new(lesson, lab.as_mut());
        let place = learning.progress.place(id).map(str::to_owned);
        match (how, place) {
            (Opening::TestOut, _) => {
                if !session.test_out(lab.as_mut()) {
                    return Err(format!("The lesson {id} has no challenge to test out by."));
                }
            }
            (Opening::Resume, Some(step)) => session.resume(&step, lab.as_mut()),
            (Opening::Resume, None) => {}
        }
        let mut screen = Box::new(LessonScreen::new(session, LabScreen::new(lab, &self.settings), next));
        if let Some(warning) = learning.take_warning() {
            screen.say(warning);
        }
        self.shown = Shown::Lesson(screen);
        self.keep();
        Ok(())
    }

    pub(super) fn next_lesson(&mut self) {
        self.keep();
        let id = self.session().map(|session| session.lesson().id.clone());
        let next = id.and_then(|id| self.school.get().after(&id).map(|entry| entry.lesson.id.clone()));
        match next {
            Some(next) => self.try_lesson(&next, Opening::Resume),
            None => self.shown = Shown::Home,
        }
    }

    /// Keeps what the lesson noted about the learner.
    pub(super) fn keep(&mut self) {
        let Shown::Lesson(screen) = &mut self.shown else { return };
        let notes = screen.take_notes();
        let lesson = screen.session().lesson().id.clone();
        if notes.is_empty() {
            return;
        }
        let learning = self.school.get();
        learning.note(&lesson, &notes);
        let step = screen.session().step().map(Step::id);
        screen.set_best(step.and_then(|step| learning.progress.best(&lesson, step)));
        if let Some(warning) = learning.take_warning() {
            screen.say(warning);
        }
    }

    /// Takes what was read again: lessons, of which the open one keeps its place; or the inputs of the lab that
    /// the program was started with, whose commands are given again.
    pub fn reload(&mut self, news: News) {
        self.dirty = true;
        match news {
            News::Inputs(setup) => {
                if let Some(lab) = self.labs.first_mut() {
                    lab.reload(setup);
                }
            }
            News::Lessons(library) => self.reload_lessons(library),
        }
    }

    fn reload_lessons(&mut self, library: Result<Library, String>) {
        self.keep();
        let library = match library {
            Ok(library) => library,
            Err(error) => {
                match &mut self.shown {
                    Shown::Lesson(lesson) => lesson.say(error),
                    _ => self.home.say(error),
                }
                return;
            }
        };
        self.school.get().library = library;
        let Shown::Lesson(screen) = &self.shown else { return };
        let lesson = screen.session().lesson();
        let id = lesson.id.clone();
        let same = self.school.get().library.find(&id).is_some_and(|entry| entry.lesson == *lesson);
        if same && lesson.input.is_empty() {
            return;
        }
        if let Err(error) = self.open_lesson(&id, Opening::Resume)
            && let Shown::Lesson(lesson) = &mut self.shown
        {
            lesson.say(error);
        }
    }
}

fn no_lesson(library: &Library, id: &str) -> String {
    let near = library.suggest(id);
    let id = crate::picture::visible(id);
    match near.is_empty() {
        true => format!("There is no lesson '{id}': `scalelab lessons list` names them."),
        false => format!("There is no lesson '{id}'. Did you mean {}?", near.join(" or ")),
    }
}
