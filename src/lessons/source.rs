//! A lesson file's text: where each of its values stands, and errors that point there.
//!
//! Whatever comes from a file is made visible when an error is made, so that no report can carry
//! an escape sequence to the terminal.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use toml::de::{DeTable, DeValue};

use crate::picture::visible;

/// Most columns of a line that a report shows.
const EXCERPT_COLUMNS: usize = 88;
/// Lines before and after the one that a report points at.
const CONTEXT: usize = 1;

/// The text of a file, with the place of every value: `step[2].choices[0].when`.
#[derive(Clone, Debug, Default)]
pub struct Source {
    name: String,
    text: Arc<str>,
    places: BTreeMap<String, Range<usize>>,
}

impl Source {
    /// A text and its file's name. The places come with [`Source::learn`].
    pub(super) fn new(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), text: text.into(), places: BTreeMap::new() }
    }

    /// Remembers where the values of a document stand.
    pub(super) fn learn(&mut self, document: &DeTable<'_>) {
        places_of_table("", document, &mut self.places);
    }

    /// Name of the file, as it was reached.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Bytes of the value at a path; where it is not in the file, of the nearest that holds it.
    pub(super) fn place(&self, path: &str) -> Range<usize> {
        let mut path = path;
        loop {
            if let Some(range) = self.places.get(path) {
                return range.clone();
            }
            match path.rfind(['.', '[']) {
                Some(end) => path = &path[..end],
                None => return 0..0,
            }
        }
    }

    /// An error about the value at a path.
    pub(super) fn error(&self, path: &str, problem: impl Into<String>, help: impl Into<String>) -> LessonError {
        self.error_at(self.place(path), problem, help)
    }

    /// An error about some bytes.
    pub(super) fn error_at(
        &self,
        at: Range<usize>,
        problem: impl Into<String>,
        help: impl Into<String>,
    ) -> LessonError {
        let start = (0..=at.start.min(self.text.len())).rev().find(|i| self.text.is_char_boundary(*i)).unwrap_or(0);
        let line_start = self.text[..start].rfind('\n').map_or(0, |i| i + 1);
        let place = Place {
            line: self.text[..start].matches('\n').count() + 1,
            column: self.text[line_start..start].chars().count() + 1,
            excerpt: Excerpt::new(&self.name, &self.text, start..at.end.max(start)),
        };
        LessonError::new(&self.name, Some(Box::new(place)), &problem.into(), &help.into())
    }
}

fn places_of_table(path: &str, table: &DeTable<'_>, places: &mut BTreeMap<String, Range<usize>>) {
    for (key, value) in table {
        let path = if path.is_empty() { key.get_ref().to_string() } else { format!("{path}.{}", key.get_ref()) };
        places.insert(format!("{path} "), key.span());
        places_of_value(&path, value.span(), value.get_ref(), places);
    }
}

/// The nesting of TOML is bounded by its parser, and with it this recursion.
fn places_of_value(path: &str, at: Range<usize>, value: &DeValue<'_>, places: &mut BTreeMap<String, Range<usize>>) {
    places.insert(path.to_owned(), at);
    match value {
        DeValue::Table(table) => places_of_table(path, table, places),
        DeValue::Array(array) => {
            for (i, item) in array.iter().enumerate() {
                places_of_value(&format!("{path}[{i}]"), item.span(), item.get_ref(), places);
            }
        }
        _ => {}
    }
}

/// Where in a file, with the lines around it.
#[derive(Clone, Debug, PartialEq)]
struct Place {
    line: usize,
    column: usize,
    excerpt: Excerpt,
}

/// Something that is wrong with a lesson, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{problem}")]
pub struct LessonError {
    file: String,
    /// Boxed: an error is handed through many functions.
    place: Option<Box<Place>>,
    problem: String,
    help: String,
}

impl LessonError {
    fn new(file: &str, place: Option<Box<Place>>, problem: &str, help: &str) -> Self {
        let shown = |text: &str| text.lines().map(|line| visible(line).into_owned()).collect::<Vec<_>>().join("\n");
        Self { file: visible(file).into_owned(), place, problem: shown(problem), help: shown(help) }
    }

    /// An error about a file or folder as a whole.
    pub(super) fn of_file(file: &str, problem: impl Into<String>, help: impl Into<String>) -> Self {
        Self::new(file, None, &problem.into(), &help.into())
    }

    /// The file.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Line and column, from 1; none where the whole file is meant.
    pub fn place(&self) -> Option<(usize, usize)> {
        self.place.as_ref().map(|place| (place.line, place.column))
    }

    /// What is wrong.
    pub fn problem(&self) -> &str {
        &self.problem
    }

    /// What to do about it.
    pub fn help(&self) -> &str {
        &self.help
    }
}

impl Diagnostic for LessonError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        (!self.help.is_empty()).then(|| Box::new(&self.help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|place| &place.excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place.as_ref()?;
        let label = LabeledSpan::new_primary_with_span(Some("here".to_owned()), place.excerpt.marked);
        Some(Box::new(std::iter::once(label)))
    }
}

