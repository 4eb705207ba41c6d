//! Numeric arguments with a range: parsed, refused in our own words, and stated in the help.
//!
//! A field of a command enum says `within = ranges::integers("virtual nodes", 1..=10_000_u64)` in its
//! `#[arg(…)]`, with [`Within`] in scope. From this come the parser, the `[range: 1 to 10,000]` at the end
//! of the argument's help, and the refusal, which is the same for what is no number and what is out of range.

use std::ffi::OsStr;
use std::ops::RangeInclusive;

use clap::builder::{StyledStr, TypedValueParser};
use clap::error::ErrorKind;

use super::numbers::thousands;

/// Whole numbers of one type between two bounds, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integers<T> {
    what: &'static str,
    range: RangeInclusive<T>,
    also: Option<T>,
}

/// Numbers with a fraction between two bounds, both included.
#[derive(Clone, Debug, PartialEq)]
pub struct Decimals {
    what: &'static str,
    range: RangeInclusive<f64>,
    also: Option<f64>,
}

/// Whole numbers in `range`; `what` is the plural or the noun with its article that a refusal begins with.
///
/// ```
/// use scalelab::engine::{CommandLine, ParseOutcome, ranges::{self, Within}};
/// #[derive(clap::Subcommand, Clone, Debug, PartialEq)]
/// enum Command {
///     /// Give each node N virtual nodes
///     Vnodes {
///         /// Virtual nodes per unit of weight
///         #[arg(value_name = "N", within = ranges::integers("virtual nodes", 1..=10_000_u64))]
///         count: u64,
///     },
/// }
/// let parser = CommandLine::<Command>::new("ring");
/// assert!(matches!(parser.parse("vnodes 10000"), ParseOutcome::Command(Command::Vnodes { count: 10_000 }, _)));
/// let refusal = "virtual nodes must be a whole number from 1 to 10,000, not '0'";
/// assert_eq!(parser.parse("vnodes 0"), ParseOutcome::Error(refusal.to_owned()));
/// let ParseOutcome::Help(help) = parser.parse("vnodes --help") else { panic!() };
/// assert!(help.contains("[range: 1 to 10,000]"));
/// ```
pub fn integers<T: Integer>(what: &'static str, range: RangeInclusive<T>) -> Integers<T> {
    Integers { what, range, also: None }
}

/// Numbers with a fraction in `range`; `what` as in [`integers`]. What is no finite number is in no range.
///
/// ```
/// use scalelab::engine::ranges;
/// let rate = ranges::decimals("the rate", 0.001..=1e6).or(0.0);
/// assert_eq!(rate.read("2.5"), Ok(2.5));
/// assert_eq!(rate.read("0"), Ok(0.0));
/// let refusal = rate.read("1e-14").unwrap_err();
/// assert_eq!(refusal, "the rate must be 0 or a number from 0.001 to 1,000,000, not '1e-14'");
/// ```
pub fn decimals(what: &'static str, range: RangeInclusive<f64>) -> Decimals {
    Decimals { what, range, also: None }
}

/// A type of whole numbers that an argument can have: `u32`, `u64`, `usize` or `i64`.
pub trait Integer: Copy + PartialEq + Send + Sync + TryFrom<i128> + 'static {
    /// The same number.
    fn wide(self) -> i128;
}

macro_rules! integer {
    ($($type:ty),+) => { $(impl Integer for $type { fn wide(self) -> i128 { self as i128 } })+ };
}

integer!(u32, u64, usize, i64);

impl<T: Integer> Integers<T> {
    /// Accepts one value outside of the range too, such as 0 for "not at all".
    #[must_use]
    pub fn or(self, value: T) -> Self {
        Self { also: Some(value), ..self }
    }

    /// Reads a number as it was typed.
    ///
    /// # Errors
    /// What is no whole number, and what is out of range: the sentence says what is accepted.
    pub fn read(&self, text: &str) -> Result<T, String> {
        let range = self.range.start().wide()..=self.range.end().wide();
        let accepted = |value: &i128| range.contains(value) || self.also.is_some_and(|also| also.wide() == *value);
        let number = text.parse().ok().filter(accepted).and_then(|value| T::try_from(value).ok());
        number.ok_or_else(|| refusal(self.what, "a whole number", &self.words(), text, self.also.map(whole)))
    }

    fn words(&self) -> String {
        format!("{} to {}", whole(*self.range.start()), whole(*self.range.end()))
    }

    fn help(&self) -> String {
        ending(&self.words(), self.also.map(whole))
    }
}

impl Decimals {
    /// Accepts one value outside of the range too, such as 0 for "not at all".
    #[must_use]
    pub fn or(self, value: f64) -> Self {
        Self { also: Some(value), ..self }
    }

    /// Reads a number as it was typed. Minus zero is zero.
    ///
    /// # Errors
    /// What is no finite number, and what is out of range: the sentence says what is accepted, and what a
    /// percentage is as a number, if that is.
    pub fn read(&self, text: &str) -> Result<f64, String> {
        let accepted = |value: &f64| self.range.contains(value) || self.also == Some(*value);
        let read = |text: &str| text.parse::<f64>().ok().map(|value| value + 0.0);
        read(text).filter(accepted).ok_or_else(|| {
            let said = refusal(self.what, "a number", &self.words(), text, self.also.map(decimal));
            let share = text.strip_suffix('%').and_then(|p| read(p.trim_end())).map(|p| p / 100.0).filter(accepted);
            share.map_or(said.clone(), |share| format!("{said}: write {}", decimal(share)))
        })
    }

