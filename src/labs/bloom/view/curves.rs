//! The false-positive rate against items and against hashes: the formula as a line, observations with their intervals.
//!
//! ```text
//!  22 % │            ⡠⠊      rate against items        12 % │⡀          ⡠   rate against hashes
//!       │         ⡠⠊                                        │⠱⡀      ⡠⠊
//!       │⣀⣀⣀⠤⠔⠊  ┼ observed                                 │  ⠑⠤⠤⠒⠁
//!       └────▲────────                                      └────▲──────
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{BloomScene, LOW, above_caption, note};
use crate::algorithms::bloom::{BLOCK_BITS, Growth, theory};
use crate::engine::numbers::{percent, thousands};
use crate::labs::bloom::command::Variant;
use crate::labs::bloom::config::AnyFilter;
use crate::labs::bloom::model::BloomModel;
use crate::labs::bloom::record::Sample;
use crate::picture::{Canvas, width, write};

/// Columns for the labels of the rate.
const MARGIN: u16 = 9;
/// Observations are put together until there are so many in a point; fewer are not drawn.
const ENOUGH: u64 = 30;
/// Most points along a curve.
const MOST_POINTS: u64 = 12;

/// A curve and what was observed along it.
struct Chart<'a> {
    title: String,
    /// From and up to where.
    range: (f64, f64),
    line: &'a dyn Fn(f64) -> f64,
    /// Only whole numbers are meant: the line is drawn as points.
    whole: bool,
    points: Vec<(f64, Sample)>,
    /// Where the filter is now, with its label.
    now: (f64, String),
    /// A place of its own: the design, or the optimum; with its label.
    mark: (f64, String),
    /// The wanted rate.
    wanted: f64,
}

/// Draws both charts, side by side or one below the other.
pub(super) fn draw(scene: &BloomScene<'_>, area: Rect, buf: &mut Buffer) {
    let area = note(buf, area, &caption_parts(scene), scene.theme);
    let (left, right) = halves(area);
    by_items(scene, left, buf);
    by_hashes(scene, right, buf);
}

fn halves(area: Rect) -> (Rect, Rect) {
    if area.width < 60 && area.height >= 18 {
        let half = area.height / 2;
        let below = Rect { y: area.y + half, height: area.height - half, ..area };
        return (Rect { height: half.saturating_sub(1), ..area }, below);
    }
    let half = area.width / 2;
    let right = Rect { x: area.x + half, width: area.width - half, ..area };
    (Rect { width: half.saturating_sub(2), ..area }, right)
}

fn caption_parts(scene: &BloomScene<'_>) -> Vec<String> {
    let now = scene.theme.glyphs.pick("▲", "^");
    let mut parts = vec![format!("{now} you are here")];
    if scene.model.points.by_items.values().any(|sample| sample.absent >= ENOUGH) {
        parts.push("+ observed, 95 %".to_owned());
    }
    parts.push("line: the formula".to_owned());
    parts.push("dots: the designed rate".to_owned());
    parts.push("click to go there".to_owned());
    parts
}

/// The rate that the formula gives a filter like this with so many items; a scalable one by its growth.
fn rate_with(model: &BloomModel, growth: Option<&Growth>, items: u64) -> f64 {
    let filter = model.filter.get();
    match model.config.variant {
        _ if model.denied_only && model.one_row() => {
            model.denied_fill(items).unwrap_or(1.0).powf(f64::from(filter.hashes()))
        }
        _ if growth.is_some() => growth.map_or(1.0, |growth| growth.rate(items)),
        _ => filter.theory_rate(items),
    }
}

/// The items for which hashes are compared: those that are in, else those of the design.
fn items_meant(model: &BloomModel) -> u64 {
    if model.distinct > 0 { model.distinct } else { model.config.items }
}

fn rate_by_hashes(model: &BloomModel, hashes: u32) -> f64 {
    let (cells, items) = (model.filter.get().cells(), items_meant(model));
    match model.config.variant {
        Variant::Blocked => theory::blocked_rate(cells / BLOCK_BITS, hashes, items),
        _ => theory::rate(cells, hashes, items),
    }
}

fn best_hashes(model: &BloomModel) -> u32 {
    model.config.best_hashes(model.filter.get().cells(), items_meant(model))
}

fn most_items(model: &BloomModel) -> f64 {
    (model.config.items as f64 * 2.0).max(model.distinct as f64 * 1.25).max(4.0)
}

fn most_hashes(model: &BloomModel) -> u32 {
    let best = best_hashes(model);
    (best * 2).max(model.config.hashes + 2).clamp(12, 64)
}

