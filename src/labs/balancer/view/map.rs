//! The world: who goes where, by DNS.
//!
//! ```text
//!    ⣀⣤⣶⣶⣄   ⢀⣠⣤⣶⣶⣶⣦⡀
//!     ●us ←─── ●eu   ●asia     lines go from where clients live to where DNS sent them
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::{BalancerScene, system_now};
use crate::engine::numbers::{duration, plural, thousands};
use crate::labs::balancer::names::REGIONS;
use crate::picture::{Canvas, Theme, caption, write};
use crate::systems::balancing::round_trip;

/// Longitude and latitude of the regions.
const PLACES: [(f64, f64); 4] = [(9.0, 50.0), (-95.0, 39.0), (108.0, 30.0), (-52.0, -14.0)];
/// Coasts, coarsely: longitude and latitude of corners.
const LAND: [&[(f64, f64)]; 9] = [
    // North America.
    &[
        (-166.0, 66.0),
        (-156.0, 71.0),
        (-128.0, 70.0),
        (-95.0, 72.0),
        (-82.0, 68.0),
        (-94.0, 60.0),
        (-80.0, 52.0),
        (-78.0, 62.0),
        (-64.0, 59.0),
        (-56.0, 52.0),
        (-66.0, 45.0),
        (-76.0, 36.0),
        (-81.0, 26.0),
        (-84.0, 30.0),
        (-97.0, 27.0),
        (-96.0, 19.0),
        (-88.0, 21.0),
        (-84.0, 11.0),
        (-78.0, 8.0),
        (-92.0, 14.0),
        (-106.0, 22.0),
        (-115.0, 31.0),
        (-124.0, 41.0),
        (-124.0, 49.0),
        (-136.0, 58.0),
        (-152.0, 59.0),
    ],
    // Greenland.
    &[(-58.0, 76.0), (-30.0, 83.0), (-20.0, 74.0), (-42.0, 60.0), (-52.0, 66.0)],
    // South America.
    &[
        (-78.0, 8.0),
        (-62.0, 10.0),
        (-50.0, 1.0),
        (-35.0, -6.0),
        (-39.0, -17.0),
        (-48.0, -27.0),
        (-58.0, -38.0),
        (-66.0, -46.0),
        (-69.0, -54.0),
        (-75.0, -48.0),
        (-71.0, -28.0),
        (-70.0, -18.0),
        (-81.0, -5.0),
    ],
    // Africa.
    &[
        (-16.0, 15.0),
        (-6.0, 35.0),
        (10.0, 37.0),
        (20.0, 32.0),
        (32.0, 31.0),
        (43.0, 12.0),
        (51.0, 12.0),
        (40.0, -5.0),
        (40.0, -16.0),
        (33.0, -27.0),
        (26.0, -34.0),
        (18.0, -34.0),
        (12.0, -17.0),
        (9.0, 4.0),
        (-8.0, 5.0),
    ],
    // Europe and Asia.
    &[
        (-9.0, 38.0),
        (-9.0, 43.0),
        (-2.0, 44.0),
        (-4.0, 48.0),
        (8.0, 54.0),
        (12.0, 56.0),
        (20.0, 55.0),
        (24.0, 59.0),
        (28.0, 60.0),
        (22.0, 65.0),
        (18.0, 60.0),
        (14.0, 56.0),
        (6.0, 59.0),
        (12.0, 66.0),
        (26.0, 71.0),
        (42.0, 67.0),
        (68.0, 69.0),
        (80.0, 73.0),
        (104.0, 77.0),
        (140.0, 73.0),
        (178.0, 69.0),
        (162.0, 60.0),
        (142.0, 59.0),
        (135.0, 54.0),
        (140.0, 48.0),
        (128.0, 40.0),
        (126.0, 35.0),
        (121.0, 39.0),
        (122.0, 31.0),
        (114.0, 22.0),
        (108.0, 20.0),
        (109.0, 12.0),
        (104.0, 2.0),
        (98.0, 9.0),
        (94.0, 17.0),
        (88.0, 22.0),
        (80.0, 14.0),
        (77.0, 8.0),
        (72.0, 20.0),
        (62.0, 25.0),
        (56.0, 26.0),
        (58.0, 20.0),
        (45.0, 13.0),
        (36.0, 28.0),
        (36.0, 36.0),
        (27.0, 37.0),
        (22.0, 37.0),
        (14.0, 45.0),
        (16.0, 39.0),
        (9.0, 44.0),
        (3.0, 42.0),
        (-2.0, 37.0),
    ],
    // Britain, Japan.
    &[(-5.0, 50.0), (1.0, 51.0), (-2.0, 57.0), (-6.0, 58.0)],
    &[(130.0, 32.0), (140.0, 36.0), (145.0, 44.0), (140.0, 43.0), (136.0, 36.0)],
    // Indonesia and New Guinea, Australia.
    &[(96.0, 5.0), (106.0, -6.0), (118.0, -8.0), (150.0, -10.0), (132.0, -1.0), (118.0, 5.0), (109.0, 1.0)],
    &[
        (114.0, -22.0),
        (129.0, -14.0),
        (137.0, -12.0),
        (142.0, -11.0),
        (153.0, -26.0),
        (149.0, -38.0),
        (138.0, -34.0),
        (116.0, -35.0),
    ],
];
/// The part of the world that is shown.
const WEST: f64 = -170.0;
const EAST: f64 = 180.0;
const NORTH: f64 = 78.0;
const SOUTH: f64 = -56.0;
/// How long a mark takes along a line, per millisecond of the way there and back, in system time.
const TRAVEL_PER_MS: u64 = 2_500;

