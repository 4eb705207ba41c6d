//! Where each cell of a filter stands in a picture: one a character, half of one, a dot of one, or many in a shade.

use std::ops::Range;

use ratatui::layout::Rect;

/// How cells are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A character is a cell.
    Glyphs,
    /// Half a character is a cell, the upper one first.
    Halves,
    /// A dot is a cell: eight in a character.
    Dots,
    /// A character is shaded by how many of its cells are set.
    Shades,
}

/// A part of the filter that begins on a row of its own.
#[derive(Clone, Copy, Debug)]
struct Part {
    start: u64,
    len: u64,
    row: u16,
    rows: u16,
}

/// Columns and rows from one character to the next, from roomy to tight.
const PITCHES: [(u16, u16); 7] = [(8, 4), (6, 3), (4, 3), (4, 2), (3, 2), (2, 1), (1, 1)];
/// Narrowest area whose rows are numbered.
const NUMBERED: u16 = 30;

/// The places of all cells in an area.
#[derive(Clone, Debug)]
pub struct Grid {
    /// How cells are drawn.
    pub mode: Mode,
    /// Columns on the left for the numbers of the rows.
    pub left: u16,
    area: Rect,
    columns: u16,
    pitch: (u16, u16),
    parts: Vec<Part>,
}

impl Grid {
    /// Places for the parts (first cell, number of cells) of a filter; with `dots`, a dot may be a cell. So many columns
    /// at least stay free on the left.
    pub fn new(area: Rect, parts: &[(u64, u64)], dots: bool, margin: u16) -> Self {
        let margin = margin.min(area.width / 2);
        let last = parts.last().map_or(0, |p| p.0 + p.1).max(1) - 1;
        let digits = last.to_string().len() as u16;
        let left = if area.width >= NUMBERED { (digits + 1).max(margin) } else { margin };
        let grid = |mode, left, columns, pitch, parts| Self { mode, left, area, columns, pitch, parts };
        let widest = u16::try_from(parts.iter().map(|p| p.1).max().unwrap_or(1)).unwrap_or(u16::MAX);
        let room = area.width - left;
        // Rows of 16 or 32 are easier to count in than rows of 24.
        for even in [round_down, eights] {
            for pitch in PITCHES {
                let columns = even(room.div_ceil(pitch.0)).min(widest).max(1);
                if let Some(placed) = stack(parts, u64::from(columns), area.height.div_ceil(pitch.1)) {
                    return grid(Mode::Glyphs, left, columns, pitch, placed);
                }
            }
        }
        for even in [round_down, eights] {
            let columns = even(room).max(1);
            if let Some(placed) = stack(parts, u64::from(columns) * 2, area.height) {
                return grid(Mode::Halves, left, columns, (1, 1), placed);
            }
        }
        let columns = (area.width - margin).max(1);
        if let Some(placed) = stack(parts, u64::from(columns) * 8, area.height).filter(|_| dots) {
            return grid(Mode::Dots, margin, columns, (1, 1), placed);
        }
        grid(Mode::Shades, margin, columns, (1, 1), shares(parts, area.height))
    }

    /// The first cell of each row, where a character is a cell or two, with the row's place.
    pub fn rows(&self) -> Vec<(u16, u64)> {
        let each = match self.mode {
            Mode::Glyphs => u64::from(self.columns),
            Mode::Halves => u64::from(self.columns) * 2,
            _ => return Vec::new(),
        };
        let of_part = |part: &Part| {
            let (start, row, pitch) = (part.start, part.row, self.pitch.1);
            (0..part.rows).map(move |i| ((row + i) * pitch, start + u64::from(i) * each))
        };
        self.parts.iter().flat_map(of_part).collect()
    }

    /// Every eighth column of rows whose characters are cells, and how many cells from the first it is.
    pub fn ticks(&self) -> Vec<(u16, u16)> {
        let eighths = if self.mode == Mode::Glyphs { 0..self.columns.div_ceil(8) } else { 0..0 };
        eighths.map(|i| (self.left + i * 8 * self.pitch.0, i * 8)).collect()
    }

    /// Where a cell is drawn, counted from the corner of the area, and which of the character's cells it is.
    pub fn place(&self, cell: u64) -> Option<(u16, u16, u64)> {
        let part = self.parts.iter().find(|p| (p.start..p.start + p.len).contains(&cell))?;
        let inside = cell - part.start;
        let (slot, rest) = match self.mode {
            Mode::Glyphs => (inside, 0),
            Mode::Halves => (inside / 2, inside % 2),
            Mode::Dots => (inside / 8, inside % 8),
            Mode::Shades => (self.slot_of(part, inside), 0),
        };
        let columns = u64::from(self.columns);
        let x = self.left + (slot % columns) as u16 * self.pitch.0;
        let y = (u64::from(part.row) + slot / columns) as u16 * self.pitch.1;
        (x < self.area.width && y < self.area.height).then_some((x, y, rest))
    }

    fn slot_of(&self, part: &Part, inside: u64) -> u64 {
        let slots = u128::from(part.rows) * u128::from(self.columns);
        (u128::from(inside) * slots / u128::from(part.len.max(1))) as u64
    }

    /// The cells that a character stands for.
    pub fn cells_at(&self, x: u16, y: u16) -> Option<Range<u64>> {
        let (dx, dy) = (x.checked_sub(self.area.x + self.left)?, y.checked_sub(self.area.y)?);
        let (column, row) = (dx / self.pitch.0, dy / self.pitch.1);
        let part = self.parts.iter().find(|p| (p.row..p.row + p.rows).contains(&row))?;
        if column >= self.columns {
            return None;
        }
        let slot = u64::from(row - part.row) * u64::from(self.columns) + u64::from(column);
        self.cells_of(part, slot)
    }

