//! How lessons refer to each other: what they need, and what they recall.

use std::collections::BTreeMap;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::Around;
use crate::lessons::format::{Lesson, Step};
use crate::lessons::library::{LessonEntry, Library, suggest};
use crate::lessons::rules::Findings;
use crate::lessons::source::LessonError;

/// What is wrong with the references of one lesson to others.
pub(super) fn check(entry: &LessonEntry, around: &Around<'_>) -> Vec<LessonError> {
    let Around { lessons, before, complete } = around;
    let mut findings = Findings::new(&entry.source);
    let id = entry.lesson.id.as_str();
    let place = |id: &str| lessons.lessons().position(|l| l.lesson.id == id);
    let mut refer = |path: &str, other: &str, verb: &str| {
        let help = match (place(other), place(id)) {
            (Some(theirs), Some(mine)) if theirs < mine => return,
            (Some(theirs), Some(mine)) if theirs == mine => "That is the lesson itself.".to_owned(),
            (Some(_), _) => {
                "That lesson comes later. Lessons go by the names of their folders and files: rename one.".to_owned()
            }
            (None, _) if before.find(other).is_some() || !complete => return,
            (None, _) => {
                let names = lessons.lessons().chain(before.lessons()).map(|l| l.lesson.id.as_str());
                let near = suggest(other, names);
                if near.is_empty() {
                    "There is no lesson of this id.".to_owned()
                } else {
                    format!("Did you mean {}?", near.join(" or "))
                }
            }
        };
        findings.say(path, format!("the lesson {verb} '{other}', which does not come before it"), help);
    };
    for (path, other) in references(&entry.lesson) {
        refer(&path, other, if path.starts_with("needs") { "needs" } else { "recalls" });
    }
    if let Some(cycle) = cycle(id, lessons) {
        findings.say(
            "needs",
            format!("the lessons need each other: {}", cycle.join(", ")),
            "Take one of the needs out.",
        );
    }
    findings.into_errors()
}

/// The lessons that a lesson names, each with its place.
pub(super) fn references(lesson: &Lesson) -> Vec<(String, &str)> {
    let needs = lesson.needs.iter().enumerate().map(|(i, need)| (format!("needs[{i}]"), need.as_str()));
    let recalls = lesson.steps.iter().enumerate().filter_map(|(i, step)| match step {
        Step::Recall(question) => Some((format!("step[{i}].from"), question.from.as_deref()?)),
        _ => None,
    });
    needs.chain(recalls).collect()
}

/// The lessons that need each other round about, if this one is among them.
fn cycle(id: &str, lessons: &Library) -> Option<Vec<String>> {
    let mut graph: DiGraph<&str, ()> = DiGraph::new();
    let nodes: BTreeMap<&str, NodeIndex> = lessons
        .lessons()
        .map(|l| {
            let id = l.lesson.id.as_str();
            (id, graph.add_node(id))
        })
        .collect();
    for entry in lessons.lessons() {
        for need in &entry.lesson.needs {
            if let (Some(from), Some(to)) = (nodes.get(entry.lesson.id.as_str()), nodes.get(need.as_str())) {
                graph.add_edge(*from, *to, ());
            }
        }
    }
    let circle = tarjan_scc(&graph).into_iter().find(|c| c.len() > 1 && c.iter().any(|n| graph[*n] == id))?;
    let mut names: Vec<String> = circle.into_iter().map(|n| graph[n].to_owned()).collect();
    names.sort();
    Some(names)
}
