//! One line of an access log: client, time and path, however the log was configured.
//!
//! ```text
//! [syslog] [virtual host] client identity user [time] "request" status size "referer" "agent" …
//! ```
//!
//! The time in its brackets is found first, then the request in its quotes: both are there in every such log, and what
//! users can put into a line (names, paths, agents) cannot look like them, since servers escape quotes.

use super::date::seconds;
use super::origin::{self, Carrier, Origin};

/// Path of requests that name none, such as `""`, `"-"` and `"\x16\x03\x01"`.
pub const NO_PATH: &str = "-";
/// Longest time in brackets, in bytes.
const LONGEST_TIME: usize = 48;

/// What a log entry says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// Address or name of the client.
    pub client: &'a str,
    /// Seconds since 1970.
    pub seconds: i64,
    /// Path without query; [`NO_PATH`] if there is none.
    pub path: &'a str,
    /// How the line is written.
    pub format: Format,
}

/// How a log entry is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Format {
    /// Referer and agent stand at the end, as in combined format; else it is common format.
    pub combined: bool,
    /// More fields follow.
    pub more: bool,
    /// The name of a virtual host comes first.
    pub virtual_host: bool,
    /// The client is the first of an X-Forwarded-For list.
    pub forwarded: bool,
    /// That list stands at the end.
    pub forwarded_last: bool,
    /// What stands before.
    pub carrier: Carrier,
}

/// Reads a line; `None` if it is no log entry. O(length).
pub fn parse(line: &str) -> Option<Request<'_>> {
    let (open, seconds, request) = time(line)?;
    let Origin { client, virtual_host, forwarded, carrier } = origin::read(&line[..open])?;
    let (request, rest) = split(request, true).or_else(|| split(request, false))?;
    let tail = Tail::of(rest);
    let format = Format {
        combined: tail.combined,
        more: tail.more,
        virtual_host,
        forwarded,
        forwarded_last: tail.forwarded.is_some(),
        carrier,
    };
    Some(Request { client: tail.forwarded.unwrap_or(client), seconds, path: path(request), format })
}

/// Where the time begins, its seconds, and what follows the first quote after it.
fn time(line: &str) -> Option<(usize, i64, &str)> {
    let (bytes, mut found) = (line.as_bytes(), None);
    for (open, _) in line.match_indices('[') {
        if found.is_some_and(|(_, _, quote)| open > quote) {
            break;
        }
        let near = &bytes[open + 1..bytes.len().min(open + 1 + LONGEST_TIME)];
        let Some(length) = near.iter().position(|byte| *byte == b']') else { continue };
        let close = open + 1 + length;
        let Some(at) = line.get(open + 1..close).and_then(seconds) else { continue };
        let Some(quote) = line[close..].find('"') else { break };
        found = Some((open, at, close + quote));
    }
    found.map(|(open, at, quote)| (open, at, &line[quote + 1..]))
}

/// A request without its closing quote, and what follows: the quote is the first one with a status behind it.
fn split(text: &str, escapes: bool) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if byte == b'"' && !escaped && has_status(&text[at + 1..]) {
            return Some((&text[..at], &text[at + 1..]));
        }
        escaped = escapes && byte == b'\\' && !escaped;
    }
    None
}

fn has_status(text: &str) -> bool {
    let status = text.trim_start_matches([' ', '\t']);
    let digits = status.bytes().take_while(u8::is_ascii_digit).count();
    digits == 3 && status.len() < text.len() && status[3..].chars().next().is_none_or(|c| c.is_ascii_whitespace())
}

/// What follows a request.
#[derive(Clone, Copy, Debug, Default)]
struct Tail<'a> {
    combined: bool,
    more: bool,
    forwarded: Option<&'a str>,
}

impl<'a> Tail<'a> {
    fn of(text: &'a str) -> Self {
        // Status and size.
        let rest = past_word(past_word(text));
        let Some((_, rest)) = quoted(rest) else { return Self { more: !rest.is_empty(), ..Self::default() } };
        let Some((_, rest)) = quoted(rest) else { return Self { more: true, ..Self::default() } };
        // nginx' `main` format ends with X-Forwarded-For: then whoever connected is a proxy.
        let last = quoted(rest).filter(|(list, _)| list.split(',').all(|one| bare_address(one.trim()).is_some()));
        let forwarded = last.and_then(|(list, _)| bare_address(list.split(',').next()?.trim()));
        let rest = last.map_or(rest, |(_, rest)| rest);
        Self { combined: true, more: !rest.trim().is_empty(), forwarded }
    }
}

