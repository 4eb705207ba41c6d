//! Tables: a name and figures in each row, as many columns as fit.

use ratatui::layout::Rect;

use super::markdown::Tone;
use super::paint::write;
use super::text::{pad, pad_left, width};
use super::widget::{Paint, Widget};

/// A table. The first column names its rows and stands left; the others stand right, and those that do not fit are left
/// out from the last. A column grows with what is in it.
///
/// ```
/// use ratatui::{buffer::Buffer, layout::Rect};
/// use scalelab::picture::{Glyphs, Hits, Paint, Palette, Table, Theme, Tone, Widget, to_text};
/// let table = Table::new("", 9).column("moved", 8).column("memory", 8)
///     .row("ring", ["24.9 %", "6.4 kB"], Tone::Strong).on_click("strategy ring")
///     .row("modulo", ["74.6 %", "8 B"], Tone::Plain);
/// let (mut buf, mut hits) = (Buffer::empty(Rect::new(0, 0, 18, 3)), Hits::default());
/// let theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Unicode };
/// table.draw(buf.area, &mut Paint { buf: &mut buf, theme, hits: &mut hits });
/// assert_eq!(to_text(&buf), "            moved\nring       24.9 %\nmodulo     74.6 %\n");
/// assert_eq!(hits.at(3, 1).as_deref(), Some("strategy ring"));
/// assert_eq!(table.describe(), "ring: moved 24.9 %, memory 6.4 kB. modulo: moved 74.6 %, memory 8 B.");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    name: (String, usize),
    columns: Vec<Column>,
    rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq)]
struct Column {
    heading: String,
    wide: usize,
    /// Whether it grows with what is in it.
    grows: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Row {
    name: String,
    cells: Vec<String>,
    tone: Tone,
    on_click: Option<String>,
}

impl Table {
    /// A table without rows: the heading of the names, and the columns that they take at least.
    #[must_use]
    pub fn new(heading: &str, least: usize) -> Self {
        Self { name: (heading.to_owned(), least), columns: Vec::new(), rows: Vec::new() }
    }

    /// With one more column: its heading, and the columns of the screen that it takes at least.
    #[must_use]
    pub fn column(mut self, heading: &str, least: usize) -> Self {
        self.columns.push(Column { heading: heading.to_owned(), wide: least, grows: true });
        self
    }

    /// With one more column that never grows: what is longer is cut. For text that may be long.
    #[must_use]
    pub fn fixed(mut self, heading: &str, wide: usize) -> Self {
        self.columns.push(Column { heading: heading.to_owned(), wide, grows: false });
        self
    }

    /// With one more row: its name, and what stands in each column.
    #[must_use]
    pub fn row<C: Into<String>>(
        mut self,
        name: impl Into<String>,
        cells: impl IntoIterator<Item = C>,
        tone: Tone,
    ) -> Self {
        let cells = cells.into_iter().map(Into::into).collect();
        self.rows.push(Row { name: name.into(), cells, tone, on_click: None });
        self
    }

    /// A click on the row that was added last means this command.
    #[must_use]
    pub fn on_click(mut self, command: impl Into<String>) -> Self {
        if let Some(row) = self.rows.last_mut() {
            row.on_click = Some(command.into());
        }
        self
    }

    /// Rows that it takes, with its heading.
    pub fn height(&self) -> u16 {
        (self.rows.len() + 1).min(usize::from(u16::MAX)) as u16
    }

    /// How wide each column is, the names first; as many as fit.
    fn widths(&self, room: usize) -> (usize, Vec<usize>) {
        let names = self.rows.iter().map(|row| width(&row.name) + 1).max().unwrap_or(0);
        let name = self.name.1.max(names).max(width(&self.name.0) + 1).min(room);
        let mut used = name;
        let wide = |(i, column): (usize, &Column)| {
            let cells = self.rows.iter().filter_map(|row| row.cells.get(i)).map(|cell| width(cell) + 1).max();
            let needed = (width(&column.heading) + 1).max(cells.unwrap_or(0));
            if column.grows { column.wide.max(needed) } else { column.wide }
        };
        let fitting = self.columns.iter().enumerate().map(wide).take_while(|wide| {
            used += wide;
            used <= room
        });
        (name, fitting.collect())
    }
}

impl Widget for Table {
    fn draw(&self, area: Rect, paint: &mut Paint<'_>) {
        let theme = paint.theme;
        let (name, widths) = self.widths(usize::from(area.width));
        let line = |first: &str, cells: &mut dyn Iterator<Item = &str>| {
            let cells: String = cells.zip(&widths).map(|(cell, wide)| pad_left(cell, *wide)).collect();
            format!("{}{cells}", pad(first, name))
        };
        let heading = line(&self.name.0, &mut self.columns.iter().map(|column| column.heading.as_str()));
        write(paint.buf, area, (0, 0), &heading, theme.faint_text(), theme);
        let room = usize::from(area.height.saturating_sub(1));
        let shown = if self.rows.len() > room { room.saturating_sub(1) } else { self.rows.len() };
        for (y, row) in (1..).zip(&self.rows[..shown]) {
            let text = line(&row.name, &mut row.cells.iter().map(String::as_str));
            write(paint.buf, area, (0, y), &text, row.tone.style(theme), theme);
            if let Some(command) = &row.on_click {
                paint.hits.record(Rect { y: area.y + y, height: 1, ..area }, command);
            }
        }
        if shown < self.rows.len() && room > 0 {
            let more = format!("… {} more", self.rows.len() - shown);
            write(paint.buf, area, (0, area.height - 1), &more, theme.faint_text(), theme);
        }
    }

    fn describe(&self) -> String {
        let row = |row: &Row| {
            let cell = |(column, cell): (&Column, &String)| format!("{} {cell}", column.heading);
            let cells: Vec<String> = self.columns.iter().zip(&row.cells).map(cell).collect();
            format!("{}: {}.", row.name.trim(), cells.join(", "))
        };
        self.rows.iter().map(row).collect::<Vec<_>>().join(" ")
    }

    fn least(&self) -> (u16, u16) {
        (self.widths(usize::MAX).0.min(60) as u16 + 8, 2)
    }
}
