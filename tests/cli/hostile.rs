//! Hostile text and hostile files at every door of the program: nothing raw is ever printed, nothing is read without
//! end, and output that cannot be written is said so.
//!
//! The cases come from clap's definition of the command line and from the registry of labs: an option, a command or an
//! input that is added later is tried, too.
#![expect(clippy::panic, reason = "a test says why it fails")]
#![expect(clippy::disallowed_methods, reason = "pipes are read and written beside the program that is tested")]

use std::fs;
use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use scalelab::labs::REGISTRY;
use tempfile::TempDir;

/// Escape sequences, their one-byte forms, the bell, delete, what turns, joins or hides text, and no characters at all.
const HOSTILE: &str = "h\u{1b}[31m\u{1b}]0;pwn\u{7}\u{8}\u{9b}31m\u{9d}0;pwn\u{9c}\u{7f}\r\t\u{200b}\u{200d}\u{200e}\u{202e}\
                       \u{2066}\u{2028}\u{feff}\u{fffe}\u{ffff}\u{fdd0}\u{ad}\u{e0001}\u{1ffff}z";

fn must<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| panic!("{error:?}"))
}

fn home() -> TempDir {
    must(tempfile::tempdir())
}

fn write(home: &TempDir, name: &str, content: impl AsRef<[u8]>) {
    let path = home.path().join(name);
    must(path.parent().map_or(Ok(()), fs::create_dir_all));
    must(fs::write(path, content));
}

fn command(home: &TempDir, args: &[String]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scalelab"));
    command.args(args).current_dir(home.path()).env_clear().env("HOME", home.path());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// What it said; a deadline ends what would wait or read for ever.
fn output(mut child: Child, args: &[String]) -> Output {
    let collect = |stream: Option<Box<dyn Read + Send>>| {
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            stream.map(|mut stream| stream.read_to_end(&mut bytes));
            bytes
        })
    };
    let out = collect(child.stdout.take().map(|s| Box::new(s) as _));
    let err = collect(child.stderr.take().map(|s| Box::new(s) as _));
    for _ in 0..6_000 {
        if let Some(status) = must(child.try_wait()) {
            return Output { status, stdout: must(out.join()), stderr: must(err.join()) };
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    panic!("{args:?} never ends");
}

fn run(home: &TempDir, args: &[String]) -> Output {
    output(must(command(home, args).spawn()), args)
}

fn words(args: &[&str]) -> Vec<String> {
    args.iter().map(|&arg| arg.to_owned()).collect()
}

/// Whether a character has no business in what is printed. Spelled out here anew: it is what the program is held to.
fn is_raw(c: char) -> bool {
    (c.is_control() && c != '\n')
        || HOSTILE.contains(c) && !c.is_ascii_graphic()
        || matches!(c, '\u{202a}'..='\u{202e}')
}

/// The text that a stream holds, which must be UTF-8 with nothing raw in it; `coloured` lets SGR through.
fn clean(args: &[String], bytes: &[u8], coloured: bool) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| panic!("{args:?}: not UTF-8"));
    let mut rest = text.as_str();
    let mut plain = String::new();
    while let Some(at) = rest.find("\u{1b}[").filter(|_| coloured) {
        let end = rest[at + 2..].find(|c: char| !(c.is_ascii_digit() || c == ';')).map_or(rest.len(), |n| at + 2 + n);
        assert!(rest[end..].starts_with('m'), "{args:?}: an escape sequence that is no colour: {text:?}");
        plain.push_str(&rest[..at]);
        rest = &rest[end + 1..];
    }
    plain.push_str(rest);
    if let Some(c) = plain.chars().find(|c| is_raw(*c)) {
        panic!("{args:?}: U+{:04X} is printed raw:\n{text:?}", u32::from(c));
    }
    text
}

/// Runs it, and holds both streams to the rule. Exit codes are those of sentences, not of a crash.
fn tried(home: &TempDir, args: &[String]) -> String {
    let said = run(home, args);
    let ansi = args.iter().any(|a| a == "ansi");
    let text = clean(args, &said.stdout, ansi) + &clean(args, &said.stderr, false);
    assert!(matches!(said.status.code(), Some(0..=2)), "{args:?} ends with {}: {text}", said.status);
    assert!(said.status.success() || text.trim().len() > 20, "{args:?} fails without a sentence: {text}");
    text
}

