//! What must hold for every filter and every set of items.
#![expect(clippy::unwrap_used, reason = "these sizes always work")]

use proptest::prelude::*;
use scalelab::algorithms::bloom::theory::{capacity, exact_rate, fill, items_from_fill, rate, size};
use scalelab::algorithms::bloom::{
    Asked, Blocked, Classic, Counting, Digest, DoubleHashing, Filter, Growth, MAX_COUNT, Mitz32, Mitz64, Probe,
    Scalable,
};
use scalelab::sim::statistics::{Interval, wilson};

fn digest(seed: u64, item: u32) -> Digest {
    Digest::xxh3(seed, &item.to_le_bytes())
}

fn every_filter(cells: u64, hashes: u32) -> Vec<Box<dyn Filter>> {
    vec![
        Box::new(Classic::new(cells, hashes).unwrap()),
        Box::new(Classic::with_probing(cells, hashes, DoubleHashing).unwrap()),
        Box::new(Classic::with_probing(cells, hashes, Mitz32).unwrap()),
        Box::new(Classic::with_probing(cells, hashes, Mitz64).unwrap()),
        Box::new(Counting::new(cells, hashes).unwrap()),
        Box::new(Blocked::new(cells, hashes).unwrap()),
        Box::new(Scalable::new(cells / 8 + 1, 0.1).unwrap()),
    ]
}

