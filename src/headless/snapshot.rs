//! `scalelab snapshot`: the picture at a moment, as SVG, text or terminal output, or as a film.

use std::io::Write;
use std::path::Path;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::run::{Deeds, perform};
use super::{Fault, Printer, write_file};
use crate::engine::Micros;
use crate::labs::{OpenLab, Registration, View};
use crate::picture::{Cast, to_ansi, to_svg, to_text, visible};
use crate::settings::Settings;

/// Largest picture, in columns and rows.
pub const MAX_SIZE: (u16, u16) = (500, 200);
/// Most frames of a sequence.
pub const MAX_FRAMES: u32 = 600;
/// Frames a second of a film.
const FILM_RATE: u64 = 12;
/// How long a film rests after each command.
const FILM_REST: Micros = 1_500_000;

/// Format of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Scalable picture in true colours
    Svg,
    /// Text with colour codes, for a terminal
    Ansi,
    /// Plain text
    Text,
}

/// What to draw and where to put it.
#[derive(Clone, Debug)]
pub struct Shot {
    /// Columns and rows.
    pub size: (u16, u16),
    /// Format of the pictures; without one, the ending of the file says it.
    pub format: Option<Format>,
    /// File, or standard output.
    pub output: Option<String>,
    /// View, counted from 1.
    pub view: usize,
    /// Simulated time of the picture; by default when all has settled.
    pub at_us: Option<Micros>,
    /// This many pictures over the last command's unfolding.
    pub frames: Option<u32>,
    /// File for an asciicast of the whole run.
    pub cast: Option<String>,
}

/// The format that is meant: the one that was asked for, else what the ending of the file says. Standard output and
/// files without an ending get SVG.
///
/// ```
/// use scalelab::headless::snapshot::{Format, format_of};
/// assert_eq!(format_of(None, Some("ring.TXT")), Ok(Format::Text));
/// assert_eq!(format_of(Some(Format::Ansi), Some("ring.txt")), Ok(Format::Ansi));
/// assert!(format_of(None, Some("ring.png")).is_err());
/// ```
///
/// # Errors
/// An ending that says nothing, with what there is.
pub fn format_of(asked: Option<Format>, file: Option<&str>) -> Result<Format, String> {
    let ending = file.and_then(|file| Path::new(file).extension()).map(|e| e.to_string_lossy().to_lowercase());
    match (asked, ending.as_deref()) {
        (Some(format), _) => Ok(format),
        (None, None | Some("svg")) => Ok(Format::Svg),
        (None, Some("txt" | "text")) => Ok(Format::Text),
        (None, Some("ansi" | "ans")) => Ok(Format::Ansi),
        (None, Some("cast")) => Err("a file that ends in .cast is a film: use --cast FILE instead of -o".to_owned()),
        (None, Some(other)) => Err(format!(
            "scalelab writes no .{} files: end the name in .svg, .txt or .ansi, or say --format svg|text|ansi",
            visible(other)
        )),
    }
}

/// Parses `120x36`.
///
/// # Errors
/// A sentence that says what a size looks like.
pub fn parse_size(text: &str) -> Result<(u16, u16), String> {
    let (columns, rows) = text.split_once(['x', '×']).ok_or("a size is COLUMNSxROWS, e.g. 120x36")?;
    let number = |part: &str| part.trim().parse::<u16>().map_err(|_| "a size is COLUMNSxROWS, e.g. 120x36".to_owned());
    let size = (number(columns)?, number(rows)?);
    if size.0 == 0 || size.1 == 0 || size.0 > MAX_SIZE.0 || size.1 > MAX_SIZE.1 {
        return Err(format!("a size is from 1x1 to {}x{}", MAX_SIZE.0, MAX_SIZE.1));
    }
    Ok(size)
}

/// Parses a time: `1.5s`, `400ms`, `20us`; a bare number is seconds.
///
/// # Errors
/// A sentence that says what a time looks like.
pub fn parse_time(text: &str) -> Result<Micros, String> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_ascii_alphabetic() || c == 'µ').unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit.trim() {
        "" | "s" => 1e6,
        "ms" => 1e3,
        "us" | "µs" => 1.0,
        "m" | "min" => 6e7,
        _ => return Err(format!("'{unit}' is no unit of time: use s, ms, us or min, e.g. 1.5s")),
    };
    let value: f64 =
        number.trim().parse().map_err(|_| "a time is a number with a unit, e.g. 1.5s or 400ms".to_owned())?;
    let micros = value * factor;
    // A day of simulated time: beyond, nobody waits for the end.
    if (0.0..=8.64e10).contains(&micros) {
        Ok(micros.round() as Micros)
    } else {
        Err("a time is from 0 to one day (1440min)".to_owned())
    }
}

