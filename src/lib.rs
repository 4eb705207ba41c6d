//! scalelab: a laboratory for scalability in your terminal.
//!
//! A lab is a deterministic state machine, `(seed, commands so far) → state → facts, events,
//! picture`. The rooms: [`sim`] is the ground of all simulation; [`algorithms`] are the real thing and know
//! nothing of the rest; [`systems`] are whole systems made of both, simulated;
//! [`engine`] is what every lab needs; [`labs`] join a model with its picture; [`headless`] and
//! [`tui`] use labs through their trait only. `ARCHITECTURE.md` has the map.

pub mod algorithms;
pub mod cli;
pub mod engine;
pub mod headless;
pub mod labs;
pub mod lessons;
pub mod picture;
pub mod settings;
pub mod sim;
pub mod systems;
pub mod tui;
