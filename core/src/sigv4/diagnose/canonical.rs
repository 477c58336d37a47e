//! A canonical request taken apart into its lines.

use zeroize::Zeroizing;

use crate::hash::sha256_hex;

/// Text that can hold a session token.
pub(super) type Text = Zeroizing<Vec<u8>>;

/// The most header lines that are told apart.
const MAX_HEADERS: usize = 512;

/// The lines of a canonical request.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Canonical {
    pub(super) method: Text,
    pub(super) path: Text,
    pub(super) query: Text,
    pub(super) headers: Vec<(Vec<u8>, Text)>,
    pub(super) signed_headers: Text,
    pub(super) payload: Text,
}

impl Canonical {
    /// Reads the text of one; `None` for what is none.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let mut lines =
            text.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let owned = |line: &[u8]| Text::new(line.to_vec());
        let (method, path, query) = (lines.next()?, lines.next()?, lines.next()?);
        if method.is_empty() || !path.starts_with(b"/") {
            return None;
        }
        let mut headers = Vec::new();
        for line in lines.by_ref().take_while(|line| !line.is_empty()).take(MAX_HEADERS) {
            let (name, value) = line.split_at_checked(memchr::memchr(b':', line)?)?;
            headers.push((name.to_ascii_lowercase(), owned(value.get(1..)?)));
        }
        let (signed_headers, payload) = (lines.next()?, lines.next()?);
        Some(Self {
            method: owned(method),
            path: owned(path),
            query: owned(query),
            headers,
            signed_headers: owned(signed_headers),
            payload: owned(payload),
        })
    }

    /// The text.
    pub(super) fn write(&self) -> Text {
        let mut out = Text::new(Vec::with_capacity(1024));
        for line in [&self.method, &self.path, &self.query] {
            out.extend_from_slice(line);
            out.push(b'\n');
        }
        for (name, value) in &self.headers {
            out.extend_from_slice(name);
            out.push(b':');
            out.extend_from_slice(value);
            out.push(b'\n');
        }
        out.push(b'\n');
        out.extend_from_slice(&self.signed_headers);
        out.push(b'\n');
        out.extend_from_slice(&self.payload);
        out
    }

    /// Its hash, as a string to sign carries it.
    pub(super) fn hash(&self) -> [u8; 64] {
        sha256_hex(&self.write())
    }

    /// The value of a header line.
    pub(super) fn header(&self, name: &[u8]) -> Option<&[u8]> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let text = b"GET\n/a\nb=c\nhost:h\nx-amz-date:d\n\nhost;x-amz-date\ne3b0";
        let read = Canonical::parse(text).unwrap();
        assert_eq!(read.write().as_slice(), text);
        assert_eq!(read.header(b"host"), Some(&b"h"[..]));
        for bad in [&b""[..], b"GET", b"GET\n/\n", b"GET\n/\n\nhost:h\n\nhost", b"GET\n/\n\nhost\n\nhost\nx"]
        {
            assert!(Canonical::parse(bad).is_none(), "{bad:?}");
        }
    }
}