fn items(most: usize) -> impl Strategy<Value = Vec<u32>> {
    prop::collection::vec(any::<u32>(), 1..most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn never_a_false_negative(items in items(200), cells in 1_u64..3_000, hashes in 1_u32..20, seed: u64) {
        for filter in &mut every_filter(cells, hashes) {
            for item in &items {
                let before = filter.contains(digest(seed, *item));
                let new = filter.insert(digest(seed, *item));
                prop_assert_eq!(before, !new, "it said maybe exactly if nothing was new");
            }
            prop_assert!(items.iter().all(|item| filter.contains(digest(seed, *item))));
        }
    }

    #[test]
    fn asking_step_by_step_is_asking(items in items(60), others in items(60), cells in 1_u64..2_000,
                                     hashes in 1_u32..12, seed: u64) {
        for filter in &mut every_filter(cells, hashes) {
            items.iter().for_each(|item| { filter.insert(digest(seed, *item)); });
            let mut probes = Vec::new();
            for item in items.iter().chain(&others) {
                let Asked { steps, maybe } = filter.ask(digest(seed, *item));
                prop_assert_eq!(maybe, filter.contains(digest(seed, *item)));
                prop_assert_eq!(steps.last().is_some_and(|(_, set)| *set), maybe);
                filter.probes(digest(seed, *item), &mut probes);
                prop_assert!(probes.iter().all(|probe: &Probe| probe.cell < filter.cells()));
                prop_assert!(steps.iter().all(|(p, set)| (filter.value(p.cell) > 0) == *set && probes.contains(p)));
            }
        }
    }

    #[test]
    fn set_cells_are_those_that_are_set(items in items(80), cells in 1_u64..2_000, hashes in 1_u32..9,
                                        (from, to) in (0_u64..2_500, 0_u64..2_500), seed: u64) {
        for filter in &mut every_filter(cells, hashes) {
            items.iter().for_each(|item| { filter.insert(digest(seed, *item)); });
            let count = |range: std::ops::Range<u64>| range.filter(|c| filter.value(*c) > 0).count() as u64;
            prop_assert_eq!(filter.set_cells(), count(0..filter.cells()));
            prop_assert_eq!(filter.set_cells_in(0..u64::MAX), filter.set_cells());
            prop_assert_eq!(filter.set_cells_in(from..to), count(from..to.max(from)));
            filter.clear();
            prop_assert_eq!(filter.set_cells(), 0);
        }
    }

    #[test]
    fn the_union_of_two_filters_is_the_filter_of_the_union(left in items(80), right in items(80),
                                                           cells in 1_u64..2_000, hashes in 1_u32..9, seed: u64) {
        let put = |filter: &mut dyn Filter, items: &[u32]| {
            items.iter().for_each(|item| { filter.insert(digest(seed, *item)); });
        };
        macro_rules! check {
            ($new:expr) => {
                let (mut one, mut other, mut both) = ($new, $new, $new);
                put(&mut one, &left);
                put(&mut other, &right);
                put(&mut both, &left);
                put(&mut both, &right);
                one.unite(&other).unwrap();
                prop_assert_eq!(one, both);
            };
        }
        check!(Classic::new(cells, hashes).unwrap());
        check!(Blocked::new(cells, hashes).unwrap());
        check!(Counting::new(cells, hashes).unwrap());
    }

    #[test]
    fn what_was_taken_out_leaves_no_trace(stay in items(40), go in items(40), cells in 200_u64..4_000,
                                          hashes in 1_u32..9, seed: u64) {
        let mut without = Counting::new(cells, hashes).unwrap();
        stay.iter().for_each(|item| { without.insert(digest(seed, *item)); });
        let mut filter = without.clone();
        go.iter().for_each(|item| { filter.insert(digest(seed, *item)); });
        let saturated = filter.saturated();
        for item in go.iter().rev() {
            prop_assert_eq!(filter.remove(digest(seed, *item)), Ok(()));
        }
        prop_assert!(stay.iter().all(|item| filter.contains(digest(seed, *item))), "never a false negative");
        if saturated == 0 {
            prop_assert_eq!(filter, without);
        } else {
            prop_assert!((0..cells).all(|c| filter.value(c) >= without.value(c)));
            prop_assert!((0..cells).filter(|c| filter.value(*c) == MAX_COUNT).count() as u64 == filter.saturated());
        }
    }

    #[test]
    fn a_scalable_filter_stays_below_its_rate(count in 1_u32..1_500, capacity in 1_u64..200, seed: u64) {
        let mut filter = Scalable::new(capacity, 0.05).unwrap();
        (0..count).for_each(|item| { filter.insert(digest(seed, item)); });
        prop_assert!((0..count).all(|item| filter.contains(digest(seed, item))));
        prop_assert!(filter.layers().iter().all(|layer| layer.items() <= layer.capacity()));
        let held: u64 = filter.layers().iter().map(|layer| layer.items()).sum();
        let mut growth = Growth::new(capacity, 0.05).unwrap();
        growth.reach(held).unwrap();
        prop_assert_eq!(filter.cells(), growth.bits(held));
        prop_assert!(filter.bound() <= 0.05 + 1e-12);
    }

    #[test]
    fn sizes_keep_their_promise(count in 1_u64..100_000_000, share in 1e-9_f64..0.7) {
        let size = size(count, share).unwrap();
        // Rounding k costs a little, most where k is 1 or 2.
        prop_assert!(rate(size.cells, size.hashes, count) <= share * 1.5 + 1e-3);
        let n = capacity(size.cells, size.hashes, share);
        prop_assert!(rate(size.cells, size.hashes, n) <= share * (1.0 + 1e-9));
        prop_assert!(rate(size.cells, size.hashes, n + 2) > share);
    }

    #[test]
    fn formulas_agree_where_they_should(cells in 1_u64..5_000, hashes in 1_u32..20, count in 0_u64..2_000) {
        let (usual, exact) = (rate(cells, hashes, count), exact_rate(cells, hashes, count));
        prop_assert!((0.0..=1.0).contains(&usual) && (0.0..=1.0 + 1e-9).contains(&exact));
        prop_assert!(usual <= exact + 1e-12, "the usual formula is too low: {usual} {exact}");
        prop_assert!(exact_rate(cells, hashes, count) <= exact_rate(cells, hashes, count + 1) + 1e-12);
        prop_assert!((0.0..=1.0).contains(&fill(cells, hashes, count)));
    }

    #[test]
    fn the_interval_holds_what_was_seen(hits in 0_u64..5_000, more in 0_u64..50_000) {
        let Interval { low, high } = wilson(hits, hits + more, 1.96);
        let share = hits as f64 / (hits + more).max(1) as f64;
        prop_assert!(0.0 <= low && low <= share && share <= high && high <= 1.0);
        let Interval { low: lower, high: higher } = wilson(hits, hits + more, 4.0);
        prop_assert!(lower <= low && high <= higher);
    }
}

/// The double sum of Bose and others, as a walk over the number of cells that are set.
fn by_occupancy(cells: usize, hashes: u32, items: u64) -> f64 {
    let mut chance = vec![0.0; cells + 1];
    chance[0] = 1.0;
    for _ in 0..u64::from(hashes) * items {
        for set in (0..=cells).rev() {
            let stay = chance[set] * set as f64 / cells as f64;
            let come = if set > 0 { chance[set - 1] * (cells - set + 1) as f64 / cells as f64 } else { 0.0 };
            chance[set] = stay + come;
        }
    }
    let rates = chance.iter().enumerate().map(|(set, p)| p * (set as f64 / cells as f64).powi(hashes as i32));
    rates.sum()
}

#[test]
fn the_exact_formula_is_the_double_sum() {
    for cells in [1_usize, 2, 3, 10, 64, 200] {
        for hashes in [1, 2, 3, 7, 16] {
            for items in [0, 1, 2, 5, 20, 60] {
                let (ours, theirs) = (exact_rate(cells as u64, hashes, items), by_occupancy(cells, hashes, items));
                assert!((ours - theirs).abs() <= 1e-9 * theirs.max(1e-30), "{cells} {hashes} {items}: {ours} {theirs}");
            }
        }
    }
}

/// The least number of hits in so many trials that are no surprise: P(fewer) is below one in a million.
fn least_hits(trials: u64, chance: f64) -> u64 {
    let mut probability = (1.0 - chance).powf(trials as f64);
    let mut sum = 0.0;
    for hits in 0..=trials {
        sum += probability;
        if sum >= 1e-6 {
            return hits;
        }
        probability *= (trials - hits) as f64 / (hits + 1) as f64 * chance / (1.0 - chance);
    }
    trials
}

/// The chance that the 95 % interval of so many questions holds a rate: not quite 0.95, as hits are whole numbers.
fn coverage(questions: u64, rate: f64) -> f64 {
    let (mut probability, mut sum) = ((questions as f64 * (-rate).ln_1p()).exp(), 0.0);
    for hits in 0..questions {
        let Interval { low, high } = wilson(hits, questions, 1.96);
        if low > rate {
            break;
        }
        sum += if high >= rate { probability } else { 0.0 };
        probability *= (questions - hits) as f64 / (hits + 1) as f64 * rate / (1.0 - rate);
    }
    sum
}

/// Over many seeds, the 95 % interval of what is observed holds the filter's own rate as often as it should, for every
/// kind: how many cells chance has set differs from filter to filter, and [`Filter::own_rate`] knows. All observations
/// together come out as the exact formula says. It gives the mean over all filters, and the bits of a scalable filter
/// are no sum of independent ones (an item goes in only if it is denied), so there a few per cent are allowed.
#[test]
fn the_observed_rate_is_the_formulas() {
    const SEEDS: u64 = 150;
    const QUERIES: u64 = 1_500;
    let cases = [
        (0, 256, 6, 32),
        (0, 1_024, 3, 300),
        (0, 4_000, 5, 400),
        (4, 1_000, 4, 150),
        (5, 5_120, 6, 600),
        (6, 3_000, 1, 750),
    ];
    for (kind, cells, hashes, count) in cases {
        let (mut inside, mut lies, mut expected, mut covered, mut bound) = (0, 0, 0.0, 0.0, 1.0);
        for seed in 0..SEEDS {
            let mut filter = every_filter(cells, hashes).swap_remove(kind);
            (0..count).for_each(|item| {
                filter.insert(digest(seed, item));
            });
            let questions = 1_000_000..1_000_000 + QUERIES as u32;
            let hits = questions.filter(|i| filter.contains(digest(seed, *i))).count() as u64;
            let Interval { low, high } = wilson(hits, QUERIES, 1.96);
            let own = filter.own_rate();
            inside += u64::from((low..=high).contains(&own));
            covered += coverage(QUERIES, own) / SEEDS as f64;
            lies += hits;
            expected += filter.exact_rate(u64::from(count)) / SEEDS as f64;
            bound = if kind == 6 { Scalable::new(cells / 8 + 1, 0.1).unwrap().bound() } else { bound };
        }
        assert!((0.93..0.97).contains(&covered), "{covered}");
        let least = least_hits(SEEDS, covered);
        assert!(least > SEEDS * 4 / 5, "the bound says something: {least}");
        assert!(inside >= least, "filter {kind}, {cells} cells: {inside} of {SEEDS} intervals hold it, not {least}");
        let observed = lies as f64 / (SEEDS * QUERIES) as f64;
        assert!((observed / expected - 1.0).abs() < 0.06, "filter {kind}, {cells} cells: {observed}, not {expected}");
        // One-sided: the promise of a scalable filter is refuted only by an interval that lies above it as a whole.
        assert!(wilson(lies, SEEDS * QUERIES, 4.75).low <= bound, "filter {kind}: {observed} is above {bound}");
    }
}

#[test]
fn the_fill_tells_the_number_of_items() {
    let mut filter = Classic::new(50_000, 5).unwrap();
    for item in 0..6_000 {
        filter.insert(digest(1, item));
    }
    let guess = items_from_fill(50_000, 5, filter.set_cells());
    assert!((guess / 6_000.0 - 1.0).abs() < 0.02, "{guess}");
    assert!(items_from_fill(10, 1, 10).is_infinite());
}
