//! The architecture: machines in the layers of their tiers and the columns of their zones.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use super::FailureScene;
use crate::engine::Micros;
use crate::labs::failure::plan::Scope;
use crate::labs::failure::request::Trace;
use crate::picture::{Canvas, caption, fit, pad, width, write};

/// How long a request is seen on its way, in microseconds.
const TRAVEL_US: Micros = 600_000;

/// Where everything stands.
struct Places {
    area: Rect,
    users: Position,
    /// Heading of each zone that has machines.
    zones: Vec<(usize, Rect)>,
    machines: Vec<Rect>,
}

impl Places {
    fn of(scene: &FailureScene<'_>, area: Rect) -> Self {
        let plan = &scene.model.plan;
        let used: Vec<usize> = (0..plan.zones.len()).filter(|z| plan.machines.iter().any(|m| m.zone == *z)).collect();
        let layers = plan.layers();
        let depth = layers.iter().max().map_or(1, |d| d + 1) as u16;
        // Room for the links of the users, where there is some.
        let top = if area.height >= 3 + 4 * depth { 3_u16 } else { 2 };
        let pitch = (area.height.saturating_sub(top) / depth).clamp(1, 16);
        let here = |zone: usize, layer: usize| -> Vec<usize> {
            let stands = |m: &usize| plan.machines[*m].zone == zone && layers[plan.machines[*m].tier] == layer;
            (0..plan.machines.len()).filter(stands).collect()
        };
        let most =
            |zone: &usize| (0..usize::from(depth)).map(|l| here(*zone, l).len()).max().unwrap_or(1).max(1) as u16;
        let columns = columns(area, &used.iter().map(most).collect::<Vec<_>>());
        let mut machines = vec![Rect { width: 0, height: 0, ..area }; plan.machines.len()];
        for (zone, column) in used.iter().zip(&columns) {
            for layer in 0..depth {
                let here = here(*zone, usize::from(layer));
                let boxes = grid(Rect { y: area.y + top + layer * pitch, ..*column }, here.len(), pitch, area);
                for (m, place) in here.into_iter().zip(boxes) {
                    machines[m] = place;
                }
            }
        }
        let column = |i: usize| columns.get(i).copied().unwrap_or(area);
        let zones = used
            .iter()
            .enumerate()
            .map(|(i, z)| (*z, Rect { y: area.y + 1, height: 1, ..column(i) }.intersection(area)))
            .collect();
        Self { area, users: Position { x: area.x + area.width / 2, y: area.y }, zones, machines }
    }
}

/// A column for each zone: the more boxes stand side by side in it, the wider.
fn columns(area: Rect, most: &[u16]) -> Vec<Rect> {
    let (count, all) = (most.len().max(1) as u16, most.iter().sum::<u16>().max(1));
    let least = (area.width / count).min(12);
    let rest = u32::from(area.width - least * count);
    let mut x = area.x;
    let mut seen = 0;
    let column = |most: &u16| {
        let before = (rest * seen / u32::from(all)) as u16;
        seen += u32::from(*most);
        let wide = least + (rest * seen / u32::from(all)) as u16 - before;
        x += wide;
        Rect { x: x - wide, width: wide.saturating_sub(1), ..area }
    };
    most.iter().map(column).collect()
}

/// So many boxes in a column: side by side while names have room, else in rows of one line each.
fn grid(column: Rect, count: usize, pitch: u16, area: Rect) -> Vec<Rect> {
    let fits = usize::from(column.width / 11).max(1);
    let rows = count.div_ceil(fits).clamp(1, usize::from(pitch.saturating_sub(1).max(1)));
    let each = count.div_ceil(rows).max(1);
    let high = match (rows, pitch) {
        (1, 9..) => 5,
        (1, 4..) => 3,
        _ => 1,
    };
    let place = |k: usize| {
        let (row, at) = (k / each, k % each);
        let beside = each.min(count - row * each);
        slot(Rect { y: column.y + row as u16, ..column }, at, beside, high, area)
    };
    (0..count).map(place).collect()
}

/// The k-th of so many boxes side by side; as wide as useful, the whole in the middle of the column.
fn slot(column: Rect, k: usize, count: usize, height: u16, area: Rect) -> Rect {
    let each = (column.width / count.max(1) as u16).min(if height > 3 { 30 } else { 22 });
    let used = each * count as u16;
    let x = column.x + (column.width - used) / 2 + each * k as u16;
    let gap = u16::from(k + 1 < count || each > 8);
    Rect { x, y: column.y, width: each.saturating_sub(gap), height }.intersection(area)
}

