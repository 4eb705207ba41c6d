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
/// Layer i holds n₀·2ⁱ items at the rate p₀·rⁱ, which [`theory::design`] keeps. However many items come, the rates of all
/// layers together stay below p₀/(1−r). An item that it already answers with 'maybe' is not put in again. When it cannot grow any more (at
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
        let growth = Growth::with_ratio(capacity, first_rate, ratio)?;
        let layers = growth.layers.into_iter().map(Planned::build).collect::<Result<_, _>>()?;
        Ok(Self { layers, ratio, grows: true })
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

    /// What it will be like when it has grown, without growing it.
    #[must_use]
    pub fn growth(&self) -> Growth {
        let layer = |l: &Layer| Planned { bits: l.bits(), hashes: l.hashes(), capacity: l.capacity, rate: l.rate };
        let capacity = self.layers.iter().fold(0_u64, |all, l| all.saturating_add(l.capacity));
        Growth { layers: self.layers.iter().map(layer).collect(), ratio: self.ratio, capacity }
    }

    /// Puts a new layer on top, if the last one is full.
    fn grow(&mut self) {
        let full = self.layers.last().is_some_and(|last| last.items >= last.capacity);
        if !full || !self.grows {
            return;
        }
        let next = self.growth().next().and_then(Planned::build);
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

/// A layer that is planned and not built.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Planned {
    bits: u64,
    hashes: u32,
    capacity: u64,
    rate: f64,
}

impl Planned {
    fn new(capacity: u64, rate: f64) -> Result<Self, BloomError> {
        let theory::Size { cells: bits, hashes } = theory::design(capacity, rate)?;
        Ok(Self { bits, hashes, capacity, rate })
    }

    fn build(self) -> Result<Layer, BloomError> {
        let filter = Classic::new(self.bits, self.hashes)?;
        Ok(Layer { filter, capacity: self.capacity, rate: self.rate, items: 0 })
    }
}

/// How a scalable filter grows: the layers that it has and will have, without their bits.
///
/// ```
/// use scalelab::algorithms::bloom::{Filter, Growth, Scalable};
/// let mut growth = Growth::new(100, 0.01)?;
/// growth.reach(1_000_000)?;
/// assert_eq!(growth.bits(100), Scalable::new(100, 0.01)?.cells());
/// assert!(growth.bits(101) > 2 * growth.bits(100));
/// assert!(growth.rate(0) == 0.0 && growth.rate(1_000_000) <= 0.01);
/// # Ok::<(), scalelab::algorithms::bloom::BloomError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    layers: Vec<Planned>,
    ratio: f64,
    /// Items that all planned layers hold.
    capacity: u64,
}

impl Growth {
    /// That of a filter of [`Scalable::new`], with its first layer.
    ///
    /// # Errors
    /// As [`Scalable::new`].
    pub fn new(capacity: u64, rate: f64) -> Result<Self, BloomError> {
        theory::check_rate(rate)?;
        Self::with_ratio(capacity, rate / 2.0, 0.5)
    }

    fn with_ratio(capacity: u64, first_rate: f64, ratio: f64) -> Result<Self, BloomError> {
        if !(ratio > 0.0 && ratio < 1.0) {
            return Err(BloomError::BadRatio { ratio });
        }
        Ok(Self { layers: vec![Planned::new(capacity, first_rate)?], ratio, capacity })
    }

    /// The layer after the last one.
    fn next(&self) -> Result<Planned, BloomError> {
        let last = self.layers.last().ok_or(BloomError::NoItems)?;
        Planned::new(last.capacity.saturating_mul(2), last.rate * self.ratio)
    }

    /// Plans as many layers as so many items need. Each layer is planned once.
    ///
    /// # Errors
    /// [`BloomError::TooLarge`], when a layer would be. The layers before it are planned then.
    pub fn reach(&mut self, items: u64) -> Result<(), BloomError> {
        while self.capacity < items {
            let next = self.next()?;
            self.capacity = self.capacity.saturating_add(next.capacity);
            self.layers.push(next);
        }
        Ok(())
    }

    /// The planned layers and the items in each, once the filter holds so many; the last one takes what has no other room.
    fn filled(&self, items: u64) -> impl Iterator<Item = (&Planned, u64)> {
        let (mut left, last) = (items, self.layers.len() - 1);
        self.layers.iter().enumerate().map(move |(i, layer)| {
            let held = if i == last { left } else { left.min(layer.capacity) };
            left -= held;
            (layer, held)
        })
    }

    /// How many bits the filter has once it holds so many items, as far as it is planned. O(log items).
    #[must_use]
    pub fn bits(&self, items: u64) -> u64 {
        self.filled(items.max(1)).filter(|(_, held)| *held > 0).map(|(layer, _)| layer.bits).sum()
    }

    /// The rate that the filter has once it holds so many items, by the usual formula, as far as it is planned. O(log items).
    #[must_use]
    pub fn rate(&self, items: u64) -> f64 {
        let denied = |(layer, held): (&Planned, u64)| 1.0 - theory::rate(layer.bits, layer.hashes, held);
        1.0 - self.filled(items).map(denied).product::<f64>()
    }
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
