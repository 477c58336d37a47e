//! A body on its way from the client to AWS: checked as it flows, its last byte held back until it is right.

mod chain;
mod checksum;
mod chunk;
mod event;
mod held;
mod signed;
mod signer;
mod trailer;

use sha2::{Digest, Sha256};

use self::chain::Chains;
use self::chunk::ChunkReader;
use self::event::EventReader;
use self::held::Held;
use self::signed::SignedChunks;
use super::error::{BodyError, ResignError};
use super::header::trim;
use super::payload::{DeclaredPayload, PayloadLine, Streaming};
use super::request::Headers;
use super::verify::Verified;

pub(crate) use self::chain::Chain;
pub use self::checksum::Checksum;
pub use self::event::EventSigner;
pub use self::signer::ChunkSigner;

/// Bytes in, bytes out, the same in number, split anywhere, in constant memory.
///
/// What was pushed comes out, save the very last byte, which [`BodyResigner::finish`] gives once the body is
/// shown to be the one that was signed. On an error nothing more must be sent: the receiver then sees a body
/// that is too short, and keeps none of it.
///
/// A body that is signed chunk by chunk, or message by message, comes out signed again: each piece is held (16 MiB
/// at most) until its signature is right and leaves with the new one in its place; the final piece and the trailers
/// leave with [`BodyResigner::finish`]. The data is hashed once for both signatures.
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
    /// The last byte of what is passed on as it comes.
    last: Option<u8>,
}

enum Check {
    /// The client did not sign the body.
    None,
    Hash {
        hasher: Sha256,
        expected: [u8; 32],
    },
    Chunks(Box<ChunkReader>),
    Events(Box<EventReader>),
    /// An error was given; nothing follows.
    Refused,
}

impl BodyResigner {
    /// The way for the body of a verified request; `to` is the chain that the outgoing request's signature begins.
    ///
    /// # Errors
    /// [`ResignError::Payload`] for a body that is signed piece by piece in a way that is not signed again,
    /// [`ResignError::HeadFirst`] for one whose outgoing chain is not begun, and [`ResignError::DecodedLength`].
    pub(super) fn of(
        verified: &Verified,
        headers: Headers<'_>,
        to: Option<Chain>,
    ) -> Result<Self, ResignError> {
        let chunks = |signed| -> Result<Check, ResignError> {
            let reader = ChunkReader::new(decoded_length(headers)?, announced(headers), signed);
            Ok(Check::Chunks(Box::new(reader)))
        };
        let check = match (verified.payload(), verified.line) {
            (DeclaredPayload::Streaming(kind), _) => {
                let from = verified.chain.as_deref().cloned().ok_or(ResignError::Payload(kind.as_str()))?;
                let chains = Chains::new(from, to.ok_or(ResignError::HeadFirst(kind.as_str()))?);
                match kind {
                    Streaming::Events => Check::Events(Box::new(EventReader::new(chains))),
                    _ => chunks(Some(SignedChunks::new(chains)))?,
                }
            }
            (DeclaredPayload::StreamingUnsignedTrailer, _) => chunks(None)?,
            (_, PayloadLine::Literal(_)) => Check::None,
            (_, PayloadLine::Hash(hex)) => {
                Check::Hash { hasher: Sha256::new(), expected: crate::hash::unhex(&hex).unwrap_or_default() }
            }
        };
        Ok(Self { check, last: None })
    }

    /// Leaves the checksums in trailers (`x-amz-checksum-…`) to the receiver; else those that are announced and known
    /// are checked on the way.
    #[must_use]
    pub fn without_checksums(mut self) -> Self {
        if let Check::Chunks(reader) = &mut self.check {
            reader.skip_checksums();
        }
        self
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
            Check::Events(reader) => reader.read(data),
            Check::Refused => Err(BodyError::Refused),
        };
        if let Err(error) = checked {
            self.check = Check::Refused;
            return Err(error);
        }
        if let Some(held) = self.check.held() {
            held.release(out);
        } else if let Some((&last, rest)) = data.split_last() {
            out.extend(self.last.replace(last));
            held::append(out, rest);
        }
        Ok(())
    }

    /// Ends the body, and gives what was held back.
    ///
    /// # Errors
    /// [`BodyError`] if the body is not what was signed; its end is then never given.
    pub fn finish(self) -> Result<Vec<u8>, BodyError> {
        let mut held = match self.check {
            Check::None => Vec::new(),
            Check::Hash { hasher, expected } => {
                if <[u8; 32]>::from(hasher.finalize()) != expected {
                    return Err(BodyError::HashMismatch);
                }
                Vec::new()
            }
            Check::Chunks(reader) => reader.finish()?,
            Check::Events(reader) => reader.finish()?,
            Check::Refused => return Err(BodyError::Refused),
        };
        held.extend(self.last);
        Ok(held)
    }
}

impl Check {
    /// What is held of a body that is signed again; `None` for one that passes as it comes.
    fn held(&mut self) -> Option<&mut Held> {
        match self {
            Self::Chunks(reader) => reader.held(),
            Self::Events(reader) => Some(reader.held()),
            _ => None,
        }
    }
}

/// What `x-amz-decoded-content-length` says, where it is there.
fn decoded_length(headers: Headers<'_>) -> Result<Option<u64>, ResignError> {
    let Some(value) = headers.first("x-amz-decoded-content-length").map(trim) else { return Ok(None) };
    let text = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    text.and_then(|text| text.parse().ok()).map(Some).ok_or(ResignError::DecodedLength)
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
mod tests;
