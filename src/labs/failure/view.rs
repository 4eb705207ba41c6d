//! The failure lab's pictures.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::model::FailureModel;
use crate::labs::Scene;

pub(super) fn draw(_scene: &Scene<'_, FailureModel>, _area: Rect, _buf: &mut Buffer) {}
pub(super) fn click(_scene: &Scene<'_, FailureModel>, _area: Rect, _x: u16, _y: u16) -> Option<String> {
    None
}
