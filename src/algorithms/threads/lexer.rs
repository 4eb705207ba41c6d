//! A program's text in words and signs, each with its place.

use winnow::ascii::digit1;
use winnow::combinator::{alt, delimited};
use winnow::error::EmptyError;
use winnow::prelude::*;
use winnow::stream::{AsChar, LocatingSlice, Location};
use winnow::token::{any, one_of, take_till, take_while};

use super::ast::{At, ProgramError};

/// Longest program, in bytes.
pub const MAX_SOURCE: usize = 16_384;

/// A word, a number, a text, a sign, or the end of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token<'s> {
    /// A name or a keyword.
    Word(&'s str),
    /// A whole number.
    Int(i32),
    /// A text in quotes.
    Text(&'s str),
    /// An operator or a bracket.
    Sign(&'static str),
    /// End of a line, or `;`.
    Line,
    /// End of the program.
    End,
}

impl Token<'_> {
    /// How a message calls it.
    pub fn shown(&self) -> String {
        match self {
            Self::Word(word) => format!("'{word}'"),
            Self::Int(n) => format!("'{n}'"),
            Self::Text(text) => format!("\"{text}\""),
            Self::Sign(sign) => format!("'{sign}'"),
            Self::Line => "the end of the line".to_owned(),
            Self::End => "the end of the program".to_owned(),
        }
    }
}

/// A token and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<'s> {
    /// What it is.
    pub token: Token<'s>,
    /// Where it begins.
    pub at: At,
}

type Text<'s> = LocatingSlice<&'s str>;
type Lexed<T> = Result<T, EmptyError>;

/// Signs, the longer ones first.
const SIGNS: [(&str, &str); 27] = [
    ("+=", "+="),
    ("-=", "-="),
    ("*=", "*="),
    ("==", "=="),
    ("!=", "!="),
    ("<=", "<="),
    (">=", ">="),
    ("&&", "and"),
    ("||", "or"),
    ("≠", "!="),
    ("≤", "<="),
    ("≥", ">="),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
    ("%", "%"),
    ("=", "="),
    ("<", "<"),
    (">", ">"),
    ("!", "!"),
    ("(", "("),
    (")", ")"),
    ("{", "{"),
    ("}", "}"),
    (",", ","),
    (":", ":"),
];

fn word<'s>(input: &mut Text<'s>) -> Lexed<Token<'s>> {
    (one_of(|c: char| c.is_alpha() || c == '_'), take_while(0.., |c: char| c.is_alphanum() || c == '_'))
        .take()
        .map(|word| match word {
            "true" => Token::Int(1),
            "false" => Token::Int(0),
            "and" => Token::Sign("and"),
            "or" => Token::Sign("or"),
            "not" => Token::Sign("!"),
            word => Token::Word(word),
        })
        .parse_next(input)
}

fn number<'s>(input: &mut Text<'s>) -> Lexed<Token<'s>> {
    digit1.try_map(|digits: &str| digits.parse::<i32>().map(Token::Int)).parse_next(input)
}

fn text<'s>(input: &mut Text<'s>) -> Lexed<Token<'s>> {
    delimited('"', take_till(0.., ['"', '\n']), '"').map(Token::Text).parse_next(input)
}

fn sign<'s>(input: &mut Text<'s>) -> Lexed<Token<'s>> {
    let rest: &str = input.as_ref();
    let found = SIGNS.iter().find(|(spelt, _)| rest.starts_with(spelt)).ok_or(EmptyError)?;
    found.0.value(Token::Sign(found.1)).parse_next(input)
}

fn line<'s>(input: &mut Text<'s>) -> Lexed<Token<'s>> {
    one_of(['\n', ';']).value(Token::Line).parse_next(input)
}

/// Spaces and a comment.
fn blank(input: &mut Text<'_>) -> Lexed<()> {
    take_while(0.., [' ', '\t', '\r']).void().parse_next(input)?;
    if input.as_ref().starts_with('#') {
        take_till(0.., '\n').void().parse_next(input)?;
    }
    Ok(())
}

/// The tokens of a program, the end among them.
///
/// # Errors
/// A character or a number that cannot be, with its place; a text beyond [`MAX_SOURCE`].
pub fn tokens(source: &str) -> Result<Vec<Placed<'_>>, ProgramError> {
    if source.len() > MAX_SOURCE {
        let problem = format!("the program has {} bytes", source.len());
        return Err(ProgramError::new(
            At { line: 1, column: 1 },
            problem,
            format!("{MAX_SOURCE} are the most; explore a smaller one"),
        ));
    }
    let mut input = Text::new(source);
    let (mut tokens, mut counted, mut at) = (Vec::new(), 0, At { line: 1, column: 1 });
    loop {
        blank(&mut input).map_err(|_| odd(source, at))?;
        let start = input.current_token_start();
        for c in source.get(counted..start).unwrap_or_default().chars() {
            at = if c == '\n' { At { line: at.line + 1, column: 1 } } else { At { column: at.column + 1, ..at } };
        }
        counted = start;
        if input.as_ref().is_empty() {
            tokens.push(Placed { token: Token::End, at });
            return Ok(tokens);
        }
        let token = alt((line, word, number, text, sign)).parse_next(&mut input);
        let token = token.map_err(|_: EmptyError| odd(source.get(start..).unwrap_or_default(), at))?;
        tokens.push(Placed { token, at });
    }
}

/// What cannot be read.
fn odd(rest: &str, at: At) -> ProgramError {
    let mut start = rest;
    let first: Result<char, EmptyError> = any.parse_next(&mut start);
    match first {
        Ok('"') => ProgramError::new(at, "this text has no end", "close it with \" on the same line"),
        Ok(c) if c.is_ascii_digit() => {
            ProgramError::new(at, "this number is too large", format!("use at most {}", i32::MAX))
        }
        Ok(c) => {
            ProgramError::new(at, format!("'{c}' means nothing here"), "use letters, digits, operators and brackets")
        }
        Err(_) => ProgramError::new(at, "the program ends here", "write on"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters() {
        let tokens = tokens("x ≤ 2 # é\n  y").expect("it is read");
        let places: Vec<(u32, u32)> = tokens.iter().map(|t| (t.at.line, t.at.column)).collect();
        assert_eq!(places, [(1, 1), (1, 3), (1, 5), (1, 10), (2, 3), (2, 4)]);
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_place() {
        for (source, place, word) in
            [("a\n  $", (2, 3), "'$'"), ("\"abc", (1, 1), "no end"), ("99999999999", (1, 1), "too large")]
        {
            let error = tokens(source).expect_err("odd");
            assert_eq!((error.at.line, error.at.column), place, "{error}");
            assert!(error.to_string().contains(word), "{error}");
        }
        assert!(tokens(&"x\n".repeat(MAX_SOURCE)).is_err());
    }
}
