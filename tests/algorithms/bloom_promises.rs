//! What Bloom filters promise is what they do: the rate of a design, the best number of hashes, the exact formula.
#![expect(clippy::unwrap_used, reason = "these sizes always work")]

use scalelab::algorithms::bloom::theory::{
    Size, best_hashes, best_hashes_blocked, blocked_rate, design, design_blocked, exact_blocked_rate, exact_rate,
};
use scalelab::algorithms::bloom::{
    BLOCK_BITS, Blocked, Classic, Counting, Digest, DoubleHashing, Filter, Growth, Probing, Rehashing, Scalable,
};

fn digest(seed: u64, item: u64) -> Digest {
    Digest::xxh3(seed, &item.to_le_bytes())
}

const ITEMS: [u64; 10] = [1, 2, 3, 7, 32, 100, 1_000, 54_321, 1_000_000, 10_000_000];
const RATES: [f64; 10] = [0.99, 0.6, 0.5, 0.3, 0.1, 0.01, 1e-3, 1e-4, 1e-7, 1e-12];

#[test]
fn a_design_of_one_row_keeps_its_rate_with_the_fewest_cells() {
    for items in ITEMS {
        for rate in RATES {
            let Size { cells, hashes } = design(items, rate).unwrap();
            let kept = exact_rate(cells, hashes, items);
            assert!(kept <= rate, "{items} items at {rate}: {kept} with {cells} cells, {hashes} hashes");
            assert_eq!(hashes, best_hashes(cells, items));
            let fewer = cells - 1 - cells / 500_000;
            if fewer > 0 {
                let missed = exact_rate(fewer, best_hashes(fewer, items), items);
                assert!(missed > rate, "{items} items at {rate}: {fewer} cells would do, {cells} are taken");
            }
        }
    }
}

#[test]
fn a_design_of_blocks_keeps_its_rate_with_the_fewest_blocks() {
    for items in ITEMS {
        for rate in RATES {
            let Size { cells, hashes } = design_blocked(items, rate).unwrap();
            let blocks = cells / BLOCK_BITS;
            let kept = exact_blocked_rate(blocks, hashes, items);
            assert!(
                kept <= rate && cells == blocks * BLOCK_BITS,
                "{items} items at {rate}: {kept} with {blocks} blocks"
            );
            assert_eq!(hashes, best_hashes_blocked(blocks, items));
            let fewer = blocks - 1 - blocks / 500_000;
            if fewer > 0 {
                let missed = exact_blocked_rate(fewer, best_hashes_blocked(fewer, items), items);
                assert!(missed > rate, "{items} items at {rate}: {fewer} blocks would do, {blocks} are taken");
            }
        }
    }
}

#[test]
fn a_scalable_design_keeps_its_rate_at_every_size() {
    for capacity in [1, 10, 300] {
        for rate in [0.9, 0.3, 0.01, 1e-4, 1e-9] {
            let mut filter = Scalable::new(capacity, rate).unwrap();
            let mut growth = Growth::new(capacity, rate).unwrap();
            growth.reach(1_000 * capacity).unwrap();
            let mut next = 0;
            for steps in [1, 2, 3, 5, 9, 17] {
                while filter.layers().iter().map(|layer| layer.items()).sum::<u64>() < steps * capacity {
                    filter.insert(digest(1, next));
                    next += 1;
                }
                let kept = filter.exact_rate(0);
                assert!(kept <= rate, "{capacity} items at {rate}, {steps} times as many: {kept}");
                assert_eq!(filter.cells(), growth.bits(steps * capacity), "as planned");
            }
            for items in (0..10).map(|i| capacity << i) {
                assert!(growth.rate(items) <= rate, "{capacity} items at {rate}, with {items}: {}", growth.rate(items));
            }
        }
    }
}

/// Builds the filter with many seeds, and asks each for items that are not in. Given its cells, a filter lies as often as a
/// coin that shows its own rate, which binds what is seen; and the rates of many filters have a mean, which the design binds.
fn measure<F: Filter>(what: &str, build: &dyn Fn() -> F, items: u64, rate: f64, questions: u64) {
    const FILTERS: u64 = 40;
    let (mut seen, mut expected, mut own) = (0.0, 0.0, Vec::new());
    for seed in 0..FILTERS {
        let mut filter = build();
        (0..items).for_each(|item| {
            filter.insert(digest(seed, item));
        });
        seen += (0..questions).filter(|i| filter.contains(digest(seed, items + i))).count() as f64;
        expected += filter.own_rate() * questions as f64;
        own.push(filter.own_rate());
    }
    let what = format!("{what}, {items} items at {rate}");
    assert!(expected > 5.0, "{what}: too few questions to see anything");
    let deviation = (expected * (1.0 - expected / (questions * FILTERS) as f64)).sqrt();
    assert!(
        (seen - expected).abs() <= 4.5 * deviation + 1.0,
        "{what}: {seen} lies, {expected} by the cells that are set"
    );
    let mean = own.iter().sum::<f64>() / FILTERS as f64;
    let spread = (own.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / (FILTERS - 1) as f64 / FILTERS as f64).sqrt();
    assert!(mean - 4.0 * spread <= rate, "{what}: the filters have {mean} ± {spread}");
}

