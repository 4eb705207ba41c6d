//! A canvas of square dots: curves and lines at eight dots a cell, with text over them.

use std::f64::consts::TAU;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::paint::{put, put_char};
use super::text::width;
use super::theme::Glyphs;

#[derive(Clone, Copy, Default)]
struct Dots {
    /// Bit `2 * row + column` for the dots of a cell, two columns by four rows.
    mask: u8,
    priority: u8,
    style: Style,
}

struct Label {
    column: i64,
    row: i64,
    text: String,
    style: Style,
}

/// Dots, two by four a cell, so that a unit is as wide as it is high in a terminal whose cells are
/// 1:2. Coordinates run right and down from the middle of the first dot; what lies outside is not drawn.
///
/// A cell has one style: that of the dot with the highest priority, the later one if equal. With
/// [`Glyphs::Ascii`] the coordinates are the same and the cells coarser.
///
/// ```
/// use ratatui::{buffer::Buffer, layout::Rect, style::Style};
/// use scalelab::picture::{Canvas, Glyphs, to_text};
/// let area = Rect::new(0, 0, 4, 1);
/// let (mut canvas, mut buf) = (Canvas::new(area, Glyphs::Unicode), Buffer::empty(area));
/// canvas.line((0.0, 0.0), (7.0, 0.0), Style::new(), 0);
/// canvas.draw(&mut buf);
/// assert_eq!(to_text(&buf), "⠉⠉⠉⠉\n");
/// ```
pub struct Canvas {
    area: Rect,
    glyphs: Glyphs,
    cells: Vec<Dots>,
    labels: Vec<Label>,
}

/// A circle on a canvas. Angles are turns, clockwise from twelve o'clock: 0.25 is three o'clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Circle {
    /// Centre, from the left.
    pub cx: f64,
    /// Centre, from the top.
    pub cy: f64,
    /// Radius.
    pub r: f64,
}

impl Circle {
    /// The point at an angle, at `radius_factor` times the radius.
    ///
    /// ```
    /// let (x, y) = scalelab::picture::Circle { cx: 10.0, cy: 10.0, r: 4.0 }.point(0.25, 1.5);
    /// assert!((x - 16.0).abs() < 1e-9 && (y - 10.0).abs() < 1e-9);
    /// ```
    pub fn point(&self, turn: f64, radius_factor: f64) -> (f64, f64) {
        let (sin, cos) = (turn * TAU).sin_cos();
        (self.cx + self.r * radius_factor * sin, self.cy - self.r * radius_factor * cos)
    }

    /// The other way: angle in turns, from 0 up to 1, and radius factor of a point.
    pub fn place_of(&self, x: f64, y: f64) -> (f64, f64) {
        let (dx, dy) = (x - self.cx, y - self.cy);
        let turn = (dx.atan2(-dy) / TAU).rem_euclid(1.0);
        (turn, if self.r > 0.0 { dx.hypot(dy) / self.r } else { 0.0 })
    }
}

impl Canvas {
    /// An empty canvas over this part of the screen.
    pub fn new(area: Rect, glyphs: Glyphs) -> Self {
        let cells = vec![Dots::default(); usize::from(area.width) * usize::from(area.height)];
        Self { area, glyphs, cells, labels: Vec::new() }
    }

    /// Width and height in dots.
    pub fn size(&self) -> (f64, f64) {
        (f64::from(self.area.width) * 2.0, f64::from(self.area.height) * 4.0)
    }

    /// One dot.
    pub fn dot(&mut self, x: f64, y: f64, style: Style, priority: u8) {
        let (width, height) = self.size();
        let (x, y) = (x.round(), y.round());
        if !(x >= 0.0 && y >= 0.0 && x < width && y < height) {
            return;
        }
        let (x, y) = (x as usize, y as usize);
        let index = y / 4 * usize::from(self.area.width) + x / 2;
        if let Some(cell) = self.cells.get_mut(index) {
            if cell.mask == 0 || priority >= cell.priority {
                (cell.style, cell.priority) = (style, priority);
            }
            cell.mask |= 1 << (y % 4 * 2 + x % 2);
        }
    }