/// Draws machines, links, zones and the requests on their way.
pub(super) fn draw(scene: &FailureScene<'_>, area: Rect, buf: &mut Buffer) {
    let spofs = scene.model.spofs();
    let area = caption(buf, area, &captions(scene, spofs), scene.theme);
    let places = Places::of(scene, area);
    let mut canvas = Canvas::new(area, scene.theme.glyphs);
    links(scene, &places, &mut canvas);
    cut_peers(scene, &places, &mut canvas);
    canvas.draw(buf);
    let dead = out_of_reach(scene);
    for (zone, place) in &places.zones {
        heading(scene, *zone, spofs, *place, buf);
    }
    for (m, place) in places.machines.iter().enumerate() {
        machine(scene, m, *place, (dead[m], spofs.contains(&m)), buf);
    }
    users(scene, &places, spofs, buf);
    requests(scene, &places, buf);
}

/// What the signs mean, the most pressing first.
fn captions(scene: &FailureScene<'_>, spofs: &[usize]) -> Vec<String> {
    let (model, plan) = (scene.model, &scene.model.plan);
    let mut parts = Vec::new();
    let name = |s: Scope| match (s, plan.part(s)) {
        (_, Some(part)) => plan.part_name(part).to_owned(),
        (Scope::Tier(t), None) => plan.tiers[t].name.clone(),
        _ => String::new(),
    };
    for cut in model.world.cuts.iter().take(2) {
        let other = cut.b.map_or_else(|| "all others".to_owned(), name);
        parts.push(format!("cut: {} and {other}", name(cut.a)));
    }
    if let Some(what) = &model.what_if {
        parts.push(format!("if {} died: what is crossed dies with it", plan.part_name(what.part)));
    }
    if model.world.nodes.iter().any(|n| n.suspected.is_some()) {
        parts.push("? taken for dead".to_owned());
    }
    let sign = scene.theme.glyphs.pick("◆", "*");
    parts.push(match (spofs.is_empty(), model.serving()) {
        (true, _) => "no single point of failure".to_owned(),
        (false, true) => format!("{sign} single point of failure"),
        (false, false) => format!("{sign} single point of failure, once all is up"),
    });
    let seats: Vec<&str> = (0..plan.tiers.len())
        .filter(|t| plan.voted(*t, model.tuning.fencing))
        .filter_map(|t| plan.witness(t))
        .map(|zone| plan.zones[zone].name.as_str())
        .collect();
    if let Some(seat) = seats.first() {
        parts.push(format!("witness in {seat}"));
    }
    parts.push("click kills or repairs".to_owned());
    parts
}

/// Machines that are down or that no request reaches, now or as asked by `what-if`.
fn out_of_reach(scene: &FailureScene<'_>) -> Vec<bool> {
    let model = scene.model;
    let dead = model.what_if.as_ref().map_or_else(|| model.out_of_reach(&[]), |what| what.dead.clone());
    (0..model.plan.machines.len()).map(|m| dead.contains(&m)).collect()
}

/// Top and bottom middle of a box, in dots.
fn ends(canvas: &Canvas, place: Rect) -> ((f64, f64), (f64, f64)) {
    let x = place.x + place.width / 2;
    let (top, bottom) = (canvas.at_cell(x, place.y), canvas.at_cell(x, place.bottom().saturating_sub(1)));
    ((top.0, top.1 - 3.0), (bottom.0, bottom.1 + 3.0))
}

fn links(scene: &FailureScene<'_>, places: &Places, canvas: &mut Canvas) {
    let (model, theme) = (scene.model, scene.theme);
    let users = model.plan.machines.len();
    let recent: Vec<(usize, usize)> = model.traces.iter().rev().take(8).flat_map(|t| hops(t, users)).collect();
    for &(from, to) in model.plan.calls().edges() {
        let end = places.machines.get(to).map(|p| ends(canvas, *p).0).unwrap_or_default();
        let start = match places.machines.get(from) {
            Some(place) => ends(canvas, *place).1,
            None => {
                // From below the names of the zones.
                let at = canvas.at_cell(places.users.x, places.users.y + 1);
                (at.0, at.1 + 3.0)
            }
        };
        let cut = from < users && !model.world.both_ways(from, to);
        let (style, priority) = match (cut, recent.contains(&(from, to))) {
            (true, _) => (theme.error(), 3),
            (_, true) => (theme.accent(), 4),
            _ => (theme.faint(), 1),
        };
        canvas.line(start, end, style, priority);
        if cut {
            let middle = ((start.0 + end.0) / 2.0, (start.1 + end.1) / 2.0);
            canvas.text_centered(middle.0, middle.1, theme.glyphs.pick("✗", "x"), theme.error());
        }
    }
}

