//! Everything that is drawn: theme, text, canvas, bars, figures, time line, the frame, exporters.
//!
//! Nothing here knows a lab; of ours it uses only how numbers are written and text is made visible. A lab hands over figures, bars and sentences and draws its picture
//! into the rectangle that [`Frame`] gives it; everything fits itself to any size, down to 0×0.

mod axis;
mod bars;
mod canvas;
mod cast;
mod chart;
mod colour;
mod export;
mod figures;
mod frame;
mod graph;
mod lanes;
mod layout;
mod markdown;
mod paint;
mod panes;
mod sentences;
mod space_time;
mod svg;
mod svg_shapes;
mod table;
mod text;
mod theme;
mod timeline;
mod widget;

pub use axis::{Axis, Scale};
pub use bars::{BarRow, BarState, LoadBar, bar_rows, draw_bars};
pub use canvas::{Canvas, Circle};
pub use cast::Cast;
pub use chart::{Chart, Point, Series, Stroke};
pub use colour::{Depth, contrast, is_light};
pub use export::{to_ansi, to_text};
pub use figures::{Figure, draw_figures, figures_height};
pub use frame::Frame;
pub use graph::{Edge, Graph, Node};
pub use lanes::{Lane, Lanes, Stretch};
pub use layout::FrameLayout;
pub use markdown::{TextLine, Tone, draw_lines, markdown, paragraph, unmarked};
pub use paint::{caption, put, write};
pub use panes::{Pane, Panes};
pub use sentences::{Sentence, SentenceKind, draw_sentences};
pub use space_time::{Arrow, Doing, SpaceTime};
pub use svg::to_svg;
pub use table::Table;
pub use text::{fit, pad, pad_left, visible, width, wrap};
pub use theme::{Glyphs, Palette, Theme, UnknownPalette, letter};
pub use timeline::TimelineBar;
pub use widget::{Hits, Paint, Widget};
