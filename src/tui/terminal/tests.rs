//! What comes from terminals, and what it means.

use ratatui::crossterm::event::{Event, KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::decode::{Decoder, Incoming, key};

fn pressed(code: KeyCode) -> Incoming {
    key(code, KeyModifiers::NONE)
}

fn with(code: KeyCode, modifiers: KeyModifiers) -> Incoming {
    key(code, modifiers)
}

fn typed(c: char) -> Incoming {
    pressed(KeyCode::Char(c))
}

fn mouse(kind: MouseEventKind, column: u16, row: u16) -> Incoming {
    Incoming::Event(Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }))
}

fn pasted(text: &str) -> Incoming {
    Incoming::Event(Event::Paste(text.to_owned()))
}

/// All that bytes mean, when nothing comes after them.
fn decode(bytes: &[u8]) -> Vec<Incoming> {
    let mut decoder = Decoder::default();
    let mut found = decoder.feed(bytes);
    found.extend(decoder.give_up());
    assert_eq!(decoder.patience(), None, "nothing waits after {bytes:?}");
    found
}

fn table() -> Vec<(&'static [u8], Vec<Incoming>)> {
    use KeyCode::{BackTab, Backspace, Char, Delete, Down, End, Enter, Esc, F, Home, Left, PageUp, Right, Tab, Up};
    const ALT: KeyModifiers = KeyModifiers::ALT;
    const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
    const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
    let left = MouseButton::Left;
    vec![
        (b"a", vec![typed('a')]),
        (b"A", vec![with(Char('A'), SHIFT)]),
        ("é節🙂".as_bytes(), vec![typed('é'), typed('節'), typed('🙂')]),
        (b"\r\n\t\x7f", vec![pressed(Enter), pressed(Enter), pressed(Tab), pressed(Backspace)]),
        (b"\x03\x0c\x1a", vec![with(Char('c'), CONTROL), with(Char('l'), CONTROL), with(Char('z'), CONTROL)]),
        (b"\x00\x1c", vec![with(Char(' '), CONTROL), with(Char('4'), CONTROL)]),
        (b"\x1b", vec![pressed(Esc)]),
        (b"\x1b\x1b", vec![pressed(Esc), pressed(Esc)]),
        (b"\x1b\x1b[A", vec![pressed(Esc), pressed(Up)]),
        (b"\x1ba\x1b\r", vec![with(Char('a'), ALT), with(Enter, ALT)]),
        (b"\x1b[", vec![with(Char('['), ALT)]),
        (b"\x1bO", vec![with(Char('O'), ALT)]),
        (b"\x1b[A\x1b[B\x1b[C\x1b[D", vec![pressed(Up), pressed(Down), pressed(Right), pressed(Left)]),
        (b"\x1bOA\x1bOH\x1bOM", vec![pressed(Up), pressed(Home), pressed(Enter)]),
        (b"\x1b[1;5C\x1b[1;2A", vec![with(Right, CONTROL), with(Up, SHIFT)]),
        (b"\x1b[1~\x1b[4~\x1b[3~\x1b[5~", vec![pressed(Home), pressed(End), pressed(Delete), pressed(PageUp)]),
        (b"\x1bOP\x1b[15~\x1b[24~\x1b[[B", vec![pressed(F(1)), pressed(F(5)), pressed(F(12)), pressed(F(2))]),
        (b"\x1b[Z", vec![with(BackTab, SHIFT)]),
        (b"\x1b[97;5u", vec![with(Char('a'), CONTROL)]),
        (b"\x1b[<0;10;5M", vec![mouse(MouseEventKind::Down(left), 9, 4)]),
        (b"\x1b[<0;10;5m", vec![mouse(MouseEventKind::Up(left), 9, 4)]),
        (
            b"\x1b[<32;1;1M\x1b[<35;1;1M",
            vec![mouse(MouseEventKind::Drag(left), 0, 0), mouse(MouseEventKind::Moved, 0, 0)],
        ),
        (
            b"\x1b[<64;3;3M\x1b[<65;3;3M",
            vec![mouse(MouseEventKind::ScrollUp, 2, 2), mouse(MouseEventKind::ScrollDown, 2, 2)],
        ),
        (b"\x1b[M !!", vec![mouse(MouseEventKind::Down(left), 0, 0)]),
        (b"\x1b[200~two\nlines\x1b[201~x", vec![pasted("two\nlines"), typed('x')]),
        (b"\x1b[200~\x1b[31mred\x1b[200~\x1b[201~", vec![pasted("\x1b[31mred\x1b[200~")]),
        // A paste that is never finished, and an end without a beginning.
        (b"\x1b[200~half", vec![pasted("half")]),
        (b"\x1b[201~a", vec![typed('a')]),
        // Answers, and queries answered late.
        (b"\x1b]11;rgb:ffff/8080/0000\x1b\\a", vec![Incoming::Background([255, 128, 0]), typed('a')]),
        (b"\x1b]11;rgb:ff/80/00\x07", vec![Incoming::Background([255, 128, 0])]),
        (b"\x1b]11;rgba:0000/0000/0000/ffff\x07", vec![Incoming::Background([0, 0, 0])]),
        (b"\x1b]11;#ffffff\x07", vec![Incoming::Background([255, 255, 255])]),
        (b"\x1b[?62;22c\x1b[?6c", vec![Incoming::Attributes, Incoming::Attributes]),
        // What means nothing is swallowed whole, and what comes after it is read.
        (b"\x1b[<128;10;10Ma", vec![typed('a')]),
        (b"\x1b[<0;0;0M\x1b[<0;99999999;1M\x1b[<0;1Ma", vec![typed('a')]),
        (b"\xc3a\xffb\xe7\xaf", vec![typed('a'), typed('b')]),
        (b"\xc2\x9b31m", vec![typed('3'), typed('1'), typed('m')]),
        (b"\x1b[I\x1b[O\x1b[5;7R\x1b[>0;1c\x1b[99999~a", vec![typed('a')]),
        (b"\x1b]11;red\x07\x1b]2;title\x07\x1bPdata\x1b\\a", vec![typed('a')]),
        (b"\x1b[1;\x1b[A\x1b]11;rgb\x1b[A", vec![pressed(Up), pressed(Up)]),
        (b"\x1b[M \xff\x03", vec![with(Char('c'), CONTROL)]),
        (b"\x1b[<12", vec![]),
        (b"\x1b]11;rgb:", vec![]),
    ]
}

