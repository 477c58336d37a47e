//! Many texts in one value, there and back.
//!
//! There, as a string in which each piece ends with a line feed, with their number beside it: a line feed within a
//! piece makes the number wrong and is refused. It is read as UTF-8, for Node's Latin-1 call would cut U+010A down
//! to a line feed. Where a piece is bytes, all come as bytes, each behind its length. Back, always behind their
//! lengths, since what a client sent may hold folds.

use std::borrow::Cow;

use awsaccess::credentials::{Credentials, Delegate, SigningKey};
use awsaccess::sigv4::Signer;
use awsaccess::time::Time;
use zeroize::Zeroizing;

use crate::fault::{Fault, Out};

/// The pieces of one call, in order.
pub(crate) struct Pieces<'a> {
    all: std::vec::IntoIter<&'a [u8]>,
    /// The pieces are text, whose characters stand for bytes where they are header fields.
    text: bool,
}

/// Who signs.
pub(crate) enum Keys {
    Whole(Box<Credentials>),
    Delegate(Box<Delegate>),
}

impl<'a> From<&'a Keys> for Signer<'a> {
    fn from(keys: &'a Keys) -> Self {
        match keys {
            Keys::Whole(credentials) => (&**credentials).into(),
            Keys::Delegate(delegate) => (&**delegate).into(),
        }
    }
}

/// Header fields as bytes.
pub(crate) type Fields<'a> = Vec<(Cow<'a, [u8]>, Cow<'a, [u8]>)>;

impl<'a> Pieces<'a> {
    /// Takes the pieces apart; `packed` comes in place of `text`.
    pub(crate) fn read(text: &'a str, count: u32, packed: Option<&'a [u8]>) -> Result<Self, Fault> {
        let count = count as usize;
        let all: Vec<&[u8]> = match packed {
            Some(packed) => unpack(packed).ok_or_else(Fault::internal)?,
            None => {
                let mut all = Vec::with_capacity(count);
                all.extend(text.as_bytes().split(|&byte| byte == b'\n'));
                // Each piece ends with a line feed, so that the last is followed by nothing.
                all.pop().filter(|rest| rest.is_empty()).ok_or_else(Fault::internal)?;
                all
            }
        };
        if all.len() != count {
            return Err(Fault::input(
                "a line break in the method, the url, the credentials, the scope or a header",
            ));
        }
        Ok(Self { all: all.into_iter(), text: packed.is_none() })
    }

    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Fault> {
        self.all.next().ok_or_else(Fault::internal)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Fault> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Fault::internal())
    }

    /// Key id, secret, token and expiry in milliseconds; the last two may be empty.
    pub(crate) fn credentials(&mut self) -> Result<Credentials, Fault> {
        let (id, secret, token, expiry) = (self.text()?, self.text()?, self.text()?, self.text()?);
        let credentials = Credentials::new(id, secret).with_session_token(token);
        if expiry.is_empty() {
            return Ok(credentials);
        }
        let millis = expiry.parse().map_err(|_| Fault::internal())?;
        Ok(credentials.with_expiry(Time::from_unix_millis(millis)))
    }

    /// The same four pieces, or those of a delegate: then the expiry begins with a `d`, and in the place of the secret
    /// are the key in hexadecimal, its region, service and day, with spaces between them.
    pub(crate) fn keys(&mut self) -> Result<Keys, Fault> {
        let is_delegate = self.all.as_slice().get(3).is_some_and(|expiry| expiry.starts_with(b"d"));
        if !is_delegate {
            return Ok(Keys::Whole(Box::new(self.credentials()?)));
        }
        let (id, about, token, expiry) = (self.text()?, self.text()?, self.text()?, self.text()?);
        let mut parts = about.split(' ');
        let mut part = || parts.next().ok_or_else(Fault::internal);
        let (key, region, service, day) = (key(part()?)?, part()?, part()?, part()?);
        let day = day.parse().map_err(|_| Fault::internal())?;
        let key = SigningKey::from_bytes(key, Time::from_unix_millis(day), region, service);
        let delegate = Delegate::new(id, key).with_session_token(token);
        let delegate = match expiry.strip_prefix('d') {
            None | Some("") => delegate,
            Some(end) => {
                let end = end.parse().map_err(|_| Fault::internal())?;
                delegate.with_expiry(Time::from_unix_millis(end))
            }
        };
        Ok(Keys::Delegate(Box::new(delegate)))
    }

    /// All that is left, as names and values.
    pub(crate) fn headers(self) -> Result<Fields<'a>, Fault> {
        let text = self.text;
        let mut fields = Vec::with_capacity(self.all.len() / 2);
        let mut rest = self.all;
        while let Some(name) = rest.next() {
            let value = rest.next().ok_or_else(Fault::internal)?;
            if !text {
                fields.push((Cow::Borrowed(name), Cow::Borrowed(value)));
                continue;
            }
            if value.iter().any(|&byte| byte == b'\r' || byte == 0) {
                let name = String::from_utf8_lossy(name).escape_default().take(64).collect::<String>();
                return Err(Fault::input(&format!("the value of header `{name}` has a line break or a nul")));
            }
            fields.push((latin1(name)?, latin1(value)?));
        }
        Ok(fields)
    }
}