/// Every command that has no commands below it, with the words that lead to it; and those above it, for their options.
fn commands(definition: &clap::Command, path: &[String], found: &mut Vec<(Vec<String>, clap::Command)>) {
    found.push((path.to_vec(), definition.clone()));
    for sub in definition.get_subcommands() {
        let path: Vec<String> = path.iter().cloned().chain([sub.get_name().to_owned()]).collect();
        commands(sub, &path, found);
    }
}

fn as_given(arg: &clap::Arg, value: &str) -> Vec<String> {
    let name = arg.get_long().map(|long| format!("--{long}")).or_else(|| arg.get_short().map(|s| format!("-{s}")));
    name.into_iter().chain(arg.get_action().takes_values().then(|| value.to_owned())).collect()
}

#[test]
fn every_option_of_every_command_prints_nothing_raw() {
    let (mut definition, mut all) = (scalelab::cli::definition(), Vec::new());
    // Labs' options are defined when somebody asks for them.
    definition.build();
    commands(&definition, &[], &mut all);
    let home = home();
    let mut count = 0;
    for (path, definition) in all {
        // To prove all lessons of the program takes long; to measure need not.
        let more = match path.last().map(String::as_str) {
            Some("check") => words(&[HOSTILE]),
            Some("measure") => words(&["--rounds", "10"]),
            _ => Vec::new(),
        };
        let args: Vec<&clap::Arg> = definition.get_arguments().collect();
        for tested in &args {
            let needed = args.iter().filter(|a| a.is_required_set() && a.get_id() != tested.get_id());
            let needed = needed.flat_map(|a| as_given(a, "bash"));
            let given = as_given(tested, HOSTILE);
            tried(&home, &path.iter().cloned().chain(given).chain(needed).chain(more.clone()).collect::<Vec<_>>());
            count += 1;
        }
        // What there is not.
        for odd in [HOSTILE.to_owned(), format!("--{HOSTILE}"), format!("--{HOSTILE}={HOSTILE}")] {
            tried(&home, &path.iter().cloned().chain([odd]).chain(more.clone()).collect::<Vec<_>>());
        }
        let help = tried(&home, &path.iter().cloned().chain(["--help".to_owned()]).collect::<Vec<_>>());
        assert!(help.contains("Usage"), "{path:?}: {help}");
    }
    assert!(count > 150, "only {count} options were found");
}

#[test]
fn every_command_of_every_lab_prints_nothing_raw() {
    let home = home();
    let quoted = must(shlex::try_quote(HOSTILE)).into_owned();
    for lab in REGISTRY {
        for sub in (lab.definition)().get_subcommands() {
            let values =
                |arg: &clap::Arg| if arg.is_positional() { vec![quoted.clone()] } else { as_given(arg, &quoted) };
            let positional: Vec<String> = sub.get_positionals().flat_map(values).collect();
            let one = format!("{} {quoted}", sub.get_name());
            let all = format!("{} {}", sub.get_name(), positional.join(" "));
            let given =
                sub.get_arguments().filter(|a| !a.is_positional()).flat_map(values).collect::<Vec<_>>().join(" ");
            let last = format!("{} {given}", sub.get_name());
            let mut lines = vec![one, all, last];
            lines.dedup();
            lines.retain(|line| line.len() > sub.get_name().len() + 1);
            for line in lines {
                tried(&home, &words(&["run", lab.info.name, "-c", &line, "--json"]));
            }
        }
        for line in [HOSTILE, "'", &format!("'{HOSTILE}"), &format!("help {quoted}")] {
            tried(&home, &words(&["run", lab.info.name, "-c", line]));
        }
    }
}