/// Does the deeds and draws the pictures.
///
/// # Errors
/// As [`perform`], and files that cannot be written.
pub fn snapshot(
    lab: &Registration,
    deeds: &Deeds,
    shot: &Shot,
    settings: &Settings,
    out: &mut Printer<'_>,
) -> Result<(), Fault> {
    let views = lab.info.views.len();
    if shot.view == 0 || shot.view > views {
        return Err(Fault::Usage(format!("{} has no view {}: choose 1 to {views}", lab.info.name, shot.view)));
    }
    let format = format_of(shot.format, shot.output.as_deref()).map_err(Fault::Usage)?;
    let mut open = perform(lab, deeds, &mut |_, _| Ok(()))?;
    let view = View { index: shot.view - 1, motion: settings.motion, ..View::new(settings.theme) };
    if let Some(path) = &shot.cast {
        write_file(path, &film(open.as_mut(), &view, shot.size))?;
        let path = visible(path);
        writeln!(out, "wrote {path}: play it with `asciinema play {path}`")?;
        return Ok(());
    }
    let times = times(open.as_ref(), shot);
    let count = times.len();
    for (i, time) in times.into_iter().enumerate() {
        if let Some(time) = time {
            open.seek_time(time);
        }
        let picture = encode(&draw(open.as_ref(), &view, shot.size), format, settings);
        match &shot.output {
            Some(path) if count > 1 => write_file(&numbered(path, i + 1), &picture)?,
            Some(path) => write_file(path, &picture)?,
            None if format == Format::Ansi => out.styled(&picture)?,
            None => out.write_all(picture.as_bytes())?,
        }
    }
    Ok(())
}

/// The moments to draw; `None` is the present one.
fn times(lab: &dyn OpenLab, shot: &Shot) -> Vec<Option<Micros>> {
    let end = shot.at_us.unwrap_or(lab.now());
    let Some(frames) = shot.frames.filter(|f| *f > 1) else { return vec![shot.at_us] };
    let start = lab.command_times().last().copied().unwrap_or(0).min(end);
    let frames = u64::from(frames);
    (0..frames).map(|i| Some(start + (end - start) * i / (frames - 1))).collect()
}

/// `ring.svg` → `ring-02.svg`.
fn numbered(path: &str, number: usize) -> String {
    let path = Path::new(path);
    let stem = path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    let extension = path.extension().map_or_else(String::new, |e| format!(".{}", e.to_string_lossy()));
    path.with_file_name(format!("{stem}-{number:02}{extension}")).to_string_lossy().into_owned()
}

/// Draws the frame of a lab into a buffer of its own.
pub fn draw(lab: &dyn OpenLab, view: &View, (columns, rows): (u16, u16)) -> Buffer {
    let area = Rect::new(0, 0, columns, rows);
    let mut buf = Buffer::empty(area);
    let keys: Vec<(String, String)> = lab.info().keys.iter().map(|k| (k.key.to_string(), k.label.to_owned())).collect();
    lab.render(view, &keys, area, &mut buf);
    buf
}

fn encode(buf: &Buffer, format: Format, settings: &Settings) -> String {
    match format {
        Format::Svg => to_svg(buf, settings.theme),
        Format::Ansi => to_ansi(buf),
        Format::Text => to_text(buf),
    }
}

/// The whole run as an asciicast: every command with its unfolding, then a rest.
fn film(lab: &mut dyn OpenLab, view: &View, size: (u16, u16)) -> String {
    let mut cast = Cast::new(size.0, size.1, &format!("scalelab: {}", lab.info().title));
    let end = lab.now();
    let mut starts = lab.command_times().to_vec();
    starts.push(end);
    starts.dedup();
    lab.seek_time(0);
    let frame = 1_000_000 / FILM_RATE;
    let mut shown = 0;
    for window in [0].into_iter().chain(starts).collect::<Vec<_>>().windows(2) {
        let (from, to) = (window[0], window[1]);
        let mut at = from;
        while at < to {
            lab.seek_time(at);
            cast.frame(shown as f64 / 1e6, &draw(lab, view, size));
            at += frame;
            shown += frame;
        }
        lab.seek_time(to.saturating_sub(u64::from(to != end)));
        cast.frame(shown as f64 / 1e6, &draw(lab, view, size));
        shown += FILM_REST;
    }
    lab.seek_time(end);
    cast.frame(shown as f64 / 1e6, &draw(lab, view, size));
    cast.finish()
}
