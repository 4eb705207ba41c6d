//! How fast rings are, next to the `hashring` crate: 100 members with 160 points each.
//!
//! `cargo bench --bench placement` prints the figures of both, then their ratios, measured in turn in
//! the same run so that a busy machine slows both down.

#![expect(clippy::expect_used, reason = "a benchmark may panic; its members and sizes always work")]

use std::hash::{BuildHasher, Hash, Hasher};
use std::hint::black_box;
use std::time::{Duration, Instant};

use hashring::HashRing;
use scalelab::algorithms::hash::key_hash;
use scalelab::algorithms::placement::{BoundedRing, Jump, Maglev, Member, Placement, Rendezvous, Ring};

const MEMBERS: u32 = 100;
const VIRTUAL_NODES: u32 = 160;
const KEYS: u64 = 100_000;
const MANY_KEYS: u64 = 1_000_000;

fn members(count: u32) -> Vec<Member> {
    (0..count).map(|i| Member::new(format!("node-{i}"), 1)).collect()
}

fn keys(count: u64) -> Vec<String> {
    (0..count).map(|i| format!("user:{:08}", i.wrapping_mul(0x9e37_79b9) % 100_000_000)).collect()
}

fn ours(count: u32) -> Ring {
    Ring::new(&members(count), VIRTUAL_NODES, 0).expect("the ring is small enough")
}

fn points_of(member: u32) -> Vec<(u32, u32)> {
    (0..VIRTUAL_NODES).map(|replica| (member, replica)).collect()
}

fn theirs(count: u32) -> HashRing<(u32, u32)> {
    let mut ring = HashRing::new();
    ring.batch_add((0..count).flat_map(points_of).collect());
    ring
}

/// The `hashring` crate with our hash, which leaves only the difference between the rings.
fn theirs_with_xxh3(count: u32) -> HashRing<(u32, u32), Xxh3> {
    let mut ring = HashRing::with_hasher(Xxh3(0));
    ring.batch_add((0..count).flat_map(points_of).collect());
    ring
}

#[derive(Clone, Copy)]
struct Xxh3(u64);

impl BuildHasher for Xxh3 {
    type Hasher = Self;
    fn build_hasher(&self) -> Self {
        *self
    }
}

impl Hasher for Xxh3 {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = key_hash(self.0, bytes);
    }
    /// Marks the end of a string; one key needs no such mark.
    fn write_u8(&mut self, _end: u8) {}
}

/// A string that hashes its bytes only.
struct Key<'a>(&'a str);

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.0.as_bytes());
    }
}

fn look_up_ours(ring: &Ring, keys: &[String]) -> u64 {
    keys.iter().map(|key| u64::from(ring.owner(key_hash(0, key.as_bytes())).unwrap_or(0))).sum()
}

fn look_up_theirs<S: BuildHasher>(ring: &HashRing<(u32, u32), S>, keys: &[String]) -> u64 {
    keys.iter().map(|key| ring.get(&Key(key)).map_or(0, |node| u64::from(node.0))).sum()
}

fn look_up_any(placement: &dyn Placement, keys: &[String]) -> u64 {
    keys.iter().map(|key| u64::from(placement.owner(key_hash(0, key.as_bytes())).unwrap_or(0))).sum()
}

/// A member joins, then every key is looked up again; how many moved.
fn join_ours(mut ring: Ring, hashes: &[u64], before: &[u32]) -> usize {
    ring.add(Member::new("newcomer", 1)).expect("there is room");
    hashes.iter().zip(before).filter(|&(&hash, &old)| ring.owner(hash) != Some(old)).count()
}

fn join_theirs(mut ring: HashRing<(u32, u32)>, hashes: &[u64], before: &[u32]) -> usize {
    ring.batch_add(points_of(MEMBERS));
    hashes.iter().zip(before).filter(|&(hash, &old)| ring.get(hash).map(|node| node.0) != Some(old)).count()
}

mod lookup {
    use super::*;
    use divan::{Bencher, counter::ItemsCount};

    fn bench(bencher: Bencher<'_, '_>, look_up: impl Fn(&[String]) -> u64 + Sync) {
        let keys = keys(KEYS);
        bencher.counter(ItemsCount::new(KEYS)).bench(|| look_up(black_box(&keys)));
    }

    #[divan::bench]
    fn ring(bencher: Bencher<'_, '_>) {
        let ring = ours(MEMBERS);
        bench(bencher, |keys| look_up_ours(&ring, keys));
    }