/// What each input of a lab may hold with hostile text in it.
fn contents(role: &str) -> Vec<String> {
    let raw = format!("fine\n{HOSTILE}\n\0\n");
    let escaped: String = HOSTILE.chars().map(|c| format!("\\U{:08X}", u32::from(c))).collect();
    let line = |place: &str| match place {
        "client" => format!("{HOSTILE} - - [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 200 5\n"),
        "path" => format!("203.0.113.1 - - [10/Oct/2000:13:55:36 -0700] \"GET /{HOSTILE} HTTP/1.1\" 200 5\n"),
        _ => format!(
            "203.0.113.1 - {HOSTILE} [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.1\" 200 5 \"-\" \"{HOSTILE}\"\n"
        ),
    };
    let own = match role {
        "trace" => ["client", "path", "agent"].iter().flat_map(|place| [line(place), line(place) + &raw]).collect(),
        "program" => vec![
            format!("shared {HOSTILE}\n"),
            format!("# {HOSTILE}\nthread A {{ skip }}\n"),
            format!("program \"{HOSTILE}\"\nnote \"{HOSTILE}\"\nthread A {{ skip }}\n"),
        ],
        "topology" | "measured" => vec![
            format!("name = \"{escaped}\"\n"),
            format!("name = '{HOSTILE}'\n"),
            format!("[[component]]\nname = \"{escaped}\"\nkind = \"{escaped}\"\n"),
            format!("[[component]]\nname = \"a\"\nkind = \"server\"\ndepends_on = [\"{escaped}\"]\n"),
            format!("\"{escaped}\" = 1\n"),
        ],
        _ => vec![format!("fine\n{HOSTILE}\n")],
    };
    own.into_iter().chain([raw]).collect()
}

#[test]
fn every_input_of_every_lab_prints_nothing_raw() {
    let home = home();
    for lab in REGISTRY {
        for input in lab.info.inputs {
            for (i, content) in contents(input.name).iter().enumerate() {
                let file = format!("{i}{HOSTILE}");
                write(&home, &file, content);
                let option = format!("--{}", input.name);
                let with = |more: &[&str]| {
                    let verb = if more.contains(&"--size") { "snapshot" } else { "run" };
                    let mut args = words(&[verb, lab.info.name, &option, &file]);
                    args.extend(words(more));
                    args
                };
                let said = run(&home, &with(&[]));
                tried(&home, &with(&[]));
                if !said.status.success() {
                    continue;
                }
                tried(&home, &with(&["--json", "--save", "it.run"]));
                tried(&home, &words(&["replay", "it.run"]));
                let saved = must(fs::read(home.path().join("it.run")));
                clean(&words(&["a run file"]), &saved, false);
                for format in ["svg", "text", "ansi"] {
                    for view in 1..=lab.info.views.len() {
                        tried(&home, &with(&["--size", "120x36", "--format", format, "--view", &view.to_string()]));
                    }
                }
                // An item of the list, and everything that can be asked about it.
                let item = must(shlex::try_quote(HOSTILE));
                for verb in ["insert", "query", "why", "remove", "inspect"] {
                    tried(&home, &with(&["-c", &format!("{verb} {item}")]));
                }
            }
        }
    }
}

