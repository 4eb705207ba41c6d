//! How long requests took: a histogram with percentiles and theory's mean, and percentiles second by second.
//!
//! ```text
//!      ▂▅█▇▅▃▂▁            how many took how long (1 ms left, twice as long every so many columns)
//!      1    10 ┊  100      ┊ theory's mean
//!  p50 ─────  p99 ⠒⠢⠤⠒     the last seconds
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};

use super::{BalancerScene, eighths};
use crate::engine::numbers::{plural, thousands};
use crate::labs::balancer::narrate::{ms, ms_or};
use crate::labs::balancer::theory;
use crate::picture::{Canvas, caption, width, write};
use crate::sim::Duration;
use crate::systems::balancing::{Second, Stats};

/// Draws both.
pub(super) fn draw(scene: &BalancerScene<'_>, area: Rect, buf: &mut Buffer) {
    let stats = &scene.model.main().stats;
    let algorithm = scene.model.main().algorithm().name();
    let parts = [
        if scene.model.systems.len() > 1 { format!("{algorithm} only") } else { algorithm.to_owned() },
        format!("{} answered request{}", thousands(stats.times.count()), plural(stats.times.count())),
        "height: how many".to_owned(),
        "time in steps of ten times".to_owned(),
    ];
    let area = caption(buf, area, &parts, scene.theme);
    if stats.times.count() == 0 {
        write(buf, area, (0, 0), "no request was answered yet", scene.theme.dim(), scene.theme);
        return;
    }
    let [above, _, below] =
        Layout::vertical([Constraint::Fill(3), Constraint::Length(u16::from(area.height > 12)), Constraint::Fill(2)])
            .areas(area);
    histogram(scene, stats, above, buf);
    seconds(scene, stats, below, buf);
}

/// Quantiles in milliseconds on a logarithmic axis.
struct Axis {
    least: f64,
    most: f64,
    columns: u16,
}

impl Axis {
    fn of(stats: &Stats, theory: Option<f64>, columns: u16) -> Self {
        let quantile = |share| stats.times.quantile_ms(share).unwrap_or(1.0);
        let least = quantile(0.01).max(0.01) / 1.3;
        let most = (quantile(1.0) * 1.05).max(theory.unwrap_or(0.0) * 1.1).max(least * 4.0);
        Self { least, most, columns }
    }

    fn column(&self, ms: f64) -> u16 {
        let share = (ms.max(self.least) / self.least).ln() / (self.most / self.least).ln();
        (share * f64::from(self.columns)).floor().clamp(0.0, f64::from(self.columns.saturating_sub(1))) as u16
    }

    /// Left edge of a column, in milliseconds.
    fn edge(&self, column: u16) -> f64 {
        self.least * (self.most / self.least).powf(f64::from(column) / f64::from(self.columns.max(1)))
    }
}

fn histogram(scene: &BalancerScene<'_>, stats: &Stats, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    if area.height < 3 || area.width < 8 {
        return;
    }
    let expected = theory::expected(scene.model, scene.model.main()).ok();
    let axis = Axis::of(stats, expected.map(|e| e.mean_ms), area.width);
    let count = |column: u16| {
        let edge = |c: u16| Duration::from_micros((axis.edge(c) * 1_000.0) as u64);
        // What is shorter than the axis belongs to its first column.
        let from = if column == 0 { Duration::ZERO } else { edge(column) };
        stats.times.between(from, (edge(column + 1) - Duration::from_micros(1)).max(from))
    };
    let counts: Vec<u64> = (0..area.width).map(count).collect();
    let most = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
    let tall = area.height - 2;
    let late = stats.times.quantile_ms(0.99).map(|p99| axis.column(p99));
    for (column, count) in (0..).zip(&counts) {
        let height = *count as f64 / most * f64::from(tall);
        let slow = late.is_some_and(|late| column >= late);
        let style = if slow { theme.warning() } else { theme.series(0) };
        for cell in 0..tall {
            // A single request is seen, too.
            let shown = if *count > 0 && cell == 0 { height.max(0.125) } else { height };
            if let Some(block) = eighths(shown, cell, theme) {
                write(buf, area, (column, tall - 1 - cell), &block.to_string(), style, theme);
            }
        }
    }
    if let Some(expected) = expected {
        let column = axis.column(expected.mean_ms);
        for row in 0..tall {
            write(buf, area, (column, row), theme.glyphs.pick("┊", "|"), theme.strong(), theme);
        }
        let text = format!("theory {} {}", expected.formula, ms(expected.mean_ms));
        let at = label_at(column + 1, text.len() as u16, area.width);
        write(buf, area, (at, 0), &text, theme.strong(), theme);
    }
    ticks(&axis, stats, area, buf, theme);
}

/// Where a label fits that should stand at a column.
fn label_at(column: u16, width: u16, room: u16) -> u16 {
    column.min(room.saturating_sub(width))
}

