//! The items: real ones from a file, or built-in sets that people recognise.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::algorithms::hash::key_hash;
use crate::engine::Input;
use crate::engine::input::MAX_LINES;

/// Items of a built-in set.
pub const BUILT_IN: usize = MAX_LINES;

const NAMES: &str = include_str!("../../../assets/keys/names.txt");
const SITES: [&str; 5] = ["news.example", "shop.example", "wiki.example", "blog.example", "music.example"];
/// Steps through the names so that neighbours differ; has no common factor with their number.
const STRIDE: usize = 101;

/// A built-in set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Pages of the web, as a crawler meets them.
    Urls,
    /// User names.
    Names,
}

/// Which half of a built-in set: the two have no item in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// Even numbers.
    Items,
    /// Odd numbers.
    Probes,
}

#[derive(Clone, Debug)]
enum Source {
    File {
        input: Arc<Input>,
        /// Lines by their hash, equal lines in the order of the file. 4 bytes a line.
        order: Vec<u32>,
        repeats: usize,
    },
    BuiltIn {
        theme: Theme,
        half: Half,
        names: Vec<&'static str>,
        /// Where each name stands.
        places: BTreeMap<&'static str, usize>,
    },
}

/// Items by their number, and numbers by the item.
#[derive(Clone, Debug)]
pub struct Stock {
    source: Source,
}

fn order_hash(text: &str) -> u64 {
    key_hash(0, text.as_bytes())
}

impl Stock {
    /// The lines of a file. O(n log n).
    pub fn from_input(input: Arc<Input>) -> Self {
        let mut by_hash: Vec<(u64, u32)> = (0..).zip(input.lines.iter()).map(|(i, l)| (order_hash(l), i)).collect();
        by_hash.sort_unstable();
        // Equal lines have equal hashes; that two different ones do has odds of 1 in 300,000 at 10 million lines.
        let repeats = by_hash.windows(2).filter(|w| w[0].0 == w[1].0).count();
        let order = by_hash.into_iter().map(|(_, i)| i).collect();
        Self { source: Source::File { input, order, repeats } }
    }

    /// A built-in set.
    pub fn built_in(theme: Theme, half: Half) -> Self {
        let names: Vec<&str> = NAMES.lines().collect();
        let places = (0..names.len()).map(|i| (names[i * STRIDE % names.len()], i)).collect();
        Self { source: Source::BuiltIn { theme, half, names, places } }
    }

    /// Number of items.
    pub fn len(&self) -> usize {
        match &self.source {
            Source::File { input, .. } => input.lines.len(),
            Source::BuiltIn { .. } => BUILT_IN,
        }
    }

    /// Items that stand in the set more than once: every copy after the first.
    pub fn repeats(&self) -> usize {
        match &self.source {
            Source::File { repeats, .. } => *repeats,
            Source::BuiltIn { .. } => 0,
        }
    }

    /// Whether no item can be in both of two sets.
    pub fn disjoint(&self, other: &Self) -> bool {
        match (&self.source, &other.source) {
            (Source::BuiltIn { theme, half, .. }, Source::BuiltIn { theme: other, half: half2, .. }) => {
                theme != other || half != half2
            }
            _ => false,
        }
    }

    /// The file that the items come from, if they are not built in.
    pub fn input(&self) -> Option<&Arc<Input>> {
        match &self.source {
            Source::File { input, .. } => Some(input),
            Source::BuiltIn { .. } => None,
        }
    }

    /// The text of an item.
    pub fn text(&self, index: usize) -> Cow<'_, str> {
        match &self.source {
            Source::File { input, .. } => Cow::Borrowed(input.lines.get(index).unwrap_or_default()),
            Source::BuiltIn { theme, half, names, .. } => {
                let (round, name) = (index / (names.len() * SITES.len()), names[index * STRIDE % names.len()]);
                let number = 2 * round + if *half == Half::Items { 2 } else { 1 };
                let site = SITES[index % SITES.len()];
                Cow::Owned(match theme {
                    Theme::Urls => format!("https://{site}/{name}/{number}"),
                    // Names come round five times as often as the sites let them.
                    Theme::Names => format!("{name}{}", number + 2 * (round * 4 + index / names.len() % SITES.len())),
                })
            }
        }
    }

    /// The numbers of all copies of an item, in order.
    pub fn copies(&self, text: &str) -> Vec<u32> {
        match &self.source {
            Source::File { input, order, .. } => {
                let (hash, line) = (order_hash(text), |i: u32| input.lines.get(i as usize).unwrap_or_default());
                let from = order.partition_point(|i| order_hash(line(*i)) < hash);
                let same = order[from..].iter().take_while(|i| order_hash(line(**i)) == hash);
                same.copied().filter(|i| line(*i) == text).collect()
            }
            Source::BuiltIn { .. } => self.find(text).map(|i| i as u32).into_iter().collect(),
        }
    }

    /// The number of an item of a built-in set.
    fn find(&self, text: &str) -> Option<usize> {
        let Source::BuiltIn { theme, half, names, places } = &self.source else { return None };
        let start = text.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |i| i + 1);
        let number: usize = text.get(start..)?.parse().ok().filter(|n| *n <= 2 * BUILT_IN)?;
        if number.is_multiple_of(2) != (*half == Half::Items) {
            return None;
        }
        let (per_round, name) = match theme {
            Theme::Urls => (2, text[..start].trim_end_matches('/').rsplit('/').next()?),
            Theme::Names => (2 * SITES.len(), &text[..start]),
        };
        let place = *places.get(name)?;
        let round = number.saturating_sub(1) / per_round;
        let turns = (0..SITES.len()).map(|turn| (round * SITES.len() + turn) * names.len() + place);
        turns.into_iter().find(|i| *i < BUILT_IN && self.text(*i) == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Blank;

    #[test]
    fn items_are_found_by_their_text_and_the_halves_share_none() {
        for theme in [Theme::Urls, Theme::Names] {
            let (items, probes) = (Stock::built_in(theme, Half::Items), Stock::built_in(theme, Half::Probes));
            assert!(items.disjoint(&probes) && !items.disjoint(&items));
            for i in (0..5_000).chain([99_999, 1_234_567, BUILT_IN - 1]) {
                assert_eq!(items.copies(&items.text(i)), [i as u32], "{}", items.text(i));
                assert_eq!(probes.copies(&probes.text(i)), [i as u32], "{}", probes.text(i));
                assert!(items.copies(&probes.text(i)).is_empty() && probes.copies(&items.text(i)).is_empty());
            }
            for odd in ["", "7", "2", "https://", "節点2", "99999999999999999999999"] {
                assert!(items.copies(odd).is_empty(), "{odd}");
            }
        }
        let first: Vec<String> = (0..3).map(|i| Stock::built_in(Theme::Urls, Half::Items).text(i).into()).collect();
        assert_eq!(first[0], "https://news.example/ada/2");
    }

    #[test]
    fn lines_of_a_file_are_found_with_all_their_copies() {
        let Ok(input) = Input::read("-", &b"b\na\nb\nc\nb\n"[..], Blank::Skip, |_, _| ()) else { panic!("readable") };
        let stock = Stock::from_input(Arc::new(input));
        assert_eq!((stock.len(), stock.repeats()), (5, 2));
        assert_eq!((stock.copies("b"), stock.copies("c"), stock.copies("d")), (vec![0, 2, 4], vec![3], vec![]));
    }
}
