//! View 1: a column a thread, what all see, and what each thread could do next.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{ThreadsScene, alarming, name, progress, prospect, step};
use crate::algorithms::threads::BAD;
use crate::labs::threads::model::ThreadsModel;
use crate::labs::threads::panel::rough;
use crate::labs::threads::results::problem_names;
use crate::picture::{fit, put, width, write};

/// Narrowest column of code.
const NARROW: u16 = 11;

/// Where the parts stand.
struct Places {
    columns: Rect,
    shared: Rect,
    next: Rect,
}

fn places(model: &ThreadsModel, area: Rect) -> Places {
    let threads = model.program().threads.len() as u16;
    let next = threads.min(area.height.saturating_sub(4).max(1));
    let shared = shared_rows(model, area.width, area.height).min(area.height.saturating_sub(next));
    let gap = u16::from(area.height >= 14);
    let columns = area.height.saturating_sub(next + shared + 2 * gap);
    let row = |y: u16, height: u16| Rect { y: area.y + y, height, ..area };
    Places { columns: row(0, columns), shared: row(columns + gap, shared), next: row(area.height - next, next) }
}

/// Draws columns, shared things and prospects.
pub(super) fn draw(scene: &ThreadsScene<'_>, area: Rect, buf: &mut Buffer) {
    let model = scene.model;
    let places = places(model, area);
    let count = model.program().threads.len() as u16;
    let each = places.columns.width / count.max(1);
    if each >= NARROW {
        for thread in 0..count {
            let x = places.columns.x + thread * each;
            let column = Rect { x, width: each.saturating_sub(1), ..places.columns };
            draw_thread(scene, usize::from(thread), column, buf);
        }
    } else {
        draw_rows(scene, places.columns, buf);
    }
    draw_shared(scene, places.shared, buf);
    draw_next(scene, places.next, buf);
    fly(scene, &places, each, buf);
}

/// A click on a thread's column or on its next step lets it take the step.
pub(super) fn click(scene: &ThreadsScene<'_>, area: Rect, x: u16, y: u16) -> Option<String> {
    let places = places(scene.model, area);
    let count = scene.model.program().threads.len() as u16;
    let each = (places.columns.width / count.max(1)).max(1);
    if y >= places.next.top() && y < places.next.bottom() {
        return step(scene.model, usize::from(y - places.next.top()));
    }
    let inside = y < places.columns.bottom() && each >= NARROW;
    inside.then(|| step(scene.model, usize::from((x - area.x) / each))).flatten()
}

/// What stands beside a thread's name.
fn condition(model: &ThreadsModel, thread: usize) -> &'static str {
    let (machine, state) = (&model.machine, &model.state);
    if machine.fault(state, thread).is_some() {
        "failed"
    } else if machine.done(state, thread) {
        "done"
    } else if machine.ready(state, thread) {
        ""
    } else {
        "waits"
    }
}

/// A row of a column of code.
struct Row {
    text: String,
    style: Style,
    /// Whether the thread is here.
    here: bool,
    /// Whether it is a line of the program, not a part of one.
    statement: bool,
}

fn rows(scene: &ThreadsScene<'_>, thread: usize) -> Vec<Row> {
    let (model, theme) = (scene.model, scene.theme);
    let (machine, code) = (&model.machine, &model.program().threads[thread]);
    let (place, next) = (machine.place(&model.state, thread), machine.next_part(&model.state, thread));
    let line_now = next.map(|p| p.line);
    let blocked = machine.block(&model.state, thread).is_some();
    let last = model.deeds.last().filter(|d| d.thread == thread);
    let mut rows = Vec::new();
    for number in code.lines.0..=code.lines.1 {
        let Some(text) = model.program().lines.get(number as usize - 1) else { continue };
        let text = text.split('#').next().unwrap_or_default().trim_end();
        let one_line = code.lines.0 == code.lines.1;
        if text.trim().is_empty() || !one_line && (number == code.lines.0 || number == code.lines.1) {
            continue;
        }
        let text = text.strip_prefix("  ").unwrap_or(text).to_owned();
        let current = line_now == Some(number);
        let style = match (current, last.is_some_and(|d| d.line == number)) {
            (true, _) => theme.series(thread).add_modifier(Modifier::BOLD),
            (false, true) => theme.text(),
            (false, false) => theme.dim(),
        };
        rows.push(Row { text, style, here: current, statement: true });
        if !current {
            continue;
        }
        // The parts of this statement: done, next, still to come. Repeated lines have them more than once.
        let first = (0..=place).rev().take_while(|i| code.parts.get(*i).is_some_and(|p| p.line == number)).last();
        let first = first.unwrap_or(place);
        let parts = code.parts.iter().enumerate().skip(first).take_while(|(_, p)| p.line == number);
        let parts: Vec<_> = parts.take(6).collect();
        if parts.len() < 2 {
            continue;
        }
        for (at, part) in parts {
            let (sign, style) = match at.cmp(&place) {
                std::cmp::Ordering::Less => (theme.glyphs.pick("✓", "+"), theme.dim()),
                std::cmp::Ordering::Equal if blocked => (theme.glyphs.pick("‖", "="), theme.warning()),
                std::cmp::Ordering::Equal => (theme.glyphs.pick("▸", ">"), theme.strong()),
                std::cmp::Ordering::Greater => (theme.glyphs.pick("·", "."), theme.dim()),
            };
            rows.push(Row { text: format!(" {sign} {}", part.label), style, here: at == place, statement: false });
        }
    }
    rows
}

