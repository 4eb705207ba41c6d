//! Markdown as styled lines of a given width.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::paint::put;
use super::text::{fit, pad, visible, width, wrap};
use super::theme::Theme;

/// How a piece of text is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As the rest.
    Plain,
    /// Important.
    Strong,
    /// Stressed.
    Emphasis,
    /// To be typed.
    Code,
    /// A title.
    Heading,
    /// Said by the side.
    Quiet,
    /// It was right.
    Good,
    /// It was not.
    Bad,
    /// It is chosen.
    Chosen,
    /// In the colour of a series, to tell kinds apart.
    Series(usize),
}

impl Tone {
    /// How it looks.
    pub fn style(self, theme: Theme) -> Style {
        match self {
            Self::Plain => theme.text(),
            Self::Strong | Self::Emphasis => theme.strong(),
            Self::Code => theme.accent(),
            Self::Heading => theme.title(),
            Self::Quiet => theme.dim(),
            Self::Good => theme.good(),
            Self::Bad => theme.warning(),
            Self::Chosen => theme.selected(),
            Self::Series(i) => theme.series(i).add_modifier(Modifier::BOLD),
        }
    }
}

/// One line of text, in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextLine(pub Vec<(String, Tone)>);

impl TextLine {
    /// A line of one tone.
    pub fn of(text: impl Into<String>, tone: Tone) -> Self {
        Self(vec![(text.into(), tone)])
    }

    /// The line without tones.
    pub fn plain(&self) -> String {
        self.0.iter().map(|(text, _)| text.as_str()).collect()
    }
}

/// Markdown as one plain line of text: the words without their marks, made [`visible()`].
///
/// ```
/// assert_eq!(scalelab::picture::unmarked("why `hash % N` **hurts**"), "why hash % N hurts");
/// ```
pub fn unmarked(text: &str) -> String {
    // After a word, nothing at the start is taken for a heading or a list.
    let text = format!("x{text}");
    let mut plain = String::with_capacity(text.len());
    for event in Parser::new(&text) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                plain.push_str(&visible(&text));
            }
            Event::SoftBreak | Event::HardBreak => plain.push(' '),
            _ => {}
        }
    }
    plain.strip_prefix('x').map_or_else(String::new, str::to_owned)
}

/// Text without Markdown, wrapped, in one tone.
pub fn paragraph(text: &str, columns: usize, tone: Tone) -> Vec<TextLine> {
    wrap(text, columns).into_iter().map(|line| TextLine::of(line, tone)).collect()
}

/// Draws lines from the top of an area; gives how many fitted.
pub fn draw_lines(lines: &[TextLine], area: Rect, buf: &mut Buffer, theme: &Theme) -> usize {
    for (y, line) in (area.top()..area.bottom()).zip(lines) {
        let mut x = area.x;
        for (text, tone) in &line.0 {
            x += put(buf, x, y, area.right().saturating_sub(x), text, tone.style(*theme), theme.glyphs);
        }
    }
    lines.len().min(usize::from(area.height))
}

/// Lays out Markdown (headings, paragraphs, emphasis, code, lists, tables) in lines of at most
/// `columns` columns. Cost: linear in the text. Control characters come out as visible symbols.
///
/// ```
/// use scalelab::picture::{markdown, TextLine};
/// let lines: Vec<String> = markdown("# Ring\n\nwalk **clockwise** now", 14).iter().map(TextLine::plain).collect();
/// assert_eq!(lines, ["Ring", "", "walk clockwise", "now"]);
/// ```
pub fn markdown(text: &str, columns: usize) -> Vec<TextLine> {
    let mut layout = Layout { columns: columns.max(1), ..Layout::default() };
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        layout.event(event);
    }
    layout.flush();
    while layout.lines.last().is_some_and(|line| line.0.is_empty()) {
        layout.lines.pop();
    }
    layout.lines
}

#[derive(Default)]
struct Layout {
    columns: usize,
    lines: Vec<TextLine>,
    words: Vec<(String, Tone)>,
    tones: Vec<Tone>,
    /// One entry an open list; the number of the next item, if it is numbered.
    lists: Vec<Option<u64>>,
    /// What the next line of an item begins with.
    bullet: Option<String>,
    code: bool,
    table: Vec<Vec<String>>,
    cell: Option<String>,
}

