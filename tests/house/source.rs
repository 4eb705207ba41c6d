//! Reading Rust sources: their code without comments and texts, and the paths that they name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Path below `src` (with `/`) and content of every source file.
pub fn sources() -> BTreeMap<String, String> {
    fn walk(dir: &Path, root: &Path, found: &mut BTreeMap<String, String>) {
        let entries = fs::read_dir(dir).expect("the source folder is there");
        for path in entries.map(|entry| entry.expect("an entry can be read").path()) {
            if path.is_dir() {
                walk(&path, root, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
                found.insert(name, fs::read_to_string(&path).expect("sources are UTF-8"));
            }
        }
    }
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    walk(&root, &root, &mut found);
    assert!(found.len() > 40, "only {} files found: the test looks in the wrong place", found.len());
    found
}

/// The code without comments and without what stands in string and character literals.
pub fn code(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let (mut out, mut i) = (String::with_capacity(source.len()), 0);
    while i < chars.len() {
        let rest = &chars[i..];
        i += match rest {
            ['/', '/', ..] => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
            ['/', '*', ..] => block_comment(rest),
            ['r', '"', ..] | ['r', '#', '"' | '#', ..] if !word_before(&chars, i) => raw_string(rest),
            ['"', ..] => string(rest),
            ['\'', '\\', ..] => 2 + rest.iter().skip(3).position(|c| *c == '\'').map_or(rest.len() - 2, |n| n + 2),
            ['\'', _, '\'', ..] => 3,
            [c, ..] => {
                out.push(*c);
                1
            }
            [] => 1,
        };
    }
    out
}

fn word_before(chars: &[char], i: usize) -> bool {
    i > 0 && (chars[i - 1].is_alphanumeric() || chars[i - 1] == '_')
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut i) = (0_usize, 0);
    while i < rest.len() {
        match &rest[i..] {
            ['/', '*', ..] => (depth, i) = (depth + 1, i + 2),
            ['*', '/', ..] => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i
}

fn string(rest: &[char]) -> usize {
    let mut i = 1;
    while i < rest.len() && rest[i] != '"' {
        i += if rest[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(rest.len())
}

fn raw_string(rest: &[char]) -> usize {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return 1;
    }
    let end: String = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let body: String = rest[hashes + 2..].iter().collect();
    hashes + 2 + body.find(&end).map_or(body.chars().count(), |at| body[..at].chars().count() + end.len())
}

/// The source without its `mod tests` at the end: what a test knows is no import of the room.
pub fn without_tests(source: &str) -> &str {
    source.find("#[cfg(test)]\nmod tests {").map_or(source, |at| &source[..at])
}

/// Every path of the code as its words: `use crate::{a::B, c}` gives `crate::a::B` and `crate::c`.
pub fn paths(source: &str) -> Vec<Vec<String>> {
    let code = code(source);
    let mut tokens: Vec<String> = Vec::new();
    for c in code.chars() {
        let word = c.is_alphanumeric() || c == '_';
        match tokens.last_mut() {
            Some(last) if word && last.chars().all(|l| l.is_alphanumeric() || l == '_') => last.push(c),
            Some(last) if c == ':' && last == ":" => last.push(c),
            _ if c.is_whitespace() => tokens.push(" ".to_owned()),
            _ => tokens.push(c.to_string()),
        }
    }
    tokens.retain(|t| t != " ");
    let (mut found, mut i) = (Vec::new(), 0);
    while i < tokens.len() {
        if is_word(&tokens[i]) { i = path_at(&tokens, i, &[], &mut found) } else { i += 1 }
    }
    found
}

fn is_word(token: &str) -> bool {
    token.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Reads the path or the group of paths that starts at `i`; gives where it ends.
fn path_at(tokens: &[String], mut i: usize, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = before.to_vec();
    loop {
        path.push(tokens[i].clone());
        i += 1;
        if tokens.get(i).is_none_or(|t| t != "::") {
            break;
        }
        i += 1;
        match tokens.get(i).map(String::as_str) {
            Some("{") => return group_at(tokens, i + 1, &path, found),
            Some(token) if is_word(token) => {}
            _ => break,
        }
    }
    found.push(path);
    i
}

fn group_at(tokens: &[String], mut i: usize, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    while let Some(token) = tokens.get(i) {
        match token.as_str() {
            "}" => return i + 1,
            token if is_word(token) => i = path_at(tokens, i, before, found),
            _ => i += 1,
        }
    }
    i
}

/// The room of ours that a path of a file leads to, as `labs::ring::model`; `super` and `self` are followed.
pub fn ours(file: &str, path: &[String]) -> Option<Vec<String>> {
    let mut module: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod" || last == "lib") {
        module.pop();
    }
    let (first, mut rest) = path.split_first()?;
    match first.as_str() {
        "crate" | "scalelab" if !rest.is_empty() => return Some(rest.to_vec()),
        "self" => {}
        "super" => {
            module.pop();
        }
        _ => return None,
    }
    while let Some((next, more)) = rest.split_first()
        && next == "super"
    {
        module.pop();
        rest = more;
    }
    (!rest.is_empty()).then(|| module.into_iter().chain(rest.iter().cloned()).collect())
}
