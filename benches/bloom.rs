//! How fast Bloom filters are, next to the `fastbloom` crate: 1,000,000 items at a false-positive rate of 1 %.
//!
//! `cargo bench --bench bloom` prints the figures of all, then their ratios to `fastbloom`, measured in turn in the same run
//! so that a busy machine slows both down. Limits: 1.0 for the classic filter, 0.7 for the blocked one.

#![expect(clippy::expect_used, reason = "a benchmark may panic; these sizes always work")]

use std::hash::{BuildHasher, Hasher};
use std::hint::black_box;
use std::time::{Duration, Instant};

use fastbloom::BloomFilter;
use scalelab::algorithms::bloom::{Blocked, Classic, Counting, Digest, Filter, Scalable, theory};
use scalelab::algorithms::hash::key_hash;

const ITEMS: usize = 1_000_000;
const RATE: f64 = 0.01;

/// Items that go in, or as many that do not.
fn items(kind: &str) -> Vec<String> {
    (0..ITEMS as u64).map(|i| format!("{kind}:{:08}", i.wrapping_mul(0x9e37_79b9) % 100_000_000)).collect()
}

fn digest(item: &str) -> Digest {
    Digest::xxh3(0, item.as_bytes())
}

fn size() -> theory::Size {
    theory::size(ITEMS as u64, RATE).expect("the size is small enough")
}

fn classic() -> Classic {
    Classic::for_items(ITEMS as u64, RATE).expect("the size is small enough")
}

fn blocked() -> Blocked {
    Blocked::new(size().cells, size().hashes).expect("the size is small enough")
}

fn counting() -> Counting {
    Counting::new(size().cells, size().hashes).expect("the size is small enough")
}

fn scalable() -> Scalable {
    Scalable::new(ITEMS as u64, RATE).expect("the size is small enough")
}

/// Our hash in `fastbloom`, which leaves only the difference between the filters.
#[derive(Clone, Default)]
struct Xxh3(u64);

impl BuildHasher for Xxh3 {
    type Hasher = Self;
    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

impl Hasher for Xxh3 {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        self.0 = key_hash(self.0, bytes);
    }
    /// Marks the end of a string; one item needs no such mark.
    fn write_u8(&mut self, _end: u8) {}
}

fn fast() -> BloomFilter {
    BloomFilter::with_false_pos(RATE).expected_items(ITEMS)
}

fn fast_xxh3() -> BloomFilter<Xxh3> {
    BloomFilter::with_false_pos(RATE).hasher(Xxh3(0)).expected_items(ITEMS)
}

fn put<F: Filter>(filter: &mut F, items: &[String]) {
    for item in items {
        filter.insert(digest(item));
    }
}

fn put_fast<S: BuildHasher>(filter: &mut BloomFilter<S>, items: &[String]) {
    for item in items {
        filter.insert(item.as_str());
    }
}

fn count<F: Filter>(filter: &F, items: &[String]) -> usize {
    items.iter().filter(|item| filter.contains(digest(item))).count()
}

fn count_fast<S: BuildHasher>(filter: &BloomFilter<S>, items: &[String]) -> usize {
    items.iter().filter(|item| filter.contains(item.as_str())).count()
}

mod a_million {
    use super::*;
    use divan::{Bencher, counter::ItemsCount};

    fn insert<T: Clone + Send + Sync>(bencher: Bencher<'_, '_>, empty: T, put: impl Fn(&mut T, &[String]) + Sync) {
        let items = items("user");
        let fresh = || empty.clone();
        bencher.counter(ItemsCount::new(ITEMS)).with_inputs(fresh).bench_values(|mut filter| {
            put(&mut filter, black_box(&items));
            filter
        });
    }

    #[divan::bench(sample_count = 10)]
    fn insert_classic(bencher: Bencher<'_, '_>) {
        insert(bencher, classic(), put);
    }

    #[divan::bench(sample_count = 10)]
    fn insert_blocked(bencher: Bencher<'_, '_>) {
        insert(bencher, blocked(), put);
    }

