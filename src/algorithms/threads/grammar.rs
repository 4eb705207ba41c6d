//! The grammar: declarations, threads and statements, over the lexer's tokens.

use winnow::combinator::opt;
use winnow::error::ErrMode;
use winnow::prelude::*;
use winnow::stream::Stream;
use winnow::token::any;

use super::ast::{At, Condition, Declaration, Expr, Kind, ProgramError, Source, Stmt, StmtKind, Thread, Verb};
use super::expressions::expression;
use super::lexer::{Placed, Token, tokens};
use super::parsing::{
    MAX_NESTING, Parsed, SEE, TOP_ONLY, Tokens, expected, lines, name, need_sign, number, place, refuse, sign, word,
};

/// Most threads.
pub const MAX_THREADS: usize = crate::algorithms::explore::MAX_THREADS;

/// What a line outside a thread begins with.
const TOP_WORDS: &str = "program, note, shared, mutex, reentrant mutex, rwlock, semaphore, condition, monitor, barrier, \
                         countdown, event, thread, always, finally or live";
/// What a statement begins with.
const STATEMENT_WORDS: &str = "a variable, local, if, while, loop, repeat, break, critical, with, assert, skip, cas, \
                               fetch_add, try_lock, try_acquire, lock, unlock, read_lock, read_unlock, write_lock, \
                               write_unlock, acquire, release, wait, notify, notify_all, pulse, pulse_all, await, \
                               signal, set or reset";

