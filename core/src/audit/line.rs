//! A line of JSON, written member by member.
//!
//! Every character outside printable ASCII is escaped, so that no terminal and no viewer is led astray.

use std::fmt::Write as _;
use std::mem;
use std::net::IpAddr;

use memchr::memchr_iter;

use crate::time::Time;

/// Members of an object of JSON on one line, each with a comma behind it.
pub(super) struct Line<'a> {
    out: &'a mut String,
    /// How many quotation marks were written that belong there.
    marks: usize,
    /// Whether texts are escaped, or written as they are.
    escapes: bool,
}

/// The name of a member as it stands in a line: before a text, and before anything else.
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub(super) of_text: &'static str,
    pub(super) of_other: &'static str,
}

/// It is written out when this is compiled: a line has many.
macro_rules! name {
    ($name:literal) => {
        $crate::audit::line::Name {
            of_text: concat!("\"", $name, "\":\""),
            of_other: concat!("\"", $name, "\":"),
        }
    };
}
pub(super) use name;

impl Line<'_> {
    /// Writes members behind what `out` has already. Hardly ever is there a text to escape: they are written as if there
    /// were none, which is seen of all of them at once, and again if there is one.
    pub(super) fn write(out: &mut String, members: impl Fn(&mut Line<'_>)) {
        let start = out.len();
        for escapes in [false, true] {
            out.truncate(start);
            let mut line = Line { out, marks: 0, escapes };
            members(&mut line);
            let marks = line.marks;
            if escapes || is_clear(out.as_bytes().get(start..).unwrap_or_default(), marks) {
                return;
            }
        }
    }

    /// A member that is a text; none, if there is none.
    #[inline]
    pub(super) fn text(&mut self, name: Name, text: Option<impl AsRef<str>>) {
        if let Some(text) = text {
            self.member(name, text.as_ref());
        }
    }

    /// There are many: written out for each, they would take longer to be fetched than to be done.
    #[inline(never)]
    fn member(&mut self, name: Name, text: &str) {
        self.out.push_str(name.of_text);
        self.put(text);
        self.out.push_str("\",");
        self.marks += 4;
    }

    /// A member that is a number.
    pub(super) fn number(&mut self, name: Name, number: Option<u64>) {
        if let Some(number) = number {
            self.name(name);
            self.digits(number);
            self.out.push(',');
        }
    }

    /// A member that is a list of texts; none, if there are none.
    pub(super) fn texts<'a>(&mut self, name: Name, texts: impl IntoIterator<Item = &'a str>) {
        let mut texts = texts.into_iter().peekable();
        if texts.peek().is_some() {
            self.name(name);
            let mut before = '[';
            for text in texts {
                self.out.push(mem::replace(&mut before, ','));
                self.quote(text);
            }
            self.out.push_str("],");
        }
    }

    /// A member that is a time, in RFC 3339 with milliseconds.
    pub(super) fn time(&mut self, name: Name, time: Option<Time>) {
        self.text(name, time.map(Timestamp::of));
    }

    /// A member that is an address.
    pub(super) fn address(&mut self, name: Name, address: IpAddr) {
        let IpAddr::V4(address) = address else { return self.text(name, Some(address.to_string())) };
        self.name(name);
        for (byte, before) in address.octets().into_iter().zip(['"', '.', '.', '.']) {
            self.out.push(before);
            self.digits(byte.into());
        }
        self.out.push_str("\",");
        self.marks += 2;
    }

    /// A member that is an object.
    pub(super) fn object(&mut self, name: Name, members: impl FnOnce(&mut Line<'_>)) {
        self.name(name);
        self.out.push('{');
        members(self);
        close(self.out);
        self.out.push(',');
    }

    /// The name of a member that is no text.
    #[inline]
    fn name(&mut self, name: Name) {
        self.out.push_str(name.of_other);
        self.marks += 2;
    }

    /// A number, without the machinery of formats.
    fn digits(&mut self, number: u64) {
        if number > 9 {
            self.digits(number / 10);
        }
        self.out.push(char::from(b'0' + (number % 10) as u8));
    }

    fn quote(&mut self, text: &str) {
        self.out.push('"');
        self.put(text);
        self.out.push('"');
        self.marks += 2;
    }

    /// A text without its quotation marks.
    #[inline]
    fn put(&mut self, text: &str) {
        if self.escapes { self.escaped(text) } else { self.out.push_str(text) }
    }

    #[cold]
    fn escaped(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.bytes().position(|byte| !is_written_as_it_is(byte)) {
            let (clear, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
            self.out.push_str(clear);
            let mut characters = from.chars();
            if let Some(c) = characters.next() {
                self.escape(c);
            }
            rest = characters.as_str();
        }
        self.out.push_str(rest);
    }

    fn escape(&mut self, c: char) {
        match c {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '\u{8}' => self.out.push_str("\\b"),
            '\t' => self.out.push_str("\\t"),
            '\n' => self.out.push_str("\\n"),
            '\u{c}' => self.out.push_str("\\f"),
            '\r' => self.out.push_str("\\r"),
            _ => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    // Writing to a string cannot fail.
                    let _ = write!(self.out, "\\u{unit:04x}");
                }
            }
        }
    }
}

/// Ends an object: its last member has no comma behind it.
pub(super) fn close(out: &mut String) {
    if out.ends_with(',') {
        out.pop();
    }
    out.push('}');
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

/// Whether nothing in members had to be escaped: there are as many quotation marks as belong there, no backslash, and nothing
/// outside printable ASCII.
fn is_clear(members: &[u8], marks: usize) -> bool {
    let is_plain = |byte: &u8| is_written_as_it_is(*byte) || *byte == b'"';
    members.iter().fold(true, |clear, byte| clear & is_plain(byte))
        && memchr_iter(b'"', members).count() == marks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn object(members: impl Fn(&mut Line<'_>)) -> String {
        let mut line = String::from("{");
        Line::write(&mut line, members);
        close(&mut line);
        line
    }

    #[test]
    fn what_is_written_is_what_was_meant() {
        let every: String = (0..0x800).chain(0xfff0..0x1_0010).filter_map(char::from_u32).collect();
        let line = object(|line| {
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
            line.time(name!("time"), Some(Time::from_unix_millis(1_440_938_160_042)));
            line.time(name!("never"), None);
            line.object(name!("object"), |line| {
                line.number(name!("one"), Some(1));
                line.text(name!("{"), Some("{"));
                line.text(name!("after"), Some("}"));
            });
        });
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            read,
            json!({
                "every": every, "number": u64::MAX, "small": 0, "round": 1000, "four": "192.0.2.100",
                "six": "2001:db8::1", "texts": ["a\"b", "\u{202e}", ""], "time": "2015-08-30T12:36:00.042Z",
                "object": { "one": 1, "{": "{", "after": "}" },
            })
        );
        assert_eq!(object(|_| {}), "{}");
    }

    proptest! {
        /// Whatever the length and wherever it stands, what is not clear is seen.
        #[test]
        fn a_line_is_what_a_plain_writer_of_json_writes(text in "([ -~]{0,40}[\\PC\\x00-\\x1f\\x7f\"\\\\]?){0,3}") {
            let line = object(|line| line.text(name!("text"), Some(&text)));
            let read: serde_json::Value = serde_json::from_str(&line).unwrap();
            prop_assert_eq!(&read["text"], &text);
            // A plain writer of JSON, and then one character after the other.
            let mut plain = String::new();
            crate::audit::write_ascii(&mut plain, &json!({ "text": text }).to_string());
            prop_assert_eq!(line, plain.replace('\u{7f}', "\\u007f"));
        }
    }
}
