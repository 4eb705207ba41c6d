//! Lessons: those that come with the program are proven, wrong ones get an error at its place, and a
//! hostile one does no harm.

#![expect(clippy::panic, reason = "a test says why it fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use scalelab::labs::REGISTRY;
use scalelab::lessons::check::{Report, check_built_in, check_path};
use scalelab::lessons::{LessonError, Library, Step, limits, reference, source, template};
use tempfile::TempDir;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn check(path: &Path) -> Report {
    check_path(path, &mut |_| ())
}

fn report_of(errors: &[LessonError]) -> String {
    source::report(errors, 100, false)
}

fn assert_good(report: &Report) {
    let errors: Vec<LessonError> = report.errors().cloned().collect();
    assert!(report.is_good(), "{}", report_of(&errors));
}

/// Whether a text could do something to a terminal.
fn harmless(text: &str) -> bool {
    !text.chars().any(|c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c))
}

#[test]
fn every_lesson_of_the_program_is_proven() {
    let report = check_built_in(&mut |_| ());
    assert_good(&report);
    assert!(report.lessons.len() >= 7, "{}", report.lessons.len());
    assert!(report.lessons.iter().all(|l| l.commands >= l.seeds.len() && l.steps >= 3));
    let ids = |library: &Library| library.lessons().map(|l| l.lesson.id.clone()).collect::<Vec<_>>();
    let on_disk = Library::from_folder(&here("lessons")).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(ids(&Library::built_in()), ids(&on_disk), "what is embedded is what lies in lessons/");
}

#[test]
fn the_unit_on_hashing_uses_every_kind_of_step_and_of_guess() {
    let library = Library::built_in();
    let unit = library.units.iter().find(|u| u.unit.id == "hashing").unwrap_or_else(|| panic!("no unit"));
    assert!(unit.lessons.len() >= 6);
    let steps: Vec<&Step> = unit.lessons.iter().flat_map(|l| &l.lesson.steps).collect();
    let kinds: BTreeSet<&str> = steps.iter().map(|s| s.kind()).collect();
    assert_eq!(kinds.len(), 8, "{kinds:?}");
    let guesses = |way: fn(&scalelab::lessons::format::Predict) -> bool| {
        steps.iter().any(|s| matches!(s, Step::Predict(p) if way(p)))
    };
    assert!(guesses(|p| p.pick.is_some()) && guesses(|p| p.number.is_some()) && guesses(|p| !p.choices.is_empty()));
}

/// The errors that a fixture announces in its first lines: `# expect LINE:COLUMN words of the error`.
fn expected(text: &str) -> Vec<(usize, usize, String)> {
    let lines = text.lines().map_while(|line| line.strip_prefix("# expect "));
    let parse = |line: &str| {
        let (place, words) = line.split_once(' ')?;
        let (line, column) = place.split_once(':')?;
        Some((line.parse().ok()?, column.parse().ok()?, words.to_owned()))
    };
    lines.map(|line| parse(line).unwrap_or_else(|| panic!("what is '{line}'?"))).collect()
}

#[test]
fn every_wrong_lesson_gets_its_error_at_its_place() {
    let folder = here("tests/lessons_invalid");
    let mut files: Vec<PathBuf> =
        fs::read_dir(&folder).map(|d| d.flatten().map(|e| e.path()).collect()).unwrap_or_default();
    files.sort();
    assert!(files.len() > 90, "{} fixtures", files.len());
    for file in files {
        let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let text = read(&file);
        let expected = expected(&text);
        assert!(!expected.is_empty(), "{name} expects nothing");
        let report = check(&file);
        let errors: Vec<LessonError> = report.errors().cloned().collect();
        let shown = report_of(&errors);
        assert_eq!(errors.len(), expected.len(), "{name}:\n{shown}");
        for (error, (line, column, words)) in errors.iter().zip(&expected) {
            assert_eq!(error.place(), Some((*line, *column)), "{name}:\n{shown}");
            assert!(error.problem().contains(words), "{name}: no '{words}' in\n{shown}");
            assert!(error.help().len() > 8, "{name} says what to do:\n{shown}");
        }
        assert!(harmless(&shown), "{name}: {shown:?}");
        // Nothing but a few lines of the file is ever shown.
        assert!(shown.len() < 4000 * expected.len(), "{name}: {} bytes\n{shown}", shown.len());
    }
}

#[test]
fn every_valid_lesson_is_proven() {
    assert_good(&check(&here("tests/lessons_valid")));
    let one = here("tests/lessons_valid/01-all/02-every-kind.toml");
    assert_good(&check(&one));
    let library = Library::from_folder(&one).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(library.lessons().count(), 1);
    assert!(library.question("every-kind", "why").is_some() && library.question("every-kind", "guess").is_none());
}