fn text(input: &mut Tokens<'_, '_>) -> Parsed<String> {
    let text = any.verify_map(|t: &Placed<'_>| if let Token::Text(s) = t.token { Some(s.to_owned()) } else { None });
    match opt(text).parse_next(input)? {
        Some(text) => Ok(text),
        None => expected(input, "a text in quotes"),
    }
}

/// Reads a whole program.
///
/// ```
/// use scalelab::algorithms::threads::parse;
/// let source = parse("shared x\nthread A { x += 1 }\nthread B { x += 1 }\nfinally x == 2")?;
/// assert_eq!((source.threads.len(), source.finally.len()), (2, 1));
/// let error = parse("thread A {\n  x ++ 1\n}").unwrap_err();
/// assert_eq!((error.at.line, error.at.column), (2, 5));
/// # Ok::<(), scalelab::algorithms::threads::ProgramError>(())
/// ```
///
/// # Errors
/// The first place where the text is no program.
pub fn parse(source: &str) -> Result<Source, ProgramError> {
    let tokens = tokens(source)?;
    let mut input = Tokens::new(&tokens);
    program(&mut input).map_err(|error| match error {
        ErrMode::Cut(error) | ErrMode::Backtrack(error) => error,
        ErrMode::Incomplete(_) => ProgramError::new(At::default(), "the program is cut off", "write it to its end"),
    })
}

fn program(input: &mut Tokens<'_, '_>) -> Parsed<Source> {
    let mut source = Source::default();
    loop {
        lines(input)?;
        if input.peek_token().is_none_or(|t| t.token == Token::End) {
            break;
        }
        let at = place(input);
        match opt(word).parse_next(input)? {
            Some((_, "program")) => source.title = text(input)?,
            Some((_, "note")) => source.notes.push(text(input)?),
            Some((_, "thread")) => threads(input, &mut source)?,
            Some((_, "always")) => source.always.push(Condition { at, expr: expression(input, 0)? }),
            Some((_, "finally")) => source.finally.push(Condition { at, expr: expression(input, 0)? }),
            Some((_, "live")) => source.live = true,
            Some((_, kind)) => declarations(input, at, kind, &mut source.declarations)?,
            None => return expected(input, &format!("one of {TOP_WORDS}; {SEE}")),
        }
        end_of_item(input)?;
    }
    if source.threads.is_empty() {
        return refuse(place(input), "there is no thread", "write one: thread A { skip }");
    }
    Ok(source)
}

fn end_of_item(input: &mut Tokens<'_, '_>) -> Parsed<()> {
    match input.peek_token().map(|t| &t.token) {
        Some(Token::Line | Token::End) | None => Ok(()),
        Some(_) => expected(input, "each item on a line of its own"),
    }
}

/// `mutex a, b`, `shared x = 1, y` and so on.
fn declarations(input: &mut Tokens<'_, '_>, at: At, kind: &str, into: &mut Vec<Declaration>) -> Parsed<()> {
    let reentrant = kind == "reentrant";
    if reentrant && !matches!(opt(word).parse_next(input)?, Some((_, "mutex"))) {
        return expected(input, "`reentrant mutex` and a name");
    }
    loop {
        let name = match kind {
            "shared" | "mutex" | "reentrant" | "rwlock" | "semaphore" | "condition" | "monitor" | "barrier"
            | "countdown" | "event" => name(input, &format!("a name after `{kind}`"))?,
            _ => {
                return refuse(
                    at,
                    format!("'{kind}' begins no line outside a thread"),
                    format!("begin with {TOP_WORDS}; {SEE}"),
                );
            }
        };
        let value_at = place(input);
        let value = match opt(sign("=")).parse_next(input)? {
            None => None,
            Some(_) if kind == "event" => match opt(word).parse_next(input)? {
                Some((_, "set" | "true")) => Some(1),
                None => Some(number(input)?),
                Some((at, _)) => return refuse(at, "an event is set or not", "write `event e = set`, or `event e`"),
            },
            Some(_) => Some(number(input)?),
        };
        let kind = kind_of(kind, value, value_at)?;
        into.push(Declaration { name, kind });
        if opt(sign(",")).parse_next(input)?.is_none() {
            return Ok(());
        }
    }
}

fn kind_of(kind: &str, value: Option<i32>, at: At) -> Parsed<Kind> {
    let called = match kind {
        "event" | "rwlock" => format!("an {kind}"),
        "reentrant" => "a reentrant mutex".to_owned(),
        _ => format!("a {kind}"),
    };
    let count = |least: i32, most: i32, default: Option<i32>| match value.or(default) {
        Some(n) if (least..=most).contains(&n) => Ok(n),
        Some(n) => refuse(at, format!("{n} is out of range for {called}"), format!("use {least} to {most}")),
        None => refuse(at, format!("{called} needs a number"), format!("write e.g. `{kind} name = 2`")),
    };
    let plain = |plain: Kind| match value {
        None => Ok(plain),
        Some(_) => refuse(at, format!("{called} has no value"), "leave out the '=' and the number"),
    };
    match kind {
        "shared" => Ok(Kind::Shared(value.unwrap_or(0))),
        "mutex" => plain(Kind::Mutex { reentrant: false }),
        "reentrant" => plain(Kind::Mutex { reentrant: true }),
        "rwlock" => plain(Kind::RwLock),
        "condition" => plain(Kind::Condition),
        "monitor" => plain(Kind::Monitor),
        "semaphore" => Ok(Kind::Semaphore(count(0, 1_000, Some(1))?)),
        "barrier" => Ok(Kind::Barrier(count(1, MAX_THREADS as i32, None)?)),
        "countdown" => Ok(Kind::Countdown(count(0, 1_000, None)?)),
        _ => Ok(Kind::Event(count(0, 1, Some(0))? == 1)),
    }
}

/// `thread A, B { … }`: every name does the same.
fn threads(input: &mut Tokens<'_, '_>, source: &mut Source) -> Parsed<()> {
    let mut names = vec![name(input, "the thread's name")?];
    while opt(sign(",")).parse_next(input)?.is_some() {
        names.push(name(input, "the next thread's name")?);
    }
    let (body, last_line) = block(input, 0)?;
    for name in names {
        if source.threads.len() >= MAX_THREADS {
            return refuse(name.at, format!("there are more than {MAX_THREADS} threads"), "take some out");
        }
        source.threads.push(Thread { name, body: body.clone(), last_line });
    }
    Ok(())
}

/// Statements in braces, and the line of the last brace.
fn block(input: &mut Tokens<'_, '_>, depth: usize) -> Parsed<(Vec<Stmt>, u32)> {
    lines(input)?;
    let at = need_sign(input, "{")?;
    if depth >= MAX_NESTING {
        return refuse(at, format!("blocks are nested deeper than {MAX_NESTING}"), "take some out");
    }
    let mut statements = Vec::new();
    loop {
        lines(input)?;
        if let Some(end) = opt(sign("}")).parse_next(input)? {
            return Ok((statements, end.line));
        }
        if input.peek_token().is_none_or(|t| t.token == Token::End) {
            return refuse(at, "this block has no end", "close it with '}'");
        }
        statements.push(statement(input, depth)?);
        match input.peek_token().map(|t| &t.token) {
            Some(Token::Line | Token::End | Token::Sign("}")) | None => {}
            Some(_) => return expected(input, "each statement on a line of its own, or ';' between"),
        }
    }
}

fn statement(input: &mut Tokens<'_, '_>, depth: usize) -> Parsed<Stmt> {
    let at = place(input);
    let start = input.checkpoint();
    let Some((_, first)) = opt(word).parse_next(input)? else {
        return expected(input, &format!("a statement, which begins with {STATEMENT_WORDS}; {SEE}"));
    };
    let body = |input: &mut Tokens<'_, '_>| block(input, depth + 1).map(|(body, _)| body);
    let kind = match first {
        "skip" => StmtKind::Skip,
        "break" => StmtKind::Break,
        "assert" => StmtKind::Assert(expression(input, 0)?),
        "local" => {
            let name = name(input, "a name after `local`")?;
            let value = if opt(sign("=")).parse_next(input)?.is_some() { expression(input, 0)? } else { Expr::Int(0) };
            StmtKind::Local(name, value)
        }
        "if" => conditional(input, depth)?,
        "while" => StmtKind::While(Some(expression(input, 0)?), body(input)?),
        "loop" => StmtKind::While(None, body(input)?),
        "repeat" => {
            let at = place(input);
            match number(input)? {
                n @ 1..=1_000 => StmtKind::Repeat(n as u32, body(input)?),
                n => return refuse(at, format!("{n} times is out of range"), "repeat 1 to 1000 times, or use loop"),
            }
        }
        "critical" => {
            let named = input.peek_token().is_some_and(|t| matches!(t.token, Token::Word(_)));
            let name = if named { Some(name(input, "the section's name")?) } else { None };
            StmtKind::Critical(name, body(input)?)
        }
        "with" => StmtKind::With(name(input, "a mutex or a monitor")?, body(input)?),
        "cas" | "fetch_add" | "try_lock" | "try_acquire" => {
            input.reset(&start);
            StmtKind::Evaluate(expression(input, 0)?)
        }
        first => match Verb::ALL.iter().find(|(w, _)| *w == first) {
            Some((_, verb)) => action(input, *verb)?,
            None => {
                input.reset(&start);
                assignment(input)?
            }
        },
    };
    Ok(Stmt { at, kind })
}

/// `if c { … } else if d { … } else { … }`, without recursion.
fn conditional(input: &mut Tokens<'_, '_>, depth: usize) -> Parsed<StmtKind> {
    let mut arms = Vec::new();
    let mut last = Vec::new();
    loop {
        let at = place(input);
        if depth + arms.len() >= MAX_NESTING {
            return refuse(at, format!("more than {MAX_NESTING} conditions in a row"), "take some out");
        }
        arms.push((at, expression(input, 0)?, block(input, depth + 1)?.0));
        let before = input.checkpoint();
        lines(input)?;
        match opt(word).parse_next(input)? {
            Some((_, "else")) => {}
            _ => {
                input.reset(&before);
                break;
            }
        }
        let before = input.checkpoint();
        match opt(word).parse_next(input)? {
            Some((_, "if")) => {}
            _ => {
                input.reset(&before);
                last = block(input, depth + 1)?.0;
                break;
            }
        }
    }
    let folded = arms.into_iter().rev().fold(None, |rest: Option<(At, StmtKind)>, (at, condition, body)| {
        let otherwise = match rest {
            None => std::mem::take(&mut last),
            Some((at, kind)) => vec![Stmt { at, kind }],
        };
        Some((at, StmtKind::If(condition, body, otherwise)))
    });
    Ok(folded.map_or(StmtKind::Skip, |(_, kind)| kind))
}

/// What is done to a lock, a semaphore and so on.
fn action(input: &mut Tokens<'_, '_>, verb: Verb) -> Parsed<StmtKind> {
    let first = name(input, &format!("a name after `{}`", verb.word()))?;
    let second = match (verb, input.peek_token().map(|t| &t.token)) {
        (Verb::Wait, Some(Token::Word(_))) => Some(name(input, "the mutex")?),
        _ => None,
    };
    let mut amount = 1;
    let at = place(input);
    if let (Verb::Release | Verb::Signal, Some(Token::Int(n))) = (verb, input.peek_token().map(|t| &t.token)) {
        amount = *n;
        number(input)?;
        if !(1..=1_000).contains(&amount) {
            let problem = format!("`{}` takes 1 to 1000, not {amount}", verb.word());
            return refuse(at, problem, "write a number in this range, or none for 1");
        }
    }
    Ok(StmtKind::Do(verb, first, second, amount))
}

fn assignment(input: &mut Tokens<'_, '_>) -> Parsed<StmtKind> {
    use super::ast::BinOp;
    let at = place(input);
    let before = input.checkpoint();
    if let Some((_, word)) = opt(word).parse_next(input)?.filter(|(_, w)| TOP_ONLY.contains(w)) {
        let remedy = format!("write it on a line of its own outside `thread {{ … }}`; {SEE}");
        return refuse(at, format!("'{word}' does not stand inside a thread"), remedy);
    }
    input.reset(&before);
    let name = name(input, "the variable")?;
    let at = place(input);
    for (spelt, op) in [("=", None), ("+=", Some(BinOp::Add)), ("-=", Some(BinOp::Sub)), ("*=", Some(BinOp::Mul))] {
        if opt(sign(spelt)).parse_next(input)?.is_some() {
            return Ok(StmtKind::Assign(name, op, expression(input, 0)?));
        }
    }
    let found = input.peek_token().map(|t| t.token.shown()).unwrap_or_default();
    let problem = format!("after '{}' comes {found}", name.text);
    let remedy = format!("write `=`, `+=`, `-=` or `*=` and a value; a statement begins with {STATEMENT_WORDS}; {SEE}");
    refuse(at, problem, remedy)
}
