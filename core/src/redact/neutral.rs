//! Characters that deceive who reads a log in a terminal: they move the cursor, colour, hide, or turn text around.

use super::view::View;

/// Writes the text from `from` on with such characters as JSON escapes; returns where it must be taken up again when
/// more has arrived.
pub(super) fn scan(bytes: &[u8], from: usize, complete: bool, out: &mut Vec<u8>) -> usize {
    let view = View::new(bytes, complete);
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\n' | b'\t' | b' '..=b'~' => out.push(byte),
            b'\r' => match view.get(at + 1) {
                Ok(Some(b'\n')) => out.push(byte),
                Ok(_) => escape(u16::from(byte), out),
                Err(_) => return at,
            },
            0..=0x1f | 0x7f => escape(u16::from(byte), out),
            _ => {
                let rest = view.slice(at, (at + 4).min(bytes.len()));
                match first(rest) {
                    Some(c) => {
                        character(c, out);
                        at += c.len_utf8();
                        continue;
                    }
                    None if !complete && begun(rest) => return at,
                    // No UTF-8. Half of Latin-1's upper half are control characters too.
                    None if byte < 0xa0 => escape(u16::from(byte), out),
                    None => out.push(byte),
                }
            }
        }
        at += 1;
    }
    at
}

fn first(bytes: &[u8]) -> Option<char> {
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?,
    };
    valid.chars().next()
}

/// Whether these are the first bytes of a character whose others are to come.
fn begun(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.valid_up_to() == 0 && error.error_len().is_none())
}

fn character(c: char, out: &mut Vec<u8>) {
    let deceives = matches!(c,
        '\u{80}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}');
    let mut units = [0; 2];
    if deceives {
        c.encode_utf16(&mut units).iter().for_each(|unit| escape(*unit, out));
    } else {
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

fn escape(unit: u16, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &[u8]) -> String {
        let mut out = Vec::new();
        assert_eq!(scan(text, 0, true, &mut out), text.len());
        let mut again = Vec::new();
        scan(&out, 0, true, &mut again);
        assert_eq!(again, out, "once is enough");
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn what_deceives_is_shown() {
        assert_eq!(shown(b"a\x1b[31mb\x07\x7f\0"), "a\\u001b[31mb\\u0007\\u007f\\u0000");
        assert_eq!(shown("\u{202e}a\u{2066}\u{9b}\u{200b}".as_bytes()), "\\u202ea\\u2066\\u009b\\u200b");
        assert_eq!(shown("\u{e0041}".as_bytes()), "\\udb40\\udc41");
        assert_eq!(shown(b"\x9b2J"), "\\u009b2J");
    }

    #[test]
    fn the_rest_stays() {
        for text in ["a\tb\r\nc\n", "\u{e4}\u{1f600} \u{65e5}\u{672c}", "\\u001b"] {
            assert_eq!(shown(text.as_bytes()), text);
        }
        let mut out = Vec::new();
        assert_eq!(scan(b"\xe9t\xe9 ", 0, true, &mut out), 4);
        assert_eq!(out, b"\xe9t\xe9 ");
    }

    #[test]
    fn a_cut_changes_nothing() {
        let text = "a\r\n\u{202e}\r\u{1f600}".as_bytes();
        let mut whole = Vec::new();
        scan(text, 0, true, &mut whole);
        let (mut out, mut at) = (Vec::new(), 0);
        for end in 0..=text.len() {
            at = scan(&text[..end], at, end == text.len(), &mut out);
        }
        assert_eq!(out, whole);
    }
}
