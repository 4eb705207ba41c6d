//! The grammar of expressions, by precedence: or, and, comparison, sum, product, sign.

use winnow::combinator::opt;
use winnow::prelude::*;
use winnow::stream::Stream;
use winnow::token::any;

use super::ast::{Atomic, BinOp, Expr, Name};
use super::lexer::{Placed, Token};
use super::parsing::{MAX_NESTING, Parsed, Tokens, expected, name, need_sign, place, refuse, sign, word};

/// Most operators of one kind in a row.
const MAX_ROW: usize = 32;

/// The binary operators, the loosest first.
const LEVELS: [&[BinOp]; 5] = [
    &[BinOp::Or],
    &[BinOp::And],
    &[BinOp::Eq, BinOp::Ne, BinOp::Le, BinOp::Ge, BinOp::Lt, BinOp::Gt],
    &[BinOp::Add, BinOp::Sub],
    &[BinOp::Mul, BinOp::Div, BinOp::Rem],
];

/// An expression; `depth` counts the brackets around it.
pub(super) fn expression(input: &mut Tokens<'_, '_>, depth: usize) -> Parsed<Expr> {
    if depth > MAX_NESTING {
        return refuse(place(input), format!("brackets are nested deeper than {MAX_NESTING}"), "split the expression");
    }
    binary(input, 0, depth)
}

fn operator(input: &mut Tokens<'_, '_>, level: usize) -> Parsed<Option<BinOp>> {
    let operators = LEVELS.get(level).copied().unwrap_or_default();
    let found = any.verify_map(|t: &Placed<'_>| match t.token {
        Token::Sign(spelt) => operators.iter().copied().find(|op| op.sign() == spelt),
        _ => None,
    });
    opt(found).parse_next(input)
}

fn binary(input: &mut Tokens<'_, '_>, level: usize, depth: usize) -> Parsed<Expr> {
    if level == LEVELS.len() {
        return unary(input, depth);
    }
    let mut left = binary(input, level + 1, depth)?;
    let mut row = 0;
    while let Some(op) = operator(input, level)? {
        row += 1;
        if row > MAX_ROW {
            return refuse(place(input), format!("more than {MAX_ROW} operators in a row"), "split the expression");
        }
        let right = binary(input, level + 1, depth)?;
        left = Expr::Binary(op, Box::new(left), Box::new(right));
    }
    Ok(left)
}

fn unary(input: &mut Tokens<'_, '_>, depth: usize) -> Parsed<Expr> {
    if depth > MAX_NESTING {
        return refuse(place(input), format!("signs are nested deeper than {MAX_NESTING}"), "take some out");
    }
    if opt(sign("!")).parse_next(input)?.is_some() {
        return Ok(Expr::Not(Box::new(unary(input, depth + 1)?)));
    }
    if opt(sign("-")).parse_next(input)?.is_some() {
        return Ok(match unary(input, depth + 1)? {
            Expr::Int(n) => Expr::Int(n.wrapping_neg()),
            other => Expr::Neg(Box::new(other)),
        });
    }
    atom(input, depth)
}

fn atom(input: &mut Tokens<'_, '_>, depth: usize) -> Parsed<Expr> {
    let int = any.verify_map(|t: &Placed<'_>| if let Token::Int(n) = t.token { Some(n) } else { None });
    if let Some(n) = opt(int).parse_next(input)? {
        return Ok(Expr::Int(n));
    }
    if opt(sign("(")).parse_next(input)?.is_some() {
        let inner = expression(input, depth + 1)?;
        need_sign(input, ")")?;
        return Ok(inner);
    }
    let start = input.checkpoint();
    match opt(word).parse_next(input)? {
        Some((_, "me")) => Ok(Expr::Me),
        Some((_, called)) => match Atomic::ALL.iter().find(|(w, ..)| *w == called) {
            Some((_, atomic, extra)) => call(input, *atomic, *extra, depth),
            None => {
                input.reset(&start);
                Ok(Expr::Name(name(input, "a value")?))
            }
        },
        None => expected(input, "a value: a number, a name or brackets"),
    }
}

/// The arguments of an atomic operation.
fn call(input: &mut Tokens<'_, '_>, atomic: Atomic, extra: usize, depth: usize) -> Parsed<Expr> {
    need_sign(input, "(")?;
    let target: Name = name(input, "the name of a shared thing")?;
    let mut arguments = Vec::new();
    for _ in 0..extra {
        need_sign(input, ",")?;
        arguments.push(expression(input, depth + 1)?);
    }
    need_sign(input, ")")?;
    Ok(Expr::Atomic(atomic, target, arguments))
}