/// Everything that is wrong with some lessons. At least one thing is.
#[derive(Clone, Debug, PartialEq)]
pub struct LessonErrors(Vec<LessonError>);

impl LessonErrors {
    /// The errors; none if there is nothing wrong.
    pub(super) fn of(errors: Vec<LessonError>) -> Option<Self> {
        (!errors.is_empty()).then_some(Self(errors))
    }

    /// One by one.
    pub fn errors(&self) -> &[LessonError] {
        &self.0
    }

    /// All of them as a report for people, in at most `columns` columns, in colour or without.
    pub fn report(&self, columns: usize, colour: bool) -> String {
        report(&self.0, columns, colour)
    }
}

/// Errors as a report for people.
pub fn report(errors: &[LessonError], columns: usize, colour: bool) -> String {
    let theme = if colour { miette::GraphicalTheme::unicode() } else { miette::GraphicalTheme::unicode_nocolor() };
    let handler = miette::GraphicalReportHandler::new_themed(theme).with_width(columns.max(40)).with_links(false);
    let mut text = String::new();
    for error in errors {
        if error.place.is_none() {
            text.push_str(&format!("  {}\n", error.file));
        }
        if handler.render_report(&mut text, error).is_err() {
            // Writing to a String cannot fail; a report without its lines is still a report.
            text.push_str(&format!("{}: {}\n", error.file, error.problem));
        }
    }
    text
}

impl fmt::Display for LessonErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.0.first() else { return Ok(()) };
        write!(f, "{}", first.file)?;
        if let Some((line, column)) = first.place() {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", first.problem)?;
        match self.0.len() {
            1 => Ok(()),
            2 => write!(f, " (and one more)"),
            n => write!(f, " (and {} more)", n - 1),
        }
    }
}

impl std::error::Error for LessonErrors {}

impl Diagnostic for LessonErrors {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.0.iter().map(|error| error as &dyn Diagnostic)))
    }
}

/// A few lines of a file, made visible and cut to a width.
#[derive(Clone, Debug, PartialEq)]
struct Excerpt {
    name: String,
    text: String,
    /// Lines of the file before these.
    before: usize,
    marked: SourceSpan,
}

impl Excerpt {
    fn new(name: &str, text: &str, at: Range<usize>) -> Self {
        let (mut shown, mut before, mut marked) = (String::new(), 0, 0..0);
        let line = text[..at.start].matches('\n').count();
        let mut start = 0;
        for (number, whole) in text.split_inclusive('\n').enumerate() {
            let raw = whole.trim_end_matches(['\n', '\r']);
            if number + CONTEXT >= line && number <= line + CONTEXT {
                if shown.is_empty() {
                    before = number;
                }
                let mark = (number == line).then(|| {
                    let end = at.end.min(start + raw.len()).max(at.start);
                    at.start - start..end - start
                });
                let (clean, place) = clean_line(raw, mark.clone().unwrap_or(0..0));
                if mark.is_some() {
                    marked = shown.len() + place.start..shown.len() + place.end;
                }
                shown.push_str(&clean);
                shown.push('\n');
            }
            start += whole.len();
        }
        if shown.is_empty() {
            shown.push_str(" \n");
        }
        Self { name: visible(name).into_owned(), text: shown, before, marked: marked.into() }
    }
}

/// One line, visible and cut round what is marked; and where that is now.
fn clean_line(line: &str, mark: Range<usize>) -> (String, Range<usize>) {
    let boundary = |i: usize| (0..=i.min(line.len())).rev().find(|i| line.is_char_boundary(*i)).unwrap_or(0);
    let (start, end) = (boundary(mark.start), boundary(mark.end));
    let back = |i: usize, n: usize| line[..i].char_indices().rev().nth(n).map_or(0, |(at, _)| at);
    let on = |i: usize, n: usize| line[i..].char_indices().nth(n).map_or(line.len(), |(at, _)| i + at);
    let (from, to) = if line.chars().nth(EXCERPT_COLUMNS).is_none() {
        (0, line.len())
    } else {
        let from = back(start, EXCERPT_COLUMNS / 3);
        (from, on(from, EXCERPT_COLUMNS))
    };
    let (start, end) = (start.clamp(from, to), end.clamp(from, to));
    let show = |text: &str| visible(&text.replace('\t', " ")).into_owned();
    let mut clean = if from > 0 { "…".to_owned() } else { String::new() };
    clean.push_str(&show(&line[from..start]));
    let first = clean.len();
    clean.push_str(&show(&line[start..end]));
    let last = clean.len();
    clean.push_str(&show(&line[end..to]));
    if to < line.len() {
        clean.push('…');
    }
    (clean, first..last)
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.read_span(span, lines_before, lines_after)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            inner.data(),
            *inner.span(),
            inner.line() + self.before,
            inner.column(),
            inner.line_count(),
        )))
    }
}

impl From<LessonError> for LessonErrors {
    fn from(error: LessonError) -> Self {
        Self(vec![error])
    }
}