    /// A straight line.
    pub fn line(&mut self, from: (f64, f64), to: (f64, f64), style: Style, priority: u8) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = dx.abs().max(dy.abs()).ceil().clamp(1.0, 20_000.0);
        if !steps.is_finite() {
            return;
        }
        for i in 0..=steps as u32 {
            let share = f64::from(i) / steps;
            self.dot(from.0 + dx * share, from.1 + dy * share, style, priority);
        }
    }

    /// Part of a circle, clockwise; past twelve o'clock if `to_angle` is less than `from_angle`.
    #[expect(clippy::too_many_arguments, reason = "a circle, two angles and how to draw it")]
    pub fn arc(&mut self, cx: f64, cy: f64, r: f64, from_angle: f64, to_angle: f64, style: Style, priority: u8) {
        let span = if to_angle < from_angle { (to_angle - from_angle).rem_euclid(1.0) } else { to_angle - from_angle };
        let span = span.min(1.0);
        // In eights, so that a whole circle is the same on every side.
        let steps = ((r.abs() * TAU * span * 0.25).ceil() * 8.0).clamp(8.0, 80_000.0);
        if !(steps.is_finite() && from_angle.is_finite()) {
            return;
        }
        let circle = Circle { cx, cy, r };
        for i in 0..=steps as u32 {
            let (x, y) = circle.point(from_angle + span * f64::from(i) / steps, 1.0);
            self.dot(x, y, style, priority);
        }
    }

    /// Text over the dots, from the cell that holds (x, y) to the right. Later text lies over earlier text.
    pub fn text(&mut self, x: f64, y: f64, text: &str, style: Style) {
        if x.is_finite() && y.is_finite() {
            let (column, row) = ((x.round() / 2.0).floor() as i64, (y.round() / 4.0).floor() as i64);
            self.labels.push(Label { column, row, text: text.to_owned(), style });
        }
    }

    /// Text over the dots with its middle at (x, y), moved inwards if it would stick out.
    pub fn text_centered(&mut self, x: f64, y: f64, text: &str, style: Style) {
        let taken = width(text) as f64;
        let most = (f64::from(self.area.width) - taken).max(0.0);
        let column = ((x / 2.0) - (taken - 1.0) / 2.0).round().clamp(0.0, most);
        self.text(column * 2.0, y, text, style);
    }

    /// The largest circle that leaves this many rows, and twice as many columns, free on every side.
    pub fn fit_circle(&self, margin_cells: u16) -> Circle {
        let (width, height) = self.size();
        let (cx, cy) = (((width - 1.0) / 2.0).max(0.0), ((height - 1.0) / 2.0).max(0.0));
        let r = (cx.min(cy) - f64::from(margin_cells) * 4.0).max(0.0);
        Circle { cx, cy, r }
    }

    /// The screen cell of a point, moved into the canvas if it lies outside.
    pub fn cell_of(&self, x: f64, y: f64) -> (u16, u16) {
        let inside =
            |v: f64, per: f64, size: u16| (v.round() / per).floor().clamp(0.0, f64::from(size.max(1) - 1)) as u16;
        let column = self.area.x.saturating_add(inside(x, 2.0, self.area.width));
        (column, self.area.y.saturating_add(inside(y, 4.0, self.area.height)))
    }

    /// The middle of a screen cell.
    pub fn at_cell(&self, column: u16, row: u16) -> (f64, f64) {
        Self::middle_of(self.area, column, row)
    }

    /// The middle of a screen cell, on a canvas over this part of the screen.
    pub fn middle_of(area: Rect, column: u16, row: u16) -> (f64, f64) {
        let (dx, dy) = (f64::from(column) - f64::from(area.x), f64::from(row) - f64::from(area.y));
        (dx * 2.0 + 0.5, dy * 4.0 + 1.5)
    }

    /// Draws everything into the buffer. Cells without dots or text stay as they are.
    pub fn draw(&self, buf: &mut Buffer) {
        let columns = usize::from(self.area.width).max(1);
        for (i, cell) in self.cells.iter().enumerate().filter(|(_, c)| c.mask != 0) {
            let x = self.area.x.saturating_add((i % columns) as u16);
            let y = self.area.y.saturating_add((i / columns) as u16);
            let c = self.glyphs.pick(braille(cell.mask), ascii(cell.mask));
            put_char(buf, x, y, c, cell.style);
        }
        for label in &self.labels {
            let x = i64::from(self.area.x) + label.column;
            let y = i64::from(self.area.y) + label.row;
            let (Ok(x), Ok(y)) = (u16::try_from(x), u16::try_from(y)) else { continue };
            if self.area.contains(Position { x, y }) {
                put(buf, x, y, self.area.right() - x, &label.text, label.style, self.glyphs);
            }
        }
    }
}

