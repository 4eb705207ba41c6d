//! How scalelab looks and moves: the config file, the environment and the command line, in rising order.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::Deserialize;

use crate::engine::input::read_text;
use crate::engine::{InputProblem, visible, visible_lines};
use crate::picture::{Depth, Glyphs, Palette, Theme, is_light};

/// What the config file may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// `auto`, `dark`, `light`, `ansi` or `mono`.
    pub theme: Option<String>,
    /// Draw with ASCII characters only.
    pub ascii: Option<bool>,
    /// Whether things may travel on the screen.
    pub motion: Option<bool>,
    /// Speed of simulated time against real time.
    pub speed: Option<f64>,
}

/// What the command line says about looks.
#[derive(Clone, Debug, Default)]
pub struct Looks {
    /// `--theme`.
    pub theme: Option<String>,
    /// `--ascii`.
    pub ascii: bool,
    /// `--no-motion`.
    pub no_motion: bool,
}

/// How scalelab looks and moves.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Colours and glyphs.
    pub theme: Theme,
    /// Whether things may travel on the screen.
    pub motion: bool,
    /// Speed of simulated time against real time.
    pub speed: f64,
    /// How many colours the terminal shows.
    pub depth: Depth,
    /// Whether the palette follows the terminal's background.
    follows: bool,
    /// Whether the terminal can be asked for its background.
    answers: bool,
}

/// Largest config file, in bytes.
const MAX_CONFIG: u64 = 64 << 10;

/// Slowest and fastest speed.
pub const SPEEDS: std::ops::RangeInclusive<f64> = 0.125..=64.0;

/// Where the config file is looked for: `scalelab/config.toml` in the XDG config folder.
pub fn config_path() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.config_dir().join("scalelab").join("config.toml"))
}

/// Reads a config file; one that is not there says nothing.
///
/// # Errors
/// A sentence that names the file, what is wrong in it, and what would be right.
pub fn read_config(path: &Path) -> Result<ConfigFile, String> {
    let text = match read_text(path, MAX_CONFIG) {
        Ok(text) => text,
        Err(error) if error.problem == InputProblem::Missing => return Ok(ConfigFile::default()),
        Err(error) => return Err(format!("the config file {error}")),
    };
    toml::from_str(&text).map_err(|error| {
        let (name, reason) = (path.display().to_string(), error.to_string());
        let reason = visible_lines(reason.trim()).replace('\n', "\n  ");
        format!("the config file {} is wrong:\n  {reason}\nIts keys are theme, ascii, motion, speed.", visible(&name))
    })
}

impl Settings {
    /// Settings from the config file, the environment and the command line.
    ///
    /// # Errors
    /// An unknown theme or a speed out of range, with what there is.
    pub fn new(file: &ConfigFile, looks: &Looks, environment: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let named = looks.theme.as_ref().or(file.theme.as_ref()).filter(|name| *name != "auto");
        let chosen = named.map(|name| palette(name)).transpose()?;
        let terminal = Terminal::of(&environment);
        // NO_COLOR beats the config file; only an explicit --theme beats NO_COLOR.
        let no_colour = environment("NO_COLOR").is_some_and(|v| !v.is_empty());
        let chosen = chosen.filter(|_| !no_colour || looks.theme.is_some());
        let depth = if no_colour && chosen.is_none() { Depth::Mono } else { terminal.depth };
        let follows = chosen.is_none() && depth != Depth::Mono;
        let palette = chosen.unwrap_or_else(|| followed(depth, terminal.light));
        let ascii = looks.ascii || file.ascii.unwrap_or(terminal.ascii);
        let speed = file.speed.unwrap_or(1.0);
        if !SPEEDS.contains(&speed) {
            return Err(format!("speed = {speed} in the config file: choose {} to {}", SPEEDS.start(), SPEEDS.end()));
        }
        Ok(Self {
            theme: Theme { palette, glyphs: if ascii { Glyphs::Ascii } else { Glyphs::Unicode } },
            motion: !looks.no_motion && file.motion.unwrap_or(true),
            speed,
            depth,
            follows,
            answers: terminal.answers,
        })
    }

