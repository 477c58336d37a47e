//! Event streams that are signed message by message.
//!
//! ```text
//! total length │ headers length │ CRC of these │ headers │ payload │ CRC of all
//!      u32     │       u32      │     u32      │         │         │    u32
//! ```
//!
//! The headers of a signed message are `:date` and `:chunk-signature`; its payload is the message that the client
//! means, or nothing in the last one. See "Amazon Transcribe streaming: event stream encoding" in the developer
//! guide of Amazon Transcribe, and the event stream specification of Smithy.

use super::chain::{Chain, Chains, Piece};
use super::checksum::crc32;
use super::held::Held;
use crate::hash::unhex;
use crate::sigv4::error::BodyError;
use crate::sigv4::signature::Signature;
use crate::time::Time;

/// The largest message: it must be held whole.
pub(super) const MAX_MESSAGE: usize = 16 * 1024 * 1024;
/// The largest headers of a message, as the services have it.
const MAX_HEADERS: usize = 128 * 1024;
/// Two lengths and their CRC.
const PRELUDE: usize = 12;
/// What a message has beside its headers and its payload.
const OVERHEAD: usize = PRELUDE + 4;
/// What `:date` and `:chunk-signature` take.
const SIGNED_HEADERS: usize = 15 + 52;

const DATE: &[u8] = b":date";
const SIGNATURE: &[u8] = b":chunk-signature";
/// The types of header values that a signed message has.
const BYTES: u8 = 6;
const TIMESTAMP: u8 = 8;

/// Reads messages a piece at a time; each leaves, signed again, when its signature is seen right.
pub(super) struct EventReader {
    chains: Chains,
    held: Held,
    done: bool,
}

impl EventReader {
    pub(super) fn new(chains: Chains) -> Self {
        Self { chains, held: Held::default(), done: false }
    }

