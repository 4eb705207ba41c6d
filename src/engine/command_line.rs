//! One line of text to one value of a lab's command enum, with clap's own help and suggestions.

use std::marker::PhantomData;

use clap::Subcommand;

use super::usage;

/// Longest accepted command line, in bytes.
pub const MAX_LINE: usize = 4096;

/// What a line turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseOutcome<C> {
    /// A command, with its text in normal quoting.
    Command(C, String),
    /// The line asked for help; here is the text.
    Help(String),
    /// Nothing but space or a comment (`#`).
    Empty,
    /// Not a command: what is wrong and, where clap knows, what was probably meant.
    Error(String),
}

/// Parser, help and completion for a lab's commands.
///
/// ```
/// use scalelab::engine::{CommandLine, ParseOutcome};
/// #[derive(clap::Subcommand, Clone, Debug, PartialEq)]
/// enum Command { /// Add a node
///     Add { #[arg(value_name = "NODE")] node: String } }
/// let parser = CommandLine::<Command>::new("ring");
/// let ParseOutcome::Command(command, text) = parser.parse("add 'node d'") else { panic!() };
/// assert_eq!(command, Command::Add { node: "node d".into() });
/// assert_eq!(text, "add 'node d'");
/// assert!(matches!(parser.parse("ad x"), ParseOutcome::Error(message) if message.contains("add")));
/// ```
#[derive(Clone, Debug)]
pub struct CommandLine<C> {
    command: clap::Command,
    marker: PhantomData<C>,
}

impl<C: Subcommand> CommandLine<C> {
    /// The parser of the lab with this name.
    #[must_use]
    pub fn new(lab: &'static str) -> Self {
        let root = clap::Command::new(lab)
            .multicall(true)
            .subcommand_required(true)
            .arg_required_else_help(true)
            .disable_colored_help(true)
            .subcommand_value_name("COMMAND")
            .subcommand_help_heading("Commands")
            .term_width(78);
        Self { command: C::augment_subcommands(root), marker: PhantomData }
    }

    /// clap's own definition of the commands.
    pub fn definition(&self) -> &clap::Command {
        &self.command
    }

    /// Parses one line. Cost: linear in the line; at most [`MAX_LINE`] bytes.
    pub fn parse(&self, line: &str) -> ParseOutcome<C> {
        match read_line(&self.command, line) {
            ParseOutcome::Command(matches, text) => match C::from_arg_matches(&matches) {
                Ok(command) => ParseOutcome::Command(command, text),
                Err(error) => ParseOutcome::Error(usage::sentence(
                    &self.command,
                    &shlex::split(&text).unwrap_or_default(),
                    &error,
                )),
            },
            ParseOutcome::Help(text) => ParseOutcome::Help(text),
            ParseOutcome::Empty => ParseOutcome::Empty,
            ParseOutcome::Error(message) => ParseOutcome::Error(message),
        }
    }

    /// Completions of the last word of `line`; `candidates` gives the lab's own values (such as
    /// node names) for a value name.
    pub fn complete(&self, line: &str, candidates: &dyn Fn(&str) -> Vec<String>) -> Vec<String> {
        complete(&self.command, line, candidates)
    }
}

/// What a line is to a lab whose commands have this definition, without the lab.
///
/// ```
/// use scalelab::engine::{ParseOutcome, command_line::read_line};
/// let ring = (scalelab::labs::find("ring").unwrap().definition)();
/// assert!(matches!(read_line(&ring, "add node-d"), ParseOutcome::Command(..)));
/// assert!(matches!(read_line(&ring, "vnodes many"), ParseOutcome::Error(_)));
/// ```
pub fn read_line(definition: &clap::Command, line: &str) -> ParseOutcome<clap::ArgMatches> {
    if line.len() > MAX_LINE {
        return ParseOutcome::Error(format!(
            "the line has {} bytes; a command has at most {MAX_LINE}. Shorten it.",
            line.len()
        ));
    }
    let trimmed = line.trim();
    if trimmed.is_empty() || trimmed.starts_with('#') {
        return ParseOutcome::Empty;
    }
    let Some(words) = shlex::split(trimmed) else {
        return ParseOutcome::Error(format!("a quote is not closed in: {trimmed}"));
    };
    if words.is_empty() {
        return ParseOutcome::Empty;
    }
    match definition.clone().try_get_matches_from(&words) {
        Ok(matches) => {
            let text = shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| trimmed.to_owned());
            ParseOutcome::Command(matches, text)
        }
        Err(error) => {
            use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
            match error.kind() {
                DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand => {
                    ParseOutcome::Help(error.render().to_string().trim_end().to_owned())
                }
                _ => ParseOutcome::Error(usage::sentence(definition, &words, &error)),
            }
        }
    }
}

fn complete(root: &clap::Command, line: &str, candidates: &dyn Fn(&str) -> Vec<String>) -> Vec<String> {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let last = if line.ends_with(char::is_whitespace) { "" } else { words.pop().unwrap_or("") };
    let mut found: Vec<String> = Vec::new();
    let Some(first) = words.first() else {
        found.extend(root.get_subcommands().map(|c| c.get_name().to_owned()));
        found.push("help".to_owned());
        found.retain(|c| c.starts_with(last));
        return found;
    };
    let Some(command) = root.find_subcommand(first) else { return found };
    if last.starts_with('-') {
        found.extend(command.get_arguments().filter_map(|a| a.get_long()).map(|l| format!("--{l}")));
    } else {
        let option = words.last().and_then(|w| w.strip_prefix("--"));
        let given = words.iter().skip(1).filter(|w| !w.starts_with('-')).count();
        let argument = match option {
            Some(long) => command.get_arguments().find(|a| a.get_long() == Some(long)),
            None => command.get_positionals().nth(given),
        };
        if let Some(argument) = argument {
            found.extend(argument.get_possible_values().iter().map(|v| v.get_name().to_owned()));
            for name in argument.get_value_names().into_iter().flatten() {
                found.extend(
                    candidates(name).into_iter().filter_map(|c| shlex::try_quote(&c).map(|q| q.into_owned()).ok()),
                );
            }
        }
    }
    found.retain(|c| c.starts_with(last));
    found
}
