//! The scalable Bloom filter: it grows by layers, and keeps its promise.

use std::ops::Range;

use super::{BloomError, Classic, Digest, Filter, MAX_CELLS, Probe, theory};

/// One layer of a scalable filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    filter: Classic,
    capacity: u64,
    rate: f64,
    items: u64,
}

impl Layer {
    /// Number of bits.
    #[must_use]
    pub fn bits(&self) -> u64 {
        self.filter.cells()
    }

    /// Items that it holds before the next layer begins.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Items in it now.
    #[must_use]
    pub fn items(&self) -> u64 {
        self.items
    }

    /// The false-positive rate that it has when it is full.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Hashes for each item.
    #[must_use]
    pub fn hashes(&self) -> u32 {
        self.filter.hashes()
    }
}

/// A Bloom filter that grows: when a layer is full, another is put on top, twice as large and with a lower rate.
///
/// Layer i holds n₀·2ⁱ items at the rate p₀·rⁱ. However many items come, the rates of all layers together stay below
/// p₀/(1−r). An item that it already answers with 'maybe' is not put in again. When it cannot grow any more (at
/// [`MAX_CELLS`]), the last layer fills beyond its capacity.
///
/// Source: Almeida, Baquero, Preguiça, Hutchison, "Scalable Bloom filters", 2007.
///
/// ```
/// use scalelab::algorithms::bloom::{Digest, Filter, Scalable};
/// let mut filter = Scalable::new(100, 0.01)?;
/// for i in 0..1_000_u32 {
///     filter.insert(Digest::xxh3(0, &i.to_le_bytes()));
/// }
/// assert_eq!(filter.layers().len(), 4, "100 + 200 + 400 + 800 items");
/// assert!(filter.bound() <= 0.01);
/// # Ok::<(), scalelab::algorithms::bloom::BloomError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Scalable {
    layers: Vec<Layer>,
    ratio: f64,
    /// False once another layer would be too large.
    grows: bool,
}

impl Scalable {
    /// A filter whose first layer holds so many items, and whose rate stays below `rate` for ever: each layer has half
    /// the rate of the one before (r = ½), the first one half of `rate`.
    ///
    /// # Errors
    /// [`BloomError::NoItems`], [`BloomError::BadRate`], [`BloomError::TooLarge`].
    pub fn new(capacity: u64, rate: f64) -> Result<Self, BloomError> {
        theory::check_rate(rate)?;
        Self::with_ratio(capacity, rate / 2.0, 0.5)
    }

    /// A filter with n₀, p₀ and r of one's own. The compound rate stays below p₀/(1−r).
    ///
    /// # Errors
    /// As [`Scalable::new`], and [`BloomError::BadRatio`].
    pub fn with_ratio(capacity: u64, first_rate: f64, ratio: f64) -> Result<Self, BloomError> {
        if !(ratio > 0.0 && ratio < 1.0) {
            return Err(BloomError::BadRatio { ratio });
        }
        Ok(Self { layers: vec![layer(capacity, first_rate)?], ratio, grows: true })
    }

    /// The layers, the first one first.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// What the compound rate stays below, whatever comes: p₀/(1−r).
    #[must_use]
    pub fn bound(&self) -> f64 {
        self.layers.first().map_or(0.0, |l| l.rate) / (1.0 - self.ratio)
    }

    /// How many bits a filter of [`Scalable::new`] has once it holds so many items. O(log items).
    ///
    /// ```
    /// use scalelab::algorithms::bloom::{Filter, Scalable};
    /// assert_eq!(Scalable::bits_for(100, 0.01, 100)?, Scalable::new(100, 0.01)?.cells());
    /// assert!(Scalable::bits_for(100, 0.01, 101)? > 2 * Scalable::bits_for(100, 0.01, 100)?);
    /// # Ok::<(), scalelab::algorithms::bloom::BloomError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Scalable::new`].
    pub fn bits_for(capacity: u64, rate: f64, items: u64) -> Result<u64, BloomError> {
        let (mut size, mut rate, mut held) = (capacity, rate / 2.0, 0_u64);
        let mut bits = 0_u64;
        loop {
            bits = bits.saturating_add(theory::size(size, rate)?.cells);
            held = held.saturating_add(size);
            if held >= items {
                return Ok(bits);
            }
            (size, rate) = (size.saturating_mul(2), rate / 2.0);
        }
    }

