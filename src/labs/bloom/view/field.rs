//! The bits as a field that lights up; an item's probes travel to their bits.
//!
//! ```text
//!  ask  https://news.example/ada/3
//!  2 of 6 bits are set …
//!  · ■ · · ■ ◆ · · ■ · · ■ · · · ■
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::layout::{Grid, Mode};
use super::{BloomScene, above_caption, note};
use crate::algorithms::bloom::MAX_COUNT;
use crate::algorithms::hash::key_hash;
use crate::engine::numbers::{count, plural, thousands};
use crate::labs::bloom::command::Variant;
use crate::labs::bloom::record::{Deed, Look, Step};
use crate::picture::{Canvas, Palette, pad_left, write};

/// Most cells that are counted for one shade; beyond, a sample of so many.
const COUNTED: u64 = 16_384;

/// A picture in the making.
struct Drawing<'a> {
    scene: &'a BloomScene<'a>,
    area: Rect,
    field: Rect,
    grid: Grid,
}

/// Rows above the field: the item, what is known about it, and the numbers of the columns; one for all where there is
/// little room.
fn head_rows(area: Rect) -> u16 {
    match area.height {
        ..8 => 1,
        8..14 => 2,
        _ => 3,
    }
}

/// The field below its head.
fn field_of(area: Rect) -> Rect {
    let head = head_rows(area).min(area.height.saturating_sub(1));
    Rect { y: area.y + head, height: area.height - head, ..area }
}

impl<'a> Drawing<'a> {
    fn new(scene: &'a BloomScene<'a>, area: Rect) -> Self {
        let field = field_of(area);
        let dots = scene.theme.glyphs.pick(true, false);
        let margin = if scene.model.config.variant == Variant::Blocked { 2 } else { 0 };
        let grid = Grid::new(field, &scene.model.filter.parts(), dots, margin);
        Self { scene, area, field, grid }
    }
}

/// Draws the field, what travels, and what is known.
pub(super) fn draw(scene: &BloomScene<'_>, area: Rect, buf: &mut Buffer) {
    let drawing = Drawing::new(scene, above_caption(area));
    note(buf, area, &drawing.caption_parts(), scene.theme);
    drawing.cells(buf);
    drawing.numbers(buf);
    drawing.head(buf);
    drawing.crowd(buf);
    drawing.marks(buf);
    drawing.travellers(buf);
}

/// Asks who set the bit that was clicked, or the first set one of many.
pub(super) fn click(scene: &BloomScene<'_>, area: Rect, x: u16, y: u16) -> Option<String> {
    let cells = Drawing::new(scene, above_caption(area)).grid.cells_at(x, y)?;
    let first = cells.clone().take(4_096).find(|c| scene.model.filter.get().value(*c) > 0).unwrap_or(cells.start);
    Some(format!("who {first}"))
}