fn by_items(scene: &BloomScene<'_>, area: Rect, buf: &mut Buffer) {
    let model = scene.model;
    let points = model.points.by_items.iter().map(|(items, sample)| (*items as f64, *sample));
    let growth = match &*model.filter {
        AnyFilter::Scalable(filter) => {
            let mut growth = filter.growth();
            // One that cannot grow so far fills its last layer.
            let _ = growth.reach(most_items(model) as u64);
            Some(growth)
        }
        _ => None,
    };
    let chart = Chart {
        title: "rate by items".to_owned(),
        range: (0.0, most_items(model)),
        line: &|items| rate_with(model, growth.as_ref(), items.max(0.0) as u64),
        whole: false,
        points: merged(points.collect()),
        now: (model.distinct as f64, thousands(model.distinct)),
        mark: (model.config.items as f64, format!("made for {}", thousands(model.config.items))),
        wanted: model.config.rate,
    };
    chart.draw(scene, area, buf);
}

fn by_hashes(scene: &BloomScene<'_>, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    if model.config.variant == Variant::Scalable {
        let lines = ["A scalable filter chooses", "the hashes of each layer", "by itself."];
        for (row, line) in (1..).zip(lines) {
            write(buf, area, (0, row), line, theme.dim(), theme);
        }
        return;
    }
    let best = best_hashes(model);
    let points = model.points.by_hashes.iter().map(|(hashes, sample)| (f64::from(*hashes), *sample));
    let chart = Chart {
        title: format!("rate by hashes, n = {}", thousands(items_meant(model))),
        range: (0.0, f64::from(most_hashes(model))),
        line: &|hashes| rate_by_hashes(model, (hashes.round() as u32).max(1)),
        whole: true,
        points: points.filter(|(_, sample)| sample.absent >= ENOUGH).collect(),
        now: (f64::from(model.config.hashes), model.config.hashes.to_string()),
        mark: match best == model.config.hashes {
            true => (f64::from(best), format!("k = {best}, the best")),
            false => (f64::from(best), format!("best k = {best}")),
        },
        wanted: model.config.rate,
    };
    chart.draw(scene, area, buf);
}

/// Neighbours put together until each point says something; few of them.
fn merged(points: Vec<(f64, Sample)>) -> Vec<(f64, Sample)> {
    let total: u64 = points.iter().map(|p| p.1.absent).sum();
    let enough = ENOUGH.max(total / MOST_POINTS);
    let mut out: Vec<(f64, Sample)> = Vec::new();
    for (at, sample) in points {
        match out.last_mut().filter(|(_, s)| s.absent < enough) {
            Some((mean, sum)) => {
                let (old, new) = (sum.absent as f64, sample.absent as f64);
                *mean = (*mean * old + at * new) / (old + new).max(1.0);
                sum.add(sample);
            }
            None => out.push((at, sample)),
        }
    }
    out.retain(|(_, sample)| sample.absent >= ENOUGH);
    out
}

