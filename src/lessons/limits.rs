//! How much a lesson may hold. A file that asks for more is refused before anything of it runs.

use crate::engine::input::Bounds;

/// Bytes of a lesson file.
pub const FILE_BYTES: usize = 256 * 1024;
/// Bytes of an input file of a lesson.
pub const INPUT_BYTES: u64 = 8 << 20;
/// What an input file of a lesson may hold, unpacked.
pub const INPUT: Bounds = Bounds { bytes: INPUT_BYTES, ..Bounds::KEPT };
/// Lessons that are loaded at once, in all units together.
pub const LESSONS: usize = 300;
/// Entries of a folder that are looked at.
pub const FOLDER_ENTRIES: usize = 1000;
/// Errors that are told of one file.
pub const ERRORS: usize = 20;
/// Steps of a lesson.
pub const STEPS: usize = 60;
/// Characters of a Markdown text.
pub const TEXT: usize = 4000;
/// Characters of a text of one line.
pub const LINE: usize = 400;
/// Characters of a name.
pub const NAME: usize = 40;
/// Choices of a question.
pub const CHOICES: usize = 6;
/// Hints of a step.
pub const HINTS: usize = 3;
/// Commands of a list: set-up, what plays, a solution.
pub const COMMANDS: usize = 32;
/// Commands of a lesson in all.
pub const ALL_COMMANDS: usize = 200;
/// Seeds of a lesson.
pub const SEEDS: usize = 16;
/// Lessons that come before, and objectives.
pub const LIST: usize = 16;
/// Minutes of a lesson.
pub const MINUTES: u32 = 120;
/// Levels of a Markdown text: a list in a list has four, and emphasis in it makes five.
pub const MARKDOWN_DEPTH: usize = 10;