    /// Takes the next bytes, split anywhere.
    pub(super) fn read(&mut self, mut data: &[u8]) -> Result<(), BodyError> {
        while !data.is_empty() {
            if self.done {
                return Err(BodyError::TrailingBytes);
            }
            let pending = self.held.pending();
            let total = if pending.len() < PRELUDE { PRELUDE } else { Prelude::read(pending)?.total };
            let (piece, rest) = data.split_at_checked(total - pending.len()).unwrap_or((data, b""));
            self.held.push(piece);
            data = rest;
            match Prelude::read(self.held.pending()) {
                Ok(prelude) if prelude.total == self.held.pending().len() => self.message(&prelude)?,
                Err(error) if self.held.pending().len() >= PRELUDE => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    /// What is held.
    pub(super) const fn held(&mut self) -> &mut Held {
        &mut self.held
    }

    /// The body has ended: gives the last message.
    pub(super) fn finish(self) -> Result<Vec<u8>, BodyError> {
        if self.done { Ok(self.held.into_bytes()) } else { Err(BodyError::Truncated) }
    }

    fn message(&mut self, prelude: &Prelude) -> Result<(), BodyError> {
        let message = self.held.pending();
        let (body, crc) = message.split_last_chunk::<4>().ok_or(BodyError::Event)?;
        if crc32(body) != u32::from_be_bytes(*crc) {
            return Err(BodyError::Event);
        }
        let rest = body.get(PRELUDE..).ok_or(BodyError::Event)?;
        let (headers, payload) = rest.split_at_checked(prelude.headers).ok_or(BodyError::Event)?;
        let signed = Headers::read(headers)?;
        let next = self.chains.event(signed.at, signed.date, payload, &Signature::V4(signed.signature))?;
        let next = unhex(&next).ok_or(BodyError::Event)?;
        self.done = payload.is_empty();

        let place = PRELUDE + signed.place;
        let message = self.held.pending_mut();
        let (body, crc) = message.split_last_chunk_mut::<4>().ok_or(BodyError::Event)?;
        let old = body.get_mut(place..).unwrap_or_default();
        old.iter_mut().zip(next).for_each(|(old, new)| *old = new);
        *crc = crc32(body).to_be_bytes();
        if !self.done {
            self.held.free();
        }
        Ok(())
    }
}

/// The beginning of a message.
struct Prelude {
    total: usize,
    headers: usize,
}

impl Prelude {
    fn read(message: &[u8]) -> Result<Self, BodyError> {
        let (lengths, rest) = message.split_first_chunk::<8>().ok_or(BodyError::Event)?;
        let (crc, _) = rest.split_first_chunk::<4>().ok_or(BodyError::Event)?;
        if crc32(lengths) != u32::from_be_bytes(*crc) {
            return Err(BodyError::Event);
        }
        let [a, b, c, d, e, f, g, h] = *lengths;
        let total =
            usize::try_from(u32::from_be_bytes([a, b, c, d])).map_err(|_| BodyError::PieceTooLarge)?;
        let headers =
            usize::try_from(u32::from_be_bytes([e, f, g, h])).map_err(|_| BodyError::PieceTooLarge)?;
        if total > MAX_MESSAGE || headers > MAX_HEADERS {
            return Err(BodyError::PieceTooLarge);
        }
        if headers + OVERHEAD > total {
            return Err(BodyError::Event);
        }
        Ok(Self { total, headers })
    }
}

/// The two headers of a signed message.
struct Headers<'m> {
    /// The header `:date`, as it is encoded.
    date: &'m [u8],
    at: Time,
    signature: [u8; 32],
    /// Where the signature stands.
    place: usize,
}

impl<'m> Headers<'m> {
    /// Reads `:date` and `:chunk-signature`, in either order, each once, and nothing else: what else there were
    /// would not be signed.
    fn read(headers: &'m [u8]) -> Result<Self, BodyError> {
        let (mut date, mut signature) = (None, None);
        let mut rest = headers;
        while let Some((&length, after)) = rest.split_first() {
            let (name, after) = after.split_at_checked(usize::from(length)).ok_or(BodyError::Event)?;
            let (&kind, after) = after.split_first().ok_or(BodyError::Event)?;
            rest = match (name, kind) {
                (DATE, TIMESTAMP) if date.is_none() => {
                    let (millis, after) = after.split_first_chunk::<8>().ok_or(BodyError::Event)?;
                    let millis = i64::from_be_bytes(*millis);
                    let at = Time::from_unix_millis(millis);
                    if at.unix_millis() != millis {
                        return Err(BodyError::Event);
                    }
                    let encoded = rest.get(..rest.len() - after.len()).ok_or(BodyError::Event)?;
                    date = Some((encoded, at));
                    after
                }
                (SIGNATURE, BYTES) if signature.is_none() => {
                    let (length, after) = after.split_first_chunk::<2>().ok_or(BodyError::Event)?;
                    let place = headers.len() - after.len();
                    let (given, after) = after.split_first_chunk::<32>().ok_or(BodyError::Event)?;
                    if u16::from_be_bytes(*length) != 32 {
                        return Err(BodyError::Event);
                    }
                    signature = Some((*given, place));
                    after
                }
                _ => return Err(BodyError::Event),
            };
        }
        let (Some((date, at)), Some((signature, place))) = (date, signature) else {
            return Err(BodyError::Event);
        };
        Ok(Self { date, at, signature, place })
    }
}

/// Signs the messages of an event stream for a client; comes from
/// [`Signed::event_signer`](crate::sigv4::Signed::event_signer).
///
/// ```
/// # use awsaccess::{credentials::Credentials, sigv4::*, time::Time};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let now = Time::from_unix(1_800_000_000);
/// # let keys = Credentials::new("AKIDEXAMPLE", "secret");
/// # let scope = Scope::new("us-east-1", "transcribe");
/// # let headers = [("Host", "transcribestreaming.us-east-1.amazonaws.com")];
/// # let request = Request::new("POST", "/stream-transcription", &headers);
/// let payload = Payload::Streaming(Streaming::Events);
/// let signed = sign(&request, payload, &keys, &scope, &Settings::default(), now)?;
/// let mut events = signed.event_signer().ok_or("not an event stream")?;
/// let first = events.sign(b"an encoded message", now)?;
/// let last = events.finish(now)?;
/// assert_eq!((first.len(), last.len()), (101, 83));
/// # Ok(())
/// # }
/// ```
pub struct EventSigner {
    chain: Chain,
}

impl EventSigner {
    pub(in crate::sigv4) const fn new(chain: Chain) -> Self {
        Self { chain }
    }

    /// A signed message around an encoded one; an empty one would end the stream.
    ///
    /// # Errors
    /// [`BodyError::PieceTooLarge`] for a message that would be larger than 16 MiB; it can be split and tried again.
    /// [`BodyError::KeyEnded`] when a [`Delegate`](crate::credentials::Delegate) began the stream and its day is over.
    pub fn sign(&mut self, message: &[u8], now: Time) -> Result<Vec<u8>, BodyError> {
        if message.len() > MAX_MESSAGE - OVERHEAD - SIGNED_HEADERS {
            return Err(BodyError::PieceTooLarge);
        }
        self.frame(message, now)
    }

    /// The empty message that ends the stream.
    ///
    /// # Errors
    /// [`BodyError::KeyEnded`], as [`EventSigner::sign`].
    pub fn finish(mut self, now: Time) -> Result<Vec<u8>, BodyError> {
        self.frame(b"", now)
    }

    fn frame(&mut self, message: &[u8], now: Time) -> Result<Vec<u8>, BodyError> {
        // AWS signs whole seconds.
        let at = Time::from_unix(now.unix());
        let mut headers = Vec::with_capacity(SIGNED_HEADERS);
        header(&mut headers, DATE, TIMESTAMP);
        headers.extend_from_slice(&at.unix_millis().to_be_bytes());
        self.chain.turn(at)?;
        let signature = self.chain.sign(&Piece::event(&headers, message));
        header(&mut headers, SIGNATURE, BYTES);
        headers.extend_from_slice(&32u16.to_be_bytes());
        // Always an HMAC, of thirty-two bytes; any other would be refused.
        headers.extend_from_slice(&unhex(&signature).unwrap_or_default());

        let total = headers.len() + message.len() + OVERHEAD;
        let mut out = Vec::with_capacity(total);
        for length in [total, headers.len()] {
            out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
        }
        out.extend_from_slice(&crc32(&out).to_be_bytes());
        out.extend_from_slice(&headers);
        out.extend_from_slice(message);
        out.extend_from_slice(&crc32(&out).to_be_bytes());
        Ok(out)
    }
}

/// A header's name and the type of its value.
fn header(out: &mut Vec<u8>, name: &[u8], kind: u8) {
    out.push(name.len() as u8);
    out.extend_from_slice(name);
    out.push(kind);
}
