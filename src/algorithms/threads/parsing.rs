//! The smallest parsers, of which those of statements and expressions are made: words, signs, numbers, names, and refusals.

use winnow::combinator::{opt, repeat};
use winnow::error::{ErrMode, ParserError};
use winnow::prelude::*;
use winnow::stream::TokenSlice;
use winnow::token::any;

use super::ast::{At, Name, ProgramError, Verb};
use super::lexer::{Placed, Token};

/// Deepest nesting of blocks and brackets.
pub(super) const MAX_NESTING: usize = 24;
/// Where the language is described.
pub(super) const SEE: &str = "the language is in docs/programs.md";

/// Other words that are no names, beside the verbs.
const RESERVED: [&str; 18] = [
    "thread",
    "skip",
    "local",
    "if",
    "else",
    "while",
    "loop",
    "repeat",
    "break",
    "critical",
    "with",
    "assert",
    "me",
    "cas",
    "fetch_add",
    "try_lock",
    "try_acquire",
    "lock",
];

/// Words that begin a line outside threads only.
pub(super) const TOP_ONLY: [&str; 15] = [
    "program",
    "note",
    "shared",
    "mutex",
    "reentrant",
    "rwlock",
    "semaphore",
    "condition",
    "monitor",
    "barrier",
    "countdown",
    "event",
    "always",
    "finally",
    "live",
];

pub(super) type Tokens<'t, 's> = TokenSlice<'t, Placed<'s>>;
pub(super) type Parsed<T> = Result<T, ErrMode<ProgramError>>;

impl<'t, 's> ParserError<Tokens<'t, 's>> for ProgramError {
    type Inner = Self;

    fn from_input(input: &Tokens<'t, 's>) -> Self {
        let (at, found) = input.peek_token().map_or_else(Default::default, |t| (t.at, t.token.shown()));
        Self::new(at, format!("{found} is not expected here"), SEE)
    }

    fn into_inner(self) -> Result<Self, Self> {
        Ok(self)
    }
}

/// The error that something else was expected here; there is no other way to read the text.
pub(super) fn expected<T>(input: &Tokens<'_, '_>, what: &str) -> Parsed<T> {
    let (at, found) = input.peek_token().map_or_else(Default::default, |t| (t.at, t.token.shown()));
    Err(ErrMode::Cut(ProgramError::new(at, format!("{found} is not expected here"), format!("write {what}"))))
}

/// The error that what is here does not work.
pub(super) fn refuse<T>(at: At, problem: impl Into<String>, remedy: impl Into<String>) -> Parsed<T> {
    Err(ErrMode::Cut(ProgramError::new(at, problem, remedy)))
}

/// Where the next token is.
pub(super) fn place(input: &Tokens<'_, '_>) -> At {
    input.peek_token().map_or_else(At::default, |t| t.at)
}

/// A sign, if it comes next.
pub(super) fn sign<'t, 's: 't>(wanted: &'static str) -> impl Parser<Tokens<'t, 's>, At, ErrMode<ProgramError>> {
    any.verify_map(move |t: &Placed<'_>| (t.token == Token::Sign(wanted)).then_some(t.at))
}

/// A sign that must come next.
pub(super) fn need_sign(input: &mut Tokens<'_, '_>, wanted: &'static str) -> Parsed<At> {
    match opt(sign(wanted)).parse_next(input)? {
        Some(at) => Ok(at),
        None => expected(input, &format!("'{wanted}'")),
    }
}

/// The end of a line.
fn line<'t, 's: 't>(input: &mut Tokens<'t, 's>) -> Parsed<()> {
    any.verify(|t: &&Placed<'_>| t.token == Token::Line).void().parse_next(input)
}

/// Ends of lines, however many.
pub(super) fn lines(input: &mut Tokens<'_, '_>) -> Parsed<()> {
    repeat::<_, _, (), _, _>(0.., line).parse_next(input)
}

/// A word, if it comes next.
pub(super) fn word<'s>(input: &mut Tokens<'_, 's>) -> Parsed<(At, &'s str)> {
    any.verify_map(|t: &Placed<'s>| if let Token::Word(w) = t.token { Some((t.at, w)) } else { None }).parse_next(input)
}

/// A number, if it comes next, with its minus.
pub(super) fn number(input: &mut Tokens<'_, '_>) -> Parsed<i32> {
    let minus = opt(sign("-")).parse_next(input)?.is_some();
    let n = any.verify_map(|t: &Placed<'_>| if let Token::Int(n) = t.token { Some(n) } else { None });
    let Some(n) = opt(n).parse_next(input)? else { return expected(input, "a number") };
    Ok(if minus { -n } else { n })
}

/// A name that must come next.
pub(super) fn name(input: &mut Tokens<'_, '_>, what: &str) -> Parsed<Name> {
    match opt(word).parse_next(input)? {
        Some((at, text))
            if TOP_ONLY.contains(&text) || RESERVED.contains(&text) || Verb::ALL.iter().any(|(w, _)| *w == text) =>
        {
            refuse(at, format!("'{text}' is a word of the language"), format!("choose another name for {what}"))
        }
        Some((at, text)) if text.len() > 24 => {
            refuse(at, format!("the name '{text}' is too long"), "use at most 24 characters")
        }
        Some((at, text)) => Ok(Name { at, text: text.to_owned() }),
        None => expected(input, what),
    }
}
