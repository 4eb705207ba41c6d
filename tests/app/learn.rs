//! A robot learner at the keyboard: every lesson of the program on the real screen, the right way, the wrong
//! way, with hints and with show me; and each kind of step as a picture.
#![expect(clippy::panic, reason = "a test says why it fails")]

use std::path::PathBuf;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;
use scalelab::lessons::progress::{Status, Store, now};
use scalelab::lessons::{Library, Phase, Step};
use scalelab::picture::to_text;
use scalelab::settings::{ConfigFile, Looks, Settings};
use scalelab::tui::{App, Learning, Opening};

const KINDS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lessons_valid/01-all");

fn settings(motion: bool) -> Settings {
    let looks = Looks { no_motion: !motion, ..Looks::default() };
    Settings::new(&ConfigFile::default(), &looks, |name| (name == "NO_COLOR").then(|| "1".to_owned()))
        .unwrap_or_else(|e| panic!("{e}"))
}

/// How the robot behaves.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// Answers right, and reaches goals by their solutions.
    Right,
    /// Tries every wrong answer first.
    Wrong,
    /// Looks at every hint, types what the last one says, and lets the rest be shown.
    Helped,
}

struct Robot {
    app: App,
    size: (u16, u16),
}

impl Robot {
    fn new(app: App) -> Self {
        Self { app, size: (80, 24) }
    }

    fn in_lesson(id: &str, library: Library, store: Option<Store>) -> Self {
        Self::in_moving_lesson(id, library, store, false)
    }

    fn in_moving_lesson(id: &str, library: Library, store: Option<Store>, motion: bool) -> Self {
        let mut app =
            App::new(None, settings(motion)).with_learning(move || Learning::new(library.clone(), store.clone()));
        app.open_lesson(id, Opening::Resume).unwrap_or_else(|e| panic!("{e}"));
        Self::new(app)
    }

    fn text(&mut self) -> String {
        let area = Rect::new(0, 0, self.size.0, self.size.1);
        let mut buf = Buffer::empty(area);
        self.app.draw(area, &mut buf);
        to_text(&buf)
    }

