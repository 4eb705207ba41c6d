//! The ring lab's pictures.
//!
//! ```text
//!         ╭─AAAA──B─╮       the hash space as a circle, owners' colours as arcs, keys inside;
//!       ╭─╯ A     B ╰─╮     nodes stand further in, and moved keys fly between them
//!       C      C      B
//! ```

mod circle;
mod comparison;
mod one_key;
mod unrolled;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::keys::turn;
use super::model::{RingModel, UNFOLD_US};
use super::serving::Node;
use super::world::{Cause, Change};
use crate::algorithms::hash::key_hash;
use crate::labs::Scene;
use crate::picture::{caption, letter, write};

type RingScene<'a> = Scene<'a, RingModel>;

/// Draws the view of the scene.
pub(super) fn draw(scene: &RingScene<'_>, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    match scene.view {
        0 => circle::draw(scene, area, buf),
        1 => unrolled::draw(scene, area, buf),
        2 => comparison::draw(scene, area, buf),
        _ => one_key::draw(scene, area, buf),
    }
}

/// What a click in the picture means.
pub(super) fn click(scene: &RingScene<'_>, area: Rect, x: u16, y: u16) -> Option<String> {
    match scene.view {
        0 => circle::click(scene, area, x, y),
        1 => unrolled::click(scene, area, x, y),
        _ => None,
    }
}

/// The command that inspects a key or a node of any name.
pub(super) fn inspect(name: &str) -> String {
    let quoted = shlex::try_quote(name).map_or_else(|_| String::new(), |q| q.into_owned());
    if name.starts_with('-') { format!("inspect -- {quoted}") } else { format!("inspect {quoted}") }
}

/// The command that inspects the key nearest to a place in the hash space.
fn inspect_nearest(model: &RingModel, place: f64) -> Option<String> {
    let distance = |hash: u64| {
        let apart = (turn(hash) - place).abs();
        apart.min(1.0 - apart)
    };
    let hashes = model.keys.hashes().iter().enumerate();
    let nearest = hashes.min_by(|(_, a), (_, b)| distance(**a).total_cmp(&distance(**b)))?;
    Some(inspect(&model.keys.text(nearest.0)))
}

/// How far the last change has unfolded, from 0 to 1; without motion it is always done.
fn progress(scene: &RingScene<'_>) -> f64 {
    match &scene.model.change {
        Some(change) if scene.motion => {
            (scene.now.saturating_sub(change.at_us) as f64 / UNFOLD_US as f64).clamp(0.0, 1.0)
        }
        _ => 1.0,
    }
}

/// The id of the node whose turn it was to change last.
fn changed_node(change: Option<&Change>) -> Option<u32> {
    match change?.cause {
        Cause::Joined(id) | Cause::Left(id, _) | Cause::Failed(id) | Cause::Recovered(id) => Some(id),
        _ => None,
    }
}

/// A hash at a place in the hash space, from 0 to 1. Its low half is mixed from the place and a salt: round
/// numbers would look the same to `hash % N`.
fn hash_at(place: f64, salt: u64) -> u64 {
    let hash = (place.rem_euclid(1.0) * 18_446_744_073_709_551_616.0) as u64;
    (hash & !0xffff_ffff) | (key_hash(salt, &hash.to_le_bytes()) >> 32)
}

/// Letter of a node, with a cross when it is down: colour is never alone.
fn tag(node: &Node) -> String {
    if node.up { letter(node.id as usize) } else { format!("{}×", letter(node.id as usize)) }
}
