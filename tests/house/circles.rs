//! Files that know each other in a circle.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{ours, paths, without_tests};

/// The module of a file: `labs::ring::view` for `labs/ring/view.rs`, `labs::ring` for `labs/ring/mod.rs`.
fn module(file: &str) -> Vec<&str> {
    let mut words: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    if words.last() == Some(&"mod") {
        words.pop();
    }
    words
}

/// The file of a path: that of the longest module that the path begins with, and from there the child that the module
/// hands the next word on from.
fn file_of<'a>(
    path: &[String],
    modules: &BTreeMap<Vec<&str>, &'a str>,
    exports: &BTreeMap<(&str, String), &'a str>,
) -> Option<&'a str> {
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    let (depth, file) = (1..=words.len()).rev().find_map(|n| Some((n, *modules.get(&words[..n])?)))?;
    let handed_on = words.get(depth).and_then(|word| exports.get(&(file, (*word).to_owned())));
    Some(handed_on.copied().unwrap_or(file))
}

/// Sets of files that know each other in a circle, in the order of their names. A file and those of its own folder are one
/// family: that they know each other is no circle.
pub fn circles(files: &BTreeMap<String, String>) -> Vec<BTreeSet<String>> {
    let modules: BTreeMap<Vec<&str>, &str> = files.keys().map(|file| (module(file), file.as_str())).collect();
    let mut exports: BTreeMap<(&str, String), &str> = BTreeMap::new();
    for (file, source) in files {
        for path in paths(without_tests(source)) {
            let [child, name] = path.as_slice() else { continue };
            let of_child = [module(file), vec![child.as_str()]].concat();
            if let Some(child) = modules.get(&of_child) {
                exports.insert((file, name.clone()), child);
            }
        }
    }
    let family = |a: &str, b: &str| module(a).starts_with(&module(b)) || module(b).starts_with(&module(a));
    let mut knows: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (file, source) in files {
        let led = paths(without_tests(source)).into_iter().filter_map(|path| ours(file, &path));
        let known = led.filter_map(|path| file_of(&path, &modules, &exports));
        let known = known.filter(|other| !family(file, other)).collect();
        knows.insert(file, known);
    }
    let reached: BTreeMap<&str, BTreeSet<&str>> = knows.keys().map(|file| (*file, reach(file, &knows))).collect();
    let circle = |file: &&str| {
        let around = reached[*file].iter().filter(|other| reached[**other].contains(*file));
        around.map(|other| (*other).to_owned()).collect::<BTreeSet<String>>()
    };
    let all: BTreeSet<BTreeSet<String>> = knows.keys().map(circle).filter(|around| around.len() > 1).collect();
    all.into_iter().collect()
}

/// All files that a file knows, over others too.
fn reach<'a>(from: &str, knows: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = vec![from];
    while let Some(at) = open.pop() {
        for next in knows.get(at).into_iter().flatten() {
            if reached.insert(*next) {
                open.push(next);
            }
        }
    }
    reached
}
