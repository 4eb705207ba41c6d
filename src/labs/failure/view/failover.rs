//! A failover as a line through time.
//!
//! ```text
//!  db-1 fails, db-2 takes over
//!  ♥     last heartbeat          0 s
//!  ┊ ███████████ detection       4.6 s  theory 4.5 s
//!  ┊            ██ decision      0.5 s  theory 0.5 s
//!  requests  ····✗✗✗✗✗✗✗✗✗✗✗····
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::FailureScene;
use crate::engine::Micros;
use crate::engine::numbers::{duration, thousands};
use crate::labs::failure::failover::{BIN_US, Failover};
use crate::picture::{Theme, caption, pad, pad_left, width, write};

const NAMES: [&str; 4] = ["detection", "decision", "promotion", "reconnect"];

/// Draws the last failover; before the first, who has been silent for how long.
pub(super) fn draw(scene: &FailureScene<'_>, area: Rect, buf: &mut Buffer) {
    match scene.model.failovers.back() {
        Some(failover) => line(scene, failover, area, buf),
        None => heartbeats(scene, area, buf),
    }
}

/// Time to columns.
struct Axis {
    start: Micros,
    end: Micros,
    left: u16,
    columns: u16,
}

impl Axis {
    fn column(&self, at: Micros) -> u16 {
        let span = self.end.saturating_sub(self.start).max(1);
        let share = at.saturating_sub(self.start).min(span) as f64 / span as f64;
        self.left + (share * f64::from(self.columns.saturating_sub(1))).round() as u16
    }
}

fn line(scene: &FailureScene<'_>, failover: &Failover, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let area = caption(buf, area, &captions(failover, theme), theme);
    write(buf, area, (0, 0), &title(failover, scene.now), theme.strong(), theme);
    let expected: Micros = failover.theory.iter().sum();
    let last = failover.back.unwrap_or(scene.now);
    let end = last.max(failover.failed + expected);
    let start = failover.heard.min(failover.failed);
    let margin = (end - start) / 12 + 1;
    let axis = Axis { start, end: end + margin, left: 0, columns: area.width };
    let roomy = area.height >= 18;
    let mut y = if roomy { 2 } else { 1 };
    y = marks(scene, failover, &axis, y, area, buf);
    y = phases(scene, failover, &axis, y, area, buf);
    y += u16::from(roomy);
    requests(scene, failover, &axis, y, area, buf);
    totals(scene, failover, y + 2 + u16::from(roomy), area, buf);
}

fn captions(failover: &Failover, theme: Theme) -> Vec<String> {
    let glyph = theme.glyphs.pick("░", ":");
    let mut parts = vec![format!("{glyph} what theory says")];
    if failover.suspected.is_none() {
        parts.insert(0, "nobody has noticed yet".to_owned());
    }
    parts
}

fn title(failover: &Failover, now: Micros) -> String {
    let Failover { from, to, .. } = failover;
    match (to, failover.back) {
        (_, Some(_)) if failover.repaired => format!("{from} came back before anyone took over"),
        (Some(to), Some(_)) => format!("{from} failed, {to} took over"),
        (Some(to), None) => format!("{from} failed, {to} takes over"),
        (None, Some(back)) if back <= now => format!("{from} failed, the others carry on"),
        (None, _) if failover.suspected.is_none() => format!("{from} fails"),
        (None, _) if failover.redundant => format!("{from} failed"),
        _ => format!("{from} failed, and nobody can take over"),
    }
}

/// What happened when, as signs over the line.
fn marks(scene: &FailureScene<'_>, failover: &Failover, axis: &Axis, y: u16, area: Rect, buf: &mut Buffer) -> u16 {
    let theme = scene.theme;
    let rule = theme.glyphs.pick("─", "-").repeat(usize::from(area.width));
    write(buf, area, (0, y), &rule, theme.faint(), theme);
    let signs = [
        (Some(failover.heard), theme.glyphs.pick("♥", "h"), theme.good()),
        (Some(failover.failed), theme.glyphs.pick("✗", "X"), theme.error()),
        (failover.suspected, "?", theme.warning()),
        (failover.decided, "!", theme.accent()),
        (failover.promoted, "P", theme.accent()),
        (failover.back.filter(|b| *b <= scene.now), theme.glyphs.pick("●", "@"), theme.good()),
    ];
    for (at, sign, style) in signs {
        if let Some(at) = at {
            write(buf, area, (axis.column(at), y), sign, style, theme);
        }
    }
    if failover.back.is_none_or(|b| b > scene.now) {
        let now = axis.column(scene.now);
        write(buf, area, (now, y), theme.glyphs.pick("▸", ">"), theme.strong(), theme);
    }
    y + 1
}

/// One row a phase: its bar where it lies in time, its length, and theory beside both.
fn phases(scene: &FailureScene<'_>, failover: &Failover, axis: &Axis, mut y: u16, area: Rect, buf: &mut Buffer) -> u16 {
    let (theme, now) = (scene.theme, scene.now);
    let starts = match failover.passive {
        true => [Some(failover.failed), failover.suspected, failover.decided, failover.promoted],
        false => [Some(failover.failed), None, None, failover.suspected],
    };
    let seen = failover.phases();
    // In little room the bars share one row: they follow each other in time.
    let compact = area.height < 14;
    let (bars, mut expected) = (y, failover.failed);
    y += u16::from(compact);
    for i in 0..4 {
        let theory = failover.theory[i];
        if theory == 0 && seen[i].is_none_or(|us| us == 0) {
            continue;
        }
        let dots = theme.glyphs.pick("░", ":");
        let from = starts[i].unwrap_or(expected);
        let row = if compact { bars } else { y };
        let (a, b) = (axis.column(from), axis.column(from + theory));
        write(buf, area, (a, row), &dots.repeat(usize::from(b.saturating_sub(a)).max(1)), theme.dim(), theme);
        expected = from + theory;
        let running = starts[i].is_some() && seen[i].is_none() && failover.back.is_none();
        let done = seen[i].or(running.then(|| now.saturating_sub(from)));
        if let Some(us) = done {
            let b = axis.column((from + us).min(now.max(from)));
            let block = theme.glyphs.pick("█", "#").repeat(usize::from(b.saturating_sub(a)).max(1));
            let style = if running { theme.strong() } else { theme.accent() };
            write(buf, area, (a, row), &block, style, theme);
        }
        let value = seen[i].map_or_else(|| if running { "…".to_owned() } else { "–".to_owned() }, duration);
        words(NAMES[i], &value, &duration(theory), if compact { y } else { y + 1 }, area, theme, buf);
        y += if compact { 1 } else { 2 };
    }
    y
}