impl Layout {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.code => self.code_block(&text),
            Event::Text(text) => self.text(&text, self.tones.last().copied().unwrap_or(Tone::Plain)),
            Event::Code(text) => self.text(&text, Tone::Code),
            // HTML has no meaning here: it is shown as it stands.
            Event::Html(text) | Event::InlineHtml(text) => self.text(&text, Tone::Plain),
            Event::SoftBreak => self.text(" ", Tone::Plain),
            Event::HardBreak => self.flush(),
            Event::Rule => {
                self.flush();
                self.lines.push(TextLine::of("─".repeat(self.columns), Tone::Quiet));
                self.gap();
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::Heading { .. } => self.tones.push(Tone::Heading),
            Tag::Strong => self.tones.push(Tone::Strong),
            Tag::Emphasis => self.tones.push(Tone::Emphasis),
            Tag::List(first) => {
                self.flush();
                self.lists.push(*first);
            }
            Tag::Item => {
                self.flush();
                let bullet = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "• ".to_owned(),
                };
                self.bullet = Some(bullet);
            }
            Tag::CodeBlock(_) => self.code = true,
            Tag::TableRow | Tag::TableHead => self.table.push(Vec::new()),
            Tag::TableCell => self.cell = Some(String::new()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.flush();
                self.tones.pop();
                self.gap();
            }
            TagEnd::Strong | TagEnd::Emphasis => {
                self.tones.pop();
            }
            TagEnd::Paragraph => {
                self.flush();
                if self.lists.is_empty() {
                    self.gap();
                }
            }
            TagEnd::Item => self.flush(),
            TagEnd::List(_) => {
                self.flush();
                self.lists.pop();
                if self.lists.is_empty() {
                    self.gap();
                }
            }
            TagEnd::CodeBlock => {
                self.code = false;
                self.gap();
            }
            TagEnd::TableCell => {
                if let (Some(cell), Some(row)) = (self.cell.take(), self.table.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.finish_table(),
            _ => {}
        }
    }

    fn gap(&mut self) {
        if self.lines.last().is_some_and(|line| !line.0.is_empty()) {
            self.lines.push(TextLine::default());
        }
    }

    fn code_block(&mut self, text: &str) {
        for line in text.lines() {
            self.lines.push(TextLine::of(format!("  {}", fit(line, self.columns.saturating_sub(2))), Tone::Code));
        }
    }

    fn text(&mut self, text: &str, tone: Tone) {
        if let Some(cell) = &mut self.cell {
            cell.push_str(&visible(text));
            return;
        }
        self.words.push((visible(text).into_owned(), tone));
    }

    /// Breaks what was gathered into lines.
    fn flush(&mut self) {
        let indent = "  ".repeat(self.lists.len().saturating_sub(1).min(4));
        let bullet = self.bullet.take();
        if self.words.is_empty() {
            return;
        }
        let first = format!("{indent}{}", bullet.as_deref().unwrap_or(if self.lists.is_empty() { "" } else { "  " }));
        let rest = " ".repeat(width(&first));
        let room = self.columns.saturating_sub(width(&first)).max(1);
        for (i, line) in wrap_pieces(&std::mem::take(&mut self.words), room).into_iter().enumerate() {
            let mut pieces = line;
            let start = if i == 0 { &first } else { &rest };
            if !start.is_empty() {
                pieces.insert(0, (start.clone(), Tone::Plain));
            }
            self.lines.push(TextLine(pieces));
        }
    }

    fn finish_table(&mut self) {
        let table = std::mem::take(&mut self.table);
        let count = table.iter().map(Vec::len).max().unwrap_or(0);
        let wide = |c: usize| table.iter().filter_map(|row| row.get(c)).map(|t| width(t)).max().unwrap_or(0);
        let mut widths: Vec<usize> = (0..count).map(wide).collect();
        let room = self.columns.saturating_sub(count.saturating_sub(1) * 2);
        while widths.iter().sum::<usize>() > room {
            let Some(widest) = widths.iter_mut().max().filter(|w| **w > 1) else { break };
            *widest -= 1;
        }
        for (r, row) in table.iter().enumerate() {
            let cells: Vec<String> =
                widths.iter().enumerate().map(|(c, w)| pad(row.get(c).map_or("", String::as_str), *w)).collect();
            let tone = if r == 0 { Tone::Strong } else { Tone::Plain };
            self.lines.push(TextLine::of(cells.join("  ").trim_end(), tone));
        }
        self.gap();
    }
}

/// Wraps pieces between words, keeping each word's tone.
fn wrap_pieces(pieces: &[(String, Tone)], room: usize) -> Vec<Vec<(String, Tone)>> {
    let mut lines: Vec<Vec<(String, Tone)>> = vec![Vec::new()];
    let (mut used, mut space) = (0_usize, false);
    for (text, tone) in pieces {
        for (i, word) in text.split(' ').enumerate() {
            space |= i > 0;
            if word.is_empty() {
                continue;
            }
            for (part, word) in wrap(word, room).into_iter().enumerate() {
                let gap = usize::from((space && used > 0) || part > 0);
                if used + gap + width(&word) > room || part > 0 {
                    lines.push(Vec::new());
                    used = 0;
                }
                let gap = usize::from(space && used > 0);
                if let Some(line) = lines.last_mut() {
                    let text = format!("{}{word}", " ".repeat(gap));
                    used += width(&text);
                    match line.last_mut() {
                        Some((last, same)) if same == tone => last.push_str(&text),
                        _ => line.push((text, *tone)),
                    }
                }
                space = false;
            }
        }
    }
    lines
}
