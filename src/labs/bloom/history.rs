//! The truth: which items are really in, whatever the filter says.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::stock::Stock;
use crate::engine::{ModelError, interrupt};

/// What was put in and taken out. Items of the set are kept as runs of their numbers, so ten million in a row take
/// 8 bytes; items given by name are kept by name.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Runs of numbers, from and up to, in order and apart.
    runs: Vec<(u32, u32)>,
    /// Copies put in by name.
    named: BTreeMap<Arc<str>, u32>,
    /// Copies of items of the runs that were taken out.
    removed: BTreeMap<Arc<str>, u32>,
    /// Number of the next item of the set.
    next: u32,
    copies: u64,
}

impl History {
    /// Number of the next item of the set.
    pub fn next(&self) -> usize {
        self.next as usize
    }

    /// How many copies are in, all items together.
    pub fn copies(&self) -> u64 {
        self.copies
    }

    /// The next item of the set is put in.
    pub fn put_next(&mut self) {
        match self.runs.last_mut().filter(|run| run.1 == self.next) {
            Some(run) => run.1 += 1,
            None => self.runs.push((self.next, self.next + 1)),
        }
        self.next += 1;
        self.copies += 1;
    }

    /// The next item of the set is passed over.
    pub fn skip_next(&mut self) {
        self.next += 1;
    }

    /// An item is put in by name.
    pub fn put_named(&mut self, text: &str) {
        *self.named.entry(Arc::from(text)).or_default() += 1;
        self.copies += 1;
    }

    /// One copy of an item that is in is taken out.
    pub fn take_out(&mut self, text: &str) {
        self.copies = self.copies.saturating_sub(1);
        if let Some(copies) = self.named.get_mut(text) {
            *copies -= 1;
            if *copies == 0 {
                self.named.remove(text);
            }
        } else {
            *self.removed.entry(Arc::from(text)).or_default() += 1;
        }
    }

    /// How many copies of an item are in.
    pub fn copies_of(&self, stock: &Stock, text: &str) -> u64 {
        let of_runs = stock.copies(text).into_iter().filter(|i| self.in_runs(*i)).count() as u64;
        let named = self.named.get(text).copied().unwrap_or(0);
        let removed = self.removed.get(text).copied().unwrap_or(0);
        (of_runs + u64::from(named)).saturating_sub(u64::from(removed))
    }

    fn in_runs(&self, index: u32) -> bool {
        let after = self.runs.partition_point(|run| run.0 <= index);
        after.checked_sub(1).and_then(|i| self.runs.get(i)).is_some_and(|run| index < run.1)
    }

    /// Whether every item that is in is one of the set, each once.
    pub fn only_runs(&self) -> bool {
        self.named.is_empty() && self.removed.is_empty()
    }

    /// Every copy that is in, those of the set first, in their order.
    ///
    /// Stops with an error when somebody asks for that.
    pub fn each(&self, stock: &Stock, mut see: impl FnMut(&str)) -> Result<(), ModelError> {
        let mut gone = self.removed.clone();
        for index in self.runs.iter().flat_map(|run| run.0..run.1) {
            interrupt::check_at(index.into())?;
            let text = stock.text(index as usize);
            if !gone.is_empty()
                && let Some(left) = gone.get_mut(text.as_ref()).filter(|left| **left > 0)
            {
                *left -= 1;
                continue;
            }
            see(&text);
        }
        for (text, copies) in &self.named {
            (0..*copies).for_each(|_| see(text));
        }
        Ok(())
    }

    /// Some items that are in: at most `most` of the set, spread over it, and as many given by name.
    pub fn sample(&self, stock: &Stock, most: usize) -> Vec<String> {
        let total: usize = self.runs.iter().map(|run| (run.1 - run.0) as usize).sum();
        let step = total.div_ceil(most.max(1)).max(1);
        let mut sample = Vec::new();
        let mut offset = 0_usize;
        for (from, to) in &self.runs {
            let length = (to - from) as usize;
            let mut at = offset;
            while at < length {
                sample.push(stock.text(*from as usize + at).into_owned());
                at += step;
            }
            offset = at - length;
        }
        sample.retain(|text| !self.removed.contains_key(text.as_str()) || self.copies_of(stock, text) > 0);
        sample.extend(self.named.keys().take(most).map(|text| text.to_string()));
        sample
    }

    /// Bytes in memory, roughly.
    pub fn memory_bytes(&self) -> usize {
        self.runs.capacity() * 8 + (self.named.len() + self.removed.len()) * 96
    }
}

#[cfg(test)]
mod tests {
    use super::super::stock::{Half, Theme};
    use super::*;

    #[test]
    fn runs_names_and_removals_count_up() {
        let stock = Stock::built_in(Theme::Urls, Half::Items);
        let mut history = History::default();
        (0..3).for_each(|_| history.put_next());
        history.skip_next();
        history.put_next();
        history.put_named("ada");
        history.put_named("ada");
        history.put_named(&stock.text(1));
        let copies = |h: &History, text: &str| h.copies_of(&stock, text);
        assert_eq!((history.copies(), history.next()), (7, 5));
        assert_eq!((copies(&history, "ada"), copies(&history, &stock.text(1))), (2, 2));
        assert_eq!((copies(&history, &stock.text(3)), copies(&history, &stock.text(4))), (0, 1));
        for text in ["ada".to_owned(), stock.text(0).into_owned(), stock.text(1).into_owned()] {
            history.take_out(&text);
        }
        let mut seen = Vec::new();
        assert!(history.each(&stock, |text| seen.push(text.to_owned())).is_ok());
        assert_eq!(seen, [stock.text(1), stock.text(2), stock.text(4), "ada".into()]);
        assert_eq!(seen.len() as u64, history.copies());
        let sample = history.sample(&stock, 2);
        assert!(sample.len() <= 3 && sample.iter().all(|text| copies(&history, text) > 0), "{sample:?}");
    }
}
