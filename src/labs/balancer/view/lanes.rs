//! Queues and servers: a lane each, or, when there are too many, a cell each.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::{BalancerScene, eighths};
use crate::engine::numbers::{percent, plural, thousands};
use crate::labs::balancer::names::server_name;
use crate::labs::balancer::narrate::ms_or;
use crate::picture::{width, write};
use crate::sim::{Duration, Time};
use crate::systems::balancing::{Cluster, Job, System};

/// Columns for the word at the right of a server.
const WORDS: u16 = 7;
/// How long a mark takes from the balancer to its place in the queue, in system time.
const TRAVEL: Duration = Duration::from_millis(15);
/// How long what became of a request stays beside its server, in system time.
const FLASH: Duration = Duration::from_millis(20);

/// Most rows from one lane to the next, where there is much room.
const MOST_GAP: u16 = 9;

/// The servers of a system.
pub(super) struct Lanes<'a> {
    /// The scene.
    pub scene: &'a BalancerScene<'a>,
    /// Whose servers.
    pub system: &'a System,
    /// System time.
    pub now: Time,
    /// Whether there is a word about each server at the right.
    pub words: bool,
    /// What a column of full height holds, where servers are columns.
    pub most: usize,
}

/// Row of a server's lane, and rows between two lanes.
fn rows(servers: usize, area: Rect) -> Option<(u16, u16)> {
    let n = u16::try_from(servers).ok().filter(|n| *n > 0 && *n <= area.height)?;
    let gap = (area.height / n).clamp(1, MOST_GAP);
    Some(((area.height - ((n - 1) * gap + 1)) / 2, gap))
}

/// A grid of servers: columns, rows of the screen for each line of servers, and how many servers it shows. Where
/// not all fit, the last row is left for saying so.
fn grid(servers: usize, area: Rect) -> (usize, usize, usize) {
    let (columns, height) = (usize::from(area.width).max(1), usize::from(area.height));
    let lines = servers.div_ceil(columns);
    if lines <= height {
        return (columns, height / lines.max(1), servers);
    }
    (columns, 1, (height.saturating_sub(1) * columns).min(servers))
}

/// The server under a cell of the screen.
pub(super) fn server_at(servers: usize, area: Rect, x: u16, y: u16) -> Option<usize> {
    if !area.contains(ratatui::layout::Position { x, y }) {
        return None;
    }
    let (dx, dy) = (x - area.x, y - area.y);
    if let Some((first, gap)) = rows(servers, area) {
        let row = dy.checked_sub(first)?;
        return (row % gap == 0).then_some(usize::from(row / gap)).filter(|i| *i < servers);
    }
    let (columns, tall, shown) = grid(servers, area);
    let index = usize::from(dy) / tall.max(1) * columns + usize::from(dx);
    (index < shown).then_some(index)
}

