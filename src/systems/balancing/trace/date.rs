//! Times in access logs.

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The number of a month by its English name in three letters.
pub fn month(name: &str) -> Option<i64> {
    MONTHS.iter().position(|m| m.eq_ignore_ascii_case(name)).map(|index| index as i64 + 1)
}

/// `10/Oct/2000:13:55:36 -0700` or `2000-10-10T13:55:36-07:00` in seconds since 1970; a fraction of a second is left
/// out. `None` for what is no date of the calendar, or has no time zone.
pub fn seconds(time: &str) -> Option<i64> {
    let (year, month, day, rest) = if time.get(4..5) == Some("-") { iso(time)? } else { common(time)? };
    // A clock has eight characters; a fraction may follow.
    let (clock, zone) = (rest.get(..8)?, rest.get(8..)?);
    let mut clock = clock.split(':');
    let hour = number(clock.next()?, 0, 23)?;
    let minute = number(clock.next()?, 0, 59)?;
    // Leap seconds are written as the 60th.
    let second = number(clock.next()?, 0, 60)?;
    let zone = zone
        .strip_prefix(['.', ','])
        .map_or(zone, |fraction| fraction.trim_start_matches(|c: char| c.is_ascii_digit()));
    Some(days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset(zone.trim_start_matches(' '))?)
}

fn common(time: &str) -> Option<(i64, i64, i64, &str)> {
    let (day, rest) = time.split_once('/')?;
    let (name, rest) = rest.split_once('/')?;
    let (year, rest) = rest.split_once(':')?;
    checked(number(year, 1970, 9_999)?, month(name)?, day).map(|(y, m, d)| (y, m, d, rest))
}

fn iso(time: &str) -> Option<(i64, i64, i64, &str)> {
    let (date, rest) = time.split_at_checked(10)?;
    let mut date = date.split('-');
    let year = number(date.next()?, 1970, 9_999)?;
    let month = number(date.next()?, 1, 12)?;
    let (year, month, day) = checked(year, month, date.next()?)?;
    rest.strip_prefix(['T', 't', ' ']).filter(|_| time.len() > 19).map(|rest| (year, month, day, rest))
}

/// A date that is in the calendar.
fn checked(year: i64, month: i64, day: &str) -> Option<(i64, i64, i64)> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let most = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    Some((year, month, number(day, 1, most)?))
}

/// Seconds that a time zone is ahead of UTC: `-0700`, `+05:30` or `Z`.
fn offset(zone: &str) -> Option<i64> {
    if matches!(zone, "Z" | "z") {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = match zone.get(1..)? {
        digits if digits.len() == 4 => digits.split_at_checked(2)?,
        text => text.split_once(':').filter(|(hours, minutes)| hours.len() == 2 && minutes.len() == 2)?,
    };
    Some(sign * (number(hours, 0, 23)? * 3_600 + number(minutes, 0, 59)? * 60))
}

fn number(text: &str, least: i64, most: i64) -> Option<i64> {
    let digits = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|n| digits && (least..=most).contains(n))
}

/// Days since 1970 of a date in the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that the leap day is the last one (Hinnant, "chrono-compatible date algorithms").
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_the_calendar_are_read_and_others_refused() {
        for (text, expected) in [
            ("01/Jan/1970:00:00:00 +0000", 0),
            ("10/Oct/2000:13:55:36 -0700", 971_211_336),
            ("29/Feb/2024:23:59:59 +0530", 1_709_231_399),
            ("29/Feb/2000:00:00:00 +0000", 951_782_400),
            ("31/Dec/2016:23:59:60 +0000", 1_483_228_800),
            ("31/jan/2017:09:44:00.123 +0100", 1_485_852_240),
            ("2017-01-31T09:44:00+01:00", 1_485_852_240),
            ("2017-01-31T08:44:00.5Z", 1_485_852_240),
            ("2017-01-31 08:44:00 +0000", 1_485_852_240),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for bad in [
            "",
            "10/Oct/2000:13:55:36",
            "10/Okt/2000:13:55:36 +0000",
            "10/Oct/2000:25:00:00 +0000",
            "31/Feb/2017:09:44:00 +0100",
            "29/Feb/2023:00:00:00 +0000",
            "29/Feb/1900:00:00:00 +0000",
            "29/Feb/2100:00:00:00 +0000",
            "31/Apr/2017:09:44:00 +0100",
            "00/Jan/2017:09:44:00 +0100",
            "32/Jan/2017:09:44:00 +0100",
            "+1/Jan/2017:09:44:00 +0100",
            "10/Oct/10000:13:55:36 +0000",
            "10/Oct/2000:13:55:61 +0000",
            "10/Oct/2000:13:55:36 +2400",
            "10/Oct/2000:13:55:36 +00600",
            "10/Oct/2000:13:55:36 0000",
            "1/Jan/1970:0:0:0 é",
            "2017-02-30T09:44:00+01:00",
            "2017-01-31T09:44:00",
            "2017-01-31",
        ] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
