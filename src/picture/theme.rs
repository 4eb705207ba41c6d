//! How everything looks: four palettes, two glyph sets, and the named styles that pictures use.

use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};

/// How to draw: which colours and which characters.
///
/// ```
/// use scalelab::picture::{Glyphs, Palette, Theme};
/// let theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Ascii };
/// assert_eq!(theme.error().fg, None); // no colours at all
/// assert!(theme.mark(3).is_ascii());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Colours.
    pub palette: Palette,
    /// Characters.
    pub glyphs: Glyphs,
}

/// A set of colours. `Dark` and `Light` are true colour, derived from the Okabe–Ito palette
/// ("Color Universal Design", 2008), which people with any colour vision can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// True colour on a dark background.
    Dark,
    /// True colour on a light background.
    Light,
    /// The terminal's own sixteen colours.
    Ansi16,
    /// No colours: bold, dim, underlined and reversed only.
    Mono,
}

/// A set of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyphs {
    /// Braille dots, blocks and lines.
    Unicode,
    /// Printable ASCII only.
    Ascii,
}

/// A name that is none of [`Palette::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown palette `{0}`: use dark, light, ansi or mono")]
pub struct UnknownPalette(pub String);

impl Palette {
    /// Every palette with its name.
    pub const ALL: [(&'static str, Self); 4] =
        [("dark", Self::Dark), ("light", Self::Light), ("ansi", Self::Ansi16), ("mono", Self::Mono)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, p)| *p == self).map_or("", |(name, _)| name)
    }
}

impl FromStr for Palette {
    type Err = UnknownPalette;

    fn from_str(name: &str) -> Result<Self, UnknownPalette> {
        let found = Self::ALL.iter().find(|(n, _)| *n == name).map(|(_, p)| *p);
        found.ok_or_else(|| UnknownPalette(name.to_owned()))
    }
}

impl Glyphs {
    /// One of two spellings of the same thing.
    pub fn pick<T>(self, unicode: T, ascii: T) -> T {
        match self {
            Self::Unicode => unicode,
            Self::Ascii => ascii,
        }
    }
}

type Rgb = (u8, u8, u8);

/// Okabe–Ito, the dark ones raised so that they read on black.
const DARK: [Rgb; 8] = [
    (86, 180, 233),
    (230, 159, 0),
    (0, 190, 140),
    (221, 140, 187),
    (240, 228, 66),
    (240, 112, 48),
    (92, 138, 240),
    (176, 184, 194),
];
/// Okabe–Ito, the light ones lowered so that they read on white.
const LIGHT: [Rgb; 8] = [
    (0, 114, 178),
    (196, 110, 0),
    (0, 132, 96),
    (170, 74, 130),
    (138, 112, 0),
    (196, 70, 0),
    (40, 72, 170),
    (92, 99, 108),
];
const ANSI: [Color; 8] = [
    Color::Cyan,
    Color::Yellow,
    Color::Green,
    Color::Magenta,
    Color::LightBlue,
    Color::Red,
    Color::LightGreen,
    Color::LightMagenta,
];
const MONO: [Modifier; 4] =
    [Modifier::empty(), Modifier::BOLD, Modifier::UNDERLINED, Modifier::BOLD.union(Modifier::UNDERLINED)];
const MARKS: [(char, char); 12] = [
    ('●', 'o'),
    ('■', '#'),
    ('▲', '^'),
    ('◆', '*'),
    ('▼', 'v'),
    ('★', '+'),
    ('○', '0'),
    ('□', '='),
    ('△', 'A'),
    ('◇', '%'),
    ('▽', 'V'),
    ('☆', 'x'),
];

fn rgb((r, g, b): Rgb) -> Color {
    Color::Rgb(r, g, b)
}

/// `share` of `a` over `b`, in 256ths.
fn mix(a: Rgb, b: Rgb, share: u16) -> Rgb {
    let one = |a: u8, b: u8| ((u16::from(a) * share + u16::from(b) * (256 - share)) >> 8) as u8;
    (one(a.0, b.0), one(a.1, b.1), one(a.2, b.2))
}

impl Theme {
    fn style(self, dark: Rgb, light: Rgb, ansi: Style, mono: Modifier) -> Style {
        match self.palette {
            Palette::Dark => Style::new().fg(rgb(dark)),
            Palette::Light => Style::new().fg(rgb(light)),
            Palette::Ansi16 => ansi,
            Palette::Mono => Style::new().add_modifier(mono),
        }
    }

    /// Plain text.
    pub fn text(self) -> Style {
        self.style((204, 209, 216), (36, 41, 47), Style::new(), Modifier::empty())
    }

    /// What rests.
    pub fn dim(self) -> Style {
        self.style((138, 146, 158), (98, 106, 116), Style::new().add_modifier(Modifier::DIM), Modifier::DIM)
    }

    /// Borders and rules.
    pub fn faint(self) -> Style {
        self.style((74, 81, 92), (186, 193, 202), Style::new().fg(Color::DarkGray), Modifier::DIM)
    }

    /// Notes and headings that step back, yet can be read.
    pub fn faint_text(self) -> Style {
        self.style((108, 116, 128), (120, 128, 138), Style::new().add_modifier(Modifier::DIM), Modifier::DIM)
    }

