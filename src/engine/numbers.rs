//! Numbers as people read them, the same in sentences, figures and tables.

use super::model::Micros;

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

/// A share of one: `24.9 %`, with one decimal, or two below one percent.
///
/// ```
/// use scalelab::engine::numbers::percent;
/// assert_eq!((percent(0.2489), percent(0.0042), percent(0.0)), ("24.9 %".into(), "0.42 %".into(), "0.0 %".into()));
/// ```
pub fn percent(share: f64) -> String {
    let share = share * 100.0;
    if share != 0.0 && share.abs() < 0.995 { format!("{share:.2} %") } else { format!("{share:.1} %") }
}

/// Simulated time: `350 ms`, `1.25 s`, `12 m 5 s`.
///
/// ```
/// use scalelab::engine::numbers::duration;
/// assert_eq!((duration(350_000), duration(1_250_000), duration(725_000_000)), ("350 ms".into(), "1.25 s".into(), "12 m 5 s".into()));
/// ```
pub fn duration(time: Micros) -> String {
    match time {
        0 => "0 s".to_owned(),
        1..1_000 => format!("{time} µs"),
        1_000..1_000_000 => format!("{} ms", time / 1_000),
        1_000_000..60_000_000 => {
            let text = format!("{:.2}", time as f64 / 1e6);
            format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => format!("{} m {} s", thousands(time / 60_000_000), time / 1_000_000 % 60),
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
