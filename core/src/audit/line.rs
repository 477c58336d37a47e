//! A line of JSON, written member by member.
//!
//! Every character outside printable ASCII is escaped, so that no terminal and no viewer is led astray.

use std::fmt::Write as _;
use std::net::IpAddr;

use crate::time::Time;

/// An object of JSON on one line.
pub(super) struct Line(String);

/// Most lines are shorter.
const ROOM: usize = 1024;

/// The name of a member as it stands in a line. It is written out when this is compiled: a line has many.
macro_rules! name {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}
pub(super) use name;

impl Line {
    pub(super) fn new() -> Self {
        let mut line = String::with_capacity(ROOM);
        line.push('{');
        Self(line)
    }

    /// A member that is a text; none, if there is none.
    pub(super) fn text(&mut self, name: &'static str, text: Option<impl AsRef<str>>) {
        if let Some(text) = text {
            self.name(name);
            self.quote(text.as_ref());
        }
    }

    /// A member that is a text made of several.
    pub(super) fn joined<const N: usize>(&mut self, name: &'static str, texts: [&str; N]) {
        self.name(name);
        self.0.push('"');
        texts.into_iter().for_each(|text| self.put(text));
        self.0.push('"');
    }

    /// A member that is a number.
    pub(super) fn number(&mut self, name: &'static str, number: Option<u64>) {
        if let Some(number) = number {
            self.name(name);
            self.digits(number);
        }
    }

    /// A member that is a list of texts; none, if there are none.
    pub(super) fn texts<'a>(&mut self, name: &'static str, texts: impl IntoIterator<Item = &'a str>) {
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

    /// A member that is a time, in RFC 3339 with milliseconds.
    pub(super) fn time(&mut self, name: &'static str, time: Option<Time>) {
        self.text(name, time.map(Timestamp::of));
    }

    /// A member that is an address.
    pub(super) fn address(&mut self, name: &'static str, address: IpAddr) {
        let IpAddr::V4(address) = address else { return self.text(name, Some(address.to_string())) };
        self.name(name);
        for (byte, before) in address.octets().into_iter().zip(['"', '.', '.', '.']) {
            self.0.push(before);
            self.digits(byte.into());
        }
        self.0.push('"');
    }

    /// A member that is an object.
    pub(super) fn object(&mut self, name: &'static str, members: impl FnOnce(&mut Self)) {
        self.name(name);
        self.0.push('{');
        members(self);
        self.0.push('}');
    }

    pub(super) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }

    /// A name with the comma before it and the colon behind it; the first of an object has no comma.
    #[inline]
    fn name(&mut self, name: &'static str) {
        let name = if self.0.ends_with('{') { name.strip_prefix(',').unwrap_or(name) } else { name };
        self.0.push_str(name);
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
        self.0
            .push_str(digits.get(left..).and_then(|digits| str::from_utf8(digits).ok()).unwrap_or_default());
    }

    fn quote(&mut self, text: &str) {
        self.0.push('"');
        self.put(text);
        self.0.push('"');
    }

    /// A text without its quotation marks.
    fn put(&mut self, text: &str) {
        // Nearly all texts are clear as a whole, which is seen without a look at one byte after the other.
        if is_clear(text.as_bytes()) {
            return self.0.push_str(text);
        }
        let mut rest = text;
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
                    // Writing to a string cannot fail.
                    let _ = write!(self.0, "\\u{unit:04x}");
                }
            }
        }
    }
}

/// A time as `2015-08-30T12:36:00.000Z`.
pub(super) struct Timestamp([u8; 24]);

impl Timestamp {
    pub(super) fn of(time: Time) -> Self {
        let millis = u32::try_from(time.unix_millis().rem_euclid(1000)).unwrap_or_default();
        let [t1, t2, t3] = [millis / 100, millis / 10, millis].map(|number| b'0' + (number % 10) as u8);
        // `20150830T123600Z`
        let [y1, y2, y3, y4, o1, o2, d1, d2, _, h1, h2, m1, m2, s1, s2, _] = *time.amz().as_bytes();
        Self([
            y1, y2, y3, y4, b'-', o1, o2, b'-', d1, d2, b'T', h1, h2, b':', m1, m2, b':', s1, s2, b'.', t1,
            t2, t3, b'Z',
        ])
    }
}

impl AsRef<str> for Timestamp {
    fn as_ref(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

const fn is_written_as_it_is(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

/// Whether a text is written as it is: sixteen bytes at a time, the last of which overlap those before them.
fn is_clear(text: &[u8]) -> bool {
    let is_clear = |each: &[u8; 16]| each.iter().fold(true, |clear, byte| clear & is_written_as_it_is(*byte));
    match text.last_chunk() {
        Some(end) => text.as_chunks().0.iter().fold(is_clear(end), |clear, each| clear & is_clear(each)),
        None => text.iter().all(|byte| is_written_as_it_is(*byte)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_what_was_meant() {
        let every: String = (0..0x800).chain(0xfff0..0x1_0010).filter_map(char::from_u32).collect();
        let mut line = Line::new();
        line.text(name!("every"), Some(&every));
        line.text(name!("none"), None::<&str>);
        line.number(name!("number"), Some(u64::MAX));
        line.number(name!("small"), Some(0));
        line.number(name!("round"), Some(1000));
        line.address(name!("four"), [192, 0, 2, 100].into());
        line.address(name!("six"), [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into());
        line.number(name!("nothing"), None);
        line.texts(name!("texts"), ["a\"b", "\u{202e}", ""]);
        line.texts(name!("empty"), []);
        line.joined(name!("joined"), ["a", ".", "\n"]);
        line.time(name!("time"), Some(Time::from_unix_millis(1_440_938_160_042)));
        line.time(name!("never"), None);
        line.object(name!("object"), |line| {
            line.number(name!("one"), Some(1));
            line.text(name!("{"), Some("{"));
            line.text(name!("after"), Some("}"));
        });
        let line = line.end();
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            read,
            json!({
                "every": every, "number": u64::MAX, "small": 0, "round": 1000, "four": "192.0.2.100",
                "six": "2001:db8::1", "texts": ["a\"b", "\u{202e}", ""], "joined": "a.\n", "time": "2015-08-30T12:36:00.042Z",
                "object": { "one": 1, "{": "{", "after": "}" },
            })
        );
        assert_eq!(Line::new().end(), "{}");
    }
}
