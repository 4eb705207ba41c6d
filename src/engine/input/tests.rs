use std::io::{Cursor, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::engine::interrupt::Interrupt;

const SMALL: Bounds = Bounds { lines: 20, blank: 10, kept: 8, line_bytes: 64, bytes: 200, unpacked: 1 << 20 };

/// Keeps what it is told.
struct Seen(Vec<Option<String>>);

impl LineReader for Seen {
    fn line(&mut self, _: usize, text: Option<&str>) {
        self.0.push(text.map(str::to_owned));
    }

    fn end(self: Box<Self>) -> Arc<dyn Any + Send + Sync> {
        Arc::new(self.0)
    }
}

const STREAM: Blank = Blank::Stream(|| Box::new(Seen(Vec::new())));

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// What is wrong with these bytes, plain and packed, as a list, a text and a stream.
fn problems(bytes: &[u8]) -> [Option<InputProblem>; 3] {
    [Blank::Skip, Blank::Keep, STREAM].map(|blanks| {
        let read = |bytes: &[u8]| Input::read_within(&SMALL, "x", bytes, blanks, |_, _| ()).err().map(|e| e.problem);
        let plain = read(bytes);
        assert_eq!(plain, read(&packed(bytes)), "gzip is no way round a bound");
        plain
    })
}

#[test]
fn bounds_count_what_is_read() {
    use InputProblem::{Empty, LineTooLong, NoLines, NotUtf8, TooLarge, TooManyBlank, TooManyLines};
    let latin = Some(NotUtf8 { from: "LATIN1" });
    let cases = [
        ("nothing", Vec::new(), [Some(NoLines), Some(Empty), Some(NoLines)]),
        ("a mark only", b"\xef\xbb\xbf".to_vec(), [Some(NoLines), None, Some(NoLines)]),
        ("blank lines only", b"\n\n".to_vec(), [Some(NoLines), None, Some(NoLines)]),
        ("as many lines as there may be", b"a\n".repeat(20), [None, None, None]),
        ("a line more", b"a\n".repeat(21), [(); 3].map(|()| Some(TooManyLines(20)))),
        ("blank lines among them", b"a\n\n".repeat(10), [None, None, None]),
        (
            "a blank line more",
            [b"a\n\n".repeat(9), b"\n\n".to_vec()].concat(),
            [(); 3].map(|()| Some(TooManyBlank(10))),
        ),
        ("blank with carriage returns", b"\r\n".repeat(11), [(); 3].map(|()| Some(TooManyBlank(10)))),
        ("the longest line", b"12345678\r\n".to_vec(), [None, None, None]),
        ("the longest line after a mark", b"\xef\xbb\xbf12345678".to_vec(), [None, None, None]),
        ("a longer line", b"123456789".to_vec(), [Some(LineTooLong(8)), Some(LineTooLong(8)), None]),
        ("no line ends", b"x".repeat(100), [Some(LineTooLong(64)), Some(LineTooLong(64)), Some(LineTooLong(64))]),
        (
            "many bytes",
            b"123456789 23456789 23456789\n".repeat(8),
            [Some(LineTooLong(8)), Some(LineTooLong(8)), Some(TooLarge(200))],
        ),
        ("no text", b"a\n\xff\n".to_vec(), [latin.clone(), latin, None]),
    ];
    for (what, bytes, wrong) in cases {
        assert_eq!(problems(&bytes), wrong, "{what}");
    }
}

#[test]
fn a_stream_is_told_which_lines_cannot_be_used() {
    let bytes = b"\xef\xbb\xbfa\r\n\n123456789\n\xff\n123456789012345678901234567890\nb";
    let input = Input::read_within(&SMALL, "x", &bytes[..], STREAM, |_, _| ()).unwrap();
    let seen = input.made.and_then(|made| made.get::<Vec<Option<String>>>()).unwrap();
    assert_eq!(*seen, [Some("a".to_owned()), None, None, None, Some("b".to_owned())]);
    assert_eq!(input.blank, 1);
}

#[test]
fn a_byte_order_mark_is_taken_off_once() {
    let marked = "\u{feff}\u{feff}a\n\u{feff}b\n".as_bytes();
    let input = Input::read("x", marked, Blank::Skip, |_, _| ()).unwrap();
    assert_eq!(input.lines.iter().collect::<Vec<_>>(), ["\u{feff}a", "\u{feff}b"]);
    assert_eq!(text("x", marked.to_vec()).unwrap(), "\u{feff}a\n\u{feff}b\n");
    let utf16 = text("x", b"\xff\xfea\0".to_vec()).unwrap_err();
    assert_eq!(utf16.problem, InputProblem::NotUtf8 { from: "UTF-16" });
}

/// Without an end, like `/dev/zero` on standard input.
struct Endless(&'static [u8], usize);

impl Read for Endless {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        for byte in into.iter_mut() {
            *byte = self.0[self.1 % self.0.len()];
            self.1 += 1;
        }
        Ok(into.len())
    }
}

#[test]
fn what_has_no_end_is_refused_or_stopped() {
    for bytes in [&b"\0"[..], b"\n", b"\r\n", b"x"] {
        for blanks in [Blank::Skip, Blank::Keep, STREAM] {
            let source = std::io::BufReader::new(Endless(bytes, 0));
            let bounds = Bounds { bytes: 1 << 24, lines: 1 << 20, blank: 1 << 20, ..Bounds::STREAMED };
            assert!(Input::read_within(&bounds, "x", source, blanks, |_, _| ()).is_err(), "{bytes:?}");
        }
    }
    assert_eq!(bounded("x", Endless(b"x", 0), 1 << 20).unwrap_err().problem, InputProblem::TooLarge(1 << 20));
    let stop = Interrupt::default();
    stop.install();
    stop.request();
    for bytes in [&b"\0"[..], b"\n", b"log line\n"] {
        let source = std::io::BufReader::new(Endless(bytes, 0));
        let stopped = Input::read("x", source, STREAM, |_, _| ()).unwrap_err();
        assert_eq!(stopped.problem, InputProblem::Stopped, "{bytes:?}");
    }
    assert_eq!(bounded("x", Endless(b"x", 0), u64::MAX).unwrap_err().problem, InputProblem::Stopped);
}

#[test]
fn what_unpacks_to_far_more_than_itself_is_refused() {
    let bounds = Bounds { unpacked: 1 << 16, ..Bounds::STREAMED };
    let bomb = packed(&[&b"x".repeat(999)[..], b"\n"].concat().repeat(2_000));
    for blanks in [Blank::Skip, STREAM] {
        let refused = Input::read_within(&bounds, "x", Cursor::new(&bomb), blanks, |_, _| ()).unwrap_err();
        assert!(refused.to_string().contains("times its size"), "{refused}");
        // What is small does no harm.
        let bounds = Bounds { unpacked: 1 << 22, ..bounds };
        assert!(Input::read_within(&bounds, "x", Cursor::new(&bomb), blanks, |_, _| ()).is_ok());
    }
    let log: String = (0..20_000_u32).map(|i| format!("203.0.113.{} - GET /{}\n", i % 250, i ^ 0x5555)).collect();
    assert!(Input::read_within(&bounds, "x", Cursor::new(packed(log.as_bytes())), STREAM, |_, _| ()).is_ok());
    let torn = packed(b"a\nb\n");
    let torn = Input::read("x", &torn[..torn.len() - 9], Blank::Skip, |_, _| ()).unwrap_err().to_string();
    assert!(torn.contains("ends in the middle"), "{torn}");
}

#[test]
fn only_regular_files_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&pipe, &link).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    let cases = [
        (folder.path(), InputProblem::NotRegular("a directory")),
        (&pipe, InputProblem::NotRegular("a named pipe")),
        (&link, InputProblem::NotRegular("a named pipe")),
        (&folder.path().join("socket"), InputProblem::NotRegular("a socket")),
        (Path::new("/dev/zero"), InputProblem::NotRegular("a device")),
        (Path::new("/dev/full"), InputProblem::NotRegular("a device")),
        (&folder.path().join("nowhere"), InputProblem::Missing),
    ];
    for (path, problem) in cases {
        assert_eq!(open(path).unwrap_err().problem, problem, "{}", path.display());
    }
    let odd = InputProblem::Missing.at("x\u{1b}[31m\n", 12_345).to_string();
    assert_eq!(odd, "x␛[31m␊, line 12,345: there is no such file");
}