    /// The brightest: what just changed.
    pub fn strong(self) -> Style {
        self.style((255, 255, 255), (0, 0, 0), Style::new(), Modifier::empty()).add_modifier(Modifier::BOLD)
    }

    /// What leads the eye without alarm.
    pub fn accent(self) -> Style {
        self.style((110, 198, 246), (0, 92, 160), Style::new().fg(Color::Cyan), Modifier::BOLD)
    }

    /// Look here.
    pub fn warning(self) -> Style {
        self.style((245, 176, 40), (150, 88, 0), Style::new().fg(Color::Yellow), Modifier::BOLD)
    }

    /// It failed.
    pub fn error(self) -> Style {
        let mono = Modifier::BOLD.union(Modifier::UNDERLINED);
        self.style((255, 122, 78), (186, 52, 0), Style::new().fg(Color::Red), mono).add_modifier(Modifier::BOLD)
    }

    /// It holds.
    pub fn good(self) -> Style {
        self.style((38, 204, 154), (0, 116, 82), Style::new().fg(Color::Green), Modifier::empty())
    }

    /// The name of the lab, and headings.
    pub fn title(self) -> Style {
        self.accent().add_modifier(Modifier::BOLD)
    }

    /// What the cursor is on.
    pub fn selected(self) -> Style {
        match self.palette {
            Palette::Dark => Style::new().fg(Color::Rgb(255, 255, 255)).bg(Color::Rgb(28, 78, 112)),
            Palette::Light => Style::new().fg(Color::Rgb(0, 0, 0)).bg(Color::Rgb(190, 222, 244)),
            Palette::Ansi16 | Palette::Mono => Style::new().add_modifier(Modifier::REVERSED),
        }
    }

    /// A key in the last row.
    pub fn key_hint(self) -> Style {
        self.text().add_modifier(Modifier::BOLD)
    }

    /// Style of series `i`, at full strength. Series repeat after eight colours; a letter or a
    /// [`mark`](Self::mark) tells them apart where colour cannot.
    pub fn series(self, i: usize) -> Style {
        match self.palette {
            Palette::Mono => Style::new().add_modifier(MONO[i % MONO.len()]),
            _ => Style::new().fg(self.series_color(i)),
        }
    }

    /// Colour of series `i`; the terminal's own without colours.
    pub fn series_color(self, i: usize) -> Color {
        match self.palette {
            Palette::Dark => rgb(DARK[i % DARK.len()]),
            Palette::Light => rgb(LIGHT[i % LIGHT.len()]),
            Palette::Ansi16 => ANSI[i % ANSI.len()],
            Palette::Mono => Color::Reset,
        }
    }

    /// Style of series `i` at rest.
    pub fn series_dim(self, i: usize) -> Style {
        match self.palette {
            Palette::Dark => Style::new().fg(rgb(mix(DARK[i % DARK.len()], (14, 18, 24), 150))),
            Palette::Light => Style::new().fg(rgb(mix(LIGHT[i % LIGHT.len()], (255, 255, 255), 140))),
            Palette::Ansi16 => self.series(i).add_modifier(Modifier::DIM),
            Palette::Mono => Style::new().add_modifier(Modifier::DIM),
        }
    }

    /// Shape of series `i`, where a letter is too much.
    pub fn mark(self, i: usize) -> char {
        let (unicode, ascii) = MARKS[i % MARKS.len()];
        self.glyphs.pick(unicode, ascii)
    }
}

/// Letter of series `i`: A…Z, a…z, then AA, AB and so on.
///
/// ```
/// use scalelab::picture::letter;
/// assert_eq!((letter(0), letter(26), letter(52), letter(79)), ("A".into(), "a".into(), "AA".into(), "BB".into()));
/// ```
pub fn letter(i: usize) -> String {
    let upper = |i: usize| char::from(b'A' + (i % 26) as u8);
    match i {
        0..26 => upper(i).to_string(),
        26..52 => upper(i).to_ascii_lowercase().to_string(),
        52..728 => [upper((i - 52) / 26), upper(i - 52)].iter().collect(),
        _ => format!("#{i}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for (name, palette) in Palette::ALL {
            assert_eq!(name.parse(), Ok(palette));
            assert_eq!(palette.name(), name);
        }
        assert!("blue".parse::<Palette>().is_err());
    }

    #[test]
    fn mono_has_no_colours_and_no_palette_paints_the_background() {
        for (_, palette) in Palette::ALL {
            let t = Theme { palette, glyphs: Glyphs::Ascii };
            let mut styles = vec![t.text(), t.dim(), t.faint(), t.strong(), t.accent(), t.warning(), t.error()];
            styles.extend((0..40).flat_map(|i| [t.series(i), t.series_dim(i)]));
            assert!(styles.iter().all(|s| s.bg.is_none()));
            assert!(palette != Palette::Mono || styles.iter().all(|s| s.fg.is_none()));
            assert!((0..40).all(|i| t.mark(i).is_ascii()));
        }
    }

    #[test]
    fn letters_differ() {
        let all: std::collections::BTreeSet<String> = (0..2000).map(letter).collect();
        assert_eq!(all.len(), 2000);
    }
}
