//! Documents of CBOR (RFC 8949), as services answer that speak Smithy's RPC v2: they stay well formed, every length
//! right.

use super::Redactor;
use super::walk;

/// A document is rewritten only if it is no longer than this.
const LONGEST: usize = 1 << 20;

/// What is longer is no name of a value.
const LONGEST_NAME: u64 = 256;

/// How deep items may nest.
const DEEPEST: usize = 64;

/// The mark that says of what follows that it is CBOR (RFC 8949, 3.4.6).
const SELF_DESCRIBED: &[u8] = &[0xd9, 0xd9, 0xf7];

/// Whether these bytes may be the beginning of a document: that of a map, which no text begins like.
pub(super) fn may_be_document(bytes: &[u8]) -> bool {
    let begins = match bytes {
        [] => true,
        [0xa1..=0xbb | 0xbf, ..] => true,
        _ => bytes.starts_with(SELF_DESCRIBED) || SELF_DESCRIBED.starts_with(bytes),
    };
    begins && bytes.len() <= LONGEST
}

/// The document without its secrets; `None` if the bytes are none.
pub(super) fn document(redactor: &Redactor, bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.is_empty() || !may_be_document(bytes) {
        return None;
    }
    let mut walk = Walk { redactor, rest: bytes, out: Vec::with_capacity(bytes.len()) };
    walk.item(None, 0)?;
    walk.rest.is_empty().then_some(walk.out)
}

/// The first bytes of an item.
#[derive(Clone, Copy)]
struct Head {
    major: u8,
    /// The number in it: a value, a length, a count. `None` where the end is marked.
    number: Option<u64>,
}

struct Walk<'a> {
    redactor: &'a Redactor,
    rest: &'a [u8],
    out: Vec<u8>,
}