#[test]
fn every_kind_of_file_prints_nothing_raw() {
    let home = home();
    let escaped: String = HOSTILE.chars().map(|c| format!("\\U{:08X}", u32::from(c))).collect();
    let json: String = HOSTILE.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let own = ["run", "ring", "-c", "add node-d", "--save", "it.run"];
    tried(&home, &words(&own));
    let saved = must(fs::read_to_string(home.path().join("it.run")));
    let version = concat!("\"", env!("CARGO_PKG_VERSION"), "\"");
    for text in [escaped.as_str(), HOSTILE] {
        for (was, is) in [
            ("\"ring\"".to_owned(), format!("\"{text}\"")),
            (version.to_owned(), format!("\"{text}\"")),
            ("add node-d".to_owned(), format!("add {text}")),
            ("add node-d".to_owned(), text.to_owned()),
            ("format = 1".to_owned(), format!("format = 1\n\"{text}\" = 1")),
            ("format = 1".to_owned(), format!("{text}\nformat = 1")),
            ("format = 1".to_owned(), format!("format = \"{text}\"")),
            ("[[command]]".to_owned(), format!("[[input]]\nrole = \"{text}\"\npath = \"x\"\nhash = \"\"\n[[command]]")),
            (
                "[[command]]".to_owned(),
                format!("[[input]]\nrole = \"keys\"\npath = \"{text}\"\nhash = \"\"\n[[command]]"),
            ),
        ] {
            write(&home, "odd.run", saved.replacen(&was, &is, 1));
            tried(&home, &words(&["replay", "odd.run"]));
            tried(&home, &words(&["replay", "odd.run", "--json"]));
        }
        // Settings.
        for config in [format!("theme = \"{text}\""), format!("\"{text}\" = 1"), format!("{text}\n")] {
            write(&home, ".config/scalelab/config.toml", config);
            assert!(tried(&home, &words(&["snapshot", "ring"])).len() > 20);
        }
        must(fs::remove_file(home.path().join(".config/scalelab/config.toml")));
        // Scripts.
        write(&home, "script", format!("add node-d\n{text}\n"));
        tried(&home, &words(&["run", "ring", "script"]));
    }
    // Progress.
    let state = ".local/state/scalelab/progress.json";
    let lesson = format!("{{\"format\":1,\"lessons\":{{\"{json}\":{{\"place\":{{\"at\":5,\"step\":\"{json}\"}}}}}}}}");
    for progress in
        [lesson, format!("{{\"format\":1,\"{json}\":1}}"), format!("{{\"{HOSTILE}\":1}}"), HOSTILE.to_owned()]
    {
        for args in [&["progress"][..], &["progress", "--json"], &["progress", "export"], &["progress", "import", "in"]]
        {
            write(&home, state, &progress);
            write(&home, "in", &progress);
            tried(&home, &words(args));
        }
    }
    // Lessons.
    let good =
        must(fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons/01-hashing/02-the-ring.toml")));
    let unit = format!("id = \"u\"\ntitle = \"{escaped}\"\nsummary = \"{escaped}\"\n");
    for (was, is) in [
        ("title = \"", format!("title = \"{escaped}")),
        ("id = \"", format!("id = \"{escaped}")),
        ("lab = \"", format!("lab = \"{escaped}")),
        ("kind = \"", format!("kind = \"{escaped}")),
        ("text = \"", format!("text = \"{escaped}")),
        ("title = \"", format!("title = \"{HOSTILE}")),
        ("title = \"", format!("\"{escaped}\" = 1\ntitle = \"")),
    ] {
        let folder = format!("unit{HOSTILE}");
        write(&home, &format!("{folder}/unit.toml"), &unit);
        write(&home, &format!("{folder}/01-{HOSTILE}.toml"), good.replacen(was, &is, 1));
        for args in [&["lessons", "list"][..], &["lessons", "list", "--json"], &["learn", "--dir"]] {
            tried(&home, &words(args).into_iter().chain([folder.clone()]).collect::<Vec<_>>());
        }
        if good.replacen(was, &is, 1) != good {
            tried(&home, &words(&["lessons", "check", &folder]));
            tried(&home, &words(&["lessons", "check", &folder, "--json"]));
        }
    }
    tried(&home, &words(&["lessons", "new", "a-lesson", "--unit", &format!("new{HOSTILE}")]));
}

#[test]
fn only_what_may_be_read_is_read() {
    let home = home();
    for name in ["pipe", ".config/scalelab/config.toml", "unit/01-pipe.toml"] {
        write(&home, name, "");
        must(fs::remove_file(home.path().join(name)));
        must(nix::unistd::mkfifo(&home.path().join(name), nix::sys::stat::Mode::S_IRWXU));
    }
    for odd in ["pipe", "/dev/zero", "/", "/dev/tty"] {
        let mut cases = vec![
            words(&["replay", odd]),
            words(&["run", "ring", odd]),
            words(&["progress", "import", odd]),
            words(&["lessons", "check", odd]),
        ];
        for lab in REGISTRY {
            cases.extend(lab.info.inputs.iter().map(|i| words(&["run", lab.info.name, &format!("--{}", i.name), odd])));
        }
        for args in cases {
            let said = run(&home, &args);
            assert_eq!(said.status.code(), Some(if args[0] == "lessons" { 1 } else { 2 }), "{args:?}");
            assert!(said.stdout.len() + said.stderr.len() > 30, "{args:?}");
        }
    }
    for args in [&["snapshot", "ring"][..], &["lessons", "check", "unit"]] {
        let text = tried(&home, &words(args));
        assert!(text.contains("a named pipe"), "{args:?}: {text}");
    }
    must(fs::remove_file(home.path().join(".config/scalelab/config.toml")));
    // Where progress is kept.
    write(&home, "in", "{\"format\":1,\"lessons\":{\"a\":{\"finished\":5}}}");
    write(&home, ".local/state/scalelab/x", "");
    for name in ["progress.lock", "progress.json"] {
        let path = home.path().join(".local/state/scalelab").join(name);
        let _ = fs::remove_file(&path);
        must(nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU));
        let text = tried(&home, &words(&["progress", "import", "in"]));
        assert!(text.contains("a named pipe"), "{name}: {text}");
    }
    // What the shell opens for `<(command)` and `< file` has a writer.
    for path in ["-", "/dev/stdin", "/dev/fd/0"] {
        let args = words(&["run", "ring", "--keys", path, "--expect", "keys == 2"]);
        let mut child = must(command(&home, &args).stdin(Stdio::piped()).spawn());
        let written = child.stdin.take().map(|mut stdin| stdin.write_all(b"\xef\xbb\xbfa\nb\n"));
        assert!(matches!(written, Some(Ok(()))));
        let said = output(child, &args);
        assert!(said.status.success(), "{path}: {}", String::from_utf8_lossy(&said.stderr));
    }
    // Nor is anything read for ever that is piped in.
    for (args, byte) in [
        (&["run", "ring", "--keys", "-"][..], b'\0'),
        (&["run", "balancer", "--trace", "-"], b'\0'),
        (&["run", "balancer", "--trace", "-"], b'\n'),
        (&["run", "ring", "-"], b'\n'),
        (&["progress", "import", "-"], b' '),
    ] {
        let mut child = must(command(&home, &words(args)).stdin(Stdio::piped()).spawn());
        let stdin = child.stdin.take();
        std::thread::spawn(move || {
            let part = [byte; 1 << 16];
            stdin.map(|mut stdin| while stdin.write_all(&part).is_ok() {})
        });
        let said = output(child, &words(args));
        assert_eq!(said.status.code(), Some(2), "{args:?}: {}", String::from_utf8_lossy(&said.stdout));
        assert!(said.stderr.len() > 30, "{args:?}");
    }
}

