//! Pessimistic against optimistic: jobs a second as contention grows, and the figures below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{TxScene, nothing_yet};
use crate::algorithms::transactions::Outcome;
use crate::engine::numbers::percent;
use crate::labs::transactions::contest::Contest;
use crate::picture::{Canvas, caption, pad_left, write};

/// Columns of the scale at the left.
const SCALE: u16 = 7;

pub(super) fn draw(scene: &TxScene<'_>, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let Some(contest) = &scene.model.contest else {
        nothing_yet(
            scene,
            area,
            buf,
            &["Nothing was run yet.", "`contention` (or c) runs the same job", "pessimistic and optimistic."],
        );
        return;
    };
    let job = contest.job;
    let parts = [
        "P pessimistic  O optimistic".to_owned(),
        format!("{} clients, {} cores, {} rows a job", job.clients, job.cores, job.touched()),
    ];
    let area = caption(buf, area, &parts, theme);
    let table = if area.height >= 22 { contest.levels.len() as u16 + 2 } else { 0 };
    let plot = Rect { height: area.height - table, ..area };
    draw_plot(scene, contest, plot, buf);
    if table > 0 {
        draw_table(scene, contest, Rect { y: area.y + plot.height + 1, height: table - 1, ..area }, buf);
    }
}

fn draw_plot(scene: &TxScene<'_>, contest: &Contest, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    if area.height < 4 || area.width <= SCALE + 10 {
        return;
    }
    write(buf, area, (0, 0), "jobs/s", theme.faint_text(), theme);
    let inner = Rect { x: area.x + SCALE, width: area.width - SCALE, y: area.y + 1, height: area.height - 3 };
    let most = contest.levels.iter().map(|(_, p, o)| p.throughput.max(o.throughput)).fold(1.0, f64::max);
    let mut canvas = Canvas::new(inner, theme.glyphs);
    let (width, height) = canvas.size();
    let count = contest.levels.len().max(2) as f64;
    let x = |i: usize| 2.0 + i as f64 / (count - 1.0) * (width - 6.0);
    let y = |jobs: f64| (height - 2.0) * (1.0 - jobs / most);
    for i in 0..=4 {
        let level = height * f64::from(i) / 4.0;
        for dot in 0..(width / 8.0) as u32 {
            canvas.dot(f64::from(dot) * 8.0, level.min(height - 1.0), theme.faint(), 0);
        }
    }
    type Side<'a> = (&'a str, Style, fn(&(usize, Outcome, Outcome)) -> f64);
    let sides: [Side<'_>; 2] = [("P", theme.series(0), |l| l.1.throughput), ("O", theme.series(1), |l| l.2.throughput)];
    for (mark, style, of) in sides {
        let points: Vec<(f64, f64)> = contest.levels.iter().enumerate().map(|(i, l)| (x(i), y(of(l)))).collect();
        for pair in points.windows(2) {
            canvas.line(pair[0], pair[1], style, 3);
        }
        for (px, py) in points {
            canvas.text_centered(px, py, mark, style.add_modifier(ratatui::style::Modifier::BOLD));
        }
    }
    canvas.draw(buf);
    for (row, jobs) in [(1, most), (inner.height / 2 + 1, most / 2.0), (inner.height, 0.0)] {
        write(buf, area, (0, row), &pad_left(&format!("{jobs:.0}"), usize::from(SCALE) - 1), theme.dim(), theme);
    }
    for (i, (rows, ..)) in contest.levels.iter().enumerate() {
        let column = SCALE + (x(i) / 2.0) as u16;
        write(
            buf,
            area,
            (column.min(area.width.saturating_sub(3)), area.height - 2),
            &rows.to_string(),
            theme.dim(),
            theme,
        );
    }
    let arrow = theme.glyphs.pick("rows to choose from: fewer meet more →", "rows to choose from: fewer meet more >");
    write(buf, area, (SCALE, area.height - 1), arrow, theme.faint_text(), theme);
}

/// A column of the figures: title, width, and its text.
type Column = (&'static str, usize, fn(&Contest, &(usize, Outcome, Outcome)) -> String);

const COLUMNS: [Column; 8] = [
    ("rows", 5, |_, l| l.0.to_string()),
    ("P jobs/s", 10, |_, l| format!("{:.0}", l.1.throughput)),
    ("O jobs/s", 10, |_, l| format!("{:.0}", l.2.throughput)),
    ("P waits", 9, |_, l| format!("{:.2}", l.1.waits as f64 / l.1.committed.max(1) as f64)),
    ("theory", 8, |c, l| format!("{:.2}", c.theory_waits(l.0))),
    ("P aborts", 10, |_, l| format!("{:.2}", l.1.aborts as f64 / l.1.committed.max(1) as f64)),
    ("O aborts", 10, |_, l| format!("{:.2}", l.2.aborts as f64 / l.2.committed.max(1) as f64)),
    ("O wasted", 10, |_, l| percent(l.2.wasted)),
];

fn draw_table(scene: &TxScene<'_>, contest: &Contest, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let mut used = 0;
    let columns: Vec<&Column> = COLUMNS
        .iter()
        .take_while(|(_, width, _)| {
            used += width;
            used <= usize::from(area.width)
        })
        .collect();
    let heading: String = columns.iter().map(|(title, width, _)| pad_left(title, *width)).collect();
    write(buf, area, (0, 0), &heading, theme.faint_text(), theme);
    for (row, level) in (1..).zip(&contest.levels) {
        let text: String = columns.iter().map(|(_, width, of)| pad_left(&of(contest, level), *width)).collect();
        write(buf, area, (0, row), &text, theme.text(), theme);
    }
}
