//! View 1: what is claimed and declared, a column a thread, what all see, and what each thread could do next.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::{ThreadsScene, alarming, name, outside, progress, prospect, step};
use crate::algorithms::threads::{BAD, Kind};
use crate::labs::threads::model::ThreadsModel;
use crate::labs::threads::panel::rough;
use crate::labs::threads::results::problem_names;
use crate::picture::{fit, pad_left, put, width, wrap, write};

/// Narrowest column of code.
const NARROW: u16 = 11;

/// Where the parts stand.
struct Places {
    /// Lines outside the threads: claims and declarations.
    outside: Rect,
    columns: Rect,
    shared: Rect,
    next: Rect,
}

fn places(model: &ThreadsModel, area: Rect) -> Places {
    let threads = model.program().threads.len() as u16;
    let next = threads.min(area.height.saturating_sub(4).max(1));
    let shared = shared_rows(model, area.width, area.height).min(area.height.saturating_sub(next));
    let outside = if area.height >= 8 { outside::rows(model, area.width, (area.height / 5).max(1)) } else { 0 };
    let gap = u16::from(area.height >= 18);
    let room = area.height.saturating_sub(outside + next + shared + 3 * gap);
    // What all see stands close under the code, also where there is much room.
    let columns = room.min(longest(model) + 1);
    let row = |y: u16, height: u16| Rect { y: area.y + y.min(area.height), height, ..area };
    let code = outside + gap * u16::from(outside > 0);
    let below = code + columns + gap;
    let shared_height = shared.min(area.height.saturating_sub(below));
    let next_at = (below + shared_height + gap).min(area.height.saturating_sub(next));
    Places {
        outside: row(0, outside),
        columns: row(code, columns),
        shared: row(below, shared_height),
        next: row(next_at, next.min(area.height)),
    }
}

/// Rows that the longest thread can need: its lines, and the parts of the statement that it is in.
fn longest(model: &ThreadsModel) -> u16 {
    let lines = model.program().threads.iter().map(|t| t.lines.1 + 1 - t.lines.0.min(t.lines.1));
    lines.max().unwrap_or(1).min(60) as u16 + 7
}

/// Draws columns, shared things and prospects.
pub(super) fn draw(scene: &ThreadsScene<'_>, area: Rect, buf: &mut Buffer) {
    let model = scene.model;
    let places = places(model, area);
    let count = model.program().threads.len() as u16;
    let each = places.columns.width / count.max(1);
    outside::draw(scene, places.outside, buf);
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
    let inside = y >= places.columns.top() && y < places.columns.bottom() && each >= NARROW;
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
    /// Number of the line; 0 where the row is no line of the program.
    number: u32,
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
        let Some(text) = statement_text(text, number, code.lines) else { continue };
        let current = line_now == Some(number);
        let style = match (current, last.is_some_and(|d| d.line == number)) {
            (true, _) => theme.series(thread).add_modifier(Modifier::BOLD),
            (false, true) => theme.text(),
            (false, false) => theme.dim(),
        };
        rows.push(Row { number, text, style, here: current, statement: true });
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
            let text = format!(" {sign} {}", part.label);
            rows.push(Row { number: 0, text, style, here: at == place, statement: false });
        }
    }
    rows
}

/// What a line of a thread's text says, without the thread's own head and last brace.
fn statement_text(line: &str, number: u32, (first, last): (u32, u32)) -> Option<String> {
    let text = line.split('#').next().unwrap_or_default().trim_end();
    let text = if number == first && first < last {
        // What stands behind the opening brace belongs to the body.
        text.split_once('{').map_or("", |(_, rest)| rest).trim()
    } else {
        text.strip_prefix("  ").unwrap_or(text)
    };
    let only_brace = number == last && first < last && text.trim() == "}";
    (!text.trim().is_empty() && !only_brace).then(|| text.to_owned())
}

/// Long rows go on in the next ones: all of them where there is room, else those that the thread is at.
fn unfolded(rows: Vec<Row>, columns: usize, height: usize) -> Vec<Row> {
    let needed: usize = rows.iter().map(|r| 1 + width(&r.text) / columns.max(1)).sum();
    let mut unfolded = Vec::new();
    for row in rows {
        if !(row.here || needed < height) || width(&row.text) <= columns {
            unfolded.push(row);
            continue;
        }
        let indent = row.text.len() - row.text.trim_start().len();
        let lines = wrap(row.text.trim_start(), columns.saturating_sub(indent + 2).max(4));
        for (i, line) in lines.iter().enumerate() {
            let text = format!("{}{line}", " ".repeat(indent + 2 * usize::from(i > 0)));
            let (number, statement) = if i == 0 { (row.number, row.statement) } else { (0, false) };
            unfolded.push(Row {
                number,
                text,
                style: row.style,
                here: row.here && (i == 0 || !row.statement),
                statement,
            });
        }
    }
    unfolded
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
    // Line numbers, where there is room for them beside the text.
    let gutter = if area.width >= 16 { model.program().lines.len().max(10).to_string().len() as u16 + 1 } else { 0 };
    let columns = usize::from(area.width.saturating_sub(gutter + 1));
    let rows = unfolded(rows(scene, thread), columns, usize::from(body.height));
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
        if row.number > 0 && gutter > 0 {
            let number = pad_left(&row.number.to_string(), usize::from(gutter) - 1);
            write(buf, body, (1, y as u16), &number, theme.faint_text(), theme);
        }
        write(buf, body, (1 + gutter, y as u16), &row.text, row.style, theme);
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
        // A condition's own words are who waits.
        if !waiting.is_empty() && o.kind != Some(Kind::Condition) {
            text.push_str(&format!(", waits: {}", waiting.join(" ")));
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
        let key = ["a", "s", "d"].get(thread).copied().unwrap_or(theme.glyphs.pick("·", "."));
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
        return plain(model.machine.fault_text(&model.state, thread).unwrap_or_else(|| fault.text().to_owned()));
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
        (true, _, true) if all == 1.0 => "it breaks".to_owned(),
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
