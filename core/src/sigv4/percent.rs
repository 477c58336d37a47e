//! Percent-encoding as SigV4 wants it: only `A-Z a-z 0-9 - . _ ~` stay (RFC 3986, 2.3), hex in upper case.

use super::sink::Sink;

pub(crate) const fn is_unreserved(byte: u8) -> bool {
    matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~')
}

const fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 }
}

const fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Appends one byte, escaped unless it is unreserved.
pub(crate) fn push_byte(out: &mut impl Sink, byte: u8) {
    if is_unreserved(byte) {
        out.put(&[byte]);
    } else {
        out.put(&escape(byte));
    }
}

const fn escape(byte: u8) -> [u8; 3] {
    [b'%', hex_digit(byte >> 4), hex_digit(byte & 15)]
}

/// Appends `bytes`, every byte escaped that is not unreserved, save those that `keep` names.
pub(crate) fn encode(out: &mut impl Sink, mut bytes: &[u8], keep: Option<u8>) {
    let stays = |byte: &u8| is_unreserved(*byte) || Some(*byte) == keep;
    while !bytes.is_empty() {
        let plain = bytes.iter().position(|byte| !stays(byte)).unwrap_or(bytes.len());
        let (start, rest) = bytes.split_at_checked(plain).unwrap_or((bytes, b""));
        out.put(start);
        let Some((first, rest)) = rest.split_first() else { break };
        out.put(&escape(*first));
        bytes = rest;
    }
}

/// The bytes behind the escapes, one at a time. A `%` that starts no escape stands for itself.
pub(crate) struct Decoded<'a> {
    rest: &'a [u8],
}

/// Reads `bytes` through their escapes. The item says whether the byte was escaped.
pub(crate) const fn decode(bytes: &[u8]) -> Decoded<'_> {
    Decoded { rest: bytes }
}

impl Iterator for Decoded<'_> {
    type Item = (u8, bool);

    fn next(&mut self) -> Option<Self::Item> {
        if let [b'%', high, low, rest @ ..] = self.rest
            && let (Some(high), Some(low)) = (hex_value(*high), hex_value(*low))
        {
            self.rest = rest;
            return Some((high << 4 | low, true));
        }
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some((*first, false))
    }
}

/// One byte as it stands when encoded: itself, or an escape.
pub(crate) struct Encoded {
    text: [u8; 3],
    next: usize,
}

impl Encoded {
    pub(crate) const fn of(byte: u8) -> Self {
        if is_unreserved(byte) {
            Self { text: [0, 0, byte], next: 2 }
        } else {
            Self { text: escape(byte), next: 0 }
        }
    }
}

impl Iterator for Encoded {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let byte = self.text.get(self.next).copied();
        self.next += 1;
        byte
    }
}

/// Decodes into a buffer of its own.
pub(crate) fn decode_all(bytes: &[u8]) -> Vec<u8> {
    decode(bytes).map(|(byte, _)| byte).collect()
}

/// The first `%` that is not followed by two hexadecimal digits, with what follows it (at most two bytes).
pub(crate) fn bad_escape(bytes: &[u8]) -> Option<&[u8]> {
    // Most requests have no query.
    if bytes.is_empty() {
        return None;
    }
    memchr::memchr_iter(b'%', bytes).find_map(|at| {
        let escape = bytes.get(at..)?;
        match escape {
            [_, high, low, ..] if hex_value(*high).is_some() && hex_value(*low).is_some() => None,
            _ => escape.get(..escape.len().min(3)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_found_and_kept() {
        assert_eq!(bad_escape(b"a%20%7e"), None);
        assert_eq!(bad_escape(b"a%yyb"), Some(&b"%yy"[..]));
        assert_eq!(bad_escape(b"a%2"), Some(&b"%2"[..]));
        assert_eq!(decode_all(b"%41+%zz%"), b"A+%zz%");
        let mut out = Vec::new();
        encode(&mut out, "a/é ~".as_bytes(), Some(b'/'));
        assert_eq!(out, b"a/%C3%A9%20~");
    }
}
