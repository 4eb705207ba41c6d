//! Colours as terminals have them: how well one reads on another, and what a terminal of few colours shows.

use ratatui::buffer::Buffer;
use ratatui::style::Color;

/// How many colours a terminal shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// None: bold, underlined and reversed only.
    Mono,
    /// The terminal's own sixteen.
    Sixteen,
    /// xterm's 256.
    Indexed,
    /// Any.
    #[default]
    True,
}

/// Contrast of two colours by WCAG 2.2 ("contrast ratio"): from 1, the same, to 21, black on white.
///
/// ```
/// use scalelab::picture::contrast;
/// assert!((contrast([0, 0, 0], [255, 255, 255]) - 21.0).abs() < 1e-9);
/// assert!((contrast([119, 119, 119], [255, 255, 255]) - 4.48).abs() < 0.01);
/// ```
pub fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Whether a background is light: dark text reads better on it than light text.
///
/// ```
/// use scalelab::picture::is_light;
/// assert!(is_light([253, 246, 227]) && !is_light([0, 43, 54]));
/// ```
pub fn is_light(background: [u8; 3]) -> bool {
    contrast(background, [0, 0, 0]) > contrast(background, [255, 255, 255])
}

/// Relative luminance by WCAG 2.2, from 0 to 1.
fn luminance([r, g, b]: [u8; 3]) -> f64 {
    let linear = |channel: u8| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

/// The colour of an index of xterm's 256 from 16 on: a cube of 6³ colours, then 24 greys.
pub(super) fn indexed(index: u8) -> Option<[u8; 3]> {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let n = usize::from(index.checked_sub(16)?);
    if n >= 216 {
        return Some([8 + 10 * (n - 216) as u8; 3]);
    }
    Some([LEVELS[n / 36], LEVELS[n / 6 % 6], LEVELS[n % 6]])
}

/// The index of the nearest colour that reads on a paper as well as the wanted one.
fn nearest(wanted: [u8; 3], paper: Option<[u8; 3]>) -> u8 {
    let far = |colour: [u8; 3]| -> i32 {
        wanted.iter().zip(colour).map(|(a, b)| (i32::from(*a) - i32::from(b)).pow(2)).sum()
    };
    let least = paper.map_or(0.0, |paper| contrast(wanted, paper).min(4.5));
    let reads = |colour: [u8; 3]| paper.is_none_or(|paper| contrast(colour, paper) >= least);
    let all = (16..=255).filter_map(|i| indexed(i).map(|colour| (i, colour)));
    all.filter(|(_, colour)| reads(*colour)).min_by_key(|(_, colour)| far(*colour)).map_or(15, |(i, _)| i)
}

impl Depth {
    /// Brings a picture to the colours that there are. `paper` is what it is drawn on.
    pub fn fit(self, buf: &mut Buffer, paper: [u8; 3]) {
        if self != Self::Indexed {
            return;
        }
        // Few colours are in use: each is looked for once.
        let mut known: Vec<((Color, bool), Color)> = Vec::new();
        let mut fit = |colour: Color, front: bool| {
            let Color::Rgb(r, g, b) = colour else { return colour };
            if let Some((_, found)) = known.iter().find(|(key, _)| *key == (colour, front)) {
                return *found;
            }
            let found = Color::Indexed(nearest([r, g, b], front.then_some(paper)));
            known.push(((colour, front), found));
            found
        };
        for cell in &mut buf.content {
            cell.fg = fit(cell.fg, cell.bg == Color::Reset);
            cell.bg = fit(cell.bg, false);
        }
    }
}
