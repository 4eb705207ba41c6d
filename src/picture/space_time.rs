//! Space-time diagrams: hosts as lanes, time to the right, messages as slanted arrows.

use ratatui::layout::Rect;

use super::axis::Axis;
use super::canvas::Canvas;
use super::markdown::Tone;
use super::paint::{put_char, write};
use super::text::{fit, width};
use super::widget::{Paint, Widget};

/// A message from one host to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrow {
    /// The lane that sent it, and when.
    pub from: (usize, f64),
    /// The lane that it was for, and when it arrived, was lost, or will arrive.
    pub to: (usize, f64),
    /// What it says; shown where there is room.
    pub label: String,
    /// How it looks.
    pub tone: Tone,
    /// Whether it was lost: it ends with a cross before it reaches its lane.
    pub lost: bool,
    /// What a click on its end means.
    pub on_click: Option<String>,
}

/// What a host does for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// It is down.
    Down,
    /// It stands still.
    Paused,
}

/// A space-time diagram, after Lamport ("Time, clocks, and the ordering of events", 1978): a lane for each host, time to
/// the right, an arrow for each message. A cut is a wall between lanes.
///
/// ```
/// use ratatui::{buffer::Buffer, layout::Rect};
/// use scalelab::picture::{Arrow, Axis, Doing, Glyphs, Hits, Paint, Palette, SpaceTime, Theme, Tone, Widget, to_text};
/// let arrow = |from, to, label: &str, lost| Arrow { from, to, label: label.into(), tone: Tone::Plain, lost, on_click: None };
/// let diagram = SpaceTime::new(["a", "b", "c"], Axis::linear("ms", 0.0, 10.0))
///     .arrow(arrow((0, 1.0), (1, 3.0), "write 7", false))
///     .arrow(arrow((0, 1.0), (2, 4.0), "write 7", true))
///     .state(1, 3.0, "x = 7")
///     .doing(2, 5.0, 8.0, Doing::Down)
///     .wall(1, 0.0, 10.0, "cut");
/// let (mut buf, mut hits) = (Buffer::empty(Rect::new(0, 0, 60, 13)), Hits::default());
/// let theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Unicode };
/// diagram.draw(buf.area, &mut Paint { buf: &mut buf, theme, hits: &mut hits });
/// let text = to_text(&buf);
/// assert!(text.contains("x = 7") && text.contains('✗') && text.contains("cut"), "{text}");
/// assert_eq!(diagram.describe(), "a sends write 7 to b at 1, which arrives at 3. a sends write 7 to c at 1, which is \
///     lost at 4. b: x = 7 at 3. c is down from 5 to 8. Cut below b from 0 to 10.");
/// ```
#[derive(Clone, Debug)]
pub struct SpaceTime {
    hosts: Vec<String>,
    axis: Axis,
    arrows: Vec<Arrow>,
    states: Vec<(usize, f64, String)>,
    doing: Vec<(usize, f64, f64, Doing)>,
    walls: Vec<(usize, f64, f64, String)>,
    now: Option<f64>,
}

impl SpaceTime {
    /// A diagram of these hosts over a time axis.
    pub fn new<H: Into<String>>(hosts: impl IntoIterator<Item = H>, axis: Axis) -> Self {
        let hosts = hosts.into_iter().map(Into::into).collect();
        let (arrows, states, doing, walls) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { hosts, axis, arrows, states, doing, walls, now: None }
    }

    /// With one more message.
    #[must_use]
    pub fn arrow(mut self, arrow: Arrow) -> Self {
        self.arrows.push(arrow);
        self
    }

    /// With a host's value or role from a time on.
    #[must_use]
    pub fn state(mut self, host: usize, at: f64, text: impl Into<String>) -> Self {
        self.states.push((host, at, text.into()));
        self
    }

    /// With a host that is down or paused for a while.
    #[must_use]
    pub fn doing(mut self, host: usize, from: f64, to: f64, doing: Doing) -> Self {
        self.doing.push((host, from, to, doing));
        self
    }

    /// With a wall below a host's lane: the network is cut there for a while.
    #[must_use]
    pub fn wall(mut self, below: usize, from: f64, to: f64, label: impl Into<String>) -> Self {
        self.walls.push((below, from, to, label.into()));
        self
    }

    /// With a mark at the present.
    #[must_use]
    pub fn now(self, at: f64) -> Self {
        Self { now: Some(at), ..self }
    }

    fn name(&self, host: usize) -> &str {
        self.hosts.get(host).map_or("", String::as_str)
    }
}

/// Where things stand: rows of lanes, columns of times.
struct Layout<'a> {
    diagram: &'a SpaceTime,
    field: Rect,
    apart: u16,
}

