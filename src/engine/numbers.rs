//! Numbers as people read them, the same in sentences, figures and tables.

use super::event::Micros;

/// Groups of three: `2,489`.
///
/// ```
/// assert_eq!(scalelab::engine::numbers::thousands(1_234_567), "1,234,567");
/// ```
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share of one: `24.9 %`, with one decimal, or two below one percent; what is no number is `–`.
///
/// What is not zero never reads as zero, and what is not the whole never as `100.0 %`: there are as many digits as it takes,
/// and below a millionth it is `1.2e-5 %`.
///
/// ```
/// use scalelab::engine::numbers::percent;
/// assert_eq!((percent(0.2489), percent(0.0042), percent(0.0)), ("24.9 %".into(), "0.42 %".into(), "0.0 %".into()));
/// assert_eq!((percent(11e-6), percent(9.7e-9)), ("0.0011 %".into(), "9.7e-7 %".into()));
/// assert_eq!((percent(0.9997), percent(1.0)), ("99.97 %".into(), "100.0 %".into()));
/// ```
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "–".to_owned();
    }
    // Adding zero turns −0 into 0.
    let percent = share * 100.0 + 0.0;
    let number = match percent.abs() {
        0.0 if share != 0.0 => return percent_of_tiny(share),
        0.0 => "0.0".to_owned(),
        size if size < 0.995e-4 => return percent_of_tiny(percent / 100.0),
        size if size < 0.01 => {
            let digits = 1 - size.log10().floor() as i32;
            let text = format!("{percent:.*}", digits.unsigned_abs() as usize);
            text.trim_end_matches('0').to_owned()
        }
        size if size < 0.995 => format!("{percent:.2}"),
        size if share.abs() != 1.0 => near_whole(percent, size, share.abs() < 1.0),
        _ => format!("{percent:.1}"),
    };
    format!("{number} %")
}

