//! Ketama: the ring that memcached clients agree on.

use md5::{Digest, Md5};

/// Where Ketama places a key: the first four bytes of its MD5 digest, little-endian.
///
/// Source: `ketama_hashi` in libketama.
///
/// ```
/// assert_eq!(scalelab::algorithms::placement::hashi("test"), 3_446_378_249);
/// ```
#[must_use]
pub fn hashi(key: &str) -> u32 {
    quarter(&Md5::digest(key.as_bytes()), 0)
}

/// A quarter of an MD5 digest as a number.
fn quarter(digest: &[u8], which: usize) -> u32 {
    let bytes = digest.iter().skip(4 * which).take(4);
    bytes.rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

/// A Ketama ring over a 32-bit space: a server has ⌊share·40·n⌋·4 points, cut from MD5 digests of
/// `"address-k"`, where share is its part of the total weight and n the number of servers.
///
/// A key belongs to the first point at or after its [`hashi`], around the end to the first point. A
/// server whose share rounds down to nothing has no points. Lookup O(log n), at most 160·n points of
/// 16 bytes. Source: `ketama_create_continuum` in libketama, including its single precision: the share is rounded to it, and
/// so is the product before ⌊ ⌋.
///
/// ```
/// use scalelab::algorithms::placement::Ketama;
/// let ring = Ketama::new(&[("127.0.0.1:11211", 600), ("127.0.0.1:11212", 400)]);
/// assert_eq!(ring.points().len(), 320);
/// assert_eq!(ring.point_for("test"), Some((3_454_255_383, 0)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ketama {
    points: Vec<(u32, usize)>,
}

impl Ketama {
    /// A ring of these servers, as (address, weight).
    #[must_use]
    pub fn new(servers: &[(&str, u32)]) -> Self {
        let total: u64 = servers.iter().map(|server| u64::from(server.1)).sum();
        let mut points = Vec::new();
        for (index, &(address, weight)) in servers.iter().enumerate() {
            for k in 0..digests(weight, total, servers.len()) {
                let digest = Md5::digest(format!("{address}-{k}").as_bytes());
                points.extend((0..4).map(|which| (quarter(&digest, which), index)));
            }
        }
        points.sort_unstable();
        Self { points }
    }

    /// All points as (position, server), sorted.
    #[must_use]
    pub fn points(&self) -> &[(u32, usize)] {
        &self.points
    }

    /// The point that a key belongs to, as (position, server). `None` when the ring has no points.
    #[must_use]
    pub fn point_for(&self, key: &str) -> Option<(u32, usize)> {
        let hash = hashi(key);
        let index = self.points.partition_point(|point| point.0 < hash);
        self.points.get(index).or(self.points.first()).copied()
    }
}

/// How many digests a server gets: `floorf(pct * 40.0 * (float)numservers)`, pct being a `float`. Where the product lies just
/// below a whole number, as with 25 servers of one weight, it is the rounding to single precision that makes it whole.
fn digests(weight: u32, total: u64, servers: usize) -> u64 {
    if total == 0 {
        return 0;
    }
    let share = weight as f32 / total as f32;
    let product = f64::from(share) * 40.0 * f64::from(servers as f32);
    (product as f32).floor() as u64
}