fn project((longitude, latitude): (f64, f64), (wide, tall): (f64, f64)) -> (f64, f64) {
    let x = (longitude - WEST) / (EAST - WEST) * (wide - 1.0);
    let y = (NORTH - latitude) / (NORTH - SOUTH) * (tall - 1.0);
    (x, y)
}

/// Whether a point is on land, by counting coasts to its east.
fn on_land(longitude: f64, latitude: f64) -> bool {
    LAND.iter().any(|coast| {
        let edges = coast.iter().zip(coast.iter().cycle().skip(1));
        let crossed = edges.filter(|((x1, y1), (x2, y2))| {
            (*y1 > latitude) != (*y2 > latitude) && longitude < (x2 - x1) * (latitude - y1) / (y2 - y1) + x1
        });
        crossed.count() % 2 == 1
    })
}

/// Draws the map, the regions, and who goes where.
pub(super) fn draw(scene: &BalancerScene<'_>, area: Rect, buf: &mut Buffer) {
    let (model, theme) = (scene.model, scene.theme);
    let count = model.main().regions.len();
    let parts = if count == 1 {
        vec!["one region: `regions 3` spreads over three".to_owned()]
    } else {
        let ttl = duration(model.settings.ttl.as_micros());
        vec![
            format!("DNS: {}", model.settings.dns.name()),
            format!("kept for {ttl}"),
            "click a region to fail it".to_owned(),
            "`show us` shows its servers in picture 1".to_owned(),
        ]
    };
    let area = caption(buf, area, &parts, theme);
    let map = Rect { height: area.height.saturating_sub(list_rows(count, area)), ..area };
    let mut canvas = Canvas::new(map, theme.glyphs);
    let size = canvas.size();
    land(&mut canvas, size, theme);
    if count > 1 {
        flows(scene, &mut canvas, size);
    }
    for (region, place) in PLACES.iter().enumerate().take(count) {
        let (x, y) = project(*place, size);
        let (text, style) = label(scene, region);
        canvas.text(x, y, &text, style);
    }
    canvas.draw(buf);
    let below = Rect { y: map.bottom(), height: area.bottom() - map.bottom(), ..area };
    list(scene, below, buf);
}

fn land(canvas: &mut Canvas, (wide, tall): (f64, f64), theme: Theme) {
    for row in 0..tall as u32 {
        for column in 0..wide as u32 {
            // Every other dot, so that the land stays in the background.
            if (row + column).is_multiple_of(2) {
                let longitude = WEST + f64::from(column) / wide * (EAST - WEST);
                let latitude = NORTH - f64::from(row) / tall * (NORTH - SOUTH);
                if on_land(longitude, latitude) {
                    canvas.dot(f64::from(column), f64::from(row), theme.faint(), 0);
                }
            }
        }
    }
}