/// Unicode numbers braille dots down the left column, then the right, the last row after both.
fn braille(mask: u8) -> char {
    const BITS: [u32; 8] = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80];
    let bits: u32 = BITS.iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1).map(|(_, bit)| bit).sum();
    char::from_u32(0x2800 + bits).unwrap_or(' ')
}

fn ascii(mask: u8) -> char {
    match (mask & 0x0f != 0, mask & 0xf0 != 0, mask.count_ones()) {
        (_, _, 7..) => '#',
        (_, _, 5 | 6) => 'o',
        (true, false, _) => '\'',
        (false, true, _) => '.',
        _ => ':',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::to_text;

    #[test]
    fn a_circle_is_round() {
        let area = Rect::new(0, 0, 40, 20);
        let mut canvas = Canvas::new(area, Glyphs::Unicode);
        let c = canvas.fit_circle(0);
        canvas.arc(c.cx, c.cy, c.r, 0.0, 1.0, Style::new(), 0);
        let mut buf = Buffer::empty(area);
        canvas.draw(&mut buf);
        let turned = |x: u16, y: u16| buf.cell((x, y)).map(|c| c.symbol() != " ");
        for y in 0..20 {
            for x in 0..40 {
                assert_eq!(turned(x, y), turned(39 - x, y), "left and right at {x},{y}");
                assert_eq!(turned(x, y), turned(x, 19 - y), "up and down at {x},{y}");
            }
        }
        assert!(turned(20, 0) == Some(true) && turned(0, 10) == Some(true));
    }

    #[test]
    fn nothing_breaks_at_any_size() {
        for (w, h) in [(0, 0), (1, 1), (0, 5), (5, 0), (7, 3)] {
            for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
                let mut canvas = Canvas::new(Rect::new(2, 2, w, h), glyphs);
                let mut buf = Buffer::empty(Rect::new(0, 0, 6, 4));
                let c = canvas.fit_circle(1);
                for v in [-1e300, -3.0, 0.0, 4.0, 1e9, f64::NAN, f64::INFINITY] {
                    canvas.dot(v, v, Style::new(), 1);
                    canvas.line((v, 0.0), (3.0, v), Style::new(), 1);
                    canvas.arc(c.cx, v, v, v, 0.5, Style::new(), 1);
                    canvas.text(v, v, "節点 label", Style::new());
                    canvas.text_centered(v, v, "label", Style::new());
                    canvas.cell_of(v, v);
                }
                canvas.draw(&mut buf);
                assert!(glyphs == Glyphs::Unicode || to_text(&buf).chars().all(|c| c.is_ascii() || "節点".contains(c)));
            }
        }
    }

    #[test]
    fn cells_and_turns_round_trip() {
        let canvas = Canvas::new(Rect::new(5, 3, 30, 12), Glyphs::Unicode);
        for (x, y) in [(5, 3), (20, 9), (34, 14)] {
            let (px, py) = canvas.at_cell(x, y);
            assert_eq!(canvas.cell_of(px, py), (x, y));
        }
        let circle = canvas.fit_circle(1);
        for i in 0..20 {
            let turn = f64::from(i) / 20.0;
            let (x, y) = circle.point(turn, 0.8);
            let (back, factor) = circle.place_of(x, y);
            assert!((back - turn).abs() < 1e-9 && (factor - 0.8).abs() < 1e-9);
        }
    }

    #[test]
    fn the_higher_priority_wins_the_cell() {
        let area = Rect::new(0, 0, 1, 1);
        let (mut canvas, mut buf) = (Canvas::new(area, Glyphs::Unicode), Buffer::empty(area));
        let bright = Style::new().fg(ratatui::style::Color::White);
        canvas.dot(0.0, 0.0, bright, 2);
        canvas.dot(1.0, 0.0, Style::new(), 1);
        canvas.draw(&mut buf);
        assert_eq!(buf.cell((0, 0)).map(|c| (c.symbol(), c.fg)), Some(("⠉", ratatui::style::Color::White)));
    }
}
