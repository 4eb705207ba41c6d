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
use crate::engine::numbers::{duration, plural, thousands};
use crate::labs::failure::failover::{BIN_US, Cause, Failover};
use crate::picture::{Theme, caption, pad, pad_left, width, wrap, write};

const NAMES: [&str; 4] = ["detection", "decision", "promotion", "reconnect"];

/// Draws the last failover; before the first, and when the living were taken for dead, who has been silent for how long.
pub(super) fn draw(scene: &FailureScene<'_>, area: Rect, buf: &mut Buffer) {
    match scene.model.failovers.back() {
        Some(failover) if failover.passive || !failover.unfounded() => line(scene, failover, area, buf),
        _ => heartbeats(scene, area, buf),
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
    write(buf, area, (0, 0), &title(scene, failover), theme.strong(), theme);
    let expected: Micros = failover.theory.iter().sum();
    let last = failover.back.unwrap_or(scene.now);
    let end = last.max(failover.failed + expected);
    let start = failover.heard.min(failover.failed);
    let margin = (end - start) / 12 + 1;
    let axis = Axis { start, end: end + margin, left: 0, columns: area.width };
    let roomy = area.height >= 18;
    let mut y = if roomy { 2 } else { 1 };
    y = marks(scene, failover, &axis, y, area, buf);
    if area.height >= 12 {
        y = scale(failover.failed, &axis, y, area, theme, buf);
    }
    y += u16::from(area.height >= 30);
    y = phases(scene, failover, &axis, y, area, buf);
    y += u16::from(roomy);
    requests(scene, failover, &axis, y, area, buf);
    totals(scene, failover, y + 2 + u16::from(roomy) + if area.height >= 30 { 3 } else { 0 }, area, buf);
}

fn captions(failover: &Failover, theme: Theme) -> Vec<String> {
    let sign = |unicode, ascii, what: &str| format!("{} {what}", theme.glyphs.pick(unicode, ascii));
    let mut parts = vec![sign("░", ":", "theory"), sign("♥", "h", "last heartbeat"), sign("✗", "X", "failure")];
    if failover.back.is_none() {
        parts.push(sign("▸", ">", "now"));
    }
    parts
}

/// What it is about and how it stands, in a line.
fn title(scene: &FailureScene<'_>, failover: &Failover) -> String {
    let Failover { from, to, .. } = failover;
    let what = match failover.cause {
        Cause::Power => "failed",
        Cause::Pause => "stopped for a while",
        Cause::Cut => "was cut off",
        Cause::Gray => "was silent",
    };
    if failover.unfounded() && failover.suspected.is_some() {
        return match failover.repaired {
            true => format!("{from} {what} and is back; nobody took over"),
            false => format!("{from} {what}, lives, and stays primary"),
        };
    }
    match (to, failover.back) {
        _ if failover.repaired => format!("{from} came back before anyone took over"),
        (Some(to), Some(_)) => format!("{from} {what}, {to} took over"),
        (Some(to), None) => format!("{from} {what}, {to} takes over"),
        (None, Some(back)) if back <= scene.now => format!("{from} {what}, the others carry on"),
        (None, None) if !tier_serves(scene, failover) => format!("{from} {what}, and nobody is left to take over"),
        (None, _) if failover.suspected.is_none() => format!("{from} {what}; nobody has noticed yet"),
        (None, _) if failover.redundant => format!("{from} {what}"),
        _ => format!("{from} {what}, and nobody can take over"),
    }
}

/// Whether another machine of the tier could take over as things stand.
fn tier_serves(scene: &FailureScene<'_>, failover: &Failover) -> bool {
    let tier = scene.model.plan.tiers.iter().position(|t| t.name == failover.tier);
    tier.is_none_or(|tier| scene.model.tier_serves(tier))
}

/// Seconds since the failure, under the line.
fn scale(zero: Micros, axis: &Axis, y: u16, area: Rect, theme: Theme, buf: &mut Buffer) -> u16 {
    let span = axis.end.saturating_sub(zero) as f64 / 1e6;
    let most = f64::from(area.width / 9).max(1.0);
    let nice = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0];
    let step = nice.into_iter().find(|step| span / step <= most).unwrap_or(1_800.0);
    for i in 0..=(span / step) as u32 {
        let seconds = f64::from(i) * step;
        let column = axis.column(zero + (seconds * 1e6) as Micros);
        let text = format!("{seconds} s");
        if usize::from(column) + width(&text) <= usize::from(area.width) {
            write(buf, area, (column, y), &text, theme.faint_text(), theme);
        }
    }
    y + 1
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
    let cross = theme.glyphs.pick("from ✗ to ?", "from X to ?");
    let signs = match failover.passive {
        true => [cross, "from ? to !", "from ! to P", theme.glyphs.pick("from P to ●", "from P to @")],
        false => [cross, "", "", theme.glyphs.pick("from ? to ●", "from ? to @")],
    };
    // In little room the bars share one row: they follow each other in time.
    let compact = area.height < 16;
    // In much room they are thicker.
    let thick = if area.height >= 30 { 2 } else { 1 };
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
        let dots = dots.repeat(usize::from(b.saturating_sub(a)).max(1));
        for d in 0..thick {
            write(buf, area, (a, row + d), &dots, theme.dim(), theme);
        }
        expected = from + theory;
        let running = starts[i].is_some() && seen[i].is_none() && failover.back.is_none();
        let done = seen[i].or(running.then(|| now.saturating_sub(from)));
        if let Some(us) = done {
            let b = axis.column((from + us).min(now.max(from)));
            let block = theme.glyphs.pick("█", "#").repeat(usize::from(b.saturating_sub(a)).max(1));
            let style = if running { theme.strong() } else { theme.accent() };
            for d in 0..thick {
                write(buf, area, (a, row + d), &block, style, theme);
            }
        }
        let value = seen[i].map_or_else(|| if running { "…".to_owned() } else { "–".to_owned() }, duration);
        words((NAMES[i], signs[i]), &value, &duration(theory), if compact { y } else { y + thick }, area, theme, buf);
        y += if compact { 1 } else { thick * 2 };
    }
    y
}

