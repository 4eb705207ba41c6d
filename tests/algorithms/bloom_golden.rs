//! Bloom filters against figures from elsewhere: Guava, Bose and others, Putze and others, Almeida and others.
#![expect(clippy::unwrap_used, reason = "these sizes always work")]

use std::fmt::Write as _;
use std::sync::LazyLock;

use scalelab::algorithms::bloom::theory::{Size, blocked_rate, exact_rate, rate, size};
use scalelab::algorithms::bloom::{
    BLOCK_BITS, Blocked, BloomError, Classic, Counting, Digest, Filter, MAX_CELLS, Mitz32, Mitz64, Probing, Scalable,
};

fn assert_near(value: f64, expected: f64, digit: f64) {
    assert!((value - expected).abs() <= digit / 2.0, "{value} is not {expected}");
}

#[test]
fn sizes() {
    assert_eq!(size(1_000_000, 0.01), Ok(Size { cells: 9_585_058, hashes: 7 }));
    assert_eq!(size(1_000_000, 0.03), Ok(Size { cells: 7_298_440, hashes: 5 }));
}

/// The digests of the numbers below 2,000,000, as texts whose characters take so many bytes each, the low one first.
fn digests(width: usize) -> Vec<Digest> {
    let (mut text, mut bytes) = (String::new(), Vec::new());
    let digest = |number: u32| {
        text.clear();
        write!(text, "{number}").unwrap();
        bytes.clear();
        bytes.resize(text.len() * width, 0);
        for (i, digit) in text.bytes().enumerate() {
            bytes[i * width] = digit;
        }
        Digest::murmur3(&bytes)
    };
    (0..2_000_000).map(digest).collect()
}

/// Two of the tests hash the same texts.
static UTF_16: LazyLock<Vec<Digest>> = LazyLock::new(|| digests(2));

/// Guava's own test: the even numbers below 2,000,000 go in, the odd ones are asked for; those that lie.
fn guava<P: Probing>(probing: P, digests: &[Digest]) -> Vec<u32> {
    let bits = size(1_000_000, 0.03).unwrap().cells.next_multiple_of(64);
    assert_eq!(bits, 7_298_496);
    let mut filter = Classic::with_probing(bits, 5, probing).unwrap();
    digests.iter().step_by(2).for_each(|even| {
        filter.insert(*even);
    });
    assert!(digests.iter().step_by(2_000).all(|even| filter.contains(*even)));
    (0..).zip(digests).skip(1).step_by(2).filter(|(_, odd)| filter.contains(**odd)).map(|(number, _)| number).collect()
}

#[test]
fn guava_mitz_32_over_utf_16() {
    assert_eq!(guava(Mitz32, &UTF_16).len(), 29_824);
}

#[test]
fn guava_mitz_64_over_utf_16() {
    assert_eq!(guava(Mitz64, &UTF_16).len(), 30_104);
}

#[test]
fn guava_mitz_64_over_utf_8() {
    let lies = guava(Mitz64, &digests(1));
    assert_eq!(lies.len(), 29_763);
    let early: Vec<u32> = lies.into_iter().take_while(|number| *number < 900).collect();
    assert_eq!(early, [89, 129, 471, 723, 751, 835, 871]);
}

#[test]
fn exact_and_usual_formula() {
    let table = [
        (2, 2, 1, 0.625, 0.3996, 1e-4),
        (32, 2, 8, 0.160_330, 0.154_818, 1e-6),
        (64, 4, 10, 0.049_142, 0.046_648, 1e-6),
        (1_024, 7, 100, 0.007_366, 0.007_302, 1e-6),
    ];
    for (cells, hashes, items, exact, usual, digit) in table {
        assert_near(exact_rate(cells, hashes, items), exact, digit);
        assert_near(rate(cells, hashes, items), usual, digit);
    }
}

#[test]
fn blocked_pays_for_its_speed() {
    let (blocks, items) = (20_000, 1_024_000);
    assert_near(blocked_rate(blocks, 6, items), 0.00958, 1e-5);
    assert_near(rate(blocks * BLOCK_BITS, 6, items), 0.00844, 1e-5);
    // And so it is: the exact formula lies within four standard deviations of what is counted.
    let mut filter = Blocked::new(BLOCK_BITS * 500, 6).unwrap();
    let digest = |i: u64| Digest::xxh3(3, &i.to_le_bytes());
    (0..25_600).for_each(|i| {
        filter.insert(digest(i));
    });
    let lies = (1_000_000..1_200_000).filter(|i| filter.contains(digest(*i))).count() as f64;
    let expected = filter.exact_rate(25_600) * 200_000.0;
    assert!((lies - expected).abs() < 4.0 * expected.sqrt(), "{lies}, not {expected}");
    assert!(expected > 1.1 * rate(BLOCK_BITS * 500, 6, 25_600) * 200_000.0, "not the plain filter's rate");
}

