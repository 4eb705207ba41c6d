//! The command line: parses, hands over, and does nothing else.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::engine::ranges::{self, Within as _};
use crate::engine::{Micros, visible};
use crate::headless::printer::coloured;
use crate::headless::run::{Deeds, Report};
use crate::headless::snapshot::{Format, Shot, parse_size, parse_time};
use crate::headless::{self, Fault, Printer, inputs, replay, run, snapshot};
use crate::labs::{DEFAULT_SEED, REGISTRY, Registration, find};
use crate::lessons::Library;
use crate::lessons::progress::Store;
use crate::settings::{ConfigFile, Looks, Settings, config_path, read_config};
use crate::tui::{self, App, Learning, Opening, Watch};

const ABOUT: &str = "A laboratory for scalability in your terminal: watch large systems scale, break and heal.";
const EXAMPLES: &str = "\
Start here:
  scalelab                      home: choose a lab with the arrow keys and Enter
  scalelab learn                go on with a lesson where you left off
  scalelab lab ring             open the hash ring; press `a` to add a node, `?` for help
  scalelab run ring -c 'add node-d' -c 'remove node-b'
                                the same without a screen: sentences, then figures
  scalelab snapshot ring -c 'add node-d' --size 120x36 -o ring.svg
                                the picture as a file

Looks: --theme auto|dark|light|ansi|mono, --ascii, --no-motion; NO_COLOR is obeyed. What you always want
goes into scalelab/config.toml in your config folder (usually ~/.config), e.g. `theme = \"light\"`.";

/// clap's definition of the whole command line: help, man page and completions come from it.
pub fn definition() -> Command {
    Command::new("scalelab")
        .version(env!("CARGO_PKG_VERSION"))
        .about(ABOUT)
        .after_help(EXAMPLES)
        .max_term_width(100)
        .args(looks())
        .subcommand(for_each_lab("lab", "Open a lab", |line| lab_line(line, lab_options)).subcommand_required(true))
        .subcommand(learn_command())
        .subcommand(
            Command::new("review").about("Answer the questions that are due: five minutes a day").arg(folder_option()),
        )
        .subcommand(
            for_each_lab("run", "Run a lab without a screen", |line| lab_line(line, run_options))
                .subcommand_required(true),
        )
        .subcommand(
            for_each_lab("snapshot", "Draw a lab into a file", |line| lab_line(line, snapshot_options))
                .subcommand_required(true),
        )
        .subcommand(Command::new("replay").about("Open a run file that `run --save` wrote").args([
            Arg::new("file").value_name("FILE").required(true).help("The run file"),
            switch("json", "Do not open a screen: print events and facts as one JSON object"),
        ]))
        .subcommand(headless::measure::definition())
        .subcommand(headless::progress::definition())
        .subcommand(Command::new("labs").about("List the labs").arg(switch("json", "As JSON")))
        .subcommand(headless::lessons::definition())
        .subcommand(Command::new("completions").about("Print completions for a shell").arg(
            Arg::new("shell").value_name("SHELL").required(true).value_parser(value_parser!(clap_complete::Shell)),
        ))
        .subcommand(Command::new("man").about("Print the man page (roff): scalelab man | man -l -"))
}

fn learn_command() -> Command {
    Command::new("learn").about("Go on with a lesson where you left off").args([
        Arg::new("lesson").value_name("LESSON").help("Its id: `scalelab lessons list` names them"),
        folder_option(),
        switch("watch", "Read the lessons of --dir again whenever they are saved, keeping the place").requires("dir"),
        switch("test-out", "Go straight to the lesson's challenge").requires("lesson"),
    ])
}

fn folder_option() -> Arg {
    Arg::new("dir").long("dir").value_name("DIR").help("Lessons of this folder (a curriculum, a unit or one file)")
}

fn folder(matches: &ArgMatches) -> Option<PathBuf> {
    matches.get_one::<String>("dir").map(PathBuf::from)
}

