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
/// ```
/// use scalelab::engine::numbers::percent;
/// assert_eq!((percent(0.2489), percent(0.0042), percent(0.0)), ("24.9 %".into(), "0.42 %".into(), "0.0 %".into()));
/// ```
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "–".to_owned();
    }
    // Adding zero turns −0 into 0.
    let share = share * 100.0 + 0.0;
    if share != 0.0 && share.abs() < 0.995 { format!("{share:.2} %") } else { format!("{share:.1} %") }
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

#[cfg(test)]
mod tests {
    use super::*;

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
