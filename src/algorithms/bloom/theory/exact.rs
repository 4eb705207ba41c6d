//! The false-positive rate exactly, where the usual formula is only near.

/// The false-positive rate exactly, for k independent hashes: E\[(X/m)^k\], X being the number of cells that k·n throws
/// have set.
///
/// Computed as Σ over d of P(the k cells of the question are d different ones) · P(these d are all set), which is the
/// same number as the double sum of the source, but all terms are positive and there are few. O(k³·log(kn)).
///
/// Source: Bose, Guo, Kranakis, Maheshwari, Morin, Morrison, Smid, Tang, "On the false-positive rate of Bloom
/// filters", 2008.
///
/// ```
/// use scalelab::algorithms::bloom::theory::exact_rate;
/// assert!((exact_rate(2, 2, 1) - 0.625).abs() < 1e-12);
/// assert!((exact_rate(1_024, 7, 100) - 0.007366).abs() < 5e-7);
/// ```
#[must_use]
pub fn exact_rate(cells: u64, hashes: u32, items: u64) -> f64 {
    let share = different(cells, hashes);
    combined(&share, &Throws::new(cells, hashes).after(u64::from(hashes).saturating_mul(items)))
}

/// [`exact_rate`] with `first` items, with one more, with two more and so on without end, at O(k²) for each after the first.
///
/// ```
/// use scalelab::algorithms::bloom::theory::{exact_rate, exact_rates};
/// for (items, rate) in (20..).zip(exact_rates(512, 6, 20).take(40)) {
///     assert!((rate / exact_rate(512, 6, items) - 1.0).abs() < 1e-9);
/// }
/// ```
pub fn exact_rates(cells: u64, hashes: u32, first: u64) -> impl Iterator<Item = f64> {
    let share = different(cells, hashes);
    let throws = Throws::new(cells, hashes);
    let one_item = throws.power(u64::from(hashes));
    let mut state = throws.after(u64::from(hashes).saturating_mul(first));
    std::iter::repeat_with(move || {
        let rate = combined(&share, &state);
        state = one_item.applied(&state);
        rate
    })
}

fn combined(share: &[f64], set: &[f64]) -> f64 {
    share.iter().zip(set).map(|(share, set)| share * set).sum()
}

/// P(k throws into m cells meet d different ones), for d from 0 to k.
fn different(cells: u64, hashes: u32) -> Vec<f64> {
    let (m, k) = (cells as f64, hashes as usize);
    let mut share = vec![0.0; k + 1];
    share[0] = 1.0;
    for _ in 0..k {
        for d in (0..=k).rev() {
            let stay = share[d] * d as f64 / m;
            let come = if d > 0 { share[d - 1] * (1.0 - (d - 1) as f64 / m).max(0.0) } else { 0.0 };
            share[d] = stay + come;
        }
    }
    share
}

/// What throws do to P(d given cells out of m are all set), for d from 0 to k: one throw, or several.
///
/// u(t+1, d) = (1 − d/m)·u(t, d) + d/m·u(t, d−1): a throw meets one of the d, or none. A lower triangular matrix, its rows
/// one after the other.
#[derive(Clone)]
struct Throws {
    entries: Vec<f64>,
    size: usize,
}

impl Throws {
    fn new(cells: u64, hashes: u32) -> Self {
        let (m, size) = (cells as f64, hashes as usize + 1);
        let mut entries = vec![0.0; size * size];
        for d in 0..size {
            entries[d * size + d] = (1.0 - d as f64 / m).max(0.0);
            if d > 0 {
                entries[d * size + d - 1] = (d as f64 / m).min(1.0);
            }
        }
        Self { entries, size }
    }

    /// After so many throws into an empty filter.
    fn after(&self, throws: u64) -> Vec<f64> {
        let mut state = vec![0.0; self.size];
        state[0] = 1.0;
        self.each_bit(throws, |step| state = step.applied(&state));
        state
    }

    /// So many throws in one step.
    fn power(&self, throws: u64) -> Self {
        let mut power = Self { entries: vec![0.0; self.size * self.size], size: self.size };
        (0..self.size).for_each(|d| power.entries[d * self.size + d] = 1.0);
        self.each_bit(throws, |step| power = power.times(step));
        power
    }

    /// Gives 2^i throws in one step for every bit i of the number, by squaring.
    fn each_bit(&self, throws: u64, mut apply: impl FnMut(&Self)) {
        let (mut step, mut left) = (self.clone(), throws);
        while left > 0 {
            if left & 1 == 1 {
                apply(&step);
            }
            left >>= 1;
            if left > 0 {
                step = step.times(&step);
            }
        }
    }

    fn applied(&self, state: &[f64]) -> Vec<f64> {
        let row = |d: usize| self.entries[d * self.size..].iter().zip(&state[..=d]);
        (0..self.size).map(|d| row(d).map(|(entry, u)| entry * u).sum()).collect()
    }

    fn times(&self, other: &Self) -> Self {
        let size = self.size;
        let mut entries = vec![0.0; size * size];
        for row in 0..size {
            for j in 0..=row {
                let factor = self.entries[row * size + j];
                let from = &other.entries[j * size..=j * size + j];
                entries[row * size..].iter_mut().zip(from).for_each(|(sum, entry)| *sum += factor * entry);
            }
        }
        Self { entries, size }
    }
}
