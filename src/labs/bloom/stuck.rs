//! Counters that are full stay full: what that says about an item that is not in.

use super::command::Variant;
use crate::algorithms::bloom::MAX_COUNT;
use crate::engine::numbers::count;

/// The counters of an item, counted by what keeps them above zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stuck {
    /// Full ones: they are never counted down, whoever filled them.
    pub full: u64,
    /// Others above zero: each counts items that are in.
    pub held: u64,
}

impl Stuck {
    /// Of these cells and their values; a cell that comes twice counts once.
    pub fn of(cells: impl Iterator<Item = (u64, u8)>) -> Self {
        let different: std::collections::BTreeMap<u64, u8> = cells.collect();
        different.values().fold(Self::default(), |sum, value| Self {
            full: sum.full + u64::from(*value == MAX_COUNT),
            held: sum.held + u64::from(*value > 0 && *value < MAX_COUNT),
        })
    }

    /// Why the filter says 'maybe' about an item that is not in.
    pub fn reason(self) -> String {
        match (self.full, self.held) {
            (0, _) => "other items hold its counters above zero".to_owned(),
            (1, 0) => "its counter is full and never goes back to zero".to_owned(),
            (full, 0) => format!("its {full} counters are full and never go back to zero"),
            (full, held) => {
                let (verb, others) = if full == 1 { ("is", "goes") } else { ("are", "go") };
                let rest = if held == 1 { "one" } else { "ones" };
                format!(
                    "{full} of its counters {verb} full and never {others} back to zero, and other items hold the other {rest} above zero"
                )
            }
        }
    }

    /// That some counters are full, if any is.
    pub fn sentence(self, variant: Variant) -> Option<String> {
        let verb = if self.full == 1 { "is" } else { "are" };
        (variant == Variant::Counting && self.full > 0).then(|| {
            format!("{} of it {verb} full at {MAX_COUNT} and never counted down.", count(self.full, "counter"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_true_to_the_counters() {
        let cases: [(&[(u64, u8)], &str); 6] = [
            (&[(1, 3), (2, 1), (9, 0)], "other items hold its counters above zero"),
            (&[(1, 15)], "its counter is full and never goes back to zero"),
            (&[(1, 15), (1, 15)], "its counter is full and never goes back to zero"),
            (&[(1, 15), (2, 15)], "its 2 counters are full and never go back to zero"),
            (
                &[(1, 15), (2, 4), (3, 4)],
                "1 of its counters is full and never goes back to zero, and other items hold the other ones above zero",
            ),
            (
                &[(1, 15), (2, 15), (3, 14)],
                "2 of its counters are full and never go back to zero, and other items hold the other one above zero",
            ),
        ];
        for (cells, reason) in cases {
            assert_eq!(Stuck::of(cells.iter().copied()).reason(), reason, "{cells:?}");
        }
        let full = Stuck { full: 2, held: 0 };
        assert_eq!(full.sentence(Variant::Classic), None);
        assert_eq!(
            full.sentence(Variant::Counting).as_deref(),
            Some("2 counters of it are full at 15 and never counted down.")
        );
    }
}
