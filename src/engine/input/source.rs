//! Where input comes from: what may be opened at all, what is unpacked, and how much of it is read.
//!
//! Only regular files are opened, since a device may have no end and a named pipe nobody who writes to it. Standard
//! input and the pipes that a shell opens for `<(command)` have a writer, and are read up to the same bounds.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use nix::fcntl::OFlag;

use super::{InputError, InputProblem};
use crate::engine::interrupt;

/// The mark that some editors put before UTF-8 text.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// The first bytes of gzip (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// A log packs to a tenth or a thirtieth of its size. What unpacks to more than this many times its size is made to
/// fill memory.
const MOST_RATIO: u64 = 250;

/// Opens a file to read it, without ever waiting for it; with its length, where that is known.
///
/// ```
/// use scalelab::engine::input::{InputProblem, open};
/// use std::path::Path;
/// let refused = open(Path::new("/dev/zero")).unwrap_err();
/// assert_eq!(refused.problem, InputProblem::NotRegular("a device"));
/// ```
///
/// # Errors
/// What is not there, not readable, or not a regular file.
pub fn open(path: &Path) -> Result<(File, Option<u64>), InputError> {
    let name = path.to_string_lossy();
    match open_regular(path) {
        Ok(Ok(opened)) => Ok(opened),
        Ok(Err(what)) => Err(InputProblem::NotRegular(what).of(&name)),
        Err(error) => Err(InputProblem::from_system(&error).of(&name)),
    }
}

/// As [`open`], with what the system says; inside, what the file is instead of a regular one.
///
/// # Errors
/// What the system says.
pub fn open_regular(path: &Path) -> io::Result<Result<(File, Option<u64>), &'static str>> {
    let kind = std::fs::metadata(path)?.file_type();
    if kind.is_fifo() && is_descriptor(path) {
        return Ok(Ok((File::open(path)?, None)));
    }
    if let Some(what) = not_regular(kind) {
        return Ok(Err(what));
    }
    // Should a named pipe take its place meanwhile: one that nobody writes to would keep us here.
    let file = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path)?;
    let meta = file.metadata()?;
    Ok(not_regular(meta.file_type()).map_or(Ok((file, Some(meta.len()))), Err))
}

/// What a file is, if it is no regular one.
pub fn not_regular(kind: std::fs::FileType) -> Option<&'static str> {
    match kind {
        kind if kind.is_file() => None,
        kind if kind.is_dir() => Some("a directory"),
        kind if kind.is_fifo() => Some("a named pipe"),
        kind if kind.is_socket() => Some("a socket"),
        _ => Some("a device"),
    }
}

/// Whether a path names what this process has open already, as `<(command)` does.
fn is_descriptor(path: &Path) -> bool {
    ["/dev/fd", "/dev/stdin", "/proc"].iter().any(|start| path.starts_with(start))
}

/// Reads a small file whole, or standard input for `-`: at most this many bytes.
///
/// # Errors
/// Every [`InputError`] of a whole file.
pub fn read_bytes(path: &Path, most: u64) -> Result<Vec<u8>, InputError> {
    let name = path.to_string_lossy();
    if name == "-" { bounded(&name, io::stdin().lock(), most) } else { bounded(&name, open(path)?.0, most) }
}

/// As [`read_bytes`], as text without a byte-order mark.
///
/// ```
/// use scalelab::engine::input::read_text;
/// let text = read_text(std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")), 1 << 20)?;
/// assert!(text.contains("scalelab"));
/// # Ok::<(), scalelab::engine::InputError>(())
/// ```
///
/// # Errors
/// As [`read_bytes`], and what is not UTF-8, with its line.
pub fn read_text(path: &Path, most: u64) -> Result<String, InputError> {
    text(&path.to_string_lossy(), read_bytes(path, most)?)
}

/// Bytes as text without a byte-order mark.
///
/// # Errors
/// [`InputProblem::NotUtf8`], with its line.
pub fn text(name: &str, bytes: Vec<u8>) -> Result<String, InputError> {
    let bytes = if bytes.starts_with(BYTE_ORDER_MARK) { bytes[BYTE_ORDER_MARK.len()..].to_vec() } else { bytes };
    String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|b| **b == b'\n').count() + 1;
        not_utf8(error.as_bytes()).at(name, line)
    })
}

/// What bytes that are not UTF-8 could be instead.
pub(super) fn not_utf8(bytes: &[u8]) -> InputProblem {
    let utf16 = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    InputProblem::NotUtf8 { from: if utf16 { "UTF-16" } else { "LATIN1" } }
}

/// Reads to the end, but at most this many bytes.
///
/// # Errors
/// [`InputProblem::TooLarge`], [`InputProblem::Stopped`], and what the system says.
pub fn bounded(name: &str, source: impl Read, most: u64) -> Result<Vec<u8>, InputError> {
    let mut source = source.take(most.saturating_add(1));
    let (mut bytes, mut part) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        if interrupt::requested() {
            return Err(InputProblem::Stopped.of(name));
        }
        match source.read(&mut part) {
            Ok(0) => return Ok(bytes),
            Ok(read) => bytes.extend_from_slice(part.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(InputProblem::from_system(&error).of(name)),
        }
        if bytes.len() as u64 > most {
            return Err(InputProblem::TooLarge(most).of(name));
        }
    }
}

/// What comes out of a source: itself, or what it unpacks to if it is gzip, which must be in proportion from so many
/// bytes on.
///
/// # Errors
/// When its beginning cannot be read.
pub(super) fn unpacked<'a>(mut source: impl BufRead + 'a, from: u64) -> io::Result<Box<dyn BufRead + 'a>> {
    if is_packed(&mut source)? {
        let packed = Counted { source, bytes: 0 };
        return Ok(Box::new(BufReader::with_capacity(
            1 << 18,
            Unpacked { source: MultiGzDecoder::new(packed), bytes: 0, from },
        )));
    }
    Ok(Box::new(source))
}

/// Whether a source begins like gzip.
///
/// # Errors
/// When its beginning cannot be read.
pub fn is_packed(source: &mut impl BufRead) -> io::Result<bool> {
    source.fill_buf().map(|start| start.starts_with(&GZIP))
}

/// Counts what is taken from a source.
struct Counted<S> {
    source: S,
    bytes: u64,
}

impl<S: BufRead> Read for Counted<S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(into)?;
        self.bytes += read as u64;
        Ok(read)
    }
}

impl<S: BufRead> BufRead for Counted<S> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.source.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        self.source.consume(bytes);
    }
}

/// What gzip unpacks to, as long as that is in proportion.
struct Unpacked<S> {
    source: MultiGzDecoder<Counted<S>>,
    bytes: u64,
    from: u64,
}

impl<S: BufRead> Read for Unpacked<S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(into)?;
        self.bytes += read as u64;
        let packed = self.source.get_ref().bytes.max(1);
        if self.bytes > self.from && self.bytes / packed > MOST_RATIO {
            let why = format!("it unpacks to more than {MOST_RATIO} times its size, as no list and no log does");
            return Err(io::Error::new(ErrorKind::InvalidData, why));
        }
        Ok(read)
    }
}
