//! What is wrong with a line that is no command, in our words instead of the parser's: what, where, and what to do.

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The sentence for an error of `definition`'s parser over these words.
pub fn sentence(definition: &clap::Command, words: &[String], error: &clap::Error) -> String {
    let name = words.first().map_or("", String::as_str);
    let command = definition.find_subcommand(name);
    let form = || command.map_or_else(|| "`help`".to_owned(), form);
    let argument = || plain(&text(error, ContextKind::InvalidArg));
    match error.kind() {
        ErrorKind::InvalidSubcommand => {
            let near = suggestion(error, ContextKind::SuggestedSubcommand);
            format!("there is no command '{}': {near}`help` lists all", text(error, ContextKind::InvalidSubcommand))
        }
        ErrorKind::UnknownArgument => {
            let (given, near) = (text(error, ContextKind::InvalidArg), suggestion(error, ContextKind::SuggestedArg));
            let what = if given.starts_with('-') { "has no option" } else { "does not take" };
            format!("`{name}` {what} '{given}': {near}its form is {}", form())
        }
        ErrorKind::MissingRequiredArgument => {
            let missing: Vec<String> = texts(error, ContextKind::InvalidArg).iter().map(|name| plain(name)).collect();
            format!("`{name}` needs {}: its form is {}", listed(&missing, "and"), form())
        }
        ErrorKind::InvalidValue => {
            let (given, choices) = (text(error, ContextKind::InvalidValue), texts(error, ContextKind::ValidValue));
            let near = suggestion(error, ContextKind::SuggestedValue);
            match (given.is_empty(), choices.is_empty()) {
                (true, true) => format!("`{name}` needs a value after {}: its form is {}", argument(), form()),
                (true, false) => format!("`{name}` needs {}: choose {}", argument(), listed(&choices, "or")),
                (false, _) => {
                    format!("'{given}' is not {}: {near}choose {}", noun(&argument()), listed(&choices, "or"))
                }
            }
        }
        ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            let least = number(error, ContextKind::MinValues).or_else(|| number(error, ContextKind::ExpectedNumValues));
            let (least, given) = (least.unwrap_or(1), number(error, ContextKind::ActualNumValues).unwrap_or(0));
            let one = argument().split_whitespace().next().unwrap_or_default().to_owned();
            format!("`{name}` needs at least {least} times {one}, not {given}: its form is {}", form())
        }
        ErrorKind::TooManyValues => {
            let last = command.and_then(|command| command.get_positionals().last());
            let most = last.and_then(clap::Arg::get_num_args).map_or(1, |range| range.max_values());
            let (one, given) = (last.map(value_name).unwrap_or_default(), text(error, ContextKind::InvalidValue));
            format!("`{name}` takes at most {most} times {one}, not '{given}' too: its form is {}", form())
        }
        ErrorKind::ArgumentConflict => {
            let others: Vec<String> = texts(error, ContextKind::PriorArg).iter().map(|name| plain(name)).collect();
            match others.as_slice() {
                [] => format!("{} can be given only once: its form is {}", argument(), form()),
                [other] if *other == argument() => format!("{other} can be given only once: its form is {}", form()),
                others => format!("`{name}` takes {} or {}, not both", argument(), listed(others, "or")),
            }
        }
        _ => rendered(error),
    }
}

/// An error that has a sentence of its own, such as that of a number out of its range.
fn rendered(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines = text.trim().trim_start_matches("error: ").lines().map(str::trim);
    let told = lines.filter(|line| !line.is_empty() && !line.starts_with("For more information"));
    told.map(|line| line.trim_start_matches("tip: ")).collect::<Vec<_>>().join("; ")
}

/// How a command is given: `design N P`, `insert ITEM`, `insert --next N`.
fn form(command: &clap::Command) -> String {
    let name = command.get_name();
    let places: Vec<String> = command
        .get_positionals()
        .map(|place| {
            let value = values(place);
            if place.is_required_set() { value } else { format!("[{value}]") }
        })
        .collect();
    let mut forms = vec![format!("`{}`", [vec![name.to_owned()], places].concat().join(" "))];
    for option in command.get_arguments().filter(|a| !a.is_positional() && a.get_id() != "help") {
        let value = if option.get_action().takes_values() { format!(" {}", values(option)) } else { String::new() };
        forms.extend(option.get_long().map(|long| format!("`--{long}{value}`")));
    }
    let first = forms.remove(0);
    if forms.is_empty() { first } else { format!("{first}, with the option{} {}", s(&forms), listed(&forms, "and")) }
}

fn s(list: &[String]) -> &'static str {
    super::numbers::plural(list.len() as u64)
}

/// What an argument takes: `SERVER…` for one or more.
fn values(argument: &clap::Arg) -> String {
    let (name, range) = (value_name(argument), argument.get_num_args().unwrap_or_default());
    let least = vec![name; range.min_values().max(1)].join(" ");
    if range.max_values() > range.min_values().max(1) { format!("{least}…") } else { least }
}