impl Drawing<'_> {
    fn caption_parts(&self) -> Vec<String> {
        let (model, pick) = (self.scene.model, self.scene.theme.glyphs);
        let kind = model.config.variant.cell();
        let set = pick.pick("■", "#");
        let mut parts = vec![match self.grid.mode {
            Mode::Glyphs if model.config.variant == Variant::Counting => {
                "a counter: 1 to 9, A = 10, F = 15, full".to_owned()
            }
            Mode::Glyphs => format!("{set} a set bit"),
            Mode::Halves => format!("{} is two {kind}s, both set", pick.pick("█", ":")),
            Mode::Dots => format!("a dot is a set {kind}"),
            Mode::Shades => {
                let cells = self.grid.characters().first().map_or(0, |c| c.3.end - c.3.start);
                let sampled = if cells > COUNTED { ", sampled" } else { "" };
                let fill = pick.pick("as high as they are full", "tenths set");
                format!("a cell: {} {kind}s, {fill}{sampled}", thousands(cells))
            }
        }];
        if let Some(look) = &model.look {
            let (new, met, miss) = (pick.pick("●", "O"), pick.pick("◆", "@"), pick.pick("✗", "X"));
            parts.push(match look.deed {
                Deed::Insert => format!("{new} new  {met} set before"),
                Deed::Query => format!("{met} asked, set  {miss} asked, clear: stop here"),
                Deed::Remove => format!("{} back to 0, the rest still above", pick.pick("○", "0")),
            });
            if look.deed == Deed::Remove {
                parts.reverse();
            }
        }
        if let Some(change) = model.change.as_ref().filter(|c| c.count > c.sample.len() as u64 && !c.sample.is_empty())
        {
            parts.push(format!("{} of {} items fly", change.sample.len(), thousands(change.count)));
        }
        match model.config.variant {
            Variant::Scalable => parts.push("each layer on its own rows".to_owned()),
            Variant::Blocked if model.look.is_some() => {
                parts.insert(0, format!("{} the one block that is read", pick.pick("▌", "|")));
            }
            Variant::Blocked if model.filter.parts().len() > 1 => parts.push("each block on its own rows".to_owned()),
            _ => {}
        }
        parts
    }

    /// How far the last change has unfolded, from 0 to 1.
    fn change_progress(&self) -> f64 {
        let Some(change) = self.scene.model.change.as_ref().filter(|_| self.scene.motion) else { return 1.0 };
        (self.scene.now.saturating_sub(change.at_us) as f64 / change.lasts_us.max(1) as f64).clamp(0.0, 1.0)
    }

    /// How far the item has come, from 0 to 1.
    fn look_progress(&self, look: &Look) -> f64 {
        if !self.scene.motion {
            return 1.0;
        }
        (self.scene.now.saturating_sub(look.at_us) as f64 / look.lasts_us.max(1) as f64).clamp(0.0, 1.0)
    }

    /// How far a probe is on its way: 0 waits, 1 has arrived. A question sends the next when the last has arrived.
    fn way(&self, look: &Look, index: usize) -> f64 {
        let (progress, count) = (self.look_progress(look), look.steps.len().max(1) as f64);
        let way = match look.deed {
            Deed::Query => progress * (count + 1.0) - index as f64,
            Deed::Insert | Deed::Remove => (progress - 0.45 * index as f64 / count) / 0.5,
        };
        way.clamp(0.0, 1.0)
    }

    /// The bits at rest, as far as the last change has lit them.
    fn cells(&self, buf: &mut Buffer) {
        match self.grid.mode {
            Mode::Glyphs => self.glyphs(buf),
            Mode::Halves => self.halves(buf),
            Mode::Dots => self.dots(buf),
            Mode::Shades => self.shades(buf),
        }
    }

    /// What a cell shows now, and whether it has just changed.
    fn shown(&self, cell: u64, progress: f64) -> (u8, bool) {
        let model = self.scene.model;
        let value = model.filter.get().value(cell);
        if let Some(change) = model.change.as_ref().filter(|c| !c.sample.is_empty()) {
            let before = change.before.get().value(cell);
            let turn = (key_hash(1, &cell.to_le_bytes()) >> 40) as f64 / f64::from(1 << 24);
            let lit = progress >= 1.0 || turn < progress;
            return (if lit { value } else { before }, lit && value != before);
        }
        if let Some(look) = &model.look
            && let Some(index) = look.steps.iter().position(|s| s.probe.cell == cell)
            && self.way(look, index) < 1.0
        {
            return (look.steps[index].before, false);
        }
        (value, false)
    }

    /// Style of a set cell of a part: layers have colours of their own, blocks have not.
    fn set_style(&self, part: usize, fresh: bool, in_block: bool) -> Style {
        let theme = self.scene.theme;
        let series = if self.scene.model.config.variant == Variant::Scalable { part } else { 0 };
        match (fresh, in_block) {
            (true, _) => theme.strong(),
            (false, true) => theme.series(series),
            (false, false) => theme.series_dim(series),
        }
    }

    /// The number of each row's first cell, every eighth column, and the rows of the block that is read.
    fn numbers(&self, buf: &mut Buffer) {
        let theme = self.scene.theme;
        let left = usize::from(self.grid.left);
        if left > 2 {
            for (y, cell) in self.grid.rows() {
                let text = pad_left(&cell.to_string(), left - 1);
                write(buf, self.field, (0, y), &text, theme.faint_text(), theme);
            }
        }
        if left > 2 && head_rows(self.area) > 2 {
            for (x, offset) in self.grid.ticks().into_iter().skip(1) {
                write(buf, self.area, (x, head_rows(self.area) - 1), &format!("+{offset}"), theme.faint_text(), theme);
            }
        }
        let Some((from, to)) = self.block().filter(|_| left > 0) else { return };
        let rows: std::collections::BTreeSet<u16> =
            self.grid.characters().iter().filter(|c| c.3.start < to && c.3.end > from).map(|c| c.1).collect();
        for y in rows {
            let mark = Rect { width: self.grid.left, ..self.field };
            write(buf, mark, (self.grid.left - 1, y), theme.glyphs.pick("▌", "|"), theme.strong(), theme);
        }
    }

    fn glyphs(&self, buf: &mut Buffer) {
        let (theme, progress) = (self.scene.theme, self.change_progress());
        let counting = self.scene.model.config.variant == Variant::Counting;
        let block = self.block();
        for (x, y, part, cells) in self.grid.characters() {
            let (value, fresh) = self.shown(cells.start, progress);
            let in_block = block.is_some_and(|(from, to)| (from..to).contains(&cells.start));
            let clear = if in_block { theme.text() } else { theme.faint() };
            let digit = char::from_digit(u32::from(value), 16).unwrap_or(' ').to_ascii_uppercase().to_string();
            let (text, style) = match value {
                0 => (theme.glyphs.pick("·", "."), clear),
                MAX_COUNT if counting => (digit.as_str(), theme.error()),
                _ if counting => (digit.as_str(), self.set_style(part, fresh, in_block)),
                _ => (theme.glyphs.pick("■", "#"), self.set_style(part, fresh, in_block)),
            };
            write(buf, self.field, (x, y), text, style, theme);
        }
    }

    /// Two cells in a character, one above the other.
    fn halves(&self, buf: &mut Buffer) {
        let (theme, progress) = (self.scene.theme, self.change_progress());
        let block = self.block();
        for (x, y, part, cells) in self.grid.characters() {
            let (upper, lower) = (self.shown(cells.start, progress), self.shown(cells.start + 1, progress));
            let lower = if cells.end > cells.start + 1 { lower } else { (0, false) };
            let in_block = block.is_some_and(|(from, to)| (from..to).contains(&cells.start));
            let clear = if in_block { theme.text() } else { theme.faint() };
            let style = self.set_style(part, upper.1 || lower.1, in_block);
            let (text, style) = match (upper.0 > 0, lower.0 > 0) {
                (false, false) => (theme.glyphs.pick("·", "-"), clear),
                (true, false) => (theme.glyphs.pick("▀", "'"), style),
                (false, true) => (theme.glyphs.pick("▄", "."), style),
                (true, true) => (theme.glyphs.pick("█", ":"), style),
            };
            write(buf, self.field, (x, y), text, style, theme);
        }
    }

    fn dots(&self, buf: &mut Buffer) {
        let (progress, block) = (self.change_progress(), self.block());
        let mut canvas = Canvas::new(self.field, self.scene.theme.glyphs);
        for (x, y, part, cells) in self.grid.characters() {
            for cell in cells.clone() {
                let (value, fresh) = self.shown(cell, progress);
                if value > 0 {
                    let inside = cell - cells.start;
                    let (dx, dy) = ((inside % 2) as f64, (inside / 2) as f64);
                    let in_block = block.is_some_and(|(from, to)| (from..to).contains(&cell));
                    let style = self.set_style(part, fresh, in_block);
                    canvas.dot(f64::from(x) * 2.0 + dx, f64::from(y) * 4.0 + dy, style, u8::from(fresh));
                }
            }
        }
        canvas.draw(buf);
    }

    fn shades(&self, buf: &mut Buffer) {
        let (theme, model, progress) = (self.scene.theme, self.scene.model, self.change_progress());
        let fill = |filter: &crate::labs::bloom::config::AnyFilter, cells: &std::ops::Range<u64>| {
            let end = cells.end.min(cells.start + COUNTED);
            filter.get().set_cells_in(cells.start..end) as f64 / (end - cells.start).max(1) as f64
        };
        for (x, y, part, cells) in self.grid.characters() {
            let mut share = fill(&model.filter, &cells);
            if let Some(change) = model.change.as_ref().filter(|c| progress < 1.0 && !c.sample.is_empty()) {
                let before = fill(&change.before, &cells);
                share = before + (share - before) * progress;
            }
            // Eight heights; in ASCII, tenths.
            let level = if share <= 0.0 { 0 } else { ((share * 8.0).round() as usize).clamp(1, 8) };
            let tenths = char::from_digit((share * 10.0) as u32, 11).unwrap_or('9').to_string();
            let height = ["·", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"][level];
            let text = theme.glyphs.pick(height, if level == 0 { "." } else { &tenths });
            let style = if level == 0 { theme.faint() } else { self.set_style(part, false, false) };
            write(buf, self.field, (x, y), text, style, theme);
        }
    }

    /// The block that the item lies in, if the filter has blocks.
    fn block(&self) -> Option<(u64, u64)> {
        let look = self.scene.model.look.as_ref()?;
        self.scene.model.filter.block_of(look.steps.first()?.probe.cell)
    }

    /// The item and what is known about it so far.
    fn head(&self, buf: &mut Buffer) {
        let (model, theme) = (self.scene.model, self.scene.theme);
        let Some(look) = &model.look else {
            let (first, second) = self.quiet_words();
            write(buf, self.area, (0, 0), &first, theme.text(), theme);
            if head_rows(self.area) > 1 {
                write(buf, self.area, (0, 1), &second, theme.dim(), theme);
            }
            return;
        };
        let (text, style) = self.known(look);
        let arrived = self.look_progress(look) >= 1.0;
        if head_rows(self.area) == 1 && arrived {
            write(buf, self.area, (0, 0), &text, style, theme);
            return;
        }
        let verb = match look.deed {
            Deed::Insert => "put in ",
            Deed::Query => "ask for ",
            Deed::Remove => "take out ",
        };
        write(buf, self.area, (0, 0), verb, theme.dim(), theme);
        write(buf, self.area, (verb.len() as u16, 0), &look.text, theme.strong(), theme);
        if head_rows(self.area) > 1 {
            write(buf, self.area, (0, 1), &text, style, theme);
        }
    }

    fn quiet_words(&self) -> (String, String) {
        let model = self.scene.model;
        if let Some(change) = model.change.as_ref().filter(|_| self.change_progress() < 1.0) {
            let (items, go) = (count(change.count, "item"), if change.count == 1 { "goes" } else { "go" });
            return match (change.sample.is_empty(), change.count) {
                (true, 0) => ("a new filter".to_owned(), String::new()),
                (true, _) => ("a new filter".to_owned(), format!("{items} {go} in again")),
                (false, _) => (format!("{items} {go} in"), String::new()),
            };
        }
        let kind = model.config.variant.cell();
        let filter = model.filter.get();
        let are = if filter.set_cells() == 1 { "is" } else { "are" };
        let set = format!("{} of {} {are} set", thousands(filter.set_cells()), count(filter.cells(), kind));
        match model.history.copies() {
            0 => ("an empty filter".to_owned(), "`i` puts the next item in".to_owned()),
            n if n == model.distinct => (format!("{} in the filter", count(n, "item")), set),
            n => (format!("{} items in the filter, {} different", thousands(n), thousands(model.distinct)), set),
        }
    }

    /// What is known about the item, as far as its probes have arrived.
    fn known(&self, look: &Look) -> (String, Style) {
        let (theme, kind) = (self.scene.theme, self.scene.model.config.variant.cell());
        let arrived = (0..look.steps.len()).filter(|i| self.way(look, *i) >= 1.0).count();
        let all = arrived == look.steps.len();
        let number = |test: fn(&Step) -> bool| look.steps.iter().take(arrived).filter(|s| test(s)).count();
        match look.deed {
            Deed::Query if !all => (format!("{arrived} {kind}{} set, next …", plural(arrived as u64)), theme.text()),
            Deed::Query if !look.maybe => {
                let miss = look.steps.last().map_or(0, |s| s.probe.cell);
                (format!("DEFINITELY NOT in: {kind} {miss} is clear"), theme.good().add_modifier(Modifier::BOLD))
            }
            Deed::Query if look.present => (format!("MAYBE: {}, and it is in", self.its_cells(look)), theme.strong()),
            Deed::Query => (format!("MAYBE: {}. It lies!", self.its_cells(look)), theme.error()),
            Deed::Insert => {
                let (new, old) = (number(|s| s.before == 0), number(|s| s.before > 0));
                (format!("{new} new, {old} set before"), if all { theme.strong() } else { theme.text() })
            }
            Deed::Remove => {
                let (zero, left) = (number(|s| s.after == 0), number(|s| s.after > 0));
                (format!("{zero} back to 0, {left} still above"), if all { theme.strong() } else { theme.text() })
            }
        }
    }

    /// `its 6 bits are set`: those of the part that said 'maybe'.
    fn its_cells(&self, look: &Look) -> String {
        let kind = self.scene.model.config.variant.cell();
        match look.steps.iter().rev().take_while(|s| s.before > 0).count() {
            1 => format!("its {kind} is set"),
            n => format!("its {n} {kind}s are set"),
        }
    }

    /// Where the probes have arrived.
    fn marks(&self, buf: &mut Buffer) {
        let Some(look) = &self.scene.model.look else { return };
        let theme = self.scene.theme;
        let counting = self.scene.model.config.variant == Variant::Counting && self.grid.mode == Mode::Glyphs;
        for (index, step) in look.steps.iter().enumerate() {
            let Some((x, y, _)) = self.grid.place(step.probe.cell).filter(|_| self.way(look, index) >= 1.0) else {
                continue;
            };
            let digit = char::from_digit(u32::from(step.after), 16).unwrap_or(' ').to_ascii_uppercase().to_string();
            let glyph = |unicode, ascii| theme.glyphs.pick(unicode, ascii);
            let good = theme.good().add_modifier(Modifier::BOLD);
            let (text, style) = match look.deed {
                Deed::Query if step.after == 0 => (glyph("✗", "X"), theme.error()),
                Deed::Query if counting => (digit.as_str(), theme.strong().add_modifier(Modifier::REVERSED)),
                Deed::Query => (glyph("◆", "@"), theme.strong()),
                Deed::Remove if step.after == 0 => (glyph("○", "0"), good),
                Deed::Insert | Deed::Remove if counting => (digit.as_str(), good.add_modifier(Modifier::REVERSED)),
                Deed::Insert if step.before == 0 => (glyph("●", "O"), good),
                Deed::Insert | Deed::Remove => (glyph("◆", "@"), theme.strong()),
            };
            // Without colours, brightness alone does not show against set bits.
            let mono = theme.palette == Palette::Mono;
            let style = if mono { style.add_modifier(Modifier::REVERSED) } else { style };
            let one = Rect { width: (x + 1).min(self.field.width), ..self.field };
            write(buf, one, (x, y), text, style, theme);
        }
    }

    /// Probes on their way down from the item.
    fn travellers(&self, buf: &mut Buffer) {
        let Some(look) = &self.scene.model.look else { return };
        for (index, step) in look.steps.iter().enumerate() {
            let way = self.way(look, index);
            if way > 0.0 && way < 1.0 {
                self.fly(index, step.probe.cell, way, buf);
            }
        }
    }

    /// The first items of a bulk insertion, one after the other.
    fn crowd(&self, buf: &mut Buffer) {
        let progress = self.change_progress();
        let Some(change) = self.scene.model.change.as_ref().filter(|_| progress < 1.0) else { return };
        let count = change.sample.len().max(1) as f64;
        for (item, cells) in change.sample.iter().enumerate() {
            let way = (progress - 0.7 * item as f64 / count) / 0.3;
            if way > 0.0 && way < 1.0 {
                cells.iter().enumerate().for_each(|(i, cell)| self.fly(item * 5 + i, *cell, way, buf));
            }
        }
    }

    /// One probe between the item's line and its cell, with a short trail.
    fn fly(&self, index: usize, cell: u64, way: f64, buf: &mut Buffer) {
        let theme = self.scene.theme;
        let Some((x, y, _)) = self.grid.place(cell) else { return };
        let from = (f64::from(9 + (index as u16 * 4) % self.area.width.saturating_sub(9).clamp(1, 28)), 0.0);
        let to = (f64::from(x), f64::from(y + self.field.y - self.area.y));
        for (behind, text) in [(0.16, "·"), (0.08, "•"), (0.0, "●")] {
            let t = (way - behind).max(0.0);
            let t = t * t * (3.0 - 2.0 * t);
            let at = ((from.0 + (to.0 - from.0) * t).round() as u16, (from.1 + (to.1 - from.1) * t).round() as u16);
            // The words above the field stay readable.
            if at.1 < head_rows(self.area) {
                continue;
            }
            let style = if behind > 0.0 { theme.dim() } else { theme.accent().add_modifier(Modifier::BOLD) };
            let text = theme.glyphs.pick(text, if behind > 0.0 { "," } else { "*" });
            let one = Rect { width: (at.0 + 1).min(self.area.width), ..self.area };
            write(buf, one, at, text, style, theme);
        }
    }
}
