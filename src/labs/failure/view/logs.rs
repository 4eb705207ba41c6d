//! The logs of primary and followers: what is acknowledged, what is lost, and two that grow.
//!
//! ```text
//!  db-1 primary, epoch 1   …1111111111│22    a digit is an entry and its epoch;
//!  db-2 follower           …1111111···       bright ones are acknowledged, × ones lost
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::FailureScene;
use crate::engine::numbers::{plural, thousands};
use crate::labs::failure::group::{Group, Phase};
use crate::labs::failure::plan::Kind;
use crate::picture::{caption, write};

/// Draws the logs of every database, one after the other.
pub(super) fn draw(scene: &FailureScene<'_>, area: Rect, buf: &mut Buffer) {
    let theme = scene.theme;
    let cross = theme.glyphs.pick("×", "x");
    let parts = [
        "a digit is a write and its epoch".to_owned(),
        format!("{cross} acknowledged and lost"),
        "faint: not acknowledged".to_owned(),
    ];
    let area = caption(buf, area, &parts, theme);
    let databases: Vec<usize> = (0..scene.model.plan.tiers.len())
        .filter(|t| scene.model.plan.tiers[*t].kind == Kind::Database && scene.model.groups[*t].is_some())
        .collect();
    if databases.is_empty() {
        write(buf, area, (0, 0), "No database here: nothing keeps a log.", theme.strong(), theme);
        write(buf, area, (0, 1), "`add db database app` puts one behind app.", theme.dim(), theme);
        return;
    }
    let mut y = 0;
    for tier in databases {
        if let Some(group) = &scene.model.groups[tier] {
            y = draw_group(scene, tier, group, y, area, buf) + 1;
        }
    }
}

fn draw_group(scene: &FailureScene<'_>, tier: usize, group: &Group, mut y: u16, area: Rect, buf: &mut Buffer) -> u16 {
    let (model, theme) = (scene.model, scene.theme);
    let split = model.is_split(group);
    let mode = format!("{}, {}", model.plan.tiers[tier].name, model.tuning.mode.name());
    write(buf, area, (0, y), &mode, theme.title(), theme);
    // What was acknowledged stays so, though it be lost.
    let (all, lost) = (group.log.acknowledged(), group.log.lost(&group.claimers()));
    let acked = match lost {
        0 => format!("{} write{} acknowledged", thousands(all), plural(all)),
        n => format!("{} acknowledged, {} of them lost", thousands(all), thousands(n)),
    };
    write(buf, area, (mode.chars().count() as u16 + 2, y), &acked, theme.dim(), theme);
    y += 1;
    if split {
        let apart = model.missing_writes();
        let text = format!("SPLIT BRAIN: two logs grow, {} write{} apart", thousands(apart), plural(apart));
        write(buf, area, (0, y), &text, theme.error(), theme);
        y += 1;
    }
    let room = u64::from(area.width.saturating_sub(2)).max(1);
    let end = group.log.logs().iter().map(|log| log.len()).max().unwrap_or(0);
    // The end of the logs; once a new primary has begun, the place where it began.
    let begun = group.log.logs().iter().flat_map(|log| log.runs().last()).max_by_key(|run| run.epoch);
    let newest = begun.filter(|run| run.epoch > 1).map(|run| run.start.saturating_sub(room / 3));
    let start = (end + 2).saturating_sub(room).min(newest.unwrap_or(u64::MAX));
    let rows = group.members.len() as u16;
    let room_each = area.height.saturating_sub(y) / rows.max(1);
    let pitch = room_each.clamp(2, 6);
    for member in 0..group.members.len() {
        if y + 1 >= area.height {
            break;
        }
        draw_member(scene, group, member, (start, y), area, buf);
        y += pitch;
    }
    y
}

/// What a member is, and the tail of its log.
fn draw_member(
    scene: &FailureScene<'_>,
    group: &Group,
    member: usize,
    (start, y): (u64, u16),
    area: Rect,
    buf: &mut Buffer,
) {
    let (model, theme) = (scene.model, scene.theme);
    let machine = group.members[member];
    let name = &model.plan.machines[machine].name;
    let log = group.log_of(member);
    let up = model.world.powered(&model.plan, machine);
    let newest = group.primary() == Some(member);
    let (role, style) = match (up, group.claims[member], newest) {
        (false, ..) => ("down".to_owned(), theme.error()),
        (_, true, true) => (format!("primary, epoch {}", log.epoch()), theme.strong()),
        (_, true, false) => (format!("thinks it is primary, epoch {}", log.epoch()), theme.warning()),
        _ if group.phase == Phase::Promoting(member) => ("is being promoted".to_owned(), theme.accent()),
        _ => ("follows".to_owned(), theme.text()),
    };
    write(
        buf,
        area,
        (0, y),
        &format!("{name} {role}, {} write{}", thousands(log.len()), plural(log.len())),
        style,
        theme,
    );
    let more = start > 0;
    write(buf, area, (0, y + 1), if more { theme.glyphs.pick("…", "~") } else { "" }, theme.faint(), theme);
    let end = group.log.logs().iter().map(|l| l.len()).max().unwrap_or(0);
    let room = u64::from(area.width.saturating_sub(2));
    let primary = group.primary();
    for entry in start..end.min(start + room) {
        let x = (entry - start) as u16 + 1;
        let Some(epoch) = log.epoch_of(entry) else {
            write(buf, cell(area, x), (x, y + 1), theme.glyphs.pick("·", "."), theme.faint(), theme);
            continue;
        };
        let acked = group.log.is_acknowledged(epoch, entry);
        let lost = acked && primary.is_some_and(|p| !group.log.holds(p, epoch, entry));
        let digit = char::from_digit((epoch % 10) as u32, 10).unwrap_or('0').to_string();
        let (text, style) = match (lost, acked) {
            (true, _) => (theme.glyphs.pick("×", "x").to_owned(), theme.error()),
            (_, true) => (digit, theme.series(epoch as usize)),
            _ => (digit, theme.faint_text()),
        };
        write(buf, cell(area, x), (x, y + 1), &text, style, theme);
    }
    if log.len() > start + room {
        write(buf, area, (area.width.saturating_sub(1), y + 1), theme.glyphs.pick("…", "~"), theme.faint(), theme);
    }
    let barred = model.tuning.fencing && group.claims[member] && !newest;
    if barred {
        let x = (log.len().saturating_sub(start)) as u16 + 1;
        let sign = theme.glyphs.pick("┃ fence", "| fence");
        write(buf, area, (x, y + 1), sign, theme.warning(), theme);
    }
}

/// The area up to and with one column: a cell is never cut with an ellipsis.
fn cell(area: Rect, x: u16) -> Rect {
    Rect { width: (x + 1).min(area.width), ..area }
}