    /// Whether it matters what the terminal's background is, and the terminal may say it.
    pub fn asks_background(&self) -> bool {
        self.follows && self.answers
    }

    /// Takes the palette that reads on this background, unless one was chosen; gives whether it is another.
    pub fn on_background(&mut self, background: [u8; 3]) -> bool {
        let before = self.theme.palette;
        if self.follows {
            self.theme.palette = followed(self.depth, Some(is_light(background)));
        }
        self.theme.palette != before
    }
}

fn palette(name: &str) -> Result<Palette, String> {
    let names: Vec<&str> = Palette::ALL.iter().map(|(name, _)| *name).collect();
    name.parse().map_err(|_| format!("unknown theme '{}': use auto, {}", visible(name), names.join(", ")))
}

/// The palette for a terminal of so many colours, on a background that is light, dark, or not known.
fn followed(depth: Depth, light: Option<bool>) -> Palette {
    match (depth, light) {
        // Most of the sixteen colours do not read on white, and none is known to: bold and underlined do.
        (Depth::Mono, _) | (Depth::Sixteen, Some(true)) => Palette::Mono,
        (Depth::True | Depth::Indexed, Some(true)) => Palette::Light,
        (Depth::True, _) | (Depth::Indexed, Some(false)) => Palette::Dark,
        (Depth::Indexed, None) | (Depth::Sixteen, _) => Palette::Ansi16,
    }
}

/// What the environment says of the terminal.
struct Terminal {
    depth: Depth,
    /// Whether only ASCII is sure to be shown.
    ascii: bool,
    /// Whether its background is light, as far as it is said.
    light: Option<bool>,
    /// Whether it keeps quiet about queries that it does not know.
    answers: bool,
}

impl Terminal {
    fn of(environment: &impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| environment(name).filter(|v| !v.is_empty());
        let term = set("TERM").unwrap_or_default();
        let old =
            term == "dumb" || term.strip_prefix("vt").is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()));
        let console = term == "linux" || term.starts_with("linux-");
        let mono = old || term.ends_with("-m") || term.ends_with("-mono");
        let any = set("COLORTERM").is_some_and(|v| v == "truecolor" || v == "24bit") || term.ends_with("-direct");
        // They show all colours, and say so where nothing forwards COLORTERM, as over ssh.
        let modern = ["kitty", "alacritty", "foot", "wezterm", "ghostty"].iter().any(|name| term.contains(name));
        let depth = match () {
            () if mono => Depth::Mono,
            () if console => Depth::Sixteen,
            () if any || modern => Depth::True,
            () if term.contains("256color") => Depth::Indexed,
            () => Depth::Sixteen,
        };
        // The first that is set counts (POSIX). Where none is, UTF-8 is the better guess: containers set none.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| set(name));
        let utf8 = locale.is_none_or(|name| name.to_ascii_lowercase().replace('-', "").contains("utf8"));
        let light = set("COLORFGBG").and_then(|v| light_by(&v));
        Self { depth, ascii: old || console || !utf8, light, answers: !old && !console && !term.is_empty() }
    }
}

/// COLORFGBG is `foreground;background` in the sixteen colours, perhaps with something between.
fn light_by(value: &str) -> Option<bool> {
    match value.rsplit(';').next()?.parse::<u8>().ok()? {
        0..=6 | 8 => Some(false),
        7 | 9..=15 => Some(true),
        _ => None,
    }
}

