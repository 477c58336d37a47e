//! Credentials in CBOR: members of one map, whatever is around it (RFC 8949; Smithy's RPC v2).

use std::ops::Range;

use super::found::{Finder, Found, Part, Why};

const DEEPEST: usize = 32;
const MALFORMED: Why = "it is no well-formed cbor";

pub(super) fn find(body: &[u8]) -> Result<Found, Why> {
    let mut scanner = Scanner { bytes: body, at: 0, maps: 0, finder: Finder::default() };
    scanner.item(0, None)?;
    if scanner.at < body.len() {
        return Err(MALFORMED);
    }
    scanner.finder.finish()
}

/// A text string (major type 3).
pub(super) fn text(text: &str) -> Vec<u8> {
    let mut out = head(3, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
    out
}

/// A number of seconds, as a tag has it that came before.
pub(super) fn seconds(seconds: i64) -> Vec<u8> {
    head(0, u64::try_from(seconds).unwrap_or(0))
}

fn head(major: u8, argument: u64) -> Vec<u8> {
    let major = major << 5;
    let bytes = argument.to_be_bytes();
    match argument {
        0..24 => vec![major | bytes.last().copied().unwrap_or(0)],
        24..0x100 => [&[major | 24], bytes.get(7..).unwrap_or_default()].concat(),
        0x100..0x1_0000 => [&[major | 25], bytes.get(6..).unwrap_or_default()].concat(),
        0x1_0000..0x1_0000_0000 => [&[major | 26], bytes.get(4..).unwrap_or_default()].concat(),
        _ => [&[major | 27], &bytes[..]].concat(),
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    /// How many maps there were, which numbers them.
    maps: usize,
    finder: Finder,
}

/// The first bytes of an item.
struct Head {
    major: u8,
    short: u8,
    /// `None` where the length is not said.
    argument: Option<u64>,
}

impl<'a> Scanner<'a> {
    fn take(&mut self, count: u64) -> Result<&'a [u8], Why> {
        let end =
            usize::try_from(count).ok().and_then(|count| self.at.checked_add(count)).ok_or(MALFORMED)?;
        let taken = self.bytes.get(self.at..end).ok_or(MALFORMED)?;
        self.at = end;
        Ok(taken)
    }

    fn head(&mut self) -> Result<Head, Why> {
        let first = self.take(1)?.first().copied().ok_or(MALFORMED)?;
        let (major, short) = (first >> 5, first & 31);
        let argument = match short {
            0..24 => Some(u64::from(short)),
            24..28 => {
                let bytes = self.take(1 << (short - 24))?;
                Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
            }
            31 => None,
            _ => return Err(MALFORMED),
        };
        Ok(Head { major, short, argument })
    }

    /// Whether the item that ends what has no length comes next; it is then taken.
    fn ends(&mut self) -> bool {
        let ends = self.bytes.get(self.at) == Some(&0xff);
        self.at += usize::from(ends);
        ends
    }

    fn item(&mut self, depth: usize, part: Option<(Part, usize)>) -> Result<(), Why> {
        if depth > DEEPEST {
            return Err("it is nested too deeply");
        }
        let start = self.at;
        let head = self.head()?;
        match (head.major, part) {
            (3, Some((part, place))) => {
                let length = head.argument.ok_or("a part of the credentials is in pieces")?;
                let text = self.take(length)?;
                let text = std::str::from_utf8(text).map_err(|_| MALFORMED)?;
                self.finder.text(part, place, start..self.at, text)
            }
            // Seconds since 1970 (3.4.2).
            (6, Some((Part::Expiry, place))) if head.argument == Some(1) => self.time(place),
            (_, Some(_)) => Err("a part of the credentials is no text"),
            (0 | 1, None) => head.argument.map(|_| ()).ok_or(MALFORMED),
            (2 | 3, None) => self.string(&head),
            (4, None) => self.array(&head, depth),
            (5, None) => self.map(&head, depth),
            (6, None) => match head.argument {
                Some(_) => self.item(depth + 1, None),
                None => Err(MALFORMED),
            },
            _ => match head.short {
                31 => Err(MALFORMED),
                _ => Ok(()),
            },
        }
    }

    fn string(&mut self, head: &Head) -> Result<(), Why> {
        if let Some(length) = head.argument {
            return self.take(length).map(|_| ());
        }
        while !self.ends() {
            let piece = self.head()?;
            let length = piece.argument.filter(|_| piece.major == head.major).ok_or(MALFORMED)?;
            self.take(length)?;
        }
        Ok(())
    }

    fn array(&mut self, head: &Head, depth: usize) -> Result<(), Why> {
        let mut left = head.argument;
        while self.goes_on(&mut left) {
            self.item(depth + 1, None)?;
        }
        Ok(())
    }

    fn map(&mut self, head: &Head, depth: usize) -> Result<(), Why> {
        self.maps += 1;
        let place = self.maps;
        let mut left = head.argument;
        while self.goes_on(&mut left) {
            let span = self.at;
            let key = self.head()?;
            let part = match (key.major, key.argument) {
                (3, Some(length)) => {
                    let name = self.take(length)?;
                    std::str::from_utf8(name).ok().and_then(Part::named)
                }
                (3, None) => return Err("a name is in pieces"),
                _ => {
                    self.at = span;
                    self.item(depth + 1, None)?;
                    None
                }
            };
            self.item(depth + 1, part.map(|part| (part, place)))?;
        }
        Ok(())
    }

    /// Whether another element follows; a length that no body can hold ends where the bytes do.
    fn goes_on(&mut self, left: &mut Option<u64>) -> bool {
        match left {
            Some(0) => false,
            Some(count) => {
                *count -= 1;
                true
            }
            None => !self.ends(),
        }
    }

    fn time(&mut self, place: usize) -> Result<(), Why> {
        let start = self.at;
        let head = self.head()?;
        let bits = head.argument.ok_or(MALFORMED)?;
        let number = match (head.major, head.short) {
            (0, _) => bits as f64,
            (7, 26) => f64::from(f32::from_bits(u32::try_from(bits).unwrap_or(0))),
            (7, 27) => f64::from_bits(bits),
            _ => return Err("the end of the credentials is no time"),
        };
        let span: Range<usize> = start..self.at;
        self.finder.number(place, span, number)
    }
}