/// `1.2e-5 %`.
fn percent_of_tiny(share: f64) -> String {
    // Taken from the share, which may be too small to be multiplied.
    let text = format!("{share:.1e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let exponent = exponent.parse::<i32>().map_or_else(|_| exponent.to_owned(), |e| (e + 2).to_string());
    format!("{}e{exponent} %", mantissa.trim_end_matches(".0"))
}

/// One decimal, and more while it would read as 100.
fn near_whole(percent: f64, size: f64, below: bool) -> String {
    let reads_whole = |digits: usize| format!("{size:.digits$}") == format!("{:.digits$}", 100.0);
    match (1..=9).find(|digits| !reads_whole(*digits)) {
        Some(digits) => format!("{percent:.digits$}"),
        None => {
            let sign = if percent < 0.0 { "-" } else { "" };
            format!("{sign}{}", if below { "99.999999999" } else { "100.000000001" })
        }
    }
}

/// A time in microseconds for people, in three digits: `1.25 s`, `830 µs`, `2 min 5 s`.
///
/// ```
/// assert_eq!(scalelab::engine::numbers::duration(1_250_000), "1.25 s");
/// ```
pub fn duration(us: Micros) -> String {
    match us {
        0 => "0 s".to_owned(),
        1..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", three_digits(us, 1_000)),
        1_000_000..60_000_000 => format!("{} s", three_digits(us, 1_000_000)),
        60_000_000..3_600_000_000 => two_units(us / 1_000_000, 60, "min", "s"),
        3_600_000_000..86_400_000_000 => two_units(us / 60_000_000, 60, "h", "min"),
        _ => two_units(us / 3_600_000_000, 24, "d", "h"),
    }
}

/// `value / unit` in three digits, rounded down.
fn three_digits(value: u64, unit: u64) -> String {
    let (whole, thousandths) = (value / unit, value % unit * 1_000 / unit);
    match whole {
        0..10 => format!("{whole}.{:02}", thousandths / 10),
        10..100 => format!("{whole}.{}", thousandths / 100),
        _ => whole.to_string(),
    }
}

fn two_units(value: u64, per: u64, large: &str, small: &str) -> String {
    match value % per {
        0 => format!("{} {large}", value / per),
        rest => format!("{} {large} {rest} {small}", value / per),
    }
}

/// Memory: `12.3 kB`, in powers of 1,000.
///
/// ```
/// assert_eq!(scalelab::engine::numbers::bytes(12_345), "12.3 kB");
/// ```
pub fn bytes(count: usize) -> String {
    match count {
        0..1_000 => format!("{count} B"),
        1_000..1_000_000 => format!("{:.1} kB", count as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", count as f64 / 1e6),
        _ => format!("{:.1} GB", count as f64 / 1e9),
    }
}

/// `s` unless there is one of it.
///
/// ```
/// assert_eq!(format!("2 node{}", scalelab::engine::numbers::plural(2)), "2 nodes");
/// ```
pub fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// So many of a thing: `1 key`, `2,489 keys`.
///
/// ```
/// use scalelab::engine::numbers::count;
/// assert_eq!((count(0, "key"), count(1, "key"), count(2_489, "key")), ("0 keys".into(), "1 key".into(), "2,489 keys".into()));
/// ```
pub fn count(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", thousands(number), plural(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_is_not_zero_never_reads_as_zero() {
        let cases = [
            (1.0 / 10_000_000.0, "1e-5 %"),
            (11.0 / 1_000_000.0, "0.0011 %"),
            (1.0 / 1_000_000.0, "0.0001 %"),
            (9.99e-7, "0.0001 %"),
            (9.9e-7, "9.9e-5 %"),
            (9.96e-5, "0.01 %"),
            (7.2e-5, "0.0072 %"),
            (1e-4, "0.01 %"),
            (5e-324, "4.9e-322 %"),
            (-3e-5, "-0.003 %"),
            (f64::MIN_POSITIVE, "2.2e-306 %"),
        ];
        for (share, text) in cases {
            assert_eq!(percent(share), text, "{share:e}");
        }
        for exponent in 0..324 {
            for mantissa in [1.0, 2.5, 4.99, 5.0, 9.949, 9.996] {
                let share = mantissa * 10_f64.powi(-exponent);
                let read: f64 = percent(share).trim_end_matches(" %").parse().unwrap_or(0.0);
                assert!(share == 0.0 || read > 0.0, "{share:e} reads {}", percent(share));
            }
        }
    }

    #[test]
    fn a_share_that_is_not_the_whole_never_reads_as_100_percent() {
        let cases = [
            (0.9994, "99.9 %"),
            (0.9996, "99.96 %"),
            (0.99996, "99.996 %"),
            (9_999_999.0 / 1e7, "99.99999 %"),
            (1.0 - f64::EPSILON, "99.999999999 %"),
            (1.0, "100.0 %"),
            (1.0002, "100.02 %"),
            (1.0 + f64::EPSILON, "100.000000001 %"),
            (-0.9997, "-99.97 %"),
        ];
        for (share, text) in cases {
            assert_eq!(percent(share), text, "{share}");
        }
    }

    #[test]
    fn numbers_for_people() {
        assert_eq!((thousands(0), thousands(999), thousands(1_000)), ("0".into(), "999".into(), "1,000".into()));
        assert_eq!(thousands(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!((percent(1.0), percent(-0.0), percent(f64::NAN)), ("100.0 %".into(), "0.0 %".into(), "–".into()));
        let cases = [(0, "0 s"), (830, "830 µs"), (12_500, "12.5 ms"), (999_999, "999 ms"), (20_000_000, "20.0 s")];
        for (us, text) in cases {
            assert_eq!(duration(us), text);
        }
        assert_eq!((duration(125_000_000), duration(7_200_000_000)), ("2 min 5 s".into(), "2 h".into()));
        assert!(!duration(u64::MAX).is_empty());
    }
}