/// Lines from where clients live to where they believe the service to be, with a mark on its way.
fn flows(scene: &BalancerScene<'_>, canvas: &mut Canvas, size: (f64, f64)) {
    let (model, theme, now) = (scene.model, scene.theme, system_now(scene));
    let system = model.main();
    for (home, target, clients) in system.flows(now) {
        if home == target {
            continue;
        }
        let (from, to) = (project(PLACES[home], size), project(PLACES[target], size));
        let dead = !system.regions[target].alive;
        let style = if dead { theme.error() } else { theme.series(home) };
        canvas.line(from, to, style, 2);
        if scene.motion {
            let length = (round_trip(home, target) / 1_000 * TRAVEL_PER_MS).as_micros().max(1);
            let share = (now.as_micros() % length) as f64 / length as f64;
            let at = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
            canvas.text(at.0, at.1, theme.glyphs.pick("●", "o"), theme.strong());
        }
        let middle = (f64::midpoint(from.0, to.0), f64::midpoint(from.1, to.1));
        canvas.text(
            middle.0,
            middle.1,
            &format!("{} client{}", thousands(clients as u64), plural(clients as u64)),
            style,
        );
    }
}

/// A region on the map: its name, with a sign for its state.
fn label(scene: &BalancerScene<'_>, region: usize) -> (String, ratatui::style::Style) {
    let (theme, state) = (scene.theme, &scene.model.main().regions[region]);
    let name = REGIONS[region];
    match (state.alive, state.known.up()) {
        (true, true) => (format!("{} {name}", theme.mark(region)), theme.series(region).add_modifier(Modifier::BOLD)),
        (true, false) => (format!("{} {name}?", theme.mark(region)), theme.warning()),
        (false, _) => (format!("{} {name}", theme.glyphs.pick("✗", "x")), theme.error()),
    }
}

fn list_rows(count: usize, area: Rect) -> u16 {
    let rows = count as u16;
    if area.height >= rows + 6 { rows } else { 0 }
}

/// What each region does, in words.
fn list(scene: &BalancerScene<'_>, area: Rect, buf: &mut Buffer) {
    let (model, theme, now) = (scene.model, scene.theme, system_now(scene));
    let system = model.main();
    let believers = system.believers(now);
    for (row, (region, state)) in (0..).zip(system.regions.iter().enumerate()) {
        if row >= area.height {
            break;
        }
        let (name, style) = label(scene, region);
        write(buf, area, (0, row), &name, style, theme);
        let sent: u64 = state.cluster.servers.iter().map(|s| s.stats.sent).sum();
        let word = match (state.alive, state.known.up()) {
            (true, true) => "up",
            (true, false) => "up, DNS does not know yet",
            (false, true) => "down, DNS does not know yet",
            (false, false) => "down",
        };
        let mut text = word.to_owned();
        if system.regions.len() > 1 {
            let (clients, failed) = (believers[region] as u64, thousands(state.failed));
            let requests = if state.failed > 0 {
                format!("{failed} failed there")
            } else {
                format!("{} requests", thousands(sent))
            };
            text = format!("{} client{}, {requests}, {word}", thousands(clients), plural(clients));
        }
        let style = if state.alive { theme.text() } else { theme.error() };
        write(buf, area, (10, row), &text, style, theme);
    }
}

/// A click near a region makes it fail, or brings it back.
pub(super) fn click(scene: &BalancerScene<'_>, area: Rect, x: u16, y: u16) -> Option<String> {
    let count = scene.model.main().regions.len();
    if count == 1 {
        return None;
    }
    let area = Rect { height: area.height.saturating_sub(u16::from(area.height >= 4)), ..area };
    let map = Rect { height: area.height.saturating_sub(list_rows(count, area)), ..area };
    let canvas = Canvas::new(map, scene.theme.glyphs);
    let near = (0..count).find(|region| {
        let (px, py) = project(PLACES[*region], canvas.size());
        let (column, row) = canvas.cell_of(px, py);
        row == y && (column..column + REGIONS[*region].len() as u16 + 2).contains(&x)
    });
    let listed = y.checked_sub(map.bottom()).map(usize::from).filter(|r| *r < count && y < area.bottom());
    let region = near.or(listed)?;
    let verb = if scene.model.main().regions[region].alive { "fail" } else { "recover" };
    Some(format!("region {verb} {}", REGIONS[region]))
}