const LESSON: &str = include_str!("../lessons_valid/01-all/01-first.toml");

fn unit_with(files: &[(&str, &[u8])]) -> TempDir {
    let home = TempDir::new().unwrap_or_else(|e| panic!("{e}"));
    let unit = "id = \"u\"\ntitle = \"U\"\nsummary = \"S\"\n";
    fs::write(home.path().join("unit.toml"), unit).unwrap_or_else(|e| panic!("{e}"));
    for (name, content) in files {
        fs::write(home.path().join(name), content).unwrap_or_else(|e| panic!("{e}"));
    }
    home
}

fn pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().unwrap_or_else(|e| panic!("{e}"));
    assert!(made.success());
}

fn problems(path: &Path) -> Vec<String> {
    let report = check(path);
    report.errors().map(|e| format!("{}: {}", e.file(), e.problem())).collect()
}

fn assert_problem(path: &Path, words: &str) {
    let found = problems(path);
    assert!(found.iter().any(|p| p.contains(words)), "no '{words}' in {found:#?}");
}

#[test]
fn a_lesson_cannot_read_outside_its_folder() {
    use std::os::unix::fs::symlink;
    let outside = TempDir::new().unwrap_or_else(|e| panic!("{e}"));
    let secret = outside.path().join("secret.txt");
    fs::write(&secret, "secret\n").unwrap_or_else(|e| panic!("{e}"));
    let lesson = LESSON.replace("seed = 7", "seed = 7\ninput = { keys = \"keys.txt\" }");
    let home = unit_with(&[("01-a.toml", lesson.as_bytes())]);
    let keys = home.path().join("keys.txt");
    assert_problem(home.path(), "there is no such file");
    symlink(&secret, &keys).unwrap_or_else(|e| panic!("{e}"));
    assert_problem(home.path(), "leads out of the folder");
    fs::remove_file(&keys).unwrap_or_else(|e| panic!("{e}"));
    fs::create_dir(&keys).unwrap_or_else(|e| panic!("{e}"));
    assert_problem(home.path(), "Name a regular file");
    fs::remove_dir(&keys).unwrap_or_else(|e| panic!("{e}"));
    pipe(&keys);
    assert_problem(home.path(), "Name a regular file");
    fs::remove_file(&keys).unwrap_or_else(|e| panic!("{e}"));
    symlink("/dev/zero", &keys).unwrap_or_else(|e| panic!("{e}"));
    assert_problem(home.path(), "leads out of the folder");
    fs::remove_file(&keys).unwrap_or_else(|e| panic!("{e}"));
    fs::write(&keys, "x\n".repeat(5 << 20)).unwrap_or_else(|e| panic!("{e}"));
    assert_problem(home.path(), "more than 8,388,608 bytes");
    // A link within the folder is nobody's harm.
    fs::write(home.path().join("real.txt"), "a\nb\nc\nd\ne\nf\ng\nh\n".repeat(200)).unwrap_or_else(|e| panic!("{e}"));
    fs::remove_file(&keys).unwrap_or_else(|e| panic!("{e}"));
    symlink("real.txt", &keys).unwrap_or_else(|e| panic!("{e}"));
    let found = problems(home.path());
    assert!(!found.iter().any(|p| p.contains("keys.txt")), "{found:#?}");
}

#[test]
fn lesson_files_are_small_regular_text_below_the_folder() {
    use std::os::unix::fs::symlink;
    let big = format!("{LESSON}\n# {}", "x".repeat(limits::FILE_BYTES));
    let outside = unit_with(&[("09-z.toml", LESSON.as_bytes())]);
    let home = unit_with(&[
        ("01-big.toml", big.as_bytes()),
        ("02-latin.toml", b"id = \"caf\xe9\"\n"),
        ("03-nul.toml", b"\0\0"),
    ]);
    symlink(outside.path().join("09-z.toml"), home.path().join("04-out.toml")).unwrap_or_else(|e| panic!("{e}"));
    pipe(&home.path().join("05-pipe.toml"));
    fs::create_dir(home.path().join("06-folder.toml")).unwrap_or_else(|e| panic!("{e}"));
    let errors = Library::from_folder(home.path()).err().unwrap_or_else(|| panic!("all is well?"));
    let said = |file: &str| {
        let of = errors.errors().iter().find(|e| e.file().ends_with(file));
        of.map_or_else(String::new, |e| e.problem().to_owned())
    };
    assert!(said("01-big.toml").contains("more than 262,144 bytes"), "{}", said("01-big.toml"));
    assert!(said("02-latin.toml").contains("line 1 is not UTF-8"), "{}", said("02-latin.toml"));
    assert!(said("03-nul.toml").contains("not TOML"), "{}", said("03-nul.toml"));
    assert!(said("04-out.toml").contains("leads out"), "{}", said("04-out.toml"));
    assert!(said("05-pipe.toml").contains("Name a regular file"), "{}", said("05-pipe.toml"));
    assert!(harmless(&report_of(errors.errors())));
    let outer = TempDir::new().unwrap_or_else(|e| panic!("{e}"));
    symlink(outside.path(), outer.path().join("01-unit")).unwrap_or_else(|e| panic!("{e}"));
    assert_problem(outer.path(), "leads out of the folder");
}