impl Layout<'_> {
    fn row(&self, host: usize) -> u16 {
        self.field.y + (host as u16 * self.apart + self.apart / 2).min(self.field.height.saturating_sub(1))
    }

    fn column(&self, at: f64) -> u16 {
        self.field.x + (self.diagram.axis.share(at) * f64::from(self.field.width.saturating_sub(1))).round() as u16
    }

    fn lane(&self, host: usize, from: f64, to: f64, doing: Option<Doing>, paint: &mut Paint<'_>) {
        let theme = paint.theme;
        let (c, style) = match doing {
            None => (theme.glyphs.pick('─', '-'), theme.faint()),
            Some(Doing::Paused) => (theme.glyphs.pick('┄', '.'), theme.warning()),
            Some(Doing::Down) => (theme.glyphs.pick('×', 'x'), theme.error()),
        };
        for x in self.column(from)..=self.column(to) {
            put_char(paint.buf, x, self.row(host), c, style);
        }
    }

    fn arrow(&self, arrow: &Arrow, canvas: &mut Canvas, paint: &mut Paint<'_>) {
        let (theme, style) = (paint.theme, arrow.tone.style(paint.theme));
        let place = |(host, at): (usize, f64)| canvas.at_cell(self.column(at), self.row(host));
        let (from, mut to) = (place(arrow.from), place(arrow.to));
        if arrow.lost {
            // It ends before its lane: halfway, or at the wall that it hit.
            to = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        }
        canvas.line(from, to, style, 3);
        let (head, tone) = if arrow.lost {
            (theme.glyphs.pick("✗", "x"), theme.error())
        } else {
            (theme.glyphs.pick("●", "o"), style)
        };
        canvas.text(to.0, to.1, head, tone);
        let long = (to.0 - from.0).abs() / 2.0;
        if long > width(&arrow.label) as f64 + 4.0 {
            let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
            canvas.text_centered(middle.0, middle.1, &arrow.label, style);
        }
        if let Some(command) = &arrow.on_click {
            let (x, y) = canvas.cell_of(to.0, to.1);
            paint.hits.record(Rect::new(x.saturating_sub(1), y, 3, 1), command);
        }
    }
}

impl Widget for SpaceTime {
    fn draw(&self, area: Rect, paint: &mut Paint<'_>) {
        if area.width < self.least().0 || area.height < self.least().1 || self.hosts.is_empty() {
            return;
        }
        let theme = paint.theme;
        let names = (self.hosts.iter().map(|name| width(name)).max().unwrap_or(0) as u16).min(area.width / 4) + 1;
        let axis = u16::from(area.height > self.hosts.len() as u16 * 2);
        let field = Rect { x: area.x + names, width: area.width - names, height: area.height - axis, ..area };
        let layout = Layout { diagram: self, field, apart: (field.height / self.hosts.len() as u16).max(1) };
        let end = self.now.unwrap_or(self.axis.high);
        for host in 0..self.hosts.len() {
            let left = Rect { width: names - 1, ..area };
            write(paint.buf, left, (0, layout.row(host) - area.y), self.name(host), theme.text(), theme);
            layout.lane(host, self.axis.low, end, None, paint);
        }
        for (host, from, to, doing) in &self.doing {
            layout.lane(*host, *from, *to, Some(*doing), paint);
        }
        for (below, from, to, label) in &self.walls {
            let y = (layout.row(*below) + layout.apart.div_ceil(2)).min(field.bottom() - 1);
            for x in layout.column(*from)..=layout.column(*to) {
                put_char(paint.buf, x, y, theme.glyphs.pick('▒', '#'), theme.warning());
            }
            write(paint.buf, field, (layout.column(*from) - field.x + 1, y - field.y), label, theme.warning(), theme);
        }
        let mut canvas = Canvas::new(field, theme.glyphs);
        for arrow in self.arrows.iter().filter(|arrow| arrow.from.0 < self.hosts.len() && arrow.to.0 < self.hosts.len())
        {
            layout.arrow(arrow, &mut canvas, paint);
        }
        canvas.draw(paint.buf);
        for (host, at, text) in self.states.iter().filter(|(host, ..)| *host < self.hosts.len()) {
            let (x, y) = (layout.column(*at) - field.x, layout.row(*host) - field.y);
            // Until the host's next state.
            let next = self.states.iter().filter(|(h, t, _)| h == host && t > at).map(|(_, t, _)| layout.column(*t));
            let room = next.min().unwrap_or(field.right()).saturating_sub(field.x + x);
            write(paint.buf, field, (x, y), &fit(text, usize::from(room)), theme.strong(), theme);
        }
        if axis > 0 {
            self.axis.draw_below(area, names, |at| layout.column(at) - field.x, paint);
        }
    }

    fn describe(&self) -> String {
        let at = |time: f64| (self.axis.format)(time);
        let mut parts: Vec<String> = Vec::new();
        for arrow in &self.arrows {
            let fate = if arrow.lost { "is lost" } else { "arrives" };
            let (from, to) = (self.name(arrow.from.0), self.name(arrow.to.0));
            let when = (at(arrow.from.1), at(arrow.to.1));
            parts.push(format!("{from} sends {} to {to} at {}, which {fate} at {}.", arrow.label, when.0, when.1));
        }
        parts.extend(
            self.states.iter().map(|(host, time, text)| format!("{}: {text} at {}.", self.name(*host), at(*time))),
        );
        for (host, from, to, doing) in &self.doing {
            let doing = if *doing == Doing::Down { "down" } else { "paused" };
            parts.push(format!("{} is {doing} from {} to {}.", self.name(*host), at(*from), at(*to)));
        }
        for (below, from, to, _) in &self.walls {
            parts.push(format!("Cut below {} from {} to {}.", self.name(*below), at(*from), at(*to)));
        }
        parts.join(" ")
    }

    fn least(&self) -> (u16, u16) {
        (24, self.hosts.len() as u16 + 1)
    }
}
