//! Clients, balancer, queues, servers: each mark is a request.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::lanes::{self, Lanes};
use super::{BalancerScene, pace_words, system_now, toggle};
use crate::algorithms::balance::{Algorithm, Layer};
use crate::engine::numbers::{plural, thousands};
use crate::labs::balancer::names::REGIONS;
use crate::labs::balancer::narrate;
use crate::picture::{caption, write};
use crate::systems::balancing::{SEEN_FOR, WIRE};

/// Where the parts stand.
struct Plan {
    /// Column of the balancer.
    balancer: u16,
    /// Where lanes or the grid of servers are.
    servers: Rect,
    /// First row of clients and lanes, and how many rows there are.
    rows: (u16, u16),
}

fn plan(area: Rect) -> Plan {
    let top = u16::from(area.height >= 6);
    let below = u16::from(area.height >= 5);
    let rows = area.height.saturating_sub(top + below);
    let balancer = (area.width * 3 / 10).clamp(6, 44).min(area.width.saturating_sub(1));
    let left = balancer + 2;
    let place = Rect { x: area.x + left, y: area.y + top, width: area.width.saturating_sub(left), height: rows };
    Plan { balancer, servers: place, rows: (top, rows) }
}

/// Draws the flow of requests.
pub(super) fn draw(scene: &BalancerScene<'_>, area: Rect, buf: &mut Buffer) {
    let mut parts = rules(scene);
    parts.push(pace_words(scene));
    let lapse = scene.model.clock.pace(scene.now) > 1.0;
    if scene.model.configs.len() > usize::from(area.height.saturating_sub(3)) {
        parts.push("a column is a server, as high as what it holds".to_owned());
    } else {
        parts.push(if lapse { "marks are a sample".to_owned() } else { "each mark is a request".to_owned() });
        parts.push("✓ answered, ✗ failed".to_owned());
        if scene.model.touched.is_some() {
            parts.push("▸ changed last".to_owned());
        }
    }
    parts.push("`s` follows the next one".to_owned());
    let area = caption(buf, area, &parts, scene.theme);
    let plan = plan(area);
    heading(scene, area, &plan, buf);
    clients(scene, area, &plan, buf);
    balancer(scene, area, &plan, buf);
    lost(scene, area, &plan, buf);
    let system = scene.model.main();
    let most = lanes::fullest(std::iter::once(system), scene.model.shown);
    let lanes = Lanes { scene, system, now: system_now(scene), words: true, most };
    lanes.draw(plan.servers, buf);
    if area.height >= 5 {
        decision(scene, area, buf);
    }
}

/// The rules of layer 7, as one part of the caption.
fn rules(scene: &BalancerScene<'_>) -> Vec<String> {
    let settings = &scene.model.settings;
    if settings.layer == Layer::Four || !settings.has_rules() {
        return Vec::new();
    }
    let paths = settings.routes.iter().map(|(prefix, pool)| format!("{prefix} → {pool}"));
    let headers = settings.headers.iter().map(|(device, pool)| format!("{device} → {pool}"));
    vec![paths.chain(headers).collect::<Vec<String>>().join(", ")]
}

/// A request that failed before it got to a server, at the door.
fn lost(scene: &BalancerScene<'_>, area: Rect, plan: &Plan, buf: &mut Buffer) {
    let (theme, now) = (scene.theme, system_now(scene));
    let seen = &scene.model.shown_cluster().seen;
    if seen.iter().any(|s| s.server.is_none() && !s.answered && s.at + SEEN_FOR > now) {
        let middle = plan.rows.0 + plan.rows.1 / 2;
        let place = (plan.balancer.saturating_sub(1), middle);
        write(buf, area, place, theme.glyphs.pick("✗", "x"), theme.error(), theme);
    }
}

fn heading(scene: &BalancerScene<'_>, area: Rect, plan: &Plan, buf: &mut Buffer) {
    if plan.rows.0 == 0 {
        return;
    }
    let (model, theme) = (scene.model, scene.theme);
    let count = model.traffic.clients.len() as u64;
    let long = format!("{} client{}", thousands(count), plural(count));
    let clients = if long.len() + 2 <= usize::from(plan.balancer) { long } else { format!("{} cl.", thousands(count)) };
    let room = Rect { width: plan.balancer.saturating_sub(2), ..area };
    write(buf, room, (0, 0), &clients, theme.faint_text(), theme);
    let layer = if model.settings.layer == Layer::Four { "L4" } else { "L7" };
    let at = plan.balancer.saturating_sub(1);
    let used = write(buf, area, (at, 0), layer, theme.title(), theme);
    let rule = format!(" {}", model.main().algorithm().name());
    write(buf, area, (at + used, 0), &rule, theme.text(), theme);
    let servers = model.configs.len() as u64;
    let mut text = format!("{} server{}", thousands(servers), plural(servers));
    if model.main().regions.len() > 1 {
        let down = if model.main().regions[model.shown].alive { "" } else { ", which is down" };
        text = format!("{text} in {}{down}", REGIONS[model.shown]);
    }
    let wide = text.len() as u16;
    if area.width > at + used + rule.len() as u16 + wide + 2 {
        write(buf, area, (area.width - wide, 0), &text, theme.faint_text(), theme);
    }
}

