//! What every lab gets for free: simulated time, the time line, command parsing, checks over
//! facts, real input and run files.
//!
//! The engine knows no lab, no screen and no wall clock. It imports nothing of `labs`, `tui`,
//! `lessons` or `headless`; a test keeps it so.

pub mod checks;
mod clocked;
pub mod command_line;
mod context;
mod cost;
mod error;
mod event;
pub mod event_queue;
pub mod input;
pub mod interrupt;
mod live;
pub mod model;
pub mod numbers;
pub mod observed;
pub mod ranges;
pub mod recording;
mod scene;
pub mod timeline;
mod usage;
pub mod visible;

pub use checks::{CheckError, Expectation, Verdict};
pub use clocked::Clocked;
pub use command_line::{CommandLine, ParseOutcome};
pub use context::{Context, Say};
pub use error::ModelError;
pub use event::{Event, EventKind, Micros};
pub use event_queue::{EventId, EventQueue};
pub use input::{Blank, Input, InputError, InputProblem, LineReader, Lines};
pub use model::{ContextOf, Model, Property, Setup};
pub use observed::{Observed, Theory, facts_of};
pub use recording::{Recording, RecordingError};
pub use scene::{Moment, STORY, Stopped};
pub use timeline::{Timeline, TimelineError};
pub use visible::{visible, visible_lines};