/// Thirty-two bytes in hexadecimal.
fn key(hex: &str) -> Result<[u8; 32], Fault> {
    let mut key = [0; 32];
    for (at, byte) in key.iter_mut().enumerate() {
        let pair = hex.get(2 * at..2 * at + 2).ok_or_else(Fault::internal)?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| Fault::internal())?;
    }
    Ok(key)
}

/// Borrowed pairs, as core takes them.
pub(crate) fn pairs<'a>(fields: &'a Fields<'_>) -> Vec<(&'a [u8], &'a [u8])> {
    fields.iter().map(|(name, value)| (Cow::as_ref(name), Cow::as_ref(value))).collect()
}

/// The bytes that the characters of a text stand for, one each.
fn latin1(utf8: &[u8]) -> Result<Cow<'_, [u8]>, Fault> {
    if utf8.is_ascii() {
        return Ok(Cow::Borrowed(utf8));
    }
    let text = std::str::from_utf8(utf8).map_err(|_| Fault::internal())?;
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    bytes.map(Cow::Owned).ok_or_else(|| {
        Fault::input("a header has a character above U+00FF; give bytes, or encode it as the service expects")
    })
}

fn unpack(mut packed: &[u8]) -> Option<Vec<&[u8]>> {
    let mut all = Vec::new();
    while !packed.is_empty() {
        let (length, rest) = packed.split_first_chunk::<4>()?;
        let (piece, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        all.push(piece);
        packed = rest;
    }
    Some(all)
}

/// Puts results together that hold no line feed, with line feeds between them; cheaper on the other side.
pub(crate) fn lines<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Result<Out, Fault> {
    let mut out = Zeroizing::new(Vec::with_capacity(512));
    for (at, piece) in pieces.enumerate() {
        if piece.contains(&b'\n') {
            return Err(Fault::internal());
        }
        if at > 0 {
            out.push(b'\n');
        }
        out.extend_from_slice(piece);
    }
    Ok(Out::Latin1(out))
}

/// Puts results together: their lengths with commas, a colon, and all of them.
pub(crate) fn pack<'a>(pieces: impl Iterator<Item = &'a [u8]> + Clone) -> Out {
    let size: usize = pieces.clone().map(|piece| piece.len() + 6).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(size));
    for (at, piece) in pieces.clone().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(piece.len().to_string().as_bytes());
    }
    out.push(b':');
    pieces.for_each(|piece| out.extend_from_slice(piece));
    Out::Latin1(out)
}

/// A time from the milliseconds that JavaScript counts in.
pub(crate) fn time(millis: f64) -> Time {
    Time::from_unix_millis(millis as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_smuggled_line_break_is_refused() {
        assert!(Pieces::read("a\nb\n", 2, None).is_ok());
        assert!(Pieces::read("a\nb\nc\n", 2, None).is_err());
        assert!(Pieces::read("a\nb", 2, None).is_err());
        assert!(Pieces::read("\n", 1, None).is_ok());
        assert!(Pieces::read("", 0, None).is_ok());
    }

    #[test]
    fn header_text_is_one_byte_a_character() {
        fn fields(text: &str) -> Result<Fields<'_>, Fault> {
            Pieces::read(text, 2, None).and_then(Pieces::headers)
        }
        assert_eq!(fields("n\ncaf\u{e9}\n").ok().unwrap()[0].1, b"caf\xe9".as_slice());
        for bad in ["n\n\u{10a}\n", "n\na\rb\n", "n\n\0\n"] {
            assert!(fields(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn packed_pieces_may_hold_anything() {
        let packed = [&2u32.to_le_bytes()[..], b"\n\xff", &0u32.to_le_bytes()].concat();
        let mut pieces = Pieces::read("", 2, Some(&packed)).ok().unwrap();
        assert_eq!(pieces.bytes().ok().unwrap(), b"\n\xff");
        assert_eq!(pieces.bytes().ok().unwrap(), b"");
        assert!(Pieces::read("", 1, Some(&packed[..5])).is_err());
    }
}
