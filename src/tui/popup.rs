//! A box over the picture.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::picture::{Theme, put};

/// Clears a box, draws its border and title, and gives the place inside.
pub(super) fn popup(area: Rect, title: &str, buf: &mut Buffer, theme: Theme) -> Rect {
    for y in area.top()..area.bottom().min(buf.area.bottom()) {
        for x in area.left()..area.right().min(buf.area.right()) {
            if let Some(cell) = buf.cell_mut((x, y)) {
                cell.reset();
                cell.set_style(theme.text());
            }
        }
    }
    if area.width < 4 || area.height < 3 {
        return area;
    }
    let [line, side, corners] = theme.glyphs.pick(["─", "│", "╭╮╰╯"], ["-", "|", "++++"]);
    let corner = |i: usize| corners.chars().nth(i).unwrap_or('+');
    let middle = line.repeat(usize::from(area.width - 2));
    let style = theme.faint();
    let (right, bottom) = (area.right() - 1, area.bottom() - 1);
    put(buf, area.x, area.y, area.width, &format!("{}{middle}{}", corner(0), corner(1)), style, theme.glyphs);
    put(buf, area.x, bottom, area.width, &format!("{}{middle}{}", corner(2), corner(3)), style, theme.glyphs);
    for y in area.y + 1..bottom {
        put(buf, area.x, y, 1, side, style, theme.glyphs);
        put(buf, right, y, 1, side, style, theme.glyphs);
    }
    put(buf, area.x + 2, area.y, area.width - 4, &format!(" {title} "), theme.title(), theme.glyphs);
    Rect { x: area.x + 2, y: area.y + 1, width: area.width - 4, height: area.height - 2 }
}

/// A box of at most this size in the middle of an area.
pub(super) fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}