    #[divan::bench(sample_count = 10)]
    fn insert_counting(bencher: Bencher<'_, '_>) {
        insert(bencher, counting(), put);
    }

    #[divan::bench(sample_count = 10)]
    fn insert_scalable(bencher: Bencher<'_, '_>) {
        insert(bencher, scalable(), put);
    }

    #[divan::bench(sample_count = 10)]
    fn insert_fastbloom(bencher: Bencher<'_, '_>) {
        insert(bencher, fast(), put_fast);
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    black_box(work());
    start.elapsed()
}

/// Items that are timed at once: few, so that a busy machine seldom breaks in.
const SLICE: usize = 10_000;

/// Runs one over all items, then the other, each round from a fresh state. Prints the sum of the best times of all slices in
/// nanoseconds an item, their ratio and the limit. Not slice by slice in turn: each would find the cache full of the other.
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn compare<A, B>(
    what: &str,
    limit: Option<f64>,
    items: &[String],
    fresh: impl Fn() -> (A, B),
    (ours, theirs): (impl Fn(&mut A, &[String]), impl Fn(&mut B, &[String])),
) {
    let mut best = vec![(Duration::MAX, Duration::MAX); items.len().div_ceil(SLICE)];
    for _ in 0..12 {
        let (mut own, mut other) = fresh();
        for (slice, best) in items.chunks(SLICE).zip(&mut best) {
            best.0 = best.0.min(time(|| ours(&mut own, black_box(slice))));
        }
        for (slice, best) in items.chunks(SLICE).zip(&mut best) {
            best.1 = best.1.min(time(|| theirs(&mut other, black_box(slice))));
        }
        black_box((own, other));
    }
    let each = |times: Duration| times.as_nanos() as f64 / items.len() as f64;
    let (a, b) = (each(best.iter().map(|b| b.0).sum()), each(best.iter().map(|b| b.1).sum()));
    let verdict = match limit {
        Some(limit) if a / b <= limit => format!(" (at most {limit}: holds)"),
        Some(limit) => format!(" (at most {limit}: MISSED)"),
        None => String::new(),
    };
    println!("{what}: ours {a:.1} ns, fastbloom {b:.1} ns, ratio {:.2}{verdict}", a / b);
}

/// One kind against one `fastbloom`: insertion, items that are in, items that are not.
fn contest<F: Filter + Clone, S: BuildHasher + Clone>(
    name: &str,
    limit: Option<f64>,
    empty: &F,
    fast: &BloomFilter<S>,
    (inside, outside): (&[String], &[String]),
) {
    let fresh = || (empty.clone(), fast.clone());
    compare(&format!("{name}, insert"), limit, inside, fresh, (put, put_fast));
    let (mut ours, mut theirs) = fresh();
    put(&mut ours, inside);
    put_fast(&mut theirs, inside);
    for (what, asked) in [("hit", inside), ("miss", outside)] {
        let ask = |filter: &mut &F, items: &[String]| {
            black_box(count(*filter, items));
        };
        let ask_fast = |filter: &mut &BloomFilter<S>, items: &[String]| {
            black_box(count_fast(filter, items));
        };
        compare(&format!("{name}, {what}"), limit, asked, || (&ours, &theirs), (ask, ask_fast));
    }
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn main() {
    divan::main();
    let (inside, outside) = (items("user"), items("page"));
    let both = (inside.as_slice(), outside.as_slice());
    let mut filter = classic();
    put(&mut filter, &inside);
    println!("rate of the classic filter {:.5}", count(&filter, &outside) as f64 / ITEMS as f64);
    contest("classic", Some(1.0), &classic(), &fast(), both);
    contest("blocked", Some(0.7), &blocked(), &fast(), both);
    contest("counting", None, &counting(), &fast(), both);
    contest("classic, both xxh3", None, &classic(), &fast_xxh3(), both);
    contest("blocked, both xxh3", None, &blocked(), &fast_xxh3(), both);
}
