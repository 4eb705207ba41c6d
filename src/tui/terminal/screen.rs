//! What the terminal shows: only cells that changed are written, and it is never asked for anything.

use std::sync::Arc;

use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::device::Device;
use crate::tui::App;

/// The screen as the terminal shows it, and the next one.
pub(super) struct Screen {
    device: Arc<Device>,
    shown: Buffer,
    next: Buffer,
    /// What the terminal shows is not known: everything is written.
    unknown: bool,
}

impl Screen {
    pub(super) fn new(device: Arc<Device>) -> Self {
        let area = Device::size().unwrap_or(Rect::new(0, 0, 80, 24));
        Self { device, shown: Buffer::empty(area), next: Buffer::empty(area), unknown: true }
    }

    /// The terminal has another size, perhaps, or somebody else wrote to it: everything is drawn again.
    pub(super) fn resize(&mut self) {
        if let Some(area) = Device::size() {
            self.shown.resize(area);
            self.next.resize(area);
        }
        self.unknown = true;
    }

    /// Draws the app, as the terminal can show it.
    pub(super) fn draw(&mut self, app: &mut App) -> std::io::Result<()> {
        self.next.reset();
        let cursor = app.draw(self.next.area, &mut self.next);
        let settings = app.settings();
        settings.depth.fit(&mut self.next, settings.theme.palette.paper());
        let mut bytes = Vec::new();
        if std::mem::take(&mut self.unknown) {
            bytes.extend_from_slice(b"\x1b[0m\x1b[2J");
            self.shown.reset();
        }
        let mut backend = CrosstermBackend::new(&mut bytes);
        backend.draw(self.shown.diff(&self.next).into_iter())?;
        match cursor {
            Some(place) => {
                backend.set_cursor_position(place)?;
                backend.show_cursor()?;
            }
            None => backend.hide_cursor()?,
        }
        self.device.write(&bytes);
        std::mem::swap(&mut self.shown, &mut self.next);
        Ok(())
    }
}
