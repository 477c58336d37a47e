//! A body on its way from the client to AWS: checked as it flows, its last byte held back until it is right.

use sha2::{Digest, Sha256};

use super::chunk::ChunkReader;
use super::error::{BodyError, ResignError};
use super::header::trim;
use super::payload::{DeclaredPayload, PayloadLine};
use super::request::Headers;
use super::verify::Verified;

/// Bytes in, bytes out, the same in number, split anywhere, in constant memory.
///
/// What was pushed comes out, save the very last byte, which [`BodyResigner::finish`] gives once the body is
/// shown to be the one that was signed. On an error nothing more must be sent: the receiver then sees a body
/// that is too short, and keeps none of it.
///
/// ```
/// # use awsaccess::{credentials::Credentials, secret::Secret, sigv4::*, time::Time};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let now = Time::from_unix(1_440_938_160);
/// # let keys = Credentials::new("AKIDEXAMPLE", "placeholder");
/// # let scope = Scope::new("us-east-1", "s3");
/// # let headers = [("Host", "b.s3.amazonaws.com")];
/// # let request = Request::new("PUT", "/key", &headers);
/// # let signed = sign(&request, Payload::Bytes(b"hello"), &keys, &scope, &Settings::default(), now)?;
/// # let headers = signed.apply(&request);
/// # let request = Request::new("PUT", "/key", &headers);
/// # let real = Credentials::new("AKIAREAL", "real");
/// let claim = Claim::parse(&request, &Policy::default(), now)?;
/// let verified = claim.verify(&Secret::new("placeholder"), Payload::Declared)?;
/// let mut body = resign(verified, &Upstream::new("b.s3.amazonaws.com"), &real, now)?.body;
/// assert_eq!(body.push(b"hel")?, b"he");
/// assert_eq!(body.push(b"lo")?, b"ll");
/// assert_eq!(body.finish()?, b"o");
/// # Ok(())
/// # }
/// ```
pub struct BodyResigner {
    check: Check,
    held: Option<u8>,
}

enum Check {
    /// The client did not sign the body.
    None,
    Hash {
        hasher: Sha256,
        expected: [u8; 32],
    },
    Chunks(ChunkReader),
    /// An error was given; nothing follows.
    Refused,
}

impl BodyResigner {
    /// The way for the body of a verified request.
    ///
    /// # Errors
    /// [`ResignError::Payload`] for a body that is signed piece by piece.
    pub(super) fn of(verified: &Verified) -> Result<Self, ResignError> {
        let check = match (verified.payload(), verified.line) {
            (DeclaredPayload::Streaming(kind), _) => return Err(ResignError::Payload(kind.as_str())),
            (DeclaredPayload::StreamingUnsignedTrailer, _) => {
                let request = verified.request();
                let headers = request.headers();
                Check::Chunks(ChunkReader::new(decoded_length(headers), announced(headers)))
            }
            (_, PayloadLine::Literal(_)) => Check::None,
            (_, PayloadLine::Hash(hex)) => {
                Check::Hash { hasher: Sha256::new(), expected: super::key::unhex(&hex).unwrap_or_default() }
            }
        };
        Ok(Self { check, held: None })
    }

    /// Takes the next bytes and gives those that may be sent.
    ///
    /// # Errors
    /// [`BodyError`] as soon as the body is seen not to be what was signed.
    pub fn push(&mut self, data: &[u8]) -> Result<Vec<u8>, BodyError> {
        let mut out = Vec::with_capacity(data.len() + 1);
        self.push_into(data, &mut out)?;
        Ok(out)
    }