/// `detection  4.61 s  theory 4.54 s  from ✗ to ?`, from the left.
fn words((name, signs): (&str, &str), value: &str, theory: &str, y: u16, area: Rect, theme: Theme, buf: &mut Buffer) {
    write(buf, area, (0, y), &pad(name, 10), theme.dim(), theme);
    write(buf, area, (10, y), &pad_left(value, 8), theme.text(), theme);
    write(buf, area, (19, y), &format!("theory {theory}"), theme.faint_text(), theme);
    write(buf, area, (36, y), signs, theme.dim(), theme);
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
    let thick = if area.height >= 30 { 3 } else { 1 };
    for (x, (ok, failed)) in cells.into_iter().enumerate() {
        let (glyph, style) = match (ok, failed) {
            (0, 0) => continue,
            (_, 0) => (theme.glyphs.pick("·", "."), theme.good()),
            (0, _) => (theme.glyphs.pick("✗", "X"), theme.error()),
            _ => (theme.glyphs.pick("÷", "%"), theme.warning()),
        };
        for d in 0..thick {
            write(buf, area, (x as u16, y + d), glyph, style, theme);
        }
    }
    let [ok, failed, both] = theme.glyphs.pick(["·", "✗", "÷"], [".", "X", "%"]);
    let long = format!("requests: {ok} served, {failed} failed, {both} some of each");
    let text =
        if width(&long) <= usize::from(area.width) { long } else { format!("{ok} served {failed} failed {both} both") };
    write(buf, area, (0, y + thick), &text, theme.faint_text(), theme);
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
    let n = failover.failed_requests;
    let failed = format!("{} request{} failed", thousands(n), plural(n));
    let style = if failover.failed_requests > 0 { theme.error() } else { theme.good() };
    write(buf, area, (0, y + 1), &failed, style, theme);
    if failover.promoted.is_some() {
        let n = failover.lost_writes;
        let lost = format!("{} acknowledged write{} missing at the takeover", thousands(n), plural(n));
        let style = if n > 0 { theme.error() } else { theme.good() };
        // Beside it, or below where that is too narrow.
        let beside = width(&failed) + 2 + width(&lost) <= usize::from(area.width);
        let at = if beside { (width(&failed) as u16 + 2, y + 1) } else { (0, y + 2) };
        write(buf, area, at, &lost, style, theme);
    }
}

/// Who has been silent for how long, against the silence that makes a suspicion.
fn heartbeats(scene: &FailureScene<'_>, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let parts =
        vec!["silence since the last heartbeat".to_owned(), format!("{} suspicion", theme.glyphs.pick("┊", "|"))];
    let area = caption(buf, area, &parts, theme);
    let alarms = model.counts.false_alarms;
    let (text, style) = match alarms {
        0 => ("No failover yet: `kill` a machine that serves.".to_owned(), theme.strong()),
        n => (format!("{} false alarm{}: alive, and taken for dead.", thousands(n), plural(n)), theme.warning()),
    };
    for (y, line) in wrap(&text, usize::from(area.width)).into_iter().take(2).enumerate() {
        write(buf, area, (0, y as u16), &line, style, theme);
    }
    let names = model.plan.machines.iter().map(|m| width(&m.name)).max().unwrap_or(0).min(12) as u16;
    let notes = if alarms > 0 { 24 } else { 12 };
    let room = area.width.saturating_sub(names + notes);
    let pitch = (area.height.saturating_sub(2) / (model.plan.machines.len().max(1) as u16)).clamp(1, 3);
    for (m, machine) in model.plan.machines.iter().enumerate() {
        let y = 2 + m as u16 * pitch;
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
        write(buf, area, (names + 2 + room, y), &duration(silent), theme.dim(), theme);
        let wrong = node.false_alarms;
        let note = match (wrong, node.suspected.is_some()) {
            (0, false) => String::new(),
            (0, true) => "? dead".to_owned(),
            (n, now) => format!("{}{n} false", if now { "? " } else { "" }),
        };
        write(buf, area, (names + 11 + room, y), &note, theme.warning(), theme);
    }
}
