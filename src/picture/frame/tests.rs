//! The frame at every size, with both glyph sets and all palettes.
use super::*;
use crate::picture::{BarState, Canvas, Glyphs, Palette, SentenceKind, letter, to_ansi, to_svg, to_text};

/// Everything a frame borrows.
pub(crate) struct Sample {
    figures: Vec<Figure>,
    bars: Vec<LoadBar>,
    sentences: Vec<Sentence>,
    marks: Vec<u64>,
    keys: Vec<(String, String)>,
}

fn figure(name: &str, value: &str, theory: Option<&str>, note: &str, changed: bool) -> Figure {
    let note = Some(note.to_owned()).filter(|n| !n.is_empty());
    Figure { name: name.into(), value: value.into(), theory: theory.map(Into::into), note, changed }
}

impl Sample {
    pub(crate) fn new(nodes: usize) -> Self {
        let bar = |i: usize| {
            let value = (0.7 + (i * 37 % 61) as f64 / 100.0) / nodes as f64;
            let state = match i {
                3 => BarState::Changed,
                5 => BarState::Failed,
                6 => BarState::Over,
                _ => BarState::Normal,
            };
            let value = if state == BarState::Failed { 0.0 } else { value };
            let text = if state == BarState::Failed { "down".into() } else { crate::engine::numbers::percent(value) };
            let ideal = 1.0 / nodes as f64;
            LoadBar { label: format!("node-{}", letter(i)), letter: letter(i), series: i, value, ideal, text, state }
        };
        let told = |text: &str, kind, fresh| Sentence { text: text.into(), kind, fresh };
        let key = |key: &str, label: &str| (key.to_owned(), label.to_owned());
        Self {
            figures: vec![
                figure("moved", "24.9 %", Some("25.0 %"), "1/(N+1): a new node takes its share, no more.", true),
                figure("hash mod N", "79.8 %", Some("80.0 %"), "N/(N+1): the naive way moves nearly everything.", true),
                figure("largest share", "1.17", Some("1.18"), "Over the mean, with 100 virtual nodes each.", false),
                figure("keys", "10,000", None, "", false),
                figure("nodes", &nodes.to_string(), None, "", true),
                figure("lookup steps", "8.6", Some("8.6"), "log2 of the points on the ring.", false),
            ],
            bars: (0..nodes).map(bar).collect(),
            sentences: vec![
                told(
                    "10,000 keys were placed on three nodes with 100 virtual nodes each.",
                    SentenceKind::Change,
                    false,
                ),
                told("node-b is 17 % over its share: few virtual nodes spread unevenly.", SentenceKind::Warning, false),
                told(
                    "node-d joined with 100 virtual nodes and took 2,489 of 10,000 keys (24.9 %); theory says 25 %.",
                    SentenceKind::Change,
                    true,
                ),
                told("Every moved key moved to node-d; none moved between old nodes.", SentenceKind::Detail, true),
            ],
            marks: vec![0, 4_000_000, 9_000_000, 12_000_000, 17_000_000],
            keys: vec![
                key("space", "run"),
                key("→", "step"),
                key("←", "back"),
                key("a", "add a node"),
                key("x", "fail a node"),
                key("v", "virtual nodes"),
                key(":", "command"),
                key("q", "quit"),
                key("?", "help"),
            ],
        }
    }

    pub(crate) fn frame(&self) -> Frame<'_> {
        let timeline = TimelineBar {
            marks: &self.marks,
            now_us: 12_300_000,
            end_us: 20_000_000,
            running: true,
            speed: 1.0,
            branches: 3,
            branch: 1,
        };
        Frame {
            title: "hash ring",
            state: "ring, 100 vnodes",
            seed: 7,
            view: (2, 4),
            view_name: "unrolled",
            figures: &self.figures,
            bars: &self.bars,
            bars_title: "load per node",
            sentences: &self.sentences,
            timeline,
            keys: &self.keys,
        }
    }
}

/// A ring as a lab may draw it.
fn ring(area: Rect, buf: &mut Buffer, theme: &Theme) {
    let mut canvas = Canvas::new(area, theme.glyphs);
    let c = canvas.fit_circle(2);
    for i in 0..8u32 {
        let (from, to) = (f64::from(i) / 8.0, f64::from(i + 1) / 8.0 - 0.012);
        let (style, priority) = match i {
            3 => (theme.series(3), 2),
            _ => (theme.series_dim(i as usize), 1),
        };
        canvas.arc(c.cx, c.cy, c.r, from, to, style, priority);
        if i == 3 {
            canvas.arc(c.cx, c.cy, c.r * 1.04, from, to, style, priority);
            canvas.line(c.point(0.4, 0.2), c.point(0.4, 0.95), theme.strong(), 3);
        }
        let (x, y) = c.point((from + to) / 2.0, 1.12);
        canvas.text_centered(x, y, &letter(i as usize), theme.series(i as usize));
    }
    canvas.text_centered(c.cx, c.cy, "10,000 keys", theme.text());
    canvas.draw(buf);
}

fn drawn(sample: &Sample, area: Rect, theme: &Theme) -> Buffer {
    let mut buf = Buffer::empty(area);
    sample.frame().render(area, &mut buf, theme, &mut |area, buf| ring(area, buf, theme));
    buf
}

