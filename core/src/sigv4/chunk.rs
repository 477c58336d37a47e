//! Reading `aws-chunked` framing with unsigned chunks, a piece at a time, in constant memory.
//!
//! ```text
//! hex-size CRLF data CRLF … 0 CRLF name:value CRLF … CRLF
//! ```
//!
//! See "Signature calculations for trailing headers" in the Amazon S3 API reference.

use super::error::BodyError;
use super::header::{is_valid_name, trim};

/// The longest line of a chunk header.
const MAX_CHUNK_LINE: usize = 4096;
/// The most bytes of all trailers together, and the most lines.
const MAX_TRAILERS: (usize, usize) = (16 * 1024, 16);

/// Follows the framing and says when it is complete; the bytes themselves stay with the caller.
pub(super) struct ChunkReader {
    state: State,
    line: Vec<u8>,
    decoded: u64,
    decoded_length: Option<u64>,
    /// Trailer names that are announced and have not come yet.
    awaited: Vec<String>,
    trailer_bytes: usize,
    trailer_lines: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Size,
    Data(u64),
    DataEnd,
    DataEndLf,
    Trailer,
    Done,
}

impl ChunkReader {
    /// `decoded_length` is `x-amz-decoded-content-length`, `announced` the names of `x-amz-trailer`.
    pub(super) fn new(decoded_length: Option<u64>, announced: Vec<String>) -> Self {
        Self {
            state: State::Size,
            line: Vec::new(),
            decoded: 0,
            decoded_length,
            awaited: announced,
            trailer_bytes: 0,
            trailer_lines: 0,
        }
    }

    /// Takes the next bytes, split anywhere.
    pub(super) fn read(&mut self, mut data: &[u8]) -> Result<(), BodyError> {
        while !data.is_empty() {
            data = match self.state {
                State::Data(left) => {
                    let here = usize::try_from(left).unwrap_or(usize::MAX).min(data.len());
                    let left = left - here as u64;
                    self.state = if left == 0 { State::DataEnd } else { State::Data(left) };
                    data.get(here..).unwrap_or_default()
                }
                State::DataEnd => {
                    self.state = State::DataEndLf;
                    data.strip_prefix(b"\r").ok_or(BodyError::Framing)?
                }
                State::DataEndLf => {
                    self.state = State::Size;
                    data.strip_prefix(b"\n").ok_or(BodyError::Framing)?
                }
                State::Size | State::Trailer => self.read_line(data)?,
                State::Done => return Err(BodyError::TrailingBytes),
            };
        }
        Ok(())
    }

    /// Whether the final chunk and all trailers have come.
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    fn read_line<'d>(&mut self, data: &'d [u8]) -> Result<&'d [u8], BodyError> {
        let end = memchr::memchr(b'\n', data);
        let (piece, rest) = match end {
            Some(at) => data.split_at_checked(at + 1).unwrap_or((data, b"")),
            None => (data, &b""[..]),
        };
        if self.line.len() + piece.len() > MAX_CHUNK_LINE {
            return Err(BodyError::TooLarge);
        }
        self.line.extend_from_slice(piece);
        if end.is_some() {
            let line = std::mem::take(&mut self.line);
            match self.state {
                State::Size => self.size(&line)?,
                _ => self.trailer(&line)?,
            }
            self.line = line;
            self.line.clear();
        }
        Ok(rest)
    }

    fn size(&mut self, line: &[u8]) -> Result<(), BodyError> {
        let digits = line.strip_suffix(b"\r\n").ok_or(BodyError::Framing)?;
        if digits.is_empty() || digits.len() > 16 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return Err(BodyError::Framing);
        }
        let size = digits.iter().try_fold(0u64, |size, digit| {
            size.checked_mul(16)?.checked_add(u64::from(char::from(*digit).to_digit(16)?))
        });
        let size = size.ok_or(BodyError::Framing)?;
        self.decoded = self.decoded.checked_add(size).ok_or(BodyError::Framing)?;
        if self.decoded_length.is_some_and(|length| self.decoded > length) {
            return Err(BodyError::DecodedLength);
        }
        self.state = if size == 0 { State::Trailer } else { State::Data(size) };
        Ok(())
    }

    fn trailer(&mut self, line: &[u8]) -> Result<(), BodyError> {
        self.trailer_bytes += line.len();
        self.trailer_lines += 1;
        if self.trailer_bytes > MAX_TRAILERS.0 || self.trailer_lines > MAX_TRAILERS.1 {
            return Err(BodyError::TooLarge);
        }
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            return self.end();
        }
        let at = memchr::memchr(b':', line).ok_or(BodyError::Framing)?;
        let name = line.get(..at).unwrap_or_default();
        let value = trim(line.get(at + 1..).unwrap_or_default());
        if !is_valid_name(name) || value.iter().any(u8::is_ascii_control) {
            return Err(BodyError::Framing);
        }
        let nth = self.awaited.iter().position(|awaited| name.eq_ignore_ascii_case(awaited.as_bytes()));
        self.awaited.swap_remove(nth.ok_or(BodyError::Trailers)?);
        Ok(())
    }

    fn end(&mut self) -> Result<(), BodyError> {
        if !self.awaited.is_empty() {
            return Err(BodyError::Trailers);
        }
        if self.decoded_length.is_some_and(|length| self.decoded != length) {
            return Err(BodyError::DecodedLength);
        }
        self.state = State::Done;
        Ok(())
    }
}