#[test]
fn a_design_keeps_its_rate_when_it_is_built_and_asked() {
    for (items, rate, questions) in [
        (1, 0.3, 1_000),
        (3, 0.05, 1_000),
        (10, 0.01, 2_000),
        (32, 0.02, 2_000),
        (100, 0.5, 500),
        (1_000, 0.01, 1_000),
        (2_000, 0.001, 2_000),
        (1_000, 0.0005, 4_000),
    ] {
        measure("classic", &|| Classic::for_items(items, rate).unwrap(), items, rate, questions);
        measure("counting", &|| Counting::for_items(items, rate).unwrap(), items, rate, questions);
        // Few items leave a whole block so empty that it never lies.
        if items >= 100 {
            measure("blocked", &|| Blocked::for_items(items, rate).unwrap(), items, rate, questions);
        }
        if items >= 10 {
            measure("scalable", &|| Scalable::new(items / 5, rate).unwrap(), items, rate, questions);
        }
    }
}

/// How often a question lies, with a fresh filter for each.
fn lies<P: Probing>(cells: u64, hashes: u32, items: u64, filters: u64) -> f64 {
    let mut filter = Classic::with_probing(cells, hashes, P::default()).unwrap();
    let mut lies = 0;
    for first in (0..filters).map(|i| i * (items + 1)) {
        filter.clear();
        (first..first + items).for_each(|item| {
            filter.insert(digest(3, item));
        });
        lies += u64::from(filter.contains(digest(3, first + items)));
    }
    lies as f64
}

/// Cells, hashes, items: filters so small, or with so many hashes, that double hashing repeats itself.
const TINY: [(u64, u32, u64); 20] = [
    (1, 1, 1),
    (2, 2, 1),
    (2, 5, 1),
    (3, 3, 1),
    (3, 4, 1),
    (4, 5, 1),
    (5, 7, 1),
    (8, 3, 2),
    (8, 6, 1),
    (12, 8, 1),
    (13, 6, 2),
    (16, 6, 2),
    (24, 10, 2),
    (32, 4, 1),
    (32, 10, 3),
    (40, 5, 8),
    (44, 12, 2),
    (44, 30, 1),
    (64, 4, 10),
    (256, 6, 32),
];

#[test]
fn the_exact_formula_holds_for_tiny_filters() {
    let (mut away, mut by_far) = (0, 0);
    for (cells, hashes, items) in TINY {
        let filters = 40_000;
        let expected = exact_rate(cells, hashes, items) * filters as f64;
        let reach = 4.5 * (expected * (1.0 - expected / filters as f64)).sqrt() + 1.0;
        let seen = lies::<Rehashing>(cells, hashes, items, filters);
        assert!((seen - expected).abs() <= reach, "{cells} cells, {hashes} hashes, {items} in: {seen}, not {expected}");
        let doubled = lies::<DoubleHashing>(cells, hashes, items, filters);
        away += u32::from((doubled - expected).abs() > reach);
        by_far += u32::from(doubled > 10.0 * expected.max(1.0));
    }
    assert!(away >= 10 && by_far >= 2, "double hashing would pass, so that this test says nothing: {away} {by_far}");
}

#[test]
fn fewer_hashes_are_best_where_blocks_are_crowded() {
    for (bits, best) in [(4, 3), (8, 5), (10, 7), (12, 8), (16, 10), (20, 11), (24, 13), (40, 17)] {
        let items = 102_400;
        let blocks = items * bits / BLOCK_BITS;
        assert_eq!(best_hashes_blocked(blocks, items), best, "{bits} bits per item");
        let lowest =
            (1..=64).min_by(|a, b| blocked_rate(blocks, *a, items).total_cmp(&blocked_rate(blocks, *b, items)));
        assert_eq!(lowest, Some(best), "{bits} bits per item");
    }
    for (blocks, items) in [(1, 0), (1, 1), (1, 40), (1, 10_000), (3, 200), (1_000_000, 1), (2, 1_000_000_000)] {
        assert!(best_hashes_blocked(blocks, items) <= best_hashes(blocks * BLOCK_BITS, items), "{blocks} {items}");
        let rate = exact_blocked_rate(blocks, 7, items);
        assert!((0.0..=1.0 + 1e-12).contains(&rate) && rate >= blocked_rate(blocks, 7, items) * (1.0 - 1e-9), "{rate}");
    }
}