#[test]
fn counting_forgets_all_unless_it_saturated() {
    let digest = |i: u64| Digest::xxh3(11, &i.to_le_bytes());
    let mut filter = Counting::new(10_000, 6).unwrap();
    (0..1_000).for_each(|i| {
        filter.insert(digest(i));
    });
    assert!(filter.set_cells() > 4_000 && filter.saturated() == 0);
    for i in 0..1_000 {
        assert_eq!(filter.remove(digest(i)), Ok(()));
    }
    assert_eq!(filter, Counting::new(10_000, 6).unwrap(), "all zeros again");

    let mut full = Counting::new(10_000, 6).unwrap();
    (0..15).for_each(|_| {
        full.insert(digest(1));
    });
    let stuck = full.saturated();
    assert!((1..=6).contains(&stuck));
    (0..15).for_each(|_| assert_eq!(full.remove(digest(1)), Ok(())));
    assert_eq!((full.set_cells(), full.saturated()), (stuck, stuck), "a saturated counter stays");
    assert!(full.contains(digest(1)));
}

#[test]
fn scalable_keeps_its_bound() {
    let digest = |i: u64| Digest::xxh3(5, &i.to_le_bytes());
    for (first, ratio) in [(0.01, 0.5), (0.005, 0.8), (0.02, 0.9)] {
        let mut filter = Scalable::with_ratio(500, first, ratio).unwrap();
        assert_near(filter.bound(), first / (1.0 - ratio), 1e-12);
        for i in 0..40_000 {
            filter.insert(digest(i));
        }
        assert!(filter.layers().len() >= 6, "{} layers", filter.layers().len());
        assert!(filter.theory_rate(0) <= filter.bound());
        // The bound is one of expectation: a single filter's own rate differs a little, by how many bits chance has set.
        let lies = (100_000..150_000).filter(|i| filter.contains(digest(*i))).count() as f64 / 50_000.0;
        assert!(lies <= filter.bound() * 1.05, "{lies} is above {}", filter.bound());
        assert!((lies / filter.exact_rate(0) - 1.0).abs() < 0.12, "{lies}, not {}", filter.exact_rate(0));
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let error = Classic::new(0, 7).unwrap_err();
    assert_eq!(error, BloomError::NoBits);
    for hashes in [0, 65, u32::MAX] {
        assert_eq!(Counting::new(100, hashes).unwrap_err(), BloomError::BadHashes { hashes });
        assert_eq!(Blocked::new(100, hashes).unwrap_err(), BloomError::BadHashes { hashes });
    }
    for rate in [0.0, 1.0, -0.1, 2.0, f64::INFINITY] {
        assert_eq!(size(10, rate), Err(BloomError::BadRate { rate }));
        assert_eq!(Scalable::new(10, rate).unwrap_err(), BloomError::BadRate { rate });
    }
    assert!(size(10, f64::NAN).is_err());
    assert_eq!(size(0, 0.01), Err(BloomError::NoItems));
    assert!(matches!(size(u64::MAX, 0.01), Err(BloomError::TooLarge { most: MAX_CELLS, .. })));
    assert_eq!(Scalable::with_ratio(10, 0.1, 1.0).unwrap_err(), BloomError::BadRatio { ratio: 1.0 });
    let ada = Digest::xxh3(0, b"ada");
    let mut filters: [Box<dyn Filter>; 3] = [
        Box::new(Classic::new(64, 2).unwrap()),
        Box::new(Blocked::new(64, 2).unwrap()),
        Box::new(Scalable::new(64, 0.1).unwrap()),
    ];
    for filter in &mut filters {
        filter.insert(ada);
        assert!(matches!(filter.remove(ada), Err(BloomError::CannotRemove { .. })));
        assert!(filter.contains(ada));
    }
    assert_eq!(Counting::new(64, 2).unwrap().remove(ada), Err(BloomError::NotThere));
    let mut small = Classic::new(64, 2).unwrap();
    assert!(matches!(small.unite(&Classic::new(65, 2).unwrap()), Err(BloomError::Unlike { .. })));
}

#[test]
fn one_cell_and_many_hashes_work() {
    for (cells, hashes) in [(1, 1), (1, 64), (2, 64), (63, 7), (64, 1)] {
        let mut filters: [Box<dyn Filter>; 3] = [
            Box::new(Classic::new(cells, hashes).unwrap()),
            Box::new(Counting::new(cells, hashes).unwrap()),
            Box::new(Blocked::new(cells, hashes).unwrap()),
        ];
        for filter in &mut filters {
            assert!(!filter.contains(Digest::xxh3(0, b"x")));
            assert!(filter.insert(Digest::xxh3(0, b"x")) && filter.contains(Digest::xxh3(0, b"x")));
            let (usual, exact) = (filter.theory_rate(1), filter.exact_rate(1));
            assert!((0.0..=1.0).contains(&usual) && (0.0..=1.0 + 1e-12).contains(&exact), "{usual} {exact}");
        }
    }
}
