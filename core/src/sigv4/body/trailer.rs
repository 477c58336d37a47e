//! The trailers of an `aws-chunked` body: those announced, each once, and no others.

use crate::sigv4::error::BodyError;
use crate::sigv4::header::{canonical_value, is_valid_name, trim};

/// The most bytes of all trailers together, and the most lines.
const MAX_TRAILERS: (usize, usize) = (16 * 1024, 16);

/// The name of the trailer that signs the others.
pub(super) const SIGNATURE: &str = "x-amz-trailer-signature";

/// A trailer line, read.
pub(super) enum Line<'l> {
    /// An empty line.
    End,
    Field {
        name: &'l [u8],
        value: &'l [u8],
    },
}

/// The trailers so far.
pub(super) struct Trailers {
    /// Names that are announced and have not come yet.
    awaited: Vec<String>,
    bytes: usize,
    lines: usize,
    /// `name:value\n` of those that came, in order.
    pub(super) canonical: Vec<Vec<u8>>,
}

impl Trailers {
    pub(super) const fn new(announced: Vec<String>) -> Self {
        Self { awaited: announced, bytes: 0, lines: 0, canonical: Vec::new() }
    }

    /// Reads a line, its end included: CRLF, or the LF alone that some clients write here.
    pub(super) fn read<'l>(&mut self, line: &'l [u8]) -> Result<Line<'l>, BodyError> {
        self.bytes += line.len();
        self.lines += 1;
        if self.bytes > MAX_TRAILERS.0 || self.lines > MAX_TRAILERS.1 {
            return Err(BodyError::TooLarge);
        }
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // Nobody writes blanks there, and an altered CR would look like one.
        if line.ends_with(b" ") {
            return Err(BodyError::Framing);
        }
        if line.is_empty() {
            return Ok(Line::End);
        }
        let at = memchr::memchr(b':', line).ok_or(BodyError::Framing)?;
        let name = line.get(..at).unwrap_or_default();
        let value = line.get(at + 1..).unwrap_or_default();
        if !is_valid_name(name) || value.iter().any(u8::is_ascii_control) {
            return Err(BodyError::Framing);
        }
        Ok(Line::Field { name, value: trim(value) })
    }

    /// Takes a field that must be awaited.
    pub(super) fn take(&mut self, name: &[u8], value: &[u8]) -> Result<(), BodyError> {
        let nth = self.awaited.iter().position(|awaited| name.eq_ignore_ascii_case(awaited.as_bytes()));
        self.awaited.swap_remove(nth.ok_or(BodyError::Trailers)?);
        let mut canonical = name.to_ascii_lowercase();
        canonical.push(b':');
        canonical_value(&mut canonical, value);
        canonical.push(b'\n');
        self.canonical.push(canonical);
        Ok(())
    }

    /// Whether all that were announced have come.
    pub(super) const fn are_complete(&self) -> bool {
        self.awaited.is_empty()
    }
}
