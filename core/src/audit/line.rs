//! A line of JSON, written member by member.
//!
//! Every character outside printable ASCII is escaped, so that no terminal and no viewer is led astray.

use std::fmt::{Display, Write};
use std::net::IpAddr;

/// An object of JSON on one line.
pub(super) struct Line(String);

/// Most lines are shorter.
const ROOM: usize = 1024;

impl Line {
    pub(super) fn new() -> Self {
        let mut line = String::with_capacity(ROOM);
        line.push('{');
        Self(line)
    }

    /// A member that is a text; none, if there is none.
    pub(super) fn text<T: AsRef<str>>(&mut self, name: &str, text: Option<T>) {
        if let Some(text) = text {
            self.name(name);
            self.quote(text.as_ref());
        }
    }

    /// A member that is a number.
    pub(super) fn number(&mut self, name: &str, number: Option<u64>) {
        if let Some(number) = number {
            self.name(name);
            self.digits(number);
        }
    }

    /// A member that is a list of texts; none, if there are none.
    pub(super) fn texts<'a>(&mut self, name: &str, texts: impl IntoIterator<Item = &'a str>) {
        let mut first = true;
        for text in texts {
            match std::mem::take(&mut first) {
                true => {
                    self.name(name);
                    self.0.push('[');
                }
                false => self.0.push(','),
            }
            self.quote(text);
        }
        if !first {
            self.0.push(']');
        }
    }

    /// A member that is a text of printable ASCII, without quotation marks and backslashes.
    pub(super) fn plain(&mut self, name: &str, text: impl Display) {
        self.name(name);
        self.0.push('"');
        self.push(text);
        self.0.push('"');
    }

    /// A member that is an address.
    pub(super) fn address(&mut self, name: &str, address: IpAddr) {
        let IpAddr::V4(address) = address else { return self.plain(name, address) };
        self.name(name);
        for (byte, before) in address.octets().into_iter().zip(['"', '.', '.', '.']) {
            self.0.push(before);
            self.digits(byte.into());
        }
        self.0.push('"');
    }

    /// A member that is an object.
    pub(super) fn object(&mut self, name: &str, members: impl FnOnce(&mut Self)) {
        self.name(name);
        self.0.push('{');
        members(self);
        self.0.push('}');
    }

    pub(super) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn name(&mut self, name: &str) {
        if !self.0.ends_with('{') {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(name);
        self.0.push_str("\":");
    }

    /// A number, without the machinery of formats.
    fn digits(&mut self, mut number: u64) {
        let (mut digits, mut left) = ([b'0'; 20], 20);
        for digit in digits.iter_mut().rev() {
            (*digit, number) = (b'0' + (number % 10) as u8, number / 10);
            left -= 1;
            if number == 0 {
                break;
            }
        }
        self.0.extend(digits.get(left..).unwrap_or_default().iter().map(|digit| char::from(*digit)));
    }

    fn push(&mut self, value: impl Display) {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{value}");
    }

    fn quote(&mut self, text: &str) {
        self.0.push('"');
        // Nearly all texts are clear as a whole, which is seen without a look at one byte after the other.
        let mut rest = match text.bytes().fold(true, |clear, byte| clear & is_written_as_it_is(byte)) {
            true => {
                self.0.push_str(text);
                ""
            }
            false => text,
        };
        while let Some(at) = rest.bytes().position(|byte| !is_written_as_it_is(byte)) {
            let (clear, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
            self.0.push_str(clear);
            let mut characters = from.chars();
            if let Some(c) = characters.next() {
                self.escape(c);
            }
            rest = characters.as_str();
        }
        self.0.push_str(rest);
        self.0.push('"');
    }

    fn escape(&mut self, c: char) {
        match c {
            '"' => self.0.push_str("\\\""),
            '\\' => self.0.push_str("\\\\"),
            '\u{8}' => self.0.push_str("\\b"),
            '\t' => self.0.push_str("\\t"),
            '\n' => self.0.push_str("\\n"),
            '\u{c}' => self.0.push_str("\\f"),
            '\r' => self.0.push_str("\\r"),
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    self.push(format_args!("\\u{unit:04x}"));
                }
            }
        }
    }
}

const fn is_written_as_it_is(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_what_was_meant() {
        let every: String = (0..0x800).chain(0xfff0..0x1_0010).filter_map(char::from_u32).collect();
        let mut line = Line::new();
        line.text("every", Some(&every));
        line.text("none", None::<&str>);
        line.number("number", Some(u64::MAX));
        line.number("small", Some(0));
        line.number("round", Some(1000));
        line.address("four", [192, 0, 2, 100].into());
        line.address("six", [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into());
        line.number("nothing", None);
        line.texts("texts", ["a\"b", "\u{202e}", ""]);
        line.texts("empty", []);
        line.plain("plain", 7);
        line.object("object", |line| {
            line.number("one", Some(1));
            line.text("{", Some("{"));
            line.text("after", Some("}"));
        });
        let line = line.end();
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            read,
            json!({
                "every": every, "number": u64::MAX, "small": 0, "round": 1000, "four": "192.0.2.100",
                "six": "2001:db8::1", "texts": ["a\"b", "\u{202e}", ""], "plain": "7",
                "object": { "one": 1, "{": "{", "after": "}" },
            })
        );
        assert_eq!(Line::new().end(), "{}");
    }
}
