//! What a whole sequence means.

use ratatui::crossterm::event::{Event, KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::decode::{Incoming, key};

/// A key by the last byte of `ESC O` or `ESC [`.
fn named(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P'..=b'S' => KeyCode::F(last - b'P' + 1),
        _ => return None,
    })
}

/// A key by its number in `ESC [ number ~`.
fn numbered(number: u16) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(number as u8 - 10),
        17..=21 => KeyCode::F(number as u8 - 11),
        23..=24 => KeyCode::F(number as u8 - 12),
        _ => return None,
    })
}

/// `ESC O` and a byte: keys of the keypad in application mode, and F1 to F4.
pub(super) fn keypad(last: u8) -> Option<Incoming> {
    let code = match last {
        b'M' => KeyCode::Enter,
        b'j'..=b'y' => KeyCode::Char(char::from(last - b'j' + b'*')),
        _ => named(last)?,
    };
    Some(key(code, KeyModifiers::NONE))
}

/// One more than the sum of shift 1, alt 2, control 4.
fn modifiers(number: Option<u16>) -> KeyModifiers {
    let bits = number.unwrap_or(1).saturating_sub(1);
    let pick = |bit: u16, modifier| if bits & bit > 0 { modifier } else { KeyModifiers::NONE };
    pick(1, KeyModifiers::SHIFT) | pick(2, KeyModifiers::ALT) | pick(4, KeyModifiers::CONTROL)
}

/// A control sequence, by what is between `ESC [` and its last byte.
pub(super) fn control(parameters: &[u8], last: u8) -> Option<Incoming> {
    let text = std::str::from_utf8(parameters).ok()?;
    if let Some(mouse) = text.strip_prefix('<') {
        return sgr_mouse(mouse, last);
    }
    if text.starts_with('?') {
        return (last == b'c').then_some(Incoming::Attributes);
    }
    // A number may have parts after a colon: only its first counts here.
    let mut numbers = text.split(';').map(|n| n.split(':').next().and_then(|n| n.parse::<u16>().ok()));
    let (first, second) = (numbers.next().flatten(), numbers.next().flatten());
    let code = match last {
        b'Z' => return Some(key(KeyCode::BackTab, KeyModifiers::SHIFT)),
        b'~' => numbered(first?)?,
        b'u' => match first? {
            9 => KeyCode::Tab,
            13 => KeyCode::Enter,
            27 => KeyCode::Esc,
            127 => KeyCode::Backspace,
            code => KeyCode::Char(char::from_u32(code.into()).filter(|c| !c.is_control())?),
        },
        // Where the cursor is, which nobody asked; F3 with a modifier is always in row one.
        b'R' if first != Some(1) => return None,
        _ => named(last)?,
    };
    Some(key(code, modifiers(second)))
}

/// The mouse as `ESC [ < button ; column ; row`, then `M` for pressed or `m` for released.
fn sgr_mouse(text: &str, last: u8) -> Option<Incoming> {
    let mut numbers = text.split(';').map(|n| n.parse::<u16>().ok());
    let (button, column, row) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let place = (column.checked_sub(1)?, row.checked_sub(1)?);
    match last {
        b'M' => mouse(button, place, false),
        b'm' => mouse(button, place, true),
        _ => None,
    }
}

/// The mouse as `ESC [ M` and three bytes, each more by 32.
pub(super) fn old_mouse([button, column, row]: [u8; 3]) -> Option<Incoming> {
    let place = (u16::from(column).checked_sub(33)?, u16::from(row).checked_sub(33)?);
    mouse(u16::from(button).checked_sub(32)?, place, false)
}

fn mouse(bits: u16, (column, row): (u16, u16), released: bool) -> Option<Incoming> {
    let moved = bits & 32 > 0;
    let button = match bits & 3 {
        0 => MouseButton::Left,
        1 => MouseButton::Middle,
        _ => MouseButton::Right,
    };
    let kind = match (bits >> 6, bits & 3) {
        (0, 3) if moved => MouseEventKind::Moved,
        (0, 3) => MouseEventKind::Up(MouseButton::Left),
        (0, _) if moved => MouseEventKind::Drag(button),
        (0, _) if released => MouseEventKind::Up(button),
        (0, _) => MouseEventKind::Down(button),
        (1, _) if released => return None,
        (1, 0) => MouseEventKind::ScrollUp,
        (1, 1) => MouseEventKind::ScrollDown,
        (1, 2) => MouseEventKind::ScrollLeft,
        (1, _) => MouseEventKind::ScrollRight,
        // Buttons beyond: back, forward.
        _ => return None,
    };
    let pick = |bit: u16, modifier| if bits & bit > 0 { modifier } else { KeyModifiers::NONE };
    let modifiers = pick(4, KeyModifiers::SHIFT) | pick(8, KeyModifiers::ALT) | pick(16, KeyModifiers::CONTROL);
    Some(Incoming::Event(Event::Mouse(MouseEvent { kind, column, row, modifiers })))
}

/// An operating system command; the background's colour is number 11.
pub(super) fn answer(text: &[u8]) -> Option<Incoming> {
    let text = std::str::from_utf8(text).ok()?.strip_prefix("11;")?;
    colour(text).map(Incoming::Background)
}

/// A colour as X11 spells it: `rgb:ffff/ffff/ffff`, `rgba:…`, `#ffffff`; one to four digits a channel.
fn colour(text: &str) -> Option<[u8; 3]> {
    let channel = |digits: &str| {
        let most = 16_u32.checked_pow(u32::try_from(digits.len()).ok()?)?.checked_sub(1)?;
        let value = u32::from_str_radix(digits, 16).ok().filter(|_| (1..=4).contains(&digits.len()))?;
        u8::try_from(value * 255 / most).ok()
    };
    if let Some(digits) = text.strip_prefix('#').filter(|d| d.is_ascii() && d.len() % 3 == 0) {
        let each = digits.len() / 3;
        return Some([channel(&digits[..each])?, channel(&digits[each..2 * each])?, channel(&digits[2 * each..])?]);
    }
    let mut channels = text.strip_prefix("rgb:").or(text.strip_prefix("rgba:"))?.split('/').map(channel);
    Some([channels.next()??, channels.next()??, channels.next()??])
}