/// The app with its lessons, of a folder or built in, and the learner's progress.
fn learner(app: App, folder: Option<PathBuf>) -> App {
    app.with_learning(move || {
        let store = Store::in_state_folder();
        match folder.as_deref().map(Library::from_folder) {
            Some(Ok(library)) => Learning::new(library, store),
            // Checked before; should it fail now, the built-in lessons are better than none.
            _ => Learning::new(Library::built_in(), store),
        }
    })
}

fn learn(matches: &ArgMatches) -> Result<(), Fault> {
    screen(tui::require_terminal("ring"))?;
    let folder = folder(matches);
    if let Some(dir) = &folder {
        headless::lessons::load(dir)?;
    }
    let watched = folder.clone().filter(|_| matches.get_flag("watch"));
    let mut app = learner(App::new(None, settings(matches)?), folder);
    let id = matches.get_one::<String>("lesson").cloned().or_else(|| app.lesson_to_continue());
    let how = if matches.get_flag("test-out") { Opening::TestOut } else { Opening::Resume };
    if let Some(id) = id {
        app.open_lesson(&id, how).map_err(Fault::Usage)?;
    }
    screen(tui::run(&mut app, watched.map(Watch::Lessons)))
}

/// A command with a lab of the registry in it; what the lab's line looks like is worked out when it is wanted.
fn for_each_lab(name: &'static str, about: &'static str, details: fn(Command) -> Command) -> Command {
    let labs = REGISTRY.iter().map(|lab| Command::new(lab.info.name).about(lab.info.summary).defer(details));
    Command::new(name).about(about).subcommands(labs).subcommand_value_name("LAB").subcommand_help_heading("Labs")
}

/// Inputs, seed, these options and the lab's commands, for a line that is named after a lab.
fn lab_line(line: Command, options: impl Fn(&Registration) -> Vec<Arg>) -> Command {
    let Some(lab) = find(line.get_name()) else { return line };
    let inputs =
        lab.info.inputs.iter().map(|input| {
            Arg::new(input.name).long(input.name).value_name("FILE").help(input.help).action(ArgAction::Set)
        });
    line.args(inputs)
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_name("N")
                .default_value(DEFAULT_SEED.to_string())
                .help("Seed of everything random: the same seed and commands give the same bytes")
                .within(ranges::integers("the seed", 0..=i64::MAX as u64)),
        )
        .args(options(lab))
        .after_help(commands_help(lab))
}

/// The lab's own commands, one line each, from their definition.
fn commands_help(lab: &Registration) -> String {
    let mut text = "Commands of this lab (`-c 'help COMMAND'` tells more):\n".to_owned();
    for command in (lab.definition)().get_subcommands_mut() {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let usage = command.render_usage().to_string();
        let usage = usage.trim_start_matches("Usage: ").trim().to_owned();
        text.push_str(&format!("  {usage:<34} {about}\n"));
    }
    text
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    switch_of(name, help.to_owned())
}

fn switch_of(name: &'static str, help: String) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn looks() -> [Arg; 3] {
    [
        Arg::new("theme")
            .long("theme")
            .value_name("THEME")
            .global(true)
            .value_parser(["auto", "dark", "light", "ansi", "mono"])
            .help("Colours; auto, the default, follows the terminal's background"),
        switch("ascii", "Draw with ASCII characters only").global(true),
        switch("no-motion", "Nothing travels: changes are shown where they end").global(true),
    ]
}

fn commands_option() -> Arg {
    Arg::new("command")
        .short('c')
        .long("command")
        .value_name("COMMAND")
        .action(ArgAction::Append)
        .help("A command of the lab; give -c as often as you like")
}

fn lab_options(lab: &Registration) -> Vec<Arg> {
    let mut options = vec![commands_option()];
    if !lab.info.inputs.is_empty() {
        let inputs: Vec<String> = lab.info.inputs.iter().map(|input| format!("--{}", input.name)).collect();
        let help = format!("Open {} again whenever it is saved, and give the commands again", inputs.join(" or "));
        options.push(switch_of("watch", help));
    }
    options
}

