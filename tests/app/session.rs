//! A robot learner walks a lesson without a screen: the right way, the wrong way, hints, show me, and back.

#![expect(clippy::panic, reason = "a test says why it fails")]

use scalelab::engine::Setup;
use scalelab::labs::{OpenLab, find};
use scalelab::lessons::{Lesson, Note, Phase, Session, Step};

const RING: &str = include_str!("../../lessons/01-hashing/02-the-ring.toml");

fn open(text: &str) -> (Session, Box<dyn OpenLab>) {
    let lesson: Lesson = toml::from_str(text).unwrap_or_else(|e| panic!("{e}"));
    let registration = find(&lesson.lab).unwrap_or_else(|| panic!("no lab"));
    let mut lab = (registration.open)(Setup::seeded(lesson.seed)).unwrap_or_else(|e| panic!("{e}"));
    (Session::new(lesson, lab.as_mut()), lab)
}

fn give(session: &mut Session, lab: &mut dyn OpenLab, line: &str) {
    lab.command(line).unwrap_or_else(|e| panic!("{line}: {e}"));
    lab.advance_to(lab.settled_at());
    session.look(lab);
}

fn play(session: &mut Session, lab: &mut dyn OpenLab) {
    while let Some(line) = session.next_command() {
        give(session, lab, &line);
    }
    session.look(lab);
}

/// Answers with the choice at `index`; `None` is the first that turns out right.
fn finish_step(session: &mut Session, lab: &mut dyn OpenLab) {
    match session.step().cloned() {
        Some(Step::Explain(q) | Step::Recall(q)) => {
            session.cursor = q.choices.iter().position(|c| c.right);
            session.enter_key(lab);
            assert!(matches!(session.phase(), Phase::Answered(v) if v.right));
        }
        Some(Step::Predict(_)) => {
            session.choose(1);
            session.enter_key(lab);
            assert!(matches!(session.phase(), Phase::Weighing(_)));
            // 50, 60, 70 percent.
            session.choose_at(2);
            session.enter_key(lab);
            play(session, lab);
            assert!(matches!(session.phase(), Phase::Answered(v) if !v.happened.is_empty() && !v.reply.is_empty()));
        }
        Some(Step::Do(work)) => {
            assert_eq!(*session.phase(), Phase::Doing, "the goal of {} must be open", work.id);
            for line in &work.solution {
                give(session, lab, line);
            }
            assert!(matches!(session.phase(), Phase::Reached { .. }), "{}: {}", work.id, lab.facts());
        }
        _ => {}
    }
    session.enter_key(lab);
}

#[test]
fn the_right_way_finishes() {
    let (mut session, mut lab) = open(RING);
    let (_, steps) = session.place();
    for _ in 0..steps {
        finish_step(&mut session, lab.as_mut());
    }
    assert_eq!(*session.phase(), Phase::Finished);
    let notes = session.take_notes();
    assert!(notes.contains(&Note::Finished));
    assert_eq!(notes.iter().filter(|n| matches!(n, Note::Predicted { sure: 70, .. })).count(), 2);
}

#[test]
fn a_wrong_answer_has_its_reply_and_another_try() {
    let (mut session, mut lab) = open(RING);
    session.choose(1);
    session.enter_key(lab.as_mut());
    let Phase::Answered(verdict) = session.phase().clone() else { panic!("{:?}", session.phase()) };
    assert!(!verdict.right && verdict.reply.contains("what the new node needs"));
    session.enter_key(lab.as_mut());
    assert_eq!((session.phase().clone(), session.place().0), (Phase::Asking, 0));
    finish_step(&mut session, lab.as_mut());
    assert_eq!(session.place().0, 1);
    let firsts: Vec<Note> = session.take_notes().into_iter().filter(|n| matches!(n, Note::Answered { .. })).collect();
    assert_eq!(firsts, [Note::Answered { step: "recall-modulo".into(), right: false, hinted: false }]);
}

