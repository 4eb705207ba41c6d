//! Truths that hold in every state.

use super::config::AnyFilter;
use super::model::BloomModel;
use crate::engine::Property;

/// Items that are looked at to see whether the filter denies one.
const CHECKED: usize = 128;
/// Largest filter, and most items, whose cells are all accounted for.
const SMALL: (u64, u64) = (4_096, 512);

/// What tests assert after every step.
pub const ALL: &[Property<BloomModel>] = &[
    Property { name: "no item that is in is ever denied", holds: never_denied },
    Property { name: "no false negative was ever seen", holds: |m| m.tally.denials == 0 },
    Property {
        name: "no cell is set that no item set",
        holds: |m| {
            let (cells, items) = (m.filter.get().cells(), m.history.copies());
            cells > SMALL.0 || items > SMALL.1 || matches!(*m.filter, AnyFilter::Scalable(_)) || accounted(m)
        },
    },
    Property {
        name: "the interval holds what was observed",
        holds: |m| {
            let (low, high) = m.window.interval();
            m.window.rate().is_none_or(|rate| (low..=high).contains(&rate))
        },
    },
    Property {
        name: "every question was about an item that is in or one that is not",
        holds: |m| m.tally.lies <= m.tally.absent && m.tally.absent <= m.tally.queries,
    },
    Property {
        name: "a scalable filter stays below the rate it was designed for",
        holds: |m| match &*m.filter {
            AnyFilter::Scalable(f) => f.bound() <= m.config.rate * (1.0 + 1e-9),
            _ => true,
        },
    },
];

fn never_denied(model: &BloomModel) -> bool {
    let sample = model.history.sample(&model.items, CHECKED);
    sample.iter().all(|text| model.filter.get().contains(model.digest(text)))
}

/// Every set cell is a cell of an item that is in, or a counter that is stuck.
fn accounted(model: &BloomModel) -> bool {
    let filter = model.filter.get();
    let mut owed = vec![false; filter.cells() as usize];
    let mut probes = Vec::new();
    let looked = model.history.each(&model.items, |text| {
        filter.probes(model.digest(text), &mut probes);
        for probe in &probes {
            if let Some(cell) = owed.get_mut(probe.cell as usize) {
                *cell = true;
            }
        }
    });
    let stuck = crate::algorithms::bloom::MAX_COUNT;
    looked.is_err()
        || (0..).zip(&owed).all(|(cell, owed)| (filter.value(cell) > 0) == *owed || filter.value(cell) == stuck)
}