    fn cells_of(&self, part: &Part, slot: u64) -> Option<Range<u64>> {
        let (from, to) = match self.mode {
            Mode::Glyphs => (slot, slot + 1),
            Mode::Halves => (slot * 2, slot * 2 + 2),
            Mode::Dots => (slot * 8, slot * 8 + 8),
            Mode::Shades => {
                let slots = u128::from(part.rows) * u128::from(self.columns);
                // The first cell whose slot this is: rounded up, as `slot_of` rounds down.
                let first = |slot: u64| (u128::from(slot) * u128::from(part.len)).div_ceil(slots) as u64;
                (first(slot), first(slot + 1))
            }
        };
        (from < part.len && from < to).then(|| part.start + from..part.start + to.min(part.len))
    }

    /// Every character of the picture: its place, the part that it belongs to, and its cells.
    pub fn characters(&self) -> Vec<(u16, u16, usize, Range<u64>)> {
        let mut all = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            for slot in 0..u64::from(part.rows) * u64::from(self.columns) {
                let Some(cells) = self.cells_of(part, slot) else { continue };
                let columns = u64::from(self.columns);
                let x = self.left + (slot % columns) as u16 * self.pitch.0;
                let y = (u64::from(part.row) + slot / columns) as u16 * self.pitch.1;
                if x < self.area.width && y < self.area.height {
                    all.push((x, y, index, cells));
                }
            }
        }
        all
    }
}

/// The largest power of two up to a number.
fn round_down(number: u16) -> u16 {
    number.checked_ilog2().map_or(0, |bits| 1 << bits)
}

/// The largest multiple of eight up to a number, if there is one.
fn eights(number: u16) -> u16 {
    if number >= 8 { number / 8 * 8 } else { number }
}

/// The parts one below the other, each on rows of its own, with a free row between them where there is room.
fn stack(parts: &[(u64, u64)], per_row: u64, most: u16) -> Option<Vec<Part>> {
    stack_apart(parts, per_row, most, 1).or_else(|| stack_apart(parts, per_row, most, 0))
}

fn stack_apart(parts: &[(u64, u64)], per_row: u64, most: u16, gap: u64) -> Option<Vec<Part>> {
    let mut row = 0_u64;
    let mut placed = Vec::new();
    for (start, len) in parts {
        let rows = len.div_ceil(per_row.max(1));
        placed.push(Part { start: *start, len: *len, row: u16::try_from(row).ok()?, rows: u16::try_from(rows).ok()? });
        row += rows + gap;
    }
    (row.saturating_sub(gap) <= u64::from(most)).then_some(placed)
}

/// The parts by their share of the rows, one at least; all as one if there are too many.
fn shares(parts: &[(u64, u64)], height: u16) -> Vec<Part> {
    let total: u64 = parts.iter().map(|p| p.1).sum();
    if parts.len() > usize::from(height) {
        return vec![Part { start: 0, len: total, row: 0, rows: height.max(1) }];
    }
    let mut placed = Vec::new();
    let (mut row, mut left) = (0, total.max(1));
    for (i, (start, len)) in parts.iter().enumerate() {
        let spare = height - row - (parts.len() - i - 1) as u16;
        let rows = (f64::from(height - row) * *len as f64 / left as f64).round() as u16;
        let rows = if i + 1 == parts.len() { height - row } else { rows.clamp(1, spare) };
        placed.push(Part { start: *start, len: *len, row, rows });
        row += rows;
        left = left.saturating_sub(*len).max(1);
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_has_its_place_and_every_place_its_cells() {
        for (w, h) in [(38, 8), (47, 11), (80, 20), (5, 3), (1, 1)] {
            for parts in
                [vec![(0, 256)], vec![(0, 3_000)], vec![(0, 1_000_000)], vec![(0, 100), (100, 250), (350, 900)]]
            {
                let area = Rect::new(3, 2, w, h);
                let grid = Grid::new(area, &parts, true, u16::from(w > 40) * 2);
                let total: u64 = parts.iter().map(|p| p.1).sum();
                let seen: u64 = grid.characters().iter().map(|c| c.3.end - c.3.start).sum();
                assert_eq!(seen, total, "{w}×{h} {parts:?} {:?}", grid.mode);
                for cell in (0..total).step_by((total / 97).max(1) as usize) {
                    let Some((x, y, _)) = grid.place(cell) else {
                        panic!("{cell} of {parts:?} has no place in {w}×{h}")
                    };
                    assert!(grid.cells_at(area.x + x, area.y + y).is_some_and(|r| r.contains(&cell)), "{cell} {w}×{h}");
                }
            }
        }
    }

    #[test]
    fn few_cells_are_characters_and_many_are_shades() {
        let mode = |cells, dots| Grid::new(Rect::new(0, 0, 47, 11), &[(0, cells)], dots, 0).mode;
        assert_eq!((mode(256, true), mode(800, true)), (Mode::Glyphs, Mode::Halves));
        assert_eq!((mode(2_000, true), mode(9_000, true)), (Mode::Dots, Mode::Shades));
        assert_eq!(mode(2_000, false), Mode::Shades);
        assert_eq!(Grid::new(Rect::new(0, 0, 38, 5), &[(0, 256)], true, 0).mode, Mode::Halves, "beside a lesson");
    }
}