/// What prints something, each in its own way.
const PRINTERS: [&[&str]; 16] = [
    &["--help"],
    &["--version"],
    &["help"],
    &["run", "ring", "--help"],
    &["run", "ring", "-c", "add node-d"],
    &["run", "ring", "--json"],
    &["run", "ring", "-c", "help"],
    &["snapshot", "ring"],
    &["snapshot", "ring", "--format", "ansi"],
    &["labs"],
    &["lessons", "list"],
    &["lessons", "schema"],
    &["lessons", "reference"],
    &["man"],
    &["completions", "zsh"],
    &["progress"],
];

#[test]
fn output_that_cannot_be_written_is_an_error_and_a_reader_that_leaves_is_none() {
    let home = home();
    for args in PRINTERS {
        let args = words(args);
        let full = must(fs::OpenOptions::new().write(true).open("/dev/full"));
        let said = output(must(command(&home, &args).stdout(full).spawn()), &args);
        let text = clean(&args, &said.stderr, false);
        assert_eq!(said.status.code(), Some(2), "{args:?}: {text}");
        assert!(text.contains("cannot write the output"), "{args:?}: {text}");
        let mut child = must(command(&home, &args).spawn());
        drop(child.stdout.take());
        let said = output(child, &args);
        assert!(said.status.success() && said.stderr.is_empty(), "{args:?}: {}", clean(&args, &said.stderr, false));
    }
    for args in [&["snapshot", "ring", "-o", "/dev/full"][..], &["run", "ring", "--save", "/dev/full"]] {
        let text = tried(&home, &words(args));
        assert!(text.contains("cannot write /dev/full"), "{text}");
    }
}

#[test]
fn on_a_terminal_only_colours_are_added() {
    let home = home();
    write(&home, "unit/01-x.toml", format!("id = \"{HOSTILE}\"\ntitle = 1\n"));
    let odd = format!("--{HOSTILE}");
    for args in [&["run", "ring", &odd][..], &["--help"], &["lessons", "check", "unit"], &["run", HOSTILE]] {
        let pair = must(portable_pty::native_pty_system().openpty(portable_pty::PtySize::default()));
        let mut command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_scalelab"));
        command.args(args);
        command.env_clear();
        command.env("HOME", home.path());
        command.env("TERM", "xterm-256color");
        command.cwd(home.path());
        let mut reader = must(pair.master.try_clone_reader());
        let mut child = must(pair.slave.spawn_command(command));
        drop(pair.slave);
        let mut bytes = Vec::new();
        // The end of a terminal is an error.
        let _ = reader.read_to_end(&mut bytes);
        must(child.wait());
        // The terminal itself adds the carriage returns.
        let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
        let shown = clean(&words(args), text.as_bytes(), true);
        assert!(shown.contains("\u{1b}["), "no colours: {shown:?}");
    }
}
