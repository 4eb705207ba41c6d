//! Characters that are drawn as shapes: braille, blocks, lines, and the signs of the pictures.

/// A shape within a cell that reaches from (0, 0) to (1, 1).
pub(super) enum Shape {
    /// Round dots.
    Dots(Vec<(f64, f64)>),
    /// A filled polygon.
    Fill(Vec<(f64, f64)>),
    /// Straight lines, and whether they are heavy.
    Stroke(Vec<((f64, f64), (f64, f64))>, bool),
}

/// The shape of a character, if it is drawn as one.
pub(super) fn shape(c: char) -> Option<Shape> {
    match c {
        '\u{2800}'..='\u{28ff}' => Some(Shape::Dots(braille(u32::from(c) - 0x2800))),
        '▀'..='▐' | '▔' | '▕' => block(c).map(|(x, y, w, h)| Shape::Fill(rect(x, y, w, h))),
        '─'..='╿' => line(c),
        _ => sign(c),
    }
}

fn braille(bits: u32) -> Vec<(f64, f64)> {
    // In the order of Unicode's bits: down the left, down the right, then the last row.
    const PLACES: [(f64, f64); 8] = [(0., 0.), (0., 1.), (0., 2.), (1., 0.), (1., 1.), (1., 2.), (0., 3.), (1., 3.)];
    let set = PLACES.iter().enumerate().filter(|(i, _)| bits >> i & 1 == 1);
    set.map(|(_, (column, row))| (0.25 + column * 0.5, 0.125 + row * 0.25)).collect()
}

