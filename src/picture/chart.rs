//! Charts: curves, measured points with their intervals, theory as a dotted line, over two axes.

use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::axis::Axis;
use super::canvas::Canvas;
use super::markdown::Tone;
use super::paint::{put_right, write};
use super::text::{fit, width};
use super::widget::{Paint, Widget};

/// How the points of a series are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// Joined by lines.
    Line,
    /// Joined by dots: what theory says.
    Dotted,
    /// As marks, each with its interval if it has one: what was measured.
    Marks,
    /// Joined by steps: what holds until the next point.
    Steps,
}

/// A point of a chart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Along the horizontal axis.
    pub x: f64,
    /// Along the vertical axis.
    pub y: f64,
    /// The confidence interval of `y`.
    pub interval: Option<(f64, f64)>,
}

impl Point {
    /// A point without an interval.
    pub fn new(x: f64, y: f64) -> Self {
        Self { x, y, interval: None }
    }
}

/// Points that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name.
    pub name: String,
    /// One letter that marks it where colour cannot.
    pub mark: String,
    /// Its colour.
    pub tone: Tone,
    /// How it is drawn.
    pub stroke: Stroke,
    /// Its points, from left to right.
    pub points: Vec<Point>,
}

/// A chart over two axes.
///
/// ```
/// use ratatui::{buffer::Buffer, layout::Rect};
/// use scalelab::picture::{Axis, Chart, Glyphs, Hits, Paint, Palette, Point, Series, Stroke, Theme, Tone, Widget, to_text};
/// let seen = [(1.0, 0.98), (2.0, 1.90), (4.0, 3.45)].map(|(x, y)| Point { interval: Some((y - 0.1, y + 0.1)), ..Point::new(x, y) });
/// let chart = Chart::new(Axis::linear("machines", 0.0, 4.0), Axis::linear("speed-up", 0.0, 4.0))
///     .series(Series { name: "measured".into(), mark: "M".into(), tone: Tone::Series(0), stroke: Stroke::Marks, points: seen.into() })
///     .marker(2.0, "now");
/// let (mut buf, mut hits) = (Buffer::empty(Rect::new(0, 0, 40, 10)), Hits::default());
/// let theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Unicode };
/// chart.draw(buf.area, &mut Paint { buf: &mut buf, theme, hits: &mut hits });
/// let text = to_text(&buf);
/// assert!(text.contains("speed-up") && text.contains("machines") && text.contains("now") && text.contains('M'));
/// assert!(chart.describe().starts_with("speed-up against machines. measured: 0.98 at 1, 1.9 at 2, 3.45 at 4."));
/// ```
#[derive(Clone, Debug)]
pub struct Chart {
    x: Axis,
    y: Axis,
    series: Vec<Series>,
    markers: Vec<(f64, String)>,
}

impl Chart {
    /// A chart without series.
    #[must_use]
    pub fn new(x: Axis, y: Axis) -> Self {
        Self { x, y, series: Vec::new(), markers: Vec::new() }
    }

    /// With one more series. Later ones lie above.
    #[must_use]
    pub fn series(mut self, series: Series) -> Self {
        self.series.push(series);
        self
    }

    /// With an upright line at a value of the horizontal axis, and what it marks.
    #[must_use]
    pub fn marker(mut self, at: f64, label: impl Into<String>) -> Self {
        self.markers.push((at, label.into()));
        self
    }

    /// Where the points go: what the numbers and labels leave of the area.
    fn plot(&self, area: Rect) -> Rect {
        let ticks = self.y.ticks(usize::from(area.height / 3));
        let scale =
            ticks.iter().map(|(_, text)| width(text)).max().unwrap_or(0).min(usize::from(area.width / 3)) as u16 + 1;
        Rect { x: area.x + scale, y: area.y + 1, width: area.width - scale, height: area.height - 3 }
    }