/// What is watched of a lab: the files that it was opened with.
fn watched(lab: &'static Registration, matches: &ArgMatches) -> Result<Option<Watch>, Fault> {
    // Only labs that take files have the option.
    if !matches!(matches.try_get_one::<bool>("watch"), Ok(Some(true))) {
        return Ok(None);
    }
    let (paths, seed) = (input_paths(lab, matches), seed(matches));
    let files: Vec<PathBuf> = paths.iter().filter(|(_, path)| path != "-").map(|(_, path)| path.into()).collect();
    if files.len() < paths.len() || files.is_empty() {
        return Err(Fault::Usage(format!(
            "--watch needs a file to watch: see `scalelab lab {} --help`",
            lab.info.name
        )));
    }
    let read = move || inputs::open(lab.info, seed, &paths).map_err(|fault| fault.to_string());
    Ok(Some(Watch::Inputs { files, read: Box::new(read) }))
}

fn deed_options() -> Vec<Arg> {
    vec![
        commands_option(),
        Arg::new("script")
            .value_name("SCRIPT")
            .help("A file of commands, one a line, after those of -c (- for standard input)"),
        Arg::new("until")
            .long("until")
            .value_name("TIME")
            .value_parser(parse_time)
            .help("Then let simulated time pass up to TIME, e.g. 10s"),
    ]
}

fn run_options(_: &Registration) -> Vec<Arg> {
    let mut options = deed_options();
    options.extend([
        switch("json", "Print one JSON object: lab, seed, events, facts"),
        Arg::new("expect")
            .long("expect")
            .value_name("CEL")
            .action(ArgAction::Append)
            .help("A CEL expression over the facts, e.g. 'moved_share < 0.3'; exit code 1 if false"),
        Arg::new("save").long("save").value_name("RUNFILE").help("Keep the run in a file for `scalelab replay`"),
    ]);
    options
}

fn snapshot_options(lab: &Registration) -> Vec<Arg> {
    let views: Vec<String> = (1..).zip(lab.info.views).map(|(i, v)| format!("{i} {} ({})", v.name, v.help)).collect();
    let mut options = deed_options();
    options.extend([
        Arg::new("size")
            .long("size")
            .value_name("COLSxROWS")
            .default_value("120x36")
            .value_parser(parse_size)
            .help("Size in cells"),
        Arg::new("format")
            .long("format")
            .value_parser(value_parser!(Format))
            .help("Format; without it, the ending of -o decides (.svg, .txt, .ansi), and standard output gets svg"),
        Arg::new("output").short('o').long("output").value_name("FILE").help("Write here, not to standard output"),
        Arg::new("view")
            .long("view")
            .value_name("N")
            .default_value("1")
            .help(format!("Which view: {}", views.join("; ")))
            .within(ranges::integers("the view", 1..=lab.info.views.len() as u64)),
        Arg::new("at")
            .long("at")
            .value_name("TIME")
            .value_parser(parse_time)
            .help("The picture at this simulated time"),
        Arg::new("frames")
            .long("frames")
            .value_name("N")
            .help("N pictures while the last command unfolds: FILE-01, FILE-02, …")
            .within(ranges::integers("pictures", 1..=snapshot::MAX_FRAMES)),
        Arg::new("cast").long("cast").value_name("FILE").help("The whole run as an asciicast, for asciinema"),
    ]);
    options
}

/// Parses the arguments, does what they ask, and gives the exit code.
pub fn main() -> ExitCode {
    let (mut out, mut err) = (std::io::stdout().lock(), std::io::stderr());
    let (mut out, mut err) = (Printer::new(&mut out), Printer::new(&mut err));
    let done = match definition().try_get_matches() {
        Ok(matches) => dispatch(&matches, &mut out),
        Err(error) => answer(error, &mut out, &mut err),
    };
    let Err(fault) = done.and_then(|()| Ok(out.flush()?)) else { return ExitCode::SUCCESS };
    // Where nobody hears errors, there is nobody to tell; after a signal the shell says it anyway.
    let _ = match &fault {
        Fault::BrokenPipe | Fault::Signal(_) | Fault::Told(_) => Ok(()),
        Fault::Lessons(errors) if coloured(&std::io::stderr()) => {
            err.styled(&format!("scalelab:\n{}\n", errors.report(headless::REPORT_COLUMNS, true)))
        }
        _ => writeln!(err, "scalelab: {fault}"),
    };
    ExitCode::from(fault.exit_code())
}