/// Links between machines of the same tier carry no requests: they are seen when they are cut.
fn cut_peers(scene: &FailureScene<'_>, places: &Places, canvas: &mut Canvas) {
    let (model, theme) = (scene.model, scene.theme);
    for b in 0..model.plan.machines.len() {
        for a in 0..b {
            if model.plan.machines[a].tier != model.plan.machines[b].tier || model.world.both_ways(a, b) {
                continue;
            }
            let (left, right) = match (places.machines[a], places.machines[b]) {
                (one, other) if one.x <= other.x => (one, other),
                (one, other) => (other, one),
            };
            let start = canvas.at_cell(left.right(), left.y + left.height / 2);
            let end = canvas.at_cell(right.x.saturating_sub(1), right.y + right.height / 2);
            canvas.line(start, end, theme.error(), 3);
            let cross = theme.glyphs.pick("✗", "x");
            canvas.text_centered((start.0 + end.0) / 2.0, (start.1 + end.1) / 2.0, cross, theme.error());
        }
    }
}

/// From whom to whom a request went.
fn hops(trace: &Trace, users: usize) -> Vec<(usize, usize)> {
    let starts = std::iter::once(users).chain(trace.path.iter().copied());
    starts.zip(trace.path.iter().copied()).collect()
}

fn heading(scene: &FailureScene<'_>, zone: usize, spofs: &[usize], place: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let z = &model.plan.zones[zone];
    let region = &model.plan.regions[z.region];
    let down = model.world.zones_down[zone] || model.world.regions_down[z.region];
    let sign = |scope: Scope| {
        let spof = model.plan.part(scope).is_some_and(|p| spofs.contains(&p));
        (spof, if spof { theme.glyphs.pick("◆", "*") } else { "" })
    };
    let ((region_spof, region_sign), (zone_spof, zone_sign)) = (sign(Scope::Region(z.region)), sign(Scope::Zone(zone)));
    let several = model.plan.regions.len() > 1;
    let spof = zone_spof || region_spof && several;
    let mut text = format!("{zone_sign}{}", z.name);
    if several {
        text = format!("{region_sign}{} {text}", region.name);
    }
    let style = match (down, spof) {
        (true, _) => theme.error(),
        (_, true) => theme.warning(),
        _ => theme.dim(),
    };
    if down {
        text = format!("{text}, no power");
    }
    let line = theme.glyphs.pick("─", "-");
    let text = format!("{line}{line} {} ", fit(&text, usize::from(place.width).saturating_sub(4)));
    let rest = usize::from(place.width).saturating_sub(width(&text));
    write(buf, place, (0, 0), &format!("{text}{}", line.repeat(rest)), style, theme);
}

/// What is special about a machine, in a word and in a letter.
fn state(scene: &FailureScene<'_>, m: usize) -> (String, &'static str) {
    let (model, now) = (scene.model, scene.now);
    let node = &model.world.nodes[m];
    let group = model.groups[model.plan.machines[m].tier].as_ref();
    let role = group.filter(|g| g.members.len() > 1).and_then(|g| g.member(m).map(|i| g.claims[i]));
    if !model.world.powered(&model.plan, m) {
        ("down".to_owned(), "x")
    } else if node.paused_until > now {
        ("paused".to_owned(), "z")
    } else if node.suspected.is_some() {
        match role {
            Some(true) => ("primary?".to_owned(), "P?"),
            _ => ("suspected".to_owned(), "?"),
        }
    } else if node.slow > 1.0 {
        (format!("{} times slow", node.slow), "~")
    } else if node.loss > 0.0 {
        (format!("loses {:.0} %", node.loss * 100.0), "%")
    } else {
        match role {
            Some(true) => ("primary".to_owned(), "P"),
            Some(false) => (format!("{} standby", model.tuning.standby.name()), "s"),
            None => (String::new(), ""),
        }
    }
}

