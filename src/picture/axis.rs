//! Axes: from values to places, with ticks at round numbers.

use ratatui::layout::Rect;

use super::paint::write;
use super::text::width;
use super::widget::Paint;

/// How values are spread along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences are equally far apart.
    Linear,
    /// Equal ratios are equally far apart; what is not above zero stands at the beginning.
    Log,
}

/// An axis: what it measures, from where to where, and how its numbers are written.
///
/// ```
/// use scalelab::picture::Axis;
/// let axis = Axis::linear("requests per second", 0.0, 87.0);
/// assert_eq!(axis.ticks(5), [(0.0, "0".to_owned()), (20.0, "20".into()), (40.0, "40".into()), (60.0, "60".into()), (80.0, "80".into())]);
/// assert_eq!(axis.share(43.5), 0.5);
/// let ratios = Axis::log("ms", 1.0, 1_000.0);
/// assert!((ratios.share(10.0) - 1.0 / 3.0).abs() < 1e-12);
/// assert_eq!(ratios.ticks(9).iter().map(|(at, _)| *at).collect::<Vec<_>>(), [1.0, 10.0, 100.0, 1_000.0]);
/// ```
#[derive(Clone, Debug)]
pub struct Axis {
    /// What it measures, with its unit.
    pub label: String,
    /// How values are spread.
    pub scale: Scale,
    /// The value at its beginning.
    pub low: f64,
    /// The value at its end.
    pub high: f64,
    /// How its numbers are written.
    pub format: fn(f64) -> String,
}

/// A number with as few digits as it needs.
fn plain(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        1e6.. => format!("{}M", round(value / 1e6)),
        1e4.. => format!("{}k", round(value / 1e3)),
        _ => round(value),
    }
}

/// Ticks are at round numbers: what is beyond the sixth digit is an error of rounding.
fn round(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Axis {
    /// An axis on which equal differences are equally far apart.
    pub fn linear(label: impl Into<String>, low: f64, high: f64) -> Self {
        Self { label: label.into(), scale: Scale::Linear, low, high, format: plain }
    }

    /// An axis on which equal ratios are equally far apart.
    pub fn log(label: impl Into<String>, low: f64, high: f64) -> Self {
        Self { label: label.into(), scale: Scale::Log, low, high, format: plain }
    }

    /// With its numbers written in this way.
    #[must_use]
    pub fn written(self, format: fn(f64) -> String) -> Self {
        Self { format, ..self }
    }

    /// Where a value stands, from 0 at the beginning to 1 at the end; kept within both.
    pub fn share(&self, value: f64) -> f64 {
        let place = |v: f64| match self.scale {
            Scale::Linear => v,
            Scale::Log => v.max(f64::MIN_POSITIVE).ln(),
        };
        let (low, high) = (place(self.low), place(self.high));
        let share = (place(value) - low) / (high - low);
        if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The value at a place, from 0 to 1.
    pub fn value(&self, share: f64) -> f64 {
        match self.scale {
            Scale::Linear => self.low + (self.high - self.low) * share,
            Scale::Log => self.low * (self.high / self.low).powf(share),
        }
    }

    /// At most about so many round values on the axis, with their texts.
    ///
    /// Source: Heckbert, "Nice numbers for graph labels", Graphics Gems, 1990.
    pub fn ticks(&self, most: usize) -> Vec<(f64, String)> {
        let valid = self.low.is_finite() && self.high.is_finite() && self.low < self.high;
        if !valid || most == 0 || (self.scale == Scale::Log && self.low <= 0.0) {
            return Vec::new();
        }
        let values: Vec<f64> = match self.scale {
            Scale::Linear => {
                let step = nice((self.high - self.low) / most.max(2) as f64);
                let first = (self.low / step).ceil();
                (0..=most.max(2) + 1)
                    .map(|i| (first + i as f64) * step)
                    .take_while(|v| *v <= self.high * (1.0 + 1e-9))
                    .collect()
            }
            Scale::Log => {
                let (low, high) = (self.low.log10().ceil() as i32, (self.high.log10() + 1e-9).floor() as i32);
                let apart = ((high - low + 1) as usize).div_ceil(most).max(1);
                (low..=high).step_by(apart).map(|exponent| 10_f64.powi(exponent)).collect()
            }
        };
        values.into_iter().map(|value| (value, (self.format)(value))).collect()
    }

    /// Writes the numbers of an axis in the last row of an area, below a field that begins after `names` columns, and
    /// what it measures in front of them. `column` gives the column of a value, counted from the field's left.
    pub(super) fn draw_below(&self, area: Rect, names: u16, column: impl Fn(f64) -> u16, paint: &mut Paint<'_>) {
        let (theme, wide) = (paint.theme, area.width - names);
        let below = Rect { x: area.x + names, y: area.bottom() - 1, width: wide, height: 1 };
        let mut free = 0;
        for (at, text) in self.ticks(usize::from(wide / 10)) {
            let x = column(at).min(wide.saturating_sub(width(&text) as u16));
            if x >= free {
                free = x + write(paint.buf, below, (x, 0), &text, theme.dim(), theme) + 1;
            }
        }
        let before = Rect { x: area.x, width: names, ..below };
        write(paint.buf, before, (0, 0), &self.label, theme.faint_text(), theme);
    }
}

/// The next round number: 1, 2 or 5 times a power of ten.
fn nice(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let rest = value / power;
    let round = [1.0, 2.0, 5.0].into_iter().find(|step| rest <= *step * (1.0 + 1e-9)).unwrap_or(10.0);
    round * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_few_round_and_on_the_axis() {
        for (low, high) in
            [(0.0, 1.0), (0.0, 0.037), (-3.0, 8.5), (999.0, 1_001.0), (0.0, 1e12), (5.0, 5.0), (f64::NAN, 1.0)]
        {
            for most in 0..12 {
                let ticks = Axis::linear("", low, high).ticks(most);
                assert!(ticks.len() <= most.max(2) + 2, "{low} to {high}: {ticks:?}");
                assert!(ticks.iter().all(|(at, _)| (low..=high + (high - low) * 1e-6).contains(at)), "{ticks:?}");
            }
        }
        assert_eq!(
            Axis::linear("", 0.0, 0.3).ticks(3).iter().map(|(_, t)| t.as_str()).collect::<Vec<_>>(),
            ["0", "0.1", "0.2", "0.3"]
        );
    }

    #[test]
    fn places_and_values_round_trip() {
        for axis in [Axis::linear("", -2.0, 6.0), Axis::log("", 0.1, 1e4)] {
            for i in 0..=10 {
                let share = f64::from(i) / 10.0;
                assert!((axis.share(axis.value(share)) - share).abs() < 1e-9);
            }
            assert_eq!((axis.share(f64::NAN), axis.share(1e300), axis.share(-1e300)), (0.0, 1.0, 0.0));
        }
    }
}
