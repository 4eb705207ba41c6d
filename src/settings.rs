//! How scalelab looks and moves: the config file, the environment and the command line, in rising order.

use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::Deserialize;

use crate::engine::input::read_text;
use crate::engine::{InputProblem, visible, visible_lines};
use crate::picture::{Glyphs, Palette, Theme};

/// What the config file may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// `dark`, `light`, `ansi` or `mono`.
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
        let set = |name: &str| environment(name).is_some_and(|v| !v.is_empty());
        let palette = match looks.theme.as_ref().or(file.theme.as_ref()) {
            Some(name) => name.parse::<Palette>().map_err(|e| e.to_string())?,
            None if set("NO_COLOR") => Palette::Mono,
            None if environment("COLORTERM").is_some_and(|v| v == "truecolor" || v == "24bit") => Palette::Dark,
            None => Palette::Ansi16,
        };
        // NO_COLOR beats the config file; only an explicit --theme beats NO_COLOR.
        let palette = if set("NO_COLOR") && looks.theme.is_none() { Palette::Mono } else { palette };
        let ascii = looks.ascii || file.ascii.unwrap_or(false);
        let speed = file.speed.unwrap_or(1.0);
        if !SPEEDS.contains(&speed) {
            return Err(format!("speed = {speed} in the config file: choose {} to {}", SPEEDS.start(), SPEEDS.end()));
        }
        Ok(Self {
            theme: Theme { palette, glyphs: if ascii { Glyphs::Ascii } else { Glyphs::Unicode } },
            motion: !looks.no_motion && file.motion.unwrap_or(true),
            speed,
        })
    }
}