/// What clap answers instead of matches: help and version, or what is wrong with the arguments.
fn answer(error: clap::Error, out: &mut Printer<'_>, err: &mut Printer<'_>) -> Result<(), Fault> {
    // It repeats arguments as they are: made visible before, they are so in what it says, too. Most are so already:
    // to read them again costs as much as the first time.
    let arguments = std::env::args_os;
    let shown: Vec<String> = arguments().map(|given| visible(&given.to_string_lossy()).into_owned()).collect();
    let (error, trusted) = if arguments().zip(&shown).all(|(given, shown)| given == *shown.as_str()) {
        (error, true)
    } else {
        match definition().try_get_matches_from(shown) {
            Err(error) => (error, true),
            Ok(_) => (error, false),
        }
    };
    let say = |to: &mut Printer<'_>, colours: bool| match error.render() {
        text if colours && trusted => to.styled(&text.ansi().to_string()),
        text => write!(to, "{text}"),
    };
    if error.use_stderr() {
        // As above: an error about the error helps nobody.
        let _ = say(err, coloured(&std::io::stderr()));
        return Err(Fault::Told(u8::try_from(error.exit_code()).unwrap_or(2)));
    }
    Ok(say(out, coloured(&std::io::stdout()))?)
}

fn dispatch(matches: &ArgMatches, out: &mut Printer<'_>) -> Result<(), Fault> {
    match matches.subcommand() {
        None => screen(tui::run(&mut learner(App::new(None, settings(matches)?), None), None)),
        Some(("lab", sub)) => {
            let (lab, sub) = chosen_lab(sub)?;
            screen(tui::require_terminal(lab.info.name))?;
            let watched = watched(lab, sub)?;
            let setup = inputs::open(lab.info, seed(sub), &input_paths(lab, sub))?;
            let mut open = (lab.open)(setup)?;
            for line in texts(sub, "command") {
                open.command(&line).map_err(|e| Fault::Usage(format!("`{line}`: {e}")))?;
                open.settle();
            }
            screen(tui::run(&mut learner(App::new(Some(open), settings(sub)?), None), watched))
        }
        Some(("learn", sub)) => learn(sub),
        Some(("review", sub)) => {
            screen(tui::require_terminal("ring"))?;
            let mut app = learner(App::new(None, settings(sub)?), folder(sub));
            app.open_review();
            screen(tui::run(&mut app, None))
        }
        Some(("run", sub)) => {
            let (lab, sub) = chosen_lab(sub)?;
            let report = Report {
                json: sub.get_flag("json"),
                expect: texts(sub, "expect"),
                save: sub.get_one::<String>("save").cloned(),
            };
            run::run(lab, &deeds(lab, sub), &report, out)
        }
        Some(("snapshot", sub)) => {
            let (lab, sub) = chosen_lab(sub)?;
            snapshot::snapshot(lab, &deeds(lab, sub), &shot(sub), &picture_settings(sub)?, out)
        }
        Some(("replay", sub)) => {
            let path = sub.get_one::<String>("file").map_or("", String::as_str);
            if sub.get_flag("json") || !std::io::stdout().is_terminal() {
                return replay::report(path, sub.get_flag("json"), out);
            }
            let mut lab = replay::open(path)?;
            lab.seek_time(0);
            screen(tui::run(&mut learner(App::new(Some(lab), settings(sub)?), None), None))
        }
        Some(("measure", sub)) => headless::measure::dispatch(sub, out),
        Some(("progress", sub)) => headless::progress::dispatch(sub, out),
        Some(("labs", sub)) => headless::list_labs(sub.get_flag("json"), out),
        Some(("lessons", sub)) => headless::lessons::dispatch(sub, out),
        Some(("completions", sub)) => {
            if let Some(shell) = sub.get_one::<clap_complete::Shell>("shell") {
                let mut script = Vec::new();
                clap_complete::generate(*shell, &mut definition(), "scalelab", &mut script);
                out.write_all(&script)?;
            }
            Ok(())
        }
        Some(("man", _)) => Ok(clap_mangen::Man::new(definition()).render(out)?),
        Some((other, _)) => Err(Fault::Usage(format!("there is no command '{other}': see scalelab --help"))),
    }
}

