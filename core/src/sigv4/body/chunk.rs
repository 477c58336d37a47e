//! Reading `aws-chunked` framing a piece at a time.
//!
//! ```text
//! unsigned   hex-size CRLF data CRLF … 0 CRLF name:value CRLF … CRLF
//! signed     hex-size;chunk-signature=hex CRLF data CRLF … 0;chunk-signature=hex CRLF
//!            name:value CRLF … x-amz-trailer-signature:hex CRLF CRLF
//! ```
//!
//! See "Signature calculations for the authorization header: transferring payload in multiple chunks" and
//! "Signature calculations for trailing headers" in the Amazon S3 API reference.

use super::checksum::Checksums;
use super::held::Held;
use super::signed::{MAX_CHUNK, SignedChunks};
use super::trailer::{Line, SIGNATURE, Trailers};
use crate::sigv4::error::BodyError;

/// The longest line of a chunk header.
const MAX_CHUNK_LINE: usize = 4096;

/// Follows the framing, checks what can be checked, and says when it is complete. Unsigned bytes stay with the
/// caller; signed ones are taken, and given back signed again.
pub(super) struct ChunkReader {
    state: State,
    line: Vec<u8>,
    decoded: u64,
    decoded_length: Option<u64>,
    trailers: Trailers,
    checksums: Checksums,
    signed: Option<SignedChunks>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Size,
    Data(u64),
    DataEnd,
    DataEndLf,
    Trailer,
    /// An empty line came before the signature of the trailers, as minio-go writes it.
    TrailerSignature,
    Done,
}

impl ChunkReader {
    /// `decoded_length` is `x-amz-decoded-content-length`, `announced` the names of `x-amz-trailer`.
    pub(super) fn new(
        decoded_length: Option<u64>,
        announced: Vec<String>,
        signed: Option<SignedChunks>,
    ) -> Self {
        Self {
            state: State::Size,
            line: Vec::new(),
            decoded: 0,
            decoded_length,
            checksums: Checksums::of(&announced),
            trailers: Trailers::new(announced),
            signed,
        }
    }

    /// Leaves the checksums in the trailers to the receiver.
    pub(super) fn skip_checksums(&mut self) {
        self.checksums = Checksums::default();
    }

    /// Takes the next bytes, split anywhere.
    pub(super) fn read(&mut self, mut data: &[u8]) -> Result<(), BodyError> {
        while !data.is_empty() {
            data = match self.state {
                State::Data(left) => self.data(left, data)?,
                State::DataEnd => self.expect(b"\r", data, State::DataEndLf)?,
                State::DataEndLf => {
                    let rest = self.expect(b"\n", data, State::Size)?;
                    self.signed.as_mut().map(SignedChunks::chunk_end);
                    rest
                }
                State::Size | State::Trailer | State::TrailerSignature => self.read_line(data)?,
                State::Done => return Err(BodyError::TrailingBytes),
            };
        }
        Ok(())
    }

    /// What is held of signed chunks.
    pub(super) fn held(&mut self) -> Option<&mut Held> {
        self.signed.as_mut().map(SignedChunks::held)
    }

    /// The body has ended: gives what is still held of signed chunks.
    pub(super) fn finish(self) -> Result<Vec<u8>, BodyError> {
        match self.state {
            State::Done => Ok(self.signed.map(SignedChunks::into_bytes).unwrap_or_default()),
            State::TrailerSignature if self.line.is_empty() => Err(BodyError::TrailerSignature),
            _ => Err(BodyError::Truncated),
        }
    }

    fn data<'d>(&mut self, left: u64, data: &'d [u8]) -> Result<&'d [u8], BodyError> {
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(data.len());
        let (here, rest) = data.split_at_checked(here).unwrap_or((data, b""));
        self.checksums.update(here);
        let left = left - here.len() as u64;
        if let Some(signed) = &mut self.signed {
            signed.data(here);
            if left == 0 {
                signed.data_end()?;
            }
        }
        self.state = if left == 0 { State::DataEnd } else { State::Data(left) };
        Ok(rest)
    }

    fn expect<'d>(&mut self, what: &[u8], data: &'d [u8], then: State) -> Result<&'d [u8], BodyError> {
        let rest = data.strip_prefix(what).ok_or(BodyError::Framing)?;
        if let Some(signed) = &mut self.signed {
            signed.copy(what);
        }
        self.state = then;
        Ok(rest)
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
        let digits = match &mut self.signed {
            Some(signed) => signed.header(line)?,
            None => line.strip_suffix(b"\r\n").ok_or(BodyError::Framing)?,
        };
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
        if let Some(signed) = &mut self.signed {
            if size > MAX_CHUNK {
                return Err(BodyError::PieceTooLarge);
            }
            if size == 0 {
                signed.data_end()?;
            }
        }
        self.state = if size == 0 { State::Trailer } else { State::Data(size) };
        Ok(())
    }

    fn trailer(&mut self, line: &[u8]) -> Result<(), BodyError> {
        match self.trailers.read(line)? {
            Line::End => self.end(line),
            Line::Field { name, value } => self.field(line, name, value),
        }
    }

    fn field(&mut self, line: &[u8], name: &[u8], value: &[u8]) -> Result<(), BodyError> {
        if let Some(signed) = &mut self.signed {
            if !signed.has_trailer() || signed.trailer_is_signed() {
                return Err(BodyError::Trailers);
            }
            if name.eq_ignore_ascii_case(SIGNATURE.as_bytes()) {
                self.state = State::Trailer;
                return signed.trailer_signature(line, value, &mut self.trailers.canonical);
            }
            if self.state == State::TrailerSignature {
                return Err(BodyError::Trailers);
            }
            signed.copy(line);
        }
        self.trailers.take(name, value)?;
        self.checksums.check(name, value)
    }

    fn end(&mut self, line: &[u8]) -> Result<(), BodyError> {
        if !self.trailers.are_complete() {
            return Err(BodyError::Trailers);
        }
        if self.decoded_length.is_some_and(|length| self.decoded != length) {
            return Err(BodyError::DecodedLength);
        }
        let unsigned_trailer = match &mut self.signed {
            Some(signed) => {
                signed.copy(line);
                signed.has_trailer() && !signed.trailer_is_signed()
            }
            None => false,
        };
        self.state = match (unsigned_trailer, self.state) {
            (false, _) => State::Done,
            (true, State::Trailer) => State::TrailerSignature,
            (true, _) => return Err(BodyError::TrailerSignature),
        };
        Ok(())
    }
}