/// `detection  4.61 s  theory 4.54 s`, from the left.
fn words(name: &str, value: &str, theory: &str, y: u16, area: Rect, theme: Theme, buf: &mut Buffer) {
    write(buf, area, (0, y), &pad(name, 10), theme.dim(), theme);
    write(buf, area, (10, y), &pad_left(value, 8), theme.text(), theme);
    write(buf, area, (19, y), &format!("theory {theory}"), theme.faint_text(), theme);
}

/// Requests of each stretch of time: served, failed, or some of both.
fn requests(scene: &FailureScene<'_>, failover: &Failover, axis: &Axis, y: u16, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let mut cells = vec![(0_u32, 0_u32); usize::from(area.width)];
    for (i, (ok, failed)) in failover.bins.iter().enumerate() {
        let from = axis.column(failover.failed + i as Micros * BIN_US);
        let to = axis.column(failover.failed + (i as Micros + 1) * BIN_US).max(from + 1);
        for x in from..to {
            if let Some(cell) = cells.get_mut(usize::from(x)) {
                *cell = (cell.0 + u32::from(*ok), cell.1 + u32::from(*failed));
            }
        }
    }
    for (x, (ok, failed)) in cells.into_iter().enumerate() {
        let (glyph, style) = match (ok, failed) {
            (0, 0) => continue,
            (_, 0) => (theme.glyphs.pick("·", "."), theme.good()),
            (0, _) => (theme.glyphs.pick("✗", "X"), theme.error()),
            _ => (theme.glyphs.pick("÷", "%"), theme.warning()),
        };
        write(buf, area, (x as u16, y), glyph, style, theme);
    }
    let text = format!(
        "requests: {} served, {} failed, {} some of each",
        theme.glyphs.pick("·", "."),
        theme.glyphs.pick("✗", "X"),
        theme.glyphs.pick("÷", "%")
    );
    write(buf, area, (0, y + 1), &text, theme.faint_text(), theme);
}

fn totals(scene: &FailureScene<'_>, failover: &Failover, y: u16, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let expected = duration(failover.theory.iter().sum());
    let total = match failover.rto() {
        Some(rto) if failover.back.is_some_and(|b| b <= scene.now) => {
            format!("in all {} (theory {expected})", duration(rto))
        }
        _ if failover.redundant => {
            format!("{} so far (theory {expected})", duration(scene.now.saturating_sub(failover.failed)))
        }
        _ => format!("{} so far, until it is repaired", duration(scene.now.saturating_sub(failover.failed))),
    };
    write(buf, area, (0, y), &total, theme.strong(), theme);
    let failed = format!("{} requests failed", thousands(failover.failed_requests));
    let style = if failover.failed_requests > 0 { theme.error() } else { theme.good() };
    write(buf, area, (0, y + 1), &failed, style, theme);
    if failover.promoted.is_some() {
        let lost = format!(", {} acknowledged writes lost", thousands(failover.lost_writes));
        let style = if failover.lost_writes > 0 { theme.error() } else { theme.good() };
        write(buf, area, (width(&failed) as u16, y + 1), &lost, style, theme);
    }
}

/// Who has been silent for how long, against the silence that makes a suspicion.
fn heartbeats(scene: &FailureScene<'_>, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let parts =
        vec!["silence since the last heartbeat".to_owned(), format!("{} suspicion", theme.glyphs.pick("┊", "|"))];
    let area = caption(buf, area, &parts, theme);
    write(buf, area, (0, 0), "No failover yet: `kill` a machine that serves.", theme.strong(), theme);
    let names = model.plan.machines.iter().map(|m| width(&m.name)).max().unwrap_or(0).min(12) as u16;
    let room = area.width.saturating_sub(names + 12);
    for (m, machine) in model.plan.machines.iter().enumerate() {
        let y = 2 + m as u16;
        if y >= area.height {
            break;
        }
        let node = &model.world.nodes[m];
        let silent = scene.now.saturating_sub(node.heard);
        let limit = model.watch[m].expects().map_or(5_000_000, |at| at.saturating_sub(node.heard)).max(1);
        let share = (silent as f64 / limit as f64).min(1.0);
        let filled = (share * f64::from(room.saturating_sub(1))).round() as usize;
        let style = if node.suspected.is_some() { theme.error() } else { theme.good() };
        write(buf, area, (0, y), &machine.name, theme.text(), theme);
        write(buf, area, (names + 1, y), &theme.glyphs.pick("█", "#").repeat(filled.max(1)), style, theme);
        write(buf, area, (names + 1 + room, y), theme.glyphs.pick("┊", "|"), theme.faint(), theme);
        write(buf, area, (names + 3 + room, y), &duration(silent), theme.dim(), theme);
    }
}