    #[divan::bench]
    fn hashring(bencher: Bencher<'_, '_>) {
        let ring = theirs(MEMBERS);
        bench(bencher, |keys| look_up_theirs(&ring, keys));
    }

    #[divan::bench]
    fn hashring_with_xxh3(bencher: Bencher<'_, '_>) {
        let ring = theirs_with_xxh3(MEMBERS);
        bench(bencher, |keys| look_up_theirs(&ring, keys));
    }

    #[divan::bench]
    fn jump(bencher: Bencher<'_, '_>) {
        let placement = Jump::new(&members(MEMBERS));
        bench(bencher, |keys| look_up_any(&placement, keys));
    }

    #[divan::bench]
    fn maglev(bencher: Bencher<'_, '_>) {
        let placement = Maglev::new(&members(MEMBERS), 65537, 0).expect("the size is prime");
        bench(bencher, |keys| look_up_any(&placement, keys));
    }

    #[divan::bench(sample_count = 20)]
    fn rendezvous(bencher: Bencher<'_, '_>) {
        let placement = Rendezvous::new(&members(MEMBERS), 0);
        bench(bencher, |keys| look_up_any(&placement, keys));
    }
}

mod build {
    use super::*;

    #[divan::bench]
    fn ring() -> Ring {
        ours(black_box(MEMBERS))
    }

    #[divan::bench]
    fn hashring() -> HashRing<(u32, u32)> {
        theirs(black_box(MEMBERS))
    }

    #[divan::bench]
    fn maglev() -> Maglev {
        Maglev::new(&members(black_box(MEMBERS)), 65537, 0).expect("the size is prime")
    }
}

mod assign {
    use super::*;
    use divan::{Bencher, counter::ItemsCount};

    #[divan::bench(args = [10, 100, 1000], sample_count = 10)]
    fn bounded(bencher: Bencher<'_, '_>, count: u32) {
        let ring = BoundedRing::new(&members(count), VIRTUAL_NODES, 0, 125).expect("the ring is small enough");
        let demands: Vec<(u64, u64)> = (0..MANY_KEYS).map(|i| (key_hash(1, &i.to_le_bytes()), 1)).collect();
        let alive = vec![true; count as usize];
        bencher.counter(ItemsCount::new(MANY_KEYS)).bench(|| ring.assign(black_box(&demands), &alive));
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

/// Runs both in turn and prints the best time of each, in nanoseconds per item, and their ratio.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn compare(what: &str, items: u64, rounds: u32, ours: impl Fn() -> Duration, theirs: impl Fn() -> Duration) {
    let (mut best_ours, mut best_theirs) = (Duration::MAX, Duration::MAX);
    for _ in 0..rounds {
        best_ours = best_ours.min(ours());
        best_theirs = best_theirs.min(theirs());
    }
    let each = |time: Duration| time.as_nanos() as f64 / items as f64;
    let (a, b) = (each(best_ours), each(best_theirs));
    println!("{what}: ours {a:.1} ns, hashring {b:.1} ns, ratio {:.2}", a / b);
}

fn main() {
    divan::main();
    let (ring, other, other_xxh3) = (ours(MEMBERS), theirs(MEMBERS), theirs_with_xxh3(MEMBERS));
    let strings = keys(KEYS);
    let lookup = || time(|| look_up_ours(&ring, black_box(&strings)));
    compare("lookup", KEYS, 50, lookup, || time(|| look_up_theirs(&other, black_box(&strings))));
    compare("lookup, both xxh3", KEYS, 50, lookup, || time(|| look_up_theirs(&other_xxh3, black_box(&strings))));
    let points = u64::from(MEMBERS * VIRTUAL_NODES);
    compare("build, a point", points, 50, || time(|| ours(MEMBERS)), || time(|| theirs(MEMBERS)));

    let hashes: Vec<u64> = (0..MANY_KEYS).map(|i| key_hash(1, &i.to_le_bytes())).collect();
    let before: Vec<u32> = hashes.iter().filter_map(|&hash| ring.owner(hash)).collect();
    let other_before: Vec<u32> = hashes.iter().filter_map(|hash| other.get(hash)).map(|node| node.0).collect();
    let join = || {
        let ring = ring.clone();
        time(|| join_ours(ring, &hashes, &before))
    };
    let other_join = || {
        let ring = other.clone();
        time(|| join_theirs(ring, &hashes, &other_before))
    };
    compare("join and look up 1,000,000 keys, a key", MANY_KEYS, 10, join, other_join);
}