fn draw_thread(scene: &ThreadsScene<'_>, thread: usize, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let head = name(model, thread, usize::from(area.width).saturating_sub(8));
    let state = condition(model, thread);
    let last = model.deeds.last().is_some_and(|d| d.thread == thread);
    let style = theme.series(thread).add_modifier(Modifier::BOLD);
    write(buf, area, (0, 0), &format!("{}{head}", if last { theme.glyphs.pick("▸", ">") } else { " " }), style, theme);
    let state_style = match state {
        "failed" => theme.error(),
        "waits" => theme.warning(),
        _ => theme.dim(),
    };
    write(buf, area, (width(&head) as u16 + 3, 0), state, state_style, theme);
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let rows = rows(scene, thread);
    let here = rows.iter().rposition(|r| r.here).unwrap_or(if model.machine.place(&model.state, thread) == 0 {
        0
    } else {
        rows.len()
    });
    let height = usize::from(body.height);
    let top = (here + 2).saturating_sub(height).min(rows.len().saturating_sub(height));
    for (y, row) in rows.iter().skip(top).take(height).enumerate() {
        if row.statement && row.here {
            write(buf, body, (0, y as u16), theme.glyphs.pick("▶", ">"), row.style, theme);
        }
        write(buf, body, (1, y as u16), &row.text, row.style, theme);
    }
    if top > 0 && height > 0 {
        let mark = theme.glyphs.pick("↑", "^");
        put(buf, body.right().saturating_sub(1), body.y, 1, mark, theme.faint_text(), theme.glyphs);
    }
    if rows.len() > top + height && height > 0 {
        let mark = theme.glyphs.pick("↓", "v");
        put(buf, body.right().saturating_sub(1), body.bottom() - 1, 1, mark, theme.faint_text(), theme.glyphs);
    }
}

/// One row a thread, where columns would be too narrow.
fn draw_rows(scene: &ThreadsScene<'_>, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    for thread in 0..model.program().threads.len() {
        let text = match model.machine.next_part(&model.state, thread) {
            Some(part) => {
                let line = model.program().lines.get(part.line as usize - 1).map_or("", |l| l.trim());
                format!("{:>3} {line}", part.line)
            }
            None => condition(model, thread).to_owned(),
        };
        let head = name(model, thread, 8);
        write(buf, area, (0, thread as u16), &head, theme.series(thread), theme);
        write(buf, area, (9, thread as u16), &text, theme.text(), theme);
    }
}

/// Shared things as words: name, value, who waits.
fn shared_words(model: &ThreadsModel) -> Vec<(String, bool)> {
    let (machine, program) = (&model.machine, model.program());
    let last = model.deeds.last();
    let values = machine.variables(&model.state);
    let variables =
        program.variables.iter().zip(values).enumerate().map(|(i, (v, n))| {
            (format!("{} = {n}", v.name), last.is_some_and(|d| d.wrote.is_some_and(|(w, _)| w == i)))
        });
    let objects = program.objects.iter().enumerate().map(|(i, o)| {
        let mut text = format!("{}: {}", o.name, machine.object_text(&model.state, i));
        let waiting: Vec<String> = (0..program.threads.len())
            .filter(|t| machine.block(&model.state, *t).is_some_and(|b| b.object == i))
            .map(|t| name(model, t, 8))
            .collect();
        if !waiting.is_empty() {
            text.push_str(&format!(" ← {}", waiting.join(" ")));
        }
        (text, last.is_some_and(|d| d.object == Some(i)))
    });
    variables.chain(objects).collect()
}

/// The words in rows of this width.
fn shared_lines(model: &ThreadsModel, columns: u16) -> Vec<Vec<(u16, String, bool)>> {
    let mut lines: Vec<Vec<(u16, String, bool)>> = vec![Vec::new()];
    let mut x = 0;
    for (text, changed) in shared_words(model) {
        let taken = width(&text) as u16;
        if x > 0 && x + taken > columns {
            lines.push(Vec::new());
            x = 0;
        }
        if let Some(line) = lines.last_mut() {
            line.push((x, text, changed));
        }
        x += taken + 3;
    }
    lines
}

fn shared_rows(model: &ThreadsModel, columns: u16, height: u16) -> u16 {
    (shared_lines(model, columns).len() as u16).min((height / 4).max(1))
}

