//! The pictures as they are at the sizes that matter; `cargo insta review` after a change that is meant.
#![expect(clippy::panic, reason = "a test says why it fails")]

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use scalelab::engine::Setup;
use scalelab::labs::{OpenLab, REGISTRY, View, find};
use scalelab::picture::{Glyphs, Palette, contrast, to_ansi, to_text};
use scalelab::settings::{ConfigFile, Looks, Settings};
use scalelab::tui::App;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 60)];

fn settings(colour: bool, ascii: bool) -> Settings {
    let environment = |name: &str| match name {
        "NO_COLOR" if !colour => Some("1".to_owned()),
        "COLORTERM" => Some("truecolor".to_owned()),
        _ => None,
    };
    let looks = Looks { ascii, ..Looks::default() };
    Settings::new(&ConfigFile::default(), &looks, environment).unwrap_or_else(|e| panic!("{e}"))
}

/// The ring lab with a fourth node on its way.
fn ring(at_us: Option<u64>) -> Box<dyn OpenLab> {
    let lab = find("ring").map(|r| (r.open)(Setup::seeded(7)));
    let Some(Ok(mut lab)) = lab else { panic!("no ring lab") };
    lab.command("add node-d").unwrap_or_else(|e| panic!("{e}"));
    lab.advance_to(at_us.unwrap_or(lab.settled_at()));
    lab
}

fn picture(lab: &dyn OpenLab, view: usize, (width, height): (u16, u16), settings: &Settings) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    let view = View { index: view, ..View::new(settings.theme) };
    lab.render(&view, &[(":".to_owned(), "command".to_owned())], area, &mut buf);
    buf
}

#[test]
fn every_view_of_the_ring_at_every_size_without_colour() {
    let (lab, mono) = (ring(None), settings(false, false));
    for (width, height) in SIZES {
        for view in 0..lab.info().views.len() {
            let buf = picture(lab.as_ref(), view, (width, height), &mono);
            insta::assert_snapshot!(format!("ring_mono_{width}x{height}_view_{}", view + 1), to_text(&buf));
        }
    }
}

#[test]
fn the_ring_in_colour_settled_and_on_the_way() {
    let colour = settings(true, false);
    for (name, at) in [("settled", None), ("travelling", Some(800_000))] {
        for (width, height) in SIZES {
            let buf = picture(ring(at).as_ref(), 0, (width, height), &colour);
            let escaped = to_ansi(&buf).replace('\u{1b}', "␛");
            insta::assert_snapshot!(format!("ring_colour_{name}_{width}x{height}"), escaped);
        }
    }
}

#[test]
fn home() {
    for (width, height) in SIZES {
        let area = Rect::new(0, 0, width, height);
        let mut buf = Buffer::empty(area);
        App::new(None, settings(true, false)).draw(area, &mut buf);
        insta::assert_snapshot!(format!("home_{width}x{height}"), to_text(&buf));
    }
}

#[test]
fn no_colour_means_none_and_ascii_means_ascii() {
    for registration in REGISTRY {
        let lab = (registration.open)(Setup::seeded(7)).unwrap_or_else(|e| panic!("{e}"));
        for view in 0..lab.info().views.len() {
            for size in SIZES {
                let mono = to_ansi(&picture(lab.as_ref(), view, size, &settings(false, false)));
                assert!(
                    !mono.contains("[38;") && !mono.contains("[48;"),
                    "colour in view {view} of {}",
                    lab.info().name
                );
                let ascii = settings(true, true);
                assert_eq!(ascii.theme.glyphs, Glyphs::Ascii);
                assert!(to_text(&picture(lab.as_ref(), view, size, &ascii)).is_ascii(), "view {view}");
            }
        }
    }
}

#[test]
fn every_sign_of_every_picture_reads_on_what_it_stands_on() {
    let channels = |colour: Color| match colour {
        Color::Rgb(r, g, b) => Some([r, g, b]),
        _ => None,
    };
    for palette in [Palette::Dark, Palette::Light] {
        let mut settings = settings(true, false);
        settings.theme.palette = palette;
        for registration in REGISTRY {
            let lab = (registration.open)(Setup::seeded(7)).unwrap_or_else(|e| panic!("{e}"));
            for view in 0..lab.info().views.len() {
                let buf = picture(lab.as_ref(), view, (120, 36), &settings);
                let signs = buf.content.iter().filter(|cell| !cell.symbol().trim().is_empty());
                for (cell, front) in signs.filter_map(|cell| channels(cell.fg).map(|front| (cell, front))) {
                    let back = channels(cell.bg).unwrap_or(palette.paper());
                    let (found, name) = (contrast(front, back), lab.info().name);
                    assert!(found >= 4.5, "'{}' in view {view} of {name}: {found:.2}, {palette:?}", cell.symbol());
                }
            }
        }
    }
}

#[test]
fn any_size_is_drawn() {
    let lab = ring(Some(500_000));
    for size in [(0, 0), (1, 1), (2, 40), (40, 10), (59, 18), (60, 17), (60, 18), (300, 5), (300, 100)] {
        for view in 0..lab.info().views.len() {
            picture(lab.as_ref(), view, size, &settings(true, false));
        }
    }
}
