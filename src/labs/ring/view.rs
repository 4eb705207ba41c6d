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

use super::keys::KeySet;
use super::state::{RingModel, UNFOLD};
use crate::algorithms::hash::key_hash;
use crate::engine::numbers::{count, percent, thousands};
use crate::labs::Scene;
use crate::picture::{Widget, caption, letter, write};
use crate::systems::placing::Node;
use crate::systems::placing::space::turn;

type RingScene<'a> = Scene<'a, RingModel>;

/// The picture of the scene's view.
pub(super) fn picture<'a>(scene: &'a RingScene<'a>) -> Box<dyn Widget + 'a> {
    match scene.view {
        0 => Box::new(circle::RingCircle(scene)),
        1 => Box::new(unrolled::Unrolled(scene)),
        2 => Box::new(comparison::SideBySide(scene)),
        _ => Box::new(one_key::OneKey(scene)),
    }
}

/// The command that inspects a key or a node of any name.
pub(super) fn inspect(name: &str) -> String {
    let quoted = shlex::try_quote(name).map_or_else(|_| String::new(), |q| q.into_owned());
    if name.starts_with('-') { format!("inspect -- {quoted}") } else { format!("inspect {quoted}") }
}

/// The command that inspects the key nearest to a place in the hash space. Cost: linear in the keys.
fn inspect_nearest(keys: &KeySet, place: f64) -> Option<String> {
    let distance = |hash: u64| {
        let apart = (turn(hash) - place).abs();
        apart.min(1.0 - apart)
    };
    let hashes = keys.hashes().iter().enumerate();
    let nearest = hashes.min_by(|(_, a), (_, b)| distance(**a).total_cmp(&distance(**b)))?;
    Some(inspect(&keys.text(nearest.0)))
}

/// How far the last change has unfolded, from 0 to 1.
fn progress(scene: &RingScene<'_>) -> f64 {
    scene.model.change.as_ref().map_or(1.0, |change| scene.progress(change.at, UNFOLD))
}

/// The nodes with their share of the load, and what moved last, in words.
fn in_words(model: &RingModel) -> String {
    const MOST: usize = 12;
    let (nodes, loads) = (&model.config().nodes, &model.cluster.served.loads);
    let total: u64 = loads.iter().sum::<u64>().max(1);
    let share = |(node, load): (&Node, &u64)| match node.up {
        true => format!("{} {}", node.name, percent(*load as f64 / total as f64)),
        false => format!("{} down", node.name),
    };
    let mut shares: Vec<String> = nodes.iter().zip(loads).take(MOST).map(share).collect();
    if nodes.len() > MOST {
        shares.push(format!("and {} more", nodes.len() - MOST));
    }
    let load = if shares.is_empty() { "There is no node".to_owned() } else { format!("Load: {}", shares.join(", ")) };
    let moved = model.change.as_ref().map_or_else(String::new, |change| {
        let (moved, all) = (thousands(change.moves.moved), count(model.keys.len() as u64, "key"));
        format!(" The last change moved {moved} of {all}.")
    });
    format!("{load}.{moved}")
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