/// Row of a client: the first ones have rows of their own.
fn client_row(client: u32, plan: &Plan) -> u16 {
    plan.rows.0 + (client % u32::from(plan.rows.1.max(1))) as u16
}

/// The clients at the left edge, and what they have sent.
fn clients(scene: &BalancerScene<'_>, area: Rect, plan: &Plan, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let count = model.traffic.clients.len().min(usize::from(plan.rows.1)) as u32;
    for client in 0..count {
        let mark = theme.mark(client as usize).to_string();
        write(buf, area, (0, client_row(client, plan)), &mark, theme.series_dim(client as usize), theme);
    }
    if !scene.motion {
        return;
    }
    let now = system_now(scene);
    let middle = plan.rows.0 + plan.rows.1 / 2;
    for arrival in model.traffic.on_the_wire(now).take(200) {
        let sent = arrival.at - WIRE;
        let share = ((now - sent).as_micros() as f64 / WIRE.as_micros() as f64).clamp(0.0, 1.0);
        let from = client_row(arrival.client, plan);
        let x = 2.0 + share * f64::from(plan.balancer.saturating_sub(3));
        let y = f64::from(from) + share * share * (f64::from(middle) - f64::from(from));
        let mark = theme.mark(arrival.client as usize).to_string();
        write(buf, area, (x.round() as u16, y.round() as u16), &mark, theme.series(arrival.client as usize), theme);
    }
}

/// The balancer: a wall with a door for each lane; who holds the address stands on it.
fn balancer(scene: &BalancerScene<'_>, area: Rect, plan: &Plan, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let cluster = model.shown_cluster();
    let up = cluster.vip.master().is_some() && model.main().regions[model.shown].alive;
    let style = if up { theme.accent() } else { theme.error() };
    let wall = if up { theme.glyphs.pick("┃", "|") } else { theme.glyphs.pick("╳", "X") };
    for row in plan.rows.0..plan.rows.0 + plan.rows.1 {
        write(buf, area, (plan.balancer, row), wall, style, theme);
    }
    let middle = plan.rows.0 + plan.rows.1 / 2;
    if cluster.vip.len() > 1 {
        for balancer in 0..cluster.vip.len() {
            let row = middle.saturating_sub(1) + balancer as u16 * 2;
            let name = (balancer + 1).to_string();
            let style = match (cluster.vip.master() == Some(balancer), cluster.vip.up(balancer)) {
                (true, _) => theme.strong().add_modifier(Modifier::REVERSED),
                (false, true) => theme.dim(),
                (false, false) => theme.error(),
            };
            let text = if cluster.vip.up(balancer) { name } else { format!("{name}{}", theme.glyphs.pick("✗", "x")) };
            write(buf, area, (plan.balancer, row), &text, style, theme);
        }
    }
    if cluster.algorithm == Algorithm::OneQueue && !cluster.central.is_empty() {
        let shown = cluster.central.len().min(usize::from(plan.balancer.saturating_sub(4)));
        for (place, job) in cluster.central.iter().take(shown).enumerate() {
            let x = plan.balancer - 1 - place as u16;
            let mark = theme.mark(job.client as usize).to_string();
            write(buf, area, (x, middle), &mark, theme.series(job.client as usize), theme);
        }
        let text = format!("{} wait", thousands(cluster.central.len() as u64));
        write(
            buf,
            area,
            (plan.balancer.saturating_sub(text.len() as u16 + 1), middle + 1),
            &text,
            theme.warning(),
            theme,
        );
    }
}

/// The last decision in words, the brightest line of the picture.
fn decision(scene: &BalancerScene<'_>, area: Rect, buf: &mut Buffer) {
    let (model, theme, row) = (scene.model, scene.theme, area.height - 1);
    let Some(last) = model.shown_cluster().last else {
        let on_the_way = model.traffic.on_the_wire(system_now(scene)).next().is_some();
        let text = if on_the_way { "the first requests are on their way" } else { "no request yet" };
        write(buf, area, (0, row), text, theme.dim(), theme);
        return;
    };
    let mut x = write(buf, area, (0, row), theme.glyphs.pick("▸ ", "> "), theme.strong(), theme);
    let mark = format!("{} ", theme.mark(last.client as usize));
    x += write(buf, area, (x, row), &mark, theme.series(last.client as usize), theme);
    let seen = match model.settings.layer {
        Layer::Seven => format!("{} ", model.traffic.path(last.path)),
        Layer::Four => String::new(),
    };
    x += write(buf, area, (x, row), &seen, theme.dim(), theme);
    let style = if last.failure.is_some() { theme.error() } else { theme.strong() };
    let text = format!("→ {}", narrate::reason(model, &last));
    write(buf, area, (x, row), &text, style, theme);
}

/// A click on a server's lane takes it down or brings it back; one left of the balancer follows a request.
pub(super) fn click(scene: &BalancerScene<'_>, area: Rect, x: u16, y: u16) -> Option<String> {
    let area = Rect { height: area.height.saturating_sub(u16::from(area.height >= 4)), ..area };
    let plan = plan(area);
    if x < area.x + plan.balancer {
        return Some("step".to_owned());
    }
    let server = lanes::server_at(scene.model.configs.len(), plan.servers, x, y)?;
    toggle(scene.model, server)
}