#[test]
fn every_size_palette_and_glyph_set() {
    let sample = Sample::new(12);
    for (_, palette) in Palette::ALL {
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            let theme = Theme { palette, glyphs };
            let sizes = (0..=70).step_by(3).flat_map(|w| (0..=26).map(move |h| (w, h)));
            for (w, h) in sizes.chain([(80, 24), (120, 36), (200, 60), (300, 18), (60, 100)]) {
                let buf = drawn(&sample, Rect::new(0, 0, w, h), &theme);
                let text = to_text(&buf);
                assert!(glyphs == Glyphs::Unicode || text.is_ascii(), "{w}×{h}\n{text}");
                assert!(w < 60 || h < 18 || text.contains("24.9 %"), "{w}×{h}\n{text}");
            }
        }
    }
}

#[test]
fn draws_only_inside_its_area_and_survives_an_area_off_the_buffer() {
    let (sample, theme) = (Sample::new(12), Theme { palette: Palette::Dark, glyphs: Glyphs::Unicode });
    let mut buf = Buffer::empty(Rect::new(0, 0, 90, 30));
    let area = Rect::new(10, 3, 70, 20);
    sample.frame().render(area, &mut buf, &theme, &mut |_, _| {});
    for y in 0..30 {
        for x in 0..90 {
            let blank = buf.cell((x, y)).is_some_and(|c| c.symbol() == " ");
            assert!(blank || area.contains(Position { x, y }), "{x},{y}");
        }
    }
    for area in [Rect::new(50, 20, 200, 100), Rect::new(200, 200, 80, 24), Rect::new(0, 0, 0, 9)] {
        sample.frame().render(area, &mut buf, &theme, &mut |area, buf| ring(area, buf, &theme));
        sample.frame().key_at(area, 60, 25);
        sample.frame().bar_at(area, 60, 25);
    }
}

#[test]
fn clicks_find_what_is_drawn() {
    let sample = Sample::new(40);
    let area = Rect::new(0, 0, 80, 24);
    let text = to_text(&drawn(&sample, area, &Theme { palette: Palette::Mono, glyphs: Glyphs::Ascii }));
    let (frame, lines) = (sample.frame(), text.lines().collect::<Vec<_>>());
    for (y, line) in lines.iter().enumerate() {
        for (index, bar) in sample.bars.iter().enumerate() {
            let row = format!("{} ", bar.letter);
            let side = line.get(50..).unwrap_or_default();
            if side.get(2..).is_some_and(|l| l.starts_with(&row)) && side.ends_with(&bar.text) {
                assert_eq!(frame.bar_at(area, 60, y as u16), Some(index), "{line}");
            }
        }
    }
    let found = lines[23].find("? help").map(|x| frame.key_at(area, x as u16, 23));
    assert_eq!(found, Some(Some(8)), "{}", lines[23]);
    assert_eq!(frame.key_at(area, 1, 23), Some(0));
    assert_eq!(frame.key_at(area, 1, 22), None);
}

#[test]
fn hostile_text_stays_text() {
    let mut sample = Sample::new(3);
    let nasty = "\x1b[2J\u{202e}節点節点\u{7}\u{9b}31m\r\n";
    sample.figures[0].name = nasty.into();
    sample.bars[0].label = nasty.into();
    sample.bars[0].letter = nasty.into();
    sample.sentences[3].text = nasty.into();
    sample.keys[1].1 = nasty.into();
    let frame = Frame { title: nasty, state: nasty, view_name: nasty, bars_title: nasty, ..sample.frame() };
    for (w, h) in [(20, 5), (60, 18), (80, 24), (160, 50)] {
        let area = Rect::new(0, 0, w, h);
        let mut buf = Buffer::empty(area);
        let theme = Theme { palette: Palette::Dark, glyphs: Glyphs::Unicode };
        frame.render(area, &mut buf, &theme, &mut |_, _| {});
        assert!(to_text(&buf).chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'));
    }
}

/// `SCALELAB_FRAMES=/tmp cargo test --lib picture::frame` writes sample frames to look at.
#[test]
fn frames_to_look_at() {
    let Ok(folder) = std::env::var("SCALELAB_FRAMES") else { return };
    for (name, palette) in Palette::ALL {
        for (glyph_name, glyphs) in [("unicode", Glyphs::Unicode), ("ascii", Glyphs::Ascii)] {
            for (w, h, nodes) in [(80, 24, 8), (120, 36, 12), (200, 60, 100), (60, 18, 4), (40, 12, 4)] {
                let theme = Theme { palette, glyphs };
                let buf = drawn(&Sample::new(nodes), Rect::new(0, 0, w, h), &theme);
                let stem = format!("{folder}/frame-{w}x{h}-{name}-{glyph_name}");
                std::fs::write(format!("{stem}.svg"), to_svg(&buf, theme)).unwrap();
                std::fs::write(format!("{stem}.ans"), to_ansi(&buf)).unwrap();
                std::fs::write(format!("{stem}.txt"), to_text(&buf)).unwrap();
            }
        }
    }
}
