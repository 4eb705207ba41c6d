//! The rows of the figures panel, declared: name, meaning, and how a lab's facts are shown there.

use crate::engine::Observed;
use crate::picture::Figure;

/// One row of the figures panel.
///
/// ```
/// use scalelab::engine::{Observed, Theory};
/// use scalelab::engine::numbers::percent;
/// use scalelab::labs::{Row, Shown};
/// struct Facts { moved_share: Observed<f64>, unavailable: u64 }
/// const ROWS: &[Row<Facts>] = &[
///     Row { name: "moved", meaning: "share of the keys that the last change moved",
///         show: |facts| Some(Shown::observed(&facts.moved_share, |share| percent(*share)).changed(true)) },
///     Row { name: "unavailable", meaning: "keys that no node serves",
///         show: |facts| (facts.unavailable > 0).then(|| Shown::plain(facts.unavailable.to_string())) },
/// ];
/// let facts = Facts { moved_share: Observed::of(0.249, Theory::is(0.25, "1/N")), unavailable: 0 };
/// let shown: Vec<_> = ROWS.iter().filter_map(|row| row.figure(&facts)).collect();
/// assert_eq!((shown.len(), shown[0].value.as_str(), shown[0].theory.as_deref()), (1, "24.9 %", Some("25.0 %")));
/// ```
pub struct Row<F> {
    /// What it counts, in a word or two.
    pub name: &'static str,
    /// What it means, in a sentence without its full stop.
    pub meaning: &'static str,
    /// How it is shown; none while it says nothing.
    pub show: fn(&F) -> Option<Shown>,
}

impl<F> Row<F> {
    /// The figure that it shows now, if any.
    pub fn figure(&self, facts: &F) -> Option<Figure> {
        let Shown { value, theory, note, changed } = (self.show)(facts)?;
        Some(Figure { name: self.name.to_owned(), value, theory, note, changed })
    }
}

/// How a row shows its figure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    value: String,
    theory: Option<String>,
    note: Option<String>,
    changed: bool,
}

impl Shown {
    /// A figure without a theory.
    pub fn plain(value: impl Into<String>) -> Self {
        Self { value: value.into(), ..Self::default() }
    }

    /// What was seen, or a dash, next to what theory says; where theory says nothing, its reason becomes the note.
    pub fn observed<T>(figure: &Observed<T>, write: fn(&T) -> String) -> Self {
        let theory = figure.theory.value().map(write);
        let why = theory.is_none().then(|| figure.theory.by().to_owned()).filter(|why| !why.is_empty());
        let value = figure.seen.as_ref().map_or_else(|| "–".to_owned(), write);
        Self { value, theory, note: why, changed: false }
    }

    /// With what theory says.
    #[must_use]
    pub fn theory(self, theory: Option<String>) -> Self {
        Self { theory, ..self }
    }

    /// With a note below, where there is room.
    #[must_use]
    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    /// Whether it just changed.
    #[must_use]
    pub fn changed(self, changed: bool) -> Self {
        Self { changed, ..self }
    }
}