    /// The rate that a filter of [`Scalable::new`] has once it holds so many items, by the usual formula. As each layer
    /// has a whole number of hashes, it can exceed the bound by a few per cent of it. O(log items).
    ///
    /// ```
    /// use scalelab::algorithms::bloom::Scalable;
    /// assert_eq!(Scalable::expected_rate(100, 0.01, 0)?, 0.0);
    /// assert!(Scalable::expected_rate(100, 0.01, 1_000_000)? < 0.0105);
    /// # Ok::<(), scalelab::algorithms::bloom::BloomError>(())
    /// ```
    ///
    /// # Errors
    /// As [`Scalable::new`].
    pub fn expected_rate(capacity: u64, rate: f64, items: u64) -> Result<f64, BloomError> {
        let (mut size, mut rate, mut left, mut none) = (capacity, rate / 2.0, items, 1.0);
        while left > 0 {
            let theory::Size { cells, hashes } = theory::size(size, rate)?;
            none *= 1.0 - theory::rate(cells, hashes, left.min(size));
            left = left.saturating_sub(size);
            (size, rate) = (size.saturating_mul(2), rate / 2.0);
        }
        Ok(1.0 - none)
    }

    /// Puts a new layer on top, if the last one is full.
    fn grow(&mut self) {
        let Some(last) = self.layers.last() else { return };
        if last.items < last.capacity || !self.grows {
            return;
        }
        let next = layer(last.capacity.saturating_mul(2), last.rate * self.ratio);
        match next.ok().filter(|next| self.cells().saturating_add(next.bits()) <= MAX_CELLS) {
            Some(next) => self.layers.push(next),
            None => self.grows = false,
        }
    }

    /// The layer of a cell, and the cell's index in it.
    fn place(&self, cell: u64) -> Option<(&Layer, u64)> {
        let mut cell = cell;
        for layer in &self.layers {
            if cell < layer.bits() {
                return Some((layer, cell));
            }
            cell -= layer.bits();
        }
        None
    }

    /// The rate that several filters have together: one minus the chance that none says 'maybe'.
    fn compound(&self, rate: impl Fn(&Layer) -> f64) -> f64 {
        1.0 - self.layers.iter().map(|l| 1.0 - rate(l)).product::<f64>()
    }
}

fn layer(capacity: u64, rate: f64) -> Result<Layer, BloomError> {
    Ok(Layer { filter: Classic::for_items(capacity, rate)?, capacity, rate, items: 0 })
}

impl Filter for Scalable {
    fn insert(&mut self, item: Digest) -> bool {
        if self.contains(item) {
            return false;
        }
        self.grow();
        self.layers.last_mut().is_some_and(|layer| {
            layer.items += 1;
            layer.filter.insert(item)
        })
    }

    fn contains(&self, item: Digest) -> bool {
        self.layers.iter().rev().any(|layer| layer.filter.contains(item))
    }

    fn remove(&mut self, _item: Digest) -> Result<(), BloomError> {
        Err(BloomError::CannotRemove { filter: "scalable" })
    }

    fn probes(&self, item: Digest, out: &mut Vec<Probe>) {
        let (mut all, mut of_layer, mut end) = (Vec::new(), Vec::new(), self.cells());
        for (group, layer) in (0..).zip(self.layers.iter().rev()) {
            layer.filter.probes(item, &mut of_layer);
            end -= layer.bits();
            all.extend(of_layer.iter().map(|p| Probe { cell: end + p.cell, group }));
        }
        *out = all;
    }

    fn cells(&self) -> u64 {
        self.layers.iter().map(Layer::bits).sum()
    }

    fn cell_bits(&self) -> u32 {
        1
    }

    fn value(&self, cell: u64) -> u8 {
        self.place(cell).map_or(0, |(layer, cell)| layer.filter.value(cell))
    }

    fn set_cells(&self) -> u64 {
        self.layers.iter().map(|l| l.filter.set_cells()).sum()
    }

    fn set_cells_in(&self, cells: Range<u64>) -> u64 {
        let (mut start, mut ones) = (0, 0);
        for layer in &self.layers {
            let from = cells.start.saturating_sub(start);
            let to = cells.end.saturating_sub(start);
            ones += layer.filter.set_cells_in(from..to);
            start += layer.bits();
        }
        ones
    }

    fn hashes(&self) -> u32 {
        self.layers.last().map_or(0, Layer::hashes)
    }

    fn memory_bytes(&self) -> usize {
        self.layers.iter().map(|l| l.filter.memory_bytes()).sum()
    }

    /// From the items that each layer holds; `items` is not asked.
    fn theory_rate(&self, _items: u64) -> f64 {
        self.compound(|l| theory::rate(l.bits(), l.hashes(), l.items))
    }

    /// From the items that each layer holds; `items` is not asked.
    fn exact_rate(&self, _items: u64) -> f64 {
        self.compound(|l| theory::exact_rate(l.bits(), l.hashes(), l.items))
    }

    /// One minus the chance that no layer says 'maybe', each judged by its own fill.
    fn own_rate(&self) -> f64 {
        self.compound(|l| l.filter.own_rate())
    }

    fn clear(&mut self) {
        self.layers.truncate(1);
        self.grows = true;
        for layer in &mut self.layers {
            layer.filter.clear();
            layer.items = 0;
        }
    }
}