    /// The left part of the screen, with the words joined as they are read.
    fn panel(&mut self) -> String {
        let columns = if self.size.0 < 110 { 39 } else { 45 };
        let text = self.text();
        let rows = text.lines().map(|line| line.chars().take(columns).collect::<String>().trim().to_owned());
        rows.collect::<Vec<_>>().join(" ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn press(&mut self, code: KeyCode) {
        self.app.handle(&Event::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        self.settle();
        // The mouse and paging know what was drawn last.
        self.text();
    }

    fn settle(&mut self) {
        for _ in 0..100_000 {
            if !self.app.animating() {
                return;
            }
            self.app.frame(100_000);
        }
        panic!("it plays for ever");
    }

    fn type_line(&mut self, line: &str) {
        self.press(KeyCode::Char(':'));
        self.app.handle(&Event::Paste(line.to_owned()));
        self.press(KeyCode::Enter);
    }

    fn phase(&self) -> Phase {
        self.app.session().map_or_else(|| panic!("no lesson"), |s| s.phase().clone())
    }

    fn step(&self) -> Step {
        self.app.session().and_then(|s| s.step().cloned()).unwrap_or_else(|| panic!("no step"))
    }

    fn place(&self) -> usize {
        self.app.session().map_or(usize::MAX, |s| s.place().0)
    }

    /// Enter until the step or its phase is another one: it pages through the text first.
    fn go_on(&mut self) {
        let before = (self.place(), self.phase());
        for _ in 0..6 {
            self.press(KeyCode::Enter);
            if (self.place(), self.phase()) != before {
                return;
            }
        }
        panic!("Enter does not lead on from {before:?}:\n{}", self.text());
    }

    /// Chooses how sure, the third of six: 70 percent.
    fn be_sure(&mut self) {
        assert!(matches!(self.phase(), Phase::Weighing(_)), "{:?}", self.phase());
        self.press(KeyCode::Enter);
        assert!(matches!(self.phase(), Phase::Weighing(_)), "no sureness is chosen yet");
        self.press(KeyCode::Char('3'));
        self.go_on();
    }

    fn answer(&mut self, choice: usize) {
        for _ in 0..20 {
            if self.app.session().is_some_and(|s| s.cursor == Some(choice)) {
                break;
            }
            self.press(KeyCode::Down);
        }
        self.go_on();
    }

    /// The panel says the beginning of this, Markdown aside.
    fn says(&mut self, text: &str) {
        let plain = |text: &str| {
            let text: String = text.chars().filter(|c| !"`*".contains(*c)).collect();
            text.split_whitespace().take(6).collect::<Vec<_>>().join(" ")
        };
        let wanted = plain(text);
        let mut seen = String::new();
        for _ in 0..4 {
            let panel = self.panel();
            if panel.contains(&wanted) {
                return;
            }
            seen.push_str(&panel);
            self.press(KeyCode::PageDown);
        }
        panic!("'{wanted}' is not said in: {seen}\n{}", self.text());
    }

    fn do_step(&mut self, way: Way) {
        match self.step() {
            Step::Read(_) | Step::Watch(_) => {}
            Step::Explain(question) | Step::Recall(question) => {
                let wrong = question.choices.iter().enumerate().filter(|(_, c)| !c.right);
                for (i, choice) in wrong.filter(|_| way == Way::Wrong) {
                    self.answer(i);
                    assert!(matches!(self.phase(), Phase::Answered(v) if !v.right));
                    self.says(&choice.reply);
                    self.go_on();
                    assert_eq!(self.phase(), Phase::Asking);
                }
                let right = question.choices.iter().position(|c| c.right).unwrap_or_default();
                self.answer(right);
                assert!(matches!(self.phase(), Phase::Answered(v) if v.right));
                self.says(&question.choices[right].reply);
            }
            Step::Predict(predict) => {
                if predict.number.is_some() {
                    self.press(KeyCode::Char('1'));
                }
                let last = predict.choices.len().saturating_sub(1);
                if predict.number.is_some() {
                    self.go_on();
                } else {
                    self.answer(if way == Way::Wrong { last } else { 0 });
                }
                self.be_sure();
                let Phase::Answered(verdict) = self.phase() else { panic!("{:?}", self.phase()) };
                self.says("You said");
                self.says(&verdict.reply);
            }
            Step::Do(work) | Step::Fix(work) | Step::Challenge(work) => {
                assert_eq!(self.phase(), Phase::Doing, "{} is open", work.id);
                assert!(self.panel().contains("Goal:"), "the goal is visible");
                self.press(KeyCode::Enter);
                assert_eq!(self.phase(), Phase::Doing, "Enter alone does not reach {}", work.id);
                if way == Way::Helped {
                    self.help(&work.hints);
                } else {
                    work.solution.iter().for_each(|line| self.type_line(line));
                }
                let Phase::Reached { shown, .. } = self.phase() else {
                    panic!("{} is not reached:\n{}", work.id, self.text())
                };
                assert!(!shown || way == Way::Helped);
            }
        }
    }

    /// Three hints; what the last one says is typed; the rest is shown.
    fn help(&mut self, hints: &[String]) {
        for hint in hints {
            self.press(KeyCode::Char('H'));
            self.says(hint);
        }
        let last = hints.last().and_then(|hint| hint.split('`').nth(1));
        let last = last.unwrap_or_else(|| panic!("no command in the last hint"));
        let before = self.app.lab().map_or(0, |lab| lab.commands().0);
        self.type_line(last);
        let given = self.app.lab().is_some_and(|lab| lab.commands().0 > before);
        assert!(given, "the last hint, `{last}`, does nothing:\n{}", self.text());
        if self.phase() == Phase::Doing {
            self.press(KeyCode::Char('S'));
        }
    }

    fn walk(&mut self, way: Way) {
        for _ in 0..200 {
            if self.phase() == Phase::Finished {
                return;
            }
            let place = self.place();
            if matches!(self.phase(), Phase::Asking | Phase::Doing) {
                self.do_step(way);
            }
            for _ in 0..20 {
                if self.place() != place || self.phase() == Phase::Finished {
                    break;
                }
                self.go_on();
            }
        }
        panic!("the lesson does not end:\n{}", self.text());
    }
}

/// Walks every lesson, two at a time.
fn every_lesson(way: Way) {
    let library = Library::built_in();
    let lessons: Vec<&str> = library.lessons().map(|entry| entry.lesson.id.as_str()).collect();
    assert!(lessons.len() >= 6);
    let dir = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let store = Store::at(dir.path().to_owned());
    let walk = |lesson: &str| {
        let mut robot = Robot::in_lesson(lesson, library.clone(), Some(store.clone()));
        robot.walk(way);
        robot.says("The lesson is done");
        let status = store.load().progress.status(lesson, now());
        assert!(matches!(status, Status::Done | Status::Due), "{lesson} is kept as done");
    };
    std::thread::scope(|scope| {
        for half in [0, 1] {
            let (lessons, walk) = (&lessons, &walk);
            scope.spawn(move || lessons.iter().skip(half).step_by(2).for_each(|lesson| walk(lesson)));
        }
    });
}

#[test]
fn the_right_way_finishes_every_lesson() {
    every_lesson(Way::Right);
}

#[test]
fn the_wrong_way_gets_its_replies_in_every_lesson() {
    every_lesson(Way::Wrong);
}

#[test]
fn hints_and_show_me_reach_every_goal() {
    every_lesson(Way::Helped);
}

fn kinds() -> Library {
    Library::from_folder(&PathBuf::from(KINDS)).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn each_kind_of_step_as_a_picture() {
    for size in [(80, 24), (120, 36)] {
        let mut robot = Robot::in_lesson("every-kind", kinds(), None);
        robot.size = size;
        let name = |what: &str| format!("lesson_{}x{}_{what}", size.0, size.1);
        while robot.phase() != Phase::Finished {
            let (step, place) = (robot.step(), robot.place());
            insta::assert_snapshot!(name(step.id()), robot.text());
            if matches!(robot.phase(), Phase::Asking | Phase::Doing) {
                robot.do_step(if step.id() == "alone" { Way::Helped } else { Way::Right });
                insta::assert_snapshot!(name(&format!("{}_answered", step.id())), robot.text());
            }
            while robot.place() == place && robot.phase() != Phase::Finished {
                robot.go_on();
            }
        }
        insta::assert_snapshot!(name("finished"), robot.text());
    }
}

#[test]
fn the_learner_may_wander_off_and_comes_back_to_the_step_as_it_was() {
    let mut robot = Robot::in_lesson("every-kind", kinds(), None);
    while robot.step().id() != "read" {
        robot.do_step(Way::Right);
        robot.go_on();
    }
    let facts = |robot: &Robot| robot.app.lab().map(|lab| lab.facts());
    let before = facts(&robot);
    robot.type_line("add wanderer");
    robot.type_line("fail wanderer");
    robot.press(KeyCode::Left);
    robot.type_line("remove node-a");
    assert_ne!(facts(&robot), before);
    assert_eq!(robot.app.lab().map(|lab| lab.branch().1), Some(2), "a second future");
    robot.press(KeyCode::Char('B'));
    assert_eq!((facts(&robot), robot.phase()), (before, Phase::Reading));
    robot.press(KeyCode::Char('R'));
    assert_eq!(robot.app.lab().map(|lab| lab.setup().seed), Some(8), "another seed");
    robot.go_on();
    assert_eq!(robot.step().id(), "watch", "the lesson goes on at any seed");
}

#[test]
fn whatever_the_learner_does_the_next_step_begins_as_the_lesson_means_it() {
    let facts = |robot: &Robot| robot.app.lab().map(|lab| lab.facts());
    let (mut straight, mut astray) =
        (Robot::in_lesson("every-kind", kinds(), None), Robot::in_lesson("every-kind", kinds(), None));
    while straight.phase() != Phase::Finished {
        let place = straight.place();
        for robot in [&mut straight, &mut astray] {
            if matches!(robot.phase(), Phase::Asking | Phase::Doing) {
                robot.do_step(Way::Right);
            }
        }
        // One wanders off, in time and in another way.
        if straight.step().id() != "repair" {
            astray.type_line("add stranger");
            astray.type_line("remove node-a");
            astray.press(KeyCode::Left);
        }
        for robot in [&mut straight, &mut astray] {
            while robot.place() == place && robot.phase() != Phase::Finished {
                robot.go_on();
            }
        }
        assert_eq!(straight.phase(), astray.phase());
        assert!(straight.phase() == Phase::Finished || facts(&straight) == facts(&astray), "step {}", place + 1);
    }
}

#[test]
fn a_goal_is_looked_at_when_the_lab_has_come_to_rest() {
    let mut robot = Robot::in_moving_lesson("every-kind", kinds(), None, true);
    while !matches!(robot.step(), Step::Challenge(_)) {
        if matches!(robot.phase(), Phase::Asking | Phase::Doing) {
            robot.do_step(Way::Right);
        }
        robot.go_on();
    }
    let Step::Challenge(work) = robot.step() else { panic!("no goal") };
    let Some((last, before)) = work.solution.split_last() else { panic!("no solution") };
    before.iter().for_each(|line| robot.type_line(line));
    robot.app.handle(&Event::Key(KeyEvent::new(KeyCode::Char(':'), KeyModifiers::NONE)));
    robot.app.handle(&Event::Paste(last.clone()));
    robot.app.handle(&Event::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)));
    let mut frames = 0;
    while robot.app.animating() {
        assert_eq!(robot.phase(), Phase::Doing, "after {frames} frames of `{last}`");
        robot.app.frame(1_000);
        frames += 1;
    }
    assert!(frames > 10, "`{last}` took {frames} frames");
    assert!(matches!(robot.phase(), Phase::Reached { .. }));
}

#[test]
fn a_step_may_limit_commands_and_their_number() {
    let mut robot = Robot::in_lesson("every-kind", kinds(), None);
    while robot.step().id() != "repair" {
        if matches!(robot.phase(), Phase::Asking | Phase::Doing) {
            robot.do_step(Way::Right);
        }
        robot.go_on();
    }
    let count = |robot: &Robot| robot.app.lab().map(|lab| lab.commands().0);
    let before = count(&robot);
    robot.type_line("remove node-b");
    assert!(robot.text().contains("In this step only recover, fail"), "{}", robot.text());
    robot.press(KeyCode::Esc);
    assert_eq!(count(&robot), before, "what is not allowed is not done");
}

#[test]
fn a_prediction_is_locked_in_and_a_thing_can_be_picked_on_the_picture() {
    let mut robot = Robot::in_lesson("every-kind", kinds(), None);
    robot.size = (120, 36);
    while robot.step().id() != "pick" {
        if matches!(robot.phase(), Phase::Asking | Phase::Doing) {
            robot.do_step(Way::Right);
        }
        robot.go_on();
    }
    let names = robot.app.session().map(|s| s.choices()).unwrap_or_default();
    let wanted = names.iter().position(|n| n == "node-c").unwrap_or_else(|| panic!("{names:?}"));
    // Somewhere on the picture stands node-c: a click there picks it.
    let picked = (0..24).flat_map(|y| (46..100).map(move |x| (x, y))).any(|(column, row)| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        robot.app.handle(&Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
        robot.app.session().is_some_and(|s| s.cursor == Some(wanted))
    });
    assert!(picked, "{}", robot.text());
    robot.press(KeyCode::Char('B'));
    robot.answer(wanted);
    robot.be_sure();
    let Phase::Answered(verdict) = robot.phase() else { panic!("{:?}", robot.phase()) };
    assert_eq!((verdict.said.as_str(), verdict.right), ("node-c", false));
}

#[test]
fn a_learner_comes_back_to_where_they_left_and_is_asked_again() {
    let dir = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let store = Store::at(dir.path().to_owned());
    let mut robot = Robot::in_lesson("the-ring", Library::built_in(), Some(store.clone()));
    robot.do_step(Way::Wrong);
    robot.go_on();
    let place = robot.place();
    robot.press(KeyCode::Esc);
    assert!(robot.app.session().is_none());
    assert!(robot.text().contains("Continue"), "{}", robot.text());
    let again = Robot::in_lesson("the-ring", Library::built_in(), Some(store.clone()));
    assert_eq!(again.place(), place);
    // Days later the question that was answered wrong is due.
    let due = store.load().progress.next_due().unwrap_or_else(|| panic!("nothing will be due"));
    let cards = store.load().progress.due(due + 1);
    assert_eq!(cards.iter().map(|c| c.step.as_str()).collect::<Vec<_>>(), ["recall-modulo"]);
}

#[test]
fn a_review_asks_what_is_due_and_says_when_it_comes_again() {
    use scalelab::lessons::Note;
    let dir = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let store = Store::at(dir.path().to_owned());
    let answered = |step: &str| Note::Answered { step: step.to_owned(), right: true, hinted: false };
    store
        .update(|p| p.note("the-ring", &[answered("recall-modulo"), answered("why-so-few")], now() - 90 * 86_400))
        .unwrap_or_else(|e| panic!("{e}"));
    let kept = store.clone();
    let app =
        App::new(None, settings(false)).with_learning(move || Learning::new(Library::built_in(), Some(kept.clone())));
    let mut robot = Robot::new(app);
    assert!(robot.text().contains("2 questions"), "{}", robot.text());
    robot.app.open_review();
    assert!(robot.text().contains("question 1 of 2"), "{}", robot.text());
    for question in 1..=2 {
        robot.press(KeyCode::Enter);
        let asked = format!("question {question} of 2");
        assert!(robot.text().contains(&asked) && !robot.text().contains("Enter next"), "nothing is chosen yet");
        robot.press(KeyCode::Char('1'));
        assert!(robot.text().contains("▶ 1"), "{}", robot.text());
        robot.press(KeyCode::Enter);
        let reply = robot.text();
        assert!(reply.contains("Enter next"), "{reply}");
        // An answer to a review counts: digits do not change it.
        robot.press(KeyCode::Char('2'));
        assert_eq!(robot.text(), reply);
        robot.press(KeyCode::Enter);
    }
    assert!(robot.text().contains("The next question is due"), "{}", robot.text());
    assert_eq!(store.load().progress.due(now()), []);
}

#[test]
fn a_lesson_is_tested_out_of_by_its_challenge() {
    let dir = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
    let store = Store::at(dir.path().to_owned());
    let (library, kept) = (Library::built_in(), store.clone());
    let app = App::new(None, settings(false)).with_learning(move || Learning::new(library.clone(), Some(kept.clone())));
    let mut robot = Robot::new(app);
    robot.app.open_lesson("hashing-challenge", Opening::TestOut).unwrap_or_else(|e| panic!("{e}"));
    let Step::Challenge(work) = robot.step() else { panic!("{:?}", robot.step()) };
    robot.do_step(Way::Right);
    robot.says("par");
    let progress = store.load().progress;
    assert_eq!(progress.status("hashing-challenge", now()), Status::TestedOut);
    assert_eq!(progress.best("hashing-challenge", &work.id), Some(work.solution.len()));
    assert!(robot.app.open_lesson("the-ring", Opening::TestOut).is_err(), "it has no challenge");
    let error = robot.app.open_lesson("the-rign", Opening::Resume).err().unwrap_or_default();
    assert!(error.contains("the-ring"), "{error}");
}

#[test]
fn any_size_is_drawn_and_the_lab_may_have_it_all() {
    let mut robot = Robot::in_lesson("every-kind", kinds(), None);
    for size in [(1, 1), (20, 5), (36, 18), (60, 18), (75, 24), (76, 24), (110, 30), (200, 60), (300, 100)] {
        robot.size = size;
        robot.text();
        robot.press(KeyCode::Char('T'));
        robot.text();
        robot.press(KeyCode::Char('T'));
    }
    robot.size = (80, 24);
    robot.press(KeyCode::Char('T'));
    assert!(robot.text().contains("T text"));
}