impl<'a> Walk<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn head(&mut self) -> Option<Head> {
        let first = *self.take(1)?.first()?;
        let (major, info) = (first >> 5, first & 31);
        let number = match info {
            0..=23 => Some(u64::from(info)),
            24..=27 => {
                let bytes = self.take(1 << (info - 24))?;
                Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
            }
            31 if matches!(major, 2..=5 | 7) => None,
            _ => return None,
        };
        Some(Head { major, number })
    }

    /// Rewrites one item; `name` is the key that it stands behind.
    fn item(&mut self, name: Option<&[u8]>, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        let before = self.rest;
        let head = self.head()?;
        match head.major {
            0 | 1 => {
                let number = head.number?;
                let text =
                    if head.major == 0 { number.to_string() } else { format!("-{}", u128::from(number) + 1) };
                let shown = name.map(|name| self.redactor.field(name, text.as_bytes()));
                match shown {
                    Some(shown) if *shown != *text.as_bytes() => self.string(3, &shown),
                    _ => self.copy(before),
                }
            }
            2 | 3 => self.text(head, name, before)?,
            4 | 5 => {
                self.copy(before);
                let pairs = head.major == 5;
                let named = if pairs { self.ahead().named(head.number, depth)? } else { None };
                let mut left = head.number;
                while self.goes_on(&mut left)? {
                    if pairs {
                        let key = self.key(depth + 1)?;
                        let named = named.as_deref().filter(|_| key.as_deref().is_some_and(walk::is_value));
                        self.item(named.or(key.as_deref()), depth + 1)?;
                    } else {
                        self.item(name, depth + 1)?;
                    }
                }
                if head.number.is_none() {
                    self.out.push(0xff);
                }
            }
            6 => {
                head.number?;
                self.copy(before);
                self.item(name, depth + 1)?;
            }
            _ => {
                head.number?; // a mark of an end where nothing ends
                self.copy(before);
            }
        }
        Some(())
    }

    /// Whether another item of a list or a map follows, of which so many are left; takes the mark of the end.
    fn goes_on(&mut self, left: &mut Option<u64>) -> Option<bool> {
        Some(match left {
            Some(left) => left.checked_sub(1).inspect(|less| *left = *less).is_some(),
            None => {
                let ends = self.rest.first() == Some(&0xff);
                if ends {
                    self.take(1)?;
                }
                !ends
            }
        })
    }

    /// A walk of what lies ahead, which writes nothing.
    fn ahead(&self) -> Self {
        Walk { redactor: self.redactor, rest: self.rest, out: Vec::new() }
    }

    /// The name that one member of a map gives to the value beside it.
    fn named(mut self, count: Option<u64>, depth: usize) -> Option<Option<Vec<u8>>> {
        let mut left = count;
        while self.goes_on(&mut left)? {
            let key = self.passed(depth + 1)?;
            let value = self.passed(depth + 1)?;
            let name = key
                .zip(value)
                .and_then(|(key, value)| self.redactor.names_value(&key, &value).map(<[u8]>::to_vec));
            if name.is_some() {
                return Some(name);
            }
        }
        Some(None)
    }

    /// Passes over an item, and gives its text if it is a short one.
    fn passed(&mut self, depth: usize) -> Option<Option<Vec<u8>>> {
        if depth > DEEPEST {
            return None;
        }
        let head = self.head()?;
        match head.major {
            3 if head.number.is_none_or(|length| length <= LONGEST_NAME) => {
                return self.content(head).map(Some);
            }
            2 | 3 => drop(self.content(head)?),
            4 | 5 => {
                let mut left = head.number;
                while self.goes_on(&mut left)? {
                    for _ in 3..head.major {
                        self.passed(depth + 1)?;
                    }
                }
            }
            6 => drop(self.passed(depth + 1)?),
            _ => drop(head.number?),
        }
        Some(None)
    }

    /// Rewrites a key, and gives its text.
    fn key(&mut self, depth: usize) -> Option<Option<Vec<u8>>> {
        let before = self.rest;
        if before.first().is_none_or(|first| first >> 5 != 3) {
            self.item(None, depth)?;
            return Some(None);
        }
        let head = self.head()?;
        let text = self.content(head)?;
        self.write(3, &text, before, None);
        Some(Some(text))
    }

    fn text(&mut self, head: Head, name: Option<&[u8]>, before: &[u8]) -> Option<()> {
        let text = self.content(head)?;
        self.write(head.major, &text, before, name);
        Some(())
    }

    /// Writes a string as it was, or anew if something in it is hidden.
    fn write(&mut self, major: u8, text: &[u8], before: &[u8], name: Option<&[u8]>) {
        let shown = match name {
            Some(name) => self.redactor.field(name, text).into_owned(),
            None => self.redactor.redact_bytes(text),
        };
        if shown == text {
            self.copy(before);
        } else {
            self.string(major, &shown);
        }
    }

    /// The bytes of a string, put together if they come in pieces.
    fn content(&mut self, head: Head) -> Option<Vec<u8>> {
        if let Some(length) = head.number {
            return self.take(usize::try_from(length).ok()?).map(<[u8]>::to_vec);
        }
        let mut all = Vec::new();
        while self.rest.first() != Some(&0xff) {
            let piece = self.head().filter(|piece| piece.major == head.major)?;
            all.extend_from_slice(self.take(usize::try_from(piece.number?).ok()?)?);
        }
        self.take(1)?;
        Some(all)
    }

    /// Writes what was read since then.
    fn copy(&mut self, before: &[u8]) {
        let read = before.len() - self.rest.len();
        self.out.extend_from_slice(before.get(..read).unwrap_or_default());
    }

    fn string(&mut self, major: u8, text: &[u8]) {
        let major = major << 5;
        match u8::try_from(text.len()) {
            Ok(length @ 0..=23) => self.out.push(major | length),
            Ok(length) => self.out.extend_from_slice(&[major | 24, length]),
            Err(_) => match u32::try_from(text.len()) {
                Ok(length) => {
                    self.out.push(major | 26);
                    self.out.extend_from_slice(&length.to_be_bytes());
                }
                Err(_) => return, // no longer than the document it was in
            },
        }
        self.out.extend_from_slice(text);
    }
}