fn machine(scene: &FailureScene<'_>, m: usize, place: Rect, (dead, spof): (bool, bool), buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    if place.is_empty() {
        return;
    }
    let up = model.world.powered(&model.plan, m);
    let hurt = up && (model.world.nodes[m].suspected.is_some() || model.world.nodes[m].gray());
    let (word, sign) = state(scene, m);
    let style = match (up, dead, hurt, spof) {
        (false, ..) => theme.error(),
        (_, true, ..) => theme.faint_text(),
        (_, _, true, _) => theme.warning(),
        (_, _, _, true) => theme.warning(),
        _ => theme.text(),
    };
    let name = &model.plan.machines[m].name;
    let crossed = model.what_if.is_some() && dead;
    let mark = match (up, crossed, spof) {
        (false, ..) | (_, true, _) => theme.glyphs.pick("×", "x"),
        (_, _, true) => theme.glyphs.pick("◆", "*"),
        _ => "",
    };
    if place.height < 3 {
        // The mark comes first: it survives in the smallest box.
        let bracket = usize::from(place.width >= 7);
        let room = usize::from(place.width).saturating_sub(2 * bracket);
        let text = pad(&format!("{mark}{}", label(name, &word, sign, room.saturating_sub(width(mark)))), room);
        let text = if bracket == 1 { format!("[{text}]") } else { text };
        write(buf, place, (0, 0), &text, style, theme);
        return;
    }
    frame(place, spof, up && !crossed, style, scene, buf);
    let inner = Rect { x: place.x + 1, y: place.y + 1, width: place.width.saturating_sub(2), height: place.height - 2 };
    let room = usize::from(inner.width);
    if place.height < 5 {
        let text = format!("{mark}{}", label(name, &word, sign, room.saturating_sub(width(mark))));
        write(buf, inner, (0, 0), &pad(&text, room), style, theme);
        return;
    }
    let life = model.plan.tier_of(m).life;
    let hours = |seconds: f64| (seconds / 360.0).round() / 10.0;
    let fails = format!("MTBF {} h, MTTR {} h", hours(life.mtbf_s), hours(life.mttr_s));
    for (y, (text, style)) in
        [(format!("{mark}{name}"), style), (word, style), (fails, theme.faint_text())].iter().enumerate()
    {
        write(buf, inner, (0, y as u16), &pad(&crate::picture::fit(text, room), room), *style, theme);
    }
}

/// A name in so many columns: of what is too long the number at the end stays, it tells machines apart.
fn squeeze(name: &str, room: usize) -> String {
    match name.rsplit_once('-') {
        Some((head, tail)) if width(name) > room && room >= width(tail) + 4 => {
            format!("{}{tail}", fit(&format!("{head}-"), room - width(tail)))
        }
        _ => fit(name, room),
    }
}

/// Name and word if they fit, else name and letter, else the name.
fn label(name: &str, word: &str, sign: &str, room: usize) -> String {
    let long = if word.is_empty() { name.to_owned() } else { format!("{name} {word}") };
    if width(&long) <= room {
        return long;
    }
    match sign {
        "" => squeeze(name, room),
        sign if room > width(sign) + 3 => format!("{} {sign}", squeeze(name, room - width(sign) - 1)),
        _ => squeeze(name, room),
    }
}

/// A box: double for a single point of failure, broken for what is dead.
fn frame(place: Rect, spof: bool, up: bool, style: Style, scene: &FailureScene<'_>, buf: &mut Buffer) {
    let theme = scene.theme;
    let [corner_a, corner_b, corner_c, corner_d, across, down] = match (up, spof) {
        (false, _) => theme.glyphs.pick(["┌", "┐", "└", "┘", "┄", "┊"], ["x", "x", "x", "x", ".", ":"]),
        (_, true) => theme.glyphs.pick(["╔", "╗", "╚", "╝", "═", "║"], ["#", "#", "#", "#", "=", "#"]),
        _ => theme.glyphs.pick(["┌", "┐", "└", "┘", "─", "│"], ["+", "+", "+", "+", "-", "|"]),
    };
    let inside = across.repeat(usize::from(place.width.saturating_sub(2)));
    write(buf, place, (0, 0), &format!("{corner_a}{inside}{corner_b}"), style, theme);
    write(buf, place, (0, place.height - 1), &format!("{corner_c}{inside}{corner_d}"), style, theme);
    for y in 1..place.height - 1 {
        write(buf, place, (0, y), down, style, theme);
        write(buf, place, (place.width.saturating_sub(1), y), down, style, theme);
    }
}

