//! What every picture is made of: values that draw themselves, say what a click on them means, and can be read aloud.

use std::rc::Rc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::theme::Theme;

/// What a click on each part of a picture means, recorded while it is drawn: nobody computes the layout backwards.
///
/// ```
/// use ratatui::layout::Rect;
/// use scalelab::picture::Hits;
/// let mut hits = Hits::default();
/// hits.record(Rect::new(0, 0, 10, 3), "inspect node-a");
/// hits.record(Rect::new(4, 1, 2, 1), "inspect key-7");
/// hits.surface(Rect::new(0, 3, 10, 1), |x, _| (x < 5).then(|| format!("inspect key-{x}")));
/// let meant = |x, y| hits.at(x, y);
/// assert_eq!((meant(4, 1).as_deref(), meant(0, 0).as_deref()), (Some("inspect key-7"), Some("inspect node-a")));
/// assert_eq!((meant(3, 3).as_deref(), meant(7, 3), meant(10, 0)), (Some("inspect key-3"), None, None));
/// ```
#[derive(Clone, Default)]
pub struct Hits {
    places: Vec<(Rect, Meaning)>,
}

#[derive(Clone)]
enum Meaning {
    Command(String),
    Surface(Rc<Surface>),
}

type Surface = dyn Fn(u16, u16) -> Option<String>;

impl Hits {
    /// A click here means this command. What is recorded later lies above.
    pub fn record(&mut self, area: Rect, command: impl Into<String>) {
        if !area.is_empty() {
            self.places.push((area, Meaning::Command(command.into())));
        }
    }

    /// A click here means what its place says: column and row of the screen to a command, looked up when somebody clicks.
    /// For pictures in which every cell means something else. Where it says nothing, what lies below counts.
    pub fn surface(&mut self, area: Rect, meaning: impl Fn(u16, u16) -> Option<String> + 'static) {
        if !area.is_empty() {
            self.places.push((area, Meaning::Surface(Rc::new(meaning))));
        }
    }

    /// The command that a click on a cell means.
    pub fn at(&self, x: u16, y: u16) -> Option<String> {
        let here = self.places.iter().rev().filter(|(area, _)| area.contains(Position { x, y }));
        here.map(|(_, meaning)| match meaning {
            Meaning::Command(command) => Some(command.clone()),
            Meaning::Surface(surface) => surface(x, y),
        })
        .find_map(|command| command)
    }

    /// Forgets all, for the next frame.
    pub fn clear(&mut self) {
        self.places.clear();
    }
}

/// Where and how a widget draws.
pub struct Paint<'a> {
    /// The cells.
    pub buf: &'a mut Buffer,
    /// Colours and characters.
    pub theme: Theme,
    /// What a click means.
    pub hits: &'a mut Hits,
}

/// A part of a picture, as a value. It fits itself to any area, down to none.
pub trait Widget {
    /// Draws it, and records what a click on it means.
    fn draw(&self, area: Rect, paint: &mut Paint<'_>);

    /// What it shows, in words: what a screen reader and `run --describe` say instead of the picture.
    fn describe(&self) -> String;

    /// The least columns and rows in which it is worth drawing.
    fn least(&self) -> (u16, u16) {
        (1, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{
        Arrow, Axis, Chart, Doing, Edge, Glyphs, Graph, Lane, Lanes, Palette, Panes, Point, Series, SpaceTime, Stretch,
        Stroke, Table, Tone, to_text,
    };

    fn widgets(low: f64, high: f64, name: &str) -> Vec<Box<dyn Widget>> {
        let axis = || Axis::linear(name, low, high);
        let points = [low, 0.5, high].map(|v| Point { interval: Some((low, v)), ..Point::new(v, v) });
        let strokes = [Stroke::Line, Stroke::Dotted, Stroke::Marks, Stroke::Steps];
        let series = |stroke| Series {
            name: name.to_owned(),
            mark: "M".to_owned(),
            tone: Tone::Series(1),
            stroke,
            points: points.into(),
        };
        let chart =
            strokes.into_iter().fold(Chart::new(axis(), Axis::log(name, low, high)), |c, s| c.series(series(s)));
        let stretch = Stretch { from: high, to: low, text: name.to_owned(), tone: Tone::Bad };
        let lane = Lane { name: name.to_owned(), stretches: vec![stretch], on_click: Some("go".to_owned()) };
        let lanes = (0..9).fold(Lanes::new(axis()), |lanes, _| lanes.lane(lane.clone()));
        let arrow = |to, lost| Arrow {
            from: (0, low),
            to: (to, high),
            label: name.to_owned(),
            tone: Tone::Plain,
            lost,
            on_click: Some("go".to_owned()),
        };
        let diagram = SpaceTime::new([name, name, name], axis()).arrow(arrow(2, false)).arrow(arrow(7, true));
        let diagram = diagram.state(9, low, name).state(1, high, name).doing(1, high, low, Doing::Paused);
        let diagram = diagram.wall(1, low, high, name).now(0.5);
        let edge = |to| Edge { from: 0, to, label: name.to_owned(), tone: Tone::Good };
        let graph =
            || Graph::circle([(name, Tone::Plain), (name, Tone::Bad)]).edge(edge(1)).edge(edge(0)).edge(edge(9));
        let table = || Table::new(name, 3).column(name, 70_000).row(name, [name, name], Tone::Chosen).on_click("go");
        let panes = Panes::columns().pane(name, 1, table()).pane("", 0, Panes::rows().pane(name, 3, graph()));
        let lanes = lanes.join((0, low), (8, high), Tone::Bad).join((0, low), (99, high), Tone::Bad).now(high);
        vec![Box::new(chart), Box::new(lanes), Box::new(diagram), Box::new(graph()), Box::new(table()), Box::new(panes)]
    }

    #[test]
    fn widgets_stay_inside_any_area() {
        for (low, high) in [(0.0, 1.0), (1.0, 1.0), (5.0, -5.0), (f64::NAN, f64::INFINITY), (-1e308, 1e308)] {
            for name in ["", "x", "節点 of a long name, \u{202e}reversed"] {
                for widget in widgets(low, high, name) {
                    for (wide, high) in [(0, 0), (1, 1), (3, 40), (17, 5), (18, 6), (40, 2), (60, 20)] {
                        let (area, all) = (Rect::new(2, 1, wide, high), Rect::new(0, 0, wide + 4, high + 2));
                        let (mut buf, mut hits) = (Buffer::empty(all), Hits::default());
                        let theme = Theme { palette: Palette::Mono, glyphs: Glyphs::Ascii };
                        widget.draw(area, &mut Paint { buf: &mut buf, theme, hits: &mut hits });
                        for (x, y) in (0..all.width).flat_map(|x| (0..all.height).map(move |y| (x, y))) {
                            let outside = !area.contains(Position { x, y });
                            let drawn = buf.cell((x, y)).is_some_and(|cell| cell.symbol() != " ");
                            assert!(!(outside && drawn), "{wide}×{high} at {x},{y}:\n{}", to_text(&buf));
                        }
                    }
                    assert!(!widget.describe().contains("\u{1b}"));
                }
            }
        }
    }
}
