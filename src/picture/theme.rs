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

    /// What a picture is drawn on where nothing is known of it: no palette paints its background.
    pub fn paper(self) -> [u8; 3] {
        if self == Self::Light { [255, 255, 255] } else { [13, 17, 23] }
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
/// The same at rest: as far towards the paper as they can be read.
const DARK_REST: [Rgb; 8] = [
    (65, 134, 173),
    (167, 118, 7),
    (3, 145, 109),
    (168, 108, 145),
    (134, 130, 46),
    (202, 96, 44),
    (83, 124, 214),
    (121, 128, 136),
];
/// Okabe–Ito, the light ones lowered so that they read on white.
const LIGHT: [Rgb; 8] = [
    (0, 98, 152),
    (139, 78, 0),
    (0, 107, 77),
    (146, 64, 112),
    (112, 91, 0),
    (164, 58, 0),
    (40, 72, 170),
    (87, 94, 102),
];
/// The same at rest: as far towards the paper as they can be read.
const LIGHT_REST: [Rgb; 8] = [
    (41, 123, 169),
    (157, 105, 40),
    (40, 130, 105),
    (163, 94, 135),
    (133, 115, 38),
    (180, 92, 45),
    (88, 113, 189),
    (111, 117, 124),
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
        self.style((158, 166, 178), (84, 92, 102), Style::new().add_modifier(Modifier::DIM), Modifier::DIM)
    }

    /// Borders and rules.
    pub fn faint(self) -> Style {
        self.style((122, 129, 140), (110, 117, 127), Style::new().fg(Color::DarkGray), Modifier::DIM)
    }

    /// Notes and headings that step back, yet can be read.
    pub fn faint_text(self) -> Style {
        self.style((134, 141, 152), (104, 111, 121), Style::new().add_modifier(Modifier::DIM), Modifier::DIM)
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

    /// A sign on a cell that is filled with a colour.
    pub fn on(self, fill: Style) -> Style {
        match self.palette {
            Palette::Dark | Palette::Light => {
                fill.fg(rgb(self.palette.paper().into())).bg(fill.fg.unwrap_or(Color::Reset))
            }
            Palette::Ansi16 => fill.fg(Color::Black).bg(fill.fg.unwrap_or(Color::Reset)),
            Palette::Mono => fill.add_modifier(Modifier::REVERSED),
        }
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
            Palette::Dark => Style::new().fg(rgb(DARK_REST[i % DARK_REST.len()])),
            Palette::Light => Style::new().fg(rgb(LIGHT_REST[i % LIGHT_REST.len()])),
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
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::super::colour::{Depth, contrast};
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

    /// Every role, and every pair of one colour on another.
    fn roles(t: Theme) -> Vec<(String, Style)> {
        let named = [
            ("text", t.text()),
            ("dim", t.dim()),
            ("faint", t.faint()),
            ("faint text", t.faint_text()),
            ("strong", t.strong()),
            ("accent", t.accent()),
            ("warning", t.warning()),
            ("error", t.error()),
            ("good", t.good()),
            ("title", t.title()),
            ("selected", t.selected()),
            ("key hint", t.key_hint()),
        ];
        let mut roles: Vec<(String, Style)> = named.into_iter().map(|(name, style)| (name.to_owned(), style)).collect();
        let fills = [("failed", t.error()), ("good", t.good()), ("accent", t.accent()), ("warning", t.warning())];
        roles.extend(fills.map(|(name, style)| (format!("on {name}"), t.on(style))));
        for i in 0..8 {
            roles.extend([(format!("series {i}"), t.series(i)), (format!("series {i} at rest"), t.series_dim(i))]);
            roles.extend([(format!("on series {i}"), t.on(t.series(i)))]);
        }
        roles
    }

    #[test]
    fn every_colour_reads_on_its_background() {
        let channels = |colour: Option<Color>, paper: [u8; 3]| match colour {
            Some(Color::Rgb(r, g, b)) => [r, g, b],
            Some(Color::Indexed(i)) => super::super::colour::indexed(i).unwrap_or_default(),
            _ => paper,
        };
        let papers = [(Palette::Dark, [0; 3]), (Palette::Dark, [13, 17, 23]), (Palette::Light, [255; 3])];
        for (palette, paper) in papers {
            let theme = Theme { palette, glyphs: Glyphs::Unicode };
            for depth in [Depth::True, Depth::Indexed] {
                for (role, style) in roles(theme) {
                    let mut buf = Buffer::empty(Rect::new(0, 0, 1, 1));
                    buf.set_string(0, 0, "x", style);
                    depth.fit(&mut buf, palette.paper());
                    let back = channels(Some(buf.content[0].bg), paper);
                    let found = contrast(channels(Some(buf.content[0].fg), paper), back);
                    assert!(found >= 4.5, "{role} of {palette:?} in {depth:?} on {paper:?}: {found:.2}");
                }
                for i in 0..8 {
                    let (full, rest) = (theme.series(i).fg, theme.series_dim(i).fg);
                    assert!(
                        contrast(channels(full, paper), paper) > contrast(channels(rest, paper), paper),
                        "series {i} of {palette:?} does not stand out from what rests"
                    );
                }
            }
        }
    }

    #[test]
    fn letters_differ() {
        let all: std::collections::BTreeSet<String> = (0..2000).map(letter).collect();
        assert_eq!(all.len(), 2000);
    }
}
