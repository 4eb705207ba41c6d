//! Several widgets in one picture.

use ratatui::layout::Rect;

use super::paint::write;
use super::widget::{Paint, Widget};

/// A widget with a heading and its share of the room.
pub struct Pane<'a> {
    heading: String,
    share: u16,
    widget: Box<dyn Widget + 'a>,
}

/// Widgets beside or below each other. Where there is no room for all, the first stay: they matter most.
///
/// ```
/// use ratatui::{buffer::Buffer, layout::Rect};
/// use scalelab::picture::{Glyphs, Hits, Paint, Palette, Panes, Table, Theme, Tone, Widget, to_text};
/// let table = |name: &str| Table::new("", 4).column("n", 4).row(name, ["1"], Tone::Plain);
/// let panes = Panes::columns().pane("left", 1, table("a")).pane("right", 1, table("b"));
/// let theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Unicode };
/// let drawn = |wide| {
///     let (mut buf, mut hits) = (Buffer::empty(Rect::new(0, 0, wide, 3)), Hits::default());
///     panes.draw(buf.area, &mut Paint { buf: &mut buf, theme, hits: &mut hits });
///     to_text(&buf)
/// };
/// assert!(drawn(40).contains("left") && drawn(40).contains("right"));
/// assert!(drawn(16).contains("left") && !drawn(16).contains("right")); // no room for both
/// assert_eq!(panes.describe(), "left. a: n 1. right. b: n 1.");
/// ```
pub struct Panes<'a> {
    beside: bool,
    panes: Vec<Pane<'a>>,
}

/// Free columns between panes that stand beside each other.
const GAP: u16 = 2;

impl<'a> Panes<'a> {
    /// Widgets beside each other.
    #[must_use]
    pub fn columns() -> Self {
        Self { beside: true, panes: Vec::new() }
    }

    /// Widgets below each other.
    #[must_use]
    pub fn rows() -> Self {
        Self { beside: false, panes: Vec::new() }
    }

    /// With one more pane: its heading (none if empty), its share of the room in proportion to the others', and what is
    /// in it.
    #[must_use]
    pub fn pane(mut self, heading: impl Into<String>, share: u16, widget: impl Widget + 'a) -> Self {
        self.panes.push(Pane { heading: heading.into(), share: share.max(1), widget: Box::new(widget) });
        self
    }

    /// Columns or rows that a pane needs.
    fn needs(&self, pane: &Pane<'_>) -> u16 {
        let (wide, high) = pane.widget.least();
        if self.beside { wide } else { high + u16::from(!pane.heading.is_empty()) }
    }

    /// The first panes that fit, with their places.
    fn places(&self, area: Rect) -> Vec<(&Pane<'a>, Rect)> {
        let room = if self.beside { area.width } else { area.height };
        let gap = if self.beside { GAP } else { 1 };
        let mut used = 0;
        let shown = self.panes.iter().take_while(|pane| {
            used += self.needs(pane) + gap;
            used <= room + gap
        });
        let shown = shown.count().max(1).min(self.panes.len());
        let shown = &self.panes[..shown];
        let spare =
            room.saturating_sub(shown.iter().map(|pane| self.needs(pane) + gap).sum::<u16>().saturating_sub(gap));
        let shares: u16 = shown.iter().map(|pane| pane.share).sum();
        let (mut at, mut places) = (0, Vec::new());
        for (i, pane) in shown.iter().enumerate() {
            let last = i + 1 == shown.len();
            let more = u32::from(spare) * u32::from(pane.share) / u32::from(shares.max(1));
            let long = if last { room.saturating_sub(at) } else { (self.needs(pane) + more as u16).min(room - at) };
            let place = if self.beside {
                Rect { x: area.x + at, width: long, ..area }
            } else {
                Rect { y: area.y + at, height: long, ..area }
            };
            places.push((pane, place));
            at = (at + long + gap).min(room);
        }
        places
    }
}

impl Widget for Panes<'_> {
    fn draw(&self, area: Rect, paint: &mut Paint<'_>) {
        if area.is_empty() {
            return;
        }
        let theme = paint.theme;
        for (pane, place) in self.places(area) {
            let heading = u16::from(!pane.heading.is_empty()).min(place.height);
            write(paint.buf, place, (0, 0), &pane.heading, theme.faint_text(), theme);
            pane.widget.draw(Rect { y: place.y + heading, height: place.height - heading, ..place }, paint);
        }
    }

    fn describe(&self) -> String {
        let say = |pane: &Pane<'_>| match pane.heading.as_str() {
            "" => pane.widget.describe(),
            heading => format!("{heading}. {}", pane.widget.describe()),
        };
        self.panes.iter().map(say).collect::<Vec<_>>().join(" ")
    }

    fn least(&self) -> (u16, u16) {
        self.panes.first().map_or((1, 1), |pane| pane.widget.least())
    }
}
