//! Who sent a request: what stands in an access log before the time.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::date;

/// What stands before the fields of the log itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carrier {
    /// Nothing.
    #[default]
    None,
    /// Syslog's time, host and program (RFC 3164, RFC 5424, or journald's).
    Syslog,
    /// The name or stream of a container.
    Container,
}

/// Client of a request, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// Address or name of the client, without port.
    pub client: &'a str,
    /// Whether the name of a virtual host comes first.
    pub virtual_host: bool,
    /// Whether the client is the first of an X-Forwarded-For list.
    pub forwarded: bool,
    /// What stands before.
    pub carrier: Carrier,
}

/// Reads the fields before the time. `None` if there is no client.
pub fn read(text: &str) -> Option<Origin<'_>> {
    let (carrier, fields) = carrier(clean(text));
    let fields = clean(fields);
    let (virtual_host, rest) = past_virtual_host(fields);
    let (list, quoted, after) = first_list(rest)?;
    let addresses = || list.split(',').map(str::trim).filter_map(address);
    let several = list.contains(',');
    let peer = token(after).and_then(|(next, _)| address(next));
    let (client, forwarded) = match (addresses().next(), peer) {
        (Some(client), peer) => (client, several || quoted || peer.is_some()),
        // Without a header, whoever connected is the client.
        (None, Some(peer)) if matches!(list, "-" | "unknown" | "") => (peer, false),
        (None, _) => (without_port(list.split(',').map(str::trim).find(|name| !name.is_empty())?), several),
    };
    Some(Origin { client, virtual_host, forwarded, carrier })
}

/// Text without what may stand before it: blanks, a byte-order mark, the zeros of a file that was truncated.
fn clean(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '\u{feff}' | '\0'))
}

/// The first word and what follows.
fn token(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start();
    let end = text.find(|c: char| c.is_ascii_whitespace()).unwrap_or(text.len());
    (end > 0).then(|| (&text[..end], text[end..].trim_start()))
}

/// The address in a field, without brackets and port.
pub fn address(field: &str) -> Option<&str> {
    let v6 = |text: &str| text.split('%').next().is_some_and(|bare| bare.parse::<Ipv6Addr>().is_ok());
    let port = |text: &str| text.is_empty() || text.strip_prefix(':').is_some_and(is_port);
    if let Some((inner, rest)) = field.strip_prefix('[').and_then(|text| text.split_once(']')) {
        return (v6(inner) && port(rest)).then_some(inner);
    }
    if v6(field) {
        return Some(field);
    }
    let host = without_port(field);
    host.parse::<Ipv4Addr>().is_ok().then_some(host)
}

fn is_port(text: &str) -> bool {
    (1..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

fn without_port(field: &str) -> &str {
    match field.rsplit_once(':') {
        Some((host, port)) if !host.is_empty() && !host.contains(':') && is_port(port) => host,
        _ => field,
    }
}

/// The first field: in quotes, a list with commas, or one word. With it, whether it was in quotes, and what follows.
fn first_list(text: &str) -> Option<(&str, bool, &str)> {
    if let Some(inner) = text.strip_prefix('"') {
        let (list, after) = inner.split_once('"')?;
        return Some((list.trim(), true, after));
    }
    let (word, mut after) = token(text)?;
    let mut end = word.len();
    while text[..end].ends_with(',') || after.starts_with(',') {
        let Some((_, rest)) = token(after) else { break };
        let last = text.len() - rest.len();
        end = text[..last].trim_end().len();
        after = rest;
    }
    Some((&text[..end], false, after))
}

/// Skips the name of a virtual host, if there is one: a name before an address, or one more field than a client has.
fn past_virtual_host(text: &str) -> (bool, &str) {
    let Some((first, rest)) = token(text).filter(|(first, _)| !first.contains([',', '"'])) else {
        return (false, text);
    };
    let mut words = rest.split_ascii_whitespace();
    let (next, then) = (words.next().unwrap_or("-"), words.next());
    let next_client = next.trim_matches(['"', ',']);
    let has_port = without_port(first).len() < first.len() || first.contains("]:");
    let is_host = match (address(first), address(next_client)) {
        (None, Some(_)) => !matches!(first, "-" | "unknown"),
        (Some(_), Some(_)) => has_port && then.is_some_and(|word| !word.starts_with(',')) && !next.starts_with(','),
        (_, None) => {
            (has_port || next.contains('.')) && !matches!(next, "-") && !next.starts_with(',') && then == Some("-")
        }
    };
    // A client has two more fields, its identity and its user.
    if is_host && words.next().is_some() { (true, rest) } else { (false, text) }
}

/// Skips what syslog or a container's log driver put before a line.
fn carrier(text: &str) -> (Carrier, &str) {
    let (priority, text) = match text.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        Some((level, rest)) if is_port(level) && level.len() <= 3 => (true, rest),
        _ => (false, text),
    };
    let Some((first, rest)) = token(text) else { return (Carrier::None, text) };
    if priority && first == "1" {
        return (Carrier::Syslog, structured(rest).unwrap_or(rest));
    }
    if let Some((_, rest)) = token(rest).filter(|(bar, _)| *bar == "|") {
        return (Carrier::Container, rest);
    }
    let Some(rest) = past_stamp(text) else {
        return if priority { (Carrier::Syslog, past_host(text)) } else { (Carrier::None, text) };
    };
    if let Some((_, rest)) = token(rest).filter(|(stream, _)| matches!(*stream, "stdout" | "stderr")) {
        return (Carrier::Container, token(rest).filter(|(flag, _)| flag.len() == 1).map_or(rest, |(_, rest)| rest));
    }
    (Carrier::Syslog, past_host(rest))
}

/// Skips a time of syslog: `Dec  6 00:00:00` or `2017-01-31T09:44:00.123+01:00`.
fn past_stamp(text: &str) -> Option<&str> {
    let (first, rest) = token(text)?;
    if date::seconds(first).is_some() {
        return Some(rest);
    }
    date::month(first)?;
    let (day, rest) = token(rest)?;
    let (mut clock, mut rest) = token(rest)?;
    if clock.len() == 4 && is_port(clock) {
        (clock, rest) = token(rest)?;
    }
    (is_port(day) && day.len() <= 2 && clock.len() >= 8 && clock.as_bytes()[2] == b':').then_some(rest)
}

/// Skips host and program of syslog's older form; either may be missing.
fn past_host(text: &str) -> &str {
    let program = |word: &str| word.ends_with(':') && address(word).is_none() && word != "unix:";
    let Some((first, after)) = token(text) else { return text };
    match token(after) {
        _ if program(first) => after,
        Some((word, rest)) if program(word) => rest,
        // A client is followed by its identity, a host by a client.
        Some((word, _)) if word == "-" || (address(first).is_some() && address(word).is_none()) => text,
        _ if first.contains([',', '"']) => text,
        _ => after,
    }
}

/// Skips time, host, program, process, message and structured data of RFC 5424.
fn structured(text: &str) -> Option<&str> {
    let mut rest = text;
    for _ in 0..5 {
        rest = token(rest)?.1;
    }
    if let Some(after) = rest.strip_prefix('-') {
        return Some(after.trim_start());
    }
    while rest.starts_with('[') {
        let (mut quoted, mut escaped) = (false, false);
        let end = rest.bytes().position(|byte| {
            let end = byte == b']' && !quoted;
            quoted ^= byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            end
        })?;
        rest = &rest[end + 1..];
    }
    Some(rest.trim_start())
}
