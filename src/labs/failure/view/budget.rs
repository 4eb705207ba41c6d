//! Nines against cost: where the design stands, and where the next machine buys most.
//!
//! ```text
//!  nines
//!   4 ┤        a
//!   3 ┤     ●       b        ● now, a the best next machine
//!   2 ┤  ·                   · designs before
//!     └──────────────── cost
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::FailureScene;
use crate::algorithms::availability::{downtime_per_year_s, nines};
use crate::engine::numbers::duration;
use crate::labs::failure::narrate::share;
use crate::picture::{Canvas, caption, letter, pad, pad_left, write};

/// The picture's halves: plot above, table below.
fn halves(area: Rect, candidates: usize) -> (Rect, Rect) {
    let rows = (candidates as u16 + 2).min(area.height / 2);
    let plot = Rect { height: area.height - rows, ..area };
    (plot, Rect { y: plot.bottom(), height: rows, ..area })
}

/// Draws the plot and the table.
pub(super) fn draw(scene: &FailureScene<'_>, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let now = theme.glyphs.pick("●", "@");
    let parts = [format!("{now} this design"), "a letter: one machine more".to_owned(), "click buys it".to_owned()];
    let area = caption(buf, area, &parts, theme);
    let (plot, table) = halves(area, scene.model.analysis.candidates.len());
    draw_plot(scene, plot, buf);
    draw_table(scene, table, buf);
}

fn draw_plot(scene: &FailureScene<'_>, area: Rect, buf: &mut Buffer) {
    let (analysis, theme) = (&scene.model.analysis, scene.theme);
    const LEFT: u16 = 4;
    if area.height < 3 || area.width < LEFT + 8 {
        return;
    }
    let points = scene.model.trail.iter().copied();
    let all = points.chain(analysis.candidates.iter().map(|c| (c.cost, c.availability)));
    let all: Vec<(f64, f64)> = all.map(|(cost, up)| (cost, nines(up).min(9.0))).collect();
    let (cheap, dear) = all.iter().fold((f64::MAX, 1.0_f64), |(low, high), p| (low.min(p.0), high.max(p.0)));
    let margin = ((dear - cheap) * 0.15).max(1.0);
    let (cheap, dear) = ((cheap - margin).max(0.0), dear + margin);
    let (low, high) = all.iter().fold((9.0_f64, 0.0_f64), |(low, high), p| (low.min(p.1), high.max(p.1)));
    let (low, high) = ((low - 0.2).max(0.0), high + 0.2);
    let inner = Rect { x: area.x + LEFT, width: area.width - LEFT, height: area.height - 1, y: area.y };
    let canvas = Canvas::new(inner, theme.glyphs);
    let (wide, tall) = canvas.size();
    let place = |cost: f64, n: f64| {
        let at = ((cost - cheap) / (dear - cheap) * (wide - 1.0), (1.0 - (n - low) / (high - low)) * (tall - 1.0));
        canvas.cell_of(at.0, at.1)
    };
    // A line for each whole nine.
    for n in low.ceil() as u32..=high.floor() as u32 {
        let (_, y) = place(cheap, f64::from(n));
        let rule = theme.glyphs.pick("┄", "-").repeat(usize::from(inner.width));
        write(buf, area, (LEFT, y - area.y), &rule, theme.faint(), theme);
        write(buf, area, (0, y - area.y), &format!("{n} 9s"), theme.faint_text(), theme);
    }
    let mut mark = |cost: f64, up: f64, text: &str, style| {
        let (x, y) = place(cost, nines(up).min(9.0));
        write(buf, area, (x - area.x, y - area.y), text, style, theme);
    };
    for (cost, up) in &scene.model.trail {
        mark(*cost, *up, theme.glyphs.pick("·", "."), theme.dim());
    }
    // Where there is room, the points have names.
    let named = area.width >= 90;
    for (i, candidate) in analysis.candidates.iter().enumerate().rev() {
        let style = if i == 0 { theme.strong() } else { theme.dim() };
        let sign = letter(i).to_lowercase();
        let text = if named { format!("{sign} {}", candidate.command) } else { sign };
        mark(candidate.cost, candidate.availability, &text, style);
    }
    let here = theme.glyphs.pick("●", "@");
    let now = if named { format!("{here} now, {}", share(analysis.availability)) } else { here.to_owned() };
    mark(analysis.cost, analysis.availability, &now, theme.accent());
    let most = f64::from(inner.width / 10).max(1.0);
    let step = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0].into_iter().find(|s| (dear - cheap) / s <= most).unwrap_or(1e3);
    for tick in (cheap / step).ceil() as u64..=(dear / step) as u64 {
        let cost = tick as f64 * step;
        let (x, _) = place(cost, low);
        let text = format!("{}{cost}", if tick == (cheap / step).ceil() as u64 { "cost " } else { "" });
        let fits = usize::from(x - area.x) + text.len() <= usize::from(area.width);
        if fits {
            write(buf, area, (x - area.x, area.height - 1), &text, theme.faint_text(), theme);
        }
    }
}

fn draw_table(scene: &FailureScene<'_>, area: Rect, buf: &mut Buffer) {
    let (analysis, theme) = (&scene.model.analysis, scene.theme);
    let roomy = area.width >= 56;
    let names = usize::from(area.width).saturating_sub(if roomy { 37 } else { 23 }).min(28);
    let head = format!("  {}{}{}", pad("one more", names), pad_left("saves a year", 14), pad_left("cost", 7));
    write(buf, area, (0, 0), &head, theme.faint_text(), theme);
    let now = downtime_per_year_s(analysis.availability);
    for (i, candidate) in analysis.candidates.iter().enumerate() {
        let saved = now - downtime_per_year_s(candidate.availability);
        let less = if saved < 0.0 { "-" } else { "" };
        let saves = format!("{less}{}", duration((saved.abs() * 1e6) as u64));
        let mut row = format!(
            "{} {}{}{}",
            letter(i).to_lowercase(),
            pad(&crate::picture::fit(&candidate.command, names), names),
            pad_left(&saves, 14),
            pad_left(&format!("+{:.1}", candidate.cost - analysis.cost), 7)
        );
        if roomy {
            row += &pad_left(&share(candidate.availability), 14);
        }
        let style = if i == 0 && saved > 0.0 { theme.strong() } else { theme.dim() };
        write(buf, area, (0, i as u16 + 1), &row, style, theme);
    }
}

/// A click on a row of the table buys that machine.
pub(super) fn click(scene: &FailureScene<'_>, area: Rect, y: u16) -> Option<String> {
    let below = Rect { height: area.height.saturating_sub(u16::from(area.height >= 3)), ..area };
    let candidates = &scene.model.analysis.candidates;
    let (_, table) = halves(below, candidates.len());
    let row = y.checked_sub(table.y + 1)?;
    candidates.get(usize::from(row)).filter(|_| y < table.bottom()).map(|c| c.command.clone())
}