/// Whether a terminal of this type can place text and colours at all.
pub fn can_draw(term: Option<&str>) -> bool {
    !matches!(term, None | Some("" | "dumb" | "unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(environment: &[(&str, &str)], file: Option<&str>, theme: Option<&str>) -> Settings {
        let file = ConfigFile { theme: file.map(str::to_owned), ..ConfigFile::default() };
        let looks = Looks { theme: theme.map(str::to_owned), ..Looks::default() };
        let find = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        Settings::new(&file, &looks, find).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn colours_and_glyphs_follow_the_terminal() {
        use Palette::{Ansi16, Dark, Light, Mono};
        type Environment = &'static [(&'static str, &'static str)];
        const XTERM: (&str, &str) = ("TERM", "xterm-256color");
        const TRUE: (&str, &str) = ("COLORTERM", "truecolor");
        // Environment, config, --theme; palette, ASCII, whether the terminal is asked.
        type Case = (Environment, Option<&'static str>, Option<&'static str>, Palette, bool, bool);
        let table: &[Case] = &[
            (&[XTERM], None, None, Ansi16, false, true),
            (&[XTERM, TRUE], None, None, Dark, false, true),
            (&[XTERM, TRUE], Some("auto"), None, Dark, false, true),
            (&[XTERM, TRUE], Some("light"), None, Light, false, false),
            (&[XTERM, TRUE], Some("light"), Some("auto"), Dark, false, true),
            (&[XTERM, TRUE, ("COLORFGBG", "0;15")], None, None, Light, false, true),
            (&[XTERM, TRUE, ("COLORFGBG", "0;default;15")], None, None, Light, false, true),
            (&[XTERM, TRUE, ("COLORFGBG", "15;0")], None, None, Dark, false, true),
            (&[XTERM, TRUE, ("COLORFGBG", "default;default")], None, None, Dark, false, true),
            (&[XTERM, ("COLORFGBG", "15;0")], None, None, Dark, false, true),
            (&[("TERM", "xterm"), ("COLORFGBG", "0;15")], None, None, Mono, false, true),
            (&[("TERM", "xterm-kitty")], None, None, Dark, false, true),
            (&[XTERM, TRUE, ("NO_COLOR", "1")], None, None, Mono, false, false),
            (&[XTERM, TRUE, ("NO_COLOR", "1")], Some("dark"), None, Mono, false, false),
            (&[XTERM, TRUE, ("NO_COLOR", "1")], None, Some("dark"), Dark, false, false),
            (&[XTERM, TRUE, ("NO_COLOR", "1")], None, Some("auto"), Mono, false, false),
            (&[XTERM, TRUE, ("NO_COLOR", "")], None, None, Dark, false, true),
            (&[("TERM", "vt100"), TRUE], None, None, Mono, true, false),
            (&[("TERM", "vt220"), TRUE], None, None, Mono, true, false),
            (&[("TERM", "vte-256color")], None, None, Ansi16, false, true),
            (&[("TERM", "xterm-mono")], None, None, Mono, false, false),
            (&[("TERM", "linux"), TRUE], None, None, Ansi16, true, false),
            (&[XTERM, ("LC_ALL", "C")], None, None, Ansi16, true, true),
            (&[XTERM, ("LC_ALL", "C"), ("LANG", "en_US.UTF-8")], None, None, Ansi16, true, true),
            (&[XTERM, ("LC_ALL", ""), ("LANG", "POSIX")], None, None, Ansi16, true, true),
            (&[XTERM, ("LANG", "de_DE.ISO-8859-1")], None, None, Ansi16, true, true),
            (&[XTERM, ("LANG", "C.utf8")], None, None, Ansi16, false, true),
        ];
        for (environment, file, theme, palette, ascii, asks) in table {
            let found = settings(environment, *file, *theme);
            assert_eq!(found.theme.palette, *palette, "{environment:?} {file:?} {theme:?}");
            assert_eq!(found.theme.glyphs == Glyphs::Ascii, *ascii, "{environment:?}");
            assert_eq!(found.asks_background(), *asks, "{environment:?} {file:?} {theme:?}");
        }
    }

    #[test]
    fn the_background_chooses_between_palettes_unless_one_was_chosen() {
        let table = [
            ("xterm-256color", None, [255, 255, 255], Palette::Light),
            ("xterm-256color", None, [0, 43, 54], Palette::Dark),
            ("xterm", None, [255, 255, 255], Palette::Mono),
            ("xterm", None, [0, 0, 0], Palette::Ansi16),
            ("xterm-256color", Some("dark"), [255, 255, 255], Palette::Dark),
        ];
        for (term, theme, background, wanted) in table {
            let mut found = settings(&[("TERM", term)], None, theme);
            found.on_background(background);
            assert_eq!(found.theme.palette, wanted, "{term} {theme:?} {background:?}");
        }
    }
}