#[test]
fn names_of_files_are_not_trusted_either() {
    let home = unit_with(&[("01-\u{1b}[2J\u{202e}.toml", b"id = ")]);
    let errors = Library::from_folder(home.path()).err().unwrap_or_else(|| panic!("all is well?"));
    assert!(harmless(&errors.to_string()) && harmless(&report_of(errors.errors())), "{errors}");
}

#[test]
fn a_folder_of_too_many_lessons_is_read_up_to_the_limit() {
    let most = scalelab::lessons::limits::LESSONS;
    let home = unit_with(&[]);
    for i in 0..most + 3 {
        fs::write(home.path().join(format!("{i:04}.toml")), "id = 1\n").unwrap_or_else(|e| panic!("{e}"));
    }
    let problems = problems(home.path());
    assert!(problems.iter().any(|p| p.contains("more than 300 lessons")), "{problems:?}");
    assert_eq!(problems.iter().filter(|p| !p.contains("more than")).count(), most);
}

#[test]
fn what_is_no_curriculum_is_said_so() {
    let empty = TempDir::new().unwrap_or_else(|e| panic!("{e}"));
    assert_problem(empty.path(), "there is no lesson in this folder");
    assert_problem(&empty.path().join("nowhere"), "there is no such file or folder");
    assert_problem(&empty.path().join("nowhere.toml"), "there is no such file or folder");
    let home = unit_with(&[("01-a.toml", LESSON.as_bytes()), ("02-b.toml", LESSON.as_bytes())]);
    assert_problem(home.path(), "the id 'first' is taken by");
    fs::remove_file(home.path().join("unit.toml")).unwrap_or_else(|e| panic!("{e}"));
    assert_problem(home.path(), "there is no such file");
    let unit = unit_with(&[]);
    fs::write(unit.path().join("unit.toml"), "id = \"U\"\ntitle = \"\"\n").unwrap_or_else(|e| panic!("{e}"));
    assert_problem(unit.path(), "missing field `summary`");
}

#[test]
fn lessons_that_need_each_other_are_found() {
    let lesson = |id: &str, needs: &str| {
        LESSON
            .replace("id = \"first\"", &format!("id = \"{id}\""))
            .replace("needs = []", &format!("needs = [\"{needs}\"]"))
    };
    let (a, b, c) = (lesson("a", "c"), lesson("b", "a"), lesson("c", "b"));
    let home = unit_with(&[("01-a.toml", a.as_bytes()), ("02-b.toml", b.as_bytes()), ("03-c.toml", c.as_bytes())]);
    assert_problem(home.path(), "the lessons need each other: a, b, c");
    assert_problem(home.path(), "the lesson needs 'c', which does not come before it");
}

fn new_lessons_are_proven(lab: &str) {
    let home = TempDir::new().unwrap_or_else(|e| panic!("{e}"));
    let unit = home.path().join("01-my-unit");
    if let Err(error) = template::write("my-first", &unit, lab) {
        // A lab whose figures only move in ways that nobody can guess: it says what to do instead.
        assert!(lab != "ring" && error.contains("begin with a lesson of it as a model"), "{lab}: {error}");
        return;
    }
    let second = template::write("my-second", &unit, lab).unwrap_or_else(|e| panic!("{lab}: {e}"));
    assert!(second.file.ends_with("02-my-second.toml") && second.all.len() == 1, "{second:?}");
    assert_good(&check(home.path()));
    let before = read(&unit.join("02-my-second.toml"));
    for (name, words) in
        [("my-second", "is taken by"), ("the-ring", "is taken by"), ("../x", "cannot be the id"), ("", "cannot be")]
    {
        let refused = template::write(name, &unit, lab).err().unwrap_or_default();
        assert!(refused.contains(words), "{name}: {refused}");
    }
    assert_eq!(read(&unit.join("02-my-second.toml")), before);
    // Where a file of the name is there that is no lesson.
    fs::write(unit.join("03-third.toml"), "mine").unwrap_or_else(|e| panic!("{e}"));
    let third = template::write("third", &unit, lab).unwrap_or_else(|e| panic!("{e}"));
    assert!(third.file.ends_with("04-third.toml") && read(&unit.join("03-third.toml")) == "mine");
}