    /// As [`BodyResigner::push`], appending to a buffer that can be used again.
    ///
    /// # Errors
    /// As [`BodyResigner::push`]; `out` is then as it was.
    pub fn push_into(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<(), BodyError> {
        let checked = match &mut self.check {
            Check::None => {
                out.extend_from_slice(data);
                return Ok(());
            }
            Check::Hash { hasher, .. } => {
                hasher.update(data);
                Ok(())
            }
            Check::Chunks(reader) => reader.read(data),
            Check::Refused => Err(BodyError::Refused),
        };
        if let Err(error) = checked {
            self.check = Check::Refused;
            return Err(error);
        }
        if let Some((&last, rest)) = data.split_last() {
            out.extend(self.held.replace(last));
            out.extend_from_slice(rest);
        }
        Ok(())
    }

    /// Ends the body, and gives the byte that was held back.
    ///
    /// # Errors
    /// [`BodyError`] if the body is not what was signed; its last byte is then never given.
    pub fn finish(self) -> Result<Vec<u8>, BodyError> {
        match self.check {
            Check::None => {}
            Check::Hash { hasher, expected } => {
                if <[u8; 32]>::from(hasher.finalize()) != expected {
                    return Err(BodyError::HashMismatch);
                }
            }
            Check::Chunks(reader) => {
                if !reader.is_done() {
                    return Err(BodyError::Truncated);
                }
            }
            Check::Refused => return Err(BodyError::Refused),
        }
        Ok(self.held.into_iter().collect())
    }
}

fn decoded_length(headers: Headers<'_>) -> Option<u64> {
    std::str::from_utf8(trim(headers.first("x-amz-decoded-content-length")?)).ok()?.parse().ok()
}

/// The names that `x-amz-trailer` lists, over all its occurrences.
fn announced(headers: Headers<'_>) -> Vec<String> {
    let mut names = Vec::new();
    headers.each(|name, value| {
        if name.eq_ignore_ascii_case(b"x-amz-trailer") {
            let listed = value.split(|&byte| byte == b',').map(trim).filter(|name| !name.is_empty());
            names.extend(listed.map(|name| String::from_utf8_lossy(name).to_ascii_lowercase()));
        }
    });
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(decoded: Option<u64>, names: &[&str]) -> BodyResigner {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        BodyResigner { check: Check::Chunks(ChunkReader::new(decoded, names)), held: None }
    }

    fn run(mut body: BodyResigner, pieces: &[&[u8]]) -> Result<Vec<u8>, (Vec<u8>, BodyError)> {
        let mut out = Vec::new();
        for piece in pieces {
            if let Err(error) = body.push_into(piece, &mut out) {
                return Err((out, error));
            }
        }
        match body.finish() {
            Ok(last) => Ok([out, last].concat()),
            Err(error) => Err((out, error)),
        }
    }

    const BODY: &[u8] = b"5\r\nhello\r\nA\r\n0123456789\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n";

    #[test]
    fn framing_passes_unchanged_however_it_is_split() {
        for at in 0..=BODY.len() {
            let (a, b) = BODY.split_at(at);
            let out = run(framed(Some(15), &["x-amz-checksum-crc32"]), &[a, b]).unwrap();
            assert_eq!(out, BODY);
        }
        let bytes: Vec<&[u8]> = BODY.chunks(1).collect();
        assert_eq!(run(framed(Some(15), &["x-amz-checksum-crc32"]), &bytes).unwrap(), BODY);
    }

    #[test]
    fn truncation_at_every_byte_keeps_the_end_back() {
        for at in 0..BODY.len() {
            let (sent, error) = run(framed(Some(15), &["x-amz-checksum-crc32"]), &[&BODY[..at]]).unwrap_err();
            assert_eq!(error, BodyError::Truncated);
            assert!(sent.len() < at.max(1));
        }
    }

    #[test]
    fn broken_framing_is_named() {
        let cases: [(&[u8], BodyError); 10] = [
            (b"5\r\nhelloX\r\n", BodyError::Framing),
            (b"5\nhello\r\n0\r\n\r\n", BodyError::Framing),
            (b"g\r\n", BodyError::Framing),
            (b"\r\n", BodyError::Framing),
            (b"5;chunk-signature=00\r\n", BodyError::Framing),
            (b"fffffffffffffffff\r\n", BodyError::Framing),
            (b"6\r\n", BodyError::DecodedLength),
            (b"4\r\nhell\r\n0\r\n\r\n", BodyError::DecodedLength),
            (b"5\r\nhello\r\n0\r\nx-amz-meta-evil:1\r\n\r\n", BodyError::Trailers),
            (b"5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n", BodyError::TrailingBytes),
        ];
        for (body, expected) in cases {
            let (_, error) = run(framed(Some(5), &[]), &[body]).unwrap_err();
            assert_eq!(error, expected, "{}", String::from_utf8_lossy(body));
        }
        let stripped = b"5\r\nhello\r\n0\r\n\r\n";
        assert_eq!(
            run(framed(Some(5), &["x-amz-checksum-crc32"]), &[stripped]).unwrap_err().1,
            BodyError::Trailers
        );
        let long = vec![b'0'; 5000];
        assert_eq!(run(framed(None, &[]), &[&long]).unwrap_err().1, BodyError::TooLarge);
    }

    #[test]
    fn a_wrong_hash_keeps_the_last_byte_back() {
        let body = || BodyResigner {
            check: Check::Hash { hasher: Sha256::new(), expected: Sha256::digest(b"hello").into() },
            held: None,
        };
        assert_eq!(run(body(), &[b"he", b"", b"llo"]).unwrap(), b"hello");
        for wrong in [&b"hellO"[..], b"hell", b"hello!"] {
            let (sent, error) = run(body(), &[wrong]).unwrap_err();
            assert_eq!((sent.len(), error), (wrong.len() - 1, BodyError::HashMismatch));
        }
        assert_eq!(run(body(), &[]).unwrap_err().1, BodyError::HashMismatch);
    }
}
