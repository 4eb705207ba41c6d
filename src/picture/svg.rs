//! A screen as an SVG picture that looks the same with any monospaced font.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use super::export::{ansi_index, columns, row_cells};
use super::svg_shapes::{Shape, shape};
use super::text::visible;
use super::theme::{Palette, Theme};

/// Width of a cell; a font of 14 px is about as wide.
const CELL_W: f64 = 8.4;
/// Height of a cell: twice its width, so that braille dots are square.
const CELL_H: f64 = 16.8;
const MARGIN: f64 = 10.0;

/// Characters of one style that stand side by side, and the columns they take.
struct Run {
    text: String,
    x: u16,
    columns: u16,
    look: Look,
}

/// How a cell looks, with everything that the palette leaves open filled in.
#[derive(Clone, Copy, PartialEq)]
struct Look {
    fg: [u8; 3],
    bg: Option<[u8; 3]>,
    modifier: Modifier,
}

/// Shapes collected by colour, so that each colour is one path.
#[derive(Default)]
struct Shapes {
    fills: BTreeMap<[u8; 3], String>,
    strokes: BTreeMap<([u8; 3], bool), String>,
    dots: BTreeMap<[u8; 3], String>,
}

/// The screen as an SVG document. Braille, blocks and lines are drawn as shapes and words stand on
/// the grid, so that it does not depend on the font.
///
/// ```
/// use ratatui::{buffer::Buffer, layout::Rect, style::Style};
/// use scalelab::picture::{Glyphs, Palette, Theme, to_svg};
/// let mut buf = Buffer::empty(Rect::new(0, 0, 9, 1));
/// buf.set_string(0, 0, "a < b", Style::new());
/// let svg = to_svg(&buf, Theme { palette: Palette::Light, glyphs: Glyphs::Unicode });
/// assert!(svg.starts_with("<svg ") && svg.contains("&lt;"));
/// ```
pub fn to_svg(buf: &Buffer, theme: Theme) -> String {
    let (w, h) =
        (f64::from(buf.area.width) * CELL_W + 2.0 * MARGIN, f64::from(buf.area.height) * CELL_H + 2.0 * MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w:.0}\" height=\"{h:.0}\" viewBox=\"0 0 {w:.1} {h:.1}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{}\"/>\n\
         <g transform=\"translate({MARGIN} {MARGIN})\">\n",
        hex(theme.palette.paper())
    );
    let (mut shapes, mut texts) = (Shapes::default(), String::new());
    for y in buf.area.top()..buf.area.bottom() {
        draw_row(buf, y, theme.palette, &mut out, &mut shapes, &mut texts);
    }
    shapes.write(&mut out);
    // `white-space` for browsers; runs never begin or end with a space.
    out.push_str(
        "<g font-family=\"'DejaVu Sans Mono','JetBrains Mono','Cascadia Mono',Menlo,Consolas,monospace\" \
         font-size=\"14\">\n",
    );
    out.push_str(&texts);
    out.push_str("</g>\n</g>\n</svg>\n");
    out
}

/// Backgrounds go to `out`, shapes to `shapes`, words to `texts`.
fn draw_row(buf: &Buffer, y: u16, palette: Palette, out: &mut String, shapes: &mut Shapes, texts: &mut String) {
    let row = y - buf.area.y;
    let mut background: Option<(u16, u16, [u8; 3])> = None;
    let mut run: Option<Run> = None;
    for (x, cell) in row_cells(buf, y) {
        let (x, wide, look) = (x - buf.area.x, columns(cell), look(cell, palette));
        background = match (background, look.bg) {
            (Some((from, to, bg)), Some(same)) if bg == same => Some((from, to + wide, bg)),
            (before, now) => {
                push_background(before, row, out);
                now.map(|bg| (x, x + wide, bg))
            }
        };
        let symbol = cell.symbol();
        let drawn = symbol.chars().next().filter(|_| wide == 1 && symbol.chars().count() == 1).and_then(shape);
        let hidden = look.modifier.contains(Modifier::HIDDEN);
        let plain = symbol == " " && !look.modifier.intersects(Modifier::UNDERLINED | Modifier::CROSSED_OUT);
        if hidden || plain || drawn.is_some() {
            push_run(run.take(), row, texts);
            if let Some(shape) = drawn.filter(|_| !hidden) {
                shapes.push(&shape, x, row, look.fg);
            }
            continue;
        }
        // Only ASCII runs on: what a font lacks comes from another font, of another width.
        match run.as_mut().filter(|r| r.look == look && symbol.is_ascii() && r.text.is_ascii()) {
            Some(run) => {
                run.text.push_str(&visible(symbol));
                run.columns += wide;
            }
            None => {
                push_run(run.take(), row, texts);
                run = Some(Run { text: visible(symbol).into_owned(), x, columns: wide, look });
            }
        }
    }
    push_run(run, row, texts);
    push_background(background, row, out);
}

fn push_background(background: Option<(u16, u16, [u8; 3])>, row: u16, out: &mut String) {
    if let Some((from, to, bg)) = background {
        let (x, y, w) = (f64::from(from) * CELL_W, f64::from(row) * CELL_H, f64::from(to - from) * CELL_W + 0.3);
        let _ = writeln!(
            out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{CELL_H}\" fill=\"{}\"/>",
            hex(bg)
        );
    }
}

