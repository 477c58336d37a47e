//! Credentials in JSON: members of one object, whatever is around it (RFC 8259).

use std::borrow::Cow;
use std::ops::Range;

use super::found::{Finder, Found, Part, Why};

const DEEPEST: usize = 32;
const MALFORMED: Why = "it is no well-formed json";

pub(super) fn find(body: &[u8]) -> Result<Found, Why> {
    std::str::from_utf8(body).map_err(|_| "it is no utf-8")?;
    let mut scanner = Scanner { text: body, at: 0, objects: 0, finder: Finder::default() };
    scanner.value(0, None)?;
    scanner.blanks();
    if scanner.at < body.len() {
        return Err(MALFORMED);
    }
    scanner.finder.finish()
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    /// How many objects there were, which numbers them.
    objects: usize,
    finder: Finder,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, wanted: u8) -> bool {
        let is = self.peek() == Some(wanted);
        self.at += usize::from(is);
        is
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// A value; `part` says which part of the credentials its name makes it, and in which object.
    fn value(&mut self, depth: usize, part: Option<(Part, usize)>) -> Result<(), Why> {
        if depth > DEEPEST {
            return Err("it is nested too deeply");
        }
        self.blanks();
        let first = self.peek().ok_or(MALFORMED)?;
        match first {
            b'"' => {
                let span = self.string()?;
                if let Some((part, place)) = part {
                    let text = zeroize::Zeroizing::new(self.decoded(&span)?.into_owned());
                    self.finder.text(part, place, span, &text)?;
                }
                return Ok(());
            }
            b'-' | b'0'..=b'9' => {
                let (span, number) = self.number()?;
                return match part {
                    Some((Part::Expiry, place)) => self.finder.number(place, span, number),
                    Some(_) => Err("a part of the credentials is no text"),
                    None => Ok(()),
                };
            }
            _ if part.is_some() => return Err("a part of the credentials is no text"),
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            _ => self.word(),
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), Why> {
        self.objects += 1;
        let place = self.objects;
        self.at += 1;
        self.blanks();
        if self.take(b'}') {
            return Ok(());
        }
        loop {
            self.blanks();
            let name = self.string()?;
            let part = Part::named(&self.decoded(&name)?);
            self.blanks();
            if !self.take(b':') {
                return Err(MALFORMED);
            }
            self.value(depth + 1, part.map(|part| (part, place)))?;
            self.blanks();
            if self.take(b'}') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(MALFORMED);
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<(), Why> {
        self.at += 1;
        self.blanks();
        if self.take(b']') {
            return Ok(());
        }
        loop {
            self.value(depth + 1, None)?;
            self.blanks();
            if self.take(b']') {
                return Ok(());
            }
            if !self.take(b',') {
                return Err(MALFORMED);
            }
        }
    }

    /// What stands between the quotes.
    fn string(&mut self) -> Result<Range<usize>, Why> {
        if !self.take(b'"') {
            return Err(MALFORMED);
        }
        let start = self.at;
        loop {
            match self.peek().ok_or(MALFORMED)? {
                b'"' => {
                    self.at += 1;
                    return Ok(start..self.at - 1);
                }
                b'\\' => self.at += 2,
                0..0x20 => return Err(MALFORMED),
                _ => self.at += 1,
            }
        }
    }

    fn decoded(&self, span: &Range<usize>) -> Result<Cow<'a, str>, Why> {
        let raw = self.text.get(span.clone()).unwrap_or_default();
        if !raw.contains(&b'\\') {
            return std::str::from_utf8(raw).map(Cow::Borrowed).map_err(|_| MALFORMED);
        }
        let quoted = self.text.get(span.start.saturating_sub(1)..span.end + 1).unwrap_or_default();
        serde_json::from_slice::<String>(quoted).map(Cow::Owned).map_err(|_| MALFORMED)
    }

    fn number(&mut self) -> Result<(Range<usize>, f64), Why> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) {
            self.at += 1;
        }
        let raw = self.text.get(start..self.at).unwrap_or_default();
        // Its grammar is narrower than Rust's: no sign of plus, no leading nought.
        let number: f64 = serde_json::from_slice(raw).map_err(|_| MALFORMED)?;
        Ok((start..self.at, number))
    }

    fn word(&mut self) -> Result<(), Why> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let word = [&b"true"[..], b"false", b"null"].into_iter().find(|word| rest.starts_with(word));
        self.at += word.ok_or(MALFORMED)?.len();
        Ok(())
    }
}