fn value_name(argument: &clap::Arg) -> String {
    argument.get_value_names().and_then(<[_]>::first).map_or_else(|| argument.get_id().to_string(), ToString::to_string)
}

/// `<NEW_NODE>` and `[ITEM]` without their brackets, `--next <N>` too.
fn plain(argument: &str) -> String {
    argument.replace(['<', '>', '[', ']'], "").replace("...", "…")
}

/// `NEW_NODE` as a noun: `a new node`.
fn noun(argument: &str) -> String {
    let noun = argument.trim_start_matches('-').replace('_', " ").to_lowercase();
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}

fn suggestion(error: &clap::Error, kind: ContextKind) -> String {
    match texts(error, kind).as_slice() {
        [] => String::new(),
        near => {
            let near: Vec<String> = near.iter().map(|near| format!("'{near}'")).collect();
            format!("did you mean {}? ", listed(&near, "or"))
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(words: &[String], and: &str) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} {and} {last}", rest.join(", ")),
    }
}

fn text(error: &clap::Error, kind: ContextKind) -> String {
    texts(error, kind).join(" ")
}

fn number(error: &clap::Error, kind: ContextKind) -> Option<isize> {
    match error.get(kind) {
        Some(ContextValue::Number(number)) => Some(*number),
        _ => None,
    }
}

fn texts(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::{CommandLine, ParseOutcome};

    #[derive(clap::Subcommand, Clone, Debug, PartialEq)]
    enum Command {
        Design {
            #[arg(value_name = "N")]
            items: String,
            #[arg(value_name = "P")]
            rate: String,
        },
        Insert {
            #[arg(value_name = "ITEM", conflicts_with = "next")]
            item: Option<String>,
            #[arg(long, value_name = "N")]
            next: Option<String>,
        },
        Variant {
            #[arg(value_name = "VARIANT", value_parser = ["classic", "counting", "blocked"])]
            variant: String,
        },
        Clear,
        Compare {
            #[arg(value_name = "VARIANT", num_args = 2..=4, required = true)]
            variants: Vec<String>,
            #[arg(long)]
            fast: bool,
            #[arg(long, value_name = "N")]
            times: Option<String>,
        },
        Rows {
            #[arg(value_name = "VALUE", num_args = 1..=3, required = true)]
            values: Vec<String>,
        },
    }

    #[test]
    fn a_line_that_is_no_command_is_refused_in_plain_words() {
        let insert = "its form is `insert [ITEM]`, with the option `--next N`";
        let compare = "its form is `compare VARIANT VARIANT…`, with the options `--fast` and `--times N`";
        let cases = [
            ("desing 1 2", "there is no command 'desing': did you mean 'design'? `help` lists all".to_owned()),
            ("xyzzy", "there is no command 'xyzzy': `help` lists all".to_owned()),
            ("design", "`design` needs N and P: its form is `design N P`".to_owned()),
            ("design 1", "`design` needs P: its form is `design N P`".to_owned()),
            ("design 1 2 3", "`design` does not take '3': its form is `design N P`".to_owned()),
            ("clear all", "`clear` does not take 'all': its form is `clear`".to_owned()),
            ("clear --now", "`clear` has no option '--now': its form is `clear`".to_owned()),
            ("insert --nex 5", format!("`insert` has no option '--nex': did you mean '--next'? {insert}")),
            ("insert --next", format!("`insert` needs a value after --next N: {insert}")),
            ("insert a --next 5", "`insert` takes ITEM or --next N, not both".to_owned()),
            ("insert --next 5 --next 6", format!("--next N can be given only once: {insert}")),
            ("variant", "`variant` needs VARIANT: its form is `variant VARIANT`".to_owned()),
            ("compare", format!("`compare` needs VARIANT VARIANT…: {compare}")),
            ("compare classic", format!("`compare` needs at least 2 times VARIANT, not 1: {compare}")),
            ("compare a b c d e", format!("`compare` takes at most 4 times VARIANT, not 'e' too: {compare}")),
            ("rows", "`rows` needs VALUE…: its form is `rows VALUE…`".to_owned()),
            ("rows 1 2 3 4", "`rows` takes at most 3 times VALUE, not '4' too: its form is `rows VALUE…`".to_owned()),
            ("variant foo", "'foo' is not a variant: choose classic, counting or blocked".to_owned()),
            (
                "variant clasic",
                "'clasic' is not a variant: did you mean 'classic'? choose classic, counting or blocked".to_owned(),
            ),
        ];
        let parser = CommandLine::<Command>::new("bloom");
        for (line, words) in cases {
            assert_eq!(parser.parse(line), ParseOutcome::Error(words), "{line}");
        }
    }
}
