//! Framing and signing a body chunk by chunk, as a client does.

use sha2::{Digest, Sha256};

use super::chain::{Chain, Piece};
use super::signed::MAX_CHUNK;
use super::trailer::SIGNATURE;
use crate::sigv4::error::SignError;
use crate::sigv4::header::{canonical_value, is_valid_name};
use crate::sigv4::signature::piece_width;

/// The smallest chunk that S3 takes, the last one excepted.
const MIN_CHUNK: usize = 8 * 1024;
const DEFAULT_CHUNK: usize = 64 * 1024;

/// Frames a body as `aws-chunked` and signs each chunk; comes from
/// [`Signed::chunk_signer`](crate::sigv4::Signed::chunk_signer).
///
/// The request must say `x-amz-decoded-content-length`, and `x-amz-trailer` for what [`ChunkSigner::finish`] is
/// given; both are signed with it. It holds a key, wiped on drop.
///
/// ```
/// # use awsaccess::{credentials::Credentials, sigv4::*, time::Time};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let now = Time::from_unix(1_440_938_160);
/// # let keys = Credentials::new("AKIDEXAMPLE", "secret");
/// # let scope = Scope::new("us-east-1", "s3");
/// let headers = [
///     ("Host", "b.s3.amazonaws.com"),
///     ("Content-Encoding", "aws-chunked"),
///     ("X-Amz-Decoded-Content-Length", "5"),
///     ("X-Amz-Trailer", "x-amz-checksum-crc32"),
/// ];
/// let request = Request::new("PUT", "/key", &headers);
/// let payload = Payload::Streaming(Streaming::ChunksTrailer);
/// let signed = sign(&request, payload, &keys, &scope, &Settings::default(), now)?;
/// let mut chunks = signed.chunk_signer().ok_or("not chunked")?;
/// let length = chunks.framed_length(5, &[("x-amz-checksum-crc32", 8)]);
/// let mut body = chunks.push(b"hello");
/// body.extend(chunks.finish(&[("x-amz-checksum-crc32", "NhCmhg==")])?);
/// assert!(body.starts_with(b"5;chunk-signature="));
/// assert_eq!(body.len() as u64, length);
/// # Ok(())
/// # }
/// ```
pub struct ChunkSigner {
    chain: Chain,
    chunk_size: usize,
    chunk: Vec<u8>,
}

impl ChunkSigner {
    pub(in crate::sigv4) const fn new(chain: Chain) -> Self {
        Self { chain, chunk_size: DEFAULT_CHUNK, chunk: Vec::new() }
    }

    /// How many bytes go into a chunk, at least 8 KiB and at most 16 MiB. 64 KiB if nothing is said.
    #[must_use]
    pub fn with_chunk_size(mut self, bytes: usize) -> Self {
        self.chunk_size = bytes.clamp(MIN_CHUNK, usize::try_from(MAX_CHUNK).unwrap_or(usize::MAX));
        self
    }

    /// The `Content-Length` of a body of so many bytes, with trailers of these names and lengths.
    #[must_use]
    pub fn framed_length(&self, decoded: u64, trailers: &[(&str, usize)]) -> u64 {
        let size = self.chunk_size as u64;
        let (full, rest) = (decoded / size, decoded % size);
        let width = piece_width(self.chain.algorithm());
        let chunk = |size: u64| digits(size) + (";chunk-signature=".len() + width + 4) as u64 + size;
        let mut length = full.saturating_mul(chunk(size)).saturating_add(chunk(0));
        if rest > 0 {
            length = length.saturating_add(chunk(rest));
        }
        for (name, value) in trailers {
            length = length.saturating_add((name.len() + 1 + value + 2) as u64);
        }
        if self.chain.kind().has_trailer() {
            length = length.saturating_add((SIGNATURE.len() + 1 + width + 2) as u64);
        }
        length
    }

    /// Takes the next bytes, and gives the chunks that they complete.
    pub fn push(&mut self, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(data.len() + 128);
        self.push_into(data, &mut out);
        out
    }

    /// As [`ChunkSigner::push`], appending to a buffer that can be used again.
    pub fn push_into(&mut self, mut data: &[u8], out: &mut Vec<u8>) {
        while !data.is_empty() {
            if self.chunk.is_empty()
                && let Some((whole, rest)) = data.split_at_checked(self.chunk_size)
            {
                self.write(whole, out);
                data = rest;
                continue;
            }
            let room = self.chunk_size - self.chunk.len();
            let (piece, rest) = data.split_at_checked(room).unwrap_or((data, b""));
            self.chunk.extend_from_slice(piece);
            data = rest;
            if self.chunk.len() == self.chunk_size {
                self.flush(out);
            }
        }
    }

    /// Ends the body with its final chunk and its trailers, given as names and values.
    ///
    /// # Errors
    /// [`SignError::Trailer`] for a trailer that is no header field, or where the payload was signed as one
    /// without trailers.
    pub fn finish(mut self, trailers: &[(&str, &str)]) -> Result<Vec<u8>, SignError> {
        let mut out = Vec::new();
        if !self.chunk.is_empty() {
            self.flush(&mut out);
        }
        self.write_header(b"", &mut out);
        let has_trailer = self.chain.kind().has_trailer();
        let mut lines = Vec::with_capacity(trailers.len());
        for (name, value) in trailers {
            if !has_trailer
                || !is_valid_name(name.as_bytes())
                || value.bytes().any(|byte| byte.is_ascii_control())
            {
                return Err(SignError::Trailer((*name).to_owned()));
            }
            let mut line = name.to_ascii_lowercase().into_bytes();
            line.push(b':');
            canonical_value(&mut line, value.as_bytes());
            lines.push(line);
        }
        if has_trailer {
            lines.sort_unstable();
            let mut canonical = Vec::new();
            for line in &lines {
                canonical.extend_from_slice(line);
                canonical.push(b'\n');
                out.extend_from_slice(line);
                out.extend_from_slice(b"\r\n");
            }
            out.extend_from_slice(SIGNATURE.as_bytes());
            out.push(b':');
            self.write_signature(&Piece::trailers(&canonical), &mut out);
        }
        out.extend_from_slice(b"\r\n");
        Ok(out)
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        let chunk = std::mem::take(&mut self.chunk);
        self.write(&chunk, out);
        self.chunk = chunk;
        self.chunk.clear();
    }

    fn write(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        self.write_header(chunk, out);
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
    }

    fn write_header(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(format!("{:x};chunk-signature=", chunk.len()).as_bytes());
        self.write_signature(&Piece::chunk(&Sha256::digest(chunk).into()), out);
    }

    fn write_signature(&mut self, piece: &Piece, out: &mut Vec<u8>) {
        let signature = self.chain.sign(piece);
        out.extend_from_slice(signature.as_piece(self.chain.algorithm()));
        out.extend_from_slice(b"\r\n");
    }
}

/// How many hexadecimal digits a size has.
const fn digits(size: u64) -> u64 {
    let bits = 64 - size.leading_zeros() as u64;
    if bits == 0 { 1 } else { bits.div_ceil(4) }
}