    fn words(&self) -> String {
        format!("{} to {}", decimal(*self.range.start()), decimal(*self.range.end()))
    }

    fn help(&self) -> String {
        ending(&self.words(), self.also.map(decimal))
    }
}

fn refusal(what: &str, kind: &str, range: &str, text: &str, also: Option<String>) -> String {
    let also = also.map_or(String::new(), |value| format!("{value} or "));
    format!("{what} must be {also}{kind} from {range}, not '{text}'")
}

fn ending(range: &str, also: Option<String>) -> String {
    let also = also.map_or(String::new(), |value| format!(", or {value}"));
    format!("[range: {range}{also}]")
}

fn whole<T: Integer>(value: T) -> String {
    let value = value.wide();
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", thousands(u64::try_from(value.unsigned_abs()).unwrap_or(u64::MAX)))
}

/// As one would type it, in groups of three from 1,000 on: `0.001`, `1e-9`, `1,000,000`.
fn decimal(value: f64) -> String {
    match value.abs() {
        size if size != 0.0 && !(1e-4..1e15).contains(&size) => format!("{value:e}"),
        size if size >= 1e3 && size.fract() == 0.0 => whole(value as i64),
        _ => value.to_string(),
    }
}

/// What an argument can be held within.
pub trait Range: TypedValueParser {
    /// The end of the argument's help.
    fn help(&self) -> String;
}

impl<T: Integer> Range for Integers<T> {
    fn help(&self) -> String {
        Self::help(self)
    }
}

impl Range for Decimals {
    fn help(&self) -> String {
        Self::help(self)
    }
}

impl<T: Integer> TypedValueParser for Integers<T> {
    type Value = T;

    fn parse_ref(&self, _: &clap::Command, _: Option<&clap::Arg>, value: &OsStr) -> Result<T, clap::Error> {
        self.read(&value.to_string_lossy()).map_err(error)
    }
}

impl TypedValueParser for Decimals {
    type Value = f64;

    fn parse_ref(&self, _: &clap::Command, _: Option<&clap::Arg>, value: &OsStr) -> Result<f64, clap::Error> {
        self.read(&value.to_string_lossy()).map_err(error)
    }
}

fn error(message: String) -> clap::Error {
    clap::Error::raw(ErrorKind::ValueValidation, message)
}

/// Gives an argument a range: in its parser and in its help.
pub trait Within {
    /// The argument with this range. Negative numbers and `-inf` reach the parser, so that they are refused
    /// as numbers and not taken for options.
    #[must_use]
    fn within(self, range: impl Range<Value: Clone + Send + Sync + 'static> + Send + Sync + 'static) -> Self;
}

impl Within for clap::Arg {
    fn within(self, range: impl Range<Value: Clone + Send + Sync + 'static> + Send + Sync + 'static) -> Self {
        let stated = range.help();
        let help = self.get_help().map_or(stated.clone(), |help| format!("{help} {stated}"));
        self.help(StyledStr::from(help)).allow_hyphen_values(true).value_parser(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_within_their_range_only() {
        let count = integers("servers", 1..=1_000_u64).or(0);
        for (text, value) in [("0", 0), ("1", 1), ("+7", 7), ("0012", 12), ("1000", 1_000)] {
            assert_eq!(count.read(text), Ok(value), "{text}");
        }
        let words = "servers must be 0 or a whole number from 1 to 1,000, not '";
        for text in
            ["-1", "1001", "1.5", "1e2", "", " 1", "NaN", "-inf", "x", "99999999999999999999999999999999999999999"]
        {
            assert_eq!(count.read(text), Err(format!("{words}{text}'")));
        }
        let all = integers("the value", i64::MIN..=i64::MAX);
        assert_eq!(all.read("-9223372036854775808"), Ok(i64::MIN));
        assert!(all.read("9223372036854775808").is_err_and(|e| e.contains("9,223,372,036,854,775,807")));
        assert_eq!(integers("the seed", 0..=u64::MAX).read("18446744073709551615"), Ok(u64::MAX));
    }

    #[test]
    fn decimals_are_finite_and_within_their_range() {
        let share = decimals("the rate", 1e-9..=0.5);
        for (text, value) in [("1e-9", 1e-9), ("0.5", 0.5), (".25", 0.25)] {
            assert_eq!(share.read(text), Ok(value), "{text}");
        }
        for text in ["0", "-0", "0.51", "NaN", "inf", "-inf", "1e308", "1e400", "5e-324", "-1", "", "1,5", "0x1"] {
            let refusal = format!("the rate must be a number from 1e-9 to 0.5, not '{text}'");
            assert_eq!(share.read(text), Err(refusal));
        }
        assert!(share.read("5%").is_err_and(|e| e.ends_with("not '5%': write 0.05")));
        assert!(share.read("70 %").is_err_and(|e| e.ends_with("not '70 %'")));
        assert!(decimals("it", 0.0..=1.0).read("-0").is_ok_and(f64::is_sign_positive));
    }

    #[test]
    fn ranges_are_stated_as_one_types_them() {
        assert_eq!(integers("it", -5..=1_000_000_i64).help(), "[range: -5 to 1,000,000]");
        assert_eq!(decimals("it", 1e-12..=2e6).or(0.0).help(), "[range: 1e-12 to 2,000,000, or 0]");
        assert_eq!(decimals("it", 0.001..=1.25).help(), "[range: 0.001 to 1.25]");
    }
}