/// An address without a port: the address and port of a server that was asked may stand at the end, too.
fn bare_address(text: &str) -> Option<&str> {
    origin::address(text).filter(|address| address.len() == text.len())
}

fn past_word(text: &str) -> &str {
    let text = text.trim_start();
    text.find(|c: char| c.is_ascii_whitespace()).map_or("", |end| text[end..].trim_start())
}

/// A text in quotes at the beginning, and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let inner = text.trim_start().strip_prefix('"')?;
    let mut escaped = false;
    let end = inner.bytes().position(|byte| {
        let end = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        end
    })?;
    Some((&inner[..end], &inner[end + 1..]))
}

/// The path that a request line asks for, in origin form or absolute form (RFC 9112, section 3.2).
fn path(request: &str) -> &str {
    let Some((method, target)) = request.trim().split_once([' ', '\t']) else { return NO_PATH };
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if method.is_empty() || !method.bytes().all(is_token) {
        return NO_PATH;
    }
    let target = match target.rsplit_once([' ', '\t']) {
        Some((target, version)) if version.starts_with("HTTP/") => target,
        _ => target,
    };
    let target = target.trim();
    let whole = &target[..target.find(['?', '#']).unwrap_or(target.len())];
    if whole.starts_with('/') || whole == "*" {
        return whole;
    }
    match whole.split_once("://") {
        Some((scheme, rest)) if !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            rest.find('/').map_or("/", |at| &rest[at..])
        }
        _ => NO_PATH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMON: &str = r#"203.0.113.1 - - [31/Jan/2017:09:44:00 +0100] "GET /a HTTP/1.1" 301 738"#;
    const AT: i64 = 1_485_852_240;

    /// A format, spelt out as the tables below have it.
    fn spelt(format: Format) -> String {
        let parts = [
            (format.virtual_host, "virtual host"),
            (format.forwarded, "forwarded-for list"),
            (format.forwarded_last, "forwarded-for list at the end"),
            (format.more, "more fields"),
        ];
        let parts: Vec<&str> = parts.iter().filter(|(is, _)| *is).map(|(_, words)| *words).collect();
        let base = if format.combined { "combined" } else { "common" };
        let with = if parts.is_empty() { "" } else { " with " };
        let carrier = match format.carrier {
            Carrier::None => "",
            Carrier::Syslog => " behind a syslog prefix",
            Carrier::Container => " behind a container's prefix",
        };
        format!("{base}{with}{}{carrier}", parts.join(" and "))
    }

    #[test]
    fn clients_are_found_behind_whatever_stands_before() {
        let tail = r#" - - [31/Jan/2017:09:44:00 +0100] "GET /a HTTP/1.1" 301 738"#;
        for (prefix, client, format) in [
            ("203.0.113.1", "203.0.113.1", "common"),
            ("\u{feff}203.0.113.1", "203.0.113.1", "common"),
            ("\0\0\x00203.0.113.1", "203.0.113.1", "common"),
            ("  203.0.113.1", "203.0.113.1", "common"),
            ("203.0.113.1:54321", "203.0.113.1", "common"),
            ("2001:db8::1", "2001:db8::1", "common"),
            ("[2001:db8::1]:54321", "2001:db8::1", "common"),
            ("[2001:db8::1]", "2001:db8::1", "common"),
            ("fe80::1%eth0", "fe80::1%eth0", "common"),
            ("::ffff:203.0.113.1", "::ffff:203.0.113.1", "common"),
            ("crawl-7.example.org", "crawl-7.example.org", "common"),
            ("crawl-7.example.org:54321", "crawl-7.example.org", "common"),
            ("unix:", "unix:", "common"),
            ("-", "-", "common"),
            ("www.example.com:80 203.0.113.1", "203.0.113.1", "common with virtual host"),
            ("www.example.com 203.0.113.1", "203.0.113.1", "common with virtual host"),
            ("www.example.com:443\t2001:db8::1", "2001:db8::1", "common with virtual host"),
            ("www.example.com:80 crawl-7.example.org", "crawl-7.example.org", "common with virtual host"),
            ("www.example.com crawl-7.example.org", "crawl-7.example.org", "common with virtual host"),
            ("localhost:8080 203.0.113.1", "203.0.113.1", "common with virtual host"),
            ("192.0.2.80:80 203.0.113.1", "203.0.113.1", "common with virtual host"),
            ("[2001:db8::80]:80 203.0.113.1", "203.0.113.1", "common with virtual host"),
            ("203.0.113.1, 198.51.100.9", "203.0.113.1", "common with forwarded-for list"),
            ("203.0.113.1,198.51.100.9", "203.0.113.1", "common with forwarded-for list"),
            ("203.0.113.1 , 198.51.100.9", "203.0.113.1", "common with forwarded-for list"),
            ("203.0.113.1, 198.51.100.9, 10.0.0.1", "203.0.113.1", "common with forwarded-for list"),
            ("unknown, 203.0.113.1", "203.0.113.1", "common with forwarded-for list"),
            ("\"203.0.113.1, 198.51.100.9\"", "203.0.113.1", "common with forwarded-for list"),
            ("\"203.0.113.1\"", "203.0.113.1", "common with forwarded-for list"),
            ("\"2001:db8::1, 198.51.100.9\"", "2001:db8::1", "common with forwarded-for list"),
            ("203.0.113.1, 198.51.100.9 10.0.0.1", "203.0.113.1", "common with forwarded-for list"),
            ("\"203.0.113.1\" 10.0.0.1", "203.0.113.1", "common with forwarded-for list"),
            ("- 203.0.113.1", "203.0.113.1", "common"),
            ("\"-\" 203.0.113.1", "203.0.113.1", "common"),
            (
                "www.example.com:80 203.0.113.1, 198.51.100.9",
                "203.0.113.1",
                "common with virtual host and forwarded-for list",
            ),
            (
                "www.example.com \"203.0.113.1, 198.51.100.9\"",
                "203.0.113.1",
                "common with virtual host and forwarded-for list",
            ),
        ] {
            for (carried, words) in [
                ("", ""),
                ("Dec 16 00:00:00 web1 httpd: ", " behind a syslog prefix"),
                ("Dec  6 00:00:00 web1 nginx[1234]: ", " behind a syslog prefix"),
                ("<190>Dec 16 00:00:00 10.0.0.5 nginx: ", " behind a syslog prefix"),
                ("<134>1 2017-01-31T09:44:00.123Z web1 nginx 77 - - ", " behind a syslog prefix"),
                (
                    "<134>1 2017-01-31T09:44:00Z 10.0.0.5 nginx - - [a@1 x=\"]\\\"\"][b@1] \u{feff}",
                    " behind a syslog prefix",
                ),
                ("2017-01-31T09:44:00+01:00 web1 nginx: ", " behind a syslog prefix"),
                ("2017-01-31T09:44:00.123456789Z stdout F ", " behind a container's prefix"),
                ("web_1  | ", " behind a container's prefix"),
            ] {
                let line = format!("{carried}{prefix}{tail}");
                let read = parse(&line).map(|r| (r.client, r.seconds, r.path, spelt(r.format)));
                assert_eq!(read, Some((client, AT, "/a", format!("{format}{words}"))), "{line}");
            }
        }
        // A host of syslog without a program, and neither of them.
        for before in ["Dec 16 00:00:00 web1 ", "Dec 16 00:00:00 10.0.0.5 ", "Dec 16 00:00:00 "] {
            assert_eq!(parse(&format!("{before}{COMMON}")).map(|r| r.client), Some("203.0.113.1"), "{before}");
        }
    }

    #[test]
    fn users_times_and_what_follows_cannot_be_mistaken() {
        for user in
            ["ada", "ada lovelace", "[", "a[b", "[ada]", "x [1/2] y", "[31/Feb/2017:09:44:00 +0100]", "a\\\"b", "\t"]
        {
            let line = format!(r#"203.0.113.1 - {user} [31/Jan/2017:09:44:00 +0100] "GET /a HTTP/1.1" 301 738"#);
            assert_eq!(parse(&line).map(|r| (r.client, r.path)), Some(("203.0.113.1", "/a")), "{line}");
        }
        for (tail, words) in [
            ("", "common"),
            (r#" "-" "curl/8""#, "combined"),
            (r#" "http://example.org/" "a \"b\" [31/Jan/2017:09:44:00 +0100] c""#, "combined"),
            (r#" "-" "x" 0.005 0.004 ."#, "combined with more fields"),
            (r#" "-" "x" "-""#, "combined with more fields"),
            (r#" "-" "x" "10.0.0.7:8080""#, "combined with more fields"),
            (r#" "-" "x" rt=0.005 ua="10.0.0.7""#, "combined with more fields"),
            (" 4120", "common with more fields"),
            (r#" "-" "torn"#, "common with more fields"),
        ] {
            let line = format!("{COMMON}{tail}");
            let read = parse(&line).map(|r| (r.client, r.path, spelt(r.format)));
            assert_eq!(read, Some(("203.0.113.1", "/a", words.to_owned())), "{tail}");
        }
        // nginx' `main` format behind a proxy.
        let proxied = format!(r#"10.0.0.1{} "-" "x" "203.0.113.1, 198.51.100.9" 0.005"#, &COMMON[11..]);
        let read = parse(&proxied).map(|r| (r.client, spelt(r.format)));
        let words = "combined with forwarded-for list at the end and more fields";
        assert_eq!(read, Some(("203.0.113.1", words.to_owned())));
        assert_eq!(parse(&COMMON.replace(' ', "\t").replace("00\t+", "00 +")).map(|r| r.path), Some("/a"));
    }

    #[test]
    fn requests_have_the_path_that_they_ask_for() {
        for (request, path) in [
            ("GET /a/b?x=1 HTTP/1.0", "/a/b"),
            ("GET /a#b HTTP/2.0", "/a"),
            ("GET /", "/"),
            ("GET / HTTP/1.1", "/"),
            ("POST /a b HTTP/1.1", "/a b"),
            (r#"GET /a\"b HTTP/1.1"#, r#"/a\"b"#),
            (r#"GET /a\" 200 5 HTTP/1.1"#, r#"/a\" 200 5"#),
            (r#"GET /a"b HTTP/1.1"#, r#"/a"b"#),
            (r"GET /a\\", r"/a\\"),
            (r"GET /a\", r"/a\"),
            ("GET http://www.example.com/api/x HTTP/1.1", "/api/x"),
            ("GET HTTPS://u@[2001:db8::1]:8443/api/x?y=/z HTTP/1.1", "/api/x"),
            ("GET http://www.example.com HTTP/1.1", "/"),
            ("GET http://www.example.com?x=/y HTTP/1.1", "/"),
            ("OPTIONS * HTTP/1.1", "*"),
            ("CONNECT www.example.com:443 HTTP/1.1", NO_PATH),
            ("", NO_PATH),
            ("-", NO_PATH),
            ("GET", NO_PATH),
            (r"\x16\x03\x01", NO_PATH),
            (r"\x16\x03\x01\x02 \x01 /a", NO_PATH),
            ("GET [31/Jan/2017:09:44:00 +0100]/a HTTP/1.1", NO_PATH),
        ] {
            for status in [200, 400, 408, 501] {
                let line = format!(r#"203.0.113.1 - - [31/Jan/2017:09:44:00 +0100] "{request}" {status} 0 "-" "x""#);
                assert_eq!(parse(&line).map(|r| (r.client, r.path)), Some(("203.0.113.1", path)), "{line}");
            }
        }
    }

    #[test]
    fn lines_that_are_no_entries_are_refused() {
        for bad in [
            "",
            "hello",
            "\u{1b}[31m",
            "- - [] \"\" 1",
            "203.0.113.1 - - [31/Jan/2017:09:44:00 +0100]",
            r#"203.0.113.1 - - [31/Jan/2017:09:44:00 +0100] "GET /a HTTP/1.1"#,
            r#"203.0.113.1 - - [31/Jan/2017:09:44:00 +0100] "GET /a HTTP/1.1" x 1"#,
            r#"203.0.113.1 - - [31/Jan/2017:09:44:00 +0100] "GET /a HTTP/1.1" 2000 1"#,
            r#"203.0.113.1 - - [31/Feb/2017:09:44:00 +0100] "GET /a HTTP/1.1" 200 1"#,
            r#"203.0.113.1 - - [29/Feb/2023:09:44:00 +0100] "GET /a HTTP/1.1" 200 1"#,
            r#"[31/Jan/2017:09:44:00 +0100] "GET /a HTTP/1.1" 200 1"#,
            r#"{"remote_addr":"203.0.113.1","time":"31/Jan/2017:09:44:00 +0100","request":"GET /a HTTP/1.1"}"#,
            "Dec 16 00:00:00 web1 httpd: caught SIGTERM",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        // What only an attacker writes costs no more than its length.
        for odd in ["[", "[1/", "\"", "\\\"", "<", ",", "\" 200"] {
            assert_eq!(parse(&odd.repeat(20_000)), None);
            let line = format!("{} - - [31/Jan/2017:09:44:00 +0100] {}", odd.repeat(9_000), odd.repeat(9_000));
            std::hint::black_box(parse(&line));
        }
    }
}