impl Lanes<'_> {
    /// Draws lanes if there is a row for each server, else a grid.
    pub(super) fn draw(&self, area: Rect, buf: &mut Buffer) {
        let cluster = self.cluster();
        match rows(cluster.servers.len(), area) {
            Some((first, gap)) => {
                for index in 0..cluster.servers.len() {
                    let y = area.y + first + index as u16 * gap;
                    self.lane(index, Rect { y, height: 1, ..area }, buf);
                    if self.words && gap >= 3 {
                        self.detail(index, Rect { y: y + 1, height: 1, ..area }, buf);
                    }
                }
            }
            None => self.cells(area, buf),
        }
    }

    /// The cluster whose servers they are.
    fn cluster(&self) -> &'_ Cluster {
        let shown = self.system.regions.get(self.scene.model.shown);
        shown.map_or_else(|| self.system.home(), |region| &region.cluster)
    }

    /// What a server did, below its lane.
    fn detail(&self, index: usize, area: Rect, buf: &mut Buffer) {
        let (theme, stats) = (self.scene.theme, &self.cluster().servers[index].stats);
        let failed = if stats.failed > 0 { format!("{} failed, ", thousands(stats.failed)) } else { String::new() };
        let mean = ms_or(stats.times.mean_ms());
        let parts = [format!("{} served, {failed}mean {mean}", thousands(stats.served)), format!("mean {mean}")];
        let room = usize::from(area.width.saturating_sub(WORDS));
        if let Some(text) = parts.iter().find(|text| width(text) <= room) {
            let at = room - width(text);
            write(buf, area, (at as u16, 0), text, theme.faint_text(), theme);
        }
    }

    /// `·····■ ●[▲] a  75 %`: the queue fills from the server to the left.
    fn lane(&self, index: usize, area: Rect, buf: &mut Buffer) {
        let (theme, cluster) = (self.scene.theme, self.cluster());
        let server = &cluster.servers[index];
        let name = server_name(index);
        let (word, word_style) = self.word(index);
        let right = if self.words { 1 + name.len() as u16 + 1 + WORDS } else { 1 + name.len() as u16 };
        let Some(slot) = area.width.checked_sub(right + 3).filter(|s| *s > 0) else { return };
        let takes = cluster.takes(index);
        let floor = if takes { theme.glyphs.pick("·", ".") } else { " " };
        for x in 0..slot {
            write(buf, area, (x, 0), floor, theme.faint(), theme);
        }
        let frame = if server.alive { theme.text() } else { theme.error() };
        write(buf, area, (slot, 0), "[", frame, theme);
        write(buf, area, (slot + 2, 0), "]", frame, theme);
        match &server.running {
            Some(running) => self.mark(&running.job, slot + 1, area, buf),
            None if !server.alive => {
                write(buf, area, (slot + 1, 0), theme.glyphs.pick("✗", "x"), theme.error(), theme);
            }
            None => {}
        }
        if cluster.pools.len() > 1 {
            let room = Rect { width: slot.saturating_sub(2).min(12), ..area };
            write(buf, room, (0, 0), &format!("{} ", server.config.pool), theme.dim(), theme);
        }
        let fits = usize::from(slot.saturating_sub(1));
        let crowded = server.queue.len() > fits;
        let shown = if crowded { fits.saturating_sub(5) } else { fits };
        for (place, job) in server.queue.iter().take(shown).enumerate() {
            self.mark(job, slot - 1 - place as u16, area, buf);
        }
        if crowded {
            let text = format!("+{}", server.queue.len() - shown);
            write(buf, Rect { width: 5.min(area.width), ..area }, (0, 0), &text, theme.warning(), theme);
        }
        self.end(index, slot + 3, area, buf, (&word, word_style));
    }

    /// What stands right of a server: what just left it, its name, a word.
    fn end(&self, index: usize, x: u16, area: Rect, buf: &mut Buffer, (word, word_style): (&str, Style)) {
        let (theme, cluster) = (self.scene.theme, self.cluster());
        let name = server_name(index);
        let touched = self.scene.model.touched == Some(index);
        let flash = cluster.seen.iter().rev().find(|s| s.server == Some(index) && s.at + FLASH > self.now);
        let (sign, sign_style) = match flash {
            Some(seen) if !seen.answered => (theme.glyphs.pick("✗", "x"), theme.error()),
            Some(seen) if self.scene.motion => (theme.glyphs.pick("✓", "+"), theme.series(seen.client as usize)),
            _ if touched => (theme.glyphs.pick("▸", ">"), theme.strong()),
            _ => (" ", theme.text()),
        };
        write(buf, area, (x, 0), sign, sign_style, theme);
        let style = if touched { theme.strong() } else { theme.text() };
        write(buf, area, (x + 1, 0), &name, style, theme);
        if self.words {
            write(buf, area, (x + 2 + name.len() as u16, 0), word, word_style, theme);
        }
    }

    /// The state of a server in one word, or how busy it was.
    fn word(&self, index: usize) -> (String, Style) {
        let (theme, cluster) = (self.scene.theme, self.cluster());
        let server = &cluster.servers[index];
        let passed = (self.scene.model.now - self.system.stats.since).as_micros().max(1) as f64;
        match (server.alive, cluster.takes(index)) {
            (false, true) => ("down!".to_owned(), theme.error()),
            (false, false) => ("out".to_owned(), theme.dim()),
            (true, false) if server.drained => ("drained".to_owned(), theme.dim()),
            (true, false) if server.draining => ("drains".to_owned(), theme.warning()),
            (true, false) if cluster.ejected(index) => ("eject".to_owned(), theme.warning()),
            (true, false) if server.config.weight == 0 => ("no wt".to_owned(), theme.dim()),
            (true, false) => ("back?".to_owned(), theme.warning()),
            (true, true) if server.config.slowness > 1.0 => (format!("×{}", server.config.slowness), theme.warning()),
            (true, true) => (percent(server.busy(self.scene.model.now).as_micros() as f64 / passed), theme.dim()),
        }
    }

    /// A request at its place, or on its way there.
    fn mark(&self, job: &Job, place: u16, area: Rect, buf: &mut Buffer) {
        let theme = self.scene.theme;
        let passed = self.now - job.sent;
        let share =
            if self.scene.motion { (passed.as_micros() as f64 / TRAVEL.as_micros() as f64).min(1.0) } else { 1.0 };
        let x = (f64::from(place) * share).round() as u16;
        let newest = self.cluster().last.is_some_and(|last| last.id == job.id);
        let mark = theme.mark(job.client as usize).to_string();
        let style = match (newest, share < 1.0) {
            (true, _) => theme.strong(),
            (false, true) => theme.series(job.client as usize),
            (false, false) => theme.series_dim(job.client as usize),
        };
        write(buf, area, (x, 0), &mark, style, theme);
    }

    /// One column a server, as high as what it holds.
    fn cells(&self, area: Rect, buf: &mut Buffer) {
        let (theme, cluster) = (self.scene.theme, self.cluster());
        let (columns, tall, shown) = grid(cluster.servers.len(), area);
        let tall = tall as u16;
        let most = self.most.max(1) as f64;
        let last = cluster.last.and_then(|l| l.server);
        for (index, server) in cluster.servers.iter().take(shown).enumerate() {
            let (x, line) = ((index % columns) as u16, (index / columns) as u16);
            let bottom = line * tall + tall - 1;
            if !server.alive {
                write(buf, area, (x, bottom), theme.glyphs.pick("✗", "x"), theme.error(), theme);
                continue;
            }
            let room = f64::from(if tall > 1 { tall - 1 } else { 1 });
            let height = server.active() as f64 / most * room;
            let style = if last == Some(index) { theme.strong() } else { theme.series(0) };
            write(buf, area, (x, bottom), theme.glyphs.pick("·", "."), theme.faint(), theme);
            for cell in 0..tall {
                if let Some(block) = eighths(height, cell, theme) {
                    write(buf, area, (x, bottom - cell), &block.to_string(), style, theme);
                }
            }
        }
        if shown < cluster.servers.len() {
            let text = more_servers(cluster.servers.len() - shown);
            write(buf, area, (0, area.height.saturating_sub(1)), &text, theme.dim(), theme);
        }
    }
}

/// What the fullest server of these systems holds, in the region that is shown.
pub(super) fn fullest<'a>(systems: impl Iterator<Item = &'a System>, region: usize) -> usize {
    let clusters = systems.filter_map(|s| s.regions.get(region)).map(|r| &r.cluster);
    clusters.flat_map(|c| &c.servers).map(|s| s.active()).max().unwrap_or(0)
}

/// Servers that are not drawn.
fn more_servers(count: usize) -> String {
    format!("… {} more server{}", thousands(count as u64), plural(count as u64))
}