fn users(scene: &FailureScene<'_>, places: &Places, spofs: &[usize], buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let (text, style) = match (&model.outage, model.traces.back()) {
        (Some(outage), _) => (format!("users {} {} failed", theme.glyphs.pick("✗", "x"), outage.failed), theme.error()),
        (None, Some(_)) => (format!("users {} served", theme.glyphs.pick("✓", "ok")), theme.good()),
        (None, None) => ("users".to_owned(), theme.text()),
    };
    let x = places.users.x.saturating_sub(width(&text) as u16 / 2).max(places.area.x);
    write(buf, places.area, (x - places.area.x, 0), &text, style, theme);
    // The one region of a plan has no heading of its own.
    let only = model.plan.part(Scope::Region(0)).filter(|part| model.plan.regions.len() == 1 && spofs.contains(part));
    if let Some(part) = only {
        let text = format!("{} region {}", theme.glyphs.pick("◆", "*"), model.plan.part_name(part));
        if width(&text) + 1 < usize::from(x - places.area.x) {
            write(buf, places.area, (0, 0), &text, theme.warning(), theme);
        }
    }
}

/// Requests on their way down, and where the last one failed.
fn requests(scene: &FailureScene<'_>, places: &Places, buf: &mut Buffer) {
    let (theme, users) = (scene.theme, scene.model.plan.machines.len());
    let canvas = Canvas::new(places.area, theme.glyphs);
    for trace in &scene.model.traces {
        let age = scene.now.saturating_sub(trace.at) as f64 / TRAVEL_US as f64;
        if age > 1.0 || trace.path.is_empty() || !scene.motion {
            continue;
        }
        let hops = hops(trace, users);
        let way = age * hops.len() as f64;
        let (from, to) = hops[(way as usize).min(hops.len() - 1)];
        let t = way.fract();
        let start = match places.machines.get(from) {
            Some(place) => ends(&canvas, *place).1,
            None => canvas.at_cell(places.users.x, places.users.y + 1),
        };
        let end = places.machines.get(to).map(|p| ends(&canvas, *p).0).unwrap_or(start);
        let at = (start.0 + (end.0 - start.0) * t, start.1 + (end.1 - start.1) * t);
        let (x, y) = canvas.cell_of(at.0, at.1);
        // Boxes and words stay whole.
        let covered = places.machines.iter().any(|p| p.contains(Position { x, y })) || y <= places.area.y + 1;
        if !covered {
            let glyph = if trace.write { theme.glyphs.pick("●", "@") } else { theme.glyphs.pick("○", "o") };
            write(buf, places.area, (x - places.area.x, y - places.area.y), glyph, theme.strong(), theme);
        }
    }
    let Some(last) = scene.model.traces.back().filter(|t| t.why.is_some()) else { return };
    let at = last.path.last().and_then(|m| places.machines.get(*m)).map(|p| (p.x + p.width / 2, p.y.saturating_sub(1)));
    let (x, y) = at.unwrap_or((places.users.x, places.users.y + 1));
    if y > places.area.y + 1 {
        write(
            buf,
            places.area,
            (x - places.area.x, y - places.area.y),
            theme.glyphs.pick("✗", "X"),
            theme.error(),
            theme,
        );
    }
}

/// A click kills what runs and repairs what is down.
pub(super) fn click(scene: &FailureScene<'_>, area: Rect, x: u16, y: u16) -> Option<String> {
    let below = Rect { height: area.height.saturating_sub(u16::from(area.height >= 3)), ..area };
    let places = Places::of(scene, below);
    let at = Position { x, y };
    let (plan, world) = (&scene.model.plan, &scene.model.world);
    let verb = |down: bool| if down { "repair" } else { "kill" };
    if let Some(m) = places.machines.iter().position(|p| p.contains(at)) {
        return Some(format!("{} {}", verb(!world.nodes[m].up), plan.machines[m].name));
    }
    let (zone, _) = places.zones.iter().find(|(_, p)| p.contains(at))?;
    Some(format!("{} {}", verb(world.zones_down[*zone]), plan.zones[*zone].name))
}