fn screen(result: Result<(), tui::ScreenError>) -> Result<(), Fault> {
    result.map_err(|error| match error {
        tui::ScreenError::Signal(signal) => Fault::Signal(u8::try_from(signal).unwrap_or(0)),
        other => Fault::Usage(other.to_string()),
    })
}

fn chosen_lab(matches: &ArgMatches) -> Result<(&'static Registration, &ArgMatches), Fault> {
    let chosen = matches.subcommand().and_then(|(name, sub)| find(name).map(|lab| (lab, sub)));
    chosen.ok_or_else(|| Fault::Usage("name a lab: `scalelab labs` lists them".to_owned()))
}

fn seed(matches: &ArgMatches) -> u64 {
    matches.get_one::<u64>("seed").copied().unwrap_or(DEFAULT_SEED)
}

fn texts(matches: &ArgMatches, name: &str) -> Vec<String> {
    matches.get_many::<String>(name).into_iter().flatten().cloned().collect()
}

fn input_paths(lab: &Registration, matches: &ArgMatches) -> Vec<(String, String)> {
    let given = |input: &crate::labs::InputSpec| {
        matches.get_one::<String>(input.name).map(|path| (input.name.to_owned(), path.clone()))
    };
    lab.info.inputs.iter().filter_map(given).collect()
}

fn deeds(lab: &Registration, matches: &ArgMatches) -> Deeds {
    Deeds {
        seed: seed(matches),
        inputs: input_paths(lab, matches),
        commands: texts(matches, "command"),
        script: matches.get_one::<String>("script").cloned(),
        until_us: matches.get_one::<Micros>("until").copied(),
    }
}

fn shot(matches: &ArgMatches) -> Shot {
    Shot {
        size: matches.get_one("size").copied().unwrap_or((120, 36)),
        format: matches.get_one("format").copied(),
        output: matches.get_one::<String>("output").cloned(),
        view: matches.get_one::<u64>("view").map_or(1, |v| *v as usize),
        at_us: matches.get_one("at").copied(),
        frames: matches.get_one("frames").copied(),
        cast: matches.get_one::<String>("cast").cloned(),
    }
}

fn settings(matches: &ArgMatches) -> Result<Settings, Fault> {
    settings_in(matches, |name| std::env::var(name).ok())
}

/// A picture in a file has its true colours and signs, whatever this terminal can show.
fn picture_settings(matches: &ArgMatches) -> Result<Settings, Fault> {
    settings_in(matches, |name| match name {
        "COLORTERM" => Some("truecolor".to_owned()),
        "NO_COLOR" => std::env::var(name).ok(),
        _ => None,
    })
}

fn settings_in(matches: &ArgMatches, environment: impl Fn(&str) -> Option<String>) -> Result<Settings, Fault> {
    let looks = Looks {
        theme: matches.get_one::<String>("theme").cloned(),
        ascii: matches.get_flag("ascii"),
        no_motion: matches.get_flag("no-motion"),
    };
    let file = config_path().map_or_else(|| Ok(ConfigFile::default()), |path| read_config(&path));
    Settings::new(&file.map_err(Fault::Usage)?, &looks, environment).map_err(Fault::Usage)
}