#[test]
fn a_new_lesson_of_every_lab_is_proven_and_nothing_is_overwritten() {
    std::thread::scope(|scope| {
        for lab in REGISTRY {
            scope.spawn(move || new_lessons_are_proven(lab.info.name));
        }
    });
    let home = TempDir::new().unwrap_or_else(|e| panic!("{e}"));
    assert!(template::write("x", home.path(), "rign").err().unwrap_or_default().contains("did you mean ring"));
    // A folder that is no unit's is not listed to its end.
    for n in 0..=limits::FOLDER_ENTRIES {
        fs::write(home.path().join(n.to_string()), "").unwrap_or_else(|e| panic!("{e}"));
    }
    let refused = template::write("x", home.path(), "ring").err().unwrap_or_default();
    assert!(refused.contains(&format!("it has more than {} entries", limits::FOLDER_ENTRIES)), "{refused}");
}

/// Compares with a file, or writes it where `UPDATE_REFERENCE` is set.
fn assert_same(path: &str, made: &str, between: Option<&str>) {
    let file = here(path);
    let text = read(&file);
    let whole = match between.and_then(|mark| text.split_once(mark)) {
        Some((before, _)) => format!("{before}{made}"),
        None => made.to_owned(),
    };
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(&file, &whole).unwrap_or_else(|e| panic!("{e}"));
        return;
    }
    assert!(text == whole, "{path} is not what the types say: run `UPDATE_REFERENCE=1 cargo test --test lessons`");
}

#[test]
fn schema_and_reference_are_those_of_the_types() {
    let schema = format!("{}\n", reference::schema());
    assert_same("lessons/lesson.schema.json", &schema, None);
    assert_same("docs/writing-lessons.md", &reference::markdown(), Some("## Reference\n"));
    let json: serde_json::Value = serde_json::from_str(&schema).unwrap_or_else(|e| panic!("{e}"));
    let steps = json.pointer("/$defs/Step/oneOf").and_then(|v| v.as_array()).cloned().unwrap_or_default();
    assert_eq!(steps.len(), 8);
    for step in steps {
        assert!(step.pointer("/properties/kind/const").is_some(), "{step}");
        assert_eq!(step["additionalProperties"], false, "{step}");
    }
}

/// Code blocks of a page: what stands behind the fence, and the lines.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some(kind) if !open => {
                blocks.push((kind.to_owned(), String::new()));
                open = true;
            }
            Some(_) => open = false,
            None if open => {
                if let Some((_, body)) = blocks.last_mut() {
                    body.push_str(line);
                    body.push('\n');
                }
            }
            None => {}
        }
    }
    blocks
}

fn run_shell(home: &Path, line: &str, code: i32) {
    let words = shlex::split(line).unwrap_or_else(|| panic!("{line}"));
    assert_eq!(words.first().map(String::as_str), Some("scalelab"), "{line}");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_scalelab"))
        .args(&words[1..])
        .current_dir(home)
        .output()
        .unwrap_or_else(|e| panic!("{line}: {e}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{line}\n{said}");
    assert!(harmless(&said), "{line}: {said:?}");
}

#[test]
fn the_tutorial_works_step_by_step() {
    let home = TempDir::new().unwrap_or_else(|e| panic!("{e}"));
    let (mut commands, mut files) = (0, 0);
    for (kind, body) in blocks(&read(&here("docs/writing-lessons.md"))) {
        match kind.split_once(' ') {
            None if kind == "sh" => body.lines().for_each(|line| run_shell(home.path(), line, 0)),
            Some(("sh", "exit 1")) => body.lines().for_each(|line| run_shell(home.path(), line, 1)),
            Some(("toml", file)) => {
                let path = home.path().join(file.trim_start_matches("s/").trim_start_matches('+'));
                let before = fs::read_to_string(&path).unwrap_or_default();
                let after = if file.starts_with('+') {
                    format!("{before}\n{body}")
                } else if file.starts_with("s/") {
                    let (old, new) = body.trim_end().split_once('\n').unwrap_or_else(|| panic!("{body}"));
                    assert!(before.contains(old), "{file} has no {old}");
                    before.replace(old, new)
                } else {
                    assert!(path.exists(), "{file} was not written by a command before");
                    body
                };
                fs::write(&path, &after).unwrap_or_else(|e| panic!("{e}"));
                if after.contains("[[step]]") && !file.starts_with("s/") {
                    Library::from_folder(&home.path().join("my-unit")).unwrap_or_else(|e| panic!("{file}: {e}"));
                }
                files += 1;
            }
            _ => panic!("what is a block of {kind}?"),
        }
        commands += usize::from(kind.starts_with("sh"));
    }
    assert!(commands >= 5 && files >= 7, "{commands} {files}");
}