#[test]
fn hints_come_one_by_one_and_show_me_reaches_the_goal() {
    let (mut session, mut lab) = open(RING);
    finish_step(&mut session, lab.as_mut());
    finish_step(&mut session, lab.as_mut());
    assert!((0..3).all(|_| session.hint()) && !session.hint());
    assert_eq!(session.hints().len(), 3);
    give(&mut session, lab.as_mut(), "add wanderer");
    session.show_me(lab.as_mut());
    play(&mut session, lab.as_mut());
    assert_eq!(*session.phase(), Phase::Reached { commands: 1, shown: true });
    assert_eq!(lab.facts()["nodes"], 3, "show me begins where the step began");
    assert_eq!(lab.branch().1, 2, "what the learner did is kept");
}

#[test]
fn a_prediction_is_locked_before_the_event_and_runs_from_the_step_as_it_was() {
    let (mut session, mut lab) = open(RING);
    (0..3).for_each(|_| finish_step(&mut session, lab.as_mut()));
    let before = lab.facts();
    give(&mut session, lab.as_mut(), "remove node-a");
    session.choose_at(1);
    session.enter_key(lab.as_mut());
    session.choose_at(2);
    session.enter_key(lab.as_mut());
    session.choose(1);
    assert!(matches!(session.phase(), Phase::Running(_)), "no second thoughts");
    assert_eq!(lab.facts(), before);
    play(&mut session, lab.as_mut());
    assert!(matches!(session.phase(), Phase::Answered(v) if !v.right && v.happened.contains("keys moved")));
    session.back(lab.as_mut());
    assert_eq!((session.phase().clone(), lab.facts()), (Phase::Asking, before));
}

#[test]
fn a_learner_comes_back_to_a_step_even_after_a_restart() {
    let (mut session, mut lab) = open(RING);
    session.resume("leave", lab.as_mut());
    let there = lab.facts();
    assert_eq!(there["nodes"], 4);
    lab = lab.reopen(7).unwrap_or_else(|e| panic!("{e}"));
    session.return_to_step(lab.as_mut());
    assert_eq!(lab.facts(), there);
}

#[test]
fn a_question_is_not_answered_before_something_is_chosen() {
    let (mut session, mut lab) = open(RING);
    let mut asked = 0;
    while *session.phase() != Phase::Finished {
        if session.choices().is_empty() {
            finish_step(&mut session, lab.as_mut());
            continue;
        }
        // A stray Enter says what to do, and notes nothing, also when it comes twice.
        let (place, phase) = (session.place(), session.phase().clone());
        session.take_notes();
        for _ in 0..2 {
            session.enter_key(lab.as_mut());
            assert_eq!((session.place(), session.phase(), session.cursor), (place, &phase, None));
            assert!(session.message().is_some_and(|m| m.contains("Choose first")), "{:?}", session.message());
        }
        assert_eq!(session.take_notes(), []);
        asked += 1;
        session.choose_at(0);
        assert_eq!((session.cursor, session.message()), (Some(0), None));
        session.enter_key(lab.as_mut());
        if let Phase::Weighing(_) = session.phase() {
            continue;
        }
        play(&mut session, lab.as_mut());
        session.enter_key(lab.as_mut());
        if session.place() == place && *session.phase() == Phase::Asking {
            finish_step(&mut session, lab.as_mut());
        }
    }
    assert!(asked >= 4, "questions and sureness: {asked}");
}

#[test]
fn a_digit_chooses_again_while_the_reply_to_a_wrong_answer_stands() {
    let (mut session, mut lab) = open(RING);
    let Some(Step::Recall(question)) = session.step().cloned() else { panic!("{:?}", session.step()) };
    let right = question.choices.iter().position(|c| c.right).unwrap_or_else(|| panic!("no answer is right"));
    let wrong = question.choices.iter().position(|c| !c.right).unwrap_or_else(|| panic!("no answer is wrong"));
    session.choose_at(wrong);
    session.enter_key(lab.as_mut());
    assert!(matches!(session.phase(), Phase::Answered(v) if !v.right));
    session.choose_at(right);
    assert_eq!((session.phase(), session.cursor), (&Phase::Asking, Some(right)));
    session.enter_key(lab.as_mut());
    let answered = session.phase().clone();
    assert!(matches!(&answered, Phase::Answered(v) if v.right));
    session.choose_at(wrong);
    assert_eq!(session.phase(), &answered, "a right answer stays");
}