#[test]
fn bytes_mean_what_terminals_mean() {
    for (bytes, wanted) in table() {
        assert_eq!(decode(bytes), wanted, "{:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn bytes_mean_the_same_however_they_are_cut() {
    for (bytes, wanted) in table() {
        // Ctrl-C alone in a chunk ends a paste, and so does Escape: those are cut apart elsewhere.
        for cut in 1..bytes.len() {
            let (a, b) = bytes.split_at(cut);
            let in_paste =
                bytes.starts_with(b"\x1b[200~") && matches!(a, [0x03] | [0x1b]) | matches!(b, [0x03] | [0x1b]);
            if in_paste {
                continue;
            }
            let mut decoder = Decoder::default();
            let mut found = decoder.feed(a);
            found.extend(decoder.feed(b));
            found.extend(decoder.give_up());
            assert_eq!(found, wanted, "{:?} cut at {cut}", String::from_utf8_lossy(bytes));
        }
    }
}

#[test]
fn a_paste_without_an_end_keeps_little_and_hears_ctrl_c() {
    let mut decoder = Decoder::default();
    assert_eq!(decoder.feed(b"\x1b[200~"), []);
    for _ in 0..1000 {
        assert_eq!(decoder.feed(&[b'x'; 4096]), []);
    }
    let found = decoder.feed(b"\x03");
    let [Incoming::Event(Event::Paste(text)), ctrl_c] = found.as_slice() else { panic!("{}", found.len()) };
    assert_eq!(text.len(), super::decode::MOST_PASTED);
    assert_eq!(*ctrl_c, with(KeyCode::Char('c'), KeyModifiers::CONTROL));
}

#[test]
fn sequences_without_an_end_keep_little() {
    for start in [&b"\x1b["[..], b"\x1b]11;", b"\x1bP"] {
        let mut decoder = Decoder::default();
        decoder.feed(start);
        for _ in 0..1000 {
            assert_eq!(decoder.feed(&[b'9'; 4096]), []);
        }
        assert!(decoder.held() <= 1024, "{}", decoder.held());
        assert_eq!(decoder.feed(b"\x18"), [], "broken off");
        assert_eq!(decoder.feed(b"a"), [typed('a')]);
        decoder.feed(start);
        assert_eq!(decoder.feed(b"9\x03"), [with(KeyCode::Char('c'), KeyModifiers::CONTROL)]);
    }
}