fn rect(x: f64, y: f64, w: f64, h: f64) -> Vec<(f64, f64)> {
    vec![(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
}

fn block(c: char) -> Option<(f64, f64, f64, f64)> {
    let n = f64::from(u32::from(c) & 0xf);
    Some(match c {
        '▀' => (0.0, 0.0, 1.0, 0.5),
        // A little over the edge to the right, lest a seam shows between two of them.
        '█' => (0.0, 0.0, 1.04, 1.0),
        '▁'..='▇' => (0.0, 1.0 - n / 8.0, 1.0, n / 8.0),
        '▉'..='▏' => (0.0, 0.0, (16.0 - n) / 8.0, 1.0),
        '▐' => (0.5, 0.0, 0.5, 1.0),
        '▔' => (0.0, 0.0, 1.0, 0.125),
        '▕' => (0.875, 0.0, 0.125, 1.0),
        _ => return None,
    })
}

/// Lines from the middle of the cell to its edges, or in dashes across it.
fn line(c: char) -> Option<Shape> {
    let dashes = |n: u32, across: bool, heavy: bool| {
        let n = f64::from(n);
        let dash = |i: f64| {
            let (a, b) = ((i + 0.2) / n, (i + 0.8) / n);
            if across { ((a, 0.5), (b, 0.5)) } else { ((0.5, a), (0.5, b)) }
        };
        Some(Shape::Stroke((0..n as u32).map(|i| dash(f64::from(i))).collect(), heavy))
    };
    let (up, right, down, left, heavy) = match c {
        '─' => (false, true, false, true, false),
        '━' => (false, true, false, true, true),
        '│' => (true, false, true, false, false),
        '┃' => (true, false, true, false, true),
        '┌' | '╭' => (false, true, true, false, false),
        '┐' | '╮' => (false, false, true, true, false),
        '└' | '╰' => (true, true, false, false, false),
        '┘' | '╯' => (true, false, false, true, false),
        '├' => (true, true, true, false, false),
        '┤' => (true, false, true, true, false),
        '┬' => (false, true, true, true, false),
        '┴' => (true, true, false, true, false),
        '┼' => (true, true, true, true, false),
        '╴' => (false, false, false, true, false),
        '╵' => (true, false, false, false, false),
        '╶' => (false, true, false, false, false),
        '╷' => (false, false, true, false, false),
        '╌' => return dashes(2, true, false),
        '┄' => return dashes(3, true, false),
        '┈' => return dashes(4, true, false),
        '╎' => return dashes(2, false, false),
        '┆' => return dashes(3, false, false),
        '┊' => return dashes(4, false, false),
        '╱' => return Some(Shape::Stroke(vec![((0.0, 1.0), (1.0, 0.0))], false)),
        '╲' => return Some(Shape::Stroke(vec![((0.0, 0.0), (1.0, 1.0))], false)),
        _ => return None,
    };
    let mut lines = Vec::new();
    match (left, right) {
        (true, true) => lines.push(((0.0, 0.5), (1.0, 0.5))),
        (true, false) => lines.push(((0.0, 0.5), (0.5, 0.5))),
        (false, true) => lines.push(((0.5, 0.5), (1.0, 0.5))),
        (false, false) => {}
    }
    match (up, down) {
        (true, true) => lines.push(((0.5, 0.0), (0.5, 1.0))),
        (true, false) => lines.push(((0.5, 0.0), (0.5, 0.5))),
        (false, true) => lines.push(((0.5, 0.5), (0.5, 1.0))),
        (false, false) => {}
    }
    Some(Shape::Stroke(lines, heavy))
}

/// Signs that many fonts lack or draw at another width.
fn sign(c: char) -> Option<Shape> {
    let middle = 0.5;
    // A cell is twice as high as wide: half as much down as across is square.
    let around = |points: &[(f64, f64)]| points.iter().map(|(x, y)| (0.5 + x, middle + y / 2.0)).collect();
    let ring = |r: f64| -> Vec<(f64, f64)> {
        let turn = |i: u32| (f64::from(i) / 16.0 * std::f64::consts::TAU).sin_cos();
        (0..16).map(turn).map(|(sin, cos)| (0.5 + r * sin, middle + r * cos / 2.0)).collect()
    };
    let outline = |points: Vec<(f64, f64)>| {
        let next = points.iter().cycle().skip(1);
        Some(Shape::Stroke(points.iter().copied().zip(next.copied()).collect(), false))
    };
    let diamond = [(0.0, -0.5), (0.5, 0.0), (0.0, 0.5), (-0.5, 0.0)];
    let square = [(-0.4, -0.4), (0.4, -0.4), (0.4, 0.4), (-0.4, 0.4)];
    let up = [(0.0, -0.45), (0.48, 0.4), (-0.48, 0.4)];
    let down = [(0.0, 0.45), (0.48, -0.4), (-0.48, -0.4)];
    match c {
        '●' => Some(Shape::Fill(ring(0.42))),
        '•' => Some(Shape::Fill(ring(0.26))),
        '·' => Some(Shape::Fill(ring(0.15))),
        '○' => outline(ring(0.38)),
        '◆' => Some(Shape::Fill(around(&diamond))),
        '◇' => outline(around(&diamond)),
        '■' => Some(Shape::Fill(around(&square))),
        '□' => outline(around(&square)),
        '▲' => Some(Shape::Fill(around(&up))),
        '△' => outline(around(&up)),
        '▼' => Some(Shape::Fill(around(&down))),
        '▽' => outline(around(&down)),
        '▶' => Some(Shape::Fill(around(&[(-0.4, -0.5), (0.46, 0.0), (-0.4, 0.5)]))),
        '◀' => Some(Shape::Fill(around(&[(0.4, -0.5), (-0.46, 0.0), (0.4, 0.5)]))),
        '▸' => Some(Shape::Fill(around(&[(-0.3, -0.38), (0.34, 0.0), (-0.3, 0.38)]))),
        '◂' => Some(Shape::Fill(around(&[(0.3, -0.38), (-0.34, 0.0), (0.3, 0.38)]))),
        '‖' => Some(Shape::Stroke(vec![((0.3, 0.25), (0.3, 0.75)), ((0.7, 0.25), (0.7, 0.75))], true)),
        '✗' => {
            let cross = [((0.1, 0.3), (0.9, 0.7)), ((0.1, 0.7), (0.9, 0.3))];
            Some(Shape::Stroke(cross.into(), false))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_stay_in_their_cell() {
        for c in (0x2010..0x2900).filter_map(char::from_u32) {
            let points = match shape(c) {
                Some(Shape::Dots(points) | Shape::Fill(points)) => points,
                Some(Shape::Stroke(lines, _)) => lines.into_iter().flat_map(|(a, b)| [a, b]).collect(),
                None => continue,
            };
            assert!(points.iter().all(|(x, y)| (0.0..=1.05).contains(x) && (0.0..=1.0).contains(y)), "{c}");
        }
        assert!(matches!(shape('▏'), Some(Shape::Fill(p)) if p[1] == (0.125, 0.0)));
        assert!(matches!(shape('▇'), Some(Shape::Fill(p)) if p[0] == (0.0, 0.125)));
    }
}