/// Powers of ten below the axis, percentiles below them.
fn ticks(axis: &Axis, stats: &Stats, area: Rect, buf: &mut Buffer, theme: crate::picture::Theme) {
    let row = area.height - 2;
    for x in 0..area.width {
        write(buf, area, (x, row), theme.glyphs.pick("─", "-"), theme.faint(), theme);
    }
    for power in -1..=6 {
        let value = 10.0_f64.powi(power);
        if value > axis.least && value < axis.most {
            let text = if value >= 1_000.0 { format!("{} s", value / 1_000.0) } else { format!("{value} ms") };
            write(
                buf,
                area,
                (label_at(axis.column(value), text.len() as u16, area.width), row),
                &text,
                theme.dim(),
                theme,
            );
        }
    }
    // The latest first: it matters most when there is little room.
    let mut taken: Vec<(u16, u16)> = Vec::new();
    for (name, share) in [("p99", 0.99), ("p50", 0.5), ("p95", 0.95)] {
        let Some(value) = stats.times.quantile_ms(share) else { continue };
        // The pointer stands at the value: at the text's end where there is no room to the right of it.
        let (pointer, column) = (theme.glyphs.pick("▴", "^"), axis.column(value));
        let mut text = format!("{pointer}{name} {}", ms(value));
        let wide = width(&text) as u16;
        let mut at = column;
        if column + wide > area.width {
            text = format!("{name} {}{pointer}", ms(value));
            at = (column + 1).saturating_sub(wide);
        }
        let apart = |(from, to): &(u16, u16)| at + wide < *from || at > *to;
        if wide <= area.width && taken.iter().all(apart) {
            let style = if share > 0.98 { theme.warning() } else { theme.text() };
            write(buf, area, (at, row + 1), &text, style, theme);
            taken.push((at, at + wide));
        }
    }
}

/// Columns for the times at the left of the seconds.
const GUTTER: u16 = 8;

/// Percentiles of the last seconds, and where requests failed.
fn seconds(scene: &BalancerScene<'_>, stats: &Stats, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    if area.height < 4 || area.width < GUTTER + 12 {
        return;
    }
    // Heading, plot, and a row for times of day.
    let plot = Rect { x: area.x + GUTTER, y: area.y + 1, width: area.width - GUTTER, height: area.height - 2 };
    let room = usize::from(plot.width) * 2;
    let mut shown: Vec<Second> = stats.seconds().rev().take(room).collect();
    shown.reverse();
    let answered = || shown.iter().filter(|s| s.served > 0);
    let most = answered().map(|s| s.p99_ms).fold(1.0, f64::max);
    let least = answered().map(|s| s.p50_ms).fold(most, f64::min).max(0.01) * 0.8;
    let mut canvas = Canvas::new(plot, theme.glyphs);
    let (wide, tall) = canvas.size();
    let first = shown.first().map_or(0, |s| s.second);
    let span = shown.last().map_or(1, |s| s.second - first).max(1) as f64;
    let across = |s: &Second| (s.second - first) as f64 / span * (wide - 1.0);
    let up = |value: f64| {
        let y = (1.0 - (value.max(least) / least).ln() / (most / least).max(1.1).ln()) * (tall - 1.0);
        y.clamp(0.0, tall - 1.0)
    };
    for pair in shown.windows(2) {
        let [a, b] = pair else { continue };
        if a.served > 0 && b.served > 0 {
            canvas.line((across(a), up(a.p50_ms)), (across(b), up(b.p50_ms)), theme.series(0), 1);
            canvas.line((across(a), up(a.p99_ms)), (across(b), up(b.p99_ms)), theme.warning(), 2);
        }
    }
    let expected = theory::expected(scene.model, scene.model.main()).ok();
    let line = expected.map(|e| (e.mean_ms, up(e.mean_ms))).filter(|(mean, _)| *mean > least && *mean < most);
    if let Some((_, y)) = line {
        let row = (y / 4.0) as u16;
        (0..plot.width).step_by(2).for_each(|x| {
            write(buf, plot, (x, row), theme.glyphs.pick("╌", "-"), theme.strong(), theme);
        });
    }
    canvas.draw(buf);
    for second in shown.iter().filter(|s| s.failed > 0) {
        let x = (across(second) / 2.0) as u16;
        write(buf, plot, (x, plot.height - 1), theme.glyphs.pick("✗", "x"), theme.error(), theme);
    }
    axes(scene, area, (least, most, span), buf);
    legend(scene, &shown, line.is_some(), area, buf);
}

/// Quantiles at the left, and how long ago at the bottom.
fn axes(scene: &BalancerScene<'_>, area: Rect, (least, most, span): (f64, f64, f64), buf: &mut Buffer) {
    let theme = scene.theme;
    write(buf, area, (0, 1), &ms(most), theme.dim(), theme);
    if area.height > 4 {
        write(buf, area, (0, area.height - 2), &ms(least), theme.dim(), theme);
    }
    let row = area.height - 1;
    write(buf, area, (GUTTER, row), &format!("{span:.0} s ago"), theme.dim(), theme);
    write(buf, area, (area.width - 3, row), "now", theme.dim(), theme);
}

/// What the lines are: the parts that fit.
fn legend(scene: &BalancerScene<'_>, shown: &[Second], theory: bool, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let last = shown.last().filter(|s| s.served > 0);
    let mut parts = vec![
        (format!("p99 {} (upper)", ms_or(last.map(|s| s.p99_ms))), theme.warning()),
        (format!("p50 {} (lower)", ms_or(last.map(|s| s.p50_ms))), theme.series(0)),
    ];
    if shown.iter().any(|s| s.failed > 0) {
        parts.push(("✗ failures".to_owned(), theme.error()));
    }
    if theory {
        parts.push(("╌ theory's mean".to_owned(), theme.strong()));
    }
    let mut x = 0;
    for (text, style) in parts {
        if x + width(&text) as u16 <= area.width {
            x += write(buf, area, (x, 0), &text, style, theme) + 2;
        }
    }
}