fn draw_shared(scene: &ThreadsScene<'_>, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    for (y, line) in shared_lines(scene.model, area.width).iter().enumerate() {
        for (x, text, changed) in line {
            let style = if *changed { theme.strong() } else { theme.text() };
            write(buf, area, (*x, y as u16), text, style, theme);
        }
    }
}

/// One row a thread: its key, its next step, what that would cause.
fn draw_next(scene: &ThreadsScene<'_>, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    for thread in 0..model.program().threads.len().min(usize::from(area.height)) {
        let y = thread as u16;
        let row = Rect { y: area.y + y, height: 1, ..area };
        let head = name(model, thread, 8);
        let key = ["a", "s", "d"].get(thread).copied().unwrap_or(" ");
        write(buf, row, (0, 0), key, theme.key_hint(), theme);
        write(buf, row, (2, 0), &head, theme.series(thread).add_modifier(Modifier::BOLD), theme);
        let x = 3 + width(&head) as u16;
        let (text, end, style) = future(scene, thread);
        let end_width = width(&end) as u16;
        let room = area.width.saturating_sub(x + end_width + u16::from(end_width > 0));
        let blocked = !model.machine.ready(&model.state, thread);
        let text_style = if blocked { theme.dim() } else { theme.text() };
        write(buf, row, (x, 0), &fit(&text, usize::from(room)), text_style, theme);
        write(buf, row, (area.width.saturating_sub(end_width), 0), &end, style, theme);
    }
}

/// What a thread's next step does, and what it leads to.
fn future(scene: &ThreadsScene<'_>, thread: usize) -> (String, String, Style) {
    let (model, theme) = (scene.model, scene.theme);
    let plain = |text: String| (text, String::new(), theme.dim());
    if let Some(fault) = model.machine.fault(&model.state, thread) {
        return plain(fault.text().to_owned());
    }
    if let Some(block) = model.machine.block(&model.state, thread) {
        return plain(format!("waits: {}", block.why));
    }
    let mut after = model.state.clone();
    let Some(deed) = model.machine.step_told(&mut after, thread) else { return plain("done".to_owned()) };
    if alarming(deed.problems) {
        let bad = if deed.problems & BAD != 0 { deed.problems & BAD } else { deed.problems };
        let what = problem_names(bad).first().copied().unwrap_or("problem");
        return (deed.text, format!("{} {what}", theme.glyphs.pick("✗", "X")), theme.error());
    }
    let onward = model
        .explored
        .as_ref()
        .filter(|e| e.graph.finished())
        .and_then(|e| e.graph.find(&after).map(|state| e.counts.onward(state)));
    let Some((all, broken)) = onward else { return (deed.text, String::new(), theme.dim()) };
    let (sign, style) = prospect(all, broken, theme);
    let words = match (all.is_finite(), broken == 0.0, all == broken) {
        (_, true, _) => "none breaks".to_owned(),
        (true, _, true) => format!("all {} break", rough(all)),
        (true, ..) => format!("{} of {} break", rough(broken), rough(all)),
        (false, ..) => "some break".to_owned(),
    };
    (deed.text, format!("{sign} {words}"), style)
}

/// The value of the last read or write on its way between the thread and the variable.
fn fly(scene: &ThreadsScene<'_>, places: &Places, each: u16, buf: &mut Buffer) {
    let (model, theme, t) = (scene.model, scene.theme, progress(scene));
    let Some(deed) = model.deeds.last().filter(|_| t < 1.0 && each >= NARROW) else { return };
    let (variable, value, to_thread) = match (deed.wrote, deed.read) {
        (Some((variable, value)), _) => (variable, value, false),
        (None, Some((variable, value))) => (variable, value, true),
        (None, None) => return,
    };
    let lines = shared_lines(model, places.shared.width);
    let prefix = format!("{} = ", model.program().variables[variable].name);
    let found = lines.iter().enumerate().find_map(|(y, line)| {
        line.iter().find(|(_, text, _)| text.starts_with(&prefix)).map(|(x, ..)| (*x + width(&prefix) as u16, y as u16))
    });
    let Some((vx, vy)) = found else { return };
    let shared = (f64::from(places.shared.x + vx), f64::from(places.shared.y + vy));
    let thread = (f64::from(places.columns.x + deed.thread as u16 * each + each / 2), f64::from(places.columns.y + 1));
    let (from, to) = if to_thread { (shared, thread) } else { (thread, shared) };
    let ease = t * t * (3.0 - 2.0 * t);
    let (x, y) = (from.0 + (to.0 - from.0) * ease, from.1 + (to.1 - from.1) * ease);
    let style = theme.series(deed.thread).add_modifier(Modifier::BOLD | Modifier::REVERSED);
    put(buf, x.round() as u16, y.round() as u16, 12, &format!(" {value} "), style, theme.glyphs);
}