    fn draw_axes(&self, area: Rect, plot: Rect, canvas: &mut Canvas, paint: &mut Paint<'_>) {
        let (theme, scale) = (paint.theme, plot.x - area.x);
        let (wide, high) = canvas.size();
        for (at, text) in self.y.ticks(usize::from(area.height / 3)) {
            let y = (1.0 - self.y.share(at)) * (high - 1.0);
            let (_, row) = canvas.cell_of(0.0, y);
            let left = Rect { width: scale - 1, ..area };
            put_right(paint.buf, left, row, &text, theme.dim(), theme.glyphs);
            for dot in (0..wide as u32).step_by(8) {
                canvas.dot(f64::from(dot), y, theme.faint(), 0);
            }
        }
        let mut free = 0;
        for (at, text) in self.x.ticks(usize::from(plot.width / 8)) {
            let taken = width(&text) as u16;
            let (column, _) = canvas.cell_of(self.x.share(at) * (wide - 1.0), 0.0);
            let column = (column - plot.x).saturating_sub(taken / 2).min(plot.width.saturating_sub(taken));
            if column >= free {
                write(paint.buf, plot, (column, plot.height - 1), "", theme.dim(), theme);
                let below = Rect { y: plot.bottom(), height: 1, ..plot };
                write(paint.buf, below, (column, 0), &text, theme.dim(), theme);
                free = column + taken + 1;
            }
        }
        let names = self
            .series
            .iter()
            .map(|s| if s.mark.is_empty() { s.name.clone() } else { format!("{} {}", s.mark, s.name) });
        let names = names.collect::<Vec<_>>().join("  ");
        let label = fit(&self.y.label, usize::from(area.width));
        let used = write(paint.buf, area, (0, 0), &label, theme.faint_text(), theme);
        if usize::from(area.width) > usize::from(used) + 2 + width(&names) {
            put_right(paint.buf, area, area.y, &names, theme.dim(), theme.glyphs);
        }
        let bottom = Rect { y: area.bottom() - 1, height: 1, ..area };
        write(paint.buf, bottom, (scale, 0), &self.x.label, theme.faint_text(), theme);
    }

    fn draw_series(&self, series: &Series, canvas: &mut Canvas, paint: &Paint<'_>) {
        let (wide, high) = canvas.size();
        let style = series.tone.style(paint.theme);
        let place = |x: f64, y: f64| (self.x.share(x) * (wide - 1.0), (1.0 - self.y.share(y)) * (high - 1.0));
        for pair in series.points.windows(2) {
            let (from, to) = (place(pair[0].x, pair[0].y), place(pair[1].x, pair[1].y));
            match series.stroke {
                Stroke::Line => canvas.line(from, to, style, 3),
                Stroke::Steps => {
                    canvas.line(from, (to.0, from.1), style, 3);
                    canvas.line((to.0, from.1), to, style, 3);
                }
                Stroke::Dotted => {
                    let long = (to.0 - from.0).hypot(to.1 - from.1);
                    for dot in (0..=long as u32).step_by(3) {
                        let share = f64::from(dot) / long.max(1.0);
                        canvas.dot(from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share, style, 2);
                    }
                }
                Stroke::Marks => {}
            }
        }
        for point in &series.points {
            let (x, y) = place(point.x, point.y);
            if let Some((low, top)) = point.interval {
                canvas.line(place(point.x, low), place(point.x, top), style, 1);
            }
            if series.stroke == Stroke::Marks {
                canvas.text_centered(x, y, &series.mark, style.add_modifier(Modifier::BOLD));
            }
        }
        if let (Some(last), false) = (series.points.last(), series.stroke == Stroke::Marks) {
            let (x, y) = place(last.x, last.y);
            canvas.text_centered(x, y, &series.mark, style.add_modifier(Modifier::BOLD));
        }
    }
}

impl Widget for Chart {
    fn draw(&self, area: Rect, paint: &mut Paint<'_>) {
        if area.width < self.least().0 || area.height < self.least().1 {
            return;
        }
        let plot = self.plot(area);
        let mut canvas = Canvas::new(plot, paint.theme.glyphs);
        let (wide, high) = canvas.size();
        self.draw_axes(area, plot, &mut canvas, paint);
        for (at, label) in &self.markers {
            let x = self.x.share(*at) * (wide - 1.0);
            for dot in (0..high as u32).step_by(2) {
                canvas.dot(x, f64::from(dot), paint.theme.accent(), 1);
            }
            canvas.text_centered(x, 0.0, label, paint.theme.accent());
        }
        for series in &self.series {
            self.draw_series(series, &mut canvas, paint);
        }
        canvas.draw(paint.buf);
    }

    fn describe(&self) -> String {
        let mut text = format!("{} against {}.", self.y.label, self.x.label);
        for series in &self.series {
            // A curve of hundreds of points is told by a few.
            let apart = series.points.len().div_ceil(8).max(1);
            let point = |p: &Point| format!("{} at {}", (self.y.format)(p.y), (self.x.format)(p.x));
            let points: Vec<String> = series.points.iter().step_by(apart).map(point).collect();
            let points = if points.is_empty() { "nothing yet".to_owned() } else { points.join(", ") };
            text += &format!(" {}: {points}.", series.name);
        }
        for (at, label) in &self.markers {
            text += &format!(" {label} at {}.", (self.x.format)(*at));
        }
        text
    }

    fn least(&self) -> (u16, u16) {
        (18, 6)
    }
}
