//! Lanes: what each of several things does along time or order, and what joins them.

use ratatui::layout::Rect;

use super::axis::Axis;
use super::canvas::Canvas;
use super::markdown::Tone;
use super::paint::write;
use super::text::{fit, width};
use super::widget::{Paint, Widget};

/// Something in a lane: a stretch, or a moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// Where it begins, on the axis.
    pub from: f64,
    /// Where it ends; a moment ends where it begins.
    pub to: f64,
    /// What it says.
    pub text: String,
    /// How it looks.
    pub tone: Tone,
}

/// One lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Whose it is.
    pub name: String,
    /// What is in it, in any order; later ones lie above.
    pub stretches: Vec<Stretch>,
    /// What a click on its name means.
    pub on_click: Option<String>,
}

/// Lanes below each other over one axis, with joins from a place in one to a place in another.
///
/// ```
/// use ratatui::{buffer::Buffer, layout::Rect};
/// use scalelab::picture::{Axis, Glyphs, Hits, Lane, Lanes, Paint, Palette, Stretch, Theme, Tone, Widget, to_text};
/// let lane = |name: &str, from, to, text: &str| Lane { name: name.into(), on_click: None,
///     stretches: vec![Stretch { from, to, text: text.into(), tone: Tone::Plain }] };
/// let lanes = Lanes::new(Axis::linear("s", 0.0, 10.0))
///     .lane(lane("T1", 0.0, 5.0, "holds x"))
///     .lane(lane("T2", 2.0, 5.0, "waits"))
///     .now(5.0);
/// let (mut buf, mut hits) = (Buffer::empty(Rect::new(0, 0, 43, 4)), Hits::default());
/// let theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Ascii };
/// lanes.draw(buf.area, &mut Paint { buf: &mut buf, theme, hits: &mut hits });
/// let text = to_text(&buf);
/// assert!(text.starts_with("T1 holds x") && text.contains("T2         waits"), "{text}");
/// assert_eq!(lanes.describe(), "T1: holds x from 0 to 5. T2: waits from 2 to 5.");
/// ```
#[derive(Clone, Debug)]
pub struct Lanes {
    axis: Axis,
    lanes: Vec<Lane>,
    joins: Vec<Join>,
    now: Option<f64>,
}

#[derive(Clone, Debug, PartialEq)]
struct Join {
    from: (usize, f64),
    to: (usize, f64),
    tone: Tone,
}

impl Lanes {
    /// Lanes over this axis; none yet.
    #[must_use]
    pub fn new(axis: Axis) -> Self {
        Self { axis, lanes: Vec::new(), joins: Vec::new(), now: None }
    }

    /// With one more lane below.
    #[must_use]
    pub fn lane(mut self, lane: Lane) -> Self {
        self.lanes.push(lane);
        self
    }

    /// With a join between places (lane from zero, value on the axis): a read that saw a write, say.
    #[must_use]
    pub fn join(mut self, from: (usize, f64), to: (usize, f64), tone: Tone) -> Self {
        self.joins.push(Join { from, to, tone });
        self
    }

    /// With a mark at the present.
    #[must_use]
    pub fn now(self, at: f64) -> Self {
        Self { now: Some(at), ..self }
    }

    /// Rows of each lane, and the place of the axis, if there is room for it.
    fn rows(&self, area: Rect) -> (u16, bool) {
        let axis = area.height > self.lanes.len() as u16 + 1;
        let room = area.height.saturating_sub(u16::from(axis) * 2);
        ((room / (self.lanes.len().max(1) as u16)).clamp(1, 3), axis)
    }

    fn names(&self, area: Rect) -> u16 {
        let widest = self.lanes.iter().map(|lane| width(&lane.name)).max().unwrap_or(0) as u16;
        widest.min(area.width / 3) + 1
    }
}

impl Widget for Lanes {
    fn draw(&self, area: Rect, paint: &mut Paint<'_>) {
        if area.width < 8 || area.height == 0 || self.lanes.is_empty() {
            return;
        }
        let theme = paint.theme;
        let ((tall, axis), names) = (self.rows(area), self.names(area));
        let field = Rect { x: area.x + names, width: area.width - names, ..area };
        let column = |at: f64| (self.axis.share(at) * f64::from(field.width.saturating_sub(1))).round() as u16;
        let row_of = |lane: usize| lane as u16 * tall;
        let shown = usize::from((area.height.saturating_sub(u16::from(axis) * 2)) / tall).min(self.lanes.len());
        let mut canvas = Canvas::new(field, theme.glyphs);
        for join in self.joins.iter().filter(|join| join.from.0 < shown && join.to.0 < shown) {
            let place = |(lane, at): (usize, f64)| (f64::from(column(at)) * 2.0, f64::from(row_of(lane)) * 4.0 + 2.0);
            canvas.line(place(join.from), place(join.to), join.tone.style(theme), 1);
        }
        canvas.draw(paint.buf);
        for (i, lane) in self.lanes.iter().take(shown).enumerate() {
            let y = row_of(i);
            write(paint.buf, Rect { width: names - 1, ..area }, (0, y), &lane.name, theme.text(), theme);
            if let Some(command) = &lane.on_click {
                paint.hits.record(Rect { x: area.x, y: area.y + y, width: names, height: tall }, command);
            }
            for stretch in &lane.stretches {
                let (from, to) = (column(stretch.from), column(stretch.to));
                let (from, to) = (from.min(to), from.max(to));
                let (style, columns) = (stretch.tone.style(theme), to - from + 1);
                let text = fit(&stretch.text, usize::from(columns.max(1)));
                let rule = theme.glyphs.pick("─", "-").repeat(usize::from(columns).saturating_sub(width(&text)));
                write(paint.buf, field, (from, y), &format!("{text}{rule}"), style, theme);
            }
        }
        if let Some(now) = self.now {
            let x = field.x + column(now);
            for y in 0..shown as u16 * tall {
                let cell = paint.buf.cell_mut((x, field.y + y));
                if let Some(cell) = cell.filter(|cell| cell.symbol() == " ") {
                    cell.set_char(theme.glyphs.pick('┊', '|')).set_style(theme.accent());
                }
            }
        }
        if shown < self.lanes.len() {
            let more = format!("… {} more", self.lanes.len() - shown);
            write(paint.buf, area, (0, area.height - 1), &more, theme.faint_text(), theme);
        } else if axis {
            self.axis.draw_below(area, names, column, paint);
        }
    }

    fn describe(&self) -> String {
        let lane = |lane: &Lane| {
            let say = |s: &Stretch| {
                let (from, to) = ((self.axis.format)(s.from), (self.axis.format)(s.to));
                if s.to > s.from { format!("{} from {from} to {to}", s.text) } else { format!("{} at {from}", s.text) }
            };
            let all: Vec<String> = lane.stretches.iter().map(say).collect();
            format!("{}: {}.", lane.name, if all.is_empty() { "nothing".to_owned() } else { all.join(", ") })
        };
        self.lanes.iter().map(lane).collect::<Vec<_>>().join(" ")
    }

    fn least(&self) -> (u16, u16) {
        (24, self.lanes.len().min(3) as u16)
    }
}