impl Chart<'_> {
    fn plot(area: Rect) -> Rect {
        let margin = MARGIN.min(area.width / 3);
        Rect {
            x: area.x + margin,
            y: area.y + 1.min(area.height),
            width: area.width - margin,
            // Below it the axis, and its labels where there is room.
            height: area.height.saturating_sub(if area.height < LOW - 1 { 2 } else { 3 }),
        }
    }

    /// The highest rate that is drawn: of the line, and of what was observed.
    fn top(&self) -> f64 {
        let (from, to) = self.range;
        let line = if self.whole {
            (1..=to as u32).map(|x| (self.line)(f64::from(x))).fold(0.0, f64::max)
        } else {
            (self.line)(to).max((self.line)(from))
        };
        let seen = self.points.iter().filter_map(|p| p.1.rate()).fold(0.0, f64::max);
        line.max(seen).max(self.wanted * 1.5).clamp(1e-12, 1.0)
    }

    fn draw(&self, scene: &BloomScene<'_>, area: Rect, buf: &mut Buffer) {
        let theme = scene.theme;
        let plot = Self::plot(area);
        if plot.width < 6 || plot.height < 2 {
            return;
        }
        write(buf, area, (0, 0), &self.title, theme.dim(), theme);
        let mut canvas = Canvas::new(plot, theme.glyphs);
        let (wide, high) = canvas.size();
        let top = self.top();
        let x_of = |x: f64| (x - self.range.0) / (self.range.1 - self.range.0) * (wide - 1.0);
        let y_of = |rate: f64| (high - 1.0) - rate / top * (high - 1.0);
        let mut dash = 0.0;
        while dash < wide {
            canvas.dot(dash, y_of(self.wanted), theme.faint(), 0);
            dash += 4.0;
        }
        let mut down = 0.0;
        while down < high {
            canvas.dot(x_of(self.now.0), down, theme.dim(), 1);
            down += 3.0;
        }
        self.curve(&mut canvas, scene, &x_of, &y_of);
        for (at, sample) in &self.points {
            let (low, high) = sample.interval();
            let style = if (at - self.now.0).abs() < 0.5 { theme.strong() } else { theme.text() };
            canvas.line((x_of(*at), y_of(low)), (x_of(*at), y_of(high.min(top))), style, 3);
            let rate = sample.rate().unwrap_or(0.0);
            canvas.text_centered(x_of(*at), y_of(rate), "+", style);
        }
        canvas.draw(buf);
        self.axes(scene, area, plot, top, buf);
    }

    fn curve(&self, canvas: &mut Canvas, scene: &BloomScene<'_>, x_of: &dyn Fn(f64) -> f64, y_of: &dyn Fn(f64) -> f64) {
        let style = scene.theme.series(0);
        let (from, to) = self.range;
        if self.whole {
            let places: Vec<(f64, f64)> =
                (1..=to as u32).map(|x| (x_of(f64::from(x)), y_of((self.line)(f64::from(x))))).collect();
            for pair in places.windows(2) {
                canvas.line(pair[0], pair[1], scene.theme.series_dim(0), 1);
            }
            places.iter().for_each(|(x, y)| canvas.dot(*x, *y, style, 2));
            return;
        }
        let (wide, _) = canvas.size();
        let mut last = None;
        for step in 0..wide as u32 {
            let x = from + (to - from) * f64::from(step) / (wide - 1.0).max(1.0);
            let place = (f64::from(step), y_of((self.line)(x)));
            if let Some(before) = last.replace(place) {
                canvas.line(before, place, style, 2);
            }
        }
    }

    /// Rates on the left, the axis below, where one is and what is marked.
    fn axes(&self, scene: &BloomScene<'_>, area: Rect, plot: Rect, top: f64, buf: &mut Buffer) {
        let theme = scene.theme;
        let margin = plot.x - area.x;
        let label = Rect { width: margin, ..area };
        write(buf, label, (0, 1), &percent(top), theme.faint_text(), theme);
        let wanted =
            (f64::from(plot.height - 1) * (1.0 - self.wanted / top)).round().clamp(0.0, f64::from(plot.height - 1));
        if wanted >= 1.0 {
            write(buf, label, (0, 1 + wanted as u16), &percent(self.wanted), theme.dim(), theme);
        }
        if wanted < f64::from(plot.height - 1) {
            write(buf, label, (0, plot.height), "0", theme.faint_text(), theme);
        }
        let axis = plot.y - area.y + plot.height;
        let line = theme.glyphs.pick("─", "-").repeat(usize::from(plot.width));
        write(buf, area, (margin, axis), &line, theme.faint(), theme);
        let column = |x: f64| {
            let share = ((x - self.range.0) / (self.range.1 - self.range.0)).clamp(0.0, 1.0);
            margin + (share * f64::from(plot.width - 1)).round() as u16
        };
        let one = |x: u16| Rect { width: (x + 1).min(area.width), ..area };
        write(
            buf,
            one(column(self.mark.0)),
            (column(self.mark.0), axis),
            theme.glyphs.pick("┴", "|"),
            theme.text(),
            theme,
        );
        write(
            buf,
            one(column(self.now.0)),
            (column(self.now.0), axis),
            theme.glyphs.pick("▲", "^"),
            theme.strong(),
            theme,
        );
        // Below the axis: the mark's label, then what does not run into it: where one is, and the end.
        let mut taken: Vec<(u16, u16)> = Vec::new();
        let end = if self.whole { format!("{}", self.range.1 as u32) } else { thousands(self.range.1 as u64) };
        let labels = [
            (self.mark.0, self.mark.1.as_str(), theme.text()),
            (self.now.0, self.now.1.as_str(), theme.strong()),
            (self.range.1, end.as_str(), theme.faint_text()),
        ];
        for (place, text, style) in labels {
            let wide = width(text) as u16;
            let from = column(place).saturating_sub(wide / 2).max(margin).min(area.width.saturating_sub(wide));
            if taken.iter().all(|(start, end)| from + wide < *start || from > *end) {
                write(buf, area, (from, axis + 1), text, style, theme);
                taken.push((from, from + wide));
            }
        }
    }
}

/// Goes to the number of items or hashes that was clicked.
pub(super) fn click(scene: &BloomScene<'_>, area: Rect, x: u16, y: u16) -> Option<String> {
    let model = scene.model;
    let area = above_caption(area);
    let at = ratatui::layout::Position { x, y };
    let (left, right) = halves(area);
    let share = |plot: Rect| f64::from(x - plot.x) / f64::from(plot.width.max(2) - 1);
    let (items, hashes) = (Chart::plot(left), Chart::plot(right));
    if items.contains(at) {
        let wanted = (share(items) * most_items(model)).round() as u64;
        return (wanted > model.distinct).then(|| format!("insert --next {}", wanted - model.distinct));
    }
    if hashes.contains(at) && model.config.variant != Variant::Scalable {
        let wanted = (share(hashes) * f64::from(most_hashes(model))).round().max(1.0);
        return Some(format!("hashes {wanted}"));
    }
    None
}
