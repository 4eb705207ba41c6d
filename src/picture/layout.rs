//! Where the parts of the frame stand: a function of the size of the screen and of nothing else.

use ratatui::layout::Rect;

/// Narrowest and lowest screen with room for the whole frame.
pub(super) const LEAST: (u16, u16) = (36, 18);
/// From this width on, figures stand beside the picture; below, under it.
const LANDSCAPE: u16 = 60;

/// The places of the frame's parts. A cramped frame has none of them: all are empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameLayout {
    /// The title row.
    pub title: Rect,
    /// The lab's picture.
    pub picture: Rect,
    /// Figures and bars.
    pub side: Rect,
    /// What happened.
    pub sentences: Rect,
    /// The time line.
    pub timeline: Rect,
    /// The next useful keys.
    pub keys: Rect,
    /// Whether figures stand under the picture, not beside it.
    pub portrait: bool,
    /// Whether the screen is too small for the frame.
    pub cramped: bool,
}

impl FrameLayout {
    /// The places on a screen of this size.
    pub(super) fn of(area: Rect) -> Self {
        if area.width < LEAST.0 || area.height < LEAST.1 {
            let none = Rect { width: 0, height: 0, ..area };
            let [title, picture, side, sentences, timeline, keys] = [none; 6];
            return Self { title, picture, side, sentences, timeline, keys, portrait: false, cramped: true };
        }
        if area.width < LANDSCAPE { Self::portrait(area) } else { Self::landscape(area) }
    }

    fn landscape(area: Rect) -> Self {
        // From the top: title, gap, body, rule, sentences, gap, time line, keys.
        let gap = u16::from(area.height >= 30);
        let told = sentence_rows(area.height);
        let inner = Rect { x: area.x + 1, width: area.width - 2, ..area };
        let row = |y: u16, height: u16| Rect { y: area.y + y, height, ..inner };
        let body_top = 1 + gap;
        let body = area.height - body_top - 1 - told - gap - 2;
        let side = side_columns(area.width);
        let side_area = Rect { x: inner.right() - side, width: side, ..row(body_top, body) };
        Self {
            title: row(0, 1),
            // Up to the quiet line, with a free column on each of its sides.
            picture: Rect { width: inner.width - side - 3, ..row(body_top, body) },
            side: side_area,
            sentences: row(body_top + body + 1, told),
            timeline: row(area.height - 2, 1),
            keys: row(area.height - 1, 1),
            portrait: false,
            cramped: false,
        }
    }

    /// From the top: title, picture, rule, figures, gap, sentences, time line, keys.
    fn portrait(area: Rect) -> Self {
        let told = if area.height < 22 { 3 } else { 4 + (area.height.min(48) - 22) / 8 };
        let inner = Rect { x: area.x + 1, width: area.width - 2, ..area };
        let row = |y: u16, height: u16| Rect { y: area.y + y, height, ..inner };
        let body = area.height - 5 - told;
        let side = (body * 2 / 5).min(12);
        let picture = body - side;
        Self {
            title: row(0, 1),
            picture: row(1, picture),
            side: row(picture + 2, side),
            sentences: row(body + 3, told),
            timeline: row(area.height - 2, 1),
            keys: row(area.height - 1, 1),
            portrait: true,
            cramped: false,
        }
    }

    /// Column of the line between picture and side, and row of the rule above the sentences.
    pub(super) fn lines(&self) -> (u16, u16) {
        (self.side.x.saturating_sub(2), self.picture.bottom())
    }
}

fn sentence_rows(height: u16) -> u16 {
    match height {
        ..22 => 2,
        22..30 => 3,
        30..36 => 4,
        36..48 => 5,
        48..60 => 6,
        _ => 8,
    }
}

/// 24 at 60 columns, 28 at 80, 36 at 120, 44 at 200.
fn side_columns(width: u16) -> u16 {
    match width {
        ..120 => 28 + (width.max(60) - 60) / 5 - 4,
        _ => (36 + (width - 120) / 10).min(52),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stay_inside_and_apart() {
        for w in (36..260).step_by(7) {
            for h in 18..90 {
                let area = Rect::new(3, 2, w, h);
                let l = FrameLayout::of(area);
                let parts = [l.title, l.picture, l.side, l.sentences, l.timeline, l.keys];
                for (i, a) in parts.iter().enumerate() {
                    assert!(!a.is_empty() && area.union(*a) == area, "{a:?} at {w}×{h}");
                    assert!(parts.iter().skip(i + 1).all(|b| !a.intersects(*b)), "{i} at {w}×{h}");
                }
            }
        }
        assert_eq!([60, 80, 120, 200].map(side_columns), [24, 28, 36, 44]);
    }

    #[test]
    fn too_small_is_cramped() {
        for (w, h) in [(35, 40), (100, 17), (0, 0)] {
            let l = FrameLayout::of(Rect::new(0, 0, w, h));
            assert!(l.cramped && l.picture.is_empty() && l.keys.is_empty());
        }
    }
}