fn push_run(run: Option<Run>, row: u16, texts: &mut String) {
    let Some(Run { text, x, columns, look }) = run else { return };
    let (left, base, length) = (f64::from(x) * CELL_W, f64::from(row) * CELL_H + 12.9, f64::from(columns) * CELL_W);
    let _ = write!(texts, "<text x=\"{left:.1}\" y=\"{base:.1}\" fill=\"{}\"", hex(look.fg));
    if text.is_ascii() {
        let _ = write!(texts, " textLength=\"{length:.1}\"");
    }
    for (modifier, attribute) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
        (Modifier::CROSSED_OUT, " text-decoration=\"line-through\""),
    ] {
        if look.modifier.contains(modifier) {
            texts.push_str(attribute);
        }
    }
    let _ = writeln!(texts, ">{}</text>", escape(&text));
}

impl Shapes {
    fn push(&mut self, shape: &Shape, column: u16, row: u16, color: [u8; 3]) {
        let (x, y) = (f64::from(column) * CELL_W, f64::from(row) * CELL_H);
        let at = |(dx, dy): (f64, f64)| (x + dx * CELL_W, y + dy * CELL_H);
        match shape {
            Shape::Dots(dots) => {
                let path = self.dots.entry(color).or_default();
                for (px, py) in dots.iter().map(|d| at(*d)) {
                    let _ = write!(path, "M{px:.1} {py:.1}h0");
                }
            }
            Shape::Fill(polygon) => {
                let path = self.fills.entry(color).or_default();
                for (i, (px, py)) in polygon.iter().map(|p| at(*p)).enumerate() {
                    let _ = write!(path, "{}{px:.2} {py:.2}", if i == 0 { 'M' } else { 'L' });
                }
                path.push('Z');
            }
            Shape::Stroke(lines, heavy) => {
                let path = self.strokes.entry((color, *heavy)).or_default();
                for (from, to) in lines {
                    let ((ax, ay), (bx, by)) = (at(*from), at(*to));
                    let _ = write!(path, "M{ax:.1} {ay:.1}L{bx:.1} {by:.1}");
                }
            }
        }
    }

    fn write(&self, out: &mut String) {
        for ((color, heavy), path) in &self.strokes {
            let (width, color) = (if *heavy { 2.6 } else { 1.1 }, hex(*color));
            let _ = writeln!(out, "<path d=\"{path}\" stroke=\"{color}\" stroke-width=\"{width}\" fill=\"none\"/>");
        }
        for (color, path) in &self.fills {
            let _ = writeln!(out, "<path d=\"{path}\" fill=\"{}\"/>", hex(*color));
        }
        // A line of no length with round ends is a circle.
        for (color, path) in &self.dots {
            let color = hex(*color);
            let _ = writeln!(
                out,
                "<path d=\"{path}\" stroke=\"{color}\" stroke-width=\"3\" stroke-linecap=\"round\" fill=\"none\"/>"
            );
        }
    }
}

fn look(cell: &Cell, palette: Palette) -> Look {
    let (mut fg, mut bg) = (resolve(cell.fg, palette).unwrap_or(ink(palette)), resolve(cell.bg, palette));
    if cell.modifier.contains(Modifier::REVERSED) {
        (fg, bg) = (bg.unwrap_or(palette.paper()), Some(fg));
    }
    if cell.modifier.contains(Modifier::DIM) {
        let under = bg.unwrap_or(palette.paper());
        fg = std::array::from_fn(|i| ((u16::from(fg[i]) * 5 + u16::from(under[i]) * 3) / 8) as u8);
    }
    Look { fg, bg, modifier: cell.modifier }
}

fn ink(palette: Palette) -> [u8; 3] {
    if palette == Palette::Light { [36, 41, 47] } else { [204, 209, 216] }
}

const SIXTEEN: [[u8; 3]; 16] = [
    [0, 0, 0],
    [205, 66, 56],
    [64, 170, 90],
    [205, 160, 40],
    [66, 118, 214],
    [184, 90, 184],
    [50, 165, 185],
    [200, 204, 210],
    [110, 118, 129],
    [255, 110, 95],
    [110, 220, 130],
    [245, 215, 90],
    [110, 165, 255],
    [230, 140, 230],
    [100, 220, 235],
    [255, 255, 255],
];

fn resolve(color: Color, palette: Palette) -> Option<[u8; 3]> {
    let index = match color {
        Color::Reset => return None,
        _ if palette == Palette::Mono => return None,
        Color::Rgb(r, g, b) => return Some([r, g, b]),
        Color::Indexed(i) => i,
        named => ansi_index(named),
    };
    Some(match index {
        i @ 0..16 => SIXTEEN.get(usize::from(i)).copied().unwrap_or_default(),
        i => super::colour::indexed(i).unwrap_or_default(),
    })
}

fn hex([r, g, b]: [u8; 3]) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Glyphs;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn every_character_finds_its_place() {
        let mut buf = Buffer::empty(Rect::new(1, 1, 20, 3));
        let style = Style::new().fg(Color::Indexed(208)).bg(Color::LightBlue).add_modifier(Modifier::REVERSED);
        buf.set_string(1, 1, "<a> & 'b' \"節\"", style);
        buf.set_string(1, 2, "─│┌█▌▏⣿●", Style::new().add_modifier(Modifier::DIM));
        for (_, palette) in Palette::ALL {
            let svg = to_svg(&buf, Theme { palette, glyphs: Glyphs::Unicode });
            assert!(svg.contains("&lt;a&gt;") && svg.contains("節") && !svg.contains('█'));
            assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
        }
        assert!(
            to_svg(&Buffer::empty(Rect::default()), Theme { palette: Palette::Dark, glyphs: Glyphs::Ascii })
                .ends_with("</svg>\n")
        );
    }
}
